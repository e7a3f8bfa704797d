//! Backups of a data directory while it is in use, and what is made of them again.
//!
//! A backup is a data directory: the files of one checkpoint (hard links where the disk allows, as
//! nobody changes them), the frames of the log from that checkpoint on, the configuration, and the
//! file [`LIST`] with the length and the SHA-256 of each. That list is written last: a folder
//! without it is no backup. The part of the log before the checkpoint is not in it, so the history
//! of a restored directory cannot be built again from its log.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use history::{Done, Merging};
use log::{Log, Offset, Options, Reader, Remedy};
use sha2::{Digest, Sha256};

use wire::api::ErasureReceipt;

use super::{EraseWish, Workspace, WorkspaceError, config_path};
use crate::catalogs;
use crate::clock;
use crate::config::ConfigError;

/// The file that lists all others.
pub const LIST: &str = "backup";
/// Its first line.
const HEAD: &str = "perennial backup 1";
/// The largest list that is read, in bytes: some hundred thousand files.
const LIST_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Bytes read at once while hashing.
const READ_BYTES: usize = 1024 * 1024;

/// What can go wrong with a backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is something already.
    #[error("{} is not empty; choose a folder that does not exist yet", dir.display())]
    NotEmpty {
        /// Where.
        dir: PathBuf,
    },
    /// It has no list of files.
    #[error("{} is no finished backup: it has no file \"{LIST}\"; choose another one", dir.display())]
    Unfinished {
        /// Which folder.
        dir: PathBuf,
    },
    /// A file is not what was backed up.
    #[error("{} is damaged: {what}; restore another backup", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The operating system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The log.
    #[error("log: {}", super::error::with_cause(.0))]
    Log(#[from] log::Error),
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Its folder.
    pub dir: PathBuf,
    /// Everything acknowledged before this position of the log is in it.
    pub log_position: u64,
    /// Files, the list not counted.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// A file of the list.
struct Entry {
    name: String,
    bytes: u64,
    hash: String,
}

/// The part of a backup that must be made while the files of a checkpoint stay.
pub(crate) struct Copying {
    /// The folder of the history.
    pub(crate) history: PathBuf,
    /// The folder of the backup.
    pub(crate) to: PathBuf,
}

impl Copying {
    /// Takes the files of a checkpoint, and the log from there on.
    pub(crate) fn copy(&self, done: &Done, reader: &Reader) -> Result<(), BackupError> {
        let to = self.to.join("history");
        for name in &done.files {
            link_or_copy(&self.history.join(name), &to.join(name))?;
        }
        sync_dir(&to)?;
        copy_log(reader, Offset(done.log_position), &self.to.join("log"))
    }
}

impl Workspace {
    /// Makes a backup of everything acknowledged so far in a folder that is empty or not there.
    /// Records are accepted meanwhile. Blocks its thread. Cost: a checkpoint, and one reading of
    /// all files.
    pub fn backup(&self, to: &Path) -> Result<Backup, WorkspaceError> {
        refuse_unless_empty(to)?;
        let made = self.backup_into(to);
        if made.is_err() {
            // It was empty; what was begun would only stand in the way of the next attempt.
            let _ = fs::remove_dir_all(to);
        }
        made
    }

    fn backup_into(&self, to: &Path) -> Result<Backup, WorkspaceError> {
        for dir in [to, &to.join("history"), &to.join("log")] {
            attempt("make folder", dir, fs::create_dir_all(dir))?;
        }
        let copying = Copying { history: self.dir().join("history"), to: to.to_path_buf() };
        self.maintain(Merging::Tiered, Some(copying))?;
        self.config().copy_to(&config_path(to)).map_err(BackupError::from)?;
        self.catalogs().copy_to(&to.join(catalogs::FILE)).map_err(BackupError::from)?;
        let (log, _) = Log::open(&to.join("log"), copied()).map_err(BackupError::from)?;
        let log_position = log.end().0;
        drop(log);
        let backup = finish(to, log_position)?;
        self.config().add_backup(&to.display().to_string(), self.now().0)?;
        Ok(backup)
    }
}

/// Makes a data directory of a backup. Every byte of it is verified before anything is written.
///
/// Errors: `NotEmpty` if there is something at `to`, `Unfinished`, `Damaged` with the file, `Io`.
pub fn restore(from: &Path, to: &Path) -> Result<Backup, WorkspaceError> {
    refuse_unless_empty(to)?;
    let (log_position, entries) = read_list(from)?;
    for entry in &entries {
        verify(from, entry)?;
    }
    let report = history::check(&from.join("history"))?;
    if let Some(problem) = report.problems.into_iter().next() {
        return Err(problem.into());
    }
    for dir in [to, &to.join("history"), &to.join("log")] {
        attempt("make folder", dir, fs::create_dir_all(dir))?;
    }
    for Entry { name, .. } in &entries {
        copy(&from.join(name), &to.join(name))?;
    }
    for dir in [&to.join("history"), &to.join("log"), to] {
        sync_dir(dir)?;
    }
    let bytes = entries.iter().map(|entry| entry.bytes).sum();
    Ok(Backup { dir: to.to_path_buf(), log_position, files: entries.len() as u64, bytes })
}

/// Whether a folder is a finished backup.
pub fn is_backup(dir: &Path) -> bool {
    dir.join(LIST).is_file()
}

/// Erases a person in a backup, which stays one: its files are written anew (none is changed in place,
/// as the directory that it was made of may share them), and then its list. Called again after a
/// crash, it goes on. `None`: nobody there has the id.
///
/// Errors: it is no backup; those of opening and erasing.
pub fn erase_in_backup(
    dir: &Path,
    id: &str,
    by: &str,
) -> Result<Option<ErasureReceipt>, WorkspaceError> {
    read_list(dir)?;
    let (workspace, _) = Workspace::open(dir)?;
    let erased = workspace.erase(&EraseWish { id, suppress: false, by }, &|_| 0)?;
    workspace.finish_erasures()?;
    let all = workspace.erasures()?;
    let receipt = erased.and_then(|of| all.into_iter().find(|receipt| receipt.id == of.id));
    let log_position = workspace.log_position();
    workspace.close()?;
    drop(workspace);
    finish(dir, log_position)?;
    Ok(receipt)
}

fn refuse_unless_empty(dir: &Path) -> Result<(), BackupError> {
    match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        found => match attempt("list", dir, found)?.next() {
            None => Ok(()),
            Some(_) => Err(BackupError::NotEmpty { dir: dir.to_path_buf() }),
        },
    }
}

/// Whole frames that are durable, with the offsets that they have.
fn copy_log(reader: &Reader, from: Offset, to: &Path) -> Result<(), BackupError> {
    let mut log = Log::begin_at(to, from, copied())?;
    let mut frames = reader.read_from(from)?;
    while let Some((_, payload)) = frames.next_frame()? {
        match log.append(payload) {
            Err(error) if error.remedy() == Remedy::SyncFirst => {
                log.sync()?;
                log.append(payload)?;
            }
            other => drop(other?),
        }
    }
    log.sync()?;
    Ok(())
}

fn copied() -> Options {
    Options { preallocate_bytes: 0, ..Options::default() }
}

/// Writes the list of everything that is in the folder.
fn finish(dir: &Path, log_position: u64) -> Result<Backup, BackupError> {
    let mut names = vec!["config.db".to_owned()];
    // Backups of earlier versions have none.
    names.extend(dir.join(catalogs::FILE).is_file().then(|| catalogs::FILE.to_owned()));
    for part in ["history", "log"] {
        let folder = dir.join(part);
        for entry in attempt("list", &folder, fs::read_dir(&folder))? {
            let entry = attempt("list", &folder, entry)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name != "lock" {
                names.push(format!("{part}/{name}"));
            }
        }
    }
    names.sort_unstable();
    let mut list = format!("{HEAD}\nmade_at {}\nlog_position {log_position}\n", clock::now());
    let (files, mut bytes) = (names.len() as u64, 0);
    for name in names {
        let (length, hash) = hash_of(&dir.join(&name))?;
        bytes += length;
        list += &format!("{hash} {length} {name}\n");
    }
    list += &format!("{}\n", hex(&Sha256::digest(list.as_bytes())));
    let path = dir.join(LIST);
    attempt("write", &path, fs::write(&path, list))?;
    sync_file(&path)?;
    sync_dir(dir)?;
    Ok(Backup { dir: dir.to_path_buf(), log_position, files, bytes })
}

fn read_list(dir: &Path) -> Result<(u64, Vec<Entry>), BackupError> {
    let path = dir.join(LIST);
    let damaged = |what: &str| BackupError::Damaged { path: path.clone(), what: what.into() };
    let file = match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(BackupError::Unfinished { dir: dir.to_path_buf() });
        }
        opened => attempt("open", &path, opened)?,
    };
    let mut bytes = Vec::new();
    attempt("read", &path, file.take(LIST_BYTES_MAX).read_to_end(&mut bytes))?;
    let text = String::from_utf8(bytes).map_err(|_| damaged("it is not text"))?;
    let body = text.strip_suffix('\n').and_then(|text| text.rsplit_once('\n'));
    let (body, hash) = body.ok_or_else(|| damaged("it is cut off"))?;
    if hex(&Sha256::digest(format!("{body}\n").as_bytes())) != hash {
        return Err(damaged("its last line is not the SHA-256 of the lines before"));
    }
    let mut lines = body.lines();
    if lines.next() != Some(HEAD) {
        return Err(damaged("it is of a version that this program does not read"));
    }
    let position = lines.nth(1).and_then(|line| line.strip_prefix("log_position ")?.parse().ok());
    let position = position.ok_or_else(|| damaged("it names no log position"))?;
    let entries = lines.map(|line| entry_of(line).ok_or_else(|| damaged("a line is no file")));
    Ok((position, entries.collect::<Result<_, _>>()?))
}

/// A line of the list; nothing outside of the folder can be named.
fn entry_of(line: &str) -> Option<Entry> {
    let (hash, rest) = line.split_once(' ')?;
    let (bytes, name) = rest.split_once(' ')?;
    let plain = |name: &str| !name.is_empty() && !name.contains(['/', '\\', ':']) && name != "..";
    let known = match name.split_once('/') {
        None => ["config.db", catalogs::FILE].contains(&name),
        Some((part, name)) => ["history", "log"].contains(&part) && plain(name),
    };
    let entry = Entry { name: name.into(), bytes: bytes.parse().ok()?, hash: hash.into() };
    known.then_some(entry)
}

fn verify(dir: &Path, entry: &Entry) -> Result<(), BackupError> {
    let path = dir.join(&entry.name);
    let (bytes, hash) = hash_of(&path)?;
    let what = match (bytes == entry.bytes, hash == entry.hash) {
        (true, true) => return Ok(()),
        (false, _) => format!("it has {bytes} bytes instead of {}", entry.bytes),
        (true, false) => "its SHA-256 is not the one in the list".into(),
    };
    Err(BackupError::Damaged { path, what })
}

fn hash_of(path: &Path) -> Result<(u64, String), BackupError> {
    let mut file = attempt("open", path, File::open(path))?;
    let (mut hasher, mut bytes) = (Sha256::new(), 0);
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let n = attempt("read", path, file.read(&mut buffer))?;
        if n == 0 {
            return Ok((bytes, hex(&hasher.finalize())));
        }
        bytes += n as u64;
        hasher.update(&buffer[..n]);
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Files of a checkpoint never change, so two folders may share them; the manifest is small.
fn link_or_copy(from: &Path, to: &Path) -> Result<(), BackupError> {
    match fs::hard_link(from, to) {
        Ok(()) => Ok(()),
        Err(_) => copy(from, to),
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), BackupError> {
    attempt("copy", from, fs::copy(from, to))?;
    sync_file(to)
}

fn sync_file(path: &Path) -> Result<(), BackupError> {
    attempt("sync", path, File::options().write(true).open(path).and_then(|file| file.sync_all()))
}

#[cfg(unix)]
fn sync_dir(dir: &Path) -> Result<(), BackupError> {
    attempt("sync", dir, File::open(dir).and_then(|dir| dir.sync_all()))
}

#[cfg(not(unix))]
fn sync_dir(_: &Path) -> Result<(), BackupError> {
    Ok(())
}

fn attempt<T>(action: &'static str, path: &Path, result: io::Result<T>) -> Result<T, BackupError> {
    result.map_err(|source| BackupError::Io { action, path: path.to_path_buf(), source })
}
