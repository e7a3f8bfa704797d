//! Analyses: retention, growth, funnels, flows, trends, activity, revenue, sessions. Here is what they share:
//! events as they are written, whom a question is about, how it is broken down, how many periods.

mod activity;
mod flows;
mod funnels;
mod retention;
mod sessions;
mod trends;

use history::calendar::PeriodUnit;
use history::groups::{By, GroupName, UserGroups};
use history::{Evaluator, UserSet};
use model::value::ValueKey;
use model::{Span, Timestamp};
use segment::catalogue::Catalogue;
use segment::problem::nearest;
use segment::tree::{EventMatch, EventNames};
use serde_json::Value;
use wire::api::{Breakdown, CalendarUnit, Group, GroupKind};

use super::{Service, View, definitions, instant, limit, rules, segments, values};
use crate::failure::Failure;

/// Periods of an answer at most: more than ten years of days. An instant far in the future has
/// millions, all of them empty.
const PERIODS_MAX: i64 = 4_000;

/// Groups of an answer without a wish, and at most.
const TOP: (u64, u64) = (10, 100);

/// Days of a series without a wish, and at most.
const DAYS: (u64, u64) = (30, 3_660);

impl Service {
    /// The users that a question is about; nothing: everybody.
    fn within(
        &self,
        view: &View,
        evaluator: &Evaluator,
        segment: Option<&str>,
    ) -> Result<Option<UserSet>, Failure> {
        let Some(text) = segment.filter(|text| !text.is_empty()) else { return Ok(None) };
        let predicate = match view.rules.segments.get(text) {
            Some(saved) => saved.clone(),
            None if rules::check_key("segment.id", text).is_ok() => {
                return Err(segments::no_segment(text));
            }
            None => self.definition(&Value::from(text))?,
        };
        Ok(Some(evaluator.members(&predicate)?))
    }

    /// Groups of users, by an attribute or by a property of the first of some events.
    fn groups(
        &self,
        evaluator: &Evaluator,
        within: Option<&UserSet>,
        breakdown: (Option<&Breakdown>, Option<u64>),
        first: Option<&EventMatch>,
    ) -> Result<UserGroups, Failure> {
        let top = limit("top", breakdown.1, TOP.0, TOP.1)?;
        Ok(match self.by(breakdown.0)? {
            None => UserGroups::one(within),
            Some(By::Attribute(name)) => UserGroups::by_attribute(evaluator, within, &name, top)?,
            Some(By::Property(name)) => match first {
                Some(of) => UserGroups::by_first_event(evaluator, within, of, &name, top)?,
                None => {
                    let message = "this answer can be broken down by an attribute only";
                    return Err(Failure::unprocessable("analytics.by", message)
                        .hint("write `by` like {\"attribute\": \"plan\"}"));
                }
            },
        })
    }

    /// A breakdown by a name that is known.
    fn by(&self, by: Option<&Breakdown>) -> Result<Option<By>, Failure> {
        Ok(match by {
            None => None,
            Some(Breakdown::Property(name)) => {
                self.known_property("by", name)?;
                Some(By::Property(name.as_str().into()))
            }
            Some(Breakdown::Attribute(name)) => {
                let names = self.names()?;
                if names.attribute_kinds(name).is_none() {
                    let near = nearest(name, names.attributes());
                    return Err(unknown("attribute", "by", name, near));
                }
                Some(By::Attribute(name.as_str().into()))
            }
        })
    }

    /// Refuses a property that no event ever had, if there are events.
    fn known_property(&self, field: &str, name: &str) -> Result<(), Failure> {
        let names = self.names()?;
        let known = properties(&names);
        if known.is_empty() || known.contains(&name) {
            return Ok(());
        }
        Err(unknown("property", field, name, nearest(name, known.iter().copied())))
    }
}

/// Properties of all events.
fn properties(names: &Catalogue) -> Vec<&str> {
    names.events().flat_map(|event| names.properties(event)).collect()
}

fn unknown(what: &str, field: &str, name: &str, near: Option<&str>) -> Failure {
    let message = format!("`{field}`: there is no {what} \"{name}\"");
    let failure = Failure::unprocessable("analytics.unknown_name", message);
    match near {
        Some(near) => failure.hint(format!("did you mean \"{near}\"?")),
        None => failure.hint("GET /api/catalogue lists what there is"),
    }
}

/// Events as a body names them: a name, `*`, or an object with conditions.
fn event(written: &Value) -> Result<EventMatch, Failure> {
    match written {
        Value::String(name) => Ok(rules::event(name)),
        Value::Null => Err(Failure::unprocessable("analytics.event", "`event` is missing").hint(
            "write the name of an event, `*` for any, or an object with `event` and `where`",
        )),
        other => definitions::event_match(other),
    }
}

/// The same where none means any.
fn event_or_any(written: Option<&Value>) -> Result<EventMatch, Failure> {
    written.map_or_else(|| Ok(rules::event("*")), event)
}

fn name(of: &EventMatch) -> String {
    match &of.names {
        EventNames::Any => "*".into(),
        EventNames::Of(names) => {
            names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ")
        }
    }
}

/// A group in the form of the API.
fn group(name: &GroupName) -> Group {
    match name {
        GroupName::All => Group { kind: GroupKind::All, value: None },
        GroupName::Is(key) => Group { kind: GroupKind::Value, value: key.as_ref().map(value) },
        GroupName::Other => Group { kind: GroupKind::Other, value: None },
    }
}

fn value(key: &ValueKey) -> Value {
    values::json(&key.value())
}

/// Refuses questions about more periods than anybody reads; how many there are otherwise.
fn periods(view: &View, unit: PeriodUnit, since: Option<Timestamp>) -> Result<i64, Failure> {
    let span = match unit {
        PeriodUnit::Hour => Span::HOUR,
        PeriodUnit::Day => Span::DAY,
        PeriodUnit::Week => Span::days(7),
        PeriodUnit::Month => Span::days(28),
        PeriodUnit::Whole => return Ok(1),
    };
    let first = view.snapshot.span().map_or(view.at, |(first, _)| first);
    let first = since.map_or(first, |since| since.max(first));
    let n = (view.at - first).0 / span.0;
    if n <= PERIODS_MAX {
        return Ok(n.max(0) + 2);
    }
    let message = format!("from {first} to {} there are more than {PERIODS_MAX} periods", view.at);
    Err(Failure::unprocessable("analytics.too_many_periods", message)
        .hint("ask by week or month, from a later or as of an earlier instant"))
}

fn optional_instant(name: &str, text: Option<&str>) -> Result<Option<Timestamp>, Failure> {
    text.map(|text| instant(name, text)).transpose()
}

fn calendar_unit(unit: CalendarUnit) -> PeriodUnit {
    match unit {
        CalendarUnit::Day => PeriodUnit::Day,
        CalendarUnit::Week => PeriodUnit::Week,
        CalendarUnit::Month => PeriodUnit::Month,
    }
}

fn period_unit(unit: wire::api::PeriodUnit) -> PeriodUnit {
    match unit {
        wire::api::PeriodUnit::Hour => PeriodUnit::Hour,
        wire::api::PeriodUnit::Day => PeriodUnit::Day,
        wire::api::PeriodUnit::Week => PeriodUnit::Week,
        wire::api::PeriodUnit::Month => PeriodUnit::Month,
    }
}

/// How a period is named by its start: its first local day, an hour by its first instant.
fn period_name(view: &View, unit: PeriodUnit, start: Timestamp) -> String {
    match unit {
        PeriodUnit::Hour => start.to_string(),
        _ => view.rules.zone.day(start).to_string(),
    }
}

/// A quotient; 0 of nothing.
fn quotient(sum: f64, n: u64) -> f64 {
    if n == 0 { 0.0 } else { sum / n as f64 }
}
