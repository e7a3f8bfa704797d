//! The HTTP rim: paths, limits, keys, pages.
//!
//! What it is: thin. A handler reads what was sent, calls the [`Service`] on a thread that may
//! block, and writes down the answer. What it is not: it knows no segment and no user.

mod analytics;
pub mod api;
pub mod auth;
pub mod body;
pub mod cors;
pub mod export;
pub mod ingest;
pub mod openapi;
pub mod pages;

use std::net::SocketAddr;
use std::sync::Arc;

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

use crate::failure::Failure;
use crate::metrics::Metrics;
use crate::service::Service;
use crate::workspace::Workspace;

/// Questions computed at once beyond the number of processors: more only wait in memory.
const COMPUTING_EXTRA: usize = 2;

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
    computing: Semaphore,
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
            computing: Semaphore::new(processors + COMPUTING_EXTRA),
            exporting: Arc::new(Semaphore::new(EXPORTING)),
        }))
    }

    /// Waits until there is room for one more export; the room is free again with the permit.
    pub async fn exporting(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.exporting).acquire_owned().await.ok()
    }

    /// Runs a question on a thread that may block; only so many at once.
    pub async fn compute<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Service) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let permit = self.computing.acquire().await;
        let service = Arc::clone(&self.service);
        let answer = tokio::task::spawn_blocking(move || question(&service)).await;
        drop(permit);
        answer.unwrap_or_else(|error| {
            tracing::error!(%error, "a question ended without an answer");
            Err(Failure::new(500, "server.panic", "the question could not be answered")
                .hint("this is a fault of the server; see its own output"))
        })
    }
}

/// All paths.
pub fn router(app: App) -> Router {
    let api = api::routes().layer(from_fn_with_state(app.clone(), auth::admin));
    let public = api::public_routes().route("/metrics", get(metrics));
    let ingestion = ingest::routes().layer(from_fn(cors::open));
    Router::new()
        .merge(api)
        .merge(public)
        .merge(ingestion)
        .fallback(pages::page)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(app.clone(), auth::guard))
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
    axum::serve(listener, router(app)).with_graceful_shutdown(stop).await
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
    ([(CONTENT_TYPE, kind)], app.metrics.text(&app.workspace)).into_response()
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(self.body())).into_response();
        if self.status == 401 {
            let value = HeaderValue::from_static("Bearer");
            response.headers_mut().insert("www-authenticate", value);
        }
        if self.status == 503 {
            response.headers_mut().insert("retry-after", HeaderValue::from_static("5"));
        }
        response
    }
}
