//! Who asks for something: what they may do, and how their changes are signed.

use crate::config::keys::{KeyFacts, Scope};

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The id of the key; empty if there is none.
    pub id: String,
    /// What changes are signed with.
    pub name: String,
    /// What they may do.
    pub scope: Scope,
    /// Records a second at most.
    pub events_per_second: Option<u32>,
}

impl Caller {
    /// Anybody, on a server that asks for no key.
    pub fn open() -> Caller {
        let (id, name) = (String::new(), "open".into());
        Caller { id, name, scope: Scope::Admin, events_per_second: None }
    }

    /// Whoever runs the program on the data directory itself.
    pub fn local() -> Caller {
        Caller { name: "command line".into(), ..Caller::open() }
    }

    /// Whoever has a key.
    pub fn of(key: KeyFacts) -> Caller {
        let KeyFacts { id, scope, label, events_per_second, .. } = key;
        let name = if label.is_empty() { id.clone() } else { label };
        Caller { id, name, scope, events_per_second }
    }

    /// Whether personal data is masked for them.
    pub fn masked(&self) -> bool {
        self.scope != Scope::Admin
    }
}
