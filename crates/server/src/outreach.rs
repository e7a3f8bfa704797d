//! Campaigns on their way: from how they are stored to what the writer decides by and the outbox sends.
//!
//! What it is: the compiled form of all campaigns and of the contact policy ([`Outfit`]), read anew after every
//! change and shared without a lock; and the runner that qualifies the audience of campaigns on a schedule
//! ([`run`]). What it is not: it decides about nobody (that is `engine::outreach`, asked by the writer) and
//! hands nothing to a provider (that is [`crate::outbox`]).

pub mod codes;
pub mod compile;
pub mod content;
pub mod decision;
pub mod policy;
pub mod run;
pub mod schedule;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use engine::journey::Book;
use engine::outreach::{Campaign, Policy};
use engine::schedule::caps::Labels;
use history::outreach::Goal;
use model::{Span, Text, Timestamp, Value};
use segment::Predicate;
use segment::live::Matches;
use wire::api::Unproven;

use content::Contents;
use decision::{Attribution, Decision};
use schedule::Schedule;

use crate::journeys::compile::Learning;

/// Labels of a workspace at most: a contact has a bit for each.
pub const LABELS_MAX: usize = 16;

/// Everything that is needed to decide and to send.
pub struct Outfit {
    /// What holds for all campaigns.
    pub policy: Policy,
    /// Campaigns that are not drafts, by id. Those that ended are there, for messages that still wait.
    pub campaigns: BTreeMap<Text, Ready>,
    /// Labels; the place is the bit.
    pub labels: Vec<Text>,
    /// What clients get that cannot prove whose they are.
    pub unproven: Unproven,
    /// The id of the element that opens the inbox of CleverTap's library.
    pub inbox_element: String,
    /// Journeys by which somebody goes.
    pub journeys: Arc<Book>,
    /// Journeys into which people come on a schedule.
    pub entries: Vec<EntryRun>,
    /// What learning splits reward, by journey.
    pub learning: BTreeMap<Text, Vec<Learning>>,
}

/// When people come into a journey, if on a schedule.
#[derive(Clone, Debug)]
pub struct EntryRun {
    /// Id of the journey.
    pub journey: Text,
    /// When.
    pub schedule: Schedule,
    /// Only members of this; nothing: everybody.
    pub audience: Option<Predicate>,
    /// Whether people come in.
    pub standing: engine::journey::Standing,
    /// Since when it runs.
    pub since: Timestamp,
}

/// A campaign that can be decided and sent.
pub struct Ready {
    /// What decides.
    pub campaign: Campaign,
    /// When it is due, if on a schedule.
    pub schedule: Option<Schedule>,
    /// Only members of this; nothing: everybody.
    pub audience: Option<Predicate>,
    /// Which events trigger it, one by one.
    pub matches: Option<Matches>,
    /// Attributes that decide or are written into messages.
    pub needs: Vec<Text>,
    /// Of these, those that are written into messages.
    pub reads: Vec<Text>,
    /// Segments that messages name.
    pub segments: Vec<Text>,
    /// Steps whose answers messages name, of the same journey.
    pub answers: Vec<Text>,
    /// What its server answers is of interest to a step of a journey; nothing: it is not.
    pub asked: Option<Asked>,
    /// What it says, by variant.
    pub contents: Contents,
    /// Id of its provider; nothing: the oldest of the channel.
    pub provider: Option<String>,
    /// How long a message may wait for its provider.
    pub expires: Span,
    /// Messages in a second at most.
    pub per_second: Option<u32>,
    /// A run with a larger audience is not begun.
    pub safety_stop: Option<u64>,
    /// What it is to bring about.
    pub goals: Vec<Goal>,
    /// How it is decided which variant has won.
    pub decision: Decision,
    /// Which messages a conversion is credited to.
    pub attribution: Attribution,
    /// What people call its variants, in the order written.
    pub names: Vec<(Text, String)>,
    /// Up to which look it was asked whether a variant has won, in milliseconds; only so that it is not asked
    /// all the time.
    pub looked: AtomicI64,
}

/// A webhook whose answer is of interest.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Properties of the answer that is taken for granted where nobody is asked; nothing: there is none then.
    pub assumed: Option<Vec<(Text, Value)>>,
}

impl Ready {
    /// Whether it is asked of time to time if a variant has won, so that later messages draw it alone.
    pub fn wants_winner(&self) -> bool {
        self.decision.on_winner == wire::api::OnWinner::SendWinner
            && self.campaign.winner.is_none()
            && self.campaign.standing != engine::outreach::Standing::Stopped
    }

    /// What people call an arm: a variant, or control.
    pub fn called(&self, arm: &str) -> String {
        let found = self.names.iter().find(|(id, _)| id == arm);
        found.map_or_else(|| arm.to_owned(), |(_, name)| name.clone())
    }
}

impl Outfit {
    /// Another outfit with this one campaign and no other, for trying it.
    pub fn campaigns_with(&self, ready: Ready) -> Outfit {
        let campaigns = BTreeMap::from([(ready.campaign.id.clone(), ready)]);
        Outfit {
            policy: self.policy.clone(),
            campaigns,
            labels: self.labels.clone(),
            unproven: self.unproven,
            inbox_element: self.inbox_element.clone(),
            journeys: Arc::default(),
            entries: Vec::new(),
            learning: BTreeMap::new(),
        }
    }

    /// The bits of labels that are written one after the other.
    pub fn labels_of(&self, written: &str) -> Labels {
        labels(&self.labels, written.split(',').filter(|label| !label.is_empty()))
    }
}

/// The bits of labels; of those that nobody numbered, none.
pub(crate) fn labels<'a>(all: &[Text], own: impl Iterator<Item = &'a str>) -> Labels {
    let bit =
        |label: &str| all.iter().position(|known| known == label).filter(|at| *at < LABELS_MAX);
    Labels(own.filter_map(bit).fold(0, |set, at| set | 1 << at))
}
