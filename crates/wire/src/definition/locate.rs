//! Finds the line and column of a path in a JSON text.
//!
//! The text was read already, so it is valid JSON; should it not be, a problem keeps the place of
//! the last part that was found.

use segment::problem::{Problem, code};

/// The problem of a text that is no JSON.
pub(super) fn syntax(text: &str, error: &serde_json::Error) -> Problem {
    let line_text = text.lines().nth(error.line().saturating_sub(1)).unwrap_or("");
    let before = line_text.as_bytes().get(..error.column().saturating_sub(1));
    let before = before.map_or(line_text.len(), <[u8]>::len);
    let column = line_text.char_indices().take_while(|(at, _)| *at < before).count() + 1;
    let whole = error.to_string();
    let message = whole.split(" at line ").next().unwrap_or(&whole);
    Problem::error(code::SYNTAX, format!("the JSON cannot be read: {message}"))
        .hint("write a definition as a JSON object, or in its text form")
        .at(u32::try_from(error.line().max(1)).unwrap_or(1), u32::try_from(column).unwrap_or(1))
}

/// Gives every problem without a line the place of its path.
pub(super) fn locate(text: &str, problems: &mut [Problem]) {
    for problem in problems.iter_mut().filter(|p| p.line.is_none()) {
        let path = problem.path.as_deref().unwrap_or("");
        let (line, column) = line_and_column(text, offset(text, path));
        problem.line = Some(line);
        problem.column = Some(column);
    }
}

fn line_and_column(text: &str, offset: usize) -> (u32, u32) {
    let before = &text[..offset];
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.matches('\n').count() as u32 + 1;
    (line, before[start..].chars().count() as u32 + 1)
}

/// Where the value at a path begins, or the nearest around it.
fn offset(text: &str, path: &str) -> usize {
    let mut scan = Scan { bytes: text.as_bytes(), at: 0 };
    scan.blank();
    let mut rest = path;
    while !rest.is_empty() {
        let found = scan.at;
        let stepped = match rest.strip_prefix('[') {
            Some(inside) => inside.split_once(']').and_then(|(index, after)| {
                rest = after;
                scan.element(index.parse().ok()?)
            }),
            None => scan.field_of(rest).map(|length| rest = &rest[length..]),
        };
        rest = rest.strip_prefix('.').unwrap_or(rest);
        if stepped.is_none() {
            return found;
        }
    }
    scan.at
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn blank(&mut self) {
        while self.peek().is_some_and(|b| b.is_ascii_whitespace() || b == b',' || b == b':') {
            self.at += 1;
        }
    }

    /// Moves to the value of the field whose name begins the path, and gives that name's length.
    /// Names may hold dots, so it is the object that says where the name ends.
    fn field_of(&mut self, path: &str) -> Option<usize> {
        if self.peek()? != b'{' {
            return None;
        }
        self.at += 1;
        self.blank();
        let mut best: Option<(usize, usize)> = None;
        while self.peek()? == b'"' {
            let from = self.at;
            self.skip_value();
            let raw = self.bytes.get(from..self.at)?;
            let name: String = serde_json::from_slice(raw).ok()?;
            self.blank();
            let ends = |rest: &str| rest.is_empty() || rest.starts_with(['.', '[']);
            let fits = path.strip_prefix(name.as_str()).is_some_and(ends);
            if fits && best.is_none_or(|(length, _)| name.len() >= length) {
                best = Some((name.len(), self.at));
            }
            self.skip_value();
            self.blank();
        }
        let (length, at) = best?;
        self.at = at;
        Some(length)
    }

    fn element(&mut self, index: usize) -> Option<()> {
        if self.peek()? != b'[' {
            return None;
        }
        self.at += 1;
        self.blank();
        for _ in 0..index {
            self.skip_value();
            self.blank();
        }
        (self.peek()? != b']').then_some(())
    }

    /// Moves behind the value that begins here.
    fn skip_value(&mut self) {
        let mut open = 0usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'{' | b'[' => open += 1,
                b'}' | b']' if open == 0 => return,
                b'}' | b']' => open -= 1,
                b'"' => self.skip_text(),
                b',' | b':' if open == 0 => return,
                _ => {}
            }
            if byte != b'"' {
                self.at += 1;
            }
            let ended = matches!(byte, b'}' | b']' | b'"');
            if open == 0 && ended {
                return;
            }
        }
    }

    fn skip_text(&mut self) {
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                break;
            }
        }
        self.at = self.at.min(self.bytes.len());
    }
}
