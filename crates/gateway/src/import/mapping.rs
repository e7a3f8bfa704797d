//! Which column is what, as it is written on a command line or in a saved file.
//!
//! ```text
//! user = customer_id          a column
//! event = =Purchase           a fixed value, after an equals sign
//! time = ordered_at
//! properties.amount = total:float
//! ```
//! Keys: `user`, `anonymous`, `event`, `time`, `id`, `kind` (`event` or `profile`), `zone` (of times
//! without an offset), `dates` (`dmy` or `mdy`: which comes first in `03/04/2026`), `only-mapped`
//! (`true`: other columns are left out) and `properties.NAME`.

use model::{Text, Zone};

use super::cell::CellKind;
use crate::Problem;
use crate::body::clip;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A column of the file, or a dotted name of a JSON object.
    Column(String),
    /// The same value for every row.
    Fixed(Text),
}

/// Which column is what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The id of a known person.
    pub user: Option<Source>,
    /// The id of a device.
    pub anonymous: Option<Source>,
    /// The name of the event.
    pub event: Option<Source>,
    /// The time; without it a profile changes when it arrives.
    pub time: Option<Source>,
    /// The id of a delivery; without it, it is the hash of the row and its number.
    pub id: Option<Source>,
    /// Property name, column and kind (inferred if not given).
    pub properties: Vec<(Text, String, Option<CellKind>)>,
    /// Whether columns that are not mapped are left out.
    pub only_mapped: bool,
    /// Whether rows are profiles (their columns become attributes) and not events.
    pub profiles: bool,
    /// The zone of times without an offset.
    pub zone: Zone,
    /// What comes first in times that are written like `03/04/2026`; nothing: such are no times.
    pub dates: Option<DateOrder>,
    /// Which version of a file it is read for, for files that are read again whenever they change: a
    /// profile without a time that says the same in two versions says it twice. Zero: there is one.
    pub version: u64,
}

/// What comes first in a date that is written in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    /// `31/12/2026`, `31.12.2026`.
    DayFirst,
    /// `12/31/2026`.
    MonthFirst,
}

/// Columns that a message lists.
const COLUMNS_SHOWN: usize = 30;

const KEYS: [&str; 9] =
    ["user", "anonymous", "event", "time", "id", "kind", "zone", "dates", "only-mapped"];

impl Mapping {
    /// Reads `key=value` entries.
    ///
    /// Errors: every problem, not only the first.
    pub fn parse(entries: &[&str]) -> Result<Mapping, Vec<Problem>> {
        let mut mapping = Mapping {
            user: None,
            anonymous: None,
            event: None,
            time: None,
            id: None,
            properties: Vec::new(),
            only_mapped: false,
            profiles: false,
            zone: Zone::utc(),
            dates: None,
            version: 0,
        };
        let mut problems: Vec<Problem> =
            entries.iter().filter_map(|entry| mapping.add(entry).err()).collect();
        mapping.check(&mut problems);
        if problems.is_empty() { Ok(mapping) } else { Err(problems) }
    }

    /// Reads a saved mapping: one entry a line; empty lines and lines that begin with `#` say nothing.
    pub fn parse_file(text: &str) -> Result<Mapping, Vec<Problem>> {
        let lines = text.lines().map(str::trim);
        let entries: Vec<&str> =
            lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        Mapping::parse(&entries)
    }

    fn add(&mut self, entry: &str) -> Result<(), Problem> {
        let (key, value) = entry.split_once('=').ok_or_else(|| {
            let message = format!("\"{entry}\" is not a mapping");
            Problem::new("mapping.no_equals_sign", message, "write key=COLUMN or key==VALUE")
        })?;
        let (key, value) = (key.trim(), value.trim());
        if let Some(name) = key.strip_prefix("properties.") {
            return self.add_property(name, value);
        }
        let place = match key {
            "user" => &mut self.user,
            "anonymous" => &mut self.anonymous,
            "event" => &mut self.event,
            "time" => &mut self.time,
            "id" => &mut self.id,
            _ => return self.add_setting(key, value),
        };
        if value.is_empty() {
            let message = format!("\"{key}\" is mapped to nothing");
            return Err(Problem::new("mapping.empty", message, "name a column or a fixed value"));
        }
        if place.is_some() {
            return Err(twice(key));
        }
        *place = Some(match value.strip_prefix('=') {
            Some(fixed) => Source::Fixed(Text::new(fixed.trim())),
            None => Source::Column(value.to_owned()),
        });
        Ok(())
    }

    fn add_property(&mut self, name: &str, value: &str) -> Result<(), Problem> {
        crate::validate::property_name(name)?;
        if self.properties.iter().any(|(known, ..)| known == name) {
            return Err(twice(&format!("properties.{name}")));
        }
        let (column, kind) = match value.rsplit_once(':') {
            Some((column, kind)) if CellKind::named(kind).is_some() => {
                (column, CellKind::named(kind))
            }
            _ => (value, None),
        };
        self.properties.push((Text::new(name), column.to_owned(), kind));
        Ok(())
    }

    fn add_setting(&mut self, key: &str, value: &str) -> Result<(), Problem> {
        match (key, value) {
            ("kind", "event" | "events") => self.profiles = false,
            ("kind", "profile" | "profiles") => self.profiles = true,
            ("dates", "dmy") => self.dates = Some(DateOrder::DayFirst),
            ("dates", "mdy") => self.dates = Some(DateOrder::MonthFirst),
            ("only-mapped", "true") => self.only_mapped = true,
            ("only-mapped", "false") => self.only_mapped = false,
            ("zone", name) => match Zone::named(name) {
                Some(zone) => self.zone = zone,
                None => {
                    let message = format!("there is no time zone \"{name}\"");
                    let hint = "use an IANA name such as Europe/Istanbul";
                    return Err(Problem::new("mapping.unknown_zone", message, hint));
                }
            },
            ("dates", _) => return Err(unknown_value(key, value, "dmy or mdy")),
            ("kind", _) => return Err(unknown_value(key, value, "event or profile")),
            ("only-mapped", _) => return Err(unknown_value(key, value, "true or false")),
            _ => {
                let near = nearest(key, KEYS.iter().copied())
                    .map_or(String::new(), |near| format!("; did you mean \"{near}\"?"));
                return Err(Problem::new(
                    "mapping.unknown_key",
                    format!("\"{key}\" cannot be mapped{near}"),
                    "map user, anonymous, event, time, id or properties.NAME",
                ));
            }
        }
        Ok(())
    }

    fn check(&self, problems: &mut Vec<Problem>) {
        let mut need = |given: bool, code, message: &str, hint| {
            if !given {
                problems.push(Problem::new(code, message, hint));
            }
        };
        let someone = self.user.is_some() || self.anonymous.is_some();
        need(someone, "mapping.no_user", "no column is the user", "add user=COLUMN");
        if !self.profiles {
            let hint = "add event=COLUMN, or event==NAME for one name, or kind=profile";
            need(self.event.is_some(), "mapping.no_event", "no column is the event", hint);
            let time = self.time.is_some();
            need(time, "mapping.no_time", "no column is the time", "add time=COLUMN");
        }
    }

    /// Whether a column is mapped to anything.
    pub fn mentions(&self, column: &str) -> bool {
        self.columns().iter().any(|(_, mapped)| *mapped == column)
    }

    /// The mapped columns with the keys they are mapped to.
    pub(super) fn columns(&self) -> Vec<(String, &str)> {
        let roles = [
            ("user", &self.user),
            ("anonymous", &self.anonymous),
            ("event", &self.event),
            ("time", &self.time),
            ("id", &self.id),
        ];
        let mut columns = Vec::new();
        for (key, source) in roles {
            if let Some(Source::Column(column)) = source {
                columns.push((key.to_owned(), column.as_str()));
            }
        }
        for (name, column, _) in &self.properties {
            columns.push((format!("properties.{name}"), column));
        }
        columns
    }

    /// A problem for each mapped column that does not exist.
    pub(super) fn unknown_columns(&self, existing: &[&str]) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (key, column) in self.columns() {
            if existing.contains(&column) {
                continue;
            }
            if let Some(kind) = kind_that_is_none(column, existing) {
                problems.push(kind);
                continue;
            }
            let near = nearest(column, existing.iter().copied())
                .map_or(String::new(), |near| format!("did you mean \"{near}\"? "));
            let message = format!(
                "the file has no column \"{column}\", which {key} is mapped to; {near}it has: {}",
                listed(existing)
            );
            problems.push(Problem::new("mapping.unknown_column", message, "map one that exists"));
        }
        problems
    }
}

/// A problem if what is no column is one with a kind after it that is none.
fn kind_that_is_none(mapped: &str, existing: &[&str]) -> Option<Problem> {
    let (column, kind) = mapped.rsplit_once(':')?;
    existing.contains(&column).then(|| {
        let names: Vec<&str> = CellKind::NAMES.iter().map(|(name, _)| *name).collect();
        let message = format!(
            "\"{kind}\", after the column \"{column}\", is no type; types are {}",
            names.join(", ")
        );
        Problem::new("mapping.unknown_type", message, "use one of these types")
    })
}

/// The columns of a file that may be of another kind than it was said to be, for a message.
fn listed(columns: &[&str]) -> String {
    let first: Vec<String> = columns.iter().take(COLUMNS_SHOWN).map(|name| clip(name)).collect();
    match columns.len().saturating_sub(COLUMNS_SHOWN) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

pub(super) fn missing() -> Problem {
    Problem::new(
        "mapping.missing",
        "a table needs a mapping",
        "add user=COLUMN, time=COLUMN and event=COLUMN or event==NAME",
    )
}

fn twice(key: &str) -> Problem {
    Problem::new("mapping.twice", format!("\"{key}\" is mapped twice"), "keep one of the two")
}

fn unknown_value(key: &str, value: &str, known: &str) -> Problem {
    let message = format!("\"{value}\" is no value of {key}, which is {known}");
    Problem::new("mapping.unknown_value", message, "use one of these values")
}

/// The known word that is the fewest edits away, if it is near enough to be meant.
fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = 1 + word.chars().count() / 3;
    known
        .map(|candidate| (distance(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(edits, _)| *edits <= limit)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// Edits (insert, delete, replace) from one word to the other. Formula: Wagner and Fischer (1974).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(80).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().take(80).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let replace = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replace.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
