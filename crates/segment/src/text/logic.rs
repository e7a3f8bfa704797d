//! `and`, `or`, `not`, parentheses, and which predicate begins with which word.

use super::cursor::{Cursor, NOBODY, Parsed, Stop};
use super::lexer::Kind;
use crate::problem::{Problem, code};
use crate::tree::Predicate;

/// Words that begin a predicate, for suggestions.
const BEGINNINGS: &[&str] = &[
    "did",
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "distinct",
    "days",
    "first",
    "last",
    "in",
    "not",
    "mostly",
    "least",
    "share",
    "lifecycle",
    "rfm",
    "score",
    "reachable",
    "location",
    "bucket",
    "date",
    "everyone",
    "nobody",
];

/// Functions written `sum(x)`.
pub(super) const FUNCTIONS: &[&str] = &["sum", "avg", "min", "max", "distinct", "first", "last"];

impl Cursor<'_> {
    /// The whole text.
    pub(super) fn definition(&mut self) -> Predicate {
        if self.is_end() {
            self.expected_with("a predicate", Some("write `everyone` for all users".to_owned()));
            return NOBODY;
        }
        let predicate = self.any_of_predicates().unwrap_or(NOBODY);
        while !self.is_end() {
            self.leftover();
            if self.is_any(0, &["and", "or"]) {
                self.skip(1);
                let _ = self.any_of_predicates();
            }
        }
        predicate
    }

    /// Reports what stands after a complete predicate, and goes on to where reading can resume.
    fn leftover(&mut self) {
        if self.is_symbol(0, ")") {
            let problem = Problem::error(code::SYNTAX, "this parenthesis closes nothing");
            self.report(problem.found(")").hint("remove it, or open one before"));
            self.skip(1);
            return;
        }
        self.expected_word("`and`, `or` or the end of the text", &["and", "or", "where"]);
        self.recover(self.index());
    }

    fn any_of_predicates(&mut self) -> Parsed<Predicate> {
        self.deeper(|c| c.joined("or", Predicate::Any, Self::all_of_predicates))
    }

    fn all_of_predicates(&mut self) -> Parsed<Predicate> {
        self.joined("and", Predicate::All, |c| Ok(c.operand()))
    }

    /// One or more operands with a word between; one alone stands for itself.
    fn joined(
        &mut self,
        word: &str,
        join: fn(Vec<Predicate>) -> Predicate,
        operand: impl Fn(&mut Self) -> Parsed<Predicate>,
    ) -> Parsed<Predicate> {
        let mut parts = Vec::new();
        let mut marks = vec![self.places.len()];
        loop {
            parts.push(operand(self)?);
            marks.push(self.places.len());
            if !self.eat(&[word]) {
                break;
            }
        }
        if parts.len() == 1 {
            return Ok(parts.swap_remove(0));
        }
        for i in 0..parts.len() {
            self.places.nest(marks[i], marks[i + 1], &format!("of[{i}]"));
        }
        Ok(join(parts))
    }

    /// One operand; if it cannot be read, `nobody` and the rest of it is skipped.
    fn operand(&mut self) -> Predicate {
        let from = self.index();
        match self.deeper(Self::primary) {
            Ok(predicate) => predicate,
            Err(Stop) => {
                self.recover(from);
                NOBODY
            }
        }
    }

    fn primary(&mut self) -> Parsed<Predicate> {
        self.place("");
        if self.is(0, "not") {
            self.skip(1);
            let of = self.below("of", |c| c.deeper(Self::primary))?;
            return Ok(Predicate::Not(Box::new(of)));
        }
        if self.is_symbol(0, "(") {
            return self.parenthesised();
        }
        for (word, join) in [
            ("all", Predicate::All as fn(Vec<Predicate>) -> Predicate),
            ("any", Predicate::Any as fn(Vec<Predicate>) -> Predicate),
        ] {
            if self.is(0, word) && self.is(1, "of") && self.is_symbol(2, "(") {
                self.skip(2);
                let of = self.below("of[0]", Self::parenthesised)?;
                return Ok(join(vec![of]));
            }
        }
        self.named_predicate()
    }

    fn parenthesised(&mut self) -> Parsed<Predicate> {
        let opened = (self.token(0).line, self.token(0).column);
        self.symbol("(")?;
        let predicate = self.any_of_predicates()?;
        if !self.eat_symbol(")") {
            let (line, column) = opened;
            let hint = format!("it closes the one at line {line}, column {column}");
            self.expected_with("`and`, `or` or `)`", Some(hint));
            self.recover_closing();
        }
        Ok(predicate)
    }

    fn named_predicate(&mut self) -> Parsed<Predicate> {
        if !self.begins_predicate(0) {
            return match self.kind(0) {
                Kind::Word if self.is_any(0, &["and", "or", "then", "where"]) => {
                    Err(self.expected("a predicate"))
                }
                Kind::Word | Kind::Name(_) => self.attribute(),
                Kind::Str(_) => Err(self.expected_with(
                    "a predicate",
                    Some("events are written `did \"name\"`, attributes without quotes".to_owned()),
                )),
                _ => Err(self.expected("a predicate")),
            };
        }
        match self.token(0).raw.to_ascii_lowercase().as_str() {
            "everyone" => {
                self.skip(1);
                Ok(Predicate::All(vec![]))
            }
            "nobody" => {
                self.skip(1);
                Ok(NOBODY)
            }
            "did" => self.did(),
            "in" => self.in_something(),
            "mostly" | "least" | "share" => self.affinity(),
            "date" => self.date_of_event(),
            "lifecycle" => self.lifecycle(),
            "rfm" => self.rfm(),
            "score" => self.score(),
            "reachable" => self.reachable(),
            "location" => self.location(),
            "bucket" => self.bucket(),
            _ => self.measured(),
        }
    }

    /// Whether a predicate that is not about a plain attribute begins at the token `ahead`. An
    /// attribute named like such a word is still one if a comparison sign follows.
    pub(super) fn begins_predicate(&self, ahead: usize) -> bool {
        let next = ahead + 1;
        if *self.kind(ahead) != Kind::Word || self.comparison_sign(next) {
            return false;
        }
        let raw = self.token(ahead).raw.to_ascii_lowercase();
        match raw.as_str() {
            "did" | "everyone" | "nobody" => true,
            "in" => self.is_any(next, &["segment", "list"]),
            "mostly" | "least" => matches!(self.kind(next), Kind::Word | Kind::Name(_)),
            "share" | "count" | "days" => self.is(next, "of"),
            "date" => self.is_any(next, &["first", "last"]),
            "lifecycle" => self.is_any(next, &["is", "in"]),
            "rfm" => self.is_any(next, &["is", "in", "r", "f", "m", "scored"]),
            "score" => matches!(self.kind(next), Kind::Str(_)),
            "reachable" => self.is(next, "by"),
            "location" => self.is_any(next, &["within", "in"]),
            "bucket" => matches!(self.kind(next), Kind::Int(_)),
            function => FUNCTIONS.contains(&function) && self.is_symbol(next, "("),
        }
    }

    fn comparison_sign(&self, ahead: usize) -> bool {
        matches!(self.kind(ahead), Kind::Symbol("=" | "!=" | "<" | "<=" | ">" | ">="))
    }

    /// The beginning that was meant, if a word is a slip of one.
    pub(super) fn meant_beginning(&self) -> Option<&'static str> {
        self.meant(BEGINNINGS)
    }
}
