//! Nested JSON, flattened to dotted names while it is read.
//!
//! What breaks a bound is remembered as the first [`Problem`] and the rest is skipped: the reading of
//! the neighbours must go on.

use std::fmt;

use model::{Text, Value};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::{Problem, validate};

/// Collects properties.
#[derive(Default)]
pub(crate) struct Flat {
    /// What was found, in the order of the text.
    pub found: Vec<(Text, Value)>,
    /// The first broken bound.
    pub problem: Option<Problem>,
    path: String,
    depth: usize,
}

/// Reads an object of properties into a [`Flat`], with names under a prefix (which ends with a dot,
/// or is empty).
pub(crate) struct Root<'a> {
    pub flat: &'a mut Flat,
    pub prefix: &'static str,
}

/// Reads one value under a name that was read before it.
pub(crate) struct Named<'a> {
    pub flat: &'a mut Flat,
    pub prefix: &'static str,
    pub name: &'a str,
}

impl<'de> DeserializeSeed<'de> for Named<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.flat.path.clear();
        self.flat.path.push_str(self.prefix);
        self.flat.path.push_str(self.name);
        ValueSeed(self.flat).deserialize(deserializer)
    }
}

impl Flat {
    /// Adds a name alone, with nothing as its value.
    pub fn name(&mut self, name: &str) {
        self.path.clear();
        self.path.push_str(name);
        self.push(Value::Null);
    }

    /// What was found, unless a bound was broken.
    pub fn into_found(self) -> Result<Vec<(Text, Value)>, Problem> {
        self.problem.map_or(Ok(self.found), Err)
    }

    /// Keeps the problem of a check, if it is the first.
    fn check(&mut self, result: Result<(), Problem>) -> bool {
        let broken = result.err();
        if self.problem.is_none() {
            self.problem = broken;
        }
        self.problem.is_none()
    }

    fn push(&mut self, value: Value) {
        if self.check(validate::property_count(self.found.len() + 1))
            && self.check(validate::property_name(&self.path))
        {
            self.found.push((Text::new(&self.path), value));
        }
    }

    fn text(&mut self, text: &str) -> Value {
        if self.check(validate::text_value(&self.path, text)) {
            Value::text(text)
        } else {
            Value::Null
        }
    }

    fn object<'de, A: MapAccess<'de>>(&mut self, mut map: A) -> Result<(), A::Error> {
        let base = self.path.len();
        while map.next_key_seed(NameSeed(&mut self.path))?.is_some() {
            map.next_value_seed(ValueSeed(self))?;
            self.path.truncate(base);
        }
        Ok(())
    }

    /// Reads an object one level down; its names continue the path.
    fn nested<'de, A: MapAccess<'de>>(&mut self, map: A) -> Result<(), A::Error> {
        let base = self.path.len();
        self.depth += 1;
        let result = if self.check(validate::nesting(&self.path, self.depth)) {
            self.path.push('.');
            self.object(map)
        } else {
            skip_map(map)
        };
        self.depth -= 1;
        self.path.truncate(base);
        result
    }

    fn list<'de, A: SeqAccess<'de>>(&mut self, mut seq: A) -> Result<List, A::Error> {
        let mut list = List::default();
        while let Some(element) = seq.next_element_seed(ElementSeed(self))? {
            let n = list.add(element);
            if !self.check(validate::list_length(&self.path, n))
                || !self.check(validate::property_count(list.columns.len()))
            {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                break;
            }
        }
        Ok(list)
    }

    fn push_list(&mut self, list: List) {
        let List { plain, columns, n_objects } = list;
        if columns.is_empty() || !plain.is_empty() {
            self.push(Value::List(plain.into()));
        }
        for (name, mut values) in columns {
            while values.len() < n_objects {
                values.push(Value::Null);
            }
            if self.check(validate::property_count(self.found.len() + 1)) {
                self.found.push((name, Value::List(values.into())));
            }
        }
    }
}

/// A list as it is read: plain elements, and one column for each key of its objects.
#[derive(Default)]
struct List {
    plain: Vec<Value>,
    columns: Vec<(Text, Vec<Value>)>,
    n_objects: usize,
}

enum Element {
    Plain(Value),
    Object(Vec<(Text, Value)>),
    List(List),
}

impl List {
    /// Adds an element; the length of the longest part.
    fn add(&mut self, element: Element) -> usize {
        match element {
            Element::Plain(value) => self.plain.push(value),
            Element::Object(properties) => return self.add_object(properties),
            Element::List(inner) => {
                self.plain.extend(inner.plain);
                for (name, values) in inner.columns {
                    self.column(0, name).extend(values);
                }
            }
        }
        self.plain.len()
    }

    fn add_object(&mut self, properties: Vec<(Text, Value)>) -> usize {
        let place = self.n_objects;
        self.n_objects += 1;
        let mut longest = self.n_objects;
        for (guess, (name, value)) in properties.into_iter().enumerate() {
            let column = self.column(guess, name);
            while column.len() < place {
                column.push(Value::Null);
            }
            match value {
                Value::List(items) => column.extend(items),
                value => column.push(value),
            }
            longest = longest.max(column.len());
        }
        longest
    }

    /// The column of a name; objects mostly have their keys in one order, so `guess` is tried first.
    fn column(&mut self, guess: usize, name: Text) -> &mut Vec<Value> {
        let hit = self.columns.get(guess).is_some_and(|(known, _)| *known == name);
        let found = if hit {
            Some(guess)
        } else {
            self.columns.iter().position(|(known, _)| *known == name)
        };
        let at = found.unwrap_or_else(|| {
            self.columns.push((name, Vec::new()));
            self.columns.len() - 1
        });
        &mut self.columns[at].1
    }
}

fn skip_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<(), A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

/// A whole number beyond 64 bits with sign is kept as a float.
pub(crate) fn unsigned(n: u64) -> Value {
    i64::try_from(n).map_or(Value::Float(n as f64), Value::Int)
}

/// Appends a key to the path.
struct NameSeed<'a>(&'a mut String);

impl<'de> DeserializeSeed<'de> for NameSeed<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for NameSeed<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }
    fn visit_str<E>(self, name: &str) -> Result<(), E> {
        self.0.push_str(name);
        Ok(())
    }
}

/// Reads a value at the path.
struct ValueSeed<'a>(&'a mut Flat);

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.0.problem.is_some() {
            return deserializer.deserialize_ignored_any(IgnoredAny).map(|_| ());
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        self.0.push(Value::Null);
        Ok(())
    }
    fn visit_bool<E>(self, b: bool) -> Result<(), E> {
        self.0.push(Value::Bool(b));
        Ok(())
    }
    fn visit_i64<E>(self, n: i64) -> Result<(), E> {
        self.0.push(Value::Int(n));
        Ok(())
    }
    fn visit_u64<E>(self, n: u64) -> Result<(), E> {
        self.0.push(unsigned(n));
        Ok(())
    }
    fn visit_f64<E>(self, x: f64) -> Result<(), E> {
        self.0.push(Value::Float(x));
        Ok(())
    }
    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        let value = self.0.text(text);
        self.0.push(value);
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        let list = self.0.list(seq)?;
        self.0.push_list(list);
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        self.0.nested(map)
    }
}

/// Reads one element of a list at the path.
struct ElementSeed<'a>(&'a mut Flat);

impl<'de> DeserializeSeed<'de> for ElementSeed<'_> {
    type Value = Element;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Element, D::Error> {
        if self.0.problem.is_some() {
            let skipped = deserializer.deserialize_ignored_any(IgnoredAny);
            return skipped.map(|_| Element::Plain(Value::Null));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ElementSeed<'_> {
    type Value = Element;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an element")
    }
    fn visit_unit<E>(self) -> Result<Element, E> {
        Ok(Element::Plain(Value::Null))
    }
    fn visit_bool<E>(self, b: bool) -> Result<Element, E> {
        Ok(Element::Plain(Value::Bool(b)))
    }
    fn visit_i64<E>(self, n: i64) -> Result<Element, E> {
        Ok(Element::Plain(Value::Int(n)))
    }
    fn visit_u64<E>(self, n: u64) -> Result<Element, E> {
        Ok(Element::Plain(unsigned(n)))
    }
    fn visit_f64<E>(self, x: f64) -> Result<Element, E> {
        Ok(Element::Plain(Value::Float(x)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Element, E> {
        Ok(Element::Plain(self.0.text(text)))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Element, A::Error> {
        let flat = self.0;
        flat.depth += 1;
        let deep = validate::nesting(&flat.path, flat.depth);
        flat.check(deep);
        let list = flat.list(seq);
        flat.depth -= 1;
        list.map(Element::List)
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Element, A::Error> {
        let flat = self.0;
        let outside = std::mem::take(&mut flat.found);
        let result = flat.nested(map);
        let inside = std::mem::replace(&mut flat.found, outside);
        result.map(|()| Element::Object(inside))
    }
}

impl<'de> DeserializeSeed<'de> for Root<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Root<'_> {
    fn wrong(self) {
        self.flat.check(Err(Problem::new(
            "event.properties_not_object",
            format!(
                "{} is not an object",
                if self.prefix.is_empty() { "properties or traits" } else { "context" }
            ),
            "send an object of names and values",
        )));
    }
}

impl<'de> Visitor<'de> for Root<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        self.flat.path.clear();
        self.flat.path.push_str(self.prefix);
        self.flat.object(map)
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    /// An empty list is what some languages send for an empty object.
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut empty = true;
        while seq.next_element::<IgnoredAny>()?.is_some() {
            empty = false;
        }
        if !empty {
            self.wrong();
        }
        Ok(())
    }
    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.wrong();
        Ok(())
    }
    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        self.wrong();
        Ok(())
    }
    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.wrong();
        Ok(())
    }
    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        self.wrong();
        Ok(())
    }
    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.wrong();
        Ok(())
    }
}
