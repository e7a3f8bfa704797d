//! Tokens into the compiled form, with all problems at once.
//!
//! After a problem the parser goes on with the next token, so that one slip does not hide the next.
//! Invariant: a template whose problems are empty can be rendered for every scope.

mod block;
mod expression;
mod linked;
mod loops;

pub(super) use block::TAGS;

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use model::Text;

use super::expression::Cursor;
use super::lexer::{self, Token};
use super::tree::{Block, Node, Output, Symbol};
use crate::problem::{PROBLEMS_MAX, Problem, code, nearest};

/// Depth to which blocks nest: people get lost at five; rendering recurses once per level.
pub const NESTING_MAX: usize = 64;
/// Bytes of one template: the largest e-mails that are still shown have a tenth of it.
pub const SOURCE_BYTES_MAX: usize = 1024 * 1024;

/// The symbol of `forloop`.
pub(super) const FORLOOP: Symbol = Symbol(0);
/// The symbol of `tablerowloop`.
pub(super) const TABLEROWLOOP: Symbol = Symbol(1);

/// What parsing gives.
pub(super) struct Parsed {
    pub block: Block,
    /// How many names there are: one place each while rendering.
    pub names: usize,
    pub reads: BTreeSet<Vec<Text>>,
    pub problems: Vec<Problem>,
}

/// Parses a whole template.
pub(super) fn parse(source: &str) -> Parsed {
    let mut parser = Parser {
        source,
        tokens: Vec::new(),
        at: 0,
        symbols: HashMap::new(),
        reads: BTreeSet::new(),
        known: vec![Vec::new()],
        n_known: Vec::new(),
        n_loops: 0,
        ends: Vec::new(),
        problems: Vec::new(),
    };
    parser.symbol("forloop");
    parser.symbol("tablerowloop");
    let block = if source.len() > SOURCE_BYTES_MAX {
        let message =
            format!("the template has {} bytes, the most is {SOURCE_BYTES_MAX}", source.len());
        parser.problems.push(Problem::error(code::TOO_LARGE, message).hint("shorten it"));
        Block::default()
    } else {
        parser.part(0..source.len())
    };
    parser.problems.sort_by_key(|problem| (problem.line, problem.column));
    parser.problems.truncate(PROBLEMS_MAX);
    Parsed { block, names: parser.symbols.len(), reads: parser.reads, problems: parser.problems }
}

/// A tag that ends a block or begins its next branch.
struct End {
    name: Range<usize>,
    rest: Range<usize>,
}

struct Parser<'a> {
    source: &'a str,
    tokens: Vec<Token>,
    at: usize,
    symbols: HashMap<Text, Symbol>,
    reads: BTreeSet<Vec<Text>>,
    /// Names that are certainly variables of the template here, by open block.
    known: Vec<Vec<Symbol>>,
    /// In how many open blocks a name is known, by symbol.
    n_known: Vec<u32>,
    n_loops: usize,
    /// What ends each open block.
    ends: Vec<&'static [&'static str]>,
    problems: Vec<Problem>,
}

impl Parser<'_> {
    /// Parses a part of the source as a template of its own that shares the names.
    fn part(&mut self, range: Range<usize>) -> Block {
        let tokens = lexer::cut(self.source, range, &mut self.problems);
        let outer = std::mem::replace(&mut self.tokens, tokens);
        let outer_at = std::mem::replace(&mut self.at, 0);
        let outer_ends = std::mem::take(&mut self.ends);
        let (block, _) = self.block(&[]);
        self.tokens = outer;
        self.at = outer_at;
        self.ends = outer_ends;
        block
    }

    /// Parses up to a tag that is one of `ends`, which is passed, or to the end.
    fn block(&mut self, ends: &'static [&'static str]) -> (Block, Option<End>) {
        self.ends.push(ends);
        self.known.push(Vec::new());
        let mut nodes = Vec::new();
        let mut end = None;
        while let Some(token) = self.tokens.get(self.at).cloned() {
            match token {
                Token::Literal(range) => nodes.push(Node::Literal(range)),
                Token::Output(range) => nodes.extend(self.output(range)),
                Token::Tag(name, rest) => {
                    let word = &self.source[name.clone()];
                    if ends.contains(&word) {
                        self.at += 1;
                        end = Some(End { name, rest });
                        break;
                    }
                    if self.ends.iter().any(|outer| outer.contains(&word)) {
                        // It belongs to a block further out: this one was not closed.
                        break;
                    }
                    self.at += 1;
                    nodes.extend(self.tag(name, rest));
                    continue;
                }
            }
            self.at += 1;
        }
        self.forget();
        self.ends.pop();
        (nodes.into(), end)
    }

    fn output(&mut self, range: Range<usize>) -> Option<Node> {
        let mut cursor = Cursor::new(self.source, range.clone());
        cursor.peek()?;
        let chain = self.chain(&mut cursor)?;
        self.finish(&cursor);
        let place = range.start;
        let bare = self.literal_before().is_some_and(|text| text.ends_with('='));
        Some(Node::Output(Output { chain, address: self.address_before(), bare, place }))
    }

    /// The text right before the token that is being read.
    fn literal_before(&self) -> Option<&str> {
        match self.at.checked_sub(1).and_then(|i| self.tokens.get(i)) {
            Some(Token::Literal(range)) => self.source.get(range.clone()),
            _ => None,
        }
    }

    /// Whether the token before is a literal that ends with the beginning of an address.
    fn address_before(&self) -> bool {
        let Some(text) = self.literal_before() else { return false };
        let text = text.trim_end_matches(['"', '\'']).trim_end();
        let Some(text) = text.strip_suffix('=') else { return false };
        let attribute = text.trim_end();
        ["href", "src", "action", "background", "srcset"].iter().any(|name| {
            let start = attribute.len().checked_sub(name.len());
            start.and_then(|i| attribute.get(i..)).is_some_and(|t| t.eq_ignore_ascii_case(name))
        })
    }

    /// Reports what is left of a tag after everything in it was read.
    fn finish(&mut self, cursor: &Cursor<'_>) {
        if cursor.peek().is_none() {
            return;
        }
        let found = cursor.written();
        let problem = Problem::error(code::SYNTAX, format!("\"{found}\" is not expected here"));
        let problem = match found {
            "{" => problem.hint(block::BRACES),
            "=" => problem.hint("write == to compare"),
            "&" => problem.hint("write \"and\" between two conditions"),
            "|" => {
                problem.hint("write one | and the name of a filter, or \"or\" between conditions")
            }
            "!" => problem.hint("write \"not\", or != to compare"),
            _ => problem.hint("remove it, or close the tag before it"),
        };
        self.problem(problem, cursor.place());
    }

    fn problem(&mut self, problem: Problem, offset: usize) {
        // Twice the bound is kept, so that sorting decides which are the first.
        if self.problems.len() < 2 * PROBLEMS_MAX {
            self.problems.push(problem.at(self.source, offset));
        }
    }

    /// The name that was meant; not looked for when enough was said already.
    fn near<'n>(&self, word: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
        if self.problems.len() < PROBLEMS_MAX { nearest(word, names) } else { None }
    }

    fn symbol(&mut self, name: &str) -> Symbol {
        let next = Symbol(u32::try_from(self.symbols.len()).unwrap_or(u32::MAX));
        *self.symbols.entry(Text::new(name)).or_insert(next)
    }

    fn know(&mut self, symbol: Symbol) {
        let at = symbol.0 as usize;
        if self.n_known.len() <= at {
            self.n_known.resize(at + 1, 0);
        }
        self.n_known[at] += 1;
        if let Some(block) = self.known.last_mut() {
            block.push(symbol);
        }
    }

    /// Closes a block: what was known in it is no longer.
    fn forget(&mut self) {
        for symbol in self.known.pop().unwrap_or_default() {
            self.n_known[symbol.0 as usize] -= 1;
        }
    }

    fn knows(&self, symbol: Symbol) -> bool {
        let of_loop = symbol == FORLOOP || symbol == TABLEROWLOOP;
        let known = self.n_known.get(symbol.0 as usize).is_some_and(|n| *n > 0);
        known || (of_loop && self.n_loops > 0)
    }
}
