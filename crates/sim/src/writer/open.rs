//! A start: the last checkpoint, and the log after it.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use engine::Fold;
use engine::live::Live;
use history::Store;
use log::disk::memory::MemoryDisk;
use log::{Log, Options as LogOptions};
use model::UserIndex;
use rayon::{ThreadPool, ThreadPoolBuilder};
use segment::live::Program;
use wire::record::decode_batch;

use super::journeys::Going;
use super::{Options, Saved, Writer, delivery};
use crate::definitions::Definitions;
use crate::told::ToldSoFar;

/// Small files, so that a simulation has several.
const LOG: LogOptions = LogOptions { segment_bytes_max: 64 * 1024, preallocate_bytes: 0 };

/// Two threads, whatever the machine has.
fn threads() -> Arc<ThreadPool> {
    static POOL: OnceLock<Arc<ThreadPool>> = OnceLock::new();
    let make = || ThreadPoolBuilder::new().num_threads(2).build().expect("two threads").into();
    Arc::clone(POOL.get_or_init(make))
}

impl Writer {
    /// Opens what is on a disk, with the last checkpoint if there is one, and watches what is
    /// wanted.
    pub(crate) fn open(
        disk: MemoryDisk,
        saved: Option<Saved>,
        wanted: Definitions,
        options: Options,
    ) -> Result<Writer, String> {
        let (log, _) = Log::open_on(Arc::new(disk.clone()), LOG).map_err(|e| e.to_string())?;
        let definitions = match &saved {
            Some(saved) if options.remembers => &saved.definitions,
            _ => &wanted,
        };
        let mut live = match &saved {
            None => Live::new(Program::compile(&wanted.rules, &[], None).0),
            Some(saved) => {
                let pieces = saved.live.iter().cloned();
                Live::restore(pieces, &definitions.rules, &definitions.watched)
                    .map_err(|e| e.to_string())?
            }
        };
        if options.beside {
            live.look_beside(threads(), 1);
        }
        let mut told = saved.as_ref().map_or_else(ToldSoFar::default, |saved| saved.told.clone());
        told.keep(live.program().live().map(|(n, watched)| (watched.key.clone(), n)).collect());
        let joined = definitions.live_in(live.program());
        let going = Going::new(&wanted.book);
        let mut writer = Writer {
            disk,
            log,
            fold: Fold::new(),
            live,
            store: Store::in_memory(),
            frames: 0,
            counted: HashSet::new(),
            told,
            wanted,
            joined,
            joining: None,
            saved,
            saving: None,
            rebuilding: None,
            going,
            options,
            n_folded: 0,
        };
        writer.replay()?;
        writer.going.intake.replayed();
        writer.define();
        Ok(writer)
    }

    fn replay(&mut self) -> Result<(), String> {
        let saved = self.saved.as_ref().map(|saved| (saved.frames, saved.position));
        let reader = self.log.reader();
        let mut frames = reader.read_from(reader.first()).map_err(|e| e.to_string())?;
        while let Some((offset, payload)) = frames.next_frame().map_err(|e| e.to_string())? {
            let records = decode_batch(payload).map_err(|e| e.to_string())?;
            self.counted.extend(records.iter().filter_map(delivery));
            let before = saved.is_some_and(|(frames, _)| self.frames < frames);
            if saved.is_some_and(|(_, position)| before != (offset < position)) {
                return Err(format!("frame {} is not where the checkpoint was", self.frames));
            }
            let mut taken: Vec<_> = records.into_iter().map(|record| self.step(record)).collect();
            taken.retain(|(step, ..)| step.user != UserIndex::NOBODY);
            if !before {
                // What was due before the frame was told before it.
                let now = taken.iter().map(|(.., record)| record.received_at).max();
                while now.is_some_and(|now| self.fire(now, usize::MAX)) {}
                self.follow(&taken);
            }
            self.apply(taken);
            if saved.is_some_and(|(frames, _)| self.frames == frames) {
                self.take_over_fold()?;
            }
        }
        if saved.is_some_and(|(frames, _)| self.frames < frames) {
            return Err("the log ends before the checkpoint".into());
        }
        Ok(())
    }

    /// From the checkpoint on, its own fold goes on: it must be that of the log.
    fn take_over_fold(&mut self) -> Result<(), String> {
        let Some(saved) = &self.saved else { return Ok(()) };
        let pieces: Vec<Vec<u8>> = self.fold.freeze().pieces().collect();
        if pieces != saved.fold {
            return Err("the fold of the checkpoint is not that of the log".into());
        }
        self.fold = Fold::restore(&saved.fold).map_err(|e| e.to_string())?;
        Ok(())
    }

    /// The payloads of all frames of the log.
    pub(crate) fn log_frames(&self) -> Result<Vec<Vec<u8>>, String> {
        let reader = self.log.reader();
        let mut frames = reader.read_from(reader.first()).map_err(|e| e.to_string())?;
        let mut all = Vec::new();
        while let Some((_, payload)) = frames.next_frame().map_err(|e| e.to_string())? {
            all.push(payload.to_vec());
        }
        Ok(all)
    }
}
