//! Devices, profile types and subscriptions, over HTTP with what client libraries send.

use std::sync::Arc;

use model::Timestamp;
use serde_json::{Value, json};

use super::fixture::{Fixture, fixture, fixture_at, fixture_in};

const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 \
                      (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1";

fn segment(server: &Fixture, message: Value) {
    let answer = server.send("POST", "/v1/batch", &json!({"batch": [message]}).to_string());
    assert_eq!((answer.0, answer.json()), (200, json!({"success": true})));
}

/// The first launch of Segment's mobile library.
fn launch(server: &Fixture, device: &str, id: &str, more: Value) {
    let mut message = json!({
        "type": "track", "event": "Application Opened", "anonymousId": device, "messageId": id,
        "context": {
            "app": {"name": "Shop", "version": "3.1.0", "build": "42"},
            "device": {"manufacturer": "Google", "model": "Pixel 9", "type": "android",
                       "token": "fcm-token-0123456789abcdef"},
            "library": {"name": "analytics-kotlin", "version": "1.19.2"},
            "locale": "de-DE", "os": {"name": "Android", "version": "15"},
            "timezone": "Europe/Berlin", "ip": "81.2.69.142",
        }
    });
    message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    segment(server, message);
}

fn devices(server: &Fixture, user: &str) -> Vec<Value> {
    let list = server.get(&format!("/api/users/{user}/devices"));
    assert_eq!(list["total"], list["devices"].as_array().unwrap().len());
    list["devices"].as_array().unwrap().clone()
}

fn put(server: &Fixture, path: &str, body: &Value) -> Value {
    let answer = server.send("PUT", path, &body.to_string());
    assert_eq!(answer.0, 200, "{path}: {}", answer.2);
    answer.json()
}

fn n_events(server: &Fixture, user: &str, name: &str) -> usize {
    let events = server.get(&format!("/api/users/{user}/events?name={}", name.replace(' ', "%20")));
    events["events"].as_array().unwrap().len()
}

#[test]
fn one_launch_makes_a_profile_with_all_that_it_says() {
    let server = fixture();
    let real = concat!(env!("CARGO_MANIFEST_DIR"), "/../gateway/golden/places_v6.mmdb");
    server.service.workspace().places().read(real.as_ref()).unwrap();
    launch(&server, "phone-1", "m1", json!({"timestamp": "2026-03-01T09:00:00Z"}));
    let user = server.get("/api/users/phone-1");
    assert_eq!(user["first_seen_at"], "2026-03-01T09:00:00.000Z");
    let attributes = json!({
        "app.build": "42", "app.name": "Shop", "app.version": "3.1.0",
        "device.language": "de", "device.manufacturer": "Google", "device.model": "Pixel 9",
        "device.os": "Android", "device.os_version": "15", "device.region": "DE",
        "device.timezone": "Europe/Berlin",
        "geo.city": "London", "geo.country": "GB", "geo.region": "England",
        "geo.timezone": "Europe/London",
    });
    assert_eq!(user["attributes"], attributes);
    let device = &devices(&server, "phone-1")[0];
    assert_eq!(device["id"], "phone-1");
    assert_eq!(device["facts"]["library.name"], "analytics-kotlin");
    let token =
        json!([{"kind": "fcm", "token": "fcm-to…abcdef", "since": "2026-03-01T09:00:00.000Z"}]);
    assert_eq!(device["tokens"], token);
    // The address itself is gone.
    let events = server.get("/api/users/phone-1/events");
    let events = events["events"].as_array().unwrap();
    let sent: Vec<_> = events.iter().filter(|event| event["derived"] != true).collect();
    assert_eq!(sent.len(), 1, "one launch is one event");
    assert_eq!(sent[0]["properties"]["context.ip"], Value::Null);
}

#[test]
fn each_family_of_libraries_makes_an_anonymous_profile_with_its_device() {
    let server = fixture();
    let send = |path: &str, body: Value| {
        let answer = server.send("POST", path, &body.to_string());
        assert!(answer.0 < 300, "{path}: {} {}", answer.0, answer.2);
    };
    let key = &server.key;
    send(
        "/v1/page",
        json!({"anonymousId": "web", "messageId": "p1",
        "context": {"userAgent": IPHONE, "locale": "pt-BR", "app": {"version": "1"}}}),
    );
    send(
        "/track",
        json!([{"event": "Open", "properties": {"token": key, "$device_id": "mixpanel",
        "distinct_id": "$device:mixpanel", "$os": "iOS", "$model": "iPhone16,1",
        "$app_version_string": "2.0", "$insert_id": "i1", "mp_lib": "swift"}}]),
    );
    send(
        "/2/httpapi",
        json!({"api_key": key, "events": [{"event_type": "open",
        "device_id": "amplitude", "platform": "Android", "os_name": "android", "language": "fr",
        "version_name": "9.9", "device_model": "SM-S921B", "insert_id": "i2"}]}),
    );
    send(
        "/batch",
        json!({"api_key": key, "batch": [{"event": "open", "distinct_id": "posthog",
        "properties": {"$device_id": "posthog", "$os": "Android", "$app_version": "4",
        "$locale": "en-US", "$process_person_profile": false}, "uuid": "u-1"}]}),
    );
    let cases = [
        ("web", "device.os", "iOS", "app.version", "1"),
        ("mixpanel", "device.model", "iPhone16,1", "app.version", "2.0"),
        ("amplitude", "device.language", "fr", "app.version", "9.9"),
        ("posthog", "device.region", "US", "app.version", "4"),
    ];
    for (id, name, value, other, version) in cases {
        let user = server.get(&format!("/api/users/{id}"));
        assert_eq!(user["type"], "anonymous", "{id}");
        assert_eq!(user["attributes"][name], value, "{id}: {user}");
        assert_eq!(user["attributes"][other], version, "{id}");
        assert_eq!(devices(&server, id).len(), 1, "{id}");
    }
}

#[test]
fn a_profile_becomes_addressable_and_then_a_customer() {
    let server = fixture();
    let kind = || server.get("/api/users/d")["type"].clone();
    segment(
        &server,
        json!({"type": "track", "event": "open", "anonymousId": "d", "messageId": "1",
                            "timestamp": "2026-03-01T00:00:00Z"}),
    );
    assert_eq!(kind(), "anonymous");
    segment(
        &server,
        json!({"type": "identify", "anonymousId": "d", "messageId": "2",
        "timestamp": "2026-03-02T00:00:00Z", "traits": {"email": "ada@example.com"}}),
    );
    assert_eq!(kind(), "addressable");
    segment(
        &server,
        json!({"type": "track", "event": "Order Completed", "anonymousId": "d",
        "messageId": "3", "timestamp": "2026-03-03T00:00:00Z"}),
    );
    assert_eq!(kind(), "customer");
    let then = server.get("/api/users/d?as_of=2026-03-02T12:00:00Z");
    assert_eq!(then["type"], "addressable", "as of then");
    let before = server.get("/api/users/d?as_of=2026-03-01T12:00:00Z");
    assert_eq!(before["type"], "anonymous");
    let settings = json!({"devices": true, "keep_ip": false, "customer_events": ["Paid"]});
    assert_eq!(put(&server, "/api/settings/enrichment", &settings), settings);
    assert_eq!(kind(), "addressable", "only payments make a customer now");
    // A push token is an address, too.
    launch(&server, "e", "4", json!({}));
    assert_eq!(server.get("/api/users/e")["type"], "addressable");
}

#[test]
fn two_devices_of_one_identity_are_two_entries_whoever_sends_them() {
    let server = fixture();
    launch(&server, "phone", "m1", json!({"userId": "ada"}));
    let tablet = json!({"type": "track", "event": "open", "anonymousId": "tablet", "userId": "ada",
        "messageId": "m2", "context": {"device": {"model": "iPad14,3", "manufacturer": "Apple"},
        "os": {"name": "iPadOS", "version": "18.1"}, "app": {"version": "3.2.0"}}});
    segment(&server, tablet);
    let list = devices(&server, "ada");
    let of = |id: &str| list.iter().find(|device| device["id"] == id).unwrap()["facts"].clone();
    assert_eq!(list.len(), 2);
    assert_eq!(
        (&of("phone")["device.os"], &of("phone")["app.version"]),
        (&json!("Android"), &json!("3.1.0"))
    );
    assert_eq!(of("tablet")["device.model"], "iPad14,3");
    // CleverTap's mobile client: a head, an event with what the application is, and a token.
    let mobile = |guid: &str, os: &str, token: &str| {
        let body = json!([
            {"type": "meta", "g": guid, "id": server.key},
            {"type": "event", "evtName": "App Launched", "ep": 1_772_355_600,
             "af": {"Build": "301", "Version": "3.0.1", "OS": os, "OS Version": "13",
                    "Make": "Xiaomi", "Model": "23021RAA2Y"}},
            {"type": "data", "data": {"action": "register", "id": token, "type": "fcm"},
             "ep": 1_772_355_601},
            {"type": "profile", "profile": {"Identity": "bob"}, "ep": 1_772_355_602},
        ]);
        let answer = server.send("POST", "/a1", &body.to_string());
        assert_eq!(answer.0, 200, "{}", answer.2);
    };
    mobile("guid1", "Android", "token-of-the-first-one");
    mobile("guid2", "Android", "token-of-the-second-one");
    let list = devices(&server, "bob");
    assert_eq!(list.len(), 2, "{list:?}");
    for device in &list {
        assert_eq!(device["facts"]["app.version"], "3.0.1", "{device}");
        assert_eq!(device["tokens"][0]["kind"], "fcm");
    }
}

#[test]
fn a_merge_brings_devices_together_and_a_separation_gives_each_their_own() {
    let server = fixture();
    launch(&server, "phone", "m1", json!({"userId": "ada"}));
    launch(&server, "laptop", "m2", json!({"userId": "bob"}));
    let ids = |user: &str| -> Vec<String> {
        let list = devices(&server, user);
        let mut ids: Vec<_> = list.iter().map(|d| d["id"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    };
    let post = |path: &str, body: Value| {
        let answer = server.send("POST", path, &body.to_string());
        assert_eq!(answer.0, 200, "{}", answer.2);
    };
    post("/api/users/ada/merge", json!({"other": "bob"}));
    assert_eq!(ids("ada"), ["laptop", "phone"]);
    post("/api/users/ada/separate", json!({"person": "bob"}));
    assert_eq!((ids("ada"), ids("bob")), (vec!["phone".into()], vec!["laptop".into()]));
}

#[test]
fn what_is_known_of_devices_is_there_after_a_start_with_and_without_a_checkpoint() {
    let clock = || Arc::new(|| Timestamp(1_772_355_600_000));
    let mut server = fixture_at(clock());
    let path = "/api/subscriptions/address";
    let address = json!({"channel": "email", "address": "ada@example.com", "subscribed": false,
                         "reason": "bounced"});
    for checkpoint in [false, true] {
        launch(&server, "phone", "m1", json!({"userId": "ada"}));
        put(&server, path, &address);
        if checkpoint {
            server.service.workspace().checkpoint().unwrap();
        }
        let before = (devices(&server, "ada"), server.get("/api/users/ada"));
        drop(server.stop.take());
        server.service.workspace().close().unwrap();
        let Fixture { folder, service, .. } = server;
        while Arc::strong_count(&service) > 1 {
            std::thread::yield_now();
        }
        drop(service);
        server = fixture_in(folder, clock());
        assert_eq!((devices(&server, "ada"), server.get("/api/users/ada")), before);
        let asked = format!("{path}?channel=email&address=ADA@example.com");
        assert_eq!(server.get(&asked), address, "{checkpoint}");
    }
}

#[test]
fn retries_count_once_and_the_setting_turns_it_off() {
    let server = fixture();
    for _ in 0..3 {
        launch(&server, "phone", "m1", json!({}));
    }
    assert_eq!(n_events(&server, "phone", "Application Opened"), 1);
    assert_eq!(devices(&server, "phone").len(), 1);
    let settings = json!({"devices": false, "keep_ip": false, "customer_events": []});
    put(&server, "/api/settings/enrichment", &settings);
    launch(&server, "other", "m2", json!({}));
    assert_eq!(server.get("/api/users/other")["attributes"], json!({}));
    assert_eq!(devices(&server, "other").len(), 0);
    let events = server.get("/api/users/other/events");
    assert_eq!(events["events"][0]["properties"]["context.ip"], "81.2.69.142", "untouched");
}

/// Which of a user's places are blocked, and why.
fn blocked(subscriptions: &Value) -> Vec<String> {
    let reach = subscriptions["reach"].as_array().unwrap().iter();
    let mut lines: Vec<String> = reach
        .map(|reach| {
            let why = reach["blocked_by"].as_str().unwrap_or("ok");
            format!(
                "{} {} {why}",
                reach["channel"].as_str().unwrap(),
                reach["to"].as_str().unwrap()
            )
        })
        .collect();
    lines.sort();
    lines
}

#[test]
fn each_subscription_blocks_only_its_scope() {
    let server = fixture();
    launch(&server, "phone", "m1", json!({"userId": "ada"}));
    launch(&server, "tablet", "m2", json!({"userId": "ada"}));
    segment(
        &server,
        json!({"type": "identify", "userId": "ada", "messageId": "m3",
        "traits": {"email": "ada@example.com", "phone": "+14155550100"}}),
    );
    let path = "/api/users/ada/subscriptions";
    let all = [
        "email ada@example.com ok",
        "push phone ok",
        "push tablet ok",
        "sms +14155550100 ok",
        "whatsapp +14155550100 ok",
    ];
    assert_eq!(blocked(&server.get(path)), all);
    // One device.
    let now = put(&server, path, &json!({"devices": {"phone": false}}));
    assert_eq!(blocked(&now)[1..3], ["push phone device_unsubscribed", "push tablet ok"]);
    // All devices.
    let now = put(&server, path, &json!({"devices": {"phone": true}, "channels": {"push": false}}));
    assert_eq!(
        blocked(&now)[1..3],
        ["push phone channel_unsubscribed", "push tablet channel_unsubscribed"]
    );
    assert_eq!(n_events(&server, "ada", "Channel Unsubscribed"), 1);
    put(&server, path, &json!({"channels": {"push": false}}));
    assert_eq!(n_events(&server, "ada", "Channel Unsubscribed"), 1, "it was off already");
    // A topic: another one of the same channel delivers.
    let topic = |id: &str, default: bool| {
        json!({"id": id, "name": id, "channel": "email",
                                                 "subscribed_by_default": default})
    };
    let topics =
        json!({"topics": [topic("news", true), topic("offers", true), topic("beta", false)]});
    assert_eq!(put(&server, "/api/subscriptions/topics", &topics), topics);
    let now = put(&server, path, &json!({"topics": {"news": false}}));
    assert_eq!(now["reach"][0]["topics_blocked"], json!(["news", "beta"]));
    assert_eq!(now["reach"][0]["blocked_by"], Value::Null);
    let now = put(&server, path, &json!({"topics": {"beta": true}}));
    assert_eq!(now["reach"][0]["topics_blocked"], json!(["news"]));
    // What is left out stays, and what there is not is said in words.
    for (body, code) in [
        (json!({"channels": {"fax": false}}), "subscriptions.unknown_channel"),
        (json!({"topics": {"sport": false}}), "subscriptions.unknown_topic"),
        (json!({"devices": {"watch": false}}), "subscriptions.unknown_device"),
    ] {
        let answer = server.send("PUT", path, &body.to_string());
        assert_eq!(answer.code(), (422, json!(code)));
    }
    assert_eq!(server.get(path), now);
}

#[test]
fn an_address_is_blocked_for_everybody_who_has_it_and_a_profile_for_itself() {
    let server = fixture();
    let attributes = |user: &str| {
        json!({"type": "identify", "userId": user, "messageId": user,
        "traits": {"email": "family@example.com"}})
    };
    segment(&server, attributes("ada"));
    segment(&server, attributes("bob"));
    let of = |user: &str| blocked(&server.get(&format!("/api/users/{user}/subscriptions")));
    put(&server, "/api/users/ada/subscriptions", &json!({"channels": {"email": false}}));
    assert_eq!(of("ada"), ["email family@example.com channel_unsubscribed"]);
    assert_eq!(of("bob"), ["email family@example.com ok"]);
    put(&server, "/api/users/ada/subscriptions", &json!({"channels": {"email": true}}));
    let said = json!({"channel": "email", "address": "Family@Example.com", "subscribed": false});
    put(&server, "/api/subscriptions/address", &said);
    assert_eq!(of("ada"), ["email family@example.com address_unsubscribed"]);
    assert_eq!(of("bob"), ["email family@example.com address_unsubscribed"]);
    assert_eq!(server.get("/api/users")["total"], 2, "an address is nobody");
    let wrong = json!({"channel": "sms", "address": "ada@example.com", "subscribed": false});
    let answer = server.send("PUT", "/api/subscriptions/address", &wrong.to_string());
    assert_eq!(answer.code(), (422, json!("subscriptions.address")));
}

#[test]
fn other_products_say_it_in_their_words() {
    let server = fixture();
    let send = |path: &str, body: Value| {
        let answer = server.send("POST", path, &body.to_string());
        assert!(answer.0 < 300, "{path}: {} {}", answer.0, answer.2);
    };
    let key = &server.key;
    send(
        "/engage",
        json!([{"$token": key, "$distinct_id": "ada",
        "$set": {"$email": "ada@example.com", "$unsubscribed": true}}]),
    );
    let of = |user: &str| blocked(&server.get(&format!("/api/users/{user}/subscriptions")));
    assert_eq!(of("ada"), ["email ada@example.com channel_unsubscribed"]);
    assert_eq!(n_events(&server, "ada", "Channel Unsubscribed"), 1);
    // CleverTap: a device says it of itself, or of all.
    let mobile = |guid: &str, profile: Value| {
        let body = json!([
            {"type": "meta", "g": guid, "id": key},
            {"type": "data", "data": {"action": "register", "id": "t", "type": "fcm"}, "ep": 1_772_355_601},
            {"type": "profile", "profile": profile, "ep": 1_772_355_602},
        ]);
        send("/a1", body);
    };
    mobile("g1", json!({"Identity": "bob", "MSG-push": false}));
    mobile("g2", json!({"Identity": "bob"}));
    assert_eq!(of("bob"), ["push g1 device_unsubscribed", "push g2 ok"]);
    mobile("g2", json!({"Identity": "bob", "MSG-push-all": false}));
    assert_eq!(of("bob"), ["push g1 channel_unsubscribed", "push g2 channel_unsubscribed"]);
}
