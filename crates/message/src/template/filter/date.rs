//! `date`: instants out of what people and systems write, and out again by a pattern.

mod read;
mod strftime;

use model::{Timestamp, Zone};

use super::{Arguments, Filter, Work, filter};
use crate::Value;
use crate::template::context::Context;
use crate::template::stop::Stop;

pub(super) const FILTERS: &[Filter] = &[
    filter("date", (0, 2), date),
    filter("time_zone", (1, 1), time_zone),
    filter("date_to_xmlschema", (0, 0), |w, v, _| {
        Ok(in_pattern(w, &v, "%Y-%m-%dT%H:%M:%S%:z", None).unwrap_or(v))
    }),
];

/// How an instant is written if nobody says: as Ruby does, which the field is used to.
const PATTERN: &str = "%Y-%m-%d %H:%M:%S %z";
/// Bytes of a pattern; longer ones are not patterns.
const PATTERN_BYTES_MAX: usize = 1_024;

/// An instant and where it is written.
struct Moment {
    at: Timestamp,
    /// East of UTC, in seconds.
    offset_s: i64,
    /// The name of the zone, if it is one.
    zone: Option<Zone>,
}

impl Moment {
    fn in_zone(at: Timestamp, zone: &Zone) -> Moment {
        let (day, ms) = zone.local(at);
        let offset_s = (day.0 * 86_400_000 + ms - at.0).div_euclid(1_000);
        Moment { at, offset_s, zone: Some(zone.clone()) }
    }

    fn of(value: &Value, context: &Context<'_>, zone: &Zone) -> Option<Moment> {
        match value {
            Value::Zoned(_, offset_s) => {
                let at = read::instant(value, context.now, zone)?;
                Some(Moment { at, offset_s: i64::from(*offset_s), zone: None })
            }
            value => read::instant(value, context.now, zone).map(|at| Moment::in_zone(at, zone)),
        }
    }
}

/// Appends an instant as it is written if nobody says how.
pub(super) fn write_default(context: &Context<'_>, value: &Value, out: &mut String) {
    if let Some(moment) = Moment::of(value, context, &context.zone) {
        strftime::write(&moment, PATTERN, &context.locale, out);
    }
}

fn in_pattern(work: &Work<'_>, value: &Value, pattern: &str, zone: Option<&Zone>) -> Option<Value> {
    let moment = match (value, zone) {
        (Value::Zoned(at, _), Some(zone)) => Moment::of(&Value::Time(*at), work.context, zone)?,
        (value, zone) => Moment::of(value, work.context, zone.unwrap_or(&work.context.zone))?,
    };
    let mut out = String::new();
    strftime::write(&moment, pattern, &work.context.locale, &mut out);
    Some(Value::Text(out.into()))
}

/// By a pattern, in the time zone of the context or of the second argument. What is no instant
/// stays as it is.
fn date(work: &mut Work<'_>, input: Value, arguments: &Arguments<'_>) -> Result<Value, Stop> {
    let pattern = work.text(arguments.at(0))?;
    if pattern.len() > PATTERN_BYTES_MAX {
        return Ok(input);
    }
    let pattern = if pattern.is_empty() { PATTERN } else { &*pattern };
    let zone = arguments.at(1).as_text().and_then(Zone::named);
    Ok(in_pattern(work, &input, pattern, zone.as_ref()).unwrap_or(input))
}

/// The same instant, written in another time zone.
fn time_zone(work: &mut Work<'_>, input: Value, arguments: &Arguments<'_>) -> Result<Value, Stop> {
    let name = work.text(arguments.at(0))?;
    let Some(zone) = Zone::named(&name) else { return Ok(input) };
    let Some(moment) = Moment::of(&input, work.context, &work.context.zone) else {
        return Ok(input);
    };
    let moved = Moment::in_zone(moment.at, &zone);
    Ok(Value::Zoned(moved.at, i32::try_from(moved.offset_s).unwrap_or(0)))
}
