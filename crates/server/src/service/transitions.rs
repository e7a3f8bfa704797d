//! Transitions of a watched definition or of a user, page by page.
//!
//! What it is: one place that reads them ([`Service::told`]); everything else only asks it. What it
//! is not: it computes no transition.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use ::history::Snapshot;
use ::history::transitions::StoredTransition;
use engine::live::{Transition, WatchId};
use model::{Span, Text, Timestamp, UserIndex};
use wire::api::{WatchTransitions, WatchTransitionsQuery};

use super::live::seen;
use super::{Service, instant, limit, watched};
use crate::failure::Failure;
use crate::live::{Told, Watched};

/// Transitions of a page without a wish, and at most.
const PAGE: (u64, u64) = (100, 10_000);

/// Transitions of each definition that a start hands to the hub.
const RECALLED: usize = 1_000;

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
        let sight = self.sight();
        Ok(WatchTransitions {
            next: last.map(|((at, number), _)| format!("{}.{number}", at.0)),
            transitions: told.iter().map(|(_, told)| seen(&sight, told)).collect(),
            known_from: known_from.map(|at| at.to_string()),
        })
    }

    /// Reads transitions from the history.
    fn told(&self, asked: &Asked) -> Result<Found, Failure> {
        let snapshot = self.workspace.snapshot()?;
        let range = (asked.from.unwrap_or(Timestamp::MIN), asked.to.unwrap_or(Timestamp::MAX));
        let wanted = |stored: &StoredTransition| {
            asked.watch.as_ref().is_none_or(|watch| stored.key == watch.as_str())
                && range.0 <= stored.at
                && stored.at <= range.1
                && asked.before.is_none_or(|before| (stored.at, stored.arrival) < before)
        };
        let mut found = match (asked.user, &asked.watch) {
            (Some(user), _) => snapshot.transitions_of(user, range.1)?,
            (None, Some(watch)) => snapshot.transitions(watch, range, asked.before, asked.most)?,
            (None, None) => Vec::new(),
        };
        found.retain(wanted);
        found.sort_by_key(|stored| Reverse((stored.at, stored.arrival)));
        found.truncate(asked.most);
        let names = self.watched_names()?;
        let told = found.into_iter().map(|stored| {
            let place = (stored.at, stored.arrival);
            (place, told(stored, &names, &snapshot))
        });
        Ok(Found { told: told.collect(), known_from: None })
    }

    /// Names of everything that is watched, by key.
    fn watched_names(&self) -> Result<HashMap<Text, Arc<Watched>>, Failure> {
        let definitions = watched::read(self.workspace.config())?;
        let names = definitions.watched.iter().map(|own| {
            let names = Arc::new(Watched::of(own));
            (names.key.clone(), names)
        });
        Ok(names.collect())
    }

    /// Hands the hub the transitions of the last day that earlier runs told.
    pub(super) fn recall(&self) -> Result<(), Failure> {
        let snapshot = self.workspace.snapshot()?;
        let names = self.watched_names()?;
        let range = (self.workspace.now().minus(Span::DAY), Timestamp::MAX);
        let mut found = Vec::new();
        for key in snapshot.transition_keys() {
            found.extend(snapshot.transitions(&key, range, None, RECALLED)?);
        }
        found.sort_by_key(|stored| (stored.recorded_at, stored.at, stored.arrival));
        let told = found.into_iter().map(|stored| told(stored, &names, &snapshot)).collect();
        self.workspace.hub().recall(told);
        Ok(())
    }

    /// Transitions that became known at or after an instant, oldest first, without the first few, at
    /// most so many. Webhooks go on from here after a start or a rush.
    pub fn told_since(
        &self,
        since: Timestamp,
        skip: usize,
        most: usize,
    ) -> Result<Vec<Told>, Failure> {
        let snapshot = self.workspace.snapshot()?;
        let names = self.watched_names()?;
        let found = snapshot.transitions_told_since(since, skip, most)?;
        Ok(found.into_iter().map(|stored| told(stored, &names, &snapshot)).collect())
    }
}

fn told(
    stored: StoredTransition,
    names: &HashMap<Text, Arc<Watched>>,
    snapshot: &Snapshot,
) -> Told {
    let nameless = || Arc::new(Watched { key: stored.key.clone(), places: Vec::new() });
    Told {
        user: snapshot.public_id(stored.user).clone(),
        watched: names.get(&stored.key).map_or_else(nameless, Arc::clone),
        transition: Transition {
            user: stored.user,
            // By key in the history; numbers belong to one run.
            watch: WatchId(u32::MAX),
            at: stored.at,
            recorded_at: stored.recorded_at,
            from: stored.change.from,
            to: stored.change.to,
            cause: stored.change.cause,
            correction: stored.change.correction,
        },
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
