//! What senders send: batches of records about a population.
//!
//! What it is: people with known ids, devices that they share and what is told of them, events and attribute changes whose
//! times meet at the edges of windows, late, ahead and twice. What it is not: a model of real
//! people; `audience` has one.
//!
//! Invariant: a delivery that comes again says what it said.

use model::{
    About, AttributeChange, Event, EventId, Facts, Record, Span, Text, Timestamp, Value, What, Who,
    facts::NAMES, record::sort_properties,
};
use testkit::generate::{ATTRIBUTES, EVENTS, PROPERTIES, SPANS};

use crate::dice::Dice;

/// Records that can be delivered again.
const AGAIN: usize = 200;

const ZONES: [&str; 5] = ["Europe/Berlin", "America/Havana", "Asia/Kolkata", "Mars/Olympus", "UTC"];

/// The senders of a workspace.
pub struct Traffic {
    users: usize,
    /// One record in so many joins two ids; 0: none does.
    aliases: usize,
    /// Ids are joined and separated, and clocks go ahead.
    merges: bool,
    ahead: bool,
    values: Vec<Value>,
    sent: Vec<Record>,
    n: u64,
    last: Timestamp,
}

impl Traffic {
    /// Senders for so many people.
    pub(crate) fn new(
        users: usize,
        values: Vec<Value>,
        now: Timestamp,
        (merges, ahead): (bool, bool),
        dice: &mut Dice,
    ) -> Traffic {
        let aliases = if merges { *dice.pick(&[0, 12, 40, 200]) } else { 0 };
        Traffic { users, aliases, merges, ahead, values, sent: Vec::new(), n: 0, last: now }
    }

    /// A batch of so many records; `received_at` is put in by whoever accepts them.
    pub(crate) fn batch(&mut self, n: usize, now: Timestamp, dice: &mut Dice) -> Vec<Record> {
        let mut batch = Vec::new();
        for _ in 0..n {
            if !self.sent.is_empty() && dice.once_in(15) {
                batch.push(dice.pick(&self.sent).clone());
                continue;
            }
            let record = self.record(now, dice);
            if dice.once_in(60) {
                batch.push(record.clone());
            }
            if self.sent.len() < AGAIN {
                self.sent.push(record.clone());
            } else {
                self.sent[dice.below(AGAIN)] = record.clone();
            }
            batch.push(record);
        }
        batch
    }

    fn record(&mut self, now: Timestamp, dice: &mut Dice) -> Record {
        let person = self.person(dice);
        let who = self.who(person, dice);
        let time = self.time(now, dice);
        self.last = time;
        let what = match dice.below(10) {
            _ if self.aliases > 0 && dice.once_in(self.aliases) => {
                if dice.once_in(5) && self.ahead {
                    // Mostly a device of the same person, which may have been merged.
                    let of = if dice.once_in(4) { self.person(dice) } else { person };
                    return Record {
                        received_at: now,
                        who,
                        what: What::Separate { separated: device(of, dice) },
                    };
                }
                let other = self.person(dice);
                What::Alias { previous: self.id(other, dice) }
            }
            0 if dice.once_in(4) => {
                let facts = self.facts(person, time, dice);
                let nobody = matches!(facts.about, About::Address { .. });
                let who = if nobody { Who::default() } else { who };
                return Record { received_at: now, who, what: What::Facts(facts) };
            }
            0 | 1 => {
                let id = self.delivery(dice);
                What::Identify(AttributeChange::set(time, id, self.attributes(dice)))
            }
            _ => What::Event(Event {
                name: Text::new(dice.pick(&EVENTS)),
                time,
                id: self.delivery(dice),
                properties: self.properties(dice),
            }),
        };
        Record { received_at: now, who, what }
    }

    /// Most of what happens happens to a few.
    fn person(&self, dice: &mut Dice) -> usize {
        let all = dice.below(self.users);
        if dice.once_in(2) { dice.below(all + 1) } else { all }
    }

    fn id(&self, person: usize, dice: &mut Dice) -> Text {
        match dice.below(3) {
            0 => Text::from(format!("u{person}")),
            _ => device(person, dice),
        }
    }

    fn who(&self, person: usize, dice: &mut Dice) -> Who {
        let user_id = Some(Text::from(format!("u{person}")));
        match dice.below(10) {
            0 | 1 => Who::of(None, Some(device(person, dice))),
            2 if self.merges => Who::of(user_id, Some(device(person, dice))),
            _ => Who::of(user_id, None),
        }
    }

    fn time(&self, now: Timestamp, dice: &mut Dice) -> Timestamp {
        let near = Span(dice.below(3) as i64 - 1);
        match dice.below(20) {
            0..=8 => now,
            9 | 10 => self.last,
            11 => now.minus(Span(dice.below(3_000) as i64)),
            12 => now.minus(Span(dice.below(70 * 60_000) as i64)),
            13 => now.minus(Span::HOUR).plus(near),
            14 | 15 => now.minus(*dice.pick(&SPANS)).plus(near),
            16 => now.minus(Span::days(dice.below(150) as i64)),
            17 if self.ahead => now.plus(*dice.pick(&[Span(1), Span(700), Span::HOUR])),
            18 if self.ahead => now.plus(*dice.pick(&SPANS)).plus(near),
            _ if !self.ahead => now.min(self.last),
            _ => self.last.plus(near),
        }
    }

    fn delivery(&mut self, dice: &mut Dice) -> EventId {
        self.n += 1;
        match dice.once_in(2) {
            true => EventId::from_bits(self.n),
            false => EventId::of(&format!("delivery {}", self.n)),
        }
    }

    fn value(&self, dice: &mut Dice) -> Value {
        match dice.below(3) {
            0 => dice.pick(&self.values).clone(),
            _ => dice.pick(&[Value::Int(1), Value::Float(1.0), Value::text("a")]).clone(),
        }
    }

    /// What is told of a device of whoever sends, or of an address.
    fn facts(&mut self, person: usize, time: Timestamp, dice: &mut Dice) -> Facts {
        let address = || Text::from(format!("{person}@example.com"));
        let about = match dice.once_in(5) {
            true => About::Address { channel: Text::const_new("email"), address: address() },
            false => About::Device,
        };
        let id = self.delivery(dice);
        let mut facts = Vec::new();
        for _ in 0..dice.below(4) {
            facts.push((Text::const_new(NAMES[dice.below(NAMES.len())]), self.value(dice)));
        }
        Facts { time, id, about, attributes: self.attributes(dice), facts }
    }

    fn attributes(&self, dice: &mut Dice) -> Vec<(Text, Value)> {
        let mut attributes = Vec::new();
        for name in ATTRIBUTES {
            if dice.once_in(2) {
                let value = if dice.once_in(10) { Value::Null } else { self.value(dice) };
                attributes.push((Text::new(name), value));
            }
        }
        if dice.once_in(3) {
            attributes.push((Text::new("timezone"), Value::text(ZONES[dice.below(ZONES.len())])));
        }
        attributes
    }

    fn properties(&self, dice: &mut Dice) -> Vec<(Text, Value)> {
        let mut properties = Vec::new();
        for name in PROPERTIES {
            if !dice.once_in(3) {
                properties.push((Text::new(name), self.value(dice)));
            }
        }
        sort_properties(&mut properties);
        properties
    }
}

/// A device of a person: their own, or one that four share.
fn device(person: usize, dice: &mut Dice) -> Text {
    match dice.once_in(4) {
        true => Text::from(format!("shared{}", person / 4)),
        false => Text::from(format!("d{person}")),
    }
}
