//! Who is who, the plain way: the same rules with a map from every id to its user, and the bytes
//! that version 1 made of it.

use hashbrown::HashMap;
use model::{Text, UserIndex, Who};

use crate::fold::Step;
use crate::identity::Merge;

/// The identities of one user.
#[derive(Clone, Debug, Default)]
pub(super) struct Person {
    public_id: Text,
    user_ids: Vec<Text>,
    anonymous_ids: Vec<Text>,
    merged_into: Option<UserIndex>,
}

/// All of them.
#[derive(Default, Debug)]
pub(super) struct Naive {
    persons: Vec<Person>,
    by_user_id: HashMap<Text, UserIndex>,
    by_anonymous_id: HashMap<Text, UserIndex>,
}

impl Naive {
    /// Who owns each anonymous id now, sorted by id.
    fn anonymous_owners(&self) -> Vec<(&Text, UserIndex)> {
        let mut owners: Vec<_> =
            self.by_anonymous_id.iter().map(|(id, user)| (id, *user)).collect();
        owners.sort();
        owners
    }

    pub(super) fn find(&self, id: &str) -> Option<UserIndex> {
        self.by_user_id.get(id).or_else(|| self.by_anonymous_id.get(id)).copied()
    }

    pub(super) fn resolve(&mut self, who: &Who) -> Step {
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

    pub(super) fn alias(&mut self, who: &Who, previous: &Text) -> Step {
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

impl Naive {
    /// Whether a person is what it should be.
    pub(super) fn same(&self, user: usize, other: &crate::Person) -> bool {
        let Person { public_id, user_ids, anonymous_ids, merged_into } = &self.persons[user];
        (public_id, user_ids, anonymous_ids, merged_into)
            == (&other.public_id, &other.user_ids, &other.anonymous_ids, &other.merged_into)
    }

    /// The user that has an anonymous id.
    pub(super) fn anonymous(&self, id: &str) -> Option<UserIndex> {
        self.by_anonymous_id.get(id).copied()
    }

    /// The state as version 1.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put(&mut out, 1);
        put(&mut out, self.persons.len() as u32);
        for person in &self.persons {
            put_text(&mut out, &person.public_id);
            put(&mut out, person.merged_into.map_or(u32::MAX, |user| user.0));
            for ids in [&person.user_ids, &person.anonymous_ids] {
                put(&mut out, ids.len() as u32);
                ids.iter().for_each(|id| put_text(&mut out, id));
            }
        }
        let owners = self.anonymous_owners();
        put(&mut out, owners.len() as u32);
        for (id, user) in owners {
            put_text(&mut out, id);
            put(&mut out, user.0);
        }
        out
    }
}

fn put(out: &mut Vec<u8>, n: u32) {
    out.extend_from_slice(&n.to_le_bytes());
}

fn put_text(out: &mut Vec<u8>, text: &Text) {
    put(out, text.len() as u32);
    out.extend_from_slice(text.as_bytes());
}

fn found(user: UserIndex) -> Step {
    Step { user, created: false, merged: None, renamed: false }
}
