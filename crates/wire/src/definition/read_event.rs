//! Reading of what is about events: matches, conditions, windows and measures.

use model::{Timestamp, Weekday, Zone};
use segment::problem::{Problem, code};
use segment::tree::*;
use serde_json::Value as Json;

use super::reader::{Fields, Reader};

impl Reader {
    /// The fields `event` and `where`.
    pub(super) fn events(&mut self, fields: &mut Fields) -> Option<EventMatch> {
        let event = self.required(fields, "event", "an event name, a list of names or \"*\"");
        let names = event.and_then(|json| self.event_names(json));
        let filter = match fields.get("where") {
            Some(json) => self.filter(json),
            None => Some(Where::ALWAYS),
        };
        Some(EventMatch { names: names?, filter: filter? })
    }

    fn event_names(&mut self, json: &Json) -> Option<EventNames> {
        match json {
            Json::String(name) if name == "*" => Some(EventNames::Any),
            _ => self.texts("event", json).map(EventNames::Of),
        }
    }

    /// An object that is nothing but `event` and `where`.
    pub(super) fn events_here(&mut self, json: &Json) -> Option<EventMatch> {
        let mut fields = self.object(json, "an object with `event` and perhaps `where`")?;
        let of = self.events(&mut fields);
        self.finish(&fields);
        of
    }

    /// A list of conditions, all of which must hold. One alone stands for itself.
    fn filter(&mut self, json: &Json) -> Option<Where> {
        let mut of = self.list("where", json, Self::condition)?;
        Some(if of.len() == 1 { of.swap_remove(0) } else { Where::All(of) })
    }

    fn condition(&mut self, json: &Json) -> Option<Where> {
        let what = "a condition such as {\"property\": …, \"op\": …, \"value\": …}";
        let mut fields = self.object(json, what)?;
        let condition = self.condition_of(&mut fields);
        self.finish(&fields);
        condition
    }

    fn condition_of(&mut self, fields: &mut Fields) -> Option<Where> {
        if let Some(json) = fields.get("all") {
            return self.list("all", json, Self::condition).map(Where::All);
        }
        if let Some(json) = fields.get("any") {
            return self.list("any", json, Self::condition).map(Where::Any);
        }
        if let Some(json) = fields.get("not") {
            let of = self.at("not", |r| r.condition(json))?;
            return Some(Where::Not(Box::new(of)));
        }
        if let Some(json) = fields.get("first_time") {
            if *json != Json::Bool(true) {
                self.expected("first_time", json, "true");
            }
            return Some(Where::FirstTime);
        }
        if let Some(json) = fields.get("same") {
            return self.texts("same", json).map(Where::Same);
        }
        let property = self.text(fields, "property");
        let test = self.test(fields);
        Some(Where::Property { property: property?, test: test? })
    }

    /// The fields of an event predicate. Without `op` and `value` a count is at least 1.
    pub(super) fn event(&mut self, fields: &mut Fields) -> Option<EventPredicate> {
        let of = self.events(fields);
        let within = self.window(fields);
        let measure = match fields.get("measure") {
            Some(json) => self.at("measure", |r| r.measure(json)),
            None => Some(Measure::Count),
        };
        let unsaid = !fields.has("op") && !fields.has("value");
        let test = match unsaid && measure == Some(Measure::Count) {
            true => Some(Test::at_least(1)),
            false => self.test(fields),
        };
        Some(EventPredicate { of: of?, within: within?, measure: measure?, test: test? })
    }

    fn measure(&mut self, json: &Json) -> Option<Measure> {
        let mut fields = self.object(json, "a measure such as {\"sum\": \"amount\"}")?;
        let measure = self.measure_of(&mut fields);
        self.finish(&fields);
        measure
    }

    fn measure_of(&mut self, fields: &mut Fields) -> Option<Measure> {
        for (name, measure) in [("count", Measure::Count), ("days", Measure::Days)] {
            if let Some(json) = fields.get(name) {
                if !json.as_object().is_some_and(serde_json::Map::is_empty) {
                    self.expected(name, json, "an empty object, {}");
                }
                return Some(measure);
            }
        }
        type Make = fn(model::Text) -> Measure;
        let of_property: [(&'static str, Make); 7] = [
            ("sum", Measure::Sum),
            ("avg", Measure::Avg),
            ("min", Measure::Min),
            ("max", Measure::Max),
            ("distinct", Measure::Distinct),
            ("first", Measure::First),
            ("last", Measure::Last),
        ];
        for (name, make) in of_property {
            if fields.get(name).is_some() {
                return self.text(fields, name).map(make);
            }
        }
        self.report(
            Problem::error(code::SYNTAX, "the object names no measure")
                .expected("one of count, days, sum, avg, min, max, distinct, first, last"),
        );
        None
    }

    /// The field `within`.
    pub(super) fn window(&mut self, fields: &mut Fields) -> Option<Window> {
        match fields.get("within") {
            Some(json) => self.at("within", |r| r.window_here(json)),
            None => Some(Window::ALL),
        }
    }

    fn window_here(&mut self, json: &Json) -> Option<Window> {
        let mut fields = self.object(json, "a window such as {\"last\": \"30d\"}")?;
        let range = self.range(&mut fields);
        let hours = match fields.get("hours") {
            Some(json) => self.hours(json).map(Some),
            None => Some(None),
        };
        let weekdays = match fields.get("weekdays") {
            Some(json) => self.list("weekdays", json, Self::weekday),
            None => Some(Vec::new()),
        };
        self.finish(&fields);
        Some(Window { range: range?, hours: hours?, weekdays: weekdays? })
    }

    fn range(&mut self, fields: &mut Fields) -> Option<Range> {
        if let Some(json) = fields.get("last") {
            return match json.is_number() {
                true => self.last_units(json, fields),
                false => self.span_of("last", json).map(Range::Last),
            };
        }
        if let Some(json) = fields.get("between") {
            let ends = self.list("between", json, Self::instant)?;
            if let [from, to] = ends[..] {
                return Some(Range::Between(from, to));
            }
            self.expected("between", json, "a list of two instants");
            return None;
        }
        if let Some(json) = fields.get("since") {
            return self.at("since", |r| r.instant(json)).map(Range::Since);
        }
        if let Some(json) = fields.get("before_last") {
            return self.span_of("before_last", json).map(Range::BeforeLast);
        }
        if fields.get("from_ago").is_some() {
            let from = self.span(fields, "from_ago");
            let to = self.span(fields, "to_ago");
            return Some(Range::Ago { from: from?, to: to? });
        }
        for (name, make) in
            [("after", Range::After as fn(_) -> Range), ("before", Range::Before as fn(_) -> Range)]
        {
            if fields.has(name) {
                return match fields.get(name) {
                    Some(json) => self.span_of(name, json).map(Some).map(make),
                    None => Some(make(None)),
                };
            }
        }
        Some(Range::All)
    }

    fn last_units(&mut self, json: &Json, fields: &mut Fields) -> Option<Range> {
        const UNITS: &[(&str, Unit)] = &[
            ("calendar_day", Unit::Day),
            ("week", Unit::Week),
            ("month", Unit::Month),
            ("calendar_week", Unit::Week),
            ("calendar_month", Unit::Month),
        ];
        let n = self.whole("last", json, u32::MAX);
        let unit = self.required(fields, "unit", "one of calendar_day, week, month");
        let unit = unit.and_then(|json| self.word("unit", json, UNITS));
        let zone = match self.optional_text(fields, "tz") {
            Some(name) => Some(self.zone(&name)?),
            None => None,
        };
        Some(Range::LastUnits { n: n?, unit: unit?, zone })
    }

    fn zone(&mut self, name: &str) -> Option<Zone> {
        let zone = Zone::named(name);
        if zone.is_none() {
            let message = format!("there is no time zone \"{name}\"");
            let problem = Problem::error(code::UNKNOWN_ZONE, message)
                .found(name)
                .expected("an IANA name such as Europe/Istanbul");
            self.at("tz", |r| r.report(problem));
        }
        zone
    }

    /// An instant at the present path.
    fn instant(&mut self, json: &Json) -> Option<Timestamp> {
        let at = json.as_str().and_then(|text| Timestamp::parse(text).ok());
        if at.is_none() {
            let found = super::reader::describe(json);
            self.report(super::wrong(&found, "an instant such as \"2026-03-01T09:00:00Z\""));
        }
        at
    }

    fn hours(&mut self, json: &Json) -> Option<Hours> {
        let ends = self.list("hours", json, Self::minute)?;
        match ends[..] {
            [from_minute, to_minute] => Some(Hours { from_minute, to_minute }),
            _ => {
                self.expected("hours", json, "two times of day such as [\"22:30\", \"06:00\"]");
                None
            }
        }
    }

    /// `"22:30"` or `22.5`, in minutes from midnight.
    fn minute(&mut self, json: &Json) -> Option<u16> {
        let minutes = match json {
            Json::String(text) => text.split_once(':').and_then(|(hour, minute)| {
                let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
                (minute < 60 && hour <= 24).then_some(hour * 60 + minute)
            }),
            _ => json.as_f64().map(|hour| hour * 60.0).and_then(|minutes| {
                let whole = (minutes - minutes.round()).abs() < 1e-6;
                (whole && (0.0..=1_440.0).contains(&minutes)).then(|| minutes.round() as u16)
            }),
        };
        let minutes = minutes.filter(|m| *m <= 1_440);
        if minutes.is_none() {
            let found = super::reader::describe(json);
            self.report(super::wrong(&found, "a time of day such as \"22:30\" or 22.5"));
        }
        minutes
    }

    fn weekday(&mut self, json: &Json) -> Option<Weekday> {
        let day = json.as_str().and_then(Weekday::parse);
        if day.is_none() {
            let found = super::reader::describe(json);
            self.report(super::wrong(&found, "a weekday such as \"monday\""));
        }
        day
    }
}
