//! Where addresses are, by a database that whoever runs the server supplies.
//!
//! What it is: a file that is read whole, and read again when it was replaced. What it is not: it
//! downloads nothing, and no address leaves this process.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::{Duration, SystemTime};

use gateway::device::{Database, Place, PlaceError};

use crate::workspace::Workspace;

/// How often is looked whether the file was replaced; databases are replaced twice a week.
const EVERY: Duration = Duration::from_secs(60);

/// The largest file that is read: the largest city databases have some 150 MB.
const FILE_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GeoError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}; name a MaxMind DB file with --geoip-database FILE", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is too large.
    #[error("{} has more than {FILE_BYTES_MAX} bytes; name a MaxMind DB file of places", path.display())]
    TooLarge {
        /// Which.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("{}: {source}; name a MaxMind DB file (.mmdb), of cities or of countries", path.display())]
    Format {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        source: PlaceError,
    },
}

/// The database that is asked; none: addresses are nowhere.
#[derive(Default)]
pub struct Places(RwLock<Option<Arc<Database<Vec<u8>>>>>);

impl Places {
    /// Reads a file; from now on it is asked. The file's time, to see when it is replaced.
    pub fn read(&self, path: &Path) -> Result<SystemTime, GeoError> {
        let wrong = |source| GeoError::Read { path: path.into(), source };
        let facts = std::fs::metadata(path).map_err(wrong)?;
        let modified = facts.modified().map_err(wrong)?;
        if facts.len() > FILE_BYTES_MAX {
            return Err(GeoError::TooLarge { path: path.into() });
        }
        let bytes = std::fs::read(path).map_err(wrong)?;
        let database = Database::new(bytes)
            .map_err(|source| GeoError::Format { path: path.into(), source })?;
        let (kind, built_at) = database.about();
        tracing::info!(kind, built_at, "addresses are looked up");
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(database));
        Ok(modified)
    }

    /// Where an address is. Addresses of private networks are nowhere.
    pub fn of(&self, address: IpAddr) -> Option<Place> {
        let database = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        database?.place(address)
    }
}

/// Looks, on a thread of its own and for as long as the workspace is open, whether the file was
/// replaced. A file that cannot be read does not take the place of one that can.
pub fn follow(workspace: Weak<Workspace>, path: PathBuf, mut read_at: SystemTime) {
    let look = move || {
        loop {
            std::thread::sleep(EVERY);
            let Some(workspace) = workspace.upgrade() else { return };
            let modified = std::fs::metadata(&path).and_then(|facts| facts.modified());
            if modified.is_ok_and(|modified| modified != read_at) {
                match workspace.places().read(&path) {
                    Ok(at) => read_at = at,
                    Err(error) => {
                        tracing::error!(%error, "the database of addresses stays as it was");
                    }
                }
            }
        }
    };
    if let Err(error) = std::thread::Builder::new().name("places".into()).spawn(look) {
        tracing::error!(%error, "the database of addresses is not read again when it changes");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_asked_until_another_takes_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("places.mmdb");
        let places = Places::default();
        let london = "81.2.69.142".parse().unwrap();
        assert_eq!(places.of(london), None);
        let error = places.read(&path).unwrap_err().to_string();
        assert!(error.contains("--geoip-database"), "{error}");
        let real = include_bytes!("../../gateway/golden/places_v6.mmdb");
        std::fs::write(&path, real).unwrap();
        places.read(&path).unwrap();
        assert_eq!(places.of(london).unwrap().city.as_deref(), Some("London"));
        std::fs::write(&path, &real[..100]).unwrap();
        let error = places.read(&path).unwrap_err().to_string();
        assert!(error.contains("no MaxMind DB file"), "{error}");
        assert_eq!(places.of(london).unwrap().city.as_deref(), Some("London"), "as it was");
    }
}
