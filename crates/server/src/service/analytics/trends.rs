//! Trends, their formulas, and pivots.

use history::calendar::PeriodUnit;
use history::groups::UserGroups;
use history::trends::formula::Formula;
use history::trends::{self, BY_MAX, Measure, Question, Series};
use model::{Span, Text};
use serde_json::Value;
use wire::api::{
    Problem, TrendGroup, TrendLine, TrendMeasure, TrendSeriesInput, TrendUnit, Trends, TrendsInput,
};

use super::super::{Service, View, limit};
use super::{event, optional_instant, period_name, periods, value};
use crate::failure::Failure;

/// Series, and formulas, of a question at most.
const SERIES_MAX: usize = 10;

/// Days before the end where no begin is given.
const DAYS: Span = Span::days(30);

/// Groups without a wish, and at most.
const TOP: (u64, u64) = (10, 1_000);

/// Values of an answer at most: series by periods by groups.
const VALUES_MAX: i64 = 1_000_000;

impl Service {
    /// Trends and pivots.
    pub fn trends(&self, input: &TrendsInput) -> Result<Trends, Failure> {
        let view = self.view(input.as_of.as_deref(), input.known_at.as_deref())?;
        let evaluator = view.evaluator();
        let question = self.trend_question(&view, input)?;
        let formulas = formulas(input)?;
        let within = self.within(&view, &evaluator, input.segment.as_deref())?;
        let found = trends::trend(&evaluator, &question, &UserGroups::one(within.as_ref()))?;
        let n = found.periods.len();
        let name = |period| match question.unit {
            PeriodUnit::Whole => question.range.0.to_string(),
            unit => period_name(&view, unit, found.periods.start(period)),
        };
        let groups = found.groups.iter().map(|group| TrendGroup {
            values: group
                .of
                .iter()
                .flatten()
                .map(|key| key.as_ref().map_or(Value::Null, value))
                .collect(),
            other: group.of.is_none(),
            series: group.values.iter().map(|values| line(values)).collect(),
            formulas: formulas.iter().map(|formula| line(&over(formula, &group.values))).collect(),
        });
        Ok(Trends {
            as_of: view.at.to_string(),
            periods: (0..n).map(name).collect(),
            complete: found.periods.complete(view.at) as u64,
            groups: groups.collect(),
        })
    }

    fn trend_question(&self, view: &View, input: &TrendsInput) -> Result<Question, Failure> {
        let unit = match input.unit {
            TrendUnit::Hour => PeriodUnit::Hour,
            TrendUnit::Day => PeriodUnit::Day,
            TrendUnit::Week => PeriodUnit::Week,
            TrendUnit::Month => PeriodUnit::Month,
            TrendUnit::All => PeriodUnit::Whole,
        };
        let n = input.series.len();
        if n == 0 || n > SERIES_MAX || input.formulas.len() > SERIES_MAX {
            let message = format!("a trend has 1 to {SERIES_MAX} series, and as many formulas");
            return Err(Failure::unprocessable("trends.series", message));
        }
        if input.by.len() > BY_MAX {
            let message = format!("a trend is broken down by at most {BY_MAX} values");
            return Err(Failure::unprocessable("trends.by", message));
        }
        let until = optional_instant("until", input.until.as_deref())?.unwrap_or(view.at);
        let until = until.min(view.at);
        let since = optional_instant("since", input.since.as_deref())?.unwrap_or(until - DAYS);
        if since > until {
            let message = format!("`since` ({since}) is later than the end ({until})");
            return Err(Failure::bad_request("request.time", message).hint("exchange the two"));
        }
        // Periods before the first event would be empty: they are not shown.
        let first = view.snapshot.activity_span().map_or(since, |(first, _)| first);
        let since = since.max(first.min(until));
        let top = limit("top", input.top, TOP.0, TOP.1)?;
        let values = periods(view, unit, Some(since))? * n as i64 * top as i64;
        if values > VALUES_MAX && !input.by.is_empty() {
            let message = format!("up to {values} values are more than {VALUES_MAX}");
            return Err(Failure::unprocessable("trends.too_many", message)
                .hint("ask for longer periods, a shorter time, or fewer groups"));
        }
        let by = input.by.iter().map(|by| self.by(Some(by)));
        let by = by.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
        let series = input.series.iter().map(|series| self.series(series));
        let series = series.collect::<Result<_, _>>()?;
        Ok(Question { series, unit, range: (since, until), by, top })
    }

    fn series(&self, input: &TrendSeriesInput) -> Result<Series, Failure> {
        let of = event(&input.event)?;
        if input.quantile.is_some() != (input.measure == TrendMeasure::Quantile)
            || input.quantile.is_some_and(|share| !(0.0..=1.0).contains(&share))
        {
            let message = "`quantile`, from 0 to 1, belongs to the measure `quantile`";
            return Err(Failure::unprocessable("trends.quantile", message));
        }
        let plain = match input.measure {
            TrendMeasure::Count => Some(Measure::Count),
            TrendMeasure::Users => Some(Measure::Users),
            TrendMeasure::PerUser => Some(Measure::PerUser),
            _ => None,
        };
        if let Some(name) = &input.property {
            self.known_property("property", name)?;
        }
        let measure = match (plain, &input.property) {
            (Some(measure), None) => measure,
            (None, Some(name)) => of_property(input, Text::new(name)),
            (Some(_), Some(_)) | (None, None) => {
                let message = "`property` is what every measure but `count`, `users` and \
                    `per_user` reads, and only they do without";
                return Err(Failure::unprocessable("trends.property", message));
            }
        };
        Ok(Series { of, measure })
    }
}

fn of_property(input: &TrendSeriesInput, name: Text) -> Measure {
    match input.measure {
        TrendMeasure::Avg => Measure::Avg(name),
        TrendMeasure::Min => Measure::Min(name),
        TrendMeasure::Max => Measure::Max(name),
        TrendMeasure::Median => Measure::Quantile(name, 0.5),
        TrendMeasure::Quantile => Measure::Quantile(name, input.quantile.unwrap_or(0.5)),
        TrendMeasure::Distinct => Measure::Distinct(name),
        _ => Measure::Sum(name),
    }
}

fn formulas(input: &TrendsInput) -> Result<Vec<Formula>, Failure> {
    let parse = |(index, text): (usize, &String)| {
        Formula::parse(text, input.series.len()).map_err(|error| {
            let code = "trends.formula";
            let problem = Problem {
                code: code.into(),
                severity: "error".into(),
                message: error.message.clone(),
                line: Some(error.line),
                column: Some(error.column),
                path: Some(format!("/formulas/{index}")),
                ..Problem::default()
            };
            Failure::unprocessable(code, format!("\"{text}\": {error}"))
                .hint("write it like A / B * 100")
                .problems(vec![problem])
        })
    };
    input.formulas.iter().enumerate().map(parse).collect()
}

/// A formula over the values of all series.
fn over(formula: &Formula, series: &[Vec<Option<f64>>]) -> Vec<Option<f64>> {
    let n = series.first().map_or(0, Vec::len);
    let at = |cell: usize| -> Vec<Option<f64>> { series.iter().map(|line| line[cell]).collect() };
    (0..n).map(|cell| formula.value(&at(cell))).collect()
}

/// The last value is the total.
fn line(values: &[Option<f64>]) -> TrendLine {
    match values.split_last() {
        Some((total, values)) => TrendLine { values: values.to_vec(), total: *total },
        None => TrendLine { values: Vec::new(), total: None },
    }
}
