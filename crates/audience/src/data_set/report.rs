//! Facts about a data set that was read, for people and for comparison with published figures.

use std::fmt;

/// Labelled facts in the order in which they are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    lines: Vec<(String, String)>,
}

impl Report {
    /// Label and value of every fact.
    pub fn lines(&self) -> Vec<(String, String)> {
        self.lines.clone()
    }

    /// The value under a label.
    pub fn get(&self, label: &str) -> Option<&str> {
        self.lines.iter().find(|(l, _)| l == label).map(|(_, value)| value.as_str())
    }

    pub(super) fn fact(&mut self, label: &str, value: impl fmt::Display) {
        self.lines.push((label.to_owned(), value.to_string()));
    }

    pub(super) fn count(&mut self, label: &str, n: u64) {
        self.fact(label, n);
    }
}

/// A table of two columns.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.lines.iter().map(|(label, _)| label.len()).max().unwrap_or(0);
        for (label, value) in &self.lines {
            writeln!(f, "{label:width$}  {value}")?;
        }
        Ok(())
    }
}
