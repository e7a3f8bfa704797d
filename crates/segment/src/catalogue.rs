//! What a workspace has seen: events with their properties, and attributes, with the kinds of
//! their values.
//!
//! What it is: plain data for checking definitions, filled by the caller. What it is not: it counts
//! nothing and forgets nothing.

use std::collections::BTreeMap;

use model::{Text, Value};

/// Kinds of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Kind {
    Bool,
    Int,
    Float,
    Text,
    Time,
    List,
}

/// A set of kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kinds(u8);

/// The names that a workspace has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    events: BTreeMap<Text, BTreeMap<Text, Kinds>>,
    attributes: BTreeMap<Text, Kinds>,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 6] =
        [Kind::Bool, Kind::Int, Kind::Float, Kind::Text, Kind::Time, Kind::List];

    /// The kind of a value; nothing has none.
    pub fn of(value: &Value) -> Option<Kind> {
        Some(match value {
            Value::Null => return None,
            Value::Bool(_) => Kind::Bool,
            Value::Int(_) => Kind::Int,
            Value::Float(_) => Kind::Float,
            Value::Text(_) => Kind::Text,
            Value::Time(_) => Kind::Time,
            Value::List(_) => Kind::List,
        })
    }

    /// The word for it in messages and the API.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Bool => "bool",
            Kind::Int => "int",
            Kind::Float => "float",
            Kind::Text => "text",
            Kind::Time => "time",
            Kind::List => "list",
        }
    }
}

impl Kinds {
    /// With one more kind.
    pub fn with(self, kind: Kind) -> Kinds {
        Kinds(self.0 | 1 << kind as u8)
    }

    /// All of both.
    pub fn or(self, other: Kinds) -> Kinds {
        Kinds(self.0 | other.0)
    }

    /// Whether the kind is among them.
    pub fn has(self, kind: Kind) -> bool {
        self.0 & (1 << kind as u8) != 0
    }

    /// Whether there is none: nothing is known.
    pub fn empty(self) -> bool {
        self.0 == 0
    }

    /// Their names, as in `int, float`.
    pub fn names(self) -> String {
        let names: Vec<&str> =
            Kind::ALL.into_iter().filter(|kind| self.has(*kind)).map(Kind::name).collect();
        names.join(", ")
    }
}

impl Catalogue {
    /// Notes that an event of this name was seen.
    pub fn event(&mut self, name: &str) {
        self.events.entry(Text::new(name)).or_default();
    }

    /// Notes a property of an event, with the kinds its values had.
    pub fn property(&mut self, event: &str, property: &str, kinds: Kinds) {
        let properties = self.events.entry(Text::new(event)).or_default();
        let known = properties.entry(Text::new(property)).or_default();
        *known = known.or(kinds);
    }

    /// Notes an attribute, with the kinds its values had.
    pub fn attribute(&mut self, name: &str, kinds: Kinds) {
        let known = self.attributes.entry(Text::new(name)).or_default();
        *known = known.or(kinds);
    }

    /// Names of all events, sorted.
    pub fn events(&self) -> impl Iterator<Item = &str> {
        self.events.keys().map(Text::as_str)
    }

    /// Whether an event of this name was seen.
    pub fn has_event(&self, name: &str) -> bool {
        self.events.contains_key(name)
    }

    /// Names of all properties of an event, sorted.
    pub fn properties(&self, event: &str) -> impl Iterator<Item = &str> {
        self.events
            .get(event)
            .into_iter()
            .flat_map(|properties| properties.keys().map(Text::as_str))
    }

    /// The kinds of a property of an event, if it was seen.
    pub fn property_kinds(&self, event: &str, property: &str) -> Option<Kinds> {
        self.events.get(event)?.get(property).copied()
    }

    /// Names of all attributes, sorted.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        self.attributes.keys().map(Text::as_str)
    }

    /// The kinds of an attribute, if it was seen.
    pub fn attribute_kinds(&self, name: &str) -> Option<Kinds> {
        self.attributes.get(name).copied()
    }
}
