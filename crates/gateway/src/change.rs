//! Changes of attributes as wire forms write them: operators over objects of names and values.

use model::bounds::PROPERTIES_MAX;
use model::{AttributeChange, EventId, Operation, Text, Timestamp, Value};

use crate::flatten::Flat;
use crate::json::{Broken, Reader, Token};
use crate::{Problem, validate};

/// What an operator does with its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Set,
    SetOnce,
    Add,
    Append,
    Prepend,
    Union,
    Remove,
    /// Its operand is a list of names, or an object whose names count.
    Unset,
    /// Whatever its operand is.
    Clear,
}

/// What is particular to a wire form.
#[derive(Clone, Copy)]
pub(crate) struct Dialect {
    /// The operator of a name; nothing: the name of an attribute.
    pub verb: fn(&str) -> Option<Verb>,
    /// The attribute of a name that the form reserves.
    pub rename: fn(&str) -> Option<&'static str>,
    /// Whether a value that is set stands for nothing.
    pub dropped: fn(&str, &Value) -> bool,
}

/// A change as it is read.
#[derive(Debug, Default)]
pub(crate) struct Change {
    read: Vec<(Verb, Flat)>,
    clear: bool,
}

impl Change {
    /// Whether nothing was read.
    pub fn is_empty(&self) -> bool {
        self.read.is_empty() && !self.clear
    }

    /// Reads the operand of an operator.
    pub fn operand(&mut self, verb: Verb, reader: &mut Reader<'_>) -> Result<(), Broken> {
        match verb {
            Verb::Clear => {
                self.clear = true;
                reader.skip()
            }
            Verb::Unset => names(self.flat(verb), reader),
            verb => self.flat(verb).read("", reader),
        }
    }

    /// Reads an object whose names are operators or attributes; null counts as an empty one.
    pub fn read(&mut self, dialect: &Dialect, reader: &mut Reader<'_>) -> Result<(), Broken> {
        match reader.peek()? {
            b'{' => {}
            b'n' => return reader.skip(),
            _ => return reader.amiss("an object of attributes or operators"),
        }
        reader.value()?;
        let mut first = true;
        while let Some(name) = reader.name(&mut first)? {
            match (dialect.verb)(&name) {
                Some(verb) => self.operand(verb, reader)?,
                None => self.flat(Verb::Set).named("", &name, reader)?,
            }
        }
        Ok(())
    }

    fn flat(&mut self, verb: Verb) -> &mut Flat {
        let known = self.read.iter().position(|(known, _)| *known == verb);
        let at = known.unwrap_or_else(|| {
            self.read.push((verb, Flat::default()));
            self.read.len() - 1
        });
        &mut self.read[at].1
    }

    /// The change; nothing if it says nothing.
    pub fn finish(
        self,
        time: Timestamp,
        id: EventId,
        dialect: &Dialect,
    ) -> Result<Option<AttributeChange>, Problem> {
        let mut change = AttributeChange::set(time, id, Vec::new());
        change.clear = self.clear;
        for (verb, flat) in self.read {
            for (name, value) in flat.into_found()? {
                if matches!(verb, Verb::Set | Verb::SetOnce) && (dialect.dropped)(&name, &value) {
                    continue;
                }
                let name = (dialect.rename)(&name).map_or(name, Text::const_new);
                add(&mut change, verb, name, value)?;
            }
        }
        if change.operations.len() > PROPERTIES_MAX {
            return Err(Problem::new(
                "event.too_many_operations",
                format!("the change has more than {PROPERTIES_MAX} operations on attributes"),
                "send several changes",
            ));
        }
        change.attributes = validate::properties(change.attributes)?;
        let says = change.clear || !change.attributes.is_empty() || !change.operations.is_empty();
        Ok(says.then_some(change))
    }
}

fn add(change: &mut AttributeChange, verb: Verb, name: Text, value: Value) -> Result<(), Problem> {
    let operation = match (verb, value) {
        (Verb::Set, value) => {
            change.attributes.push((name, value));
            return Ok(());
        }
        (Verb::Unset, _) => {
            change.attributes.push((name, Value::Null));
            return Ok(());
        }
        (Verb::Clear, _) | (_, Value::Null) => return Ok(()),
        (Verb::SetOnce, value) => Operation::SetOnce(value),
        (Verb::Add, value) if value.number().is_some() => Operation::Add(value),
        (Verb::Add, _) => {
            return Err(Problem::new(
                "event.not_a_number",
                format!(
                    "what is added to the attribute \"{}\" is no number",
                    crate::body::clip(&name)
                ),
                "add numbers; append to a list to collect texts",
            ));
        }
        (Verb::Append, value) => Operation::Append(items(value)),
        (Verb::Prepend, value) => Operation::Prepend(items(value)),
        (Verb::Union, value) => Operation::Union(items(value)),
        (Verb::Remove, value) => Operation::Remove(items(value)),
    };
    change.operations.push((name, operation));
    Ok(())
}

fn items(value: Value) -> Vec<Value> {
    match value {
        Value::List(items) => items.into_vec(),
        value => vec![value],
    }
}

/// Reads names: a text, a list of texts, or the names of an object. Null says nothing.
pub(crate) fn names(flat: &mut Flat, reader: &mut Reader<'_>) -> Result<(), Broken> {
    const EXPECTED: &str = "names of attributes";
    let mut first = true;
    match reader.peek()? {
        b'"' | b'[' | b'{' | b'n' => {}
        _ => return reader.amiss(EXPECTED),
    }
    match reader.value()? {
        Token::Text(name) => flat.name(&name, reader),
        Token::List => {
            while reader.element(&mut first)? {
                match reader.peek()? {
                    b'"' => names(flat, reader)?,
                    _ => reader.amiss(EXPECTED)?,
                }
            }
        }
        Token::Object => {
            while let Some(name) = reader.name(&mut first)? {
                reader.skip()?;
                flat.name(&name, reader);
            }
        }
        _ => {}
    }
    Ok(())
}
