//! Histories as other products export them, read as they are.
//!
//! A line is one record, or a page of records as the product's API answers it
//! (`{"results":[…]}`, `{"records":[…]}`). What the vendor's export has of its own delivery id gives
//! the same id as the live library, so that what came both ways counts once; a record without one is
//! known by what it says.

use std::collections::VecDeque;

use model::{Record, Text, Timestamp, Zone};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::mapping::{Mapping, Source};
use super::ndjson::{Line, read_line};
use super::seen::Seen;
use super::{Input, Rejected};
use crate::{Problem, amplitude, clevertap, mixpanel};

/// The longest line, in bytes: a page of some thousand records stands on one.
const PAGE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Products whose exports are read as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vendor {
    /// Raw export of events, and profiles as the query API answers them.
    Mixpanel,
    /// Events, as in the export's files.
    Amplitude,
    /// Events and profiles as the API answers them.
    CleverTap,
}

/// What an export does not say of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportSettings {
    /// The zone of times that are local to the product's project or account.
    pub zone: Zone,
    /// The event of an export that is of one event only.
    pub event: Option<Text>,
    /// As [`Mapping::version`].
    pub version: u64,
}

impl Vendor {
    /// The names by which they are called.
    pub const NAMES: [(&str, Vendor); 3] = [
        ("mixpanel", Vendor::Mixpanel),
        ("amplitude", Vendor::Amplitude),
        ("clevertap", Vendor::CleverTap),
    ];

    /// The vendor of a name.
    pub fn named(name: &str) -> Option<Vendor> {
        Vendor::NAMES.into_iter().find(|(known, _)| *known == name).map(|(_, vendor)| vendor)
    }
}

impl Default for ExportSettings {
    fn default() -> ExportSettings {
        ExportSettings { zone: Zone::utc(), event: None, version: 0 }
    }
}

impl ExportSettings {
    /// Reads `key=value` entries: `zone=NAME` and `event==NAME`. An export says everything else.
    ///
    /// Errors: every problem, not only the first.
    pub fn parse(entries: &[&str]) -> Result<ExportSettings, Vec<Problem>> {
        // An export has a user, a time and an event of its own.
        const OWN: [&str; 3] = ["user==-", "time==-", "event==-"];
        let mut problems: Vec<Problem> =
            entries.iter().filter_map(|entry| foreign(entry)).collect();
        let mut all: Vec<&str> =
            entries.iter().copied().filter(|entry| foreign(entry).is_none()).collect();
        let named = all.iter().any(|entry| entry.trim_start().starts_with("event"));
        all.extend(OWN.iter().take(if named { 2 } else { 3 }));
        let mapping = Mapping::parse(&all).map_err(|more| problems.extend(more));
        match mapping {
            Ok(Mapping { zone, event, .. }) if problems.is_empty() => {
                let event = match event.filter(|_| named) {
                    Some(Source::Fixed(name)) => Some(name),
                    _ => None,
                };
                Ok(ExportSettings { zone, event, version: 0 })
            }
            _ => Err(problems),
        }
    }
}

/// The problem of an entry that says what an export says itself.
fn foreign(entry: &str) -> Option<Problem> {
    let (key, value) = entry.split_once('=')?;
    let fits = match key.trim() {
        "zone" => true,
        "event" => value.trim_start().starts_with('='),
        _ => false,
    };
    (!fits).then(|| {
        let message = format!("\"{}\" does not fit an export", crate::body::clip(entry));
        let hint = "of an export say zone=NAME and event==NAME only; it says the rest itself";
        Problem::new("mapping.not_for_exports", message, hint)
    })
}

/// The records of an export.
pub(super) struct ExportRows {
    input: Input,
    vendor: Vendor,
    settings: ExportSettings,
    received_at: Timestamp,
    seen: Seen,
    line: Line,
    n_lines: u64,
    number: u64,
    /// Records of the page that is being read.
    page: VecDeque<String>,
    /// Records that the last row gave and that are not handed over yet.
    ready: VecDeque<Record>,
    done: bool,
}

/// A page as the vendors' APIs answer it.
#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow, default, alias = "results")]
    records: Option<Vec<&'a RawValue>>,
}

impl ExportRows {
    pub fn new(
        input: Input,
        vendor: Vendor,
        settings: ExportSettings,
        received_at: Timestamp,
    ) -> ExportRows {
        ExportRows {
            input,
            vendor,
            settings,
            received_at,
            seen: Seen::default(),
            line: Line::default(),
            n_lines: 0,
            number: 0,
            page: VecDeque::new(),
            ready: VecDeque::new(),
            done: false,
        }
    }

    pub fn next_row(&mut self) -> Option<Result<(u64, Record), Rejected>> {
        loop {
            if let Some(record) = self.ready.pop_front() {
                return Some(Ok((self.number, record)));
            }
            if let Some(written) = self.page.pop_front() {
                self.number += 1;
                if let Err(problem) = self.read(&written) {
                    return Some(Err(self.rejected(problem, written)));
                }
                continue;
            }
            if self.done {
                return None;
            }
            self.n_lines += 1;
            match read_line(&mut self.input, &mut self.line, PAGE_BYTES_MAX) {
                Ok(true) => {}
                Ok(false) => self.done = true,
                Err(error) => {
                    self.done = true;
                    let line = Some(self.n_lines);
                    return Some(Err(Rejected::unreadable(self.number + 1, line, &error)));
                }
            }
            if self.done || self.line.blank() {
                continue;
            }
            if let Err(problem) = self.cut() {
                self.number += 1;
                let raw = super::beginning(self.line.raw().as_bytes());
                return Some(Err(self.rejected(problem, raw)));
            }
        }
    }

    fn rejected(&self, problem: Problem, raw: String) -> Rejected {
        Rejected::new((self.number, Some(self.n_lines)), None, problem, raw)
    }

    /// Cuts the records out of a line.
    fn cut(&mut self) -> Result<(), Problem> {
        let text = self.line.text()?;
        let list = |raw: Vec<&RawValue>| raw.into_iter().map(|raw| raw.get().to_owned()).collect();
        if text.starts_with('[') {
            let all: Vec<&RawValue> =
                serde_json::from_str(text).map_err(|error| no_page(&error))?;
            self.page = list(all);
        } else if (text.contains("\"records\"") || text.contains("\"results\""))
            && let Ok(Page { records: Some(records) }) = serde_json::from_str::<Page<'_>>(text)
        {
            self.page = list(records);
        } else {
            self.page.push_back(text.to_owned());
        }
        Ok(())
    }

    fn read(&mut self, written: &str) -> Result<(), Problem> {
        let ExportRows { settings, received_at, seen, .. } = self;
        let records = match self.vendor {
            Vendor::Mixpanel => mixpanel::export::records(written, *received_at, settings, seen),
            Vendor::Amplitude => amplitude::export::records(written, *received_at, seen),
            Vendor::CleverTap => clevertap::export::records(written, *received_at, settings, seen),
        };
        self.ready.extend(records?);
        Ok(())
    }
}

fn no_page(error: &serde_json::Error) -> Problem {
    Problem::new(
        "event.malformed",
        format!("the page cannot be read: {error}"),
        "write every page, or every record, on a line of its own",
    )
}

#[cfg(test)]
mod tests;
