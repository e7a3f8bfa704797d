//! What comes back after an email was accepted: bounces, complaints, receipts.
//!
//! Two ways lead here: emails to the return path ([`report`]) and the webhooks of providers
//! ([`ses`], [`sendgrid`], [`mailgun`], [`postmark`]). Both end in one form, [`Feedback`]. Nothing is
//! looked up: who was meant is said by [`About`], best first by the return path's delivery.
//!
//! Everything comes from strangers. What is not understood is an error or no feedback, never a
//! guess: only a report that names a permanent failure of the address marks it dead.

use model::Timestamp;
use serde_json::Value;

use crate::contract::{Address, Code};

pub mod mailgun;
pub mod postmark;
pub mod report;
pub mod sendgrid;
pub mod ses;
#[cfg(test)]
mod tests;

/// Largest report or webhook in bytes: bounces hold the whole message that bounced.
pub const REPORT_BYTES_MAX: usize = 30 * 1024 * 1024;
/// Most events of one webhook or recipients of one report; SendGrid sends up to about 1,000.
pub const EVENTS_MAX: usize = 10_000;
/// Longest address of a link that is taken over, in bytes.
const URL_BYTES_MAX: usize = 2_048;
/// Longest id that is taken over, in bytes; Message-IDs are at most a line.
const ID_BYTES_MAX: usize = 998;

/// One thing that is told of one email.
#[derive(Clone, Debug, PartialEq)]
pub struct Feedback {
    /// Which email to whom.
    pub about: About,
    /// When it happened, if it is said.
    pub at: Option<Timestamp>,
    /// Names this telling, so that it counts once; `None` where the source gives no such name.
    pub key: Option<String>,
    /// What happened.
    pub event: Event,
}

/// Which email is meant. Compared in this order; any of them may be missing, all are not.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct About {
    /// The delivery that the return path names (see [`super::verp`]).
    pub delivery: Option<String>,
    /// The Message-ID, without brackets.
    pub message_id: Option<String>,
    /// What the provider calls it, as given when it was accepted.
    pub provider_id: Option<String>,
    /// The recipient's address.
    pub recipient: Option<String>,
}

/// Shows no address.
impl std::fmt::Debug for About {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("About")
            .field("delivery", &self.delivery)
            .field("message_id", &self.message_id)
            .field("provider_id", &self.provider_id)
            .finish_non_exhaustive()
    }
}

/// What happened to an email.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The recipient's server has taken it.
    Delivered,
    /// It is still being tried.
    Delayed {
        /// Why.
        code: Code,
        /// The server's words.
        detail: String,
    },
    /// It will not arrive.
    Bounced {
        /// Why.
        code: Code,
        /// What it says about the address.
        address: Address,
        /// The server's words.
        detail: String,
    },
    /// The recipient called it spam.
    Complained {
        /// The kind of complaint, `abuse` nearly always.
        kind: String,
    },
    /// The recipient wants no more of it.
    Unsubscribed,
    /// It was opened, as far as pictures tell.
    Opened {
        /// The provider thinks that a machine did it.
        machine: bool,
    },
    /// A link in it was followed.
    Clicked {
        /// The address of the link.
        url: String,
        /// The provider thinks that a machine did it.
        machine: bool,
    },
}

/// Why something is no feedback.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is too large.
    #[error("the report has {0} bytes and {REPORT_BYTES_MAX} are allowed")]
    TooLarge(usize),
    /// There are too many events.
    #[error("the report has more than {EVENTS_MAX} events; send it in parts")]
    TooMany,
    /// It is not in the form that the source uses.
    #[error("this is no {what}: {why}")]
    Malformed {
        /// What was expected.
        what: &'static str,
        /// What is wrong.
        why: String,
    },
    /// An email that is no bounce and no complaint, such as an answer of somebody on holiday.
    #[error("the email is neither a bounce nor a complaint")]
    Unrelated,
    /// The signature does not fit.
    #[error("the signature of the {0} webhook is missing or wrong; check the key")]
    Signature(&'static str),
}

/// The body as JSON, within bounds.
fn json(what: &'static str, body: &[u8]) -> Result<Value, Error> {
    if body.len() > REPORT_BYTES_MAX {
        return Err(Error::TooLarge(body.len()));
    }
    serde_json::from_slice(body)
        .map_err(|error| Error::Malformed { what, why: format!("not JSON ({error})") })
}

/// The text at a path, if it is one; empty counts as missing.
fn text<'a>(value: &'a Value, path: &[&str]) -> Option<&'a str> {
    let found = path.iter().try_fold(value, |value, name| value.get(name));
    found.and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The address of a link, if it has a sensible length.
fn link(text: &str) -> Option<String> {
    (text.len() <= URL_BYTES_MAX).then(|| text.to_owned())
}

/// An id without brackets and blanks, if it has a sensible length.
fn id(text: &str) -> Option<String> {
    let bare = text.trim().trim_start_matches('<').trim_end_matches('>');
    (!bare.is_empty() && bare.len() <= ID_BYTES_MAX).then(|| bare.to_owned())
}

/// An address out of `Name <a@b>`, `<a@b>` or `a@b`.
fn address(text: &str) -> Option<String> {
    let inner = text.rsplit_once('<').map_or(text, |(_, rest)| rest);
    id(inner.trim_end_matches('>')).filter(|address| address.contains('@'))
}

/// Seconds since 1970, as a number or a text, whole or not.
fn seconds(value: Option<&Value>) -> Option<Timestamp> {
    let seconds = match value? {
        Value::String(text) => text.parse().ok()?,
        other => other.as_f64()?,
    };
    // A float holds milliseconds exactly far beyond the year 9999.
    let ms = (seconds * 1_000.0).round();
    let range = Timestamp::MIN.0 as f64..=Timestamp::MAX.0 as f64;
    range.contains(&ms).then_some(Timestamp(ms as i64))
}
