//! Facts about what is not a person: a device, or an address that messages go to.
//!
//! What it is: the vocabulary of what is told of devices and addresses, which is closed, so that
//! nothing that comes from outside makes their state grow. What it is not: who has the device; the
//! anonymous id that the record names says so.

use crate::{EventId, Text, Timestamp, Value};

/// What is known of a device or an address from `time` on.
///
/// Of each name the value with the latest time counts; of several of one millisecond the greatest in
/// an order of bytes. So neither order of arrival nor repetition shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// From when on.
    pub time: Timestamp,
    /// Which delivery this is.
    pub id: EventId,
    /// What they are about.
    pub about: About,
    /// Facts that the person has as attributes too, by name; [`Value::Null`] unsets.
    pub attributes: Vec<(Text, Value)>,
    /// All other facts, by name; [`Value::Null`] unsets.
    pub facts: Vec<(Text, Value)>,
}

/// What facts are about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// The device or browser whose id is the record's anonymous id. Without one, only the
    /// attributes say something.
    Device,
    /// An address on a channel, whoever has it. Such a record names nobody.
    Address {
        /// The channel, as in `email`.
        channel: Text,
        /// The address, as in `ada@example.com`.
        address: Text,
    },
}

/// A push token of a client of Google's service.
pub const TOKEN_FCM: &str = "push.token.fcm";
/// A push token of a client of Apple's service.
pub const TOKEN_APNS: &str = "push.token.apns";
/// A push token of a client of Huawei's service.
pub const TOKEN_HMS: &str = "push.token.hms";
/// A subscription of a browser: its endpoint, its public key and its secret, as a list.
pub const TOKEN_WEB: &str = "push.token.web";
/// A push token of any other service.
pub const TOKEN_OTHER: &str = "push.token.other";
/// Whether the system of the device lets messages through.
pub const PUSH_ENABLED: &str = "push.enabled";
/// Whether messages may be sent to the device; to the address, for facts of one.
pub const SUBSCRIBED: &str = "subscribed";
/// Why not, in a word, as in `bounced`.
pub const REASON: &str = "reason";

/// Every name that a fact may have. A number is a place in this list and is stored, so that names
/// are only ever added at its end.
pub const NAMES: [&str; 28] = [
    "app.build",
    "app.name",
    "app.version",
    "device.browser",
    "device.browser_version",
    "device.kind",
    "device.language",
    "device.manufacturer",
    "device.model",
    "device.os",
    "device.os_version",
    "device.region",
    "device.timezone",
    "geo.city",
    "geo.country",
    "geo.region",
    "geo.timezone",
    "device.screen",
    "library.name",
    "library.version",
    TOKEN_FCM,
    TOKEN_APNS,
    TOKEN_HMS,
    TOKEN_WEB,
    TOKEN_OTHER,
    PUSH_ENABLED,
    SUBSCRIBED,
    REASON,
];

/// The names of push tokens.
pub const TOKENS: [&str; 5] = [TOKEN_FCM, TOKEN_APNS, TOKEN_HMS, TOKEN_WEB, TOKEN_OTHER];

/// The number of a name; `None`: no fact has it.
pub fn number(name: &str) -> Option<u8> {
    NAMES.iter().position(|known| *known == name).map(|at| at as u8)
}

/// The name of a number.
pub fn name(number: u8) -> Option<&'static str> {
    NAMES.get(usize::from(number)).copied()
}

/// Whether a fact of a device is an attribute of its person too: what the device is, what runs on it
/// and where it is, but neither its tokens nor what is a matter of one device.
pub fn is_attribute(name: &str) -> bool {
    (name.starts_with("app.") || name.starts_with("device.") || name.starts_with("geo."))
        && name != "device.screen"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_its_number_and_none_comes_twice() {
        for (at, own) in NAMES.iter().enumerate() {
            assert_eq!(number(own), Some(at as u8), "{own}");
            assert_eq!(name(at as u8), Some(*own));
        }
        assert_eq!(number("device.colour"), None);
        assert_eq!(name(NAMES.len() as u8), None);
    }

    #[test]
    fn what_only_a_device_has_is_no_attribute() {
        let only: Vec<_> = NAMES.into_iter().filter(|name| !is_attribute(name)).collect();
        assert!(TOKENS.iter().all(|token| only.contains(token)));
        assert_eq!(only.len(), 11, "{only:?}");
    }
}
