//! One user's rehearsal, in the order of instants.
//!
//! At one instant: first what was due (waits of journeys, then messages that were put off, then runs that name
//! everybody), then events, then moves in watched definitions; and after each of these what it wrote. An event at
//! the very end of a wait is too late, as live.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::Arc;

use model::outreach::{self, CAMPAIGN};
use model::{Event, EventId, Span, Text, Timestamp, UserIndex, Value, journey};
use segment::evaluate::{UserEvent, UserHistory};
use segment::live::{Arrived, ArrivedWhat, Told as Moved};

use super::stage::{Cause, Stage, Written, arrived, shared};
use super::{INPUTS_MAX, Occasion, Played, Reached, Scene};
use crate::journey::{Entering, Happening, Journey, Journeys, Occurred, Sent, What};
use crate::live::NEVER;
use crate::outreach::{Candidate, Trigger};
use crate::schedule::user_zone::{self, Due};

/// One user who is rehearsed.
pub struct Rehearsal<'a> {
    stage: Stage<'a>,
    journeys: Journeys,
    /// What really happened; the stage has it without what a live run of the same brought about.
    real: &'a UserHistory,
    /// Events that a live run of the same brought about.
    own: HashSet<EventId>,
    arrivals: u64,
    occasion: usize,
    inputs: (Timestamp, usize),
    /// Moves in definitions that goals name.
    moves: Vec<(Text, Moved)>,
}

impl<'a> Rehearsal<'a> {
    /// A user with what happened to them.
    pub fn new(scene: &'a Scene<'a>, user: UserIndex, real: &'a UserHistory) -> Rehearsal<'a> {
        let own = brought_about(scene, real);
        let mut history = Cow::Borrowed(real);
        if !own.is_empty() {
            history.to_mut().events.retain(|event| !own.contains(&event.id));
        }
        let mut stage = Stage::new(scene, user, history);
        let mut journeys = Journeys::default();
        journeys.define(Arc::clone(&scene.book), Timestamp::MIN, &mut stage);
        Rehearsal {
            stage,
            journeys,
            real,
            own,
            arrivals: 0,
            occasion: 0,
            inputs: (Timestamp::MIN, 0),
            moves: Vec::new(),
        }
    }

    /// Plays everything that happened, until the end of the period. Whoever nothing lets in is looked at no
    /// further.
    pub fn play(scene: &'a Scene<'a>, user: UserIndex, real: &'a UserHistory) -> Played {
        let chance = first_chance(scene, real);
        if chance.is_none() && !scene.asks_moves() {
            return Played::default();
        }
        Rehearsal::new(scene, user, real).played_from(chance)
    }

    fn played_from(mut self, chance: Option<Timestamp>) -> Played {
        let (_, to) = self.stage.scene.between;
        let end = to.minus(Span(1));
        let (events, changes) = (self.events(), changes(self.real));
        let Some(start) = self.first_move((&events, &changes)).into_iter().chain(chance).min()
        else {
            return self.stage.played;
        };
        // Until somebody can come in, everything is taken at once.
        let event_of = |event: &&UserEvent| event.time < start;
        let mut event = events.partition_point(event_of);
        let mut change = changes.partition_point(|change| change.0 < start);
        events[..event].iter().for_each(|event| self.count(event));
        self.stage.count_until(None);
        let warm = all_arrived((&events[..event], &changes[..change]));
        self.stage.arrive(&warm, start.minus(Span(1)));
        loop {
            let next = events.get(event).map(|next| next.time);
            let at = next.into_iter().chain(changes.get(change).map(|next| next.0)).min();
            let Some(at) = at.filter(|at| *at <= end && !self.is_over()) else { break };
            self.pass(at.minus(Span(1)));
            let mut happened: Vec<Arc<Event>> = Vec::new();
            let (first, first_change) = (event, change);
            while let Some(next) = events.get(event).filter(|next| next.time == at) {
                self.count(next);
                if self.heard(&next.name) {
                    happened.push(shared(next));
                }
                event += 1;
            }
            while changes.get(change).is_some_and(|next| next.0 == at) {
                change += 1;
            }
            let now = all_arrived((&events[first..event], &changes[first_change..change]));
            self.instant(at, &now, &happened);
        }
        if !self.is_over() {
            self.pass(end);
        }
        self.finish()
    }

    /// Something that the user does, not before anything that was played.
    pub fn does(&mut self, event: Event) {
        let at = event.time;
        self.pass(at.minus(Span(1)));
        self.stage.record(&event);
        let what = ArrivedWhat::Event(&event.name, &event.properties);
        let event = Arc::new(event.clone());
        self.instant(at, &[Arrived { time: at, what }], std::slice::from_ref(&event));
    }

    /// Attributes of the user have these values from an instant on.
    pub fn sets(&mut self, at: Timestamp, values: &[(Text, Value)]) {
        self.pass(at.minus(Span(1)));
        self.stage.record_attributes(at, values);
        self.instant(at, &[Arrived { time: at, what: ArrivedWhat::Attributes(values) }], &[]);
    }

    /// Somebody lets the user into a journey.
    pub fn enter(&mut self, journey: &str, (cause, at): (&str, Timestamp)) -> Entering {
        self.pass(at);
        let user = self.stage.user;
        let became = self.journeys.enter(journey, user, (cause, at), &mut self.stage);
        self.settle(at);
        became
    }

    /// Time passes, until an instant that is included.
    pub fn pass(&mut self, until: Timestamp) {
        while !self.is_over() {
            let occasion = self.stage.scene.occasions.get(self.occasion).map(|next| next.at);
            let planned = self.stage.planned.keys().next().map(|(due, _)| *due);
            let program = Some(self.stage.horizon).filter(|at| *at != NEVER).map(Timestamp);
            let next = [self.journeys.next(), planned, program, occasion];
            let Some(at) = next.into_iter().flatten().min().filter(|at| *at <= until) else {
                return;
            };
            self.instant(at, &[], &[]);
        }
    }

    /// Where the user is: journey, step, since when they are in, and at the step.
    pub fn positions(&self) -> Vec<(Text, Text, Timestamp, Timestamp)> {
        let of = self.journeys.of(self.stage.user);
        let positions = of.map(|(position, journey, step)| {
            let (entered, arrived) = (position.entered_at(), position.arrived_at());
            (journey.id.clone(), step.clone(), entered, arrived)
        });
        positions.collect()
    }

    /// What was played so far.
    pub fn played(&self) -> &Played {
        &self.stage.played
    }

    /// Goals that were reached so far.
    pub fn reached(&self) -> Vec<Reached> {
        self.goals()
    }

    /// What was played, with the goals that were reached.
    pub fn finish(mut self) -> Played {
        self.stage.played.reached = self.goals();
        self.stage.played
    }

    /// Everything of one instant.
    fn instant(&mut self, at: Timestamp, arrived: &[Arrived], happened: &[Arc<Event>]) {
        let moves = self.stage.arrive(arrived, at);
        self.due(at);
        for event in happened {
            self.occurred(event);
            self.settle(at);
        }
        for moved in moves {
            self.moved(moved);
            self.settle(at);
        }
        self.stage.count_until(None);
    }

    /// What is due until an instant.
    fn due(&mut self, at: Timestamp) {
        loop {
            while self.journeys.due(at, 1, &mut self.stage) && !self.is_over() {
                self.settle(at);
            }
            self.settle(at);
            if self.is_over() {
                return;
            }
            let planned = &mut self.stage.planned;
            let mut batch: Vec<Candidate> = Vec::new();
            while let Some(first) = planned.first_entry().filter(|first| first.key().0 <= at) {
                batch.push(first.remove());
            }
            if batch.is_empty() {
                break;
            }
            let campaigns = self.stage.scene.campaigns;
            let priority = |of: &Text| campaigns.get(of).map_or(0, |part| part.campaign.priority);
            batch.sort_by(|a, b| {
                let own = |of: &Candidate| (Reverse(priority(&of.campaign)), of.campaign.clone());
                own(a).cmp(&own(b)).then(a.at.cmp(&b.at))
            });
            for candidate in batch {
                let (campaign, message) = (candidate.campaign.clone(), candidate.message);
                if self.stage.decided.contains(&message) {
                    continue;
                }
                // Whoever is out by now, or went on, gets it no more.
                let awaited = !campaign.contains('/')
                    || self.journeys.awaits(self.stage.user, &campaign, message);
                let sent = self.stage.decide((candidate, awaited), at);
                if sent != Sent::Later {
                    let (user, of) = (self.stage.user, (&campaign, message));
                    self.journeys.decided(user, of, (sent, at), &mut self.stage);
                }
                self.settle(at);
            }
        }
        while let Some(next) = self.stage.scene.occasions.get(self.occasion)
            && next.at <= at
        {
            self.occasion += 1;
            self.named(next);
            self.settle(at);
        }
    }

    /// Everybody is named for a journey, or for a campaign.
    fn named(&mut self, occasion: &Occasion) {
        let scene = self.stage.scene;
        let Occasion { at, id, cause, own_time } = occasion;
        let at = *at;
        if !self.is_fresh(at) || !segment::evaluate::exists(&self.stage.history, at) {
            return;
        }
        if scene.book.journey(id).is_some() {
            let user = self.stage.user;
            self.journeys.enter(id, user, (cause, at), &mut self.stage);
            return;
        }
        let Some(part) = scene.campaigns.get(id) else { return };
        if part.audience.is_none_or(|audience| self.stage.is_member(audience, at)) {
            let due = match own_time {
                None => Some(at),
                Some(own) => {
                    let zone = self.stage.own_zone(at);
                    match user_zone::due(own.day, own.at, &zone, at, own.passed) {
                        Due::At(due) => Some(due),
                        Due::Passed => None,
                    }
                }
            };
            self.stage.qualify(id, Cause { cause, at, due, event: None });
        }
    }

    /// What was written is seen, and who waited for that goes on.
    fn settle(&mut self, at: Timestamp) {
        while !self.is_over() {
            if let Some(written) = self.stage.written.pop_front() {
                self.inputs = match self.inputs {
                    (of, n) if of == at => (at, n + 1),
                    _ => (at, 1),
                };
                if self.inputs.1 > INPUTS_MAX {
                    self.stage.played.endless = Some(at);
                    return;
                }
                self.take(written);
                continue;
            }
            if !self.journeys.ready() {
                return;
            }
            self.journeys.go_on(&mut self.stage);
        }
    }

    fn take(&mut self, written: Written) {
        let moves = match &written {
            Written::Event(event) => {
                let what = ArrivedWhat::Event(&event.name, &event.properties);
                let time = event.time;
                let moves = self.stage.arrive(&[Arrived { time, what }], time);
                self.occurred(event);
                moves
            }
            Written::Attributes(time, values) => {
                let what = ArrivedWhat::Attributes(values);
                self.stage.arrive(&[Arrived { time: *time, what }], *time)
            }
        };
        moves.into_iter().for_each(|moved| self.moved(moved));
    }

    fn occurred(&mut self, event: &Arc<Event>) {
        self.arrivals += 1;
        let (user, fresh) = (self.stage.user, self.is_fresh(event.time));
        if self.journeys.concerns(user, &event.name) {
            let of = (self.arrivals, fresh);
            self.journeys.occurred(user, Occurred::Event(event), of, &mut self.stage);
        }
        let scene = self.stage.scene;
        for id in scene.triggered.iter().filter(|_| fresh) {
            let part = &scene.campaigns[id];
            let matches = part.matches.is_some_and(|of| of.holds(&event.name, &event.properties));
            if matches && event.time >= part.campaign.since {
                let (cause, at) = (&event.id.to_string(), event.time);
                self.stage.qualify(id, Cause { cause, at, due: Some(at), event: Some(event) });
            }
        }
    }

    fn moved(&mut self, moved: Moved) {
        let scene = self.stage.scene;
        let Some(key) = scene.program.key(moved.watch) else { return };
        let (user, at) = (self.stage.user, Timestamp(moved.at));
        self.arrivals += 1;
        let fresh = self.is_fresh(at);
        if scene.book.watches(key) {
            let what = Occurred::Moved { watch: key, from: moved.from, to: moved.to, at };
            self.journeys.occurred(user, what, (self.arrivals, fresh), &mut self.stage);
        }
        for id in scene.triggered.iter().filter(|_| fresh) {
            let campaign = scene.campaigns[id].campaign;
            if is_trigger(&campaign.trigger, key, &moved) && at >= campaign.since {
                let cause = &format!("{key}/{}/{}", at.0, moved.to);
                self.stage.qualify(id, Cause { cause, at, due: Some(at), event: None });
            }
        }
        self.moves.push((key.clone(), moved));
    }

    fn is_fresh(&self, at: Timestamp) -> bool {
        let (from, to) = self.stage.scene.between;
        from <= at && at < to
    }

    fn is_over(&self) -> bool {
        self.stage.played.endless.is_some()
    }

    /// Whether an event of a name may concern anybody who is in, or lets in or triggers.
    fn heard(&self, name: &str) -> bool {
        let scene = self.stage.scene;
        self.journeys.concerns(self.stage.user, name)
            || scene.triggered.iter().any(|id| scene.campaigns[id].matches.is_some())
            || scene.book.listens_to(name)
    }

    /// A real message of another campaign counts for caps.
    fn count(&mut self, event: &UserEvent) {
        let from = self.stage.scene.between.0.minus(Scene::CONTACTS);
        let counts = self.stage.scene.counts_real && event.name == outreach::QUEUED;
        if counts && event.time >= from {
            self.stage.counts(event);
        }
    }

    /// Events that happened, without what a live run of the same brought about.
    fn events(&self) -> Vec<&'a UserEvent> {
        let real: &'a UserHistory = self.real;
        let events = real.events.iter().filter(|event| !event.derived);
        events.filter(|event| !self.own.contains(&event.id)).collect()
    }

    /// The first instant of the period at which a move lets the user in.
    fn first_move(&mut self, (events, changes): (&[&UserEvent], &[Change])) -> Option<Timestamp> {
        let scene = self.stage.scene;
        if !scene.asks_moves() {
            return None;
        }
        let to = scene.between.1;
        let events = &events[..events.partition_point(|event| event.time < to)];
        let changes = &changes[..changes.partition_point(|change| change.0 < to)];
        let moves = self.stage.arrive(&all_arrived((events, changes)), to.minus(Span(1)));
        self.stage.begin_anew();
        let mut moves = moves.iter().filter(|moved| self.is_fresh(Timestamp(moved.at)));
        moves.find(|moved| scene.is_entry(moved)).map(|moved| Timestamp(moved.at))
    }

    fn goals(&self) -> Vec<Reached> {
        let scene = self.stage.scene;
        let mut reached = Vec::new();
        for told in &self.stage.played.told {
            let held_out = match told.what {
                What::Entered { .. } => false,
                What::HeldOut { .. } => true,
                _ => continue,
            };
            let Some(journey) = scene.book.journey(&told.journey) else { continue };
            for goal in &journey.goals {
                let end = told.at.plus(goal.within);
                let counts = |at: Timestamp| at > told.at && at < end;
                let at = match &goal.when {
                    Happening::Event(matches) => {
                        let mut events = self.stage.history.events.iter();
                        let fits = |event: &&UserEvent| {
                            counts(event.time) && matches.holds(&event.name, &event.properties)
                        };
                        events.find(fits).map(|event| event.time)
                    }
                    Happening::Moves { .. } => {
                        let fits = |(key, moved): &&(Text, Moved)| {
                            counts(Timestamp(moved.at))
                                && goal.when.is_move(key, (moved.from, moved.to))
                        };
                        self.moves.iter().find(fits).map(|(_, moved)| Timestamp(moved.at))
                    }
                    Happening::Message { .. } => None,
                };
                let (journey, run, goal) = (told.journey.clone(), told.run, goal.id.clone());
                reached.extend(at.map(|at| Reached { journey, run, goal, at, held_out }));
            }
        }
        reached
    }
}

impl Scene<'_> {
    /// Whether moves in watched definitions let anybody in.
    fn asks_moves(&self) -> bool {
        let entry = |of: &Arc<Journey>| matches!(of.entry, Some(Happening::Moves { .. }));
        let moves =
            |id: &Text| matches!(self.campaigns[id].campaign.trigger, Trigger::Moves { .. });
        self.book.all().iter().any(entry) || self.triggered.iter().any(moves)
    }

    /// Whether a move lets somebody in, or triggers.
    fn is_entry(&self, moved: &Moved) -> bool {
        let Some(key) = self.program.key(moved.watch) else { return false };
        let mut journeys = self.book.all().iter().filter(|of| of.current);
        let enters = |of: &Happening| of.is_move(key, (moved.from, moved.to));
        journeys.any(|of| of.entry.as_ref().is_some_and(enters))
            || self
                .triggered
                .iter()
                .any(|id| is_trigger(&self.campaigns[id].campaign.trigger, key, moved))
    }

    /// Whether anything asks about events of messages or journeys of a name.
    pub(super) fn heeds(&self, name: &str) -> bool {
        self.heeded.contains(name)
    }
}

fn is_trigger(trigger: &Trigger, key: &Text, moved: &Moved) -> bool {
    match trigger {
        Trigger::Moves { watch, from, to } => {
            watch == key
                && to.contains(&moved.to)
                && (from.is_empty() || from.contains(&moved.from))
        }
        Trigger::Named | Trigger::Event(_) => false,
    }
}

/// Whether an event lets somebody into a journey, or triggers a campaign.
fn lets_in(scene: &Scene, event: &UserEvent) -> bool {
    let is = |of: &Happening| match of {
        Happening::Event(matches) => matches.holds(&event.name, &event.properties),
        Happening::Moves { .. } | Happening::Message { .. } => false,
    };
    let mut numbers = scene.book.entries(&event.name);
    numbers.any(|number| scene.book.get(number).entry.as_ref().is_some_and(is))
        || scene.triggered.iter().any(|id| {
            let matches = scene.campaigns[id].matches;
            matches.is_some_and(|of| of.holds(&event.name, &event.properties))
        })
}

/// A change of one attribute.
type Change = (Timestamp, [(Text, Value); 1]);

/// All changes, in the order of their instants. The attribute without a name marks when a user was first seen.
fn changes(history: &UserHistory) -> Vec<Change> {
    let mut all: Vec<Change> = Vec::new();
    for (name, changes) in &history.attributes {
        all.extend(changes.iter().map(|(at, value)| (*at, [(name.clone(), value.clone())])));
    }
    all.sort_by_key(|(at, _)| *at);
    all
}

/// Events and changes as the program takes them.
fn all_arrived<'h>((events, changes): (&[&'h UserEvent], &'h [Change])) -> Vec<Arrived<'h>> {
    let mut all: Vec<Arrived> = events.iter().map(|event| arrived(event)).collect();
    all.extend(
        changes
            .iter()
            .map(|(time, values)| Arrived { time: *time, what: ArrivedWhat::Attributes(values) }),
    );
    all
}

/// The first instant of the period at which an event, or somebody who names everybody, may let a user in.
fn first_chance(scene: &Scene, history: &UserHistory) -> Option<Timestamp> {
    let (from, to) = scene.between;
    let first = history.events.partition_point(|event| event.time < from);
    let mut within = history.events[first..].iter().take_while(|event| event.time < to);
    let by_event = within.find(|event| lets_in(scene, event)).map(|event| event.time);
    let mut occasions = scene.occasions.iter().map(|next| next.at);
    let named = occasions.find(|at| from <= *at && *at < to);
    by_event.into_iter().chain(named).min()
}

/// Events of a history that a live run of what is rehearsed brought about: they would count twice.
fn brought_about(scene: &Scene, history: &UserHistory) -> HashSet<EventId> {
    let mut own = HashSet::new();
    for event in history.events.iter().filter(|event| outreach::is_outreach(&event.name)) {
        let text = |name: &str| match event.property(name) {
            Some(Value::Text(text)) => Some(text.clone()),
            _ => None,
        };
        let of_campaign = text(CAMPAIGN).is_some_and(|id| scene.campaigns.contains_key(&id));
        let of_journey = text(journey::JOURNEY).filter(|id| scene.book.journey(id).is_some());
        if of_campaign || of_journey.is_some() {
            own.insert(event.id);
        }
        if of_journey.is_some()
            && let (Some(run), Some(Value::Int(n))) =
                (text(journey::RUN), event.property(journey::NUMBER))
        {
            own.insert(EventId::of(&format!("{run}/{n}/emit")));
        }
    }
    own
}
