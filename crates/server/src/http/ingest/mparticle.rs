//! mParticle's paths: configuration, identity service and events of the web client, batches of servers.
//!
//! Events are acknowledged with 202. What cannot be read is in the error stream and acknowledged too: the web
//! client sends a batch that was answered with 400 for ever.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use gateway::mparticle::{self, identity};
use gateway::{Decoded, Problem, Refusal, Rejection};
use identity::Question;
use model::Record;

use super::clevertap::keyed;
use super::take;
use crate::caller::Caller;
use crate::config::keys::Scope;
use crate::failure::Failure;
use crate::http::{App, auth, body};

/// The name of the wire form in the error stream.
const SOURCE: &str = "mparticle";

/// How long a client may keep what it was told of an identity, in seconds.
const KEPT_SECONDS: &str = "86400";

/// All paths.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/tags/JS/v2/{key}/config", get(configuration))
        .route("/identity/v1/{id}", post(question))
        .route("/identity/v1/{id}/modify", post(modify))
        .route("/webevents/v1/identity/{key}/Alias", post(alias))
        .route("/webevents/v3/JS/{key}/events", post(web_events))
        .route("/v2/events", post(events))
        .route("/v2/bulkevents", post(events))
}

async fn configuration(Path(key): Path<String>) -> Response {
    json(StatusCode::OK, identity::configuration(&key))
}

async fn question(
    State(app): State<App>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let question = match name.as_str() {
        "identify" => Question::Identify,
        "login" => Question::Login,
        "logout" => Question::Logout,
        "search" => Question::Search,
        _ => return failed(Failure::not_found("request.path", "there is no such question")),
    };
    let request = match asked(&app, &headers, body).await {
        Ok(request) => request,
        Err(failure) => return failed(failure),
    };
    let (caller, request) = request;
    let subject = match question {
        Question::Logout => request.device().or_else(|| request.strongest()),
        _ => request.strongest(),
    };
    let mpid = match &subject {
        Some((kind, value)) => number(&app, kind, value),
        // Nobody is named: a number that nobody else has.
        None => {
            number(&app, "nobody", &format!("{:?}/{}", app.workspace.now(), app.next_request()))
        }
    };
    let answer = request.answer(mpid, question);
    let record = request.record(question, app.workspace.now());
    if let Err(failure) = store(&app, &caller, record).await {
        return failed(failure);
    }
    let mut response = json(StatusCode::OK, answer);
    response.headers_mut().insert("x-mp-max-age", HeaderValue::from_static(KEPT_SECONDS));
    response
}

async fn modify(
    State(app): State<App>,
    Path(mpid): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let request = match asked(&app, &headers, body).await {
        Ok(request) => request,
        Err(failure) => return failed(failure),
    };
    let mpid: String = mpid.chars().filter(|c| c.is_ascii_digit() || *c == '-').collect();
    let (caller, request) = request;
    match store(&app, &caller, request.change_record(app.workspace.now())).await {
        Ok(()) => json(StatusCode::OK, request.changed(&mpid)),
        Err(failure) => failed(failure),
    }
}

async fn alias(State(app): State<App>, Path(key): Path<String>, body: Body) -> Response {
    let read = async {
        let caller = auth::allow(&app, Some(key), Scope::Ingest)?;
        let request = identity::request(&body::read(body).await?)?;
        store(&app, &caller, request.alias_record(app.workspace.now())).await
    };
    match read.await {
        Ok(()) => StatusCode::ACCEPTED.into_response(),
        Err(failure) => failed(failure),
    }
}

/// A request to the identity service, from somebody who may ask.
async fn asked(
    app: &App,
    headers: &HeaderMap,
    body: Body,
) -> Result<(Caller, identity::Request), Failure> {
    let web = headers.get("x-mp-key").and_then(|key| key.to_str().ok()).map(str::to_owned);
    let caller = auth::allow(app, web.or_else(|| auth::key_of(headers)), Scope::Ingest)?;
    Ok((caller, identity::request(&body::read(body).await?)?))
}

async fn store(
    app: &App,
    caller: &Caller,
    record: Result<Option<Record>, Problem>,
) -> Result<(), Failure> {
    let mut decoded = Decoded::default();
    match record {
        Ok(record) => decoded.records.extend(record),
        Err(problem) => decoded.rejected.push(rejection(problem)),
    }
    take(app, caller, SOURCE, decoded).await.map(drop)
}

fn rejection(Problem { code, message, hint }: Problem) -> Rejection {
    Rejection { index: 0, written: "an identity request".into(), code, message, hint }
}

/// A number of 63 bits that follows from an identity.
fn number(app: &App, kind: &str, value: &str) -> u64 {
    let hash = keyed(app, &["mpid", kind, value]);
    let bytes = hash.first_chunk().copied().unwrap_or_default();
    (u64::from_le_bytes(bytes) >> 1).max(1)
}

async fn web_events(State(app): State<App>, Path(key): Path<String>, body: Body) -> Response {
    accept(&app, Some(key), body).await
}

async fn events(State(app): State<App>, headers: HeaderMap, body: Body) -> Response {
    accept(&app, auth::key_of(&headers), body).await
}

async fn accept(app: &App, key: Option<String>, body: Body) -> Response {
    let accepted = async {
        let caller = auth::allow(app, key, Scope::Ingest)?;
        let bytes = body::read_packed(body).await?;
        let decoded = mparticle::decode(&bytes, app.workspace.now())
            .unwrap_or_else(|refusal| unreadable(&bytes, refusal));
        take(app, &caller, SOURCE, decoded).await
    };
    match accepted.await {
        Ok(_) => StatusCode::ACCEPTED.into_response(),
        Err(failure) => failed(failure),
    }
}

/// A body that cannot be read, as something for the error stream.
fn unreadable(bytes: &[u8], refusal: Refusal) -> Decoded {
    let Refusal { code, message, hint, .. } = refusal;
    let shown = &bytes[..bytes.len().min(gateway::REJECTED_BYTES)];
    let written = String::from_utf8_lossy(shown).into_owned();
    let rejected = vec![Rejection { index: 0, written, code, message, hint }];
    Decoded { rejected, ..Decoded::default() }
}

fn failed(failure: Failure) -> Response {
    let status = StatusCode::from_u16(failure.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json(status, identity::error(&failure.detail.code, &failure.to_string()));
    if matches!(failure.status, 429 | 503) {
        response.headers_mut().insert("retry-after", HeaderValue::from_static("5"));
    }
    response
}

fn json(status: StatusCode, text: String) -> Response {
    (status, [(CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response()
}
