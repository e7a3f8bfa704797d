//! What every channel promises, whichever provider stands behind it.
//!
//! A channel is given one message for one destination and answers with one [`Outcome`]. It never
//! retries by itself, never waits longer than its time limits, and never panics on what a provider
//! answers. What is done next (again, elsewhere, never) is decided by whoever keeps the queue, from
//! three facts: may it be tried again, is it certain that nothing arrived, is the address dead.
//!
//! A fault of the account (credentials, suspension, quota, money) is a `Retry`: the message is not to
//! blame, and goes out once the account is in order, if it is still of use. The breaker keeps such
//! an account from being asked over and over.
//!
//! What a message is stands with its channel; this file only lists them.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use model::Timestamp;

use crate::answer::Answer;

pub mod code;
#[cfg(test)]
mod tests;

pub use code::Code;

/// A future on the heap, which makes [`Channel`] usable as `dyn`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Longest detail that is kept of a provider's words, in bytes: a few lines of a log.
pub const DETAIL_BYTES_MAX: usize = 500;

/// One adapter with its credentials, ready to send. Shared by all senders of a queue.
pub trait Channel: Send + Sync {
    /// Which channel this is, for the choice of the payload and for metrics.
    fn kind(&self) -> Kind;

    /// What the provider bears. The queue keeps to it; the channel does not check concurrency.
    fn limits(&self) -> Limits;

    /// Whether the provider delivers once although it is told twice with the same
    /// [`Outgoing::key`]. If not, a [`Outcome::Retry`] that is not certain risks a second delivery.
    fn idempotent(&self) -> bool;

    /// Hands one message to the provider. Cancelling the future leaves it in doubt.
    fn send(&self, outgoing: Outgoing) -> BoxFuture<'_, Outcome>;
}

/// The channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Email over SMTP.
    Email,
    /// A signed HTTP request to a server of the customer.
    Webhook,
    /// Push through Firebase Cloud Messaging.
    Fcm,
    /// Push through Apple's service.
    Apns,
    /// Push through Huawei's service.
    Huawei,
    /// Push to browsers.
    WebPush,
    /// Text messages.
    Sms,
    /// WhatsApp.
    WhatsApp,
}

impl Kind {
    /// All channels.
    pub const ALL: [Kind; 8] = [
        Kind::Email,
        Kind::Webhook,
        Kind::Fcm,
        Kind::Apns,
        Kind::Huawei,
        Kind::WebPush,
        Kind::Sms,
        Kind::WhatsApp,
    ];

    /// The stable name, such as `web_push`.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Email => "email",
            Kind::Webhook => "webhook",
            Kind::Fcm => "fcm",
            Kind::Apns => "apns",
            Kind::Huawei => "huawei",
            Kind::WebPush => "web_push",
            Kind::Sms => "sms",
            Kind::WhatsApp => "whatsapp",
        }
    }
}

/// What a provider bears.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Messages under way at the same time; at least 1.
    pub concurrency: usize,
    /// Messages for each second on average; `None` where the provider names no rate.
    pub per_second: Option<f64>,
    /// Largest payload in bytes. What counts as payload is said by the channel.
    pub payload_bytes: usize,
}

/// One message on its way.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Names this delivery for good: the same on every attempt, different for everything else.
    pub key: String,
    /// Where it goes.
    pub to: Destination,
    /// What goes.
    pub payload: Payload,
    /// The instant of this attempt, for signatures and dates.
    pub now: Timestamp,
}

/// Where a message goes. `Debug` shows its kind only: addresses are personal data.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Destination {
    /// An email address, and the name that stands beside it.
    Mailbox {
        /// `local@domain`, without a name or brackets.
        address: String,
        /// The name that mail programs show.
        name: Option<String>,
    },
    /// The address of a server, with `https://` or `http://`.
    Url(String),
    /// What an app got from FCM (its registration token), APNs (its device token in
    /// hexadecimal) or Huawei.
    Token(String),
    /// What a browser gave when it subscribed; the keys are base64url as in its JSON form.
    Subscription {
        /// The push service's address for this browser.
        endpoint: String,
        /// The browser's public key.
        p256dh: String,
        /// The secret that only the browser and the sender know.
        auth: String,
    },
    /// A telephone number in the international form, `+` and digits.
    Phone(String),
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Destination::Mailbox { .. } => "Mailbox(…)",
            Destination::Url(_) => "Url(…)",
            Destination::Token(_) => "Token(…)",
            Destination::Subscription { .. } => "Subscription(…)",
            Destination::Phone(_) => "Phone(…)",
        })
    }
}

/// What goes, in the form of its channel. `Debug` shows the kind only.
#[derive(Clone)]
pub enum Payload {
    /// An email.
    Email(Box<crate::email::Message>),
    /// A webhook.
    Webhook(crate::webhook::Message),
    /// A push through FCM.
    Fcm(Box<crate::fcm::Message>),
    /// A push through APNs.
    Apns(Box<crate::apns::Message>),
    /// A push through Huawei.
    Huawei(Box<crate::huawei::Message>),
    /// A push to a browser.
    WebPush(crate::web_push::Message),
    /// A text message.
    Sms(crate::sms::Message),
    /// A WhatsApp message.
    WhatsApp(Box<crate::whatsapp::Message>),
}

impl Payload {
    /// The channel that this is for.
    pub fn kind(&self) -> Kind {
        match self {
            Payload::Email(_) => Kind::Email,
            Payload::Webhook(_) => Kind::Webhook,
            Payload::Fcm(_) => Kind::Fcm,
            Payload::Apns(_) => Kind::Apns,
            Payload::Huawei(_) => Kind::Huawei,
            Payload::WebPush(_) => Kind::WebPush,
            Payload::Sms(_) => Kind::Sms,
            Payload::WhatsApp(_) => Kind::WhatsApp,
        }
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Payload({})", self.kind().name())
    }
}

/// What became of one attempt.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The provider took the message over. Whether it arrives comes later, as a receipt.
    Accepted {
        /// What the provider calls it, for its receipts; `None` if it gave no name.
        provider_id: Option<String>,
        /// What a server said to a webhook, if it was asked for.
        answer: Option<Box<Answer>>,
    },
    /// The message will never be accepted like this: no further attempt.
    Rejected {
        /// Why.
        code: Code,
        /// The provider's words, without the recipient's address, at most [`DETAIL_BYTES_MAX`].
        detail: String,
        /// What this says about the address.
        address: Address,
    },
    /// Another attempt may succeed.
    Retry {
        /// Why not now.
        code: Code,
        /// The provider's words, as above.
        detail: String,
        /// How long the provider wants to be left alone; `None` if it did not say.
        after: Option<Duration>,
        /// `true`: the recipient certainly did not get it. `false`: in doubt, it may have.
        certain: bool,
    },
}

/// What a rejection says about the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// The address is fine; the fault lies elsewhere.
    Valid,
    /// The address leads nowhere any more (app removed, no such mailbox): it is not used again.
    Dead {
        /// Since when, if the provider says so: an address renewed later is not meant.
        since: Option<Timestamp>,
    },
    /// It says nothing.
    Unknown,
}

impl Address {
    /// Dead, since an unknown instant.
    pub const DEAD: Address = Address::Dead { since: None };
}

impl Outcome {
    /// Accepted, under the provider's name for it.
    pub fn accepted(provider_id: impl Into<Option<String>>) -> Outcome {
        let provider_id = provider_id.into().map(|id| clip(&id));
        Outcome::Accepted { provider_id, answer: None }
    }

    /// Rejected for good; says nothing about the address.
    pub fn rejected(code: Code, detail: &str) -> Outcome {
        Outcome::Rejected { code, detail: clip(detail), address: Address::Unknown }
    }

    /// Rejected for good, with what it says about the address.
    pub fn rejected_for(code: Code, detail: &str, address: Address) -> Outcome {
        Outcome::Rejected { code, detail: clip(detail), address }
    }

    /// Try again; the recipient certainly got nothing.
    pub fn retry(code: Code, detail: &str, after: Option<Duration>) -> Outcome {
        Outcome::Retry { code, detail: clip(detail), after, certain: true }
    }

    /// The recipient may or may not have got it.
    pub fn doubt(code: Code, detail: &str) -> Outcome {
        Outcome::Retry { code, detail: clip(detail), after: None, certain: false }
    }

    /// The answer of an adapter that was handed a message of another channel or destination.
    pub fn foreign(expected: Kind, outgoing: &Outgoing) -> Outcome {
        let (payload, to) = (outgoing.payload.kind().name(), &outgoing.to);
        let detail = format!("a message for {payload} to {to:?} was handed to {}", expected.name());
        Outcome::rejected(Code::PayloadForeign, &detail)
    }

    /// The code, if it was not accepted.
    pub fn code(&self) -> Option<Code> {
        match self {
            Outcome::Accepted { .. } => None,
            Outcome::Rejected { code, .. } | Outcome::Retry { code, .. } => Some(*code),
        }
    }

    /// The same outcome without `secret` in its detail: providers like to repeat the recipient's
    /// address, which must not get into logs. Case is ignored; an empty secret hides nothing.
    pub fn without(mut self, secret: &str) -> Outcome {
        if let Outcome::Rejected { detail, .. } | Outcome::Retry { detail, .. } = &mut self {
            *detail = hide(detail, secret);
        }
        self
    }
}

/// `text` with every occurrence of `secret` (ASCII case ignored) replaced by `…`.
fn hide(text: &str, secret: &str) -> String {
    if secret.is_empty() {
        return text.to_owned();
    }
    let (lower, wanted) = (text.to_ascii_lowercase(), secret.to_ascii_lowercase());
    let (mut shown, mut from) = (String::with_capacity(text.len()), 0);
    while let Some(found) = lower[from..].find(&wanted) {
        shown.push_str(&text[from..from + found]);
        shown.push('…');
        from += found + wanted.len();
    }
    shown.push_str(&text[from..]);
    shown
}

/// The beginning of a provider's words on one line: control characters become blanks, and what is
/// beyond [`DETAIL_BYTES_MAX`] is cut off.
pub fn clip(text: &str) -> String {
    let mut clipped = String::with_capacity(text.len().min(DETAIL_BYTES_MAX));
    for character in text.trim().chars() {
        let character = if character.is_control() { ' ' } else { character };
        if clipped.len() + character.len_utf8() > DETAIL_BYTES_MAX {
            break;
        }
        clipped.push(character);
    }
    clipped
}
