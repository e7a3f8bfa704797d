//! The history of one user, brought together from the parts, and from rows that are in no part yet.

use std::collections::BTreeMap;
use std::ops::Range;

use model::{EventId, Text, Timestamp, UserIndex, Value};
use segment::evaluate::{UserEvent, UserHistory};

use crate::disk::Error;
use crate::evaluate::{Needs, QueryError};
use crate::gather::since_first_seen;
use crate::names::{NameId, Names};
use crate::part::{Family, Part, Row, month_of};
use crate::snapshot::{AskedNames, Snapshot};
use crate::users::{UserFacts, Users};

/// What of a user's history is wanted.
struct Wanted {
    /// Names of events.
    events: AskedNames,
    properties: Vec<NameId>,
    attributes: Vec<NameId>,
    /// Times of events; of attribute changes, the latest.
    within: (Timestamp, Timestamp),
}

/// A history that is being brought together.
pub(crate) struct OneUser<'a> {
    names: &'a Names,
    facts: UserFacts,
    /// Nothing: all of it.
    wanted: Option<Wanted>,
    events: Vec<UserEvent>,
    /// By attribute: time, arrival, value.
    changes: BTreeMap<NameId, Vec<(i64, u64, Value)>>,
}

impl<'a> OneUser<'a> {
    /// Nothing of a user yet; without needs, everything is wanted.
    pub(crate) fn new(
        names: &'a Names,
        users: &Users,
        user: UserIndex,
        needs: Option<(&Needs, (Timestamp, Timestamp))>,
    ) -> OneUser<'a> {
        let wanted = needs.map(|(needs, (from, to))| Wanted {
            events: needs.names(names),
            properties: needs.properties(names),
            attributes: needs.attributes(names),
            within: (needs.earliest(from), to),
        });
        let (events, changes) = (Vec::new(), BTreeMap::new());
        OneUser { names, facts: users.get(user), wanted, events, changes }
    }

    /// What happened in the life of another user is wanted, too.
    pub(crate) fn live_as_long_as(&mut self, other: &UserFacts) {
        let own = &mut self.facts;
        own.first_seen = own.first_seen.min(other.first_seen);
        own.first_event = own.first_event.min(other.first_event);
        own.last_seen = own.last_seen.max(other.last_seen);
    }

    /// Whether rows of a family can be wanted. Of other months than those of the user's life, none
    /// are.
    pub(crate) fn wants(&self, family: Family) -> bool {
        let within = |month: i32, from: i64, to: i64| {
            from <= to && (month_of(Timestamp(from))..=month_of(Timestamp(to))).contains(&month)
        };
        let facts = &self.facts;
        match family {
            Family::Event { name, month } => {
                let asked = self.wanted.as_ref().map(|wanted| &wanted.events);
                let (from, to) = self.within();
                let (first, last) = match self.names.is_outreach(name) {
                    // Whoever does nothing can still be written to.
                    true => (facts.first_seen, i64::MAX),
                    false => (facts.first_event, facts.last_seen),
                };
                asked.is_none_or(|asked| asked.wants(self.names, name))
                    && within(month, first.max(from.0), last.min(to.0))
            }
            Family::Attribute { name, month } => {
                let wanted = self.wanted.as_ref();
                wanted.is_none_or(|wanted| wanted.attributes.contains(&name))
                    && within(month, facts.first_seen, self.within().1.0)
                    && !self.names.name(name).is_empty()
            }
            Family::Transition { .. } => false,
        }
    }

    fn within(&self) -> (Timestamp, Timestamp) {
        self.wanted.as_ref().map_or((Timestamp::MIN, Timestamp::MAX), |wanted| wanted.within)
    }

    /// Adds the rows that a number has in a part of a family that is wanted.
    pub(crate) fn add_part(
        &mut self,
        family: Family,
        part: &Part,
        number: u32,
    ) -> Result<(), Error> {
        let (facts, (from, to)) = (part.facts(), self.within());
        if facts.time_min > to.0 {
            return Ok(());
        }
        let rows = part.rows_of(number)?;
        if rows.is_empty() {
            return Ok(());
        }
        let times = part.times()?;
        let time = |row: &usize| facts.time_min + i64::from(times[*row]);
        let rows: Vec<usize> = rows.filter(|row| time(row) <= to.0).collect();
        match family {
            Family::Event { name, .. } => {
                let first = rows.partition_point(|row| time(row) < from.0);
                if let [first, .., last] | [first @ last] = rows[first..] {
                    self.add_events(name, part, first..last + 1)?;
                }
                Ok(())
            }
            _ => {
                let (arrivals, values) = (part.arrivals()?, part.column(NameId::VALUE)?);
                for row in rows {
                    let value = values.as_ref().and_then(|column| column.get(row));
                    let change = (time(&row), arrivals.get(row, times[row]), value);
                    self.add_change(family.name(), change);
                }
                Ok(())
            }
        }
    }

    fn add_events(&mut self, name: NameId, part: &Part, rows: Range<usize>) -> Result<(), Error> {
        let (times, arrivals, ids) = (part.times()?, part.arrivals()?, part.ids(rows.clone())?);
        let mut columns = Vec::new();
        for property in part.properties().filter(|property| self.wants_property(*property)) {
            columns
                .extend(part.column(property)?.map(|column| (self.names.name(property), column)));
        }
        columns.sort_by(|a, b| a.0.cmp(b.0));
        for (row, id) in rows.zip(ids) {
            let values = columns.iter();
            let values = values.filter_map(|(name, of)| Some(((*name).clone(), of.get(row)?)));
            self.events.push(UserEvent {
                name: self.names.name(name).clone(),
                time: Timestamp(part.facts().time_min + i64::from(times[row])),
                arrival: arrivals.get(row, times[row]),
                id: EventId(id),
                properties: values.collect(),
                derived: false,
            });
        }
        Ok(())
    }

    /// Adds a row, in no part yet, of a family that is wanted.
    pub(crate) fn add_row(&mut self, family: Family, row: &Row) {
        let (from, to) = self.within();
        if row.time > to.0 {
            return;
        }
        match family {
            Family::Event { name, .. } if row.time >= from.0 => {
                let values = row.properties.iter().filter(|(of, _)| self.wants_property(*of));
                let values =
                    values.map(|(of, value)| (self.names.name(*of).clone(), value.clone()));
                let mut properties: Vec<(Text, Value)> = values.collect();
                properties.sort_by(|a, b| a.0.cmp(&b.0));
                self.events.push(UserEvent {
                    name: self.names.name(name).clone(),
                    time: Timestamp(row.time),
                    arrival: row.arrival,
                    id: EventId(row.id),
                    properties,
                    derived: false,
                });
            }
            Family::Attribute { name, .. } => {
                let value = row.properties.first().map(|(_, value)| value.clone());
                self.add_change(name, (row.time, row.arrival, value));
            }
            _ => {}
        }
    }

    fn wants_property(&self, property: NameId) -> bool {
        !property.hidden()
            && self.wanted.as_ref().is_none_or(|wanted| wanted.properties.contains(&property))
    }

    fn add_change(&mut self, name: NameId, (time, arrival, value): (i64, u64, Option<Value>)) {
        let changes = self.changes.entry(name).or_default();
        changes.push((time, arrival, value.unwrap_or(Value::Null)));
    }

    /// The history: events by (time, arrival). Where not all of it is wanted, the attribute without a
    /// name marks when the user was first seen.
    pub(crate) fn finish(self) -> UserHistory {
        let OneUser { names, facts, wanted, mut events, changes } = self;
        events.sort_by_key(|event| (event.time, event.arrival));
        let mut attributes = match wanted {
            Some(_) => since_first_seen(Timestamp(facts.first_seen)),
            None => BTreeMap::new(),
        };
        for (name, mut changes) in changes {
            changes.sort_by_key(|(time, arrival, _)| (*time, *arrival));
            let changes = changes.into_iter().map(|(time, _, value)| (Timestamp(time), value));
            attributes.insert(names.name(name).clone(), changes.collect());
        }
        UserHistory { id: facts.public_id, events, attributes }
    }
}

impl Snapshot {
    /// What some conditions need of one user to be decided at any instant in `from..=to`, as
    /// [`crate::Gathering`] gives it; of a user with nothing that is needed, when they were first
    /// seen.
    pub fn history_for(
        &self,
        user: UserIndex,
        needs: &Needs,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<UserHistory, QueryError> {
        let mut one = OneUser::new(&self.names, &self.users, user, Some((needs, (from, to))));
        for (family, parts) in self.families.iter().filter(|(family, _)| family.delivered()) {
            if one.wants(*family) {
                for part in parts {
                    one.add_part(*family, part, user.0)?;
                }
            }
        }
        Ok(one.finish())
    }
}
