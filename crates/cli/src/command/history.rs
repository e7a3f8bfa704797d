//! `perennial history`.

use std::path::Path;

use anyhow::bail;
use server::service::history::check_directory;
use wire::api::{
    HistoryCheck, HistoryCompacted, HistoryStats, RetentionRule, RetentionSettings, SessionSettings,
};

use crate::WrongUse;
use crate::arguments::{HistoryArguments, HistoryCommand, ResultArguments, SourceArguments};
use crate::print::{self, Table};
use crate::source::Source;

pub fn run(arguments: HistoryArguments) -> anyhow::Result<()> {
    match arguments.command {
        HistoryCommand::Stats { result } => stats(&result),
        HistoryCommand::Check { result } => check(&result),
        HistoryCommand::Compact { result } => compact(&result),
        HistoryCommand::Retention { result, event, keep, forever } => {
            retention(&result, event, keep, forever)
        }
        HistoryCommand::Sessions { result, timeout, not_activity, server_side } => {
            sessions(&result, timeout, not_activity, server_side)
        }
    }
}

fn stats(result: &ResultArguments) -> anyhow::Result<()> {
    let source = Source::open(&result.source)?;
    let stats: HistoryStats = match &source {
        Source::Local(service) => service.history_stats()?,
        Source::Remote(client) => client.get("/api/history", &())?,
    };
    print::result(result.format, &stats, || {
        let mut table = Table::new(["name", "month", "parts", "rows", "unwritten", "bytes"]);
        for family in &stats.families {
            table.row(vec![
                family.name.clone(),
                family.month.clone().unwrap_or_else(|| "attribute".into()),
                family.parts.to_string(),
                family.rows.to_string(),
                family.unwritten_rows.to_string(),
                family.bytes.to_string(),
            ]);
        }
        for section in &stats.sections {
            let mut row = vec![String::new(); 5];
            row[0] = format!("({})", section.kind);
            row.push(section.bytes.to_string());
            table.row(row);
        }
        let per_row =
            format!("{:.2} a row; the log {} bytes", stats.bytes_per_row, stats.log_bytes);
        table.row(vec![
            "in all".into(),
            per_row,
            stats.parts.to_string(),
            stats.rows.to_string(),
            stats.unwritten_rows.to_string(),
            stats.bytes.to_string(),
        ]);
        table
    })?;
    source.close()
}

fn check(result: &ResultArguments) -> anyhow::Result<()> {
    let found = match &result.source {
        // Not opened: a directory that is damaged could not be.
        SourceArguments { data_dir: Some(dir), server: None, .. } => check_closed(dir)?,
        source => match Source::open(source)? {
            Source::Local(service) => service.check_history()?,
            Source::Remote(client) => client.post("/api/history/check", &())?,
        },
    };
    print::result(result.format, &found, || {
        let mut table = Table::new(["file", "byte", "problem"]);
        for problem in &found.problems {
            let at = problem.at.map_or_else(String::new, |at| at.to_string());
            table.row(vec![problem.file.clone(), at, problem.message.clone()]);
        }
        let read = format!(
            "{} files, {} bytes, {} rows and {} frames of the log were read",
            found.files, found.bytes, found.rows, found.log_frames
        );
        table.row(vec!["in all".into(), String::new(), read]);
        table
    })?;
    match found.problems.len() {
        0 => Ok(()),
        n => bail!("{n} of the files are damaged or missing"),
    }
}

fn check_closed(dir: &Path) -> anyhow::Result<HistoryCheck> {
    if !dir.is_dir() {
        return Err(WrongUse(format!("there is no data directory {}", dir.display())).into());
    }
    Ok(check_directory(dir)?)
}

fn compact(result: &ResultArguments) -> anyhow::Result<()> {
    let source = Source::open(&result.source)?;
    let done: HistoryCompacted = match &source {
        Source::Local(service) => service.compact_history()?,
        Source::Remote(client) => client.post("/api/history/compact", &())?,
    };
    print::result(result.format, &done, || {
        let mut table = Table::new(["parts", "bytes", "rows written", "rows dropped"]);
        table.row(vec![
            done.parts.to_string(),
            done.bytes.to_string(),
            done.rows_written.to_string(),
            done.rows_forgotten.to_string(),
        ]);
        table
    })?;
    source.close()
}

fn retention(
    result: &ResultArguments,
    event: Option<String>,
    keep: Option<String>,
    forever: bool,
) -> anyhow::Result<()> {
    let source = Source::open(&result.source)?;
    let mut settings = match &source {
        Source::Local(service) => service.retention_settings()?,
        Source::Remote(client) => client.get("/api/settings/retention", &())?,
    };
    if let Some(event) = event.filter(|_| keep.is_some() || forever) {
        settings.rules.retain(|rule| rule.event != event);
        settings.rules.extend(keep.map(|keep| RetentionRule { event, keep }));
        settings = replaced(&source, &settings)?;
    }
    print::result(result.format, &settings, || {
        let mut table = Table::new(["event", "kept"]);
        for rule in &settings.rules {
            table.row(vec![rule.event.clone(), rule.keep.clone()]);
        }
        table
    })?;
    source.close()
}

fn sessions(
    result: &ResultArguments,
    timeout: Option<String>,
    not_activity: Vec<String>,
    server_side: Option<bool>,
) -> anyhow::Result<()> {
    let source = Source::open(&result.source)?;
    let before: SessionSettings = match &source {
        Source::Local(service) => service.session_settings()?,
        Source::Remote(client) => client.get("/api/settings/sessions", &())?,
    };
    let mut settings = before.clone();
    settings.timeout = timeout.unwrap_or(settings.timeout);
    settings.server_side = server_side.unwrap_or(settings.server_side);
    if !not_activity.is_empty() {
        settings.not_activity = not_activity.into_iter().filter(|name| !name.is_empty()).collect();
    }
    if settings != before {
        settings = match &source {
            Source::Local(service) => service.set_session_settings(&settings)?,
            Source::Remote(client) => client.put("/api/settings/sessions", &settings)?,
        };
    }
    print::result(result.format, &settings, || {
        let mut table = Table::new(["setting", "value"]);
        let SessionSettings { timeout, not_activity, server_side } = &settings;
        table.row(vec!["timeout".into(), timeout.clone()]);
        table.row(vec!["not activity".into(), not_activity.join(", ")]);
        table.row(vec!["server side".into(), server_side.to_string()]);
        table
    })?;
    source.close()
}

fn replaced(source: &Source, settings: &RetentionSettings) -> anyhow::Result<RetentionSettings> {
    match source {
        Source::Local(service) => Ok(service.set_retention_settings(settings)?),
        Source::Remote(client) => client.put("/api/settings/retention", settings),
    }
}
