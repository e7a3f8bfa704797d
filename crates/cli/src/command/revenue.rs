//! `perennial revenue`.

use wire::api::{Earned, LifetimeValue, LifetimeValueInput, RevenueAnswer, RevenueInput};

use super::about::{self, breakdown, decimal, event, group_name};
use crate::arguments::{RevenueArguments, RevenueCommand};
use crate::print::{self, Table};
use crate::source::Source;

pub fn run(arguments: RevenueArguments) -> anyhow::Result<()> {
    let RevenueArguments { command, event: paid, property, active, days, about } = arguments;
    if let Some(RevenueCommand::Lifetime { event: paid, property, first, unit, since, about }) =
        command
    {
        let source = Source::open(&about.at.result.source)?;
        let input = LifetimeValueInput {
            event: event(&paid)?,
            property,
            first: first.as_deref().map(event).transpose()?,
            unit: about::unit(unit),
            since,
            until: None,
            by: breakdown(&about),
            top: about.top,
            segment: about.segment,
            as_of: about.at.as_of,
            known_at: about.at.known_at,
        };
        let answer = source.lifetime_value(&input)?;
        print::result(about.at.result.format, &answer, || lives(&answer))?;
        return source.close();
    }
    let source = Source::open(&about.at.result.source)?;
    let input = RevenueInput {
        event: event(&paid.unwrap_or_default())?,
        property: property.unwrap_or_default(),
        active: active.as_deref().map(event).transpose()?,
        days: Some(days),
        by: breakdown(&about),
        top: about.top,
        segment: about.segment,
        as_of: about.at.as_of,
        known_at: about.at.known_at,
    };
    let answer = source.revenue(&input)?;
    print::result(about.at.result.format, &answer, || days_of(&answer))?;
    source.close()
}

fn days_of(answer: &RevenueAnswer) -> Table {
    let mut table = Table::new([
        "group",
        "day",
        "revenue",
        "payments",
        "payers",
        "active",
        "per active",
        "per payer",
    ]);
    for group in &answer.groups {
        for day in &group.days {
            table.row(row(group_name(&group.group), day.day.clone(), &day.earned));
        }
        table.row(row(group_name(&group.group), "all days".into(), &group.total));
    }
    table
}

fn row(group: String, day: String, earned: &Earned) -> Vec<String> {
    vec![
        group,
        day,
        format!("{:.2}", earned.revenue),
        earned.payments.to_string(),
        earned.payers.to_string(),
        earned.active.to_string(),
        decimal(earned.per_active),
        decimal(earned.per_payer),
    ]
}

fn lives(answer: &LifetimeValue) -> Table {
    let cohorts = || answer.groups.iter().flat_map(|group| &group.cohorts);
    let columns = cohorts().map(|cohort| cohort.per_user.len()).max().unwrap_or(0);
    let header = ["group", "cohort", "users"].map(str::to_owned).into_iter();
    let mut table = Table::with_header(header.chain((0..columns).map(|n| n.to_string())).collect());
    for group in &answer.groups {
        for cohort in &group.cohorts {
            let first = [group_name(&group.group), cohort.start.clone(), cohort.users.to_string()];
            let cells = (0..columns).map(|column| decimal(cohort.per_user.get(column).copied()));
            table.row(first.into_iter().chain(cells).collect());
        }
    }
    table
}
