//! Handlers of /api: one line of work each.

use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;
use wire::api::*;

use super::body::{self, Id, Params};
use super::{
    App, analytics, backtests, catalogs, export, import, ingest, journeys, live, openapi, outreach,
    privacy, schema,
};
use crate::failure::Failure;
use crate::service::Service;

pub(super) type Answer = Result<Response, Failure>;

/// Paths that need a key.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/overview", get(overview))
        .route("/api/records", post(ingest::records))
        .route("/api/lifecycle", get(lifecycle))
        .route("/api/lifecycle/transitions", get(lifecycle_transitions))
        .route("/api/lifecycle/trend", get(lifecycle_trend))
        .route("/api/lifecycle/definition", get(lifecycle_definition).put(set_lifecycle_definition))
        .route("/api/lifecycle/thresholds", get(lifecycle_thresholds))
        .route("/api/rfm", get(rfm))
        .route("/api/rfm/transitions", get(rfm_transitions))
        .route("/api/rfm/settings", get(rfm_settings).put(set_rfm_settings))
        .route("/api/segments", get(segments).post(create_segment))
        .route("/api/segments/validate", post(validate_segment))
        .route("/api/segments/preview", post(preview_segment))
        .route("/api/segments/evaluate", post(evaluate_segments))
        .route("/api/segments/members", post(preview_members))
        .route("/api/segments/explain", post(explain_segment))
        .route("/api/segments/{id}", get(segment).put(update_segment).delete(delete_segment))
        .route("/api/segments/{id}/members", get(segment_members))
        .route("/api/segments/{id}/trend", get(segment_trend))
        .route("/api/users", get(users))
        .route("/api/users/{id}", get(user))
        .route("/api/users/{id}/events", get(user_events))
        .route("/api/users/{id}/states", get(user_states))
        .route("/api/users/{id}/identity", get(identity))
        .route("/api/users/{id}/devices", get(devices))
        .route("/api/users/{id}/subscriptions", get(subscriptions).put(set_subscriptions))
        .route("/api/subscriptions/topics", get(topics).put(set_topics))
        .route("/api/subscriptions/address", get(address).put(set_address))
        .route("/api/settings/enrichment", get(enrichment_settings).put(set_enrichment_settings))
        .route("/api/users/{id}/merge", post(merge))
        .route("/api/users/{id}/separate", post(separate))
        .route("/api/identity/plan", post(plan_identity))
        .route("/api/export/{what}", get(export::export))
        .route("/api/catalogue", get(catalogue))
        .route("/api/errors", get(errors))
        .route("/api/history", get(history))
        .route("/api/history/check", post(check_history))
        .route("/api/history/compact", post(compact_history))
        .route("/api/backups", post(create_backup))
        .route("/api/settings/sessions", get(session_settings).put(set_session_settings))
        .route("/api/settings/retention", get(retention_settings).put(set_retention_settings))
        .route("/api/composites", get(composites))
        .route("/api/composites/{id}", get(composite).put(put_composite).delete(delete_composite))
        .merge(analytics::routes())
        .merge(backtests::routes())
        .merge(catalogs::routes())
        .merge(import::routes())
        .merge(live::routes())
        .merge(journeys::routes())
        .merge(outreach::routes())
        .merge(privacy::routes())
        .merge(schema::routes())
}

/// Paths that need no key.
pub fn public_routes() -> Router<App> {
    Router::new()
        .route("/api/session", get(session))
        .route("/api/health", get(health))
        .route("/api/openapi.json", get(async || Json(openapi::document())))
}

async fn session(State(app): State<App>) -> Answer {
    let (open, demo) = (app.open, app.demo);
    ask(&app, move |service| {
        let session = service.session()?;
        Ok(Session { open, demo, ..session })
    })
    .await
}

async fn health(State(app): State<App>) -> Answer {
    ask(&app, Service::health).await
}

async fn overview(State(app): State<App>, Params(query): Params<OverviewQuery>) -> Answer {
    ask(&app, move |service| service.overview(&query)).await
}

async fn lifecycle(State(app): State<App>, Params(query): Params<AtQuery>) -> Answer {
    ask(&app, move |service| service.lifecycle(&query)).await
}

async fn lifecycle_transitions(
    State(app): State<App>,
    Params(query): Params<BetweenQuery>,
) -> Answer {
    ask(&app, move |service| service.lifecycle_transitions(&query)).await
}

async fn lifecycle_trend(State(app): State<App>, Params(query): Params<TrendQuery>) -> Answer {
    ask(&app, move |service| service.lifecycle_trend(&query)).await
}

async fn lifecycle_definition(State(app): State<App>) -> Answer {
    ask(&app, Service::lifecycle_definition).await
}

async fn set_lifecycle_definition(State(app): State<App>, body: Body) -> Answer {
    let definition: LifecycleDefinition = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.set_lifecycle_definition(&definition)).await
}

async fn lifecycle_thresholds(
    State(app): State<App>,
    Params(query): Params<ThresholdsQuery>,
) -> Answer {
    ask(&app, move |service| service.thresholds(&query)).await
}

async fn rfm(State(app): State<App>, Params(query): Params<AtQuery>) -> Answer {
    ask(&app, move |service| service.rfm(&query)).await
}

async fn rfm_transitions(State(app): State<App>, Params(query): Params<BetweenQuery>) -> Answer {
    ask(&app, move |service| service.rfm_transitions(&query)).await
}

async fn rfm_settings(State(app): State<App>) -> Answer {
    ask(&app, Service::rfm_settings).await
}

async fn set_rfm_settings(State(app): State<App>, body: Body) -> Answer {
    let settings: RfmSettings = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.set_rfm_settings(&settings)).await
}

async fn history(State(app): State<App>) -> Answer {
    ask(&app, Service::history_stats).await
}

async fn check_history(State(app): State<App>) -> Answer {
    Ok(Json(app.work(Service::check_history).await?).into_response())
}

async fn compact_history(State(app): State<App>) -> Answer {
    Ok(Json(app.work(Service::compact_history).await?).into_response())
}

async fn create_backup(State(app): State<App>, body: Body) -> Answer {
    let input: BackupInput = body::json(&body::read(body).await?)?;
    let backup = app.work(move |service| service.create_backup(&input)).await?;
    Ok((StatusCode::CREATED, Json(backup)).into_response())
}

async fn session_settings(State(app): State<App>) -> Answer {
    ask(&app, Service::session_settings).await
}

async fn set_session_settings(State(app): State<App>, body: Body) -> Answer {
    let settings: SessionSettings = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.set_session_settings(&settings)).await
}

async fn retention_settings(State(app): State<App>) -> Answer {
    ask(&app, Service::retention_settings).await
}

async fn set_retention_settings(State(app): State<App>, body: Body) -> Answer {
    let settings: RetentionSettings = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.set_retention_settings(&settings)).await
}

async fn segments(State(app): State<App>, Params(query): Params<AtQuery>) -> Answer {
    ask(&app, move |service| service.segments(&query)).await
}

async fn create_segment(State(app): State<App>, body: Body) -> Answer {
    let input: SegmentInput = body::json(&body::read(body).await?)?;
    let segment = app.compute(move |service| service.create_segment(&input)).await?;
    Ok((StatusCode::CREATED, Json(segment)).into_response())
}

async fn segment(State(app): State<App>, Id(id): Id, Params(query): Params<AtQuery>) -> Answer {
    ask(&app, move |service| service.segment(&id, &query)).await
}

async fn update_segment(State(app): State<App>, Id(id): Id, body: Body) -> Answer {
    let input: SegmentInput = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.update_segment(&id, &input)).await
}

async fn delete_segment(State(app): State<App>, Id(id): Id) -> Answer {
    app.compute(move |service| service.delete_segment(&id)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn segment_members(
    State(app): State<App>,
    Id(id): Id,
    Params(query): Params<MembersQuery>,
) -> Answer {
    ask(&app, move |service| service.segment_members(&id, &query)).await
}

async fn segment_trend(
    State(app): State<App>,
    Id(id): Id,
    Params(query): Params<TrendQuery>,
) -> Answer {
    ask(&app, move |service| service.segment_trend(&id, &query)).await
}

async fn validate_segment(State(app): State<App>, body: Body) -> Answer {
    let input: ValidateInput = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.validate(&input)).await
}

async fn preview_segment(State(app): State<App>, body: Body) -> Answer {
    let input: PreviewInput = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.preview(&input)).await
}

async fn evaluate_segments(State(app): State<App>, body: Body) -> Answer {
    let input: EvaluateInput = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.evaluate(&input)).await
}

async fn preview_members(State(app): State<App>, body: Body) -> Answer {
    let input: MembersInput = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.members(&input)).await
}

async fn explain_segment(State(app): State<App>, body: Body) -> Answer {
    let input: ExplainInput = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.explain(&input)).await
}

async fn users(State(app): State<App>, Params(query): Params<UsersQuery>) -> Answer {
    ask(&app, move |service| service.users(&query)).await
}

async fn user(State(app): State<App>, Id(id): Id, Params(query): Params<AtQuery>) -> Answer {
    ask(&app, move |service| service.user(&id, &query)).await
}

async fn user_events(
    State(app): State<App>,
    Id(id): Id,
    Params(query): Params<EventsQuery>,
) -> Answer {
    ask(&app, move |service| service.user_events(&id, &query)).await
}

async fn user_states(State(app): State<App>, Id(id): Id, Params(query): Params<AtQuery>) -> Answer {
    ask(&app, move |service| service.user_states(&id, &query)).await
}

async fn identity(State(app): State<App>, Id(id): Id) -> Answer {
    ask(&app, move |service| service.identity(&id)).await
}

async fn devices(State(app): State<App>, Id(id): Id) -> Answer {
    ask(&app, move |service| service.devices(&id)).await
}

async fn subscriptions(State(app): State<App>, Id(id): Id) -> Answer {
    ask(&app, move |service| service.subscriptions(&id)).await
}

async fn set_subscriptions(State(app): State<App>, Id(id): Id, body: Body) -> Answer {
    let changes: SubscriptionChanges = body::json(&body::read(body).await?)?;
    let of = id.clone();
    let records =
        app.compute(move |service| service.subscription_records(&of, &changes, None)).await?;
    app.workspace.submit(records).await?;
    ask(&app, move |service| service.subscriptions(&id)).await
}

async fn topics(State(app): State<App>) -> Answer {
    ask(&app, Service::topics).await
}

async fn set_topics(State(app): State<App>, body: Body) -> Answer {
    let topics: SubscriptionTopics = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.set_topics(&topics)).await
}

async fn address(State(app): State<App>, Params(query): Params<AddressQuery>) -> Answer {
    ask(&app, move |service| service.address(&query)).await
}

async fn set_address(State(app): State<App>, body: Body) -> Answer {
    let said: AddressSubscription = body::json(&body::read(body).await?)?;
    let asked = AddressQuery { channel: said.channel.clone(), address: said.address.clone() };
    let record = app.compute(move |service| service.address_record(&said)).await?;
    app.workspace.submit(vec![record]).await?;
    ask(&app, move |service| service.address(&asked)).await
}

async fn enrichment_settings(State(app): State<App>) -> Answer {
    ask(&app, Service::enrichment_settings).await
}

async fn set_enrichment_settings(State(app): State<App>, body: Body) -> Answer {
    let settings: EnrichmentSettings = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.set_enrichment_settings(&settings)).await
}

async fn plan_identity(State(app): State<App>, body: Body) -> Answer {
    let question: IdentityQuestion = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.plan_identity(&question)).await
}

async fn merge(State(app): State<App>, Id(id): Id, body: Body) -> Answer {
    let MergeRequest { other } = body::json(&body::read(body).await?)?;
    let of = id.clone();
    let record = app.compute(move |service| service.merge_record(&of, &other)).await?;
    app.workspace.submit(vec![record]).await?;
    ask(&app, move |service| service.identity(&id)).await
}

async fn separate(State(app): State<App>, Id(id): Id, body: Body) -> Answer {
    let SeparateRequest { person } = body::json(&body::read(body).await?)?;
    let of = id.clone();
    let record = app.compute(move |service| service.separate_record(&of, &person)).await?;
    app.workspace.submit(vec![record]).await?;
    ask(&app, move |service| service.identity(&id)).await
}

async fn catalogue(State(app): State<App>, Params(query): Params<AtQuery>) -> Answer {
    let AtQuery { .. } = query; // the catalogue is of all time
    ask(&app, Service::catalogue).await
}

async fn errors(State(app): State<App>, Params(query): Params<ErrorsQuery>) -> Answer {
    ask(&app, move |service| service.errors(&query)).await
}

async fn composites(State(app): State<App>) -> Answer {
    ask(&app, Service::composites).await
}

async fn composite(State(app): State<App>, Id(name): Id) -> Answer {
    ask(&app, move |service| service.composite(&name)).await
}

async fn put_composite(State(app): State<App>, Id(name): Id, body: Body) -> Answer {
    let input: CompositeInput = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.put_composite(&name, &input)).await
}

async fn delete_composite(State(app): State<App>, Id(name): Id) -> Answer {
    app.compute(move |service| service.delete_composite(&name)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(super) async fn ask<T: Serialize + Send + 'static>(
    app: &App,
    question: impl FnOnce(&Service) -> Result<T, Failure> + Send + 'static,
) -> Answer {
    Ok(Json(app.compute(question).await?).into_response())
}
