//! What a record would do to the identity graph, in public ids.

use engine::{Deed, Fold, Merge};
use model::{Record, Text, UserIndex};

/// What a record would do.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The user; nothing: a new one.
    pub user: Option<Text>,
    /// What would be done, with the public id of whom it concerns besides the user.
    pub deeds: Vec<(Deed, Option<Text>)>,
}

impl Planned {
    pub(super) fn of(fold: &Fold, record: &Record) -> Planned {
        let plan = fold.plan(record);
        let id = |user: UserIndex| fold.person(user).public_id.clone();
        let new = plan.deeds.contains(&Deed::Create);
        let deeds = plan.deeds.into_iter().map(|deed| {
            let other = match &deed {
                Deed::Merge(Merge { from: other, .. })
                | Deed::MoveAnonymousId { from: other, .. }
                | Deed::Claim { owner: other, .. } => Some(id(*other)),
                _ => None,
            };
            (deed, other)
        });
        Planned { deeds: deeds.collect(), user: (!new).then(|| id(plan.user)) }
    }
}
