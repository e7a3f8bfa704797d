//! New and edited definitions join the live path at an exact position, while records flow.
//!
//! What it is: from [`Live::define`] on, what new definitions need is collected of every record;
//! somebody else meanwhile reads from the history what they need of everything before
//! ([`Base::of`], pure, on any thread); [`Live::join`] unites both, a range of users after the other,
//! counts who is in, and tells whom an edit moves. What it is not: it reads no history.
//!
//! Invariant: a record is either in the snapshot that the base is made of, or collected, never both
//! and never neither.

use std::ops::Range;
use std::sync::Arc;

use hashbrown::HashSet;
use model::{Text, Timestamp, UserIndex};
use segment::evaluate::UserHistory;
use segment::live::{
    Arrived, NotLive, Program, Scratch, Step as UserStep, Watched, first_seen, known_since,
};
use segment::{Predicate, Rules};

use super::fold::{Live, PublicIds};
use super::histories::Histories;
use super::transition::{Cause, Transition};

/// Definitions on their way.
pub struct Joining {
    /// What was watched before.
    before: Program,
    /// The program of those who have joined.
    next: Program,
    /// Sources that must be brought in.
    sources: Vec<u32>,
    /// Watches that are new, each with the number of the one that it replaces.
    watches: Vec<(u32, Option<u32>)>,
    /// What the snapshot has is as of this instant.
    at: Timestamp,
    /// Users below have joined.
    joined: u32,
    /// Users that the snapshot has; those beyond came later.
    users: u32,
    /// Users whose past changed since: they are built anew.
    rebuilt: HashSet<UserIndex>,
    /// Users that were merged away since.
    gone: HashSet<UserIndex>,
}

/// What brings definitions in: for a thread that reads the history of the position at which they
/// were defined.
#[derive(Clone)]
pub struct Base {
    program: Program,
    sources: Vec<u32>,
    predicates: Vec<Predicate>,
    at: Timestamp,
    users: u32,
}

/// What became of definitions.
pub struct Defined {
    /// Definitions that cannot be watched, with the reason.
    pub refused: Vec<(Text, NotLive)>,
    /// What to bring in; nothing if everything could be taken up at once.
    pub base: Option<Base>,
}

impl Joining {
    pub(super) fn next(&self) -> &Program {
        &self.next
    }

    /// Whether a watch is given up for one that joins.
    pub(super) fn replaces(&self, watch: u32) -> bool {
        self.watches.iter().any(|(_, old)| *old == Some(watch))
    }

    pub(super) fn program_of(&self, user: UserIndex) -> Option<&Program> {
        (user.0 < self.joined).then_some(&self.next)
    }

    pub(super) fn rebuild(&mut self, user: UserIndex) {
        if user.0 >= self.joined {
            self.rebuilt.insert(user);
        }
    }

    /// What came of a user of the snapshot. What is before its instant may need what was left out of
    /// what is brought in.
    pub(super) fn arrived(&mut self, user: UserIndex, arrived: &[Arrived]) {
        if user.0 < self.users && arrived.iter().any(|arrived| arrived.time <= self.at) {
            self.rebuild(user);
        }
    }

    /// Whether what is brought in of a user cannot be united with what is known: places in the
    /// lifecycle were noted by what the lifecycle said before.
    fn is_beyond_base(&self, own: &[u8], base: &[u8]) -> bool {
        let lived_on = || Program::settled(own).is_some_and(|settled| settled >= self.at);
        self.next.brings_places(&self.sources) && (base.is_empty() || lived_on())
    }

    /// Nothing of the user is brought in.
    pub(super) fn forget(&mut self, user: UserIndex) {
        self.rebuilt.remove(&user);
        self.gone.insert(user);
    }

    /// Two users turned out to be one. Whether the one that remains is whole, or will be when it
    /// joins; otherwise what the other had before is still to be brought in.
    pub(super) fn merge(&mut self, from: UserIndex, into: UserIndex) -> bool {
        self.rebuilt.remove(&from);
        self.gone.insert(from);
        self.rebuild(into);
        into.0 >= self.joined || from.0 < self.joined || from.0 >= self.users
    }
}

impl Base {
    /// Definitions of which users' histories are needed: only what they name must be in them.
    pub fn predicates(&self) -> &[Predicate] {
        &self.predicates
    }

    /// The instant at which they were defined.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Numbers of the users that are brought in.
    pub fn users(&self) -> Range<u32> {
        0..self.users
    }

    /// What the definitions need of a user of this history, as it was where they were defined.
    /// `first_seen`: when the user did anything at all.
    pub fn of(
        &self,
        scratch: &mut Scratch,
        history: &UserHistory,
        first_seen: Timestamp,
    ) -> Box<[u8]> {
        self.program.base(scratch, history, (first_seen, self.at), &self.sources)
    }
}

impl Live {
    /// From now on these definitions, and no others, are watched. Those that are new or edited join:
    /// bring in what [`Defined::base`] asks for with [`Live::join`]. What they need of the past is
    /// in the history at this very position of the log. An edited one is watched as it was until the
    /// new one has joined.
    ///
    /// Panics if others are still joining: see [`Live::joining`].
    pub fn define(&mut self, rules: &Rules, watched: &[Watched], n_users: usize) -> Defined {
        assert!(self.joining.is_none(), "one join at a time");
        // They would be put in place as the program of before has them.
        self.abandon_rebuild();
        let before = &self.program;
        let (next, refused) = Program::compile(rules, watched, Some(before));
        let new = |watch: u32| before.watched(watch).is_none();
        let comes: Vec<(u32, &Watched)> = next.live().filter(|(watch, _)| new(*watch)).collect();
        if comes.is_empty() {
            self.program = next;
            self.former.clear();
            self.make_counts();
            return Defined { refused, base: None };
        }
        let watches: Vec<(u32, Option<u32>)> =
            comes.iter().map(|(watch, new)| (*watch, before.watch(&new.key))).collect();
        let collecting = next.collecting(before);
        let sources = next.new_sources(before);
        let predicates = comes.iter().flat_map(|(_, new)| new.what.predicates()).collect();
        let (at, users) = (self.now, n_users as u32);
        let base = Base { program: next.clone(), sources: sources.clone(), predicates, at, users };
        let before = std::mem::replace(&mut self.program, collecting);
        self.joining = Some(Joining {
            before,
            next,
            sources,
            watches,
            at,
            joined: 0,
            users,
            rebuilt: HashSet::new(),
            gone: HashSet::new(),
        });
        while self.users.len() < n_users {
            self.users.push(Arc::default());
        }
        self.make_counts();
        Defined { refused, base: Some(base) }
    }

    /// How many users have joined, and of how many; nothing if nothing is joining.
    pub fn joining(&self) -> Option<(u32, u32)> {
        self.joining.as_ref().map(|joining| (joining.joined, joining.users))
    }

    /// Gives up what is joining: what was watched before is watched again, and everybody is built
    /// anew.
    pub fn abandon(&mut self) {
        if let Some(joining) = self.joining.take() {
            self.program = joining.before;
            (0..self.users.len() as u32).for_each(|user| self.mark_stale(UserIndex(user)));
        }
    }

    /// Keys of the definitions that are joining.
    pub fn joining_keys(&self) -> Vec<Text> {
        let Some(joining) = &self.joining else { return Vec::new() };
        let keys = joining.watches.iter().filter_map(|(new, _)| joining.next.key(*new).cloned());
        keys.collect()
    }

    /// Brings in the next users, from where the last call ended: `base[n]` is what [`Base::of`] gave
    /// for user `from + n`. After the last one the new definitions are all that is watched; `true`
    /// then.
    pub fn join(
        &mut self,
        (from, base): (u32, &[Box<[u8]>]),
        (ids, histories): (&dyn PublicIds, &mut dyn Histories),
        transitions: &mut Vec<Transition>,
    ) -> bool {
        let Some(mut joining) = self.joining.take() else { return true };
        assert_eq!(from, joining.joined, "ranges join in order");
        for (user, base) in (from..).zip(base) {
            self.join_user(&mut joining, UserIndex(user), base, (ids, histories), transitions);
        }
        joining.joined = from + base.len() as u32;
        if joining.joined < joining.users {
            self.joining = Some(joining);
            return false;
        }
        // Those who came since have nothing to bring in.
        for user in joining.users..self.users.len() as u32 {
            self.join_user(&mut joining, UserIndex(user), &[], (ids, histories), transitions);
        }
        for (_, old) in joining.watches.iter().filter_map(|(new, old)| Some((*new, (*old)?))) {
            self.counts[old as usize].fill(0);
        }
        self.program = joining.next;
        self.make_counts();
        for (watch, _) in &joining.watches {
            self.since[*watch as usize] = self.now.0;
        }
        self.former.clear();
        true
    }

    /// The place of a user in a definition as it was before it was edited while nothing ran; nothing
    /// if it is new.
    fn former_place(&self, key: Option<&Text>, user: UserIndex) -> Option<u8> {
        let (_, places) = self.former.iter().find(|(former, _)| Some(former.key()) == key)?;
        Some(places.get(user.at()).copied().unwrap_or(0))
    }

    fn join_user(
        &mut self,
        joining: &mut Joining,
        user: UserIndex,
        base: &[u8],
        (ids, histories): (&dyn PublicIds, &mut dyn Histories),
        transitions: &mut Vec<Transition>,
    ) {
        // Who is to be built anew and of whom nothing was told is built with the new definitions. Of
        // others is told what is known, so that numbers stay those of what was told.
        let stale = self.is_stale(user);
        if stale && self.users[user.at()].is_empty() {
            return;
        }
        self.catch_up(user, ids, transitions);
        let own = std::mem::take(&mut self.users[user.at()]);
        let id = ids.public_id(user);
        // Who was merged away is nobody, and whoever took over is built anew.
        if own.is_empty() && base.is_empty() || joining.gone.contains(&user) {
            return;
        }
        let before = self.program.places(&own);
        let next = &joining.next;
        self.told.clear();
        // Who is stale is built anew later, when all that changes then is told.
        let rebuilt = joining.rebuilt.remove(&user) || joining.is_beyond_base(&own, base);
        let rebuilt = rebuilt && !stale;
        let rebuilt = rebuilt.then(|| histories.of(&[user])).flatten();
        // Histories hold only what the conditions need.
        let held = rebuilt.as_ref().and_then(segment::evaluate::first_seen_at);
        let seen = [first_seen(&own), first_seen(base), held].into_iter().flatten().min();
        let rebuilt = rebuilt.zip(seen);
        let stepped = match rebuilt {
            Some((history, seen)) => {
                let since = known_since(&own).unwrap_or(Timestamp::MIN);
                next.build(&mut self.scratch, &history, seen, (self.now, since))
            }
            None => {
                let step = UserStep {
                    id,
                    renamed: false,
                    now: self.now,
                    horizon: self.horizon(user),
                    since: &self.since,
                    history: &mut || None,
                };
                let bytes = (&own[..], base);
                next.join(&mut self.scratch, bytes, &joining.sources, step, &mut self.told)
                    .unwrap_or_else(|damaged| panic!("user {}: {damaged}", user.0))
            }
        };
        self.users[user.at()] = own;
        self.take(user, stepped);
        if stale {
            self.timers.clear(user);
        }
        let after = next.places(&self.users[user.at()]);
        let new = |watch: u32| joining.watches.iter().find(|(new, _)| *new == watch);
        // What was live before and is now tells its own changes of this instant.
        let mut told = std::mem::take(&mut self.told);
        told.retain(|told| new(told.watch).is_none() && self.program.watched(told.watch).is_some());
        self.told = told;
        self.tell(user, None, transitions);
        self.told.clear();
        for (watch, old) in &joining.watches {
            let was = match old {
                Some(old) => Some(before.get(*old as usize).copied().unwrap_or(0)),
                None => self.former_place(joining.next.key(*watch), user),
            };
            let to = after.get(*watch as usize).copied().unwrap_or(0);
            if let Some(count) = self.counts[*watch as usize].get_mut(usize::from(to)) {
                *count += 1;
            }
            // Whom a new definition finds went nowhere: they are counted.
            if let Some(from) = was.filter(|from| *from != to) {
                transitions.push(Transition {
                    user,
                    watch: super::WatchId(*watch),
                    at: self.now,
                    recorded_at: self.now,
                    from,
                    to,
                    cause: Cause::Definition,
                    correction: super::Correction::None,
                });
            }
        }
    }
}
