//! Events that nobody sends, as parts in memory: made of the stored events of a snapshot when a
//! question names one.
//!
//! What it is: for ranges of users on the thread pool, what is needed of the stored columns, and
//! rows of the derived families, sorted as those of any part. What it is not: nothing is kept
//! longer than the snapshot, and nothing of it is ever written. What the events mean stands in
//! [`segment::derived`].
//!
//! Invariants: who has a stored event of the name, or one that says the same, has no derived one;
//! a user has at most one derived event of a name at a millisecond; what is derived does not depend
//! on the instant of a question, but for sessions that may still go on as of the view's now.

mod apps;
mod campaigns;
mod rows;
mod sessions;
#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

use model::{Timestamp, UserIndex};
use segment::derived::{self, SessionSettings};

use crate::evaluate::{QueryError, Source, Wanted, by_users};
use crate::ranges::pieces;
use crate::snapshot::{Families, FoundPart, Snapshot, known_part};

use rows::Made;

pub(crate) use sessions::activity;

/// Kinds that are derived together, as they need the same columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// Beginnings and ends of sessions.
    Sessions,
    /// Installations and versions of applications.
    Apps,
    /// Campaigns.
    Campaigns,
}

/// What was derived of one snapshot under some settings, group by group. Ends of sessions that may
/// still go on are among it.
pub(crate) struct Base {
    pub(crate) settings: SessionSettings,
    groups: [OnceLock<Result<Families, QueryError>>; 3],
}

/// The same, as it is known at an instant.
pub(crate) struct Deriving {
    base: Arc<Base>,
    now: Timestamp,
    sessions: OnceLock<Result<Families, QueryError>>,
}

impl Group {
    /// All groups.
    pub(crate) const ALL: [Group; 3] = [Group::Sessions, Group::Apps, Group::Campaigns];

    /// The group of a name.
    pub(crate) fn of(name: &str) -> Option<Group> {
        match derived::named(name)?.name {
            derived::SESSION_STARTED | derived::SESSION_CONCLUDED => Some(Group::Sessions),
            derived::APP_INSTALLED | derived::APP_VERSION_CHANGED => Some(Group::Apps),
            derived::UTM_VISITED => Some(Group::Campaigns),
            _ => None,
        }
    }
}

impl Base {
    pub(crate) fn new(settings: SessionSettings) -> Base {
        Base { settings, groups: Default::default() }
    }
}

impl Deriving {
    pub(crate) fn new(base: Arc<Base>, now: Timestamp) -> Deriving {
        Deriving { base, now, sessions: OnceLock::new() }
    }

    pub(crate) fn base(&self) -> &Base {
        &self.base
    }

    /// The families of a group, as they are known.
    pub(crate) fn families(
        &self,
        snapshot: &Snapshot,
        group: Group,
    ) -> Result<&Families, QueryError> {
        let all = self.base.groups[group as usize]
            .get_or_init(|| apart(|| derive(snapshot, &self.base.settings, group, None)));
        let known = match group {
            Group::Sessions => self.sessions.get_or_init(|| self.visible(snapshot, all.clone()?)),
            Group::Apps | Group::Campaigns => all,
        };
        known.as_ref().map_err(QueryError::clone)
    }

    /// Without ends of sessions that may still go on: those are known later. Parts in which there
    /// is none are shared.
    pub(crate) fn visible(
        &self,
        snapshot: &Snapshot,
        families: Families,
    ) -> Result<Families, QueryError> {
        let concluded = snapshot.names.number(derived::SESSION_CONCLUDED);
        let mut visible = Families::new();
        for (family, parts) in families {
            if Some(family.name()) != concluded {
                visible.insert(family, parts);
                continue;
            }
            let mut kept = Vec::new();
            for part in &parts {
                kept.extend(known_part(part, self.now, None)?);
            }
            if !kept.is_empty() {
                visible.insert(family, kept);
            }
        }
        Ok(visible)
    }
}

/// Does work on a pool of its own, while the thread that asks takes up nothing else. Whoever asks may
/// be a thread of the common pool, where all others may wait for the same: with that pool nobody
/// would be left to do it, or somebody would take up a question that waits for himself.
fn apart<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    static POOL: OnceLock<Option<rayon::ThreadPool>> = OnceLock::new();
    let name = |n| format!("derive-{n}");
    let pool = POOL.get_or_init(|| rayon::ThreadPoolBuilder::new().thread_name(name).build().ok());
    let Some(pool) = pool else { return work() };
    std::thread::scope(|scope| match scope.spawn(|| pool.install(work)).join() {
        Ok(done) => done,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

/// Derives a group of everybody, or of one user.
/// Cost: one pass over the columns that it needs, of the parts that have them.
pub(crate) fn derive(
    snapshot: &Snapshot,
    settings: &SessionSettings,
    group: Group,
    user: Option<UserIndex>,
) -> Result<Families, QueryError> {
    let reading = Reading { snapshot, settings, user };
    let made = match group {
        Group::Sessions => sessions::derive(&reading)?,
        Group::Apps => apps::derive(&reading)?,
        Group::Campaigns => campaigns::derive(&reading)?,
    };
    Ok(rows::families(snapshot, made))
}

/// What is read, and how.
struct Reading<'a> {
    snapshot: &'a Snapshot,
    settings: &'a SessionSettings,
    /// Nothing: everybody.
    user: Option<UserIndex>,
}

impl Reading<'_> {
    /// Activity, with some properties at hand; only of parts that have any of the properties `of`.
    fn source(&self, wanted: &Wanted, of: &[&str]) -> Result<Source, QueryError> {
        let names = &self.snapshot.names;
        let of: Vec<_> = of.iter().map(|name| names.number(name)).collect();
        let has = |found: &FoundPart| {
            of.is_empty() || of.iter().flatten().any(|id| found.part.columns().any(|c| c == *id))
        };
        let own = |found: &FoundPart| match self.user {
            Some(user) => found.part.has_user(user.0),
            None => Ok(true),
        };
        let lived = |user: UserIndex| {
            let facts = self.snapshot.facts_of(user);
            (Timestamp(facts.first_event), Timestamp(facts.last_seen))
        };
        let range = self.user.map_or((Timestamp::MIN, Timestamp::MAX), lived);
        activity(
            self.snapshot,
            self.settings,
            range,
            wanted,
            &|found| Ok(has(found) && own(found)?),
        )
    }

    /// Makes rows of a few users at a time; answers in order of users.
    fn rows(&self, make: impl Fn(std::ops::Range<u32>, &mut Made) + Sync) -> Vec<Made> {
        if let Some(user) = self.user {
            let mut made = Made::default();
            make(user.0..user.0 + 1, &mut made);
            return vec![made];
        }
        by_users(self.snapshot.n_places(), |users| {
            let mut made = Made::default();
            pieces(users).for_each(|some| make(some, &mut made));
            made
        })
    }

    /// Whether a kind is derived for a user: nothing was sent that says it.
    fn wanted(&self, name: &str) -> Result<impl Fn(u32) -> bool + Sync + use<>, QueryError> {
        let instead = derived::named(name).map_or(&[][..], |derived| derived.instead);
        let names: Vec<&str> = instead.iter().copied().chain([name]).collect();
        let sent = self.snapshot.have_events_named(&names, self.user)?;
        Ok(move |user| sent.as_ref().is_none_or(|sent| !sent.contains(UserIndex(user))))
    }
}

/// The place in the order of arrival at which derived events of a kind stand within a millisecond:
/// places of stored events begin at one frame.
fn arrival(name: &str) -> u64 {
    match name {
        derived::SESSION_CONCLUDED => u64::MAX << engine::SEQUENCE_BITS,
        _ => derived::ALL.iter().position(|derived| derived.name == name).unwrap_or(0) as u64,
    }
}
