//! Messages one by one: the log of deliveries, and why each was sent or not.

mod cursor;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use engine::outreach::Candidate;
use history::outreach::{Place, Wish, decided};
use model::outreach::{
    BOUNCED, BY, CAMPAIGN, CHANNEL, CLICKED, CODE, COMPLAINED, DELIVERED, DETAIL, FAILED, GROUP,
    HELD_OUT, MESSAGE, OPENED, PLANNED, QUEUED, REASON, RETRIED, SENT, TRIGGER, VARIANT, WITHHELD,
    is_outreach,
};
use model::{EventId, Text, Timestamp, UserIndex, Value};
use segment::evaluate::UserEvent;
use wire::api::{
    Deliveries, DeliveriesQuery, DeliveriesRetried, DeliveriesRetry, Delivery, DeliveryStep,
    DeliveryWhy, ReasonCount, WhyStep,
};

use super::{Service, View, instant, limit};
use crate::failure::Failure;
use crate::outbox::render::shown;
use crate::workspace::Again;

/// Messages of a page without a wish, and at most.
const PAGE: (u64, u64) = (100, 1_000);

/// Decisions that are looked at for one page: a filter by a rare state looks no further back.
const LOOKED_AT: usize = 20_000;

/// Messages that one request sends again at most.
const RETRIED_MAX: usize = 1_000;

/// The code of a message that may have arrived: it is never sent again.
const IN_DOUBT: &str = "in_doubt";

/// Messages of one page.
struct Page {
    found: Vec<Delivery>,
    /// Where the next page begins; nothing: this is the last.
    next: Option<(Timestamp, Text)>,
}

impl Service {
    /// Messages, newest first, and of one instant by id, so that a page begins exactly where the last ended.
    pub fn deliveries(&self, query: &DeliveriesQuery) -> Result<Deliveries, Failure> {
        let most = limit("limit", query.limit, PAGE.0, PAGE.1)?;
        let before = query.before.as_deref().map(|text| instant("before", text)).transpose()?;
        let cursor = query.cursor.as_deref().map(|text| cursor::read(text, query)).transpose()?;
        let from = cursor.or(before.map(|at| (at, Text::default())));
        let page = self.messages_before(query, from, most)?;
        let next = page.next.map(|(at, message)| cursor::write(at, &message, query));
        Ok(Deliveries { deliveries: page.found, more: next.is_some(), next })
    }

    /// The messages of a wish before a place in the list.
    fn messages_before(
        &self,
        query: &DeliveriesQuery,
        from: Option<(Timestamp, Text)>,
        most: usize,
    ) -> Result<Page, Failure> {
        let view = self.view(Some(&self.workspace.now().to_string()), None)?;
        let fits = |delivery: &Delivery| {
            let is =
                |wanted: &Option<String>, own: &str| wanted.as_deref().is_none_or(|w| w == own);
            is(&query.campaign, &delivery.campaign)
                && is(&query.channel, &delivery.channel)
                && is(&query.state, &delivery.state)
                && query.reason.as_ref().is_none_or(|w| delivery.reason.as_ref() == Some(w))
        };
        if let Some(id) = &query.user {
            let (user, _) = self.known(id)?;
            let all = self.of_user(&view, user)?;
            let place =
                |own: &Delivery| Some((Timestamp::parse(&own.decided_at).ok()?, own.id.clone()));
            let after = |own: &Delivery| match (&from, place(own)) {
                (Some((at, message)), Some(own)) => {
                    (own.0, own.1.as_str()) < (*at, message.as_str())
                }
                _ => true,
            };
            let mut found: Vec<Delivery> =
                all.into_iter().filter(|own| fits(own) && after(own)).collect();
            let next = (found.len() > most).then(|| found.get(most - 1).and_then(place)).flatten();
            found.truncate(most);
            return Ok(Page { found, next: next.map(|(at, id)| (at, Text::from(id))) });
        }
        // What is planned has no decision yet; whatever left has been queued.
        let planned = query.state.as_deref() == Some("planned");
        let decisions: &[&str] = match query.state.as_deref() {
            None => &[],
            Some("planned") => &[PLANNED],
            Some("held_out") => &[HELD_OUT],
            Some("withheld") => &[WITHHELD],
            Some(_) => &[QUEUED],
        };
        let narrow = query.state.is_some() || query.reason.is_some();
        let looked = if narrow { LOOKED_AT } else { most + 1 };
        let wish = Wish {
            campaign: query.campaign.as_deref(),
            channel: query.channel.as_deref(),
            decisions,
            before: from.as_ref().map(|(at, message)| Place { at: *at, message }),
        };
        let latest = decided(&view.evaluator(), wish, looked)?;
        let whole = latest.len() < looked;
        let mut page = Page { found: Vec::new(), next: None };
        let mut known: BTreeMap<UserIndex, Vec<Delivery>> = BTreeMap::new();
        let mut last = None;
        for one in latest {
            if page.found.len() == most {
                page.next = last;
                return Ok(page);
            }
            let of = match known.entry(one.user) {
                Entry::Occupied(of) => of.into_mut(),
                Entry::Vacant(free) => free.insert(self.of_user(&view, one.user)?),
            };
            let own = of.iter().find(|own| own.id == one.message.as_str());
            // What was planned several times stands where it was planned first.
            let own = own.filter(|own| !planned || own.decided_at == one.at.to_string());
            page.found.extend(own.filter(|own| fits(own)).cloned());
            last = Some((one.at, one.message));
        }
        page.next = last.filter(|_| !whole);
        Ok(page)
    }

    /// Sends failed messages again: some by id, or all of a wish.
    pub fn retry_deliveries(&self, wish: &DeliveriesRetry) -> Result<DeliveriesRetried, Failure> {
        let DeliveriesRetry { ids, campaign, user, channel, reason } = wish;
        let filtered = [campaign, user, channel, reason].iter().any(|of| of.is_some());
        if ids.is_empty() != filtered {
            let message =
                "say which: `ids`, or at least one of `campaign`, `user`, `channel`, `reason`";
            return Err(Failure::unprocessable("delivery.retry", message)
                .hint("for everything that failed of a campaign: {\"campaign\": \"ID\"}"));
        }
        if ids.len() > RETRIED_MAX {
            let message = format!("there are more than {RETRIED_MAX} ids");
            return Err(
                Failure::unprocessable("delivery.retry", message).hint("send several requests")
            );
        }
        let mut done = Retrying::default();
        if !ids.is_empty() {
            let messages: Vec<EventId> =
                ids.iter().collect::<BTreeSet<_>>().into_iter().map(|id| EventId::of(id)).collect();
            self.send_again(messages, &mut done)?;
            return Ok(done.told(false));
        }
        let query = DeliveriesQuery {
            campaign: campaign.clone(),
            user: user.clone(),
            channel: channel.clone(),
            reason: reason.clone(),
            state: Some("failed".into()),
            ..DeliveriesQuery::default()
        };
        let mut from = None;
        loop {
            let page = self.messages_before(&query, from, RETRIED_MAX - done.retried)?;
            let doubtful = |own: &&Delivery| own.reason.as_deref() == Some(IN_DOUBT);
            let n_doubtful = page.found.iter().filter(doubtful).count() as u64;
            if n_doubtful > 0 {
                *done.refused.entry(IN_DOUBT).or_default() += n_doubtful;
            }
            let sure = page.found.iter().filter(|own| !doubtful(own));
            self.send_again(sure.map(|own| EventId::of(&own.id)).collect(), &mut done)?;
            match page.next {
                Some(next) if done.retried < RETRIED_MAX && !self.stopped() => from = Some(next),
                next => return Ok(done.told(next.is_some())),
            }
        }
    }

    /// Sends one failed message again. Errors: why it is not.
    pub fn retry_delivery(&self, id: &str) -> Result<DeliveryWhy, Failure> {
        let mut done = Retrying::default();
        self.send_again(vec![EventId::of(id)], &mut done)?;
        let Some(refused) = done.refused.keys().next() else { return self.delivery(id) };
        let (status, message, hint) = match *refused {
            "not_failed" => {
                (409, "the message did not fail", "only failed messages are sent again")
            }
            "waiting" => (409, "the message waits for its provider", "look at it again later"),
            IN_DOUBT => (
                409,
                "the message may have arrived, and would be there twice",
                "write to the user anew, with a campaign that is sent by request",
            ),
            "fetched" => (
                409,
                "messages of its channel are fetched by whoever they are for",
                "send another campaign",
            ),
            "campaign_gone" => {
                (409, "its campaign cannot be read any more", "mend the campaign first")
            }
            "campaign_stopped" => (409, "its campaign was stopped", "make another campaign"),
            "read_only" => (503, "nothing can be written down now", "see GET /api/health"),
            _ => (404, "there is no such message", "GET /api/deliveries lists them"),
        };
        let code = if status == 404 { "delivery.not_found" } else { "delivery.not_retried" };
        Err(Failure::new(status, code, format!("{message} ({refused})")).hint(hint))
    }

    fn send_again(&self, messages: Vec<EventId>, done: &mut Retrying) -> Result<(), Failure> {
        let n_users = self.workspace.snapshot()?.n_places();
        let by = Text::new(&self.caller.name);
        let (known, unknown): (Vec<EventId>, Vec<EventId>) =
            messages.into_iter().partition(|id| Candidate::user_of(*id).at() < n_users);
        if !unknown.is_empty() {
            *done.refused.entry("not_found").or_default() += unknown.len() as u64;
        }
        if known.is_empty() {
            return Ok(());
        }
        let wish = |message| Again { message, by: by.clone() };
        for answer in self.workspace.retry(known.into_iter().map(wish).collect())? {
            match answer {
                Ok(()) => done.retried += 1,
                Err(refused) => *done.refused.entry(refused).or_default() += 1,
            }
        }
        Ok(())
    }

    /// One message, and what decided about it.
    pub fn delivery(&self, id: &str) -> Result<DeliveryWhy, Failure> {
        let unknown = || {
            Failure::not_found("delivery.not_found", format!("there is no message \"{id}\""))
                .hint("GET /api/deliveries lists them")
        };
        let view = self.view(Some(&self.workspace.now().to_string()), None)?;
        let user = Candidate::user_of(EventId::of(id));
        if user.at() >= view.snapshot.n_places() {
            return Err(unknown());
        }
        let mut user = user;
        while let Some(into) = view.snapshot.facts_of(user).merged_into {
            user = UserIndex(into);
        }
        let delivery = self.of_user(&view, user)?.into_iter().find(|own| own.id == id);
        let delivery = delivery.ok_or_else(unknown)?;
        let reasons = self.why(&view, user, &delivery)?;
        Ok(DeliveryWhy { delivery, reasons })
    }

    /// All messages of a user, newest first.
    fn of_user(&self, view: &View, user: UserIndex) -> Result<Vec<Delivery>, Failure> {
        let sight = self.sight();
        let name = sight.id(view.snapshot.public_id(user));
        let events = view.snapshot.events_of(user)?;
        let mut by_message: BTreeMap<Text, Vec<UserEvent>> = BTreeMap::new();
        for stored in events {
            let event = stored.event;
            if is_outreach(&event.name)
                && event.time <= view.at
                && let Some(message) = text(&event, MESSAGE)
            {
                by_message.entry(message).or_default().push(event);
            }
        }
        let mut all: Vec<Delivery> = by_message
            .into_iter()
            .map(|(message, events)| delivery(&name, &message, &events, &sight))
            .collect();
        all.sort_by(|a, b| (&b.decided_at, &b.id).cmp(&(&a.decided_at, &a.id)));
        Ok(all)
    }

    fn why(
        &self,
        view: &View,
        user: UserIndex,
        delivery: &Delivery,
    ) -> Result<Vec<WhyStep>, Failure> {
        let outfit = self.outfit()?;
        let mut reasons = Vec::new();
        let mut say = |about: &str, passed: bool, because: String| {
            reasons.push(WhyStep { about: about.to_owned(), passed, because });
        };
        let of_step = |name: &str, property: &str| {
            let step = delivery.steps.iter().find(|step| step.event == name);
            step.and_then(|step| step.properties.get(property)).cloned()
        };
        let decision = delivery
            .steps
            .iter()
            .find(|step| [HELD_OUT, WITHHELD, QUEUED].contains(&step.event.as_str()));
        let trigger = decision.and_then(|step| step.properties.get(TRIGGER)).cloned();
        let run = decision.and_then(|step| step.properties.get("run")).cloned();
        match (&trigger, &run) {
            (Some(id), _) => {
                let found = self.event_named(view, user, id)?;
                let words = found.unwrap_or_else(|| format!("the event {id}"));
                say("trigger", true, format!("because of {words}"));
            }
            (None, Some(run)) => say("trigger", true, format!("because of {run}")),
            (None, None) => {}
        }
        let Some(ready) = outfit.campaigns.get(delivery.campaign.as_str()) else {
            return Ok(reasons);
        };
        let reason = delivery.reason.clone().unwrap_or_default();
        let state = delivery.state.as_str();
        let early = ["no_address", "not_qualified", "too_soon_again", "campaign_stopped"];
        let unsubscribed = reason.ends_with("_unsubscribed") || reason == "device_push_disabled";
        if state == "withheld" && (early.contains(&reason.as_str()) || unsubscribed) {
            let about = if unsubscribed { "consent" } else { "audience" };
            say(about, false, reason.clone());
            return Ok(reasons);
        }
        say("address", true, format!("reachable by {}", delivery.channel));
        let group = ready.campaign.held_out(&outfit.policy, user);
        let percent = |share: f64| format!("{:.1} %", share * 100.0);
        let mut shares = format!(
            "the workspace holds out {}, the campaign {}",
            percent(outfit.policy.control.fraction()),
            percent(ready.campaign.control.fraction())
        );
        for id in &ready.campaign.groups {
            let share = outfit.policy.groups.named(id).map_or(0.0, |of| of.share.fraction());
            shares.push_str(&format!(", the group \"{id}\" {}", percent(share)));
        }
        match group {
            Some(group) if state == "held_out" => {
                say(
                    "control",
                    false,
                    format!("drawn for the control group of the {group}: {shares}"),
                );
                return Ok(reasons);
            }
            _ => say("control", true, format!("drawn for no control group: {shares}")),
        }
        if let Some(variant) = &delivery.variant {
            let n = ready.campaign.arms.all().len();
            let because = match &ready.campaign.by {
                Some(by) => format!("\"{variant}\" by the value of \"{}\"", by.attribute),
                None => format!("drawn for \"{variant}\", one of {n}"),
            };
            say("variant", true, because);
        }
        if let Some(because) = of_step(PLANNED, REASON) {
            say("quiet", true, format!("it waited: {because}"));
        }
        if state == "withheld" {
            let detail = of_step(WITHHELD, DETAIL).unwrap_or_default();
            let about = match reason.as_str() {
                "frequency_cap" => "caps",
                "quiet_hours" | "cut_off" | "local_time_passed" => "quiet",
                _ => "limit",
            };
            say(about, false, format!("{reason} {detail}").trim().to_owned());
            return Ok(reasons);
        }
        say("caps", true, format!("within {} rules", outfit.policy.caps.len()));
        if let Some(by) = of_step(RETRIED, BY) {
            say("retry", true, format!("sent again for {by}"));
        }
        if state == "failed" {
            let step = delivery.steps.iter().rev().find(|step| step.event == FAILED);
            let said = |property: &str| {
                step.and_then(|step| step.properties.get(property)).cloned().unwrap_or_default()
            };
            let (code, detail) = (said(CODE), said(DETAIL));
            say("delivery", false, format!("{code} {detail}").trim().to_owned());
        } else if let Some(provider) = of_step(SENT, "provider") {
            say("delivery", true, format!("taken by {provider}"));
        }
        Ok(reasons)
    }

    fn event_named(
        &self,
        view: &View,
        user: UserIndex,
        id: &str,
    ) -> Result<Option<String>, Failure> {
        let wanted = EventId::of(id);
        let events = view.snapshot.events_of(user)?;
        let found = events.into_iter().map(|stored| stored.event).find(|event| event.id == wanted);
        Ok(found.map(|event| format!("\"{}\" at {}", event.name, event.time)))
    }
}

/// What became of wishes so far.
#[derive(Default)]
struct Retrying {
    retried: usize,
    refused: BTreeMap<&'static str, u64>,
}

impl Retrying {
    fn told(self, more: bool) -> DeliveriesRetried {
        let refused = self.refused.into_iter();
        let count = |(reason, count): (&str, u64)| ReasonCount { reason: reason.into(), count };
        DeliveriesRetried {
            retried: self.retried as u64,
            refused: refused.map(count).collect(),
            more,
        }
    }
}

fn text(event: &UserEvent, property: &str) -> Option<Text> {
    event.properties.iter().find(|(name, _)| name == property).and_then(|(_, value)| match value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    })
}

/// How far each event takes a message.
fn state(name: &str) -> (u8, &'static str) {
    match name {
        PLANNED => (0, "planned"),
        HELD_OUT => (1, "held_out"),
        WITHHELD => (1, "withheld"),
        QUEUED => (1, "queued"),
        FAILED => (2, "failed"),
        SENT => (3, "sent"),
        DELIVERED => (4, "delivered"),
        OPENED => (5, "opened"),
        CLICKED => (6, "clicked"),
        BOUNCED => (7, "bounced"),
        COMPLAINED => (8, "complained"),
        _ => (0, "planned"),
    }
}

fn delivery(
    user: &str,
    message: &str,
    events: &[UserEvent],
    sight: &super::sight::Sight,
) -> Delivery {
    let furthest = events.iter().map(|event| state(&event.name)).max().unwrap_or((0, "planned"));
    let n = |name: &str| events.iter().filter(|event| event.name == name).count();
    // Sent again after its last failure it waits.
    let again = furthest.1 == "failed" && n(RETRIED) >= n(FAILED);
    let furthest = if again { state(QUEUED) } else { furthest };
    let last = |property: &str| events.iter().rev().find_map(|event| text(event, property));
    let of = |property: &str| events.iter().find_map(|event| text(event, property));
    let reason = match furthest.1 {
        "held_out" => of(GROUP),
        "withheld" | "planned" => of(REASON),
        "failed" => last(CODE),
        _ => None,
    };
    let decided = events.iter().find(|event| state(&event.name).0 >= 1).or(events.first());
    let own = [MESSAGE, CAMPAIGN, CHANNEL, VARIANT];
    let steps = events.iter().map(|event| DeliveryStep {
        event: event.name.to_string(),
        at: event.time.to_string(),
        properties: event
            .properties
            .iter()
            .filter(|(name, _)| !own.contains(&name.as_str()) && !sight.hides(name))
            .map(|(name, value)| (name.to_string(), shown(value).to_string()))
            .collect(),
    });
    Delivery {
        id: message.to_owned(),
        user: user.to_owned(),
        campaign: of(CAMPAIGN).unwrap_or_default().to_string(),
        channel: of(CHANNEL).unwrap_or_default().to_string(),
        variant: of(VARIANT).map(|variant| variant.to_string()),
        state: furthest.1.to_owned(),
        reason: reason.map(|reason| reason.to_string()),
        decided_at: decided.map_or_else(String::new, |event| event.time.to_string()),
        steps: steps.collect(),
    }
}
