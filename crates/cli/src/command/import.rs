//! `perennial import`: rows of a file become records; what cannot be read is handed back.
//!
//! One thread reads and decodes, another sends; the workspace's writer is a third. Nothing is lost
//! by stopping in the middle: the same command again goes on, as every row counts once.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Seek, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use anyhow::Context;
use gateway::import::Rejected;
use serde::Serialize;
use server::Failure;
use server::import::{self, FileRows, How, Job, Report};
use server::{clock, imports::spool};
use wire::api::{Accepted, FileForm, Import};

use crate::WrongUse;
use crate::arguments::{Format, ImportArguments};
use crate::print::{self, Table, number};
use crate::progress::{Counted, Progress};
use crate::source::{self, Client, Source};

/// Rows between two looks of the progress bar.
const PROGRESS_EVERY: u64 = 8_192;

/// Rejected rows that are shown one by one on standard error.
const SHOWN: u64 = 5;

/// Records of one request to a server.
const REQUEST_RECORDS: usize = 5_000;

/// What an import came to.
#[derive(Serialize)]
struct Summary {
    /// Nothing was stored.
    dry_run: bool,
    rows: u64,
    accepted: u64,
    duplicates: u64,
    /// Records that the schema did not let in; the error stream says why.
    left_out: u64,
    rejected: u64,
    rejected_by_code: BTreeMap<String, u64>,
    seconds: f64,
    events_per_second: f64,
}

pub fn run(arguments: ImportArguments) -> anyhow::Result<()> {
    let how = how(&arguments)?;
    let (rows, read, total) = open(&arguments, &how)?;
    let source = match (&arguments.source.data_dir, &arguments.source.server) {
        (Some(dir), None) => {
            let service = source::open(dir, &arguments.source.memory)?;
            source::keep_log(&service, &arguments.log)?;
            Source::Local(service)
        }
        _ => Source::open(&arguments.source)?,
    };
    let started = Instant::now();
    let progress = Progress::bytes(total);
    let mut watch = Watch { rejects: Rejects::new(&arguments)?, progress: &progress, read, n: 0 };
    let (name, dry_run) = (name_of(&arguments.file), arguments.dry_run);
    let done = match &source {
        Source::Local(service) => {
            let workspace = service.workspace();
            let job = Job { workspace: &workspace, source: &name, dry_run };
            import::run(&job, rows, &mut |row, rejected| watch.look(row, rejected))?
        }
        Source::Remote(client) => into_server(client, rows, dry_run, &mut watch)?,
    };
    watch.rejects.finish()?;
    progress.finish();
    let seconds = started.elapsed().as_secs_f64();
    let Import { rows, accepted, duplicates, left_out, rejected, rejected_by_code, .. } = done;
    let events_per_second = (accepted + duplicates) as f64 / seconds.max(1e-9);
    let summary = Summary {
        dry_run,
        rows,
        accepted,
        duplicates,
        left_out,
        rejected,
        rejected_by_code,
        seconds,
        events_per_second,
    };
    if let Source::Local(service) = &source
        && !dry_run
    {
        service.settle()?;
    }
    source.close()?;
    print::result(arguments.summary, &summary, || table(&summary, arguments.summary))?;
    Ok(())
}

/// The format and the mapping of the flags and the saved file.
fn how(arguments: &ImportArguments) -> anyhow::Result<How> {
    let mut entries: Vec<String> = Vec::new();
    if let Some(file) = &arguments.mapping {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("read the mapping {}", file.display()))?;
        let lines = text.lines().map(str::trim);
        entries.extend(lines.filter(|l| !l.is_empty() && !l.starts_with('#')).map(str::to_owned));
    }
    entries.extend(arguments.map.iter().cloned());
    let borrowed: Vec<&str> = entries.iter().map(String::as_str).collect();
    let how = How::new(arguments.form.get(), &borrowed).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(|p| format!("\n  {}: {p}", p.code)).collect();
        WrongUse(format!("the mapping does not fit:{}", lines.concat()))
    })?;
    if let Some(file) = arguments.save_mapping.as_ref().filter(|_| !entries.is_empty()) {
        std::fs::write(file, entries.join("\n") + "\n")
            .with_context(|| format!("save the mapping to {}", file.display()))?;
    }
    Ok(how)
}

type Opened = (FileRows, Arc<AtomicU64>, Option<u64>);

/// Rows, bytes read so far, bytes in all.
fn open(arguments: &ImportArguments, how: &How) -> anyhow::Result<Opened> {
    let path = &arguments.file;
    let context = || format!("open {}", path.display());
    let now = clock::now();
    let whole = arguments.form.get() == FileForm::Parquet;
    if path == Path::new("-") {
        if whole {
            // It has to be read from its end.
            let mut file = spool::file(&std::env::temp_dir())?;
            std::io::copy(&mut std::io::stdin().lock(), &mut file)?;
            file.rewind()?;
            return Ok((fits(path, import::rows(file, how, now))?, Arc::default(), None));
        }
        let (reader, seen) = Counted::new(std::io::stdin());
        return Ok((fits(path, import::stream(Box::new(reader), how, now))?, seen, None));
    }
    if path.is_dir() {
        let rows = import::folder(path, how, now).with_context(context)?;
        return Ok((rows, Arc::default(), None));
    }
    let mut file = File::open(path).with_context(context)?;
    let total = file.metadata().ok().filter(|facts| facts.is_file()).map(|facts| facts.len());
    // What is no plain file, as a pipe, cannot be looked at and begun anew.
    if whole || (total.is_some() && import::zipped(&mut file).with_context(context)?) {
        return Ok((fits(path, import::rows(file, how, now))?, Arc::default(), None));
    }
    let (reader, seen) = Counted::new(file);
    Ok((fits(path, import::stream(Box::new(reader), how, now))?, seen, total))
}

/// A mapping that does not fit the file is wrong use.
fn fits(path: &Path, rows: Result<FileRows, Failure>) -> anyhow::Result<FileRows> {
    rows.map_err(|failure| match failure.detail.code.starts_with("mapping.") {
        true => WrongUse(failure.detail.message.clone()).into(),
        false => anyhow::Error::from(failure).context(format!("read {}", path.display())),
    })
}

/// Shows how far it is, and what is rejected.
struct Watch<'a> {
    rejects: Rejects,
    progress: &'a Progress,
    read: Arc<AtomicU64>,
    n: u64,
}

impl Watch<'_> {
    fn look(&mut self, row: u64, rejected: Option<&Rejected>) -> Result<(), Failure> {
        self.n += 1;
        if self.n.is_multiple_of(PROGRESS_EVERY) {
            let done = self.read.load(Ordering::Relaxed);
            self.progress.set(done, format!("{} rows", number(row)));
        }
        let Some(rejected) = rejected else { return Ok(()) };
        self.rejects.add(rejected).map_err(|error| {
            let message = format!("rejected rows cannot be written: {error}");
            Failure::new(507, "file.rejected", message).hint("make room, or leave out --rejected")
        })
    }
}

fn into_server(
    client: &Client,
    rows: FileRows,
    dry_run: bool,
    watch: &mut Watch<'_>,
) -> anyhow::Result<Import> {
    let mut report = Report::default();
    let path = if dry_run { "/api/records?dry_run=true" } else { "/api/records" };
    let (mut accepted, mut duplicates, mut sent) = (0, 0, 0);
    let mut batch = Vec::with_capacity(REQUEST_RECORDS);
    let mut send = |batch: &mut Vec<model::Record>| -> anyhow::Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let bytes = wire::record::encode_batch(batch);
        let done: Accepted = client.send(path, "application/octet-stream", &bytes)?;
        accepted += done.accepted;
        duplicates += done.duplicates;
        sent += batch.len() as u64;
        batch.clear();
        Ok(())
    };
    for row in rows {
        match row {
            Ok((number, record)) => {
                report.row(number);
                watch.look(number, None)?;
                batch.push(record);
                if batch.len() == REQUEST_RECORDS {
                    send(&mut batch)?;
                }
            }
            Err(rejected) => {
                watch.look(rejected.row, Some(&rejected))?;
                if rejected.code == "file.unreadable" {
                    send(&mut batch)?;
                    return Err(anyhow::anyhow!("row {}: {rejected}", rejected.row));
                }
                report.rejected(rejected);
            }
        }
    }
    send(&mut batch)?;
    let left_out = sent - accepted - duplicates;
    Ok(report.finish(accepted, duplicates, left_out, dry_run))
}

/// Where rejected rows go.
struct Rejects {
    file: Option<BufWriter<File>>,
    n: u64,
}

impl Rejects {
    fn new(arguments: &ImportArguments) -> anyhow::Result<Rejects> {
        let file = arguments.rejected.as_ref().map(|path| {
            let file = File::create(path).with_context(|| format!("create {}", path.display()))?;
            let mut file = BufWriter::new(file);
            writeln!(file, "row,line,column,code,message,mend,raw")?;
            anyhow::Ok(file)
        });
        Ok(Rejects { file: file.transpose()?, n: 0 })
    }

    fn add(&mut self, rejected: &Rejected) -> std::io::Result<()> {
        let Rejected { row, line, column, code, message, hint, raw } = rejected;
        self.n += 1;
        let column = column.as_deref().unwrap_or_default();
        if self.n <= SHOWN {
            let place =
                if column.is_empty() { String::new() } else { format!(", column {column}") };
            eprintln!("row {row}{place}: {rejected}");
        }
        if let Some(file) = &mut self.file {
            let line = line.map_or(String::new(), |line| line.to_string());
            let cells = [&*row.to_string(), &line, column, code, message, hint, raw.trim_end()];
            writeln!(file, "{}", cells.map(print::csv_cell).join(","))?;
        }
        Ok(())
    }

    fn finish(self) -> anyhow::Result<()> {
        if let Some(mut file) = self.file {
            file.flush()?;
        }
        Ok(())
    }
}

/// The name of a file, without its folders.
fn name_of(file: &Path) -> String {
    file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}

fn table(summary: &Summary, format: Format) -> Table {
    let figure = |n: u64| if format == Format::Table { number(n) } else { n.to_string() };
    let mut table = Table::new(["what", "n"]);
    if summary.dry_run {
        table.row(vec!["dry run: nothing was stored".into(), String::new()]);
    }
    table.row(vec!["rows read".into(), figure(summary.rows)]);
    table.row(vec!["accepted".into(), figure(summary.accepted)]);
    table.row(vec!["duplicates".into(), figure(summary.duplicates)]);
    if summary.left_out > 0 {
        table.row(vec!["left out by the schema".into(), figure(summary.left_out)]);
    }
    table.row(vec!["rejected".into(), figure(summary.rejected)]);
    for (code, n) in &summary.rejected_by_code {
        table.row(vec![format!("rejected: {code}"), figure(*n)]);
    }
    table.row(vec!["seconds".into(), format!("{:.2}", summary.seconds)]);
    table.row(vec!["events per second".into(), figure(summary.events_per_second as u64)]);
    table
}
