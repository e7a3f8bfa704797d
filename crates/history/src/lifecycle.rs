//! Lifecycle states of everybody at an instant, how people moved between two instants, and the
//! thresholds that the data propose.

use model::{Timestamp, UserIndex};
use segment::Predicate;

use crate::evaluate::{Ahead, Evaluator, QueryError, n_conditions};
use crate::set::UserSet;

mod returns;

pub use returns::{CurvePoint, ReturnCurve, ReturnSettings, Thresholds, propose, return_curve};

/// The state of everybody at one instant.
#[derive(Clone, Debug)]
pub struct LifecycleAt {
    /// The instant.
    pub at: Timestamp,
    /// Who is in each state, in order of states.
    pub members: Vec<UserSet>,
    /// Who exists but is in no state.
    pub unassigned: UserSet,
    state: Vec<u8>,
}

/// In no state.
const NONE: u8 = u8::MAX;

impl LifecycleAt {
    /// The first of the sets that a user is in is their state. At most 255 states count.
    pub fn of(at: Timestamp, everybody: &UserSet, candidates: Vec<UserSet>) -> LifecycleAt {
        let mut rest = everybody.clone();
        let mut members = Vec::new();
        let mut state = Vec::new();
        for (index, mut set) in candidates.into_iter().enumerate().take(usize::from(NONE)) {
            set.and(&rest);
            rest.minus(&set);
            for user in set.iter() {
                if state.len() <= user.at() {
                    state.resize(user.at() + 1, NONE);
                }
                state[user.at()] = index as u8;
            }
            members.push(set);
        }
        LifecycleAt { at, members, unassigned: rest, state }
    }

    /// The index of a user's state, if they are in one.
    pub fn state_of(&self, user: UserIndex) -> Option<usize> {
        self.state.get(user.at()).filter(|state| **state != NONE).map(|state| usize::from(*state))
    }

    /// Users in each state, in order of states.
    pub fn counts(&self) -> Vec<u64> {
        self.members.iter().map(UserSet::len).collect()
    }
}

/// How many moved from each state (rows) to each state (columns). The last row and column are
/// those in no state, which includes not being a user yet; who is in no state at both instants is
/// counted only if they exist at the later one.
pub fn transitions(from: &LifecycleAt, to: &LifecycleAt) -> Vec<Vec<u64>> {
    let n = to.members.len();
    let mut matrix = vec![vec![0; n + 1]; n + 1];
    for (column, set) in to.members.iter().chain([&to.unassigned]).enumerate() {
        for user in set.iter() {
            matrix[from.state_of(user).unwrap_or(n)][column] += 1;
        }
    }
    // Merged away, or first seen later than a correction says: in a state then, nowhere now.
    for (row, set) in from.members.iter().enumerate() {
        let mut gone = set.clone();
        to.members.iter().chain([&to.unassigned]).for_each(|present| gone.minus(present));
        matrix[row][n] += gone.len();
    }
    matrix
}

/// Users in each state at each instant, in order of states. Counts and active days in plain windows
/// are read once for many instants; two threads share the rest. `instants` should ascend: in any
/// other order the answer is the same, and takes longer.
pub fn trend(evaluator: &Evaluator, instants: &[Timestamp]) -> Result<Vec<Vec<u64>>, QueryError> {
    let states = evaluator.rules.lifecycle.states.iter().map(|state| &state.predicate);
    let states: Vec<&Predicate> = states.collect();
    at_each(evaluator, &states, instants, &|evaluator| Ok(evaluator.states()?.counts()))
}

/// Members of a segment at each instant, as [`trend`].
pub fn member_trend(
    evaluator: &Evaluator,
    predicate: &Predicate,
    instants: &[Timestamp],
) -> Result<Vec<u64>, QueryError> {
    at_each(evaluator, &[predicate], instants, &|evaluator| Ok(evaluator.members(predicate)?.len()))
}

/// Bytes of sets that are held for instants to come.
const AHEAD_BYTES: usize = if cfg!(test) { 100 } else { 64 << 20 };

fn at_each<T: Send>(
    evaluator: &Evaluator,
    predicates: &[&Predicate],
    instants: &[Timestamp],
    ask: &(dyn Fn(&Evaluator) -> Result<T, QueryError> + Sync),
) -> Result<Vec<T>, QueryError> {
    let like = evaluator.template();
    let (snapshot, rules) = (evaluator.snapshot, evaluator.rules);
    let set_bytes = snapshot.n_places().div_ceil(8).max(8) * n_conditions(predicates, rules).max(1);
    let mut all = Vec::with_capacity(instants.len());
    for instants in instants.chunks((AHEAD_BYTES / set_bytes).max(2)) {
        let ahead = Ahead::of(evaluator, predicates, instants)?;
        let answer = |range: std::ops::Range<usize>| -> Result<Vec<T>, QueryError> {
            let answer = |nth: usize| {
                let evaluator = like.at(instants[nth]);
                ahead.tell(nth, &evaluator);
                ask(&evaluator)
            };
            range.map(answer).collect()
        };
        let half = instants.len() / 2;
        let (early, late) = rayon::join(|| answer(0..half), || answer(half..instants.len()));
        all.extend(early?);
        all.extend(late?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests;
