//! A journey, as a backtest plays it.

use std::sync::Arc;

use engine::journey::{Action, Happening, Journey};
use model::Text;
use wire::api::{Backtest, BacktestInput, BacktestKind, JourneyInput, Trigger};

use super::super::journeys::{name_of, read};
use super::super::{Service, rules, watched};
use super::{Subject, TrialPart, Wish, needs, no_occasion};
use crate::failure::Failure;
use crate::journeys::compile::{self, Version};
use crate::outreach::Ready;

/// A journey with what is shown of it.
pub(super) struct Piece {
    pub(super) name: String,
    /// Ids and names of steps.
    pub(super) steps: Vec<(String, String)>,
    pub(super) journey: Arc<Journey>,
    /// Campaigns as which its messages are sent.
    pub(super) messages: Vec<Ready>,
}

impl Service {
    /// Begins a backtest of what is edited of a journey, or of another definition under its id.
    pub fn backtest_journey(&self, id: &str, wish: &BacktestInput) -> Result<Backtest, Failure> {
        let input = match &wish.definition {
            Some(definition) => {
                rules::check_key("id", id)?;
                (**definition).clone()
            }
            None => read(&self.saved_journey(id)?)?,
        };
        let between = self.period(&wish.from, &wish.to)?;
        let definitions = watched::read(self.workspace.config())?;
        let wish = Wish { between, reachable: wish.reachable, definitions: &definitions };
        let part = self.journey_part((id, &input), &wish)?;
        self.begin_backtest((BacktestKind::Journey, id), self.trial(&wish, part)?)
    }

    fn journey_part(
        &self,
        (id, input): (&str, &JourneyInput),
        wish: &Wish,
    ) -> Result<TrialPart, Failure> {
        if input.entry == Trigger::Api {
            return Err(no_occasion("journey"));
        }
        let version =
            Version { since: wish.between.0, open_since: wish.between.0, ..Version::trial(id) };
        let mut known: Vec<Text> = Vec::new();
        let compiled = self.surrounded(wish.definitions, &input.labels, |around| {
            known = around.labels.to_vec();
            compile::compile(input, &version, around)
        })?;
        let asked = needs::of_journey(input, &compiled)?;
        Ok(TrialPart {
            asked,
            keys: keys(&compiled.journey),
            entrants: needs::entrants(&input.entry, wish.between)?,
            schedule: compiled.entry.map(|entry| entry.schedule),
            known,
            played: Subject::Journey(Piece {
                name: input.name.clone(),
                steps: input.steps.iter().map(|of| (of.id.clone(), name_of(of))).collect(),
                journey: Arc::new(compiled.journey),
                messages: compiled.messages,
            }),
        })
    }
}

/// Keys of watched definitions by which a journey goes.
fn keys(journey: &Journey) -> Vec<Text> {
    let mut happenings: Vec<&Happening> = journey.entry.iter().chain(&journey.exits).collect();
    happenings.extend(journey.goals.iter().map(|goal| &goal.when));
    for step in &journey.steps {
        if let Action::WaitFor { any, .. } = &step.action {
            happenings.extend(any.iter().map(|(_, when)| when));
        }
    }
    let key = |of: &Happening| match of {
        Happening::Moves { watch, .. } => Some(watch.clone()),
        Happening::Event(_) | Happening::Message { .. } => None,
    };
    happenings.into_iter().filter_map(key).collect()
}
