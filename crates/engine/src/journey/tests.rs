//! A small world around the fold: histories in memory, messages that are sent at once unless the test says
//! otherwise, and everything told kept by the ids under which it would be in the log.

mod crash;
mod intake;
mod seen;
mod steps;
mod webhooks;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use experiment::assign::{Arms, Share};
use model::journey::path;
use model::outreach::{ANSWERED, CAMPAIGN, FAILED, MESSAGE, RUN, event_id};
use model::{Event, EventId, Span, Text, Timestamp, UserIndex, Value, Zone};
use segment::evaluate::{Context, NoPopulation, UserEvent, UserHistory, holds};
use segment::live::Matches;
use segment::tree::EventMatch;
use segment::{Lifecycle, Predicate, RfmSettings, Rules};

use super::*;

pub(super) const ADA: UserIndex = UserIndex(1);
pub(super) const BEN: UserIndex = UserIndex(2);

pub(super) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

pub(super) fn rules() -> Rules {
    Rules {
        zone: Zone::utc(),
        seed: 7,
        segments: Default::default(),
        composites: Default::default(),
        lifecycle: Lifecycle { states: vec![] },
        rfm: RfmSettings::of(EventMatch::named("Purchase"), None),
    }
}

pub(super) fn event_named(name: &str) -> Happening {
    Happening::Event(Matches::of(&EventMatch::named(name), &rules()).unwrap())
}

pub(super) fn way(id: &str, next: Option<u16>) -> Path {
    Path { id: Text::new(id), next }
}

pub(super) fn step(id: &str, action: Action) -> Step {
    Step { id: Text::new(id), action }
}

pub(super) fn wait(span: Span, next: Option<u16>) -> Action {
    Action::Wait { wait: Wait::For { span, until: None }, next }
}

pub(super) fn message(campaign: &str, next: Option<u16>) -> Action {
    let (messages, choose) = (vec![Text::new(campaign)], Choose::First);
    Action::Message { messages, choose, next, unreachable: next }
}

/// A step that asks a server: after an answer, and without one.
pub(super) fn webhook(
    campaign: &str,
    within: Span,
    (next, failed): (Option<u16>, Option<u16>),
) -> Action {
    Action::Webhook { campaign: Text::new(campaign), within, next, failed }
}

pub(super) fn journey(id: &str, entry: &str, steps: Vec<Step>) -> Journey {
    Journey {
        id: Text::new(id),
        version: 1,
        current: true,
        entry: Some(event_named(entry)),
        audience: None,
        again: Again::Always,
        key: None,
        control: Share::NONE,
        groups: Vec::new(),
        transactional: false,
        goals: Vec::new(),
        exits: Vec::new(),
        timeout: Span::days(90),
        priority: 50,
        steps,
        standing: Standing::Running,
        since: Timestamp::MIN,
        published_at: Timestamp::MIN,
        moves: Moves::new(),
    }
}

/// What lasts beside the fold.
#[derive(Clone, Default)]
pub(super) struct Small {
    pub(super) events: BTreeMap<u32, Vec<Arc<Event>>>,
    pub(super) attributes: BTreeMap<(u32, String), Value>,
    pub(super) places: BTreeMap<(u32, String), u8>,
    pub(super) told: BTreeMap<(u128, u32), Told>,
    pub(super) sent: BTreeMap<String, Sent>,
    /// The latest of a user and a campaign: its id, and its run.
    pub(super) asked: BTreeMap<(u32, String), (EventId, EventId)>,
    /// Messages that had been planned, and when they were sent.
    pub(super) went: BTreeMap<u128, Timestamp>,
    /// What becomes of messages of a campaign.
    pub(super) fate: BTreeMap<String, Sent>,
    pub(super) control: BTreeSet<u32>,
    /// Users who turned out to be another one.
    pub(super) merged: BTreeMap<u32, UserIndex>,
    pub(super) updates: BTreeMap<u128, (Timestamp, Vec<(Text, Value)>)>,
    pub(super) emitted: BTreeMap<u128, Event>,
}

impl World for Small {
    fn merged_into(&self, user: UserIndex) -> Option<UserIndex> {
        self.merged.get(&user.0).copied()
    }
    fn known(&mut self, run: EventId, _: UserIndex) -> bool {
        self.told.contains_key(&(run.0, 0))
    }
    fn held_out(&mut self, _: &Journey, user: UserIndex) -> Option<Text> {
        self.control.contains(&user.0).then(|| Text::const_new("campaign"))
    }
    fn seed(&self) -> u64 {
        7
    }
    fn shares(&mut self, _: &Journey, _: &Text, _: Option<&Text>) -> Option<Arms> {
        None
    }
    fn holds(&mut self, user: UserIndex, predicate: &Predicate, at: Timestamp) -> bool {
        let events = self.events.get(&user.0).into_iter().flatten().map(|event| UserEvent {
            name: event.name.clone(),
            time: event.time,
            id: event.id,
            derived: false,
            arrival: 0,
            properties: event.properties.clone(),
        });
        let history = UserHistory {
            id: Text::from(user.0.to_string()),
            events: events.collect(),
            attributes: Default::default(),
        };
        let rules = rules();
        holds(predicate, &history, at, &Context { rules: &rules, population: &NoPopulation })
    }
    fn place(&mut self, user: UserIndex, watch: &str) -> u8 {
        self.places.get(&(user.0, watch.to_owned())).copied().unwrap_or(0)
    }
    fn attribute(&mut self, user: UserIndex, name: &str, _: Timestamp) -> Option<Value> {
        self.attributes.get(&(user.0, name.to_owned())).cloned()
    }
    fn zone(&mut self, _: UserIndex, _: Timestamp) -> Zone {
        Zone::utc()
    }
    fn event(&mut self, user: UserIndex, id: EventId) -> Option<Arc<Event>> {
        self.events.get(&user.0)?.iter().find(|event| event.id == id).cloned()
    }
    fn first(
        &mut self,
        user: UserIndex,
        (from, to): (Timestamp, Timestamp),
        fits: &mut dyn FnMut(&Event) -> bool,
    ) -> Option<Arc<Event>> {
        let within = |event: &&Arc<Event>| event.time >= from && event.time < to;
        let own = self.events.get(&user.0)?.iter().filter(within).filter(|event| fits(event));
        own.min_by_key(|event| event.time).cloned()
    }
    fn last(
        &mut self,
        user: UserIndex,
        before: Timestamp,
        fits: &mut dyn FnMut(&Event) -> bool,
    ) -> Option<Arc<Event>> {
        let own = self.events.get(&user.0)?.iter().filter(|event| event.time < before);
        own.filter(|event| fits(event)).max_by_key(|event| event.time).cloned()
    }
    fn engaged(&mut self, _: UserIndex, campaign: &Text, _: Timestamp) -> Option<Timestamp> {
        campaign.ends_with("liked").then_some(Timestamp(1))
    }
    fn reaches(&mut self, _: UserIndex, campaign: &Text, _: Timestamp) -> bool {
        self.fate.get(campaign.as_str()) != Some(&Sent::Withheld)
    }
    fn send(&mut self, message: Message) -> (Sent, Option<Timestamp>) {
        if let Some(at) = self.went.get(&message.id.0) {
            return (Sent::Queued, Some(*at));
        }
        let fate = self.fate.get(message.campaign.as_str()).copied().unwrap_or(Sent::Queued);
        let key = format!("{} {}", message.campaign, message.id);
        let of = (message.user.0, message.campaign.to_string());
        self.asked.insert(of, (message.id, message.run));
        let before = self.sent.insert(key.clone(), fate);
        if let Some(before) = before.filter(|before| *before != Sent::Later) {
            self.sent.insert(key, before);
            return (before, None);
        }
        (fate, None)
    }
    fn tell(&mut self, told: Told) {
        let before = self.told.insert((told.run.0, told.n), told.clone());
        assert!(before.is_none(), "told twice: {before:?} and {told:?}");
    }
    fn update(&mut self, user: UserIndex, id: EventId, at: Timestamp, (set, _): Changes<'_>) {
        for (name, value) in set {
            self.attributes.insert((user.0, name.to_string()), value.clone());
        }
        self.updates.insert(id.0, (at, set.to_vec()));
    }
    fn emit(&mut self, _: UserIndex, event: Event) {
        self.emitted.insert(event.id.0, event);
    }
}

/// Where everybody was, from what was told.
pub(super) fn restored(world: &Small) -> Restored {
    let mut reading = Reading::since(Timestamp(0));
    for told in world.told.values() {
        let event = told.event();
        let of = |name: &str| {
            event.properties.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone())
        };
        reading.add(event.time, &event.name, &of);
    }
    reading.finish()
}

/// The fold and its world.
#[derive(Default)]
pub(super) struct Bench {
    pub(super) journeys: Journeys,
    pub(super) world: Small,
    arrivals: u64,
}

impl Bench {
    pub(super) fn new(journeys: Vec<Journey>) -> Bench {
        let mut bench = Bench::default();
        bench.define(journeys, Timestamp(0));
        bench
    }

    pub(super) fn define(&mut self, journeys: Vec<Journey>, now: Timestamp) {
        let book = Book::new(journeys.into_iter().map(Arc::new).collect());
        self.journeys.define(Arc::new(book), now, &mut self.world);
        self.go_on();
    }

    pub(super) fn go_on(&mut self) {
        while self.journeys.ready() {
            self.journeys.go_on(&mut self.world);
        }
    }

    /// Something that a user does, seen at once.
    pub(super) fn does(&mut self, user: UserIndex, name: &str, when: &str) -> EventId {
        self.does_with(user, name, when, Vec::new())
    }

    pub(super) fn does_with(
        &mut self,
        user: UserIndex,
        name: &str,
        when: &str,
        properties: Vec<(Text, Value)>,
    ) -> EventId {
        self.arrivals += 1;
        let id = EventId(u128::from(self.arrivals) << 64 | 1 << 127);
        let event = Arc::new(Event { name: Text::new(name), time: at(when), id, properties });
        self.world.events.entry(user.0).or_default().push(Arc::clone(&event));
        let of = (self.arrivals, true);
        self.journeys.occurred(user, Occurred::Event(&event), of, &mut self.world);
        self.go_on();
        id
    }

    /// Something becomes of the latest webhook of a user; whether there is one of which nothing has become.
    pub(super) fn becomes(
        &mut self,
        user: UserIndex,
        campaign: &str,
        (name, when): (&str, Timestamp),
    ) -> bool {
        let fields = vec![(Text::new("answered.score"), Value::Int(when.0 % 1_000))];
        self.answered(user, (campaign, name), when, fields)
    }

    /// The same with fields of an answer.
    pub(super) fn answered(
        &mut self,
        user: UserIndex,
        (campaign, name): (&str, &str),
        when: Timestamp,
        fields: Vec<(Text, Value)>,
    ) -> bool {
        let asked = self.world.asked.get(&(user.0, campaign.to_owned()));
        let Some((message, run)) = asked.copied() else { return false };
        let id = event_id(message, name, 0);
        let before = [ANSWERED, FAILED].map(|name| event_id(message, name, 0));
        let known = self.world.events.get(&user.0).into_iter().flatten();
        if known.into_iter().any(|event| before.contains(&event.id)) {
            return false;
        }
        let text = |name: &'static str, value: &str| (Text::const_new(name), Value::text(value));
        let mut properties = vec![
            text(CAMPAIGN, campaign),
            text(MESSAGE, &message.to_string()),
            text(RUN, &run.to_string()),
        ];
        properties.extend(fields);
        model::record::sort_properties(&mut properties);
        self.arrivals += 1;
        let event = Arc::new(Event { name: Text::new(name), time: when, id, properties });
        self.world.events.entry(user.0).or_default().push(Arc::clone(&event));
        let of = (self.arrivals, true);
        self.journeys.occurred(user, Occurred::Event(&event), of, &mut self.world);
        self.go_on();
        true
    }

    pub(super) fn pass(&mut self, until: &str) {
        self.settle(at(until));
    }

    /// Does everything that is due.
    pub(super) fn settle(&mut self, now: Timestamp) {
        while self.journeys.ready() || self.journeys.next().is_some_and(|next| next <= now) {
            self.journeys.due(now, 3, &mut self.world);
            self.journeys.go_on(&mut self.world);
        }
    }

    /// The way of a user through a journey, as a story.
    pub(super) fn story(&self, user: UserIndex) -> Vec<String> {
        let mut own: Vec<&Told> =
            self.world.told.values().filter(|told| told.user == user).collect();
        own.sort_by_key(|told| (told.at, told.run.0, told.n));
        own.into_iter().map(line).collect()
    }
}

pub(super) fn line(told: &Told) -> String {
    let at = told.at.to_string();
    let at = at.trim_end_matches(":00.000Z").trim_end_matches("Z");
    match &told.what {
        What::Entered { step, .. } => format!("{at} in to {step}"),
        What::HeldOut { group, .. } => format!("{at} held out by {group}"),
        What::Moved { from, path, step, context, .. } => {
            format!("{at} {from} -{path}-> {step}{}", found_in(context))
        }
        What::Exited { from, path, reason, detail, context } => {
            let way = path.as_ref().map_or(String::new(), |way| format!("-{way}->"));
            let detail = detail.as_ref().map_or(String::new(), |of| format!(" {of}"));
            format!("{at} {from} {way} out: {reason}{detail}{}", found_in(context))
        }
    }
}

fn found_in(context: &Option<Text>) -> String {
    context.as_ref().map_or(String::new(), |of| format!(" as {of}"))
}

/// Out of the last step by its only way.
pub(super) fn completed(from: &str) -> String {
    format!("{from} -{}-> out: completed", path::NEXT)
}
