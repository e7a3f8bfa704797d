//! Where everybody was when the program ended, from what was told.

use hashbrown::HashMap;
use model::journey::{self, path};
use model::{EventId, Text, Timestamp, UserIndex, Value};
use xxhash_rust::xxh3::xxh3_64;

use super::positions::Waits;
use super::{Again, Journeys, Position, Standing, World};

/// A run that has not ended, as it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Whose, by the number that they had when they came in.
    pub user: UserIndex,
    /// Id of the journey.
    pub journey: Text,
    /// The version by which they go on.
    pub version: u32,
    /// Which run.
    pub run: EventId,
    /// The number of the latest that was told.
    pub n: u32,
    /// The number of what brought them to the step, in whatever version.
    pub came: u32,
    /// At which step.
    pub step: Text,
    /// When they came in.
    pub entered_at: Timestamp,
    /// When they came to the step, in whatever version.
    pub arrived_at: Timestamp,
    /// The latest that brought something about.
    pub cause: Option<EventId>,
    /// The latest place of such in the order of arrival.
    pub after: u64,
    /// Time alone let them in.
    pub by_time: bool,
    /// The event that templates and splits see.
    pub event: Option<EventId>,
    /// The value by which the user is in several times.
    pub key: Option<Text>,
}

/// Somebody came in, or was held out: what decides about the next entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Who, by the number that they had then.
    pub user: UserIndex,
    /// Into which journey.
    pub journey: Text,
    /// By which value.
    pub key: Option<Text>,
    /// When.
    pub at: Timestamp,
}

/// Collects what was told, in any order.
#[derive(Debug, Default)]
pub struct Reading {
    since: i64,
    runs: HashMap<EventId, Reached>,
    entries: Vec<Entry>,
}

/// What was told, as far as it decides about what comes.
#[derive(Debug, Default)]
pub struct Restored {
    /// Runs that have not ended, in the order in which they came in.
    pub left: Vec<Left>,
    /// Entries.
    pub entries: Vec<Entry>,
    /// Runs that have ended of late: when, and the latest that they saw.
    pub ended: Vec<(Entry, Timestamp, u64)>,
}

/// How far a run has come, by the numbers of what was told.
#[derive(Debug, Default)]
struct Reached {
    entered: Option<(UserIndex, Text, Timestamp, Option<Text>)>,
    ended: Option<Timestamp>,
    version: (u32, u32),
    step: (u32, Text),
    arrived: (u32, i64),
    cause: (u32, Option<EventId>),
    event: (u32, Option<EventId>),
    after: u64,
    by_time: bool,
}

impl Reading {
    /// The properties that it asks for.
    pub const PROPERTIES: [&'static str; 11] = [
        journey::JOURNEY,
        journey::RUN,
        journey::NUMBER,
        journey::VERSION,
        journey::STEP,
        journey::FROM,
        journey::PATH,
        journey::CAUSE,
        journey::SEEN,
        journey::EVENT,
        journey::KEY,
    ];

    /// Nothing yet. Ends before an instant are not asked for: everything that is handed in again is later.
    pub fn since(instant: Timestamp) -> Reading {
        Reading { since: instant.0, ..Reading::default() }
    }

    /// Takes an event of a journey: when, its name, and its properties. Of whom it is says the run.
    pub fn add(&mut self, at: Timestamp, name: &str, of: &dyn Fn(&str) -> Option<Value>) {
        let text = |name: &str| match of(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        };
        let number = |name: &str| match of(name) {
            Some(Value::Int(number)) => u64::try_from(number).ok(),
            _ => None,
        };
        let id = |name: &str| text(name).map(|written| EventId::of(&written));
        let (Some(run), Some(journey)) = (id(journey::RUN), text(journey::JOURNEY)) else { return };
        let user = journey::user_of(run);
        let n = number(journey::NUMBER).and_then(|n| u32::try_from(n).ok()).unwrap_or_default();
        let key = text(journey::KEY);
        if matches!(name, journey::ENTERED | journey::HELD_OUT) {
            let (journey, key) = (journey.clone(), key.clone());
            self.entries.push(Entry { user, journey, key, at });
        }
        let own = self.runs.entry(run).or_default();
        if matches!(name, journey::EXITED | journey::HELD_OUT) {
            own.ended = Some(at);
        }
        let seen = match of(journey::SEEN) {
            Some(Value::Int(place)) => place,
            _ => 0,
        };
        own.after = own.after.max(seen.unsigned_abs());
        if name == journey::ENTERED {
            own.by_time = seen < 0;
            own.entered = Some((user, journey, at, key));
        }
        if let Some(version) = number(journey::VERSION).filter(|_| n >= own.version.0) {
            own.version = (n, u32::try_from(version).unwrap_or_default());
        }
        if let Some(cause) = id(journey::CAUSE).filter(|_| n >= own.cause.0) {
            own.cause = (n, Some(cause));
        }
        if let Some(event) = id(journey::EVENT).filter(|_| n >= own.event.0) {
            own.event = (n, Some(event));
        }
        let Some(step) = text(journey::STEP) else { return };
        // Whoever goes over to the same step of another version has waited there before.
        let stays = text(journey::PATH).is_some_and(|way| way == path::PUBLISHED)
            && text(journey::FROM).as_ref() == Some(&step);
        if n >= own.arrived.0 && !stays {
            own.arrived = (n, at.0);
        }
        if n >= own.step.0 {
            own.step = (n, step);
        }
    }

    /// What is left of it.
    pub fn finish(self) -> Restored {
        let mut told = Restored { entries: self.entries, ..Restored::default() };
        for (run, of) in self.runs {
            let Some((user, journey, entered_at, key)) = of.entered else { continue };
            if let Some(at) = of.ended {
                if at.0 >= self.since {
                    let entry = Entry { user, journey, key, at: entered_at };
                    told.ended.push((entry, at, of.after));
                }
                continue;
            }
            told.left.push(Left {
                user,
                journey,
                version: of.version.1,
                run,
                n: of.step.0,
                came: of.arrived.0,
                step: of.step.1,
                entered_at,
                arrived_at: Timestamp(of.arrived.1),
                cause: of.cause.1,
                after: of.after,
                by_time: of.by_time,
                event: of.event.1,
                key,
            });
        }
        told.left.sort_by_key(|own| (own.entered_at, own.run.0));
        told.ended.sort_by_key(|(entry, at, after)| (*at, *after, entry.user));
        told
    }
}

impl Journeys {
    /// Puts everybody where they were; they go on from there. Whoever's journey is gone is let go.
    pub fn restore(&mut self, told: Restored, now: Timestamp, world: &mut dyn World) {
        for (Entry { user, journey, key, .. }, at, after) in told.ended {
            self.has_ended((&journey, user, hash(key.as_ref())), (at, after));
        }
        for Entry { user, journey, key, at } in told.entries {
            let journey = self.book.journey(&journey).filter(|of| of.again != Again::Always);
            if let Some(journey) = journey.cloned() {
                self.entered(&journey, user, hash(key.as_ref()), at);
            }
        }
        let mut slots = Vec::with_capacity(told.left.len());
        for own in told.left {
            let number = self.book.version(&own.journey, own.version);
            let number = number.or_else(|| self.book.current(&own.journey));
            let step = |number: u32| Some((number, self.book.get(number).step(&own.step)?));
            let Some((number, step)) = number.and_then(step) else { continue };
            let ids = (own.run, own.event, own.cause);
            let mut position = Position::new((own.user, number), ids, own.entered_at);
            position.key = hash(own.key.as_ref());
            (position.after, position.by_time) = (own.after, own.by_time);
            (position.n, position.step) = (own.came + 1, step);
            position.arrive(own.arrived_at);
            position.n = own.n + 1;
            slots.push(self.positions.put(position));
        }
        for slot in slots {
            let position = self.positions.get(slot);
            match self.book.get(position.journey).standing {
                Standing::Stopped => {
                    let at = now.max(position.arrived_at());
                    let why = (None, journey::reason::STOPPED, None);
                    self.exit(slot, why, (at, false), world);
                }
                Standing::Paused => self.positions.get_mut(slot).waits = Waits::Pause,
                // Whether they have gone on already since the journey does is not known.
                Standing::Running
                    if position.arrived_at() < self.book.get(position.journey).since =>
                {
                    self.resume(slot, now, world);
                }
                // What happened before the end of the program was seen, or is handed in again.
                Standing::Running => self.go(slot, world),
            }
        }
    }
}

fn hash(key: Option<&Text>) -> u64 {
    key.map_or(0, |key| xxh3_64(key.as_bytes()))
}
