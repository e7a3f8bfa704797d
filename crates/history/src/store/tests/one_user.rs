//! One user's history without a snapshot, at any moment of a store's life, against the snapshot of
//! a store that only got the records.

use model::Span;
use proptest::collection::vec;
use proptest::prelude::*;
use testkit::cases::{report, runner};
use testkit::generate;

use super::compaction::{Life, upheaval};
use super::*;
use crate::evaluate::Needs;

#[test]
fn a_history_needs_no_snapshot() {
    let case = (
        (generate::population(), vec(vec(upheaval(), 0..3), 1..40)),
        generate::rules(),
        vec(generate::segment(), 1..3),
        generate::instants(),
    );
    report(runner(200).run(&case, |((population, upheavals), rules, segments, instants)| {
        let folder = MemoryFolder::default();
        let process = Process::open_with(&folder, &[], true).unwrap();
        let mut life = Life { folder, process, job: None, log: Vec::new() };
        let needs = Needs::of(&segments.iter().collect::<Vec<_>>(), &rules);
        let instants = (*instants.iter().min().unwrap(), *instants.iter().max().unwrap());
        let between = upheavals.iter().chain(std::iter::repeat(&upheavals[0]));
        let records = generate::records(&population);
        let n = records.len();
        for (at, (record, upheavals)) in records.into_iter().zip(between).enumerate() {
            life.apply(record);
            upheavals.iter().for_each(|upheaval| life.suffer(*upheaval));
            if at % 4 != 0 && at + 1 < n {
                continue;
            }
            let mut plain = Process::in_memory(&life.log);
            let (expected, ours) = (plain.store.snapshot().unwrap(), &mut life.process.store);
            prop_assert_eq!(ours.n_users(), expected.n_places());
            // Those of the store are asked first: it has no snapshot then.
            for user in (0..ours.n_users() as u32).map(UserIndex) {
                prop_assert_eq!(ours.facts_of(user), expected.facts_of(user));
                let whole = format!("{:?}", expected.history_of(user).unwrap());
                prop_assert_eq!(format!("{:?}", ours.history_of(user).unwrap()), whole);
                let part = format!("{:?}", expected.history_for(user, &needs, instants).unwrap());
                let own = ours.history_for(&[user], &needs, instants).unwrap();
                prop_assert_eq!(format!("{own:?}"), part);
            }
        }
        Ok(())
    }));
}

#[test]
fn two_histories_are_one_as_after_the_merge() {
    let (mut fold, mut store) = (Fold::new(), Store::in_memory());
    let time = Timestamp(1_772_323_200_000);
    let mut apply = |store: &mut Store, arrival: u64, who: Who, what: What| {
        let record = Record { received_at: time, who, what };
        let step = fold.step(&record);
        store.apply(&step, record, &fold.person(step.user).public_id.clone(), arrival);
        step
    };
    let plan = |time: Timestamp, plan: &str| {
        let id = EventId::of(&format!("{plan} {}", time.0));
        let attributes = vec![("plan".into(), Value::text(plan))];
        What::Identify(AttributeChange::set(time, id, attributes))
    };
    let view = What::Event(Event {
        name: "view".into(),
        time: time.minus(Span::days(90)),
        id: EventId::of("view"),
        properties: vec![],
    });
    apply(&mut store, 1, Who::user("ada"), plan(time, "1"));
    apply(&mut store, 2, Who::anonymous("phone"), plan(time, "2"));
    apply(&mut store, 3, Who::user("ada"), plan(time, "3"));
    apply(&mut store, 4, Who::anonymous("phone"), view);
    let both = store.history_of_all(&[UserIndex(0), UserIndex(1)]).unwrap();
    let step = apply(&mut store, 5, Who::user("ada"), What::Alias { previous: "phone".into() });
    assert_eq!(step.merged.len(), 1);
    let after = store.history_of_all(&[UserIndex(0)]).unwrap();
    assert_eq!(format!("{both:?}"), format!("{after:?}"));
    assert_eq!((both.events.len(), both.attributes["plan"].len()), (1, 3));
    assert_eq!(both.attributes[""][0].0, time.minus(Span::days(90)));
}
