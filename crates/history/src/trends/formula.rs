//! Arithmetic over series: `A / B * 100`, where A is the first series, B the second, and so on.
//!
//! Grammar: sum = product { (+|-) product }; product = factor { (*|/) factor };
//! factor = - factor | ( sum ) | number | letter.

/// Characters of a formula at most.
pub const LENGTH_MAX: usize = 1_000;

/// Parentheses and signs inside one another at most: the parser calls itself for each.
const DEPTH_MAX: usize = 50;

/// A formula that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula(Node);

/// What is wrong with a formula, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("formula, line {line}, column {column}: {message}")]
pub struct FormulaError {
    /// First line is 1.
    pub line: u32,
    /// First column is 1, in characters.
    pub column: u32,
    /// What is wrong.
    pub message: String,
}

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Number(f64),
    Series(usize),
    Negative(Box<Node>),
    Two(Box<Node>, Operator, Box<Node>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
}

impl Formula {
    /// Reads a formula over so many series.
    pub fn parse(text: &str, n_series: usize) -> Result<Formula, FormulaError> {
        let chars: Vec<char> = text.chars().collect();
        let mut parser = Parser { chars, at: 0, n_series, depth: 0 };
        if parser.chars.len() > LENGTH_MAX {
            return Err(parser.wrong(format!("longer than {LENGTH_MAX} characters")));
        }
        let node = parser.sum()?;
        match parser.peek() {
            None => Ok(Formula(node)),
            Some(found) => {
                Err(parser.wrong(format!("found `{found}`, expected + - * / or the end")))
            }
        }
    }

    /// Its value for one value of each series; nothing if one of them has none, and for a division
    /// by zero.
    pub fn value(&self, series: &[Option<f64>]) -> Option<f64> {
        value(&self.0, series).filter(|value| value.is_finite())
    }
}

fn value(node: &Node, series: &[Option<f64>]) -> Option<f64> {
    Some(match node {
        Node::Number(number) => *number,
        Node::Series(at) => (*series.get(*at)?)?,
        Node::Negative(of) => -value(of, series)?,
        Node::Two(left, operator, right) => {
            let (left, right) = (value(left, series)?, value(right, series)?);
            match operator {
                Operator::Add => left + right,
                Operator::Subtract => left - right,
                Operator::Multiply => left * right,
                Operator::Divide if right == 0.0 => return None,
                Operator::Divide => left / right,
            }
        }
    })
}

struct Parser {
    chars: Vec<char>,
    at: usize,
    n_series: usize,
    depth: usize,
}

impl Parser {
    /// The next character that is no white space.
    fn peek(&mut self) -> Option<char> {
        while self.chars.get(self.at).is_some_and(|c| c.is_whitespace()) {
            self.at += 1;
        }
        self.chars.get(self.at).copied()
    }

    fn wrong(&self, message: String) -> FormulaError {
        let before = &self.chars[..self.at.min(self.chars.len())];
        let line = before.iter().filter(|c| **c == '\n').count() as u32 + 1;
        let column = before.iter().rev().take_while(|c| **c != '\n').count() as u32 + 1;
        FormulaError { line, column, message }
    }

    fn sum(&mut self) -> Result<Node, FormulaError> {
        let mut left = self.product()?;
        loop {
            let operator = match self.peek() {
                Some('+') => Operator::Add,
                Some('-') => Operator::Subtract,
                _ => return Ok(left),
            };
            self.at += 1;
            left = Node::Two(Box::new(left), operator, Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Result<Node, FormulaError> {
        let mut left = self.factor()?;
        loop {
            let operator = match self.peek() {
                Some('*') => Operator::Multiply,
                Some('/') => Operator::Divide,
                _ => return Ok(left),
            };
            self.at += 1;
            left = Node::Two(Box::new(left), operator, Box::new(self.factor()?));
        }
    }

    fn factor(&mut self) -> Result<Node, FormulaError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self
                .wrong(format!("more than {DEPTH_MAX} parentheses or signs inside one another")));
        }
        let node = match self.peek() {
            Some('-') => {
                self.at += 1;
                Node::Negative(Box::new(self.factor()?))
            }
            Some('(') => {
                self.at += 1;
                let inner = self.sum()?;
                match self.peek() {
                    Some(')') => self.at += 1,
                    Some(found) => return Err(self.wrong(format!("found `{found}`, expected )"))),
                    None => return Err(self.wrong("the formula ends where ) is expected".into())),
                }
                inner
            }
            Some(c) if c.is_ascii_digit() || c == '.' => self.number()?,
            Some(c) if c.is_alphabetic() => self.series(c)?,
            Some(found) => {
                let message = format!("found `{found}`, expected a letter, a number or (");
                return Err(self.wrong(message));
            }
            None => {
                let message = "the formula ends where a letter, a number or ( is expected";
                return Err(self.wrong(message.into()));
            }
        };
        self.depth -= 1;
        Ok(node)
    }

    fn number(&mut self) -> Result<Node, FormulaError> {
        let rest = &self.chars[self.at..];
        let text: String = rest.iter().take_while(|c| c.is_ascii_digit() || **c == '.').collect();
        match text.parse() {
            Ok(number) => {
                self.at += text.len();
                Ok(Node::Number(number))
            }
            Err(_) => Err(self.wrong(format!("`{text}` is not a number"))),
        }
    }

    fn series(&mut self, letter: char) -> Result<Node, FormulaError> {
        let place = (letter.to_ascii_uppercase() as usize).wrapping_sub('A' as usize);
        let word = self.chars.get(self.at + 1).is_some_and(|c| c.is_alphanumeric());
        if place >= self.n_series || word {
            let last = char::from(b'A' + (self.n_series.clamp(1, 26) - 1) as u8);
            return Err(self.wrong(format!("no such series; series are A to {last}")));
        }
        self.at += 1;
        Ok(Node::Series(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<f64> {
        Formula::parse(text, 3).unwrap().value(&[Some(6.0), Some(4.0), None])
    }

    #[test]
    fn formulas_have_the_usual_meaning() {
        assert_eq!(value("A / B * 100"), Some(150.0));
        assert_eq!(value("a-b-1"), Some(1.0));
        assert_eq!(value("2+3*4"), Some(14.0));
        assert_eq!(value("(2+3)*-4"), Some(-20.0));
        assert_eq!(value(" .5 *\nA"), Some(3.0));
        assert_eq!(value("A / (B - 4)"), None);
        assert_eq!(value("0 / 0"), None);
        assert_eq!(value("C * 0"), None);
    }

    #[test]
    fn errors_say_where_and_what() {
        let wrong = |text: &str| Formula::parse(text, 2).unwrap_err();
        for (text, line, column, part) in [
            ("", 1, 1, "ends where a letter"),
            ("A +\n  * B", 2, 3, "found `*`"),
            ("A B", 1, 3, "found `B`, expected + - * /"),
            ("(A", 1, 3, "expected"),
            ("A + C", 1, 5, "A to B"),
            ("AB", 1, 1, "no such series"),
            ("1.2.3", 1, 1, "not a number"),
            ("A ^ 2", 1, 3, "found `^`"),
            ("é", 1, 1, "no such series"),
        ] {
            let error = wrong(text);
            assert_eq!((error.line, error.column), (line, column), "{text}: {error}");
            assert!(error.to_string().contains(part), "{text}: {error}");
        }
        assert!(wrong(&"(".repeat(900)).message.contains("inside one another"));
        assert!(wrong(&"1".repeat(2_000)).message.contains("longer"));
    }
}
