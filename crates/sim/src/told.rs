//! All that was told, and from where on it can be believed.
//!
//! What it is: transitions by the key of their definition, and for each key the instant and the
//! place in the list from which they say where everybody is. What it is not: it judges nothing.

use std::collections::BTreeMap;

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
#[derive(Clone, Copy, Debug)]
pub struct Since {
    /// The place in the list of the first that counts.
    pub first: usize,
    /// When the definition had joined for everybody.
    pub at: Timestamp,
    watch: u32,
}

impl ToldSoFar {
    /// These keys are watched, with these numbers; those that are new have told from `first` on.
    pub(crate) fn joined(&mut self, keys: BTreeMap<Text, u32>, first: usize, at: Timestamp) {
        let before = std::mem::take(&mut self.since);
        for (key, watch) in keys {
            let since = match before.get(&key) {
                Some(since) if since.watch == watch => *since,
                // An edited one goes on from where the old one was.
                Some(since) => Since { at, watch, ..*since },
                None => Since { first, at, watch },
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

/// The place at an instant by these transitions of one user and key: what was told, added and
/// revoked, summed up. An error if that is no place.
pub(crate) fn place_at<'a>(
    told: impl Iterator<Item = &'a Transition>,
    at: Timestamp,
) -> Result<u8, String> {
    let mut sums = [0i32; 256];
    sums[0] = 1;
    for transition in told.filter(|t| t.at <= at) {
        let sign = if transition.correction == Correction::Revoked { -1 } else { 1 };
        sums[usize::from(transition.from)] -= sign;
        sums[usize::from(transition.to)] += sign;
    }
    let mut places = sums.iter().enumerate().filter(|(_, sum)| **sum != 0);
    match (places.next(), places.next()) {
        (Some((place, 1)), None) => Ok(place as u8),
        _ => Err("what was told adds up to no place".into()),
    }
}
