//! Single values of a table: their kinds, how they are read, and how a kind is inferred.

use model::{Text, Timestamp, Value, Zone};

use crate::validate;

/// What kind of values a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    /// Any text, as it stands.
    Text,
    /// Whole numbers.
    Int,
    /// Numbers.
    Float,
    /// `true` or `false`; also `1`, `0`, `yes`, `no`, `t`, `f`.
    Bool,
    /// Instants, in any form of [`validate::parse_time`].
    Time,
}

impl CellKind {
    /// The names that a mapping uses.
    pub const NAMES: [(&str, CellKind); 5] = [
        ("string", CellKind::Text),
        ("int", CellKind::Int),
        ("float", CellKind::Float),
        ("bool", CellKind::Bool),
        ("timestamp", CellKind::Time),
    ];

    /// The kind of a name.
    pub fn named(name: &str) -> Option<CellKind> {
        CellKind::NAMES.into_iter().find(|(known, _)| *known == name).map(|(_, kind)| kind)
    }

    /// The name of the kind.
    pub fn name(self) -> &'static str {
        CellKind::NAMES[self as usize].0
    }

    /// Reads a cell that is not empty; `None` if it is not of the kind.
    pub fn read(self, text: &str, zone: &Zone) -> Option<Value> {
        match self {
            CellKind::Text => Some(Value::Text(Text::new(text))),
            CellKind::Int => text.trim().parse().ok().map(Value::Int),
            CellKind::Float => float(text.trim()).map(Value::Float),
            CellKind::Bool => boolean(text.trim()).map(Value::Bool),
            CellKind::Time => validate::parse_time(text, zone).ok().map(Value::Time),
        }
    }
}

/// A finite number in digits. `NaN`, `inf` and their like are no numbers here.
fn float(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E'));
    if plain { text.parse().ok().filter(|x: &f64| x.is_finite()) } else { None }
}

fn boolean(text: &str) -> Option<bool> {
    let among = |words: [&str; 4]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if among(["true", "1", "yes", "t"]) {
        return Some(true);
    }
    among(["false", "0", "no", "f"]).then_some(false)
}

/// Finds the narrowest kind that fits all cells it is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inference {
    seen: bool,
    int: bool,
    float: bool,
    boolean: bool,
    time: bool,
}

impl Inference {
    pub fn new() -> Inference {
        Inference { seen: false, int: true, float: true, boolean: true, time: true }
    }

    /// Shows it a cell. Empty ones say nothing.
    pub fn look(&mut self, text: &str) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        self.seen = true;
        let code = has_leading_zero(text);
        self.int = self.int && !code && text.parse::<i64>().is_ok();
        self.float = self.float && !code && float(text).is_some();
        self.boolean = self.boolean
            && (text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false"));
        self.time = self.time && Timestamp::parse(text).is_ok();
    }

    /// The kind; text if nothing was seen.
    pub fn kind(self) -> CellKind {
        match self {
            Inference { seen: false, .. } => CellKind::Text,
            Inference { int: true, .. } => CellKind::Int,
            Inference { float: true, .. } => CellKind::Float,
            Inference { boolean: true, .. } => CellKind::Bool,
            Inference { time: true, .. } => CellKind::Time,
            _ => CellKind::Text,
        }
    }
}

/// `007` is a code and `+90…` a telephone number, not numbers; `0`, `0.5` and `-1` are.
fn has_leading_zero(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.starts_with('+')
        || digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit()
}
