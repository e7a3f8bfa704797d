//! Which conversions are credited to a campaign's messages: those that came soon after a touch.
//!
//! What it is not: it says nothing of what the messages caused. The report shows both side by side.

use std::collections::BTreeMap;

use experiment::attribution::{Kind, Message, Touch, credits};
use history::outreach::{self, Reached};
use model::outreach::{CLICKED, OPENED};
use model::{ExactSum, Text, Timestamp};
use wire::api::{CreditPart, CreditReport, EffectReport};

use super::super::View;
use crate::failure::Failure;
use crate::outreach::Ready;

/// What is credited: conversions and revenue. Exact, so that the order of adding up does not show.
#[derive(Clone, Debug, Default)]
struct Sum {
    conversions: ExactSum,
    revenue: ExactSum,
}

/// What is credited for one goal, by touch and variant.
type Credited = BTreeMap<(&'static str, Text), Sum>;

/// What is credited to a campaign for each of its goals: conversions from `since` on and before `until`.
pub(super) fn credited(
    view: &View,
    ready: &Ready,
    (since, until): (Timestamp, Timestamp),
) -> Result<Vec<CreditReport>, Failure> {
    let (rule, own) = (ready.attribution.rule, &ready.campaign.id);
    let take =
        |all: &mut Vec<Credited>, goal: usize, touched: &[outreach::Touch], did: &[Reached]| {
            // Whoever this campaign never reached is not its business.
            if !touched.iter().any(|touch| touch.campaign == *own) {
                return;
            }
            let touches: Vec<Touch> = touched.iter().map(touch).collect();
            let did: Vec<&Reached> = did.iter().filter(|one| one.at < until).collect();
            let times: Vec<Timestamp> = did.iter().map(|one| one.at).collect();
            for credit in credits(&touches, &times, rule) {
                let of = |touch: &&outreach::Touch| touch.message == credit.message.0;
                let Some(message) = touched.iter().find(of).filter(|of| of.campaign == *own) else {
                    continue;
                };
                let Some(into) = all.get_mut(goal) else { continue };
                let sum =
                    into.entry((through(credit.through), message.variant.clone())).or_default();
                sum.conversions.add(credit.share);
                sum.revenue.add(credit.share * did[credit.conversion].revenue);
            }
        };
    let add = |all: &mut Vec<Credited>, more: Vec<Credited>| {
        for (all, more) in all.iter_mut().zip(more) {
            for (key, sum) in more {
                let own = all.entry(key).or_default();
                own.conversions.merge(&sum.conversions);
                own.revenue.merge(&sum.revenue);
            }
        }
    };
    let nothing = vec![Credited::new(); ready.goals.len()];
    let found = outreach::journeys(&view.evaluator(), since, &ready.goals, &nothing, &take, &add)?;
    let report = |(goal, of): (&outreach::Goal, &Credited)| report(ready, goal, of);
    Ok(ready.goals.iter().zip(&found).map(report).collect())
}

fn touch(of: &outreach::Touch) -> Touch {
    let kind = match of.event {
        CLICKED => Kind::Clicked,
        OPENED => Kind::Viewed,
        _ => Kind::Sent,
    };
    Touch { at: of.at, message: Message(of.message), kind }
}

fn through(kind: Kind) -> &'static str {
    match kind {
        Kind::Clicked => "click",
        Kind::Viewed => "view",
        Kind::Sent => "sent",
    }
}

fn report(ready: &Ready, goal: &outreach::Goal, of: &Credited) -> CreditReport {
    let money = goal.revenue.is_some();
    let part = |name: &str, fits: &dyn Fn(&(&'static str, Text)) -> bool| {
        let mut sum = Sum::default();
        for (_, more) in of.iter().filter(|(key, _)| fits(key)) {
            sum.conversions.merge(&more.conversions);
            sum.revenue.merge(&more.revenue);
        }
        CreditPart {
            of: name.to_owned(),
            conversions: sum.conversions.value(),
            revenue: money.then(|| sum.revenue.value()),
        }
    };
    let windows = ready.attribution.rule.windows;
    let told = [("click", windows.click), ("view", windows.view), ("sent", windows.sent)];
    let touches = told.iter().filter(|(_, window)| window.is_some());
    let all = part("all", &|_| true);
    let written = |window: Option<model::Span>| window.map(|window| window.to_string());
    CreditReport {
        conversions: all.conversions,
        revenue: all.revenue,
        through: touches.map(|(touch, _)| part(touch, &|key| key.0 == *touch)).collect(),
        variants: ready.names.iter().map(|(id, _)| part(id, &|key| key.1 == *id)).collect(),
        click: written(windows.click).unwrap_or_default(),
        view: written(windows.view).unwrap_or_default(),
        sent: written(windows.sent),
        sentence: String::new(),
    }
}

/// Credited beside caused, in one sentence.
pub(super) fn sentence(credited: &CreditReport, caused: Option<&EffectReport>) -> String {
    let CreditReport { conversions, click, view, sent, .. } = credited;
    let sent = sent.as_ref().map_or(String::new(), |sent| format!(", or {sent} of a sending"));
    let begin = format!(
        "{} conversions came within {click} of a click or {view} of an opening{sent} and are credited",
        short(*conversions)
    );
    match caused {
        None => format!(
            "{begin}; how many of them would have come anyway is not known, as there is nobody to compare \
             with yet."
        ),
        Some(effect) => {
            let of = effect.extra_converted;
            format!(
                "{begin}; against control the campaign caused {} ({} to {}): a credit says that a message \
                 was there before, not that it was the reason.",
                short(of.value),
                short(of.low),
                short(of.high)
            )
        }
    }
}

/// A number with at most one digit after the point.
fn short(number: f64) -> String {
    let rounded = (number * 10.0).round() / 10.0;
    // No minus before a zero.
    format!("{}", if rounded == 0.0 { 0.0 } else { rounded })
}
