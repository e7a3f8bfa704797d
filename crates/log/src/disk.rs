//! The few operations on files that the log needs, behind a trait so that tests can make each of
//! them fail or lose what was not synced.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

pub mod memory;

/// A directory of files.
pub trait Disk: Send + Sync {
    /// Creates the directory if needed and takes its exclusive lock, which is held until the result
    /// is dropped. `None`: someone else holds it.
    fn lock(&self) -> io::Result<Option<Box<dyn Send>>>;
    /// The names of the files in the directory, in any order.
    fn list(&self) -> io::Result<Vec<String>>;
    /// Opens a file, for writing too if `write`; with `create`, an empty new one.
    fn open(&self, name: &str, mode: Mode) -> io::Result<Box<dyn DiskFile>>;
    /// Removes a file.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Gives a file the name of another one, which is replaced; after a crash either of both has it.
    fn replace(&self, from: &str, to: &str) -> io::Result<()>;
    /// Makes created and removed names durable.
    fn sync_directory(&self) -> io::Result<()>;
    /// The path of a file, for messages.
    fn path(&self, name: &str) -> PathBuf;
}

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// An existing file, to read.
    Read,
    /// An existing file, to read and write.
    Write,
    /// A new and empty file, to read and write; an old one of the name is emptied.
    Create,
}

/// An open file. Positions are bytes from its beginning.
pub trait DiskFile: Send {
    /// Reads up to `buffer.len()` bytes; 0 only at the end of the file.
    fn read_at(&mut self, buffer: &mut [u8], position: u64) -> io::Result<usize>;
    /// Writes all bytes.
    fn write_at(&mut self, bytes: &[u8], position: u64) -> io::Result<()>;
    /// Its length.
    fn length(&mut self) -> io::Result<u64>;
    /// Cuts or extends (with zeros) to a length.
    fn set_length(&mut self, length: u64) -> io::Result<()>;
    /// Makes content and length durable (fdatasync).
    fn sync(&mut self) -> io::Result<()>;
}

/// A directory of the machine's file system.
#[derive(Clone, Debug)]
pub struct Directory(PathBuf);

impl Directory {
    /// The directory at a path; it need not exist yet.
    pub fn new(path: &Path) -> Directory {
        Directory(path.to_path_buf())
    }
}

impl Disk for Directory {
    fn lock(&self) -> io::Result<Option<Box<dyn Send>>> {
        fs::create_dir_all(&self.0)?;
        let path = self.0.join("lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Box::new(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn open(&self, name: &str, mode: Mode) -> io::Result<Box<dyn DiskFile>> {
        let write = mode != Mode::Read;
        let create = mode == Mode::Create;
        let mut options = OpenOptions::new();
        options.read(true).write(write).create(create).truncate(create);
        Ok(Box::new(options.open(self.0.join(name))?))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.0.join(name))
    }

    fn replace(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.0.join(from), self.0.join(to))
    }

    #[cfg(unix)]
    fn sync_directory(&self) -> io::Result<()> {
        File::open(&self.0)?.sync_all()
    }

    #[cfg(not(unix))]
    fn sync_directory(&self) -> io::Result<()> {
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl DiskFile for File {
    fn read_at(&mut self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        self.seek(SeekFrom::Start(position))?;
        loop {
            match self.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                result => return result,
            }
        }
    }

    fn write_at(&mut self, bytes: &[u8], position: u64) -> io::Result<()> {
        self.seek(SeekFrom::Start(position))?;
        self.write_all(bytes)
    }

    fn length(&mut self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn set_length(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}
