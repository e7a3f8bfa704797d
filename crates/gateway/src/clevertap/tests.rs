use model::{AttributeChange, Event, Identity, Operation, Record, Text, Timestamp, Value, What};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::Decoded;

fn received() -> Timestamp {
    Timestamp::parse("2026-11-22T07:20:40.000Z").unwrap()
}

/// `compressToBase64` in its simplest form: every unit as a literal, none as a phrase.
fn packed(json: &str) -> String {
    let mut bits = Vec::new();
    let put = |value: u32, n: u32, bits: &mut Vec<bool>| {
        bits.extend((0..n).map(|place| value >> place & 1 == 1));
    };
    let (mut n_bits, mut room, mut first) = (2, 1, true);
    for unit in json.encode_utf16().map(u32::from) {
        put(u32::from(unit >= 256), n_bits, &mut bits);
        put(unit, if unit < 256 { 8 } else { 16 }, &mut bits);
        // A first literal makes one code, each later one two.
        for _ in 0..if first { 1 } else { 2 } {
            room -= 1;
            if room == 0 {
                room = 1 << n_bits;
                n_bits += 1;
            }
        }
        first = false;
    }
    put(2, n_bits, &mut bits);
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |six: &[bool]| {
        DIGITS[(0..6).fold(0, |n, at| n * 2 + usize::from(six.get(at) == Some(&true)))]
    };
    bits.chunks(6).map(|six| char::from(digit(six))).collect()
}

fn query(kind: &str, payload: &serde_json::Value, rest: &str) -> String {
    let d = packed(&payload.to_string()).replace('+', "%2B");
    format!("t=96&type={kind}&d={d}&i=1795332036&sn=3&{rest}")
}

fn decoded(kind: &str, payload: &serde_json::Value, rest: &str) -> Decoded {
    web::read(&query(kind, payload, rest)).into_decoded("guid01", received())
}

fn one(kind: &str, payload: &serde_json::Value) -> Record {
    let decoded = decoded(kind, payload, "rn=4&gc=guid01");
    assert_eq!(decoded.rejected, [], "{payload}");
    decoded.records.into_iter().next().unwrap()
}

fn event(record: Record) -> Event {
    match record.what {
        What::Event(event) => event,
        other => panic!("{other:?}"),
    }
}

fn change(record: Record) -> AttributeChange {
    match record.what {
        What::Identify(change) => change,
        other => panic!("{other:?}"),
    }
}

fn named(event: &Event) -> Vec<String> {
    event.properties.iter().map(|(name, value)| format!("{name}={value:?}")).collect()
}

#[test]
fn an_event_of_the_web_client() {
    let payload = json!({"type": "event", "evtName": "Product viewed",
        "evtData": {"Product name": "Shoe", "Price": 59.5, "When": "$D_1700000000", "size": "$E_42"},
        "id": "ACC-1", "g": "guid01", "s": 1795332034, "pg": 1,
        "af": {"lib": "web-sdk-v2.5.2", "protocol": "https"}, "WZRK_CAMP": {"wsc": 0}});
    let call = web::read(&query("push", &payload, "rn=4&gc=guid01:OO"));
    assert_eq!((call.account(), call.guid(), call.rn), (Some("ACC-1"), Some("guid01"), 4));
    assert_eq!(call.session(), Some(1_795_332_034));
    let record = one("push", &payload);
    assert_eq!(record.who, model::Who::anonymous("guid01"));
    let event = event(record);
    assert_eq!((event.name.as_str(), event.time), ("Product viewed", Timestamp(1_795_332_036_003)));
    assert_eq!(
        named(&event),
        [
            "Price=Float(59.5)",
            "Product name=Text(\"Shoe\")",
            "When=Time(Timestamp(1700000000000))",
            "context.app.lib=Text(\"web-sdk-v2.5.2\")",
            "context.app.protocol=Text(\"https\")",
            "size=Text(\"42\")",
        ]
    );
}

#[test]
fn pages_purchases_tokens_and_what_says_nothing() {
    let page = json!({"id": "A", "cpg": "https://shop.example/a?b=1", "referrer": "news.example",
        "us": "mail", "um": "cpc", "uc": "may"});
    let event_of = |kind: &str, payload| event(one(kind, &payload));
    let page = event_of("page", page);
    assert_eq!(page.name, "Page Viewed");
    let names: Vec<&str> = page.properties.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["referrer", "url", "utm_campaign", "utm_medium", "utm_source"]);
    let charged = event_of(
        "push",
        json!({"type": "event", "evtName": "Charged", "evtData": {"Amount": 300, "Charged ID": "o-1",
               "Items": [{"Category": "Books", "Quantity": 1}, {"Category": "Shoes"}]}}),
    );
    assert_eq!(
        named(&charged)[2..],
        [
            r#"Items.Category=List([Text("Books"), Text("Shoes")])"#,
            "Items.Quantity=List([Int(1), Null])"
        ]
    );
    let token =
        json!({"endpoint": "abc", "keys": {"p256dh": "k", "auth": "a"}, "browser": "Chrome"});
    let token = event_of("data", token);
    assert_eq!(token.name, "Push Token Added");
    assert_eq!(named(&token)[2], "keys.auth=Text(\"a\")");
    let off = event_of("data", json!({"type": "data", "action": "unregister", "g": "old"}));
    assert_eq!(off.name, "Push Token Removed");
    for (kind, payload) in [
        ("push", json!({"type": "event", "evtName": "wzrk_fetch", "evtData": {"t": 4}})),
        ("ping", json!({"id": "A"})),
    ] {
        let decoded = decoded(kind, &payload, "rn=1");
        assert_eq!((decoded.records.len(), decoded.n_ignored), (0, 1), "{payload}");
    }
}

#[test]
fn a_profile_is_identities_attributes_and_operations() {
    let payload = json!({"type": "profile", "profile": {
        "Identity": 17, "Email": "Ada@Example.com", "Phone": 14155550100i64, "FBID": "fb", "GPID": "g",
        "Name": "Ada", "DOB": "$D_0", "tz": "GMT+0300", "MSG-email": false, "MSG-dndPhone": true,
        "ct_optout": true, "plan": "pro", "Score": {"$incr": 5}, "Lives": {"$decr": 2},
        "tags": {"$add": ["a", "b"]}, "old": {"$remove": "x"}, "list": {"$set": ["q"]},
        "Gone": {"$delete": true}, "Photo": {"$delete": true}}, "af": {"Latitude": 1.5, "Longitude": 2}});
    let record = one("push", &payload);
    assert_eq!(record.who.user_id.as_deref(), Some("17"));
    assert_eq!(record.who.anonymous_id.as_deref(), Some("guid01"));
    let mut identities = record.who.identities.clone();
    identities.sort();
    let id = Identity::new;
    assert_eq!(
        identities,
        [
            id("email", "ada@example.com"),
            id("facebook", "fb"),
            id("google", "g"),
            id("phone", "+14155550100")
        ]
    );
    let change = change(record);
    let attributes: Vec<String> =
        change.attributes.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    assert_eq!(
        attributes,
        [
            "Gone=Null",
            "birthday=Time(Timestamp(0))",
            "consent.tracking=Bool(false)",
            "email=Text(\"ada@example.com\")",
            "latitude=Float(1.5)",
            "list=List([Text(\"q\")])",
            "longitude=Int(2)",
            "name=Text(\"Ada\")",
            "phone=Text(\"+14155550100\")",
            "photo=Null",
            "plan=Text(\"pro\")",
            "subscription.email=Bool(false)",
            "subscription.sms=Bool(false)",
            "timezone=Text(\"GMT+0300\")",
        ]
    );
    let text = |t: &str| Value::text(t);
    let mut operations = change.operations;
    operations.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(
        operations,
        [
            (Text::new("Lives"), Operation::Add(Value::Int(-2))),
            (Text::new("Score"), Operation::Add(Value::Int(5))),
            (Text::new("old"), Operation::Remove(vec![text("x")])),
            (Text::new("tags"), Operation::Union(vec![text("a"), text("b")])),
        ]
    );
}

#[test]
fn what_is_repeated_has_one_id_and_what_is_not_has_another() {
    let payload = json!({"type": "event", "evtName": "E", "evtData": {}});
    let id = |rest: &str, payload: &serde_json::Value| {
        event(decoded("push", payload, rest).records.into_iter().next().unwrap()).id
    };
    let first = id("rn=4", &payload);
    assert_eq!(id("rn=4&tries=2&r=99&s=5", &payload), first);
    assert_ne!(id("rn=5", &payload), first);
    assert_ne!(id("rn=4", &json!({"type": "event", "evtName": "F", "evtData": {}})), first);
    let other = web::read(&query("push", &payload, "rn=4")).into_decoded("guid02", received());
    assert_ne!(event(other.records.into_iter().next().unwrap()).id, first);
}

#[test]
fn a_wrong_clock_is_the_time_of_arrival() {
    let payload = packed(r#"{"type":"event","evtName":"E"}"#).replace('+', "%2B");
    let time = |rest: &str| {
        let call = web::read(&format!("type=push&d={payload}&{rest}"));
        event(call.into_decoded("g", received()).records.into_iter().next().unwrap()).time
    };
    assert_eq!(time("i=1795332036&sn=12").0, 1_795_332_036_012);
    assert_eq!(time("i=1795332036&sn=5000").0, 1_795_332_036_999);
    for wrong in ["", "i=x", "i=5", "i=1895332036", "i=-1", "i=9223372036854775807&sn=9"] {
        assert_eq!(time(wrong), received(), "{wrong}");
    }
}

#[test]
fn what_cannot_be_read_is_a_rejection_and_still_has_an_answer() {
    let check = |query: &str, code: &str| {
        let call = web::read(query);
        let answer = Answer::to(&call, "aa", 7).script();
        assert!(answer.contains("$WZRK_WR.s('aa',7,false,3);"), "{answer}");
        let decoded = call.into_decoded("aa", received());
        assert_eq!(decoded.rejected[0].code, code, "{query}");
        assert_eq!(decoded.records, []);
    };
    check("rn=3&type=push&d=****", "event.not_packed");
    check("rn=3&type=push&d=N4Ig", "event.not_packed");
    check(&format!("rn=3&type=push&d={}", packed("[1]").replace('+', "%2B")), "event.malformed");
    let sealed = packed(r#"{"itp":"AAAA","itk":"AAAA","itv":"AAAA","encrypted":true}"#);
    check(&format!("rn=3&type=push&d={}", sealed.replace('+', "%2B")), "event.not_decrypted");
    let nameless = packed(r#"{"type":"event"}"#).replace('+', "%2B");
    check(&format!("rn=3&type=push&d={nameless}"), "event.no_name");
    let unknown = packed(r#"{"type":"thing"}"#).replace('+', "%2B");
    check(&format!("rn=3&type=push&d={unknown}"), "event.unknown_type");
}

#[test]
fn answers_acknowledge_and_say_whom_the_browser_is() {
    let script = |payload: &serde_json::Value, rest: &str, guid: &str| {
        Answer::to(&web::read(&query("push", payload, rest)), guid, 1_795_332_040).script()
    };
    let plain = json!({"type": "event", "evtName": "E"});
    let told = r#"$WZRK_WR.tr({"arp":{"d_ts":1795332040,"v":"p1"}});"#;
    assert_eq!(
        script(&plain, "rn=1", "new"),
        format!("{told}$WZRK_WR.s('new',1795332040,false,1);")
    );
    let known = script(&plain, "rn=2&gc=old", "old");
    assert!(known.ends_with("$WZRK_WR.s('old',1795332040,false,2);"), "{known}");
    let replaced = script(&plain, "rn=2&gc=old", "theirs");
    assert!(replaced.ends_with("$WZRK_WR.s('theirs',1795332040,true,2);"), "{replaced}");
    let session = script(&plain, "rn=2&gc=old&s=1795332000", "old");
    assert!(session.ends_with("$WZRK_WR.s('old',1795332000,false,2);"), "{session}");
    let login = json!({"type": "profile", "isOUL": true, "profile": {"Identity": "ada"}});
    let login = script(&login, "rn=5", "ada01");
    assert!(login.contains(r#""isOUL":true"#), "{login}");
    assert!(login.ends_with("$WZRK_WR.s('ada01',1795332040,true,5);"), "{login}");
    let out = json!({"type": "profile", "profile": {"ct_optout": true}});
    let said = script(&out, "rn=6&gc=old&optOut=true", "old");
    assert!(said.ends_with("$WZRK_WR.s('old:OO',1795332040,false,6,true);"), "{said}");
    let back = script(&out, "rn=7&gc=old:OO&optOut=false", "old");
    assert!(back.ends_with("$WZRK_WR.s('old',1795332040,false,7,false);"), "{back}");
    let call = web::read(&query("push", &plain, "rn=9&gc=old&optOut=false"));
    let json: serde_json::Value =
        serde_json::from_str(&Answer::to(&call, "old", 7).json()).unwrap();
    assert_eq!(json["meta"], json!({"g": "old", "sid": 7, "rf": false, "rn": 9, "optOut": false}));
}

#[test]
fn a_guid_that_would_break_out_of_a_script_is_none() {
    for wrong in
        ["a'b", "a\\b", "%3C", "<script>", "a b", "", ":OO", "null", "a\"", &"g".repeat(101)]
    {
        let call = web::read(&format!("gc={wrong}"));
        assert_eq!(call.guid(), None, "{wrong}");
    }
    assert_eq!(web::read("gc=_w_ada.b-1@x").guid(), Some("_w_ada.b-1@x"));
}

#[test]
fn an_encrypted_payload_is_read_and_answered_under_its_key() {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let key = STANDARD.encode([5; 32]);
    let seal = |plain: &str| {
        let transit = transit::Transit::open(
            // A first message of nothing, to have the key in its type.
            &sealed_nothing(),
            &key,
            &STANDARD.encode([0; 12]),
        );
        transit.unwrap().1.seal(plain, [1; 12]).unwrap()
    };
    let inner = r#"{"type":"event","evtName":"Secret","id":"ACC"}"#;
    for plain in [inner.to_owned(), packed(inner)] {
        let (itp, itv) = seal(&plain);
        let outer = json!({"itp": itp, "itk": key, "itv": itv, "id": "ACC", "encrypted": true});
        let call = web::read(&query("push", &outer, "rn=2&gc=g1"));
        assert_eq!(call.account(), Some("ACC"));
        let answer = Answer::to(&call, "g1", 7);
        let sealed: serde_json::Value =
            serde_json::from_str(&answer.sealed(&call, [2; 12])).unwrap();
        let text = |name: &str| sealed[name].as_str().unwrap().to_owned();
        let (plain, _) = transit::Transit::open(&text("itp"), &key, &text("itv")).unwrap();
        assert_eq!(plain, answer.json());
        let decoded = call.into_decoded("g1", received());
        assert_eq!(event(decoded.records.into_iter().next().unwrap()).name, "Secret");
    }
}

/// Nothing, encrypted under a key of fives with a nonce of zeros.
fn sealed_nothing() -> String {
    use base64::Engine;
    use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[5; 32]).unwrap());
    let mut bytes = Vec::new();
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key([0; 12]), Aad::empty(), &mut bytes)
        .unwrap();
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[test]
fn choices_about_emails_are_attributes() {
    let payload = json!({"id": "A", "unsubGroups": [{"name": "News", "isUnsubscribed": true}]});
    let d = packed(&payload.to_string()).replace('+', "%2B");
    let chosen = |sub: &str| {
        let query = format!("e=YWRhQGV4YW1wbGUuY29t&d={d}{sub}&gc=g1");
        web::read(&query).into_decoded("g1", received())
    };
    let record = chosen("&sub=0").records.into_iter().next().unwrap();
    assert_eq!(record.who.identities, [Identity::new("email", "ada@example.com")]);
    let attributes = change(record).attributes;
    assert!(attributes.contains(&(Text::new("subscription.email"), Value::Bool(false))));
    assert!(attributes.contains(&(Text::new("subscription.email.News"), Value::Bool(false))));
    assert_eq!((chosen("").records.len(), chosen("").rejected.len()), (0, 0));
}

fn uploaded(body: &str) -> upload::Upload {
    upload::decode(body.as_bytes(), received()).unwrap()
}

#[test]
fn an_upload_stores_what_is_good_and_names_what_is_not() {
    let body = r#"{"d":[
     {"type":"profile","identity":"u1","ts":1795332036,"profileData":{"Name":"Ann","Email":"u1@example.com","tags":{"$add":["a"]}}},
     {"type":"event","identity":"u1","ts":1795332036,"evtName":"Product viewed","evtData":{"Price":59.5}},
     {"type":"event","objectId":"guid01","evtName":"Charged","evtData":{"Amount":300,"Charged ID":"o-1","Items":[{"Category":"Books"}]}}]}"#;
    let good = uploaded(body);
    assert_eq!(good.answer(), r#"{"status":"success","processed":3,"unprocessed":[]}"#);
    assert_eq!(good.decoded.records[2].who, model::Who::anonymous("guid01"));
    assert_eq!(event(good.decoded.records[1].clone()).time, Timestamp(1_795_332_036_000));
    let again = uploaded(&body.replace("\"Amount\":300", "\"Amount\": 300"));
    let id = |upload: &upload::Upload, at: usize| event(upload.decoded.records[at].clone()).id;
    assert_eq!(id(&good, 1), id(&again, 1));
    assert_eq!(id(&good, 2), id(&again, 2), "a purchase is its id");

    let check = |record: &str, code: u16| {
        let body = format!(r#"{{"d":[{{"type":"event","identity":"u","evtName":"E"}},{record}]}}"#);
        let answer: serde_json::Value = serde_json::from_str(&uploaded(&body).answer()).unwrap();
        assert_eq!(answer["status"], json!("partial"), "{record}");
        assert_eq!(answer["processed"], json!(1));
        let failed = &answer["unprocessed"][0];
        assert_eq!(failed["code"], json!(code), "{record}: {failed}");
        assert_eq!(failed["record"], serde_json::from_str::<serde_json::Value>(record).unwrap());
    };
    check(r#"{"type":"event","identity":"u"}"#, 509);
    check(&format!(r#"{{"type":"event","identity":"u","evtName":"{}"}}"#, "e".repeat(300)), 512);
    check(r#"{"type":"event","evtName":"E"}"#, 523);
    check(r#"{"type":"thing","identity":"u"}"#, 524);
    check("7", 524);
    check(r#"{"type":"event","identity":"u","evtName":"E","ts":"soon"}"#, 525);
    check(r#"{"type":"event","identity":"u","evtName":"E","ts":1995332036}"#, 525);
    check(r#"{"type":"event","objectId":["x"],"evtName":"E"}"#, 526);
    check(r#"{"type":"profile","identity":"u","profileData":{"Gender":"Q"}}"#, 514);
    check(r#"{"type":"profile","identity":"u","profileData":{"Email":"nobody"}}"#, 515);
    check(r#"{"type":"profile","identity":"u","profileData":{"Phone":"12"}}"#, 516);
    check(r#"{"type":"profile","identity":"u","profileData":{"n":{"$incr":"x"}}}"#, 517);
    let all = uploaded(r#"{"d":[{"type":"event"}]}"#).answer();
    assert!(all.starts_with(r#"{"status":"fail","processed":0"#), "{all}");
}

#[test]
fn an_event_without_a_time_is_another_one_each_time() {
    let body = r#"{"d":[{"type":"event","identity":"u","evtName":"E"},{"type":"event","identity":"u","evtName":"E"}]}"#;
    let ids = |at: Timestamp| -> Vec<_> {
        let upload = upload::decode(body.as_bytes(), at).unwrap();
        upload.decoded.records.into_iter().map(|record| event(record).id).collect()
    };
    let (now, later) = (ids(received()), ids(Timestamp(received().0 + 1)));
    assert_ne!(now[0], now[1]);
    assert_ne!(now[0], later[0]);
}

#[test]
fn envelopes_that_are_none_are_refused() {
    let check = |body: &str, code: &str| {
        assert_eq!(
            upload::decode(body.as_bytes(), received()).unwrap_err().code,
            code,
            "{body:.50}"
        );
    };
    check("", "request.not_json");
    check("[]", "request.not_json");
    check("{}", "request.not_json");
    check(r#"{"d":{}}"#, "request.not_json");
    check(&format!(r#"{{"d":[{}1]}}"#, "1,".repeat(1_000)), "request.too_many_records");
    assert!(mobile::read(b"{}").is_err());
}

#[test]
fn a_batch_of_a_mobile_client() {
    let body = r#"[{"type":"meta","g":"dev01","id":"ACC","tk":"t","af":{"OS":"Android"}},
        {"type":"event","evtName":"App Launched","evtData":{"CT App Version":"1"},"ep":1795332036,"s":5,"pg":1},
        {"type":"page","n":"Home","ep":1795332037},{"type":"ping","ep":1795332038},
        {"type":"profile","profile":{"Identity":"ada"},"ep":1795332039},{"type":"event","ep":1795332040}]"#;
    let batch = mobile::read(body.as_bytes()).unwrap();
    assert_eq!((batch.account.as_deref(), batch.guid.as_deref()), (Some("ACC"), Some("dev01")));
    let decoded = batch.into_decoded("dev01", received());
    assert_eq!((decoded.records.len(), decoded.n_ignored, decoded.rejected.len()), (3, 1, 1));
    assert_eq!(event(decoded.records[1].clone()).name, "Screen Viewed");
    assert_eq!(decoded.records[2].who.user_id.as_deref(), Some("ada"));
    assert!(mobile::answer("dev01").contains(r#""g":"dev01""#));
}

/// What every accepted record promises.
fn check_promises(decoded: &Decoded) {
    for record in &decoded.records {
        let who = &record.who;
        assert!(who.user_id.is_some() || who.anonymous_id.is_some() || !who.identities.is_empty());
        let properties = match &record.what {
            What::Event(event) => &event.properties,
            What::Identify(change) => &change.attributes,
            other => panic!("{other:?}"),
        };
        assert!(properties.is_sorted_by(|a, b| a.0 < b.0));
    }
}

fn any_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|b| b.to_string()),
        any::<i128>().prop_map(|n| n.to_string()),
        any::<f64>().prop_filter("JSON", |x| x.is_finite()).prop_map(|x| x.to_string()),
        "(\\$D_|\\$E_)?[a-z0-9.\\\\{20ac} ]{0,6}".prop_map(|s| serde_json::to_string(&s).unwrap()),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let names = vec![
            "type",
            "evtName",
            "evtData",
            "profile",
            "profileData",
            "identity",
            "objectId",
            "FBID",
            "Identity",
            "Email",
            "Phone",
            "Gender",
            "ct_optout",
            "$incr",
            "$add",
            "$set",
            "$delete",
            "d",
            "ts",
            "ep",
            "g",
            "s",
            "id",
            "af",
            "keys",
            "itp",
            "itk",
            "itv",
            "unsubGroups",
            "isOUL",
        ];
        let key = prop_oneof!["[a-c]{0,2}", prop::sample::select(names).prop_map(str::to_owned),];
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
    fn any_query_is_answered(query in "[ -~]{0,200}", bytes in any::<[u8; 40]>()) {
        for query in [query.as_str(), &String::from_utf8_lossy(&bytes)] {
            let call = web::read(query);
            let answer = Answer::to(&call, "g", 1);
            prop_assert!(answer.script().contains("$WZRK_WR.s('g"));
            check_promises(&call.into_decoded("g", received()));
        }
    }

    #[test]
    fn any_json_is_decoded_or_refused(json in any_json(), kind in 0usize..5) {
        let kind = ["push", "page", "data", "ping", ""][kind];
        let d = packed(&json).replace('+', "%2B");
        let decoded = web::read(&format!("type={kind}&d={d}&sub=2&rn=1")).into_decoded("g", received());
        prop_assert!(decoded.records.len() + decoded.rejected.len() + decoded.n_ignored == 1);
        check_promises(&decoded);
        for kind in ["event", "profile", "token"] {
            let record = format!(
                r#"{{"type":"{kind}","identity":"u","evtName":"E","evtData":{json},"profileData":{json}}}"#
            );
            let upload = uploaded(&format!(r#"{{"d":[{record},{json}]}}"#));
            let decoded = &upload.decoded;
            prop_assert!(decoded.records.len() + decoded.rejected.len() + decoded.n_ignored == 2);
            check_promises(decoded);
            let answer: serde_json::Value = serde_json::from_str(&upload.answer()).unwrap();
            prop_assert_eq!(answer["unprocessed"].as_array().unwrap().len(), decoded.rejected.len());
        }
        if let Ok(batch) = mobile::read(format!("[{json},{json}]").as_bytes()) {
            check_promises(&batch.into_decoded("g", received()));
        }
    }

    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = upload::decode(&bytes, received());
        let _ = mobile::read(&bytes);
    }

    #[test]
    fn changed_bytes_never_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let payload = json!({"type": "profile", "profile": {"Identity": "a", "n": {"$incr": 5}}, "id": "A"});
        let mut bytes = query("push", &payload, "rn=3&gc=g").into_bytes();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let text = String::from_utf8_lossy(&bytes);
        let call = web::read(&text);
        let _ = Answer::to(&call, "g", 1).sealed(&call, [0; 12]);
        check_promises(&call.into_decoded("g", received()));
    }
}
