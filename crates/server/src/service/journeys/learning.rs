//! Learning splits: what their paths brought about, and how they divide people from now on.
//!
//! Everything follows from the history: who was split so long ago that their time for a reward is over, and what
//! they did in it. So a path that brings something about sooner has no advantage, and a crash forgets nothing.

use experiment::Level;
use experiment::bandit::{
    Allocation, Evidence, Missing, Mode, Reward, Rule, Totals, Why, allocate, judge,
};
use history::journeys::{Goal, Wish, splits};
use history::outreach::{Arm, Outcome};
use model::{Span, Text, Timestamp};
use wire::api::{
    JourneyLearning, LearningAllocation, LearningMode, LearningPath, LearningStep, LearningVerdict,
};

use super::super::Service;
use crate::failure::Failure;
use crate::journeys::compile::Learning;

/// How long shares stay as they are.
pub(crate) const EVERY: Span = Span(5 * 60 * 1_000);

/// Allocations of a split that are kept.
const KEPT: u32 = 1_000;

/// Allocations that are shown.
const SHOWN: u32 = 100;

/// When a path has won.
const RULE: Rule = Rule { level: Level::P95, runs_min: 100, time_min: None };

impl Service {
    /// Learning splits of a journey: how they have divided people, and why.
    pub fn journey_learning(&self, id: &str) -> Result<JourneyLearning, Failure> {
        self.saved_journey(id)?;
        let outfit = self.outfit()?;
        let mut steps = Vec::new();
        for split in outfit.learning.get(id).into_iter().flatten() {
            let stored = self.workspace.config().learning(id, &split.step, SHOWN)?;
            let read = |(_, json): &(Timestamp, String)| serde_json::from_str(json).ok();
            let evidence = self.learned(id, split)?;
            let counted = evidence.totals().iter().any(|of| of.runs > 0);
            steps.push(LearningStep {
                step: split.step.to_string(),
                mode: match split.manual {
                    true => LearningMode::Manual,
                    false => LearningMode::Automatic,
                },
                floor: split.floor.fraction(),
                window_ms: window(split).0,
                allocations: stored.iter().filter_map(read).collect(),
                verdict: counted.then(|| verdict(&evidence, split)),
            });
        }
        Ok(JourneyLearning { steps })
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
            for split in all.iter().filter(|of| running && !of.manual && of.winner.is_none()) {
                let config = self.workspace.config();
                let last = config.learning(id, &split.step, 1)?.pop();
                let due = last.as_ref().map_or(now, |(at, _)| at.plus(EVERY));
                if due > now {
                    next = Some(next.map_or(due, |next| next.min(due)));
                    continue;
                }
                let evidence = self.learned(id, split)?;
                let allocation = allocate(&evidence, &Mode::Learn { floor: split.floor })
                    .map_err(|error| Failure::new(500, "server.learning", error.to_string()))?;
                let told = told(&allocation, split, now);
                let json = serde_json::to_string(&told)
                    .map_err(|error| Failure::new(500, "server.settings", error.to_string()))?;
                config.put_learning((id, &split.step), now, &json, KEPT)?;
                changed |= split.shares.as_ref().is_none_or(|before| {
                    let before = before.all().iter().map(|arm| arm.share);
                    !before.eq(allocation.shares())
                });
                let again = now.plus(EVERY);
                next = Some(next.map_or(again, |next| next.min(again)));
            }
        }
        Ok((next, changed))
    }

    /// What is known of the paths of a split: of users whose time for a reward is over.
    fn learned(&self, id: &str, split: &Learning) -> Result<Evidence, Failure> {
        let now = self.workspace.now();
        let view = self.view(Some(&now.to_string()), None)?;
        let goals: Vec<Goal> = split.goals.iter().map(|(of, _)| Goal::Event(of.clone())).collect();
        let until = now.minus(window(split)).minus(Span(1));
        let steps = [split.step.as_str()];
        let mut arms = splits(&view.evaluator(), Wish::of(id), (&steps, until), &goals)?;
        let arms = arms.remove(&split.step).unwrap_or_default();
        let reward = reward(split);
        let totals: Vec<Totals> = split
            .paths
            .iter()
            .map(|path| {
                let outcomes = arms.get(&Arm::Variant(path.clone()));
                outcomes.map_or(Totals::rate(0, 0), |of| totals(of, split, reward))
            })
            .collect();
        Evidence::of(reward, &totals)
            .map_err(|error| Failure::new(500, "server.learning", error.to_string()))
    }
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
    let verdict = judge(evidence, RULE, Span::MAX);
    let name = |arm: usize| split.paths.get(arm).map_or(String::new(), Text::to_string);
    let missing = |missing: &Missing| match missing {
        Missing::Runs { arm, runs, needed } => {
            format!("{} has {runs} users counted and needs {needed}", name(*arm))
        }
        other => other.to_string(),
    };
    LearningVerdict {
        leader: name(verdict.leader),
        won: verdict.won,
        best: verdict.best,
        wrong: verdict.wrong,
        expected_loss: verdict.expected_loss,
        missing: verdict.missing.iter().map(missing).collect(),
    }
}
