//! The store through crashes, full disks and jobs that run beside the writer, measured against a
//! store in memory that got the same records.

use std::sync::Arc;

use engine::Fold;
use model::{
    AttributeChange, Event, EventId, Record, Text, Timestamp, UserIndex, Value, What, Who,
};

use super::*;
use crate::disk::{Fault, MemoryFolder};

mod compaction;
mod crash;
mod retention;
mod rewriting;

/// What is live at a log position, as if an engine had made it.
fn live(log_position: u64) -> Vec<Vec<u8>> {
    (0..log_position % 4).map(|n| vec![n as u8; log_position as usize]).collect()
}

/// A store, the fold before it, and the log: every record that was acknowledged.
struct Process {
    fold: Fold,
    store: Store,
    arrivals: u64,
}

impl Process {
    fn in_memory(records: &[Record]) -> Process {
        let mut process = Process { fold: Fold::new(), store: Store::in_memory(), arrivals: 0 };
        records.iter().for_each(|record| process.apply(record.clone()));
        process
    }

    /// Opens a folder and applies what the log has after its checkpoint.
    fn open(folder: &MemoryFolder, log: &[Record]) -> Result<Process, Error> {
        let (store, checkpoint) = Store::open_in(Arc::new(folder.clone()))?;
        let fold = Fold::restore(checkpoint.fold.map(Result::unwrap)).unwrap();
        let found: Vec<_> = checkpoint.live.map(Result::unwrap).collect();
        assert_eq!(found, live(checkpoint.log_position), "they belong together");
        assert_eq!(checkpoint.log_position, checkpoint.arrivals, "the log counts records here");
        let mut process = Process { fold, store, arrivals: checkpoint.arrivals };
        let rest = &log[checkpoint.log_position as usize..];
        rest.iter().for_each(|record| process.apply(record.clone()));
        Ok(process)
    }

    fn apply(&mut self, record: Record) {
        let step = self.fold.step(&record);
        let public_id = self.fold.person(step.user).public_id.clone();
        self.store.apply(&step, record, &public_id, self.arrivals);
        self.arrivals += 1;
    }

    /// Where the process is, for a checkpoint.
    fn now(&self) -> Checkpoint {
        let live = Box::new(live(self.arrivals).into_iter());
        Checkpoint { live, ..Checkpoint::of(self.arrivals, self.arrivals, &self.fold) }
    }

    fn begin(&mut self) -> Result<Option<Job>, Error> {
        let now = self.now();
        self.store.begin(now, &Upkeep::default())
    }

    fn checkpoint(&mut self, upkeep: &Upkeep) -> Result<Done, Error> {
        let now = self.now();
        let job = self.store.begin(now, upkeep)?.expect("no job is under way");
        self.store.finish(job.run())
    }

    /// Everything that the store says, in a form that does not depend on its parts.
    fn content(&mut self) -> Vec<String> {
        let snapshot = self.store.snapshot().unwrap();
        let users = (0..snapshot.n_places() as u32).map(UserIndex);
        let content = users.map(|user| {
            let facts = snapshot.facts_of(user);
            let received: Vec<_> =
                snapshot.events_of(user).unwrap().iter().map(|stored| stored.received_at).collect();
            format!("{facts:?} {:?} {received:?}", snapshot.history_of(user).unwrap())
        });
        let events = snapshot.n_events(Timestamp::MAX).unwrap();
        content.chain([format!("{events} events")]).collect()
    }
}

/// A script of what happens to a store.
#[derive(Clone, Debug)]
enum Deed {
    Apply(Record),
    Look,
    /// A whole checkpoint.
    Checkpoint,
    /// Hands a checkpoint to a job.
    Begin,
    /// The job writes.
    Run,
    /// The store takes over what the job did.
    Finish,
}

fn event(user: Who, name: &str, day: i64, n: u64) -> Deed {
    let time = Timestamp(day * 86_400_000 + 1_000_000 * n as i64);
    let properties = vec![(Text::new("n"), Value::Int(n as i64))];
    let id = EventId(u128::from(n));
    let what = What::Event(Event { name: name.into(), time, id, properties });
    Deed::Apply(Record { received_at: time, who: user, what })
}

fn change(user: Who, n: u64) -> Deed {
    let attributes = vec![(Text::new("plan"), Value::Int(n as i64))];
    let time = Timestamp(n as i64);
    let what = What::Identify(AttributeChange { time, id: EventId(u128::from(n)), attributes });
    Deed::Apply(Record { received_at: time, who: user, what })
}

/// Both ids are one from now on.
fn join(known: &str, anonymous: &str, n: u64) -> Deed {
    let previous = Text::new(anonymous);
    let received_at = Timestamp(n as i64);
    Deed::Apply(Record { received_at, who: Who::user(known), what: What::Alias { previous } })
}

fn records(script: &[Deed]) -> Vec<Record> {
    let records = script.iter().filter_map(|deed| match deed {
        Deed::Apply(record) => Some(record.clone()),
        _ => None,
    });
    records.collect()
}

/// Applies the script; checkpoints and questions may fail, nothing else may. Returns the failures.
fn play(process: &mut Process, script: &[Deed]) -> Vec<Error> {
    let (mut job, mut done, mut failures) = (None, None, Vec::new());
    for deed in script {
        match deed {
            Deed::Apply(record) => process.apply(record.clone()),
            Deed::Look => failures.extend(process.store.snapshot().err()),
            Deed::Checkpoint => failures.extend(process.checkpoint(&Upkeep::default()).err()),
            Deed::Begin => match process.begin() {
                Ok(begun) => job = begun,
                Err(error) => failures.push(error),
            },
            Deed::Run => done = job.take().map(Job::run),
            Deed::Finish => {
                if let Some(result) = done.take() {
                    failures.extend(process.store.finish(result).err());
                }
            }
        }
    }
    failures
}
