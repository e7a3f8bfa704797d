//! The outbox: messages that were decided are handed to their providers, once.
//!
//! What it is: lanes of waiting messages, one for each provider ([`lane`]), a journal of what is in a
//! provider's hands ([`journal`]), and the task that brings both together ([`dispatch`]). What it is not: it
//! decides nothing about whether a message may be sent, and it keeps nothing that the history does not have: a
//! message is queued durably before it comes here, and what became of it is a record like any other ([`told`]).
//!
//! Invariant: between the two, the journal says which messages may have left. After a crash those are in doubt,
//! and each provider's settings say what becomes of them; all others are sent as if nothing had happened.

pub mod dispatch;
pub mod hear;
pub mod journal;
pub mod lane;
pub mod provider;
pub mod queued;
pub mod render;
pub mod told;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use engine::outreach::Standing;
use model::{Text, Timestamp};
use tokio::sync::Notify;

use crate::catalogs::Catalogs;
use crate::outreach::Outfit;
use lane::{Lane, Status};
use provider::Provider;
pub use queued::Queued;

/// What the writer hands over.
#[derive(Debug)]
pub enum Handover {
    /// What an earlier run left without an outcome.
    Left(Vec<Queued>),
    /// Messages that were decided now.
    Queued(Vec<Queued>),
    /// Nothing of these users, by public id, is sent any more: they were erased.
    Forget(Vec<Text>),
}

/// The outbox as the API and the runner see it.
#[derive(Default)]
pub struct Outbox {
    lanes: Mutex<BTreeMap<String, Lane>>,
    ready: RwLock<Option<Arc<Equipment>>>,
    /// Linked content of messages that are fetched.
    linked: OnceLock<render::Linked>,
    /// Something is other than before: campaigns, providers, or whether there is anything to do.
    pub(crate) changed: Notify,
    /// The same, for whoever listens to providers.
    pub(crate) equipped: Notify,
}

/// What messages are rendered and sent with.
pub struct Equipment {
    /// Campaigns.
    pub outfit: Arc<Outfit>,
    /// Providers by id, oldest first.
    pub providers: Vec<Arc<Provider>>,
    /// Rows that messages look up.
    pub catalogs: Arc<Catalogs>,
    /// What links are made with; nothing: links stay as they are.
    pub links: Option<render::Links>,
}

impl Outbox {
    /// From now on messages are rendered and sent with this.
    pub fn equip(&self, equipment: Arc<Equipment>) {
        *self.ready.write().unwrap_or_else(PoisonError::into_inner) = Some(equipment);
        self.changed.notify_one();
        self.equipped.notify_one();
    }

    /// What messages are sent with; nothing: nothing is sent.
    pub fn equipment(&self) -> Option<Arc<Equipment>> {
        self.ready.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What messages are rendered with that are fetched, not sent: linked content of public addresses.
    pub fn linked(&self) -> &render::Linked {
        self.linked.get_or_init(|| render::Linked::new(provider::client(false).ok()))
    }

    /// Whether a campaign runs whose messages are fetched.
    pub fn serves(&self) -> bool {
        self.equipment().is_some_and(|equipment| {
            equipment.outfit.campaigns.values().any(|ready| {
                let campaign = &ready.campaign;
                campaign.standing == Standing::Running && !render::is_pushed(campaign.channel)
            })
        })
    }

    /// How every lane is doing, by provider.
    pub fn status(&self, now: Timestamp) -> BTreeMap<String, Status> {
        self.lanes().iter().map(|(id, lane)| (id.clone(), lane.status(now))).collect()
    }

    /// Messages that wait or are under way, of all providers.
    pub fn waiting(&self) -> usize {
        self.lanes().values().map(Lane::waiting).sum()
    }

    pub(crate) fn lanes(&self) -> MutexGuard<'_, BTreeMap<String, Lane>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Equipment {
    /// Whether a message in doubt is sent again: where all that could take it say once for the same key, or
    /// would rather send twice than never.
    pub fn sends_again(&self, queued: &Queued) -> bool {
        let mut providers =
            queued.places.iter().filter_map(|to| self.provider_of(queued, to)).peekable();
        providers.peek().is_some()
            && providers.all(|provider| {
                let treatment = provider.treatment();
                treatment.idempotent || treatment.doubt == lane::Doubt::NeverLost
            })
    }

    /// The provider of a place of a message.
    pub fn provider_of(
        &self,
        queued: &Queued,
        to: &engine::outreach::To,
    ) -> Option<&Arc<Provider>> {
        let wanted = self.outfit.campaigns.get(&queued.campaign);
        let wanted = wanted.and_then(|ready| ready.provider.as_deref());
        let fits = |provider: &&Arc<Provider>| provider.reaches(queued.channel, to);
        let named = wanted.and_then(|id| self.providers.iter().find(|of| of.id == id));
        named.filter(fits).or_else(|| self.providers.iter().find(fits))
    }
}
