//! Keys as people manage them: made, listed, revoked.

use model::Timestamp;
use wire::api::{ApiKey, KeyCreated, KeyInput, KeyList, KeyScope};

use super::Service;
use crate::clock;
use crate::config::keys::{KeyFacts, Scope};
use crate::failure::Failure;

/// Keys at most: each is one application or one person.
const KEYS_MAX: usize = 1_000;

/// Bytes of a label at most.
const LABEL_BYTES_MAX: usize = 200;

/// Records a second that a limit can allow at most: more is no limit.
const RATE_MAX: u32 = 1_000_000;

impl Service {
    /// All keys, without the keys themselves.
    pub fn keys(&self) -> Result<KeyList, Failure> {
        Ok(KeyList { keys: self.workspace.config().keys()?.into_iter().map(shown).collect() })
    }

    /// Makes a key. This is the only answer with it.
    pub fn create_key(&self, input: &KeyInput) -> Result<KeyCreated, Failure> {
        let KeyInput { scope, label, events_per_second } = input;
        if label.len() > LABEL_BYTES_MAX {
            let message = format!("the label has more than {LABEL_BYTES_MAX} bytes");
            return Err(Failure::unprocessable("key.label", message));
        }
        if events_per_second.is_some_and(|rate| rate == 0 || rate > RATE_MAX) {
            let message = format!("`events_per_second` is 1 to {RATE_MAX}");
            return Err(Failure::unprocessable("key.limit", message).hint(
                "leave it out for a key without a limit; revoke a key that should send nothing",
            ));
        }
        let config = self.workspace.config();
        if config.keys()?.len() >= KEYS_MAX {
            let message = format!("there are {KEYS_MAX} keys already");
            return Err(
                Failure::unprocessable("key.too_many", message).hint("revoke one that is not used")
            );
        }
        let scope = match scope {
            KeyScope::Ingest => Scope::Ingest,
            KeyScope::Read => Scope::Read,
            KeyScope::Admin => Scope::Admin,
        };
        let made = config.create_limited_key(scope, label, *events_per_second, clock::now().0)?;
        Ok(KeyCreated { info: shown(made.0), key: made.1 })
    }

    /// Ends the life of a key.
    pub fn revoke_key(&self, id: &str) -> Result<(), Failure> {
        if self.workspace.config().revoke_key(id)? {
            return Ok(());
        }
        Err(Failure::not_found("key.unknown", format!("there is no key \"{id}\""))
            .hint("GET /api/keys lists them"))
    }
}

fn shown(key: KeyFacts) -> ApiKey {
    let KeyFacts { id, scope, label, events_per_second, created_at } = key;
    let scope = match scope {
        Scope::Ingest => KeyScope::Ingest,
        Scope::Read => KeyScope::Read,
        Scope::Admin => KeyScope::Admin,
    };
    ApiKey { id, scope, label, events_per_second, created_at: Timestamp(created_at).to_string() }
}
