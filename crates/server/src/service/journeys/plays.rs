//! Journeys to begin with, from the files of `docs/journeys`, which are built into the program.

use wire::api::{
    Happening, JourneyInput, JourneyPlay, JourneyPlayList, PlaySegment, StepAction, Trigger,
};

use super::super::{Service, plays};
use crate::failure::Failure;

/// The files, in the order in which a user would meet them.
const FILES: [&str; 4] = [
    include_str!("../../../../../docs/journeys/two-minute-window.json"),
    include_str!("../../../../../docs/journeys/cart-24h.json"),
    include_str!("../../../../../docs/journeys/win-back.json"),
    include_str!("../../../../../docs/journeys/stock-check.json"),
];

impl Service {
    /// All ready journeys.
    pub fn journey_plays(&self) -> Result<JourneyPlayList, Failure> {
        let known = self.known_segments()?;
        let segments = plays::segments()?;
        let mut all = Vec::with_capacity(FILES.len());
        for file in FILES {
            let mut definition: JourneyInput =
                serde_json::from_str(file).map_err(|error| plays::broken(&error))?;
            let named = segments_of(&definition);
            let needed = segments.iter().filter_map(|segment| {
                let id = segment.id.clone().filter(|id| named.contains(id))?;
                Some(PlaySegment {
                    exists: known.contains(&id),
                    id,
                    name: segment.name.clone(),
                    definition: segment.definition.0.as_str().unwrap_or_default().to_owned(),
                })
            });
            all.push(JourneyPlay {
                segments: needed.collect(),
                id: definition.id.take().unwrap_or_default(),
                name: definition.name.clone(),
                description: definition.description.clone(),
                definition,
            });
        }
        Ok(JourneyPlayList { plays: all })
    }
}

/// Ids of the saved segments that a journey names.
fn segments_of(input: &JourneyInput) -> Vec<String> {
    let mut named = Vec::new();
    if let Trigger::Enters { segment } | Trigger::Leaves { segment } = &input.entry {
        named.push(segment.clone());
    }
    named.extend(input.audience.as_ref().and_then(|of| of.as_str()).map(str::to_owned));
    let mut happening = |when: &Happening| {
        if let Happening::Enters { segment } | Happening::Leaves { segment } = when {
            named.push(segment.clone());
        }
    };
    input.goals.iter().for_each(|goal| happening(&goal.when));
    input.exits.iter().for_each(&mut happening);
    for step in &input.steps {
        if let StepAction::WaitFor { any, .. } = &step.action {
            any.iter().for_each(|path| happening(&path.when));
        }
    }
    for step in &input.steps {
        if let StepAction::Split { paths, .. } = &step.action {
            let ids = paths.iter().filter_map(|path| path.segment.as_ref()?.as_str());
            named.extend(ids.map(str::to_owned));
        }
    }
    named
}
