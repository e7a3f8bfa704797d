//! Printing of what is about events.

use segment::tree::*;
use serde_json::{Map, Value as Json, json};

use super::write::{put, put_span, texts, typed};
use super::write_value::{test, value};

pub(super) fn names(names: &EventNames) -> Json {
    match names {
        EventNames::Any => Json::from("*"),
        // An event that is called "*" stands in a list, because alone it means every event.
        EventNames::Of(names) => match names.as_slice() {
            [name] if name == "*" => json!(["*"]),
            names => texts(names),
        },
    }
}

pub(super) fn pick(pick: Pick) -> &'static str {
    match pick {
        Pick::First => "first",
        Pick::Last => "last",
    }
}

/// The field `where`, unless there is no condition.
pub(super) fn filter(map: &mut Map<String, Json>, filter: &Where) {
    let list = match filter {
        Where::All(of) if of.is_empty() => return,
        Where::All(of) if of.len() > 1 => of.iter().map(condition).collect(),
        one => vec![condition(one)],
    };
    put(map, "where", Json::Array(list));
}

fn condition(of: &Where) -> Json {
    let list = |of: &[Where]| Json::Array(of.iter().map(condition).collect());
    match of {
        Where::All(of) => json!({"all": list(of)}),
        Where::Any(of) => json!({"any": list(of)}),
        Where::Not(of) => json!({"not": condition(of)}),
        Where::Property { property, test: comparison } => {
            let mut map = Map::new();
            put(&mut map, "property", property.as_str());
            test(&mut map, comparison);
            Json::Object(map)
        }
        Where::FirstTime => json!({"first_time": true}),
        Where::Same(properties) => {
            json!({"same": properties.iter().map(|p| p.as_str()).collect::<Vec<_>>()})
        }
    }
}

fn events(of: &EventMatch) -> Map<String, Json> {
    let mut map = Map::new();
    put_events(&mut map, of);
    map
}

fn put_events(map: &mut Map<String, Json>, of: &EventMatch) {
    put(map, "event", names(&of.names));
    filter(map, &of.filter);
}

pub(super) fn event(event: &EventPredicate) -> Map<String, Json> {
    let mut map = typed("event");
    put_events(&mut map, &event.of);
    put_window(&mut map, &event.within);
    if let Some(measure) = measure(&event.measure) {
        put(&mut map, "measure", measure);
    }
    test(&mut map, &event.test);
    map
}

/// The measure, unless it is the count.
fn measure(measure: &Measure) -> Option<Json> {
    Some(match measure {
        Measure::Count => return None,
        Measure::Days => json!({"days": {}}),
        Measure::Sum(property) => json!({"sum": property.as_str()}),
        Measure::Avg(property) => json!({"avg": property.as_str()}),
        Measure::Min(property) => json!({"min": property.as_str()}),
        Measure::Max(property) => json!({"max": property.as_str()}),
        Measure::Distinct(property) => json!({"distinct": property.as_str()}),
        Measure::First(property) => json!({"first": property.as_str()}),
        Measure::Last(property) => json!({"last": property.as_str()}),
    })
}

/// The field `within`, unless it is all time.
fn put_window(map: &mut Map<String, Json>, window: &Window) {
    let mut within = range(&window.range);
    if let Some(hours) = window.hours {
        let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        put(&mut within, "hours", json!([clock(hours.from_minute), clock(hours.to_minute)]));
    }
    if !window.weekdays.is_empty() {
        let days: Vec<&str> = window.weekdays.iter().map(|day| day.name()).collect();
        put(&mut within, "weekdays", days);
    }
    if !within.is_empty() {
        put(map, "within", Json::Object(within));
    }
}

fn range(range: &Range) -> Map<String, Json> {
    let mut map = Map::new();
    match range {
        Range::All => {}
        Range::Last(span) => put_span(&mut map, "last", Some(*span)),
        Range::LastUnits { n, unit, zone } => {
            put(&mut map, "last", *n);
            let unit = match unit {
                Unit::Day => "calendar_day",
                Unit::Week => "week",
                Unit::Month => "month",
            };
            put(&mut map, "unit", unit);
            if let Some(zone) = zone {
                put(&mut map, "tz", zone.name());
            }
        }
        Range::Between(from, to) => {
            put(&mut map, "between", json!([from.to_string(), to.to_string()]));
        }
        Range::Since(from) => put(&mut map, "since", from.to_string()),
        Range::BeforeLast(span) => put_span(&mut map, "before_last", Some(*span)),
        Range::Ago { from, to } => {
            put_span(&mut map, "from_ago", Some(*from));
            put_span(&mut map, "to_ago", Some(*to));
        }
        Range::After(span) => put(&mut map, "after", span.map(|span| span.to_string())),
        Range::Before(span) => put(&mut map, "before", span.map(|span| span.to_string())),
    }
    map
}

pub(super) fn sequence(sequence: &SequencePredicate) -> Map<String, Json> {
    let mut map = typed("sequence");
    let steps = sequence.steps.iter().map(|step| Json::Object(events(step)));
    put(&mut map, "steps", Json::Array(steps.collect()));
    put_span(&mut map, "complete_within", sequence.complete_within);
    put_window(&mut map, &sequence.within);
    if !sequence.without.is_empty() {
        let without = sequence.without.iter().map(|without| {
            let mut map = events(&without.of);
            put(&mut map, "after_step", without.after_step);
            Json::Object(map)
        });
        put(&mut map, "without", Json::Array(without.collect()));
    }
    map
}

pub(super) fn since(since: &SincePredicate) -> Map<String, Json> {
    let mut map = typed("since");
    let mut anchor = events(&since.anchor);
    put(&mut anchor, "pick", pick(since.pick));
    put(&mut map, "anchor", Json::Object(anchor));
    put(&mut map, "predicate", Json::Object(event(&since.predicate)));
    map
}

pub(super) fn absence(absence: &AbsencePredicate) -> Map<String, Json> {
    let mut map = typed("absence");
    put(&mut map, "did", Json::Object(events(&absence.did)));
    put(&mut map, "then_not", Json::Object(events(&absence.then_not)));
    put_span(&mut map, "for", Some(absence.span));
    if !absence.hold.is_empty() {
        put(&mut map, "hold", absence.hold.iter().map(|p| p.as_str()).collect::<Vec<_>>());
    }
    map
}

pub(super) fn baseline(baseline: &BaselinePredicate) -> Map<String, Json> {
    let mut map = typed("baseline");
    put_events(&mut map, &baseline.of);
    put_span(&mut map, "window", Some(baseline.window));
    put_span(&mut map, "against", Some(baseline.against));
    test(&mut map, &baseline.test);
    map
}

pub(super) fn affinity(affinity: &AffinityPredicate) -> Map<String, Json> {
    let mut map = typed("affinity");
    put_events(&mut map, &affinity.of);
    let subject = match &affinity.subject {
        AffinitySubject::Hour => Json::from("hour"),
        AffinitySubject::Weekday => Json::from("weekday"),
        AffinitySubject::Property(name) if name == "hour" || name == "weekday" => {
            json!({"name": name.as_str()})
        }
        AffinitySubject::Property(name) => Json::from(name.as_str()),
    };
    put(&mut map, "property", subject);
    let is = match affinity.is.as_slice() {
        // A list alone would read as several values.
        [only @ model::Value::List(_)] => Json::Array(vec![value(only)]),
        [only] => value(only),
        several => several.iter().map(value).collect(),
    };
    put(&mut map, "is", is);
    match &affinity.mode {
        AffinityMode::Most => put(&mut map, "mode", "most"),
        AffinityMode::Least => put(&mut map, "mode", "least"),
        AffinityMode::Share(comparison) => {
            put(&mut map, "mode", "share");
            test(&mut map, comparison);
        }
    }
    if affinity.min_events != 1 {
        put(&mut map, "min_events", affinity.min_events);
    }
    put_window(&mut map, &affinity.within);
    map
}
