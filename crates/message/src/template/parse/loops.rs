//! `for` and `tablerow`.

use std::ops::Range;

use super::{End, Parser};
use crate::problem::{Problem, code};
use crate::template::expression::{Cursor, Lexeme};
use crate::template::tree::{Expression, For, Node, Offset};

/// What may follow the list of a loop.
struct Options {
    limit: Option<Expression>,
    offset: Offset,
    reversed: bool,
    columns: Option<Expression>,
}

impl Parser<'_> {
    pub(super) fn for_loop(
        &mut self,
        name: Range<usize>,
        cursor: &mut Cursor<'_>,
        table: bool,
    ) -> Option<Node> {
        let header = self.header(cursor);
        let symbol = header.as_ref().map(|(variable, ..)| self.symbol(variable));
        self.n_loops += 1;
        // The variable is known inside, and the block below opens its own list of known names.
        self.known.push(Vec::new());
        if let Some(symbol) = symbol {
            self.know(symbol);
        }
        let (body, mut end) = match table {
            true => self.block(&["endtablerow"]),
            false => self.block(&["else", "endfor"]),
        };
        self.forget();
        self.n_loops -= 1;
        let mut otherwise = None;
        if let Some(End { name, rest }) = &end
            && &self.source[name.clone()] == "else"
        {
            self.nothing_after_else(rest.clone());
            let (block, next) = self.block(&["endfor"]);
            otherwise = Some(block);
            end = next;
        }
        if end.is_none() {
            self.unclosed(&name);
        }
        let (variable, list, written, options) = header?;
        let Options { limit, offset, reversed, columns } = options;
        let variable_symbol = self.symbol(&variable);
        let node = Box::new(For {
            variable: variable_symbol,
            name: format!("{variable}-{written}").into(),
            list,
            limit,
            offset,
            reversed,
            columns,
            body,
            otherwise,
        });
        Some(if table { Node::TableRow(node) } else { Node::For(node) })
    }

    fn header(
        &mut self,
        cursor: &mut Cursor<'_>,
    ) -> Option<(model::Text, Expression, String, Options)> {
        let variable = self.name(cursor, "a name, as in {% for item in list %}")?;
        if !cursor.take_word("in") {
            self.expected(cursor, "\"in\"");
            return None;
        }
        let start = cursor.place();
        let list = self.value(cursor)?;
        let written = self.source[start..cursor.passed()].to_owned();
        let options = self.options(cursor)?;
        Some((variable, list, written, options))
    }

    fn options(&mut self, cursor: &mut Cursor<'_>) -> Option<Options> {
        let mut options =
            Options { limit: None, offset: Offset::Start, reversed: false, columns: None };
        while let Some(Lexeme::Name(word)) = cursor.peek() {
            let (word, place) = (word.clone(), cursor.place());
            cursor.advance();
            if word == "reversed" {
                options.reversed = true;
            } else {
                if !cursor.take(':') {
                    cursor.take('=');
                }
                if word == "offset" && cursor.take_word("continue") {
                    options.offset = Offset::Continue;
                } else {
                    let value = self.value(cursor)?;
                    match word.as_str() {
                        "limit" => options.limit = Some(value),
                        "offset" => options.offset = Offset::At(value),
                        "cols" => options.columns = Some(value),
                        _ => self.unknown_option(&word, place),
                    }
                }
            }
            cursor.take(',');
        }
        self.finish(cursor);
        Some(options)
    }

    fn unknown_option(&mut self, word: &str, place: usize) {
        let near = self.near(word, ["limit", "offset", "reversed", "cols"]);
        let problem = Problem::error(code::SYNTAX, format!("a loop has no option \"{word}\""));
        self.problem(problem.suggest(near), place);
    }
}
