//! Email: the message, its signature, its way over SMTP, and what comes back.
//!
//! What it is: MIME with text, AMP and HTML parts ([`mime`]), DKIM signatures ([`dkim`]), SMTP with
//! an exact account of what became of each attempt ([`smtp`]). What it is not: a template engine;
//! links, tracking and inlined styles are finished before a message gets here.

pub mod dkim;
pub mod dns;
pub mod feedback;
pub mod mime;
pub mod smtp;
pub mod status;

pub use smtp::Smtp;

/// A person or role with an email address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// `local@domain`, without a name or brackets.
    pub address: String,
    /// The name that mail programs show.
    pub name: Option<String>,
}

impl Mailbox {
    /// An address without a name.
    pub fn of(address: &str) -> Mailbox {
        Mailbox { address: address.to_owned(), name: None }
    }

    /// An address with a name.
    pub fn named(address: &str, name: &str) -> Mailbox {
        Mailbox { address: address.to_owned(), name: Some(name.to_owned()) }
    }
}

/// One email, ready to go. At least one of `text` and `html` is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who it is from, as mail programs show it.
    pub from: Mailbox,
    /// Where answers go, if not to `from`.
    pub reply_to: Option<Mailbox>,
    /// Where bounces go (the envelope's sender); one for each delivery, see [`verp`].
    pub return_path: String,
    /// The subject, in any language.
    pub subject: String,
    /// The plain text.
    pub text: Option<String>,
    /// AMP for Email; only beside `html`, which is what most mail programs show instead.
    pub amp: Option<String>,
    /// The HTML.
    pub html: Option<String>,
    /// `local@domain` that names this email for good, without brackets; the same on every attempt.
    pub message_id: String,
    /// How to get off the list; mail programs show a button for it.
    pub unsubscribe: Option<Unsubscribe>,
    /// Further headers by name. What this crate writes itself cannot be written here.
    pub headers: Vec<(String, String)>,
}

/// How to get off the list with one click (RFC 8058).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsubscribe {
    /// Takes a POST without cookies and redirects, and unsubscribes; `https`.
    pub url: String,
    /// An address that takes an email for the same.
    pub mailto: Option<String>,
}

/// The address for the bounces of one delivery: `bounces+delivery@domain`.
///
/// A bounce comes back to it whatever its text says, so this is what identifies the delivery.
/// `delivery` may hold letters, digits, `-`, `_`, `.`; anything else cannot be read back.
pub fn verp(local: &str, delivery: &str, domain: &str) -> String {
    format!("{local}+{delivery}@{domain}")
}

/// The delivery that [`verp`] wrote into an address, if it is one of `local` (case is ignored).
pub fn verp_delivery<'a>(local: &str, address: &'a str) -> Option<&'a str> {
    let (mailbox, _) = address.trim_matches(['<', '>']).rsplit_once('@')?;
    let (found, delivery) = mailbox.split_once('+')?;
    (found.eq_ignore_ascii_case(local) && !delivery.is_empty()).then_some(delivery)
}
