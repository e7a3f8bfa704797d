//! Ingestion: the log's own form, and one file for each family of wire forms that others send.
//!
//! Data that cannot be accepted never costs its neighbours: it goes into the quarantine with the
//! reason, and the answer is the one with which that client neither loses nor repeats the rest.

mod amplitude;
pub mod clevertap;
pub mod held;
mod mixpanel;
pub mod mparticle;
mod posthog;
mod segment;
mod vendor;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_ENCODING;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use gateway::{Decoded, Rejection, validate};
use model::{AttributeChange, Event, Record, Text, Timestamp, Value, What, Who};
use wire::api::Accepted;

use super::{App, body};
use crate::config::quarantine::Quarantined;
use crate::failure::Failure;

/// All paths that client libraries call.
pub fn routes() -> Router<App> {
    Router::new()
        .merge(segment::routes())
        .merge(mixpanel::routes())
        .merge(amplitude::routes())
        .merge(posthog::routes())
        .merge(clevertap::routes())
        .merge(mparticle::routes())
}

/// Records in the log's own form, as `perennial import --server` sends them: what a file gives has
/// the same ids through a server as without one.
pub async fn records(State(app): State<App>, body: Body) -> Result<Response, Failure> {
    let bytes = body::read(body).await?;
    let records = wire::record::decode_batch(&bytes).map_err(|error| {
        Failure::bad_request(
            "request.no_records",
            format!("the body is no batch of records: {error}"),
        )
        .hint("use the same version of perennial on both sides")
    })?;
    let received_at = app.workspace.now();
    let records: Result<Vec<Record>, Failure> =
        records.into_iter().map(|record| checked(record, received_at)).collect();
    let counts = app.workspace.submit(records?).await?;
    let (accepted, duplicates) = (counts.accepted, counts.duplicates);
    Ok(Json(Accepted { accepted, duplicates }).into_response())
}

/// What holds for every record, whoever decoded it.
fn checked(record: Record, received_at: Timestamp) -> Result<Record, Failure> {
    let Record { who, what, .. } = record;
    let check = || -> Result<Record, gateway::Problem> {
        let id = |field, id: Option<Text>| match id {
            Some(id) => validate::id(field, &id),
            None => Ok(None),
        };
        let who = Who {
            user_id: id("user", who.user_id)?,
            anonymous_id: id("anonymous", who.anonymous_id)?,
            identities: who.identities,
        };
        let who = validate::somebody(who)?;
        let what = match what {
            What::Event(event) => What::Event(Event {
                name: validate::event_name(&event.name)?,
                time: validate::time(event.time, received_at)?,
                id: event.id,
                properties: values(event.properties)?,
            }),
            What::Identify(change) => What::Identify(AttributeChange {
                time: validate::time(change.time, received_at)?,
                attributes: values(change.attributes)?,
                ..change
            }),
            other @ (What::Alias { .. } | What::Separate { .. }) => other,
        };
        Ok(Record { received_at, who, what })
    };
    Ok(check()?)
}

fn values(values: Vec<(Text, Value)>) -> Result<Vec<(Text, Value)>, gateway::Problem> {
    for (name, value) in &values {
        validate::property_name(name)?;
        match value {
            Value::Text(text) => validate::text_value(name, text)?,
            Value::List(items) => validate::list_length(name, items.len())?,
            _ => {}
        }
    }
    validate::properties(values)
}

/// What the sender says the body is packed with.
fn encoding(headers: &HeaderMap) -> Option<&str> {
    headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok())
}

/// Shows in the quarantine that a whole request was not taken although it was answered with 200,
/// because its key is not known or its body cannot be read. Whoever sent it has shown no key: only so
/// many are kept a minute, the rest is counted.
async fn turned_away(app: &App, source: &'static str, failure: &Failure, written: &str) {
    app.metrics.rejected.fetch_add(1, Ordering::Relaxed);
    if !app.strangers.admit(app.workspace.now()) {
        return;
    }
    let row = Quarantined {
        at: app.workspace.now().0,
        source: source.into(),
        code: failure.detail.code.clone(),
        message: failure.to_string(),
        record: written.into(),
    };
    let workspace = Arc::clone(&app.workspace);
    let kept = app.work(move |_| Ok(workspace.config().quarantine(&[row])?)).await;
    if let Err(failure) = kept {
        tracing::warn!(%failure, "what was not taken could not be put into quarantine");
    }
}

/// Accepts what a request said, durably, and puts what cannot be accepted into quarantine, under the
/// name of the wire form. What was rejected comes back, for answers that name it.
pub(super) async fn take(
    app: &App,
    source: &'static str,
    decoded: Decoded,
) -> Result<Vec<Rejection>, Failure> {
    let Decoded { records, rejected, .. } = decoded;
    if !records.is_empty() {
        app.workspace.submit(records).await?;
    }
    if !rejected.is_empty() {
        quarantine(app, source, rejected.clone()).await?;
    }
    Ok(rejected)
}

async fn quarantine(
    app: &App,
    source: &'static str,
    rejected: Vec<Rejection>,
) -> Result<(), Failure> {
    app.metrics.rejected.fetch_add(rejected.len() as u64, Ordering::Relaxed);
    let workspace = Arc::clone(&app.workspace);
    let at = app.workspace.now().0;
    app.work(move |_| {
        let row = |rejection: Rejection| Quarantined {
            at,
            source: source.into(),
            code: rejection.code.into(),
            message: format!("{}; {}", rejection.message, rejection.hint),
            record: rejection.written,
        };
        let rows: Vec<Quarantined> = rejected.into_iter().map(row).collect();
        Ok(workspace.config().quarantine(&rows)?)
    })
    .await
}

impl From<gateway::Refusal> for Failure {
    fn from(refusal: gateway::Refusal) -> Failure {
        Failure::new(refusal.status, refusal.code, refusal.message).hint(refusal.hint)
    }
}
