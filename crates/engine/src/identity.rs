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

use hashbrown::HashMap;
use model::{Text, UserIndex, Who};

use crate::fold::Step;

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
}

#[derive(Default, Debug, PartialEq)]
pub(crate) struct Identity {
    pub(crate) persons: Vec<Person>,
    by_user_id: HashMap<Text, UserIndex>,
    by_anonymous_id: HashMap<Text, UserIndex>,
}

impl Identity {
    pub(crate) fn from_persons(
        persons: Vec<Person>,
        owners: Vec<(Text, UserIndex)>,
    ) -> Option<Identity> {
        let mut identity = Identity::default();
        for (index, person) in persons.iter().enumerate() {
            if person.merged_into.is_some_and(|into| into.at() >= persons.len()) {
                return None;
            }
            if person.merged_into.is_none() {
                for id in &person.user_ids {
                    identity.by_user_id.insert(id.clone(), UserIndex(index as u32));
                }
            }
        }
        if owners.iter().any(|(_, user)| user.at() >= persons.len()) {
            return None;
        }
        identity.by_anonymous_id = owners.into_iter().collect();
        identity.persons = persons;
        Some(identity)
    }

    /// Who owns each anonymous id now, sorted by id.
    pub(crate) fn anonymous_owners(&self) -> Vec<(&Text, UserIndex)> {
        let mut owners: Vec<_> =
            self.by_anonymous_id.iter().map(|(id, user)| (id, *user)).collect();
        owners.sort();
        owners
    }

    pub(crate) fn person(&self, user: UserIndex) -> &Person {
        &self.persons[user.at()]
    }

    pub(crate) fn n_users(&self) -> usize {
        self.persons.len()
    }

    pub(crate) fn find(&self, id: &str) -> Option<UserIndex> {
        self.by_user_id.get(id).or_else(|| self.by_anonymous_id.get(id)).copied()
    }

    pub(crate) fn resolve(&mut self, who: &Who) -> Step {
        match (&who.user_id, &who.anonymous_id) {
            (Some(user_id), None) => match self.by_user_id.get(user_id) {
                Some(user) => found(*user),
                None => self.create(Some(user_id), None),
            },
            (None, Some(anonymous_id)) => match self.by_anonymous_id.get(anonymous_id) {
                Some(user) => found(*user),
                None => self.create(None, Some(anonymous_id)),
            },
            (Some(user_id), Some(anonymous_id)) => self.link(user_id, anonymous_id),
            (None, None) => self.resolve(&Who::anonymous("")),
        }
    }

    fn link(&mut self, user_id: &Text, anonymous_id: &Text) -> Step {
        let known = self.by_user_id.get(user_id).copied();
        let device = self.by_anonymous_id.get(anonymous_id).copied();
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
        person.user_ids.push(id.clone());
        self.by_user_id.insert(id.clone(), user);
    }

    fn attach_anonymous(&mut self, user: UserIndex, id: &Text) {
        let person = &mut self.persons[user.at()];
        if person.public_id.is_empty() {
            person.public_id = id.clone();
        }
        if !person.anonymous_ids.contains(id) {
            person.anonymous_ids.push(id.clone());
        }
        self.by_anonymous_id.insert(id.clone(), user);
    }

    fn merge(&mut self, from: UserIndex, into: UserIndex) -> Step {
        assert_ne!(from, into, "a user is not merged with itself");
        let gone = std::mem::take(&mut self.persons[from.at()]);
        let before = self.persons[into.at()].public_id.clone();
        let adopts = self.persons[into.at()].user_ids.is_empty() && !gone.user_ids.is_empty();
        for id in &gone.user_ids {
            self.by_user_id.insert(id.clone(), into);
            self.persons[into.at()].user_ids.push(id.clone());
        }
        for id in &gone.anonymous_ids {
            if self.by_anonymous_id.get(id) == Some(&from) {
                self.attach_anonymous(into, id);
            }
        }
        if adopts {
            self.persons[into.at()].public_id = gone.user_ids[0].clone();
        }
        self.persons[from.at()] = Person { merged_into: Some(into), ..gone };
        let renamed = self.persons[into.at()].public_id != before;
        Step { user: into, created: false, merged: Some(Merge { from, into }), renamed }
    }
}

fn found(user: UserIndex) -> Step {
    Step { user, created: false, merged: None, renamed: false }
}

#[cfg(test)]
mod tests;
