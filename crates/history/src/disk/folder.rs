//! The few operations on files that a history needs, behind a trait so that tests can make each of
//! them fail, or lose what was not synced.
//!
//! What it is not: it knows nothing of what a file holds.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

#[cfg(test)]
pub(crate) mod memory;

/// A folder of files without folders in it.
pub(crate) trait Folder: Send + Sync {
    /// A new empty file, in the place of one of that name. Its content is durable after
    /// [`NewFile::finish`], its name after [`Folder::sync`].
    fn create(&self, name: &str) -> io::Result<Box<dyn NewFile + '_>>;
    /// Writes a whole new file, or replaces one of that name, and makes its content durable. Its
    /// name is durable only after [`Folder::sync`].
    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut file = self.create(name)?;
        file.append(bytes)?;
        file.finish()
    }
    /// All bytes of a file.
    fn read(&self, name: &str) -> io::Result<Vec<u8>>;
    /// A file to be read piece by piece. Whether it is there may turn out only then.
    fn open(&self, name: &str) -> io::Result<Arc<dyn ReadAt>>;
    /// Bytes of a file.
    fn length(&self, name: &str) -> io::Result<u64>;
    /// Gives a file another name, in place of the file that has it; durable after [`Folder::sync`].
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Names of all files, in any order.
    fn list(&self) -> io::Result<Vec<String>>;
    /// Makes new, changed and removed names durable.
    fn sync(&self) -> io::Result<()>;
    /// The path of a file, for messages.
    fn path(&self, name: &str) -> PathBuf;
}

/// A file that is being written.
pub(crate) trait NewFile {
    /// Adds bytes at the end.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Makes everything that was added durable.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// Bytes that can be read in any order, from any thread.
pub(crate) trait ReadAt: Send + Sync {
    /// `len` bytes from `at` on; an error if there are fewer.
    fn read_at(&self, at: u64, len: usize) -> io::Result<Vec<u8>>;
    /// How many there are.
    fn length(&self) -> io::Result<u64>;
}

/// A file that is opened when it is first read, and stays open unless many are.
struct Opened {
    path: PathBuf,
    file: OnceLock<File>,
}

/// Files that stay open at once; further ones are opened for each read.
const OPEN_MAX: usize = 700;
static OPEN: AtomicUsize = AtomicUsize::new(0);

impl Opened {
    fn with<T>(&self, read: impl FnOnce(&File) -> io::Result<T>) -> io::Result<T> {
        if let Some(file) = self.file.get() {
            return read(file);
        }
        let file = File::open(&self.path)?;
        let answer = read(&file);
        if OPEN.load(Ordering::Relaxed) < OPEN_MAX && self.file.set(file).is_ok() {
            OPEN.fetch_add(1, Ordering::Relaxed);
        }
        answer
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        if self.file.get().is_some() {
            OPEN.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl ReadAt for Opened {
    fn read_at(&self, at: u64, len: usize) -> io::Result<Vec<u8>> {
        self.with(|file| {
            let mut bytes = vec![0; len];
            file.read_exact_at(&mut bytes, at)?;
            Ok(bytes)
        })
    }

    fn length(&self) -> io::Result<u64> {
        self.with(|file| Ok(file.metadata()?.len()))
    }
}

/// A folder of the machine's file system.
#[derive(Clone, Debug)]
pub(crate) struct Directory(PathBuf);

impl Directory {
    /// The folder at a path, made if it is not there.
    pub(crate) fn make(path: &Path) -> io::Result<Directory> {
        fs::create_dir_all(path)?;
        Ok(Directory(path.to_path_buf()))
    }
}

/// Bytes of a new file that wait for a sync at most. File systems make others who sync wait for
/// what was written before them, of any file: a checkpoint of hundreds of MB that is synced in one
/// go at its end holds up the log, and with it every acknowledgement.
const UNSYNCED_BYTES_MAX: usize = 4 << 20;

/// A file of the machine that is being written.
struct Written {
    file: File,
    unsynced: usize,
}

impl NewFile for Written {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        for piece in bytes.chunks(UNSYNCED_BYTES_MAX) {
            self.file.write_all(piece)?;
            self.unsynced += piece.len();
            if self.unsynced >= UNSYNCED_BYTES_MAX {
                self.file.sync_data()?;
                self.unsynced = 0;
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        self.file.sync_data()
    }
}

impl Folder for Directory {
    fn create(&self, name: &str) -> io::Result<Box<dyn NewFile + '_>> {
        // Not into an old file of the name: a backup may share it.
        match fs::remove_file(self.0.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        Ok(Box::new(Written { file: File::create_new(self.0.join(name))?, unsynced: 0 }))
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        fs::read(self.0.join(name))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn ReadAt>> {
        Ok(Arc::new(Opened { path: self.0.join(name), file: OnceLock::new() }))
    }

    fn length(&self, name: &str) -> io::Result<u64> {
        Ok(fs::metadata(self.0.join(name))?.len())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.0.join(from), self.0.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.0.join(name))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            names.extend(entry?.file_name().into_string().ok());
        }
        Ok(names)
    }

    #[cfg(unix)]
    fn sync(&self) -> io::Result<()> {
        File::open(&self.0)?.sync_all()
    }

    #[cfg(not(unix))]
    fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}
