//! Order, pace, bounds, giving up.

use super::*;

const NOW: Timestamp = Timestamp(1_000_000);
const PACE: Pace =
    Pace { first: Span(100), longest: Span(1_000), attempts: 6, attempts_refused: 2 };

fn message(n: usize, user: &str) -> Message {
    Message {
        id: format!("msg_{n}"),
        body: "{}".into(),
        user: user.into(),
        known_at: NOW + Span(n as i64),
        attempts: 0,
    }
}

fn failed(refused: bool) -> Outcome {
    Outcome::Failed { why: "HTTP 500".into(), refused, pause: None }
}

#[test]
fn messages_of_one_user_go_one_after_the_other() {
    let mut queue = Queue::new(PACE);
    for n in 0..3 {
        assert!(queue.offer(message(n, "ada")));
    }
    for n in 0..3 {
        let due = queue.due(NOW);
        assert_eq!(due.len(), 1);
        assert_eq!(due[0].1.id, format!("msg_{n}"));
        assert!(queue.due(NOW).is_empty() && queue.next_due().is_none(), "one at a time");
        assert_eq!(queue.settle(due[0].0, Outcome::Delivered, NOW, 0.5), None);
    }
    assert!(queue.is_empty() && queue.oldest().is_none());
}

#[test]
fn what_fails_is_tried_again_ever_later_and_then_given_up() {
    let mut queue = Queue::new(PACE);
    queue.offer(message(0, "ada"));
    queue.offer(message(1, "ada"));
    let mut now = NOW;
    for wait in [100, 200, 400, 800, 1_000] {
        let lane = queue.due(now)[0].0;
        assert_eq!(queue.settle(lane, failed(false), now, 1.0), None);
        assert!(queue.due(now + Span(wait - 1)).is_empty());
        now = now + Span(wait);
        assert_eq!(queue.next_due(), Some(now));
    }
    let lane = queue.due(now)[0].0;
    let (given_up, why) = queue.settle(lane, failed(false), now, 1.0).unwrap();
    assert_eq!((given_up.id.as_str(), given_up.attempts, why.as_str()), ("msg_0", 6, "HTTP 500"));
    assert_eq!(queue.due(now)[0].1.id, "msg_1", "the next is not held up");
}

#[test]
fn chance_spreads_attempts_over_half_of_the_time() {
    for (chance, least, most) in
        [(0.0, 200, 200), (0.5, 290, 310), (1.0, 400, 400), (7.0, 400, 400)]
    {
        let wait = PACE.after(3, chance).0;
        assert!((least..=most).contains(&wait), "{chance}: {wait}");
    }
    assert_eq!(PACE.after(u32::MAX, 1.0), PACE.longest);
}

#[test]
fn a_message_that_is_refused_is_given_up_sooner_and_a_pause_is_kept() {
    let mut queue = Queue::new(PACE);
    queue.offer(message(0, "ada"));
    let lane = queue.due(NOW)[0].0;
    let outcome = Outcome::Failed { why: "HTTP 429".into(), refused: true, pause: Some(Span(700)) };
    queue.settle(lane, outcome, NOW, 0.0);
    assert_eq!(queue.next_due(), Some(NOW + Span(700)));
    queue.due(NOW + Span(700));
    assert!(queue.settle(lane, failed(true), NOW, 0.0).is_some());
    let endless = Outcome::Failed { why: String::new(), refused: false, pause: Some(Span::MAX) };
    queue.offer(message(1, "ada"));
    queue.due(NOW);
    queue.settle(lane, endless, NOW, 0.0);
    assert_eq!(queue.next_due(), Some(NOW + PACE.longest));
}

#[test]
fn what_is_known_is_not_taken_twice_and_room_is_bounded() {
    let mut queue = Queue::new(PACE);
    for n in 0..MESSAGES_MAX {
        assert!(queue.offer(message(n, &format!("u{n}"))));
    }
    assert!(!queue.offer(message(MESSAGES_MAX, "ada")), "there is no room");
    assert!(queue.offer(message(3, "u3")), "it waits already");
    assert_eq!((queue.len(), queue.oldest()), (MESSAGES_MAX, Some(NOW)));
    while !queue.is_empty() {
        for (lane, _) in queue.due(NOW) {
            queue.settle(lane, Outcome::Delivered, NOW, 0.0);
        }
    }
    assert!(queue.offer(message(3, "u3")) && queue.is_empty(), "it was sent");
    assert!(queue.again(message(3, "u3")));
    assert_eq!(queue.len(), 1, "unless somebody asks for it");
    for n in 0..2 * REMEMBERED {
        queue.remember(format!("other {n}"));
    }
    assert!(queue.remembered.len() <= REMEMBERED && queue.order.len() <= REMEMBERED);
}
