//! Sessions: a user's events cut at silences, or grouped by a session id that the sender gave.

use model::value::ValueKey;
use model::{Span, Text, Timestamp};
use segment::tree::{EventMatch, EventNames, Where};

use crate::evaluate::{Evaluator, QueryError};

/// How events form sessions.
#[derive(Clone, Debug, PartialEq)]
pub enum SessionRule {
    /// A session ends when the user is silent for longer than this.
    Gap(Span),
    /// Events of a user with one value of this property are one session; events without are in none.
    Property(Text),
}

/// One session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Dense number of the user.
    pub user: u32,
    /// Its id, where the sender gave one.
    pub id: Option<ValueKey>,
    /// Time of its first event.
    pub start: Timestamp,
    /// Time of its last event: the end is the last activity, not the silence after it.
    pub end: Timestamp,
    /// Events.
    pub events: u64,
}

/// Sessions in figures.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionFigures {
    /// Sessions.
    pub sessions: u64,
    /// Users with any.
    pub users: u64,
    /// Sessions of a single event.
    pub one_event: u64,
    /// Events per session.
    pub mean_events: f64,
    /// The middle one (mean of the two middle ones).
    pub median_events: f64,
    /// Seconds from first to last event.
    pub mean_seconds: f64,
    /// The middle one.
    pub median_seconds: f64,
}

/// All sessions up to the instant, by user, then by start.
pub fn sessions(evaluator: &Evaluator, rule: &SessionRule) -> Result<Vec<Session>, QueryError> {
    let mut rows = rows(evaluator, rule)?;
    rows.sort_unstable();
    let mut sessions: Vec<Session> = Vec::new();
    for (user, id, time) in rows {
        let time = Timestamp(time);
        match sessions.last_mut() {
            Some(last) if last.user == user && last.id == id && continues(rule, last.end, time) => {
                last.end = time;
                last.events += 1;
            }
            _ => sessions.push(Session { user, id, start: time, end: time, events: 1 }),
        }
    }
    sessions.sort_by_key(|session| (session.user, session.start));
    Ok(sessions)
}

fn continues(rule: &SessionRule, last: Timestamp, next: Timestamp) -> bool {
    match rule {
        SessionRule::Gap(gap) => next - last <= *gap,
        SessionRule::Property(_) => true,
    }
}

/// (user, session id, time) of every event.
type SessionRow = (u32, Option<ValueKey>, i64);

fn rows(evaluator: &Evaluator, rule: &SessionRule) -> Result<Vec<SessionRow>, QueryError> {
    let any = EventMatch { names: EventNames::Any, filter: Where::ALWAYS };
    let id: Vec<&str> = match rule {
        SessionRule::Gap(_) => Vec::new(),
        SessionRule::Property(name) => vec![name],
    };
    let mut rows = Vec::new();
    let source = evaluator.source(&any, (Timestamp::MIN, evaluator.at), &id)?;
    source.each(0..evaluator.snapshot.n_places() as u32, |hit| {
        let key = (!id.is_empty()).then(|| hit.value(0).and_then(|value| value.key()));
        if key != Some(None) {
            rows.push((hit.user, key.flatten(), hit.time));
        }
    });
    Ok(rows)
}

/// Sessions in figures; all zero without any.
pub fn figures(sessions: &[Session]) -> SessionFigures {
    let mut users: Vec<u32> = sessions.iter().map(|session| session.user).collect();
    users.sort_unstable();
    users.dedup();
    let events: Vec<f64> = sessions.iter().map(|session| session.events as f64).collect();
    let seconds: Vec<f64> =
        sessions.iter().map(|session| (session.end - session.start).0 as f64 / 1_000.0).collect();
    SessionFigures {
        sessions: sessions.len() as u64,
        users: users.len() as u64,
        one_event: sessions.iter().filter(|session| session.events == 1).count() as u64,
        mean_events: mean(&events),
        median_events: median(events),
        mean_seconds: mean(&seconds),
        median_seconds: median(seconds),
    }
}

fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        n if n % 2 == 1 => values[n / 2],
        n => (values[n / 2 - 1] + values[n / 2]) / 2.0,
    }
}
