//! Trends against a naive count, on random histories.

use std::collections::{BTreeMap, BTreeSet};

use model::value::ValueKey;
use model::{ExactSum, Span, Timestamp};
use proptest::prelude::*;
use proptest::sample::select;
use segment::Rules;
use segment::evaluate::{UserEvent, UserHistory};
use testkit::cases::{report, runner};
use testkit::{generate, reference};

use super::{Combination, Measure, Question, Series, trend};
use crate::calendar::PeriodUnit;
use crate::evaluate::Evaluator;
use crate::groups::{By, UserGroups};
use crate::histories::{even_users, stored};

fn question() -> impl Strategy<Value = Question> {
    let amount = || "amount".into();
    let measure = select(vec![
        Measure::Count,
        Measure::Users,
        Measure::PerUser,
        Measure::Sum(amount()),
        Measure::Avg(amount()),
        Measure::Min(amount()),
        Measure::Max(amount()),
        Measure::Distinct("item".into()),
        Measure::Quantile(amount(), 0.5),
    ]);
    let series =
        (generate::event_match(), measure).prop_map(|(of, measure)| Series { of, measure });
    let by = select(vec![
        vec![],
        vec![By::Property("item".into())],
        vec![By::Attribute("plan".into()), By::Property("amount".into())],
        vec![
            By::Property("item".into()),
            By::Attribute("plan".into()),
            By::Property("context.app".into()),
        ],
    ]);
    let unit =
        select(vec![PeriodUnit::Day, PeriodUnit::Week, PeriodUnit::Month, PeriodUnit::Whole]);
    let back = select(vec![Span::DAY, Span::days(7), Span::days(60)]);
    (proptest::collection::vec(series, 1..3), unit, back, by, 1..4usize).prop_map(
        |(series, unit, back, by, top)| {
            let range = (generate::CENTRE.minus(back), generate::CENTRE.minus(Span(1)));
            Question { series, unit, range, by, top }
        },
    )
}

fn combination(
    by: &[By],
    user: &UserHistory,
    event: &UserEvent,
    (rules, at): (&Rules, Timestamp),
) -> Vec<Option<ValueKey>> {
    let value = |by: &By| match by {
        By::Property(name) => reference::property(event, name).and_then(|value| value.key()),
        By::Attribute(name) => {
            reference::attribute(user, name, rules, at).and_then(|value| value.key())
        }
    };
    by.iter().map(value).collect()
}

fn measure(measure: &Measure, events: &[(usize, &UserEvent)]) -> Option<f64> {
    let users: BTreeSet<usize> = events.iter().map(|(user, _)| *user).collect();
    let n = events.len() as f64;
    let Some(name) = measure.property() else {
        return match measure {
            Measure::Count => Some(n),
            Measure::Users => Some(users.len() as f64),
            _ => (n > 0.0).then(|| n / users.len() as f64),
        };
    };
    let values: Vec<_> =
        events.iter().filter_map(|(_, event)| reference::property(event, name)).collect();
    let mut numbers: Vec<f64> = values.iter().filter_map(|value| value.number()).collect();
    numbers.sort_by(f64::total_cmp);
    let mut sum = ExactSum::default();
    numbers.iter().for_each(|number| sum.add(*number));
    let n = numbers.len();
    match measure {
        Measure::Sum(_) => Some(sum.value()),
        Measure::Avg(_) => (n > 0).then(|| sum.value() / n as f64),
        Measure::Min(_) => numbers.first().copied(),
        Measure::Max(_) => numbers.last().copied(),
        Measure::Quantile(..) => (n > 0).then(|| (numbers[(n - 1) / 2] + numbers[n / 2]) / 2.0),
        _ => {
            let keys: BTreeSet<_> = values.iter().filter_map(|value| value.key()).collect();
            Some(keys.len() as f64)
        }
    }
}

#[test]
fn trends_are_those_of_the_naive_count() {
    let rest = (generate::instants(), 1..30usize, any::<bool>());
    let case = (question(), generate::population(), generate::rules(), rest);
    report(runner(3_000).run(&case, |(q, population, rules, (instants, seal, all))| {
        let (fold, snapshot) = stored(&population, seal);
        let even = even_users(&population, &fold, snapshot.n_places());
        let at = instants[0];
        let evaluator = Evaluator::new(&snapshot, &rules, at);
        let among = UserGroups::one((!all).then_some(&even));
        let found = trend(&evaluator, &q, &among).unwrap();
        let users: Vec<(usize, &UserHistory)> =
            population.iter().enumerate().step_by(if all { 1 } else { 2 }).collect();
        let events = |series: &Series| {
            users
                .iter()
                .flat_map(|user| of_user(&q, series, *user, (&rules, at)))
                .collect::<Vec<_>>()
        };
        let mut counts: BTreeMap<Vec<Option<ValueKey>>, usize> = BTreeMap::new();
        for series in &q.series {
            events(series).into_iter().for_each(|(_, _, key)| *counts.entry(key).or_default() += 1);
        }
        let mut ranked: Vec<_> = counts.into_iter().collect();
        ranked.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        let rest = ranked.len() > q.top;
        let mut expected: Vec<Combination> =
            ranked.into_iter().take(q.top).map(|(key, _)| Some(key)).collect();
        expected.extend((rest && !q.by.is_empty()).then_some(None));
        if q.by.is_empty() {
            expected = vec![Some(Vec::new())];
        }
        let groups: Vec<Combination> = found.groups.iter().map(|group| group.of.clone()).collect();
        prop_assert_eq!(&groups, &expected);
        let n = found.periods.len();
        for group in &found.groups {
            for (series, values) in q.series.iter().zip(&group.values) {
                prop_assert_eq!(values.len(), n + 1);
                let mut own = events(series);
                own.retain(|(_, _, key)| match &group.of {
                    Some(of) => key == of,
                    None => !groups.contains(&Some(key.clone())),
                });
                for (period, value) in values.iter().enumerate() {
                    let (start, end) =
                        (found.periods.start(period), found.periods.start(period + 1));
                    let inside = |event: &UserEvent| {
                        period == n || (start <= event.time && event.time < end)
                    };
                    let cell = own.iter().filter(|(_, event, _)| inside(event));
                    let cell: Vec<_> = cell.map(|(user, event, _)| (*user, *event)).collect();
                    prop_assert_eq!(*value, measure(&series.measure, &cell), "{:?}", series);
                }
            }
        }
        Ok(())
    }));
}

/// A user's events of a series, with the place of the user and the combination of values.
fn of_user<'p>(
    q: &Question,
    series: &Series,
    (place, user): (usize, &'p UserHistory),
    (rules, at): (&Rules, Timestamp),
) -> Vec<(usize, &'p UserEvent, Vec<Option<ValueKey>>)> {
    let matching = reference::matching(&series.of, user, rules, at);
    let arrivals: BTreeSet<u64> = matching.iter().map(|event| event.arrival).collect();
    let inside = |event: &&UserEvent| {
        arrivals.contains(&event.arrival) && q.range.0 <= event.time && event.time <= q.range.1
    };
    let events = user.events.iter().filter(inside);
    events.map(|event| (place, event, combination(&q.by, user, event, (rules, at)))).collect()
}
