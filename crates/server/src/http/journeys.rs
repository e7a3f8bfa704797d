//! Handlers of journeys.

use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use wire::api::{
    EnterInput, JourneyInput, JourneyReportQuery, JourneyWaitingQuery, LifecycleJourneysQuery,
    PublishInput,
};

use super::App;
use super::api::{Answer, ask};
use super::body::{self, Id, Params};
use crate::service::Service;

/// Paths that need a key.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/journeys", get(journeys).post(create))
        .route("/api/journeys/check", post(check))
        .route("/api/journeys/plays", get(plays))
        .route("/api/lifecycle/journeys", get(of_states))
        .route("/api/users/{id}/journeys", get(of_user))
        .route("/api/journeys/{id}", get(journey).put(update).delete(delete))
        .route("/api/journeys/{id}/review", get(review))
        .route("/api/journeys/{id}/publish", post(publish))
        .route("/api/journeys/{id}/enter", post(enter))
        .route("/api/journeys/{id}/pause", post(pause))
        .route("/api/journeys/{id}/resume", post(resume))
        .route("/api/journeys/{id}/stop", post(stop))
        .route("/api/journeys/{id}/versions", get(versions))
        .route("/api/journeys/{id}/report", get(report))
        .route("/api/journeys/{id}/learning", get(learning))
        .route("/api/journeys/{id}/waiting", get(waiting))
}

async fn journeys(State(app): State<App>) -> Answer {
    ask(&app, Service::journeys).await
}

async fn create(State(app): State<App>, body: Body) -> Answer {
    let input: JourneyInput = body::json(&body::read(body).await?)?;
    let made = app.work(move |service| service.create_journey(&input)).await?;
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

async fn check(State(app): State<App>, body: Body) -> Answer {
    let input: JourneyInput = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.check_journey(&input)).await
}

async fn journey(State(app): State<App>, Id(id): Id) -> Answer {
    ask(&app, move |service| service.journey(&id)).await
}

async fn update(State(app): State<App>, Id(id): Id, body: Body) -> Answer {
    let input: JourneyInput = body::json(&body::read(body).await?)?;
    Ok(Json(app.work(move |service| service.update_journey(&id, &input)).await?).into_response())
}

async fn delete(State(app): State<App>, Id(id): Id) -> Answer {
    app.work(move |service| service.delete_journey(&id)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn review(State(app): State<App>, Id(id): Id) -> Answer {
    ask(&app, move |service| service.review_journey(&id)).await
}

async fn publish(State(app): State<App>, Id(id): Id, body: Body) -> Answer {
    let bytes = body::read(body).await?;
    let wish: PublishInput = match bytes.is_empty() {
        true => PublishInput::default(),
        false => body::json(&bytes)?,
    };
    Ok(Json(app.work(move |service| service.publish_journey(&id, &wish)).await?).into_response())
}

async fn of_states(
    State(app): State<App>,
    Params(query): Params<LifecycleJourneysQuery>,
) -> Answer {
    ask(&app, move |service| service.lifecycle_journeys(&query)).await
}

async fn learning(State(app): State<App>, Id(id): Id) -> Answer {
    ask(&app, move |service| service.journey_learning(&id)).await
}

async fn enter(State(app): State<App>, Id(id): Id, body: Body) -> Answer {
    let input: EnterInput = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.enter_journey(&id, &input)).await
}

async fn pause(State(app): State<App>, Id(id): Id) -> Answer {
    Ok(Json(app.work(move |service| service.pause_journey(&id)).await?).into_response())
}

async fn resume(State(app): State<App>, Id(id): Id) -> Answer {
    Ok(Json(app.work(move |service| service.resume_journey(&id)).await?).into_response())
}

async fn stop(State(app): State<App>, Id(id): Id) -> Answer {
    Ok(Json(app.work(move |service| service.stop_journey(&id)).await?).into_response())
}

async fn versions(State(app): State<App>, Id(id): Id) -> Answer {
    ask(&app, move |service| service.journey_versions(&id)).await
}

async fn report(
    State(app): State<App>,
    Id(id): Id,
    Params(query): Params<JourneyReportQuery>,
) -> Answer {
    ask(&app, move |service| service.journey_report(&id, &query)).await
}

async fn waiting(
    State(app): State<App>,
    Id(id): Id,
    Params(query): Params<JourneyWaitingQuery>,
) -> Answer {
    ask(&app, move |service| service.journey_waiting(&id, &query)).await
}

async fn plays(State(app): State<App>) -> Answer {
    ask(&app, Service::journey_plays).await
}

async fn of_user(State(app): State<App>, Id(id): Id) -> Answer {
    ask(&app, move |service| service.user_journeys(&id)).await
}
