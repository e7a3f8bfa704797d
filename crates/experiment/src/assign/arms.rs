//! Arms: any number of variants with shares that add up to everybody.

use std::collections::BTreeSet;

use model::Text;

use super::{Draw, Share, Subject};
use crate::effect::ARMS_MAX;

/// One variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arm {
    /// A key that stays when the variant is renamed.
    pub id: Text,
    /// Its part of everybody.
    pub share: Share,
}

/// What is wrong with a list of arms, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArmsError {
    /// None, or more than [`ARMS_MAX`].
    #[error("{0} arms; write 1 to {ARMS_MAX}")]
    Number(usize),
    /// The same id twice.
    #[error("arm \"{0}\" is there twice; give each an id of its own")]
    Twice(Text),
    /// Shares that do not add up.
    #[error("the shares add up to {0} parts per million; make them 1000000")]
    Sum(u64),
}

/// A checked list of arms: ids differ and shares add up to [`Share::ALL`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arms(Vec<Arm>);

impl Arms {
    /// Checks a list. Their order means nothing for who gets which.
    pub fn new(arms: Vec<Arm>) -> Result<Arms, ArmsError> {
        if arms.is_empty() || arms.len() > ARMS_MAX {
            return Err(ArmsError::Number(arms.len()));
        }
        let mut ids = BTreeSet::new();
        if let Some(arm) = arms.iter().find(|arm| !ids.insert(arm.id.as_str())) {
            return Err(ArmsError::Twice(arm.id.clone()));
        }
        let sum: u64 = arms.iter().map(|arm| u64::from(arm.share.in_parts())).sum();
        if sum != u64::from(Share::ALL.in_parts()) {
            return Err(ArmsError::Sum(sum));
        }
        Ok(Arms(arms))
    }

    /// Equal shares; what a million does not divide into goes to the first arms, a millionth each.
    pub fn equal(ids: impl IntoIterator<Item = Text>) -> Result<Arms, ArmsError> {
        let ids: Vec<Text> = ids.into_iter().collect();
        if ids.is_empty() || ids.len() > ARMS_MAX {
            return Err(ArmsError::Number(ids.len()));
        }
        let n = ids.len() as u32;
        let (each, left) = (Share::ALL.in_parts() / n, Share::ALL.in_parts() % n);
        let share = |at: usize| Share::parts(each + u32::from((at as u32) < left));
        let arms = ids.into_iter().enumerate();
        Arms::new(
            arms.map(|(at, id)| Arm { id, share: share(at).unwrap_or(Share::NONE) }).collect(),
        )
    }

    /// The arms as they were handed in.
    pub fn all(&self) -> &[Arm] {
        &self.0
    }

    /// The arm of a person in one experiment, as an index into [`Arms::all`].
    ///
    /// Each arm draws a waiting time for the person from its own id, exponential with its share as
    /// rate; the shortest wins (weighted rendezvous). So the share of each arm is exact, neither
    /// names nor order matter, and a new split moves few: if one share changes at the cost of the
    /// others in proportion, exactly those that must move; for any change of total variation d at
    /// most 2d / (1 + d), which no rule without memory can beat in general (Bavarian and others,
    /// 2016). An arm that is added takes only from others, one that is removed only gives.
    pub fn pick<'s>(&self, seed: u64, experiment: &str, subject: impl Into<Subject<'s>>) -> usize {
        let arms = self.0.iter().map(|arm| (arm.id.as_str(), arm.share));
        sooner(arms, seed, experiment, subject.into())
    }
}

/// The place of the arm whose waiting time for a person is the shortest; see [`Arms::pick`]. At least
/// one share must be above zero.
pub(crate) fn sooner<'a>(
    arms: impl Iterator<Item = (&'a str, Share)>,
    seed: u64,
    experiment: &str,
    subject: Subject<'_>,
) -> usize {
    let mut best: Option<(f64, &str, usize)> = None;
    for (at, (id, share)) in arms.enumerate().filter(|(_, (_, share))| *share > Share::NONE) {
        let draw = Draw::at(seed, &["arm", experiment, id], subject);
        // 1 − unit lies in (0, 1]: the waiting time is finite and not negative.
        let wait = -(1.0 - draw.unit()).ln() / f64::from(share.in_parts());
        let sooner =
            best.is_none_or(|(than, known, _)| wait.total_cmp(&than).then(id.cmp(known)).is_lt());
        best = if sooner { Some((wait, id, at)) } else { best };
    }
    let (_, _, at) = best.expect("shares add up to a million, so one is above zero");
    at
}
