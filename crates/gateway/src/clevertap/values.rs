//! Values as CleverTap's clients write them: `$D_<epoch seconds>` is an instant, `$E_<value>` a value
//! of a fixed set, which is a text here.

use model::{Text, Timestamp, Value};

/// Turns marked texts into what they stand for, wherever they stand.
pub(super) fn unmark(found: &mut [(Text, Value)]) {
    for (_, value) in found {
        unmark_value(value);
    }
}

/// See [`unmark`].
pub(super) fn unmark_value(value: &mut Value) {
    match value {
        Value::Text(text) => {
            if let Some(plain) = unmarked(text) {
                *value = plain;
            }
        }
        Value::List(items) => items.iter_mut().for_each(unmark_value),
        _ => {}
    }
}

fn unmarked(text: &str) -> Option<Value> {
    if let Some(member) = text.strip_prefix("$E_") {
        return Some(Value::text(member));
    }
    // A number that is no instant stays the text that it is.
    let seconds: i64 = text.strip_prefix("$D_")?.parse().ok()?;
    let at = seconds.checked_mul(1_000).map(Timestamp)?;
    (Timestamp::MIN..=Timestamp::MAX).contains(&at).then_some(Value::Time(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marked_texts_are_what_they_stand_for() {
        let check = |written: &str, expected: Value| {
            let mut found = [(Text::new("x"), Value::text(written))];
            unmark(&mut found);
            assert_eq!(found[0].1, expected, "{written}");
        };
        check("$D_1700000000", Value::Time(Timestamp(1_700_000_000_000)));
        check("$D_-86400", Value::Time(Timestamp(-86_400_000)));
        check("$E_gold", Value::text("gold"));
        for plain in ["$D_", "$D_soon", "$D_1.5", "$D_9223372036854775807", "gold", "$X_1"] {
            check(plain, Value::text(plain));
        }
        let mut list = Value::List([Value::text("$D_1"), Value::Int(2)].into());
        unmark_value(&mut list);
        assert_eq!(list, Value::List([Value::Time(Timestamp(1_000)), Value::Int(2)].into()));
    }
}
