//! What a person can ask for: to be erased, to be left alone, to be told everything that is known.
//!
//! What it is not: it erases nothing itself; the workspace does.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use ::history::Snapshot;
use model::{Text, Timestamp, UserIndex, Value};
use segment::evaluate::{UserHistory, attribute_at};
use serde_json::Value as Json;
use wire::api::{
    AttributeValue, ErasePreview, EraseRequest, ErasureList, ErasureReceipt, Object, PersonExport,
    PersonTransition, Suppression, SuppressionInput, SuppressionList, TestUser, TestUserInput,
    TestUserList, UserPrivacy,
};

use super::{Service, View, definitions, users, values};
use crate::config::privacy::SavedSuppression;
use crate::failure::Failure;
use crate::privacy::{Hash, Salt, Suppressed, hex};
use crate::workspace::EraseWish;
use crate::workspace::erase::new_id;

/// The form of an export of one person.
const EXPORT_VERSION: u32 = 1;

/// Bytes of a reason at most.
const REASON_BYTES_MAX: usize = 500;

/// Suppressions at most: each has a few hashes in memory.
const SUPPRESSIONS_MAX: usize = 1_000_000;

/// What attributes begin with that say what somebody agreed to.
const CONSENT: [&str; 4] = ["consent", "opt_in", "opt_out", "unsubscribe"];

/// A user who is there to try things on.
struct Flagged {
    user: UserIndex,
    /// The id under which they were flagged.
    id: String,
    since: Timestamp,
    by: String,
}

impl Service {
    /// What erasing a user covers.
    pub fn erase_preview(&self, id: &str) -> Result<ErasePreview, Failure> {
        let (user, graph) = self.known(id)?;
        let snapshot = self.workspace.whole_snapshot()?;
        let (facts, history) = (snapshot.facts_of(user), snapshot.history_of(user)?);
        let ids: Vec<String> = ids_of(&graph).collect();
        let mut segments = Vec::new();
        let rules = self.rules()?;
        for saved in self.workspace.config().segments()? {
            let names = rules.segments.get(saved.id.as_str()).is_some_and(|predicate| {
                names_any(&Json::from(definitions::json(predicate)), &ids)
            });
            if names {
                segments.push(saved.name);
            }
        }
        Ok(ErasePreview {
            id: graph.public_id.to_string(),
            identity: super::identity::written(&self.sight(), &graph),
            events: snapshot.events_of(user)?.len() as u64,
            attribute_changes: history.attributes.values().map(|of| of.len() as u64).sum(),
            first_seen_at: Timestamp(facts.first_seen).to_string(),
            backups: self.workspace.backups_of_before(self.workspace.now())?,
            segments,
        })
    }

    /// Takes a user out of every answer; the files are rewritten by [`Service::finish_erasures`].
    pub fn erase(&self, id: &str, request: &EraseRequest) -> Result<ErasureReceipt, Failure> {
        let (_, graph) = self.known(id)?;
        if request.confirm != *graph.public_id {
            let message = format!(
                "`confirm` is \"{}\" and not the public id of the user, \"{}\"",
                request.confirm, graph.public_id
            );
            return Err(Failure::unprocessable("erase.confirm", message)
                .hint("GET /api/users/ID/erase shows what would go, and the id to write"));
        }
        let wish =
            EraseWish { id: &graph.public_id, suppress: request.suppress, by: &self.caller.name };
        let webhooks = Arc::clone(&self.webhooks);
        let erased = self.workspace.erase(&wish, &|theirs| webhooks.forget(theirs))?;
        self.known.clear();
        erased.ok_or_else(|| users::no_user(id))
    }

    /// Erases everybody here whom these receipts name: what was erased elsewhere after this directory
    /// was copied. New receipts of whom was found.
    pub fn erase_again(&self, receipts: &ErasureList) -> Result<ErasureList, Failure> {
        let mut erasures = Vec::new();
        for receipt in &receipts.erasures {
            let salt = Salt::said(&receipt.salt);
            let subject: HashSet<String> = receipt.subject.iter().cloned().collect();
            let found =
                self.workspace.users_where(move |id| subject.contains(&hex(&salt.hash(id))))?;
            for id in found {
                let request =
                    EraseRequest { confirm: id.to_string(), suppress: receipt.suppressed };
                erasures.push(self.erase(&id, &request)?);
            }
        }
        Ok(ErasureList { erasures })
    }

    /// Rewrites the files of what was erased, in this run or an earlier one. Takes as long as that.
    pub fn finish_erasures(&self) -> Result<(), Failure> {
        self.known.clear();
        Ok(self.workspace.finish_erasures()?)
    }

    /// Begins [`Service::finish_erasures`] on a thread of its own, if there is anything to do.
    pub fn finish_erasures_beside(&self) {
        let service = self.clone();
        let finish = move || {
            if let Err(failure) = service.finish_erasures() {
                tracing::error!(%failure, "an erasure is not finished; the next start tries again");
            }
        };
        if let Err(error) = std::thread::Builder::new().name("erasure".into()).spawn(finish) {
            tracing::error!(%error, "no thread to rewrite files with; the next start does it");
        }
    }

    /// All erasures.
    pub fn erasures(&self) -> Result<ErasureList, Failure> {
        Ok(ErasureList { erasures: self.workspace.erasures()? })
    }

    /// The receipt of one erasure.
    pub fn erasure(&self, id: &str) -> Result<ErasureReceipt, Failure> {
        let all = self.workspace.erasures()?;
        all.into_iter().find(|receipt| receipt.id == id).ok_or_else(|| {
            Failure::not_found("erase.unknown", format!("there is no erasure \"{id}\""))
                .hint("GET /api/erasures lists them")
        })
    }

    /// Takes nothing of somebody any more, and shows them to nobody.
    pub fn suppress(&self, input: &SuppressionInput) -> Result<Suppression, Failure> {
        let SuppressionInput { id, reason } = input;
        let id = id.trim();
        if id.is_empty() || reason.len() > REASON_BYTES_MAX {
            let message = format!("`id` is empty, or `reason` has over {REASON_BYTES_MAX} bytes");
            return Err(Failure::unprocessable("suppression.input", message));
        }
        let config = self.workspace.config();
        if config.suppressions()?.len() >= SUPPRESSIONS_MAX {
            let message = format!("there are {SUPPRESSIONS_MAX} suppressions already");
            return Err(Failure::unprocessable("suppression.too_many", message)
                .hint("lift those that are not needed"));
        }
        let suppressed = self.workspace.suppressed();
        if let Some(known) = suppressed.of(id) {
            let message = format!("\"{id}\" is suppressed already");
            return Err(Failure::new(409, "suppression.exists", message)
                .hint(format!("it is suppression {known}")));
        }
        let graph = self.workspace.identity(id)?.map(|(_, graph)| graph);
        let salt = suppressed.salt();
        let mut hashes: Vec<Hash> =
            graph.iter().flat_map(ids_of).map(|id| salt.hash(&id)).collect();
        hashes.push(salt.hash(id));
        hashes.sort_unstable();
        hashes.dedup();
        let saved = SavedSuppression {
            id: new_id()?,
            at: self.workspace.now().0,
            who: self.caller.name.clone(),
            reason: reason.clone(),
            hashes,
        };
        config.add_suppression(&saved)?;
        self.workspace.suppressions_changed()?;
        self.known.clear();
        Ok(shown(&saved, &self.workspace.suppressed()))
    }

    /// All suppressions.
    pub fn suppressions(&self) -> Result<SuppressionList, Failure> {
        let suppressed = self.workspace.suppressed();
        let all = self.workspace.config().suppressions()?;
        let suppressions = all.iter().map(|saved| shown(saved, &suppressed)).collect();
        Ok(SuppressionList { suppressions })
    }

    /// Lifts a suppression: who was hidden is shown again, with everything of before.
    pub fn lift_suppression(&self, id: &str) -> Result<(), Failure> {
        if !self.workspace.config().delete_suppression(id)? {
            let message = format!("there is no suppression \"{id}\"");
            return Err(Failure::not_found("suppression.unknown", message)
                .hint("GET /api/suppressions lists them"));
        }
        self.known.clear();
        Ok(self.workspace.suppressions_changed()?)
    }

    /// What is said of a person's privacy.
    pub fn user_privacy(&self, id: &str) -> Result<UserPrivacy, Failure> {
        let (user, graph) = self.known(id)?;
        let suppressed = self.workspace.suppressed();
        let of = ids_of(&graph).find_map(|id| suppressed.of(&id).map(str::to_owned));
        let all = self.workspace.config().suppressions()?;
        let saved = of.and_then(|of| all.into_iter().find(|saved| saved.id == of));
        Ok(UserPrivacy {
            id: self.sight().id(&graph.public_id),
            suppression: saved.as_ref().map(|saved| shown(saved, &suppressed)),
            test_user: self.flagged()?.iter().any(|of| of.user == user),
        })
    }

    /// Flags a test user, or takes the flag away.
    pub fn set_test_user(&self, id: &str, input: &TestUserInput) -> Result<UserPrivacy, Failure> {
        let (user, graph) = self.known(id)?;
        let config = self.workspace.config();
        let flagged = self.flagged()?;
        let mut own = flagged.into_iter().filter(|of| of.user == user).peekable();
        if !input.test_user {
            let ids: Vec<String> = own.map(|of| of.id).collect();
            config.remove_test_users(&ids)?;
        } else if own.peek().is_none() {
            config.add_test_user(&graph.public_id, self.workspace.now().0, &self.caller.name)?;
        }
        self.user_privacy(id)
    }

    /// All test users. What is sent to try it goes to these and nobody else.
    pub fn test_users(&self) -> Result<TestUserList, Failure> {
        let sight = self.sight();
        let mut test_users = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for Flagged { user, id, since, by } in self.flagged()? {
            // Two that were flagged may have turned out to be one.
            if seen.insert(user) {
                let public_id = self.workspace.identity(&id)?.map(|(_, graph)| graph.public_id);
                let id = sight.id(public_id.as_deref().unwrap_or(&id));
                test_users.push(TestUser { id, since: since.to_string(), by });
            }
        }
        Ok(TestUserList { test_users })
    }

    /// Whether whoever has an id is flagged as a test user.
    pub(super) fn is_test_user(&self, id: &str) -> Result<bool, Failure> {
        let (user, _) = self.known(id)?;
        Ok(self.flagged()?.iter().any(|of| of.user == user))
    }

    /// Users who are flagged, oldest first.
    fn flagged(&self) -> Result<Vec<Flagged>, Failure> {
        let mut flagged = Vec::new();
        for (id, since, by) in self.workspace.config().test_users()? {
            if let Some((user, _)) = self.workspace.identity(&id)? {
                flagged.push(Flagged { user, id, since: Timestamp(since), by });
            }
        }
        Ok(flagged)
    }

    /// Everything of one person, suppressed or not.
    pub fn export_person(&self, id: &str) -> Result<PersonExport, Failure> {
        let (user, graph) = self.known(id)?;
        let snapshot = self.workspace.whole_snapshot()?;
        let view = View { snapshot: Arc::clone(&snapshot), ..self.view(None, None)? };
        let view = View { at: Timestamp::MAX, ..view };
        let history = snapshot.history_of(user)?;
        let sight = self.sight();
        let stored = snapshot.events_of(user)?;
        let attributes = attributes(&history);
        let consent = attributes
            .iter()
            .filter(|(name, _)| CONSENT.iter().any(|word| name.to_lowercase().contains(word)));
        let consent: Object = consent.map(|(name, value)| (name.clone(), value.clone())).collect();
        Ok(PersonExport {
            version: EXPORT_VERSION,
            exported_at: self.workspace.now().to_string(),
            id: graph.public_id.to_string(),
            identity: super::identity::written(&sight, &graph),
            attributes,
            attribute_history: attribute_history(&history),
            events: stored.iter().map(|stored| users::written(&sight, stored)).collect(),
            states: self.states_of(&view, user, &history)?,
            transitions: transitions(&snapshot, user)?,
            segments: self.segments_of(&view, user)?,
            consent,
            test_user: self.flagged()?.iter().any(|of| of.user == user),
        })
    }

    /// Names of the saved segments that a user is in now.
    fn segments_of(&self, view: &View, user: UserIndex) -> Result<Vec<String>, Failure> {
        let at = self.now()?;
        let view = View { at, snapshot: Arc::clone(&view.snapshot), ..self.view(None, None)? };
        let evaluator = view.evaluator();
        let mut names = Vec::new();
        for saved in self.workspace.config().segments()? {
            let predicate = view.rules.segments.get(saved.id.as_str());
            let members = predicate.and_then(|predicate| evaluator.members(predicate).ok());
            if members.is_some_and(|members| members.contains(user)) {
                names.push(saved.name);
            }
        }
        Ok(names)
    }
}

/// Every id of a person, as people write it; of identities the value alone, too, as that is how they
/// are sent.
fn ids_of(graph: &engine::IdentityGraph) -> impl Iterator<Item = String> {
    let ids = graph.user_ids().chain(graph.anonymous_ids()).map(ToString::to_string);
    let identities = graph
        .identities()
        .flat_map(|of| [format!("{}:{}", of.label, of.value), of.value.to_string()]);
    ids.chain(identities)
}

fn names_any(json: &Json, ids: &[String]) -> bool {
    match json {
        Json::String(text) => ids.contains(text),
        Json::Array(items) => items.iter().any(|item| names_any(item, ids)),
        Json::Object(fields) => fields.values().any(|value| names_any(value, ids)),
        _ => false,
    }
}

fn shown(saved: &SavedSuppression, suppressed: &Suppressed) -> Suppression {
    let SavedSuppression { id, at, who, reason, hashes } = saved;
    Suppression {
        id: id.clone(),
        at: Timestamp(*at).to_string(),
        by: who.clone(),
        reason: reason.clone(),
        ids: hashes.len() as u64,
        refused: suppressed.refused(id),
    }
}

fn attributes(history: &UserHistory) -> Object {
    let now = |name: &Text| attribute_at(history, name, Timestamp::MAX);
    let known = history.attributes.keys().filter_map(|name| Some((name, now(name)?)));
    known.map(|(name, value)| (name.to_string(), values::json(value))).collect()
}

fn attribute_history(history: &UserHistory) -> Vec<AttributeValue> {
    let mut changes: BTreeMap<(Timestamp, usize), (&Text, &Value)> = BTreeMap::new();
    for (name, of) in &history.attributes {
        for (at, value) in of {
            changes.insert((*at, changes.len()), (name, value));
        }
    }
    let written =
        |((at, _), (name, value)): ((Timestamp, usize), (&Text, &Value))| AttributeValue {
            attribute: name.to_string(),
            at: at.to_string(),
            value: values::json(value),
        };
    changes.into_iter().map(written).collect()
}

fn transitions(snapshot: &Snapshot, user: UserIndex) -> Result<Vec<PersonTransition>, Failure> {
    let told = snapshot.transitions_of(user, Timestamp::MAX)?;
    let written = told.into_iter().map(|told| PersonTransition {
        watch: told.key.to_string(),
        at: told.at.to_string(),
        from: told.change.from,
        to: told.change.to,
    });
    Ok(written.collect())
}
