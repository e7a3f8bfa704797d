//! What providers tell of messages after they took them, and what recipients write back.
//!
//! What it is: records of what was told, under ids that follow from it, so that what is told again counts once.
//! What it is not: it believes nobody who does not have the address that this server gave to its owner, and, where
//! a provider signs, nobody whose signature does not fit; and only a report that says so for good ends the use of
//! an address.

mod mail;
mod sns;
mod texts;

use std::sync::Arc;

use axum::http::{HeaderMap, Method};
use channels::email::feedback::{self, mailgun, postmark, report, sendgrid};
use channels::huawei::receipts;
use channels::secret::Secret;
use channels::sms::{generic, twilio};
use channels::whatsapp;
use hmac::{Hmac, KeyInit, Mac};
use model::{EventId, Record, Text};
use sha2::Sha256;
use wire::api::{FeedbackAddress, ProviderSettings, SmsReplies};

use super::Service;
use crate::failure::Failure;
use crate::outbox::provider::fields;

pub(crate) use sns::Sns;
pub use sns::{Fetch, Fetched};
pub use texts::RECEIVED;
pub(crate) use texts::{Said, of_smpp};

/// Bytes of the part of an address that nobody can guess.
const TOKEN_BYTES: usize = 16;

/// Where messages come back to, before the `+`.
const BOUNCES: &str = "bounces";

/// The header that holds the secret of an HTTP provider of text messages, without a wish.
const SECRET_HEADER: &str = "x-feedback-secret";

/// A request of a provider.
pub struct Asked {
    /// Which provider, by its id in the address.
    pub provider: String,
    /// What nobody can guess.
    pub token: String,
    /// `GET` or `POST`.
    pub method: Method,
    /// The query as it was written, without the question mark.
    pub query: String,
    /// Its pairs.
    pub pairs: Vec<(String, String)>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

/// What a provider is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// Nothing: it was taken.
    Nothing,
    /// A text.
    Text(String),
    /// JSON.
    Json(&'static str),
    /// An empty document of instructions, which Twilio wants.
    Instructions,
}

impl Asked {
    fn pair(&self, name: &str) -> Option<&str> {
        let found = self.pairs.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Service {
    /// The path under which a provider tells; only whoever may see providers knows it.
    pub(super) fn feedback_path(&self, provider: &str) -> Result<String, Failure> {
        Ok(format!("/feedback/{provider}/{}", self.feedback_token(provider)?))
    }

    /// The addresses under which it tells, to be copied: what each is for.
    pub(super) fn feedback_addresses(
        &self,
        provider: &str,
        settings: &ProviderSettings,
    ) -> Result<Vec<FeedbackAddress>, Failure> {
        let base = self.contact_policy()?.public_url.or_else(|| self.known_address());
        let base = base.unwrap_or_default();
        let url = format!("{}{}", base.trim_end_matches('/'), self.feedback_path(provider)?);
        let of = |purpose: &str, query: &str| FeedbackAddress {
            purpose: purpose.to_owned(),
            url: format!("{url}{query}"),
        };
        Ok(match settings {
            ProviderSettings::Smtp { .. } => vec![
                of("report", "?form=report&to=ADDRESS"),
                of("ses", "?form=ses"),
                of("sendgrid", "?form=sendgrid"),
                of("mailgun", "?form=mailgun"),
                of("postmark", "?form=postmark"),
            ],
            ProviderSettings::Twilio { .. } => vec![of("inbound", ""), of("receipts", "")],
            ProviderSettings::HttpSms { .. } => vec![of("inbound", ""), of("receipts", "")],
            ProviderSettings::WhatsappCloud { .. } => vec![of("webhook", "")],
            ProviderSettings::Huawei { .. } => vec![of("receipts", "")],
            _ => Vec::new(),
        })
    }

    /// Where a provider that is asked to with each message tells what becomes of it; nothing without an address
    /// under which the world reaches this server, as providers refuse others.
    pub(super) fn callback(
        &self,
        provider: &str,
        settings: &ProviderSettings,
    ) -> Result<Option<String>, Failure> {
        let asks =
            matches!(settings, ProviderSettings::Twilio { .. } | ProviderSettings::HttpSms { .. });
        let Some(base) = self.contact_policy()?.public_url.filter(|_| asks) else {
            return Ok(None);
        };
        Ok(Some(format!("{}{}", base.trim_end_matches('/'), self.feedback_path(provider)?)))
    }

    fn feedback_token(&self, provider: &str) -> Result<String, Failure> {
        let secret = self.workspace.config().secret()?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&secret)
            .map_err(|error| Failure::new(500, "server.secret", error.to_string()))?;
        mac.update(b"feedback/");
        mac.update(provider.as_bytes());
        let bytes = mac.finalize().into_bytes();
        Ok(bytes[..TOKEN_BYTES].iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Takes in what a provider tells: records it, and answers recipients who wrote a command.
    pub async fn told_by_provider(self: &Arc<Self>, asked: Asked) -> Result<Answered, Failure> {
        let (service, provider, token) =
            (Arc::clone(self), asked.provider.clone(), asked.token.clone());
        let settings = blocking(move || service.guarded(&provider, &token)).await?;
        if asked.method == Method::GET {
            match &settings {
                ProviderSettings::WhatsappCloud { verify_token, .. } => {
                    return challenged(&asked, verify_token.as_deref());
                }
                ProviderSettings::HttpSms { .. } => {}
                _ => {
                    let message = "this provider tells with POST";
                    return Err(Failure::new(405, "request.method", message));
                }
            }
        }
        if let ProviderSettings::Smtp { sns_topic, .. } = &settings
            && asked.pair("form") == Some("ses")
            && !self.heard_of_amazon(&asked.body, sns_topic.as_deref()).await?
        {
            return Ok(Answered::Nothing);
        }
        let answer = match &settings {
            ProviderSettings::Twilio { .. } => Answered::Instructions,
            ProviderSettings::Huawei { .. } => {
                Answered::Json(r#"{"code":"0","message":"success"}"#)
            }
            _ => Answered::Nothing,
        };
        let (service, own) = (Arc::clone(self), settings.clone());
        let provider = asked.provider.clone();
        let said = blocking(move || service.said(&asked, &own)).await?;
        self.take(&provider, replies(&settings), said).await?;
        Ok(answer)
    }

    /// Records what was said, and answers commands.
    pub(crate) async fn take(
        self: &Arc<Self>,
        provider: &str,
        replies: Option<SmsReplies>,
        said: Vec<Said>,
    ) -> Result<(), Failure> {
        for one in said {
            let (service, own, of) = (Arc::clone(self), one.clone(), provider.to_owned());
            let words = replies.clone();
            let read = blocking(move || service.records_of(&own, &of, words.as_ref())).await;
            let records = match read {
                Ok(records) => records,
                // What is about a message that nobody knows any more is nobody's fault.
                Err(failure) if failure.status == 404 => continue,
                Err(failure) => return Err(failure),
            };
            if records.is_empty() {
                continue;
            }
            let counts = self.workspace.submit(records).await?;
            // Told again: it was answered then.
            if counts.accepted > 0
                && let Said::Inbound(inbound) = &one
            {
                self.reply(provider, inbound, replies.as_ref()).await;
            }
        }
        Ok(())
    }

    /// The same for what may be about a message that is not known yet; `false`: it is.
    pub(crate) async fn take_known(
        self: &Arc<Self>,
        provider: &str,
        said: &Said,
    ) -> Result<bool, Failure> {
        let (service, own, of) = (Arc::clone(self), said.clone(), provider.to_owned());
        match blocking(move || service.records_of(&own, &of, None)).await {
            Ok(records) => {
                self.workspace.submit(records).await?;
                Ok(true)
            }
            Err(failure) if failure.status == 404 => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// The records of one thing.
    pub(crate) fn records_of(
        &self,
        said: &Said,
        provider: &str,
        words: Option<&SmsReplies>,
    ) -> Result<Vec<Record>, Failure> {
        match said {
            Said::Mail(feedback) => self.records_of_mail(feedback),
            Said::Receipt(receipt) => self.records_of_receipt(receipt),
            Said::Inbound(inbound) => self.records_of_inbound(inbound, provider, words),
            Said::Marketing { number, wanted, at } => {
                self.records_of_marketing(number, *wanted, *at)
            }
        }
    }

    /// The settings of a provider, for whoever has its address.
    fn guarded(&self, provider: &str, token: &str) -> Result<ProviderSettings, Failure> {
        let unknown = || {
            Failure::not_found("feedback.unknown", "nothing is told at this address")
                .hint("GET /api/providers shows the address of each provider")
        };
        if !same(token.as_bytes(), self.feedback_token(provider)?.as_bytes()) {
            return Err(unknown());
        }
        self.provider_settings(provider).map_err(|failure| match failure.status {
            404 => unknown(),
            _ => failure,
        })
    }

    /// What a request says, if it is the provider's.
    fn said(&self, asked: &Asked, settings: &ProviderSettings) -> Result<Vec<Said>, Failure> {
        let now = self.workspace.now();
        match settings {
            ProviderSettings::Smtp { .. } => mails(asked, settings, now),
            ProviderSettings::Twilio { auth_token, .. } => {
                let token = Secret::new(auth_token.clone().unwrap_or_default());
                let signature = asked.header("x-twilio-signature");
                let mut last = refused("the signature is missing");
                // The signature covers the address as the provider was given it.
                for url in self.addresses_of(asked)? {
                    match twilio::read(&token, &url, signature, &asked.body) {
                        Ok(told) => {
                            let key = asked.pair("message").map(str::to_owned);
                            return Ok(told
                                .and_then(|told| texts::of_twilio(told, key))
                                .into_iter()
                                .collect());
                        }
                        Err(error @ twilio::Error::Signature) => last = refused(&error.to_string()),
                        Err(error) => return Err(malformed(&error)),
                    }
                }
                Err(last)
            }
            ProviderSettings::HttpSms { feedback, feedback_secret, .. } => {
                if let Some(secret) = feedback_secret {
                    let own = feedback.as_ref().and_then(|own| own.secret_header.as_deref());
                    let name = own.unwrap_or(SECRET_HEADER).to_ascii_lowercase();
                    if !same(asked.header(&name).as_bytes(), secret.as_bytes()) {
                        return Err(refused(&format!("the header {name} is missing or wrong")));
                    }
                }
                let body = match asked.method == Method::GET {
                    true => asked.query.as_bytes(),
                    false => &asked.body,
                };
                let told = generic::feedback::read(body, &fields(feedback.as_ref()));
                let key = asked.pair("message").map(str::to_owned);
                let told = told.map_err(|error| malformed(&error))?;
                Ok(told.into_iter().filter_map(|told| texts::of_http(told, key.clone())).collect())
            }
            ProviderSettings::WhatsappCloud { app_secret, .. } => {
                let Some(secret) = app_secret.as_ref().filter(|secret| !secret.is_empty()) else {
                    return Err(refused(
                        "the provider's `app_secret` is not set, so that nothing can be verified",
                    ));
                };
                let signature = asked.header("x-hub-signature-256");
                let told = whatsapp::read(&Secret::new(secret.clone()), signature, &asked.body);
                match told {
                    Ok(told) => Ok(told.into_iter().filter_map(texts::of_whatsapp).collect()),
                    Err(error @ whatsapp::Error::Signature) => Err(refused(&error.to_string())),
                    Err(error) => Err(malformed(&error)),
                }
            }
            ProviderSettings::Huawei { receipts_user, receipts_key, .. } => {
                if let Some(key) = receipts_key {
                    let header = asked.header(receipts::SIGNATURE_HEADER);
                    let user = receipts_user.as_deref().unwrap_or_default();
                    receipts::verify(header, user, &Secret::new(key.clone()), now)
                        .map_err(|error| refused(&error.to_string()))?;
                }
                let told = receipts::read(&asked.body).map_err(|error| malformed(&error))?;
                Ok(told.into_iter().map(texts::of_huawei).collect())
            }
            _ => Err(Failure::not_found("feedback.unknown", "this provider tells nothing")),
        }
    }

    /// The addresses under which a request may have been sent: that of the policy, and the one it names itself.
    fn addresses_of(&self, asked: &Asked) -> Result<Vec<String>, Failure> {
        let query =
            if asked.query.is_empty() { String::new() } else { format!("?{}", asked.query) };
        let path = format!("/feedback/{}/{}{query}", asked.provider, asked.token);
        let mut bases: Vec<String> = self.contact_policy()?.public_url.into_iter().collect();
        bases.extend(self.known_address());
        let host = asked.header("host");
        if !host.is_empty() {
            bases.extend(["https", "http"].map(|scheme| format!("{scheme}://{host}")));
        }
        bases.dedup();
        Ok(bases.iter().map(|base| format!("{}{path}", base.trim_end_matches('/'))).collect())
    }
}

/// What e-mail providers say.
fn mails(
    asked: &Asked,
    settings: &ProviderSettings,
    now: model::Timestamp,
) -> Result<Vec<Said>, Failure> {
    let ProviderSettings::Smtp {
        sendgrid_verification_key,
        mailgun_signing_key,
        postmark_login,
        ..
    } = settings
    else {
        return Ok(Vec::new());
    };
    let body = &asked.body;
    let told: Result<Vec<feedback::Feedback>, feedback::Error> = match asked.pair("form") {
        Some("report") => report::read(body, asked.pair("to").unwrap_or_default(), BOUNCES),
        Some("ses") => feedback::ses::read(body).map(|told| match told {
            feedback::ses::Told::Feedback(all) => all,
            feedback::ses::Told::Confirm { .. } => Vec::new(),
        }),
        Some("sendgrid") => {
            let checked = sendgrid_verification_key.as_ref().map_or(Ok(()), |key| {
                let signature = asked.header("x-twilio-email-event-webhook-signature");
                let timestamp = asked.header("x-twilio-email-event-webhook-timestamp");
                sendgrid::verify(key, signature, timestamp, body)
            });
            checked.and_then(|()| sendgrid::read(body))
        }
        Some("mailgun") => {
            let Some(key) = mailgun_signing_key.as_ref().filter(|key| !key.is_empty()) else {
                return Err(refused(
                    "the provider's `mailgun_signing_key` is not set, so that nothing can be verified",
                ));
            };
            mailgun::read(body, &Secret::new(key.clone()), now).map(|one| one.into_iter().collect())
        }
        Some("postmark") => {
            if let Some(login) = postmark_login
                && !same(asked.header("authorization").as_bytes(), basic(login).as_bytes())
            {
                return Err(refused(
                    "name and password (basic authentication) are missing or wrong",
                ));
            }
            postmark::read(body).map(|one| one.into_iter().collect())
        }
        other => {
            let message = format!(
                "`form` is \"{}\"; write report, ses, sendgrid, mailgun or postmark",
                other.unwrap_or_default()
            );
            return Err(Failure::bad_request("feedback.form", message));
        }
    };
    match told {
        Ok(all) => Ok(all.into_iter().map(Said::Mail).collect()),
        Err(error @ feedback::Error::Signature(_)) => Err(refused(&error.to_string())),
        Err(error) => Err(malformed(&error)),
    }
}

/// What Meta is answered when it makes sure that an address is ours.
fn challenged(asked: &Asked, agreed: Option<&str>) -> Result<Answered, Failure> {
    let pair = |name: &str| asked.pair(name).unwrap_or_default();
    let agreed = Secret::new(agreed.unwrap_or_default().to_owned());
    let (mode, token) = (pair("hub.mode"), pair("hub.verify_token"));
    match whatsapp::challenge(&agreed, mode, token, pair("hub.challenge")) {
        Some(challenge) => Ok(Answered::Text(challenge.to_owned())),
        None => Err(refused("`hub.verify_token` is not the `verify_token` of the provider")),
    }
}

/// What a provider answers to commands.
pub(crate) fn replies(settings: &ProviderSettings) -> Option<SmsReplies> {
    match settings {
        ProviderSettings::Twilio { replies, .. }
        | ProviderSettings::HttpSms { replies, .. }
        | ProviderSettings::Smpp { replies, .. }
        | ProviderSettings::WhatsappCloud { replies, .. } => replies.clone(),
        _ => None,
    }
}

fn basic(login: &str) -> String {
    use base64::Engine;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(login))
}

/// Whether two texts are the same, in a time that does not tell where they differ.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

fn refused(what: &str) -> Failure {
    Failure::new(403, "feedback.refused", format!("this is not taken: {what}"))
        .hint("see the provider's settings, and `public_url` of the contact policy")
}

fn malformed(error: &dyn std::fmt::Display) -> Failure {
    Failure::bad_request("feedback.body", error.to_string())
}

/// The message that a key names.
fn message_of(key: &str) -> EventId {
    EventId::of(key)
}

/// A property.
fn property(name: &'static str, value: &str) -> (Text, model::Value) {
    (Text::const_new(name), model::Value::text(value))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(Failure::new(500, "server.task", error.to_string())))
}
