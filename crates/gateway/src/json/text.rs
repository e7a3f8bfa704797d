//! Texts: borrowed as they are, or copied where they have escapes.

use std::borrow::Cow;

use super::{Broken, Fault, Reader};

/// Stands for a half of a pair of surrogates that is alone.
const REPLACED: char = '\u{fffd}';

impl<'a> Reader<'a> {
    /// Reads the text whose quotation mark is here.
    #[inline(always)]
    pub(super) fn text(&mut self) -> Result<Cow<'a, str>, Broken> {
        let start = self.at + 1;
        self.at = plain_until(self.text.as_bytes(), start);
        match self.text.as_bytes().get(self.at) {
            Some(b'"') => {
                let text = self.since(start);
                self.at += 1;
                Ok(Cow::Borrowed(text))
            }
            Some(b'\\') => self.unescaped(start).map(Cow::Owned),
            _ => Err(Broken),
        }
    }

    /// Passes the text whose quotation mark is here.
    pub(super) fn skip_text(&mut self) -> Result<(), Broken> {
        self.at += 1;
        loop {
            self.at = plain_until(self.text.as_bytes(), self.at);
            match self.text.as_bytes().get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape().map(|_| ())?,
                _ => return Err(Broken),
            }
        }
    }

    /// Reads the rest of a text that began at a place and has its first escape here.
    #[cold]
    fn unescaped(&mut self, start: usize) -> Result<String, Broken> {
        let mut text = String::with_capacity(2 * (self.at - start) + 16);
        text.push_str(self.since(start));
        loop {
            match self.text.as_bytes().get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.character()?),
                _ => return Err(Broken),
            }
            let start = self.at;
            self.at = plain_until(self.text.as_bytes(), start);
            text.push_str(self.since(start));
        }
    }

    /// Reads the character that is written as an escape here, or as two of them.
    fn character(&mut self) -> Result<char, Broken> {
        let unit = self.escape()?;
        if let Some(character) = char::from_u32(u32::from(unit)) {
            return Ok(character);
        }
        let next = self.text.as_bytes().get(self.at..).unwrap_or_default();
        if next.starts_with(b"\\u") {
            let pair = [unit, self.escape()?];
            if let Some(Ok(character)) = char::decode_utf16(pair).next() {
                return Ok(character);
            }
        }
        self.blame(Fault::Value);
        Ok(REPLACED)
    }

    /// Reads one escape: a unit of UTF-16.
    fn escape(&mut self) -> Result<u16, Broken> {
        let rest = self.text.as_bytes().get(self.at + 1..).unwrap_or_default();
        let (unit, length) = match rest {
            [b'u', digits @ ..] => (hexadecimal(digits)?, 6),
            [byte, ..] => (u16::from(named(*byte)?), 2),
            [] => return Err(Broken),
        };
        self.at += length;
        Ok(unit)
    }
}

/// The character of an escape of one letter.
fn named(letter: u8) -> Result<u8, Broken> {
    Ok(match letter {
        b'"' | b'\\' | b'/' => letter,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        _ => return Err(Broken),
    })
}

fn hexadecimal(digits: &[u8]) -> Result<u16, Broken> {
    let mut unit = 0;
    for digit in digits.first_chunk::<4>().ok_or(Broken)? {
        let digit = char::from(*digit).to_digit(16).ok_or(Broken)?;
        // A digit is below 16.
        unit = unit << 4 | digit as u16;
    }
    Ok(unit)
}

/// The first place from `at` on that is a quotation mark, a backslash or a control character; the end of
/// the text, if there is none. Eight bytes at a time.
fn plain_until(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    // A byte that is zero, or below a bound, borrows into its highest bit; what is wrongly marked by a
    // borrow lies above a byte that is rightly marked.
    let below = |chunk: u64, bound: u8| chunk.wrapping_sub(ONES * u64::from(bound)) & !chunk;
    let equal = |chunk: u64, byte: u8| below(chunk ^ (ONES * u64::from(byte)), 1);
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let chunk = u64::from_le_bytes(*chunk);
        let found = (below(chunk, 0x20) | equal(chunk, b'"') | equal(chunk, b'\\')) & HIGH;
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while bytes.get(at).is_some_and(|byte| !matches!(byte, 0..0x20 | b'"' | b'\\')) {
        at += 1;
    }
    at
}
