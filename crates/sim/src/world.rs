//! One run: time, senders, faults and definitions, all from one seed.
//!
//! What it is: chooses what happens next, lets it happen to the program under test, and asks after
//! each step whether all is as it should be. What it is not: it measures no time.

mod journeys;

use std::panic::{AssertUnwindSafe, catch_unwind};

use engine::live::BULK;
use log::disk::memory::MemoryDisk;
use model::{Span, Timestamp, UserIndex};
use testkit::generate::{CENTRE, SPANS};
use wire::record::decode_batch;
use xxhash_rust::xxh3::Xxh3;

use crate::check;
use crate::definitions::Source;
use crate::dice::Dice;
use crate::laws::Laws;
use crate::naive::Naive;
use crate::report::{Failure, Numbers};
use crate::traffic::Traffic;
use crate::twin::Twin;
use crate::writer::{Defect, Fault, Options, Writer};
use journeys::Went;

/// What is simulated.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Everything follows from it.
    pub seed: u64,
    /// How many people send; nothing: the seed says.
    pub users: Option<usize>,
    /// After so many steps the run ends; nothing: the seed says.
    pub steps: Option<usize>,
    /// People are in journeys, too. Definitions stay as they are then, and nobody is separated.
    pub journeys: bool,
    /// Threads beside look at users, too, which changes nothing.
    pub beside: bool,
    /// What is wrong on purpose.
    pub defect: Option<Defect>,
}

struct World<'a> {
    source: &'a Source,
    dice: Dice,
    users: usize,
    traffic: Traffic,
    clock: Timestamp,
    naive: Naive,
    writer: Writer,
    /// Frames that senders know to be durable.
    acknowledged: Vec<Vec<u8>>,
    options: Options,
    /// Definitions stay as they are.
    fixed: bool,
    /// Now and then many old records come at once.
    imports: bool,
    /// Somebody was separated.
    separated: bool,
    /// Before the last group, for a disk that lies.
    before: MemoryDisk,
    /// What is done in journeys by a process that never ends.
    twin: Option<Twin>,
    /// What holds of journeys in any case; nothing: nobody is in any.
    laws: Option<Laws>,
    /// Messages that went.
    queued: Vec<Went>,
    numbers: Numbers,
}

/// Runs a seed; what was done and checked, or what is wrong. A panic is wrong, too.
pub fn run(source: &Source, settings: Settings) -> Result<Numbers, Failure> {
    let step = std::cell::Cell::new(0);
    let result = catch_unwind(AssertUnwindSafe(|| simulate(source, settings, &step)));
    let what = match result {
        Ok(Ok(numbers)) => return Ok(numbers),
        Ok(Err(what)) => what,
        Err(panic) => match panic.downcast_ref::<String>() {
            Some(said) => format!("panic: {said}"),
            None => format!("panic: {}", panic.downcast_ref::<&str>().unwrap_or(&"?")),
        },
    };
    Err(Failure { settings, step: step.get(), what })
}

fn simulate(
    source: &Source,
    settings: Settings,
    at_step: &std::cell::Cell<usize>,
) -> Result<Numbers, String> {
    let mut dice = Dice::new(settings.seed, if settings.journeys { 2 } else { 1 });
    let imports = dice.once_in(10) && !settings.journeys;
    let users = if imports { 60 } else { *dice.pick(&[1, 2, 3, 5, 12]) };
    let users = settings.users.unwrap_or(users);
    let steps = settings.steps.unwrap_or(*dice.pick(&[15, 30, 60]));
    let clock = CENTRE.minus(Span::days(dice.below(30) as i64));
    let values = source.values(&mut dice, 40);
    let mut first = source.first(&mut dice);
    if settings.journeys {
        first.book = source.journeys(&first, &mut dice);
    }
    let options = Options {
        gathers: dice.once_in(2),
        remembers: dice.once_in(2),
        beside: settings.beside,
        defect: settings.defect,
    };
    let fixed = dice.once_in(3) || settings.journeys;
    let disk = MemoryDisk::default();
    // Where ids are merged, two processes need not agree.
    let merges = !settings.journeys || dice.once_in(3);
    let kinds = (merges, !settings.journeys);
    let traffic = Traffic::new(users, values, clock, kinds, &mut dice);
    let twin = match settings.journeys && !merges {
        true => {
            let options = Options { beside: false, defect: None, ..options };
            Some(Twin::new(Writer::open(MemoryDisk::default(), None, first.clone(), options)?))
        }
        false => None,
    };
    let writer = Writer::open(disk.clone(), None, first, options)?;
    let mut world = World {
        source,
        dice,
        users,
        traffic,
        clock,
        naive: Naive::default(),
        writer,
        acknowledged: Vec::new(),
        options,
        fixed,
        imports,
        separated: false,
        before: disk.after_kill(),
        twin,
        laws: settings.journeys.then(Laws::default),
        queued: Vec::new(),
        numbers: Numbers::default(),
    };
    world.join_all();
    world.begin_journeys();
    for step in 0..steps {
        at_step.set(step);
        world.step()?;
        world.writer.spoil();
    }
    at_step.set(steps);
    world.end()
}

impl World<'_> {
    fn step(&mut self) -> Result<(), String> {
        self.numbers.steps += 1;
        match self.dice.below(24) {
            11 | 12 if self.imports && self.dice.once_in(3) => self.import()?,
            0..=11 => self.deliver(None)?,
            12..=15 => self.pass_time()?,
            16 => self.step_clock(),
            17 if !self.fixed && !self.writer.joining() && !self.writer.rebuilding() => {
                self.writer.wanted = self.source.edited(&self.writer.wanted, &mut self.dice);
                self.writer.define();
                self.numbers.definitions += 1;
            }
            17 if self.laws.is_some() => match self.dice.once_in(2) {
                true => self.let_in()?,
                false => self.edit_journeys()?,
            },
            18 if self.writer.joining() => self.join_some(),
            17..=19 if self.writer.saving() => self.writer.save(),
            17..=19 => {
                self.settle_journeys()?;
                if !self.writer.unseen() {
                    self.writer.freeze();
                }
            }
            20 => self.crash(true)?,
            21 => {
                let fault = *self.dice.pick(&[
                    Fault::BeforeAppend,
                    Fault::BeforeSync,
                    Fault::Disk(1),
                    Fault::Disk(2),
                    Fault::AfterSync,
                    Fault::BeforeHistory,
                    Fault::BeforeAnswer,
                ]);
                self.deliver(Some(fault))?;
            }
            _ => {
                self.fire_all();
                self.check_all()?;
            }
        }
        if self.writer.joining() && self.dice.once_in(3) {
            self.join_some();
        }
        if self.writer.live.n_stale() > 0 && self.dice.once_in(2) {
            let n = self.dice.between(1, self.users);
            self.writer.begin_rebuild(n);
            self.writer.rebuild(self.users / 3);
        }
        // Sometimes what is to be seen waits for what comes next.
        if self.dice.once_in(2) {
            self.settle_journeys()?;
        }
        self.numbers.checks += check::counts(&self.writer)?;
        Ok(())
    }

    fn now(&self) -> Timestamp {
        self.clock.max(self.writer.live.now())
    }

    /// So many old records in one frame that their users are built anew.
    fn import(&mut self) -> Result<(), String> {
        let now = self.now();
        let then = now.minus(*self.dice.pick(&[Span::days(3), Span::days(40)]));
        let mut batch = self.traffic.batch(BULK + 150, then, &mut self.dice);
        batch.iter_mut().for_each(|record| record.received_at = now);
        let frames = self.writer.submit(vec![batch], usize::MAX, None).frames;
        for frame in frames {
            self.take_frame(&frame)?;
            self.acknowledged.push(frame);
        }
        Ok(())
    }

    fn rebuild_all(&mut self) {
        while self.writer.live.n_stale() > 0 && !self.writer.joining() {
            self.writer.begin_rebuild(1 + self.users / 2);
            self.writer.rebuild(usize::MAX);
        }
    }

    fn deliver(&mut self, fault: Option<Fault>) -> Result<(), String> {
        let mut batches = Vec::new();
        let large = if self.users > 100 { self.users / 10 } else { 8 };
        for _ in 0..self.dice.between(1, 3) {
            let now = self.now();
            let n = self.dice.between(1, large);
            let mut batch = self.traffic.batch(n, now, &mut self.dice);
            batch.extend(self.click(now));
            batch.iter_mut().for_each(|record| record.received_at = now);
            batches.push(batch);
            self.clock = self.clock.plus(Span(self.dice.below(3) as i64));
        }
        let frame_records = match self.dice.once_in(3) {
            true => self.dice.between(1, 6),
            false => usize::MAX,
        };
        self.before = self.writer.disk.after_kill();
        let submitted = self.writer.submit(batches, frame_records, fault);
        if !submitted.acknowledged {
            return self.recover(submitted.frames, self.options.remembers);
        }
        let mut last = None;
        for frame in submitted.frames {
            last = Some(self.take_frame(&frame)?);
            self.acknowledged.push(frame);
        }
        if self.writer.live.n_stale() > 0 {
            return Ok(());
        }
        // Who was in the last frame has nothing that is due.
        let mut users: Vec<UserIndex> = last.unwrap_or_default();
        users.sort_unstable();
        users.dedup();
        users.truncate(20);
        self.numbers.checks += check::places(&self.writer, &self.naive, &users)?;
        Ok(())
    }

    /// What is durable is true; whose records it holds.
    fn take_frame(&mut self, frame: &[u8]) -> Result<Vec<UserIndex>, String> {
        let records = decode_batch(frame).map_err(|e| e.to_string())?;
        if let Some(twin) = &mut self.twin {
            twin.writer.absorb(frame)?;
        }
        let now = records.iter().map(|r| r.received_at).max().unwrap_or(self.clock);
        self.separated |= self.naive.frame(&records, now);
        self.numbers.records += records.len();
        let find = |record: &model::Record| {
            let who = &record.who;
            let id = who.user_id.as_ref().or(who.anonymous_id.as_ref());
            id.and_then(|id| self.naive.fold.find(id))
        };
        let users: Vec<Option<UserIndex>> = records.iter().map(find).collect();
        if let Some(laws) = &mut self.laws {
            for (user, record) in users.iter().zip(&records) {
                self.queued.extend(journeys::went(record));
                laws.take(user.unwrap_or(UserIndex::NOBODY), &record.what)?;
            }
        }
        Ok(users.into_iter().flatten().collect())
    }

    fn pass_time(&mut self) -> Result<(), String> {
        let near = Span(self.dice.below(3) as i64 - 1);
        let span = match self.dice.below(6) {
            0 => Span(self.dice.below(5_000) as i64),
            1 => Span(self.dice.below(3 * 3_600_000) as i64),
            2 => Span::days(self.dice.below(40) as i64),
            _ => Span(self.dice.pick(&SPANS).0 / 2),
        };
        let then = self.clock.plus(span).plus(near);
        self.awake_until(then)?;
        self.clock = then;
        // To the very instant at which something is due, or past it.
        let next = self.writer.live.next().into_iter().chain(self.writer.journeys_next()).min();
        if self.dice.once_in(2)
            && let Some(next) = next
            && next < self.clock
        {
            self.clock = next.plus(near);
        }
        match self.dice.below(3) {
            0 => {}
            1 if self.laws.is_none() => {
                let users = self.dice.between(1, 3);
                self.writer.fire(self.now(), users);
            }
            _ => {
                self.fire_all();
                self.check_now()?;
            }
        }
        Ok(())
    }

    fn step_clock(&mut self) {
        let span = Span(self.dice.pick(&SPANS).0 / 4);
        self.clock = match self.dice.once_in(2) {
            true => self.clock.plus(span),
            false => self.clock.minus(span),
        };
    }

    fn fire_all(&mut self) {
        let now = self.now();
        let users = self.dice.between(1, 5) * (1 + self.users / 10);
        while self.writer.fire(now, users) {}
        if let Some(twin) = &mut self.twin {
            while twin.writer.fire(now, users) {}
        }
    }

    fn join_some(&mut self) {
        let n = self.dice.between(1, 2 + self.users / 3) as u32;
        self.writer.join(n);
    }

    fn join_all(&mut self) {
        while self.writer.joining() {
            self.join_some();
        }
    }

    /// Some users; all if they are few.
    fn some_users(&mut self) -> Vec<UserIndex> {
        let n = self.naive.n_users();
        match n {
            0..=40 => (0..n as u32).map(UserIndex).collect(),
            _ => (0..25).map(|_| UserIndex(self.dice.below(n) as u32)).collect(),
        }
    }

    fn check_now(&mut self) -> Result<(), String> {
        self.rebuild_all();
        self.fire_all();
        if self.writer.live.n_stale() > 0 {
            return Ok(());
        }
        let users = self.some_users();
        self.numbers.checks += check::places(&self.writer, &self.naive, &users)?;
        self.numbers.checks += check::counts(&self.writer)?;
        Ok(())
    }

    fn check_all(&mut self) -> Result<(), String> {
        self.check_now()?;
        if self.writer.live.n_stale() > 0 {
            return Ok(());
        }
        let users = self.some_users();
        self.numbers.checks += check::past(&self.writer, &self.naive, &users, &mut self.dice)?;
        Ok(())
    }

    /// The process ends between two groups.
    fn crash(&mut self, compare: bool) -> Result<(), String> {
        if compare {
            self.compare_with_a_start()?;
        }
        self.recover(Vec::new(), self.options.remembers)
    }

    /// A process that is started now would be in the same state as the one that went on.
    fn compare_with_a_start(&mut self) -> Result<(), String> {
        let Some(saved) = self.writer.saved.clone() else { return Ok(()) };
        if self.writer.joining() || saved.definitions.version != self.writer.wanted.version {
            return Ok(());
        }
        self.fire_all();
        let wanted = self.writer.wanted.clone();
        let disk = self.writer.disk.after_kill();
        let told = saved.told.all.len();
        let mut again = Writer::open(disk, Some(saved), wanted, self.options)?;
        if again.joining() {
            return Err("a start lets join what had joined at the checkpoint".into());
        }
        again.fire(self.writer.live.now(), usize::MAX);
        self.numbers.starts += 1;
        // When users are built anew is up to chance. Steps of journeys are dated long before they are written: of what
        // follows, one process may say that time brought it about, and another that it corrects something.
        if !self.imports && !self.separated && self.laws.is_none() {
            self.numbers.checks += check::same(&self.writer, &again, told)?;
        }
        Ok(())
    }

    /// A crash while frames were on their way, and the start after it.
    fn recover(&mut self, on_their_way: Vec<Vec<u8>>, remembers: bool) -> Result<(), String> {
        self.numbers.crashes += 1;
        let lies = self.options.defect == Some(Defect::LyingDisk);
        let disk = match self.dice.below(3) {
            _ if lies => self.before.after_kill(),
            0 => self.writer.disk.after_kill(),
            _ => self.writer.disk.after_power_loss(|| self.dice.once_in(2)),
        };
        self.numbers.corrections += self.writer.told.corrections();
        self.numbers.transitions += self.writer.told.all.len();
        let options = Options { remembers, ..self.options };
        let (saved, wanted) = (self.writer.saved.clone(), self.writer.wanted.clone());
        if let Some(saved) = &saved {
            self.numbers.corrections -= saved.told.corrections();
            self.numbers.transitions -= saved.told.all.len();
        }
        self.writer = Writer::open(disk, saved, wanted, options)?;
        let frames = self.writer.log_frames()?;
        let known = self.acknowledged.len();
        if frames.get(..known) != Some(&self.acknowledged[..]) {
            return Err("a frame that was acknowledged is not in the log".into());
        }
        let more = &frames[known..];
        if !on_their_way.starts_with(more) {
            return Err("the log holds a frame that nobody wrote".into());
        }
        for frame in more.iter().cloned() {
            self.take_frame(&frame)?;
            self.acknowledged.push(frame);
        }
        if self.dice.once_in(2) {
            self.join_all();
        }
        self.fire_all();
        self.fill_journeys()?;
        self.check_now()
    }

    fn end(mut self) -> Result<Numbers, String> {
        self.join_all();
        self.fire_all();
        self.check_all()?;
        self.compare_with_a_start()?;
        self.end_journeys()?;
        let mut hash = Xxh3::new();
        for (key, told) in &self.writer.told.all {
            hash.update(format!("{key}{told:?}").as_bytes());
        }
        self.writer.live_bytes().iter().for_each(|piece| hash.update(piece));
        self.acknowledged.iter().for_each(|frame| hash.update(frame));
        self.numbers.hash = hash.digest();
        self.numbers.corrections += self.writer.told.corrections();
        self.numbers.transitions += self.writer.told.all.len();
        Ok(self.numbers)
    }
}
