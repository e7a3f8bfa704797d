//! Text suites: cases in Markdown that every evaluator must answer alike.
//!
//! A case is a fenced block of kind `text` under a heading. Its lines have columns that stand two
//! or more blanks apart; a last column in parentheses is a remark, and a line that begins with a
//! blank goes on from the one before. The order of event lines is the order of arrival.
//!
//! ```text
//! zone       Europe/Berlin
//! define     loyal      did "Purchase" at least 2 times
//! composite  bargain    did "Purchase" where amount < 5
//! state      active     did any event in last 30d
//! rfm        sum(amount) of "Purchase" in last 90d > 0
//! segment    did "Purchase" at least 2 times in last 30d
//! 2026-03-01 09:00:00.000Z  ada  Purchase  id=1  amount=5
//! 2026-03-01 09:00:00.000Z  ada  set  plan="annual"
//! expect     in   ada  at 2026-03-31 08:59:59.999Z
//! expect     out  ada  at 2026-03-31 09:00:00.000Z
//! leaves     ada  at 2026-03-31 09:00:00.000Z
//! ```
//!
//! `leaves` says what the two lines above it say, `enters` the reverse. A second delivery of an
//! `id` counts once. `composite` may be repeated to add members. Values are numbers, `true`,
//! `false`, `null`, quoted texts, instants, and lists of these in brackets.

mod read;

use model::{Record, Text, Timestamp};
use segment::evaluate::UserHistory;
use segment::{Predicate, Rules};

pub use read::read;

/// One case of a suite.
#[derive(Clone, Debug)]
pub struct Case {
    /// File name and heading.
    pub title: String,
    /// What is asked.
    pub segment: Predicate,
    /// As it is written.
    pub written: String,
    /// The settings of the workspace.
    pub rules: Rules,
    /// The histories that the records amount to.
    pub population: Vec<UserHistory>,
    /// What arrives, in order of arrival, repeated deliveries included.
    pub records: Vec<Record>,
    /// The answers.
    pub expectations: Vec<Expectation>,
}

/// One answer of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// About whom.
    pub user: Text,
    /// At which instant.
    pub at: Timestamp,
    /// Whether the user is in.
    pub holds: bool,
    /// The line of the file, from 1.
    pub line: usize,
}

/// All cases of the suites of `segment`, read from the source folder. Panics where one cannot be
/// read: only tests call this.
pub fn all() -> Vec<Case> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../segment/suites");
    let entries = std::fs::read_dir(folder).expect("the folder of suites is part of the source");
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "md"));
    paths.sort();
    let cases = paths.iter().flat_map(|path| {
        let text = std::fs::read_to_string(path).expect("a suite is UTF-8 text");
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        read(&name, &text).unwrap_or_else(|problem| panic!("{problem}"))
    });
    cases.collect()
}

/// Asks an evaluator for every answer of the cases and lists where it differs, one line each. The
/// evaluator is given a case, one of its users, and an instant.
pub fn differences(
    cases: &[Case],
    evaluator: &dyn Fn(&Case, &Text, Timestamp) -> bool,
) -> Vec<String> {
    let mut found = Vec::new();
    for case in cases {
        for Expectation { user, at, holds, line } in &case.expectations {
            if evaluator(case, user, *at) != *holds {
                let word = if *holds { "in" } else { "out" };
                let (title, written) = (&case.title, &case.written);
                found
                    .push(format!("{title}, line {line}: {user} is not {word} at {at}: {written}"));
            }
        }
    }
    found
}
