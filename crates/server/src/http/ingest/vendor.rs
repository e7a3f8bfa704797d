//! What the wire forms of others have in common: a request with its key wherever it is written, and an
//! answer in the client's own words.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use gateway::sniff::{Content, content};
use gateway::{Answer, Arrival, Decoded, Rejection};

use super::{encoding, take, turned_away};
use crate::caller::Caller;
use crate::config::keys::Scope;
use crate::failure::Failure;
use crate::http::{App, auth, body, long_line};

/// After how many seconds a client may try again when nothing can be written.
const RETRY_SECONDS: HeaderValue = HeaderValue::from_static("5");

/// A request as it came.
pub struct Incoming {
    pub headers: HeaderMap,
    pub query: String,
    pub body: Result<Vec<u8>, Failure>,
}

impl FromRequest<App> for Incoming {
    type Rejection = std::convert::Infallible;

    async fn from_request(request: Request<Body>, _: &App) -> Result<Incoming, Self::Rejection> {
        let (parts, body) = request.into_parts();
        let query = long_line::query(&parts.uri, &parts.headers).to_owned();
        let body = body::read_packed(body).await;
        Ok(Incoming { headers: parts.headers, query, body })
    }
}

impl Incoming {
    /// What the request carries.
    pub fn content(&self) -> Result<Content<'_>, Failure> {
        let body = self.body.as_ref().map_err(Failure::clone)?;
        Ok(content(body, encoding(&self.headers), &self.query)?)
    }

    /// The first key of these that may send; in the headers, or where the wire form has it.
    pub fn allow(&self, app: &App, written: &[Option<&str>]) -> Result<Caller, Failure> {
        let in_headers = auth::keys_of(&self.headers);
        let written = written.iter().flatten().map(|key| (*key).to_owned());
        let mut refused = None;
        for key in in_headers.into_iter().chain(written) {
            match auth::allow(app, Some(key), Scope::Ingest) {
                Ok(caller) => return Ok(caller),
                Err(failure) => refused = refused.or(Some(failure)),
            }
        }
        Err(refused.unwrap_or_else(|| auth::missing_key(Scope::Ingest)))
    }
}

/// What the rim knows of a request that is just being read.
pub fn arrival(app: &App) -> Arrival {
    Arrival { received_at: app.workspace.now(), seed: app.next_request() }
}

/// Accepts what was decoded; how many records there were, and what was rejected.
pub async fn accept(
    app: &App,
    caller: &Caller,
    source: &'static str,
    decoded: Decoded,
) -> Result<(usize, Vec<Rejection>), Failure> {
    let n = decoded.records.len();
    Ok((n, take(app, caller, source, decoded).await?))
}

/// Notes that a request was not taken, if it was its fault.
pub fn note(app: &App, source: &'static str, incoming: &Incoming, failure: &Failure) {
    if failure.status < 500 && failure.status != 429 {
        turned_away(app, source, failure, incoming.body.as_deref().unwrap_or_default());
    }
}

/// An answer of the gateway as one of the server.
pub struct Answered(pub Answer);

impl IntoResponse for Answered {
    fn into_response(self) -> Response {
        let Answer { status, content_type, body } = self.0;
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let kind = HeaderValue::from_static(content_type);
        let mut response = (status, [(CONTENT_TYPE, kind)], body).into_response();
        if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            response.headers_mut().insert(RETRY_AFTER, RETRY_SECONDS);
        }
        response
    }
}
