//! The source of a template cut into literals, outputs and tags.
//!
//! Whitespace control, `raw`, comments and the lines of a `liquid` tag are dealt with here, so that
//! nobody behind knows of them. Invariant: every range lies inside the source and on characters.

use std::ops::Range;

use crate::problem::{Problem, code};

/// A part of the source.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// Text that is copied.
    Literal(Range<usize>),
    /// The inside of `{{ }}`.
    Output(Range<usize>),
    /// A tag: its name and what follows it.
    Tag(Range<usize>, Range<usize>),
}

/// Cuts a part of the source, appending what is wrong to `problems`.
pub(super) fn cut(source: &str, within: Range<usize>, problems: &mut Vec<Problem>) -> Vec<Token> {
    let end = within.end;
    let mut lexer =
        Lexer { source, at: within.start, end, tokens: Vec::new(), trim: false, problems };
    while lexer.at < lexer.end {
        lexer.step();
    }
    lexer.tokens
}

/// The parts of a source that are not copied: outputs and tags, with the whitespace that they trim.
pub(crate) fn cut_spans(source: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let mut at = 0;
    for token in cut(source, 0..source.len(), &mut Vec::new()) {
        if let Token::Literal(range) = token {
            if range.start > at {
                spans.push(at..range.start);
            }
            at = range.end;
        }
    }
    if at < source.len() {
        spans.push(at..source.len());
    }
    spans
}

struct Lexer<'a> {
    source: &'a str,
    at: usize,
    end: usize,
    tokens: Vec<Token>,
    /// Whether the tag before ended with `-`.
    trim: bool,
    problems: &'a mut Vec<Problem>,
}

impl Lexer<'_> {
    /// One literal and the output or tag after it.
    fn step(&mut self) {
        let rest = &self.source[self.at..self.end];
        let open = find_open(rest).map_or(self.end, |i| self.at + i);
        let trim_after = self.source.as_bytes()[open..self.end].get(2) == Some(&b'-');
        self.literal(self.at..open, trim_after && open < self.end);
        if open == self.end {
            self.at = self.end;
            return;
        }
        let tag = self.source.as_bytes()[open + 1] == b'%';
        let inside = open + 2 + usize::from(trim_after);
        let Some(close) = self.find_close(inside, tag) else {
            let (what, sign) = if tag { ("tag", "%}") } else { ("output", "}}") };
            let problem = Problem::error(code::SYNTAX, format!("this {what} is not closed"))
                .hint(format!("close it with {sign}"));
            self.problems.push(problem.at(self.source, open));
            self.at = self.end;
            return;
        };
        let trimmed = close > inside && self.source.as_bytes()[close - 1] == b'-';
        self.trim = trimmed;
        self.at = close + 2;
        let content = inside..close - usize::from(trimmed);
        if tag {
            self.tag(content);
        } else {
            self.tokens.push(Token::Output(content));
        }
    }

    fn literal(&mut self, range: Range<usize>, trim_end: bool) {
        let mut range = range;
        if self.trim {
            let text = &self.source[range.clone()];
            range.start += text.len() - text.trim_start().len();
        }
        if trim_end {
            range.end = range.start + self.source[range.clone()].trim_end().len();
        }
        self.trim = false;
        if !range.is_empty() {
            self.tokens.push(Token::Literal(range));
        }
    }

    /// Where the closing sign stands. Signs in quotes do not count, unless the quotes do not close
    /// before the next tag.
    fn find_close(&self, from: usize, tag: bool) -> Option<usize> {
        let text = &self.source[from..self.end];
        let sign: &[u8; 2] = if tag { b"%}" } else { b"}}" };
        let comment = tag && text.trim_start().starts_with('#');
        let plain = close(text.as_bytes(), *sign, false)?;
        // A single apostrophe would reach into what follows, up to the next one.
        let opens: &[&str] = if tag { &["{%"] } else { &["{%", "{{"] };
        let quoted = close(text.as_bytes(), *sign, true)
            .filter(|i| !comment && !opens.iter().any(|open| text[..*i].contains(open)));
        Some(from + quoted.unwrap_or(plain))
    }

    fn tag(&mut self, content: Range<usize>) {
        let (name, rest) = split_name(self.source, content);
        match &self.source[name.clone()] {
            "raw" => self.raw(name),
            "comment" | "doc" => self.comment(name),
            "liquid" => self.lines(rest),
            text if text.starts_with('#') => {}
            _ => self.tokens.push(Token::Tag(name, rest)),
        }
    }

    /// Copies everything up to `endraw`.
    fn raw(&mut self, name: Range<usize>) {
        let start = self.at;
        let mut from = start;
        while let Some(i) = self.source[from..self.end].find("{%") {
            let open = from + i;
            if let Some((tag, close)) = self.tag_at(open)
                && &self.source[tag] == "endraw"
            {
                let trim_end = self.source.as_bytes()[open + 2] == b'-';
                self.literal(start..open, trim_end);
                self.trim = self.source.as_bytes()[close - 1] == b'-';
                self.at = close + 2;
                return;
            }
            from = open + 2;
        }
        self.unclosed(name);
    }

    /// Skips everything up to the end of the comment; comments nest.
    fn comment(&mut self, name: Range<usize>) {
        let mut depth = 1;
        let mut from = self.at;
        while let Some(i) = self.source[from..self.end].find("{%") {
            let open = from + i;
            from = open + 2;
            let Some((tag, close)) = self.tag_at(open) else { continue };
            match &self.source[tag] {
                "comment" | "doc" => depth += 1,
                "endcomment" | "enddoc" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                self.trim = self.source.as_bytes()[close - 1] == b'-';
                self.at = close + 2;
                return;
            }
        }
        self.unclosed(name);
    }

    /// Name and closing sign of the tag that opens at a place.
    fn tag_at(&self, open: usize) -> Option<(Range<usize>, usize)> {
        let inside = open + 2;
        let close = inside + self.source[inside..self.end].find("%}")?;
        let start = inside + usize::from(self.source.as_bytes()[inside] == b'-');
        let content = start..close.max(start);
        Some((split_name(self.source, content).0, close))
    }

    fn unclosed(&mut self, name: Range<usize>) {
        let word = &self.source[name.clone()];
        let problem = Problem::error(code::UNBALANCED, format!("\"{word}\" is not closed"))
            .hint(format!("close it with {{% end{word} %}}"));
        self.problems.push(problem.at(self.source, name.start));
        self.at = self.end;
    }

    /// The lines of a `liquid` tag, each a tag of its own.
    fn lines(&mut self, content: Range<usize>) {
        let mut start = content.start;
        let mut comment_depth = 0usize;
        for line in self.source[content].split('\n') {
            let range = start..start + line.len();
            start = range.end + 1;
            let (name, rest) = split_name(self.source, range);
            let word = &self.source[name.clone()];
            match word {
                "comment" => comment_depth += 1,
                "endcomment" => comment_depth = comment_depth.saturating_sub(1),
                _ if comment_depth > 0 || word.is_empty() || word.starts_with('#') => {}
                _ => self.tokens.push(Token::Tag(name, rest)),
            }
        }
    }
}

/// Where the next `{{` or `{%` stands.
fn find_open(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(i) = text[from..].find('{') {
        let at = from + i;
        match bytes.get(at + 1) {
            Some(b'{' | b'%') => return Some(at),
            Some(_) => from = at + 1,
            None => return None,
        }
    }
    None
}

/// Where a closing sign stands; `${…}` and, if asked, quotes are passed over. Inside a tag, outputs
/// (`connected_content` has them) are passed over too.
fn close(text: &[u8], sign: [u8; 2], quotes: bool) -> Option<usize> {
    let mut i = 0;
    while i < text.len() {
        match text[i] {
            quote @ (b'"' | b'\'') if quotes => {
                i += 1 + text[i + 1..].iter().position(|b| *b == quote)?;
            }
            b'$' if text.get(i + 1) == Some(&b'{') => {
                i += text[i..].iter().position(|b| *b == b'}')?;
            }
            b if b == sign[0] && text.get(i + 1) == Some(&sign[1]) => return Some(i),
            _ => {}
        }
        i += 1;
    }
    None
}

/// The first word of a tag and the rest, both without blanks around them.
pub(super) fn split_name(source: &str, content: Range<usize>) -> (Range<usize>, Range<usize>) {
    let content = trimmed(source, content);
    let text = &source[content.clone()];
    let word = match text.chars().next() {
        Some('#') => 1,
        _ => text
            .char_indices()
            .find(|(_, c)| !(c.is_alphanumeric() || matches!(c, '_' | '-')))
            .map_or(text.len(), |(i, _)| i),
    };
    let middle = content.start + word;
    (content.start..middle, trimmed(source, middle..content.end))
}

/// The range without blanks at its ends.
pub(super) fn trimmed(source: &str, range: Range<usize>) -> Range<usize> {
    let text = &source[range.clone()];
    let start = range.start + text.len() - text.trim_start().len();
    start..start + text.trim().len()
}
