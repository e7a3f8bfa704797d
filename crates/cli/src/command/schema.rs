//! `perennial schema`.

use std::io::Read;
use std::path::Path;

use anyhow::Context;
use wire::api::{Schema, SchemaApplied, SchemaAttribute, SchemaDocument, SchemaEvent, ValueType};

use crate::WrongUse;
use crate::arguments::{ResultArguments, SchemaArguments, SchemaCommand};
use crate::print::{self, Table};
use crate::source::Source;

pub fn run(arguments: SchemaArguments) -> anyhow::Result<()> {
    match arguments.command {
        SchemaCommand::List { result } => list(&result),
        SchemaCommand::Export { result } => export(&result),
        SchemaCommand::Apply { result, file } => apply(&result, &file),
    }
}

fn list(result: &ResultArguments) -> anyhow::Result<()> {
    let source = Source::open(&result.source)?;
    let schema: Schema = match &source {
        Source::Local(service) => service.schema()?,
        Source::Remote(client) => client.get("/api/schema", &())?,
    };
    print::result(result.format, &schema, || {
        let mut table = Table::new(["kind", "name", "seen", "declared", "types", "last seen"]);
        for event in &schema.events {
            event_rows(event, &mut table);
        }
        for attribute in &schema.attributes {
            attribute_row(attribute, &mut table);
        }
        table
    })?;
    source.close()
}

fn event_rows(event: &SchemaEvent, table: &mut Table) {
    let seen = event.seen.as_ref();
    let discarded = event.discarded.as_ref().is_some_and(|discarded| discarded.blocked);
    let declared = match (&event.declared, discarded) {
        (_, true) => "discarded".into(),
        (Some(declared), false) => word(&declared.status),
        (None, false) => String::new(),
    };
    table.row(vec![
        "event".into(),
        event.name.clone(),
        seen.map_or(0, |seen| seen.count).to_string(),
        declared,
        String::new(),
        seen.map_or_else(String::new, |seen| seen.last_at.clone()),
    ]);
    for property in &event.properties {
        let seen = property.seen.as_ref();
        let declared = property.declared.as_ref();
        table.row(vec![
            "property".into(),
            format!("{}.{}", event.name, property.name),
            seen.map_or(0, |seen| seen.count).to_string(),
            declared.map_or_else(String::new, |of| word(&of.value_type)),
            seen.map_or_else(String::new, |seen| types(seen.types.iter().map(|t| t.value_type))),
            seen.map_or_else(String::new, |seen| seen.last_at.clone()),
        ]);
    }
}

fn attribute_row(attribute: &SchemaAttribute, table: &mut Table) {
    let seen = attribute.seen.as_ref();
    table.row(vec![
        "attribute".into(),
        attribute.name.clone(),
        seen.map_or(0, |seen| seen.count).to_string(),
        attribute.declared.as_ref().map_or_else(String::new, |of| word(&of.value_type)),
        seen.map_or_else(String::new, |seen| types(seen.types.iter().map(|t| t.value_type))),
        seen.map_or_else(String::new, |seen| seen.last_at.clone()),
    ]);
}

fn types(types: impl Iterator<Item = ValueType>) -> String {
    types.map(|of| word(&of)).collect::<Vec<_>>().join(", ")
}

/// The word of the API for a value.
fn word(value: &impl serde::Serialize) -> String {
    let json = serde_json::to_value(value).unwrap_or_default();
    json.as_str().unwrap_or_default().to_owned()
}

fn export(result: &ResultArguments) -> anyhow::Result<()> {
    let source = Source::open(&result.source)?;
    let document: SchemaDocument = match &source {
        Source::Local(service) => service.schema_document()?,
        Source::Remote(client) => client.get("/api/schema/document", &())?,
    };
    print::out(&(serde_json::to_string_pretty(&document)? + "\n"))?;
    source.close()
}

fn apply(result: &ResultArguments, file: &Path) -> anyhow::Result<()> {
    let mut text = String::new();
    match file == Path::new("-") {
        true => std::io::stdin().lock().read_to_string(&mut text).map(|_| ())?,
        false => {
            text = std::fs::read_to_string(file)
                .with_context(|| format!("read the document {}", file.display()))?;
        }
    }
    let document: SchemaDocument = serde_json::from_str(&text)
        .map_err(|error| WrongUse(format!("{} is no schema document: {error}", file.display())))?;
    let source = Source::open(&result.source)?;
    let applied: SchemaApplied = match &source {
        Source::Local(service) => service.apply_schema(&document)?,
        Source::Remote(client) => client.put("/api/schema/document", &document)?,
    };
    print::result(result.format, &applied, || {
        let mut table = Table::new(["added", "changed", "removed", "version"]);
        let SchemaApplied { version, added, changed, removed } = applied;
        table.row([added, changed, removed, version].map(|n| n.to_string()).to_vec());
        table
    })?;
    source.close()
}
