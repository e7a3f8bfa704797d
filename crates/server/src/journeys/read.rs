//! All journeys that were published, from the configuration.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::journey::{Book, Standing};
use model::Text;
use wire::api::JourneyInput;

use super::compile::{Compiled, Learning, Version, compile};
use crate::config::Config;
use crate::config::journeys::SavedJourney;
use crate::failure::Failure;
use crate::outreach::compile::Surroundings;
use crate::outreach::{EntryRun, Ready};

/// Versions of a journey by which somebody goes, at most: whoever is in an older one goes on at the same step of
/// the current one.
const VERSIONS_MAX: usize = 20;

/// Journeys with everything that they need.
#[derive(Default)]
pub struct Published {
    /// Journeys in their versions.
    pub book: Arc<Book>,
    /// Campaigns as which their messages are sent. What a step says is what was published last.
    pub messages: BTreeMap<Text, Ready>,
    /// When people come in, if on a schedule.
    pub entries: Vec<EntryRun>,
    /// What learning splits reward.
    pub learning: BTreeMap<Text, Vec<Learning>>,
}

/// Reads all that were published. A version that cannot be compiled any more, as what it names is gone, is left
/// out with a word in the log.
pub fn read(config: &Config, around: &Surroundings) -> Result<Published, Failure> {
    let (mut published, mut journeys) = (Published::default(), Vec::new());
    for saved in config.journeys()? {
        let versions = config.journey_versions(&saved.id)?;
        let latest = versions.last().map(|version| version.number);
        let skipped = versions.len().saturating_sub(VERSIONS_MAX);
        for stored in versions.into_iter().skip(skipped) {
            let version = Version {
                id: saved.id.clone(),
                number: stored.number,
                current: Some(stored.number) == latest,
                standing: standing(&saved),
                since: saved.started_at.unwrap_or(stored.published_at),
                published_at: stored.published_at,
                moves: serde_json::from_str(&stored.moves).unwrap_or_default(),
            };
            let input: JourneyInput = match serde_json::from_str(&stored.definition) {
                Ok(input) => input,
                Err(error) => {
                    tracing::error!(journey = saved.id, %error, "a journey cannot be read");
                    continue;
                }
            };
            match compile(&input, &version, around) {
                Ok(Compiled { journey, messages, entry, learning }) => {
                    for message in messages {
                        published.messages.insert(message.campaign.id.clone(), message);
                    }
                    published.entries.extend(entry);
                    if version.current && !learning.is_empty() {
                        published.learning.insert(journey.id.clone(), learning);
                    }
                    journeys.push(Arc::new(journey));
                }
                Err(failure) => {
                    let message = &failure.detail.message;
                    tracing::error!(journey = saved.id, %message, "a journey cannot be read");
                }
            }
        }
    }
    published.book = Arc::new(Book::new(journeys));
    Ok(published)
}

/// Labels that journeys have.
pub fn labels(config: &Config) -> Result<Vec<Text>, Failure> {
    let mut labels = Vec::new();
    for saved in config.journeys()? {
        let Some(stored) = config.published_journey(&saved.id)? else { continue };
        let input: Result<JourneyInput, _> = serde_json::from_str(&stored.definition);
        labels.extend(input.iter().flat_map(|input| &input.labels).map(Text::new));
    }
    Ok(labels)
}

fn standing(saved: &SavedJourney) -> Standing {
    match saved.status.as_str() {
        "running" => Standing::Running,
        "paused" => Standing::Paused,
        _ => Standing::Stopped,
    }
}
