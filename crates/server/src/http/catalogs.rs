//! Handlers of catalogs: one line of work each.

use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use wire::api::{CatalogDeletion, CatalogRowsQuery, CatalogUploadQuery};

use super::App;
use super::api::{Answer, ask};
use super::body::{self, Id, Params};
use crate::service::Service;

/// Paths that need a key.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/catalogs", get(catalogs))
        .route("/api/catalogs/{id}", get(rows).post(upload).delete(delete))
        .route("/api/catalogs/{id}/delete", post(delete_rows))
}

async fn catalogs(State(app): State<App>) -> Answer {
    ask(&app, Service::catalogs).await
}

async fn rows(
    State(app): State<App>,
    Id(name): Id,
    Params(query): Params<CatalogRowsQuery>,
) -> Answer {
    ask(&app, move |service| service.catalog_rows(&name, &query)).await
}

async fn upload(
    State(app): State<App>,
    Id(name): Id,
    Params(query): Params<CatalogUploadQuery>,
    body: Body,
) -> Answer {
    let bytes = body::read(body).await?;
    let done = app.work(move |service| service.upload_catalog(&name, &query, &bytes)).await?;
    Ok(Json(done).into_response())
}

async fn delete_rows(State(app): State<App>, Id(name): Id, body: Body) -> Answer {
    let of: CatalogDeletion = body::json(&body::read(body).await?)?;
    let done = app.work(move |service| service.delete_catalog_rows(&name, &of)).await?;
    Ok(Json(done).into_response())
}

async fn delete(State(app): State<App>, Id(name): Id) -> Answer {
    app.work(move |service| service.delete_catalog(&name)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
