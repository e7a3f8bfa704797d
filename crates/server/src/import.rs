//! Files into a workspace: what the command line, the API and scheduled imports share.
//!
//! What it is: how a file is written ([`How`]), its rows in bounded memory ([`rows`]), and one import
//! with its report ([`run`]). What it is not: it decides nothing about a row (`gateway::import`,
//! `interchange`), and fetches nothing ([`crate::imports`] does).
//!
//! Invariants: the ids of rows come from the file alone, so that an import that was cut off is begun
//! anew and nothing counts twice; a dry run changes nothing but counters of memory.

mod zip;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

use gateway::import::{ExportSettings, Format, Mapping, OpenError, Rejected, Rows, Vendor};
use model::{Record, Timestamp};
use wire::api::{ErrorOutcome, FileForm, Import, RejectedRow};

use crate::errors::Noted;
use crate::failure::Failure;
use crate::fill::Filler;
use crate::workspace::Workspace;

/// Rejected rows that a report names; more are counted.
pub const SHOWN_MAX: usize = 1_000;

/// A row: its number and record, or why it gives none.
pub type Row = Result<(u64, Record), Rejected>;

/// The rows of a file.
pub type FileRows = Box<dyn Iterator<Item = Row> + Send>;

/// How a file is written and what its columns are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct How {
    form: FileForm,
    mapping: Option<Mapping>,
    settings: ExportSettings,
}

impl How {
    /// Reads the mapping's entries (`user=COLUMN` and so on) for a form.
    ///
    /// Errors: all problems of the mapping.
    pub fn new(form: FileForm, entries: &[&str]) -> Result<How, Vec<gateway::Problem>> {
        let mut how = How { form, mapping: None, settings: ExportSettings::default() };
        if vendor(form).is_some() {
            how.settings = ExportSettings::parse(entries)?;
        } else if !entries.is_empty() {
            how.mapping = Some(Mapping::parse(entries)?);
        }
        Ok(how)
    }

    /// The same for one version of a file that is read again whenever it changes.
    pub fn of_version(mut self, version: u64) -> How {
        self.settings.version = version;
        if let Some(mapping) = &mut self.mapping {
            mapping.version = version;
        }
        self
    }
}

/// Whose export it is, if it is one.
pub fn vendor(form: FileForm) -> Option<Vendor> {
    Some(match form {
        FileForm::Mixpanel => Vendor::Mixpanel,
        FileForm::Amplitude => Vendor::Amplitude,
        FileForm::Clevertap => Vendor::CleverTap,
        FileForm::Csv | FileForm::Ndjson | FileForm::Parquet => return None,
    })
}

/// The rows of an open file, which may be gzip, or a zip archive of such files.
pub fn rows(mut file: File, how: &How, received_at: Timestamp) -> Result<FileRows, Failure> {
    if how.form == FileForm::Parquet {
        let rows = interchange::Rows::open_file(file, how.mapping.as_ref(), received_at);
        return Ok(Box::new(rows.map_err(no_parquet)?));
    }
    if !zipped(&mut file).map_err(unreadable)? {
        return stream(Box::new(file), how, received_at);
    }
    let how = how.clone();
    let members = zip::members(&mut file).map_err(unreadable)?;
    let members = members.into_iter().map(move |member| {
        let open = zip::open(&file, &member).map_err(unreadable);
        (member.name, open.and_then(|input| stream(input, &how, received_at)))
    });
    Ok(Box::new(Several::new(Box::new(members))))
}

/// Whether a file is a zip archive; it is at its beginning then.
pub fn zipped(file: &mut File) -> io::Result<bool> {
    let mut start = Vec::new();
    file.by_ref().take(zip::MAGIC.len() as u64).read_to_end(&mut start)?;
    file.rewind()?;
    Ok(start == zip::MAGIC)
}

/// The rows of what comes bit by bit, which may be gzip. Not for Parquet and zip.
pub fn stream(
    input: Box<dyn Read + Send>,
    how: &How,
    received_at: Timestamp,
) -> Result<FileRows, Failure> {
    if let Some(vendor) = vendor(how.form) {
        let rows = Rows::open_export(input, vendor, &how.settings, received_at);
        return Ok(Box::new(rows.map_err(unreadable)?));
    }
    let format = if how.form == FileForm::Csv { Format::Csv } else { Format::Ndjson };
    match Rows::open(input, format, how.mapping.as_ref(), received_at) {
        Ok(rows) => Ok(Box::new(rows)),
        Err(OpenError::Mapping(problems)) => Err(wrong_mapping(&problems)),
        Err(OpenError::Io(error)) => Err(unreadable(error)),
    }
}

/// The rows of every file of a folder, by name, one after the other. Files whose name begins with a
/// point are left out.
pub fn folder(dir: &Path, how: &How, received_at: Timestamp) -> io::Result<FileRows> {
    let mut files = Vec::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            match entry.file_type()? {
                _ if hidden => {}
                kind if kind.is_dir() => folders.push(entry.path()),
                kind if kind.is_file() => files.push(entry.path()),
                _ => {}
            }
        }
    }
    files.sort();
    let how = how.clone();
    let files = files.into_iter().map(move |path| {
        let opened = File::open(&path).map_err(unreadable);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        (name, opened.and_then(|file| rows(file, &how, received_at)))
    });
    Ok(Box::new(Several::new(Box::new(files))))
}

type Files = Box<dyn Iterator<Item = (String, Result<FileRows, Failure>)> + Send>;

/// Rows of several files, numbered through; what is rejected names its file.
struct Several {
    files: Files,
    name: String,
    rows: Option<FileRows>,
    /// Rows of the files before, and of all so far.
    before: u64,
    n: u64,
}

impl Several {
    fn new(files: Files) -> Several {
        Several { files, name: String::new(), rows: None, before: 0, n: 0 }
    }
}

impl Iterator for Several {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        loop {
            match self.rows.as_mut().and_then(Iterator::next) {
                Some(Ok((row, record))) => {
                    self.n = self.before + row;
                    return Some(Ok((self.n, record)));
                }
                Some(Err(rejected)) => {
                    self.n = self.before + rejected.row;
                    let message = format!("{}: {}", self.name, rejected.message);
                    return Some(Err(Rejected { row: self.n, message, ..rejected }));
                }
                None => {
                    self.before = self.n;
                    let (name, rows) = self.files.next()?;
                    match rows {
                        Ok(rows) => (self.name, self.rows) = (name, Some(rows)),
                        Err(failure) => {
                            self.rows = None;
                            self.n += 1;
                            return Some(Err(no_file(self.n, &name, &failure)));
                        }
                    }
                }
            }
        }
    }
}

/// A file among several that cannot be opened; the others are read all the same.
fn no_file(row: u64, name: &str, failure: &Failure) -> Rejected {
    Rejected {
        row,
        line: None,
        column: None,
        code: "file.unopened",
        message: format!("{name}: {failure}"),
        hint: "mend the file and import it again; what is in counts once",
        raw: String::new(),
    }
}

/// One import.
pub struct Job<'a> {
    /// Where to.
    pub workspace: &'a Workspace,
    /// Its name in the error stream.
    pub source: &'a str,
    /// Nothing is stored.
    pub dry_run: bool,
}

/// Hears of every row's number and of what is rejected, and may end an import by an error.
pub type Watch<'a> = dyn FnMut(u64, Option<&Rejected>) -> Result<(), Failure> + 'a;

/// Imports all rows. `watch` hears of every row's number and of what is rejected, and may end the
/// import by an error.
///
/// Errors: what `watch` said; nothing can be written; the file cannot be read to its end, after
/// whatever was read of it has been imported.
pub fn run(job: &Job<'_>, rows: FileRows, watch: &mut Watch<'_>) -> Result<Import, Failure> {
    let mut report = Report::default();
    let mut filler = match job.dry_run {
        false => Filler::new(job.workspace, job.source),
        true => Filler::dry(job.workspace, job.source),
    };
    let mut cut = None;
    for row in rows {
        match row {
            Ok((number, record)) => {
                report.row(number);
                watch(number, None)?;
                filler.push(record)?;
            }
            Err(rejected) => {
                watch(rejected.row, Some(&rejected))?;
                if rejected.code == "file.unreadable" {
                    cut = Some(cut_off(&rejected));
                    continue;
                }
                if !job.dry_run {
                    note(job.workspace, job.source, &rejected);
                }
                report.rejected(rejected);
            }
        }
    }
    let counts = filler.finish()?;
    let left_out = filler.left_out();
    match cut {
        Some(failure) => Err(failure),
        None => Ok(report.finish(counts.accepted, counts.duplicates, left_out, job.dry_run)),
    }
}

/// Notes a rejected row in the error stream.
pub fn note(workspace: &Workspace, source: &str, rejected: &Rejected) {
    let Rejected { row, code, hint, message, raw, .. } = rejected;
    let (at, outcome) = (workspace.now(), ErrorOutcome::Rejected);
    let noted = Noted { at, source, code, event: "", outcome, hint, n: 1 };
    workspace.errors().note(&noted, || (format!("row {row}: {message}"), raw.clone()));
}

/// What an import came to, while it goes on.
#[derive(Default)]
pub struct Report {
    rows: u64,
    last: u64,
    rejected: u64,
    by_code: BTreeMap<String, u64>,
    shown: Vec<RejectedRow>,
}

impl Report {
    /// A row gave a record.
    pub fn row(&mut self, number: u64) {
        self.rows += u64::from(number != self.last);
        self.last = number;
    }

    /// A row was rejected.
    pub fn rejected(&mut self, rejected: Rejected) {
        let Rejected { row, line, column, code, message, hint, .. } = rejected;
        self.rejected += 1;
        *self.by_code.entry(code.to_owned()).or_default() += 1;
        if self.shown.len() < SHOWN_MAX {
            let (code, hint) = (code.to_owned(), hint.to_owned());
            self.shown.push(RejectedRow { row, line, column, code, message, hint });
        }
    }

    /// The whole.
    pub fn finish(self, accepted: u64, duplicates: u64, left_out: u64, dry_run: bool) -> Import {
        Import {
            dry_run,
            rows: self.rows + self.rejected,
            accepted,
            duplicates,
            left_out,
            rejected: self.rejected,
            rejected_by_code: self.by_code,
            rejected_rows: self.shown,
        }
    }
}

/// What does not fit of a mapping, all at once.
pub fn wrong_mapping(problems: &[gateway::Problem]) -> Failure {
    let all: Vec<String> = problems.iter().map(|p| format!("{}: {p}", p.code)).collect();
    let message = format!("the mapping does not fit: {}", all.join(" | "));
    Failure::unprocessable(problems.first().map_or("mapping.missing", |p| p.code), message)
        .hint("see `perennial import --help` for what a mapping says")
}

fn unreadable(error: io::Error) -> Failure {
    Failure::unprocessable("file.unreadable", format!("the file cannot be read: {error}"))
        .hint("check that it is complete, and not damaged on its way")
}

fn cut_off(rejected: &Rejected) -> Failure {
    Failure::unprocessable("file.unreadable", format!("row {}: {}", rejected.row, rejected.message))
        .hint(rejected.hint)
}

fn no_parquet(error: interchange::Error) -> Failure {
    match error {
        interchange::Error::Mapping(problems) => wrong_mapping(&problems),
        other => {
            let message = format!("the file is no whole Parquet file: {other}");
            Failure::unprocessable("file.no_parquet", message)
                .hint("copy it again, or say what it is with another --format")
        }
    }
}
