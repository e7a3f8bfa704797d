//! The writer's part of sending failed messages again: whether one may be, decided with everything in view that
//! was accepted before, and written down before the outbox hears of it.
//!
//! Invariants: a message that was sent, or may have been, is never sent again; for each failure there is at most
//! one retry, by the id of its event, however many people ask at once; what was asked for survives a crash, as
//! [`Outcomes`] finds it in the history.

use std::collections::HashMap;

use engine::outreach::{Candidate, Standing};
use engine::schedule::Channel;
use model::outreach::{self, event_id};
use model::{Event, EventId, Text, Timestamp, Value};
use segment::evaluate::UserEvent;

use super::outreach::{trigger, who};
use super::*;
use crate::outbox::render::is_pushed;
use crate::outbox::{Handover, Queued};

/// The code of a message that may have arrived.
const IN_DOUBT: &str = "in_doubt";

/// A wish to send a message again.
pub(crate) struct Again {
    /// Which.
    pub(crate) message: EventId,
    /// Who wishes it.
    pub(crate) by: Text,
}

/// Why a message is not sent again, by a word that stays the same.
pub(crate) type Refused = &'static str;

/// How messages stand, from the events that tell it: a message waits for its provider until it was sent, or
/// failed once more often than somebody asked for it to be sent again.
#[derive(Default)]
pub(super) struct Outcomes(HashMap<Text, Outcome>);

#[derive(Default)]
struct Outcome {
    sent: bool,
    failed: u64,
    retried: u64,
    /// When it was last asked for.
    asked: Option<Timestamp>,
}

impl Outcomes {
    /// The events that tell it.
    pub(super) const NAMES: [&str; 3] = [outreach::SENT, outreach::FAILED, outreach::RETRIED];

    /// Takes in one of them.
    pub(super) fn add(&mut self, message: Text, name: &str, at: Timestamp) {
        let own = self.0.entry(message).or_default();
        match name {
            outreach::SENT => own.sent = true,
            outreach::FAILED => own.failed += 1,
            _ => {
                own.retried += 1;
                own.asked = own.asked.max(Some(at));
            }
        }
    }

    /// Of a message that waits: when it was last asked for, and how often; nothing: it does not wait.
    pub(super) fn waits(&self, message: &str) -> Option<(Option<Timestamp>, u64)> {
        match self.0.get(message) {
            None => Some((None, 0)),
            Some(own) if own.sent || own.failed > own.retried => None,
            Some(own) => Some((own.asked, own.retried)),
        }
    }
}

impl Writer {
    /// Sends messages again that failed; what became of each wish, in order.
    pub(super) fn retry(&mut self, wishes: Vec<Again>) -> Vec<Result<(), Refused>> {
        let now = (self.clock)();
        let (mut group, mut queued) = (Group::default(), Vec::new());
        if let Err(error) = self.counted.prepare(&self.store, wishes.len()) {
            tracing::error!(%error, "the history cannot be read; nothing is sent again");
            return wishes.iter().map(|_| Err("read_only")).collect();
        }
        let mut answers = Vec::with_capacity(wishes.len());
        for wish in wishes {
            let answer = self.again(&wish, now).and_then(|(record, again)| {
                let fresh = record.delivery().is_some_and(|id| self.counted.take(id));
                if !fresh {
                    return Err("waiting");
                }
                group.accepted.push(self.step(record));
                queued.push(again);
                Ok(())
            });
            answers.push(answer);
        }
        self.commit(group);
        if self.refused.is_some() {
            return answers.iter().map(|answer| answer.and(Err("read_only"))).collect();
        }
        if let Some(outbox) = self.reaching.outbox.as_ref().filter(|_| !queued.is_empty()) {
            let _ = outbox.send(Handover::Queued(queued));
        }
        answers
    }

    /// The record of a wish and the message as the outbox needs it, or why it is not sent again.
    fn again(&mut self, wish: &Again, now: Timestamp) -> Result<(Record, Queued), Refused> {
        let user = self.store.remaining(Candidate::user_of(wish.message));
        let written = wish.message.to_string();
        let history = self.store.history_of(user).map_err(|_| "not_found")?;
        let own = |event: &&UserEvent| {
            outreach::is_outreach(&event.name)
                && text(event, outreach::MESSAGE).is_some_and(|own| own == written.as_str())
        };
        let events: Vec<&UserEvent> = history.events.iter().filter(own).collect();
        let of = |name: &str| events.iter().filter(|event| event.name == name).count() as u64;
        let decision = events.iter().find(|event| event.name == outreach::QUEUED);
        let (failed, retried) = (of(outreach::FAILED), of(outreach::RETRIED));
        let doubtful =
            |event: &&&UserEvent| text(event, outreach::CODE).is_some_and(|code| code == IN_DOUBT);
        let decision = match decision {
            None if events.is_empty() => return Err("not_found"),
            None => return Err("not_failed"),
            Some(_) if of(outreach::SENT) > 0 || failed == 0 => return Err("not_failed"),
            Some(_) if failed <= retried => return Err("waiting"),
            Some(_) if events.iter().any(|event| doubtful(&event)) => return Err(IN_DOUBT),
            Some(decision) => *decision,
        };
        let said = |property: &str| text(decision, property).unwrap_or_default();
        let (campaign, variant) = (said(outreach::CAMPAIGN), said(outreach::VARIANT));
        // Those are fetched by whoever they are for; nothing of ours failed.
        if Channel::parse(&said(outreach::CHANNEL)).is_some_and(|channel| !is_pushed(channel)) {
            return Err("fetched");
        }
        let standing = self.reaching.outfit.campaigns.get(&campaign);
        match standing.map(|ready| ready.campaign.standing) {
            None => return Err("campaign_gone"),
            Some(Standing::Stopped) => return Err("campaign_stopped"),
            Some(Standing::Running | Standing::Paused) => {}
        }
        let candidate = Candidate {
            campaign: campaign.clone(),
            user,
            message: wish.message,
            run: said(outreach::RUN),
            at: decision.time,
            due: decision.time,
            missed: false,
            event: trigger(&said(outreach::TRIGGER)),
        };
        let channel = said(outreach::CHANNEL);
        let queued =
            self.queued_again(&candidate, variant.clone(), now, failed).ok_or("not_found")?;
        let value = |name: &'static str, value: &str| (Text::const_new(name), Value::text(value));
        let mut properties = vec![
            value(outreach::MESSAGE, &written),
            value(outreach::CAMPAIGN, &campaign),
            value(outreach::VARIANT, &variant),
            value(outreach::CHANNEL, &channel),
            value(outreach::BY, &wish.by),
        ];
        model::record::sort_properties(&mut properties);
        let id = event_id(wish.message, outreach::RETRIED, failed);
        let name = Text::const_new(outreach::RETRIED);
        let event = Event { name, time: now, id, properties };
        let who = who(&self.fold, user).ok_or("not_found")?;
        Ok((Record { received_at: now, who, what: What::Event(event) }, queued))
    }
}

fn text(event: &UserEvent, property: &str) -> Option<Text> {
    let found = event.properties.iter().find(|(name, _)| name == property);
    found.and_then(|(_, value)| match value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    })
}
