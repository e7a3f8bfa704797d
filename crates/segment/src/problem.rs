//! Problems in what people write: what is wrong, where, and how to mend it.
//!
//! What it is: one plain value per problem, with a stable code, used by the text form, the JSON
//! form and the checks alike. What it is not: an error of operation; a list of problems always
//! comes beside a best effort. Invariant: a message is lower case, has no full stop and blames
//! nobody.

use std::fmt;

/// How much a problem matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; the definition means what it says.
    Note,
    /// The definition can be used, but may not mean what was intended.
    Warning,
    /// The definition must not be used.
    Error,
}

/// One problem of a definition.
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
    /// The line in the written text, from 1.
    pub line: Option<u32>,
    /// The column in that line, in characters, from 1.
    pub column: Option<u32>,
    /// The place in the JSON form, as in `of[1].where[0].op`; the empty text is the whole.
    pub path: Option<String>,
    /// What was found there.
    pub found: Option<String>,
    /// What was expected there.
    pub expected: Option<String>,
}

/// The stable codes.
pub mod code {
    /// The text or JSON cannot be read.
    pub const SYNTAX: &str = "segment.syntax";
    /// A clause, field or type that the language does not have, or not here.
    pub const UNKNOWN_FIELD: &str = "segment.unknown_field";
    /// An event name that the workspace has not seen.
    pub const UNKNOWN_EVENT: &str = "segment.unknown_event";
    /// A property that the workspace has not seen on these events.
    pub const UNKNOWN_PROPERTY: &str = "segment.unknown_property";
    /// An attribute that the workspace has not seen.
    pub const UNKNOWN_ATTRIBUTE: &str = "segment.unknown_attribute";
    /// No segment has this id.
    pub const UNKNOWN_SEGMENT: &str = "segment.unknown_segment";
    /// No lifecycle state has this key.
    pub const UNKNOWN_STATE: &str = "segment.unknown_state";
    /// No RFM group has this key.
    pub const UNKNOWN_GROUP: &str = "segment.unknown_group";
    /// There is no such time zone.
    pub const UNKNOWN_ZONE: &str = "segment.unknown_zone";
    /// An operand or a property of the wrong kind.
    pub const WRONG_TYPE: &str = "segment.wrong_type";
    /// A range, number or length of time outside its bounds.
    pub const WRONG_RANGE: &str = "segment.wrong_range";
    /// A list or name with nothing in it.
    pub const EMPTY: &str = "segment.empty";
    /// A regular expression that cannot be read.
    pub const WRONG_PATTERN: &str = "segment.wrong_pattern";
    /// Something that is only meaningful elsewhere.
    pub const MISPLACED: &str = "segment.misplaced";
    /// The definition depends on itself.
    pub const CYCLE: &str = "segment.cycle";
    /// A composite event whose members are not real events.
    pub const WRONG_COMPOSITE: &str = "segment.wrong_composite";
    /// A part of the language that cannot be evaluated yet.
    pub const NOT_AVAILABLE: &str = "segment.not_available";
    /// A bound on size was passed.
    pub const TOO_LARGE: &str = "segment.too_large";
}

/// At most so many problems are reported at once: more help nobody.
pub const PROBLEMS_MAX: usize = 100;

impl Problem {
    /// An error without a place.
    pub fn error(code: &'static str, message: impl Into<String>) -> Problem {
        Problem {
            code,
            severity: Severity::Error,
            message: message.into(),
            hint: None,
            line: None,
            column: None,
            path: None,
            found: None,
            expected: None,
        }
    }

    /// A warning without a place.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Problem {
        Problem { severity: Severity::Warning, ..Problem::error(code, message) }
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

    /// At a place of the text.
    pub fn at(mut self, line: u32, column: u32) -> Problem {
        self.line = Some(line);
        self.column = Some(column);
        self
    }

    /// At a place of the JSON form.
    pub fn path(mut self, path: impl Into<String>) -> Problem {
        self.path = Some(path.into());
        self
    }

    /// With what was found.
    pub fn found(mut self, found: impl Into<String>) -> Problem {
        self.found = Some(found.into());
        self
    }

    /// With what was expected.
    pub fn expected(mut self, expected: impl Into<String>) -> Problem {
        self.expected = Some(expected.into());
        self
    }

    /// Whether the definition must not be used.
    pub fn fatal(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Whether any of the problems forbids the use of the definition.
pub fn fatal(problems: &[Problem]) -> bool {
    problems.iter().any(Problem::fatal)
}

/// Place, message and hint on one line.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column, &self.path) {
            (Some(line), Some(column), _) => write!(f, "line {line}, column {column}: ")?,
            (_, _, Some(path)) if !path.is_empty() => write!(f, "at {path}: ")?,
            _ => {}
        }
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

/// The candidate nearest to a name that nobody knows, if one is near enough to be a slip: at most
/// one change per three letters, counted after lower-casing; of equally near ones the first.
/// Cost: the product of the lengths, per candidate.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const COMPARED_MAX: usize = 64; // characters; longer names are not typed by hand
    let written: Vec<char> = name.to_lowercase().chars().take(COMPARED_MAX).collect();
    let limit = (written.len() / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let other: Vec<char> = candidate.to_lowercase().chars().take(COMPARED_MAX).collect();
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

/// Insertions, deletions, substitutions and swaps of neighbours that turn one text into the other.
/// Formula: Damerau-Levenshtein in its restricted form (no part is edited twice).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut rows: Vec<Vec<usize>> = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    rows[0] = (0..=b.len()).collect();
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            let mut least =
                (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = least;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_find_the_name_that_was_meant() {
        let names = ["Purchase", "Add To Cart", "App Launched"];
        assert_eq!(nearest("Purchse", names), Some("Purchase"));
        assert_eq!(nearest("Pruchase", names), Some("Purchase"));
        assert_eq!(nearest("add to cart", names), Some("Add To Cart"));
        assert_eq!(nearest("Refund", names), None);
        assert_eq!(nearest("", names), None);
    }

    #[test]
    fn a_swap_of_neighbours_is_one_change() {
        let chars = |t: &str| t.chars().collect::<Vec<_>>();
        assert_eq!(distance(&chars("ab"), &chars("ba")), 1);
        assert_eq!(distance(&chars("kitten"), &chars("sitting")), 3);
    }

    #[test]
    fn a_problem_reads_as_a_sentence() {
        let problem = Problem::warning(code::UNKNOWN_EVENT, "event \"Purchse\" was never seen")
            .suggest(Some("Purchase"))
            .at(1, 5);
        assert_eq!(
            problem.to_string(),
            "line 1, column 5: event \"Purchse\" was never seen; did you mean \"Purchase\"?"
        );
    }
}
