//! The query of an address: names and values, percent-decoded.

use std::borrow::Cow;

/// Names and values in order. What is no percent-encoding stays as it is.
pub(super) fn pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    query.split('&').filter(|part| !part.is_empty()).map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (decoded(name), decoded(value))
    })
}

/// Percent-decoded, with `+` as a blank.
fn decoded(written: &str) -> Cow<'_, str> {
    if !written.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
        return Cow::Borrowed(written);
    }
    let hex = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let (bytes, mut plain) = (written.as_bytes(), Vec::with_capacity(written.len()));
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let pair = (hex(bytes.get(at + 1)), hex(bytes.get(at + 2)));
        match (byte, pair) {
            (b'%', (Some(high), Some(low))) => {
                plain.push((high * 16 + low) as u8);
                at += 2;
            }
            (b'+', _) => plain.push(b' '),
            _ => plain.push(*byte),
        }
        at += 1;
    }
    Cow::Owned(String::from_utf8_lossy(&plain).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_decoded() {
        let check = |query: &str, expected: &[(&str, &str)]| {
            let found: Vec<_> = pairs(query).collect();
            let found: Vec<_> = found.iter().map(|(k, v)| (k.as_ref(), v.as_ref())).collect();
            assert_eq!(found, expected, "{query}");
        };
        check("", &[]);
        check("a=1&b=&c", &[("a", "1"), ("b", ""), ("c", "")]);
        check("d=a%2Bb+c%20d&&e=%C3%A4", &[("d", "a+b c d"), ("e", "ä")]);
        check("a=1=2&b=%zz%4", &[("a", "1=2"), ("b", "%zz%4")]);
        check("%61=%ff", &[("a", "\u{fffd}")]);
    }
}
