//! A rehearsal does what the fold does by hand, and a population user by user what live does with all at once.

mod crowd;

use std::collections::BTreeMap;
use std::sync::Arc;

use experiment::assign::{Arms, Groups, Share};
use model::{AttributeChange, Event, EventId, Identity, Record, Span, Text, Timestamp, Who, Zone};
use model::{UserIndex, Value};
use segment::evaluate::{UserEvent, UserHistory};
use segment::live::{Program, Watched, What as Watch};

use super::*;
use crate::journey::tests::{
    at, completed, event_named, journey, line, message, rules, step, wait, way,
};
use crate::journey::{Action, Condition, Emitted, Goal, Happening, Journey, Since};
use crate::outreach::{Again, Delivery, Standing};
use crate::schedule::quiet_hours::{Hours, Policy as OnQuiet, Window};
use crate::schedule::{Channel, Channels, Minute, caps};

const HOUR: Span = Span(3_600_000);

fn campaign(id: &str, channel: Channel, priority: u8) -> Campaign {
    Campaign {
        id: Text::new(id),
        channel,
        trigger: Trigger::Named,
        again: Again::Always,
        arms: Arms::equal(["only".into()]).unwrap(),
        control: Share::NONE,
        groups: Vec::new(),
        by: None,
        winner: None,
        labels: Labels(0),
        label_names: Vec::new(),
        topic: None,
        free_text: Vec::new(),
        transactional: false,
        priority,
        hours: None,
        delivery: Delivery::default(),
        standing: Standing::Running,
        since: Timestamp::MIN,
    }
}

/// Nothing at night, and two mails in a day.
fn policy() -> Policy {
    let minute = |hour: u16| Minute::at(hour as _, 0).unwrap();
    let scope = caps::Scope::ALL;
    Policy {
        seed: 7,
        control: Share::percent(10.0).unwrap(),
        groups: Groups::default(),
        caps: vec![caps::Rule::Limit { limit: 2, window: Span::days(1), scope }],
        caps_in_words: vec!["two a day".into()],
        quiet: Hours::quiet(Channels::ALL, vec![Window::daily(minute(21), minute(7))]),
        on_quiet: OnQuiet::Delay,
        legal_hours: false,
        zone: Zone::utc(),
    }
}

fn watched(key: &str, written: &str) -> Watched {
    let (definition, problems) = segment::parse(written);
    assert!(problems.is_empty(), "{written}: {problems:?}");
    Watched { key: Text::new(key), what: Watch::Segment(definition) }
}

fn program() -> Program {
    let definitions = [
        watched("segment/left", "did \"Cart\" and then not \"Purchase\" for 2h"),
        watched("segment/often", "did \"Visit\" at least 2 times in last 6h"),
        watched("segment/gold", "tier = \"gold\""),
        watched("segment/told", "did \"Marked\" in last 3h"),
    ];
    let (program, refused) = Program::compile(&rules(), &definitions, None);
    assert!(refused.is_empty(), "{refused:?}");
    program
}

fn moves(watch: &str, to: u8) -> Happening {
    Happening::Moves { watch: Text::new(watch), from: vec![], to: vec![to] }
}

/// Users with an address, but for every fourth.
fn people(n: u32) -> Fold {
    let mut fold = Fold::new();
    for user in 0..n {
        let mut identities = Vec::new();
        if user % 4 != 3 {
            identities.push(Identity::new(Identity::EMAIL, format!("{user}@example.com")));
        }
        let user_id = Some(Text::from(format!("user {user}")));
        let who = Who { user_id, anonymous_id: None, identities };
        let change = AttributeChange::set(Timestamp(0), EventId(u128::from(user) + 1), vec![]);
        let what = model::What::Identify(change);
        let step = fold.step(&Record { received_at: Timestamp(0), who, what });
        assert_eq!(step.user, UserIndex(user));
    }
    fold
}

fn no_address(_: &str, _: &str) -> Option<Text> {
    None
}

fn no_labels(_: &str) -> Labels {
    Labels(0)
}

/// Everything that the rehearsal of many journeys needs.
struct Theatre {
    program: Program,
    campaigns: BTreeMap<Text, Campaign>,
    policy: Policy,
    fold: Fold,
}

impl Theatre {
    fn new(campaigns: Vec<Campaign>, n_users: u32) -> Theatre {
        let campaigns = campaigns.into_iter().map(|of| (of.id.clone(), of)).collect();
        Theatre { program: program(), campaigns, policy: policy(), fold: people(n_users) }
    }

    fn parts(&self) -> BTreeMap<Text, Part<'_>> {
        let part = |campaign| Part { campaign, matches: None, audience: None, answer: None };
        self.campaigns.iter().map(|(id, campaign)| (id.clone(), part(campaign))).collect()
    }

    fn scene<'a>(
        &'a self,
        journeys: Vec<Journey>,
        parts: &'a BTreeMap<Text, Part<'a>>,
        between: (Timestamp, Timestamp),
    ) -> Scene<'a> {
        let book = Arc::new(Book::new(journeys.into_iter().map(Arc::new).collect()));
        let setting = Setting {
            policy: &self.policy,
            fold: &self.fold,
            address: &no_address,
            labels: &no_labels,
        };
        Scene::new(book, (&self.program, parts), setting, between)
    }
}

fn event(n: u128, name: &str, time: Timestamp) -> Event {
    let id = EventId(n << 64 | 1 << 127);
    Event { name: Text::new(name), time, id, properties: Vec::new() }
}

fn history(user: u32, events: &[Event]) -> UserHistory {
    let events = events.iter().zip(1..).map(|(event, arrival)| UserEvent {
        name: event.name.clone(),
        time: event.time,
        id: event.id,
        derived: false,
        arrival,
        properties: event.properties.clone(),
    });
    let id = Text::from(format!("user {user}"));
    UserHistory { id, events: events.collect(), attributes: BTreeMap::new() }
}

fn story(played: &Played) -> Vec<String> {
    played.told.iter().map(line).collect()
}

fn ever() -> (Timestamp, Timestamp) {
    (at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"))
}

/// A visit to a cart, an hour for a purchase, and a mail by day.
fn cart() -> Journey {
    let any = vec![(way("bought", None), event_named("Purchase"))];
    let mut cart = journey(
        "cart",
        "Cart",
        vec![
            step(
                "window",
                Action::WaitFor { any, within: HOUR, otherwise: Some(1), since: Since::Step },
            ),
            step("mail", message("cart/mail", None)),
        ],
    );
    cart.transactional = true;
    cart.goals = vec![Goal {
        id: Text::new("purchase"),
        when: event_named("Purchase"),
        within: Span::days(3),
        exits: false,
    }];
    cart
}

#[test]
fn a_wait_ends_to_the_millisecond_and_quiet_hours_put_a_message_off() {
    let mail = Campaign { control: Share::NONE, ..campaign("cart/mail", Channel::Email, 50) };
    let mut theatre = Theatre::new(vec![mail], 1);
    theatre.policy.control = Share::NONE;
    let parts = theatre.parts();
    let scene = theatre.scene(vec![cart()], &parts, ever());
    let play = |events: &[Event]| {
        let history = history(0, events);
        let played = Rehearsal::play(&scene, UserIndex(0), &history);
        (story(&played), played)
    };
    let cart = event(1, "Cart", at("2026-03-02T10:00:00Z"));
    let (told, played) =
        play(&[cart.clone(), event(2, "Purchase", at("2026-03-02T10:59:59.999Z"))]);
    let expected = [
        "2026-03-02T10:00 in to window",
        "2026-03-02T10:59:59.999 window -bought-> out: completed",
    ];
    assert_eq!(told, expected);
    assert!(played.messages.is_empty());
    assert_eq!(played.reached.len(), 1);
    // At the very end it is too late.
    let (told, played) = play(&[cart, event(2, "Purchase", at("2026-03-02T11:00:00Z"))]);
    assert_eq!(told[1], "2026-03-02T11:00 window -otherwise-> mail");
    assert!(matches!(played.messages[0].decision, Decision::Send { .. }));
    assert_eq!(told[2], format!("2026-03-02T11:00 {}", completed("mail")));
    // At night it waits for the morning.
    let (told, played) = play(&[event(1, "Cart", at("2026-03-02T20:30:00Z"))]);
    assert!(matches!(played.messages[0].decision, Decision::Later { .. }));
    assert_eq!(played.messages[1].at, at("2026-03-03T07:00:00Z"));
    assert_eq!(told[2], format!("2026-03-03T07:00 {}", completed("mail")));
}

#[test]
fn a_message_that_waits_for_the_morning_goes_no_more_if_its_user_is_out_by_then() {
    let mut theatre = Theatre::new(vec![campaign("cart/mail", Channel::Email, 50)], 1);
    theatre.policy.control = Share::NONE;
    let parts = theatre.parts();
    let mut cart = cart();
    cart.goals[0].exits = true;
    let scene = theatre.scene(vec![cart], &parts, ever());
    let came = event(1, "Cart", at("2026-03-02T20:30:00Z"));
    let bought = event(2, "Purchase", at("2026-03-02T23:00:00Z"));
    let played = Rehearsal::play(&scene, UserIndex(0), &history(0, &[came, bought]));
    let decided: Vec<(Timestamp, Option<&str>)> = played
        .messages
        .iter()
        .map(|decided| match &decided.decision {
            Decision::Withheld { reason, .. } => (decided.at, Some(reason.word())),
            _ => (decided.at, None),
        })
        .collect();
    let (night, morning) = (at("2026-03-02T21:30:00Z"), at("2026-03-03T07:00:00Z"));
    assert_eq!(decided, [(night, None), (morning, Some("not_qualified"))]);
    assert_eq!(story(&played).last().unwrap(), "2026-03-02T23:00 mail  out: goal purchase");
}

#[test]
fn a_campaign_that_sends_once_has_one_message_however_often_it_waits() {
    let (of, problems) = segment::parse("did \"Cart\"");
    assert!(problems.is_empty());
    let segment::Predicate::Event(carts) = of else { panic!("no event") };
    let matches = Matches::of(&carts.of, &rules()).unwrap();
    let trigger = Trigger::Event(carts.of);
    let once = Campaign { trigger, again: Again::Once, ..campaign("once", Channel::Email, 50) };
    let mut theatre = Theatre::new(vec![once], 4);
    theatre.policy.control = Share::NONE;
    let mut parts = theatre.parts();
    parts.get_mut("once").unwrap().matches = Some(&matches);
    let carts = ["2026-03-02T22:00:00Z", "2026-03-02T23:00:00Z", "2026-03-03T12:00:00Z"];
    let events: Vec<Event> =
        carts.iter().zip(1..).map(|(when, n)| event(n, "Cart", at(when))).collect();
    let play = |user: u32, reach: Reach| {
        let scene = theatre.scene(vec![], &parts, ever()).with_reach(reach);
        Rehearsal::play(&scene, UserIndex(user), &history(user, &events)).messages
    };
    let messages = play(0, Reach::Known);
    let when: Vec<Timestamp> = messages.iter().map(|decided| decided.at).collect();
    assert_eq!(when, ["2026-03-02T22:00:00Z", "2026-03-03T07:00:00Z"].map(at));
    assert!(matches!(messages[1].decision, Decision::Send { .. }));
    assert_eq!(messages[1].assumed, None);
    // Of the fourth no address is known: the first cause is the last, unless they are taken to be reachable.
    let messages = play(3, Reach::Known);
    assert!(matches!(&messages[..], [Decided { decision: Decision::Withheld { .. }, .. }]));
    let messages = play(3, Reach::Assumed);
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[1].assumed, Some(Reason::NoAddress));
}

#[test]
fn whoever_came_before_the_period_is_not_in_and_moves_are_right_from_its_first_instant() {
    let mut left = journey("left", "Never", vec![step("rest", wait(HOUR, None))]);
    left.entry = Some(moves("segment/left", 1));
    left.transactional = true;
    let theatre = Theatre::new(vec![], 1);
    let parts = theatre.parts();
    let events = [event(1, "Cart", at("2026-03-02T10:00:00Z"))];
    let history = history(0, &events);
    let told = |from: &str| {
        let scene =
            theatre.scene(vec![left.clone()], &parts, (at(from), at("2026-03-03T00:00:00Z")));
        story(&Rehearsal::play(&scene, UserIndex(0), &history))
    };
    let in_and_out = [
        "2026-03-02T12:00 in to rest".to_owned(),
        format!("2026-03-02T13:00 {}", completed("rest")),
    ];
    assert_eq!(told("2026-03-02T12:00:00Z"), in_and_out);
    assert!(told("2026-03-02T12:00:00.001Z").is_empty());
}

#[test]
fn a_live_run_of_the_same_does_not_count_twice() {
    let theatre = Theatre::new(vec![campaign("cart/mail", Channel::Email, 50)], 1);
    let parts = theatre.parts();
    let scene = theatre.scene(vec![cart()], &parts, ever());
    let mut events = vec![event(1, "Cart", at("2026-03-02T10:00:00Z"))];
    let first = Rehearsal::play(&scene, UserIndex(0), &history(0, &events));
    events.extend(first.told.iter().map(Told::event));
    let mut queued = event(9, "Message Queued", at("2026-03-02T11:00:00Z"));
    let text = |name: &str, value: &str| (Text::new(name), Value::text(value));
    queued.properties = vec![text("campaign", "cart/mail"), text("channel", "email")];
    events.push(queued);
    events.sort_by_key(|event| event.time);
    let second = Rehearsal::play(&scene, UserIndex(0), &history(0, &events));
    assert_eq!(story(&first), story(&second));
    assert_eq!(first.messages, second.messages);
    assert!(first.told.len() > 2);
}

#[test]
fn messages_of_others_count_for_caps_as_they_were() {
    let mut theatre = Theatre::new(vec![campaign("cart/mail", Channel::Email, 50)], 1);
    theatre.policy.control = Share::NONE;
    let parts = theatre.parts();
    let mut scene = theatre.scene(vec![cart()], &parts, ever());
    let text = |name: &str, value: &str| (Text::new(name), Value::text(value));
    let queued = |n: u128, when: &str| Event {
        properties: vec![text("campaign", "other"), text("channel", "email")],
        ..event(n, "Message Queued", at(when))
    };
    let events = [
        queued(1, "2026-03-01T12:00:00Z"),
        queued(2, "2026-03-02T09:00:00Z"),
        event(3, "Cart", at("2026-03-02T10:00:00Z")),
    ];
    let history = history(0, &events);
    let mut decision = |counts: bool| {
        scene.counts_real = counts;
        Rehearsal::play(&scene, UserIndex(0), &history).messages[0].decision.clone()
    };
    assert!(matches!(decision(false), Decision::Send { .. }));
    let capped = decision(true);
    assert!(
        matches!(&capped, Decision::Withheld { reason, .. } if reason.word() == "frequency_cap")
    );
}

#[test]
fn of_messages_that_are_due_at_one_instant_the_higher_priority_takes_the_cap() {
    let mut theatre = Theatre::new(vec![campaign("cart/mail", Channel::Email, 50)], 1);
    theatre.policy.control = Share::NONE;
    let parts = theatre.parts();
    let text = |name: &str, value: &str| (Text::new(name), Value::text(value));
    let queued = |n: u128, campaign: &str, when: &str| Event {
        properties: vec![text("campaign", campaign), text("channel", "email")],
        ..event(n, "Message Queued", at(when))
    };
    // One message of another campaign by day, and one that waited for the morning, too.
    let events = [
        event(3, "Cart", at("2026-03-02T20:30:00Z")),
        queued(1, "other", "2026-03-02T20:40:00Z"),
        queued(2, "other", "2026-03-03T07:00:00Z"),
    ];
    let sent = |priority: Option<u8>| {
        let priority = move |_: &str| priority;
        let scene = theatre.scene(vec![cart()], &parts, ever()).with_priorities(&priority);
        let played = Rehearsal::play(&scene, UserIndex(0), &history(0, &events));
        let last = played.messages.last().unwrap();
        assert_eq!(last.at, at("2026-03-03T07:00:00Z"));
        matches!(last.decision, Decision::Send { .. })
    };
    assert_eq!([Some(40), Some(60), None].map(sent), [true, false, false]);
}

#[test]
fn steps_that_let_themselves_in_again_come_to_an_end() {
    let emit = Action::Emit { name: Text::new("Again"), properties: vec![], next: None };
    let mut own = journey("own", "Again", vec![step("emit", emit)]);
    own.transactional = true;
    let theatre = Theatre::new(vec![], 1);
    let parts = theatre.parts();
    let scene = theatre.scene(vec![own], &parts, ever());
    let when = at("2026-03-02T10:00:00Z");
    let history = history(0, &[event(1, "Again", when)]);
    let played = Rehearsal::play(&scene, UserIndex(0), &history);
    assert_eq!(played.endless, Some(when));
    assert!(played.emitted.len() <= INPUTS_MAX + 1);
}
