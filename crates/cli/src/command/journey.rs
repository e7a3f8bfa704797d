//! `perennial journey`: who comes in, what happens to them, and what it caused.

mod learn;
mod story;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};
use wire::api::{
    BacktestInput, ContentProblem, Journey, JourneyChecked, JourneyInput, JourneyList,
    JourneyPlayList, JourneyReport, JourneyReportQuery, JourneyReview, JourneyRunList,
    JourneyWaiting, JourneyWaitingQuery, PublishInput, StepMove,
};

use super::backtest;
use crate::arguments::{
    BacktestArguments, Format, JourneyArguments, JourneyCommand, JourneyFileArguments,
    JourneyIdArguments, JourneyListArguments, JourneyOneArguments, JourneyPathArguments,
    JourneyPublishArguments, JourneyReportArguments, JourneyWaitingArguments,
};
use crate::print::{self, Table, number};
use crate::source::{Source, encode};

pub fn run(arguments: JourneyArguments) -> anyhow::Result<()> {
    match arguments.command {
        JourneyCommand::List(arguments) => list(&arguments),
        JourneyCommand::Plays(arguments) => plays(&arguments),
        JourneyCommand::Get(arguments) => get(&arguments),
        JourneyCommand::Put(arguments) => put(&arguments),
        JourneyCommand::Check(arguments) => check(&arguments),
        JourneyCommand::Review(arguments) => review(&arguments),
        JourneyCommand::Publish(arguments) => publish(&arguments),
        JourneyCommand::Pause(arguments) => turn(&arguments, "pause"),
        JourneyCommand::Resume(arguments) => turn(&arguments, "resume"),
        JourneyCommand::Stop(arguments) => turn(&arguments, "stop"),
        JourneyCommand::Delete(arguments) => delete(&arguments),
        JourneyCommand::Report(arguments) => report(&arguments),
        JourneyCommand::Waiting(arguments) => waiting(&arguments),
        JourneyCommand::Path(arguments) => path(&arguments),
        JourneyCommand::Test(arguments) => story::run(&arguments),
        JourneyCommand::Backtest(arguments) => backtest(&arguments),
        JourneyCommand::Learn(arguments) => learn::run(&arguments),
    }
}

/// Where a journey is found.
fn path_of(id: &str) -> String {
    format!("/api/journeys/{}", encode(id))
}

/// The word of something that the API writes as one.
fn word(of: &impl serde::Serialize) -> String {
    let json = serde_json::to_value(of).unwrap_or_default();
    json.as_str().unwrap_or_default().to_owned()
}

/// A definition from a file, as `journey put` and the API take it.
fn definition(path: &Path) -> anyhow::Result<JourneyInput> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the definition {} cannot be read", path.display()))?;
    serde_json::from_str(&text)
        .with_context(|| format!("{} is no definition of a journey", path.display()))
}

fn backtest(arguments: &BacktestArguments) -> anyhow::Result<()> {
    let tried = backtest::tried(arguments, "journey", definition, |input| input.id.as_deref())?;
    let wish = BacktestInput {
        from: arguments.from.clone(),
        to: arguments.to.clone(),
        definition: tried.definition,
        reachable: backtest::reachable(arguments),
    };
    backtest::run(arguments, |source| {
        Ok(match source {
            Source::Local(service) => service.backtest_journey(&tried.id, &wish)?,
            Source::Remote(client) => {
                client.post(&format!("{}/backtest", path_of(&tried.id)), &wish)?
            }
        })
    })
}

fn list(arguments: &JourneyListArguments) -> anyhow::Result<()> {
    let source = Source::open(&arguments.source)?;
    let all: JourneyList = match &source {
        Source::Local(service) => service.journeys()?,
        Source::Remote(client) => client.get("/api/journeys", &())?,
    };
    print::result(arguments.format, &all, || {
        let mut table = Table::new(["id", "name", "status", "entered", "waiting", "held out"]);
        for one in &all.journeys {
            table.row(vec![
                one.id.clone(),
                one.name.clone(),
                word(&one.status),
                number(one.entered),
                number(one.waiting),
                number(one.held_out),
            ]);
        }
        table
    })?;
    source.close()
}

fn plays(arguments: &JourneyListArguments) -> anyhow::Result<()> {
    let source = Source::open(&arguments.source)?;
    let all: JourneyPlayList = match &source {
        Source::Local(service) => service.journey_plays()?,
        Source::Remote(client) => client.get("/api/journeys/plays", &())?,
    };
    print::result(arguments.format, &all, || {
        let mut table = Table::new(["id", "name", "what for"]);
        for play in &all.plays {
            table.row(vec![play.id.clone(), play.name.clone(), play.description.clone()]);
        }
        table
    })?;
    source.close()
}

fn one(source: &Source, id: &str) -> anyhow::Result<Journey> {
    Ok(match source {
        Source::Local(service) => service.journey(id)?,
        Source::Remote(client) => client.get(&path_of(id), &())?,
    })
}

fn get(arguments: &JourneyIdArguments) -> anyhow::Result<()> {
    let source = Source::open(&arguments.source)?;
    let found = one(&source, &arguments.id)?;
    print::out(&format!("{}\n", serde_json::to_string_pretty(&found.definition)?))?;
    source.close()
}

/// Says what is wrong or unwise; whether anything of it is wrong.
fn told(problems: &[ContentProblem]) -> anyhow::Result<bool> {
    for of in problems {
        let kind = if of.error { "error" } else { "note" };
        let hint = if of.hint.is_empty() { String::new() } else { format!("; {}", of.hint) };
        print::out(&format!("{kind}: {} {}: {}{hint}\n", of.code, of.place, of.message))?;
    }
    Ok(problems.iter().any(|of| of.error))
}

fn put(arguments: &JourneyFileArguments) -> anyhow::Result<()> {
    let input = definition(&arguments.file)?;
    let source = Source::open(&arguments.source)?;
    let all: JourneyList = match &source {
        Source::Local(service) => service.journeys()?,
        Source::Remote(client) => client.get("/api/journeys", &())?,
    };
    let known = input.id.as_ref().filter(|id| all.journeys.iter().any(|of| of.id == **id));
    let put: Journey = match (&source, known) {
        (Source::Local(service), Some(id)) => service.update_journey(id, &input)?,
        (Source::Local(service), None) => service.create_journey(&input)?,
        (Source::Remote(client), Some(id)) => client.put(&path_of(id), &input)?,
        (Source::Remote(client), None) => client.post("/api/journeys", &input)?,
    };
    told(&put.problems)?;
    print::out(&format!("{}\n", put.id))?;
    source.close()
}

fn check(arguments: &JourneyFileArguments) -> anyhow::Result<()> {
    let input = definition(&arguments.file)?;
    let source = Source::open(&arguments.source)?;
    let checked: JourneyChecked = match &source {
        Source::Local(service) => service.check_journey(&input)?,
        Source::Remote(client) => client.post("/api/journeys/check", &input)?,
    };
    let wrong = told(&checked.problems)?;
    source.close()?;
    if wrong {
        bail!("{} could not be published", arguments.file.display());
    }
    print::out("it could be published\n")?;
    Ok(())
}

fn review(arguments: &JourneyOneArguments) -> anyhow::Result<()> {
    let JourneyOneArguments { one, format } = arguments;
    let source = Source::open(&one.source)?;
    let review: JourneyReview = match &source {
        Source::Local(service) => service.review_journey(&one.id)?,
        Source::Remote(client) => client.get(&format!("{}/review", path_of(&one.id)), &())?,
    };
    print::result(*format, &review, || {
        let mut table = Table::new(["step", "waiting", "go", "why"]);
        for step in &review.steps {
            let go = match &step.proposed {
                StepMove::Finish => "finish".to_owned(),
                StepMove::Exit => "exit".to_owned(),
                StepMove::To { step } => format!("to {step}"),
            };
            table.row(vec![step.step.clone(), number(step.waiting), go, step.why.clone()]);
        }
        table
    })?;
    if *format == Format::Table {
        let mut text = format!("\nversion {}\n", review.version);
        let lists =
            [("new", &review.added), ("gone", &review.removed), ("changed", &review.changed)];
        for (what, steps) in lists.into_iter().filter(|(_, steps)| !steps.is_empty()) {
            text.push_str(&format!("{what}: {}\n", steps.join(", ")));
        }
        print::out(&text)?;
    }
    source.close()
}

/// Where those go who wait at a step, as it is written: `STEP=STEP`, `STEP=finish:`, `STEP=exit:`.
fn moved(written: &str) -> anyhow::Result<(String, StepMove)> {
    let Some((step, to)) =
        written.split_once('=').filter(|(step, to)| !step.is_empty() && !to.is_empty())
    else {
        bail!("--move {written} says nothing; write STEP=STEP, STEP=finish: or STEP=exit:");
    };
    let to = match to {
        "finish:" => StepMove::Finish,
        "exit:" => StepMove::Exit,
        other => StepMove::To { step: other.to_owned() },
    };
    Ok((step.to_owned(), to))
}

fn publish(arguments: &JourneyPublishArguments) -> anyhow::Result<()> {
    let JourneyPublishArguments { one, version, moves } = arguments;
    let moves: BTreeMap<String, StepMove> =
        moves.iter().map(|written| moved(written)).collect::<Result<_, _>>()?;
    let wish = PublishInput { version: version.clone(), moves };
    let source = Source::open(&one.source)?;
    let done: Journey = match &source {
        Source::Local(service) => service.publish_journey(&one.id, &wish)?,
        Source::Remote(client) => client.post(&format!("{}/publish", path_of(&one.id)), &wish)?,
    };
    let number = done.published.unwrap_or(0);
    print::out(&format!("{}, version {number}\n", word(&done.status)))?;
    source.close()
}

fn turn(arguments: &JourneyIdArguments, what: &str) -> anyhow::Result<()> {
    let source = Source::open(&arguments.source)?;
    let id = &arguments.id;
    let done: Journey = match (&source, what) {
        (Source::Remote(client), _) => {
            client.post(&format!("{}/{what}", path_of(id)), &serde_json::json!({}))?
        }
        (Source::Local(service), "pause") => service.pause_journey(id)?,
        (Source::Local(service), "resume") => service.resume_journey(id)?,
        (Source::Local(service), _) => service.stop_journey(id)?,
    };
    print::out(&format!("{}\n", word(&done.status)))?;
    source.close()
}

fn delete(arguments: &JourneyIdArguments) -> anyhow::Result<()> {
    let source = Source::open(&arguments.source)?;
    match &source {
        Source::Local(service) => service.delete_journey(&arguments.id)?,
        Source::Remote(client) => client.delete(&path_of(&arguments.id))?,
    }
    print::out("deleted\n")?;
    source.close()
}

fn report(arguments: &JourneyReportArguments) -> anyhow::Result<()> {
    let JourneyReportArguments { one, from, to, as_of, confidence } = arguments;
    let JourneyOneArguments { one, format } = one;
    let source = Source::open(&one.source)?;
    let query = JourneyReportQuery {
        from: from.clone(),
        to: to.clone(),
        as_of: as_of.clone(),
        confidence: *confidence,
    };
    let report: JourneyReport = match &source {
        Source::Local(service) => service.journey_report(&one.id, &query)?,
        Source::Remote(client) => client.get(&format!("{}/report", path_of(&one.id)), &query)?,
    };
    print::result(*format, &report, || steps(&report))?;
    if *format == Format::Table {
        print::out(&effects(&report))?;
    }
    source.close()
}

fn steps(report: &JourneyReport) -> Table {
    let mut table = Table::new(["step", "entered", "moved", "waiting", "exited", "sent"]);
    for step in &report.steps {
        let moved = step.moved.iter().map(|of| format!("{} → {}: {}", of.path, of.to, of.count));
        let exited = step.exited.iter().map(|of| format!("{}: {}", of.reason, of.count));
        table.row(vec![
            step.step.clone(),
            number(step.entered),
            moved.collect::<Vec<_>>().join(", "),
            number(step.waiting),
            exited.collect::<Vec<_>>().join(", "),
            step.message.as_ref().map_or_else(String::new, |of| number(of.sent)),
        ]);
    }
    table
}

/// What became of all, and what the journey caused, in sentences.
fn effects(report: &JourneyReport) -> String {
    let exited: Vec<String> =
        report.exited.iter().map(|of| format!("{}: {}", of.reason, of.count)).collect();
    let mut text = format!(
        "\nentered {} ({} users), in {}, out {}; held out {}\n",
        report.entered,
        report.users,
        report.waiting,
        if exited.is_empty() { "0".to_owned() } else { exited.join(", ") },
        report.held_out
    );
    let paths =
        report.paths.iter().flat_map(|of| of.goals.iter().map(move |goal| (Some(of), goal)));
    for (of, goal) in report.goals.iter().map(|goal| (None, goal)).chain(paths) {
        let at = of.map_or_else(String::new, |of| format!(" by path out of {}", of.step));
        text.push_str(&format!("\n{} within {}{at}\n", goal.name, goal.within));
        for arm in &goal.arms {
            let rate = arm.rate.map_or(0.0, |rate| rate.value * 100.0);
            text.push_str(&format!(
                "  {}: {} of {} users, {rate:.2} %\n",
                arm.name, arm.converted, arm.users
            ));
        }
        for effect in &goal.effects {
            let of = &effect.difference;
            let [value, low, high] = [of.value, of.low, of.high].map(|x| x * 100.0);
            text.push_str(&format!(
                "  {}: {value:+.2} points ({low:+.2} to {high:+.2})\n",
                effect.name
            ));
        }
        if let Some(because) = &goal.no_effect_because {
            text.push_str(&format!("  no effect yet: {because}\n"));
        }
    }
    text
}

fn waiting(arguments: &JourneyWaitingArguments) -> anyhow::Result<()> {
    let JourneyWaitingArguments { one, step, limit, after } = arguments;
    let JourneyOneArguments { one, format } = one;
    let source = Source::open(&one.source)?;
    let query = JourneyWaitingQuery { step: step.clone(), limit: *limit, after: after.clone() };
    let all: JourneyWaiting = match &source {
        Source::Local(service) => service.journey_waiting(&one.id, &query)?,
        Source::Remote(client) => client.get(&format!("{}/waiting", path_of(&one.id)), &query)?,
    };
    print::result(*format, &all, || {
        let mut table = Table::new(["since", "user", "step", "version", "entered"]);
        for of in &all.waiting {
            table.row(vec![
                of.since.clone(),
                of.user.clone(),
                of.step.clone(),
                of.version.to_string(),
                of.entered_at.clone(),
            ]);
        }
        table
    })?;
    if let Some(next) = all.next.as_ref().filter(|_| *format == Format::Table) {
        print::out(&format!("\n{} in all; there are more: --after {next}\n", all.total))?;
    }
    source.close()
}

fn path(arguments: &JourneyPathArguments) -> anyhow::Result<()> {
    let source = Source::open(&arguments.source)?;
    let all: JourneyRunList = match &source {
        Source::Local(service) => service.user_journeys(&arguments.user)?,
        Source::Remote(client) => {
            client.get(&format!("/api/users/{}/journeys", encode(&arguments.user)), &())?
        }
    };
    print::result(arguments.format, &all, || {
        let mut table = Table::new(["when", "journey", "step", "why"]);
        for run in &all.runs {
            let mut row = |at: &str, step: &str, why: &str| {
                table.row(vec![
                    at.to_owned(),
                    run.journey.clone(),
                    step.to_owned(),
                    why.to_owned(),
                ]);
            };
            if let Some(group) = &run.held_out {
                row(&run.entered_at, "", &format!("held out: {group}"));
            }
            run.steps.iter().for_each(|step| row(&step.at, &step.step, &step.why));
            if let Some(exit) = &run.exit {
                let detail = exit.detail.as_ref().map_or_else(String::new, |of| format!(", {of}"));
                row(&exit.at, "", &format!("out: {}{detail}", exit.reason));
            }
            if let Some(due) = &run.due_at {
                row(due, "", "waits until then at most");
            }
        }
        table
    })?;
    source.close()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_are_read_as_they_are_written() {
        let to = |step: &str| StepMove::To { step: step.to_owned() };
        assert_eq!(moved("a=b").unwrap(), ("a".to_owned(), to("b")));
        assert_eq!(moved("a=exit").unwrap(), ("a".to_owned(), to("exit")));
        assert_eq!(moved("a=exit:").unwrap(), ("a".to_owned(), StepMove::Exit));
        assert_eq!(moved("a=finish:").unwrap(), ("a".to_owned(), StepMove::Finish));
        for wrong in ["a", "=b", "a=", ""] {
            assert!(moved(wrong).is_err(), "{wrong}");
        }
    }
}
