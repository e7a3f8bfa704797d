//! What a request carries, whatever its headers say: JSON as it is, gzip, a form with the JSON in
//! `data=` (plain or base64), base64 alone, or all of it in the query of the address.
//!
//! Client libraries are seen to call gzip a text, JSON a form, and a form a text. So the first bytes
//! decide: gzip's magic, then a brace or a bracket, then a form.
//!
//! Invariant: whatever is unpacked is bounded by [`model::bounds::BODY_BYTES_MAX`].

use std::borrow::Cow;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::body::{self, GZIP_MAGIC, Refusal};

#[cfg(test)]
mod tests;

/// Fields of a form or a query: more are a mistake, and each costs an allocation.
const FIELDS_MAX: usize = 64;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// What a request carries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content<'a> {
    /// The JSON text, without what comes before it.
    pub json: Cow<'a, str>,
    /// The other fields of the form and of the query, in that order.
    pub fields: Vec<(String, String)>,
}

/// Finds the JSON of a request in its body, else in the `data` of its query (as it stands after the
/// `?`, percent-encoded).
///
/// Errors: what is packed is broken or too large, or there is no UTF-8 text in it. That the text is
/// JSON is not checked here.
pub fn content<'a>(
    body: &'a [u8],
    content_encoding: Option<&str>,
    query: &str,
) -> Result<Content<'a>, Refusal> {
    let text = match body::text(body, content_encoding)? {
        Cow::Borrowed(text) => Cow::Borrowed(trimmed(text)),
        Cow::Owned(text) if trimmed(&text).len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(trimmed(&text).to_owned()),
    };
    let mut content = Content { json: Cow::Borrowed(""), fields: Vec::new() };
    if starts_like_json(&text) {
        content.json = text;
    } else if !text.is_empty() {
        content.take_form(&text)?;
    }
    let in_body = !content.json.is_empty();
    for (name, value) in pairs(query) {
        match name == "data" && !in_body {
            true => content.json = Cow::Owned(unwrapped(value)?),
            false => content.fields.push((name, value)),
        }
    }
    Ok(content)
}

impl Content<'_> {
    /// A field of the form or the query; blank counts as absent.
    pub fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(known, value)| known == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }

    fn take_form(&mut self, form: &str) -> Result<(), Refusal> {
        if !form.contains('=')
            || form.find('=').is_some_and(|at| form[at..].trim_end_matches('=').is_empty())
        {
            self.json = Cow::Owned(unwrapped(form.to_owned())?);
            return Ok(());
        }
        for (name, value) in pairs(form) {
            match name.as_str() {
                "data" => self.json = Cow::Owned(unwrapped(value)?),
                _ => self.fields.push((name, value)),
            }
        }
        Ok(())
    }
}

fn starts_like_json(text: &str) -> bool {
    text.starts_with(['{', '['])
}

/// Without a mark of byte order and blanks around.
fn trimmed(text: &str) -> &str {
    text.trim_start_matches('\u{feff}').trim()
}

/// JSON out of a field: as it is, or in base64, which may hold gzip.
fn unwrapped(value: String) -> Result<String, Refusal> {
    if starts_like_json(trimmed(&value)) {
        return Ok(trimmed(&value).to_owned());
    }
    // A plus sign that was not percent-encoded became a blank.
    let written: Vec<u8> = value
        .bytes()
        .filter(|b| !matches!(b, b'\r' | b'\n' | b'\t'))
        .map(|b| if b == b' ' { b'+' } else { b })
        .collect();
    let bytes =
        STANDARD.decode(&written).or_else(|_| URL_SAFE.decode(&written)).map_err(|error| {
            Refusal::bad(
                "request.not_base64",
                format!("what is sent is neither JSON nor base64: {error}"),
                "send JSON, or a form whose field \"data\" holds JSON, plain or in base64",
            )
        })?;
    if bytes.starts_with(&GZIP_MAGIC) {
        return body::text(&bytes, None).map(|text| trimmed(&text).to_owned());
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Refusal::bad(
            "request.not_utf8",
            format!("what stands in base64 is not UTF-8 at byte {at}"),
            "send JSON as UTF-8",
        )
    })?;
    Ok(trimmed(&text).to_owned())
}

/// Names and values of a form or a query, unescaped.
fn pairs(form: &str) -> impl Iterator<Item = (String, String)> {
    let parts = form.split('&').filter(|part| !part.is_empty()).take(FIELDS_MAX);
    parts.map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (unescaped(name), unescaped(value))
    })
}

/// Percent escapes and plus signs; what is no escape stays as it is.
fn unescaped(text: &str) -> String {
    if !text.bytes().any(|b| matches!(b, b'%' | b'+')) {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let digit = |place: usize| bytes.get(place).and_then(|b| char::from(*b).to_digit(16));
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                // Two hexadecimal digits fit a byte.
                out.push((high * 16 + low) as u8);
                at += 3;
                continue;
            }
            (b'+', ..) => out.push(b' '),
            _ => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8(out)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
