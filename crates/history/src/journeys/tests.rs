//! Counts, positions and arms against a naive count, on random runs: also of people who turn out to be one, and of
//! runs whose events lie with several.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::Fold;
use model::journey::{self, *};
use model::outreach::{GROUP, REASON};
use model::{Event, EventId, Record, Span, Text, Timestamp, UserIndex, Value, What, Who};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use segment::tree::EventMatch;
use testkit::cases::{report, runner};
use testkit::generate;

use super::{Counts, Goal, Wish, arms, by_journey, counts, learning, positions, runs_of, splits};
use crate::evaluate::Evaluator;
use crate::outreach::{self, Arm};
use crate::snapshot::Snapshot;
use crate::store::Store;

const STEPS: [&str; 3] = ["a", "b", "c"];
const PATHS: [&str; 3] = ["left", "right", journey::path::OTHERWISE];
const USERS: usize = 4;
const NOW: Timestamp = Timestamp(10_000);

/// A run as it is made up: whose, of which journey, when it began, and what came of it.
#[derive(Clone, Debug)]
struct Drawn {
    user: usize,
    journey: &'static str,
    began: i64,
    /// The control group, if it is one.
    held_out: Option<&'static str>,
    first: usize,
    /// After how long, by which path, to which step.
    moves: Vec<(i64, usize, usize)>,
    exit: Option<&'static str>,
    /// From this number on its events lie with another user.
    elsewhere: Option<(usize, usize)>,
}

/// One event of a user: name, time, amount.
type Did = (usize, &'static str, i64, Option<i64>);

fn drawn() -> impl Strategy<Value = Drawn> {
    let held_out =
        prop_oneof![4 => Just(None), 1 => select(vec![Some("campaign"), Some("workspace")])];
    let exit = proptest::option::of(select(vec!["completed", "goal", "timeout"]));
    let elsewhere = prop_oneof![5 => Just(None), 1 => (1..4_usize, 0..USERS).prop_map(Some)];
    let moves = vec((1..500_i64, 0..PATHS.len(), 0..STEPS.len()), 0..5);
    let who = (0..USERS, select(vec!["one", "two"]), 0..2_000_i64);
    (who, held_out, 0..STEPS.len(), moves, exit, elsewhere).prop_map(
        |((user, journey, began), held_out, first, moves, exit, elsewhere)| Drawn {
            user,
            journey,
            began,
            held_out,
            first,
            moves,
            exit,
            elsewhere,
        },
    )
}

fn did() -> impl Strategy<Value = Did> {
    let amount = proptest::option::of(1..50_i64);
    (0..USERS, select(vec!["view", "buy"]), 0..5_000_i64, amount)
}

/// One event of a run: when, of which user, its name, and its properties.
struct Line(i64, usize, &'static str, Vec<(&'static str, Value)>);

fn run_id(n: usize) -> EventId {
    EventId(1 << 127 | n as u128)
}

fn lines(n: usize, run: &Drawn) -> Vec<Line> {
    let text = |text: &str| Value::text(text);
    let mut lines = Vec::new();
    let mut at = run.began;
    match run.held_out {
        Some(group) => lines.push(Line(at, run.user, HELD_OUT, vec![(GROUP, text(group))])),
        None => {
            let version = (VERSION, Value::Int(1));
            let step = (STEP, text(STEPS[run.first]));
            lines.push(Line(at, run.user, ENTERED, vec![version, step]));
            let mut from = STEPS[run.first];
            for (after, path, to) in &run.moves {
                at += after;
                let mut own =
                    vec![(FROM, text(from)), (PATH, text(PATHS[*path])), (STEP, text(STEPS[*to]))];
                // One of three is found in no context: an earlier version told nobody apart.
                own.extend(["new", "a/b"].get((at % 3) as usize).map(|of| (CONTEXT, text(of))));
                lines.push(Line(at, run.user, MOVED, own));
                from = STEPS[*to];
            }
            if let Some(reason) = run.exit {
                let own = vec![(FROM, text(from)), (REASON, text(reason))];
                lines.push(Line(at + 1, run.user, EXITED, own));
            }
        }
    }
    for (number, line) in lines.iter_mut().enumerate() {
        if let Some((_, other)) = run.elsewhere.filter(|(since, _)| number >= *since) {
            line.1 = other;
        }
        line.3.push((JOURNEY, text(run.journey)));
        line.3.push((RUN, text(&run_id(n).to_string())));
        line.3.push((NUMBER, Value::Int(number as i64)));
    }
    lines
}

fn event(user: usize, name: &str, at: i64, id: EventId, properties: &[(&str, Value)]) -> Record {
    let mut properties: Vec<(Text, Value)> =
        properties.iter().map(|(name, value)| (Text::new(name), value.clone())).collect();
    model::record::sort_properties(&mut properties);
    let event = Event { name: name.into(), time: Timestamp(at), id, properties };
    let who = Who::anonymous(&format!("u{user}"));
    Record { received_at: Timestamp(at), who, what: What::Event(event) }
}

/// Everybody is seen first, in order, so that their numbers are known.
fn records(runs: &[Drawn], did: &[Did], joined: Option<(usize, usize)>) -> Vec<Record> {
    let mut records: Vec<Record> =
        (0..USERS).map(|user| event(user, "seen", -1, EventId(user as u128), &[])).collect();
    for (n, run) in runs.iter().enumerate() {
        for (number, Line(at, user, name, properties)) in lines(n, run).into_iter().enumerate() {
            let id = journey::event_id(run_id(n), number as u64);
            records.push(event(user, name, at, id, &properties));
        }
    }
    for (n, (user, name, at, amount)) in did.iter().enumerate() {
        let amount = amount.map(|amount| ("amount", Value::Int(amount)));
        let id = EventId(1 << 100 | n as u128);
        records.push(event(*user, name, *at, id, &amount.into_iter().collect::<Vec<_>>()));
    }
    if let Some((one, other)) = joined.filter(|(one, other)| one != other) {
        let what = What::Alias { previous: Text::from(format!("u{other}")) };
        let who = Who::anonymous(&format!("u{one}"));
        records.push(Record { received_at: NOW, who, what });
    }
    records
}

/// A snapshot, and whose events of each made up user are.
fn stored(records: Vec<Record>, seal_every: usize) -> (Arc<Snapshot>, Vec<u32>) {
    let (mut fold, mut store) = (Fold::new(), Store::in_memory());
    for (arrival, record) in records.into_iter().enumerate() {
        let step = fold.step(&record);
        let name = fold.person(step.user).public_id.clone();
        store.apply(&step, record, &name, arrival as u64);
        if arrival % seal_every == 0 {
            store.snapshot().unwrap();
        }
    }
    let snapshot = store.snapshot().unwrap();
    let owner = |user: usize| {
        let mut user = user as u32;
        while let Some(into) = snapshot.facts_of(UserIndex(user)).merged_into {
            user = into;
        }
        user
    };
    let owners = (0..USERS).map(owner).collect();
    (snapshot, owners)
}

/// What becomes of the runs of one journey, looking at each alone.
fn naive(runs: &[Drawn], owners: &[u32], wished: &dyn Fn(&Drawn) -> bool) -> Counts {
    let mut all = Counts::default();
    let mut users: [BTreeSet<u32>; 3] = Default::default();
    for run in runs.iter().filter(|run| wished(run)) {
        let last = match run.elsewhere {
            Some((since, other)) if since < lines(0, run).len() => other,
            _ => run.user,
        };
        if let Some(group) = run.held_out {
            *all.held_out.entry(group.into()).or_default() += 1;
            users[2].insert(owners[run.user]);
            continue;
        }
        all.entered += 1;
        users[0].insert(owners[run.user]);
        let mut at = STEPS[run.first];
        all.steps.entry(at.into()).or_default().entered += 1;
        for (_, path, to) in &run.moves {
            let way = (Text::new(PATHS[*path]), Text::new(STEPS[*to]));
            *all.steps.entry(at.into()).or_default().moved.entry(way).or_default() += 1;
            at = STEPS[*to];
            all.steps.entry(at.into()).or_default().entered += 1;
        }
        let step = all.steps.entry(at.into()).or_default();
        match run.exit {
            Some(reason) => {
                *step.exited.entry(reason.into()).or_default() += 1;
                *all.exited.entry(reason.into()).or_default() += 1;
            }
            None => {
                step.waiting += 1;
                all.waiting += 1;
                users[1].insert(owners[last]);
            }
        }
    }
    [all.users, all.waiting_users, all.held_out_users] = users.map(|users| users.len() as u64);
    all
}

#[test]
fn counts_are_those_of_the_naive_count_and_nobody_is_lost() {
    let joined = proptest::option::of((0..USERS, 0..USERS));
    let case = (vec(drawn(), 0..20), joined, 1..9_usize, generate::rules());
    report(runner(400).run(&case, |(runs, joined, seal, rules)| {
        let (snapshot, owners) = stored(records(&runs, &[], joined), seal);
        let evaluator = Evaluator::new(&snapshot, &rules, NOW);
        for journey in ["one", "two", "three"] {
            let found = counts(&evaluator, Wish::of(journey)).unwrap();
            prop_assert_eq!(&found, &naive(&runs, &owners, &|run| run.journey == journey));
            prop_assert_eq!(found.unaccounted(), 0);
            prop_assert!(found.steps.values().all(|step| step.unaccounted() == 0));
            // Of a range those that began in it, whatever came of them when.
            let began = (Timestamp(400), Timestamp(1_500));
            let wish = Wish { journey: Some(journey), began };
            let inside = |run: &Drawn| run.journey == journey && (400..1_500).contains(&run.began);
            let found = counts(&evaluator, wish).unwrap();
            prop_assert_eq!(&found, &naive(&runs, &owners, &inside));
            prop_assert_eq!(found.unaccounted(), 0);
        }
        let all = by_journey(&evaluator, Wish::all()).unwrap();
        for (journey, found) in &all {
            prop_assert_eq!(found, &naive(&runs, &owners, &|run| run.journey == journey.as_str()));
        }
        let known: BTreeSet<&str> = runs.iter().map(|run| run.journey).collect();
        prop_assert_eq!(all.keys().map(Text::as_str).collect::<BTreeSet<_>>(), known);
        Ok(())
    }));
}

#[test]
fn positions_are_the_latest_events_of_runs_that_go_on() {
    let joined = proptest::option::of((0..USERS, 0..USERS));
    let case = (vec(drawn(), 0..20), joined, 1..9_usize, generate::rules());
    report(runner(300).run(&case, |(runs, joined, seal, rules)| {
        let (snapshot, owners) = stored(records(&runs, &[], joined), seal);
        let evaluator = Evaluator::new(&snapshot, &rules, NOW);
        let open = |run: &Drawn| run.held_out.is_none() && run.exit.is_none();
        let mut expected = Vec::new();
        for (n, run) in runs.iter().enumerate().filter(|(_, run)| open(run)) {
            let all = lines(n, run);
            let last = &all[all.len() - 1];
            let step = run.moves.last().map_or(STEPS[run.first], |(.., to)| STEPS[*to]);
            expected.push((
                last.0,
                run_id(n),
                run.journey,
                owners[last.1],
                step,
                all.len() as u64 - 1,
                run.began,
            ));
        }
        expected.sort_unstable();
        let found = positions(&evaluator, Wish::all(), None).unwrap();
        let flat = |of: &super::Position| {
            assert_eq!(of.version, 1);
            (
                of.since.0,
                of.run,
                of.journey.to_string(),
                of.user.0,
                of.step.to_string(),
                of.n,
                of.entered_at.0,
            )
        };
        let plain: Vec<_> = found.iter().map(flat).collect();
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(at, run, journey, user, step, n, began)| {
                (at, run, journey.to_owned(), user, step.to_owned(), n, began)
            })
            .collect();
        prop_assert_eq!(plain, expected);
        let at_b = positions(&evaluator, Wish::of("one"), Some("b")).unwrap();
        let same = found.iter().filter(|of| of.journey == "one" && of.step == "b").cloned();
        prop_assert_eq!(at_b, same.collect::<Vec<_>>());
        // Of one user, everything that lies with them.
        for user in 0..USERS {
            let own = runs_of(&snapshot, UserIndex(owners[user]), NOW).unwrap();
            let mut lying: BTreeMap<EventId, usize> = BTreeMap::new();
            for (n, run) in runs.iter().enumerate() {
                for line in lines(n, run).iter().filter(|line| owners[line.1] == owners[user]) {
                    let Line(_, _, _, _) = line;
                    *lying.entry(run_id(n)).or_default() += 1;
                }
            }
            let told: BTreeMap<EventId, usize> =
                own.iter().map(|(run, events)| (*run, events.len())).collect();
            prop_assert_eq!(told, lying);
            let firsts: Vec<_> = own.iter().map(|(_, events)| events[0].time).collect();
            prop_assert!(firsts.is_sorted());
        }
        Ok(())
    }));
}

#[test]
fn arms_and_paths_are_those_of_the_naive_count() {
    let case =
        (vec(drawn(), 0..20), vec(did(), 0..40), (1..9_usize, 1..1_500_i64), generate::rules());
    report(runner(300).run(&case, |(runs, did, (seal, within), rules)| {
        let (snapshot, _) = stored(records(&runs, &did, None), seal);
        let evaluator = Evaluator::new(&snapshot, &rules, NOW);
        let goal = Goal::Event(outreach::Goal {
            of: EventMatch::named("buy"),
            within: Span(within),
            revenue: Some("amount".into()),
        });
        // By user: when first, and which arm.
        let mut first: BTreeMap<usize, (i64, Arm)> = BTreeMap::new();
        let mut left_a: BTreeMap<usize, (i64, Arm)> = BTreeMap::new();
        let mut found_in: BTreeMap<String, BTreeMap<usize, (i64, Arm)>> = BTreeMap::new();
        let earlier = |all: &mut BTreeMap<usize, (i64, Arm)>, user: usize, new: (i64, Arm)| {
            let own = all.entry(user).or_insert_with(|| new.clone());
            *own = new.min(own.clone());
        };
        for (n, run) in runs.iter().enumerate().filter(|(_, run)| run.journey == "one") {
            let arm = match run.held_out {
                Some(group) => Arm::Control(group.into()),
                None => Arm::Variant("journey".into()),
            };
            earlier(&mut first, run.user, (run.began, arm));
            for Line(at, user, name, properties) in lines(n, run) {
                let of = |wanted: &str| {
                    let found = properties.iter().find(|(name, _)| *name == wanted);
                    match found {
                        Some((_, Value::Text(text))) => text.to_string(),
                        _ => String::new(),
                    }
                };
                if name == MOVED && of(FROM) == "a" && of(PATH) != journey::path::OTHERWISE {
                    earlier(&mut left_a, user, (at, Arm::Variant(of(PATH).into())));
                    let arm = Arm::Variant(format!("{}/{}", of(CONTEXT), of(PATH)).into());
                    earlier(found_in.entry(String::new()).or_default(), user, (at, arm));
                }
            }
        }
        // By the context in which they were found there first.
        for (user, (at, arm)) in found_in.remove("").unwrap_or_default() {
            let Arm::Variant(name) = arm else { continue };
            let (context, path) = name.rsplit_once('/').unwrap();
            let own = found_in.entry(context.to_owned()).or_default();
            own.insert(user, (at, Arm::Variant(path.into())));
        }
        let naive = |first: &BTreeMap<usize, (i64, Arm)>| {
            let mut all: BTreeMap<Arm, (u64, u64, u64, u64, f64)> = BTreeMap::new();
            for (user, (from, arm)) in first {
                let own = all.entry(arm.clone()).or_default();
                let inside = did.iter().filter(|(who, name, at, _)| {
                    who == user && *name == "buy" && from <= at && *at <= from + within
                });
                let amounts: Vec<f64> = inside.map(|of| of.3.unwrap_or(0) as f64).collect();
                own.0 += 1;
                own.1 += u64::from(from + within < NOW.0);
                own.2 += u64::from(!amounts.is_empty());
                own.3 += amounts.len() as u64;
                own.4 += amounts.iter().sum::<f64>();
            }
            all
        };
        let told = |arms: &outreach::Arms| -> BTreeMap<Arm, (u64, u64, u64, u64, f64)> {
            let one = |outcomes: &Vec<outreach::Outcome>| {
                let of = &outcomes[0];
                (of.users, of.complete, of.converted, of.events, of.revenue.value())
            };
            arms.iter().map(|(arm, outcomes)| (arm.clone(), one(outcomes))).collect()
        };
        let found = arms(&evaluator, Wish::of("one"), std::slice::from_ref(&goal)).unwrap();
        prop_assert_eq!(told(&found), naive(&first));
        let until = |at: i64| ("a", Timestamp(at));
        let goals = std::slice::from_ref(&goal);
        let apart = learning(&evaluator, Wish::of("one"), until(i64::MAX), goals).unwrap();
        let apart: BTreeMap<String, _> =
            apart.iter().map(|(context, arms)| (context.to_string(), told(arms))).collect();
        let expected: BTreeMap<String, _> =
            found_in.iter().map(|(context, first)| (context.clone(), naive(first))).collect();
        prop_assert_eq!(apart, expected);
        let early = learning(&evaluator, Wish::of("one"), until(1_000), goals).unwrap();
        let users = |arms: &outreach::Arms| arms.values().map(|of| of[0].users).sum::<u64>();
        let n = left_a.values().filter(|(at, _)| *at <= 1_000).count();
        prop_assert_eq!(early.values().map(users).sum::<u64>(), n as u64);
        let found = splits(&evaluator, Wish::of("one"), (&["a"], Timestamp::MAX), &[goal]).unwrap();
        let of_a = found.get("a").map(told).unwrap_or_default();
        prop_assert_eq!(of_a, naive(&left_a));
        prop_assert!(found.len() <= 1);
        Ok(())
    }));
}
