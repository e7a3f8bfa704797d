//! Text messages over SMPP 3.4, the protocol of operators and large gateways.
//!
//! One session (bound as transceiver) is kept: messages go out on it, up to a window without waiting
//! for answers, and receipts and answers of recipients come in on it. A message of more than one part
//! goes out whole (`message_payload`) and is cut up by the gateway, so that it has one outcome.
//! Whatever was written and not answered is in doubt.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc, oneshot};

use super::{BODY_BYTES_MAX, Keyword, is_number};
use crate::contract::{
    Address, BoxFuture, Channel, Code, Destination, Kind, Limits, Outcome, Outgoing, Payload, clip,
};
use crate::net;
use crate::secret::Secret;
use crate::tls::{self, Trust};

mod pdu;
mod session;
#[cfg(test)]
mod tests;
mod text;

use pdu::{Submit, status};
use session::{Failure, Session, Way};

pub use text::Alphabet;

/// Receipts and answers that wait to be taken; beyond it the gateway is asked to try again later.
pub const INBOX: usize = 1_000;

/// A gateway and an account.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its name or address.
    pub host: String,
    /// Its port; 2775 is usual.
    pub port: u16,
    /// Who is trusted, if the connection is encrypted; `None` for a plain one, which carries the
    /// password as it is and belongs into a private network.
    pub encryption: Option<Trust>,
    /// The account's name, at most 15 bytes.
    pub system_id: String,
    /// Its password, at most 8 bytes.
    pub password: Secret,
    /// What kind of system we are, if the gateway asks for that; at most 12 bytes.
    pub system_type: String,
    /// The number or name that messages come from.
    pub from: String,
    /// Type of number and numbering plan of the sender (SMPP 3.4, 5.2.5 and 5.2.6); `None`: as its
    /// form says, a number, a short code or a name.
    pub source_kind: Option<(u8, u8)>,
    /// The same of recipients; international and ISDN are usual.
    pub destination_kind: (u8, u8),
    /// Which way the session goes.
    pub bind: Bind,
    /// The id under which a regulator knows the sender, where one demands that.
    pub entity_id: Option<String>,
    /// What texts without special characters are written in.
    pub alphabet: Alphabet,
    /// Messages that may be under way without an answer.
    pub window: usize,
    /// Messages for each second that the account bears.
    pub per_second: Option<f64>,
    /// Connecting, TLS and logging in, each.
    pub connect: Duration,
    /// The answer to a message.
    pub answer: Duration,
    /// A silence after which the gateway is asked whether it is still there.
    pub silence: Duration,
}

impl Settings {
    /// Common values: port 2775, plain, ten messages under way.
    pub fn new(host: &str, system_id: &str, password: Secret, from: &str) -> Settings {
        Settings {
            host: host.to_owned(),
            port: 2775,
            encryption: None,
            system_id: system_id.to_owned(),
            password,
            system_type: String::new(),
            from: from.to_owned(),
            source_kind: None,
            destination_kind: (1, 1),
            bind: Bind::Transceiver,
            entity_id: None,
            alphabet: Alphabet::Gsm,
            window: 10,
            per_second: None,
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            silence: Duration::from_secs(30),
        }
    }
}

/// Which way a session goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bind {
    /// Both ways on one session.
    #[default]
    Transceiver,
    /// Messages go out on one session, receipts and answers come in on another, for gateways that
    /// demand it.
    Separate,
    /// Messages go out; receipts are never seen.
    Transmitter,
}

/// Why a channel cannot be set up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A text is too long for its field, or holds a zero byte.
    #[error("the {what} is not usable; it has at most {max} bytes of ASCII")]
    Field {
        /// Which one.
        what: &'static str,
        /// How long it may be.
        max: usize,
    },
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] tls::Error),
}

/// What a gateway tells.
#[derive(Clone, PartialEq)]
pub enum Told {
    /// What became of a message.
    Receipt {
        /// What the gateway calls it, as given when it was accepted.
        provider_id: String,
        /// The recipient's number, as the gateway writes it: where the receipt comes from.
        from: String,
        /// How far it came.
        state: State,
    },
    /// A recipient wrote.
    Answer {
        /// Who wrote, as the gateway writes it.
        from: String,
        /// To which of our numbers.
        to: String,
        /// What was written.
        body: String,
        /// What it asks for, if it is a command.
        keyword: Option<Keyword>,
    },
}

/// Something that a gateway tells. It tells it again unless it is acknowledged.
#[derive(Debug)]
pub struct Heard {
    /// What it tells.
    pub told: Told,
    /// To be given once that is safe.
    pub acknowledgement: Acknowledgement,
}

/// Says to the gateway that what it told is taken. Dropped, it says that it is not, so that the gateway keeps it
/// and tries again.
#[derive(Debug)]
pub struct Acknowledgement(oneshot::Sender<()>);

impl Acknowledgement {
    /// It is taken.
    pub fn taken(self) {
        // The session may have ended: then it is told again, which cannot be helped.
        let _ = self.0.send(());
    }
}

/// Shows no number and no text.
impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Told::Receipt { provider_id, state, .. } => {
                write!(f, "Receipt({provider_id}, {state:?})")
            }
            Told::Answer { keyword, .. } => write!(f, "Answer({keyword:?})"),
        }
    }
}

/// How far a message came.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// It is on its way.
    Sent,
    /// It is on the telephone.
    Delivered,
    /// It did not arrive.
    Failed {
        /// Why.
        code: Code,
        /// The gateway's words: its state and error.
        detail: String,
    },
}

/// Text messages through one account.
pub struct Smpp {
    settings: Settings,
    connector: Option<tokio_rustls::TlsConnector>,
    inbox: mpsc::Sender<Heard>,
    session: Mutex<Option<Arc<Session>>>,
    /// Of [`Bind::Separate`]: where receipts come in.
    receiver: Mutex<Option<Arc<Session>>>,
}

impl fmt::Debug for Smpp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smpp").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Smpp {
    /// A channel, and where receipts and answers are taken from. They come as long as there is a
    /// session, which the first message or [`Smpp::connect`] begins.
    pub fn new(settings: Settings) -> Result<(Smpp, mpsc::Receiver<Heard>), Error> {
        for (what, value, max) in [
            ("system id", settings.system_id.as_str(), 15),
            ("password", settings.password.reveal(), 8),
            ("system type", &settings.system_type, 12),
            ("sender", &settings.from, 20),
        ] {
            if value.len() > max || !value.bytes().all(|b| b.is_ascii() && b != 0) {
                return Err(Error::Field { what, max });
            }
        }
        let connector = match &settings.encryption {
            Some(trust) => Some(tokio_rustls::TlsConnector::from(trust.client(&[])?)),
            None => None,
        };
        let (inbox, told) = mpsc::channel(INBOX);
        let (session, receiver) = (Mutex::new(None), Mutex::new(None));
        Ok((Smpp { settings, connector, inbox, session, receiver }, told))
    }

    /// Begins a session if there is none, so that receipts come in without a message going out.
    pub async fn connect(&self) -> Result<(), Outcome> {
        let (kept, way) = match self.settings.bind {
            Bind::Transceiver => (&self.session, Way::Both),
            Bind::Separate => (&self.receiver, Way::In),
            Bind::Transmitter => return Ok(()),
        };
        self.open(kept, way).await.map(|_| ()).map_err(|failure| outcome(&failure))
    }

    /// The session on which messages go out.
    async fn session(&self) -> Result<Arc<Session>, Failure> {
        let way = match self.settings.bind {
            Bind::Transceiver => Way::Both,
            Bind::Separate | Bind::Transmitter => Way::Out,
        };
        self.open(&self.session, way).await
    }

    /// A session that is kept, begun by one sender while the others wait.
    async fn open(
        &self,
        kept: &Mutex<Option<Arc<Session>>>,
        way: Way,
    ) -> Result<Arc<Session>, Failure> {
        let mut kept = kept.lock().await;
        if let Some(session) = kept.as_ref().filter(|session| session.open()) {
            return Ok(session.clone());
        }
        let begun =
            Session::begin(&self.settings, way, self.connector.as_ref(), &self.inbox).await?;
        let session = Arc::new(begun);
        *kept = Some(session.clone());
        Ok(session)
    }

    async fn deliver(&self, outgoing: Outgoing) -> Outcome {
        let (Payload::Sms(message), Destination::Phone(to)) = (&outgoing.payload, &outgoing.to)
        else {
            return Outcome::foreign(Kind::Sms, &outgoing);
        };
        if !is_number(to) {
            let detail = "the number is not + and 7 to 15 digits";
            return Outcome::rejected_for(Code::AddressMalformed, detail, Address::DEAD);
        }
        if message.body.len() > BODY_BYTES_MAX {
            let n = message.body.len();
            let detail = format!("the text has {n} bytes and {BODY_BYTES_MAX} are allowed");
            return Outcome::rejected(Code::PayloadTooLarge, &detail);
        }
        let from = message.from.as_ref().unwrap_or(&self.settings.from);
        if from.len() > 20 || !from.bytes().all(|b| b.is_ascii() && b != 0) {
            return Outcome::rejected(Code::SenderRefused, "the sender is not 20 bytes of ASCII");
        }
        let (coding, text) = text::encode(&message.body, self.settings.alphabet);
        let submit = Submit {
            from,
            source_kind: self.settings.source_kind,
            destination_kind: self.settings.destination_kind,
            to: to.trim_start_matches('+'),
            coding,
            text: &text,
            entity_id: self.settings.entity_id.as_deref(),
            template_id: message.template_id.as_deref(),
        };
        let answered = match self.session().await {
            Ok(session) => session.submit(&submit, self.settings.answer).await,
            Err(failure) => return outcome(&failure),
        };
        match answered {
            Ok(id) => Outcome::accepted(Some(id).filter(|id| !id.is_empty())),
            Err(failure) => outcome(&failure).without(to.trim_start_matches('+')),
        }
    }
}

impl Channel for Smpp {
    fn kind(&self) -> Kind {
        Kind::Sms
    }

    fn limits(&self) -> Limits {
        Limits {
            concurrency: self.settings.window.max(1),
            per_second: self.settings.per_second,
            payload_bytes: BODY_BYTES_MAX,
        }
    }

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
        Failure::Net(error @ net::Error::Forbidden { .. }) => {
            Outcome::rejected(error.code(), &error.to_string())
        }
        Failure::Net(error) => Outcome::retry(error.code(), &error.to_string(), None),
        Failure::Tls(detail) => Outcome::retry(Code::TlsFailed, detail, None),
        Failure::Bind(status) => {
            let code = match *status {
                status::THROTTLED | status::QUEUE_FULL => Code::ProviderThrottled,
                status::SYSTEM_ERROR | status::LATER => Code::ProviderUnavailable,
                _ => Code::CredentialsRefused,
            };
            Outcome::retry(code, &format!("login refused with status {status:#x}"), None)
        }
        Failure::BindTimeout => {
            Outcome::retry(Code::NetworkTimeout, "no answer to the login in time", None)
        }
        Failure::BindCut(detail) => Outcome::retry(Code::NetworkCut, detail, None),
        Failure::Busy => Outcome::retry(Code::ProviderThrottled, "too many are under way", None),
        Failure::Timeout => Outcome::doubt(Code::AnswerTimeout, "no answer to the message in time"),
        Failure::Cut => Outcome::doubt(Code::AnswerLost, "the session ended before the answer"),
        Failure::Refused(number) => refused(*number),
    }
}

fn refused(number: u32) -> Outcome {
    let detail = format!("refused with status {number:#x}");
    let later = |code| Outcome::retry(code, &detail, None);
    match number {
        status::THROTTLED | status::QUEUE_FULL => later(Code::ProviderThrottled),
        status::SYSTEM_ERROR => later(Code::ProviderFailed),
        status::LATER => later(Code::ProviderUnavailable),
        status::NOT_BOUND => later(Code::NetworkCut),
        status::MESSAGE_LENGTH => Outcome::rejected(Code::PayloadTooLarge, &detail),
        status::SOURCE | status::SOURCE_TON | status::SOURCE_NPI => {
            Outcome::rejected(Code::SenderRefused, &detail)
        }
        status::DESTINATION => {
            Outcome::rejected_for(Code::AddressMalformed, &detail, Address::DEAD)
        }
        status::DESTINATION_TON | status::DESTINATION_NPI => {
            Outcome::rejected(Code::ConfigurationInvalid, &detail)
        }
        status::OPTION_FIRST..=status::OPTION_LAST => {
            Outcome::rejected(Code::PayloadRefused, &detail)
        }
        _ => Outcome::rejected(Code::ProviderRefused, &detail),
    }
}

/// The state that a receipt names, and its error.
fn state(name: &str, error: &str) -> State {
    let detail = clip(&format!("{name} {error}"));
    let code = match name {
        "DELIVRD" => return State::Delivered,
        "ENROUTE" | "ACCEPTD" | "SCHEDULED" => return State::Sent,
        "EXPIRED" => Code::MessageExpired,
        "UNDELIV" => Code::AddressUnavailable,
        "REJECTD" => Code::AddressBlocked,
        _ => Code::ProviderRefused,
    };
    State::Failed { code, detail }
}
