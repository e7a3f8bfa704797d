//! Checking a history on disk: every block of every file is read, and everything that is damaged
//! is named. It works beside a running writer.

use std::path::Path;
use std::sync::Arc;

use model::Timestamp;

use super::{
    Directory, Error, Folder, Manifest, attempt, part_bytes, part_name, read_manifest, read_state,
    state_name, verify_part,
};
use crate::part::Family;

/// How often a check begins again because the writer replaced the checkpoint under it.
const ATTEMPTS_MAX: usize = 8;

/// What a check found.
#[derive(Debug, Default)]
pub struct CheckReport {
    /// Files read.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Rows in parts that are whole.
    pub rows: u64,
    /// What is wrong, in order of files; empty if nothing is.
    pub problems: Vec<Error>,
}

/// Reads every file of the checkpoint in a folder and verifies checksums, order of rows, names and
/// families. Damage is in the report; an error means that the folder itself cannot be read.
pub fn check(dir: &Path) -> Result<CheckReport, Error> {
    let made = Directory::make(dir);
    let folder = made.map_err(|source| Error::Io { action: "open", path: dir.into(), source })?;
    let folder: Arc<dyn Folder> = Arc::new(folder);
    check_in(&folder)
}

pub(crate) fn check_in(folder: &Arc<dyn Folder>) -> Result<CheckReport, Error> {
    let mut report = CheckReport::default();
    for _ in 0..ATTEMPTS_MAX {
        let manifest = match read_manifest(&**folder) {
            Ok(Some(manifest)) => manifest,
            Ok(None) => return Ok(report),
            Err(error @ Error::Damaged { .. }) => {
                return Ok(CheckReport { files: 1, problems: vec![error], ..report });
            }
            Err(error) => return Err(error),
        };
        report = check_files(folder, &manifest);
        let moved = report.problems.iter().any(missing)
            && read_manifest(&**folder).is_ok_and(|now| now.as_ref() != Some(&manifest));
        if !moved {
            break;
        }
    }
    Ok(report)
}

fn missing(error: &Error) -> bool {
    matches!(error, Error::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
}

fn check_files(folder: &Arc<dyn Folder>, manifest: &Manifest) -> CheckReport {
    let mut report = CheckReport { files: 2, ..CheckReport::default() };
    let n_names = match check_state(&**folder, manifest) {
        Ok((n_names, bytes)) => {
            report.bytes += bytes;
            n_names
        }
        // Without it the numbers of names cannot be checked; everything else can.
        Err(error) => {
            report.problems.push(error);
            u32::MAX as usize
        }
    };
    for (family, file) in &manifest.parts {
        report.files += 1;
        match check_part(folder, (*family, *file), n_names) {
            Ok((bytes, rows)) => {
                report.bytes += bytes;
                report.rows += rows;
            }
            Err(error) => report.problems.push(error),
        }
    }
    report
}

fn check_state(folder: &dyn Folder, manifest: &Manifest) -> Result<(usize, u64), Error> {
    let state = read_state(folder, manifest.state)?;
    for piece in state.fold.chain(state.live) {
        piece?;
    }
    let name = state_name(manifest.state);
    let bytes = attempt(folder, "measure", &name, folder.length(&name))?;
    Ok((state.names.all().len(), bytes))
}

fn check_part(
    folder: &Arc<dyn Folder>,
    (family, file): (Family, u64),
    n_names: usize,
) -> Result<(u64, u64), Error> {
    let bytes = part_bytes(&**folder, file)?;
    let part = verify_part(folder, file, n_names)?;
    let wrong = |what| Err(Error::Damaged { path: folder.path(&part_name(file)), at: 0, what });
    let name = family.name();
    if name.0 as usize >= n_names {
        return wrong("the manifest gives it a name that does not exist");
    }
    let outside = |time| match family {
        Family::Event { .. } => Family::of_event(name, Timestamp(time)) != family,
        Family::Attribute { .. } => Family::of_attribute(name, Timestamp(time)) != family,
        Family::Transition { .. } => Family::of_transition(name, Timestamp(time)) != family,
    };
    let facts = part.facts();
    if !part.is_empty() && (outside(facts.time_min) || outside(facts.time_max)) {
        return wrong("it holds rows of another month than the manifest says");
    }
    Ok((bytes, part.len() as u64))
}
