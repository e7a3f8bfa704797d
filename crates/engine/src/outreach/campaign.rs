//! Campaigns and the policy of a workspace, as decisions need them.

use std::collections::BTreeMap;

use experiment::assign::{Arms, Control, Controls, Groups, Share};
use model::{Span, Text, Timestamp, UserIndex, Value, Zone};
use segment::tree::EventMatch;

use super::Person;
use crate::schedule::Channel;
use crate::schedule::caps::{self, Labels, Rule};
use crate::schedule::quiet_hours::{self, Hours};

/// The control group of the whole workspace, as decisions name it.
pub const WORKSPACE: &str = "workspace";
/// The control group of a campaign's own, as decisions name it.
pub const CAMPAIGN: &str = "campaign";

/// What makes somebody a candidate.
#[derive(Clone, Debug, PartialEq)]
pub enum Trigger {
    /// Runs on a schedule, or requests: somebody else names the candidates.
    Named,
    /// Something that they do.
    Event(EventMatch),
    /// They come from one place of a watched definition into another. Of a segment, 0 is outside and 1 inside.
    Moves {
        /// Key of the definition.
        watch: Text,
        /// Out of these places; nothing: any.
        from: Vec<u8>,
        /// Into these.
        to: Vec<u8>,
    },
}

/// How often one user gets messages of one campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Once and never again.
    Once,
    /// For every cause.
    Always,
    /// Not within so long after the last one.
    After(Span),
}

/// Whether a campaign sends now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Running,
    /// Candidates keep their place, and wait.
    Paused,
    /// Candidates are turned away.
    Stopped,
}

/// How a campaign's messages are delivered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delivery {
    /// What becomes of messages in quiet hours; nothing: what the policy says.
    pub on_quiet: Option<quiet_hours::Policy>,
    /// Nothing is sent after this instant.
    pub until: Option<Timestamp>,
    /// Messages in all at most.
    pub most: Option<u64>,
    /// Messages in a local day of the workspace at most.
    pub most_per_day: Option<u64>,
    /// To every device, not only to the one that was active last.
    pub all_devices: bool,
}

/// Which content people get by the value of one of their attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ByAttribute {
    /// The attribute.
    pub attribute: Text,
    /// The content by value, as it is shown.
    pub contents: BTreeMap<Text, Text>,
    /// The content of whoever has no value, or another one.
    pub default: Text,
}

impl ByAttribute {
    /// The content for a value.
    pub fn content(&self, value: Option<&Value>) -> &Text {
        let shown = match value {
            None | Some(Value::Null) => return &self.default,
            Some(Value::Text(text)) => text.clone(),
            Some(Value::Bool(truth)) => Text::const_new(if *truth { "true" } else { "false" }),
            Some(Value::Int(number)) => Text::from(number.to_string()),
            Some(Value::Float(number)) => Text::from(number.to_string()),
            Some(_) => return &self.default,
        };
        self.contents.get(&shown).unwrap_or(&self.default)
    }
}

/// A campaign.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// Stable id.
    pub id: Text,
    /// How messages reach people.
    pub channel: Channel,
    /// What makes somebody a candidate.
    pub trigger: Trigger,
    /// How often.
    pub again: Again,
    /// Its contents.
    pub arms: Arms,
    /// Share of the candidates in the campaign's own control group.
    pub control: Share,
    /// Ids of the named control groups of the policy that it respects, in order of precedence.
    pub groups: Vec<Text>,
    /// Contents are chosen by what people are; nothing: by chance.
    pub by: Option<ByAttribute>,
    /// The content that everybody gets who is drawn from now on, as it has won; nothing: chance decides.
    pub winner: Option<Text>,
    /// Its labels, as the policy numbers them.
    pub labels: Labels,
    /// The names of its labels.
    pub label_names: Vec<Text>,
    /// The topic, and whether who said nothing is subscribed to it.
    pub topic: Option<(Text, bool)>,
    /// Variants that say something of their own on WhatsApp, which is let through only for a day after the user
    /// wrote; others are templates.
    pub free_text: Vec<Text>,
    /// About something that the user asked for: no control group, no caps, no quiet hours.
    pub transactional: bool,
    /// Of several that are due at once the greater takes the cap.
    pub priority: u8,
    /// Hours in which it may send, beside the rules of the policy; nothing: any.
    pub hours: Option<Hours>,
    /// How messages are delivered.
    pub delivery: Delivery,
    /// Whether it sends now.
    pub standing: Standing,
    /// What happened before this instant makes nobody a candidate.
    pub since: Timestamp,
}

/// What holds for all campaigns that are not transactional.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The seed of all draws.
    pub seed: u64,
    /// Share of all users who never get anything.
    pub control: Share,
    /// Control groups that campaigns may name.
    pub groups: Groups,
    /// Caps and gaps.
    pub caps: Vec<Rule>,
    /// The same in words, in the same order, for whoever asks why.
    pub caps_in_words: Vec<String>,
    /// Hours in which nothing is sent.
    pub quiet: Option<Hours>,
    /// What becomes of messages in them.
    pub on_quiet: quiet_hours::Policy,
    /// The hours of the law of each user's country hold, too.
    pub legal_hours: bool,
    /// The zone of whoever has none of their own.
    pub zone: Zone,
}

impl Policy {
    /// The control group that a user is in, as far as it is the business of a campaign or journey of such an id,
    /// with a share of its own, that respects these named groups: [`WORKSPACE`], [`CAMPAIGN`], or the id of a
    /// named one.
    pub fn held_out(&self, named: &[Text], own: (&Text, Share), user: UserIndex) -> Option<Text> {
        let controls = Controls {
            workspace: self.control,
            groups: &self.groups,
            named,
            campaign: Some((own.0, own.1)),
        };
        controls.withheld(self.seed, u64::from(user.0)).map(|control| match control {
            Control::Workspace => Text::const_new(WORKSPACE),
            Control::Named(id) => Text::new(id),
            Control::Campaign(_) => Text::const_new(CAMPAIGN),
        })
    }
}

impl Campaign {
    /// The control group that a user is in, as far as it is this campaign's business: [`WORKSPACE`],
    /// [`CAMPAIGN`], or the id of a named one.
    pub fn held_out(&self, policy: &Policy, user: UserIndex) -> Option<Text> {
        if self.transactional {
            return None;
        }
        policy.held_out(&self.groups, (&self.id, self.control), user)
    }

    /// What caps know of its messages.
    pub fn message(&self) -> caps::Candidate {
        caps::Candidate { channel: self.channel, labels: self.labels, priority: self.priority }
    }

    /// Whether caps and quiet hours are about it: it comes to people while they do something else, and
    /// they did not ask for it.
    pub fn policed(&self) -> bool {
        let waits = matches!(
            self.channel,
            Channel::Webhook | Channel::InApp | Channel::OnSite | Channel::Inbox
        );
        !self.transactional && !waits
    }

    /// The content that a person gets: by what they are if it is chosen so, the one that has won, otherwise by
    /// chance that stays the same.
    pub fn content(&self, policy: &Policy, person: &Person) -> &Text {
        match &self.by {
            Some(by) => by.content((person.attribute)(&by.attribute).as_ref()),
            None => self.arm(policy, person.user),
        }
    }

    /// The content that a user draws.
    pub fn arm(&self, policy: &Policy, user: UserIndex) -> &Text {
        if let Some(winner) = &self.winner {
            return winner;
        }
        let at = self.arms.pick(policy.seed, &self.id, u64::from(user.0));
        &self.arms.all()[at].id
    }
}
