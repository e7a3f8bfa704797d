//! What a client reads.

use std::sync::Arc;

use engine::live::{Cause, Correction, Transition, WatchId};
use model::{UserIndex, Value};
use serde_json::json;

use super::*;
use crate::live::{Counted, Hub, Listen, Missed, Published, Standing, Watch, Watched};

const NOW: Timestamp = Timestamp(1_700_000_000_000);

fn query(kind: &str, watch: &str, user: &str, event: &str) -> Result<Wanted, Failure> {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Wanted::read(&LiveStreamQuery {
        kind: text(kind),
        watch: text(watch),
        user: text(user),
        event: text(event),
    })
}

fn stream(wanted: Wanted) -> Stream {
    Stream::new(wanted, Sight::default(), Position { run: 0xabc, number: 6 })
}

fn told(user: &str, key: &str) -> Told {
    let transition = Transition {
        user: UserIndex(1),
        watch: WatchId(0),
        at: NOW,
        recorded_at: NOW,
        from: 0,
        to: 1,
        cause: Cause::Time,
        correction: Correction::None,
    };
    let watched = Arc::new(Watched { key: Text::new(key), places: vec![Text::new("in")] });
    Told { user: Text::new(user), watched, transition }
}

fn accepted(user: &str, name: &str) -> Accepted {
    Accepted {
        user: Text::new(user),
        name: Text::new(name),
        time: NOW,
        received_at: NOW,
        properties: vec![(Text::new("note"), Value::Text(Text::from("a\nb".repeat(100))))],
    }
}

fn batch() -> Batch {
    Batch {
        first: 7,
        exact_as_of: Some(NOW),
        transitions: Arc::new(vec![told("ada", "segment/a"), told("bob", "segment/b")]),
        events: Arc::new(vec![accepted("ada", "Purchase"), accepted("bob", "Refund")]),
        events_skipped: 3,
    }
}

/// Name, id and data of every event of a text.
fn read(text: &str) -> Vec<(String, String, serde_json::Value)> {
    let field = |block: &str, name: &str| {
        let found = block.lines().find_map(|line| line.strip_prefix(name));
        found.unwrap_or_default().to_owned()
    };
    let blocks = text.split_terminator("\n\n");
    blocks
        .map(|block| {
            assert!(block.lines().count() <= 3, "{block}");
            let data = serde_json::from_str(&field(block, "data: ")).unwrap();
            (field(block, "event: "), field(block, "id: "), data)
        })
        .collect()
}

fn names(text: &str) -> Vec<String> {
    read(text).into_iter().map(|(name, id, _)| format!("{name} {id}")).collect()
}

#[test]
fn everything_is_told_with_its_number() {
    let mut all = stream(query("", "", "", "").unwrap());
    let text = all.batch(&batch());
    let expected = [
        "transition 00000abc-7",
        "transition 00000abc-8",
        "event 00000abc-9",
        "event 00000abc-10",
        "skipped 00000abc-10",
    ];
    assert_eq!(names(&text), expected);
    let (_, _, first) = &read(&text)[0];
    assert_eq!(first["kind"], json!("entered"));
    assert_eq!((&first["from"], &first["to"]), (&json!(null), &json!("in")));
    let (_, _, event) = &read(&text)[2];
    let note = event["properties"]["note"].as_str().unwrap();
    assert!(note.len() < 210 && note.ends_with('…'), "{note}");
    assert_eq!(read(&text)[4].2, json!({"events": 3}));
    assert!(all.heartbeat().ends_with("id: 00000abc-10\n\n"));
}

#[test]
fn filters_leave_out_and_numbers_go_on() {
    for (kind, watch, user, event, expected) in [
        ("transitions", "", "", "", vec![7, 8]),
        ("transitions", "segment/b", "", "", vec![8]),
        ("transitions,events", "segment/b, segment/c", "", "Purchase", vec![8, 9, 10]),
        ("events", "", "bob", "", vec![10, 10]),
        ("events", "", "", "Purchase,Refund", vec![9, 10, 10]),
        ("counts", "", "", "", vec![]),
        ("", "", "nobody", "", vec![10]),
    ] {
        let mut stream = stream(query(kind, watch, user, event).unwrap());
        let numbers: Vec<String> = expected.iter().map(|n| format!("00000abc-{n}")).collect();
        let read = read(&stream.batch(&batch()));
        assert_eq!(read.into_iter().map(|(_, id, _)| id).collect::<Vec<_>>(), numbers, "{kind}");
        assert_eq!(stream.heard.number, 10, "{kind}");
    }
    assert_eq!(query("transition", "", "", "").unwrap_err().status, 400);
}

#[test]
fn what_came_between_is_told_in_its_order_and_what_is_missing_is_said() {
    let replay = Replay {
        position: Position { run: 0xabc, number: 6 },
        transitions: vec![(2, told("ada", "segment/a")), (5, told("bob", "segment/a"))],
        events: vec![(1, accepted("ada", "A")), (3, accepted("ada", "B")), (6, accepted("c", "C"))],
        missed: Some(Missed { restarted: false, transitions: false, events: true }),
    };
    let text = stream(query("", "", "", "").unwrap()).replay(&replay);
    let numbers: Vec<_> = read(&text).into_iter().map(|(_, id, _)| id).collect();
    let expected = ["", "00000abc-1", "00000abc-2", "00000abc-3", "00000abc-5", "00000abc-6"];
    assert_eq!(numbers, expected);
    let missed = json!({"reason": "too_old", "transitions": false, "events": true});
    assert_eq!(read(&text)[0].2, missed);
    let text = stream(query("transitions", "", "", "").unwrap()).replay(&replay);
    assert_eq!(names(&text).len(), 2, "events were not asked for, so that none are missing");
}

#[test]
fn numbers_are_sent_when_they_change() {
    let hub = Hub::new();
    let of = |id: &str| Arc::new(Watched::segment(id));
    let (a, b) = (of("a"), of("b"));
    let count =
        |watched: &Arc<Watched>, n| Counted { watched: Arc::clone(watched), users: vec![9, n] };
    let watch = Watch { watched: Arc::clone(&a), standing: Standing::Live };
    let publish = |published: Published| hub.publish(published);
    publish(Published {
        watches: vec![watch],
        counts: vec![count(&a, 1), count(&b, 2)],
        ..Published::default()
    });
    let mut stream = stream(query("counts", "", "", "").unwrap());
    let told = |stream: &mut Stream| {
        let view = hub.view(NOW, 0);
        let text = stream.counts(view.exact_as_of, &view.watches);
        let mut read = read(&text);
        let counts: Option<StreamCounts> =
            read.pop().map(|(_, _, data)| serde_json::from_value(data).unwrap());
        counts
    };
    let first = told(&mut stream).unwrap();
    let keys: Vec<_> = first.watches.iter().map(|row| row.watch.as_str()).collect();
    assert_eq!(keys, ["segment/a", "segment/b"]);
    assert_eq!(first.watches[0].places[0].users, Some(1));
    assert_eq!(told(&mut stream), None);

    publish(Published { counts: vec![count(&b, 3)], ..Published::default() });
    let next = told(&mut stream).unwrap();
    assert_eq!((next.watches.len(), next.watches[0].places[0].users), (1, Some(3)));
    publish(Published { exact_as_of: Some(NOW), ..Published::default() });
    let next = told(&mut stream).unwrap();
    assert_eq!((next.watches.len(), next.exact_as_of), (0, Some(NOW.to_string())));
    publish(Published { gone: vec![a.key.clone()], ..Published::default() });
    assert_eq!(told(&mut stream).unwrap().gone, ["segment/a"]);
    assert_eq!(told(&mut stream), None);
}

#[tokio::test]
async fn a_stream_begins_after_what_it_brought_back() {
    let hub = Hub::new();
    let publish = |n: usize| {
        let transitions = (0..n).map(|_| told("ada", "segment/a")).collect();
        hub.publish(Published { transitions, ..Published::default() });
    };
    publish(3);
    let after = Some(Position { number: 1, ..hub.position() });
    let (mut subscription, replay) = hub.subscribe(Listen { after, ..Listen::default() }).unwrap();
    publish(2);
    let mut stream = Stream::new(query("", "", "", "").unwrap(), Sight::default(), replay.position);
    let mut text = stream.replay(&replay);
    text += &stream.batch(&subscription.next().await.unwrap());
    let ids: Vec<_> = read(&text).into_iter().map(|(_, id, _)| id).collect();
    assert!(ids.iter().map(|id| id.split_once('-').unwrap().1).eq(["2", "3", "4", "5"]));
}

#[test]
fn the_end_says_why() {
    let stream = stream(query("", "", "", "").unwrap());
    assert_eq!(stream.end("too_slow"), "event: end\ndata: {\"reason\":\"too_slow\"}\n\n");
}
