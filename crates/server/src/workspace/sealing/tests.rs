use model::{Event, EventId, What, Who};

use super::*;
use crate::outreach::compile;

/// A writer that no thread runs, and its queue.
struct Alone {
    writer: Writer,
    commands: mpsc::Receiver<Command>,
    n: u64,
    _dir: tempfile::TempDir,
    _queue: mpsc::Sender<Command>,
}

impl Alone {
    fn with(due: usize) -> Alone {
        let dir = tempfile::tempdir().unwrap();
        let (log, _) = log::Log::open(&dir.path().join("log"), log::Options::default()).unwrap();
        let (queue, commands) = mpsc::channel(QUEUE_BATCHES);
        let maintenance = Maintenance::due_at(due, queue.downgrade(), Arc::new(clock::now));
        let definitions = Definitions::none();
        let outfit = compile::nothing(&definitions);
        let past = Past::default();
        let history = dir.path().join("history");
        let opened =
            Writer::open(log, &history, u64::MAX, maintenance, (definitions, outfit), &past);
        let mut writer = opened.unwrap().0;
        // There is something to write, although the log is empty.
        writer.discarded = true;
        Alone { writer, commands, n: 0, _dir: dir, _queue: queue }
    }

    /// So many visits are applied.
    fn visits(&mut self, rows: usize) {
        for _ in 0..rows {
            self.n += 1;
            let time = Timestamp(self.n as i64);
            let id = EventId(u128::from(self.n));
            let what = What::Event(Event { name: "Visit".into(), time, id, properties: vec![] });
            let record = Record { received_at: time, who: Who::user("ada"), what };
            let step = self.writer.fold.step(&record);
            self.writer.store.apply(&step, record, &"ada".into(), self.n);
        }
    }
}

fn n_events(view: &Arc<Snapshot>) -> u64 {
    view.n_events(Timestamp::MAX).unwrap()
}

/// The work of the thread, which a test does when it wants.
struct Thread(Receiver<Task>);

impl Thread {
    fn of(alone: &mut Alone) -> Thread {
        let (queue, tasks) = channel();
        alone.writer.sealer.queue = Some(queue);
        Thread(tasks)
    }

    fn works(&self, alone: &Alone) {
        let Sealer { nudge, done, .. } = &alone.writer.sealer;
        self.0.try_iter().for_each(|task| carry_out(task, nudge, done));
    }
}

#[test]
fn a_view_comes_when_all_is_sealed_and_has_what_came_meanwhile() {
    let mut alone = Alone::with(usize::MAX);
    let thread = Thread::of(&mut alone);
    alone.visits(UNSEALED_ROWS_MAX);
    let (reply, mut view) = oneshot::channel();
    alone.writer.show_to(reply);
    assert_eq!(alone.writer.store.n_unsealed(), 0, "the rows went to the thread");
    alone.visits(1);
    alone.writer.maintain();
    assert!(view.try_recv().is_err(), "nothing is sealed yet");
    thread.works(&alone);
    assert!(alone.commands.try_recv().is_ok(), "the writer is woken");
    alone.writer.maintain();
    let view = view.try_recv().unwrap().unwrap();
    assert_eq!(n_events(&view), UNSEALED_ROWS_MAX as u64 + 1);
}

#[test]
fn what_arrives_while_rows_are_sealed_does_not_put_a_checkpoint_off() {
    let mut alone = Alone::with(1);
    let thread = Thread::of(&mut alone);
    for round in 1..=ROUNDS_MAX {
        alone.visits(UNSEALED_ROWS_MAX);
        alone.writer.maintain();
        assert!(alone.writer.maintenance.seals(), "round {round} is sealed before");
        thread.works(&alone);
    }
    alone.visits(UNSEALED_ROWS_MAX);
    alone.writer.maintain();
    assert!(alone.writer.maintenance.busy() && !alone.writer.maintenance.seals());
    alone.writer.abandon_maintenance();
}

#[test]
fn the_thread_seals_and_wakes_the_writer() {
    let mut alone = Alone::with(usize::MAX);
    alone.visits(UNSEALED_ROWS_MAX);
    let (reply, mut view) = oneshot::channel();
    alone.writer.show_to(reply);
    let view = loop {
        match view.try_recv() {
            Ok(view) => break view.unwrap(),
            Err(oneshot::error::TryRecvError::Closed) => panic!("nobody answers"),
            Err(oneshot::error::TryRecvError::Empty) => {
                assert!(alone.commands.blocking_recv().is_some());
                alone.writer.maintain();
            }
        }
    };
    assert_eq!(n_events(&view), UNSEALED_ROWS_MAX as u64);
}

#[test]
fn without_the_thread_the_writer_seals_itself() {
    let mut alone = Alone::with(usize::MAX);
    // Nobody takes what is put there.
    alone.writer.sealer.queue = Some(channel().0);
    alone.visits(UNSEALED_ROWS_MAX);
    let (reply, view) = oneshot::channel();
    alone.writer.show_to(reply);
    let view = view.blocking_recv().unwrap().unwrap();
    assert_eq!(n_events(&view), UNSEALED_ROWS_MAX as u64);
}
