//! A mobile app's tracker events and their contexts. The rules stand at
//! [`super::DataSet::SnowplowMobile`].

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use model::{EventId, Record, Span, Text, Timestamp, Value};

use super::source::{Convert, Row, Table, event, property};
use super::{DataSet, Error, Report};

pub(super) const EVENT_COLUMNS: &[&str] = &[
    "event_id",
    "event_name",
    "user_id",
    "derived_tstamp",
    "collector_tstamp",
    "dvce_created_tstamp",
    "dvce_sent_tstamp",
    "platform",
];
pub(super) const SESSION_COLUMNS: &[&str] = &["root_id", "session_id", "user_id", "session_index"];
pub(super) const SCREEN_COLUMNS: &[&str] = &["root_id", "id", "name"];

const EVENT_ID: usize = 0;
const NAME: usize = 1;
const USER: usize = 2;
const DERIVED: usize = 3;
const COLLECTED: usize = 4;
const CREATED: usize = 5;
const SENT: usize = 6;
const PLATFORM: usize = 7;

/// An event sent later than this after its creation is not loaded (the published model's rule).
const SENT_AFTER_MAX: Span = Span::days(3);
/// A session's events later than this after its first are not loaded (the published model's rule).
const SESSION_MAX: Span = Span::days(3);

struct Session {
    id: Text,
    device_user: Text,
    index: Option<i64>,
}

struct Screen {
    id: Text,
    name: Text,
}

struct Held {
    session: Option<Text>,
    record: Record,
    time: Timestamp,
}

pub(super) struct Snowplow {
    sessions: HashMap<Text, Session>,
    screens: HashMap<Text, Screen>,
    held: Vec<Held>,
    ids: HashSet<EventId>,
    n_rows: u64,
    n_by_event: BTreeMap<Text, u64>,
    n_late: u64,
    n_beyond: u64,
    n_nobody: u64,
    n_loaded: u64,
    users_loaded: HashSet<Text>,
    sessions_loaded: HashSet<Text>,
}

impl Snowplow {
    /// Reads both context files.
    pub fn open(mut sessions: Table<'_>, mut screens: Table<'_>) -> Result<Snowplow, Error> {
        let mut snowplow = Snowplow {
            sessions: HashMap::new(),
            screens: HashMap::new(),
            held: Vec::new(),
            ids: HashSet::new(),
            n_rows: 0,
            n_by_event: BTreeMap::new(),
            n_late: 0,
            n_beyond: 0,
            n_nobody: 0,
            n_loaded: 0,
            users_loaded: HashSet::new(),
            sessions_loaded: HashSet::new(),
        };
        while let Some(row) = sessions.next_row()? {
            let (id, device_user) = (Text::new(row.text(1)), Text::new(row.text(2)));
            let session = Session { id, device_user, index: row.text(3).parse().ok() };
            snowplow.sessions.insert(Text::new(row.required(0)?), session);
        }
        while let Some(row) = screens.next_row()? {
            let screen = Screen { id: Text::new(row.text(1)), name: Text::new(row.text(2)) };
            snowplow.screens.insert(Text::new(row.required(0)?), screen);
        }
        Ok(snowplow)
    }

    fn properties(&self, row: &Row<'_>) -> Vec<(Text, Value)> {
        let mut properties = Vec::with_capacity(6);
        let mut put = |name, text: &str| {
            if !text.is_empty() {
                properties.push(property(name, Value::text(text)));
            }
        };
        put("platform", row.text(PLATFORM));
        put("user_id", row.text(USER));
        if let Some(screen) = self.screens.get(row.text(EVENT_ID)) {
            put("screen_id", &screen.id);
            put("screen_name", &screen.name);
        }
        if let Some(session) = self.sessions.get(row.text(EVENT_ID)) {
            put("session_id", &session.id);
            if let Some(index) = session.index {
                properties.push(property("session_index", Value::Int(index)));
            }
        }
        properties
    }

    /// Drops what lies too far behind the first event of its session.
    fn cut_long_sessions(&mut self) {
        let mut first_at: HashMap<Text, Timestamp> = HashMap::new();
        for held in &self.held {
            if let Some(session) = &held.session {
                let first = first_at.entry(session.clone()).or_insert(held.time);
                *first = held.time.min(*first);
            }
        }
        let before = self.held.len();
        self.held.retain(|held| match &held.session {
            Some(session) => held.time - first_at[session] <= SESSION_MAX,
            None => true,
        });
        self.n_beyond = (before - self.held.len()) as u64;
    }
}

impl Convert for Snowplow {
    fn row(&mut self, row: &Row<'_>, _out: &mut VecDeque<Record>) -> Result<(), Error> {
        if self.held.len() == DataSet::EVENTS_HELD_MAX {
            let set = DataSet::SnowplowMobile.name();
            return Err(Error::TooMany { set, limit: DataSet::EVENTS_HELD_MAX });
        }
        let (written, name) = (row.required(EVENT_ID)?, row.required(NAME)?);
        let (time, received_at) = (row.time(DERIVED)?, row.time(COLLECTED)?);
        let sent_after = row.time(SENT)? - row.time(CREATED)?;
        let id = EventId::of(written);
        self.n_rows += 1;
        self.ids.insert(id);
        *self.n_by_event.entry(Text::new(name)).or_default() += 1;
        let session = self.sessions.get(written);
        let user = session.map_or("", |s| s.device_user.as_str());
        let user = if user.is_empty() { row.text(USER) } else { user };
        if user.is_empty() {
            self.n_nobody += 1;
            return Ok(());
        }
        if sent_after > SENT_AFTER_MAX {
            self.n_late += 1;
            return Ok(());
        }
        let session = session.map(|s| s.id.clone()).filter(|id| !id.is_empty());
        let record = event(user, name, time, id, self.properties(row));
        self.held.push(Held { session, record: Record { received_at, ..record }, time });
        Ok(())
    }

    fn finish(&mut self, out: &mut VecDeque<Record>) {
        self.cut_long_sessions();
        self.held.sort_by_key(|held| held.record.received_at);
        self.n_loaded = self.held.len() as u64;
        for Held { session, record, time: _ } in self.held.drain(..) {
            self.sessions_loaded.extend(session);
            self.users_loaded.extend(record.who.user_id.clone());
            out.push_back(record);
        }
    }

    fn report(&self) -> Report {
        let mut report = Report::default();
        report.count("events", self.n_rows);
        report.count("distinct event ids", self.ids.len() as u64);
        for (name, n) in &self.n_by_event {
            report.count(&format!("event {name}"), *n);
        }
        report.count("loaded", self.n_loaded);
        report.count("users", self.users_loaded.len() as u64);
        report.count("sessions", self.sessions_loaded.len() as u64);
        report.count("not loaded: sent more than 3 days after creation", self.n_late);
        report.count("not loaded: more than 3 days after the session's start", self.n_beyond);
        report.count("not loaded: no user", self.n_nobody);
        report
    }
}
