//! How stories are written.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use wire::api::{ContactPolicy, SubscriptionTopics};

/// A file of stories.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoryFile {
    /// The file of the journey, beside this one; or a list of files, of journeys that are played together.
    pub journey: Files,
    /// Segments that the journey names, by id: in the text form or the JSON form.
    #[serde(default)]
    pub segments: BTreeMap<String, Value>,
    /// States of the lifecycle, if the journey names any; the first that holds wins.
    #[serde(default)]
    pub lifecycle: Vec<StoryState>,
    /// The contact policy; default: no caps, no quiet hours, no control group.
    #[serde(default)]
    pub policy: ContactPolicy,
    /// Topics that messages name.
    #[serde(default)]
    pub topics: SubscriptionTopics,
    /// The local time at which every story begins, as in `2026-03-02T10:00`.
    pub starts: String,
    /// The zone of the workspace, and of a user without one; default UTC.
    #[serde(default)]
    pub zone: Option<String>,
    /// Stories, each with a user of its own.
    pub stories: Vec<Story>,
}

/// One file, or several.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub struct Files(pub Vec<String>);

impl TryFrom<Value> for Files {
    type Error = &'static str;

    fn try_from(written: Value) -> Result<Files, &'static str> {
        let files: Option<Vec<String>> = match written {
            Value::String(one) => Some(vec![one]),
            Value::Array(all) => all.iter().map(|of| Some(of.as_str()?.to_owned())).collect(),
            _ => None,
        };
        files
            .filter(|files| !files.is_empty())
            .map(Files)
            .ok_or("write the name of a file, or a list of them")
    }
}

/// A state of a lifecycle.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoryState {
    /// Stable key.
    pub key: String,
    /// Name for people; default: the key.
    #[serde(default)]
    pub name: Option<String>,
    /// Who is in it: in the text form or the JSON form.
    pub segment: Value,
}

/// A story.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Story {
    /// What it is about.
    pub name: String,
    /// Whom it is about.
    #[serde(default)]
    pub user: StoryUser,
    /// The user is of the control group.
    #[serde(default)]
    pub held_out: bool,
    /// What happens, one thing after the other.
    pub steps: Vec<StoryStep>,
}

/// Whoever a story is about.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoryUser {
    /// Their user id; default `user`.
    #[serde(default)]
    pub id: Option<String>,
    /// Attributes from the beginning on; `email` and `phone` are where messages go.
    #[serde(default)]
    pub attributes: BTreeMap<String, Value>,
    /// Devices that let messages through.
    #[serde(default)]
    pub devices: Vec<Device>,
}

/// A device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Device {
    /// Push over FCM.
    Android,
    /// Push over APNs.
    Ios,
    /// Push over Huawei's service.
    Huawei,
    /// Web push.
    Web,
}

/// One thing that happens, or that is expected.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoryStep {
    /// Which journey this is about, by its id, if there are several.
    #[serde(default)]
    pub journey: Option<String>,
    /// The user does something: the name of an event.
    #[serde(default)]
    pub does: Option<String>,
    /// Properties of the event.
    #[serde(default)]
    pub with: Option<BTreeMap<String, Value>>,
    /// So much time passes, as in `24h`; what is due at the very end is done.
    #[serde(default)]
    pub passes: Option<String>,
    /// Time passes until a local time: `09:00` (the next one) or `2026-03-03T09:00`.
    #[serde(default)]
    pub until: Option<String>,
    /// Attributes have other values from now on.
    #[serde(default)]
    pub sets: Option<BTreeMap<String, Value>>,
    /// The user opens the latest message of this step.
    #[serde(default)]
    pub opens: Option<String>,
    /// The user clicks in the latest message of this step.
    #[serde(default)]
    pub clicks: Option<String>,
    /// The server that this step asked answers.
    #[serde(default)]
    pub answers: Option<StoryAnswer>,
    /// The webhook of this step fails for good.
    #[serde(default)]
    pub fails: Option<String>,
    /// Somebody lets the user in, as `POST /api/journeys/{id}/enter` or a schedule does.
    #[serde(default)]
    pub enters: Option<Yes>,
    /// What must be so now.
    #[serde(default)]
    pub expect: Option<Expect>,
    /// A word for whoever reads it.
    #[serde(default)]
    pub note: Option<String>,
}

/// What a server answers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoryAnswer {
    /// The step that asked.
    pub step: String,
    /// The JSON of the answer: an object; default: none that can be used.
    #[serde(default)]
    pub with: Option<Value>,
}

/// `true`, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "bool")]
pub struct Yes;

impl TryFrom<bool> for Yes {
    type Error = &'static str;

    fn try_from(is: bool) -> Result<Yes, &'static str> {
        if is { Ok(Yes) } else { Err("write true, or leave it out") }
    }
}

/// What must be so: everything that is written.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// The user is at this step.
    pub at: Option<String>,
    /// The user is out, for this reason: `completed`, `goal`, `exit`, `timeout`, `missing_date`, or a word of an exit step.
    pub out: Option<String>,
    /// The user was never in.
    pub never_in: Option<bool>,
    /// The user was held out.
    pub held_out: Option<bool>,
    /// How often the user came in.
    pub entered: Option<usize>,
    /// Steps that have sent a message so far: exactly these, in this order.
    pub sent: Option<Vec<String>>,
    /// Steps that have sent none.
    pub not_sent: Option<Vec<String>>,
    /// Steps whose message waits for quiet hours to end.
    pub planned: Option<Vec<String>>,
    /// Steps whose latest message was not sent, with the reason, as in `no_address` or `frequency_cap`.
    pub withheld: Option<BTreeMap<String, String>>,
    /// The goal was reached in its time.
    pub converted: Option<String>,
    /// The goal was not reached.
    pub not_converted: Option<String>,
    /// Attributes that steps set last.
    pub updated: Option<BTreeMap<String, Value>>,
    /// Events that steps wrote so far: exactly these, in this order.
    pub emitted: Option<Vec<String>>,
    /// The local time, as in `2026-03-03T09:00`: for whoever reads the story.
    pub time: Option<String>,
}
