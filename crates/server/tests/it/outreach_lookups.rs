//! Messages that look things up: rows of catalogs, and the segments of their user.

use serde_json::{Value, json};

use super::outreach::{act, campaign_saying, send, start};

#[test]
fn a_message_looks_rows_up_and_knows_the_segments_of_its_user() {
    let (watching, receiver, _) = start("2026-03-02T10:00:00.000Z");
    let rows = "sku,name,price\n7,Shoe,59.5\nA-1,\"Boot \"\"high\"\"\",\n";
    let path = "/api/catalogs/products?key=sku&format=csv";
    let done = watching.server.send("POST", path, rows);
    assert_eq!((done.0, done.json()), (200, json!({"written": 2, "rows": 2})));
    watching.segment("the-buyers", "did \"Purchase\"");
    let id = "the-buyers";

    let body = format!(
        "{{\"user\": \"{{{{ profile.id }}}}\", \"campaign\": \"c\", \
           \"item\": \"{{{{ catalog.products[event.sku].name | default: 'nothing' }}}}\", \
           \"price\": \"{{{{ catalog.products[event.sku].price }}}}\", \
           \"buyer\": \"{{% if segment[\"{id}\"] %}}yes{{% else %}}no{{% endif %}}\"}}"
    );
    let more =
        json!({"trigger": {"kind": "event", "event": "Looked"}, "again": {"kind": "always"}});
    let made = campaign_saying(&watching, &receiver, "c", &body, &more);
    assert!(!unknown(&made), "{made}");
    act(&watching, "c", "start");
    let now = "2026-03-02T10:00:00.000Z";
    watching.event("ada", "Purchase", now);
    watching.event_with("ada", "Looked", now, json!({"sku": 7}));
    watching.event_with("bob", "Looked", now, json!({"sku": "A-1"}));
    watching.event_with("cleo", "Looked", now, json!({"sku": "gone"}));
    receiver.wait_for(3);
    let mut told = receiver.bodies();
    told.sort_by_key(|body| body["user"].to_string());
    let expected = [
        ("ada", "Shoe", "59.5", "yes"),
        ("bob", "Boot \"high\"", "", "no"),
        ("cleo", "nothing", "", "no"),
    ];
    for (body, (user, item, price, buyer)) in told.iter().zip(expected) {
        let own =
            json!({"user": user, "campaign": "c", "item": item, "price": price, "buyer": buyer});
        assert_eq!(*body, own);
    }

    // A preview shows the same.
    let content = json!({"default": {"kind": "sms", "body":
        format!("{{{{ catalog.products[event.sku].name }}}}: {{{{ segment[\"{id}\"] }}}}")}});
    let preview = json!({"content": content, "user": "ada", "properties": {"sku": "A-1"}});
    let shown = send(&watching, "POST", "/api/messages/preview", &preview, 200);
    assert_eq!(shown["rendered"]["body"], "Boot \"high\": true", "{shown}");
}

/// Whether a campaign is said to name a catalog that is not there.
fn unknown(campaign: &Value) -> bool {
    let problems = campaign["problems"].as_array().unwrap();
    problems.iter().any(|problem| problem["code"] == "catalog.unknown")
}

#[test]
fn what_a_message_names_and_is_not_there_is_said_before_it_starts() {
    let (watching, receiver, _) = start("2026-03-02T10:00:00.000Z");
    let draft = |body: &str| {
        let content = json!({"default": {"kind": "webhook",
            "url": format!("http://{}/hook", receiver.address), "body": body}});
        json!({"id": "d", "name": "d", "channel": "webhook", "trigger": {"kind": "once"},
               "variants": [{"id": "a", "content": content}]})
    };
    let made =
        send(&watching, "POST", "/api/campaigns", &draft("{{ catalog.gone[\"1\"].a }}"), 201);
    assert!(unknown(&made), "{made}");
    for (body, words) in [
        ("{{ segment.nobody }}", "the segment \"nobody\""),
        ("{{ segment[event.which] }}", "does not say which segment"),
    ] {
        let draft = send(&watching, "PUT", "/api/campaigns/d", &draft(body), 200);
        let problems = draft["problems"].as_array().unwrap();
        assert!(problems.iter().any(|of| of["code"] == "segment.unknown"), "{draft}");
        let start = json!({"action": "start"});
        let refused = send(&watching, "POST", "/api/campaigns/d/status", &start, 422);
        assert!(refused["error"]["message"].as_str().unwrap().contains(words), "{refused}");
    }
}

#[test]
fn catalogs_are_read_page_by_page_and_errors_say_how_to_mend_them() {
    let (watching, _, _) = start("2026-03-02T10:00:00.000Z");
    let rows: String = (0..5).map(|n| format!("{{\"id\":\"p{n}\",\"n\":{n}}}\n")).collect();
    let post = |path: &str, body: &str| watching.server.send("POST", path, body);
    assert_eq!(post("/api/catalogs/shops", &rows).0, 200);
    let get = |path: &str| watching.server.send("GET", path, "");
    let page = get("/api/catalogs/shops?limit=3").json();
    assert_eq!((page["rows"].as_array().unwrap().len(), &page["next"]), (3, &json!("p2")));
    let page = get("/api/catalogs/shops?limit=3&after=p2").json();
    assert_eq!((page["rows"].as_array().unwrap().len(), &page["next"]), (2, &json!(null)));
    let one = get("/api/catalogs/shops?item=p4").json();
    assert_eq!(one["rows"][0]["columns"], json!({"id": "p4", "n": 4}));
    let gone = json!({"items": ["p4", "p9"]}).to_string();
    assert_eq!(post("/api/catalogs/shops/delete", &gone).json(), json!({"deleted": 1}));
    assert_eq!(get("/api/catalogs").json()["catalogs"][0]["rows"], 4);
    for (answer, status, code) in [
        (get("/api/catalogs/none"), 404, "catalog.unknown"),
        (get("/api/catalogs/shops?item=none"), 404, "catalog.no_item"),
        (get("/api/catalogs/shops?limit=0"), 422, "catalog.limit"),
        (post("/api/catalogs/shops", "{\"id\":1}\n{}"), 422, "catalog.row"),
        (post("/api/catalogs/Shops", ""), 422, "catalog.name"),
        (post("/api/catalogs/shops?form=csv", ""), 400, "request.query"),
        (watching.server.send("DELETE", "/api/catalogs/none", ""), 404, "catalog.unknown"),
    ] {
        assert_eq!(
            (answer.0, &answer.json()["error"]["code"]),
            (status, &json!(code)),
            "{}",
            answer.2
        );
    }
    assert_eq!(watching.server.send("DELETE", "/api/catalogs/shops", "").0, 204);
    assert_eq!(get("/api/catalogs").json(), json!({"catalogs": []}));
}
