//! Hits of a few thousand users at a time, in order, handed to the search for chains.

use std::ops::Range;

use hashbrown::HashMap;
use model::value::ValueKey;
use segment::tree::{EventMatch, EventNames, Where};

use super::any_order::any_order;
use super::ordered::ordered;
use super::{Conversions, Funnel, Hit, Order, Place, Reached, Step};
use crate::evaluate::{Evaluator, QueryError, Source};
use crate::groups::{GroupName, Ranking, UserGroups, add_counts};
use crate::ranges::{add_up, pieces};

struct Gather<'q> {
    funnel: &'q Funnel,
    groups: &'q UserGroups,
    steps: Vec<Source>,
    /// All events, where steps are strict.
    all: Option<Source>,
    /// Values of the first step, by which chains are told apart.
    firsts: Option<Ranking<Option<ValueKey>>>,
}

pub(super) fn conversions(
    evaluator: &Evaluator,
    funnel: &Funnel,
    groups: &UserGroups,
    by_first: Option<(&str, usize)>,
) -> Result<Vec<Conversions>, QueryError> {
    let range = (funnel.begins.0, evaluator.at);
    let held: Vec<&str> = funnel.held.iter().map(|name| name.as_str()).collect();
    let mut steps = Vec::new();
    for (step, of) in funnel.steps.iter().enumerate() {
        let own = by_first.filter(|_| step == 0).map(|(name, _)| name);
        let properties: Vec<&str> = held.iter().copied().chain(own).collect();
        steps.push(evaluator.source(of, range, &properties)?);
    }
    let any = EventMatch { names: EventNames::Any, filter: Where::ALWAYS };
    let strict = funnel.order == Order::Strict;
    let all = strict.then(|| evaluator.source(&any, range, &[])).transpose()?;
    let mut gather = Gather { funnel, groups, steps, all, firsts: None };
    if let Some((_, top)) = by_first {
        let counts =
            add_up(evaluator, HashMap::new(), |users| gather.first_values(users), add_counts);
        gather.firsts = Some(Ranking::of(counts, top));
    }
    let all = add_up(
        evaluator,
        gather.empty(),
        |users| gather.count(users),
        |all, more| {
            let steps = all.iter_mut().flatten().zip(more.into_iter().flatten());
            steps.for_each(|(all, more)| all.merge(more));
        },
    );
    let names = match gather.firsts {
        Some(firsts) => firsts.into_names(GroupName::Is, GroupName::Other),
        None => groups.names().to_vec(),
    };
    let named = names.into_iter().zip(all);
    Ok(named.map(|(group, steps)| Conversions { group, steps }).collect())
}

impl Gather<'_> {
    fn empty(&self) -> Vec<Vec<Step>> {
        let n_groups = self.firsts.as_ref().map_or(self.groups.len(), Ranking::len);
        vec![vec![Step::default(); self.funnel.steps.len()]; n_groups]
    }

    /// How many users have a first step with each value.
    fn first_values(&self, users: Range<u32>) -> HashMap<Option<ValueKey>, u64> {
        let mut counts: HashMap<Option<ValueKey>, u64> = HashMap::new();
        let last = self.funnel.begins.1.0;
        for some in pieces(users) {
            let mut pairs = Vec::new();
            self.steps[0].each(some, |hit| {
                if hit.time <= last && self.groups.of(hit.user).is_some() {
                    let value = hit.value(self.funnel.held.len());
                    pairs.push((hit.user, value.and_then(|value| value.key())));
                }
            });
            pairs.sort_unstable();
            pairs.dedup();
            pairs.into_iter().for_each(|(_, key)| *counts.entry(key).or_default() += 1);
        }
        counts
    }

    fn count(&self, users: Range<u32>) -> Vec<Vec<Step>> {
        let mut counts = self.empty();
        for some in pieces(users) {
            let mut hits = self.hits(some.clone());
            // Runs of sorted hits, one per part: this sort merges them.
            hits.sort();
            if let Some(all) = &self.all {
                number(&mut hits, all, some);
            }
            for own in hits.chunk_by(|a, b| a.user == b.user) {
                self.user(own, &mut counts);
            }
        }
        counts
    }

    fn hits(&self, users: Range<u32>) -> Vec<Hit> {
        let mut hits = Vec::new();
        let n_held = self.funnel.held.len();
        let mut held_values: HashMap<Vec<ValueKey>, u32> = HashMap::new();
        for (step, source) in (0u16..).zip(&self.steps) {
            source.each(users.clone(), |hit| {
                if self.groups.of(hit.user).is_none() {
                    return;
                }
                let mut held = 0;
                if n_held > 0 {
                    let values = (0..n_held).map(|of| hit.value(of)?.key());
                    let Some(values) = values.collect::<Option<Vec<_>>>() else { return };
                    let next = held_values.len() as u32;
                    held = *held_values.entry(values).or_insert(next);
                }
                let group = match &self.firsts {
                    Some(firsts) if step == 0 => {
                        firsts.place(&hit.value(n_held).and_then(|value| value.key())) as u16
                    }
                    _ => 0,
                };
                let place = (hit.time, hit.arrival());
                hits.push(Hit { user: hit.user, held, place, step, group, before: 0, with: 0 });
            });
        }
        hits
    }

    /// Counts one user.
    fn user(&self, own: &[Hit], counts: &mut [Vec<Step>]) {
        let n = self.funnel.steps.len();
        let Some(group) = self.groups.of(own[0].user) else { return };
        let mut best: Vec<(usize, Vec<Option<Reached>>)> = Vec::new();
        for unit in own.chunk_by(|a, b| a.held == b.held) {
            for (group, only) in self.groups_of(unit, group) {
                let reached = match self.funnel.order {
                    Order::Any => any_order(unit, self.funnel),
                    Order::Loose | Order::Strict => ordered(unit, self.funnel, only),
                };
                if self.funnel.per_value {
                    add(&mut counts[group], &reached);
                    continue;
                }
                match best.iter_mut().find(|(other, _)| *other == group) {
                    Some((_, best)) => (0..n).for_each(|at| earlier(&mut best[at], reached[at])),
                    None => best.push((group, reached)),
                }
            }
        }
        best.iter().for_each(|(group, reached)| add(&mut counts[*group], reached));
    }

    /// The groups in which hits can count, and to which first steps they are then limited.
    fn groups_of(&self, unit: &[Hit], group: usize) -> Vec<(usize, Option<u16>)> {
        if self.firsts.is_none() {
            return vec![(group, None)];
        }
        let last = self.funnel.begins.1.0;
        let firsts = unit.iter().filter(|hit| hit.step == 0 && hit.place.0 <= last);
        let mut groups: Vec<u16> = firsts.map(|hit| hit.group).collect();
        groups.sort_unstable();
        groups.dedup();
        groups.into_iter().map(|group| (usize::from(group), Some(group))).collect()
    }
}

fn add(counts: &mut [Step], reached: &[Option<Reached>]) {
    for (step, reached) in counts.iter_mut().zip(reached) {
        if let Some(reached) = reached {
            step.count(reached);
        }
    }
}

/// Keeps the earlier of two.
fn earlier(best: &mut Option<Reached>, other: Option<Reached>) {
    if let Some(other) = other
        && best.is_none_or(|best| other.at < best.at)
    {
        *best = Some(other);
    }
}

/// Gives every hit how many things its user did before it, and how many up to and with it: what a step names
/// although nobody did it is not counted.
fn number(hits: &mut [Hit], all: &Source, users: Range<u32>) {
    let mut events: Vec<(u32, Place)> = Vec::new();
    all.each(users, |hit| events.push((hit.user, (hit.time, hit.arrival()))));
    events.sort();
    for hit in hits {
        let event = (hit.user, hit.place);
        hit.before = events.partition_point(|other| *other < event) as u32;
        hit.with = events.partition_point(|other| *other <= event) as u32;
    }
}
