//! The task that sends: it takes what may go, writes down that it goes, hands it over, and records what became
//! of it.

use std::sync::Arc;
use std::time::Duration;

use channels::contract::{Address, Outcome};
use engine::outreach::{Standing, To};
use model::{EventId, Record, Timestamp};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_blocking};

use super::journal::{Journal, Left};
use super::lane::{Item, Lane, Settled};
use super::provider::Provider;
use super::render::{self, Unrendered};
use super::{Equipment, Handover, Outbox, Queued, told};
use crate::service::Service;
use crate::workspace::Workspace;

/// Messages that are claimed at once: a crash leaves at most so many in doubt beside those under way.
const CLAIM_MOST: usize = 128;

/// Outcomes that are recorded at once.
const RECORD_MOST: usize = 512;

/// How long the task sleeps if nothing happens.
const IDLE: Duration = Duration::from_secs(30);

/// How long it waits after the journal or the log refused.
const REFUSED_WAIT: i64 = 1_000;

/// How long messages under way may take at the end.
const DRAIN: Duration = Duration::from_secs(15);

/// What became of one attempt, from the task that made it.
struct Attempt {
    provider: String,
    item: Item,
    result: Result<Vec<(To, Outcome)>, Unrendered>,
}

/// The task, to be stopped.
pub struct Dispatching {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Dispatching {
    /// Finishes what is under way.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        let _ = self.task.await;
    }
}

/// Begins to send: the writer hands over what is decided from now on, and what an earlier run left.
pub fn start(service: &Arc<Service>) -> Option<Dispatching> {
    let workspace = service.workspace();
    let folder = workspace.dir().join("outbox");
    let (journal, left) = match Journal::open(&folder) {
        Ok(opened) => opened,
        Err(error) => {
            tracing::error!(%error, "the journal of the outbox cannot be opened; nothing is sent");
            return None;
        }
    };
    let (sender, handed) = unbounded_channel();
    let (done, attempts) = unbounded_channel();
    let (stop, stopped) = watch::channel(false);
    let dispatcher = Dispatcher {
        outbox: service.outbox(),
        workspace: Arc::clone(&workspace),
        journal: Some(journal),
        left,
        paused: Vec::new(),
        treated: Vec::new(),
        done,
        under_way: 0,
    };
    let task = tokio::spawn(async move {
        let attached = spawn_blocking(move || workspace.reach(sender)).await;
        if !matches!(attached, Ok(Ok(()))) {
            tracing::error!("the history cannot be read; nothing is sent");
            return;
        }
        dispatcher.run(handed, attempts, stopped).await;
    });
    Some(Dispatching { stop, task })
}

struct Dispatcher {
    outbox: Arc<Outbox>,
    workspace: Arc<Workspace>,
    /// Nothing while a thread has it.
    journal: Option<Journal>,
    left: Left,
    /// Of campaigns that are paused: they go when these go on.
    paused: Vec<Arc<Queued>>,
    /// The providers whose lanes are treated as they say.
    treated: Vec<Arc<Provider>>,
    done: UnboundedSender<Attempt>,
    under_way: usize,
}

impl Dispatcher {
    async fn run(
        mut self,
        mut handed: UnboundedReceiver<Handover>,
        mut attempts: UnboundedReceiver<Attempt>,
        mut stopped: watch::Receiver<bool>,
    ) {
        let outbox = Arc::clone(&self.outbox);
        loop {
            let wait = match outbox.equipment() {
                Some(equipment) => self.send_ready(&equipment).await,
                None => IDLE,
            };
            tokio::select! {
                biased;
                _ = stopped.changed() => break,
                Some(attempt) = attempts.recv() => self.settle(attempt, &mut attempts).await,
                Some(handover) = handed.recv() => {
                    self.take(handover).await;
                    while let Ok(more) = handed.try_recv() {
                        self.take(more).await;
                    }
                }
                () = outbox.changed.notified() => self.follow().await,
                () = tokio::time::sleep(wait) => {}
            }
        }
        let drained = async {
            while self.under_way > 0 {
                let Some(attempt) = attempts.recv().await else { break };
                self.settle(attempt, &mut attempts).await;
            }
        };
        let _ = tokio::time::timeout(DRAIN, drained).await;
    }

    async fn take(&mut self, handover: Handover) {
        let now = self.workspace.now();
        match handover {
            Handover::Left(queued) => {
                let equipment = self.outbox.equipment();
                let mut records = Vec::new();
                let (doubtful, sure): (Vec<Queued>, Vec<Queued>) =
                    queued.into_iter().partition(|queued| self.left.doubts(queued.message));
                let doubtful = doubtful.into_iter().filter(|queued| {
                    let again = equipment.as_ref().is_some_and(|of| of.sends_again(queued));
                    if !again {
                        let detail = "the server ended while it was being sent";
                        records.push(told::failed(queued, "in_doubt", detail, now));
                    }
                    again
                });
                let again: Vec<Queued> = doubtful.collect();
                if self.record(records).await
                    && let Some(journal) = &mut self.journal
                    && let Err(error) = journal.forget_earlier()
                {
                    tracing::error!(%error, "the journal of the outbox cannot be cleaned");
                }
                self.left = Left::These(Default::default());
                self.push(sure.into_iter().chain(again).collect(), now).await;
            }
            Handover::Queued(queued) => self.push(queued, now).await,
            Handover::Forget(users) => {
                let mut lanes = self.outbox.lanes();
                lanes.values_mut().for_each(|lane| {
                    lane.remove(&|queued| users.contains(&queued.user));
                });
                self.paused.retain(|queued| !users.contains(&queued.user));
            }
        }
    }

    /// Takes in what changed: campaigns that were paused, went on or were ended, and providers.
    async fn follow(&mut self) {
        let Some(equipment) = self.outbox.equipment() else { return };
        let now = self.workspace.now();
        let standing = |queued: &Queued| {
            let ready = equipment.outfit.campaigns.get(&queued.campaign);
            ready.map_or(Standing::Stopped, |ready| ready.campaign.standing)
        };
        let mut waiting = std::mem::take(&mut self.paused);
        {
            let mut lanes = self.outbox.lanes();
            for lane in lanes.values_mut() {
                waiting.extend(lane.remove(&|queued| standing(queued) != Standing::Running));
            }
            for provider in &equipment.providers {
                let same = self.treated.iter().any(|of| Arc::ptr_eq(of, provider));
                if let Some(lane) = lanes.get_mut(&provider.id).filter(|_| !same) {
                    lane.treat(provider.treatment(), now);
                }
            }
        }
        self.treated = equipment.providers.clone();
        // One message may have waited for several providers.
        let mut seen = std::collections::HashSet::new();
        waiting.retain(|queued| seen.insert(queued.message));
        let (mut go, mut records) = (Vec::new(), Vec::new());
        for queued in waiting {
            match standing(&queued) {
                Standing::Running => go.push((*queued).clone()),
                Standing::Paused => self.paused.push(queued),
                Standing::Stopped => {
                    records.push(told::failed(&queued, "campaign_stopped", "", now))
                }
            }
        }
        self.record(records).await;
        self.push(go, now).await;
    }

    /// Puts messages into the lanes of their providers; those that have none have failed.
    async fn push(&mut self, queued: Vec<Queued>, now: Timestamp) {
        let Some(equipment) = self.outbox.equipment() else { return };
        let mut records = Vec::new();
        for queued in queued {
            // What people fetch waits in the history until they do.
            if !render::is_pushed(queued.channel) {
                continue;
            }
            let ready = equipment.outfit.campaigns.get(&queued.campaign);
            if ready.is_some_and(|ready| ready.campaign.standing == Standing::Paused) {
                self.paused.push(Arc::new(queued));
                continue;
            }
            let expires = ready.map_or(now, |ready| queued.at.plus(ready.expires));
            let per_second = ready.and_then(|ready| ready.per_second);
            let queued = Arc::new(queued);
            let mut of_provider: Vec<(&Arc<Provider>, Vec<To>)> = Vec::new();
            for to in &queued.places {
                let Some(provider) = equipment.provider_of(&queued, to) else { continue };
                match of_provider.iter_mut().find(|(own, _)| own.id == provider.id) {
                    Some((_, places)) => places.push(to.clone()),
                    None => of_provider.push((provider, vec![to.clone()])),
                }
            }
            if of_provider.is_empty() {
                let code = if queued.places.is_empty() { "no_address" } else { "no_provider" };
                records.push(told::failed(&queued, code, "", now));
            }
            let mut lanes = self.outbox.lanes();
            for (provider, places) in of_provider {
                let lane = lanes
                    .entry(provider.id.clone())
                    .or_insert_with(|| Lane::new(provider.treatment(), now));
                let queued = Arc::clone(&queued);
                let item = Item { queued, places, taken: false, attempts: 0, expires };
                lane.push(item, per_second, now);
            }
        }
        self.record(records).await;
    }

    /// Claims and sends what may go now; how long to wait if nothing else happens.
    async fn send_ready(&mut self, equipment: &Arc<Equipment>) -> Duration {
        let mut wait = IDLE;
        for provider in &equipment.providers {
            loop {
                let now = self.workspace.now();
                let (items, again) = {
                    let mut lanes = self.outbox.lanes();
                    let Some(lane) = lanes.get_mut(&provider.id) else { break };
                    lane.take(now, CLAIM_MOST)
                };
                if items.is_empty() {
                    if let Some(again) = again {
                        let ms = u64::try_from((again - now).0).unwrap_or(0).max(1);
                        wait = wait.min(Duration::from_millis(ms));
                    }
                    break;
                }
                self.send(equipment, provider, items, now).await;
            }
        }
        wait
    }

    async fn send(
        &mut self,
        equipment: &Arc<Equipment>,
        provider: &Arc<Provider>,
        items: Vec<Item>,
        now: Timestamp,
    ) {
        let (expired, items): (Vec<Item>, Vec<Item>) =
            items.into_iter().partition(|item| item.expires < now);
        if !expired.is_empty() {
            let fail = |item: &Item| told::failed(&item.queued, "message.expired", "", now);
            let records = expired.iter().map(fail).collect();
            {
                let mut lanes = self.outbox.lanes();
                if let Some(lane) = lanes.get_mut(&provider.id) {
                    expired.iter().for_each(|_| lane.give_up_unsent("message.expired", ""));
                }
            }
            self.record(records).await;
        }
        let ids: Vec<EventId> = items.iter().map(|item| item.queued.message).collect();
        if !self.claim(ids).await {
            let mut lanes = self.outbox.lanes();
            if let Some(lane) = lanes.get_mut(&provider.id) {
                let until = now.plus(model::Span(REFUSED_WAIT));
                items.into_iter().for_each(|item| lane.put_back(item, until));
            }
            return;
        }
        for item in items {
            self.under_way += 1;
            let (done, equipment) = (self.done.clone(), Arc::clone(equipment));
            let (provider, workspace) = (Arc::clone(provider), Arc::clone(&self.workspace));
            tokio::spawn(async move {
                let result = attempt(&equipment, &provider, &item, workspace.now()).await;
                let _ = done.send(Attempt { provider: provider.id.clone(), item, result });
            });
        }
    }

    /// Writes down durably that messages go.
    async fn claim(&mut self, ids: Vec<EventId>) -> bool {
        if ids.is_empty() {
            return true;
        }
        self.with_journal(move |journal| journal.claim(&ids)).await
    }

    async fn with_journal(
        &mut self,
        act: impl FnOnce(&mut Journal) -> Result<(), log::Error> + Send + 'static,
    ) -> bool {
        let Some(mut journal) = self.journal.take() else { return false };
        let acted = spawn_blocking(move || {
            let result = act(&mut journal);
            (journal, result)
        });
        match acted.await {
            Ok((journal, Ok(()))) => {
                self.journal = Some(journal);
                true
            }
            Ok((journal, Err(error))) => {
                tracing::error!(%error, "the journal of the outbox refuses; messages wait");
                self.journal = Some(journal);
                false
            }
            Err(_) => false,
        }
    }

    /// Takes in what became of attempts: one, and all others that are there.
    async fn settle(&mut self, first: Attempt, more: &mut UnboundedReceiver<Attempt>) {
        let mut all = vec![first];
        while all.len() < RECORD_MOST
            && let Ok(next) = more.try_recv()
        {
            all.push(next);
        }
        let now = self.workspace.now();
        let (mut records, mut settled) = (Vec::new(), Vec::new());
        for Attempt { provider, item, result } in all {
            self.under_way -= 1;
            let queued = Arc::clone(&item.queued);
            let outcome = {
                let mut lanes = self.outbox.lanes();
                let Some(lane) = lanes.get_mut(&provider) else { continue };
                match &result {
                    Ok(outcomes) => lane.settle(item, outcomes, now, chance()),
                    Err(Unrendered { code, detail }) => {
                        lane.give_up_unsent(code, detail);
                        Settled::Failed { code: (*code).to_owned(), detail: detail.clone() }
                    }
                }
            };
            for (to, outcome) in result.iter().flatten() {
                if let Outcome::Rejected { code, address: Address::Dead { .. }, .. } = outcome {
                    records.extend(told::dead(&queued, to, code.name(), now));
                }
            }
            match outcome {
                Settled::Sent { provider_id, answer } => {
                    // First, so that nothing counts as sent whose answer is not known.
                    records.extend(answer.map(|answer| told::answered(&queued, *answer, now)));
                    records.push(told::sent(&queued, &provider, provider_id.as_deref(), now));
                    settled.push(queued.message);
                }
                Settled::Failed { code, detail } => {
                    records.push(told::failed(&queued, &code, &detail, now));
                    settled.push(queued.message);
                }
                // In doubt it stays claimed.
                Settled::Again { certain: true } => settled.push(queued.message),
                Settled::Again { certain: false } => {}
            }
        }
        // Without its record an outcome is not known after a restart: the claim has to stay.
        if self.record(records).await && !settled.is_empty() {
            self.with_journal(move |journal| journal.settle(&settled)).await;
        }
    }

    async fn record(&mut self, records: Vec<Record>) -> bool {
        if records.is_empty() {
            return true;
        }
        match self.workspace.submit(records).await {
            Ok(_) => true,
            Err(error) => {
                tracing::error!(%error, "what became of messages cannot be recorded");
                false
            }
        }
    }
}

/// One attempt: renders a message and hands it over, for each of its places.
async fn attempt(
    equipment: &Equipment,
    provider: &Provider,
    item: &Item,
    now: Timestamp,
) -> Result<Vec<(To, Outcome)>, Unrendered> {
    let rendered = render::message(equipment, provider, &item.queued, now).await?;
    let mut outcomes = Vec::with_capacity(item.places.len());
    for to in &item.places {
        let outgoing = rendered.outgoing(provider, &item.queued, to, now)?;
        let outcome = provider.channel.send(outgoing).await;
        outcomes.push((to.clone(), outcome));
    }
    Ok(outcomes)
}

/// From 0 to 1. Without randomness all wait in the middle.
fn chance() -> f64 {
    let mut bytes = [0; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 0.5,
    }
}
