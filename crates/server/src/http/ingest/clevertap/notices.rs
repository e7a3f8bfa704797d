//! Pop-ups and inbox cards for CleverTap's web client: in the answer to the very request that brought them about.
//!
//! What it is: what the client told of messages is taken in, what waits for its guid is fetched, and put into the
//! client's form. What it is not: a way to read about somebody. The client sends no proof of who it is, so whoever
//! logs in with somebody's id gets of theirs what the workspace lets everybody have (`unproven` of the contact
//! policy), and a browser that nobody logged in on gets what is its own.
//!
//! Invariant: a message is in one answer for each page, and a card in one answer at all, because the client shows
//! whatever it is sent; a click leads only to an address that this server signed.

use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::header::{HeaderValue, LOCATION};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use engine::schedule::Channel;
use gateway::clevertap::notices::{self as form, Button, Card, Notices, Popup, Trigger};
use gateway::clevertap::web;
use hmac::{Hmac, KeyInit, Mac};
use model::{EventId, Text, Timestamp};
use serde::Deserialize;
use sha2::Sha256;
use wire::api::{InboxItem, ShowWhen, VisitorButton, VisitorMessages};

use super::hex;
use crate::failure::Failure;
use crate::http::App;
use crate::http::address::Base;
use crate::service::onsite::bounded;
use crate::workspace::{Claim, Deed, Fetching, ReceiptOf};

/// How long an answer waits for messages: they come with a later one instead.
const WITHIN: Duration = Duration::from_secs(2);

/// Hexadecimal digits of the signature of a link.
const SIGNATURE_DIGITS: usize = 32;

/// Bytes of the name of a button at most.
const BUTTON_BYTES_MAX: usize = 100;

/// What a request says that its messages depend on.
pub(super) struct Asked {
    guid: Text,
    page: u64,
    session: Option<i64>,
    receipt: Option<(bool, EventId, String)>,
}

impl Asked {
    /// Of the call of a browser with this guid.
    pub(super) fn of(call: &web::Call, guid: &str) -> Asked {
        let session = call.session().and_then(|session| i64::try_from(session).ok());
        let (page, receipt) = (call.page(guid), call.receipt());
        Asked { guid: Text::new(guid), page, session, receipt }
    }
}

/// What waits for a guid. Whatever goes wrong, the answer goes out without.
pub(super) async fn of(app: &App, asked: Asked, host: Option<String>) -> Notices {
    match tokio::time::timeout(WITHIN, fetched(app, asked, host)).await {
        Ok(Ok(notices)) => notices,
        Ok(Err(failure)) => {
            tracing::warn!(%failure, "messages of a page are left for a later answer");
            Notices::default()
        }
        Err(_) => Notices::default(),
    }
}

/// Under which host and port the client reached this server: HTTP/2 says it in the address, not in `Host`.
pub(super) fn host(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let named = Base::of(headers).map(|base| base.host);
    named.or_else(|| uri.authority().map(|authority| authority.as_str().to_owned()))
}

async fn fetched(app: &App, asked: Asked, host: Option<String>) -> Result<Notices, Failure> {
    let Asked { guid, page, session, receipt } = asked;
    let claim = Claim { anonymous_id: Some(guid), user_id: None, proven: false };
    if let Some((clicked, message, button)) = receipt {
        let deed = match clicked {
            false => Deed::ShownOn(page),
            true => Deed::Clicked {
                button: bounded(Some(&button), BUTTON_BYTES_MAX),
                url: Text::default(),
            },
        };
        app.workspace.receipts(claim, session, vec![ReceiptOf { message, deed }]).await?;
        return Ok(Notices::default());
    }
    let Some(host) = host else { return Ok(Notices::default()) };
    let channels = vec![Channel::InApp, Channel::OnSite, Channel::Inbox];
    let once = Some(page);
    let found = app.service.visitor_messages(Fetching { claim, channels, session, once }).await?;
    let VisitorMessages { popups, inbox, .. } = found;
    let tracked = |message: &str, button: &str, to: &str| link(app, &host, (message, button, to));
    let n = popups.len();
    let popups = popups.into_iter().enumerate();
    let popups = popups.map(|(at, own)| form::popup(&popup(own), n - at, &tracked)).collect();
    let mut categories: Vec<String> = inbox.iter().flat_map(|card| card.tags.clone()).collect();
    categories.sort();
    categories.dedup();
    let setting =
        (!inbox.is_empty()).then(|| form::inbox(&app.service.inbox_element(), &categories));
    let cards = inbox.into_iter().map(|own| form::card(&card(own), &tracked)).collect();
    Ok(Notices { popups, cards, inbox: setting })
}

fn button(own: VisitorButton) -> Button {
    let VisitorButton { id, title, link } = own;
    Button { id, title, link }
}

fn popup(own: wire::api::Popup) -> Popup {
    let background = own.data.get("background").cloned().unwrap_or_default();
    Popup {
        id: own.id,
        variant: own.variant,
        layout: own.layout,
        title: own.title,
        body: own.body,
        image: own.image,
        html: own.html,
        link: own.link,
        buttons: own.buttons.into_iter().map(button).collect(),
        when: match own.when {
            ShowWhen::Now => Trigger::Now,
            ShowWhen::Inactive { seconds } => Trigger::Inactive(seconds),
            ShowWhen::Scrolled { percent } => Trigger::Scrolled(percent),
            ShowWhen::ExitIntent => Trigger::ExitIntent,
        },
        delay_s: own.delay_ms / 1_000,
        background,
    }
}

fn card(own: InboxItem) -> Card {
    let expires = Timestamp::parse(&own.expires_at).map_or(0, |at| at.0 / 1_000);
    Card {
        id: own.id,
        variant: own.variant,
        title: own.title,
        body: own.body,
        image: own.image,
        link: own.link,
        buttons: own.buttons.into_iter().map(button).collect(),
        tags: own.tags,
        expires_s: expires,
    }
}

/// A link through this server. The client is served over https alone.
fn link(app: &App, host: &str, (message, button, to): (&str, &str, &str)) -> String {
    let Some(signature) = signature(app, message, button, to) else { return to.to_owned() };
    let parts = [("r", to), ("m", message), ("b", button), ("sig", &signature)];
    let query = form_urlencoded(&parts);
    format!("https://{host}/r?{query}")
}

fn form_urlencoded(parts: &[(&str, &str)]) -> String {
    let encoded = |text: &str| {
        let mut out = String::with_capacity(text.len());
        for byte in text.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    out.push(char::from(byte));
                }
                other => out += &format!("%{other:02X}"),
            }
        }
        out
    };
    let pairs: Vec<String> =
        parts.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    pairs.join("&")
}

/// What says that a link is ours; nothing as long as the secret cannot be read.
fn signature(app: &App, message: &str, button: &str, to: &str) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&app.secret()?).ok()?;
    for text in ["click", message, button, to] {
        mac.update(&(text.len() as u64).to_le_bytes());
        mac.update(text.as_bytes());
    }
    let digits = hex(&mac.finalize().into_bytes());
    digits.get(..SIGNATURE_DIGITS).map(str::to_owned)
}

/// A link of a message.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Link {
    r: String,
    m: String,
    b: String,
    sig: String,
}

/// A click on a message: on to where it leads, if this server said so. An address that anybody could write would
/// lend its name to any other.
pub(super) async fn redirect(State(app): State<App>, Query(link): Query<Link>) -> Response {
    let Link { r, m, b, sig } = link;
    let expected = signature(&app, &m, &b, &r);
    let same = expected.is_some_and(|expected| {
        let differs = |(a, b): (u8, u8)| a ^ b;
        expected.len() == sig.len()
            && expected.bytes().zip(sig.bytes()).map(differs).fold(0, |all, one| all | one) == 0
    });
    match HeaderValue::from_str(&r) {
        Ok(to) if same && !r.is_empty() => {
            let message = EventId::of(&m);
            if let Err(failure) = app.service.clicked(message, 0, &r, false).await
                && failure.status != 404
            {
                tracing::warn!(message = %failure.detail.message, "a click was not recorded");
            }
            (StatusCode::FOUND, [(LOCATION, to)]).into_response()
        }
        _ => {
            Failure::bad_request("request.redirect", "the link is not one that was sent from here")
                .hint("open the link from the message itself")
                .into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_query_cannot_leave_it() {
        let query = form_urlencoded(&[("r", "https://a.example/?x=1&m=2#é"), ("m", "ab")]);
        assert_eq!(query, "r=https%3A%2F%2Fa.example%2F%3Fx%3D1%26m%3D2%23%C3%A9&m=ab");
    }
}
