//! Funnels against the enumeration of all chains, on random histories.

use std::collections::BTreeMap;

use model::value::ValueKey;
use model::{Span, Timestamp};
use proptest::prelude::*;
use proptest::sample::select;
use segment::Rules;
use segment::evaluate::{UserEvent, UserHistory};
use segment::tree::EventMatch;
use testkit::cases::{report, runner};
use testkit::{generate, reference};

use super::{Funnel, Order, Step, conversions};
use crate::evaluate::Evaluator;
use crate::groups::{GroupName, UserGroups};
use crate::histories::{even_users, group_of, stored};

fn asked() -> impl Strategy<Value = Funnel> {
    let order = select(vec![Order::Loose, Order::Loose, Order::Strict, Order::Any]);
    let window = || proptest::option::weighted(0.4, select(&generate::SPANS[..]));
    let held =
        select(vec![vec![], vec![], vec!["item".into()], vec!["item".into(), "amount".into()]]);
    let begins = prop_oneof![
        2 => Just((Timestamp::MIN, Timestamp::MAX)),
        1 => Just((generate::CENTRE.minus(Span::days(7)), generate::CENTRE.minus(Span::DAY))),
    ];
    let steps = proptest::collection::vec(generate::event_match(), 1..4);
    let step_windows = proptest::collection::vec(window(), 0..4);
    (steps, order, window(), step_windows, held, any::<bool>(), begins).prop_map(
        |(steps, order, window, step_windows, held, per_value, begins)| Funnel {
            per_value: per_value && !held.is_empty(),
            step_windows: if order == Order::Any { Vec::new() } else { step_windows },
            steps,
            order,
            window,
            held,
            begins,
        },
    )
}

/// Events of a chain: for each step (in any order: each step used) its event.
type Chain<'a> = Vec<&'a UserEvent>;

struct Naive<'a> {
    funnel: &'a Funnel,
    user: &'a UserHistory,
    rules: &'a Rules,
    at: Timestamp,
}

fn place(event: &UserEvent) -> (Timestamp, u64) {
    (event.time, event.arrival)
}

impl<'a> Naive<'a> {
    fn hits(&self, of: &EventMatch) -> Vec<&'a UserEvent> {
        reference::matching(of, self.user, self.rules, self.at)
    }

    fn held(&self, event: &UserEvent) -> Option<Vec<ValueKey>> {
        let names = self.funnel.held.iter();
        names.map(|name| reference::property(event, name)?.key()).collect()
    }

    /// All chains of `n` steps in order.
    fn chains(&self, n: usize) -> Vec<Chain<'a>> {
        let mut chains: Vec<Chain> = vec![vec![]];
        for step in &self.funnel.steps[..n] {
            let hits = self.hits(step);
            let longer = chains.iter().flat_map(|chain| {
                hits.iter().map(|hit| chain.iter().copied().chain([*hit]).collect())
            });
            chains = longer.collect();
        }
        chains.retain(|chain| self.holds(chain));
        chains
    }

    /// All chains of `n` different steps in any order, by time.
    fn sets(&self, n: usize) -> Vec<Chain<'a>> {
        let mut chains: Vec<Chain> = vec![vec![]];
        for step in &self.funnel.steps {
            let hits = self.hits(step);
            let mut longer = chains.clone();
            for chain in &chains {
                let free = hits.iter().filter(|hit| !chain.iter().any(|e| place(e) == place(hit)));
                longer
                    .extend(free.map(|hit| chain.iter().copied().chain([*hit]).collect::<Chain>()));
            }
            chains = longer;
        }
        chains.retain(|chain| chain.len() == n);
        chains.iter_mut().for_each(|chain| chain.sort_by_key(|event| place(event)));
        chains.retain(|chain| self.holds(chain));
        chains
    }

    fn holds(&self, chain: &Chain) -> bool {
        let (funnel, first, last) = (self.funnel, chain[0], chain[chain.len() - 1]);
        let steps = || chain.windows(2).map(|pair| (pair[0], pair[1]));
        let all = reference::matching(&every_event(), self.user, self.rules, self.at);
        let between = |a: &UserEvent, b: &UserEvent| {
            all.iter().any(|e| place(a) < place(e) && place(e) < place(b))
        };
        let step_window = |step: usize| funnel.step_windows.get(step).copied().flatten();
        funnel.begins.0 <= first.time
            && first.time <= funnel.begins.1
            && steps().all(|(a, b)| place(a) < place(b))
            && funnel.window.is_none_or(|window| last.time - first.time <= window)
            && (1..)
                .zip(steps())
                .all(|(step, (a, b))| step_window(step).is_none_or(|w| b.time - a.time <= w))
            && (funnel.order != Order::Strict || steps().all(|(a, b)| !between(a, b)))
            && self.held(first).is_some()
            && steps().all(|(a, b)| self.held(a) == self.held(b))
    }

    /// Counts the user at every step; `only`: chains whose first event is in the group.
    fn count(&self, steps: &mut [Step], only: &dyn Fn(&UserEvent) -> bool) {
        for (step, counted) in steps.iter_mut().enumerate() {
            let n = step + 1;
            let mut chains =
                if self.funnel.order == Order::Any { self.sets(n) } else { self.chains(n) };
            chains.retain(|chain| only(chain[0]));
            let mut units: BTreeMap<Option<Vec<ValueKey>>, Vec<Chain>> = BTreeMap::new();
            for chain in chains {
                let unit = self.funnel.per_value.then(|| self.held(chain[0])).flatten();
                units.entry(unit).or_default().push(chain);
            }
            for chains in units.values() {
                self.count_unit(counted, step, chains, only);
            }
        }
    }

    fn count_unit(
        &self,
        counted: &mut Step,
        step: usize,
        chains: &[Chain],
        only: &dyn Fn(&UserEvent) -> bool,
    ) {
        counted.reached += 1;
        if step == 0 {
            return;
        }
        // The earliest end; then the latest events before it, backwards. In any order only the
        // start is told: it is the latest.
        let completed = chains.iter().map(|chain| place(chain[step])).min().unwrap();
        let ending = chains.iter().filter(|chain| place(chain[step]) == completed);
        let backwards = |chain: &&Chain| -> Vec<_> {
            match self.funnel.order {
                Order::Any => vec![place(chain[0])],
                _ => chain.iter().rev().map(|event| place(event)).collect(),
            }
        };
        let chain = ending.max_by_key(backwards).unwrap();
        let (first, last) = (chain[0], chain[step]);
        counted.from_start.add((last.time - first.time).0 as f64);
        if self.funnel.order == Order::Any {
            return;
        }
        counted.from_before.add((last.time - chain[step - 1].time).0 as f64);
        let mut before = self.hits(&self.funnel.steps[step - 1]);
        before.retain(|event| {
            place(first) <= place(event)
                && place(event) < place(last)
                && self.held(event) == self.held(first)
                && (step > 1 || only(event))
        });
        counted.times_before.add(before.len() as f64);
    }
}

fn every_event() -> EventMatch {
    EventMatch { names: segment::tree::EventNames::Any, filter: segment::tree::Where::ALWAYS }
}

#[test]
fn conversions_are_those_of_all_chains() {
    let rest = (generate::instants(), 1..30usize, 0..4u8);
    let case = (asked(), generate::population(), generate::rules(), rest);
    report(runner(4_000).run(&case, |(funnel, population, rules, (instants, seal, way))| {
        let (fold, snapshot) = stored(&population, seal);
        let even = even_users(&population, &fold, snapshot.n_places());
        let at = instants[0];
        let evaluator = Evaluator::new(&snapshot, &rules, at);
        let way = if funnel.order == Order::Any { way.min(2) } else { way };
        let groups = match way {
            1 => UserGroups::one(Some(&even)),
            2 => UserGroups::by_attribute(&evaluator, None, "plan", 2).unwrap(),
            _ => UserGroups::one(None),
        };
        let by_first = (way == 3).then_some(("amount", 2));
        let found = conversions(&evaluator, &funnel, &groups, by_first).unwrap();
        let names: Vec<GroupName> = found.iter().map(|group| group.group.clone()).collect();
        let mut expected = vec![vec![Step::default(); funnel.steps.len()]; names.len()];
        for user in &population {
            let inside = fold.find(&user.id).is_some_and(|user| even.contains(user));
            let naive = Naive { funnel: &funnel, user, rules: &rules, at };
            let plan = reference::attribute(user, "plan", &rules, at).and_then(|v| v.key());
            for (name, steps) in names.iter().zip(&mut expected) {
                match way {
                    0 => naive.count(steps, &|_| true),
                    1 if inside => naive.count(steps, &|_| true),
                    1 => {}
                    2 if group_of(&names, plan.clone()) == *name => naive.count(steps, &|_| true),
                    2 => {}
                    _ => naive.count(steps, &|event| {
                        let key = reference::property(event, "amount").and_then(|v| v.key());
                        group_of(&names, key) == *name
                    }),
                }
            }
        }
        let found: Vec<Vec<Step>> = found.into_iter().map(|group| group.steps).collect();
        prop_assert_eq!(found, expected, "at {} by {:?}", at, names);
        Ok(())
    }));
}
