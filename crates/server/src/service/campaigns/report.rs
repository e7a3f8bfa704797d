//! What became of a campaign's messages, and what they caused.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use engine::outreach::{CAMPAIGN, Policy, WORKSPACE};
use engine::schedule::Channel;
use experiment::assign::Share;
use experiment::effect::{
    ARMS_MAX, Amount, Effect, Rate, TooFew, USERS_MIN, compare_amounts, compare_rates,
};
use experiment::interval::{Estimate, Level};
use experiment::sample_ratio::{self, Verdict};
use history::outreach::{self, Arm, Arms, Funnel, Goal, Outcome};
use model::outreach::{CLICKED, FAILED, OPENED, SENT};
use model::{Text, Timestamp};
use wire::api::{
    ArmReport, CampaignDay, CampaignInput, CampaignReport, CampaignReportQuery, CreditReport,
    DeliveryFunnel, EffectReport, GoalReport, ReasonCount, ReportWarning, SampleRatioReport,
    Trigger, VariantFunnel, WithInterval,
};

use super::super::journeys::report::CAME_IN;
use super::super::{Service, View, instant};
use super::credit;
use crate::failure::Failure;
use crate::outreach::Ready;
use crate::sentences::{Said, told};

/// The confidence of intervals without a wish.
const CONFIDENCE: f64 = 0.95;

/// Days of a report at most.
const DAYS_MAX: usize = 366;

/// The name of the arm that gets nothing.
pub(in crate::service) const CONTROL: &str = "control";

/// The name of all variants together.
const ALL: &str = "all";

/// What people call them.
const ALL_NAME: &str = "all variants together";

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
        let wish = |name: &str, text: &Option<String>| {
            text.as_deref().map(|text| instant(name, text)).transpose()
        };
        let since = wish("since", &query.since)?.unwrap_or(Timestamp::MIN);
        let until = wish("until", &query.until)?.unwrap_or(Timestamp::MAX);
        if until <= since {
            let message = "`until` is not after `since`";
            return Err(Failure::bad_request("request.range", message)
                .hint("ask for a period that has a length"));
        }
        let between = (since, until);
        let level = level(query.confidence)?;
        let evaluator = view.evaluator();
        let funnels = outreach::funnels(&evaluator, Some(id), between)?;
        let planned = outreach::planned(&evaluator, Some(id))?;
        let policy = &self.outfit()?.policy;
        let drawn = |until: Timestamp| {
            let before = (since, until.minus(model::Span(1)).min(at));
            outreach::effect(&evaluator, Some(id), before, &ready.goals)
        };
        let arms = drawn(until)?;
        // Variants are compared by those whom chance drew: nobody who was drawn after one had won.
        let by_chance = match saved.winner.as_ref().map(|won| won.since) {
            Some(won) if won < until => drawn(won)?,
            _ => arms.clone(),
        };
        let mut whole = DeliveryFunnel { planned, ..DeliveryFunnel::default() };
        funnels.values().for_each(|funnel| add(&mut whole, funnel));
        let variants = funnels.iter().filter(|(variant, _)| !variant.is_empty());
        let variants = variants.map(|(variant, funnel)| {
            let mut own = DeliveryFunnel::default();
            add(&mut own, funnel);
            VariantFunnel { variant: variant.to_string(), funnel: own }
        });
        let groups = self.group_names()?;
        let comparison = Comparison { ready: &ready, groups: &groups, level };
        let credits = credit::credited(&view, &ready, between)?;
        let goals = ready.goals.iter().enumerate().zip(credits);
        let goals = goals.map(|((n, goal), credited)| {
            let mut report = comparison.goal(n, goal, &arms, &by_chance);
            report.credited = credited;
            report.credited.sentence = credit::sentence(&report.credited, report.effect.as_ref());
            report
        });
        Ok(CampaignReport {
            as_of: at.to_string(),
            funnel: whole,
            variants: variants.collect(),
            goals: goals.collect(),
            verdict: self.verdict(&view, &saved, &ready)?,
            warnings: self.warnings(&ready)?,
            sample_ratio: sample_ratio(&by_chance, policy, &ready),
            days: days(&view, id, between)?,
        })
    }

    /// What named control groups are called.
    fn group_names(&self) -> Result<BTreeMap<Text, String>, Failure> {
        let groups = self.contact_policy()?.groups;
        let name = |group: wire::api::ControlGroupInput| {
            let id = Text::new(&group.id);
            (id, group.name.filter(|name| !name.trim().is_empty()).unwrap_or(group.id))
        };
        Ok(groups.into_iter().map(name).collect())
    }

    /// What keeps a campaign's messages from being what they could be.
    fn warnings(&self, ready: &Ready) -> Result<Vec<ReportWarning>, Failure> {
        let mut warnings = Vec::new();
        let known = self.address.read().unwrap_or_else(PoisonError::into_inner).clone();
        let base = self.contact_policy()?.public_url.or(known);
        let https = base.is_some_and(|url| url.starts_with("https://"));
        if ready.campaign.channel == Channel::Email && !ready.campaign.transactional && !https {
            warnings.push(ReportWarning {
                code: "no_one_click".into(),
                message: "`public_url` of the contact policy is no https address, so e-mail has no header \
                          for unsubscribing with one click, which large providers ask of senders"
                    .into(),
                hint: "write the https address of this server there".into(),
            });
        }
        Ok(warnings)
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

pub(in crate::service) fn level(confidence: Option<f64>) -> Result<Level, Failure> {
    let wanted = confidence.unwrap_or(CONFIDENCE);
    Level::new(wanted).filter(|_| (0.5..=0.999).contains(&wanted)).ok_or_else(|| {
        Failure::bad_request(
            "request.limit",
            format!("`confidence` is {wanted}; ask for 0.5 to 0.999"),
        )
    })
}

/// Adds messages to a funnel of the API.
pub(in crate::service) fn add(to: &mut DeliveryFunnel, funnel: &Funnel) {
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

/// How arms are compared, and what they are called.
struct Comparison<'a> {
    ready: &'a Ready,
    groups: &'a BTreeMap<Text, String>,
    level: Level,
}

impl Comparison<'_> {
    /// One goal. `arms`: everybody; `by_chance`: those whom chance drew into a variant.
    fn goal(&self, n: usize, goal: &Goal, arms: &Arms, by_chance: &Arms) -> GoalReport {
        let (control, variants) = parted(arms, n);
        let money = goal.revenue.is_some();
        let mut all = Outcome::default();
        variants.iter().for_each(|(_, outcome)| all.merge(outcome));
        let mut reports = Vec::new();
        if control.users > 0 {
            reports.push(self.shown(CONTROL, &control, money));
        }
        reports.extend(variants.iter().map(|(id, outcome)| self.shown(id, outcome, money)));
        let all = [(Text::new(ALL), ALL_NAME.to_owned(), all)];
        let together = compared((CONTROL, &control), &all, money, self.level);
        let (together, because) = match together {
            Ok(mut effects) => (effects.pop(), None),
            Err(because) => (None, Some(because)),
        };
        let (control, variants) = parted(by_chance, n);
        let named: Vec<(Text, String, Outcome)> = variants
            .into_iter()
            .map(|(id, outcome)| (id.clone(), self.ready.called(&id), outcome))
            .collect();
        // Who got which by what they are differs anyway.
        let drawn = self.ready.campaign.by.is_none();
        let each = match named.len() > 1 && drawn {
            true => compared((CONTROL, &control), &named, money, self.level).unwrap_or_default(),
            false => Vec::new(),
        };
        GoalReport {
            event: event_name(goal),
            within: goal.within.to_string(),
            arms: reports,
            effect: together,
            variants: each,
            no_effect_because: because.as_ref().map(|said| said.text.clone()),
            no_effect_because_code: because.and_then(|said| said.code),
            groups: self.by_group(arms, n, &all, money),
            credited: CreditReport::default(),
        }
    }

    fn shown(&self, id: &str, outcome: &Outcome, money: bool) -> ArmReport {
        arm_report((id, self.ready.called(id)), outcome, money, self.level)
    }

    /// All variants against each control group alone, where there are several.
    fn by_group(
        &self,
        arms: &Arms,
        goal: usize,
        all: &[(Text, String, Outcome)],
        money: bool,
    ) -> Vec<EffectReport> {
        let groups: Vec<(&Text, &Outcome)> = arms
            .iter()
            .filter_map(|(arm, outcomes)| match arm {
                Arm::Control(id) => Some((id, outcomes.get(goal)?)),
                Arm::Variant(_) => None,
            })
            .collect();
        if groups.len() < 2 {
            return Vec::new();
        }
        let against = |(id, outcome): (&Text, &Outcome)| {
            let name = self.groups.get(id).cloned().unwrap_or_else(|| id.to_string());
            let mut effect = compared((&name, outcome), all, money, self.level).ok()?.pop()?;
            (effect.arm, effect.name) = (id.to_string(), name);
            Some(effect)
        };
        groups.into_iter().filter_map(against).collect()
    }
}

/// An arm of an id and a name. `money`: its goal has revenue.
pub(in crate::service) fn arm_report(
    (id, name): (&str, String),
    outcome: &Outcome,
    money: bool,
    level: Level,
) -> ArmReport {
    ArmReport {
        arm: id.to_owned(),
        name,
        users: outcome.users,
        complete: outcome.complete,
        converted: outcome.converted,
        rate: (outcome.users > 0).then(|| interval(&rate(outcome).estimate(level))),
        events: outcome.events,
        revenue: money.then(|| outcome.revenue.value()),
        revenue_per_user: (money && outcome.users > 0)
            .then(|| outcome.revenue.value() / outcome.users as f64),
    }
}

/// Arms (id, name, outcome) against a first one, or why they cannot be compared.
pub(in crate::service) fn compared(
    (called, control): (&str, &Outcome),
    arms: &[(Text, String, Outcome)],
    money: bool,
    level: Level,
) -> Result<Vec<EffectReport>, Said> {
    if control.users == 0 {
        return Err(told::NO_CONTROL.into());
    }
    let names: Vec<String> = std::iter::once(called.to_owned())
        .chain(arms.iter().map(|(id, name, _)| match id.as_str() {
            ALL => name.clone(),
            _ => format!("\"{name}\""),
        }))
        .collect();
    let all = || std::iter::once(control).chain(arms.iter().map(|(.., outcome)| outcome));
    let rates: Vec<Rate> = all().map(rate).collect();
    let effects =
        compare_rates(&rates, level).map_err(|error| too_few(error, called, arms, &names))?;
    let amounts: Vec<Amount> = all().map(amount).collect();
    let amounts = money.then(|| compare_amounts(&amounts, level).ok()).flatten();
    let report = |effect: &Effect| {
        let (id, name, outcome) = &arms[effect.arm - 1];
        let amount = amounts.iter().flatten().find(|amount| amount.arm == effect.arm);
        EffectReport {
            arm: id.to_string(),
            name: name.clone(),
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

/// Why arms cannot be compared. `names`: what they are called, that of the first one first.
fn too_few(
    error: TooFew,
    called: &str,
    arms: &[(Text, String, Outcome)],
    names: &[String],
) -> Said {
    let name = |arm: usize| ("arm", names.get(arm).cloned().unwrap_or_default().into());
    match error {
        TooFew::Users { arm, users } => {
            let counts = [("users", users.into()), ("needed", USERS_MIN.into())];
            let id = arm.checked_sub(1).map_or(called, |arm| arms[arm].0.as_str());
            match id {
                CONTROL => told::FEW_CONTROL.with(counts),
                ALL => told::FEW_VARIANTS.with(counts),
                CAME_IN => told::FEW_CAME_IN.with(counts),
                _ => {
                    let [users, needed] = counts;
                    told::FEW_ARM.with([name(arm), users, needed])
                }
            }
        }
        TooFew::Arms { found } => {
            told::ARMS.with([("found", found.into()), ("most", (ARMS_MAX - 1).into())])
        }
        TooFew::Impossible { arm } => told::CONTRADICT.with([name(arm)]),
        // Of amounts, which are left out where they cannot be compared.
        TooFew::Payers { .. } | TooFew::Spread { .. } => {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            error.said(&names).into()
        }
    }
}

pub(super) fn rate(outcome: &Outcome) -> Rate {
    Rate { users: outcome.users, converted: outcome.converted }
}

pub(super) fn amount(outcome: &Outcome) -> Amount {
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
fn sample_ratio(arms: &Arms, policy: &Policy, ready: &Ready) -> Option<SampleRatioReport> {
    let of = |arm: &Arm| {
        arms.get(arm).and_then(|outcomes| outcomes.first()).map_or(0, |outcome| outcome.users)
    };
    let campaign = &ready.campaign;
    let (w, c) = (policy.control.fraction(), campaign.control.fraction());
    if campaign.transactional || w + c == 0.0 && campaign.groups.is_empty() {
        return None;
    }
    // Whoever the workspace holds out is drawn before the named groups, and these before the campaign draws.
    let mut parts = vec![(of(&Arm::Control(Text::const_new(WORKSPACE))), w)];
    let mut left = 1.0 - w;
    for (id, part) in campaign.groups.iter().zip(policy.groups.parts(&campaign.groups)) {
        parts.push((of(&Arm::Control(id.clone())), (1.0 - w) * part));
        left -= (1.0 - w) * part;
    }
    parts.push((of(&Arm::Control(Text::const_new(CAMPAIGN))), left * c));
    if campaign.by.is_some() {
        let n = arms.keys().filter(|arm| matches!(arm, Arm::Variant(_))).map(of).sum();
        parts.push((n, left * (1.0 - c)));
    }
    for arm in campaign.arms.all().iter().filter(|_| campaign.by.is_none()) {
        let share = left * (1.0 - c) * arm.share.fraction();
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

fn days(
    view: &View,
    id: &str,
    (since, until): (Timestamp, Timestamp),
) -> Result<Vec<CampaignDay>, Failure> {
    let mut days: BTreeMap<i64, [u64; 4]> = BTreeMap::new();
    let names = [SENT, OPENED, CLICKED, FAILED];
    let mut count = |_, at: Timestamp, name: &'static str, values: &[Option<model::Value>]| {
        let own = matches!(&values[1], Some(model::Value::Text(campaign)) if campaign == id);
        let own = own && at < until;
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

pub(super) fn event_name(goal: &Goal) -> String {
    match &goal.of.names {
        segment::tree::EventNames::Any => "*".into(),
        segment::tree::EventNames::Of(names) => {
            names.iter().map(Text::as_str).collect::<Vec<_>>().join(", ")
        }
    }
}
