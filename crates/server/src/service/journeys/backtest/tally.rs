//! What came of a backtest, added up over users in whatever order.

use std::collections::{BTreeMap, BTreeSet};

use engine::journey::rehearsal::Played;
use engine::journey::{Told, What};
use engine::outreach::Decision;
use model::{Day, EventId, Text, Timestamp, Zone, journey};
use segment::evaluate::UserHistory;
use wire::api::{
    BacktestDay, BacktestGoal, BacktestMessages, BacktestResult, BacktestRun, BacktestStep,
    BacktestWorst, JourneyRun, RunExit, RunStep,
};

use super::super::super::sight::Sight;
use super::Trial;

/// Runs that are shown.
const SAMPLE: usize = 100;

/// Of a step.
#[derive(Default)]
struct StepTally {
    entered: u64,
    moved: BTreeMap<Text, u64>,
    exited: u64,
    sent: u64,
}

/// What came of users.
pub(super) struct Tally {
    zone: Zone,
    entered: u64,
    held_out: u64,
    people: u64,
    endless: u64,
    days: BTreeMap<Day, (u64, u64)>,
    steps: BTreeMap<Text, StepTally>,
    exits: BTreeMap<Text, u64>,
    messages: BTreeMap<u64, u64>,
    /// Of equals, the first by id.
    worst: Option<(u64, Text)>,
    withheld: BTreeMap<String, u64>,
    delayed: BTreeMap<String, u64>,
    goals: BTreeMap<Text, (u64, u64)>,
    /// By bits of the run's id, which nothing about a user decides.
    sample: BTreeMap<u128, (Text, JourneyRun)>,
}

impl Tally {
    pub(super) fn new(zone: Zone) -> Tally {
        Tally {
            zone,
            entered: 0,
            held_out: 0,
            people: 0,
            endless: 0,
            days: BTreeMap::new(),
            steps: BTreeMap::new(),
            exits: BTreeMap::new(),
            messages: BTreeMap::new(),
            worst: None,
            withheld: BTreeMap::new(),
            delayed: BTreeMap::new(),
            goals: BTreeMap::new(),
            sample: BTreeMap::new(),
        }
    }

    /// One user.
    pub(super) fn add(&mut self, played: &Played, history: &UserHistory) {
        self.endless += u64::from(played.endless.is_some());
        let mut runs: BTreeMap<u128, Vec<&Told>> = BTreeMap::new();
        let mut entered = false;
        for told in &played.told {
            runs.entry(told.run.0).or_default().push(told);
            self.count(told);
            entered |= matches!(told.what, What::Entered { .. });
        }
        let mut sent = 0;
        for decided in &played.messages {
            match &decided.decision {
                Decision::Send { .. } => {
                    sent += 1;
                    let step = decided.campaign.split('/').nth(1).unwrap_or_default();
                    self.steps.entry(Text::new(step)).or_default().sent += 1;
                }
                Decision::Withheld { reason, .. } => {
                    *self.withheld.entry(reason.word().to_owned()).or_default() += 1;
                }
                Decision::HeldOut(_) => {
                    *self.withheld.entry("held_out".to_owned()).or_default() += 1;
                }
                Decision::Later { reason, .. } => {
                    *self.delayed.entry((*reason).to_owned()).or_default() += 1;
                }
            }
        }
        for reached in &played.reached {
            let goal = self.goals.entry(reached.goal.clone()).or_default();
            match reached.held_out {
                false => goal.0 += 1,
                true => goal.1 += 1,
            }
        }
        if entered {
            self.people += 1;
            *self.messages.entry(sent).or_default() += 1;
        }
        if sent > 0 {
            self.worse((sent, history.id.clone()));
        }
        for (run, told) in runs {
            // The lower bits are the user's number.
            let place = run.rotate_right(32);
            let last = self.sample.last_key_value().map(|(place, _)| *place);
            if self.sample.len() < SAMPLE || last.is_some_and(|last| place < last) {
                let shown = shown(&told, history);
                self.sample.insert(place, (history.id.clone(), shown));
            }
            if self.sample.len() > SAMPLE {
                self.sample.pop_last();
            }
        }
    }

    fn count(&mut self, told: &Told) {
        let day = self.zone.day(told.at);
        match &told.what {
            What::Entered { step, .. } => {
                self.entered += 1;
                self.days.entry(day).or_default().0 += 1;
                self.step(step).entered += 1;
            }
            What::HeldOut { .. } => {
                self.held_out += 1;
                self.days.entry(day).or_default().1 += 1;
            }
            What::Moved { from, path, step, .. } => {
                *self.step(from).moved.entry(path.clone()).or_default() += 1;
                self.step(step).entered += 1;
            }
            What::Exited { from, reason, .. } => {
                self.step(from).exited += 1;
                *self.exits.entry(reason.clone()).or_default() += 1;
            }
        }
    }

    fn step(&mut self, id: &Text) -> &mut StepTally {
        self.steps.entry(id.clone()).or_default()
    }

    fn worse(&mut self, other: (u64, Text)) {
        let better = |own: &(u64, Text)| own.0 > other.0 || own.0 == other.0 && own.1 <= other.1;
        if !self.worst.as_ref().is_some_and(better) {
            self.worst = Some(other);
        }
    }

    /// Other users.
    pub(super) fn merge(&mut self, other: Tally) {
        self.entered += other.entered;
        self.held_out += other.held_out;
        self.people += other.people;
        self.endless += other.endless;
        for (day, (entered, held_out)) in other.days {
            let own = self.days.entry(day).or_default();
            *own = (own.0 + entered, own.1 + held_out);
        }
        for (id, of) in other.steps {
            let own = self.steps.entry(id).or_default();
            own.entered += of.entered;
            own.exited += of.exited;
            own.sent += of.sent;
            of.moved.into_iter().for_each(|(way, n)| *own.moved.entry(way).or_default() += n);
        }
        sum(&mut self.exits, other.exits);
        sum(&mut self.messages, other.messages);
        sum(&mut self.withheld, other.withheld);
        sum(&mut self.delayed, other.delayed);
        for (goal, (entered, held_out)) in other.goals {
            let own = self.goals.entry(goal).or_default();
            *own = (own.0 + entered, own.1 + held_out);
        }
        other.worst.into_iter().for_each(|of| self.worse(of));
        self.sample.extend(other.sample);
        while self.sample.len() > SAMPLE {
            self.sample.pop_last();
        }
    }

    pub(super) fn result(mut self, trial: &Trial, sight: &Sight) -> BacktestResult {
        let journey = &trial.compiled.journey;
        let mut known: BTreeSet<&str> = BTreeSet::new();
        let mut steps = Vec::with_capacity(trial.steps.len());
        for (id, name) in &trial.steps {
            known.insert(id);
            let of = self.steps.remove(id.as_str()).unwrap_or_default();
            let moved: u64 = of.moved.values().sum();
            steps.push(BacktestStep {
                step: id.clone(),
                name: name.clone(),
                entered: of.entered,
                waiting: of.entered - moved - of.exited,
                exited: of.exited,
                moved: of.moved.into_iter().map(|(way, n)| (way.to_string(), n)).collect(),
                sent: of.sent,
            });
        }
        let goals = journey.goals.iter().map(|goal| {
            let (entered, held_out) = self.goals.get(&goal.id).copied().unwrap_or_default();
            BacktestGoal { goal: goal.id.to_string(), entered, held_out }
        });
        let goals = goals.collect();
        let sample = self.sample.into_values().map(|(user, mut run)| {
            run.journey = journey.id.to_string();
            run.name = trial.name.clone();
            for step in &mut run.steps {
                step.why = sight.said(std::mem::take(&mut step.why));
            }
            BacktestRun { user: sight.id(&user), run }
        });
        let messages = self
            .messages
            .iter()
            .map(|(messages, users)| BacktestMessages { messages: *messages, users: *users });
        let days = self.days.into_iter().map(|(day, (entered, held_out))| {
            let (year, month, date) = day.civil();
            let day = format!("{year:04}-{month:02}-{date:02}");
            BacktestDay { day, entered, held_out }
        });
        BacktestResult {
            from: trial.between.0.to_string(),
            to: trial.between.1.to_string(),
            took_ms: 0,
            users: 0,
            rows: 0,
            entered: self.entered,
            people: self.people,
            held_out: self.held_out,
            days: days.collect(),
            exits: self.exits.into_iter().map(|(why, n)| (why.to_string(), n)).collect(),
            sent: self.messages.iter().map(|(messages, users)| messages * users).sum(),
            messages: messages.collect(),
            worst: self
                .worst
                .map(|(messages, user)| BacktestWorst { user: sight.id(&user), messages }),
            withheld: self.withheld,
            delayed: self.delayed,
            goals,
            sample: sample.collect(),
            endless: self.endless,
            steps,
        }
    }
}

fn sum<K: Ord>(own: &mut BTreeMap<K, u64>, other: BTreeMap<K, u64>) {
    other.into_iter().for_each(|(key, n)| *own.entry(key).or_default() += n);
}

/// A run as the API shows one.
fn shown(told: &[&Told], history: &UserHistory) -> JourneyRun {
    let event = |id: EventId| {
        let found = history.events.iter().find(|event| event.id == id);
        found.map(|event| format!("\"{}\" at {}", event.name, event.time))
    };
    let why = |told: &Told| match told.cause {
        Some(cause) => event(cause).unwrap_or_else(|| "a change of what they are".to_owned()),
        None => "time alone".to_owned(),
    };
    let mut run = JourneyRun {
        journey: String::new(),
        name: String::new(),
        run: told.first().map_or(String::new(), |told| told.run.to_string()),
        entered_at: told.first().map_or(Timestamp(0), |told| told.at).to_string(),
        version: 1,
        held_out: None,
        steps: Vec::new(),
        exit: None,
        due_at: None,
    };
    for one in told {
        let at = one.at.to_string();
        match &one.what {
            What::Entered { version, step, .. } => {
                run.version = *version;
                let (step, path) = (step.to_string(), None);
                run.steps.push(RunStep { step, at, path, why: why(one) });
            }
            What::HeldOut { version, group } => {
                run.version = *version;
                run.held_out = Some(group.to_string());
            }
            What::Moved { path, step, context, .. } => {
                let why = match (path.as_str(), context) {
                    (journey::path::UNREACHABLE, _) => "the message was not sent".to_owned(),
                    (_, Some(context)) => format!("found in \"{context}\" and drawn"),
                    _ => why(one),
                };
                let (step, path) = (step.to_string(), Some(path.to_string()));
                run.steps.push(RunStep { step, at, path, why });
            }
            What::Exited { reason, detail, .. } => {
                let (reason, detail) = (reason.to_string(), detail.as_ref().map(Text::to_string));
                run.exit = Some(RunExit { at, reason, detail });
            }
        }
    }
    run
}
