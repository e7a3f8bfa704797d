//! Mixpanel's paths. A key that is not known is answered with 401, which all three libraries report to
//! the program and none repeats.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use gateway::mixpanel::answers::{Wanted, flags, refused, settings, taken};
use gateway::mixpanel::{Path, decode};

use super::vendor::{Answered, Incoming, accept, arrival, note};
use crate::failure::Failure;
use crate::http::App;

/// Paths with and without a slash at the end; the library for Node puts everything into the address.
pub fn routes() -> Router<App> {
    let mut routes = Router::new();
    for (path, kind) in [
        ("/track", Path::Track),
        ("/engage", Path::Engage),
        ("/groups", Path::Groups),
        ("/import", Path::Import),
    ] {
        let slashed = format!("{path}/");
        routes = routes.route(path, taking(kind)).route(&slashed, taking(kind));
    }
    let nothing = async || Answered(flags());
    let unset = async || Answered(settings());
    routes
        .route("/flags", get(nothing))
        .route("/flags/", get(nothing))
        // Without the slash it is a page of the dashboard.
        .route("/settings/", get(unset))
        .route("/record/", axum::routing::post(async || Answered(settings())))
}

fn taking(path: Path) -> MethodRouter<App> {
    let handler = move |State(app): State<App>, incoming: Incoming| handle(app, path, incoming);
    get(handler).post(handler)
}

async fn handle(app: App, path: Path, incoming: Incoming) -> Response {
    let content = incoming.content();
    let wanted = Wanted::of(path, content.as_ref().ok());
    let done = async {
        let content = content?;
        let decoded = decode(path, &content, arrival(&app))?;
        let keys = [content.field("api_key"), decoded.write_key.as_deref()];
        let caller = incoming.allow(&app, &keys)?;
        accept(&app, &caller, "mixpanel", decoded).await
    };
    let done = done.await.inspect_err(|failure| note(&app, "mixpanel", &incoming, failure));
    let answer = match done {
        Ok((n, rejected)) => taken(wanted, n, &rejected),
        Err(failure) => refused(wanted, failure.status, &Failure::to_string(&failure)),
    };
    Answered(answer).into_response()
}
