//! Decisions, one after the other in the order in which they are made, and the laws that hold for all.

use std::collections::BTreeMap;

use experiment::assign::{Arms, Groups, Named, Share};
use model::{
    AttributeChange, EventId, Identity, Record, Span, Text, Timestamp, UserIndex, Value, What, Who,
    Zone,
};

use super::*;
use crate::fold::Fold;
use crate::schedule::caps::{Labels, Rule, Scope};
use crate::schedule::quiet_hours::{Hours, Policy as OnQuiet, Window};
use crate::schedule::{Channel, Channels, Minute};
use crate::subscription::Blocked;

const ADA: UserIndex = UserIndex(0);

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn policy() -> Policy {
    Policy {
        seed: 7,
        control: Share::NONE,
        groups: Groups::default(),
        caps: Vec::new(),
        caps_in_words: Vec::new(),
        quiet: None,
        on_quiet: OnQuiet::Delay,
        legal_hours: false,
        zone: Zone::utc(),
    }
}

fn campaign() -> Campaign {
    Campaign {
        id: "hello".into(),
        channel: Channel::Email,
        trigger: Trigger::Named,
        again: Again::Always,
        arms: Arms::equal(["a".into(), "b".into()]).unwrap(),
        control: Share::NONE,
        groups: Vec::new(),
        by: None,
        winner: None,
        labels: Labels(0),
        label_names: Vec::new(),
        topic: None,
        free_text: Vec::new(),
        transactional: false,
        priority: 50,
        hours: None,
        delivery: Delivery::default(),
        standing: Standing::Running,
        since: Timestamp::MIN,
    }
}

fn candidate(campaign: &Campaign, user: UserIndex, at: Timestamp) -> Candidate {
    Candidate {
        campaign: campaign.id.clone(),
        user,
        message: Candidate::message(campaign, user, "cause"),
        run: "run".into(),
        at,
        due: at,
        missed: false,
        event: None,
    }
}

/// A world with one person, who has an address.
struct World {
    fold: Fold,
    attributes: BTreeMap<&'static str, Value>,
    contacts: Contacts,
    policy: Policy,
    today: u64,
}

fn world() -> World {
    let mut fold = Fold::new();
    let who = Who {
        user_id: Some("ada".into()),
        anonymous_id: None,
        identities: vec![Identity::new(Identity::EMAIL, "ada@example.com")],
    };
    let change = AttributeChange::set(Timestamp(0), EventId(1), vec![]);
    fold.step(&Record { received_at: Timestamp(0), who, what: What::Identify(change) });
    let (attributes, contacts) = (BTreeMap::new(), Contacts::default());
    World { fold, attributes, contacts, policy: policy(), today: 0 }
}

impl World {
    fn decide(&self, campaign: &Campaign, now: Timestamp) -> Decision {
        self.decide_for(campaign, &candidate(campaign, ADA, now), now)
    }

    fn decide_for(&self, campaign: &Campaign, candidate: &Candidate, now: Timestamp) -> Decision {
        self.decide_by((campaign, Reach::Known), candidate, now)
    }

    fn decide_by(
        &self,
        (campaign, reach): (&Campaign, Reach),
        candidate: &Candidate,
        now: Timestamp,
    ) -> Decision {
        let attribute = |name: &str| self.attributes.get(name).cloned();
        let address = |_: &str, written: &str| Some(Text::new(written));
        let person = Person {
            user: candidate.user,
            fold: &self.fold,
            attribute: &attribute,
            address: &address,
        };
        let known =
            Known { policy: &self.policy, contacts: &self.contacts, today: self.today, now, reach };
        decide(campaign, candidate, &person, &known)
    }
}

fn reason(decision: &Decision) -> (&'static str, bool) {
    match decision {
        Decision::Withheld { reason, variant, .. } => (reason.word(), variant.is_some()),
        Decision::HeldOut(group) => match group.as_str() {
            "workspace" => ("workspace", false),
            "campaign" => ("campaign", false),
            _ => ("all", false),
        },
        Decision::Later { reason, variant, .. } => (reason, variant.is_some()),
        Decision::Send { .. } => ("send", true),
    }
}

#[test]
fn what_is_known_before_the_draw_leaves_people_out_of_it_and_what_comes_after_does_not() {
    let now = at("2026-03-02T12:00:00Z");
    let mut world = world();
    let all = Share::ALL;
    // Everybody is held out; and still who cannot be reached is in no group.
    let held = Campaign { control: all, ..campaign() };
    assert_eq!(world.decide(&held, now), Decision::HeldOut("campaign".into()));
    world.attributes.insert("subscription.email", Value::Bool(false));
    let blocked = Reason::Blocked(Blocked::Channel);
    let out = |reason| Decision::Withheld { reason, detail: String::new(), variant: None };
    assert_eq!(world.decide(&held, now), out(blocked.clone()));
    assert_eq!(world.decide(&campaign(), now), out(blocked));
    let push = Campaign { channel: Channel::Push, control: all, ..campaign() };
    assert_eq!(world.decide(&push, now), out(Reason::NoAddress));
    // A trial that takes everybody to be reachable draws them like others, and sends nothing to an address.
    for of in [campaign(), Campaign { channel: Channel::Push, ..campaign() }] {
        let trial = world.decide_by((&of, Reach::Assumed), &candidate(&of, ADA, now), now);
        let Decision::Send { places, .. } = trial else { panic!("{trial:?}") };
        assert_eq!(places.iter().map(|place| &place.to).collect::<Vec<_>>(), [&To::Person]);
    }
    let trial = world.decide_by((&held, Reach::Assumed), &candidate(&held, ADA, now), now);
    assert_eq!(trial, Decision::HeldOut("campaign".into()));
    world.attributes.clear();
    // The workspace's group comes first, and transactional messages know no group.
    world.policy.control = all;
    assert_eq!(world.decide(&held, now), Decision::HeldOut("workspace".into()));
    let code = Campaign { transactional: true, ..held };
    assert_eq!(reason(&world.decide(&code, now)), ("send", true));
    world.policy.control = Share::NONE;
    // Limits, hours and caps come after the draw: the variant is told.
    world.today = 3;
    let limited = Campaign {
        delivery: Delivery { most_per_day: Some(3), ..Delivery::default() },
        ..campaign()
    };
    assert_eq!(reason(&world.decide(&limited, now)), ("daily_limit", true));
    let over =
        Campaign { delivery: Delivery { until: Some(now), ..Delivery::default() }, ..campaign() };
    assert_eq!(reason(&world.decide(&over, now)), ("cut_off", true));
    let stopped = Campaign { standing: Standing::Stopped, ..campaign() };
    assert_eq!(reason(&world.decide(&stopped, now)), ("campaign_stopped", false));
    let paused = Campaign { standing: Standing::Paused, ..campaign() };
    assert_eq!(reason(&world.decide(&paused, now)), (PAUSED, true));
}

#[test]
fn a_topic_blocks_only_its_own_campaigns() {
    let now = at("2026-03-02T12:00:00Z");
    let mut world = world();
    let of = |topic: &str, by_default| Campaign {
        topic: Some((topic.into(), by_default)),
        ..campaign()
    };
    assert_eq!(reason(&world.decide(&of("news", true), now)), ("send", true));
    assert_eq!(reason(&world.decide(&of("offers", false), now)), ("topic_unsubscribed", false));
    world.attributes.insert("subscription.email.news", Value::Bool(false));
    assert_eq!(reason(&world.decide(&of("news", true), now)), ("topic_unsubscribed", false));
    assert_eq!(reason(&world.decide(&campaign(), now)), ("send", true));
}

#[test]
fn caps_roll_over_channels_and_are_not_taken_by_what_does_not_go() {
    let now = at("2026-03-02T12:00:00Z");
    let mut world = world();
    world.policy.caps = vec![Rule::Limit { limit: 2, window: Span::days(1), scope: Scope::ALL }];
    world.policy.caps_in_words = vec!["at most 2 in 1d".into()];
    let go = |world: &mut World, campaign: &Campaign, at: Timestamp| {
        let decision = world.decide(campaign, at);
        if let Decision::Send { .. } = decision {
            world.contacts.add(ADA, &campaign.id, campaign.message(), at);
        }
        reason(&decision).0
    };
    let sms = Campaign { id: "sms".into(), channel: Channel::Sms, ..campaign() };
    world.attributes.insert("phone", Value::text("+14155550100"));
    assert_eq!(go(&mut world, &campaign(), now), "send");
    assert_eq!(go(&mut world, &sms, now.plus(Span::HOUR)), "send");
    assert_eq!(go(&mut world, &campaign(), now.plus(Span(2 * Span::HOUR.0))), "frequency_cap");
    // A day after the first of the two, to the millisecond.
    let later = now.plus(Span::DAY);
    assert_eq!(go(&mut world, &campaign(), later.minus(Span(1))), "frequency_cap");
    assert_eq!(go(&mut world, &campaign(), later), "send");
    // What was asked for, and what waits in a page until somebody comes, is not capped.
    let code = Campaign { transactional: true, ..campaign() };
    assert_eq!(go(&mut world, &code, later), "send");
    let card = Campaign { channel: Channel::Inbox, ..campaign() };
    assert_eq!(go(&mut world, &card, later), "send");
}

#[test]
fn r22_quiet_hours_are_those_of_the_users_clock_in_the_night_it_changes() {
    let mut world = world();
    let night = Window::daily(Minute::at(22, 0).unwrap(), Minute::at(8, 0).unwrap());
    world.policy.quiet = Hours::quiet(Channels::ALL, vec![night]);
    let until = |world: &World, now: &str| match world.decide(&campaign(), at(now)) {
        Decision::Later { due, reason: "quiet_hours", .. } => Some(due.to_string()),
        Decision::Send { .. } => None,
        other => panic!("{other:?}"),
    };
    assert_eq!(until(&world, "2026-03-02T12:00:00Z"), None);
    let morning = Some("2026-03-03T08:00:00.000Z".to_owned());
    assert_eq!(until(&world, "2026-03-02T22:00:00Z"), morning);
    assert_eq!(until(&world, "2026-03-03T08:00:00Z"), None);
    // In Berlin the night of 29 March has an hour less, that of 25 October one more.
    world.attributes.insert("timezone", Value::text("Europe/Berlin"));
    let spring = Some("2026-03-29T06:00:00.000Z".to_owned());
    assert_eq!(until(&world, "2026-03-28T22:30:00Z"), spring);
    let autumn = Some("2026-10-25T07:00:00.000Z".to_owned());
    assert_eq!(until(&world, "2026-10-24T21:30:00Z"), autumn);
    // Or nothing is sent at all.
    let discard = Campaign {
        delivery: Delivery { on_quiet: Some(OnQuiet::Discard), ..Delivery::default() },
        ..campaign()
    };
    let decision = world.decide(&discard, at("2026-10-24T21:30:00Z"));
    assert_eq!(reason(&decision), ("quiet_hours", true));
}

#[test]
fn a_pause_is_kept_between_two_messages_of_one_campaign() {
    let now = at("2026-03-02T12:00:00Z");
    let mut world = world();
    let again = Campaign { again: Again::After(Span::days(30)), ..campaign() };
    world.contacts.add(ADA, &again.id, again.message(), now);
    let other = Campaign { id: "other".into(), ..again.clone() };
    assert_eq!(reason(&world.decide(&other, now)), ("send", true));
    let free = now.plus(Span::days(30));
    assert_eq!(reason(&world.decide(&again, free.minus(Span(1)))), ("too_soon_again", false));
    assert_eq!(reason(&world.decide(&again, free)), ("send", true));
}

#[test]
fn r32_caps_of_two_users_hold_for_both_when_they_turn_out_to_be_one() {
    let now = at("2026-03-02T12:00:00Z");
    let mut contacts = Contacts::default();
    let (a, b) = (UserIndex(3), UserIndex(5));
    contacts.add(a, &"one".into(), campaign().message(), now);
    contacts.add(b, &"one".into(), campaign().message(), now.plus(Span(5)));
    contacts.add(b, &"two".into(), campaign().message(), now.minus(Span(5)));
    contacts.merge(b, a);
    let times: Vec<i64> =
        contacts.of(a).unwrap().all().iter().map(|contact| contact.at().0 - now.0).collect();
    assert_eq!(times, [-5, 0, 5]);
    assert_eq!(contacts.last(a, &"one".into()), Some(now.plus(Span(5))));
    assert_eq!(contacts.last(a, &"two".into()), Some(now.minus(Span(5))));
    assert_eq!((contacts.of(b), contacts.sent(&"one".into())), (None, 2));
    contacts.forget(a);
    assert_eq!((contacts.of(a), contacts.last(a, &"one".into())), (None, None));
}

#[test]
fn draws_stay_the_same_and_have_nothing_to_do_with_each_other() {
    let policy = Policy { control: Share::percent(5.0).unwrap(), ..policy() };
    let of =
        |id: &str| Campaign { id: id.into(), control: Share::percent(20.0).unwrap(), ..campaign() };
    let (one, two) = (of("one"), of("two"));
    let (mut held, mut both, mut a) = (0_u32, 0_u32, 0_u32);
    for user in (0..20_000).map(UserIndex) {
        let group = one.held_out(&policy, user);
        assert_eq!(group, one.clone().held_out(&policy, user));
        // Whoever the workspace holds out is held out everywhere.
        let workspace = group == Some("workspace".into());
        assert_eq!(workspace, two.held_out(&policy, user) == Some("workspace".into()));
        if workspace {
            continue;
        }
        held += u32::from(group.is_some());
        both += u32::from(group.is_some() && two.held_out(&policy, user).is_some());
        a += u32::from(one.arm(&policy, user) == "a");
    }
    // 19,000 people: 20 %, 4 % and a half, each within five standard deviations.
    assert!((3_520..=4_080).contains(&held), "{held}");
    assert!((625..=895).contains(&both), "{both}");
    assert!((9_150..=9_850).contains(&a), "{a}");
}

#[test]
fn a_named_group_is_held_out_by_the_campaigns_that_name_it_and_by_no_other() {
    let now = at("2026-03-02T12:00:00Z");
    let mut world = world();
    let group = |id: &str, percent| Named {
        id: id.into(),
        share: Share::percent(percent).unwrap(),
        apart: Some("tests".into()),
    };
    world.policy.groups = Groups::new(vec![group("nobody", 0.0), group("all", 100.0)]).unwrap();
    let of = |groups: &[&str]| Campaign {
        groups: groups.iter().map(|id| Text::new(id)).collect(),
        ..campaign()
    };
    assert_eq!(reason(&world.decide(&of(&["nobody", "all"]), now)), ("all", false));
    assert_eq!(reason(&world.decide(&of(&["nobody"]), now)).0, "send");
    assert_eq!(reason(&world.decide(&of(&[]), now)).0, "send");
    // The workspace's group comes first, the campaign's own last; transactional messages know none.
    let own = Campaign { control: Share::ALL, ..of(&["all"]) };
    assert_eq!(reason(&world.decide(&own, now)).0, "all");
    let code = Campaign { transactional: true, ..own.clone() };
    assert_eq!(reason(&world.decide(&code, now)).0, "send");
    world.policy.control = Share::ALL;
    assert_eq!(reason(&world.decide(&own, now)).0, "workspace");
}

#[test]
fn fifty_contents_go_by_a_value_and_the_default_to_everybody_else() {
    let now = at("2026-03-02T12:00:00Z");
    let mut world = world();
    let contents = (0..50).map(|n| (format!("city {n}").into(), format!("v{n}").into())).collect();
    let by = ByAttribute { attribute: "city".into(), contents, default: "other".into() };
    let campaign = Campaign { by: Some(by), ..campaign() };
    let mut content = |value: Option<Value>| {
        world.attributes = value.map(|value| ("city", value)).into_iter().collect();
        match world.decide(&campaign, now) {
            Decision::Send { variant, .. } => variant.to_string(),
            other => panic!("{other:?}"),
        }
    };
    for n in 0..50 {
        assert_eq!(content(Some(Value::text(&format!("city {n}")))), format!("v{n}"));
    }
    for value in [None, Some(Value::Null), Some(Value::text("city 50")), Some(Value::Int(7))] {
        assert_eq!(content(value), "other");
    }
    let by = ByAttribute {
        attribute: "n".into(),
        contents: [("7".into(), "seven".into()), ("true".into(), "yes".into())].into(),
        default: "other".into(),
    };
    assert_eq!(by.content(Some(&Value::Int(7))), "seven");
    assert_eq!(by.content(Some(&Value::Bool(true))), "yes");
    assert_eq!(by.content(Some(&Value::Bool(false))), "other");
}

#[test]
fn nothing_is_sent_after_the_cut_off_or_above_the_limits_of_the_campaign() {
    let now = at("2026-03-02T12:00:00Z");
    let mut world = world();
    let of = |delivery: Delivery| Campaign { delivery, ..campaign() };
    let until = of(Delivery { until: Some(now), ..Delivery::default() });
    assert_eq!(reason(&world.decide(&until, now.minus(Span(1)))).0, "send");
    assert_eq!(reason(&world.decide(&until, now.plus(Span(1)))), ("cut_off", true));
    let most = of(Delivery { most: Some(2), ..Delivery::default() });
    let daily = of(Delivery { most_per_day: Some(3), ..Delivery::default() });
    let message = campaign().message();
    for (n, expected) in [(0, "send"), (1, "send"), (2, "campaign_limit")] {
        assert_eq!(reason(&world.decide(&most, now)).0, expected, "{n}");
        world.contacts.add(UserIndex(9), &"hello".into(), message, now);
    }
    for (today, expected) in [(2, "send"), (3, "daily_limit")] {
        world.today = today;
        assert_eq!(reason(&world.decide(&daily, now)).0, expected, "{today}");
    }
}

#[test]
fn a_push_goes_to_the_device_that_was_active_last_or_to_all_of_them() {
    let now = at("2026-03-02T12:00:00Z");
    let mut world = world();
    for (n, (device, seen)) in [("old", 100), ("new", 300), ("middle", 200)].into_iter().enumerate()
    {
        let who = Who::of(Some("ada".into()), Some(device.into()));
        let id = EventId(100 + n as u128);
        let seen = Timestamp(seen);
        let facts = vec![(
            Text::const_new(model::facts::TOKEN_FCM),
            Value::text(&format!("token of {device}")),
        )];
        let about = model::About::Device;
        let facts = model::Facts { time: seen, id, about, attributes: vec![], facts };
        world.fold.step(&Record { received_at: seen, who, what: What::Facts(facts) });
    }
    let devices = |all_devices: bool| -> Vec<String> {
        let delivery = Delivery { all_devices, ..Delivery::default() };
        let push = Campaign { channel: Channel::Push, delivery, ..campaign() };
        match world.decide(&push, now) {
            Decision::Send { places, .. } => places
                .into_iter()
                .map(|place| match place.to {
                    To::Device { device, .. } => device.to_string(),
                    other => panic!("{other:?}"),
                })
                .collect(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(devices(false), ["new"]);
    assert_eq!(devices(true), ["new", "middle", "old"]);
}

#[test]
fn once_a_content_has_won_everybody_who_is_drawn_gets_it_and_control_groups_stay() {
    let policy = policy();
    let before = Campaign { control: Share::percent(20.0).unwrap(), ..campaign() };
    let after = Campaign { winner: Some("b".into()), ..before.clone() };
    let mut arms = BTreeMap::new();
    for user in (0..1_000).map(UserIndex) {
        assert_eq!(before.held_out(&policy, user), after.held_out(&policy, user));
        assert_eq!(after.arm(&policy, user), "b");
        *arms.entry(before.arm(&policy, user).clone()).or_insert(0) += 1;
    }
    assert_eq!(arms.len(), 2, "{arms:?}");
}

#[test]
fn the_id_of_a_message_is_that_of_its_cause_and_leads_to_its_user() {
    let campaign = campaign();
    let of = |user: u32, cause: &str| Candidate::message(&campaign, UserIndex(user), cause);
    assert_eq!(of(4, "x"), of(4, "x"));
    let mut ids = vec![of(4, "x"), of(5, "x"), of(4, "y"), of(u32::MAX - 1, "x")];
    for id in &ids {
        assert_eq!(id.to_string().len(), 32);
        assert_eq!(EventId::of(&id.to_string()), *id);
    }
    assert_eq!(Candidate::user_of(ids[3]), UserIndex(u32::MAX - 1));
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 4);
    let once = Campaign { again: Again::Once, ..campaign.clone() };
    let message = |cause: &str| Candidate::message(&once, ADA, cause);
    assert_eq!(message("x"), message("y"));
}

#[test]
fn free_text_on_whatsapp_goes_for_a_day_after_the_person_wrote() {
    let mut world = world();
    let who = Who {
        user_id: Some("ada".into()),
        identities: vec![Identity::new(Identity::PHONE, "+491701234567")],
        ..Who::default()
    };
    let change = AttributeChange::set(Timestamp(0), EventId(2), vec![]);
    world.fold.step(&Record { received_at: Timestamp(0), who, what: What::Identify(change) });
    let free = Campaign {
        channel: Channel::WhatsApp,
        transactional: true,
        free_text: vec!["a".into(), "b".into()],
        ..campaign()
    };
    let now = at("2026-03-02T12:00:00Z");
    assert_eq!(reason(&world.decide(&free, now)), ("window_closed", true));
    // A template needs no window.
    let template = Campaign { free_text: Vec::new(), ..free.clone() };
    assert_eq!(reason(&world.decide(&template, now)), ("send", true));
    world.attributes.insert(LAST_WROTE, Value::Time(at("2026-03-01T12:00:00.001Z")));
    assert_eq!(reason(&world.decide(&free, now)), ("send", true));
    // The day is over to the millisecond.
    world.attributes.insert(LAST_WROTE, Value::Time(at("2026-03-01T12:00:00Z")));
    assert_eq!(reason(&world.decide(&free, now)), ("window_closed", true));
}
