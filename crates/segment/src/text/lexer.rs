//! Splits a text into tokens. Every character belongs to a token, to blank space or to a problem.

use model::{Span, Timestamp};

use super::words::name_bytes;
use crate::problem::{Problem, code};

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// A word of the language or a plain name.
    Word,
    /// A name in backticks, without them.
    Name(String),
    /// A text in quotes, without them.
    Str(String),
    Int(i64),
    Float(f64),
    Span(Span),
    Instant(Timestamp),
    /// A wall clock time, in minutes from midnight.
    Clock(u32),
    Symbol(&'static str),
    End,
}

/// A token and its place.
#[derive(Clone, Debug)]
pub(super) struct Token<'a> {
    pub kind: Kind,
    /// As it was written; empty at the end of the text.
    pub raw: &'a str,
    pub line: u32,
    pub column: u32,
}

const SYMBOLS: &[&str] = &["==", "!=", "<>", "<=", ">=", "(", ")", "[", "]", ",", "=", "<", ">"];

/// All tokens, the last of which is [`Kind::End`], and what could not be read.
pub(super) fn tokens(text: &str) -> (Vec<Token<'_>>, Vec<Problem>) {
    let mut lexer = Lexer { text, at: 0, line: 1, column: 1, tokens: vec![], problems: vec![] };
    while lexer.blank() {
        lexer.token();
    }
    lexer.push(Kind::End, 0);
    (lexer.tokens, lexer.problems)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    column: u32,
    tokens: Vec<Token<'a>>,
    problems: Vec<Problem>,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// The rest of the present line.
    fn line(&self) -> &'a str {
        let rest = self.rest();
        rest.split('\n').next().unwrap_or(rest)
    }

    /// Skips blank space; whether anything is left.
    fn blank(&mut self) -> bool {
        let rest = self.rest();
        self.skip(rest.len() - rest.trim_start().len());
        self.at < self.text.len()
    }

    fn skip(&mut self, bytes: usize) {
        for c in self.text[self.at..self.at + bytes].chars() {
            if c == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.at += bytes;
    }

    fn push(&mut self, kind: Kind, bytes: usize) {
        let raw = &self.text[self.at..self.at + bytes];
        self.tokens.push(Token { kind, raw, line: self.line, column: self.column });
        self.skip(bytes);
    }

    fn problem(&mut self, message: String, hint: &str, found: &str) {
        let problem = Problem::error(code::SYNTAX, message).found(found);
        self.problems.push(problem.hint(hint).at(self.line, self.column));
    }

    fn token(&mut self) {
        let rest = self.rest();
        let first = rest.chars().next().unwrap_or(' ');
        let second = rest[first.len_utf8()..].chars().next().unwrap_or(' ');
        match first {
            '"' => self.quoted('"'),
            '`' => self.quoted('`'),
            '0'..='9' => self.number(),
            '-' if second.is_ascii_digit() => self.number(),
            '@' if second.is_ascii_digit() => self.instant(1),
            _ => match name_bytes(rest) {
                0 => self.symbol(first),
                bytes => self.push(Kind::Word, bytes),
            },
        }
    }

    fn symbol(&mut self, first: char) {
        match SYMBOLS.iter().find(|s| self.rest().starts_with(**s)) {
            Some(symbol) => {
                let meaning = match *symbol {
                    "==" => "=",
                    "<>" => "!=",
                    other => other,
                };
                self.push(Kind::Symbol(meaning), symbol.len());
            }
            None => self.stray(first),
        }
    }

    fn stray(&mut self, first: char) {
        let (hint, word) = match first {
            '\u{201c}' | '\u{201d}' => return self.curly(),
            '\'' => ("write texts in straight double quotes, as in \"TR\"", ""),
            '&' => ("write `and`", "and"),
            '|' => ("write `or`", "or"),
            '!' => ("write `not`", "not"),
            '*' => ("write `any event`", ""),
            _ => ("names with other characters stand in backticks, as in `first name`", ""),
        };
        let rest = self.rest();
        let bytes = rest.find(|c| c != first).unwrap_or(rest.len());
        let found = clip(&rest[..bytes]);
        self.problem(format!("{found} has no meaning here"), hint, &found);
        if !word.is_empty() {
            let (line, column) = (self.line, self.column);
            self.tokens.push(Token { kind: Kind::Word, raw: word, line, column });
        }
        self.skip(bytes);
    }

    /// A text in the quotes of a word processor: a problem, but it is clear what is meant.
    fn curly(&mut self) {
        let rest = self.rest();
        let mark = |c: char| matches!(c, '\u{201c}' | '\u{201d}');
        let line = self.line();
        let end = line.char_indices().skip(1).find(|(_, c)| mark(*c));
        let (content, bytes) = match end {
            Some((at, c)) => (&rest[3..at], at + c.len_utf8()),
            None => (&line[3..], line.len()),
        };
        let hint = format!("write straight quotes: \"{}\"", clip(content));
        self.problem("texts stand in straight quotes".to_owned(), &hint, &clip(&rest[..bytes]));
        self.push(Kind::Str(content.to_owned()), bytes);
    }

    /// A text or a name between two equal marks, on one line.
    fn quoted(&mut self, mark: char) {
        let rest = self.line();
        let mut content = String::new();
        let mut chars = rest.char_indices().skip(1);
        let mut end = None;
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => match escape(&mut chars) {
                    Some(c) => content.push(c),
                    None => self.wrong_escape(at),
                },
                _ if c == mark => {
                    end = Some(at + 1);
                    break;
                }
                _ => content.push(c),
            }
        }
        let bytes = end.unwrap_or_else(|| {
            let what = if mark == '"' { "text" } else { "name" };
            let hint = format!("close it with {mark}; a line break inside is written \\n");
            self.problem(format!("the {what} that begins here has no end"), &hint, &clip(rest));
            rest.len()
        });
        let kind = if mark == '"' { Kind::Str(content) } else { Kind::Name(content) };
        self.push(kind, bytes);
    }

    fn wrong_escape(&mut self, at: usize) {
        let written: String = self.line()[at..].chars().take(2).collect();
        let columns = self.line()[..at].chars().count() as u32;
        let problem = Problem::error(code::SYNTAX, format!("{written} is not an escape"))
            .hint("write \\\\ for a backslash; the others are \\\" \\` \\n \\r \\t and \\u{1f600}")
            .found(written)
            .at(self.line, self.column + columns);
        self.problems.push(problem);
    }

    fn number(&mut self) {
        let rest = self.rest();
        let sign = usize::from(rest.starts_with('-'));
        let whole = sign + digits(&rest[sign..]);
        let after = &rest[whole..];
        if is_date(rest) {
            return self.instant(0);
        }
        if after.starts_with(':') && digits(&after[1..]) > 0 {
            return self.clock(whole, digits(&after[1..]));
        }
        match float_bytes(after) {
            0 => self.whole_or_span(whole),
            more => self.float(whole + more),
        }
    }

    fn whole_or_span(&mut self, whole: usize) {
        let rest = self.rest();
        let letters = name_bytes(&rest[whole..]);
        let raw = &rest[..whole + letters];
        if letters > 0 {
            let span = Span::parse(raw).unwrap_or_else(|_| {
                let message = format!("{} is not a length of time", clip(raw));
                let hint = "write a whole number and ms, s, m, h, d or w, at most 36500d";
                self.problem(message, hint, &clip(raw));
                Span::DAY
            });
            return self.push(Kind::Span(span), raw.len());
        }
        let n = raw.parse().unwrap_or_else(|_| {
            let message = format!("{} is too large for a whole number", clip(raw));
            self.problem(message, "write it with a point, as in 1.0e19", &clip(raw));
            0
        });
        self.push(Kind::Int(n), raw.len());
    }

    fn float(&mut self, bytes: usize) {
        let raw = &self.rest()[..bytes];
        let x = raw.parse().ok().filter(|x: &f64| x.is_finite()).unwrap_or_else(|| {
            let message = format!("{} is too large for a number", clip(raw));
            self.problem(message, "numbers go up to 1.7e308", &clip(raw));
            0.0
        });
        self.push(Kind::Float(x), bytes);
    }

    fn clock(&mut self, hour: usize, minute: usize) {
        let raw = &self.rest()[..hour + 1 + minute];
        let minutes = clock_minutes(raw).unwrap_or_else(|| {
            let hint = "write hours and minutes from 00:00 to 24:00";
            self.problem(format!("{} is not a time of day", clip(raw)), hint, &clip(raw));
            0
        });
        self.push(Kind::Clock(minutes), raw.len());
    }

    fn instant(&mut self, skip: usize) {
        let rest = self.rest();
        let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '.' | '+');
        let written = &rest[skip..];
        let bytes = written.find(|c| !part(c)).unwrap_or(written.len());
        let at = Timestamp::parse(&written[..bytes]).unwrap_or_else(|_| {
            let raw = clip(&written[..bytes]);
            let hint = "write a date as 2026-03-01 or an instant as 2026-03-01T09:00:00Z";
            self.problem(format!("{raw} is not a date"), hint, &raw);
            Timestamp(0)
        });
        self.push(Kind::Instant(at), skip + bytes);
    }
}

/// Reads what follows a backslash.
fn escape(chars: &mut impl Iterator<Item = (usize, char)>) -> Option<char> {
    match chars.next()?.1 {
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        c @ ('"' | '`' | '\\') => Some(c),
        'u' => {
            chars.next().filter(|(_, c)| *c == '{')?;
            let mut n = 0u32;
            for _ in 0..7 {
                match chars.next()?.1 {
                    '}' => return char::from_u32(n),
                    c => n = n.checked_mul(16)?.checked_add(c.to_digit(16)?)?,
                }
            }
            None
        }
        _ => None,
    }
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// How many bytes of fraction and exponent follow the whole digits of a number.
fn float_bytes(after: &str) -> usize {
    let fraction = match after.strip_prefix('.').map(digits) {
        None | Some(0) => 0,
        Some(n) => 1 + n,
    };
    let rest = &after[fraction..];
    let Some(power) = rest.strip_prefix(['e', 'E']) else { return fraction };
    let sign = usize::from(power.starts_with(['-', '+']));
    match digits(&power[sign..]) {
        0 => fraction,
        n => fraction + 1 + sign + n,
    }
}

/// Whether the text starts like `2026-03-01`.
fn is_date(text: &str) -> bool {
    let b = text.as_bytes();
    b.len() >= 10
        && b[4] == b'-'
        && b[7] == b'-'
        && [0, 1, 2, 3, 5, 6, 8, 9].iter().all(|i: &usize| b[*i].is_ascii_digit())
}

fn clock_minutes(raw: &str) -> Option<u32> {
    let (hour, minute) = raw.split_once(':')?;
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    let minutes = hour.checked_mul(60)?.checked_add(minute)?;
    (minute < 60 && minutes <= 1_440).then_some(minutes)
}

/// At most 40 characters of a text from outside, for an error message.
pub(super) fn clip(text: &str) -> String {
    const CLIP_MAX: usize = 40;
    let line = text.lines().next().unwrap_or("");
    match line.char_indices().nth(CLIP_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}
