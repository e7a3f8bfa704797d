//! Activity by day, and revenue.

use history::activity::{RollingDay, rolling};
use history::revenue;
use wire::api::{
    ActivityAnswer, ActivityDay, ActivityGroup, ActivityInput, Earned, RevenueAnswer, RevenueDay,
    RevenueGroup, RevenueInput,
};

use super::super::{Service, limit};
use super::{DAYS, event, event_or_any, group};
use crate::failure::Failure;

impl Service {
    /// Daily, weekly and monthly active users by day.
    pub fn activity(&self, input: &ActivityInput) -> Result<ActivityAnswer, Failure> {
        let days = limit("days", input.days, DAYS.0, DAYS.1)?;
        let view = self.view(input.as_of.as_deref(), input.known_at.as_deref())?;
        let evaluator = view.evaluator();
        let of = event_or_any(input.event.as_ref())?;
        let within = self.within(&view, &evaluator, input.segment.as_deref())?;
        let groups =
            self.groups(&evaluator, within.as_ref(), (input.by.as_ref(), input.top), None)?;
        let series = rolling(&evaluator, &of, days as u32, &groups)?;
        let named = groups.names().iter().zip(series);
        let groups = named.map(|(name, days)| ActivityGroup {
            group: group(name),
            days: days.iter().map(day).collect(),
        });
        Ok(ActivityAnswer { as_of: view.at.to_string(), groups: groups.collect() })
    }

    /// Revenue by day.
    pub fn revenue(&self, input: &RevenueInput) -> Result<RevenueAnswer, Failure> {
        let days = limit("days", input.days, DAYS.0, DAYS.1)?;
        let view = self.view(input.as_of.as_deref(), input.known_at.as_deref())?;
        let evaluator = view.evaluator();
        self.known_property("property", &input.property)?;
        let question = revenue::Question {
            paid: event(&input.event)?,
            amount: input.property.as_str().into(),
            active: event_or_any(input.active.as_ref())?,
            days: days as u32,
        };
        let within = self.within(&view, &evaluator, input.segment.as_deref())?;
        let groups =
            self.groups(&evaluator, within.as_ref(), (input.by.as_ref(), input.top), None)?;
        let found = revenue::revenue(&evaluator, &question, &groups)?;
        let groups = found.iter().map(|found| RevenueGroup {
            group: group(&found.group),
            days: found.days.iter().map(revenue_day).collect(),
            total: earned(&found.total),
        });
        Ok(RevenueAnswer { as_of: view.at.to_string(), groups: groups.collect() })
    }
}

fn day(day: &RollingDay) -> ActivityDay {
    ActivityDay {
        day: day.day.to_string(),
        daily: day.daily,
        weekly: day.weekly,
        monthly: day.monthly,
        stickiness: day.stickiness(),
    }
}

fn revenue_day(day: &revenue::RevenueDay) -> RevenueDay {
    RevenueDay {
        day: day.day.to_string(),
        earned: earned(&day.earned),
        monthly_active: day.monthly_active,
        payers_per_monthly_active: day.payers_per_monthly_active(),
    }
}

fn earned(earned: &revenue::Earned) -> Earned {
    Earned {
        revenue: earned.revenue.value(),
        payments: earned.payments,
        payers: earned.payers,
        active: earned.active,
        per_active: earned.per_active(),
        per_payer: earned.per_payer(),
    }
}
