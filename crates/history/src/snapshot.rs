//! An immutable view of the history: shared with any number of readers, without a lock.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock};

use hashbrown::HashMap;
use model::{EventId, Text, Timestamp, UserIndex, Value};
use segment::evaluate::{UserEvent, UserHistory};

use crate::column::Column;
use crate::derived::{Base, Deriving};
use crate::evaluate::{ActiveDays, QueryError};
use crate::names::{NameId, Names};
use crate::part::{Family, Part};
use crate::set::{UserSet, bits_of};
use crate::users::{UserFacts, Users};

mod derived;
mod known;
mod names;
mod seen;

pub(crate) use known::known_part;
pub(crate) use names::{AskedNames, FoundPart};
pub use seen::SeenValues;

/// Parts of families.
pub(crate) type Families = BTreeMap<Family, Vec<Arc<Part>>>;

/// Everything applied up to one moment.
pub struct Snapshot {
    pub(crate) names: Arc<Names>,
    pub(crate) users: Users,
    pub(crate) families: Arc<Families>,
    /// Made when it is first asked for.
    everybody: Arc<OnceLock<Everybody>>,
    /// On which days users were active; shared by the snapshots of a store.
    pub(crate) active: Arc<ActiveDays>,
    /// Events that nobody sends, if they are to be seen; made when a question names one.
    pub(crate) derived: Option<Deriving>,
    /// What was derived of this under the settings that were asked for last.
    base: Arc<Mutex<Option<Arc<Base>>>>,
}

/// All users of a snapshot.
#[derive(Debug)]
struct Everybody {
    users: UserSet,
    /// When the last of them was first seen; `i64::MIN` without any.
    newest_at: i64,
    /// The last event of all; `i64::MIN` without any.
    last_event_at: i64,
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

fn span_of<'a>(parts: impl Iterator<Item = &'a Part>) -> Option<(Timestamp, Timestamp)> {
    let spans = parts.map(|part| (part.facts().time_min, part.facts().time_max));
    let (from, to) = spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
    Some((Timestamp(from), Timestamp(to)))
}

/// Examples kept per property.
const EXAMPLES_MAX: usize = 5;

/// The value of one attribute by user; only who has one.
pub type Values = HashMap<UserIndex, Value>;

impl Snapshot {
    pub(crate) fn new(names: Arc<Names>, users: Users, families: Families) -> Snapshot {
        Snapshot {
            names,
            users,
            families: Arc::new(families),
            everybody: Arc::default(),
            active: Arc::default(),
            derived: None,
            base: Arc::default(),
        }
    }

    /// Dense numbers in use: sets and arrays over users have this many places.
    pub fn n_places(&self) -> usize {
        self.users.len()
    }

    /// Everybody who exists at `at`: first event or attribute change at or before it.
    pub fn users(&self, at: Timestamp) -> UserSet {
        let everybody = self.everybody();
        if at.0 >= everybody.newest_at {
            return everybody.users.clone();
        }
        let words = self.users.first_seen().flat_map(|chunk| chunk.chunks(64));
        UserSet::of_words(self.n_places(), words.map(|seen| bits_of(seen, |first| *first <= at.0)))
    }

    /// The last event of all that the facts of users tell, in milliseconds; `i64::MIN` without any.
    pub(crate) fn last_event_at(&self) -> i64 {
        self.everybody().last_event_at
    }

    fn everybody(&self) -> &Everybody {
        self.everybody.get_or_init(|| {
            // Who was merged away was never seen.
            let seen = || self.users.first_seen().flatten().copied();
            let newest = seen().filter(|first| *first != i64::MAX).max();
            let events = self.users.first_and_last_event().flat_map(|(_, last)| last);
            Everybody {
                users: UserSet::of_each(self.n_places(), seen().map(|first| first != i64::MAX)),
                newest_at: newest.unwrap_or(i64::MIN),
                last_event_at: events.copied().max().unwrap_or(i64::MIN),
            }
        })
    }

    /// When any of the users was first seen, in milliseconds: none of their events is earlier.
    pub(crate) fn first_seen_among(&self, among: &UserSet) -> i64 {
        let first = |user: UserIndex| self.users.first_seen_of(user);
        among.iter().map(first).min().unwrap_or(i64::MAX)
    }

    /// How many exist at `at`.
    pub fn n_users(&self, at: Timestamp) -> u64 {
        self.users(at).len()
    }

    /// Parts of events that users did.
    fn activity_parts(&self) -> impl Iterator<Item = &Part> {
        let activity = |name: &NameId| !self.names.is_outreach(*name);
        self.event_parts().filter(move |(name, _)| activity(name)).map(|(_, part)| part)
    }

    /// Events at or before `at`, without those that tell of messages.
    pub fn n_events(&self, at: Timestamp) -> Result<u64, QueryError> {
        let count = |part: &Part| -> Result<u64, QueryError> {
            let facts = part.facts();
            Ok(match facts.time_max <= at.0 {
                true => part.len() as u64,
                false if facts.time_min > at.0 => 0,
                false => {
                    let last = at.0 - facts.time_min;
                    part.times()?.iter().filter(|time| i64::from(**time) <= last).count() as u64
                }
            })
        };
        self.activity_parts().map(count).sum()
    }

    /// Times of the first and the last event, those that tell of messages among them.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        span_of(self.event_parts().map(|(_, part)| part))
    }

    /// Times of the first and the last event that a user did.
    pub fn activity_span(&self) -> Option<(Timestamp, Timestamp)> {
        span_of(self.activity_parts())
    }

    /// The id under which a user is shown.
    pub fn public_id(&self, user: UserIndex) -> &Text {
        self.users.public_id(user)
    }

    /// First and last time and number of events.
    pub fn facts_of(&self, user: UserIndex) -> UserFacts {
        self.users.get(user)
    }

    /// The whole history of one user, at any age, without derived events.
    pub fn history_of(&self, user: UserIndex) -> Result<UserHistory, QueryError> {
        let mut history = UserHistory {
            id: self.public_id(user).clone(),
            events: self.events_of(user)?.into_iter().map(|stored| stored.event).collect(),
            attributes: BTreeMap::new(),
        };
        for attribute in self.attributes() {
            let changes = changes_of(self.attribute_parts(attribute), user)?;
            if !changes.is_empty() {
                history.attributes.insert(attribute.clone(), changes);
            }
        }
        Ok(history)
    }

    /// All events of one user by (time, arrival), without derived ones.
    pub fn events_of(&self, user: UserIndex) -> Result<Vec<StoredEvent>, QueryError> {
        let mut events = Vec::new();
        let facts = self.facts_of(user);
        let lived = (Timestamp(facts.first_seen), Timestamp(facts.last_seen));
        let mut found = match lived.0 <= lived.1 {
            true => self.parts_within(&AskedNames::every(), lived)?,
            false => Vec::new(),
        };
        // Somebody who does nothing can still be written to.
        let told = AskedNames::of(false, self.names.outreach().to_vec());
        found.extend(self.parts_within(&told, (lived.0, Timestamp::MAX))?);
        for found in found {
            let rows = found.part.rows_of(user.0)?;
            if !rows.is_empty() {
                self.read_events(&found, rows, &mut events)?;
            }
        }
        events.sort_by_key(|stored| (stored.event.time, stored.event.arrival));
        Ok(events)
    }

    /// The values of an attribute of all users at `at`, in order of users; only who has one.
    pub fn attribute_at(&self, attribute: &str, at: Timestamp) -> Result<Values, QueryError> {
        let mut latest: HashMap<UserIndex, ((i64, u64), Option<Value>)> = HashMap::new();
        for part in self.attribute_parts(attribute) {
            if part.facts().time_min > at.0 {
                continue;
            }
            let (runs, times, arrivals) = (part.runs()?, part.times()?, part.arrivals()?);
            let values = part.column(NameId::VALUE)?;
            for (run, user) in runs.users.iter().enumerate() {
                let time = |row: usize| part.facts().time_min + i64::from(times[row]);
                // The last row of the user that is not later than the instant.
                let Some(row) = runs.rows(run).rev().find(|row| time(*row) <= at.0) else {
                    continue;
                };
                let key = (time(row), arrivals.get(row, times[row]));
                let user = UserIndex(*user);
                if latest.get(&user).is_none_or(|(newest, _)| *newest <= key) {
                    let value = values.as_ref().and_then(|column| column.get(row));
                    latest.insert(user, (key, value));
                }
            }
        }
        Ok(latest.into_iter().filter_map(|(user, (_, value))| Some((user, value?))).collect())
    }

    /// Names of all attributes.
    pub fn attributes(&self) -> impl Iterator<Item = &Text> {
        let mut names: Vec<NameId> = self
            .families
            .keys()
            .filter_map(|family| match family {
                Family::Attribute { name, .. } => Some(*name),
                Family::Event { .. } | Family::Transition { .. } => None,
            })
            .collect();
        names.dedup();
        names.into_iter().map(|name| self.names.name(name)).filter(|name| !name.is_empty())
    }

    /// What is known of every name of stored events, most frequent first.
    pub fn events(&self) -> Result<Vec<EventFacts>, QueryError> {
        let mut parts: BTreeMap<NameId, Vec<&Part>> = BTreeMap::new();
        self.event_parts().for_each(|(name, part)| parts.entry(name).or_default().push(part));
        self.facts_of_events(parts)
    }

    fn facts_of_events(
        &self,
        parts: BTreeMap<NameId, Vec<&Part>>,
    ) -> Result<Vec<EventFacts>, QueryError> {
        let mut facts: Vec<_> = parts
            .into_iter()
            .map(|(name, parts)| self.facts_of_event(name, &parts))
            .collect::<Result<_, QueryError>>()?;
        facts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
        Ok(facts)
    }

    /// What is known of every attribute, by name.
    pub fn attribute_facts(&self) -> Result<Vec<ValueFacts>, QueryError> {
        let mut facts: Vec<_> = self
            .attributes()
            .map(|name| {
                let parts: Vec<&Part> = self.attribute_parts(name).collect();
                value_facts(name, NameId::VALUE, &parts)
            })
            .collect::<Result<_, QueryError>>()?;
        facts.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(facts)
    }

    fn facts_of_event(&self, name: NameId, parts: &[&Part]) -> Result<EventFacts, QueryError> {
        let mut users = UserSet::empty(self.n_places());
        for part in parts {
            part.runs()?.users.iter().for_each(|user| users.insert(UserIndex(*user)));
        }
        let mut properties: Vec<NameId> = parts.iter().flat_map(|part| part.properties()).collect();
        properties.sort_unstable();
        properties.dedup();
        let mut properties = properties
            .into_iter()
            .map(|id| value_facts(self.names.name(id), id, parts))
            .collect::<Result<Vec<_>, QueryError>>()?;
        properties.sort_by(|a, b| a.name.cmp(&b.name));
        let (first, last) =
            (|part: &&Part| part.facts().time_min, |part: &&Part| part.facts().time_max);
        Ok(EventFacts {
            name: self.names.name(name).clone(),
            count: parts.iter().map(|part| part.len() as u64).sum(),
            users: users.len(),
            first_at: Timestamp(parts.iter().map(first).min().unwrap_or(0)),
            last_at: Timestamp(parts.iter().map(last).max().unwrap_or(0)),
            properties,
        })
    }

    /// Reads rows of one part as events.
    fn read_events(
        &self,
        found: &FoundPart,
        rows: Range<usize>,
        events: &mut Vec<StoredEvent>,
    ) -> Result<(), QueryError> {
        let FoundPart { name, part, derived, .. } = *found;
        let (times, arrivals, received) = (part.times()?, part.arrivals()?, part.received()?);
        let ids = part.ids(rows.clone())?;
        let mut columns = Vec::new();
        for property in part.properties() {
            columns
                .extend(part.column(property)?.map(|column| (self.names.name(property), column)));
        }
        columns.sort_by(|a, b| a.0.cmp(b.0));
        for (row, id) in rows.zip(ids) {
            let value =
                |(name, column): &(&Text, Arc<Column>)| Some(((*name).clone(), column.get(row)?));
            let event = UserEvent {
                name: self.names.name(name).clone(),
                time: Timestamp(part.facts().time_min + i64::from(times[row])),
                arrival: arrivals.get(row, times[row]),
                id: EventId(id),
                properties: columns.iter().filter_map(value).collect(),
                derived,
            };
            events
                .push(StoredEvent { event, received_at: Timestamp(received.get(row, times[row])) });
        }
        Ok(())
    }

    /// Every part of every event name, by name and month.
    pub(crate) fn event_parts(&self) -> impl Iterator<Item = (NameId, &Part)> {
        self.families.iter().flat_map(|(family, parts)| {
            let name = match family {
                Family::Event { name, .. } => Some(*name),
                Family::Attribute { .. } | Family::Transition { .. } => None,
            };
            parts.iter().filter_map(move |part| Some((name?, part.as_ref())))
        })
    }

    /// Every part of one attribute.
    pub(crate) fn attribute_parts(&self, attribute: &str) -> impl Iterator<Item = &Part> {
        let name = self.names.number(attribute);
        let families = name.map(|name| {
            let of = |month| Family::Attribute { name, month };
            self.families.range(of(i32::MIN)..=of(i32::MAX))
        });
        families.into_iter().flatten().flat_map(|(_, parts)| parts.iter().map(Arc::as_ref))
    }
}

/// A user's changes of one attribute by (time, arrival).
pub(crate) fn changes_of<'a>(
    parts: impl Iterator<Item = &'a Part>,
    user: UserIndex,
) -> Result<Vec<(Timestamp, Value)>, QueryError> {
    let mut changes = Vec::new();
    for part in parts {
        let rows = part.rows_of(user.0)?;
        if rows.is_empty() {
            continue;
        }
        let (times, arrivals) = (part.times()?, part.arrivals()?);
        let values = part.column(NameId::VALUE)?;
        for row in rows {
            let value = values.as_ref().and_then(|column| column.get(row)).unwrap_or(Value::Null);
            let time = part.facts().time_min + i64::from(times[row]);
            changes.push((time, arrivals.get(row, times[row]), value));
        }
    }
    changes.sort_by_key(|(time, arrival, _)| (*time, *arrival));
    Ok(changes.into_iter().map(|(time, _, value)| (Timestamp(time), value)).collect())
}

fn value_facts(name: &Text, id: NameId, parts: &[&Part]) -> Result<ValueFacts, QueryError> {
    let (mut kinds, mut examples) = (Vec::new(), Vec::<Value>::new());
    for part in parts {
        let Some(column) = part.column(id)? else { continue };
        kinds.extend(column.kinds());
        for value in (0..column.len().min(64)).filter_map(|row| column.get(row)) {
            if examples.len() < EXAMPLES_MAX && !examples.contains(&value) {
                examples.push(value);
            }
        }
    }
    kinds.sort_unstable();
    kinds.dedup();
    Ok(ValueFacts { name: name.clone(), kinds, examples })
}
