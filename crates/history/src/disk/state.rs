//! The state file: what a checkpoint holds beside parts.

use super::codec::{Reader, Wrong, put_bytes, put_i64, put_u64};
use super::spread::{put_spread, spread};
use super::{Error, Folder, damaged, disclosed, enclosed, read_file, state_name, write_file};
use model::Text;

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
    put_users(&mut raw, users);
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
    let users = read_users(&mut reader)?;
    Ok(State { names, users, fold: reader.bytes()?.to_vec() })
}

/// Facts of users, fact by fact: those that follow from others as the difference to them.
fn put_users(out: &mut Vec<u8>, users: &Users) {
    put_i64(out, users.forgotten_until());
    put_u64(out, users.len() as u64);
    let ids = || users.iter().map(|facts| facts.public_id);
    put_spread(out, ids().map(|id| id.len() as u64));
    ids().for_each(|id| out.extend_from_slice(id.as_bytes()));
    let mut before = 0;
    let first_seen: Vec<u64> = users
        .iter()
        .map(|facts| {
            let step = facts.first_seen.wrapping_sub(before);
            before = facts.first_seen;
            zigzag(step)
        })
        .collect();
    put_spread(out, first_seen.into_iter());
    let facts = |of: fn(UserFacts) -> u64| users.iter().map(of);
    put_spread(out, facts(|of| zigzag(of.first_event.wrapping_sub(of.first_seen))));
    put_spread(out, facts(|of| zigzag(of.last_seen.wrapping_sub(of.first_seen))));
    put_spread(out, facts(|of| u64::from(of.n_events)));
    put_spread(out, facts(|of| of.merged_into.map_or(0, |into| u64::from(into) + 1)));
}

fn read_users(reader: &mut Reader) -> Result<Users, Wrong> {
    let mut users = Users::default();
    users.forget_until(reader.i64()?);
    let at = reader.position();
    let n = usize::try_from(reader.u64()?).unwrap_or(usize::MAX);
    let mut ids = Vec::new();
    for length in spread(reader, n)? {
        let id = reader.slice(usize::try_from(length).unwrap_or(usize::MAX))?;
        ids.push(Text::from_utf8(id).map_err(|_| Wrong::at(at, "an id is not UTF-8"))?);
    }
    let (first_seen, first_event) = (spread(reader, n)?, spread(reader, n)?);
    let (last_seen, n_events) = (spread(reader, n)?, spread(reader, n)?);
    let merged_into = spread(reader, n)?;
    let narrow =
        |value: u64| u32::try_from(value).map_err(|_| Wrong::at(at, "a count is too large"));
    let mut before = 0i64;
    for (user, public_id) in ids.into_iter().enumerate() {
        let first = before.wrapping_add(unzigzag(first_seen[user]));
        before = first;
        users.push(UserFacts {
            public_id,
            first_seen: first,
            first_event: first.wrapping_add(unzigzag(first_event[user])),
            last_seen: first.wrapping_add(unzigzag(last_seen[user])),
            n_events: narrow(n_events[user])?,
            merged_into: merged_into[user].checked_sub(1).map(narrow).transpose()?,
        });
    }
    Ok(users)
}

/// Small numbers of either sign as small numbers.
fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}
