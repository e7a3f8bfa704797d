//! What is kept of a user's events for the conditions that need it.
//!
//! What it is: a source takes of every event that passes its filter the time and at most one value
//! (a *hit*), and says which hits can still decide. What it is not: it decides nothing itself.
//!
//! Invariant of [`Keep`]: whatever is dropped at a floor changes no answer at any instant from the
//! floor on, whatever arrives later.

use std::collections::BTreeSet;

use model::{ExactSum, Text, Value, Zone};

use super::chain::Chain;
use super::filter::{Filter, Passes, property};
use super::times::Recent;
use crate::evaluate::CompiledTest;

/// What is taken of one event, or one change of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hit {
    /// Milliseconds.
    pub(super) time: i64,
    /// Whether it matches, if it is the first of its name and if not.
    pub(super) passes: Passes,
    /// The place of its name among the source's names; 0 where names do not matter.
    pub(super) name: u32,
    /// Hash of a value, a truth, or nothing.
    pub(super) key: u64,
    /// A value, or nothing.
    pub(super) value: Value,
}

/// What a source takes of an event beside its time.
#[derive(Clone, Debug)]
pub(super) enum Taken {
    /// Nothing.
    Time,
    /// A number of a property; without one there is no hit.
    Number(Text),
    /// The hash of a property's value; without one there is no hit.
    Key(Text),
    /// Whether a property's value passes a test; without one there is no hit.
    Test(Text, CompiledTest),
    /// A property's value; without one there is no hit.
    Value(Text),
    /// Name and these properties, in this order, as a list.
    Event(Vec<Text>),
    /// The new value of an attribute.
    Attribute,
    /// The hash of a property's value, of which the lowest bit says whether it is one of these;
    /// without a value there is no hit.
    Asked(Text, Vec<Value>),
    /// Which patterns of a condition about order it matches; without any there is no hit.
    Chain(Box<Chain>),
    /// The place in a lifecycle, put in by the evaluation itself.
    Place,
}

/// Which hits can still decide at or after a floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// All.
    All,
    /// Those not older than a span, in milliseconds.
    Span(i64),
    /// The latest so many of those.
    Latest(u32, i64),
    /// The earliest so many.
    Earliest(u32),
    /// Their exact sum and number.
    Sum,
    /// Those that no later one exceeds, within a span.
    Greatest(i64),
    /// Those that no later one falls below, within a span.
    Least(i64),
    /// The latest of each key, of the so many latest keys, within a span.
    Keys(u32, i64),
    /// The latest of each local day.
    Days(u32, i64),
    /// Those not older than a span, and the latest so many of those not older than another one.
    Recent(Recent),
    /// Those not older than a span, and the one before them.
    Changes(i64),
    /// What the condition about order says.
    Chain,
}

/// No bound on age.
pub(super) const FOREVER: i64 = i64::MAX;

/// A source of hits.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) kind: Kind,
    pub(super) taken: Taken,
    pub(super) keep: Keep,
    /// Hits at other times never decide: from inclusive, to exclusive.
    pub(super) bounds: (i64, i64),
    /// Equal sources have equal keys, also in other runs of the program.
    pub(super) key: Text,
}

/// Of what a source is.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// Events that pass; with the names in the order that [`Hit::name`] counts in.
    Events(Filter, Vec<Text>),
    /// Changes of one attribute.
    Attribute(Text),
    /// Changes of place in the workspace's lifecycle.
    Lifecycle,
}

/// The sum of hits that were dropped, and how many they were.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Carry {
    pub(super) sum: ExactSum,
    pub(super) n: u64,
}

impl Source {
    /// What the source takes of an event; nothing if it cannot decide.
    pub(super) fn hit(&self, name: &Text, time: i64, properties: &[(Text, Value)]) -> Option<Hit> {
        let Kind::Events(filter, names) = &self.kind else { return None };
        if time < self.bounds.0 || time >= self.bounds.1 {
            return None;
        }
        let passes = filter.passes(name, properties);
        if !passes.first && !passes.later && !filter.asks_first() {
            return None;
        }
        let mut hit = Hit { time, passes, name: 0, key: 0, value: Value::Null };
        if filter.asks_first() || matches!(self.taken, Taken::Event(_)) {
            hit.name = names.iter().position(|own| own == name).unwrap_or(names.len()) as u32;
        }
        match &self.taken {
            Taken::Time => {}
            Taken::Number(of) => {
                match property(properties, of) {
                    Some(value) if value.number().is_some() => hit.value = value.clone(),
                    // It can still be the first of its name.
                    _ if filter.asks_first() => hit.passes = Passes { first: false, later: false },
                    _ => return None,
                }
            }
            Taken::Key(of) => match property(properties, of).and_then(Value::key) {
                Some(key) => hit.key = key_hash(&key),
                None if filter.asks_first() => hit.passes = Passes { first: false, later: false },
                None => return None,
            },
            Taken::Test(of, test) => match property(properties, of) {
                Some(value) => hit.key = u64::from(test.holds(Some(value))),
                None if filter.asks_first() => hit.passes = Passes { first: false, later: false },
                None => return None,
            },
            Taken::Value(of) => match property(properties, of) {
                Some(value) => hit.value = value.clone(),
                None if filter.asks_first() => hit.passes = Passes { first: false, later: false },
                None => return None,
            },
            Taken::Asked(of, is) => {
                let value = property(properties, of)?;
                let asked = is.iter().any(|wanted| wanted.same(value));
                hit.key = key_hash(&value.key()?) & !1 | u64::from(asked);
            }
            Taken::Chain(chain) => {
                (hit.key, hit.value) = chain.matched(name, properties);
                if hit.key == 0 {
                    return None;
                }
            }
            Taken::Event(of) => {
                let value = |of: &Text| property(properties, of).cloned().unwrap_or(Value::Null);
                // Of events of any name the name stands first.
                let own = names.is_empty().then(|| Value::Text(name.clone()));
                hit.value = Value::List(own.into_iter().chain(of.iter().map(value)).collect());
            }
            Taken::Attribute | Taken::Place => return None,
        }
        Some(hit)
    }

    /// Whether the order of hits of one millisecond decides.
    pub(super) fn ordered(&self) -> bool {
        match &self.taken {
            Taken::Event(_)
            | Taken::Test(..)
            | Taken::Value(_)
            | Taken::Attribute
            | Taken::Chain(_) => true,
            Taken::Time | Taken::Number(_) | Taken::Key(_) | Taken::Asked(..) => self.asks_first(),
            Taken::Place => true,
        }
    }

    pub(super) fn asks_first(&self) -> bool {
        matches!(&self.kind, Kind::Events(filter, _) if filter.asks_first())
    }

    /// Drops what cannot decide at `floor` or later.
    pub(super) fn trim(&self, hits: &mut Vec<Hit>, carry: &mut Carry, floor: i64, zone: &Zone) {
        let settled = hits.partition_point(|hit| hit.time <= floor);
        if settled == 0 {
            return;
        }
        if let (Keep::Chain, Taken::Chain(chain)) = (self.keep, &self.taken) {
            return chain.trim(hits, floor);
        }
        if !self.asks_first() {
            return self.trim_plain(hits, settled, carry, (floor, zone));
        }
        // Whatever else is kept of those that ask who was first, age is all that drops them.
        let oldest = match self.keep {
            Keep::Span(span) if span != FOREVER => floor.saturating_sub(span),
            _ => i64::MIN,
        };
        let (mut named, mut n) = (BTreeSet::new(), 0);
        hits.retain(|hit| {
            n += 1;
            // What passes only as the first of its name and is not will never be: who is first can
            // only be earlier.
            n > settled || named.insert(hit.name) || hit.time > oldest && hit.passes.later
        });
    }

    /// The same where every hit is one whatever came before it: nothing is allocated for most.
    fn trim_plain(
        &self,
        hits: &mut Vec<Hit>,
        settled: usize,
        carry: &mut Carry,
        (floor, zone): (i64, &Zone),
    ) {
        let too_old = |span: i64| match span {
            FOREVER => 0,
            span => {
                let oldest = floor.saturating_sub(span);
                hits[..settled].partition_point(|hit| hit.time <= oldest)
            }
        };
        match self.keep {
            Keep::All | Keep::Chain => {}
            Keep::Span(span) => drop(hits.drain(..too_old(span))),
            Keep::Latest(n, span) => {
                let first = too_old(span).max(settled.saturating_sub(n as usize));
                hits.drain(..first);
            }
            Keep::Earliest(n) => drop(hits.drain(settled.min(n as usize)..settled)),
            Keep::Sum => {
                hits[..settled].iter().for_each(|hit| add(carry, hit));
                hits.drain(..settled);
            }
            Keep::Greatest(span) | Keep::Least(span) => {
                let wanted = match self.keep {
                    Keep::Greatest(_) => std::cmp::Ordering::Greater,
                    _ => std::cmp::Ordering::Less,
                };
                let old = too_old(span);
                keep_from_the_last(hits, (old, settled), |best, hit| {
                    best.is_none_or(|best| hit.value.compare(&best.value) == Some(wanted))
                });
            }
            Keep::Keys(n, span) => {
                let old = too_old(span);
                let mut seen: Vec<u64> = Vec::new();
                keep_from_the_last(hits, (old, settled), |_, hit| {
                    match seen.binary_search(&hit.key) {
                        Err(place) if seen.len() < n as usize => {
                            seen.insert(place, hit.key);
                            true
                        }
                        _ => false,
                    }
                });
            }
            Keep::Recent(Recent { n, within, all }) => {
                let first = too_old(within).max(settled.saturating_sub(n as usize));
                hits.drain(..first.min(too_old(all)));
            }
            Keep::Days(n, span) => {
                let old = too_old(span);
                let (mut seen, mut days) = (0, Days::default());
                keep_from_the_last(hits, (old, settled), |_, hit| {
                    let new = seen < n && days.is_new(zone, hit.time);
                    seen += u32::from(new);
                    new
                });
            }
            Keep::Changes(span) => {
                // The one before the span says what held when it began, and the one before that
                // what it came from.
                let first = too_old(span);
                hits.drain(..first.saturating_sub(2));
            }
        }
    }
}

/// Tells local days apart, of instants in order. Where clocks are set back at midnight, a day begins
/// twice.
#[derive(Default)]
pub(super) struct Days([Option<model::Day>; 2]);

impl Days {
    pub(super) fn is_new(&mut self, zone: &Zone, time: i64) -> bool {
        let day = Some(zone.day(model::Timestamp(time)));
        let new = !self.0.contains(&day);
        if new {
            self.0 = [day, self.0[0]];
        }
        new
    }
}

/// Of the settled hits, those too old are dropped, and of the others those that are not kept. `keep`
/// is asked from the last to the first, with the one that was kept before.
fn keep_from_the_last(
    hits: &mut Vec<Hit>,
    (old, settled): (usize, usize),
    mut keep: impl FnMut(Option<&Hit>, &Hit) -> bool,
) {
    let mut first = settled;
    for n in (old..settled).rev() {
        let before = (first < settled).then(|| &hits[first]);
        if keep(before, &hits[n]) {
            first -= 1;
            hits.swap(n, first);
        }
    }
    hits.drain(..first);
}

pub(super) fn add(carry: &mut Carry, hit: &Hit) {
    match &hit.value {
        Value::Int(term) => carry.sum.add_int(*term),
        Value::Float(term) => carry.sum.add(*term),
        _ => return,
    }
    carry.n += 1;
}

/// 64 bits of a value's key. Two of one user's values meet with a probability of their number
/// squared over 2⁶⁵.
pub(super) fn key_hash(key: &model::value::ValueKey) -> u64 {
    use model::value::ValueKey;
    let mut bytes = Vec::with_capacity(16);
    fn write(key: &ValueKey, bytes: &mut Vec<u8>) {
        match key {
            ValueKey::Bool(b) => bytes.extend([0, u8::from(*b)]),
            ValueKey::Int(n) => {
                bytes.push(1);
                bytes.extend(n.to_le_bytes());
            }
            ValueKey::Float(bits) => {
                bytes.push(2);
                bytes.extend(bits.to_le_bytes());
            }
            ValueKey::Text(text) => {
                bytes.push(3);
                bytes.extend((text.len() as u64).to_le_bytes());
                bytes.extend(text.as_bytes());
            }
            ValueKey::Time(time) => {
                bytes.push(4);
                bytes.extend(time.to_le_bytes());
            }
            ValueKey::List(items) => {
                bytes.push(5);
                bytes.extend((items.len() as u64).to_le_bytes());
                for item in items {
                    match item {
                        Some(item) => write(item, bytes),
                        None => bytes.push(6),
                    }
                }
            }
        }
    }
    write(key, &mut bytes);
    xxhash_rust::xxh3::xxh3_64(&bytes)
}
