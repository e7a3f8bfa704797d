//! What became of those who came into a journey, and what it caused.

use std::collections::{BTreeMap, BTreeSet};

use engine::outreach::Trigger as Compiled;
use experiment::interval::Level;
use history::journeys::{self, Goal, Position, Reach, Step, Wish};
use history::outreach::{self, Arm, Arms, Outcome};
use model::{Span, Text, Timestamp};
use wire::api::{
    DeliveryFunnel, Happening, JourneyGoal, JourneyGoalReport, JourneyInput, JourneyReport,
    JourneyReportQuery, JourneyStep, JourneyWaiter, JourneyWaiting, JourneyWaitingQuery,
    PathsReport, RandomPath, ReasonCount, StepAction, StepMoved, StepReport, Trigger,
};

use super::super::campaigns::report::{CONTROL, add, arm_report, compared, level};
use super::super::{Service, View, instant, limit, watched};
use super::{check, kind, name_of, publish, read};
use crate::failure::Failure;
use crate::outreach::compile;
use crate::sentences::{Said, told};

/// The arm of those who came in.
pub(in crate::service) const CAME_IN: &str = "journey";

/// People of a page without a wish, and at most.
const PAGE: (u64, u64) = (100, 1_000);

/// What a report is about.
pub(super) struct Asked<'a> {
    pub(super) id: &'a str,
    pub(super) between: (Timestamp, Timestamp),
    pub(super) level: Level,
    pub(super) input: &'a JourneyInput,
}

impl Service {
    /// What became of a journey.
    pub fn journey_report(
        &self,
        id: &str,
        query: &JourneyReportQuery,
    ) -> Result<JourneyReport, Failure> {
        let saved = self.saved_journey(id)?;
        let published = self.published_inputs(id)?;
        let input = match published.last() {
            Some(latest) => latest.clone(),
            None => read(&saved)?,
        };
        let now = self.workspace.now();
        let at = query.as_of.as_deref().map(|text| instant("as_of", text)).transpose()?;
        let at = at.unwrap_or(now).min(now);
        let wish = |name: &str, text: &Option<String>| {
            text.as_deref().map(|text| instant(name, text)).transpose()
        };
        let from = wish("from", &query.from)?.unwrap_or(Timestamp::MIN);
        let to = wish("to", &query.to)?.unwrap_or(Timestamp::MAX);
        if to <= from {
            let message = "`to` is not after `from`";
            return Err(Failure::bad_request("request.range", message)
                .hint("ask for a period that has a length"));
        }
        let view = self.view(Some(&at.to_string()), None)?;
        let level = level(query.confidence)?;
        let asked = Asked { id, between: (from, to), level, input: &input };
        let counts = journeys::counts(&view.evaluator(), asked.wish())?;
        let steps = self.step_reports(&view, &asked, &published, &counts.steps)?;
        let goals = self.goals_of(&input)?;
        Ok(JourneyReport {
            as_of: at.to_string(),
            entered: counts.entered,
            users: counts.users,
            held_out: counts.held_out.values().sum(),
            held_out_by_group: reasons(&counts.held_out),
            waiting: counts.waiting,
            exited: reasons(&counts.exited),
            unaccounted: counts.unaccounted(),
            steps,
            goals: asked.effect(&view, &goals)?,
            paths: asked.paths(&view, &goals)?,
        })
    }

    /// Who is in a journey, those who have waited longest first.
    pub fn journey_waiting(
        &self,
        id: &str,
        query: &JourneyWaitingQuery,
    ) -> Result<JourneyWaiting, Failure> {
        self.saved_journey(id)?;
        let most = limit("limit", query.limit, PAGE.0, PAGE.1)?;
        let after = query.after.as_deref().map(place).transpose()?;
        let view = self.view(Some(&self.workspace.now().to_string()), None)?;
        let found = journeys::positions(&view.evaluator(), Wish::of(id), query.step.as_deref())?;
        let total = found.len() as u64;
        let own = |of: &Position| (of.since, of.run);
        let begin = after.map_or(0, |after| found.partition_point(|of| own(of) <= after));
        let page: Vec<&Position> = found[begin..].iter().take(most).collect();
        let last = page.last().filter(|_| begin + page.len() < found.len());
        let next = last.map(|of| format!("{}.{}", of.since.0, of.run));
        let waiter = |of: &Position| JourneyWaiter {
            user: view.sight.id(view.snapshot.public_id(of.user)),
            run: of.run.to_string(),
            step: of.step.to_string(),
            version: of.version,
            entered_at: of.entered_at.to_string(),
            since: of.since.to_string(),
        };
        Ok(JourneyWaiting { waiting: page.into_iter().map(waiter).collect(), total, next })
    }

    /// Runs that wait, by step.
    pub(super) fn waiting_by_step(&self, id: &str) -> Result<BTreeMap<String, u64>, Failure> {
        let view = self.view(Some(&self.workspace.now().to_string()), None)?;
        let counts = journeys::counts(&view.evaluator(), Wish::of(id))?;
        let steps = counts.steps.into_iter();
        Ok(steps.map(|(step, of)| (step.to_string(), of.waiting)).collect())
    }

    fn step_reports(
        &self,
        view: &View,
        asked: &Asked,
        published: &[JourneyInput],
        counts: &BTreeMap<Text, Step>,
    ) -> Result<Vec<StepReport>, Failure> {
        let mut steps: Vec<(JourneyStep, bool)> =
            asked.input.steps.iter().map(|step| (step.clone(), true)).collect();
        for step in publish::Earlier::of(published).0 {
            if !steps.iter().any(|(own, _)| own.id == step.id) {
                steps.push((step, false));
            }
        }
        let nothing = Step::default();
        let mut reports = Vec::new();
        for (step, of_published) in &steps {
            let own = counts.get(step.id.as_str()).unwrap_or(&nothing);
            let mut report = step_report(&step.id, own);
            report.name = name_of(step);
            report.kind = kind(&step.action).to_owned();
            report.published = *of_published;
            for moved in &mut report.moved {
                moved.name = path_name(step, &moved.path);
            }
            report.message = message(view, asked, step)?;
            reports.push(report);
        }
        // Steps of versions that are gone.
        let known: BTreeSet<&str> = steps.iter().map(|(step, _)| step.id.as_str()).collect();
        let gone = counts.iter().filter(|(id, _)| !known.contains(id.as_str()));
        reports.extend(gone.map(|(id, own)| step_report(id, own)));
        Ok(reports)
    }

    /// The goals of a journey, as they are counted.
    fn goals_of(&self, input: &JourneyInput) -> Result<Vec<Goal>, Failure> {
        let definitions = watched::read(self.workspace.config())?;
        self.surrounded(&definitions, &[], |around| {
            let goal = |goal: &JourneyGoal| {
                let within = Span::parse(&goal.within).map_err(|error| {
                    Failure::unprocessable("journey.invalid", error.to_string())
                })?;
                let trigger = match goal.when.clone() {
                    Happening::Event { event } => Trigger::Event { event },
                    Happening::Enters { segment } => Trigger::Enters { segment },
                    Happening::Leaves { segment } => Trigger::Leaves { segment },
                    Happening::State { lifecycle, from, to } => {
                        Trigger::State { lifecycle, from, to }
                    }
                    Happening::Message { .. } => Trigger::Api,
                };
                let campaign = wire::api::CampaignInput { trigger, ..check::plain() };
                match compile::compile(&campaign, "goal", around)?.campaign.trigger {
                    Compiled::Event(of) => {
                        let revenue = goal.revenue.as_ref().map(Text::new);
                        Ok(Goal::Event(outreach::Goal { of, within, revenue }))
                    }
                    Compiled::Moves { watch, from, to } => {
                        Ok(Goal::Moves(Reach { watch, from, to, within }))
                    }
                    Compiled::Named => {
                        let message = format!("the goal \"{}\" cannot be counted", goal.id);
                        Err(Failure::unprocessable("journey.invalid", message))
                    }
                }
            };
            input.goals.iter().map(goal).collect()
        })
    }
}

impl Asked<'_> {
    fn wish(&self) -> Wish<'_> {
        Wish { journey: Some(self.id), began: self.between }
    }

    /// Who came in against who was held out.
    pub(super) fn effect(
        &self,
        view: &View,
        goals: &[Goal],
    ) -> Result<Vec<JourneyGoalReport>, Failure> {
        if goals.is_empty() {
            return Ok(Vec::new());
        }
        let arms = journeys::arms(&view.evaluator(), self.wish(), goals)?;
        let report = |(n, goal): (usize, &JourneyGoal)| {
            let (control, came_in) = parted(&arms, n);
            let money = goal.revenue.is_some();
            let came_in: Outcome =
                came_in.into_iter().next().map_or_else(Outcome::default, |own| own.1);
            let mut report = goal_report(goal);
            let shown = [(CONTROL, &control), (CAME_IN, &came_in)];
            let shown = shown.into_iter().filter(|(id, of)| *id == CAME_IN || of.users > 0);
            report.arms = shown
                .map(|(id, of)| arm_report((id, id.to_owned()), of, money, self.level))
                .collect();
            let others = [(Text::const_new(CAME_IN), CAME_IN.to_owned(), came_in.clone())];
            match compared((CONTROL, &control), &others, money, self.level) {
                Ok(effects) => report.effects = effects,
                Err(because) => no_effect(&mut report, because),
            }
            report
        };
        Ok(self.input.goals.iter().enumerate().map(report).collect())
    }

    /// The paths of the steps that divide people.
    fn paths(&self, view: &View, goals: &[Goal]) -> Result<Vec<PathsReport>, Failure> {
        let dividing = |step: &JourneyStep| match &step.action {
            StepAction::Random { paths, .. } => Some((step.clone(), paths.clone(), false)),
            StepAction::Learn { paths, .. } => Some((step.clone(), paths.clone(), true)),
            _ => None,
        };
        let dividing: Vec<(JourneyStep, Vec<RandomPath>, bool)> =
            self.input.steps.iter().filter_map(dividing).collect();
        if dividing.is_empty() || goals.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<&str> = dividing.iter().map(|(step, ..)| step.id.as_str()).collect();
        let mut all =
            journeys::splits(&view.evaluator(), self.wish(), (&ids, Timestamp::MAX), goals)?;
        let report = |(step, paths, learned): &(JourneyStep, Vec<RandomPath>, bool)| {
            let arms = all.remove(step.id.as_str()).unwrap_or_default();
            let of_goal =
                |(n, goal): (usize, &JourneyGoal)| self.by_path(n, goal, (paths, *learned), &arms);
            PathsReport {
                step: step.id.clone(),
                name: name_of(step),
                kind: kind(&step.action).to_owned(),
                goals: self.input.goals.iter().enumerate().map(of_goal).collect(),
            }
        };
        Ok(dividing.iter().map(report).collect())
    }

    fn by_path(
        &self,
        n: usize,
        goal: &JourneyGoal,
        (paths, learned): (&[RandomPath], bool),
        arms: &Arms,
    ) -> JourneyGoalReport {
        let (_, mut found) = parted(arms, n);
        let mut named = Vec::new();
        for path in paths {
            let outcome = found.remove(path.id.as_str()).unwrap_or_default();
            let name = path.name.clone().unwrap_or_else(|| path.id.clone());
            named.push((Text::new(&path.id), name, outcome));
        }
        // Of earlier versions.
        named.extend(found.into_iter().map(|(id, outcome)| (id.clone(), id.to_string(), outcome)));
        let money = goal.revenue.is_some();
        let mut report = goal_report(goal);
        let arm = |(id, name, of): &(Text, String, Outcome)| {
            arm_report((id, name.clone()), of, money, self.level)
        };
        report.arms = named.iter().map(arm).collect();
        if learned {
            no_effect(&mut report, told::LEARNED.into());
        } else if let Some(((_, name, first), others)) = named.split_first() {
            match first.users == 0 {
                true => {
                    let nobody = told::NOBODY_WENT.with([("path", name.as_str().into())]);
                    no_effect(&mut report, nobody);
                }
                false => match compared((name, first), others, money, self.level) {
                    Ok(effects) => report.effects = effects,
                    Err(because) => no_effect(&mut report, because),
                },
            }
        }
        report
    }
}

/// A goal without numbers.
fn goal_report(goal: &JourneyGoal) -> JourneyGoalReport {
    JourneyGoalReport {
        goal: goal.id.clone(),
        name: goal.name.clone().unwrap_or_else(|| goal.id.clone()),
        within: goal.within.clone(),
        arms: Vec::new(),
        effects: Vec::new(),
        no_effect_because: None,
        no_effect_because_code: None,
    }
}

/// Says why there is no effect.
fn no_effect(report: &mut JourneyGoalReport, because: Said) {
    (report.no_effect_because, report.no_effect_because_code) = (Some(because.text), because.code);
}

/// All control groups together, and everything else by name.
fn parted(arms: &Arms, goal: usize) -> (Outcome, BTreeMap<Text, Outcome>) {
    let (mut control, mut others) = (Outcome::default(), BTreeMap::new());
    for (arm, outcomes) in arms {
        let Some(outcome) = outcomes.get(goal) else { continue };
        match arm {
            Arm::Control(_) => control.merge(outcome),
            Arm::Variant(name) => _ = others.insert(name.clone(), outcome.clone()),
        }
    }
    (control, others)
}

/// What became of the messages of a step that were decided in the range.
fn message(
    view: &View,
    asked: &Asked,
    step: &JourneyStep,
) -> Result<Option<DeliveryFunnel>, Failure> {
    let campaigns: Vec<String> = match &step.action {
        StepAction::Message { .. } | StepAction::Webhook { .. } => {
            vec![format!("{}/{}", asked.id, step.id)]
        }
        StepAction::BestChannel { messages, .. } => {
            (0..messages.len()).map(|n| format!("{}/{}/{n}", asked.id, step.id)).collect()
        }
        _ => return Ok(None),
    };
    let mut whole = DeliveryFunnel::default();
    for campaign in campaigns {
        let evaluator = view.evaluator();
        whole.planned += outreach::planned(&evaluator, Some(&campaign))?;
        let funnels = outreach::funnels(&evaluator, Some(&campaign), asked.between)?;
        funnels.values().for_each(|funnel| add(&mut whole, funnel));
    }
    Ok(Some(whole))
}

fn step_report(id: &str, own: &Step) -> StepReport {
    let moved = own.moved.iter().map(|((path, to), n)| StepMoved {
        path: path.to_string(),
        name: path.to_string(),
        to: to.to_string(),
        count: *n,
    });
    StepReport {
        step: id.to_owned(),
        name: id.to_owned(),
        kind: String::new(),
        published: false,
        entered: own.entered,
        moved: moved.collect(),
        waiting: own.waiting,
        exited: reasons(&own.exited),
        message: None,
    }
}

/// What people call a path out of a step.
pub(super) fn path_name(step: &JourneyStep, path: &str) -> String {
    let name = match &step.action {
        StepAction::WaitFor { any, .. } => {
            any.iter().find(|own| own.id == path).and_then(|own| own.name.clone())
        }
        StepAction::Split { paths, .. } => {
            paths.iter().find(|own| own.id == path).and_then(|own| own.name.clone())
        }
        StepAction::Random { paths, .. } | StepAction::Learn { paths, .. } => {
            paths.iter().find(|own| own.id == path).and_then(|own| own.name.clone())
        }
        _ => None,
    };
    name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| path.to_owned())
}

fn reasons(counts: &BTreeMap<Text, u64>) -> Vec<ReasonCount> {
    let mut all: Vec<ReasonCount> = counts
        .iter()
        .map(|(reason, count)| ReasonCount { reason: reason.to_string(), count: *count })
        .collect();
    all.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.reason.cmp(&b.reason)));
    all
}

fn place(text: &str) -> Result<(Timestamp, model::EventId), Failure> {
    let read = || {
        let (at, run) = text.split_once('.')?;
        Some((Timestamp(at.parse().ok()?), model::EventId::of(run)))
    };
    read().ok_or_else(|| {
        Failure::bad_request("request.query", format!("`after`: \"{text}\" is no place"))
            .hint("send what the page before said under `next`")
    })
}
