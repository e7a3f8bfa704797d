//! One user in one program: what arrives, time that passes, and what is told of it.
//!
//! What it is: a pure function from a user's bytes, what arrived and an instant to new bytes, the
//! next instant at which anything may change, and what changed, each with its exact instant. What
//! it is not: it keeps no user and no timer, and knows no other user.
//!
//! Invariant: what was told of a user, corrections applied, is exactly how their places changed by
//! everything that has arrived, from where a watch began and since they are who they are.

use model::{Text, Timestamp, Value, Zone};

use super::codec::put;
use super::condition::{NEVER, View};
use super::filter::Passes;
use super::lists::Lists;
use super::program::{GRACE, Program, bit, set_bit};
use super::scratch::{Header, Scratch, peek, read_header};
use super::source::{Hit, Keep};
use crate::evaluate::{UserHistory, first_seen_at};

/// Something that happened to a user.
#[derive(Clone, Copy, Debug)]
pub struct Arrived<'a> {
    /// When it happened.
    pub time: Timestamp,
    /// What.
    pub what: ArrivedWhat<'a>,
}

/// What happened.
#[derive(Clone, Copy, Debug)]
pub enum ArrivedWhat<'a> {
    /// An event of a name, with properties sorted by name.
    Event(&'a Text, &'a [(Text, Value)]),
    /// Attributes have these values from then on.
    Attributes(&'a [(Text, Value)]),
    /// The user is there; nothing else is said.
    Seen,
}

/// A user's place in a watch changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Told {
    /// The first instant of the new place.
    pub at: i64,
    /// Which watch.
    pub watch: u32,
    /// The place before.
    pub from: u8,
    /// The new place.
    pub to: u8,
    /// Whether something happened to the user at that instant; else time alone brought it about.
    pub arrived: bool,
    /// What it changes of what was told before.
    pub correction: Correction,
}

/// Whether it was told before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Correction {
    /// It is new.
    None,
    /// It should have been told before, and something that came late says so.
    Added,
    /// It was told before, and something that came late says that it did not happen.
    Revoked,
}

/// A user whose bytes a program did not write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the live state of a user is damaged; build it anew from the history")]
pub struct Damaged;

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stepped {
    /// Something came late: the past was put right, perhaps from the user's whole history.
    pub late: bool,
    /// Whether [`Scratch::bytes`] are new bytes of the user; else nothing changed.
    pub changed: bool,
    /// The earliest instant at which anything may change, if nothing arrives.
    pub horizon: i64,
}

/// What is handed in beside a user's bytes.
pub struct Step<'a, 'h> {
    /// The public id, from which buckets are made.
    pub id: &'a str,
    /// The id is another one than before.
    pub renamed: bool,
    /// The instant up to which everything is told.
    pub now: Timestamp,
    /// The horizon that the step before gave.
    pub horizon: i64,
    /// By watch, the instant since which it is told, in milliseconds; those beyond the end since ever.
    pub since: &'a [i64],
    /// The user's history as it was before what arrived, for what came very late. `None`: it is
    /// not to be had; then only the present is put right.
    pub history: &'h mut dyn FnMut() -> Option<UserHistory>,
}

impl Program {
    /// Takes what arrived of a user (any order) and tells what it changes up to `step.now`. Empty
    /// bytes are a user who was not there.
    pub fn arrive(
        &self,
        scratch: &mut Scratch,
        bytes: &[u8],
        arrived: &[Arrived],
        step: Step,
        told: &mut Vec<Told>,
    ) -> Result<Stepped, Damaged> {
        let n = told.len();
        let since = step.since;
        let stepped = self.take_in(scratch, bytes, arrived, step, told)?;
        for told in &mut told[n..] {
            told.arrived |= arrived.iter().any(|arrived| arrived.time.0 == told.at);
        }
        begin(told, n, since);
        Ok(stepped)
    }

    fn take_in(
        &self,
        scratch: &mut Scratch,
        bytes: &[u8],
        arrived: &[Arrived],
        step: Step,
        told: &mut Vec<Told>,
    ) -> Result<Stepped, Damaged> {
        let now = step.now.0;
        scratch.hits.clear();
        for arrived in arrived {
            self.hits(arrived, &mut scratch.hits);
        }
        let Some(first) = arrived.iter().map(|arrived| arrived.time.0).min() else {
            return if step.renamed && !bytes.is_empty() {
                self.renamed(scratch, bytes, &step, told)
            } else {
                self.advance(scratch, bytes, step, told)
            };
        };
        if bytes.is_empty() {
            scratch.start(self);
            let header = Header::new(first);
            scratch.take_hits();
            return Ok(self.settle(scratch, header, first.min(now), &step, told));
        }
        let header = peek(bytes).ok_or(Damaged)?;
        if scratch.hits.is_empty() && first >= header.first_seen && !step.renamed {
            return self.advance(scratch, bytes, step, told);
        }
        let earliest = scratch.hits.iter().map(|(_, hit)| hit.time).min().unwrap_or(first);
        let earliest = if first < header.first_seen { first } else { earliest };
        if earliest <= header.settled {
            return self.late(scratch, (bytes, header), (earliest, first), step, told);
        }
        scratch.read(self, bytes)?;
        // Nothing else changes until the horizon, so only what the hits touch is looked at.
        if step.horizon > now && !step.renamed && first >= header.first_seen {
            let others = scratch.activate_touched(self)?;
            scratch.take_hits();
            let from = earliest.min(now);
            let (settled, horizon) =
                self.run(scratch, header.first_seen, (from, now), step.id, told);
            let header = Header { settled: settled.max(header.settled), ..header };
            // Of what was not looked at, two things are known; the later one says more.
            let mut rest = scratch.write(self, header).min(others);
            if header.first_seen > now {
                rest = rest.min(header.first_seen);
            }
            let rest = rest.max(step.horizon);
            return Ok(Stepped { late: false, changed: true, horizon: horizon.min(rest) });
        }
        scratch.load_all(self)?;
        scratch.take_hits();
        let from = earliest.min(step.horizon).min(now).max(header.settled);
        let header = Header { first_seen: header.first_seen.min(first), ..header };
        Ok(self.settle(scratch, header, from, &step, told))
    }

    /// Tells what time alone changes up to `step.now`.
    pub fn advance(
        &self,
        scratch: &mut Scratch,
        bytes: &[u8],
        step: Step,
        told: &mut Vec<Told>,
    ) -> Result<Stepped, Damaged> {
        if bytes.is_empty() || step.horizon > step.now.0 {
            return Ok(Stepped { late: false, changed: false, horizon: step.horizon });
        }
        let header = scratch.read(self, bytes)?;
        let from = step.horizon.max(header.settled);
        let others = scratch.activate_due(self, step.now.0)?;
        let stepped = self.settle_active(scratch, header, from, &step, told);
        Ok(Stepped { horizon: stepped.horizon.min(others), ..stepped })
    }

    /// The bytes of a user of this history, settled at an instant; tells nothing. `first_seen`: when
    /// the user did anything at all, of which the history may hold only a part; `since`: since when
    /// they are who they are.
    pub fn build(
        &self,
        scratch: &mut Scratch,
        history: &UserHistory,
        first_seen: Timestamp,
        (at, since): (Timestamp, Timestamp),
    ) -> Stepped {
        scratch.start(self);
        self.collect(scratch, history);
        let mut nothing = Vec::new();
        let from = if self.places.is_empty() { at.0 } else { first_seen.0.min(at.0) };
        let header = Header { since: since.0, ..Header::new(first_seen.0) };
        let step = Step {
            id: &history.id,
            renamed: false,
            now: at,
            horizon: NEVER,
            since: &[],
            history: &mut || None,
        };
        let mut stepped = self.settle(scratch, header, from, &step, &mut nothing);
        // Settled at `at`, whatever happened last.
        scratch.lists.clear(self.sources.len());
        let bytes = std::mem::take(&mut scratch.bytes);
        if let Ok(header) = scratch.read(self, &bytes) {
            scratch.write(self, Header { settled: at.0, ..header });
            stepped.changed = true;
        }
        stepped
    }

    /// What some sources have of a user of this history, as bytes for [`Program::join`]. The program
    /// is the one with which the user will be joined.
    pub fn base(
        &self,
        scratch: &mut Scratch,
        history: &UserHistory,
        (first_seen, at): (Timestamp, Timestamp),
        sources: &[u32],
    ) -> Box<[u8]> {
        let Stepped { changed, .. } =
            self.build(scratch, history, first_seen, (at, Timestamp::MIN));
        let bytes = std::mem::take(&mut scratch.bytes);
        let header = scratch.read(self, &bytes);
        if !changed || header.is_err() || scratch.load_all(self).is_err() {
            return Box::default();
        }
        scratch.lists.keep_only(sources);
        scratch.bits.clear();
        scratch.bytes.clear();
        let header = header.unwrap_or(Header { settled: at.0, ..Header::new(at.0) });
        header.write(&mut scratch.bytes);
        put(&mut scratch.bytes, 0);
        scratch.lists.write(&mut scratch.bytes, &self.sources, &self.read);
        scratch.bytes.as_slice().into()
    }

    /// Unites what was collected of a user since a position with what some sources had there, and
    /// looks at everything. Tells every place that `bytes` did not have.
    pub fn join(
        &self,
        scratch: &mut Scratch,
        (bytes, base): (&[u8], &[u8]),
        sources: &[u32],
        step: Step,
        told: &mut Vec<Told>,
    ) -> Result<Stepped, Damaged> {
        if bytes.is_empty() && base.is_empty() {
            return Ok(Stepped { late: false, changed: false, horizon: step.horizon });
        }
        let mut header = Header::new(i64::MAX);
        scratch.start(self);
        if !base.is_empty() {
            header = scratch.read(self, base)?;
            scratch.load_all(self)?;
        }
        std::mem::swap(&mut scratch.lists, &mut scratch.old_lists);
        scratch.start(self);
        if !bytes.is_empty() {
            let own = scratch.read(self, bytes)?;
            scratch.load_all(self)?;
            header.settled = header.settled.max(own.settled);
            header.first_seen = header.first_seen.min(own.first_seen);
            header.since = own.since;
        }
        if !base.is_empty() {
            for source in sources {
                let places = self.places.contains(source);
                scratch.lists.put_before(*source, &scratch.old_lists, places);
            }
        }
        // Conditions that are new and have no hits hold as they do of nobody; the others do already.
        scratch.activate_all(self);
        for n in (1..self.conditions.len() as u32).filter(|n| !scratch.is_active[*n as usize]) {
            set_bit(&mut scratch.bits, n, bit(&self.empty, n));
        }
        // Places in the lifecycle go on from where they were then.
        let at = match !base.is_empty() && self.brings_places(sources) {
            true => header.settled.min(step.now.0),
            false => header.settled.max(step.now.0),
        };
        Ok(self.settle(scratch, header, at, &step, told))
    }

    /// Whether places in the lifecycle are among some sources. A user of whom anything is known since
    /// the base was made cannot be joined with it then: build the user anew.
    pub fn brings_places(&self, sources: &[u32]) -> bool {
        self.places.iter().any(|place| sources.contains(place))
    }

    /// Up to when everything of a user was told.
    pub fn settled(bytes: &[u8]) -> Option<Timestamp> {
        peek(bytes).map(|header| Timestamp(header.settled))
    }

    /// The place of a user in every watch, by their bytes.
    pub fn places(&self, bytes: &[u8]) -> Vec<u8> {
        let mut bits = Vec::new();
        if read_header(bytes, &mut bits).is_none() {
            return vec![0; self.watches.len()];
        }
        (0..self.watches.len() as u32).map(|watch| self.place(watch, &bits)).collect()
    }

    /// Two users that turned out to be one, as the bytes of `into`. `None`: the order of things that
    /// happened in one millisecond decides and is not known; build the user anew.
    ///
    /// Tells how the places of `into` change at `step.now`.
    pub fn unite(
        &self,
        scratch: &mut Scratch,
        (into, from): (&[u8], &[u8]),
        step: Step,
        told: &mut Vec<Told>,
    ) -> Result<Option<Stepped>, Damaged> {
        let (Some(first), Some(second)) = (peek(into), peek(from)) else {
            return Err(Damaged);
        };
        let header = scratch.read(self, from)?;
        debug_assert_eq!(header.settled, second.settled);
        scratch.load_all(self)?;
        std::mem::swap(&mut scratch.lists, &mut scratch.old_lists);
        scratch.read(self, into)?;
        scratch.load_all(self)?;
        let others: Vec<u32> = scratch.old_lists.present().collect();
        // What was dropped of a condition about order decides nothing as long as nothing comes from
        // before the floor of then; what the other did can.
        let floor = first.settled.max(second.settled).saturating_sub(GRACE.0);
        if first.first_seen <= floor && second.first_seen <= floor {
            let ordered = |source: &u32| self.sources[*source as usize].keep == Keep::Chain;
            if others.iter().copied().chain(scratch.lists.present()).any(|s| ordered(&s)) {
                return Ok(None);
            }
        }
        for source in others {
            // Places are those of the user that remains: what both did says the rest.
            if self.places.contains(&source) {
                return Ok(None);
            }
            let ordered = self.sources[source as usize].ordered();
            if scratch.lists.unite(source, &scratch.old_lists, ordered).is_none() {
                return Ok(None);
            }
        }
        let header = Header {
            settled: first.settled.max(second.settled),
            first_seen: first.first_seen.min(second.first_seen),
            since: step.now.0,
        };
        let at = header.settled.max(step.now.0);
        Ok(Some(self.settle(scratch, header, at, &step, told)))
    }

    /// The bytes of a user of this history, settled at an instant, and how what was told of them must
    /// be put right. `bytes`: the user as everything that was told says; `were`: what was told, net of
    /// corrections, sorted by instant.
    pub fn rebuild(
        &self,
        scratch: &mut Scratch,
        (history, first_seen): (&UserHistory, Timestamp),
        (at, since): (Timestamp, &[i64]),
        (bytes, were): (&[u8], &[Told]),
        told: &mut Vec<Told>,
    ) -> Stepped {
        let before = peek(bytes).unwrap_or(Header::new(i64::MAX));
        let floor = Floor { known: before.since, since };
        let mut were = floor.split(were.iter().copied());
        // Where they were before the first of what was told is what it says, or nothing was told.
        let places = self.places(bytes);
        were.0.clear();
        for (watch, place) in (0u32..).zip(places) {
            let first = were.1.iter().find(|told| told.watch == watch);
            were.0.push((watch, first.map_or(place, |told| told.from)));
        }
        scratch.start(self);
        self.collect(scratch, history);
        scratch.activate_all(self);
        let from = first_seen.0.min(at.0);
        let mut found = Vec::new();
        let range = (from, at.0);
        let (_, horizon) = self.run(scratch, first_seen.0, range, &history.id, &mut found);
        let mut happened: Vec<i64> = history.events.iter().map(|event| event.time.0).collect();
        let changes = history.attributes.values().flatten();
        happened.extend(changes.map(|(time, _)| time.0));
        happened.sort_unstable();
        for told in &mut found {
            told.arrived = happened.binary_search(&told.at).is_ok();
        }
        corrections(were, floor.split(found), &floor, before.settled, told);
        scratch.write(self, Header { settled: at.0, first_seen: first_seen.0, ..before });
        Stepped { late: false, changed: true, horizon }
    }

    fn renamed(
        &self,
        scratch: &mut Scratch,
        bytes: &[u8],
        step: &Step,
        told: &mut Vec<Told>,
    ) -> Result<Stepped, Damaged> {
        if self.named.is_empty() {
            return Ok(Stepped { late: false, changed: false, horizon: step.horizon });
        }
        let header = scratch.read(self, bytes)?;
        scratch.load_all(self)?;
        let header = Header { since: step.now.0, ..header };
        Ok(self.settle(scratch, header, header.settled.max(step.now.0), step, told))
    }

    /// What arrived at or before an instant up to which everything had been told.
    fn late(
        &self,
        scratch: &mut Scratch,
        (bytes, header): (&[u8], Header),
        (earliest, first): (i64, i64),
        step: Step,
        told: &mut Vec<Told>,
    ) -> Result<Stepped, Damaged> {
        scratch.read(self, bytes)?;
        scratch.load_all(self)?;
        let mut from = earliest.saturating_sub(1);
        let mut whole = true;
        if earliest <= header.settled.saturating_sub(GRACE.0) {
            match (step.history)() {
                Some(history) => {
                    scratch.lists.clear(self.sources.len());
                    self.collect(scratch, &history);
                    if !self.places.is_empty() {
                        let seen = first_seen_at(&history).map_or(from, |seen| seen.0);
                        from = from.min(seen).min(header.first_seen);
                    }
                }
                // Only the present can be put right.
                None => (from, whole) = (header.settled, false),
            }
        }
        if !whole {
            scratch.take_hits();
            let header = Header { first_seen: header.first_seen.min(first), ..header };
            let stepped = self.settle(scratch, header, header.settled, &step, told);
            return Ok(Stepped { late: true, ..stepped });
        }
        for place in &self.places {
            scratch.lists.cut(*place, from.saturating_add(1));
        }
        scratch.old_lists.clone_from(&scratch.lists);
        let mut were = Vec::new();
        scratch.forget(self);
        self.run(scratch, header.first_seen, (from, header.settled), step.id, &mut were);
        std::mem::swap(&mut scratch.lists, &mut scratch.old_lists);
        scratch.take_hits();
        scratch.forget(self);
        let first_seen = header.first_seen.min(first);
        let mut are = Vec::new();
        let until = header.settled.max(step.now.0);
        let (settled, horizon) = self.run(scratch, first_seen, (from, until), step.id, &mut are);
        let floor = Floor { known: header.since.max(from), since: step.since };
        corrections(floor.split(were), floor.split(are), &floor, header.settled, told);
        let header = Header { settled: settled.max(header.settled), first_seen, ..header };
        scratch.write(self, header);
        Ok(Stepped { late: true, changed: true, horizon })
    }

    /// Looks at everything from an instant on, and writes the user.
    fn settle(
        &self,
        scratch: &mut Scratch,
        header: Header,
        from: i64,
        step: &Step,
        told: &mut Vec<Told>,
    ) -> Stepped {
        scratch.activate_all(self);
        self.settle_active(scratch, header, from, step, told)
    }

    /// The same with what is active.
    fn settle_active(
        &self,
        scratch: &mut Scratch,
        header: Header,
        from: i64,
        step: &Step,
        told: &mut Vec<Told>,
    ) -> Stepped {
        let until = from.max(step.now.0);
        let (settled, horizon) = self.run(scratch, header.first_seen, (from, until), step.id, told);
        let settled = settled.max(header.settled);
        let rest = scratch.write(self, Header { settled, ..header });
        Stepped { late: false, changed: true, horizon: horizon.min(rest) }
    }

    /// Goes from one instant at which something may change to the next, and tells what does. All
    /// lists that active conditions read are loaded. Gives the last instant and the next.
    fn run(
        &self,
        scratch: &mut Scratch,
        first_seen: i64,
        (from, to): (i64, i64),
        id: &str,
        told: &mut Vec<Told>,
    ) -> (i64, i64) {
        let mut at = from;
        loop {
            scratch.before.clone_from(&scratch.bits);
            scratch.dirty.clear();
            for n in 0..scratch.active.len() {
                let condition = scratch.active[n];
                if scratch.horizons[condition as usize] <= at && !self.asks_place(condition) {
                    self.evaluate(scratch, condition, (at, first_seen), id);
                }
            }
            self.live_on(scratch, (at, first_seen), id);
            if scratch.dirty.len() > 1 {
                scratch.dirty.sort_unstable();
                scratch.dirty.dedup();
            }
            for watch in &scratch.dirty {
                let places =
                    (self.place(*watch, &scratch.before), self.place(*watch, &scratch.bits));
                if places.0 != places.1 {
                    told.push(Told {
                        at,
                        watch: *watch,
                        from: places.0,
                        to: places.1,
                        arrived: false,
                        correction: Correction::None,
                    });
                }
            }
            let next =
                scratch.active.iter().map(|n| scratch.horizons[*n as usize]).min().unwrap_or(NEVER);
            debug_assert!(next > at, "a horizon lies ahead");
            if next > to {
                return (at, next);
            }
            at = next.max(at.saturating_add(1));
        }
    }

    fn asks_place(&self, condition: u32) -> bool {
        !self.lived.is_empty() && self.lived.binary_search(&condition).is_ok()
    }

    fn evaluate(
        &self,
        scratch: &mut Scratch,
        condition: u32,
        (at, first_seen): (i64, i64),
        id: &str,
    ) {
        let view = View {
            lists: &scratch.lists,
            rules: &self.rules,
            at,
            id,
            first_seen,
            sources: &self.sources,
        };
        let (truth, horizon) = self.conditions[condition as usize].evaluate(view);
        scratch.horizons[condition as usize] = horizon;
        if bit(&scratch.bits, condition) != truth {
            set_bit(&mut scratch.bits, condition, truth);
            scratch.dirty.extend_from_slice(&self.watchers[condition as usize]);
        }
    }

    /// Notes a new place in the lifecycle, and looks at what depends on it.
    fn live_on(&self, scratch: &mut Scratch, (at, first_seen): (i64, i64), id: &str) {
        if self.places.is_empty() {
            return;
        }
        let place = self.lifecycle.map_or(0, |watch| self.place(watch, &scratch.bits));
        let mut moved = false;
        for source in &self.places {
            let last = scratch.lists.hits(*source).last();
            if last.map_or(0, |hit| hit.key) != u64::from(place) {
                let passes = Passes { first: true, later: true };
                let key = u64::from(place);
                let hit = Hit { time: at, passes, name: 0, key, value: Value::Null };
                scratch.lists.insert(*source, hit);
                moved = true;
            }
        }
        for condition in &self.lived {
            let active = scratch.is_active.get(*condition as usize).copied().unwrap_or(false);
            if moved && !active {
                scratch.activate(*condition);
            }
            if moved || active && scratch.horizons[*condition as usize] <= at {
                self.evaluate(scratch, *condition, (at, first_seen), id);
            }
        }
    }

    /// What every source takes of something that arrived.
    fn hits(&self, arrived: &Arrived, into: &mut Vec<(u32, Hit)>) {
        let time = arrived.time.0;
        match arrived.what {
            ArrivedWhat::Seen => {}
            ArrivedWhat::Event(name, properties) => {
                let sources = self.by_event.get(name).into_iter().flatten();
                for source in sources.chain(&self.any_event) {
                    let hit = self.sources[*source as usize].hit(name, time, properties);
                    into.extend(hit.map(|hit| (*source, hit)));
                }
            }
            ArrivedWhat::Attributes(values) => {
                for (name, value) in values {
                    for source in self.by_attribute.get(name).into_iter().flatten() {
                        let passes = Passes { first: true, later: true };
                        let value = value.clone();
                        into.push((*source, Hit { time, passes, name: 0, key: 0, value }));
                    }
                }
            }
        }
    }

    /// All hits of a history, into lists that have none.
    fn collect(&self, scratch: &mut Scratch, history: &UserHistory) {
        let mut hits = Vec::new();
        for event in &history.events {
            let what = ArrivedWhat::Event(&event.name, &event.properties);
            self.hits(&Arrived { time: event.time, what }, &mut hits);
        }
        for (name, changes) in &history.attributes {
            for (time, value) in changes {
                let one = [(name.clone(), value.clone())];
                self.hits(&Arrived { time: *time, what: ArrivedWhat::Attributes(&one) }, &mut hits);
            }
        }
        for (source, hit) in hits {
            scratch.lists.insert(source, hit);
        }
    }

    /// Which conditions hold for a user without any hit.
    pub(super) fn truths_of_nobody(&self) -> Vec<u8> {
        let mut lists = Lists::default();
        lists.clear(self.sources.len());
        let mut bits = vec![0; self.conditions.len().div_ceil(8)];
        for (condition, n) in self.conditions.iter().zip(0..) {
            if n == 0 {
                continue;
            }
            let view = View {
                lists: &lists,
                rules: &self.rules,
                at: 0,
                id: "",
                first_seen: i64::MAX,
                sources: &self.sources,
            };
            set_bit(&mut bits, n, condition.evaluate(view).0);
        }
        bits
    }

    pub(super) fn zone(&self) -> &Zone {
        &self.rules.zone
    }
}

/// From when on changes are told; where somebody was there is what watching began with.
struct Floor<'a> {
    /// Since when the user is who they are.
    known: i64,
    /// By watch, since when it is told.
    since: &'a [i64],
}

/// By watch, the place at the floor; and what changed after it, in order.
type FromFloor = (Vec<(u32, u8)>, Vec<Told>);

impl Floor<'_> {
    fn of(&self, watch: u32) -> i64 {
        self.known.max(self.since.get(watch as usize).copied().unwrap_or(i64::MIN))
    }

    fn split(&self, found: impl IntoIterator<Item = Told>) -> FromFloor {
        let (mut places, mut after): FromFloor = (Vec::new(), Vec::new());
        for told in found {
            if told.at > self.of(told.watch) {
                after.push(told);
                continue;
            }
            match places.iter_mut().find(|(watch, _)| *watch == told.watch) {
                Some((_, place)) => *place = told.to,
                None => places.push((told.watch, told.to)),
            }
        }
        (places, after)
    }
}

/// What was told and what should have been, as corrections up to `settled` and as news after it.
/// Where somebody was elsewhere when watching began, that is told as of that instant.
fn corrections(were: FromFloor, are: FromFloor, floor: &Floor, settled: i64, told: &mut Vec<Told>) {
    let same = |a: &Told, b: &Told| (a.watch, a.at, a.from, a.to) == (b.watch, b.at, b.from, b.to);
    let added = |at: i64| if at > settled { Correction::None } else { Correction::Added };
    for old in were.1.iter().filter(|old| !are.1.iter().any(|new| same(old, new))) {
        told.push(Told { correction: Correction::Revoked, ..*old });
    }
    let place = |places: &[(u32, u8)], watch: u32| {
        places.iter().find(|(of, _)| *of == watch).map_or(0, |(_, place)| *place)
    };
    let mut watches: Vec<u32> = were.0.iter().chain(&are.0).map(|(watch, _)| *watch).collect();
    watches.sort_unstable();
    watches.dedup();
    for watch in watches {
        let (from, to) = (place(&were.0, watch), place(&are.0, watch));
        if from != to {
            let at = floor.of(watch);
            told.push(Told { at, watch, from, to, arrived: true, correction: added(at) });
        }
    }
    for new in are.1.iter().filter(|new| !were.1.iter().any(|old| same(old, new))) {
        told.push(Told { correction: added(new.at), ..*new });
    }
}

/// Of what was found from `n` on, that which happened before a watch was told is told as of where it
/// began.
fn begin(told: &mut Vec<Told>, n: usize, since: &[i64]) {
    let since = |told: &Told| since.get(told.watch as usize).copied().unwrap_or(i64::MIN);
    if told[n..].iter().all(|told| told.at >= since(told)) {
        return;
    }
    let found = told.split_off(n);
    let (before, after): (Vec<Told>, Vec<Told>) =
        found.into_iter().partition(|told| told.at < since(told));
    let mut began: Vec<Told> = Vec::new();
    for found in before {
        match began.iter_mut().find(|other| other.watch == found.watch) {
            Some(other) => {
                other.to = found.to;
                other.arrived |= found.arrived;
            }
            None => began.push(Told { at: since(&found), ..found }),
        }
    }
    told.extend(began.into_iter().filter(|told| told.from != told.to));
    told.extend(after);
}
