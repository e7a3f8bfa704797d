//! Carries the tags of templates through tools that know HTML or MJML and nothing of templates.
//!
//! Every tag becomes a word that such tools keep (in HTML between elements a comment, because a
//! word between the rows of a table would be moved out of it) and is put back afterwards. Invariant:
//! what is put back is what was taken out, byte for byte.

use std::ops::Range;

use crate::html::end_of;
use crate::template::cut_spans;

/// What the tool knows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// HTML that is read as text: words everywhere.
    Text,
    Html,
    Mjml,
}

/// A source without tags of templates.
pub(crate) struct Protected<'a> {
    source: &'a str,
    /// Every word is this, a number, and `z`, or `c` in a comment of its own.
    prefix: String,
    spans: Vec<Range<usize>>,
    /// The source with words in place of tags.
    pub text: String,
}

/// Protects the tags in HTML.
pub(crate) fn protect_html(source: &str) -> Protected<'_> {
    protect(source, Kind::Html)
}

/// Protects the tags in HTML that will be read as text.
pub(crate) fn protect_text(source: &str) -> Protected<'_> {
    protect(source, Kind::Text)
}

/// Protects the tags in MJML.
pub(crate) fn protect_mjml(source: &str) -> Protected<'_> {
    protect(source, Kind::Mjml)
}

fn protect(source: &str, kind: Kind) -> Protected<'_> {
    let lower = source.to_ascii_lowercase();
    let mut prefix = "lqd".to_owned();
    while lower.contains(&prefix) {
        prefix.push('q');
    }
    let spans = cut_spans(source);
    let mut text = String::with_capacity(source.len());
    let mut scanner = Scanner::new(kind);
    let mut at = 0;
    let mut taken = Vec::with_capacity(spans.len());
    for span in spans {
        let literal = &source[at..span.start];
        match kind {
            Kind::Mjml => feed_mjml(literal, at, &mut scanner, &prefix, &mut taken, &mut text),
            _ => {
                text.push_str(literal);
                scanner.feed(literal);
            }
        }
        let word = format!("{prefix}{}z", taken.len());
        taken.push(span.clone());
        match scanner.place() {
            Place::Structure => text.push_str(&format!("<mj-raw>{word}</mj-raw>")),
            // The other ending keeps it apart from a comment that somebody wrote around a tag.
            Place::Between => text.push_str(&format!("<!--{}c-->", word.trim_end_matches('z'))),
            Place::Inside => text.push_str(&word),
        }
        at = span.end;
    }
    match kind {
        Kind::Mjml => feed_mjml(&source[at..], at, &mut scanner, &prefix, &mut taken, &mut text),
        _ => text.push_str(&source[at..]),
    }
    Protected { source, prefix, spans: taken, text }
}

/// Copies a literal of MJML with a word in place of every `>` that stands in a text: the reader of
/// MJML fails where one follows a letter beyond ASCII.
fn feed_mjml(
    literal: &str,
    start: usize,
    scanner: &mut Scanner,
    prefix: &str,
    taken: &mut Vec<Range<usize>>,
    text: &mut String,
) {
    for (i, c) in literal.char_indices() {
        if c == '>' && scanner.state == State::Text {
            text.push_str(&format!("{prefix}{}z", taken.len()));
            taken.push(start + i..start + i + 1);
        } else {
            text.push(c);
            scanner.feed(c.encode_utf8(&mut [0; 4]));
        }
    }
}

impl Protected<'_> {
    /// Puts the tags back into what became of the text.
    pub(crate) fn restore(&self, text: &str) -> String {
        let lower = text.to_ascii_lowercase();
        let mut out = String::with_capacity(text.len() + self.source.len() / 4);
        let mut at = 0;
        while let Some(i) = lower[at..].find(&self.prefix) {
            let start = at + i;
            let digits_start = start + self.prefix.len();
            let digits = lower[digits_start..].bytes().take_while(u8::is_ascii_digit).count();
            let end = digits_start + digits;
            let number: Option<usize> = lower[digits_start..end].parse().ok();
            let between = lower[end..].starts_with('c');
            let ended = between || lower[end..].starts_with('z');
            let span = number.and_then(|n| self.spans.get(n)).filter(|_| ended);
            let Some(span) = span else {
                out.push_str(&text[at..digits_start]);
                at = digits_start;
                continue;
            };
            let (mut from, mut to) = (start, end + 1);
            if between && text[at..from].ends_with("<!--") && text[to..].starts_with("-->") {
                (from, to) = (from - 4, to + 3);
            } else if text[to..].starts_with("=\"\"") {
                // A tag among attributes became an attribute without a value.
                to += 3;
            }
            out.push_str(&text[at..from]);
            out.push_str(&self.source[span.clone()]);
            at = to;
        }
        out.push_str(&text[at..]);
        out
    }
}

/// Where a tag of a template stands.
enum Place {
    /// Between elements of MJML that hold no text.
    Structure,
    /// Between elements of HTML.
    Between,
    /// In a text, an attribute, a comment or a style sheet.
    Inside,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Text,
    /// Reading the name of a tag.
    Name,
    Tag,
    Value(u8),
    Comment,
}

struct Scanner {
    kind: Kind,
    state: State,
    name: String,
    /// Open elements: of MJML all of its own, of HTML one whose text is no HTML.
    open: Vec<String>,
    /// The last bytes, to see where comments begin and end.
    last: [u8; 4],
}

impl Scanner {
    fn new(kind: Kind) -> Scanner {
        let (name, open) = (String::new(), Vec::new());
        Scanner { kind, state: State::Text, name, open, last: [0; 4] }
    }

    fn feed(&mut self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() {
            if self.kind == Kind::Html && self.state == State::Text && !self.open.is_empty() {
                // Only its own end ends a script or style sheet.
                let name = self.open.last().map_or("", String::as_str);
                rest = &rest[end_of(rest, name)..];
                if rest.is_empty() {
                    return;
                }
            }
            let byte = rest.as_bytes()[0];
            let length = rest.chars().next().map_or(1, char::len_utf8);
            rest = &rest[length..];
            self.byte(byte);
            self.last.rotate_left(1);
            self.last[3] = byte;
        }
    }

    fn byte(&mut self, byte: u8) {
        match self.state {
            State::Text if byte == b'<' => {
                self.state = State::Name;
                self.name.clear();
            }
            State::Name => self.in_name(byte),
            State::Tag => match byte {
                b'"' | b'\'' if self.last[3] == b'=' => self.state = State::Value(byte),
                b'>' => self.end_tag(),
                _ => {}
            },
            State::Value(quote) if byte == quote => self.state = State::Tag,
            State::Comment if byte == b'>' && self.last[2..] == *b"--" => self.state = State::Text,
            _ => {}
        }
    }

    fn in_name(&mut self, byte: u8) {
        match byte {
            b'>' => self.end_tag(),
            b'-' if self.name == "!-" => self.state = State::Comment,
            byte if byte.is_ascii_whitespace() => {
                // `a < b` is text.
                self.state = if self.name.is_empty() { State::Text } else { State::Tag };
            }
            byte => self.name.push(byte.to_ascii_lowercase() as char),
        }
    }

    fn end_tag(&mut self) {
        self.state = State::Text;
        let closed_itself = self.last[3] == b'/';
        let name = std::mem::take(&mut self.name);
        let name = name.trim_end_matches('/');
        match name.strip_prefix('/') {
            Some(name) if self.open.last().is_some_and(|open| open == name) => {
                self.open.pop();
            }
            None if !closed_itself && self.watched(name) => self.open.push(name.to_owned()),
            _ => {}
        }
    }

    fn watched(&self, name: &str) -> bool {
        match self.kind {
            Kind::Mjml => name.starts_with("mj"),
            Kind::Text => false,
            Kind::Html => matches!(name, "script" | "style" | "title" | "textarea"),
        }
    }

    fn place(&self) -> Place {
        const STRUCTURE: &[&str] =
            &["mj-body", "mj-section", "mj-column", "mj-wrapper", "mj-group", "mj-hero"];
        if self.state != State::Text {
            return Place::Inside;
        }
        let innermost = self.open.last().map(String::as_str);
        match self.kind {
            Kind::Mjml if innermost.is_some_and(|name| STRUCTURE.contains(&name)) => {
                Place::Structure
            }
            Kind::Html if innermost.is_none() => Place::Between,
            _ => Place::Inside,
        }
    }
}
