//! An endless stream of events of many users, by seed, in the order of time.

use model::{Event, EventId, Record, Text, Timestamp, Value, What, Who};

use crate::chance::{Chance, Shares, mixed};
use crate::dictionary::{CATEGORIES, NAMES, WITH_AMOUNT, WITH_CATEGORY, WITH_DURATION};

/// Events one after the other: users are drawn with heavy tails, names with Zipf-like frequencies.
pub struct Stream {
    users: u32,
    seed: u64,
    names: Shares,
    next: u64,
}

impl Stream {
    /// Of so many users; equal seeds give equal events.
    pub fn new(users: u32, seed: u64) -> Stream {
        Stream { users, seed, names: Shares::zipf(NAMES.len()), next: 0 }
    }

    /// The next event, at an instant.
    pub fn next(&mut self, at: Timestamp) -> Record {
        let mut chance = Chance::at(self.seed, self.next);
        self.next += 1;
        let code = self.names.pick(chance.bits());
        // Half of the events come from a tenth of the users.
        let user = match chance.below(2) {
            0 => chance.below(u64::from(self.users / 10).max(1)) * 10,
            _ => chance.below(u64::from(self.users)),
        };
        let mut properties = Vec::new();
        if WITH_AMOUNT.contains(&code) {
            let amount = (chance.exponential(40.0) * 100.0).round() / 100.0;
            properties.push((Text::const_new("amount"), Value::Float(amount)));
        }
        if WITH_CATEGORY.contains(&code) {
            let category = CATEGORIES[chance.below(CATEGORIES.len() as u64) as usize];
            properties.push((Text::const_new("category"), Value::text(category)));
        }
        if WITH_DURATION.contains(&code) {
            let duration = chance.below(600) as i64;
            properties.push((Text::const_new("duration"), Value::Int(duration)));
        }
        let event = Event {
            name: Text::new(NAMES[usize::from(code)]),
            time: at,
            id: EventId::from_bits(mixed(mixed(self.seed) ^ self.next) | 1 << 63),
            properties,
        };
        let who = Who::of(Some(Text::from(user_id(user))), None);
        Record { received_at: at, who, what: What::Event(event) }
    }
}

/// The id of a user by number.
pub fn user_id(user: u64) -> String {
    format!("u{user:07}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use model::{Timestamp, What};

    use super::Stream;

    #[test]
    fn streams_of_different_seeds_have_no_id_in_common() {
        let ids = |seed| {
            let mut stream = Stream::new(100, seed);
            let id = move |_| match stream.next(Timestamp(0)).what {
                What::Event(event) => event.id,
                other => panic!("{other:?}"),
            };
            (0..2_000).map(id).collect::<BTreeSet<_>>()
        };
        assert_eq!((ids(1).len(), ids(2).len()), (2_000, 2_000));
        assert!(ids(1).is_disjoint(&ids(2)));
    }
}
