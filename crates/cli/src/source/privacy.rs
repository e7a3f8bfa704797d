//! What persons can ask for, of a data directory or of a server.

use std::time::Duration;

use wire::api;

use super::{Source, encode};

/// How often a server is asked whether it is done.
const ASK_EVERY: Duration = Duration::from_millis(200);

/// A query without fields.
#[derive(serde::Serialize)]
struct Nothing {}

impl Source {
    pub fn export_person(&self, id: &str) -> anyhow::Result<api::PersonExport> {
        match self {
            Source::Local(service) => Ok(service.export_person(id)?),
            Source::Remote(client) => {
                client.get(&format!("/api/users/{}/export", encode(id)), &Nothing {})
            }
        }
    }

    pub fn erase_preview(&self, id: &str) -> anyhow::Result<api::ErasePreview> {
        match self {
            Source::Local(service) => Ok(service.erase_preview(id)?),
            Source::Remote(client) => {
                client.get(&format!("/api/users/{}/erase", encode(id)), &Nothing {})
            }
        }
    }

    /// Erases, and waits until the files are done.
    pub fn erase(
        &self,
        id: &str,
        request: &api::EraseRequest,
    ) -> anyhow::Result<api::ErasureReceipt> {
        match self {
            Source::Local(service) => {
                let receipt = service.erase(id, request)?;
                service.finish_erasures()?;
                Ok(service.erasure(&receipt.id)?)
            }
            Source::Remote(client) => {
                let begun: api::ErasureReceipt =
                    client.post(&format!("/api/users/{}/erase", encode(id)), request)?;
                let path = format!("/api/erasures/{}", begun.id);
                loop {
                    let receipt: api::ErasureReceipt = client.get(&path, &Nothing {})?;
                    if receipt.verification.is_some() || receipt.failed.is_some() {
                        return Ok(receipt);
                    }
                    std::thread::sleep(ASK_EVERY);
                }
            }
        }
    }

    pub fn erasures(&self) -> anyhow::Result<api::ErasureList> {
        match self {
            Source::Local(service) => Ok(service.erasures()?),
            Source::Remote(client) => client.get("/api/erasures", &Nothing {}),
        }
    }

    pub fn suppress(&self, input: &api::SuppressionInput) -> anyhow::Result<api::Suppression> {
        match self {
            Source::Local(service) => Ok(service.suppress(input)?),
            Source::Remote(client) => client.post("/api/suppressions", input),
        }
    }

    pub fn suppressions(&self) -> anyhow::Result<api::SuppressionList> {
        match self {
            Source::Local(service) => Ok(service.suppressions()?),
            Source::Remote(client) => client.get("/api/suppressions", &Nothing {}),
        }
    }

    pub fn lift_suppression(&self, id: &str) -> anyhow::Result<()> {
        match self {
            Source::Local(service) => Ok(service.lift_suppression(id)?),
            Source::Remote(client) => client.delete(&format!("/api/suppressions/{}", encode(id))),
        }
    }
}
