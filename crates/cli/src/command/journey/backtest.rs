//! `perennial journey backtest`: what a journey would have done over a past period.

use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{anyhow, bail};
use wire::api::{Backtest, BacktestInput, BacktestResult, BacktestStatus};

use super::{definition, path_of};
use crate::arguments::{Format, JourneyBacktestArguments};
use crate::print::{self, Table, number};
use crate::progress::Progress;
use crate::source::{Source, encode};

/// How often it is asked how far it is.
const LOOK: Duration = Duration::from_millis(200);

/// Parts of the bar.
const PARTS: u64 = 1_000;

pub fn run(arguments: &JourneyBacktestArguments) -> anyhow::Result<()> {
    let JourneyBacktestArguments { source, journey, from, to, format } = arguments;
    let file = Path::new(journey);
    let (id, definition) = match file.is_file() {
        false => (journey.clone(), None),
        true => {
            let input = definition(file)?;
            let named = file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
            let id = input.id.clone().or(named).unwrap_or_else(|| "journey".to_owned());
            (id, Some(Box::new(input)))
        }
    };
    let wish = BacktestInput { from: from.clone(), to: to.clone(), definition };
    let source = Source::open(source)?;
    let mut now: Backtest = match &source {
        Source::Local(service) => service.start_backtest(&id, &wish)?,
        Source::Remote(client) => client.post(&format!("{}/backtest", path_of(&id)), &wish)?,
    };
    let bar = Progress::parts(PARTS);
    while now.status == BacktestStatus::Running {
        bar.set((now.progress * PARTS as f64) as u64, "users are played".to_owned());
        thread::sleep(LOOK);
        now = match &source {
            Source::Local(service) => service.backtest(&now.id)?,
            Source::Remote(client) => {
                client.get(&format!("/api/journeys/backtests/{}", encode(&now.id)), &())?
            }
        };
    }
    bar.finish();
    match now.status {
        BacktestStatus::Failed => bail!("{}", now.error.unwrap_or_default()),
        BacktestStatus::Cancelled => bail!("somebody ended it"),
        BacktestStatus::Running | BacktestStatus::Done => {}
    }
    let result = now.result.ok_or_else(|| anyhow!("there is no result"))?;
    if *format == Format::Table {
        print::out(&summary(&result))?;
    }
    print::result(*format, &result, || steps(&result))?;
    source.close()
}

fn steps(result: &BacktestResult) -> Table {
    let mut table = Table::new(["step", "entered", "went on", "out here", "waiting", "sent"]);
    for step in &result.steps {
        let moved = step.moved.iter().map(|(way, n)| format!("{way} {}", number(*n)));
        table.row(vec![
            step.step.clone(),
            number(step.entered),
            moved.collect::<Vec<_>>().join(", "),
            number(step.exited),
            number(step.waiting),
            number(step.sent),
        ]);
    }
    table
}

fn summary(result: &BacktestResult) -> String {
    let mut text = format!(
        "{} to {}: {} entries of {} people, {} held out, {} messages\n",
        result.from,
        result.to,
        number(result.entered),
        number(result.people),
        number(result.held_out),
        number(result.sent),
    );
    if let Some(day) = result.days.iter().max_by_key(|day| day.entered) {
        text += &format!(
            "entries on {} days, most on {}: {}\n",
            number(result.days.len() as u64),
            day.day,
            number(day.entered)
        );
    }
    let listed = |title: &str, of: &std::collections::BTreeMap<String, u64>| match of.is_empty() {
        true => String::new(),
        false => {
            let parts = of.iter().map(|(why, n)| format!("{why} {}", number(*n)));
            format!("{title}: {}\n", parts.collect::<Vec<_>>().join(", "))
        }
    };
    text += &listed("out", &result.exits);
    text += &listed("not sent", &result.withheld);
    text += &listed("put off", &result.delayed);
    let people = result.messages.iter();
    let people = people.map(|of| format!("{} got {}", number(of.users), of.messages));
    let people: Vec<String> = people.collect();
    if !people.is_empty() {
        text += &format!("messages a person: {}\n", people.join(", "));
    }
    if let Some(worst) = &result.worst {
        text += &format!("most: {} with {}\n", worst.user, number(worst.messages));
    }
    for goal in &result.goals {
        text += &format!(
            "goal {}: reached after {} entries, and {} times by those held out; nobody was sent anything\n",
            goal.goal,
            number(goal.entered),
            number(goal.held_out),
        );
    }
    if result.assumed > 0 {
        text += &format!("answers of servers taken for granted: {}\n", number(result.assumed));
    }
    if result.unanswered > 0 {
        text += &format!(
            "asked no server, so nobody knows the answer of {} webhooks: their people went by `failed`\n",
            number(result.unanswered)
        );
    }
    if result.endless > 0 {
        text += &format!("given up, as steps went on for ever: {} people\n", result.endless);
    }
    text + &format!(
        "{} people and {} rows in {:.1} s\n\n",
        number(result.users),
        number(result.rows),
        result.took_ms as f64 / 1_000.0
    )
}
