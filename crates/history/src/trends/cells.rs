//! One measure in cells: groups by periods, and each group over all periods.

use std::ops::Range;

use hashbrown::HashSet;
use model::ExactSum;
use model::value::ValueKey;

use super::Measure;
use crate::calendar::Periods;
use crate::distribution::Distribution;
use crate::evaluate::{Hit, Source};
use crate::ranges::pieces;

/// Cells on their way; only what the measure needs has any.
pub(super) struct Cells {
    measure: Measure,
    /// Events; where a number is measured, those that have it.
    counts: Vec<u64>,
    users: Vec<u64>,
    sums: Vec<ExactSum>,
    /// Smallest or largest number.
    extremes: Vec<Option<f64>>,
    distinct: Vec<HashSet<ValueKey>>,
    numbers: Vec<Distribution>,
}

impl Cells {
    pub(super) fn new(measure: &Measure, n: usize) -> Cells {
        let when = |needed: bool| if needed { n } else { 0 };
        let users = matches!(measure, Measure::Users | Measure::PerUser);
        let sums = matches!(measure, Measure::Sum(_) | Measure::Avg(_));
        let extremes = matches!(measure, Measure::Min(_) | Measure::Max(_));
        Cells {
            measure: measure.clone(),
            counts: vec![0; n],
            users: vec![0; when(users)],
            sums: vec![ExactSum::default(); when(sums)],
            extremes: vec![None; when(extremes)],
            distinct: vec![HashSet::new(); when(matches!(measure, Measure::Distinct(_)))],
            numbers: vec![Distribution::default(); when(matches!(measure, Measure::Quantile(..)))],
        }
    }

    /// Counts the events of some users; the measured property is the source's first.
    pub(super) fn count(
        &mut self,
        source: &Source,
        users: Range<u32>,
        periods: &Periods,
        group: &dyn Fn(&Hit) -> Option<usize>,
    ) {
        let width = periods.len() + 1;
        let with_users = !self.users.is_empty();
        for some in pieces(users) {
            let mut seen: Vec<(u32, u32)> = Vec::new();
            source.each(some, |hit| {
                let (Some(period), Some(group)) = (periods.of(hit.time), group(hit)) else {
                    return;
                };
                for cell in [group * width + period, group * width + width - 1] {
                    self.add(cell, hit);
                    if with_users {
                        seen.push((hit.user, cell as u32));
                    }
                }
            });
            seen.sort_unstable();
            seen.dedup();
            seen.iter().for_each(|(_, cell)| self.users[*cell as usize] += 1);
        }
    }

    fn add(&mut self, cell: usize, hit: &Hit) {
        match &self.measure {
            Measure::Count | Measure::Users | Measure::PerUser => self.counts[cell] += 1,
            Measure::Distinct(_) => {
                self.distinct[cell].extend(hit.value(0).and_then(|value| value.key()));
            }
            measure => {
                let Some(number) = hit.number(0) else { return };
                self.counts[cell] += 1;
                match measure {
                    Measure::Min(_) => lower(&mut self.extremes[cell], Some(number)),
                    Measure::Max(_) => higher(&mut self.extremes[cell], Some(number)),
                    Measure::Quantile(..) => self.numbers[cell].add(number),
                    _ => self.sums[cell].add(number),
                }
            }
        }
    }

    pub(super) fn merge(&mut self, more: Cells) {
        self.counts.iter_mut().zip(&more.counts).for_each(|(all, more)| *all += more);
        self.users.iter_mut().zip(&more.users).for_each(|(all, more)| *all += more);
        self.sums.iter_mut().zip(&more.sums).for_each(|(all, more)| all.merge(more));
        let keep = if matches!(self.measure, Measure::Min(_)) { lower } else { higher };
        self.extremes.iter_mut().zip(more.extremes).for_each(|(all, more)| keep(all, more));
        self.distinct.iter_mut().zip(more.distinct).for_each(|(all, more)| all.extend(more));
        self.numbers.iter_mut().zip(more.numbers).for_each(|(all, more)| all.merge(more));
    }

    /// The value of every cell; nothing where there is none.
    pub(super) fn values(&self) -> Vec<Option<f64>> {
        let value = |cell: usize| {
            let n = self.counts[cell] as f64;
            match &self.measure {
                Measure::Count => Some(n),
                Measure::Users => Some(self.users[cell] as f64),
                Measure::PerUser => (n > 0.0).then(|| n / self.users[cell] as f64),
                Measure::Sum(_) => Some(self.sums[cell].value()),
                Measure::Avg(_) => (n > 0.0).then(|| self.sums[cell].value() / n),
                Measure::Min(_) | Measure::Max(_) => self.extremes[cell],
                Measure::Distinct(_) => Some(self.distinct[cell].len() as f64),
                Measure::Quantile(_, share) => {
                    self.numbers[cell].quantiles([*share]).map(|[quantile]| quantile)
                }
            }
        };
        (0..self.counts.len()).map(value).collect()
    }
}

fn lower(held: &mut Option<f64>, number: Option<f64>) {
    if let Some(number) = number {
        *held = Some(held.map_or(number, |held| held.min(number)));
    }
}

fn higher(held: &mut Option<f64>, number: Option<f64>) {
    if let Some(number) = number {
        *held = Some(held.map_or(number, |held| held.max(number)));
    }
}
