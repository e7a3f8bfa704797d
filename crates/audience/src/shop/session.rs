//! What a person does in one session of the app: opening it, becoming known, changing their mind
//! about consent and plan, and how the records are delivered. [`shopping`] has the rest.

mod shopping;

use model::{
    About, AttributeChange, Event, EventId, Facts, Record, Span, Text, Timestamp, Value, What, Who,
};
use xxhash_rust::xxh3::xxh3_128_with_seed;

use super::contact::{TRIAL_LASTS, contact, device};
use super::person::{Person, days};
use super::world::{CHANNELS, PLATFORMS, World};
use shopping::Line;

/// Mean time between two things that a person does: the published clickstream has 8.6 in 1,040 s.
const STEP_SECONDS: f64 = 110.0;
/// Steps of onboarding and the share of people who go on after each.
const ONBOARDING: [(&str, f64); 3] = [("interests", 0.88), ("sizes", 0.85), ("notifications", 0.9)];

type Properties = Vec<(Text, Value)>;

/// Records of one session as they are made.
pub(super) struct Session<'a> {
    world: &'a World,
    person: &'a mut Person,
    now: Timestamp,
    made: Vec<Record>,
    lines: Vec<Line>,
}

impl<'a> Session<'a> {
    /// Plays the session that starts at `at`. The records' acceptance is set; those that follow
    /// from a purchase (refund, review, support) lie days ahead.
    pub fn play(world: &'a World, person: &'a mut Person, at: Timestamp) -> Vec<Record> {
        let mut session =
            Session { world, person, now: at, made: Vec::with_capacity(16), lines: Vec::new() };
        session.open();
        session.browse();
        session.shop();
        session.deliver()
    }

    fn open(&mut self) {
        let first = self.person.n_sessions == 0;
        if first {
            self.first_open();
        }
        self.change_device();
        self.upgrade();
        let platform = PLATFORMS[usize::from(self.person.platform)].0;
        self.event(
            "App Launched",
            vec![
                property("app_version", version(self.person.release)),
                property("platform", Value::text(platform)),
            ],
        );
        if first {
            self.onboard();
        } else if self.happens(self.world.parameters.sign_up_later) {
            self.sign_up();
        }
        self.change_consent();
        self.renew();
    }

    fn first_open(&mut self) {
        let channel = CHANNELS[usize::from(self.person.channel)].name;
        let campaign = self.world.campaign(self.now);
        let mut properties = vec![property("acquisition_channel", Value::text(channel))];
        if let Some(number) = campaign {
            properties.push(property("campaign", Value::from(format!("burst-{number}").as_str())));
        }
        self.event("First Open", properties);
        let place = self.person.place(self.world);
        let platform = PLATFORMS[usize::from(self.person.platform)].0;
        self.identify(vec![
            property("acquisition_channel", Value::text(channel)),
            property("app_version", version(self.person.release)),
            property("country", Value::text(place.country)),
            property("language", Value::text(place.language)),
            property("platform", Value::text(platform)),
            property("push_opt_in", Value::Bool(self.person.push)),
            property("timezone", Value::text(place.zone_name)),
        ]);
        self.tell_device();
    }

    /// What the device is, and whether and under which token it takes notifications.
    fn tell_device(&mut self) {
        let place = self.person.place(self.world);
        let of = (place.country, place.language);
        let city = contact(self.world, self.person.number, of).city;
        let (platform, push) = (self.person.platform, self.person.push);
        let (attributes, facts) =
            device(platform, &self.person.device, push, (place.country, city));
        let who = Who { anonymous_id: Some(self.person.device.clone()), ..self.person.who() };
        let id = next_id(self.world, self.person);
        let facts = Facts { time: self.now, id, about: About::Device, attributes, facts };
        self.made.push(Record { received_at: self.now, who, what: What::Facts(facts) });
    }

    fn onboard(&mut self) {
        self.event("Onboarding Started", Vec::new());
        for (step, goes_on) in ONBOARDING {
            if !self.happens(goes_on) {
                return;
            }
            self.event("Onboarding Step", vec![property("step", Value::text(step))]);
        }
        // Those who get this far are two thirds; the share of all is the parameter.
        let reached: f64 = ONBOARDING.iter().map(|(_, goes_on)| goes_on).product();
        if self.happens(self.world.parameters.sign_up / reached) {
            self.sign_up();
            self.event("Onboarding Completed", Vec::new());
        }
    }

    /// From here on the person is known; the identify record with both ids says who was who.
    fn sign_up(&mut self) {
        if self.person.signed_up {
            return;
        }
        self.person.signed_up = true;
        let birthday = self.birthday();
        let place = self.person.place(self.world);
        let of = (place.country, place.language);
        let contact = contact(self.world, self.person.number, of);
        let (email, sms) = (Value::Bool(self.person.email), Value::Bool(self.person.sms));
        let mut known = vec![property("birthday", Value::from(birthday.as_str()))];
        known.extend(contact.email.map(|email| property("email", Value::Text(email))));
        known.push(property("email_opt_in", email.clone()));
        known.push(property("name", Value::from(contact.name.as_str())));
        known.extend(contact.phone.map(|phone| property("phone", Value::Text(phone))));
        known.push(property("plan", Value::text("free")));
        known.push(property("sms_opt_in", sms.clone()));
        known.push(property("subscription.email", email));
        known.push(property("subscription.sms", sms));
        if contact.trial {
            known.push(property("trial_ends_at", Value::Time(self.now + TRIAL_LASTS)));
        }
        self.identify(known);
        let method = ["email", "google", "apple"][self.person.chance.below(3)];
        self.event("Signed Up", vec![property("method", Value::text(method))]);
    }

    fn birthday(&mut self) -> String {
        let age = (18.0 + self.person.chance.gamma(3.0) * 6.0).min(90.0);
        let day = model::Day((self.now - days(age * 365.25)).0.div_euclid(Span::DAY.0));
        day.to_string()
    }

    /// Starts using the second device: unknown there at first, then signed in.
    fn change_device(&mut self) {
        if !(self.person.second_device && self.person.signed_up && self.person.n_sessions > 2) {
            return;
        }
        self.person.second_device = false;
        let device = self.person.chance.bits() >> 16;
        self.person.device = Text::from(format!("device-{device:012x}"));
        self.person.signed_up = false;
        let platform = if self.person.platform == 2 { 0 } else { 2 };
        self.person.platform = platform;
        let platform = PLATFORMS[usize::from(platform)].0;
        self.event("First Open", vec![property("acquisition_channel", Value::text("direct"))]);
        self.person.signed_up = true;
        self.identify(vec![property("platform", Value::text(platform))]);
        self.tell_device();
        self.event("Signed In", Vec::new());
    }

    fn upgrade(&mut self) {
        let current = self.world.release(self.now);
        if current > self.person.release && self.happens(0.5) {
            self.person.release = current;
            self.identify(vec![property("app_version", version(current))]);
        }
    }

    /// Few switch notifications off, fewer on again; some change their mind about other channels.
    fn change_consent(&mut self) {
        let p = self.world.parameters.opt_out;
        if self.happens(if self.person.push { p } else { 0.5 * p }) {
            let push = !self.person.push;
            self.person.push = push;
            let name = if push { "Notifications Enabled" } else { "Notifications Disabled" };
            self.event(name, Vec::new());
            self.identify(vec![property("push_opt_in", Value::Bool(push))]);
            self.tell_device();
        }
        if self.person.signed_up && self.happens(p) {
            self.person.email = !self.person.email;
            let wanted = Value::Bool(self.person.email);
            let choice = property("subscription.email", wanted.clone());
            self.identify(vec![property("email_opt_in", wanted), choice]);
        }
        if self.person.signed_up && self.happens(0.5 * p) {
            self.person.sms = !self.person.sms;
            let wanted = Value::Bool(self.person.sms);
            let choice = property("subscription.sms", wanted.clone());
            self.identify(vec![property("sms_opt_in", wanted), choice]);
        }
    }

    /// At the end of a year of the plan "plus", seven in ten renew.
    fn renew(&mut self) {
        if self.person.renewal_at.is_none_or(|at| at > self.now) {
            return;
        }
        if self.happens(0.7) {
            self.subscribe("Plan Renewed");
        } else {
            self.person.renewal_at = None;
            self.event("Plan Ended", Vec::new());
            let gone = property("renewal_date", Value::Null);
            self.identify(vec![property("plan", Value::text("free")), gone]);
        }
    }

    fn subscribe(&mut self, event: &'static str) {
        let at = self.now + Span::days(365);
        self.person.renewal_at = Some(at);
        self.event(event, vec![property("plan", Value::text("plus"))]);
        self.identify(vec![
            property("plan", Value::text("plus")),
            property("renewal_date", Value::Time(at)),
        ]);
    }

    /// Sets when each record is accepted: at once, or when the network is back. Returns them all.
    fn deliver(mut self) -> Vec<Record> {
        let phone = self.person.platform < 2 && self.person.n_sessions > 0;
        let offline = phone && self.happens(self.world.parameters.offline);
        let back = match offline {
            true => self.now + days(self.person.chance.log_normal(0.1, 1.6).min(7.0)),
            false => Timestamp::MIN,
        };
        let mut previous = Timestamp::MIN;
        for record in &mut self.made {
            let network = Span(80 + self.person.chance.exponential(600.0) as i64);
            record.received_at = record.received_at.max(back) + network;
            // An app sends its records one after the other; what lies ahead is sent by others.
            if record.received_at - network <= self.now.max(back) {
                record.received_at = record.received_at.max(previous);
                previous = record.received_at;
            }
        }
        self.person.n_sessions += 1;
        self.person.last_end = self.now;
        self.made
    }

    fn happens(&mut self, p: f64) -> bool {
        self.person.chance.happens(p)
    }

    /// Something happens now; some time passes.
    fn event(&mut self, name: &'static str, properties: Properties) {
        let (time, id) = (self.now, next_id(self.world, self.person));
        self.made.push(event(self.person.who(), name, (time, id), properties));
        let step = self.person.chance.exponential(STEP_SECONDS);
        self.now = self.now + Span(1_000 + (step * 1_000.0) as i64);
    }

    /// Something happens at least `wait.0` days from now, `wait.1` more on average.
    fn later(&mut self, name: &'static str, wait: (f64, f64), properties: Properties) {
        let time = self.now + days(wait.0 + self.person.chance.exponential(wait.1));
        let id = next_id(self.world, self.person);
        self.made.push(event(self.person.who(), name, (time, id), properties));
    }

    /// Attributes change now. A known person's device is named too: they are one.
    fn identify(&mut self, attributes: Properties) {
        let mut who = self.person.who();
        who.anonymous_id = Some(self.person.device.clone());
        let id = next_id(self.world, self.person);
        let change = AttributeChange::set(self.now, id, attributes);
        self.made.push(Record { received_at: self.now, who, what: What::Identify(change) });
        self.now = self.now + Span(1);
    }
}

/// The person removes the app from the phone.
pub(super) fn uninstall(world: &World, person: &mut Person, at: Timestamp) -> Record {
    let id = next_id(world, person);
    let mut record = event(person.who(), "App Uninstalled", (at, id), Vec::new());
    // The shop hears of it when a notification cannot be delivered any more.
    record.received_at = at + days(person.chance.exponential(0.5));
    record
}

/// Properties must come sorted by name.
fn event(
    who: Who,
    name: &'static str,
    (time, id): (Timestamp, EventId),
    properties: Properties,
) -> Record {
    debug_assert!(properties.is_sorted_by(|a, b| a.0 < b.0), "properties of {name}");
    let event = Event { name: Text::const_new(name), time, id, properties };
    Record { received_at: time, who, what: What::Event(event) }
}

/// Identity of the next record of a person: their number and how many they have made.
fn next_id(world: &World, person: &mut Person) -> EventId {
    person.n_records += 1;
    let mut place = [0; 16];
    place[..8].copy_from_slice(&u64::from(person.number).to_le_bytes());
    place[8..].copy_from_slice(&person.n_records.to_le_bytes());
    EventId(xxh3_128_with_seed(&place, world.seed))
}

fn property(name: &'static str, value: Value) -> (Text, Value) {
    (Text::const_new(name), value)
}

fn version(release: u16) -> Value {
    Value::from(format!("3.{release}.0").as_str())
}
