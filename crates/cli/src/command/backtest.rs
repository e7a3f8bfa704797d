//! `perennial journey backtest` and `perennial campaign backtest`: what they would have done over a past period.

use std::collections::BTreeMap;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{anyhow, bail};
use wire::api::{Backtest, BacktestKind, BacktestReachable, BacktestResult, BacktestStatus};

use crate::arguments::{BacktestArguments, Format};
use crate::print::{self, Table, number};
use crate::progress::Progress;
use crate::source::{Source, encode};

/// How often it is asked how far it is.
const LOOK: Duration = Duration::from_millis(200);

/// Parts of the bar.
const PARTS: u64 = 1_000;

/// What is tried: something that is stored, or a definition under an id.
pub struct Tried<T> {
    pub id: String,
    pub definition: Option<Box<T>>,
}

/// Reads what was named: a file if there is one, else an id. A definition without an id has the name of its file.
pub fn tried<T>(
    arguments: &BacktestArguments,
    kind: &str,
    read: impl Fn(&Path) -> anyhow::Result<T>,
    id_of: impl Fn(&T) -> Option<&str>,
) -> anyhow::Result<Tried<T>> {
    let file = Path::new(&arguments.what);
    if !file.is_file() {
        return Ok(Tried { id: arguments.what.clone(), definition: None });
    }
    let input = read(file)?;
    let named = file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let id = id_of(&input).map(str::to_owned).or(named).unwrap_or_else(|| kind.to_owned());
    Ok(Tried { id, definition: Some(Box::new(input)) })
}

/// What is said about who can be reached.
pub fn reachable(arguments: &BacktestArguments) -> BacktestReachable {
    match arguments.assume_reachable {
        true => BacktestReachable::Assumed,
        false => BacktestReachable::Known,
    }
}

/// Begins a backtest, waits for its end, and prints what came of it.
pub fn run(
    arguments: &BacktestArguments,
    begin: impl FnOnce(&Source) -> anyhow::Result<Backtest>,
) -> anyhow::Result<()> {
    let source = Source::open(&arguments.source)?;
    let mut now = begin(&source)?;
    let bar = Progress::parts(PARTS);
    while now.status == BacktestStatus::Running {
        bar.set((now.progress * PARTS as f64) as u64, "users are played".to_owned());
        thread::sleep(LOOK);
        now = match &source {
            Source::Local(service) => service.backtest(&now.id)?,
            Source::Remote(client) => {
                client.get(&format!("/api/backtests/{}", encode(&now.id)), &())?
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
    if arguments.format == Format::Table {
        print::out(&summary(now.kind, &result))?;
    }
    print::result(arguments.format, &result, || match now.kind {
        BacktestKind::Journey => steps(&result),
        BacktestKind::Campaign => variants(&result),
    })?;
    source.close()
}

fn variants(result: &BacktestResult) -> Table {
    let mut table = Table::new(["variant", "name", "messages"]);
    for of in &result.variants {
        table.row(vec![of.variant.clone(), of.name.clone(), number(of.sent)]);
    }
    table
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

fn summary(kind: BacktestKind, result: &BacktestResult) -> String {
    let times = match kind {
        BacktestKind::Journey => "entries",
        BacktestKind::Campaign => "times",
    };
    let mut text = format!(
        "{} to {}: {} {times} of {} people, {} held out, {} messages\n",
        result.from,
        result.to,
        number(result.entered),
        number(result.people),
        number(result.held_out),
        number(result.sent),
    );
    if result.reachable == BacktestReachable::Assumed {
        text += &format!(
            "ASSUMED: everybody can be reached; {} of the messages would not have gone otherwise\n",
            number(result.assumed.values().sum()),
        );
    }
    if let Some(day) = result.days.iter().max_by_key(|day| day.entered) {
        text += &format!(
            "{times} on {} days, most on {}: {}\n",
            number(result.days.len() as u64),
            day.day,
            number(day.entered)
        );
    }
    let listed = |title: &str, of: &BTreeMap<String, u64>| match of.is_empty() {
        true => String::new(),
        false => {
            let parts = of.iter().map(|(why, n)| format!("{why} {}", number(*n)));
            format!("{title}: {}\n", parts.collect::<Vec<_>>().join(", "))
        }
    };
    text += &listed("out", &result.exits);
    text += &listed("control groups", &result.groups);
    text += &listed("not sent", &result.withheld);
    text += &listed("put off", &result.delayed);
    text += &listed("assumed", &result.assumed);
    if result.waiting > 0 {
        text += &format!("still waiting at the end: {}\n", number(result.waiting));
    }
    for of in &result.limits {
        text += &format!(
            "the limit {} of {} would have been exceeded by {}; each person is played alone\n",
            of.limit,
            number(of.most),
            number(of.over),
        );
    }
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
    if result.answers_assumed > 0 {
        text +=
            &format!("answers of servers taken for granted: {}\n", number(result.answers_assumed));
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
