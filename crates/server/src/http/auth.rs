//! Who may do what: keys, and the guard of a server that is open on this machine.

use std::sync::Mutex;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::{Span, Timestamp};

use super::App;
use crate::config::keys::Scope;
use crate::failure::Failure;

const CREATE: &str = "make one with `perennial key create --data-dir DIR --scope";

/// How many requests without a known key are kept for somebody to look at, in one [`STRANGERS_EVERY`]:
/// enough to see that a key is wrong, too few to push out of the quarantine what had a key.
const STRANGERS_MAX: u32 = 10;
const STRANGERS_EVERY: Span = Span(60_000);

/// Counts requests without a known key.
#[derive(Default)]
pub struct Strangers(Mutex<Option<(Timestamp, u32)>>);

impl Strangers {
    /// Whether one more may be kept at this instant.
    pub fn admit(&self, now: Timestamp) -> bool {
        let mut window = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (since, n) =
            window.filter(|(since, _)| now < *since + STRANGERS_EVERY).unwrap_or((now, 0));
        let admitted = n < STRANGERS_MAX;
        *window = Some((since, n + u32::from(admitted)));
        admitted
    }
}

/// Lets through what has an admin key, or anything at all where the server is open.
pub async fn admin(State(app): State<App>, request: Request, next: Next) -> Response {
    if app.open {
        return next.run(request).await;
    }
    match allow(&app, key_of(request.headers()), Scope::Admin) {
        Ok(()) => next.run(request).await,
        Err(failure) => failure.into_response(),
    }
}

/// Refuses requests that another web site makes through a visitor's browser: to a server that asks
/// for no key, a name that was made to point here, or a page of another origin, is a stranger.
pub async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    if !app.open {
        return next.run(request).await;
    }
    let host = text(headers, HOST.as_str()).unwrap_or_default();
    if !local(host, &app) {
        return Failure::new(403, "auth.host", format!("this open server is not \"{host}\""))
            .hint("use the address it listens on, or start it with keys: `perennial serve`")
            .into_response();
    }
    let origin = text(headers, ORIGIN.as_str()).and_then(|origin| origin.split("://").nth(1));
    if request.method() != Method::GET && origin.is_some_and(|origin| origin != host) {
        return Failure::new(
            403,
            "auth.origin",
            "this open server takes no changes from other sites",
        )
        .hint("start it with keys: `perennial serve`")
        .into_response();
    }
    next.run(request).await
}

/// Checks a key against a scope. An admin key may do everything.
pub fn allow(app: &App, key: Option<String>, needed: Scope) -> Result<(), Failure> {
    let Some(key) = key.filter(|key| !key.is_empty()) else {
        return Err(missing_key(needed));
    };
    match app.workspace.config().scope_of(&key)? {
        None => {
            Err(Failure::new(401, "auth.unknown_key", "the key is not known here, or was revoked")
                .hint(format!("{CREATE} {needed}`")))
        }
        Some(scope) if scope == needed || scope == Scope::Admin => Ok(()),
        Some(scope) => {
            let message = format!("the key has scope {scope}, this path needs {needed}");
            Err(Failure::new(403, "auth.scope", message).hint(format!("{CREATE} {needed}`")))
        }
    }
}

/// The refusal of a request without a key.
pub fn missing_key(needed: Scope) -> Failure {
    Failure::new(401, "auth.missing_key", "this path needs a key")
        .hint(format!("send `Authorization: Bearer KEY`; {CREATE} {needed}`"))
}

/// Every key that the headers may hold: some libraries write it as the password of basic
/// authentication, beside the name of an account.
pub fn keys_of(headers: &HeaderMap) -> Vec<String> {
    let Some(value) = text(headers, AUTHORIZATION.as_str()) else { return Vec::new() };
    let basic = value.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"));
    let password = basic.and_then(|(_, rest)| {
        let decoded = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
        decoded.split_once(':').map(|(_, password)| password.to_owned())
    });
    key_of(headers).into_iter().chain(password).filter(|key| !key.is_empty()).collect()
}

/// The key in the headers: as a bearer token, or as the user name of basic authentication.
pub fn key_of(headers: &HeaderMap) -> Option<String> {
    let value = text(headers, AUTHORIZATION.as_str())?;
    let (scheme, rest) = value.split_once(' ')?;
    let rest = rest.trim();
    match scheme.to_ascii_lowercase().as_str() {
        "bearer" => Some(rest.into()),
        "basic" => {
            let decoded = STANDARD.decode(rest).ok()?;
            let decoded = String::from_utf8(decoded).ok()?;
            Some(decoded.split(':').next().unwrap_or_default().into())
        }
        _ => None,
    }
}

/// Whether a `Host` names this machine's loopback, or the very address that is listened on.
fn local(host: &str, app: &App) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|b| b.is_ascii_digit()) { name } else { host }
    });
    let name = name.trim_start_matches('[').trim_end_matches(']');
    let loopback = name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    name.eq_ignore_ascii_case("localhost") || loopback || host == app.listen.to_string()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
