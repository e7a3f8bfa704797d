//! Ingestion: the log's own form, and one file for each family of wire forms that others send.
//!
//! Data that cannot be accepted never costs its neighbours: it is noted in the error stream with
//! the reason, and the answer is the one with which that client neither loses nor repeats the rest.

mod amplitude;
pub mod clevertap;
pub mod held;
mod mixpanel;
pub mod mparticle;
mod onsite;
mod posthog;
mod segment;
mod vendor;

use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_ENCODING;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use gateway::{Decoded, Refusal, Rejection, validate};
use model::{About, AttributeChange, Event, Facts, Record, Text, Timestamp, Value, What, Who};
use wire::api::{Accepted, BatchQuery, ErrorOutcome};

use super::body::Params;
use super::{App, auth, body, peer};
use crate::caller::Caller;
use crate::errors::Noted;
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
        .merge(onsite::routes())
}

/// Records in the log's own form, as `perennial import --server` sends them: what a file gives has
/// the same ids through a server as without one.
pub async fn records(
    State(app): State<App>,
    Params(BatchQuery { dry_run }): Params<BatchQuery>,
    body: Body,
) -> Result<Response, Failure> {
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
    let records = records?;
    let counts = match dry_run {
        true => {
            let records = app.workspace.would_admit(records);
            app.work(move |service| Ok(service.workspace().would_count(records)?)).await?
        }
        false => {
            app.admit(&auth::caller(), records.len())?;
            let records = app.workspace.admit("records", records);
            app.workspace.submit(records).await?
        }
    };
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
        let nobody = matches!(&what, What::Facts(Facts { about: About::Address { .. }, .. }));
        let who = if nobody { Who::default() } else { validate::somebody(who)? };
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
                operations: validate::operations(change.operations)?,
                ..change
            }),
            What::Alias { previous } => {
                What::Alias { previous: validate::named("previous", &previous)? }
            }
            What::Separate { separated } => {
                What::Separate { separated: validate::named("separated", &separated)? }
            }
            What::Facts(facts) => What::Facts(validate::facts(Facts {
                time: validate::time(facts.time, received_at)?,
                ..facts
            })?),
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

/// Notes that a whole request was not taken, because its key is not known or its body cannot be read.
/// Whoever sent it may have shown no key: the error stream is bounded for each kind of error.
fn turned_away(app: &App, source: &'static str, failure: &Failure, written: &[u8]) {
    app.metrics.rejected.fetch_add(1, Ordering::Relaxed);
    let (at, outcome) = (app.workspace.now(), ErrorOutcome::Rejected);
    let (code, hint) = (&failure.detail.code, failure.detail.hint.as_deref().unwrap_or_default());
    let noted = Noted { at, source, code, event: "", outcome, hint, n: 1 };
    let shown = &written[..written.len().min(gateway::REJECTED_BYTES)];
    let sample = || (failure.detail.message.clone(), String::from_utf8_lossy(shown).into_owned());
    app.workspace.errors().note(&noted, sample);
}

/// Accepts what a request said, durably, as far as the key's limit and the schema let it in; what
/// cannot be accepted is noted in the error stream under the name of the wire form. What was rejected
/// comes back, for answers that name it; what the schema left out does not, as no client can help it.
pub(super) async fn take(
    app: &App,
    caller: &Caller,
    source: &'static str,
    decoded: Decoded,
) -> Result<Vec<Rejection>, Failure> {
    let Decoded { records, rejected, .. } = decoded;
    app.admit(caller, records.len() + rejected.len())?;
    let records = app.workspace.admit_from(source, records, peer::peer());
    if !records.is_empty() {
        app.workspace.submit(records).await?;
    }
    app.metrics.rejected.fetch_add(rejected.len() as u64, Ordering::Relaxed);
    rejected.iter().for_each(|rejection| app.workspace.rejected(source, rejection));
    Ok(rejected)
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        Failure::new(refusal.status, refusal.code, refusal.message).hint(refusal.hint)
    }
}
