//! Files that wait on the disk while they are read: of uploads, and of buckets.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::failure::Failure;

/// The folder of a data directory in which they are.
const FOLDER: &str = "spool";

/// Tells them apart within the process; a data directory belongs to one.
static NUMBER: AtomicU64 = AtomicU64::new(0);

/// An empty file for writing and reading, which is gone when it is closed.
pub fn file(data_dir: &Path) -> Result<File, Failure> {
    make(&data_dir.join(FOLDER)).map_err(|error| no_room(&error))
}

fn make(folder: &Path) -> io::Result<File> {
    fs::create_dir_all(folder)?;
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = folder.join(format!("{number}.part"));
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path)?;
    // It lives as long as it is open, also where the process does not come to close it.
    fs::remove_file(&path)?;
    Ok(file)
}

/// The failure of a disk that does not take more.
pub fn no_room(error: &io::Error) -> Failure {
    let message = format!("the file cannot be kept on the server's disk while it is read: {error}");
    Failure::new(507, "server.no_room", message).hint("make room in the data directory")
}
