//! Filters that make, escape or remove HTML.

use super::{Arguments, Filter, Work, filter, like};
use crate::Value;
use crate::template::context::Escaping;
use crate::template::escape::escape_html;
use crate::template::stop::Stop;

pub(super) const FILTERS: &[Filter] = &[
    filter("escape", (0, 0), escape),
    filter("h", (0, 0), escape),
    filter("xml_escape", (0, 0), escape),
    filter("escape_once", (0, 0), |w, v, _| {
        let once = escape_once(&w.text(&v)?);
        Ok(w.form(once, Escaping::Html))
    }),
    filter("unescape", (0, 0), |w, v, _| Ok(Value::Text(unescape(&w.text(&v)?).into()))),
    filter("newline_to_br", (0, 0), newline_to_br),
    filter("strip_html", (0, 0), |w, v, _| Ok(Value::Text(strip_tags(&w.text(&v)?).into()))),
    filter("raw", (0, 0), finished),
    filter("safe", (0, 0), finished),
];

fn escape(work: &mut Work<'_>, input: Value, _: &Arguments<'_>) -> Result<Value, Stop> {
    let mut out = String::new();
    escape_html(&work.text(&input)?, &mut out);
    Ok(work.form(out, Escaping::Html))
}

/// The text as it is, whatever the form of the output.
fn finished(work: &mut Work<'_>, input: Value, _: &Arguments<'_>) -> Result<Value, Stop> {
    if work.escaping == Escaping::Plain {
        return Ok(input);
    }
    Ok(match input {
        Value::Text(text) => Value::Markup(text),
        Value::List(_) | Value::Map(_) => Value::Markup(work.text(&input)?.into()),
        other => other,
    })
}

/// `<br />` before every line break; what is not yet escaped is escaped first under HTML.
fn newline_to_br(work: &mut Work<'_>, input: Value, _: &Arguments<'_>) -> Result<Value, Stop> {
    let input = match (&input, work.escaping) {
        (Value::Markup(_), _) => input,
        (_, Escaping::Html) => escape(work, input, &Arguments { values: &[], named: &[] })?,
        _ => input,
    };
    let text = work.text(&input)?;
    let broken = text.replace("\r\n", "\n").replace('\n', "<br />\n");
    Ok(like(&input, broken))
}

/// Length of the entity at the beginning of a text, if there is one.
fn entity(text: &str) -> Option<usize> {
    const ENTITY_BYTES_MAX: usize = 32; // the longest name has 31
    let end = text.bytes().take(ENTITY_BYTES_MAX).position(|b| b == b';')?;
    let name = text.get(1..end)?;
    let number = name.strip_prefix('#').map(|n| {
        let digits = n.strip_prefix(['x', 'X']).unwrap_or(n);
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit())
    });
    let named = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric());
    number.unwrap_or(named).then_some(end + 1)
}

fn escape_once(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        escape_html(&rest[..at], &mut out);
        let length = entity(&rest[at..]);
        match length {
            Some(length) => out.push_str(&rest[at..at + length]),
            None => out.push_str("&amp;"),
        }
        rest = &rest[at + length.unwrap_or(1)..];
    }
    escape_html(rest, &mut out);
    out
}

/// Replaces the entities that escaping makes, and numbers.
pub(crate) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = entity(rest).unwrap_or(1);
        match character(&rest[1..length.max(2) - 1]) {
            Some(c) => out.push(c),
            None => out.push_str(&rest[..length]),
        }
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

fn character(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            return char::from_u32(code);
        }
    })
}

/// The text without tags, comments, scripts and style sheets. Cost: linear; what never closes is
/// looked for once.
pub(crate) fn strip_tags(text: &str) -> String {
    let mut blocks =
        vec![("<script", "</script>"), ("<style", "</style>"), ("<!--", "-->"), ("<", ">")];
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let mut passed = None;
        blocks.retain(|(open, close)| {
            if passed.is_some() || !rest.starts_with(open) {
                return true;
            }
            passed = rest[open.len()..].find(close).map(|i| open.len() + i + close.len());
            passed.is_some()
        });
        match passed {
            Some(length) => rest = &rest[length..],
            None => break,
        }
    }
    out.push_str(rest);
    out
}
