//! What a request said: what is accepted of it, and what is not, with the reason.

use model::Record;

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

    /// Remembers why a message is not taken.
    pub(crate) fn reject(&mut self, (index, written): (usize, &str), problem: Problem) {
        let Problem { code, message, hint } = problem;
        let end = written.floor_char_boundary(REJECTED_BYTES);
        let written = written[..end].to_owned();
        self.rejected.push(Rejection { index, written, code, message, hint });
    }
}
