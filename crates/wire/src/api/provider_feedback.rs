//! What providers tell, and how they are to be understood: words of recipients, fields of receipts.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Commands that recipients write, beside those that are understood anyway (STOP, START, HELP and their like in
/// many languages), and what they are answered. A reply that is left out is not sent; some providers reply
/// themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SmsReplies {
    /// More words that unsubscribe, at most 20.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub stop_words: Vec<String>,
    /// More words that subscribe again, at most 20.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub start_words: Vec<String>,
    /// More words that ask who this is, at most 20.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub help_words: Vec<String>,
    /// What a stop is answered, at most 1,600 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub stop: Option<String>,
    /// What a start is answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub start: Option<String>,
    /// What a call for help is answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub help: Option<String>,
}

/// Names of the fields in what an HTTP provider of text messages tells, and what its statuses mean. A name that
/// begins with `/` is a JSON pointer. What is left out is as below.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SmsFeedback {
    /// The provider's name for the message; default `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<String>,
    /// Our name for it, if the provider repeats `{{id}}`; default `message`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub message: Option<String>,
    /// How far it came; default `status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub status: Option<String>,
    /// Why not; default `error`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub error: Option<String>,
    /// The recipient; default `to`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub to: Option<String>,
    /// Who wrote to us; default `from`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub from: Option<String>,
    /// What they wrote; default `text`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub text: Option<String>,
    /// Statuses of messages that arrived; default `delivered`, `delivrd`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub delivered: Vec<String>,
    /// Statuses of messages that did not; default `failed`, `undelivered`, `undeliv`, `rejected`, `rejectd`,
    /// `expired`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub failed: Vec<String>,
    /// Statuses of numbers that lead nowhere; default `invalid`, `unknown_subscriber`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub dead: Vec<String>,
    /// The header that holds `feedback_secret`; default `x-feedback-secret`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub secret_header: Option<String>,
}

/// Which way sessions with an SMPP gateway go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SmppBind {
    /// Both ways on one.
    #[default]
    Transceiver,
    /// Out on one, in on another.
    TransmitterAndReceiver,
    /// Out only: receipts and answers are never seen.
    Transmitter,
}

/// What texts without special characters are written in; all others are UCS-2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SmppCoding {
    /// The GSM alphabet, data coding 0.
    #[default]
    Gsm,
    /// Latin-1, data coding 3.
    Latin1,
}

/// Where a provider is to send what it tells of messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FeedbackAddress {
    /// What for: `receipts`, `inbound`, `webhook`, `report`, `ses`, `sendgrid`, `mailgun`, `postmark`.
    pub purpose: String,
    /// The address.
    pub url: String,
}

/// Which preference page is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
pub struct PreferencePageQuery {
    /// Its language: `en`, `tr`, `ar` or `id`; default `en`.
    #[param(required = false)]
    pub language: String,
    /// As this user would see it; default: as somebody would who can be reached everywhere.
    #[param(required = false)]
    pub user: Option<String>,
}

/// The page on which people choose what to get, to be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PreferencePage {
    /// The whole page. Its form leads nowhere.
    pub html: String,
}

/// The DNS records that mail of a provider needs, and whether they are there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DnsRecords {
    /// The domain that mail comes from.
    pub domain: String,
    /// Whether all of them are as they should be.
    pub right: bool,
    /// In the order of their importance.
    pub records: Vec<DnsRecord>,
}

/// A record of a domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DnsRecord {
    /// What it is for: `dkim`, `spf`, `dmarc`, `return_path` (where bounces go) or `reverse` (the name of the
    /// mail server's address).
    pub purpose: String,
    /// `TXT`, `MX` or `PTR`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// What to write if it is missing.
    pub value: String,
    /// What it says.
    pub found: Vec<String>,
    /// `good`, `weak` (works, and could be better), `missing`, `wrong`, or `unknown` (no name server answered).
    pub state: String,
    /// What is wrong with it, and how to mend that.
    #[schema(required = true)]
    pub advice: Option<String>,
}
