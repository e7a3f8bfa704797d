//! Exact sums of a property per user.
//!
//! Decimals and integers of ordinary size, which nearly all are, are added as integers: a float is a
//! whole number of 2⁻⁷², taken apart into two integers of 64 bits that are added up row by row, so
//! that a user's sum is one subtraction. The sums are those of [`ExactSum`], bit for bit.

use std::ops::Range;

use model::{ExactSum, UserIndex};
use segment::evaluate::CompiledTest;

use super::blocks::{BLOCK_ROWS, Chosen};
use super::measure::Scan;
use super::source::SourcePart;
use crate::column::{Column, SCALES, Values};
use crate::numbers::{Numbers, Packed};
use crate::set::UserSet;

/// Bits after the point of what is added up.
const FRACTION_BITS: u32 = 72;
/// Of these, those in the higher of two integers.
const HIGH_BITS: u32 = 22;
/// Bits after the point in the lower integer, on top of those of the higher.
const LOW_BITS: u32 = FRACTION_BITS - HIGH_BITS;
/// Bits after the point of an [`ExactSum`].
const EXACT_FRACTION_BITS: u32 = 88;
/// One, as a sum times 2⁷².
const ONE: i128 = 1 << FRACTION_BITS;
/// Last bits that are 0 in a fraction that is turned into a float as an integer of 64 bits.
const SHORT_BITS: u32 = FRACTION_BITS - 62;
/// Where fewer than one row in so many is selected, only these are looked at.
const DENSE_ONE_IN: usize = 4;
/// Terms are less than this: a block of them stays below 2⁶³ in the higher integer, and 2²⁷ rows below
/// 2¹²⁷ altogether.
const TERM_MAX: f64 = (1u64 << 27) as f64;
/// Rows of a range of users, of all parts, that are added up as integers.
const RANGE_ROWS_MAX: u64 = 1 << 27;

/// Exact sums of a range of users, with how many terms there are.
pub(super) struct Sums {
    /// By user: terms.
    n: Vec<u32>,
    /// By user: the sum of what is added as integers, times 2⁷².
    fixed: Vec<i128>,
    /// What else is added, in no order: user and term.
    others: Vec<(u32, ExactSum)>,
}

/// A column whose numbers can be added as integers.
struct Fixed<'c> {
    numbers: &'c Numbers,
    divisor: f64,
}

/// Sums before each row of a block, and at last of all rows.
#[derive(Default)]
struct Before {
    high: Vec<i64>,
    low: Vec<i64>,
}

/// A number, or a sum, as its parts.
#[derive(Clone, Copy)]
struct Term {
    high: i64,
    low: i64,
}

impl Sums {
    pub(super) fn of(scan: &Scan, users: &Range<u32>) -> Sums {
        let n = users.len();
        let mut sums = Sums { n: vec![0; n], fixed: vec![0; n], others: Vec::new() };
        let Some(source) = scan.plain().filter(|source| source.n_rows_of(users) < RANGE_ROWS_MAX)
        else {
            scan.runs(users, |part, user, rows| {
                if let Some(column) = part.column(0) {
                    rows.for_each(|row| sums.add_other(user - users.start, column, row));
                }
            });
            sums.others.sort_by_key(|(user, _)| *user);
            return sums;
        };
        let mut before = Before::default();
        source.each_block_having(users, 0, |part, column, runs, chosen| {
            let short = part.runs.n_rows(&runs) <= BLOCK_ROWS;
            match Fixed::of(column).filter(|_| short) {
                Some(fixed) => sums.add_fixed(&fixed, (part, runs, chosen), users, &mut before),
                None => sums.add_others(column, (part, runs, chosen), users),
            }
        });
        sums.others.sort_by_key(|(user, _)| *user);
        sums
    }

    fn add_others(
        &mut self,
        column: &Column,
        (part, runs, chosen): (&SourcePart, Range<usize>, &Chosen),
        users: &Range<u32>,
    ) {
        for run in runs {
            let user = part.runs.users[run] - users.start;
            for row in part.runs.rows(run) {
                if chosen.holds(row) {
                    self.add_other(user, column, row);
                }
            }
        }
    }

    fn add_other(&mut self, user: u32, column: &Column, row: usize) {
        let mut sum = ExactSum::default();
        match (column.int(row), column.number(row)) {
            (Some(term), _) => sum.add_int(term),
            (None, Some(term)) => sum.add(term),
            (None, None) => return,
        }
        self.n[user as usize] += 1;
        match self.others.last_mut() {
            Some((last, held)) if *last == user => held.merge(&sum),
            _ => self.others.push((user, sum)),
        }
    }

    /// Adds the numbers of a block of runs as integers: of all rows in one pass, or, where few are
    /// selected, of these.
    fn add_fixed(
        &mut self,
        fixed: &Fixed,
        (part, runs, chosen): (&SourcePart, Range<usize>, &Chosen),
        users: &Range<u32>,
        before: &mut Before,
    ) {
        let starts = &part.runs.starts[runs.start..=runs.end];
        let (first, rows) = (starts[0] as usize, starts[0] as usize..starts[runs.len()] as usize);
        let own = part.runs.users[runs].iter().map(|user| (user - users.start) as usize);
        let own = own.zip(starts.windows(2).map(|ends| ends[0] as usize..ends[1] as usize));
        match chosen {
            Chosen::Some(block) if block.n() < rows.len() / DENSE_ONE_IN => {
                for (user, rows) in own {
                    let n = block.count(&rows);
                    if n > 0 {
                        let terms = rows.filter(|row| block.holds(*row)).map(|row| fixed.term(row));
                        self.fixed[user] += terms.map(Term::whole).sum::<i128>();
                        self.n[user] += n;
                    }
                }
            }
            Chosen::Some(block) => {
                fixed.add_up(rows, Some(block.marks()), before);
                for (user, rows) in own {
                    self.n[user] += block.count(&rows);
                    self.fixed[user] += before.of(rows.start - first..rows.end - first).whole();
                }
            }
            Chosen::All => {
                fixed.add_up(rows, None, before);
                for (user, rows) in own {
                    self.n[user] += rows.len() as u32;
                    self.fixed[user] += before.of(rows.start - first..rows.end - first).whole();
                }
            }
        }
    }

    /// Every user with a term, by number within the range, with the sum and how many there are.
    fn each(&self) -> impl Iterator<Item = (usize, f64, u32)> {
        let mut others = self.others.iter().peekable();
        let with = self.n.iter().zip(&self.fixed).enumerate().filter(|(_, (n, _))| **n > 0);
        with.map(move |(user, (n, fixed))| {
            let of_user = |(other, _): &&(u32, ExactSum)| *other as usize == user;
            if others.peek().is_none_or(|other| !of_user(other)) {
                return (user, value(*fixed), *n);
            }
            let mut sum = exact(*fixed);
            while let Some((_, other)) = others.next_if(of_user) {
                sum.merge(other);
            }
            (user, sum.value(), *n)
        })
    }

    /// Who satisfies a test, by what `finish` makes of sum and terms; `none` is what those without a
    /// number count as, if anything.
    pub(super) fn test(
        &self,
        test: &CompiledTest,
        finish: impl Fn(f64, u32) -> f64,
        none: Option<f64>,
    ) -> UserSet {
        let holds = |value: f64| test.holds_float(value);
        let (n, others) = (self.n.len(), none.is_some_and(holds));
        let mut set = if others { UserSet::of(n, |_| true) } else { UserSet::empty(n) };
        for (user, sum, n) in self.each() {
            set.put(UserIndex(user as u32), holds(finish(sum, n)));
        }
        set
    }

    /// What `finish` makes of sum and terms of every user; `none` of those without a number.
    pub(super) fn values(&self, finish: impl Fn(f64, u32) -> f64, none: f64) -> Vec<f64> {
        let mut values = vec![none; self.n.len()];
        self.each().for_each(|(user, sum, n)| values[user] = finish(sum, n));
        values
    }
}

/// The mean of so many terms with a sum.
pub(super) fn mean(sum: f64, n: u32) -> f64 {
    sum / f64::from(n)
}

/// A sum times 2⁷² as an exact sum.
fn exact(fixed: i128) -> ExactSum {
    let fraction = fixed & (ONE - 1);
    ExactSum::of_parts(fixed >> FRACTION_BITS, fraction << (EXACT_FRACTION_BITS - FRACTION_BITS))
}

/// What [`ExactSum::value`] gives for a sum times 2⁷², quicker for sums of ordinary numbers: those
/// below 2⁶³ whose fraction ends within 62 bits.
fn value(fixed: i128) -> f64 {
    let (mut whole, mut fraction) = (fixed >> FRACTION_BITS, fixed & (ONE - 1));
    if whole < 0 && fraction > 0 {
        whole += 1;
        fraction -= ONE;
    }
    match i64::try_from(whole) {
        Ok(whole) if fraction & ((1 << SHORT_BITS) - 1) == 0 => {
            let fraction = (fraction >> SHORT_BITS) as i64;
            whole as f64 + fraction as f64 / (1u64 << (FRACTION_BITS - SHORT_BITS)) as f64
        }
        _ => exact(fixed).value(),
    }
}

impl<'c> Fixed<'c> {
    /// Nothing if the column has other values, or may have greater ones.
    fn of(column: &'c Column) -> Option<Fixed<'c>> {
        let (numbers, divisor) = match &column.values {
            Values::Int(numbers) => (numbers, 1.0),
            Values::Decimal(numbers, scale) => (numbers, SCALES[usize::from(*scale)]),
            _ => return None,
        };
        let span = match numbers.packed().width() {
            width @ 0..=4 => (1u64 << (8 * width)) as f64,
            _ => return None,
        };
        let most = numbers.base().unsigned_abs() as f64 + span;
        (most / divisor < TERM_MAX).then_some(Fixed { numbers, divisor })
    }

    fn term(&self, row: usize) -> Term {
        Term::of(self.numbers.get(row), self.divisor)
    }

    /// The sums of the rows before each of some rows, and at last of all; of marked rows only, if
    /// marks are given.
    fn add_up(&self, rows: Range<usize>, marks: Option<&[u8]>, before: &mut Before) {
        let all = |n: usize| if marks.is_none() { vec![1; n] } else { Vec::new() };
        let ones = all(rows.len());
        let marks = marks.unwrap_or(&ones);
        let (base, divisor) = (self.numbers.base(), self.divisor);
        match self.numbers.packed() {
            Packed::Zero(_) => before.fill(&vec![0u8; rows.len()], base, divisor, marks),
            Packed::U8(all) => before.fill(&all[rows], base, divisor, marks),
            Packed::U16(all) => before.fill(&all[rows], base, divisor, marks),
            Packed::U32(all) => before.fill(&all[rows], base, divisor, marks),
            Packed::U64(_) => unreachable!("such numbers are not added as integers"),
        }
    }
}

impl Before {
    fn fill<T: Copy + Into<i64>>(
        &mut self,
        distances: &[T],
        base: i64,
        divisor: f64,
        marks: &[u8],
    ) {
        let Before { high, low } = self;
        for side in [&mut *high, &mut *low] {
            side.clear();
            side.resize(distances.len() + 1, 0);
        }
        // No row depends on another here, so that several are taken at a time.
        let rows = high[1..].iter_mut().zip(&mut low[1..]).zip(distances.iter().zip(marks));
        for ((high, low), (distance, mark)) in rows {
            let term = Term::of(base + (*distance).into(), divisor);
            let mask = -i64::from(*mark);
            (*high, *low) = (term.high & mask, term.low & mask);
        }
        for side in [high, low] {
            let mut sum = 0;
            for term in side {
                sum += *term;
                *term = sum;
            }
        }
    }

    /// The sum of some rows.
    #[inline]
    fn of(&self, rows: Range<usize>) -> Term {
        Term {
            high: self.high[rows.end] - self.high[rows.start],
            low: self.low[rows.end] - self.low[rows.start],
        }
    }
}

/// 1.5 × 2⁵²: what a number below 2⁵¹ becomes when this is added differs from it, bit for bit, by the
/// whole number that is nearest to it. Such a conversion is done for several numbers at a time.
const WHOLE: f64 = 6_755_399_441_055_744.0;

/// The float of an integer, below 2⁵¹.
#[inline]
fn float_of(number: i64) -> f64 {
    f64::from_bits(WHOLE.to_bits().wrapping_add(number as u64)) - WHOLE
}

/// The integer nearest to a float, below 2⁵¹.
#[inline]
fn nearest(float: f64) -> i64 {
    (float + WHOLE).to_bits().wrapping_sub(WHOLE.to_bits()) as i64
}

impl Term {
    /// A decimal: exact, as the smallest that is not 0 is 10⁻⁶, whose last bit is worth 2⁻⁷².
    #[inline]
    fn of(number: i64, divisor: f64) -> Term {
        let scaled = float_of(number) / divisor * (1u64 << HIGH_BITS) as f64;
        let high = nearest(scaled);
        let low = nearest((scaled - float_of(high)) * (1u64 << LOW_BITS) as f64);
        Term { high, low }
    }

    /// The sum times 2⁷².
    #[inline]
    fn whole(self) -> i128 {
        (i128::from(self.high) << LOW_BITS) + i128::from(self.low)
    }
}

#[cfg(test)]
mod tests;
