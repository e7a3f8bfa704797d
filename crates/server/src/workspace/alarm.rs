//! Wakes the writer when something is due.
//!
//! What it is: a thread that sleeps until an instant and sends one command. What it is not: it
//! decides nothing; too early or too late a call costs one look.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use model::Timestamp;
use tokio::sync::mpsc;

use super::Clock;
use super::writer::Command;

/// The longest sleep: a clock that is put forward is noticed at the latest then.
const SLEEP_MAX: Duration = Duration::from_secs(1);

/// When to wake the writer.
#[derive(Clone, Default)]
pub(super) struct Alarm(Arc<(Mutex<Set>, Condvar)>);

#[derive(Default)]
struct Set {
    at: Option<Timestamp>,
    over: bool,
}

impl Alarm {
    /// Starts the thread. It ends with the alarm's owner.
    pub(super) fn start(
        &self,
        clock: Clock,
        queue: mpsc::WeakSender<Command>,
    ) -> std::io::Result<()> {
        let alarm = self.clone();
        thread::Builder::new().name("alarm".into()).spawn(move || alarm.run(&clock, &queue))?;
        Ok(())
    }

    /// Wakes the writer at an instant, and at no other; nothing: never.
    pub(super) fn set(&self, at: Option<Timestamp>) {
        let (set, changed) = &*self.0;
        let mut set = set.lock().unwrap_or_else(PoisonError::into_inner);
        let earlier = at.is_some_and(|at| set.at.is_none_or(|old| at < old));
        set.at = at;
        if earlier {
            changed.notify_one();
        }
    }

    /// Ends the thread.
    pub(super) fn stop(&self) {
        let (set, changed) = &*self.0;
        set.lock().unwrap_or_else(PoisonError::into_inner).over = true;
        changed.notify_one();
    }

    fn run(&self, clock: &Clock, queue: &mpsc::WeakSender<Command>) {
        let (set, changed) = &*self.0;
        let mut set = set.lock().unwrap_or_else(PoisonError::into_inner);
        while !set.over {
            let wait = match set.at {
                None => SLEEP_MAX,
                Some(at) => {
                    let ms = (at - clock()).0;
                    Duration::from_millis(u64::try_from(ms).unwrap_or(0)).min(SLEEP_MAX)
                }
            };
            if wait.is_zero() {
                set.at = None;
                // A full queue keeps the writer awake anyway.
                match queue.upgrade() {
                    Some(queue) => drop(queue.try_send(Command::Nudge)),
                    None => return,
                }
                continue;
            }
            set = changed.wait_timeout(set, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
