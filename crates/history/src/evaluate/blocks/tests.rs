//! Rows selected in blocks, and runs that are looked up, against one run after the other.

use model::{Span, UserIndex};
use proptest::prelude::*;
use testkit::cases::{report, runner};
use testkit::generate;

use crate::evaluate::slots::Slots;
use crate::evaluate::source::Wanted;
use crate::evaluate::{Evaluator, Matching};
use crate::histories::stored;
use crate::set::UserSet;

#[test]
fn blocks_and_looked_up_runs_select_what_runs_do() {
    let range = (generate::instants(), 0..80i64);
    let case = (generate::event_match(), generate::population(), generate::rules(), range);
    let case = (case, 1..30usize, any::<u64>());
    report(runner(3_000).run(&case, |((of, population, rules, range), seal_every, some)| {
        let (_, snapshot) = stored(&population, seal_every);
        let evaluator = Evaluator::new(&snapshot, &rules, range.0[0]);
        let Some(matching) = Matching::of(&of, &rules) else { return Ok(()) };
        let from = range.0[0].minus(Span(range.1 * Span::DAY.0 / 2)).plus(Span(1));
        let wanted = Wanted { times: true, ..Wanted::default() };
        let source = evaluator.select(&matching, (from, range.0[0]), &wanted).unwrap();
        let all = 0..snapshot.n_places() as u32;
        for start in [0, 1, 5] {
            let users = start.min(all.end)..all.end;
            let mut expected = vec![0u32; users.len()];
            source.each_run(&users, |_, user, rows| {
                expected[(user - users.start) as usize] += rows.len() as u32;
            });
            let mut counts = vec![0; users.len()];
            source.add_counts(&users, &mut counts);
            prop_assert_eq!(&counts, &expected);
            let have = source.have(&users);
            for (local, count) in expected.iter().enumerate() {
                prop_assert_eq!(have.contains(UserIndex(local as u32)), *count > 0);
            }
            let among = UserSet::of(snapshot.n_places(), |user| some >> (user % 64) & 1 == 1);
            let slots = Slots::of(&among, &users);
            let mut looked_up = vec![0u32; users.len()];
            source.each_run_of(&slots, |_, slot, rows| {
                looked_up[(slots.users()[slot] - users.start) as usize] += rows.len() as u32;
            });
            for (local, expected) in expected.iter_mut().enumerate() {
                if !among.contains(UserIndex(users.start + local as u32)) {
                    *expected = 0;
                }
            }
            prop_assert_eq!(looked_up, expected);
        }
        Ok(())
    }));
}
