//! Evaluation of a segment definition for all users at one instant, as sets.
//!
//! Simple measures are scans over the columns that a condition names; conditions that need a
//! user's events in order are evaluated user by user by [`segment::evaluate`], over just the
//! events and properties that they name. Either way the answer is that of the naive reference,
//! user for user. Equal conditions of one evaluator are computed once.

mod active;
mod affinity;
mod blocks;
mod cancel;
mod costs;
mod instants;
mod matching;
mod measure;
mod needs;
mod ordered;
mod per_user;
mod seen;
mod share;
mod slots;
mod source;
mod sums;
mod values;

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use model::{Text, Timestamp, UserIndex, Zone};
use segment::Rules;
use segment::evaluate::{Population, RfmScore, rfm_holds};
use segment::tree::{BucketPredicate, EventNames, Predicate, Range, RfmPredicate, Window};

use crate::disk::Error;
use crate::lifecycle::LifecycleAt;
use crate::rfm::RfmAt;
use crate::set::UserSet;
use crate::snapshot::Snapshot;

pub(crate) use active::{ActiveDays, ActiveMonth};
pub use costs::{Answered, ConditionCost};
pub(crate) use instants::{Ahead, n_conditions};
pub(crate) use matching::Matching;
pub(crate) use measure::Measured;
pub use needs::Needs;
pub(crate) use share::by_users;
pub(crate) use source::{Hit, Source, SourcePart, Wanted};

/// Why a question has no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum QueryError {
    /// A condition that this version cannot answer yet.
    #[error("`{what}` is not yet available; remove this condition from the definition")]
    NotAvailable {
        /// The predicate's type.
        what: &'static str,
    },
    /// Whoever asked said stop: [`Evaluator::cancelled_by`].
    #[error("the question was cancelled before it was answered")]
    Cancelled,
    /// A file of the history could not be read, or is damaged.
    #[error("{0}")]
    Read(Arc<Error>),
}

impl From<QueryError> for std::io::Error {
    fn from(error: QueryError) -> std::io::Error {
        std::io::Error::other(error)
    }
}

impl From<Error> for QueryError {
    fn from(error: Error) -> QueryError {
        QueryError::Read(Arc::new(error))
    }
}

/// What answering read: whole columns of whole parts, wherever they were held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Parts.
    pub parts: u64,
    /// Rows of those parts.
    pub rows: u64,
    /// Bytes of the columns in memory.
    pub bytes: u64,
}

/// In which order conditions are asked that must all hold: first what is kept per user and cheap
/// ("anything lately"), which leaves fewer candidates for what is not.
fn cost(predicate: &Predicate) -> u8 {
    match predicate {
        Predicate::Event(p) => match (&p.of.names, &p.within.range) {
            (EventNames::Any, Range::Last(_) | Range::Since(_)) => 0,
            (EventNames::Any, _) => 2,
            (EventNames::Of(_), _) => 1,
        },
        Predicate::Not(of) => cost(of),
        other if costly(other) => 3,
        _ => 1,
    }
}

/// Whether a condition is worth answering for some users only: it needs their events in order.
fn costly(predicate: &Predicate) -> bool {
    match predicate {
        Predicate::Sequence(_)
        | Predicate::Since(_)
        | Predicate::Absence(_)
        | Predicate::Baseline(_)
        | Predicate::Date(_)
        | Predicate::Affinity(_) => true,
        Predicate::All(of) | Predicate::Any(of) => of.iter().any(costly),
        Predicate::Not(of) => costly(of),
        _ => false,
    }
}

/// Answers about all users at one instant.
pub struct Evaluator<'a> {
    /// What is read.
    pub snapshot: &'a Snapshot,
    /// What names mean.
    pub rules: &'a Rules,
    /// The instant.
    pub at: Timestamp,
    everybody: UserSet,
    reads: Cell<Reads>,
    known: RefCell<Vec<(Predicate, UserSet)>>,
    open_segments: RefCell<Vec<Text>>,
    in_lifecycle: Cell<bool>,
    states: RefCell<Option<std::rc::Rc<LifecycleAt>>>,
    rfm: RefCell<Option<std::rc::Rc<RfmAt>>>,
    recorder: Option<costs::Recorder<'a>>,
    stop: Option<&'a AtomicBool>,
}

impl<'a> Evaluator<'a> {
    /// An evaluator for one instant.
    pub fn new(snapshot: &'a Snapshot, rules: &'a Rules, at: Timestamp) -> Evaluator<'a> {
        Evaluator {
            snapshot,
            rules,
            at,
            everybody: snapshot.users(at),
            reads: Cell::default(),
            known: RefCell::default(),
            open_segments: RefCell::default(),
            in_lifecycle: Cell::new(false),
            states: RefCell::default(),
            rfm: RefCell::default(),
            recorder: None,
            stop: None,
        }
    }

    /// What was read so far to answer.
    pub fn reads(&self) -> Reads {
        self.reads.get()
    }

    pub(crate) fn note(&self, source: &source::Source) {
        let mut reads = self.reads.get();
        reads.parts += source.n_parts() as u64;
        reads.rows += source.n_rows();
        reads.bytes += source.n_bytes();
        self.reads.set(reads);
    }

    /// So many bytes were read that are no columns.
    fn note_bytes(&self, bytes: u64) {
        let reads = self.reads.get();
        self.reads.set(Reads { bytes: reads.bytes + bytes, ..reads });
    }

    /// Everybody who exists at the instant.
    pub fn everybody(&self) -> &UserSet {
        &self.everybody
    }

    /// Who is in.
    pub fn members(&self, predicate: &Predicate) -> Result<UserSet, QueryError> {
        self.among(predicate, None)
    }

    /// Who is in, right for the users `among` only: about others the answer says nothing.
    /// Nothing: for everybody.
    fn among(&self, predicate: &Predicate, among: Option<&UserSet>) -> Result<UserSet, QueryError> {
        match predicate {
            Predicate::All(of) => {
                let mut set = among.unwrap_or(&self.everybody).clone();
                let mut of: Vec<&Predicate> = of.iter().collect();
                of.sort_by_key(|part| cost(part));
                for part in of {
                    if set.is_empty() {
                        break;
                    }
                    set.and(&self.among(part, Some(&set))?);
                }
                Ok(set)
            }
            Predicate::Any(of) => {
                let mut set = UserSet::empty(self.snapshot.n_places());
                for part in of {
                    set.or(&self.among(part, among)?);
                }
                Ok(set)
            }
            Predicate::Not(of) => {
                let mut set = self.everybody.clone();
                set.minus(&self.among(of, among)?);
                Ok(set)
            }
            leaf => self.leaf(leaf, among),
        }
    }

    /// A leaf, remembered if it was answered for everybody and its meaning does not depend on
    /// where it stands.
    fn answered(
        &self,
        leaf: &Predicate,
        among: Option<&UserSet>,
    ) -> Result<(UserSet, Answered), QueryError> {
        self.go_on()?;
        let depends = matches!(leaf, Predicate::Segment(_) | Predicate::Lifecycle(_));
        if !depends
            && let Some((_, set)) = self.known.borrow().iter().find(|(known, _)| known == leaf)
        {
            return Ok((set.clone(), Answered::Remembered));
        }
        if let Predicate::Event(p) = leaf
            && let Some(set) = self.seen_within(p, among)?
        {
            let answered = among.map_or(Answered::Fresh, |among| Answered::Among(among.len()));
            return Ok((set, answered));
        }
        let among = among.filter(|_| costly(leaf));
        let mut set = self.fresh_leaf(leaf, among)?;
        set.and(&self.everybody);
        if !depends && among.is_none() {
            self.known.borrow_mut().push((leaf.clone(), set.clone()));
        }
        let answered = among.map_or(Answered::Fresh, |among| Answered::Among(among.len()));
        Ok((set, answered))
    }

    fn fresh_leaf(&self, leaf: &Predicate, among: Option<&UserSet>) -> Result<UserSet, QueryError> {
        match leaf {
            Predicate::Event(p) if self.scans(p) => self.measured(p),
            Predicate::Profile(p) if p.for_at_least.is_none() => {
                self.note_attribute(&p.attribute)?;
                self.attribute(p)
            }
            Predicate::Affinity(p) => match self.affinity(p)? {
                Some(set) => Ok(set),
                None => self.user_by_user(leaf, among),
            },
            Predicate::Sequence(_) | Predicate::Since(_) | Predicate::Absence(_) => {
                match self.ordered(leaf, among.unwrap_or(&self.everybody))? {
                    Some(set) => Ok(set),
                    None => self.user_by_user(leaf, among),
                }
            }
            Predicate::Segment(id) => self.segment(id, among),
            Predicate::Lifecycle(p) => self.lifecycle(p, leaf),
            Predicate::Rfm(p) => self.rfm_members(p),
            Predicate::Bucket(p) => Ok(self.bucket(p)),
            Predicate::Score(_) => Err(QueryError::NotAvailable { what: "score" }),
            Predicate::List(_) => Err(QueryError::NotAvailable { what: "list" }),
            Predicate::Reachable(_) => Err(QueryError::NotAvailable { what: "reachable" }),
            Predicate::Location(_) => Err(QueryError::NotAvailable { what: "location" }),
            _ => self.user_by_user(leaf, among),
        }
    }

    /// Nothing if only an evaluation user by user can tell.
    fn ordered(&self, leaf: &Predicate, among: &UserSet) -> Result<Option<UserSet>, QueryError> {
        match leaf {
            Predicate::Sequence(p) => self.sequence(p, among),
            Predicate::Since(p) => self.since(p, among),
            Predicate::Absence(p) => self.absence(p, among),
            _ => Ok(None),
        }
    }

    fn segment(&self, id: &Text, among: Option<&UserSet>) -> Result<UserSet, QueryError> {
        let closes_cycle = self.open_segments.borrow().contains(id);
        let Some(predicate) = self.rules.segments.get(id).filter(|_| !closes_cycle) else {
            return Ok(UserSet::empty(self.snapshot.n_places()));
        };
        self.open_segments.borrow_mut().push(id.clone());
        let members = self.among(predicate, among);
        self.open_segments.borrow_mut().pop();
        members
    }

    fn lifecycle(
        &self,
        p: &segment::tree::LifecyclePredicate,
        leaf: &Predicate,
    ) -> Result<UserSet, QueryError> {
        if self.in_lifecycle.get() {
            return Ok(UserSet::empty(self.snapshot.n_places()));
        }
        let states = self.states()?;
        let named = |index: usize| p.is.contains(&self.rules.lifecycle.states[index].key);
        let now = UserSet::of(self.snapshot.n_places(), |user| {
            states.state_of(UserIndex(user as u32)).is_some_and(named)
        });
        match p.for_at_least.is_none() && p.was.is_none() {
            true => Ok(now),
            false => self.lifecycle_history(leaf, &now),
        }
    }

    /// The lifecycle state of everybody.
    pub fn states(&self) -> Result<std::rc::Rc<LifecycleAt>, QueryError> {
        if let Some(states) = &*self.states.borrow() {
            return Ok(states.clone());
        }
        self.in_lifecycle.set(true);
        let opened = std::mem::take(&mut *self.open_segments.borrow_mut());
        let members: Result<Vec<_>, _> = self
            .rules
            .lifecycle
            .states
            .iter()
            .map(|state| self.members(&state.predicate))
            .collect();
        *self.open_segments.borrow_mut() = opened;
        self.in_lifecycle.set(false);
        let states = std::rc::Rc::new(LifecycleAt::of(self.at, &self.everybody, members?));
        Ok(self.states.borrow_mut().insert(states).clone())
    }

    /// RFM scores of everybody who has any.
    pub fn rfm(&self) -> Result<std::rc::Rc<RfmAt>, QueryError> {
        if let Some(rfm) = &*self.rfm.borrow() {
            return Ok(rfm.clone());
        }
        let rfm = std::rc::Rc::new(RfmAt::of(self)?);
        Ok(self.rfm.borrow_mut().insert(rfm).clone())
    }

    fn rfm_members(&self, p: &RfmPredicate) -> Result<UserSet, QueryError> {
        let rfm = self.rfm()?;
        Ok(UserSet::of(self.snapshot.n_places(), |user| {
            rfm.score_of(UserIndex(user as u32)).is_some_and(|score| rfm_holds(p, &score))
        }))
    }

    fn bucket(&self, p: &BucketPredicate) -> UserSet {
        let mut set = UserSet::empty(self.snapshot.n_places());
        for user in self.everybody.iter() {
            let id = self.snapshot.public_id(user);
            let bucket = segment::bucket::bucket(self.rules.seed, p.salt.as_ref(), id);
            if (p.from..p.to).contains(&bucket) {
                set.insert(user);
            }
        }
        set
    }

    /// The zone of a window that is the same for all users; nothing if users differ.
    pub(crate) fn common_zone(&self, window: &Window) -> Option<Zone> {
        let local = window.hours.is_some()
            || !window.weekdays.is_empty()
            || matches!(window.range, Range::LastUnits { zone: None, .. });
        let differ = local && self.snapshot.attribute_parts("timezone").next().is_some();
        (!differ).then(|| self.rules.zone.clone())
    }
}

/// Scores of one user at any instant, for evaluation user by user.
pub(crate) struct ScoresOf<'a> {
    pub(crate) evaluator: &'a Evaluator<'a>,
    pub(crate) user: Cell<UserIndex>,
    others: RefCell<Vec<(Timestamp, std::rc::Rc<RfmAt>)>>,
    failed: RefCell<Option<QueryError>>,
}

impl<'a> ScoresOf<'a> {
    pub(crate) fn new(evaluator: &'a Evaluator<'a>) -> ScoresOf<'a> {
        ScoresOf {
            evaluator,
            user: Cell::new(UserIndex(0)),
            others: RefCell::default(),
            failed: RefCell::default(),
        }
    }

    /// What went wrong while scores were asked for: the decisions made with them do not count.
    pub(crate) fn checked(self) -> Result<(), QueryError> {
        self.failed.into_inner().map_or(Ok(()), Err)
    }

    fn rfm_at(&self, at: Timestamp) -> Result<std::rc::Rc<RfmAt>, QueryError> {
        if at == self.evaluator.at {
            return self.evaluator.rfm();
        }
        if let Some((_, rfm)) = self.others.borrow().iter().find(|(other, _)| *other == at) {
            return Ok(rfm.clone());
        }
        let evaluator = self.evaluator.at(at);
        let rfm = evaluator.rfm()?;
        self.others.borrow_mut().push((at, rfm.clone()));
        Ok(rfm)
    }
}

impl Population for ScoresOf<'_> {
    fn rfm(&self, _: &str, at: Timestamp) -> Option<RfmScore> {
        match self.rfm_at(at) {
            Ok(rfm) => rfm.score_of(self.user.get()),
            Err(error) => {
                *self.failed.borrow_mut() = Some(error);
                None
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
