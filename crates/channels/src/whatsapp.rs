//! WhatsApp through the Cloud API: templates at any time, text within 24 hours of an answer.
//!
//! What becomes of a message, and what recipients write, comes as webhooks that the app's secret
//! signs ([`read`]).

use std::fmt;

use model::Timestamp;
use ring::hmac;
use serde_json::{Map, Value, json};

use crate::contract::{
    Address, BoxFuture, Channel, Code, Destination, Kind, Limits, Outcome, Outgoing, Payload, clip,
};
use crate::hex;
use crate::http::{Client, Request, Response};
use crate::secret::Secret;
use crate::sms::{Keyword, is_number};

#[cfg(test)]
mod tests;

/// Longest text in characters.
pub const TEXT_CHARACTERS_MAX: usize = 4_096;
/// Largest request in bytes, which no template comes near.
pub const PAYLOAD_BYTES_MAX: usize = 64 * 1024;
/// Longest key of a delivery that Meta repeats in its webhooks, in bytes.
const CALLBACK_BYTES_MAX: usize = 512;
/// Largest webhook in bytes; Meta's are at most 3 MB.
const WEBHOOK_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most events of one webhook; Meta puts up to 1,000 changes into one.
const EVENTS_MAX: usize = 10_000;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// An approved template, at any time.
    Template {
        /// Its name.
        name: String,
        /// The language of the translation, such as `en_US`.
        language: String,
        /// The values for its parts.
        components: Vec<Component>,
    },
    /// Free text, within 24 hours of the recipient's last message.
    Text {
        /// The text, at most [`TEXT_CHARACTERS_MAX`].
        body: String,
        /// Shows a preview of the first link.
        preview_url: bool,
    },
}

/// The values for one part of a template, in the order of its placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Component {
    /// The values above the text.
    Header(Vec<Parameter>),
    /// The values within the text.
    Body(Vec<Parameter>),
    /// The end of the address of a button.
    UrlButton {
        /// Which button, from 0.
        index: u8,
        /// What is put at the end of its address.
        suffix: String,
    },
    /// What is told when a quick reply is chosen.
    QuickReply {
        /// Which button, from 0.
        index: u8,
        /// What comes back in the webhook.
        payload: String,
    },
    /// What is copied when a button is pressed.
    CopyCode {
        /// Which button, from 0.
        index: u8,
        /// The code.
        code: String,
    },
}

/// One value of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// Text.
    Text(String),
    /// The address of a picture.
    Image(String),
    /// The address of a video.
    Video(String),
    /// The address of a document and the name under which it is shown.
    Document {
        /// Where it is.
        link: String,
        /// The name that the recipient sees.
        filename: Option<String>,
    },
}

/// A number and its access.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The id of the sending number (not the number).
    pub phone_number_id: String,
    /// A token of a system user.
    pub access_token: Secret,
    /// [`WhatsApp::ENDPOINT`] or a later version.
    pub endpoint: String,
    /// Messages for each second; 80 unless Meta raised it.
    pub per_second: f64,
}

/// WhatsApp from one number.
#[derive(Clone, Debug)]
pub struct WhatsApp {
    settings: Settings,
    client: Client,
}

/// Why a channel or a webhook is not possible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The number's id is none.
    #[error("\"{0}\" is no id of a number; it has digits only and is not the number itself")]
    Number(String),
    /// The signature does not fit.
    #[error("the signature of the webhook is not Meta's; check the app's secret")]
    Signature,
    /// It is not in Meta's form.
    #[error("this is no webhook of WhatsApp: {0}")]
    Malformed(&'static str),
}

impl WhatsApp {
    /// Meta's address with the version of its API.
    pub const ENDPOINT: &str = "https://graph.facebook.com/v23.0";

    /// A channel.
    pub fn new(settings: Settings, client: Client) -> Result<WhatsApp, Error> {
        let id = &settings.phone_number_id;
        if id.is_empty() || id.len() > 32 || !id.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Error::Number(clip(id)));
        }
        Ok(WhatsApp { settings, client })
    }

    async fn deliver(&self, outgoing: Outgoing) -> Outcome {
        let (Payload::WhatsApp(message), Destination::Phone(to)) =
            (&outgoing.payload, &outgoing.to)
        else {
            return Outcome::foreign(Kind::WhatsApp, &outgoing);
        };
        if !is_number(to) {
            let detail = "the number is not + and 7 to 15 digits";
            return Outcome::rejected_for(Code::AddressMalformed, detail, Address::DEAD);
        }
        if let Message::Text { body, .. } = message.as_ref()
            && body.chars().count() > TEXT_CHARACTERS_MAX
        {
            let detail = format!("the text has more than {TEXT_CHARACTERS_MAX} characters");
            return Outcome::rejected(Code::PayloadTooLarge, &detail);
        }
        let body = request_body(message, to, &outgoing.key).to_string();
        if body.len() > PAYLOAD_BYTES_MAX {
            let n = body.len();
            let detail = format!("the message has {n} bytes and {PAYLOAD_BYTES_MAX} are allowed");
            return Outcome::rejected(Code::PayloadTooLarge, &detail);
        }
        let endpoint = self.settings.endpoint.trim_end_matches('/');
        let url = format!("{endpoint}/{}/messages", self.settings.phone_number_id);
        let request = Request::post(url, "application/json", body)
            .with("authorization", format!("Bearer {}", self.settings.access_token.reveal()));
        match self.client.send(request).await {
            Ok(response) => outcome(&response, outgoing.now).without(to.trim_start_matches('+')),
            Err(error) => error.outcome(),
        }
    }
}

impl Channel for WhatsApp {
    fn kind(&self) -> Kind {
        Kind::WhatsApp
    }

    fn limits(&self) -> Limits {
        let per_second = Some(self.settings.per_second);
        Limits { concurrency: 80, per_second, payload_bytes: PAYLOAD_BYTES_MAX }
    }

    fn idempotent(&self) -> bool {
        false
    }

    fn send(&self, outgoing: Outgoing) -> BoxFuture<'_, Outcome> {
        Box::pin(self.deliver(outgoing))
    }
}

/// The JSON of a request.
fn request_body(message: &Message, to: &str, key: &str) -> Value {
    let mut body = Map::new();
    body.insert("messaging_product".to_owned(), "whatsapp".into());
    body.insert("recipient_type".to_owned(), "individual".into());
    body.insert("to".to_owned(), to.trim_start_matches('+').into());
    if key.len() <= CALLBACK_BYTES_MAX {
        body.insert("biz_opaque_callback_data".to_owned(), key.into());
    }
    let (kind, content) = match message {
        Message::Template { name, language, components } => {
            let components: Vec<Value> = components.iter().map(component).collect();
            let language = json!({"code": language});
            ("template", json!({"name": name, "language": language, "components": components}))
        }
        Message::Text { body, preview_url } => {
            ("text", json!({"body": body, "preview_url": preview_url}))
        }
    };
    body.insert("type".to_owned(), kind.into());
    body.insert(kind.to_owned(), content);
    body.into()
}

fn component(component: &Component) -> Value {
    let list = |parameters: &[Parameter]| parameters.iter().map(parameter).collect::<Vec<_>>();
    match component {
        Component::Header(values) => json!({"type": "header", "parameters": list(values)}),
        Component::Body(values) => json!({"type": "body", "parameters": list(values)}),
        Component::UrlButton { index, suffix } => json!({
            "type": "button", "sub_type": "url", "index": index.to_string(),
            "parameters": [{"type": "text", "text": suffix}],
        }),
        Component::QuickReply { index, payload } => json!({
            "type": "button", "sub_type": "quick_reply", "index": index.to_string(),
            "parameters": [{"type": "payload", "payload": payload}],
        }),
        Component::CopyCode { index, code } => json!({
            "type": "button", "sub_type": "copy_code", "index": index.to_string(),
            "parameters": [{"type": "coupon_code", "coupon_code": code}],
        }),
    }
}

fn parameter(parameter: &Parameter) -> Value {
    match parameter {
        Parameter::Text(text) => json!({"type": "text", "text": text}),
        Parameter::Image(link) => json!({"type": "image", "image": {"link": link}}),
        Parameter::Video(link) => json!({"type": "video", "video": {"link": link}}),
        Parameter::Document { link, filename: None } => {
            json!({"type": "document", "document": {"link": link}})
        }
        Parameter::Document { link, filename: Some(name) } => {
            json!({"type": "document", "document": {"link": link, "filename": name}})
        }
    }
}

fn outcome(response: &Response, now: Timestamp) -> Outcome {
    let answer = response.json().unwrap_or(Value::Null);
    if (200..300).contains(&response.status) {
        let id = answer.pointer("/messages/0/id").and_then(Value::as_str);
        return Outcome::accepted(id.map(str::to_owned));
    }
    let error = answer.get("error").unwrap_or(&Value::Null);
    let Some(number) = error.get("code").and_then(Value::as_u64) else {
        return response.otherwise(now);
    };
    let words = error.get("message").and_then(Value::as_str).unwrap_or_default();
    let more = error.pointer("/error_data/details").and_then(Value::as_str).unwrap_or_default();
    let detail = format!("{number}: {words} {more}");
    let after = response.retry_after(now);
    match meaning(number) {
        (_, _, Again::Later(code)) => Outcome::retry(code, &detail, after),
        (code, address, Again::Never) => Outcome::rejected_for(code, &detail, address),
    }
}

/// Whether another attempt may help.
enum Again {
    Never,
    Later(Code),
}

/// What a number of Meta's list of errors means.
fn meaning(number: u64) -> (Code, Address, Again) {
    let unknown = Address::Unknown;
    let never = |code| (code, unknown, Again::Never);
    let later = |code| (code, unknown, Again::Later(code));
    match number {
        0 | 190 => later(Code::CredentialsRefused),
        3 | 10 | 200..=299 | 131005 => later(Code::PermissionDenied),
        4 | 80007 | 130429 => later(Code::ProviderThrottled),
        1 | 131000 | 135000 => later(Code::ProviderFailed),
        2 | 131016 | 131057 | 133004 => later(Code::ProviderUnavailable),
        33 => later(Code::ConfigurationInvalid),
        368 | 130497 | 131031 => later(Code::SenderSuspended),
        131042 => later(Code::BalanceExhausted),
        131048 => later(Code::SenderReputation),
        131056 => later(Code::AddressThrottled),
        // Meta keeps marketing from people who have had enough: not again for this message.
        131049 => (Code::AddressThrottled, Address::Valid, Again::Never),
        130472 => (Code::AddressBlocked, Address::Valid, Again::Never),
        131050 => (Code::AddressOptedOut, Address::Valid, Again::Never),
        // No account, an old app, or terms that were not accepted: Meta does not say which.
        131026 => never(Code::AddressUnreachable),
        131021 => never(Code::AddressMalformed),
        131030 => never(Code::PermissionDenied),
        131037 | 131045 | 133000..=133016 => later(Code::SenderRefused),
        131047 => (Code::WindowClosed, Address::Valid, Again::Never),
        132001 => never(Code::TemplateUnknown),
        132000 | 132005 | 132012 | 132018 => never(Code::TemplateParameters),
        132007 => never(Code::PayloadContent),
        132015 | 132016 => never(Code::TemplatePaused),
        100 | 131008 | 131009 | 131051..=131053 => never(Code::PayloadRefused),
        _ => never(Code::ProviderRefused),
    }
}

/// What Meta tells.
#[derive(Clone, PartialEq)]
pub enum Told {
    /// What became of a message.
    Receipt(Receipt),
    /// A recipient wrote, which opens the window of 24 hours.
    Answer(Answer),
    /// A recipient said in the app whether marketing is wanted.
    Marketing {
        /// The recipient, digits.
        from: String,
        /// Whether it is wanted.
        wanted: bool,
        /// When it was said.
        at: Option<Timestamp>,
    },
}

/// Shows no number and no text.
impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Told::Receipt(receipt) => write!(f, "Receipt({receipt:?})"),
            Told::Answer(answer) => write!(f, "Answer({}, {:?})", answer.id, answer.keyword),
            Told::Marketing { wanted, .. } => write!(f, "Marketing(wanted: {wanted})"),
        }
    }
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Receipt {
    /// What Meta calls it, as given when it was accepted.
    pub provider_id: String,
    /// The delivery's key, which Meta repeats.
    pub key: Option<String>,
    /// When.
    pub at: Option<Timestamp>,
    /// How far it came.
    pub state: State,
}

/// How far a message came.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// It left Meta.
    Sent,
    /// It is on the telephone.
    Delivered,
    /// It was read, if the recipient lets that be told.
    Read,
    /// It did not arrive.
    Failed {
        /// Why.
        code: Code,
        /// What it says about the number.
        address: Address,
        /// Meta's words.
        detail: String,
    },
}

/// What a recipient wrote.
#[derive(Clone, PartialEq)]
pub struct Answer {
    /// What Meta calls it.
    pub id: String,
    /// Who wrote, digits.
    pub from: String,
    /// When.
    pub at: Option<Timestamp>,
    /// The text, or the title of the button that was chosen.
    pub text: String,
    /// What the button carries.
    pub payload: Option<String>,
    /// Our message that it answers.
    pub about: Option<String>,
    /// What it asks for, if it is a command.
    pub keyword: Option<Keyword>,
}

/// Checks a webhook against the app's secret and reads it. `signature` is the header
/// `X-Hub-Signature-256`. Kinds that are not known are left out.
pub fn read(app_secret: &Secret, signature: &str, body: &[u8]) -> Result<Vec<Told>, Error> {
    if body.len() > WEBHOOK_BYTES_MAX {
        return Err(Error::Malformed("it is too large"));
    }
    let tag = signature.strip_prefix("sha256=").and_then(hex::decode).ok_or(Error::Signature)?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, app_secret.reveal().as_bytes());
    hmac::verify(&key, body, &tag).map_err(|_| Error::Signature)?;
    let webhook: Value =
        serde_json::from_slice(body).map_err(|_| Error::Malformed("it is not JSON"))?;
    if text(&webhook, "object") != Some("whatsapp_business_account") {
        return Err(Error::Malformed("it is about something else"));
    }
    let mut all = Vec::new();
    for change in list(&webhook, "entry").iter().flat_map(|entry| list(entry, "changes")) {
        let value = change.get("value").unwrap_or(&Value::Null);
        all.extend(list(value, "statuses").iter().filter_map(receipt).map(Told::Receipt));
        all.extend(list(value, "messages").iter().filter_map(answer).map(Told::Answer));
        all.extend(list(value, "user_preferences").iter().filter_map(marketing));
        if all.len() > EVENTS_MAX {
            return Err(Error::Malformed("it has too many events"));
        }
    }
    Ok(all)
}

/// What is answered to the question by which Meta makes sure that an address is ours: `challenge` if
/// `mode` is right and `token` is the one that was agreed on.
pub fn challenge<'a>(
    agreed: &Secret,
    mode: &str,
    token: &str,
    challenge: &'a str,
) -> Option<&'a str> {
    let right = mode == "subscribe" && !token.is_empty() && token == agreed.reveal();
    right.then_some(challenge)
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// Seconds since 1970, which Meta writes as text.
fn at(value: &Value) -> Option<Timestamp> {
    let seconds: i64 = match value.get("timestamp")? {
        Value::String(text) => text.parse().ok()?,
        other => other.as_i64()?,
    };
    let at = Timestamp(seconds.checked_mul(1_000)?);
    (Timestamp(0)..=Timestamp::MAX).contains(&at).then_some(at)
}

fn receipt(status: &Value) -> Option<Receipt> {
    let state = match text(status, "status")? {
        "sent" => State::Sent,
        "delivered" => State::Delivered,
        "read" | "played" => State::Read,
        "failed" => {
            let error = list(status, "errors").first().unwrap_or(&Value::Null);
            let number = error.get("code").and_then(Value::as_u64).unwrap_or(1);
            let (code, address, _) = meaning(number);
            let words = text(error, "title").or(text(error, "message")).unwrap_or_default();
            let more = error.pointer("/error_data/details").and_then(Value::as_str);
            let detail = clip(&format!("{number}: {words} {}", more.unwrap_or_default()));
            State::Failed { code, address, detail }
        }
        _ => return None,
    };
    let key = text(status, "biz_opaque_callback_data").map(str::to_owned);
    Some(Receipt { provider_id: text(status, "id")?.to_owned(), key, at: at(status), state })
}

fn answer(message: &Value) -> Option<Answer> {
    let part = |pointer: &str| message.pointer(pointer).and_then(Value::as_str);
    let written = part("/text/body").or(part("/button/text"));
    let chosen = part("/interactive/button_reply/title").or(part("/interactive/list_reply/title"));
    let payload = part("/button/payload")
        .or(part("/interactive/button_reply/id"))
        .or(part("/interactive/list_reply/id"));
    let text_of = written.or(chosen).unwrap_or_default();
    Some(Answer {
        id: text(message, "id")?.to_owned(),
        from: text(message, "from")?.to_owned(),
        at: at(message),
        text: text_of.to_owned(),
        payload: payload.map(str::to_owned),
        about: part("/context/id").map(str::to_owned),
        keyword: Keyword::read(text_of),
    })
}

fn marketing(preference: &Value) -> Option<Told> {
    if text(preference, "category") != Some("marketing_messages") {
        return None;
    }
    let wanted = match text(preference, "value")? {
        "stop" => false,
        "resume" => true,
        _ => return None,
    };
    let from = text(preference, "wa_id")?.to_owned();
    Some(Told::Marketing { from, wanted, at: at(preference) })
}
