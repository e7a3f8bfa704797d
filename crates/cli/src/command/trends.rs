//! `perennial trends`.

use serde_json::Value;
use wire::api::{
    Breakdown, TrendGroup, TrendLine, TrendMeasure, TrendSeriesInput, Trends, TrendsInput,
};

use crate::WrongUse;
use crate::arguments::{TrendUnit, TrendsArguments};
use crate::print::{self, Table};
use crate::source::Source;

pub fn run(arguments: TrendsArguments) -> anyhow::Result<()> {
    let format = arguments.at.result.format;
    let source = Source::open(&arguments.at.result.source)?;
    let input = TrendsInput {
        series: arguments.series.iter().map(|text| series(text)).collect::<anyhow::Result<_>>()?,
        formulas: arguments.formula,
        unit: match arguments.unit {
            TrendUnit::Hour => wire::api::TrendUnit::Hour,
            TrendUnit::Day => wire::api::TrendUnit::Day,
            TrendUnit::Week => wire::api::TrendUnit::Week,
            TrendUnit::Month => wire::api::TrendUnit::Month,
            TrendUnit::All => wire::api::TrendUnit::All,
        },
        since: arguments.since,
        until: arguments.until,
        by: arguments.by.iter().map(|text| by(text)).collect::<anyhow::Result<_>>()?,
        top: arguments.top,
        segment: arguments.segment,
        as_of: arguments.at.as_of,
        known_at: arguments.at.known_at,
    };
    let trends = source.trends(&input)?;
    print::result(format, &trends, || lines(&trends))?;
    source.close()
}

/// Reads `EVENT[:MEASURE[:PROPERTY]]`, or JSON.
fn series(text: &str) -> anyhow::Result<TrendSeriesInput> {
    if text.trim_start().starts_with('{') {
        return Ok(serde_json::from_str(text)?);
    }
    let mut parts = text.splitn(3, ':');
    let event = Value::from(parts.next().unwrap_or_default());
    let measure = parts.next().unwrap_or("count");
    let property = parts.next().map(str::to_owned);
    let percent = measure.strip_prefix('p').and_then(|digits| digits.parse::<f64>().ok());
    if let Some(percent) = percent.filter(|percent| (0.0..=100.0).contains(percent)) {
        let (measure, quantile) = (TrendMeasure::Quantile, Some(percent / 100.0));
        return Ok(TrendSeriesInput { event, measure, property, quantile });
    }
    match serde_json::from_value(Value::from(measure)) {
        Ok(measure) => Ok(TrendSeriesInput { event, measure, property, quantile: None }),
        Err(_) => Err(WrongUse(format!(
            "\"{measure}\" is no measure; use count, users, per_user, sum, avg, min, max, median, \
             p90 or distinct"
        ))
        .into()),
    }
}

/// Reads `property.NAME` or `attribute.NAME`.
fn by(text: &str) -> anyhow::Result<Breakdown> {
    match text.split_once('.') {
        Some(("property", name)) => Ok(Breakdown::Property(name.into())),
        Some(("attribute", name)) => Ok(Breakdown::Attribute(name.into())),
        _ => Err(WrongUse(format!(
            "\"{text}\": write property.NAME or attribute.NAME, as in attribute.plan"
        ))
        .into()),
    }
}

fn lines(trends: &Trends) -> Table {
    let first = trends.groups.first();
    let (n_series, n_formulas) = first.map_or((0, 0), |of| (of.series.len(), of.formulas.len()));
    let letters = (0..n_series).map(|n| char::from(b'A' + n as u8).to_string());
    let formulas = (1..=n_formulas).map(|n| format!("formula {n}"));
    let header = ["group".to_owned(), "period".to_owned()].into_iter();
    let mut table = Table::with_header(header.chain(letters).chain(formulas).collect());
    for group in &trends.groups {
        let cell = |value: Option<f64>| {
            value.map_or_else(String::new, |value| ((value * 1e4).round() / 1e4).to_string())
        };
        let mut row = |period: String, value: &dyn Fn(&TrendLine) -> Option<f64>| {
            let lines = group.series.iter().chain(&group.formulas);
            let cells = lines.map(|line| cell(value(line)));
            table.row([name(group), period].into_iter().chain(cells).collect());
        };
        for (index, period) in trends.periods.iter().enumerate() {
            row(period.clone(), &|line| line.values.get(index).copied().flatten());
        }
        row("total".into(), &|line| line.total);
    }
    table
}

fn name(group: &TrendGroup) -> String {
    let value = |value: &Value| match value {
        Value::Null => "(none)".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match (group.other, group.values.is_empty()) {
        (true, _) => "(other)".into(),
        (false, true) => "all".into(),
        (false, false) => group.values.iter().map(value).collect::<Vec<_>>().join(", "),
    }
}
