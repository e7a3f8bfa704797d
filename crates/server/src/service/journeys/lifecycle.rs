//! The journeys that act on the states of a lifecycle, and whether they move people, against control groups.

use history::journeys::{Goal, Reach};
use history::lifecycle::LifecycleAt;
use model::{Span, Text, Timestamp};
use segment::State;
use segment::live::What;
use wire::api::{
    Happening, JourneyGoal, JourneyGoalReport, JourneyInput, LifecycleJourneys,
    LifecycleJourneysQuery, StateJourney, StateJourneys, Trigger,
};

use super::super::campaigns::report::level;
use super::super::{Service, View, frameworks, watched};
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
        let lifecycle = query.lifecycle.as_deref().unwrap_or(frameworks::DEFAULT);
        let own = self.lifecycle_states(lifecycle)?;
        let counts = counts(&view, (lifecycle, &own))?;
        let mut acting: Vec<(SavedJourney, JourneyInput, Vec<String>)> = Vec::new();
        for saved in self.workspace.config().journeys()? {
            let Some(version) = self.workspace.config().published_journey(&saved.id)? else {
                continue;
            };
            let input = read_version(&version)?;
            if let Trigger::State { lifecycle: of, to, .. } = &input.entry
                && of.as_deref().unwrap_or(frameworks::DEFAULT) == lifecycle
            {
                let to = to.clone();
                acting.push((saved, input, to));
            }
        }
        let keys: Vec<&str> = own.iter().map(|state| state.key.as_str()).collect();
        let mut states = Vec::new();
        for (at, (state, users)) in own.iter().zip(counts).enumerate() {
            let acts_on = acting.iter().filter(|(.., to)| to.iter().any(|key| state.key == *key));
            let side = Side { lifecycle, keys: &keys, state: at, within, span };
            let journeys = acts_on
                .map(|(saved, input, _)| acts(&view, (saved, input), side, level))
                .collect::<Result<_, Failure>>()?;
            states.push(StateJourneys {
                state: state.key.to_string(),
                name: state.name.to_string(),
                users,
                journeys,
            });
        }
        Ok(LifecycleJourneys {
            as_of: view.at.to_string(),
            lifecycle: lifecycle.to_owned(),
            within: within.to_owned(),
            states,
        })
    }

    /// The states of a lifecycle.
    fn lifecycle_states(&self, key: &str) -> Result<Vec<State>, Failure> {
        let watched = watched::read(self.workspace.config())?.watched;
        let found = watched.into_iter().find(|own| own.key == watch(key));
        match found.map(|found| found.what) {
            Some(What::Lifecycle(states)) => Ok(states),
            _ => Err(Failure::not_found(
                "framework.not_found",
                format!("there is no lifecycle \"{key}\""),
            )
            .hint("use \"default\", or the key of one that GET /api/frameworks lists")),
        }
    }
}

/// What a lifecycle is watched under.
fn watch(key: &str) -> Text {
    Text::from(format!("lifecycle/{key}"))
}

/// How many users are in each state: the first that holds is theirs.
fn counts(view: &View, (key, states): (&str, &[State])) -> Result<Vec<u64>, Failure> {
    let evaluator = view.evaluator();
    if key == frameworks::DEFAULT {
        return Ok(evaluator.states()?.counts());
    }
    let members = states.iter().map(|state| evaluator.members(&state.predicate));
    let members = members.collect::<Result<Vec<_>, _>>()?;
    Ok(LifecycleAt::of(view.at, evaluator.everybody(), members).counts())
}

/// A state of a lifecycle, from which people go up or down.
#[derive(Clone, Copy)]
struct Side<'a> {
    lifecycle: &'a str,
    keys: &'a [&'a str],
    state: usize,
    within: &'a str,
    span: Span,
}

/// What a journey did for the people of a state.
fn acts(
    view: &View,
    (saved, input): (&SavedJourney, &JourneyInput),
    Side { lifecycle, keys, state, within, span }: Side,
    level: experiment::Level,
) -> Result<StateJourney, Failure> {
    // Places are numbers from 1 on; 0 is no state.
    let place = |at: usize| u8::try_from(at + 1).unwrap_or(u8::MAX);
    let sides = [(UP, 0..state), (DOWN, state + 1..keys.len())];
    let sides = sides.into_iter().filter(|(_, of)| !of.is_empty());
    let (mut goals, mut written) = (Vec::new(), Vec::new());
    for (id, of) in sides {
        goals.push(Goal::Moves(Reach {
            watch: watch(lifecycle),
            from: Vec::new(),
            to: of.clone().map(place).collect(),
            within: span,
        }));
        let to = of.map(|at| keys[at].to_owned()).collect();
        let named = Some(lifecycle.to_owned()).filter(|key| key != frameworks::DEFAULT);
        written.push(JourneyGoal {
            id: id.to_owned(),
            name: None,
            when: Happening::State { lifecycle: named, from: Vec::new(), to },
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
