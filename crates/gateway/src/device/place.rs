//! Where an address is, out of the bytes of a MaxMind DB file.
//!
//! What it is: a reader of the format, version 2 (a binary tree of address bits, then a section of
//! data, then metadata), that takes a city or country database of any vendor. Our own: it is two pages,
//! every offset is checked, and a damaged file answers nothing. What it is not: it opens no file.

use std::net::IpAddr;

use model::Text;

use super::Place;

/// What stands before the metadata.
const MARKER: &[u8] = b"\xab\xcd\xefMaxMind.com";
/// Where the metadata is looked for, from the end.
const METADATA_BYTES_MAX: usize = 128 * 1024;
/// Zero bytes between the tree and the data.
const SEPARATOR: usize = 16;
/// Values inside of values; a real record has four.
const DEPTH_MAX: u8 = 16;
/// Text values that are read of one record at most; a real one has some dozens.
const VALUES_MAX: usize = 4_096;
/// The language of names: they are values of attributes, and must not depend on who asks.
const LANGUAGE: &str = "en";

/// A database, ready to be asked.
pub struct Database<B> {
    bytes: B,
    n_nodes: usize,
    /// Bits of a record of the tree: 24, 28 or 32.
    record_bits: usize,
    /// The tree begins with the bits of addresses of version 6.
    six: bool,
    /// What the file says of itself, as in `GeoLite2-City`.
    kind: String,
    /// Seconds since 1970.
    built_at: u64,
}

/// Why bytes are no database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// There is no metadata.
    #[error("it is no MaxMind DB file: there is no metadata at its end")]
    NoMetadata,
    /// The metadata says what cannot be.
    #[error("its metadata is wrong or of another version: {0}")]
    Metadata(&'static str),
}

impl<B: AsRef<[u8]>> Database<B> {
    /// Reads what the file says of itself.
    pub fn new(bytes: B) -> Result<Database<B>, PlaceError> {
        let all = bytes.as_ref();
        let tail = &all[all.len().saturating_sub(METADATA_BYTES_MAX)..];
        let at = tail.windows(MARKER.len()).rposition(|found| found == MARKER);
        let at = at.ok_or(PlaceError::NoMetadata)? + MARKER.len();
        let mut reader = Reader { section: &tail[at..], at: 0, left: VALUES_MAX };
        let mut fields: Vec<(String, u64)> = Vec::new();
        let mut kind = String::new();
        let read = reader.visit(0, &mut |path, value| match value {
            Found::Number(n) => fields.push((path.join("."), n)),
            Found::Text(text) if path == ["database_type"] => kind = text.to_owned(),
            Found::Text(_) => {}
        });
        read.ok_or(PlaceError::Metadata("it cannot be read"))?;
        let number = |name: &'static str| {
            let found = fields.iter().find(|(field, _)| field == name).map(|(_, n)| *n);
            found.and_then(|n| usize::try_from(n).ok()).ok_or(PlaceError::Metadata(name))
        };
        if number("binary_format_major_version")? != 2 {
            return Err(PlaceError::Metadata("binary_format_major_version is not 2"));
        }
        let (n_nodes, record_bits) = (number("node_count")?, number("record_size")?);
        let six = number("ip_version")? == 6;
        let built_at = number("build_epoch").map_or(0, |n| n as u64);
        if !matches!(record_bits, 24 | 28 | 32) {
            return Err(PlaceError::Metadata("record_size is not 24, 28 or 32"));
        }
        let tree = n_nodes.checked_mul(record_bits / 4);
        if tree.is_none_or(|tree| tree.saturating_add(SEPARATOR) > all.len()) {
            return Err(PlaceError::Metadata("node_count is more than the file has"));
        }
        Ok(Database { n_nodes, record_bits, six, kind, built_at, bytes })
    }

    /// What the file says of itself, and when it was made in seconds since 1970.
    pub fn about(&self) -> (&str, u64) {
        (&self.kind, self.built_at)
    }

    /// Where an address is; `None`: the database does not have it.
    pub fn place(&self, address: IpAddr) -> Option<Place> {
        let tree = self.n_nodes * self.record_bits / 4;
        let record = self.record(address)?;
        let section = self.bytes.as_ref().get(tree + SEPARATOR..)?;
        let mut reader = Reader { section, at: record.checked_sub(SEPARATOR)?, left: VALUES_MAX };
        let mut place = Place::default();
        let mut registered = None;
        reader.visit(0, &mut |path, value| {
            let Found::Text(text) = value else { return };
            let text = || Some(Text::new(text));
            match path {
                ["country", "iso_code"] => place.country = text(),
                ["registered_country", "iso_code"] => registered = text(),
                ["city", "names", LANGUAGE] => place.city = text(),
                ["subdivisions", "0", "names", LANGUAGE] => place.region = text(),
                ["location", "time_zone"] => place.timezone = text(),
                _ => {}
            }
        })?;
        place.country = place.country.or(registered);
        Some(place).filter(|place| *place != Place::default())
    }

    /// Where in the data section, plus the separator, what is known of an address begins.
    fn record(&self, address: IpAddr) -> Option<usize> {
        let (bits, n) = match (address, self.six) {
            (IpAddr::V4(ip), false) => (u128::from(ip.to_bits()) << 96, 32),
            (IpAddr::V4(ip), true) => (u128::from(ip.to_bits()), 128),
            (IpAddr::V6(ip), true) => (ip.to_bits(), 128),
            (IpAddr::V6(_), false) => return None,
        };
        let mut node = 0;
        for bit in 0..n {
            let right = bits >> (127 - bit) & 1 == 1;
            let next = self.child(node, right)?;
            match next.cmp(&self.n_nodes) {
                std::cmp::Ordering::Less => node = next,
                std::cmp::Ordering::Equal => return None,
                std::cmp::Ordering::Greater => return Some(next - self.n_nodes),
            }
        }
        None
    }

    fn child(&self, node: usize, right: bool) -> Option<usize> {
        let width = self.record_bits / 4;
        let bytes = self.bytes.as_ref().get(node * width..(node + 1) * width)?;
        let number = |bytes: &[u8]| bytes.iter().fold(0, |n, b| n << 8 | usize::from(*b));
        Some(match (self.record_bits, right) {
            (28, false) => usize::from(bytes[3] >> 4) << 24 | number(&bytes[..3]),
            (28, true) => usize::from(bytes[3] & 0xf) << 24 | number(&bytes[4..]),
            (_, false) => number(&bytes[..width / 2]),
            (_, true) => number(&bytes[width / 2..]),
        })
    }
}

/// A value that has none inside.
enum Found<'a> {
    Text(&'a str),
    Number(u64),
}

/// Reads values of the data section.
struct Reader<'a> {
    section: &'a [u8],
    at: usize,
    /// Values that may still be read: pointers could make many of few bytes.
    left: usize,
}

const POINTER: u8 = 1;
const TEXT: u8 = 2;
const MAP: u8 = 7;
const LIST: u8 = 11;
const TRUTH: u8 = 14;

impl<'a> Reader<'a> {
    /// Visits every text and number with the keys that lead to it; `None`: it cannot be read.
    fn visit(&mut self, depth: u8, found: &mut dyn FnMut(&[&str], Found<'a>)) -> Option<()> {
        let mut path = Vec::new();
        self.value(depth, &mut path, found)
    }

    fn value(
        &mut self,
        depth: u8,
        path: &mut Vec<&'a str>,
        found: &mut dyn FnMut(&[&str], Found<'a>),
    ) -> Option<()> {
        const PLACES: [&str; 4] = ["0", "1", "2", "3"];
        self.left = self.left.checked_sub(1).filter(|_| depth < DEPTH_MAX)?;
        let (kind, size) = self.control()?;
        match kind {
            POINTER => {
                let back = std::mem::replace(&mut self.at, size);
                self.value(depth + 1, path, found)?;
                self.at = back;
            }
            MAP => {
                for _ in 0..size {
                    let key = self.key()?;
                    path.push(key);
                    self.value(depth + 1, path, found)?;
                    path.pop();
                }
            }
            LIST => {
                for place in 0..size {
                    path.push(PLACES.get(place).copied().unwrap_or("more"));
                    self.value(depth + 1, path, found)?;
                    path.pop();
                }
            }
            TRUTH => {}
            TEXT => {
                let bytes = self.take(size)?;
                found(path, Found::Text(std::str::from_utf8(bytes).ok()?));
            }
            _ => {
                let bytes = self.take(size)?;
                if matches!(kind, 5 | 6 | 9) && size <= 8 {
                    let n = bytes.iter().fold(0, |n, b| n << 8 | u64::from(*b));
                    found(path, Found::Number(n));
                }
            }
        }
        Some(())
    }

    /// A key of a map, which may be written elsewhere.
    fn key(&mut self) -> Option<&'a str> {
        let (kind, size) = self.control()?;
        let text = match kind {
            TEXT => self.take(size)?,
            POINTER => {
                let back = std::mem::replace(&mut self.at, size);
                let (kind, size) = self.control()?;
                let text = self.take(size).filter(|_| kind == TEXT)?;
                self.at = back;
                text
            }
            _ => return None,
        };
        std::str::from_utf8(text).ok()
    }

    /// Kind and size of the next value; of a pointer, where it leads.
    fn control(&mut self) -> Option<(u8, usize)> {
        let control = self.take(1)?[0];
        let number = |bytes: &[u8]| bytes.iter().fold(0, |n, b| n << 8 | usize::from(*b));
        if control >> 5 == POINTER {
            let (high, n) = (usize::from(control & 7), usize::from(control >> 3 & 3) + 1);
            let low = number(self.take(n)?);
            return Some((
                POINTER,
                match n {
                    1 => high << 8 | low,
                    2 => (high << 16 | low) + 2_048,
                    3 => (high << 24 | low) + 526_336,
                    _ => low,
                },
            ));
        }
        let kind = match control >> 5 {
            0 => self.take(1)?[0].checked_add(7)?,
            kind => kind,
        };
        let size = match usize::from(control & 0x1f) {
            29 => 29 + number(self.take(1)?),
            30 => 285 + number(self.take(2)?),
            31 => 65_821 + number(self.take(3)?),
            size => size,
        };
        Some((kind, size))
    }

    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let taken = self.section.get(self.at..self.at.checked_add(n)?)?;
        self.at += n;
        Some(taken)
    }
}
