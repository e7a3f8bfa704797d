//! Reading what a request carries: bounded, unpacked, with errors that help.

use std::borrow::Cow;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, Path, Query, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use model::bounds::BODY_BYTES_MAX;
use serde::de::DeserializeOwned;

use super::auth;
use crate::failure::Failure;

/// A body that is too large is read on for so many times its limit, so that a client that does not
/// listen while it sends still sees the answer.
const DRAIN_FACTOR: usize = 4;

/// The whole body, unpacked if it is gzip or zstd whatever its headers say.
pub async fn read(body: Body) -> Result<Vec<u8>, Failure> {
    let bytes = read_packed(body).await?;
    match gateway::unpacked(&bytes, BODY_BYTES_MAX)? {
        Cow::Borrowed(_) => Ok(bytes),
        Cow::Owned(unpacked) => Ok(unpacked),
    }
}

/// Takes brotli off a body that says that it is: nothing in the bytes would say it to who reads them.
pub async fn without_brotli(request: Request, next: Next) -> Response {
    let said = request.headers().get(CONTENT_ENCODING).map(|value| value.as_bytes().trim_ascii());
    if !said.is_some_and(|said| said.eq_ignore_ascii_case(b"br")) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let unpacked = match read_packed(body).await {
        Ok(bytes) => gateway::from_brotli(&bytes, BODY_BYTES_MAX).map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    match unpacked {
        Ok(bytes) => {
            parts.headers.remove(CONTENT_ENCODING);
            parts.headers.insert(CONTENT_LENGTH, bytes.len().into());
            next.run(Request::from_parts(parts, bytes.into())).await
        }
        Err(failure) => failure.into_response(),
    }
}

/// The whole body as it was sent.
pub async fn read_packed(mut body: Body) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    while let Some(chunk) = next(&mut body).await? {
        if bytes.len() + chunk.len() > BODY_BYTES_MAX {
            drain(body, bytes.len() + chunk.len()).await;
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// A body as JSON of a certain shape.
pub fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    // The decoder would take a list for an object, field by field.
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
        return Err(Failure::bad_request("request.shape", "the body is a list; send an object")
            .hint("see /api/openapi.json for what each path takes"));
    }
    auth::check_question(|names| serde_json::from_slice(bytes).is_ok_and(|json| names(&json)))?;
    serde_json::from_slice(bytes).map_err(|error| {
        let code = if error.is_data() { "request.shape" } else { "request.not_json" };
        let what = if error.is_data() { "does not have the expected shape" } else { "is not JSON" };
        Failure::bad_request(code, format!("the body {what}: {error}"))
            .hint("see /api/openapi.json for what each path takes")
    })
}

/// The query part of an address, with unknown names refused.
pub struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Params<T>, Failure> {
        let query = Query::<T>::try_from_uri(&parts.uri).map_err(|rejection| {
            let message = std::error::Error::source(&rejection)
                .map_or_else(|| rejection.to_string(), |source| source.to_string());
            let message = format!("the query of the address: {}", parameter(&message));
            Failure::bad_request("request.query", message)
                .hint("see /api/openapi.json for what each path takes")
        })?;
        auth::check_question(|names| {
            let written = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
            let mut texts = written.map(|Query(written)| written).unwrap_or_default().into_iter();
            // A channel is one of our own words, which can be an attribute's name too.
            texts.any(|(name, text)| name != "channel" && names(&text.into()))
        })?;
        Ok(Params(query.0))
    }
}

/// What the decoder says of a parameter, with the parameter marked as such.
fn parameter(message: &str) -> String {
    let Some((name, why)) = message.split_once(": ") else { return message.to_owned() };
    match why {
        // What it says of every text that is no u64.
        "invalid digit found in string"
        | "cannot parse integer from empty string"
        | "number too large to fit in target type" => {
            format!(
                "`{name}` is not a whole number in range; write it in digits, without sign or point"
            )
        }
        _ if why.contains(&format!("field `{name}`")) => why.to_owned(),
        _ => format!("`{name}`: {why}"),
    }
}

/// The next bytes of a body.
pub async fn next(body: &mut Body) -> Result<Option<Bytes>, Failure> {
    loop {
        let Some(frame) = body.frame().await else { return Ok(None) };
        let frame = frame.map_err(|_| {
            Failure::bad_request("request.cut", "the body ended before it was complete")
                .hint("send it again")
        })?;
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
}

async fn drain(mut body: Body, mut seen: usize) {
    while let Ok(Some(chunk)) = next(&mut body).await {
        seen += chunk.len();
        if seen > DRAIN_FACTOR * BODY_BYTES_MAX {
            return;
        }
    }
}

fn too_large() -> Failure {
    let mib = BODY_BYTES_MAX / (1024 * 1024);
    Failure::new(413, "request.too_large", format!("the body is larger than {mib} MiB unpacked"))
        .hint("send it in several requests, or import a file with `perennial import`")
}

/// The last part of a path, as an id.
pub struct Id(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Id, Failure> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(id)| Id(id)).map_err(|rejection| {
            let message = format!("the id in the address cannot be read: {rejection}");
            Failure::bad_request("request.path", message).hint("write it as UTF-8, percent-encoded")
        })
    }
}
