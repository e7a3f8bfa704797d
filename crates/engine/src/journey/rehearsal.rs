//! Rehearsal: what journeys and campaigns do with one user, over their history and with virtual time.
//!
//! What it is: the same fold as live ([`Journeys`], [`segment::live::Program`], [`crate::outreach::decide`]), driven by
//! the instants of one user's own history: events, attribute changes, moves in watched definitions, waits that end,
//! messages that were put off. Story tests play a user who does not exist yet, step by step; a backtest plays
//! everybody over a past period. What it is not: it sends nothing, and it guesses nothing. What a message would
//! have brought about did not happen; nobody opens one unless whoever plays the user says so.
//!
//! Everything is as if it had come in at its own instant: nothing is late. What steps write (attributes, events) and
//! what is told of messages and runs is seen by what follows, as it would be live. Limits of a campaign over all
//! users together ([`crate::outreach::Delivery::most`]) are not looked at: one user knows nothing of the others, and
//! whoever adds them up takes such limits out of the campaign and counts.

mod play;
mod stage;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use model::{Day, Event, EventId, Span, Text, Timestamp, Value};
use segment::Predicate;
use segment::live::{Matches, Program};
use segment::needs::Needs;

use super::{Book, Told};
use crate::fold::Fold;
use crate::outreach::{Campaign, Decision, Policy, Reach, Reason, Trigger};
use crate::schedule::Minute;
use crate::schedule::caps::Labels;
use crate::schedule::user_zone::Passed;

pub use play::Rehearsal;

/// Inputs of one user at one instant at most: steps that write what lets people in again could go on for ever.
pub const INPUTS_MAX: usize = 1_000;

/// A campaign as a rehearsal needs it.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// What decides.
    pub campaign: &'a Campaign,
    /// Which events trigger it; nothing: none.
    pub matches: Option<&'a Matches>,
    /// Of those whom it finds only members of this; nothing: everybody.
    pub audience: Option<&'a Predicate>,
    /// The properties of the answer that a webhook of it is taken to have at once; nothing: nobody answers.
    pub answer: Option<&'a [(Text, Value)]>,
}

/// An instant at which somebody names all users: a run of a campaign, or of a journey's schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occasion {
    /// When.
    pub at: Timestamp,
    /// Id of the campaign or the journey.
    pub id: Text,
    /// What tells it from others.
    pub cause: Text,
    /// Each user is due at a time of day of their own; nothing: at that instant.
    pub own_time: Option<OwnTime>,
}

/// A local time that is each user's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnTime {
    /// The day.
    pub day: Day,
    /// The time of that day.
    pub at: Minute,
    /// What becomes of those whose time had passed.
    pub passed: Passed,
}

/// What is rehearsed, for all users alike.
pub struct Scene<'a> {
    /// Journeys.
    pub book: Arc<Book>,
    /// What is watched, and by which rules.
    pub program: &'a Program,
    /// Campaigns by id, those as which steps send messages included.
    pub campaigns: &'a BTreeMap<Text, Part<'a>>,
    /// What holds for all messages.
    pub policy: &'a Policy,
    /// Who is who, and what is known of devices and addresses.
    pub fold: &'a Fold,
    /// An address of an attribute as its channel writes it: label, value.
    pub address: &'a (dyn Fn(&str, &str) -> Option<Text> + Sync),
    /// The bits of labels as an event writes them.
    pub labels: &'a (dyn Fn(&str) -> Labels + Sync),
    /// People come in from the first instant on and before the second.
    pub between: (Timestamp, Timestamp),
    /// Instants at which everybody is named, ascending.
    pub occasions: &'a [Occasion],
    /// Real messages of other campaigns count for caps and gaps.
    pub counts_real: bool,
    /// Whether people can be reached.
    pub reach: Reach,
    /// The priority of another campaign, for real messages of the instant of a decision; nothing: it is not known,
    /// and these came first.
    pub priority: &'a (dyn Fn(&str) -> Option<u8> + Sync),
    /// Names of events of messages and journeys that anything asks about.
    heeded: HashSet<Text>,
    /// Campaigns that do not wait for a step.
    triggered: BTreeSet<Text>,
}

/// What does not change from one rehearsal to another.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    /// What holds for all messages.
    pub policy: &'a Policy,
    /// Who is who.
    pub fold: &'a Fold,
    /// See [`Scene::address`].
    pub address: &'a (dyn Fn(&str, &str) -> Option<Text> + Sync),
    /// See [`Scene::labels`].
    pub labels: &'a (dyn Fn(&str) -> Labels + Sync),
}

/// What became of a message, each time that it was decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Decided {
    /// Id of the campaign.
    pub campaign: Text,
    /// Id of the message.
    pub message: EventId,
    /// The run, or the occasion.
    pub run: Text,
    /// When.
    pub at: Timestamp,
    /// What.
    pub decision: Decision,
    /// What was set aside, as everybody was taken to be reachable; nothing: they are.
    pub assumed: Option<Reason>,
}

/// Somebody reached a goal of a run, or would have as one of the control group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The journey.
    pub journey: Text,
    /// The run.
    pub run: EventId,
    /// Id of the goal.
    pub goal: Text,
    /// When first.
    pub at: Timestamp,
    /// They are of a control group.
    pub held_out: bool,
}

/// What was rehearsed of one user, in the order in which it happened.
#[derive(Debug, Default)]
pub struct Played {
    /// Runs.
    pub told: Vec<Told>,
    /// Messages.
    pub messages: Vec<Decided>,
    /// Events that steps wrote.
    pub emitted: Vec<Arc<Event>>,
    /// Attributes that steps changed.
    pub updated: Vec<(Timestamp, Vec<(Text, Value)>)>,
    /// Webhooks of which an answer was taken for granted.
    pub assumed: u64,
    /// Goals that were reached.
    pub reached: Vec<Reached>,
    /// Steps went on and on at one instant: it was ended there.
    pub endless: Option<Timestamp>,
}

fn unknown(_: &str) -> Option<u8> {
    None
}

impl<'a> Scene<'a> {
    /// Journeys and campaigns over a period. `named`: everything that is asked of users by name, so that events of
    /// messages and journeys which nothing asks about need not be written down.
    pub fn new(
        book: Arc<Book>,
        (program, campaigns): (&'a Program, &'a BTreeMap<Text, Part<'a>>),
        setting: Setting<'a>,
        between: (Timestamp, Timestamp),
    ) -> Scene<'a> {
        let rules = program.rules();
        let mut needs: Vec<Needs> = Vec::new();
        for (_, watched) in program.live() {
            needs.extend(watched.what.predicates().iter().map(|of| Needs::of(of, rules)));
        }
        needs.extend(campaigns.values().filter_map(|part| Some(Needs::of(part.audience?, rules))));
        for journey in book.all() {
            needs.extend(journey.predicates().map(|of| Needs::of(of, rules)));
        }
        let mut heeded: HashSet<Text> = HashSet::new();
        let names = model::outreach::NAMES.iter().chain(&model::journey::NAMES);
        for name in names.map(|name| Text::const_new(name)) {
            let asked = needs.iter().any(|needs| needs.events.contains(&name));
            let triggers = campaigns.values().any(|part| {
                let names = part.matches.and_then(Matches::names);
                names.is_some_and(|names| names.contains(&name))
            });
            if asked || triggers || book.listens_to(&name) || book.lets_in_by_name(&name) {
                heeded.insert(name);
            }
        }
        let triggered =
            campaigns.iter().filter(|(_, part)| !matches!(part.campaign.trigger, Trigger::Named));
        let triggered = triggered.map(|(id, _)| id.clone()).collect();
        let Setting { policy, fold, address, labels } = setting;
        Scene {
            book,
            program,
            campaigns,
            policy,
            fold,
            address,
            labels,
            between,
            occasions: &[],
            counts_real: true,
            reach: Reach::Known,
            priority: &unknown,
            heeded,
            triggered,
        }
    }

    /// The same with instants at which everybody is named, ascending.
    pub fn with_occasions(self, occasions: &'a [Occasion]) -> Scene<'a> {
        Scene { occasions, ..self }
    }

    /// The same with another answer to whether people can be reached.
    pub fn with_reach(self, reach: Reach) -> Scene<'a> {
        Scene { reach, ..self }
    }

    /// The same with the priorities of other campaigns.
    pub fn with_priorities(self, priority: &'a (dyn Fn(&str) -> Option<u8> + Sync)) -> Scene<'a> {
        Scene { priority, ..self }
    }

    /// How long before the period real messages count.
    pub const CONTACTS: Span = crate::outreach::REMEMBERED;
}
