//! What is live over HTTP: the view, the stream of server-sent events, transitions, webhooks and
//! stage frameworks.
//!
//! Invariants of a stream: its memory is a few chunks and its place in the hub's queue; a client
//! that does not read is told so and let go; when the server stops, streams end first.

mod encode;

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http_body_util::channel::{Channel, Sender};
use tokio::time::{MissedTickBehavior, interval, timeout};
use wire::api::{
    DeadLettersQuery, FrameworkInput, LiveQuery, LiveStreamQuery, RetryInput,
    WatchTransitionsQuery, WebhookInput,
};

use super::api::{Answer, ask};
use super::body::{self, Id, Params};
use super::{App, auth};
use crate::failure::Failure;
use crate::live::{Ended, Listen, Subscription};
use crate::service::Service;
use crate::service::live::read_position;
use encode::{Stream, Wanted};

/// How often numbers are looked at.
const TICK: Duration = Duration::from_secs(1);

/// Ticks without anything to say after which a comment shows that the stream lives.
const QUIET_TICKS: u32 = 15;

/// Chunks that wait for a client that reads slowly.
const CHUNKS: usize = 8;

/// How long a client may take for one chunk before it counts as gone.
const CHUNK_TIMEOUT: Duration = Duration::from_secs(20);

/// Paths that need a key.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/live", get(live))
        .route("/api/live/stream", get(stream))
        .route("/api/segments/{id}/transitions", get(segment_transitions))
        .route("/api/users/{id}/transitions", get(user_transitions))
        .route("/api/webhooks", get(webhooks).post(create_webhook))
        .route("/api/webhooks/{id}", get(webhook).delete(delete_webhook))
        .route("/api/webhooks/{id}/test", post(test_webhook))
        .route("/api/webhooks/{id}/dead-letters", get(dead_letters))
        .route("/api/webhooks/{id}/dead-letters/retry", post(retry_dead_letters))
        .route("/api/frameworks", get(frameworks))
        .route("/api/frameworks/{id}", get(framework).put(put_framework).delete(delete_framework))
}

async fn live(State(app): State<App>, Params(query): Params<LiveQuery>) -> Answer {
    ask(&app, move |service| service.live_view(&query)).await
}

async fn segment_transitions(
    State(app): State<App>,
    Id(id): Id,
    Params(query): Params<WatchTransitionsQuery>,
) -> Answer {
    ask(&app, move |service| service.segment_transitions(&id, &query)).await
}

async fn user_transitions(
    State(app): State<App>,
    Id(id): Id,
    Params(query): Params<WatchTransitionsQuery>,
) -> Answer {
    ask(&app, move |service| service.user_transitions(&id, &query)).await
}

async fn webhooks(State(app): State<App>) -> Answer {
    ask(&app, Service::webhooks).await
}

async fn create_webhook(State(app): State<App>, body: Body) -> Answer {
    let input: WebhookInput = body::json(&body::read(body).await?)?;
    let created = app.compute(move |service| service.create_webhook(&input)).await?;
    Ok((StatusCode::CREATED, Json(created)).into_response())
}

async fn webhook(State(app): State<App>, Id(id): Id) -> Answer {
    ask(&app, move |service| service.webhook(&id)).await
}

async fn delete_webhook(State(app): State<App>, Id(id): Id) -> Answer {
    app.compute(move |service| service.delete_webhook(&id)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn test_webhook(State(app): State<App>, Id(id): Id) -> Answer {
    ask(&app, move |service| service.test_webhook(&id)).await
}

async fn dead_letters(
    State(app): State<App>,
    Id(id): Id,
    Params(query): Params<DeadLettersQuery>,
) -> Answer {
    ask(&app, move |service| service.dead_letters(&id, &query)).await
}

async fn retry_dead_letters(State(app): State<App>, Id(id): Id, body: Body) -> Answer {
    let bytes = body::read(body).await?;
    let input: RetryInput = match bytes.is_empty() {
        true => RetryInput::default(),
        false => body::json(&bytes)?,
    };
    ask(&app, move |service| service.retry_dead_letters(&id, &input)).await
}

async fn frameworks(State(app): State<App>) -> Answer {
    ask(&app, Service::frameworks).await
}

async fn framework(State(app): State<App>, Id(key): Id) -> Answer {
    ask(&app, move |service| service.framework(&key)).await
}

async fn put_framework(State(app): State<App>, Id(key): Id, body: Body) -> Answer {
    let input: FrameworkInput = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.put_framework(&key, &input)).await
}

async fn delete_framework(State(app): State<App>, Id(key): Id) -> Answer {
    app.compute(move |service| service.delete_framework(&key)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Server-sent events: what happens, as it is told.
async fn stream(
    State(app): State<App>,
    Params(query): Params<LiveStreamQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let wanted = Wanted::read(&query)?;
    let after = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let after = after.and_then(read_position);
    let listen = Listen { events: wanted.events, bounded: true, after };
    let sight = app.service.asked_by(auth::caller()).sight();
    let hub = app.workspace.hub();
    let Some((subscription, replay)) = hub.subscribe(listen) else {
        let message = "as many clients listen as can, or the server stops";
        return Err(Failure::new(503, "live.too_many_listeners", message)
            .hint("close a stream that is not needed, or ask GET /api/live now and then"));
    };
    let (sender, body) = Channel::<Bytes, io::Error>::new(CHUNKS);
    let mut stream = Stream::new(wanted, sight, replay.position);
    let first = stream.replay(&replay);
    drop(replay);
    tokio::spawn(run(app.clone(), subscription, stream, sender, first));
    let kind = HeaderValue::from_static("text/event-stream; charset=utf-8");
    let headers = [
        (CONTENT_TYPE, kind),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        // Proxies that gather answers pass this one on at once.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    Ok((headers, Body::new(body)).into_response())
}

/// Feeds one stream until its client leaves, is too slow, or the server stops.
async fn run(
    app: App,
    mut subscription: Subscription,
    mut stream: Stream,
    mut sender: Sender<Bytes, io::Error>,
    first: String,
) {
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut quiet = 0;
    let mut text = first;
    loop {
        if !text.is_empty() {
            quiet = 0;
            let sent = timeout(CHUNK_TIMEOUT, sender.send_data(Bytes::from(text))).await;
            if !matches!(sent, Ok(Ok(()))) {
                return;
            }
        }
        text = tokio::select! {
            batch = subscription.next() => match batch {
                Ok(batch) => stream.batch(&batch),
                Err(ended) => {
                    let last = stream.end(match ended {
                        Ended::TooSlow(_) => "too_slow",
                        Ended::Closed => "closing",
                    });
                    let _ = timeout(CHUNK_TIMEOUT, sender.send_data(Bytes::from(last))).await;
                    return;
                }
            },
            _ = tick.tick() => {
                quiet += 1;
                let (exact_as_of, rows) = app.workspace.hub().counts(app.workspace.now());
                match stream.counts(exact_as_of, &rows) {
                    text if text.is_empty() && quiet >= QUIET_TICKS => stream.heartbeat(),
                    text => text,
                }
            }
        };
    }
}
