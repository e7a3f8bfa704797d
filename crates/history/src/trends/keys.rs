//! Combinations of values as numbers of groups.

use hashbrown::HashMap;
use model::value::ValueKey;
use model::{Text, Timestamp, UserIndex, Value};

use super::{BY_MAX, Combination, Question};
use crate::evaluate::{Evaluator, Hit, QueryError};
use crate::groups::{By, Ranking, UserGroups, add_counts};
use crate::ranges::add_up;

/// Numbers of values, one per part of a combination; unused parts are 0.
type Code = [u32; BY_MAX];

/// A value that no combination at the top has.
const UNKNOWN: u32 = u32::MAX;

/// The groups of a question.
pub(super) struct Keys {
    parts: Vec<Part>,
    ranking: Ranking<Vec<Option<ValueKey>>>,
    /// Of the combinations at the top: the number of each value, and the group of each code.
    values: HashMap<Option<ValueKey>, u32>,
    groups: HashMap<Code, usize>,
}

enum Part {
    /// The n-th property that a source reads for combinations.
    Property(usize, Text),
    /// An attribute, by user.
    Attribute(HashMap<UserIndex, Value>),
}

impl Keys {
    /// Finds the most frequent combinations of the question's events.
    pub(super) fn rank(
        evaluator: &Evaluator,
        question: &Question,
        range: (Timestamp, Timestamp),
        among: &UserGroups,
    ) -> Result<Keys, QueryError> {
        let mut parts = Vec::new();
        let mut n_properties = 0;
        for by in question.by.iter().take(BY_MAX) {
            parts.push(match by {
                By::Attribute(name) => {
                    Part::Attribute(evaluator.snapshot.attribute_at(name, evaluator.at)?)
                }
                By::Property(name) => {
                    n_properties += 1;
                    Part::Property(n_properties - 1, name.clone())
                }
            });
        }
        let mut keys = Keys {
            parts,
            ranking: Ranking::of(HashMap::new(), 0),
            values: HashMap::new(),
            groups: HashMap::new(),
        };
        if !keys.parts.is_empty() {
            let counts = keys.counts(evaluator, question, range, among)?;
            keys.ranking = Ranking::of(counts, question.top);
            keys.number();
        }
        Ok(keys)
    }

    fn counts(
        &self,
        evaluator: &Evaluator,
        question: &Question,
        range: (Timestamp, Timestamp),
        among: &UserGroups,
    ) -> Result<HashMap<Vec<Option<ValueKey>>, u64>, QueryError> {
        let mut all = HashMap::new();
        let names: Vec<&str> = self.properties().collect();
        for series in &question.series {
            let source = evaluator.source(&series.of, range, &names)?;
            let count = |users| {
                let mut numbers: HashMap<Option<ValueKey>, u32> = HashMap::new();
                let mut counts: HashMap<Code, u64> = HashMap::new();
                source.each(users, |hit| {
                    if among.of(hit.user).is_none() {
                        return;
                    }
                    let mut code = Code::default();
                    for (place, part) in self.parts.iter().enumerate() {
                        let next = numbers.len() as u32;
                        code[place] = *numbers.entry(part.value(hit, 0)).or_insert(next);
                    }
                    *counts.entry(code).or_default() += 1;
                });
                self.written(&numbers, counts)
            };
            all = add_up(evaluator, all, count, add_counts);
        }
        Ok(all)
    }

    /// Counts by values instead of their numbers.
    fn written(
        &self,
        numbers: &HashMap<Option<ValueKey>, u32>,
        counts: HashMap<Code, u64>,
    ) -> HashMap<Vec<Option<ValueKey>>, u64> {
        let mut values: Vec<&Option<ValueKey>> = vec![&None; numbers.len()];
        numbers.iter().for_each(|(value, number)| values[*number as usize] = value);
        let n = self.parts.len();
        let written = counts.into_iter().map(|(code, count)| {
            (code[..n].iter().map(|number| values[*number as usize].clone()).collect(), count)
        });
        written.collect()
    }

    fn number(&mut self) {
        for (group, combination) in self.ranking.top().iter().enumerate() {
            let mut code = Code::default();
            for (place, value) in combination.iter().enumerate() {
                let next = self.values.len() as u32;
                code[place] = *self.values.entry_ref(value).or_insert(next);
            }
            self.groups.insert(code, group);
        }
    }

    /// Properties that a source must read for them, in order.
    pub(super) fn properties(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Property(_, name) => Some(name.as_str()),
            Part::Attribute(_) => None,
        })
    }

    /// The combinations of all groups.
    pub(super) fn combinations(&self) -> Vec<Combination> {
        if self.parts.is_empty() {
            return vec![Some(Vec::new())];
        }
        let top = self.ranking.top().iter().cloned().map(Some);
        top.chain((self.ranking.len() > self.ranking.top().len()).then_some(None)).collect()
    }

    /// The group of an event; its properties for combinations begin at `first`.
    pub(super) fn group(&self, hit: &Hit, first: usize) -> usize {
        if self.parts.is_empty() {
            return 0;
        }
        let mut code = Code::default();
        for (place, part) in self.parts.iter().enumerate() {
            let value = part.value(hit, first);
            code[place] = self.values.get(&value).copied().unwrap_or(UNKNOWN);
        }
        self.groups.get(&code).copied().unwrap_or(self.ranking.top().len())
    }
}

impl Part {
    fn value(&self, hit: &Hit, first: usize) -> Option<ValueKey> {
        match self {
            Part::Property(place, _) => hit.value(first + place)?.key(),
            Part::Attribute(values) => values.get(&UserIndex(hit.user))?.key(),
        }
    }
}
