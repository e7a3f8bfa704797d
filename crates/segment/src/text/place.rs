//! Where the parts of a tree stand in its text.

use crate::problem::Problem;

/// Lines and columns of parts, by their paths in the JSON form (`of[1].where[0].op`).
#[derive(Clone, Debug, Default)]
pub struct Places(Vec<Place>);

#[derive(Clone, Debug)]
struct Place {
    path: String,
    line: u32,
    column: u32,
}

impl Places {
    /// Gives every problem that has a path and no line the place of that path, or of the nearest
    /// part around it.
    pub fn locate(&self, problems: &mut [Problem]) {
        for problem in problems.iter_mut().filter(|p| p.line.is_none()) {
            let path = problem.path.as_deref().unwrap_or("");
            if let Some(place) = self.nearest(path) {
                problem.line = Some(place.line);
                problem.column = Some(place.column);
            }
        }
    }

    fn nearest(&self, path: &str) -> Option<&Place> {
        self.0.iter().filter(|place| within(path, &place.path)).max_by_key(|place| place.path.len())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn push(&mut self, path: &str, line: u32, column: u32) {
        self.0.push(Place { path: path.to_owned(), line, column });
    }

    /// Puts the places from index `from` on below `to` instead of below `old`.
    pub(super) fn rename(&mut self, from: usize, old: &str, to: &str) {
        for place in &mut self.0[from..] {
            let rest = place.path.strip_prefix(old).unwrap_or(&place.path);
            place.path = join(to, rest);
        }
    }

    /// Puts the places between two indices below `prefix`, save those below `except`.
    pub(super) fn nest_unless(&mut self, from: usize, to: usize, except: &str, prefix: &str) {
        for place in &mut self.0[from..to] {
            if !within(&place.path, except) {
                place.path = join(prefix, &place.path);
            }
        }
    }

    /// Puts the places from index `from` up to `to` below `prefix`.
    pub(super) fn nest(&mut self, from: usize, to: usize, prefix: &str) {
        for place in &mut self.0[from..to] {
            place.path = join(prefix, &place.path);
        }
    }
}

/// `prefix` and then `rest`: `of[0]` and `where[1]` are `of[0].where[1]`.
pub(super) fn join(prefix: &str, rest: &str) -> String {
    match (prefix, rest) {
        (_, "") => prefix.to_owned(),
        ("", _) => rest.to_owned(),
        _ if rest.starts_with('[') => format!("{prefix}{rest}"),
        _ => format!("{prefix}.{rest}"),
    }
}

/// Whether `path` is `around` or lies inside it.
fn within(path: &str, around: &str) -> bool {
    match path.strip_prefix(around) {
        Some(rest) => {
            around.is_empty() || rest.is_empty() || rest.starts_with('.') || rest.starts_with('[')
        }
        None => false,
    }
}
