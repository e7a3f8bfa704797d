//! Every text of a history on disk, for whoever looks for something that must not be there.
//!
//! What it is not: it reads no numbers and no times, as nobody's name is one. It works beside a
//! running writer, on the checkpoint that there is when it begins.

use std::path::Path;
use std::sync::Arc;

use super::{
    Directory, Error, Folder, MANIFEST, attempt, open_part, part_bytes, part_name, read_manifest,
    read_state, state_name,
};
use crate::cache::Cache;
use crate::column::Values;

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextsRead {
    /// Names of the files of the checkpoint.
    pub files: Vec<String>,
    /// Their bytes.
    pub bytes: u64,
}

/// Gives every text of every file of the checkpoint in a folder, with the name of the file: texts of
/// dictionaries and values, names, ids of users, and the states of engine and live users as bytes.
pub fn each_text(dir: &Path, take: &mut dyn FnMut(&str, &[u8])) -> Result<TextsRead, Error> {
    let made = Directory::make(dir);
    let folder = made.map_err(|source| Error::Io { action: "open", path: dir.into(), source })?;
    let folder: Arc<dyn Folder> = Arc::new(folder);
    let mut read = TextsRead::default();
    let Some(manifest) = read_manifest(&*folder)? else { return Ok(read) };
    let name = state_name(manifest.state);
    let state = read_state(&*folder, manifest.state)?;
    state.names.all().iter().for_each(|text| take(&name, text.as_bytes()));
    state.users.iter().for_each(|facts| take(&name, facts.public_id.as_bytes()));
    for piece in state.fold.chain(state.live) {
        take(&name, &piece?);
    }
    read.bytes += attempt(&*folder, "measure", &name, folder.length(&name))?;
    // Its own, so that what is read once takes the place of nothing that is asked for often.
    let cache = Arc::new(Cache::default());
    cache.set_limit(0);
    for (_, number) in &manifest.parts {
        let part = open_part(&folder, *number, state.names.all().len(), &cache)?;
        let file = part_name(*number);
        for column in part.columns() {
            let Some(column) = part.column(column)? else { continue };
            match &column.values {
                Values::Text(_, dictionary) => {
                    dictionary.iter().for_each(|text| take(&file, text.as_bytes()));
                }
                Values::Mixed(values) => {
                    values.iter().for_each(|value| each_of(value, &file, take));
                }
                Values::Int(_)
                | Values::Decimal(..)
                | Values::Float(_)
                | Values::Time(_)
                | Values::Bool(_) => {}
            }
        }
        read.bytes += part_bytes(&*folder, *number)?;
        read.files.push(file);
    }
    read.files.extend([name, MANIFEST.to_owned()]);
    Ok(read)
}

fn each_of(value: &model::Value, file: &str, take: &mut dyn FnMut(&str, &[u8])) {
    match value {
        model::Value::Text(text) => take(file, text.as_bytes()),
        model::Value::List(items) => items.iter().for_each(|item| each_of(item, file, take)),
        _ => {}
    }
}
