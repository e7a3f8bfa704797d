//! JSON, read once and in order: a value is handed out while its text is passed, and never looked for
//! before.
//!
//! What it is: the grammar of RFC 8259 over a text that is known to be UTF-8. It takes and refuses the
//! same texts as `serde_json` does, which a property test compares. Texts without escapes are borrowed.
//! What it is not: a tree of values; a judge of what is read. What is written by the grammar but has no
//! value here (a number beyond floats, half of a pair of surrogates), or stands where something else
//! belongs, is remembered as a [`Fault`] of the message that it stands in, and the reading goes on: one bad
//! message must not cost its neighbours.
//!
//! Invariants: nothing is read twice. Whatever stands in the text, no more memory is used than a few times
//! its length, and the stack does not grow with its depth: what is skipped needs a byte for each level.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::flatten::Room;

mod number;
mod text;

#[cfg(test)]
mod tests;

/// The text is no JSON from some place on; what was read of it counts for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken;

/// Why a message that is JSON cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A number or a text that has no value.
    Value,
    /// Something else stands where this belongs.
    Shape(&'static str),
}

/// The beginning of a value, or all of it if it is a plain one.
#[derive(Debug, PartialEq)]
pub(crate) enum Token<'a> {
    Null,
    Bool(bool),
    Int(i64),
    /// A whole number beyond [`i64::MAX`].
    Unsigned(u64),
    /// Finite.
    Float(f64),
    Text(Cow<'a, str>),
    /// Its elements follow: see [`Reader::element`].
    List,
    /// Its fields follow: see [`Reader::name`].
    Object,
}

/// A place in a text.
pub(crate) struct Reader<'a> {
    text: &'a str,
    at: usize,
    fault: Option<Fault>,
    /// The closing brackets of what is being skipped.
    open: Vec<u8>,
    /// Room for what is flattened, kept from one message to the next.
    pub room: Room,
}

impl<'a> Reader<'a> {
    /// At the beginning of a text.
    pub fn new(text: &'a str) -> Reader<'a> {
        Reader { text, at: 0, fault: None, open: Vec::new(), room: Room::default() }
    }

    /// The next byte that is no blank.
    #[inline]
    pub fn peek(&mut self) -> Result<u8, Broken> {
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\t' | b'\r') {
                return Ok(byte);
            }
            self.at += 1;
        }
        Err(Broken)
    }

    /// Reads a value that is plain, or the opening bracket of one that is not.
    // Inlined, a token is matched where it is made, and not written to memory and read again.
    #[inline(always)]
    pub fn value(&mut self) -> Result<Token<'a>, Broken> {
        match self.peek()? {
            b'"' => self.text().map(Token::Text),
            b'-' | b'0'..=b'9' => self.number(),
            b'{' => self.pass(Token::Object),
            b'[' => self.pass(Token::List),
            b't' => self.word("true").map(|()| Token::Bool(true)),
            b'f' => self.word("false").map(|()| Token::Bool(false)),
            b'n' => self.word("null").map(|()| Token::Null),
            _ => Err(Broken),
        }
    }

    /// The name of the next field of an object, whose value is next; `None`: the object is over.
    /// `first` is true before the first field.
    pub fn name(&mut self, first: &mut bool) -> Result<Option<Cow<'a, str>>, Broken> {
        match (self.peek()?, *first) {
            (b'}', _) => return self.pass(None),
            (b'"', true) => *first = false,
            (b',', false) => {
                self.at += 1;
                if self.peek()? != b'"' {
                    return Err(Broken);
                }
            }
            _ => return Err(Broken),
        }
        let name = self.text()?;
        self.colon()?;
        Ok(Some(name))
    }

    /// Whether a list has a further element, which is next. `first` is true before the first one.
    pub fn element(&mut self, first: &mut bool) -> Result<bool, Broken> {
        match (self.peek()?, std::mem::take(first)) {
            (b']', _) => self.pass(false),
            (_, true) => Ok(true),
            (b',', false) => self.pass(true),
            _ => Err(Broken),
        }
    }

    /// Passes the rest of a list, of which some elements were read.
    pub fn rest(&mut self) -> Result<(), Broken> {
        let mut first = false;
        while self.element(&mut first)? {
            self.skip()?;
        }
        Ok(())
    }

    /// Passes a value, whatever it is.
    pub fn skip(&mut self) -> Result<(), Broken> {
        let mut open = std::mem::take(&mut self.open);
        open.clear();
        let skipped = self.skip_value(&mut open);
        self.open = open;
        skipped
    }

    fn skip_value(&mut self, open: &mut Vec<u8>) -> Result<(), Broken> {
        loop {
            match self.peek()? {
                b'{' => {
                    self.at += 1;
                    open.push(b'}');
                    if self.peek()? != b'}' {
                        self.skip_name()?;
                        continue;
                    }
                }
                b'[' => {
                    self.at += 1;
                    open.push(b']');
                    if self.peek()? != b']' {
                        continue;
                    }
                }
                b'"' => self.skip_text()?,
                b'-' | b'0'..=b'9' => self.skip_number()?,
                b't' => self.word("true")?,
                b'f' => self.word("false")?,
                b'n' => self.word("null")?,
                _ => return Err(Broken),
            }
            // A value is over, and with it whatever closes after it.
            loop {
                let Some(&closing) = open.last() else { return Ok(()) };
                match self.peek()? {
                    b',' => {
                        self.at += 1;
                        if closing == b'}' {
                            self.peek()?;
                            self.skip_name()?;
                        }
                        break;
                    }
                    byte if byte == closing => {
                        self.at += 1;
                        open.pop();
                    }
                    _ => return Err(Broken),
                }
            }
        }
    }

    /// Passes a value; the text of it, as it is written.
    pub fn raw(&mut self) -> Result<&'a str, Broken> {
        let start = self.begin()?;
        self.skip()?;
        Ok(self.since(start))
    }

    /// The place where the next value begins.
    pub fn begin(&mut self) -> Result<usize, Broken> {
        self.peek()?;
        Ok(self.at)
    }

    /// The text from a place to here.
    #[inline]
    pub fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// Bytes of the text from here on.
    pub fn n_left(&self) -> usize {
        self.text.len() - self.at
    }

    /// Refuses a text that goes on after its value.
    pub fn end(&mut self) -> Result<(), Broken> {
        match self.peek() {
            Err(Broken) => Ok(()),
            Ok(_) => Err(Broken),
        }
    }

    /// Passes a value that is not what belongs here.
    pub fn amiss(&mut self, expected: &'static str) -> Result<(), Broken> {
        self.blame(Fault::Shape(expected));
        self.skip()
    }

    /// Remembers a fault, if it is the first of the message.
    pub fn blame(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    /// Sets what is remembered as the fault; what was before.
    pub fn exchange(&mut self, fault: Option<Fault>) -> Option<Fault> {
        std::mem::replace(&mut self.fault, fault)
    }

    fn pass<T>(&mut self, answer: T) -> Result<T, Broken> {
        self.at += 1;
        Ok(answer)
    }

    fn colon(&mut self) -> Result<(), Broken> {
        match self.peek()? {
            b':' => self.pass(()),
            _ => Err(Broken),
        }
    }

    fn skip_name(&mut self) -> Result<(), Broken> {
        match self.text.as_bytes().get(self.at) {
            Some(b'"') => self.skip_text()?,
            _ => return Err(Broken),
        }
        self.colon()
    }

    fn word(&mut self, word: &str) -> Result<(), Broken> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        if !rest.starts_with(word.as_bytes()) {
            return Err(Broken);
        }
        self.at += word.len();
        Ok(())
    }
}

/// Reads all of a text; what is wrong with it in words, if it cannot be read.
pub(crate) fn whole<'a, T>(
    text: &'a str,
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, Broken>,
) -> Result<T, String> {
    let mut reader = Reader::new(text);
    let value = read(&mut reader).and_then(|value| reader.end().map(|()| value));
    match (value, reader.fault) {
        (Ok(value), None) => Ok(value),
        (Ok(_), Some(fault)) => Err(fault.words(text)),
        (Err(Broken), _) => Err(words(text)),
    }
}

/// What is wrong with a text that is no JSON, nor several values one after the other, and where.
/// `serde_json` says it, so that nothing has to be remembered for it while reading.
pub(crate) fn words(text: &str) -> String {
    let one = serde_json::from_str::<IgnoredAny>(text).err();
    let mut all = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    let broken = all.find_map(Result::err).or(one);
    broken.map_or_else(|| "it is no JSON".to_owned(), |error| error.to_string())
}

impl Fault {
    /// What is wrong with this text of a message.
    pub fn words(self, text: &str) -> String {
        match self {
            Fault::Shape(expected) => format!("expected {expected}"),
            Fault::Value => match serde_json::from_str::<Passed>(text) {
                Err(error) => error.to_string(),
                Ok(_) => "a value is out of range".to_owned(),
            },
        }
    }
}

/// A value that was read and of which nothing is kept. What has no value is an error, which it is not for
/// [`IgnoredAny`].
struct Passed;

impl<'de> Deserialize<'de> for Passed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Passed, D::Error> {
        deserializer.deserialize_any(Passed)
    }
}

impl<'de> Visitor<'de> for Passed {
    type Value = Passed;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_unit<E>(self) -> Result<Passed, E> {
        Ok(Passed)
    }
    fn visit_bool<E>(self, _: bool) -> Result<Passed, E> {
        Ok(Passed)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Passed, E> {
        Ok(Passed)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Passed, E> {
        Ok(Passed)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Passed, E> {
        Ok(Passed)
    }
    fn visit_str<E>(self, _: &str) -> Result<Passed, E> {
        Ok(Passed)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Passed, A::Error> {
        while seq.next_element::<Passed>()?.is_some() {}
        Ok(Passed)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Passed, A::Error> {
        while map.next_entry::<Passed, Passed>()?.is_some() {}
        Ok(Passed)
    }
}
