//! An immutable view of the history: shared with any number of readers, without a lock.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashMap;
use model::{EventId, Text, Timestamp, UserIndex, Value};
use segment::evaluate::{UserEvent, UserHistory};

use crate::evaluate::KeptTimes;
use crate::names::{NameId, Names};
use crate::part::{Family, Part};
use crate::set::UserSet;
use crate::users::{UserFacts, Users};

/// Everything applied up to one moment.
pub struct Snapshot {
    pub(crate) names: Arc<Names>,
    pub(crate) users: Users,
    pub(crate) families: BTreeMap<Family, Vec<Arc<Part>>>,
    pub(crate) times: KeptTimes,
}

/// One event of one user, with when it was accepted.
#[derive(Clone, Debug)]
pub struct StoredEvent {
    /// The event.
    pub event: UserEvent,
    /// When it was accepted.
    pub received_at: Timestamp,
}

/// What is known of one event name.
#[derive(Clone, Debug)]
pub struct EventFacts {
    /// The name.
    pub name: Text,
    /// Events.
    pub count: u64,
    /// Users with at least one.
    pub users: u64,
    /// Time of the first.
    pub first_at: Timestamp,
    /// Time of the last.
    pub last_at: Timestamp,
    /// Its properties.
    pub properties: Vec<ValueFacts>,
}

/// What is known of one property or attribute.
#[derive(Clone, Debug)]
pub struct ValueFacts {
    /// The dotted name.
    pub name: Text,
    /// Kinds of its values, sorted.
    pub kinds: Vec<&'static str>,
    /// A few of its values.
    pub examples: Vec<Value>,
}

/// Examples kept per property.
const EXAMPLES_MAX: usize = 5;

impl Snapshot {
    pub(crate) fn new(
        names: Arc<Names>,
        users: Users,
        families: BTreeMap<Family, Vec<Arc<Part>>>,
    ) -> Snapshot {
        Snapshot { names, users, families, times: KeptTimes::default() }
    }

    /// Dense numbers in use: sets and arrays over users have this many places.
    pub fn n_places(&self) -> usize {
        self.users.len()
    }

    /// Everybody who exists at `at`: first event or attribute change at or before it.
    pub fn users(&self, at: Timestamp) -> UserSet {
        let mut set = UserSet::empty(self.n_places());
        for (index, facts) in self.users.iter().enumerate() {
            if facts.merged_into.is_none() && facts.first_seen <= at.0 {
                set.insert(UserIndex(index as u32));
            }
        }
        set
    }

    /// How many exist at `at`.
    pub fn n_users(&self, at: Timestamp) -> u64 {
        self.users(at).len()
    }

    /// Events at or before `at`.
    pub fn n_events(&self, at: Timestamp) -> u64 {
        let count = |part: &Part| match part.time_max <= at.0 {
            true => part.len(),
            false if part.time_min > at.0 => 0,
            false => part.time.iter().filter(|time| **time <= at.0).count(),
        };
        self.event_parts().map(|(_, part)| count(part) as u64).sum()
    }

    /// Times of the first and the last event.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let spans = self.event_parts().map(|(_, part)| (part.time_min, part.time_max));
        let (from, to) = spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
        Some((Timestamp(from), Timestamp(to)))
    }

    /// The id under which a user is shown.
    pub fn public_id(&self, user: UserIndex) -> &Text {
        &self.users.get(user).public_id
    }

    /// First and last time and number of events.
    pub fn facts_of(&self, user: UserIndex) -> &UserFacts {
        self.users.get(user)
    }

    /// The whole history of one user, at any age.
    pub fn history_of(&self, user: UserIndex) -> UserHistory {
        let mut history = UserHistory {
            id: self.public_id(user).clone(),
            events: self.events_of(user).into_iter().map(|stored| stored.event).collect(),
            attributes: BTreeMap::new(),
        };
        for (family, parts) in &self.families {
            let Family::Attribute(attribute) = family else { continue };
            let changes = changes_of(parts, user);
            if !changes.is_empty() && !self.names.name(*attribute).is_empty() {
                history.attributes.insert(self.names.name(*attribute).clone(), changes);
            }
        }
        history
    }

    /// All events of one user by (time, arrival), equal ones by id.
    pub fn events_of(&self, user: UserIndex) -> Vec<StoredEvent> {
        let mut events = Vec::new();
        for (name, part) in self.event_parts() {
            for row in part.rows_of(user.0) {
                let received_at = Timestamp(part.received[row]);
                events.push(StoredEvent { event: self.event_at(name, part, row), received_at });
            }
        }
        events.sort_by_key(|stored| (stored.event.time, stored.event.arrival, stored.event.id));
        events
    }

    /// The values of an attribute of all users at `at`, in order of users; only who has one.
    pub fn attribute_at(&self, attribute: &str, at: Timestamp) -> HashMap<UserIndex, Value> {
        let mut latest: HashMap<UserIndex, (RowPlace, Option<Value>)> = HashMap::new();
        for part in self.attribute_parts(attribute) {
            for row in 0..part.len() {
                let key = (part.time[row], part.arrival[row], part.id[row]);
                let user = UserIndex(part.user[row]);
                if key.0 > at.0 || latest.get(&user).is_some_and(|(newest, _)| *newest > key) {
                    continue;
                }
                let value = part.columns.get(&NameId::VALUE).and_then(|column| column.get(row));
                latest.insert(user, (key, value));
            }
        }
        latest.into_iter().filter_map(|(user, (_, value))| Some((user, value?))).collect()
    }

    /// Names of all attributes.
    pub fn attributes(&self) -> impl Iterator<Item = &Text> {
        let names = self.families.keys().filter_map(|family| match family {
            Family::Attribute(name) => Some(self.names.name(*name)),
            Family::Event { .. } => None,
        });
        names.filter(|name| !name.is_empty())
    }

    /// What is known of every event name, most frequent first.
    pub fn events(&self) -> Vec<EventFacts> {
        let mut parts: BTreeMap<NameId, Vec<&Part>> = BTreeMap::new();
        self.event_parts().for_each(|(name, part)| parts.entry(name).or_default().push(part));
        let mut facts: Vec<_> =
            parts.into_iter().map(|(name, parts)| self.facts_of_event(name, &parts)).collect();
        facts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
        facts
    }

    /// What is known of every attribute, by name.
    pub fn attribute_facts(&self) -> Vec<ValueFacts> {
        let mut facts: Vec<_> = self
            .attributes()
            .map(|name| {
                let parts: Vec<&Part> = self.attribute_parts(name).collect();
                value_facts(name, NameId::VALUE, &parts)
            })
            .collect();
        facts.sort_by(|a, b| a.name.cmp(&b.name));
        facts
    }

    fn facts_of_event(&self, name: NameId, parts: &[&Part]) -> EventFacts {
        let mut users = UserSet::empty(self.n_places());
        parts.iter().flat_map(|part| &part.user).for_each(|user| users.insert(UserIndex(*user)));
        let mut properties: Vec<NameId> =
            parts.iter().flat_map(|part| part.columns.keys().copied()).collect();
        properties.sort_unstable();
        properties.dedup();
        let mut properties: Vec<_> =
            properties.into_iter().map(|id| value_facts(self.names.name(id), id, parts)).collect();
        properties.sort_by(|a, b| a.name.cmp(&b.name));
        EventFacts {
            name: self.names.name(name).clone(),
            count: parts.iter().map(|part| part.len() as u64).sum(),
            users: users.len(),
            first_at: Timestamp(parts.iter().map(|part| part.time_min).min().unwrap_or(0)),
            last_at: Timestamp(parts.iter().map(|part| part.time_max).max().unwrap_or(0)),
            properties,
        }
    }

    pub(crate) fn event_at(&self, name: NameId, part: &Part, row: usize) -> UserEvent {
        let mut properties: Vec<(Text, Value)> = part
            .columns
            .iter()
            .filter_map(|(id, column)| Some((self.names.name(*id).clone(), column.get(row)?)))
            .collect();
        properties.sort_by(|a, b| a.0.cmp(&b.0));
        UserEvent {
            name: self.names.name(name).clone(),
            time: Timestamp(part.time[row]),
            arrival: part.arrival[row],
            id: EventId(part.id[row]),
            properties,
        }
    }

    /// Every part of every event name, by name and month.
    pub(crate) fn event_parts(&self) -> impl Iterator<Item = (NameId, &Part)> {
        self.families.iter().flat_map(|(family, parts)| {
            let name = match family {
                Family::Event { name, .. } => Some(*name),
                Family::Attribute(_) => None,
            };
            parts.iter().filter_map(move |part| Some((name?, part.as_ref())))
        })
    }

    /// Every part of one attribute.
    pub(crate) fn attribute_parts(&self, attribute: &str) -> impl Iterator<Item = &Part> {
        let family = self.names.number(attribute).map(Family::Attribute);
        family.and_then(|family| self.families.get(&family)).into_iter().flatten().map(Arc::as_ref)
    }
}

/// Time, arrival and id: the order of a user's rows.
type RowPlace = (i64, u64, u128);

/// A user's changes of one attribute by (time, arrival), equal ones by id.
pub(crate) fn changes_of(parts: &[Arc<Part>], user: UserIndex) -> Vec<(Timestamp, Value)> {
    let mut changes = Vec::new();
    for part in parts {
        for row in part.rows_of(user.0) {
            let value = part.columns.get(&NameId::VALUE).and_then(|column| column.get(row));
            let place = (part.time[row], part.arrival[row], part.id[row]);
            changes.push((place, value.unwrap_or(Value::Null)));
        }
    }
    changes.sort_by_key(|(place, _)| *place);
    changes.into_iter().map(|((time, ..), value)| (Timestamp(time), value)).collect()
}

fn value_facts(name: &Text, id: NameId, parts: &[&Part]) -> ValueFacts {
    let columns = || parts.iter().filter_map(|part| part.columns.get(&id));
    let mut kinds: Vec<_> = columns().flat_map(|column| column.kinds()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut examples: Vec<Value> = Vec::new();
    for column in columns() {
        for value in (0..column.len().min(64)).filter_map(|row| column.get(row)) {
            if examples.len() < EXAMPLES_MAX && !examples.contains(&value) {
                examples.push(value);
            }
        }
    }
    ValueFacts { name: name.clone(), kinds, examples }
}
