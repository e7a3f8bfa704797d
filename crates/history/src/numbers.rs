//! Whole numbers in as few bytes each as their range allows.

use engine::SEQUENCE_BITS;

/// Unsigned numbers of one width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packed {
    /// So many zeros.
    Zero(usize),
    /// One byte each.
    U8(Vec<u8>),
    /// Two bytes each.
    U16(Vec<u16>),
    /// Four bytes each.
    U32(Vec<u32>),
    /// Eight bytes each.
    U64(Vec<u64>),
}

/// Signed numbers as distances from the least of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbers {
    base: i64,
    packed: Packed,
}

/// Numbers that follow the times of their rows: when a row was accepted, and in which place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Series {
    /// A step function of time: from each of these times on (offsets within the part, ascending,
    /// the first one 0), the value beside it. A single step is a constant.
    Steps(Vec<(u32, i64)>),
    /// Distances from the row's time (as an offset within the part).
    AfterTime(Numbers),
    /// One number per row.
    Rows(Numbers),
}

/// Places of rows in the order of arrival: the ordinal of the frame, which follows time, and the
/// sequence within it, which is mostly zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrivals {
    /// Ordinals of frames.
    pub(crate) frames: Series,
    /// Sequences within them, but for those in `few`.
    sequences: Packed,
    /// Rows with a sequence other than zero where these are few, ascending.
    few: Vec<(u32, u32)>,
}

/// Rows with a sequence are few if they are less than one in so many.
const FEW_ONE_IN: usize = 64;

impl Arrivals {
    /// The smallest form of one place per row, given the rows' times.
    pub fn of(places: &[u64], times: &[u32]) -> Arrivals {
        let frames: Vec<i64> = places.iter().map(|p| (p >> SEQUENCE_BITS) as i64).collect();
        let sequences = places.iter().map(|place| place & ((1 << SEQUENCE_BITS) - 1));
        Arrivals::from_parts(Series::of(&frames, times), Packed::of(sequences))
    }

    /// From frames and what [`Arrivals::sequences`] gave.
    pub(crate) fn from_parts(frames: Series, sequences: Packed) -> Arrivals {
        let rows = 0..sequences.len();
        let other = rows.clone().filter(|row| sequences.get(*row) != 0);
        let n = other.clone().count();
        if n == 0 || n > rows.len() / FEW_ONE_IN {
            return Arrivals { frames, sequences, few: Vec::new() };
        }
        let few = other.map(|row| (row as u32, sequences.get(row) as u32)).collect();
        Arrivals { frames, sequences: Packed::Zero(rows.len()), few }
    }

    /// Sequences of all rows.
    pub(crate) fn sequences(&self) -> Packed {
        if self.few.is_empty() {
            return self.sequences.clone();
        }
        let mut all = vec![0; self.sequences.len()];
        self.few.iter().for_each(|(row, sequence)| all[*row as usize] = u64::from(*sequence));
        Packed::of(all.into_iter())
    }

    fn sequence(&self, row: usize) -> u64 {
        match self.few.binary_search_by_key(&(row as u32), |(row, _)| *row) {
            Ok(place) => u64::from(self.few[place].1),
            Err(_) => self.sequences.get(row),
        }
    }

    /// The place of a row with this time.
    #[inline]
    pub fn get(&self, row: usize, time: u32) -> u64 {
        (self.frames.get(row, time) as u64) << SEQUENCE_BITS | self.sequence(row)
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.frames.bytes() + self.sequences.len() * self.sequences.width() + self.few.len() * 8
    }
}

/// Steps beyond this are not worth finding: bounds the search of [`Series::get`].
const STEPS_MAX: usize = 4_096;

impl Packed {
    /// The narrowest form of some numbers.
    pub fn of(values: impl ExactSizeIterator<Item = u64> + Clone) -> Packed {
        match values.clone().fold(0, |all, value| all | value) {
            0 => Packed::Zero(values.len()),
            1..=0xff => Packed::U8(values.map(|value| value as u8).collect()),
            0x100..=0xffff => Packed::U16(values.map(|value| value as u16).collect()),
            0x1_0000..=0xffff_ffff => Packed::U32(values.map(|value| value as u32).collect()),
            _ => Packed::U64(values.collect()),
        }
    }

    /// One number.
    pub fn get(&self, index: usize) -> u64 {
        match self {
            Packed::Zero(_) => 0,
            Packed::U8(values) => u64::from(values[index]),
            Packed::U16(values) => u64::from(values[index]),
            Packed::U32(values) => u64::from(values[index]),
            Packed::U64(values) => values[index],
        }
    }

    /// The numbers at some places, in their order.
    pub(crate) fn picked(&self, places: &[u32]) -> Packed {
        let places = || places.iter().map(|place| *place as usize);
        match self {
            Packed::Zero(_) => Packed::Zero(places().len()),
            Packed::U8(values) => Packed::U8(places().map(|place| values[place]).collect()),
            Packed::U16(values) => Packed::U16(places().map(|place| values[place]).collect()),
            Packed::U32(values) => Packed::U32(places().map(|place| values[place]).collect()),
            Packed::U64(values) => Packed::U64(places().map(|place| values[place]).collect()),
        }
    }

    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Packed::Zero(len) => *len,
            Packed::U8(values) => values.len(),
            Packed::U16(values) => values.len(),
            Packed::U32(values) => values.len(),
            Packed::U64(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of each number.
    pub fn width(&self) -> usize {
        match self {
            Packed::Zero(_) => 0,
            Packed::U8(_) => 1,
            Packed::U16(_) => 2,
            Packed::U32(_) => 4,
            Packed::U64(_) => 8,
        }
    }
}

impl Numbers {
    /// The narrowest form of some numbers.
    pub fn of(values: &[i64]) -> Numbers {
        let base = values.iter().copied().min().unwrap_or(0);
        Numbers { base, packed: Packed::of(values.iter().map(|v| v.wrapping_sub(base) as u64)) }
    }

    /// From what [`Numbers::base`] and [`Numbers::packed`] gave.
    pub fn from_parts(base: i64, packed: Packed) -> Numbers {
        Numbers { base, packed }
    }

    /// One number.
    #[inline]
    pub fn get(&self, index: usize) -> i64 {
        self.base.wrapping_add(self.packed.get(index) as i64)
    }

    /// The least of them.
    pub fn base(&self) -> i64 {
        self.base
    }

    /// Distances from the least.
    pub fn packed(&self) -> &Packed {
        &self.packed
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.packed.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.packed.is_empty()
    }
}

impl Series {
    /// The smallest form of one number per row, given the rows' times.
    pub fn of(values: &[i64], times: &[u32]) -> Series {
        if let Some(steps) = steps(values, times) {
            return Series::Steps(steps);
        }
        let distances: Vec<i64> =
            values.iter().zip(times).map(|(v, t)| v.wrapping_sub(i64::from(*t))).collect();
        let (after, rows) = (Numbers::of(&distances), Numbers::of(values));
        match after.packed.width() < rows.packed.width() {
            true => Series::AfterTime(after),
            false => Series::Rows(rows),
        }
    }

    /// The number of a row with this time.
    pub fn get(&self, row: usize, time: u32) -> i64 {
        match self {
            Series::Steps(steps) => {
                let next = steps.partition_point(|(from, _)| *from <= time);
                steps[next.saturating_sub(1)].1
            }
            Series::AfterTime(numbers) => numbers.get(row).wrapping_add(i64::from(time)),
            Series::Rows(numbers) => numbers.get(row),
        }
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        match self {
            Series::Steps(steps) => steps.len() * 16,
            Series::AfterTime(numbers) | Series::Rows(numbers) => {
                numbers.len() * numbers.packed.width()
            }
        }
    }
}

/// The steps, if the numbers are a function of time with few steps.
fn steps(values: &[i64], times: &[u32]) -> Option<Vec<(u32, i64)>> {
    let first = *values.first()?;
    if values.iter().all(|value| *value == first) {
        return Some(vec![(0, first)]);
    }
    // Distinct values with the range of times in which each occurs.
    let mut ranges: hashbrown::HashMap<i64, (u32, u32)> = hashbrown::HashMap::new();
    let most = STEPS_MAX.min(values.len() / 8);
    for (value, time) in values.iter().zip(times) {
        let range = ranges.entry(*value).or_insert((*time, *time));
        *range = (range.0.min(*time), range.1.max(*time));
        if ranges.len() > most {
            return None;
        }
    }
    let mut ordered: Vec<(u32, u32, i64)> =
        ranges.into_iter().map(|(value, (from, to))| (from, to, value)).collect();
    ordered.sort_unstable();
    if ordered.windows(2).any(|pair| pair[0].1 >= pair[1].0) {
        return None;
    }
    ordered[0].0 = 0;
    Some(ordered.into_iter().map(|(from, _, value)| (from, value)).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_come_back(values in prop::collection::vec(any::<i64>(), 0..40), shift in 0u32..64) {
            let values: Vec<i64> = values.into_iter().map(|value| value >> shift).collect();
            let numbers = Numbers::of(&values);
            prop_assert_eq!((0..values.len()).map(|i| numbers.get(i)).collect::<Vec<_>>(), values);
        }

        #[test]
        fn arrivals_come_back(
            rows in prop::collection::vec((0u32..50, 0u64..3, 0u64..200), 1..300),
        ) {
            let times: Vec<u32> = rows.iter().map(|(time, ..)| *time).collect();
            // Mostly no sequence, sometimes a large one.
            let place = |(_, frame, n): &(u32, u64, u64)| {
                frame << SEQUENCE_BITS | if *n > 198 { n * 70_000 } else { 0 }
            };
            let places: Vec<u64> = rows.iter().map(place).collect();
            let arrivals = Arrivals::of(&places, &times);
            let again = Arrivals::from_parts(arrivals.frames.clone(), arrivals.sequences());
            for (row, time) in times.iter().enumerate() {
                prop_assert_eq!(arrivals.get(row, *time), places[row]);
                prop_assert_eq!(again.get(row, *time), places[row]);
            }
        }

        #[test]
        fn series_come_back(
            rows in prop::collection::vec((0u32..50, 0i64..6), 1..80),
            kind in 0..3,
        ) {
            let times: Vec<u32> = rows.iter().map(|(time, _)| *time).collect();
            let values: Vec<i64> = rows.iter().map(|(time, value)| match kind {
                0 => i64::from(*time / 20) - 3,
                1 => *value,
                _ => i64::MAX - i64::from(*time),
            }).collect();
            let series = Series::of(&values, &times);
            let back: Vec<i64> = times.iter().enumerate().map(|(i, t)| series.get(i, *t)).collect();
            prop_assert_eq!(back, values);
        }
    }

    #[test]
    fn a_function_of_time_costs_its_steps_only() {
        let times: Vec<u32> = (0..1_000).map(|n| (n * 37) % 1_000).collect();
        let values: Vec<i64> = times.iter().map(|time| i64::from(*time / 400) << 40).collect();
        let steps = vec![(0, 0), (400, 1 << 40), (800, 2 << 40)];
        assert_eq!(Series::of(&values, &times), Series::Steps(steps));
    }
}
