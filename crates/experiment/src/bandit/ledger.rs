//! Which runs count, and what they brought: rewards that come late, judged at the same age.
//!
//! A run enters an arm, is rewarded any number of times while its window is open, and matures when
//! the window (and the grace for events that arrive late) has passed. Only then it counts, once, with
//! what it brought. Among entries and rewards of one instant the order of calls does not show, nor does
//! the order of a run's rewards. It is plain data: [`Ledger::pending`] and [`Ledger::tallies`] give all of it, and
//! [`Ledger::restore`] takes it back.

use std::collections::{BTreeMap, VecDeque};

use model::{ExactSum, Span, Timestamp};

use super::Totals;
use crate::effect::ARMS_MAX;

/// Contexts of one split.
pub const CONTEXTS_MAX: usize = 64;

/// Runs that wait at once, unless somebody sets less: about a gigabyte.
pub const PENDING_MAX: usize = 10_000_000;

/// The largest amount of one reward, in either direction; what a run brings is held within it too.
pub const AMOUNT_MAX: f64 = 1e12;

/// Amounts of runs that wait are whole numbers of 2⁻⁴⁰, so that their order does not show.
pub const UNITS: f64 = (1u64 << 40) as f64;

/// Places in the queue below which nobody looks for those of runs that are gone.
const STALE_MIN: usize = 64;

/// What is fixed about a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Arms, 2 to [`ARMS_MAX`].
    pub arms: usize,
    /// Contexts, 1 to [`CONTEXTS_MAX`]; 1 without.
    pub contexts: usize,
    /// How long after entering a reward counts, above 0.
    pub window: Span,
    /// How much longer a reward that happened within the window may take to arrive.
    pub grace: Span,
    /// Runs that wait at once, 1 to [`PENDING_MAX`]. What enters beyond is not counted at all.
    pub pending_max: usize,
}

/// An arm in a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Which context, from 0.
    pub context: u16,
    /// Which arm, from 0.
    pub arm: u16,
}

impl Place {
    /// An arm of a split without contexts.
    pub fn arm(arm: u16) -> Place {
        Place { context: 0, arm }
    }
}

/// A run that waits.
///
/// Memory: 48 bytes in the map of runs and 32 in the queue; with what both leave free about 120 bytes
/// for each run that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Its key.
    pub run: u128,
    /// When it entered.
    pub entered: Timestamp,
    /// Where.
    pub place: Place,
    /// Whether it has reached a goal.
    pub rewarded: bool,
    /// What it brought so far, in 1 / [`UNITS`] of the amounts' unit.
    pub units: i128,
}

/// What the matured runs of one place brought. Exact, so that no order shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Runs.
    pub runs: u64,
    /// Those that reached a goal.
    pub rewarded: u64,
    /// What they brought.
    pub sum: ExactSum,
    /// The squares of what each brought.
    pub sum_squares: ExactSum,
}

impl Tally {
    /// As numbers to reckon with.
    pub fn totals(&self) -> Totals {
        let (sum, sum_squares) = (self.sum.value(), self.sum_squares.value());
        Totals { runs: self.runs, rewarded: self.rewarded, sum, sum_squares }
    }
}

/// What became of a run that entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    /// It waits for its rewards.
    Waits,
    /// It waits already; of two entries the earlier one is kept, of one instant the lower place.
    Again,
    /// Its window had passed when it came; it counts for nothing, as its rewards went unheard.
    Late,
    /// Too many wait; it counts for nothing.
    Full,
    /// There is no such arm or context.
    NoPlace,
}

/// What became of a reward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rewarded {
    /// It counts.
    Counted,
    /// No such run waits: it never entered, or has matured.
    Unknown,
    /// It happened before the run entered, or at the same instant.
    Before,
    /// It happened after the window.
    After,
    /// The amount is no number, or beyond [`AMOUNT_MAX`].
    Amount,
}

/// What became of a run that is to be forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erased {
    /// It waits no more.
    Gone,
    /// It did not wait. What had matured is in sums that no longer know whose it was.
    Unknown,
}

/// What is wrong with settings or with what is restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// A number outside its range.
    #[error("{name} is {value}; write {low} to {high}")]
    Range {
        /// Which.
        name: &'static str,
        /// What it was.
        value: i64,
        /// The least it may be.
        low: i64,
        /// The most.
        high: i64,
    },
    /// Another number of tallies than of places.
    #[error("{found} tallies for {expected} places; save and restore with the same settings")]
    Tallies {
        /// Handed in.
        found: usize,
        /// Contexts × arms.
        expected: usize,
    },
    /// A run of a place that is not there, one that is there twice, or more than may wait.
    #[error("the waiting run {0:032x} cannot be; restore what was saved with the same settings")]
    Pending(u128),
}

/// Runs of one learning split; see the module.
#[derive(Clone, Debug, PartialEq)]
pub struct Ledger {
    settings: Settings,
    runs: BTreeMap<u128, Waiting>,
    /// By when they entered; a run that was forgotten or has another key now stays until its time.
    queue: VecDeque<(Timestamp, u128)>,
    tallies: Vec<Tally>,
    matured: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Waiting {
    units: i128,
    entered: Timestamp,
    place: Place,
    rewarded: bool,
}

impl Ledger {
    /// An empty one. Errors: settings outside their ranges.
    pub fn new(settings: Settings) -> Result<Ledger, LedgerError> {
        let Settings { arms, contexts, window, grace, pending_max } = settings;
        let ranges = [
            ("arms", arms as i64, 2, ARMS_MAX as i64),
            ("contexts", contexts as i64, 1, CONTEXTS_MAX as i64),
            ("window (ms)", window.0, 1, Span::MAX.0),
            ("grace (ms)", grace.0, 0, Span::MAX.0),
            ("pending_max", pending_max as i64, 1, PENDING_MAX as i64),
        ];
        for (name, value, low, high) in ranges {
            if !(low..=high).contains(&value) {
                return Err(LedgerError::Range { name, value, low, high });
            }
        }
        Ok(Ledger {
            settings,
            runs: BTreeMap::new(),
            queue: VecDeque::new(),
            tallies: vec![Tally::default(); arms * contexts],
            matured: None,
        })
    }

    /// What was saved: tallies by context and arm, the instant of the last [`Ledger::mature`], and the
    /// runs that waited, in any order.
    pub fn restore(
        settings: Settings,
        tallies: Vec<Tally>,
        matured: Option<Timestamp>,
        pending: impl IntoIterator<Item = Pending>,
    ) -> Result<Ledger, LedgerError> {
        let mut ledger = Ledger::new(settings)?;
        let (found, expected) = (tallies.len(), ledger.tallies.len());
        if found != expected {
            return Err(LedgerError::Tallies { found, expected });
        }
        ledger.tallies = tallies;
        ledger.matured = matured;
        for Pending { run, entered, place, rewarded, units } in pending {
            if ledger.enter(place, run, entered) != Entered::Waits {
                return Err(LedgerError::Pending(run));
            }
            ledger.runs.insert(run, Waiting { units, entered, place, rewarded });
        }
        Ok(ledger)
    }

    /// A run takes an arm. `at` need not be in order of time.
    pub fn enter(&mut self, place: Place, run: u128, at: Timestamp) -> Entered {
        if self.index(place).is_none() {
            return Entered::NoPlace;
        }
        if self.matured.is_some_and(|now| self.matures(at) <= now) {
            return Entered::Late;
        }
        if let Some(known) = self.runs.get(&run).copied() {
            if (at, place) < (known.entered, known.place) {
                self.wait(run, Waiting { entered: at, place, ..known });
            }
            return Entered::Again;
        }
        if self.runs.len() >= self.settings.pending_max {
            return Entered::Full;
        }
        self.wait(run, Waiting { units: 0, entered: at, place, rewarded: false });
        Entered::Waits
    }

    /// A run reached a goal that is worth `amount`. Below 0 it is taken back (a refund) and reaches
    /// nothing. It counts strictly after entering and strictly before the window has passed, so that
    /// what made somebody enter is not also what the path brought.
    pub fn reward(&mut self, run: u128, amount: f64, at: Timestamp) -> Rewarded {
        if amount.is_nan() || amount.abs() > AMOUNT_MAX {
            return Rewarded::Amount;
        }
        let window = self.settings.window;
        let Some(known) = self.runs.get_mut(&run) else {
            return Rewarded::Unknown;
        };
        if at <= known.entered {
            return Rewarded::Before;
        }
        if at - known.entered >= window {
            return Rewarded::After;
        }
        known.units = known.units.saturating_add((amount * UNITS).round() as i128);
        known.rewarded |= amount >= 0.0;
        Rewarded::Counted
    }

    /// Counts all runs whose window and grace have passed at `now`, and says how many they were.
    pub fn mature(&mut self, now: Timestamp) -> u64 {
        let mut n = 0;
        while let Some((entered, run)) = self.queue.front().copied() {
            if self.matures(entered) > now {
                break;
            }
            self.queue.pop_front();
            // Another instant: the entry was moved, and an own place in the queue tells of it.
            let due = self.runs.get(&run).is_some_and(|known| known.entered == entered);
            if let Some(known) = due.then(|| self.runs.remove(&run)).flatten() {
                self.count(known);
                n += 1;
            }
        }
        self.matured = self.matured.max(Some(now));
        n
    }

    /// Two users turned out to be one, and the run's key with them. If both keys wait, the earlier run
    /// is kept with its rewards, as one person took that path first; of one instant the lower place.
    /// Whether `from` waited.
    pub fn rekey(&mut self, from: u128, to: u128) -> bool {
        let Some(moved) = self.runs.get(&from).copied() else {
            return false;
        };
        if from == to {
            return true;
        }
        self.runs.remove(&from);
        let order = |run: &Waiting| (run.entered, run.place, !run.rewarded, run.units);
        let stays = self.runs.get(&to).is_some_and(|there| order(there) <= order(&moved));
        if !stays {
            self.wait(to, moved);
        }
        true
    }

    /// Forgets a run that waits.
    pub fn forget(&mut self, run: u128) -> Erased {
        if self.runs.remove(&run).is_some() { Erased::Gone } else { Erased::Unknown }
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.runs.len()
    }

    /// When the next run matures, if one waits. It may be earlier than that (a run was forgotten).
    pub fn next(&self) -> Option<Timestamp> {
        self.queue.front().map(|(entered, _)| self.matures(*entered))
    }

    /// The latest instant that [`Ledger::mature`] was asked for.
    pub fn matured(&self) -> Option<Timestamp> {
        self.matured
    }

    /// All runs that wait, by key.
    pub fn pending(&self) -> impl Iterator<Item = Pending> + '_ {
        self.runs.iter().map(|(run, waiting)| {
            let Waiting { units, entered, place, rewarded } = *waiting;
            Pending { run: *run, entered, place, rewarded, units }
        })
    }

    /// What has matured, by context and within it by arm.
    pub fn tallies(&self) -> &[Tally] {
        &self.tallies
    }

    /// The totals of each arm in one context, for [`super::Evidence`]; none for a context that is not
    /// there.
    pub fn totals(&self, context: usize) -> Vec<Totals> {
        let contexts = self.tallies.chunks(self.settings.arms);
        contexts.skip(context).take(1).flatten().map(Tally::totals).collect()
    }

    /// Places in the queue, those of runs that are gone included.
    #[cfg(test)]
    pub(super) fn queued(&self) -> usize {
        self.queue.len()
    }

    fn matures(&self, entered: Timestamp) -> Timestamp {
        entered.plus(self.settings.window).plus(self.settings.grace)
    }

    fn index(&self, place: Place) -> Option<usize> {
        let (context, arm) = (usize::from(place.context), usize::from(place.arm));
        let there = context < self.settings.contexts && arm < self.settings.arms;
        there.then_some(context * self.settings.arms + arm)
    }

    /// Notes a run in the map and in the queue, whose end is nearly always the place.
    fn wait(&mut self, run: u128, waiting: Waiting) {
        // Places of runs that were forgotten or moved are let go before they are more than the others.
        if self.queue.len() > 2 * self.runs.len() + STALE_MIN {
            let runs = &self.runs;
            let there = |(at, run): &(_, u128)| runs.get(run).is_some_and(|r| r.entered == *at);
            self.queue.retain(there);
        }
        let entry = (waiting.entered, run);
        self.runs.insert(run, waiting);
        let at = match self.queue.back() {
            Some(last) if *last >= entry => self.queue.partition_point(|other| *other < entry),
            _ => self.queue.len(),
        };
        if self.queue.get(at) != Some(&entry) {
            self.queue.insert(at, entry);
        }
    }

    fn count(&mut self, run: Waiting) {
        let index = self.index(run.place).expect("a run was let in with its place");
        let amount = (run.units as f64 / UNITS).clamp(-AMOUNT_MAX, AMOUNT_MAX);
        let tally = &mut self.tallies[index];
        tally.runs += 1;
        tally.rewarded += u64::from(run.rewarded);
        tally.sum.add(amount);
        tally.sum_squares.add(amount * amount);
    }
}
