//! Messages that browsers and apps fetch: from the public API in to what a client gets, and back into the report.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use server::config::keys::Scope;
use sha2::Sha256;

use super::outreach::{act, merge, report, send};
use super::watching::{End, Watching, alias, identify};

const NOW: &str = "2026-03-02T10:00:00Z";

/// A server without rules, a key that is public, and a clock in our hands.
struct Site {
    watching: Watching,
    key: String,
}

fn site() -> Site {
    let watching = Watching::start(NOW);
    policy(&watching, &json!({}));
    let config = watching.server.service.workspace();
    let key = config.config().create_key(Scope::Ingest, "page", 0).unwrap();
    Site { watching, key }
}

fn policy(watching: &Watching, more: &Value) {
    let mut rules =
        json!({"control": 0.0, "caps": [], "gaps": [], "quiet": [], "legal_hours": false});
    merge(&mut rules, more);
    send(watching, "PUT", "/api/settings/contact-policy", &rules, 200);
}

fn campaign(watching: &Watching, id: &str, content: &Value, more: &Value) {
    let channel = if content["kind"] == "inbox" { "inbox" } else { "on_site" };
    let mut input = json!({
        "id": id, "name": id, "channel": channel, "trigger": {"kind": "once"}, "control": 0.0,
        "variants": [{"id": "a", "content": {"default": content}}],
    });
    merge(&mut input, more);
    send(watching, "POST", "/api/campaigns", &input, 201);
    act(watching, id, "start");
}

fn on_event(name: &str) -> Value {
    json!({"trigger": {"kind": "event", "event": name}})
}

fn popup(more: &Value) -> Value {
    let mut content = json!({"kind": "in_app", "layout": "modal", "title": "Sale",
        "buttons": [{"id": "go", "title": "Shop", "link": "https://shop.example/sale"}]});
    merge(&mut content, more);
    content
}

impl Site {
    fn post(&self, path: &str, who: &Value, more: &Value) -> super::fixture::Answer {
        let mut body = who.clone();
        merge(&mut body, more);
        self.watching.server.send_as(&self.key, "POST", path, &body.to_string())
    }

    fn fetch(&self, who: &Value) -> Value {
        let answer = self.post("/v1/messages", who, &json!({}));
        assert_eq!(answer.0, 200, "{}", answer.2);
        answer.json()
    }

    fn titles(&self, who: &Value) -> Vec<String> {
        let found = self.fetch(who);
        let of = |list: &str| found[list].as_array().unwrap().clone();
        let all = of("popups").into_iter().chain(of("inbox"));
        all.map(|of| of["title"].as_str().unwrap().to_owned()).collect()
    }

    fn tell(&self, who: &Value, receipts: &Value) -> Value {
        let answer = self.post("/v1/messages/receipts", who, &json!({"receipts": receipts}));
        assert_eq!(answer.0, 200, "{}", answer.2);
        answer.json()
    }

    /// An event of a browser, and what its answer says.
    fn event(&self, who: &Value, name: &str, properties: &Value) -> Value {
        let mut event = json!({"type": "track", "event": name, "properties": properties});
        merge(&mut event, who);
        let answer = self.watching.server.send_as(
            &self.key,
            "POST",
            "/v1/batch",
            &json!({"batch": [event]}).to_string(),
        );
        assert_eq!(answer.0, 200, "{}", answer.2);
        answer.json()
    }

    fn funnel(&self, campaign: &str) -> Value {
        report(&self.watching, campaign)["funnel"].clone()
    }
}

fn browser(n: u32) -> Value {
    json!({"anonymousId": format!("browser-{n}")})
}

fn signature(secret: &str, user: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(user);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn an_event_brings_a_pop_up_at_once_and_what_is_done_with_it_counts_once() {
    let site = site();
    let content = popup(&json!({"body": "{{ event.item }} & {{ profile.city | default: 'you' }}"}));
    campaign(&site.watching, "cart", &content, &on_event("Cart"));
    let ada = browser(1);
    assert_eq!(site.event(&ada, "Visit", &json!({})), json!({"success": true}));
    assert_eq!(site.fetch(&ada)["popups"], json!([]));

    let told = site.event(&ada, "Cart", &json!({"item": "<b>shoe</b>"}));
    assert_eq!(told, json!({"success": true, "messages": true}));
    let found = site.fetch(&ada);
    let popup = &found["popups"][0];
    assert_eq!(popup["body"], "<b>shoe</b> & you", "text is text: whoever shows it escapes it");
    assert_eq!(popup["layout"], "modal");
    assert_eq!(popup["buttons"][0]["link"], "https://shop.example/sale");
    assert_eq!(site.funnel("cart")["sent"], 1);
    // Nothing is new any more, and it is there until it was shown.
    assert_eq!(site.event(&ada, "Visit", &json!({})), json!({"success": true}));
    assert_eq!(site.titles(&ada), ["Sale"]);

    let id = popup["id"].as_str().unwrap();
    for _ in 0..3 {
        let shown = json!([{"message": id, "deed": "shown"}]);
        assert_eq!(site.tell(&ada, &shown), json!({"accepted": 1, "unknown": 0}));
        let clicked = json!([{"message": id, "deed": "clicked", "button": "go",
            "url": "https://shop.example/sale"}]);
        assert_eq!(site.tell(&ada, &clicked)["accepted"], 1);
        assert_eq!(site.tell(&ada, &json!([{"message": id, "deed": "dismissed"}]))["accepted"], 1);
    }
    let funnel = site.funnel("cart");
    assert_eq!((&funnel["opened"], &funnel["clicked"]), (&json!(1), &json!(1)), "{funnel}");
    assert_eq!((&funnel["sent"], &funnel["waiting"]), (&json!(1), &json!(0)), "{funnel}");
    assert!(site.titles(&ada).is_empty());
    let events = site.watching.server.get("/api/users/browser-1/events?limit=100");
    let names: Vec<&str> =
        events["events"].as_array().unwrap().iter().map(|e| e["name"].as_str().unwrap()).collect();
    for name in ["Message Queued", "Message Sent", "Message Opened", "Message Dismissed"] {
        assert_eq!(names.iter().filter(|own| **own == name).count(), 1, "{name}: {names:?}");
    }
    // Another browser has none of it, and can tell nothing of it.
    let bob = browser(2);
    site.event(&bob, "Visit", &json!({}));
    assert!(site.titles(&bob).is_empty());
    let told = site.tell(&bob, &json!([{"message": id, "deed": "clicked"}]));
    assert_eq!(told, json!({"accepted": 0, "unknown": 1}));
}

#[test]
fn cards_stay_with_their_state_over_a_restart_and_a_login() {
    let mut site = site();
    let card = json!({"kind": "inbox", "title": "News", "body": "{{ profile.plan }}", "pinned": true,
        "link": "javascript:alert(1)", "expires_after": "10d"});
    site.event(&browser(1), "Visit", &json!({}));
    campaign(&site.watching, "news", &card, &json!({}));
    site.watching.settle();
    let later = json!({"kind": "inbox", "title": "Later"});
    campaign(&site.watching, "later", &later, &on_event("Read"));
    site.event(&browser(1), "Read", &json!({}));
    let found = site.fetch(&browser(1));
    assert_eq!(found["unread"], 2, "{found}");
    let cards = found["inbox"].as_array().unwrap().clone();
    assert_eq!((&cards[0]["title"], &cards[0]["link"]), (&json!("News"), &json!("")));
    assert_eq!(cards[1]["title"], "Later");
    let (news, later) = (cards[0]["id"].clone(), cards[1]["id"].clone());
    site.tell(&browser(1), &json!([{"message": news, "deed": "read"}]));
    site.tell(&browser(1), &json!([{"message": later, "deed": "dismissed"}]));
    for end in [End::Killed, End::Closed] {
        let found = site.fetch(&browser(1));
        assert_eq!(found["unread"], 0, "{found}");
        assert_eq!(found["inbox"].as_array().unwrap().len(), 1, "{found}");
        assert_eq!(found["inbox"][0]["read"], true);
        site.watching = site.watching.restart(end);
    }
    // Whoever logs in keeps what the browser had; nobody else can prove to be them, and what says something of
    // them is for them alone.
    site.watching.batch(&[identify("ada", NOW, &json!({"plan": "plus"}))]);
    site.watching.batch(&[alias("browser-1", "ada", NOW)]);
    assert!(site.titles(&browser(1)).is_empty(), "the card names the plan");
    let secret = send(&site.watching, "POST", "/api/settings/visitor-secret", &json!({}), 201);
    let secret = secret["secret"].as_str().unwrap();
    let ada = json!({"userId": "ada", "signature": signature(secret, "ada")});
    let found = site.fetch(&ada);
    assert_eq!((&found["inbox"][0]["body"], &found["unread"]), (&json!("plus"), &json!(0)));
    site.watching.until("2026-03-12T10:00:01Z");
    site.watching.settle();
    assert!(site.titles(&ada).is_empty(), "ten days are over");
    assert_eq!(site.funnel("news")["sent"], 1);
}

#[test]
fn a_claim_gets_what_everybody_may_read_and_no_more() {
    let site = site();
    let plain = popup(&json!({"title": "Plain"}));
    let own = popup(&json!({"title": "Own", "body": "Hello {{ profile.name | default: 'you' }}"}));
    campaign(&site.watching, "plain", &plain, &on_event("Cart"));
    campaign(&site.watching, "own", &own, &on_event("Cart"));
    site.watching.batch(&[identify("ada", NOW, &json!({"name": "Ada"}))]);
    let ada = json!({"userId": "ada"});
    site.event(&ada, "Cart", &json!({}));
    assert_eq!(site.titles(&ada), ["Plain"]);
    let posing = json!({"anonymousId": "ada"});
    assert_eq!(site.titles(&posing), ["Plain"], "a user's id is nobody's secret");

    // A browser that says it is hers is hers from then on, and gets no more by that.
    let mut stranger = browser(9);
    merge(&mut stranger, &json!({"userId": "ada"}));
    site.event(&stranger, "Visit", &json!({}));
    assert_eq!(site.titles(&stranger), ["Plain"]);
    assert_eq!(site.titles(&browser(9)), ["Plain"]);

    let refused = |who: &Value, code: &str| {
        let answer = site.post("/v1/messages", who, &json!({}));
        assert_eq!(answer.code(), (403, json!(code)), "{}", answer.2);
    };
    let with = |signature: &str| json!({"userId": "ada", "signature": signature});
    refused(&with(&"ab".repeat(32)), "visitor.signature");
    let made = send(&site.watching, "POST", "/api/settings/visitor-secret", &json!({}), 201);
    let first = made["secret"].as_str().unwrap().to_owned();
    refused(&with(&"ab".repeat(32)), "visitor.signature");
    refused(&with(&signature(&first, "bob")), "visitor.signature");
    let mut both = site.titles(&with(&signature(&first, "ada")));
    both.sort();
    assert_eq!(both, ["Own", "Plain"]);
    // The one before is good until another is made.
    send(&site.watching, "POST", "/api/settings/visitor-secret", &json!({}), 201);
    assert_eq!(site.titles(&with(&signature(&first, "ada"))).len(), 2);
    let made = send(&site.watching, "POST", "/api/settings/visitor-secret", &json!({}), 201);
    assert_eq!(made["accepted"], 2);
    refused(&with(&signature(&first, "ada")), "visitor.signature");

    policy(&site.watching, &json!({"unproven": "nothing"}));
    assert!(site.titles(&ada).is_empty());
    policy(&site.watching, &json!({"unproven": "everything"}));
    assert_eq!(site.titles(&ada).len(), 2);
}

#[test]
fn limits_are_kept_over_sessions_and_days() {
    let mut site = site();
    let limits = json!({"shows": 10, "per_session": 1, "per_day": 2, "lifetime": 3});
    campaign(&site.watching, "sale", &popup(&json!({"limits": limits})), &on_event("Cart"));
    let who = |session: &str| json!({"anonymousId": "browser-1", "session": session});
    site.event(&browser(1), "Cart", &json!({}));
    let show = |site: &Site, session: &str| {
        let found = site.fetch(&who(session));
        let Some(popup) = found["popups"].get(0) else { return false };
        let shown = json!([{"message": popup["id"], "deed": "shown", "show": popup["show"]}]);
        assert_eq!(site.tell(&who(session), &shown)["accepted"], 1);
        assert_eq!(site.tell(&who(session), &shown)["accepted"], 1);
        true
    };
    assert!(show(&site, "one"));
    assert!(!show(&site, "one"), "once in a session");
    site.watching = site.watching.restart(End::Killed);
    assert!(!show(&site, "one"), "also after a restart");
    assert!(show(&site, "two"));
    assert!(!show(&site, "three"), "twice in a day");
    site.watching.until("2026-03-03T10:00:01Z");
    assert!(show(&site, "four"));
    site.watching.until("2026-03-05T10:00:01Z");
    assert!(!show(&site, "five"), "three times ever");
    assert_eq!(site.funnel("sale")["opened"], 1, "it is one message");
}

#[test]
fn what_may_not_be_shown_any_more_has_a_reason_and_the_numbers_close() {
    let site = site();
    for campaign_id in ["expires", "stopped", "withdrawn"] {
        let more = json!({"trigger": {"kind": "event", "event": campaign_id},
            "delivery": {"expires": "2d"}});
        campaign(&site.watching, campaign_id, &popup(&json!({})), &more);
        site.event(&browser(1), campaign_id, &json!({}));
    }
    act(&site.watching, "stopped", "stop");
    let failed = |id: &str| site.funnel(id)["failed"].clone();
    assert_eq!(failed("stopped"), 1, "{}", site.funnel("stopped"));

    act(&site.watching, "withdrawn", "pause");
    act(&site.watching, "expires", "pause");
    assert!(site.titles(&browser(1)).is_empty(), "nothing is handed out of what is paused");
    act(&site.watching, "withdrawn", "resume");
    let mut change = json!({"type": "identify", "traits": {"subscription.on_site": false}});
    merge(&mut change, &browser(1));
    let batch = json!({"batch": [change]}).to_string();
    assert_eq!(site.watching.server.send("POST", "/v1/batch", &batch).0, 200);
    assert!(site.titles(&browser(1)).is_empty());
    assert_eq!(failed("withdrawn"), 1, "{}", site.funnel("withdrawn"));

    assert_eq!(site.funnel("expires")["waiting"], 1);
    site.watching.until("2026-03-04T10:00:01Z");
    site.watching.settle();
    assert_eq!(failed("expires"), 1, "{}", site.funnel("expires"));
    for id in ["expires", "stopped", "withdrawn"] {
        let funnel = site.funnel(id);
        assert_eq!((&funnel["queued"], &funnel["waiting"]), (&json!(1), &json!(0)), "{funnel}");
    }
    // An erased person leaves nothing that waits.
    campaign(&site.watching, "more", &popup(&json!({})), &on_event("More"));
    site.event(&browser(5), "More", &json!({}));
    let erased = site.watching.server.send(
        "POST",
        "/api/users/browser-5/erase",
        "{\"confirm\": \"browser-5\"}",
    );
    assert!(erased.0 < 300, "{}", erased.2);
    assert!(site.titles(&browser(5)).is_empty());
}

#[test]
fn wrong_requests_are_told_what_is_wrong() {
    let site = site();
    let check = |path: &str, body: Value, status: u16, code: &str| {
        let answer = site.watching.server.send_as(&site.key, "POST", path, &body.to_string());
        assert_eq!(answer.code(), (status, json!(code)), "{}", answer.2);
    };
    let (messages, receipts) = ("/v1/messages", "/v1/messages/receipts");
    check(messages, json!({}), 422, "visitor.nobody");
    check(messages, json!({"anonymousId": "a", "channels": ["email"]}), 422, "visitor.channels");
    check(
        messages,
        json!({"anonymousId": "a", "session": "s".repeat(101)}),
        422,
        "visitor.session",
    );
    check(messages, json!({"anonymousId": "a", "colour": 1}), 400, "request.shape");
    let odd = json!({"anonymousId": "a", "receipts": [{"message": "x", "deed": "shown"}]});
    check(receipts, odd, 422, "visitor.message");
    let one = json!({"message": "ab".repeat(16), "deed": "shown"});
    let many = json!({"anonymousId": "a", "receipts": vec![one; 101]});
    check(receipts, many, 422, "visitor.receipts");
    let nobody = site.watching.server.send_as("wrong", "POST", messages, r#"{"anonymousId":"a"}"#);
    assert_eq!(nobody.code(), (401, json!("auth.unknown_key")));
    // Contents that no client could show are refused before anything is sent.
    let bad = [
        (json!({"layout": "sideways"}), "layout"),
        (json!({"when": {"kind": "scrolled", "percent": 101}}), "when.percent"),
        (json!({"limits": {"shows": 0}}), "limits.shows"),
        (json!({"delay_seconds": 4000}), "delay_seconds"),
        (json!({"layout": "image"}), "image"),
    ];
    for (more, field) in bad {
        let input = json!({"name": field, "channel": "on_site", "trigger": {"kind": "once"},
            "variants": [{"id": "a", "content": {"default": popup(&more)}}]});
        let answer = site.watching.server.send("POST", "/api/campaigns", &input.to_string());
        let text = answer.2;
        assert!(text.contains(field), "{field}: {text}");
    }
}

/// The answer of CleverTap's path to a call of a browser, as JSON; `page`: how many it has seen.
fn clevertap(site: &Site, guid: &str, kind: &str, payload: &Value, page: u32) -> Value {
    let mut payload = payload.clone();
    merge(&mut payload, &json!({"id": site.key, "g": guid, "s": 1_772_445_600, "pg": page}));
    let d = super::clevertap::packed(&payload.to_string());
    // Each request is another one.
    let n = super::clevertap::packed(&payload.to_string()).len();
    let path = format!("/a?type={kind}&gc={guid}&rn={n}&i={page}&d={d}");
    let mut stream = std::net::TcpStream::connect(site.watching.server.address).unwrap();
    use std::io::{Read, Write};
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: shop.example\r\naccept: application/json\r\n\
         connection: close\r\n\r\n"
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let body = &text[text.find('{').unwrap()..=text.rfind('}').unwrap()];
    serde_json::from_str::<Value>(body).unwrap_or_else(|error| panic!("{error}: {text}"))["tr"]
        .clone()
}

fn pushed(name: &str, data: &Value) -> Value {
    json!({"type": "event", "evtName": name, "evtData": data})
}

#[test]
fn clevertap_gets_a_pop_up_with_the_answer_to_its_event() {
    let site = site();
    let guid = "0123456789abcdef0123456789abcdef";
    campaign(
        &site.watching,
        "cart",
        &popup(&json!({"body": "{{ event.item }}"})),
        &on_event("Cart"),
    );
    let card = json!({"kind": "inbox", "title": "News", "tags": ["Offers"]});
    campaign(&site.watching, "news", &card, &on_event("Cart"));
    let told = clevertap(&site, guid, "push", &pushed("Cart", &json!({"item": "<i>"})), 1);
    let sent = &told["inapp_notifs"][0];
    let id = sent["wzrk_id"].as_str().unwrap();
    let html = sent["msgContent"]["html"].as_str().unwrap();
    assert!(html.contains("&lt;i&gt;") && !html.contains("<i>"), "{html}");
    assert_eq!(told["inbox_notifs"][0]["msg"][0]["title"], "News");
    assert_eq!(told["webInboxSetting"]["categories"], json!(["Offers"]));
    // Not again on the same page, again on the next, and not once it was seen.
    let ping = json!({"type": "ping"});
    assert!(clevertap(&site, guid, "ping", &ping, 1)["inapp_notifs"].is_null());
    let next = clevertap(&site, guid, "page", &json!({"cpg": "https://shop.example/"}), 2);
    assert_eq!(next["inapp_notifs"][0]["wzrk_id"], id);
    assert!(next["inbox_notifs"].is_null(), "the browser keeps its cards");
    let seen = json!({"wzrk_id": id, "wzrk_pivot": "a"});
    clevertap(&site, guid, "push", &pushed("Notification Viewed", &seen), 2);
    clevertap(&site, guid, "push", &pushed("Notification Clicked", &seen), 2);
    let third = clevertap(&site, guid, "page", &json!({"cpg": "https://shop.example/b"}), 3);
    assert!(third["inapp_notifs"].is_null(), "{third}");
    let funnel = site.funnel("cart");
    assert_eq!((&funnel["opened"], &funnel["clicked"]), (&json!(1), &json!(1)), "{funnel}");
    // What it opens is signed: a word of it changed, it leads nowhere.
    let click = sent["display"]["onClick"].as_str().unwrap();
    let path = click.strip_prefix("https://shop.example").unwrap();
    let followed = site.watching.server.send("GET", path, "");
    assert_eq!(followed.0, 302, "{}", followed.2);
    assert!(followed.1.contains("location: https://shop.example/sale"), "{}", followed.1);
    let other = path.replace("shop.example", "evil.example");
    assert_eq!(site.watching.server.send("GET", &other, "").0, 400);
    let events = site.watching.server.get(&format!("/api/users/{guid}/events?limit=100"));
    let names: Vec<&Value> =
        events["events"].as_array().unwrap().iter().map(|event| &event["name"]).collect();
    assert!(!names.iter().any(|name| name.as_str().unwrap().starts_with("Notification")));
}
