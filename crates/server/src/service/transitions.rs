//! Transitions of a watched definition or of a user, page by page.
//!
//! What it is: one place that reads them ([`Service::told`]); everything else only asks it. What it
//! is not: it computes no transition.

use std::cmp::Reverse;

use model::{Timestamp, UserIndex};
use wire::api::{WatchTransitions, WatchTransitionsQuery};

use super::{Service, instant, limit};
use crate::failure::Failure;
use crate::live::{Told, transition};

/// Transitions of a page without a wish, and at most.
const PAGE: (u64, u64) = (100, 10_000);

/// A place in the order of transitions: by instant, then in the order in which they were told.
pub type Place = (Timestamp, u64);

/// Which transitions.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Of this definition only.
    pub watch: Option<String>,
    /// Of this user only.
    pub user: Option<UserIndex>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Not after.
    pub to: Option<Timestamp>,
    /// Older than this one.
    pub before: Option<Place>,
    /// At most so many.
    pub most: usize,
}

/// What was read.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Newest first, with their places.
    pub told: Vec<(Place, Told)>,
    /// Transitions before this instant are not known; nothing: all are.
    pub known_from: Option<Timestamp>,
}

impl Service {
    /// Who entered and left a saved segment.
    pub fn segment_transitions(
        &self,
        id: &str,
        query: &WatchTransitionsQuery,
    ) -> Result<WatchTransitions, Failure> {
        self.saved_predicate(id)?;
        let watch = format!("segment/{id}");
        if query.watch.as_ref().is_some_and(|other| *other != watch) {
            let message = format!("`watch` here can only be \"{watch}\"");
            return Err(Failure::bad_request("request.query", message).hint("leave it out"));
        }
        self.transitions(Some(watch), None, query)
    }

    /// What a user entered and left, and the states they went through.
    pub fn user_transitions(
        &self,
        id: &str,
        query: &WatchTransitionsQuery,
    ) -> Result<WatchTransitions, Failure> {
        let (user, _) = self.known(id)?;
        self.transitions(query.watch.clone(), Some(user), query)
    }

    fn transitions(
        &self,
        watch: Option<String>,
        user: Option<UserIndex>,
        query: &WatchTransitionsQuery,
    ) -> Result<WatchTransitions, Failure> {
        let most = limit("limit", query.limit, PAGE.0, PAGE.1)?;
        let at = |name, text: &Option<String>| {
            text.as_deref().map(|text| instant(name, text)).transpose()
        };
        let asked = Asked {
            watch,
            user,
            from: at("from", &query.from)?,
            to: at("to", &query.to)?,
            before: query.before.as_deref().map(place).transpose()?,
            // One more says whether there is a next page.
            most: most + 1,
        };
        let Found { mut told, known_from } = self.told(&asked)?;
        let more = told.len() > most;
        told.truncate(most);
        let last = told.last().filter(|_| more);
        Ok(WatchTransitions {
            next: last.map(|((at, number), _)| format!("{}.{number}", at.0)),
            transitions: told.iter().map(|(_, told)| transition(told)).collect(),
            known_from: known_from.map(|at| at.to_string()),
        })
    }

    /// Reads transitions. Here the history is asked as soon as it holds them; until then, the
    /// latest that the hub keeps are all that is known.
    fn told(&self, asked: &Asked) -> Result<Found, Failure> {
        let (latest, all) = self.workspace.hub().latest_transitions();
        let known_from = latest.last().map(|(_, told)| told.transition.at).filter(|_| !all);
        let wanted = |(number, told): &(u64, Told)| {
            let at = told.transition.at;
            asked.watch.as_ref().is_none_or(|watch| told.watched.key == watch.as_str())
                && asked.user.is_none_or(|user| told.transition.user == user)
                && asked.from.is_none_or(|from| at >= from)
                && asked.to.is_none_or(|to| at <= to)
                && asked.before.is_none_or(|before| (at, *number) < before)
        };
        let found = latest.into_iter().filter(wanted);
        let mut told: Vec<(Place, Told)> =
            found.map(|(number, told)| ((told.transition.at, number), told)).collect();
        told.sort_by_key(|(place, _)| Reverse(*place));
        told.truncate(asked.most);
        Ok(Found { told, known_from })
    }

    /// Transitions that became known at or after an instant, oldest first, without the first few, at
    /// most so many; nothing: what is known does not reach back so far. Webhooks go on from here after
    /// a start or a rush; the order must be the same whenever it is asked.
    pub fn told_since(
        &self,
        since: Timestamp,
        skip: usize,
        most: usize,
    ) -> Result<Option<Vec<Told>>, Failure> {
        let (mut latest, all) = self.workspace.hub().latest_transitions();
        latest.reverse();
        let reaches = latest.first().is_some_and(|(_, told)| told.transition.recorded_at < since);
        if !(all || reaches) {
            return Ok(None);
        }
        let since = latest.into_iter().filter(|(_, told)| told.transition.recorded_at >= since);
        Ok(Some(since.map(|(_, told)| told).skip(skip).take(most).collect()))
    }
}

fn place(text: &str) -> Result<Place, Failure> {
    let read = || {
        let (at, number) = text.split_once('.')?;
        Some((Timestamp(at.parse().ok()?), number.parse().ok()?))
    };
    match read() {
        Some(place) => Ok(place),
        None => Ok((instant("before", text)?, 0)),
    }
}
