//! Messages one by one: the log of deliveries, and why each was sent or not.

use std::collections::BTreeMap;

use engine::outreach::Candidate;
use history::outreach::{Wish, decided};
use model::outreach::{
    BOUNCED, CAMPAIGN, CHANNEL, CLICKED, CODE, COMPLAINED, DELIVERED, DETAIL, FAILED, GROUP,
    HELD_OUT, MESSAGE, OPENED, PLANNED, QUEUED, REASON, SENT, TRIGGER, VARIANT, WITHHELD,
    is_outreach,
};
use model::{EventId, Text, UserIndex, Value};
use segment::evaluate::UserEvent;
use wire::api::{Deliveries, DeliveriesQuery, Delivery, DeliveryStep, DeliveryWhy, WhyStep};

use super::{Service, View, instant, limit};
use crate::failure::Failure;
use crate::outbox::render::shown;

/// Messages of a page without a wish, and at most.
const PAGE: (u64, u64) = (100, 1_000);

/// Decisions that are looked at for one page: a filter by a rare state looks no further back.
const LOOKED_AT: usize = 20_000;

impl Service {
    /// Messages, newest first.
    pub fn deliveries(&self, query: &DeliveriesQuery) -> Result<Deliveries, Failure> {
        let most = limit("limit", query.limit, PAGE.0, PAGE.1)?;
        let before = query.before.as_deref().map(|text| instant("before", text)).transpose()?;
        let view = self.view(Some(&self.workspace.now().to_string()), None)?;
        let narrow = query.state.is_some() || query.reason.is_some();
        let fits = |delivery: &Delivery| {
            let is =
                |wanted: &Option<String>, own: &str| wanted.as_deref().is_none_or(|w| w == own);
            is(&query.campaign, &delivery.campaign)
                && is(&query.channel, &delivery.channel)
                && is(&query.state, &delivery.state)
                && query.reason.as_ref().is_none_or(|w| delivery.reason.as_ref() == Some(w))
                && before.is_none_or(|before| delivery.decided_at < before.to_string())
        };
        let mut found = Vec::new();
        let mut more = false;
        match &query.user {
            Some(id) => {
                let (user, _) = self.known(id)?;
                found = self.of_user(&view, user)?.into_iter().filter(|own| fits(own)).collect();
            }
            None => {
                let wish = Wish {
                    campaign: query.campaign.as_deref(),
                    channel: query.channel.as_deref(),
                    decisions: &[],
                    before,
                };
                let looked = if narrow { LOOKED_AT } else { most + 1 };
                let latest = decided(&view.evaluator(), wish, looked)?;
                let mut known: BTreeMap<UserIndex, Vec<Delivery>> = BTreeMap::new();
                for one in latest {
                    if found.len() > most {
                        break;
                    }
                    let of = match known.get(&one.user) {
                        Some(of) => of,
                        None => {
                            let of = self.of_user(&view, one.user)?;
                            known.entry(one.user).or_insert(of)
                        }
                    };
                    let own = of.iter().find(|own| own.id == one.message.as_str());
                    found.extend(own.filter(|own| fits(own)).cloned());
                }
            }
        }
        if found.len() > most {
            found.truncate(most);
            more = true;
        }
        Ok(Deliveries { deliveries: found, more })
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
        all.sort_by(|a, b| b.decided_at.cmp(&a.decided_at).then_with(|| a.id.cmp(&b.id)));
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
        let (workspace, own) =
            (outfit.policy.control.fraction() * 100.0, ready.campaign.control.fraction() * 100.0);
        let shares = format!("the workspace holds out {workspace:.1} %, the campaign {own:.1} %");
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
            say("variant", true, format!("drawn for \"{variant}\", one of {n}"));
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
        if let Some(code) = of_step(FAILED, CODE) {
            let detail = of_step(FAILED, DETAIL).unwrap_or_default();
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
    let of = |property: &str| events.iter().find_map(|event| text(event, property));
    let reason = match furthest.1 {
        "held_out" => of(GROUP),
        "withheld" | "planned" => of(REASON),
        "failed" => of(CODE),
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
