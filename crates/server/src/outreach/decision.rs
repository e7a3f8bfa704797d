//! How a campaign is judged, from how it is written to how it counts: its rule for a winner, and its windows for
//! credits.

use experiment::attribution::{Counting, Rule, Split, Windows};
use experiment::interval::Level;
use experiment::sequential::Plan;
use history::outreach::Goal;
use model::Span;
use wire::api::{
    AttributionInput, AttributionSplit, CampaignInput, DecisionMeasure, OnWinner, Trigger,
};

use super::compile::{WINDOW_MAX, span, wrong};
use crate::failure::Failure;

/// The confidence of a decision without a wish.
const CONFIDENCE: f64 = 0.95;

/// The confidence that may be wished for: below it a winner means little, above it none is ever found.
const CONFIDENCE_RANGE: (f64, f64) = (0.8, 0.999);

/// The difference of rates that is hoped for without a wish: two points.
const EXPECTED: f64 = 0.02;

/// Windows of clicks and openings without a wish.
const WINDOWS: (Span, Span) = (Span::days(7), Span::days(1));

/// The rule by which a variant wins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decision {
    /// Which goal; nothing: the campaign has none.
    pub goal: Option<usize>,
    /// What of it.
    pub measure: DecisionMeasure,
    /// The sequential test.
    pub plan: Plan,
    /// What becomes of later messages.
    pub on_winner: OnWinner,
}

/// The rule by which conversions are credited.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attribution {
    /// As it is computed.
    pub rule: Rule,
}

/// Checks how a winner is decided.
pub fn decision(input: &CampaignInput, goals: &[Goal]) -> Result<Decision, Failure> {
    let written = &input.decision;
    let chosen = written.goal as usize;
    if chosen >= goals.len().max(1) {
        let what = format!("{chosen} is no place of a goal; there are {}", goals.len());
        return Err(wrong("decision.goal", what).hint("places count from 0"));
    }
    let goal = goals.get(chosen).map(|_| chosen);
    let confidence = written.confidence.unwrap_or(CONFIDENCE);
    let (least, most) = CONFIDENCE_RANGE;
    let level =
        Level::new(confidence).filter(|_| (least..=most).contains(&confidence)).ok_or_else(
            || wrong("decision.confidence", format!("{confidence} is not {least} to {most}")),
        )?;
    let revenue = goals.get(chosen).is_some_and(|goal| goal.revenue.is_some());
    let rate = written.measure == DecisionMeasure::Rate;
    if !rate && !revenue {
        let what = "the goal that decides has no revenue".to_owned();
        return Err(wrong("decision.measure", what)
            .hint("name the property with the revenue in the goal, or decide by `rate`"));
    }
    let expected = match (written.expected, rate) {
        (Some(expected), _) => size("decision.expected", expected, rate)?,
        (None, true) => EXPECTED,
        (None, false) => {
            let what = "say which difference of revenue per user is hoped for".to_owned();
            return Err(wrong("decision.expected", what).hint("as in 0.5, in the goal's currency"));
        }
    };
    let margin = written.tie_margin.map(|margin| size("decision.tie_margin", margin, rate));
    let tie_margin = margin.transpose()?;
    let once = matches!(input.trigger, Trigger::Once { .. });
    if written.on_winner == OnWinner::SendWinner && (once || input.variants.len() < 2) {
        let what = "there are no later messages, or no second variant".to_owned();
        return Err(wrong("decision.on_winner", what)
            .hint("write keep, or use a trigger that sends again and two variants"));
    }
    let plan = Plan { level, expected, tie_margin };
    Ok(Decision { goal, measure: written.measure, plan, on_winner: written.on_winner })
}

/// A size of difference: above 0, and of rates at most 1.
fn size(field: &str, size: f64, rate: bool) -> Result<f64, Failure> {
    let most = if rate { 1.0 } else { 1e12 };
    match size > 0.0 && size <= most {
        true => Ok(size),
        false => Err(wrong(field, format!("{size} is not above 0 and at most {most}"))),
    }
}

/// Checks how conversions are credited.
pub fn attribution(written: &AttributionInput) -> Result<Attribution, Failure> {
    let window = |name: &str, text: &Option<String>| {
        let field = format!("attribution.{name}");
        text.as_deref().map(|text| span(&field, text, WINDOW_MAX)).transpose()
    };
    let windows = Windows {
        click: window("click", &written.click)?.or(Some(WINDOWS.0)),
        view: window("view", &written.view)?.or(Some(WINDOWS.1)),
        sent: window("sent", &written.sent)?,
    };
    let split = match written.split {
        AttributionSplit::Last => Split::Last,
        AttributionSplit::First => Split::First,
        AttributionSplit::Linear => Split::Linear,
    };
    Ok(Attribution { rule: Rule { windows, counting: Counting::Strongest, split } })
}
