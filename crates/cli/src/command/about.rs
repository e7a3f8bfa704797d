//! What the commands of analyses share: events, groups, periods.

use anyhow::Context;
use serde_json::Value;
use wire::api::{Breakdown, Group, GroupKind, PeriodUnit};

use crate::arguments::{AboutArguments, Unit};

/// An event as the API takes it: a name, or JSON where it begins with {.
pub fn event(text: &str) -> anyhow::Result<Value> {
    match text.trim_start().starts_with('{') {
        true => serde_json::from_str(text).with_context(|| format!("\"{text}\" is no JSON")),
        false => Ok(Value::from(text)),
    }
}

/// By what the answer is broken down.
pub fn breakdown(about: &AboutArguments) -> Option<Breakdown> {
    let attribute = about.by_attribute.clone().map(Breakdown::Attribute);
    attribute.or_else(|| about.by_property.clone().map(Breakdown::Property))
}

/// A group in a table.
pub fn group_name(group: &Group) -> String {
    match (group.kind, &group.value) {
        (GroupKind::All, _) => "all".into(),
        (GroupKind::Other, _) => "(other)".into(),
        (GroupKind::Value, Some(Value::String(text))) => text.clone(),
        (GroupKind::Value, Some(value)) => value.to_string(),
        (GroupKind::Value, None) => "(none)".into(),
    }
}

/// How long periods are.
pub fn unit(unit: Unit) -> PeriodUnit {
    match unit {
        Unit::Hour => PeriodUnit::Hour,
        Unit::Day => PeriodUnit::Day,
        Unit::Week => PeriodUnit::Week,
        Unit::Month => PeriodUnit::Month,
    }
}

/// A number that may be missing, with two decimals.
pub fn decimal(number: Option<f64>) -> String {
    number.map_or_else(String::new, |number| format!("{number:.2}"))
}
