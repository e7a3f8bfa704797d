//! Where the links of messages lead: opens, clicks, leaving a list, choosing what to get.
//!
//! What it is: handlers that need no key, because the link itself is signed. What it is not: a redirect to
//! wherever a visitor wishes; an address leaves only out of a token that we signed.
//!
//! A visitor is never told more than the token holds, and gets an answer even if nothing can be recorded.

mod page;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_TYPE, LOCATION, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use message::links::{Claim, Kind};
use model::EventId;
use wire::api::{PreferencePage, UserSubscriptions};

use super::App;
use super::body;
use crate::failure::Failure;
use crate::service::feedback::{Answered, Asked};

/// A transparent picture of one pixel (GIF).
const PIXEL: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

/// Words in the names of programs that open mail before people do.
const MACHINES: [&str; 14] = [
    "bot",
    "crawler",
    "spider",
    "barracuda",
    "mimecast",
    "proofpoint",
    "scanner",
    "preview",
    "curl",
    "python",
    "wget",
    "headless",
    "facebookexternalhit",
    "slackbot",
];

/// Paths that need no key.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/t/{token}", get(followed).post(answered))
        .route("/feedback/{provider}/{token}", post(told).get(told))
}

/// What is told of an opener by its name alone.
fn machine(headers: &HeaderMap) -> bool {
    let name = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let lower = name.to_ascii_lowercase();
    // Apple's proxy, which fetches every picture of every mail, says no more than this.
    let proxy = lower.trim() == "mozilla/5.0" || lower.trim().is_empty();
    proxy || MACHINES.iter().any(|word| lower.contains(word))
}

async fn followed(
    State(app): State<App>,
    Path(token): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let claim = match read(&app, &token).await {
        Ok(claim) => claim,
        Err(response) => return *response,
    };
    let message = EventId(claim.message);
    let machine = machine(&headers) || method == Method::HEAD;
    match claim.kind {
        Kind::Open => {
            let told = app.service.opened(message, machine).await;
            log(told);
            let headers = [
                (CONTENT_TYPE, HeaderValue::from_static("image/gif")),
                (CACHE_CONTROL, HeaderValue::from_static("no-store, private")),
            ];
            (headers, PIXEL).into_response()
        }
        Kind::Click { index, url } => {
            let told = app.service.clicked(message, index, &url, machine).await;
            log(told);
            match HeaderValue::try_from(&url) {
                Ok(location) => {
                    let headers = [
                        (LOCATION, location),
                        (CACHE_CONTROL, HeaderValue::from_static("no-store, private")),
                    ];
                    (StatusCode::FOUND, headers).into_response()
                }
                Err(_) => StatusCode::NOT_FOUND.into_response(),
            }
        }
        Kind::Unsubscribe => {
            let words = page::words(language(&headers));
            page::html(page::leave(&words, &token))
        }
        Kind::Preferences => choices(&app, message, &token, &headers, false).await,
    }
}

/// Pairs of a query that are read at most.
const PAIRS_MAX: usize = 100;

/// What a provider tells of messages, or what recipients write back to it.
async fn told(
    State(app): State<App>,
    Path((provider, token)): Path<(String, String)>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    let query = uri.query().unwrap_or_default().to_owned();
    let mut pairs = Query::<Vec<(String, String)>>::try_from_uri(&uri)
        .map(|Query(pairs)| pairs)
        .map_err(|error| Failure::bad_request("request.query", error.to_string()))?;
    pairs.truncate(PAIRS_MAX);
    let body = body::read(body).await?;
    let asked = Asked { provider, token, method, query, pairs, headers, body };
    Ok(match app.service.told_by_provider(asked).await? {
        Answered::Nothing => StatusCode::NO_CONTENT.into_response(),
        Answered::Text(text) => {
            ([(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))], text)
                .into_response()
        }
        Answered::Json(json) => {
            ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], json).into_response()
        }
        Answered::Instructions => {
            ([(CONTENT_TYPE, HeaderValue::from_static("text/xml"))], "<Response/>").into_response()
        }
    })
}

/// A form, or a mail program that leaves for its reader (RFC 8058).
async fn answered(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let claim = match read(&app, &token).await {
        Ok(claim) => claim,
        Err(response) => return *response,
    };
    let message = EventId(claim.message);
    match claim.kind {
        Kind::Unsubscribe => match app.service.unsubscribe(message).await {
            Ok(()) => page::html(page::left(&page::words(language(&headers)))),
            Err(failure) => failure.into_response(),
        },
        Kind::Preferences => {
            let form = match body::read(body).await {
                Ok(form) => form,
                Err(failure) => return failure.into_response(),
            };
            let chosen = page::form(&form);
            match app.service.choose(message, chosen).await {
                Ok(()) => choices(&app, message, &token, &headers, true).await,
                Err(failure) => failure.into_response(),
            }
        }
        Kind::Open | Kind::Click { .. } => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

async fn choices(
    app: &App,
    message: EventId,
    token: &str,
    headers: &HeaderMap,
    saved: bool,
) -> Response {
    let found = app.work(move |service| service.choices_of(message)).await;
    match found {
        Ok(subscriptions) => {
            let words = page::words(language(headers));
            page::html(page::choose(&words, token, &subscriptions, saved))
        }
        Err(failure) => failure.into_response(),
    }
}

/// The page of choices in a language, to be looked at: its form has no token, and leads nowhere.
pub(super) fn preference_page(language: &str, subscriptions: &UserSubscriptions) -> PreferencePage {
    PreferencePage { html: page::choose(&page::words(language), "", subscriptions, false) }
}

async fn read(app: &App, token: &str) -> Result<Claim, Box<Response>> {
    let (service, token, now) = (app.service.clone(), token.to_owned(), app.workspace.now());
    let read = tokio::task::spawn_blocking(move || {
        let links = service.links()?;
        let links = links
            .ok_or_else(|| Failure::not_found("link.unknown", "this server makes no links"))?;
        links.signer.verify(&token, now).map_err(|error| {
            Failure::new(404, "link.refused", error.to_string())
                .hint("open the link from the message itself")
        })
    });
    match read.await {
        Ok(Ok(claim)) => Ok(claim),
        Ok(Err(failure)) => Err(Box::new(failure.into_response())),
        Err(_) => Err(Box::new(StatusCode::INTERNAL_SERVER_ERROR.into_response())),
    }
}

/// The language that a browser asks for first, as far as pages have it.
fn language(headers: &HeaderMap) -> &str {
    let asked = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    asked.and_then(|asked| asked.split([',', ';', '-']).next()).unwrap_or("en").trim()
}

/// What cannot be recorded must not keep a visitor from where they go.
fn log(told: Result<(), Failure>) {
    if let Err(failure) = told
        && failure.status != 404
    {
        tracing::warn!(message = %failure.detail.message, "an open or a click was not recorded");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_told_from_people_by_their_names() {
        let of = |name: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(USER_AGENT, HeaderValue::from_str(name).unwrap());
            machine(&headers)
        };
        assert!(of("Mozilla/5.0") && of("") && of("Googlebot/2.1"));
        assert!(of("Mozilla/5.0 (compatible; Barracuda Link Protection)"));
        assert!(!of(
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36"
        ));
        // Gmail's proxy fetches when somebody looks.
        assert!(!of(
            "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
        ));
        assert!(machine(&HeaderMap::new()));
    }
}
