//! Ids that programs send when they have none. Taken for ids, they would make one person of strangers.

use crate::Problem;
use crate::body::clip;

/// In lower case; what the products whose wire forms these are refuse too.
const NAMES: [&str; 28] = [
    "-1",
    "0",
    "[]",
    "[object object]",
    "{}",
    "anon",
    "anonymous",
    "distinct_id",
    "distinctid",
    "email",
    "false",
    "guest",
    "id",
    "n/a",
    "na",
    "nan",
    "nil",
    "none",
    "not_authenticated",
    "null",
    "true",
    "unavailable",
    "undefined",
    "unidentified",
    "unknown",
    "unset",
    "user_id",
    "00000000-0000-0000-0000-000000000000",
];

/// Refuses an id that stands for nobody. Absent is not refused.
pub(crate) fn refuse(field: &str, id: Option<&str>) -> Result<(), Problem> {
    let Some(id) = id.filter(|id| means_nobody(id)) else { return Ok(()) };
    Err(Problem::new(
        "event.id_of_nobody",
        format!("{field} \"{}\" is no id of a person", clip(id)),
        "send no id, or the id of a device, where nobody is known",
    ))
}

/// Whether an id stands for somebody.
pub(crate) fn named(id: &str) -> bool {
    !id.trim().is_empty() && !means_nobody(id)
}

fn means_nobody(id: &str) -> bool {
    let id = id.trim();
    NAMES.iter().any(|name| id.eq_ignore_ascii_case(name))
}
