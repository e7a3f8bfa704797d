//! Learning splits, from how they are written to how they go: what they reward, and whom they tell apart.

use std::collections::BTreeMap;

use engine::journey::{Context, Path};
use experiment::assign::{Arms, Share};
use history::outreach::Goal;
use model::Text;
use model::journey::OTHERS;
use segment::live::{DEFAULT_LIFECYCLE, What};
use segment::tree::{Op, ProfilePredicate, Test};
use segment::{Predicate, State};
use serde_json::Value as Json;
use wire::api::{self, JourneyStep, LearningContext, StepAction};

use super::{Compiling, distinct, limit, predicate, span, value, wrong, wrong_as};
use crate::failure::Failure;
use crate::outreach::compile::Surroundings;
use crate::outreach::policy::share;
use crate::sentences::{check as says, hints};
use crate::service::{definitions, rules};

/// Contexts of a learning split at most, others included: each learns from its own people, so that more of them
/// learn slower.
pub const CONTEXTS_MAX: usize = 8;
/// Bytes of a value that is a context at most.
const CONTEXT_BYTES_MAX: usize = 64;
/// The part that every path of a learning split keeps without a wish.
const FLOOR: f64 = 0.05;

/// What a learning split rewards, and what it goes by.
#[derive(Clone, Debug)]
pub struct Learning {
    /// Id of the step.
    pub step: Text,
    /// Ids of its paths, in order.
    pub paths: Vec<Text>,
    /// What counts, and what it is worth.
    pub goals: Vec<(Goal, f64)>,
    /// The part that every path keeps.
    pub floor: Share,
    /// People are divided by the shares that are written.
    pub manual: bool,
    /// What is told of whom it tells apart, others last; nothing: it tells nobody apart.
    pub contexts: Vec<Text>,
    /// The path that has won, by context; without contexts one.
    pub winners: Vec<Option<u16>>,
    /// The shares that were learned last, by context, in the order of the paths; nothing: those that are written.
    pub shares: Vec<Option<Arms>>,
}

impl Learning {
    /// Contexts, or nothing once if it tells nobody apart.
    pub fn groups(&self) -> impl Iterator<Item = Option<&Text>> {
        let whole = self.contexts.is_empty().then_some(None);
        whole.into_iter().chain(self.contexts.iter().map(Some))
    }

    /// The shares that were learned last of a context.
    pub fn shares_of(&self, context: Option<&Text>) -> Option<&Arms> {
        let place = self.groups().position(|own| own == context)?;
        self.shares.get(place)?.as_ref()
    }

    /// What allocations of a context are stored under.
    pub fn key(&self, context: Option<&Text>) -> String {
        context.map_or(self.step.to_string(), |context| format!("{}/{context}", self.step))
    }
}

impl Compiling<'_> {
    /// What a learning split rewards, and the people whom it tells apart.
    pub(super) fn learning(
        &self,
        step: &JourneyStep,
        ways: &[Path],
    ) -> Result<(Learning, Vec<Context>), Failure> {
        let StepAction::Learn { goals, mode, floor, winner, winners, context, .. } = &step.action
        else {
            return Err(wrong("steps", "no learning split".into()));
        };
        let at = |field: &str| format!("steps.{}.{field}", step.id);
        limit(&at("goals"), goals.len(), 1)?;
        let goals = goals.iter().enumerate().map(|(n, goal)| {
            let field = at(&format!("goals.{n}"));
            if !goal.value.is_finite() || goal.value <= 0.0 {
                return Err(wrong(&field, format!("{} is no worth above 0", goal.value)));
            }
            let of = match &goal.event {
                Json::String(name) => rules::event(name),
                other => definitions::event_match(other)?,
            };
            let within = span(&field, &goal.within, engine::outreach::REMEMBERED)?;
            let revenue = goal.revenue.as_ref().map(Text::new);
            Ok((Goal { of, within, revenue }, goal.value))
        });
        let goals = goals.collect::<Result<_, _>>()?;
        let floor = floor.unwrap_or(FLOOR.min(1.0 / ways.len() as f64));
        let whole = floor * ways.len() as f64;
        let share = share(floor).filter(|_| floor >= 0.01 && whole <= 1.0 + 1e-9);
        let contexts = match context {
            None => Vec::new(),
            Some(written) => contexts(&at("context"), written, self.around)?,
        };
        let names = names(&contexts);
        let winners =
            won((&at("winner"), winner.as_ref()), (&at("winners"), winners), ways, &names)?;
        let learning = Learning {
            step: Text::new(&step.id),
            paths: ways.iter().map(|way| way.id.clone()).collect(),
            goals,
            floor: share.ok_or_else(|| {
                wrong(&at("floor"), format!("{floor} is not 0.01 to 1 / {}", ways.len()))
            })?,
            manual: *mode == api::LearningMode::Manual,
            shares: vec![None; winners.len()],
            contexts: names,
            winners,
        };
        Ok((learning, contexts))
    }
}

/// What is told of contexts, others last; of none, nothing.
pub fn names(contexts: &[Context]) -> Vec<Text> {
    let others = (!contexts.is_empty()).then_some(Text::const_new(OTHERS));
    contexts.iter().map(|of| of.id.clone()).chain(others).collect()
}

/// Whom a learning split tells apart, in order, without the others.
pub fn contexts(
    field: &str,
    written: &LearningContext,
    around: &Surroundings,
) -> Result<Vec<Context>, Failure> {
    let contexts = match written {
        LearningContext::State { lifecycle, states } => {
            by_state(field, (lifecycle.as_deref(), states), around)?
        }
        LearningContext::Attribute { attribute, values } => values
            .iter()
            .map(|value| by_value(field, attribute, value))
            .collect::<Result<_, _>>()?,
        LearningContext::Segments { segments } => {
            let one = |id: &String| {
                rules::check_key(field, id)?;
                let holds = Box::new(predicate(&Json::String(id.clone()), around)?);
                Ok(Context { id: Text::new(id), holds })
            };
            segments.iter().map(one).collect::<Result<Vec<_>, Failure>>()?
        }
    };
    if contexts.is_empty() || contexts.len() >= CONTEXTS_MAX {
        let most = CONTEXTS_MAX - 1;
        let hint = hints::NAME_CONTEXTS.with([("most", most.into()), ("others", OTHERS.into())]);
        let what = says::CONTEXTS.with([("n", contexts.len().into())]);
        return Err(wrong_as(field, what).hint(hint));
    }
    distinct(field, contexts.iter().map(|of| of.id.as_str()))?;
    let usable = |id: &Text| !id.is_empty() && id.len() <= CONTEXT_BYTES_MAX && *id != OTHERS;
    match contexts.iter().find(|of| !usable(&of.id)) {
        Some(of) => {
            let what = says::NOT_CONTEXT.with([("context", of.id.as_str().into())]);
            Err(wrong_as(field, what).hint(hints::OTHER_SEGMENT))
        }
        None => Ok(contexts),
    }
}

/// States of a lifecycle, in its order. The first that holds is the one: whoever is in one that is not named is in
/// none that comes after it.
fn by_state(
    field: &str,
    (lifecycle, states): (Option<&str>, &[String]),
    around: &Surroundings,
) -> Result<Vec<Context>, Failure> {
    let key = lifecycle.map_or(DEFAULT_LIFECYCLE.to_owned(), |key| format!("lifecycle/{key}"));
    let found = around.watched.iter().find(|own| own.key == key.as_str());
    let Some(What::Lifecycle(known)) = found.map(|found| &found.what) else {
        let what = says::NO_LIFECYCLE.with([("lifecycle", key.into())]);
        return Err(wrong_as(field, what).hint(hints::LIST_FRAMEWORKS));
    };
    if let Some(key) = states.iter().find(|key| !known.iter().any(|own| own.key == key.as_str())) {
        let known: Vec<&str> = known.iter().map(|own| own.key.as_str()).collect();
        let what = says::NO_STATE.with([("state", key.as_str().into())]);
        return Err(wrong_as(field, what).hint(hints::USE.with([("names", known.into())])));
    }
    let (mut contexts, mut unnamed) = (Vec::new(), Vec::new());
    for State { key, predicate, .. } in known {
        if !states.is_empty() && !states.iter().any(|own| key == own.as_str()) {
            unnamed.push(predicate.clone());
            continue;
        }
        let holds = match unnamed.is_empty() {
            true => predicate.clone(),
            false => {
                let none = Predicate::Not(Box::new(Predicate::Any(unnamed.clone())));
                Predicate::All(vec![none, predicate.clone()])
            }
        };
        contexts.push(Context { id: key.clone(), holds: Box::new(holds) });
    }
    Ok(contexts)
}

/// Whoever has this value.
fn by_value(field: &str, attribute: &str, written: &Json) -> Result<Context, Failure> {
    if !matches!(written, Json::String(_) | Json::Number(_) | Json::Bool(_)) {
        let what = says::NOT_PLAIN.with([("value", written.to_string().into())]);
        return Err(wrong_as(field, what).hint(hints::PLAIN_VALUES));
    }
    let holds = Predicate::Profile(ProfilePredicate {
        attribute: Text::new(attribute),
        test: Test::of(Op::Eq(value(field, written)?)),
        for_at_least: None,
    });
    let id = written.as_str().map_or_else(|| written.to_string(), str::to_owned);
    Ok(Context { id: Text::from(id), holds: Box::new(holds) })
}

/// The paths that have won, by context; without contexts one.
fn won(
    (field, all): (&str, Option<&String>),
    (fields, apart): (&str, &BTreeMap<String, String>),
    ways: &[Path],
    names: &[Text],
) -> Result<Vec<Option<u16>>, Failure> {
    let number = |field: &str, id: &String| {
        let place = ways.iter().position(|way| way.id == **id);
        let place = place.and_then(|place| u16::try_from(place).ok());
        place.ok_or_else(|| wrong(field, format!("there is no path \"{id}\"")))
    };
    let all = all.map(|id| number(field, id)).transpose()?;
    let mut winners = vec![all; names.len().max(1)];
    for (context, id) in apart {
        let place = names.iter().position(|own| own.as_str() == context).ok_or_else(|| {
            let known: Vec<&str> = names.iter().map(Text::as_str).collect();
            let hint = match known.is_empty() {
                true => "write `winner`, as the split tells nobody apart".to_owned(),
                false => format!("use {}", known.join(", ")),
            };
            wrong(fields, format!("there is no context \"{context}\"")).hint(hint)
        })?;
        winners[place] = Some(number(fields, id)?);
    }
    Ok(winners)
}
