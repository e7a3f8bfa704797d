//! Who may do what: keys, and the guard of a server that is open on this machine.

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::App;
use crate::config::keys::Scope;
use crate::failure::Failure;

const CREATE: &str = "make one with `perennial key create --data-dir DIR --scope";

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
        return Err(Failure::new(401, "auth.missing_key", "this path needs a key")
            .hint(format!("send `Authorization: Bearer KEY`; {CREATE} {needed}`")));
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
