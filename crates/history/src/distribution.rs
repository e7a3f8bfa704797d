//! Numbers counted by value: exact quantiles whose memory grows with distinct values, not with
//! numbers, and that threads can add up in any order.

use hashbrown::HashMap;
use model::ExactSum;

/// How often each number occurred.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Distribution {
    /// By the bits of the number.
    counts: HashMap<u64, u64>,
    len: u64,
}

impl Distribution {
    /// Adds one number.
    pub fn add(&mut self, number: f64) {
        let bits = (number + 0.0).to_bits(); // −0 is 0
        *self.counts.entry(bits).or_default() += 1;
        self.len += 1;
    }

    /// Adds all numbers of another.
    pub fn merge(&mut self, other: Distribution) {
        self.len += other.len;
        if self.counts.is_empty() {
            self.counts = other.counts;
            return;
        }
        for (bits, count) in other.counts {
            *self.counts.entry(bits).or_default() += count;
        }
    }

    /// How many numbers there are.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The sum divided by the number; nothing of none.
    pub fn mean(&self) -> Option<f64> {
        let mut sum = ExactSum::default();
        for (bits, count) in &self.counts {
            sum.add(f64::from_bits(*bits) * *count as f64);
        }
        (self.len > 0).then(|| sum.value() / self.len as f64)
    }

    /// The number below which a share of all lie, between neighbours by straight lines (of two
    /// numbers the median is their mean); nothing of none.
    /// Formula: Hyndman and Fan, "Sample Quantiles in Statistical Packages", definition 7.
    pub fn quantiles<const N: usize>(&self, shares: [f64; N]) -> Option<[f64; N]> {
        if self.len == 0 {
            return None;
        }
        let mut sorted: Vec<(f64, u64)> =
            self.counts.iter().map(|(bits, count)| (f64::from_bits(*bits), *count)).collect();
        sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut below = 0;
        for (_, count) in &mut sorted {
            below += *count;
            *count = below;
        }
        let nth = |place: u64| sorted[sorted.partition_point(|(_, end)| *end <= place)].0;
        Some(shares.map(|share| {
            let place = (self.len - 1) as f64 * share.clamp(0.0, 1.0);
            let (low, part) = (place.floor(), place - place.floor());
            let low_value = nth(low as u64);
            match part > 0.0 {
                true => low_value + part * (nth(low as u64 + 1) - low_value),
                false => low_value,
            }
        }))
    }

    /// How many numbers are at most each bound (and above the one before), and how many are above
    /// all of them. Bounds ascend.
    pub fn histogram(&self, bounds: &[f64]) -> Vec<u64> {
        let mut counts = vec![0; bounds.len() + 1];
        for (bits, count) in &self.counts {
            let number = f64::from_bits(*bits);
            counts[bounds.partition_point(|bound| *bound < number)] += count;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn quantiles_are_those_of_the_sorted_numbers(
            numbers in proptest::collection::vec(-5i32..20, 1..40),
            split in 0usize..40,
        ) {
            let split = split.min(numbers.len());
            let mut halves = [Distribution::default(), Distribution::default()];
            for (place, number) in numbers.iter().enumerate() {
                halves[usize::from(place >= split)].add(f64::from(*number) / 2.0);
            }
            let [mut all, second] = halves;
            all.merge(second);
            let mut sorted: Vec<f64> = numbers.iter().map(|n| f64::from(*n) / 2.0).collect();
            sorted.sort_by(f64::total_cmp);
            let n = sorted.len();
            let median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2.0;
            let [least, middle, most] = all.quantiles([0.0, 0.5, 1.0]).unwrap();
            prop_assert_eq!((least, middle, most), (sorted[0], median, sorted[n - 1]));
            prop_assert!((all.mean().unwrap() - sorted.iter().sum::<f64>() / n as f64).abs() < 1e-9);
            let counted = |from: f64, to: f64| sorted.iter().filter(|x| from < **x && **x <= to).count();
            let expected = [
                counted(f64::NEG_INFINITY, 0.0),
                counted(0.0, 3.5),
                counted(3.5, f64::INFINITY),
            ];
            prop_assert_eq!(all.histogram(&[0.0, 3.5]), expected.map(|n| n as u64));
        }
    }

    #[test]
    fn a_quantile_lies_between_neighbours() {
        let mut all = Distribution::default();
        [1.0, 2.0, 4.0, 8.0].into_iter().for_each(|x| all.add(x));
        let [p90] = all.quantiles([0.9]).unwrap();
        assert!((p90 - 6.8).abs() < 1e-12, "{p90}");
        assert_eq!(Distribution::default().quantiles([0.5]), None);
    }
}
