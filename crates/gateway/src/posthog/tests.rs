use super::*;
use crate::tests::{arrival, check_promises, hold, lines, received};

fn decoded(json: &str) -> Decoded {
    let content = crate::sniff::content(json.as_bytes(), None, "").unwrap();
    let decoded = decode(&content, arrival(), None).unwrap();
    check_promises(&decoded);
    decoded
}

fn check(json: &str, expected: &[&str]) {
    let decoded = decoded(json);
    assert_eq!(decoded.rejected, [], "{json}");
    assert_eq!(lines(&decoded.records), expected, "{json}");
}

fn first(json: &str) -> (String, EventId) {
    match decoded(json).records.into_iter().next().unwrap().what {
        What::Event(event) => (event.time.to_string(), event.id),
        What::Identify(change) => (change.time.to_string(), change.id),
        other => panic!("{other:?}"),
    }
}

const NODE: &str = r#"{"api_key":"WK1","batch":[
 {"uuid":"0190a1f2-0000-7000-8000-000000000001","event":"Order Completed","distinct_id":"u1","timestamp":"2026-11-22T07:00:00.000Z","properties":{"total":99.5,"$groups":{"company":"acme"},"$lib":"posthog-node","utm_source":null}},
 {"uuid":"2","event":"$identify","distinct_id":"u1","timestamp":"2026-11-22T07:00:01.000Z","properties":{"$set":{"plan":"pro"},"$set_once":{"first":"x"}}},
 {"uuid":"3","event":"$create_alias","distinct_id":"u1","properties":{"distinct_id":"u1","alias":"old"}},
 {"uuid":"4","event":"$groupidentify","distinct_id":"$company_acme","properties":{"$group_type":"company","$group_key":"acme","$group_set":{"seats":7}}}],
 "sent_at":"2026-11-22T07:09:24.000Z"}"#;

const WEB: &str = r#"[
 {"uuid":"a","event":"$pageview","properties":{"token":"WK1","distinct_id":"d1","$device_id":"d1","$process_person_profile":false,"$is_identified":false,"title":"Shop"},"timestamp":"2026-11-22T07:00:00.000Z"},
 {"uuid":"b","event":"$identify","properties":{"token":"WK1","distinct_id":"u1","$device_id":"d1","$anon_distinct_id":"d1","$user_id":"u1","$is_identified":true},"$set":{"email":"a@b.c"},"$set_once":{"$initial_utm_source":null,"$initial_pathname":"/"},"timestamp":"2026-11-22T07:00:01.000Z"},
 {"uuid":"c","event":"$set","properties":{"token":"WK1","distinct_id":"u1","$device_id":"d1","$set":{"plan":"pro","old":null,"utm_medium":null},"$unset":["gone"]}},
 {"uuid":"d","event":"Bought","properties":{"token":"WK1","distinct_id":"u1","$device_id":"d1","$is_identified":true,"$set":{"last":"x"}}},
 {"uuid":"e","event":"$opt_in","properties":{"token":"WK1","distinct_id":"u1"}},
 {"uuid":"f","event":"$set_once","distinct_id":"u1","$set_once":{"first":"x"},"properties":{"token":"WK1"}}]"#;

#[test]
fn a_batch_of_the_node_library() {
    check(
        NODE,
        &[
            "user=u1 | Order Completed $groups.company=acme $lib=posthog-node total=99.5",
            "user=u1 | change plan=pro first:once(x)",
            "user=u1 | alias old",
            "user=group:company:acme | change seats=7",
        ],
    );
    assert_eq!(decoded(NODE).write_key.as_deref(), Some("WK1"));
}

#[test]
fn events_of_the_web_library() {
    check(
        WEB,
        &[
            "anonymous=d1 | $pageview $device_id=d1 title=Shop",
            "user=u1 anonymous=d1 | change email=a@b.c $initial_pathname:once(/)",
            "user=u1 | change gone=null old=null plan=pro",
            "user=u1 | change last=x",
            "user=u1 | Bought $device_id=d1",
            "user=u1 | change consent.tracking=true",
            "user=u1 | $opt_in",
            "user=u1 | change first:once(x)",
        ],
    );
    assert_eq!(decoded(WEB).write_key.as_deref(), Some("WK1"));
}

#[test]
fn a_device_is_not_a_person() {
    let event = |fields: &str| format!(r#"{{"event":"E","properties":{{{fields}}}}}"#);
    // After a logout the device stays and the visitor is another one.
    check(
        &event(r#""distinct_id":"d2","$device_id":"d1","$is_identified":false"#),
        &["anonymous=d2 | E $device_id=d1"],
    );
    check(&event(r#""distinct_id":"d1","$device_id":"d1""#), &["anonymous=d1 | E $device_id=d1"]);
    check(&event(r#""distinct_id":"x","$process_person_profile":false"#), &["anonymous=x | E"]);
    check(&event(r#""distinct_id":"x","$process_person_profile":true"#), &["user=x | E"]);
    let newer =
        r#"{"event":"E","distinct_id":"x","options":{"process_person_profile":false,"more":{}}}"#;
    check(newer, &["anonymous=x | E"]);
    check(
        r#"{"event":"E","distinct_id":"top","properties":{"distinct_id":"inner"}}"#,
        &["user=top | E"],
    );
    check(
        r#"{"event":"E","properties":{"distinct_id":"inner"},"distinct_id":null}"#,
        &["user=inner | E"],
    );
}

#[test]
fn times_and_ids() {
    let event = |fields: &str| format!(r#"{{"event":"E","distinct_id":"u"{fields}}}"#);
    let batch = |sent: &str| {
        let event = event(r#","timestamp":"2026-11-22T07:00:00Z""#);
        format!(r#"{{"batch":[{event}],"sent_at":"{sent}"}}"#)
    };
    assert_eq!(first(&batch("2026-11-22T07:09:20Z")).0, "2026-11-22T07:00:00.000Z");
    assert_eq!(first(&batch("2026-11-22T06:09:25Z")).0, "2026-11-22T08:00:00.000Z");
    let right =
        event(r#","timestamp":"2026-11-22T07:00:00Z","options":{"disable_skew_correction":true}"#);
    let right = format!(r#"{{"batch":[{right}],"sent_at":"2026-11-22T06:09:25Z"}}"#);
    assert_eq!(first(&right).0, "2026-11-22T07:00:00.000Z");
    assert_eq!(first(&event(r#","offset":5000"#)).0, "2026-11-22T07:09:20.000Z");
    assert_eq!(first(&event("")).0, received().to_string());
    assert_eq!(first(&event(r#","uuid":"x""#)).1, EventId::of("x"));
    assert_eq!(first(&event(r#","properties":{"$insert_id":"y"}"#)).1, EventId::of("y"));
    let stamped = event(r#","timestamp":"2026-11-22T07:00:00Z""#);
    assert_eq!(first(&stamped), first(&stamped));
}

#[test]
fn bad_events_cost_nobody_else() {
    let json = r#"{"api_key":"k","batch":[{"event":"A","distinct_id":"u","uuid":"1"},{"event":"B","uuid":"2"},
        {"distinct_id":"u"},5,{"event":"$groupidentify","distinct_id":"r","uuid":"5"},
        {"event":"$create_alias","distinct_id":"u","properties":{}},
        {"event":"C","distinct_id":"undefined"},{"event":"D","distinct_id":"u","uuid":"8"}]}"#;
    let read = decoded(json);
    assert_eq!(lines(&read.records), ["user=u | A", "user=u | D"]);
    let codes: Vec<_> = read.rejected.iter().map(|r| (r.index, r.code)).collect();
    let expected = [
        (1, "event.no_user"),
        (2, "event.no_name"),
        (3, "event.malformed"),
        (4, "event.no_group"),
        (5, "event.no_previous_id"),
        (6, "event.id_of_nobody"),
    ];
    assert_eq!(codes, expected);
    let content = crate::sniff::content(json.as_bytes(), None, "").unwrap();
    let answer = answers::results(&uuids(&content), &read.rejected);
    let told: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(told["results"]["1"]["result"], "ok");
    assert_eq!(told["results"]["8"]["result"], "ok");
    assert_eq!(told["results"]["2"]["result"], "drop");
    assert!(told["results"]["5"]["details"].as_str().unwrap().starts_with("event.no_group"));
    assert_eq!(told["results"].as_object().unwrap().len(), 4);
}

#[test]
fn answers_are_those_that_the_libraries_understand() {
    assert_eq!((answers::taken().status, answers::taken().body.as_str()), (200, r#"{"status":1}"#));
    let flags: serde_json::Value = serde_json::from_str(&answers::flags("r-1").body).unwrap();
    assert_eq!((&flags["flags"], &flags["requestId"]), (&serde_json::json!({}), &"r-1".into()));
    assert_eq!(flags["errorsWhileComputingFlags"], false);
    assert!(answers::config().body.contains(r#""supportedCompression":["gzip","gzip-js"]"#));
    let refused = answers::refused(401, "auth.unknown_key", "no");
    assert!(refused.status == 401 && refused.body.contains("authentication_error"));
}

#[test]
fn anything_is_read_or_refused() {
    const NAMES: &[&str] = &[
        "api_key",
        "token",
        "batch",
        "event",
        "uuid",
        "distinct_id",
        "timestamp",
        "offset",
        "properties",
        "$set",
        "$set_once",
        "$unset",
        "$device_id",
        "$anon_distinct_id",
        "alias",
        "$group_type",
        "$group_key",
        "$group_set",
        "$process_person_profile",
        "$is_identified",
        "sent_at",
    ];
    hold(NAMES, &[NODE, WEB], |content| decode(content, arrival(), None));
}
