//! Addresses of the web: what is one, and parameters added to it.

use std::fmt::Write;

/// Whether it is `https`, and what follows the scheme, of an absolute address of the web. `None` for
/// everything else: other schemes, relative addresses, addresses without a host, with blanks or
/// control characters, or with a user name (`https://bank.example@evil.example`).
pub fn web_address(url: &str) -> Option<(bool, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let secure = scheme.eq_ignore_ascii_case("https");
    if !secure && !scheme.eq_ignore_ascii_case("http") {
        return None;
    }
    let host = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let begins = host.starts_with(|c: char| c.is_alphanumeric() || c == '[');
    let wrong =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\\' | '<' | '>' | '"');
    if !begins || host.contains('@') || url.contains(wrong) {
        return None;
    }
    Some((secure, rest))
}

/// The address with names and values added to its query; a name that it has already is kept as it
/// is, and the part behind `#` stays at the end.
pub fn add_parameters(url: &str, parameters: &[(String, String)]) -> String {
    let (front, fragment) = match url.split_once('#') {
        Some((front, fragment)) => (front, Some(fragment)),
        None => (url, None),
    };
    let query = front.split_once('?').map_or("", |(_, query)| query);
    let has = |name: &str| query.split(['&', ';']).any(|pair| pair.split('=').next() == Some(name));
    let mut out = String::with_capacity(url.len() + 64);
    out.push_str(front);
    for (name, value) in parameters {
        if has(name) {
            continue;
        }
        if !out.contains('?') {
            out.push('?');
        } else if !out.ends_with(['?', '&']) {
            out.push('&');
        }
        encode(name, &mut out);
        out.push('=');
        encode(value, &mut out);
    }
    if let Some(fragment) = fragment {
        out.push('#');
        out.push_str(fragment);
    }
    out
}

fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(byte as char);
        } else {
            // Writing into a text cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}
