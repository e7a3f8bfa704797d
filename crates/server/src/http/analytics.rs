//! Handlers of /api/analytics: one line of work each.

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::{get, post};
use wire::api::*;

use super::App;
use super::api::{Answer, ask};
use super::body::{self, Params};

/// Paths that need a key.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/analytics/retention", get(retention).post(retention_tables))
        .route("/api/analytics/power-curve", post(power_curve))
        .route("/api/analytics/growth", get(growth))
        .route("/api/analytics/funnel", post(funnel))
        .route("/api/analytics/flows", post(flows))
        .route("/api/analytics/trends", post(trends))
        .route("/api/analytics/activity", post(activity))
        .route("/api/analytics/revenue", post(revenue))
        .route("/api/analytics/lifetime-value", post(lifetime_value))
        .route("/api/analytics/sessions", get(sessions))
}

async fn retention(State(app): State<App>, Params(query): Params<RetentionQuery>) -> Answer {
    ask(&app, move |service| service.retention(&query)).await
}

async fn retention_tables(State(app): State<App>, body: Body) -> Answer {
    let input: RetentionInput = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.retention_tables(&input)).await
}

async fn power_curve(State(app): State<App>, body: Body) -> Answer {
    let input: PowerCurveInput = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.power_curve(&input)).await
}

async fn growth(State(app): State<App>, Params(query): Params<GrowthQuery>) -> Answer {
    ask(&app, move |service| service.growth(&query)).await
}

async fn funnel(State(app): State<App>, body: Body) -> Answer {
    let input: FunnelInput = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.funnel(&input)).await
}

async fn flows(State(app): State<App>, body: Body) -> Answer {
    let input: FlowsInput = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.flows(&input)).await
}

async fn trends(State(app): State<App>, body: Body) -> Answer {
    let input: TrendsInput = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.trends(&input)).await
}

async fn activity(State(app): State<App>, body: Body) -> Answer {
    let input: ActivityInput = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.activity(&input)).await
}

async fn revenue(State(app): State<App>, body: Body) -> Answer {
    let input: RevenueInput = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.revenue(&input)).await
}

async fn lifetime_value(State(app): State<App>, body: Body) -> Answer {
    let input: LifetimeValueInput = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.lifetime_value(&input)).await
}

async fn sessions(State(app): State<App>, Params(query): Params<SessionsQuery>) -> Answer {
    ask(&app, move |service| service.sessions(&query)).await
}
