//! What listeners hear, what is kept, and what numbers say.

use engine::live::{Transition, WatchId};
use model::UserIndex;

use super::*;
use crate::live::{Counted, Flow};

const NOW: Timestamp = Timestamp(1_700_000_000_000);

fn segment() -> Arc<Watched> {
    Arc::new(Watched::segment("loyal"))
}

fn told(watched: &Arc<Watched>, user: u64, from: u8, to: u8) -> Told {
    let transition = Transition {
        user: UserIndex(user as u32),
        watch: WatchId(0),
        at: NOW,
        recorded_at: NOW,
        from,
        to,
        cause: Cause::Record,
        correction: Correction::None,
    };
    Told { user: format!("u{user}").into(), watched: Arc::clone(watched), transition }
}

fn batch(transitions: Vec<Told>) -> Published {
    Published { exact_as_of: Some(NOW), transitions, ..Published::default() }
}

fn event(n: u64) -> Accepted {
    Accepted {
        user: format!("u{n}").into(),
        name: Text::new("Purchase"),
        time: NOW,
        received_at: NOW,
        properties: Vec::new(),
    }
}

fn listen() -> Listen {
    Listen { events: true, bounded: true, after: None }
}

#[tokio::test]
async fn a_listener_hears_each_once_with_growing_numbers() {
    let (hub, watched) = (Hub::new(), segment());
    hub.publish(batch(vec![told(&watched, 0, 0, 1)]));
    let (mut subscription, replay) = hub.subscribe(listen()).unwrap();
    assert!(replay.transitions.is_empty() && replay.missed.is_none());
    hub.publish(Published { events: vec![event(1)], ..batch(vec![told(&watched, 1, 0, 1)]) });
    hub.publish(batch((2..10_000).map(|n| told(&watched, n, 0, 1)).collect()));
    let mut heard = Vec::new();
    while heard.len() < 9_999 {
        let batch = subscription.next().await.unwrap();
        assert!(batch.transitions.len() <= TRANSITIONS_OF_BATCH);
        heard.extend((batch.first..).zip(batch.transitions.iter().cloned()));
    }
    let users: Vec<_> = heard.iter().map(|(_, told)| told.transition.user.0).collect();
    assert_eq!(users, (1..10_000).collect::<Vec<u32>>());
    assert!(heard.is_sorted_by(|a, b| a.0 < b.0));
    hub.close();
    assert_eq!(subscription.next().await.unwrap_err(), Ended::Closed);
    assert!(hub.subscribe(listen()).is_none(), "nobody joins after the end");
}

#[tokio::test]
async fn going_on_where_one_stopped_brings_back_what_came_between() {
    let (hub, watched) = (Hub::new(), segment());
    hub.publish(batch((0..10).map(|n| told(&watched, n, 0, 1)).collect()));
    let after = hub.position();
    hub.publish(Published { events: vec![event(1)], ..batch(vec![told(&watched, 10, 0, 1)]) });
    let (mut subscription, replay) =
        hub.subscribe(Listen { after: Some(after), ..listen() }).unwrap();
    hub.publish(batch(vec![told(&watched, 11, 0, 1)]));
    assert_eq!(replay.missed, None);
    let numbers: Vec<u64> = replay.transitions.iter().map(|(n, _)| *n).collect();
    assert_eq!(numbers, [after.number + 1]);
    assert_eq!(replay.events[0].0, after.number + 2);
    assert_eq!(subscription.next().await.unwrap().first, after.number + 3);

    let early = Position { number: 3, ..after };
    let replay = hub.subscribe(Listen { after: Some(early), ..listen() }).unwrap().1;
    assert_eq!((replay.transitions.len(), replay.missed), (9, None));
}

#[test]
fn what_has_left_is_said_to_be_missed() {
    let (hub, watched) = (Hub::new(), segment());
    let start = hub.position();
    for _ in 0..3 {
        hub.publish(batch((0..1_000).map(|n| told(&watched, n, 0, 1)).collect()));
    }
    let replay = hub.subscribe(Listen { after: Some(start), ..listen() }).unwrap().1;
    let missed = Missed { restarted: false, transitions: true, events: false };
    assert_eq!(replay.missed, Some(missed));
    assert_eq!(replay.transitions.len(), LATEST);
    assert_eq!(replay.transitions[0].0, 2_001);

    let other = Position { run: start.run.wrapping_add(1), number: 2_999 };
    let replay = hub.subscribe(Listen { after: Some(other), ..listen() }).unwrap().1;
    assert_eq!(replay.missed, Some(Missed { restarted: true, transitions: true, events: true }));
    assert_eq!(replay.transitions.len(), LATEST);
}

#[tokio::test]
async fn who_does_not_keep_up_is_let_go_and_room_is_bounded() {
    let (hub, watched) = (Hub::new(), segment());
    let (mut slow, _) = hub.subscribe(listen()).unwrap();
    for n in 0..BATCHES_WAITING as u64 + 1 {
        hub.publish(batch(vec![told(&watched, n, 0, 1)]));
    }
    assert_eq!(slow.next().await.unwrap_err(), Ended::TooSlow(1));
    assert!(hub.lock().transitions.len <= LATEST + TRANSITIONS_OF_BATCH);
}

#[test]
fn listeners_are_counted_and_events_only_made_for_them() {
    let hub = Hub::new();
    assert_eq!(hub.events_wanted(), EVENTS_UNHEARD);
    let all: Vec<_> = (0..LISTENERS_MAX).map(|_| hub.subscribe(listen()).unwrap()).collect();
    assert_eq!(hub.events_wanted(), EVENTS_OF_BATCH);
    assert!(hub.subscribe(listen()).is_none());
    assert!(hub.subscribe(Listen::default()).is_some(), "the server's own are not counted");
    drop(all);
    assert_eq!(hub.events_wanted(), EVENTS_UNHEARD);
    assert!(hub.subscribe(listen()).is_some());
}

#[test]
fn numbers_follow_what_is_told() {
    let (hub, watched) = (Hub::new(), segment());
    let watch =
        Watch { watched: Arc::clone(&watched), standing: Standing::Joining { done: 5, total: 10 } };
    hub.publish(Published { watches: vec![watch.clone()], ..Published::default() });
    let view = hub.view(NOW, 10);
    assert_eq!(view.exact_as_of, None);
    assert_eq!(view.watches["segment/loyal"].standing, Standing::Joining { done: 5, total: 10 });

    let mut late = told(&watched, 3, 0, 1);
    late.transition.at = Timestamp(NOW.0 - 7_200_000);
    late.transition.correction = Correction::Added;
    let mut revoked = told(&watched, 1, 0, 1);
    revoked.transition.correction = Correction::Revoked;
    let mut found = told(&watched, 4, 0, 1);
    found.transition.cause = Cause::Definition;
    let all = vec![found, told(&watched, 1, 0, 1), told(&watched, 2, 1, 0), late, revoked];
    hub.publish(Published {
        watches: vec![Watch { standing: Standing::Live, ..watch }],
        counts: vec![Counted { watched: Arc::clone(&watched), users: vec![8, 2] }],
        ..batch(all.clone())
    });
    let view = hub.view(NOW, 2);
    let row = &view.watches["segment/loyal"];
    assert_eq!((row.standing, &row.users[..]), (Standing::Live, &[8, 2][..]));
    assert_eq!(row.flows[0].minute, Flow { entered: 0, left: 1 });
    assert_eq!(row.flows[0].day, Flow { entered: 1, left: 1 });
    assert_eq!(view.transitions, [all[4].clone(), all[3].clone()], "the latest, newest first");

    hub.publish(Published { gone: vec![watched.key.clone()], ..Published::default() });
    assert!(hub.view(NOW, 1).watches.is_empty());
}

#[test]
fn other_states_begin_with_other_numbers() {
    let hub = Hub::new();
    let places = |names: &[&str]| {
        let places = names.iter().map(Text::new).collect();
        Arc::new(Watched { key: Text::new("lifecycle/default"), places })
    };
    let (before, after) = (places(&["new", "active"]), places(&["active"]));
    let counted = |watched: &Arc<Watched>, users| Counted { watched: Arc::clone(watched), users };
    hub.publish(Published {
        counts: vec![counted(&before, vec![0, 1, 2])],
        ..batch(vec![told(&before, 1, 1, 2)])
    });
    assert_eq!(hub.view(NOW, 0).watches["lifecycle/default"].flows[1].minute.entered, 1);
    hub.publish(Published { counts: vec![counted(&after, vec![0, 3])], ..Published::default() });
    let row = hub.view(NOW, 0).watches["lifecycle/default"].clone();
    assert_eq!((row.users, row.flows), (vec![0, 3], vec![Flows::default()]));
}

#[test]
fn what_was_told_before_the_start_counts_and_is_not_told_again() {
    let (hub, watched) = (Hub::new(), segment());
    hub.recall(vec![told(&watched, 1, 0, 1)]);
    let view = hub.view(NOW, 10);
    assert_eq!(view.watches["segment/loyal"].flows[0].minute.entered, 1);
    assert_eq!(view.transitions.len(), 1);
}
