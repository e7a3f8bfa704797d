//! Campaigns that brought users: the first of each session, and others than before.

use model::{UserIndex, Value};
use segment::derived::{CAMPAIGN_COLUMNS, Campaign, PAGE_COLUMNS, UTM_VISITED, named};

use super::Reading;
use super::rows::{Cell, Made, Row};
use super::sessions::TIMES;
use crate::evaluate::{Hit, QueryError, Wanted};
use crate::groups::UserGroups;
use crate::sessions::{Session, SessionRule, of_users};
use crate::set::UserSet;

/// Somebody came by a campaign: sorted by user and order.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Came {
    user: u32,
    time: i64,
    arrival: u64,
    by: Campaign,
}

pub(super) fn derive(reading: &Reading) -> Result<Vec<Made>, QueryError> {
    let properties = [&CAMPAIGN_COLUMNS.concat()[..], &PAGE_COLUMNS].concat();
    let wanted = Wanted { times: true, order: true, properties: &properties };
    let source = reading.source(&wanted, &properties)?;
    let (Some(kind), visits) = (named(UTM_VISITED), reading.wanted(UTM_VISITED)?) else {
        return Ok(Vec::new());
    };
    if source.n_parts() == 0 {
        return Ok(Vec::new());
    }
    let times = reading.source(&TIMES, &[])?;
    let rule = SessionRule::Gap(reading.settings.timeout);
    let n = reading.snapshot.n_places();
    Ok(reading.rows(|users, made| {
        let mut came = Vec::new();
        source.each(users.clone(), |hit| came.extend(Came::of(hit)));
        if came.is_empty() {
            return;
        }
        came.sort_unstable();
        let mut among = UserSet::empty(n);
        came.iter().for_each(|one| among.insert(UserIndex(one.user)));
        let sessions = of_users(&times, &rule, users, &UserGroups::one(Some(&among)));
        let mut last: Option<(usize, &Came)> = None;
        for one in &came {
            let session = session_of(&sessions, one);
            let same = last.is_some_and(|(before, came)| before == session && came.by == one.by);
            let at_once =
                last.is_some_and(|(_, came)| (came.user, came.time) == (one.user, one.time));
            if !same && !at_once && visits(one.user) {
                let cells = one.by.0.clone().map(Cell::Text);
                let (user, time) = (one.user, one.time);
                made.push(kind, Row { user, time, received: time, cells });
            }
            // What comes at the millisecond of another is told under that one alone.
            if !at_once {
                last = Some((session, one));
            }
        }
    }))
}

/// The session in which somebody came.
fn session_of(sessions: &[Session], came: &Came) -> usize {
    sessions.partition_point(|session| (session.user, session.start.0) <= (came.user, came.time))
}

impl Came {
    /// Nothing if the event says no campaign.
    fn of(hit: &Hit) -> Option<Came> {
        let mut by = Campaign::default();
        let text = |column| match hit.value(column) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        };
        for (part, columns) in CAMPAIGN_COLUMNS.iter().enumerate() {
            for nth in 0..columns.len() {
                if let Some(text) = text(part * columns.len() + nth) {
                    by.take(part, &text);
                }
            }
        }
        let pages = CAMPAIGN_COLUMNS.as_flattened().len();
        for text in (pages..pages + PAGE_COLUMNS.len()).filter_map(text) {
            by.take_url(&text);
        }
        let (user, time, arrival) = (hit.user, hit.time, hit.arrival());
        (!by.is_empty()).then_some(Came { user, time, arrival, by })
    }
}
