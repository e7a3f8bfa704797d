//! What a record that names somebody does to the identity graph, before anything is done: the rules,
//! as a list of deeds that can also be shown.
//!
//! Where ids disagree, what is said of a person's own ids counts most, then of other identities, then
//! of devices. A person with a user id is never merged into another by anything but an alias.

use model::{Identity as Named, Text, UserIndex, Who};

use super::person::{packed, shown};
use super::{Identity, Merge, Person};

/// One thing that is done to the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// The user comes into being.
    Create,
    /// The user has one more user id.
    AddUserId(Text),
    /// The user has one more identity.
    AddIdentity(Named),
    /// The user has one more anonymous id, which had no user.
    AddAnonymousId(Text),
    /// An anonymous id moves to the user from another one, for the future: a shared device.
    MoveAnonymousId {
        /// The id.
        anonymous_id: Text,
        /// Who had it.
        from: UserIndex,
    },
    /// Two users turn out to be one.
    Merge(Merge),
    /// The identity stays with its user, who has a user id of their own: somebody is to decide.
    Claim {
        /// The identity.
        identity: Named,
        /// Whose it is.
        owner: UserIndex,
    },
}

/// What a record does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Whose record it is; for one who comes into being, their number.
    pub user: UserIndex,
    /// What is done, in this order.
    pub deeds: Vec<Deed>,
}

impl Identity {
    /// What a record by somebody does.
    pub(crate) fn plan(&self, who: &Who) -> Plan {
        let Who { user_id, anonymous_id, identities } = who;
        let device = anonymous_id.as_deref().and_then(|id| self.anonymous(id));
        let stranger = device.filter(|device| self.stranger(*device));
        let owner = |identity: &Named| self.identified(&packed(identity));
        let mut deeds = Vec::new();
        let user = match user_id {
            Some(id) => match self.known(id) {
                Some(user) => user,
                None => {
                    let mut mergeable =
                        identities.iter().filter_map(owner).filter(|user| self.mergeable(*user));
                    let user = mergeable.next().or(stranger);
                    deeds.extend(user.is_none().then_some(Deed::Create));
                    deeds.push(Deed::AddUserId(id.clone()));
                    user.unwrap_or_else(|| self.next_user())
                }
            },
            None => identities.iter().find_map(owner).or(device).unwrap_or_else(|| {
                deeds.push(Deed::Create);
                self.next_user()
            }),
        };
        let merge = |from| Deed::Merge(Merge { from, into: user });
        let mut gone: Vec<UserIndex> = Vec::new();
        for (n, identity) in identities.iter().enumerate() {
            if identities[..n].contains(identity) {
                continue;
            }
            match owner(identity) {
                None => deeds.push(Deed::AddIdentity(identity.clone())),
                Some(owner) if owner == user || gone.contains(&owner) => {}
                Some(owner) if self.mergeable(owner) => {
                    gone.push(owner);
                    deeds.push(merge(owner));
                }
                Some(owner) => deeds.push(Deed::Claim { identity: identity.clone(), owner }),
            }
        }
        match (anonymous_id, device) {
            (None, _) => {}
            (Some(id), None) => deeds.push(Deed::AddAnonymousId(id.clone())),
            (_, Some(device)) if device == user || gone.contains(&device) => {}
            (_, Some(device)) if stranger.is_some() => deeds.push(merge(device)),
            (Some(id), Some(from)) => {
                deeds.push(Deed::MoveAnonymousId { anonymous_id: id.clone(), from });
            }
        }
        Plan { user, deeds }
    }

    /// What a record does that says that somebody and `previous` are one.
    pub(crate) fn plan_alias(&self, who: &Who, previous: &Text) -> Plan {
        let mut plan = self.plan(who);
        let mut ahead = plan.deeds.iter();
        let gone = |deed: &Deed| match deed {
            Deed::Merge(merge) => Some(merge.from),
            _ => None,
        };
        let own = [&who.user_id, &who.anonymous_id].contains(&&Some(previous.clone()));
        let named = who.identities.iter().any(|identity| shown(&packed(identity)) == *previous);
        match self.find(previous) {
            _ if own => {}
            Some(other) if other == plan.user || ahead.any(|deed| gone(deed) == Some(other)) => {}
            Some(from) => plan.deeds.push(Deed::Merge(Merge { from, into: plan.user })),
            None if named => {}
            None => {
                // A device, or somebody's own id whose records come later: either way it is them.
                if who.user_id.is_some() {
                    plan.deeds.push(Deed::AddUserId(previous.clone()));
                }
                plan.deeds.push(Deed::AddAnonymousId(previous.clone()));
            }
        }
        plan
    }

    /// Whether nothing but anonymous ids is known of a user, and nobody separated them.
    fn stranger(&self, user: UserIndex) -> bool {
        let known = |person: &Person| !person.identities().is_empty();
        self.mergeable(user) && !self.tree(user).any(known)
    }

    /// Whether a user has no user id, and nobody separated them.
    fn mergeable(&self, user: UserIndex) -> bool {
        self.tree(user).all(|person| person.user_ids.is_empty() && !person.apart())
    }
}
