//! The operations of data in bulk.

use utoipa::ToSchema;
use utoipa::openapi::path::HttpMethod::{Delete, Post, Put};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema as DocumentSchema, Type};
use wire::api::*;

use super::{FILE, Operation, act, get, query, send};

/// All of them.
pub(super) fn operations() -> Vec<Operation> {
    let one = "/api/imports/{id}";
    let ok = |answer| ("200", Some(answer));
    let mut batch = send(
        Post,
        ("/api/batch", "send_batch"),
        "Mixed events and profiles; every refused entry is named, all others are accepted.",
        "BatchInput",
        ok("Batch"),
    );
    batch.query = query::<BatchQuery>();
    let mut file = send(
        Post,
        ("/api/import", "import_file"),
        "Imports a file of up to 16 GiB: plain, gzip, or a zip archive of such.",
        FILE,
        ok("Import"),
    );
    file.query = query::<ImportQuery>();
    let mut run = act(
        ("/api/imports/{id}/run", "run_import_source"),
        "Looks for what is new as soon as may be.",
        "ImportSource",
    );
    run.answer.0 = "202";
    vec![
        batch,
        file,
        get("/api/imports", "import_sources", "Imports on a schedule.", vec![], "ImportSourceList"),
        send(
            Post,
            ("/api/imports", "create_import_source"),
            "Makes an import on a schedule, after a first look at its place.",
            "ImportSourceInput",
            ("201", Some("ImportSource")),
        ),
        get(one, "import_source", "One import on a schedule.", vec![], "ImportSource"),
        send(
            Put,
            (one, "update_import_source"),
            "Changes an import. With another place, format or mapping, every file is read again.",
            "ImportSourceInput",
            ok("ImportSource"),
        ),
        send(
            Delete,
            (one, "delete_import_source"),
            "Deletes an import; what was imported stays.",
            "",
            ("204", None),
        ),
        run,
    ]
}

/// Schemas of their bodies.
pub(super) fn schemas() -> Vec<(String, RefOr<DocumentSchema>)> {
    let mut schemas = Vec::new();
    macro_rules! add {
        ($($schema:ty),* $(,)?) => {$(
            schemas.push((<$schema>::name().into_owned(), <$schema as utoipa::PartialSchema>::schema()));
            <$schema>::schemas(&mut schemas);
        )*};
    }
    add!(
        BatchInput,
        Batch,
        BatchNote,
        Import,
        RejectedRow,
        FileForm,
        ImportPlace,
        ImportSource,
        ImportSourceInput,
        ImportSourceList,
        ImportRun,
    );
    let file = ObjectBuilder::new().schema_type(Type::String).description(Some(
        "The bytes of a file: CSV, NDJSON, Parquet, or an export of another product.",
    ));
    schemas.push((FILE.into(), file.build().into()));
    schemas
}
