//! What every record must keep, whoever sends it and in whatever form.
//!
//! The limits are those of [`model::bounds`]. Each function answers with the thing as the model
//! holds it, or with a [`Problem`] that names the limit.

use model::bounds::{
    FUTURE_MAX, ID_BYTES_MAX, IDENTITIES_MAX, LIST_MAX, NAME_BYTES_MAX, NESTING_MAX,
    PROPERTIES_MAX, TEXT_BYTES_MAX, TIME_MIN,
};
use model::record::sort_properties;
use model::{About, Facts, Identity, Operation, Text, Timestamp, Value, Who, Zone};

use crate::body::clip;

/// Why one record is rejected. The codes are stable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}; {hint}")]
pub struct Problem {
    /// A stable code, as in `event.no_user`.
    pub code: &'static str,
    /// What is wrong, with the name of the thing and never its whole value.
    pub message: String,
    /// How to mend it.
    pub hint: &'static str,
}

impl Problem {
    /// A problem.
    pub fn new(code: &'static str, message: impl Into<String>, hint: &'static str) -> Problem {
        Problem { code, message: message.into(), hint }
    }
}

/// An id. Blank counts as absent.
pub fn id(field: &str, written: &str) -> Result<Option<Text>, Problem> {
    Ok(sound_id(field, written)?.then(|| Text::new(written)))
}

/// Whether an id is there, within its bounds.
pub(crate) fn sound_id(field: &str, written: &str) -> Result<bool, Problem> {
    if written.trim().is_empty() {
        return Ok(false);
    }
    if written.len() > ID_BYTES_MAX {
        return Err(Problem::new(
            "event.id_too_long",
            format!("{field} has {} bytes; the limit is {ID_BYTES_MAX}", written.len()),
            "send the id itself, not a token or a document",
        ));
    }
    Ok(true)
}

/// An id that must be there.
pub fn named(field: &str, written: &str) -> Result<Text, Problem> {
    id(field, written)?.ok_or_else(|| {
        let hint = "name an id that the person has or had";
        Problem::new("event.id_empty", format!("{field} is empty"), hint)
    })
}

/// Whom a record is about: at least one of the two ids.
pub fn who(user_id: Option<Text>, anonymous_id: Option<Text>) -> Result<Who, Problem> {
    somebody(Who::of(user_id, anonymous_id))
}

/// Whom a record is about: at least one id of any kind, each of them within its bounds.
pub fn somebody(who: Who) -> Result<Who, Problem> {
    let Who { user_id, anonymous_id, identities } = &who;
    if user_id.is_none() && anonymous_id.is_none() && identities.is_empty() {
        return Err(Problem::new(
            "event.no_user",
            "neither a user id nor an anonymous id is given",
            "set userId for a known person or anonymousId for a device",
        ));
    }
    if identities.len() > IDENTITIES_MAX {
        return Err(Problem::new(
            "event.too_many_identities",
            format!(
                "the record has {} identities; the limit is {IDENTITIES_MAX}",
                identities.len()
            ),
            "send the identities of one person only",
        ));
    }
    for Identity { label, value } in identities {
        if label.trim().is_empty() || id(label, value)?.is_none() {
            return Err(Problem::new(
                "event.identity_empty",
                "an identity has no label or no value",
                "leave out identities that are not known",
            ));
        }
        id("the label of an identity", label)?;
    }
    Ok(who)
}

/// An e-mail address as an identity: without blanks around it, in lower case, as mail systems treat
/// addresses alike that differ in case only. `None`: it is no address.
pub fn email(written: &str) -> Option<Identity> {
    let address = written.trim();
    let (name, host) = address.rsplit_once('@')?;
    let blank = |c: char| c.is_whitespace() || c.is_control();
    let whole = !name.is_empty() && host.contains('.') && !host.starts_with('.');
    (whole && address.len() <= ID_BYTES_MAX && !address.contains(blank))
        .then(|| Identity::new(Identity::EMAIL, address.to_lowercase()))
}

/// A telephone number as an identity: `+` and 7 to 15 digits, which are its country and number
/// (E.164). Blanks, points, dashes and brackets between them do not count. `None`: it is no number.
pub fn phone(written: &str) -> Option<Identity> {
    let dressed = |c: &char| !matches!(c, ' ' | '.' | '-' | '(' | ')' | '/');
    let number: String = written.trim().chars().take(40).filter(dressed).collect();
    let digits = number.strip_prefix('+').unwrap_or(&number);
    let whole = digits.bytes().all(|b| b.is_ascii_digit()) && (7..=15).contains(&digits.len());
    whole.then(|| Identity::new(Identity::PHONE, format!("+{digits}")))
}

/// The name of an event. Blanks around it are cut.
pub fn event_name(written: &str) -> Result<Text, Problem> {
    let name = written.trim();
    if name.is_empty() {
        return Err(Problem::new(
            "event.no_name",
            "the event has no name",
            "set its name in \"event\"",
        ));
    }
    if name.len() > NAME_BYTES_MAX {
        return Err(Problem::new(
            "event.name_too_long",
            format!("the event name has {} bytes; the limit is {NAME_BYTES_MAX}", name.len()),
            "use a short fixed name and put what varies into properties",
        ));
    }
    Ok(Text::new(name))
}

/// The time of an event that arrived at `received_at`.
pub fn time(at: Timestamp, received_at: Timestamp) -> Result<Timestamp, Problem> {
    if at > received_at + FUTURE_MAX {
        return Err(Problem::new(
            "event.time_in_future",
            format!(
                "the event time {at} is more than {FUTURE_MAX} after its arrival at {received_at}"
            ),
            "check the clock of the sender, and whether the time is in seconds or milliseconds",
        ));
    }
    if at < TIME_MIN {
        return Err(Problem::new(
            "event.time_too_old",
            format!("the event time {at} is before {TIME_MIN}"),
            "check whether the time is in seconds or milliseconds",
        ));
    }
    Ok(at)
}

/// Reads a time as people and programs write it: RFC 3339, `2026-03-01 09:00[:00[.000]]`, a date,
/// `20260301` (as seconds it would lie in 1970, which is too old anyway), or seconds or milliseconds since 1970 (above 10¹¹ they are milliseconds). A time without an offset
/// is local time in `zone`.
pub fn parse_time(written: &str, zone: &Zone) -> Result<Timestamp, Problem> {
    let text = written.trim();
    if let Some(at) = compact_date(text) {
        return Ok(local_time(at, zone));
    }
    let number = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'.' | b'-'));
    let epoch = if number { text.parse().ok().and_then(epoch_time) } else { None };
    if let Some(at) = epoch {
        return Ok(at);
    }
    let Ok(at) = Timestamp::parse(text) else {
        return Err(invalid_time(text));
    };
    Ok(if has_offset(text) { at } else { local_time(at, zone) })
}

/// Midnight of a date in eight digits, from 1980 on.
fn compact_date(text: &str) -> Option<Timestamp> {
    let digits = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) && text >= "1980";
    let dashed = digits.then(|| format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]))?;
    Timestamp::parse(&dashed).ok()
}

/// A time in seconds or milliseconds since 1970: above 10¹¹ they are milliseconds.
pub fn epoch_time(number: f64) -> Option<Timestamp> {
    let ms = if number.abs() > 1e11 { number } else { number * 1_000.0 };
    let inside = (Timestamp::MIN.0 as f64..=Timestamp::MAX.0 as f64).contains(&ms);
    inside.then_some(Timestamp(ms.round() as i64))
}

pub(crate) fn invalid_time(written: &str) -> Problem {
    Problem::new(
        "event.time_invalid",
        format!("\"{}\" is not a time", clip(written)),
        "write it like 2026-03-01T09:00:00Z or as seconds or milliseconds since 1970",
    )
}

/// Whether what follows the date ends with `Z` or an offset.
fn has_offset(text: &str) -> bool {
    text.bytes().skip(10).any(|b| matches!(b, b'Z' | b'z' | b'+' | b'-'))
}

/// The instant at which a clock in `zone` shows what a clock in UTC shows at `wall`. A time that a
/// clock change skips moves forward; one that happens twice means the first.
pub fn local_time(wall: Timestamp, zone: &Zone) -> Timestamp {
    let offset = |at: Timestamp| {
        let (day, ms) = zone.local(at);
        day.0 * 86_400_000 + ms - at.0
    };
    let day = 86_400_000;
    let before = offset(Timestamp(wall.0 - day));
    let after = offset(Timestamp(wall.0 + day));
    let early = Timestamp(wall.0 - before);
    let late = Timestamp(wall.0 - after);
    if offset(early) == before {
        return early;
    }
    if offset(late) == after { late } else { early }
}

/// Checks a name of a property or an attribute.
#[inline]
pub fn property_name(name: &str) -> Result<(), Problem> {
    match name.as_bytes() {
        [.., last] if name.len() <= NAME_BYTES_MAX && *last != b'.' => Ok(()),
        _ => Err(wrong_name(name)),
    }
}

#[cold]
fn wrong_name(name: &str) -> Problem {
    if name.is_empty() || name.ends_with('.') {
        return Problem::new(
            "event.property_name_empty",
            match name {
                "" => "a property has an empty name".to_owned(),
                name => format!("a property in \"{}\" has an empty name", clip(name)),
            },
            "give every property a name",
        );
    }
    Problem::new(
        "event.property_name_too_long",
        format!(
            "the property name \"{}…\" has {} bytes; the limit is {NAME_BYTES_MAX}",
            clip(name),
            name.len()
        ),
        "use fixed property names and put what varies into values",
    )
}

/// Checks a text value.
#[inline]
pub fn text_value(name: &str, text: &str) -> Result<(), Problem> {
    match text.len() > TEXT_BYTES_MAX {
        true => Err(too_long_text(name, text)),
        false => Ok(()),
    }
}

#[cold]
fn too_long_text(name: &str, text: &str) -> Problem {
    Problem::new(
        "event.text_too_long",
        format!(
            "the property \"{}\" has {} bytes of text; the limit is {TEXT_BYTES_MAX}",
            clip(name),
            text.len()
        ),
        "send a shorter text or a link to the document",
    )
}

/// Checks the number of elements of a list.
#[inline]
pub fn list_length(name: &str, n: usize) -> Result<(), Problem> {
    match n > LIST_MAX {
        true => Err(too_long_list(name)),
        false => Ok(()),
    }
}

#[cold]
fn too_long_list(name: &str) -> Problem {
    Problem::new(
        "event.list_too_long",
        format!("the property \"{}\" has more than {LIST_MAX} elements", clip(name)),
        "send a shorter list, or one event for each element",
    )
}

/// Checks how deep objects are nested.
#[inline]
pub fn nesting(name: &str, depth: usize) -> Result<(), Problem> {
    match depth > NESTING_MAX {
        true => Err(nested_too_deeply(name)),
        false => Ok(()),
    }
}

#[cold]
fn nested_too_deeply(name: &str) -> Problem {
    Problem::new(
        "event.nested_too_deeply",
        format!("the property \"{}\" is nested more than {NESTING_MAX} deep", clip(name)),
        "send flat properties",
    )
}

/// Checks operations on attributes: their number, names, and the values in them, which are plain or,
/// where a value is set, a list.
pub fn operations(operations: Vec<(Text, Operation)>) -> Result<Vec<(Text, Operation)>, Problem> {
    property_count(operations.len())?;
    for (name, operation) in &operations {
        property_name(name)?;
        let values: &[Value] = match operation {
            Operation::SetOnce(Value::List(values)) => values,
            Operation::SetOnce(value) | Operation::Add(value) => std::slice::from_ref(value),
            Operation::Append(values)
            | Operation::Prepend(values)
            | Operation::Union(values)
            | Operation::Remove(values) => values,
        };
        if let Operation::Add(value) = operation
            && value.number().is_none()
        {
            return Err(Problem::new(
                "profile.not_a_number",
                format!("what is added to \"{}\" is no number", clip(name)),
                "add a number, or append to a list",
            ));
        }
        list_length(name, values.len())?;
        for value in values {
            match value {
                Value::Text(text) => text_value(name, text)?,
                Value::List(_) => return Err(list_in_list(name)),
                _ => {}
            }
        }
    }
    Ok(operations)
}

/// Checks what is told of a device or an address.
pub fn facts(told: Facts) -> Result<Facts, Problem> {
    for (name, value) in told.attributes.iter().chain(&told.facts) {
        if model::facts::number(name).is_none() {
            return Err(Problem::new(
                "facts.unknown_name",
                format!("no device and no address has the fact \"{}\"", clip(name)),
                "use one of those in the page about devices, as in device.model",
            ));
        }
        match value {
            Value::Text(text) => text_value(name, text)?,
            Value::List(items) => {
                list_length(name, items.len())?;
                for item in items {
                    match item {
                        Value::Text(text) => text_value(name, text)?,
                        Value::List(_) => return Err(list_in_list(name)),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    if let About::Address { channel, address } = &told.about {
        property_name(channel)?;
        id("address", address)?.ok_or_else(|| {
            Problem::new("facts.no_address", "the address is empty", "name the address")
        })?;
    }
    Ok(told)
}

fn list_in_list(name: &str) -> Problem {
    Problem::new(
        "event.list_in_list",
        format!("the operation on \"{}\" has a list inside of a list", clip(name)),
        "send plain values",
    )
}

/// Puts properties in order (of equal names the last wins) and checks their number.
pub fn properties(mut properties: Vec<(Text, Value)>) -> Result<Vec<(Text, Value)>, Problem> {
    sort_properties(&mut properties);
    property_count(properties.len())?;
    Ok(properties)
}

/// Checks the number of properties.
#[inline]
pub(crate) fn property_count(n: usize) -> Result<(), Problem> {
    match n > PROPERTIES_MAX {
        true => Err(too_many_properties()),
        false => Ok(()),
    }
}

#[cold]
fn too_many_properties() -> Problem {
    Problem::new(
        "event.too_many_properties",
        format!("the event has more than {PROPERTIES_MAX} properties, nested ones included"),
        "send what segments and messages use, and put lists of things into lists",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_keep_the_bounds_of_values() {
        let checked = |operation: Operation| {
            operations(vec![("tags".into(), operation)]).map(|_| ()).map_err(|problem| problem.code)
        };
        let list = |n: usize| vec![Value::Int(1); n];
        assert_eq!(checked(Operation::Append(list(LIST_MAX))), Ok(()));
        assert_eq!(checked(Operation::SetOnce(Value::List(list(3).into()))), Ok(()));
        assert_eq!(checked(Operation::Add(Value::Float(-0.5))), Ok(()));
        let refused = [
            (Operation::Append(list(LIST_MAX + 1)), "event.list_too_long"),
            (Operation::Union(vec![Value::List(list(1).into())]), "event.list_in_list"),
            (Operation::Add(Value::text("5")), "profile.not_a_number"),
            (
                Operation::SetOnce(Value::text(&"x".repeat(TEXT_BYTES_MAX + 1))),
                "event.text_too_long",
            ),
        ];
        for (operation, code) in refused {
            assert_eq!(checked(operation), Err(code));
        }
        let nameless = operations(vec![(Text::default(), Operation::Add(Value::Int(1)))]);
        assert_eq!(nameless.unwrap_err().code, "event.property_name_empty");
        assert_eq!(named("previous", " ").unwrap_err().code, "event.id_empty");
    }
}
