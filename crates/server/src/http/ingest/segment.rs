//! The Segment family: /v1/track and its like, and the settings of the web library.
//!
//! A key that is not known here is answered with 401: Segment's libraries drop what came with it and
//! report that to the program, RudderStack's for Python sends it again. RudderStack's for Node would
//! end the program on any 4xx; it is told by what it sends, gzip that it calls a form, and is
//! answered 200, while what came is shown in the error stream.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use gateway::segment::{Kind, decode, settings};
use wire::api::{Ingested, Rejected};

use super::{encoding, onsite, take, turned_away};
use crate::config::keys::Scope;
use crate::failure::Failure;
use crate::http::address::Base;
use crate::http::{App, auth, body};

/// The name of the wire form in the error stream.
const SOURCE: &str = "segment";

/// What a browser may keep the settings for.
const SETTINGS_MAX_AGE: &str = "public, max-age=300";

/// Paths of the family; the one-letter forms are those of the web library.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/{kind}", post(ingest))
        .route("/v1/{kind}/", post(ingest))
        .route("/v1/projects/{key}/settings", get(project_settings))
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
    let taken = take_request(&app, kind, &headers, body).await;
    if let Err((failure, written)) = &taken
        && failure.status < 500
        && failure.status != 429
    {
        turned_away(&app, SOURCE, failure, written);
    }
    match taken.map_err(|(failure, _)| failure) {
        // What is only too much for now is to come again, which it does after a 5xx.
        Err(failure) if dies_of_refusals(&headers) && failure.status == 429 => {
            Err(Failure { status: 503, ..failure })
        }
        Err(failure) if dies_of_refusals(&headers) && (400..500).contains(&failure.status) => {
            Ok(Json(Ingested { success: true, ..Ingested::default() }).into_response())
        }
        other => other,
    }
}

async fn take_request(
    app: &App,
    kind: Kind,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, (Failure, Vec<u8>)> {
    let bytes = body::read_packed(body).await.map_err(|failure| (failure, Vec::new()))?;
    take_body(app, kind, headers, &bytes).await.map_err(|failure| (failure, bytes))
}

async fn take_body(
    app: &App,
    kind: Kind,
    headers: &HeaderMap,
    bytes: &[u8],
) -> Result<Response, Failure> {
    let known = match auth::key_of(headers) {
        Some(key) => Some(auth::allow(app, Some(key), Scope::Ingest)?),
        None => None,
    };
    let received_at = app.workspace.now();
    let mut decoded = decode(kind, bytes, encoding(headers), received_at)?;
    let caller = match known {
        Some(caller) => caller,
        None => auth::allow(app, decoded.write_key.take(), Scope::Ingest)?,
    };
    let visitors = match app.service.serves_visitors() {
        true => onsite::claims(&decoded.records),
        false => Vec::new(),
    };
    let rejected = take(app, &caller, SOURCE, decoded).await?;
    let messages = !visitors.is_empty() && app.workspace.news(visitors).await.unwrap_or(false);
    let rejected = rejected.into_iter().map(|rejection| Rejected {
        index: rejection.index as u64,
        code: rejection.code.into(),
        message: format!("{}; {}", rejection.message, rejection.hint),
    });
    let rejected = rejected.collect();
    Ok(Json(Ingested { success: true, rejected, messages }).into_response())
}

/// Whether the sender is RudderStack's library for Node, which no other calls JSON a form.
fn dies_of_refusals(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

async fn project_settings(
    Path(key): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let base = Base::of(&headers).ok_or_else(|| {
        Failure::bad_request("request.host", "the request names no host that can be answered with")
            .hint("send the header `Host`")
    })?;
    let kinds = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CACHE_CONTROL, HeaderValue::from_static(SETTINGS_MAX_AGE)),
    ];
    Ok((kinds, settings(&key, base.scheme, &base.host)).into_response())
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
