//! Stage frameworks: further lifecycles beside the workspace's own, such as AIC and AARRR.
//!
//! What it is: they are checked as the lifecycle is, stored, and handed to whoever watches them.
//! What it is not: no definition can name a framework, so that none can depend on itself.

use model::Text;
use segment::Lifecycle;
use segment::check::Subject;
use wire::api::{Framework, FrameworkInput, FrameworkList, StateDefinition};

use super::sight::Sight;
use super::uses::Thing;
use super::{Service, lifecycle, rules, uses};
use crate::config::Config;
use crate::config::frameworks::SavedFramework;
use crate::failure::Failure;

/// Frameworks at most: each is watched for every user.
const FRAMEWORKS_MAX: usize = 20;

/// The key of the workspace's own lifecycle where it stands beside frameworks.
pub const DEFAULT: &str = "default";

/// A framework with its states read.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadFramework {
    /// Stable key.
    pub key: Text,
    /// Name for people.
    pub name: Text,
    /// Its states.
    pub lifecycle: Lifecycle,
}

/// All frameworks, for whoever watches them.
pub fn read(config: &Config) -> Result<Vec<ReadFramework>, Failure> {
    let read = |saved: SavedFramework| {
        let lifecycle = rules::lifecycle_of(&saved.states)?;
        Ok(ReadFramework { key: saved.key.into(), name: saved.name.into(), lifecycle })
    };
    config.frameworks()?.into_iter().map(read).collect()
}

impl Service {
    /// All frameworks, and ready ones.
    pub fn frameworks(&self) -> Result<FrameworkList, Failure> {
        let frameworks = read(self.workspace.config())?;
        let sight = self.sight();
        let frameworks = frameworks.iter().map(|of| written(&sight, of)).collect();
        Ok(FrameworkList { frameworks, templates: templates() })
    }

    /// One framework.
    pub fn framework(&self, key: &str) -> Result<Framework, Failure> {
        let found = read(self.workspace.config())?.into_iter().find(|known| known.key == key);
        found.as_ref().map(|of| written(&self.sight(), of)).ok_or_else(|| unknown(key))
    }

    /// Writes a framework.
    pub fn put_framework(&self, key: &str, input: &FrameworkInput) -> Result<Framework, Failure> {
        rules::check_key("framework.key", key)?;
        if key == DEFAULT {
            let message = "\"default\" is the key of the workspace's own lifecycle";
            return Err(Failure::unprocessable("framework.key", message)
                .hint("PUT /api/lifecycle/definition changes it"));
        }
        if input.name.trim().is_empty() || input.name.len() > model::bounds::NAME_BYTES_MAX {
            let message = "the name of a framework has 1 to 255 bytes";
            return Err(Failure::unprocessable("framework.name", message));
        }
        let config = self.workspace.config();
        let known = config.frameworks()?;
        if known.len() >= FRAMEWORKS_MAX && known.iter().all(|other| other.key != key) {
            let message = format!("there are {FRAMEWORKS_MAX} frameworks already");
            return Err(Failure::unprocessable("framework.too_many", message)
                .hint("delete one that is not used"));
        }
        let states = self.states(&input.states)?;
        let _changing = self.changing_campaigns();
        if let Some(before) = read(config)?.into_iter().find(|own| own.key == key) {
            let keys: Vec<&str> = states.iter().map(|state| state.key.as_str()).collect();
            let before = before.lifecycle.states.iter().map(|state| &state.key);
            let gone = uses::states_gone(key, before, &keys);
            let what = format!("a state that the framework \"{key}\" would lose");
            self.refuse_used(("framework.in_use", &what), &gone, Vec::new())?;
        }
        for state in &states {
            self.check_as(&Subject::Unnamed, &state.predicate, &*self.rules()?)?;
        }
        let states = rules::lifecycle_text(&Lifecycle { states })?;
        config.put_framework(&SavedFramework {
            key: key.into(),
            name: input.name.clone(),
            states,
        })?;
        self.rules_changed();
        self.framework(key)
    }

    /// Deletes a framework that nothing names.
    pub fn delete_framework(&self, key: &str) -> Result<(), Failure> {
        let _changing = self.changing_campaigns();
        let used = [Thing::Lifecycle(key.to_owned())];
        let what = format!("the framework \"{key}\"");
        self.refuse_used(("framework.in_use", &what), &used, Vec::new())?;
        if !self.workspace.config().delete_framework(key)? {
            return Err(unknown(key));
        }
        self.rules_changed();
        Ok(())
    }
}

fn written(sight: &Sight, framework: &ReadFramework) -> Framework {
    Framework {
        key: framework.key.to_string(),
        name: framework.name.to_string(),
        states: lifecycle::written(sight, &framework.lifecycle).states,
    }
}

fn unknown(key: &str) -> Failure {
    Failure::not_found("framework.not_found", format!("there is no framework \"{key}\""))
        .hint("GET /api/frameworks lists them, with ready ones to begin with")
}

/// Ready frameworks with the names of events of the simulated shop. The furthest stage comes first,
/// because the first that holds wins.
pub fn templates() -> Vec<Framework> {
    let framework = |key: &str, name: &str, states: &[(&str, &str, &str)]| Framework {
        key: key.into(),
        name: name.into(),
        states: states
            .iter()
            .map(|(key, name, definition)| StateDefinition {
                key: (*key).into(),
                name: (*name).into(),
                definition: (*definition).into(),
            })
            .collect(),
    };
    vec![
        framework(
            "aic",
            "Awareness, interest, conversion",
            &[
                ("conversion", "Conversion", "did \"Purchase\" in last 90d"),
                (
                    "interest",
                    "Interest",
                    "did any of [\"Product Viewed\", \"Add To Cart\", \"Checkout Started\"] in last 30d",
                ),
                ("awareness", "Awareness", "did any event"),
            ],
        ),
        framework(
            "aarrr",
            "Acquisition, activation, retention, referral, revenue",
            &[
                ("revenue", "Revenue", "did \"Purchase\" at least 2 times in last 180d"),
                ("referral", "Referral", "did \"Review\" in last 180d where rating >= 4"),
                ("retention", "Retention", "days of \"App Launched\" in last 30d >= 3"),
                (
                    "activation",
                    "Activation",
                    "did any of [\"Signed Up\", \"Add To Cart\", \"Purchase\"]",
                ),
                ("acquisition", "Acquisition", "did any event"),
            ],
        ),
    ]
}
