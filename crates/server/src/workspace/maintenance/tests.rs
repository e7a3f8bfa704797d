//! A job that takes as long as the test wants.

use std::sync::mpsc::sync_channel;

use model::{Event, EventId, What, Who};

use super::*;
use crate::outreach::{Outfit, compile};
use crate::service::watched::Definitions;

fn visit(n: u64) -> Record {
    let time = Timestamp(n as i64);
    let event =
        Event { name: "Visit".into(), time, id: EventId(u128::from(n)), properties: vec![] };
    Record { received_at: time, who: Who::user("ada"), what: What::Event(event) }
}

/// A checkpoint of nothing.
fn nowhere() -> Checkpoint {
    Checkpoint::of(0, 0, &Fold::new())
}

/// Definitions and campaigns of a workspace that has none.
fn nobody() -> (Definitions, Arc<Outfit>) {
    let definitions = Definitions::none();
    let outfit = compile::nothing(&definitions);
    (definitions, outfit)
}

#[test]
fn nothing_but_the_next_checkpoint_waits_for_one() {
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = log::Log::open(&dir.path().join("log"), log::Options::default()).unwrap();
    let (queue, commands) = mpsc::channel(QUEUE_BATCHES);
    let maintenance = Maintenance::new(queue.downgrade(), Arc::new(clock::now));
    let history = dir.path().join("history");
    let (mut writer, _) =
        Writer::open(log, &history, u64::MAX, maintenance, nobody(), &Past::default()).unwrap();
    let job = writer.store.begin(nowhere(), &Upkeep::default()).unwrap().unwrap();
    let (sender, result) = channel();
    writer.maintenance.running = Some(Running { at: Offset(0), result, reply: None });
    let shared = writer.shared();
    let thread = thread::spawn(move || writer.run(commands));

    let submit = |n| {
        let (command, receipt) = submission(vec![visit(n)]);
        queue.blocking_send(command).unwrap();
        assert_eq!(receipt.wait().unwrap().accepted, 1);
    };
    submit(1);
    let (reply, mut second) = oneshot::channel();
    let errand = Errand { merging: Merging::Tiered, copying: None, reply };
    queue.blocking_send(Command::Maintain(errand)).unwrap();
    for n in 2..100 {
        submit(n);
    }
    let (reply, view) = oneshot::channel();
    queue.blocking_send(Command::Snapshot(reply)).unwrap();
    assert_eq!(view.blocking_recv().unwrap().unwrap().n_events(Timestamp::MAX).unwrap(), 99);
    assert!(second.try_recv().is_err(), "the second checkpoint waits for the first");

    sender.send((job.run(), Ok(()))).unwrap();
    queue.blocking_send(Command::Nudge).unwrap();
    let maintained = second.blocking_recv().unwrap().unwrap();
    assert_eq!(maintained.rows_written, 99);
    assert_eq!(maintained.log_position, shared.log_end.load(Ordering::Acquire));
    queue.blocking_send(Command::Stop).unwrap();
    thread.join().unwrap().unwrap();
}

#[test]
fn a_job_that_dies_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = log::Log::open(&dir.path().join("log"), log::Options::default()).unwrap();
    let (queue, commands) = mpsc::channel(QUEUE_BATCHES);
    let maintenance = Maintenance::new(queue.downgrade(), Arc::new(clock::now));
    let history = dir.path().join("history");
    let (mut writer, _) =
        Writer::open(log, &history, u64::MAX, maintenance, nobody(), &Past::default()).unwrap();
    drop(writer.store.begin(nowhere(), &Upkeep::default()).unwrap());
    let (sender, result) = channel();
    let (reply, first) = oneshot::channel();
    writer.maintenance.running = Some(Running { at: Offset(0), result, reply: Some(reply) });
    let (started, go) = sync_channel::<()>(0);
    let thread = thread::spawn(move || {
        go.recv().unwrap();
        writer.run(commands)
    });
    let (command, receipt) = submission(vec![visit(1)]);
    queue.blocking_send(command).unwrap();
    drop(sender);
    started.send(()).unwrap();
    assert_eq!(receipt.wait().unwrap().accepted, 1);
    assert!(matches!(first.blocking_recv().unwrap(), Err(WorkspaceError::Writer)));
    queue.blocking_send(Command::Stop).unwrap();
    thread.join().unwrap().unwrap();
    let (mut store, checkpoint) = Store::open(&history).unwrap();
    assert_eq!(checkpoint.arrivals, 1);
    assert_eq!(store.snapshot().unwrap().n_events(Timestamp::MAX).unwrap(), 1);
}

#[test]
fn after_a_checkpoint_the_next_one_rests_unless_rows_pile_up() {
    let now = Arc::new(AtomicI64::new(1_000));
    let clock = Arc::clone(&now);
    let clock: Clock = Arc::new(move || Timestamp(clock.load(Ordering::Relaxed)));
    let (queue, _commands) = mpsc::channel(1);
    let mut maintenance = Maintenance::due_at(CHECKPOINT_ROWS, queue.downgrade(), clock);
    assert!(maintenance.is_due(CHECKPOINT_ROWS) && !maintenance.is_due(CHECKPOINT_ROWS - 1));
    let at = |ms| now.store(ms, Ordering::Relaxed);

    maintenance.began = Timestamp(1_000);
    at(5_000);
    maintenance.rest();
    for (ms, due, next) in [(5_000, false, Some(17_000)), (17_000, true, None)] {
        at(ms);
        assert_eq!(maintenance.is_due(CHECKPOINT_ROWS), due, "at {ms}");
        assert_eq!(maintenance.next(CHECKPOINT_ROWS), next.map(Timestamp), "at {ms}");
        assert_eq!(maintenance.next(CHECKPOINT_ROWS - 1), None);
        assert!(maintenance.is_due(RESTED_ROWS_MAX));
    }

    // A clock that was put forward, and one that was put back.
    for (began, ended, until) in [(0, 86_400_000, 86_460_000), (9_000, 4_000, 4_000)] {
        maintenance.began = Timestamp(began);
        at(ended);
        maintenance.rest();
        assert_eq!(maintenance.rest_until, Timestamp(until));
    }
}
