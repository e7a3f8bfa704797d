//! What is known of one device or address, in few bytes.
//!
//! ```text
//! packed := nothing
//!         | z(first), n(last − first), (number of the name: a byte, n(time − first), value)*
//! value  := 0 nothing | 1 false | 2 true | 3, z(int) | 4, 8 bytes of float | 5, n, UTF-8
//!         | 6, z(milliseconds) | 7, n, value*
//! ```
//! `n` is a varint of seven bits a byte, low first; `z(x)` one of a signed number with its sign in
//! bit 0. Names ascend, so that equal knowledge is equal bytes.

use std::collections::BTreeMap;

use model::{Text, Timestamp, Value};

/// Lists hold plain values.
const DEPTH_MAX: u8 = 2;

/// What is known, as bytes; none: nothing was told yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Packed(pub Box<[u8]>);

/// What is known, to be worked with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Told {
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    /// By number of the name.
    pub of: BTreeMap<u8, (Timestamp, Value)>,
}

impl Packed {
    /// The same with what was told at an instant. Names that no fact has are left out.
    pub fn with<'a>(
        &self,
        time: Timestamp,
        told: impl Iterator<Item = &'a (Text, Value)>,
    ) -> Packed {
        let before = (!self.0.is_empty()).then(|| self.told());
        let nothing = || Told { first_at: time, last_at: time, of: BTreeMap::new() };
        let mut known = before.unwrap_or_else(nothing);
        known.first_at = known.first_at.min(time);
        known.last_at = known.last_at.max(time);
        for (name, value) in told {
            let Some(number) = model::facts::number(name) else { continue };
            let later = known.of.get(&number).is_none_or(|(at, known)| match time.cmp(at) {
                std::cmp::Ordering::Equal => bytes_of(value) > bytes_of(known),
                other => other.is_gt(),
            });
            if later {
                known.of.insert(number, (time, value.clone()));
            }
        }
        Packed::of(&known)
    }

    fn of(Told { first_at, last_at, of }: &Told) -> Packed {
        let since = |at: Timestamp| at.0.wrapping_sub(first_at.0).cast_unsigned();
        let mut out = Vec::with_capacity(128);
        signed(&mut out, first_at.0);
        unsigned(&mut out, since(*last_at));
        for (number, (time, value)) in of {
            out.push(*number);
            unsigned(&mut out, since(*time));
            put(&mut out, value);
        }
        Packed(out.into())
    }

    /// What is known. Bytes that [`Packed::checked`] refuses are cut where they are wrong.
    pub fn told(&self) -> Told {
        self.read().0
    }

    /// The same bytes if they can be read to their end.
    pub fn checked(bytes: &[u8]) -> Option<Packed> {
        let packed = Packed(bytes.into());
        (bytes.is_empty() || packed.read().1).then_some(packed)
    }

    /// What can be read, and whether all of it was.
    fn read(&self) -> (Told, bool) {
        let mut reader = Reader(&self.0);
        let first = reader.signed().unwrap_or_default();
        let at = |since: u64| Timestamp(first.wrapping_add(since.cast_signed()));
        let last_at = at(reader.unsigned().unwrap_or_default());
        let mut of = BTreeMap::new();
        while !reader.0.is_empty() {
            let fact = || {
                let (number, since) = (reader.byte()?, reader.unsigned()?);
                Some((number, (at(since), reader.value(0)?)))
            };
            let Some((number, fact)) = { fact }() else {
                return (Told { first_at: Timestamp(first), last_at, of }, false);
            };
            of.insert(number, fact);
        }
        (Told { first_at: Timestamp(first), last_at, of }, !self.0.is_empty())
    }
}

fn bytes_of(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, value);
    out
}

fn put(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.push(0),
        Value::Bool(b) => out.push(1 + u8::from(*b)),
        Value::Int(n) => {
            out.push(3);
            signed(out, *n);
        }
        Value::Float(x) => {
            out.push(4);
            out.extend_from_slice(&x.to_bits().to_le_bytes());
        }
        Value::Text(text) => {
            out.push(5);
            unsigned(out, text.len() as u64);
            out.extend_from_slice(text.as_bytes());
        }
        Value::Time(time) => {
            out.push(6);
            signed(out, time.0);
        }
        Value::List(items) => {
            out.push(7);
            unsigned(out, items.len() as u64);
            items.iter().for_each(|item| put(out, item));
        }
    }
}

fn signed(out: &mut Vec<u8>, n: i64) {
    unsigned(out, ((n << 1) ^ (n >> 63)).cast_unsigned());
}

fn unsigned(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// Reads what is left.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    fn unsigned(&mut self) -> Option<u64> {
        let mut n = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            n |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(n);
            }
        }
        None
    }

    fn signed(&mut self) -> Option<i64> {
        let n = self.unsigned()?;
        Some((n >> 1).cast_signed() ^ -((n & 1).cast_signed()))
    }

    fn value(&mut self, depth: u8) -> Option<Value> {
        Some(match self.byte()? {
            0 => Value::Null,
            1 => Value::Bool(false),
            2 => Value::Bool(true),
            3 => Value::Int(self.signed()?),
            4 => Value::Float(f64::from_bits(u64::from_le_bytes(self.take(8)?.try_into().ok()?))),
            5 => {
                let length = usize::try_from(self.unsigned()?).ok()?;
                Value::Text(Text::from_utf8(self.take(length)?).ok()?)
            }
            6 => Value::Time(Timestamp(self.signed()?)),
            7 if depth < DEPTH_MAX => {
                let n = self.unsigned()?;
                let items: Option<Box<[Value]>> = (0..n).map(|_| self.value(depth + 1)).collect();
                Value::List(items?)
            }
            _ => return None,
        })
    }
}
