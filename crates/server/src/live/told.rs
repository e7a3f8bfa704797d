//! What the writer hands to the hub after each group of records and each slice of timers.

use std::sync::Arc;

use engine::live::Transition;
use model::{Event, Text, Timestamp, Value};
use segment::live::What;

/// Properties of an event that are shown; more of them would not be read.
const PROPERTIES_SHOWN: usize = 12;

/// A watched definition by its names: what numbers and transitions refer to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// `segment/ID` or `lifecycle/KEY`.
    pub key: Text,
    /// Keys of the places from 1 on, in their order; place 0 is being outside.
    pub places: Vec<Text>,
}

/// Why the numbers of a definition do not move by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotLive {
    /// It compares users: RFM, scores, lists.
    DependsOnOthers,
    /// It names an event that nobody sends: these are read from all that is stored.
    Derived,
    /// Nobody watches it.
    NotWatched,
    /// Something else, by a stable code.
    Other(&'static str),
}

/// How far the numbers of a definition can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// They are exact up to [`Published::exact_as_of`].
    Live,
    /// The histories of all users are being read.
    Joining {
        /// Users whose history has been read.
        done: u64,
        /// All users.
        total: u64,
    },
    /// They do not move.
    NotLive(NotLive),
}

/// A definition whose names or standing are new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// Its names.
    pub watched: Arc<Watched>,
    /// How far its numbers can be trusted.
    pub standing: Standing,
}

/// How many users are in which place of a definition, after the batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The definition.
    pub watched: Arc<Watched>,
    /// By place; the first is outside, and is not looked at.
    pub users: Vec<u64>,
}

/// A transition with names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Public id of the user.
    pub user: Text,
    /// In which definition.
    pub watched: Arc<Watched>,
    /// What, when, why.
    pub transition: Transition,
}

/// An event that was accepted, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Public id of the user.
    pub user: Text,
    /// Name of the event.
    pub name: Text,
    /// When it happened.
    pub time: Timestamp,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// Some of its properties.
    pub properties: Vec<(Text, Value)>,
}

/// What was told since the batch before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Everything up to this instant is told; nothing: as before.
    pub exact_as_of: Option<Timestamp>,
    /// Definitions that are new, or whose standing is.
    pub watches: Vec<Watch>,
    /// Keys of definitions that are not watched any more.
    pub gone: Vec<Text>,
    /// In the order in which they were told.
    pub transitions: Vec<Told>,
    /// Definitions whose counts changed; the others are as before.
    pub counts: Vec<Counted>,
    /// Some of the accepted events, at most as many as [`super::Hub::events_wanted`] says.
    pub events: Vec<Accepted>,
    /// How many more were accepted.
    pub events_skipped: u64,
}

impl Watched {
    /// The names of a watched definition.
    pub fn of(watched: &segment::live::Watched) -> Watched {
        let places = match &watched.what {
            What::Segment(_) => vec![Text::const_new("in")],
            What::Lifecycle(states) => states.iter().map(|state| state.key.clone()).collect(),
        };
        Watched { key: watched.key.clone(), places }
    }

    /// The names of a saved segment.
    pub fn segment(id: &str) -> Watched {
        Watched { key: format!("segment/{id}").into(), places: vec![Text::new("in")] }
    }

    /// The names of a lifecycle: `default`, or a stage framework.
    pub fn lifecycle(key: &str, lifecycle: &segment::Lifecycle) -> Watched {
        let places = lifecycle.states.iter().map(|state| state.key.clone()).collect();
        Watched { key: format!("lifecycle/{key}").into(), places }
    }

    /// The key of a place; nothing: outside.
    pub fn place(&self, place: u8) -> Option<&Text> {
        self.places.get(usize::from(place).checked_sub(1)?)
    }
}

impl Accepted {
    /// The summary of an event.
    pub fn of(user: &Text, event: &Event, received_at: Timestamp) -> Accepted {
        Accepted {
            user: user.clone(),
            name: event.name.clone(),
            time: event.time,
            received_at,
            properties: event.properties.iter().take(PROPERTIES_SHOWN).cloned().collect(),
        }
    }
}

impl NotLive {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            NotLive::DependsOnOthers => "depends_on_others",
            NotLive::Derived => "derived",
            NotLive::NotWatched => "not_watched",
            NotLive::Other(code) => code,
        }
    }
}
