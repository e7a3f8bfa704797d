//! A file of blocks that is written and read one block at a time.
//!
//! What it is not: it does not know which blocks a file should have; whoever reads it compares their
//! tags with what was written.

use std::path::PathBuf;
use std::sync::Arc;

use super::block::{Header, Tag, put_block};
use super::codec::Wrong;
use super::folder::NewFile;
use super::{Error, Folder, MAGIC, ReadAt, attempt, damaged};

/// A file on its way to the disk.
pub(super) struct NewBlockFile<'a> {
    folder: &'a dyn Folder,
    name: String,
    file: Box<dyn NewFile + 'a>,
    buffer: Vec<u8>,
}

impl<'a> NewBlockFile<'a> {
    pub(super) fn create(folder: &'a dyn Folder, name: String) -> Result<NewBlockFile<'a>, Error> {
        let file = attempt(folder, "make", &name, folder.create(&name))?;
        Ok(NewBlockFile { folder, name, file, buffer: MAGIC.to_vec() })
    }

    pub(super) fn put(&mut self, tag: Tag, raw: &[u8]) -> Result<(), Error> {
        put_block(&mut self.buffer, tag, raw);
        let written = self.file.append(&self.buffer);
        self.buffer.clear();
        attempt(self.folder, "write", &self.name, written)
    }

    /// Makes the content of the file durable.
    pub(super) fn finish(self) -> Result<(), Error> {
        attempt(self.folder, "sync", &self.name, self.file.finish())
    }
}

/// Where a block stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) at: u64,
    pub(super) tag: Tag,
    stored: usize,
}

/// A file to be read.
#[derive(Clone)]
pub(super) struct BlockFile {
    path: PathBuf,
    bytes: Arc<dyn ReadAt>,
}

impl BlockFile {
    pub(super) fn open(folder: &dyn Folder, name: &str) -> Result<BlockFile, Error> {
        let bytes = attempt(folder, "open", name, folder.open(name))?;
        Ok(BlockFile { path: folder.path(name), bytes })
    }

    /// Where all blocks stand, from the first byte to the last. Headers are not verified yet.
    pub(super) fn places(&self) -> Result<Vec<Place>, Error> {
        let length = self.bytes.length().map_err(|source| self.unread(source))?;
        let magic = MAGIC.len() as u64;
        if length < magic || self.bytes(0, MAGIC.len())? != MAGIC {
            return Err(self.wrong(0, "it is not a history file of a known version"));
        }
        let (mut at, mut places) = (magic, Vec::new());
        while at < length {
            let header_len = Header::LEN.min((length - at) as usize);
            let bytes = self.bytes(at, header_len)?;
            let (header, _) =
                Header::split(&bytes).ok_or_else(|| self.wrong(at, "a header is cut off"))?;
            let rest = length - at - Header::LEN as u64;
            let stored = Some(header.stored_len()).filter(|stored| *stored <= rest);
            let stored = stored.ok_or_else(|| self.wrong(at, "a block is cut off"))? as usize;
            places.push(Place { at, tag: header.tag(), stored });
            at += (Header::LEN + stored) as u64;
        }
        Ok(places)
    }

    /// What was put into a block, verified together with its header.
    pub(super) fn read(&self, place: Place) -> Result<Vec<u8>, Error> {
        let bytes = self.bytes(place.at, Header::LEN + place.stored)?;
        let opened = Header::split(&bytes)
            .filter(|(header, stored)| {
                header.tag() == place.tag && header.stored_len() == stored.len() as u64
            })
            .ok_or("a block is not what it was a moment ago")
            .and_then(|(header, stored)| header.open(stored));
        opened.map_err(|what| self.wrong(place.at, what))
    }

    /// The file does not hold what was written.
    pub(super) fn wrong(&self, at: u64, what: &'static str) -> Error {
        damaged(&self.path, Wrong::at(at, what))
    }

    fn bytes(&self, at: u64, len: usize) -> Result<Vec<u8>, Error> {
        self.bytes.read_at(at, len).map_err(|source| self.unread(source))
    }

    fn unread(&self, source: std::io::Error) -> Error {
        Error::Io { action: "read", path: self.path.clone(), source }
    }
}
