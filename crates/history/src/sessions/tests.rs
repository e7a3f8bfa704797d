//! Sessions against a naive cut of each user's events.

use std::collections::BTreeMap;

use model::{Day, Span};
use proptest::prelude::*;
use proptest::sample::select;
use segment::evaluate::UserEvent;
use testkit::cases::{report as show, runner};
use testkit::{generate, reference};

use super::{SessionFigures, SessionRule, report};
use crate::activity::every_event;
use crate::evaluate::Evaluator;
use crate::groups::UserGroups;
use crate::histories::{even_users, stored};

fn figures(sessions: &[(usize, Vec<&UserEvent>)]) -> SessionFigures {
    let mut users: Vec<usize> = sessions.iter().map(|(user, _)| *user).collect();
    users.dedup();
    let mut events: Vec<f64> = sessions.iter().map(|(_, of)| of.len() as f64).collect();
    let length = |of: &Vec<&UserEvent>| (of[of.len() - 1].time - of[0].time).0 as f64 / 1_000.0;
    let mut seconds: Vec<f64> = sessions.iter().map(|(_, of)| length(of)).collect();
    let n = sessions.len();
    let mean = |all: &[f64]| if n == 0 { 0.0 } else { all.iter().sum::<f64>() / n as f64 };
    let median = |all: &mut Vec<f64>| {
        all.sort_by(f64::total_cmp);
        if n == 0 { 0.0 } else { (all[(n - 1) / 2] + all[n / 2]) / 2.0 }
    };
    SessionFigures {
        sessions: n as u64,
        users: users.len() as u64,
        one_event: events.iter().filter(|n| **n == 1.0).count() as u64,
        mean_events: mean(&events),
        median_events: median(&mut events),
        mean_seconds: mean(&seconds),
        median_seconds: median(&mut seconds),
    }
}

fn close(a: &SessionFigures, b: &SessionFigures) -> bool {
    let near = |a: f64, b: f64| (a - b).abs() < 1e-6;
    (a.sessions, a.users, a.one_event) == (b.sessions, b.users, b.one_event)
        && near(a.mean_events, b.mean_events)
        && near(a.median_events, b.median_events)
        && near(a.mean_seconds, b.mean_seconds)
        && near(a.median_seconds, b.median_seconds)
}

#[test]
fn sessions_are_those_of_the_naive_cut() {
    let rule = prop_oneof![
        select(&generate::SPANS[..]).prop_map(SessionRule::Gap),
        Just(SessionRule::Property("item".into())),
    ];
    let rest = (generate::instants(), 1..30usize, any::<bool>());
    let case = (rule, generate::population(), generate::rules(), rest);
    show(runner(1_500).run(&case, |(rule, population, rules, (instants, seal, all))| {
        let (fold, snapshot) = stored(&population, seal);
        let even = even_users(&population, &fold, snapshot.n_places());
        for at in instants {
            let evaluator = Evaluator::new(&snapshot, &rules, at);
            let among = UserGroups::one((!all).then_some(&even));
            let found = report(&evaluator, &rule, &among).unwrap();
            let mut expected: Vec<(usize, Vec<&UserEvent>)> = Vec::new();
            let step = if all { 1 } else { 2 };
            for (place, user) in population.iter().enumerate().step_by(step) {
                let mut own: Vec<Vec<&UserEvent>> = Vec::new();
                for event in reference::matching(&every_event(), user, &rules, at) {
                    let item = reference::property(event, "item").and_then(|v| v.key());
                    let fits = |of: &&mut Vec<&UserEvent>| match &rule {
                        SessionRule::Gap(gap) => event.time - of[of.len() - 1].time <= *gap,
                        SessionRule::Property(name) => {
                            reference::property(of[0], name).and_then(|v| v.key()) == item
                        }
                    };
                    if item.is_none() && matches!(rule, SessionRule::Property(_)) {
                        continue;
                    }
                    let last = match rule {
                        SessionRule::Gap(_) => own.last_mut().filter(fits),
                        SessionRule::Property(_) => own.iter_mut().find(fits),
                    };
                    match last {
                        Some(last) => last.push(event),
                        None => own.push(vec![event]),
                    }
                }
                expected.extend(own.into_iter().map(|session| (place, session)));
            }
            prop_assert!(close(&found.all, &figures(&expected)), "{:?} {:?}", found, expected);
            let end = |of: &[&UserEvent]| of[of.len() - 1].time;
            let open = |gap: &Span| expected.iter().filter(|(_, of)| at - end(of) <= *gap).count();
            let open = if let SessionRule::Gap(gap) = &rule { open(gap) } else { 0 };
            prop_assert_eq!(found.open, open as u64);
            let mut days: BTreeMap<Day, Vec<(usize, Vec<&UserEvent>)>> = BTreeMap::new();
            for (user, session) in expected {
                let day = rules.zone.day(end(&session));
                days.entry(day).or_default().push((user, session));
            }
            prop_assert_eq!(found.days.len(), days.len());
            for ((day, found), (expected_day, sessions)) in found.days.iter().zip(&days) {
                prop_assert_eq!(day, expected_day);
                prop_assert!(close(found, &figures(sessions)), "{}: {:?}", day, found);
            }
        }
        Ok(())
    }));
}
