use super::*;
use crate::tests::{arrival, check_promises, hold, lines, received};

fn decoded(json: &str) -> Decoded {
    let content = crate::sniff::content(json.as_bytes(), None, "").unwrap();
    let decoded = decode(&content, arrival(), Some("203.0.113.9")).unwrap();
    check_promises(&decoded);
    decoded
}

fn check(events: &str, expected: &[&str]) {
    let decoded = decoded(&format!(r#"{{"api_key":"k","events":[{events}]}}"#));
    assert_eq!(decoded.rejected, [], "{events}");
    assert_eq!(lines(&decoded.records), expected, "{events}");
}

fn first(json: &str) -> (Timestamp, EventId) {
    match decoded(json).records.into_iter().next().unwrap().what {
        What::Event(event) => (event.time, event.id),
        What::Identify(change) => (change.time, change.id),
        other => panic!("{other:?}"),
    }
}

const NODE: &str = r#"{"api_key":"WK1","events":[
 {"time":1795331300000,"insert_id":"ins-1","event_type":"Order Completed","user_id":"u1","device_id":"d1","event_properties":{"total":99.5,"a":{"b":1}},"groups":{"company":"acme"},"event_id":3,"session_id":-1,"platform":"Web","ip":"$remote","library":"amplitude-node-ts/1.5.73"},
 {"time":1795331301000,"insert_id":"ins-2","event_type":"$identify","user_id":"u1","device_id":"d1","user_properties":{"$set":{"plan":"pro"},"$setOnce":{"initial_utm_source":"EMPTY","initial_referrer":"EMPTY","first":"x"},"$unset":{"utm_source":"-"},"$add":{"n":1},"$append":{"tags":"a"},"$prepend":{"tags":["b"]},"$preInsert":{"tags":"c"},"$postInsert":{"tags":"d"},"$remove":{"tags":"e"}}},
 {"time":1795331302000,"insert_id":"ins-3","event_type":"$groupidentify","device_id":"d1","groups":{"company":["acme","bolt"]},"group_properties":{"$set":{"seats":7}}}],
 "options":{"min_id_length":1},"client_upload_time":"2026-11-22T07:09:20.000Z","request_metadata":{"sdk":{}}}"#;

#[test]
fn a_batch_of_the_node_library() {
    let decoded = decoded(NODE);
    assert_eq!((decoded.write_key.as_deref(), decoded.rejected.as_slice()), (Some("WK1"), &[][..]));
    let expected = [
        "user=u1 anonymous=d1 | Order Completed a.b=1 context.ip=203.0.113.9 \
         context.library=amplitude-node-ts/1.5.73 context.platform=Web event_id=3 groups.company=acme \
         session_id=-1 total=99.5",
        "user=u1 anonymous=d1 | change plan=pro utm_source=null first:once(x) n:add(1) \
         tags:append(a) tags:prepend(b) tags:union(c) tags:union(d) tags:remove(e)",
        "user=group:company:acme | change seats=7",
        "user=group:company:bolt | change seats=7",
    ];
    assert_eq!(lines(&decoded.records), expected);
}

#[test]
fn attributes_come_with_events_too_and_without_operators() {
    check(
        r#"{"event_type":"E","user_id":"u","user_properties":{"plan":"pro","$add":{"n":2}}}"#,
        &["user=u | change plan=pro n:add(2)", "user=u | E"],
    );
    check(
        r#"{"event_type":"$identify","device_id":"d","user_properties":{"$clearAll":"-"}}"#,
        &["anonymous=d | change clear"],
    );
    check(
        r#"{"event_type":"$identify","device_id":"d","user_id":"u","user_properties":{}}"#,
        &["user=u anonymous=d | change"],
    );
    let nothing = decoded(r#"{"events":[{"event_type":"$identify","device_id":"d"}]}"#);
    assert_eq!((nothing.records.len(), nothing.n_ignored), (0, 1));
}

#[test]
fn revenue_is_written_or_computed() {
    let check = |fields: &str, expected: &str| {
        let event = format!(
            r#"{{"event_type":"revenue_amount","user_id":"u","event_properties":{{{fields}}}}}"#
        );
        let decoded = decoded(&format!(r#"{{"events":[{event}]}}"#));
        let line = &lines(&decoded.records)[0];
        let found = line.split(' ').find(|part| part.starts_with("revenue="));
        assert_eq!(found.unwrap_or_default(), expected, "{fields}");
    };
    check(r#""$price":10,"$quantity":3"#, "revenue=30.0");
    check(r#""$price":9.5"#, "revenue=9.5");
    check(r#""$price":10,"$quantity":3,"$revenue":25"#, "revenue=25.0");
    check(r#""$price":10,"revenue":1"#, "revenue=1");
    check(r#""$price":"10""#, "");
    self::check(
        r#"{"event_type":"Buy","user_id":"u","price":2.5,"quantity":2,"productId":"p"}"#,
        &["user=u | Buy price=2.5 productId=p quantity=2 revenue=5.0"],
    );
}

#[test]
fn a_wrong_clock_is_mended_and_a_right_one_left_alone() {
    let at = |uploaded: &str| {
        let json = format!(
            r#"{{"events":[{{"event_type":"E","user_id":"u","time":1795331300000}}],"client_upload_time":{uploaded}}}"#
        );
        first(&json).0.to_string()
    };
    assert_eq!(at("null"), "2026-11-22T07:08:20.000Z");
    assert_eq!(at("\"2026-11-22T07:09:20.000Z\""), "2026-11-22T07:08:20.000Z");
    assert_eq!(at("\"2026-11-22T08:09:25.000Z\""), "2026-11-22T06:08:20.000Z");
    assert_eq!(at("\"yesterday\""), "2026-11-22T07:08:20.000Z");
}

#[test]
fn an_insert_id_counts_for_its_device() {
    let event = |fields: &str| format!(r#"{{"events":[{{"event_type":"E",{fields}}}]}}"#);
    let id = |fields: &str| first(&event(fields)).1;
    let one = r#""insert_id":"i","device_id":"d","user_id":"u""#;
    assert_eq!(id(one), id(r#""insert_id":"i","device_id":"d","time":1795331300000"#));
    assert_ne!(id(one), id(r#""insert_id":"i","device_id":"e","user_id":"u""#));
    assert_ne!(id(r#""insert_id":"i","user_id":"u""#), id(r#""insert_id":"i","user_id":"v""#));
}

#[test]
fn bad_events_cost_nobody_else() {
    let json = r#"{"events":[{"event_type":"A","user_id":"u"},{"event_type":"B"},{"user_id":"u"},
        {"event_type":"C","user_id":"u","time":1},"x",{"event_type":"$groupidentify","group_properties":{"a":1}},
        {"event_type":"$identify","user_id":"u","user_properties":{"$add":{"n":"x"}}},
        {"event_type":"D","user_id":"undefined"},{"event_type":"E","user_id":"u"}]}"#;
    let decoded = decoded(json);
    assert_eq!(lines(&decoded.records), ["user=u | A", "user=u | E"]);
    let codes: Vec<_> = decoded.rejected.iter().map(|r| (r.index, r.code)).collect();
    let expected = [
        (1, "event.no_user"),
        (2, "event.no_name"),
        (3, "event.time_too_old"),
        (4, "event.malformed"),
        (5, "event.no_group"),
        (6, "event.not_a_number"),
        (7, "event.id_of_nobody"),
    ];
    assert_eq!(codes, expected);
    for (body, code) in [(r#"{"api_key":"k"}"#, "request.no_batch"), ("[]", "request.not_json")] {
        let content = crate::sniff::content(body.as_bytes(), None, "").unwrap();
        assert_eq!(decode(&content, arrival(), None).unwrap_err().code, code);
    }
}

#[test]
fn answers_carry_a_code() {
    let said = |answer: crate::Answer| (answer.status, answer.body);
    let ok = r#"{"code":200,"events_ingested":2,"payload_size_bytes":512,"server_upload_time":1795331365000}"#;
    assert_eq!(said(answers::taken(2, 512, received())), (200, ok.into()));
    let (status, body) = said(answers::unknown_key("no"));
    assert!(status == 400 && body.contains(r#""error":"Invalid API key"#), "{body}");
    let (status, body) = said(answers::refused(413, "too large"));
    assert!(status == 413 && body.contains(r#""code":413"#), "{body}");
}

#[test]
fn anything_is_read_or_refused() {
    const NAMES: &[&str] = &[
        "api_key",
        "events",
        "event_type",
        "user_id",
        "device_id",
        "time",
        "insert_id",
        "groups",
        "event_properties",
        "user_properties",
        "group_properties",
        "$set",
        "$setOnce",
        "$add",
        "$append",
        "$unset",
        "$clearAll",
        "$remove",
        "$price",
        "ip",
        "client_upload_time",
    ];
    hold(NAMES, &[NODE], |content| decode(content, arrival(), None));
}
