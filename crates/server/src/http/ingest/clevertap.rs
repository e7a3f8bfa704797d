//! CleverTap's paths: `/a`, `/r`, `/e` and `/defineVars` of the web client, `/hello` and `/a1` of the
//! mobile clients, `/1/upload` of servers.
//!
//! The account id that a client is set up with is an ingestion key. The web client is always answered
//! with a guid, whatever becomes of what it sent: an account that is not known, or a payload that cannot
//! be read, is in the error stream; what cannot be stored is held and tried again ([`super::held`]).
//!
//! Guids: a fresh browser gets a random one. A login gets the guid that its identity has here already, or
//! else one made of the identity with a secret of the workspace, so that two servers and two requests
//! make the same one. Nothing of a person is told to whoever logs in with their id, unless the workspace lets
//! everybody have it: the web client cannot prove who it is ([`notices`]).

mod notices;

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderValue};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use gateway::Decoded;
use gateway::clevertap::{Answer, mobile, upload, web};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use serde_json::json;
use sha2::Sha256;

use super::{take, turned_away};
use crate::caller::Caller;
use crate::config::keys::Scope;
use crate::failure::Failure;
use crate::http::{App, auth, body, long_line};

/// The name of the wire form in the error stream.
const SOURCE: &str = "clevertap";

/// How long an answer waits for what was sent to be stored. It goes on being stored after that.
const STORED_WITHIN: Duration = Duration::from_secs(3);

/// How often keys that cannot be read are asked for again.
const KEY_TRIES: usize = 5;

/// How long an answer waits for who somebody is.
const KNOWN_WITHIN: Duration = Duration::from_secs(1);

/// Uploads at once, as the vendor's limit is documented.
pub(crate) const UPLOADS_MAX: usize = 15;

/// All paths.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/a", get(track))
        .route("/e", get(track))
        .route("/r", get(notices::redirect))
        .route("/defineVars", post(define_variables))
        .route("/hello", get(hello))
        .route("/a1", post(mobile_batch))
        .route("/1/upload", post(upload_records))
        .route("/1/profile.json", get(profile))
}

/// One request of the web client.
async fn track(State(app): State<App>, headers: HeaderMap, uri: Uri) -> Response {
    let mut call = web::read(long_line::query(&uri, &headers));
    let guid = whose(&app, &call).await;
    let now = app.workspace.now();
    let account = call.account().map(str::to_owned);
    let written = call.written().to_owned();
    // Who logs in takes along what this browser did before, also if it is given another guid.
    let own = call.guid().filter(|_| !call.switches()).map(str::to_owned);
    let mut answer = Answer::to(&call, &guid, u64::try_from(now.0 / 1_000).unwrap_or_default());
    // Who wants to be left alone is told nothing.
    let asked = (call.opt_out != Some(true) && app.service.serves_visitors())
        .then(|| notices::Asked::of(&call, &guid));
    let decoded = call.take_decoded(&own.unwrap_or_else(|| guid.clone()), now);
    let known = store(&app, account, written, decoded).await;
    // An event that triggers a message is decided by now: it goes with this very answer.
    if let Some(asked) = asked.filter(|_| known) {
        answer = answer.with(notices::of(&app, asked, notices::host(&headers, &uri)).await);
    }
    let accepts = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let fetched = accepts.contains("application/json")
        || headers.contains_key("x-clevertap-encryption-enabled");
    let (kind, said) = match fetched {
        true => ("application/json", answer.sealed(&call, nonce())),
        false => ("text/javascript; charset=utf-8", answer.script()),
    };
    no_store(kind, said)
}

/// Whom a browser is from now on.
async fn whose(app: &App, call: &web::Call) -> String {
    let identities = call.identities();
    let Some((kind, value)) = identities.first() else {
        return call.guid().map_or_else(random_guid, str::to_owned);
    };
    let named = match *kind {
        "email" => gateway::validate::email(value),
        "phone" => gateway::validate::phone(value),
        _ => None,
    };
    let id = match named {
        _ if *kind == "identity" => value.clone(),
        Some(identity) => format!("{}:{}", identity.label, identity.value),
        None => format!("{kind}:{value}"),
    };
    if let Some(known) = known_guid(app, id).await {
        return known;
    }
    match call.guid() {
        // The first login of this browser: it stays who it is, and is known from now on.
        Some(guid) if !call.switches() => guid.to_owned(),
        _ => made_of(app, kind, value),
    }
}

/// The guid of a person that they have now, the first that this server made.
async fn known_guid(app: &App, identity: String) -> Option<String> {
    let workspace = std::sync::Arc::clone(&app.workspace);
    let asked = tokio::task::spawn_blocking(move || {
        let (_, graph) = workspace.identity(&identity).ok()??;
        let mine = |guid: &&model::Text| guid.len() == 32 && guid.bytes().all(hexadecimal);
        graph.anonymous_ids().find(mine).map(ToString::to_string)
    });
    tokio::time::timeout(KNOWN_WITHIN, asked).await.ok()?.ok()?
}

fn hexadecimal(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

/// A guid that follows from an identity.
fn made_of(app: &App, kind: &str, value: &str) -> String {
    hex(&keyed(app, &["guid", kind, value])[..16])
}

/// A hash of texts with the secret of the workspace; random if there is none, so that it is a guid at
/// least.
pub(super) fn keyed(app: &App, texts: &[&str]) -> [u8; 32] {
    let Some(secret) = app.secret() else { return random() };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&secret) else { return random() };
    for text in texts {
        mac.update(&(text.len() as u64).to_le_bytes());
        mac.update(text.as_bytes());
    }
    mac.finalize().into_bytes().into()
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if let Err(error) = getrandom::fill(&mut bytes) {
        tracing::error!(%error, "no randomness from the operating system");
    }
    bytes
}

fn nonce() -> [u8; 12] {
    random()
}

fn random_guid() -> String {
    hex(&random::<16>())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Stores what an account sent, or holds it. Waits for that only so long. Whether the account is known.
async fn store(app: &App, account: Option<String>, written: String, decoded: Decoded) -> bool {
    let app = app.clone();
    let storing = tokio::spawn(async move {
        let caller = match known(&app, account).await {
            Ok(caller) => caller,
            Err(refused) => {
                turned_away(&app, SOURCE, &refused, written.as_bytes());
                return false;
            }
        };
        let records = decoded.records.clone();
        if let Err(failure) = take(&app, &caller, SOURCE, decoded).await {
            // A limit that is kept for later is none.
            if failure.status == 429 {
                turned_away(&app, SOURCE, &failure, written.as_bytes());
                return false;
            }
            // What the schema found was noted on the way.
            let records = app.workspace.registry().policy.apply(records, &mut |_| {});
            tracing::warn!(%failure, n = records.len(), "held until it can be stored");
            let dropped = app.held.keep(records) as u64;
            app.metrics.dropped.fetch_add(dropped, std::sync::atomic::Ordering::Relaxed);
        }
        true
    });
    matches!(tokio::time::timeout(STORED_WITHIN, storing).await, Ok(Ok(true)))
}

/// Whether an account may send. Keys that cannot be read are asked for again for a while.
async fn known(app: &App, account: Option<String>) -> Result<Caller, Failure> {
    for _ in 0..KEY_TRIES {
        match auth::allow(app, account.clone(), Scope::Ingest) {
            Err(failure) if failure.status >= 500 => tokio::time::sleep(STORED_WITHIN).await,
            said => return said,
        }
    }
    auth::allow(app, account, Scope::Ingest)
}

fn no_store(kind: &'static str, text: String) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, text).into_response()
}

/// Variables that a page defines: there is nothing yet that would set them.
async fn define_variables(body: Body) -> Result<Response, Failure> {
    body::read(body).await?;
    Ok(no_store("application/json", json!({"status": "success"}).to_string()))
}

/// Where a device is to send: here.
async fn hello(headers: HeaderMap) -> Response {
    let host = headers.get(HOST).cloned().unwrap_or(HeaderValue::from_static(""));
    let mut response = no_store("application/json", "{}".into());
    for name in ["x-wzrk-rd", "x-wzrk-spiky-rd"] {
        response.headers_mut().insert(name, host.clone());
    }
    response
}

/// Messages of a device.
async fn mobile_batch(State(app): State<App>, body: Body) -> Result<Response, Failure> {
    let bytes = body::read_packed(body).await?;
    let batch = mobile::read(&bytes)?;
    let caller = auth::allow(&app, batch.account.clone(), Scope::Ingest)?;
    let guid = batch.guid.clone().unwrap_or_else(random_guid);
    let decoded = batch.into_decoded(&guid, app.workspace.now());
    take(&app, &caller, SOURCE, decoded).await?;
    Ok(no_store("application/json", mobile::answer(&guid)))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Upload {
    #[serde(rename = "dryRun")]
    dry_run: String,
}

/// Records of a customer's own servers.
async fn upload_records(
    State(app): State<App>,
    headers: HeaderMap,
    Query(asked): Query<Upload>,
    body: Body,
) -> Response {
    let failed = |status: StatusCode, error: String| {
        let text = json!({"status": "fail", "error": error, "code": status.as_u16()}).to_string();
        (status, no_store("application/json", text)).into_response()
    };
    let of_failure = |failure: Failure| {
        let status = StatusCode::from_u16(failure.status);
        failed(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), failure.to_string())
    };
    let caller = match auth::allow(&app, passcode(&headers), Scope::Ingest) {
        Ok(caller) => caller,
        Err(failure) => return of_failure(Failure { status: 401, ..failure }),
    };
    let Ok(_room) = app.uploading.try_acquire() else {
        let error = format!("too many concurrent requests: {UPLOADS_MAX} are served at once");
        return failed(StatusCode::TOO_MANY_REQUESTS, error);
    };
    let read = match body::read_packed(body).await {
        Ok(bytes) => upload::decode(&bytes, app.workspace.now()).map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    let mut read = match read {
        Ok(read) => read,
        Err(failure) => return of_failure(failure),
    };
    let said = read.answer();
    let decoded = std::mem::take(&mut read.decoded);
    if asked.dry_run != "1"
        && let Err(failure) = take(&app, &caller, SOURCE, decoded).await
    {
        return of_failure(failure);
    }
    no_store("application/json", said)
}

/// The key of a server: its passcode.
fn passcode(headers: &HeaderMap) -> Option<String> {
    let text = headers.get("x-clevertap-passcode")?.to_str().ok()?;
    Some(text.to_owned())
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Whom {
    identity: Option<String>,
    #[serde(rename = "objectId")]
    object_id: Option<String>,
}

/// One profile, by an id.
async fn profile(
    State(app): State<App>,
    headers: HeaderMap,
    Query(whom): Query<Whom>,
) -> Result<Response, Failure> {
    auth::allow(&app, passcode(&headers), Scope::Admin)?;
    let id = whom.identity.or(whom.object_id).ok_or_else(|| {
        Failure::bad_request("request.query", "neither identity nor objectId is given")
    })?;
    let found = app.compute(move |service| service.user(&id, &Default::default())).await;
    let user = match found {
        Ok(user) => user,
        Err(failure) if failure.status == 404 => {
            let text = json!({"status": "fail", "error": "Profile not found", "code": 404});
            return Ok(no_store("application/json", text.to_string()));
        }
        Err(failure) => return Err(failure),
    };
    let user = serde_json::to_value(user).unwrap_or_default();
    let devices: Vec<_> = user["anonymous_ids"].as_array().into_iter().flatten().collect();
    let text = json!({"status": "success", "record": {
        "identity": user["user_ids"][0],
        "profileData": user["attributes"],
        "platformInfo": devices.iter().map(|id| json!({"objectId": id})).collect::<Vec<_>>(),
    }});
    Ok(no_store("application/json", text.to_string()))
}
