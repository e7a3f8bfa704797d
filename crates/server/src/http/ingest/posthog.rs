//! PostHog's paths. A key that is not known is answered with 401: its libraries drop what came with it,
//! those for servers say so. Nothing is ever answered with 429, on which the library for browsers loses
//! data.

use axum::Router;
use axum::extract::State;
use axum::http::HeaderName;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use gateway::posthog::answers::{config, config_script, flags, refused, results, taken};
use gateway::posthog::{decode, uuids};
use gateway::sniff::Content;
use gateway::{Answer, amplitude};

use super::vendor::{Answered, Incoming, accept, arrival, note};
use crate::failure::Failure;
use crate::http::App;

/// When a request of the newer form was sent; its `created_at` is older when it is sent again.
const REQUEST_TIMESTAMP: HeaderName = HeaderName::from_static("posthog-request-timestamp");

/// `/batch` is Amplitude's too, told by what it holds. `/e` and `/flags` are others' by method.
pub fn routes() -> Router<App> {
    let mut routes = Router::new();
    for path in ["/e", "/i/v0/e", "/capture", "/track_events"] {
        let slashed = format!("{path}/");
        routes = routes.route(path, post(capture)).route(&slashed, post(capture));
    }
    for path in ["/flags", "/decide"] {
        let slashed = format!("{path}/");
        routes = routes.route(path, post(no_flags)).route(&slashed, post(no_flags));
    }
    let recorded = async |_: Incoming| Answered(taken());
    let settings = async || Answered(config());
    let script = async || Answered(config_script());
    routes
        .route("/batch", post(batch))
        .route("/batch/", post(batch))
        .route("/i/v1/analytics/events", post(newer))
        .route("/i/v1/analytics/events/", post(newer))
        .route("/s", post(recorded))
        .route("/s/", post(recorded))
        .route("/array/{key}/config", get(settings))
        .route("/array/{key}/config/", get(settings))
        .route("/array/{key}/config.js", get(script))
}

async fn no_flags(State(app): State<App>, _: Incoming) -> Answered {
    let (at, n) = (app.workspace.now().0, app.next_request());
    Answered(flags(&format!("{at:x}-{n:x}")))
}

async fn capture(State(app): State<App>, incoming: Incoming) -> Response {
    let answer = match incoming.content() {
        Ok(content) => classic(&app, &incoming, &content).await,
        Err(failure) => refusal(&failure),
    };
    Answered(answer).into_response()
}

async fn batch(State(app): State<App>, incoming: Incoming) -> Response {
    let answer = match incoming.content() {
        Ok(content) if amplitude::is_batch(&content) => {
            super::amplitude::answer(&app, &incoming, &content).await
        }
        Ok(content) => classic(&app, &incoming, &content).await,
        Err(failure) => refusal(&failure),
    };
    Answered(answer).into_response()
}

async fn classic(app: &App, incoming: &Incoming, content: &Content<'_>) -> Answer {
    let done = async {
        let decoded = decode(content, arrival(app), None)?;
        let caller = incoming.allow(app, &[decoded.write_key.as_deref()])?;
        accept(app, &caller, "posthog", decoded).await
    };
    let done = done.await.inspect_err(|failure| note(app, "posthog", incoming, failure));
    match done {
        Ok(_) => taken(),
        Err(failure) => refusal(&failure),
    }
}

async fn newer(State(app): State<App>, incoming: Incoming) -> Response {
    let sent_at = incoming.headers.get(REQUEST_TIMESTAMP).and_then(|value| value.to_str().ok());
    let done = async {
        let content = incoming.content()?;
        let decoded = decode(&content, arrival(&app), sent_at)?;
        let caller = incoming.allow(&app, &[decoded.write_key.as_deref()])?;
        let (_, rejected) = accept(&app, &caller, "posthog", decoded).await?;
        Ok::<Answer, Failure>(results(&uuids(&content), &rejected))
    };
    let done = done.await.inspect_err(|failure| note(&app, "posthog", &incoming, failure));
    let answer = done.unwrap_or_else(|failure| refusal(&failure));
    Answered(answer).into_response()
}

fn refusal(failure: &Failure) -> Answer {
    refused(failure.status, &failure.detail.code, &failure.to_string())
}
