//! Catalogs: rows that messages look up by id, such as products and branches.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Object;

/// All catalogs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CatalogList {
    /// By name.
    pub catalogs: Vec<Catalog>,
}

/// A catalog without its rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Catalog {
    /// Its name, as templates say it: `{{ catalog.NAME[id].column }}`.
    pub name: String,
    /// How many rows it has.
    pub rows: u64,
    /// When it was changed last.
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// How an upload is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CatalogForm {
    /// One JSON object a line.
    #[default]
    Ndjson,
    /// A JSON list of objects.
    Json,
    /// A header, then one line a row.
    Csv,
}

/// How an upload is to be read.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CatalogUploadQuery {
    /// The column with the ids; `id` if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// How it is written: `ndjson`, `json` or `csv`.
    #[serde(default)]
    #[param(inline)]
    pub format: CatalogForm,
    /// Rows that are not in the upload are deleted.
    #[serde(default)]
    pub replace: bool,
}

/// What an upload did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CatalogUploaded {
    /// Rows that were written.
    pub written: u64,
    /// Rows that the catalog has now.
    pub rows: u64,
}

/// Which rows are asked for.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CatalogRowsQuery {
    /// The row of this id alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// Rows after this id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// How many at most: 1 to 1,000; 100 if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Rows of a catalog.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CatalogRows {
    /// In the order of their ids.
    pub rows: Vec<CatalogRow>,
    /// What to give as `after` for the next ones; `null` after the last.
    pub next: Option<String>,
}

/// A row of a catalog.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CatalogRow {
    /// Its id.
    pub id: String,
    /// Its columns, the one with the id among them.
    pub columns: Object,
}

/// Rows that are to be deleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CatalogDeletion {
    /// Their ids, up to 1,000.
    pub items: Vec<String>,
}

/// What became of rows that were to be deleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CatalogDeleted {
    /// How many were there.
    pub deleted: u64,
}
