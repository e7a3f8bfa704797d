//! What browsers and apps fetch: `POST /v1/messages`, and what they tell of it: `POST /v1/messages/receipts`.
//!
//! A body is JSON whatever it calls itself, with the key in it, so that a browser asks no permission first. The
//! key in a page is public: whoever is named is a claim, which a signature of the site's server proves.

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use gateway::validate;
use model::{EventId, Record, Text};
use wire::api::{
    Channel, VisitorDeed, VisitorMessagesInput, VisitorReceipt, VisitorReceipts,
    VisitorReceiptsInput,
};

use crate::config::keys::Scope;
use crate::failure::Failure;
use crate::http::{App, auth, body};
use crate::outreach::policy;
use crate::service::onsite::bounded;
use crate::workspace::{Claim, Deed, Fetching, ReceiptOf};

/// Receipts of one request at most.
const RECEIPTS_MAX: usize = 100;

/// Bytes of the name of a session, and of a button, at most.
const NAME_BYTES_MAX: usize = 100;

/// Bytes of the address that a click led to, at most.
const URL_BYTES_MAX: usize = 2_000;

/// Visitors of one batch of events who are told that something waits; a batch of a server names more and is told
/// nothing.
const VISITORS_MAX: usize = 3;

/// Channels whose messages are fetched.
const CHANNELS: [Channel; 3] = [Channel::InApp, Channel::OnSite, Channel::Inbox];

/// Paths.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/messages", post(messages))
        .route("/v1/messages/receipts", post(receipts))
}

async fn messages(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    let input: VisitorMessagesInput = body::json(&body::read(body).await?)?;
    let key = auth::key_of(&headers).or(input.write_key);
    let caller = auth::allow(&app, key, Scope::Ingest)?;
    app.admit(&caller, 1)?;
    let claim = claim(&app, input.anonymous_id, input.user_id, input.signature.as_deref())?;
    let wanted = match input.channels.is_empty() {
        true => CHANNELS.to_vec(),
        false => input.channels,
    };
    if let Some(other) = wanted.iter().find(|channel| !CHANNELS.contains(channel)) {
        let message = format!("`channels`: messages of {other:?} are not fetched");
        return Err(
            Failure::unprocessable("visitor.channels", message).hint("use in_app, on_site, inbox")
        );
    }
    let channels = wanted.into_iter().map(policy::channel).collect();
    let session = session(input.session.as_deref())?;
    let asked = Fetching { claim, channels, session, once: None };
    Ok(Json(app.service.visitor_messages(asked).await?).into_response())
}

async fn receipts(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<VisitorReceipts>, Failure> {
    let input: VisitorReceiptsInput = body::json(&body::read(body).await?)?;
    let key = auth::key_of(&headers).or(input.write_key);
    let caller = auth::allow(&app, key, Scope::Ingest)?;
    if input.receipts.len() > RECEIPTS_MAX {
        let message = format!("there are more than {RECEIPTS_MAX} receipts");
        return Err(Failure::unprocessable("visitor.receipts", message).hint("send them in parts"));
    }
    app.admit(&caller, input.receipts.len())?;
    let claim = claim(&app, input.anonymous_id, input.user_id, input.signature.as_deref())?;
    let session = session(input.session.as_deref())?;
    let told = input.receipts.iter().map(receipt).collect::<Result<_, _>>()?;
    let done = app.workspace.receipts(claim, session, told).await?;
    Ok(Json(VisitorReceipts { accepted: done.accepted, unknown: done.unknown }))
}

fn receipt(told: &VisitorReceipt) -> Result<ReceiptOf, Failure> {
    let VisitorReceipt { message, deed, show, button, url } = told;
    if message.len() != 32 || !message.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let text = format!("`message`: \"{}\" is no id of a message", bounded(Some(message), 64));
        return Err(Failure::unprocessable("visitor.message", text)
            .hint("use the id with which it was fetched"));
    }
    let deed = match deed {
        VisitorDeed::Shown => Deed::Shown(*show),
        VisitorDeed::Read => Deed::Shown(0),
        VisitorDeed::Clicked => Deed::Clicked {
            button: bounded(button.as_deref(), NAME_BYTES_MAX),
            url: bounded(url.as_deref(), URL_BYTES_MAX),
        },
        VisitorDeed::Dismissed => Deed::Dismissed,
    };
    Ok(ReceiptOf { message: EventId::of(message), deed })
}

/// Who asks, and whether that is proven. Errors: nobody is named; the signature is not right.
fn claim(
    app: &App,
    anonymous_id: Option<String>,
    user_id: Option<String>,
    signature: Option<&str>,
) -> Result<Claim, Failure> {
    let id = |field, id: Option<String>| match id {
        Some(id) => validate::id(field, &id),
        None => Ok(None),
    };
    let user_id = id("userId", user_id)?;
    let anonymous_id = id("anonymousId", anonymous_id)?;
    if user_id.is_none() && anonymous_id.is_none() {
        return Err(Failure::unprocessable("visitor.nobody", "nobody is named")
            .hint("send anonymousId, userId, or both, as with events"));
    }
    let proven = match (&user_id, signature.filter(|signature| !signature.is_empty())) {
        (Some(user_id), Some(signature)) => {
            app.service.check_visitor(user_id, signature)?;
            true
        }
        _ => false,
    };
    Ok(Claim { anonymous_id, user_id, proven })
}

/// A session as a number, which is what limits need to know of it.
pub(super) fn session(name: Option<&str>) -> Result<Option<i64>, Failure> {
    match name.filter(|name| !name.is_empty()) {
        None => Ok(None),
        Some(name) if name.len() > NAME_BYTES_MAX => {
            let message = format!("`session` has more than {NAME_BYTES_MAX} bytes");
            Err(Failure::unprocessable("visitor.session", message))
        }
        Some(name) => Ok(Some(EventId::of(&format!("session/{name}")).0 as i64)),
    }
}

/// The few visitors whose events stand in a batch; of a batch with many, none.
pub(super) fn claims(records: &[Record]) -> Vec<Claim> {
    let mut claims: Vec<Claim> = Vec::new();
    for record in records {
        let known = |id: &Option<Text>| id.clone().filter(|id| !id.is_empty());
        let claim = Claim {
            anonymous_id: known(&record.who.anonymous_id),
            user_id: known(&record.who.user_id),
            proven: false,
        };
        let somebody = claim.anonymous_id.is_some() || claim.user_id.is_some();
        if somebody && !claims.contains(&claim) {
            claims.push(claim);
        }
        if claims.len() > VISITORS_MAX {
            return Vec::new();
        }
    }
    claims
}
