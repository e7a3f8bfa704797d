//! Fresh rows that are set aside: nothing is added to them any more, and any thread may make a part
//! of them while their owner goes on.
//!
//! Invariants: until their part is taken over, the rows are where they were for whoever asks; the
//! part is made once, whoever needs it first, and whoever comes second waits for it; a thread that
//! dies over it leaves the rows as they are.

use std::sync::{Arc, OnceLock, Weak};

use super::Store;
use super::fresh::{ByUser, Fresh};
use super::runs::{Place, Sealed};
use crate::part::{Family, Part, Row};

/// Parts that may be on their way before the owner of the rows makes one itself: bounds memory when
/// nobody else does, or not as fast as rows come.
const ASIDE_MAX: usize = 8;

/// Rows that wait for their part.
pub(super) struct Unsealed {
    rows: Vec<Row>,
    part: OnceLock<Arc<Part>>,
}

/// The same as their owner holds them.
pub(super) struct Aside {
    unsealed: Arc<Unsealed>,
    by_user: ByUser,
}

/// Rows to be sealed, on any thread.
pub struct Sealing(Arc<Unsealed>);

/// Rows of which there is a part by now: to drop them takes time, too, which another thread may
/// have.
#[derive(Default)]
pub struct Spent(Vec<Aside>);

impl Sealing {
    /// Makes the part, if nobody has yet.
    pub fn run(&self) {
        self.0.sealed();
    }
}

impl Spent {
    /// Whether there is nothing to drop.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Unsealed {
    fn sealed(&self) -> &Arc<Part> {
        self.part.get_or_init(|| Arc::new(Part::of(&self.rows)))
    }
}

impl Aside {
    pub(super) fn of(fresh: Fresh) -> Aside {
        let Fresh { rows, by_user } = fresh;
        Aside { unsealed: Arc::new(Unsealed { rows, part: OnceLock::new() }), by_user }
    }

    pub(super) fn rows(&self) -> &[Row] {
        &self.unsealed.rows
    }

    /// The rows under a number, the latest first.
    pub(super) fn of_user(&mut self, user: u32) -> impl Iterator<Item = &Row> {
        self.by_user.of(&self.unsealed.rows, user)
    }

    /// The part, made now if nobody has.
    pub(super) fn sealed(&self) -> Sealed {
        Sealed { part: Arc::clone(self.unsealed.sealed()), place: Place::Memory }
    }

    pub(super) fn ready(&self) -> bool {
        self.unsealed.part.get().is_some()
    }

    pub(super) fn unsealed(&self) -> Weak<Unsealed> {
        Arc::downgrade(&self.unsealed)
    }
}

impl Store {
    /// Fresh rows that [`Store::snapshot`] and [`Store::begin`] would have to seal, without those that
    /// were set aside.
    pub fn n_unsealed(&self) -> usize {
        let fresh = |family: &Family| self.families.get(family).map_or(0, |of| of.fresh.rows.len());
        self.dirty.iter().map(fresh).sum()
    }

    /// Sets the fresh rows of every family aside that has at least so many; how many families. Whoever
    /// must not keep others waiting calls it before [`Store::snapshot`] or [`Store::begin`], and has
    /// what [`Store::to_seal`] gives sealed on another thread.
    pub fn set_aside(&mut self, least: usize) -> usize {
        let many = |family: &&Family| {
            self.families.get(family).is_some_and(|runs| runs.fresh.rows.len() >= least.max(1))
        };
        let chosen: Vec<Family> = self.dirty.iter().filter(many).copied().collect();
        chosen.iter().for_each(|family| self.set_family_aside(*family));
        chosen.len()
    }

    /// What was set aside since this was asked last. Rows that come in are set aside, too, when there
    /// are many of a family.
    pub fn to_seal(&mut self) -> Vec<Sealing> {
        self.to_seal.drain(..).filter_map(|unsealed| unsealed.upgrade()).map(Sealing).collect()
    }

    /// Takes over the parts that were made meanwhile. Cost: a look at each family that has fresh rows,
    /// and small parts become one.
    pub fn take_sealed(&mut self) -> Spent {
        let mut spent = Spent::default();
        if self.n_aside == 0 {
            return spent;
        }
        let families = &mut self.families;
        self.dirty.retain(|family| {
            let Some(runs) = families.get_mut(family) else { return false };
            spent.0.extend(runs.take_sealed());
            runs.has_fresh()
        });
        self.n_aside -= spent.0.len();
        spent
    }

    /// A family has many fresh rows: they are set aside, or sealed at once if too many are.
    pub(super) fn relieve(&mut self, family: Family) {
        if self.n_aside < ASIDE_MAX {
            return self.set_family_aside(family);
        }
        if let Some(runs) = self.families.get_mut(&family) {
            self.n_aside -= runs.seal();
            self.dirty.remove(&family);
        }
    }

    fn set_family_aside(&mut self, family: Family) {
        if let Some(runs) = self.families.get_mut(&family) {
            self.to_seal.push(runs.set_aside());
            self.n_aside += 1;
        }
    }
}
