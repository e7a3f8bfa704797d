//! What campaigns say: from the API's form to compiled templates.

use std::collections::{BTreeMap, BTreeSet};

use message::content::{
    Annotations, Button, Email, EmailBody, InApp, InAppButton, InboxCard, Offer, PromotionCard,
    Push, ShowLimits, ShowWhen, Sms, Variant, WebPush, Webhook, WhatsApp, WhatsAppButton,
    WhatsAppHeader, WhatsAppMessage,
};
use message::{Body, Compiled, Content, Problem};
use model::{Span, Text};
use wire::api::{
    self, BodyForm, ButtonInput, CampaignInput, Channel, ContentInput, ContentProblem, OfferInput,
    WhatsappButtonInput, WhatsappButtonKind, WhatsappHeaderInput, WhatsappHeaderKind,
};

use crate::sentences::{self, check as says, hints};

/// The language that is for everybody else.
const DEFAULT: &str = "default";

/// The name under which a pop-up carries the colour of its background.
pub const BACKGROUND: &str = "background";

/// How long an inbox card stays at most: as long as messages are remembered.
const STAYS_MAX: Span = engine::outreach::REMEMBERED;

/// The contents of a campaign, by variant.
#[derive(Debug, Default)]
pub struct Contents(BTreeMap<Text, Compiled>, BTreeMap<Text, Fetched>);

/// What holds of messages that wait to be fetched, as the content for everybody says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// How often it is shown.
    pub limits: ShowLimits,
    /// How long it stays after it was decided; nothing: as long as messages of its campaign may wait.
    pub stays: Option<Span>,
}

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
            let fetched = match variant.content.get(DEFAULT).map(body) {
                Some(Body::InApp(popup)) => Fetched { limits: popup.limits, stays: None },
                Some(Body::Inbox(card)) => {
                    Fetched { limits: ShowLimits::default(), stays: card.expires_after }
                }
                _ => continue,
            };
            contents.1.insert(Text::new(&variant.id), fetched);
        }
        (contents, problems)
    }

    /// What holds of messages of a variant that wait to be fetched.
    pub fn fetched(&self, variant: &str) -> Fetched {
        self.1.get(variant).copied().unwrap_or_default()
    }

    /// The content of a variant.
    pub fn of(&self, variant: &str) -> Option<&Compiled> {
        self.0.get(variant)
    }

    /// Whether a variant says anything that not everybody may read: what templates name besides the campaign and
    /// the message is about the person, and links to leave a list act in their name. Of one that is not there, yes.
    pub fn personal(&self, variant: &str) -> bool {
        let Some(compiled) = self.of(variant) else { return true };
        let own = |read: &message::template::Read| match read.0.first().map(Text::as_str) {
            Some("campaign") => true,
            Some("message") => true,
            // Which row is asked for is personal if what names it is.
            Some("catalog") => true,
            _ => false,
        };
        !compiled.reads().all(own)
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

    /// Ids of the segments that they may ask for. Errors: what is written where an id is only computed.
    pub fn segments(&self) -> Result<Vec<Text>, String> {
        let mut ids = BTreeSet::new();
        for read in self.0.values().flat_map(Compiled::reads) {
            match &read.0[..] {
                [top] if top == "segment" => return Err("segment[…]".to_owned()),
                [top, id, ..] if top == "segment" => {
                    ids.insert(id.clone());
                }
                _ => {}
            }
        }
        Ok(ids.into_iter().collect())
    }

    /// Steps whose answers they name. Errors: what is written where a step is only computed.
    pub fn answers(&self) -> Result<Vec<Text>, String> {
        let mut steps = BTreeSet::new();
        for read in self.0.values().flat_map(Compiled::reads) {
            match &read.0[..] {
                [top] if top == "answer" => return Err("answer[…]".to_owned()),
                [top, step, ..] if top == "answer" => {
                    steps.insert(step.clone());
                }
                _ => {}
            }
        }
        Ok(steps.into_iter().collect())
    }

    /// Names of the catalogs that they may look rows up in.
    pub fn catalogs(&self) -> BTreeSet<Text> {
        let reads = self.0.values().flat_map(Compiled::reads);
        reads
            .filter_map(|read| match &read.0[..] {
                [top, name, ..] if top == "catalog" => Some(name.clone()),
                _ => None,
            })
            .collect()
    }
}

/// Compiles one message in all its languages.
pub fn compile(
    (channel, transactional): (Channel, bool),
    written: &BTreeMap<String, ContentInput>,
) -> (Option<Compiled>, Vec<ContentProblem>) {
    let Some(default) = written.get(DEFAULT) else {
        let hint = hints::DEFAULT.with([("locale", DEFAULT.into())]);
        let said = (says::NO_DEFAULT.into(), hint);
        return (None, vec![sentences::problem(true, "content.no_default", "", said)]);
    };
    let mut problems = Vec::new();
    for (locale, content) in written {
        problems.extend(stays(locale, content));
        let own = channel_of(content);
        let popup = own == Channel::InApp && channel == Channel::OnSite;
        if own != channel && !popup {
            let message = format!("it is not for the channel {channel:?}");
            let said = (message.into(), "write all contents for the campaign's channel".into());
            problems.push(sentences::problem(true, "content.wrong_channel", locale, said));
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

/// What is wrong with how long an inbox card stays.
fn stays(locale: &str, content: &ContentInput) -> Option<ContentProblem> {
    let ContentInput::Inbox { expires_after: Some(text), .. } = content else { return None };
    let fits = Span::parse(text).is_ok_and(|span| span.0 > 0 && span <= STAYS_MAX);
    (!fits).then(|| {
        let values = [("text", text.as_str().into()), ("most", STAYS_MAX.to_string().into())];
        let (code, place) =
            (message::problem::code::WRONG_FIELD, format!("{locale} expires_after"));
        let said = (says::SPAN_RANGE.with(values), hints::SPAN.into());
        sentences::problem(true, code, &place, said)
    })
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
    let said = (message.into(), hint.unwrap_or_default().into());
    sentences::problem(error, code, &place, said)
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
        ContentInput::InApp { .. } => Body::InApp(Box::new(popup(written))),
        ContentInput::Inbox { title, body, image, link, buttons, tags, pinned, expires_after } => {
            Body::Inbox(InboxCard {
                title: title.clone(),
                body: body.clone(),
                image: text(image),
                link: text(link),
                buttons: buttons.iter().map(button).collect(),
                pinned: *pinned,
                expires_after: expires_after.as_deref().and_then(|text| Span::parse(text).ok()),
                tags: tags.clone(),
            })
        }
    }
}

/// A pop-up; of another content, an empty one.
fn popup(written: &ContentInput) -> InApp {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let ContentInput::InApp {
        layout,
        title,
        body,
        image,
        html,
        link,
        buttons,
        delay_seconds,
        close_after_seconds,
        when,
        limits,
        background,
    } = written
    else {
        return InApp::default();
    };
    let background = background.iter().map(|colour| (BACKGROUND.to_owned(), colour.clone()));
    let api::ShowLimits { shows, per_session, per_day, lifetime } = *limits;
    InApp {
        layout: layout.clone(),
        title: title.clone(),
        body: body.clone(),
        image: text(image),
        html: text(html),
        link: text(link),
        buttons: buttons.iter().map(screen_button).collect(),
        when: match *when {
            api::ShowWhen::Now => ShowWhen::Now,
            api::ShowWhen::Inactive { seconds } => ShowWhen::Inactive { seconds },
            api::ShowWhen::Scrolled { percent } => ShowWhen::Scrolled { percent },
            api::ShowWhen::ExitIntent => ShowWhen::ExitIntent,
        },
        limits: ShowLimits { shows: shows.unwrap_or(1), per_session, per_day, lifetime },
        delay_ms: delay_seconds.saturating_mul(1_000),
        close_after_ms: close_after_seconds.map(|seconds| seconds.saturating_mul(1_000)),
        data: background.collect(),
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
