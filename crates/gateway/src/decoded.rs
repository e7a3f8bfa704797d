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
        match result {
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
        match read(&mut self.records) {
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

    /// Without events of messages that were sent: only this server says these. A key of a client stands in
    /// every page, and whoever reads it could otherwise have messages sent, or opened by nobody.
    pub fn without_reserved(mut self) -> Decoded {
        let reserved = |record: &Record| matches!(&record.what, What::Event(event) if is_outreach(&event.name));
        if !self.records.iter().any(reserved) {
            return self;
        }
        let places = std::mem::take(&mut self.places);
        for (n, record) in std::mem::take(&mut self.records).into_iter().enumerate() {
            let place = places.get(n).copied();
            match &record.what {
                What::Event(event) if reserved(&record) => {
                    let name = event.name.as_str();
                    let message = format!("\"{name}\" is an event that only the server tells");
                    let hint = "call the event of your own by another name";
                    let problem = Problem { code: "event.reserved", message, hint };
                    self.reject((place.unwrap_or_default(), name), problem);
                }
                _ => {
                    self.places.extend(place);
                    self.records.push(record);
                }
            }
        }
        self.rejected.sort_by_key(|rejection| rejection.index);
        self
    }

    /// Remembers why a message is not taken.
    pub(crate) fn reject(&mut self, (index, written): (usize, &str), problem: Problem) {
        let Problem { code, message, hint } = problem;
        let end = written.floor_char_boundary(REJECTED_BYTES);
        let written = written[..end].to_owned();
        self.rejected.push(Rejection { index, written, code, message, hint });
    }
}

#[cfg(test)]
mod tests {
    use model::{Event, EventId, Text, Timestamp, Who};

    use super::*;

    #[test]
    fn events_of_messages_are_the_server_s_own() {
        let record = |name: &'static str| {
            let (name, time) = (Text::const_new(name), Timestamp(0));
            let event = Event { name, time, id: EventId(1), properties: Vec::new() };
            Record { received_at: time, who: Who::user("ada"), what: What::Event(event) }
        };
        let records = vec![record("Purchase"), record("Message Queued"), record("Message Read")];
        let decoded = Decoded { records, places: vec![0, 1, 3], ..Decoded::default() };
        let left = decoded.without_reserved();
        assert_eq!(left.records, [record("Purchase"), record("Message Read")]);
        assert_eq!(left.places, [0, 3]);
        let refused: Vec<_> = left.rejected.iter().map(|of| (of.index, of.code)).collect();
        assert_eq!(refused, [(1, "event.reserved")]);
    }
}
