//! `perennial simulate`: the engine against its naive reference, seed by seed.

use std::time::Instant;

use anyhow::bail;
use sim::{Numbers, Settings, Source, run as simulate};

use crate::arguments::SimulateArguments;
use crate::print;

/// Runs it; the first seed that goes wrong ends it.
pub fn run(arguments: SimulateArguments) -> anyhow::Result<()> {
    let SimulateArguments { seeds, from, users, steps, journeys } = arguments;
    let size = |n: Option<u32>| n.map(|n| n as usize);
    let (users, steps) = (size(users), size(steps));
    let source = Source::default();
    let (mut all, mut done) = (Numbers::default(), 0u64);
    let start = Instant::now();
    for seed in from..from.saturating_add(seeds) {
        let settings = Settings { seed, users, steps, journeys, beside: false, defect: None };
        match simulate(&source, settings) {
            Ok(numbers) => all += numbers,
            Err(failure) => {
                print::out(&text(&all, done, start.elapsed().as_secs_f64()))?;
                bail!("{failure}");
            }
        }
        done += 1;
    }
    print::out(&text(&all, done, start.elapsed().as_secs_f64()))?;
    Ok(())
}

fn text(all: &Numbers, seeds: u64, seconds: f64) -> String {
    let Numbers {
        steps,
        records,
        checks,
        transitions,
        corrections,
        crashes,
        starts,
        definitions,
        entries,
        moves,
        hash,
    } = all;
    let rate = seeds as f64 / seconds.max(f64::MIN_POSITIVE);
    format!(
        "{seeds} seeds are as they should be, {rate:.1} a second\n\
         {steps} steps, {records} records, {definitions} edits of definitions\n\
         {transitions} transitions, {corrections} of them corrections\n\
         {crashes} crashes, {starts} starts compared with a process that went on\n\
         {entries} entries into journeys, {moves} steps taken in them\n\
         {checks} comparisons with what should be\n\
         hash of everything {hash:016x}\n"
    )
}
