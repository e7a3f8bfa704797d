//! Text messages and messages of WhatsApp.

use super::{Each, Place, bounded, each_of, missing};
use crate::problem::Problem;
use crate::template::{Escaping, Stop};

/// A text message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sms {
    /// The text.
    pub body: String,
}

/// A message of WhatsApp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhatsApp {
    /// What is sent.
    pub message: WhatsAppMessage,
}

/// What is sent: a template at any time, a text only within a day of what the user wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhatsAppMessage {
    /// A template that WhatsApp approved.
    Template {
        /// Its name.
        name: String,
        /// The code of its language, as in `tr` or `en_US`.
        language: String,
        /// What stands above the text, if the template has such a part.
        header: Option<WhatsAppHeader>,
        /// The values of `{{1}}`, `{{2}}`… of the template.
        body: Vec<String>,
        /// The values of its buttons.
        buttons: Vec<WhatsAppButton>,
    },
    /// A text.
    Text(String),
}

/// What stands above the text of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhatsAppHeader {
    /// The value of its variable.
    Text(String),
    /// The address of a picture.
    Image(String),
    /// The address of a film.
    Video(String),
    /// The address of a document.
    Document(String),
}

/// The value of a button of a template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WhatsAppButton {
    /// Which button, from 0.
    pub index: u8,
    /// Its kind: `url`, `quick_reply`, `copy_code`.
    pub kind: String,
    /// The end of the address, what comes back when it is pressed, or the code.
    pub value: String,
}

impl Sms {
    pub(super) fn each(&self, each: &mut Each<'_>) -> Result<Sms, Stop> {
        Ok(Sms { body: each(Place::text("body"), &self.body)? })
    }

    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        if self.body.trim().is_empty() {
            missing(problems, "body", "write the text");
        }
    }
}

impl WhatsApp {
    pub(super) fn each(&self, each: &mut Each<'_>) -> Result<WhatsApp, Stop> {
        let message = match &self.message {
            WhatsAppMessage::Text(text) => WhatsAppMessage::Text(each(Place::text("text"), text)?),
            WhatsAppMessage::Template { name, language, header, body, buttons } => {
                let header = match header {
                    Some(header) => Some(header.each(each)?),
                    None => None,
                };
                let mut rendered = Vec::with_capacity(buttons.len());
                for (i, button) in buttons.iter().enumerate() {
                    let form = if button.kind == "url" { Escaping::Url } else { Escaping::Plain };
                    let place = Place { line: true, ..Place::new("buttons", form) };
                    let value = each(place.of(i, "value"), &button.value)?;
                    rendered.push(WhatsAppButton { value, ..button.clone() });
                }
                WhatsAppMessage::Template {
                    name: name.clone(),
                    language: each(Place::line("language"), language)?,
                    header,
                    // Values must not have line breaks: the provider refuses them.
                    body: each_of(Place::line("body"), body, each)?,
                    buttons: rendered,
                }
            }
        };
        Ok(WhatsApp { message })
    }

    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        match &self.message {
            WhatsAppMessage::Text(text) if text.trim().is_empty() => {
                missing(problems, "text", "write the text, or choose a template");
            }
            WhatsAppMessage::Text(_) => {}
            WhatsAppMessage::Template { name, language, header, body, buttons } => {
                if header.as_ref().is_some_and(|header| header.value().trim().is_empty()) {
                    let hint = "write its value or address, or leave it out if it never changes";
                    missing(problems, "header", hint);
                }
                if name.trim().is_empty() {
                    missing(problems, "name", "write the name of a template that was approved");
                }
                if language.trim().is_empty() {
                    missing(
                        problems,
                        "language",
                        "write the language of the template, as in en_US",
                    );
                }
                bounded(problems, "body", body.len());
                bounded(problems, "buttons", buttons.len());
            }
        }
    }
}

impl WhatsAppHeader {
    fn value(&self) -> &str {
        match self {
            WhatsAppHeader::Text(value)
            | WhatsAppHeader::Image(value)
            | WhatsAppHeader::Video(value)
            | WhatsAppHeader::Document(value) => value,
        }
    }

    fn each(&self, each: &mut Each<'_>) -> Result<WhatsAppHeader, Stop> {
        let mut url = |url: &str| each(Place::url("header"), url);
        Ok(match self {
            WhatsAppHeader::Image(image) => WhatsAppHeader::Image(url(image)?),
            WhatsAppHeader::Video(video) => WhatsAppHeader::Video(url(video)?),
            WhatsAppHeader::Document(document) => WhatsAppHeader::Document(url(document)?),
            WhatsAppHeader::Text(text) => WhatsAppHeader::Text(each(Place::line("header"), text)?),
        })
    }
}
