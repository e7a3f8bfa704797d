//! What a server answers over HTTP while its workspace grows. The command line's tests run the
//! whole program; these serve in this process, so that they can look at the workspace too.

use serde_json::{Value, json};

use super::fixture::fixture;

const RFM: &str = "/api/rfm/settings";
const LIFECYCLE: &str = "/api/lifecycle/definition";

#[test]
fn rfm_is_proposed_by_enough_people_and_the_lifecycle_by_enough_time() {
    let server = fixture();
    let (rfm, lifecycle) = (server.get(RFM), server.get(LIFECYCLE));
    server.fill(0..99, 20);
    assert_eq!((server.get(RFM), server.get(LIFECYCLE)), (rfm, lifecycle.clone()));
    server.fill(99..150, 20);
    let rfm = server.get(RFM);
    assert_eq!(rfm["event"], json!("Order Completed"));
    assert_eq!(rfm["monetary"], json!({"sum": "total"}));
    assert_eq!(server.get(LIFECYCLE), lifecycle, "20 days tell nothing of silences");
    server.fill(150..200, 120);
    let proposed = server.get(LIFECYCLE);
    assert!(proposed.to_string().contains("Order Completed"), "{proposed}");
    server.fill(200..300, 120);
    assert_eq!(server.get(LIFECYCLE), proposed, "what is written down stays");
}

#[test]
fn what_a_person_wrote_down_is_never_proposed_over() {
    let server = fixture();
    let states = json!({"states": [{"key": "here", "name": "Here", "definition": "did any event at least 1 times"}]});
    assert_eq!(server.send("PUT", LIFECYCLE, &states.to_string()).0, 200);
    let mut rfm = server.get(RFM);
    rfm["event"] = json!("Refund");
    assert_eq!(server.send("PUT", RFM, &rfm.to_string()).0, 200);
    let lifecycle = server.get(LIFECYCLE);
    server.fill(0..150, 120);
    let counted = server.get("/api/lifecycle?as_of=2026-06-01T00:00:00Z");
    assert_eq!(counted["states"][0]["users"], json!(150));
    assert_eq!((server.get(RFM), server.get(LIFECYCLE)), (rfm, lifecycle));
}

#[test]
fn a_last_part_with_a_dot_is_a_page_and_unknown_api_paths_are_errors() {
    let server = fixture();
    for path in ["/people/ada@example.com", "/segments/a.b.js", "/apiary", "/v10"] {
        let answer = server.send("GET", path, "");
        assert_eq!(answer.0, 200, "{path}: {}", answer.2);
        assert!(answer.1.contains("content-type: text/html"), "{path}: {}", answer.1);
    }
    for (method, path) in [
        ("GET", "/api"),
        ("GET", "/api/people/ada@example.com"),
        ("DELETE", "/api/nothing.html"),
        ("GET", "/v1"),
        ("POST", "/v1/nothing"),
    ] {
        let answer = server.send(method, path, "");
        assert_eq!(answer.code(), (404, json!("request.path")), "{method} {path}");
    }
    // A script that is not there must not be answered with a page, which a browser would run.
    for path in ["/sdk/", "/sdk/nothing.js", "/sdk/types/index.d.ts", "/assets/nothing.js"] {
        let answer = server.send("GET", path, "");
        assert_eq!(answer.code(), (404, json!("request.path")), "{path}");
    }
    for (method, path, allowed) in [
        ("PATCH", "/api/segments", "get"),
        ("DELETE", "/api/composites", "get"),
        ("GET", "/v1/track", "post"),
        ("POST", "/people", ""),
    ] {
        let answer = server.send(method, path, "{}");
        assert_eq!(answer.code(), (405, json!("request.method")), "{method} {path}");
        let allow = answer.1.lines().find(|line| line.starts_with("allow: "));
        assert!(allow.unwrap_or_default().contains(allowed), "{method} {path}: {}", answer.1);
    }
}

#[test]
fn composite_events_are_made_of_events_that_were_seen() {
    let server = fixture();
    server.fill(0..3, 20);
    let put = |name: &str, members: Value| {
        let body = json!({ "members": members }).to_string();
        server.send("PUT", &format!("/api/composites/{name}"), &body)
    };
    let large = json!([{"event": "Order Completed",
                        "where": [{"property": "total", "op": "gt", "value": 8}]}]);
    assert_eq!(put("Large", large.clone()).0, 200);
    let listed = json!([{"name": "Large", "members": large}]);
    assert_eq!(server.get("/api/composites")["composites"], listed);
    assert_eq!(server.get("/api/catalogue")["composites"], listed);
    assert_eq!(server.get("/api/composites/Large"), listed[0]);

    let unseen = put("Wrong", json!([{"event": "Order Completed"}, {"event": "Ordre"}]));
    assert_eq!(unseen.code(), (422, json!("composite.invalid")));
    assert!(unseen.2.contains("Ordre"), "{}", unseen.2);
    for members in
        [json!([{"event": "Large"}]), json!([{"event": "Wrong"}]), json!([{"event": "*"}])]
    {
        assert_eq!(
            put("Wrong", members.clone()).code(),
            (422, json!("segment.invalid")),
            "{members}"
        );
    }
    assert_eq!(
        server.get("/api/composites")["composites"],
        listed,
        "what is refused leaves nothing"
    );
}

#[test]
fn a_composite_event_in_use_stays_and_its_use_is_named() {
    let server = fixture();
    server.fill(0..3, 20);
    let path = "/api/composites/Buying";
    let members = json!({"members": [{"event": "Order Completed"}]});
    assert_eq!(server.send("PUT", path, &members.to_string()).0, 200);
    let in_use = |place: &str| {
        let refused = server.send("DELETE", path, "");
        assert_eq!(refused.code(), (409, json!("composite.in_use")), "{place}");
        assert!(refused.2.contains(place), "{}", refused.2);
    };
    let definition = "did \"Buying\" at least 2 times";
    let segment = json!({"name": "Keen", "definition": definition});
    assert_eq!(server.send("POST", "/api/segments", &segment.to_string()).0, 201);
    in_use("segment \\\"keen\\\"");
    assert_eq!(server.send("DELETE", "/api/segments/keen", "").0, 204);

    let before = server.get(LIFECYCLE);
    let states = json!({"states": [{"key": "buyer", "name": "Buyer", "definition": definition}]});
    assert_eq!(server.send("PUT", LIFECYCLE, &states.to_string()).0, 200);
    in_use("lifecycle state \\\"buyer\\\"");
    assert_eq!(server.send("PUT", LIFECYCLE, &before.to_string()).0, 200);

    let mut rfm = server.get(RFM);
    rfm["event"] = json!("Buying");
    assert_eq!(server.send("PUT", RFM, &rfm.to_string()).0, 200);
    assert_eq!(server.get("/api/rfm?as_of=2026-06-01T00:00:00Z")["scored"], json!(3));
    in_use("RFM");
    rfm["event"] = json!("Order Completed");
    assert_eq!(server.send("PUT", RFM, &rfm.to_string()).0, 200);
    assert_eq!(server.send("DELETE", path, "").0, 204);
    assert_eq!(server.send("GET", path, "").code(), (404, json!("composite.unknown")));
    assert_eq!(server.send("DELETE", path, "").code(), (404, json!("composite.unknown")));
}

#[test]
fn several_segments_are_counted_like_one_by_one_and_cost_what_they_share_once() {
    let server = fixture();
    server.fill(0..9, 20);
    let at = "2026-06-01T00:00:00Z";
    let texts =
        ["did \"Order Completed\" at least 3 times", "did \"Order Completed\" in last 140d"];
    let saved = json!({"name": "Keen", "definition": texts[0]});
    assert_eq!(server.send("POST", "/api/segments", &saved.to_string()).0, 201);
    let one = |text: &str, known_at: Option<&str>| {
        let mut body = json!({"definition": text, "as_of": at, "analyze": true});
        if let Some(known_at) = known_at {
            body["known_at"] = json!(known_at);
        }
        server.send("POST", "/api/segments/preview", &body.to_string()).json()
    };
    let items = json!([{"definition": texts[0]}, {"definition": texts[1]}, {"segment": "keen"}]);
    let body = json!({"segments": items, "as_of": at}).to_string();
    let all = server.send("POST", "/api/segments/evaluate", &body).json();
    assert_eq!(all["users"], json!(9));
    for (place, text) in [texts[0], texts[1], texts[0]].into_iter().enumerate() {
        let preview = one(text, None);
        for field in ["count", "share", "text"] {
            assert_eq!(all["segments"][place][field], preview[field], "{text}: {field}");
        }
        assert_eq!(preview["analysis"]["rows"], json!(54), "{preview}");
        assert_eq!(preview["analysis"]["conditions"][0]["answered"], json!("everybody"));
    }
    let twice = one(&format!("({}) or (({}) and {})", texts[0], texts[0], texts[1]), None);
    let conditions = twice["analysis"]["conditions"].as_array().unwrap();
    let remembered = |one: &&Value| one["answered"] == json!("remembered");
    assert_eq!(conditions.iter().filter(remembered).count(), 1, "{twice}");
    assert_eq!(one(texts[0], Some("2026-01-01T00:00:00Z"))["count"], json!(0), "not yet accepted");
    assert_eq!(one(texts[0], Some("9000-01-01T00:00:00Z"))["count"], json!(9));
    for wrong in [json!([]), json!([{}]), json!(vec![json!({"segment": "keen"}); 201])] {
        let body = json!({"segments": wrong}).to_string();
        assert_eq!(server.send("POST", "/api/segments/evaluate", &body).0, 400);
    }
}

#[test]
fn what_is_held_in_memory_is_told() {
    let server = fixture();
    server.fill(0..9, 20);
    assert_eq!(server.send("POST", "/api/history/compact", "").0, 200);
    let stats = server.get("/api/history");
    assert_eq!(stats["memory"]["limit"], json!(1u64 << 30));
    let bytes = stats["sections"].as_array().unwrap().iter().map(|s| s["bytes"].as_u64().unwrap());
    let sum: u64 = bytes.sum();
    assert!(sum > 0 && sum < stats["bytes"].as_u64().unwrap(), "{stats}");
    let metrics = server.send("GET", "/metrics", "").2;
    assert!(metrics.contains("perennial_memory_limit_bytes 1073741824"), "{metrics}");
}

#[test]
fn problems_have_a_severity_where_they_refuse_and_where_they_only_warn() {
    let server = fixture();
    server.fill(0..3, 20);
    let segment = json!({"name": "Any", "definition": "did"}).to_string();
    let refused = server.send("POST", "/api/segments", &segment).json();
    assert_eq!(refused["error"]["problems"][0]["severity"], json!("error"), "{refused}");
    let body = json!({"definition": "did \"Ordre Completed\" at least 1 times"}).to_string();
    let warned = server.send("POST", "/api/segments/validate", &body).json();
    assert_eq!(warned["valid"], json!(true));
    assert_eq!(warned["problems"][0]["severity"], json!("warning"));
}
