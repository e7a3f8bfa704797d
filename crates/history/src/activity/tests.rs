//! Activity, rolling series and revenue against a naive count, on random histories.

use std::collections::BTreeSet;

use model::{Day, ExactSum, Span, Timestamp};
use proptest::prelude::*;
use segment::Rules;
use segment::evaluate::UserHistory;
use segment::tree::EventMatch;
use testkit::cases::{report, runner};
use testkit::{generate, reference};

use super::{activity, every_event, rolling};
use crate::evaluate::Evaluator;
use crate::groups::{GroupName, UserGroups};
use crate::histories::{even_users, stored};
use crate::revenue::{Earned, Question, revenue};

/// Local days on which each user has matching events.
fn days(
    of: &EventMatch,
    users: &[&UserHistory],
    rules: &Rules,
    at: Timestamp,
) -> Vec<BTreeSet<i64>> {
    let own = |user: &&UserHistory| {
        let events = reference::matching(of, user, rules, at);
        events.iter().map(|event| rules.zone.day(event.time).0).collect()
    };
    users.iter().map(own).collect()
}

fn active(days: &[BTreeSet<i64>], from: i64, to: i64) -> u64 {
    days.iter().filter(|own| own.range(from..=to).next().is_some()).count() as u64
}

#[test]
fn activity_is_that_of_the_naive_count() {
    let case = (generate::population(), generate::rules(), generate::instants(), 1..30usize);
    report(runner(500).run(&case, |(population, rules, instants, seal)| {
        let (_, snapshot) = stored(&population, seal);
        let users: Vec<&UserHistory> = population.iter().collect();
        for at in instants {
            let evaluator = Evaluator::new(&snapshot, &rules, at);
            let found = activity(&evaluator, 40).unwrap();
            let own = days(&every_event(), &users, &rules, at);
            let today = rules.zone.day(at).0;
            prop_assert_eq!(found.days.len(), 40);
            for day in &found.days {
                prop_assert_eq!(day.active, active(&own, day.day.0, day.day.0));
                let events = users.iter().flat_map(|user| &user.events).filter(|e| e.is_activity());
                let events = events.filter(|e| e.time <= at && rules.zone.day(e.time) == day.day);
                prop_assert_eq!(day.events, events.count() as u64);
            }
            prop_assert_eq!(found.days[39].day, Day(today));
            for (count, n) in found.active.iter().zip([1, 7, 30]) {
                let recent = |user: &&&UserHistory| {
                    let inside = |time: Timestamp| at - Span::days(n) < time && time <= at;
                    user.events.iter().any(|event| event.is_activity() && inside(event.time))
                };
                prop_assert_eq!(*count, users.iter().filter(recent).count() as u64);
            }
        }
        Ok(())
    }));
}

#[test]
fn rolling_series_are_those_of_the_naive_count() {
    let ask = (generate::event_match(), 1..50u32, any::<bool>());
    let rest = (generate::instants(), 1..30usize);
    let case = (ask, generate::population(), generate::rules(), rest);
    report(runner(1_000).run(&case, |((of, n, all), population, rules, (instants, seal))| {
        let (fold, snapshot) = stored(&population, seal);
        let even = even_users(&population, &fold, snapshot.n_places());
        for at in instants {
            let evaluator = Evaluator::new(&snapshot, &rules, at);
            let groups = UserGroups::one((!all).then_some(&even));
            let found = rolling(&evaluator, &of, n, &groups).unwrap();
            let users: Vec<&UserHistory> =
                population.iter().step_by(2 - usize::from(all)).collect();
            let own = days(&of, &users, &rules, at);
            prop_assert_eq!(found[0].len(), n as usize);
            prop_assert_eq!(found[0][n as usize - 1].day, rules.zone.day(at));
            for day in &found[0] {
                let counts = [0, 6, 29].map(|back| active(&own, day.day.0 - back, day.day.0));
                prop_assert_eq!([day.daily, day.weekly, day.monthly], counts, "{}", day.day);
            }
        }
        Ok(())
    }));
}

#[test]
fn revenue_is_that_of_the_naive_count() {
    let ask = (generate::event_match(), generate::event_match(), 1..40u32, any::<bool>());
    let rest = (generate::instants(), 1..30usize);
    let case = (ask, generate::population(), generate::rules(), rest);
    report(runner(1_000).run(&case, |(ask, population, rules, (instants, seal))| {
        let (paid, active_with, n, all) = ask;
        let (fold, snapshot) = stored(&population, seal);
        let even = even_users(&population, &fold, snapshot.n_places());
        let users: Vec<&UserHistory> = population.iter().step_by(2 - usize::from(all)).collect();
        for at in instants {
            let evaluator = Evaluator::new(&snapshot, &rules, at);
            let groups = UserGroups::one((!all).then_some(&even));
            let question = Question {
                paid: paid.clone(),
                amount: "amount".into(),
                active: active_with.clone(),
                days: n,
            };
            let found = revenue(&evaluator, &question, &groups).unwrap().remove(0);
            prop_assert_eq!(&found.group, &GroupName::All);
            let own = days(&active_with, &users, &rules, at);
            let earned = |from: i64, to: i64| {
                let mut earned = Earned { active: active(&own, from, to), ..Earned::default() };
                for user in &users {
                    let events = reference::matching(&paid, user, &rules, at);
                    let amounts = events.iter().filter_map(|event| {
                        let day = rules.zone.day(event.time).0;
                        let amount = reference::property(event, "amount")?.number()?;
                        (from <= day && day <= to).then_some(amount)
                    });
                    let amounts: Vec<f64> = amounts.collect();
                    let mut sum = ExactSum::default();
                    amounts.iter().for_each(|amount| sum.add(*amount));
                    earned.revenue.merge(&sum);
                    earned.payments += amounts.len() as u64;
                    earned.payers += u64::from(!amounts.is_empty());
                }
                earned
            };
            for day in &found.days {
                prop_assert_eq!(day.earned, earned(day.day.0, day.day.0));
                prop_assert_eq!(day.monthly_active, active(&own, day.day.0 - 29, day.day.0));
            }
            let today = rules.zone.day(at).0;
            prop_assert_eq!(found.total, earned(today - i64::from(n) + 1, today));
        }
        Ok(())
    }));
}
