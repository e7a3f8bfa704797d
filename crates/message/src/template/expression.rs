//! Expressions: words and signs of a tag, read into values, paths, conditions and filters.

use std::ops::Range;

use model::Text;

use super::tree::Operator;

/// A word or sign.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Lexeme {
    /// A name.
    Name(Text),
    /// `${name}`.
    Dollar(Text),
    /// A text in quotes.
    Quoted(Text),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// How two values are compared.
    Operator(Operator),
    /// `.`, `,`, `:`, `|`, `=`, `(`, `)`, `[`, `]`.
    Sign(char),
    /// `..`.
    Dots,
    /// Something that is none of these.
    Unknown(char),
    /// A text whose quote is not closed.
    Unclosed,
}

/// Reads words and signs one after the other, with one of lookahead.
pub(super) struct Cursor<'a> {
    source: &'a str,
    end: usize,
    at: usize,
    next: Option<(Lexeme, Range<usize>)>,
    /// Where the word before ended.
    last_end: usize,
}

impl<'a> Cursor<'a> {
    /// Over a part of the source.
    pub fn new(source: &'a str, within: Range<usize>) -> Cursor<'a> {
        let (at, end) = (within.start, within.end);
        let mut cursor = Cursor { source, end, at, next: None, last_end: at };
        cursor.next = cursor.read();
        cursor
    }

    /// The next one, without passing it.
    pub fn peek(&self) -> Option<&Lexeme> {
        self.next.as_ref().map(|(lexeme, _)| lexeme)
    }

    /// The next one.
    pub fn advance(&mut self) -> Option<Lexeme> {
        let following = self.read_after();
        let (lexeme, range) = std::mem::replace(&mut self.next, following)?;
        self.last_end = range.end;
        Some(lexeme)
    }

    fn read_after(&mut self) -> Option<(Lexeme, Range<usize>)> {
        if self.next.is_some() { self.read() } else { None }
    }

    /// Passes the next one if it is this sign.
    pub fn take(&mut self, sign: char) -> bool {
        let found = self.peek() == Some(&Lexeme::Sign(sign));
        if found {
            self.advance();
        }
        found
    }

    /// Passes the next one if it is this word.
    pub fn take_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Lexeme::Name(name)) if name == word);
        if found {
            self.advance();
        }
        found
    }

    /// Passes a name and the colon behind it, as in `allow_false: true`.
    pub fn take_label(&mut self) -> Option<Text> {
        let Some(Lexeme::Name(name)) = self.peek() else { return None };
        let name = name.clone();
        if !self.source[self.at..self.end].trim_start().starts_with(':') {
            return None;
        }
        self.advance();
        self.advance();
        Some(name)
    }

    /// Where the next one begins.
    pub fn place(&self) -> usize {
        self.next.as_ref().map_or(self.end, |(_, range)| range.start)
    }

    /// Where the last one that was passed ended.
    pub fn passed(&self) -> usize {
        self.last_end
    }

    /// The next one as it is written, for wording.
    pub fn written(&self) -> &'a str {
        match &self.next {
            Some((_, range)) => &self.source[range.clone()],
            None => "",
        }
    }

    fn read(&mut self) -> Option<(Lexeme, Range<usize>)> {
        let rest = &self.source[self.at..self.end];
        let text = rest.trim_start();
        let start = self.end - text.len();
        let first = text.chars().next()?;
        let (lexeme, length) = match first {
            '\'' | '"' => quoted(text, first),
            '$' => dollar(text),
            '0'..='9' => number(text),
            '-' if text[1..].starts_with(|c: char| c.is_ascii_digit()) => number(text),
            c if c.is_alphabetic() || c == '_' => name(text),
            _ => sign(text, first),
        };
        self.at = start + length;
        Some((lexeme, start..start + length))
    }
}

fn quoted(text: &str, quote: char) -> (Lexeme, usize) {
    let mut out = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((i, c)) = chars.next() {
        match c {
            c if c == quote => return (Lexeme::Quoted(out.into()), i + 1),
            '\\' => match chars.next() {
                Some((_, 'n')) => out.push('\n'),
                Some((_, 't')) => out.push('\t'),
                Some((_, 'r')) => out.push('\r'),
                Some((_, c)) => out.push(c),
                None => {}
            },
            c => out.push(c),
        }
    }
    (Lexeme::Unclosed, text.len())
}

fn dollar(text: &str) -> (Lexeme, usize) {
    match (text.strip_prefix("${"), text.find('}')) {
        (Some(_), Some(end)) => (Lexeme::Dollar(text[2..end].trim().into()), end + 1),
        _ => (Lexeme::Unknown('$'), 1),
    }
}

fn number(text: &str) -> (Lexeme, usize) {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let sign = usize::from(bytes[0] == b'-');
    let whole = sign + digits(sign);
    let fraction = if bytes.get(whole) == Some(&b'.') { digits(whole + 1) } else { 0 };
    if fraction > 0 {
        let length = whole + 1 + fraction;
        let x: f64 = text[..length].parse().unwrap_or(0.0);
        return (Lexeme::Float(if x.is_finite() { x } else { 0.0 }), length);
    }
    match text[..whole].parse() {
        Ok(n) => (Lexeme::Int(n), whole),
        Err(_) => (Lexeme::Float(text[..whole].parse().unwrap_or(0.0)), whole),
    }
}

fn name(text: &str) -> (Lexeme, usize) {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let mut length = text.find(|c| !inside(c)).unwrap_or(text.len());
    if text[length..].starts_with('?') {
        length += 1;
    }
    let lexeme = match &text[..length] {
        "contains" => Lexeme::Operator(Operator::Contains),
        word => Lexeme::Name(word.into()),
    };
    (lexeme, length)
}

fn sign(text: &str, first: char) -> (Lexeme, usize) {
    let two = text.get(..2).unwrap_or("");
    match two {
        "==" => (Lexeme::Operator(Operator::Equal), 2),
        "!=" | "<>" => (Lexeme::Operator(Operator::Unequal), 2),
        "<=" => (Lexeme::Operator(Operator::LessOrEqual), 2),
        ">=" => (Lexeme::Operator(Operator::GreaterOrEqual), 2),
        ".." => (Lexeme::Dots, 2),
        _ => match first {
            '<' => (Lexeme::Operator(Operator::Less), 1),
            '>' => (Lexeme::Operator(Operator::Greater), 1),
            '.' | ',' | ':' | '|' | '=' | '(' | ')' | '[' | ']' => (Lexeme::Sign(first), 1),
            c => (Lexeme::Unknown(c), c.len_utf8()),
        },
    }
}
