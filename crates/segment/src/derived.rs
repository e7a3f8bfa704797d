//! Events that nobody sends: what a user's own events say when they are read in order.
//!
//! What it is: their names, what is taken for activity, and where a session ends. What it is not:
//! it derives nothing (that is `history`, from stored events, whenever a question names one).
//! Nothing of them is stored, so late events, merges, separations and erasure need no repair.
//!
//! Rules that hold for all of them:
//! - a condition about "any event" is not about derived ones;
//! - a name is derived for a user only if none of the user's stored events has that name, or a name
//!   by which a library says the same ([`Derived::instead`]): what was sent wins;
//! - at one millisecond they stand before all stored events, in the order of [`ALL`], but
//!   [`SESSION_CONCLUDED`], which stands after them.

use std::collections::BTreeSet;

use model::{Span, Text, Value};

use crate::catalogue::Kind;
use crate::needs::Needs;
use crate::rules::Rules;
use crate::tree::{Case, EventMatch, EventNames, Op, Predicate, Test, Where};

/// The first activity of a session: the application or site was opened. Known at once.
pub const SESSION_STARTED: &str = "Session Started";
/// The last activity of a session. Known when the user has been silent for longer than the timeout.
pub const SESSION_CONCLUDED: &str = "Session Concluded";
/// The first event of an application on a device.
pub const APP_INSTALLED: &str = "App Installed";
/// The first event of another version of an application on a device.
pub const APP_VERSION_CHANGED: &str = "App Version Changed";
/// A campaign brought the user: the first in a session, or another than before.
pub const UTM_VISITED: &str = "UTM Visited";

/// Names that will mean something: nothing is derived under them yet, and events that are sent
/// under them are no activity of the user.
pub const RESERVED: [&str; 1] = ["App Uninstalled"];

/// Seconds of a session, from its first to its last event.
pub const LENGTH: &str = "length";
/// Events of a session.
pub const EVENTS: &str = "events";
/// When a session began.
pub const STARTED_AT: &str = "started_at";
/// The version before.
pub const FROM: &str = "from";
/// The version after.
pub const TO: &str = "to";
/// The version that was installed.
pub const VERSION: &str = "version";
/// Of which device.
pub const DEVICE: &str = "device_id";
/// Parts of a campaign, in the order of [`CAMPAIGN_COLUMNS`].
pub const CAMPAIGN: [&str; 5] =
    ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"];

/// One kind of derived events.
#[derive(Clone, Copy, Debug)]
pub struct Derived {
    /// Its name.
    pub name: &'static str,
    /// Its properties, with the kind of their values.
    pub properties: &'static [(&'static str, Kind)],
    /// Names by which libraries say the same; who has any of these has no derived ones.
    pub instead: &'static [&'static str],
}

/// All kinds, in the order in which they stand at one millisecond.
pub const ALL: [Derived; 5] = [
    Derived {
        name: APP_INSTALLED,
        properties: &[(VERSION, Kind::Text), (DEVICE, Kind::Text)],
        instead: &[
            "Application Installed",
            "[Amplitude] Application Installed",
            "$ae_first_open",
            "first_open",
        ],
    },
    Derived {
        name: APP_VERSION_CHANGED,
        properties: &[(FROM, Kind::Text), (TO, Kind::Text), (DEVICE, Kind::Text)],
        instead: &[
            "Application Updated",
            "[Amplitude] Application Updated",
            "$ae_updated",
            "app_update",
        ],
    },
    Derived { name: SESSION_STARTED, properties: &[], instead: &[] },
    Derived {
        name: UTM_VISITED,
        properties: &[
            (CAMPAIGN[0], Kind::Text),
            (CAMPAIGN[1], Kind::Text),
            (CAMPAIGN[2], Kind::Text),
            (CAMPAIGN[3], Kind::Text),
            (CAMPAIGN[4], Kind::Text),
        ],
        instead: &[],
    },
    Derived {
        name: SESSION_CONCLUDED,
        properties: &[(LENGTH, Kind::Float), (EVENTS, Kind::Int), (STARTED_AT, Kind::Time)],
        instead: &[],
    },
];

/// Properties in which libraries say the version of the application, most telling first.
pub const VERSION_COLUMNS: [&str; 7] = [
    "context.app.version",
    "context.version_name",
    "context.app_version",
    "$app_version_string",
    "$app_version",
    "context.app.Version",
    "CT App Version",
];

/// Properties in which they say of which device.
pub const DEVICE_COLUMNS: [&str; 3] = ["context.device.id", "$device_id", "context.device_id"];

/// Properties with the address of a web page, in which a campaign may stand.
pub const PAGE_COLUMNS: [&str; 3] = ["context.page.url", "$current_url", "url"];

/// An event with one of these is of a web page and of no application, even if its library calls
/// itself one. Applications have properties named `url`, too.
pub const WEB_COLUMNS: [&str; 2] = ["context.page.url", "$current_url"];

/// Properties in which they say the parts of a campaign, in the order of [`CAMPAIGN`]; what they do
/// not say is looked for in the address of the page.
pub const CAMPAIGN_COLUMNS: [[&str; 2]; 5] = [
    ["context.campaign.source", "utm_source"],
    ["context.campaign.medium", "utm_medium"],
    ["context.campaign.name", "utm_campaign"],
    ["context.campaign.term", "utm_term"],
    ["context.campaign.content", "utm_content"],
];

/// Properties in which a library says its own name.
pub const LIBRARY_COLUMNS: [&str; 4] =
    ["context.library.name", "context.library", "$lib", "mp_lib"];

/// Names of libraries that run on servers: what they send is not what a person did just now.
pub const SERVER_LIBRARIES: &str = "(?i)^(@segment/analytics-node|analytics[-.]?(node|python|ruby|\
    java|go|php|net|elixir|rust)([/ ].*)?$|@rudderstack/rudder-sdk-node|rudder-?(sdk-|analytics-)?\
    (node|python|ruby|java|go|php|net)|amplitude-(node|node-ts|python|java|go|php)|posthog-(node|\
    python|ruby|go|php|java|elixir|rust|dotnet)|(node|python|ruby|jdk|java|php|go)$)";

/// What is taken for activity, and where a session ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionSettings {
    /// A session is over when the user has been silent for longer than this.
    pub timeout: Span,
    /// Names of events that are no activity.
    pub not_activity: BTreeSet<Text>,
    /// Whether events of libraries that run on servers are activity.
    pub server_side: bool,
}

impl Default for SessionSettings {
    /// Twenty minutes; what servers send is no activity.
    fn default() -> SessionSettings {
        SessionSettings {
            timeout: Span(20 * 60_000),
            not_activity: BTreeSet::new(),
            server_side: false,
        }
    }
}

impl SessionSettings {
    /// Events that are activity, but for [`SessionSettings::excluded`].
    pub fn activity(&self) -> EventMatch {
        let of_server = |column: &&str| Where::Property {
            property: Text::new(column),
            test: Test { op: Op::Matches(Text::new(SERVER_LIBRARIES)), case: Case::Sensitive },
        };
        let filter = match self.server_side {
            true => Where::All(Vec::new()),
            false => {
                let any = Where::Any(LIBRARY_COLUMNS.iter().map(of_server).collect());
                Where::All(vec![Where::Not(Box::new(any))])
            }
        };
        EventMatch { names: EventNames::Any, filter }
    }

    /// Names of events that are no activity, whoever sends them.
    pub fn excluded(&self) -> impl Iterator<Item = &str> {
        self.not_activity.iter().map(Text::as_str).chain(RESERVED)
    }
}

/// The kind of a name.
pub fn named(name: &str) -> Option<&'static Derived> {
    ALL.iter().find(|derived| derived.name == name)
}

/// Properties of derived events that tell of persons, each with one that its values are taken from.
pub fn sources() -> impl Iterator<Item = (&'static str, &'static str)> {
    let campaigns = CAMPAIGN.into_iter().zip(CAMPAIGN_COLUMNS).flat_map(|(part, columns)| {
        columns.into_iter().chain(PAGE_COLUMNS).map(move |column| (part, column))
    });
    campaigns.chain(DEVICE_COLUMNS.map(|column| (DEVICE, column)))
}

/// A kind of which a definition asks, through segments, composite events and the lifecycle too.
pub fn asked(predicate: &Predicate, rules: &Rules) -> Option<&'static Derived> {
    let needs = Needs::of(predicate, rules);
    ALL.iter().find(|derived| needs.events.contains(derived.name))
}

/// Parts of a campaign; at least one is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Campaign(pub [Option<Text>; 5]);

/// Bytes of a part of a campaign that are kept.
const CAMPAIGN_BYTES_MAX: usize = 200;

impl Campaign {
    /// Takes a part that is not known yet; empty texts say nothing.
    pub fn take(&mut self, part: usize, value: &str) {
        let value = value.trim();
        if !value.is_empty() && self.0[part].is_none() {
            let end = value.floor_char_boundary(CAMPAIGN_BYTES_MAX);
            self.0[part] = Some(Text::new(&value[..end]));
        }
    }

    /// Takes what the address of a page says in its query.
    pub fn take_url(&mut self, url: &str) {
        let Some((_, query)) = url.split_once('?') else { return };
        let query = query.split('#').next().unwrap_or_default();
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            if let Some(part) = CAMPAIGN.iter().position(|part| part.eq_ignore_ascii_case(name)) {
                self.take(part, &decoded(value));
            }
        }
    }

    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }
}

/// Percent signs and plus signs of a query resolved; what is no UTF-8 is replaced.
fn decoded(value: &str) -> String {
    let bytes = value.as_bytes();
    let (mut plain, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let hex = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        let code = hex.filter(|_| *byte == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        plain.push(code.unwrap_or(if *byte == b'+' { b' ' } else { *byte }));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// A version or the id of a device as a text; nothing else is one.
pub fn written(value: &Value) -> Option<Text> {
    match value {
        Value::Text(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Int(number) => Some(Text::from(number.to_string())),
        Value::Float(number) => Some(Text::from(number.to_string())),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
