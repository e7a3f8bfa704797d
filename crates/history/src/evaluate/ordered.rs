//! Conditions that need a user's events in order, without bringing whole events together: only
//! times, order of acceptance and the number of the step, for those users who have what it takes.
//!
//! What depends on values of the event before (`same`, held properties), on local hours, or on other
//! measures than a count is left to the evaluation user by user.

use std::ops::Range;

use model::{Span, Timestamp, UserIndex};
use segment::evaluate::{CompiledTest, range_at};
use segment::tree::{
    AbsencePredicate, Measure, Pick, Range as WindowRange, SequencePredicate, SincePredicate,
    Window,
};

use super::source::{RANGE_USERS, Source, Wanted};
use super::{Evaluator, Matching, QueryError};
use crate::set::UserSet;

/// How far from its likely end the search for first or last events begins; each further step goes
/// four times farther.
const REACH: Span = Span::days(45);

/// (user, time, arrival, step), sorted before it is used.
type Hit = (u32, i64, u64, u8);

/// (time, arrival) of an anchor.
type Place = (i64, u64);

impl Evaluator<'_> {
    /// Nothing if it is not for here. Right for the users `among` only.
    pub(super) fn sequence(
        &self,
        p: &SequencePredicate,
        among: &UserSet,
    ) -> Result<Option<UserSet>, QueryError> {
        let matchings: Option<Vec<_>> =
            p.steps.iter().map(|step| Matching::of(step, self.rules)).collect();
        let (Some(matchings), Some(zone)) = (matchings, self.common_zone(&p.within)) else {
            return Ok(None);
        };
        if !p.without.is_empty() || !anytime(&p.within) {
            return Ok(None);
        }
        let n = self.snapshot.n_places();
        let Some(range) = range_at(&p.within, self.at, &zone) else {
            return Ok(Some(UserSet::empty(n)));
        };
        let wanted = Wanted { times: true, order: true, properties: &[] };
        let sources = matchings
            .iter()
            .map(|matching| self.select(matching, range, &wanted))
            .collect::<Result<Vec<_>, _>>()?;
        let sets = self.by_users(|users| {
            let mut set = UserSet::empty(users.len());
            let mut hits = hits_of_all(&sources, among, &users);
            hits.sort_unstable();
            let mut chain = Chain::new(p.steps.len(), p.complete_within);
            for own in hits.chunk_by(|a, b| a.0 == b.0) {
                if chain.completes(own) {
                    set.insert(UserIndex(own[0].0 - users.start));
                }
            }
            set
        });
        Ok(Some(UserSet::of_ranges(n, RANGE_USERS as usize, sets)))
    }

    /// Nothing if it is not for here. Right for the users `among` only.
    pub(super) fn absence(
        &self,
        p: &AbsencePredicate,
        among: &UserSet,
    ) -> Result<Option<UserSet>, QueryError> {
        let did = Matching::of(&p.did, self.rules);
        let then_not = Matching::of(&p.then_not, self.rules);
        let (Some(did), Some(then_not), true) = (did, then_not, p.hold.is_empty()) else {
            return Ok(None);
        };
        let until = self.at.minus(p.span);
        let wanted = Wanted { times: true, order: false, properties: &[] };
        let did = self.select(&did, (Timestamp::MIN, until), &wanted)?;
        let then_not = self.select(&then_not, (Timestamp::MIN, self.at), &wanted)?;
        let n = self.snapshot.n_places();
        let sets = self.by_users(|users| {
            // Who never did the other thing needs no order.
            let followed = then_not.have(&users);
            let mut set = UserSet::empty(users.len());
            let mut undecided = UserSet::empty(users.len());
            did.each_run(&users, |_, user, _| {
                let (user, local) = (UserIndex(user), UserIndex(user - users.start));
                if among.contains(user) {
                    let to = if followed.contains(local) { &mut undecided } else { &mut set };
                    to.insert(local);
                }
            });
            let mut hits = Vec::new();
            gather(&did, 0, &undecided, &users, &mut hits);
            gather(&then_not, 1, &undecided, &users, &mut hits);
            hits.sort_unstable_by_key(|hit| (hit.0, hit.1));
            for own in hits.chunk_by(|a, b| a.0 == b.0) {
                if unfollowed(own, p.span) {
                    set.insert(UserIndex(own[0].0 - users.start));
                }
            }
            set
        });
        Ok(Some(UserSet::of_ranges(n, RANGE_USERS as usize, sets)))
    }

    /// Nothing if it is not for here. Right for the users `among` only.
    pub(super) fn since(
        &self,
        p: &SincePredicate,
        among: &UserSet,
    ) -> Result<Option<UserSet>, QueryError> {
        let within = &p.predicate.within;
        let anchor = Matching::of(&p.anchor, self.rules);
        let of = Matching::of(&p.predicate.of, self.rules);
        let (Some(anchor), Some(of)) = (anchor, of) else { return Ok(None) };
        if !anytime(within) || p.predicate.measure != Measure::Count {
            return Ok(None);
        }
        let anchors = self.anchors(&anchor, p.pick, among)?;
        let n = self.snapshot.n_places();
        let at = self.at.0;
        let around = |anchor: &Place| around(&within.range, anchor.0, at);
        let windows = || anchors.iter().flatten().filter(|place| **place != NO_PLACE).map(around);
        let from = windows().map(|(from, _)| from).min().unwrap_or(i64::MAX);
        let to = windows().map(|(_, to)| to).max().unwrap_or(i64::MIN);
        let range = (Timestamp(from), Timestamp(to));
        let wanted = Wanted { times: true, order: false, properties: &[] };
        let source = if from <= to { self.select(&of, range, &wanted)? } else { Source::empty() };
        let test = CompiledTest::new(&p.predicate.test);
        let sets = self.by_users(|users| {
            let anchors = &anchors[(users.start / RANGE_USERS) as usize];
            let windows: Vec<(i64, i64)> = anchors
                .iter()
                .map(|anchor| if *anchor == NO_PLACE { (1, 0) } else { around(anchor) })
                .collect();
            let mut counts = vec![0u32; users.len()];
            source.each_run(&users, |part, user, rows| {
                let local = (user - users.start) as usize;
                let (from, to) = windows[local];
                if from <= to {
                    let inside = |row: &usize| (from..=to).contains(&part.time(*row));
                    counts[local] += rows.filter(inside).count() as u32;
                }
            });
            UserSet::of(users.len(), |user| {
                let count = || model::Value::Int(i64::from(counts[user]));
                anchors[user] != NO_PLACE && test.holds(Some(&count()))
            })
        });
        Ok(Some(UserSet::of_ranges(n, RANGE_USERS as usize, sets)))
    }

    /// The first or last event of the users `among`, range of users by range of users. The search
    /// begins near the end where it is likely and goes on for those who have none there.
    fn anchors(
        &self,
        matching: &Matching,
        pick: Pick,
        among: &UserSet,
    ) -> Result<Vec<Vec<Place>>, QueryError> {
        let mut anchors = self.by_users(|users| vec![NO_PLACE; users.len()]);
        let mut missing = among.clone();
        let (mut from, mut to) = match pick {
            Pick::Last => (self.at - REACH, self.at),
            Pick::First => {
                let first = Timestamp(self.snapshot.first_event_among(among));
                (first, first.plus(REACH).min(self.at))
            }
        };
        let mut reach = REACH;
        let wanted = Wanted { times: true, order: true, properties: &[] };
        while !missing.is_empty() && from <= to {
            let source = self.select(matching, (from, to), &wanted)?;
            let found = self.by_users(|users| picked(&source, pick, &missing, &users));
            for (held, found) in anchors.iter_mut().flatten().zip(found.into_iter().flatten()) {
                if *held == NO_PLACE {
                    *held = found;
                }
            }
            let places = anchors.iter().flatten();
            let n = self.snapshot.n_places();
            let known = UserSet::of_each(n, places.map(|place| *place != NO_PLACE));
            missing.minus(&known);
            reach = Span(reach.0.saturating_mul(4));
            let done = match pick {
                Pick::Last => from == Timestamp::MIN,
                Pick::First => to == self.at,
            };
            if done {
                break;
            }
            let all = reach > Span::days(4 * 365);
            match pick {
                Pick::Last => {
                    to = from - Span(1);
                    from = if all { Timestamp::MIN } else { to.minus(reach) };
                }
                Pick::First => {
                    from = to + Span(1);
                    to = if all { self.at } else { from.plus(reach).min(self.at) };
                }
            }
        }
        Ok(anchors)
    }
}

const NO_PLACE: Place = (i64::MIN, u64::MAX);

fn anytime(window: &Window) -> bool {
    window.hours.is_none() && window.weekdays.is_empty()
}

/// The window around an anchor, both ends included, in milliseconds; empty if the first is later.
fn around(range: &WindowRange, anchor: i64, at: i64) -> (i64, i64) {
    let (from, to) = match range {
        WindowRange::After(span) => {
            (anchor.saturating_add(1), span.map_or(at, |span| anchor.saturating_add(span.0)))
        }
        WindowRange::Before(span) => {
            (span.map_or(i64::MIN, |span| anchor.saturating_sub(span.0)), anchor - 1)
        }
        _ => (1, 0),
    };
    (from, to.min(at))
}

/// The first or last hit of those of the users who are wanted.
fn picked(source: &Source, pick: Pick, wanted: &UserSet, users: &Range<u32>) -> Vec<Place> {
    let mut places = vec![NO_PLACE; users.len()];
    source.each_run(users, |part, user, rows| {
        if !wanted.contains(UserIndex(user)) {
            return;
        }
        let row = if pick == Pick::First { rows.start } else { rows.end - 1 };
        let place = (part.time(row), part.arrival(row));
        let held = &mut places[(user - users.start) as usize];
        let better = match pick {
            Pick::First => place < *held,
            Pick::Last => place > *held,
        };
        if *held == NO_PLACE || better {
            *held = place;
        }
    });
    places
}

/// Adds the hits of those of the users who are in `of`, which counts from the range's start.
fn gather(source: &Source, step: u8, of: &UserSet, users: &Range<u32>, hits: &mut Vec<Hit>) {
    source.each_run(users, |part, user, rows| {
        if of.contains(UserIndex(user - users.start)) {
            hits.extend(rows.map(|row| (user, part.time(row), part.arrival(row), step)));
        }
    });
}

/// Hits of those of the users who are in `among` and have at least one of each step.
fn hits_of_all(sources: &[Source], among: &UserSet, users: &Range<u32>) -> Vec<Hit> {
    let mut of =
        UserSet::of(users.len(), |user| among.contains(UserIndex(users.start + user as u32)));
    for source in sources {
        if of.is_empty() {
            return Vec::new();
        }
        of.and(&source.have(users));
    }
    let mut hits = Vec::new();
    for (step, source) in sources.iter().enumerate() {
        gather(source, step as u8, &of, users, &mut hits);
    }
    hits
}

/// Whether some event of step 0 has none of step 1 in the span after it. Hits of one user by time.
fn unfollowed(hits: &[Hit], span: Span) -> bool {
    hits.iter().enumerate().any(|(place, did)| {
        did.3 == 0
            && !hits[place + 1..]
                .iter()
                .take_while(|later| later.1 - did.1 <= span.0)
                .any(|later| later.3 == 1 && later.1 > did.1)
    })
}

/// The search for a chain of steps: for each step the latest start of a chain that stands there.
struct Chain {
    starts: Vec<Option<i64>>,
    within: Option<Span>,
    reached: Vec<(u8, i64)>,
}

impl Chain {
    fn new(n_steps: usize, within: Option<Span>) -> Chain {
        Chain { starts: vec![None; n_steps], within, reached: Vec::new() }
    }

    /// Whether one user's hits, in order, hold a chain. One event serves one step of a chain.
    fn completes(&mut self, hits: &[Hit]) -> bool {
        self.starts.fill(None);
        let last = self.starts.len() - 1;
        for event in hits.chunk_by(|a, b| (a.1, a.2) == (b.1, b.2)) {
            self.reached.clear();
            for (_, time, _, step) in event {
                let step = usize::from(*step);
                let start = if step == 0 { Some(*time) } else { self.starts[step - 1] };
                let Some(start) = start else { continue };
                if step == last && self.within.is_none_or(|span| time - start <= span.0) {
                    return true;
                }
                self.reached.push((step as u8, start));
            }
            for (step, start) in &self.reached {
                let held = &mut self.starts[usize::from(*step)];
                *held = Some(held.map_or(*start, |held| held.max(*start)));
            }
        }
        false
    }
}
