//! Forms and addresses: what is written with percent signs, and comparing signatures.

/// The text with everything but letters, digits and `-._~` as percent signs and hexadecimal digits
/// (RFC 3986); right in a form as well as in an address.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// A form of these fields.
pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    let pairs = fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// The fields of a form, in their order, at most `max`; `None` if there are more or if one is not
/// UTF-8.
pub(crate) fn fields(body: &[u8], max: usize) -> Option<Vec<(String, String)>> {
    let mut fields = Vec::new();
    for pair in body.split(|b| *b == b'&').filter(|pair| !pair.is_empty()) {
        if fields.len() == max {
            return None;
        }
        let mut sides = pair.splitn(2, |b| *b == b'=');
        let (name, value) = (sides.next().unwrap_or_default(), sides.next().unwrap_or_default());
        fields.push((decode(name)?, decode(value)?));
    }
    Some(fields)
}

fn decode(text: &[u8]) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, rest) {
            (b'+', _) => out.push(b' '),
            (b'%', [high, low, after @ ..]) => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                match (digit(*high), digit(*low)) {
                    (Some(high), Some(low)) => {
                        out.push(u8::try_from(high << 4 | low).ok()?);
                        rest = after;
                    }
                    // What is no escape stands for itself, as browsers have it.
                    _ => out.push(byte),
                }
            }
            _ => out.push(byte),
        }
    }
    String::from_utf8(out).ok()
}
