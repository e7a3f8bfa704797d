//! Values, paths, conditions and filters.

use model::Text;

use super::Parser;
use crate::Value;
use crate::problem::{Problem, code};
use crate::template::expression::{Cursor, Lexeme};
use crate::template::filter;
use crate::template::tree::{Call, Chain, Expression, Key, Operator, Path};

/// Depth of parentheses, indices and conditions in one tag: nobody writes ten by hand.
const DEPTH_MAX: usize = 50;
/// Steps of one path, as in `a.b.c`: JSON that people use is not a tenth as deep.
const KEYS_MAX: usize = 16;
/// Filters one after the other, and arguments of one filter.
const CHAIN_MAX: usize = 64;

/// Names under which others know what we call differently: how they write it, and ours.
const ALIASES: &[(&str, &str)] = &[
    ("custom_attribute", "profile"),
    ("Profile", "profile"),
    ("event_properties", "event"),
    ("Event", "event"),
    ("api_trigger_properties", "trigger"),
    ("canvas_entry_properties", "entry"),
];

impl Parser<'_> {
    /// An expression and its filters.
    pub(super) fn chain(&mut self, cursor: &mut Cursor<'_>) -> Option<Chain> {
        let start = self.logic(cursor, DEPTH_MAX)?;
        let mut filters = Vec::new();
        while cursor.take('|') {
            if filters.len() == CHAIN_MAX {
                let message = format!("there are more than {CHAIN_MAX} filters");
                self.problem(Problem::error(code::TOO_LARGE, message), cursor.place());
                return None;
            }
            filters.push(self.call(cursor)?);
        }
        Some(Chain { start, filters: filters.into() })
    }

    fn call(&mut self, cursor: &mut Cursor<'_>) -> Option<Call> {
        let place = cursor.place();
        let name = self.name(cursor, "the name of a filter")?;
        let found = filter::find(&name);
        if found.is_none() {
            let problem =
                Problem::error(code::UNKNOWN_FILTER, format!("there is no filter \"{name}\""))
                    .suggest(self.near(&name, filter::names()));
            self.problem(problem, place);
        }
        let (values, named) =
            if cursor.take(':') { self.arguments(cursor)? } else { <_>::default() };
        let filter = found?;
        let (least, most) = filter.arguments;
        if values.len() < least || values.len() > most {
            let wanted = match (least, most) {
                (least, most) if least == most => format!("{least}"),
                (least, usize::MAX) => format!("at least {least}"),
                (least, most) => format!("{least} to {most}"),
            };
            let n = values.len();
            let message = format!("filter \"{name}\" takes {wanted} arguments, here are {n}");
            let problem = Problem::error(code::WRONG_ARGUMENTS, message);
            self.problem(problem.hint("write arguments after a colon, with commas between"), place);
            return None;
        }
        Some(Call { filter, values: values.into(), named: named.into() })
    }

    #[allow(clippy::type_complexity)]
    fn arguments(
        &mut self,
        cursor: &mut Cursor<'_>,
    ) -> Option<(Vec<Expression>, Vec<(Text, Expression)>)> {
        let (mut values, mut named) = (Vec::new(), Vec::new());
        for _ in 0..CHAIN_MAX {
            match cursor.take_label() {
                Some(name) => named.push((name, self.logic(cursor, DEPTH_MAX)?)),
                None => values.push(self.logic(cursor, DEPTH_MAX)?),
            }
            if !cursor.take(',') {
                return Some((values, named));
            }
        }
        let message = format!("there are more than {CHAIN_MAX} arguments");
        self.problem(Problem::error(code::TOO_LARGE, message), cursor.place());
        None
    }

    /// Conditions: `and` and `or` bind alike and from the right, as everywhere in this language.
    fn logic(&mut self, cursor: &mut Cursor<'_>, depth: usize) -> Option<Expression> {
        if depth == 0 {
            let message = format!("this is nested deeper than {DEPTH_MAX} levels");
            let problem = Problem::error(code::TOO_LARGE, message);
            self.problem(problem.hint("name parts of it with assign"), cursor.place());
            return None;
        }
        let left = self.negation(cursor, depth)?;
        if cursor.take_word("and") {
            let right = self.logic(cursor, depth - 1)?;
            return Some(Expression::And(Box::new((left, right))));
        }
        if cursor.take_word("or") {
            let right = self.logic(cursor, depth - 1)?;
            return Some(Expression::Or(Box::new((left, right))));
        }
        Some(left)
    }

    fn negation(&mut self, cursor: &mut Cursor<'_>, depth: usize) -> Option<Expression> {
        let mut negated = false;
        while cursor.take_word("not") {
            negated = !negated;
        }
        let compared = self.comparison(cursor, depth)?;
        Some(if negated { Expression::Not(Box::new(compared)) } else { compared })
    }

    fn comparison(&mut self, cursor: &mut Cursor<'_>, depth: usize) -> Option<Expression> {
        let left = self.operand(cursor, depth)?;
        let operator: Operator = match cursor.peek() {
            Some(Lexeme::Operator(operator)) => *operator,
            _ => return Some(left),
        };
        cursor.advance();
        let right = self.operand(cursor, depth)?;
        Some(Expression::Compare(Box::new((left, operator, right))))
    }

    /// One value, without conditions.
    pub(super) fn value(&mut self, cursor: &mut Cursor<'_>) -> Option<Expression> {
        self.operand(cursor, DEPTH_MAX)
    }

    fn operand(&mut self, cursor: &mut Cursor<'_>, depth: usize) -> Option<Expression> {
        let place = cursor.place();
        let literal = match cursor.peek() {
            Some(Lexeme::Quoted(text)) => Value::Text(text.clone()),
            Some(Lexeme::Int(n)) => Value::Int(*n),
            Some(Lexeme::Float(x)) => Value::Float(*x),
            Some(Lexeme::Name(name)) => {
                let name = name.clone();
                cursor.advance();
                return self.word(cursor, name, depth);
            }
            Some(Lexeme::Dollar(name)) => {
                let name = name.clone();
                cursor.advance();
                let symbol = self.symbol(&format!("${{{name}}}"));
                let keys = vec![Key::Name(name)];
                return self.path(cursor, symbol, "profile".into(), keys, depth);
            }
            Some(Lexeme::Sign('[')) => {
                cursor.advance();
                let Some(Lexeme::Quoted(name)) = cursor.peek() else {
                    self.expected(cursor, "a name in quotes");
                    return None;
                };
                let name = name.clone();
                cursor.advance();
                self.close(cursor, ']', place)?;
                let symbol = self.symbol(&name);
                return self.path(cursor, symbol, name, Vec::new(), depth);
            }
            Some(Lexeme::Sign('(')) => {
                cursor.advance();
                let from = self.logic(cursor, depth.saturating_sub(1))?;
                if cursor.peek() != Some(&Lexeme::Dots) {
                    self.close(cursor, ')', place)?;
                    return Some(from);
                }
                cursor.advance();
                let to = self.operand(cursor, depth.saturating_sub(1))?;
                self.close(cursor, ')', place)?;
                return Some(Expression::Range(Box::new((from, to))));
            }
            _ => {
                self.expected(cursor, "a value");
                return None;
            }
        };
        cursor.advance();
        Some(Expression::Literal(literal))
    }

    fn close(&mut self, cursor: &mut Cursor<'_>, sign: char, opened: usize) -> Option<()> {
        if cursor.take(sign) {
            return Some(());
        }
        let problem = Problem::error(code::SYNTAX, format!("this is not closed with {sign}"));
        self.problem(problem, opened);
        None
    }

    /// A name: a word of the language or a variable.
    fn word(&mut self, cursor: &mut Cursor<'_>, name: Text, depth: usize) -> Option<Expression> {
        let inside = matches!(cursor.peek(), Some(Lexeme::Sign('.' | '[')));
        if !inside {
            match name.as_str() {
                "nil" | "null" => return Some(Expression::Literal(Value::Nil)),
                "true" => return Some(Expression::Literal(Value::Bool(true))),
                "false" => return Some(Expression::Literal(Value::Bool(false))),
                "empty" => return Some(Expression::Empty),
                "blank" => return Some(Expression::Blank),
                _ => {}
            }
        }
        let symbol = self.symbol(&name);
        self.path(cursor, symbol, name, Vec::new(), depth)
    }

    fn path(
        &mut self,
        cursor: &mut Cursor<'_>,
        symbol: super::Symbol,
        head: Text,
        mut keys: Vec<Key>,
        depth: usize,
    ) -> Option<Expression> {
        loop {
            let place = cursor.place();
            if cursor.take('.') {
                match cursor.advance() {
                    Some(Lexeme::Name(name) | Lexeme::Dollar(name)) => keys.push(Key::Name(name)),
                    Some(Lexeme::Int(n)) => {
                        keys.push(Key::Index(Expression::Literal(Value::Int(n))));
                    }
                    Some(Lexeme::Operator(Operator::Contains)) => {
                        keys.push(Key::Name("contains".into()));
                    }
                    _ => {
                        let problem =
                            Problem::error(code::SYNTAX, "a name is missing after the dot");
                        self.problem(
                            problem.hint("write names with blanks as [\"first name\"]"),
                            place,
                        );
                        return None;
                    }
                }
            } else if cursor.take('[') {
                let index = self.logic(cursor, depth.saturating_sub(1))?;
                self.close(cursor, ']', place)?;
                keys.push(match index {
                    Expression::Literal(Value::Text(name)) => Key::Name(name),
                    index => Key::Index(index),
                });
            } else {
                break;
            }
            if keys.len() > KEYS_MAX {
                let message = format!("a path has more than {KEYS_MAX} steps");
                self.problem(Problem::error(code::TOO_LARGE, message), place);
                return None;
            }
        }
        let ours = ALIASES.iter().find(|(theirs, _)| *theirs == head).map(|(_, ours)| *ours);
        let head = ours.map_or(head, Text::from);
        let plain = keys.iter().all(|key| matches!(key, Key::Name(_)));
        let local = self.knows(symbol);
        self.read(symbol, &head, &keys);
        Some(Expression::Path(Box::new(Path { symbol, head, keys: keys.into(), plain, local })))
    }

    /// Notes that a path is asked of the scope.
    fn read(&mut self, symbol: super::Symbol, head: &Text, keys: &[Key]) {
        if self.knows(symbol) {
            return;
        }
        let names = keys.iter().map_while(|key| match key {
            Key::Name(name) => Some(name.clone()),
            Key::Index(_) => None,
        });
        let path = std::iter::once(head.clone()).chain(names).collect();
        self.reads.insert(path);
    }
}
