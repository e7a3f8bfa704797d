//! `perennial export`: events and profiles as files that other tools read.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Context;
use interchange::{Columns, EventWriter, ProfileWriter};
use model::{Event, Text, Timestamp, Value};
use segment::evaluate::{attribute_at, exists};
use serde_json::Value as Json;
use server::Service;
use server::service::values;

use crate::WrongUse;
use crate::arguments::{ExportArguments, Exported, FileFormat};
use crate::print::csv_cell;
use crate::source::Source;

/// One row: whose, the fixed part, and what is named.
struct Row {
    user: Text,
    event: Option<(Event, Timestamp)>,
    values: Vec<(Text, Value)>,
}

pub fn run(arguments: ExportArguments) -> anyhow::Result<()> {
    let Source::Local(service) = Source::open(&arguments.source)? else {
        return Err(WrongUse(
            "export reads a data directory; run it where the data are, with --data-dir".into(),
        )
        .into());
    };
    let at = match &arguments.as_of {
        Some(text) => Timestamp::parse(text)?,
        None => Timestamp::MAX,
    };
    let (path, what) = (&arguments.out, arguments.what);
    if path == Path::new("-") {
        if arguments.format == FileFormat::Parquet {
            return Err(WrongUse("Parquet goes into a file; name it with --out FILE".into()).into());
        }
        let mut out = BufWriter::new(std::io::stdout());
        write(&service, what, arguments.format, at, &mut out)?;
        out.flush()?;
        service.workspace().close()?;
        return Ok(());
    }
    let context = || format!("write {}", path.display());
    let mut out = BufWriter::new(File::create(path).with_context(context)?);
    write(&service, what, arguments.format, at, &mut out)?;
    out.flush().with_context(context)?;
    service.workspace().close()?;
    Ok(())
}

fn write<W: Write + Send>(
    service: &Service,
    what: Exported,
    format: FileFormat,
    at: Timestamp,
    out: W,
) -> anyhow::Result<()> {
    match format {
        FileFormat::Parquet => parquet(service, what, at, out),
        FileFormat::Ndjson => ndjson(service, what, at, out),
        FileFormat::Csv => csv(service, what, at, out),
    }
}

/// All rows, user by user in order of first sight.
fn each(
    service: &Service,
    what: Exported,
    at: Timestamp,
    mut row: impl FnMut(Row) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let snapshot = service.workspace().snapshot()?;
    for user in snapshot.users(at).iter() {
        let id = snapshot.public_id(user).clone();
        if what == Exported::Profiles {
            let history = snapshot.history_of(user);
            if !exists(&history, at) {
                continue;
            }
            let named = history.attributes.keys();
            let values = named
                .filter_map(|name| Some((name.clone(), attribute_at(&history, name, at)?.clone())));
            row(Row { user: id, event: None, values: values.collect() })?;
            continue;
        }
        for stored in snapshot.events_of(user) {
            let event = stored.event;
            if event.time <= at {
                let event = Event {
                    name: event.name,
                    time: event.time,
                    id: event.id,
                    properties: event.properties,
                };
                let values = event.properties.clone();
                row(Row { user: id.clone(), event: Some((event, stored.received_at)), values })?;
            }
        }
    }
    Ok(())
}

fn parquet<W: Write + Send>(
    service: &Service,
    what: Exported,
    at: Timestamp,
    out: W,
) -> anyhow::Result<()> {
    let mut columns = Columns::default();
    each(service, what, at, |row| {
        columns.see(&row.values);
        Ok(())
    })?;
    if what == Exported::Profiles {
        let mut writer = ProfileWriter::new(out, &columns)?;
        each(service, what, at, |row| Ok(writer.push(&row.user, &row.values)?))?;
        writer.finish()?.flush()?;
        return Ok(());
    }
    let mut writer = EventWriter::new(out, &columns)?;
    each(service, what, at, |row| {
        let Some((event, received_at)) = &row.event else { return Ok(()) };
        Ok(writer.push(&row.user, *received_at, event)?)
    })?;
    writer.finish()?.flush()?;
    Ok(())
}

fn ndjson<W: Write>(
    service: &Service,
    what: Exported,
    at: Timestamp,
    mut out: W,
) -> anyhow::Result<()> {
    each(service, what, at, |row| {
        let named =
            Json::from(values::object(row.values.iter().map(|(name, value)| (name, value))));
        let line = match &row.event {
            None => serde_json::json!({"user_id": row.user.as_str(), "attributes": named}),
            Some((event, received_at)) => serde_json::json!({
                "user_id": row.user.as_str(), "event": event.name.as_str(),
                "time": event.time.to_string(), "received_at": received_at.to_string(),
                "event_id": event.id.to_string(), "properties": named,
            }),
        };
        Ok(writeln!(out, "{line}")?)
    })
}

fn csv<W: Write>(
    service: &Service,
    what: Exported,
    at: Timestamp,
    mut out: W,
) -> anyhow::Result<()> {
    let mut names: Vec<Text> = Vec::new();
    each(service, what, at, |row| {
        for (name, _) in row.values {
            if let Err(place) = names.binary_search(&name) {
                names.insert(place, name);
            }
        }
        Ok(())
    })?;
    let fixed: &[&str] = match what {
        Exported::Events => &["user_id", "event", "time", "received_at", "event_id"],
        Exported::Profiles => &["user_id"],
    };
    let prefixed = |name: &Text| format!("properties.{name}");
    let header = fixed.iter().map(|name| (*name).to_owned()).chain(names.iter().map(prefixed));
    let line =
        |cells: Vec<String>| cells.iter().map(|cell| csv_cell(cell)).collect::<Vec<_>>().join(",");
    writeln!(out, "{}", line(header.collect()))?;
    each(service, what, at, |row| {
        let mut cells = vec![row.user.to_string()];
        if let Some((event, received_at)) = &row.event {
            let (time, received) = (event.time.to_string(), received_at.to_string());
            cells.extend([event.name.to_string(), time, received, event.id.to_string()]);
        }
        cells.extend(names.iter().map(|name| {
            let found = row.values.iter().find(|(own, _)| own == name);
            found.map_or_else(String::new, |(_, value)| cell(value))
        }));
        Ok(writeln!(out, "{}", line(cells))?)
    })
}

fn cell(value: &Value) -> String {
    match values::json(value) {
        Json::String(text) => text,
        Json::Null => String::new(),
        other => other.to_string(),
    }
}
