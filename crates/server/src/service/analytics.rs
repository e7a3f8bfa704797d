//! Retention, growth, funnels, sessions.

use history::{funnel, retention, sessions};
use model::Span;
use segment::tree::{EventMatch, EventNames, Unit};
use serde_json::Value;
use wire::api::{
    CalendarUnit, Cohort, Funnel, FunnelInput, FunnelStep, Growth, GrowthPeriod, GrowthQuery,
    Retention, RetentionQuery, Sessions, SessionsQuery,
};

use super::{Service, View, definitions, rules, span};
use crate::failure::Failure;

/// Steps of a funnel at most.
const STEPS_MAX: usize = 20;

/// Cohorts of a retention table at most.
const COHORTS_MAX: usize = 1_000;

/// Periods of an answer at most: more than ten years of days. An instant far in the future has
/// millions, all of them empty.
const PERIODS_MAX: i64 = 4_000;

impl Service {
    /// Retention by cohort.
    pub fn retention(&self, query: &RetentionQuery) -> Result<Retention, Failure> {
        let view = self.view(query.as_of.as_deref())?;
        periods(&view, query.unit)?;
        let first = rules::event(&query.event);
        let back = rules::event(query.return_event.as_ref().unwrap_or(&query.event));
        let cohorts = retention::cohorts(&view.evaluator(), &first, &back, unit(query.unit))?;
        if cohorts.len() > COHORTS_MAX {
            let message = format!("{} cohorts are more than {COHORTS_MAX}", cohorts.len());
            return Err(
                Failure::unprocessable("retention.too_many", message).hint("ask by week or month")
            );
        }
        let cohorts = cohorts.into_iter().map(|cohort| Cohort {
            start: cohort.start.to_string(),
            users: cohort.users,
            returned: cohort.returned,
        });
        Ok(Retention { unit: unit_name(query.unit).into(), cohorts: cohorts.collect() })
    }

    /// Growth accounting.
    pub fn growth(&self, query: &GrowthQuery) -> Result<Growth, Failure> {
        let view = self.view(query.as_of.as_deref())?;
        periods(&view, query.unit)?;
        let of = rules::event(&query.event);
        let periods = retention::growth(&view.evaluator(), &of, unit(query.unit))?;
        let periods = periods.into_iter().map(|period| GrowthPeriod {
            start: period.start.to_string(),
            active: period.active,
            new: period.new,
            retained: period.retained,
            resurrected: period.resurrected,
            churned: period.churned,
            quick_ratio: period.quick_ratio(),
        });
        Ok(Growth { periods: periods.collect() })
    }

    /// How far users came.
    pub fn funnel(&self, input: &FunnelInput) -> Result<Funnel, Failure> {
        if input.steps.is_empty() || input.steps.len() > STEPS_MAX {
            let message =
                format!("a funnel has 1 to {STEPS_MAX} steps, this one has {}", input.steps.len());
            return Err(Failure::unprocessable("funnel.steps", message));
        }
        let view = self.view(input.as_of.as_deref())?;
        let steps: Result<Vec<_>, _> = input.steps.iter().map(step).collect();
        let asked = funnel::Funnel {
            steps: steps?,
            window: input.window.as_deref().map(|text| span("window", text)).transpose()?,
            per: input.per.as_deref().map(Into::into),
        };
        let counts = funnel::funnel(&view.evaluator(), &asked)?;
        let named = asked.steps.iter().zip(counts);
        let steps = named.map(|(of, users)| FunnelStep { name: name(of), users });
        Ok(Funnel { steps: steps.collect() })
    }

    /// Sessions in figures.
    pub fn sessions(&self, query: &SessionsQuery) -> Result<Sessions, Failure> {
        let rule = match (&query.gap, &query.by) {
            (Some(_), Some(_)) => {
                return Err(Failure::bad_request(
                    "request.query",
                    "`gap` and `by` exclude each other",
                ));
            }
            (_, Some(property)) => sessions::SessionRule::Property(property.as_str().into()),
            (gap, None) => {
                sessions::SessionRule::Gap(span("gap", gap.as_deref().unwrap_or("30m"))?)
            }
        };
        let view = self.view(query.as_of.as_deref())?;
        let figures = sessions::figures(&sessions::sessions(&view.evaluator(), &rule)?);
        Ok(Sessions {
            sessions: figures.sessions,
            users: figures.users,
            mean_events: figures.mean_events,
            median_events: figures.median_events,
            mean_seconds: figures.mean_seconds,
            median_seconds: figures.median_seconds,
            one_event: figures.one_event,
        })
    }
}

/// Refuses questions about more periods than anybody reads.
fn periods(view: &View, unit: CalendarUnit) -> Result<(), Failure> {
    let days = match unit {
        CalendarUnit::Day => 1,
        CalendarUnit::Week => 7,
        CalendarUnit::Month => 28,
    };
    let first = view.snapshot.span().map_or(view.at, |(first, _)| first);
    let n = (view.at - first).0 / Span::days(days).0;
    if n <= PERIODS_MAX {
        return Ok(());
    }
    let message = format!("from {first} to {} there are more than {PERIODS_MAX} periods", view.at);
    Err(Failure::unprocessable("analytics.too_many_periods", message)
        .hint("ask by week or month, or as of an earlier instant"))
}

fn step(step: &Value) -> Result<EventMatch, Failure> {
    match step {
        Value::String(name) => Ok(rules::event(name)),
        other => definitions::event_match(other),
    }
}

fn name(of: &EventMatch) -> String {
    match &of.names {
        EventNames::Any => "*".into(),
        EventNames::Of(names) => {
            names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ")
        }
    }
}

fn unit(unit: CalendarUnit) -> Unit {
    match unit {
        CalendarUnit::Day => Unit::Day,
        CalendarUnit::Week => Unit::Week,
        CalendarUnit::Month => Unit::Month,
    }
}

fn unit_name(unit: CalendarUnit) -> &'static str {
    match unit {
        CalendarUnit::Day => "day",
        CalendarUnit::Week => "week",
        CalendarUnit::Month => "month",
    }
}
