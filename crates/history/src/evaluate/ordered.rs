//! Conditions that need a user's events in order, without bringing whole events together: only
//! times, order of acceptance and the number of the step, for those users who have what it takes.
//!
//! What depends on values of the event before (`same`, held properties), on local hours, or on other
//! measures than a count is left to the evaluation user by user.

use std::ops::Range;

use model::{Span, Timestamp, UserIndex};
use segment::evaluate::{CompiledTest, range_at};
use segment::tree::{
    AbsencePredicate, EventMatch, Measure, Pick, Range as WindowRange, SequencePredicate,
    SincePredicate, Window,
};

use super::slots::Slots;
use super::source::{RANGE_USERS, Source, Wanted};
use super::{Evaluator, Matching, QueryError};
use crate::set::UserSet;

/// How far from its likely end the search for first or last events begins; each further step goes
/// four times farther.
const REACH: Span = Span::days(45);

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
            let sources: Vec<&Source> = sources.iter().collect();
            let of = have_all(&sources, among, &users);
            let hits = Hits::of(&sources, &of, &users);
            let mut chain = Chain::new(p.steps.len(), p.complete_within);
            for (slot, user) in hits.users() {
                if chain.farthest(&hits, slot) == p.steps.len() {
                    set.insert(UserIndex(user - users.start));
                }
            }
            set
        });
        Ok(Some(UserSet::of_ranges(n, RANGE_USERS as usize, sets)))
    }

    /// How many users reach each step of a chain, all within a span of its first step, which lies in
    /// `begins`. Nothing if a step depends on the event before.
    pub(crate) fn reached(
        &self,
        steps: &[EventMatch],
        within: Option<Span>,
        begins: (Timestamp, Timestamp),
    ) -> Result<Option<Vec<u64>>, QueryError> {
        let matchings: Option<Vec<_>> =
            steps.iter().map(|step| Matching::of(step, self.rules)).collect();
        let Some(matchings) = matchings else { return Ok(None) };
        let wanted = Wanted { times: true, order: true, properties: &[] };
        let mut sources = Vec::new();
        for (step, matching) in matchings.iter().enumerate() {
            let to = if step == 0 { begins.1 } else { self.at };
            sources.push(self.select(matching, (begins.0, to), &wanted)?);
        }
        let ranges = self.by_users(|users| {
            let mut reached = vec![0u64; steps.len()];
            let sources: Vec<&Source> = sources.iter().collect();
            let mut of = sources[0].have(&users);
            reached[0] = of.len();
            if let Some(second) = sources.get(1) {
                of.and(&second.have(&users));
                let hits = Hits::of(&sources, &of, &users);
                let mut chain = Chain::new(steps.len(), within);
                for (slot, _) in hits.users() {
                    let farthest = chain.farthest(&hits, slot);
                    reached[1..farthest.max(1)].iter_mut().for_each(|count| *count += 1);
                }
            }
            reached
        });
        let mut all = vec![0; steps.len()];
        for reached in ranges {
            all.iter_mut().zip(reached).for_each(|(all, more)| *all += more);
        }
        Ok(Some(all))
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
            let sources = [&did, &then_not];
            let hits = Hits::of(&sources, &undecided, &users);
            for (slot, user) in hits.users() {
                if hits.unfollowed(slot, p.span) {
                    set.insert(UserIndex(user - users.start));
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
        let found = || anchors.iter().flat_map(|of| &of.places).filter(|place| **place != NO_PLACE);
        let from = found().map(|place| around(place).0).min().unwrap_or(i64::MAX);
        let to = found().map(|place| around(place).1).max().unwrap_or(i64::MIN);
        let range = (Timestamp(from), Timestamp(to));
        let wanted = Wanted { times: true, order: false, properties: &[] };
        let source = if from <= to { self.select(&of, range, &wanted)? } else { Source::empty() };
        let test = CompiledTest::new(&p.predicate.test);
        let sets = self.by_users(|users| {
            let mut set = UserSet::empty(users.len());
            let Anchors { slots, places } = &anchors[(users.start / RANGE_USERS) as usize];
            if slots.len() == 0 {
                return set;
            }
            let empty = |place: &Place| if *place == NO_PLACE { (1, 0) } else { around(place) };
            let windows: Vec<(i64, i64)> = places.iter().map(empty).collect();
            let mut counts = vec![0u32; slots.len()];
            source.each_run(&users, |part, user, rows| {
                let Some(slot) = slots.get(user) else { return };
                let (from, to) = windows[slot];
                if from <= to {
                    let inside = |row: &usize| (from..=to).contains(&part.time(*row));
                    counts[slot] += rows.filter(inside).count() as u32;
                }
            });
            for (slot, user) in slots.users().iter().enumerate() {
                let count = model::Value::Int(i64::from(counts[slot]));
                if places[slot] != NO_PLACE && test.holds(Some(&count)) {
                    set.insert(UserIndex(user - users.start));
                }
            }
            set
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
    ) -> Result<Vec<Anchors>, QueryError> {
        let mut anchors = self.by_users(|users| {
            let slots = Slots::of(among, &users);
            Anchors { places: vec![NO_PLACE; slots.len()], slots }
        });
        let (mut from, mut to) = match pick {
            Pick::Last => (self.at - REACH, self.at),
            Pick::First => {
                let first = Timestamp(self.snapshot.first_seen_among(among));
                (first, first.plus(REACH).min(self.at))
            }
        };
        let mut reach = REACH;
        let wanted = Wanted { times: true, order: true, properties: &[] };
        while from <= to && anchors.iter().any(|of| of.places.contains(&NO_PLACE)) {
            let source = self.select(matching, (from, to), &wanted)?;
            let found = self.by_users(|users| {
                let of = &anchors[(users.start / RANGE_USERS) as usize];
                picked(&source, pick, of, &users)
            });
            anchors.iter_mut().zip(found).for_each(|(of, places)| of.places = places);
            let done = match pick {
                Pick::Last => from == Timestamp::MIN,
                Pick::First => to == self.at,
            };
            if done {
                break;
            }
            reach = Span(reach.0.saturating_mul(4));
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

/// The anchors of those users of a range who matter.
struct Anchors {
    slots: Slots,
    /// [`NO_PLACE`] where none was found yet.
    places: Vec<Place>,
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

/// The anchors with those that were missing filled in, where there are any.
fn picked(source: &Source, pick: Pick, of: &Anchors, users: &Range<u32>) -> Vec<Place> {
    let mut places = of.places.clone();
    if places.is_empty() {
        return places;
    }
    source.each_run(users, |part, user, rows| {
        let Some(slot) = of.slots.get(user).filter(|slot| of.places[*slot] == NO_PLACE) else {
            return;
        };
        let row = if pick == Pick::First { rows.start } else { rows.end - 1 };
        let place = (part.time(row), part.arrival(row));
        let held = &mut places[slot];
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

/// Those of the users among some who have at least one hit of each source, by number within the
/// range.
fn have_all(sources: &[&Source], among: &UserSet, users: &Range<u32>) -> UserSet {
    let mut of = UserSet::empty(users.len());
    if !among.any_of(users) {
        return of;
    }
    for user in users.clone().filter(|user| among.contains(UserIndex(*user))) {
        of.insert(UserIndex(user - users.start));
    }
    for source in sources {
        if of.is_empty() {
            return of;
        }
        of.and(&source.have(users));
    }
    of
}

/// Hits of the users who matter: times by user, then by step, ascending.
struct Hits<'s> {
    sources: &'s [&'s Source],
    slots: Slots,
    /// Where the times of each user and step begin; one more than there are.
    starts: Vec<u32>,
    times: Vec<i64>,
    /// Part and row of each: its order of acceptance is asked only where times are equal.
    rows: Vec<(u32, u32)>,
}

impl<'s> Hits<'s> {
    /// The hits of users in `of` (which counts from the range's start), in the sources' steps.
    fn of(sources: &'s [&'s Source], of: &UserSet, users: &Range<u32>) -> Hits<'s> {
        let (slots, n) = (Slots::of_local(of, users), sources.len());
        let mut starts = vec![0u32; slots.len() * n + 1];
        let mut hits = Hits { sources, slots, starts: Vec::new(), times: vec![], rows: vec![] };
        if hits.slots.len() == 0 {
            hits.starts = starts;
            return hits;
        }
        for (step, source) in sources.iter().enumerate() {
            source.each_run(users, |_, user, rows| {
                if let Some(slot) = hits.slots.get(user) {
                    starts[slot * n + step + 1] += rows.len() as u32;
                }
            });
        }
        (1..starts.len()).for_each(|place| starts[place] += starts[place - 1]);
        let total = starts[starts.len() - 1] as usize;
        (hits.times, hits.rows) = (vec![0; total], vec![(0, 0); total]);
        let mut next = starts.clone();
        for (step, source) in sources.iter().enumerate() {
            source.each_run(users, |part, user, rows| {
                let Some(slot) = hits.slots.get(user) else { return };
                let place = &mut next[slot * n + step];
                for row in rows {
                    hits.times[*place as usize] = part.time(row);
                    hits.rows[*place as usize] = (part.index(), row as u32);
                    *place += 1;
                }
            });
        }
        hits.starts = starts;
        hits.sort();
        hits
    }

    /// Months come in order, but parts of one month and several names do not.
    fn sort(&mut self) {
        for place in 1..self.starts.len() {
            let own = self.starts[place - 1] as usize..self.starts[place] as usize;
            if !self.times[own.clone()].is_sorted() {
                let times = self.times[own.clone()].iter().copied();
                let mut both: Vec<_> = times.zip(self.rows[own.clone()].iter().copied()).collect();
                both.sort_unstable();
                for (place, (time, row)) in own.zip(both) {
                    (self.times[place], self.rows[place]) = (time, row);
                }
            }
        }
    }

    /// Users with the number of their slot.
    fn users(&self) -> impl Iterator<Item = (usize, u32)> {
        self.slots.users().iter().copied().enumerate()
    }

    /// Places of one user's hits of a step.
    #[inline]
    fn places(&self, slot: usize, step: usize) -> Range<usize> {
        let at = slot * self.sources.len() + step;
        self.starts[at] as usize..self.starts[at + 1] as usize
    }

    /// The order of acceptance of a hit of a step.
    fn arrival(&self, step: usize, place: usize) -> u64 {
        let (part, row) = self.rows[place];
        self.sources[step].parts()[part as usize].arrival(row as usize)
    }

    /// Whether some event of step 0 has none of step 1 in the span after it.
    fn unfollowed(&self, slot: usize, span: Span) -> bool {
        let later = &self.times[self.places(slot, 1)];
        let mut next = 0;
        self.times[self.places(slot, 0)].iter().any(|did| {
            while later.get(next).is_some_and(|time| time <= did) {
                next += 1;
            }
            later.get(next).is_none_or(|time| time - did > span.0)
        })
    }
}

/// The search for a chain of steps: for each step the latest start of a chain that stands there.
struct Chain {
    starts: Vec<i64>,
    within: Option<Span>,
    /// Where the hits of each step go on, and end.
    heads: Vec<(usize, usize)>,
    /// Hits of one millisecond: order of acceptance and step.
    together: Vec<(u64, usize)>,
    reached: Vec<(usize, i64)>,
}

/// No chain stands at a step.
const NOWHERE: i64 = i64::MIN;

impl Chain {
    fn new(n_steps: usize, within: Option<Span>) -> Chain {
        let starts = vec![NOWHERE; n_steps];
        Chain { starts, within, heads: Vec::new(), together: Vec::new(), reached: Vec::new() }
    }

    /// How many steps the best chain of one user's hits has. One event serves one step of a chain.
    fn farthest(&mut self, hits: &Hits, slot: usize) -> usize {
        let n = self.starts.len();
        self.starts.fill(NOWHERE);
        self.heads.clear();
        self.heads.extend((0..n).map(|step| {
            let places = hits.places(slot, step);
            (places.start, places.end)
        }));
        while self.starts[n - 1] == NOWHERE {
            let heads = self.heads.iter().enumerate().filter(|(_, (place, end))| place < end);
            let next = heads.map(|(step, (place, _))| (hits.times[*place], step)).min();
            let Some((time, step)) = next else { break };
            let place = self.heads[step].0;
            self.heads[step].0 += 1;
            let alone =
                self.heads.iter().all(|(place, end)| place == end || hits.times[*place] != time);
            if alone {
                if let Some(start) = self.start(step, time) {
                    self.starts[step] = self.starts[step].max(start);
                }
                continue;
            }
            self.together.clear();
            self.together.push((hits.arrival(step, place), step));
            self.gather(hits, time);
            self.step_together(time);
        }
        self.starts.iter().take_while(|start| **start != NOWHERE).count()
    }

    /// Takes all further hits of one millisecond.
    fn gather(&mut self, hits: &Hits, time: i64) {
        for (step, (place, end)) in self.heads.iter_mut().enumerate() {
            while place < end && hits.times[*place] == time {
                self.together.push((hits.arrival(step, *place), step));
                *place += 1;
            }
        }
        self.together.sort_unstable();
    }

    /// The hits of one millisecond, event by event.
    fn step_together(&mut self, time: i64) {
        let together = std::mem::take(&mut self.together);
        for event in together.chunk_by(|a, b| a.0 == b.0) {
            self.reached.clear();
            for (_, step) in event {
                let start = self.start(*step, time);
                self.reached.extend(start.map(|start| (*step, start)));
            }
            for (step, start) in &self.reached {
                self.starts[*step] = self.starts[*step].max(*start);
            }
        }
        self.together = together;
    }

    /// The start of the best chain that an event of a step continues, if there is one in time.
    #[inline]
    fn start(&self, step: usize, time: i64) -> Option<i64> {
        let start = if step == 0 { time } else { self.starts[step - 1] };
        let in_time = |span: Span| time.saturating_sub(start) <= span.0;
        (start != NOWHERE && self.within.is_none_or(in_time)).then_some(start)
    }
}
