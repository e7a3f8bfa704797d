//! What is done with what events say of devices and places.

use wire::api::EnrichmentSettings;

use super::{Service, settings};
use crate::config::{Config, ConfigError};
use crate::failure::Failure;
use crate::workspace::Enrichment;

/// Events that make a customer, at most.
const EVENTS_MAX: usize = 100;

impl Service {
    /// The settings.
    pub fn enrichment_settings(&self) -> Result<EnrichmentSettings, Failure> {
        Ok(read(self.workspace.config())?)
    }

    /// Replaces the settings; they count from the next request on.
    pub fn set_enrichment_settings(
        &self,
        written: &EnrichmentSettings,
    ) -> Result<EnrichmentSettings, Failure> {
        if written.customer_events.len() > EVENTS_MAX {
            let message = format!("there are more than {EVENTS_MAX} events in `customer_events`");
            return Err(Failure::unprocessable("enrichment.events", message));
        }
        for name in &written.customer_events {
            gateway::validate::event_name(name).map_err(Failure::from)?;
        }
        let json = serde_json::to_string(written)
            .map_err(|error| Failure::new(500, "server.settings", error.to_string()))?;
        self.workspace.config().set(settings::ENRICHMENT, &json)?;
        self.workspace.enrich(of(written));
        self.enrichment_settings()
    }
}

/// The settings as the door needs them.
pub(crate) fn stored(config: &Config) -> Result<Enrichment, ConfigError> {
    Ok(of(&read(config)?))
}

fn of(written: &EnrichmentSettings) -> Enrichment {
    let EnrichmentSettings { devices, keep_ip, .. } = written;
    Enrichment { devices: *devices, keep_ip: *keep_ip }
}

fn read(config: &Config) -> Result<EnrichmentSettings, ConfigError> {
    let json = config.setting(settings::ENRICHMENT)?;
    Ok(json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default())
}
