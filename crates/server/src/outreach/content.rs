//! What campaigns say: from the API's form to compiled templates.

use std::collections::{BTreeMap, BTreeSet};

use message::content::{
    Annotations, Button, Email, EmailBody, InApp, InAppButton, InboxCard, Offer, PromotionCard,
    Push, Sms, Variant, WebPush, Webhook, WhatsApp, WhatsAppButton, WhatsAppHeader,
    WhatsAppMessage,
};
use message::{Body, Compiled, Content, Problem};
use model::{Span, Text};
use wire::api::{
    BodyForm, ButtonInput, CampaignInput, Channel, ContentInput, ContentProblem, OfferInput,
    WhatsappButtonInput, WhatsappButtonKind, WhatsappHeaderInput, WhatsappHeaderKind,
};

/// The language that is for everybody else.
const DEFAULT: &str = "default";

/// The contents of a campaign, by variant.
#[derive(Debug, Default)]
pub struct Contents(BTreeMap<Text, Compiled>);

impl Contents {
    /// Compiles everything that a campaign says, with everything that is wrong or unwise about it.
    pub fn compile(input: &CampaignInput) -> (Contents, Vec<ContentProblem>) {
        let (mut contents, mut problems) = (Contents::default(), Vec::new());
        for variant in &input.variants {
            let of = (input.channel, input.transactional);
            let (compiled, found) = compile(of, &variant.content);
            problems.extend(found.into_iter().map(|problem| ContentProblem {
                place: format!("{} {}", variant.id, problem.place).trim_end().to_owned(),
                ..problem
            }));
            if let Some(compiled) = compiled {
                contents.0.insert(Text::new(&variant.id), compiled);
            }
        }
        (contents, problems)
    }

    /// The content of a variant.
    pub fn of(&self, variant: &str) -> Option<&Compiled> {
        self.0.get(variant)
    }

    /// Attributes of profiles that templates name.
    pub fn reads(&self) -> Vec<Text> {
        let mut names = BTreeSet::new();
        for read in self.0.values().flat_map(Compiled::reads) {
            if let [top, rest @ ..] = &read.0[..]
                && top == "profile"
                && !rest.is_empty()
            {
                // Attributes have dotted names: any beginning may be the one that is meant.
                names.extend((1..=rest.len()).map(|n| Text::from(rest[..n].join("."))));
            }
        }
        names.into_iter().collect()
    }
}

/// Compiles one message in all its languages.
pub fn compile(
    (channel, transactional): (Channel, bool),
    written: &BTreeMap<String, ContentInput>,
) -> (Option<Compiled>, Vec<ContentProblem>) {
    let Some(default) = written.get(DEFAULT) else {
        let message = "there is no content for everybody else".to_owned();
        let hint = format!("write one under \"{DEFAULT}\"");
        let code = "content.no_default".to_owned();
        return (
            None,
            vec![ContentProblem { error: true, code, place: String::new(), message, hint }],
        );
    };
    let mut problems = Vec::new();
    for (locale, content) in written {
        if channel_of(content) != channel {
            let message = format!("it is not for the channel {channel:?}");
            let hint = "write all contents for the campaign's channel".to_owned();
            let code = "content.wrong_channel".to_owned();
            let place = locale.clone();
            problems.push(ContentProblem { error: true, code, place, message, hint });
        }
    }
    if !problems.is_empty() {
        return (None, problems);
    }
    let variants = written.iter().filter(|(locale, _)| *locale != DEFAULT);
    let variants = variants.map(|(locale, content)| Variant {
        locale: locale.clone(),
        value: None,
        body: body(content),
    });
    let content =
        Content { default: body(default), property: String::new(), variants: variants.collect() };
    problems.extend(lint(&content, transactional));
    match content.compile() {
        Ok(compiled) => (Some(compiled), problems),
        Err(found) => {
            problems.extend(found.into_iter().map(problem));
            (None, problems)
        }
    }
}

fn lint(content: &Content, transactional: bool) -> Vec<ContentProblem> {
    let purpose = match transactional {
        true => message::lint::Purpose::Transactional,
        false => message::lint::Purpose::Marketing,
    };
    message::lint::content(content, purpose).into_iter().map(problem).collect()
}

/// A problem in the form of the API.
pub fn problem(problem: Problem) -> ContentProblem {
    let error = problem.fatal();
    let Problem { code, message, hint, field, locale, line, column, .. } = problem;
    let mut place = locale.as_str().to_owned();
    for part in [field.as_str()] {
        if !part.is_empty() {
            place = format!("{place} {part}").trim().to_owned();
        }
    }
    if line > 0 {
        place = format!("{place} {line}:{column}").trim().to_owned();
    }
    ContentProblem { error, code: code.to_owned(), place, message, hint: hint.unwrap_or_default() }
}

/// The channel of a content.
pub fn channel_of(content: &ContentInput) -> Channel {
    match content {
        ContentInput::Email { .. } => Channel::Email,
        ContentInput::Push { .. } => Channel::Push,
        ContentInput::WebPush { .. } => Channel::WebPush,
        ContentInput::Sms { .. } => Channel::Sms,
        ContentInput::Whatsapp { .. } => Channel::Whatsapp,
        ContentInput::Webhook { .. } => Channel::Webhook,
        ContentInput::InApp { .. } => Channel::InApp,
        ContentInput::Inbox { .. } => Channel::Inbox,
    }
}

fn body(written: &ContentInput) -> Body {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    match written {
        ContentInput::Email {
            subject,
            preheader,
            body,
            form,
            text: plain,
            amp,
            from,
            from_name,
            reply_to,
            offer,
        } => Body::Email(Box::new(Email {
            from_name: text(from_name),
            from: text(from),
            reply_to: text(reply_to),
            subject: subject.clone(),
            preheader: preheader.clone(),
            body: match form {
                BodyForm::Html => EmailBody::Html(body.clone()),
                BodyForm::Mjml => EmailBody::Mjml(body.clone()),
                BodyForm::Text => EmailBody::Text(body.clone()),
            },
            text: text(plain),
            amp: text(amp),
            annotations: offer.as_ref().map(annotations),
        })),
        ContentInput::Push {
            title,
            body,
            image,
            link,
            ttl_seconds,
            collapse_key,
            android_channel,
            buttons,
            data,
        } => Body::Push(Push {
            title: title.clone(),
            body: body.clone(),
            image: text(image),
            link: text(link),
            ttl_s: *ttl_seconds,
            collapse_key: text(collapse_key),
            channel: text(android_channel),
            buttons: buttons.iter().map(button).collect(),
            data: data.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        }),
        ContentInput::WebPush { title, body, icon, image, link, buttons, ttl_seconds } => {
            Body::WebPush(WebPush {
                title: title.clone(),
                body: body.clone(),
                icon: text(icon),
                image: text(image),
                link: text(link),
                actions: buttons.iter().map(button).collect(),
                ttl_s: *ttl_seconds,
            })
        }
        ContentInput::Sms { body } => Body::Sms(Sms { body: body.clone() }),
        // Wording and footer are for people: WhatsApp has them with the template.
        ContentInput::Whatsapp {
            template,
            language,
            header,
            parameters,
            buttons,
            body,
            wording: _,
            footer: _,
        } => {
            let message = match template {
                Some(name) => WhatsAppMessage::Template {
                    name: name.clone(),
                    language: text(language),
                    header: header.as_ref().map(whatsapp_header),
                    body: parameters.clone(),
                    buttons: whatsapp_buttons(buttons),
                },
                None => WhatsAppMessage::Text(body.clone()),
            };
            Body::WhatsApp(WhatsApp { message })
        }
        ContentInput::Webhook { method, url, headers, body } => Body::Webhook(Webhook {
            method: method.clone().unwrap_or_else(|| "POST".into()),
            url: url.clone(),
            headers: headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            body: body.clone(),
        }),
        ContentInput::InApp { layout, title, body, image, buttons, delay_seconds, background } => {
            let background = background.iter().map(|colour| ("background".into(), colour.clone()));
            Body::InApp(Box::new(InApp {
                layout: layout.clone(),
                title: title.clone(),
                body: body.clone(),
                image: text(image),
                html: String::new(),
                buttons: buttons.iter().map(screen_button).collect(),
                delay_ms: delay_seconds.saturating_mul(1_000),
                close_after_ms: None,
                data: background.collect(),
            }))
        }
        ContentInput::Inbox { title, body, image, link, pinned, expires_after } => {
            Body::Inbox(InboxCard {
                title: title.clone(),
                body: body.clone(),
                image: text(image),
                link: text(link),
                buttons: Vec::new(),
                pinned: *pinned,
                expires_after: expires_after.as_deref().and_then(|text| Span::parse(text).ok()),
                tags: Vec::new(),
            })
        }
    }
}

fn button(written: &ButtonInput) -> Button {
    Button { title: written.title.clone(), link: written.link.clone().unwrap_or_default() }
}

fn screen_button(written: &ButtonInput) -> InAppButton {
    let ButtonInput { id, title, link } = written;
    InAppButton { id: id.clone(), title: title.clone(), link: link.clone().unwrap_or_default() }
}

fn whatsapp_header(written: &WhatsappHeaderInput) -> WhatsAppHeader {
    let value = written.value.clone();
    match written.kind {
        WhatsappHeaderKind::Text => WhatsAppHeader::Text(value),
        WhatsappHeaderKind::Image => WhatsAppHeader::Image(value),
        WhatsappHeaderKind::Video => WhatsAppHeader::Video(value),
        WhatsappHeaderKind::Document => WhatsAppHeader::Document(value),
    }
}

/// The buttons that have something to fill in, under their places in the template.
fn whatsapp_buttons(written: &[WhatsappButtonInput]) -> Vec<WhatsAppButton> {
    let numbered = written.iter().zip(0u8..=u8::MAX);
    let variable = numbered.filter_map(|(button, index)| {
        let kind = match button.kind {
            WhatsappButtonKind::QuickReply => "quick_reply",
            WhatsappButtonKind::Url => "url",
            WhatsappButtonKind::CopyCode => "copy_code",
            WhatsappButtonKind::Phone => return None,
        };
        let value = button.value.clone();
        (!value.is_empty()).then(|| WhatsAppButton { index, kind: kind.to_owned(), value })
    });
    variable.collect()
}

fn annotations(written: &OfferInput) -> Annotations {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let card = written.image.as_ref().map(|image| PromotionCard {
        image: image.clone(),
        url: text(&written.link),
        headline: written.headline.clone().unwrap_or_else(|| text(&written.description)),
        price: text(&written.price),
        currency: text(&written.currency),
        discount: text(&written.discount),
    });
    Annotations {
        logo: text(&written.logo),
        offer: Some(Offer {
            description: text(&written.description),
            code: text(&written.code),
            starts: text(&written.starts_at),
            ends: text(&written.ends_at),
        }),
        cards: card.into_iter().collect(),
    }
}
