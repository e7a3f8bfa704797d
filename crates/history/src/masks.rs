//! One bit per user and period, for a range of users.

use std::ops::Range;

use crate::calendar::Periods;
use crate::evaluate::{ActiveMonth, Source, SourcePart};

/// Bit 0: active before the first period. Bit p + 1: active in period p.
pub(crate) struct Masks {
    from: u32,
    words: usize,
    bits: Vec<u64>,
}

impl Masks {
    /// Nobody was active.
    pub(crate) fn empty(users: &Range<u32>, periods: &Periods) -> Masks {
        let words = (periods.len() + 1).div_ceil(64);
        Masks { from: users.start, words, bits: vec![0; words * users.len()] }
    }

    /// The activity of some users, by events of a source.
    pub(crate) fn of(source: &Source, users: Range<u32>, periods: &Periods) -> Masks {
        let mut masks = Masks::empty(&users, periods);
        let begin = periods.start(0).0;
        source.each(users, |hit| {
            if let Some(bit) = bit(periods, begin, hit.time) {
                masks.set(hit.user, bit);
            }
        });
        masks
    }

    /// The same with tables that were made for the source once.
    pub(crate) fn with(
        (source, tables): (&Source, &Tables),
        users: Range<u32>,
        periods: &Periods,
    ) -> Masks {
        let mut masks = Masks::empty(&users, periods);
        if masks.words > 1 {
            return Masks::of(source, users, periods);
        }
        let (begin, from) = (periods.start(0).0, users.start);
        source.each_run(&users, |part, user, rows| {
            let table = &tables.parts[part.index() as usize];
            let mut mask = 0u64;
            for offset in part.offsets(rows) {
                let stretch = table.get((offset >> STRETCH_BITS) as usize);
                mask |= match stretch.copied().unwrap_or(MIXED) {
                    MIXED => {
                        let time = part.span().0 + i64::from(*offset);
                        bit(periods, begin, time).map_or(0, |bit| 1 << bit)
                    }
                    number => 1 << number,
                };
            }
            masks.bits[(user - from) as usize] |= mask;
        });
        masks
    }

    /// Adds the active days of a month that lie in a period. Every period is made of whole days.
    pub(crate) fn add_active(
        &mut self,
        month: &ActiveMonth,
        users: &Range<u32>,
        periods: &Periods,
    ) {
        // Days by the period in which they lie; what is before the first is left out.
        let mut days: Vec<(usize, u32)> = Vec::new();
        for (day, start) in month.starts[..month.starts.len() - 1].iter().enumerate() {
            let Some(period) = periods.of(*start) else { continue };
            match days.last_mut() {
                Some((last, bits)) if *last == period => *bits |= 1 << day,
                _ => days.push((period, 1 << day)),
            }
        }
        let places = month.between(users);
        for (user, own) in month.users[places.clone()].iter().zip(&month.days[places]) {
            let bits = &mut self.bits[(user - users.start) as usize * self.words..][..self.words];
            for (period, of_period) in &days {
                let bit = period + 1;
                bits[bit / 64] |= u64::from(own & of_period != 0) << (bit % 64);
            }
        }
    }

    /// Marks a user.
    pub(crate) fn set(&mut self, user: u32, bit: usize) {
        self.bits[(user - self.from) as usize * self.words + bit / 64] |= 1 << (bit % 64);
    }

    /// The bits of a user.
    pub(crate) fn user(&self, user: u32) -> &[u64] {
        let start = (user - self.from) as usize * self.words;
        &self.bits[start..start + self.words]
    }
}

/// For each part of a source: the bit of every stretch of time, so that finding it is one look.
pub(crate) struct Tables {
    /// By part, then by offset ÷ 2²²: the bit of the stretch's period, or [`MIXED`]. A byte each, so
    /// that the tables of all parts stay in the processor's cache.
    parts: Vec<Vec<u8>>,
}

/// A stretch in which a period ends, or that lies in none.
const MIXED: u8 = u8::MAX;
/// Stretches are of 2²² ms, about 70 minutes.
const STRETCH_BITS: u32 = 22;

impl Tables {
    /// No tables.
    pub(crate) fn none() -> Tables {
        Tables { parts: Vec::new() }
    }

    /// Tables for a source; none if the bits of all periods are more than one word.
    pub(crate) fn of(source: &Source, periods: &Periods) -> Tables {
        if periods.len() >= 64 {
            return Tables::none();
        }
        let begin = periods.start(0).0;
        let table = |part: &SourcePart| {
            let (first, last) = part.span();
            let number = |time: i64| bit(periods, begin, time).map_or(MIXED, |bit| bit as u8);
            let n = ((last - first) >> STRETCH_BITS) + 1;
            let stretch = |n: i64| {
                let from = first + (n << STRETCH_BITS);
                let to = from + (1 << STRETCH_BITS) - 1;
                if number(from) == number(to) { number(from) } else { MIXED }
            };
            (0..n).map(stretch).collect()
        };
        Tables { parts: source.parts().iter().map(table).collect() }
    }
}

fn bit(periods: &Periods, begin: i64, time: i64) -> Option<usize> {
    match time < begin {
        true => Some(0),
        false => periods.of(time).map(|period| period + 1),
    }
}

/// The places of all set bits, ascending.
pub(crate) fn bits(words: &[u64]) -> impl Iterator<Item = usize> {
    words.iter().enumerate().flat_map(|(index, word)| {
        let mut rest = *word;
        std::iter::from_fn(move || {
            (rest != 0).then(|| {
                let bit = rest.trailing_zeros() as usize;
                rest &= rest - 1;
                index * 64 + bit
            })
        })
    })
}

/// The place of the last set bit.
pub(crate) fn last(words: &[u64]) -> Option<usize> {
    let word = words.iter().rposition(|word| *word != 0)?;
    Some(word * 64 + 63 - words[word].leading_zeros() as usize)
}

/// Whether a bit of `from..=to` is set.
pub(crate) fn any(words: &[u64], from: usize, to: usize) -> bool {
    let to = to.min(words.len() * 64 - 1);
    if from > to {
        return false;
    }
    let (first, last) = (from / 64, to / 64);
    (first..=last).any(|index| {
        let low = if index == first { u64::MAX << (from % 64) } else { u64::MAX };
        let high = if index == last { u64::MAX >> (63 - to % 64) } else { u64::MAX };
        words[index] & low & high != 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_bits_are_those_of_single_bits() {
        let words = [1 << 3 | 1 << 63, 0, 1 | 1 << 40];
        let set: Vec<usize> = bits(&words).collect();
        assert_eq!(set, [3, 63, 128, 168]);
        assert_eq!(last(&words), Some(168));
        assert_eq!(last(&[0, 0]), None);
        for from in 0..192 {
            for to in 0..200 {
                let expected = set.iter().any(|bit| (from..=to).contains(bit));
                assert_eq!(any(&words, from, to), expected, "{from}..={to}");
            }
        }
    }
}
