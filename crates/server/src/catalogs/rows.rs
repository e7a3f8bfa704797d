//! What is uploaded, as rows: CSV, NDJSON, or a JSON list of objects.
//!
//! What a cell of CSV is: a number if it is written as JSON writes numbers (so `12.5`, and not `007`),
//! `true` or `false`, nothing if it is empty, and a text otherwise.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Row;

/// Rows of one upload.
pub const ROWS_MAX: usize = 100_000;
/// Columns of a row.
pub const COLUMNS_MAX: usize = 64;
/// Bytes of a row.
pub const ROW_BYTES_MAX: usize = 16 * 1024;
/// Characters of an id.
pub const ID_LENGTH_MAX: usize = 256;

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A header, then one line a row.
    Csv,
    /// One JSON object a line.
    Ndjson,
    /// A JSON list of objects.
    Json,
}

/// What is wrong with an upload, and with which row (from 1; 0: with all).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("row {row}: {what}")]
pub struct Problem {
    /// The row.
    pub row: usize,
    /// What.
    pub what: String,
}

/// The rows of an upload. `key` names the column with the ids. All of them, or what is wrong with the first
/// that is wrong: an upload is taken as a whole.
pub fn rows(form: Form, bytes: &[u8], key: &str) -> Result<Vec<Row>, Problem> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| problem(0, format!("the bytes are no UTF-8: {error}")))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let objects = match form {
        Form::Csv => of_csv(text, key)?,
        Form::Ndjson => text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(n, line)| {
                serde_json::from_str(line)
                    .map_err(|error| problem(n + 1, format!("it is no JSON object: {error}")))
            })
            .collect::<Result<Vec<Map<String, Value>>, _>>()?,
        Form::Json => serde_json::from_str(text)
            .map_err(|error| problem(0, format!("it is no JSON list of objects: {error}")))?,
    };
    if objects.len() > ROWS_MAX {
        let what = format!("{} rows, and one upload takes {ROWS_MAX}", objects.len());
        return Err(problem(0, format!("{what}; send several uploads")));
    }
    let mut rows = Vec::with_capacity(objects.len());
    for (n, object) in objects.into_iter().enumerate() {
        rows.push(row(n + 1, object, key)?);
    }
    Ok(rows)
}

fn problem(row: usize, what: String) -> Problem {
    Problem { row, what }
}

fn row(n: usize, object: Map<String, Value>, key: &str) -> Result<Row, Problem> {
    let id = match object.get(key) {
        Some(Value::String(id)) => id.clone(),
        Some(Value::Number(id)) => id.to_string(),
        Some(_) => return Err(problem(n, format!("the id in \"{key}\" is no text or number"))),
        None => {
            let what = format!("there is no id in the column \"{key}\"");
            return Err(problem(n, format!("{what}; name the column with ?key=…")));
        }
    };
    if id.is_empty() || id.chars().count() > ID_LENGTH_MAX {
        return Err(problem(n, format!("its id has not 1 to {ID_LENGTH_MAX} characters")));
    }
    if object.len() > COLUMNS_MAX {
        let what = format!("{} columns, and a row has {COLUMNS_MAX} at most", object.len());
        return Err(problem(n, what));
    }
    let body = Value::Object(object).to_string();
    if body.len() > ROW_BYTES_MAX {
        let what = format!("{} bytes, and a row has {ROW_BYTES_MAX} at most", body.len());
        return Err(problem(n, what));
    }
    Ok(Row { id, body })
}

fn of_csv(text: &str, key: &str) -> Result<Vec<Map<String, Value>>, Problem> {
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let wrong = |error: csv::Error| {
        let row = error.position().map_or(0, |at| at.record() as usize);
        problem(row, error.to_string())
    };
    let header = reader.headers().map_err(wrong)?.clone();
    let mut names = BTreeSet::new();
    for name in &header {
        if name.trim().is_empty() {
            return Err(problem(0, "a column of the header has no name".to_owned()));
        }
        if !names.insert(name) {
            return Err(problem(0, format!("two columns have the name \"{name}\"")));
        }
    }
    let mut objects = Vec::new();
    for record in reader.records() {
        let record = record.map_err(wrong)?;
        let cells = header.iter().zip(&record);
        let cell = |(name, cell): (&str, &str)| {
            // An id stays as it is written: 1e3 and 1000 are two.
            let value =
                if name == key { Some(Value::String(cell.to_owned())) } else { value(cell) };
            Some((name.to_owned(), value?))
        };
        objects.push(cells.filter_map(cell).collect());
    }
    Ok(objects)
}

/// The value of a cell; nothing if it is empty.
fn value(cell: &str) -> Option<Value> {
    match cell {
        "" => return None,
        "true" => return Some(Value::Bool(true)),
        "false" => return Some(Value::Bool(false)),
        _ => {}
    }
    let number = serde_json::from_str::<serde_json::Number>(cell).ok();
    Some(number.map_or_else(|| Value::String(cell.to_owned()), Value::Number))
}
