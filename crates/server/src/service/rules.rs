//! The rules of a workspace, read from its configuration and written to it.
//!
//! Until a lifecycle and RFM settings are written down, defaults stand in for them. They are
//! proposed from the data once ([`Service::settle`]) and then stay, so that a state means the same
//! tomorrow.

use std::collections::BTreeMap;

use history::lifecycle::{ReturnSettings, Thresholds, propose, return_curve};
use history::{Evaluator, Snapshot};
use model::{Span, Text, Timestamp, Zone};
use segment::rules::RfmSettings;
use segment::tree::{EventMatch, EventNames, Measure, Where};
use segment::{Lifecycle, Rules, State};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wire::api;

use super::{Service, definitions, rfm};
use crate::config::Config;
use crate::failure::Failure;

/// Names of settings in the configuration.
pub mod settings {
    /// Name of the workspace.
    pub const NAME: &str = "name";
    /// IANA name of its time zone.
    pub const ZONE: &str = "zone";
    /// Seed for buckets and draws.
    pub const SEED: &str = "seed";
    /// What now means: the clock unless it is [`NOW_LAST_EVENT`].
    pub const NOW: &str = "now";
    /// Now is the time of the last event: the data ended long ago.
    pub const NOW_LAST_EVENT: &str = "last_event";
    /// The event that lifecycle and RFM are about, until they are written down.
    pub const KEY_EVENT: &str = "key_event";
    /// The lifecycle, as JSON.
    pub const LIFECYCLE: &str = "lifecycle";
    /// For how long events are kept, as JSON.
    pub const RETENTION: &str = "retention";
    /// What is taken for activity and where a session ends, as JSON.
    pub const SESSIONS: &str = "sessions";
    /// RFM settings, as JSON.
    pub const RFM: &str = "rfm";
    /// What is done with what events say of devices, as JSON.
    pub const ENRICHMENT: &str = "enrichment";
    /// Topics that people can be subscribed to, as JSON.
    pub const TOPICS: &str = "topics";
    /// The contact policy, as JSON.
    pub const CONTACT_POLICY: &str = "contact_policy";
    /// Secrets that ids of visitors are signed with, newest first, as JSON.
    pub const VISITOR_SECRETS: &str = "visitor_secrets";
    /// Which demonstration filled this directory.
    pub const DEMO: &str = "demo";
}

/// Names that an order, a purchase or a payment goes by, most telling first.
const ORDER_NAMES: [&str; 8] = [
    "purchase",
    "order completed",
    "charged",
    "order",
    "payment",
    "checkout completed",
    "sale",
    "transaction",
];

/// Names of the property that says how much, most telling first.
const AMOUNT_NAMES: [&str; 7] = ["amount", "total", "revenue", "value", "price", "spend", "sum"];

/// Silence in days after which states begin, while there are no data to propose them.
const DEFAULT_THRESHOLDS: Thresholds = Thresholds {
    at: [("at_risk", 0.75, 30, false), ("dormant", 0.5, 60, false), ("churned", 0.25, 120, false)],
    new_days: 30,
    loyal_active_days: 4,
    loyal_window_days: 120,
};

/// People below which the data propose no thresholds: a curve needs 30 silences at each length.
const SETTLE_USERS: u64 = 100;

/// The same for the time between the first and the last event.
const SETTLE_SPAN: Span = Span::days(60);

/// A state as it is stored: its definition in the JSON form.
#[derive(Serialize, Deserialize)]
struct StoredState {
    key: String,
    name: String,
    definition: Value,
}

/// Reads all rules.
pub fn read(config: &Config) -> Result<Rules, Failure> {
    let zone = config.setting(settings::ZONE)?.and_then(|name| Zone::named(&name));
    let seed = config.setting(settings::SEED)?.and_then(|seed| seed.parse().ok());
    let mut segments = BTreeMap::new();
    for saved in config.segments()? {
        let json = stored_json(&saved.definition)?;
        segments.insert(Text::from(saved.id), definitions::stored(&json)?);
    }
    let mut composites = BTreeMap::new();
    for (name, members) in config.composites()? {
        let members = stored_json(&members)?;
        let members = members.as_array().into_iter().flatten().map(definitions::event_match);
        composites.insert(Text::from(name), members.collect::<Result<_, _>>()?);
    }
    Ok(Rules {
        zone: zone.unwrap_or_else(Zone::utc),
        seed: seed.unwrap_or(0),
        segments,
        composites,
        lifecycle: read_lifecycle(config)?,
        rfm: read_rfm(config)?,
    })
}

fn read_lifecycle(config: &Config) -> Result<Lifecycle, Failure> {
    let Some(stored) = config.setting(settings::LIFECYCLE)? else {
        let of = event(&config.setting(settings::KEY_EVENT)?.unwrap_or_else(|| "*".into()));
        return Ok(propose(&of, &DEFAULT_THRESHOLDS));
    };
    lifecycle_of(&stored)
}

/// A lifecycle as [`lifecycle_text`] wrote it.
pub fn lifecycle_of(stored: &str) -> Result<Lifecycle, Failure> {
    let stored: Vec<StoredState> =
        serde_json::from_str(stored).map_err(|error| unreadable(&error))?;
    let state = |state: StoredState| -> Result<State, Failure> {
        let predicate = definitions::stored(&state.definition)?;
        Ok(State { key: state.key.into(), name: state.name.into(), predicate })
    };
    Ok(Lifecycle { states: stored.into_iter().map(state).collect::<Result<_, _>>()? })
}

fn read_rfm(config: &Config) -> Result<RfmSettings, Failure> {
    let Some(stored) = config.setting(settings::RFM)? else {
        let of = config.setting(settings::KEY_EVENT)?.unwrap_or_else(|| "Purchase".into());
        return Ok(RfmSettings::of(event(&of), None));
    };
    let stored: api::RfmSettings =
        serde_json::from_str(&stored).map_err(|error| unreadable(&error))?;
    rfm::read(&stored)
}

/// Writes the lifecycle.
pub fn store_lifecycle(config: &Config, lifecycle: &Lifecycle) -> Result<(), Failure> {
    Ok(config.set(settings::LIFECYCLE, &lifecycle_text(lifecycle)?)?)
}

/// A lifecycle as it is stored.
pub fn lifecycle_text(lifecycle: &Lifecycle) -> Result<String, Failure> {
    let stored: Vec<StoredState> = lifecycle
        .states
        .iter()
        .map(|state| StoredState {
            key: state.key.to_string(),
            name: state.name.to_string(),
            definition: definitions::json(&state.predicate).into(),
        })
        .collect();
    serde_json::to_string(&stored).map_err(|error| unreadable(&error))
}

/// Writes the RFM settings.
pub fn store_rfm(config: &Config, rfm: &api::RfmSettings) -> Result<(), Failure> {
    Ok(config.set(settings::RFM, &rfm_text(rfm)?)?)
}

fn rfm_text(rfm: &api::RfmSettings) -> Result<String, Failure> {
    serde_json::to_string(rfm).map_err(|error| unreadable(&error))
}

impl Service {
    /// Writes down RFM settings, unless there are some.
    pub fn start_rfm(&self, settings: &RfmSettings) -> Result<(), Failure> {
        let text = rfm_text(&rfm::written(settings))?;
        self.workspace.config().set_default(settings::RFM, &text)?;
        self.rules_changed();
        Ok(())
    }

    /// Writes down the lifecycle and RFM settings that the data propose, unless they are written
    /// already or there are no data.
    pub fn settle(&self) -> Result<(), Failure> {
        let config = self.workspace.config();
        let snapshot = self.snapshot(None, None)?;
        let Some((_, last)) = snapshot.activity_span() else { return Ok(()) };
        let of = key_event(config, &snapshot)?;
        if config.setting(settings::RFM)?.is_none() {
            let monetary = amount_of(&snapshot, &of)?.map(Measure::Sum);
            self.start_rfm(&RfmSettings::of(of.clone(), monetary))?;
        }
        if config.setting(settings::LIFECYCLE)?.is_none() && tell(&snapshot) {
            let rules = self.rules()?;
            let at = last.min(self.workspace.now());
            let evaluator = Evaluator::new(&snapshot, &rules, at);
            let asked = ReturnSettings { of: of.clone(), horizon_days: None };
            let thresholds = return_curve(&evaluator, &asked)?.thresholds();
            // Somebody may have written one down while the curve was drawn: theirs stays.
            let text = lifecycle_text(&propose(&of, &thresholds))?;
            config.set_default(settings::LIFECYCLE, &text)?;
            self.rules_changed();
        }
        Ok(())
    }

    /// Settles what enough people tell already: RFM at once, the lifecycle when time enough has
    /// passed. Whether nothing is left to settle.
    pub(super) fn settle_as_told(&self) -> Result<bool, Failure> {
        let snapshot = self.workspace.snapshot()?;
        if snapshot.n_users(Timestamp::MAX) < SETTLE_USERS {
            return Ok(false);
        }
        let config = self.workspace.config();
        let rfm = config.setting(settings::RFM)?.is_some();
        let lifecycle = config.setting(settings::LIFECYCLE)?.is_some();
        let tells = tell(&snapshot);
        if !rfm || (!lifecycle && tells) {
            self.settle()?;
        }
        Ok(lifecycle || tells)
    }
}

/// Whether there are enough people over enough time to tell when silence means something.
fn tell(snapshot: &Snapshot) -> bool {
    let long = snapshot.activity_span().is_some_and(|(first, last)| last - first >= SETTLE_SPAN);
    long && snapshot.n_users(Timestamp::MAX) >= SETTLE_USERS
}

/// The event that a lifecycle is about: the one written down, else one that sounds like an order,
/// else any.
pub fn key_event(config: &Config, snapshot: &Snapshot) -> Result<EventMatch, Failure> {
    if let Some(name) = config.setting(settings::KEY_EVENT)? {
        return Ok(event(&name));
    }
    let events = snapshot.events()?;
    let sounds = |order: &&str| -> Option<&Text> {
        events.iter().find(|facts| facts.name.to_lowercase() == **order).map(|facts| &facts.name)
    };
    let found = ORDER_NAMES.iter().find_map(sounds);
    Ok(event(found.map_or("*", |name| name.as_str())))
}

/// The property of an event that sounds like an amount of money and is a number.
fn amount_of(snapshot: &Snapshot, of: &EventMatch) -> Result<Option<Text>, Failure> {
    let events = snapshot.events()?;
    let facts = events.iter().find(|facts| Some(facts.name.as_str()) == event_name(of));
    let Some(facts) = facts else { return Ok(None) };
    let number = |kinds: &[&str]| kinds.iter().any(|kind| *kind == "int" || *kind == "float");
    let found = AMOUNT_NAMES.iter().find_map(|amount| {
        let same = |property: &&history::ValueFacts| {
            property.name.to_lowercase() == *amount && number(&property.kinds)
        };
        facts.properties.iter().find(same).map(|property| property.name.clone())
    });
    Ok(found)
}

/// Events of one name; `*` is any.
pub fn event(name: &str) -> EventMatch {
    match name {
        "*" => EventMatch { names: EventNames::Any, filter: Where::ALWAYS },
        name => EventMatch::named(name),
    }
}

/// The name, if there is exactly one.
pub fn event_name(of: &EventMatch) -> Option<&str> {
    match &of.names {
        EventNames::Of(names) => names.first().map(|name| name.as_str()),
        EventNames::Any => None,
    }
}

/// Keys and ids are what people write into definitions and addresses.
pub fn check_key(code: &str, key: &str) -> Result<(), Failure> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    if key.is_empty() || key.len() > 64 || !key.bytes().all(allowed) {
        return Err(Failure::unprocessable(code, format!("\"{key}\" cannot be a key or an id"))
            .hint("use 1 to 64 of a-z, 0-9, _ and -"));
    }
    Ok(())
}

fn stored_json(text: &str) -> Result<Value, Failure> {
    serde_json::from_str(text).map_err(|error| unreadable(&error))
}

fn unreadable(error: &serde_json::Error) -> Failure {
    Failure::new(500, "server.configuration", format!("the configuration cannot be read: {error}"))
        .hint("config.db was changed by something else; restore it from a copy")
}
