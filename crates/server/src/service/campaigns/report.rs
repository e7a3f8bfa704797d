//! What became of a campaign's messages, and what they caused.

use std::collections::BTreeMap;

use experiment::assign::Share;
use experiment::effect::{Amount, Effect, Rate, compare_amounts, compare_rates};
use experiment::interval::{Estimate, Level};
use experiment::sample_ratio::{self, Verdict};
use history::outreach::{self, Arm, Arms, Funnel, Goal, Outcome};
use model::outreach::{CLICKED, FAILED, OPENED, SENT};
use model::{Text, Timestamp};
use wire::api::{
    ArmReport, CampaignDay, CampaignInput, CampaignReport, CampaignReportQuery, DeliveryFunnel,
    EffectReport, GoalReport, ReasonCount, SampleRatioReport, Trigger, VariantFunnel, WithInterval,
};

use super::super::{Service, View, instant};
use crate::failure::Failure;
use crate::outreach::Ready;

/// The confidence of intervals without a wish.
const CONFIDENCE: f64 = 0.95;

/// Days of a report at most.
const DAYS_MAX: usize = 366;

/// The name of the arm that gets nothing.
const CONTROL: &str = "control";

/// The name of all variants together.
const ALL: &str = "all";

impl Service {
    /// What became of a campaign.
    pub fn campaign_report(
        &self,
        id: &str,
        query: &CampaignReportQuery,
    ) -> Result<CampaignReport, Failure> {
        let saved = self.saved_campaign(id)?;
        // Who is written to is not asked, so it may name what the caller may not see.
        let input = CampaignInput { audience: None, trigger: Trigger::Api, ..super::read(&saved)? };
        let ready = self.ready(&input, id)?;
        // Messages are sent by the clock, also where the data ended long ago.
        let now = self.workspace.now();
        let at = query.as_of.as_deref().map(|text| instant("as_of", text)).transpose()?;
        let at = at.unwrap_or(now).min(now);
        let view = self.view(Some(&at.to_string()), None)?;
        let since = query.since.as_deref().map(|text| instant("since", text)).transpose()?;
        let since = since.unwrap_or(Timestamp::MIN);
        let level = level(query.confidence)?;
        let evaluator = view.evaluator();
        let funnels = outreach::funnels(&evaluator, Some(id), since)?;
        let planned = outreach::planned(&evaluator, Some(id))?;
        let arms = outreach::effect(&evaluator, Some(id), since, &ready.goals)?;
        let mut whole = DeliveryFunnel { planned, ..DeliveryFunnel::default() };
        funnels.values().for_each(|funnel| add(&mut whole, funnel));
        let variants = funnels.iter().filter(|(variant, _)| !variant.is_empty());
        let variants = variants.map(|(variant, funnel)| {
            let mut own = DeliveryFunnel::default();
            add(&mut own, funnel);
            VariantFunnel { variant: variant.to_string(), funnel: own }
        });
        let policy = &self.outfit()?.policy;
        let shares = (policy.control, &ready);
        let goals = ready.goals.iter().enumerate();
        Ok(CampaignReport {
            as_of: at.to_string(),
            funnel: whole,
            variants: variants.collect(),
            goals: goals.map(|(n, goal)| goal_report(n, goal, &arms, level)).collect(),
            sample_ratio: sample_ratio(&arms, shares),
            days: days(&view, id, since)?,
        })
    }

    /// Messages that providers took, by campaign.
    pub(super) fn sent_by_campaign(&self) -> Result<BTreeMap<Text, u64>, Failure> {
        let view = self.view(Some(&self.workspace.now().to_string()), None)?;
        let mut sent = BTreeMap::new();
        outreach::scan(&view.evaluator(), &[SENT], Timestamp::MIN, &[], &mut |_, _, _, values| {
            if let Some(model::Value::Text(campaign)) = &values[1] {
                *sent.entry(campaign.clone()).or_default() += 1;
            }
        })?;
        Ok(sent)
    }
}

fn level(confidence: Option<f64>) -> Result<Level, Failure> {
    let wanted = confidence.unwrap_or(CONFIDENCE);
    Level::new(wanted).filter(|_| (0.5..=0.999).contains(&wanted)).ok_or_else(|| {
        Failure::bad_request(
            "request.limit",
            format!("`confidence` is {wanted}; ask for 0.5 to 0.999"),
        )
    })
}

/// Adds messages to a funnel of the API.
fn add(to: &mut DeliveryFunnel, funnel: &Funnel) {
    let count = |to: &mut Vec<ReasonCount>, from: &BTreeMap<Text, u64>| {
        for (reason, n) in from {
            match to.iter_mut().find(|own| own.reason == reason.as_str()) {
                Some(own) => own.count += n,
                None => to.push(ReasonCount { reason: reason.to_string(), count: *n }),
            }
        }
        to.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.reason.cmp(&b.reason)));
    };
    count(&mut to.held_out_by_group, &funnel.held_out);
    count(&mut to.withheld_by_reason, &funnel.withheld);
    count(&mut to.failed_by_code, &funnel.failed);
    to.decided += funnel.decided();
    to.held_out += funnel.held_out.values().sum::<u64>();
    to.withheld += funnel.withheld.values().sum::<u64>();
    to.failed += funnel.failed.values().sum::<u64>();
    to.queued += funnel.queued;
    to.waiting += funnel.waiting();
    to.sent += funnel.sent;
    to.delivered += funnel.delivered;
    to.opened += funnel.opened;
    to.opened_by_machine += funnel.opened_by_machine;
    to.clicked += funnel.clicked;
    to.bounced += funnel.bounced;
    to.complained += funnel.complained;
}

/// The arms of one goal: control, and the variants by name.
fn parted(arms: &Arms, goal: usize) -> (Outcome, Vec<(Text, Outcome)>) {
    let mut control = Outcome::default();
    let mut variants = Vec::new();
    for (arm, outcomes) in arms {
        let Some(outcome) = outcomes.get(goal) else { continue };
        match arm {
            Arm::Control(_) => control.merge(outcome),
            Arm::Variant(name) => variants.push((name.clone(), outcome.clone())),
        }
    }
    (control, variants)
}

fn goal_report(n: usize, goal: &Goal, arms: &Arms, level: Level) -> GoalReport {
    let (control, variants) = parted(arms, n);
    let money = goal.revenue.is_some();
    let mut all = Outcome::default();
    variants.iter().for_each(|(_, outcome)| all.merge(outcome));
    let shown = |name: &str, outcome: &Outcome| ArmReport {
        arm: name.to_owned(),
        users: outcome.users,
        complete: outcome.complete,
        converted: outcome.converted,
        rate: (outcome.users > 0).then(|| interval(&rate(outcome).estimate(level))),
        events: outcome.events,
        revenue: money.then(|| outcome.revenue.value()),
        revenue_per_user: (money && outcome.users > 0)
            .then(|| outcome.revenue.value() / outcome.users as f64),
    };
    let mut reports = Vec::new();
    if control.users > 0 {
        reports.push(shown(CONTROL, &control));
    }
    reports.extend(variants.iter().map(|(name, outcome)| shown(name, outcome)));
    let together = compared(&control, &[(Text::new(ALL), all)], money, level);
    let (together, because) = match together {
        Ok(mut effects) => (effects.pop(), None),
        Err(because) => (None, Some(because)),
    };
    let each = match variants.len() > 1 {
        true => compared(&control, &variants, money, level).unwrap_or_default(),
        false => Vec::new(),
    };
    GoalReport {
        event: event_name(goal),
        within: goal.within.to_string(),
        arms: reports,
        effect: together,
        variants: each,
        no_effect_because: because,
    }
}

/// Arms against control, or why they cannot be compared.
fn compared(
    control: &Outcome,
    arms: &[(Text, Outcome)],
    money: bool,
    level: Level,
) -> Result<Vec<EffectReport>, String> {
    if control.users == 0 {
        return Err("there is no control group yet".to_owned());
    }
    let all = || std::iter::once(control).chain(arms.iter().map(|(_, outcome)| outcome));
    let rates: Vec<Rate> = all().map(rate).collect();
    let effects = compare_rates(&rates, level).map_err(|error| error.to_string())?;
    let amounts: Vec<Amount> = all().map(amount).collect();
    let amounts = money.then(|| compare_amounts(&amounts, level).ok()).flatten();
    let report = |effect: &Effect| {
        let (name, outcome) = &arms[effect.arm - 1];
        let amount = amounts.iter().flatten().find(|amount| amount.arm == effect.arm);
        EffectReport {
            arm: name.to_string(),
            difference: interval(&effect.difference),
            lift: effect.lift.as_ref().ok().map(interval),
            p_value: effect.p_adjusted,
            significant: !effect.difference.interval.contains(0.0),
            extra_converted: interval(&effect.incremental(outcome.users)),
            revenue_per_user: amount.map(|amount| interval(&amount.difference)),
            extra_revenue: amount.map(|amount| interval(&amount.incremental(outcome.users))),
        }
    };
    Ok(effects.iter().map(report).collect())
}

fn rate(outcome: &Outcome) -> Rate {
    Rate { users: outcome.users, converted: outcome.converted }
}

fn amount(outcome: &Outcome) -> Amount {
    Amount {
        users: outcome.users,
        payers: outcome.payers,
        sum: outcome.revenue.value(),
        sum_squares: outcome.revenue_squares.value(),
    }
}

fn interval(estimate: &Estimate) -> WithInterval {
    WithInterval { value: estimate.value, low: estimate.interval.low, high: estimate.interval.high }
}

/// Whether users fell into the arms as the shares say: control groups and variants.
fn sample_ratio(arms: &Arms, (workspace, ready): (Share, &Ready)) -> Option<SampleRatioReport> {
    let of = |arm: &Arm| {
        arms.get(arm).and_then(|outcomes| outcomes.first()).map_or(0, |outcome| outcome.users)
    };
    let (w, c) = (workspace.fraction(), ready.campaign.control.fraction());
    if ready.campaign.transactional || w + c == 0.0 {
        return None;
    }
    // Whoever the workspace holds out is drawn before the campaign draws.
    let mut parts = vec![
        (of(&Arm::Control("workspace".into())), w),
        (of(&Arm::Control("campaign".into())), (1.0 - w) * c),
    ];
    for arm in ready.campaign.arms.all() {
        let share = (1.0 - w) * (1.0 - c) * arm.share.fraction();
        parts.push((of(&Arm::Variant(arm.id.clone())), share));
    }
    parts.retain(|(_, share)| *share > 0.0);
    let counts: Vec<u64> = parts.iter().map(|(n, _)| *n).collect();
    let shares: Option<Vec<Share>> =
        parts.iter().map(|(_, share)| Share::percent(share * 100.0)).collect();
    let checked = sample_ratio::check(&counts, &shares?).ok()?;
    let mismatch = checked.verdict == Verdict::Mismatch;
    Some(SampleRatioReport { p_value: checked.p, mismatch })
}

fn days(view: &View, id: &str, since: Timestamp) -> Result<Vec<CampaignDay>, Failure> {
    let mut days: BTreeMap<i64, [u64; 4]> = BTreeMap::new();
    let names = [SENT, OPENED, CLICKED, FAILED];
    let mut count = |_, at: Timestamp, name: &'static str, values: &[Option<model::Value>]| {
        let own = matches!(&values[1], Some(model::Value::Text(campaign)) if campaign == id);
        if let Some(place) = names.iter().position(|own| *own == name).filter(|_| own) {
            days.entry(view.rules.zone.day(at).0).or_default()[place] += 1;
        }
    };
    outreach::scan(&view.evaluator(), &names, since, &[], &mut count)?;
    let skip = days.len().saturating_sub(DAYS_MAX);
    let day = |(day, [sent, opened, clicked, failed]): (i64, [u64; 4])| CampaignDay {
        day: model::Day(day).to_string(),
        sent,
        opened,
        clicked,
        failed,
    };
    Ok(days.into_iter().skip(skip).map(day).collect())
}

fn event_name(goal: &Goal) -> String {
    match &goal.of.names {
        segment::tree::EventNames::Any => "*".into(),
        segment::tree::EventNames::Of(names) => {
            names.iter().map(Text::as_str).collect::<Vec<_>>().join(", ")
        }
    }
}
