//! The operations of catalogs.

use utoipa::ToSchema;
use utoipa::openapi::path::HttpMethod::{Delete, Post};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema as DocumentSchema, Type};
use wire::api::*;

use super::{CATALOG_FILE, Operation, get, query, send};

/// All of them.
pub(super) fn operations() -> Vec<Operation> {
    let one = "/api/catalogs/{id}";
    let ok = |answer| ("200", Some(answer));
    let mut upload = send(
        Post,
        (one, "upload_catalog"),
        "Writes rows into a catalog, which is made if it is not there; all or none.",
        CATALOG_FILE,
        ok("CatalogUploaded"),
    );
    upload.query = query::<CatalogUploadQuery>();
    let rows = query::<CatalogRowsQuery>();
    vec![
        get("/api/catalogs", "catalogs", "All catalogs.", vec![], "CatalogList"),
        get(one, "catalog_rows", "Rows of a catalog, by id.", rows, "CatalogRows"),
        upload,
        send(
            Post,
            ("/api/catalogs/{id}/delete", "delete_catalog_rows"),
            "Deletes rows.",
            "CatalogDeletion",
            ok("CatalogDeleted"),
        ),
        send(
            Delete,
            (one, "delete_catalog"),
            "Deletes a catalog with all its rows.",
            "",
            ("204", None),
        ),
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
        CatalogList,
        Catalog,
        CatalogRows,
        CatalogRow,
        CatalogUploaded,
        CatalogDeletion,
        CatalogDeleted
    );
    let file = ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("Rows: NDJSON, a JSON list of objects, or CSV with a header."));
    schemas.push((CATALOG_FILE.into(), file.build().into()));
    schemas
}
