//! Retention, the power curve, growth, and what cohorts earn.

use history::retention::{self, Metric, Mode, Question};
use model::Text;
use wire::api::{
    Cohort, CohortRow, Growth, GrowthPeriod, GrowthQuery, LifetimeValue, LifetimeValueCohort,
    LifetimeValueGroup, LifetimeValueInput, PowerCurve, PowerCurveGroup, PowerCurveInput,
    Retention, RetentionAnswer, RetentionInput, RetentionMetric, RetentionMode, RetentionQuery,
    RetentionTable,
};

use super::super::{Service, View, limit, rules, share};
use super::{
    calendar_unit, event, event_or_any, group, optional_instant, period_name, period_unit, periods,
    quotient,
};
use crate::failure::Failure;

/// Cells of an answer at most: cohorts by columns by groups.
const CELLS_MAX: i64 = 1_000_000;

/// Brackets of a question at most.
const BRACKETS_MAX: usize = 100;

/// Periods of a power curve without a wish, and at most.
const POWER_PERIODS: (u64, u64) = (30, 366);

impl Service {
    /// Retention by cohort.
    pub fn retention(&self, query: &RetentionQuery) -> Result<Retention, Failure> {
        let view = self.view(query.as_of.as_deref(), query.known_at.as_deref())?;
        let evaluator = view.evaluator();
        let unit = calendar_unit(query.unit);
        let first = rules::event(&query.event);
        let back = rules::event(query.return_event.as_ref().unwrap_or(&query.event));
        let mut question = Question::of(first, back, unit);
        question.since = optional_instant("since", query.since.as_deref())?;
        question.until = optional_instant("until", query.until.as_deref())?;
        check(&view, &question, 1)?;
        let within = self.within(&view, &evaluator, query.segment.as_deref())?;
        let groups = self.groups(&evaluator, within.as_ref(), (None, None), None)?;
        let tables = retention::retention(&evaluator, &question, &groups)?;
        let cohorts = tables.into_iter().flat_map(|table| table.cohorts).map(|cohort| Cohort {
            start: period_name(&view, unit, cohort.start),
            users: cohort.users,
            complete: cohort.complete as u64,
            returned: cohort.returned,
        });
        let unit = serde_json::to_value(query.unit).unwrap_or_default();
        let unit = unit.as_str().unwrap_or_default().to_owned();
        Ok(Retention { unit, cohorts: cohorts.collect() })
    }

    /// Retention with everything that can be asked.
    pub fn retention_tables(&self, input: &RetentionInput) -> Result<RetentionAnswer, Failure> {
        let view = self.view(input.as_of.as_deref(), input.known_at.as_deref())?;
        let evaluator = view.evaluator();
        let question = self.retention_question(input)?;
        let within = self.within(&view, &evaluator, input.segment.as_deref())?;
        let breakdown = (input.by.as_ref(), input.top);
        let groups = self.groups(&evaluator, within.as_ref(), breakdown, Some(&question.first))?;
        check(&view, &question, groups.len())?;
        let tables = retention::retention(&evaluator, &question, &groups)?;
        let tables = tables.into_iter().map(|table| RetentionTable {
            group: group(&table.group),
            cohorts: table.cohorts.iter().map(|cohort| row(&view, &question, cohort)).collect(),
        });
        Ok(RetentionAnswer {
            as_of: view.at.to_string(),
            unit: input.unit,
            tables: tables.collect(),
        })
    }

    fn retention_question(&self, input: &RetentionInput) -> Result<Question, Failure> {
        let first = event(&input.event)?;
        let back = event(input.return_event.as_ref().unwrap_or(&input.event))?;
        Ok(Question {
            since: optional_instant("since", input.since.as_deref())?,
            until: optional_instant("until", input.until.as_deref())?,
            mode: match input.mode {
                RetentionMode::Nth => Mode::Nth,
                RetentionMode::Unbounded => Mode::Unbounded,
            },
            brackets: brackets(&input.brackets)?,
            at_least: input.at_least.unwrap_or(1).max(1),
            metric: self.metric(input.metric, input.property.as_deref())?,
            ..Question::of(first, back, period_unit(input.unit))
        })
    }

    fn metric(&self, metric: RetentionMetric, property: Option<&str>) -> Result<Metric, Failure> {
        match (metric, property) {
            (RetentionMetric::Users, None) => Ok(Metric::Users),
            (RetentionMetric::Events, None) => Ok(Metric::Events),
            (RetentionMetric::Sum, Some(name)) => {
                self.known_property("property", name)?;
                Ok(Metric::Sum(Text::new(name)))
            }
            _ => {
                let message = "`property` belongs to the metric `sum`, and only to it";
                Err(Failure::unprocessable("retention.metric", message))
            }
        }
    }

    /// In how many periods people come.
    pub fn power_curve(&self, input: &PowerCurveInput) -> Result<PowerCurve, Failure> {
        let n = limit("periods", input.periods, POWER_PERIODS.0, POWER_PERIODS.1)?;
        let view = self.view(input.as_of.as_deref(), input.known_at.as_deref())?;
        let evaluator = view.evaluator();
        let of = event(&input.event)?;
        let within = self.within(&view, &evaluator, input.segment.as_deref())?;
        let groups =
            self.groups(&evaluator, within.as_ref(), (input.by.as_ref(), input.top), None)?;
        let asked = (n as u32, period_unit(input.unit));
        let curves = retention::power_curve(&evaluator, &of, asked, &groups)?;
        let named = groups.names().iter().zip(curves);
        let groups = named.map(|(name, users)| PowerCurveGroup { group: group(name), users });
        Ok(PowerCurve { as_of: view.at.to_string(), groups: groups.collect() })
    }

    /// Growth accounting.
    pub fn growth(&self, query: &GrowthQuery) -> Result<Growth, Failure> {
        let view = self.view(query.as_of.as_deref(), query.known_at.as_deref())?;
        let evaluator = view.evaluator();
        let unit = calendar_unit(query.unit);
        periods(&view, unit, None)?;
        let of = rules::event(&query.event);
        let within = self.within(&view, &evaluator, query.segment.as_deref())?;
        let among = self.groups(&evaluator, within.as_ref(), (None, None), None)?;
        let growth = retention::growth_among(&evaluator, &of, unit, &among)?;
        let periods = growth.into_iter().map(|period| GrowthPeriod {
            start: period_name(&view, unit, period.start),
            active: period.active,
            new: period.new,
            retained: period.retained,
            resurrected: period.resurrected,
            churned: period.churned,
            quick_ratio: period.quick_ratio(),
        });
        Ok(Growth { periods: periods.collect() })
    }

    /// What cohorts earn over their life.
    pub fn lifetime_value(&self, input: &LifetimeValueInput) -> Result<LifetimeValue, Failure> {
        let view = self.view(input.as_of.as_deref(), input.known_at.as_deref())?;
        let evaluator = view.evaluator();
        self.known_property("property", &input.property)?;
        let (first, paid) = (event_or_any(input.first.as_ref())?, event(&input.event)?);
        let question = Question {
            since: optional_instant("since", input.since.as_deref())?,
            until: optional_instant("until", input.until.as_deref())?,
            metric: Metric::Sum(Text::new(&input.property)),
            ..Question::of(first, paid, period_unit(input.unit))
        };
        let within = self.within(&view, &evaluator, input.segment.as_deref())?;
        let breakdown = (input.by.as_ref(), input.top);
        let groups = self.groups(&evaluator, within.as_ref(), breakdown, Some(&question.first))?;
        check(&view, &question, groups.len())?;
        let tables = retention::retention(&evaluator, &question, &groups)?;
        let groups = tables.into_iter().map(|table| LifetimeValueGroup {
            group: group(&table.group),
            cohorts: table.cohorts.iter().map(|cohort| life(&view, &question, cohort)).collect(),
        });
        Ok(LifetimeValue { as_of: view.at.to_string(), groups: groups.collect() })
    }
}

fn brackets(written: &[[u32; 2]]) -> Result<Vec<(u32, u32)>, Failure> {
    let brackets: Vec<(u32, u32)> = written.iter().map(|[from, to]| (*from, *to)).collect();
    let ordered = brackets.windows(2).all(|pair| pair[0].0 <= pair[1].0);
    if brackets.len() > BRACKETS_MAX || !ordered || brackets.iter().any(|(from, to)| from > to) {
        let message = format!(
            "`brackets` are at most {BRACKETS_MAX} pairs of first and last period, by first period"
        );
        return Err(Failure::unprocessable("retention.brackets", message)
            .hint("write them like [[0,0],[1,3],[4,7]]"));
    }
    Ok(brackets)
}

/// Refuses questions whose answer nobody could read.
fn check(view: &View, question: &Question, n_groups: usize) -> Result<(), Failure> {
    let n = periods(view, question.unit, question.since)?;
    let columns = match question.brackets.len() {
        0 => n,
        brackets => brackets as i64,
    };
    let cells = n * columns * n_groups as i64;
    if cells <= CELLS_MAX {
        return Ok(());
    }
    let message = format!("the answer has up to {cells} cells, more than {CELLS_MAX}");
    Err(Failure::unprocessable("retention.too_many", message)
        .hint("ask by week or month, with `since`, or for fewer groups"))
}

fn row(view: &View, question: &Question, cohort: &retention::Cohort) -> CohortRow {
    let sums: Vec<f64> = cohort.sums.iter().map(|sum| sum.value()).collect();
    let per_user = match question.metric {
        Metric::Users => Vec::new(),
        Metric::Events => cohort.events.iter().map(|n| share(*n, cohort.users)).collect(),
        Metric::Sum(_) => sums.iter().map(|sum| quotient(*sum, cohort.users)).collect(),
    };
    CohortRow {
        start: period_name(view, question.unit, cohort.start),
        users: cohort.users,
        share: cohort.returned.iter().map(|n| share(*n, cohort.users)).collect(),
        returned: cohort.returned.clone(),
        events: cohort.events.clone(),
        sums,
        per_user,
        complete: cohort.complete as u64,
    }
}

fn life(view: &View, question: &Question, cohort: &retention::Cohort) -> LifetimeValueCohort {
    let mut total = model::ExactSum::default();
    let so_far = cohort.sums.iter().map(|sum| {
        total.merge(sum);
        total.value()
    });
    let revenue: Vec<f64> = so_far.collect();
    LifetimeValueCohort {
        start: period_name(view, question.unit, cohort.start),
        users: cohort.users,
        per_user: revenue.iter().map(|sum| quotient(*sum, cohort.users)).collect(),
        revenue,
        complete: cohort.complete as u64,
    }
}
