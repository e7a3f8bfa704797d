//! What Amplitude's libraries are answered. They read the `code` in the body, which beats the status,
//! and never call back where there is no body.
//!
//! Events that cannot be taken are not listed in the answer: those libraries would send all others
//! again. They are in the error stream.

use model::Timestamp;
use serde_json::json;

use crate::answer::Answer;

/// The answer to a request that was taken.
pub fn taken(n_events: usize, n_bytes: usize, at: Timestamp) -> Answer {
    let body = json!({
        "code": 200,
        "events_ingested": n_events,
        "payload_size_bytes": n_bytes,
        "server_upload_time": at.0,
    });
    Answer::json(200, &body)
}

/// The answer to a key that is not known: with any other text the libraries would try again for ever.
pub fn unknown_key(message: &str) -> Answer {
    let error = format!("Invalid API key: {message}");
    Answer::json(400, &json!({ "code": 400, "error": error, "missing_field": null }))
}

/// The answer to a request of which nothing was taken: 413 makes the libraries halve it, 5xx try
/// again.
pub fn refused(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({ "code": status, "error": message, "missing_field": null }))
}

/// The answer to the library for browsers that asks for its configuration: nothing is changed.
pub fn configuration() -> Answer {
    Answer::json(200, &json!({ "configs": { "analyticsSDK": { "browserSDK": {} } } }))
}
