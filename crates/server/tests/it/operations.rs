//! Operations on attributes: numbers that are added to and lists that grow, by many senders at once,
//! late, after restarts, and merged.

use std::sync::Arc;

use model::{
    AttributeChange, EventId, Operation, Record, Text, Timestamp, UserIndex, Value, What, Who,
};
use proptest::prelude::*;
use server::Workspace;

const NOW: i64 = 1_700_000_000_000;

fn operate(user: &str, id: &str, time: i64, of: (&str, Operation)) -> Record {
    let set = AttributeChange::set(Timestamp(NOW + time), EventId::of(id), Vec::new());
    let operations = vec![(Text::new(of.0), of.1)];
    let what = What::Identify(AttributeChange { operations, ..set });
    Record { received_at: Timestamp(NOW + 1_000_000), who: Who::user(user), what }
}

fn set(user: &str, id: &str, time: i64, value: Value) -> Record {
    let attributes = vec![("score".into(), value)];
    let change = AttributeChange::set(Timestamp(NOW + time), EventId::of(id), attributes);
    let received_at = Timestamp(NOW + 1_000_000);
    Record { received_at, who: Who::user(user), what: What::Identify(change) }
}

fn add(n: i64) -> (&'static str, Operation) {
    ("score", Operation::Add(Value::Int(n)))
}

fn submit(workspace: &Workspace, records: Vec<Record>) {
    workspace.enqueue(records).unwrap().wait().unwrap();
}

/// The score of a user as of an instant.
fn score(workspace: &Workspace, user: &str, time: i64) -> Value {
    let index = workspace.identity(user).unwrap().unwrap().0;
    let history = workspace.snapshot().unwrap().history_of(index).unwrap();
    let changes = history.attributes.get("score").cloned().unwrap_or_default();
    let until = changes.partition_point(|(at, _)| *at <= Timestamp(NOW + time));
    changes[..until].last().map_or(Value::Null, |(_, value)| value.clone())
}

#[test]
fn a_thousand_increments_of_many_senders_sum_exactly() {
    let dir = tempfile::tempdir().unwrap();
    let workspace = Arc::new(Workspace::open(dir.path()).unwrap().0);
    std::thread::scope(|scope| {
        for sender in 0..10 {
            let workspace = Arc::clone(&workspace);
            scope.spawn(move || {
                for n in 0..100_i64 {
                    let id = format!("{sender}/{n}");
                    // Some at one instant, and none in the order of time.
                    submit(&workspace, vec![operate("ada", &id, (n * 37) % 50, add(1 + n % 3))]);
                }
            });
        }
    });
    let whole: i64 = (0..100).map(|n| 1 + n % 3).sum::<i64>() * 10;
    assert_eq!(score(&workspace, "ada", 100), Value::Int(whole));
    let half: i64 = (0..100).filter(|n| (n * 37) % 50 < 25).map(|n| 1 + n % 3).sum::<i64>() * 10;
    assert_eq!(score(&workspace, "ada", 24), Value::Int(half), "as of an earlier instant");
}

#[test]
fn an_operation_that_comes_late_counts_at_its_own_time() {
    let dir = tempfile::tempdir().unwrap();
    let workspace = Workspace::open(dir.path()).unwrap().0;
    submit(&workspace, vec![operate("ada", "1", 10, add(5)), operate("ada", "2", 30, add(2))]);
    submit(&workspace, vec![operate("ada", "3", 20, add(100))]);
    let at = |time| score(&workspace, "ada", time);
    assert_eq!(
        [at(9), at(10), at(20), at(30)],
        [Value::Null, Value::Int(5), Value::Int(105), Value::Int(107)]
    );
    // A value that is set between them is where they begin anew; twice the same counts once.
    submit(&workspace, vec![set("ada", "4", 25, Value::Int(1)), operate("ada", "3", 20, add(100))]);
    assert_eq!([at(20), at(25), at(30)], [Value::Int(105), Value::Int(1), Value::Int(3)]);
    drop(workspace);
    let workspace = Workspace::open(dir.path()).unwrap().0;
    assert_eq!(score(&workspace, "ada", 30), Value::Int(3), "replayed");
    workspace.close().unwrap();
    let workspace = Workspace::open(dir.path()).unwrap().0;
    submit(&workspace, vec![operate("ada", "5", 26, add(10))]);
    assert_eq!(score(&workspace, "ada", 30), Value::Int(13), "out of a file");
}

#[test]
fn everything_can_be_unset_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let workspace = Workspace::open(dir.path()).unwrap().0;
    submit(&workspace, vec![set("ada", "1", 10, Value::Int(1))]);
    let change = AttributeChange {
        clear: true,
        operations: vec![("tags".into(), Operation::Append(vec![Value::text("new")]))],
        ..AttributeChange::set(Timestamp(NOW + 20), EventId::of("2"), Vec::new())
    };
    let what = What::Identify(change);
    let received_at = Timestamp(NOW + 30);
    submit(&workspace, vec![Record { received_at, who: Who::user("ada"), what }]);
    assert_eq!(
        [score(&workspace, "ada", 15), score(&workspace, "ada", 25)],
        [Value::Int(1), Value::Null]
    );
    let history = workspace.snapshot().unwrap().history_of(UserIndex(0)).unwrap();
    assert_eq!(
        history.attributes["tags"].last().unwrap().1,
        Value::List([Value::text("new")].into())
    );
}

#[derive(Clone, Debug)]
struct Deed {
    user: u8,
    time: i64,
    what: u8,
    n: i64,
    flush: bool,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = (0..2u8, 0..12i64, 0..7u8, 0..4i64, any::<bool>());
    let deed = deed.prop_map(|(user, time, what, n, flush)| Deed { user, time, what, n, flush });
    prop::collection::vec(deed, 1..25)
}

fn operation(what: u8, n: i64) -> Option<Operation> {
    let list = vec![Value::Int(n)];
    Some(match what {
        0 => return None,
        1 => Operation::SetOnce(Value::Int(n)),
        2 => Operation::Append(list),
        3 => Operation::Union(list),
        4 => Operation::Remove(list),
        5 => Operation::Prepend(list),
        _ => Operation::Add(Value::Int(n)),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn values_are_those_of_all_operations_in_the_order_of_time(deeds in deeds()) {
        let dir = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(dir.path()).unwrap().0;
        let mut batch = Vec::new();
        for (n, deed) in deeds.iter().enumerate() {
            let (user, id) = (format!("u{}", deed.user), n.to_string());
            batch.push(match operation(deed.what, deed.n) {
                Some(operation) => operate(&user, &id, deed.time, ("score", operation)),
                None => set(&user, &id, deed.time, Value::Int(deed.n)),
            });
            if deed.flush {
                submit(&workspace, std::mem::take(&mut batch));
            }
        }
        submit(&workspace, batch);
        for user in 0..2 {
            let mut own: Vec<&Deed> = deeds.iter().filter(|deed| deed.user == user).collect();
            own.sort_by_key(|deed| deed.time);
            for time in (0..12).filter(|_| !own.is_empty()) {
                let mut value = Value::Null;
                for deed in own.iter().filter(|deed| deed.time <= time) {
                    value = match operation(deed.what, deed.n) {
                        Some(operation) => operation.apply(value),
                        None => Value::Int(deed.n),
                    };
                }
                let found = score(&workspace, &format!("u{user}"), time);
                prop_assert_eq!(found, value, "user {} at {}", user, time);
            }
        }
    }
}
