//! What gateways tell over the sessions that they keep with us: receipts and answers of recipients.
//!
//! What it is: a task for each SMPP gateway that is in use, which keeps its session open and takes in what comes.
//! What it is not: it sends nothing. It ends when its provider is changed or deleted, as that lets the gateway go.
//!
//! A gateway is told that we have something when it is durable, and tells it again until then. A receipt can be faster
//! than the record that says how the gateway calls the message. Such a receipt is looked at again for a while, the
//! first times before it is acknowledged; who else sends through the account must not hold the gateway up for longer.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};
use std::time::Duration;

use channels::sms::smpp::{Acknowledgement, Heard, Smpp};
use tokio::sync::mpsc::Receiver;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::provider::Kind;
use crate::failure::Failure;
use crate::service::Service;
use crate::service::feedback::{Said, of_smpp, replies};

/// How often a session that ended is begun anew.
const RECONNECT: Duration = Duration::from_secs(15);

/// After which waits an early receipt is looked at again.
const AGAIN: [Duration; 5] = [
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(10),
    Duration::from_secs(60),
];

/// How often that is done before the gateway is told that we have it.
const BEFORE_ACKNOWLEDGED: usize = 2;

/// Receipts that wait for their message at most.
const EARLY_MAX: usize = 10_000;

/// The task, to be stopped.
pub struct Hearing {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Hearing {
    /// Ends it.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        let _ = self.task.await;
    }
}

/// Listens to every gateway that is in use, now and after every change.
pub fn start(service: &Arc<Service>) -> Hearing {
    let (stop, mut stopped) = watch::channel(false);
    let service = Arc::clone(service);
    let task = tokio::spawn(async move {
        let outbox = service.outbox();
        let mut all: Vec<JoinHandle<()>> = Vec::new();
        loop {
            let equipped = outbox.equipped.notified();
            for provider in outbox.equipment().iter().flat_map(|of| &of.providers) {
                if let Kind::Smpp(facts) = &provider.kind
                    && let Some(told) = facts.listen()
                {
                    let ear = Ear {
                        service: Arc::clone(&service),
                        provider: provider.id.clone(),
                        gateway: Arc::downgrade(&facts.gateway),
                        early: VecDeque::new(),
                    };
                    all.push(tokio::spawn(ear.listen(told)));
                }
            }
            all.retain(|task| !task.is_finished());
            tokio::select! {
                biased;
                _ = stopped.changed() => break,
                () = equipped => {}
            }
        }
        all.iter().for_each(JoinHandle::abort);
    });
    Hearing { stop, task }
}

/// A receipt whose message is not known yet.
struct Early {
    said: Said,
    /// Nothing once it is given.
    acknowledgement: Option<Acknowledgement>,
    again: usize,
    at: Instant,
}

/// What listens to one gateway.
struct Ear {
    service: Arc<Service>,
    provider: String,
    gateway: Weak<Smpp>,
    early: VecDeque<Early>,
}

impl Ear {
    async fn listen(mut self, mut told: Receiver<Heard>) {
        let mut connect = Instant::now();
        loop {
            let now = Instant::now();
            if now >= connect {
                let Some(gateway) = self.gateway.upgrade() else { return };
                if let Err(outcome) = gateway.connect().await {
                    let code = outcome.code().map(|code| code.name());
                    tracing::debug!(provider = self.provider, ?code, "no session with a gateway");
                }
                connect = Instant::now() + RECONNECT;
            }
            let wake = self.early.iter().map(|early| early.at).fold(connect, Instant::min);
            tokio::select! {
                one = told.recv() => match one {
                    Some(Heard { told, acknowledgement }) => match of_smpp(told) {
                        Some(said) => self.take(said, Some(acknowledgement), 0).await,
                        None => acknowledgement.taken(),
                    },
                    // The provider is another one, or gone.
                    None => return,
                },
                () = sleep(wake.saturating_duration_since(now)) => self.look_again().await,
            }
        }
    }

    async fn look_again(&mut self) {
        let now = Instant::now();
        let waiting = std::mem::take(&mut self.early);
        for early in waiting {
            match early.at <= now {
                true => self.take(early.said, early.acknowledgement, early.again).await,
                false => self.early.push_back(early),
            }
        }
    }

    async fn take(&mut self, said: Said, acknowledgement: Option<Acknowledgement>, again: usize) {
        let acknowledgement = match self.taken(&said).await {
            Ok(true) => return acknowledgement.into_iter().for_each(Acknowledgement::taken),
            // Nobody knows the message yet.
            Ok(false) if again < BEFORE_ACKNOWLEDGED => acknowledgement,
            Ok(false) => {
                acknowledgement.into_iter().for_each(Acknowledgement::taken);
                None
            }
            Err(failure) => {
                tracing::error!(message = %failure.detail.message, "what a gateway told cannot be recorded");
                // The gateway keeps it, unless it was told before that we have it.
                if acknowledgement.is_some() {
                    return;
                }
                None
            }
        };
        if let Some(wait) = AGAIN.get(again)
            && self.early.len() < EARLY_MAX
        {
            let at = Instant::now() + *wait;
            self.early.push_back(Early { said, acknowledgement, again: again + 1, at });
        }
    }

    /// `false`: it is about a message that is not known.
    async fn taken(&self, said: &Said) -> Result<bool, Failure> {
        let (service, provider) = (Arc::clone(&self.service), self.provider.clone());
        let settings = tokio::task::spawn_blocking(move || service.provider_settings(&provider));
        let settings = settings
            .await
            .unwrap_or_else(|error| Err(Failure::new(500, "server.task", error.to_string())))?;
        let replies = replies(&settings);
        if said.may_be_early() {
            return self.service.take_known(&self.provider, said).await;
        }
        self.service.take(&self.provider, replies, vec![said.clone()]).await?;
        Ok(true)
    }
}
