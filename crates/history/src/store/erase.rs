//! Users whose rows are removed for good, and users who are hidden until they are shown again.
//!
//! What it is: an erased user has no row and no facts from that moment on, in memory at once and on
//! the disk with the next checkpoint that is begun; a hidden user keeps both, and no snapshot shows
//! them. What it is not: it does not say who is to be erased, and touches neither the log nor who is
//! who.
//!
//! Invariants: either everything of an erased user is gone or, after an error, nothing; whatever a
//! job under way writes of them is not taken over, and its file is let go by the next checkpoint; the
//! number stays empty for good.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Weak};

use model::{EventId, UserIndex};

use super::Store;
use super::runs::{Place, Runs, Sealed};
use crate::disk::Error;
use crate::part::{Family, Part, Without};
use crate::snapshot::Snapshot;
use crate::users::{UserFacts, Users};

/// What erasing removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Events.
    pub events: u64,
    /// Changes of attributes.
    pub changes: u64,
    /// Transitions of watched definitions.
    pub transitions: u64,
    /// Parts that held any, files among them.
    pub parts: u64,
    /// Files that held any, which the next checkpoint lets go.
    pub files: u64,
}

/// Users who are kept and not shown.
#[derive(Default)]
pub(super) struct Hidden {
    /// Their facts, in the order of their numbers.
    users: BTreeMap<u32, UserFacts>,
    /// Parts without their rows, by where the whole part is; for the next snapshot.
    parts: HashMap<usize, (Weak<Part>, Option<Arc<Part>>)>,
}

/// The parts of a family.
type FamilyParts = (Family, Vec<Arc<Part>>);

impl Store {
    /// The deliveries that a user's rows have.
    pub fn deliveries_of(&mut self, user: UserIndex) -> Result<Vec<EventId>, Error> {
        self.seal_all()?;
        let mut ids = Vec::new();
        for runs in self.delivered() {
            for sealed in &runs.parts {
                ids.extend(sealed.part.ids(sealed.part.rows_of(user.0)?)?.into_iter().map(EventId));
            }
        }
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }

    /// Removes every row and all facts of users.
    ///
    /// Errors: a part cannot be read; then nothing is removed.
    pub fn erase(&mut self, users: &[UserIndex]) -> Result<Erased, Error> {
        self.latest = None;
        self.seal_all()?;
        let mut numbers: Vec<u32> = users.iter().map(|user| user.0).collect();
        numbers.sort_unstable();
        let mut found = Vec::new();
        for (family, runs) in &self.families {
            for (at, sealed) in runs.parts.iter().enumerate() {
                match sealed.part.without(&numbers, &self.cache)? {
                    Without::Same => {}
                    Without::Nothing => found.push((*family, at, None, sealed.part.len())),
                    Without::Rest(rest, n) => found.push((*family, at, Some(rest), n)),
                }
            }
        }
        let mut erased = Erased::default();
        // From the last place of a family on, so that places stay what they are.
        for (family, at, rest, n) in found.into_iter().rev() {
            let Some(runs) = self.families.get_mut(&family) else { continue };
            let old = match rest {
                Some(part) => {
                    let rest = Sealed { part, place: Place::Memory };
                    std::mem::replace(&mut runs.parts[at], rest)
                }
                None => runs.parts.remove(at),
            };
            let file = old.file().map(|file| (file, Arc::downgrade(&old.part)));
            erased.files += u64::from(file.is_some());
            self.obsolete.extend(file);
            erased.parts += 1;
            *match family {
                Family::Event { .. } => &mut erased.events,
                Family::Attribute { .. } => &mut erased.changes,
                Family::Transition { .. } => &mut erased.transitions,
            } += n as u64;
        }
        self.families.retain(|_, runs| !runs.is_empty());
        let there = self.users.len();
        for user in users.iter().filter(|user| user.at() < there) {
            self.users.set(*user, UserFacts::default());
            self.hidden.users.remove(&user.0);
        }
        self.hidden.parts.clear();
        Ok(erased)
    }

    /// Files of replaced parts that are still held by somebody who reads, and so still there.
    pub fn n_obsolete(&mut self) -> usize {
        self.hidden.parts.clear();
        self.obsolete.retain(|(_, part)| part.strong_count() > 0);
        self.obsolete.len()
    }

    /// No snapshot from now on shows the user, until [`Store::show`].
    pub fn hide(&mut self, user: UserIndex) {
        if user.at() >= self.users.len() || self.hidden.users.contains_key(&user.0) {
            return;
        }
        self.latest = None;
        self.hidden.parts.clear();
        let facts = self.users.get(user);
        let blank = UserFacts { public_id: facts.public_id.clone(), ..UserFacts::default() };
        self.hidden.users.insert(user.0, facts);
        self.users.set(user, blank);
    }

    /// The user is shown again, with everything of before.
    pub fn show(&mut self, user: UserIndex) {
        let Some(facts) = self.hidden.users.remove(&user.0) else { return };
        self.latest = None;
        self.hidden.parts.clear();
        self.users.set(user, facts);
    }

    /// Whether a user is hidden.
    pub fn is_hidden(&self, user: UserIndex) -> bool {
        self.hidden.users.contains_key(&user.0)
    }

    /// A view that shows the hidden, too: for what a person may know of themselves.
    ///
    /// Errors: those of [`Store::snapshot`].
    pub fn whole_snapshot(&mut self) -> Result<Arc<Snapshot>, Error> {
        if self.hidden.users.is_empty() {
            return self.snapshot();
        }
        self.seal_all()?;
        let parts =
            |runs: &Runs| runs.parts.iter().map(|sealed| Arc::clone(&sealed.part)).collect();
        let families = self.families.iter().map(|(family, runs)| (*family, parts(runs))).collect();
        Ok(Arc::new(Snapshot::new(Arc::clone(&self.names), self.all_users(), families)))
    }

    /// Facts of all users with those of who is hidden: what a checkpoint keeps.
    pub(super) fn all_users(&self) -> Users {
        let mut users = self.users.clone();
        for (user, facts) in &self.hidden.users {
            users.set(UserIndex(*user), facts.clone());
        }
        users
    }

    /// The parts of a family as a snapshot shows them.
    pub(super) fn shown_parts(&mut self) -> Result<Vec<FamilyParts>, Error> {
        let Hidden { users, parts: known } = &mut self.hidden;
        let numbers: Vec<u32> = users.keys().copied().collect();
        // What is not met again is of parts that are gone, which it must not keep.
        let mut before = std::mem::take(known);
        let mut shown = Vec::with_capacity(self.families.len());
        for (family, runs) in &self.families {
            let mut parts = Vec::with_capacity(runs.parts.len());
            for Sealed { part, .. } in &runs.parts {
                if numbers.is_empty() {
                    parts.push(Arc::clone(part));
                    continue;
                }
                let place = Arc::as_ptr(part) as usize;
                let met = before.remove(&place).filter(|(whole, _)| {
                    whole.upgrade().is_some_and(|whole| Arc::ptr_eq(&whole, part))
                });
                if let Some((whole, rest)) = met {
                    parts.extend(rest.clone());
                    known.insert(place, (whole, rest));
                    continue;
                }
                let rest = match part.without(&numbers, &self.cache)? {
                    Without::Same => {
                        parts.push(Arc::clone(part));
                        continue;
                    }
                    Without::Nothing => None,
                    Without::Rest(rest, _) => Some(rest),
                };
                known.insert(place, (Arc::downgrade(part), rest.clone()));
                parts.extend(rest);
            }
            if !parts.is_empty() {
                shown.push((*family, parts));
            }
        }
        Ok(shown)
    }
}
