//! Ingestion in the form of the Segment family: /v1/track and its like.
//!
//! Data that cannot be accepted never costs its neighbours: it goes into the quarantine with the
//! reason, and the answer is 200, because client libraries drop or resend whole batches otherwise.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_ENCODING;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use gateway::segment::{Kind, decode};
use gateway::{Decoded, Rejection, validate};
use model::{AttributeChange, Event, Record, Text, Timestamp, Value, What, Who};
use wire::api::{Accepted, Ingested, Rejected};

use super::{App, auth, body};
use crate::config::keys::Scope;
use crate::config::quarantine::Quarantined;
use crate::failure::Failure;

/// Ingestion paths; the one-letter forms are those of the web client.
pub fn routes() -> Router<App> {
    Router::new().route("/v1/{kind}", post(ingest).options(async || ()))
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

async fn ingest(
    State(app): State<App>,
    Path(path): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    let Some(kind) = kind(&path) else {
        return Err(Failure::not_found("request.path", format!("there is no POST /v1/{path}"))
            .hint("send to /v1/batch, or /v1/track, identify, page, screen, group, alias"));
    };
    let key = auth::key_of(&headers);
    let in_headers = key.is_some();
    if in_headers {
        auth::allow(&app, key, Scope::Ingest)?;
    }
    let bytes = body::read_packed(body).await?;
    let encoding = headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok());
    let received_at = app.workspace.now();
    let mut decoded = decode(kind, &bytes, encoding, received_at)?;
    if !in_headers {
        auth::allow(&app, decoded.write_key.take(), Scope::Ingest)?;
    }
    let rejected = take(&app, "segment", decoded).await?;
    let rejected = rejected.into_iter().map(|rejection| Rejected {
        index: rejection.index as u64,
        code: rejection.code.into(),
        message: format!("{}; {}", rejection.message, rejection.hint),
    });
    Ok(Json(Ingested { success: true, rejected: rejected.collect() }).into_response())
}

fn kind(path: &str) -> Option<Kind> {
    Some(match path {
        "t" => Kind::Track,
        "i" => Kind::Identify,
        "p" => Kind::Page,
        "s" => Kind::Screen,
        "g" => Kind::Group,
        "a" => Kind::Alias,
        "b" => Kind::Batch,
        path if path.bytes().all(|b| b.is_ascii_lowercase()) => Kind::named(path)?,
        _ => return None,
    })
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
    use std::sync::atomic::Ordering;
    app.metrics.rejected.fetch_add(rejected.len() as u64, Ordering::Relaxed);
    let workspace = std::sync::Arc::clone(&app.workspace);
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
