//! Sentences that the server says to people, each with a code and values: one list, which the documentation and the
//! dashboard are checked against.
//!
//! What it is: the English of each sentence with places for values, and what is said when they are put in. What it
//! is not: other languages, which the dashboard has, or codes of reasons, which are `outreach::codes`.
//!
//! A place is `{name}` or `{name:kind}`. The kind says what a value is, so that another language can write it in its
//! own way: see [`Kind`].

pub mod check;
pub mod hints;
pub mod told;

use std::collections::BTreeMap;

use model::Span;
use serde_json::Value;
use wire::api::{ContentProblem, Sentence};

/// Writes constants for sentences, and all of them as a list, so that none can be forgotten there.
macro_rules! phrases {
    ($($name:ident: $code:literal = $english:literal;)*) => {
        $(
            #[doc = $english]
            pub const $name: $crate::sentences::Phrase =
                $crate::sentences::Phrase { code: $code, english: $english };
        )*
        /// All of these.
        pub const ALL: &[$crate::sentences::Phrase] = &[$($name),*];
    };
}
pub(crate) use phrases;

/// A sentence with places for values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// The word that stays the same: a group and a name.
    pub code: &'static str,
    /// What it is in English.
    pub english: &'static str,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What somebody wrote, or a name: it stays as it is.
    Text,
    /// A number.
    Number,
    /// A number by which the words around it have their form: one user, two users.
    Count,
    /// A part of one, said in percent.
    Share,
    /// A probability with four digits.
    Chance,
    /// A length of time as it is written: `24h`.
    Span,
    /// A length of time in milliseconds.
    Lasted,
    /// An instant.
    Instant,
    /// Texts, all of which.
    All,
    /// Texts, one of which.
    Any,
    /// A code of a reason or a failure, or a control group.
    Reason,
    /// What became of a message: `opened`.
    Became,
    /// Why nothing of an answer can be used: `not_json`.
    Unread,
}

impl Kind {
    /// All, each with the word that places say.
    pub const ALL: [(Kind, &str); 13] = [
        (Kind::Text, "text"),
        (Kind::Number, "number"),
        (Kind::Count, "count"),
        (Kind::Share, "share"),
        (Kind::Chance, "chance"),
        (Kind::Span, "span"),
        (Kind::Lasted, "lasted"),
        (Kind::Instant, "instant"),
        (Kind::All, "all"),
        (Kind::Any, "any"),
        (Kind::Reason, "reason"),
        (Kind::Became, "became"),
        (Kind::Unread, "unread"),
    ];

    fn of(word: &str) -> Option<Kind> {
        Kind::ALL.iter().find(|(_, own)| *own == word).map(|(kind, _)| *kind)
    }

    fn english(self, value: &Value) -> String {
        match (self, value) {
            (Kind::Share, Value::Number(n)) => {
                format!("{:.2} %", 100.0 * n.as_f64().unwrap_or_default())
            }
            (Kind::Chance, Value::Number(n)) => format!("{:.4}", n.as_f64().unwrap_or_default()),
            (Kind::Lasted, Value::Number(n)) => words(Span(n.as_i64().unwrap_or_default())),
            (_, Value::Array(of)) => {
                let of: Vec<&str> = of.iter().filter_map(Value::as_str).collect();
                of.join(if self == Kind::Any { " or " } else { ", " })
            }
            (_, Value::String(text)) => text.clone(),
            (_, other) => other.to_string(),
        }
    }
}

/// A part of a phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Words.
    Words(&'static str),
    /// A place for the value of a name.
    Place(&'static str, Kind),
}

impl Phrase {
    /// Its words and places, in order.
    pub fn parts(&self) -> Vec<Part> {
        let (mut parts, mut rest) = (Vec::new(), self.english);
        while let Some((words, after)) = rest.split_once('{') {
            let (place, after) = after.split_once('}').unwrap_or((after, ""));
            let (name, kind) = place.split_once(':').unwrap_or((place, "text"));
            parts.push(Part::Words(words));
            parts.push(Part::Place(name, Kind::of(kind).unwrap_or(Kind::Text)));
            rest = after;
        }
        parts.push(Part::Words(rest));
        parts
    }

    /// The sentence with values of the names that it has.
    pub fn with<const N: usize>(&self, values: [(&'static str, Value); N]) -> Said {
        let values: BTreeMap<String, Value> =
            values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let mut text = String::new();
        let mut places = 0;
        for part in self.parts() {
            match part {
                Part::Words(words) => text.push_str(words),
                Part::Place(name, kind) => {
                    places += 1;
                    let value = values.get(name);
                    debug_assert!(value.is_some(), "{}: no value of `{name}`", self.code);
                    text.push_str(&value.map_or_else(String::new, |value| kind.english(value)));
                }
            }
        }
        debug_assert_eq!(places, values.len(), "{}: values without a place", self.code);
        Said { text, code: Some(Sentence { code: self.code.to_owned(), values }) }
    }
}

/// A sentence in English, and as data if it has a code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// In English.
    pub text: String,
    /// As data.
    pub code: Option<Sentence>,
}

impl Said {
    /// Whether it is a sentence of that phrase.
    pub fn is(&self, phrase: Phrase) -> bool {
        self.code.as_ref().is_some_and(|own| own.code == phrase.code)
    }
}

impl From<Phrase> for Said {
    fn from(phrase: Phrase) -> Said {
        phrase.with([])
    }
}

/// What has no code stays English.
impl From<String> for Said {
    fn from(text: String) -> Said {
        Said { text, code: None }
    }
}

impl From<&str> for Said {
    fn from(text: &str) -> Said {
        text.to_owned().into()
    }
}

/// A problem whose message and hint are sentences.
pub fn problem(
    error: bool,
    code: &str,
    place: &str,
    (message, hint): (Said, Said),
) -> ContentProblem {
    ContentProblem {
        error,
        code: code.to_owned(),
        place: place.to_owned(),
        message: message.text,
        message_code: message.code,
        hint: hint.text,
        hint_code: hint.code,
    }
}

/// A length of time as people say it: in the two largest units that it has.
fn words(span: Span) -> String {
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"), (1, "ms")];
    let (mut left, mut said) = (span.0.max(0), Vec::new());
    for (unit, name) in units {
        if left >= unit && said.len() < 2 {
            said.push(format!("{} {name}", left / unit));
            left %= unit;
        }
    }
    if said.is_empty() { "0 s".to_owned() } else { said.join(" ") }
}

/// All sentences that have a code, by group.
pub fn all() -> Vec<Phrase> {
    [told::ALL, check::ALL, hints::ALL].concat()
}

#[cfg(test)]
mod tests;
