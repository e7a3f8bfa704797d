//! What a request said: what is accepted of it, and what is not, with the reason.

use model::outreach::is_outreach;
use model::{Record, What};

use crate::Problem;

/// Bytes of a rejected message that are kept: enough to see what it is.
pub const REJECTED_BYTES: usize = 4_096;

/// What a request said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// What is accepted, in the order of the messages.
    pub records: Vec<Record>,
    /// The place in the batch of the message that each of them comes from, from 0, where messages
    /// stand in a list.
    pub places: Vec<usize>,
    /// What is not, in the same order.
    pub rejected: Vec<Rejection>,
    /// Messages that say nothing: an alias of an id with itself.
    pub n_ignored: usize,
    /// The key in the body, if there is one.
    pub write_key: Option<String>,
}

/// One message that is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Its place in the batch, from 0.
    pub index: usize,
    /// The message as it was sent, clipped to [`REJECTED_BYTES`].
    pub written: String,
    /// A stable code, as in `event.no_user`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub hint: &'static str,
}

impl Decoded {
    /// Takes what one message said, or why it cannot be taken. `written`: the message as it was sent.
    pub(crate) fn add(
        &mut self,
        (index, written): (usize, &str),
        result: Result<Option<Record>, Problem>,
    ) {
        let allowed = |record: Option<Record>| match record.as_ref().map(own_event) {
            Some(Err(problem)) => Err(problem),
            _ => Ok(record),
        };
        match result.and_then(allowed) {
            Ok(Some(record)) => {
                self.records.push(record);
                self.places.push(index);
            }
            Ok(None) => self.n_ignored += 1,
            Err(problem) => self.reject((index, written), problem),
        }
    }

    /// Takes the records that one message gives, all of them or none. Without any, it said nothing.
    pub(crate) fn read(
        &mut self,
        (index, written): (usize, &str),
        read: impl FnOnce(&mut Vec<Record>) -> Result<(), Problem>,
    ) {
        let before = self.records.len();
        let read = read(&mut self.records);
        match read.and_then(|()| self.records[before..].iter().try_for_each(own_event)) {
            Ok(()) => {
                self.n_ignored += usize::from(self.records.len() == before);
                self.places.resize(self.records.len(), index);
            }
            Err(problem) => {
                self.records.truncate(before);
                self.reject((index, written), problem);
            }
        }
    }

    /// Remembers why a message is not taken.
    pub(crate) fn reject(&mut self, (index, written): (usize, &str), problem: Problem) {
        let Problem { code, message, hint } = problem;
        let end = written.floor_char_boundary(REJECTED_BYTES);
        let written = written[..end].to_owned();
        self.rejected.push(Rejection { index, written, code, message, hint });
    }
}

/// Refuses events of messages that were sent: only this server tells these. A key of a client stands in every
/// page, and whoever reads it could otherwise have messages sent, or opened by nobody.
fn own_event(record: &Record) -> Result<(), Problem> {
    match &record.what {
        What::Event(event) if is_outreach(&event.name) => Err(Problem {
            code: "event.reserved",
            message: format!("\"{}\" is an event that only the server tells", event.name),
            hint: "call the event of your own by another name",
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use model::{Event, EventId, Text, Timestamp, Who};

    use super::*;

    fn record(name: &'static str) -> Record {
        let (name, time) = (Text::const_new(name), Timestamp(0));
        let event = Event { name, time, id: EventId(1), properties: Vec::new() };
        Record { received_at: time, who: Who::user("ada"), what: What::Event(event) }
    }

    #[test]
    fn events_of_messages_are_the_server_s_own() {
        let mut decoded = Decoded::default();
        decoded.add((0, "zero"), Ok(Some(record("Purchase"))));
        decoded.add((1, "one"), Ok(Some(record("Message Queued"))));
        decoded.read((2, "two"), |records| {
            records.extend([record("Purchase"), record("Message Clicked")]);
            Ok(())
        });
        decoded.read((3, "three"), |records| {
            records.push(record("Message Read"));
            Ok(())
        });
        assert_eq!(decoded.records, [record("Purchase"), record("Message Read")]);
        assert_eq!(decoded.places, [0, 3]);
        let refused: Vec<_> =
            decoded.rejected.iter().map(|of| (of.index, of.code, &of.written[..])).collect();
        assert_eq!(refused, [(1, "event.reserved", "one"), (2, "event.reserved", "two")]);
    }
}
