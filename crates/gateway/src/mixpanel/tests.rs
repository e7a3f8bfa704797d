use super::answers::{Wanted, flags, refused, taken};
use super::*;
use crate::tests::{arrival, check_promises, hold, lines, received};

fn decoded(path: Path, json: &str) -> Decoded {
    let content = crate::sniff::content(json.as_bytes(), None, "").unwrap();
    let decoded = decode(path, &content, arrival()).unwrap();
    check_promises(&decoded);
    decoded
}

fn check(path: Path, json: &str, expected: &[&str]) {
    let decoded = decoded(path, json);
    assert_eq!(decoded.rejected, [], "{json}");
    assert_eq!(lines(&decoded.records), expected, "{json}");
}

fn rejected(path: Path, json: &str) -> Vec<&'static str> {
    decoded(path, json).rejected.iter().map(|rejection| rejection.code).collect()
}

fn times_and_ids(json: &str) -> Vec<(String, EventId)> {
    let of = |record: Record| match record.what {
        What::Event(event) => (event.time.to_string(), event.id),
        What::Identify(change) => (change.time.to_string(), change.id),
        other => panic!("{other:?}"),
    };
    let path = if json.contains("$distinct_id") { Path::Engage } else { Path::Track };
    decoded(path, json).records.into_iter().map(of).collect()
}

const WEB: &str = r#"[
 {"event":"$mp_web_page_view","properties":{"$os":"Linux","$browser":"Chrome","token":"WK1","distinct_id":"$device:d-1","$device_id":"d-1","$insert_id":"i1","time":1795331300.25,"current_url_path":"/"}},
 {"event":"Order Completed","properties":{"token":"WK1","distinct_id":"u1","$device_id":"d-1","$user_id":"u1","$insert_id":"i2","time":1795331301,"total":99.5,"items":[{"sku":"A"}]}},
 {"event":"$identify","properties":{"token":"WK1","distinct_id":"u1","$device_id":"d-1","$user_id":"u1","$anon_distinct_id":"$device:d-1","$insert_id":"i3","time":1795331301}},
 {"event":"$opt_in","properties":{"token":"WK1","distinct_id":"u1","$insert_id":"i4","time":1795331302}}]"#;

const PEOPLE: &str = r#"[
 {"$token":"WK1","$distinct_id":"u1","$device_id":"d-1","$user_id":"u1","$set":{"$email":"a@b.c","$os":"Linux","plan":"pro"}},
 {"$token":"WK1","$distinct_id":"u1","$time":1795331301.5,"$set_once":{"first":"x","initial_utm_source":null}},
 {"$token":"WK1","$distinct_id":"u1","$add":{"n":2,"m":-1.5}},
 {"$token":"WK1","$distinct_id":"u1","$append":{"tags":"a","$transactions":{"$time":"2026-11-22T07:00:00","$amount":25.5}}},
 {"$token":"WK1","$distinct_id":"u1","$union":{"tags":["a","b"]}},
 {"$token":"WK1","$distinct_id":"u1","$remove":{"tags":"a"}},
 {"$token":"WK1","$distinct_id":"u1","$unset":["$phone","old"]},
 {"$token":"WK1","$distinct_id":"u1","$unset":["$transactions"]},
 {"$token":"WK1","$distinct_id":"u1","$set":{"$transactions":[]}},
 {"$token":"WK1","$distinct_id":"u1","$delete":"","$ignore_alias":true}]"#;

#[test]
fn events_of_the_web_library() {
    check(
        Path::Track,
        WEB,
        &[
            "anonymous=d-1 | $mp_web_page_view $browser=Chrome $os=Linux current_url_path=/",
            "user=u1 anonymous=d-1 | Order Completed items.sku=[A] total=99.5",
            "user=u1 anonymous=d-1 | change",
            "user=u1 | change consent.tracking=true",
            "user=u1 | $opt_in",
        ],
    );
    assert_eq!(decoded(Path::Track, WEB).write_key.as_deref(), Some("WK1"));
}

#[test]
fn operations_on_profiles() {
    let cleared =
        "user=u1 | change $transactions=null $transactions.$amount=null $transactions.$time=null";
    check(
        Path::Engage,
        PEOPLE,
        &[
            "user=u1 anonymous=d-1 | change $os=Linux email=a@b.c plan=pro",
            "user=u1 | change first:once(x)",
            "user=u1 | change n:add(2) m:add(-1.5)",
            "user=u1 | change tags:append(a) $transactions.$time:append(2026-11-22T07:00:00) \
             $transactions.$amount:append(25.5)",
            "user=u1 | change tags:union(a,b)",
            "user=u1 | change tags:remove(a)",
            "user=u1 | change old=null phone=null",
            cleared,
            cleared,
            "user=u1 | change clear",
        ],
    );
    check(
        Path::Groups,
        r#"{"$token":"t","$group_key":"company","$group_id":"acme","$set":{"seats":7}}"#,
        &["user=group:company:acme | change seats=7"],
    );
}

#[test]
fn who_is_known_by_which_id() {
    let event = |fields: &str| format!(r#"{{"event":"E","properties":{{{fields}}}}}"#);
    let check = |fields: &str, expected: &str| check(Path::Track, &event(fields), &[expected]);
    check(r#""distinct_id":"$device:x""#, "anonymous=x | E");
    check(r#""distinct_id":"x","$device_id":"x""#, "anonymous=x | E");
    check(r#""distinct_id":"$device:x","$device_id":"x""#, "anonymous=x | E");
    check(r#""distinct_id":13"#, "user=13 | E");
    check(r#""distinct_id":"u","$device_id":"$device:x""#, "user=u anonymous=x | E");
    check(r#""distinct_id":"u","$user_id":"v""#, "user=v | E");
    for nobody in ["null", "undefined", "Anonymous", "00000000-0000-0000-0000-000000000000", "-1"] {
        let json = event(&format!(r#""distinct_id":"{nobody}""#));
        assert_eq!(rejected(Path::Track, &json), ["event.id_of_nobody"], "{nobody}");
    }
    assert_eq!(rejected(Path::Track, &event(r#""distinct_id":"""#)), ["event.no_user"]);
}

#[test]
fn ids_that_are_one_person() {
    let one =
        |event: &str, fields: &str| format!(r#"{{"event":"{event}","properties":{{{fields}}}}}"#);
    check(
        Path::Track,
        &one("$create_alias", r#""distinct_id":"$device:d","alias":"u""#),
        &["anonymous=d | alias u"],
    );
    check(
        Path::Import,
        &one("$merge", r#""$distinct_ids":["a","$device:b","a"]"#),
        &["user=a | alias b"],
    );
    check(
        Path::Track,
        &one("$identify", r#""$identified_id":"u","$anon_id":"v-1""#),
        &["user=u anonymous=v-1 | change"],
    );
    let nothing = decoded(Path::Track, &one("$create_alias", r#""distinct_id":"u","alias":"u""#));
    assert_eq!((nothing.records.len(), nothing.rejected.len(), nothing.n_ignored), (0, 0, 1));
    assert_eq!(
        rejected(Path::Import, &one("$merge", r#""$distinct_ids":["a"]"#)),
        ["event.no_previous_id"]
    );
    assert_eq!(
        rejected(Path::Track, &one("$create_alias", r#""distinct_id":"u","alias":"null""#)),
        ["event.id_of_nobody"]
    );
}

#[test]
fn times_in_four_encodings() {
    let check = |time: &str, expected: &str| {
        let json = format!(r#"{{"event":"E","properties":{{"distinct_id":"u","time":{time}}}}}"#);
        assert_eq!(times_and_ids(&json)[0].0, expected, "{time}");
    };
    check("1795331301.25", "2026-11-22T07:08:21.250Z");
    check("1795331301", "2026-11-22T07:08:21.000Z");
    check("1795331301250", "2026-11-22T07:08:21.250Z");
    check("\"2026-11-22T07:08:21.250Z\"", "2026-11-22T07:08:21.250Z");
    check("null", "2026-11-22T07:09:25.000Z");
    let untimed = r#"[{"$distinct_id":"u","$append":{"l":1}},{"$distinct_id":"u","$append":{"l":2}},
        {"$distinct_id":"u","$time":1795331301,"$append":{"l":3}},{"$distinct_id":"u","$append":{"l":4}}]"#;
    let times: Vec<String> = times_and_ids(untimed).into_iter().map(|(time, _)| time).collect();
    assert_eq!(
        times,
        [
            "2026-11-22T07:09:24.997Z",
            "2026-11-22T07:09:24.998Z",
            "2026-11-22T07:08:21.000Z",
            "2026-11-22T07:09:25.000Z",
        ]
    );
}

#[test]
fn deliveries_are_told_apart() {
    let event = |user: &str, fields: &str| {
        format!(r#"{{"event":"E","properties":{{"distinct_id":"{user}"{fields}}}}}"#)
    };
    let id = |json: &str| times_and_ids(json)[0].1;
    let with_id = r#","$insert_id":"i","n":1"#;
    assert_eq!(id(&event("u", with_id)), id(&event("u", r#","$insert_id":"i","n":2"#)));
    assert_ne!(id(&event("u", with_id)), id(&event("v", with_id)));
    let timed = event("u", r#","time":1795331301"#);
    assert_eq!(id(&timed), id(&timed));
    // Two logins that say nothing else are two, within one request and in two.
    let plain = event("u", "");
    let both = times_and_ids(&format!("[{plain},{plain}]"));
    assert_ne!(both[0].1, both[1].1);
    let content = crate::sniff::content(plain.as_bytes(), None, "").unwrap();
    let later = Arrival { seed: 8, ..arrival() };
    assert_ne!(
        decode(Path::Track, &content, later).unwrap().records,
        decoded(Path::Track, &plain).records
    );
}

#[test]
fn a_browser_that_sends_a_change_again_says_so() {
    let json = r#"[{"$token":"t","$distinct_id":"u","$add":{"n":1}},{"$token":"t","$distinct_id":"u","$add":{"n":1}}]"#;
    let ids = |query: &str, seed: u64| -> Vec<EventId> {
        let content = crate::sniff::content(json.as_bytes(), None, query).unwrap();
        let decoded = decode(Path::Engage, &content, Arrival { received_at: received(), seed });
        let id = |record: Record| match record.what {
            What::Identify(change) => change.id,
            other => panic!("{other:?}"),
        };
        decoded.unwrap().records.into_iter().map(id).collect()
    };
    assert_eq!(ids("_=1", 1), ids("_=1", 2));
    assert_ne!(ids("_=1", 1), ids("_=2", 1));
    assert_ne!(ids("", 1), ids("", 2));
    assert_ne!(ids("_=1", 1)[0], ids("_=1", 1)[1]);
}

#[test]
fn bad_messages_cost_nobody_else() {
    let json = r#"[{"event":"A","properties":{"distinct_id":"u","token":"t"}},7,
        {"event":"","properties":{"distinct_id":"u"}},{"event":"B","properties":{"distinct_id":"u","time":"soon"}},
        {"event":"C","properties":{"distinct_id":"u","token":"other"}},{"event":"D","properties":5},
        {"event":"E","properties":{"distinct_id":"u","token":"t"}}]"#;
    let decoded = decoded(Path::Track, json);
    assert_eq!(lines(&decoded.records), ["user=u | A", "user=u | E"]);
    let codes: Vec<_> = decoded.rejected.iter().map(|r| (r.index, r.code)).collect();
    let expected = [
        (1, "event.malformed"),
        (2, "event.no_name"),
        (3, "event.time_invalid"),
        (4, "event.other_key"),
        (5, "event.malformed"),
    ];
    assert_eq!(codes, expected);
    let add = r#"{"$distinct_id":"u","$add":{"n":"x"}}"#;
    assert_eq!(rejected(Path::Engage, add), ["event.not_a_number"]);
    let one_per_line = "{\"event\":\"A\",\"properties\":{\"distinct_id\":\"u\"}}\n{\"event\":\"B\",\"properties\":{\"distinct_id\":\"u\"}}\n";
    assert_eq!(super::tests::decoded(Path::Import, one_per_line).records.len(), 2);
}

#[test]
fn answers_are_those_that_each_library_understands() {
    let wanted = |path: Path, query: &str| {
        let content = crate::sniff::content(b"", None, query).unwrap();
        Wanted::of(path, Some(&content))
    };
    let said = |answer: crate::Answer| (answer.status, answer.body);
    assert_eq!(said(taken(wanted(Path::Track, "verbose=0"), 1, &[])), (200, "1".into()));
    assert_eq!(said(taken(wanted(Path::Track, ""), 1, &[])), (200, "1".into()));
    let verbose = wanted(Path::Engage, "ip=1&verbose=1");
    assert_eq!(said(taken(verbose, 1, &[])), (200, r#"{"error":null,"status":1}"#.into()));
    assert_eq!(said(refused(verbose, 401, "no")), (401, r#"{"error":"no","status":0}"#.into()));
    assert_eq!(said(refused(wanted(Path::Track, ""), 401, "no")), (401, "0".into()));
    let import = r#"{"code":200,"num_records_imported":3,"status":"OK"}"#;
    assert_eq!(said(taken(wanted(Path::Import, "strict=0"), 3, &[])), (200, import.into()));
    assert_eq!(
        said(taken(wanted(Path::Import, "verbose=1"), 3, &[])).1,
        r#"{"error":null,"status":1}"#
    );
    let bad = r#"{"event":"E","properties":{"distinct_id":"u","$insert_id":"i9","time":"soon"}}"#;
    let rejections = decoded(Path::Import, bad).rejected;
    let (status, body) = said(taken(wanted(Path::Import, "strict=1"), 0, &rejections));
    let told: serde_json::Value = serde_json::from_str(&body).unwrap();
    let failed = &told["failed_records"][0];
    assert_eq!((status, &failed["index"]), (400, &0.into()));
    assert_eq!(
        (&failed["$insert_id"], &failed["field"]),
        (&"i9".into(), &"properties.time".into())
    );
    assert_eq!(flags().body, r#"{"flags":{}}"#);
}

#[test]
fn anything_is_read_or_refused() {
    const NAMES: &[&str] = &[
        "event",
        "properties",
        "token",
        "distinct_id",
        "time",
        "alias",
        "$insert_id",
        "$device_id",
        "$user_id",
        "$anon_distinct_id",
        "$distinct_ids",
        "$token",
        "$distinct_id",
        "$set",
        "$add",
        "$set_once",
        "$append",
        "$union",
        "$remove",
        "$unset",
        "$delete",
        "$group_key",
        "$group_id",
        "$time",
    ];
    for path in [Path::Track, Path::Engage, Path::Groups, Path::Import] {
        hold(NAMES, &[WEB, PEOPLE], |content| decode(path, content, arrival()));
    }
}
