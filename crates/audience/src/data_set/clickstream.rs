//! Clicks of the synthetic web shop. The rules stand at [`super::DataSet::EcomClickstream`].

use std::collections::{BTreeMap, HashSet, VecDeque};

use model::{Record, Text, Timestamp, Value};

use super::source::{Convert, Row, event, property};
use super::{Error, Report};

pub(super) const COLUMNS: &[&str] = &[
    "user_id",
    "session_id",
    "event",
    "timestamp",
    "platform",
    "acquisition_channel",
    "user_cohort",
    "user_lifecycle",
];
const USER: usize = 0;
const SESSION: usize = 1;
const EVENT: usize = 2;
const TIME: usize = 3;
const PROPERTIES: [usize; 5] = [SESSION, 4, 5, 6, 7];

#[derive(Default)]
pub(super) struct Clickstream {
    n_events: u64,
    users: HashSet<Text>,
    sessions: HashSet<Text>,
    carts: HashSet<Text>,
    buying: HashSet<Text>,
    first_at: Option<Timestamp>,
    last_at: Option<Timestamp>,
    n_by_event: BTreeMap<Text, u64>,
}

impl Convert for Clickstream {
    fn row(&mut self, row: &Row<'_>, out: &mut VecDeque<Record>) -> Result<(), Error> {
        let (user, name, time) = (row.required(USER)?, row.required(EVENT)?, row.time(TIME)?);
        self.count(user, row.text(SESSION), name, time);
        let properties = PROPERTIES
            .into_iter()
            .filter(|column| !row.text(*column).is_empty())
            .map(|column| property(COLUMNS[column], Value::text(row.text(column))))
            .collect();
        out.push_back(event(user, name, time, row.id(0), properties));
        Ok(())
    }

    fn report(&self) -> Report {
        let abandoned = self.carts.difference(&self.buying).count() as u64;
        let mut report = Report::default();
        report.count("events", self.n_events);
        report.count("users", self.users.len() as u64);
        report.count("sessions", self.sessions.len() as u64);
        if let (Some(first), Some(last)) = (self.first_at, self.last_at) {
            report.fact("first", first);
            report.fact("last", last);
        }
        report.count("sessions with a cart", self.carts.len() as u64);
        report.count("sessions with an abandoned cart", abandoned);
        report.count("sessions with a purchase", self.buying.len() as u64);
        for (name, n) in &self.n_by_event {
            report.count(&format!("event {name}"), *n);
        }
        report
    }
}

impl Clickstream {
    fn count(&mut self, user: &str, session: &str, name: &str, time: Timestamp) {
        self.n_events += 1;
        self.users.insert(Text::new(user));
        self.sessions.insert(Text::new(session));
        self.first_at = Some(self.first_at.map_or(time, |first| first.min(time)));
        self.last_at = self.last_at.max(Some(time));
        *self.n_by_event.entry(Text::new(name)).or_default() += 1;
        match name {
            "add_to_cart" => drop(self.carts.insert(Text::new(session))),
            "purchase" => drop(self.buying.insert(Text::new(session))),
            _ => {}
        }
    }
}
