//! The state file: what a checkpoint holds beside parts.
//!
//! It is a file of blocks: facts of names and users, the pieces of the engine's state, and an end
//! that says how many there were. Pieces are made, compressed and written one at a time, and read
//! one at a time, so that nobody ever holds all of them. A file of one block of kind 0 is of the
//! version before: facts, and the state of the fold in the same block.

use super::block::Tag;
use super::block_file::{BlockFile, NewBlockFile, Place};
use super::codec::{Reader, Wrong, put_bytes, put_i64, put_u64};
use super::spread::{put_spread, spread};
use super::{Error, Folder, damaged, state_name};
use model::Text;

use crate::names::Names;
use crate::users::{UserFacts, Users};

/// Kinds of blocks, in the order in which they stand in a file.
const WHOLE: u8 = 0;
const FACTS: u8 = 1;
const FOLD: u8 = 2;
const LIVE: u8 = 3;
const END: u8 = 4;

/// Bytes in pieces, each made when it is asked for: by the thread that writes them.
pub type Pieces = Box<dyn Iterator<Item = Vec<u8>> + Send>;

/// What the store itself keeps in a state.
pub(crate) struct Facts<'a> {
    /// Names by number.
    pub(crate) names: &'a Names,
    /// Facts of users by number.
    pub(crate) users: &'a Users,
}

/// What a checkpoint holds beside parts.
pub(crate) struct State {
    /// Names by number.
    pub(crate) names: Names,
    /// Facts of users by number.
    pub(crate) users: Users,
    /// The state of the fold.
    pub(crate) fold: SavedPieces,
    /// The state of what is live.
    pub(crate) live: SavedPieces,
}

/// Pieces that a checkpoint has on disk, in the order in which they were written; each is read and
/// verified when it is asked for. They are there until the next checkpoint is written.
#[derive(Default)]
pub struct SavedPieces {
    file: Option<BlockFile>,
    places: std::vec::IntoIter<Place>,
    /// What has been read already.
    whole: Option<Vec<u8>>,
}

impl Iterator for SavedPieces {
    type Item = Result<Vec<u8>, Error>;

    fn next(&mut self) -> Option<Result<Vec<u8>, Error>> {
        if let Some(whole) = self.whole.take() {
            return Some(Ok(whole));
        }
        let (file, place) = (self.file.as_ref()?, self.places.next()?);
        let piece = file.read(place);
        if piece.is_err() {
            self.places = Default::default();
        }
        Some(piece)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let n = self.places.len() + usize::from(self.whole.is_some());
        (n, Some(n))
    }
}

impl ExactSizeIterator for SavedPieces {}

/// Writes a state as the file of a number.
pub(crate) fn write_state(
    folder: &dyn Folder,
    file: u64,
    facts: Facts,
    (fold, live): (Pieces, Pieces),
) -> Result<(), Error> {
    let mut file = NewBlockFile::create(folder, state_name(file))?;
    file.put(Tag { kind: FACTS, number: 0 }, &encode(facts))?;
    let mut end = Vec::new();
    for (kind, pieces) in [(FOLD, fold), (LIVE, live)] {
        let mut n = 0;
        for piece in pieces {
            file.put(Tag { kind, number: n }, &piece)?;
            n += 1;
        }
        put_u64(&mut end, u64::from(n));
    }
    file.put(Tag { kind: END, number: 0 }, &end)?;
    file.finish()
}

/// The state of the file of a number. The pieces in it are verified when they are read.
pub(crate) fn read_state(folder: &dyn Folder, file: u64) -> Result<State, Error> {
    let name = state_name(file);
    let file = BlockFile::open(folder, &name)?;
    let places = file.places()?;
    let Some((first, rest)) = places.split_first() else {
        return Err(file.wrong(8, "its first block is missing"));
    };
    let raw = file.read(*first)?;
    let mut reader = Reader::new(&raw);
    let facts = read_facts(&mut reader);
    let (names, users) = facts.map_err(|wrong| damaged(&folder.path(&name), wrong))?;
    if first.tag.kind == WHOLE && rest.is_empty() {
        let fold = reader.bytes().map_err(|wrong| damaged(&folder.path(&name), wrong))?;
        let whole = Some(fold.to_vec()).filter(|fold| !fold.is_empty());
        let fold = SavedPieces { whole, ..SavedPieces::default() };
        return Ok(State { names, users, fold, live: SavedPieces::default() });
    }
    let (fold, live) = sections(&file, first, rest)?;
    let pieces = |places: Vec<Place>| {
        let (file, places) = (Some(file.clone()), places.into_iter());
        SavedPieces { file, places, whole: None }
    };
    Ok(State { names, users, fold: pieces(fold.to_vec()), live: pieces(live.to_vec()) })
}

/// The places of both kinds of pieces, if the blocks are those that were written.
fn sections<'a>(
    file: &BlockFile,
    first: &Place,
    rest: &'a [Place],
) -> Result<(&'a [Place], &'a [Place]), Error> {
    let missing = |place: &Place| file.wrong(place.at, "blocks are missing at its end");
    let (end, pieces) = rest.split_last().ok_or_else(|| missing(first))?;
    if first.tag.kind != FACTS || end.tag != (Tag { kind: END, number: 0 }) {
        return Err(missing(end));
    }
    let counts = file.read(*end)?;
    let mut reader = Reader::new(&counts);
    let counted = reader.u64().and_then(|fold| Ok((fold, reader.u64()?)));
    let (n_fold, n_live) = counted.map_err(|Wrong { what, .. }| file.wrong(end.at, what))?;
    let tags = |kind, n: u64| (0..n).map(move |number| Tag { kind, number: number as u32 });
    let expected = tags(FOLD, n_fold).chain(tags(LIVE, n_live));
    match pieces.iter().map(|place| place.tag).eq(expected) {
        true => Ok(pieces.split_at(n_fold as usize)),
        false => Err(file.wrong(first.at, "the blocks after it are not those that were written")),
    }
}

pub(super) fn encode(Facts { names, users }: Facts) -> Vec<u8> {
    let mut raw = Vec::new();
    put_u64(&mut raw, names.all().len() as u64);
    names.all().iter().for_each(|name| put_bytes(&mut raw, name.as_bytes()));
    put_users(&mut raw, users);
    raw
}

fn read_facts(reader: &mut Reader) -> Result<(Names, Users), Wrong> {
    let names = (0..reader.u64()?).map(|_| reader.text()).collect::<Result<Vec<_>, _>>()?;
    Ok((Names::of(names), read_users(reader)?))
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
