//! Conditions that need a user's events in order, without bringing whole events together: only
//! times, order of acceptance and the number of the step, for those users who have what it takes.
//!
//! What depends on values of the event before (`same`, held properties), on local hours, or on other
//! measures than a count is left to the evaluation user by user.

use std::ops::Range;

use model::{Day, Span, Timestamp, UserIndex};
use segment::evaluate::{CompiledTest, range_at};
use segment::tree::{
    AbsencePredicate, EventMatch, Measure, Pick, Range as WindowRange, SequencePredicate,
    SincePredicate, Window,
};

use super::share::{RANGE_USERS, by_users_of};
use super::slots::Slots;
use super::source::{Source, Wanted};
use super::{Evaluator, Matching, QueryError};
use crate::set::UserSet;

/// How far from its likely end the search for first or last events begins; each further step goes
/// four times farther.
const REACH: Span = Span::days(45);

/// The search for last events begins with the month of so long before the instant: parts of it are read
/// as a whole anyway.
const LAST_REACH: Span = Span::days(3);

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
        let rows = sources.iter().map(Source::n_rows).sum();
        let sets = by_users_of(n, rows, |users| {
            let mut set = UserSet::empty(users.len());
            let sources: Vec<&Source> = sources.iter().collect();
            let of = have_all(&sources, among, &users);
            let mut chain = Chain::new(p.complete_within);
            for slots in Slots::pieces(&of, &users) {
                let hits = Hits::of(&sources, slots);
                for (slot, user) in hits.users() {
                    if chain.farthest(&hits, slot) == p.steps.len() {
                        set.insert(UserIndex(user - users.start));
                    }
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
                let mut chain = Chain::new(within);
                for slots in Slots::pieces(&of, &users) {
                    let hits = Hits::of(&sources, slots);
                    for (slot, _) in hits.users() {
                        let farthest = chain.farthest(&hits, slot);
                        reached[1..farthest.max(1)].iter_mut().for_each(|count| *count += 1);
                    }
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
            // Who did it and never the other thing after it needs no order.
            let mut last = vec![i64::MIN; users.len()];
            then_not.each_run(&users, |part, user, rows| {
                let last = &mut last[(user - users.start) as usize];
                *last = part.time(rows.end - 1).max(*last);
            });
            let mut set = UserSet::empty(users.len());
            let mut undecided = UserSet::empty(users.len());
            did.each_run(&users, |part, user, rows| {
                let local = UserIndex(user - users.start);
                if among.contains(UserIndex(user)) {
                    let alone = part.time(rows.end - 1) >= last[local.at()];
                    let to = if alone { &mut set } else { &mut undecided };
                    to.insert(local);
                }
            });
            undecided.minus(&set);
            let sources = [&did, &then_not];
            for slots in Slots::pieces(&undecided, &users) {
                let hits = Hits::of(&sources, slots);
                for (slot, user) in hits.users() {
                    if hits.unfollowed(slot, p.span) {
                        set.insert(UserIndex(user - users.start));
                    }
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
        let sets = by_users_of(n, source.n_rows() + among.len(), |users| {
            let mut set = UserSet::empty(users.len());
            let Anchors { slots, places } = &anchors[(users.start / RANGE_USERS) as usize];
            if slots.len() == 0 {
                return set;
            }
            let empty = |place: &Place| if *place == NO_PLACE { (1, 0) } else { around(place) };
            let windows: Vec<(i64, i64)> = places.iter().map(empty).collect();
            let mut counts = vec![0u32; slots.len()];
            source.each_run_of(slots, |part, slot, rows| {
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
        let n = self.snapshot.n_places();
        let mut anchors = by_users_of(n, among.len(), |users| {
            let slots = Slots::of(among, &users);
            Anchors { places: vec![NO_PLACE; slots.len()], slots }
        });
        let (mut from, mut to) = match pick {
            Pick::Last => (last_from(self.at), self.at),
            Pick::First => {
                let first = Timestamp(self.snapshot.first_seen_among(among));
                (first, first.plus(REACH).min(self.at))
            }
        };
        let mut reach = REACH;
        let wanted = Wanted { times: true, order: true, properties: &[] };
        while from <= to && anchors.iter().any(|of| of.places.contains(&NO_PLACE)) {
            let source = self.select(matching, (from, to), &wanted)?;
            let found = by_users_of(n, source.n_rows(), |users| {
                picked(&source, pick, &anchors[(users.start / RANGE_USERS) as usize])
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

/// Where the search for last events at or before an instant begins.
fn last_from(at: Timestamp) -> Timestamp {
    let day = Day(at.minus(LAST_REACH).0.div_euclid(Span::DAY.0));
    Timestamp(day.start_of_month().0.saturating_mul(Span::DAY.0)).min(at)
}

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
fn picked(source: &Source, pick: Pick, of: &Anchors) -> Vec<Place> {
    let mut places = of.places.clone();
    source.each_run_of(&of.slots, |part, slot, rows| {
        if of.places[slot] != NO_PLACE {
            return;
        }
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
    among.within(users).for_each(|user| of.insert(UserIndex(user - users.start)));
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
    /// The hits of those with a slot, in the sources' steps.
    fn of(sources: &'s [&'s Source], slots: Slots) -> Hits<'s> {
        let n = sources.len();
        let mut starts = vec![0u32; slots.len() * n + 1];
        let mut hits = Hits { sources, slots, starts: Vec::new(), times: vec![], rows: vec![] };
        if hits.slots.len() == 0 {
            hits.starts = starts;
            return hits;
        }
        for (step, source) in sources.iter().enumerate() {
            source.each_run_of(&hits.slots, |_, slot, rows| {
                starts[slot * n + step + 1] += rows.len() as u32;
            });
        }
        (1..starts.len()).for_each(|place| starts[place] += starts[place - 1]);
        let total = starts[starts.len() - 1] as usize;
        (hits.times, hits.rows) = (vec![0; total], vec![(0, 0); total]);
        let mut next = starts.clone();
        for (step, source) in sources.iter().enumerate() {
            source.each_run_of(&hits.slots, |part, slot, rows| {
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

    /// Sorts each user's hits of a step by time and arrival. Months come in order, but parts of one
    /// month and several names do not.
    fn sort(&mut self) {
        for (index, ends) in self.starts.windows(2).enumerate() {
            let own = ends[0] as usize..ends[1] as usize;
            if self.times[own.clone()].windows(2).all(|pair| pair[0] < pair[1]) {
                continue;
            }
            let step = index % self.sources.len();
            let arrival = |place: usize| self.arrival(step, place);
            let hit = |place| (self.times[place], arrival(place), self.rows[place]);
            let mut hits: Vec<_> = own.clone().map(hit).collect();
            hits.sort_unstable();
            for (place, (time, _, row)) in own.zip(hits) {
                (self.times[place], self.rows[place]) = (time, row);
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

    /// Whether a hit of one step comes before one of another step, by time and arrival.
    #[inline]
    fn precedes(&self, (step, place): (usize, usize), other: (usize, usize)) -> bool {
        let (time, later) = (self.times[place], self.times[other.1]);
        time < later || time == later && self.arrival(step, place) < self.arrival(other.0, other.1)
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

/// How many of the first items something holds for; it holds for none after the first for which it does
/// not. Quick where they are few, however many items there are.
fn leading<T>(items: &[T], holds: impl Fn(&T) -> bool) -> usize {
    let mut reach = 1;
    while items.get(reach - 1).is_some_and(&holds) {
        reach *= 2;
    }
    let (low, high) = (reach / 2, items.len().min(reach - 1));
    low + items[low..high].partition_point(holds)
}

/// The search for a chain of steps, step by step: where a chain can stand, and the latest start of one
/// that stands there.
struct Chain {
    within: Option<Span>,
    /// Hits of one step at which a chain stands, with its start; ascending in both.
    standing: Vec<(usize, i64)>,
    /// The same of the step after it.
    next: Vec<(usize, i64)>,
}

impl Chain {
    fn new(within: Option<Span>) -> Chain {
        Chain { within, standing: Vec::new(), next: Vec::new() }
    }

    /// How many steps the best chain of one user's hits has. One event serves one step of a chain.
    fn farthest(&mut self, hits: &Hits, slot: usize) -> usize {
        let n = hits.sources.len();
        self.standing.clear();
        self.standing.extend(hits.places(slot, 0).map(|place| (place, hits.times[place])));
        for step in 1..n {
            if self.standing.is_empty() {
                return step - 1;
            }
            if self.step(hits, slot, step) && step + 1 == n {
                return n;
            }
            std::mem::swap(&mut self.standing, &mut self.next);
        }
        n - usize::from(self.standing.is_empty())
    }

    /// Goes from the step before to this one; whether any chain gets there. Of the last step, the first
    /// hit that ends a chain is enough.
    fn step(&mut self, hits: &Hits, slot: usize, step: usize) -> bool {
        let last = step + 1 == hits.sources.len();
        self.next.clear();
        let mut n_before = 0;
        for place in hits.places(slot, step) {
            let time = hits.times[place];
            n_before += leading(&self.standing[n_before..], |(other, _)| {
                hits.precedes((step - 1, *other), (step, place))
            });
            let start = n_before.checked_sub(1).map(|latest| self.standing[latest].1);
            let in_time = |start: &i64| {
                self.within.is_none_or(|within| time.saturating_sub(*start) <= within.0)
            };
            if let Some(start) = start.filter(in_time) {
                self.next.push((place, start));
                if last {
                    break;
                }
            }
        }
        !self.next.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::leading;

    #[test]
    fn leading_items_are_counted() {
        for len in 0..70usize {
            let items: Vec<usize> = (0..len).collect();
            for n in 0..=len {
                assert_eq!(leading(&items, |item| *item < n), n, "of {len}");
            }
        }
    }
}
