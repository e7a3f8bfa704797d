//! Lifecycle: states, transitions, trend, definition, thresholds.

use history::lifecycle::{self, ReturnSettings, propose, return_curve};
use model::{Span, Timestamp};
use segment::check::Subject;
use segment::{Rules, State};
use wire::api::{
    AtQuery, BetweenQuery, CurvePoint, Key, Lifecycle, LifecycleDefinition, LifecycleState,
    Proposal, StateDefinition, Thresholds, ThresholdsQuery, Transitions, Trend, TrendDay,
    TrendQuery,
};

use super::sight::Sight;
use super::{Service, frameworks, instant, limit, rules, share, span, uses};
use crate::failure::Failure;

/// Days of a trend without a wish, and at most.
const DAYS: (u64, u64) = (90, 731);

/// States of a lifecycle at most.
const STATES_MAX: usize = 50;

impl Service {
    /// Who is in which state.
    pub fn lifecycle(&self, query: &AtQuery) -> Result<Lifecycle, Failure> {
        let view = self.view(query.as_of.as_deref(), query.known_at.as_deref())?;
        let evaluator = view.evaluator();
        let at = evaluator.states()?;
        let users = evaluator.everybody().len();
        let states = view.rules.lifecycle.states.iter().zip(at.counts());
        let states = states.map(|(state, n)| LifecycleState {
            key: state.key.to_string(),
            name: state.name.to_string(),
            users: n,
            share: share(n, users),
            definition: view.sight.text(&state.predicate),
        });
        Ok(Lifecycle {
            as_of: view.at.to_string(),
            users,
            states: states.collect(),
            unassigned: at.unassigned.len(),
        })
    }

    /// Who moved from which state to which.
    pub fn lifecycle_transitions(&self, query: &BetweenQuery) -> Result<Transitions, Failure> {
        let (from, to) = between(query)?;
        let view = self.view(Some(&query.to), query.known_at.as_deref())?;
        let before = view.evaluator_at(from).states()?;
        let after = view.evaluator_at(to).states()?;
        Ok(transitions(&view.rules, from, to, lifecycle::transitions(&before, &after)))
    }

    /// Sizes of all states day by day.
    pub fn lifecycle_trend(&self, query: &TrendQuery) -> Result<Trend, Failure> {
        let days = limit("days", query.days, DAYS.0, DAYS.1)?;
        let view = self.view(query.as_of.as_deref(), query.known_at.as_deref())?;
        let (days, ends): (Vec<_>, Vec<_>) = view.days(days as u64).into_iter().unzip();
        let counts = lifecycle::trend(&view.evaluator(), &ends)?;
        let day = |(day, counts): (model::Day, _)| TrendDay { day: day.to_string(), counts };
        let days = days.into_iter().zip(counts).map(day).collect();
        Ok(Trend { states: keys(&view.rules), days })
    }

    /// The states as they are defined.
    pub fn lifecycle_definition(&self) -> Result<LifecycleDefinition, Failure> {
        Ok(written(&self.sight(), &self.rules()?.lifecycle))
    }

    /// Replaces the lifecycle.
    pub fn set_lifecycle_definition(
        &self,
        definition: &LifecycleDefinition,
    ) -> Result<LifecycleDefinition, Failure> {
        let states = self.states(&definition.states)?;
        let _changing = self.changing_campaigns();
        self.keep_named_states(&states)?;
        self.store_lifecycle(&segment::Lifecycle { states })?;
        self.lifecycle_definition()
    }

    /// Refuses a lifecycle without a state that a segment, a campaign or a journey names.
    fn keep_named_states(&self, states: &[State]) -> Result<(), Failure> {
        let rules = self.rules()?;
        let keys: Vec<&str> = states.iter().map(|state| state.key.as_str()).collect();
        let before = rules.lifecycle.states.iter().map(|state| &state.key);
        let gone = uses::states_gone(frameworks::DEFAULT, before, &keys);
        let names = |predicate| {
            let named = uses::of_predicate(predicate);
            gone.iter().any(|state| named.contains(state))
        };
        let segments = rules.segments.iter().filter(|(_, predicate)| names(predicate));
        let segments = segments.map(|(id, _)| format!("the segment \"{id}\"")).collect();
        let what = "a state that the lifecycle would lose";
        self.refuse_used(("lifecycle.in_use", what), &gone, segments)
    }

    /// States as they were written, each of which can be used.
    pub(super) fn states(&self, written: &[StateDefinition]) -> Result<Vec<State>, Failure> {
        if written.is_empty() || written.len() > STATES_MAX {
            let message =
                format!("a lifecycle has 1 to {STATES_MAX} states, this one has {}", written.len());
            return Err(Failure::unprocessable("lifecycle.states", message));
        }
        let mut states: Vec<State> = Vec::new();
        for state in written {
            if states.iter().any(|other| other.key == state.key.as_str()) {
                let message = format!("two states have the key \"{}\"", state.key);
                return Err(Failure::unprocessable("lifecycle.key", message)
                    .hint("give every state its own key"));
            }
            rules::check_key("lifecycle.key", &state.key)?;
            let text = serde_json::Value::from(state.definition.as_str());
            let predicate = self.definition(&text)?;
            states.push(State {
                key: state.key.as_str().into(),
                name: state.name.as_str().into(),
                predicate,
            });
        }
        Ok(states)
    }

    /// Writes a lifecycle down, unless a reference would close a cycle.
    pub fn store_lifecycle(&self, lifecycle: &segment::Lifecycle) -> Result<(), Failure> {
        let mut after = (*self.rules()?).clone();
        after.lifecycle = lifecycle.clone();
        for state in &lifecycle.states {
            self.check_as(&Subject::State(state.key.clone()), &state.predicate, &after)?;
        }
        rules::store_lifecycle(self.workspace.config(), lifecycle)?;
        self.rules_changed();
        Ok(())
    }

    /// The silences after which states begin, as the data propose them.
    pub fn thresholds(&self, query: &ThresholdsQuery) -> Result<Thresholds, Failure> {
        let view = self.view(query.as_of.as_deref(), query.known_at.as_deref())?;
        let of = match &query.event {
            Some(name) => rules::event(name),
            None => rules::key_event(self.workspace.config(), &view.snapshot)?,
        };
        let horizon = query.horizon.as_deref().map(|text| span("horizon", text)).transpose()?;
        let horizon_days = horizon.map(whole_days).transpose()?;
        let settings = ReturnSettings { of: of.clone(), horizon_days };
        let curve = return_curve(&view.evaluator(), &settings)?;
        let thresholds = curve.thresholds();
        let proposals = thresholds.at.iter().map(|(state, level, days, shown)| Proposal {
            state: (*state).into(),
            level: *level,
            gap_days: shown.then_some(f64::from(*days)),
        });
        Ok(Thresholds {
            event: rules::event_name(&of).map(str::to_owned),
            horizon: Span::days(i64::from(curve.horizon_days)).to_string(),
            as_of: view.at.to_string(),
            users: curve.users,
            gaps: curve.gaps,
            censored: curve.censored,
            curve: curve.points.iter().map(point).collect(),
            proposals: proposals.collect(),
            definition: written(&view.sight, &propose(&of, &thresholds)),
        })
    }
}

/// A matrix with its names.
pub fn transitions(
    rules: &Rules,
    from: Timestamp,
    to: Timestamp,
    matrix: Vec<Vec<u64>>,
) -> Transitions {
    let mut states = keys(rules);
    states.push(Key { key: "none".into(), name: "None".into() });
    Transitions { from_at: from.to_string(), to_at: to.to_string(), states, matrix }
}

/// Two instants in their order.
pub fn between(query: &BetweenQuery) -> Result<(Timestamp, Timestamp), Failure> {
    let (from, to) = (instant("from", &query.from)?, instant("to", &query.to)?);
    if from > to {
        let message = format!("`from` ({from}) is later than `to` ({to})");
        return Err(Failure::bad_request("request.time", message).hint("exchange the two"));
    }
    Ok((from, to))
}

fn keys(rules: &Rules) -> Vec<Key> {
    let key = |state: &State| Key { key: state.key.to_string(), name: state.name.to_string() };
    rules.lifecycle.states.iter().map(key).collect()
}

/// A lifecycle as it is written.
pub(super) fn written(sight: &Sight, lifecycle: &segment::Lifecycle) -> LifecycleDefinition {
    let states = lifecycle.states.iter().map(|state| StateDefinition {
        key: state.key.to_string(),
        name: state.name.to_string(),
        definition: sight.text(&state.predicate),
    });
    LifecycleDefinition { states: states.collect() }
}

fn point(point: &lifecycle::CurvePoint) -> CurvePoint {
    CurvePoint { gap_days: f64::from(point.gap_days), return_probability: point.return_probability }
}

fn whole_days(span: Span) -> Result<u32, Failure> {
    let days = u32::try_from(span.0 / Span::DAY.0).unwrap_or(u32::MAX);
    if days == 0 || span.0 % Span::DAY.0 != 0 {
        let message = format!("the horizon {span} is not a number of whole days");
        return Err(Failure::bad_request("request.horizon", message).hint("write it like 30d"));
    }
    Ok(days)
}
