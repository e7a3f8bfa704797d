//! What holds of journeys whoever turns out to be whom: nobody is lost, stranded, or told of twice.
//!
//! What it is: read from the log alone, run by run. What it is not: it does not say which way anybody takes; where
//! ids are merged, whoever looks back reads both histories from then on, so that no two processes need agree.

use std::collections::{BTreeMap, BTreeSet};

use model::{Event, EventId, Text, UserIndex, Value, What, journey, outreach};

use crate::check::Checked;

/// A run, as the log tells it.
#[derive(Debug)]
struct Run {
    of: UserIndex,
    journey: Text,
    key: Text,
    /// What was told last, and at which step they are; nothing: they are out.
    told: i64,
    step: Option<Text>,
}

/// Of everybody, by what is in the log.
#[derive(Debug, Default)]
pub(crate) struct Laws {
    runs: BTreeMap<EventId, Run>,
    /// Everything that journeys told and everything that was decided about their messages, by its id.
    told: BTreeSet<EventId>,
    planned: BTreeSet<Text>,
    decided: BTreeSet<Text>,
    events: usize,
}

fn text(event: &Event, name: &str) -> Text {
    match event.properties.iter().find(|(own, _)| own == name) {
        Some((_, Value::Text(text))) => text.clone(),
        _ => Text::default(),
    }
}

fn number(event: &Event, name: &str) -> i64 {
    match event.properties.iter().find(|(own, _)| own == name) {
        Some((_, Value::Int(number))) => *number,
        _ => -1,
    }
}

impl Laws {
    /// Takes what is in the log next, and whose it is.
    pub(crate) fn take(&mut self, user: UserIndex, what: &What) -> Result<(), String> {
        let What::Event(event) = what else { return Ok(()) };
        match event.name.as_str() {
            name if journey::NAMES.contains(&name) => self.step(user, event)?,
            outreach::PLANNED => _ = self.planned.insert(text(event, outreach::MESSAGE)),
            outreach::QUEUED | outreach::WITHHELD => {
                if !self.decided.insert(text(event, outreach::MESSAGE)) {
                    return Err(format!("a message was decided twice: {event:?}"));
                }
            }
            _ => return Ok(()),
        }
        self.events += 1;
        match self.told.insert(event.id) {
            true => Ok(()),
            false => Err(format!("it was told twice: {event:?}")),
        }
    }

    fn step(&mut self, user: UserIndex, event: &Event) -> Result<(), String> {
        let run = EventId::of(&text(event, journey::RUN));
        let n = number(event, journey::NUMBER);
        let wrong = |why: &str, own: &Run| Err(format!("{why}: {event:?} after {own:?}"));
        if n == 0 {
            let (journey, key) = (text(event, journey::JOURNEY), text(event, journey::KEY));
            let step = (event.name == journey::ENTERED).then(|| text(event, journey::STEP));
            let own = Run { of: user, journey, key, told: 0, step };
            return match self.runs.insert(run, own) {
                None => Ok(()),
                Some(before) => wrong("a run began twice", &before),
            };
        }
        let Some(own) = self.runs.get_mut(&run) else {
            return Err(format!("a run went on that had not begun: {event:?}"));
        };
        if n != own.told + 1 {
            return wrong("something of a run is missing", own);
        }
        if own.step.as_ref() != Some(&text(event, journey::FROM)) {
            return wrong("they were not there", own);
        }
        own.told = n;
        own.step = (event.name == journey::MOVED).then(|| text(event, journey::STEP));
        Ok(())
    }

    /// What must hold when there is nothing to do: who is in is in once, and as many are in as the process says.
    /// `whose`: who a user is by now.
    pub(crate) fn settled(
        &self,
        positions: usize,
        whose: &dyn Fn(UserIndex) -> UserIndex,
    ) -> Checked {
        let mut inside = BTreeSet::new();
        for (run, own) in self.runs.iter().filter(|(_, own)| own.step.is_some()) {
            if !inside.insert((whose(own.of), own.journey.clone(), own.key.clone())) {
                return Err(format!("somebody is in twice: {run} {own:?}"));
            }
        }
        match inside.len() == positions {
            true => Ok(self.events),
            false => {
                Err(format!("{positions} people are in journeys, {} in the log", inside.len()))
            }
        }
    }

    /// What must hold in the end: everything that was planned was decided.
    pub(crate) fn ended(&self) -> Checked {
        match self.planned.difference(&self.decided).next() {
            None => Ok(self.planned.len()),
            Some(message) => Err(format!("nothing was decided about message {message}")),
        }
    }

    /// How often somebody came in, and how often they went on.
    pub(crate) fn numbers(&self) -> (usize, usize) {
        let moves = self.runs.values().map(|own| own.told as usize).sum();
        (self.runs.len(), moves)
    }
}

#[cfg(test)]
mod tests {
    use model::Timestamp;

    use super::*;

    const ADA: UserIndex = UserIndex(1);

    /// Something told of a run: its number there, where from, and where to; nothing: out.
    fn told(run: u128, n: i64, from: &str, to: Option<&str>) -> What {
        let name = match (n, to) {
            (0, _) => journey::ENTERED,
            (_, Some(_)) => journey::MOVED,
            (_, None) => journey::EXITED,
        };
        let text = |name: &'static str, value: &str| (Text::const_new(name), Value::text(value));
        let mut properties = vec![
            text(journey::RUN, &EventId(run).to_string()),
            text(journey::JOURNEY, "j"),
            text(journey::FROM, from),
            (Text::const_new(journey::NUMBER), Value::Int(n)),
        ];
        properties.extend(to.map(|to| text(journey::STEP, to)));
        let id = journey::event_id(EventId(run), n as u64);
        What::Event(Event { name: Text::new(name), time: Timestamp(0), id, properties })
    }

    fn wrong(all: &[What], positions: usize) -> String {
        let mut laws = Laws::default();
        let taken = all.iter().try_for_each(|what| laws.take(ADA, what));
        let settled = taken.and_then(|()| laws.settled(positions, &|user| user).map(|_| ()));
        settled.err().unwrap_or_default()
    }

    #[test]
    fn a_way_without_a_gap_is_right() {
        let way = [told(1, 0, "", Some("a")), told(1, 1, "a", Some("b")), told(1, 2, "b", None)];
        assert_eq!(wrong(&way, 0), "");
        assert_eq!(wrong(&way[..2], 1), "");
    }

    #[test]
    fn whoever_is_lost_stranded_or_told_of_twice_is_found() {
        let [a, b, c] =
            [told(1, 0, "", Some("a")), told(1, 1, "a", Some("b")), told(1, 2, "b", None)];
        let of = |all: &[&What], positions| {
            wrong(&all.iter().map(|what| (*what).clone()).collect::<Vec<_>>(), positions)
        };
        assert!(of(&[&b], 0).contains("had not begun"));
        assert!(of(&[&a, &c], 0).contains("is missing"));
        assert!(of(&[&a, &a], 1).contains("began twice"));
        assert!(of(&[&a, &told(1, 1, "x", None)], 0).contains("not there"));
        assert!(of(&[&a, &b, &c, &told(1, 3, "b", None)], 0).contains("not there"));
        assert!(of(&[&a], 0).contains("0 people are in journeys, 1 in the log"));
        assert!(of(&[&a, &told(2, 0, "", Some("a"))], 2).contains("in twice"));
    }

    #[test]
    fn a_message_is_decided_once_and_not_never() {
        let message = |name: &'static str, id: u128| {
            let properties = vec![(Text::const_new(outreach::MESSAGE), Value::text("m"))];
            let (name, time, id) = (Text::const_new(name), Timestamp(0), EventId(id));
            What::Event(Event { name, time, id, properties })
        };
        let mut laws = Laws::default();
        laws.take(ADA, &message(outreach::PLANNED, 1)).unwrap();
        assert!(laws.ended().unwrap_err().contains("message m"));
        laws.take(ADA, &message(outreach::QUEUED, 2)).unwrap();
        assert_eq!(laws.ended(), Ok(1));
        let again = laws.take(ADA, &message(outreach::WITHHELD, 3));
        assert!(again.unwrap_err().contains("decided twice"));
    }
}
