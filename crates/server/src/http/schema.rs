//! Handlers of the schema registry and of keys: one line of work each.

use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use wire::api::{
    AttributeDeclaration, EventDeclaration, KeyInput, SchemaChangesQuery, SchemaDocument,
    SchemaPolicies,
};

use super::App;
use super::api::{Answer, ask};
use super::body::{self, Id, Params};
use crate::service::Service;

/// Paths that need a key.
pub fn routes() -> Router<App> {
    let event = get(event).put(declare_event).delete(undeclare_event);
    let attribute = get(attribute).put(declare_attribute).delete(undeclare_attribute);
    Router::new()
        .route("/api/schema", get(schema))
        .route("/api/schema/changes", get(changes))
        .route("/api/schema/document", get(document).put(apply))
        .route("/api/schema/policies", get(policies).put(set_policies))
        .route("/api/schema/events/{id}", event)
        .route("/api/schema/events/{id}/discard", post(discard).delete(lift_discard))
        .route("/api/schema/attributes/{id}", attribute)
        .route("/api/keys", get(keys).post(create_key))
        .route("/api/keys/{id}", delete(revoke_key))
}

async fn schema(State(app): State<App>) -> Answer {
    ask(&app, Service::schema).await
}

async fn changes(State(app): State<App>, Params(query): Params<SchemaChangesQuery>) -> Answer {
    ask(&app, move |service| service.schema_changes(&query)).await
}

async fn document(State(app): State<App>) -> Answer {
    ask(&app, Service::schema_document).await
}

async fn apply(State(app): State<App>, body: Body) -> Answer {
    let document: SchemaDocument = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.apply_schema(&document)).await
}

async fn policies(State(app): State<App>) -> Answer {
    ask(&app, Service::schema_policies).await
}

async fn set_policies(State(app): State<App>, body: Body) -> Answer {
    let policies: SchemaPolicies = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.set_schema_policies(&policies)).await
}

async fn event(State(app): State<App>, Id(name): Id) -> Answer {
    ask(&app, move |service| service.schema_event(&name)).await
}

async fn declare_event(State(app): State<App>, Id(name): Id, body: Body) -> Answer {
    let declared: EventDeclaration = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.declare_event(&name, &declared)).await
}

async fn undeclare_event(State(app): State<App>, Id(name): Id) -> Answer {
    app.compute(move |service| service.undeclare_event(&name)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn discard(State(app): State<App>, Id(name): Id) -> Answer {
    // It ends with a checkpoint, and is finished once it is begun.
    Ok(Json(app.work(move |service| service.discard_event(&name)).await?).into_response())
}

async fn lift_discard(State(app): State<App>, Id(name): Id) -> Answer {
    ask(&app, move |service| service.lift_discard(&name)).await
}

async fn attribute(State(app): State<App>, Id(name): Id) -> Answer {
    ask(&app, move |service| service.schema_attribute(&name)).await
}

async fn declare_attribute(State(app): State<App>, Id(name): Id, body: Body) -> Answer {
    let declared: AttributeDeclaration = body::json(&body::read(body).await?)?;
    ask(&app, move |service| service.declare_attribute(&name, &declared)).await
}

async fn undeclare_attribute(State(app): State<App>, Id(name): Id) -> Answer {
    app.compute(move |service| service.undeclare_attribute(&name)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn keys(State(app): State<App>) -> Answer {
    ask(&app, Service::keys).await
}

async fn create_key(State(app): State<App>, body: Body) -> Answer {
    let input: KeyInput = body::json(&body::read(body).await?)?;
    let made = app.compute(move |service| service.create_key(&input)).await?;
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

async fn revoke_key(State(app): State<App>, Id(id): Id) -> Answer {
    app.compute(move |service| service.revoke_key(&id)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
