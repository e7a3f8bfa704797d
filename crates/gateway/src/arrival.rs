//! What is known of a request besides what it says, and what follows from that for ids and times.

use model::{EventId, Span, Timestamp};
use xxhash_rust::xxh3::{xxh3_128, xxh3_128_with_seed};

use crate::scalar::{self, Scalar};
use crate::{Problem, validate};

/// A client's clock that differs by less is taken as right: moving times by the way of a request
/// would make them differ each time it is sent.
pub(crate) const SKEW_MIN: Span = Span(60_000);

/// What is known of a request besides what it says.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    /// When it came.
    pub received_at: Timestamp,
    /// Another number for every request. It tells apart messages that name neither an id nor a time:
    /// two of them that are equal are two facts.
    pub seed: u64,
}

impl Arrival {
    /// The time of a message, moved by the error of the client's clock if the client said when it
    /// sent the request. Without a time, it is when the request came.
    pub(crate) fn time(
        &self,
        written: &Scalar,
        sent_at: Option<Timestamp>,
    ) -> Result<Timestamp, Problem> {
        let Some(at) = scalar::instant(written)? else {
            return Ok(self.received_at);
        };
        let skew = sent_at.map(|sent_at| self.received_at - sent_at);
        let moved = skew.filter(|skew| skew.0.abs() >= SKEW_MIN.0).map_or(at, |skew| at + skew);
        validate::time(moved, self.received_at)
    }

    /// The id of a message that names none: the hash of its text. If it names no time either, equal
    /// texts are different messages.
    pub(crate) fn id(&self, json: &str, place: usize, timed: bool) -> EventId {
        if timed {
            return EventId(xxh3_128(json.as_bytes()));
        }
        let seed = (self.received_at.0 as u64).rotate_left(32)
            ^ self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        EventId(xxh3_128_with_seed(json.as_bytes(), seed.wrapping_add(place as u64)))
    }
}

/// The id of what two texts name together.
pub(crate) fn pair_id(first: &str, second: &str) -> EventId {
    let mut text = String::with_capacity(first.len() + second.len() + 1);
    text.push_str(first);
    text.push('\0');
    text.push_str(second);
    EventId(xxh3_128(text.as_bytes()))
}

/// The id of the n-th other record that a message gives besides its own.
pub(crate) fn nth_id(id: EventId, n: u64) -> EventId {
    EventId(xxh3_128_with_seed(&id.0.to_le_bytes(), n))
}
