//! What a webhook takes, and what it reads again.

use std::sync::Arc;

use engine::live::{Cause, Transition, WatchId};
use model::{Text, UserIndex};

use super::*;
use crate::live::Watched;
use crate::webhooks::queue::MESSAGES_MAX;

const NOW: Timestamp = Timestamp(1_700_000_000_000);

fn saved(watches: Option<&str>, kinds: &str, corrections: bool) -> SavedWebhook {
    SavedWebhook {
        id: "wh_1".into(),
        url: "http://127.0.0.1:1/".into(),
        watches: watches.map(str::to_owned),
        kinds: kinds.into(),
        corrections,
        secret: Secret("whsec_".into()),
        created_at: NOW,
        settled_until: NOW,
    }
}

fn told(n: u32, key: &str, (from, to): (u8, u8), correction: Correction) -> Told {
    let transition = Transition {
        user: UserIndex(n),
        watch: WatchId(0),
        at: NOW,
        recorded_at: NOW + model::Span(i64::from(n)),
        from,
        to,
        cause: Cause::Record,
        correction,
    };
    let places = vec![Text::new("a"), Text::new("b")];
    let watched = Arc::new(Watched { key: Text::new(key), places });
    Told { user: format!("u{n}").into(), watched, transition }
}

fn entered(n: u32) -> Told {
    told(n, "segment/a", (0, 1), Correction::None)
}

fn with(saved: SavedWebhook) -> Webhooks {
    let webhooks = Webhooks::default();
    webhooks.load(Vec::new());
    webhooks.add(saved);
    webhooks
}

fn waiting(webhooks: &Webhooks) -> usize {
    webhooks.status("wh_1").unwrap().0.waiting as usize
}

fn deliver_all(webhooks: &Webhooks) -> Vec<String> {
    let mut sent = Vec::new();
    loop {
        let jobs = webhooks.due(NOW);
        if jobs.is_empty() {
            return sent;
        }
        for job in jobs {
            sent.push(job.message.id.clone());
            assert_eq!(webhooks.settle(&job, Outcome::Delivered, NOW, 0.5), None);
        }
    }
}

#[test]
fn a_webhook_takes_what_it_was_made_for() {
    let all = [
        told(1, "segment/a", (0, 1), Correction::None),
        told(2, "segment/a", (1, 0), Correction::None),
        told(3, "lifecycle/default", (1, 2), Correction::None),
        told(4, "segment/a", (0, 1), Correction::Added),
        told(5, "segment/a", (0, 1), Correction::Revoked),
        told(6, "segment/b", (0, 1), Correction::None),
    ];
    let every = r#"["entered","left","changed"]"#;
    for (webhook, expected) in [
        (saved(None, every, true), 6),
        (saved(None, every, false), 4),
        (saved(Some(r#"["segment/a"]"#), every, false), 2),
        (saved(Some(r#"["segment/a"]"#), r#"["entered"]"#, true), 3),
        (saved(Some(r#"["lifecycle/default"]"#), r#"["entered"]"#, true), 0),
    ] {
        let webhooks = with(webhook);
        webhooks.offer(&all);
        assert_eq!(waiting(&webhooks), expected);
    }
}

#[test]
fn what_does_not_fit_is_read_again_and_sent_once() {
    let webhooks = with(saved(None, r#"["entered"]"#, false));
    let n = MESSAGES_MAX as u32 + 500;
    // Many at one instant: only skipping gets past them.
    let all: Vec<Told> = (0..n)
        .map(|n| {
            let mut told = entered(n);
            told.transition.recorded_at = NOW;
            told
        })
        .collect();
    webhooks.offer(&all);
    assert_eq!(waiting(&webhooks), MESSAGES_MAX);
    assert!(webhooks.behind().is_empty(), "there is no room yet");
    assert_eq!(webhooks.settled(Some(NOW + model::Span::DAY)), [], "nothing is settled");
    let mut sent = deliver_all(&webhooks);
    while let Some((id, behind)) = webhooks.behind().pop() {
        assert_eq!(behind.since, NOW);
        let rest: Vec<Told> = all.iter().skip(behind.skip).take(1_000).cloned().collect();
        webhooks.caught_up(&id, Some(&rest), rest.len() < 1_000);
        sent.extend(deliver_all(&webhooks));
    }
    assert_eq!(sent.len(), all.len());
    sent.sort();
    sent.dedup();
    assert_eq!(sent.len(), all.len());
    let until = NOW + model::Span::DAY;
    assert_eq!(webhooks.settled(Some(until)), [("wh_1".to_owned(), until)]);
    assert_eq!(webhooks.settled(Some(until)), [], "it is told once");
}

#[test]
fn what_cannot_be_read_again_is_counted_as_missed() {
    let webhooks = with(saved(None, r#"["entered"]"#, false));
    webhooks.offer(&(0..MESSAGES_MAX as u32 + 7).map(entered).collect::<Vec<_>>());
    deliver_all(&webhooks);
    webhooks.caught_up("wh_1", None, true);
    assert_eq!(webhooks.status("wh_1").unwrap().0.missed, 7);
    webhooks.offer(&[entered(1_000_000)]);
    assert_eq!(waiting(&webhooks), 1, "it goes on");
}

#[test]
fn how_far_a_webhook_has_come_ends_before_what_waits() {
    let webhooks = with(saved(None, r#"["entered"]"#, false));
    webhooks.offer(&[entered(5), entered(9)]);
    let later = Some(NOW + model::Span::MINUTE);
    assert_eq!(webhooks.settled(later), [("wh_1".to_owned(), NOW + model::Span(5))]);
    deliver_all(&webhooks);
    assert_eq!(webhooks.settled(None), [], "nobody knows what is still to be taken");
    assert_eq!(webhooks.settled(later).len(), 1);
    webhooks.remove("wh_1");
    assert_eq!(webhooks.status("wh_1"), None);
}

#[test]
fn a_start_reads_what_became_known_meanwhile() {
    let webhooks = Webhooks::default();
    webhooks.load(vec![saved(None, r#"["entered"]"#, false)]);
    webhooks.offer(&[entered(3)]);
    let (id, behind) = webhooks.behind().pop().unwrap();
    assert_eq!((behind.since, behind.skip), (NOW, 0));
    webhooks.caught_up(&id, Some(&[entered(1), entered(2), entered(3)]), true);
    assert_eq!(deliver_all(&webhooks).len(), 3);
}

#[test]
fn failures_show_until_something_arrives() {
    let webhooks = with(saved(None, r#"["entered"]"#, false));
    webhooks.offer(&[entered(1)]);
    let job = webhooks.due(NOW).remove(0);
    let failed = Outcome::Failed { why: "HTTP 500".into(), refused: false, pause: None };
    webhooks.settle(&job, failed, NOW, 0.0);
    let status = webhooks.status("wh_1").unwrap().0;
    assert_eq!((status.failing_since, status.last_error), (Some(NOW), Some("HTTP 500".into())));
    let due = webhooks.next_due().unwrap();
    let job = webhooks.due(due).remove(0);
    webhooks.settle(&job, Outcome::Delivered, due, 0.0);
    let status = webhooks.status("wh_1").unwrap().0;
    assert_eq!((status.failing_since, status.delivered, status.waiting), (None, 1, 0));
}

#[test]
fn reading_again_goes_on_near_where_it_ended() {
    let at = |second: i64| {
        let mut told = entered(second as u32);
        told.transition.recorded_at = NOW + Span(second * 1_000);
        told
    };
    let mut behind = Behind { since: NOW, skip: 0, refused: 0 };
    let read: Vec<Told> = (0..40).map(at).collect();
    // It goes back by the margin from the last one.
    behind.advance(&read);
    assert_eq!((behind.since, behind.skip), (NOW + Span(29_000), 0));
    // Where everything read lies within the margin, it is stepped over.
    behind.advance(&read[29..35]);
    assert_eq!((behind.since, behind.skip), (NOW + Span(29_000), 6));
    behind.advance(&read[35..40]);
    assert_eq!((behind.since, behind.skip), (NOW + Span(29_000), 11));
    behind.advance(&(40..60).map(at).collect::<Vec<_>>());
    assert_eq!((behind.since, behind.skip), (NOW + Span(49_000), 0));
    behind.advance(&[]);
    assert_eq!((behind.since, behind.skip), (NOW + Span(49_000), 0));
}
