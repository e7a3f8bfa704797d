//! What is sent: a transition in the form of Standard Webhooks.

use model::Timestamp;
use serde::Serialize;
use wire::api::{TransitionCorrection, TransitionKind, WatchTransition};

use super::queue::Message;
use crate::live::{Told, transition};

/// A message: `type` says what happened, `timestamp` when, `data` everything.
#[derive(Serialize)]
struct Body<'a, T> {
    r#type: &'a str,
    timestamp: &'a str,
    data: &'a T,
}

/// The message of a transition.
pub fn message(told: &Told) -> Message {
    let transition = transition(told);
    let body = Body { r#type: &type_of(&transition), timestamp: &transition.at, data: &transition };
    Message {
        body: serde_json::to_string(&body).unwrap_or_default(),
        user: transition.user.clone(),
        known_at: told.transition.recorded_at,
        attempts: 0,
        id: transition.id,
    }
}

/// A message to try an address with.
pub fn test_message(id: String, now: Timestamp) -> Message {
    #[derive(Serialize)]
    struct Test {
        message: &'static str,
    }
    let data = Test { message: "this webhook can be reached" };
    let body = Body { r#type: "webhook.test", timestamp: &now.to_string(), data: &data };
    let body = serde_json::to_string(&body).unwrap_or_default();
    Message { id, body, user: String::new(), known_at: now, attempts: 0 }
}

/// As in `segment.entered` or `lifecycle.changed`; what did not happen says so in its type, so that a
/// receiver that does not know of corrections does not take it for the opposite.
fn type_of(transition: &WatchTransition) -> String {
    let of = transition.watch.split('/').next().unwrap_or_default();
    let kind = match transition.kind {
        TransitionKind::Entered => "entered",
        TransitionKind::Left => "left",
        TransitionKind::Changed => "changed",
    };
    match transition.correction {
        TransitionCorrection::Revoked => format!("{of}.{kind}.revoked"),
        TransitionCorrection::None | TransitionCorrection::Added => format!("{of}.{kind}"),
    }
}
