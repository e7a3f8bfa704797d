//! What is said, per channel: the fields that people write, and the strings that a channel sends.
//!
//! What it is: plain types whose texts are templates, with variants per language and per value of a
//! property; compiled once, then rendered for every user. What it is not: a wire form (that stands
//! in `wire`) or a choice of whom to tell. Invariant: what is rendered has the shape of what was
//! written, field for field.

mod chat;
mod compile;
mod email;
mod insert;
mod mobile;
mod protect;
mod screen;
mod webhook;

pub use chat::{Sms, WhatsApp, WhatsAppButton, WhatsAppHeader, WhatsAppMessage};
pub use compile::Compiled;
pub use email::{Annotations, Email, EmailBody, Offer, PromotionCard, RenderedEmail};
pub use mobile::{Button, Push, WebPush};
pub use screen::{InApp, InAppButton, InboxCard, Layout, ShowLimits, ShowWhen};
pub use webhook::Webhook;

use crate::problem::Problem;
use crate::template::{Escaping, Stop};

/// Variants of one message: a language each, or the values of a property, at most.
pub const VARIANTS_MAX: usize = 500;
/// Buttons, cards and parameters of one message: no channel shows more.
pub const PARTS_MAX: usize = 50;

/// A message as people write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// What everybody gets for whom no variant is meant.
    pub default: Body,
    /// The path whose value chooses among variants, as in `profile.plan`; empty for none.
    pub property: String,
    /// Variants. Of those that are meant for a user the first counts of: value and language, value
    /// alone, language alone; a longer locale (`pt-BR`) before a shorter one (`pt`).
    pub variants: Vec<Variant>,
}

/// A message for some users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// For users of this locale, as in `tr` or `tr-TR`; empty for every locale.
    pub locale: String,
    /// For users whose property renders as this; `None` for every value.
    pub value: Option<String>,
    /// What they get.
    pub body: Body,
}

/// The fields of one channel. Every text is a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// An e-mail.
    Email(Box<Email>),
    /// A notification on a phone.
    Push(Push),
    /// A notification of a browser.
    WebPush(WebPush),
    /// A text message.
    Sms(Sms),
    /// A message of WhatsApp.
    WhatsApp(WhatsApp),
    /// A request to another server.
    Webhook(Webhook),
    /// A pop-up inside an app or a page.
    InApp(Box<InApp>),
    /// A card of the inbox inside an app.
    Inbox(InboxCard),
}

/// A message to one user, as its channel sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rendered {
    /// An e-mail.
    Email(Box<RenderedEmail>),
    /// A notification on a phone.
    Push(Push),
    /// A notification of a browser.
    WebPush(WebPush),
    /// A text message.
    Sms(Sms),
    /// A message of WhatsApp.
    WhatsApp(WhatsApp),
    /// A request to another server.
    Webhook(Webhook),
    /// A pop-up inside an app or a page.
    InApp(Box<InApp>),
    /// A card of the inbox inside an app.
    Inbox(InboxCard),
}

impl Content {
    /// A message without variants.
    pub fn of(body: Body) -> Content {
        Content { default: body, property: String::new(), variants: Vec::new() }
    }

    /// Compiles every text. Errors: everything that is wrong, with field and locale. Cost: linear in
    /// the text, and for e-mails the inlining of style sheets.
    pub fn compile(&self) -> Result<Compiled, Vec<Problem>> {
        compile::compile(self)
    }
}

impl Body {
    /// The name of the channel: `email`, `push`, `web_push`, `sms`, `whatsapp`, `webhook`, `in_app`,
    /// `inbox`.
    pub fn channel(&self) -> &'static str {
        match self {
            Body::Email(_) => "email",
            Body::Push(_) => "push",
            Body::WebPush(_) => "web_push",
            Body::Sms(_) => "sms",
            Body::WhatsApp(_) => "whatsapp",
            Body::Webhook(_) => "webhook",
            Body::InApp(_) => "in_app",
            Body::Inbox(_) => "inbox",
        }
    }

    /// Goes through every text in a fixed order and gives the body with what `each` made of them.
    fn each(&self, each: &mut Each<'_>) -> Result<Body, Stop> {
        Ok(match self {
            Body::Email(email) => Body::Email(Box::new(email.each(each)?)),
            Body::Push(push) => Body::Push(push.each(each)?),
            Body::WebPush(push) => Body::WebPush(push.each(each)?),
            Body::Sms(sms) => Body::Sms(sms.each(each)?),
            Body::WhatsApp(message) => Body::WhatsApp(message.each(each)?),
            Body::Webhook(webhook) => Body::Webhook(webhook.each(each)?),
            Body::InApp(message) => Body::InApp(Box::new(message.each(each)?)),
            Body::Inbox(card) => Body::Inbox(card.each(each)?),
        })
    }

    /// The body with what `each` makes of every text; `each` is given the path of its field.
    pub(crate) fn visit(&self, each: &mut dyn FnMut(&str, &str) -> String) -> Body {
        let visited = self.each(&mut |place, source| Ok(each(&place.path(), source)));
        // Nothing stops here.
        visited.unwrap_or_else(|_| self.clone())
    }

    /// What is wrong with the fields besides their templates.
    fn check(&self, problems: &mut Vec<Problem>) {
        match self {
            Body::Email(email) => email.check(problems),
            Body::Push(push) => push.check(problems),
            Body::WebPush(push) => push.check(problems),
            Body::Sms(sms) => sms.check(problems),
            Body::WhatsApp(message) => message.check(problems),
            Body::Webhook(webhook) => webhook.check(problems),
            Body::InApp(message) => message.check(problems),
            Body::Inbox(card) => card.check(problems),
        }
    }
}

/// What is done with each text.
type Each<'a> = dyn FnMut(Place, &str) -> Result<String, Stop> + 'a;

/// Where a text stands and in which form its values are put out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    name: &'static str,
    /// Of a list: which one.
    index: Option<usize>,
    /// Of a list: which of its fields.
    part: &'static str,
    pub form: Escaping,
    /// Whether line breaks would do harm, as in the header of an e-mail.
    pub line: bool,
}

impl Place {
    const fn new(name: &'static str, form: Escaping) -> Place {
        Place { name, index: None, part: "", form, line: false }
    }

    /// A text as it is.
    const fn text(name: &'static str) -> Place {
        Place::new(name, Escaping::Plain)
    }

    /// A text on one line.
    const fn line(name: &'static str) -> Place {
        Place { line: true, ..Place::new(name, Escaping::Plain) }
    }

    /// An address.
    const fn url(name: &'static str) -> Place {
        Place { line: true, ..Place::new(name, Escaping::Url) }
    }

    /// The same as part of a list.
    const fn of(self, index: usize, part: &'static str) -> Place {
        Place { index: Some(index), part, ..self }
    }

    /// `subject`, `buttons[0].title`.
    pub(crate) fn path(&self) -> String {
        match (self.index, self.part) {
            (None, "") => self.name.to_owned(),
            (None, part) => format!("{}.{part}", self.name),
            (Some(index), "") => format!("{}[{index}]", self.name),
            (Some(index), part) => format!("{}[{index}].{part}", self.name),
        }
    }
}

/// Goes through a list of texts.
fn each_of(place: Place, texts: &[String], each: &mut Each<'_>) -> Result<Vec<String>, Stop> {
    texts.iter().enumerate().map(|(i, text)| each(place.of(i, ""), text)).collect()
}

/// Goes through the values of names and values; names are no templates.
fn each_value(
    place: Place,
    pairs: &[(String, String)],
    each: &mut Each<'_>,
) -> Result<Vec<(String, String)>, Stop> {
    let value = |(i, (name, value)): (usize, &(String, String))| {
        Ok((name.clone(), each(place.of(i, ""), value)?))
    };
    pairs.iter().enumerate().map(value).collect()
}

/// Says that a field must be written.
fn missing(problems: &mut Vec<Problem>, field: &str, hint: &str) {
    let message = format!("the {} is missing", field.replace('_', " "));
    let problem = Problem::error(crate::problem::code::MISSING_FIELD, message);
    problems.push(problem.hint(hint).field(field));
}

/// Says that a list is too long.
fn bounded(problems: &mut Vec<Problem>, field: &str, n: usize) {
    if n > PARTS_MAX {
        let message = format!("there are {n} {field}, the most is {PARTS_MAX}");
        let problem = Problem::error(crate::problem::code::TOO_LARGE, message);
        problems.push(problem.hint("leave some out").field(field));
    }
}

#[cfg(test)]
mod tests;
