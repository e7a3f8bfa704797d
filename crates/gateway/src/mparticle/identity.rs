//! Identities: what the names of the vendor's kinds are here, and the answers of its identity service.
//!
//! The person's number (`mpid`) is made of the strongest identity that a request names, with a secret of
//! the workspace, so that the same person has the same number and nothing has to be remembered. Which
//! people are one is decided where records are folded, not by this number.

use std::collections::BTreeMap;

use model::{AttributeChange, EventId, Identity, Record, Text, Timestamp, What, Who};
use serde::Deserialize;
use serde_json::json;

use crate::{Problem, Refusal, body, validate};

/// Identities of one person, sorted into what they are here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    pub user_id: Option<Text>,
    pub anonymous_id: Option<Text>,
    pub identities: Vec<Identity>,
}

/// The label of the vendor's own number of a person.
pub(super) const MPID: &str = "mpid";

/// From the strongest on: the first that a request names makes the number. Others follow by name, and
/// a device comes last.
const STRONGEST: [&str; 6] =
    ["customerid", "customer_id", "email", "mobile_number", "facebook", "google"];
const DEVICE: [&str; 2] = ["device_application_stamp", "mp_deviceid"];

impl Known {
    /// Takes one identity by the vendor's name of its kind.
    pub fn add(&mut self, kind: &str, value: &str) -> Result<(), Problem> {
        match kind {
            "customerid" | "customer_id" => self.user_id = validate::id(kind, value)?,
            _ if DEVICE.contains(&kind) => self.anonymous_id = validate::id(kind, value)?,
            "email" => self.push(validate::email(value), kind, value)?,
            "mobile_number" => self.push(validate::phone(value), Identity::PHONE, value)?,
            _ => self.push(None, kind, value)?,
        }
        Ok(())
    }

    /// Takes a usual form of an identity, or it as it is written.
    fn push(&mut self, usual: Option<Identity>, label: &str, value: &str) -> Result<(), Problem> {
        let written = validate::id(label, value)?.map(|value| Identity::new(label, value));
        self.identities.extend(usual.or(written));
        Ok(())
    }

    pub fn who(self) -> Result<Who, Problem> {
        let Known { user_id, anonymous_id, identities } = self;
        validate::somebody(Who { user_id, anonymous_id, identities })
    }
}

/// What is asked of the identity service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Who this is, when an application starts.
    Identify,
    /// Somebody says who they are.
    Login,
    /// Nobody in particular from now on.
    Logout,
    /// Who this would be.
    Search,
}

/// A request to the identity service.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Request {
    request_id: Option<String>,
    known_identities: Option<BTreeMap<String, serde_json::Value>>,
    identity_changes: Option<Vec<Change>>,
    data: Option<AliasData>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Change {
    old_value: Option<String>,
    new_value: Option<String>,
    identity_type: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AliasData {
    destination_mpid: Option<serde_json::Value>,
    source_mpid: Option<serde_json::Value>,
    device_application_stamp: Option<String>,
}

/// Reads a request.
pub fn request(bytes: &[u8]) -> Result<Request, Refusal> {
    let text = body::text(bytes, None)?;
    serde_json::from_str(&text).map_err(|error| {
        let hint = "send an object with known_identities";
        Refusal::bad("request.not_json", format!("the body is no identity request: {error}"), hint)
    })
}

impl Request {
    /// The identity that makes the number: its kind and value.
    pub fn strongest(&self) -> Option<(String, String)> {
        let known = self.known();
        let named = |kind: &'static str| known.get(kind).map(|value| (kind, value.clone()));
        let strong = STRONGEST.into_iter().find_map(named);
        let other = known.iter().find(|(kind, _)| !DEVICE.contains(&kind.as_str()));
        let other = other.map(|(kind, value)| (kind.as_str(), value.clone()));
        let (kind, value) = strong.or(other).or_else(|| DEVICE.into_iter().find_map(named))?;
        // Two spellings of one kind.
        let kind = if kind == "customer_id" { "customerid" } else { kind };
        Some((kind.to_owned(), value))
    }

    /// The device alone.
    pub fn device(&self) -> Option<(String, String)> {
        let known = self.known();
        let found = DEVICE.iter().find_map(|kind| known.get(*kind));
        found.map(|value| (DEVICE[0].to_owned(), value.clone()))
    }

    fn known(&self) -> BTreeMap<String, String> {
        let Some(known) = &self.known_identities else { return BTreeMap::new() };
        let text = |value: &serde_json::Value| match value {
            serde_json::Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
            serde_json::Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        known.iter().filter_map(|(kind, value)| Some((kind.clone(), text(value)?))).collect()
    }

    /// What a login says: these identities are one person's.
    pub fn record(
        &self,
        question: Question,
        received_at: Timestamp,
    ) -> Result<Option<Record>, Problem> {
        let mut sorted = Known::default();
        for (kind, value) in self.known() {
            sorted.add(&kind, &value)?;
        }
        let named = sorted.user_id.is_some() || !sorted.identities.is_empty();
        if matches!(question, Question::Logout | Question::Search) || !named {
            return Ok(None);
        }
        Ok(Some(self.one_person(sorted, received_at)?))
    }

    fn one_person(&self, known: Known, received_at: Timestamp) -> Result<Record, Problem> {
        let at = received_at.to_string();
        let id = EventId::of(self.request_id.as_deref().unwrap_or(&at));
        let change = AttributeChange::set(received_at, id, Vec::new());
        Ok(Record { received_at, who: known.who()?, what: What::Identify(change) })
    }

    /// What changes of identities say: the old and the new one are the same person's.
    pub fn change_record(&self, received_at: Timestamp) -> Result<Option<Record>, Problem> {
        let mut known = Known::default();
        let mut previous = None;
        for change in self.identity_changes.iter().flatten() {
            let Change { old_value, new_value, identity_type } = change;
            let Some(kind) = identity_type else { continue };
            let own = matches!(kind.as_str(), "customerid" | "customer_id");
            match old_value {
                Some(old) if own => previous = validate::id(kind, old)?,
                Some(old) => known.add(kind, old)?,
                None => {}
            }
            if let Some(new) = new_value {
                known.add(kind, new)?;
            }
        }
        known.identities.sort_unstable();
        known.identities.dedup();
        match (&known.user_id, previous) {
            (Some(user), Some(previous)) if *user != previous => {
                let who = known.who()?;
                Ok(Some(Record { received_at, who, what: What::Alias { previous } }))
            }
            _ if known.identities.len() + usize::from(known.user_id.is_some()) > 1 => {
                Ok(Some(self.one_person(known, received_at)?))
            }
            _ => Ok(None),
        }
    }

    /// What an alias says: two numbers and a device are one person's.
    pub fn alias_record(&self, received_at: Timestamp) -> Result<Option<Record>, Problem> {
        let Some(data) = &self.data else { return Ok(None) };
        let mut known = Known::default();
        for mpid in [&data.source_mpid, &data.destination_mpid].into_iter().flatten() {
            let mpid = mpid.as_str().map_or_else(|| mpid.to_string(), str::to_owned);
            known.push(None, MPID, &mpid)?;
        }
        if let Some(device) = &data.device_application_stamp {
            known.add(DEVICE[0], device)?;
        }
        match known.identities.len() {
            0 | 1 => Ok(None),
            _ => Ok(Some(self.one_person(known, received_at)?)),
        }
    }

    /// The answer to a question: who that is.
    pub fn answer(&self, mpid: u64, question: Question) -> String {
        let known = self.known();
        let logged_in = known.keys().any(|kind| !DEVICE.contains(&kind.as_str()));
        let logged_in = logged_in && question != Question::Logout;
        json!({
            "context": null,
            "matched_identities": known,
            "is_ephemeral": false,
            "is_logged_in": logged_in,
            "mpid": mpid.to_string(),
        })
        .to_string()
    }

    /// The answer to changes of the identities of a person.
    pub fn changed(&self, mpid: &str) -> String {
        let kinds = self.identity_changes.iter().flatten().filter_map(|c| c.identity_type.as_ref());
        let results: Vec<_> =
            kinds.map(|kind| json!({"identity_type": kind, "modified_mpid": mpid})).collect();
        json!({ "change_results": results }).to_string()
    }
}

/// An error as the vendor's libraries read it.
pub fn error(code: &str, message: &str) -> String {
    json!({"Errors": [{"code": code, "message": message}]}).to_string()
}

/// What a page is told when it starts.
pub fn configuration(key: &str) -> String {
    let token: String = key.chars().filter(char::is_ascii_alphanumeric).take(12).collect();
    json!({
        "appName": "perennial",
        "kitConfigs": [],
        "pixelConfigs": [],
        "flags": {"eventBatchingIntervalMillis": "0", "offlineStorage": "0", "cacheIdentity": "False"},
        "workspaceToken": token,
        "minWebviewBridgeVersion": 2,
    })
    .to_string()
}
