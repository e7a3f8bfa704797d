//! Numbers, texts and values as bytes, little-endian, and a reader that checks every bound.

use model::{Text, Timestamp, Value};

/// What is wrong with bytes that should hold something.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) at: u64,
    pub(super) what: &'static str,
}

impl Wrong {
    pub(super) fn at(at: u64, what: &'static str) -> Wrong {
        Wrong { at, what }
    }
}

/// Depth of lists in lists that is read back.
const LIST_DEPTH_MAX: usize = 16;

pub(super) fn put_u32(out: &mut Vec<u8>, n: u32) {
    out.extend_from_slice(&n.to_le_bytes());
}

pub(super) fn put_u64(out: &mut Vec<u8>, n: u64) {
    out.extend_from_slice(&n.to_le_bytes());
}

pub(super) fn put_i64(out: &mut Vec<u8>, n: i64) {
    out.extend_from_slice(&n.to_le_bytes());
}

pub(super) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_u64(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

pub(super) fn put_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.push(0),
        Value::Bool(b) => out.extend_from_slice(&[1, u8::from(*b)]),
        Value::Int(n) => {
            out.push(2);
            put_i64(out, *n);
        }
        Value::Float(x) => {
            out.push(3);
            put_u64(out, x.to_bits());
        }
        Value::Text(text) => {
            out.push(4);
            put_bytes(out, text.as_bytes());
        }
        Value::Time(time) => {
            out.push(5);
            put_i64(out, time.0);
        }
        Value::List(items) => {
            out.push(6);
            put_u64(out, items.len() as u64);
            items.iter().for_each(|item| put_value(out, item));
        }
    }
}

/// Reads what the functions above wrote, with every bound checked.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, at: 0 }
    }

    pub(super) fn position(&self) -> u64 {
        self.at as u64
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Wrong> {
        let taken = self.bytes.get(self.at..self.at.saturating_add(N));
        let taken = taken.and_then(|bytes| bytes.try_into().ok());
        let taken = taken.ok_or(Wrong::at(self.at as u64, "it ends too early"))?;
        self.at += N;
        Ok(taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Wrong> {
        Ok(self.take::<1>()?[0])
    }

    pub(super) fn u32(&mut self) -> Result<u32, Wrong> {
        Ok(u32::from_le_bytes(self.take()?))
    }

    pub(super) fn u64(&mut self) -> Result<u64, Wrong> {
        Ok(u64::from_le_bytes(self.take()?))
    }

    pub(super) fn i64(&mut self) -> Result<i64, Wrong> {
        Ok(i64::from_le_bytes(self.take()?))
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Wrong> {
        let n = self.u64()?;
        let end = usize::try_from(n).ok().and_then(|n| self.at.checked_add(n));
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or(Wrong::at(self.at as u64, "it ends too early"))?;
        self.at += taken.len();
        Ok(taken)
    }

    /// The next byte, left where it is.
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The next `len` bytes.
    pub(super) fn slice(&mut self, len: usize) -> Result<&'a [u8], Wrong> {
        let taken = self.at.checked_add(len).and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or(Wrong::at(self.at as u64, "it ends too early"))?;
        self.at += len;
        Ok(taken)
    }

    /// A text with its length before it.
    pub(super) fn text(&mut self) -> Result<Text, Wrong> {
        let at = self.position();
        Text::from_utf8(self.bytes()?).map_err(|_| Wrong::at(at, "a text is not UTF-8"))
    }

    pub(super) fn value(&mut self, depth: usize) -> Result<Value, Wrong> {
        Ok(match self.u8()? {
            0 => Value::Null,
            1 => Value::Bool(self.u8()? != 0),
            2 => Value::Int(self.i64()?),
            3 => Value::Float(f64::from_bits(self.u64()?)),
            4 => Value::Text(self.text()?),
            5 => Value::Time(Timestamp(self.i64()?)),
            6 if depth < LIST_DEPTH_MAX => {
                let n = self.u64()?;
                let items = (0..n).map(|_| self.value(depth + 1)).collect::<Result<Vec<_>, _>>()?;
                Value::List(items.into_boxed_slice())
            }
            _ => return Err(Wrong::at(self.at as u64, "a value is of an unknown kind")),
        })
    }
}
