//! All that was told, and from where on it can be believed.
//!
//! What it is: transitions by the key of their definition, and for each key the instant and the
//! place in the list from which they say where everybody is. What it is not: it judges nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::live::{Correction, Transition};
use model::{Text, Timestamp};

/// All that was told.
#[derive(Clone, Debug, Default)]
pub struct ToldSoFar {
    /// In order, with the key of the definition.
    pub all: Vec<(Text, Transition)>,
    /// By key, for what is watched now.
    pub since: BTreeMap<Text, Since>,
}

/// From where on what was told of a key says where everybody is.
#[derive(Clone, Debug)]
pub struct Since {
    /// The place in the list of the first that counts.
    pub first: usize,
    /// The place of each user before it; of those beyond the end: nowhere.
    pub places: Arc<[u8]>,
    /// When the definition had joined for everybody.
    pub at: Timestamp,
    watch: u32,
}

impl ToldSoFar {
    /// These keys are watched, with these numbers, from an instant on. `places`: where everybody is
    /// in a watch then.
    pub(crate) fn joined(
        &mut self,
        keys: BTreeMap<Text, u32>,
        at: Timestamp,
        places: impl Fn(u32) -> Arc<[u8]>,
    ) {
        let before = std::mem::take(&mut self.since);
        for (key, watch) in keys {
            let since = match before.get(&key) {
                Some(since) if since.watch == watch => since.clone(),
                // An edited one goes on from where the old one was.
                Some(since) => Since { at, watch, ..since.clone() },
                None => Since { first: self.all.len(), places: places(watch), at, watch },
            };
            self.since.insert(key, since);
        }
    }

    /// After a start: only these keys are still watched, under these numbers.
    pub(crate) fn keep(&mut self, keys: BTreeMap<Text, u32>) {
        self.since.retain(|key, since| {
            keys.get(key).is_some_and(|watch| {
                since.watch = *watch;
                true
            })
        });
    }

    /// How many of them put right what was told before.
    pub(crate) fn corrections(&self) -> usize {
        self.all.iter().filter(|(_, t)| t.correction != Correction::None).count()
    }
}

/// The place that was another one before these transitions of one user and key, added and revoked,
/// summed up. An error if that is no place.
pub(crate) fn place_before<'a>(
    told: impl Iterator<Item = &'a Transition>,
    place: u8,
) -> Result<u8, String> {
    place_after(told, place, -1)
}

/// The place that was another one after these.
pub(crate) fn place_now<'a>(
    told: impl Iterator<Item = &'a Transition>,
    place: u8,
) -> Result<u8, String> {
    place_after(told, place, 1)
}

fn place_after<'a>(
    told: impl Iterator<Item = &'a Transition>,
    place: u8,
    direction: i32,
) -> Result<u8, String> {
    let mut sums = [0i32; 256];
    sums[usize::from(place)] = 1;
    for transition in told {
        let sign = if transition.correction == Correction::Revoked { -1 } else { 1 } * direction;
        sums[usize::from(transition.from)] -= sign;
        sums[usize::from(transition.to)] += sign;
    }
    let mut places = sums.iter().enumerate().filter(|(_, sum)| **sum != 0);
    match (places.next(), places.next()) {
        (Some((place, 1)), None) => Ok(place as u8),
        _ => Err("what was told adds up to no place".into()),
    }
}
