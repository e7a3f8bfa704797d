//! What came of a backtest, added up over users in whatever order.

use std::collections::{BTreeMap, BTreeSet};

use engine::journey::rehearsal::{Decided, Played};
use engine::journey::{Told, What};
use engine::outreach::Decision;
use model::{Day, Text, Zone};
use segment::evaluate::UserHistory;
use wire::api::{
    BacktestDay, BacktestFound, BacktestGoal, BacktestLimit, BacktestMessages, BacktestResult,
    BacktestRun, BacktestStep, BacktestVariant, BacktestWorst,
};

use super::super::sight::Sight;
use super::{Subject, Trial, campaign, journey, shown};
use crate::outreach::Ready;

/// Runs, or messages, that are shown.
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
    /// Campaigns as which steps ask servers.
    asks: BTreeSet<Text>,
    asked: u64,
    answers_assumed: u64,
    entered: u64,
    held_out: u64,
    people: u64,
    endless: u64,
    groups: BTreeMap<Text, u64>,
    days: BTreeMap<Day, (u64, u64)>,
    steps: BTreeMap<Text, StepTally>,
    exits: BTreeMap<Text, u64>,
    messages: BTreeMap<u64, u64>,
    waiting: u64,
    variants: BTreeMap<Text, u64>,
    /// By local day: messages.
    sent: BTreeMap<Day, u64>,
    /// By run of a schedule: whom it found.
    runs: BTreeMap<Text, u64>,
    /// Of equals, the first by id.
    worst: Option<(u64, Text)>,
    withheld: BTreeMap<String, u64>,
    delayed: BTreeMap<String, u64>,
    assumed: BTreeMap<String, u64>,
    goals: BTreeMap<Text, (u64, u64)>,
    sample: Sample<BacktestRun>,
    found: Sample<BacktestFound>,
}

/// Some of all, whatever their order: those with the least ids. After a bit that all have, ids begin with those
/// of a hash, which nothing about a user decides.
struct Sample<T>(BTreeMap<u128, T>);

impl<T> Sample<T> {
    fn add(&mut self, id: u128, shown: impl FnOnce() -> Option<T>) {
        let last = self.0.last_key_value().map(|(last, _)| *last);
        if self.0.len() < SAMPLE || last.is_some_and(|last| id < last) {
            shown().into_iter().for_each(|shown| _ = self.0.insert(id, shown));
            self.cut();
        }
    }

    fn merge(&mut self, other: Sample<T>) {
        self.0.extend(other.0);
        self.cut();
    }

    fn cut(&mut self) {
        while self.0.len() > SAMPLE {
            self.0.pop_last();
        }
    }
}

impl Tally {
    pub(super) fn new(zone: Zone, asks: BTreeSet<Text>) -> Tally {
        Tally {
            zone,
            asks,
            asked: 0,
            answers_assumed: 0,
            entered: 0,
            held_out: 0,
            people: 0,
            endless: 0,
            groups: BTreeMap::new(),
            days: BTreeMap::new(),
            steps: BTreeMap::new(),
            exits: BTreeMap::new(),
            messages: BTreeMap::new(),
            waiting: 0,
            variants: BTreeMap::new(),
            sent: BTreeMap::new(),
            runs: BTreeMap::new(),
            worst: None,
            withheld: BTreeMap::new(),
            delayed: BTreeMap::new(),
            assumed: BTreeMap::new(),
            goals: BTreeMap::new(),
            sample: Sample(BTreeMap::new()),
            found: Sample(BTreeMap::new()),
        }
    }

    /// One user.
    pub(super) fn add(&mut self, of: &Subject, played: &Played, history: &UserHistory) {
        self.endless += u64::from(played.endless.is_some());
        self.answers_assumed += played.assumed;
        let entered = match of {
            Subject::Journey(_) => self.add_runs(played, history),
            Subject::Campaign(piece) => self.add_found((&piece.ready, &played.messages), history),
        };
        let sent = self.add_messages(&played.messages);
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
    }

    /// Runs of a journey; whether the user came in.
    fn add_runs(&mut self, played: &Played, history: &UserHistory) -> bool {
        let mut runs: BTreeMap<u128, Vec<&Told>> = BTreeMap::new();
        let mut entered = false;
        for told in &played.told {
            runs.entry(told.run.0).or_default().push(told);
            self.count(told);
            entered |= matches!(told.what, What::Entered { .. });
        }
        for decided in &played.messages {
            if matches!(decided.decision, Decision::Send { .. }) {
                let step = decided.campaign.split('/').nth(1).unwrap_or_default();
                self.step(&Text::new(step)).sent += 1;
            }
        }
        for (run, told) in runs {
            let shown = || Some(shown::run(&told, &played.messages, history));
            self.sample.add(run, shown);
        }
        entered
    }

    /// How often a campaign found the user; whether it did and they are of no control group.
    fn add_found(
        &mut self,
        (ready, messages): (&Ready, &[Decided]),
        history: &UserHistory,
    ) -> bool {
        let mut found: BTreeMap<u128, Vec<&Decided>> = BTreeMap::new();
        for decided in messages {
            found.entry(decided.message.0).or_default().push(decided);
        }
        let mut entered = false;
        for (message, decisions) in found {
            let Some(first) = decisions.first() else { continue };
            let day = self.days.entry(self.zone.day(first.at)).or_default();
            match decisions.iter().find_map(|decided| group(&decided.decision)) {
                Some(_) => {
                    self.held_out += 1;
                    day.1 += 1;
                }
                None => {
                    self.entered += 1;
                    day.0 += 1;
                    entered = true;
                }
            }
            if ready.schedule.is_some() {
                *self.runs.entry(first.run.clone()).or_default() += 1;
            }
            self.found.add(message, || shown::found(&decisions, history));
        }
        entered
    }

    /// What was decided about messages; how many would have been sent.
    fn add_messages(&mut self, messages: &[Decided]) -> u64 {
        let mut sent = 0;
        let mut waiting: BTreeMap<u128, bool> = BTreeMap::new();
        for decided in messages {
            let waits = matches!(decided.decision, Decision::Later { .. });
            waiting.insert(decided.message.0, waits);
            match &decided.decision {
                // What servers are asked is no message to anybody.
                Decision::Send { .. } if self.asks.contains(&decided.campaign) => self.asked += 1,
                Decision::Send { variant, .. } => {
                    sent += 1;
                    *self.variants.entry(variant.clone()).or_default() += 1;
                    *self.sent.entry(self.zone.day(decided.at)).or_default() += 1;
                    if let Some(reason) = &decided.assumed {
                        *self.assumed.entry(reason.word().to_owned()).or_default() += 1;
                    }
                }
                Decision::Withheld { reason, .. } => {
                    *self.withheld.entry(reason.word().to_owned()).or_default() += 1;
                }
                Decision::HeldOut(group) => {
                    *self.groups.entry(group.clone()).or_default() += 1;
                }
                Decision::Later { reason, .. } => {
                    *self.delayed.entry((*reason).to_owned()).or_default() += 1;
                }
            }
        }
        self.waiting += waiting.into_values().filter(|waits| *waits).count() as u64;
        sent
    }

    fn count(&mut self, told: &Told) {
        let day = self.zone.day(told.at);
        match &told.what {
            What::Entered { step, .. } => {
                self.entered += 1;
                self.days.entry(day).or_default().0 += 1;
                self.step(step).entered += 1;
            }
            What::HeldOut { group, .. } => {
                self.held_out += 1;
                self.days.entry(day).or_default().1 += 1;
                *self.groups.entry(group.clone()).or_default() += 1;
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
        self.asked += other.asked;
        self.answers_assumed += other.answers_assumed;
        self.waiting += other.waiting;
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
        sum(&mut self.groups, other.groups);
        sum(&mut self.exits, other.exits);
        sum(&mut self.messages, other.messages);
        sum(&mut self.variants, other.variants);
        sum(&mut self.sent, other.sent);
        sum(&mut self.runs, other.runs);
        sum(&mut self.withheld, other.withheld);
        sum(&mut self.delayed, other.delayed);
        sum(&mut self.assumed, other.assumed);
        for (goal, (entered, held_out)) in other.goals {
            let own = self.goals.entry(goal).or_default();
            *own = (own.0 + entered, own.1 + held_out);
        }
        other.worst.into_iter().for_each(|of| self.worse(of));
        self.sample.merge(other.sample);
        self.found.merge(other.found);
    }

    pub(super) fn result(mut self, trial: &Trial, sight: &Sight) -> BacktestResult {
        let (steps, goals, variants, limits) = match &trial.played {
            Subject::Journey(piece) => {
                (self.steps_of(piece), self.goals_of(piece), Vec::new(), Vec::new())
            }
            Subject::Campaign(piece) => {
                (Vec::new(), Vec::new(), self.variants_of(&piece.ready), self.limits_of(piece))
            }
        };
        let name = match &trial.played {
            Subject::Journey(piece) => piece.name.clone(),
            Subject::Campaign(_) => String::new(),
        };
        let sample = self.sample.0.into_values().map(|mut shown| {
            shown.run.name = name.clone();
            for step in &mut shown.run.steps {
                step.why = sight.said(std::mem::take(&mut step.why));
            }
            BacktestRun { user: sight.id(&shown.user), ..shown }
        });
        let found = self.found.0.into_values().map(|shown| BacktestFound {
            user: sight.id(&shown.user),
            why: sight.said(shown.why),
            ..shown
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
            groups: named(self.groups),
            days: days.collect(),
            exits: named(self.exits),
            sent: self.sent.values().sum(),
            waiting: self.waiting,
            variants,
            messages: messages.collect(),
            worst: self
                .worst
                .map(|(messages, user)| BacktestWorst { user: sight.id(&user), messages }),
            withheld: self.withheld,
            delayed: self.delayed,
            reachable: trial.reachable,
            assumed: self.assumed,
            limits,
            goals,
            sample: sample.collect(),
            found: found.collect(),
            endless: self.endless,
            answers_assumed: self.answers_assumed,
            unanswered: self.asked.saturating_sub(self.answers_assumed),
            steps,
        }
    }

    fn steps_of(&mut self, piece: &journey::Piece) -> Vec<BacktestStep> {
        let step = |(id, name): &(String, String)| {
            let of = self.steps.remove(id.as_str()).unwrap_or_default();
            let moved: u64 = of.moved.values().sum();
            BacktestStep {
                step: id.clone(),
                name: name.clone(),
                entered: of.entered,
                waiting: of.entered - moved - of.exited,
                exited: of.exited,
                moved: named(of.moved),
                sent: of.sent,
            }
        };
        piece.steps.iter().map(step).collect()
    }

    fn goals_of(&self, piece: &journey::Piece) -> Vec<BacktestGoal> {
        let goal = |id: &Text| {
            let (entered, held_out) = self.goals.get(id).copied().unwrap_or_default();
            BacktestGoal { goal: id.to_string(), entered, held_out }
        };
        piece.journey.goals.iter().map(|of| goal(&of.id)).collect()
    }

    fn variants_of(&self, ready: &Ready) -> Vec<BacktestVariant> {
        let variant = |(id, name): &(Text, String)| BacktestVariant {
            variant: id.to_string(),
            name: name.clone(),
            sent: self.variants.get(id).copied().unwrap_or(0),
        };
        ready.names.iter().map(variant).collect()
    }

    /// Limits over all users together, as far as they were exceeded.
    fn limits_of(&self, piece: &campaign::Piece) -> Vec<BacktestLimit> {
        let beyond = |of: &BTreeMap<Day, u64>, most: u64| {
            of.values().map(|n| n.saturating_sub(most)).sum::<u64>()
        };
        let all: u64 = self.sent.values().sum();
        let larger = |most: u64| self.runs.values().filter(|n| **n > most).count() as u64;
        let campaign::Piece { ready, most, most_per_day } = piece;
        let limits = [
            ("campaign_limit", *most, most.map(|most| all.saturating_sub(most))),
            ("daily_limit", *most_per_day, most_per_day.map(|most| beyond(&self.sent, most))),
            ("safety_stop", ready.safety_stop, ready.safety_stop.map(larger)),
        ];
        let exceeded = limits.into_iter().filter_map(|(limit, most, over)| {
            let over = over.filter(|over| *over > 0)?;
            Some(BacktestLimit { limit: limit.to_owned(), most: most?, over })
        });
        exceeded.collect()
    }
}

/// The control group for which a message is not sent.
fn group(decision: &Decision) -> Option<&Text> {
    match decision {
        Decision::HeldOut(group) => Some(group),
        _ => None,
    }
}

fn named(of: BTreeMap<Text, u64>) -> BTreeMap<String, u64> {
    of.into_iter().map(|(name, n)| (name.to_string(), n)).collect()
}

fn sum<K: Ord>(own: &mut BTreeMap<K, u64>, other: BTreeMap<K, u64>) {
    other.into_iter().for_each(|(key, n)| *own.entry(key).or_default() += n);
}
