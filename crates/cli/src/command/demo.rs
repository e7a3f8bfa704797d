//! `perennial demo`: fill a data directory once, say what is in it, and show it.

mod mailbox;
mod past;

use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::{Context, anyhow};
use audience::data_set::{DataSet, Report};
use audience::shop::{self, Parameters, Shop};
use model::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use server::fill::Filler;
use server::http::{Options, pages};
use server::service::settings;
use server::{Service, clock, start};
use wire::api::{AtQuery, CampaignInput, Definition, OverviewQuery, SegmentInput};

use super::rfm;
use super::sink::Sink;
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
    /// Whom the shop's campaign brought back, and when, in milliseconds.
    #[serde(default)]
    brought_back: Vec<(u32, i64)>,
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
    let (service, filled) = prepare(service, set, &arguments)?;
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
    // Kept: it ends with the program.
    let _mailbox = if set.is_none() { open_mailbox(&service, &filled, address)? } else { None };
    let options = Options { open, demo: true, query_timeout: None, trusted_proxy: None };
    start::serve(listener.into(), service, options, shop)?;
    Ok(())
}

/// Fills the directory, unless it is filled. The service that comes back may be another one.
fn prepare(
    service: Arc<Service>,
    set: Option<DataSet>,
    arguments: &DemoArguments,
) -> anyhow::Result<(Arc<Service>, Filled)> {
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
        return Ok((service, filled));
    }
    note(&service, &filled)?;
    config.set(settings::NAME, set.map_or("Demo shop", DataSet::name))?;
    // Chance draws the same arms for everybody who looks at it.
    config.set(settings::SEED, &SHOP_SEED.to_string())?;
    config.set(settings::KEY_EVENT, set.map_or(shop::KEY_EVENT, DataSet::key_event))?;
    let service = match set {
        None => {
            let dir = workspace.dir().to_owned();
            workspace.close()?;
            drop((workspace, service));
            fill_shop(&dir, arguments, &mut filled)?;
            let service = source::open(&dir, &arguments.memory)?;
            service.start_rfm(&shop::rfm_defaults())?;
            service
        }
        Some(set) => {
            let source = arguments.source.as_deref().unwrap_or(Path::new("."));
            filled.report = fill_set(&service, set, source)?.lines();
            config.set(settings::NOW, settings::NOW_LAST_EVENT)?;
            service.start_rfm(&set.rfm_defaults())?;
            service
        }
    };
    service.settle()?;
    let examples = set.map_or_else(shop::example_segments, DataSet::example_segments);
    save_examples(&service, &examples)?;
    if set.is_none() {
        save_plays(&service)?;
    }
    service.workspace().checkpoint()?;
    filled.done = true;
    note(&service, &filled)?;
    Ok((service, filled))
}

/// Writes down what the directory holds.
fn note(service: &Service, filled: &Filled) -> anyhow::Result<()> {
    let text = serde_json::to_string(filled)?;
    Ok(service.workspace().config().set(settings::DEMO, &text)?)
}

fn new(source: &str, users: u32) -> Filled {
    let today = clock::now().0.div_euclid(Span::DAY.0) * Span::DAY.0;
    let (start, end) = (today - Span::days(SHOP_DAYS).0, today);
    Filled {
        source: source.into(),
        done: false,
        users,
        start,
        end,
        report: Vec::new(),
        brought_back: Vec::new(),
    }
}

/// The shop as it went, with whom its campaign brought back.
fn shop_of(filled: &Filled) -> Shop {
    let parameters = Parameters::with_users(filled.users);
    let (start, end) = (Timestamp(filled.start), Timestamp(filled.end));
    let mut shop = Shop::new(SHOP_SEED, parameters, start, end);
    for (person, at) in &filled.brought_back {
        shop.invite(*person, Timestamp(*at));
    }
    shop
}

/// Fills in the history up to a campaign of the past, sends it by a clock that stands there, and fills in the
/// rest. What was interrupted is begun anew: what is there already counts once.
fn fill_shop(dir: &Path, arguments: &DemoArguments, filled: &mut Filled) -> anyhow::Result<()> {
    let (end, sent) = (Timestamp(filled.end), past::sent_at(Timestamp(filled.end)));
    let hand = Arc::new(AtomicI64::new(sent.0));
    let clock = {
        let hand = Arc::clone(&hand);
        Arc::new(move || Timestamp(hand.load(Ordering::SeqCst)))
    };
    let service = source::open_at(dir, &arguments.memory, clock)?;
    // Thresholds are those of the whole history.
    service.settle_when_told();
    let mut shop = shop_of(filled);
    fill_until(&service, filled, &mut shop, sent)?;
    if service.campaign(past::CAMPAIGN).is_err() {
        let mut told = filled.clone();
        let tell = |back: &[(u32, i64)]| {
            told.brought_back = back.to_vec();
            note(&service, &told)
        };
        past::run(&service, &hand, &mut shop, end, tell)?;
        *filled = told;
    } else {
        fill_until(&service, filled, &mut shop, end)?;
    }
    service.workspace().close()?;
    Ok(())
}

fn fill_until(
    service: &Service,
    filled: &Filled,
    shop: &mut Shop,
    until: Timestamp,
) -> anyhow::Result<()> {
    let workspace = service.workspace();
    let mut filler = Filler::new(&workspace, "demo");
    let whole = (filled.end - filled.start) as u64;
    let progress = Progress::parts(whole);
    for (n, record) in (1..).zip(shop.records_until(until)) {
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

/// The ready plays as drafts, with the segments that they need.
fn save_plays(service: &Service) -> anyhow::Result<()> {
    for play in service.plays()?.plays {
        if service.campaign(&play.id).is_ok() {
            continue;
        }
        service.prepare_play(&play.id).with_context(|| format!("play \"{}\"", play.id))?;
        let draft = CampaignInput { id: Some(play.id.clone()), ..play.definition };
        service.create_campaign(&draft).with_context(|| format!("play \"{}\"", play.id))?;
    }
    Ok(())
}

/// Opens the mailbox to which the demonstration's provider leads, under the address that it has now; nothing:
/// somebody deleted the provider.
fn open_mailbox(
    service: &Service,
    filled: &Filled,
    home: SocketAddr,
) -> anyhow::Result<Option<Sink>> {
    let providers = service.providers()?.providers;
    let Some(own) = providers.into_iter().find(|provider| provider.name == past::MAILBOX) else {
        return Ok(None);
    };
    let (sink, letters) = mailbox::keeping()?;
    service.update_provider(&own.id, &past::provider(&sink)?)?;
    mailbox::read_live(shop_of(filled), letters, home);
    Ok(Some(sink))
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
    text += &past::summary(service)?;
    print::out(&text)?;
    Ok(())
}
