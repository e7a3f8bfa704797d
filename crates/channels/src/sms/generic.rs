//! Text messages through any HTTP API, by a template that the operator writes.
//!
//! Address, headers and body hold placeholders: `{{to}}`, `{{to_digits}}` (without `+`), `{{from}}`,
//! `{{body}}`, `{{key}}`, `{{template_id}}`, `{{callback}}`. Each value is written as its place
//! demands (percent signs in addresses and forms, escapes in JSON and XML), so no text of a message
//! can change the request around it. What the answer means is said by statuses and JSON pointers.

use std::fmt;

use ::http::Method;
use model::Timestamp;
use serde_json::Value;

use super::{BODY_BYTES_MAX, is_number};
use crate::contract::{
    Address, BoxFuture, Channel, Code, Destination, Kind, Limits, Outcome, Outgoing, Payload, clip,
};
use crate::form;
use crate::http::{Client, Request, Response, check_url};
use crate::secret::Secret;

pub mod feedback;
#[cfg(test)]
mod tests;

/// Longest template in bytes, address, headers and body each.
pub const TEMPLATE_BYTES_MAX: usize = 16 * 1024;
/// Most headers of a template.
pub const HEADERS_MAX: usize = 20;
/// The placeholders.
const NAMES: [&str; 7] = ["to", "to_digits", "from", "body", "key", "template_id", "callback"];

/// A request with placeholders, and what its answer means.
#[derive(Clone, Debug)]
pub struct Template {
    /// How it is asked.
    pub method: Method,
    /// Where; placeholders after the host only.
    pub url: String,
    /// Headers, which may hold credentials.
    pub headers: Vec<(String, Secret)>,
    /// The body; empty for none.
    pub body: String,
    /// What the body is, which decides how values are written in it.
    pub form: Form,
    /// The sender if a message names none.
    pub from: String,
    /// Where in a JSON answer the provider's name for the message stands, such as `/messages/0/id`.
    pub id_pointer: Option<String>,
    /// Where in a JSON answer an error stands although the status is one of success, and what it says
    /// if there is none: `("/messages/0/status", "0")`.
    pub success: Option<(String, String)>,
    /// Whether the provider delivers once what is sent twice with the same `{{key}}`.
    pub idempotent: bool,
    /// What the provider bears.
    pub limits: Limits,
}

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `application/json`; placeholders stand between quotes.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
    /// `application/xml`.
    Xml,
    /// `text/plain`, values as they are.
    Plain,
}

impl Form {
    fn content_type(self) -> &'static str {
        match self {
            Form::Json => "application/json",
            Form::Form => "application/x-www-form-urlencoded",
            Form::Xml => "application/xml",
            Form::Plain => "text/plain; charset=utf-8",
        }
    }
}

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A placeholder is unknown or not closed.
    #[error(
        "the {place} has \"{{{{{name}}}}}\", which is no placeholder; there are to, to_digits, from, body, key, template_id and callback"
    )]
    Placeholder {
        /// Address, header or body.
        place: &'static str,
        /// What stood there.
        name: String,
    },
    /// The address is none, or its host comes from a message.
    #[error("the address of the request is not usable: {0}")]
    Url(String),
    /// A part is too long.
    #[error("the {0} of the request is too long")]
    TooLong(&'static str),
    /// The body is not what it says it is.
    #[error("the body is no JSON once the placeholders are filled in; put them between quotes")]
    Json,
    /// Neither address nor body or headers name the recipient, or none the text.
    #[error("the request never says {{{{{0}}}}}; put it where the provider expects it")]
    Missing(&'static str),
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Value(usize),
}

/// Text messages by a template.
pub struct Generic {
    template: Template,
    url: Vec<Piece>,
    headers: Vec<(String, Vec<Piece>)>,
    body: Vec<Piece>,
    client: Client,
}

impl fmt::Debug for Generic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generic").field("template", &self.template).finish_non_exhaustive()
    }
}

impl Generic {
    /// Checks a template and makes a channel of it.
    pub fn new(template: Template, client: Client, plain: bool) -> Result<Generic, Error> {
        let url = pieces("address", &template.url)?;
        let body = pieces("body", &template.body)?;
        if template.headers.len() > HEADERS_MAX {
            return Err(Error::TooLong("list of headers"));
        }
        let mut headers = Vec::with_capacity(template.headers.len());
        for (name, value) in &template.headers {
            headers.push((name.clone(), pieces("header", value.reveal())?));
        }
        let generic = Generic { template, url, headers, body, client };
        generic.check(plain)?;
        Ok(generic)
    }

    fn check(&self, plain: bool) -> Result<(), Error> {
        // Filled with what is awkward everywhere, the request must still be one.
        let values = NAMES.map(|_| "\"a b&</>\\".to_owned());
        let url = fill(&self.url, &values, form::encode);
        let host = |url: &str| check_url(url, plain).map(|uri| uri.authority().cloned());
        let (one, other) =
            (host(&url), host(&fill(&self.url, &NAMES.map(|_| "x".into()), form::encode)));
        match (one, other) {
            (Ok(one), Ok(other)) if one == other => {}
            (Ok(_), Ok(_)) => {
                return Err(Error::Url("its host must not depend on the message".to_owned()));
            }
            (Err(error), _) | (_, Err(error)) => return Err(Error::Url(error.to_string())),
        }
        if self.template.form == Form::Json && !self.template.body.is_empty() {
            let body = fill(&self.body, &values, escape(Form::Json));
            serde_json::from_str::<Value>(&body).map_err(|_| Error::Json)?;
        }
        let all = || {
            let headers = self.headers.iter().flat_map(|(_, pieces)| pieces);
            self.url.iter().chain(headers).chain(&self.body)
        };
        let has =
            |names: &[usize]| all().any(|p| matches!(p, Piece::Value(v) if names.contains(v)));
        if !has(&[0, 1]) {
            return Err(Error::Missing("to"));
        }
        // A registered template stands for the text.
        if has(&[3, 5]) { Ok(()) } else { Err(Error::Missing("body")) }
    }

    async fn deliver(&self, outgoing: Outgoing) -> Outcome {
        let (Payload::Sms(message), Destination::Phone(to)) = (&outgoing.payload, &outgoing.to)
        else {
            return Outcome::foreign(Kind::Sms, &outgoing);
        };
        if !is_number(to) {
            let detail = "the number is not + and 7 to 15 digits";
            return Outcome::rejected_for(Code::AddressMalformed, detail, Address::DEAD);
        }
        let max = self.template.limits.payload_bytes.min(BODY_BYTES_MAX);
        if message.body.len() > max {
            let n = message.body.len();
            let detail = format!("the text has {n} bytes and {max} are allowed");
            return Outcome::rejected(Code::PayloadTooLarge, &detail);
        }
        let request = self.request(message, to, &outgoing.key);
        match self.client.send(request).await {
            Ok(response) => self.outcome(&response, outgoing.now).without(&to[1..]),
            Err(error) => error.outcome(),
        }
    }

    fn request(&self, message: &super::Message, to: &str, key: &str) -> Request {
        let from = message.from.as_ref().unwrap_or(&self.template.from);
        let values = [
            to.to_owned(),
            to.trim_start_matches('+').to_owned(),
            from.clone(),
            message.body.clone(),
            key.to_owned(),
            message.template_id.clone().unwrap_or_default(),
            message.status_callback.clone().unwrap_or_default(),
        ];
        let body = fill(&self.body, &values, escape(self.template.form));
        let url = fill(&self.url, &values, form::encode);
        let mut headers = Vec::with_capacity(self.headers.len() + 1);
        let own_type = self.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case("content-type"));
        if !body.is_empty() && !own_type {
            headers.push(("content-type".to_owned(), self.template.form.content_type().to_owned()));
        }
        for (name, pieces) in &self.headers {
            headers.push((name.clone(), fill(pieces, &values, one_line)));
        }
        Request { method: self.template.method.clone(), url, headers, body: body.into() }
    }

    fn outcome(&self, response: &Response, now: Timestamp) -> Outcome {
        if !(200..300).contains(&response.status) {
            return match response.status {
                402 => Outcome::retry(Code::BalanceExhausted, &response.text(), None),
                404 => Outcome::retry(Code::ConfigurationInvalid, &response.text(), None),
                400 | 422 => Outcome::rejected(Code::PayloadRefused, &response.text()),
                _ => response.otherwise(now),
            };
        }
        let answer = response.json();
        if let Some((pointer, wanted)) = &self.template.success {
            let found = answer.as_ref().and_then(|answer| answer.pointer(pointer)).map(plain);
            if found.as_ref() != Some(wanted) {
                return Outcome::rejected(Code::ProviderRefused, &response.text());
            }
        }
        let pointer = self.template.id_pointer.as_ref();
        let id = pointer.and_then(|pointer| answer.as_ref()?.pointer(pointer).map(plain));
        Outcome::accepted(id)
    }
}

impl Channel for Generic {
    fn kind(&self) -> Kind {
        Kind::Sms
    }

    fn limits(&self) -> Limits {
        self.template.limits
    }

    fn idempotent(&self) -> bool {
        self.template.idempotent
    }

    fn send(&self, outgoing: Outgoing) -> BoxFuture<'_, Outcome> {
        Box::pin(self.deliver(outgoing))
    }
}

/// Cuts a template into texts and placeholders.
fn pieces(place: &'static str, template: &str) -> Result<Vec<Piece>, Error> {
    if template.len() > TEMPLATE_BYTES_MAX {
        return Err(Error::TooLong(place));
    }
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let unknown = |name: &str| Error::Placeholder { place, name: clip(name) };
        let (name, behind) = after.split_once("}}").ok_or_else(|| unknown(after))?;
        let known = NAMES.iter().position(|known| *known == name.trim());
        let index = known.ok_or_else(|| unknown(name))?;
        pieces.push(Piece::Text(before.to_owned()));
        pieces.push(Piece::Value(index));
        rest = behind;
    }
    pieces.push(Piece::Text(rest.to_owned()));
    Ok(pieces)
}

fn fill(pieces: &[Piece], values: &[String; NAMES.len()], write: fn(&str) -> String) -> String {
    let mut filled = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => filled.push_str(text),
            Piece::Value(index) => {
                filled.push_str(&values.get(*index).map(|value| write(value)).unwrap_or_default());
            }
        }
    }
    filled
}

/// How a value is written in a body.
fn escape(form: Form) -> fn(&str) -> String {
    match form {
        Form::Json => |value| {
            let quoted = Value::from(value).to_string();
            quoted.trim_start_matches('"').strip_suffix('"').unwrap_or_default().to_owned()
        },
        Form::Form => form::encode,
        Form::Xml => xml,
        Form::Plain => str::to_owned,
    }
}

fn xml(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(character),
            // XML 1.0 has no other control characters, not even escaped.
            control if control.is_control() => {}
            other => out.push(other),
        }
    }
    out
}

fn one_line(value: &str) -> String {
    value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A value of an answer as text.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
