//! Whom an analysis is about, and by what it is broken down.
//!
//! Every analysis may be restricted to a set of users and broken down by values. The most frequent
//! values get a group each, all others share one; which ones they are is known before anything is
//! counted, so that distinct users of "other" are counted as exactly as those of a value.

use std::cmp::Reverse;

use hashbrown::HashMap;
use model::value::ValueKey;
use model::{Text, Timestamp, UserIndex, Value};
use segment::tree::EventMatch;

use crate::evaluate::{Evaluator, QueryError};
use crate::set::UserSet;

/// By what users differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// Their attribute at the instant of the question.
    Attribute(Text),
    /// A property of their first event, or of the event that is counted.
    Property(Text),
}

/// What the members of one group have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupName {
    /// There is one group for all.
    All,
    /// This value; nothing: no value.
    Is(Option<ValueKey>),
    /// Any of the less frequent values.
    Other,
}

/// Users without a place in any group.
const NOWHERE: u16 = u16::MAX;

/// The most groups of one breakdown.
pub const GROUPS_MAX: usize = 1_000;

/// Which group each user is in.
pub struct UserGroups {
    /// By user; empty: everybody is in the first group.
    of: Vec<u16>,
    names: Vec<GroupName>,
}

impl UserGroups {
    /// One group: everybody, or the users of a set.
    pub fn one(within: Option<&UserSet>) -> UserGroups {
        let of = within.map_or_else(Vec::new, |set| set.to_vec(0, NOWHERE));
        UserGroups { of, names: vec![GroupName::All] }
    }

    /// Groups by an attribute as it is at the evaluator's instant: the `top` most frequent values
    /// (at most [`GROUPS_MAX`]) and the rest.
    pub fn by_attribute(
        evaluator: &Evaluator,
        within: Option<&UserSet>,
        attribute: &str,
        top: usize,
    ) -> Result<UserGroups, QueryError> {
        let values = evaluator.snapshot.attribute_at(attribute, evaluator.at)?;
        let set = within.unwrap_or(evaluator.everybody());
        let key = |user: UserIndex| values.get(&user).and_then(Value::key);
        let keys = set.iter().map(|user| (user.0, key(user))).collect();
        Ok(UserGroups::of_keys(evaluator, keys, top))
    }

    /// Groups by a property of each user's first matching event; users without one are in none.
    pub fn by_first_event(
        evaluator: &Evaluator,
        within: Option<&UserSet>,
        of: &EventMatch,
        property: &str,
        top: usize,
    ) -> Result<UserGroups, QueryError> {
        let source = evaluator.source(of, (Timestamp::MIN, evaluator.at), &[property])?;
        let ranges = evaluator.by_users(|users| {
            let from = users.start;
            let mut first: Vec<Option<First>> = vec![None; users.len()];
            source.each(users, |hit| {
                if within.is_none_or(|set| set.contains(UserIndex(hit.user))) {
                    let place = (hit.time, hit.arrival());
                    let held = &mut first[(hit.user - from) as usize];
                    if held.as_ref().is_none_or(|held| place < held.0) {
                        *held = Some((place, hit.value(0).and_then(|value| value.key())));
                    }
                }
            });
            let users = (from..).zip(first);
            let keys = users.filter_map(|(user, first)| Some((user, first?.1)));
            keys.collect::<Vec<_>>()
        });
        Ok(UserGroups::of_keys(evaluator, ranges.into_iter().flatten().collect(), top))
    }

    fn of_keys(
        evaluator: &Evaluator,
        keys: Vec<(u32, Option<ValueKey>)>,
        top: usize,
    ) -> UserGroups {
        let mut counts: HashMap<Option<ValueKey>, u64> = HashMap::new();
        keys.iter().for_each(|(_, key)| *counts.entry_ref(key).or_default() += 1);
        let ranking = Ranking::of(counts, top);
        let mut of = vec![NOWHERE; evaluator.snapshot.n_places()];
        keys.iter().for_each(|(user, key)| of[*user as usize] = ranking.place(key) as u16);
        let names = ranking.into_names(GroupName::Is, GroupName::Other);
        UserGroups { of, names }
    }

    /// The group of a user.
    #[inline]
    pub fn of(&self, user: u32) -> Option<usize> {
        match self.of.is_empty() {
            true => Some(0),
            false => Some(self.of[user as usize]).filter(|of| *of != NOWHERE).map(usize::from),
        }
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is no group at all.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// What the members of each have in common.
    pub fn names(&self) -> &[GroupName] {
        &self.names
    }
}

/// (time, arrival) of an event and a value it has.
type First = ((i64, u64), Option<ValueKey>);

/// The most frequent keys, most frequent first, of equal counts the smaller key.
pub(crate) struct Ranking<K> {
    top: Vec<K>,
    places: HashMap<K, usize>,
    /// Whether there are keys beyond.
    rest: bool,
}

impl<K: Clone + Ord + std::hash::Hash> Ranking<K> {
    pub(crate) fn of(counts: HashMap<K, u64>, top: usize) -> Ranking<K> {
        let mut counted: Vec<(K, u64)> = counts.into_iter().collect();
        counted.sort_unstable_by(|a, b| (Reverse(a.1), &a.0).cmp(&(Reverse(b.1), &b.0)));
        let rest = counted.len() > top.min(GROUPS_MAX);
        counted.truncate(top.min(GROUPS_MAX));
        let top: Vec<K> = counted.into_iter().map(|(key, _)| key).collect();
        let places = top.iter().cloned().zip(0..).collect();
        Ranking { top, places, rest }
    }

    /// The place of a key; one after the last for every key that is not at the top.
    pub(crate) fn place(&self, key: &K) -> usize {
        self.places.get(key).copied().unwrap_or(self.top.len())
    }

    /// The keys at the top, most frequent first.
    pub(crate) fn top(&self) -> &[K] {
        &self.top
    }

    /// Places in use.
    pub(crate) fn len(&self) -> usize {
        self.top.len() + usize::from(self.rest)
    }

    pub(crate) fn into_names<N>(self, name: impl Fn(K) -> N, other: N) -> Vec<N> {
        let rest = self.rest.then_some(other);
        self.top.into_iter().map(name).chain(rest).collect()
    }
}

/// Adds the counts of one map to another.
pub(crate) fn add_counts<K: Eq + std::hash::Hash>(
    to: &mut HashMap<K, u64>,
    counts: HashMap<K, u64>,
) {
    if to.is_empty() {
        *to = counts;
        return;
    }
    counts.into_iter().for_each(|(key, count)| *to.entry(key).or_default() += count);
}
