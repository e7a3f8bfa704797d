//! `perennial activity`.

use wire::api::ActivityInput;

use super::about::{breakdown, event, group_name};
use crate::arguments::ActivityArguments;
use crate::print::{self, Table};
use crate::source::Source;

pub fn run(arguments: ActivityArguments) -> anyhow::Result<()> {
    let ActivityArguments { event: of, days, about } = arguments;
    let format = about.at.result.format;
    let source = Source::open(&about.at.result.source)?;
    let input = ActivityInput {
        event: of.as_deref().map(event).transpose()?,
        days: Some(days),
        by: breakdown(&about),
        top: about.top,
        segment: about.segment,
        as_of: about.at.as_of,
        known_at: about.at.known_at,
    };
    let answer = source.activity(&input)?;
    print::result(format, &answer, || {
        let mut table = Table::new(["group", "day", "daily", "weekly", "monthly", "stickiness"]);
        for group in &answer.groups {
            for day in &group.days {
                let stickiness = day.stickiness.map(|share| print::share(format, share));
                table.row(vec![
                    group_name(&group.group),
                    day.day.clone(),
                    day.daily.to_string(),
                    day.weekly.to_string(),
                    day.monthly.to_string(),
                    stickiness.unwrap_or_default(),
                ]);
            }
        }
        table
    })?;
    source.close()
}
