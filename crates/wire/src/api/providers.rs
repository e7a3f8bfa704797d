//! Providers of channels: how messages leave, and how each is tried.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How messages reach people.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// E-mail.
    Email,
    /// To the apps of telephones.
    Push,
    /// To browsers, through their push services.
    WebPush,
    /// Text messages.
    Sms,
    /// WhatsApp.
    Whatsapp,
    /// An HTTP request to another system.
    Webhook,
    /// Shown over the page or the app that is open, through our web SDK or CleverTap's.
    InApp,
    /// The same on web sites alone.
    OnSite,
    /// A card in the inbox of the page or the app.
    Inbox,
}

/// Security of a connection to a mail server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SmtpSecurity {
    /// Plain, then secured before anything is sent; refused if the server cannot.
    #[default]
    Starttls,
    /// From the first byte on.
    Tls,
    /// Never: for a server on the same machine.
    None,
}

/// What becomes of a message of which a crash or a lost connection leaves open whether it was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InDoubt {
    /// It counts as failed, with the code `in_doubt`; nobody gets a message twice.
    #[default]
    NeverTwice,
    /// It is sent again; nobody gets no message.
    NeverLost,
}

/// Settings of a provider, by kind. A secret that is left out, or null, stays as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ProviderSettings {
    /// A mail server over SMTP.
    Smtp {
        /// Its name or address.
        host: String,
        /// Its port; default: 587, 465 with `tls`, 25 with `none`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        port: Option<u16>,
        /// Security of the connection.
        #[serde(default)]
        #[schema(inline, required = false)]
        security: SmtpSecurity,
        /// Whom to log in as.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        username: Option<String>,
        /// Secret.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        password: Option<String>,
        /// The address that messages come from.
        from: String,
        /// The name that messages come from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        from_name: Option<String>,
        /// Domain of the addresses that undelivered messages go back to; default: none of their own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        bounce_domain: Option<String>,
        /// Domain of the DKIM signature; default: that of `from`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        dkim_domain: Option<String>,
        /// Selector of the DKIM key; without one, nothing is signed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        dkim_selector: Option<String>,
        /// Secret: the DKIM key, RSA or Ed25519, PEM (PKCS #8).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        dkim_key: Option<String>,
    },
    /// Requests to addresses that campaigns name, signed as Standard Webhooks says.
    Webhook {
        /// Secret: `whsec_…`; default: a new one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        secret: Option<String>,
        /// Also addresses of private networks.
        #[serde(default)]
        #[schema(required = false)]
        private_networks: bool,
    },
    /// Text messages through Twilio, or who speaks like it.
    Twilio {
        /// The account.
        account_sid: String,
        /// Secret.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        auth_token: Option<String>,
        /// The number or messaging service that messages come from.
        from: String,
        /// Default: Twilio's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        base_url: Option<String>,
    },
    /// Text messages through a request of your own: `{{to}}`, `{{body}}`, `{{id}}` are replaced.
    HttpSms {
        /// Where to.
        url: String,
        /// `POST` or `GET`; default `POST`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        method: Option<String>,
        /// `Name: value` lines.
        #[serde(default)]
        #[schema(required = false)]
        headers: Vec<String>,
        /// The body.
        #[serde(default)]
        #[schema(required = false)]
        body: String,
        /// Secret: replaces `{{secret}}`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        secret: Option<String>,
    },
    /// Android and others through Firebase Cloud Messaging, HTTP v1.
    Fcm {
        /// Secret: the service account’s file (JSON).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        service_account: Option<String>,
        /// Default: Google's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        base_url: Option<String>,
    },
    /// iOS through Apple's push service.
    Apns {
        /// The team.
        team_id: String,
        /// The key’s id.
        key_id: String,
        /// The app’s bundle id.
        topic: String,
        /// Secret: the key (`.p8`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        key: Option<String>,
        /// Default: Apple's for production.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        base_url: Option<String>,
    },
    /// Browsers.
    WebPush {
        /// Whom push services may write to: `mailto:…` or `https://…`.
        subject: String,
        /// The public key, which pages subscribe with; default: a new pair.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        public_key: Option<String>,
        /// Secret: the private key, in base64url.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        private_key: Option<String>,
    },
    /// WhatsApp's Cloud API.
    WhatsappCloud {
        /// The sender.
        phone_number_id: String,
        /// Secret.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        token: Option<String>,
        /// Secret: signs what Meta tells us.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        app_secret: Option<String>,
        /// Default: Meta's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        base_url: Option<String>,
    },
}

/// A provider to make or to change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderInput {
    /// Name for people.
    pub name: String,
    /// What it is and how it is reached.
    pub settings: ProviderSettings,
    /// Messages in a second at most; default: none but what the provider says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub per_second: Option<u32>,
    /// Messages under way at once; default 16.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub concurrency: Option<u32>,
    /// What becomes of messages in doubt.
    #[serde(default)]
    #[schema(inline, required = false)]
    pub in_doubt: InDoubt,
}

/// A provider, without its secrets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Provider {
    /// Stable id.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// The channel.
    #[schema(inline)]
    pub channel: Channel,
    /// Settings without secrets.
    pub settings: ProviderSettings,
    /// Names of the secrets that are set.
    pub secrets: Vec<String>,
    /// Messages in a second at most.
    #[schema(required = true)]
    pub per_second: Option<u32>,
    /// Messages under way at once.
    pub concurrency: u32,
    /// What becomes of messages in doubt.
    #[schema(inline)]
    pub in_doubt: InDoubt,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// Where the provider sends what it tells of messages; nothing: it tells nothing.
    #[schema(required = true)]
    pub feedback_path: Option<String>,
    /// How it is doing.
    pub status: ProviderStatus,
}

/// How a provider is doing since the server was started.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProviderStatus {
    /// Messages that wait.
    pub waiting: u64,
    /// Messages under way.
    pub sending: u64,
    /// Messages taken.
    pub sent: u64,
    /// Messages given up.
    pub failed: u64,
    /// It refuses everything: tried again at this instant.
    #[schema(required = true, format = DateTime)]
    pub paused_until: Option<String>,
    /// What the last failure said.
    #[schema(required = true)]
    pub last_error: Option<String>,
    /// Age of the oldest message that waits, in seconds.
    pub oldest_seconds: f64,
}

/// All providers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProviderList {
    /// Oldest first.
    pub providers: Vec<Provider>,
}

/// A test message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderTest {
    /// Where to: an address, a number, a token, a URL.
    pub to: String,
}

/// What became of a test message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProviderTested {
    /// The provider took it.
    pub accepted: bool,
    /// A stable code where it did not.
    #[schema(required = true)]
    pub code: Option<String>,
    /// What the provider said.
    #[schema(required = true)]
    pub detail: Option<String>,
    /// The id that the provider gave.
    #[schema(required = true)]
    pub provider_id: Option<String>,
    /// Milliseconds until the answer.
    pub took_ms: f64,
}

/// What the domain of a mail provider should say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DnsRecords {
    /// In the order of their importance.
    pub records: Vec<DnsRecord>,
}

/// A record of a domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DnsRecord {
    /// What it is for: `dkim`, `spf`, `dmarc`, `return_path`.
    pub purpose: String,
    /// `TXT`, `CNAME` or `MX`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// What it should say.
    pub value: String,
    /// What it says; nothing: it was not asked, or there is none.
    #[schema(required = true)]
    pub found: Option<String>,
    /// Whether that is right; nothing: it was not asked.
    #[schema(required = true)]
    pub right: Option<bool>,
}
