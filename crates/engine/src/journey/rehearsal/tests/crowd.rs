//! Everybody at once: one fold of journeys, one live engine, one timeline for all users. What it tells of each is
//! what a rehearsal tells of them alone.

use std::borrow::Cow;
use std::collections::BTreeMap;

use experiment::assign::Arms;
use proptest::prelude::*;
use segment::Predicate;

use super::*;
use crate::fold::Step;
use crate::journey::rehearsal::stage::{Stage, Written};
use crate::journey::{Changes, Journeys, Message, Occurred, Sent, Told, World};
use crate::live::{Correction, Folded, Live, NoHistories, Transition};

const USERS: u32 = 12;

/// All users; each has a stage of their own for what they know, and one engine says where they are.
struct Crowd<'a> {
    stages: BTreeMap<u32, Stage<'a>>,
    live: Live,
}

impl Crowd<'_> {
    fn own(&mut self, user: UserIndex) -> &mut Self {
        assert!(self.stages.contains_key(&user.0));
        self
    }
}

macro_rules! of {
    ($crowd:expr, $user:expr) => {
        $crowd.own($user).stages.get_mut(&$user.0).unwrap()
    };
}

impl World for Crowd<'_> {
    fn known(&mut self, run: EventId, user: UserIndex) -> bool {
        of!(self, user).known(run, user)
    }
    fn held_out(&mut self, journey: &Journey, user: UserIndex) -> Option<Text> {
        of!(self, user).held_out(journey, user)
    }
    fn seed(&self) -> u64 {
        policy().seed
    }
    fn shares(&mut self, _: &Journey, _: &Text, _: Option<&Text>) -> Option<Arms> {
        None
    }
    fn holds(&mut self, user: UserIndex, predicate: &Predicate, at: Timestamp) -> bool {
        of!(self, user).holds(user, predicate, at)
    }
    fn place(&mut self, user: UserIndex, watch: &str) -> u8 {
        let watch = self.live.program().watch(watch).unwrap();
        self.live.place(user, crate::live::WatchId(watch))
    }
    fn attribute(&mut self, user: UserIndex, name: &str, at: Timestamp) -> Option<Value> {
        of!(self, user).attribute(user, name, at)
    }
    fn zone(&mut self, user: UserIndex, at: Timestamp) -> Zone {
        of!(self, user).zone(user, at)
    }
    fn event(&mut self, user: UserIndex, id: EventId) -> Option<Arc<Event>> {
        of!(self, user).event(user, id)
    }
    fn first(
        &mut self,
        user: UserIndex,
        between: (Timestamp, Timestamp),
        fits: &mut dyn FnMut(&Event) -> bool,
    ) -> Option<Arc<Event>> {
        of!(self, user).first(user, between, fits)
    }
    fn last(
        &mut self,
        user: UserIndex,
        before: Timestamp,
        fits: &mut dyn FnMut(&Event) -> bool,
    ) -> Option<Arc<Event>> {
        of!(self, user).last(user, before, fits)
    }
    fn engaged(&mut self, user: UserIndex, campaign: &Text, at: Timestamp) -> Option<Timestamp> {
        of!(self, user).engaged(user, campaign, at)
    }
    fn reaches(&mut self, user: UserIndex, campaign: &Text, at: Timestamp) -> bool {
        of!(self, user).reaches(user, campaign, at)
    }
    fn send(&mut self, message: Message) -> (Sent, Option<Timestamp>) {
        of!(self, message.user).send(message)
    }
    fn tell(&mut self, told: Told) {
        of!(self, told.user).tell(told);
    }
    fn update(&mut self, user: UserIndex, id: EventId, at: Timestamp, changes: Changes<'_>) {
        of!(self, user).update(user, id, at, changes);
    }
    fn emit(&mut self, user: UserIndex, event: Event) {
        of!(self, user).emit(user, event);
    }
}

/// One timeline.
struct Driver<'a> {
    scene: &'a Scene<'a>,
    crowd: Crowd<'a>,
    journeys: Journeys,
    arrivals: u64,
}

impl<'a> Driver<'a> {
    fn new(scene: &'a Scene<'a>) -> Driver<'a> {
        let nobody = |user: u32| Cow::Owned(history(user, &[]));
        let stage = |user: u32| (user, Stage::new(scene, UserIndex(user), nobody(user)));
        let stages = (0..USERS).map(stage).collect();
        let mut crowd = Crowd { stages, live: Live::new(scene.program.clone()) };
        let mut journeys = Journeys::default();
        journeys.define(Arc::clone(&scene.book), Timestamp::MIN, &mut crowd);
        Driver { scene, crowd, journeys, arrivals: 0 }
    }

    fn run(mut self, events: &[(u32, Event)], end: Timestamp) -> BTreeMap<u32, Played> {
        for (user, event) in events {
            self.pass(event.time.minus(Span(1)));
            of!(self.crowd, UserIndex(*user)).record(event);
            self.instant(event.time, Some((UserIndex(*user), Arc::new(event.clone()))));
        }
        self.pass(end);
        self.crowd.stages.into_iter().map(|(user, stage)| (user, stage.played)).collect()
    }

    fn next(&self) -> Option<Timestamp> {
        let planned = self.crowd.stages.values();
        let planned = planned.filter_map(|stage| stage.planned.keys().next()).map(|key| key.0);
        planned.chain(self.journeys.next()).chain(self.crowd.live.next()).min()
    }

    fn pass(&mut self, until: Timestamp) {
        while let Some(at) = self.next().filter(|at| *at <= until) {
            self.instant(at, None);
        }
    }

    fn frame(
        &mut self,
        at: Timestamp,
        written: Option<(UserIndex, model::What)>,
    ) -> Vec<Transition> {
        let (fold, mut told) = (self.scene.fold, Vec::new());
        match written {
            None => while self.crowd.live.fire(at, 5, fold, &mut told) {},
            Some((user, what)) => {
                let record = Record { received_at: at, who: Who::default(), what };
                let step = Step::of(user);
                let records = [Folded { step: &step, record: &record }];
                self.crowd.live.frame(at, &records, (fold, &mut NoHistories), &mut told);
                while self.crowd.live.fire(at, 5, fold, &mut told) {}
            }
        }
        told.retain(|told| told.correction != Correction::Revoked);
        told.sort_by_key(|told| (told.user, told.at, told.watch));
        told
    }

    fn instant(&mut self, at: Timestamp, event: Option<(UserIndex, Arc<Event>)>) {
        let what = |event: &Event| model::What::Event(event.clone());
        let moves = self.frame(at, event.as_ref().map(|(user, event)| (*user, what(event))));
        loop {
            while self.journeys.due(at, 3, &mut self.crowd) {
                self.settle();
            }
            self.settle();
            let due = |stage: &Stage| stage.planned.keys().next().is_some_and(|key| key.0 <= at);
            let users: Vec<u32> = self.crowd.stages.keys().copied().collect();
            let of = users.into_iter().find(|user| due(&self.crowd.stages[user]));
            let Some(user) = of else { break };
            let stage = self.crowd.stages.get_mut(&user).unwrap();
            let mut batch = Vec::new();
            while let Some(first) = stage.planned.first_entry().filter(|of| of.key().0 <= at) {
                batch.push(first.remove());
            }
            let priority = |id: &Text| self.scene.campaigns[id].campaign.priority;
            batch.sort_by_key(|of| {
                (std::cmp::Reverse(priority(&of.campaign)), of.campaign.clone(), of.at)
            });
            for candidate in batch {
                let (campaign, message) = (candidate.campaign.clone(), candidate.message);
                let awaited = self.journeys.awaits(UserIndex(user), &campaign, message);
                let stage = self.crowd.stages.get_mut(&user).unwrap();
                let sent = stage.decide((candidate, awaited), at);
                if sent != Sent::Later {
                    let of = (UserIndex(user), (&campaign, message));
                    self.journeys.decided(of.0, of.1, (sent, at), &mut self.crowd);
                }
                self.settle();
            }
        }
        if let Some((user, event)) = &event {
            self.occurred(*user, event);
        }
        self.moved(moves);
    }

    fn occurred(&mut self, user: UserIndex, event: &Arc<Event>) {
        self.arrivals += 1;
        let of = (self.arrivals, true);
        self.journeys.occurred(user, Occurred::Event(event), of, &mut self.crowd);
        self.settle();
    }

    fn moved(&mut self, moves: Vec<Transition>) {
        for of in moves {
            self.arrivals += 1;
            let watch = self.scene.program.key(of.watch.0).unwrap();
            let what = Occurred::Moved { watch, from: of.from, to: of.to, at: of.at };
            self.journeys.occurred(of.user, what, (self.arrivals, true), &mut self.crowd);
            self.settle();
        }
    }

    fn settle(&mut self) {
        loop {
            let found = self
                .crowd
                .stages
                .iter_mut()
                .find_map(|(user, stage)| Some((UserIndex(*user), stage.written.pop_front()?)));
            match found {
                Some((user, Written::Event(event))) => {
                    let what = model::What::Event(Event::clone(&event));
                    let moves = self.frame(event.time, Some((user, what)));
                    self.occurred(user, &event);
                    self.moved(moves);
                }
                Some((user, Written::Attributes(at, values))) => {
                    let change = AttributeChange::set(at, EventId(1), values);
                    let moves = self.frame(at, Some((user, model::What::Identify(change))));
                    self.moved(moves);
                }
                None if self.journeys.ready() => self.journeys.go_on(&mut self.crowd),
                None => return,
            }
        }
    }
}

fn journeys() -> Vec<Journey> {
    let (definition, problems) = segment::parse("did \"Purchase\" in last 1d");
    assert!(problems.is_empty());
    let buyers = Condition { user: Some(Box::new(definition)), ..Condition::default() };
    let arms = Arms::equal(["a", "b"].map(Text::new)).unwrap();
    let set = vec![(Text::new("tier"), Emitted::Value(Value::text("gold")))];
    let mut left = journey(
        "left",
        "Never",
        vec![
            step(
                "split",
                Action::Split { paths: vec![(way("buyers", Some(1)), buyers)], otherwise: Some(2) },
            ),
            step("mark", Action::Update { set, operations: vec![], next: Some(3) }),
            step(
                "draw",
                Action::Random {
                    arms,
                    paths: vec![way("a", Some(3)), way("b", Some(4))],
                    anew: true,
                },
            ),
            step("mail", message("left/mail", Some(4))),
            step(
                "back",
                Action::WaitFor {
                    any: vec![
                        (way("bought", None), event_named("Purchase")),
                        (way("often", Some(5)), moves("segment/often", 1)),
                    ],
                    within: Span(30 * HOUR.0),
                    otherwise: Some(5),
                    since: Since::Before(HOUR),
                },
            ),
            step("hook", message("left/hook", None)),
        ],
    );
    left.entry = Some(moves("segment/left", 1));
    left.control = Share::percent(20.0).unwrap();
    left.goals = vec![Goal {
        id: Text::new("purchase"),
        when: event_named("Purchase"),
        within: Span::days(2),
        exits: true,
    }];
    let mut visit = journey(
        "visit",
        "Visit",
        vec![
            step("rest", wait(Span(90 * 60_000), Some(1))),
            step(
                "note",
                Action::Emit {
                    name: Text::new("Marked"),
                    properties: vec![(Text::new("tier"), Emitted::Profile(Text::new("tier")))],
                    next: Some(2),
                },
            ),
            step("mail", message("visit/mail", Some(3))),
            step("more", Action::Enter { journey: Text::new("extra"), next: None }),
        ],
    );
    visit.again = crate::journey::Again::After(Span(5 * HOUR.0));
    visit.exits = vec![event_named("Purchase")];
    visit.priority = 80;
    let mut marked = journey("marked", "Never", vec![step("mail", message("marked/mail", None))]);
    marked.entry = Some(moves("segment/told", 1));
    let mut gold = journey("gold", "Never", vec![step("hook", message("gold/hook", None))]);
    gold.entry = Some(moves("segment/gold", 1));
    gold.again = crate::journey::Again::Once;
    let mut extra = journey("extra", "Never", vec![step("rest", wait(HOUR, None))]);
    extra.entry = None;
    vec![left, visit, marked, gold, extra]
}

fn campaigns() -> Vec<Campaign> {
    let mails = ["left/mail", "visit/mail", "marked/mail"].into_iter().zip([50, 80, 50]);
    let mails = mails.map(|(id, priority)| campaign(id, Channel::Email, priority));
    mails.chain(["left/hook", "gold/hook"].map(|id| campaign(id, Channel::Webhook, 50))).collect()
}

/// Who does what, so many minutes after the last.
fn deeds() -> impl Strategy<Value = Vec<(u32, usize, i64)>> {
    prop::collection::vec((0..USERS, 0..4usize, prop_oneof![0..10i64, 0..400i64]), 1..120)
}

/// As it can be compared: the place in the order of arrival is that of all users, or of one.
fn told(played: &Played) -> (Vec<Told>, &Vec<Decided>, Vec<String>) {
    let told = played.told.iter().map(|told| Told { after: 0, ..told.clone() });
    let written = played.emitted.iter().map(|event| format!("{event:?}"));
    let updated = played.updated.iter().map(|update| format!("{update:?}"));
    (told.collect(), &played.messages, written.chain(updated).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn everybody_at_once_is_everybody_alone(deeds in deeds()) {
        let theatre = Theatre::new(campaigns(), USERS);
        let parts = theatre.parts();
        let mut now = at("2026-03-02T10:00:00Z");
        let mut events: Vec<(u32, Event)> = Vec::new();
        for (n, (user, name, minutes)) in deeds.into_iter().enumerate() {
            // No two things of one user fall on one millisecond of a minute: whether a window ends just before
            // or just after something that happens then is decided by what came in first.
            now = now.plus(Span(minutes * 60_000 + 1));
            let name = ["Visit", "Cart", "Purchase", "Other"][name];
            events.push((user, event(n as u128 + 1, name, now)));
        }
        let (from, to) = (at("2026-01-01T00:00:00Z"), now.plus(Span::days(4)));
        let scene = theatre.scene(journeys(), &parts, (from, to));
        let together = Driver::new(&scene).run(&events, to.minus(Span(1)));
        let mut n = 0;
        for (user, together) in &together {
            let own = events.iter().filter(|(of, _)| of == user).map(|(_, event)| event.clone());
            let own: Vec<Event> = own.collect();
            let history = history(*user, &own);
            let alone = Rehearsal::play(&scene, UserIndex(*user), &history);
            prop_assert_eq!(told(&alone), told(together));
            prop_assert_eq!(alone.endless, None);
            n += alone.told.len();
        }
        let visits = events.iter().filter(|(_, event)| event.name == "Visit").count();
        prop_assert!(n > 0 || visits == 0, "nothing was told");
    }
}
