//! Rows that come as named values: JSON objects, and tables of other formats.

use std::borrow::Cow;

use model::{Record, Text, Timestamp, Value};

use super::assemble::{Assembly, Parts, column_of, mix};
use super::cell::CellKind;
use super::csv::wrong_kind;
use super::mapping::{Mapping, Source};
use crate::{Problem, validate};

/// Turns named values into records, as a [`Mapping`] says.
pub struct FieldMapper {
    mapping: Mapping,
    assembly: Assembly,
}

/// A problem and the column that it is about.
pub type AtColumn = (Option<String>, Problem);

impl FieldMapper {
    /// A mapper for rows whose fields have these names.
    ///
    /// Errors: mapped columns that do not exist.
    pub fn new(
        mapping: &Mapping,
        names: &[&str],
        received_at: Timestamp,
    ) -> Result<FieldMapper, Vec<Problem>> {
        let problems = mapping.unknown_columns(names);
        if !problems.is_empty() {
            return Err(problems);
        }
        let (assembly, mapping) = (Assembly::new(mapping, received_at), mapping.clone());
        Ok(FieldMapper { mapping, assembly })
    }

    /// The record of the row with this number. `content` is everything that the row says, in a form
    /// that is the same whenever the file is read.
    pub fn record(
        &self,
        fields: &[(Text, Value)],
        content: &[u8],
        number: u64,
    ) -> Result<Record, AtColumn> {
        let mapping = &self.mapping;
        let user = part(&mapping.user, fields);
        let anonymous = part(&mapping.anonymous, fields);
        let event = part(&mapping.event, fields);
        let time = part(&mapping.time, fields);
        let id = part(&mapping.id, fields);
        let properties = self.properties(fields)?;
        let parts = Parts {
            user: &user,
            anonymous: &anonymous,
            event: &event,
            time: &time,
            id: &id,
            properties,
            content,
            seed: mix(number, 0),
        };
        self.assembly.record(parts).map_err(|(key, problem)| (column_of(mapping, key), problem))
    }

    fn properties(&self, fields: &[(Text, Value)]) -> Result<Vec<(Text, Value)>, AtColumn> {
        let mut properties = Vec::with_capacity(fields.len());
        for (name, column, kind) in &self.mapping.properties {
            let Some((_, value)) = fields.iter().find(|(known, _)| known == column) else {
                continue;
            };
            let value = match kind {
                Some(kind) => self.convert(value, *kind).map_err(|p| (Some(column.clone()), p))?,
                None => value.clone(),
            };
            properties.push((name.clone(), value));
        }
        if !self.mapping.only_mapped {
            let mapped = self.mapping.columns();
            let free = |name: &Text| !mapped.iter().any(|(_, column)| *column == name.as_str());
            properties.extend(fields.iter().filter(|(name, _)| free(name)).cloned());
        }
        validate::properties(properties).map_err(|problem| (None, problem))
    }

    /// A value as the kind that the mapping names. Lists stay lists.
    fn convert(&self, value: &Value, kind: CellKind) -> Result<Value, Problem> {
        if matches!(value, Value::Null | Value::List(_)) {
            return Ok(value.clone());
        }
        let text = plain(value);
        kind.read(&text, &self.assembly.zone).ok_or_else(|| wrong_kind(&text, kind))
    }
}

/// The text of a mapped field; empty if it is not there or no plain value.
fn part<'a>(source: &'a Option<Source>, fields: &'a [(Text, Value)]) -> Cow<'a, str> {
    match source {
        None => Cow::Borrowed(""),
        Some(Source::Fixed(text)) => Cow::Borrowed(text),
        Some(Source::Column(column)) => {
            let field = fields.iter().find(|(name, _)| name == column);
            field.map_or(Cow::Borrowed(""), |(_, value)| plain(value))
        }
    }
}

fn plain(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null | Value::List(_) => Cow::Borrowed(""),
        Value::Text(text) => Cow::Borrowed(text),
        Value::Bool(b) => Cow::Borrowed(if *b { "true" } else { "false" }),
        Value::Int(n) => Cow::Owned(n.to_string()),
        Value::Float(x) => Cow::Owned(x.to_string()),
        Value::Time(t) => Cow::Owned(t.to_string()),
    }
}
