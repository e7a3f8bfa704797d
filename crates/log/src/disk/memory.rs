//! A disk in memory that fails on demand and forgets on power loss what was not synced.
//!
//! What it is: what tests and simulations write logs to. What it is not: a place for anything that
//! should last.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Disk, DiskFile, Mode};

/// The granularity in which a power loss keeps or drops what was written.
const SECTOR: usize = 64;

#[derive(Clone, Debug, Default)]
struct Image {
    cached: Vec<u8>,
    durable: Vec<u8>,
    name_durable: bool,
}

#[derive(Default)]
struct State {
    files: BTreeMap<String, Image>,
    /// Removed since the directory was last synced: a power loss may bring them back.
    removed: BTreeMap<String, Image>,
    operations: u64,
    fail_at: Option<u64>,
}

/// Clones share their files.
#[derive(Clone, Default)]
pub struct MemoryDisk {
    state: Arc<Mutex<State>>,
    locked: Arc<AtomicBool>,
}

struct MemoryFile {
    disk: MemoryDisk,
    name: String,
}

struct Held(Arc<AtomicBool>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

impl MemoryDisk {
    /// Whoever panicked while holding it left whole files: each operation is one change.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The operation number `n` from now on fails, once; a failing write writes a part.
    pub fn fail_at(&self, n: u64) {
        let mut state = self.state();
        state.fail_at = Some(state.operations + n);
    }

    /// Operations so far.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// The disk after the process was killed: everything written is there.
    pub fn after_kill(&self) -> MemoryDisk {
        let state = self.state();
        let (files, removed) = (state.files.clone(), state.removed.clone());
        MemoryDisk {
            state: Arc::new(Mutex::new(State { files, removed, ..State::default() })),
            ..Default::default()
        }
    }

    /// The disk after a power loss: of what was not synced, each sector and each name is kept or not
    /// as `keep` says.
    pub fn after_power_loss(&self, mut keep: impl FnMut() -> bool) -> MemoryDisk {
        let disk = self.after_kill();
        let mut state = disk.state();
        let removed = std::mem::take(&mut state.removed);
        let replaced: Vec<String> =
            removed.keys().filter(|name| state.files.contains_key(*name)).cloned().collect();
        state.files.retain(|_, image| image.name_durable || keep());
        for (name, image) in removed.into_iter().filter(|(_, image)| image.name_durable) {
            // Of a file and the one that took its place, one is there.
            if !state.files.contains_key(&name) && (replaced.contains(&name) || !keep()) {
                state.files.insert(name, image);
            }
        }
        for image in state.files.values_mut() {
            let mut after = image.durable.clone();
            if keep() {
                after.resize(image.cached.len(), 0);
            }
            for at in (0..after.len().min(image.cached.len())).step_by(SECTOR) {
                let end = (at + SECTOR).min(after.len()).min(image.cached.len());
                if keep() {
                    after[at..end].copy_from_slice(&image.cached[at..end]);
                }
            }
            image.cached = after.clone();
            image.durable = after;
            image.name_durable = true;
        }
        drop(state);
        disk
    }

    /// Names of all files.
    pub fn names(&self) -> Vec<String> {
        self.state().files.keys().cloned().collect()
    }

    /// Edits the bytes of a file as if they had always been so.
    pub fn edit(&self, name: &str, edit: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.state();
        let image = state.files.entry(name.to_owned()).or_default();
        edit(&mut image.cached);
        image.durable = image.cached.clone();
    }

    /// The bytes of a file as a reader sees them; none if there is no such file.
    pub fn bytes(&self, name: &str) -> Vec<u8> {
        self.state().files.get(name).map(|image| image.cached.clone()).unwrap_or_default()
    }

    /// Removes a file as if it had never been.
    pub fn forget(&self, name: &str) {
        self.state().files.remove(name);
    }

    /// Counts an operation; whether it is the one that fails.
    fn count(&self) -> bool {
        let mut state = self.state();
        state.operations += 1;
        let number = state.operations;
        state.fail_at.take_if(|at| *at == number).is_some()
    }

    fn check(&self) -> io::Result<()> {
        if self.count() { Err(io::Error::other("injected")) } else { Ok(()) }
    }
}

impl Disk for MemoryDisk {
    fn lock(&self) -> io::Result<Option<Box<dyn Send>>> {
        let free = !self.locked.swap(true, Ordering::SeqCst);
        Ok(if free { Some(Box::new(Held(self.locked.clone()))) } else { None })
    }

    fn list(&self) -> io::Result<Vec<String>> {
        self.check()?;
        Ok(self.names())
    }

    fn open(&self, name: &str, mode: Mode) -> io::Result<Box<dyn DiskFile>> {
        self.check()?;
        let mut state = self.state();
        if mode == Mode::Create {
            let image = state.files.entry(name.to_owned()).or_default();
            image.cached.clear();
        }
        if !state.files.contains_key(name) {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(Box::new(MemoryFile { disk: self.clone(), name: name.to_owned() }))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.check()?;
        let mut state = self.state();
        let image = state.files.remove(name).ok_or(io::ErrorKind::NotFound)?;
        state.removed.insert(name.to_owned(), image);
        Ok(())
    }

    fn replace(&self, from: &str, to: &str) -> io::Result<()> {
        self.check()?;
        let mut state = self.state();
        let new = state.files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        let image = Image { name_durable: false, ..new };
        if let Some(old) = state.files.insert(to.to_owned(), image) {
            state.removed.insert(to.to_owned(), old);
        }
        Ok(())
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.check()?;
        let mut state = self.state();
        state.files.values_mut().for_each(|image| image.name_durable = true);
        state.removed.clear();
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from(name)
    }
}

impl MemoryFile {
    fn with<T>(&self, act: impl FnOnce(&mut Image) -> T) -> io::Result<T> {
        let mut state = self.disk.state();
        state.files.get_mut(&self.name).map(act).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl DiskFile for MemoryFile {
    fn read_at(&mut self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        self.disk.check()?;
        self.with(|image| {
            let from = image.cached.len().min(position as usize);
            // Half of what is asked for: readers must cope with short reads.
            let n = buffer.len().div_ceil(2).min(image.cached.len() - from);
            buffer[..n].copy_from_slice(&image.cached[from..from + n]);
            n
        })
    }

    fn write_at(&mut self, bytes: &[u8], position: u64) -> io::Result<()> {
        let fails = self.disk.count();
        let bytes = if fails { &bytes[..bytes.len() * 2 / 3] } else { bytes };
        self.with(|image| {
            let end = position as usize + bytes.len();
            image.cached.resize(image.cached.len().max(end), 0);
            image.cached[position as usize..end].copy_from_slice(bytes);
        })?;
        if fails { Err(io::Error::other("injected")) } else { Ok(()) }
    }

    fn length(&mut self) -> io::Result<u64> {
        self.disk.check()?;
        self.with(|image| image.cached.len() as u64)
    }

    fn set_length(&mut self, length: u64) -> io::Result<()> {
        self.disk.check()?;
        self.with(|image| image.cached.resize(length as usize, 0))
    }

    fn sync(&mut self) -> io::Result<()> {
        self.disk.check()?;
        self.with(|image| image.durable = image.cached.clone())
    }
}
