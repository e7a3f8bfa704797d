//! What follows from an event at the door: what it says of its device becomes facts, when it says
//! anything new.
//!
//! What it is: a bounded memory of what was last said of each device, and the settings. What it is
//! not: reading what is said ([`gateway::device`]). Facts are records of their own, so that the log
//! holds what was found and a replay needs neither this memory nor a database of addresses.
//!
//! Invariant: forgetting anything here costs facts that are written once too often, and nothing else.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError, RwLock};

use engine::subscription;
use gateway::device::{Said, chosen, drop_address, key_of, rename_choices};
use model::{About, EventId, Facts, Record, What};

use crate::geo::Places;
use crate::service::subscriptions::unsubscribed;

/// Devices that are remembered in each of two generations: some 30 MB.
const DEVICES: usize = 400_000;

/// Facts of a device that is used are written again after so long: when it was last seen is known to
/// a day.
const AGAIN_MS: i64 = 24 * 60 * 60 * 1_000;

/// What is done at the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enrichment {
    /// Facts of devices are made of events.
    pub devices: bool,
    /// The address that an event came from stays among its properties.
    pub keep_ip: bool,
}

impl Default for Enrichment {
    fn default() -> Enrichment {
        Enrichment { devices: true, keep_ip: false }
    }
}

/// The memory, the settings, and where addresses are.
#[derive(Default)]
pub(crate) struct Enriching {
    settings: RwLock<Enrichment>,
    seen: Mutex<Seen>,
    pub(crate) places: Places,
}

/// What was last said of a device.
#[derive(Clone, Copy)]
struct Last {
    hash: u64,
    /// When facts were last written.
    written_at: i64,
}

/// What was last said, of the devices that were seen last.
#[derive(Default)]
struct Seen {
    young: HashMap<u64, Last>,
    old: HashMap<u64, Last>,
    buffer: Vec<u8>,
}

/// What is new.
enum News {
    Nothing,
    /// The device is still there.
    Seen,
    Facts,
}

impl Enriching {
    pub fn set(&self, settings: Enrichment) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = settings;
    }

    /// Adds what follows from records behind them. `peer`: the other end of the connection they came
    /// through.
    pub fn enrich(&self, records: &mut Vec<Record>, peer: Option<IpAddr>) {
        let settings = *self.settings.read().unwrap_or_else(PoisonError::into_inner);
        if !settings.devices {
            return;
        }
        let mut made = Vec::new();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        records.retain_mut(|record| {
            if let What::Facts(facts) = &record.what {
                return facts.about != About::Device || seen.anything_new(record, facts);
            }
            if let What::Identify(change) = &mut record.what {
                rename_choices(change);
                made.extend(chosen(record));
                seen.ended(record, &mut made);
            } else if let Some(said) = Said::of(record) {
                made.extend(self.news(&said, peer, &mut seen));
                if !settings.keep_ip
                    && let What::Event(event) = &mut record.what
                {
                    drop_address(event);
                }
            }
            true
        });
        records.append(&mut made);
    }

    fn news(&self, said: &Said<'_>, peer: Option<IpAddr>, seen: &mut Seen) -> Option<Record> {
        let mut buffer = std::mem::take(&mut seen.buffer);
        let hash = said.hash(peer, &mut buffer);
        seen.buffer = buffer;
        match seen.take(said.key(), hash, said.time().0) {
            News::Nothing => None,
            News::Seen => said.seen(),
            News::Facts => {
                let place = said.address(peer).and_then(|ip| self.places.of(ip));
                said.facts(place.as_ref())
            }
        }
    }
}

impl Seen {
    /// Remembers what is said at an instant; what of it is new.
    fn take(&mut self, key: u64, hash: u64, at: i64) -> News {
        let known = self.young.get(&key).or_else(|| self.old.get(&key)).copied();
        let news = match known {
            Some(last) if last.hash == hash && at.saturating_sub(last.written_at) < AGAIN_MS => {
                return News::Nothing;
            }
            Some(last) if last.hash == hash => News::Seen,
            _ => News::Facts,
        };
        if self.young.len() >= DEVICES {
            self.old = std::mem::take(&mut self.young);
        }
        let written_at = known.map_or(at, |last| last.written_at.max(at));
        self.young.insert(key, Last { hash, written_at });
        news
    }

    /// Adds the events that tell which subscriptions a change of attributes ends.
    fn ended(&mut self, record: &Record, made: &mut Vec<Record>) {
        let What::Identify(change) = &record.what else { return };
        let who = &record.who;
        let identity = || who.identities.first().map(|identity| &identity.value);
        let Some(id) = who.user_id.as_ref().or_else(identity).or(who.anonymous_id.as_ref()) else {
            return;
        };
        for (name, value) in &change.attributes {
            let (Some(_), Some(on)) =
                (subscription::of_attribute(name), subscription::choice(value))
            else {
                continue;
            };
            let key = key_of(&format!("{name}\0{id}"));
            let news = self.take(key, u64::from(on), change.time.0);
            if !on && matches!(news, News::Facts) {
                // At most one a day is told, whatever is forgotten here.
                let day = change.time.0.div_euclid(AGAIN_MS);
                let id = EventId::of(&format!("unsubscribed\0{name}\0{id}\0{day}"));
                let event = unsubscribed(name, change.time, id);
                let (received_at, who) = (record.received_at, who.clone());
                made.push(Record { received_at, who, what: What::Event(event) });
            }
        }
    }

    /// Whether facts that somebody else made say anything new.
    fn anything_new(&mut self, record: &Record, facts: &Facts) -> bool {
        let id = record.who.anonymous_id.as_ref().or(record.who.user_id.as_ref());
        let Some(id) = id else { return true };
        let Facts { attributes, facts: own, time, .. } = facts;
        let said = format!("{:?}{attributes:?}{own:?}", record.who.user_id);
        // Beside what events say of the same device, which is another text.
        let key = key_of(id) ^ 1;
        let hash = key_of(&said);
        !matches!(self.take(key, hash, time.0), News::Nothing)
    }
}

#[cfg(test)]
mod tests {
    use model::{Event, EventId, Text, Timestamp, Value, Who};

    use super::*;

    fn event(n: u128, at: i64, os: &str) -> Record {
        let mut properties = vec![
            (Text::new("context.ip"), Value::text("1.2.3.4")),
            (Text::new("context.os.name"), Value::text(os)),
        ];
        model::record::sort_properties(&mut properties);
        let (time, id, name) = (Timestamp(at), EventId(n), Text::new("open"));
        let what = What::Event(Event { name, time, id, properties });
        Record { received_at: time, who: Who::anonymous("d"), what }
    }

    /// How many facts follow from one event, and how many values these have.
    fn follows(enriching: &Enriching, record: Record) -> Vec<usize> {
        let mut records = vec![record];
        enriching.enrich(&mut records, None);
        let facts = records[1..].iter().map(|record| match &record.what {
            What::Facts(facts) => facts.attributes.len() + facts.facts.len(),
            other => panic!("{other:?}"),
        });
        facts.collect()
    }

    #[test]
    fn what_was_said_before_is_not_said_again_on_the_same_day() {
        let enriching = Enriching::default();
        assert_eq!(follows(&enriching, event(1, 1_000, "iOS")), [2]);
        assert_eq!(follows(&enriching, event(2, 2_000, "iOS")), [0usize; 0]);
        assert_eq!(follows(&enriching, event(3, 3_000, "Android")), [1]);
        assert_eq!(follows(&enriching, event(4, 4_000, "Android")), [0usize; 0]);
        assert_eq!(follows(&enriching, event(5, 4_000 + AGAIN_MS, "Android")), [0], "seen again");
        assert_eq!(follows(&enriching, event(6, 5_000 + AGAIN_MS, "Android")), [0usize; 0]);
        enriching.set(Enrichment { devices: false, ..Enrichment::default() });
        assert_eq!(follows(&enriching, event(7, 9_000, "Windows")), [0usize; 0]);
    }

    #[test]
    fn an_address_stays_only_where_it_is_wanted() {
        let enriching = Enriching::default();
        let kept = |keep_ip| {
            enriching.set(Enrichment { keep_ip, ..Enrichment::default() });
            let mut records = vec![event(1, 1, "iOS")];
            enriching.enrich(&mut records, None);
            let What::Event(event) = &records[0].what else { panic!() };
            event.properties.len()
        };
        assert_eq!((kept(true), kept(false)), (2, 1));
    }

    #[test]
    fn a_subscription_that_ends_is_told_once() {
        let enriching = Enriching::default();
        let said = |n: u128, name: &str, value: Value| {
            let (time, attributes) = (Timestamp(n as i64), vec![(Text::new(name), value)]);
            let change = model::AttributeChange::set(time, EventId(n), attributes);
            let who = Who::user("ada");
            let mut records = vec![Record { received_at: time, who, what: What::Identify(change) }];
            enriching.enrich(&mut records, None);
            let event = |record: &Record| match &record.what {
                What::Event(event) => format!("{} {:?}", event.name, event.properties),
                other => panic!("{other:?}"),
            };
            records[1..].iter().map(event).collect::<Vec<_>>()
        };
        let off = || Value::Bool(false);
        let email = r#"Channel Unsubscribed [("channel", Text("email"))]"#;
        assert_eq!(said(1, "subscription.email", off()), [email]);
        assert_eq!(said(2, "subscription.email", off()), [""; 0], "it was off");
        assert_eq!(said(3, "subscription.email", Value::Bool(true)), [""; 0]);
        assert_eq!(said(4, "$unsubscribed", Value::Bool(true)), [email], "Mixpanel's word");
        assert_eq!(said(5, "subscription.sms.offers", off()).len(), 1);
        assert_eq!(said(6, "plan", off()), [""; 0]);
    }

    #[test]
    fn facts_from_elsewhere_pass_when_they_are_new() {
        let enriching = Enriching::default();
        let facts = |time: i64, os: &str| {
            let attributes = vec![("device.os".into(), Value::text(os))];
            let (id, about) = (EventId(time as u128), About::Device);
            let time = Timestamp(time);
            let what = What::Facts(Facts { time, id, about, attributes, facts: vec![] });
            Record { received_at: time, who: Who::anonymous("d"), what }
        };
        let passes = |record: Record| {
            let mut records = vec![record];
            enriching.enrich(&mut records, None);
            records.len()
        };
        assert_eq!(passes(facts(1, "iOS")), 1);
        assert_eq!(passes(facts(2, "iOS")), 0);
        assert_eq!(passes(facts(3, "Android")), 1);
    }
}
