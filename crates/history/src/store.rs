//! The store: takes accepted records one by one, gives immutable snapshots, and keeps itself on
//! disk between runs.
//!
//! Fresh rows wait unsorted per family. A snapshot seals them into small parts first, so that what
//! was applied is always seen; small parts are merged at once, larger ones by a [`Job`] beside the
//! writer, so that the number of parts grows with the logarithm of the rows ([`plan`]). When users
//! turn out to be one, the parts that hold the vanished number are rewritten before the next
//! snapshot. The order of a family's parts means nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Weak};

use engine::{Merge, Step};
use model::outreach::is_outreach;
use model::{AttributeChange, Event, Facts, Record, Text, UserIndex, What};

use crate::cache::Cache;
use crate::disk::{Error, Folder};
use crate::evaluate::ActiveDays;
use crate::names::{NameId, Names};
use crate::part::{Family, Part, Row};
use crate::snapshot::Snapshot;
use crate::users::Users;

mod aside;
mod bulk;
mod checkpoint;
mod discard;
mod erase;
mod fresh;
mod held;
mod history_of;
mod job;
mod operations;
mod plan;
mod retain;
mod runs;
mod separate;
mod stats;
#[cfg(test)]
mod tests;
mod transitions;

pub use aside::{Sealing, Spent};
pub use bulk::Load;
pub use checkpoint::{Checkpoint, SavedCheckpoint};
pub use erase::Erased;
pub use held::Asked;
pub use job::{Done, Job, Upkeep};
pub use operations::Earlier;
pub use plan::Merging;
pub use stats::{FamilyStats, StoreStats};

use aside::Unsealed;
use runs::{FRESH_ROWS_MAX, Place, Runs, Sealed, has_user};
use separate::{Separated, divided};

/// The single writer of a history.
pub struct Store {
    folder: Option<Arc<dyn Folder>>,
    names: Arc<Names>,
    users: Users,
    families: BTreeMap<Family, Runs>,
    /// Families with rows in no part yet.
    dirty: BTreeSet<Family>,
    /// How often rows were set aside that are in no part yet, and which of those nobody took to seal.
    n_aside: usize,
    to_seal: Vec<Weak<Unsealed>>,
    vanished: Vec<Vanished>,
    separated: Vec<Separated>,
    /// Attributes to which anything was ever done but set.
    operated: HashSet<NameId>,
    n_fresh: usize,
    next_file: u64,
    latest: Option<Arc<Snapshot>>,
    /// Fresh rows that the job under way has, if there is one.
    running: Option<usize>,
    /// Files of parts that were replaced, for as long as snapshots hold the parts.
    obsolete: Vec<(u64, Weak<Part>)>,
    cache: Arc<Cache>,
    active: Arc<ActiveDays>,
    /// Names of events with the acceptance up to which they are dropped.
    discarded: HashMap<Text, i64>,
    /// Users who had events that were dropped so.
    bereft: BTreeSet<UserIndex>,
    hidden: erase::Hidden,
}

impl Store {
    /// A store that lives in memory only.
    pub fn in_memory() -> Store {
        Store {
            folder: None,
            names: Arc::default(),
            users: Users::default(),
            families: BTreeMap::new(),
            dirty: BTreeSet::new(),
            n_aside: 0,
            to_seal: Vec::new(),
            vanished: Vec::new(),
            separated: Vec::new(),
            operated: HashSet::new(),
            n_fresh: 0,
            next_file: 1,
            latest: None,
            running: None,
            obsolete: Vec::new(),
            cache: Arc::default(),
            active: Arc::default(),
            discarded: HashMap::new(),
            bereft: BTreeSet::new(),
            hidden: erase::Hidden::default(),
        }
    }

    /// What bounds the memory of columns that were read.
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// The same, for others to keep: it is one as long as the store lives.
    pub fn shared_cache(&self) -> Arc<Cache> {
        Arc::clone(&self.cache)
    }

    /// Users ever seen, merged ones included.
    pub fn n_users(&self) -> usize {
        self.users.len()
    }

    /// The user that a number stands for now: another one after a merge.
    pub fn remaining(&self, user: UserIndex) -> UserIndex {
        match user.at() < self.users.len() {
            true => UserIndex(self.users.remaining(user.0)),
            false => user,
        }
    }

    /// The user that one turned out to be, who may have turned out to be another one in turn.
    pub fn merged_into(&self, user: UserIndex) -> Option<UserIndex> {
        let known = user.at() < self.users.len();
        known.then(|| self.users.get(user).merged_into.map(UserIndex)).flatten()
    }

    /// Rows that no checkpoint has written yet.
    pub fn n_fresh(&self) -> usize {
        self.n_fresh
    }

    /// Applies one accepted record; a change of attributes that [`Store::wants_resolving`] is
    /// resolved before. `step` is what the fold said of it, `public_id` the user's
    /// public id after it, `arrival` its place in the order of acceptance.
    pub fn apply(&mut self, step: &Step, record: Record, public_id: &Text, arrival: u64) {
        self.latest = None;
        step.merged.iter().for_each(|merge| self.merge_users(*merge));
        if step.renamed {
            self.users.rename(step.user, public_id.clone());
        }
        let received = record.received_at.0;
        if let Some(separated) = &step.separated {
            self.separate((step.user, separated), received);
        }
        match record.what {
            What::Event(event) => self.add_event(step, event, received, arrival),
            What::Identify(change) => self.add_change(step, change, received, arrival),
            What::Facts(Facts { time, id, attributes, .. }) => {
                let change = AttributeChange::set(time, id, attributes);
                self.add_change(step, change, received, arrival);
            }
            // That somebody was separated is not of their doing.
            What::Separate { .. } if step.separated.is_some() => {}
            What::Alias { .. } | What::Separate { .. } => self.users.saw(step.user, received),
        }
    }

    fn add_event(&mut self, step: &Step, event: Event, received: i64, arrival: u64) {
        let user = step.user;
        match is_outreach(&event.name) {
            true => self.users.saw(user, event.time.0),
            false => self.users.add_event(user, event.time.0),
        }
        if self.is_discarded(&event.name, received) {
            self.users.forget_until(event.time.0);
            self.bereft.insert(user);
            return;
        }
        let name = self.intern(&event.name);
        let mut properties = Vec::with_capacity(event.properties.len());
        for (property, value) in event.properties {
            if !value.missing() {
                properties.push((self.intern(&property), value));
            }
        }
        let id = event.id.0;
        let mut row = Row { user: user.0, time: event.time.0, arrival, received, id, properties };
        row.came_from(step.origin.0);
        self.add_row(Family::of_event(name, event.time), row);
    }

    fn add_change(&mut self, step: &Step, change: AttributeChange, received: i64, arrival: u64) {
        let user = step.user;
        self.users.saw(user, change.time.0);
        let (time, id) = (change.time.0, change.id.0);
        // A delivery without attributes still has an id that must count once.
        let marker =
            change.attributes.is_empty().then(|| (Text::const_new(""), model::Value::Null));
        for (attribute, value) in change.attributes.into_iter().chain(marker) {
            let operations = change.operations.iter().filter(|(name, _)| *name == attribute);
            let operations = operations::packed(operations.map(|(_, operation)| operation));
            let attribute = self.intern(&attribute);
            let mut properties = vec![(NameId::VALUE, value)];
            if let Some(operations) = operations {
                self.operated.insert(attribute);
                properties.push((NameId::OPERATIONS, operations));
            }
            let mut row = Row { user: user.0, time, arrival, received, id, properties };
            row.came_from(step.origin.0);
            self.add_row(Family::of_attribute(attribute, change.time), row);
        }
    }

    fn add_row(&mut self, family: Family, row: Row) {
        self.n_fresh += 1;
        let runs = self.families.entry(family).or_default();
        runs.fresh.rows.push(row);
        let n = runs.fresh.rows.len();
        if n == 1 {
            self.dirty.insert(family);
        }
        if n >= FRESH_ROWS_MAX {
            self.relieve(family);
        }
    }

    fn intern(&mut self, name: &Text) -> NameId {
        match self.names.number(name) {
            Some(number) => number,
            None => Arc::make_mut(&mut self.names).intern(name),
        }
    }

    fn merge_users(&mut self, merge: Merge) {
        let Merge { from, into } = merge;
        let gone = self.users.merge(from, into);
        self.vanished.push(Vanished {
            user: from.0,
            first: gone.first_seen,
            last_event: gone.last_seen,
        });
    }

    /// An immutable view of everything applied so far.
    ///
    /// Errors: rows of merged users that must be read to be renumbered cannot be.
    pub fn snapshot(&mut self) -> Result<Arc<Snapshot>, Error> {
        if let Some(snapshot) = &self.latest {
            return Ok(Arc::clone(snapshot));
        }
        self.seal_all()?;
        let families = self.shown_parts()?.into_iter().collect();
        let mut snapshot = Snapshot::new(Arc::clone(&self.names), self.users.clone(), families);
        snapshot.active = Arc::clone(&self.active);
        Ok(self.latest.insert(Arc::new(snapshot)).clone())
    }

    fn seal_all(&mut self) -> Result<(), Error> {
        self.renumber()?;
        for family in std::mem::take(&mut self.dirty) {
            if let Some(runs) = self.families.get_mut(&family) {
                self.n_aside -= runs.seal();
            }
        }
        self.to_seal.clear();
        Ok(())
    }

    /// Gives the rows of users that were merged or separated to those whose they are now. After an
    /// error it is done again from where it stopped.
    fn renumber(&mut self) -> Result<(), Error> {
        if self.vanished.is_empty() && self.separated.is_empty() {
            return Ok(());
        }
        let users = &self.users;
        let user_of = |user: u32| users.remaining(user);
        for (family, runs) in &mut self.families {
            // What is being sealed on another thread has the old numbers.
            self.n_aside -= runs.seal_aside();
            runs.fresh.renumber(&user_of);
            for sealed in &mut runs.parts {
                let part = &sealed.part;
                if !concerned((*family, &self.names), part, &self.vanished)?
                    && !divided(part, &self.separated)?
                {
                    continue;
                }
                let part = Arc::new(part.renumbered(&user_of)?);
                let old = std::mem::replace(sealed, Sealed { part, place: Place::Memory });
                if let Some(file) = old.file() {
                    self.obsolete.push((file, Arc::downgrade(&old.part)));
                }
            }
        }
        self.vanished.clear();
        self.count_separated()
    }
}

/// A user that became part of another, whose rows still have its number.
struct Vanished {
    user: u32,
    /// No row of the user is earlier; a transition is not, either, as who was not seen yet is
    /// nowhere.
    first: i64,
    /// No event of the user is later.
    last_event: i64,
}

/// Whether a part holds rows of a vanished user. Parts of other times are not read for it.
fn concerned(
    (family, names): (Family, &Names),
    part: &Part,
    vanished: &[Vanished],
) -> Result<bool, Error> {
    let event = names.is_activity(family);
    for user in vanished {
        let facts = part.facts();
        let possible = facts.time_max >= user.first && !(event && facts.time_min > user.last_event);
        if possible && has_user(part, user.user)? {
            return Ok(true);
        }
    }
    Ok(false)
}
