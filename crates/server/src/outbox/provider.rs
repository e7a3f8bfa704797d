//! Providers, from how they are stored to what sends.

mod adapters;
mod texts;

use std::sync::Arc;
use std::time::Duration;

use channels::contract::{Channel as Sends, Limits};
use channels::email::dkim::Signer;
use channels::email::smtp::{self, Credentials, Encryption, Smtp};
use channels::http::{Client, Settings as HttpSettings};
use channels::secret::Secret;
use channels::tls::Trust;
use channels::webhook::Webhooks;
use engine::outreach::To;
use engine::schedule::Channel;
use model::facts::{TOKEN_APNS, TOKEN_FCM, TOKEN_HMS, TOKEN_WEB};
use wire::api::{self, InDoubt, ProviderSettings, SmtpSecurity};

pub use adapters::more;
pub use texts::{SmppFacts, fields};

use super::lane::{Doubt, Treatment};
use super::render::{Linked, reach};
use crate::failure::Failure;

/// Messages under way at once without a wish, and at most.
pub const CONCURRENCY: (u32, u32) = (16, 512);

/// The largest body of a webhook, in bytes.
const WEBHOOK_BYTES: usize = 256 * 1024;

/// How long a server may take to answer a webhook, or linked content.
const ANSWER: Duration = Duration::from_secs(10);

/// A provider that sends.
pub struct Provider {
    /// Stable id.
    pub id: String,
    /// Which channel it is for.
    pub channel_of: Channel,
    /// What it is.
    pub kind: Kind,
    /// The adapter.
    pub channel: Arc<dyn Sends>,
    /// Linked content of the messages that it sends.
    pub linked: Linked,
    /// Tells its settings, secrets among them, from others.
    pub fingerprint: u64,
    /// Where it is to tell what becomes of each message, if it is asked to with the message.
    pub callback: Option<String>,
    per_second: Option<u32>,
    concurrency: u32,
    in_doubt: InDoubt,
}

/// What of a provider's settings shapes its messages.
pub enum Kind {
    /// A mail server.
    Smtp(SmtpFacts),
    /// Other systems.
    Webhook(WebhookFacts),
    /// Text messages over HTTP.
    Sms,
    /// Text messages through a gateway that keeps a session.
    Smpp(SmppFacts),
    /// Google's push service.
    Fcm,
    /// Apple's push service.
    Apns,
    /// Huawei's push service.
    Huawei,
    /// Browsers.
    WebPush,
    /// WhatsApp.
    WhatsApp,
}

/// Whom e-mails come from.
pub struct SmtpFacts {
    /// The address.
    pub from: String,
    /// The name.
    pub from_name: Option<String>,
    /// Domain of the addresses that bounces go to.
    pub bounce_domain: Option<String>,
    /// Whose mail server it is, for the header by which it repeats our name for a message.
    pub relay: Relay,
}

/// Mail services that say in their webhooks which message they mean only if it carried a header of theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relay {
    /// Amazon SES.
    Ses,
    /// SendGrid.
    SendGrid,
    /// Mailgun.
    Mailgun,
    /// Postmark.
    Postmark,
    /// None of these.
    Other,
}

impl Relay {
    /// The service behind the name of a mail server.
    pub fn of(host: &str) -> Relay {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let below = |domain: &str| {
            host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        match () {
            () if below("amazonaws.com") || below("awsapps.com") => Relay::Ses,
            () if below("sendgrid.net") => Relay::SendGrid,
            () if below("mailgun.org") => Relay::Mailgun,
            () if below("postmarkapp.com") => Relay::Postmark,
            () => Relay::Other,
        }
    }

    /// The header that makes it repeat the name of a message.
    pub fn header(self, key: &str) -> Option<(String, String)> {
        let (name, value) = match self {
            Relay::Ses => ("X-SES-MESSAGE-TAGS", format!("delivery={key}")),
            Relay::SendGrid => {
                ("X-SMTPAPI", format!("{{\"unique_args\":{{\"delivery\":\"{key}\"}}}}"))
            }
            Relay::Mailgun => ("X-Mailgun-Variables", format!("{{\"delivery\":\"{key}\"}}")),
            Relay::Postmark => ("X-PM-Metadata-delivery", key.to_owned()),
            Relay::Other => return None,
        };
        Some((name.to_owned(), value))
    }
}

/// What signs webhooks.
pub struct WebhookFacts {
    /// The key.
    pub secret: Secret,
}

/// How a provider is to be used, as it is stored beside its settings.
#[derive(Clone, Copy, Debug)]
pub struct Use {
    /// Messages in a second at most.
    pub per_second: Option<u32>,
    /// Messages under way at once.
    pub concurrency: u32,
    /// What becomes of messages in doubt.
    pub in_doubt: InDoubt,
}

impl Provider {
    /// A provider of complete settings, secrets among them. Errors: what is wrong with them.
    pub fn new(id: &str, settings: &ProviderSettings, of: Use) -> Result<Provider, Failure> {
        let (channel_of, kind, channel) = adapter(settings, of)?;
        let private = matches!(settings, ProviderSettings::Webhook { private_networks: true, .. });
        let linked = Linked::new(client(private).ok());
        let Use { per_second, concurrency, in_doubt } = of;
        let (id, fingerprint) = (id.to_owned(), 0);
        Ok(Provider {
            id,
            fingerprint,
            callback: None,
            channel_of,
            kind,
            channel,
            linked,
            per_second,
            concurrency,
            in_doubt,
        })
    }

    /// Whether it sends messages of a channel to a place.
    pub fn reaches(&self, channel: Channel, to: &To) -> bool {
        let token = match (&self.kind, to) {
            (Kind::Fcm, To::Device { kind, .. }) => *kind == TOKEN_FCM,
            (Kind::Apns, To::Device { kind, .. }) => *kind == TOKEN_APNS,
            (Kind::Huawei, To::Device { kind, .. }) => *kind == TOKEN_HMS,
            (Kind::WebPush, To::Device { kind, .. }) => *kind == TOKEN_WEB,
            _ => true,
        };
        self.channel_of == channel && token
    }

    /// How its lane treats it.
    pub fn treatment(&self) -> Treatment {
        let limits = self.channel.limits();
        let own = self.per_second.map(f64::from);
        let per_second = match (own, limits.per_second) {
            (Some(own), Some(other)) => Some(own.min(other)),
            (own, other) => own.or(other),
        };
        let concurrency = self.concurrency as usize;
        let doubt = match self.in_doubt {
            InDoubt::NeverTwice => Doubt::NeverTwice,
            InDoubt::NeverLost => Doubt::NeverLost,
        };
        Treatment {
            limits: Limits { per_second, concurrency, ..limits },
            idempotent: self.channel.idempotent(),
            doubt,
        }
    }
}

/// The channel that settings are for.
pub fn channel_of(settings: &ProviderSettings) -> api::Channel {
    match settings {
        ProviderSettings::Smtp { .. } => api::Channel::Email,
        ProviderSettings::Webhook { .. } => api::Channel::Webhook,
        ProviderSettings::Twilio { .. }
        | ProviderSettings::HttpSms { .. }
        | ProviderSettings::Smpp { .. } => api::Channel::Sms,
        ProviderSettings::Fcm { .. }
        | ProviderSettings::Apns { .. }
        | ProviderSettings::Huawei { .. } => api::Channel::Push,
        ProviderSettings::WebPush { .. } => api::Channel::WebPush,
        ProviderSettings::WhatsappCloud { .. } => api::Channel::Whatsapp,
    }
}

fn adapter(
    settings: &ProviderSettings,
    of: Use,
) -> Result<(Channel, Kind, Arc<dyn Sends>), Failure> {
    match settings {
        ProviderSettings::Smtp { host, from, from_name, bounce_domain, .. } => {
            let facts = SmtpFacts {
                relay: Relay::of(host),
                from: from.clone(),
                from_name: from_name.clone(),
                bounce_domain: bounce_domain.clone(),
            };
            Ok((Channel::Email, Kind::Smtp(facts), Arc::new(mail(settings, of)?)))
        }
        ProviderSettings::Webhook { secret, private_networks } => {
            let secret = Secret::new(secret.clone().unwrap_or_default());
            let limits = Limits {
                concurrency: of.concurrency as usize,
                per_second: None,
                payload_bytes: WEBHOOK_BYTES,
            };
            let client = client(*private_networks)?;
            let channel = Webhooks::new(client, limits);
            Ok((Channel::Webhook, Kind::Webhook(WebhookFacts { secret }), Arc::new(channel)))
        }
        other => adapters::other(other, of),
    }
}

fn mail(settings: &ProviderSettings, of: Use) -> Result<Smtp, Failure> {
    let ProviderSettings::Smtp {
        host,
        port,
        security,
        username,
        password,
        from,
        dkim_domain,
        dkim_selector,
        dkim_key,
        ..
    } = settings
    else {
        return Err(wrong("settings.kind", "this is no mail server".to_owned()));
    };
    let domain = from.rsplit_once('@').map(|(_, domain)| domain).filter(|d| !d.is_empty());
    let domain = domain.ok_or_else(|| {
        wrong("settings.from", format!("\"{from}\" is no address")).hint("write news@example.com")
    })?;
    if host.trim().is_empty() {
        return Err(wrong("settings.host", "the name of the mail server is missing".to_owned()));
    }
    let mut own = smtp::Settings::new(host.trim(), domain);
    (own.encryption, own.port) = match security {
        SmtpSecurity::Starttls => (Encryption::StartTls, port.unwrap_or(587)),
        SmtpSecurity::Tls => (Encryption::Implicit, port.unwrap_or(465)),
        SmtpSecurity::None => (Encryption::None, port.unwrap_or(25)),
    };
    own.connections = of.concurrency as usize;
    own.per_second = of.per_second.map(f64::from);
    own.trust = Trust::default();
    own.credentials = match (username, password) {
        (Some(user), Some(password)) => {
            Some(Credentials { user: user.clone(), password: Secret::new(password.clone()) })
        }
        (Some(_), None) => return Err(wrong("settings.password", "it is missing".to_owned())),
        _ => None,
    };
    let mut signers = Vec::new();
    if let Some(selector) = dkim_selector {
        let key = dkim_key.as_ref().ok_or_else(|| {
            wrong("settings.dkim_key", "a selector is set and the key is missing".to_owned())
        })?;
        let domain = dkim_domain.as_deref().unwrap_or(domain);
        let signer = Signer::new(domain, selector, &Secret::new(key.clone()))
            .map_err(|error| wrong("settings.dkim_key", error.to_string()))?;
        signers.push(signer);
    }
    check_feedback(settings)?;
    Smtp::new(own, signers).map_err(|error| wrong("settings", error.to_string()))
}

/// Whether what verifies webhooks can do so.
fn check_feedback(settings: &ProviderSettings) -> Result<(), Failure> {
    let ProviderSettings::Smtp { sns_topic, sendgrid_verification_key, postmark_login, .. } =
        settings
    else {
        return Ok(());
    };
    if let Some(topic) = sns_topic
        && !topic.starts_with("arn:")
    {
        let what = format!("\"{topic}\" is no ARN of a topic");
        return Err(wrong("settings.sns_topic", what)
            .hint("write it like arn:aws:sns:eu-west-1:123456789012:bounces"));
    }
    if let Some(key) = sendgrid_verification_key
        && !channels::email::feedback::sendgrid::is_key(key)
    {
        let what = "it is no verification key; SendGrid shows it as base64 beside the webhook";
        return Err(wrong("settings.sendgrid_verification_key", what.to_owned()));
    }
    if let Some(login) = postmark_login
        && !login.contains(':')
    {
        return Err(wrong("settings.postmark_login", "write NAME:PASSWORD".to_owned()));
    }
    Ok(())
}

/// A client for other servers' content; `private`: also in this network.
pub(super) fn client(private: bool) -> Result<Client, Failure> {
    let settings = HttpSettings {
        reach: reach(private),
        plain: private,
        answer: ANSWER,
        ..HttpSettings::default()
    };
    Client::new(settings).map_err(|error| wrong("settings", error.to_string()))
}

/// What is wrong with a field of a provider.
pub fn wrong(field: &str, what: String) -> Failure {
    Failure::unprocessable("provider.invalid", format!("`{field}`: {what}"))
}
