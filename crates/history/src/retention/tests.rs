//! Retention, growth and power curve against a naive transcription, on random histories.

use std::collections::{BTreeMap, BTreeSet};

use model::{ExactSum, Span, Timestamp, UserIndex, Zone};
use proptest::prelude::*;
use proptest::sample::select;
use segment::Rules;
use segment::evaluate::UserHistory;
use segment::tree::EventMatch;
use testkit::cases::{report, runner};
use testkit::{generate, reference};

use super::{Metric, Mode, Question, growth_among, power_curve, retention};
use crate::calendar::PeriodUnit;
use crate::evaluate::Evaluator;
use crate::groups::{GroupName, UserGroups};
use crate::histories::{even_users, group_of, stored};

fn question() -> impl Strategy<Value = Question> {
    let unit = select(vec![PeriodUnit::Hour, PeriodUnit::Day, PeriodUnit::Week, PeriodUnit::Month]);
    let bound = || proptest::option::weighted(0.4, select(bounds()));
    let brackets = prop_oneof![
        3 => Just(vec![]),
        1 => Just(vec![(0, 0), (1, 3), (4, 7), (8, 30)]),
        1 => Just(vec![(1, 1), (2, 500)]),
    ];
    let metric = select(vec![Metric::Users, Metric::Events, Metric::Sum("amount".into())]);
    let matches = (generate::event_match(), generate::event_match(), any::<bool>());
    let rest = (unit, bound(), bound(), any::<bool>(), brackets, 1..4u32, metric);
    (matches, rest).prop_map(|((first, other, same), rest)| {
        let (unit, since, until, nth, brackets, at_least, metric) = rest;
        let mode = if nth { Mode::Nth } else { Mode::Unbounded };
        let back = if same { first.clone() } else { other };
        Question { first, back, unit, since, until, mode, brackets, at_least, metric }
    })
}

fn bounds() -> Vec<Timestamp> {
    let days = [0, 1, 3, 7, 20, 40];
    days.map(|days| generate::CENTRE.minus(Span::days(days)).plus(Span(1))).into()
}

/// A number for the period of an instant, so that neighbours differ by one.
fn period(unit: PeriodUnit, zone: &Zone, time: Timestamp) -> i64 {
    let day = zone.day(time);
    match unit {
        PeriodUnit::Hour => time.0.div_euclid(Span::HOUR.0), // asked in UTC only
        PeriodUnit::Day => day.0,
        PeriodUnit::Week => (day.0 + 3).div_euclid(7),
        PeriodUnit::Month => day.civil().0 * 12 + day.civil().1,
        PeriodUnit::Whole => 0,
    }
}

/// By group and period: users, then by column returned users, events and sum.
type Naive = BTreeMap<(GroupName, i64), (u64, Vec<(u64, u64, ExactSum)>)>;

struct Asked<'a> {
    question: &'a Question,
    population: &'a [UserHistory],
    rules: &'a Rules,
    at: Timestamp,
}

impl Asked<'_> {
    fn period(&self, time: Timestamp) -> i64 {
        period(self.question.unit, &self.rules.zone, time)
    }

    fn columns(&self, cohort: i64) -> Vec<(i64, i64)> {
        let last = self.period(self.at) - cohort;
        let brackets = self.question.brackets.iter().map(|(a, b)| (i64::from(*a), i64::from(*b)));
        let mut columns: Vec<(i64, i64)> = match self.question.brackets.is_empty() {
            true => (0..=last).map(|n| (n, n)).collect(),
            false => brackets.filter(|(from, _)| *from <= last).collect(),
        };
        if self.question.mode == Mode::Unbounded {
            columns.iter_mut().for_each(|column| column.1 = i64::MAX);
        }
        columns
    }

    fn answer(&self, group: impl Fn(&UserHistory) -> Option<GroupName>) -> Naive {
        let q = self.question;
        let mut all = Naive::new();
        for user in self.population {
            let firsts = reference::matching(&q.first, user, self.rules, self.at);
            let (Some(first), Some(group)) = (firsts.first(), group(user)) else { continue };
            let cohort = self.period(first.time);
            if q.since.is_some_and(|since| cohort < self.period(since))
                || q.until.is_some_and(|until| cohort > self.period(until))
            {
                continue;
            }
            let columns = self.columns(cohort);
            let entry = all.entry((group, cohort));
            let empty = || (0, vec![(0, 0, ExactSum::default()); columns.len()]);
            let (users, cells) = entry.or_insert_with(empty);
            *users += 1;
            for (cell, (from, to)) in cells.iter_mut().zip(columns) {
                let mut events = reference::matching(&q.back, user, self.rules, self.at);
                events.retain(|event| {
                    let after = self.period(event.time) - cohort;
                    from <= after && after <= to
                });
                cell.0 += u64::from(events.len() as u64 >= u64::from(q.at_least));
                cell.1 += events.len() as u64;
                let amounts = events.iter().filter_map(|e| reference::property(e, "amount"));
                amounts.filter_map(|v| v.number()).for_each(|x| cell.2.add(x));
            }
        }
        all
    }
}

fn zoned(question: &Question, mut rules: Rules) -> Rules {
    if question.unit == PeriodUnit::Hour {
        rules.zone = Zone::utc();
    }
    rules
}

/// How users are grouped: by 0 not at all, 1 an attribute, 2 a property of the first event.
fn groups(way: u8, evaluator: &Evaluator, of: &EventMatch, even: &crate::UserSet) -> UserGroups {
    match way {
        0 => UserGroups::one(None),
        1 => UserGroups::one(Some(even)),
        2 => UserGroups::by_attribute(evaluator, Some(even), "plan", 1).unwrap(),
        _ => UserGroups::by_first_event(evaluator, None, of, "item", 2).unwrap(),
    }
}

#[test]
fn cohorts_are_those_of_the_naive_count() {
    let rest = (generate::instants(), 1..30usize, 0..4u8);
    let case = (question(), generate::population(), generate::rules(), rest);
    report(runner(3_000).run(&case, |(question, population, rules, (instants, seal, way))| {
        let rules = zoned(&question, rules);
        let (fold, snapshot) = stored(&population, seal);
        let even = even_users(&population, &fold, snapshot.n_places());
        for at in instants {
            let evaluator = Evaluator::new(&snapshot, &rules, at);
            let groups = groups(way, &evaluator, &question.first, &even);
            let asked = Asked { question: &question, population: &population, rules: &rules, at };
            let expected = asked.answer(|user| {
                let inside = fold.find(&user.id).is_some_and(|user| even.contains(user));
                let firsts = reference::matching(&question.first, user, &rules, at);
                let item = firsts.first().and_then(|event| reference::property(event, "item"));
                match way {
                    0 => Some(GroupName::All),
                    1 => inside.then_some(GroupName::All),
                    2 => inside.then(|| {
                        let plan = reference::attribute(user, "plan", &rules, at);
                        group_of(groups.names(), plan.and_then(|value| value.key()))
                    }),
                    _ => Some(group_of(groups.names(), item.and_then(|value| value.key()))),
                }
            });
            let tables = retention(&evaluator, &question, &groups).unwrap();
            let mut found = Naive::new();
            for table in &tables {
                for cohort in &table.cohorts {
                    let n = cohort.returned.len();
                    let number = asked.period(cohort.start);
                    let cells = (0..n).map(|column| {
                        let events = cohort.events.get(column).copied().unwrap_or(0);
                        let sum = cohort.sums.get(column).copied().unwrap_or_default();
                        (cohort.returned[column], events, sum)
                    });
                    found.insert((table.group.clone(), number), (cohort.users, cells.collect()));
                    // Whatever comes to pass after the instant, complete columns stay.
                    let columns = asked.columns(number);
                    let next = asked.period(at.plus(Span(1)));
                    let passed = |i: &usize| match question.brackets.get(*i) {
                        Some((_, to)) => number + i64::from(*to) < next,
                        None => number + columns[*i].0 < next,
                    };
                    prop_assert_eq!(cohort.complete, (0..n).take_while(passed).count());
                }
            }
            let mut expected = expected;
            for (_, cells) in expected.values_mut() {
                for cell in cells {
                    match question.metric {
                        Metric::Users => (cell.1, cell.2) = Default::default(),
                        Metric::Events => cell.2 = Default::default(),
                        Metric::Sum(_) => {}
                    }
                }
            }
            prop_assert_eq!(found, expected, "at {}", at);
        }
        Ok(())
    }));
}

#[test]
fn growth_is_that_of_the_naive_count() {
    let unit = select(vec![PeriodUnit::Day, PeriodUnit::Week, PeriodUnit::Month]);
    let rest = (generate::instants(), 1..30usize, any::<bool>());
    let case = (generate::event_match(), unit, generate::population(), generate::rules(), rest);
    report(runner(1_000).run(&case, |(of, unit, population, rules, (instants, seal, all))| {
        let (fold, snapshot) = stored(&population, seal);
        let even = even_users(&population, &fold, snapshot.n_places());
        for at in instants {
            let evaluator = Evaluator::new(&snapshot, &rules, at);
            let among = UserGroups::one((!all).then_some(&even));
            let found = growth_among(&evaluator, &of, unit, &among).unwrap();
            let inside = |user: &&UserHistory| {
                all || fold.find(&user.id).is_some_and(|user| even.contains(user))
            };
            let active: Vec<BTreeSet<i64>> = population
                .iter()
                .filter(inside)
                .map(|user| {
                    let events = reference::matching(&of, user, &rules, at);
                    events.iter().map(|e| period(unit, &rules.zone, e.time)).collect()
                })
                .collect();
            let first = active.iter().flatten().min().copied();
            let last = period(unit, &rules.zone, at);
            let n = first.map_or(0, |first| last - first + 1);
            prop_assert_eq!(found.len() as i64, n);
            for growth in found {
                let now = period(unit, &rules.zone, growth.start);
                let count = |holds: &dyn Fn(&BTreeSet<i64>) -> bool| {
                    active.iter().filter(|own| holds(own)).count() as u64
                };
                let was = |own: &BTreeSet<i64>| own.range(..now).next().is_some();
                prop_assert_eq!(growth.active, count(&|own| own.contains(&now)));
                prop_assert_eq!(growth.new, count(&|own| own.contains(&now) && !was(own)));
                let retained = |own: &BTreeSet<i64>| own.contains(&now) && own.contains(&(now - 1));
                prop_assert_eq!(growth.retained, count(&retained));
                let back = |own: &BTreeSet<i64>| {
                    own.contains(&now) && was(own) && !own.contains(&(now - 1))
                };
                prop_assert_eq!(growth.resurrected, count(&back));
                let churned = |own: &BTreeSet<i64>| own.contains(&(now - 1)) && !own.contains(&now);
                prop_assert_eq!(growth.churned, count(&churned));
            }
        }
        Ok(())
    }));
}

#[test]
fn the_power_curve_counts_active_periods() {
    let unit = select(vec![PeriodUnit::Day, PeriodUnit::Week, PeriodUnit::Month]);
    let rest = (generate::instants(), 1..30usize);
    let ask = (generate::event_match(), unit, 1..90u32);
    let case = (ask, generate::population(), generate::rules(), rest);
    report(runner(1_000).run(&case, |((of, unit, n), population, rules, (instants, seal))| {
        let (fold, snapshot) = stored(&population, seal);
        for at in instants {
            let evaluator = Evaluator::new(&snapshot, &rules, at);
            let found = power_curve(&evaluator, &of, (n, unit), &UserGroups::one(None)).unwrap();
            let last = period(unit, &rules.zone, at);
            let mut expected = vec![0; n as usize + 1];
            for user in &population {
                let index = fold.find(&user.id).unwrap_or(UserIndex(u32::MAX));
                if !evaluator.everybody().contains(index) {
                    continue;
                }
                let events = reference::matching(&of, user, &rules, at);
                let periods = events.iter().map(|e| period(unit, &rules.zone, e.time));
                let own: BTreeSet<i64> = periods.filter(|p| *p > last - i64::from(n)).collect();
                expected[own.len()] += 1;
            }
            prop_assert_eq!(&found, &[expected]);
        }
        Ok(())
    }));
}
