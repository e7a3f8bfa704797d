use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn integers_add_up_to_the_exact_sum(
        numbers in prop::collection::vec((any::<i32>(), any::<bool>()), 1..200),
        (shift, scale, base) in (0u32..32, 0u8..7, -40_000_000i64..40_000_000),
        (from, to) in (0usize..200, 0usize..200),
    ) {
        let numbers: Vec<(i64, bool)> =
            numbers.into_iter().map(|(n, marked)| (base + i64::from(n >> shift), marked)).collect();
        let values: Vec<i64> = numbers.iter().map(|(n, _)| *n).collect();
        let values = Values::Decimal(Numbers::of(&values), scale);
        let column = Column { present: None, values };
        let Some(fixed) = Fixed::of(&column) else { return Ok(()) };
        let marks: Vec<u8> = numbers.iter().map(|(_, marked)| u8::from(*marked)).collect();
        let to = to.min(numbers.len());
        let rows = from.min(to)..to;
        for marks in [None, Some(&marks[..])] {
            let mut before = Before::default();
            fixed.add_up(0..numbers.len(), marks, &mut before);
            let (mut expected, mut one_by_one) = (ExactSum::default(), 0);
            for row in rows.clone() {
                if marks.is_none_or(|marks| marks[row] == 1) {
                    expected.add(column.number(row).unwrap());
                    one_by_one += fixed.term(row).whole();
                }
            }
            let sum = before.of(rows.clone()).whole();
            prop_assert_eq!(sum, one_by_one);
            prop_assert_eq!(value(sum).to_bits(), expected.value().to_bits());
            prop_assert_eq!(exact(sum).value().to_bits(), expected.value().to_bits());
        }
    }
}

#[test]
fn the_smallest_decimals_of_every_scale_keep_all_their_bits() {
    for (scale, divisor) in SCALES.iter().enumerate() {
        for number in (-70..70).chain([TERM_MAX as i64 - 2, 2 - TERM_MAX as i64]) {
            let column = Column {
                present: None,
                values: Values::Decimal(Numbers::of(&[number]), scale as u8),
            };
            assert!(Fixed::of(&column).is_some());
            let term = Term::of(number, *divisor);
            let mut expected = ExactSum::default();
            expected.add(number as f64 / divisor);
            assert_eq!(
                value(term.whole()).to_bits(),
                expected.value().to_bits(),
                "{number} {scale}"
            );
        }
    }
}

#[test]
fn great_numbers_are_not_added_as_integers() {
    let column =
        |values: &[i64]| Column { present: None, values: Values::Int(Numbers::of(values)) };
    assert!(Fixed::of(&column(&[1, 1 << 26])).is_none(), "four bytes may hold more");
    assert!(Fixed::of(&column(&[1 << 27, (1 << 27) + 3])).is_none());
    assert!(Fixed::of(&column(&[0, i64::MAX])).is_none());
    assert!(Fixed::of(&column(&[i64::MIN, i64::MAX])).is_none());
    assert!(Fixed::of(&column(&[-5, 60_000])).is_some());
}
