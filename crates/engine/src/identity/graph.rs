//! The identity graph of one user, for people to look at.

use model::{Identity as Named, Text, UserIndex};

use super::person::unpacked;
use super::{Identity, Person};

/// Everything known of a user's identities: the user's own person first, then those merged into
/// them, each before those merged into it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdentityGraph {
    /// The id under which the user is shown.
    pub public_id: Text,
    /// The persons; at least one.
    pub nodes: Vec<Node>,
    /// Identities that were said to be this user's and belong to another.
    pub claims: Vec<Claim>,
}

/// A person of the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The person.
    pub person: UserIndex,
    /// The place in [`IdentityGraph::nodes`] of the one that this one was merged into.
    pub merged_into: Option<usize>,
    /// Ids that a sender's own system gave, in order of first sight.
    pub user_ids: Vec<Text>,
    /// Ids of devices and browsers that are still this person's, in order of first sight.
    pub anonymous_ids: Vec<Text>,
    /// Ids of devices and browsers that moved on to others.
    pub moved_on: Vec<Text>,
    /// Other identities, in order of first sight.
    pub identities: Vec<Named>,
    /// Was separated from another: only an alias merges this person again.
    pub apart: bool,
}

/// An identity that two users were said to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The identity.
    pub identity: Named,
    /// The id under which the user is shown that has it.
    pub owner: Text,
}

impl IdentityGraph {
    /// User ids of all persons.
    pub fn user_ids(&self) -> impl Iterator<Item = &Text> {
        self.nodes.iter().flat_map(|node| &node.user_ids)
    }

    /// Anonymous ids of all persons.
    pub fn anonymous_ids(&self) -> impl Iterator<Item = &Text> {
        self.nodes.iter().flat_map(|node| &node.anonymous_ids)
    }

    /// Identities of all persons.
    pub fn identities(&self) -> impl Iterator<Item = &Named> {
        self.nodes.iter().flat_map(|node| &node.identities)
    }
}

impl Identity {
    /// The graph of a user.
    pub(crate) fn graph(&self, user: UserIndex) -> IdentityGraph {
        let public_id = self.persons[user.at()].public_id.clone();
        let mut graph = IdentityGraph { public_id, ..IdentityGraph::default() };
        let mut next = vec![(user, None)];
        while let Some((at, merged_into)) = next.pop() {
            let person = &self.persons[at.at()];
            let place = graph.nodes.len();
            graph.nodes.push(node(at, merged_into, person));
            // An owner that was merged with the one who claimed it settles a claim.
            graph.claims.extend(person.claims().iter().filter_map(|claim| {
                let owner = self.identified(claim).filter(|owner| *owner != user)?;
                let owner = self.persons[owner.at()].public_id.clone();
                Some(Claim { identity: unpacked(claim), owner })
            }));
            next.extend(person.merged().iter().rev().map(|merged| (*merged, Some(place))));
        }
        graph
    }
}

fn node(at: UserIndex, merged_into: Option<usize>, person: &Person) -> Node {
    let own = |lost: bool| {
        let ids = (0..).zip(&person.anonymous_ids);
        ids.filter(move |(at, _)| person.has_lost(*at) == lost).map(|(_, id)| id.clone())
    };
    Node {
        person: at,
        merged_into,
        user_ids: person.user_ids.clone(),
        anonymous_ids: own(false).collect(),
        moved_on: own(true).collect(),
        identities: person.identities().iter().map(|id| unpacked(id)).collect(),
        apart: person.apart(),
    }
}
