//! `perennial funnel`.

use wire::api::{FunnelInput, FunnelOrder, FunnelStep, Spread};

use super::about::{breakdown, decimal, event, group_name};
use crate::arguments::{Format, FunnelArguments, Order};
use crate::print::{self, Table};
use crate::source::Source;

pub fn run(arguments: FunnelArguments) -> anyhow::Result<()> {
    let format = arguments.about.at.result.format;
    let source = Source::open(&arguments.about.at.result.source)?;
    let funnel = source.funnel(&input(arguments)?)?;
    print::result(format, &funnel, || {
        let mut table = Table::new([
            "group",
            "step",
            "users",
            "of first",
            "of before",
            "median s",
            "p90 s",
            "total median s",
            "mean times before",
        ]);
        funnel.steps.iter().for_each(|step| table.row(row("all".into(), step, format)));
        for group in &funnel.groups {
            for step in &group.steps {
                table.row(row(group_name(&group.group), step, format));
            }
        }
        table
    })?;
    source.close()
}

fn input(arguments: FunnelArguments) -> anyhow::Result<FunnelInput> {
    let step_windows = arguments.step_window.into_iter().map(|text| (text != "-").then_some(text));
    let step_windows: Vec<_> = step_windows.collect();
    let first = (!step_windows.is_empty()).then_some(None);
    Ok(FunnelInput {
        steps: arguments.step.iter().map(|step| event(step)).collect::<anyhow::Result<_>>()?,
        order: match arguments.order {
            Order::Loose => FunnelOrder::Loose,
            Order::Strict => FunnelOrder::Strict,
            Order::Any => FunnelOrder::Any,
        },
        window: arguments.window,
        step_windows: first.into_iter().chain(step_windows).collect(),
        per: arguments.per,
        hold: arguments.hold,
        since: arguments.since,
        until: arguments.until,
        by: breakdown(&arguments.about),
        top: arguments.about.top,
        segment: arguments.about.segment,
        as_of: arguments.about.at.as_of,
        known_at: arguments.about.at.known_at,
    })
}

fn row(group: String, step: &FunnelStep, format: Format) -> Vec<String> {
    let of = |spread: &Option<Spread>, part: fn(&Spread) -> f64| decimal(spread.as_ref().map(part));
    vec![
        group,
        step.name.clone(),
        step.users.to_string(),
        print::share(format, step.conversion),
        print::share(format, step.conversion_from_before),
        of(&step.seconds_from_before, |spread| spread.median),
        of(&step.seconds_from_before, |spread| spread.p90),
        of(&step.seconds_from_start, |spread| spread.median),
        of(&step.times_before, |spread| spread.mean),
    ]
}
