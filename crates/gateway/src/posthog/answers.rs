//! What PostHog's libraries are answered.
//!
//! Those for Python take any other success than 200 for a failure; the one for browsers loses data on
//! every 4xx, 429 included. The newer form asks for a result of each event.

use serde_json::{Map, Value, json};

use crate::Rejection;
use crate::answer::Answer;

/// The answer to a request that was taken.
pub fn taken() -> Answer {
    Answer::json(200, &json!({ "status": 1 }))
}

/// The answer in the newer form: what became of every event, by its id. What is dropped is in the
/// error stream; sending it again would change nothing.
pub fn results(uuids: &[Option<String>], rejected: &[Rejection]) -> Answer {
    let mut results = Map::new();
    for uuid in uuids.iter().flatten() {
        results.insert(uuid.clone(), json!({ "result": "ok" }));
    }
    for rejection in rejected {
        if let Some(Some(uuid)) = uuids.get(rejection.index) {
            let details = format!("{}: {}; {}", rejection.code, rejection.message, rejection.hint);
            results.insert(uuid.clone(), json!({ "result": "drop", "details": details }));
        }
    }
    Answer::json(200, &json!({ "results": results }))
}

/// The answer to a request of which nothing was taken.
pub fn refused(status: u16, code: &str, message: &str) -> Answer {
    let kind = match status {
        401 | 403 => "authentication_error",
        400..500 => "validation_error",
        _ => "server_error",
    };
    Answer::json(status, &json!({ "type": kind, "code": code, "detail": message }))
}

/// The answer to a library that asks for flags: there are none. Libraries wait for it before they
/// settle. `request_id`: another one for every request.
pub fn flags(request_id: &str) -> Answer {
    let mut body = configuration();
    for (name, value) in [
        ("flags", json!({})),
        ("featureFlags", json!({})),
        ("featureFlagPayloads", json!({})),
        ("errorsWhileComputingFlags", json!(false)),
        ("requestId", json!(request_id)),
    ] {
        body.insert(name.into(), value);
    }
    Answer::json(200, &Value::Object(body))
}

/// The configuration of the library for browsers: gzip is read, and what there is nothing for here is
/// off.
pub fn config() -> Answer {
    Answer::json(200, &Value::Object(configuration()))
}

/// The same as a script, which may say nothing: the library asks for the JSON then.
pub fn config_script() -> Answer {
    Answer { status: 200, content_type: "application/javascript; charset=utf-8", body: "\n".into() }
}

fn configuration() -> Map<String, Value> {
    let mut all = Map::new();
    for (name, value) in [
        ("supportedCompression", json!(["gzip", "gzip-js"])),
        ("autocapture_opt_out", json!(true)),
        ("hasFeatureFlags", json!(false)),
        ("sessionRecording", json!(false)),
        ("surveys", json!(false)),
        ("heatmaps", json!(false)),
        ("capturePerformance", json!(false)),
        ("autocaptureExceptions", json!(false)),
        ("siteApps", json!([])),
    ] {
        all.insert(name.into(), value);
    }
    all
}
