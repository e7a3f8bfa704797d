//! The live part of the fold: users, their horizons, and how many are in which place.
//!
//! What it is: takes the records of a frame with what [`crate::Fold`] said of them, and time, and
//! tells every transition. What it is not: it stores nothing and asks no clock; a user's history
//! before the frame is handed in where something came very late.
//!
//! Invariants: after a frame, or once [`Live::fire`] has nothing due, every user's places are those
//! of their whole history at [`Live::now`]; counts are those of the places.

use std::collections::BTreeSet;
use std::sync::Arc;

use hashbrown::HashMap;
use model::{Record, Text, Timestamp, UserIndex, What};
use segment::evaluate::first_seen_at;
use segment::live::{
    Arrived, ArrivedWhat, Former, GRACE, Program, Scratch, Step as UserStep, Stepped, Told,
    first_seen, known_from,
};

use super::beside::{Beside, Due, Look, Places};
use super::histories::{Histories, NoHistories, SoFar};
use super::join::Joining;
use super::timers::{NEVER, Timers};
use super::transition::{Cause, Correction, Transition, WatchId};
use crate::chunks::Chunks;
use crate::fold::Step;
use crate::identity::Merge;

/// Records of one frame that are older than [`GRACE`] and make it an import: their users are built
/// anew once, when it is over.
pub const BULK: usize = 128;

/// Users whose time is up that are looked at together.
const FIRED_AT_ONCE: usize = 512;

/// A record with what the fold said of it, and the user's public id after it.
pub struct Folded<'a> {
    /// What the fold said.
    pub step: &'a Step,
    /// The record.
    pub record: &'a Record,
}

/// Public ids of users, from which buckets are made.
pub trait PublicIds: Sync {
    /// The id under which a user is shown.
    fn public_id(&self, user: UserIndex) -> &Text;
}

impl PublicIds for crate::Fold {
    fn public_id(&self, user: UserIndex) -> &Text {
        &self.person(user).public_id
    }
}

/// The live state of a workspace.
pub struct Live {
    pub(super) program: Program,
    /// Bytes that a frozen copy holds, too, are not changed but replaced.
    pub(super) users: Chunks<Arc<[u8]>>,
    pub(super) timers: Timers,
    pub(super) now: Timestamp,
    /// Users by watch and place.
    pub(super) counts: Vec<Vec<i64>>,
    pub(super) joining: Option<Joining>,
    /// Definitions that were edited while nothing ran, with the place that each user had.
    pub(super) former: Vec<(Former, Vec<u8>)>,
    /// Since when each watch is told, in milliseconds.
    pub(super) since: Vec<i64>,
    /// Users to be built anew.
    pub(super) stale: BTreeSet<UserIndex>,
    /// Users that are being built anew.
    pub(super) building: BTreeSet<UserIndex>,
    pub(super) scratch: Scratch,
    pub(super) told: Vec<Told>,
    pub(super) beside: Option<Beside>,
    pub(super) places: Places,
}

impl Live {
    /// Nobody, and a program.
    pub fn new(program: Program) -> Live {
        let mut live = Live {
            program,
            users: Chunks::default(),
            timers: Timers::default(),
            now: Timestamp::MIN,
            counts: Vec::new(),
            joining: None,
            former: Vec::new(),
            since: Vec::new(),
            stale: BTreeSet::new(),
            building: BTreeSet::new(),
            scratch: Scratch::default(),
            told: Vec::new(),
            beside: None,
            places: Places::default(),
        };
        live.make_counts();
        live
    }

    /// Room for every place of every watch, also of those that join.
    pub(super) fn make_counts(&mut self) {
        let next = self.joining.as_ref().map(Joining::next);
        for program in [Some(&self.program), next].into_iter().flatten() {
            for watch in 0..program.n_watches() {
                if watch == self.counts.len() {
                    self.counts.push(Vec::new());
                    self.since.push(i64::MIN);
                }
                let counts = &mut self.counts[watch];
                counts.resize(counts.len().max(program.n_places(watch as u32)), 0);
            }
        }
    }

    /// The instant up to which the last frame or call of [`Live::fire`] told everything of whom it
    /// touched.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// What is watched.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Users by place of a watch; place 0 (out, or in no state) is not counted.
    pub fn counts(&self, watch: WatchId) -> &[i64] {
        self.counts.get(watch.0 as usize).map_or(&[], |counts| counts)
    }

    /// Watches that ever were, those that are joining included.
    pub fn n_watches(&self) -> usize {
        self.counts.len()
    }

    /// The key of a watch.
    pub fn key(&self, watch: WatchId) -> Option<Text> {
        self.program.key(watch.0).cloned()
    }

    /// Users that have any state.
    pub fn n_users(&self) -> usize {
        self.users.len()
    }

    /// Bytes of the state of all users, without what finding them takes.
    pub fn bytes(&self) -> usize {
        self.users.iter().map(|bytes| bytes.len()).sum()
    }

    /// The place of a user in a watch, as of what was told of them.
    pub fn place(&self, user: UserIndex, watch: WatchId) -> u8 {
        let bytes = self.users.get(user.at()).map_or(&[][..], |bytes| bytes);
        self.program_of(user).places(bytes).get(watch.0 as usize).copied().unwrap_or(0)
    }

    /// The earliest instant at which anything may change, if nothing arrives.
    pub fn next(&self) -> Option<Timestamp> {
        self.timers.next()
    }

    /// Folds the records of one frame, in order, at an instant not before the last: earlier ones
    /// count as the last.
    pub fn frame(
        &mut self,
        now: Timestamp,
        records: &[Folded],
        (ids, histories): (&dyn PublicIds, &mut dyn Histories),
        transitions: &mut Vec<Transition>,
    ) {
        self.now = self.now.max(now);
        if self.program.idle() && self.joining.is_none() {
            // Who was merged away must not come back when something is watched again.
            for merge in records.iter().flat_map(|folded| &folded.step.merged) {
                self.timers.clear(merge.from);
                if let Some(bytes) = self.users.get_mut(merge.from.at()) {
                    *bytes = Arc::default();
                }
            }
            return;
        }
        let old = |folded: &&Folded| time_of(folded.record) <= self.now.minus(GRACE);
        let bulk = records.iter().filter(old).count() >= BULK;
        // Ids are those after the frame: whoever has another one has it from its first record on.
        for folded in records.iter().filter(|folded| folded.step.renamed) {
            let user = folded.step.user;
            if self.users.get(user.at()).is_some_and(|b| !b.is_empty()) && !self.is_stale(user) {
                self.catch_up(user, ids, transitions);
                self.rename(user, ids, transitions);
            }
        }
        let merges = records.iter().flat_map(|folded| &folded.step.merged);
        let merges: Vec<Merge> = merges.copied().collect();
        // Where the records begin that were not taken in, and how many merges were.
        let (mut start, mut merged) = (0, 0);
        for (n, folded) in records.iter().enumerate() {
            let Step { user, merged: own, separated, .. } = folded.step;
            if own.is_empty() && separated.is_none() {
                continue;
            }
            let mut before = SoFar::new(histories, (&records[..start], &merges[..merged]));
            self.arrivals((&records[start..n], bulk), ids, &mut before, transitions);
            start = n;
            for merge in own {
                let mut before = SoFar::new(histories, (&records[..n], &merges[..merged]));
                self.merge((merge.from, merge.into), ids, &mut before, transitions);
                merged += 1;
            }
            if let Some(part) = separated {
                self.separate([*user, part.user], ids, transitions);
            }
        }
        let mut before = SoFar::new(histories, (&records[..start], &merges[..merged]));
        self.arrivals((&records[start..], bulk), ids, &mut before, transitions);
    }

    /// Tells what time alone changes up to an instant, of at most so many users; whether more are
    /// due.
    pub fn fire(
        &mut self,
        now: Timestamp,
        users_max: usize,
        ids: &dyn PublicIds,
        transitions: &mut Vec<Transition>,
    ) -> bool {
        self.now = self.now.max(now);
        let mut left = users_max;
        while left > 0 {
            let due = std::iter::from_fn(|| self.timers.due(self.now));
            let due: Vec<Due> = due.take(left.min(FIRED_AT_ONCE)).map(Due::by_time).collect();
            left -= due.len();
            if due.is_empty() {
                return false;
            }
            if !self.all_beside(&due, (&[], &[]), ids, &mut NoHistories, transitions) {
                for Due { user, horizon, .. } in due {
                    let of = (user, horizon);
                    self.look(of, &[], ids, &mut NoHistories, transitions);
                }
            }
        }
        self.timers.next().is_some_and(|next| next <= self.now)
    }

    /// Looks at a user whose time is up or of whom something arrived.
    fn look(
        &mut self,
        (user, horizon): (UserIndex, i64),
        arrived: &[Arrived],
        ids: &dyn PublicIds,
        histories: &mut dyn Histories,
        transitions: &mut Vec<Transition>,
    ) {
        let program = program_of(&self.program, self.joining.as_ref(), user);
        let look = Look { users: &self.users, ids, now: self.now, since: &self.since };
        self.told.clear();
        let at = (program, &mut self.scratch);
        let mut history = || histories.of(&[user]);
        let stepped = look.at(at, (user, horizon), arrived, &mut history, &mut self.told);
        self.take(user, stepped);
        self.tell(user, None, transitions);
    }

    /// Tells what is due of a user before anything else happens to them, so that it makes no
    /// difference whether [`Live::fire`] came to them before or not.
    pub(super) fn catch_up(
        &mut self,
        user: UserIndex,
        ids: &dyn PublicIds,
        transitions: &mut Vec<Transition>,
    ) {
        let horizon = self.horizon(user);
        if horizon <= self.now.0 {
            self.look((user, horizon), &[], ids, &mut NoHistories, transitions);
        }
    }

    /// The user has another public id from this instant on.
    fn rename(&mut self, user: UserIndex, ids: &dyn PublicIds, transitions: &mut Vec<Transition>) {
        let step = UserStep {
            id: ids.public_id(user),
            renamed: true,
            now: self.now,
            horizon: self.horizon(user),
            since: &self.since,
            history: &mut || None,
        };
        let program = program_of(&self.program, self.joining.as_ref(), user);
        self.told.clear();
        let bytes = &self.users[user.at()];
        match program.arrive(&mut self.scratch, bytes, &[], step, &mut self.told) {
            Ok(stepped) => self.take(user, stepped),
            Err(damaged) => panic!("user {}: {damaged}", user.0),
        }
        self.tell(user, None, transitions);
    }

    /// Records of a frame between two merges: of each user together.
    fn arrivals(
        &mut self,
        (records, bulk): (&[Folded], bool),
        ids: &dyn PublicIds,
        histories: &mut dyn Histories,
        transitions: &mut Vec<Transition>,
    ) {
        let mut order: Vec<(u32, u32)> =
            records.iter().zip(0..).map(|(folded, n)| (folded.step.user.0, n)).collect();
        order.sort_unstable();
        let mut due: Vec<Due> = Vec::new();
        let mut start = 0;
        for of_user in order.chunk_by(|a, b| a.0 == b.0) {
            let (user, arrived) = (UserIndex(of_user[0].0), start..start + of_user.len());
            start = arrived.end;
            let grace = self.now.minus(GRACE);
            let old = |(_, n): &(u32, u32)| time_of(records[*n as usize].record) <= grace;
            if self.is_stale(user) || bulk && of_user.iter().any(old) {
                self.mark_stale(user);
                continue;
            }
            due.push(Due { user, horizon: self.horizon(user), arrived });
        }
        while due.last().is_some_and(|last| self.users.len() <= last.user.at()) {
            self.users.push(Arc::default());
        }
        if self.all_beside(&due, (records, &order), ids, histories, transitions) {
            return;
        }
        let mut arrived: Vec<Arrived> = Vec::new();
        for of in due {
            arrived.clear();
            arrived.extend(of.arrived.map(|at| arrival(records[order[at].1 as usize].record)));
            if let Some(joining) = &mut self.joining {
                joining.arrived(of.user, &arrived);
            }
            self.look((of.user, of.horizon), &arrived, ids, histories, transitions);
        }
    }

    /// Looks at users with the help of other threads; `false` if there are none for them.
    fn all_beside(
        &mut self,
        due: &[Due],
        (records, order): (&[Folded], &[(u32, u32)]),
        ids: &dyn PublicIds,
        histories: &mut dyn Histories,
        transitions: &mut Vec<Transition>,
    ) -> bool {
        let arrived = |at: usize| arrival(records[order[at].1 as usize].record);
        let Some(pieces) = self.look_at_all(due, ids, &arrived) else { return false };
        let mut found = pieces.iter().flat_map(|piece| piece.found.iter().map(move |f| (piece, f)));
        for of in due {
            let (piece, found) = found.next().expect("everybody was looked at");
            match found.stepped {
                Some(stepped) => {
                    self.take_found(piece, found, stepped);
                    self.tell(of.user, None, transitions);
                }
                None => {
                    let arrived: Vec<Arrived> = of.arrived.clone().map(arrived).collect();
                    self.look((of.user, of.horizon), &arrived, ids, histories, transitions);
                }
            }
        }
        self.give_back(pieces);
        true
    }

    /// The new bytes and horizon of a user.
    pub(super) fn take(&mut self, user: UserIndex, stepped: Stepped) {
        if stepped.changed {
            put(&mut self.users[user.at()], &self.scratch.bytes);
        }
        self.settled(user, stepped);
    }

    /// The new bytes of a user, if any, are in place: what is to be looked at again, and when.
    pub(super) fn settled(&mut self, user: UserIndex, stepped: Stepped) {
        if stepped.late
            && let Some(joining) = &mut self.joining
        {
            joining.rebuild(user);
        }
        self.timers.set(user, Timestamp(stepped.horizon));
    }

    /// What was told of a user, as transitions. `cause`: what brought everything about, if it was
    /// neither a record nor time.
    pub(super) fn tell(
        &mut self,
        user: UserIndex,
        cause: Option<Cause>,
        transitions: &mut Vec<Transition>,
    ) {
        for told in &self.told {
            let correction = match told.correction {
                segment::live::Correction::None => Correction::None,
                segment::live::Correction::Added => Correction::Added,
                segment::live::Correction::Revoked => Correction::Revoked,
            };
            let own = if told.arrived { Cause::Record } else { Cause::Time };
            let by_time = own == Cause::Time && correction == Correction::None && cause.is_none();
            let at = Timestamp(told.at);
            let transition = Transition {
                user,
                watch: WatchId(told.watch),
                at,
                recorded_at: if by_time { at } else { self.now },
                from: told.from,
                to: told.to,
                cause: cause.unwrap_or(own),
                correction,
            };
            count(&mut self.counts, &transition);
            transitions.push(transition);
        }
    }

    /// Two users turned out to be one: the one that vanishes leaves everything.
    fn merge(
        &mut self,
        (from, into): (UserIndex, UserIndex),
        ids: &dyn PublicIds,
        histories: &mut dyn Histories,
        transitions: &mut Vec<Transition>,
    ) {
        while self.users.len() <= from.at().max(into.at()) {
            self.users.push(Arc::default());
        }
        self.catch_up(from, ids, transitions);
        self.catch_up(into, ids, transitions);
        let gone = std::mem::take(&mut self.users[from.at()]);
        let stale = self.is_stale(from) || self.is_stale(into);
        self.stale.remove(&from);
        self.building.remove(&from);
        self.timers.clear(from);
        self.leave_all(from, &gone, transitions);
        let whole = self.joining.as_mut().is_none_or(|joining| joining.merge(from, into));
        if stale {
            self.mark_stale(into);
            let bytes = &mut self.users[into.at()];
            if !bytes.is_empty() || !gone.is_empty() {
                *bytes = known_from(bytes, self.now).into();
            }
        }
        if gone.is_empty() && whole || stale {
            return;
        }
        let program = program_of(&self.program, self.joining.as_ref(), into);
        let kept = std::mem::take(&mut self.users[into.at()]);
        let before = program.places(&kept);
        self.told.clear();
        let step = UserStep {
            id: ids.public_id(into),
            renamed: true,
            now: self.now,
            horizon: self.horizon(into),
            since: &self.since,
            history: &mut || None,
        };
        // What is told by the way is told below, as brought about by the merge.
        let stepped = match (whole, kept.is_empty()) {
            (false, _) => None,
            // Nothing is known of the one that remains: it is the other from now on.
            (true, true) => {
                let stepped = program
                    .arrive(&mut self.scratch, &gone, &[], step, &mut self.told)
                    .unwrap_or_else(|damaged| panic!("user {}: {damaged}", from.0));
                let bytes = if stepped.changed { &self.scratch.bytes } else { &gone[..] };
                let bytes = known_from(bytes, self.now);
                self.scratch.bytes.clear();
                self.scratch.bytes.extend_from_slice(&bytes);
                Some(Stepped { late: true, changed: true, horizon: self.now.0 })
            }
            (true, false) => program
                .unite(&mut self.scratch, (&kept, &gone), step, &mut self.told)
                .unwrap_or_else(|damaged| panic!("user {}: {damaged}", into.0)),
        };
        self.users[into.at()] = kept;
        match stepped {
            Some(stepped) => self.take(into, Stepped { late: true, ..stepped }),
            None => {
                let both = histories.of(&[into, from]);
                self.told.clear();
                let program = program_of(&self.program, self.joining.as_ref(), into);
                // Histories hold only what the conditions need, perhaps not what came first.
                let known = [first_seen(&gone), first_seen(&self.users[into.at()])];
                let seen = both.as_ref().and_then(first_seen_at);
                let seen = known.into_iter().chain([seen]).flatten().min();
                if let Some((mut history, seen)) = both.zip(seen) {
                    history.id.clone_from(ids.public_id(into));
                    let stepped =
                        program.build(&mut self.scratch, &history, seen, (self.now, self.now));
                    self.take(into, Stepped { late: true, ..stepped });
                }
            }
        }
        self.told.clear();
        self.tell_difference(into, &before, Cause::Merge, transitions);
    }

    /// One user is two again: nobody can tell from their bytes what is whose, so both are built anew,
    /// and what that changes is told as of this instant.
    fn separate(
        &mut self,
        both: [UserIndex; 2],
        ids: &dyn PublicIds,
        transitions: &mut Vec<Transition>,
    ) {
        for user in both {
            while self.users.len() <= user.at() {
                self.users.push(Arc::default());
            }
            self.catch_up(user, ids, transitions);
            self.mark_stale(user);
            let bytes = &mut self.users[user.at()];
            *bytes = known_from(bytes, self.now).into();
        }
    }

    /// Tells how the places of a user differ from others, at this instant.
    pub(super) fn tell_difference(
        &mut self,
        user: UserIndex,
        before: &[u8],
        cause: Cause,
        transitions: &mut Vec<Transition>,
    ) {
        let program = program_of(&self.program, self.joining.as_ref(), user);
        let after = program.places(&self.users[user.at()]);
        for (watch, to) in (0u32..).zip(after) {
            let from = before.get(watch as usize).copied().unwrap_or(0);
            if from != to {
                self.told.push(Told {
                    at: self.now.0,
                    watch,
                    from,
                    to,
                    arrived: false,
                    correction: segment::live::Correction::None,
                });
            }
        }
        self.tell(user, Some(cause), transitions);
    }

    fn leave_all(&mut self, user: UserIndex, bytes: &[u8], transitions: &mut Vec<Transition>) {
        let places = program_of(&self.program, self.joining.as_ref(), user).places(bytes);
        self.told.clear();
        for (watch, from) in (0u32..).zip(places) {
            if from != 0 {
                self.told.push(Told {
                    at: self.now.0,
                    watch,
                    from,
                    to: 0,
                    arrived: false,
                    correction: segment::live::Correction::None,
                });
            }
        }
        self.tell(user, Some(Cause::Merge), transitions);
        self.told.clear();
    }

    /// The instant at which anything of a user may change next, in milliseconds.
    pub(super) fn horizon(&self, user: UserIndex) -> i64 {
        self.timers.horizon(user).map_or(NEVER, |at| at.0)
    }

    pub(super) fn program_of(&self, user: UserIndex) -> &Program {
        program_of(&self.program, self.joining.as_ref(), user)
    }
}

/// The new bytes of a user in the place of the old ones.
pub(super) fn put(bytes: &mut Arc<[u8]>, own: &[u8]) {
    // Whoever froze the state may hold the bytes as they were.
    match Arc::get_mut(bytes).filter(|bytes| bytes.len() == own.len()) {
        Some(bytes) => bytes.copy_from_slice(own),
        None => *bytes = own.into(),
    }
}

/// The program in which a user is: while definitions join, those that have joined are in the next.
pub(super) fn program_of<'a>(
    program: &'a Program,
    joining: Option<&'a Joining>,
    user: UserIndex,
) -> &'a Program {
    joining.and_then(|joining| joining.program_of(user)).unwrap_or(program)
}

pub(super) fn count(counts: &mut [Vec<i64>], transition: &Transition) {
    let Some(counts) = counts.get_mut(transition.watch.0 as usize) else { return };
    let sign = if transition.correction == Correction::Revoked { -1 } else { 1 };
    if let Some(to) = counts.get_mut(usize::from(transition.to)) {
        *to += sign;
    }
    if let Some(from) = counts.get_mut(usize::from(transition.from)) {
        *from -= sign;
    }
}

fn time_of(record: &Record) -> Timestamp {
    match &record.what {
        What::Event(event) => event.time,
        What::Identify(change) => change.time,
        What::Facts(facts) => facts.time,
        What::Alias { .. } | What::Separate { .. } => record.received_at,
    }
}

fn arrival(record: &Record) -> Arrived<'_> {
    match &record.what {
        What::Event(event) => {
            Arrived { time: event.time, what: ArrivedWhat::Event(&event.name, &event.properties) }
        }
        What::Identify(change) => {
            Arrived { time: change.time, what: ArrivedWhat::Attributes(&change.attributes) }
        }
        What::Facts(facts) => {
            Arrived { time: facts.time, what: ArrivedWhat::Attributes(&facts.attributes) }
        }
        What::Alias { .. } | What::Separate { .. } => {
            Arrived { time: record.received_at, what: ArrivedWhat::Seen }
        }
    }
}

/// Users by their number, for tests and simulations without names.
impl PublicIds for HashMap<UserIndex, Text> {
    fn public_id(&self, user: UserIndex) -> &Text {
        const NOBODY: &Text = &Text::const_new("");
        self.get(&user).unwrap_or(NOBODY)
    }
}
