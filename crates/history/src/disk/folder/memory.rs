//! A folder in memory that fails on demand, and forgets on power loss what was not synced.
//!
//! Every step that the operating system could be stopped at counts as one operation: a write is
//! two (bytes, sync), everything else one; making a file counts with the first bytes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use super::{Folder, NewFile, ReadAt};

#[derive(Clone, Debug, Default)]
struct Content {
    cached: Vec<u8>,
    durable: Vec<u8>,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The operation of this number fails, once; a failing write writes a part of its bytes.
    At(u64),
    /// From this operation on everything fails: the process is gone.
    From(u64),
    /// From this operation on nothing can be written for want of room.
    FullFrom(u64),
}

#[derive(Clone, Debug, Default)]
struct State {
    contents: Vec<Content>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    operations: u64,
    fault: Option<Fault>,
}

/// Clones share their files.
#[derive(Clone, Default)]
pub(crate) struct MemoryFolder {
    state: Arc<Mutex<State>>,
}

impl MemoryFolder {
    /// Makes something go wrong.
    pub(crate) fn set_fault(&self, fault: Option<Fault>) {
        self.state.lock().unwrap().fault = fault;
    }

    /// Operations so far.
    pub(crate) fn operations(&self) -> u64 {
        self.state.lock().unwrap().operations
    }

    /// The folder after the process was killed: everything written is there.
    pub(crate) fn after_kill(&self) -> MemoryFolder {
        let mut state = self.state.lock().unwrap().clone();
        (state.fault, state.operations) = (None, 0);
        MemoryFolder { state: Arc::new(Mutex::new(state)) }
    }

    /// The folder after a power loss: each file keeps what was not synced, and each name its change
    /// that was not synced, or not, as `keep` says.
    pub(crate) fn after_power_loss(&self, mut keep: impl FnMut() -> bool) -> MemoryFolder {
        let folder = self.after_kill();
        let mut state = folder.state.lock().unwrap();
        for content in &mut state.contents {
            if content.cached != content.durable && !keep() {
                content.cached = content.durable.clone();
            }
            content.durable = content.cached.clone();
        }
        let State { names, durable_names, .. } = &mut *state;
        let all: BTreeSet<&String> = names.keys().chain(durable_names.keys()).collect();
        let mut after = BTreeMap::new();
        for name in all {
            let (now, before) = (names.get(name), durable_names.get(name));
            let found = if now == before || keep() { now } else { before };
            after.extend(found.map(|content| (name.clone(), *content)));
        }
        state.names = after.clone();
        state.durable_names = after;
        drop(state);
        folder
    }

    /// Edits the bytes of a file as if they had always been so.
    pub(crate) fn edit(&self, name: &str, edit: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.state.lock().unwrap();
        let content = state.names[name];
        edit(&mut state.contents[content].cached);
        state.contents[content].durable = state.contents[content].cached.clone();
    }

    /// Counts an operation and says how it fails, if it does.
    fn count(&self, writes: bool) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        state.operations += 1;
        let number = state.operations;
        match state.fault {
            Some(Fault::At(at)) if at == number => Err(io::Error::other("injected")),
            Some(Fault::From(from)) if number >= from => Err(io::Error::other("gone")),
            Some(Fault::FullFrom(from)) if writes && number >= from => {
                Err(io::ErrorKind::StorageFull.into())
            }
            _ => Ok(()),
        }
    }

    fn with<T>(&self, name: &str, act: impl FnOnce(&mut Content) -> T) -> io::Result<T> {
        let mut state = self.state.lock().unwrap();
        let content = state.names.get(name).copied().ok_or(io::ErrorKind::NotFound)?;
        Ok(act(&mut state.contents[content]))
    }
}

impl Folder for MemoryFolder {
    fn create(&self, name: &str) -> io::Result<Box<dyn NewFile + '_>> {
        let mut state = self.state.lock().unwrap();
        if matches!(state.fault, Some(Fault::From(from)) if state.operations >= from) {
            return Err(io::Error::other("gone"));
        }
        let new = state.contents.len();
        let content = *state.names.entry(name.to_owned()).or_insert(new);
        if content == new {
            state.contents.push(Content::default());
        }
        state.contents[content].cached.clear();
        Ok(Box::new(Growing { folder: self, content }))
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        self.count(false)?;
        self.with(name, |content| content.cached.clone())
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn ReadAt>> {
        Ok(Arc::new(Opened { folder: self.clone(), name: name.to_owned() }))
    }

    fn length(&self, name: &str) -> io::Result<u64> {
        self.count(false)?;
        self.with(name, |content| content.cached.len() as u64)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.count(true)?;
        let mut state = self.state.lock().unwrap();
        let content = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        state.names.insert(to.to_owned(), content);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.count(false)?;
        let removed = self.state.lock().unwrap().names.remove(name);
        removed.map(|_| ()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn list(&self) -> io::Result<Vec<String>> {
        self.count(false)?;
        Ok(self.state.lock().unwrap().names.keys().cloned().collect())
    }

    fn sync(&self) -> io::Result<()> {
        self.count(false)?;
        let mut state = self.state.lock().unwrap();
        state.durable_names = state.names.clone();
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from(name)
    }
}

/// A file of such a folder that is being written.
struct Growing<'a> {
    folder: &'a MemoryFolder,
    content: usize,
}

impl NewFile for Growing<'_> {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let counted = self.folder.count(true);
        let mut state = self.folder.state.lock().unwrap();
        if matches!(state.fault, Some(Fault::From(from)) if state.operations > from) {
            return counted;
        }
        let n = if counted.is_ok() { bytes.len() } else { bytes.len() * 2 / 3 };
        state.contents[self.content].cached.extend_from_slice(&bytes[..n]);
        counted
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        self.folder.count(true)?;
        let mut state = self.folder.state.lock().unwrap();
        let content = &mut state.contents[self.content];
        content.durable = content.cached.clone();
        Ok(())
    }
}

/// A file of such a folder.
struct Opened {
    folder: MemoryFolder,
    name: String,
}

impl ReadAt for Opened {
    fn read_at(&self, at: u64, len: usize) -> io::Result<Vec<u8>> {
        self.folder.count(false)?;
        self.folder.with(&self.name, |content| Bytes(content.cached.clone()).read_at(at, len))?
    }

    fn length(&self) -> io::Result<u64> {
        self.folder.length(&self.name)
    }
}

/// Bytes as if they stood in a file.
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl ReadAt for Bytes {
    fn read_at(&self, at: u64, len: usize) -> io::Result<Vec<u8>> {
        let at = usize::try_from(at).unwrap_or(usize::MAX);
        let bytes = at.checked_add(len).and_then(|end| self.0.get(at..end));
        bytes.map(<[u8]>::to_vec).ok_or(io::ErrorKind::UnexpectedEof.into())
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.0.len() as u64)
    }
}
