//! Languages and regions: fallback chains, direction of writing, names of months, numbers, money.
//!
//! What it is: what rendering must know of a locale, for a dozen languages; every other one
//! is written with English names and numbers. What it is not: a translation of anything that people
//! wrote; that is a variant of the content.

mod data;

use std::fmt;

use model::Text;

use data::{Language, Names};

/// A language and perhaps a region, as in `tr` or `pt-BR`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Locale {
    language: Text,
    /// Everything behind the language, in the case that is customary: `TR`, `Hant-TW`.
    rest: Text,
}

/// English without a region.
impl Default for Locale {
    fn default() -> Locale {
        Locale { language: "en".into(), rest: Text::default() }
    }
}

impl Locale {
    /// Reads `tr`, `tr-TR`, `tr_TR`, `zh-Hant-TW`; `None` if it is not a language tag.
    pub fn parse(text: &str) -> Option<Locale> {
        const PARTS_MAX: usize = 4; // language, script, region, variant
        let parts: Vec<&str> = text.trim().split(['-', '_']).collect();
        let fits = |part: &&str| {
            (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        let (first, rest) = parts.split_first()?;
        let language =
            (2..=3).contains(&first.len()) && first.bytes().all(|b| b.is_ascii_alphabetic());
        if !language || parts.len() > PARTS_MAX || !rest.iter().all(fits) {
            return None;
        }
        let cased = rest.iter().map(|part| match part.len() {
            2 => part.to_ascii_uppercase(),
            4 => format!("{}{}", part[..1].to_ascii_uppercase(), part[1..].to_ascii_lowercase()),
            _ => part.to_ascii_lowercase(),
        });
        let rest = cased.collect::<Vec<_>>().join("-");
        Some(Locale { language: first.to_ascii_lowercase().into(), rest: rest.into() })
    }

    /// The language: `tr`.
    pub fn language(&self) -> &str {
        &self.language
    }

    /// This locale, then each with one part less: `zh-Hant-TW`, `zh-Hant`, `zh`.
    pub fn chain(&self) -> impl Iterator<Item = Locale> {
        let mut next = Some(self.clone());
        std::iter::from_fn(move || {
            let this = next.take()?;
            if !this.rest.is_empty() {
                let shorter = this.rest.rfind('-').map_or("", |at| &this.rest[..at]);
                next = Some(Locale { language: this.language.clone(), rest: shorter.into() });
            }
            Some(this)
        })
    }

    /// Whether its script is written from right to left.
    pub fn right_to_left(&self) -> bool {
        const LANGUAGES: &[&str] =
            &["ar", "he", "iw", "fa", "ur", "ps", "sd", "ug", "yi", "ckb", "dv", "syr", "prs"];
        let script = self.rest.split('-').find(|part| part.len() == 4);
        match script {
            Some(script) => matches!(script, "Arab" | "Hebr" | "Thaa" | "Syrc" | "Nkoo" | "Adlm"),
            None => LANGUAGES.contains(&self.language.as_str()),
        }
    }

    /// In capitals: Turkish and Azeri have two letters i.
    pub(crate) fn upper(&self, text: &str) -> String {
        if matches!(self.language.as_str(), "tr" | "az") {
            text.replace('i', "İ").to_uppercase()
        } else {
            text.to_uppercase()
        }
    }

    /// In small letters.
    pub(crate) fn lower(&self, text: &str) -> String {
        if matches!(self.language.as_str(), "tr" | "az") {
            text.replace('I', "ı").replace('İ', "i").to_lowercase()
        } else {
            text.to_lowercase()
        }
    }

    pub(crate) fn names(&self) -> &'static Names {
        &self.data().names
    }

    fn data(&self) -> &'static Language {
        let found = data::LANGUAGES.iter().find(|language| language.code == self.language);
        found.unwrap_or(&data::ENGLISH)
    }

    fn region(&self) -> &str {
        self.rest.split('-').find(|part| part.len() == 2).unwrap_or("")
    }

    /// Signs for the point and between thousands, which some regions write differently.
    fn signs(&self) -> (&'static str, &'static str) {
        match (self.language.as_str(), self.region()) {
            ("de", "CH" | "LI") => (".", "’"),
            ("de", "AT") => (",", "\u{a0}"),
            ("fr", "CH") => (",", "\u{202f}"),
            ("es", "MX" | "US" | "PR" | "GT" | "HN" | "NI" | "PA" | "PE" | "SV" | "DO") => {
                (".", ",")
            }
            ("pt", "PT" | "AO" | "MZ") => (",", "\u{a0}"),
            ("en", "ZA") => (",", "\u{a0}"),
            ("ar", "MA" | "DZ" | "TN" | "LY") => (",", "."),
            _ => (self.data().point, self.data().thousands),
        }
    }

    /// A number with signs between thousands. `digits`: after the point; `None` as many as it has,
    /// at most three.
    pub fn number(&self, x: f64, digits: Option<usize>) -> String {
        let (point, thousands) = self.signs();
        let x = if x.is_finite() { x } else { 0.0 };
        let written = match digits {
            Some(digits) => format!("{:.digits$}", crate::value::tidy(x)),
            None => {
                let fixed = format!("{:.3}", crate::value::tidy(x));
                fixed.trim_end_matches('0').trim_end_matches('.').to_owned()
            }
        };
        let negative =
            written.starts_with('-') && written.bytes().any(|b| matches!(b, b'1'..=b'9'));
        let bare = written.trim_start_matches('-');
        let (whole, fraction) = bare.split_once('.').unwrap_or((bare, ""));
        let mut out = String::new();
        if negative {
            out.push('-');
        }
        out.push_str(&group(whole, thousands, self.data().group_from));
        if !fraction.is_empty() {
            out.push_str(point);
            out.push_str(fraction);
        }
        out
    }

    /// An amount in a currency, given by its ISO 4217 code; without one only the number.
    pub fn money(&self, x: f64, currency: &str) -> String {
        let code = currency.trim().to_ascii_uppercase();
        let digits = data::digits(&code);
        let number = self.number(x, Some(digits));
        if code.is_empty() {
            return number;
        }
        let symbol = data::symbol(&code, self.region());
        let (sign, bare) = match number.strip_prefix('-') {
            Some(bare) => ("-", bare),
            None => ("", number.as_str()),
        };
        // A code or a symbol of letters stands apart from the number.
        let space = if symbol.chars().all(char::is_alphabetic) { "\u{a0}" } else { "" };
        match self.data().money {
            data::Money::Before => format!("{sign}{symbol}{space}{bare}"),
            data::Money::BeforeApart => format!("{sign}{symbol}\u{a0}{bare}"),
            data::Money::After => format!("{sign}{bare}\u{a0}{symbol}"),
        }
    }
}

/// `tr-TR`.
impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.language)?;
        if !self.rest.is_empty() {
            write!(f, "-{}", self.rest)?;
        }
        Ok(())
    }
}

/// Digits in groups of three from the right, if there are at least `from` of them.
pub(crate) fn group(digits: &str, sign: &str, from: usize) -> String {
    if digits.len() < from.max(4) {
        return digits.to_owned();
    }
    let mut out = String::with_capacity(digits.len() * 2);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push_str(sign);
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests;
