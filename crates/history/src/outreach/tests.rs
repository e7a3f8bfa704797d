//! Funnels and effects against a naive count, on random messages.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::Fold;
use model::outreach::*;
use model::{Event, EventId, Record, Span, Text, Timestamp, Value, What, Who};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use segment::tree::EventMatch;
use testkit::cases::{report, runner};
use testkit::generate;

use super::{Arm, Decided, Goal, Place, Wish, decided, effect, funnels, journeys, looks, planned};
use crate::evaluate::Evaluator;
use crate::snapshot::Snapshot;
use crate::store::Store;

/// One message: when, of which campaign, the variant, the decision, and what followed.
#[derive(Clone, Debug)]
struct Sent {
    user: usize,
    at: i64,
    campaign: &'static str,
    variant: Option<&'static str>,
    decision: &'static str,
    reason: &'static str,
    steps: Vec<(&'static str, bool)>,
    waited: bool,
}

/// No range of time.
const ALWAYS: (Timestamp, Timestamp) = (Timestamp::MIN, Timestamp::MAX);

/// One event of a user: name, time, amount.
type Did = (usize, &'static str, i64, Option<i64>);

fn sent() -> impl Strategy<Value = Sent> {
    let steps = select(vec![SENT, FAILED, DELIVERED, OPENED, CLICKED, BOUNCED, COMPLAINED]);
    (
        (
            0..4_usize,
            0..2_000_i64,
            select(vec!["one", "two"]),
            select(vec![None, Some("a"), Some("b")]),
        ),
        select(vec![HELD_OUT, WITHHELD, QUEUED]),
        select(vec!["cap", "workspace", "campaign"]),
        vec((steps, any::<bool>()), 0..6),
        any::<bool>(),
    )
        .prop_map(|((user, at, campaign, variant), decision, reason, steps, waited)| Sent {
            user,
            at,
            campaign,
            variant,
            decision,
            reason,
            steps,
            waited,
        })
}

fn did() -> impl Strategy<Value = Did> {
    (0..4_usize, select(vec!["view", "buy"]), 0..3_000_i64, proptest::option::of(1..50_i64))
}

fn event(user: usize, name: &str, at: i64, id: EventId, properties: &[(&str, Value)]) -> Record {
    let mut properties: Vec<(Text, Value)> =
        properties.iter().map(|(name, value)| (Text::new(name), value.clone())).collect();
    model::record::sort_properties(&mut properties);
    let event = Event { name: name.into(), time: Timestamp(at), id, properties };
    let who = Who::user(&format!("u{user}"));
    Record { received_at: Timestamp(at), who, what: What::Event(event) }
}

fn records(all: &[Sent], did: &[Did]) -> Vec<Record> {
    let mut records = Vec::new();
    for (n, sent) in all.iter().enumerate() {
        let message = EventId(n as u128 + 1);
        let own =
            [(MESSAGE, Value::text(&message.to_string())), (CAMPAIGN, Value::text(sent.campaign))];
        let variant =
            sent.variant.filter(|_| sent.decision != HELD_OUT).map(|v| (VARIANT, Value::text(v)));
        let all = |more: &[(&'static str, Value)]| -> Vec<(&'static str, Value)> {
            own.iter().cloned().chain(variant.clone()).chain(more.iter().cloned()).collect()
        };
        if sent.waited {
            let id = event_id(message, PLANNED, 0);
            records.push(event(sent.user, PLANNED, sent.at - 10, id, &all(&[])));
        }
        let because = match sent.decision {
            HELD_OUT => vec![(GROUP, Value::text(sent.reason))],
            WITHHELD => vec![(REASON, Value::text(sent.reason))],
            _ => vec![],
        };
        let id = event_id(message, "decision", 0);
        records.push(event(sent.user, sent.decision, sent.at, id, &all(&because)));
        if sent.decision != QUEUED {
            continue;
        }
        for (k, (step, machine)) in sent.steps.iter().enumerate() {
            // Taken or not taken is told once each; the rest may be told again.
            let told = if [SENT, FAILED].contains(step) { 0 } else { k as u64 };
            let more = [(MACHINE, Value::Bool(*machine)), (CODE, Value::text("code"))];
            let id = event_id(message, step, told);
            records.push(event(sent.user, step, sent.at + 1 + k as i64, id, &all(&more)));
        }
    }
    for (n, (user, name, at, amount)) in did.iter().enumerate() {
        let amount = amount.map(|amount| ("amount", Value::Int(amount)));
        let id = EventId(1 << 100 | n as u128);
        records.push(event(*user, name, *at, id, &amount.into_iter().collect::<Vec<_>>()));
    }
    let mut ids = BTreeSet::new();
    records.retain(|record| ids.insert(record.delivery()));
    records
}

fn stored(records: Vec<Record>, seal_every: usize) -> Arc<Snapshot> {
    let (mut fold, mut store) = (Fold::new(), Store::in_memory());
    for (arrival, record) in records.into_iter().enumerate() {
        let step = fold.step(&record);
        let name = fold.person(step.user).public_id.clone();
        store.apply(&step, record, &name, arrival as u64);
        if arrival % seal_every == 0 {
            store.snapshot().unwrap();
        }
    }
    store.snapshot().unwrap()
}

fn has(sent: &Sent, step: &str) -> bool {
    sent.decision == QUEUED && sent.steps.iter().any(|(own, _)| *own == step)
}

fn of<'a>(all: &'a [Sent], campaign: Option<&str>) -> Vec<&'a Sent> {
    all.iter().filter(|sent| campaign.is_none_or(|campaign| campaign == sent.campaign)).collect()
}

#[test]
fn funnels_are_those_of_the_naive_count_and_close() {
    let case = (vec(sent(), 0..25), vec(did(), 0..10), 1..9_usize, generate::rules());
    report(runner(400).run(&case, |(all, did, seal, rules)| {
        let snapshot = stored(records(&all, &did), seal);
        let evaluator = Evaluator::new(&snapshot, &rules, Timestamp(1_000_000));
        for campaign in [None, Some("one"), Some("three")] {
            let found = funnels(&evaluator, campaign, ALWAYS).unwrap();
            let own = of(&all, campaign);
            let count = |holds: &dyn Fn(&Sent) -> bool| {
                own.iter().filter(|sent| holds(sent)).count() as u64
            };
            let sum = |get: &dyn Fn(&super::Funnel) -> u64| found.values().map(get).sum::<u64>();
            prop_assert_eq!(sum(&|f| f.decided()), own.len() as u64);
            prop_assert_eq!(sum(&|f| f.queued), count(&|s| s.decision == QUEUED));
            prop_assert_eq!(sum(&|f| f.sent), count(&|s| has(s, SENT)));
            prop_assert_eq!(
                sum(&|f| f.failed.values().sum()),
                count(&|s| has(s, FAILED) && !has(s, SENT))
            );
            prop_assert_eq!(sum(&|f| f.delivered), count(&|s| has(s, DELIVERED)));
            prop_assert_eq!(sum(&|f| f.clicked), count(&|s| has(s, CLICKED)));
            let opened = |machine: bool| {
                move |s: &Sent| s.decision == QUEUED && s.steps.contains(&(OPENED, machine))
            };
            prop_assert_eq!(sum(&|f| f.opened), count(&opened(false)));
            prop_assert_eq!(
                sum(&|f| f.opened_by_machine),
                count(&|s| opened(true)(s) && !opened(false)(s))
            );
            let waiting = count(&|s| s.decision == QUEUED && !has(s, SENT) && !has(s, FAILED));
            prop_assert_eq!(sum(&|f| f.waiting()), waiting);
            prop_assert_eq!(planned(&evaluator, campaign).unwrap(), 0);
        }
        // Of a range of time those that were decided in it, whatever became of them when.
        let between = (Timestamp(400), Timestamp(1_500));
        let found = funnels(&evaluator, None, between).unwrap();
        let inside: Vec<&Sent> = all.iter().filter(|s| (400..1_500).contains(&s.at)).collect();
        let sum = |get: &dyn Fn(&super::Funnel) -> u64| found.values().map(get).sum::<u64>();
        prop_assert_eq!(sum(&|f| f.decided()), inside.len() as u64);
        let sent = inside.iter().filter(|s| has(s, SENT)).count() as u64;
        prop_assert_eq!(sum(&|f| f.sent), sent);
        let latest =
            decided(&evaluator, Wish { campaign: Some("two"), ..Wish::default() }, 3).unwrap();
        let mut times: Vec<i64> = of(&all, Some("two")).iter().map(|sent| sent.at).collect();
        times.sort_unstable_by(|a, b| b.cmp(a));
        times.truncate(3);
        prop_assert_eq!(latest.iter().map(|one| one.at.0).collect::<Vec<_>>(), times);
        // Page by page everything comes once, in the order of the whole list, also of one instant.
        let whole = decided(&evaluator, Wish::default(), 1_000).unwrap();
        let mut paged = Vec::new();
        loop {
            let before = paged.last().map(|one: &Decided| (one.at, one.message.clone()));
            let before = before.as_ref().map(|(at, message)| Place { at: *at, message });
            let page = decided(&evaluator, Wish { before, ..Wish::default() }, 2).unwrap();
            if page.is_empty() {
                break;
            }
            paged.extend(page);
        }
        prop_assert_eq!(paged.len(), all.len());
        prop_assert_eq!(paged, whole);
        Ok(())
    }));
}

#[test]
fn arms_and_goals_are_those_of_the_naive_count() {
    let case =
        (vec(sent(), 0..25), vec(did(), 0..40), (1..9_usize, 1..1_500_i64), generate::rules());
    report(runner(400).run(&case, |(all, did, (seal, within), rules)| {
        let records = records(&all, &did);
        let snapshot = stored(records, seal);
        let at = 2_500;
        let evaluator = Evaluator::new(&snapshot, &rules, Timestamp(at));
        let goal = Goal {
            of: EventMatch::named("buy"),
            within: Span(within),
            revenue: Some("amount".into()),
        };
        let found =
            effect(&evaluator, Some("one"), (Timestamp::MIN, Timestamp::MAX), &[goal]).unwrap();
        // By user: the earliest draw; a message that waited was drawn for when it was planned.
        let mut drawn: BTreeMap<usize, (i64, Vec<Arm>)> = BTreeMap::new();
        for sent in of(&all, Some("one")) {
            let variant = sent.variant.map(|variant| Arm::Variant(variant.into()));
            let mut draws = Vec::new();
            match sent.decision {
                HELD_OUT => draws.push((sent.at, Some(Arm::Control(sent.reason.into())))),
                _ => draws.push((sent.at, variant.clone())),
            }
            if sent.waited && sent.decision != HELD_OUT {
                draws.push((sent.at - 10, variant));
            }
            for (time, arm) in draws.into_iter().filter_map(|(time, arm)| Some((time, arm?))) {
                let own = drawn.entry(sent.user).or_insert((time, vec![]));
                if time < own.0 {
                    *own = (time, vec![]);
                }
                if time == own.0 {
                    own.1.push(arm);
                }
            }
        }
        // Of draws in one millisecond any may count: such populations tell nothing of arms.
        prop_assume!(drawn.values().all(|(_, arms)| arms.iter().all(|arm| *arm == arms[0])));
        let mut naive: BTreeMap<Arm, (u64, u64, u64, u64, f64, f64)> = BTreeMap::new();
        for (user, (from, arms)) in &drawn {
            let own = naive.entry(arms[0].clone()).or_default();
            let inside = |time: i64| *from <= time && time <= from + within && time <= at;
            let bought: Vec<i64> = did
                .iter()
                .filter(|(who, name, time, _)| who == user && *name == "buy" && inside(*time))
                .map(|(.., amount)| amount.unwrap_or(0))
                .collect();
            let revenue = bought.iter().sum::<i64>() as f64;
            own.0 += 1;
            own.1 += u64::from(from + within < at);
            own.2 += u64::from(!bought.is_empty());
            own.3 += bought.len() as u64;
            own.4 += revenue;
            own.5 += revenue * revenue;
        }
        let found: BTreeMap<Arm, _> = found
            .into_iter()
            .map(|(arm, of)| {
                let one = &of[0];
                let money = (one.revenue.value(), one.revenue_squares.value());
                (arm, (one.users, one.complete, one.converted, one.events, money.0, money.1))
            })
            .collect();
        prop_assert_eq!(found, naive);
        Ok(())
    }));
}

#[test]
fn a_failed_message_that_is_sent_again_waits_until_it_has_an_outcome() {
    let message = EventId(9);
    let step = |name: &'static str, n: u64, at: i64| {
        let mut own = vec![
            (MESSAGE, Value::text(&message.to_string())),
            (CAMPAIGN, Value::text("one")),
            (VARIANT, Value::text("a")),
        ];
        if name == FAILED {
            own.push((CODE, Value::text(if n == 0 { "first" } else { "second" })));
        }
        event(0, name, at, event_id(message, name, n), &own)
    };
    let all = [
        step(QUEUED, 0, 1),
        step(FAILED, 0, 2),
        step(RETRIED, 1, 3),
        step(FAILED, 1, 4),
        step(RETRIED, 2, 5),
        step(SENT, 0, 6),
    ];
    let expected =
        [(1, "waiting"), (2, "first"), (3, "waiting"), (4, "second"), (5, "waiting"), (6, "sent")];
    let snapshot = stored(all.to_vec(), 2);
    let rules = segment::Rules {
        zone: model::Zone::utc(),
        seed: 0,
        segments: Default::default(),
        composites: Default::default(),
        lifecycle: segment::Lifecycle { states: Vec::new() },
        rfm: segment::RfmSettings::of(EventMatch::named("buy"), None),
    };
    for (at, state) in expected {
        let evaluator = Evaluator::new(&snapshot, &rules, Timestamp(at));
        let funnels = funnels(&evaluator, Some("one"), ALWAYS).unwrap();
        let funnel = &funnels[&Text::new("a")];
        let failed: Vec<&str> = funnel.failed.keys().map(Text::as_str).collect();
        let found = match (funnel.sent, failed.as_slice(), funnel.waiting()) {
            (1, [], 0) => "sent",
            (0, [code], 0) => code,
            (0, [], 1) => "waiting",
            _ => panic!("{funnel:?}"),
        };
        assert_eq!(found, state, "at {at}");
    }
}

#[test]
fn looks_are_what_effect_counts_of_settled_users_and_do_not_depend_on_who_asks() {
    const DAY: i64 = 86_400_000;
    // Times in minutes would all lie in one day: here a unit is an hour and a half.
    const UNIT: i64 = DAY / 16;
    let case = (vec(sent(), 0..25), vec(did(), 0..40), 1..9_usize, generate::rules());
    report(runner(200).run(&case, |(mut all, mut did, seal, rules)| {
        all.iter_mut().for_each(|sent| {
            sent.at = sent.at / 20 * UNIT;
            sent.waited = false;
        });
        did.iter_mut().for_each(|did| did.2 = did.2 / 20 * UNIT);
        let mut seen = BTreeSet::new();
        all.retain(|sent| seen.insert((sent.user, sent.at)));
        let snapshot = stored(records(&all, &did), seal);
        let goal = Goal {
            of: EventMatch::named("buy"),
            within: Span(40 * UNIT),
            revenue: Some("amount".into()),
        };
        let end = Timestamp(200 * UNIT + 1);
        let whole = looks(&Evaluator::new(&snapshot, &rules, end), "one", Timestamp::MAX, &goal);
        let whole = whole.unwrap();
        for (at, arms) in &whole.looks {
            prop_assert_eq!(at.0 % DAY, 0);
            // Whoever asks at any instant sees the same looks up to it.
            let asked = Evaluator::new(&snapshot, &rules, at.plus(Span(5)));
            let found = looks(&asked, "one", Timestamp::MAX, &goal).unwrap();
            let before: Vec<_> = whole.looks.iter().filter(|look| look.0 <= *at).cloned().collect();
            prop_assert_eq!(&found.looks, &before);
            // Only those whose window is over: all who were drawn early enough, and no other.
            let until = at.minus(goal.within).minus(Span(1));
            let evaluator = Evaluator::new(&snapshot, &rules, *at);
            let effect = effect(
                &evaluator,
                Some("one"),
                (Timestamp::MIN, until),
                std::slice::from_ref(&goal),
            )
            .unwrap();
            let effect: BTreeMap<Arm, _> =
                effect.into_iter().map(|(arm, mut of)| (arm, of.remove(0))).collect();
            prop_assert_eq!(&effect, arms);
        }
        Ok(())
    }));
}

#[test]
fn journeys_bring_touches_of_people_and_what_they_did_in_order_of_time() {
    let case = (vec(sent(), 0..25), vec(did(), 0..40), 1..9_usize, generate::rules());
    report(runner(200).run(&case, |(all, did, seal, rules)| {
        let snapshot = stored(records(&all, &did), seal);
        let evaluator = Evaluator::new(&snapshot, &rules, Timestamp(1_000_000));
        let goal =
            Goal { of: EventMatch::named("buy"), within: Span(1), revenue: Some("amount".into()) };
        let found = journeys(
            &evaluator,
            Timestamp(500),
            &[goal],
            &Vec::<(usize, Vec<i64>, Vec<(i64, f64)>)>::new(),
            &|all, n, touches, reached| {
                let touches = touches.iter().map(|touch| touch.at.0).collect();
                let reached = reached.iter().map(|one| (one.at.0, one.revenue)).collect();
                all.push((n, touches, reached));
            },
            &|all, more| all.extend(more),
        )
        .unwrap();
        let mut naive = Vec::new();
        for user in 0..4_usize {
            let mut touches = Vec::new();
            for sent in all.iter().filter(|sent| sent.user == user && sent.decision == QUEUED) {
                let mut once = BTreeSet::new();
                for (k, (step, machine)) in sent.steps.iter().enumerate() {
                    let first = [SENT, FAILED].contains(step) && !once.insert(*step);
                    if [SENT, OPENED, CLICKED].contains(step) && !machine && !first {
                        touches.push(sent.at + 1 + k as i64);
                    }
                }
            }
            let mut reached: Vec<(i64, f64)> = did
                .iter()
                .filter(|(who, name, at, _)| *who == user && *name == "buy" && *at >= 500)
                .map(|(.., at, amount)| (*at, amount.unwrap_or(0) as f64))
                .collect();
            touches.sort_unstable();
            reached.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
            if !touches.is_empty() && !reached.is_empty() {
                naive.push((0, touches, reached));
            }
        }
        let key = |one: &(usize, Vec<i64>, Vec<(i64, f64)>)| format!("{one:?}");
        let (mut found, mut naive) = (found, naive);
        found.sort_by_key(key);
        naive.sort_by_key(key);
        prop_assert_eq!(found, naive);
        Ok(())
    }));
}
