//! `perennial segment`.

use anyhow::{Context, anyhow};
use serde_json::{Value, json};
use wire::api::{
    Definition, EvaluateInput, EvaluateItem, ExplainInput, ExplanationNode, MembersInput,
    PreviewInput, Problem, ValidateInput,
};

use crate::arguments::{AtArguments, Format, ResultArguments, SegmentArguments, SegmentCommand};
use crate::print::{self, Table};
use crate::source::Source;

mod costs;

/// Users of one page when all are listed.
const PAGE: u64 = 10_000;

pub fn run(arguments: SegmentArguments) -> anyhow::Result<()> {
    match arguments.command {
        SegmentCommand::Check { result, text } => check(&result, &text),
        SegmentCommand::Count { at, texts } => match &texts[..] {
            [text] => count(&at, text),
            texts => count_several(&at, texts),
        },
        SegmentCommand::List { at, text } => list(&at, &text),
        SegmentCommand::Explain { at, user: Some(user), text, .. } => explain(&at, &user, &text),
        SegmentCommand::Explain { at, user: None, text, .. } => costs::analyze(&at, &text),
    }
}

fn check(arguments: &ResultArguments, text: &str) -> anyhow::Result<()> {
    let text = written(text)?;
    let source = Source::open(&arguments.source)?;
    let checked = source.validate(&ValidateInput { definition: definition(&text)? })?;
    match arguments.format {
        Format::Json => print::out(&(serde_json::to_string(&checked)? + "\n"))?,
        Format::Csv => print::result(Format::Csv, &checked, || problems(&checked.problems))?,
        Format::Table => {
            for problem in &checked.problems {
                print::out(&pointed(&text, problem))?;
            }
            if let (Some(text), Some(json)) = (&checked.text, &checked.json) {
                print::out(&format!("{text}\n{}\n", serde_json::to_string(json)?))?;
            }
        }
    }
    source.close()?;
    if checked.valid { Ok(()) } else { Err(anyhow!("the definition cannot be used")) }
}

fn count(arguments: &AtArguments, text: &str) -> anyhow::Result<()> {
    let text = written(text)?;
    let source = Source::open(&arguments.result.source)?;
    let input = PreviewInput {
        definition: definition(&text)?,
        as_of: arguments.as_of.clone(),
        known_at: arguments.known_at.clone(),
        sample: Some(0),
        analyze: false,
    };
    let counted = shown(&text, source.preview(&input))?;
    let (n, at) = (counted.count, counted.as_of);
    print::result(arguments.result.format, &json!({"count": n, "as_of": at}), || {
        let mut table = Table::new(["count", "as_of"]);
        table.row(vec![n.to_string(), at.clone()]);
        table
    })?;
    source.close()
}

/// Several at once: conditions that they share are answered once.
fn count_several(arguments: &AtArguments, texts: &[String]) -> anyhow::Result<()> {
    let texts = texts.iter().map(|text| written(text)).collect::<anyhow::Result<Vec<_>>>()?;
    let source = Source::open(&arguments.result.source)?;
    let item = |text: &String| -> anyhow::Result<EvaluateItem> {
        Ok(EvaluateItem { definition: Some(definition(text)?), segment: None })
    };
    let input = EvaluateInput {
        segments: texts.iter().map(item).collect::<anyhow::Result<_>>()?,
        as_of: arguments.as_of.clone(),
        known_at: arguments.known_at.clone(),
    };
    let counted = source.evaluate(&input)?;
    print::result(arguments.result.format, &counted, || {
        let mut table = Table::new(["count", "share", "definition"]);
        for segment in &counted.segments {
            let share = format!("{:.4}", segment.share);
            table.row(vec![segment.count.to_string(), share, segment.text.clone()]);
        }
        table
    })?;
    source.close()
}

fn list(arguments: &AtArguments, text: &str) -> anyhow::Result<()> {
    let text = written(text)?;
    let source = Source::open(&arguments.result.source)?;
    let mut input = MembersInput {
        definition: definition(&text)?,
        as_of: arguments.as_of.clone(),
        known_at: arguments.known_at.clone(),
        limit: Some(PAGE),
        after: None,
    };
    let mut page = shown(&text, source.members(&input))?;
    // Later pages are about the same instant as the first.
    input.as_of = Some(page.as_of.clone());
    let mut users = std::mem::take(&mut page.users);
    while let Some(next) = page.next.take() {
        input.after = Some(next);
        page = source.members(&input)?;
        users.append(&mut page.users);
    }
    let body = json!({"users": users, "count": users.len(), "as_of": page.as_of});
    print::result(arguments.result.format, &body, || {
        let mut table = Table::new(["user"]);
        users.iter().for_each(|user| table.row(vec![user.clone()]));
        table
    })?;
    source.close()
}

fn explain(arguments: &AtArguments, user: &str, text: &str) -> anyhow::Result<()> {
    let text = written(text)?;
    let source = Source::open(&arguments.result.source)?;
    let input = ExplainInput {
        definition: Some(definition(&text)?),
        segment: None,
        user: user.into(),
        as_of: arguments.as_of.clone(),
        known_at: arguments.known_at.clone(),
    };
    let explained = shown(&text, source.explain(&input))?;
    match arguments.result.format {
        Format::Table => print::out(&tree(&explained.tree, 0))?,
        format => print::result(format, &explained, || {
            let mut table = Table::new(["depth", "holds", "condition", "reason"]);
            flat(&explained.tree, 0, &mut table);
            table
        })?,
    }
    source.close()
}

/// The words of a definition: as they stand, or from a file.
fn written(text: &str) -> anyhow::Result<String> {
    match text.strip_prefix('@') {
        Some(file) => {
            std::fs::read_to_string(file).with_context(|| format!("read the definition {file}"))
        }
        None => Ok(text.to_owned()),
    }
}

/// Either form: an object is the JSON form.
fn definition(text: &str) -> anyhow::Result<Definition> {
    if !text.trim_start().starts_with('{') {
        return Ok(Definition(Value::from(text)));
    }
    let json =
        serde_json::from_str(text).context("the definition begins with { and is not JSON")?;
    Ok(Definition(json))
}

/// Shows all problems of a definition before failing.
fn shown<T>(text: &str, answer: anyhow::Result<T>) -> anyhow::Result<T> {
    if let Err(error) = &answer
        && let Some(failure) = error.downcast_ref::<server::Failure>()
    {
        for problem in &failure.detail.problems {
            eprint!("{}", pointed(text, problem));
        }
    }
    answer
}

/// A problem with the line it is about and a caret under its column.
fn pointed(text: &str, problem: &Problem) -> String {
    let mut shown = String::new();
    let line = problem.line.and_then(|n| Some((n, text.lines().nth(n as usize - 1)?)));
    if let (Some((n, line)), Some(column)) = (line, problem.column) {
        let margin = format!("{n:>4} | ");
        let blanks = " ".repeat(margin.len() + column.saturating_sub(1) as usize);
        shown += &format!("{margin}{line}\n{blanks}^\n");
    }
    let place = problem.path.as_ref().filter(|path| !path.is_empty());
    let place = place.map(|path| format!(" at {path}")).unwrap_or_default();
    shown += &format!("{}{place}: {}\n", problem.code, problem.message);
    if let (Some(found), Some(expected)) = (&problem.found, &problem.expected) {
        shown += &format!("  found {found}, expected {expected}\n");
    }
    if let Some(hint) = &problem.hint {
        shown += &format!("  {hint}\n");
    }
    shown
}

fn problems(problems: &[Problem]) -> Table {
    let mut table = Table::new(["code", "line", "column", "message", "hint"]);
    for problem in problems {
        let number = |n: Option<u32>| n.map(|n| n.to_string()).unwrap_or_default();
        table.row(vec![
            problem.code.clone(),
            number(problem.line),
            number(problem.column),
            problem.message.clone(),
            problem.hint.clone().unwrap_or_default(),
        ]);
    }
    table
}

fn tree(node: &ExplanationNode, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    let mark = if node.holds { "yes" } else { "no " };
    let mut text = format!("{indent}{mark} {}\n{indent}      {}\n", node.text, node.reason);
    for event in &node.events {
        text += &format!("{indent}      {} {} {}\n", event.time, event.name, event.id);
    }
    node.children.iter().for_each(|child| text += &tree(child, depth + 1));
    text
}

fn flat(node: &ExplanationNode, depth: usize, table: &mut Table) {
    let holds = node.holds.to_string();
    table.row(vec![depth.to_string(), holds, node.text.clone(), node.reason.clone()]);
    node.children.iter().for_each(|child| flat(child, depth + 1, table));
}
