//! Who is who: ids become users, anonymous users become known, and users turn out to be one.
//!
//! The rules, in the order in which they are tried:
//! - one id: the user that has it, or a new one;
//! - a known and an anonymous id together: an anonymous user becomes the known one (its whole past
//!   with it); an anonymous id that belongs to *another known* user moves on to this one for the
//!   future (a shared device) and neither past moves;
//! - alias: both are one, whoever they were.
//!
//! Known users are never merged by anything but an alias.
//!
//! Invariant: the persons alone say whose an id is: a known id belongs to the one person that is not
//! merged and lists it, an anonymous one to the one that also has not lost it. The tables of ids
//! follow from them, so that a frozen copy of the persons is a copy of everything.

use model::{Text, UserIndex, Who};

use crate::chunks::Chunks;
use crate::fold::Step;

mod ids;

use ids::{Ids, Place};

/// Two users that turned out to be one: all of `from` belongs to `into`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merge {
    /// Ceases to exist.
    pub from: UserIndex,
    /// Remains.
    pub into: UserIndex,
}

/// The identities of one user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// The id under which the user is shown: the first known id, else the first anonymous one.
    pub public_id: Text,
    /// Known ids, in order of first sight.
    pub user_ids: Vec<Text>,
    /// Anonymous ids, in order of first sight.
    pub anonymous_ids: Vec<Text>,
    /// The user that this one was merged into.
    pub merged_into: Option<UserIndex>,
    /// Places in `anonymous_ids` of those that have moved on to another user, ascending. Of a user
    /// that was merged, which has none of its ids any more: empty.
    pub(crate) lost: Vec<u32>,
}

#[derive(Default, Debug)]
pub(crate) struct Identity {
    pub(crate) persons: Chunks<Person>,
    by_user_id: Ids,
    by_anonymous_id: Ids,
}

impl Identity {
    /// Everything that follows from persons; `None` if they contradict each other.
    pub(crate) fn from_persons(persons: Chunks<Person>) -> Option<Identity> {
        let (mut by_user_id, mut by_anonymous_id) = (Ids::default(), Ids::default());
        let count = |ids: fn(&Person) -> usize| persons.iter().map(ids).sum();
        by_user_id.reserve(count(|person| person.user_ids.len()));
        by_anonymous_id.reserve(count(|person| person.anonymous_ids.len()));
        for (index, person) in persons.iter().enumerate() {
            let user = UserIndex(u32::try_from(index).ok()?);
            let Person { user_ids, anonymous_ids, merged_into, lost, .. } = person;
            let ascend = lost.is_sorted_by(|a, b| a < b);
            if !ascend || lost.last().is_some_and(|at| *at as usize >= anonymous_ids.len()) {
                return None;
            }
            if let Some(into) = merged_into {
                if into.at() >= persons.len() || *into == user || !lost.is_empty() {
                    return None;
                }
                continue;
            }
            for (at, id) in (0..).zip(user_ids) {
                if by_user_id.set(id, Place { user, at }, |of| &persons[of.at()].user_ids).is_some()
                {
                    return None;
                }
            }
            for (at, id) in (0..).zip(anonymous_ids).filter(|(at, _)| !person.has_lost(*at)) {
                let ids_of = |of: UserIndex| &persons[of.at()].anonymous_ids[..];
                if by_anonymous_id.set(id, Place { user, at }, ids_of).is_some() {
                    return None;
                }
            }
        }
        Some(Identity { persons, by_user_id, by_anonymous_id })
    }

    pub(crate) fn person(&self, user: UserIndex) -> &Person {
        &self.persons[user.at()]
    }

    pub(crate) fn n_users(&self) -> usize {
        self.persons.len()
    }

    pub(crate) fn find(&self, id: &str) -> Option<UserIndex> {
        self.known(id).or_else(|| self.anonymous(id))
    }

    /// The user that has a known id.
    fn known(&self, id: &str) -> Option<UserIndex> {
        let place = self.by_user_id.find(id, |user| &self.persons[user.at()].user_ids);
        place.map(|place| place.user)
    }

    /// The user that has an anonymous id.
    fn anonymous(&self, id: &str) -> Option<UserIndex> {
        let place = self.by_anonymous_id.find(id, |user| &self.persons[user.at()].anonymous_ids);
        place.map(|place| place.user)
    }

    pub(crate) fn resolve(&mut self, who: &Who) -> Step {
        match (&who.user_id, &who.anonymous_id) {
            (Some(user_id), None) => match self.known(user_id) {
                Some(user) => found(user),
                None => self.create(Some(user_id), None),
            },
            (None, Some(anonymous_id)) => match self.anonymous(anonymous_id) {
                Some(user) => found(user),
                None => self.create(None, Some(anonymous_id)),
            },
            (Some(user_id), Some(anonymous_id)) => self.link(user_id, anonymous_id),
            (None, None) => self.resolve(&Who::anonymous("")),
        }
    }

    fn link(&mut self, user_id: &Text, anonymous_id: &Text) -> Step {
        let known = self.known(user_id);
        let device = self.anonymous(anonymous_id);
        let device_known = device.is_some_and(|d| !self.persons[d.at()].user_ids.is_empty());
        match (known, device) {
            (Some(known), Some(device)) if known == device => found(known),
            (Some(known), Some(device)) if !device_known => self.merge(device, known),
            (Some(known), _) => {
                self.attach_anonymous(known, anonymous_id);
                found(known)
            }
            (None, Some(device)) if !device_known => {
                self.attach_known(device, user_id);
                Step { renamed: true, ..found(device) }
            }
            (None, _) => self.create(Some(user_id), Some(anonymous_id)),
        }
    }

    pub(crate) fn alias(&mut self, who: &Who, previous: &Text) -> Step {
        let step = self.resolve(who);
        match self.find(previous) {
            Some(other) if other != step.user => {
                let merged = self.merge(other, step.user);
                Step { created: step.created, renamed: step.renamed || merged.renamed, ..merged }
            }
            Some(_) => step,
            None => {
                self.attach_anonymous(step.user, previous);
                step
            }
        }
    }

    fn create(&mut self, user_id: Option<&Text>, anonymous_id: Option<&Text>) -> Step {
        let user =
            UserIndex(u32::try_from(self.persons.len()).expect("users are counted in 32 bits"));
        self.persons.push(Person::default());
        if let Some(id) = anonymous_id {
            self.attach_anonymous(user, id);
        }
        if let Some(id) = user_id {
            self.attach_known(user, id);
        }
        Step { created: true, renamed: true, ..found(user) }
    }

    fn attach_known(&mut self, user: UserIndex, id: &Text) {
        let person = &mut self.persons[user.at()];
        if person.user_ids.is_empty() {
            person.public_id = id.clone();
        }
        let at = person.user_ids.len() as u32;
        person.user_ids.push(id.clone());
        self.by_user_id.set(id, Place { user, at }, |of| &self.persons[of.at()].user_ids);
    }

    fn attach_anonymous(&mut self, user: UserIndex, id: &Text) {
        let owner = self.by_anonymous_id.find(id, |user| &self.persons[user.at()].anonymous_ids);
        // An id that nobody has was never anybody's.
        let held_before = owner.and_then(|owner| {
            self.persons[owner.user.at()].lose(owner.at);
            self.persons[user.at()].anonymous_ids.iter().position(|own| own == id)
        });
        let person = &mut self.persons[user.at()];
        if person.public_id.is_empty() {
            person.public_id = id.clone();
        }
        let at = held_before.unwrap_or(person.anonymous_ids.len()) as u32;
        match held_before {
            Some(_) => person.lost.retain(|lost| *lost != at),
            None => person.anonymous_ids.push(id.clone()),
        }
        let ids_of = |of: UserIndex| &self.persons[of.at()].anonymous_ids[..];
        self.by_anonymous_id.set(id, Place { user, at }, ids_of);
    }

    fn merge(&mut self, from: UserIndex, into: UserIndex) -> Step {
        assert_ne!(from, into, "a user is not merged with itself");
        let gone = self.persons[from.at()].clone();
        let before = self.persons[into.at()].public_id.clone();
        for id in &gone.user_ids {
            self.attach_known(into, id);
        }
        for (_, id) in (0..).zip(&gone.anonymous_ids).filter(|(at, _)| !gone.has_lost(*at)) {
            self.attach_anonymous(into, id);
        }
        self.persons[from.at()] = Person { merged_into: Some(into), lost: Vec::new(), ..gone };
        let renamed = self.persons[into.at()].public_id != before;
        Step { user: into, created: false, merged: Some(Merge { from, into }), renamed }
    }
}

impl Person {
    /// Whether the anonymous id at a place has moved on to another user.
    pub(crate) fn has_lost(&self, at: u32) -> bool {
        self.lost.binary_search(&at).is_ok()
    }

    /// The anonymous id at a place moves on.
    fn lose(&mut self, at: u32) {
        if let Err(place) = self.lost.binary_search(&at) {
            self.lost.insert(place, at);
        }
    }
}

fn found(user: UserIndex) -> Step {
    Step { user, created: false, merged: None, renamed: false }
}

#[cfg(test)]
mod tests;
