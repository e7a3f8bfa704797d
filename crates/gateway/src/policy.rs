//! What becomes of records that are not as they were declared.
//!
//! What it is: a lookup made once of all declarations, and one pass of records through it. A finding
//! says what was not as declared and what became of it, so that nothing leaves without a word.
//! What it is not: it changes no value, keeps nothing, and declares nothing.
//!
//! Cost: nothing without declarations and policies; else two lookups per event and one per property.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use model::Operation;
use model::value::ValueKey;
use model::{AttributeChange, Event, Record, Text, Timestamp, Value, What};
use serde_json::{Map, Value as Json, json};

use crate::decoded::REJECTED_BYTES;

/// What is written where the name of an event stands, of a change of attributes.
pub const ATTRIBUTES: &str = "$attributes";

/// Names that client libraries add by themselves: never undefined.
const OWN_PREFIXES: [&str; 2] = ["context.", "$"];

/// What becomes of data that is not as declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// It is accepted as it came.
    Allow,
    /// The value is left out. Of an event as a whole: the event is left out.
    DropProperty,
    /// The record is left out.
    DropEvent,
}

/// What values may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Text.
    Text,
    /// Any number.
    Number,
    /// A whole number.
    Integer,
    /// True or false.
    Boolean,
    /// An instant, or a text that writes one.
    Time,
    /// A list.
    List,
    /// Anything.
    Any,
}

/// What is declared of one property or attribute.
#[derive(Clone, Debug)]
pub struct ValueRule {
    /// What values may be.
    pub of: Type,
    /// Values are left out, whatever they are.
    pub blocked: bool,
    /// The only values there may be; empty: any.
    pub allowed: HashSet<ValueKey>,
}

/// What is declared of one event.
#[derive(Clone, Debug, Default)]
pub struct EventRule {
    /// Events of this name are left out.
    pub blocked: bool,
    /// Its properties.
    pub properties: HashMap<Text, ValueRule>,
    /// Those that every event has.
    pub required: Vec<Text>,
    /// What becomes of other properties; nothing: they are accepted without a word.
    pub undefined: Option<Choice>,
    /// What becomes of values that are not as declared.
    pub mistyped: Option<Choice>,
}

/// Everything that is declared.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Events by name.
    pub events: HashMap<Text, EventRule>,
    /// Attributes by name.
    pub attributes: HashMap<Text, ValueRule>,
    /// What becomes of other events; nothing: they are accepted without a word.
    pub undefined_events: Option<Choice>,
    /// What becomes of other attributes; nothing: they are accepted without a word.
    pub undefined_attributes: Option<Choice>,
    /// What becomes of attributes whose values are not as declared.
    pub mistyped: Option<Choice>,
}

/// What is not as declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// The event is blocked.
    BlockedEvent,
    /// The event is not declared.
    UndefinedEvent,
    /// The property is not declared.
    UndefinedProperty,
    /// The property has a value of another type.
    MistypedProperty,
    /// The property has a value that is not among those allowed.
    PropertyNotAllowed,
    /// A required property is missing.
    MissingProperty,
    /// The attribute is blocked.
    BlockedAttribute,
    /// The attribute is not declared.
    UndefinedAttribute,
    /// The attribute has a value of another type.
    MistypedAttribute,
    /// The attribute has a value that is not among those allowed.
    AttributeNotAllowed,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was accepted as it came.
    Accepted,
    /// The value was left out.
    PropertyDropped,
    /// The record was left out.
    EventDropped,
}

/// One thing that is not as declared. Texts are made only when they are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Finding<'a> {
    /// What is not as declared.
    pub violation: Violation,
    /// What became of it.
    pub outcome: Outcome,
    /// The name of the event, or [`ATTRIBUTES`].
    pub event: &'a str,
    /// The name of the property or attribute; empty: the event as a whole.
    pub name: &'a str,
    /// The record as it came.
    pub record: &'a Record,
}

impl Policy {
    /// Whether every record passes.
    pub fn idle(&self) -> bool {
        let Policy { events, attributes, undefined_events, undefined_attributes, mistyped: _ } =
            self;
        events.is_empty()
            && attributes.is_empty()
            && undefined_events.is_none()
            && undefined_attributes.is_none()
    }

    /// Records as they are accepted, in their order; every finding is told before what it is about
    /// is left out.
    pub fn apply(&self, records: Vec<Record>, tell: &mut impl FnMut(Finding<'_>)) -> Vec<Record> {
        if self.idle() {
            return records;
        }
        records.into_iter().filter_map(|record| self.pass(record, tell)).collect()
    }

    /// One record as it is accepted, if it is.
    pub fn pass(&self, mut record: Record, tell: &mut impl FnMut(Finding<'_>)) -> Option<Record> {
        let verdict = match &record.what {
            What::Event(event) => self.event(&record, event, tell),
            What::Identify(change) => self.change(&record, change, tell),
            What::Alias { .. } | What::Separate { .. } | What::Facts(_) => return Some(record),
        };
        let leave = match verdict {
            Verdict::Pass => return Some(record),
            Verdict::Drop => return None,
            Verdict::Without(names) => names,
        };
        match &mut record.what {
            What::Event(event) => event.properties.retain(|(name, _)| !leave.contains(name)),
            What::Identify(change) => {
                change.attributes.retain(|(name, _)| !leave.contains(name));
                change.operations.retain(|(name, _)| !leave.contains(name));
            }
            What::Alias { .. } | What::Separate { .. } | What::Facts(_) => {}
        }
        Some(record)
    }

    fn event(&self, record: &Record, event: &Event, tell: &mut impl FnMut(Finding<'_>)) -> Verdict {
        let mut verdict = Verdict::Pass;
        let mut found = |violation, choice, name: &Text| {
            let whole = matches!(
                violation,
                Violation::BlockedEvent | Violation::UndefinedEvent | Violation::MissingProperty
            );
            let outcome = outcome(choice, whole);
            tell(Finding { violation, outcome, event: &event.name, name, record });
            verdict.take(outcome, name);
        };
        let none = Text::const_new("");
        let Some(rule) = self.events.get(&event.name) else {
            if let Some(choice) = self.undefined_events {
                found(Violation::UndefinedEvent, choice, &none);
            }
            return verdict;
        };
        if rule.blocked {
            found(Violation::BlockedEvent, Choice::DropEvent, &none);
            return verdict;
        }
        let mistyped = rule.mistyped.unwrap_or(Choice::Allow);
        for (name, value) in &event.properties {
            match rule.properties.get(name) {
                Some(of) => match of.check(value) {
                    Fit::Yes => {}
                    Fit::OtherType => found(Violation::MistypedProperty, mistyped, name),
                    Fit::NotAllowed => found(Violation::PropertyNotAllowed, mistyped, name),
                },
                None if value.missing() || own(name) => {}
                None => {
                    if let Some(choice) = rule.undefined {
                        found(Violation::UndefinedProperty, choice, name);
                    }
                }
            }
        }
        for name in &rule.required {
            let place = event.properties.binary_search_by(|(known, _)| known.cmp(name));
            if !place.is_ok_and(|place| !event.properties[place].1.missing()) {
                found(Violation::MissingProperty, mistyped, name);
            }
        }
        verdict
    }

    fn change(
        &self,
        record: &Record,
        change: &AttributeChange,
        tell: &mut impl FnMut(Finding<'_>),
    ) -> Verdict {
        let mut verdict = Verdict::Pass;
        let mut found = |violation, choice, name: &Text| {
            let outcome = outcome(choice, false);
            tell(Finding { violation, outcome, event: ATTRIBUTES, name, record });
            verdict.take(outcome, name);
        };
        let mistyped = self.mistyped.unwrap_or(Choice::Allow);
        let set = change.attributes.iter().map(|(name, value)| (name, Given::Value(value)));
        let done = change.operations.iter().map(|(name, done)| (name, Given::Operation(done)));
        for (name, given) in set.chain(done) {
            let Some(of) = self.attributes.get(name) else {
                let choice = self.undefined_attributes.filter(|_| !given.missing() && !own(name));
                if let Some(choice) = choice {
                    found(Violation::UndefinedAttribute, choice, name);
                }
                continue;
            };
            if of.blocked {
                found(Violation::BlockedAttribute, Choice::DropProperty, name);
                continue;
            }
            match given.check(of) {
                Fit::Yes => {}
                Fit::OtherType => found(Violation::MistypedAttribute, mistyped, name),
                Fit::NotAllowed => found(Violation::AttributeNotAllowed, mistyped, name),
            }
        }
        verdict
    }
}

/// What becomes of a record.
enum Verdict {
    Pass,
    Without(Vec<Text>),
    Drop,
}

impl Verdict {
    fn take(&mut self, outcome: Outcome, name: &Text) {
        match (outcome, &mut *self) {
            (Outcome::Accepted, _) | (_, Verdict::Drop) => {}
            (Outcome::EventDropped, _) => *self = Verdict::Drop,
            (Outcome::PropertyDropped, Verdict::Without(names)) => names.push(name.clone()),
            (Outcome::PropertyDropped, Verdict::Pass) => {
                *self = Verdict::Without(vec![name.clone()]);
            }
        }
    }
}

/// What a choice means; `whole`: there is no single value that could be left out.
fn outcome(choice: Choice, whole: bool) -> Outcome {
    match choice {
        Choice::Allow => Outcome::Accepted,
        Choice::DropProperty if !whole => Outcome::PropertyDropped,
        Choice::DropProperty | Choice::DropEvent => Outcome::EventDropped,
    }
}

fn own(name: &str) -> bool {
    OWN_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Whether a value is as declared.
enum Fit {
    Yes,
    OtherType,
    NotAllowed,
}

impl ValueRule {
    /// A rule for values of a type, and nothing else.
    pub fn of(of: Type) -> ValueRule {
        ValueRule { of, blocked: false, allowed: HashSet::new() }
    }

    fn check(&self, value: &Value) -> Fit {
        if value.missing() {
            return Fit::Yes;
        }
        if !self.of.holds(value) {
            return Fit::OtherType;
        }
        let fits = match value {
            Value::List(items) => self.allows(items),
            value => self.allows(std::slice::from_ref(value)),
        };
        if fits { Fit::Yes } else { Fit::NotAllowed }
    }

    fn allows(&self, values: &[Value]) -> bool {
        let allowed = |value: &Value| value.key().is_none_or(|key| self.allowed.contains(&key));
        self.allowed.is_empty() || values.iter().all(allowed)
    }
}

impl Type {
    fn holds(self, value: &Value) -> bool {
        match (self, value) {
            (Type::Any, _)
            | (Type::Text, Value::Text(_))
            | (Type::Number, Value::Int(_) | Value::Float(_))
            | (Type::Integer, Value::Int(_))
            | (Type::Boolean, Value::Bool(_))
            | (Type::Time, Value::Time(_))
            | (Type::List, Value::List(_)) => true,
            // JSON of some senders knows no whole numbers.
            (Type::Integer, Value::Float(number)) => number.fract() == 0.0,
            // JSON knows no instants.
            (Type::Time, Value::Text(text)) => Timestamp::parse(text).is_ok(),
            _ => false,
        }
    }
}

/// What is said of an attribute.
enum Given<'a> {
    Value(&'a Value),
    Operation(&'a Operation),
}

impl Given<'_> {
    fn missing(&self) -> bool {
        matches!(self, Given::Value(value) if value.missing())
    }

    fn check(&self, of: &ValueRule) -> Fit {
        let list = |items: &[Value]| match of.of {
            Type::List | Type::Any if of.allows(items) => Fit::Yes,
            Type::List | Type::Any => Fit::NotAllowed,
            _ => Fit::OtherType,
        };
        match self {
            Given::Value(value) => of.check(value),
            Given::Operation(Operation::SetOnce(value)) => of.check(value),
            // What the sum will be is not known here.
            Given::Operation(Operation::Add(value)) => {
                if of.of.holds(value) {
                    Fit::Yes
                } else {
                    Fit::OtherType
                }
            }
            Given::Operation(
                Operation::Append(items) | Operation::Prepend(items) | Operation::Union(items),
            ) => list(items),
            Given::Operation(Operation::Remove(_)) => match of.of {
                Type::List | Type::Any => Fit::Yes,
                _ => Fit::OtherType,
            },
        }
    }
}

impl Violation {
    /// All of them.
    pub const ALL: [Violation; 10] = [
        Violation::BlockedEvent,
        Violation::UndefinedEvent,
        Violation::UndefinedProperty,
        Violation::MistypedProperty,
        Violation::PropertyNotAllowed,
        Violation::MissingProperty,
        Violation::BlockedAttribute,
        Violation::UndefinedAttribute,
        Violation::MistypedAttribute,
        Violation::AttributeNotAllowed,
    ];

    /// Its stable code.
    pub fn code(self) -> &'static str {
        match self {
            Violation::BlockedEvent => "schema.event_blocked",
            Violation::UndefinedEvent => "schema.event_undefined",
            Violation::UndefinedProperty => "schema.property_undefined",
            Violation::MistypedProperty => "schema.property_type",
            Violation::PropertyNotAllowed => "schema.property_not_allowed",
            Violation::MissingProperty => "schema.property_missing",
            Violation::BlockedAttribute => "schema.attribute_blocked",
            Violation::UndefinedAttribute => "schema.attribute_undefined",
            Violation::MistypedAttribute => "schema.attribute_type",
            Violation::AttributeNotAllowed => "schema.attribute_not_allowed",
        }
    }

    /// How to mend it.
    pub fn hint(self) -> &'static str {
        match self {
            Violation::BlockedEvent => "stop sending it, or lift the block in the schema",
            Violation::UndefinedEvent => "declare the event in the schema, or mend its name",
            Violation::UndefinedProperty => "declare the property, or mend its name",
            Violation::MistypedProperty => "send the declared type, or declare another",
            Violation::PropertyNotAllowed => "send an allowed value, or allow this one",
            Violation::MissingProperty => {
                "send the property with every event, or require it no more"
            }
            Violation::BlockedAttribute => "stop sending it, or lift the block in the schema",
            Violation::UndefinedAttribute => "declare the attribute, or mend its name",
            Violation::MistypedAttribute => "send the declared type, or declare another",
            Violation::AttributeNotAllowed => "send an allowed value, or allow this one",
        }
    }
}

impl Finding<'_> {
    /// What is wrong, with names and never with values.
    pub fn message(&self) -> String {
        let Finding { event, name, .. } = self;
        match self.violation {
            Violation::BlockedEvent => format!("the event \"{event}\" is blocked"),
            Violation::UndefinedEvent => format!("the event \"{event}\" is not declared"),
            Violation::UndefinedProperty => {
                format!("the property \"{name}\" of \"{event}\" is not declared")
            }
            Violation::MistypedProperty => {
                format!("the property \"{name}\" of \"{event}\" is of another type than declared")
            }
            Violation::PropertyNotAllowed => {
                format!("the property \"{name}\" of \"{event}\" has a value that is not allowed")
            }
            Violation::MissingProperty => {
                format!("the event \"{event}\" lacks the required property \"{name}\"")
            }
            Violation::BlockedAttribute => format!("the attribute \"{name}\" is blocked"),
            Violation::UndefinedAttribute => format!("the attribute \"{name}\" is not declared"),
            Violation::MistypedAttribute => {
                format!("the attribute \"{name}\" is of another type than declared")
            }
            Violation::AttributeNotAllowed => {
                format!("the attribute \"{name}\" has a value that is not allowed")
            }
        }
    }

    /// What it is about as JSON, clipped: the value if one is meant, else the whole record.
    pub fn written(&self) -> String {
        let values: Cow<'_, [(Text, Value)]> = match &self.record.what {
            What::Event(event) => Cow::Borrowed(&event.properties),
            What::Identify(change) => {
                let done = change.operations.iter();
                let done = done.map(|(name, done)| (name.clone(), operand(done)));
                Cow::Owned(change.attributes.iter().cloned().chain(done).collect())
            }
            What::Alias { .. } | What::Separate { .. } | What::Facts(_) => Cow::Borrowed(&[]),
        };
        let one = !self.name.is_empty() && self.violation != Violation::MissingProperty;
        let shown = values.iter().filter(|(name, _)| !one || name == self.name);
        let shown: Map<String, Json> =
            shown.map(|(name, value)| (name.to_string(), value_json(value))).collect();
        let who = &self.record.who;
        let id = who.user_id.as_ref().or(who.anonymous_id.as_ref()).map(|id| id.as_str());
        let field = if self.event == ATTRIBUTES { "attributes" } else { "properties" };
        let mut text = json!({"event": self.event, "user": id, field: shown}).to_string();
        text.truncate(text.floor_char_boundary(REJECTED_BYTES));
        text
    }
}

fn operand(done: &Operation) -> Value {
    match done {
        Operation::SetOnce(value) | Operation::Add(value) => value.clone(),
        Operation::Append(items)
        | Operation::Prepend(items)
        | Operation::Union(items)
        | Operation::Remove(items) => Value::List(items.clone().into()),
    }
}

fn value_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(b) => Json::from(*b),
        Value::Int(n) => Json::from(*n),
        Value::Float(x) => Json::from(*x),
        Value::Text(text) => Json::from(text.as_str()),
        Value::Time(at) => Json::from(at.to_string()),
        Value::List(items) => items.iter().map(value_json).collect(),
    }
}

#[cfg(test)]
mod tests;
