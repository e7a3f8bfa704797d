//! Revenue by day: who pays, how much, and how much that is per active user.
//!
//! The revenue of cohorts over their life is a retention question with a sum
//! ([`crate::retention::Metric::Sum`]).

use std::ops::Range;

use model::{Day, ExactSum};
use segment::tree::EventMatch;

use crate::activity::{DAYS_BEFORE, Rolling, last_days};
use crate::calendar::Periods;
use crate::evaluate::{Evaluator, QueryError, Source};
use crate::groups::{GroupName, UserGroups};
use crate::masks::{Masks, any, bits};
use crate::ranges::add_up;

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Events that earn: those of them that have a number in `amount`.
    pub paid: EventMatch,
    /// The property that says how much.
    pub amount: model::Text,
    /// Events that make a user active.
    pub active: EventMatch,
    /// How many local days, up to the one of the question.
    pub days: u32,
}

/// Revenue of a day, or of all days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Earned {
    /// Revenue.
    pub revenue: ExactSum,
    /// Events that earned.
    pub payments: u64,
    /// Distinct users who paid.
    pub payers: u64,
    /// Distinct active users.
    pub active: u64,
}

/// One local day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevenueDay {
    /// The day.
    pub day: Day,
    /// What was earned.
    pub earned: Earned,
    /// Distinct users active on it or one of the 29 days before.
    pub monthly_active: u64,
}

/// Revenue of one group of users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revenue {
    /// Whose.
    pub group: GroupName,
    /// Oldest first.
    pub days: Vec<RevenueDay>,
    /// All days together.
    pub total: Earned,
}

impl Earned {
    /// Revenue per active user (of a day: ARPDAU); nothing without any.
    pub fn per_active(&self) -> Option<f64> {
        (self.active > 0).then(|| self.revenue.value() / self.active as f64)
    }

    /// Revenue per paying user (of a day: ARPDPU); nothing without any.
    pub fn per_payer(&self) -> Option<f64> {
        (self.payers > 0).then(|| self.revenue.value() / self.payers as f64)
    }

    fn merge(&mut self, more: &Earned) {
        self.revenue.merge(&more.revenue);
        self.payments += more.payments;
        self.payers += more.payers;
        self.active += more.active;
    }
}

impl RevenueDay {
    /// Users who paid on the day ÷ users active in 30 days; nothing if nobody is.
    pub fn payers_per_monthly_active(&self) -> Option<f64> {
        (self.monthly_active > 0).then(|| self.earned.payers as f64 / self.monthly_active as f64)
    }
}

/// What one range of users contributes to one group.
#[derive(Clone)]
struct Counts {
    days: Vec<Earned>,
    total: Earned,
    active: Rolling,
}

/// Revenue by day for each group. Cost: one pass over the events that earn, one over the events of
/// active users, with the 29 days before.
pub fn revenue(
    evaluator: &Evaluator,
    question: &Question,
    groups: &UserGroups,
) -> Result<Vec<Revenue>, QueryError> {
    let n = question.days.max(1) as usize + DAYS_BEFORE;
    let (first, periods) = last_days(evaluator, n);
    let range = (periods.start(DAYS_BEFORE), evaluator.at);
    let paid = evaluator.source(&question.paid, range, &[&question.amount])?;
    let active = evaluator.source(&question.active, (periods.start(0), evaluator.at), &[])?;
    let nothing = vec![Counts::new(periods.len()); groups.len()];
    let count = |users| count(&paid, &active, users, &periods, groups);
    let all = add_up(evaluator, nothing, count, |all, more| {
        all.iter_mut().zip(&more).for_each(|(all, more)| all.merge(more));
    });
    let named = groups.names().iter().cloned().zip(all);
    Ok(named.map(|(group, counts)| counts.finish(group, first)).collect())
}

fn count(
    paid: &Source,
    active: &Source,
    users: Range<u32>,
    periods: &Periods,
    groups: &UserGroups,
) -> Vec<Counts> {
    let mut counts = vec![Counts::new(periods.len()); groups.len()];
    let mut payers = Masks::empty(&users, periods);
    paid.each(users.clone(), |hit| {
        let Some(group) = groups.of(hit.user) else { return };
        let (Some(amount), Some(day)) = (hit.number(0), periods.of(hit.time)) else { return };
        let counts = &mut counts[group];
        for earned in [&mut counts.days[day], &mut counts.total] {
            earned.revenue.add(amount);
            earned.payments += 1;
        }
        payers.set(hit.user, day + 1);
    });
    let active = Masks::of(active, users.clone(), periods);
    for user in users {
        let Some(group) = groups.of(user) else { continue };
        let counts = &mut counts[group];
        counts.active.add(bits(active.user(user)).map(|bit| bit - 1));
        counts.total.active += u64::from(any(active.user(user), DAYS_BEFORE + 1, periods.len()));
        counts.total.payers += u64::from(bits(payers.user(user)).next().is_some());
        bits(payers.user(user)).for_each(|bit| counts.days[bit - 1].payers += 1);
    }
    counts
}

impl Counts {
    fn new(n_days: usize) -> Counts {
        Counts {
            days: vec![Earned::default(); n_days],
            total: Earned::default(),
            active: Rolling::new(n_days),
        }
    }

    fn merge(&mut self, more: &Counts) {
        self.days.iter_mut().zip(&more.days).for_each(|(all, more)| all.merge(more));
        self.total.merge(&more.total);
        self.active.merge(&more.active);
    }

    fn finish(self, group: GroupName, first: Day) -> Revenue {
        let active = self.active.series();
        let day = |(index, earned): (usize, &Earned)| RevenueDay {
            day: Day(first.0 + index as i64),
            earned: Earned { active: active[index][0], ..*earned },
            monthly_active: active[index][2],
        };
        let days = self.days.iter().enumerate().skip(DAYS_BEFORE).map(day).collect();
        Revenue { group, days, total: self.total }
    }
}
