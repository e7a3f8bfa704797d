use proptest::prelude::*;

use super::builder::Stretch;
use super::*;

fn column(values: &[Value]) -> Option<Column> {
    let mut builder = ColumnBuilder::default();
    values.iter().for_each(|value| builder.push(Some(value)));
    builder.finish()
}

fn check(values: &[Value]) -> Column {
    let column = column(values).unwrap();
    assert_eq!(column.len(), values.len());
    for (row, value) in values.iter().enumerate() {
        assert_eq!(column.get(row).unwrap_or(Value::Null), *value);
        assert_eq!(column.number(row), value.number());
    }
    column
}

#[test]
fn values_come_back_whatever_their_kinds() {
    assert_eq!(check(&[Value::Null, 1.into(), Value::Null, 2.into()]).kinds(), ["int"]);
    assert_eq!(check(&["a".into(), Value::Null, "b".into(), "a".into()]).kinds(), ["text"]);
    assert_eq!(
        check(&[1.into(), "a".into(), 2.5.into(), true.into()]).kinds(),
        ["bool", "float", "int", "text"]
    );
    assert_eq!(check(&[2.5.into(), Value::Null]).kinds(), ["float"]);
    let list = check(&["a".into(), Value::List(Box::new([1.into()]))]);
    assert!(matches!(list.values, Values::Mixed(_)));
}

#[test]
fn prices_are_decimals_and_other_floats_are_not() {
    let prices = check(&[19.99.into(), Value::Null, 0.07.into(), 1e6.into(), (-3.5).into()]);
    assert!(matches!(prices.values, Values::Decimal(_, 2)));
    for other in [0.1 + 0.2, -0.0, 1e300, f64::INFINITY, 1e-9] {
        let floats = check(&[19.99.into(), other.into()]);
        assert!(matches!(floats.values, Values::Float(_)), "{other}");
        let Some(Value::Float(back)) = floats.get(1) else { panic!("{other}") };
        assert_eq!(back.to_bits(), other.to_bits());
    }
}

#[test]
fn filled_bits_have_no_bits_beyond_their_length() {
    assert_eq!(Bits::filled(70, true).words(), [u64::MAX, 63]);
    assert_eq!(Bits::filled(64, true).words(), [u64::MAX]);
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        (0..4i64).prop_map(Value::Int),
        (0..4i64).prop_map(|n| Value::Float(n as f64 / 4.0)),
        (0..4i64).prop_map(|n| Value::text(&n.to_string())),
        any::<bool>().prop_map(Value::Bool),
        (0..4i64).prop_map(|n| Value::Time(Timestamp(n))),
        Just(Value::List(Box::new([Value::Int(1)]))),
    ]
}

proptest! {
    #[test]
    fn gathering_is_picking_row_by_row(
        kinds in prop::collection::vec(prop::collection::vec(value(), 6), 3),
        alike in any::<bool>(),
        picks in prop::collection::vec((0u32..3, 0u32..5, 1u32..2), 1..9),
    ) {
        let values: Vec<Vec<Value>> = kinds.into_iter().map(|values| match alike {
            true => values.into_iter().map(|value| match value {
                Value::Text(_) | Value::Null => value,
                _ => Value::text("other"),
            }).collect(),
            false => values,
        }).collect();
        let columns: Vec<Option<Column>> = values.iter().map(|values| column(values)).collect();
        let columns: Vec<Option<&Column>> = columns.iter().map(Option::as_ref).collect();
        let stretches: Vec<Stretch> =
            picks.into_iter().map(|(which, from, len)| Stretch { which, from, len }).collect();
        let picked: Vec<Value> = stretches
            .iter()
            .flat_map(|s| s.rows().map(|row| values[s.which as usize][row].clone()))
            .collect();
        let found = gathered(&columns, &stretches);
        prop_assert_eq!(found.is_some(), picked.iter().any(|value| !value.missing()));
        if let Some(found) = found {
            let back: Vec<Value> =
                (0..picked.len()).map(|row| found.get(row).unwrap_or(Value::Null)).collect();
            prop_assert_eq!(back, picked);
        }
    }
}
