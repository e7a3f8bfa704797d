//! The store: takes accepted records one by one, gives immutable snapshots, and keeps itself on
//! disk between runs.
//!
//! Fresh rows wait unsorted per family. A snapshot seals them into small parts first, so that what
//! was applied is always seen; parts of similar size are merged, so that their number grows with
//! the logarithm of the rows. Merged users are renumbered the same way.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use engine::{Merge, Step};
use model::{AttributeChange, Event, Record, Text, UserIndex, What};

use crate::cache::Cache;
use crate::disk::{self, Error, Manifest};
use crate::names::{NameId, Names};
use crate::part::{Family, Part, Row};
use crate::snapshot::Snapshot;
use crate::users::Users;

mod held;
#[cfg(test)]
mod tests;

pub use held::Asked;

/// Fresh rows of a family that are sealed even without a question: bounds the cost of sorting.
const FRESH_ROWS_MAX: usize = 64 * 1_024;
/// A new part is merged with the one before it unless that one has so many times more rows.
const MERGE_RATIO: usize = 4;
/// Parts above this size are left alone by merges of new rows: bounds the work of one merge.
const MERGE_ROWS_MAX: usize = 4 * 1_024 * 1_024;

/// The single writer of a history.
pub struct Store {
    dir: Option<PathBuf>,
    names: Arc<Names>,
    users: Users,
    families: BTreeMap<Family, Runs>,
    dirty: BTreeSet<Family>,
    merges: Vec<Merge>,
    n_fresh: usize,
    next_file: u64,
    latest: Option<Arc<Snapshot>>,
    cache: Arc<Cache>,
}

/// What a store found on disk.
pub struct Checkpoint {
    /// The log position that the parts reflect; 0 if there is no checkpoint.
    pub log_position: u64,
    /// The place of the next log frame in the order of arrival, see [`engine::arrivals`].
    pub arrivals: u64,
    /// The state of the fold at that position, empty if there is no checkpoint.
    pub fold: Vec<u8>,
}

#[derive(Default)]
struct Runs {
    parts: Vec<Sealed>,
    fresh: Vec<Row>,
}

/// A part and the file that holds it, once a checkpoint has written it.
pub(crate) struct Sealed {
    pub(crate) part: Arc<Part>,
    pub(crate) file: Option<u64>,
}

impl Store {
    /// A store that lives in memory only.
    pub fn in_memory() -> Store {
        Store {
            dir: None,
            names: Arc::default(),
            users: Users::default(),
            families: BTreeMap::new(),
            dirty: BTreeSet::new(),
            merges: Vec::new(),
            n_fresh: 0,
            next_file: 1,
            latest: None,
            cache: Arc::default(),
        }
    }

    /// Opens the store of a folder, or makes one. Of parts only the directories are read; columns
    /// are read and verified when a question asks for them.
    pub fn open(dir: &Path) -> Result<(Store, Checkpoint), Error> {
        let mut store = Store { dir: Some(dir.to_path_buf()), ..Store::in_memory() };
        let Some(manifest) = disk::read_manifest(dir)? else {
            return Ok((store, Checkpoint { log_position: 0, arrivals: 0, fold: Vec::new() }));
        };
        let state = disk::read_state(dir, &manifest)?;
        store.names = Arc::new(state.names);
        store.users = state.users;
        store.next_file = manifest.next_file;
        for (family, file) in &manifest.parts {
            let n_names = store.names.all().len();
            let part = Arc::new(disk::open_part(dir, *file, n_names, &store.cache)?);
            store
                .families
                .entry(*family)
                .or_default()
                .parts
                .push(Sealed { part, file: Some(*file) });
        }
        let Manifest { log_position, arrivals, .. } = manifest;
        Ok((store, Checkpoint { log_position, arrivals, fold: state.fold }))
    }

    /// Users ever seen, merged ones included.
    pub fn n_users(&self) -> usize {
        self.users.len()
    }

    /// Rows that no checkpoint has written yet.
    pub fn n_fresh(&self) -> usize {
        self.n_fresh
    }

    /// Applies one accepted record. `step` is what the fold said of it, `public_id` the user's
    /// public id after it, `arrival` its place in the order of acceptance ([`engine::arrivals`]).
    pub fn apply(&mut self, step: &Step, record: Record, public_id: &Text, arrival: u64) {
        self.latest = None;
        if let Some(merge) = step.merged {
            self.merge_users(merge);
        }
        if step.renamed {
            self.users.rename(step.user, public_id.clone());
        }
        let received = record.received_at.0;
        match record.what {
            What::Event(event) => self.add_event(step.user, event, received, arrival),
            What::Identify(change) => self.add_change(step.user, change, received, arrival),
            What::Alias { .. } => self.users.saw(step.user, received),
        }
    }

    fn add_event(&mut self, user: UserIndex, event: Event, received: i64, arrival: u64) {
        self.users.add_event(user, event.time.0);
        let name = self.intern(&event.name);
        let mut properties = Vec::with_capacity(event.properties.len());
        for (property, value) in event.properties {
            if !value.missing() {
                properties.push((self.intern(&property), value));
            }
        }
        let id = event.id.0;
        let row = Row { user: user.0, time: event.time.0, arrival, received, id, properties };
        self.add_row(Family::of_event(name, event.time), row);
    }

    fn add_change(
        &mut self,
        user: UserIndex,
        change: AttributeChange,
        received: i64,
        arrival: u64,
    ) {
        self.users.saw(user, change.time.0);
        let (time, id) = (change.time.0, change.id.0);
        // A delivery without attributes still has an id that must count once.
        let marker =
            change.attributes.is_empty().then(|| (Text::const_new(""), model::Value::Null));
        for (attribute, value) in change.attributes.into_iter().chain(marker) {
            let attribute = self.intern(&attribute);
            let properties = vec![(NameId::VALUE, value)];
            let row = Row { user: user.0, time, arrival, received, id, properties };
            self.add_row(Family::of_attribute(attribute, change.time), row);
        }
    }

    fn add_row(&mut self, family: Family, row: Row) {
        self.n_fresh += 1;
        let runs = self.families.entry(family).or_default();
        runs.fresh.push(row);
        if runs.fresh.len() == 1 {
            self.dirty.insert(family);
        }
        if runs.fresh.len() >= FRESH_ROWS_MAX {
            runs.seal_fresh();
        }
    }

    fn intern(&mut self, name: &Text) -> NameId {
        match self.names.number(name) {
            Some(number) => number,
            None => Arc::make_mut(&mut self.names).intern(name),
        }
    }

    fn merge_users(&mut self, merge: Merge) {
        self.users.merge(merge.from, merge.into);
        self.merges.push(merge);
    }

    /// An immutable view of everything applied so far.
    pub fn snapshot(&mut self) -> Result<Arc<Snapshot>, Error> {
        if let Some(snapshot) = &self.latest {
            return Ok(Arc::clone(snapshot));
        }
        self.seal_all()?;
        let parts =
            |runs: &Runs| runs.parts.iter().map(|sealed| Arc::clone(&sealed.part)).collect();
        let families = self.families.iter().map(|(family, runs)| (*family, parts(runs))).collect();
        let snapshot = Snapshot::new(Arc::clone(&self.names), self.users.clone(), families);
        Ok(self.latest.insert(Arc::new(snapshot)).clone())
    }

    fn seal_all(&mut self) -> Result<(), Error> {
        self.renumber()?;
        while let Some(family) = self.dirty.first().copied() {
            if let Some(runs) = self.families.get_mut(&family) {
                runs.seal()?;
            }
            self.dirty.remove(&family);
        }
        Ok(())
    }

    /// Gives the rows of merged users to the users that remain.
    fn renumber(&mut self) -> Result<(), Error> {
        if self.merges.is_empty() {
            return Ok(());
        }
        let merges = &self.merges;
        let users = &self.users;
        let user_of = |user: u32| users.remaining(user);
        for runs in self.families.values_mut() {
            runs.fresh.iter_mut().for_each(|row| row.user = user_of(row.user));
            for sealed in &mut runs.parts {
                let mut concerned = false;
                for merge in merges {
                    concerned |= sealed.part.has_user(merge.from.0)?;
                }
                if concerned {
                    let part = Part::merged(&[&sealed.part], &user_of)?;
                    *sealed = Sealed { part: Arc::new(part), file: None };
                }
            }
        }
        self.merges.clear();
        Ok(())
    }

    /// Writes everything applied so far as parts, and makes it the state that [`Store::open`]
    /// finds. A crash at any moment leaves either the checkpoint before or this one.
    pub fn checkpoint(
        &mut self,
        log_position: u64,
        arrivals: u64,
        fold: &[u8],
    ) -> Result<(), Error> {
        let Some(dir) = self.dir.clone() else { return Ok(()) };
        self.seal_all()?;
        let mut parts = Vec::new();
        for (family, runs) in &mut self.families {
            for sealed in &mut runs.parts {
                let file = match sealed.file {
                    Some(file) => file,
                    None => {
                        let file = self.next_file;
                        self.next_file += 1;
                        disk::write_part(&dir, file, &sealed.part)?;
                        sealed.file = Some(file);
                        file
                    }
                };
                parts.push((*family, file));
            }
        }
        let state = self.next_file;
        self.next_file += 1;
        disk::write_state(&dir, state, &self.names, &self.users, fold)?;
        let manifest = Manifest { log_position, arrivals, next_file: self.next_file, state, parts };
        disk::write_manifest(&dir, &manifest)?;
        self.n_fresh = 0;
        disk::remove_unlisted(&dir, &manifest)
    }
}

impl Runs {
    fn seal_fresh(&mut self) {
        if !self.fresh.is_empty() {
            let part = Part::of(std::mem::take(&mut self.fresh));
            self.parts.push(Sealed { part: Arc::new(part), file: None });
        }
    }

    fn seal(&mut self) -> Result<(), Error> {
        self.seal_fresh();
        while let [.., last, part] = &self.parts[..] {
            let len = last.part.len();
            if len > MERGE_ROWS_MAX || len > part.part.len() * MERGE_RATIO {
                break;
            }
            let part = Part::merged(&[&last.part, &part.part], &|user| user)?;
            self.parts.truncate(self.parts.len() - 2);
            self.parts.push(Sealed { part: Arc::new(part), file: None });
        }
        Ok(())
    }
}
