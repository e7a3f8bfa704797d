//! Data in bulk over HTTP: batches that people write by hand, files, and imports on a schedule.
//!
//! Invariants: a file is written to the disk while it comes and read from there, so that its size
//! costs no memory, and a connection that breaks imports nothing; the file has no name, so that
//! nothing of it is left whatever happens.

use std::fs::File;
use std::io::{Seek, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use gateway::policy::Outcome;
use gateway::segment::{Kind, decode};
use gateway::{Decoded, Rejection};
use model::Record;
use wire::api::{Batch, BatchNote, BatchQuery, ImportQuery, ImportSourceInput};

use super::api::{Answer, ask};
use super::body::{self, Id, Params};
use super::{App, auth};
use crate::failure::Failure;
use crate::import::{self, How, Job};
use crate::imports::spool;
use crate::service::Service;

/// Bytes of an uploaded file at most: it waits on the disk of the server.
const UPLOAD_BYTES_MAX: u64 = 16 * 1024 * 1024 * 1024;

/// The name of batches in the error stream.
const BATCH: &str = "batch";

/// Paths that need a key.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/batch", post(batch))
        .route("/api/import", post(upload))
        .route("/api/imports", get(sources).post(create))
        .route("/api/imports/{id}", get(source).put(update).delete(delete))
        .route("/api/imports/{id}/run", post(run))
}

/// Mixed events and profiles; what is wrong with one entry does not cost the others.
async fn batch(
    State(app): State<App>,
    Params(BatchQuery { dry_run }): Params<BatchQuery>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let bytes = body::read_packed(body).await?;
    let encoding = headers.get("content-encoding").and_then(|value| value.to_str().ok());
    let decoded = decode(Kind::Batch, &bytes, encoding, app.workspace.now())?;
    let Decoded { records, places, rejected, n_ignored, .. } = decoded;
    let caller = auth::caller();
    if !dry_run {
        app.admit(&caller, records.len() + rejected.len())?;
    }
    let mut answer = Batch { dry_run, ignored: n_ignored as u64, ..Batch::default() };
    answer.refused.extend(rejected.iter().map(note_of));
    let let_in = let_in(&app, records, &places, &mut answer);
    let counts = match dry_run {
        true => app.work(move |service| Ok(service.workspace().would_count(let_in)?)).await?,
        false => {
            let at = app.workspace.now();
            app.metrics.rejected.fetch_add(rejected.len() as u64, Ordering::Relaxed);
            rejected.iter().for_each(|one| app.workspace.errors().rejected(at, BATCH, one));
            app.workspace.submit(let_in).await?
        }
    };
    (answer.accepted, answer.duplicates) = (counts.accepted, counts.duplicates);
    answer.refused.sort_by_key(|note| note.index);
    Ok(Json(answer).into_response())
}

/// What the schema lets in; what it finds stands in the answer, and unless it is a dry run in the
/// error stream.
fn let_in(app: &App, records: Vec<Record>, places: &[usize], answer: &mut Batch) -> Vec<Record> {
    let registry = app.workspace.registry();
    if registry.policy.idle() {
        return records;
    }
    let at = app.workspace.now();
    let mut let_in = Vec::with_capacity(records.len());
    for (record, place) in records.into_iter().zip(places) {
        let passed = registry.policy.pass(record, &mut |finding| {
            if !answer.dry_run {
                app.workspace.errors().found(at, BATCH, &finding);
            }
            let note = BatchNote {
                index: *place as u64,
                code: finding.violation.code().into(),
                message: finding.message(),
                hint: finding.violation.hint().into(),
            };
            match finding.outcome {
                Outcome::EventDropped => answer.refused.push(note),
                Outcome::PropertyDropped | Outcome::Accepted => answer.warnings.push(note),
            }
        });
        let_in.extend(passed);
    }
    let_in
}

fn note_of(rejection: &Rejection) -> BatchNote {
    let Rejection { index, code, message, hint, .. } = rejection;
    let (index, code) = (*index as u64, (*code).into());
    BatchNote { index, code, message: message.clone(), hint: (*hint).into() }
}

/// A file, as long as it is.
async fn upload(
    State(app): State<App>,
    Params(query): Params<ImportQuery>,
    body: Body,
) -> Result<Response, Failure> {
    let ImportQuery { format, mapping, name, dry_run } = query;
    let mapping = mapping.unwrap_or_default();
    let entries: Vec<&str> = mapping.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    // Before the file is taken: a wrong mapping shows at once.
    let how = How::new(format, &entries).map_err(|problems| import::wrong_mapping(&problems))?;
    let file = spooled(&app, body).await?;
    // Like an export, it takes a thread for as long as it lasts, and not one of those for questions.
    let permit = app.exporting().await;
    let workspace = Arc::clone(&app.workspace);
    let report = tokio::task::spawn_blocking(move || {
        let rows = import::rows(file, &how, workspace.now())?;
        let source = name.as_deref().unwrap_or("upload");
        let job = Job { workspace: &workspace, source, dry_run };
        let report = import::run(&job, rows, &mut |_, _| Ok(()));
        drop(permit);
        report
    });
    let report = report.await.map_err(|error| Failure::internal("server.panic", &error))?;
    Ok(Json(report?).into_response())
}

/// The body of a request as an open file without a name.
async fn spooled(app: &App, mut body: Body) -> Result<File, Failure> {
    let mut file = spool::file(app.workspace.dir())?;
    let mut bytes = 0;
    while let Some(chunk) = body::next(&mut body).await? {
        bytes += chunk.len() as u64;
        if bytes > UPLOAD_BYTES_MAX {
            let message = format!("the file is larger than {UPLOAD_BYTES_MAX} bytes");
            return Err(Failure::new(413, "request.too_large", message)
                .hint("send it in several files, compress it, or use `perennial import`"));
        }
        // A page of the system's cache; waiting for the disk is the exception.
        file.write_all(&chunk).map_err(|error| spool::no_room(&error))?;
    }
    file.rewind().map_err(|error| spool::no_room(&error))?;
    Ok(file)
}

async fn sources(State(app): State<App>) -> Answer {
    ask(&app, Service::import_sources).await
}

async fn source(State(app): State<App>, Id(id): Id) -> Answer {
    ask(&app, move |service| service.import_source(&id)).await
}

async fn create(State(app): State<App>, body: Body) -> Answer {
    let input: ImportSourceInput = body::json(&body::read(body).await?)?;
    let made = app.work(move |service| service.create_import_source(&input)).await?;
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

async fn update(State(app): State<App>, Id(id): Id, body: Body) -> Answer {
    let input: ImportSourceInput = body::json(&body::read(body).await?)?;
    let changed = app.work(move |service| service.update_import_source(&id, &input)).await?;
    Ok(Json(changed).into_response())
}

async fn delete(State(app): State<App>, Id(id): Id) -> Answer {
    app.work(move |service| service.delete_import_source(&id)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn run(State(app): State<App>, Id(id): Id) -> Answer {
    let asked = app.work(move |service| service.run_import_source(&id)).await?;
    Ok((StatusCode::ACCEPTED, Json(asked)).into_response())
}
