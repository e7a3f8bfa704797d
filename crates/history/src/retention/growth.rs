//! Growth accounting: new, retained, resurrected and churned users of each period.

use std::ops::Range;

use model::Timestamp;
use segment::tree::{EventMatch, Unit};

use crate::calendar::{PeriodUnit, Periods};
use crate::evaluate::{Evaluator, QueryError, Source};
use crate::groups::UserGroups;
use crate::masks::{Masks, bits};

/// What happened to the active users of one period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Growth {
    /// When the period begins.
    pub start: Timestamp,
    /// Users with activity in it.
    pub active: u64,
    /// For whom it is the first period with activity.
    pub new: u64,
    /// Also active in the period before.
    pub retained: u64,
    /// Active before, but not in the period before.
    pub resurrected: u64,
    /// Active in the period before, and not in this one.
    pub churned: u64,
}

impl Growth {
    /// (new + resurrected) ÷ churned; nothing if nobody churned.
    pub fn quick_ratio(&self) -> Option<f64> {
        (self.churned > 0).then(|| (self.new + self.resurrected) as f64 / self.churned as f64)
    }

    fn add(&mut self, more: &Growth) {
        self.active += more.active;
        self.new += more.new;
        self.retained += more.retained;
        self.resurrected += more.resurrected;
        self.churned += more.churned;
    }
}

/// Growth accounting of every period from the first activity to the question.
pub fn growth(
    evaluator: &Evaluator,
    of: &EventMatch,
    unit: Unit,
) -> Result<Vec<Growth>, QueryError> {
    growth_among(evaluator, of, unit.into(), &UserGroups::one(None))
}

/// The same among the users of any group.
pub fn growth_among(
    evaluator: &Evaluator,
    of: &EventMatch,
    unit: PeriodUnit,
    among: &UserGroups,
) -> Result<Vec<Growth>, QueryError> {
    let first = evaluator.snapshot.span().map(|(first, _)| first);
    let Some(first) = first.filter(|first| *first <= evaluator.at) else { return Ok(Vec::new()) };
    let periods = Periods::new(unit, &evaluator.rules.zone, first, evaluator.at);
    let source = evaluator.source(of, (Timestamp::MIN, evaluator.at), &[])?;
    let ranges = evaluator.by_users(|users| of_range(&source, users, &periods, among));
    let mut growth = empty(&periods);
    for range in ranges {
        growth.iter_mut().zip(&range).for_each(|(all, more)| all.add(more));
    }
    let begin = growth.iter().position(|period| period.active > 0).unwrap_or(growth.len());
    Ok(growth.split_off(begin))
}

fn empty(periods: &Periods) -> Vec<Growth> {
    let of = |period| Growth {
        start: periods.start(period),
        active: 0,
        new: 0,
        retained: 0,
        resurrected: 0,
        churned: 0,
    };
    (0..periods.len()).map(of).collect()
}

fn of_range(
    source: &Source,
    users: Range<u32>,
    periods: &Periods,
    among: &UserGroups,
) -> Vec<Growth> {
    let mut growth = empty(periods);
    let masks = Masks::of(source, users.clone(), periods);
    for user in users.filter(|user| among.of(*user).is_some()) {
        let mut before: Option<usize> = None;
        for period in bits(masks.user(user)).map(|bit| bit - 1) {
            growth[period].active += 1;
            match before {
                None => growth[period].new += 1,
                Some(before) if before + 1 == period => growth[period].retained += 1,
                Some(before) => {
                    growth[before + 1].churned += 1;
                    growth[period].resurrected += 1;
                }
            }
            before = Some(period);
        }
        if let Some(after) = before.and_then(|before| growth.get_mut(before + 1)) {
            after.churned += 1;
        }
    }
    growth
}
