//! As known at an instant, against a store that stopped accepting at it: random histories that
//! come in late and in any order, sealed, written and opened again at any point.

use std::sync::Arc;

use engine::Fold;
use model::{AttributeChange, Event, EventId, Record, Span, Text, Timestamp, What, Who};
use proptest::collection::vec;
use proptest::prelude::*;
use segment::evaluate::UserHistory;
use testkit::cases::{report, runner};
use testkit::generate;

use crate::disk::MemoryFolder;
use crate::evaluate::Evaluator;
use crate::snapshot::Snapshot;
use crate::store::{Checkpoint, Store};

/// How records come in.
#[derive(Clone, Debug)]
struct Delivery {
    /// Hours from the centre of all times to each acceptance, used in turn.
    received: Vec<i64>,
    /// A snapshot is taken after every so many records.
    seal_every: usize,
    /// The store is written and opened again after every so many records.
    reopen_every: usize,
    /// Every other record comes under an anonymous id that is linked at the end.
    split: bool,
}

fn delivery() -> impl Strategy<Value = Delivery> {
    (vec(-2_000..2_000i64, 1..40), 1..30usize, 1..40usize, any::<bool>()).prop_map(
        |(received, seal_every, reopen_every, split)| Delivery {
            received,
            seal_every,
            reopen_every,
            split,
        },
    )
}

impl Delivery {
    /// The records of a population as they are accepted. Links of ids come last, at no time at
    /// which they could show.
    fn records(&self, population: &[UserHistory]) -> Vec<Record> {
        let mut records = generate::records(population);
        for (place, record) in records.iter_mut().enumerate() {
            let hours = self.received[place % self.received.len()];
            record.received_at = generate::CENTRE + Span(hours * 3_600_000);
            if let (true, Some(user)) = (self.split && place % 2 == 1, &record.who.user_id) {
                record.who = Who::anonymous(&format!("device of {user}"));
            }
        }
        let links = population.iter().filter(|_| self.split).map(|user| Record {
            received_at: Timestamp::MAX,
            who: Who::user(&user.id),
            what: What::Alias { previous: Text::from(format!("device of {}", user.id)) },
        });
        let links: Vec<Record> = links.collect();
        records.into_iter().chain(links).collect()
    }
}

struct Process {
    fold: Fold,
    store: Store,
}

impl Process {
    fn apply(&mut self, record: Record, arrival: u64) {
        let step = self.fold.step(&record);
        let public_id = self.fold.person(step.user).public_id.clone();
        self.store.apply(&step, record, &public_id, arrival);
    }
}

/// Everything, accepted in order, through checkpoints.
fn accepted(records: &[Record], delivery: &Delivery) -> (Fold, Arc<Snapshot>) {
    let folder = MemoryFolder::default();
    let store = Store::open_in(Arc::new(folder.clone())).unwrap().0;
    let mut process = Process { fold: Fold::new(), store };
    for (arrival, record) in (1..).zip(records) {
        process.apply(record.clone(), arrival);
        if (arrival as usize).is_multiple_of(delivery.seal_every) {
            process.store.snapshot().unwrap();
        }
        if (arrival as usize).is_multiple_of(delivery.reopen_every) {
            process.store.checkpoint(Checkpoint::of(arrival, arrival, &process.fold)).unwrap();
            let (store, checkpoint) = Store::open_in(Arc::new(folder.clone())).unwrap();
            let fold = Fold::restore(checkpoint.fold.map(Result::unwrap)).unwrap();
            process = Process { fold, store };
        }
    }
    (process.fold, process.store.snapshot().unwrap())
}

/// A store that stopped accepting, but knows who is who.
fn stopped(records: &[Record], known_at: Timestamp) -> (Fold, Arc<Snapshot>) {
    let mut process = Process { fold: Fold::new(), store: Store::in_memory() };
    for (arrival, record) in (1..).zip(records) {
        if record.received_at <= known_at || matches!(record.what, What::Alias { .. }) {
            process.apply(record.clone(), arrival);
        }
    }
    (process.fold, process.store.snapshot().unwrap())
}

fn told(snapshot: &Snapshot, fold: &Fold, id: &str) -> Option<String> {
    let user = fold.find(id)?;
    let facts = snapshot.facts_of(user);
    let facts = (facts.first_seen, facts.first_event, facts.last_seen, facts.n_events);
    (facts.0 < Timestamp::MAX.0)
        .then(|| format!("{facts:?} {:?}", snapshot.history_of(user).unwrap()))
}

#[test]
fn as_known_at_an_instant_is_as_if_nothing_had_come_in_since() {
    let case = (
        generate::segment(),
        generate::population(),
        generate::rules(),
        generate::instants(),
        (delivery(), -2_000..2_000i64),
    );
    report(runner(3_000).run(&case, |(predicate, population, rules, instants, (delivery, k))| {
        let records = delivery.records(&population);
        let known_at = generate::CENTRE + Span(k * 3_600_000);
        let (fold, snapshot) = accepted(&records, &delivery);
        let ours = snapshot.known_at(known_at).unwrap();
        let (their_fold, theirs) = stopped(&records, known_at);
        prop_assert_eq!(ours.span(), theirs.span());
        for user in &population {
            let (own, other) = (told(&ours, &fold, &user.id), told(&theirs, &their_fold, &user.id));
            prop_assert_eq!(own, other, "{}", user.id);
        }
        for at in instants {
            let own = Evaluator::new(&ours, &rules, at).members(&predicate).unwrap();
            let other = Evaluator::new(&theirs, &rules, at).members(&predicate).unwrap();
            prop_assert_eq!(own.len(), other.len());
            for user in &population {
                let own = fold.find(&user.id).is_some_and(|user| own.contains(user));
                let other = their_fold.find(&user.id).is_some_and(|user| other.contains(user));
                prop_assert_eq!(own, other, "{} at {}", user.id, at);
            }
        }
        Ok(())
    }));
}

fn record(received: i64, who: Who, what: What) -> Record {
    Record { received_at: Timestamp(received), who, what }
}

fn bought(time: i64) -> What {
    let (id, name) = (EventId(time as u128), "buy".into());
    What::Event(Event { name, time: Timestamp(time), id, properties: Vec::new() })
}

fn first_seen(records: &[Record], known_at: i64) -> i64 {
    let mut process = Process { fold: Fold::new(), store: Store::in_memory() };
    records.iter().for_each(|record| process.apply(record.clone(), 1));
    let known = process.store.snapshot().unwrap().known_at(Timestamp(known_at)).unwrap();
    known.facts_of(process.fold.find("ada").unwrap()).first_seen
}

#[test]
fn a_link_of_ids_makes_a_user_known_from_when_it_was_accepted() {
    let previous = Text::new("device");
    let link = record(100, Who::user("ada"), What::Alias { previous });
    let later = record(300, Who::user("ada"), bought(200));
    assert_eq!(first_seen(&[link.clone(), later.clone()], 99), i64::MAX);
    assert_eq!(first_seen(&[link.clone(), later.clone()], 100), 100);
    assert_eq!(first_seen(&[link, later], 300), 100);
}

#[test]
fn a_user_who_changed_nothing_since_keeps_the_same_parts() {
    let change = AttributeChange::set(Timestamp(5), EventId(9), Vec::new());
    let records = [
        record(10, Who::user("ada"), bought(10)),
        record(11, Who::user("ada"), What::Identify(change)),
    ];
    let mut process = Process { fold: Fold::new(), store: Store::in_memory() };
    records.iter().for_each(|record| process.apply(record.clone(), 1));
    let snapshot = process.store.snapshot().unwrap();
    let known = snapshot.known_at(Timestamp(11)).unwrap();
    for (own, other) in known.families.values().zip(snapshot.families.values()) {
        assert!(Arc::ptr_eq(&own[0], &other[0]));
    }
    let known = snapshot.known_at(Timestamp(10)).unwrap();
    assert_eq!(known.families.len(), 1);
    assert_eq!(known.facts_of(process.fold.find("ada").unwrap()).first_seen, 10);
    assert_eq!(known.attributes().count(), 0);
}
