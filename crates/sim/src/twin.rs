//! A process beside the one under test that never ends, and what it says of journeys.
//!
//! What it is: takes every frame that is durable, and takes the same steps, whose outcome it keeps and does not
//! write. What the process under test writes must be that, however often it ended. What it is not: it does not say
//! what a journey should do; tests of the engine and of the rehearsal do.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::journey::Book;
use model::{EventId, Record, Timestamp, UserIndex, What, journey};

use crate::writer::{Writer, Written};

/// Names of events that only journeys and their messages write here.
const NAMES: [&str; 7] = [
    journey::ENTERED,
    journey::HELD_OUT,
    journey::MOVED,
    journey::EXITED,
    model::outreach::QUEUED,
    model::outreach::WITHHELD,
    model::outreach::PLANNED,
];

/// The process that never ends.
pub(crate) struct Twin {
    pub writer: Writer,
    /// What should be in the log, by its id.
    expected: BTreeMap<EventId, (UserIndex, What)>,
    /// Of them, those that were not durable when it was last asked.
    missing: Vec<EventId>,
}

impl Twin {
    pub(crate) fn new(writer: Writer) -> Twin {
        Twin { writer, expected: BTreeMap::new(), missing: Vec::new() }
    }

    /// Whether it has decided something already, or brought it about. Of several users either process may be the first
    /// to come to a decision; what it is must be said before.
    pub(crate) fn expects(&self, id: EventId) -> bool {
        self.expected.contains_key(&id)
    }

    /// Whether all that it brought about is durable.
    pub(crate) fn caught_up(&mut self) -> bool {
        self.missing.retain(|id| !self.writer.counts(*id));
        self.missing.is_empty()
    }

    pub(crate) fn slice(&mut self, now: Timestamp) {
        let expected = std::mem::take(&mut self.expected);
        let before = |id| expected.contains_key(&id);
        let written = self.writer.journeys_slice(now, usize::MAX / 2, &before, &|_| true);
        self.take(expected, written);
    }

    pub(crate) fn enter(&mut self, whom: (&str, UserIndex), cause: (&str, Timestamp)) {
        let expected = std::mem::take(&mut self.expected);
        let before = |id| expected.contains_key(&id);
        let written = self.writer.enter_journey(whom, cause, &before);
        self.take(expected, written);
    }

    pub(crate) fn define(&mut self, book: &Arc<Book>, now: Timestamp) {
        let expected = std::mem::take(&mut self.expected);
        let before = |id| expected.contains_key(&id);
        let written = self.writer.define_journeys(Arc::clone(book), now, &before);
        self.take(expected, written);
    }

    /// Everybody is where nobody has been yet.
    pub(crate) fn begin(&mut self, now: Timestamp) {
        self.writer.fill_journeys(now, &|_| false);
    }

    fn take(&mut self, expected: BTreeMap<EventId, (UserIndex, What)>, written: Written) {
        self.expected = expected;
        for (user, what) in written {
            let id = match &what {
                What::Event(event) => event.id,
                What::Identify(change) => change.id,
                _ => continue,
            };
            self.expected.insert(id, (user, what));
            self.missing.push(id);
        }
    }

    /// Whether the log says what it should, and nothing else of journeys; how much was compared. `whose`: of whom
    /// each record was.
    pub(crate) fn check(&self, frames: &[Vec<u8>], whose: &[UserIndex]) -> Result<usize, String> {
        let mut left: BTreeMap<&EventId, &(UserIndex, What)> = self.expected.iter().collect();
        let mut records = Vec::new();
        for frame in frames {
            records.extend(wire::record::decode_batch(frame).map_err(|e| e.to_string())?);
        }
        let whose = whose.iter().map(|user| self.writer.remaining(*user));
        let records: Vec<(UserIndex, Record)> = whose.zip(records).collect();
        for (user, record) in &records {
            let (id, named) = match &record.what {
                What::Event(event) => (event.id, NAMES.contains(&event.name.as_str())),
                What::Identify(change) => (change.id, false),
                _ => continue,
            };
            let wrong = match left.remove(&id) {
                None if named => "what it should not",
                None => continue,
                Some((_, what)) if apart_from_places(what) != apart_from_places(&record.what) => {
                    "something else"
                }
                Some((of, _)) if *user != self.writer.remaining(*of) => "of another",
                Some(_) => continue,
            };
            let wrong = format!("a journey wrote {wrong}: {:?}", record.what);
            return Err(self.described(*user, &wrong, &records));
        }
        match left.values().next() {
            None => Ok(self.expected.len()),
            Some((of, what)) => {
                let of = self.writer.remaining(*of);
                Err(self.described(of, &format!("a journey did not write {what:?}"), &records))
            }
        }
    }

    /// What is wrong, with all that is in the log of a user and all that should be.
    fn described(&self, of: UserIndex, wrong: &str, log: &[(UserIndex, Record)]) -> String {
        let own = log.iter().filter(|(user, _)| *user == of);
        let own =
            own.map(|(_, record)| format!("{} {}", record.received_at, shortly(&record.what)));
        let expected = self.expected.values();
        let expected = expected.filter(|(whose, _)| self.writer.remaining(*whose) == of);
        let mut expected: Vec<String> = expected.map(|(_, what)| shortly(what)).collect();
        expected.sort();
        format!(
            "{wrong}\nthe log of user {}:\n{}\nwhat journeys should write:\n{}\n{:#?}",
            of.0,
            own.collect::<Vec<_>>().join("\n"),
            expected.join("\n"),
            self.writer.wanted.book.all(),
        )
    }
}

/// What is told, without places in the order of arrival: what time alone brings about is told after one record or
/// after another.
fn apart_from_places(what: &What) -> What {
    let mut what = what.clone();
    if let What::Event(event) = &mut what {
        event.properties.retain(|(name, _)| name != journey::SEEN);
    }
    what
}

/// A line of what was written.
fn shortly(what: &What) -> String {
    match what {
        What::Event(event) => {
            let of = event.properties.iter().map(|(name, value)| format!("{name}={value:?}"));
            let of: Vec<String> = of.collect();
            format!("{} {} {} {}", event.time, event.name, event.id, of.join(" "))
        }
        What::Identify(change) => format!("{} {:?}", change.time, change.attributes),
        other => format!("{other:?}"),
    }
}
