//! Results on standard output: tables for people, JSON and CSV for programs.

use std::io::{self, Write};

use serde::Serialize;

use crate::arguments::Format;

/// Rows of text under a header.
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// No rows yet.
    pub fn new<const N: usize>(header: [&str; N]) -> Table {
        Table { header: header.map(str::to_owned).into(), rows: Vec::new() }
    }

    /// The same, with a header that is only known at run time.
    pub fn with_header(header: Vec<String>) -> Table {
        Table { header, rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// Columns under one another; numbers to the right.
    pub fn text(&self) -> String {
        let width = |column: usize| {
            let cells = self.rows.iter().chain([&self.header]).filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let numeric = |column: usize| {
            let number = |cell: &String| cell.starts_with(|c: char| c.is_ascii_digit() || c == '-');
            !self.rows.is_empty() && self.rows.iter().filter_map(|row| row.get(column)).all(number)
        };
        let mut text = String::new();
        for row in [&self.header].into_iter().chain(&self.rows) {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let width = width(column);
                match numeric(column) {
                    true => line += &format!("{cell:>width$}  "),
                    false => line += &format!("{cell:<width$}  "),
                }
            }
            text += line.trim_end();
            text.push('\n');
        }
        text
    }

    fn csv(&self) -> String {
        let mut text = String::new();
        for row in [&self.header].into_iter().chain(&self.rows) {
            let cells: Vec<String> = row.iter().map(|cell| csv_cell(cell)).collect();
            text += &cells.join(",");
            text.push('\n');
        }
        text
    }
}

/// Writes a result in the wanted form.
pub fn result(
    format: Format,
    json: &impl Serialize,
    table: impl FnOnce() -> Table,
) -> io::Result<()> {
    let text = match format {
        Format::Table => table().text(),
        Format::Csv => table().csv(),
        Format::Json => serde_json::to_string(json)? + "\n",
    };
    out(&text)
}

/// Writes text to standard output.
pub fn out(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// A cell with quotes where it needs them.
pub fn csv_cell(cell: &str) -> String {
    match cell.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.to_owned(),
    }
}

/// A share as a percentage.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// A share: a percentage for people, a fraction for programs.
pub fn share(format: Format, share: f64) -> String {
    if format == Format::Table { percent(share) } else { share.to_string() }
}

/// A number with its thousands apart.
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_by_people() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(1_000), "1,000");
        assert_eq!(number(1_234_567), "1,234,567");
    }

    #[test]
    fn cells_are_quoted_where_needed() {
        let mut table = Table::new(["name", "n"]);
        table.row(vec!["a \"b\", c".into(), "10".into()]);
        table.row(vec!["d".into(), "9".into()]);
        assert_eq!(table.csv(), "name,n\n\"a \"\"b\"\", c\",10\nd,9\n");
        assert_eq!(table.text(), "name       n\na \"b\", c  10\nd          9\n");
    }
}
