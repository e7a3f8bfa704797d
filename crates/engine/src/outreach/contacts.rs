//! What everybody was sent of late, as far as caps, gaps and pauses ask.
//!
//! What it is: a fold over the events of messages that were handed to a channel, so that a replay, or a pass
//! over the history, arrives at the same. What it is not: a history; what is older than the longest window of
//! any rule is let go.

use hashbrown::HashMap;
use model::{Span, Text, Timestamp, UserIndex};

use crate::schedule::caps::{Candidate, Recent};

/// The longest window of any rule: what is older cannot matter.
pub const REMEMBERED: Span = Span::days(90);

/// What everybody was sent of late.
#[derive(Debug, Default)]
pub struct Contacts {
    of: HashMap<u32, Recent>,
    /// By campaign and user: when the last message was.
    last: HashMap<(u32, u32), Timestamp>,
    campaigns: HashMap<Text, u32>,
    /// By campaign: messages in all.
    sent: HashMap<u32, u64>,
}

impl Contacts {
    /// A message of a campaign was handed to its channel.
    pub fn add(&mut self, user: UserIndex, campaign: &Text, message: Candidate, at: Timestamp) {
        let recent = self.of.entry(user.0).or_default();
        recent.record(message, at);
        recent.prune(REMEMBERED, at);
        let campaign = self.number(campaign);
        let last = self.last.entry((campaign, user.0)).or_insert(at);
        *last = at.max(*last);
        *self.sent.entry(campaign).or_default() += 1;
    }

    fn number(&mut self, campaign: &Text) -> u32 {
        let next = self.campaigns.len() as u32;
        *self.campaigns.entry(campaign.clone()).or_insert(next)
    }

    /// What a user was sent of late.
    pub fn of(&self, user: UserIndex) -> Option<&Recent> {
        self.of.get(&user.0)
    }

    /// When a user was last sent something by a campaign.
    pub fn last(&self, user: UserIndex, campaign: &Text) -> Option<Timestamp> {
        let campaign = self.campaigns.get(campaign)?;
        self.last.get(&(*campaign, user.0)).copied()
    }

    /// Messages of a campaign.
    pub fn sent(&self, campaign: &Text) -> u64 {
        self.campaigns.get(campaign).and_then(|number| self.sent.get(number)).copied().unwrap_or(0)
    }

    /// Two users are one from now on: all caps hold for both together.
    pub fn merge(&mut self, from: UserIndex, into: UserIndex) {
        if let Some(gone) = self.of.remove(&from.0) {
            let own = self.of.entry(into.0).or_default();
            own.absorb(&gone);
        }
        for campaign in 0..self.campaigns.len() as u32 {
            if let Some(last) = self.last.remove(&(campaign, from.0)) {
                let own = self.last.entry((campaign, into.0)).or_insert(last);
                *own = last.max(*own);
            }
        }
    }

    /// Lets go of everything about a user.
    pub fn forget(&mut self, user: UserIndex) {
        self.of.remove(&user.0);
        self.last.retain(|(_, own), _| *own != user.0);
    }
}
