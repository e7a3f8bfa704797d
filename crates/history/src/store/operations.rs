//! Operations on attributes: what they make of the values that a user has, whenever they arrive.
//!
//! A change whose value follows from the one before keeps its operations beside its value
//! ([`NameId::OPERATIONS`]). Whatever arrives late is taken in where it belongs in time: the values
//! of the operations after it are told again, under their own times and deliveries, and what is told
//! again counts in place of what was told.

use std::collections::HashMap;

use engine::Merge;
use model::{AttributeChange, EventId, Operation, Text, Timestamp, UserIndex, Value};

use super::Store;
use crate::disk::Error;
use crate::names::NameId;
use crate::part::{Family, Part, Row};

const SET_ONCE: i64 = 0;
const ADD: i64 = 1;
const APPEND: i64 = 2;
const PREPEND: i64 = 3;
const UNION: i64 = 4;
const REMOVE: i64 = 5;
/// In place of a number of values: one value that is no list.
const PLAIN: i64 = -1;

/// What of a frame comes before a change and is not in the store yet.
#[derive(Default)]
pub struct Earlier<'a> {
    /// Who turned out to be one.
    pub merges: Vec<Merge>,
    /// Resolved changes with their users, in order.
    pub changes: Vec<(UserIndex, &'a AttributeChange)>,
}

/// One change of one attribute as it stands, told once or several times.
#[derive(Clone, Debug)]
struct Entry {
    time: i64,
    id: u128,
    /// When it was told first, and last.
    arrivals: (u64, u64),
    value: Value,
    operations: Vec<Operation>,
}

impl Store {
    /// Whether a change must be resolved before it is applied: its values follow from others, or
    /// others follow from its.
    pub fn wants_resolving(&self, change: &AttributeChange) -> bool {
        let operated = |(name, _): &(Text, Value)| {
            let number = self.names.number(name);
            number.is_some_and(|number| self.operated.contains(&number))
        };
        change.clear
            || !change.operations.is_empty()
            || !self.operated.is_empty() && change.attributes.iter().any(operated)
    }

    /// The values that a change brings about: the change itself with all of them, and, if it came
    /// late, the changes after it whose values are others now.
    ///
    /// Errors: what the user has cannot be read.
    pub fn resolve(
        &mut self,
        user: UserIndex,
        change: &AttributeChange,
        earlier: &Earlier,
    ) -> Result<Vec<AttributeChange>, Error> {
        let AttributeChange { time, id, attributes, operations, clear } = change;
        let users = earlier.as_one(user);
        let mut set: Vec<(Text, Value)> = attributes.clone();
        if *clear {
            for name in self.attributes_of(&users, earlier)? {
                if !set.iter().any(|(own, _)| *own == name) {
                    set.push((name, Value::Null));
                }
            }
        }
        let mut names: Vec<Text> = set.iter().map(|(name, _)| name.clone()).collect();
        names.extend(operations.iter().map(|(name, _)| name.clone()));
        names.sort();
        names.dedup();
        let mut own = AttributeChange::set(*time, *id, Vec::new());
        let mut again = Vec::new();
        for name in names {
            let mut done: Vec<Operation> = operations
                .iter()
                .filter(|(of, _)| *of == name)
                .map(|(_, operation)| operation.clone())
                .collect();
            let entries = self.entries(&users, &name, earlier)?;
            let at = entries.partition_point(|entry| entry.time <= time.0);
            let fixed = set.iter().find(|(of, _)| *of == name).map(|(_, value)| value.clone());
            let fixed = fixed.or_else(|| clear.then_some(Value::Null));
            let before = match &fixed {
                Some(value) => value.clone(),
                None => entries[..at].last().map_or(Value::Null, |entry| entry.value.clone()),
            };
            let value = done.iter().fold(before, |value, operation| operation.apply(value));
            // From a value that is set along with them, operations make one value for good.
            if fixed.is_some() {
                done.clear();
            }
            told_again(&name, &value, &entries[at..], &mut again);
            own.operations.extend(done.into_iter().map(|operation| (name.clone(), operation)));
            own.attributes.push((name, value));
        }
        Ok(std::iter::once(own).chain(again).collect())
    }

    /// Names of the attributes that users have or had.
    fn attributes_of(
        &mut self,
        users: &[UserIndex],
        earlier: &Earlier,
    ) -> Result<Vec<Text>, Error> {
        let mut names = Vec::new();
        let numbers = self.numbers_of(users)?;
        for (family, runs) in &mut self.families {
            let Family::Attribute { name, .. } = family else { continue };
            let mut any = false;
            for number in &numbers {
                any = any || runs.fresh_of(*number).next().is_some();
                for sealed in &runs.parts {
                    any = any || sealed.part.has_user(*number)?;
                }
            }
            names.extend(any.then(|| self.names.name(*name).clone()));
        }
        let of_users = earlier.changes.iter().filter(|(user, _)| users.contains(user));
        let fresh = of_users.flat_map(|(_, change)| &change.attributes);
        names.extend(fresh.map(|(name, _)| name.clone()));
        names.retain(|name| !name.is_empty());
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// Everything that was told of one attribute of users as one, by time and arrival.
    fn entries(
        &mut self,
        users: &[UserIndex],
        name: &Text,
        earlier: &Earlier,
    ) -> Result<Vec<Entry>, Error> {
        let mut told: Vec<Entry> = Vec::new();
        if let Some(name) = self.names.number(name) {
            let numbers = self.numbers_of(users)?;
            let all = |month| Family::Attribute { name, month };
            for (_, runs) in self.families.range_mut(all(i32::MIN)..=all(i32::MAX)) {
                for number in &numbers {
                    for sealed in &runs.parts {
                        add_part(&sealed.part, *number, &mut told)?;
                    }
                    told.extend(runs.fresh_of(*number).map(of_row));
                }
            }
        }
        // The frame is after everything that the store has.
        for (n, (_, change)) in earlier.changes.iter().enumerate() {
            let (user, change) = (earlier.changes[n].0, *change);
            let value = change.attributes.iter().find(|(own, _)| own == name);
            if let Some((_, value)) = value.filter(|_| users.contains(&user)) {
                let operations = change.operations.iter().filter(|(own, _)| own == name);
                told.push(Entry {
                    time: change.time.0,
                    id: change.id.0,
                    arrivals: (u64::MAX, n as u64),
                    value: value.clone(),
                    operations: operations.map(|(_, operation)| operation.clone()).collect(),
                });
            }
        }
        told.sort_by_key(|entry| entry.arrivals);
        let mut entries: Vec<Entry> = Vec::with_capacity(told.len());
        let mut places: HashMap<(i64, u128), usize> = HashMap::new();
        for entry in told {
            match places.get(&(entry.time, entry.id)) {
                // Told again: in its place, with its latest value.
                Some(place) => entries[*place].value = entry.value,
                None => {
                    places.insert((entry.time, entry.id), entries.len());
                    entries.push(entry);
                }
            }
        }
        entries.sort_by_key(|entry| (entry.time, entry.arrivals));
        Ok(entries)
    }
}

impl Earlier<'_> {
    /// The user, and everybody of the frame who turned out to be them.
    fn as_one(&self, user: UserIndex) -> Vec<UserIndex> {
        let mut users = vec![user];
        for merge in self.merges.iter().rev() {
            if users.contains(&merge.into) && !users.contains(&merge.from) {
                users.push(merge.from);
            }
        }
        users
    }
}

/// Goes on from a value through the changes after it, up to one that depends on nothing. Of an
/// instant of which anything is another value, everything that follows is told again, so that the
/// last of it is told last.
fn told_again(name: &Text, value: &Value, after: &[Entry], again: &mut Vec<AttributeChange>) {
    let mut value = value.clone();
    for instant in after.chunk_by(|a, b| a.time == b.time) {
        let mut differs = false;
        for Entry { time, id, value: was, operations, .. } in instant {
            value = match operations.is_empty() {
                true => was.clone(),
                false => operations.iter().fold(value, |value, operation| operation.apply(value)),
            };
            differs |= value != *was;
            if differs {
                let attributes = vec![(name.clone(), value.clone())];
                let change = AttributeChange::set(Timestamp(*time), EventId(*id), attributes);
                let operations = operations.iter().cloned();
                let operations = operations.map(|operation| (name.clone(), operation)).collect();
                again.push(AttributeChange { operations, ..change });
            }
        }
        if instant.iter().any(|entry| entry.operations.is_empty()) {
            return;
        }
    }
}

fn add_part(part: &Part, number: u32, told: &mut Vec<Entry>) -> Result<(), Error> {
    let rows = part.rows_of(number)?;
    if rows.is_empty() {
        return Ok(());
    }
    let (times, arrivals, ids) = (part.times()?, part.arrivals()?, part.ids(rows.clone())?);
    let (values, operations) = (part.column(NameId::VALUE)?, part.column(NameId::OPERATIONS)?);
    for (row, id) in rows.zip(ids) {
        let arrival = arrivals.get(row, times[row]);
        let operations = operations.as_ref().and_then(|column| column.get(row));
        told.push(Entry {
            time: part.facts().time_min + i64::from(times[row]),
            id,
            arrivals: (arrival, 0),
            value: values.as_ref().and_then(|column| column.get(row)).unwrap_or(Value::Null),
            operations: operations.map(|packed| unpacked(&packed)).unwrap_or_default(),
        });
    }
    Ok(())
}

fn of_row(row: &Row) -> Entry {
    let of = |name: NameId| row.properties.iter().find(|(own, _)| *own == name);
    Entry {
        time: row.time,
        id: row.id,
        arrivals: (row.arrival, 0),
        value: of(NameId::VALUE).map_or(Value::Null, |(_, value)| value.clone()),
        operations: of(NameId::OPERATIONS).map(|(_, value)| unpacked(value)).unwrap_or_default(),
    }
}

/// Operations as one value: of each its kind, its number of values, and these.
pub(super) fn packed<'a>(operations: impl Iterator<Item = &'a Operation>) -> Option<Value> {
    let mut out: Vec<Value> = Vec::new();
    for operation in operations {
        let (kind, values) = match operation {
            Operation::SetOnce(value) => (SET_ONCE, one(value)),
            Operation::Add(value) => (ADD, one(value)),
            Operation::Append(values) => (APPEND, Values::List(values)),
            Operation::Prepend(values) => (PREPEND, Values::List(values)),
            Operation::Union(values) => (UNION, Values::List(values)),
            Operation::Remove(values) => (REMOVE, Values::List(values)),
        };
        out.push(Value::Int(kind));
        match values {
            Values::Plain(value) => out.extend([Value::Int(PLAIN), value.clone()]),
            Values::List(values) => {
                out.push(Value::Int(values.len() as i64));
                out.extend_from_slice(values);
            }
        }
    }
    (!out.is_empty()).then(|| Value::List(out.into()))
}

enum Values<'a> {
    Plain(&'a Value),
    List(&'a [Value]),
}

fn one(value: &Value) -> Values<'_> {
    match value {
        Value::List(values) => Values::List(values),
        plain => Values::Plain(plain),
    }
}

/// What [`packed`] made; of anything else, what can be read of it.
fn unpacked(packed: &Value) -> Vec<Operation> {
    let Value::List(values) = packed else { return Vec::new() };
    let mut rest = &values[..];
    let mut operations = Vec::new();
    while let [Value::Int(kind), Value::Int(n), after @ ..] = rest {
        let taken = if *n == PLAIN { 1 } else { usize::try_from(*n).unwrap_or(usize::MAX) };
        let Some((own, after)) = after.split_at_checked(taken) else { break };
        let list = || own.to_vec();
        let whole = || match own {
            [plain] if *n == PLAIN => plain.clone(),
            values => Value::List(values.into()),
        };
        operations.push(match *kind {
            SET_ONCE => Operation::SetOnce(whole()),
            ADD => Operation::Add(whole()),
            APPEND => Operation::Append(list()),
            PREPEND => Operation::Prepend(list()),
            UNION => Operation::Union(list()),
            REMOVE => Operation::Remove(list()),
            _ => break,
        });
        rest = after;
    }
    operations
}
