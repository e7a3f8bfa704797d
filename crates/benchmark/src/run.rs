//! A whole run: generate, measure sizes, load, ask.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;

use crate::file::EventFile;
use crate::generate::{Batch, Generator, Settings};
use crate::machine::{folder_bytes, forget_peak, memory, read_bandwidth};
use crate::ndjson::{Gzipped, Sizes};
use crate::ours::{Loading, Ours};
use crate::questions::{AS_OF_MS, point_users};
use crate::report::{Load, Report, Size};

/// Up to so many events all are compressed as NDJSON, beyond it a sample.
const NDJSON_WHOLE_EVENTS: u64 = 10_000_000;
/// One batch in so many is the sample.
const NDJSON_ONE_IN: u64 = 100;

/// What a run does.
#[derive(Clone, Debug)]
pub struct Options {
    /// What is generated.
    pub settings: Settings,
    /// Where the history is made.
    pub directory: PathBuf,
    /// Where the same events go as Parquet.
    pub parquet: Option<PathBuf>,
}

/// Runs everything. `progress` is told what begins.
pub fn run(options: &Options, mut progress: impl FnMut(&str)) -> anyhow::Result<Report> {
    let settings = options.settings;
    progress("read bandwidth of the machine");
    let read_bytes_per_second = read_bandwidth();
    progress("generator, Parquet and NDJSON sizes");
    let written = write_elsewhere(&settings, options.parquet.as_deref())?;
    progress("load");
    let folder = options.directory.join("history");
    std::fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
    let (ours, mut load) = load(&settings, &folder)?;
    let size = Size {
        total_bytes: folder_bytes(&folder),
        id_bytes: ours.id_bytes(),
        parquet_bytes: options.parquet.as_ref().and_then(|path| Some(path.metadata().ok()?.len())),
        ndjson_gzip_bytes: (written.sizes.gzip_bytes as f64 / written.share) as u64,
        ndjson_share: written.share,
    };
    let mut users = point_users(&settings);
    users.push(written.largest_user);
    let questions = ours.ask(&users, &mut progress)?;
    load.serving_bytes = memory("RssAnon");
    Ok(Report {
        events: settings.events,
        years: settings.years,
        seed: settings.seed,
        users: settings.users(),
        as_of_ms: AS_OF_MS,
        read_bytes_per_second,
        generated_per_second: settings.events as f64 / written.generator_seconds,
        load,
        size,
        point_users: users,
        questions,
    })
}

/// A history of generated events in a folder, to be asked.
pub(crate) fn loaded(settings: &Settings, folder: &Path) -> anyhow::Result<Ours> {
    std::fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
    Ok(load(settings, folder)?.0)
}

/// What the first pass over the events found.
struct Written {
    sizes: Sizes,
    share: f64,
    generator_seconds: f64,
    largest_user: u32,
}

fn write_elsewhere(settings: &Settings, parquet: Option<&Path>) -> anyhow::Result<Written> {
    let mut file = parquet.map(EventFile::create).transpose()?;
    let mut gzipped = Gzipped::default();
    let mut counts = vec![0u32; settings.users() as usize];
    let every = if settings.events <= NDJSON_WHOLE_EVENTS { 1 } else { NDJSON_ONE_IN };
    let generator_seconds = each_batch(settings, |number, batch| {
        batch.user.iter().for_each(|user| counts[*user as usize] += 1);
        if number % every == 0 {
            gzipped.add(batch)?;
        }
        file.as_mut().map_or(Ok(()), |file| file.write(batch))
    })?;
    file.map_or(Ok(()), EventFile::finish)?;
    let sizes = gzipped.finish()?;
    let largest = counts.iter().enumerate().max_by_key(|(_, count)| **count);
    Ok(Written {
        sizes,
        share: sizes.lines as f64 / settings.events as f64,
        generator_seconds,
        largest_user: largest.map_or(0, |(user, _)| user as u32),
    })
}

fn load(settings: &Settings, folder: &Path) -> anyhow::Result<(Ours, Load)> {
    forget_peak();
    let mut loading = Loading::open(folder)?;
    let mut seconds = 0.0;
    each_batch(settings, |_, batch| {
        let began = Instant::now();
        loading.load(batch)?;
        seconds += began.elapsed().as_secs_f64();
        Ok(())
    })?;
    let began = Instant::now();
    let ours = loading.finish()?;
    seconds += began.elapsed().as_secs_f64();
    let load = Load {
        seconds,
        events_per_second: settings.events as f64 / seconds,
        peak_bytes: memory("VmHWM"),
        serving_bytes: None,
    };
    Ok((ours, load))
}

/// Gives every batch with its number, and the seconds that the generator alone took.
fn each_batch(
    settings: &Settings,
    mut give: impl FnMut(u64, &Batch) -> anyhow::Result<()>,
) -> anyhow::Result<f64> {
    let began = Instant::now();
    let mut generator = Generator::new(*settings);
    let mut seconds = began.elapsed().as_secs_f64();
    for number in 0.. {
        let began = Instant::now();
        let batch = generator.next();
        seconds += began.elapsed().as_secs_f64();
        match batch {
            Some(batch) => give(number, &batch)?,
            None => break,
        }
    }
    Ok(seconds)
}

#[cfg(test)]
mod tests;
