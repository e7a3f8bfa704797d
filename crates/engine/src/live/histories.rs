//! Histories of users, for what comes very late and for users that turn out to be one.
//!
//! What it is: what the live path asks whoever owns the history, and what of a frame is not there
//! yet. What it is not: it keeps nothing.

use model::{Record, Timestamp, UserIndex, Value, What};
use segment::evaluate::{UserEvent, UserHistory};

use super::fold::Folded;

/// The history of users as it was before the frame at hand.
pub trait Histories {
    /// The whole history of a user; nothing if it cannot be read. Of one who was not there yet it is
    /// empty. A change of the attribute without a name marks when the user was first seen, as that can
    /// be before everything else.
    fn of(&mut self, user: UserIndex) -> Option<UserHistory>;

    /// The histories of two users as one, under the id of the first. To be overridden by whoever knows
    /// the order of arrival of attribute changes of one millisecond, of which here the second's
    /// come first.
    fn of_both(&mut self, into: UserIndex, from: UserIndex) -> Option<UserHistory> {
        let (mut into, from) = (self.of(into)?, self.of(from)?);
        into.events.extend(from.events);
        into.events.sort_by_key(|event| (event.time, event.arrival));
        for (name, changes) in from.attributes {
            let own = into.attributes.entry(name).or_default();
            own.splice(0..0, changes);
            own.sort_by_key(|(time, _)| *time);
        }
        Some(into)
    }
}

/// Nobody's history can be read: only the present is put right by what comes very late.
pub struct NoHistories;

impl Histories for NoHistories {
    fn of(&mut self, _: UserIndex) -> Option<UserHistory> {
        None
    }
}

/// Histories with what of the frame came before.
pub(super) struct SoFar<'a, 'h> {
    before: &'a mut (dyn Histories + 'h),
    frame: &'a [Folded<'a>],
    /// The records that say who is who.
    merges: &'a [Folded<'a>],
}

impl Histories for SoFar<'_, '_> {
    fn of(&mut self, user: UserIndex) -> Option<UserHistory> {
        let mut history = match &self.merged_into(user)[..] {
            [] => self.before.of(user)?,
            [from] => self.before.of_both(user, *from)?,
            [first, rest @ ..] => {
                let mut all = self.before.of_both(user, *first)?;
                for from in rest {
                    let mut both = Two([Some(all), self.before.of(*from)]);
                    all = both.of_both(UserIndex(0), UserIndex(1))?;
                }
                all
            }
        };
        for folded in self.frame {
            if self.belongs_to(folded.step.user, user) {
                take(&mut history, folded.record);
            }
        }
        Some(history)
    }

    fn of_both(&mut self, into: UserIndex, from: UserIndex) -> Option<UserHistory> {
        let plain = |user: UserIndex| self.merged_into(user).is_empty();
        if !plain(into) || !plain(from) {
            return Two([self.of(into), self.of(from)]).of_both(UserIndex(0), UserIndex(1));
        }
        let mut history = self.before.of_both(into, from)?;
        for Folded { step, record } in self.frame {
            let user = step.user;
            if self.belongs_to(user, into) || self.belongs_to(user, from) {
                take(&mut history, record);
            }
        }
        Some(history)
    }
}

impl<'a, 'h> SoFar<'a, 'h> {
    /// Of a frame: the records whose content counts, and those whose merges do.
    pub(super) fn new(
        before: &'a mut (dyn Histories + 'h),
        (frame, merges): (&'a [Folded<'a>], &'a [Folded<'a>]),
    ) -> SoFar<'a, 'h> {
        SoFar { before, frame, merges }
    }

    /// Who became part of a user in the frame.
    fn merged_into(&self, user: UserIndex) -> Vec<UserIndex> {
        let merges = self.merges.iter().filter_map(|folded| folded.step.merged);
        merges.map(|merge| merge.from).filter(|from| self.belongs_to(*from, user)).collect()
    }

    /// Whether a user is another one by the end of the frame so far.
    fn belongs_to(&self, mut user: UserIndex, other: UserIndex) -> bool {
        for merge in self.merges.iter().filter_map(|folded| folded.step.merged) {
            if merge.from == user {
                user = merge.into;
            }
        }
        user == other
    }
}

/// Two histories, numbered 0 and 1, each asked for once.
struct Two([Option<UserHistory>; 2]);

impl Histories for Two {
    fn of(&mut self, user: UserIndex) -> Option<UserHistory> {
        self.0.get_mut(user.at())?.take()
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
                },
            );
        }
        What::Identify(said) => {
            for (name, value) in &said.attributes {
                change(name, said.time, value);
            }
            change(&model::Text::default(), said.time, &Value::Null);
        }
        What::Alias { .. } => {
            change(&model::Text::default(), record.received_at, &Value::Null);
        }
    }
}
