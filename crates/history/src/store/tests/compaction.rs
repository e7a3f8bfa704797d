//! Checkpoints, merges of parts and merges of users never change an answer: random records and
//! random points at which a store writes, merges, or is opened again, against a store that only
//! got the records. Definitions and populations are testkit's.

use proptest::collection::vec;
use proptest::prelude::*;
use testkit::cases::{report, runner};
use testkit::generate;

use super::*;
use crate::evaluate::Evaluator;

/// What happens to the store between records.
#[derive(Clone, Copy, Debug)]
pub(super) enum Upheaval {
    Look,
    Checkpoint,
    Compact,
    Begin,
    Finish,
    Reopen,
    SetAside,
    /// Another thread makes a part of rows that were set aside.
    Seal,
    TakeSealed,
    /// The user of an event so far and another one turn out to be one.
    Join(usize),
}

pub(super) fn upheaval() -> impl Strategy<Value = Upheaval> {
    prop_oneof![
        3 => Just(Upheaval::Look),
        3 => Just(Upheaval::Checkpoint),
        1 => Just(Upheaval::Compact),
        3 => Just(Upheaval::Begin),
        3 => Just(Upheaval::Finish),
        1 => Just(Upheaval::Reopen),
        3 => Just(Upheaval::SetAside),
        2 => Just(Upheaval::Seal),
        2 => Just(Upheaval::TakeSealed),
        2 => (0..6usize).prop_map(Upheaval::Join),
    ]
}

pub(super) struct Life {
    pub(super) folder: MemoryFolder,
    pub(super) process: Process,
    pub(super) job: Option<Job>,
    pub(super) log: Vec<Record>,
}

impl Life {
    pub(super) fn apply(&mut self, record: Record) {
        self.log.push(record.clone());
        self.process.apply(record);
    }

    fn finish(&mut self) {
        if let Some(job) = self.job.take() {
            self.process.store.finish(job.run()).unwrap();
        }
    }

    pub(super) fn suffer(&mut self, upheaval: Upheaval) {
        match upheaval {
            Upheaval::Look => drop(self.process.store.snapshot().unwrap()),
            Upheaval::Finish => self.finish(),
            Upheaval::SetAside => _ = self.process.store.set_aside(1),
            Upheaval::Seal => self.process.store.to_seal().iter().for_each(Sealing::run),
            Upheaval::TakeSealed => drop(self.process.store.take_sealed()),
            Upheaval::Begin if self.job.is_none() => self.job = self.process.begin().unwrap(),
            Upheaval::Begin => {}
            Upheaval::Checkpoint | Upheaval::Compact => {
                self.finish();
                let full = Upkeep { merging: Merging::Full, forget: Vec::new() };
                let compact = matches!(upheaval, Upheaval::Compact);
                let upkeep = if compact { full } else { Upkeep::default() };
                self.process.checkpoint(&upkeep).unwrap();
            }
            Upheaval::Reopen => {
                self.job = None;
                let image = self.folder.after_power_loss(|| false);
                self.process = Process::open_with(&image, &self.log, true).unwrap();
                self.folder = image;
            }
            Upheaval::Join(user) => {
                let Deed::Apply(record) = join(&format!("u{user}"), &format!("u{}", user / 2), 0)
                else {
                    unreachable!("a join is applied")
                };
                self.apply(record);
            }
        }
    }
}

#[test]
fn compaction_never_changes_an_answer() {
    let upheavals = vec(vec(upheaval(), 0..3), 1..40);
    let case = (
        (generate::population(), upheavals),
        generate::rules(),
        vec(generate::segment(), 1..4),
        generate::instants(),
    );
    report(runner(600).run(&case, |((population, upheavals), rules, segments, instants)| {
        let folder = MemoryFolder::default();
        let process = Process::open_with(&folder, &[], true).unwrap();
        let mut life = Life { folder, process, job: None, log: Vec::new() };
        let between = upheavals.iter().chain(std::iter::repeat(&upheavals[0]));
        for (record, upheavals) in generate::records(&population).into_iter().zip(between) {
            life.apply(record);
            upheavals.iter().for_each(|upheaval| life.suffer(*upheaval));
        }
        let mut plain = Process::in_memory_with(&life.log, true);
        prop_assert_eq!(life.process.content(), plain.content());
        let views = [life.process.store.snapshot().unwrap(), plain.store.snapshot().unwrap()];
        for (segment, at) in segments.iter().flat_map(|s| instants.iter().map(move |at| (s, *at))) {
            let [ours, expected] = views.each_ref().map(|view| {
                let members = Evaluator::new(view, &rules, at).members(segment).unwrap();
                (0..view.n_places() as u32).filter(|n| members.contains(UserIndex(*n))).collect()
            });
            let (ours, expected): (Vec<u32>, Vec<u32>) = (ours, expected);
            prop_assert_eq!(ours, expected);
        }
        Ok(())
    }));
}

#[test]
fn a_merge_of_users_under_a_job_is_not_lost() {
    let script = [
        event(Who::user("ada"), "view", 1, 1),
        event(Who::anonymous("device"), "view", 1, 2),
        Deed::Begin,
        join("ada", "device", 3),
        Deed::Look,
        Deed::Run,
        Deed::Finish,
        Deed::Look,
    ];
    let folder = MemoryFolder::default();
    let mut process = Process::open(&folder, &[]).unwrap();
    assert!(play(&mut process, &script).is_empty());
    let log = records(&script);
    let expected = Process::in_memory(&log).content();
    assert_eq!(process.content(), expected);
    assert_eq!(Process::open(&folder.after_kill(), &log).unwrap().content(), expected);
    let stats = process.store.stats();
    assert_eq!(stats.families[0].unwritten_rows, 2, "what the job made is not taken over");
    process.checkpoint(&Upkeep::default()).unwrap();
    assert_eq!(process.store.stats().families[0].unwritten_rows, 0);
    assert_eq!(Process::open(&folder.after_kill(), &log).unwrap().content(), expected);
}

#[test]
fn files_stay_as_long_as_somebody_reads_them() {
    let folder = MemoryFolder::default();
    let mut process = Process::open(&folder, &[]).unwrap();
    let parts = || {
        let names = folder.list().unwrap();
        names.into_iter().filter(|name| name.starts_with("part-")).count()
    };
    for n in 0..3 {
        play(&mut process, &[event(Who::user("ada"), "view", 1, n), Deed::Checkpoint]);
    }
    let reader = process.store.snapshot().unwrap();
    play(&mut process, &[event(Who::user("ada"), "view", 1, 3), Deed::Checkpoint]);
    assert_eq!(parts(), 4, "three that are read, and the one that they were merged into");
    play(&mut process, &[event(Who::user("ada"), "buy", 1, 4), Deed::Checkpoint]);
    assert_eq!(parts(), 5, "they are still read");
    drop(reader);
    let done = process.checkpoint(&Upkeep::default()).unwrap();
    process.store.sweep(&done);
    assert_eq!(parts(), 2);
}
