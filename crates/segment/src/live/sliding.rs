//! Measures over a window that slides with time: truth now, and the first instant at which what
//! leaves the window changes it, in one pass over the hits.
//!
//! What it is: the quick way for windows `(T − span, T]` whose hits need no further look. What it is
//! not: windows by local hours or calendar, and filters that ask for the first of a name, are
//! decided by trying instants (`condition`).

use model::{ExactSum, Value, Zone};

use super::condition::{Measured, NEVER};
use super::source::{Carry, Days, Hit, add};
use crate::evaluate::{CompiledTest, baseline_ratio};
use crate::tree::AffinityMode;

/// Instants that are tried where one does not follow from the hits; the one after them is looked at
/// when it comes.
const TRIED: usize = 32;

/// The hits in the window at an instant, and what comes after.
struct Sliding<'a> {
    hits: &'a [Hit],
    span: i64,
    /// When the first hit after the instant enters.
    next: i64,
}

impl<'a> Sliding<'a> {
    fn new(hits: &'a [Hit], at: i64, span: i64) -> Sliding<'a> {
        let end = hits.partition_point(|hit| hit.time <= at);
        let start = hits[..end].partition_point(|hit| hit.time.saturating_add(span) <= at);
        let next = hits.get(end).map_or(NEVER, |hit| hit.time);
        Sliding { hits: &hits[start..end], span, next }
    }

    /// When the first `n` have left; they must not share their last instant with the one after.
    fn left(&self, n: usize) -> i64 {
        self.hits[n - 1].time.saturating_add(self.span)
    }

    /// Whether all of one instant are among the first `n`.
    fn is_edge(&self, n: usize) -> bool {
        n == self.hits.len() || self.hits[n].time != self.hits[n - 1].time
    }

    /// `truth` is handed the hits from the last to the first, and says what holds of those it has
    /// seen.
    fn last_to_first(&self, mut truth: impl FnMut(&'a Hit) -> bool, of_none: bool) -> (bool, i64) {
        let n = self.hits.len();
        // By truth, the fewest that must leave for it.
        let mut fewest = [usize::MAX; 2];
        fewest[usize::from(of_none)] = n;
        let mut now = of_none;
        for left in (0..n).rev() {
            now = truth(&self.hits[left]);
            if left > 0 && self.is_edge(left) {
                fewest[usize::from(now)] = left;
            }
        }
        let horizon = match fewest[usize::from(!now)] {
            usize::MAX | 0 => NEVER,
            left => self.left(left),
        };
        (now, horizon.min(self.next))
    }

    /// `leaves` is handed the hits that leave from the first on, and says after each what holds.
    fn first_to_last(&self, now: bool, mut leaves: impl FnMut(&'a Hit) -> bool) -> (bool, i64) {
        for (n, hit) in (1..).zip(self.hits) {
            if leaves(hit) != now && self.is_edge(n) {
                return (now, self.left(n).min(self.next));
            }
        }
        (now, self.next)
    }
}

/// A measure over the hits of the last span, compared. `zone`: that of days.
pub(super) fn measured(
    hits: &[Hit],
    (at, span): (i64, i64),
    measure: Measured,
    test: &CompiledTest,
    zone: &Zone,
) -> (bool, i64) {
    let window = Sliding::new(hits, at, span);
    let counted = |n: u64| test.holds(Some(&Value::Int(n as i64)));
    match measure {
        Measured::Sum | Measured::Avg => {
            let mut total = Carry::default();
            window.hits.iter().for_each(|hit| add(&mut total, hit));
            let holds = |total: &Carry| match measure {
                Measured::Sum => test.holds_float(total.sum.value()),
                _ => total.n > 0 && test.holds_float(total.sum.value() / total.n as f64),
            };
            let now = holds(&total);
            window.first_to_last(now, |hit| {
                let mut one = Carry::default();
                add(&mut one, hit);
                let (whole, fraction) = one.sum.parts();
                total.sum.merge(&ExactSum::of_parts(-whole, -fraction));
                total.n -= one.n;
                holds(&total)
            })
        }
        Measured::Min | Measured::Max => {
            let wanted = match measure {
                Measured::Min => std::cmp::Ordering::Less,
                _ => std::cmp::Ordering::Greater,
            };
            let mut best: Option<&Value> = None;
            let truth = |hit| {
                let Hit { value, .. }: &Hit = hit;
                // Of equal ones the first.
                if best.is_none_or(|best| best.compare(value) != Some(wanted)) {
                    best = Some(value);
                }
                best.is_some_and(|best| test.holds(Some(best)))
            };
            window.last_to_first(truth, false)
        }
        Measured::Count => {
            let mut n = 0;
            let truth = |_| {
                n += 1;
                counted(n)
            };
            window.last_to_first(truth, counted(0))
        }
        Measured::Distinct => {
            let mut keys: Vec<u64> = Vec::new();
            let truth = |hit: &Hit| {
                if let Err(place) = keys.binary_search(&hit.key) {
                    keys.insert(place, hit.key);
                }
                counted(keys.len() as u64)
            };
            window.last_to_first(truth, counted(0))
        }
        Measured::Days => {
            let (mut n, mut days) = (0, Days::default());
            let truth = |hit: &Hit| {
                n += u64::from(days.is_new(zone, hit.time));
                counted(n)
            };
            window.last_to_first(truth, counted(0))
        }
        Measured::First => window.last_to_first(|hit| hit.key != 0, false),
        Measured::Last => {
            let last = window.hits.last().is_some_and(|hit| hit.key != 0);
            window.last_to_first(|_| last, false)
        }
    }
}

/// Recent hits relative to those before.
pub(super) fn baseline(
    hits: &[Hit],
    at: i64,
    (window, against): (model::Span, model::Span),
    test: &CompiledTest,
) -> (bool, i64) {
    let spans = [0, window.0, window.0.saturating_add(against.0)];
    // How many have entered, left the recent window, and left the one before.
    let passed = |span: i64| hits.partition_point(|hit| hit.time.saturating_add(span) <= at);
    let mut n = spans.map(passed);
    let holds = |[now, edge, far]: [usize; 3]| {
        let (recent, before) = (now.saturating_sub(edge), edge.saturating_sub(far));
        baseline_ratio(recent as u64, before as u64, window, against)
            .is_some_and(|ratio| test.holds_float(ratio))
    };
    let truth = holds(n);
    for tried in 0..=TRIED {
        let moment = |(n, span): (&usize, &i64)| {
            hits.get(*n).map_or(NEVER, |hit| hit.time.saturating_add(*span))
        };
        let next = n.iter().zip(&spans).map(moment).min().unwrap_or(NEVER);
        if next == NEVER || tried == TRIED {
            return (truth, next);
        }
        for (n, span) in n.iter_mut().zip(&spans) {
            while hits.get(*n).is_some_and(|hit| hit.time.saturating_add(*span) <= next) {
                *n += 1;
            }
        }
        if holds(n) != truth {
            return (truth, next);
        }
    }
    (truth, NEVER)
}

/// What a user does most, least or in a certain share of cases. Hits are of values with their hash,
/// of which the lowest bit says whether it is asked for.
pub(super) fn affinity(
    hits: &[Hit],
    (at, span): (i64, i64),
    (mode, min_events): (&AffinityMode, u32),
) -> (bool, i64) {
    let window = Sliding::new(hits, at, span);
    let mut counts: Vec<(u64, u32)> = Vec::new();
    for hit in window.hits {
        match counts.iter_mut().find(|(key, _)| *key == hit.key) {
            Some((_, n)) => *n += 1,
            None => counts.push((hit.key, 1)),
        }
    }
    let share = match mode {
        AffinityMode::Share(test) => Some(CompiledTest::new(test)),
        _ => None,
    };
    let mut total = window.hits.len();
    let holds = |counts: &[(u64, u32)], total: usize| {
        if total == 0 || total < min_events as usize {
            return false;
        }
        let there = || counts.iter().filter(|(_, n)| *n > 0);
        let asked =
            |wanted: Option<u32>| there().any(|(key, n)| key & 1 != 0 && Some(*n) == wanted);
        match mode {
            AffinityMode::Most => asked(there().map(|(_, n)| *n).max()),
            AffinityMode::Least => asked(there().map(|(_, n)| *n).min()),
            AffinityMode::Share(_) => {
                let hits: u32 = there().filter(|(key, _)| key & 1 != 0).map(|(_, n)| *n).sum();
                share.as_ref().is_some_and(|test| test.holds_float(f64::from(hits) / total as f64))
            }
        }
    };
    let now = holds(&counts, total);
    window.first_to_last(now, |hit| {
        if let Some((_, n)) = counts.iter_mut().find(|(key, _)| *key == hit.key) {
            *n -= 1;
        }
        total -= 1;
        holds(&counts, total)
    })
}
