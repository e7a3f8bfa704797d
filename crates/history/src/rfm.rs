//! Recency, frequency and monetary scores of everybody at one instant.
//!
//! Tie rule: equal values always get equal scores (see [`Scoring`]).

use model::{Text, Timestamp, UserIndex, Value, Zone};
use segment::evaluate::RfmScore;
use segment::tree::{Range, Window};
use segment::{RfmSettings, Scoring};

use crate::evaluate::{Evaluator, Matching, Measured, QueryError, Wanted};
use crate::set::{UserSet, bits_of};

/// Scores at one instant. Arrays have one place per dense user number; who is not scored has
/// zeros.
#[derive(Clone, Debug)]
pub struct RfmAt {
    /// The instant.
    pub at: Timestamp,
    /// Who was active in the window; everybody else is inactive.
    pub scored: UserSet,
    /// Time of the last matching event, in milliseconds.
    pub last_at: Vec<i64>,
    /// Matching events, or distinct values, as the settings say.
    pub frequency: Vec<f64>,
    /// Sum or mean, as the settings say; 0 without a monetary side.
    pub monetary: Vec<f64>,
    /// Upper cut points of recency (days), frequency and monetary value, if scoring has them.
    pub cuts: Option<[[f64; 4]; 3]>,
    /// (r, f, m); m is 0 without a monetary side.
    scores: Vec<(u8, u8, u8)>,
    group: Vec<u8>,
    group_keys: Vec<Text>,
}

/// In no group.
const NO_GROUP: u8 = u8::MAX;

/// One group, or one cell of the grid, in figures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RfmFigures {
    /// Users.
    pub users: u64,
    /// Sum of their frequencies.
    pub orders: f64,
    /// Sum of their monetary values.
    pub revenue: f64,
}

impl RfmAt {
    /// Scores everybody with a matching event in the window.
    pub(crate) fn of(evaluator: &Evaluator) -> Result<RfmAt, QueryError> {
        let settings = &evaluator.rules.rfm;
        let n = evaluator.snapshot.n_places();
        let window = Window::range(settings.window.map_or(Range::All, Range::Last));
        let last_at = last_times(evaluator, settings, &window)?;
        let words = last_at.chunks(64).map(|last| bits_of(last, |last| *last != i64::MIN));
        let mut scored = UserSet::of_words(n, words);
        scored.and(evaluator.everybody());
        let measured = |measure| {
            evaluator.measure(&settings.of, &window, measure).map(|measured| numbers(measured, n))
        };
        let frequency = measured(&settings.frequency)?;
        let monetary = settings.monetary.as_ref().map(measured).transpose()?;
        let mut rfm = RfmAt {
            at: evaluator.at,
            scored,
            last_at,
            frequency,
            monetary: monetary.clone().unwrap_or_else(|| vec![0.0; n]),
            cuts: None,
            scores: vec![(0, 0, 0); n],
            group: vec![NO_GROUP; n],
            group_keys: settings.groups.iter().map(|group| group.key.clone()).collect(),
        };
        rfm.score(settings, &evaluator.rules.zone, monetary.is_some());
        Ok(rfm)
    }

    fn score(&mut self, settings: &RfmSettings, zone: &Zone, has_monetary: bool) {
        let users: Vec<usize> = self.scored.iter().map(UserIndex::at).collect();
        let today = zone.day(self.at).0;
        let days = |user: usize| (today - zone.day(Timestamp(self.last_at[user])).0) as f64;
        let recency: Vec<f64> = match settings.scoring {
            Scoring::Rank => users.iter().map(|user| self.last_at[*user] as f64).collect(),
            Scoring::Cuts => users.iter().map(|user| days(*user)).collect(),
        };
        let frequency: Vec<f64> = users.iter().map(|user| self.frequency[*user]).collect();
        let monetary: Vec<f64> = users.iter().map(|user| self.monetary[*user]).collect();
        let columns = [&recency, &frequency, &monetary];
        let mut scores = match settings.scoring {
            Scoring::Rank => {
                let mut scores = columns.map(|_| Vec::new());
                let [first, others @ ..] = &mut scores;
                // The calling thread takes the first side; others take the rest.
                rayon::in_place_scope(|scope| {
                    for (values, own) in columns[1..].iter().zip(others) {
                        scope.spawn(|_| *own = rank_scores(values));
                    }
                    *first = rank_scores(columns[0]);
                });
                scores
            }
            Scoring::Cuts => {
                let cuts = columns.map(|values| cut_points(values));
                self.cuts = (!users.is_empty()).then_some(cuts);
                let mut scores = [0, 1, 2].map(|side| cut_scores(columns[side], &cuts[side]));
                scores[0].iter_mut().for_each(|score| *score = 6 - *score);
                scores
            }
        };
        if !has_monetary {
            scores[2].fill(0);
        }
        let groups: [[[u8; 6]; 6]; 6] = std::array::from_fn(|r| {
            std::array::from_fn(|f| {
                std::array::from_fn(|m| {
                    group_of(settings, (r as u8, f as u8, m as u8), has_monetary)
                })
            })
        });
        for (index, user) in users.into_iter().enumerate() {
            let score = (scores[0][index], scores[1][index], scores[2][index]);
            self.scores[user] = score;
            let (r, f, m) = score;
            self.group[user] = groups[usize::from(r)][usize::from(f)][usize::from(m)];
        }
    }

    /// A user's scores; nothing for the inactive.
    pub fn score_of(&self, user: UserIndex) -> Option<RfmScore> {
        if !self.scored.contains(user) {
            return None;
        }
        let (r, f, m) = self.scores[user.at()];
        let group = self.group_keys.get(usize::from(self.group[user.at()])).cloned();
        Some(RfmScore { r, f, m: Some(m).filter(|m| *m > 0), group })
    }

    /// A user's scores of recency, frequency and monetary value, 1 to 5 each, without the name of
    /// the group; the last is 0 without a monetary side. Nothing for the inactive.
    pub fn scores_of(&self, user: UserIndex) -> Option<(u8, u8, u8)> {
        self.scored.contains(user).then(|| self.scores[user.at()])
    }

    /// The index of a user's group in the settings.
    pub fn group_of(&self, user: UserIndex) -> Option<usize> {
        let group = *self.group.get(user.at())?;
        (group != NO_GROUP && self.scored.contains(user)).then_some(usize::from(group))
    }

    /// Figures of each group, in the order of the settings, and of those in none.
    pub fn groups(&self) -> (Vec<RfmFigures>, RfmFigures) {
        let mut groups = vec![RfmFigures::default(); self.group_keys.len() + 1];
        let none = self.group_keys.len();
        for user in self.scored.iter() {
            self.add(&mut groups[self.group_of(user).unwrap_or(none)], user);
        }
        let others = groups.pop().unwrap_or_default();
        (groups, others)
    }

    /// Figures of the grid: `cells[r - 1][f - 1]`.
    pub fn cells(&self) -> [[RfmFigures; 5]; 5] {
        let mut cells: [[RfmFigures; 5]; 5] = Default::default();
        for user in self.scored.iter() {
            let (r, f, _) = self.scores[user.at()];
            self.add(&mut cells[usize::from(r - 1)][usize::from(f - 1)], user);
        }
        cells
    }

    /// Mean of 4 R + 2 F + M over the scored users, 7 to 35; nothing without any.
    pub fn health(&self) -> Option<f64> {
        let scored = self.scored.len();
        let total: u64 = self
            .scored
            .iter()
            .map(|user| {
                let (r, f, m) = self.scores[user.at()];
                4 * u64::from(r) + 2 * u64::from(f) + u64::from(m)
            })
            .sum();
        (scored > 0).then(|| total as f64 / scored as f64)
    }

    fn add(&self, figures: &mut RfmFigures, user: UserIndex) {
        figures.users += 1;
        figures.orders += self.frequency[user.at()];
        figures.revenue += self.monetary[user.at()];
    }
}

/// How many moved from each group (rows) to each group (columns); the last row and column are the
/// inactive and those in no group. Who was in none at both is not counted.
pub fn transitions(from: &RfmAt, to: &RfmAt) -> Vec<Vec<u64>> {
    let n = to.group_keys.len();
    let mut matrix = vec![vec![0; n + 1]; n + 1];
    let mut everybody = from.scored.clone();
    everybody.or(&to.scored);
    for user in everybody.iter() {
        matrix[from.group_of(user).unwrap_or(n)][to.group_of(user).unwrap_or(n)] += 1;
    }
    matrix
}

fn last_times(
    evaluator: &Evaluator,
    settings: &RfmSettings,
    window: &Window,
) -> Result<Vec<i64>, QueryError> {
    let zone = &evaluator.rules.zone;
    let range = segment::evaluate::range_at(window, evaluator.at, zone);
    let matching = Matching::of(&settings.of, evaluator.rules);
    let Some((range, matching)) = range.zip(matching) else {
        return Ok(vec![i64::MIN; evaluator.snapshot.n_places()]);
    };
    let wanted = Wanted { times: true, ..Wanted::default() };
    let source = evaluator.select(&matching, range, &wanted)?;
    let last = evaluator.by_users(|users| {
        let mut last = vec![i64::MIN; users.len()];
        source.each_run(&users, |part, user, rows| {
            let held = &mut last[(user - users.start) as usize];
            *held = part.time(rows.end - 1).max(*held);
        });
        last
    });
    Ok(last.concat())
}

fn numbers(measured: Option<Measured>, n: usize) -> Vec<f64> {
    match measured {
        Some(Measured::Whole(counts)) => counts.into_iter().map(f64::from).collect(),
        Some(Measured::Floats(values)) => {
            values.into_iter().map(|value| if value.is_nan() { 0.0 } else { value }).collect()
        }
        Some(Measured::Values(values)) => values
            .into_iter()
            .map(|value| value.as_ref().and_then(Value::number).unwrap_or(0.0))
            .collect(),
        None => vec![0.0; n],
    }
}

/// 1 + floor(5 × users with a lower value ÷ users). The score is one more than the number of these
/// four order statistics that a value exceeds, so they are selected instead of sorting everything.
fn rank_scores(values: &[f64]) -> Vec<u8> {
    // The least counts of lower values that are worth one more point.
    let places = [1, 2, 3, 4].map(|share| (share * values.len()).div_ceil(5).saturating_sub(1));
    let cuts = order_statistics(values, places);
    let score = |value: &f64| 1 + cuts.iter().map(|cut| u8::from(cut < value)).sum::<u8>();
    values.iter().map(score).collect()
}

/// The values at some places of the ascending order, if there are any. Values are counted by cells
/// of neighbours first; only the cells with a place are looked at closely.
fn order_statistics(values: &[f64], places: [usize; 4]) -> [f64; 4] {
    const CELLS: usize = 4_096;
    // As integers of the same order: `f64::total_cmp` compares them so.
    let key = |value: &f64| {
        let bits = value.to_bits() as i64;
        (bits ^ (((bits >> 63) as u64) >> 1) as i64) as u64 ^ 1 << 63
    };
    let ends = values
        .iter()
        .map(key)
        .fold((u64::MAX, 0), |(low, high), key| (low.min(key), high.max(key)));
    if values.is_empty() {
        return [f64::NEG_INFINITY; 4];
    }
    let (low, span) = (ends.0, ends.1 - ends.0);
    let shift = (u64::BITS - span.leading_zeros()).saturating_sub(CELLS.ilog2());
    let cell = |value: &f64| ((key(value) - low) >> shift) as usize;
    let mut counts = vec![0usize; CELLS];
    values.iter().for_each(|value| counts[cell(value)] += 1);
    // The cell of each place, and the place within it.
    let (mut wanted, mut found, mut below, mut next) = (vec![false; CELLS], [(0, 0); 4], 0, 0);
    for (cell, count) in counts.iter().enumerate() {
        while next < places.len() && places[next] < below + count {
            found[next] = (cell, places[next] - below);
            wanted[cell] = true;
            next += 1;
        }
        below += count;
    }
    let mut near: Vec<f64> = values.iter().copied().filter(|value| wanted[cell(value)]).collect();
    near.sort_unstable_by(f64::total_cmp);
    let start = |cell: usize| (0..cell).filter(|cell| wanted[*cell]).map(|cell| counts[cell]);
    found.map(|(cell, place)| near[start(cell).sum::<usize>() + place])
}

/// Type-7 quantiles (Hyndman and Fan 1996, The American Statistician 50) at 20, 40, 60 and 80 %,
/// plus 1, as the R package `rfm` cuts.
fn cut_points(values: &[f64]) -> [f64; 4] {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return [0.0; 4] };
    [0.2, 0.4, 0.6, 0.8].map(|share| {
        let place = share * last as f64;
        let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
        low + (high - low) * place.fract() + 1.0
    })
}

fn cut_scores(values: &[f64], cuts: &[f64; 4]) -> Vec<u8> {
    values.iter().map(|value| 1 + cuts.iter().filter(|cut| **cut <= *value).count() as u8).collect()
}

fn group_of(settings: &RfmSettings, (r, f, m): (u8, u8, u8), has_monetary: bool) -> u8 {
    let inside = |(low, high): (u8, u8), score: u8| (low..=high).contains(&score);
    let holds = |group: &segment::RfmGroup| {
        inside(group.r, r) && inside(group.f, f) && (!has_monetary || inside(group.m, m))
    };
    let index = settings.groups.iter().take(usize::from(NO_GROUP)).position(holds);
    index.map_or(NO_GROUP, |index| index as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinct_values_give_equal_fifths_and_ties_stay_together() {
        let values: Vec<f64> = (0..100).map(f64::from).collect();
        let scores = rank_scores(&values);
        for score in 1..=5 {
            assert_eq!(scores.iter().filter(|s| **s == score).count(), 20);
        }
        assert_eq!(rank_scores(&[1.0, 1.0, 1.0, 2.0, 3.0]), [1, 1, 1, 4, 5]);
    }

    #[test]
    fn selected_scores_are_those_of_counting() {
        for n in 0..40usize {
            let values: Vec<f64> = (0..n).map(|i| ((i * i * 7 + n) % 11) as f64 - 0.0).collect();
            let lower = |v: f64| values.iter().filter(|other| **other < v).count();
            let counted: Vec<u8> = values.iter().map(|v| 1 + (5 * lower(*v) / n) as u8).collect();
            assert_eq!(rank_scores(&values), counted, "{values:?}");
        }
    }

    #[test]
    fn order_statistics_are_those_of_sorting_whatever_the_magnitudes() {
        for n in 1..400usize {
            let value = |i: usize| {
                let mixed = (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (i % 50);
                let signed = if i.is_multiple_of(3) { -(mixed as f64) } else { mixed as f64 };
                if i.is_multiple_of(7) { 1.0 } else { signed / (1u64 << (n % 60)) as f64 }
            };
            let values: Vec<f64> = (0..n).map(value).collect();
            let mut sorted = values.clone();
            sorted.sort_unstable_by(f64::total_cmp);
            let places = [0, n / 3, n / 2, n - 1];
            assert_eq!(order_statistics(&values, places), places.map(|place| sorted[place]));
        }
    }

    #[test]
    fn cut_points_are_type_seven_quantiles_plus_one() {
        let values: Vec<f64> = (1..=10).map(f64::from).collect();
        let expected = [3.8, 5.6, 7.4, 9.2]; // R: quantile(1:10, c(.2, .4, .6, .8)) + 1
        for (cut, expected) in cut_points(&values).iter().zip(expected) {
            assert!((cut - expected).abs() < 1e-12);
        }
    }
}
