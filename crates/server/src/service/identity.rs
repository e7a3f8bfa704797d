//! Who is who, asked and changed.

use engine::{Deed, IdentityGraph, Node};
use gateway::validate;
use model::{AttributeChange, EventId, Identity, Record, Text, What, Who};
use wire::api;
use wire::api::{IdentityChange, IdentityName, IdentityPerson, IdentityPlan, IdentityQuestion};

use super::Service;
use super::sight::Sight;
use super::users::no_user;
use crate::failure::Failure;
use crate::registry::MASK;

impl Service {
    /// The persons that a user is made of.
    pub fn identity(&self, id: &str) -> Result<api::IdentityGraph, Failure> {
        let (_, graph) = self.known(id)?;
        Ok(written(&self.sight(), &graph))
    }

    /// What a record with these ids would do.
    pub fn plan_identity(&self, question: &IdentityQuestion) -> Result<IdentityPlan, Failure> {
        let IdentityQuestion { user_id, anonymous_id, identities, alias } = question;
        let id = |field: &str, id: &Option<String>| match id {
            Some(id) => validate::id(field, id),
            None => Ok(None),
        };
        let who = || -> Result<Who, gateway::Problem> {
            let identities = identities.iter().map(identity).collect();
            validate::somebody(Who {
                user_id: id("user_id", user_id)?,
                anonymous_id: id("anonymous_id", anonymous_id)?,
                identities,
            })
        };
        let who = who().map_err(Failure::from)?;
        let now = self.workspace.now();
        let what = match id("alias", alias).map_err(Failure::from)? {
            Some(previous) => What::Alias { previous },
            None => What::Identify(AttributeChange::set(now, EventId(0), Vec::new())),
        };
        let record = Record { received_at: now, who, what };
        let planned = self.workspace.plan(record)?;
        let changes = planned.deeds.into_iter().map(|(deed, other)| {
            let other = other.unwrap_or_default().into();
            change(deed, other)
        });
        Ok(IdentityPlan { user: planned.user.map(String::from), changes: changes.collect() })
    }

    /// The record that says that two users are one: of whom both ids are known here.
    pub fn merge_record(&self, id: &str, other: &str) -> Result<Record, Failure> {
        let (into, graph) = self.known(id)?;
        let (from, _) = self.known(other)?;
        if into == from {
            let message = format!("\"{id}\" and \"{other}\" are one user already");
            return Err(Failure::unprocessable("identity.same", message));
        }
        let what = What::Alias { previous: Text::new(other) };
        self.about(id, &graph, what)
    }

    /// The record that separates a person from a user.
    pub fn separate_record(&self, id: &str, person: &str) -> Result<Record, Failure> {
        let (user, graph) = self.known(id)?;
        let (of, _) = self.known(person)?;
        let node = graph.nodes.iter().find(|node| has(node, person));
        let Some(node) = node.filter(|_| of == user) else {
            let message = format!("\"{person}\" is no id of a person of \"{id}\"");
            return Err(Failure::unprocessable("identity.not_of_user", message)
                .hint(format!("GET /api/users/{id}/identity shows the persons and their ids")));
        };
        if node.merged_into.is_none() {
            let message =
                format!("\"{person}\" is the user's own, from which others are separated");
            return Err(Failure::unprocessable("identity.not_merged", message)
                .hint("name an id of a person that was merged into the user"));
        }
        let what = What::Separate { separated: Text::new(person) };
        self.about(id, &graph, what)
    }

    /// A record about the user's own person.
    fn about(&self, id: &str, graph: &IdentityGraph, what: What) -> Result<Record, Failure> {
        let own = graph.nodes.first().ok_or_else(|| no_user(id))?;
        let user_id = own.user_ids.first().or(graph.user_ids().next());
        let identity = own.identities.first().or(graph.identities().next());
        let anonymous_id = own.anonymous_ids.first().or(graph.anonymous_ids().next());
        let who = match (user_id, identity) {
            (Some(_), _) => Who::of(user_id.cloned(), None),
            (None, Some(identity)) => Who { identities: vec![identity.clone()], ..Who::default() },
            (None, None) => Who::of(None, anonymous_id.cloned()),
        };
        Ok(Record { received_at: self.workspace.now(), who, what })
    }
}

fn has(node: &Node, id: &str) -> bool {
    let shown = |identity: &Identity| format!("{}:{}", identity.label, identity.value) == id;
    node.user_ids.iter().chain(&node.anonymous_ids).any(|own| own == id)
        || node.identities.iter().any(shown)
}

pub(super) fn written(sight: &Sight, graph: &IdentityGraph) -> api::IdentityGraph {
    let claims = graph.claims.iter().map(|claim| api::IdentityClaim {
        identity: seen(sight, &claim.identity),
        owner: sight.id(&claim.owner),
    });
    api::IdentityGraph {
        id: sight.id(&graph.public_id),
        persons: graph.nodes.iter().map(|node| person(sight, node)).collect(),
        claims: claims.collect(),
    }
}

fn person(sight: &Sight, node: &Node) -> IdentityPerson {
    let texts = |ids: &[Text]| ids.iter().map(|id| sight.id(id)).collect();
    let identities: Vec<_> = node.identities.iter().map(|of| seen(sight, of)).collect();
    let identity = node.identities.first().map(|of| format!("{}:{}", of.label, of.value));
    let identity = identity.map(|written| sight.id(&written));
    let id = node.user_ids.first().or(node.anonymous_ids.first()).map(|id| sight.id(id));
    IdentityPerson {
        id: id.or(identity),
        merged_into: node.merged_into.map(|place| place as u64),
        user_ids: texts(&node.user_ids),
        anonymous_ids: texts(&node.anonymous_ids),
        moved_on: texts(&node.moved_on),
        identities,
        apart: node.apart,
    }
}

/// An identity as it may be seen: what is masked as an attribute is masked as an identity.
pub(super) fn seen(sight: &Sight, identity: &Identity) -> IdentityName {
    let name = name(identity);
    match sight.hides_identity(identity) {
        true => IdentityName { value: MASK.to_owned(), ..name },
        false => name,
    }
}

fn name(identity: &Identity) -> IdentityName {
    IdentityName { label: identity.label.to_string(), value: identity.value.to_string() }
}

fn identity(name: &IdentityName) -> Identity {
    Identity::new(name.label.as_str(), name.value.as_str())
}

fn change(deed: Deed, other: String) -> IdentityChange {
    match deed {
        Deed::Create => IdentityChange::CreateUser,
        Deed::AddUserId(user_id) => IdentityChange::AddUserId { user_id: user_id.into() },
        Deed::AddIdentity(identity) => IdentityChange::AddIdentity { identity: name(&identity) },
        Deed::AddAnonymousId(anonymous_id) => {
            IdentityChange::AddAnonymousId { anonymous_id: anonymous_id.into() }
        }
        Deed::MoveAnonymousId { anonymous_id, .. } => {
            let anonymous_id = anonymous_id.into();
            IdentityChange::MoveAnonymousId { anonymous_id, from: other }
        }
        Deed::Merge(_) => IdentityChange::Merge { from: other },
        Deed::Claim { identity, .. } => {
            IdentityChange::Claim { identity: name(&identity), owner: other }
        }
    }
}
