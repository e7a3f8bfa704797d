//! Histories of users, for what comes very late and for users that turn out to be one.
//!
//! What it is: what the live path asks whoever owns the history, and what of a frame is not there
//! yet. What it is not: it keeps nothing.

use model::{Record, Timestamp, UserIndex, Value, What};
use segment::evaluate::{UserEvent, UserHistory};

use super::fold::Folded;
use crate::identity::Merge;

/// The history of users as it was before the frame at hand.
pub trait Histories {
    /// The whole histories of users as one, under the id of the first, in the order of time and
    /// arrival; nothing if they cannot be read. Of one who was not there yet it is empty. A change of
    /// the attribute without a name marks when they were first seen, as that can be before
    /// everything else.
    fn of(&mut self, users: &[UserIndex]) -> Option<UserHistory>;
}

/// Nobody's history can be read: only the present is put right by what comes very late.
pub struct NoHistories;

impl Histories for NoHistories {
    fn of(&mut self, _: &[UserIndex]) -> Option<UserHistory> {
        None
    }
}

/// Histories with what of the frame came before.
pub(super) struct SoFar<'a, 'h> {
    before: &'a mut (dyn Histories + 'h),
    frame: &'a [Folded<'a>],
    /// Who turned out to be one.
    merges: &'a [Merge],
}

impl Histories for SoFar<'_, '_> {
    fn of(&mut self, users: &[UserIndex]) -> Option<UserHistory> {
        let mut all = users.to_vec();
        all.extend(
            self.merges.iter().map(|merge| merge.from).filter(|from| self.belongs_to(*from, users)),
        );
        // Merged into one of them by a record, and named besides.
        let mut once = Vec::with_capacity(all.len());
        all.into_iter().for_each(|user| {
            if !once.contains(&user) {
                once.push(user);
            }
        });
        let mut history = self.before.of(&once)?;
        for folded in self.frame {
            if self.belongs_to(folded.step.user, users) {
                take(&mut history, folded.record);
            }
        }
        Some(history)
    }
}

impl<'a, 'h> SoFar<'a, 'h> {
    /// Of a frame: the records and the merges that count.
    pub(super) fn new(
        before: &'a mut (dyn Histories + 'h),
        (frame, merges): (&'a [Folded<'a>], &'a [Merge]),
    ) -> SoFar<'a, 'h> {
        SoFar { before, frame, merges }
    }

    /// Whether a user is one of others by the end of the frame so far.
    fn belongs_to(&self, mut user: UserIndex, others: &[UserIndex]) -> bool {
        for merge in self.merges {
            if merge.from == user {
                user = merge.into;
            }
        }
        others.contains(&user)
    }
}

/// Adds what arrived after everything that is there.
fn take(history: &mut UserHistory, record: &Record) {
    let mut change = |name: &model::Text, time: Timestamp, value: &Value| {
        let own = history.attributes.entry(name.clone()).or_default();
        let at = own.partition_point(|(other, _)| *other <= time);
        own.insert(at, (time, value.clone()));
    };
    match &record.what {
        What::Event(event) => {
            let at = history.events.partition_point(|other| other.time <= event.time);
            history.events.insert(
                at,
                UserEvent {
                    name: event.name.clone(),
                    time: event.time,
                    arrival: u64::MAX,
                    id: event.id,
                    properties: event.properties.clone(),
                    derived: false,
                },
            );
        }
        What::Identify(said) => {
            for (name, value) in &said.attributes {
                change(name, said.time, value);
            }
            change(&model::Text::default(), said.time, &Value::Null);
        }
        What::Facts(said) => {
            for (name, value) in &said.attributes {
                change(name, said.time, value);
            }
            change(&model::Text::default(), said.time, &Value::Null);
        }
        What::Alias { .. } | What::Separate { .. } => {
            change(&model::Text::default(), record.received_at, &Value::Null);
        }
    }
}
