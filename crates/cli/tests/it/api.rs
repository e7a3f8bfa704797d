//! The API as the dashboard uses it.

use serde_json::{Value, json};

use crate::run::{Server, key};

/// A server with three people: one bought twice, one once, one only looked.
fn shop() -> (Server, String, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let (ingest, admin) = (key(folder.path(), "ingest"), key(folder.path(), "admin"));
    let server = Server::serve(folder.path());
    let track = |id: &str, user: &str, event: &str, time: &str, amount: f64| {
        json!({"type": "track", "messageId": id, "userId": user, "event": event, "timestamp": time,
               "properties": {"amount": amount}})
    };
    let batch = json!({"batch": [
        track("1", "ada", "Purchase", "2026-01-01T10:00:00Z", 10.0),
        track("2", "ada", "Purchase", "2026-02-01T10:00:00Z", 20.5),
        track("3", "bob", "Purchase", "2026-02-10T10:00:00Z", 5.0),
        track("4", "cem", "Viewed", "2026-02-11T10:00:00Z", 0.0),
        {"type": "identify", "messageId": "5", "userId": "ada", "anonymousId": "phone",
         "timestamp": "2026-01-02T00:00:00Z", "traits": {"city": "İzmir", "plan": "gold"}},
    ]});
    let answer = server.post("/v1/batch", &ingest, &batch.to_string());
    assert_eq!((answer.status, answer.body), (200, json!({"success": true})));
    (server, format!("Bearer {admin}"), folder)
}

fn get(server: &Server, key: &str, path: &str) -> Value {
    let answer = server.get(path, &[("authorization", key)]);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.body
}

fn send(server: &Server, key: &str, method: &str, path: &str, body: Value) -> Value {
    let answer = server.send(method, path, &[("authorization", key)], body.to_string().as_bytes());
    assert!(answer.status < 300, "{path}: {}", answer.text);
    answer.body
}

const AT: &str = "2026-02-20T00:00:00Z";

#[test]
fn segments_are_previewed_saved_listed_paged_and_explained() {
    let (server, key, _folder) = shop();
    let text = "did \"Purchase\"";
    let preview = json!({"definition": text, "as_of": AT});
    let preview = send(&server, &key, "POST", "/api/segments/preview", preview);
    assert_eq!((&preview["count"], &preview["sample"]), (&json!(2), &json!(["ada", "bob"])));
    assert_eq!(preview["as_of"], json!("2026-02-20T00:00:00.000Z"));
    let as_json = json!({"definition": preview["json"], "as_of": "2026-02-05T00:00:00Z"});
    let earlier = send(&server, &key, "POST", "/api/segments/preview", as_json);
    assert_eq!(earlier["sample"], json!(["ada"]));

    let new = json!({"name": "Buyers, all", "definition": text});
    let saved = send(&server, &key, "POST", "/api/segments", new);
    assert_eq!((&saved["id"], &saved["definition"]), (&json!("buyers_all"), &json!(text)));
    let other =
        json!({"id": "idle", "name": "Idle", "definition": "not in segment \"buyers_all\""});
    send(&server, &key, "POST", "/api/segments", other);
    let list = get(&server, &key, &format!("/api/segments?as_of={AT}"));
    assert_eq!(list["segments"][0]["count"], json!(2));
    assert_eq!(list["segments"][0]["used_in"][0]["id"], json!("idle"));
    assert_eq!(list["segments"][1]["count"], json!(1));

    let first = get(&server, &key, &format!("/api/segments/buyers_all/members?as_of={AT}&limit=1"));
    assert_eq!((&first["users"], &first["next"]), (&json!(["ada"]), &json!("ada")));
    let path = format!("/api/segments/buyers_all/members?as_of={AT}&limit=1&after=ada");
    let second = get(&server, &key, &path);
    assert_eq!((&second["users"], &second["next"]), (&json!(["bob"]), &Value::Null));
    let trend = get(&server, &key, &format!("/api/segments/buyers_all/trend?as_of={AT}&days=15"));
    let counts: Vec<u64> =
        trend["days"].as_array().unwrap().iter().map(|d| d["count"].as_u64().unwrap()).collect();
    assert_eq!(counts, [1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]);

    let why = json!({"segment": "idle", "user": "phone", "as_of": AT});
    let why = send(&server, &key, "POST", "/api/segments/explain", why);
    assert_eq!((&why["user"], &why["holds"]), (&json!("ada"), &json!(false)));
    assert!(why["tree"].to_string().contains("2026-02-01T10:00:00.000Z"), "{why}");
    let checked = json!({"definition": "did \"Purchase\" in last 30 d"});
    let checked = send(&server, &key, "POST", "/api/segments/validate", checked);
    assert!(checked["problems"].is_array(), "{checked}");
}

#[test]
fn users_are_found_and_shown() {
    let (server, key, _folder) = shop();
    let found = |query: &str| {
        let list = get(&server, &key, &format!("/api/users?as_of={AT}&{query}"));
        let ids = list["users"].as_array().unwrap().iter().map(|u| u["id"].clone()).collect();
        (Value::Array(ids), list["total"].clone())
    };
    assert_eq!(found("limit=2"), (json!(["ada", "bob"]), json!(3)));
    assert_eq!(found("query=BO"), (json!(["bob"]), json!(1)));
    assert_eq!(found("query=gold"), (json!(["ada"]), json!(1)));
    assert_eq!(found("query=phone"), (json!(["ada"]), json!(1)));
    assert_eq!(found("segment=did%20%22Viewed%22"), (json!(["cem"]), json!(1)));

    let ada = get(&server, &key, &format!("/api/users/ada?as_of={AT}"));
    assert_eq!(ada["anonymous_ids"], json!(["phone"]));
    assert_eq!((&ada["events"], &ada["known"]), (&json!(2), &json!(true)));
    assert_eq!(ada["attributes"], json!({"city": "İzmir", "plan": "gold"}));
    assert_eq!(ada["summary"][0]["count"], json!(2));
    let before = get(&server, &key, "/api/users/phone?as_of=2026-01-01T12:00:00Z");
    assert_eq!((&before["events"], &before["attributes"]), (&json!(1), &json!({})));

    let newest = get(&server, &key, "/api/users/ada/events?name=Purchase&limit=1");
    assert_eq!(newest["events"][0]["properties"]["amount"], json!(20.5));
    let cursor = newest["next"].as_str().unwrap();
    let older =
        get(&server, &key, &format!("/api/users/ada/events?name=Purchase&limit=1&before={cursor}"));
    assert_eq!(older["events"][0]["time"], json!("2026-01-01T10:00:00.000Z"));
    assert_eq!(older["next"], Value::Null);
    let states = get(&server, &key, &format!("/api/users/ada/states?as_of={AT}"));
    assert_eq!(states["changes"][0]["from"], Value::Null);
}

/// A campaign `ada` that wrote to ada; the ids of its provider and of the message.
fn message(server: &Server, key: &str) -> (String, String) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let new = json!({"name": "Hook", "settings": {"kind": "webhook"}});
    let provider = text(&send(server, key, "POST", "/api/providers", new)["id"]);
    let content = json!({"default": {"kind": "webhook", "url": "https://127.0.0.1:1/hook"}});
    let new = json!({"id": "ada", "name": "Ada", "channel": "webhook", "trigger": {"kind": "api"},
        "control": 0.0, "variants": [{"id": "a", "content": content}]});
    send(server, key, "POST", "/api/campaigns", new);
    let policy = json!({"control": 0.0});
    send(server, key, "PUT", "/api/settings/contact-policy", policy);
    send(server, key, "POST", "/api/campaigns/ada/status", json!({"action": "start"}));
    send(server, key, "POST", "/api/campaigns/ada/send", json!({"users": ["ada"]}));
    let all = get(server, key, "/api/deliveries?campaign=ada");
    (provider, text(&all["deliveries"][0]["id"]))
}

#[test]
fn every_documented_question_has_an_answer_of_its_shape() {
    let (server, key, _folder) = shop();
    let document = get(&server, &key, "/api/openapi.json");
    let hook = json!({"url": "https://example.com/hook"});
    let hook = send(&server, &key, "POST", "/api/webhooks", hook)["webhook"]["id"].clone();
    let bob = json!({"confirm": "bob"});
    let erasure = send(&server, &key, "POST", "/api/users/bob/erase", bob)["id"].clone();
    let (provider, delivery) = message(&server, &key);
    send(&server, &key, "POST", "/api/catalogs/ada", json!({"id": 7, "name": "Shoe"}));
    for (path, operations) in document["paths"].as_object().unwrap() {
        let Some(operation) = operations.get("get") else { continue };
        if path == "/api/providers/{id}/dns" {
            continue; // It asks name servers: `feedback_mail` has one.
        }
        if path == "/api/imports/{id}" {
            continue; // It takes a folder that a server is started with: `bulk` has one.
        }
        if path == "/api/backtests/{id}" {
            continue; // It takes one that runs: `backtests` of the server has some.
        }
        let content = &operation["responses"]["200"]["content"];
        if content.get("text/event-stream").is_some() {
            continue; // It has no end.
        }
        let id = match path.split('/').nth(2) {
            Some("segments") => "s",
            Some("webhooks") => hook.as_str().unwrap(),
            Some("erasures") => erasure.as_str().unwrap(),
            Some("providers") => &provider,
            Some("deliveries") => &delivery,
            Some("schema") if path.contains("/events/") => "Purchase",
            Some("schema") => "city",
            _ => "ada",
        };
        let mut query = String::from("?");
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let value = match parameter["name"].as_str().unwrap() {
                "from" => "2026-02-01",
                "to" => AT,
                "event" => "Purchase",
                "channel" => "email",
                "address" => "ada@example.com",
                _ => continue,
            };
            query += &format!("{}={value}&", parameter["name"].as_str().unwrap());
        }
        if path == "/api/segments/{id}" {
            let new = json!({"id": "s", "name": "S", "definition": "did \"Purchase\""});
            send(&server, &key, "POST", "/api/segments", new);
        }
        if path == "/api/composites/{id}" {
            let new = json!({"members": [{"event": "Viewed"}]});
            send(&server, &key, "PUT", "/api/composites/ada", new);
        }
        if path == "/api/journeys/{id}" {
            let new = json!({"id": "ada", "name": "Ada", "entry": {"kind": "api"},
                             "steps": [{"id": "out", "do": {"kind": "exit"}}]});
            send(&server, &key, "POST", "/api/journeys", new);
        }
        if path == "/api/frameworks/{id}" {
            let state = json!({"key": "in", "name": "In", "definition": "did any event"});
            let new = json!({"name": "Ada", "states": [state]});
            send(&server, &key, "PUT", "/api/frameworks/ada", new);
        }
        let body = get(&server, &key, &format!("{}{query}", path.replace("{id}", id)));
        let schema = &content["application/json"]["schema"];
        let Some(name) = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next()) else {
            continue;
        };
        let required = document["components"]["schemas"][name]["required"].as_array();
        for field in required.into_iter().flatten() {
            assert!(body.get(field.as_str().unwrap()).is_some(), "{path} lacks {field}");
        }
    }
}

#[test]
fn lifecycle_and_rfm_are_defined_and_counted() {
    let (server, key, _folder) = shop();
    let states = json!({"states": [
        {"key": "buyer", "name": "Buyer", "definition": "did \"Purchase\""},
        {"key": "looker", "name": "Looker", "definition": "did any event"},
    ]});
    assert_eq!(send(&server, &key, "PUT", "/api/lifecycle/definition", states.clone()), states);
    let now = get(&server, &key, &format!("/api/lifecycle?as_of={AT}"));
    assert_eq!((&now["states"][0]["users"], &now["states"][1]["users"]), (&json!(2), &json!(1)));
    let path = format!("/api/lifecycle/transitions?from=2026-02-05&to={AT}");
    let moved = get(&server, &key, &path);
    assert_eq!(moved["matrix"], json!([[1, 0, 0], [0, 0, 0], [1, 1, 0]]));
    // Every cell of the matrix can be asked for its people.
    for (was, state, ids) in [
        ("buyer", "buyer", json!(["ada"])),
        ("none", "buyer", json!(["bob"])),
        ("none", "none", json!([])),
    ] {
        let path = format!("/api/users?state={state}&was={was}&was_at=2026-02-05&as_of={AT}");
        let list = get(&server, &key, &path);
        let users = list["users"].as_array().unwrap().iter().map(|user| user["id"].clone());
        assert_eq!(Value::Array(users.collect()), ids, "{was} → {state}");
    }

    let mut settings = get(&server, &key, "/api/rfm/settings");
    settings["event"] = json!("Purchase");
    settings["monetary"] = json!({"sum": "amount"});
    send(&server, &key, "PUT", "/api/rfm/settings", settings);
    let rfm = get(&server, &key, &format!("/api/rfm?as_of={AT}"));
    assert_eq!((&rfm["scored"], &rfm["inactive"]), (&json!(2), &json!(1)));
    let revenue: f64 =
        rfm["cells"].as_array().unwrap().iter().map(|cell| cell["revenue"].as_f64().unwrap()).sum();
    assert_eq!(revenue, 35.5);
    let steps = json!({"steps": ["Purchase", {"event": "Purchase", "where": [{"property": "amount", "op": "gt", "value": 15}]}], "as_of": AT});
    let funnel = send(&server, &key, "POST", "/api/analytics/funnel", steps);
    assert_eq!(
        (&funnel["steps"][0]["users"], &funnel["steps"][1]["users"]),
        (&json!(2), &json!(1))
    );
}

#[test]
fn composite_events_are_written_used_and_kept_while_they_are_used() {
    let (server, key, _folder) = shop();
    let bearer = [("authorization", key.as_str())];
    let members = json!({"members": [
        {"event": "Purchase", "where": [{"property": "amount", "op": "gt", "value": 8}]},
        {"event": "Viewed"},
    ]});
    let path = "/api/composites/Strong%20interest";
    let written = send(&server, &key, "PUT", path, members.clone());
    assert_eq!(
        (&written["name"], &written["members"]),
        (&json!("Strong interest"), &members["members"])
    );
    let definition = "did \"Strong interest\" at least 1 times";
    let preview = json!({"definition": definition, "as_of": AT});
    let preview = send(&server, &key, "POST", "/api/segments/preview", preview);
    assert_eq!(preview["sample"], json!(["ada", "cem"]));
    send(&server, &key, "POST", "/api/segments", json!({"name": "Keen", "definition": definition}));
    let in_use = server.send("DELETE", path, &bearer, b"");
    assert_eq!((in_use.status, &in_use.body["error"]["code"]), (409, &json!("composite.in_use")));
    server.send("DELETE", "/api/segments/keen", &bearer, b"");
    assert_eq!(server.send("DELETE", path, &bearer, b"").status, 204);
    assert_eq!(server.get(path, &bearer).status, 404);

    for (name, body, code) in [
        ("Purchase", members, "composite.invalid"),
        ("Nothing", json!({"members": []}), "composite.invalid"),
        (
            "Same",
            json!({"members": [{"event": "Viewed", "where": [{"same": ["amount"]}]}]}),
            "segment.invalid",
        ),
        ("Field", json!({"members": [{"event": "Viewed", "wher": []}]}), "segment.unknown_field"),
    ] {
        let path = format!("/api/composites/{name}");
        let answer = server.send("PUT", &path, &bearer, body.to_string().as_bytes());
        assert_eq!((answer.status, &answer.body["error"]["code"]), (422, &json!(code)), "{name}");
    }
}

#[test]
fn problems_say_how_bad_they_are() {
    let (server, key, _folder) = shop();
    let text = "did \"Purchas\" and did \"Purchase\" tmes";
    let found = send(&server, &key, "POST", "/api/segments/validate", json!({"definition": text}));
    let severity: Vec<_> = found["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| (problem["code"].clone(), problem["severity"].clone()))
        .collect();
    assert!(severity.contains(&(json!("segment.syntax"), json!("error"))), "{severity:?}");
    assert!(severity.contains(&(json!("segment.unknown_event"), json!("warning"))), "{severity:?}");
}

#[test]
fn every_address_that_is_no_file_and_no_api_path_is_a_page() {
    let (server, key, _folder) = shop();
    for path in ["/", "/people", "/people/ada@example.com"] {
        let answer = server.get(path, &[]);
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.text.contains("<html"), "{path}");
    }
    assert_eq!(server.get("/assets/none.js", &[]).status, 404);
    let unknown = server.get("/api/nothing", &[("authorization", &key)]);
    assert_eq!((unknown.status, &unknown.body["error"]["code"]), (404, &json!("request.path")));
    for (method, path) in [("PATCH", "/api/segments"), ("GET", "/v1/track")] {
        let wrong = server.send(method, path, &[("authorization", &key)], b"");
        assert_eq!((wrong.status, &wrong.body["error"]["code"]), (405, &json!("request.method")));
    }
}

#[test]
fn thresholds_are_proposed_once_a_served_workspace_has_enough_history() {
    let folder = tempfile::tempdir().unwrap();
    let (ingest, admin) = (key(folder.path(), "ingest"), key(folder.path(), "admin"));
    let server = Server::serve(folder.path());
    let bearer = format!("Bearer {admin}");
    let definition =
        |server: &Server| get(server, &bearer, "/api/lifecycle/definition").to_string();
    let before = definition(&server);
    let visit = |user: u64, n: u64| {
        let day = (user * 7 + n * (1 + user % 9)) % 120;
        let (month, of_month) = (1 + day / 28, 1 + day % 28);
        json!({"type": "track", "messageId": format!("{user}/{n}"), "userId": format!("u{user}"),
               "event": "Purchase", "timestamp": format!("2026-0{month}-{of_month:02}T12:00:00Z")})
    };
    let batch: Vec<_> = (0..150).flat_map(|user| (0..6).map(move |n| visit(user, n))).collect();
    let answer = server.post("/v1/batch", &ingest, &json!({"batch": batch}).to_string());
    assert_eq!(answer.status, 200, "{}", answer.text);
    get(&server, &bearer, "/api/lifecycle");
    let after = definition(&server);
    assert_ne!(before, after);
    assert!(after.contains("Purchase"), "{after}");
}

#[test]
fn what_was_rejected_can_be_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let (ingest, admin) = (key(folder.path(), "ingest"), key(folder.path(), "admin"));
    let server = Server::serve(folder.path());
    let sent = json!({"event": "Purchase", "messageId": "lost", "properties": {"amount": 3}});
    assert_eq!(server.post("/v1/track", &ingest, &sent.to_string()).status, 200);
    let found = get(&server, &format!("Bearer {admin}"), "/api/errors?limit=5");
    let (kind, sample) = (&found["kinds"][0], &found["samples"][0]);
    assert_eq!((&kind["code"], &kind["count"]), (&json!("event.no_user"), &json!(1)));
    assert_eq!((&sample["code"], &sample["event"]), (&kind["code"], &json!("Purchase")));
    assert!(sample["raw"].as_str().unwrap().contains("lost"), "{found}");
}
