//! The HTTP rim: paths, limits, keys, pages.
//!
//! What it is: thin. A handler reads what was sent, calls the [`Service`] on a thread that may
//! block, and writes down the answer. What it is not: it knows no segment and no user.

pub mod address;
mod analytics;
pub mod api;
pub mod auth;
mod backtests;
pub mod body;
mod catalogs;
pub mod cors;
pub mod export;
mod import;
pub mod ingest;
mod journeys;
mod limits;
pub mod links;
pub mod listen;
mod live;
pub mod long_line;
pub mod openapi;
mod outreach;
pub mod pages;
pub mod peer;
mod privacy;
mod schema;
pub mod tls;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower_http::compression::CompressionLayer;

use crate::caller::Caller;
use crate::failure::Failure;
use crate::metrics::Metrics;
use crate::service::Service;
use crate::workspace::Workspace;
use limits::Limits;
use listen::Socket;
use peer::TrustedProxy;

/// Questions computed at once beyond the number of processors: more only wait in memory.
const COMPUTING_EXTRA: usize = 2;

/// How long an answer may take without a wish.
const QUERY_TIMEOUT: Duration = Duration::from_secs(60);

/// Seconds until another attempt, where nothing better is known.
const RETRY_AFTER: u64 = 5;

/// Exports at once: each takes a thread for as long as its client reads.
const EXPORTING: usize = 4;

/// Everything a handler needs; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

/// See [`App`].
pub struct Inner {
    /// The data.
    pub workspace: Arc<Workspace>,
    /// The answers.
    pub service: Arc<Service>,
    /// No key is needed for /api, from this machine.
    pub open: bool,
    /// The data came from `demo`.
    pub demo: bool,
    /// What is listened on.
    pub listen: SocketAddr,
    /// Counters.
    pub metrics: Metrics,
    requests: AtomicU64,
    /// What waits to be accepted, of clients that send once.
    pub held: ingest::held::Held,
    /// Room for uploads at once.
    pub(crate) uploading: Semaphore,
    secret: OnceLock<[u8; 32]>,
    /// How many records keys may send.
    limits: Limits,
    query_timeout: Duration,
    trusted_proxy: Option<TrustedProxy>,
    computing: Arc<Semaphore>,
    exporting: Arc<Semaphore>,
}

impl std::ops::Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// How a server is started.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// No key is needed for /api. Only sensible on loopback.
    pub open: bool,
    /// The data came from `demo`.
    pub demo: bool,
    /// How long an answer may take; nothing: a minute.
    pub query_timeout: Option<Duration>,
    /// Whose word counts about where a request came from.
    pub trusted_proxy: Option<TrustedProxy>,
}

impl App {
    /// An application over a service, for one address.
    pub fn new(service: Arc<Service>, listen: SocketAddr, options: Options) -> App {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        App(Arc::new(Inner {
            workspace: service.workspace(),
            service,
            open: options.open,
            demo: options.demo,
            listen,
            metrics: Metrics::default(),
            requests: AtomicU64::new(0),
            held: ingest::held::Held::default(),
            uploading: Semaphore::new(ingest::clevertap::UPLOADS_MAX),
            secret: OnceLock::new(),
            limits: Limits::default(),
            query_timeout: options.query_timeout.unwrap_or(QUERY_TIMEOUT),
            trusted_proxy: options.trusted_proxy,
            computing: Arc::new(Semaphore::new(processors + COMPUTING_EXTRA)),
            exporting: Arc::new(Semaphore::new(EXPORTING)),
        }))
    }

    /// Another number for each call, until the server is started again.
    pub fn next_request(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::Relaxed)
    }

    /// The secret that ids are made with; nothing if the configuration cannot be read.
    pub(crate) fn secret(&self) -> Option<[u8; 32]> {
        if let Some(secret) = self.secret.get() {
            return Some(*secret);
        }
        let read = self.workspace.config().secret();
        match read {
            Ok(secret) => Some(*self.secret.get_or_init(|| secret)),
            Err(error) => {
                tracing::error!(%error, "ids are random until the configuration can be read");
                None
            }
        }
    }

    /// Counts records against the limit of a key.
    ///
    /// Errors: 429 with when to try again.
    pub fn admit(&self, caller: &Caller, n: usize) -> Result<(), Failure> {
        self.limits.admit(caller, n, Instant::now())
    }

    /// Waits until there is room for one more export; the room is free again with the permit.
    pub async fn exporting(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.exporting).acquire_owned().await.ok()
    }

    /// Answers a question on a thread that may block; only so many at once. It is given up when
    /// it takes too long, and when whoever waits for the answer goes away.
    pub async fn compute<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Service) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let stop = StopOnDrop::default();
        let service = self.service.stopped_by(Arc::clone(&stop.0)).asked_by(auth::caller());
        let limit = self.query_timeout;
        let answer = tokio::time::timeout(limit, self.run(move || question(&service))).await;
        answer.unwrap_or_else(|_| {
            let message = format!("the answer took longer than {} s", limit.as_secs_f64());
            Err(Failure::new(503, "query.timeout", message).hint(
                "ask for less, for one thing at a time, or later; the limit is set with \
                 --query-timeout when the server is started",
            ))
        })
    }

    /// Does what may take long and is finished once it is begun, on a thread that may block.
    pub async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Service) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let service = self.service.asked_by(auth::caller());
        self.run(move || work(&service)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let permit = Arc::clone(&self.computing).acquire_owned().await;
        let answer = tokio::task::spawn_blocking(move || {
            let answer = work();
            drop(permit);
            answer
        });
        answer.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a question ended without an answer");
            Err(Failure::new(500, "server.panic", "the question could not be answered")
                .hint("this is a fault of the server; see its own output"))
        })
    }
}

/// Sets its mark when it goes: with an answer, it does not matter any more.
#[derive(Default)]
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// All paths.
pub fn router(app: App) -> Router {
    let api = api::routes().layer(from_fn_with_state(app.clone(), auth::api));
    let public = api::public_routes().route("/metrics", get(metrics));
    // The fallback first: what other pages are told must stand on every answer of these paths.
    let ingestion = ingest::routes()
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(app.clone(), peer::known))
        .layer(from_fn(cors::open));
    let links = links::routes().method_not_allowed_fallback(wrong_method);
    Router::new()
        .merge(api)
        .merge(public)
        .fallback(pages::page)
        .layer(from_fn_with_state(app.clone(), auth::guard))
        .merge(ingestion)
        .merge(links)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn(body::without_brotli))
        .layer(from_fn_with_state(app.clone(), finish))
        .layer(CompressionLayer::new())
        .with_state(app)
}

async fn wrong_method(method: Method, uri: Uri) -> Failure {
    Failure::new(405, "request.method", format!("{} takes no {method}", uri.path()))
        .hint("see /api/openapi.json for what each path takes")
}

/// Serves until `stop` is done; requests under way are finished first.
pub async fn serve(
    listener: TcpListener,
    app: App,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    serve_on(vec![Socket { listener, tls: None }], app, stop).await
}

/// The same on several sockets, plain or TLS.
pub async fn serve_on(
    sockets: Vec<Socket>,
    app: App,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let webhooks = crate::webhooks::deliver::start(&app.service);
    let imports = crate::imports::schedule::start(&app.service);
    let secure = sockets.first().is_some_and(|socket| socket.tls.is_some());
    begin_outreach(&app, secure).await;
    let outbox = crate::outbox::dispatch::start(&app.service);
    let hearing = crate::outbox::hear::start(&app.service);
    let campaigns = crate::outreach::run::start(&app.service);
    let hub = Arc::clone(app.workspace.hub());
    let stop = async move {
        stop.await;
        // Streams never end by themselves.
        hub.close();
    };
    let retrying = tokio::spawn(ingest::held::retry(app.clone()));
    listen::serve(sockets, router(app), stop).await;
    retrying.abort();
    campaigns.stop().await;
    hearing.stop().await;
    if let Some(outbox) = outbox {
        outbox.stop().await;
    }
    imports.stop().await;
    webhooks.stop().await;
    Ok(())
}

/// Campaigns decide and send from now on, with links that lead here.
async fn begin_outreach(app: &App, secure: bool) {
    let (service, listen) = (Arc::clone(&app.service), app.listen);
    let scheme = if secure { "https" } else { "http" };
    let begun = tokio::task::spawn_blocking(move || {
        service.reached_at(&format!("{scheme}://{listen}"));
        service.outreach_changed()
    });
    if let Ok(Err(failure)) = begun.await {
        tracing::error!(message = %failure.detail.message, "campaigns cannot be read; nothing is sent");
    }
}

/// Counts and marks every answer.
async fn finish(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    app.metrics.answered(response.status().as_u16());
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

async fn metrics(State(app): State<App>) -> Response {
    let kind = HeaderValue::from_static("text/plain; version=0.0.4");
    ([(CONTENT_TYPE, kind)], app.metrics.text(&app.workspace, app.held.len())).into_response()
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(self.body())).into_response();
        if self.status == 401 {
            let value = HeaderValue::from_static("Bearer");
            response.headers_mut().insert("www-authenticate", value);
        }
        let unknown = (self.status == 503).then_some(RETRY_AFTER);
        if let Some(seconds) = self.retry_after.or(unknown) {
            response.headers_mut().insert("retry-after", HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests;
