//! Values in the form of the output: HTML, JSON, addresses.

use std::fmt::Write;

use super::Escaping;

/// Appends a text in the form of the output. `first`: nothing was put out before, so that under
/// [`Escaping::Url`] the text is an address itself, whose signs keep their meaning.
pub(super) fn escape(text: &str, escaping: Escaping, first: bool, out: &mut String) {
    match escaping {
        Escaping::Plain => out.push_str(text),
        Escaping::Html => escape_html(text, out),
        Escaping::Json => crate::value::escape_json(text, out),
        Escaping::Url if first => percent(text, b"-._~:/?#[]@!$&'()*+,;=%", out),
        Escaping::Url => percent(text, b"-._~", out),
    }
}

/// Appends a text that is safe in HTML, between tags and in quoted attributes.
pub(crate) fn escape_html(text: &str, out: &mut String) {
    let mut plain = 0;
    for (i, byte) in text.bytes().enumerate() {
        let entity = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\'' => "&#39;",
            _ => continue,
        };
        out.push_str(&text[plain..i]);
        out.push_str(entity);
        plain = i + 1;
    }
    out.push_str(&text[plain..]);
}

/// Replaces what would end an attribute without quotes in what was put out from a place on.
pub(super) fn escape_bare(from: usize, out: &mut String) {
    let ends = |c: char| c.is_ascii_whitespace() || matches!(c, '=' | '`');
    if !out[from..].contains(ends) {
        return;
    }
    let text = out.split_off(from);
    for c in text.chars() {
        if ends(c) {
            // Writing into a text cannot fail.
            let _ = write!(out, "&#{};", u32::from(c));
        } else {
            out.push(c);
        }
    }
}

/// Appends a text with everything but ASCII letters, digits and `kept` as `%XX`.
pub(super) fn percent(text: &str, kept: &[u8], out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            out.push(byte as char);
        } else {
            // Writing into a text cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

/// Whether an address would run as a program when it is followed: its scheme, without the signs
/// that browsers pass over.
pub(crate) fn runs(address: &str) -> bool {
    let scheme: String = address
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .take(20)
        .collect::<String>()
        .to_ascii_lowercase();
    let data = scheme.starts_with("data:") && !scheme.starts_with("data:image/");
    data || scheme.starts_with("javascript:") || scheme.starts_with("vbscript:")
}
