//! What an earlier run left: messages that were sent of late, planned, or have no outcome, read from the history
//! when messages begin to go.
//!
//! What it is: the way from events of messages to the writer's memory, which is built of them alone. What it is
//! not: it decides nothing.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use engine::outreach::{Candidate, PAUSED, REMEMBERED};
use engine::schedule::Channel;
use engine::schedule::caps;
use history::{Evaluator, outreach as history_of};
use model::outreach::{self, CHANNEL, DISMISSED, MACHINE, OPENED, SESSION, VARIANT};
use model::{Day, EventId, Text, Timestamp, Value};

use super::outreach::trigger;
use super::retry::Outcomes;
use super::shelf::{Shelf, Shelved, Show, expires, run_of, text};
use super::*;
use crate::outbox::render::is_pushed;

impl Writer {
    /// Contacts, planned messages and the count of the day; what was queued and has no outcome is returned.
    #[allow(clippy::type_complexity)]
    pub(super) fn read_messages(
        &mut self,
        evaluator: &Evaluator,
        now: Timestamp,
    ) -> Result<Vec<(Candidate, Text, Timestamp, u64)>, history::QueryError> {
        let mut outcomes = Outcomes::default();
        let since = now.minus(REMEMBERED);
        history_of::scan(evaluator, &Outcomes::NAMES, since, &[], &mut |_, at, name, values| {
            outcomes.add(text(&values[0]), name, at);
        })?;
        let mut decided: HashSet<Text> = HashSet::new();
        let (mut pending, mut messages) = (Vec::new(), Vec::new());
        let properties = [
            outreach::VARIANT,
            outreach::RUN,
            outreach::CHANNEL,
            outreach::LABELS,
            outreach::TRIGGER,
        ];
        history_of::scan(
            evaluator,
            &[outreach::QUEUED],
            since,
            &properties,
            &mut |user, at, _, values| {
                let message = text(&values[0]);
                messages.push((user, at, text(&values[1]), text(&values[4]), text(&values[5])));
                if let Some((again, retried)) = outcomes.waits(&message) {
                    let candidate = Candidate {
                        campaign: text(&values[1]),
                        user,
                        message: EventId::of(&message),
                        run: text(&values[3]),
                        at,
                        due: at,
                        missed: false,
                        event: trigger(&text(&values[6])),
                    };
                    pending.push((candidate, text(&values[2]), again.unwrap_or(at), retried));
                }
                decided.insert(message);
            },
        )?;
        messages.sort_by_key(|(_, at, ..)| *at);
        let day = |at: Timestamp| self.reaching.outfit.policy.zone.day(at);
        let days: Vec<Day> = messages.iter().map(|(_, at, ..)| day(*at)).collect();
        for ((user, at, campaign, channel, labels), day) in messages.into_iter().zip(days) {
            let Some(channel) = Channel::parse(&channel) else { continue };
            let labels = self.reaching.outfit.labels_of(&labels);
            let message = caps::Candidate { channel, labels, priority: 0 };
            self.reaching.contacts.add(user, &campaign, message, at);
            self.reaching.count_today(&campaign, day);
        }
        self.read_planned(evaluator, (decided, since))?;
        Ok(pending)
    }

    fn read_planned(
        &mut self,
        evaluator: &Evaluator,
        (mut decided, since): (HashSet<Text>, Timestamp),
    ) -> Result<(), history::QueryError> {
        let others = [outreach::HELD_OUT, outreach::WITHHELD];
        history_of::scan(evaluator, &others, since, &[], &mut |_, _, _, values| {
            decided.insert(text(&values[0]));
        })?;
        let properties = [outreach::RUN, outreach::DUE, outreach::REASON, outreach::TRIGGER];
        let mut latest: HashMap<Text, (Timestamp, Candidate, bool)> = HashMap::new();
        history_of::scan(
            evaluator,
            &[outreach::PLANNED],
            since,
            &properties,
            &mut |user, at, _, values| {
                let message = text(&values[0]);
                let due = match values[3] {
                    Some(Value::Int(ms)) => Timestamp(ms),
                    _ => at,
                };
                if decided.contains(&message)
                    || latest.get(&message).is_some_and(|(than, ..)| *than > at)
                {
                    return;
                }
                let candidate = Candidate {
                    campaign: text(&values[1]),
                    user,
                    message: EventId::of(&message),
                    run: text(&values[2]),
                    at,
                    due,
                    missed: false,
                    event: trigger(&text(&values[5])),
                };
                let paused = text(&values[4]) == PAUSED;
                latest.insert(message, (at, candidate, paused));
            },
        )?;
        for (_, (_, candidate, paused)) in latest {
            match paused {
                // The campaign may have gone on meanwhile.
                true => {
                    self.reaching.waiting.push_back(Candidate { due: candidate.at, ..candidate })
                }
                false => {
                    self.reaching.planned.insert((candidate.due, candidate.message), candidate);
                }
            }
        }
        Ok(())
    }

    /// What was queued on channels that are fetched, and what became of it so far.
    pub(super) fn fill_shelf(
        &mut self,
        evaluator: &Evaluator,
        now: Timestamp,
    ) -> Result<(), history::QueryError> {
        let since = now.minus(REMEMBERED);
        let mut gone: HashSet<EventId> = HashSet::new();
        let mut handed: HashSet<EventId> = HashSet::new();
        let (mut clicked, mut dismissed) = (HashSet::new(), HashSet::new());
        let mut shown: HashMap<EventId, u32> = HashMap::new();
        let mut shows = Vec::new();
        let names = [outreach::FAILED, outreach::SENT, OPENED, outreach::CLICKED, DISMISSED];
        history_of::scan(
            evaluator,
            &names,
            since,
            &[CHANNEL, SESSION, MACHINE],
            &mut |user, at, name, values| {
                if Channel::parse(&text(&values[2])).is_none_or(is_pushed) {
                    return;
                }
                let message = EventId::of(&text(&values[0]));
                match name {
                    outreach::FAILED => _ = gone.insert(message),
                    outreach::SENT => _ = handed.insert(message),
                    outreach::CLICKED => _ = clicked.insert(message),
                    DISMISSED => _ = dismissed.insert(message),
                    _ if values[4] == Some(Value::Bool(true)) => {}
                    _ => {
                        *shown.entry(message).or_default() += 1;
                        let session = match values[3] {
                            Some(Value::Int(session)) => Some(session),
                            _ => None,
                        };
                        shows.push((user, Show { campaign: text(&values[1]), at, session }));
                    }
                }
            },
        )?;
        let mut found = Vec::new();
        let properties = [VARIANT, CHANNEL, outreach::TRIGGER, outreach::RUN];
        let outfit = Arc::clone(&self.reaching.outfit);
        history_of::scan(
            evaluator,
            &[outreach::QUEUED],
            since,
            &properties,
            &mut |user, at, _, values| {
                let message = EventId::of(&text(&values[0]));
                let channel = Channel::parse(&text(&values[3])).filter(|own| !is_pushed(*own));
                let (Some(channel), false) = (channel, gone.contains(&message)) else { return };
                let (campaign, variant) = (text(&values[1]), text(&values[2]));
                let ready = outfit.campaigns.get(&campaign);
                // Of a campaign that is not there any more, the next look gives it up.
                let expires = ready.map_or(now, |ready| expires(ready, &variant, at));
                let handed = handed.contains(&message);
                if handed && expires <= now {
                    return;
                }
                let new = Shelved {
                    message,
                    campaign,
                    variant,
                    channel,
                    at,
                    expires,
                    event: trigger(&text(&values[4])),
                    run: ready.and_then(|ready| run_of(ready, &text(&values[5]))),
                    handed,
                    shown: shown.get(&message).copied().unwrap_or_default(),
                    clicked: clicked.contains(&message),
                    dismissed: dismissed.contains(&message),
                    once: None,
                    seen_on: None,
                    announced: false,
                };
                found.push((user, new));
            },
        )?;
        found.sort_by_key(|(user, new)| (*user, new.at, new.message));
        let mut shelf = Shelf { filled: true, ..Shelf::default() };
        let mut given_up = Vec::new();
        for (user, new) in found {
            let user = self.store.remaining(user);
            given_up.extend(shelf.put(user, new).map(|gone| (user, gone)));
        }
        shows.sort_by_key(|(_, show)| show.at);
        for (user, show) in shows {
            if self.counts_shows(&show.campaign) {
                shelf.showed(self.store.remaining(user), show);
            }
        }
        self.reaching.shelf = shelf;
        self.no_room(given_up, now);
        Ok(())
    }
}
