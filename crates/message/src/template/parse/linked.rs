//! `connected_content`: an address and options, each a template of its own.
//!
//! ```text
//! {% connected_content https://x.example/{{${user_id}}} :method post :body a={{b}} :save answer %}
//! ```

use std::ops::Range;

use super::Parser;
use crate::problem::{Problem, code};
use crate::template::lexer::trimmed;
use crate::template::tree::{Block, Linked, Node};

/// The options and whether each has a value.
const OPTIONS: &[(&str, bool)] = &[
    ("method", true),
    ("headers", true),
    ("body", true),
    ("content_type", true),
    ("basic_auth", true),
    ("auth_credentials", true),
    ("save", true),
    ("cache", true),
    ("cache_max_age", true),
    ("no_cache", false),
    ("retry", false),
];

impl Parser<'_> {
    pub(super) fn linked(&mut self, rest: Range<usize>) -> Option<Node> {
        let parts = self.options_of(rest.clone());
        let (_, url) = parts.first().cloned()?;
        let url = self.unquoted(url);
        if url.is_empty() {
            let problem = Problem::error(code::SYNTAX, "the address is missing");
            let hint = "write {% connected_content https://… :save name %}";
            self.problem(problem.hint(hint), rest.start);
            return None;
        }
        let mut linked = Linked {
            url: self.part(url),
            method: None,
            headers: Box::default(),
            body: None,
            content_type: None,
            credentials: None,
            save: None,
            cache_s: None,
            retry: false,
        };
        for (option, value) in parts.into_iter().skip(1) {
            self.option(&mut linked, option, value);
        }
        Some(Node::Linked(Box::new(linked)))
    }

    fn option(&mut self, linked: &mut Linked, option: Range<usize>, value: Range<usize>) {
        let word = &self.source[option.start + 1..option.end];
        let Some((_, valued)) = OPTIONS.iter().find(|(name, _)| *name == word) else {
            let message = format!("connected_content has no option \":{word}\"");
            let near = self.near(word, OPTIONS.iter().map(|(name, _)| *name));
            self.problem(Problem::error(code::SYNTAX, message).suggest(near), option.start);
            return;
        };
        if *valued && value.is_empty() {
            let problem = Problem::error(code::SYNTAX, format!("\":{word}\" has no value"));
            self.problem(problem.hint("write the value after a blank"), option.start);
            return;
        }
        match word {
            "method" => linked.method = Some(self.part(value)),
            "headers" => linked.headers = self.headers(value),
            "body" => linked.body = Some(self.part(value)),
            "content_type" => linked.content_type = Some(self.part(value)),
            "basic_auth" | "auth_credentials" => {
                let value = self.unquoted(value);
                linked.credentials = Some(self.part(value));
            }
            "save" => {
                let symbol = self.symbol(&self.source[value]);
                self.know(symbol);
                linked.save = Some(symbol);
            }
            "cache" | "cache_max_age" => match self.source[value.clone()].parse() {
                Ok(seconds) => linked.cache_s = Some(seconds),
                Err(_) => {
                    let problem =
                        Problem::error(code::SYNTAX, "the time to keep an answer is not a number");
                    self.problem(problem.hint("write whole seconds, as in 900"), value.start);
                }
            },
            "no_cache" => linked.cache_s = Some(0),
            _ => linked.retry = true,
        }
    }

    /// The address (under an empty name), then every `:option` with its value.
    fn options_of(&self, rest: Range<usize>) -> Vec<(Range<usize>, Range<usize>)> {
        let mut parts = vec![(rest.start..rest.start, rest.start..rest.start)];
        for word in words(self.source, rest) {
            let text = &self.source[word.clone()];
            let named = text.len() > 1
                && text.starts_with(':')
                && text[1..].chars().all(|c| c.is_ascii_alphabetic() || c == '_');
            if named {
                parts.push((word.clone(), word.end..word.end));
            } else if let Some((_, value)) = parts.last_mut() {
                if value.start == value.end {
                    value.start = word.start;
                }
                value.end = word.end;
            }
        }
        parts
    }

    /// The texts in quotes, in pairs of name and value.
    fn headers(&mut self, range: Range<usize>) -> Box<[(Block, Block)]> {
        let mut texts = Vec::new();
        let mut at = range.start;
        while let Some(i) = self.source[at..range.end].find('"') {
            let start = at + i + 1;
            let Some(length) = self.source[start..range.end].find('"') else { break };
            texts.push(start..start + length);
            at = start + length + 1;
        }
        if texts.is_empty() || texts.len() % 2 == 1 {
            let problem = Problem::error(code::SYNTAX, "the headers cannot be read");
            self.problem(problem.hint("write {\"Name\": \"value\"}"), range.start);
            return Box::default();
        }
        let pairs = texts.chunks_exact(2);
        pairs.map(|pair| (self.part(pair[0].clone()), self.part(pair[1].clone()))).collect()
    }

    fn unquoted(&self, range: Range<usize>) -> Range<usize> {
        let text = &self.source[range.clone()];
        let quoted = text.len() >= 2
            && ((text.starts_with('"') && text.ends_with('"'))
                || (text.starts_with('\'') && text.ends_with('\'')));
        if quoted { trimmed(self.source, range.start + 1..range.end - 1) } else { range }
    }
}

/// Words between blanks; what stands in `{{ }}` is part of one word.
fn words(source: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = None;
    let mut depth = 0usize;
    for (i, c) in source[range.clone()].char_indices() {
        let at = range.start + i;
        if source[at..range.end].starts_with("{{") {
            depth += 1;
        } else if source[at..range.end].starts_with("}}") {
            depth = depth.saturating_sub(1);
        }
        if c.is_whitespace() && depth == 0 {
            words.extend(start.take().map(|start| start..at));
        } else if start.is_none() {
            start = Some(at);
        }
    }
    words.extend(start.map(|start| start..range.end));
    words
}
