//! Who was active in a range of time, by active days and edges, against all events.

use model::outreach::is_outreach;
use model::{Span, Timestamp, Zone};
use proptest::prelude::*;
use proptest::sample::select;
use segment::evaluate::UserEvent;
use testkit::cases::{report, runner};
use testkit::generate;

use crate::evaluate::Evaluator;
use crate::histories::stored;
use crate::set::UserSet;

#[test]
fn active_days_and_edges_tell_who_did_anything() {
    let zone = select(vec!["UTC", "Europe/Berlin", "Asia/Kolkata", "Pacific/Apia"]);
    let range = (generate::instants(), 0..160i64, any::<bool>());
    let case = (generate::population(), generate::rules(), (1..30usize, zone, any::<u64>()), range);
    report(runner(3_000).run(&case, |(population, rules, (seal_every, zone, some), range)| {
        let (fold, snapshot) = stored(&population, seal_every);
        let mut rules = rules;
        rules.zone = Zone::named(zone).unwrap();
        let (at, half_days, whole_days) = (range.0[0], range.1, range.2);
        let evaluator = Evaluator::new(&snapshot, &rules, Timestamp::MAX);
        let (mut from, mut to) = (at.minus(Span(half_days * Span::DAY.0 / 2)), at);
        if whole_days {
            // At and near the first and last instants of days.
            from = rules.zone.start_of_day(rules.zone.day(from)).plus(Span(half_days % 3 - 1));
            to = rules.zone.start_of_day(rules.zone.day(to)).plus(Span(some as i64 % 2 - 1));
        }
        let among = UserSet::of(snapshot.n_places(), |user| some >> (user % 64) & 1 == 1);
        // Twice: the second time days are kept.
        for _ in 0..2 {
            let found = evaluator.active_within((from, to), &among).unwrap();
            for user in &population {
                let Some(index) = fold.find(&user.id) else { continue };
                let inside = |time: Timestamp| from <= time && time <= to;
                let did = |event: &UserEvent| !is_outreach(&event.name) && inside(event.time);
                let active = user.events.iter().any(did);
                let expected = among.contains(index) && active;
                prop_assert_eq!(
                    found.contains(index),
                    expected,
                    "{} in {}..={}",
                    user.id,
                    from,
                    to
                );
            }
        }
        Ok(())
    }));
}
