use std::time::Duration;

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

#[test]
fn a_view_comes_when_all_is_sealed_and_has_what_came_meanwhile() {
    let mut alone = Alone::with(usize::MAX);
    alone.visits(UNSEALED_ROWS_MAX);
    let (reply, mut view) = oneshot::channel();
    alone.writer.show_to(reply);
    assert_eq!(alone.writer.store.n_unsealed(), 0, "the rows went to the thread");
    alone.visits(1);
    let mut turns = 0;
    let view = loop {
        match view.try_recv() {
            Ok(view) => break view.unwrap(),
            Err(oneshot::error::TryRecvError::Closed) => panic!("nobody answers"),
            Err(oneshot::error::TryRecvError::Empty) => {
                // As the queue does when the thread is ready.
                assert!(alone.commands.blocking_recv().is_some());
                alone.writer.maintain();
                turns += 1;
                assert!(turns <= 2 * ROUNDS_MAX, "it was sealed long ago");
            }
        }
    };
    assert!(n_events(&view) >= UNSEALED_ROWS_MAX as u64);
    let (reply, view) = oneshot::channel();
    alone.writer.show_to(reply);
    let view = view.blocking_recv().unwrap().unwrap();
    assert_eq!(n_events(&view), UNSEALED_ROWS_MAX as u64 + 1, "few rows are sealed at once");
}

#[test]
fn what_arrives_while_rows_are_sealed_does_not_put_a_checkpoint_off() {
    let mut alone = Alone::with(1);
    let mut turns = 0;
    while !alone.writer.maintenance.busy() || alone.writer.maintenance.seals() {
        assert!(turns < 1_000, "no checkpoint after {turns} turns");
        alone.visits(UNSEALED_ROWS_MAX);
        alone.writer.maintain();
        std::thread::sleep(Duration::from_millis(1));
        turns += 1;
    }
    assert!(turns > 1, "the first rows are sealed before");
    alone.writer.abandon_maintenance();
}

#[test]
fn a_thread_that_dies_is_replaced_and_loses_nothing() {
    let mut alone = Alone::with(usize::MAX);
    let (queue, tasks) = channel();
    let thread = thread::spawn(move || drop(tasks));
    while !thread.is_finished() {
        std::thread::sleep(Duration::from_millis(1));
    }
    alone.writer.sealer.thread = Some((queue, thread));
    alone.writer.sealer.handed = 7;
    alone.visits(UNSEALED_ROWS_MAX);
    let (reply, mut view) = oneshot::channel();
    alone.writer.show_to(reply);
    while view.try_recv().is_err_and(|error| error == oneshot::error::TryRecvError::Empty) {
        assert!(alone.commands.blocking_recv().is_some());
        alone.writer.maintain();
    }
    let whole = alone.writer.store.snapshot().unwrap();
    assert_eq!(n_events(&whole), UNSEALED_ROWS_MAX as u64);
    let alive = alone.writer.sealer.thread.as_ref().is_some_and(|(_, of)| !of.is_finished());
    assert!(alive, "another thread works");
}
