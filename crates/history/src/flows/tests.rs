//! Flows against the enumeration of all paths, on random histories.

use std::collections::{BTreeMap, BTreeSet};

use model::{Span, Timestamp};
use proptest::prelude::*;
use proptest::sample::select;
use segment::Rules;
use segment::evaluate::UserHistory;
use testkit::cases::{report, runner};
use testkit::{generate, reference};

use super::{Direction, Link, Node, Question, Stop, flows};
use crate::activity::every_event;
use crate::evaluate::Evaluator;
use crate::groups::UserGroups;
use crate::histories::{even_users, stored};

fn question() -> impl Strategy<Value = Question> {
    let span = || proptest::option::weighted(0.4, select(&generate::SPANS[..]));
    let range = prop_oneof![
        2 => Just((Timestamp::MIN, Timestamp::MAX)),
        1 => Just((generate::CENTRE.minus(Span::days(7)), generate::CENTRE.minus(Span::DAY))),
    ];
    let steps = prop_oneof![Just(every_event()), generate::event_match()];
    let direction = select(vec![Direction::After, Direction::Before]);
    let rest = (span(), span(), any::<bool>(), 1..3usize);
    (generate::event_match(), range, steps, direction, 1..5u8, rest).prop_map(
        |(anchor, range, steps, direction, depth, (gap, window, collapse, top))| Question {
            anchor,
            range,
            steps,
            direction,
            depth,
            gap,
            window,
            collapse,
            top,
        },
    )
}

/// An event of a path: name, begin, end, whether an anchor, whether a step.
#[derive(Clone, Debug)]
struct Item {
    name: String,
    begin: Timestamp,
    end: Timestamp,
    anchor: bool,
    step: bool,
}

fn items(q: &Question, user: &UserHistory, rules: &Rules, at: Timestamp) -> Vec<Item> {
    let place = |e: &&segment::evaluate::UserEvent| (e.time, e.arrival);
    let anchors: Vec<_> =
        reference::matching(&q.anchor, user, rules, at).iter().map(place).collect();
    let steps: Vec<_> = reference::matching(&q.steps, user, rules, at).iter().map(place).collect();
    let mut items: Vec<Item> = Vec::new();
    for event in user.events.iter().filter(|event| event.time <= at) {
        let (is_anchor, step) = (anchors.contains(&place(&event)), steps.contains(&place(&event)));
        if !is_anchor && !step {
            continue;
        }
        let anchor = is_anchor && q.range.0 <= event.time && event.time <= q.range.1;
        let fits = |last: &&mut Item| {
            q.collapse
                && last.name == event.name.as_str()
                && q.gap.is_none_or(|gap| event.time - last.end <= gap)
        };
        match items.last_mut().filter(fits) {
            Some(last) => {
                last.end = event.time;
                last.anchor |= anchor;
                last.step |= step;
            }
            None => items.push(Item {
                name: event.name.to_string(),
                begin: event.time,
                end: event.time,
                anchor,
                step,
            }),
        }
    }
    items
}

/// Names after the anchor, and whether the path ended before its depth.
fn paths(q: &Question, items: &[Item]) -> Vec<Vec<Option<String>>> {
    let mut paths = Vec::new();
    for (at, anchor) in items.iter().enumerate().filter(|(_, item)| item.anchor) {
        let rest: Vec<&Item> = match q.direction {
            Direction::After => items[at + 1..].iter().filter(|item| item.step).collect(),
            Direction::Before => items[..at].iter().rev().filter(|item| item.step).collect(),
        };
        let between = |a: &Item, b: &Item| match q.direction {
            Direction::After => b.begin - a.end,
            Direction::Before => a.begin - b.end,
        };
        let mut path: Vec<Option<String>> = Vec::new();
        let mut before = anchor;
        for item in rest {
            if path.len() == usize::from(q.depth)
                || q.gap.is_some_and(|gap| between(before, item) > gap)
                || q.window.is_some_and(|window| between(anchor, item) > window)
            {
                break;
            }
            path.push(Some(item.name.clone()));
            before = item;
        }
        if path.len() < usize::from(q.depth) {
            path.push(None);
        }
        paths.push(path);
    }
    paths
}

#[test]
fn flows_are_those_of_all_paths() {
    let rest = (generate::instants(), 1..30usize, any::<bool>());
    let case = (question(), generate::population(), generate::rules(), rest);
    report(runner(3_000).run(&case, |(q, population, rules, (instants, seal, all))| {
        let (fold, snapshot) = stored(&population, seal);
        let even = even_users(&population, &fold, snapshot.n_places());
        let at = instants[0];
        let evaluator = Evaluator::new(&snapshot, &rules, at);
        let among = UserGroups::one((!all).then_some(&even));
        let found = flows(&evaluator, &q, &among).unwrap();
        let users: Vec<Vec<Vec<Option<String>>>> = population
            .iter()
            .step_by(if all { 1 } else { 2 })
            .map(|user| paths(&q, &items(&q, user, &rules, at)))
            .collect();
        // The most frequent names of each step. Of equally frequent ones either may have a node.
        let mut frequent: BTreeMap<(usize, String), usize> = BTreeMap::new();
        for path in users.iter().flatten() {
            for (step, name) in path.iter().enumerate() {
                if let Some(name) = name {
                    *frequent.entry((step + 1, name.clone())).or_default() += 1;
                }
            }
        }
        let named = |step: usize| -> BTreeSet<String> {
            let own = found.nodes.iter().filter(|node| usize::from(node.step) == step);
            own.filter_map(|node| match &node.stop {
                Stop::Event(name) => Some(name.to_string()),
                _ => None,
            })
            .collect()
        };
        for ((step, name), count) in &frequent {
            let names = named(*step);
            let of_step = frequent.iter().filter(|((other, _), _)| other == step);
            let more = of_step.clone().filter(|(_, other)| *other > count).count();
            let n = of_step.count();
            prop_assert_eq!(names.len(), n.min(q.top));
            prop_assert!(!names.contains(name) || more < q.top, "{} at {}", name, step);
        }
        let mut nodes: BTreeMap<(u8, Stop), (BTreeSet<usize>, u64)> = BTreeMap::new();
        let mut links: BTreeMap<(u8, Stop, Stop), (BTreeSet<usize>, u64)> = BTreeMap::new();
        for (user, paths) in users.iter().enumerate() {
            for path in paths {
                let mut before = Stop::Anchor;
                let entry = nodes.entry((0, Stop::Anchor)).or_default();
                entry.0.insert(user);
                entry.1 += 1;
                for (step, name) in path.iter().enumerate() {
                    let now = match name {
                        None => Stop::End,
                        Some(name) if named(step + 1).contains(name) => Stop::Event(name.into()),
                        Some(_) => Stop::Other,
                    };
                    let step = step as u8 + 1;
                    let node = nodes.entry((step, now.clone())).or_default();
                    node.0.insert(user);
                    node.1 += 1;
                    let link = links.entry((step, before, now.clone())).or_default();
                    link.0.insert(user);
                    link.1 += 1;
                    before = now;
                }
            }
        }
        let nodes: BTreeSet<_> = nodes
            .into_iter()
            .map(|((step, stop), (users, paths))| (step, stop, users.len() as u64, paths))
            .collect();
        let found_nodes = found.nodes.iter().cloned();
        let found_nodes: BTreeSet<_> = found_nodes
            .map(|Node { step, stop, users, paths }| (step, stop, users, paths))
            .collect();
        prop_assert_eq!(found_nodes, nodes);
        let links: BTreeSet<_> = links
            .into_iter()
            .map(|((step, from, to), (users, paths))| (step, from, to, users.len() as u64, paths))
            .collect();
        let found_links = found.links.iter().cloned();
        let found_links: BTreeSet<_> = found_links
            .map(|Link { step, from, to, users, paths }| (step, from, to, users, paths))
            .collect();
        prop_assert_eq!(found_links, links);
        Ok(())
    }));
}
