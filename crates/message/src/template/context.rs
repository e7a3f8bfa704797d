//! What rendering is given besides variables: instant, place, language, form and bounds.

use model::{Timestamp, Zone};

use super::stop::{Answer, Limit, Request, Stop};
use crate::Locale;
use crate::value::Value;

/// Answers variables.
pub trait Scope {
    /// The value of the longest beginning of `path` that the scope knows, and how many names that
    /// beginning has (at least 1). `path[0]` is the top-level name, as in `["profile", "city"]`.
    /// What the rest of the path names is looked up inside the value. `None`: unknown, which renders
    /// as nothing. The scope decides how much it knows: one that holds flat properties answers whole
    /// paths and never builds a map.
    fn find(&self, path: &[&str]) -> Option<(Value, usize)>;
}

/// A map answers its names; every other value knows none.
impl Scope for Value {
    fn find(&self, path: &[&str]) -> Option<(Value, usize)> {
        let (Value::Map(map), [name, ..]) = (self, path) else { return None };
        map.get(name).map(|value| (value.clone(), 1))
    }
}

/// Looks for a property whose name may hold dots, as flattened objects have it: the longest
/// beginning of `path`, joined with dots, that `get` knows, and how many names it has.
pub fn find_flat(
    path: &[&str],
    get: &mut dyn FnMut(&str) -> Option<Value>,
) -> Option<(Value, usize)> {
    if let [name] = path {
        return get(name).map(|value| (value, 1));
    }
    (1..=path.len()).rev().find_map(|n| get(&path[..n].join(".")).map(|value| (value, n)))
}

/// In which form values are put out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escaping {
    /// As they are.
    Plain,
    /// Safe in text and quoted attributes of HTML.
    Html,
    /// Safe inside a JSON string.
    Json,
    /// Safe as part of an address; what stands at the very beginning is an address itself.
    Url,
}

/// Bounds of one rendering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Operations and filters.
    pub steps_max: u64,
    /// Bytes of the rendered text.
    pub output_bytes_max: u64,
    /// Bytes of everything that filters and captures make on the way.
    pub work_bytes_max: u64,
    /// Rounds of all loops together.
    pub iterations_max: u64,
}

impl Limits {
    /// What a message is given: far more than any that people read, and less than 100 ms of work.
    pub const DEFAULT: Limits = Limits {
        steps_max: 200_000,
        // Gmail shows the first 102 kB; ten times that is certainly a mistake.
        output_bytes_max: 1024 * 1024,
        work_bytes_max: 16 * 1024 * 1024,
        iterations_max: 20_000,
    };
}

/// What rendering is given besides variables.
#[derive(Clone, Debug)]
pub struct Context<'a> {
    /// The instant of `now` and `today`.
    pub now: Timestamp,
    /// The time zone in which instants are written.
    pub zone: Zone,
    /// The language and region whose names of months and forms of numbers are written.
    pub locale: Locale,
    /// The form of the output.
    pub escaping: Escaping,
    /// The bounds.
    pub limits: Limits,
    /// Answers of linked content that were fetched before.
    pub answers: &'a [(Request, Answer)],
}

impl Context<'static> {
    /// UTC, English, plain text, default bounds, no answers.
    pub fn at(now: Timestamp) -> Context<'static> {
        Context {
            now,
            zone: Zone::utc(),
            locale: Locale::default(),
            escaping: Escaping::Plain,
            limits: Limits::DEFAULT,
            answers: &[],
        }
    }
}

/// What is left of the bounds.
#[derive(Debug)]
pub(crate) struct Budget {
    limits: Limits,
    steps: u64,
    work_bytes: u64,
    iterations: u64,
}

impl Budget {
    pub(crate) fn new(limits: Limits) -> Budget {
        Budget { limits, steps: 0, work_bytes: 0, iterations: 0 }
    }

    /// Takes operations.
    pub(crate) fn steps(&mut self, n: usize) -> Result<(), Stop> {
        self.steps = self.steps.saturating_add(n as u64);
        within(self.steps, self.limits.steps_max, Limit::Steps)
    }

    /// Takes bytes that a filter made.
    pub(crate) fn work(&mut self, bytes: usize) -> Result<(), Stop> {
        self.work_bytes = self.work_bytes.saturating_add(bytes as u64);
        within(self.work_bytes, self.limits.work_bytes_max, Limit::WorkBytes)
    }

    /// Takes one round of a loop.
    pub(crate) fn iteration(&mut self) -> Result<(), Stop> {
        self.iterations += 1;
        within(self.iterations, self.limits.iterations_max, Limit::Iterations)
    }

    /// Takes the rounds of a list that is made as a whole.
    pub(crate) fn range(&mut self, n: u64) -> Result<(), Stop> {
        within(n, self.limits.iterations_max, Limit::Iterations)
    }

    /// Bytes that filters may still make.
    pub(crate) fn work_left(&self) -> usize {
        usize::try_from(self.limits.work_bytes_max.saturating_sub(self.work_bytes))
            .unwrap_or(usize::MAX)
    }

    /// Checks the length of the output.
    pub(crate) fn output(&self, bytes: usize) -> Result<(), Stop> {
        within(bytes as u64, self.limits.output_bytes_max, Limit::OutputBytes)
    }
}

fn within(n: u64, max: u64, limit: Limit) -> Result<(), Stop> {
    if n > max { Err(Stop::Limit { limit, max }) } else { Ok(()) }
}
