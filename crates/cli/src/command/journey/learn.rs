//! `perennial journey learn`: a learning split among simulated people, whose truth is known.

use anyhow::{Context, bail};
use experiment::Level;
use experiment::assign::Share;
use experiment::bandit::simulate::{
    Counting, Delay, Outcome, Path, Update, World, run as simulate,
};
use experiment::bandit::{Reward, Rule};
use model::Span;

use crate::arguments::JourneyLearnArguments;
use crate::print::{self, Table, number};

/// How often a server divides people anew.
const EVERY: Span = Span(5 * 60 * 1_000);

/// The rule by which a server says that a path has won.
const RULE: Rule = Rule { level: Level::P95, runs_min: 100, time_min: None };

/// Lines of the shares over time.
const LINES: usize = 10;

pub fn run(arguments: &JourneyLearnArguments) -> anyhow::Result<()> {
    let paths: Vec<Path> =
        arguments.paths.iter().map(|written| path(written)).collect::<Result<_, _>>()?;
    let valued = arguments.paths.iter().any(|written| written.matches(':').count() > 1);
    let within: Span = arguments.within.parse().context("--within")?;
    let Some(floor) = Share::percent(arguments.floor) else {
        bail!("--floor {} is no percentage", arguments.floor);
    };
    let world = World {
        paths,
        reward: if valued { Reward::Amount } else { Reward::Rate },
        users: arguments.users,
        length: Span::days(i64::from(arguments.days)),
        window: within,
        floor,
        update: Update::Every(EVERY),
        counting: Counting::Matured,
        rule: Some(RULE),
    };
    let outcome = simulate(&world, arguments.seed)?;
    print::out(&shown(&world, &outcome, arguments))?;
    Ok(())
}

/// A path as it is written: the rate, the delay, the value.
fn path(written: &str) -> anyhow::Result<Path> {
    let wrong = || format!("--path {written}: write a rate, a time and a value, as in 0.10:1d:25");
    let mut parts = written.split(':');
    let rate: f64 = parts.next().unwrap_or_default().parse().with_context(wrong)?;
    let mean: Span = parts.next().unwrap_or_default().parse().with_context(wrong)?;
    let value: f64 = match parts.next() {
        None => 1.0,
        Some(value) => value.parse().with_context(wrong)?,
    };
    if parts.next().is_some() {
        bail!(wrong());
    }
    Ok(Path { rate, value, delay: Delay::Exponential { mean } })
}

fn shown(world: &World, outcome: &Outcome, arguments: &JourneyLearnArguments) -> String {
    let mut text = String::new();
    let mut table = Table::new(["path", "a person brings", "people", "of all"]);
    for (at, written) in arguments.paths.iter().enumerate() {
        let (worth, users) = (outcome.worth[at], outcome.users[at]);
        let part = 100.0 * users as f64 / world.users as f64;
        table.row(vec![
            written.clone(),
            format!("{worth:.4}"),
            number(users),
            format!("{part:.1} %"),
        ]);
    }
    text.push_str(&table.text());
    text.push_str("\nshares over time\n");
    let step = outcome.shares.len().div_ceil(LINES).max(1);
    for snapshot in outcome.shares.iter().step_by(step) {
        let shares: Vec<String> = snapshot
            .shares
            .iter()
            .map(|share| format!("{:5.1} %", 100.0 * share.fraction()))
            .collect();
        let day = snapshot.at.0 as f64 / Span::days(1).0 as f64;
        text.push_str(&format!("  day {day:5.1}  {}\n", shares.join("  ")));
    }
    let (learnt, uniform) = (outcome.regret(), outcome.regret_of_uniform());
    let less = if uniform > 0.0 { 100.0 * (1.0 - learnt / uniform) } else { 0.0 };
    text.push_str(&format!(
        "\nbrought {:.0}; dealt evenly {:.0}; the best path alone {:.0}\n\
         regret {learnt:.0} against {uniform:.0} if dealt evenly: {less:.0} % less\n",
        outcome.learnt, outcome.uniform, outcome.best_fixed
    ));
    match &outcome.winner {
        None => text.push_str("no path has won\n"),
        Some(declared) => {
            let day = declared.at.0 as f64 / Span::days(1).0 as f64;
            let verdict = &declared.verdict;
            text.push_str(&format!(
                "{} has won on day {day:.1}, and is not the best with a probability of {:.2} %\n",
                arguments.paths[verdict.leader],
                100.0 * verdict.wrong
            ));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

    use super::*;

    #[test]
    fn a_path_is_read_or_refused_with_what_to_write() {
        let read = path("0.1:1d:25").unwrap();
        assert_eq!((read.rate, read.value), (0.1, 25.0));
        assert_eq!(read.delay, Delay::Exponential { mean: Span::days(1) });
        for wrong in ["", "0.1", "0.1:soon", "0.1:1d:x", "0.1:1d:2:3"] {
            let error = format!("{:#}", path(wrong).unwrap_err());
            assert!(error.contains("as in 0.10:1d:25"), "{error}");
        }
    }
}
