//! A user's live state as bytes: the instant up to which it is settled, which conditions hold, and
//! the hits of every source that has any.
//!
//! What it is: a compact form that is read list by list, so that an event decodes only what it
//! touches. What it is not: it carries no checksum; whoever stores it adds one. Numbers are
//! variable-length; times count back from the settled instant.

use model::{ExactSum, Text, Value};

use super::filter::Passes;
use super::source::{Carry, Hit, Keep, Source, Taken};

pub(super) fn put(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

pub(super) fn put_signed(out: &mut Vec<u8>, n: i64) {
    put(out, (n << 1 ^ n >> 63) as u64);
}

fn put_wide(out: &mut Vec<u8>, n: i128) {
    let mut n = (n << 1 ^ n >> 127) as u128;
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// Reads what the functions above wrote. Bytes that end early read as nothing further.
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) fn number(&mut self) -> Option<u64> {
        let (mut n, mut shift) = (0u64, 0);
        loop {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            n |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(n);
            }
            shift += 7;
        }
    }

    pub(super) fn signed(&mut self) -> Option<i64> {
        self.number().map(|n| (n >> 1) as i64 ^ -((n & 1) as i64))
    }

    fn wide(&mut self) -> Option<i128> {
        let (mut n, mut shift) = (0u128, 0);
        loop {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            n |= u128::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some((n >> 1) as i128 ^ -((n & 1) as i128));
            }
            shift += 7;
        }
    }

    pub(super) fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }
}

/// Appends the hits of a source.
pub(super) fn put_hits(out: &mut Vec<u8>, source: &Source, hits: &[Hit], carry: &Carry, base: i64) {
    put(out, hits.len() as u64);
    if source.keep == Keep::Sum {
        put(out, carry.n);
        if carry.n > 0 {
            let (whole, fraction) = carry.sum.parts();
            put_wide(out, whole);
            put_wide(out, fraction);
        }
    }
    let asks = source.asks_first();
    let mut base = base;
    for hit in hits.iter().rev() {
        put_signed(out, base.wrapping_sub(hit.time));
        base = hit.time;
        if asks {
            out.push(u8::from(hit.passes.first) | u8::from(hit.passes.later) << 1);
        }
        if asks || matches!(source.taken, Taken::Event(_)) {
            put(out, u64::from(hit.name));
        }
        match source.taken {
            Taken::Time => {}
            Taken::Key(_) | Taken::Asked(..) => out.extend(hit.key.to_le_bytes()),
            Taken::Test(..) | Taken::Place => put(out, hit.key),
            Taken::Chain(ref chain) => {
                put(out, hit.key);
                if chain.keeps_values() {
                    put_value(out, &hit.value);
                }
            }
            Taken::Number(_) | Taken::Value(_) | Taken::Event(_) | Taken::Attribute => {
                put_value(out, &hit.value);
            }
        }
    }
}

/// Reads the hits of a source. `None`: the bytes are not what [`put_hits`] writes.
pub(super) fn read_hits(
    bytes: &[u8],
    source: &Source,
    base: i64,
    hits: &mut Vec<Hit>,
) -> Option<Carry> {
    let mut bytes = Bytes(bytes);
    let n = bytes.number()?;
    let mut carry = Carry::default();
    if source.keep == Keep::Sum {
        carry.n = bytes.number()?;
        if carry.n > 0 {
            carry.sum = ExactSum::of_parts(bytes.wide()?, bytes.wide()?);
        }
    }
    let asks = source.asks_first();
    let mut base = base;
    hits.clear();
    for _ in 0..n {
        let time = base.wrapping_sub(bytes.signed()?);
        base = time;
        let mut hit = Hit {
            time,
            passes: Passes { first: true, later: true },
            name: 0,
            key: 0,
            value: Value::Null,
        };
        if asks {
            let bits = bytes.take(1)?[0];
            hit.passes = Passes { first: bits & 1 != 0, later: bits & 2 != 0 };
        }
        if asks || matches!(source.taken, Taken::Event(_)) {
            hit.name = bytes.number()? as u32;
        }
        match source.taken {
            Taken::Time => {}
            Taken::Key(_) | Taken::Asked(..) => hit.key = u64::from_le_bytes(bytes.array()?),
            Taken::Test(..) | Taken::Place => hit.key = bytes.number()?,
            Taken::Chain(ref chain) => {
                hit.key = bytes.number()?;
                if chain.keeps_values() {
                    hit.value = value(&mut bytes, 0)?;
                }
            }
            Taken::Number(_) | Taken::Value(_) | Taken::Event(_) | Taken::Attribute => {
                hit.value = value(&mut bytes, 0)?;
            }
        }
        hits.push(hit);
    }
    hits.reverse();
    Some(carry)
}

fn put_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.push(0),
        Value::Bool(b) => out.push(1 + u8::from(*b)),
        Value::Int(n) => {
            out.push(3);
            put_signed(out, *n);
        }
        Value::Float(x) => {
            out.push(4);
            out.extend(x.to_le_bytes());
        }
        Value::Text(text) => {
            out.push(5);
            put(out, text.len() as u64);
            out.extend(text.as_bytes());
        }
        Value::Time(time) => {
            out.push(6);
            put_signed(out, time.0);
        }
        Value::List(items) => {
            out.push(7);
            put(out, items.len() as u64);
            items.iter().for_each(|item| put_value(out, item));
        }
    }
}

/// Lists within lists that are read: what was written came from values that have few.
const DEPTH_MAX: usize = 64;

fn value(bytes: &mut Bytes, depth: usize) -> Option<Value> {
    Some(match bytes.take(1)?[0] {
        0 => Value::Null,
        1 => Value::Bool(false),
        2 => Value::Bool(true),
        3 => Value::Int(bytes.signed()?),
        4 => Value::Float(f64::from_le_bytes(bytes.array()?)),
        5 => {
            let n = bytes.number()? as usize;
            Value::Text(Text::from_utf8(bytes.take(n)?).ok()?)
        }
        6 => Value::Time(model::Timestamp(bytes.signed()?)),
        7 if depth < DEPTH_MAX => {
            let n = bytes.number()? as usize;
            let items: Option<Vec<Value>> = (0..n).map(|_| value(bytes, depth + 1)).collect();
            Value::List(items?.into())
        }
        _ => return None,
    })
}
