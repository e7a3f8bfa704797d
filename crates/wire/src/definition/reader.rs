//! Where the reader is, what it has reported, and the fields of an object.

use model::{Span, Text};
use segment::problem::{PROBLEMS_MAX, Problem, code, nearest};
use serde_json::{Map, Value as Json};

use super::wrong;

/// Levels of nested objects and lists that are followed: more than any valid definition has.
const NESTING_MAX: u32 = 128;

/// Words that a message lists; more stand only beside it.
const LISTED_MAX: usize = 6;

/// Reads a definition; methods for its parts stand in the sibling modules.
#[derive(Default)]
pub(super) struct Reader {
    path: String,
    nesting: u32,
    pub problems: Vec<Problem>,
}

/// The fields of an object, and which of them are known.
pub(super) struct Fields<'a> {
    map: &'a Map<String, Json>,
    known: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(map: &'a Map<String, Json>) -> Fields<'a> {
        Fields { map, known: Vec::new() }
    }

    /// The value of a field, which is known from now on. `null` counts as absent.
    pub(super) fn get(&mut self, name: &'static str) -> Option<&'a Json> {
        self.known.push(name);
        self.map.get(name).filter(|value| !value.is_null())
    }

    /// Whether the field is there, be it `null`.
    pub(super) fn has(&mut self, name: &'static str) -> bool {
        self.known.push(name);
        self.map.contains_key(name)
    }
}

impl Reader {
    pub(super) fn report(&mut self, problem: Problem) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(problem.path(self.path.clone()));
        }
    }

    /// Reports that something else was expected at a field.
    pub(super) fn expected(&mut self, field: &str, found: &Json, what: &str) {
        self.at(field, |r| r.report(wrong(&describe(found), what)));
    }

    /// Reads one field or element below the present path; too deep, nothing.
    pub(super) fn at<T: Default>(&mut self, field: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        if self.nesting == NESTING_MAX {
            let message = format!("the definition nests deeper than {NESTING_MAX} levels");
            self.report(Problem::error(code::TOO_LARGE, message));
            return T::default();
        }
        let length = self.path.len();
        if !self.path.is_empty() && !field.starts_with('[') {
            self.path.push('.');
        }
        self.path.push_str(field);
        self.nesting += 1;
        let read = read(self);
        self.nesting -= 1;
        self.path.truncate(length);
        read
    }

    /// The fields of the object at the present path.
    pub(super) fn object<'a>(&mut self, json: &'a Json, what: &str) -> Option<Fields<'a>> {
        match json {
            Json::Object(map) => Some(Fields::new(map)),
            _ => {
                self.report(wrong(&describe(json), what));
                None
            }
        }
    }

    /// Reports every field that nobody asked for.
    pub(super) fn finish(&mut self, fields: &Fields) {
        for name in fields.map.keys().filter(|name| !fields.known.contains(&name.as_str())) {
            let problem =
                Problem::error(code::UNKNOWN_FIELD, format!("there is no field \"{name}\" here"))
                    .found(name.as_str())
                    .expected(format!("one of {}", fields.known.join(", ")))
                    .suggest(nearest(name, fields.known.iter().copied()));
            self.at(name, |r| r.report(problem));
        }
    }

    pub(super) fn missing(&mut self, field: &str, what: &str) {
        self.report(
            Problem::error(code::SYNTAX, format!("the field \"{field}\" is missing"))
                .found("nothing")
                .expected(what),
        );
    }

    /// A field that must be there.
    pub(super) fn required<'a>(
        &mut self,
        fields: &mut Fields<'a>,
        field: &'static str,
        what: &str,
    ) -> Option<&'a Json> {
        let json = fields.get(field);
        if json.is_none() {
            self.missing(field, what);
        }
        json
    }

    pub(super) fn text(&mut self, fields: &mut Fields, field: &'static str) -> Option<Text> {
        let json = self.required(fields, field, "a text")?;
        self.text_of(field, json)
    }

    pub(super) fn optional_text(
        &mut self,
        fields: &mut Fields,
        field: &'static str,
    ) -> Option<Text> {
        let json = fields.get(field)?;
        self.text_of(field, json)
    }

    fn text_of(&mut self, field: &str, json: &Json) -> Option<Text> {
        match json {
            Json::String(text) => Some(Text::new(text)),
            other => {
                self.expected(field, other, "a text");
                None
            }
        }
    }

    /// One of these words.
    pub(super) fn word<T: Copy>(
        &mut self,
        field: &str,
        json: &Json,
        words: &[(&'static str, T)],
    ) -> Option<T> {
        let written = json.as_str().unwrap_or("");
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == written) {
            return Some(*meaning);
        }
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let mut problem = wrong(&describe(json), &format!("one of {}", names.join(", ")))
            .suggest(nearest(written, names.iter().copied()));
        if names.len() > LISTED_MAX {
            problem.message = format!("{} is no {field} that exists", describe(json));
        }
        self.at(field, |r| r.report(problem));
        None
    }

    pub(super) fn span(&mut self, fields: &mut Fields, field: &'static str) -> Option<Span> {
        let json = self.required(fields, field, "a length of time such as \"30d\"")?;
        self.span_of(field, json)
    }

    pub(super) fn optional_span(
        &mut self,
        fields: &mut Fields,
        field: &'static str,
    ) -> Option<Span> {
        let json = fields.get(field)?;
        self.span_of(field, json)
    }

    pub(super) fn span_of(&mut self, field: &str, json: &Json) -> Option<Span> {
        let span = json.as_str().and_then(|text| Span::parse(text).ok());
        if span.is_none() {
            self.expected(field, json, "a length of time such as \"30d\"");
        }
        span
    }

    /// A whole number from 0 to `most`.
    pub(super) fn whole(&mut self, field: &str, json: &Json, most: u32) -> Option<u32> {
        let n = json.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| *n <= most);
        if n.is_none() {
            self.expected(field, json, &format!("a whole number from 0 to {most}"));
        }
        n
    }

    /// A list, each element read with its own path.
    pub(super) fn list<T>(
        &mut self,
        field: &str,
        json: &Json,
        mut read: impl FnMut(&mut Self, &Json) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Json::Array(items) = json else {
            self.expected(field, json, "a list");
            return None;
        };
        self.at(field, |r| {
            let mut whole = Vec::with_capacity(items.len());
            for (i, item) in items.iter().enumerate() {
                whole.push(r.at(&format!("[{i}]"), |r| read(r, item)));
            }
            whole.into_iter().collect()
        })
    }

    /// A text or a list of texts.
    pub(super) fn texts(&mut self, field: &str, json: &Json) -> Option<Vec<Text>> {
        match json {
            Json::String(text) => Some(vec![Text::new(text)]),
            Json::Array(_) => self.list(field, json, |r, item| r.text_here(item)),
            other => {
                self.expected(field, other, "a text or a list of texts");
                None
            }
        }
    }

    /// A text at the present path.
    pub(super) fn text_here(&mut self, json: &Json) -> Option<Text> {
        match json {
            Json::String(text) => Some(Text::new(text)),
            other => {
                self.report(wrong(&describe(other), "a text"));
                None
            }
        }
    }
}

/// A JSON value as a message names it.
pub(super) fn describe(json: &Json) -> String {
    const SHOWN_MAX: usize = 40; // characters
    match json {
        Json::Null => "null".to_owned(),
        Json::Array(_) => "a list".to_owned(),
        Json::Object(_) => "an object".to_owned(),
        other => {
            let whole = other.to_string();
            match whole.char_indices().nth(SHOWN_MAX) {
                Some((end, _)) => format!("{}…", &whole[..end]),
                None => whole,
            }
        }
    }
}
