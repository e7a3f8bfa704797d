//! E-mails.

use super::{Each, Place, bounded, missing};
use crate::problem::{Problem, code};
use crate::template::{Escaping, Stop};

/// An e-mail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Email {
    /// The name that is shown as the sender.
    pub from_name: String,
    /// The address that is shown as the sender; empty for the one of the workspace.
    pub from: String,
    /// Where answers go; empty for the sender.
    pub reply_to: String,
    /// The subject.
    pub subject: String,
    /// What mail programs show behind the subject; empty for the beginning of the text.
    pub preheader: String,
    /// The message.
    pub body: EmailBody,
    /// The message for those who see no HTML; empty to take it from the HTML.
    pub text: String,
    /// The message for mail programs that run AMP; empty for none.
    pub amp: String,
    /// What Gmail shows in the list of promotions.
    pub annotations: Option<Annotations>,
}

/// The message of an e-mail, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmailBody {
    /// A document of HTML. Its style sheets are written into the elements when it is compiled.
    Html(String),
    /// A document of MJML, which becomes HTML when it is compiled.
    Mjml(String),
    /// Text only.
    Text(String),
}

impl Default for EmailBody {
    fn default() -> EmailBody {
        EmailBody::Text(String::new())
    }
}

/// What Gmail shows of an e-mail in the list of promotions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Annotations {
    /// The address of the sender's logo (https, square); empty for none.
    pub logo: String,
    /// An offer.
    pub offer: Option<Offer>,
    /// Pictures; several are shown side by side.
    pub cards: Vec<PromotionCard>,
}

/// An offer. Fields that are empty are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// A few words, as in `20 % off`.
    pub description: String,
    /// The code to enter.
    pub code: String,
    /// From when it holds: ISO 8601 with the offset of the time zone.
    pub starts: String,
    /// Until when it holds.
    pub ends: String,
}

/// A picture with what it shows. Fields that are empty are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PromotionCard {
    /// The address of the picture: PNG or JPEG, of 4:5, 1:1 or 1.91:1.
    pub image: String,
    /// Where it leads.
    pub url: String,
    /// A few words below it.
    pub headline: String,
    /// The price, as in `19.90`.
    pub price: String,
    /// The currency of the price, as in `EUR`.
    pub currency: String,
    /// How much the price was lowered by.
    pub discount: String,
}

/// An e-mail to one user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RenderedEmail {
    /// The name that is shown as the sender.
    pub from_name: String,
    /// The address that is shown as the sender; empty for the one of the workspace.
    pub from: String,
    /// Where answers go; empty for the sender.
    pub reply_to: String,
    /// The subject.
    pub subject: String,
    /// The message in HTML, with what is shown behind the subject and the annotations in it.
    pub html: Option<String>,
    /// The message for those who see no HTML.
    pub text: String,
    /// The message for mail programs that run AMP.
    pub amp: Option<String>,
    /// Whether it is written from right to left.
    pub right_to_left: bool,
    /// What mail programs show behind the subject; it is part of the HTML already.
    pub preheader: String,
    /// What Gmail shows in the list of promotions; it is part of the HTML already.
    pub annotations: Option<Annotations>,
}

impl Email {
    pub(super) fn each(&self, each: &mut Each<'_>) -> Result<Email, Stop> {
        Ok(Email {
            from_name: each(Place::line("from_name"), &self.from_name)?,
            from: each(Place::line("from"), &self.from)?,
            reply_to: each(Place::line("reply_to"), &self.reply_to)?,
            subject: each(Place::line("subject"), &self.subject)?,
            preheader: each(Place::line("preheader"), &self.preheader)?,
            body: match &self.body {
                EmailBody::Html(text) => {
                    EmailBody::Html(each(Place::new("body", Escaping::Html), text)?)
                }
                EmailBody::Mjml(text) => {
                    EmailBody::Mjml(each(Place::new("body", Escaping::Html), text)?)
                }
                EmailBody::Text(text) => EmailBody::Text(each(Place::text("body"), text)?),
            },
            text: each(Place::text("text"), &self.text)?,
            amp: each(Place::new("amp", Escaping::Html), &self.amp)?,
            annotations: match &self.annotations {
                Some(annotations) => Some(annotations.each(each)?),
                None => None,
            },
        })
    }

    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        if self.subject.trim().is_empty() {
            missing(problems, "subject", "write what the e-mail is about in a few words");
        }
        let body = match &self.body {
            EmailBody::Html(text) | EmailBody::Mjml(text) | EmailBody::Text(text) => text,
        };
        if body.trim().is_empty() {
            missing(problems, "body", "write the message as HTML, MJML or text");
        }
        for (field, address) in [("from", &self.from), ("reply_to", &self.reply_to)] {
            let plain = !address.contains("{{") && !address.contains("{%");
            if plain && !address.is_empty() && !mail_address(address) {
                let message = format!("\"{address}\" is not an e-mail address");
                let problem = Problem::error(code::WRONG_FIELD, message).field(field);
                problems.push(problem.hint("write it like news@shop.example"));
            }
        }
        if let Some(annotations) = &self.annotations {
            bounded(problems, "annotations.cards", annotations.cards.len());
        }
    }
}

impl Annotations {
    fn each(&self, each: &mut Each<'_>) -> Result<Annotations, Stop> {
        let line = |part| Place { part, ..Place::line("annotations.offer") };
        let offer = match &self.offer {
            Some(offer) => Some(Offer {
                description: each(line("description"), &offer.description)?,
                code: each(line("code"), &offer.code)?,
                starts: each(line("starts"), &offer.starts)?,
                ends: each(line("ends"), &offer.ends)?,
            }),
            None => None,
        };
        let mut cards = Vec::with_capacity(self.cards.len());
        for (i, card) in self.cards.iter().enumerate() {
            let line = |part| Place::line("annotations.cards").of(i, part);
            let url = |part| Place::url("annotations.cards").of(i, part);
            cards.push(PromotionCard {
                image: each(url("image"), &card.image)?,
                url: each(url("url"), &card.url)?,
                headline: each(line("headline"), &card.headline)?,
                price: each(line("price"), &card.price)?,
                currency: each(line("currency"), &card.currency)?,
                discount: each(line("discount"), &card.discount)?,
            });
        }
        let logo = each(Place::url("annotations.logo"), &self.logo)?;
        Ok(Annotations { logo, offer, cards })
    }
}

/// Whether a text has the form of an e-mail address: something, `@`, a domain with a dot.
pub(crate) fn mail_address(text: &str) -> bool {
    let wrong = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';');
    match text.rsplit_once('@') {
        Some((name, domain)) => {
            !name.is_empty()
                && !text.contains(wrong)
                && domain.contains('.')
                && !domain.starts_with('.')
                && !domain.ends_with('.')
        }
        None => false,
    }
}
