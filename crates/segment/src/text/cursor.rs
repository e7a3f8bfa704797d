//! The cursor over a text's tokens: looking ahead, expecting, reporting and recovering. The rules
//! of the language stand in its sibling modules, as further methods of the same type.

use model::{Span, Text};

use super::lexer::{self, Kind, Token, clip};
use super::place::Places;
use crate::problem::{PROBLEMS_MAX, Problem, code, nearest};
use crate::tree::Predicate;

/// What stands where something could not be read.
pub(super) const NOBODY: Predicate = Predicate::Any(Vec::new());

/// Nesting of the written text. A tree at its bound needs at most three levels per level of its own.
const NESTING_MAX: u32 = 128;

/// A rule stopped: its problem is already reported.
#[derive(Debug)]
pub(super) struct Stop;

/// What a rule read.
pub(super) type Parsed<T> = Result<T, Stop>;

pub(super) struct Cursor<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
    nesting: u32,
    problems: Vec<Problem>,
    pub(super) places: Places,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Cursor<'a> {
        let (tokens, problems) = lexer::tokens(text);
        Cursor { tokens, at: 0, nesting: 0, problems, places: Places::default() }
    }

    /// All problems in order of place, and all places.
    pub(super) fn finish(mut self) -> (Vec<Problem>, Places) {
        self.problems.sort_by_key(|p| (p.line, p.column));
        self.problems.truncate(PROBLEMS_MAX);
        (self.problems, self.places)
    }

    // --- looking ---

    /// The token `ahead` places on; beyond the end, the end.
    pub(super) fn token(&self, ahead: usize) -> &Token<'a> {
        let last = self.tokens.len() - 1;
        &self.tokens[(self.at + ahead).min(last)]
    }

    pub(super) fn kind(&self, ahead: usize) -> &Kind {
        &self.token(ahead).kind
    }

    pub(super) fn is_end(&self) -> bool {
        *self.kind(0) == Kind::End
    }

    /// Whether the token `ahead` is this word, in any case.
    pub(super) fn is(&self, ahead: usize, word: &str) -> bool {
        let token = self.token(ahead);
        token.kind == Kind::Word && token.raw.eq_ignore_ascii_case(word)
    }

    pub(super) fn is_any(&self, ahead: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(ahead, word))
    }

    pub(super) fn is_symbol(&self, ahead: usize, symbol: &str) -> bool {
        matches!(self.kind(ahead), Kind::Symbol(s) if *s == symbol)
    }

    // --- moving ---

    pub(super) fn skip(&mut self, n: usize) {
        self.at = (self.at + n).min(self.tokens.len() - 1);
    }

    /// Takes these words, if they stand here, all of them.
    pub(super) fn eat(&mut self, words: &[&str]) -> bool {
        let here = words.iter().enumerate().all(|(i, word)| self.is(i, word));
        if here {
            self.skip(words.len());
        }
        here
    }

    pub(super) fn eat_symbol(&mut self, symbol: &str) -> bool {
        let here = self.is_symbol(0, symbol);
        if here {
            self.skip(1);
        }
        here
    }

    // --- expecting ---

    pub(super) fn word(&mut self, word: &str) -> Parsed<()> {
        if self.eat(&[word]) { Ok(()) } else { Err(self.expected(&format!("`{word}`"))) }
    }

    pub(super) fn symbol(&mut self, symbol: &str) -> Parsed<()> {
        if self.eat_symbol(symbol) { Ok(()) } else { Err(self.expected(&format!("`{symbol}`"))) }
    }

    /// A name of a property or an attribute.
    pub(super) fn name(&mut self, what: &str) -> Parsed<Text> {
        if self.is_any(0, &["and", "or", "not", "then", "where"]) {
            return Err(self.expected(what));
        }
        let token = self.token(0);
        let name = match &token.kind {
            Kind::Word => Text::new(token.raw),
            Kind::Name(name) => Text::new(name),
            Kind::Str(text) => {
                let hint = format!("names stand without quotes or in backticks: `{}`", clip(text));
                return Err(self.expected_with(what, Some(hint)));
            }
            _ => return Err(self.expected(what)),
        };
        self.skip(1);
        Ok(name)
    }

    /// Names, one or more, with commas between.
    pub(super) fn names(&mut self, what: &str) -> Parsed<Vec<Text>> {
        let mut names = vec![self.name(what)?];
        while self.eat_symbol(",") {
            names.push(self.name(what)?);
        }
        Ok(names)
    }

    /// A text in quotes.
    pub(super) fn text(&mut self, what: &str) -> Parsed<Text> {
        let token = self.token(0);
        match &token.kind {
            Kind::Str(text) => {
                let text = Text::new(text);
                self.skip(1);
                Ok(text)
            }
            Kind::Word | Kind::Name(_) => {
                let hint = format!("put it in quotes: \"{}\"", clip(token.raw.trim_matches('`')));
                Err(self.expected_with(what, Some(hint)))
            }
            _ => Err(self.expected(what)),
        }
    }

    /// One text, or `in` and a list of texts.
    pub(super) fn one_or_more_texts(&mut self, what: &str) -> Parsed<Vec<Text>> {
        if self.eat(&["is", "in"]) || self.eat(&["in"]) {
            return self.text_list(what);
        }
        if !self.eat(&["is"]) && !self.eat_symbol("=") {
            return Err(self.expected("`is` or `in`"));
        }
        Ok(vec![self.text(what)?])
    }

    /// A list of texts in brackets, which may be empty.
    pub(super) fn text_list(&mut self, what: &str) -> Parsed<Vec<Text>> {
        self.symbol("[")?;
        let mut texts = Vec::new();
        while !self.eat_symbol("]") {
            if !texts.is_empty() {
                self.symbol(",")?;
            }
            texts.push(self.text(what)?);
        }
        Ok(texts)
    }

    /// A length of time: `30d`, or `30 days`.
    pub(super) fn span(&mut self) -> Parsed<Span> {
        let written = match self.kind(0) {
            Kind::Span(span) => {
                let span = *span;
                self.skip(1);
                return Ok(span);
            }
            Kind::Int(n) => *n,
            _ => {
                let unit = self.is_any(0, &["day", "week", "month", "year"]);
                let hint = unit.then(|| "write 7d, 30d or 1 calendar month".to_owned());
                return Err(self.expected_with("a length of time such as 30d", hint));
            }
        };
        let unit = match self.token(1).raw.to_ascii_lowercase().as_str() {
            "second" | "seconds" => "s",
            "minute" | "minutes" => "m",
            "hour" | "hours" => "h",
            "day" | "days" => "d",
            "week" | "weeks" => "w",
            _ => {
                let hint = format!("write the unit: {written}d for days, {written}h for hours");
                let what = "a length of time such as 30d";
                return Err(self.expected_with(what, Some(hint)));
            }
        };
        match Span::parse(&format!("{written}{unit}")) {
            Ok(span) => {
                self.skip(2);
                Ok(span)
            }
            Err(_) => Err(self.expected("a length of time between 0 and 36500 days")),
        }
    }

    /// A whole number from 0 to `most`.
    pub(super) fn whole(&mut self, what: &str, most: u32) -> Parsed<u32> {
        match self.kind(0) {
            Kind::Int(n) => match u32::try_from(*n).ok().filter(|n| *n <= most) {
                Some(n) => {
                    self.skip(1);
                    Ok(n)
                }
                None => Err(self.expected(&format!("{what} from 0 to {most}"))),
            },
            _ => Err(self.expected(what)),
        }
    }

    // --- reporting ---

    /// Reports a problem at the present token.
    pub(super) fn report(&mut self, problem: Problem) {
        self.report_at(0, problem);
    }

    /// Reports a problem at the token `ahead`.
    pub(super) fn report_at(&mut self, ahead: usize, problem: Problem) {
        let token = self.token(ahead);
        let problem = problem.at(token.line, token.column);
        self.problems.push(problem);
    }

    /// Reports a problem at a token that was already taken.
    pub(super) fn report_taken(&mut self, index: usize, problem: Problem) {
        let token = &self.tokens[index.min(self.tokens.len() - 1)];
        let problem = problem.at(token.line, token.column);
        self.problems.push(problem);
    }

    /// A token that was already taken, as it was written.
    pub(super) fn raw_at(&self, index: usize) -> &'a str {
        self.tokens[index.min(self.tokens.len() - 1)].raw
    }

    /// The index of the present token, for [`Cursor::report_taken`].
    pub(super) fn index(&self) -> usize {
        self.at
    }

    /// Reports that something else was expected here.
    pub(super) fn expected(&mut self, what: &str) -> Stop {
        self.expected_with(what, None)
    }

    pub(super) fn expected_with(&mut self, what: &str, hint: Option<String>) -> Stop {
        let found = self.found();
        let mut problem = Problem::error(code::SYNTAX, format!("expected {what}, found {found}"))
            .found(found)
            .expected(what);
        problem.hint = hint;
        self.report(problem);
        Stop
    }

    /// Reports that one of these words or phrases was expected, with the one that is meant if it
    /// was a slip.
    pub(super) fn expected_word(&mut self, what: &str, words: &[&str]) -> Stop {
        let hint = self.meant(words).map(|word| format!("did you mean `{word}`?"));
        self.expected_with(what, hint)
    }

    /// The word or phrase of two words that is nearly what stands here, but not just so.
    pub(super) fn meant<'w>(&self, words: &[&'w str]) -> Option<&'w str> {
        let (first, second) = (self.token(0), self.token(1));
        if first.kind != Kind::Word {
            return None;
        }
        let single = words.iter().copied().filter(|word| !word.contains(' '));
        let near = nearest(first.raw, single).filter(|word| !first.raw.eq_ignore_ascii_case(word));
        let phrase = format!("{} {}", first.raw, second.raw);
        let double = words.iter().copied().filter(|word| word.contains(' '));
        nearest(&phrase, double).filter(|word| !phrase.eq_ignore_ascii_case(word)).or(near)
    }

    /// The present token as a message quotes it.
    pub(super) fn found(&self) -> String {
        match self.kind(0) {
            Kind::End => "the end of the text".to_owned(),
            _ => clip(self.token(0).raw),
        }
    }

    // --- places ---

    /// Notes that the part at `path` begins at the present token.
    pub(super) fn place(&mut self, path: &str) {
        let (line, column) = (self.token(0).line, self.token(0).column);
        self.places.push(path, line, column);
    }

    /// Reads with `rule`, and puts the places it notes below `prefix`.
    pub(super) fn below<T>(&mut self, prefix: &str, rule: impl FnOnce(&mut Self) -> T) -> T {
        let from = self.places.len();
        let read = rule(self);
        let to = self.places.len();
        self.places.nest(from, to, prefix);
        read
    }

    // --- bounds and recovery ---

    /// Reads one level deeper; too deep, the rest of the text is left unread.
    pub(super) fn deeper<T>(&mut self, rule: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.nesting == NESTING_MAX {
            let message = format!("the text nests deeper than {NESTING_MAX} levels");
            self.report(
                Problem::error(code::TOO_LARGE, message)
                    .hint("split it into segments and combine them with `in segment`"),
            );
            self.at = self.tokens.len() - 1;
            return Err(Stop);
        }
        self.nesting += 1;
        let read = rule(self);
        self.nesting -= 1;
        read
    }

    /// Goes on to the next `and`, `or` or closing parenthesis of the level on which the token
    /// `from` stands, or to the end.
    pub(super) fn recover(&mut self, from: usize) {
        let mut open = 0u32;
        for token in &self.tokens[from.min(self.at)..self.at] {
            match token.kind {
                Kind::Symbol("(" | "[") => open += 1,
                Kind::Symbol(")" | "]") => open = open.saturating_sub(1),
                _ => {}
            }
        }
        while !self.is_end() {
            match self.kind(0) {
                Kind::Symbol("(" | "[") => open += 1,
                Kind::Symbol(")") if open == 0 => return,
                Kind::Symbol(")" | "]") => open = open.saturating_sub(1),
                Kind::Word if open == 0 && self.is_any(0, &["and", "or"]) => return,
                _ => {}
            }
            self.skip(1);
        }
    }

    /// Goes on to the parenthesis that closes this level and takes it.
    pub(super) fn recover_closing(&mut self) {
        while !self.is_end() && !self.is_symbol(0, ")") {
            self.recover(self.at);
            if self.is_any(0, &["and", "or"]) {
                self.skip(1);
            }
        }
        self.eat_symbol(")");
    }
}
