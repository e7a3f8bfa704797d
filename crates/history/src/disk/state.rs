//! The state file: what a checkpoint holds beside parts.

use super::codec::{Reader, Wrong, put_bytes, put_i64, put_u32, put_u64};
use super::{Error, Folder, damaged, disclosed, enclosed, read_file, state_name, write_file};
use crate::names::Names;
use crate::users::{UserFacts, Users};

/// What a checkpoint holds beside parts.
pub(crate) struct State {
    /// Names by number.
    pub(crate) names: Names,
    /// Facts of users by number.
    pub(crate) users: Users,
    /// The state of the fold.
    pub(crate) fold: Vec<u8>,
}

/// Writes a state as the file of a number.
pub(crate) fn write_state(
    folder: &dyn Folder,
    file: u64,
    (names, users, fold): (&Names, &Users, &[u8]),
) -> Result<(), Error> {
    let mut raw = Vec::new();
    put_u64(&mut raw, names.all().len() as u64);
    names.all().iter().for_each(|name| put_bytes(&mut raw, name.as_bytes()));
    put_u64(&mut raw, users.len() as u64);
    for facts in users.iter() {
        let UserFacts { public_id, first_seen, first_event, last_seen, n_events, merged_into } =
            facts;
        put_bytes(&mut raw, public_id.as_bytes());
        put_i64(&mut raw, first_seen);
        put_i64(&mut raw, first_event);
        put_i64(&mut raw, last_seen);
        put_u32(&mut raw, n_events);
        put_u32(&mut raw, merged_into.unwrap_or(u32::MAX));
    }
    put_bytes(&mut raw, fold);
    write_file(folder, &state_name(file), &enclosed(&raw))
}

/// The state of the file of a number.
pub(crate) fn read_state(folder: &dyn Folder, file: u64) -> Result<State, Error> {
    let name = state_name(file);
    let bytes = read_file(folder, &name)?;
    let state = disclosed(&bytes).and_then(|raw| decode(&raw));
    state.map_err(|wrong| damaged(&folder.path(&name), wrong))
}

fn decode(raw: &[u8]) -> Result<State, Wrong> {
    let mut reader = Reader::new(raw);
    let mut names = Names::default();
    for _ in 0..reader.u64()? {
        names.intern(&reader.text()?);
    }
    let mut users = Users::default();
    for _ in 0..reader.u64()? {
        users.push(UserFacts {
            public_id: reader.text()?,
            first_seen: reader.i64()?,
            first_event: reader.i64()?,
            last_seen: reader.i64()?,
            n_events: reader.u32()?,
            merged_into: Some(reader.u32()?).filter(|into| *into != u32::MAX),
        });
    }
    Ok(State { names, users, fold: reader.bytes()?.to_vec() })
}
