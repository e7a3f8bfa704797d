//! From a message that was decided to what its provider takes.
//!
//! What it is: the scope of templates (profile, event, campaign, links), linked content with time limits and a
//! cache, tracked links, and the mapping to each channel's form. What it is not: it chooses no variant and no
//! address.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use channels::contract::{Destination, Outgoing, Payload};
use channels::email::{Mailbox, Unsubscribe, verp};
use channels::http::{Client, Request as HttpRequest};
use channels::net::Reach;
use channels::{email, webhook};
use engine::journey::answer;
use engine::outreach::To;
use engine::schedule::Channel;
use message::links::{LinkSigner, MessageRef, wrap, wrap_text};
use message::{Answer, Compiled, Context, Locale, Rendered, Request, Scope, Stop, Value, template};
use model::{Event, Span, Text, Timestamp, Zone};

use super::provider::{Kind, Provider};
use super::{Equipment, Queued};
use crate::catalogs::Catalogs;

/// How long links of a message work.
const LINKS_LIVE: Span = Span::days(2 * 365);

/// Requests of one message to other servers, one after the other.
const FETCHES_MAX: usize = 10;

/// Answers of other servers that are kept.
const ANSWERS_KEPT: usize = 10_000;

/// Rows of catalogs that one message keeps at hand.
const ROWS_KEPT: usize = 64;

/// Bytes of the name of this server in addresses that bounces go to.
const BOUNCES: &str = "bounces";

/// Why a message cannot be sent at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unrendered {
    /// A stable code.
    pub code: &'static str,
    /// What is known of it.
    pub detail: String,
}

/// What links are made with.
pub struct Links {
    /// Signs them.
    pub signer: LinkSigner,
    /// Links are wrapped and opens counted.
    pub track: bool,
}

/// Answers of other servers, for as long as templates say.
#[derive(Default)]
pub struct Linked {
    client: Option<Client>,
    kept: Mutex<HashMap<Request, (Answer, Instant)>>,
}

/// A message as its channel sends it.
pub struct Ready {
    rendered: Rendered,
    unsubscribe: Option<String>,
    /// What a server says to it is of interest.
    asks: bool,
}

/// Whether messages of a channel are handed to a provider, not fetched by whoever they are for.
pub fn is_pushed(channel: Channel) -> bool {
    !matches!(channel, Channel::InApp | Channel::OnSite | Channel::Inbox)
}

/// What templates find.
pub struct TemplateScope<'a> {
    /// Attributes of the user, by dotted name.
    pub attribute: &'a (dyn Fn(&str) -> Option<model::Value> + Sync),
    /// The id under which the user is shown.
    pub user: &'a str,
    /// Whether the user is in a segment, by its id.
    pub segment: &'a (dyn Fn(&str) -> Option<bool> + Sync),
    /// Rows that are looked up by id.
    pub catalogs: Looked<'a>,
    /// The event that triggered it.
    pub event: Option<&'a Event>,
    /// Answers of servers that earlier steps asked, by step.
    pub answers: &'a [(Text, Arc<Event>)],
    /// The campaign.
    pub campaign: &'a str,
    /// The variant.
    pub variant: &'a str,
    /// The message.
    pub message: &'a str,
    /// Where to leave the list, and where to choose.
    pub links: Option<(&'a str, &'a str)>,
}

impl Scope for TemplateScope<'_> {
    fn find(&self, path: &[&str]) -> Option<(Value, usize)> {
        let text = |text: &str| Some((Value::text(text), path.len().min(2)));
        match path {
            ["profile", "id"] | ["user", "id"] => text(self.user),
            ["profile", rest @ ..] if !rest.is_empty() => {
                let mut get = |name: &str| (self.attribute)(name).as_ref().map(Value::from);
                let (value, n) = template::find_flat(rest, &mut get)?;
                Some((value, n + 1))
            }
            ["event", "name"] => text(&self.event?.name),
            ["event", rest @ ..] if !rest.is_empty() => {
                let properties = &self.event?.properties;
                let mut get = |name: &str| {
                    let own = properties.iter().find(|(own, _)| own == name);
                    own.map(|(_, value)| Value::from(value))
                };
                let (value, n) = template::find_flat(rest, &mut get)?;
                Some((value, n + 1))
            }
            ["answer", step, rest @ ..] => {
                let (_, answer) = self.answers.iter().find(|(own, _)| own == step)?;
                if rest.is_empty() {
                    return Some((Value::Bool(true), 2));
                }
                let mut get = |name: &str| answer::field(answer, name).as_ref().map(Value::from);
                let (value, n) = template::find_flat(rest, &mut get)?;
                Some((value, n + 2))
            }
            ["segment", id, ..] => Some((Value::Bool((self.segment)(id)?), 2)),
            ["catalog", name, id, ..] => Some((self.catalogs.row(name, id)?, 3)),
            ["campaign", "id"] => text(self.campaign),
            ["campaign", "variant"] => text(self.variant),
            ["message", "id"] => text(self.message),
            ["unsubscribe_url", ..] => Some((Value::text(self.links?.0), 1)),
            ["preferences_url", ..] => Some((Value::text(self.links?.1), 1)),
            _ => None,
        }
    }
}

/// Rows of catalogs that one message looks at, each read once.
pub struct Looked<'a> {
    catalogs: &'a Catalogs,
    rows: Mutex<Vec<Row>>,
}

/// A row that was looked at, under its catalog and its id.
type Row = ((String, String), Option<Value>);

impl<'a> Looked<'a> {
    /// None yet.
    pub fn at(catalogs: &'a Catalogs) -> Looked<'a> {
        Looked { catalogs, rows: Mutex::default() }
    }

    fn row(&self, catalog: &str, id: &str) -> Option<Value> {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, row)) = rows.iter().find(|((of, own), _)| of == catalog && own == id) {
            return row.clone();
        }
        let found = self.catalogs.item(catalog, id).unwrap_or_else(|error| {
            tracing::error!(%error, "a catalog cannot be read; a message goes without the row");
            None
        });
        let row = found.as_deref().and_then(message::parse_json);
        if rows.len() < ROWS_KEPT {
            rows.push(((catalog.to_owned(), id.to_owned()), row.clone()));
        }
        row
    }
}

/// Renders a message.
pub async fn message(
    equipment: &Equipment,
    provider: &Provider,
    queued: &Queued,
    now: Timestamp,
) -> Result<Ready, Unrendered> {
    let (mut rendered, reference, leave) = filled(equipment, &provider.linked, queued, now).await?;
    if let (Some(links), Some(of)) = (&equipment.links, &reference) {
        track(&mut rendered, &links.signer, of);
    }
    let campaign = equipment.outfit.campaigns.get(&queued.campaign);
    let transactional = campaign.is_some_and(|of| of.campaign.transactional);
    // Mail programs take one-click links with https alone (RFC 8058).
    let unsubscribe = leave.filter(|leave| !transactional && leave.starts_with("https://"));
    let asks = campaign.is_some_and(|of| of.asked.is_some());
    Ok(Ready { rendered, unsubscribe, asks })
}

/// Renders a message that is fetched: links in it lead where they say.
pub async fn fetched(
    equipment: &Equipment,
    linked: &Linked,
    queued: &Queued,
    now: Timestamp,
) -> Result<Rendered, Unrendered> {
    Ok(filled(equipment, linked, queued, now).await?.0)
}

/// What a message says, what its links are made of, and where one leaves.
async fn filled(
    equipment: &Equipment,
    linked: &Linked,
    queued: &Queued,
    now: Timestamp,
) -> Result<(Rendered, Option<MessageRef>, Option<String>), Unrendered> {
    let gone = |what: &str| Unrendered { code: "content.gone", detail: what.to_owned() };
    let campaign =
        equipment.outfit.campaigns.get(&queued.campaign).ok_or_else(|| gone("no such campaign"))?;
    let content = campaign.contents.of(&queued.variant).ok_or_else(|| gone("no such variant"))?;
    let reference = equipment.links.as_ref().map(|links| MessageRef {
        id: queued.message.0,
        expires_at: queued.at.plus(LINKS_LIVE),
        clicks: links.track,
        opens: links.track && queued.channel == Channel::Email,
        parameters: parameters(queued),
    });
    let signer = equipment.links.as_ref().map(|links| &links.signer);
    let leave = signer
        .zip(reference.as_ref())
        .map(|(signer, of)| (signer.unsubscribe_url(of), signer.preferences_url(of)));
    let attribute = |name: &str| {
        let own = queued.attributes.iter().find(|(own, _)| own == name);
        own.map(|(_, value)| value.clone())
    };
    let id = queued.message.to_string();
    let scope = TemplateScope {
        attribute: &attribute,
        user: &queued.user,
        segment: &|id| queued.memberships.iter().find(|(own, _)| own == id).map(|(_, is)| *is),
        catalogs: Looked::at(&equipment.catalogs),
        event: queued.event.as_deref(),
        answers: &queued.answers,
        campaign: &queued.campaign,
        variant: &queued.variant,
        message: &id,
        links: leave.as_ref().map(|(leave, choose)| (leave.as_str(), choose.as_str())),
    };
    let zone = queued.zone.as_deref().and_then(Zone::named);
    let zone = zone.unwrap_or_else(|| equipment.outfit.policy.zone.clone());
    let locale = queued.locale.as_deref().and_then(Locale::parse).unwrap_or_default();
    let rendered = with_answers(content, &scope, (now, zone, locale), linked).await?;
    Ok((rendered, reference, leave.map(|(leave, _)| leave)))
}

/// Names and values that are added to links.
fn parameters(queued: &Queued) -> Vec<(String, String)> {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    vec![
        pair("utm_source", "perennial"),
        pair("utm_medium", queued.channel.name()),
        pair("utm_campaign", &queued.campaign),
    ]
}

fn track(rendered: &mut Rendered, signer: &LinkSigner, of: &MessageRef) {
    match rendered {
        Rendered::Email(email) => {
            if let Some(html) = &mut email.html {
                *html = wrap(html, signer, of).text;
            }
            email.text = wrap_text(&email.text, signer, of).text;
        }
        Rendered::Sms(sms) => sms.body = wrap_text(&sms.body, signer, of).text,
        // The apps that show these tell clicks themselves.
        Rendered::Push(_)
        | Rendered::WebPush(_)
        | Rendered::WhatsApp(_)
        | Rendered::Webhook(_)
        | Rendered::InApp(_)
        | Rendered::Inbox(_) => {}
    }
}

/// Renders, and fetches what templates need of other servers.
pub async fn with_answers(
    content: &Compiled,
    scope: &(dyn Scope + Sync),
    (now, zone, locale): (Timestamp, Zone, Locale),
    linked: &Linked,
) -> Result<Rendered, Unrendered> {
    let mut answers: Vec<(Request, Answer)> = Vec::new();
    loop {
        let stopped = {
            let context = Context {
                zone: zone.clone(),
                locale: locale.clone(),
                answers: &answers,
                ..Context::at(now)
            };
            match content.render(scope, &context) {
                Ok(rendered) => return Ok(rendered),
                Err(stopped) => stopped,
            }
        };
        match stopped {
            Stop::Abort { reason } => {
                return Err(Unrendered { code: "template.aborted", detail: reason });
            }
            Stop::Limit { .. } => {
                return Err(Unrendered { code: "template.limit", detail: stopped.to_string() });
            }
            Stop::Needs { request } if answers.len() < FETCHES_MAX => {
                let answer = linked.answer(&request).await;
                answers.push((*request, answer));
            }
            Stop::Needs { .. } => {
                let detail = format!("more than {FETCHES_MAX} answers of other servers");
                return Err(Unrendered { code: "template.linked", detail });
            }
        }
    }
}

impl Linked {
    /// With a client of these settings; without one every answer is an empty one.
    pub fn new(client: Option<Client>) -> Linked {
        Linked { client, kept: Mutex::default() }
    }

    async fn answer(&self, request: &Request) -> Answer {
        if let Some(kept) = self.kept(request) {
            return kept;
        }
        let nothing = Answer { status: 0, body: String::new() };
        let Some(client) = &self.client else { return nothing };
        let method = request.method.parse().unwrap_or(axum::http::Method::GET);
        let sent = HttpRequest {
            method,
            url: request.url.clone(),
            headers: request.headers.clone(),
            body: request.body.clone().into(),
        };
        let answer = match client.send(sent).await {
            Ok(response) => Answer {
                status: response.status,
                body: String::from_utf8_lossy(&response.body).into_owned(),
            },
            Err(_) => nothing,
        };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= ANSWERS_KEPT {
            kept.clear();
        }
        if answer.status > 0 && request.cache_s > 0 {
            let until = Instant::now() + Duration::from_secs(u64::from(request.cache_s));
            kept.insert(request.clone(), (answer.clone(), until));
        }
        answer
    }

    fn kept(&self, request: &Request) -> Option<Answer> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (answer, until) = kept.get(request)?;
        (*until > Instant::now()).then(|| answer.clone())
    }
}

impl Ready {
    /// What was rendered.
    pub fn rendered(&self) -> &Rendered {
        &self.rendered
    }

    /// A message for one place, in its provider's form.
    pub fn outgoing(
        &self,
        provider: &Provider,
        queued: &Queued,
        to: &To,
        now: Timestamp,
    ) -> Result<Outgoing, Unrendered> {
        let key = queued.message.to_string();
        let (to, mut payload) =
            payload(&self.rendered, provider, to, &key, self.unsubscribe.as_deref()).ok_or_else(
                || Unrendered {
                    code: "content.foreign",
                    detail: "the provider takes nothing of this channel".to_owned(),
                },
            )?;
        if let Payload::Webhook(webhook) = &mut payload {
            webhook.asks = self.asks;
        }
        Ok(Outgoing { key, to, payload, now })
    }
}

/// A rendered message in the form of a provider; nothing: they do not fit.
pub fn payload(
    rendered: &Rendered,
    provider: &Provider,
    to: &To,
    key: &str,
    unsubscribe: Option<&str>,
) -> Option<(Destination, Payload)> {
    match (rendered, &provider.kind, to) {
        (Rendered::Email(own), Kind::Smtp(smtp), To::Address(address)) => {
            let own_or = |own: &str, other: &str| {
                if own.trim().is_empty() { other.to_owned() } else { own.trim().to_owned() }
            };
            let from = own_or(&own.from, &smtp.from);
            let name = own_or(&own.from_name, smtp.from_name.as_deref().unwrap_or_default());
            let domain = from.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
            let return_path = match &smtp.bounce_domain {
                Some(domain) => verp(BOUNCES, key, domain),
                None => from.clone(),
            };
            let message = email::Message {
                message_id: format!("{key}@{domain}"),
                from: Mailbox { address: from, name: Some(name).filter(|name| !name.is_empty()) },
                reply_to: Some(own.reply_to.trim()).filter(|to| !to.is_empty()).map(Mailbox::of),
                return_path,
                subject: own.subject.clone(),
                text: Some(own.text.clone()).filter(|text| !text.trim().is_empty()),
                amp: own.amp.clone(),
                html: own.html.clone(),
                unsubscribe: unsubscribe
                    .map(|url| Unsubscribe { url: url.to_owned(), mailto: None }),
                headers: smtp.relay.header(key).into_iter().collect(),
            };
            let to = Destination::Mailbox { address: address.to_string(), name: None };
            Some((to, Payload::Email(Box::new(message))))
        }
        (Rendered::Webhook(own), Kind::Webhook(webhook), _) => {
            let content_type = own
                .headers
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
                .map_or("application/json", |(_, value)| value.as_str());
            let others =
                own.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
            let message = webhook::Message {
                method: method(&own.method),
                body: own.body.clone().into_bytes(),
                content_type: content_type.to_owned(),
                headers: others.cloned().collect(),
                secrets: vec![webhook.secret.clone()],
                asks: false,
            };
            Some((Destination::Url(own.url.clone()), Payload::Webhook(message)))
        }
        _ => super::provider::more(rendered, provider, to, key),
    }
}

fn method(name: &str) -> webhook::Method {
    match name {
        "PUT" => webhook::Method::Put,
        "PATCH" => webhook::Method::Patch,
        "DELETE" => webhook::Method::Delete,
        "GET" => webhook::Method::Get,
        _ => webhook::Method::Post,
    }
}

/// Which addresses linked content may ask.
pub fn reach(private: bool) -> Reach {
    if private { Reach::Anywhere } else { Reach::Public }
}

/// A name as text, for whoever shows it.
pub fn shown(value: &model::Value) -> Text {
    match value {
        model::Value::Text(text) => text.clone(),
        other => Text::from(Value::from(other).to_text().into_owned()),
    }
}
