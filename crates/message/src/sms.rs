//! How many text messages a text is, which characters make it more, and what to write instead.
//!
//! What it is: the alphabets of GSM (3GPP TS 23.038, basic and extension table) and UCS-2, and how
//! texts are cut into parts with a header of six bytes (TS 23.040). What it is not: the national
//! tables of single and locking shift, which most networks do not carry.

use std::ops::Range;

/// Septets of a text that fits into one message.
pub const GSM_SINGLE: usize = 160;
/// Septets of each part of a longer text.
pub const GSM_PART: usize = 153;
/// UTF-16 units of a text that fits into one message.
pub const UCS2_SINGLE: usize = 70;
/// UTF-16 units of each part of a longer text.
pub const UCS2_PART: usize = 67;

/// Characters that are named as the reason for UCS-2, at most: more help nobody.
const NAMED_MAX: usize = 20;

/// The basic table without the escape to the extension table.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                     ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// The extension table: each takes two septets.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// In which alphabet a text is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// Seven bits a character, two times that for a few.
    Gsm,
    /// Sixteen bits a character, two times that for emoji.
    Ucs2,
}

/// How a text is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// In which alphabet.
    pub alphabet: Alphabet,
    /// Septets or UTF-16 units of the whole text.
    pub units: usize,
    /// The text of each part, as byte ranges. No character is cut in two.
    pub parts: Vec<Range<usize>>,
    /// Units that still fit into the last part.
    pub left: usize,
    /// The characters that GSM does not have, each once, in order.
    pub forced_by: Vec<char>,
}

/// How a text is sent. An empty text is no part. Cost: linear.
pub fn parts(text: &str) -> Parts {
    let mut forced_by = Vec::new();
    for c in text.chars().filter(|c| septets(*c).is_none()) {
        if forced_by.len() < NAMED_MAX && !forced_by.contains(&c) {
            forced_by.push(c);
        }
    }
    let (alphabet, single, part) = match forced_by.is_empty() {
        true => (Alphabet::Gsm, GSM_SINGLE, GSM_PART),
        false => (Alphabet::Ucs2, UCS2_SINGLE, UCS2_PART),
    };
    let width = |c: char| match alphabet {
        Alphabet::Gsm => septets(c).unwrap_or(1),
        Alphabet::Ucs2 => c.len_utf16(),
    };
    let units = text.chars().map(width).sum();
    let most = if units <= single { single } else { part };
    let mut parts: Vec<Range<usize>> = Vec::new();
    let mut used = 0;
    for (at, c) in text.char_indices() {
        let width = width(c);
        match parts.last_mut() {
            Some(last) if used + width <= most => {
                last.end = at + c.len_utf8();
                used += width;
            }
            _ => {
                parts.push(at..at + c.len_utf8());
                used = width;
            }
        }
    }
    Parts { alphabet, units, parts, left: most - used, forced_by }
}

/// Septets of a character in GSM; `None` if GSM does not have it.
fn septets(c: char) -> Option<usize> {
    if BASIC.contains(c) {
        Some(1)
    } else if EXTENSION.contains(c) {
        Some(2)
    } else {
        None
    }
}

/// The text with letters and signs of GSM in place of those that it does not have and that have a
/// near one: Turkish letters, typographic quotes, dashes and blanks. Others stay.
pub fn transliterate(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            'ş' => out.push('s'),
            'Ş' => out.push('S'),
            'ğ' => out.push('g'),
            'Ğ' => out.push('G'),
            'ı' => out.push('i'),
            'İ' => out.push('I'),
            'ç' => out.push('c'),
            'â' => out.push('a'),
            'î' => out.push('i'),
            'û' => out.push('u'),
            'Â' => out.push('A'),
            'Î' => out.push('I'),
            'Û' => out.push('U'),
            '“' | '”' | '„' | '«' | '»' => out.push('"'),
            '‘' | '’' | '‚' | '`' | '´' => out.push('\''),
            '–' | '—' | '−' | '‐' | '‑' => out.push('-'),
            '…' => out.push_str("..."),
            '•' => out.push('*'),
            '₺' => out.push_str("TL"),
            '\t' | '\u{a0}' | '\u{2009}' | '\u{202f}' => out.push(' '),
            '\u{200b}' | '\u{feff}' => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests;
