//! Messages as a user would see them, and test messages.

use std::collections::BTreeMap;
use std::sync::Arc;

use channels::answer::Answer;
use channels::contract::Outcome;
use engine::outreach::{Person, To, places};
use message::content::{Annotations, WhatsAppHeader};
use message::sms::Alphabet;
use message::{Context, Locale, Rendered, Stop};
use model::{Event, EventId, Text, Timestamp, UserIndex, Zone};
use segment::evaluate::{self, NoPopulation, UserHistory, attribute_at};
use serde_json::{Value as Json, json};
use wire::api::{CampaignTest, MessagePreview, MessagePreviewInput, ProviderTested, SmsLength};

use super::super::Service;
use crate::failure::Failure;
use crate::journeys::compile::{ANSWER_STATUS, STEPS_MAX};
use crate::outbox::Queued;
use crate::outbox::render::{self, Looked, TemplateScope};
use crate::outbox::told;
use crate::outreach::content::{channel_of, compile};

/// The links of a preview: they lead nowhere.
const NO_LINK: &str = "https://example.com/preview";

impl Service {
    /// A message as a user would see it, with everything that is wrong or unwise about it.
    pub fn preview_message(&self, input: &MessagePreviewInput) -> Result<MessagePreview, Failure> {
        let Some(first) = input.content.values().next() else {
            return Err(Failure::unprocessable("message.empty", "`content` is empty")
                .hint("write one under \"default\""));
        };
        let channel = channel_of(first);
        let (compiled, problems) = compile((channel, false), &input.content);
        let now = self.workspace.now();
        let (history, own) = match &input.user {
            Some(id) => {
                let (user, _) = self.known(id)?;
                let history = self.snapshot(None, None)?.history_of(user)?;
                (Some(history), Some(user))
            }
            None => (None, None),
        };
        let sight = self.sight();
        let attribute = |name: &str| {
            if sight.hides(name) {
                return None;
            }
            history.as_ref().and_then(|history| attribute_at(history, name, now)).cloned()
        };
        let written = input.locale.clone();
        let told = written.or_else(|| locale(&attribute).map(|text| text.to_string()));
        let locale = told.as_deref().and_then(Locale::parse).unwrap_or_default();
        let event = event(&input.properties, now);
        let answers = answers(&input.answers, now)?;
        let user = own.map_or_else(String::new, |_| input.user.clone().unwrap_or_default());
        let scope = TemplateScope {
            attribute: &attribute,
            user: &user,
            segment: &|id| history.as_ref().and_then(|history| self.member(id, history, now)),
            catalogs: Looked::at(self.workspace.catalogs()),
            event: event.as_ref(),
            answers: &answers,
            campaign: "preview",
            variant: "preview",
            message: "preview",
            links: Some((NO_LINK, NO_LINK)),
        };
        let zone = attribute("timezone").and_then(|value| match value {
            model::Value::Text(name) => Zone::named(&name),
            _ => None,
        });
        let zone = zone.unwrap_or(self.rules()?.zone.clone());
        let (mut rendered, mut stopped) = (None, None);
        let mut content = "default".to_owned();
        if let Some(compiled) = &compiled {
            let context = Context { zone, locale: locale.clone(), ..Context::at(now) };
            if let Ok(chosen) = compiled.choose(&scope, &context)
                && let Some((Some(own), _)) = compiled.variants().nth(chosen)
            {
                // Under the name that it was written with.
                let named =
                    input.content.keys().find(|key| Locale::parse(key).as_ref() == Some(own));
                content = named.cloned().unwrap_or_else(|| own.to_string());
            }
            match compiled.render(&scope, &context) {
                Ok(of) => rendered = Some(of),
                Err(Stop::Needs { request }) => {
                    stopped = Some(format!("it asks {} when it is sent", request.url));
                }
                Err(other) => stopped = Some(other.to_string()),
            }
        }
        let sms = match &rendered {
            Some(Rendered::Sms(sms)) => Some(sms_length(&sms.body)),
            _ => None,
        };
        Ok(MessagePreview {
            rendered: rendered.as_ref().map(shown),
            locale: locale.to_string(),
            right_to_left: locale.right_to_left(),
            stopped,
            problems,
            sms,
            content,
        })
    }

    /// Sends one message of a campaign to a test user now. It is neither decided nor counted.
    pub async fn test_campaign(
        &self,
        id: &str,
        input: &CampaignTest,
    ) -> Result<ProviderTested, Failure> {
        let service = self.clone();
        let (id, input) = (id.to_owned(), input.clone());
        let prepared = tokio::task::spawn_blocking(move || service.prepare_test(&id, &input));
        let (equipment, queued) = prepared
            .await
            .map_err(|error| Failure::new(500, "server.task", error.to_string()))??;
        let now = self.workspace.now();
        let to = queued.places[0].clone();
        let provider = equipment.provider_of(&queued, &to).cloned().ok_or_else(|| {
            Failure::new(409, "campaign.no_provider", "there is no provider for the channel")
        })?;
        let refused = |of: render::Unrendered| {
            Failure::unprocessable("message.not_rendered", format!("{}: {}", of.code, of.detail))
        };
        let ready = render::message(&equipment, &provider, &queued, now).await.map_err(refused)?;
        let outgoing = ready.outgoing(&provider, &queued, &to, now).map_err(refused)?;
        let started = std::time::Instant::now();
        let outcome = provider.channel.send(outgoing).await;
        let took_ms = started.elapsed().as_secs_f64() * 1e3;
        Ok(match outcome {
            Outcome::Accepted { provider_id, .. } => {
                ProviderTested { accepted: true, code: None, detail: None, provider_id, took_ms }
            }
            Outcome::Rejected { code, detail, .. } | Outcome::Retry { code, detail, .. } => {
                let (code, detail) = (Some(code.name().to_owned()), Some(detail));
                ProviderTested { accepted: false, code, detail, provider_id: None, took_ms }
            }
        })
    }

    /// Whether a user is in a segment now; nothing: there is none, or whoever asks may not see it.
    fn member(&self, id: &str, history: &UserHistory, now: Timestamp) -> Option<bool> {
        let rules = self.rules().ok()?;
        let segment = rules.segments.get(id)?;
        self.sight().check(segment, &rules).ok()?;
        let context = evaluate::Context { rules: &rules, population: &NoPopulation };
        Some(evaluate::holds(segment, history, now, &context))
    }

    fn prepare_test(
        &self,
        id: &str,
        input: &CampaignTest,
    ) -> Result<(crate::outbox::Equipment, Queued), Failure> {
        let saved = self.saved_campaign(id)?;
        let definition = super::read(&saved)?;
        if !self.is_test_user(&input.user)? {
            let message = format!("\"{}\" is no test user", input.user);
            return Err(Failure::unprocessable("campaign.not_test_user", message)
                .hint("flag them with PUT /api/users/{id}/test-user first"));
        }
        let ready = self.ready(&definition, id)?;
        let variant = match &input.variant {
            Some(variant) => variant.clone(),
            None => definition.variants.first().map(|of| of.id.clone()).unwrap_or_default(),
        };
        let (user, _) = self.known(&input.user)?;
        let now = self.workspace.now();
        let history = self.snapshot(None, None)?.history_of(user)?;
        let queued = self.test_message((user, &history), &ready, (id, &variant), now)?;
        let outfit = self.outfit()?.campaigns_with(ready);
        let (providers, links) = (self.sending()?, self.links()?);
        let outfit = Arc::new(outfit);
        let catalogs = Arc::clone(self.workspace.catalogs());
        Ok((crate::outbox::Equipment { outfit, providers, catalogs, links }, queued))
    }

    fn test_message(
        &self,
        (user, history): (UserIndex, &UserHistory),
        ready: &crate::outreach::Ready,
        (campaign, variant): (&str, &str),
        now: Timestamp,
    ) -> Result<Queued, Failure> {
        let values: BTreeMap<String, model::Value> = ready
            .needs
            .iter()
            .filter_map(|name| Some((name.to_string(), attribute_at(history, name, now)?.clone())))
            .collect();
        let of_fold = values.clone();
        let channel = ready.campaign.channel;
        let (open, locale, zone) = self.workspace.fold(move |fold| {
            let attribute = |name: &str| of_fold.get(name).cloned();
            let address = crate::workspace::address_of;
            let person = Person { user, fold, attribute: &attribute, address: &address };
            (places(&person, channel, None), person.locale(), person.zone())
        })?;
        let places: Vec<To> = open.into_iter().map(|place| place.to).take(1).collect();
        if places.is_empty() {
            let message = "the test user has no address on the channel";
            return Err(Failure::unprocessable("campaign.no_address", message));
        }
        let attributes = ready
            .reads
            .iter()
            .filter_map(|name| Some((name.clone(), values.get(name.as_str())?.clone())));
        Ok(Queued {
            message: EventId::of(&super::random_id("test-")?),
            campaign: Text::new(campaign),
            variant: Text::new(variant),
            channel,
            priority: 0,
            user: history.id.clone(),
            who: model::Who::user(&history.id),
            retried: 0,
            at: now,
            places,
            attributes: attributes.collect(),
            memberships: ready
                .segments
                .iter()
                .filter_map(|id| Some((id.clone(), self.member(id, history, now)?)))
                .collect(),
            event: None,
            run: Text::default(),
            answers: Vec::new(),
            locale,
            zone,
            labels: Text::default(),
        })
    }
}

fn locale(attribute: &dyn Fn(&str) -> Option<model::Value>) -> Option<Text> {
    ["locale", "language", "device.language"].into_iter().find_map(|name| match attribute(name) {
        Some(model::Value::Text(text)) if !text.is_empty() => Some(text),
        _ => None,
    })
}

fn event(properties: &BTreeMap<String, Json>, now: Timestamp) -> Option<Event> {
    if properties.is_empty() {
        return None;
    }
    let mut flat = Vec::new();
    for (name, value) in properties {
        super::flatten(name, value, &mut flat);
    }
    model::record::sort_properties(&mut flat);
    Some(Event { name: Text::const_new("preview"), time: now, id: EventId(0), properties: flat })
}

/// Answers of servers, as steps have them.
fn answers(
    written: &BTreeMap<String, Json>,
    now: Timestamp,
) -> Result<Vec<(Text, Arc<Event>)>, Failure> {
    if written.len() > STEPS_MAX {
        let message = format!("`answers`: there are {}, of at most {STEPS_MAX}", written.len());
        return Err(Failure::unprocessable("message.answer", message));
    }
    let answer = |(step, said): (&String, &Json)| {
        let fields = channels::answer::fields(said).map_err(|unread| {
            let message = format!("`answers.{step}`: no server answers so: {unread}");
            Failure::unprocessable("message.answer", message)
                .hint("write an object, as in {\"left\": 3}")
        })?;
        let answer = Answer { status: ANSWER_STATUS, fields: Ok(fields) };
        let mut properties = told::answer_properties(answer);
        model::record::sort_properties(&mut properties);
        let name = Text::const_new(model::outreach::ANSWERED);
        let event = Event { name, time: now, id: EventId(0), properties };
        Ok((Text::new(step), Arc::new(event)))
    };
    written.iter().map(answer).collect()
}

fn sms_length(text: &str) -> SmsLength {
    let counted = message::sms::parts(text);
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    SmsLength {
        encoding: match counted.alphabet {
            Alphabet::Gsm => "gsm7".to_owned(),
            Alphabet::Ucs2 => "ucs2".to_owned(),
        },
        units: number(counted.units),
        parts: number(counted.parts.len()),
        left: number(counted.left),
        forced_by: counted.forced_by.iter().map(char::to_string).collect(),
    }
}

/// What Gmail would show of the offer; one picture at the most, as the API takes one.
fn offer(own: &Annotations) -> Json {
    let offer = own.offer.clone().unwrap_or_default();
    let card = own.cards.first().cloned().unwrap_or_default();
    json!({
        "description": offer.description, "code": offer.code,
        "starts_at": offer.starts, "ends_at": offer.ends, "logo": own.logo,
        "image": card.image, "link": card.url, "headline": card.headline,
        "price": card.price, "currency": card.currency, "discount": card.discount,
    })
}

fn header_value(header: &WhatsAppHeader) -> Json {
    let (kind, value) = match header {
        WhatsAppHeader::Text(value) => ("text", value),
        WhatsAppHeader::Image(value) => ("image", value),
        WhatsAppHeader::Video(value) => ("video", value),
        WhatsAppHeader::Document(value) => ("document", value),
    };
    json!({ "kind": kind, "value": value })
}

/// The fields of a rendered message, by name.
fn shown(rendered: &Rendered) -> BTreeMap<String, Json> {
    let object = match rendered {
        Rendered::Email(own) => json!({
            "subject": own.subject, "html": own.html, "text": own.text, "amp": own.amp,
            "from": own.from, "from_name": own.from_name, "reply_to": own.reply_to,
            "preheader": own.preheader, "offer": own.annotations.as_ref().map(offer),
        }),
        Rendered::Push(own) => json!({
            "title": own.title, "body": own.body, "image": own.image, "link": own.link,
            "buttons": own.buttons.iter().map(|b| json!({"title": b.title, "link": b.link})).collect::<Vec<_>>(),
        }),
        Rendered::WebPush(own) => json!({
            "title": own.title, "body": own.body, "icon": own.icon, "image": own.image,
            "link": own.link,
            "buttons": own.actions.iter().map(|b| json!({"title": b.title, "link": b.link})).collect::<Vec<_>>(),
        }),
        Rendered::Sms(own) => json!({ "body": own.body }),
        Rendered::WhatsApp(own) => match &own.message {
            message::content::WhatsAppMessage::Text(text) => json!({ "body": text }),
            message::content::WhatsAppMessage::Template {
                name,
                language,
                header,
                body,
                buttons,
            } => {
                json!({
                    "template": name, "language": language, "parameters": body,
                    "header": header.as_ref().map(header_value),
                    "buttons": buttons.iter()
                        .map(|b| json!({"index": b.index, "kind": b.kind, "value": b.value}))
                        .collect::<Vec<_>>(),
                })
            }
        },
        Rendered::Webhook(own) => {
            json!({ "method": own.method, "url": own.url, "body": own.body })
        }
        Rendered::InApp(own) => json!({
            "layout": own.layout, "title": own.title, "body": own.body, "image": own.image,
            "html": own.html, "link": own.link,
            "buttons": own.buttons.iter().map(|b| json!({"title": b.title, "link": b.link})).collect::<Vec<_>>(),
        }),
        Rendered::Inbox(own) => json!({
            "title": own.title, "body": own.body, "image": own.image, "link": own.link,
        }),
    };
    match object {
        Json::Object(fields) => fields.into_iter().collect(),
        _ => BTreeMap::new(),
    }
}
