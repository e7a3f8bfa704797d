//! The text suites of the segment language, answered from the history.

use std::collections::HashSet;

use engine::Fold;
use history::{Evaluator, Store};
use model::{EventId, What};
use testkit::suite;

fn delivery(what: &What) -> Option<EventId> {
    match what {
        What::Event(event) => Some(event.id),
        What::Identify(change) => Some(change.id),
        What::Alias { .. } | What::Separate { .. } | What::Facts(_) => None,
    }
}

#[test]
fn the_history_passes_every_suite() {
    let cases = suite::all();
    assert!(!cases.is_empty());
    let differences = suite::differences(&cases, &|case, id, at| {
        let (mut fold, mut store) = (Fold::new(), Store::in_memory());
        let mut seen = HashSet::new();
        for (arrival, record) in case.records.iter().enumerate() {
            if delivery(&record.what).is_some_and(|id| !seen.insert(id)) {
                continue;
            }
            let step = fold.step(record);
            let public_id = fold.person(step.user).public_id.clone();
            store.apply(&step, record.clone(), &public_id, arrival as u64);
        }
        let snapshot = store.snapshot().unwrap();
        let members = Evaluator::new(&snapshot, &case.rules, at).members(&case.segment);
        let user = fold.find(id);
        members.is_ok_and(|members| user.is_some_and(|user| members.contains(user)))
    });
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
