//! Version 1 of the state, which was one piece: persons, and then the owner of every anonymous id.
//! It is read only.

use hashbrown::HashMap;
use model::{Text, UserIndex};

use super::reader::{Reader, Wrong};
use super::{NOBODY, without_copies};
use crate::chunks::Chunks;
use crate::identity::Person;

pub(super) const VERSION: u32 = 1;

/// The persons of a state whose version has been read already.
pub(super) fn read(reader: &mut Reader) -> Result<Chunks<Person>, Wrong> {
    let n = reader.number()?;
    let mut persons = Chunks::default();
    for _ in 0..n {
        let public_id = reader.text()?;
        let merged_into = Some(reader.number()?).filter(|n| *n != NOBODY).map(UserIndex);
        let (user_ids, anonymous_ids) = (reader.texts()?, reader.texts()?);
        let (lost, more) = (Vec::new(), None);
        persons.push(Person { public_id, user_ids, anonymous_ids, merged_into, lost, more });
    }
    let n = reader.number()?;
    let mut owners: HashMap<Text, u32> = HashMap::new();
    for _ in 0..n {
        owners.insert(reader.text()?, reader.number()?);
    }
    for user in 0..persons.len() {
        let Person { anonymous_ids, merged_into, .. } = &persons[user];
        let elsewhere = |id: &Text| owners.get(id).is_none_or(|owner| *owner as usize != user);
        let lost = (0..).zip(anonymous_ids).filter(|(_, id)| elsewhere(id)).map(|(at, _)| at);
        let lost: Vec<u32> = lost.collect();
        match merged_into {
            Some(_) => persons[user] = without_copies(std::mem::take(&mut persons[user])),
            None if lost.is_empty() => {}
            None => persons[user].lost = lost,
        }
    }
    Ok(persons)
}
