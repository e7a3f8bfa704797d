//! Catalogs: listed, read, uploaded, deleted.

use model::Timestamp;
use serde_json::Value as Json;
use wire::api::{
    Catalog, CatalogDeleted, CatalogDeletion, CatalogForm, CatalogList, CatalogRow, CatalogRows,
    CatalogRowsQuery, CatalogUploadQuery, CatalogUploaded, Object,
};

use super::Service;
use super::uses::Thing;
use crate::catalogs::{self, Form};
use crate::failure::Failure;

/// Rows of an answer without a wish, and at most.
const ROWS: (u32, u32) = (100, 1_000);

impl Service {
    /// All catalogs.
    pub fn catalogs(&self) -> Result<CatalogList, Failure> {
        let catalogs = self.workspace.catalogs().list()?.into_iter().map(|facts| Catalog {
            name: facts.name,
            rows: facts.rows,
            updated_at: Timestamp(facts.updated_at).to_string(),
        });
        Ok(CatalogList { catalogs: catalogs.collect() })
    }

    /// Rows of a catalog.
    pub fn catalog_rows(
        &self,
        name: &str,
        query: &CatalogRowsQuery,
    ) -> Result<CatalogRows, Failure> {
        let limit = query.limit.unwrap_or(ROWS.0);
        if limit == 0 || limit > ROWS.1 {
            let message = format!("`limit` is {limit}, and has to be from 1 to {}", ROWS.1);
            return Err(Failure::unprocessable("catalog.limit", message));
        }
        let all = self.workspace.catalogs();
        let found = match &query.item {
            Some(id) => {
                let body = all.item(name, id)?.ok_or_else(|| {
                    let message = format!("the catalog \"{name}\" has no row \"{id}\"");
                    Failure::not_found("catalog.no_item", message)
                })?;
                vec![catalogs::Row { id: id.clone(), body }]
            }
            None => {
                let after = query.after.as_deref().unwrap_or_default();
                all.items(name, after, limit as usize)?.ok_or_else(|| unknown(name))?
            }
        };
        let full = query.item.is_none() && found.len() == limit as usize;
        let next = found.last().filter(|_| full).map(|row| row.id.clone());
        let sight = self.sight();
        let rows = found.into_iter().map(|row| {
            let mut columns: Object = serde_json::from_str(&row.body).unwrap_or_default();
            for value in columns.values_mut() {
                // Whoever may not see addresses of people does not see them here either.
                if let Json::String(text) = value {
                    *text = sight.said(std::mem::take(text));
                }
            }
            CatalogRow { columns, id: sight.said(row.id) }
        });
        Ok(CatalogRows { rows: rows.collect(), next })
    }

    /// Writes rows into a catalog, which is made if it is not there.
    pub fn upload_catalog(
        &self,
        name: &str,
        query: &CatalogUploadQuery,
        bytes: &[u8],
    ) -> Result<CatalogUploaded, Failure> {
        let form = match query.format {
            CatalogForm::Ndjson => Form::Ndjson,
            CatalogForm::Json => Form::Json,
            CatalogForm::Csv => Form::Csv,
        };
        let rows = catalogs::rows(form, bytes, query.key.as_deref().unwrap_or("id"))
            .map_err(|problem| Failure::unprocessable("catalog.row", problem.to_string()))?;
        let now = self.workspace.now().0;
        let done = self.workspace.catalogs().upload(name, &rows, query.replace, now);
        let done = done.map_err(|error| match error {
            catalogs::Error::Storage(error) => error.into(),
            catalogs::Error::TooMany => {
                Failure::unprocessable("catalog.too_many", error.to_string())
            }
            catalogs::Error::Name(_) => Failure::unprocessable("catalog.name", error.to_string()),
        })?;
        Ok(CatalogUploaded { written: done.written, rows: done.rows })
    }

    /// Deletes rows.
    pub fn delete_catalog_rows(
        &self,
        name: &str,
        of: &CatalogDeletion,
    ) -> Result<CatalogDeleted, Failure> {
        if of.items.len() > ROWS.1 as usize {
            let message = format!("{} rows, and {} at most go at once", of.items.len(), ROWS.1);
            return Err(Failure::unprocessable("catalog.too_many_items", message));
        }
        let (all, now) = (self.workspace.catalogs(), self.workspace.now().0);
        if all.items(name, "", 1)?.is_none() {
            return Err(unknown(name));
        }
        let mut deleted = 0;
        for id in &of.items {
            deleted += u64::from(all.delete_item(name, id, now)?);
        }
        Ok(CatalogDeleted { deleted })
    }

    /// Deletes a catalog with all its rows, unless messages look rows up in it.
    pub fn delete_catalog(&self, name: &str) -> Result<(), Failure> {
        let _changing = self.changing_campaigns();
        let used = [Thing::Catalog(name.to_owned())];
        let what = format!("the catalog \"{name}\"");
        self.refuse_used(("catalog.in_use", &what), &used, Vec::new())?;
        if self.workspace.catalogs().delete(name)? { Ok(()) } else { Err(unknown(name)) }
    }
}

fn unknown(name: &str) -> Failure {
    Failure::not_found("catalog.unknown", format!("there is no catalog \"{name}\""))
        .hint("GET /api/catalogs lists them; uploading rows makes one")
}
