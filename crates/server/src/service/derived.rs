//! Events that nobody sends: what is taken for activity, and views in which they are seen.

use std::sync::Arc;

use history::Snapshot;
use model::{Span, Text, Timestamp};
use segment::derived;
use wire::api::SessionSettings;

use super::{Service, instant, settings, span};
use crate::config::Config;
use crate::failure::Failure;

/// The shortest silence that ends a session: what a page needs to be read.
const TIMEOUT_MIN: Span = Span(60_000);
/// The longest one: sessions are not days.
const TIMEOUT_MAX: Span = Span::DAY;
/// Names that are no activity, at most.
const NAMES_MAX: usize = 1_000;

impl Service {
    /// What is taken for activity, and where a session ends.
    pub fn session_settings(&self) -> Result<SessionSettings, Failure> {
        Ok(written(&read(self.workspace.config())?))
    }

    /// Replaces them. Every answer follows at once: nothing of sessions is stored.
    pub fn set_session_settings(
        &self,
        settings: &SessionSettings,
    ) -> Result<SessionSettings, Failure> {
        let checked = check(settings)?;
        let json = serde_json::to_string(&written(&checked))
            .map_err(|error| Failure::new(500, "server.settings", error.to_string()))?;
        self.workspace.config().set(settings::SESSIONS, &json)?;
        self.session_settings()
    }

    /// Everything, or what had been accepted by an instant, with derived events. A session is over
    /// as it is known now, or then; of questions about an instant ahead, at that instant.
    pub(super) fn snapshot(
        &self,
        known_at: Option<&str>,
        at: Option<Timestamp>,
    ) -> Result<Arc<Snapshot>, Failure> {
        let snapshot = self.workspace.snapshot()?;
        let settings = read(self.workspace.config())?;
        let (snapshot, now) = match known_at {
            Some(text) => {
                let known_at = instant("known_at", text)?;
                (self.known.at(&snapshot, known_at)?, known_at)
            }
            None => {
                let now = self.now()?;
                (snapshot, at.map_or(now, |at| at.max(now)))
            }
        };
        Ok(Arc::new(snapshot.deriving(&settings, now)))
    }
}

fn read(config: &Config) -> Result<derived::SessionSettings, Failure> {
    let json = config.setting(settings::SESSIONS)?;
    let stored = json.and_then(|json| serde_json::from_str::<SessionSettings>(&json).ok());
    stored.map_or_else(|| Ok(derived::SessionSettings::default()), |stored| check(&stored))
}

fn check(settings: &SessionSettings) -> Result<derived::SessionSettings, Failure> {
    let SessionSettings { timeout, not_activity, server_side } = settings;
    let length = span("timeout", timeout)?;
    if length < TIMEOUT_MIN || length > TIMEOUT_MAX {
        let message = format!("`timeout` is {timeout}; a session ends after 1m to 24h of silence");
        return Err(Failure::unprocessable("sessions.timeout", message));
    }
    if not_activity.len() > NAMES_MAX || not_activity.iter().any(String::is_empty) {
        let message = format!("`not_activity` is a list of at most {NAMES_MAX} names of events");
        return Err(Failure::unprocessable("sessions.not_activity", message));
    }
    let not_activity = not_activity.iter().map(Text::new).collect();
    let server_side = *server_side;
    Ok(derived::SessionSettings { timeout: length, not_activity, server_side })
}

fn written(settings: &derived::SessionSettings) -> SessionSettings {
    SessionSettings {
        timeout: settings.timeout.to_string(),
        not_activity: settings.not_activity.iter().map(ToString::to_string).collect(),
        server_side: settings.server_side,
    }
}
