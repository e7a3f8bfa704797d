//! Tags: what each of them reads, and the blocks that belong to it.

use std::ops::Range;

use super::{End, NESTING_MAX, Parser};
use crate::problem::{Problem, code};
use crate::template::expression::{Cursor, Lexeme};
use crate::template::lexer::trimmed;
use crate::template::tree::{
    Block, Case, Chain, Condition, Cycle, Expression, Node, Output, Symbol,
};

/// All tags.
pub(in crate::template) const TAGS: &[&str] = &[
    "if",
    "elsif",
    "else",
    "endif",
    "unless",
    "endunless",
    "case",
    "when",
    "endcase",
    "for",
    "endfor",
    "break",
    "continue",
    "tablerow",
    "endtablerow",
    "assign",
    "capture",
    "endcapture",
    "increment",
    "decrement",
    "cycle",
    "raw",
    "endraw",
    "comment",
    "endcomment",
    "liquid",
    "echo",
    "abort",
    "abort_message",
    "connected_content",
];

/// Why braces are wrong inside a tag.
pub(super) const BRACES: &str = "inside a tag write the variable without {{ }}";

impl Parser<'_> {
    /// One tag and, if it opens a block, everything up to its end. `None` after a problem, and for
    /// tags that do nothing.
    pub(super) fn tag(&mut self, name: Range<usize>, rest: Range<usize>) -> Option<Node> {
        let word = &self.source[name.clone()];
        if self.ends.len() > NESTING_MAX {
            let message = format!("blocks are nested deeper than {NESTING_MAX} levels");
            self.problem(
                Problem::error(code::TOO_LARGE, message).hint("split the message"),
                name.start,
            );
            return None;
        }
        let mut cursor = Cursor::new(self.source, rest.clone());
        match word {
            "if" => self.branches(name, rest, "if"),
            "unless" => self.branches(name, rest, "unless"),
            "case" => self.case(name, &mut cursor),
            "for" => self.for_loop(name, &mut cursor, false),
            "tablerow" => self.for_loop(name, &mut cursor, true),
            "break" => self.alone(&cursor, Node::Break),
            "continue" => self.alone(&cursor, Node::Continue),
            "assign" => self.assign(&mut cursor),
            "capture" => self.capture(name, &mut cursor),
            "increment" => self.counter(&mut cursor).map(Node::Increment),
            "decrement" => self.counter(&mut cursor).map(Node::Decrement),
            "cycle" => self.cycle(&mut cursor, rest),
            "echo" => {
                let chain = self.chain(&mut cursor)?;
                self.finish(&cursor);
                Some(Node::Output(Output { chain, address: false, bare: false, place: rest.start }))
            }
            "abort" | "abort_message" => Some(self.abort(rest)),
            "connected_content" => self.linked(rest),
            _ => self.unknown(word, name.start),
        }
    }

    fn alone(&mut self, cursor: &Cursor<'_>, node: Node) -> Option<Node> {
        self.finish(cursor);
        Some(node)
    }

    fn unknown(&mut self, word: &str, place: usize) -> Option<Node> {
        let problem = if word.is_empty() {
            Problem::error(code::SYNTAX, "this tag has no name")
                .hint("write the name of the tag after {%, or {{ }} to put out a value")
        } else if word.starts_with("end") || matches!(word, "else" | "elsif" | "when") {
            Problem::error(code::UNBALANCED, format!("\"{word}\" belongs to nothing that is open"))
                .hint("remove it, or open its block before")
        } else {
            Problem::error(code::UNKNOWN_TAG, format!("there is no tag \"{word}\""))
                .suggest(self.near(word, TAGS.iter().copied()))
        };
        self.problem(problem, place);
        None
    }

    /// Says that a block was not closed.
    pub(super) fn unclosed(&mut self, name: &Range<usize>) {
        let word = &self.source[name.clone()];
        let problem = Problem::error(code::UNBALANCED, format!("\"{word}\" is not closed"))
            .hint(format!("close it with {{% end{word} %}}"));
        self.problem(problem, name.start);
    }

    fn branches(
        &mut self,
        name: Range<usize>,
        rest: Range<usize>,
        word: &'static str,
    ) -> Option<Node> {
        let ends: &'static [&'static str] = match word {
            "if" => &["elsif", "else", "endif"],
            _ => &["elsif", "else", "endunless"],
        };
        let mut branches = Vec::new();
        let mut condition = self.condition(rest).map(|chain| match word {
            "if" => Condition::If(chain),
            _ => Condition::Unless(chain),
        });
        loop {
            let (block, end) = self.block(ends);
            if let Some(condition) = condition {
                branches.push((condition, block));
            }
            let Some(End { name: end_name, rest }) = end else {
                self.unclosed(&name);
                return None;
            };
            condition = match &self.source[end_name] {
                "elsif" => self.condition(rest).map(Condition::If),
                "else" => {
                    self.nothing_after_else(rest);
                    Some(Condition::Always)
                }
                _ => break,
            };
        }
        Some(Node::If(branches.into()))
    }

    pub(super) fn nothing_after_else(&mut self, rest: Range<usize>) {
        if self.source[rest.clone()].starts_with("if") {
            let problem = Problem::error(code::SYNTAX, "\"else if\" is not a tag");
            self.problem(problem.hint("write elsif"), rest.start);
        } else {
            self.finish(&Cursor::new(self.source, rest));
        }
    }

    fn condition(&mut self, range: Range<usize>) -> Option<Chain> {
        let mut cursor = Cursor::new(self.source, range);
        let chain = self.chain(&mut cursor)?;
        self.finish(&cursor);
        Some(chain)
    }

    fn case(&mut self, name: Range<usize>, cursor: &mut Cursor<'_>) -> Option<Node> {
        const ENDS: &[&str] = &["when", "else", "endcase"];
        let subject = self.chain(cursor);
        self.finish(cursor);
        let mut branches: Vec<(Box<[Expression]>, Block)> = Vec::new();
        let mut otherwise = None;
        // What stands before the first branch is not rendered.
        let (_, mut end) = self.block(ENDS);
        while let Some(End { name: end_name, rest }) = end {
            let word = &self.source[end_name];
            if word == "endcase" {
                let branches = branches.into();
                return Some(Node::Case(Box::new(Case { subject: subject?, branches, otherwise })));
            }
            let values = if word == "when" { self.when(rest) } else { Vec::new() };
            let (block, next) = self.block(ENDS);
            if word == "when" {
                branches.push((values.into(), block));
            } else {
                otherwise = Some(block);
            }
            end = next;
        }
        self.unclosed(&name);
        None
    }

    fn when(&mut self, range: Range<usize>) -> Vec<Expression> {
        let mut cursor = Cursor::new(self.source, range);
        let mut values = Vec::new();
        loop {
            match self.value(&mut cursor) {
                Some(value) => values.push(value),
                None => return values,
            }
            if !cursor.take(',') && !cursor.take_word("or") {
                break;
            }
        }
        self.finish(&cursor);
        values
    }

    fn assign(&mut self, cursor: &mut Cursor<'_>) -> Option<Node> {
        let name = self.name(cursor, "a name, as in {% assign name = value %}")?;
        if !cursor.take('=') {
            let problem = Problem::error(code::SYNTAX, "= is missing after the name");
            self.problem(problem.hint("write {% assign name = value %}"), cursor.place());
            return None;
        }
        let chain = self.chain(cursor)?;
        self.finish(cursor);
        let symbol = self.symbol(&name);
        self.know(symbol);
        Some(Node::Assign(symbol, Box::new(chain)))
    }

    fn capture(&mut self, name: Range<usize>, cursor: &mut Cursor<'_>) -> Option<Node> {
        let variable = match cursor.peek() {
            Some(Lexeme::Quoted(text)) => {
                let text = text.clone();
                cursor.advance();
                Some(text)
            }
            _ => self.name(cursor, "a name, as in {% capture name %}"),
        };
        if variable.is_some() {
            self.finish(cursor);
        }
        let (block, end) = self.block(&["endcapture"]);
        if end.is_none() {
            self.unclosed(&name);
            return None;
        }
        let symbol = self.symbol(&variable?);
        self.know(symbol);
        Some(Node::Capture(symbol, block))
    }

    fn counter(&mut self, cursor: &mut Cursor<'_>) -> Option<Symbol> {
        let name = self.name(cursor, "the name of a counter")?;
        self.finish(cursor);
        let symbol = self.symbol(&name);
        self.know(symbol);
        Some(symbol)
    }

    fn cycle(&mut self, cursor: &mut Cursor<'_>, rest: Range<usize>) -> Option<Node> {
        let mut values = vec![self.chain(cursor)?];
        let mut group = None;
        if cursor.take(':') {
            group = values.pop().map(|chain| chain.start);
            values.push(self.chain(cursor)?);
        }
        while cursor.take(',') {
            values.push(self.chain(cursor)?);
        }
        self.finish(cursor);
        let written = match &self.source[rest] {
            text if group.is_some() => text.split_once(':').map_or("", |(_, values)| values),
            text => text,
        };
        let name = written.split_whitespace().collect::<String>().into();
        Some(Node::Cycle(Box::new(Cycle { group, name, values: values.into() })))
    }

    /// `abort`, `abort_message('reason')`: the reason is a template of its own.
    fn abort(&mut self, rest: Range<usize>) -> Node {
        let mut range = rest;
        for (open, close) in [(":", ""), ("(", ")"), ("\"", "\""), ("'", "'")] {
            let text = &self.source[range.clone()];
            if text.len() >= open.len() + close.len()
                && text.starts_with(open)
                && text.ends_with(close)
            {
                range = trimmed(self.source, range.start + open.len()..range.end - close.len());
            }
        }
        Node::Abort(self.part(range))
    }

    /// A name of a variable.
    pub(super) fn name(&mut self, cursor: &mut Cursor<'_>, what: &str) -> Option<model::Text> {
        match cursor.peek() {
            Some(Lexeme::Name(name)) => {
                let name = name.clone();
                cursor.advance();
                Some(name)
            }
            _ => {
                self.expected(cursor, what);
                None
            }
        }
    }

    /// Says what was expected at the next word.
    pub(super) fn expected(&mut self, cursor: &Cursor<'_>, what: &str) {
        let problem = match cursor.peek() {
            Some(Lexeme::Unclosed) => Problem::error(code::SYNTAX, "this text is not closed")
                .hint("close it with the quote that opens it"),
            _ => {
                let found = match cursor.peek() {
                    Some(_) => format!("\"{}\"", cursor.written()),
                    None => "the end".to_owned(),
                };
                let problem =
                    Problem::error(code::SYNTAX, format!("expected {what}, found {found}"));
                match cursor.peek() {
                    Some(Lexeme::Unknown('{')) => problem.hint(BRACES),
                    _ => problem,
                }
            }
        };
        self.problem(problem, cursor.place());
    }
}
