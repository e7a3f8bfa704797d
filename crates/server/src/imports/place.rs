//! Where the files of a source are: listed, and fetched one by one.
//!
//! A folder is only ever one below the root that whoever started the server allowed; links are not
//! followed, so that nothing outside of it is read whatever somebody puts into it.

use std::fs::{self, File};
use std::io::Seek;
use std::path::{Component, Path, PathBuf};
use std::time::UNIX_EPOCH;

use wire::api::ImportPlace;

use super::s3::Bucket;
use super::spool;
use crate::failure::Failure;

/// Files of one source at most.
pub const FILES_MAX: usize = 100_000;

/// A file as it is now.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Its name below the folder, or its key in the bucket.
    pub name: String,
    /// Another text for each version of it.
    pub version: String,
    /// Its length.
    pub bytes: u64,
}

/// A place that can be looked through.
pub enum Place {
    /// A folder, already known to be below the root.
    Folder(PathBuf),
    /// A bucket.
    Bucket(Box<Bucket>),
}

impl Place {
    /// Opens a place.
    ///
    /// Errors: the folder is not below the root, or there is none; the bucket cannot be as written.
    pub fn open(place: &ImportPlace, root: Option<&Path>) -> Result<Place, Failure> {
        match place {
            ImportPlace::Directory { path } => Ok(Place::Folder(below(root, path)?)),
            ImportPlace::Bucket { .. } => Ok(Place::Bucket(Box::new(Bucket::of(place)?))),
        }
    }

    /// All files, by name. Hidden ones (their name begins with a point) are left out, and those that
    /// are folders of a bucket.
    pub fn list(&self) -> Result<Vec<Found>, Failure> {
        let mut found = match self {
            Place::Folder(root) => walk(root)?,
            Place::Bucket(bucket) => bucket.list(FILES_MAX)?,
        };
        if found.len() > FILES_MAX {
            let message = format!("the source has more than {FILES_MAX} files");
            return Err(Failure::unprocessable("import.too_many_files", message)
                .hint("name a folder or a prefix with fewer, or remove old files"));
        }
        found.retain(|file| !file.name.split('/').any(|part| part.starts_with('.')));
        found.sort();
        Ok(found)
    }

    /// One of them, open at its beginning. `spool`: the data directory, where it waits if it comes
    /// from afar.
    pub fn fetch(&self, found: &Found, spool: &Path) -> Result<File, Failure> {
        match self {
            Place::Folder(root) => open_inside(root, &found.name),
            Place::Bucket(bucket) => {
                let mut file = spool::file(spool)?;
                bucket.fetch(found, &mut file)?;
                file.rewind().map_err(|error| spool::no_room(&error))?;
                Ok(file)
            }
        }
    }
}

/// The folder of a path below the root.
fn below(root: Option<&Path>, path: &str) -> Result<PathBuf, Failure> {
    let Some(root) = root else {
        let message = "this server reads no folders of its machine";
        return Err(Failure::unprocessable("import.no_directory", message)
            .hint("start it with --import-dir DIR to allow the folders below DIR"));
    };
    let plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    if !plain {
        let message = format!("\"{path}\" is not a path below the folder of imports");
        return Err(Failure::unprocessable("import.path", message)
            .hint("write it like shop/orders: without .., and not from the root of the disk"));
    }
    let asked = root.join(path);
    let folder = asked.canonicalize().map_err(|error| {
        let message = format!("there is no folder \"{path}\": {error}");
        Failure::unprocessable("import.no_folder", message)
            .hint("make it below the folder that --import-dir names")
    })?;
    // A link among the parts leads elsewhere, and then the folder has another name.
    if folder != asked || !folder.is_dir() {
        let message = format!("\"{path}\" is a link or no folder");
        return Err(Failure::unprocessable("import.path", message)
            .hint("links are not followed; name the folder itself"));
    }
    Ok(folder)
}

fn walk(root: &Path) -> Result<Vec<Found>, Failure> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).map_err(|error| unreadable(&folder, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| unreadable(&folder, &error))?;
            // The kind of the entry itself: a link is neither.
            let kind = entry.file_type().map_err(|error| unreadable(&folder, &error))?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                let facts = entry.metadata().map_err(|error| unreadable(&folder, &error))?;
                let path = entry.path();
                let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
                let changed =
                    facts.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
                let changed = changed.map_or(0, |since| since.as_nanos());
                let version = format!("{}-{changed}", facts.len());
                found.push(Found { name, version, bytes: facts.len() });
            }
            if found.len() > FILES_MAX {
                return Ok(found);
            }
        }
    }
    Ok(found)
}

/// Opens a file unless it, or a folder on the way to it, has become a link since it was listed.
fn open_inside(root: &Path, name: &str) -> Result<File, Failure> {
    let path = root.join(name);
    let real = path.canonicalize().map_err(|error| unreadable(&path, &error))?;
    if real != path {
        let message = format!("\"{name}\" is a link");
        return Err(Failure::unprocessable("import.path", message).hint("links are not followed"));
    }
    File::open(real).map_err(|error| unreadable(&path, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    let message = format!("{} cannot be read: {error}", path.display());
    Failure::unprocessable("import.unreadable", message)
        .hint("check that it is there, and that the server's user may read it")
}
