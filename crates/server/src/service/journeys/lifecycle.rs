//! The journeys that act on the states of the lifecycle, and whether they move people, against control groups.

use history::journeys::{Goal, Reach};
use model::{Span, Text, Timestamp};
use segment::live::DEFAULT_LIFECYCLE;
use wire::api::{
    Happening, JourneyGoal, JourneyGoalReport, JourneyInput, LifecycleJourneys,
    LifecycleJourneysQuery, StateJourney, StateJourneys, Trigger,
};

use super::super::campaigns::report::level;
use super::super::{Service, View};
use super::report::Asked;
use super::{read_version, status};
use crate::config::journeys::SavedJourney;
use crate::failure::Failure;

/// How long a move counts without a wish.
const WITHIN: &str = "30d";

/// The share of a control group without a wish.
const CONTROL: f64 = 0.1;

/// The ids of the goals.
const UP: &str = "up";
const DOWN: &str = "down";

impl Service {
    /// By state, the journeys that act on it, with the movement up and down.
    pub fn lifecycle_journeys(
        &self,
        query: &LifecycleJourneysQuery,
    ) -> Result<LifecycleJourneys, Failure> {
        let within = query.within.as_deref().unwrap_or(WITHIN);
        let most = engine::outreach::REMEMBERED;
        let span = Span::parse(within).ok().filter(|span| span.0 > 0 && *span <= most);
        let span = span.ok_or_else(|| {
            let message = format!("within: \"{within}\" is no time of at most {most}");
            Failure::bad_request("request.within", message).hint("write it as 30d")
        })?;
        let level = level(query.confidence)?;
        let view = self.view(Some(&self.workspace.now().to_string()), None)?;
        let counts = view.evaluator().states()?.counts();
        let mut acting: Vec<(SavedJourney, JourneyInput, Vec<String>)> = Vec::new();
        for saved in self.workspace.config().journeys()? {
            let Some(version) = self.workspace.config().published_journey(&saved.id)? else {
                continue;
            };
            let input = read_version(&version)?;
            if let Trigger::State { lifecycle: None, to, .. } = &input.entry {
                let to = to.clone();
                acting.push((saved, input, to));
            }
        }
        let mut states = Vec::new();
        for (at, (state, users)) in view.rules.lifecycle.states.iter().zip(counts).enumerate() {
            let own = acting.iter().filter(|(.., to)| to.iter().any(|key| state.key == *key));
            let journeys = own
                .map(|(saved, input, _)| acts(&view, (saved, input), (at, (within, span)), level))
                .collect::<Result<_, Failure>>()?;
            states.push(StateJourneys {
                state: state.key.to_string(),
                name: state.name.to_string(),
                users,
                journeys,
            });
        }
        Ok(LifecycleJourneys { as_of: view.at.to_string(), within: within.to_owned(), states })
    }
}

/// What a journey did for the people of the n-th state.
fn acts(
    view: &View,
    (saved, input): (&SavedJourney, &JourneyInput),
    (state, (within, span)): (usize, (&str, Span)),
    level: experiment::Level,
) -> Result<StateJourney, Failure> {
    let keys: Vec<String> =
        view.rules.lifecycle.states.iter().map(|state| state.key.to_string()).collect();
    // Places are numbers from 1 on; 0 is no state.
    let place = |at: usize| u8::try_from(at + 1).unwrap_or(u8::MAX);
    let sides = [(UP, 0..state), (DOWN, state + 1..keys.len())];
    let sides = sides.into_iter().filter(|(_, of)| !of.is_empty());
    let (mut goals, mut written) = (Vec::new(), Vec::new());
    for (id, of) in sides {
        goals.push(Goal::Moves(Reach {
            watch: Text::const_new(DEFAULT_LIFECYCLE),
            from: Vec::new(),
            to: of.clone().map(place).collect(),
            within: span,
        }));
        let to = of.map(|at| keys[at].clone()).collect();
        written.push(JourneyGoal {
            id: id.to_owned(),
            name: None,
            when: Happening::State { lifecycle: None, from: Vec::new(), to },
            within: within.to_owned(),
            revenue: None,
            exits: false,
        });
    }
    let asked_of = JourneyInput { goals: written, ..input.clone() };
    let between = (Timestamp::MIN, Timestamp::MAX);
    let asked = Asked { id: &saved.id, between, level, input: &asked_of };
    let reports = asked.effect(view, &goals)?;
    let side = |id: &str| -> Option<JourneyGoalReport> {
        reports.iter().find(|report| report.goal == id).cloned()
    };
    let control = if input.transactional { 0.0 } else { input.control.unwrap_or(CONTROL) };
    Ok(StateJourney {
        journey: saved.id.clone(),
        name: saved.name.clone(),
        status: status(&saved.status),
        rolled_out: 1.0 - control,
        up: side(UP),
        down: side(DOWN),
    })
}
