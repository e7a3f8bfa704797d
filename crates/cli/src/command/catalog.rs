//! `perennial catalog`: rows that messages look up by id.

use std::fs::File;
use std::io::{BufRead, BufReader};

use anyhow::Context;
use wire::api::{CatalogList, CatalogRows, CatalogRowsQuery, CatalogUploadQuery, CatalogUploaded};

use crate::WrongUse;
use crate::arguments::{
    CatalogArguments, CatalogCommand, CatalogOneArguments, CatalogRowsArguments,
    CatalogUploadArguments, RowsForm,
};
use crate::print::{self, Table, number};
use crate::source::{Source, encode};

/// Bytes of a file that are sent at once: a few thousand rows.
const CHUNK_BYTES: usize = 2 * 1024 * 1024;

pub fn run(arguments: CatalogArguments) -> anyhow::Result<()> {
    match arguments.command {
        CatalogCommand::List(arguments) => {
            let source = Source::open(&arguments.source)?;
            let all: CatalogList = match &source {
                Source::Local(service) => service.catalogs()?,
                Source::Remote(client) => client.get("/api/catalogs", &())?,
            };
            print::result(arguments.format, &all, || {
                let mut table = Table::new(["catalog", "rows", "changed"]);
                for of in &all.catalogs {
                    table.row(vec![of.name.clone(), number(of.rows), of.updated_at.clone()]);
                }
                table
            })?;
            source.close()
        }
        CatalogCommand::Upload(arguments) => upload(&arguments),
        CatalogCommand::Rows(arguments) => rows(&arguments),
        CatalogCommand::Delete(arguments) => delete(&arguments),
    }
}

/// Sends a file in chunks of whole rows. With `--replace` the first one replaces, and a file that breaks in
/// the middle leaves the rows before.
fn upload(arguments: &CatalogUploadArguments) -> anyhow::Result<()> {
    let path = &arguments.file;
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    let form = match (arguments.form, ending.as_deref()) {
        (Some(form), _) => form,
        (None, Some("csv")) => RowsForm::Csv,
        (None, Some("ndjson" | "jsonl")) => RowsForm::Ndjson,
        (None, _) => {
            let what = format!("how {} is written is not known; say --form", path.display());
            return Err(WrongUse(what).into());
        }
    };
    let file = File::open(path).with_context(|| format!("open {}", path.display()))?;
    let source = Source::open(&arguments.source)?;
    let mut query = CatalogUploadQuery {
        key: Some(arguments.key_column.clone()),
        format: form.wire(),
        replace: arguments.replace,
    };
    let mut chunks = Chunks::new(BufReader::new(file), form);
    let (mut written, mut rows_now) = (0, 0);
    while let Some((first, chunk)) =
        chunks.next().with_context(|| format!("read {}", path.display()))?
    {
        let done: CatalogUploaded = match &source {
            Source::Local(service) => service.upload_catalog(&arguments.name, &query, &chunk)?,
            Source::Remote(client) => {
                let address = format!(
                    "/api/catalogs/{}{}",
                    encode(&arguments.name),
                    crate::source::query_of(&query)?
                );
                client
                    .send(&address, "application/octet-stream", &chunk)
                    .with_context(|| format!("rows from line {first} of {} on", path.display()))?
            }
        };
        written += done.written;
        rows_now = done.rows;
        query.replace = false;
    }
    print::out(&format!(
        "{} rows written; \"{}\" has {}\n",
        number(written),
        arguments.name,
        number(rows_now)
    ))?;
    source.close()
}

/// A file in pieces of whole rows, each with the header that the first has.
struct Chunks<R> {
    file: R,
    form: RowsForm,
    header: Vec<u8>,
    line: usize,
}

impl<R: BufRead> Chunks<R> {
    fn new(file: R, form: RowsForm) -> Chunks<R> {
        Chunks { file, form, header: Vec::new(), line: 1 }
    }

    /// The next piece, with the number of its first line; nothing after the last.
    fn next(&mut self) -> std::io::Result<Option<(usize, Vec<u8>)>> {
        if self.form == RowsForm::Csv && self.header.is_empty() {
            self.row(&mut Vec::new())?;
        }
        let (first, mut chunk) = (self.line, self.header.clone());
        while chunk.len() < CHUNK_BYTES && self.row(&mut chunk)? {}
        Ok((chunk.len() > self.header.len()).then_some((first, chunk)))
    }

    /// Adds the lines of one row; whether there was one. The first row of CSV is the header.
    fn row(&mut self, into: &mut Vec<u8>) -> std::io::Result<bool> {
        let begins = into.len();
        let mut quotes = 0;
        loop {
            let from = into.len();
            if self.file.read_until(b'\n', into)? == 0 {
                break;
            }
            self.line += 1;
            // A line of CSV inside quotes goes on in the next.
            quotes += into[from..].iter().filter(|byte| **byte == b'"').count();
            let whole = self.form == RowsForm::Ndjson || quotes % 2 == 0;
            if into.last() != Some(&b'\n') {
                into.push(b'\n');
            }
            if whole {
                break;
            }
        }
        if self.form == RowsForm::Csv && self.header.is_empty() {
            self.header = into.split_off(begins);
            return Ok(!self.header.is_empty());
        }
        Ok(into.len() > begins)
    }
}

fn rows(arguments: &CatalogRowsArguments) -> anyhow::Result<()> {
    let query = CatalogRowsQuery {
        item: arguments.item.clone(),
        after: arguments.after.clone(),
        limit: Some(arguments.limit),
    };
    let source = Source::open(&arguments.source)?;
    let found: CatalogRows = match &source {
        Source::Local(service) => service.catalog_rows(&arguments.name, &query)?,
        Source::Remote(client) => {
            client.get(&format!("/api/catalogs/{}", encode(&arguments.name)), &query)?
        }
    };
    for row in &found.rows {
        print::out(&format!("{}\n", serde_json::to_string(&row.columns)?))?;
    }
    source.close()
}

fn delete(arguments: &CatalogOneArguments) -> anyhow::Result<()> {
    let source = Source::open(&arguments.source)?;
    match &source {
        Source::Local(service) => service.delete_catalog(&arguments.name)?,
        Source::Remote(client) => {
            client.delete(&format!("/api/catalogs/{}", encode(&arguments.name)))?;
        }
    }
    source.close()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(form: RowsForm, text: &str) -> Vec<(usize, String)> {
        let mut chunks = Chunks::new(text.as_bytes(), form);
        let mut all = Vec::new();
        while let Some((line, chunk)) = chunks.next().unwrap() {
            all.push((line, String::from_utf8(chunk).unwrap()));
        }
        all
    }

    #[test]
    fn every_piece_has_whole_rows_and_the_header() {
        let row = format!("1,\"two\nlines {}\"\n", "x".repeat(CHUNK_BYTES / 2));
        let text = format!("id,text\n{row}{row}{row}9,last");
        let all = pieces(RowsForm::Csv, &text);
        assert_eq!(all.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 6]);
        assert_eq!(all[0].1, format!("id,text\n{row}{row}"));
        assert_eq!(all[1].1, format!("id,text\n{row}9,last\n"));
        assert_eq!(pieces(RowsForm::Csv, "id,text\n"), []);
        assert_eq!(pieces(RowsForm::Csv, ""), []);
        let lines = pieces(RowsForm::Ndjson, "{\"id\":1}\n{\"id\":\"\\\"\"}");
        assert_eq!(lines, [(1, "{\"id\":1}\n{\"id\":\"\\\"\"}\n".to_owned())]);
    }
}
