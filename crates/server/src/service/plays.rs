//! Plays: campaigns to begin with, from the files of `docs/plays`, which are built into the program.
//!
//! What it is: the list, and the segments that a play needs. What it is not: a kind of campaign; what
//! comes of a play is a draft like any other.
//!
//! Invariant: a segment that is there already stays as it is, whatever it means.

use std::collections::BTreeSet;

use serde::Deserialize;
use wire::api::{CampaignInput, Definition, Play, PlayList, PlaySegment, SegmentInput, Trigger};

use super::Service;
use crate::failure::Failure;

/// The files, in the order in which a user would meet them.
const FILES: [&str; 9] = [
    include_str!("../../../../docs/plays/welcome.json"),
    include_str!("../../../../docs/plays/unfinished-payment.json"),
    include_str!("../../../../docs/plays/abandoned-cart.json"),
    include_str!("../../../../docs/plays/trial-ending.json"),
    include_str!("../../../../docs/plays/loyalty-milestone.json"),
    include_str!("../../../../docs/plays/at-risk-rescue.json"),
    include_str!("../../../../docs/plays/uninstall-prevention.json"),
    include_str!("../../../../docs/plays/win-back.json"),
    include_str!("../../../../docs/plays/storm-notice.json"),
];

/// The segments that they name.
const SEGMENTS: &str = include_str!("../../../../docs/plays/segments.json");

#[derive(Deserialize)]
struct Segments {
    segments: Vec<SegmentInput>,
}

impl Service {
    /// All plays.
    pub fn plays(&self) -> Result<PlayList, Failure> {
        let known = self.known_segments()?;
        let segments = segments()?;
        let plays = FILES.into_iter().map(|file| play(file, &segments, &known));
        Ok(PlayList { plays: plays.collect::<Result<_, _>>()? })
    }

    /// Makes the segments that a play needs and that are not there. Doing it again does nothing.
    pub fn prepare_play(&self, id: &str) -> Result<Play, Failure> {
        let find = |list: PlayList| list.plays.into_iter().find(|play| play.id == id);
        let unknown = || {
            Failure::not_found("play.not_found", format!("there is no play \"{id}\""))
                .hint("GET /api/plays lists them")
        };
        let play = find(self.plays()?).ok_or_else(unknown)?;
        for segment in play.segments.iter().filter(|segment| !segment.exists) {
            let definition = Definition(segment.definition.clone().into());
            let made = self.create_segment(&SegmentInput {
                id: Some(segment.id.clone()),
                name: segment.name.clone(),
                description: None,
                definition,
            });
            match made {
                // Somebody else was quicker.
                Err(failure) if failure.status == 409 => {}
                other => _ = other?,
            }
        }
        find(self.plays()?).ok_or_else(unknown)
    }

    pub(super) fn known_segments(&self) -> Result<BTreeSet<String>, Failure> {
        Ok(self.workspace.config().segments()?.into_iter().map(|saved| saved.id).collect())
    }
}

pub(super) fn segments() -> Result<Vec<SegmentInput>, Failure> {
    let read: Segments = serde_json::from_str(SEGMENTS).map_err(|error| broken(&error))?;
    Ok(read.segments)
}

fn play(file: &str, segments: &[SegmentInput], known: &BTreeSet<String>) -> Result<Play, Failure> {
    let mut definition: CampaignInput =
        serde_json::from_str(file).map_err(|error| broken(&error))?;
    let needs = |id: &str| match &definition.trigger {
        Trigger::Enters { segment } | Trigger::Leaves { segment } if segment == id => true,
        _ => definition.audience.as_ref().and_then(|of| of.as_str()) == Some(id),
    };
    let needed = segments.iter().filter_map(|segment| {
        let id = segment.id.clone().filter(|id| needs(id))?;
        Some(PlaySegment {
            exists: known.contains(&id),
            id,
            name: segment.name.clone(),
            definition: segment.definition.0.as_str().unwrap_or_default().to_owned(),
        })
    });
    let segments = needed.collect();
    Ok(Play {
        id: definition.id.take().unwrap_or_default(),
        name: definition.name.clone(),
        description: definition.description.clone(),
        channel: definition.channel,
        definition,
        segments,
    })
}

/// A test reads every file, so that this is never seen.
pub(super) fn broken(error: &serde_json::Error) -> Failure {
    Failure::new(500, "play.broken", format!("a play of this program cannot be read: {error}"))
}
