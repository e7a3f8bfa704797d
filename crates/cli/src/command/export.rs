//! `perennial export`: events and profiles as files that other tools read.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Context;
use interchange::{Columns, EventWriter, ProfileWriter};
use server::service::export::{self, Exported, Form, Row};
use wire::api::{ExportForm, ExportQuery};

use crate::WrongUse;
use crate::arguments::{ExportArguments, FileFormat, Table};
use crate::source::{Client, Source};

/// Where rows come from; every pass gives the same.
enum Rows {
    Local(export::Export),
    Remote(Client, Exported, Instants),
}

/// As of when, and as known at what instant.
#[derive(Clone)]
struct Instants {
    as_of: Option<String>,
    known_at: Option<String>,
    derived: bool,
}

pub fn run(arguments: ExportArguments) -> anyhow::Result<()> {
    let path = &arguments.out;
    let to_terminal = path == Path::new("-");
    if to_terminal && arguments.format == FileFormat::Parquet {
        return Err(WrongUse("Parquet goes into a file; name it with --out FILE".into()).into());
    }
    let what = match arguments.what {
        Table::Events => Exported::Events,
        Table::Profiles => Exported::Profiles,
    };
    let (rows, workspace) = match Source::open(&arguments.source)? {
        Source::Local(service) => {
            let ExportArguments { as_of, known_at, derived, .. } = &arguments;
            let export = service.export(what, as_of.as_deref(), known_at.as_deref(), *derived)?;
            (Rows::Local(export), Some(service.workspace()))
        }
        Source::Remote(client) => {
            let ExportArguments { as_of, known_at, derived, .. } = &arguments;
            let (as_of, known_at) = (as_of.clone(), known_at.clone());
            let at = Instants { as_of, known_at, derived: *derived };
            (Rows::Remote(client, what, at), None)
        }
    };
    if to_terminal {
        let mut out = BufWriter::new(std::io::stdout());
        rows.write(arguments.format, &mut out)?;
        out.flush()?;
    } else {
        let context = || format!("write {}", path.display());
        let mut out = BufWriter::new(File::create(path).with_context(context)?);
        rows.write(arguments.format, &mut out).with_context(context)?;
        out.flush().with_context(context)?;
    }
    if let Some(workspace) = workspace {
        drop(rows);
        workspace.close()?;
    }
    Ok(())
}

impl Rows {
    fn write<W: Write + Send>(&self, format: FileFormat, out: &mut W) -> anyhow::Result<()> {
        let (form, asked) = match format {
            FileFormat::Parquet => return self.parquet(out),
            FileFormat::Ndjson => (Form::Ndjson, ExportForm::Ndjson),
            FileFormat::Csv => (Form::Csv, ExportForm::Csv),
        };
        match self {
            Rows::Local(export) => Ok(export.write(form, out)?),
            Rows::Remote(client, what, at) => {
                let mut body = client.stream(path(*what), &query(asked, at))?;
                std::io::copy(&mut body, out)?;
                Ok(())
            }
        }
    }

    /// Two passes: the first finds the columns.
    fn parquet<W: Write + Send>(&self, out: &mut W) -> anyhow::Result<()> {
        let mut columns = Columns::default();
        self.each(|row| {
            columns.see(&row.values);
            Ok(())
        })?;
        let what = match self {
            Rows::Local(export) => export.what(),
            Rows::Remote(_, what, _) => *what,
        };
        if what == Exported::Profiles {
            let mut writer = ProfileWriter::new(out, &columns)?;
            self.each(|row| Ok(writer.push(&row.user, &row.values)?))?;
            writer.finish()?;
            return Ok(());
        }
        let mut writer = EventWriter::new(out, &columns)?;
        self.each(|row| {
            let Some((event, received_at)) = &row.event else { return Ok(()) };
            Ok(writer.push(&row.user, *received_at, event)?)
        })?;
        writer.finish()?;
        Ok(())
    }

    fn each(&self, row: impl FnMut(Row) -> anyhow::Result<()>) -> anyhow::Result<()> {
        match self {
            Rows::Local(export) => export.each(row),
            Rows::Remote(client, what, at) => {
                let query = query(ExportForm::Records, at);
                export::read(&mut client.stream(path(*what), &query)?, row)
            }
        }
    }
}

fn path(what: Exported) -> &'static str {
    match what {
        Exported::Events => "/api/export/events",
        Exported::Profiles => "/api/export/profiles",
    }
}

fn query(format: ExportForm, at: &Instants) -> ExportQuery {
    let Instants { as_of, known_at, derived } = at.clone();
    ExportQuery { format, as_of, known_at, derived }
}
