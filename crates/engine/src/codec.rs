//! The identity state as bytes, version 1: counts and lengths as little-endian `u32`, texts as
//! length and UTF-8. Whoever stores the bytes adds the checksum.

use model::{Text, UserIndex};

use crate::identity::{Identity, Person};

const VERSION: u32 = 1;
const NOBODY: u32 = u32::MAX;

/// A snapshot that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the identity snapshot is damaged at byte {at}; restore the checkpoint or replay the log from its start"
)]
pub struct Damaged {
    /// Where.
    pub at: usize,
}

pub(crate) fn encode(identity: &Identity) -> Vec<u8> {
    let mut out = Vec::with_capacity(identity.persons.len() * 48);
    put(&mut out, VERSION);
    put(&mut out, identity.persons.len() as u32);
    for person in &identity.persons {
        let Person { public_id, user_ids, anonymous_ids, merged_into } = person;
        put_text(&mut out, public_id);
        put(&mut out, merged_into.map_or(NOBODY, |user| user.0));
        for ids in [user_ids, anonymous_ids] {
            put(&mut out, ids.len() as u32);
            ids.iter().for_each(|id| put_text(&mut out, id));
        }
    }
    let owners = identity.anonymous_owners();
    put(&mut out, owners.len() as u32);
    for (id, user) in owners {
        put_text(&mut out, id);
        put(&mut out, user.0);
    }
    out
}

pub(crate) fn decode(bytes: &[u8]) -> Result<Identity, Damaged> {
    let mut reader = Reader { bytes, at: 0 };
    if reader.number()? != VERSION {
        return Err(Damaged { at: 0 });
    }
    let n = reader.number()?;
    let mut persons = Vec::new();
    for _ in 0..n {
        let public_id = reader.text()?;
        let merged_into = Some(reader.number()?).filter(|n| *n != NOBODY).map(UserIndex);
        let (user_ids, anonymous_ids) = (reader.texts()?, reader.texts()?);
        persons.push(Person { public_id, user_ids, anonymous_ids, merged_into });
    }
    let n = reader.number()?;
    let mut owners = Vec::new();
    for _ in 0..n {
        owners.push((reader.text()?, UserIndex(reader.number()?)));
    }
    let at = reader.at;
    Identity::from_persons(persons, owners).ok_or(Damaged { at })
}

fn put(out: &mut Vec<u8>, n: u32) {
    out.extend_from_slice(&n.to_le_bytes());
}

fn put_text(out: &mut Vec<u8>, text: &Text) {
    put(out, text.len() as u32);
    out.extend_from_slice(text.as_bytes());
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn take(&mut self, n: usize) -> Result<&[u8], Damaged> {
        let taken = self.at.checked_add(n).and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or(Damaged { at: self.at })?;
        self.at += n;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u32, Damaged> {
        let at = self.at;
        let bytes = self.take(4)?.try_into().map_err(|_| Damaged { at })?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn text(&mut self) -> Result<Text, Damaged> {
        let n = self.number()? as usize;
        let at = self.at;
        Text::from_utf8(self.take(n)?).map_err(|_| Damaged { at })
    }

    fn texts(&mut self) -> Result<Vec<Text>, Damaged> {
        let n = self.number()?;
        (0..n).map(|_| self.text()).collect()
    }
}
