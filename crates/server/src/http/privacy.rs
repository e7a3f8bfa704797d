//! Handlers of erasing, suppressing, exporting one person, and test users.

use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{delete, get, put};
use axum::{Json, Router};
use wire::api::{EraseRequest, SuppressionInput, TestUserInput};

use super::App;
use super::api::{Answer, ask};
use super::body::{self, Id};
use crate::service::Service;

/// Paths that need a key.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/users/{id}/erase", get(preview).post(erase))
        .route("/api/users/{id}/export", get(export))
        .route("/api/users/{id}/privacy", get(privacy))
        .route("/api/users/{id}/test-user", put(set_test_user))
        .route("/api/erasures", get(erasures))
        .route("/api/erasures/{id}", get(erasure))
        .route("/api/suppressions", get(suppressions).post(suppress))
        .route("/api/suppressions/{id}", delete(lift))
        .route("/api/test-users", get(test_users))
}

async fn preview(State(app): State<App>, Id(id): Id) -> Answer {
    ask(&app, move |service| service.erase_preview(&id)).await
}

/// Answers when the person is in no answer any more; the files are rewritten afterwards.
async fn erase(State(app): State<App>, Id(id): Id, body: Body) -> Answer {
    let request: EraseRequest = body::json(&body::read(body).await?)?;
    let receipt = app
        .work(move |service| {
            let receipt = service.erase(&id, &request)?;
            service.finish_erasures_beside();
            Ok(receipt)
        })
        .await?;
    Ok((StatusCode::ACCEPTED, Json(receipt)).into_response())
}

async fn export(State(app): State<App>, Id(id): Id) -> Answer {
    ask(&app, move |service| service.export_person(&id)).await
}

async fn privacy(State(app): State<App>, Id(id): Id) -> Answer {
    ask(&app, move |service| service.user_privacy(&id)).await
}

async fn set_test_user(State(app): State<App>, Id(id): Id, body: Body) -> Answer {
    let input: TestUserInput = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.set_test_user(&id, &input)).await
}

async fn erasures(State(app): State<App>) -> Answer {
    ask(&app, Service::erasures).await
}

async fn erasure(State(app): State<App>, Id(id): Id) -> Answer {
    ask(&app, move |service| service.erasure(&id)).await
}

async fn suppressions(State(app): State<App>) -> Answer {
    ask(&app, Service::suppressions).await
}

async fn suppress(State(app): State<App>, body: Body) -> Answer {
    let input: SuppressionInput = body::json(&body::read(body).await?)?;
    let made = app.work(move |service| service.suppress(&input)).await?;
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

async fn lift(State(app): State<App>, Id(id): Id) -> Answer {
    app.work(move |service| service.lift_suppression(&id)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn test_users(State(app): State<App>) -> Answer {
    ask(&app, Service::test_users).await
}
