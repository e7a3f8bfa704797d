//! The adapters of text messages: Twilio, requests of one's own, SMPP gateways.

use std::sync::{Arc, Mutex, PoisonError};

use channels::contract::{Channel as Sends, Limits};
use channels::secret::Secret;
use channels::sms;
use channels::sms::generic::feedback::Fields;
use channels::sms::generic::{Form, Generic, Template};
use channels::sms::smpp::{self, Alphabet, Bind, Smpp};
use channels::sms::twilio::{self, Twilio};
use channels::tls::Trust;
use engine::schedule::Channel;
use tokio::sync::mpsc::Receiver;
use wire::api::{ProviderSettings, SmppBind, SmppCoding, SmsFeedback, SmsReplies};

use super::adapters::{client, secret};
use super::{Kind, Use, wrong};
use crate::failure::Failure;

/// The longest text of a request of one's own, in bytes.
const SMS_BYTES: usize = sms::BODY_BYTES_MAX;

/// Words of one kind that a provider adds at most.
const WORDS_MAX: usize = 20;
/// Bytes of such a word at most.
const WORD_BYTES_MAX: usize = 40;
/// Bytes of a reply at most.
const REPLY_BYTES_MAX: usize = 1_600;
/// Messages under way at an SMPP gateway without a wish, and at most.
const WINDOW: (u16, u16) = (10, 1_000);
/// Types of number (SMPP 3.4, 5.2.5) and numbering plans (5.2.6) go so far.
const TON_NPI_MAX: (u8, u8) = (6, 18);

/// A gateway, and what it tells.
pub struct SmppFacts {
    /// The adapter, to keep its session.
    pub gateway: Arc<Smpp>,
    /// Nothing once somebody listens.
    told: Mutex<Option<Receiver<smpp::Heard>>>,
}

impl SmppFacts {
    /// What the gateway tells, for the first who asks.
    pub fn listen(&self) -> Option<Receiver<smpp::Heard>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The adapter of a provider of text messages.
pub(super) fn adapter(
    settings: &ProviderSettings,
    of: Use,
) -> Result<(Channel, Kind, Arc<dyn Sends>), Failure> {
    match settings {
        ProviderSettings::Twilio { account_sid, auth_token, from, replies, base_url } => {
            check_replies(replies.as_ref())?;
            let own = twilio::Settings {
                account_sid: account_sid.clone(),
                auth_token: secret("auth_token", auth_token)?,
                api_key: None,
                from: from.clone(),
                endpoint: base_url.clone().unwrap_or_else(|| Twilio::ENDPOINT.to_owned()),
                per_second: of.per_second.map(f64::from),
            };
            let channel = Twilio::new(own, client(base_url.is_some(), false)?)
                .map_err(|error| wrong("settings.account_sid", error.to_string()))?;
            Ok((Channel::Sms, Kind::Sms, Arc::new(channel)))
        }
        ProviderSettings::Smpp { replies, .. } => {
            check_replies(replies.as_ref())?;
            let (gateway, told) = Smpp::new(gateway(settings, of)?)
                .map_err(|error| wrong("settings", error.to_string()))?;
            let (gateway, told) = (Arc::new(gateway), Mutex::new(Some(told)));
            let facts = SmppFacts { gateway: Arc::clone(&gateway), told };
            Ok((Channel::Sms, Kind::Smpp(facts), gateway))
        }
        _ => {
            let channel = Generic::new(template(settings, of)?, client(true, false)?, true)
                .map_err(|error| wrong("settings", error.to_string()))?;
            Ok((Channel::Sms, Kind::Sms, Arc::new(channel)))
        }
    }
}

/// Whether words and replies are within bounds.
pub(super) fn check_replies(replies: Option<&SmsReplies>) -> Result<(), Failure> {
    let Some(SmsReplies { stop_words, start_words, help_words, stop, start, help }) = replies
    else {
        return Ok(());
    };
    for (name, words) in
        [("stop_words", stop_words), ("start_words", start_words), ("help_words", help_words)]
    {
        let field = format!("settings.replies.{name}");
        if words.len() > WORDS_MAX {
            return Err(wrong(&field, format!("there are more than {WORDS_MAX}")));
        }
        if words.iter().any(|word| word.trim().is_empty() || word.len() > WORD_BYTES_MAX) {
            return Err(wrong(&field, format!("a word has 1 to {WORD_BYTES_MAX} bytes")));
        }
    }
    for (name, reply) in [("stop", stop), ("start", start), ("help", help)] {
        if reply.as_ref().is_some_and(|reply| reply.len() > REPLY_BYTES_MAX) {
            let field = format!("settings.replies.{name}");
            return Err(wrong(&field, format!("it has more than {REPLY_BYTES_MAX} bytes")));
        }
    }
    Ok(())
}

/// The fields of what an HTTP provider tells.
pub fn fields(written: Option<&SmsFeedback>) -> Fields {
    let mut fields = Fields::default();
    let Some(own) = written else { return fields };
    let set = |to: &mut String, own: &Option<String>| {
        if let Some(own) = own.as_ref().filter(|own| !own.trim().is_empty()) {
            own.trim().clone_into(to);
        }
    };
    set(&mut fields.id, &own.id);
    set(&mut fields.message, &own.message);
    set(&mut fields.status, &own.status);
    set(&mut fields.error, &own.error);
    set(&mut fields.to, &own.to);
    set(&mut fields.from, &own.from);
    set(&mut fields.text, &own.text);
    let list = |to: &mut Vec<String>, own: &[String]| {
        if !own.is_empty() {
            *to = own.to_vec();
        }
    };
    list(&mut fields.delivered, &own.delivered);
    list(&mut fields.failed, &own.failed);
    list(&mut fields.dead, &own.dead);
    fields
}

fn gateway(settings: &ProviderSettings, of: Use) -> Result<smpp::Settings, Failure> {
    let ProviderSettings::Smpp {
        host,
        port,
        tls,
        system_id,
        password,
        system_type,
        bind,
        from,
        source_ton,
        source_npi,
        destination_ton,
        destination_npi,
        data_coding,
        window,
        entity_id,
        replies: _,
    } = settings
    else {
        return Err(wrong("settings.kind", "it is no SMPP gateway".to_owned()));
    };
    if host.trim().is_empty() {
        return Err(wrong("settings.host", "the name of the gateway is missing".to_owned()));
    }
    let (ton_max, npi_max) = TON_NPI_MAX;
    for (field, value, max) in [
        ("source_ton", source_ton, ton_max),
        ("source_npi", source_npi, npi_max),
        ("destination_ton", destination_ton, ton_max),
        ("destination_npi", destination_npi, npi_max),
    ] {
        if value.is_some_and(|value| value > max) {
            return Err(wrong(&format!("settings.{field}"), format!("write 0 to {max}")));
        }
    }
    let source_kind = match (source_ton, source_npi) {
        (None, None) => None,
        (Some(ton), Some(npi)) => Some((*ton, *npi)),
        _ => {
            let what = "type of number and numbering plan belong together; write both or none";
            return Err(wrong("settings.source_ton", what.to_owned()));
        }
    };
    let window = window.unwrap_or(WINDOW.0);
    if window == 0 || window > WINDOW.1 {
        return Err(wrong("settings.window", format!("write 1 to {}", WINDOW.1)));
    }
    let mut own =
        smpp::Settings::new(host.trim(), system_id, secret("password", password)?, from.trim());
    own.port = port.unwrap_or(own.port);
    own.encryption = tls.then(Trust::default);
    own.system_type = system_type.clone().unwrap_or_default();
    own.source_kind = source_kind;
    own.destination_kind = (destination_ton.unwrap_or(1), destination_npi.unwrap_or(1));
    own.bind = match bind {
        SmppBind::Transceiver => Bind::Transceiver,
        SmppBind::TransmitterAndReceiver => Bind::Separate,
        SmppBind::Transmitter => Bind::Transmitter,
    };
    own.alphabet = match data_coding {
        SmppCoding::Gsm => Alphabet::Gsm,
        SmppCoding::Latin1 => Alphabet::Latin1,
    };
    own.window = usize::from(window);
    own.entity_id = entity_id.clone();
    own.per_second = of.per_second.map(f64::from);
    Ok(own)
}

/// A request of one's own. `{{id}}` and `{{secret}}` are ours; the others are the adapter's.
fn template(settings: &ProviderSettings, of: Use) -> Result<Template, Failure> {
    let ProviderSettings::HttpSms {
        url, method, headers, body, secret, id_pointer, replies, ..
    } = settings
    else {
        return Err(wrong("settings.kind", "it is no request".to_owned()));
    };
    check_replies(replies.as_ref())?;
    if id_pointer.as_ref().is_some_and(|pointer| !pointer.starts_with('/')) {
        let what = "it is no JSON pointer; write it like /messages/0/id".to_owned();
        return Err(wrong("settings.id_pointer", what));
    }
    let secret = secret.clone().unwrap_or_default();
    let filled = |text: &str| text.replace("{{id}}", "{{key}}").replace("{{secret}}", &secret);
    let mut own = Vec::new();
    let mut form = Form::Json;
    for line in headers {
        let (name, value) = line.split_once(':').ok_or_else(|| {
            wrong("settings.headers", format!("\"{line}\" is not like Name: value"))
        })?;
        let (name, value) = (name.trim().to_owned(), filled(value.trim()));
        match name.eq_ignore_ascii_case("content-type") {
            true => {
                form = match value.as_str() {
                    text if text.contains("json") => Form::Json,
                    text if text.contains("x-www-form-urlencoded") => Form::Form,
                    text if text.contains("xml") => Form::Xml,
                    _ => Form::Plain,
                }
            }
            false => own.push((name, Secret::new(value))),
        }
    }
    let method = match method.as_deref().unwrap_or("POST") {
        "GET" => axum::http::Method::GET,
        "PUT" => axum::http::Method::PUT,
        "POST" => axum::http::Method::POST,
        other => {
            return Err(wrong("settings.method", format!("\"{other}\" is not POST, PUT or GET")));
        }
    };
    Ok(Template {
        method,
        url: filled(url),
        headers: own,
        body: filled(body),
        form,
        from: String::new(),
        id_pointer: id_pointer.clone(),
        success: None,
        idempotent: false,
        limits: Limits {
            concurrency: of.concurrency as usize,
            per_second: of.per_second.map(f64::from),
            payload_bytes: SMS_BYTES,
        },
    })
}
