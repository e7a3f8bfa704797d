//! Providers of channels: how messages leave, and how each is tried.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{FeedbackAddress, SmppBind, SmppCoding, SmsFeedback, SmsReplies};

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
// There are a few of them in all, and a box would show in the document of the API.
#[allow(clippy::large_enum_variant)]
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
        /// How SPF names the servers that send, as in `include:spf.example.net`; default: what is known of the
        /// host, else its addresses.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        spf: Option<String>,
        /// Of Amazon's SES: the SNS topic (ARN) that may tell; default: any that knows the address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        sns_topic: Option<String>,
        /// Of SendGrid: the key by which its event webhook is verified; with it, nothing unsigned is taken.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        sendgrid_verification_key: Option<String>,
        /// Secret: Mailgun's webhook signing key, without which nothing is taken of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        mailgun_signing_key: Option<String>,
        /// Secret: `NAME:PASSWORD` that Postmark sends as basic authentication; with it, nothing is taken without.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        postmark_login: Option<String>,
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
        /// What recipients write, and what they are answered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        replies: Option<SmsReplies>,
        /// Default: Twilio's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        base_url: Option<String>,
    },
    /// Text messages through a request of your own: `{{to}}`, `{{body}}`, `{{id}}`, and `{{callback}}`, where
    /// receipts are to go, are replaced.
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
        /// Where in the answer (JSON) the provider's name for the message stands, as in `/messages/0/id`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        id_pointer: Option<String>,
        /// What receipts and messages that come in look like.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        feedback: Option<SmsFeedback>,
        /// Secret: stands in a header of what the provider tells; with it, nothing is taken without.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        feedback_secret: Option<String>,
        /// What recipients write, and what they are answered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        replies: Option<SmsReplies>,
    },
    /// Text messages through a gateway that speaks SMPP 3.4.
    Smpp {
        /// Its name or address.
        host: String,
        /// Its port; default 2775.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        port: Option<u16>,
        /// TLS from the first byte on. Without, the password is sent as it is: for private networks.
        #[serde(default)]
        #[schema(required = false)]
        tls: bool,
        /// The account, at most 15 bytes.
        system_id: String,
        /// Secret: its password, at most 8 bytes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        password: Option<String>,
        /// What kind of system we are, if the gateway asks for it; at most 12 bytes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        system_type: Option<String>,
        /// Which way sessions go.
        #[serde(default)]
        #[schema(inline, required = false)]
        bind: SmppBind,
        /// The number or name that messages come from, at most 20 bytes.
        from: String,
        /// Type of number of `from` (0 to 6); default: as its form says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        source_ton: Option<u8>,
        /// Numbering plan of `from` (0 to 18); default: as its form says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        source_npi: Option<u8>,
        /// Type of number of recipients; default 1, international.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        destination_ton: Option<u8>,
        /// Numbering plan of recipients; default 1, ISDN.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        destination_npi: Option<u8>,
        /// What texts without special characters are written in.
        #[serde(default)]
        #[schema(inline, required = false)]
        data_coding: SmppCoding,
        /// Messages that may be under way without an answer, at most 1,000; default 10.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        window: Option<u16>,
        /// The id under which a regulator knows the sender, where one demands that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        entity_id: Option<String>,
        /// What recipients write, and what they are answered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        replies: Option<SmsReplies>,
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
    /// Devices without Google's services, through Huawei's Push Kit.
    Huawei {
        /// The app's id, digits.
        app_id: String,
        /// Secret: the app's secret.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        app_secret: Option<String>,
        /// The user name that was set up with receipts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        receipts_user: Option<String>,
        /// Secret: the key that was set up with receipts; with it, nothing unsigned is taken.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        receipts_key: Option<String>,
        /// Default: Huawei's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        base_url: Option<String>,
        /// Where access tokens are given out; default: Huawei's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        token_url: Option<String>,
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
        /// Secret: signs what Meta tells us, of which nothing is taken without it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        app_secret: Option<String>,
        /// Secret: what you write into Meta's field "verify token" when you set up the webhook.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        verify_token: Option<String>,
        /// What recipients write, and what they are answered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        replies: Option<SmsReplies>,
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
    /// Where the provider sends what it tells of messages, below the address of this server; nothing: it tells
    /// nothing, or you may not see it.
    #[schema(required = true)]
    pub feedback_path: Option<String>,
    /// The same as addresses to copy, with what each is for.
    pub feedback_addresses: Vec<FeedbackAddress>,
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
