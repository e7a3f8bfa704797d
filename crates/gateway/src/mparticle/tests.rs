use model::{AttributeChange, Event, EventId, Identity, Record, Text, Value, What};
use proptest::prelude::*;
use serde_json::json;

use super::identity::Question;
use super::*;

fn received() -> Timestamp {
    Timestamp(1_795_331_972_700)
}

fn decoded(body: &str) -> Decoded {
    decode(body.as_bytes(), received()).unwrap()
}

fn event(record: &Record) -> &Event {
    match &record.what {
        What::Event(event) => event,
        other => panic!("{other:?}"),
    }
}

fn change(record: &Record) -> &AttributeChange {
    match &record.what {
        What::Identify(change) => change,
        other => panic!("{other:?}"),
    }
}

const WEB: &str = r#"{"source_request_id":"r1","mpid":"710403","timestamp_unixtime_ms":1795331972630,"environment":"development","mp_deviceid":"d1","sdk_version":"2.68.0",
 "events":[{"event_type":"commerce_event","data":{"product_action":{"action":"purchase","transaction_id":"t1","total_amount":99.5,"tax_amount":5,"shipping_amount":3,
   "products":[{"id":"SKU","name":"Shoe","price":99.5,"quantity":1,"custom_attributes":null}]},
   "currency_code":null,"timestamp_unixtime_ms":1795331972623,"session_uuid":"F7","session_start_unixtime_ms":1795331969258,"custom_attributes":{"gift":"yes"},"source_message_id":"m1"}}],
 "device_info":{"platform":"web"},"application_info":{},"user_attributes":{"plan":"pro","tags":["a","b"]},
 "user_identities":{"customer_id":"u1","email":"U1@example.com","mobile_number":"+1 415 555 0100","other":"x"},
 "consent_state":{"gdpr":{"ads":{"consented":true,"document":"v1"}}},"integration_attributes":{}}"#;

#[test]
fn a_batch_of_the_web_client() {
    let decoded = decoded(WEB);
    assert_eq!(decoded.rejected, []);
    let [bought, attributes] = decoded.records.as_slice() else { panic!("{decoded:?}") };
    let who = &bought.who;
    assert_eq!((who.user_id.as_deref(), who.anonymous_id.as_deref()), (Some("u1"), Some("d1")));
    let id = Identity::new;
    let expected = [id("email", "u1@example.com"), id("phone", "+14155550100"), id("other", "x")];
    assert_eq!(who.identities, expected);
    let event = event(bought);
    assert_eq!((event.name.as_str(), event.id), ("Purchase", EventId::of("m1")));
    assert_eq!(event.time, Timestamp(1_795_331_972_623));
    let of = |name: &str| &event.properties.iter().find(|(known, _)| known == name).unwrap().1;
    assert_eq!(*of("total_amount"), Value::Float(99.5));
    assert_eq!(*of("products.id"), Value::List([Value::text("SKU")].into()));
    assert_eq!((of("gift"), of("session_uuid")), (&Value::text("yes"), &Value::text("F7")));
    let change = change(attributes);
    let names: Vec<&str> = change.attributes.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["consent.gdpr.ads", "consent.gdpr.ads.document", "plan", "tags"]);
    assert_eq!(change.attributes[0].1, Value::Bool(true));
}

#[test]
fn types_of_events_have_their_names() {
    let name = |kind: &str, data: serde_json::Value| {
        let body = json!({"mpid": "7", "events": [{"event_type": kind, "data": data}]});
        let decoded = decoded(&body.to_string());
        assert_eq!(decoded.rejected, [], "{kind}");
        event(&decoded.records[0]).name.to_string()
    };
    let product = |action: &str| json!({"product_action": {"action": action}});
    assert_eq!(name("custom_event", json!({"event_name": "Song Played"})), "Song Played");
    assert_eq!(name("screen_view", json!({"screen_name": "Home"})), "Screen Viewed");
    assert_eq!(name("session_start", json!(null)), "Session Start");
    assert_eq!(name("session_end", json!({})), "Session End");
    assert_eq!(name("new_kind_of_thing", json!({})), "New Kind Of Thing");
    for (action, expected) in [
        ("purchase", "Purchase"),
        ("refund", "Refund"),
        ("add_to_cart", "Add To Cart"),
        ("remove_from_cart", "Remove From Cart"),
        ("view_detail", "Product Viewed"),
        ("checkout", "Checkout"),
        ("something_new", "Something New"),
    ] {
        assert_eq!(name("commerce_event", product(action)), expected);
    }
    let promotion = json!({"promotion_action": {"action": "click", "promotions": [{"id": "p"}]}});
    assert_eq!(name("commerce_event", promotion), "Promotion Clicked");
    let seen = json!({"product_impressions": [{"product_impression_list": "l", "products": []}]});
    assert_eq!(name("commerce_event", seen), "Product List Viewed");
}

#[test]
fn changes_of_attributes_identities_and_consent() {
    let one = |kind: &str, data: serde_json::Value| {
        let body = json!({"user_identities": {"customerid": 17}, "events": [{"event_type": kind, "data": data}]});
        let decoded = decoded(&body.to_string());
        assert_eq!(decoded.rejected, [], "{kind}");
        decoded.records.into_iter().next().unwrap()
    };
    let set = one(
        "user_attribute_change",
        json!({"user_attribute_name": "plan", "new": "pro", "old": null}),
    );
    assert_eq!(set.who.user_id.as_deref(), Some("17"));
    assert_eq!(change(&set).attributes, [(Text::new("plan"), Value::text("pro"))]);
    let list = one(
        "user_attribute_change",
        json!({"user_attribute_name": "tags", "new": ["a"], "old": ["b"]}),
    );
    assert_eq!(
        change(&list).attributes,
        [(Text::new("tags"), Value::List([Value::text("a")].into()))]
    );
    let gone = one(
        "user_attribute_change",
        json!({"user_attribute_name": "plan", "new": null, "deleted": true}),
    );
    assert_eq!(change(&gone).attributes, [(Text::new("plan"), Value::Null)]);
    let identity = one(
        "user_identity_change",
        json!({"new": {"identity_type": "email", "identity": "a@b.example"}, "old": null}),
    );
    assert_eq!(identity.who.identities, [Identity::new("email", "a@b.example")]);
    let out = one("opt_out", json!({"is_opted_out": true}));
    assert_eq!(change(&out).attributes, [(Text::new("consent.tracking"), Value::Bool(false))]);
}

#[test]
fn ids_fall_back_and_a_number_is_used_where_nothing_else_is_known() {
    let decode = |batch: serde_json::Value| decoded(&batch.to_string()).records;
    let custom = json!({"event_type": "custom_event", "data": {"event_name": "E", "timestamp_unixtime_ms": 1795331972000u64}});
    let by_request = |r: &str| {
        event(&decode(json!({"source_request_id": r, "mpid": "7", "events": [custom]}))[0]).id
    };
    assert_eq!(by_request("a"), by_request("a"));
    assert_ne!(by_request("a"), by_request("b"));
    let bought = |amount: u64, id: &str| {
        let data = json!({"product_action": {"action": "purchase", "transaction_id": id, "total_amount": amount}});
        event(
            &decode(
                json!({"mpid": "7", "events": [{"event_type": "commerce_event", "data": data}]}),
            )[0],
        )
        .id
    };
    assert_eq!(bought(1, "t"), bought(2, "t"));
    assert_ne!(bought(1, "t"), bought(1, "u"));
    let of = |user: &str| {
        event(&decode(json!({"user_identities": {"customerid": user}, "events": [custom]}))[0]).id
    };
    assert_ne!(of("ada"), of("bob"), "the same content of two people");
    let by_content = || event(&decode(json!({"mpid": "7", "events": [custom]}))[0]).id;
    assert_eq!(by_content(), by_content());
    let untimed = json!({"event_type": "custom_event", "data": {"event_name": "E"}});
    let twice = decode(json!({"mpid": "7", "events": [untimed, untimed]}));
    assert_ne!(event(&twice[0]).id, event(&twice[1]).id);
    assert_eq!(twice[0].who.identities, [Identity::new("mpid", "7")]);
    let nobody = decoded(&json!({"events": [custom, custom]}).to_string());
    assert_eq!((nobody.records.len(), nobody.rejected.len()), (0, 2));
    assert_eq!(nobody.rejected[1].code, "event.no_user");
}

#[test]
fn lists_of_batches_and_what_cannot_be_read() {
    let list = decoded(&format!("[{WEB},7,{WEB}]"));
    assert_eq!((list.records.len(), list.rejected.len()), (4, 1));
    assert_eq!(list.rejected[0].code, "event.malformed");
    let mixed = decoded(
        r#"{"mpid":"7","events":[7,{"event_type":"custom_event","data":{}},{"data":{}},{"event_type":"custom_event","data":{"event_name":"E"}}]}"#,
    );
    let codes: Vec<_> = mixed.rejected.iter().map(|r| (r.index, r.code)).collect();
    assert_eq!(codes, [(0, "event.malformed"), (1, "event.no_name"), (2, "event.unknown_type")]);
    assert_eq!(mixed.records.len(), 1);
    let refused = |body: &str| decode(body.as_bytes(), received()).unwrap_err().code;
    assert_eq!(refused(""), "request.not_json");
    assert_eq!(refused("7"), "request.not_json");
    assert_eq!(refused(&format!("[{}1]", "1,".repeat(100))), "request.too_many_records");
}

#[test]
fn questions_of_identity_are_answered_by_the_strongest() {
    let ask = |body: serde_json::Value| identity::request(body.to_string().as_bytes()).unwrap();
    let of = |known: serde_json::Value| ask(json!({"request_id": "q", "known_identities": known}));
    let strongest = |known| of(known).strongest().map(|(kind, value)| format!("{kind}={value}"));
    let all = json!({"device_application_stamp": "d", "email": "a@b.example", "customer_id": "u", "x": "1"});
    assert_eq!(strongest(all.clone()).as_deref(), Some("customerid=u"));
    assert_eq!(
        strongest(json!({"device_application_stamp": "d", "zzz": 5})).as_deref(),
        Some("zzz=5")
    );
    assert_eq!(
        strongest(json!({"device_application_stamp": "d"})).as_deref(),
        Some("device_application_stamp=d")
    );
    assert_eq!(strongest(json!({"email": null})), None);
    let login = of(all);
    let record = login.record(Question::Login, received()).unwrap().unwrap();
    assert_eq!(record.who.user_id.as_deref(), Some("u"));
    assert_eq!(record.who.anonymous_id.as_deref(), Some("d"));
    assert_eq!(login.record(Question::Logout, received()), Ok(None));
    assert_eq!(
        of(json!({"device_application_stamp": "d"})).record(Question::Identify, received()),
        Ok(None)
    );
    let answer: serde_json::Value =
        serde_json::from_str(&login.answer(42, Question::Login)).unwrap();
    assert_eq!((&answer["mpid"], &answer["is_logged_in"]), (&json!("42"), &json!(true)));
    let out: serde_json::Value = serde_json::from_str(&login.answer(42, Question::Logout)).unwrap();
    assert_eq!(out["is_logged_in"], json!(false));
}

#[test]
fn changes_of_identities_join_the_old_and_the_new() {
    let ask = |changes: serde_json::Value| {
        let request = json!({"request_id": "q", "identity_changes": changes});
        identity::request(request.to_string().as_bytes()).unwrap()
    };
    let email = ask(
        json!([{"old_value": "a@b.example", "new_value": "c@d.example", "identity_type": "email"}]),
    );
    let record = email.change_record(received()).unwrap().unwrap();
    assert_eq!(record.who.identities.len(), 2);
    let renamed =
        ask(json!([{"old_value": "u1", "new_value": "u2", "identity_type": "customerid"}]));
    let record = renamed.change_record(received()).unwrap().unwrap();
    assert_eq!(record.what, What::Alias { previous: Text::new("u1") });
    let same = ask(json!([{"old_value": "u1", "new_value": "u1", "identity_type": "customerid"}]));
    assert_eq!(same.change_record(received()), Ok(None));
    let answer: serde_json::Value = serde_json::from_str(&same.changed("7")).unwrap();
    assert_eq!(
        answer,
        json!({"change_results": [{"identity_type": "customerid", "modified_mpid": "7"}]})
    );
    let alias = json!({"request_id": "q", "request_type": "alias", "data": {"destination_mpid": "2", "source_mpid": "1", "device_application_stamp": "d"}});
    let alias = identity::request(alias.to_string().as_bytes()).unwrap();
    let record = alias.alias_record(received()).unwrap().unwrap();
    assert_eq!(record.who.identities, [Identity::new("mpid", "1"), Identity::new("mpid", "2")]);
}

fn check_promises(decoded: &Decoded) {
    for record in &decoded.records {
        let who = &record.who;
        assert!(who.user_id.is_some() || who.anonymous_id.is_some() || !who.identities.is_empty());
        let properties = match &record.what {
            What::Event(event) => &event.properties,
            What::Identify(change) => &change.attributes,
            What::Facts(facts) => &facts.attributes,
            What::Alias { .. } | What::Separate { .. } => continue,
        };
        assert!(properties.is_sorted_by(|a, b| a.0 < b.0));
    }
}

fn any_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|b| b.to_string()),
        any::<i128>().prop_map(|n| n.to_string()),
        "[a-z_@. ]{0,8}".prop_map(|s| serde_json::to_string(&s).unwrap()),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let names = vec![
            "events",
            "event_type",
            "data",
            "custom_attributes",
            "product_action",
            "action",
            "user_identities",
            "customer_id",
            "email",
            "mpid",
            "mp_deviceid",
            "new",
            "old",
            "user_attribute_name",
            "user_attributes",
            "consent_state",
            "source_request_id",
            "timestamp_unixtime_ms",
            "known_identities",
            "identity_changes",
            "identity_type",
            "is_opted_out",
        ];
        let key = prop_oneof!["[a-c]{0,2}", prop::sample::select(names).prop_map(str::to_owned)];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5)
                .prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((key, inner), 0..6).prop_map(|items| {
                let fields: Vec<_> = items.iter().map(|(k, v)| format!("\"{k}\":{v}")).collect();
                format!("{{{}}}", fields.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&bytes, received());
        let _ = identity::request(&bytes);
    }

    #[test]
    fn any_json_is_decoded_or_refused(json in any_json(), kind in "[a-z_]{0,24}") {
        if let Ok(decoded) = decode(json.as_bytes(), received()) {
            check_promises(&decoded);
        }
        let kinds = ["custom_event", "screen_view", "commerce_event", "user_attribute_change", "user_identity_change", "opt_out", &kind];
        let events: Vec<String> =
            kinds.iter().map(|kind| format!(r#"{{"event_type":"{kind}","data":{json}}}"#)).collect();
        let body = format!(r#"{{"mpid":"7","events":[{}]}}"#, events.join(","));
        let decoded = decoded(&body);
        prop_assert_eq!(decoded.records.len() + decoded.rejected.len(), kinds.len());
        check_promises(&decoded);
        if let Ok(request) = identity::request(json.as_bytes()) {
            let _ = (request.strongest(), request.device(), request.answer(1, Question::Login));
            for record in [request.record(Question::Login, received()), request.change_record(received()), request.alias_record(received())] {
                if let Ok(Some(record)) = record {
                    check_promises(&Decoded { records: vec![record], ..Decoded::default() });
                }
            }
        }
    }

    #[test]
    fn changed_bytes_never_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut bytes = WEB.as_bytes().to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(decoded) = decode(&bytes, received()) {
            check_promises(&decoded);
        }
    }
}
