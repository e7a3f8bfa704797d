//! `perennial journey learn`: a learning split among simulated people, whose truth is known.

use anyhow::{Context, bail};
use experiment::Level;
use experiment::assign::Share;
use experiment::bandit::simulate::{
    Came, Counting, Crowd, Delay, Outcome, Path, Telling, Update, World, run as simulate,
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
    let crowds = match arguments.contexts.as_slice() {
        [] => vec![Crowd { share: 1.0, paths }],
        written => written.iter().map(|of| crowd(of, &paths)).collect::<Result<_, _>>()?,
    };
    let world = World {
        telling: match crowds.len() {
            1 => Telling::Together,
            _ => Telling::Apart,
        },
        crowds,
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
    let mut text = shown(&outcome, arguments);
    if world.telling == Telling::Apart {
        let together = World { telling: Telling::Together, ..world };
        let pooled = simulate(&together, arguments.seed)?.regret();
        text.push_str(&format!("regret {pooled:.0} if nobody were told apart\n"));
    }
    print::out(&text)?;
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

/// A context as it is written: the name, the share, and perhaps rates in the place of those of the paths.
fn crowd(written: &str, paths: &[Path]) -> anyhow::Result<Crowd> {
    let wrong = || {
        format!(
            "--context {written}: write a name, a share and perhaps a rate for each path, as in \
             new:70:0.10,0.13"
        )
    };
    let mut parts = written.split(':');
    let (name, share) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let share: f64 = share.parse().with_context(wrong)?;
    let mut paths = paths.to_vec();
    if let Some(rates) = parts.next() {
        let rates: Vec<f64> =
            rates.split(',').map(str::parse).collect::<Result<_, _>>().with_context(wrong)?;
        if rates.len() != paths.len() {
            bail!(wrong());
        }
        paths.iter_mut().zip(rates).for_each(|(path, rate)| path.rate = rate);
    }
    if name.is_empty() || parts.next().is_some() {
        bail!(wrong());
    }
    Ok(Crowd { share, paths })
}

fn shown(outcome: &Outcome, arguments: &JourneyLearnArguments) -> String {
    let mut text = String::new();
    for (at, came) in outcome.crowds.iter().enumerate() {
        if let Some(written) = arguments.contexts.get(at) {
            let name = written.split(':').next().unwrap_or(written);
            let people = number(came.users.iter().sum::<u64>());
            text.push_str(&format!("context {name}: {people} people\n\n"));
        }
        text.push_str(&of_crowd(came, arguments));
        text.push('\n');
    }
    let (learnt, uniform) = (outcome.regret(), outcome.regret_of_uniform());
    let less = if uniform > 0.0 { 100.0 * (1.0 - learnt / uniform) } else { 0.0 };
    text.push_str(&format!(
        "brought {:.0}; dealt evenly {:.0}; the best path alone {:.0}\n",
        outcome.learnt, outcome.uniform, outcome.best_fixed
    ));
    let apart = outcome.crowds.len() > 1;
    if apart {
        text.push_str(&format!("the best path of each context {:.0}\n", outcome.best_apart));
    }
    text.push_str(&format!(
        "regret {learnt:.0} against {uniform:.0} if dealt evenly: {less:.0} % less\n"
    ));
    if apart {
        let fixed = outcome.regret_of_fixed();
        text.push_str(&format!("regret {fixed:.0} with the one path that is best for all\n"));
    }
    text
}

/// What came of one crowd.
fn of_crowd(came: &Came, arguments: &JourneyLearnArguments) -> String {
    let mut text = String::new();
    let mut table = Table::new(["path", "a person brings", "people", "of all"]);
    let all = came.users.iter().sum::<u64>().max(1) as f64;
    for (at, written) in arguments.paths.iter().enumerate() {
        let (worth, users) = (came.worth[at], came.users[at]);
        let part = 100.0 * users as f64 / all;
        table.row(vec![
            written.clone(),
            format!("{worth:.4}"),
            number(users),
            format!("{part:.1} %"),
        ]);
    }
    text.push_str(&table.text());
    text.push_str("\nshares over time\n");
    let step = came.shares.len().div_ceil(LINES).max(1);
    for snapshot in came.shares.iter().step_by(step) {
        let shares: Vec<String> = snapshot
            .shares
            .iter()
            .map(|share| format!("{:5.1} %", 100.0 * share.fraction()))
            .collect();
        let day = snapshot.at.0 as f64 / Span::days(1).0 as f64;
        text.push_str(&format!("  day {day:5.1}  {}\n", shares.join("  ")));
    }
    match &came.winner {
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

    #[test]
    fn a_context_is_read_or_refused_with_what_to_write() {
        let paths = [path("0.1:1d").unwrap(), path("0.2:2d").unwrap()];
        let own = crowd("new:70:0.3,0.4", &paths).unwrap();
        assert_eq!((own.share, own.paths[0].rate, own.paths[1].rate), (70.0, 0.3, 0.4));
        assert_eq!(own.paths[1].delay, paths[1].delay);
        assert_eq!(crowd("new:70", &paths).unwrap().paths, paths);
        for wrong in ["", "new", ":1", "new:x", "new:1:0.1", "new:1:0.1,x", "new:1:0.1,0.2:3"] {
            let error = format!("{:#}", crowd(wrong, &paths).unwrap_err());
            assert!(error.contains("as in new:70:0.10,0.13"), "{error}");
        }
    }
}
