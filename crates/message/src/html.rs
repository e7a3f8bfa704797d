//! HTML cut into tags and text: enough to find links, images and what must not be sent.
//!
//! What it is: a single pass that never fails and copies nothing. What it is not: a tree; who needs
//! one (the inlining of style sheets) has its own. Invariants: pieces follow each other without gaps,
//! and every range lies on characters. Cost: linear.

use std::ops::Range;

/// A part of the HTML.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Piece {
    /// Text between tags.
    Text(Range<usize>),
    /// A tag that opens an element.
    Open(Tag),
    /// A tag that closes an element: the whole tag and the name in it.
    Close { all: Range<usize>, name: Range<usize> },
    /// The text of an element whose text is not HTML: of a script, a style sheet, a title.
    Opaque(Range<usize>),
    /// A comment, a declaration or anything else that is not shown.
    Comment(Range<usize>),
}

/// An opening tag.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tag {
    /// From `<` to `>`.
    pub all: Range<usize>,
    pub name: Range<usize>,
    /// What is between the name and the end.
    pub attributes: Range<usize>,
}

/// An attribute of a tag.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Attribute {
    pub name: Range<usize>,
    /// Without quotes; empty if it has none.
    pub value: Range<usize>,
}

/// Elements whose text is not HTML.
const OPAQUE: &[&str] = &["script", "style", "title", "textarea", "noscript", "xmp"];

/// Goes through HTML.
pub(crate) struct Pieces<'a> {
    html: &'a str,
    at: usize,
    /// The element whose text is not HTML that was just opened.
    opaque: Option<&'static str>,
    /// Whether every text is HTML, also that of scripts.
    markup: bool,
}

/// The pieces of a text.
pub(crate) fn pieces(html: &str) -> Pieces<'_> {
    Pieces { html, at: 0, opaque: None, markup: false }
}

/// The pieces inside a comment that some programs read as HTML (`<!--[if mso]>…<![endif]-->`), at
/// their places in the whole text. None if it is no such comment.
pub(crate) fn pieces_in_comment(html: &str, comment: Range<usize>) -> Pieces<'_> {
    let text = &html[comment.clone()];
    let condition = text.strip_prefix("<!--[if").and_then(|rest| rest.find("]>"));
    match condition {
        Some(at) => {
            let start = comment.start + "<!--[if".len() + at + "]>".len();
            Pieces { html: &html[..comment.end], at: start, opaque: None, markup: false }
        }
        None => pieces(""),
    }
}

impl Iterator for Pieces<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        if let Some(name) = self.opaque.take() {
            let end = self.at + end_of(&self.html[self.at..], name);
            if end > self.at {
                let range = self.at..end;
                self.at = end;
                return Some(Piece::Opaque(range));
            }
        }
        let rest = &self.html[self.at..];
        if rest.is_empty() {
            return None;
        }
        if !starts_tag(rest) {
            let mut length = rest.chars().next().map_or(1, char::len_utf8);
            while let Some(i) = rest[length..].find('<') {
                length += i;
                if starts_tag(&rest[length..]) {
                    return Some(Piece::Text(self.take(length)));
                }
                length += 1;
            }
            return Some(Piece::Text(self.take(rest.len())));
        }
        Some(self.tag(rest))
    }
}

impl Pieces<'_> {
    fn take(&mut self, length: usize) -> Range<usize> {
        let start = self.at;
        self.at += length;
        start..self.at
    }

    fn tag(&mut self, rest: &str) -> Piece {
        if self.markup
            && let Some(inner) = rest.strip_prefix("<!--[if")
        {
            // What stands in it is read as elements.
            let length = inner.find("]>").map_or(rest.len(), |i| "<!--[if".len() + i + 2);
            return Piece::Comment(self.take(length));
        }
        if let Some(inner) = rest.strip_prefix("<!--") {
            let length = inner.find("-->").map_or(rest.len(), |i| i + 7);
            return Piece::Comment(self.take(length));
        }
        if rest.starts_with("<!") || rest.starts_with("<?") {
            let length = rest.find('>').map_or(rest.len(), |i| i + 1);
            return Piece::Comment(self.take(length));
        }
        let closing = rest.starts_with("</");
        let name_start = 1 + usize::from(closing);
        let name_length = rest[name_start..]
            .find(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))
            .unwrap_or(rest.len() - name_start);
        let name = name_start..name_start + name_length;
        let end = end_of_tag(rest, name.end);
        let inner_end = if rest[..end].ends_with('>') { end - 1 } else { end };
        let start = self.at;
        let shift = |range: Range<usize>| range.start + start..range.end + start;
        let all = self.take(end);
        if closing {
            return Piece::Close { all, name: shift(name) };
        }
        let word = &rest[name.clone()];
        let opaque = OPAQUE.iter().find(|known| word.eq_ignore_ascii_case(known)).copied();
        self.opaque = opaque.filter(|_| !self.markup);
        let attributes = name.end..inner_end.max(name.end);
        Piece::Open(Tag { all, name: shift(name), attributes: shift(attributes) })
    }
}

/// Where the closing tag of an element begins, in any case; the end if there is none.
pub(crate) fn end_of(html: &str, name: &str) -> usize {
    let mut from = 0;
    while let Some(i) = html[from..].find("</") {
        let at = from + i;
        let found = html.get(at + 2..at + 2 + name.len());
        if found.is_some_and(|found| found.eq_ignore_ascii_case(name)) {
            return at;
        }
        from = at + 2;
    }
    html.len()
}

fn starts_tag(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next() == Some('<')
        && match chars.next() {
            Some('/') => chars.next().is_some_and(|c| c.is_ascii_alphabetic()),
            Some('!' | '?') => true,
            Some(c) => c.is_ascii_alphabetic(),
            None => false,
        }
}

/// Length of a tag: up to the `>` that stands in no quotes.
fn end_of_tag(text: &str, from: usize) -> usize {
    let bytes = text.as_bytes();
    let mut quote = None;
    for (i, byte) in bytes.iter().enumerate().skip(from) {
        match (quote, byte) {
            (None, b'>') => return i + 1,
            (None, b'"' | b'\'') if opens_value(bytes, i) => quote = Some(*byte),
            (Some(open), byte) if open == *byte => quote = None,
            _ => {}
        }
    }
    // A quote that never closes: the tag ends at its first `>`.
    text[from..].find('>').map_or(text.len(), |i| from + i + 1)
}

/// Whether a quote stands after `=`.
fn opens_value(bytes: &[u8], at: usize) -> bool {
    bytes[..at].iter().rev().find(|b| !b.is_ascii_whitespace()) == Some(&b'=')
}

impl Tag {
    /// Whether its name is this, in any case.
    pub(crate) fn is(&self, html: &str, name: &str) -> bool {
        html[self.name.clone()].eq_ignore_ascii_case(name)
    }

    /// The attributes in order.
    pub(crate) fn attributes<'a>(&self, html: &'a str) -> impl Iterator<Item = Attribute> + 'a {
        let end = self.attributes.end;
        let mut at = self.attributes.start;
        std::iter::from_fn(move || {
            let (attribute, next) = attribute(html, at, end)?;
            at = next;
            Some(attribute)
        })
    }

    /// The value of an attribute as it is written.
    pub(crate) fn value(&self, html: &str, name: &str) -> Option<Range<usize>> {
        self.attributes(html)
            .find(|attribute| html[attribute.name.clone()].eq_ignore_ascii_case(name))
            .map(|attribute| attribute.value)
    }
}

/// The attribute at a place or after it, and where it ends.
fn attribute(html: &str, from: usize, end: usize) -> Option<(Attribute, usize)> {
    let skip = |from: usize, also: &[char]| {
        let text = &html[from..end];
        end - text.trim_start_matches(|c: char| c.is_whitespace() || also.contains(&c)).len()
    };
    let start = skip(from, &['/']);
    if start >= end {
        return None;
    }
    let text = &html[start..end];
    // A sign that belongs nowhere is a name of its own, so that every step goes on.
    let first = text.chars().next().map_or(1, char::len_utf8);
    let length = text[first..]
        .find(|c: char| c.is_whitespace() || matches!(c, '=' | '/'))
        .map_or(text.len(), |i| first + i);
    let name = start..start + length;
    let equals = skip(name.end, &[]);
    if !html[equals..end].starts_with('=') {
        return Some((Attribute { name, value: start + length..start + length }, start + length));
    }
    let value = skip(equals + 1, &[]);
    let text = &html[value..end];
    if let Some(quote @ ('"' | '\'')) = text.chars().next() {
        let length = text[1..].find(quote);
        let inner = value + 1..length.map_or(end, |i| value + 1 + i);
        let next = (inner.end + 1).min(end);
        return Some((Attribute { name, value: inner }, next));
    }
    let length = text.find(char::is_whitespace).unwrap_or(text.len());
    Some((Attribute { name, value: value..value + length }, value + length))
}

/// Elements without an end.
const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];
/// Elements whose end is often left out, and which do not nest without another between them.
const OPEN_ENDED: &[&str] =
    &["p", "li", "td", "th", "tr", "thead", "tbody", "tfoot", "option", "dt", "dd"];

/// How deep elements of HTML are nested, at most.
pub(crate) fn depth(html: &str) -> usize {
    deepest(html, pieces(html), &[VOID, OPEN_ENDED])
}

/// How deep elements of MJML are nested, at most: there every end is written, and a script or style
/// sheet is an element as any other.
pub(crate) fn depth_of_mjml(mjml: &str) -> usize {
    deepest(mjml, Pieces { markup: true, ..pieces(mjml) }, &[VOID])
}

fn deepest(html: &str, pieces: Pieces<'_>, without_end: &[&[&str]]) -> usize {
    let counts = |name: &str| {
        !without_end.iter().any(|list| list.iter().any(|known| known.eq_ignore_ascii_case(name)))
    };
    let (mut now, mut most) = (0usize, 0);
    for piece in pieces {
        match piece {
            Piece::Open(tag)
                if counts(&html[tag.name.clone()]) && !html[tag.all.clone()].ends_with("/>") =>
            {
                now += 1;
                most = most.max(now);
            }
            Piece::Close { name, .. } if counts(&html[name.clone()]) => now = now.saturating_sub(1),
            _ => {}
        }
    }
    most
}

/// The text that a person reads, for those who see no HTML: links as `label (address)`, list items
/// with a dash, blocks on lines of their own.
pub(crate) fn to_text(html: &str) -> String {
    let mut reader = Reader { out: String::with_capacity(html.len() / 4), ..Reader::default() };
    for piece in pieces(html) {
        match piece {
            Piece::Text(range) if reader.hidden == 0 => reader.text(&html[range]),
            Piece::Open(tag) => reader.open(html, &tag),
            Piece::Close { name, .. } => reader.close(&html[name]),
            _ => {}
        }
    }
    squeezed(&reader.out)
}

/// The text without blanks around lines and with at most one empty line between others.
pub(crate) fn squeezed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.trim().lines().map(str::trim) {
        if line.is_empty() {
            empty += 1;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if empty > 0 { "\n\n" } else { "\n" });
        }
        empty = 0;
        out.push_str(line);
    }
    out
}

#[derive(Default)]
struct Reader {
    out: String,
    /// Where the label of the open link begins, and its address.
    link: Option<(usize, String)>,
    /// Open elements whose text is not for reading.
    hidden: usize,
}

impl Reader {
    fn text(&mut self, text: &str) {
        let text = crate::template::unescape(text);
        if text.starts_with(char::is_whitespace) {
            self.space();
        }
        let mut first = true;
        for word in text.split_ascii_whitespace() {
            if !first {
                self.out.push(' ');
            }
            self.out.push_str(word);
            first = false;
        }
        if !first && text.ends_with(|c: char| c.is_ascii_whitespace()) {
            self.out.push(' ');
        }
    }

    fn space(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with(char::is_whitespace) {
            self.out.push(' ');
        }
    }

    fn open(&mut self, html: &str, tag: &Tag) {
        let name = html[tag.name.clone()].to_ascii_lowercase();
        match name.as_str() {
            "head" => self.hidden += 1,
            "br" => self.out.push('\n'),
            "li" => self.out.push_str("\n- "),
            "td" | "th" => self.space(),
            "img" if self.hidden == 0 => {
                let alt = tag.value(html, "alt").map_or("", |range| &html[range]);
                self.text(alt);
            }
            "a" if self.hidden == 0 => {
                let href = tag.value(html, "href").map_or("", |range| &html[range]);
                let start = self.out.len();
                self.link = Some((start, crate::template::unescape(href.trim())));
            }
            name if is_block(name) => self.out.push_str("\n\n"),
            "tr" => self.out.push('\n'),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "head" => self.hidden = self.hidden.saturating_sub(1),
            "a" => {
                let Some((start, address)) = self.link.take() else { return };
                let label = self.out[start..].trim();
                if address.is_empty() || address.starts_with('#') || address == label {
                    return;
                }
                if label.is_empty() {
                    self.out.push_str(&address);
                } else {
                    self.out.truncate(self.out.trim_end().len());
                    self.out.push_str(" (");
                    self.out.push_str(&address);
                    self.out.push(')');
                }
            }
            name if is_block(name) => self.out.push_str("\n\n"),
            _ => {}
        }
    }
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "div"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "table"
            | "ul"
            | "ol"
            | "section"
            | "article"
            | "header"
            | "footer"
            | "blockquote"
            | "hr"
            | "center"
    )
}

#[cfg(test)]
mod tests;
