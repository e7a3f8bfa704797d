//! Batches of events: whom they are about, and each of their events.

use std::collections::BTreeMap;

use model::{AttributeChange, Event, EventId, Identity, Record, Text, Timestamp, Value, What, Who};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128, xxh3_128_with_seed};

use super::event::{Meaning, Written};
use super::identity::{Known, MPID};
use crate::cut::{self, Cut};
use crate::fields::{self, Fields};
use crate::flatten::Flat;
use crate::json::{Broken, Fault, Reader};
use crate::order::Orders;
use crate::scalar::{Scalar, id, instant};
use crate::{Decoded, Problem, device, validate};

/// Events of one batch.
const EVENTS_MAX: usize = model::bounds::BATCH_RECORDS_MAX;

/// A batch as it is written.
#[derive(Debug, Default)]
pub(super) struct Batch<'a> {
    request_id: Scalar,
    mpid: Scalar,
    device: [Scalar; 2],
    time: Scalar,
    events: Vec<Cut<'a, Written>>,
    attributes: Flat,
    deleted: Vec<Text>,
    identities: BTreeMap<String, Scalar>,
    consent: Flat,
    /// Facts of the device and of the application, in the form of an event's context.
    said: Flat,
}

/// Attributes that say to what a person consented stand under this name.
const CONSENT: &str = "consent.";

impl Batch<'_> {
    /// Adds what it says. `first`: the place of its first event among all of a request.
    pub fn add_to(mut self, decoded: &mut Decoded, first: usize, received_at: Timestamp) -> usize {
        let events = std::mem::take(&mut self.events);
        let n = events.len();
        let whom = match self.who() {
            Ok(who) => who,
            Err(problem) => {
                for (index, event) in events.into_iter().enumerate() {
                    decoded.reject((first + index, event.written), problem.clone());
                }
                return n;
            }
        };
        let mut orders = Orders::default();
        decoded.records.reserve(n);
        for (index, event) in events.into_iter().enumerate() {
            let written = event.written;
            let record = self.event(event, (index, received_at), &whom, &mut orders);
            decoded.add((first + index, written), record);
        }
        if let Some(told) = self.told(&whom, received_at) {
            decoded.records.push(told);
        }
        match self.change(whom, received_at) {
            Ok(None) => {}
            Ok(Some(record)) => {
                decoded.records.push(record);
                decoded.places.push(first);
            }
            Err(problem) => decoded.reject((first, "user_attributes"), problem),
        }
        n
    }

    fn who(&self) -> Result<Who, Problem> {
        let mut known = Known::default();
        for (kind, written) in &self.identities {
            if let Some(value) = id(kind, written)? {
                known.add(kind, &value)?;
            }
        }
        for written in &self.device {
            known.anonymous_id = known.anonymous_id.or(id("mp_deviceid", written)?);
        }
        // A device alone is a stranger, who becomes part of whoever logs in on it; a number would make
        // somebody of them.
        let named = known.user_id.is_some() || known.anonymous_id.is_some();
        let unknown = !named && known.identities.is_empty();
        if unknown && let Some(mpid) = id(MPID, &self.mpid)?.filter(|mpid| mpid != "0") {
            known.identities.push(Identity::new(Text::const_new(MPID), mpid));
        }
        known.who()
    }

    fn event(
        &self,
        event: Cut<'_, Written>,
        (index, received_at): (usize, Timestamp),
        whom: &Who,
        orders: &mut Orders,
    ) -> Result<Option<Record>, Problem> {
        let Cut { written: raw, message: written, fault } = event;
        if let Some(fault) = fault {
            let message = format!("the event cannot be read: {}", fault.words(raw));
            let hint = "send {\"event_type\":…,\"data\":{…}}";
            return Err(Problem::new("event.malformed", message, hint));
        }
        let time = instant(&written.data.time)?.or(instant(&self.time)?);
        let id = self.id(&written, raw, whom, (index, time.is_some(), received_at))?;
        let time = validate::time(time.unwrap_or(received_at), received_at)?;
        let mut who = whom.clone();
        let what = match written.meaning(orders)? {
            Meaning::Happened(name, properties) => {
                What::Event(Event { name, time, id, properties })
            }
            Meaning::Changed(attributes, identities, user_id) => {
                who.user_id = user_id.or(who.user_id);
                for identity in identities {
                    if !who.identities.contains(&identity) {
                        who.identities.push(identity);
                    }
                }
                What::Identify(AttributeChange::set(time, id, attributes))
            }
        };
        Ok(Some(Record { received_at, who: validate::somebody(who)?, what }))
    }

    /// `source_message_id`, else the request's with the place, else the transaction's, else the content.
    fn id(
        &self,
        written: &Written,
        raw: &str,
        whom: &Who,
        (index, timed, received_at): (usize, bool, Timestamp),
    ) -> Result<EventId, Problem> {
        if let Some(written) = id("source_message_id", &written.data.message_id)? {
            return Ok(EventId::of(&written));
        }
        if let Some(request) = id("source_request_id", &self.request_id)? {
            return Ok(hashed(&format!("mparticle\0{request}\0{index}")));
        }
        if let Some(transaction) = id("transaction_id", &written.data.transaction_id)? {
            let action = &written.data.actions[0];
            return Ok(hashed(&format!("mparticle\0{action:?}\0{transaction}")));
        }
        // The same content of somebody else is another event.
        let whose = xxh3_64(format!("{whom:?}").as_bytes());
        let again = received_at.0.cast_unsigned() ^ (index as u64) << 48;
        let seed = if timed { whose } else { whose ^ again };
        Ok(EventId(xxh3_128_with_seed(raw.as_bytes(), seed)))
    }

    /// What it tells of the device; nothing if that breaks a bound, as nobody else must pay for it.
    fn told(&self, who: &Who, received_at: Timestamp) -> Option<Record> {
        if self.said.problem.is_some() {
            return None;
        }
        let written = instant(&self.time).ok().flatten();
        let time = validate::time(written.unwrap_or(received_at), received_at).ok()?;
        let id = hashed(&format!("mparticle\0{time}\0{who:?}\0device"));
        device::told((who, received_at), (time, id), &self.said.found)
    }

    /// The attributes that the person has, and what they consent to.
    fn change(self, who: Who, received_at: Timestamp) -> Result<Option<Record>, Problem> {
        if let Some(problem) = self.attributes.problem.or(self.consent.problem) {
            return Err(problem);
        }
        let mut attributes = self.attributes.found;
        for name in self.deleted {
            validate::property_name(&name)?;
            attributes.push((name, Value::Null));
        }
        attributes.extend(self.consent.found.into_iter().map(|(name, value)| {
            // Whether they do is what is asked for.
            let short = name.strip_suffix(".consented").map(Text::new);
            (short.unwrap_or(name), value)
        }));
        if attributes.is_empty() {
            return Ok(None);
        }
        let attributes = validate::properties(attributes)?;
        let time = validate::time(instant(&self.time)?.unwrap_or(received_at), received_at)?;
        let id = match id("source_request_id", &self.request_id)? {
            Some(request) => hashed(&format!("mparticle\0{request}\0attributes")),
            None => hashed(&format!("mparticle\0{time}\0{who:?}\0{attributes:?}")),
        };
        let what = What::Identify(AttributeChange::set(time, id, attributes));
        Ok(Some(Record { received_at, who, what }))
    }
}

fn hashed(key: &str) -> EventId {
    EventId(xxh3_128(key.as_bytes()))
}

impl<'a> Fields<'a> for Batch<'a> {
    fn field(&mut self, name: &str, reader: &mut Reader<'a>) -> Result<(), Broken> {
        let null = reader.peek()? == b'n';
        let scalar = match name {
            "source_request_id" => &mut self.request_id,
            "mpid" => &mut self.mpid,
            "device_application_stamp" => &mut self.device[0],
            "mp_deviceid" => &mut self.device[1],
            "timestamp_unixtime_ms" => &mut self.time,
            "events" if !null => return self.read_events(reader),
            "deleted_user_attributes" if !null => return self.read_deleted(reader),
            "user_identities" if !null => {
                self.identities.clear();
                return fields::object(reader, &mut Identities(&mut self.identities));
            }
            "user_attributes" => return self.attributes.read("", reader),
            "device_info" | "application_info" => return self.said.read("context.", reader),
            "consent_state" => return self.consent.read(CONSENT, reader),
            _ => return reader.skip(),
        };
        *scalar = Scalar::read(reader)?;
        Ok(())
    }
}

impl<'a> Batch<'a> {
    fn read_events(&mut self, reader: &mut Reader<'a>) -> Result<(), Broken> {
        let events = cut::list(reader, EVENTS_MAX, fields::object)?;
        if events.too_long {
            reader.blame(Fault::Shape("no more events than a batch may have"));
        }
        self.events = events.messages;
        Ok(())
    }

    fn read_deleted(&mut self, reader: &mut Reader<'a>) -> Result<(), Broken> {
        const EXPECTED: &str = "a list of names";
        self.deleted.clear();
        if reader.peek()? != b'[' {
            return reader.amiss(EXPECTED);
        }
        reader.value()?;
        let mut first = true;
        while reader.element(&mut first)? {
            match Scalar::read(reader)? {
                Scalar::Text(name) => self.deleted.push(name),
                _ => reader.blame(Fault::Shape(EXPECTED)),
            }
        }
        Ok(())
    }
}

/// Reads identities by the names of their kinds.
struct Identities<'a>(&'a mut BTreeMap<String, Scalar>);

impl<'a> Fields<'a> for Identities<'_> {
    fn field(&mut self, name: &str, reader: &mut Reader<'a>) -> Result<(), Broken> {
        let written = Scalar::read(reader)?;
        self.0.insert(name.to_owned(), written);
        Ok(())
    }
}
