//! Learning splits: what their paths brought about, and how they divide people from now on.
//!
//! Everything follows from the history: who was split so long ago that their time for a reward is over, and what
//! they did in it. So a path that brings something about sooner has no advantage, and a crash forgets nothing.
//!
//! Where a split tells people apart by a context, each context has an allocation and a verdict of its own. It
//! learns from its own people and, as a hint, from a hundred of all others (`Evidence::pooled`). A verdict in one
//! of K contexts may be wrong with a K-th of the error of one alone, so that the chance of any wrong winner is what
//! it is without contexts (Bonferroni).

use std::collections::BTreeMap;

use experiment::Level;
use experiment::bandit::{
    Allocation, Evidence, Missing, Mode, Reward, Rule, Totals, Why, allocate, judge,
};
use experiment::sequential::SUCCESSES_MIN;
use history::journeys::{Goal, Wish, learning};
use history::outreach::{Arm, Arms, Outcome};
use model::{Span, Text, Timestamp};
use wire::api::{
    ContextLearning, JourneyLearning, LearningAllocation, LearningMode, LearningPath, LearningStep,
    LearningVerdict,
};

use super::super::Service;
use crate::failure::Failure;
use crate::journeys::compile::Learning;
use crate::sentences::{Said, told as said};

/// How long shares stay as they are.
pub(crate) const EVERY: Span = Span(5 * 60 * 1_000);

/// Allocations of a split that are kept.
const KEPT: u32 = 1_000;

/// Allocations that are shown.
const SHOWN: u32 = 100;

/// When a path has won, where nobody is told apart.
const RULE: Rule = Rule { level: Level::P95, runs_min: 100, time_min: None };

impl Service {
    /// Learning splits of a journey: how they have divided people, and why.
    pub fn journey_learning(&self, id: &str) -> Result<JourneyLearning, Failure> {
        self.saved_journey(id)?;
        let outfit = self.outfit()?;
        let mut steps = Vec::new();
        for split in outfit.learning.get(id).into_iter().flatten() {
            steps.push(self.learning_step(id, split)?);
        }
        Ok(JourneyLearning { steps })
    }

    fn learning_step(&self, id: &str, split: &Learning) -> Result<LearningStep, Failure> {
        let evidence = self.learned(id, split)?;
        let shown = (SHOWN as usize / evidence.len()).max(1) as u32;
        let mut contexts = Vec::with_capacity(evidence.len());
        for ((context, known), winner) in split.groups().zip(&evidence).zip(&split.winners) {
            let stored = self.workspace.config().learning(id, &split.key(context), shown)?;
            let read = |(_, json): &(Timestamp, String)| serde_json::from_str(json).ok();
            let counted = known.totals().iter().any(|of| of.runs > 0);
            contexts.push(ContextLearning {
                context: context.map(Text::to_string),
                winner: winner.map(|won| split.paths[usize::from(won)].to_string()),
                allocations: stored.iter().filter_map(read).collect(),
                verdict: counted.then(|| verdict(known, split)),
            });
        }
        let (won, wrong) = in_all(&contexts);
        Ok(LearningStep {
            step: split.step.to_string(),
            mode: match split.manual {
                true => LearningMode::Manual,
                false => LearningMode::Automatic,
            },
            floor: split.floor.fraction(),
            window_ms: window(split).0,
            contexts,
            won,
            wrong,
        })
    }

    /// Divides people anew where it is time to; when it is next, and whether anything is otherwise than before.
    pub(crate) fn learn(&self, now: Timestamp) -> Result<(Option<Timestamp>, bool), Failure> {
        let outfit = self.outfit()?;
        let (mut next, mut changed) = (None::<Timestamp>, false);
        for (id, all) in &outfit.learning {
            let running = outfit
                .journeys
                .journey(id)
                .is_some_and(|journey| journey.standing == engine::journey::Standing::Running);
            let learns = |of: &&Learning| running && !of.manual && of.winners.contains(&None);
            for split in all.iter().filter(learns) {
                let due = self.learns_at(id, split, now)?;
                let again = match due > now {
                    true => due,
                    false => {
                        changed |= self.divide(id, split, now)?;
                        now.plus(EVERY)
                    }
                };
                next = Some(next.map_or(again, |next| next.min(again)));
            }
        }
        Ok((next, changed))
    }

    /// When a split divides people anew: its contexts do so together.
    fn learns_at(&self, id: &str, split: &Learning, now: Timestamp) -> Result<Timestamp, Failure> {
        let mut due = Timestamp::MAX;
        for (context, _) in open(split) {
            let last = self.workspace.config().learning(id, &split.key(context), 1)?.pop();
            due = due.min(last.as_ref().map_or(now, |(at, _)| at.plus(EVERY)));
        }
        Ok(due)
    }

    /// Divides people anew; whether any share is otherwise than before.
    fn divide(&self, id: &str, split: &Learning, now: Timestamp) -> Result<bool, Failure> {
        let evidence = self.learned(id, split)?;
        let mut changed = false;
        for (context, place) in open(split) {
            let allocation = allocate(&evidence[place], &Mode::Learn { floor: split.floor })
                .map_err(|error| Failure::new(500, "server.learning", error.to_string()))?;
            let told = told(&allocation, split, now);
            let json = serde_json::to_string(&told)
                .map_err(|error| Failure::new(500, "server.settings", error.to_string()))?;
            let key = split.key(context);
            self.workspace.config().put_learning((id, &key), now, &json, KEPT)?;
            changed |= split.shares_of(context).is_none_or(|before| {
                let before = before.all().iter().map(|arm| arm.share);
                !before.eq(allocation.shares())
            });
        }
        Ok(changed)
    }

    /// What is known of the paths of a split, by context: of users whose time for a reward is over. Whoever was
    /// found in a context that is there no more is one of whom the others borrow.
    fn learned(&self, id: &str, split: &Learning) -> Result<Vec<Evidence>, Failure> {
        let now = self.workspace.now();
        let view = self.view(Some(&now.to_string()), None)?;
        let goals: Vec<Goal> = split.goals.iter().map(|(of, _)| Goal::Event(of.clone())).collect();
        let until = now.minus(window(split)).minus(Span(1));
        let step = split.step.as_str();
        let mut found = learning(&view.evaluator(), Wish::of(id), (step, until), &goals)?;
        let mut all: Vec<Vec<Totals>> = Vec::new();
        for context in split.groups() {
            let arms = match context {
                Some(context) => found.remove(context).unwrap_or_default(),
                None => together(std::mem::take(&mut found)),
            };
            all.push(paths(&arms, split));
        }
        all.push(paths(&together(found), split));
        let contexts: Vec<&[Totals]> = all.iter().map(Vec::as_slice).collect();
        let known = |place| Evidence::pooled(reward(split), &contexts, place);
        let known = (0..contexts.len() - 1).map(known).collect::<Result<_, _>>();
        known.map_err(|error| Failure::new(500, "server.learning", error.to_string()))
    }
}

/// Contexts, with their places, of which a split still learns.
fn open(split: &Learning) -> impl Iterator<Item = (Option<&Text>, usize)> {
    let all = split.groups().zip(0..).zip(&split.winners);
    all.filter(|(_, winner)| winner.is_none()).map(|(own, _)| own)
}

/// What the people of several contexts did, by path.
fn together(contexts: BTreeMap<Text, Arms>) -> Arms {
    let mut all = Arms::new();
    for (arm, outcomes) in contexts.into_values().flatten() {
        let own = all.entry(arm).or_insert_with(|| vec![Outcome::default(); outcomes.len()]);
        own.iter_mut().zip(&outcomes).for_each(|(own, more)| own.merge(more));
    }
    all
}

/// What the paths of a split brought, in their order.
fn paths(arms: &Arms, split: &Learning) -> Vec<Totals> {
    let reward = reward(split);
    let one = |path: &Text| {
        let outcomes = arms.get(&Arm::Variant(path.clone()));
        outcomes.map_or(Totals::rate(0, 0), |of| totals(of, split, reward))
    };
    split.paths.iter().map(one).collect()
}

/// The path that has won in every context, and the probability that any winner is wrong.
fn in_all(contexts: &[ContextLearning]) -> (Option<String>, f64) {
    let verdict = |of: &ContextLearning| of.verdict.clone().filter(|verdict| verdict.won);
    let won: Vec<LearningVerdict> = contexts.iter().filter_map(verdict).collect();
    let wrong = won.iter().map(|verdict| verdict.wrong).sum::<f64>().min(1.0);
    let first = won.first().map(|verdict| verdict.leader.clone());
    let same =
        won.len() == contexts.len() && won.iter().all(|of| Some(&of.leader) == first.as_ref());
    (first.filter(|_| same), wrong)
}

/// The longest time for a reward.
fn window(split: &Learning) -> Span {
    split.goals.iter().map(|(goal, _)| goal.within).max().unwrap_or(Span(0))
}

/// Paths are judged by a rate if there is one goal without revenue; otherwise by the amount that users bring.
fn reward(split: &Learning) -> Reward {
    match split.goals.as_slice() {
        [(goal, _)] if goal.revenue.is_none() => Reward::Rate,
        _ => Reward::Amount,
    }
}

/// What a path brought. Of several goals the deviations are added up, as if they came together: that makes the
/// evidence weaker than it is, never stronger.
fn totals(outcomes: &[Outcome], split: &Learning, reward: Reward) -> Totals {
    let runs = outcomes.first().map_or(0, |of| of.users);
    if reward == Reward::Rate {
        return Totals::rate(runs, outcomes.first().map_or(0, |of| of.converted));
    }
    let n = runs as f64;
    if runs == 0 {
        return Totals::rate(0, 0);
    }
    let (mut sum, mut deviation, mut rewarded) = (0.0, 0.0, 0);
    for (outcome, (goal, value)) in outcomes.iter().zip(&split.goals) {
        let (of_goal, squares) = match goal.revenue {
            Some(_) => (outcome.revenue.value(), outcome.revenue_squares.value()),
            None => (outcome.converted as f64, outcome.converted as f64),
        };
        let mean = of_goal / n;
        sum += value * of_goal;
        deviation += value * (squares / n - mean * mean).max(0.0).sqrt();
        rewarded = rewarded.max(outcome.converted);
    }
    let mean = sum / n;
    let sum_squares = n * (mean * mean + deviation * deviation);
    Totals { runs, rewarded, sum, sum_squares }
}

fn told(allocation: &Allocation, split: &Learning, at: Timestamp) -> LearningAllocation {
    let names: Vec<&str> = split.paths.iter().map(Text::as_str).collect();
    let said = allocation.said(&names);
    let arms = allocation.arms.iter().zip(&split.paths).zip(said);
    LearningAllocation {
        at: at.to_string(),
        why: match allocation.why {
            Why::Start => "start",
            Why::Learnt => "learnt",
            Why::Manual => "manual",
            Why::Winner => "winner",
        }
        .to_owned(),
        reward: match allocation.reward {
            Reward::Rate => "rate",
            Reward::Amount => "amount",
        }
        .to_owned(),
        paths: arms
            .map(|((arm, path), said)| LearningPath {
                path: path.to_string(),
                runs: arm.totals.runs,
                rewarded: arm.totals.rewarded,
                borrowed: arm.borrowed,
                mean: arm.value.value,
                low: arm.value.interval.low,
                high: arm.value.interval.high,
                best: arm.best,
                before_floor: arm.before_floor,
                share: arm.share.fraction(),
                said,
            })
            .collect(),
    }
}

fn verdict(evidence: &Evidence, split: &Learning) -> LearningVerdict {
    let rule = RULE.of(split.contexts.len());
    let verdict = judge(evidence, rule, Span::MAX);
    let name = |arm: usize| split.paths.get(arm).map_or(String::new(), Text::to_string);
    let missing = |missing: &Missing| match *missing {
        Missing::Runs { arm, runs, needed } => said::NEEDS_RUNS.with([
            ("path", name(arm).into()),
            ("runs", runs.into()),
            ("needed", needed.into()),
        ]),
        Missing::Rewarded { arm, rewarded } => said::NEEDS_REWARDED.with([
            ("path", name(arm).into()),
            ("rewarded", rewarded.into()),
            ("needed", SUCCESSES_MIN.into()),
        ]),
        Missing::Time { elapsed, needed } => said::NEEDS_TIME
            .with([("elapsed", elapsed.to_string().into()), ("needed", needed.to_string().into())]),
        Missing::Sure { best, needed } => {
            said::NEEDS_SURE.with([("best", best.into()), ("needed", needed.into())])
        }
        Missing::Shown { p, needed } => {
            said::NEEDS_SHOWN.with([("p", p.into()), ("most", needed.into())])
        }
    };
    let missing: Vec<Said> = verdict.missing.iter().map(missing).collect();
    LearningVerdict {
        level: rule.level.confidence(),
        leader: name(verdict.leader),
        won: verdict.won,
        best: verdict.best,
        wrong: verdict.wrong,
        expected_loss: verdict.expected_loss,
        missing: missing.iter().map(|said| said.text.clone()).collect(),
        missing_code: missing.into_iter().filter_map(|said| said.code).collect(),
    }
}
