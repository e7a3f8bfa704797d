//! Amplitude's paths. A key that is not known is answered as its libraries understand it, so that they
//! give up what came with it and say so; any other refusal would be tried again for ever.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use gateway::Answer;
use gateway::amplitude::answers::{configuration, refused, taken, unknown_key};
use gateway::amplitude::decode;
use gateway::sniff::Content;

use super::vendor::{Answered, Incoming, accept, arrival, note};
use crate::failure::Failure;
use crate::http::App;

/// `/batch` is PostHog's too, and stands there.
pub fn routes() -> Router<App> {
    let settings = async || Answered(configuration());
    Router::new()
        .route("/2/httpapi", post(handle))
        .route("/2/httpapi/", post(handle))
        .route("/config", get(settings))
        .route("/config/", get(settings))
}

async fn handle(State(app): State<App>, incoming: Incoming) -> Response {
    let answer = match incoming.content() {
        Ok(content) => answer(&app, &incoming, &content).await,
        Err(failure) => refused(failure.status, &failure.to_string()),
    };
    Answered(answer).into_response()
}

/// What a request is answered.
pub async fn answer(app: &App, incoming: &Incoming, content: &Content<'_>) -> Answer {
    let arrival = arrival(app);
    let done = async {
        let address = crate::http::peer::peer().map(|address| address.to_string());
        let decoded = decode(content, arrival, address.as_deref())?;
        let caller = incoming.allow(app, &[decoded.write_key.as_deref()])?;
        accept(app, &caller, "amplitude", decoded).await
    };
    let done = done.await.inspect_err(|failure| note(app, "amplitude", incoming, failure));
    match done {
        Ok((n, _)) => taken(n, content.json.len(), arrival.received_at),
        Err(failure) if matches!(failure.status, 401 | 403) => unknown_key(&failure.to_string()),
        Err(failure) => refused(failure.status, &Failure::to_string(&failure)),
    }
}
