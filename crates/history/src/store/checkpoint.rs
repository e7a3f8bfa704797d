//! Checkpoints: what of the store goes into one, and what the store does when it is written.
//!
//! Invariants: at most one job runs; whatever a job wrote is taken over only if the store still
//! holds every part that it was made from; a failed job changes nothing.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use engine::Fold;

use super::Store;
use super::job::{Done, Group, Job, Output, Upkeep};
use super::plan::{Candidate, plan};
use super::runs::{Place, Runs, Sealed};
use crate::disk::{self, Directory, Error, Folder, Manifest, Pieces, SavedPieces};
use crate::names::NameId;
use crate::part::{Family, Part};

/// What a store is to write beside its rows: the state of the engine, and the log position that all
/// of it reflects.
pub struct Checkpoint {
    /// The log position.
    pub log_position: u64,
    /// The number of records accepted up to there.
    pub arrivals: u64,
    /// The state of the fold. The thread of the job makes one piece after the other, and compresses
    /// and writes it before it makes the next; a few MB a piece.
    pub fold: Pieces,
    /// The state of what is live, in the same way; no pieces if there is nothing.
    pub live: Pieces,
}

/// What a store found on disk.
#[derive(Default)]
pub struct SavedCheckpoint {
    /// The log position that the parts reflect; 0 if there is no checkpoint.
    pub log_position: u64,
    /// The number of records accepted up to there.
    pub arrivals: u64,
    /// The state of the fold at that position; no pieces if there is no checkpoint.
    pub fold: SavedPieces,
    /// The state of what is live; no pieces if there was nothing.
    pub live: SavedPieces,
}

impl Checkpoint {
    /// A checkpoint of a fold as it is now, with nothing live. Cost: microseconds.
    pub fn of(log_position: u64, arrivals: u64, fold: &Fold) -> Checkpoint {
        let fold = Box::new(fold.freeze().pieces());
        Checkpoint { log_position, arrivals, fold, live: Box::new(std::iter::empty()) }
    }
}

impl Store {
    /// Opens the store of a folder, or makes one.
    pub fn open(dir: &Path) -> Result<(Store, SavedCheckpoint), Error> {
        let made = Directory::make(dir);
        let folder =
            made.map_err(|source| Error::Io { action: "make folder", path: dir.into(), source })?;
        Store::open_in(Arc::new(folder))
    }

    /// The same in any folder. Files that the last checkpoint does not name are removed.
    pub(crate) fn open_in(folder: Arc<dyn Folder>) -> Result<(Store, SavedCheckpoint), Error> {
        let mut store = Store { folder: Some(Arc::clone(&folder)), ..Store::in_memory() };
        let Some(manifest) = disk::read_manifest(&*folder)? else {
            disk::remove_except(&*folder, &HashSet::new());
            return Ok((store, SavedCheckpoint::default()));
        };
        let state = disk::read_state(&*folder, manifest.state)?;
        store.names = Arc::new(state.names);
        store.users = state.users;
        store.next_file = manifest.next_file;
        for (family, number) in &manifest.parts {
            let n_names = store.names.all().len();
            let part = disk::open_part(&folder, *number, n_names, &store.cache)?;
            let bytes = disk::part_bytes(&*folder, *number)?;
            let place = Place::File { number: *number, bytes };
            if part.columns().any(|column| column == NameId::OPERATIONS) {
                store.operated.insert(family.name());
            }
            let runs = store.families.entry(*family).or_default();
            runs.parts.push(Sealed { part: Arc::new(part), place });
        }
        disk::remove_except(&*folder, &manifest.files().collect());
        let Manifest { log_position, arrivals, .. } = manifest;
        let (fold, live) = (state.fold, state.live);
        Ok((store, SavedCheckpoint { log_position, arrivals, fold, live }))
    }

    /// Takes everything applied so far as a job that writes a checkpoint of it. `at` says which log
    /// position and state of the engine belong to it. `None` if the store lives in memory only or a
    /// job is under way. Cost: fresh rows are sorted; nothing is read or written.
    ///
    /// Errors: rows of merged users that must be read to be renumbered cannot be.
    pub fn begin(&mut self, at: Checkpoint, upkeep: &Upkeep) -> Result<Option<Job>, Error> {
        let Some(folder) = self.folder.clone().filter(|_| self.running.is_none()) else {
            return Ok(None);
        };
        self.seal_all()?;
        self.obsolete.retain(|(_, part)| part.strong_count() > 0);
        let mut in_use: HashSet<u64> = self.obsolete.iter().map(|(file, _)| *file).collect();
        let forget: HashMap<NameId, i64> = upkeep
            .forget
            .iter()
            .filter_map(|(name, instant)| Some((self.names.number(name)?, instant.0)))
            .collect();
        for instant in forget.values() {
            self.users.forget_until(*instant);
            self.latest = None;
        }
        let mut next_file = self.next_file;
        let (mut parts, mut groups, mut dropped) = (Vec::new(), Vec::new(), Vec::new());
        for (family, runs) in &mut self.families {
            in_use.extend(runs.parts.iter().filter_map(Sealed::file));
            let taken = runs.take(*family, &forget, upkeep, &mut next_file);
            parts.extend(taken.kept.into_iter().map(|file| (*family, file)));
            groups.extend(taken.groups);
            dropped.extend(taken.dropped.into_iter().map(|part| (*family, part)));
        }
        let state = next_file;
        self.next_file = next_file + 1;
        self.running = Some(self.n_fresh);
        let Checkpoint { log_position, arrivals, fold, live } = at;
        let engine = (fold, live);
        let manifest = Manifest { log_position, arrivals, next_file: self.next_file, state, parts };
        let (names, users) = (Arc::clone(&self.names), self.all_users());
        let cache = Arc::clone(&self.cache);
        Ok(Some(Job { folder, manifest, groups, dropped, names, users, engine, in_use, cache }))
    }

    /// Takes over what a job did, or notes that it failed: then everything is as it was, and the
    /// next job writes it.
    pub fn finish(&mut self, result: Result<Done, Error>) -> Result<Done, Error> {
        let n_written = self.running.take().unwrap_or(0);
        let result = result.map(|mut done| {
            self.n_fresh -= n_written.min(self.n_fresh);
            self.latest = None;
            for output in std::mem::take(&mut done.outputs) {
                self.take_over(output);
            }
            for (family, part) in std::mem::take(&mut done.dropped) {
                self.replace(family, &[part], None);
            }
            done
        });
        self.abandon();
        self.families.retain(|_, runs| !runs.is_empty());
        result
    }

    /// The job under way will not come back: everything is as it was.
    pub fn abandon(&mut self) {
        self.running = None;
        let parts = self.families.values_mut().flat_map(|runs| &mut runs.parts);
        parts.filter(|sealed| sealed.place == Place::InJob).for_each(|sealed| {
            sealed.place = Place::Memory;
        });
    }

    /// Writes everything applied so far as parts, and makes it the state that [`Store::open`]
    /// finds. A crash at any moment leaves either the checkpoint before or this one.
    pub fn checkpoint(&mut self, at: Checkpoint) -> Result<(), Error> {
        match self.begin(at, &Upkeep::default())? {
            Some(job) => self.finish(job.run()).map(|_| ()),
            None => Ok(()),
        }
    }

    /// Removes files that the last checkpoint, as the job that wrote it told, does not name and that
    /// nobody reads any more. Jobs do the same; this is for the last one of a run.
    pub fn sweep(&mut self, done: &Done) {
        let Some(folder) = self.folder.clone().filter(|_| self.running.is_none()) else { return };
        self.obsolete.retain(|(_, part)| part.strong_count() > 0);
        let obsolete = self.obsolete.iter().map(|(file, _)| *file);
        let parts = self.families.values().flat_map(|runs| &runs.parts);
        let held = obsolete.chain(parts.filter_map(Sealed::file)).map(disk::part_name);
        disk::remove_except(&*folder, &held.chain(done.files.iter().cloned()).collect());
    }

    fn take_over(&mut self, output: Output) {
        let Output { family, inputs, part, place } = output;
        self.replace(family, &inputs, Some(Sealed { part, place }));
    }

    /// Puts a part in the place of others, if the family still has all of them.
    fn replace(&mut self, family: Family, old: &[Arc<Part>], new: Option<Sealed>) {
        let Some(runs) = self.families.get_mut(&family) else { return };
        let is_old = |sealed: &Sealed| old.iter().any(|part| Arc::ptr_eq(part, &sealed.part));
        if runs.parts.iter().filter(|sealed| is_old(sealed)).count() < old.len() {
            return;
        }
        let (gone, mut parts): (Vec<_>, Vec<_>) =
            std::mem::take(&mut runs.parts).into_iter().partition(is_old);
        parts.extend(new);
        runs.parts = parts;
        self.obsolete.extend(
            gone.iter().filter_map(|sealed| Some((sealed.file()?, Arc::downgrade(&sealed.part)))),
        );
    }
}

/// What a job takes from a family.
struct Taken {
    kept: Vec<u64>,
    groups: Vec<Group>,
    dropped: Vec<Arc<Part>>,
}

impl Runs {
    fn take(
        &mut self,
        family: Family,
        forget: &HashMap<NameId, i64>,
        upkeep: &Upkeep,
        next_file: &mut u64,
    ) -> Taken {
        let forget = match family {
            Family::Event { name, .. } => forget.get(&name).copied(),
            Family::Attribute { .. } | Family::Transition { .. } => None,
        };
        let instant = forget.unwrap_or(i64::MIN);
        let old = |sealed: &Sealed| forget.is_some() && sealed.part.facts().time_max <= instant;
        let dropped = self.parts.iter().filter(|sealed| old(sealed));
        let dropped = dropped.map(|sealed| Arc::clone(&sealed.part)).collect();
        let mut rest: Vec<&mut Sealed> =
            self.parts.iter_mut().filter(|sealed| !old(sealed)).collect();
        let candidate = |sealed: &&mut Sealed| Candidate {
            rows: sealed.part.len(),
            unwritten: sealed.file().is_none()
                || forget.is_some() && sealed.part.facts().time_min <= instant,
        };
        let planned = plan(&rest.iter().map(candidate).collect::<Vec<_>>(), upkeep.merging);
        let mut groups = Vec::new();
        let mut written = HashSet::new();
        for places in planned {
            let inputs = places.iter().map(|place| Arc::clone(&rest[*place].part)).collect();
            for place in &places {
                written.insert(*place);
                if rest[*place].place == Place::Memory {
                    rest[*place].place = Place::InJob;
                }
            }
            groups.push(Group { family, inputs, file: *next_file, forget });
            *next_file += 1;
        }
        let kept = rest.iter().enumerate().filter(|(place, _)| !written.contains(place));
        let kept = kept.filter_map(|(_, sealed)| sealed.file()).collect();
        Taken { kept, groups, dropped }
    }
}
