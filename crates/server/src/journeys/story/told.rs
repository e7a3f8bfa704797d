//! What happened in a story, for people, and whether it is what they expected.

use engine::journey::rehearsal::{Decided, Played, Reached};
use engine::journey::{Told, What};
use engine::outreach::Decision;
use engine::schedule::Minute;
use model::{Text, Timestamp, Zone};

use super::{Expect, Stage, compile};

/// Everything that happened, in order, with local times; of several journeys with the id of each.
pub(super) fn path(played: &Played, (zone, n_journeys): (&Zone, usize)) -> Vec<String> {
    let mut all: Vec<(Timestamp, usize, String)> = Vec::new();
    for told in &played.told {
        let line = match n_journeys {
            1 => of_run(told),
            _ => format!("{}: {}", told.journey, of_run(told)),
        };
        all.push((told.at, all.len(), line));
    }
    for decided in &played.messages {
        all.push((decided.at, all.len(), of_message(decided, zone)));
    }
    for event in &played.emitted {
        all.push((event.time, all.len(), format!("writes \"{}\"", event.name)));
    }
    for (at, values) in &played.updated {
        let names: Vec<&str> = values.iter().map(|(name, _)| name.as_str()).collect();
        all.push((*at, all.len(), format!("sets {}", names.join(", "))));
    }
    all.sort_by_key(|(at, n, _)| (*at, *n));
    let mut lines: Vec<String> =
        all.into_iter().map(|(at, _, line)| format!("{}  {line}", local(zone, at))).collect();
    if let Some(at) = played.endless {
        lines.push(format!("{}  steps go on and on", local(zone, at)));
    }
    lines
}

/// A local time, with what the minute leaves over.
pub(super) fn local(zone: &Zone, at: Timestamp) -> String {
    let (day, ms) = zone.local(at);
    let (year, month, date) = day.civil();
    let minutes = ms / 60_000;
    let weekday = day.weekday().name();
    let clock = Minute::at((minutes / 60) as u16, (minutes % 60) as u16);
    let clock = clock.map(|minute| minute.to_string()).unwrap_or_default();
    let rest = match ms % 60_000 {
        0 => String::new(),
        rest if rest % 1_000 == 0 => format!(":{:02}", rest / 1_000),
        rest => format!(":{:02}.{:03}", rest / 1_000, rest % 1_000),
    };
    format!("{weekday} {year:04}-{month:02}-{date:02} {clock}{rest}")
}

/// The context in which a learning split found somebody, in words.
fn found_in(context: Option<&Text>) -> String {
    context.map_or(String::new(), |of| format!(", found in {of}"))
}

fn of_run(told: &Told) -> String {
    match &told.what {
        What::Entered { step, .. } => format!("comes in, to {step}"),
        What::HeldOut { group, .. } => format!("is held out: {group}"),
        What::Moved { from, path, step, context, .. } => {
            format!("{from} -{path}-> {step}{}", found_in(context.as_ref()))
        }
        What::Exited { from, path, reason, detail, context } => {
            let way = path.as_ref().map_or(String::new(), |path| format!(" -{path}->"));
            let detail = detail.as_ref().map_or(String::new(), |of| format!(" {of}"));
            format!("{from}{way} out: {reason}{detail}{}", found_in(context.as_ref()))
        }
    }
}

fn of_message(decided: &Decided, zone: &Zone) -> String {
    let what = match &decided.decision {
        Decision::Send { .. } => "is sent".to_owned(),
        Decision::HeldOut(group) => format!("is held out: {group}"),
        Decision::Later { due, reason, .. } => {
            format!("waits until {}: {reason}", local(zone, *due))
        }
        Decision::Withheld { reason, detail, .. } if detail.is_empty() => {
            format!("is not sent: {}", reason.word())
        }
        Decision::Withheld { reason, detail, .. } => {
            format!("is not sent: {} ({detail})", reason.word())
        }
    };
    format!("the message {} {what}", decided.campaign)
}

impl Stage<'_> {
    /// What of an expectation is not so; an error: it cannot be meant.
    pub(super) fn expect(&self, expect: &Expect) -> Result<Option<String>, String> {
        let mut unmet: Vec<String> = Vec::new();
        self.expect_place(expect, &mut unmet)?;
        self.expect_messages(expect, &mut unmet)?;
        self.expect_rest(expect, &mut unmet)?;
        let now = local(&self.house.zone, self.now);
        Ok((!unmet.is_empty()).then(|| format!("{now}: {}", unmet.join("; "))))
    }

    fn own(&self) -> impl Iterator<Item = &Told> {
        let told = self.rehearsal.played().told.iter();
        told.filter(|told| told.journey == self.compiled.journey.id)
    }

    fn expect_place(&self, expect: &Expect, unmet: &mut Vec<String>) -> Result<(), String> {
        let journey = &self.compiled.journey.id;
        let positions = self.rehearsal.positions();
        let here: Vec<&str> = positions
            .iter()
            .filter(|(of, ..)| of == journey)
            .map(|(_, step, ..)| step.as_str())
            .collect();
        let last = self.own().filter_map(|told| match &told.what {
            What::Exited { reason, .. } => Some(reason.as_str()),
            _ => None,
        });
        let last = last.last();
        let is = || match (here.as_slice(), last) {
            ([], None) => "the user was never in".to_owned(),
            ([], Some(reason)) => format!("the user is out: {reason}"),
            (steps, _) => format!("the user is at {}", steps.join(", ")),
        };
        if let Some(step) = &expect.at {
            self.known_step(step)?;
            if !here.contains(&step.as_str()) {
                unmet.push(format!("expected at {step}, but {}", is()));
            }
        }
        if let Some(reason) = &expect.out
            && (!here.is_empty() || last != Some(reason.as_str()))
        {
            unmet.push(format!("expected out: {reason}, but {}", is()));
        }
        let entered = self.own().filter(|told| matches!(told.what, What::Entered { .. })).count();
        if let Some(never) = expect.never_in
            && never != (entered == 0)
        {
            unmet.push(format!("expected never in: {never}, but the user came in {entered} times"));
        }
        if let Some(times) = expect.entered
            && times != entered
        {
            unmet.push(format!("expected to come in {times} times, but it was {entered}"));
        }
        let held = self.own().any(|told| matches!(told.what, What::HeldOut { .. }));
        if let Some(expected) = expect.held_out
            && expected != held
        {
            unmet.push(format!("expected held out: {expected}, but it is {held}"));
        }
        Ok(())
    }

    fn expect_messages(&self, expect: &Expect, unmet: &mut Vec<String>) -> Result<(), String> {
        let messages = &self.rehearsal.played().messages;
        let sent: Vec<&str> = messages
            .iter()
            .filter(|of| matches!(of.decision, Decision::Send { .. }))
            .filter(|of| self.is_own(&of.campaign))
            .map(|of| self.step_of(&of.campaign))
            .collect();
        for step in expect.sent.iter().chain(&expect.not_sent).chain(&expect.planned).flatten() {
            self.known_step(step)?;
        }
        if let Some(steps) = &expect.sent
            && *steps != sent
        {
            let (steps, sent) = (steps.join(", "), sent.join(", "));
            unmet.push(format!("expected messages of [{steps}], but there are those of [{sent}]"));
        }
        for step in expect.not_sent.iter().flatten().filter(|step| sent.contains(&step.as_str())) {
            unmet.push(format!("expected no message of {step}, but one was sent"));
        }
        let latest = |step: &str| messages.iter().rev().find(|of| self.is_of(&of.campaign, step));
        for step in expect.planned.iter().flatten() {
            let waits =
                latest(step).is_some_and(|of| matches!(of.decision, Decision::Later { .. }));
            if !waits {
                unmet.push(format!("expected the message of {step} to wait, but it does not"));
            }
        }
        for (step, reason) in expect.withheld.iter().flatten() {
            self.known_step(step)?;
            let found = latest(step).map(|of| match &of.decision {
                Decision::Withheld { reason, .. } => reason.word(),
                Decision::HeldOut(_) => "held_out",
                Decision::Later { .. } => "planned",
                Decision::Send { .. } => "sent",
            });
            if found != Some(reason.as_str()) {
                let found = found.unwrap_or("not decided");
                unmet.push(format!(
                    "expected the message of {step} to be {reason}, but it is {found}"
                ));
            }
        }
        Ok(())
    }

    fn expect_rest(&self, expect: &Expect, unmet: &mut Vec<String>) -> Result<(), String> {
        let reached = self.rehearsal.reached();
        for (goal, expected) in [(&expect.converted, true), (&expect.not_converted, false)] {
            let Some(goal) = goal else { continue };
            if !self.compiled.journey.goals.iter().any(|own| own.id == *goal) {
                return Err(format!("the journey has no goal \"{goal}\""));
            }
            let own = |of: &Reached| of.goal == *goal && of.journey == self.compiled.journey.id;
            if reached.iter().any(own) != expected {
                let was = if expected { "was not reached" } else { "was reached" };
                unmet.push(format!("the goal {goal} {was}"));
            }
        }
        let played = self.rehearsal.played();
        for (name, written) in expect.updated.iter().flatten() {
            let value = compile::value(name, written).map_err(super::said)?;
            let set = played.updated.iter().rev().flat_map(|(_, values)| values);
            let found = set.clone().find(|(own, _)| own == name).map(|(_, value)| value);
            if found != Some(&value) {
                unmet.push(format!("expected {name} to be set to {written}, but it is {found:?}"));
            }
        }
        if let Some(names) = &expect.emitted {
            let found: Vec<&str> = played.emitted.iter().map(|event| event.name.as_str()).collect();
            if *names != found {
                let found = found.join(", ");
                unmet.push(format!("expected the events {names:?}, but they are [{found}]"));
            }
        }
        if let Some(written) = &expect.time {
            let at = super::instant_of(written, &self.house.zone)
                .ok_or_else(|| format!("`time`: \"{written}\" is no local time"))?;
            if at != self.now {
                unmet.push(format!("expected it to be {written}"));
            }
        }
        Ok(())
    }
}
