//! Users: found, listed, shown.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use engine::IdentityGraph;
use history::lifecycle::LifecycleAt;
use history::rfm::RfmAt;
use history::{QueryError, StoredEvent, UserSet};
use model::{EventId, Span, Text, Timestamp, UserIndex, Value};
use segment::evaluate::{
    Context, Population, RfmScore, UserHistory, attribute_at, first_seen_at, state_changes,
};
use wire::api::{
    AtQuery, EventSummary, EventsQuery, Key, SegmentName, StateChange, StateChanges, User,
    UserEvent, UserEvents, UserList, UserRfm, UserRow, UserState, UsersQuery,
};

use super::sight::{Sight, is_personal};
use super::{Service, View, instant, limit, rules, segments};
use crate::failure::Failure;
use crate::registry::MASK;

/// Users of a page without a wish, and at most.
const PAGE: (u64, u64) = (50, 1_000);
/// Events of a page without a wish, and at most.
const EVENTS: (u64, u64) = (100, 10_000);

/// What is written instead of the key of a state for users that are in none.
const NO_STATE: &str = "none";

impl Service {
    /// Users that match, one page.
    pub fn users(&self, query: &UsersQuery) -> Result<UserList, Failure> {
        let n = limit("limit", query.limit, PAGE.0, PAGE.1)?;
        let view = self.view(query.as_of.as_deref(), query.known_at.as_deref())?;
        let evaluator = view.evaluator();
        let mut set = evaluator.everybody().clone();
        if let Some(segment) = query.segment.as_deref().filter(|text| !text.is_empty()) {
            let predicate = match view.rules.segments.get(segment) {
                Some(saved) => saved.clone(),
                None if rules::check_key("segment.id", segment).is_ok() => {
                    return Err(segments::no_segment(segment));
                }
                None => self.definition(&serde_json::Value::from(segment))?,
            };
            set.and(&evaluator.members(&predicate)?);
        }
        let states = evaluator.states()?;
        if let Some(key) = query.state.as_deref().filter(|key| !key.is_empty()) {
            set.and(&in_state(&view, &states, key)?);
        }
        match (query.was.as_deref().filter(|key| !key.is_empty()), query.was_at.as_deref()) {
            (Some(key), Some(at)) => {
                let then = view.evaluator_at(instant("was_at", at)?);
                set.and(&in_state(&view, &*then.states()?, key)?);
            }
            (None, None) => {}
            _ => {
                let message = "`was` and `was_at` belong together";
                return Err(Failure::bad_request("request.query", message)
                    .hint("was=STATE&was_at=INSTANT: who was in that state at that instant"));
            }
        }
        if let Some(part) = query.query.as_deref().map(str::trim).filter(|part| !part.is_empty()) {
            set.and(&self.matching(&view, part)?);
        }
        let (page, next) = self.page(&view, &set, n, query.after.as_deref())?;
        let state = |user| states.state_of(user).map(|index| key_of(&view, index));
        let known = self.workspace.known(page.clone())?;
        let rows = page.into_iter().zip(known);
        let rows = rows.map(|(user, known)| row(&view, user, known, state(user)));
        let rows = rows.collect::<Result<Vec<_>, Failure>>()?;
        Ok(UserList { users: rows, next, total: set.len() })
    }

    /// Everything about one user.
    pub fn user(&self, id: &str, query: &AtQuery) -> Result<User, Failure> {
        let view = self.view(query.as_of.as_deref(), query.known_at.as_deref())?;
        let (index, graph) = self.known(id)?;
        let history = self.history(&view, index, id)?;
        let evaluator = view.evaluator();
        let kind = self.user_type((index, &graph), &history, view.at)?;
        let row = row(&view, index, graph.user_ids().next().is_some(), None)?;
        let rules = &view.rules;
        let mut segments = Vec::new();
        for saved in self.workspace.config().segments()? {
            let predicate = rules.segments.get(saved.id.as_str());
            let members = predicate.and_then(|p| evaluator.members(p).ok());
            if members.is_some_and(|members| members.contains(index)) {
                segments.push(SegmentName { id: saved.id, name: saved.name });
            }
        }
        Ok(User {
            id: row.id,
            user_ids: graph.user_ids().map(|id| view.sight.id(id)).collect(),
            anonymous_ids: graph.anonymous_ids().map(|id| view.sight.id(id)).collect(),
            identities: graph
                .identities()
                .map(|of| super::identity::seen(&view.sight, of))
                .collect(),
            known: row.known,
            kind,
            first_seen_at: row.first_seen_at,
            last_seen_at: row.last_seen_at,
            events: row.events,
            attributes: row.attributes,
            summary: summary(&history, view.at),
            state: self.state(&view, index, &history)?,
            rfm: scored(&view, &*evaluator.rfm()?, index),
            segments,
        })
    }

    /// Events of a user, newest first, one page.
    pub fn user_events(&self, id: &str, query: &EventsQuery) -> Result<UserEvents, Failure> {
        let n = limit("limit", query.limit, EVENTS.0, EVENTS.1)?;
        let (user, _) = self.known(id)?;
        let before = query.before.as_deref().map(cursor).transpose()?;
        let until = query.as_of.as_deref().map(|text| instant("as_of", text)).transpose()?;
        let named = |stored: &StoredEvent| {
            query.name.as_deref().is_none_or(|name| stored.event.name == name)
        };
        let view = self.snapshot(query.known_at.as_deref(), until)?;
        let events = view.events_with_derived(user)?;
        let older = events.iter().rev().filter(|stored| {
            let place = (stored.event.time, stored.event.arrival, stored.event.id);
            named(stored)
                && before.is_none_or(|before| place < before)
                && until.is_none_or(|until| stored.event.time <= until)
        });
        let mut page: Vec<&StoredEvent> = older.take(n + 1).collect();
        let more = page.len() > n;
        page.truncate(n);
        let last = page.last().filter(|_| more).map(|stored| &stored.event);
        let sight = self.sight();
        Ok(UserEvents {
            events: page.iter().map(|stored| written(&sight, stored)).collect(),
            next: last.map(|event| format!("{}.{}.{}", event.time.0, event.arrival, event.id)),
        })
    }

    /// All changes of a user's lifecycle state.
    pub fn user_states(&self, id: &str, query: &AtQuery) -> Result<StateChanges, Failure> {
        let view = self.view(query.as_of.as_deref(), query.known_at.as_deref())?;
        let (index, _) = self.known(id)?;
        let history = self.history(&view, index, id)?;
        Ok(StateChanges { changes: self.states_of(&view, index, &history)? })
    }

    /// All changes of the lifecycle state of a history.
    pub(super) fn states_of(
        &self,
        view: &View,
        user: UserIndex,
        history: &UserHistory,
    ) -> Result<Vec<StateChange>, Failure> {
        let key = |state: Option<usize>| state.map(|index| key_of(view, index).key);
        let changes = changes(view, user, history)?.into_iter().map(|change| StateChange {
            at: change.at.to_string(),
            from: key(change.from),
            to: key(change.to),
        });
        Ok(changes.collect())
    }

    /// The user of an id.
    pub(super) fn known(&self, id: &str) -> Result<(UserIndex, IdentityGraph), Failure> {
        let sight = self.sight();
        let shown = match sight.masked() && id.starts_with(MASK) {
            true => self.unmasked(&sight, id)?,
            false => None,
        };
        let id = shown.as_deref().unwrap_or(id);
        self.workspace.identity(id)?.ok_or_else(|| no_user(id))
    }

    /// The public id that is shown as this one. Cost: all users.
    fn unmasked(&self, sight: &Sight, id: &str) -> Result<Option<Text>, Failure> {
        let snapshot = self.workspace.snapshot()?;
        let mut all =
            (0..snapshot.n_places() as u32).map(|user| snapshot.public_id(UserIndex(user)));
        Ok(all.find(|public_id| sight.id(public_id) == id).cloned())
    }

    /// The history of a user that exists at the view's instant.
    fn history(&self, view: &View, user: UserIndex, id: &str) -> Result<UserHistory, Failure> {
        let history = view.snapshot.history_with_derived(user)?;
        // Whoever logged in and did nothing else has neither events nor attributes.
        let first = view.snapshot.facts_of(user).first_seen;
        if first <= view.at.0 {
            return Ok(history);
        }
        let seen = (first != i64::MAX).then_some(Timestamp(first));
        let hint = seen.map_or_else(String::new, |first| format!("first seen at {first}"));
        Err(Failure::not_found("user.not_found", format!("\"{id}\" is no user at {}", view.at))
            .hint(hint))
    }

    fn state(
        &self,
        view: &View,
        user: UserIndex,
        history: &UserHistory,
    ) -> Result<Option<UserState>, Failure> {
        let Some(index) = view.evaluator().states()?.state_of(user) else { return Ok(None) };
        let Key { key, name } = key_of(view, index);
        let since = changes(view, user, history)?.last().map(|change| change.at.to_string());
        Ok(Some(UserState { key, name, since }))
    }

    /// Users with a text in their id or in an attribute. Cost: all users, and all attributes.
    fn matching(&self, view: &View, part: &str) -> Result<UserSet, Failure> {
        let part = part.to_lowercase();
        let contains = |text: &str| text.to_lowercase().contains(&part);
        let n = view.snapshot.n_places();
        // What is masked is not found either: finding it would tell what it is.
        let shown = |id: &str| !view.sight.masked() || !is_personal(id);
        let mut set = UserSet::of(n, |user| {
            let id = view.snapshot.public_id(UserIndex(user as u32));
            shown(id) && contains(id)
        });
        let named = if shown(&part) { self.workspace.identity(&part)? } else { None };
        if let Some((user, _)) = named.filter(|(user, _)| user.at() < n) {
            set.insert(user);
        }
        for attribute in view.snapshot.attributes().filter(|name| !view.sight.hides(name)) {
            for (user, value) in view.snapshot.attribute_at(attribute, view.at)? {
                if matches!(&value, Value::Text(text) if shown(text) && contains(text)) {
                    set.insert(user);
                }
            }
        }
        Ok(set)
    }
}

/// Users in the state of a key; [`NO_STATE`] is everybody else, who may not have been there yet.
fn in_state(view: &View, states: &LifecycleAt, key: &str) -> Result<UserSet, Failure> {
    let of = &view.rules.lifecycle.states;
    if let Some(index) = of.iter().position(|state| state.key == key) {
        return Ok(states.members[index].clone());
    }
    if key == NO_STATE {
        let n = view.snapshot.n_places();
        return Ok(UserSet::of(n, |user| states.state_of(UserIndex(user as u32)).is_none()));
    }
    Err(Failure::not_found("lifecycle.not_found", format!("there is no state \"{key}\""))
        .hint("GET /api/lifecycle/definition lists them; none is no state"))
}

/// RFM scores of one user at any instant, computed when they are asked for.
pub struct Scores<'a> {
    view: &'a View,
    user: UserIndex,
    known: RefCell<BTreeMap<Timestamp, Rc<RfmAt>>>,
    failed: RefCell<Option<QueryError>>,
}

impl Scores<'_> {
    /// For one user.
    pub(super) fn new(view: &View, user: UserIndex) -> Scores<'_> {
        Scores { view, user, known: RefCell::default(), failed: RefCell::default() }
    }

    /// What went wrong while scores were asked for: answers made with them do not count.
    pub(super) fn checked(self) -> Result<(), Failure> {
        self.failed.into_inner().map_or(Ok(()), |error| Err(error.into()))
    }

    fn at(&self, at: Timestamp) -> Result<Rc<RfmAt>, QueryError> {
        if let Some(known) = self.known.borrow().get(&at) {
            return Ok(Rc::clone(known));
        }
        let scores = self.view.evaluator_at(at).rfm()?;
        self.known.borrow_mut().insert(at, Rc::clone(&scores));
        Ok(scores)
    }
}

impl Population for Scores<'_> {
    fn rfm(&self, _: &str, at: Timestamp) -> Option<RfmScore> {
        match self.at(at) {
            Ok(scores) => scores.score_of(self.user),
            Err(error) => {
                *self.failed.borrow_mut() = Some(error);
                None
            }
        }
    }
}

fn changes(
    view: &View,
    user: UserIndex,
    history: &UserHistory,
) -> Result<Vec<segment::evaluate::StateChange>, Failure> {
    let scores = Scores::new(view, user);
    let context = Context { rules: &view.rules, population: &scores };
    let Some(first) = first_seen_at(history) else { return Ok(Vec::new()) };
    let changes = state_changes(history, first - Span(1), view.at, &context);
    scores.checked()?;
    Ok(changes)
}

pub(super) fn no_user(id: &str) -> Failure {
    Failure::not_found("user.not_found", format!("there is no user \"{id}\""))
        .hint("GET /api/users?query= finds users by parts of ids and attributes")
}

fn key_of(view: &View, index: usize) -> Key {
    let state = &view.rules.lifecycle.states[index];
    Key { key: state.key.to_string(), name: state.name.to_string() }
}

fn row(view: &View, user: UserIndex, known: bool, state: Option<Key>) -> Result<UserRow, Failure> {
    let history = view.snapshot.history_of(user)?;
    let events = history.events.partition_point(|event| event.time <= view.at);
    let changes = history.attributes.values().flatten().map(|(time, _)| *time);
    let last_event = history.events[..events].last().map(|event| event.time);
    let last = changes.filter(|time| *time <= view.at).chain(last_event).max();
    let first = first_seen_at(&history);
    let attributes = history
        .attributes
        .keys()
        .filter_map(|name| Some((name, attribute_at(&history, name, view.at)?)));
    Ok(UserRow {
        id: view.sight.id(&history.id),
        known,
        first_seen_at: first.unwrap_or(view.at).to_string(),
        last_seen_at: last.or(first).unwrap_or(view.at).to_string(),
        events: events as u64,
        state,
        attributes: view.sight.object(attributes),
    })
}

fn summary(history: &UserHistory, at: Timestamp) -> Vec<EventSummary> {
    let mut names: BTreeMap<&Text, (u64, Timestamp, Timestamp, bool)> = BTreeMap::new();
    for event in history.events.iter().take_while(|event| event.time <= at) {
        let entry = names.entry(&event.name).or_insert((0, event.time, event.time, event.derived));
        entry.0 += 1;
        entry.2 = event.time;
    }
    let mut summary: Vec<_> = names
        .into_iter()
        .map(|(name, (count, first, last, derived))| EventSummary {
            event: name.to_string(),
            count,
            first_at: first.to_string(),
            last_at: last.to_string(),
            derived,
        })
        .collect();
    summary.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.event.cmp(&b.event)));
    summary
}

fn scored(view: &View, at: &RfmAt, user: UserIndex) -> Option<UserRfm> {
    let RfmScore { r, f, m, group } = at.score_of(user)?;
    let m = m.unwrap_or(0);
    let groups = &view.rules.rfm.groups;
    let name = groups.iter().find(|g| Some(&g.key) == group.as_ref()).map(|g| g.name.to_string());
    Some(UserRfm {
        r,
        f,
        m,
        score: 4 * u32::from(r) + 2 * u32::from(f) + u32::from(m),
        group: group.map(|key| key.to_string()).unwrap_or_default(),
        group_name: name.unwrap_or_default(),
        last_at: Timestamp(at.last_at[user.at()]).to_string(),
        frequency: at.frequency[user.at()].round() as u64,
        monetary: at.monetary[user.at()],
    })
}

pub(super) fn written(sight: &Sight, stored: &StoredEvent) -> UserEvent {
    let event = &stored.event;
    UserEvent {
        id: event.id.to_string(),
        name: event.name.to_string(),
        time: event.time.to_string(),
        received_at: stored.received_at.to_string(),
        derived: event.derived,
        properties: sight.object(event.properties.iter().map(|(name, value)| (name, value))),
    }
}

/// A place in a user's events: the cursor of a page, or an instant.
fn cursor(text: &str) -> Result<(Timestamp, u64, EventId), Failure> {
    let place = || {
        let mut parts = text.splitn(3, '.');
        let time = Timestamp(parts.next()?.parse().ok()?);
        Some((time, parts.next()?.parse().ok()?, EventId::of(parts.next()?)))
    };
    match place() {
        Some(place) => Ok(place),
        None => Ok((instant("before", text)?, 0, EventId(0))),
    }
}
