//! For how long events are kept.
//!
//! A rule names an event and a length of time. Events with time at or before now minus that length
//! are dropped by the next checkpoint: whole parts at once, and the part across the limit is
//! written again without them. Nothing else changes: when a user was first seen stays. The log
//! keeps what it has; a history that is built again from it forgets again at its first checkpoint.

use model::{Span, Text};
use wire::api::{RetentionRule, RetentionSettings};

use super::{Service, settings, span};
use crate::config::{Config, ConfigError};
use crate::failure::Failure;

/// The shortest time for which events are kept: a mistaken rule must not empty a history at once.
const KEEP_MIN: Span = Span::days(90);
/// The longest one: what is kept longer needs no rule.
const KEEP_MAX: Span = Span::days(3_660);
/// Rules at most: one per event name that a workspace may have.
const RULES_MAX: usize = 10_000;

impl Service {
    /// For how long events are kept.
    pub fn retention_settings(&self) -> Result<RetentionSettings, Failure> {
        Ok(stored(self.workspace.config())?)
    }

    /// Replaces for how long events are kept; the next checkpoint drops what is older.
    pub fn set_retention_settings(
        &self,
        settings: &RetentionSettings,
    ) -> Result<RetentionSettings, Failure> {
        check(settings)?;
        let json = serde_json::to_string(settings)
            .map_err(|error| Failure::new(500, "server.settings", error.to_string()))?;
        self.workspace.config().set(settings::RETENTION, &json)?;
        self.workspace.keep(spans(settings));
        self.retention_settings()
    }
}

/// The stored rules as the history needs them.
pub(crate) fn kept(config: &Config) -> Result<Vec<(Text, Span)>, ConfigError> {
    Ok(spans(&stored(config)?))
}

fn stored(config: &Config) -> Result<RetentionSettings, ConfigError> {
    let json = config.setting(settings::RETENTION)?;
    Ok(json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default())
}

fn spans(settings: &RetentionSettings) -> Vec<(Text, Span)> {
    let rules = settings.rules.iter();
    rules.filter_map(|rule| Some((Text::new(&rule.event), Span::parse(&rule.keep).ok()?))).collect()
}

fn check(settings: &RetentionSettings) -> Result<(), Failure> {
    let wrong = |message: String| Err(Failure::unprocessable("retention.rule", message));
    if settings.rules.len() > RULES_MAX {
        return wrong(format!("there are more than {RULES_MAX} rules"));
    }
    let mut names = std::collections::BTreeSet::new();
    for RetentionRule { event, keep } in &settings.rules {
        if event.is_empty() || !names.insert(event) {
            return wrong(format!("\"{event}\" must be the name of an event, in one rule only"));
        }
        let length = span("keep", keep)?;
        if length < KEEP_MIN || length > KEEP_MAX {
            return wrong(format!(
                "events named \"{event}\" cannot be kept for {keep}; choose 90d to 3660d, or no rule \
                 to keep them for ever"
            ));
        }
    }
    Ok(())
}
