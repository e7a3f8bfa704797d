//! What a learning split would have gained: simulated people, true rates, delays, and a seed.
//!
//! People come evenly over the time, are dealt by [`super::draw`] as in a real split, and convert as
//! the true rates say. The split sees of it only what a real one would see. Equal worlds and seeds give
//! equal outcomes. Regret is counted in expected rewards of whom was dealt what, so that the luck of
//! single conversions is not in it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use model::{Span, Timestamp};

use super::{
    CONTEXTS_MAX, Evidence, Ledger, LedgerError, Mode, Place, Refused, Reward, Rule, Settings,
    Totals, Unusable, Verdict, allocate, draw, judge,
};
use crate::assign::{Draw, Share};
use crate::effect::ARMS_MAX;

/// People of one simulation.
pub const USERS_MAX: u64 = 10_000_000;

/// Updates of one simulation.
pub const UPDATES_MAX: i64 = 1_000_000;

/// Points of the shares over time.
pub const POINTS: u32 = 50;

/// How long after entering a person converts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Delay {
    /// Always the same.
    Fixed(Span),
    /// Evenly between two.
    Between(Span, Span),
    /// Exponential: most soon, some much later.
    Exponential {
        /// On average.
        mean: Span,
    },
}

/// The truth about one path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Path {
    /// The share of people who ever convert, 0..=1.
    pub rate: f64,
    /// What a conversion is worth on average; amounts are exponential around it. At least 0.
    pub value: f64,
    /// How long it takes.
    pub delay: Delay,
}

/// People of one kind, whom a split may tell apart from others.
#[derive(Clone, Debug, PartialEq)]
pub struct Crowd {
    /// Its part of all parts, above 0.
    pub share: f64,
    /// The truth about each path among them.
    pub paths: Vec<Path>,
}

/// Whether a split tells crowds apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// It does not: everybody is one.
    Together,
    /// Each is a context that borrows from the others, as [`Evidence::pooled`] says.
    Apart,
    /// Each learns as if there were no others. Only to compare with.
    Alone,
}

/// When shares are computed anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    /// So often.
    Every(Span),
    /// Whenever so many more runs have become known.
    Outcomes(u64),
}

/// What counts as a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// Runs whose window has passed: what [`Ledger`] does.
    Matured,
    /// Every run from its entry on, and its conversion when it comes. Only to compare with: it takes
    /// people who have not converted yet for people who never will.
    AsTheyCome,
}

/// A world and a split in it.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    /// The truth, by crowd; mostly there is one.
    pub crowds: Vec<Crowd>,
    /// Whether the split tells them apart.
    pub telling: Telling,
    /// What the split learns from.
    pub reward: Reward,
    /// How many people come.
    pub users: u64,
    /// In how long a time.
    pub length: Span,
    /// How long a conversion counts.
    pub window: Span,
    /// What every path keeps.
    pub floor: Share,
    /// When shares are computed anew.
    pub update: Update,
    /// What counts as a trial.
    pub counting: Counting,
    /// When a winner is declared, who then gets everybody; `None`: never. Of several contexts each gets its part
    /// of the error.
    pub rule: Option<Rule>,
}

impl World {
    /// How many groups learn for themselves.
    fn contexts(&self) -> usize {
        if self.telling == Telling::Together { 1 } else { self.crowds.len() }
    }

    fn context(&self, crowd: usize) -> usize {
        if self.telling == Telling::Together { 0 } else { crowd }
    }

    fn arms(&self) -> usize {
        self.crowds.first().map_or(0, |crowd| crowd.paths.len())
    }
}

/// The shares at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Since the start.
    pub at: Span,
    /// One for each path.
    pub shares: Vec<Share>,
}

/// A winner that was declared.
#[derive(Clone, Debug, PartialEq)]
pub struct Declared {
    /// Since the start.
    pub at: Span,
    /// With which numbers; its leader has won.
    pub verdict: Verdict,
}

/// What came of it. Expected rewards are conversions, or amounts, within the window.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// What came of it in each crowd.
    pub crowds: Vec<Came>,
    /// The expected reward of everybody as they were dealt.
    pub learnt: f64,
    /// The same if everybody had been dealt evenly.
    pub uniform: f64,
    /// The same if everybody had taken the path from the start that is the best one for all of them.
    pub best_fixed: f64,
    /// The same if each crowd had taken its own best path from the start.
    pub best_apart: f64,
    /// How often shares were computed.
    pub updates: u64,
}

/// What came of it in one crowd.
#[derive(Clone, Debug, PartialEq)]
pub struct Came {
    /// People dealt to each path.
    pub users: Vec<u64>,
    /// What one person on each path brings, in expectation.
    pub worth: Vec<f64>,
    /// Shares over time, at [`POINTS`] even steps from the start.
    pub shares: Vec<Snapshot>,
    /// The winner, if one was declared.
    pub winner: Option<Declared>,
}

impl Outcome {
    /// What learning cost: the best path of each crowd, known from the start, would have brought so much more.
    pub fn regret(&self) -> f64 {
        self.best_apart - self.learnt
    }

    /// What dealing evenly to the end would have cost.
    pub fn regret_of_uniform(&self) -> f64 {
        self.best_apart - self.uniform
    }

    /// What the best single path would have cost, known from the start.
    pub fn regret_of_fixed(&self) -> f64 {
        self.best_apart - self.best_fixed
    }
}

/// Why a world cannot be simulated.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum NoWorld {
    /// A number outside its range.
    #[error("{name} is {value}; write {range}")]
    Range {
        /// Which number.
        name: &'static str,
        /// What it was.
        value: f64,
        /// What it may be.
        range: &'static str,
    },
    /// Settings of the ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Arms that cannot be compared.
    #[error(transparent)]
    Unusable(#[from] Unusable),
    /// A floor that is too high.
    #[error(transparent)]
    Refused(#[from] Refused),
}

/// Runs a world under a seed.
///
/// Cost: users × paths for the dealing, and one allocation for each update at which something was
/// new.
pub fn run(world: &World, seed: u64) -> Result<Outcome, NoWorld> {
    check(world)?;
    let mut split = Split::new(world, seed)?;
    for user in 0..world.users {
        let at = part(world.length, user, world.users);
        split.advance(at)?;
        split.enter(user, at);
    }
    split.advance(world.length)?;
    Ok(split.outcome())
}

/// The n-th of so many even parts of a span.
fn part(length: Span, n: u64, of: u64) -> Span {
    Span((i128::from(length.0) * i128::from(n) / i128::from(of)) as i64)
}

fn check(world: &World) -> Result<(), NoWorld> {
    let range = |name, value: f64, range, fits: bool| {
        if fits { Ok(()) } else { Err(NoWorld::Range { name, value, range }) }
    };
    let (n, crowds) = (world.arms(), world.crowds.len());
    range("the number of paths", n as f64, "2 to 64", (2..=ARMS_MAX).contains(&n))?;
    range("crowds", crowds as f64, "64 at most", crowds <= CONTEXTS_MAX)?;
    for Crowd { share, paths } in &world.crowds {
        range("share", *share, "above 0", *share > 0.0 && share.is_finite())?;
        let own = paths.len();
        range("the number of paths", own as f64, "the same for each crowd", own == n)?;
    }
    let users = world.users;
    range("users", users as f64, "1 to 10000000", (1..=USERS_MAX).contains(&users))?;
    let span = |name, span: Span, low| {
        let fits = (low..=Span::MAX.0).contains(&span.0);
        range(name, span.0 as f64, "milliseconds, up to 100 years", fits)
    };
    span("length", world.length, 1)?;
    span("window", world.window, 1)?;
    match world.update {
        Update::Every(every) => {
            span("the time between updates", every, 1)?;
            let updates = world.length.0 / every.0;
            range("updates", updates as f64, "a million at most", updates <= UPDATES_MAX)?;
        }
        Update::Outcomes(n) => range("outcomes per update", n as f64, "1 or more", n > 0)?,
    }
    for path in world.crowds.iter().flat_map(|crowd| &crowd.paths) {
        range("rate", path.rate, "0 to 1", (0.0..=1.0).contains(&path.rate))?;
        range("value", path.value, "0 to 1e9", (0.0..=1e9).contains(&path.value))?;
        match path.delay {
            Delay::Fixed(fixed) => span("delay", fixed, 0)?,
            Delay::Exponential { mean } => span("delay", mean, 1)?,
            Delay::Between(low, high) => {
                span("delay", low, 0)?;
                span("delay", high, low.0)?;
            }
        }
    }
    Ok(())
}

impl Delay {
    /// The delay of somebody whose draw is `u`, in [0, 1), in whole milliseconds and at least one.
    fn at(self, u: f64) -> Span {
        let ms = match self {
            Delay::Fixed(fixed) => fixed.0 as f64,
            Delay::Between(low, high) => low.0 as f64 + u * (high.0 - low.0) as f64,
            Delay::Exponential { mean } => -(1.0 - u).ln() * mean.0 as f64,
        };
        Span((ms as i64).clamp(1, Span::MAX.0))
    }

    /// The share of delays shorter than the window: the largest draw whose delay is, by halving, as
    /// delays only grow with the draw.
    fn within(self, window: Span) -> f64 {
        let (mut low, mut high) = (0.0, 1.0);
        if self.at(low) >= window {
            return 0.0;
        }
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if self.at(middle) < window {
                low = middle;
            } else {
                high = middle;
            }
        }
        high
    }
}

impl Path {
    /// What one person brings, in expectation, within the window.
    fn worth(&self, reward: Reward, window: Span) -> f64 {
        let rate = self.rate * self.delay.within(window);
        match reward {
            Reward::Rate => rate,
            Reward::Amount => rate * self.value,
        }
    }
}

/// A conversion on its way, soonest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Coming {
    at: Span,
    user: u64,
    context: usize,
    arm: usize,
    amount_bits: u64,
}

/// One group that learns for itself.
struct Learner {
    /// Totals as they come, for [`Counting::AsTheyCome`].
    seen: Vec<Totals>,
    allocation: super::Allocation,
    shares: Vec<Snapshot>,
    winner: Option<Declared>,
}

struct Split<'w> {
    world: &'w World,
    seed: u64,
    ledger: Ledger,
    learners: Vec<Learner>,
    coming: BinaryHeap<Reverse<Coming>>,
    /// Outcomes that came after the last update.
    fresh: u64,
    due: Span,
    /// By crowd and path.
    users: Vec<Vec<u64>>,
    updates: u64,
}

impl<'w> Split<'w> {
    fn new(world: &'w World, seed: u64) -> Result<Split<'w>, NoWorld> {
        let (arms, contexts) = (world.arms(), world.contexts());
        let settings = Settings {
            arms,
            contexts,
            window: world.window,
            grace: Span(0),
            pending_max: super::PENDING_MAX,
        };
        let seen = vec![Totals::default(); arms];
        let known = Evidence::of(world.reward, &seen)?;
        let allocation = allocate(&known, &Mode::Learn { floor: world.floor })?;
        let learner = || Learner {
            seen: seen.clone(),
            allocation: allocation.clone(),
            shares: Vec::new(),
            winner: None,
        };
        let due = match world.update {
            Update::Every(every) => every,
            Update::Outcomes(_) => Span(0),
        };
        Ok(Split {
            world,
            seed,
            ledger: Ledger::new(settings)?,
            learners: (0..contexts).map(|_| learner()).collect(),
            coming: BinaryHeap::new(),
            fresh: 0,
            due,
            users: vec![vec![0; arms]; world.crowds.len()],
            updates: 0,
        })
    }

    /// Whatever happens until `now`, this instant included.
    fn advance(&mut self, now: Span) -> Result<(), NoWorld> {
        match self.world.update {
            Update::Every(every) => {
                while self.due <= now {
                    let due = self.due;
                    self.hear(due);
                    self.note(due);
                    self.update(due, 1)?;
                    self.due = Span(due.0 + every.0);
                }
                self.note(now);
            }
            Update::Outcomes(n) => {
                self.hear(now);
                self.note(now);
                self.update(now, n)?;
            }
        }
        Ok(())
    }

    /// Conversions that arrive, and runs that mature, until `now`.
    fn hear(&mut self, now: Span) {
        while let Some(Reverse(next)) = self.coming.peek().copied() {
            if next.at > now {
                break;
            }
            self.coming.pop();
            let amount = f64::from_bits(next.amount_bits);
            let _ = self.ledger.reward(u128::from(next.user), amount, Timestamp(next.at.0));
            let seen = &mut self.learners[next.context].seen[next.arm];
            seen.rewarded += 1;
            seen.sum += amount;
            seen.sum_squares += amount * amount;
            self.fresh += u64::from(self.world.counting == Counting::AsTheyCome);
        }
        let matured = self.ledger.mature(Timestamp(now.0));
        self.fresh += if self.world.counting == Counting::Matured { matured } else { 0 };
    }

    /// Writes down the shares at the points that have been reached.
    fn note(&mut self, now: Span) {
        for Learner { shares, allocation, .. } in &mut self.learners {
            while (shares.len() as u32) <= POINTS {
                let at = part(self.world.length, shares.len() as u64, u64::from(POINTS));
                if at > now {
                    break;
                }
                shares.push(Snapshot { at, shares: allocation.shares() });
            }
        }
    }

    fn update(&mut self, now: Span, fresh_min: u64) -> Result<(), NoWorld> {
        let settled = self.learners.iter().all(|learner| learner.winner.is_some());
        if self.fresh < fresh_min || settled {
            return Ok(());
        }
        self.fresh = 0;
        self.updates += 1;
        let totals: Vec<Vec<Totals>> = (0..self.learners.len())
            .map(|context| match self.world.counting {
                Counting::Matured => self.ledger.totals(context),
                Counting::AsTheyCome => self.learners[context].seen.clone(),
            })
            .collect();
        let contexts: Vec<&[Totals]> = totals.iter().map(Vec::as_slice).collect();
        let rule = self.world.rule.map(|rule| rule.of(contexts.len()));
        for (context, learner) in self.learners.iter_mut().enumerate() {
            if learner.winner.is_some() {
                continue;
            }
            let known = match self.world.telling {
                Telling::Alone => Evidence::of(self.world.reward, contexts[context])?,
                _ => Evidence::pooled(self.world.reward, &contexts, context)?,
            };
            let mut mode = Mode::Learn { floor: self.world.floor };
            if let Some(rule) = rule {
                let verdict = judge(&known, rule, now);
                if verdict.won {
                    mode = Mode::Winner(verdict.leader);
                    learner.winner = Some(Declared { at: now, verdict });
                }
            }
            learner.allocation = allocate(&known, &mode)?;
        }
        Ok(())
    }

    /// The crowd of a person, by the seed.
    fn crowd(&self, user: u64) -> usize {
        let all: f64 = self.world.crowds.iter().map(|crowd| crowd.share).sum();
        let mut left = Draw::of(self.seed, "crowd", user).unit() * all;
        let last = self.world.crowds.len() - 1;
        let shares = self.world.crowds.iter().map(|crowd| crowd.share);
        let within = |share: f64| {
            left -= share;
            left < 0.0
        };
        shares.into_iter().position(within).unwrap_or(last)
    }

    /// A person comes, is dealt, and will convert or not.
    fn enter(&mut self, user: u64, at: Span) {
        let crowd = self.crowd(user);
        let context = self.world.context(crowd);
        let learner = &mut self.learners[context];
        let arm = draw(&learner.allocation, self.seed, "simulated split", user);
        learner.seen[arm].runs += 1;
        let chance = |salt| Draw::of(self.seed, salt, user).unit();
        let path = &self.world.crowds[crowd].paths[arm];
        self.users[crowd][arm] += 1;
        self.fresh += u64::from(self.world.counting == Counting::AsTheyCome);
        let place = Place { context: context as u16, arm: arm as u16 };
        let entered = self.ledger.enter(place, u128::from(user), Timestamp(at.0));
        assert_eq!(entered, super::Entered::Waits, "people come once and in order");
        if chance("converts") >= path.rate {
            return;
        }
        let delay = path.delay.at(chance("when"));
        if delay < self.world.window {
            let amount = -(1.0 - chance("how much")).ln() * path.value;
            let amount_bits = amount.to_bits();
            let at = Span(at.0 + delay.0);
            self.coming.push(Reverse(Coming { at, user, context, arm, amount_bits }));
        }
    }

    fn outcome(self) -> Outcome {
        let world = self.world;
        let mut outcome = Outcome {
            crowds: Vec::with_capacity(world.crowds.len()),
            learnt: 0.0,
            uniform: 0.0,
            best_fixed: 0.0,
            best_apart: 0.0,
            updates: self.updates,
        };
        let mut fixed = vec![0.0; world.arms()];
        for (crowd, users) in self.users.into_iter().enumerate() {
            let paths = world.crowds[crowd].paths.iter();
            let worth: Vec<f64> =
                paths.map(|path| path.worth(world.reward, world.window)).collect();
            let all = users.iter().sum::<u64>() as f64;
            outcome.learnt +=
                users.iter().zip(&worth).map(|(n, worth)| *n as f64 * worth).sum::<f64>();
            outcome.uniform += all * worth.iter().sum::<f64>() / worth.len() as f64;
            outcome.best_apart += all * worth.iter().copied().fold(0.0, f64::max);
            fixed.iter_mut().zip(&worth).for_each(|(sum, worth)| *sum += all * worth);
            let learner = &self.learners[world.context(crowd)];
            let (shares, winner) = (learner.shares.clone(), learner.winner.clone());
            outcome.crowds.push(Came { users, worth, shares, winner });
        }
        outcome.best_fixed = fixed.into_iter().fold(0.0, f64::max);
        outcome
    }
}
