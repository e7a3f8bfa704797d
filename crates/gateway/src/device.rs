//! What an event says of the device that it came from, whichever client library sent it.
//!
//! | fact | written as |
//! |---|---|
//! | `device.os`, `device.os_version` | `context.os.name`, `.version`; `$os`, `$os_name`, `$os_version`; `context.os_name`, `.os_version`; `context.app.OS`, `.OS Version` |
//! | `device.model`, `device.manufacturer` | `context.device.model`, `.manufacturer`; `$model`, `$manufacturer`, `$brand`; `$device_model`, `$device_manufacturer`; `context.device_model`, `.device_manufacturer`, `.device_brand`; `context.app.Model`, `.Make` |
//! | `device.kind`, `device.browser`, `device.browser_version` | `$device_type`, `$browser`, `$browser_version`, else the user agent |
//! | `device.language`, `device.region` | `context.locale`, `$locale`, `$browser_language`, `context.language`, as in `pt-BR` |
//! | `device.timezone` | `context.timezone`, `$timezone` |
//! | `device.screen` | `context.screen.width`, `.height`; `$screen_width`, `$screen_height`; `context.app.wdt`, `.hgt` |
//! | `app.name`, `app.version`, `app.build` | `context.app.name`, `.version`, `.build`; `$app_version_string`, `$app_version`, `$app_build_number`, `$app_name`, `$app_build`; `context.version_name`; `context.app.Version`, `.Build` |
//! | `library.name`, `library.version` | `context.library.name`, `.version`; `$lib`, `mp_lib`, `$lib_version`; `context.library`; `context.app.SDK Version` |
//! | `push.token.…` | `context.device.token`; the events `Push Token Added` and `Push Token Removed` |
//! | `geo.…` | what a lookup says of `context.ip`, `$ip`, else `context.country`, `.region`, `.city`; `$geoip_country_code`, `$geoip_city_name`; `mp_country_code`, `$region`, `$city` |
//!
//! What it is: a scan over the properties that keeps references, cheap enough for every event, and the
//! facts made of them, for those that say something new. What it is not: it remembers nothing, and it
//! looks up no address: whoever asks for the facts hands in what is known of the address.

use std::net::IpAddr;

use model::facts::{NAMES, TOKEN_APNS, TOKEN_FCM, TOKEN_HMS, TOKEN_OTHER, TOKEN_WEB, is_attribute};
use model::{
    About, AttributeChange, Event, EventId, Facts, Record, Text, Timestamp, Value, What, Who,
};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128_with_seed};

mod agent;
mod place;
mod slot;

#[cfg(test)]
mod tests;

pub use agent::Agent;
pub use place::{Database, PlaceError};
use slot::{SLOTS, Slot};

/// Seed of the ids of facts, so that a delivery and what follows from it are two.
const SEED: u64 = 0x6661_6374;
/// A value longer than this says nothing that is worth remembering of every device; tokens are shorter.
const VALUE_BYTES_MAX: usize = 1_024;
/// The event that a token is given with.
const TOKEN_ADDED: &str = "Push Token Added";
/// The event that a token is taken away with.
const TOKEN_REMOVED: &str = "Push Token Removed";

/// The attribute with which a sender says whether the device that it comes from takes messages: true
/// or false.
pub const DEVICE_SUBSCRIBED: &str = "device.subscribed";

/// Where an address is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Two letters, as in `DE`.
    pub country: Option<Text>,
    /// Name of the first division of the country.
    pub region: Option<Text>,
    /// Name of the city.
    pub city: Option<Text>,
    /// Time zone, as in `Europe/Berlin`.
    pub timezone: Option<Text>,
}

/// What an event says of its device, as references into it.
#[derive(Debug)]
pub struct Said<'a> {
    record: &'a Record,
    event: &'a Event,
    values: [Option<&'a Value>; SLOTS],
    removed: bool,
}

impl<'a> Said<'a> {
    /// What a record says; `None`: nothing.
    pub fn of(record: &'a Record) -> Option<Said<'a>> {
        let What::Event(event) = &record.what else { return None };
        let mut values = [None; SLOTS];
        let mut any = false;
        let token = event.name == TOKEN_ADDED || event.name == TOKEN_REMOVED;
        for (name, value) in &event.properties {
            let slot = match slot::of(name) {
                None if token => slot::of_token(name),
                slot => slot,
            };
            if let Some(slot) = slot
                && says_something(value)
            {
                let place = &mut values[slot as usize];
                any |= slot != Slot::Ip;
                *place = place.or(Some(value));
            }
        }
        any |= values[Slot::Ip as usize].is_some();
        let removed = event.name == TOKEN_REMOVED;
        any.then_some(Said { record, event, values, removed })
    }

    /// The id of the device: the anonymous id, else what the library calls the device's id.
    pub fn device_id(&self) -> Option<&'a Text> {
        self.record.who.anonymous_id.as_ref().or(match self.values[Slot::DeviceId as usize] {
            Some(Value::Text(id)) if crate::nobody::named(id) => Some(id),
            _ => None,
        })
    }

    /// When.
    pub fn time(&self) -> Timestamp {
        self.event.time
    }

    /// Whose facts these are, as a number: the device's if there is one, else the person's.
    pub fn key(&self) -> u64 {
        let person = || {
            let identity = || self.record.who.identities.first().map(|identity| &identity.value);
            self.record.who.user_id.as_ref().or_else(identity)
        };
        let id = self.device_id().or_else(person).map_or("", |id| id.as_str());
        key_of(id)
    }

    /// A hash of everything that is said; equal hashes: nothing new. `peer`: the other end of the
    /// connection. `buffer` is room to work in.
    pub fn hash(&self, peer: Option<IpAddr>, buffer: &mut Vec<u8>) -> u64 {
        buffer.clear();
        for (slot, value) in self.values.iter().enumerate() {
            let Some(value) = value else { continue };
            buffer.push(slot as u8);
            match value {
                Value::Text(text) => buffer.extend_from_slice(text.as_bytes()),
                Value::Int(n) => buffer.extend_from_slice(&n.to_le_bytes()),
                other => {
                    buffer.extend_from_slice(other.number().unwrap_or(0.0).to_string().as_bytes())
                }
            }
        }
        buffer.push(0xff);
        match self.address(peer) {
            Some(IpAddr::V4(ip)) => buffer.extend_from_slice(&ip.octets()),
            Some(IpAddr::V6(ip)) => buffer.extend_from_slice(&ip.octets()),
            None => {}
        }
        buffer.push(u8::from(self.removed));
        // Whoever logs in on a device has what it says from then on.
        let user = self.record.who.user_id.as_deref().unwrap_or_default();
        buffer.extend_from_slice(user.as_bytes());
        xxh3_64(buffer)
    }

    /// The address that it came from: what it says itself, else the other end of the connection if a
    /// device sent it and not somebody's server.
    pub fn address(&self, peer: Option<IpAddr>) -> Option<IpAddr> {
        let written = self.text(Slot::Ip).and_then(|ip| ip.trim().parse().ok());
        let device = self.text(Slot::Agent).is_some_and(|agent| Agent::of(agent).device())
            || self.text(Slot::Os).is_some();
        written.or(peer.filter(|_| device))
    }

    /// The facts, with an id that follows from the event's; `None`: nothing that anybody has.
    pub fn facts(&self, place: Option<&Place>) -> Option<Record> {
        let mut made = Made::default();
        self.hardware(&mut made);
        self.software(&mut made);
        self.place(place, &mut made);
        if let Some((name, token)) = self.token() {
            made.put(name, token);
        }
        let Made { mut attributes, mut facts } = made;
        attributes.sort_by(|a, b| a.0.cmp(&b.0));
        facts.sort_by(|a, b| a.0.cmp(&b.0));
        let device = self.device_id();
        if attributes.is_empty() && (facts.is_empty() || device.is_none()) {
            return None;
        }
        let id = EventId(xxh3_128_with_seed(&self.event.id.0.to_le_bytes(), SEED));
        let who = Who { anonymous_id: device.cloned(), ..self.record.who.clone() };
        let told = Facts { time: self.event.time, id, about: About::Device, attributes, facts };
        Some(Record { received_at: self.record.received_at, who, what: What::Facts(told) })
    }

    /// The same device, seen again: nothing is known of it but that.
    pub fn seen(&self) -> Option<Record> {
        let device = self.device_id()?;
        let id = EventId(xxh3_128_with_seed(&self.event.id.0.to_le_bytes(), SEED));
        let who = Who { anonymous_id: Some(device.clone()), ..self.record.who.clone() };
        let (attributes, facts) = (Vec::new(), Vec::new());
        let told = Facts { time: self.event.time, id, about: About::Device, attributes, facts };
        Some(Record { received_at: self.record.received_at, who, what: What::Facts(told) })
    }

    fn hardware(&self, made: &mut Made) {
        // Amplitude's browser library calls the browser the system and the system the model.
        let web = self.text(Slot::Platform).is_some_and(|of| of.eq_ignore_ascii_case("web"));
        let agent = self.text(Slot::Agent).map(Agent::of).unwrap_or_default();
        let platform = self.text(Slot::Platform).filter(|_| !web);
        let of_type = self.text(Slot::DeviceType);
        let os = match web {
            true => agent.os.map(str::to_owned).or(self.owned(Slot::Model)),
            false => self
                .owned(Slot::Os)
                .or(agent.os.map(str::to_owned))
                .or(platform.or(of_type.filter(|of| system(of) != *of)).map(str::to_owned)),
        };
        let os_version = self.owned(Slot::OsVersion).filter(|_| !web).or(agent.os_version);
        let model = self.owned(Slot::Model).filter(|_| !web).or(agent.model);
        let browser = self.owned(Slot::Browser).or(agent.browser.map(str::to_owned));
        let browser = browser.or(self.owned(Slot::Os).filter(|_| web));
        let version = self.owned(Slot::BrowserVersion).or(agent.browser_version);
        let version = version.or(self.owned(Slot::OsVersion).filter(|_| web));
        let kind = self.text(Slot::Kind).map(str::to_lowercase);
        let os = os.as_deref().map(system);
        let kind = kind.map(|kind| if kind == "mobile" { "phone".to_owned() } else { kind });
        let by_model =
            os.as_deref().and_then(|os| agent::kind_of_model(os, model.as_deref().unwrap_or("")));
        let kind = kind.or(agent.kind.or(by_model).map(str::to_owned));
        let made_by = self.owned(Slot::Manufacturer).or(self.owned(Slot::Brand));
        let apple = || os.as_deref().is_some_and(|os| matches!(os, "iOS" | "iPadOS" | "macOS"));
        let made_by = made_by.or_else(|| apple().then(|| "Apple".to_owned()));
        made.text("device.os", os);
        made.text("device.os_version", os_version);
        made.text("device.model", model);
        made.text("device.manufacturer", made_by);
        made.text("device.kind", kind);
        made.text("device.browser", browser);
        made.text("device.browser_version", version);
        if let (Some(width), Some(height)) = (self.number(Slot::Width), self.number(Slot::Height)) {
            made.text("device.screen", Some(format!("{width}x{height}")));
        }
    }

    fn software(&self, made: &mut Made) {
        let locale = self.text(Slot::Locale).map(locale).unwrap_or_default();
        made.text("device.language", locale.0);
        made.text("device.region", locale.1.or(self.text(Slot::Region).map(str::to_uppercase)));
        made.text("device.timezone", self.owned(Slot::Timezone));
        made.text("app.name", self.owned(Slot::AppName));
        made.text("app.version", self.owned(Slot::AppVersion));
        made.text("app.build", self.owned(Slot::AppBuild));
        made.text("library.name", self.owned(Slot::LibraryName));
        made.text("library.version", self.owned(Slot::LibraryVersion));
    }

    /// Where the address is, else where the sender says.
    fn place(&self, place: Option<&Place>, made: &mut Made) {
        let of = |text: &Option<Text>| text.as_ref().map(ToString::to_string);
        let said = Place {
            country: self.text(Slot::Country).map(Text::new),
            region: self.text(Slot::GeoRegion).map(Text::new),
            city: self.text(Slot::City).map(Text::new),
            timezone: None,
        };
        let place = place.filter(|place| **place != Place::default()).unwrap_or(&said);
        made.text("geo.country", of(&place.country).map(|country| country.to_uppercase()));
        made.text("geo.region", of(&place.region));
        made.text("geo.city", of(&place.city));
        made.text("geo.timezone", of(&place.timezone));
    }

    /// The name of the token's fact, and the token; nothing of one that was taken away.
    fn token(&self) -> Option<(&'static str, Value)> {
        let text = |slot| self.text(slot).map(Value::text);
        if let Some(endpoint) = text(Slot::Endpoint) {
            let keys =
                [Slot::PublicKey, Slot::Secret].map(|slot| text(slot).unwrap_or(Value::Null));
            let [public, secret] = keys;
            let subscription = Value::List([endpoint, public, secret].into());
            return Some((TOKEN_WEB, if self.removed { Value::Null } else { subscription }));
        }
        let token = text(Slot::Token)?;
        let kind = self.text(Slot::TokenKind).or(self.text(Slot::DeviceType));
        let kind = kind.or(self.text(Slot::Os)).unwrap_or_default();
        let name = match kind.to_lowercase().as_str() {
            "fcm" | "gcm" | "android" => TOKEN_FCM,
            "apns" | "ios" | "ipados" => TOKEN_APNS,
            "hps" | "hms" | "huawei" => TOKEN_HMS,
            "chrome" | "firefox" | "safari" | "web" => TOKEN_WEB,
            _ => TOKEN_OTHER,
        };
        Some((name, if self.removed { Value::Null } else { token }))
    }

    fn text(&self, slot: Slot) -> Option<&'a str> {
        match self.values[slot as usize] {
            Some(Value::Text(text)) => Some(text.as_str()),
            _ => None,
        }
    }

    /// A text, or a number as one.
    fn owned(&self, slot: Slot) -> Option<String> {
        match self.values[slot as usize]? {
            Value::Text(text) => Some(text.to_string()),
            Value::Int(n) => Some(n.to_string()),
            Value::Float(x) => Some(x.to_string()),
            _ => None,
        }
    }

    fn number(&self, slot: Slot) -> Option<i64> {
        self.values[slot as usize]?.number().map(|x| x.round() as i64).filter(|n| *n > 0)
    }
}

/// A text as a number.
pub fn key_of(text: &str) -> u64 {
    xxh3_64(text.as_bytes())
}

/// Facts on their way.
#[derive(Default)]
struct Made {
    attributes: Vec<(Text, Value)>,
    facts: Vec<(Text, Value)>,
}

impl Made {
    fn text(&mut self, name: &'static str, text: Option<String>) {
        if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
            self.put(name, Value::text(text.trim()));
        }
    }

    fn put(&mut self, name: &'static str, value: Value) {
        debug_assert!(NAMES.contains(&name), "{name}");
        let list = if is_attribute(name) { &mut self.attributes } else { &mut self.facts };
        list.push((Text::const_new(name), value));
    }
}

/// What properties in the form of an event's tell of a device, where there is no event.
pub(crate) fn told(
    (who, received_at): (&Who, Timestamp),
    (time, id): (Timestamp, EventId),
    properties: &[(Text, Value)],
) -> Option<Record> {
    let event = Event { name: Text::default(), time, id, properties: properties.to_vec() };
    let record = Record { received_at, who: who.clone(), what: What::Event(event) };
    Said::of(&record)?.facts(None)
}

/// What a change of attributes says of the device that it came from, and of nobody else's:
/// [`DEVICE_SUBSCRIBED`].
pub fn chosen(record: &Record) -> Option<Record> {
    let What::Identify(change) = &record.what else { return None };
    let device = record.who.anonymous_id.as_ref()?;
    let (_, choice) = change.attributes.iter().find(|(name, _)| name == DEVICE_SUBSCRIBED)?;
    let Value::Bool(_) = choice else { return None };
    let facts = vec![(Text::const_new(model::facts::SUBSCRIBED), choice.clone())];
    let id = EventId(xxh3_128_with_seed(&change.id.0.to_le_bytes(), SEED));
    let (about, attributes) = (About::Device, Vec::new());
    let told = Facts { time: change.time, id, about, attributes, facts };
    let who = Who::anonymous(device);
    Some(Record { received_at: record.received_at, who, what: What::Facts(told) })
}

/// The choices of other products by our names: Mixpanel's `$unsubscribed` is about e-mail.
pub fn rename_choices(change: &mut AttributeChange) {
    for (name, value) in &mut change.attributes {
        if let ("$unsubscribed", Value::Bool(off)) = (name.as_str(), &*value) {
            (*name, *value) = (Text::const_new("subscription.email"), Value::Bool(!off));
        }
    }
}

/// Leaves the address that an event came from out of it.
pub fn drop_address(event: &mut Event) {
    let address = |name: &Text, value: &Value| {
        slot::of(name) == Some(Slot::Ip)
            && matches!(value, Value::Text(text) if text.trim().parse::<IpAddr>().is_ok())
    };
    event.properties.retain(|(name, value)| !address(name, value));
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Text(text) => !text.is_empty() && text.len() <= VALUE_BYTES_MAX,
        Value::Int(_) | Value::Float(_) => true,
        _ => false,
    }
}

/// The name of a system, however a library writes it.
fn system(written: &str) -> String {
    match written.to_lowercase().as_str() {
        "ios" | "iphone os" | "iphoneos" => "iOS".into(),
        "ipados" => "iPadOS".into(),
        "android" => "Android".into(),
        "mac os x" | "mac os" | "macos" | "macintosh" | "osx" => "macOS".into(),
        "windows" | "win32" => "Windows".into(),
        _ => written.to_owned(),
    }
}

/// Language and region of a locale: `pt-BR`, `pt_BR`, `zh-Hans-CN`.
fn locale(written: &str) -> (Option<String>, Option<String>) {
    let mut parts = written.split(['-', '_', '.', '@']);
    let letters = |part: &str| part.bytes().all(|b| b.is_ascii_alphabetic());
    let language = parts.next().filter(|part| (2..=3).contains(&part.len()) && letters(part));
    let Some(language) = language else { return (None, None) };
    let region = parts.take(2).find(|part| {
        part.len() == 2 && letters(part)
            || part.len() == 3 && part.bytes().all(|b| b.is_ascii_digit())
    });
    (Some(language.to_lowercase()), region.map(str::to_uppercase))
}
