//! How large the same events are as gzip-compressed NDJSON (level 6), the form in which raw events
//! are usually kept.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use model::Timestamp;

use crate::dictionary::{ABSENT, CATEGORIES, CITIES, NAMES, PLATFORMS};
use crate::generate::Batch;

/// Counts the compressed bytes of lines, and keeps nothing else.
pub struct Gzipped {
    encoder: GzEncoder<Counter>,
    line: Vec<u8>,
    raw_bytes: u64,
    lines: u64,
}

/// Sizes of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Lines.
    pub lines: u64,
    /// Bytes before compression.
    pub raw_bytes: u64,
    /// Bytes after it.
    pub gzip_bytes: u64,
}

struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Default for Gzipped {
    fn default() -> Gzipped {
        let encoder = GzEncoder::new(Counter(0), Compression::new(6));
        Gzipped { encoder, line: Vec::new(), raw_bytes: 0, lines: 0 }
    }
}

impl Gzipped {
    /// Adds the events of a batch.
    pub fn add(&mut self, batch: &Batch) -> io::Result<()> {
        for row in 0..batch.len() {
            self.line.clear();
            write_line(&mut self.line, batch, row)?;
            self.raw_bytes += self.line.len() as u64;
            self.lines += 1;
            self.encoder.write_all(&self.line)?;
        }
        Ok(())
    }

    /// Ends the stream.
    pub fn finish(self) -> io::Result<Sizes> {
        let (lines, raw_bytes) = (self.lines, self.raw_bytes);
        Ok(Sizes { lines, raw_bytes, gzip_bytes: self.encoder.finish()?.0 })
    }
}

/// One event as a line.
fn write_line(line: &mut Vec<u8>, batch: &Batch, row: usize) -> io::Result<()> {
    let name = NAMES[usize::from(batch.name[row])];
    let time = Timestamp(batch.time[row]);
    let (user, id) = (batch.user[row], batch.id[row]);
    write!(line, r#"{{"user":"{user}","event":"{name}","time":"{time}","id":"{id:016x}""#)?;
    let texts = [
        ("city", batch.city[row], &CITIES[..]),
        ("platform", batch.platform[row], &PLATFORMS[..]),
        ("category", batch.category[row], &CATEGORIES[..]),
    ];
    for (key, code, words) in texts {
        if code != ABSENT {
            write!(line, r#","{key}":"{}""#, words[usize::from(code)])?;
        }
    }
    if batch.duration[row] >= 0 {
        write!(line, r#","duration":{}"#, batch.duration[row])?;
    }
    let cents = batch.amount_cents[row];
    if cents >= 0 {
        write!(line, r#","amount":{}.{:02}"#, cents / 100, cents % 100)?;
    }
    line.write_all(b"}\n")
}
