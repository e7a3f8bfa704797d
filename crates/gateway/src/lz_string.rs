//! The compression of `lz-string` (`compressToBase64`), as far as it is read here.
//!
//! It is LZ78 over UTF-16 units, with codes that grow by a bit when the dictionary has filled them.
//! Every phrase of the dictionary is an earlier phrase and the unit that followed it, so each is a
//! stretch of the output and takes two numbers. A few bytes can stand for a great deal: what comes out
//! is bounded.

/// Why a text cannot be unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LzError {
    #[error("byte {0} is no base64")]
    Alphabet(usize),
    #[error("it ends before its end mark")]
    Cut,
    #[error("it names a phrase that there is not")]
    Phrase,
    #[error("it stands for more than {0} characters")]
    TooLong(usize),
}

/// Bits of a code beyond which the dictionary would not fit into any bound.
const CODE_BITS_MAX: u32 = 24;

/// A phrase: a stretch of the output.
#[derive(Clone, Copy)]
struct Phrase {
    at: usize,
    len: usize,
}

/// Unpacks what `compressToBase64` made, if it stands for at most `units_max` UTF-16 units. A blank
/// counts as `+`, because that is what addresses make of it.
pub(crate) fn from_base64(packed: &[u8], units_max: usize) -> Result<String, LzError> {
    if packed.is_empty() {
        return Ok(String::new());
    }
    let mut bits = Bits { packed, at: 0, value: 0, left: 0 };
    let mut reader = Reader { phrases: Vec::new(), out: Vec::new(), units_max };
    reader.read(&mut bits)?;
    Ok(String::from_utf16_lossy(&reader.out))
}

struct Reader {
    /// By code, from 3 on.
    phrases: Vec<Phrase>,
    out: Vec<u16>,
    units_max: usize,
}

/// What the first three codes mean.
const LITERAL_8: u32 = 0;
const LITERAL_16: u32 = 1;
const END: u32 = 2;

impl Reader {
    fn read(&mut self, bits: &mut Bits<'_>) -> Result<(), LzError> {
        let first = match bits.take(2)? {
            LITERAL_8 => bits.take(8)?,
            LITERAL_16 => bits.take(16)?,
            END => return Ok(()),
            _ => return Err(LzError::Phrase),
        };
        let mut last = self.literal(first)?;
        self.phrases.push(last);
        // How many codes fit until they need one more bit.
        let (mut n_bits, mut room) = (3, 4_usize);
        let grow = |n_bits: &mut u32, room: &mut usize| {
            *room -= 1;
            if *room == 0 {
                *room = 1 << *n_bits;
                *n_bits += 1;
            }
        };
        loop {
            if n_bits > CODE_BITS_MAX {
                return Err(LzError::TooLong(self.units_max));
            }
            let code = bits.take(n_bits)?;
            let phrase = match code {
                LITERAL_8 | LITERAL_16 => {
                    let unit = bits.take(if code == LITERAL_8 { 8 } else { 16 })?;
                    let phrase = self.literal(unit)?;
                    self.phrases.push(phrase);
                    grow(&mut n_bits, &mut room);
                    phrase
                }
                END => return Ok(()),
                code => self.repeat(code as usize - 3, last)?,
            };
            // The last phrase and the unit after it lie side by side.
            self.phrases.push(Phrase { at: last.at, len: last.len + 1 });
            grow(&mut n_bits, &mut room);
            last = phrase;
        }
    }

    fn literal(&mut self, unit: u32) -> Result<Phrase, LzError> {
        self.room(1)?;
        self.out.push(unit as u16);
        Ok(Phrase { at: self.out.len() - 1, len: 1 })
    }

    fn repeat(&mut self, place: usize, last: Phrase) -> Result<Phrase, LzError> {
        let at = self.out.len();
        match self.phrases.get(place) {
            Some(phrase) => {
                self.room(phrase.len)?;
                self.out.extend_from_within(phrase.at..phrase.at + phrase.len);
            }
            // The phrase that this very code completes: the last one and its first unit.
            None if place == self.phrases.len() => {
                self.room(last.len + 1)?;
                self.out.extend_from_within(last.at..last.at + last.len);
                self.out.push(self.out[last.at]);
            }
            None => return Err(LzError::Phrase),
        }
        Ok(Phrase { at, len: self.out.len() - at })
    }

    fn room(&self, n: usize) -> Result<(), LzError> {
        match self.out.len() + n > self.units_max {
            true => Err(LzError::TooLong(self.units_max)),
            false => Ok(()),
        }
    }
}

/// Bits of base64 digits: each digit from its highest bit on, each number from its lowest.
struct Bits<'a> {
    packed: &'a [u8],
    at: usize,
    /// Digits that were read, the last one lowest; of their bits, `left` are not taken yet.
    value: u64,
    left: u32,
}

impl Bits<'_> {
    /// The next number of `n` bits, at least one and at most [`CODE_BITS_MAX`].
    fn take(&mut self, n: u32) -> Result<u32, LzError> {
        while self.left < n {
            let byte = *self.packed.get(self.at).ok_or(LzError::Cut)?;
            let digit = digit(byte).ok_or(LzError::Alphabet(self.at))?;
            self.value = self.value << 6 | u64::from(digit);
            self.at += 1;
            self.left += 6;
        }
        self.left -= n;
        let bits = (self.value >> self.left) as u32 & ((1 << n) - 1);
        Ok(bits.reverse_bits() >> (32 - n))
    }
}

fn digit(byte: u8) -> Option<u32> {
    Some(match byte {
        b'A'..=b'Z' => u32::from(byte - b'A'),
        b'a'..=b'z' => u32::from(byte - b'a') + 26,
        b'0'..=b'9' => u32::from(byte - b'0') + 52,
        b'+' | b' ' => 62,
        b'/' => 63,
        b'=' => 0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
