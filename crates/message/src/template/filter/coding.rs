//! Filters between texts and their coded forms: addresses, base64, JSON.

use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};

use super::{Arguments, Filter, Work, filter};
use crate::Value;
use crate::template::context::Escaping;
use crate::template::escape::percent;
use crate::template::stop::Stop;
use crate::value::{DEPTH_MAX, escape_json, parse_json, write_json};

pub(super) const FILTERS: &[Filter] = &[
    filter("url_encode", (0, 0), |w, v, _| {
        coded(w, &v, Escaping::Url, |text, out| {
            let mut spaced = String::new();
            percent(text, b"-._~ ", &mut spaced);
            out.push_str(&spaced.replace(' ', "+"));
        })
    }),
    filter("url_param_escape", (0, 0), url_part),
    filter("cgi_escape", (0, 0), url_part),
    filter("url_escape", (0, 0), uri),
    filter("uri_escape", (0, 0), uri),
    filter("url_decode", (0, 0), |w, v, _| Ok(Value::Text(url_decode(&w.text(&v)?).into()))),
    filter("base64_encode", (0, 0), |w, v, _| {
        Ok(Value::Text(STANDARD.encode(&*w.text(&v)?).into()))
    }),
    filter("base64_decode", (0, 0), |w, v, _| Ok(decode(&w.text(&v)?))),
    filter("base64_url_safe_encode", (0, 0), |w, v, _| {
        Ok(Value::Text(URL_SAFE.encode(&*w.text(&v)?).into()))
    }),
    filter("base64_url_safe_decode", (0, 0), |w, v, _| Ok(decode(&w.text(&v)?))),
    filter("json", (0, 1), json),
    filter("jsonify", (0, 0), json),
    filter("to_json", (0, 0), json),
    filter("as_json_string", (0, 0), json),
    filter("json_escape", (0, 0), |w, v, _| coded(w, &v, Escaping::Json, escape_json)),
    filter("parse_json", (0, 0), |w, v, _| Ok(parse_json(&w.text(&v)?).unwrap_or_default())),
];

/// A text in another form; it is final if that is the form of the output.
fn coded(
    work: &mut Work<'_>,
    input: &Value,
    form: Escaping,
    code: fn(&str, &mut String),
) -> Result<Value, Stop> {
    let mut out = String::new();
    code(&work.text(input)?, &mut out);
    Ok(work.form(out, form))
}

fn url_part(work: &mut Work<'_>, input: Value, _: &Arguments<'_>) -> Result<Value, Stop> {
    coded(work, &input, Escaping::Url, |text, out| percent(text, b"-._~", out))
}

/// A whole address: its signs keep their meaning.
fn uri(work: &mut Work<'_>, input: Value, _: &Arguments<'_>) -> Result<Value, Stop> {
    coded(work, &input, Escaping::Url, |text, out| {
        percent(text, b"-._~:/?#[]@!$&'()*+,;=", out);
    })
}

fn url_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let code = match bytes[i] {
            b'%' => text.get(i + 1..i + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok()),
            _ => None,
        };
        match (bytes[i], code) {
            (_, Some(byte)) => {
                out.push(byte);
                i += 2;
            }
            (b'+', None) => out.push(b' '),
            (byte, None) => out.push(byte),
        }
        i += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Both alphabets, with or without padding; nothing if it is neither.
fn decode(text: &str) -> Value {
    const EITHER: GeneralPurpose = GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let standard: String = text
        .chars()
        .filter(|c| !c.is_ascii_whitespace())
        .map(|c| match c {
            '-' => '+',
            '_' => '/',
            c => c,
        })
        .collect();
    match EITHER.decode(standard) {
        Ok(bytes) => Value::Text(String::from_utf8_lossy(&bytes).into()),
        Err(_) => Value::Nil,
    }
}

/// The JSON of a value. In a JSON document it stands for itself, without quotes of the template.
fn json(work: &mut Work<'_>, input: Value, _: &Arguments<'_>) -> Result<Value, Stop> {
    let mut out = String::new();
    match &input {
        Value::Time(_) | Value::Zoned(..) => {
            let text = work.text(&input)?;
            write_json(&Value::text(&text), &mut out, usize::MAX, 1);
        }
        input => write_json(input, &mut out, work.budget.work_left(), DEPTH_MAX),
    }
    Ok(work.form(out, Escaping::Json))
}
