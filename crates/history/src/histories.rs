//! For tests of analyses: random histories in a store, beside the naive view of the same users.

use std::sync::Arc;

use engine::Fold;
use segment::evaluate::UserHistory;
use testkit::generate;

use crate::groups::GroupName;
use crate::set::UserSet;
use crate::snapshot::Snapshot;
use crate::store::Store;

/// A population in a store that seals its rows after every so many records.
pub(crate) fn stored(population: &[UserHistory], seal_every: usize) -> (Fold, Arc<Snapshot>) {
    let (mut fold, mut store) = (Fold::new(), Store::in_memory());
    for (arrival, record) in generate::records(population).into_iter().enumerate() {
        let step = fold.step(&record);
        let public_id = fold.person(step.user).public_id.clone();
        store.apply(&step, record, &public_id, arrival as u64);
        if arrival % seal_every == 0 {
            store.snapshot().unwrap();
        }
    }
    (fold, store.snapshot().unwrap())
}

/// The set of the users whose place in the population is even, as a question may be restricted.
pub(crate) fn even_users(population: &[UserHistory], fold: &Fold, n_places: usize) -> UserSet {
    let mut set = UserSet::empty(n_places);
    let even = population.iter().step_by(2);
    even.filter_map(|user| fold.find(&user.id)).for_each(|user| set.insert(user));
    set
}

/// Which of the expected groups a value belongs to, given the names that an answer has.
pub(crate) fn group_of(names: &[GroupName], key: Option<model::value::ValueKey>) -> GroupName {
    let own = GroupName::Is(key);
    if names.contains(&own) { own } else { GroupName::Other }
}
