//! Who is who: ids become users, anonymous users become known, and users turn out to be one, or two
//! again.
//!
//! The rules stand in [`plan`]; in short:
//! - one id: the user that has it, or a new one;
//! - a known and an anonymous id together: an anonymous user becomes the known one (its whole past
//!   with it); an anonymous id that belongs to *another known* user moves on to this one for the
//!   future (a shared device) and neither past moves;
//! - an identity besides (an e-mail address, a number): a user without a user id that has it becomes
//!   the one that is named; of a user with a user id, it stays theirs and the claim is remembered;
//! - alias: both are one, whoever they were;
//! - separation: who was merged is a user of their own again, with everything that came under their
//!   ids, and is merged by nothing but an alias from then on.
//!
//! Users with a user id are never merged by anything but an alias.
//!
//! Invariant: the persons alone say whose an id is: an id belongs to the one person that lists it and
//! has not lost it, and that person to the user that is found by following `merged_into`. The tables
//! of ids follow from them, so that a frozen copy of the persons is a copy of everything.

use model::{Text, UserIndex, Who};

use crate::chunks::Chunks;
use crate::fold::{Separation, Step};

mod forget;
mod graph;
mod ids;
pub(crate) mod person;
mod plan;

pub use graph::{Claim, IdentityGraph, Node};
use ids::{Ids, Place};
pub use person::Person;
pub use plan::{Deed, Plan};

/// Two users that turned out to be one: all of `from` belongs to `into`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merge {
    /// Ceases to exist.
    pub from: UserIndex,
    /// Remains.
    pub into: UserIndex,
}

#[derive(Default, Debug)]
pub(crate) struct Identity {
    pub(crate) persons: Chunks<Person>,
    by_user_id: Ids,
    by_anonymous_id: Ids,
    by_identity: Ids,
}

impl Identity {
    /// Everything that follows from persons; `None` if they contradict each other.
    pub(crate) fn from_persons(persons: Chunks<Person>) -> Option<Identity> {
        let mut identity = Identity { persons, ..Identity::default() };
        let Identity { persons, by_user_id, by_anonymous_id, by_identity } = &mut identity;
        let count = |ids: fn(&Person) -> usize| persons.iter().map(ids).sum();
        by_user_id.reserve(count(|person| person.user_ids.len()));
        by_anonymous_id.reserve(count(|person| person.anonymous_ids.len()));
        by_identity.reserve(count(|person| person.identities().len()));
        for (index, person) in persons.iter().enumerate() {
            let user = UserIndex(u32::try_from(index).ok()?);
            let Person { user_ids, anonymous_ids, merged_into, lost, .. } = person;
            let ascend = lost.is_sorted_by(|a, b| a < b);
            if !ascend || lost.last().is_some_and(|at| *at as usize >= anonymous_ids.len()) {
                return None;
            }
            // Whoever this one was merged into knows of it, unless nothing is left to separate.
            let nothing = user_ids.is_empty() && anonymous_ids.is_empty() && person.more.is_none();
            let knows = |into: &Person| nothing || into.merged().contains(&user);
            if let Some(into) = merged_into
                && !persons.get(into.at()).is_some_and(knows)
            {
                return None;
            }
            let there = |merged: &UserIndex| {
                persons.get(merged.at()).is_some_and(|of| of.merged_into == Some(user))
            };
            if !person.merged().iter().all(there) {
                return None;
            }
            let mut twice = false;
            for (at, id) in (0..).zip(user_ids) {
                let ids_of = |of: UserIndex| &persons[of.at()].user_ids[..];
                twice |= by_user_id.set(id, Place { user, at }, ids_of).is_some();
            }
            for (at, id) in (0..).zip(person.identities()) {
                let ids_of = |of: UserIndex| persons[of.at()].identities();
                twice |= by_identity.set(id, Place { user, at }, ids_of).is_some();
            }
            for (at, id) in (0..).zip(anonymous_ids).filter(|(at, _)| !person.has_lost(*at)) {
                let ids_of = |of: UserIndex| &persons[of.at()].anonymous_ids[..];
                twice |= by_anonymous_id.set(id, Place { user, at }, ids_of).is_some();
            }
            if twice {
                return None;
            }
        }
        identity.chains_end().then_some(identity)
    }

    /// Whether following `merged_into` ends from everywhere.
    fn chains_end(&self) -> bool {
        let mut ends = vec![false; self.persons.len()];
        let mut path = Vec::new();
        for user in 0..ends.len() {
            let mut at = user;
            while !ends[at] && path.len() <= ends.len() {
                path.push(at);
                match self.persons[at].merged_into {
                    Some(into) => at = into.at(),
                    None => break,
                }
            }
            if path.len() > ends.len() {
                return false;
            }
            path.drain(..).for_each(|at| ends[at] = true);
        }
        true
    }

    /// A person and everybody merged into them, each before those merged into it, in the order of
    /// merges.
    fn tree(&self, person: UserIndex) -> impl Iterator<Item = &Person> {
        let mut next = vec![person];
        std::iter::from_fn(move || {
            let person = &self.persons[next.pop()?.at()];
            next.extend(person.merged().iter().rev());
            Some(person)
        })
    }

    /// The user that a person is part of now.
    pub(crate) fn root(&self, mut person: UserIndex) -> UserIndex {
        while let Some(into) = self.persons[person.at()].merged_into {
            person = into;
        }
        person
    }

    pub(crate) fn person(&self, user: UserIndex) -> &Person {
        &self.persons[user.at()]
    }

    pub(crate) fn n_users(&self) -> usize {
        self.persons.len()
    }

    fn next_user(&self) -> UserIndex {
        UserIndex(u32::try_from(self.persons.len()).expect("users are counted in 32 bits"))
    }

    /// The user that an id stands for: a user id, an anonymous one, or an identity written as
    /// `label:value`.
    pub(crate) fn find(&self, id: &str) -> Option<UserIndex> {
        self.person_of(id).map(|person| self.root(person))
    }

    /// The person that an id stands for.
    fn person_of(&self, id: &str) -> Option<UserIndex> {
        let anonymous = || self.anonymous_place(id);
        let identity = || self.identity_place(&person::named(id)?);
        self.known_place(id).or_else(anonymous).or_else(identity).map(|place| place.user)
    }

    /// The user that has a user id.
    fn known(&self, id: &str) -> Option<UserIndex> {
        self.known_place(id).map(|place| self.root(place.user))
    }

    /// The user that has an anonymous id.
    fn anonymous(&self, id: &str) -> Option<UserIndex> {
        self.anonymous_place(id).map(|place| self.root(place.user))
    }

    /// The user that has an identity, written as one text.
    fn identified(&self, packed: &str) -> Option<UserIndex> {
        self.identity_place(packed).map(|place| self.root(place.user))
    }

    fn known_place(&self, id: &str) -> Option<Place> {
        self.by_user_id.find(id, |user| &self.persons[user.at()].user_ids)
    }

    fn anonymous_place(&self, id: &str) -> Option<Place> {
        self.by_anonymous_id.find(id, |user| &self.persons[user.at()].anonymous_ids)
    }

    fn identity_place(&self, packed: &str) -> Option<Place> {
        self.by_identity.find(packed, |user| self.persons[user.at()].identities())
    }

    /// Whether a user has a user id.
    pub(crate) fn has_user_id(&self, user: UserIndex) -> bool {
        self.tree(user).any(|person| !person.user_ids.is_empty())
    }

    /// The anonymous ids that a user has now.
    pub(crate) fn devices(&self, user: UserIndex) -> impl Iterator<Item = &Text> {
        self.tree(user).flat_map(|person| {
            let own = (0..).zip(&person.anonymous_ids).filter(|(at, _)| !person.has_lost(*at));
            own.map(|(_, id)| id)
        })
    }

    pub(crate) fn resolve(&mut self, who: &Who) -> Step {
        // One id that is known is what nearly all records name.
        let alone = match who {
            Who { user_id: Some(id), anonymous_id: None, identities } if identities.is_empty() => {
                self.known_place(id)
            }
            Who { user_id: None, anonymous_id: Some(id), identities } if identities.is_empty() => {
                self.anonymous_place(id)
            }
            _ => None,
        };
        if let Some(Place { user: origin, .. }) = alone {
            return Step { origin, ..Step::of(self.root(origin)) };
        }
        let plan = self.plan(who);
        let step = self.carry_out(plan);
        Step { origin: self.origin(who).unwrap_or(step.user), ..step }
    }

    /// The person under whose id a record came.
    fn origin(&self, who: &Who) -> Option<UserIndex> {
        let Who { user_id, anonymous_id, identities } = who;
        let place = match (user_id, identities.first(), anonymous_id) {
            (Some(id), ..) => self.known_place(id),
            (None, Some(identity), _) => self.identity_place(&person::packed(identity)),
            (None, None, Some(id)) => self.anonymous_place(id),
            (None, None, None) => None,
        };
        place.map(|place| place.user)
    }

    pub(crate) fn alias(&mut self, who: &Who, previous: &Text) -> Step {
        let plan = self.plan_alias(who, previous);
        let step = self.carry_out(plan);
        Step { origin: self.origin(who).unwrap_or(step.user), ..step }
    }

    /// Who was merged is a user of their own again. Nothing happens if `separated` is no id of a
    /// person that was merged into this very user.
    pub(crate) fn separate(&mut self, who: &Who, separated: &Text) -> Step {
        let step = self.resolve(who);
        let part = self.person_of(separated).filter(|part| self.root(*part) == step.user);
        let Some(part) = part else { return step };
        let Some(from) = self.persons[part.at()].merged_into else { return step };
        self.persons[from.at()].more_mut().merged.retain(|merged| *merged != part);
        let person = &mut self.persons[part.at()];
        person.merged_into = None;
        person.more_mut().apart = true;
        self.name(part);
        let renamed = self.name(step.user) || step.renamed;
        // Named by an id of the one who goes: the record is about the one who stays.
        let stays = self.root(step.origin) == step.user;
        let origin = if stays { step.origin } else { step.user };
        let public_id = self.persons[part.at()].public_id.clone();
        let separated = Some(Separation { user: part, public_id });
        Step { separated, renamed, origin, ..step }
    }

    fn carry_out(&mut self, plan: Plan) -> Step {
        let Plan { user, deeds } = plan;
        let mut step = Step::of(user);
        let mut changed = false;
        for deed in deeds {
            changed |= !matches!(deed, Deed::Claim { .. });
            match deed {
                Deed::Create => {
                    self.persons.push(Person::default());
                    step.created = true;
                }
                Deed::AddUserId(id) => self.add_user_id(user, id),
                Deed::AddIdentity(identity) => self.add_identity(user, person::packed(&identity)),
                Deed::AddAnonymousId(anonymous_id) | Deed::MoveAnonymousId { anonymous_id, .. } => {
                    self.add_anonymous_id(user, anonymous_id);
                }
                Deed::Merge(merge) => {
                    self.merge(merge);
                    step.merged.push(merge);
                }
                Deed::Claim { identity, .. } => {
                    self.persons[user.at()].claim(person::packed(&identity));
                }
            }
        }
        let named = changed && self.name(user);
        step.renamed = named || step.created;
        step
    }

    /// Finds the id under which a user is shown; whether it is another one than before.
    fn name(&mut self, user: UserIndex) -> bool {
        let own = &self.persons[user.at()];
        if own.user_ids.first() == Some(&own.public_id) && !own.public_id.is_empty() {
            return false;
        }
        let first = |of: fn(&Person) -> Option<Text>| self.tree(user).find_map(of);
        let first = first(|person| person.user_ids.first().cloned())
            .or_else(|| first(|person| person.identities().first().map(|id| person::shown(id))))
            .or_else(|| first(|person| person.anonymous_ids.first().cloned()));
        let public_id = first.unwrap_or_default();
        let renamed = self.persons[user.at()].public_id != public_id;
        if renamed {
            self.persons[user.at()].public_id = public_id;
        }
        renamed
    }

    fn add_user_id(&mut self, user: UserIndex, id: Text) {
        let user_ids = &mut self.persons[user.at()].user_ids;
        let place = Place { user, at: user_ids.len() as u32 };
        user_ids.push(id.clone());
        self.by_user_id.set(&id, place, |of| &self.persons[of.at()].user_ids);
    }

    fn add_identity(&mut self, user: UserIndex, packed: Text) {
        let identities = &mut self.persons[user.at()].more_mut().identities;
        let place = Place { user, at: identities.len() as u32 };
        identities.push(packed.clone());
        self.by_identity.set(&packed, place, |of| self.persons[of.at()].identities());
    }

    fn add_anonymous_id(&mut self, user: UserIndex, id: Text) {
        // An id that nobody has was never anybody's.
        let held_before = self.anonymous_place(&id).and_then(|owner| {
            self.persons[owner.user.at()].lose(owner.at);
            self.persons[user.at()].anonymous_ids.iter().position(|own| *own == id)
        });
        let person = &mut self.persons[user.at()];
        let at = held_before.unwrap_or(person.anonymous_ids.len()) as u32;
        match held_before {
            Some(_) => person.lost.retain(|lost| *lost != at),
            None => person.anonymous_ids.push(id.clone()),
        }
        let ids_of = |of: UserIndex| &self.persons[of.at()].anonymous_ids[..];
        self.by_anonymous_id.set(&id, Place { user, at }, ids_of);
    }

    fn merge(&mut self, Merge { from, into }: Merge) {
        assert_ne!(from, into, "a user is not merged with itself");
        let gone = &mut self.persons[from.at()];
        gone.merged_into = Some(into);
        if let Some(more) = &mut gone.more {
            more.apart = false;
        }
        self.persons[into.at()].more_mut().merged.push(from);
    }
}

#[cfg(test)]
mod tests;
