//! Lifecycle states at an instant, how long they have lasted, and every change of state.

use model::{Span, Text, Timestamp};

use super::instants::instants;
use super::{Context, Evaluation, UserHistory, exists, first_seen_at};
use crate::tree::LifecyclePredicate;

/// A user's state became another one at an instant. Nothing means: in no state, or not yet a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateChange {
    /// The first instant of the new state.
    pub at: Timestamp,
    /// Index of the state one millisecond before.
    pub from: Option<usize>,
    /// Index of the state from `at` on.
    pub to: Option<usize>,
}

/// A lifecycle predicate with what it was computed from.
pub(super) struct Lived {
    pub(super) holds: bool,
    pub(super) state: Option<usize>,
    /// The last change at or before `T`, as far as it was looked for.
    pub(super) change: Option<StateChange>,
}

/// Every change of state at an instant in (`from`, `to`], ascending, exact to the millisecond.
///
/// With RFM in the lifecycle, scores are looked at whenever the user does something, when a window
/// ends, and at every midnight of the workspace's zone. Cost: one evaluation of the lifecycle for
/// every event and window end, and for every day if it asks for local days.
pub fn state_changes(
    user: &UserHistory,
    from: Timestamp,
    to: Timestamp,
    ctx: &Context,
) -> Vec<StateChange> {
    let Some(first) = first_seen_at(user) else { return Vec::new() };
    let mut state_now = state(user, from, *ctx);
    let mut changes = Vec::new();
    for at in state_instants(user, (first.max(from.plus(Span(1))), to), *ctx) {
        let state_then = std::mem::replace(&mut state_now, state(user, at, *ctx));
        if state_then != state_now {
            changes.push(StateChange { at, from: state_then, to: state_now });
        }
    }
    changes
}

pub(super) fn state(user: &UserHistory, at: Timestamp, ctx: Context) -> Option<usize> {
    if !exists(user, at) {
        return None;
    }
    let mut evaluation = Evaluation::new(user, at, ctx);
    evaluation.in_lifecycle = true;
    ctx.rules.lifecycle.states.iter().position(|s| evaluation.truth(&s.predicate, None))
}

fn state_instants(
    user: &UserHistory,
    range: (Timestamp, Timestamp),
    ctx: Context,
) -> Vec<Timestamp> {
    let evaluation = Evaluation::new(user, range.1, ctx);
    instants(ctx.rules.lifecycle.states.iter().map(|s| &s.predicate), &evaluation, range)
}

impl Evaluation<'_> {
    /// The present state, the change that began it (only if the question needs it), the answer.
    pub(super) fn lifecycle(&self, p: &LifecyclePredicate) -> Lived {
        let state = state(self.user, self.at, self.ctx);
        let is = self.state_key(state).is_some_and(|key| p.is.contains(key));
        if !is || (p.for_at_least.is_none() && p.was.is_none()) {
            return Lived { holds: is, state, change: None };
        }
        let change = self.last_change(state, p);
        let lasted = match (p.for_at_least, change) {
            (Some(span), Some(change)) => change.at <= self.at.minus(span),
            _ => true,
        };
        let came = match &p.was {
            Some(was) => change.is_some_and(|change| self.state_key(change.from) == Some(was)),
            None => true,
        };
        Lived { holds: lasted && came, state, change }
    }

    /// The last change at or before `T`. Without a `was` it is looked for only within
    /// `for_at_least`.
    fn last_change(&self, state_now: Option<usize>, p: &LifecyclePredicate) -> Option<StateChange> {
        let first = first_seen_at(self.user)?;
        let from = match (p.for_at_least, &p.was) {
            (Some(span), None) => first.max(self.at.minus(span).plus(Span(1))),
            _ => first,
        };
        let instants = state_instants(self.user, (from, self.at), self.ctx);
        let mut began = None;
        for at in instants.into_iter().rev() {
            let state_then = state(self.user, at, self.ctx);
            if state_then != state_now {
                return began.map(|at| StateChange { at, from: state_then, to: state_now });
            }
            began = Some(at);
        }
        let before = state(self.user, from.minus(Span(1)), self.ctx);
        (before != state_now).then_some(StateChange {
            at: began.unwrap_or(from),
            from: before,
            to: state_now,
        })
    }

    pub(super) fn state_key(&self, state: Option<usize>) -> Option<&Text> {
        self.ctx.rules.lifecycle.states.get(state?).map(|s| &s.key)
    }
}
