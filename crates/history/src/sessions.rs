//! Sessions: a user's events cut at silences, or grouped by a session id that the sender gave.
//!
//! A session is stamped with its last activity: it belongs to the local day on which that lies.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use hashbrown::HashMap;
use model::value::ValueKey;
use model::{Day, Span, Text, Timestamp};

use crate::activity::every_event;
use crate::derived::activity;
use crate::distribution::Distribution;
use crate::evaluate::{Evaluator, QueryError, Source, Wanted};
use crate::groups::UserGroups;
use crate::ranges::pieces;

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

/// All sessions in figures, and those of each day.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionReport {
    /// All of them.
    pub all: SessionFigures,
    /// Sessions whose last activity lies on the day; only days with any, oldest first.
    pub days: Vec<(Day, SessionFigures)>,
    /// Sessions that may still go on at the instant; none are known to with ids of the sender.
    pub open: u64,
}

/// Figures of the sessions of the users in any group, up to the instant.
/// Cost: one pass over all events, sorted for a few thousand users at a time.
pub fn report(
    evaluator: &Evaluator,
    rule: &SessionRule,
    among: &UserGroups,
) -> Result<SessionReport, QueryError> {
    let (zone, at) = (&evaluator.rules.zone, evaluator.at);
    let source = source(evaluator, rule)?;
    let ranges = evaluator.by_users(|users| {
        let mut tallies = (Tally::default(), BTreeMap::<Day, Tally>::new(), 0);
        for some in pieces(users) {
            let sessions = of_users(&source, rule, some, among);
            for own in sessions.chunk_by(|a, b| a.user == b.user) {
                let mut days = BTreeSet::new();
                for session in own {
                    let day = zone.day(session.end);
                    tallies.0.add(session);
                    tallies.1.entry(day).or_default().add(session);
                    tallies.2 += u64::from(
                        matches!(rule, SessionRule::Gap(gap) if at - session.end <= *gap),
                    );
                    days.insert(day);
                }
                tallies.0.users += 1;
                let tally = |day| tallies.1.entry(day).or_default().users += 1;
                days.into_iter().for_each(tally);
            }
        }
        tallies
    });
    let (mut all, mut days, mut open) = (Tally::default(), BTreeMap::<Day, Tally>::new(), 0);
    for (more, of_days, still) in ranges {
        all.merge(more);
        of_days.into_iter().for_each(|(day, more)| days.entry(day).or_default().merge(more));
        open += still;
    }
    let days = days.into_iter().map(|(day, tally)| (day, tally.figures())).collect();
    Ok(SessionReport { all: all.figures(), days, open })
}

/// All sessions up to the instant, by user, then by start: for histories that fit into memory
/// several times. [`report`] needs no such list.
pub fn sessions(evaluator: &Evaluator, rule: &SessionRule) -> Result<Vec<Session>, QueryError> {
    let source = source(evaluator, rule)?;
    let everybody = UserGroups::one(None);
    let ranges = evaluator.by_users(|users| of_users(&source, rule, users, &everybody));
    Ok(ranges.into_iter().flatten().collect())
}

/// Sessions in figures; all zero without any.
pub fn figures(sessions: &[Session]) -> SessionFigures {
    let mut tally = Tally::default();
    for own in sessions.chunk_by(|a, b| a.user == b.user) {
        own.iter().for_each(|session| tally.add(session));
        tally.users += 1;
    }
    tally.figures()
}

/// Activity, as derived events know it; or every event, for the sender's own ids.
fn source(evaluator: &Evaluator, rule: &SessionRule) -> Result<Source, QueryError> {
    match rule {
        SessionRule::Gap(_) => {
            let (snapshot, at) = (evaluator.snapshot, evaluator.at);
            let wanted = Wanted { times: true, ..Wanted::default() };
            evaluator.go_on()?;
            let settings = snapshot.session_settings();
            let source =
                activity(snapshot, &settings, (Timestamp::MIN, at), &wanted, &|_| Ok(true))?;
            evaluator.note(&source);
            Ok(source)
        }
        SessionRule::Property(name) => {
            evaluator.source(&every_event(), (Timestamp::MIN, evaluator.at), &[name])
        }
    }
}

/// Sessions of some users, by user and start.
pub(crate) fn of_users(
    source: &Source,
    rule: &SessionRule,
    users: Range<u32>,
    among: &UserGroups,
) -> Vec<Session> {
    let with_id = matches!(rule, SessionRule::Property(_));
    let mut ids: HashMap<ValueKey, u32> = HashMap::new();
    // Ids as numbers: these are many rows to sort.
    let mut rows: Vec<(u32, u32, i64)> = Vec::new();
    source.each(users, |hit| {
        if among.of(hit.user).is_none() {
            return;
        }
        let mut id = 0;
        if with_id {
            let Some(key) = hit.value(0).and_then(|value| value.key()) else { return };
            let next = ids.len() as u32;
            id = *ids.entry(key).or_insert(next);
        }
        rows.push((hit.user, id, hit.time));
    });
    rows.sort_unstable();
    let mut names: Vec<Option<ValueKey>> = vec![None; ids.len().max(1)];
    ids.into_iter().for_each(|(key, id)| names[id as usize] = Some(key));
    let mut sessions: Vec<Session> = Vec::new();
    let mut last_id = 0;
    for (user, id, time) in rows {
        let time = Timestamp(time);
        match sessions.last_mut() {
            Some(last) if last.user == user && last_id == id && continues(rule, last.end, time) => {
                last.end = time;
                last.events += 1;
            }
            _ => {
                let of = names[id as usize].clone();
                sessions.push(Session { user, id: of, start: time, end: time, events: 1 });
            }
        }
        last_id = id;
    }
    sessions.sort_by_key(|session| (session.user, session.start));
    sessions
}

fn continues(rule: &SessionRule, last: Timestamp, next: Timestamp) -> bool {
    match rule {
        SessionRule::Gap(gap) => next - last <= *gap,
        SessionRule::Property(_) => true,
    }
}

/// Sessions on their way to figures.
#[derive(Default)]
struct Tally {
    users: u64,
    events: Distribution,
    ms: Distribution,
}

impl Tally {
    fn add(&mut self, session: &Session) {
        self.events.add(session.events as f64);
        self.ms.add((session.end - session.start).0 as f64);
    }

    fn merge(&mut self, more: Tally) {
        self.users += more.users;
        self.events.merge(more.events);
        self.ms.merge(more.ms);
    }

    fn figures(&self) -> SessionFigures {
        let median = |of: &Distribution| of.quantiles([0.5]).map_or(0.0, |[median]| median);
        SessionFigures {
            sessions: self.events.len(),
            users: self.users,
            one_event: self.events.histogram(&[1.0])[0],
            mean_events: self.events.mean().unwrap_or(0.0),
            median_events: median(&self.events),
            mean_seconds: self.ms.mean().unwrap_or(0.0) / 1_000.0,
            median_seconds: median(&self.ms) / 1_000.0,
        }
    }
}
