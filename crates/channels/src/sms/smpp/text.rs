//! Characters of text messages: the GSM alphabet (3GPP TS 23.038), Latin-1, and UCS-2 for the rest.

/// What texts without special characters are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Alphabet {
    /// The GSM alphabet, one character a byte, which gateways take as their default (coding 0).
    #[default]
    Gsm,
    /// Latin-1 (coding 3), for gateways whose default alphabet is another one.
    Latin1,
}

const UCS2: u8 = 8;
const LATIN1: u8 = 3;
const ESCAPE: u8 = 0x1b;

/// The 128 characters in their order; the escape's own place is never used for a character.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1b}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// The characters behind an escape.
const EXTENDED: [(char, u8); 10] = [
    ('\u{c}', 0x0a),
    ('^', 0x14),
    ('{', 0x28),
    ('}', 0x29),
    ('\\', 0x2f),
    ('[', 0x3c),
    ('~', 0x3d),
    (']', 0x3e),
    ('|', 0x40),
    ('€', 0x65),
];

/// Coding and bytes of a text: the alphabet if it has every character, else UCS-2.
pub(super) fn encode(text: &str, alphabet: Alphabet) -> (u8, Vec<u8>) {
    let narrow = match alphabet {
        Alphabet::Gsm => gsm(text).map(|bytes| (0, bytes)),
        Alphabet::Latin1 => latin1(text).map(|bytes| (LATIN1, bytes)),
    };
    narrow.unwrap_or_else(|| (UCS2, text.encode_utf16().flat_map(u16::to_be_bytes).collect()))
}

fn gsm(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    for character in text.chars() {
        if let Some((_, code)) = EXTENDED.iter().find(|(c, _)| *c == character) {
            bytes.extend_from_slice(&[ESCAPE, *code]);
        } else {
            let place = BASIC.chars().position(|c| c == character && c != '\u{1b}')?;
            bytes.push(u8::try_from(place).ok()?);
        }
    }
    Some(bytes)
}

fn latin1(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect()
}

/// The text of bytes in a coding; what is in none is shown as `�`.
pub(super) fn decode(coding: u8, bytes: &[u8], alphabet: Alphabet) -> String {
    match (coding, alphabet) {
        (UCS2, _) => {
            let (pairs, _) = bytes.as_chunks::<2>();
            let units = pairs.iter().map(|pair| u16::from_be_bytes(*pair));
            let characters = char::decode_utf16(units);
            characters.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        (0, Alphabet::Gsm) => decode_gsm(bytes),
        (1, _) => String::from_utf8_lossy(bytes).into_owned(),
        _ => bytes.iter().copied().map(char::from).collect(),
    }
}

fn decode_gsm(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes.iter();
    while let Some(&byte) = rest.next() {
        let found = if byte == ESCAPE {
            let code = rest.next();
            EXTENDED.iter().find(|(_, c)| Some(c) == code).map(|(character, _)| *character)
        } else {
            BASIC.chars().nth(usize::from(byte))
        };
        text.push(found.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    text
}
