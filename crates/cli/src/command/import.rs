//! `perennial import`: rows of a file become records; what cannot be read is handed back.
//!
//! One thread reads and decodes, another sends; the workspace's writer is a third. Nothing is lost
//! by stopping in the middle: the same command again goes on, as every row counts once.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use anyhow::{Context, anyhow};
use gateway::import::{Format as RowFormat, Mapping, OpenError, Rejected, Rows};
use model::Record;
use serde::Serialize;
use server::errors::Noted;
use server::fill::Filler;
use server::workspace::Counts;
use server::{Service, Workspace, clock};
use wire::api::{Accepted, ErrorOutcome};

use crate::WrongUse;
use crate::arguments::{FileFormat, Format, ImportArguments};
use crate::print::{self, Table, number};
use crate::progress::{Counted, Progress};
use crate::source::{self, Client, Source};

/// Rows between two looks of the progress bar.
const PROGRESS_EVERY: u64 = 8_192;

/// Rejected rows that are shown one by one on standard error.
const SHOWN: u64 = 5;

/// Records of one request to a server.
const REQUEST_RECORDS: usize = 5_000;

type Row = Result<(u64, Record), Rejected>;

/// What an import came to.
#[derive(Default, Serialize)]
struct Summary {
    rows: u64,
    accepted: u64,
    duplicates: u64,
    /// Rows that the schema did not let in; the error stream says why.
    left_out: u64,
    rejected: u64,
    rejected_by_code: BTreeMap<&'static str, u64>,
    seconds: f64,
    events_per_second: f64,
}

pub fn run(arguments: ImportArguments) -> anyhow::Result<()> {
    let mapping = mapping(&arguments)?;
    let (rows, read, total) = open(&arguments, mapping.as_ref())?;
    let source = match (&arguments.source.data_dir, &arguments.source.server) {
        (Some(dir), None) => {
            let service = source::open(dir, &arguments.source.memory)?;
            source::keep_log(&service, &arguments.log)?;
            Source::Local(service)
        }
        _ => Source::open(&arguments.source)?,
    };
    let started = Instant::now();
    let mut rejects = Rejects::new(&arguments, &source)?;
    let progress = Progress::bytes(total);
    let watched = Watched { rows, rejects: &mut rejects, progress: &progress, read, n: 0 };
    let counts = match &source {
        Source::Local(service) => into_directory(service, &name_of(&arguments.file), watched)?,
        Source::Remote(client) => into_server(client, watched)?,
    };
    progress.finish();
    let seconds = started.elapsed().as_secs_f64();
    let mut summary = rejects.finish()?;
    summary.accepted = counts.accepted;
    summary.duplicates = counts.duplicates;
    summary.left_out = summary.rows.saturating_sub(counts.accepted + counts.duplicates);
    summary.rows += summary.rejected;
    summary.seconds = seconds;
    summary.events_per_second = (counts.accepted + counts.duplicates) as f64 / seconds.max(1e-9);
    if let Source::Local(service) = &source {
        service.settle()?;
    }
    source.close()?;
    print::result(arguments.summary, &summary, || table(&summary, arguments.summary))?;
    Ok(())
}

/// The mapping of the flags and the saved file.
fn mapping(arguments: &ImportArguments) -> anyhow::Result<Option<Mapping>> {
    let mut entries: Vec<String> = Vec::new();
    if let Some(file) = &arguments.mapping {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("read the mapping {}", file.display()))?;
        let lines = text.lines().map(str::trim);
        entries.extend(lines.filter(|l| !l.is_empty() && !l.starts_with('#')).map(str::to_owned));
    }
    entries.extend(arguments.map.iter().cloned());
    if entries.is_empty() {
        return Ok(None);
    }
    let borrowed: Vec<&str> = entries.iter().map(String::as_str).collect();
    let mapping = Mapping::parse(&borrowed).map_err(|problems| wrong_mapping(&problems))?;
    if let Some(file) = &arguments.save_mapping {
        std::fs::write(file, entries.join("\n") + "\n")
            .with_context(|| format!("save the mapping to {}", file.display()))?;
    }
    Ok(Some(mapping))
}

fn wrong_mapping(problems: &[gateway::Problem]) -> anyhow::Error {
    let lines: Vec<String> = problems.iter().map(|p| format!("\n  {}: {p}", p.code)).collect();
    WrongUse(format!("the mapping does not fit:{}", lines.concat())).into()
}

type Opened = (Box<dyn Iterator<Item = Row> + Send>, Arc<AtomicU64>, Option<u64>);

/// Rows, bytes read so far, bytes in all.
fn open(arguments: &ImportArguments, mapping: Option<&Mapping>) -> anyhow::Result<Opened> {
    let path = &arguments.file;
    let stdin = path == Path::new("-");
    let context = || format!("open {}", path.display());
    let now = clock::now();
    let format = match arguments.format {
        FileFormat::Csv => RowFormat::Csv,
        FileFormat::Ndjson => RowFormat::Ndjson,
        FileFormat::Parquet => {
            if stdin {
                let mut bytes = Vec::new();
                std::io::stdin().lock().read_to_end(&mut bytes)?;
                let rows = interchange::Rows::open_bytes(bytes, mapping, now);
                return Ok((
                    Box::new(rows.map_err(|error| no_parquet(path, error))?),
                    Arc::default(),
                    None,
                ));
            }
            let file = File::open(path).with_context(context)?;
            let rows = interchange::Rows::open_file(file, mapping, now)
                .map_err(|error| no_parquet(path, error))?;
            return Ok((Box::new(rows), Arc::default(), None));
        }
    };
    let (input, seen, total): (Box<dyn Read + Send>, _, _) = if stdin {
        let (reader, seen) = Counted::new(std::io::stdin());
        (Box::new(reader), seen, None)
    } else {
        let file = File::open(path).with_context(context)?;
        let total = file.metadata().ok().filter(|facts| facts.is_file()).map(|facts| facts.len());
        let (reader, seen) = Counted::new(file);
        (Box::new(reader), seen, total)
    };
    let rows = Rows::open(input, format, mapping, now).map_err(|error| match error {
        OpenError::Mapping(problems) => wrong_mapping(&problems),
        OpenError::Io(error) => anyhow::Error::from(error).context(context()),
    })?;
    Ok((Box::new(rows), seen, total))
}

fn no_parquet(path: &Path, error: interchange::Error) -> anyhow::Error {
    match error {
        interchange::Error::Mapping(problems) => wrong_mapping(&problems),
        other => anyhow::Error::from(other).context(format!(
            "{} is no whole Parquet file; copy it again, or say what it is with --format",
            path.display()
        )),
    }
}

/// Rows that can be read, with the others handed to [`Rejects`].
struct Watched<'a> {
    rows: Box<dyn Iterator<Item = Row> + Send>,
    rejects: &'a mut Rejects,
    progress: &'a Progress,
    read: Arc<AtomicU64>,
    n: u64,
}

impl Watched<'_> {
    fn next(&mut self) -> anyhow::Result<Option<Record>> {
        loop {
            self.n += 1;
            if self.n.is_multiple_of(PROGRESS_EVERY) {
                let done = self.read.load(Ordering::Relaxed);
                self.progress.set(done, format!("{} rows", number(self.n)));
            }
            match self.rows.next() {
                None => return Ok(None),
                Some(Ok((_, record))) => {
                    self.rejects.summary.rows += 1;
                    return Ok(Some(record));
                }
                Some(Err(rejected)) => self.rejects.add(rejected)?,
            }
        }
    }
}

fn into_directory(service: &Service, name: &str, mut rows: Watched) -> anyhow::Result<Counts> {
    let workspace = service.workspace();
    let mut filler = Filler::new(&workspace, name);
    while let Some(record) = rows.next()? {
        filler.push(record)?;
    }
    Ok(filler.finish()?)
}

fn into_server(client: &Client, mut rows: Watched) -> anyhow::Result<Counts> {
    let mut counts = Counts::default();
    let mut batch = Vec::with_capacity(REQUEST_RECORDS);
    loop {
        let record = rows.next()?;
        let last = record.is_none();
        batch.extend(record);
        if batch.len() == REQUEST_RECORDS || (last && !batch.is_empty()) {
            let bytes = wire::record::encode_batch(&batch);
            let done: Accepted = client.send("/api/records", "application/octet-stream", &bytes)?;
            counts.accepted += done.accepted;
            counts.duplicates += done.duplicates;
            batch.clear();
        }
        if last {
            return Ok(counts);
        }
    }
}

/// Where rejected rows go.
struct Rejects {
    file: Option<BufWriter<File>>,
    /// The workspace whose error stream hears of them, with the name of the file.
    workspace: Option<Arc<Workspace>>,
    name: String,
    summary: Summary,
}

impl Rejects {
    fn new(arguments: &ImportArguments, source: &Source) -> anyhow::Result<Rejects> {
        let file = arguments.rejected.as_ref().map(|path| {
            let file = File::create(path).with_context(|| format!("create {}", path.display()))?;
            let mut file = BufWriter::new(file);
            writeln!(file, "row,column,code,message,raw")?;
            anyhow::Ok(file)
        });
        let workspace = match source {
            Source::Local(service) => Some(service.workspace()),
            Source::Remote(_) => None,
        };
        let (name, summary) = (name_of(&arguments.file), Summary::default());
        Ok(Rejects { file: file.transpose()?, workspace, name, summary })
    }

    fn add(&mut self, rejected: Rejected) -> anyhow::Result<()> {
        let Rejected { row, column, code, message, raw } = rejected;
        self.summary.rejected += 1;
        *self.summary.rejected_by_code.entry(code).or_default() += 1;
        let column = column.unwrap_or_default();
        if self.summary.rejected <= SHOWN {
            let place =
                if column.is_empty() { String::new() } else { format!(", column {column}") };
            eprintln!("row {row}{place}: {message}");
        }
        if let Some(file) = &mut self.file {
            let cells = [&*row.to_string(), &column, code, &message, raw.trim_end()];
            writeln!(file, "{}", cells.map(print::csv_cell).join(","))?;
        }
        if code == "file.unreadable" {
            return Err(anyhow!("row {row}: {message}"));
        }
        if let Some(workspace) = &self.workspace {
            let (at, outcome) = (clock::now(), ErrorOutcome::Rejected);
            let hint = "mend the row, or the mapping, and import the file again";
            let source = &self.name;
            let noted = Noted { at, source, code, event: "", outcome, hint, n: 1 };
            workspace.errors().note(&noted, || (format!("row {row}: {message}"), raw.clone()));
        }
        Ok(())
    }

    fn finish(mut self) -> anyhow::Result<Summary> {
        if let Some(file) = &mut self.file {
            file.flush()?;
        }
        Ok(self.summary)
    }
}

/// The name of a file, without its folders.
fn name_of(file: &Path) -> String {
    file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}

fn table(summary: &Summary, format: Format) -> Table {
    let figure = |n: u64| if format == Format::Table { number(n) } else { n.to_string() };
    let mut table = Table::new(["what", "n"]);
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
