//! Messages: what became of those of a campaign, whom chance put where, and what people did after it.
//!
//! What it is: counts over the events of [`model::outreach`] and, per arm, how many users reached a goal and
//! what they spent. What it is not: it compares nothing; intervals and verdicts are the business of
//! `experiment`.
//!
//! **Intention to treat.** A user belongs to the arm that was drawn for them first, from the instant of that
//! draw on, whether or not a message reached them: whoever could not be sent anything after the draw stays in
//! the arm, as their like in the control group cannot be told apart. Who was left out before a draw is in no
//! arm.

pub(crate) mod effect;
mod journeys;
mod listing;
mod looks;
#[cfg(test)]
mod tests;

pub use effect::{Arm, Arms, Goal, Outcome, effect};
pub use journeys::{Reached, Touch, journeys};
pub use listing::{Decided, Place, Visit, Wish, decided, scan};
pub use looks::{Looks, looks};

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use model::outreach::{
    self, BOUNCED, CAMPAIGN, CLICKED, CODE, COMPLAINED, DELIVERED, FAILED, GROUP, HELD_OUT,
    MACHINE, MESSAGE, OPENED, PLANNED, QUEUED, REASON, RETRIED, SENT, VARIANT, WITHHELD,
};
use model::{Text, Timestamp, Value};
use segment::tree::{EventMatch, EventNames, Op, Test, Where};

use crate::evaluate::{Evaluator, QueryError, Source};
use crate::ranges::add_up;

/// What became of the messages of one variant. Every message is decided once: [`Funnel::decided`] is the sum
/// of `held_out`, `withheld` and `queued`; of the queued, whatever neither was sent nor failed still waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Funnel {
    /// Nothing was sent, by control group.
    pub held_out: BTreeMap<Text, u64>,
    /// Nothing was sent, by reason.
    pub withheld: BTreeMap<Text, u64>,
    /// Handed to the channel.
    pub queued: u64,
    /// Taken by the provider.
    pub sent: u64,
    /// Not taken, by code, without those that were taken later or wait to be sent again.
    pub failed: BTreeMap<Text, u64>,
    /// Arrived.
    pub delivered: u64,
    /// Opened by a person.
    pub opened: u64,
    /// Opened, as far as is known, by machines alone.
    pub opened_by_machine: u64,
    /// Clicked.
    pub clicked: u64,
    /// Came back.
    pub bounced: u64,
    /// Reported as unwanted.
    pub complained: u64,
}

impl Funnel {
    /// Messages that were decided.
    pub fn decided(&self) -> u64 {
        self.held_out.values().sum::<u64>() + self.withheld.values().sum::<u64>() + self.queued
    }

    /// Messages that wait for their channel.
    pub fn waiting(&self) -> u64 {
        let done = self.sent + self.failed.values().sum::<u64>();
        self.queued.saturating_sub(done)
    }

    fn merge(&mut self, more: Funnel) {
        let Funnel { held_out, withheld, queued, sent, failed, .. } = &more;
        let add = |to: &mut BTreeMap<Text, u64>, from: &BTreeMap<Text, u64>| {
            from.iter().for_each(|(reason, n)| *to.entry(reason.clone()).or_default() += n);
        };
        add(&mut self.held_out, held_out);
        add(&mut self.withheld, withheld);
        add(&mut self.failed, failed);
        self.queued += queued;
        self.sent += sent;
        self.delivered += more.delivered;
        self.opened += more.opened;
        self.opened_by_machine += more.opened_by_machine;
        self.clicked += more.clicked;
        self.bounced += more.bounced;
        self.complained += more.complained;
    }
}

/// What became of a campaign's messages by variant; under the empty name what had none.
pub type Funnels = BTreeMap<Text, Funnel>;

/// Counts the messages of a campaign, or of all, that were decided from one instant on and before another,
/// whatever became of them when. Cost: one pass over the events of messages in the range and after it, two if
/// the range is not everything.
pub fn funnels(
    evaluator: &Evaluator,
    campaign: Option<&str>,
    between: (Timestamp, Timestamp),
) -> Result<Funnels, QueryError> {
    let properties = [VARIANT, MESSAGE, REASON, CODE, GROUP, MACHINE];
    let range = (between.0, evaluator.at);
    let source = |names: &[&str]| evaluator.source(&of(names, campaign), range, &properties);
    let all = source(&[
        HELD_OUT, WITHHELD, QUEUED, FAILED, RETRIED, SENT, DELIVERED, OPENED, CLICKED, BOUNCED,
        COMPLAINED,
    ])?;
    let names: Vec<&'static str> = all.parts().iter().map(|part| own(evaluator, part)).collect();
    let count = |users: Range<u32>| count(&all, &names, users, between);
    Ok(add_up(evaluator, Funnels::new(), count, |all, more| {
        for (variant, funnel) in more {
            all.entry(variant).or_default().merge(funnel);
        }
    }))
}

/// Messages that wait for a later decision.
pub fn planned(evaluator: &Evaluator, campaign: Option<&str>) -> Result<u64, QueryError> {
    let range = (Timestamp::MIN, evaluator.at);
    let of = |names: &[&str]| evaluator.source(&of(names, campaign), range, &[MESSAGE]);
    let (planned, decided) = (of(&[PLANNED])?, of(&[HELD_OUT, WITHHELD, QUEUED])?);
    if planned.n_parts() == 0 {
        return Ok(0);
    }
    let count = |users: Range<u32>| {
        let mut open = messages(&planned, users.clone());
        decided.each(users, |hit| {
            open.remove(&key(hit.value(0)));
        });
        open.len() as u64
    };
    Ok(add_up(evaluator, 0, count, |all, more| *all += more))
}

/// Events of these names, of one campaign or of all.
pub(crate) fn of(names: &[&str], campaign: Option<&str>) -> EventMatch {
    let names = EventNames::Of(names.iter().map(|name| Text::new(name)).collect());
    let filter = match campaign {
        None => Where::ALWAYS,
        Some(id) => Where::All(vec![Where::Property {
            property: Text::const_new(CAMPAIGN),
            test: Test::of(Op::Eq(Value::text(id))),
        }]),
    };
    EventMatch { names, filter }
}

/// The name of a part's events, as the vocabulary has it.
pub(crate) fn own(evaluator: &Evaluator, part: &crate::evaluate::SourcePart) -> &'static str {
    let name = evaluator.snapshot.names.name(part.name);
    let mut known = outreach::NAMES.into_iter().chain(model::journey::NAMES);
    known.find(|own| *own == name.as_str()).unwrap_or_default()
}

/// A value as a name; the empty one where it is missing.
pub(crate) fn text(value: Option<Value>) -> Text {
    match value {
        Some(Value::Text(text)) => text,
        _ => Text::default(),
    }
}

/// A message, as a key of sets within one user's events.
pub(crate) fn key(value: Option<Value>) -> u64 {
    match &value {
        Some(Value::Text(text)) => xxhash_rust::xxh3::xxh3_64(text.as_bytes()),
        _ => 0,
    }
}

fn messages(source: &Source, users: Range<u32>) -> HashSet<u64> {
    let mut found = HashSet::new();
    source.each(users, |hit| {
        found.insert(key(hit.value(0)));
    });
    found
}

/// The messages of some users that were decided in a range of time; nothing: all were.
fn within(
    source: &Source,
    names: &[&'static str],
    users: &Range<u32>,
    (since, until): (Timestamp, Timestamp),
) -> Option<HashSet<u64>> {
    if (since, until) == (Timestamp::MIN, Timestamp::MAX) {
        return None;
    }
    let mut messages = HashSet::new();
    source.each_run(users, |part, _, rows| {
        if ![HELD_OUT, WITHHELD, QUEUED].contains(&names[part.index() as usize]) {
            return;
        }
        for row in rows {
            let at = Timestamp(part.time(row));
            if since <= at && at < until {
                messages.insert(key(part.value(1, row)));
            }
        }
    });
    Some(messages)
}

/// How often a message failed, and how the last time.
#[derive(Default)]
struct Failed {
    at: i64,
    variant: Text,
    code: Text,
    times: u64,
}

/// What the messages of some users became. A message is counted once at every step however often it is told.
fn count(
    source: &Source,
    names: &[&'static str],
    users: Range<u32>,
    between: (Timestamp, Timestamp),
) -> Funnels {
    let within = within(source, names, &users, between);
    let mut funnels = Funnels::new();
    let mut failed: BTreeMap<u64, Failed> = BTreeMap::new();
    let mut retried: BTreeMap<u64, u64> = BTreeMap::new();
    let mut sent = HashSet::new();
    let mut once: HashSet<(u64, &str)> = HashSet::new();
    let mut machine: BTreeMap<u64, Text> = BTreeMap::new();
    let mut people = HashSet::new();
    source.each_run(&users, |part, _, rows| {
        let name = names[part.index() as usize];
        for row in rows {
            let value = |property: usize| part.value(property, row);
            if within.as_ref().is_some_and(|within| !within.contains(&key(value(1)))) {
                continue;
            }
            let variant = text(value(0));
            let funnel = funnels.entry(variant.clone()).or_default();
            let mut first = |of: u64, name: &'static str| u64::from(once.insert((of, name)));
            let message = || key(value(1));
            match name {
                HELD_OUT => *funnel.held_out.entry(text(value(4))).or_default() += 1,
                WITHHELD => *funnel.withheld.entry(text(value(2))).or_default() += 1,
                QUEUED => funnel.queued += 1,
                FAILED => {
                    let own = failed.entry(message()).or_default();
                    own.times += 1;
                    let at = part.time(row);
                    if own.times == 1 || at >= own.at {
                        (own.at, own.variant, own.code) = (at, variant, text(value(3)));
                    }
                }
                RETRIED => *retried.entry(message()).or_default() += 1,
                SENT => {
                    sent.insert(message());
                    funnel.sent += 1;
                }
                DELIVERED => funnel.delivered += first(message(), DELIVERED),
                CLICKED => funnel.clicked += first(message(), CLICKED),
                BOUNCED => funnel.bounced += first(message(), BOUNCED),
                COMPLAINED => funnel.complained += first(message(), COMPLAINED),
                OPENED if value(5) == Some(Value::Bool(true)) => {
                    machine.insert(message(), variant);
                }
                OPENED => funnel.opened += u64::from(people.insert(message())),
                _ => {}
            }
        }
    });
    for (message, Failed { variant, code, times, .. }) in failed {
        // Sent again after its last failure it waits.
        let given_up = times > retried.get(&message).copied().unwrap_or(0);
        if given_up && !sent.contains(&message) {
            *funnels.entry(variant).or_default().failed.entry(code).or_default() += 1;
        }
    }
    for (_, variant) in machine.into_iter().filter(|(message, _)| !people.contains(message)) {
        funnels.entry(variant).or_default().opened_by_machine += 1;
    }
    funnels
}
