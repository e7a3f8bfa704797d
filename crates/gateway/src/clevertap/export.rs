//! CleverTap's exports: records of events (`/1/events.json`) and of profiles (`/1/profiles.json`).
//!
//! An event's `ts` is the account's local time as the digits of date and clock, `20260301143000`;
//! which event it is stands in the question, not in the records, and therefore in the settings. The
//! profile in an event's record is that of the day of the export, and says nothing of then: only its
//! ids are taken. Id: `Charged ID` of a purchase, as when it is sent; else what the event says.

use model::{AttributeChange, Event, Record, Text, Timestamp, Value, What, Who};
use xxhash_rust::xxh3::xxh3_128;

use super::message::{Arrival, Kind, Message};
use crate::arrival::nth_id;
use crate::fields::{self, Fields, object_or_null};
use crate::import::{ExportSettings, Seen};
use crate::json::{self, Broken, Reader};
use crate::order::Orders;
use crate::scalar::{self, Scalar, id};
use crate::{Problem, validate};

/// The records of one exported event or profile.
pub(crate) fn records(
    json: &str,
    received_at: Timestamp,
    settings: &ExportSettings,
    seen: &mut Seen,
) -> Result<Vec<Record>, Problem> {
    let mut exported = Exported::default();
    fields::read(json, &mut exported)?;
    match exported.time {
        Scalar::Absent => exported.profile(json, received_at, settings, seen),
        _ => exported.event(received_at, settings, seen),
    }
}

#[derive(Default)]
struct Exported {
    time: Scalar,
    event: Scalar,
    properties: Option<String>,
    session: Option<String>,
    person: Person,
}

/// What is said of whom a record is about.
#[derive(Default)]
struct Person {
    identity: Scalar,
    object_id: Scalar,
    /// `Name`, `Email` and `Phone`, which stand beside the profile's own properties.
    reserved: Vec<(&'static str, Scalar)>,
    attributes: Option<String>,
    /// Their ids.
    devices: Vec<Scalar>,
}

/// The id of a device, which stands in a list of what is known of all of them.
#[derive(Default)]
struct Device(Scalar);

impl<'a> Fields<'a> for Device {
    fn field(&mut self, name: &str, reader: &mut Reader<'a>) -> Result<(), Broken> {
        match name {
            "objectId" => Scalar::read(reader).map(|id| self.0 = id),
            _ => reader.skip(),
        }
    }
}

impl<'a> Fields<'a> for Exported {
    fn field(&mut self, name: &str, reader: &mut Reader<'a>) -> Result<(), Broken> {
        match name {
            "ts" => self.time = Scalar::read(reader)?,
            "event_name" | "evtName" => self.event = Scalar::read(reader)?,
            "event_props" => self.properties = Some(reader.raw()?.to_owned()),
            "session_props" => self.session = Some(reader.raw()?.to_owned()),
            "profile" => object_or_null(reader, &mut self.person)?,
            name => self.person.field(name, reader)?,
        }
        Ok(())
    }
}

impl<'a> Fields<'a> for Person {
    fn field(&mut self, name: &str, reader: &mut Reader<'a>) -> Result<(), Broken> {
        let reserved = match name {
            "name" => "Name",
            "email" => "Email",
            "phone" => "Phone",
            _ => "",
        };
        match name {
            "identity" => self.identity = Scalar::read(reader)?,
            "objectId" => self.object_id = Scalar::read(reader)?,
            "profileData" => self.attributes = Some(reader.raw()?.to_owned()),
            "platformInfo" => self.read_devices(reader)?,
            _ if !reserved.is_empty() => self.reserved.push((reserved, Scalar::read(reader)?)),
            _ => reader.skip()?,
        }
        Ok(())
    }
}

impl Person {
    fn read_devices(&mut self, reader: &mut Reader<'_>) -> Result<(), Broken> {
        self.devices.clear();
        if reader.peek()? != b'[' {
            return reader.amiss("a list of devices");
        }
        reader.value()?;
        let mut first = true;
        while reader.element(&mut first)? {
            let mut device = Device::default();
            fields::object(reader, &mut device)?;
            self.devices.push(device.0);
        }
        Ok(())
    }
}

impl Exported {
    fn event(
        self,
        received_at: Timestamp,
        settings: &ExportSettings,
        seen: &mut Seen,
    ) -> Result<Vec<Record>, Problem> {
        let event = match (&self.event, &settings.event) {
            (Scalar::Text(name), _) | (_, Some(name)) => name.clone(),
            _ => return Err(no_event()),
        };
        let time = validate::time(time(&self.time, settings)?, received_at)?;
        let said = self.properties.as_deref().unwrap_or_default();
        let whose = [&self.person.object_id, &self.person.identity];
        let whose = whose.into_iter().find_map(|written| id("", written).ok().flatten());
        let fact = [whose.as_deref().unwrap_or_default(), &event, &time.0.to_string(), said];
        let fact = fact.join("\0");
        let mut message = Message {
            event: Scalar::Text(event),
            identity: self.person.identity,
            object_id: self.person.object_id,
            ..Message::default()
        };
        read_into(&mut message.properties, said, "")?;
        let session = self.session.as_deref().unwrap_or_default();
        read_into(&mut message.properties, session, "context.session.")?;
        let id = match message.charged_id() {
            Some(id) => model::EventId(xxh3_128(format!("charged\0{id}").as_bytes())),
            None => seen.id(&fact),
        };
        let (kind, anonymous_id, strict) = (Kind::Event, None, false);
        let arrival = Arrival { kind, anonymous_id, time, id, received_at, strict };
        Ok(message
            .into_record(arrival, &mut Orders::default())?
            .into_iter()
            .map(without_nothing)
            .collect())
    }

    fn profile(
        self,
        json: &str,
        received_at: Timestamp,
        settings: &ExportSettings,
        seen: &mut Seen,
    ) -> Result<Vec<Record>, Problem> {
        let id = match settings.version {
            0 => seen.id(json),
            version => seen.id(&format!("{version}\0{json}")),
        };
        let Person { identity, object_id, reserved, attributes, devices } = self.person;
        let mut guids = Vec::new();
        for written in std::iter::once(&object_id).chain(&devices) {
            if let Some(guid) = scalar::id("objectId", written)?
                && !guids.contains(&guid)
            {
                guids.push(guid);
            }
        }
        let mut message = Message { identity, ..Message::default() };
        read_into(&mut message.profile, attributes.as_deref().unwrap_or_default(), "")?;
        for (name, written) in reserved {
            if let Scalar::Text(text) = written {
                validate::text_value(name, &text)?;
                message.profile.found.push((Text::const_new(name), Value::Text(text)));
            }
        }
        let mut guids = guids.into_iter();
        let (kind, anonymous_id, strict) = (Kind::Profile, guids.next(), false);
        let arrival = Arrival { kind, anonymous_id, time: received_at, id, received_at, strict };
        let Some(record) = message.into_record(arrival, &mut Orders::default())? else {
            return Ok(Vec::new());
        };
        let first = record.who.user_id.clone().or_else(|| record.who.anonymous_id.clone());
        let mut records = vec![record];
        for (guid, n) in guids.zip(1..) {
            // Every further device is the same person's.
            let what = match &records[0].who.user_id {
                Some(_) => {
                    let id = nth_id(id, n);
                    What::Identify(AttributeChange::set(received_at, id, Vec::new()))
                }
                None => What::Alias { previous: guid.clone() },
            };
            let who = match (&what, &first) {
                (What::Identify(_), Some(user)) => Who::of(Some(user.clone()), Some(guid)),
                (_, first) => Who::of(None, first.clone()),
            };
            records.push(Record { received_at, who, what });
        }
        Ok(records)
    }
}

/// Reads an object that was cut out before.
fn read_into(
    flat: &mut crate::flatten::Flat,
    json: &str,
    prefix: &'static str,
) -> Result<(), Problem> {
    if json.is_empty() || json == "null" {
        return Ok(());
    }
    json::whole(json, |reader| flat.read(prefix, reader)).map_err(|words| {
        let message = format!("the properties cannot be read: {words}");
        Problem::new("event.malformed", message, "export the record again")
    })
}

/// The record without properties that say nothing.
fn without_nothing(mut record: Record) -> Record {
    if let What::Event(Event { properties, .. }) = &mut record.what {
        properties.retain(|(_, value)| *value != Value::Null);
    }
    record
}

/// `20260301143000` on a clock in the account's zone; any other time as elsewhere.
fn time(written: &Scalar, settings: &ExportSettings) -> Result<Timestamp, Problem> {
    let digits = match written {
        Scalar::Text(text) => text.to_string(),
        Scalar::Number(number) => number.to_string(),
        _ => String::new(),
    };
    if digits.len() == 14 && digits.bytes().all(|b| b.is_ascii_digit()) {
        let part = |from: usize, to: usize| &digits[from..to];
        let wall = format!(
            "{}-{}-{}T{}:{}:{}Z",
            part(0, 4),
            part(4, 6),
            part(6, 8),
            part(8, 10),
            part(10, 12),
            part(12, 14)
        );
        let wall = Timestamp::parse(&wall).map_err(|_| validate::invalid_time(&digits))?;
        return Ok(validate::local_time(wall, &settings.zone));
    }
    scalar::instant(written)?.ok_or_else(|| validate::invalid_time(&digits))
}

fn no_event() -> Problem {
    Problem::new(
        "export.no_event",
        "the record does not say which event it is",
        "an export is of one event: name it with event==NAME",
    )
}
