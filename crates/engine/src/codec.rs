//! The state of the fold as bytes, version 3: pieces of some ten thousand persons, so that nobody
//! holds all of it as one buffer.
//!
//! Counts and lengths are little-endian `u32`, texts are length and UTF-8. A piece is the version,
//! the number of all persons, the number of the first of its own and how many it has, and the
//! persons. Whoever stores the pieces adds checksums. What it is not: it stores no tables of ids, as
//! they follow from the persons.

use model::{Text, UserIndex};

use crate::chunks::{CHUNK, Chunks};
use crate::fold::Fold;
use crate::identity::person::More;
use crate::identity::{Identity, Person};

mod reader;
mod version_1;

use reader::{Reader, Wrong};

const VERSION: u32 = 3;
/// Had neither identities nor separations; ids of a merged person were copied.
const VERSION_2: u32 = 2;
const NOBODY: u32 = u32::MAX;

/// Persons of a piece: a few MB.
const PIECE: usize = 32 * CHUNK;

/// A state that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the identity snapshot is damaged in piece {piece} at byte {at}: {what}; restore the checkpoint \
     or replay the log from its start"
)]
pub struct Damaged {
    /// In which piece, counted from 0.
    pub piece: usize,
    /// Where in it.
    pub at: usize,
    /// What is wrong.
    pub what: &'static str,
}

/// The state of a fold as it was at one moment, to be encoded by another thread while the fold goes
/// on.
#[derive(Clone, Debug)]
pub struct Frozen {
    persons: Chunks<Person>,
}

impl Frozen {
    pub(crate) fn of(identity: &Identity) -> Frozen {
        Frozen { persons: identity.persons.freeze() }
    }

    /// The state as bytes, a piece of a few MB at a time, each made when it is asked for; none if
    /// there are no users. Equal states give equal bytes.
    pub fn pieces(self) -> impl Iterator<Item = Vec<u8>> + Send {
        let firsts = (0..self.persons.len()).step_by(PIECE);
        firsts.map(move |first| piece(&self.persons, first))
    }
}

/// Makes a fold of the pieces of a state, one by one.
#[derive(Debug, Default)]
pub struct Restoring {
    persons: Chunks<Person>,
    /// Persons that all pieces have together.
    total: Option<u32>,
    /// Pieces so far.
    n: usize,
}

impl Restoring {
    /// Takes the next piece. Version 1 is read too: it has one piece.
    pub fn take(&mut self, piece: &[u8]) -> Result<(), Damaged> {
        let taken = self.read(piece).map_err(|Wrong { at, what }| self.damaged(at, what));
        self.n += 1;
        taken
    }

    /// The fold, when all pieces were taken; an empty one if there were none.
    pub fn finish(self) -> Result<Fold, Damaged> {
        if self.total.is_some_and(|total| total as usize != self.persons.len()) {
            return Err(self.damaged(0, "it is missing"));
        }
        let before = self.n.saturating_sub(1);
        let identity = Identity::from_persons(self.persons);
        let what = "two users have one id";
        Ok(Fold::of(identity.ok_or(Damaged { piece: before, at: 0, what })?))
    }

    fn read(&mut self, piece: &[u8]) -> Result<(), Wrong> {
        let mut reader = Reader::new(piece);
        let version = reader.number()?;
        match version {
            VERSION | VERSION_2 => {}
            version_1::VERSION if self.total.is_none() => {
                self.persons = version_1::read(&mut reader)?;
                self.total = Some(self.persons.len() as u32);
                return Ok(());
            }
            _ => return Err(reader.wrong("it is of a version that this program does not read")),
        }
        let (total, first, n) = (reader.number()?, reader.number()?, reader.number()?);
        let follows = first as usize == self.persons.len() && n <= total.saturating_sub(first);
        if !follows || *self.total.get_or_insert(total) != total {
            return Err(reader.wrong("it does not follow the piece before it"));
        }
        for _ in 0..n {
            self.persons.push(person(&mut reader, version)?);
        }
        match reader.at_end() {
            true => Ok(()),
            false => Err(reader.wrong("more follows than was written")),
        }
    }

    fn damaged(&self, at: usize, what: &'static str) -> Damaged {
        Damaged { piece: self.n, at, what }
    }
}

/// The persons of one piece.
fn piece(persons: &Chunks<Person>, first: usize) -> Vec<u8> {
    let n = PIECE.min(persons.len() - first);
    let mut out = Vec::with_capacity(n * 64);
    for number in [VERSION, persons.len() as u32, first as u32, n as u32] {
        put(&mut out, number);
    }
    for person in persons.slices().skip(first / CHUNK).take(PIECE / CHUNK).flatten() {
        let Person { public_id, user_ids, anonymous_ids, merged_into, lost, more } = person;
        put_text(&mut out, public_id);
        put(&mut out, merged_into.map_or(NOBODY, |user| user.0));
        for ids in [user_ids, anonymous_ids] {
            put(&mut out, ids.len() as u32);
            ids.iter().for_each(|id| put_text(&mut out, id));
        }
        put(&mut out, lost.len() as u32);
        lost.iter().for_each(|at| put(&mut out, *at));
        put(&mut out, u32::from(more.is_some()));
        if let Some(More { identities, merged, claims, apart }) = more.as_deref() {
            for texts in [identities, claims] {
                put(&mut out, texts.len() as u32);
                texts.iter().for_each(|text| put_text(&mut out, text));
            }
            put(&mut out, merged.len() as u32);
            merged.iter().for_each(|person| put(&mut out, person.0));
            put(&mut out, u32::from(*apart));
        }
    }
    out
}

fn person(reader: &mut Reader, version: u32) -> Result<Person, Wrong> {
    let public_id = reader.text()?;
    let merged_into = Some(reader.number()?).filter(|n| *n != NOBODY).map(UserIndex);
    let (user_ids, anonymous_ids) = (reader.texts()?, reader.texts()?);
    let lost = reader.numbers()?;
    let person = Person { public_id, user_ids, anonymous_ids, merged_into, lost, more: None };
    if version == VERSION_2 {
        return Ok(without_copies(person));
    }
    let more = match reader.flag()? {
        false => None,
        true => {
            let (identities, claims) = (reader.texts()?, reader.texts()?);
            let merged = reader.numbers()?.into_iter().map(UserIndex).collect();
            Some(Box::new(More { identities, merged, claims, apart: reader.flag()? }))
        }
    };
    Ok(Person { more, ..person })
}

/// A person of a version in which ids went to the person that remains: of one who was merged, only
/// the name is left, and nobody can separate them.
fn without_copies(person: Person) -> Person {
    match person.merged_into {
        Some(_) => Person {
            public_id: person.public_id,
            merged_into: person.merged_into,
            ..Person::default()
        },
        None => person,
    }
}

fn put(out: &mut Vec<u8>, n: u32) {
    out.extend_from_slice(&n.to_le_bytes());
}

fn put_text(out: &mut Vec<u8>, text: &Text) {
    put(out, text.len() as u32);
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests;
