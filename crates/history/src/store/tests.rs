//! The store through crashes, full disks and jobs that run beside the writer, measured against a
//! store in memory that got the same records.

use std::sync::Arc;

use engine::Fold;
use engine::live::{Cause, Correction, Transition, WatchId};
use model::{
    AttributeChange, Event, EventId, Record, Text, Timestamp, UserIndex, Value, What, Who,
};

use super::*;
use crate::disk::{Fault, MemoryFolder};

mod compaction;
mod crash;
mod discard;
mod erase;
mod one_user;
mod retention;
mod rewriting;
mod separation;

/// What is live at a log position, as if an engine had made it.
fn live(log_position: u64) -> Vec<Vec<u8>> {
    (0..log_position % 4).map(|n| vec![n as u8; log_position as usize]).collect()
}

/// A store, the fold before it, and the log: every record that was acknowledged.
struct Process {
    fold: Fold,
    store: Store,
    arrivals: u64,
    /// Whether each record brings about a transition of its user.
    tells: bool,
}

impl Process {
    fn of(store: Store, tells: bool) -> Process {
        Process { fold: Fold::new(), store, arrivals: 0, tells }
    }

    fn in_memory(records: &[Record]) -> Process {
        Process::in_memory_with(records, false)
    }

    fn in_memory_with(records: &[Record], tells: bool) -> Process {
        let mut process = Process::of(Store::in_memory(), tells);
        records.iter().for_each(|record| process.apply(record.clone()));
        process
    }

    /// Opens a folder and applies what the log has after its checkpoint.
    fn open(folder: &MemoryFolder, log: &[Record]) -> Result<Process, Error> {
        Process::open_with(folder, log, false)
    }

    fn open_with(folder: &MemoryFolder, log: &[Record], tells: bool) -> Result<Process, Error> {
        let (store, checkpoint) = Store::open_in(Arc::new(folder.clone()))?;
        let fold = Fold::restore(checkpoint.fold.map(Result::unwrap)).unwrap();
        let found: Vec<_> = checkpoint.live.map(Result::unwrap).collect();
        assert_eq!(found, live(checkpoint.log_position), "they belong together");
        assert_eq!(checkpoint.log_position, checkpoint.arrivals, "the log counts records here");
        let mut process = Process { fold, store, arrivals: checkpoint.arrivals, tells };
        let rest = &log[checkpoint.log_position as usize..];
        rest.iter().for_each(|record| process.apply(record.clone()));
        Ok(process)
    }

    fn apply(&mut self, record: Record) {
        let step = self.fold.step(&record);
        let public_id = self.fold.person(step.user).public_id.clone();
        let told = transition(step.user, &record, self.arrivals);
        self.store.apply(&step, record, &public_id, self.arrivals);
        if self.tells {
            let key = Text::from(format!("segment/{}", self.arrivals % 2));
            self.store.apply_transition(&key, &told, self.arrivals);
        }
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
            let told = snapshot.transitions_of(user, Timestamp::MAX).unwrap();
            format!("{facts:?} {:?} {received:?} {told:?}", snapshot.history_of(user).unwrap())
        });
        let events = snapshot.n_events(Timestamp::MAX).unwrap();
        content.chain([format!("{events} events")]).collect()
    }
}

/// A transition that a record brings about.
fn transition(user: UserIndex, record: &Record, n: u64) -> Transition {
    let at = match &record.what {
        What::Event(event) => event.time,
        What::Identify(change) => change.time,
        What::Facts(facts) => facts.time,
        What::Alias { .. } | What::Separate { .. } => record.received_at,
    };
    Transition {
        user,
        watch: WatchId(0),
        at,
        recorded_at: record.received_at,
        from: (n % 3) as u8,
        to: (n % 3) as u8 + 1,
        cause: if n.is_multiple_of(2) { Cause::Record } else { Cause::Time },
        correction: if n.is_multiple_of(5) { Correction::Added } else { Correction::None },
    }
}

/// A script of what happens to a store.
#[allow(clippy::large_enum_variant, reason = "scripts are short")]
#[derive(Clone, Debug)]
enum Deed {
    Apply(Record),
    Look,
    /// All rows are set aside.
    SetAside,
    /// They are sealed elsewhere, and taken over.
    Seal,
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
    let what = What::Identify(AttributeChange::set(time, EventId(u128::from(n)), attributes));
    Deed::Apply(Record { received_at: time, who: user, what })
}

/// Both ids are one from now on.
fn join(known: &str, anonymous: &str, n: u64) -> Deed {
    let previous = Text::new(anonymous);
    let received_at = Timestamp(n as i64);
    Deed::Apply(Record { received_at, who: Who::user(known), what: What::Alias { previous } })
}

/// An id that was merged into another is a user of its own from now on.
fn separate(known: &str, separated: &str, n: u64) -> Deed {
    let what = What::Separate { separated: separated.into() };
    Deed::Apply(Record { received_at: Timestamp(n as i64), who: Who::user(known), what })
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
            Deed::SetAside => _ = process.store.set_aside(1),
            Deed::Seal => {
                process.store.to_seal().iter().for_each(Sealing::run);
                process.store.take_sealed();
            }
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
