//! Problems in what people write into messages: what is wrong, where, and how to mend it.
//!
//! What it is: one plain value per problem, with a stable code, used by templates, content and lint
//! alike. What it is not: an error of operation. Invariant: a message is lower case, has no full
//! stop and blames nobody.

use std::fmt;

/// How much a problem matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; the message is sent as it is written.
    Note,
    /// The message can be sent, but may not look or work as intended.
    Warning,
    /// The message must not be sent.
    Error,
}

/// One problem of a template or of the content it is part of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// A stable code, one of [`code`].
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub hint: Option<String>,
    /// The field of the content, as in `subject` or `buttons[0].title`; empty for a bare template.
    pub field: String,
    /// The locale of the variant, as in `tr-TR`; empty for the default or a bare template.
    pub locale: String,
    /// The line in that field, from 1.
    pub line: u32,
    /// The column in that line, in characters, from 1.
    pub column: u32,
}

/// The stable codes.
pub mod code {
    /// A template cannot be read.
    pub const SYNTAX: &str = "message.syntax";
    /// A tag that the language does not have.
    pub const UNKNOWN_TAG: &str = "message.unknown_tag";
    /// A filter that the language does not have.
    pub const UNKNOWN_FILTER: &str = "message.unknown_filter";
    /// A filter with too few or too many arguments.
    pub const WRONG_ARGUMENTS: &str = "message.wrong_arguments";
    /// A block that is not closed, or an end that closes nothing.
    pub const UNBALANCED: &str = "message.unbalanced";
    /// A bound on size was passed.
    pub const TOO_LARGE: &str = "message.too_large";
    /// A field that must be written is empty.
    pub const MISSING_FIELD: &str = "message.missing_field";
    /// A field holds something that it cannot hold.
    pub const WRONG_FIELD: &str = "message.wrong_field";
    /// The MJML of an e-mail cannot be read.
    pub const WRONG_MJML: &str = "message.wrong_mjml";
    /// A locale that cannot be read, or one that is written twice.
    pub const WRONG_LOCALE: &str = "message.wrong_locale";
    /// A variable that renders as nothing for some users.
    pub const NO_FALLBACK: &str = "message.no_fallback";
    /// A link that leads nowhere.
    pub const WRONG_LINK: &str = "message.wrong_link";
    /// A link that is not encrypted.
    pub const PLAIN_LINK: &str = "message.plain_link";
    /// HTML that mail programs or browsers refuse, or that could run as a program.
    pub const UNSAFE_HTML: &str = "message.unsafe_html";
    /// An image without a text for those who do not see it.
    pub const NO_ALTERNATIVE: &str = "message.no_alternative";
    /// A marketing e-mail without a way out.
    pub const NO_UNSUBSCRIBE: &str = "message.no_unsubscribe";
    /// Text that a device or a mail program cuts off.
    pub const CUT_OFF: &str = "message.cut_off";
    /// A text message that is billed as several.
    pub const SMS_PARTS: &str = "message.sms_parts";
    /// Characters that make a text message hold less than half.
    pub const SMS_ALPHABET: &str = "message.sms_alphabet";
}

/// At most so many problems are reported of one template: more help nobody.
pub const PROBLEMS_MAX: usize = 100;

impl Problem {
    /// An error at the beginning of a field.
    pub fn error(code: &'static str, message: impl Into<String>) -> Problem {
        Problem {
            code,
            severity: Severity::Error,
            message: message.into(),
            hint: None,
            field: String::new(),
            locale: String::new(),
            line: 1,
            column: 1,
        }
    }

    /// A warning at the beginning of a field.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Problem {
        Problem { severity: Severity::Warning, ..Problem::error(code, message) }
    }

    /// A note at the beginning of a field.
    pub fn note(code: &'static str, message: impl Into<String>) -> Problem {
        Problem { severity: Severity::Note, ..Problem::error(code, message) }
    }

    /// With a hint.
    pub fn hint(mut self, hint: impl Into<String>) -> Problem {
        self.hint = Some(hint.into());
        self
    }

    /// With "did you mean", if there is a near name.
    pub fn suggest(mut self, near: Option<&str>) -> Problem {
        if let Some(near) = near {
            self.hint = Some(format!("did you mean \"{near}\"?"));
        }
        self
    }

    /// At a byte offset of the text of its field.
    pub fn at(mut self, text: &str, offset: usize) -> Problem {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        let lines = before.bytes().filter(|b| *b == b'\n').count();
        self.line = u32::try_from(lines + 1).unwrap_or(u32::MAX);
        let column = before[line_start..].chars().count() + 1;
        self.column = u32::try_from(column).unwrap_or(u32::MAX);
        self
    }

    /// In a field of the content.
    pub fn field(mut self, field: &str) -> Problem {
        field.clone_into(&mut self.field);
        self
    }

    /// In the variant of a locale.
    pub fn locale(mut self, locale: &str) -> Problem {
        locale.clone_into(&mut self.locale);
        self
    }

    /// Whether the message must not be sent.
    pub fn fatal(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Whether any of the problems forbids sending.
pub fn fatal(problems: &[Problem]) -> bool {
    problems.iter().any(Problem::fatal)
}

/// Place, message and hint on one line.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.field.is_empty() {
            f.write_str(&self.field)?;
            if !self.locale.is_empty() {
                write!(f, " ({})", self.locale)?;
            }
            f.write_str(", ")?;
        }
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

/// The candidate nearest to a name that nobody knows, if one is near enough to be a slip: at most
/// one change per three letters; of equally near ones the first. Cost: the product of the lengths,
/// per candidate.
pub(crate) fn nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    const COMPARED_MAX: usize = 40; // characters; longer names are not typed by hand
    let written: Vec<char> = name.to_lowercase().chars().take(COMPARED_MAX).collect();
    let limit = (written.len() / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let other: Vec<char> = candidate.chars().take(COMPARED_MAX).collect();
        if written.len().abs_diff(other.len()) > limit {
            continue;
        }
        let far = distance(&written, &other);
        if far <= limit && best.is_none_or(|(least, _)| far < least) {
            best = Some((far, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Insertions, deletions and substitutions that turn one text into the other (Levenshtein).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_characters() {
        let text = "Merhaba\nAyşe {{ x";
        let problem = Problem::error(code::SYNTAX, "not closed").at(text, text.find('{').unwrap());
        assert_eq!(problem.to_string(), "line 2, column 6: not closed");
    }

    #[test]
    fn slips_find_the_name_that_was_meant() {
        let names = ["upcase", "downcase", "capitalize"];
        assert_eq!(nearest("upcse", names), Some("upcase"));
        assert_eq!(nearest("capitalise", names), Some("capitalize"));
        assert_eq!(nearest("money", names), None);
    }
}
