//! Values of one property as small numbers, so that counting them per user is sorting of integers.

use std::ops::Range;

use hashbrown::HashMap;
use model::Value;
use model::value::ValueKey;

use super::measure::Scan;
use crate::column::{Column, Values};

/// Which user had which value, once per selected row that has the property.
pub(super) struct UserValues {
    /// (user, number of the value), in no order.
    pub(super) pairs: Vec<(u32, u32)>,
    /// A value of each number; values with equal keys have one number.
    pub(super) values: Vec<Value>,
}

impl UserValues {
    pub(super) fn of(scan: &Scan, users: &Range<u32>) -> UserValues {
        let mut numbers = Numbers::default();
        let mut pairs = Vec::new();
        scan.values(users, |_, user, row, column| {
            if let Some(number) = numbers.number(column, row) {
                pairs.push((user, number));
            }
        });
        UserValues { pairs, values: numbers.values }
    }
}

/// How many distinct values each of the users has. As long as there are at most 64 values, a bit for
/// each user and value is enough.
pub(super) fn distinct(scan: &Scan, users: &Range<u32>) -> Vec<u32> {
    let mut numbers = Numbers::default();
    let mut masks = vec![0u64; users.len()];
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    scan.values(users, |_, user, row, column| match numbers.number(column, row) {
        Some(number @ 0..64) => masks[(user - users.start) as usize] |= 1 << number,
        Some(number) => pairs.push((user - users.start, number)),
        None => {}
    });
    let mut counts: Vec<u32> = masks.into_iter().map(u64::count_ones).collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs.iter().for_each(|(user, _)| counts[*user as usize] += 1);
    counts
}

#[derive(Default)]
struct Numbers {
    by_key: HashMap<ValueKey, u32>,
    values: Vec<Value>,
    /// The dictionary column last seen, and the number of each of its entries.
    column: usize,
    entries: Vec<u32>,
}

impl Numbers {
    fn number(&mut self, column: &Column, row: usize) -> Option<u32> {
        match &column.values {
            Values::Text(codes, dictionary) => {
                let place = std::ptr::from_ref(column).addr();
                if self.column != place {
                    self.entries.clear();
                    for text in dictionary {
                        let number = self.intern(Value::Text(text.clone()));
                        self.entries.extend(number);
                    }
                    self.column = place;
                }
                column.has(row).then(|| self.entries[codes.get(row) as usize])
            }
            _ => column.get(row).and_then(|value| self.intern(value)),
        }
    }

    fn intern(&mut self, value: Value) -> Option<u32> {
        let next = self.values.len() as u32;
        let number = *self.by_key.entry(value.key()?).or_insert(next);
        if number == next {
            self.values.push(value);
        }
        Some(number)
    }
}
