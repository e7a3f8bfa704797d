//! One user's history without a snapshot, at any moment of a store's life, against the snapshot of
//! a store that only got the records.

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
                let own = ours.history_for(user, &needs, instants).unwrap();
                prop_assert_eq!(format!("{own:?}"), part);
            }
        }
        Ok(())
    }));
}
