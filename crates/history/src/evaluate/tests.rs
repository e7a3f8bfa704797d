//! The evaluator for all users against the naive reference, on random histories and segments:
//! applied in any order of arrival, sealed at any point, written and opened again, with users that
//! turn out to be one.

use engine::Fold;
use model::{AttributeChange, Event, EventId, Record, Text, Timestamp, UserIndex, What, Who};
use proptest::prelude::*;
use segment::evaluate::UserHistory;
use segment::{Predicate, Rules};
use testkit::cases::{report, runner};
use testkit::{generate, reference};

use super::Evaluator;
use crate::snapshot::Snapshot;
use crate::store::{Checkpoint, Store};

/// How a population reaches the store.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    /// A snapshot is taken after every so many records, so that rows are sealed in small parts.
    seal_every: usize,
    /// Each user's records with an odd place come under an anonymous id that is linked at the end.
    split: bool,
    /// The store is written and opened again after so many records.
    reopen_after: usize,
}

pub(crate) fn delivery() -> impl Strategy<Value = Delivery> {
    let reopen_after = prop_oneof![5 => Just(0usize), 1 => 1..60usize];
    (1..40usize, any::<bool>(), reopen_after)
        .prop_map(|(seal_every, split, reopen_after)| Delivery { seal_every, split, reopen_after })
}

/// All records of a population in order of arrival.
fn records(population: &[UserHistory]) -> Vec<(u64, Text, What)> {
    let mut records = Vec::new();
    let mut number = 0;
    for user in population {
        for event in &user.events {
            let (name, time) = (event.name.clone(), event.time);
            let event_id = EventId::of(&format!("{}/{}", user.id, event.arrival));
            let properties = event.properties.clone();
            let what = What::Event(Event { name, time, id: event_id, properties });
            records.push((event.arrival, user.id.clone(), what));
        }
        for (attribute, changes) in &user.attributes {
            for (time, value) in changes {
                number += 1;
                let id = EventId::of(&format!("{}/change/{number}", user.id));
                let attributes = vec![(attribute.clone(), value.clone())];
                let what = What::Identify(AttributeChange::set(*time, id, attributes));
                records.push((number, user.id.clone(), what));
            }
        }
    }
    records.sort_by_key(|(arrival, ..)| *arrival);
    records
}

pub(crate) fn deliver(
    population: &[UserHistory],
    delivery: &Delivery,
) -> (Fold, Store, Option<tempfile::TempDir>) {
    let (mut fold, mut store, mut dir) = (Fold::new(), Store::in_memory(), None);
    let received_at = generate::CENTRE;
    let mut arrival = 1 << engine::SEQUENCE_BITS;
    let mut accept = |fold: &mut Fold, store: &mut Store, who: Who, what: What| {
        let record = Record { received_at, who, what };
        let step = fold.step(&record);
        store.apply(&step, record, &fold.person(step.user).public_id.clone(), arrival);
        arrival += 1;
    };
    if delivery.reopen_after > 0 {
        let folder = tempfile::tempdir().unwrap();
        store = Store::open(folder.path()).unwrap().0;
        dir = Some(folder);
    }
    for (place, (_, user, what)) in records(population).into_iter().enumerate() {
        let who = match delivery.split && place % 2 == 1 {
            true => Who::anonymous(&format!("device of {user}")),
            false => Who::user(&user),
        };
        accept(&mut fold, &mut store, who, what);
        if place % delivery.seal_every == 0 {
            store.snapshot().unwrap();
        }
        if place + 1 == delivery.reopen_after
            && let Some(dir) = &dir
        {
            store.checkpoint(Checkpoint::of(7, 8, &fold)).unwrap();
            let (opened, checkpoint) = Store::open(dir.path()).unwrap();
            store = opened;
            assert_eq!((checkpoint.log_position, checkpoint.arrivals), (7, 8));
            fold = Fold::restore(checkpoint.fold.map(Result::unwrap)).unwrap();
        }
    }
    if delivery.split {
        for user in population {
            if fold.find(&format!("device of {}", user.id)).is_some() {
                let previous = Text::from(format!("device of {}", user.id));
                // The alias itself is received long before any event, so that it does not show.
                let who = Who::user(&user.id);
                let record =
                    Record { received_at: Timestamp::MAX, who, what: What::Alias { previous } };
                let step = fold.step(&record);
                store.apply(&step, record, &fold.person(step.user).public_id.clone(), u64::MAX);
            }
        }
    }
    (fold, store, dir)
}

pub(crate) fn find(snapshot: &Snapshot, fold: &Fold, id: &str) -> Option<UserIndex> {
    let user = fold.find(id)?;
    assert_eq!(snapshot.public_id(user), id);
    Some(user)
}

fn compare(
    predicate: &Predicate,
    population: &[UserHistory],
    rules: &Rules,
    at: Timestamp,
    (fold, snapshot): (&Fold, &Snapshot),
) -> Result<(), TestCaseError> {
    let members = Evaluator::new(snapshot, rules, at).members(predicate).unwrap();
    for user in population {
        let ours = find(snapshot, fold, &user.id).is_some_and(|user| members.contains(user));
        let expected = reference::holds(predicate, user, population, rules, at);
        prop_assert_eq!(ours, expected, "{} at {}", user.id, at);
    }
    Ok(())
}

#[test]
fn members_are_those_of_the_reference() {
    let case = (
        generate::segment(),
        generate::population(),
        generate::rules(),
        generate::instants(),
        delivery(),
    );
    report(runner(10_000).run(&case, |(predicate, population, rules, instants, delivery)| {
        let (fold, mut store, _dir) = deliver(&population, &delivery);
        let snapshot = store.snapshot().unwrap();
        instants
            .into_iter()
            .try_for_each(|at| compare(&predicate, &population, &rules, at, (&fold, &snapshot)))
    }));
}

#[test]
fn one_user_comes_back_as_they_were() {
    let case = (generate::population(), delivery());
    report(runner(500).run(&case, |(population, delivery)| {
        let (fold, mut store, _dir) = deliver(&population, &delivery);
        let snapshot = store.snapshot().unwrap();
        for user in &population {
            let Some(index) = find(&snapshot, &fold, &user.id) else { continue };
            let stored = snapshot.history_of(index).unwrap();
            let brief = |history: &UserHistory| -> Vec<_> {
                let events = history.events.iter();
                events.map(|event| (event.name.clone(), event.time)).collect()
            };
            prop_assert_eq!(brief(&stored), brief(user));
            prop_assert_eq!(&stored.attributes, &user.attributes);
        }
        Ok(())
    }));
}
