//! Exports over HTTP: answers as long as the data are, in memory bounded by a few chunks.

use std::io::{self, Write};

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use http_body_util::channel::{Channel, Sender};
use tokio::runtime::Handle;
use wire::api::{ExportForm, ExportQuery};

use super::App;
use super::body::Params;
use crate::failure::Failure;
use crate::service::export::{Exported, Form};

/// Bytes of one chunk.
const CHUNK_BYTES: usize = 64 * 1024;

/// Chunks that wait for a client that reads slowly.
const CHUNKS: usize = 4;

/// Events or profiles as one stream.
pub async fn export(
    State(app): State<App>,
    Path(what): Path<String>,
    Params(query): Params<ExportQuery>,
) -> Result<Response, Failure> {
    let what = match what.as_str() {
        "events" => Exported::Events,
        "profiles" => Exported::Profiles,
        _ => {
            let message = format!("there is no GET /api/export/{what}");
            return Err(Failure::not_found("request.path", message)
                .hint("ask for /api/export/events or /api/export/profiles"));
        }
    };
    let (form, kind) = match query.format {
        ExportForm::Ndjson => (Form::Ndjson, "application/x-ndjson"),
        ExportForm::Csv => (Form::Csv, "text/csv; charset=utf-8"),
        ExportForm::Records => (Form::Records, "application/octet-stream"),
    };
    let permit = app.exporting().await;
    let export = app
        .compute(move |service| {
            let ExportQuery { as_of, known_at, derived, .. } = &query;
            service.export(what, as_of.as_deref(), known_at.as_deref(), *derived)
        })
        .await?;
    let (sender, body) = Channel::<Bytes, io::Error>::new(CHUNKS);
    tokio::task::spawn_blocking(move || {
        let mut out = Chunks { sender, waiting: Vec::new() };
        // The only failure is a client that went away.
        let _ = export.write(form, &mut out).and_then(|()| out.flush());
        drop(permit);
    });
    let kind = HeaderValue::from_static(kind);
    Ok(([(CONTENT_TYPE, kind)], Body::new(body)).into_response())
}

/// Writes into the body of an answer, and waits for whoever reads it.
struct Chunks {
    sender: Sender<Bytes, io::Error>,
    waiting: Vec<u8>,
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= CHUNK_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let chunk = Bytes::from(std::mem::take(&mut self.waiting));
        Handle::current()
            .block_on(self.sender.send_data(chunk))
            .map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }
}
