//! `perennial demo`: fill a data directory once, say what is in it, and show it.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use audience::data_set::{DataSet, Report};
use audience::shop::{self, Parameters, Shop};
use model::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use server::fill::Filler;
use server::http::{Options, pages};
use server::service::settings;
use server::{Service, clock, start};
use wire::api::{AtQuery, Definition, OverviewQuery, SegmentInput};

use super::rfm;
use crate::WrongUse;
use crate::arguments::{DemoArguments, Format};
use crate::print::{self, Table, number, percent};
use crate::progress::{Counted, Progress};
use crate::source;

/// Days of history of the simulated shop.
const SHOP_DAYS: i64 = 730;
/// Everybody sees the same shop.
const SHOP_SEED: u64 = 7;
/// Example segments that are saved and shown.
const EXAMPLES: usize = 5;
/// Rows that cannot be read and are shown one by one.
const UNREADABLE_SHOWN: u64 = 5;
/// Records between two looks of the progress bar.
const PROGRESS_EVERY: u64 = 4_096;

/// What a directory was filled with, as it stands in its configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Filled {
    /// `shop`, or the name of a data set.
    source: String,
    /// Everything is in.
    done: bool,
    /// People of the shop.
    users: u32,
    /// First day of the shop's history, in milliseconds.
    start: i64,
    /// End of the shop's history, in milliseconds.
    end: i64,
    /// Facts of the data set.
    report: Vec<(String, String)>,
}

pub fn run(arguments: DemoArguments) -> anyhow::Result<()> {
    let wrong = |error: audience::data_set::UnknownDataSet| WrongUse(error.to_string());
    let set = arguments.data_set.as_deref().map(DataSet::named).transpose().map_err(wrong)?;
    let name = set.map_or("demo", DataSet::name);
    let default = || PathBuf::from("perennial-data").join(name);
    let dir = arguments.data_dir.clone().unwrap_or_else(default);
    // A port that is taken shows before minutes of work.
    let listening = match arguments.exit {
        true => None,
        false => Some(start::listen(&arguments.listen)?),
    };
    let service = source::open(&dir, &arguments.memory)?;
    let filled = prepare(&service, set, &arguments)?;
    summary(&service, &filled, &dir)?;
    let Some((listener, address)) = listening else {
        service.workspace().close()?;
        return Ok(());
    };
    let open = address.ip().is_loopback();
    if !pages::built() {
        print::out(
            "the pages are not in this build: install Node.js 20 or later and build again\n",
        )?;
    }
    if !open {
        print::out(
            "not on loopback, so that /api needs a key: `perennial key create --scope admin`\n",
        )?;
    }
    print::out(&format!("listening on http://{address}\n"))?;
    let shop = set.is_none().then(|| (shop_of(&filled), Timestamp(filled.end)));
    let options = Options { open, demo: true, query_timeout: None, trusted_proxy: None };
    start::serve(listener.into(), service, options, shop)?;
    Ok(())
}

/// Fills the directory, unless it is filled.
fn prepare(
    service: &Service,
    set: Option<DataSet>,
    arguments: &DemoArguments,
) -> anyhow::Result<Filled> {
    let workspace = service.workspace();
    let config = workspace.config();
    let wanted = set.map_or("shop", DataSet::name);
    let stored = config.setting(settings::DEMO)?;
    let stored: Option<Filled> = stored.as_deref().map(serde_json::from_str).transpose()?;
    let held = match &stored {
        Some(stored) => format!("the demonstration \"{}\"", stored.source),
        None => "events that no demonstration made".into(),
    };
    let mut filled = match stored {
        Some(stored) if stored.source == wanted => stored,
        _ if workspace.snapshot()?.span().is_none() => new(wanted, arguments.users),
        _ => {
            let dir = workspace.dir().display();
            let message = format!("{dir} holds {held}; choose another --data-dir");
            return Err(WrongUse(message).into());
        }
    };
    if filled.done {
        return Ok(filled);
    }
    let note = |filled: &Filled| -> anyhow::Result<()> {
        Ok(config.set(settings::DEMO, &serde_json::to_string(filled)?)?)
    };
    note(&filled)?;
    config.set(settings::NAME, set.map_or("Demo shop", DataSet::name))?;
    config.set(settings::KEY_EVENT, set.map_or(shop::KEY_EVENT, DataSet::key_event))?;
    match set {
        None => {
            fill_shop(service, &filled)?;
            service.start_rfm(&shop::rfm_defaults())?;
        }
        Some(set) => {
            let source = arguments.source.as_deref().unwrap_or(Path::new("."));
            filled.report = fill_set(service, set, source)?.lines();
            config.set(settings::NOW, settings::NOW_LAST_EVENT)?;
            service.start_rfm(&set.rfm_defaults())?;
        }
    }
    service.settle()?;
    let examples = set.map_or_else(shop::example_segments, DataSet::example_segments);
    save_examples(service, &examples)?;
    workspace.checkpoint()?;
    filled.done = true;
    note(&filled)?;
    Ok(filled)
}

fn new(source: &str, users: u32) -> Filled {
    let today = clock::now().0.div_euclid(Span::DAY.0) * Span::DAY.0;
    let (start, end) = (today - Span::days(SHOP_DAYS).0, today);
    Filled { source: source.into(), done: false, users, start, end, report: Vec::new() }
}

fn shop_of(filled: &Filled) -> Shop {
    let parameters = Parameters::with_users(filled.users);
    Shop::new(SHOP_SEED, parameters, Timestamp(filled.start), Timestamp(filled.end))
}

fn fill_shop(service: &Service, filled: &Filled) -> anyhow::Result<()> {
    let workspace = service.workspace();
    let mut filler = Filler::new(&workspace, "demo");
    let whole = (filled.end - filled.start) as u64;
    let progress = Progress::parts(whole);
    for (n, record) in (1..).zip(shop_of(filled)) {
        let done = (record.received_at.0 - filled.start).max(0) as u64;
        filler.push(record)?;
        if n % PROGRESS_EVERY == 0 {
            progress.set(done.min(whole), format!("{} records", number(n)));
        }
    }
    filler.finish()?;
    progress.finish();
    Ok(())
}

fn fill_set(service: &Service, set: DataSet, source: &Path) -> anyhow::Result<Report> {
    let files = files(set, source)?;
    let total = files.iter().filter_map(|file| file.metadata().ok()).map(|facts| facts.len()).sum();
    let mut seen = Vec::new();
    let parts = files.into_iter().map(|file| {
        let (reader, counter) = Counted::new(file);
        seen.push(counter);
        Box::new(reader) as Box<dyn Read>
    });
    let parts = parts.collect();
    let workspace = service.workspace();
    let mut filler = Filler::new(&workspace, "demo");
    let progress = Progress::bytes(Some(total));
    let (mut n, mut unreadable) = (0, 0);
    let mut records = set.records(parts)?;
    for record in records.by_ref() {
        match record {
            Ok(record) => filler.push(record)?,
            Err(error) if error.fatal() => return Err(error.into()),
            Err(error) => {
                unreadable += 1;
                if unreadable <= UNREADABLE_SHOWN {
                    eprintln!("not loaded: {error}");
                }
            }
        }
        n += 1;
        if n % PROGRESS_EVERY == 0 {
            let done = seen.iter().map(|c| c.load(std::sync::atomic::Ordering::Relaxed)).sum();
            progress.set(done, format!("{} records", number(n)));
        }
    }
    filler.finish()?;
    progress.finish();
    Ok(records.report())
}

/// The files of a set: one file of any name, or files of known names in a folder.
fn files(set: DataSet, source: &Path) -> anyhow::Result<Vec<File>> {
    let open = |path: &Path| {
        File::open(path)
            .with_context(|| format!("open {}; the set is {}", path.display(), set.origin()))
    };
    if !source.is_dir() {
        return match set.files() {
            [_] => Ok(vec![open(source)?]),
            names => Err(anyhow!(
                "data set \"{}\" consists of {}; put them in one folder and name the folder",
                set.name(),
                names.join(", ")
            )),
        };
    }
    let find = |name: &&str| {
        let plain = source.join(name);
        if plain.exists() { open(&plain) } else { open(&source.join(format!("{name}.gz"))) }
    };
    set.files().iter().map(find).collect()
}

fn save_examples(service: &Service, examples: &[(&str, &str)]) -> anyhow::Result<()> {
    let known = service.segments(&AtQuery::default())?.segments;
    for (name, text) in examples {
        if known.iter().any(|segment| segment.name == *name) {
            continue;
        }
        let definition = Definition((*text).into());
        let (name, description) = ((*name).to_owned(), None);
        let input = SegmentInput { id: None, name: name.clone(), description, definition };
        service.create_segment(&input).with_context(|| format!("example segment \"{name}\""))?;
    }
    Ok(())
}

fn summary(service: &Service, filled: &Filled, dir: &Path) -> anyhow::Result<()> {
    let overview = service.overview(&OverviewQuery::default())?;
    let at = AtQuery { as_of: Some(overview.as_of.clone()), known_at: None };
    let mut text = format!(
        "\n{} in {}, as of {}\n{} users, {} events",
        filled.source,
        dir.display(),
        overview.as_of,
        number(overview.users),
        number(overview.events),
    );
    if let (Some(first), Some(last)) = (&overview.first_event_at, &overview.last_event_at) {
        text += &format!(", from {first} to {last}");
    }
    text.push('\n');
    if !filled.report.is_empty() {
        let mut facts = Table::new(["fact", "value"]);
        filled.report.iter().for_each(|(l, v)| facts.row(vec![l.clone(), v.clone()]));
        text += &format!("\n{}", facts.text());
    }
    let mut states = Table::new(["lifecycle state", "users", "share", "definition"]);
    for state in service.lifecycle(&at)?.states {
        let (users, share) = (number(state.users), percent(state.share));
        states.row(vec![state.name, users, share, state.definition]);
    }
    text += &format!("\n{}", states.text());
    let scores = service.rfm(&at)?;
    text += &format!("\n{}", rfm::groups(&scores, Format::Table).text());
    let (scored, health) = (number(scores.scored), scores.health);
    text += &format!("{scored} users scored, health {health:.2} of 35\n");
    let mut segments = Table::new(["segment", "users", "definition"]);
    for segment in service.segments(&at)?.segments.into_iter().take(EXAMPLES) {
        let count = segment.count.map_or_else(|| "-".into(), number);
        segments.row(vec![segment.name, count, segment.definition]);
    }
    text += &format!("\n{}\n", segments.text());
    print::out(&text)?;
    Ok(())
}
