//! Users' bytes of one program in another.
//!
//! What it is: bytes refer to sources and conditions by number; another run of the program may
//! number them otherwise, and tables of keys say which is which. What it is not: it computes
//! nothing; what the other program does not know is dropped, what the bytes do not have is as of
//! somebody who did nothing.

use std::collections::HashMap;

use model::Text;

use super::program::{Program, Watch, Watched, bit, set_bit};
use super::scratch::Scratch;
use super::states::{self, Former};
use super::times::events_of_key;
use super::user::Damaged;

/// Keys by number; an empty key is of something that is not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tables {
    /// Of sources.
    pub sources: Vec<Text>,
    /// Of conditions.
    pub conditions: Vec<Text>,
    /// What is watched, with what it says over these conditions.
    pub watches: Vec<(Text, Vec<u8>)>,
}

/// New numbers by old ones.
#[derive(Clone, Debug)]
pub struct Moved {
    sources: Vec<Option<u32>>,
    conditions: Vec<Option<u32>>,
    same: bool,
}

impl Program {
    /// The keys of everything that is evaluated.
    pub fn tables(&self) -> Tables {
        let live_source = |n: usize| !self.dependents[n].is_empty();
        let sources = self.sources.iter().enumerate();
        let conditions = self.conditions.iter().enumerate();
        let shown = |live: bool, key: &Text| if live { key.clone() } else { Text::default() };
        Tables {
            sources: sources.map(|(n, s)| shown(live_source(n), &s.key)).collect(),
            conditions: conditions
                .map(|(n, c)| shown(n == 0 || !self.watchers[n].is_empty(), &self.stable_key(c)))
                .collect(),
            watches: self.watches.iter().filter_map(written).collect(),
        }
    }

    /// What the tables watched and this program does not, as it was.
    pub fn former(&self, tables: &Tables) -> Vec<Former> {
        let gone = tables.watches.iter().filter(|(key, _)| self.watch(key).is_none());
        gone.filter_map(|(key, states)| Former::new(key, states)).collect()
    }

    /// A condition's key with the keys of its sources instead of their numbers, whatever they keep for
    /// others.
    fn stable_key(&self, condition: &super::condition::Condition) -> Text {
        let mut key = format!("{:?} {}", condition.kind, self.rules.zone);
        for source in condition.sources.iter().chain(&condition.zone) {
            key += " ";
            key += events_of_key(&self.sources[*source as usize].key);
        }
        Text::from(key)
    }

    /// A hash of what a watch means: equal in every run of the program for as long as the definition
    /// and all that it refers to stay as they are.
    pub fn meaning(&self, watch: u32) -> u64 {
        let states = self.watches.get(watch as usize).and_then(|watch| watch.states.as_ref());
        let Some(states) = states else { return 0 };
        let mut used = Vec::new();
        states.iter().for_each(|state| state.conditions(&mut used));
        let place = |n: u32| used.iter().position(|own| *own == n).unwrap_or(0) as u32;
        let states: Vec<_> = states.iter().map(|state| state.renumbered(&place)).collect();
        let mut meaning = format!("{states:?}");
        for condition in &used {
            meaning += &self.stable_key(&self.conditions[*condition as usize]);
            meaning += "\n";
        }
        xxhash_rust::xxh3::xxh3_64(meaning.as_bytes())
    }

    /// Definitions all of whose sources and conditions are in the tables.
    pub fn complete(&self, tables: &Tables) -> Vec<Watched> {
        let own = self.tables();
        let known_source = |n: u32| tables.sources.contains(&own.sources[n as usize]);
        let known = |n: usize| {
            let condition = &self.conditions[n];
            tables.conditions.contains(&own.conditions[n])
                && condition.sources.iter().chain(&condition.zone).all(|s| known_source(*s))
        };
        let mut missing = vec![false; self.watches.len()];
        for (n, watchers) in self.watchers.iter().enumerate() {
            if n > 0 && !watchers.is_empty() && !known(n) {
                watchers.iter().for_each(|watch| missing[*watch as usize] = true);
            }
        }
        // Without the lifecycle nobody notes places in it.
        if self.lifecycle.is_none_or(|lifecycle| missing[lifecycle as usize]) {
            let asking = self.lived.iter().flat_map(|n| &self.watchers[*n as usize]);
            asking.for_each(|watch| missing[*watch as usize] = true);
        }
        let live = self.live().filter(|(watch, _)| !missing[*watch as usize]);
        live.map(|(_, watched)| watched.clone()).collect()
    }

    /// How numbers of other tables translate to those of this program.
    pub fn moved(&self, tables: &Tables) -> Moved {
        let own = self.tables();
        let numbers = |own: &[Text], old: &[Text]| -> Vec<Option<u32>> {
            let numbers: HashMap<&Text, u32> =
                own.iter().zip(0..).filter(|(key, _)| !key.is_empty()).collect();
            old.iter().map(|key| numbers.get(key).copied()).collect()
        };
        let same = own.sources == tables.sources && own.conditions == tables.conditions;
        let sources = numbers(&own.sources, &tables.sources);
        let conditions = numbers(&own.conditions, &tables.conditions);
        Moved { sources, conditions, same }
    }

    /// A user's bytes with the numbers of this program.
    pub fn move_over(
        &self,
        scratch: &mut Scratch,
        bytes: &[u8],
        moved: &Moved,
    ) -> Result<Box<[u8]>, Damaged> {
        if moved.same {
            return Ok(bytes.into());
        }
        let place = |old: u32, of: &[Option<u32>]| of.get(old as usize).copied().flatten();
        scratch.moved(
            bytes,
            &self.empty,
            |old_bits, bits| {
                for old in 0..old_bits.len() as u32 * 8 {
                    if let Some(new) = place(old, &moved.conditions) {
                        set_bit(bits, new, bit(old_bits, old));
                    }
                }
            },
            |source| place(source, &moved.sources),
        )
    }
}

fn written(watch: &Watch) -> Option<(Text, Vec<u8>)> {
    let states = watch.states.as_ref()?;
    Some((watch.watched.key.clone(), states::write(states)))
}
