//! All journeys that were published, from the configuration.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::journey::{Book, Standing};
use engine::outreach;
use experiment::assign::{Arm, Arms};
use model::Text;
use wire::api::{JourneyInput, LearningAllocation};

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
                open_since: saved.open_since.or(saved.started_at).unwrap_or(stored.published_at),
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
                    for mut message in messages {
                        message.campaign.standing = match version.standing {
                            Standing::Running => outreach::Standing::Running,
                            Standing::Paused => outreach::Standing::Paused,
                            Standing::Stopped => outreach::Standing::Stopped,
                        };
                        published.messages.insert(message.campaign.id.clone(), message);
                    }
                    published.entries.extend(entry);
                    if version.current && !learning.is_empty() {
                        let learned = learning
                            .into_iter()
                            .map(|of| learned(config, &saved.id, of))
                            .collect::<Result<_, _>>()?;
                        published.learning.insert(journey.id.clone(), learned);
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

/// A learning split with the shares that were learned last, if they are of the same paths.
fn learned(config: &Config, journey: &str, split: Learning) -> Result<Learning, Failure> {
    if split.manual {
        return Ok(split);
    }
    let mut learned = Vec::with_capacity(split.shares.len());
    for context in split.groups() {
        let last = config.learning(journey, &split.key(context), 1)?.pop();
        let last = last.and_then(|(_, json)| serde_json::from_str(&json).ok());
        learned.push(last.and_then(|of| shares(&of, &split.paths)));
    }
    Ok(Learning { shares: learned, ..split })
}

/// The shares of an allocation; nothing: it is of other paths.
fn shares(of: &LearningAllocation, paths: &[Text]) -> Option<Arms> {
    let same = of.paths.iter().map(|path| path.path.as_str()).eq(paths.iter().map(Text::as_str));
    let parts: Vec<f64> = of.paths.iter().filter(|_| same).map(|path| path.share).collect();
    let shares = crate::outreach::compile::parts(&parts).ok()?;
    let arms = paths.iter().zip(shares).map(|(id, share)| Arm { id: id.clone(), share });
    Arms::new(arms.collect()).ok()
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
