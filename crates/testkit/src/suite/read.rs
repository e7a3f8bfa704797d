//! Reading a suite.

use std::collections::{BTreeMap, BTreeSet};

use model::record::sort_properties;
use model::{
    AttributeChange, Event, EventId, Record, Span, Text, Timestamp, Value, What, Who, Zone,
};
use segment::evaluate::{UserEvent, UserHistory};
use segment::rules::{RfmSettings, State};
use segment::tree::{EventMatch, EventPredicate};
use segment::{Lifecycle, Predicate, Rules};

use super::{Case, Expectation};

/// Reads all cases of a file; what cannot be read is told with file and line.
pub fn read(file: &str, text: &str) -> Result<Vec<Case>, String> {
    let (mut cases, mut heading, mut open) = (Vec::new(), String::new(), None::<Draft>);
    for (line, written) in (1..).zip(text.lines()) {
        let wrong = |problem: String| format!("{file}:{line}: {problem}");
        match &mut open {
            None if written.starts_with("```text") => {
                open = Some(Draft::new(format!("{file}, {heading}")));
            }
            None => {
                if let Some(text) = written.strip_prefix("## ") {
                    heading = text.to_owned();
                }
            }
            Some(draft) if written.starts_with("```") => {
                draft.flush().map_err(wrong)?;
                cases.extend(open.take().map(Draft::case).transpose().map_err(wrong)?);
            }
            Some(draft) => draft.line(line, written).map_err(wrong)?,
        }
    }
    match open {
        Some(draft) => Err(format!("{}: the block does not end", draft.title)),
        None => Ok(cases),
    }
}

/// A case that is being read.
struct Draft {
    title: String,
    /// A line that may go on.
    pending: Option<(usize, String)>,
    segment: Option<(Predicate, String)>,
    rules: Rules,
    records: Vec<Record>,
    expectations: Vec<Expectation>,
}

impl Draft {
    fn new(title: String) -> Draft {
        let rules = Rules {
            zone: Zone::utc(),
            seed: 0,
            segments: BTreeMap::new(),
            composites: BTreeMap::new(),
            lifecycle: Lifecycle { states: Vec::new() },
            rfm: RfmSettings::of(EventMatch::named("Purchase"), None),
        };
        let (records, expectations) = (Vec::new(), Vec::new());
        Draft { title, pending: None, segment: None, rules, records, expectations }
    }

    fn line(&mut self, line: usize, written: &str) -> Result<(), String> {
        match &mut self.pending {
            Some((_, text)) if written.starts_with(' ') => {
                text.push(' ');
                text.push_str(written.trim());
                Ok(())
            }
            _ => {
                self.flush()?;
                self.pending = Some((line, written.to_owned()));
                Ok(())
            }
        }
    }

    /// Understands the line that was read.
    fn flush(&mut self) -> Result<(), String> {
        let Some((line, text)) = self.pending.take() else { return Ok(()) };
        let mut columns: Vec<&str> =
            text.split("  ").map(str::trim).filter(|column| !column.is_empty()).collect();
        columns.pop_if(|last| last.starts_with('(') && last.ends_with(')'));
        match columns.as_slice() {
            [] => Ok(()),
            ["zone", name] => {
                self.rules.zone =
                    Zone::named(name).ok_or(format!("there is no zone \"{name}\""))?;
                Ok(())
            }
            ["segment", text] => {
                self.segment = Some((definition(text)?, (*text).to_owned()));
                Ok(())
            }
            ["define", id, text] => {
                self.rules.segments.insert(Text::new(id), definition(text)?);
                Ok(())
            }
            ["composite", name, text] => {
                let member = event(text)?.of;
                self.rules.composites.entry(Text::new(name)).or_default().push(member);
                Ok(())
            }
            ["state", key, text] => {
                let (key, predicate) = (Text::new(key), definition(text)?);
                self.rules.lifecycle.states.push(State { name: key.clone(), key, predicate });
                Ok(())
            }
            ["rfm", text] => {
                let EventPredicate { of, measure, .. } = event(text)?;
                self.rules.rfm = RfmSettings::of(of, Some(measure));
                Ok(())
            }
            ["expect", word @ ("in" | "out"), user, at] => {
                self.expect(line, user, instant(at)?, *word == "in");
                Ok(())
            }
            [word @ ("enters" | "leaves"), user, at] => {
                let at = instant(at)?;
                self.expect(line, user, at.minus(Span(1)), *word == "leaves");
                self.expect(line, user, at, *word == "enters");
                Ok(())
            }
            [at, user, "set", attributes @ ..] => {
                let id = EventId::of(&format!("line {line}"));
                let what = AttributeChange::set(instant(at)?, id, pairs(attributes)?);
                self.record(user, What::Identify(what));
                Ok(())
            }
            [at, user, name, properties @ ..] => self.event(line, at, user, name, properties),
            _ => Err(format!("the line is not understood: {text}")),
        }
    }

    fn event(
        &mut self,
        line: usize,
        at: &str,
        user: &str,
        name: &str,
        properties: &[&str],
    ) -> Result<(), String> {
        let id = properties.iter().find(|p| p.starts_with("id="));
        let id = id.map_or(format!("line {line}"), |id| (*id).to_owned());
        let event = Event {
            name: Text::new(name),
            time: instant(at)?,
            id: EventId::of(&id),
            properties: pairs(properties)?,
        };
        self.record(user, What::Event(event));
        Ok(())
    }

    fn record(&mut self, user: &str, what: What) {
        let received_at = Timestamp(4_102_444_800_000); // 2100: after everything in a suite
        self.records.push(Record { received_at, who: Who::user(user), what });
    }

    fn expect(&mut self, line: usize, user: &str, at: Timestamp, holds: bool) {
        self.expectations.push(Expectation { user: Text::new(user), at, holds, line });
    }

    fn case(self) -> Result<Case, String> {
        let (segment, written) = self.segment.ok_or("the case has no segment")?;
        if self.expectations.is_empty() {
            return Err("the case expects nothing".to_owned());
        }
        let mut population = histories(&self.records);
        for Expectation { user, .. } in &self.expectations {
            history(&mut population, user);
        }
        Ok(Case {
            title: self.title,
            segment,
            written,
            rules: self.rules,
            population,
            records: self.records,
            expectations: self.expectations,
        })
    }
}

/// What the records amount to: each id once, the first to arrive; ordered by (time, arrival).
fn histories(records: &[Record]) -> Vec<UserHistory> {
    let (mut population, mut seen) = (Vec::new(), BTreeSet::new());
    for (arrival, record) in (0..).zip(records) {
        let Some(user) = &record.who.user_id else { continue };
        let user = history(&mut population, user);
        match &record.what {
            What::Event(event) if seen.insert(event.id) => user.events.push(UserEvent {
                name: event.name.clone(),
                time: event.time,
                arrival,
                id: event.id,
                properties: event.properties.clone(),
                derived: false,
            }),
            What::Identify(change) => {
                for (name, value) in &change.attributes {
                    let changes = user.attributes.entry(name.clone()).or_default();
                    changes.push((change.time, value.clone()));
                }
            }
            What::Event(_) | What::Alias { .. } | What::Separate { .. } | What::Facts(_) => {}
        }
    }
    for user in &mut population {
        user.events.sort_by_key(|e| (e.time, e.arrival));
        user.attributes.values_mut().for_each(|changes| changes.sort_by_key(|(time, _)| *time));
    }
    population
}

fn history<'a>(population: &'a mut Vec<UserHistory>, id: &Text) -> &'a mut UserHistory {
    let place = population.iter().position(|user| user.id == *id).unwrap_or_else(|| {
        let (events, attributes) = (Vec::new(), BTreeMap::new());
        population.push(UserHistory { id: id.clone(), events, attributes });
        population.len() - 1
    });
    &mut population[place]
}

fn definition(text: &str) -> Result<Predicate, String> {
    let (predicate, problems) = segment::text::parse(text);
    match problems.as_slice() {
        [] => Ok(predicate),
        problems => Err(problems.iter().map(|p| format!("{p}\n")).collect()),
    }
}

fn event(text: &str) -> Result<EventPredicate, String> {
    match definition(text)? {
        Predicate::Event(event) => Ok(event),
        _ => Err(format!("only an event can stand here, not: {text}")),
    }
}

fn instant(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text.trim_start_matches("at ")).map_err(|error| error.to_string())
}

fn pairs(columns: &[&str]) -> Result<Vec<(Text, Value)>, String> {
    let mut pairs = Vec::new();
    for column in columns {
        let (name, value) =
            column.split_once('=').ok_or(format!("\"{column}\" is not name=value"))?;
        pairs.push((Text::new(name), value_of(value)?));
    }
    sort_properties(&mut pairs);
    Ok(pairs)
}

fn value_of(text: &str) -> Result<Value, String> {
    let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let items = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    match (quoted, items) {
        (Some(quoted), _) => Ok(Value::text(quoted)),
        (_, Some("")) => Ok(Value::List(Box::new([]))),
        (_, Some(items)) => {
            let items = items.split(',').map(|item| value_of(item.trim()));
            Ok(Value::List(items.collect::<Result<_, _>>()?))
        }
        _ => plain_value(text),
    }
}

fn plain_value(text: &str) -> Result<Value, String> {
    let number = || text.parse().map(Value::Int).or(text.parse().map(Value::Float)).ok();
    match text {
        "null" => Ok(Value::Null),
        "true" => Ok(Value::Bool(true)),
        "false" => Ok(Value::Bool(false)),
        _ => number()
            .or_else(|| Timestamp::parse(text).ok().map(Value::Time))
            .ok_or(format!("{text} is not a value; texts stand in quotes")),
    }
}
