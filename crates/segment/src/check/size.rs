//! Bounds on the size of a tree. They keep every walk over it, and its JSON form, shallow.

use model::Value;
use model::bounds::{DEFINITION_BYTES_MAX, NESTING_MAX, PREDICATE_DEPTH_MAX, PREDICATES_MAX};

use crate::problem::{Problem, code};
use crate::tree::*;

/// Depth of the conditions on an event: with [`PREDICATE_DEPTH_MAX`] above them, the JSON form
/// stays below the 128 levels that its readers follow.
pub const CONDITION_DEPTH_MAX: usize = 16;

const HINT: &str = "split it into segments and combine them with `in segment`";

/// The number of predicates of a tree and its depth (a leaf has depth 1).
pub fn size(predicate: &Predicate) -> (usize, usize) {
    let children: &[Predicate] = match predicate {
        Predicate::All(of) | Predicate::Any(of) => of,
        Predicate::Not(of) => std::slice::from_ref(of),
        _ => &[],
    };
    children.iter().map(size).fold((1, 1), |(count, depth), (n, d)| (count + n, depth.max(d + 1)))
}

/// The problem of a tree beyond the bounds, if it is.
pub fn too_large(predicate: &Predicate) -> Option<Problem> {
    let (count, depth) = size(predicate);
    let conditions = condition_depth_of(predicate);
    let message = if count > PREDICATES_MAX {
        format!("the definition has {count} predicates, more than {PREDICATES_MAX}")
    } else if depth > PREDICATE_DEPTH_MAX {
        format!("the definition is {depth} levels deep, more than {PREDICATE_DEPTH_MAX}")
    } else if conditions > CONDITION_DEPTH_MAX {
        format!("conditions are {conditions} levels deep, more than {CONDITION_DEPTH_MAX}")
    } else if !values_shallow(predicate) {
        format!("a list is more than {NESTING_MAX} levels deep")
    } else {
        return None;
    };
    Some(Problem::error(code::TOO_LARGE, message).hint(HINT))
}

/// The problem of a written definition of too many bytes.
pub fn too_long(bytes: usize) -> Problem {
    let message = format!("the definition has {bytes} bytes, more than {DEFINITION_BYTES_MAX}");
    Problem::error(code::TOO_LARGE, message).hint(HINT)
}

/// All matches of events in one predicate, not those of its operands.
fn matches(predicate: &Predicate) -> Vec<&EventMatch> {
    match predicate {
        Predicate::Event(event) => vec![&event.of],
        Predicate::Sequence(sequence) => {
            let without = sequence.without.iter().map(|without| &without.of);
            sequence.steps.iter().chain(without).collect()
        }
        Predicate::Since(since) => vec![&since.anchor, &since.predicate.of],
        Predicate::Absence(absence) => vec![&absence.did, &absence.then_not],
        Predicate::Baseline(baseline) => vec![&baseline.of],
        Predicate::Affinity(affinity) => vec![&affinity.of],
        Predicate::Date(DatePredicate { subject: DateSubject::Property { of, .. }, .. }) => {
            vec![of]
        }
        _ => vec![],
    }
}

fn condition_depth_of(predicate: &Predicate) -> usize {
    let own = matches(predicate).into_iter().map(|of| condition_depth(&of.filter)).max();
    match predicate {
        Predicate::All(of) | Predicate::Any(of) => {
            of.iter().map(condition_depth_of).max().unwrap_or(0)
        }
        Predicate::Not(of) => condition_depth_of(of),
        _ => own.unwrap_or(0),
    }
}

fn condition_depth(condition: &Where) -> usize {
    match condition {
        Where::All(of) | Where::Any(of) => 1 + of.iter().map(condition_depth).max().unwrap_or(0),
        Where::Not(of) => 1 + condition_depth(of),
        _ => 1,
    }
}

/// Whether all values of the tree nest at most [`NESTING_MAX`] deep.
fn values_shallow(predicate: &Predicate) -> bool {
    let own = match predicate {
        Predicate::All(of) | Predicate::Any(of) => of.iter().all(values_shallow),
        Predicate::Not(of) => values_shallow(of),
        Predicate::Event(event) => test_shallow(&event.test),
        Predicate::Since(since) => test_shallow(&since.predicate.test),
        Predicate::Profile(profile) => test_shallow(&profile.test),
        Predicate::Baseline(baseline) => test_shallow(&baseline.test),
        Predicate::Affinity(affinity) => {
            let share = match &affinity.mode {
                AffinityMode::Share(test) => test_shallow(test),
                _ => true,
            };
            share && affinity.is.iter().all(|value| shallow(value, NESTING_MAX))
        }
        Predicate::Score(ScorePredicate { test: ScoreTest::Value(test), .. }) => test_shallow(test),
        _ => true,
    };
    own && matches(predicate).into_iter().all(|of| condition_shallow(&of.filter))
}

fn condition_shallow(condition: &Where) -> bool {
    match condition {
        Where::All(of) | Where::Any(of) => of.iter().all(condition_shallow),
        Where::Not(of) => condition_shallow(of),
        Where::Property { test, .. } => test_shallow(test),
        _ => true,
    }
}

fn test_shallow(test: &Test) -> bool {
    super::test::operands(&test.op).into_iter().all(|value| shallow(value, NESTING_MAX))
}

fn shallow(value: &Value, levels: usize) -> bool {
    match value {
        Value::List(items) => levels > 0 && items.iter().all(|item| shallow(item, levels - 1)),
        _ => true,
    }
}
