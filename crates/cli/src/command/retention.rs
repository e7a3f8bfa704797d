//! `perennial retention`.

use wire::api::{
    CohortRow, PowerCurveInput, RetentionAnswer, RetentionInput, RetentionMetric, RetentionMode,
};

use super::about::{self, breakdown, event, group_name};
use crate::WrongUse;
use crate::arguments::{Format, RetentionArguments, RetentionCommand};
use crate::print::{self, Table};
use crate::source::Source;

pub fn run(arguments: RetentionArguments) -> anyhow::Result<()> {
    if let Some(RetentionCommand::PowerCurve { event, unit, periods, about }) = arguments.command {
        let source = Source::open(&about.at.result.source)?;
        let input = PowerCurveInput {
            event: about::event(&event)?,
            unit: about::unit(unit),
            periods: Some(periods),
            by: breakdown(&about),
            top: about.top,
            segment: about.segment,
            as_of: about.at.as_of,
            known_at: about.at.known_at,
        };
        let curve = source.power_curve(&input)?;
        print::result(about.at.result.format, &curve, || {
            let mut table = Table::new(["group", "periods", "users"]);
            for group in &curve.groups {
                for (periods, users) in group.users.iter().enumerate() {
                    table.row(vec![
                        group_name(&group.group),
                        periods.to_string(),
                        users.to_string(),
                    ]);
                }
            }
            table
        })?;
        return source.close();
    }
    let format = arguments.about.at.result.format;
    let source = Source::open(&arguments.about.at.result.source)?;
    let answer = source.retention(&input(arguments)?)?;
    print::result(format, &answer, || cohorts(&answer, format))?;
    source.close()
}

fn input(arguments: RetentionArguments) -> anyhow::Result<RetentionInput> {
    let brackets = arguments.bracket.iter().map(|text| bracket(text));
    let (metric, property) = match (arguments.events, arguments.sum) {
        (_, Some(property)) => (RetentionMetric::Sum, Some(property)),
        (true, None) => (RetentionMetric::Events, None),
        (false, None) => (RetentionMetric::Users, None),
    };
    Ok(RetentionInput {
        event: event(&arguments.event.unwrap_or_default())?,
        return_event: arguments.return_event.as_deref().map(event).transpose()?,
        unit: about::unit(arguments.unit),
        since: arguments.since,
        until: arguments.until,
        mode: if arguments.unbounded { RetentionMode::Unbounded } else { RetentionMode::Nth },
        brackets: brackets.collect::<anyhow::Result<_>>()?,
        at_least: arguments.at_least,
        metric,
        property,
        by: breakdown(&arguments.about),
        top: arguments.about.top,
        segment: arguments.about.segment,
        as_of: arguments.about.at.as_of,
        known_at: arguments.about.at.known_at,
    })
}

/// Reads `1-3`, or one period.
fn bracket(text: &str) -> anyhow::Result<[u32; 2]> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    match (from.trim().parse(), to.trim().parse()) {
        (Ok(from), Ok(to)) => Ok([from, to]),
        _ => Err(WrongUse(format!(
            "\"{text}\" is no bracket; write the first and the last period like 1-3"
        ))
        .into()),
    }
}

fn cohorts(answer: &RetentionAnswer, format: Format) -> Table {
    let rows = || answer.tables.iter().flat_map(|table| &table.cohorts);
    let columns = rows().map(|cohort| cohort.returned.len()).max().unwrap_or(0);
    let header = ["group", "cohort", "users"].map(str::to_owned).into_iter();
    let mut table = Table::with_header(header.chain((0..columns).map(|n| n.to_string())).collect());
    for of in &answer.tables {
        for cohort in &of.cohorts {
            let first =
                [group_name(&of.group), cohort.start.clone(), cohort.users.to_string()].into_iter();
            table.row(first.chain((0..columns).map(|n| cell(cohort, n, format))).collect());
        }
    }
    table
}

/// The share, or what is added up per user; with a star where it may still grow.
fn cell(cohort: &CohortRow, column: usize, format: Format) -> String {
    let text = match (cohort.per_user.get(column), cohort.share.get(column)) {
        (Some(value), _) => format!("{value:.2}"),
        (None, Some(share)) => print::share(format, *share),
        (None, None) => return String::new(),
    };
    let open = format == Format::Table && column as u64 >= cohort.complete;
    text + if open { " *" } else { "" }
}
