//! A person who is forgotten with everybody merged into them.
//!
//! What it is: the one place that takes a person out of the identity state; whatever else comes to be
//! kept of a person here must be let go here. What it is not: it knows no rows and no live state.
//!
//! Invariant: afterwards the state is the one that the records of all others would have made, except
//! for numbers: a number that was theirs stays empty for good, and nobody gets it. So an identity that
//! somebody else had claimed is theirs now, and a device that they had taken over goes back.

use model::{Text, UserIndex};

use super::{Identity, Person, Place};
use crate::identity::person::{shown, unpacked};

impl Identity {
    /// Forgets everything of a user; the numbers of the persons that they were made of.
    pub(crate) fn forget(&mut self, user: UserIndex) -> Vec<UserIndex> {
        let root = self.root(user);
        let mut persons = vec![root];
        let mut at = 0;
        while let Some(person) = persons.get(at) {
            persons.extend(self.persons[person.at()].merged());
            at += 1;
        }
        let mut gone = Gone::default();
        for person in &persons {
            self.forget_person(*person, &mut gone);
        }
        if !gone.identities.is_empty() || !gone.devices.is_empty() {
            self.pass_on(&gone);
        }
        persons
    }

    fn forget_person(&mut self, user: UserIndex, gone: &mut Gone) {
        let Identity { persons, by_user_id, by_anonymous_id, by_identity } = self;
        let person = &persons[user.at()];
        for (at, id) in (0..).zip(&person.user_ids) {
            by_user_id.remove(id, Place { user, at }, |of| &persons[of.at()].user_ids);
        }
        for (at, id) in (0..).zip(person.identities()) {
            by_identity.remove(id, Place { user, at }, |of| persons[of.at()].identities());
        }
        for (at, id) in (0..).zip(&person.anonymous_ids).filter(|(at, _)| !person.has_lost(*at)) {
            by_anonymous_id.remove(id, Place { user, at }, |of| &persons[of.at()].anonymous_ids);
            gone.devices.push(id.clone());
        }
        gone.identities.extend_from_slice(person.identities());
        persons[user.at()] = Person::default();
    }

    /// Identities go to the first who claimed them, devices back to the last who had them.
    fn pass_on(&mut self, gone: &Gone) {
        let mut heirs = Vec::new();
        for (n, person) in self.persons.iter().enumerate() {
            let claims = person.claims().iter().any(|claim| gone.identities.contains(claim));
            let lost = |at: &u32| gone.devices.contains(&person.anonymous_ids[*at as usize]);
            if claims || person.lost.iter().any(lost) {
                heirs.push(UserIndex(n as u32));
            }
        }
        for heir in heirs {
            let claims: Vec<Text> = self.persons[heir.at()].claims().to_vec();
            for claim in claims.into_iter().filter(|claim| gone.identities.contains(claim)) {
                if self.identified(&claim).is_none() {
                    self.persons[heir.at()].more_mut().claims.retain(|own| *own != claim);
                    self.add_identity(heir, claim);
                }
            }
            let person = &self.persons[heir.at()];
            let devices: Vec<Text> =
                person.lost.iter().map(|at| person.anonymous_ids[*at as usize].clone()).collect();
            for device in devices.into_iter().filter(|device| gone.devices.contains(device)) {
                self.give_back(heir, &device);
            }
        }
    }

    fn give_back(&mut self, heir: UserIndex, device: &Text) {
        let person = &mut self.persons[heir.at()];
        let Some(at) = person.anonymous_ids.iter().position(|own| own == device) else { return };
        let at = at as u32;
        let before = self.anonymous_place(device);
        if let Some(before) = before {
            self.persons[before.user.at()].lose(before.at);
        }
        self.persons[heir.at()].lost.retain(|lost| *lost != at);
        let ids_of = |of: UserIndex| &self.persons[of.at()].anonymous_ids[..];
        self.by_anonymous_id.set(device, Place { user: heir, at }, ids_of);
    }

    /// The anonymous ids of a user that were nobody else's before and are nobody else's now.
    pub(crate) fn own_devices(&self, user: UserIndex) -> Vec<Text> {
        let own: Vec<Text> = self.graph(user).anonymous_ids().cloned().collect();
        let mut handed_over = Vec::new();
        for person in self.persons.iter().filter(|person| !person.lost.is_empty()) {
            let lost = person.lost.iter().map(|at| &person.anonymous_ids[*at as usize]);
            handed_over.extend(lost.filter(|id| own.contains(id)));
        }
        own.iter().filter(|id| !handed_over.contains(id)).cloned().collect()
    }

    /// Every id that anybody has now, as people write it, with its user; of an identity the value
    /// alone, too.
    pub(crate) fn each_id(&self, take: &mut dyn FnMut(UserIndex, &str)) {
        for (n, person) in self.persons.iter().enumerate() {
            let user = self.root(UserIndex(n as u32));
            person.user_ids.iter().for_each(|id| take(user, id));
            for id in person.identities() {
                take(user, &shown(id));
                take(user, &unpacked(id).value);
            }
            let own = (0..).zip(&person.anonymous_ids).filter(|(at, _)| !person.has_lost(*at));
            own.for_each(|(_, id)| take(user, id));
        }
    }
}

/// What nobody has any more.
#[derive(Default)]
struct Gone {
    identities: Vec<Text>,
    devices: Vec<Text>,
}
