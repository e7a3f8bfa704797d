//! Providers as people manage them: made, listed, changed, tried, deleted.

use std::sync::Arc;
use std::time::Instant;

use channels::contract::Outcome;
use engine::outreach::To;
use message::{Body, Content, Context, content};
use model::{Text, Timestamp};
use serde_json::{Map, Value};
use wire::api::{
    InDoubt, Provider, ProviderInput, ProviderList, ProviderSettings, ProviderStatus, ProviderTest,
    ProviderTested,
};

use super::Service;
use super::campaigns::random_id;
use super::uses::Thing;
use crate::config::providers::SavedProvider;
use crate::config::webhooks::Secret;
use crate::failure::Failure;
use crate::outbox::provider::{self, CONCURRENCY, Use, channel_of, wrong};
use crate::outbox::render::payload;
use crate::webhooks::sign::new_secret;

/// Providers at most: each has a lane and connections of its own.
const PROVIDERS_MAX: usize = 50;

/// Bytes of a name at most.
const NAME_BYTES_MAX: usize = 100;

/// Fields of settings that are secrets, whichever the kind.
const SECRETS: [&str; 14] = [
    "password",
    "dkim_key",
    "secret",
    "auth_token",
    "service_account",
    "key",
    "private_key",
    "token",
    "app_secret",
    "verify_token",
    "feedback_secret",
    "receipts_key",
    "mailgun_signing_key",
    "postmark_login",
];

/// What is stored beside the settings.
const USE: &str = "use";

impl Service {
    /// All providers, without their secrets.
    pub fn providers(&self) -> Result<ProviderList, Failure> {
        let saved = self.workspace.config().providers()?;
        let providers = saved.iter().map(|saved| self.shown_provider(saved));
        Ok(ProviderList { providers: providers.collect::<Result<_, _>>()? })
    }

    /// One provider.
    pub fn provider(&self, id: &str) -> Result<Provider, Failure> {
        self.shown_provider(&self.saved_provider(id)?)
    }

    /// Makes a provider.
    pub fn create_provider(&self, input: &ProviderInput) -> Result<Provider, Failure> {
        if self.workspace.config().providers()?.len() >= PROVIDERS_MAX {
            let message = format!("there are {PROVIDERS_MAX} providers already");
            return Err(Failure::unprocessable("provider.too_many", message)
                .hint("delete one that is not used"));
        }
        self.put_provider(random_id("pr_")?, input, None)
    }

    /// Changes a provider. Secrets that are left out stay as they are.
    pub fn update_provider(&self, id: &str, input: &ProviderInput) -> Result<Provider, Failure> {
        let before = self.saved_provider(id)?;
        self.put_provider(id.to_owned(), input, Some(&before))
    }

    /// Deletes a provider. Messages that wait for it go to another one of the channel when the server is
    /// started again.
    pub fn delete_provider(&self, id: &str) -> Result<(), Failure> {
        let _changing = self.changing_campaigns();
        let used = [Thing::Provider(id.to_owned())];
        let what = format!("the provider \"{id}\"");
        self.refuse_used(("provider.in_use", &what), &used, Vec::new())?;
        if !self.workspace.config().delete_provider(id)? {
            return Err(unknown(id));
        }
        self.outreach_changed()
    }

    /// Sends a short message now.
    pub async fn test_provider(
        self: &Arc<Self>,
        id: &str,
        test: &ProviderTest,
    ) -> Result<ProviderTested, Failure> {
        let saved = self.saved_provider(id)?;
        // The one that sends has a session already where there is one.
        let same = |own: &&Arc<provider::Provider>| own.id == saved.id;
        let equipment = self.outbox.equipment();
        let built = match equipment.iter().flat_map(|of| &of.providers).find(same) {
            Some(sending) => Arc::clone(sending),
            None => Arc::new(built(&saved, None)?),
        };
        let body = test_body(built.channel_of, &test.to);
        let now = self.workspace.now();
        let refused = |what: String| Failure::unprocessable("provider.test", what);
        let compiled = Content::of(body).compile().map_err(|problems| {
            refused(problems.first().map_or(String::new(), |p| p.message.clone()))
        })?;
        let nothing = message::Value::map([]);
        let rendered = compiled
            .render(&nothing, &Context::at(now))
            .map_err(|stopped| refused(stopped.to_string()))?;
        let key = random_id("")?;
        let to = To::Address(Text::new(test.to.trim()));
        let (to, payload) = payload(&rendered, &built, &to, &key, None)
            .ok_or_else(|| refused("this provider cannot be tried like this".into()))?;
        let started = Instant::now();
        let outgoing = channels::contract::Outgoing { key, to, payload, now };
        let outcome = built.channel.send(outgoing).await;
        let took_ms = started.elapsed().as_secs_f64() * 1e3;
        Ok(match outcome {
            Outcome::Accepted { provider_id, .. } => {
                ProviderTested { accepted: true, code: None, detail: None, provider_id, took_ms }
            }
            Outcome::Rejected { code, detail, .. } | Outcome::Retry { code, detail, .. } => {
                let (code, detail) = (Some(code.name().to_owned()), Some(detail));
                ProviderTested { accepted: false, code, detail, provider_id: None, took_ms }
            }
        })
    }

    /// Providers that send, oldest first; what is wrong with the others is logged.
    pub(super) fn sending(&self) -> Result<Vec<Arc<provider::Provider>>, Failure> {
        let saved = self.workspace.config().providers()?;
        // Connections outlive a change of campaigns.
        let before = self.outbox.equipment();
        let same = |saved: &SavedProvider, callback: &Option<String>| {
            let mut known = before.iter().flat_map(|of| &of.providers);
            let own = fingerprint(saved);
            known
                .find(|of| of.id == saved.id && of.fingerprint == own && of.callback == *callback)
                .cloned()
        };
        let usable = |saved: &SavedProvider| {
            let callback = self.callback(&saved.id, &complete(saved)?.0)?;
            match same(saved, &callback) {
                Some(provider) => Ok(provider),
                None => built(saved, callback).map(Arc::new),
            }
        };
        let built = saved.iter().filter_map(|saved| match usable(saved) {
            Ok(provider) => Some(provider),
            Err(failure) => {
                tracing::error!(provider = saved.id, message = %failure.detail.message, "a provider cannot be used");
                None
            }
        });
        Ok(built.collect())
    }

    fn put_provider(
        &self,
        id: String,
        input: &ProviderInput,
        before: Option<&SavedProvider>,
    ) -> Result<Provider, Failure> {
        if input.name.trim().is_empty() || input.name.len() > NAME_BYTES_MAX {
            return Err(wrong("name", format!("write 1 to {NAME_BYTES_MAX} bytes")));
        }
        let concurrency = input.concurrency.unwrap_or(CONCURRENCY.0);
        if concurrency == 0 || concurrency > CONCURRENCY.1 {
            return Err(wrong("concurrency", format!("write 1 to {}", CONCURRENCY.1)));
        }
        if input.per_second == Some(0) {
            return Err(wrong("per_second", "write at least 1".to_owned()));
        }
        let of = Use { per_second: input.per_second, concurrency, in_doubt: input.in_doubt };
        let (mut plain, mut secrets) = parted(&input.settings)?;
        if let Some(before) = before {
            let same = stored(&before.settings).get("kind") == plain.get("kind");
            for (name, value) in stored(&before.secrets.0).into_iter().filter(|_| same) {
                secrets.entry(name).or_insert(value);
            }
        }
        if plain.get("kind") == Some(&Value::from("webhook")) && !secrets.contains_key("secret") {
            secrets.insert("secret".into(), Value::from(new_secret()?.0));
        }
        if plain.get("kind") == Some(&Value::from("web_push"))
            && !secrets.contains_key("private_key")
        {
            let keys = channels::web_push::Keys::generate()
                .map_err(|error| wrong("settings.private_key", error.to_string()))?;
            plain.insert("public_key".into(), Value::from(keys.public.clone()));
            secrets.insert("private_key".into(), Value::from(keys.private.reveal()));
        }
        let whole = whole(&plain, &secrets)?;
        provider::Provider::new(&id, &whole, of)?;
        let used = serde_json::json!({
            "per_second": of.per_second, "concurrency": of.concurrency, "in_doubt": of.in_doubt,
        });
        plain.insert(USE.into(), used);
        let now = self.workspace.now();
        let saved = SavedProvider {
            id,
            name: input.name.trim().to_owned(),
            channel: provider_channel(&whole),
            settings: Value::Object(plain).to_string(),
            secrets: Secret(Value::Object(secrets).to_string()),
            created_at: before.map_or(now, |before| before.created_at),
            updated_at: now,
        };
        self.workspace.config().put_provider(&saved)?;
        self.outreach_changed()?;
        self.shown_provider(&saved)
    }

    /// The settings of a provider with its secrets.
    pub(crate) fn provider_settings(&self, id: &str) -> Result<ProviderSettings, Failure> {
        Ok(complete(&self.saved_provider(id)?)?.0)
    }

    fn saved_provider(&self, id: &str) -> Result<SavedProvider, Failure> {
        let all = self.workspace.config().providers()?;
        all.into_iter().find(|saved| saved.id == id).ok_or_else(|| unknown(id))
    }

    fn shown_provider(&self, saved: &SavedProvider) -> Result<Provider, Failure> {
        let mut plain = stored(&saved.settings);
        let of = used(&mut plain);
        let settings: ProviderSettings = serde_json::from_value(Value::Object(plain))
            .map_err(|error| Failure::new(500, "server.settings", error.to_string()))?;
        let now = self.workspace.now();
        let status = self.outbox.status(now).remove(&saved.id).unwrap_or_default();
        let age = |at: Timestamp| (now - at).0.max(0) as f64 / 1e3;
        Ok(Provider {
            id: saved.id.clone(),
            name: saved.name.clone(),
            channel: channel_of(&settings),
            feedback_path: self.feedback_of(saved, &settings)?,
            feedback_addresses: match self.sight().masked() {
                true => Vec::new(),
                false => self.feedback_addresses(&saved.id, &settings)?,
            },
            settings,
            secrets: stored(&saved.secrets.0).keys().cloned().collect(),
            per_second: of.per_second,
            concurrency: of.concurrency,
            in_doubt: of.in_doubt,
            created_at: saved.created_at.to_string(),
            status: ProviderStatus {
                waiting: status.waiting,
                sending: status.sending,
                sent: status.sent,
                failed: status.failed,
                paused_until: status.paused_until.map(|at| at.to_string()),
                last_error: status.last_error,
                oldest_seconds: status.oldest.map_or(0.0, age),
            },
        })
    }
}

impl Service {
    /// Where a provider tells of messages, if it does so over HTTP.
    fn feedback_of(
        &self,
        saved: &SavedProvider,
        settings: &ProviderSettings,
    ) -> Result<Option<String>, Failure> {
        match settings {
            ProviderSettings::Smtp { .. }
            | ProviderSettings::Twilio { .. }
            | ProviderSettings::HttpSms { .. }
            | ProviderSettings::WhatsappCloud { .. }
            | ProviderSettings::Huawei { .. }
                if !self.sight().masked() =>
            {
                Ok(Some(self.feedback_path(&saved.id)?))
            }
            _ => Ok(None),
        }
    }
}

/// A provider that sends, of its stored form.
fn built(saved: &SavedProvider, callback: Option<String>) -> Result<provider::Provider, Failure> {
    let (settings, of) = complete(saved)?;
    let mut provider = provider::Provider::new(&saved.id, &settings, of)?;
    provider.fingerprint = fingerprint(saved);
    provider.callback = callback;
    Ok(provider)
}

/// Settings with their secrets, and how the provider is to be used.
fn complete(saved: &SavedProvider) -> Result<(ProviderSettings, Use), Failure> {
    let mut plain = stored(&saved.settings);
    let of = used(&mut plain);
    Ok((whole(&plain, &stored(&saved.secrets.0))?, of))
}

/// Tells what is stored of a provider from what was.
fn fingerprint(saved: &SavedProvider) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    (&saved.settings, &saved.secrets.0).hash(&mut hasher);
    hasher.finish()
}

fn used(plain: &mut Map<String, Value>) -> Use {
    let used = plain.remove(USE).unwrap_or_default();
    let number =
        |name: &str| used.get(name).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
    let in_doubt = used.get("in_doubt").cloned().unwrap_or_default();
    Use {
        per_second: number("per_second"),
        concurrency: number("concurrency").unwrap_or(CONCURRENCY.0),
        in_doubt: serde_json::from_value::<InDoubt>(in_doubt).unwrap_or_default(),
    }
}

fn stored(json: &str) -> Map<String, Value> {
    serde_json::from_str(json).unwrap_or_default()
}

/// Settings, and secrets.
type Parted = (Map<String, Value>, Map<String, Value>);

/// Settings and secrets apart.
fn parted(settings: &ProviderSettings) -> Result<Parted, Failure> {
    let Ok(Value::Object(mut plain)) = serde_json::to_value(settings) else {
        return Err(wrong("settings", "they cannot be written down".to_owned()));
    };
    let mut secrets = Map::new();
    for name in SECRETS {
        if let Some(value) = plain.remove(name).filter(|value| !value.is_null()) {
            secrets.insert(name.to_owned(), value);
        }
    }
    Ok((plain, secrets))
}

fn whole(
    plain: &Map<String, Value>,
    secrets: &Map<String, Value>,
) -> Result<ProviderSettings, Failure> {
    let mut all = plain.clone();
    all.extend(secrets.iter().map(|(name, value)| (name.clone(), value.clone())));
    serde_json::from_value(Value::Object(all)).map_err(|error| wrong("settings", error.to_string()))
}

fn provider_channel(settings: &ProviderSettings) -> String {
    crate::outreach::policy::channel(channel_of(settings)).name().to_owned()
}

/// A short message that says what it is.
fn test_body(channel: engine::schedule::Channel, to: &str) -> Body {
    use engine::schedule::Channel;
    let (title, text) = ("Test", "This is a test message of Perennial.");
    match channel {
        Channel::Email => Body::Email(Box::new(content::Email {
            subject: title.into(),
            body: content::EmailBody::Text(text.into()),
            ..Default::default()
        })),
        Channel::Push => Body::Push(content::Push {
            title: title.into(),
            body: text.into(),
            ..Default::default()
        }),
        Channel::WebPush => Body::WebPush(content::WebPush {
            title: title.into(),
            body: text.into(),
            ..Default::default()
        }),
        Channel::WhatsApp => Body::WhatsApp(content::WhatsApp {
            message: content::WhatsAppMessage::Text(text.into()),
        }),
        Channel::Webhook => Body::Webhook(content::Webhook {
            method: "POST".into(),
            url: to.to_owned(),
            headers: vec![("content-type".into(), "application/json".into())],
            body: format!("{{\"type\":\"test\",\"message\":\"{text}\"}}"),
        }),
        _ => Body::Sms(content::Sms { body: text.into() }),
    }
}

fn unknown(id: &str) -> Failure {
    Failure::not_found("provider.not_found", format!("there is no provider \"{id}\""))
        .hint("GET /api/providers lists them")
}
