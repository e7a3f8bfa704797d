//! Shares of the paths, each with its reason, and who takes which path.

use std::fmt::Write as _;

use model::Text;

use super::{Evidence, Reward, Totals};
use crate::assign::{Arm, Arms, ArmsError, Share, Subject, sooner};
use crate::interval::{Estimate, Level};

/// How the shares come about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// By what is learnt: share = floor + (1 − arms × floor) × P(best).
    ///
    /// Among arms that are truly equal P(best) wanders, and the shares with it between floor and
    /// 1 − (arms − 1) × floor; nothing is lost by it, and on average all get the same.
    Learn {
        /// What every arm keeps. Arms × floor is at most everybody.
        floor: Share,
    },
    /// By hand: one share for each arm, adding up to everybody.
    Manual(Vec<Share>),
    /// Everybody takes this arm.
    Winner(usize),
}

/// Why the shares are what they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// No run has matured yet, so all arms are equal.
    Start,
    /// The probability of each arm to be the best, above the floor.
    Learnt,
    /// Somebody set them.
    Manual,
    /// A winner was declared.
    Winner,
}

/// One arm's share and what it stands on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reason {
    /// Matured runs and what they brought.
    pub totals: Totals,
    /// Runs borrowed from other contexts.
    pub borrowed: f64,
    /// The expected rate, or amount per run, with its interval of 95 % (posterior).
    pub value: Estimate,
    /// The probability that no other arm is better.
    pub best: f64,
    /// The share before the floor: `best` when shares are learnt, else the share itself.
    pub before_floor: f64,
    /// The share.
    pub share: Share,
}

/// Shares that add up to everybody, with the reason of each.
#[derive(Clone, Debug, PartialEq)]
pub struct Allocation {
    /// What arms are judged by.
    pub reward: Reward,
    /// Where the shares come from.
    pub why: Why,
    /// What every arm keeps; none in other modes than [`Mode::Learn`].
    pub floor: Share,
    /// One for each arm, in the order handed in.
    pub arms: Vec<Reason>,
}

/// Why there is no allocation, and how to mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// More than everybody would be kept by the floor.
    #[error(
        "a floor of {floor} parts per million for each of {arms} arms is more than everybody; \
         make it {most} at most"
    )]
    Floor {
        /// What was asked for, in parts per million.
        floor: u32,
        /// For how many arms.
        arms: usize,
        /// What they can have, in parts per million.
        most: u32,
    },
    /// Another number of shares than of arms.
    #[error("{found} shares for {arms} arms; write one for each")]
    Number {
        /// Shares.
        found: usize,
        /// Arms.
        arms: usize,
    },
    /// Shares that do not add up.
    #[error("the shares add up to {0} parts per million; make them 1000000")]
    Sum(u64),
    /// A winner that is not there.
    #[error("there is no arm {arm}; arms are 0 to {}", arms - 1)]
    Winner {
        /// Which.
        arm: usize,
        /// How many there are.
        arms: usize,
    },
}

/// Shares for the people to come.
///
/// Learnt shares are rounded to parts per million by largest remainders, so that they add up exactly
/// and none falls below the floor; equal arms differ by a millionth at most. As long as no run has
/// matured (nor is borrowed) they are equal.
/// Cost: for each arm that of its interval, some microseconds.
pub fn allocate(known: &Evidence, mode: &Mode) -> Result<Allocation, Refused> {
    let arms = known.totals().len();
    let best = known.best();
    let seen = (0..arms).any(|arm| known.totals()[arm].runs > 0 || known.borrowed(arm) > 0.0);
    let (why, floor, shares) = match mode {
        Mode::Learn { floor } => {
            let why = if seen { Why::Learnt } else { Why::Start };
            (why, *floor, learnt(best, *floor)?)
        }
        Mode::Manual(shares) => (Why::Manual, Share::NONE, manual(shares, arms)?),
        Mode::Winner(arm) => (Why::Winner, Share::NONE, winner(*arm, arms)?),
    };
    let total: u64 = shares.iter().map(|share| u64::from(share.in_parts())).sum();
    assert_eq!(total, u64::from(Share::ALL.in_parts()), "shares add up to everybody");
    let reason = |(arm, share): (usize, Share)| {
        let learns = matches!(mode, Mode::Learn { .. });
        Reason {
            totals: known.totals()[arm],
            borrowed: known.borrowed(arm),
            value: known.estimate(arm, Level::P95),
            best: best[arm],
            before_floor: if learns { best[arm] } else { share.fraction() },
            share,
        }
    };
    let arms = shares.into_iter().enumerate().map(reason).collect();
    Ok(Allocation { reward: known.reward(), why, floor, arms })
}

fn learnt(best: &[f64], floor: Share) -> Result<Vec<Share>, Refused> {
    let (all, arms) = (u64::from(Share::ALL.in_parts()), best.len() as u64);
    let kept = u64::from(floor.in_parts()) * arms;
    let free = all.checked_sub(kept).ok_or(Refused::Floor {
        floor: floor.in_parts(),
        arms: best.len(),
        most: (all / arms) as u32,
    })?;
    let exact: Vec<f64> = best.iter().map(|p| p * free as f64).collect();
    let mut parts: Vec<u64> = exact.iter().map(|x| x.floor() as u64).collect();
    let mut order: Vec<usize> = (0..best.len()).collect();
    order.sort_by(|a, b| exact[*b].fract().total_cmp(&exact[*a].fract()).then(a.cmp(b)));
    let given: u64 = parts.iter().sum();
    // Rounding may have given one too many where a probability is 1.
    let left = free.saturating_sub(given);
    order.iter().cycle().take(left as usize).for_each(|arm| parts[*arm] += 1);
    if let Some(most) = order.iter().copied().max_by_key(|arm| parts[*arm]) {
        parts[most] -= given.saturating_sub(free);
    }
    let share = |parts: u64| Share::parts(floor.in_parts() + parts as u32);
    Ok(parts.into_iter().map(|p| share(p).expect("a part is at most everybody")).collect())
}

fn manual(shares: &[Share], arms: usize) -> Result<Vec<Share>, Refused> {
    if shares.len() != arms {
        return Err(Refused::Number { found: shares.len(), arms });
    }
    let sum: u64 = shares.iter().map(|share| u64::from(share.in_parts())).sum();
    if sum != u64::from(Share::ALL.in_parts()) {
        return Err(Refused::Sum(sum));
    }
    Ok(shares.to_vec())
}

fn winner(arm: usize, arms: usize) -> Result<Vec<Share>, Refused> {
    if arm >= arms {
        return Err(Refused::Winner { arm, arms });
    }
    Ok((0..arms).map(|at| if at == arm { Share::ALL } else { Share::NONE }).collect())
}

impl Allocation {
    /// The same shares under ids, for [`Arms::pick`]: with ids that stay, a path that is added or
    /// taken out moves only whom it must.
    pub fn dealt(&self, ids: impl IntoIterator<Item = Text>) -> Result<Arms, ArmsError> {
        let ids: Vec<Text> = ids.into_iter().collect();
        if ids.len() != self.arms.len() {
            return Err(ArmsError::Number(ids.len()));
        }
        let arm = |(id, reason): (Text, &Reason)| Arm { id, share: reason.share };
        Arms::new(ids.into_iter().zip(&self.arms).map(arm).collect())
    }

    /// The shares, in the order of the arms.
    pub fn shares(&self) -> Vec<Share> {
        self.arms.iter().map(|arm| arm.share).collect()
    }

    /// One line for each arm, in words, given what each is called, in the order of the arms.
    pub fn said(&self, names: &[&str]) -> Vec<String> {
        let line = |(at, arm): (usize, &Reason)| {
            let mut line = names.get(at).map_or_else(|| format!("arm {at}"), |n| (*n).to_string());
            let _ = write!(line, ": {:.2} % of people, because ", 100.0 * arm.share.fraction());
            line.push_str(match self.why {
                Why::Start => "no run has matured and all start equal",
                Why::Manual => "somebody set it",
                Why::Winner => "a winner was declared",
                Why::Learnt => "",
            });
            if self.why == Why::Learnt {
                let (p, floor) = (100.0 * arm.best, 100.0 * self.floor.fraction());
                let _ = write!(line, "it is the best with {p:.2} %, above a floor of {floor:.2} %");
            }
            let _ = write!(line, "; {}", self.numbers(arm));
            line
        };
        self.arms.iter().enumerate().map(line).collect()
    }

    fn numbers(&self, arm: &Reason) -> String {
        let (factor, unit) = match self.reward {
            Reward::Rate => (100.0, " %"),
            Reward::Amount => (1.0, " per run"),
        };
        let of = |x: f64| format!("{:.4}", factor * x);
        let Estimate { value, interval } = arm.value;
        let mut line = format!(
            "{} of {} matured runs rewarded, {}{unit} ({} to {})",
            arm.totals.rewarded,
            arm.totals.runs,
            of(value),
            of(interval.low),
            of(interval.high)
        );
        if arm.borrowed > 0.0 {
            let _ = write!(line, ", with {:.0} runs borrowed from other contexts", arm.borrowed);
        }
        line
    }
}

/// The arm of a run, by its place: the same for the same allocation, seed, salt and key.
///
/// It is [`Arms::pick`] with the places as ids ("0", "1" …), so that a new allocation moves as few as
/// can be, and shares are met exactly in expectation. The salt names the split; the key the run.
pub fn draw<'s>(
    allocation: &Allocation,
    seed: u64,
    salt: &str,
    key: impl Into<Subject<'s>>,
) -> usize {
    let shares = allocation.arms.iter().map(|arm| arm.share);
    let ids: Vec<String> = (0..allocation.arms.len()).map(|at| at.to_string()).collect();
    let arms = ids.iter().map(String::as_str).zip(shares);
    sooner(arms, seed, salt, key.into())
}
