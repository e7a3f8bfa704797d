//! Sentences of the server as data, so that they can be said in any language.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// What a sentence says. It stands beside the same in English, in a field of the same name with `_code` at its end;
/// where it is nothing, there is only the English. `docs/codes.md` lists all codes with their values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sentence {
    /// A word that stays the same.
    pub code: String,
    /// What is put in, by name: texts, numbers, and lists of texts.
    pub values: BTreeMap<String, Value>,
}
