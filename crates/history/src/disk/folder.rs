//! The few operations on files that a history needs, behind a trait so that tests can make each of
//! them fail, or lose what was not synced.
//!
//! What it is not: it knows nothing of what a file holds.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

#[cfg(test)]
pub(crate) mod memory;

/// A folder of files without folders in it.
pub(crate) trait Folder: Send + Sync {
    /// Writes a whole new file, or replaces one of that name, and makes its content durable. Its
    /// name is durable only after [`Folder::sync`].
    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()>;
    /// All bytes of a file.
    fn read(&self, name: &str) -> io::Result<Vec<u8>>;
    /// Exactly `length` bytes of a file from `from` on; fewer are an error.
    #[allow(dead_code, reason = "parts that are read column by column need it")]
    fn read_range(&self, name: &str, from: u64, length: usize) -> io::Result<Vec<u8>>;
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

impl Folder for Directory {
    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        // Not into an old file of the name: a backup may share it.
        match fs::remove_file(self.0.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = File::create_new(self.0.join(name))?;
        file.write_all(bytes)?;
        file.sync_data()
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        fs::read(self.0.join(name))
    }

    fn read_range(&self, name: &str, from: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut file = File::open(self.0.join(name))?;
        if from.saturating_add(length as u64) > file.metadata()?.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = vec![0; length];
        file.read_exact(&mut bytes)?;
        Ok(bytes)
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
