//! What is watched live: every saved segment, the lifecycle and the stage frameworks.
//!
//! What it is: the definitions, read from the configuration, for the writer. What it is not: it
//! watches nothing.

use model::{Text, Zone};
use segment::live::{DEFAULT_LIFECYCLE, Watched, What};
use segment::tree::EventMatch;
use segment::{Lifecycle, RfmSettings, Rules};

use super::{frameworks, rules};
use crate::config::Config;
use crate::failure::Failure;

/// Definitions with the meaning of the names in them.
#[derive(Clone, Debug, PartialEq)]
pub struct Definitions {
    /// What names mean.
    pub rules: Rules,
    /// Segments, lifecycle, frameworks.
    pub watched: Vec<Watched>,
}

impl Definitions {
    /// Nothing is watched.
    pub fn none() -> Definitions {
        let rules = Rules {
            zone: Zone::utc(),
            seed: 0,
            segments: Default::default(),
            composites: Default::default(),
            lifecycle: Lifecycle { states: Vec::new() },
            rfm: RfmSettings::of(EventMatch::named("Purchase"), None),
        };
        Definitions { rules, watched: Vec::new() }
    }
}

/// Reads what is to be watched.
pub fn read(config: &Config) -> Result<Definitions, Failure> {
    let rules = rules::read(config)?;
    let segment = |(id, predicate): (&Text, &segment::Predicate)| Watched {
        key: Text::from(format!("segment/{id}")),
        what: What::Segment(predicate.clone()),
    };
    let mut watched: Vec<Watched> = rules.segments.iter().map(segment).collect();
    watched.push(Watched {
        key: Text::new(DEFAULT_LIFECYCLE),
        what: What::Lifecycle(rules.lifecycle.states.clone()),
    });
    for framework in frameworks::read(config)? {
        watched.push(Watched {
            key: Text::from(format!("lifecycle/{}", framework.key)),
            what: What::Lifecycle(framework.lifecycle.states),
        });
    }
    Ok(Definitions { rules, watched })
}
