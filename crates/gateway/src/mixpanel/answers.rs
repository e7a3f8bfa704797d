//! What Mixpanel's libraries are answered.
//!
//! Those for Node and Python take anything but `1` (or `{"status":1}` where they asked with
//! `verbose=1`) for a failure, and send nothing again; the one for browsers sends again what is
//! answered with 5xx, and drops what is answered with 4xx.

use serde_json::{Value, json};

use super::Path;
use crate::Rejection;
use crate::answer::Answer;
use crate::sniff::Content;

/// How a request wants to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    path: Path,
    verbose: bool,
    strict: bool,
    /// An import of somebody who is no client library says no `verbose`.
    counted: bool,
}

impl Wanted {
    /// What the query and the form say about it. Without a content: the body could not be read.
    pub fn of(path: Path, content: Option<&Content<'_>>) -> Wanted {
        let field = |name| content.and_then(|content| content.field(name));
        let verbose = field("verbose");
        Wanted {
            path,
            verbose: verbose == Some("1"),
            strict: field("strict") == Some("1"),
            counted: path == Path::Import && verbose.is_none(),
        }
    }
}

/// The answer to a request of which this was accepted.
pub fn taken(wanted: Wanted, n_accepted: usize, rejected: &[Rejection]) -> Answer {
    if wanted.counted {
        return imported(wanted, n_accepted, rejected);
    }
    match wanted.verbose {
        true => Answer::json(200, &json!({ "status": 1, "error": null })),
        false => Answer::text(200, "1"),
    }
}

fn imported(wanted: Wanted, n_accepted: usize, rejected: &[Rejection]) -> Answer {
    if !wanted.strict || rejected.is_empty() {
        let body = json!({ "code": 200, "num_records_imported": n_accepted, "status": "OK" });
        return Answer::json(200, &body);
    }
    let failed = rejected.iter().map(|rejection| {
        json!({
            "index": rejection.index,
            "$insert_id": insert_id(&rejection.written),
            "field": field(rejection.code),
            "message": format!("{}; {}", rejection.message, rejection.hint),
        })
    });
    Answer::json(
        400,
        &json!({
            "code": 400,
            "error": "some data points in the request failed validation",
            "failed_records": failed.collect::<Vec<Value>>(),
            "num_records_imported": n_accepted,
            "status": "Bad Request",
        }),
    )
}

/// The answer to a request of which nothing was accepted.
pub fn refused(wanted: Wanted, status: u16, message: &str) -> Answer {
    if wanted.counted {
        let body = json!({ "code": status, "error": message, "status": "error" });
        return Answer::json(status, &body);
    }
    match wanted.verbose {
        true => Answer::json(status, &json!({ "status": 0, "error": message })),
        false => Answer::text(status, "0"),
    }
}

/// The answer to a library that asks for its settings: none.
pub fn settings() -> Answer {
    Answer::json(200, &json!({}))
}

/// The answer to a library that asks for flags: there are none.
pub fn flags() -> Answer {
    Answer::json(200, &json!({ "flags": {} }))
}

/// The id of a rejected message, if so much of it can be read.
fn insert_id(written: &str) -> Value {
    let message: Option<Value> = serde_json::from_str(written).ok();
    message.map_or(Value::Null, |message| message["properties"]["$insert_id"].clone())
}

fn field(code: &str) -> &'static str {
    match code {
        "event.no_name" | "event.name_too_long" => "event",
        code if code.starts_with("event.time") => "properties.time",
        code if code.starts_with("event.id") || code == "event.no_user" => "properties.distinct_id",
        _ => "properties",
    }
}
