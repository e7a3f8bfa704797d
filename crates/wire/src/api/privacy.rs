//! Erasing, suppressing and exporting persons; test users.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{IdentityGraph, Object, StateChange, UserEvent};

/// What erasing a user covers, before anything is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErasePreview {
    /// Public id of the user.
    pub id: String,
    /// The whole person: everybody who turned out to be them, with all ids.
    pub identity: IdentityGraph,
    /// Events.
    pub events: u64,
    /// Changes of attributes.
    pub attribute_changes: u64,
    /// When they were first seen.
    pub first_seen_at: String,
    /// Backups that this server made and that hold the person, as far as they are still there.
    pub backups: Vec<ErasedBackup>,
    /// Saved segments whose definition names one of the ids: nobody but their author can change them.
    pub segments: Vec<String>,
}

/// A wish to erase.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EraseRequest {
    /// The public id of the user, written once more: erasing cannot be taken back.
    pub confirm: String,
    /// Nothing of these ids is taken any more. Without it, what comes for them again is of a new user.
    #[serde(default)]
    pub suppress: bool,
}

/// How far an erasure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErasureState {
    /// Out of every answer; the files are being rewritten. A start goes on with it.
    Running,
    /// Out of the files, too.
    Done,
}

/// The proof of an erasure. It holds no id: the ids of the person are gone from here, too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ErasureReceipt {
    /// Of this erasure.
    pub id: String,
    /// How far it is.
    pub state: ErasureState,
    /// Lower-case SHA-256 of `salt`, a zero byte and each id of the person (identities as
    /// `label:value`), sorted: whoever knows an id can tell that it is meant.
    pub subject: Vec<String>,
    /// What the hashes begin with, in hexadecimal digits: the workspace's own.
    pub salt: String,
    /// By whom.
    pub asked_by: String,
    /// When it was asked, and was out of every answer.
    pub asked_at: String,
    /// When the files were done.
    #[schema(required = true)]
    pub done_at: Option<String>,
    /// Why the last attempt at the files ended without success; a start tries again.
    #[schema(required = true)]
    pub failed: Option<String>,
    /// What still comes for these ids is refused.
    pub suppressed: bool,
    /// Every place where something was, or could have been.
    pub places: Vec<ErasedPlace>,
    /// Backups of before: they hold the person until they are erased there or deleted.
    pub backups: Vec<ErasedBackup>,
    /// What is out of reach of this server.
    pub out_of_reach: Vec<String>,
    /// The search for the ids in all files afterwards.
    #[schema(required = true)]
    pub verification: Option<ErasureVerification>,
}

/// One place of a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErasedPlace {
    /// `events`, `attribute_changes`, `transitions`, `identity`, `live`, `log`, `error_samples`,
    /// `dead_letters`, `webhook_messages`, `caches`, `test_user`.
    pub place: String,
    /// What was removed: rows, records, persons, messages.
    pub removed: u64,
    /// What was done, in words.
    pub how: String,
}

/// A backup that holds an erased person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErasedBackup {
    /// Where it was made.
    pub folder: String,
    /// When.
    pub made_at: String,
    /// What to do about it.
    pub remedy: String,
}

/// What a search through all files of the data directory found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErasureVerification {
    /// When.
    pub at: String,
    /// Files that were read as they are, byte by byte.
    pub raw_files: u64,
    /// Files that are compressed and were read through their decoder.
    pub decoded_files: u64,
    /// Bytes of all of them.
    pub bytes: u64,
    /// Ids that were looked for. Those of fewer than four bytes are too common to be looked for.
    pub ids: u64,
    /// Ids that were too short.
    pub ids_too_short: u64,
    /// Where an id still stands, as a word of its own: in what others sent, or in a definition.
    pub found: Vec<ErasureFinding>,
}

/// A file that still names an id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErasureFinding {
    /// Within the data directory.
    pub file: String,
    /// How often.
    pub times: u64,
}

/// All erasures, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ErasureList {
    /// Their receipts.
    pub erasures: Vec<ErasureReceipt>,
}

/// An id of which nothing is to be taken any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SuppressionInput {
    /// A user id, an anonymous id, or an identity: `label:value`, or the value alone (an e-mail
    /// address, a number). Of a person who is known, every id is meant.
    pub id: String,
    /// Why, for people.
    #[serde(default)]
    pub reason: String,
}

/// A suppression. It holds hashes only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Suppression {
    /// Its own id.
    pub id: String,
    /// When it began.
    pub at: String,
    /// By whom.
    pub by: String,
    /// Why.
    pub reason: String,
    /// How many ids.
    pub ids: u64,
    /// Records that were refused since the start of the server.
    pub refused: u64,
}

/// All suppressions, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SuppressionList {
    /// They.
    pub suppressions: Vec<Suppression>,
}

/// What is said of a person's privacy here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserPrivacy {
    /// Public id.
    pub id: String,
    /// The suppression that hides them, if one does.
    #[schema(required = true)]
    pub suppression: Option<Suppression>,
    /// They are a test user.
    pub test_user: bool,
}

/// Whether somebody is a test user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TestUserInput {
    /// They are.
    pub test_user: bool,
}

/// A user who is there to try things on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TestUser {
    /// Public id.
    pub id: String,
    /// Since when.
    pub since: String,
    /// Who said so.
    pub by: String,
}

/// All test users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TestUserList {
    /// In the order in which they were flagged.
    pub test_users: Vec<TestUser>,
}

/// Everything of one person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PersonExport {
    /// The form of this document: 1.
    pub version: u32,
    /// When it was made.
    pub exported_at: String,
    /// Public id.
    pub id: String,
    /// The persons with all their ids.
    pub identity: IdentityGraph,
    /// Attributes as they are now.
    pub attributes: Object,
    /// Every change of every attribute, oldest first.
    pub attribute_history: Vec<AttributeValue>,
    /// Every event of any age, oldest first.
    pub events: Vec<UserEvent>,
    /// Every change of the lifecycle state.
    pub states: Vec<StateChange>,
    /// Every move in and out of segments and states that was told when it happened.
    pub transitions: Vec<PersonTransition>,
    /// Saved segments that the person is in.
    pub segments: Vec<String>,
    /// What the person agreed to: attributes and properties by which senders say so.
    pub consent: Object,
    /// They are a test user.
    pub test_user: bool,
}

/// One change of one attribute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AttributeValue {
    /// The attribute.
    pub attribute: String,
    /// When.
    pub at: String,
    /// The value from then on.
    #[schema(value_type = Object)]
    pub value: serde_json::Value,
}

/// One move of one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PersonTransition {
    /// `segment/ID` or `lifecycle/KEY`.
    pub watch: String,
    /// When.
    pub at: String,
    /// The place before; 0: none.
    pub from: u8,
    /// The place after; 0: none.
    pub to: u8,
}
