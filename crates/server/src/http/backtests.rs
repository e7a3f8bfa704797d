//! Handlers of backtests.

use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use wire::api::{BacktestInput, CampaignBacktestInput};

use super::App;
use super::api::{Answer, ask};
use super::body::{self, Id};

/// Paths that need a key.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/journeys/{id}/backtest", post(of_journey))
        .route("/api/campaigns/{id}/backtest", post(of_campaign))
        .route("/api/backtests/{id}", get(backtest).delete(cancel))
}

async fn of_journey(State(app): State<App>, Id(id): Id, body: Body) -> Answer {
    let wish: BacktestInput = body::json(&body::read(body).await?)?;
    let begun = app.work(move |service| service.backtest_journey(&id, &wish)).await?;
    Ok((StatusCode::ACCEPTED, Json(begun)).into_response())
}

async fn of_campaign(State(app): State<App>, Id(id): Id, body: Body) -> Answer {
    let wish: CampaignBacktestInput = body::json(&body::read(body).await?)?;
    let begun = app.work(move |service| service.backtest_campaign(&id, &wish)).await?;
    Ok((StatusCode::ACCEPTED, Json(begun)).into_response())
}

async fn backtest(State(app): State<App>, Id(id): Id) -> Answer {
    ask(&app, move |service| service.backtest(&id)).await
}

async fn cancel(State(app): State<App>, Id(id): Id) -> Answer {
    app.work(move |service| service.cancel_backtest(&id)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
