//! Handlers of campaigns, providers, the contact policy and deliveries.

use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use wire::api::{
    CampaignActionInput, CampaignInput, CampaignReportQuery, CampaignSend, CampaignTest,
    ContactPolicy, DeliveriesQuery, MessagePreviewInput, PreferencePageQuery, ProviderInput,
    ProviderTest,
};

use super::App;
use super::api::{Answer, ask};
use super::body::{self, Id, Params};
use crate::service::Service;

/// Paths that need a key.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/providers", get(providers).post(create_provider))
        .route("/api/providers/{id}", get(provider).put(update_provider).delete(delete_provider))
        .route("/api/providers/{id}/test", post(test_provider))
        .route("/api/providers/{id}/dns", get(check_dns))
        .route("/api/settings/contact-policy", get(policy).put(set_policy))
        .route("/api/subscriptions/page", get(preference_page))
        .route("/api/campaigns", get(campaigns).post(create_campaign))
        .route("/api/campaigns/reach", post(reach))
        .route("/api/campaigns/{id}", get(campaign).put(update_campaign).delete(delete_campaign))
        .route("/api/campaigns/{id}/status", post(act))
        .route("/api/campaigns/{id}/send", post(send))
        .route("/api/campaigns/{id}/test", post(test_campaign))
        .route("/api/campaigns/{id}/report", get(report))
        .route("/api/messages/preview", post(preview))
        .route("/api/deliveries", get(deliveries))
        .route("/api/deliveries/{id}", get(delivery))
}

async fn providers(State(app): State<App>) -> Answer {
    ask(&app, Service::providers).await
}

async fn provider(State(app): State<App>, Id(id): Id) -> Answer {
    ask(&app, move |service| service.provider(&id)).await
}

async fn create_provider(State(app): State<App>, body: Body) -> Answer {
    let input: ProviderInput = body::json(&body::read(body).await?)?;
    let made = app.work(move |service| service.create_provider(&input)).await?;
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

async fn update_provider(State(app): State<App>, Id(id): Id, body: Body) -> Answer {
    let input: ProviderInput = body::json(&body::read(body).await?)?;
    let changed = app.work(move |service| service.update_provider(&id, &input)).await?;
    Ok(Json(changed).into_response())
}

async fn delete_provider(State(app): State<App>, Id(id): Id) -> Answer {
    app.work(move |service| service.delete_provider(&id)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn test_provider(State(app): State<App>, Id(id): Id, body: Body) -> Answer {
    let test: ProviderTest = body::json(&body::read(body).await?)?;
    Ok(Json(app.service.test_provider(&id, &test).await?).into_response())
}

async fn check_dns(State(app): State<App>, Id(id): Id) -> Answer {
    Ok(Json(app.service.check_dns(&id).await?).into_response())
}

async fn policy(State(app): State<App>) -> Answer {
    ask(&app, Service::contact_policy).await
}

async fn set_policy(State(app): State<App>, body: Body) -> Answer {
    let policy: ContactPolicy = body::json(&body::read(body).await?)?;
    let set = app.work(move |service| service.set_contact_policy(&policy)).await?;
    Ok(Json(set).into_response())
}

async fn preference_page(
    State(app): State<App>,
    Params(query): Params<PreferencePageQuery>,
) -> Answer {
    ask(&app, move |service| {
        let user = query.user.as_deref().filter(|user| !user.is_empty());
        let shown = service.shown_choices(user)?;
        Ok(super::links::preference_page(&query.language, &shown))
    })
    .await
}

async fn campaigns(State(app): State<App>) -> Answer {
    ask(&app, Service::campaigns).await
}

async fn campaign(State(app): State<App>, Id(id): Id) -> Answer {
    ask(&app, move |service| service.campaign(&id)).await
}

async fn create_campaign(State(app): State<App>, body: Body) -> Answer {
    let input: CampaignInput = body::json(&body::read(body).await?)?;
    let made = app.work(move |service| service.create_campaign(&input)).await?;
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

async fn update_campaign(State(app): State<App>, Id(id): Id, body: Body) -> Answer {
    let input: CampaignInput = body::json(&body::read(body).await?)?;
    let changed = app.work(move |service| service.update_campaign(&id, &input)).await?;
    Ok(Json(changed).into_response())
}

async fn delete_campaign(State(app): State<App>, Id(id): Id) -> Answer {
    app.work(move |service| service.delete_campaign(&id)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn act(State(app): State<App>, Id(id): Id, body: Body) -> Answer {
    let input: CampaignActionInput = body::json(&body::read(body).await?)?;
    let done = app.work(move |service| service.act_on_campaign(&id, input.action)).await?;
    Ok(Json(done).into_response())
}

async fn send(State(app): State<App>, Id(id): Id, body: Body) -> Answer {
    let input: CampaignSend = body::json(&body::read(body).await?)?;
    let accepted = app.work(move |service| service.send_campaign(&id, &input)).await?;
    Ok((StatusCode::ACCEPTED, Json(accepted)).into_response())
}

async fn test_campaign(State(app): State<App>, Id(id): Id, body: Body) -> Answer {
    let input: CampaignTest = body::json(&body::read(body).await?)?;
    Ok(Json(app.service.test_campaign(&id, &input).await?).into_response())
}

async fn report(
    State(app): State<App>,
    Id(id): Id,
    Params(query): Params<CampaignReportQuery>,
) -> Answer {
    ask(&app, move |service| service.campaign_report(&id, &query)).await
}

async fn reach(State(app): State<App>, body: Body) -> Answer {
    let input: CampaignInput = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.campaign_reach(&input)).await
}

async fn preview(State(app): State<App>, body: Body) -> Answer {
    let input: MessagePreviewInput = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.preview_message(&input)).await
}

async fn deliveries(State(app): State<App>, Params(query): Params<DeliveriesQuery>) -> Answer {
    ask(&app, move |service| service.deliveries(&query)).await
}

async fn delivery(State(app): State<App>, Id(id): Id) -> Answer {
    ask(&app, move |service| service.delivery(&id)).await
}
