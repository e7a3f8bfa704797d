//! Who may do what: keys, and the guard of a server that is open on this machine.
//!
//! Whoever asks is known to everything that answers: [`caller`] says so inside of a request to /api.

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::App;
use crate::caller::Caller;
use crate::config::keys::{KeyFacts, Scope};
use crate::failure::Failure;
use crate::service::sight::{Sight, masked};

const CREATE: &str = "make one with `perennial key create --data-dir DIR --scope";

/// Questions that are sent as a body and change nothing.
const READING: [&str; 6] = [
    "/api/analytics/",
    "/api/segments/validate",
    "/api/segments/preview",
    "/api/segments/evaluate",
    "/api/segments/members",
    "/api/segments/explain",
];

/// Where keys that may only send do so.
const SENDING: [&str; 1] = ["/api/batch"];

/// Answers that are for admin keys only, although they change nothing.
const ADMIN_ONLY: [&str; 4] = ["/api/keys", "/api/imports", "/api/erasures", "/api/suppressions"];

/// The same of one user: everything of a person, unmasked.
const ADMIN_ONLY_OF_USER: [&str; 2] = ["/export", "/erase"];

tokio::task_local! {
    static CALLER: (Caller, Sight);
}

/// Refuses a question that names what is masked for whoever asks. `written` looks through all of
/// its texts with what it is given.
pub fn check_question(
    written: impl FnOnce(&dyn Fn(&serde_json::Value) -> bool) -> bool,
) -> Result<(), Failure> {
    let sight = CALLER.try_with(|(_, sight)| sight.clone()).unwrap_or_default();
    if sight.masked() && written(&|json| sight.names_in(json)) { Err(masked()) } else { Ok(()) }
}

/// Who sent the request to /api that is being answered; outside of one, anybody.
pub fn caller() -> Caller {
    CALLER.try_with(|(caller, _)| caller.clone()).unwrap_or_else(|_| Caller::open())
}

/// Lets through what has a key that may do this, or anything at all where the server is open.
pub async fn api(State(app): State<App>, request: Request, next: Next) -> Response {
    if app.open {
        return asked(&app, Caller::open(), next.run(request)).await;
    }
    let path = request.uri().path();
    let reads = match *request.method() {
        Method::GET => {
            let of_user = path.starts_with("/api/users/")
                && ADMIN_ONLY_OF_USER.iter().any(|own| path.ends_with(own));
            !of_user && !ADMIN_ONLY.iter().any(|own| path.starts_with(own))
        }
        Method::POST => READING.iter().any(|question| path.starts_with(question)),
        _ => false,
    };
    let needed = match reads {
        true => Scope::Read,
        false if SENDING.contains(&path) => Scope::Ingest,
        false => Scope::Admin,
    };
    match allow(&app, key_of(request.headers()), needed) {
        Ok(caller) => asked(&app, caller, next.run(request)).await,
        Err(failure) => failure.into_response(),
    }
}

async fn asked(app: &App, caller: Caller, answer: impl Future<Output = Response>) -> Response {
    let sight = app.service.asked_by(caller.clone()).sight();
    CALLER.scope((caller, sight), answer).await
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
pub fn allow(app: &App, key: Option<String>, needed: Scope) -> Result<Caller, Failure> {
    let Some(key) = key.filter(|key| !key.is_empty()) else {
        return Err(missing_key(needed));
    };
    match app.workspace.config().key(&key)? {
        None => {
            Err(Failure::new(401, "auth.unknown_key", "the key is not known here, or was revoked")
                .hint(format!("{CREATE} {needed}`")))
        }
        Some(facts) if facts.scope == needed || facts.scope == Scope::Admin => {
            Ok(Caller::of(facts))
        }
        Some(KeyFacts { scope, .. }) => {
            let message = format!("the key has scope {scope}, this needs {needed}");
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
