//! The adapters of apps and browsers: push, WhatsApp; and the form that messages take for them.

use std::sync::Arc;

use channels::apns::{self, Apns};
use channels::contract::{Channel as Sends, Destination, Payload};
use channels::fcm::{self, Fcm, ServiceAccount};
use channels::http::{Client, Settings as HttpSettings};
use channels::huawei::{self, Huawei};
use channels::secret::Secret;
use channels::sms;
use channels::web_push::{self, WebPush};
use channels::whatsapp::{self, WhatsApp};
use engine::outreach::To;
use engine::schedule::Channel;
use message::Rendered;
use message::content::WhatsAppMessage;
use model::Value;
use serde_json::{Map, json};
use wire::api::ProviderSettings;

use super::{ANSWER, Kind, Provider, Use, texts, wrong};
use crate::failure::Failure;

/// How long a message to a browser is kept without a wish, in seconds: four weeks.
const WEB_PUSH_TTL: u32 = 28 * 24 * 60 * 60;

/// The adapter of settings that are for no mail server and no webhook.
pub(super) fn other(
    settings: &ProviderSettings,
    of: Use,
) -> Result<(Channel, Kind, Arc<dyn Sends>), Failure> {
    match settings {
        ProviderSettings::Twilio { .. }
        | ProviderSettings::HttpSms { .. }
        | ProviderSettings::Smpp { .. } => texts::adapter(settings, of),
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
        ProviderSettings::Huawei { app_id, app_secret, base_url, token_url, .. } => {
            let own = huawei::Settings {
                app_id: app_id.clone(),
                app_secret: secret("app_secret", app_secret)?,
                endpoint: base_url.clone().unwrap_or_else(|| Huawei::ENDPOINT.to_owned()),
                token_server: token_url.clone().unwrap_or_else(|| Huawei::TOKEN_SERVER.to_owned()),
            };
            let plain = base_url.is_some() || token_url.is_some();
            let channel = Huawei::new(own, client(plain, false)?)
                .map_err(|error| wrong("settings.app_id", error.to_string()))?;
            Ok((Channel::Push, Kind::Huawei, Arc::new(channel)))
        }
        ProviderSettings::WhatsappCloud { phone_number_id, token, base_url, replies, .. } => {
            texts::check_replies(replies.as_ref())?;
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

/// A secret that has to be there.
pub(super) fn secret(field: &str, value: &Option<String>) -> Result<Secret, Failure> {
    match value {
        Some(value) if !value.trim().is_empty() => Ok(Secret::new(value.clone())),
        _ => Err(wrong(&format!("settings.{field}"), "it is missing".to_owned())),
    }
}

/// A client; `own`: of an address that the owner of the server chose, which may be plain.
pub(super) fn client(own: bool, http2_only: bool) -> Result<Client, Failure> {
    let settings =
        HttpSettings { plain: own, http2_only, answer: ANSWER, ..HttpSettings::default() };
    Client::new(settings).map_err(|error| wrong("settings", error.to_string()))
}

/// A rendered message of these channels in the form of its provider; nothing: they do not fit.
pub fn more(
    rendered: &Rendered,
    provider: &Provider,
    to: &To,
    key: &str,
) -> Option<(Destination, Payload)> {
    match (rendered, &provider.kind, to) {
        (Rendered::Sms(own), Kind::Sms | Kind::Smpp(_), To::Address(number)) => {
            let status_callback =
                provider.callback.as_ref().map(|of| format!("{of}?message={key}"));
            let message =
                sms::Message { body: own.body.clone(), status_callback, ..sms::Message::default() };
            Some((Destination::Phone(number.to_string()), Payload::Sms(message)))
        }
        (Rendered::WhatsApp(own), Kind::WhatsApp, To::Address(number)) => {
            let message = match &own.message {
                WhatsAppMessage::Text(text) => {
                    whatsapp::Message::Text { body: text.clone(), preview_url: true }
                }
                WhatsAppMessage::Template { name, language, body, .. } => {
                    let values = body.iter().map(|text| whatsapp::Parameter::Text(text.clone()));
                    let components = match body.is_empty() {
                        true => Vec::new(),
                        false => vec![whatsapp::Component::Body(values.collect())],
                    };
                    whatsapp::Message::Template {
                        name: name.clone(),
                        language: language.clone(),
                        components,
                    }
                }
            };
            let to = Destination::Phone(number.to_string());
            Some((to, Payload::WhatsApp(Box::new(message))))
        }
        (Rendered::Push(own), Kind::Fcm, _) => {
            Some((Destination::Token(token(to)?), Payload::Fcm(Box::new(android(own, key)))))
        }
        (Rendered::Push(own), Kind::Huawei, _) => Some((
            Destination::Token(token(to)?),
            Payload::Huawei(Box::new(without_google(own, key))),
        )),
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

fn without_google(own: &message::content::Push, key: &str) -> huawei::Message {
    let mut data: Map<String, serde_json::Value> =
        own.data.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    data.insert(MESSAGE_KEY.to_owned(), json!(key));
    if !own.link.is_empty() {
        data.insert(LINK_KEY.to_owned(), json!(own.link));
    }
    let buttons: Vec<_> =
        own.buttons.iter().map(|b| json!({"title": b.title, "link": b.link})).collect();
    if !buttons.is_empty() {
        data.insert("buttons".to_owned(), json!(buttons));
    }
    // Huawei demands both lines of what is shown.
    let shown = !own.title.is_empty() && !own.body.is_empty();
    huawei::Message {
        notification: shown.then(|| huawei::Notification {
            title: own.title.clone(),
            body: own.body.clone(),
            image: filled(&own.image),
            channel_id: filled(&own.channel),
            tag: filled(&own.collapse_key),
            tap: match own.link.starts_with("https://") {
                true => huawei::Tap::Url(own.link.clone()),
                false => huawei::Tap::App,
            },
            ..huawei::Notification::default()
        }),
        data,
        ttl_s: own.ttl_s,
        ..huawei::Message::default()
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
