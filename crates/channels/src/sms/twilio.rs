//! Text messages through Twilio, or whoever offers the same API.
//!
//! A POST of a form for each message; receipts and answers of recipients come as forms that
//! Twilio signs over address and fields.

use std::fmt;

use base64::prelude::{BASE64_STANDARD, Engine};
use model::Timestamp;
use ring::hmac;
use serde_json::Value;

use super::{BODY_BYTES_MAX, Keyword, is_number};
use crate::contract::{
    Address, BoxFuture, Channel, Code, Destination, Kind, Limits, Outcome, Outgoing, Payload, clip,
};
use crate::form;
use crate::http::{Client, Request, Response};
use crate::secret::Secret;

#[cfg(test)]
mod tests;

/// Most fields of a form that comes in; Twilio sends about 30.
const FIELDS_MAX: usize = 200;

/// An account and who it sends as.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The account, `AC` and 32 digits.
    pub account_sid: String,
    /// Its token, which also signs what comes back; or the secret of `api_key`.
    pub auth_token: Secret,
    /// An API key, `SK` and 32 digits, that is used in place of the account's own name.
    pub api_key: Option<String>,
    /// A number, a name, or a messaging service (`MG` and 32 digits).
    pub from: String,
    /// [`Twilio::ENDPOINT`] but in tests.
    pub endpoint: String,
    /// Messages for each second that the sender's numbers bear.
    pub per_second: Option<f64>,
}

/// Text messages through one account.
#[derive(Clone, Debug)]
pub struct Twilio {
    settings: Settings,
    client: Client,
}

/// Why a channel cannot be set up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The account's name is none.
    #[error("\"{0}\" is no account of Twilio; it is AC and 32 letters and digits")]
    Account(String),
    /// What came in is no form, or not Twilio's.
    #[error("this is no request of Twilio: {0}")]
    Malformed(&'static str),
    /// The signature does not fit.
    #[error("the signature of the request is not Twilio's; check the token and the public address")]
    Signature,
}

impl Twilio {
    /// Twilio's address.
    pub const ENDPOINT: &str = "https://api.twilio.com";

    /// A channel.
    pub fn new(settings: Settings, client: Client) -> Result<Twilio, Error> {
        let sid = &settings.account_sid;
        if !sid.starts_with("AC")
            || sid.len() > 64
            || !sid.bytes().all(|b| b.is_ascii_alphanumeric())
        {
            return Err(Error::Account(clip(sid)));
        }
        Ok(Twilio { settings, client })
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
        match self.client.send(self.request(message, to)).await {
            Ok(response) => outcome(&response, outgoing.now).without(to),
            Err(error) => error.outcome(),
        }
    }

    fn request(&self, message: &super::Message, to: &str) -> Request {
        let settings = &self.settings;
        let from = message.from.as_deref().unwrap_or(&settings.from);
        let sender = if from.starts_with("MG") && from.len() == 34 {
            ("MessagingServiceSid", from)
        } else {
            ("From", from)
        };
        let mut fields = vec![("To", to), sender, ("Body", message.body.as_str())];
        if let Some(callback) = &message.status_callback {
            fields.push(("StatusCallback", callback));
        }
        let user = settings.api_key.as_ref().unwrap_or(&settings.account_sid);
        let login = BASE64_STANDARD.encode(format!("{user}:{}", settings.auth_token.reveal()));
        let endpoint = settings.endpoint.trim_end_matches('/');
        let url = format!("{endpoint}/2010-04-01/Accounts/{}/Messages.json", settings.account_sid);
        Request::post(url, "application/x-www-form-urlencoded", form::form(&fields))
            .with("authorization", format!("Basic {login}"))
    }
}

impl Channel for Twilio {
    fn kind(&self) -> Kind {
        Kind::Sms
    }

    /// Twilio queues what is more than a number bears; too many requests at a time are refused.
    fn limits(&self) -> Limits {
        let per_second = self.settings.per_second;
        Limits { concurrency: 50, per_second, payload_bytes: BODY_BYTES_MAX }
    }

    fn idempotent(&self) -> bool {
        false
    }

    fn send(&self, outgoing: Outgoing) -> BoxFuture<'_, Outcome> {
        Box::pin(self.deliver(outgoing))
    }
}

fn outcome(response: &Response, now: Timestamp) -> Outcome {
    let answer = response.json().unwrap_or(Value::Null);
    if matches!(response.status, 200 | 201) {
        return Outcome::accepted(answer.get("sid").and_then(Value::as_str).map(str::to_owned));
    }
    let words = answer.get("message").and_then(Value::as_str);
    let number = answer.get("code").and_then(Value::as_u64);
    let (Some(number), 400..=499) = (number, response.status) else {
        return response.otherwise(now);
    };
    let detail = format!("{number}: {}", words.unwrap_or_default());
    let (code, address) = meaning(number);
    match code {
        Code::CredentialsRefused
        | Code::PermissionDenied
        | Code::SenderSuspended
        | Code::BalanceExhausted
        | Code::ConfigurationInvalid
        | Code::ProviderThrottled => Outcome::retry(code, &detail, response.retry_after(now)),
        Code::ProviderRefused if !matches!(response.status, 400 | 404) => response.otherwise(now),
        _ => Outcome::rejected_for(code, &detail, address),
    }
}

/// What a number of Twilio's list of errors means, in answers (2xxxx) and receipts (3xxxx).
pub fn meaning(number: u64) -> (Code, Address) {
    let code = match number {
        20003 | 20005 | 20101 | 20104 => Code::CredentialsRefused,
        20006 | 20403 => Code::PermissionDenied,
        20429 | 14107 | 30001 | 30022 => Code::ProviderThrottled,
        20404 => Code::ConfigurationInvalid,
        21211 | 21217 | 21265 | 21401 | 21421 => return (Code::AddressMalformed, Address::DEAD),
        21614 | 30006 => return (Code::AddressUnreachable, Address::DEAD),
        30005 => return (Code::AddressUnknown, Address::DEAD),
        30003 => return (Code::AddressUnavailable, Address::Valid),
        21610 => return (Code::AddressOptedOut, Address::Valid),
        30004 => return (Code::AddressBlocked, Address::Unknown),
        21612 => Code::AddressUnreachable,
        21408 | 21608 => Code::PermissionDenied,
        21212 | 21213 | 21603 | 21606 | 21611 | 21618 | 21659 | 21660 | 30023..=30034 => {
            Code::SenderRefused
        }
        21701..=21712 => Code::SenderRefused,
        21602 | 21604 | 21619 | 21609 | 21620 => Code::PayloadRefused,
        21605 | 21617 => Code::PayloadTooLarge,
        30007 => Code::PayloadContent,
        30002 => Code::SenderSuspended,
        20008 | 30010 | 30044 | 30045 | 90010 => Code::BalanceExhausted,
        30036 => Code::MessageExpired,
        30008 | 30009 | 30035 => Code::ProviderFailed,
        _ => Code::ProviderRefused,
    };
    (code, Address::Unknown)
}

/// What Twilio tells.
#[derive(Clone, PartialEq)]
pub enum Told {
    /// What became of a message.
    Receipt(Receipt),
    /// A recipient wrote.
    Answer {
        /// What Twilio calls it.
        id: String,
        /// Who wrote.
        from: String,
        /// To which of our numbers.
        to: String,
        /// What was written.
        body: String,
        /// What it asks for, if it is a command.
        keyword: Option<Keyword>,
    },
}

/// Shows no number and no text.
impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Told::Receipt(receipt) => write!(f, "Receipt({receipt:?})"),
            Told::Answer { id, keyword, .. } => write!(f, "Answer({id}, {keyword:?})"),
        }
    }
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Receipt {
    /// What Twilio calls it, as given when it was accepted.
    pub provider_id: String,
    /// The recipient's number.
    pub to: Option<String>,
    /// How far it came.
    pub state: State,
}

/// How far a message came.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// It is on its way.
    Sent,
    /// It is on the telephone.
    Delivered,
    /// It was read (on channels that tell).
    Read,
    /// It did not arrive.
    Failed {
        /// Why.
        code: Code,
        /// What it says about the number.
        address: Address,
    },
}

/// Reads a request of Twilio. `url` is the full public address that Twilio was given, `signature` the
/// header `X-Twilio-Signature`. `None` for what is neither an answer nor news of a message.
pub fn read(
    auth_token: &Secret,
    url: &str,
    signature: &str,
    body: &[u8],
) -> Result<Option<Told>, Error> {
    let fields = form::fields(body, FIELDS_MAX).ok_or(Error::Malformed("too many fields"))?;
    if !signed(auth_token, url, signature, &fields) {
        return Err(Error::Signature);
    }
    let get = |name: &str| {
        let mut named = fields.iter().filter(|(n, v)| n == name && !v.is_empty());
        named.next().map(|(_, value)| value.clone())
    };
    let id =
        get("MessageSid").or_else(|| get("SmsSid")).ok_or(Error::Malformed("no MessageSid"))?;
    let status = get("MessageStatus").or_else(|| get("SmsStatus")).unwrap_or_default();
    let state = match status.as_str() {
        "received" => {
            let body = get("Body").unwrap_or_default();
            let keyword = match get("OptOutType").as_deref() {
                Some("STOP") => Some(Keyword::Stop),
                Some("START") => Some(Keyword::Start),
                Some("HELP") => Some(Keyword::Help),
                _ => Keyword::read(&body),
            };
            let (from, to) = (get("From").unwrap_or_default(), get("To").unwrap_or_default());
            return Ok(Some(Told::Answer { id, from, to, body, keyword }));
        }
        "sent" => State::Sent,
        "delivered" => State::Delivered,
        "read" => State::Read,
        "failed" | "undelivered" | "canceled" => {
            let number = get("ErrorCode").and_then(|code| code.parse().ok()).unwrap_or(0);
            let (code, address) = meaning(number);
            State::Failed { code, address }
        }
        _ => return Ok(None),
    };
    Ok(Some(Told::Receipt(Receipt { provider_id: id, to: get("To"), state })))
}

/// HMAC-SHA1 over the address and the fields in the order of their names (and of their values, where
/// a name occurs twice), as Twilio has it.
fn signed(token: &Secret, url: &str, signature: &str, fields: &[(String, String)]) -> bool {
    let Ok(tag) = BASE64_STANDARD.decode(signature) else { return false };
    hmac::verify(&key(token), text(url, fields).as_bytes(), &tag).is_ok()
}

/// The signature that Twilio puts on a request of these fields to this address.
pub fn signature(token: &Secret, url: &str, fields: &[(String, String)]) -> String {
    BASE64_STANDARD.encode(hmac::sign(&key(token), text(url, fields).as_bytes()))
}

fn key(token: &Secret) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.reveal().as_bytes())
}

fn text(url: &str, fields: &[(String, String)]) -> String {
    let mut sorted: Vec<_> = fields.iter().collect();
    sorted.sort();
    sorted.dedup();
    let mut text = url.to_owned();
    for (name, value) in sorted {
        text.push_str(name);
        text.push_str(value);
    }
    text
}
