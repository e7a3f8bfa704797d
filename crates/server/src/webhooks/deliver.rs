//! The task that sends: it takes what the hub passes on, sends what is due, and notes how far each
//! webhook has come.
//!
//! What it is: the rim around [`super::queue`]; it owns the clock, the threads that wait for answers,
//! and the configuration. Who is stopped leaves messages on their way to the next start, which sends
//! them again under the same id.

use std::sync::Arc;
use std::time::Duration;

use model::Timestamp;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet, spawn_blocking};
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::client::Client;
use super::queue::{GivenUp, Outcome};
use super::sign::sign;
use super::subscription::{Job, Webhooks};
use crate::clock;
use crate::config::webhooks::SavedLetter;
use crate::live::{Batch, Ended, Listen, Subscription};
use crate::service::Service;

/// How often it is written down how far each webhook has come; what comes after is sent again after a
/// crash.
const NOTE_EVERY: Duration = Duration::from_secs(5);

/// Transitions that are read at once by a webhook that is behind.
const READ_AT_ONCE: usize = 5_000;

/// When nothing is due.
const IDLE: Duration = Duration::from_secs(60);

/// A running task.
pub struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Starts to send for all webhooks of a workspace.
pub fn start(service: &Arc<Service>) -> Running {
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(run(Arc::clone(service), stopped));
    Running { stop, task }
}

impl Running {
    /// Sends nothing any more, and notes how far each webhook has come.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}

struct Sender {
    service: Arc<Service>,
    webhooks: Arc<Webhooks>,
    client: Client,
    subscription: Subscription,
    on_their_way: JoinSet<(Job, Outcome)>,
}

async fn run(service: Arc<Service>, mut stopped: oneshot::Receiver<()>) {
    let hub = Arc::clone(service.workspace().hub());
    // The server's own listener is only refused after the end.
    let Some((subscription, _)) = hub.subscribe(Listen::default()) else { return };
    let webhooks = service.webhook_queues();
    let config = Arc::clone(&service);
    let saved = spawn_blocking(move || config.workspace().config().webhooks()).await;
    match saved {
        Ok(Ok(saved)) => webhooks.load(saved),
        Ok(Err(error)) => tracing::error!(%error, "webhooks cannot be read; none is sent"),
        Err(error) => tracing::error!(%error, "webhooks cannot be read; none is sent"),
    }
    let client = Client::new();
    let on_their_way = JoinSet::new();
    let mut sender = Sender { service, webhooks, client, subscription, on_their_way };
    let mut note = interval(NOTE_EVERY);
    note.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        sender.catch_up().await;
        let now = clock::now();
        sender.send_due(now);
        let wait = sender.webhooks.next_due().map_or(IDLE, |due| until(due, now));
        tokio::select! {
            _ = &mut stopped => break,
            batch = sender.subscription.next() => match sender.heard(batch) {
                true => {}
                false => break,
            },
            Some(done) = sender.on_their_way.join_next() => match done {
                Ok((job, outcome)) => sender.settle(job, outcome).await,
                Err(error) => tracing::error!(%error, "sending to a webhook ended badly"),
            },
            () = sender.webhooks.changed.notified() => {}
            () = sleep(wait) => {}
            _ = note.tick() => sender.note().await,
        }
    }
    sender.note().await;
}

impl Sender {
    /// Takes what the hub passed on; `false`: there is no more.
    fn heard(&self, batch: Result<Arc<Batch>, Ended>) -> bool {
        match batch {
            Ok(batch) => self.webhooks.offer(&batch.transitions),
            Err(Ended::TooSlow(batches)) => {
                tracing::warn!(batches, "webhooks did not keep up; they read again what was told");
                self.webhooks.lagged();
            }
            Err(Ended::Closed) => return false,
        }
        true
    }

    /// Reads again what webhooks did not take.
    async fn catch_up(&self) {
        for (id, from) in self.webhooks.behind() {
            let service = Arc::clone(&self.service);
            let read =
                spawn_blocking(move || service.told_since(from.since, from.skip, READ_AT_ONCE));
            match read.await {
                Ok(Ok(told)) => {
                    self.webhooks.caught_up(&id, Some(&told), told.len() < READ_AT_ONCE);
                }
                Ok(Err(error)) => {
                    tracing::error!(webhook = id, message = %error, "transitions cannot be read");
                    self.webhooks.caught_up(&id, None, true);
                }
                Err(error) => {
                    tracing::error!(webhook = id, %error, "reading transitions ended badly")
                }
            }
        }
    }

    fn send_due(&mut self, now: Timestamp) {
        for job in self.webhooks.due(now) {
            let client = self.client.clone();
            self.on_their_way.spawn_blocking(move || {
                // Signed anew for each attempt: receivers refuse old timestamps.
                let signed = sign(&job.secret, &job.message.id, clock::now(), &job.message.body);
                let attempt = client.send(&job.url, &signed, &job.message.body);
                (job, attempt.outcome)
            });
        }
    }

    async fn settle(&self, job: Job, outcome: Outcome) {
        let now = clock::now();
        let Some(given_up) = self.webhooks.settle(&job, outcome, now, chance()) else { return };
        let letter = letter(given_up, now);
        tracing::warn!(webhook = job.webhook, message = letter.id, "a message was given up");
        let service = Arc::clone(&self.service);
        let kept = spawn_blocking(move || {
            service.workspace().config().add_dead_letters(&job.webhook, &[letter])
        });
        if let Ok(Err(error)) = kept.await {
            tracing::error!(%error, "a message that was given up cannot be kept");
        }
    }

    /// Writes down how far each webhook has come.
    async fn note(&self) {
        // In this order: what was told before the instant has then been taken.
        let told_until = self.service.workspace().hub().exact_as_of();
        let all = self.subscription.is_empty();
        let settled = self.webhooks.settled(told_until.filter(|_| all));
        if settled.is_empty() {
            return;
        }
        let service = Arc::clone(&self.service);
        let noted = spawn_blocking(move || service.workspace().config().webhooks_settled(&settled));
        if let Ok(Err(error)) = noted.await {
            tracing::error!(%error, "how far webhooks have come cannot be written down");
        }
    }
}

fn letter((message, error): GivenUp, now: Timestamp) -> SavedLetter {
    SavedLetter {
        id: message.id,
        given_up_at: now,
        attempts: message.attempts,
        error,
        body: message.body,
        user: message.user,
    }
}

fn until(due: Timestamp, now: Timestamp) -> Duration {
    let wait = u64::try_from((due - now).0).unwrap_or(0);
    Duration::from_millis(wait).min(IDLE)
}

/// From 0 to 1. Without randomness all wait in the middle.
fn chance() -> f64 {
    let mut bytes = [0; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 0.5,
    }
}
