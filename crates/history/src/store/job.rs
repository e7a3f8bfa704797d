//! A job: everything that a checkpoint needs, taken from the store, to be carried out on another
//! thread while the store goes on.
//!
//! It works on immutable parts only, so that nothing that happens meanwhile can make it wrong. If
//! two users turn out to be one under it, the store rewrites the parts that hold the vanished
//! number and ignores what the job made of the old ones; the checkpoint on disk is right all the
//! same, as it says with which users and up to which log position it was made.

use std::collections::HashSet;
use std::iter::empty;
use std::sync::Arc;

use super::plan::Merging;
use super::retain::newer;
use super::runs::Place;
use crate::cache::Cache;
use crate::disk::{self, Error, Facts, Folder, MANIFEST, Manifest, Pieces};
use crate::names::Names;
use crate::part::{Family, Part};
use crate::users::Users;
use model::{Text, Timestamp};

/// What a checkpoint does beside writing what is new.
#[derive(Clone, Debug)]
pub struct Upkeep {
    /// How far parts are merged.
    pub merging: Merging,
    /// Event names whose events at or before an instant are dropped.
    pub forget: Vec<(Text, Timestamp)>,
}

/// A checkpoint on its way: made by [`super::Store::begin`], carried out by [`Job::run`] on any
/// thread, handed back to [`super::Store::finish`].
pub struct Job {
    pub(super) folder: Arc<dyn Folder>,
    /// The checkpoint with the parts that stay as they are.
    pub(super) manifest: Manifest,
    pub(super) groups: Vec<Group>,
    /// Parts of which every row is dropped.
    pub(super) dropped: Vec<(Family, Arc<Part>)>,
    pub(super) names: Arc<Names>,
    pub(super) users: Users,
    /// The state of the fold, and of what is live.
    pub(super) engine: (Pieces, Pieces),
    /// Part files that the checkpoint does not name and that are still read.
    pub(super) in_use: HashSet<u64>,
    pub(super) cache: Arc<Cache>,
}

/// Parts of one family that become one file.
pub(super) struct Group {
    pub(super) family: Family,
    pub(super) inputs: Vec<Arc<Part>>,
    pub(super) file: u64,
    /// Rows at or before this time are dropped.
    pub(super) forget: Option<i64>,
}

/// What a job did.
pub struct Done {
    /// Rows written, those of merged parts included.
    pub rows_written: u64,
    /// Rows dropped because they are older than is kept.
    pub rows_forgotten: u64,
    /// Names of the files that make up the checkpoint, the manifest first.
    pub files: Vec<String>,
    /// The log position that they reflect.
    pub log_position: u64,
    pub(super) outputs: Vec<Output>,
    pub(super) dropped: Vec<(Family, Arc<Part>)>,
}

/// A part that was written, and those that it stands for.
pub(super) struct Output {
    pub(super) family: Family,
    pub(super) inputs: Vec<Arc<Part>>,
    pub(super) part: Arc<Part>,
    pub(super) place: Place,
}

impl Default for Upkeep {
    fn default() -> Upkeep {
        Upkeep { merging: Merging::Tiered, forget: Vec::new() }
    }
}

impl Job {
    /// Writes the checkpoint. A crash or an error at any moment leaves either the one before or
    /// this one. Cost: one part, or one piece of the engine's state, in memory at a time, beside
    /// those that were handed over.
    pub fn run(mut self) -> Result<Done, Error> {
        // First: while the state of the engine is held here, its owner copies what it changes.
        let facts = Facts { names: &self.names, users: &self.users };
        let nothing: (Pieces, Pieces) = (Box::new(empty()), Box::new(empty()));
        let engine = std::mem::replace(&mut self.engine, nothing);
        disk::write_state(&*self.folder, self.manifest.state, facts, engine)?;
        let (mut outputs, mut rows_written, mut rows_forgotten) = (Vec::new(), 0, 0);
        for group in std::mem::take(&mut self.groups) {
            let before: usize = group.inputs.iter().map(|part| part.len()).sum();
            let output = self.write(group)?;
            rows_written += output.part.len() as u64;
            rows_forgotten += (before - output.part.len()) as u64;
            outputs.push(output);
        }
        rows_forgotten += self.dropped.iter().map(|(_, part)| part.len() as u64).sum::<u64>();
        let Job { folder, mut manifest, dropped, in_use, .. } = self;
        manifest.parts.extend(outputs.iter().filter_map(Output::listed));
        manifest.parts.sort_unstable();
        disk::write_manifest(&*folder, &manifest)?;
        let listed: HashSet<String> = manifest.files().collect();
        let used = in_use.into_iter().map(disk::part_name);
        disk::remove_except(&*folder, &listed.into_iter().chain(used).collect());
        let files = [MANIFEST.to_owned()].into_iter().chain(manifest.files()).collect();
        let log_position = manifest.log_position;
        Ok(Done { rows_written, rows_forgotten, files, log_position, outputs, dropped })
    }

    fn write(&self, group: Group) -> Result<Output, Error> {
        let Group { family, inputs, file, forget } = group;
        let several: Vec<&Part> = inputs.iter().map(|part| &**part).collect();
        let mut part = Arc::clone(&inputs[0]);
        if several.len() > 1 || part.is_rest() {
            part = Arc::new(Part::merged(&several)?);
        }
        if let Some(instant) = forget.filter(|instant| part.facts().time_min <= *instant) {
            part = Arc::new(newer(&part, instant)?);
        }
        let bytes = disk::write_part(&*self.folder, file, &part)?;
        let part =
            Arc::new(disk::open_part(&self.folder, file, self.names.all().len(), &self.cache)?);
        Ok(Output { family, inputs, part, place: Place::File { number: file, bytes } })
    }
}

impl Output {
    fn listed(&self) -> Option<(Family, u64)> {
        match self.place {
            Place::File { number, .. } => Some((self.family, number)),
            Place::Memory | Place::InJob => None,
        }
    }
}
