//! The adapters of telephones and browsers: push, text messages, WhatsApp.

use std::sync::Arc;

use channels::apns::{self, Apns};
use channels::contract::{Channel as Sends, Destination, Limits, Payload};
use channels::fcm::{self, Fcm, ServiceAccount};
use channels::http::{Client, Settings as HttpSettings};
use channels::secret::Secret;
use channels::sms;
use channels::sms::generic::{Form, Generic, Template};
use channels::sms::twilio::{self, Twilio};
use channels::web_push::{self, WebPush};
use channels::whatsapp::{self, WhatsApp};
use engine::outreach::To;
use engine::schedule::Channel;
use message::Rendered;
use message::content::{WhatsAppButton, WhatsAppHeader, WhatsAppMessage};
use model::Value;
use serde_json::{Map, json};
use wire::api::ProviderSettings;

use super::{ANSWER, Kind, Provider, Use, wrong};
use crate::failure::Failure;

/// The longest text of a request of one's own, in bytes.
const SMS_BYTES: usize = sms::BODY_BYTES_MAX;

/// How long a message to a browser is kept without a wish, in seconds: four weeks.
const WEB_PUSH_TTL: u32 = 28 * 24 * 60 * 60;

/// The adapter of settings that are for no mail server and no webhook.
pub(super) fn other(
    settings: &ProviderSettings,
    of: Use,
) -> Result<(Channel, Kind, Arc<dyn Sends>), Failure> {
    let secret = |field: &str, value: &Option<String>| match value {
        Some(value) if !value.trim().is_empty() => Ok(Secret::new(value.clone())),
        _ => Err(wrong(&format!("settings.{field}"), "it is missing".to_owned())),
    };
    match settings {
        ProviderSettings::Twilio { account_sid, auth_token, from, base_url } => {
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
        ProviderSettings::HttpSms { .. } => {
            let channel = Generic::new(template(settings, of)?, client(true, false)?, true)
                .map_err(|error| wrong("settings", error.to_string()))?;
            Ok((Channel::Sms, Kind::Sms, Arc::new(channel)))
        }
        ProviderSettings::Fcm { service_account, base_url } => {
            let account = ServiceAccount::parse(&secret("service_account", service_account)?)
                .map_err(|error| wrong("settings.service_account", error.to_string()))?;
            let endpoint = base_url.as_deref().unwrap_or(Fcm::ENDPOINT);
            let channel = Fcm::new(account, client(base_url.is_some(), false)?, endpoint)
                .map_err(|error| wrong("settings.service_account", error.to_string()))?;
            Ok((Channel::Push, Kind::Fcm, Arc::new(channel)))
        }
        ProviderSettings::Apns { team_id, key_id, topic, key, base_url } => {
            let own = apns::Settings {
                team_id: team_id.clone(),
                key_id: key_id.clone(),
                key: secret("key", key)?,
                topic: topic.clone(),
                endpoint: base_url.clone().unwrap_or_else(|| Apns::PRODUCTION.to_owned()),
            };
            let channel = Apns::new(own, client(base_url.is_some(), true)?)
                .map_err(|error| wrong("settings.key", error.to_string()))?;
            Ok((Channel::Push, Kind::Apns, Arc::new(channel)))
        }
        ProviderSettings::WebPush { subject, public_key, private_key } => {
            let public = public_key.clone().unwrap_or_default();
            let keys = web_push::Keys { public, private: secret("private_key", private_key)? };
            let channel = WebPush::new(&keys, subject, client(false, false)?)
                .map_err(|error| wrong("settings", error.to_string()))?;
            Ok((Channel::WebPush, Kind::WebPush, Arc::new(channel)))
        }
        ProviderSettings::WhatsappCloud { phone_number_id, token, base_url, .. } => {
            let own = whatsapp::Settings {
                phone_number_id: phone_number_id.clone(),
                access_token: secret("token", token)?,
                endpoint: base_url.clone().unwrap_or_else(|| WhatsApp::ENDPOINT.to_owned()),
                per_second: of.per_second.map_or(80.0, f64::from),
            };
            let channel = WhatsApp::new(own, client(base_url.is_some(), false)?)
                .map_err(|error| wrong("settings.phone_number_id", error.to_string()))?;
            Ok((Channel::WhatsApp, Kind::WhatsApp, Arc::new(channel)))
        }
        ProviderSettings::Smtp { .. } | ProviderSettings::Webhook { .. } => {
            Err(wrong("settings.kind", "it is none of these".to_owned()))
        }
    }
}

/// A client; `own`: of an address that the owner of the server chose, which may be plain.
fn client(own: bool, http2_only: bool) -> Result<Client, Failure> {
    let settings =
        HttpSettings { plain: own, http2_only, answer: ANSWER, ..HttpSettings::default() };
    Client::new(settings).map_err(|error| wrong("settings", error.to_string()))
}

/// A request of one's own. `{{id}}` and `{{secret}}` are ours; the others are the adapter's.
fn template(settings: &ProviderSettings, of: Use) -> Result<Template, Failure> {
    let ProviderSettings::HttpSms { url, method, headers, body, secret } = settings else {
        return Err(wrong("settings.kind", "it is no request".to_owned()));
    };
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
        id_pointer: None,
        success: None,
        idempotent: false,
        limits: Limits {
            concurrency: of.concurrency as usize,
            per_second: of.per_second.map(f64::from),
            payload_bytes: SMS_BYTES,
        },
    })
}

/// A rendered message of these channels in the form of its provider; nothing: they do not fit.
pub fn more(
    rendered: &Rendered,
    provider: &Provider,
    to: &To,
    key: &str,
) -> Option<(Destination, Payload)> {
    match (rendered, &provider.kind, to) {
        (Rendered::Sms(own), Kind::Sms, To::Address(number)) => {
            let message = sms::Message { body: own.body.clone(), ..sms::Message::default() };
            Some((Destination::Phone(number.to_string()), Payload::Sms(message)))
        }
        (Rendered::WhatsApp(own), Kind::WhatsApp, To::Address(number)) => {
            let message = match &own.message {
                WhatsAppMessage::Text(text) => {
                    whatsapp::Message::Text { body: text.clone(), preview_url: true }
                }
                WhatsAppMessage::Template { name, language, header, body, buttons } => {
                    whatsapp::Message::Template {
                        name: name.clone(),
                        language: language.clone(),
                        components: components(header.as_ref(), body, buttons),
                    }
                }
            };
            let to = Destination::Phone(number.to_string());
            Some((to, Payload::WhatsApp(Box::new(message))))
        }
        (Rendered::Push(own), Kind::Fcm, _) => {
            Some((Destination::Token(token(to)?), Payload::Fcm(Box::new(android(own, key)))))
        }
        (Rendered::Push(own), Kind::Apns, _) => {
            Some((Destination::Token(token(to)?), Payload::Apns(Box::new(apple(own, key)))))
        }
        (Rendered::WebPush(own), Kind::WebPush, _) => {
            let buttons = own.actions.iter().enumerate().map(|(n, button)| {
                json!({"action": n.to_string(), "title": button.title, "link": button.link})
            });
            let body = json!({
                "title": own.title, "body": own.body, "icon": own.icon, "image": own.image,
                "link": own.link, "actions": buttons.collect::<Vec<_>>(), "message": key,
            });
            let message = web_push::Message {
                body: body.to_string().into_bytes(),
                ttl_s: own.ttl_s.unwrap_or(WEB_PUSH_TTL),
                urgency: web_push::Urgency::Normal,
                topic: None,
            };
            Some((subscription(to)?, Payload::WebPush(message)))
        }
        _ => None,
    }
}

/// The key by which apps tell us what became of a push.
const MESSAGE_KEY: &str = "perennial_message";
/// The key with what a tap opens.
const LINK_KEY: &str = "link";

fn filled(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

fn android(own: &message::content::Push, key: &str) -> fcm::Message {
    let mut data = own.data.clone();
    data.push((MESSAGE_KEY.to_owned(), key.to_owned()));
    data.extend(filled(&own.link).map(|link| (LINK_KEY.to_owned(), link)));
    let buttons: Vec<_> =
        own.buttons.iter().map(|b| json!({"title": b.title, "link": b.link})).collect();
    if !buttons.is_empty() {
        data.push(("buttons".to_owned(), json!(buttons).to_string()));
    }
    fcm::Message {
        notification: (!own.title.is_empty() || !own.body.is_empty()).then(|| fcm::Notification {
            title: filled(&own.title),
            body: filled(&own.body),
            image: filled(&own.image),
        }),
        data,
        android: fcm::Android {
            ttl_s: own.ttl_s,
            collapse_key: filled(&own.collapse_key),
            channel_id: filled(&own.channel),
            ..fcm::Android::default()
        },
        ..fcm::Message::default()
    }
}

fn apple(own: &message::content::Push, key: &str) -> apns::Message {
    let mut data: Map<String, serde_json::Value> =
        own.data.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    data.insert(MESSAGE_KEY.to_owned(), json!(key));
    for (name, text) in [(LINK_KEY, &own.link), ("image", &own.image)] {
        if !text.is_empty() {
            data.insert(name.to_owned(), json!(text));
        }
    }
    apns::Message {
        alert: Some(apns::Alert {
            title: filled(&own.title),
            subtitle: None,
            body: filled(&own.body),
        }),
        collapse_id: filled(&own.collapse_key),
        mutable_content: !own.image.is_empty(),
        data,
        ..apns::Message::default()
    }
}

/// The token of a device; for tests, what was written as an address.
fn token(to: &To) -> Option<String> {
    match to {
        To::Device { token: Value::Text(token), .. } => Some(token.to_string()),
        To::Address(token) => Some(token.to_string()),
        _ => None,
    }
}

/// What a browser gave when it subscribed: its endpoint, its key and its secret.
fn subscription(to: &To) -> Option<Destination> {
    let To::Device { token: Value::List(parts), .. } = to else { return None };
    let part = |n: usize| match parts.get(n) {
        Some(Value::Text(text)) => Some(text.to_string()),
        _ => None,
    };
    Some(Destination::Subscription { endpoint: part(0)?, p256dh: part(1)?, auth: part(2)? })
}

/// The values of a template of WhatsApp, part by part.
fn components(
    header: Option<&WhatsAppHeader>,
    body: &[String],
    buttons: &[WhatsAppButton],
) -> Vec<whatsapp::Component> {
    use whatsapp::{Component, Parameter};
    let mut components = Vec::new();
    components.extend(header.map(|header| {
        Component::Header(vec![match header.clone() {
            WhatsAppHeader::Text(text) => Parameter::Text(text),
            WhatsAppHeader::Image(link) => Parameter::Image(link),
            WhatsAppHeader::Video(link) => Parameter::Video(link),
            WhatsAppHeader::Document(link) => Parameter::Document { link, filename: None },
        }])
    }));
    if !body.is_empty() {
        let values = body.iter().map(|text| Parameter::Text(text.clone()));
        components.push(Component::Body(values.collect()));
    }
    components.extend(buttons.iter().filter_map(|WhatsAppButton { index, kind, value }| {
        let (index, value) = (*index, value.clone());
        match &kind[..] {
            "url" => Some(Component::UrlButton { index, suffix: value }),
            "quick_reply" => Some(Component::QuickReply { index, payload: value }),
            "copy_code" => Some(Component::CopyCode { index, code: value }),
            _ => None,
        }
    }));
    components
}
