//! Who is who: the identity graph of a user, and what would change it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An identity besides user ids and anonymous ids, as in an e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityName {
    /// Which kind, as in `email`, `phone`, or a name of your own.
    pub label: String,
    /// The identity itself.
    pub value: String,
}

/// The persons that a user is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IdentityGraph {
    /// Public id of the user.
    pub id: String,
    /// The user's own person first, then everybody who turned out to be the same.
    pub persons: Vec<IdentityPerson>,
    /// Identities that were said to be this user's and belong to another. Nothing is merged because
    /// of them: somebody is to decide.
    pub claims: Vec<IdentityClaim>,
}

/// One person of the graph: the ids that came together before any merge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IdentityPerson {
    /// An id by which the person can be separated; nothing: no id is left to them.
    #[schema(required = true)]
    pub id: Option<String>,
    /// Place in `persons` of the one that this one was merged into; nothing for the first.
    #[schema(required = true)]
    pub merged_into: Option<u64>,
    /// Ids that a sender's own system gave.
    pub user_ids: Vec<String>,
    /// Ids of devices and browsers.
    pub anonymous_ids: Vec<String>,
    /// Ids of devices and browsers that others use now.
    pub moved_on: Vec<String>,
    /// Other identities.
    pub identities: Vec<IdentityName>,
    /// Was separated from another: only an explicit merge joins them again.
    pub apart: bool,
}

/// An identity that two users were said to have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IdentityClaim {
    /// The identity.
    pub identity: IdentityName,
    /// Public id of the user that has it.
    pub owner: String,
}

/// Ids that are said to be one person's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityQuestion {
    /// An id that your own system gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// An id of a device or browser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anonymous_id: Option<String>,
    /// Other identities.
    #[serde(default)]
    pub identities: Vec<IdentityName>,
    /// An id that is explicitly said to be the same person's, whoever has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
}

/// What a record with these ids would do; nothing is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IdentityPlan {
    /// Public id of the user the record would belong to; nothing: a new one.
    #[schema(required = true)]
    pub user: Option<String>,
    /// What would change, in this order; nothing: the ids are known to be this user's.
    pub changes: Vec<IdentityChange>,
}

/// One change of the identity graph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum IdentityChange {
    /// A user comes into being.
    CreateUser,
    /// The user has one more user id.
    AddUserId {
        /// The id.
        user_id: String,
    },
    /// The user has one more identity.
    AddIdentity {
        /// The identity.
        identity: IdentityName,
    },
    /// The user has one more device or browser.
    AddAnonymousId {
        /// The id.
        anonymous_id: String,
    },
    /// A device or browser is used by this user from now on; the past stays with the other.
    MoveAnonymousId {
        /// The id.
        anonymous_id: String,
        /// Public id of the other.
        from: String,
    },
    /// Another user turns out to be this one, with their whole past.
    Merge {
        /// Public id of the other.
        from: String,
    },
    /// The identity stays where it is, as both have user ids; the claim is remembered.
    Claim {
        /// The identity.
        identity: IdentityName,
        /// Public id of the user that has it.
        owner: String,
    },
}

/// Another user who is the same person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeRequest {
    /// Any id of the other user.
    pub other: String,
}

/// A person who is not the same after all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeparateRequest {
    /// Any id of the person, as the identity graph shows them.
    pub person: String,
}
