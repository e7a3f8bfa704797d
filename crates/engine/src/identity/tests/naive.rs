//! Who is who, the plain way: the same rules over lists that are searched from one end to the other,
//! and the bytes that version 1 made of it.

use model::{Identity, Text, UserIndex, Who};

use crate::fold::{Separation, Step};
use crate::identity::Merge;

/// The identities of one person.
#[derive(Clone, Debug, Default)]
struct Person {
    user_ids: Vec<Text>,
    /// With whether it moved on.
    anonymous_ids: Vec<(Text, bool)>,
    identities: Vec<Identity>,
    claims: Vec<Identity>,
    merged_into: Option<UserIndex>,
    merged: Vec<UserIndex>,
    apart: bool,
}

/// All of them.
#[derive(Default, Debug)]
pub(super) struct Naive {
    persons: Vec<Person>,
    public_ids: Vec<Text>,
}

impl Naive {
    fn root(&self, person: UserIndex) -> UserIndex {
        self.persons[person.at()].merged_into.map_or(person, |into| self.root(into))
    }

    fn tree(&self, person: UserIndex) -> Vec<&Person> {
        let own = &self.persons[person.at()];
        let below = own.merged.iter().flat_map(|merged| self.tree(*merged));
        std::iter::once(own).chain(below).collect()
    }

    fn person_with(&self, has: impl Fn(&Person) -> bool) -> Option<UserIndex> {
        let at = self.persons.iter().position(has)?;
        Some(UserIndex(at as u32))
    }

    fn of_user_id(&self, id: &str) -> Option<UserIndex> {
        self.person_with(|person| person.user_ids.iter().any(|own| own == id))
    }

    pub(super) fn of_anonymous_id(&self, id: &str) -> Option<UserIndex> {
        self.person_with(|person| person.anonymous_ids.iter().any(|(own, lost)| own == id && !lost))
    }

    fn of_identity(&self, identity: &Identity) -> Option<UserIndex> {
        self.person_with(|person| person.identities.contains(identity))
    }

    fn person_of(&self, id: &str) -> Option<UserIndex> {
        let identity = || {
            let (label, value) = id.split_once(':')?;
            self.of_identity(&Identity::new(label, value))
        };
        self.of_user_id(id).or_else(|| self.of_anonymous_id(id)).or_else(identity)
    }

    pub(super) fn find(&self, id: &str) -> Option<UserIndex> {
        self.person_of(id).map(|person| self.root(person))
    }

    fn mergeable(&self, user: UserIndex) -> bool {
        self.tree(user).iter().all(|person| person.user_ids.is_empty() && !person.apart)
    }

    fn stranger(&self, user: UserIndex) -> bool {
        self.mergeable(user) && self.tree(user).iter().all(|person| person.identities.is_empty())
    }

    pub(super) fn resolve(&mut self, who: &Who) -> Step {
        let rooted = |naive: &Naive, of: Option<UserIndex>| of.map(|person| naive.root(person));
        let device = who.anonymous_id.as_ref().and_then(|id| self.of_anonymous_id(id));
        let device = rooted(self, device);
        let known = who.user_id.as_ref().and_then(|id| self.of_user_id(id));
        let mut user = rooted(self, known);
        let owners: Vec<Option<UserIndex>> =
            who.identities.iter().map(|of| rooted(self, self.of_identity(of))).collect();
        if user.is_none() && who.user_id.is_some() {
            let free = owners.iter().flatten().find(|owner| self.mergeable(**owner)).copied();
            user = free.or(device.filter(|device| self.stranger(*device)));
        } else if user.is_none() {
            user = owners.iter().flatten().next().copied().or(device);
        }
        let mut step = Step::of(user.unwrap_or(UserIndex(self.persons.len() as u32)));
        step.created = user.is_none();
        let user = step.user;
        if step.created {
            self.persons.push(Person::default());
            self.public_ids.push(Text::default());
        }
        let of_device = device.map(|device| self.stranger(device));
        let mut named = step.created;
        if let (Some(id), None) = (&who.user_id, known) {
            self.persons[user.at()].user_ids.push(id.clone());
            named = true;
        }
        for identity in &who.identities {
            match rooted(self, self.of_identity(identity)) {
                None => {
                    self.persons[user.at()].identities.push(identity.clone());
                    named = true;
                }
                Some(owner) if owner == user => {}
                Some(owner) if self.mergeable(owner) => step.merged.push(self.merge(owner, user)),
                Some(_) => {
                    let claims = &mut self.persons[user.at()].claims;
                    if !claims.contains(identity) {
                        claims.push(identity.clone());
                    }
                }
            }
        }
        if let Some(id) = &who.anonymous_id {
            let device = rooted(self, self.of_anonymous_id(id));
            match device {
                Some(device) if device == user => {}
                Some(device) if of_device == Some(true) => {
                    step.merged.push(self.merge(device, user));
                }
                _ => {
                    self.move_anonymous_id(user, id);
                    named = true;
                }
            }
        }
        named |= !step.merged.is_empty();
        step.renamed = named && self.name(user) || step.created;
        self.with_origin(step, who)
    }

    fn with_origin(&self, step: Step, who: &Who) -> Step {
        let of_anonymous_id = who.anonymous_id.as_ref().and_then(|id| self.of_anonymous_id(id));
        let origin = match (&who.user_id, who.identities.first()) {
            (Some(id), _) => self.of_user_id(id),
            (None, Some(identity)) => self.of_identity(identity),
            (None, None) => of_anonymous_id,
        };
        Step { origin: origin.unwrap(), ..step }
    }

    pub(super) fn alias(&mut self, who: &Who, previous: &Text) -> Step {
        let step = self.resolve(who);
        if [&who.user_id, &who.anonymous_id].contains(&&Some(previous.clone())) {
            return step;
        }
        let before = step.renamed;
        let mut merged = step.merged.clone();
        match self.find(previous) {
            Some(other) if other == step.user => return step,
            Some(other) => merged.push(self.merge(other, step.user)),
            None => {
                if who.user_id.is_some() {
                    self.persons[step.user.at()].user_ids.push(previous.clone());
                }
                self.move_anonymous_id(step.user, previous);
            }
        }
        let renamed = self.name(step.user) || before;
        self.with_origin(Step { merged, renamed, ..step }, who)
    }

    pub(super) fn separate(&mut self, who: &Who, separated: &Text) -> Step {
        let step = self.resolve(who);
        let part = self.person_of(separated);
        let Some(part) = part.filter(|part| *part != step.user) else { return step };
        if self.root(part) != step.user {
            return step;
        }
        let from = self.persons[part.at()].merged_into.take().unwrap();
        self.persons[from.at()].merged.retain(|merged| *merged != part);
        self.persons[part.at()].apart = true;
        self.name(part);
        let renamed = self.name(step.user) || step.renamed;
        let stays = self.root(step.origin) == step.user;
        let origin = if stays { step.origin } else { step.user };
        let public_id = self.public_ids[part.at()].clone();
        let separated = Some(Separation { user: part, public_id });
        Step { separated, renamed, origin, ..step }
    }

    fn move_anonymous_id(&mut self, user: UserIndex, id: &Text) {
        for person in &mut self.persons {
            person.anonymous_ids.iter_mut().filter(|own| own.0 == *id).for_each(|own| own.1 = true);
        }
        let own = &mut self.persons[user.at()].anonymous_ids;
        match own.iter_mut().find(|own| own.0 == *id) {
            Some(own) => own.1 = false,
            None => own.push((id.clone(), false)),
        }
    }

    fn merge(&mut self, from: UserIndex, into: UserIndex) -> Merge {
        let gone = &mut self.persons[from.at()];
        (gone.merged_into, gone.apart) = (Some(into), false);
        self.persons[into.at()].merged.push(from);
        Merge { from, into }
    }

    /// Names a user; whether the name is another one.
    fn name(&mut self, user: UserIndex) -> bool {
        let tree = self.tree(user);
        let of = |own: &dyn Fn(&Person) -> Option<Text>| tree.iter().find_map(|person| own(person));
        let shown =
            |identity: &Identity| Text::from(format!("{}:{}", identity.label, identity.value));
        let name = of(&|person| person.user_ids.first().cloned())
            .or_else(|| of(&|person| person.identities.first().map(shown)))
            .or_else(|| of(&|person| person.anonymous_ids.first().map(|own| own.0.clone())));
        let name = name.unwrap();
        std::mem::replace(&mut self.public_ids[user.at()], name.clone()) != name
    }

    /// Whether a person is what it should be.
    pub(super) fn same(&self, user: usize, other: &crate::Person) -> bool {
        let Person { user_ids, anonymous_ids, identities, claims, merged_into, merged, apart } =
            &self.persons[user];
        let packed = |of: &[Identity]| -> Vec<Text> {
            of.iter().map(crate::identity::person::packed).collect()
        };
        let lost = (0..).zip(anonymous_ids).filter(|(_, own)| own.1).map(|(at, _): (u32, _)| at);
        let anonymous_ids = anonymous_ids.iter().map(|own| own.0.clone()).collect::<Vec<_>>();
        self.public_ids[user] == other.public_id
            && *user_ids == other.user_ids
            && anonymous_ids == other.anonymous_ids
            && lost.collect::<Vec<_>>() == other.lost
            && packed(identities) == other.identities()
            && packed(claims) == other.claims()
            && *merged_into == other.merged_into
            && merged == other.merged()
            && *apart == other.apart()
    }

    /// The state as version 1, which knew neither identities nor separations, and in which the ids of
    /// a merged person went to the one that remained.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put(&mut out, 1);
        put(&mut out, self.persons.len() as u32);
        let mut owners = Vec::new();
        for (at, person) in self.persons.iter().enumerate() {
            put_text(&mut out, &self.public_ids[at]);
            put(&mut out, person.merged_into.map_or(u32::MAX, |user| user.0));
            let user = UserIndex(at as u32);
            let tree = self.tree(user);
            let user_ids: Vec<&Text> = tree.iter().flat_map(|of| &of.user_ids).collect();
            let mut anonymous_ids: Vec<&Text> =
                tree.iter().flat_map(|of| &of.anonymous_ids).map(|own| &own.0).collect();
            anonymous_ids.sort();
            anonymous_ids.dedup();
            for ids in [&user_ids, &anonymous_ids] {
                put(&mut out, ids.len() as u32);
                ids.iter().for_each(|id| put_text(&mut out, id));
            }
            let own = person.anonymous_ids.iter().filter(|own| !own.1);
            owners.extend(own.map(|own| (own.0.clone(), self.root(user))));
        }
        put(&mut out, owners.len() as u32);
        for (id, user) in owners {
            put_text(&mut out, &id);
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
