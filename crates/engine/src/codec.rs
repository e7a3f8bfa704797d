//! The state of the fold as bytes, version 4: pieces of some ten thousand persons or devices, so that
//! nobody holds all of it as one buffer.
//!
//! Counts and lengths are little-endian `u32`, texts are length and UTF-8. A piece is the version,
//! the number of all persons, of all devices and addresses, which of both it has, the number of the
//! first of its own and how many it has, and those. Pieces of persons come first. Whoever stores the pieces adds checksums. What it is not: it stores no tables of ids, as
//! they follow from the persons.

use model::{Text, UserIndex};

use crate::chunks::{CHUNK, Chunks};
use crate::facts::{Entry, Packed, Subjects};
use crate::fold::Fold;
use crate::identity::person::More;
use crate::identity::{Identity, Person};

mod reader;
mod version_1;

use reader::{Reader, Wrong};

const VERSION: u32 = 4;
/// Had persons only.
const VERSION_3: u32 = 3;
/// Had neither identities nor separations; ids of a merged person were copied.
const VERSION_2: u32 = 2;
const NOBODY: u32 = u32::MAX;

/// In a piece: it has persons.
const PERSONS: u32 = 0;
/// In a piece: it has devices and addresses.
const SUBJECTS: u32 = 1;

/// Persons, or devices, of a piece: less than a MB, so that its memory serves for the next one.
const PIECE: usize = 256 * CHUNK;

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
    subjects: Chunks<Entry>,
}

impl Frozen {
    pub(crate) fn of(identity: &Identity, subjects: &Subjects) -> Frozen {
        Frozen { persons: identity.persons.freeze(), subjects: subjects.entries.freeze() }
    }

    /// The state as bytes, a piece of less than a MB at a time, each made when it is asked for; none if
    /// there are no users. Equal states give equal bytes.
    pub fn pieces(self) -> impl Iterator<Item = Vec<u8>> + Send {
        let of_persons = (0..self.persons.len()).step_by(PIECE).map(|first| (PERSONS, first));
        let of_subjects = (0..self.subjects.len()).step_by(PIECE).map(|first| (SUBJECTS, first));
        of_persons.chain(of_subjects).map(move |(kind, first)| self.piece(kind, first))
    }
}

/// Makes a fold of the pieces of a state, one by one.
#[derive(Debug, Default)]
pub struct Restoring {
    persons: Chunks<Person>,
    subjects: Chunks<Entry>,
    /// Persons, and devices and addresses, that all pieces have together.
    total: Option<(u32, u32)>,
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
        let read = (self.persons.len(), self.subjects.len());
        if self.total.is_some_and(|total| (total.0 as usize, total.1 as usize) != read) {
            return Err(self.damaged(0, "it is missing"));
        }
        let before = self.n.saturating_sub(1);
        let identity = Identity::from_persons(self.persons);
        let what = "two users have one id";
        let identity = identity.ok_or(Damaged { piece: before, at: 0, what })?;
        let subjects = Subjects::from_entries(self.subjects);
        let what = "two devices have one id";
        Ok(Fold::of(identity, subjects.ok_or(Damaged { piece: before, at: 0, what })?))
    }

    fn read(&mut self, piece: &[u8]) -> Result<(), Wrong> {
        let mut reader = Reader::new(piece);
        let version = reader.number()?;
        match version {
            VERSION | VERSION_3 | VERSION_2 => {}
            version_1::VERSION if self.total.is_none() => {
                self.persons = version_1::read(&mut reader)?;
                self.total = Some((self.persons.len() as u32, 0));
                return Ok(());
            }
            _ => return Err(reader.wrong("it is of a version that this program does not read")),
        }
        let n_persons = reader.number()?;
        let (n_subjects, kind) = match version {
            VERSION => (reader.number()?, reader.number()?),
            _ => (0, PERSONS),
        };
        let (first, n) = (reader.number()?, reader.number()?);
        let (before, total) = match kind {
            PERSONS => (self.persons.len(), n_persons),
            SUBJECTS => (self.subjects.len(), n_subjects),
            _ => return Err(reader.wrong("it has neither persons nor devices")),
        };
        let follows = first as usize == before && n <= total.saturating_sub(first);
        let total = (n_persons, n_subjects);
        if !follows || *self.total.get_or_insert(total) != total {
            return Err(reader.wrong("it does not follow the piece before it"));
        }
        for _ in 0..n {
            match kind {
                PERSONS => self.persons.push(person(&mut reader, version)?),
                _ => self.subjects.push(subject(&mut reader)?),
            }
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

impl Frozen {
    /// One piece.
    fn piece(&self, kind: u32, first: usize) -> Vec<u8> {
        let Frozen { persons, subjects } = self;
        let all = if kind == PERSONS { persons.len() } else { subjects.len() };
        let n = PIECE.min(all - first);
        let mut out = Vec::with_capacity(n * 64);
        let (n_persons, n_subjects) = (persons.len() as u32, subjects.len() as u32);
        for number in [VERSION, n_persons, n_subjects, kind, first as u32, n as u32] {
            put(&mut out, number);
        }
        match kind {
            PERSONS => put_persons(&mut out, persons, first),
            _ => put_subjects(&mut out, subjects, first),
        }
        out
    }
}

fn put_subjects(out: &mut Vec<u8>, subjects: &Chunks<Entry>, first: usize) {
    for entry in subjects.some(first, PIECE) {
        let Entry { key, packed } = entry;
        put_text(out, key);
        put(out, packed.0.len() as u32);
        out.extend_from_slice(&packed.0);
    }
}

fn subject(reader: &mut Reader) -> Result<Entry, Wrong> {
    let (key, bytes) = (reader.text()?, reader.bytes()?);
    match Packed::checked(bytes) {
        Some(packed) => Ok(Entry { key, packed }),
        None => Err(reader.wrong("what is known of a device cannot be read")),
    }
}

fn put_persons(out: &mut Vec<u8>, persons: &Chunks<Person>, first: usize) {
    for person in persons.some(first, PIECE) {
        let Person { public_id, user_ids, anonymous_ids, merged_into, lost, more } = person;
        put_text(out, public_id);
        put(out, merged_into.map_or(NOBODY, |user| user.0));
        for ids in [user_ids, anonymous_ids] {
            put(out, ids.len() as u32);
            ids.iter().for_each(|id| put_text(out, id));
        }
        put(out, lost.len() as u32);
        lost.iter().for_each(|at| put(out, *at));
        put(out, u32::from(more.is_some()));
        if let Some(More { identities, merged, claims, apart }) = more.as_deref() {
            for texts in [identities, claims] {
                put(out, texts.len() as u32);
                texts.iter().for_each(|text| put_text(out, text));
            }
            put(out, merged.len() as u32);
            merged.iter().for_each(|person| put(out, person.0));
            put(out, u32::from(*apart));
        }
    }
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
