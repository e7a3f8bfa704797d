//! Whether a variant of a campaign has won.
//!
//! The rule: the variants are compared with each other, or, if there is only one, with control; by the goal, the
//! measure and the confidence that the campaign names; at the end of each day (UTC); of users whose window is
//! over. So a verdict is a function of the history up to an instant: it is the same whoever asks, whenever and
//! however often, and the error of the mixture sequential probability ratio test holds over all looks.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use experiment::effect::{Amount, Rate};
use experiment::sequential::{SUCCESSES_MIN, Stage, Standing, Totals, Verdict};
use history::outreach::{self, Arm, Goal, Looks, Outcome};
use model::{Span, Text, Timestamp};
use wire::api::{
    DecisionMeasure, VerdictArm, VerdictKind, VerdictPair, VerdictReport, WithInterval,
};

use super::super::{Service, View};
use super::report::{CONTROL, amount, event_name, rate};
use crate::config::campaigns::{SavedCampaign, SavedWinner};
use crate::failure::Failure;
use crate::outreach::Ready;
use crate::outreach::decision::Decision;

/// The distance between looks.
const DAY: i64 = Span::days(1).0;

impl Service {
    /// The verdict on a campaign as of a view.
    pub(super) fn verdict(
        &self,
        view: &View,
        saved: &SavedCampaign,
        ready: &Ready,
    ) -> Result<VerdictReport, Failure> {
        let Some(goal) = ready.decision.goal.and_then(|goal| ready.goals.get(goal)) else {
            let sentence = "Without a goal nothing says which variant is better.";
            return Ok(nothing(&ready.decision, None, sentence));
        };
        if ready.campaign.by.is_some() {
            let sentence =
                "Variants go by what people are, not by chance: they cannot be compared.";
            return Ok(nothing(&ready.decision, Some(goal), sentence));
        }
        let winner = saved.winner.as_ref().filter(|won| won.since <= view.at);
        // Whoever was drawn after a variant had won was not drawn by chance.
        let until = winner.map_or(Timestamp::MAX, |won| won.since);
        let looks = outreach::looks(&view.evaluator(), &saved.id, until, goal)?;
        let over = saved.ended_at.is_some_and(|ended| ended.plus(goal.within) < view.at);
        let judge = Judge { names: &ready.names, decision: &ready.decision, goal };
        let mut report = judge.judged(&looks, over);
        report.winner_sent_since = winner.map(|won| won.since.to_string());
        if let Some(won) = winner {
            report.sentence.push_str(&format!(
                " Since {} later messages are drawn for {} alone; whoever was drawn before stays in \
                 their arm, and only they are compared here.",
                won.since,
                ready.called(&won.variant)
            ));
        }
        Ok(report)
    }

    /// Asks, once after each look, whether a variant of a campaign has won; if so, it is written down with its
    /// evidence and later messages draw it alone. Whether that is so now.
    pub(crate) fn settle_winner(&self, id: &str, ready: &Ready) -> Result<bool, Failure> {
        let now = self.workspace.now();
        let look = now.0.div_euclid(DAY);
        if ready.looked.swap(look, Ordering::AcqRel) >= look {
            return Ok(false);
        }
        let saved = self.saved_campaign(id)?;
        let view = self.view(Some(&now.to_string()), None)?;
        let verdict = self.verdict(&view, &saved, ready)?;
        let variant = verdict
            .winner
            .as_ref()
            .filter(|arm| ready.campaign.arms.all().iter().any(|own| own.id == arm.as_str()));
        let Some(variant) = variant.cloned() else { return Ok(false) };
        let evidence = serde_json::to_string(&verdict)
            .map_err(|error| Failure::new(500, "server.campaign", error.to_string()))?;
        let changing = self.changing_campaigns();
        let saved = self.saved_campaign(id)?;
        if saved.winner.is_none() {
            let winner = Some(SavedWinner { variant, since: now, evidence });
            self.workspace.config().put_campaign(&SavedCampaign { winner, ..saved })?;
        }
        drop(changing);
        self.outreach_changed()?;
        Ok(true)
    }
}

/// What is judged by.
struct Judge<'a> {
    /// Variants with what they are called, in the order written.
    names: &'a [(Text, String)],
    decision: &'a Decision,
    goal: &'a Goal,
}

impl Judge<'_> {
    /// All looks, one after the other, and what can be said after them.
    fn judged(&self, looks: &Looks, over: bool) -> VerdictReport {
        let arms = self.compared(looks);
        let Ok(mut standing) = Standing::new(arms.len()) else {
            let sentence = match looks.looks.is_empty() {
                true => "Nobody's window is over yet: there is nothing to compare.",
                false => {
                    "There is one variant and no control group: there is nothing to compare with."
                }
            };
            let mut report = nothing(self.decision, Some(self.goal), sentence);
            report.open = looks.open;
            if looks.looks.is_empty() && looks.open > 0 {
                report.verdict = VerdictKind::Undecided;
            }
            return report;
        };
        let plan = self.decision.plan;
        let mut decided_at = None;
        for (n, (at, found)) in looks.looks.iter().enumerate() {
            let last = n + 1 == looks.looks.len();
            let stage = if last && over && looks.open == 0 { Stage::Ended } else { Stage::Running };
            let outcomes: Vec<Outcome> = arms.iter().map(|arm| had(found, arm)).collect();
            let rates: Vec<Rate> = outcomes.iter().map(rate).collect();
            let amounts: Vec<Amount> = outcomes.iter().map(amount).collect();
            let totals = match self.decision.measure {
                DecisionMeasure::Rate => Totals::Rates(&rates),
                DecisionMeasure::Revenue => Totals::Amounts(&amounts),
            };
            // The plan was checked, and the counts are of one pass over one history.
            let Ok(next) = standing.look(totals, plan, stage) else { continue };
            if decided_at.is_none() && next.verdict != Verdict::Undecided {
                decided_at = Some(*at);
            }
            standing = next;
        }
        let id = |at: usize| arms.get(at).map_or("", |arm| word(arm)).to_owned();
        let none = BTreeMap::new();
        let latest = looks.looks.last().map_or(&none, |(_, found)| found);
        let shown: Vec<VerdictArm> = arms
            .iter()
            .map(|arm| {
                let outcome = had(latest, arm);
                let name = self.called(word(arm));
                let (users, converted) = (outcome.users, outcome.converted);
                VerdictArm { arm: word(arm).to_owned(), name, users, converted }
            })
            .collect();
        let (verdict, winner, tied) = match &standing.verdict {
            Verdict::Undecided => (VerdictKind::Undecided, None, Vec::new()),
            Verdict::Winner(arm) => (VerdictKind::Winner, Some(id(*arm)), Vec::new()),
            Verdict::Tie(arms) => {
                (VerdictKind::Tie, None, arms.iter().map(|arm| id(*arm)).collect())
            }
        };
        let pairs = standing.pairs.iter().map(|pair| VerdictPair {
            first: id(pair.first),
            second: id(pair.second),
            difference: pair.difference.map(|of| WithInterval {
                value: of.value,
                low: of.interval.low,
                high: of.interval.high,
            }),
            p_value: pair.p,
            better: pair.better.map(id),
        });
        let mut report = VerdictReport {
            verdict,
            winner,
            tied,
            decided_at: decided_at.map(|at| at.to_string()),
            looks: looks.looks.len() as u64,
            looked_at: looks.looks.last().map(|(at, _)| at.to_string()),
            open: looks.open,
            pairs: pairs.collect(),
            arms: shown,
            ..nothing(self.decision, Some(self.goal), "")
        };
        report.sentence = said(&report, self.goal);
        report
    }

    /// The arms that are compared, in order: the variants, or control and the only one.
    fn compared(&self, looks: &Looks) -> Vec<Arm> {
        let variants: Vec<Arm> =
            self.names.iter().map(|(id, _)| Arm::Variant(id.clone())).collect();
        let latest = looks.looks.last().map(|(_, arms)| arms);
        let control =
            latest.is_some_and(|arms| arms.keys().any(|arm| matches!(arm, Arm::Control(_))));
        match variants.as_slice() {
            [_] if control => {
                let mut both = vec![Arm::Control(Text::const_new(CONTROL))];
                both.extend(variants);
                both
            }
            [_] => Vec::new(),
            _ => variants,
        }
    }

    /// What people call an arm.
    fn called(&self, arm: &str) -> String {
        let found = self.names.iter().find(|(id, _)| id == arm);
        found.map_or_else(|| arm.to_owned(), |(_, name)| name.clone())
    }
}

/// What an arm had; control is all control groups together.
fn had(arms: &BTreeMap<Arm, Outcome>, arm: &Arm) -> Outcome {
    let mut outcome = Outcome::default();
    let of = |own: &Arm| match (own, arm) {
        (Arm::Control(_), Arm::Control(_)) => true,
        (Arm::Variant(own), Arm::Variant(arm)) => own == arm,
        _ => false,
    };
    arms.iter().filter(|(own, _)| of(own)).for_each(|(_, more)| outcome.merge(more));
    outcome
}

fn word(arm: &Arm) -> &str {
    match arm {
        Arm::Control(_) => CONTROL,
        Arm::Variant(id) => id,
    }
}

/// A verdict that says nothing but why.
fn nothing(decision: &Decision, goal: Option<&Goal>, sentence: &str) -> VerdictReport {
    VerdictReport {
        verdict: VerdictKind::Nothing,
        winner: None,
        tied: Vec::new(),
        decided_at: None,
        goal: goal.map(event_name).unwrap_or_default(),
        measure: match decision.measure {
            DecisionMeasure::Rate => "rate",
            DecisionMeasure::Revenue => "revenue",
        }
        .to_owned(),
        confidence: decision.plan.level.confidence(),
        tie_margin: decision.plan.tie_margin,
        looks: 0,
        looked_at: None,
        open: 0,
        arms: Vec::new(),
        pairs: Vec::new(),
        winner_sent_since: None,
        sentence: sentence.to_owned(),
    }
}

/// A verdict in words.
fn said(report: &VerdictReport, goal: &Goal) -> String {
    let named = |id: &str| {
        let found = report.arms.iter().find(|arm| arm.arm == id);
        format!("\"{}\"", found.map_or(id, |arm| arm.name.as_str()))
    };
    let percent = report.confidence * 100.0;
    let rule = format!(
        "at {percent} % over all looks, by users whose window of {} is over, at the end of each day \
         (UTC)",
        goal.within
    );
    match report.verdict {
        VerdictKind::Winner => {
            let winner = report.winner.as_deref().unwrap_or_default();
            format!("{} has won: it is better than every other arm, {rule}.", named(winner))
        }
        VerdictKind::Tie => {
            let arms: Vec<String> = report.tied.iter().map(|id| named(id)).collect();
            let why = match report.tie_margin {
                Some(margin) => format!("they differ by less than {margin}, or not to be told"),
                None => "the campaign is over and they could not be told apart".to_owned(),
            };
            format!("{} tie: {why}, {rule}.", arms.join(", "))
        }
        VerdictKind::Undecided | VerdictKind::Nothing => {
            let few = report.arms.iter().find(|arm| {
                arm.converted.min(arm.users.saturating_sub(arm.converted)) < SUCCESSES_MIN
            });
            let missing = match few {
                Some(arm) => format!(
                    "an arm needs {SUCCESSES_MIN} users who reached the goal and {SUCCESSES_MIN} who \
                     did not, and {} has {} of {}",
                    named(&arm.arm),
                    arm.converted,
                    arm.users
                ),
                None => "the arms are too near each other for so few users".to_owned(),
            };
            format!("Nothing can be said yet ({rule}): {missing}.")
        }
    }
}

#[cfg(test)]
mod tests;
