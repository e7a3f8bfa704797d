//! Requests to other servers.

use super::{Each, Place, bounded, each_value, missing};
use crate::links::web_address;
use crate::problem::{Problem, code};
use crate::template::{Escaping, Stop};

/// A request to another server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Webhook {
    /// `GET`, `POST`, `PUT`, `PATCH`, `DELETE`.
    pub method: String,
    /// The address.
    pub url: String,
    /// Names and values; the values are templates.
    pub headers: Vec<(String, String)>,
    /// What is sent. Values are put into it as its content type asks: inside the quotes of JSON, as
    /// parts of a form, or as they are.
    pub body: String,
}

impl Webhook {
    pub(super) fn each(&self, each: &mut Each<'_>) -> Result<Webhook, Stop> {
        Ok(Webhook {
            method: self.method.trim().to_ascii_uppercase(),
            url: each(Place::url("url"), &self.url)?,
            headers: each_value(Place::line("headers"), &self.headers, each)?,
            body: each(Place::new("body", self.form()), &self.body)?,
        })
    }

    /// The form of the body: by its content type, or by how it begins.
    fn form(&self) -> Escaping {
        let content_type = self
            .headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
            .map_or("", |(_, value)| value.as_str());
        let begins = self.body.trim_start();
        // `{{` and `{%` begin a tag, not an object.
        let object = begins.starts_with(['{', '['])
            && !begins.starts_with("{{")
            && !begins.starts_with("{%");
        match content_type {
            text if text.contains("json") => Escaping::Json,
            text if text.contains("x-www-form-urlencoded") => Escaping::Url,
            text if text.contains("html") || text.contains("xml") => Escaping::Html,
            "" if object => Escaping::Json,
            _ => Escaping::Plain,
        }
    }

    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE"];
        if self.url.trim().is_empty() {
            missing(problems, "url", "write an address that begins with https://");
        } else if !self.url.contains("{{")
            && !self.url.contains("{%")
            && web_address(self.url.trim()).is_none()
        {
            let message = format!("\"{}\" is not an address of the web", self.url);
            let problem = Problem::error(code::WRONG_FIELD, message).field("url");
            problems.push(problem.hint("write one that begins with https://"));
        }
        let method = self.method.trim().to_ascii_uppercase();
        if !METHODS.contains(&method.as_str()) {
            let message = format!("\"{}\" is not a method of a request", self.method);
            let problem = Problem::error(code::WRONG_FIELD, message).field("method");
            problems.push(problem.hint(format!("use one of {}", METHODS.join(", "))));
        }
        for (i, (name, _)) in self.headers.iter().enumerate() {
            let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
            if name.is_empty() || !name.bytes().all(token) {
                let message = format!("\"{name}\" is not the name of a header");
                let field = format!("headers[{i}]");
                let problem = Problem::error(code::WRONG_FIELD, message).field(&field);
                problems.push(problem.hint("use letters, digits and hyphens"));
            }
        }
        bounded(problems, "headers", self.headers.len());
    }
}
