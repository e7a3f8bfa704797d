//! Sending over SMTP (RFC 5321), and what each answer means for a retry.
//!
//! The client is our own because the contract hangs on one question that libraries do not answer:
//! whether the end of the message had been sent when the attempt failed. Before that nothing can
//! have been delivered; after it and before the answer, nobody knows.
//!
//! Connections are kept and reused up to a bound. No credentials go over a plain connection, except
//! to this machine.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::{Span, Timestamp};
use tokio::sync::Semaphore;
use tokio_rustls::rustls::ClientConfig;

use super::dkim::Signer;
use super::{Mailbox, mime, status};
use crate::contract::{
    Address, BoxFuture, Channel, Code, Destination, Kind, Limits, Outcome, Outgoing, Payload,
};
use crate::secret::Secret;
use crate::tls::{self, Trust};

#[cfg(test)]
mod tests;
mod wire;

use wire::{Connection, Failure, Phase};

/// How connections are encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// Not at all: for a server on the same machine or network.
    None,
    /// Plain at first, then `STARTTLS`, which must be offered (port 587).
    StartTls,
    /// From the first byte (port 465).
    Implicit,
}

/// A name and a password.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The name.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// How long each phase may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLimits {
    /// Resolving, connecting and TLS, each.
    pub connect: Duration,
    /// One command and its answer, and the sending of the message.
    pub command: Duration,
    /// The answer to the message, while the server stores it (RFC 5321 wants ten minutes; filters on
    /// the way take one or two).
    pub accept: Duration,
}

impl Default for TimeLimits {
    /// 10 s, 60 s and 5 min.
    fn default() -> TimeLimits {
        TimeLimits {
            connect: Duration::from_secs(10),
            command: Duration::from_secs(60),
            accept: Duration::from_secs(300),
        }
    }
}

/// A server and how it is used.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How connections are encrypted.
    pub encryption: Encryption,
    /// How to log in, if at all.
    pub credentials: Option<Credentials>,
    /// How this machine calls itself, a domain name.
    pub hello: String,
    /// Who is trusted.
    pub trust: Trust,
    /// How long things may take.
    pub time_limits: TimeLimits,
    /// Connections at the same time, and kept for reuse; at least 1.
    pub connections: usize,
    /// Messages over one connection; many servers end it after 100.
    pub messages_per_connection: u32,
    /// How long an unused connection is kept; servers end it after 5 minutes or less.
    pub idle: Span,
    /// Messages for each second, if the server names a rate.
    pub per_second: Option<f64>,
    /// Largest message in bytes; the server may name a smaller one.
    pub message_bytes: usize,
}

impl Settings {
    /// Common values: `STARTTLS` on 587, 10 connections of 100 messages, 25 MiB.
    pub fn new(host: &str, hello: &str) -> Settings {
        Settings {
            host: host.to_owned(),
            port: 587,
            encryption: Encryption::StartTls,
            credentials: None,
            hello: hello.to_owned(),
            trust: Trust::default(),
            time_limits: TimeLimits::default(),
            connections: 10,
            messages_per_connection: 100,
            idle: Span::MINUTE,
            per_second: None,
            message_bytes: 25 * 1024 * 1024,
        }
    }
}

/// Why the channel cannot be set up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The name of this machine cannot be said to a server.
    #[error("\"{0}\" is not a name for this machine; write a domain such as mail.example.com")]
    Hello(String),
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] tls::Error),
}

/// Email over one server.
pub struct Smtp {
    settings: Settings,
    client: Arc<ClientConfig>,
    signers: Vec<Signer>,
    open: Semaphore,
    kept: Mutex<Vec<Kept>>,
}

struct Kept {
    connection: Connection,
    since: Timestamp,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Smtp {
    /// A channel over one server. Every message is signed with every key of `signers`: one of RSA
    /// and one of Ed25519 for the same domain is a common pair.
    pub fn new(settings: Settings, signers: Vec<Signer>) -> Result<Smtp, Error> {
        let hello = &settings.hello;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-.[]:".contains(&b);
        if hello.is_empty() || hello.len() > 255 || !hello.bytes().all(plain) {
            return Err(Error::Hello(crate::contract::clip(hello)));
        }
        let client = settings.trust.client(&[])?;
        let open = Semaphore::new(settings.connections.clamp(1, Semaphore::MAX_PERMITS));
        Ok(Smtp { settings, client, signers, open, kept: Mutex::new(Vec::new()) })
    }

    /// The signed bytes of a message, as they would be sent: for previews and archives.
    pub fn render(
        &self,
        message: &super::Message,
        to: &Mailbox,
        key: &str,
        now: Timestamp,
    ) -> Result<Vec<u8>, Outcome> {
        self.built(message, to, key, now).map(|built| built.bytes)
    }

    fn built(
        &self,
        message: &super::Message,
        to: &Mailbox,
        key: &str,
        now: Timestamp,
    ) -> Result<mime::Built, Outcome> {
        let mut built = mime::build(message, to, key, now).map_err(|error| {
            let detail = error.to_string();
            match error {
                mime::Error::Recipient => {
                    Outcome::rejected_for(Code::AddressMalformed, &detail, Address::DEAD)
                }
                _ => Outcome::rejected(Code::PayloadRefused, &detail),
            }
        })?;
        let mut signed = Vec::new();
        for signer in &self.signers {
            let header = signer.sign(&built.bytes, now);
            let header = header
                .map_err(|e| Outcome::retry(Code::CredentialsMalformed, &e.to_string(), None))?;
            signed.extend_from_slice(&header);
        }
        signed.append(&mut built.bytes);
        built.bytes = signed;
        if built.bytes.len() > self.settings.message_bytes {
            let (bytes, max) = (built.bytes.len(), self.settings.message_bytes);
            let detail = format!("the email has {bytes} bytes and {max} are allowed");
            return Err(Outcome::rejected(Code::PayloadTooLarge, &detail));
        }
        Ok(built)
    }

    async fn deliver(&self, outgoing: Outgoing) -> Outcome {
        let (Payload::Email(message), Destination::Mailbox { address, name }) =
            (&outgoing.payload, &outgoing.to)
        else {
            return Outcome::foreign(Kind::Email, &outgoing);
        };
        let to = Mailbox { address: address.clone(), name: name.clone() };
        let built = match self.built(message, &to, &outgoing.key, outgoing.now) {
            Ok(built) => built,
            Err(outcome) => return outcome,
        };
        // The queue keeps to the limit, so waiting here is rare and bounded.
        let limit = self.settings.time_limits.connect;
        let Ok(Ok(_open)) = tokio::time::timeout(limit, self.open.acquire()).await else {
            return Outcome::retry(Code::NetworkTimeout, "all connections are in use", None);
        };
        match self.attempt(&built, outgoing.now).await {
            Ok(provider_id) => Outcome::accepted(provider_id),
            Err(failure) => outcome(&failure).without(&built.recipient),
        }
    }

    /// One message over a kept connection or a new one. A kept one may have died in silence; as long
    /// as it shows before the message goes out, a new one is tried.
    async fn attempt(
        &self,
        built: &mime::Built,
        now: Timestamp,
    ) -> Result<Option<String>, Failure> {
        while let Some(mut connection) = self.kept(now) {
            let sent = connection.send(built, &self.settings.time_limits).await;
            match sent {
                Err(failure) if failure.stale() => continue,
                sent => {
                    self.keep(connection, now).await;
                    return sent;
                }
            }
        }
        let mut connection = Connection::open(&self.settings, &self.client).await?;
        let sent = connection.send(built, &self.settings.time_limits).await;
        self.keep(connection, now).await;
        sent
    }

    fn kept(&self, now: Timestamp) -> Option<Connection> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = now.minus(self.settings.idle);
        kept.retain(|k| k.since >= oldest);
        kept.pop().map(|k| k.connection)
    }

    async fn keep(&self, mut connection: Connection, now: Timestamp) {
        let worn = connection.used() >= self.settings.messages_per_connection.max(1);
        if worn {
            connection.quit(self.settings.time_limits.connect).await;
        } else if connection.reusable() {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() < self.settings.connections.max(1) {
                kept.push(Kept { connection, since: now });
            }
        }
    }
}

impl Channel for Smtp {
    fn kind(&self) -> Kind {
        Kind::Email
    }

    fn limits(&self) -> Limits {
        Limits {
            concurrency: self.settings.connections.max(1),
            per_second: self.settings.per_second,
            payload_bytes: self.settings.message_bytes,
        }
    }

    /// SMTP has no such key. Servers and readers know a repeated Message-ID, and not all act on it.
    fn idempotent(&self) -> bool {
        false
    }

    fn send(&self, outgoing: Outgoing) -> BoxFuture<'_, Outcome> {
        Box::pin(self.deliver(outgoing))
    }
}

/// What a failure means for the message.
fn outcome(failure: &Failure) -> Outcome {
    match failure {
        Failure::Net(error) => Outcome::retry(error.code(), &error.to_string(), None),
        Failure::Tls(detail) => Outcome::retry(Code::TlsFailed, detail, None),
        Failure::NoTls => Outcome::retry(Code::TlsUnavailable, "no STARTTLS was offered", None),
        Failure::PlainPassword => Outcome::retry(
            Code::ConfigurationInvalid,
            "a password is never sent over a plain connection; turn encryption on",
            None,
        ),
        Failure::NoMechanism(offered) => {
            let detail = format!("the server offers neither PLAIN nor LOGIN but \"{offered}\"");
            Outcome::retry(Code::ConfigurationInvalid, &detail, None)
        }
        Failure::NoUtf8 => Outcome::rejected_for(
            Code::AddressUnreachable,
            "the server takes no addresses with characters beyond ASCII (SMTPUTF8)",
            Address::Unknown,
        ),
        Failure::TooLarge { bytes, max } => {
            let detail = format!("the email has {bytes} bytes and the server takes {max}");
            Outcome::rejected(Code::PayloadTooLarge, &detail)
        }
        Failure::Timeout(Phase::Accept) => {
            Outcome::doubt(Code::AnswerTimeout, "no answer to the message")
        }
        Failure::Timeout(phase) => {
            Outcome::retry(Code::NetworkTimeout, &format!("{phase}: no answer in time"), None)
        }
        Failure::Cut(Phase::Accept, detail) => Outcome::doubt(Code::AnswerLost, detail),
        Failure::Cut(phase, detail) => {
            Outcome::retry(Code::NetworkCut, &format!("{phase}: {detail}"), None)
        }
        // What stands where the answer to the message should be does not say whether it was taken.
        Failure::Garbled(Phase::Accept, detail) => Outcome::doubt(Code::ProviderGarbled, detail),
        Failure::Garbled(phase, detail) => {
            Outcome::retry(Code::ProviderGarbled, &format!("{phase}: {detail}"), None)
        }
        Failure::Refused(phase, reply) => refused(*phase, reply),
    }
}

/// What a refusal means in its phase. Until a recipient is named, the message is not to blame.
fn refused(phase: Phase, reply: &wire::Reply) -> Outcome {
    let detail = format!("{phase}: {reply}");
    let (code, address) = status::meaning(reply.code, reply.enhanced, &reply.text);
    let later = |code| Outcome::retry(code, &detail, None);
    match phase {
        Phase::Greeting | Phase::Hello if reply.code < 500 => later(code),
        Phase::Greeting | Phase::Hello => later(Code::ProviderUnavailable),
        Phase::StartTls => later(Code::TlsUnavailable),
        Phase::Login if reply.code < 500 => later(Code::ProviderUnavailable),
        Phase::Login => later(Code::CredentialsRefused),
        _ if code == Code::CredentialsRefused => later(code),
        _ if reply.code < 500 => later(code),
        Phase::Mail if code == Code::ProviderRefused || code == Code::AddressUnknown => {
            Outcome::rejected(Code::SenderRefused, &detail)
        }
        Phase::Mail => Outcome::rejected(code, &detail),
        _ => Outcome::rejected_for(code, &detail, address),
    }
}
