//! What is written of a message arrives in what is shown and sent: offers for Gmail, WhatsApp's templates part by
//! part, the length of text messages, and lists of an event row by row.

use std::path::Path;

use serde_json::{Value, json};

use super::outreach::send;
use super::watching::{Watching, identify};

fn preview(watching: &Watching, content: &Value, more: &Value) -> Value {
    let mut input = json!({"content": content});
    for (name, value) in more.as_object().unwrap() {
        input[name] = value.clone();
    }
    send(watching, "POST", "/api/messages/preview", &input, 200)
}

#[test]
fn an_offer_stands_in_the_message_and_beside_it() {
    let watching = Watching::start("2026-03-02T10:00:00Z");
    let content = json!({"default": {
        "kind": "email", "subject": "S", "preheader": "Only {{ event.left | default: 0 }} left", "form": "html",
        "body": "<p><a href=\"{{ unsubscribe_url }}\">Leave</a></p>",
        "offer": {
            "description": "{{ event.percent | default: 10 }} % off", "code": "SPRING", "headline": "Shoes",
            "starts_at": "2026-03-01T00:00:00Z", "ends_at": "2026-03-08T00:00:00Z",
            "image": "https://shop.example/a.png", "link": "https://shop.example/",
            "price": "19.90", "currency": "EUR", "discount": "5.00",
        },
    }});
    let shown = preview(&watching, &content, &json!({"properties": {"percent": 20, "left": 3}}));
    assert_eq!(shown["problems"], json!([]), "{shown}");
    let rendered = &shown["rendered"];
    assert_eq!(rendered["preheader"], "Only 3 left");
    assert_eq!(rendered["offer"]["description"], "20 % off");
    assert_eq!(rendered["offer"]["discount"], "5.00");
    let html = rendered["html"].as_str().unwrap();
    for text in ["DiscountOffer", "SPRING", "PromotionCard", "Shoes", "19.9", "EUR", "2026-03-08"] {
        assert!(html.contains(text), "{text} in {html}");
    }
    assert_eq!(shown["content"], "default");
}

#[test]
fn whatsapp_shows_its_values_and_wants_those_that_vary() {
    let watching = Watching::start("2026-03-02T10:00:00Z");
    let ada = identify("ada", "2026-03-01T10:00:00Z", &json!({"name": "Ada", "language": "tr"}));
    watching.batch(&[ada]);
    watching.settle();
    let message = |language: &str| {
        json!({
            "kind": "whatsapp", "template": "order_update", "language": language,
            "header": {"kind": "image", "value": "https://shop.example/{{ profile.name }}.png"},
            "parameters": ["{{ profile.name | default: 'you' }}"], "footer": "Shop",
            "wording": "Hello {{1}}",
            "buttons": [{"kind": "phone", "title": "Call"}, {"kind": "url", "title": "See", "value": "o/{{ profile.name }}"},
                        {"kind": "copy_code", "title": "Copy", "value": "SPRING"}],
        })
    };
    let content = json!({"default": message("en"), "tr": message("tr")});
    let shown = preview(&watching, &content, &json!({"user": "ada"}));
    assert_eq!(shown["content"], "tr", "the language of the person");
    let rendered = &shown["rendered"];
    assert_eq!(rendered["language"], "tr");
    assert_eq!(
        rendered["header"],
        json!({"kind": "image", "value": "https://shop.example/Ada.png"})
    );
    assert_eq!(rendered["parameters"], json!(["Ada"]));
    assert_eq!(
        rendered["buttons"],
        json!([{"index": 1, "kind": "url", "value": "o/Ada"}, {"index": 2, "kind": "copy_code", "value": "SPRING"}]),
        "under their places in the template"
    );
    let mut half = content.clone();
    half["tr"]["header"]["value"] = json!("");
    let wrong = preview(&watching, &half, &json!({}));
    assert!(wrong["problems"][0]["place"].as_str().unwrap().contains("header"), "{wrong}");
    // What is stored is what was written, with what was left out.
    let campaign = json!({"name": "W", "channel": "whatsapp", "trigger": {"kind": "once"},
                          "variants": [{"id": "a", "content": content}]});
    let made = send(&watching, "POST", "/api/campaigns", &campaign, 201);
    let mut whole = message("en");
    whole["body"] = json!("");
    whole["buttons"][0]["value"] = json!("");
    assert_eq!(made["definition"]["variants"][0]["content"]["default"], whole);
}

#[test]
fn a_text_message_tells_its_length_and_what_makes_it_long() {
    let watching = Watching::start("2026-03-02T10:00:00Z");
    let of = |body: &str| {
        let content = json!({"default": {"kind": "sms", "body": body}});
        preview(&watching, &content, &json!({}))["sms"].clone()
    };
    let short = json!({"encoding": "gsm7", "units": 5, "parts": 1, "left": 155, "forced_by": []});
    assert_eq!(of("Hello"), short);
    assert_eq!(of("Selam ş")["encoding"], "ucs2");
    assert_eq!(of("Selam ş")["forced_by"], json!(["ş"]));
    assert_eq!(of(&"x".repeat(161))["parts"], 2);
}

#[test]
fn rows_of_an_event_are_rows_of_the_message() {
    let watching = Watching::start("2026-03-02T10:00:00Z");
    // As the block editor writes them.
    let body = "<mjml><mj-body>\n{% for product in event.items.name limit: 2 %}\n<mj-section><mj-column>\
                <mj-image src=\"{{ event.items.image[forloop.index0] }}\" alt=\"{{ product }}\" />\
                <mj-text><a href=\"{{ event.items.url[forloop.index0] }}\"><strong>{{ product }}</strong>\
                <br />{{ event.items.price[forloop.index0] }}</a></mj-text></mj-column></mj-section>\n\
                {% endfor %}\n<mj-section><mj-column><mj-text><a href=\"{{ unsubscribe_url }}\">Leave</a>\
                </mj-text></mj-column></mj-section></mj-body></mjml>";
    let content =
        json!({"default": {"kind": "email", "subject": "S", "form": "mjml", "body": body}});
    let items = json!([
        {"name": "Tea <1>", "price": 3.5, "image": "https://shop.example/t.png", "url": "https://shop.example/t"},
        {"name": "Pot", "image": "https://shop.example/p.png", "url": "https://shop.example/p"},
        {"name": "Cup", "price": 2},
    ]);
    let shown = preview(&watching, &content, &json!({"properties": {"items": items}}));
    let html = shown["rendered"]["html"].as_str().unwrap();
    assert!(html.contains("<strong>Tea &lt;1&gt;</strong><br>3.5"), "{html}");
    assert!(html.contains("src=\"https://shop.example/p.png\""), "{html}");
    assert!(html.contains("href=\"https://shop.example/t\""), "{html}");
    assert!(!html.contains("Cup"), "two at most: {html}");
}

#[test]
fn the_gallery_has_every_documented_play_and_makes_what_one_needs() {
    let watching = Watching::start("2026-03-02T10:00:00Z");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/plays");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<String> =
        files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    files.retain(|name| name != "segments");
    files.sort();
    let list = watching.server.get("/api/plays");
    let plays = list["plays"].as_array().unwrap();
    let mut ids: Vec<String> =
        plays.iter().map(|play| play["id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    assert_eq!(ids, files, "each file is built in");
    for play in plays {
        let trigger = &play["definition"]["trigger"];
        let needed: Vec<&Value> =
            play["segments"].as_array().unwrap().iter().map(|segment| &segment["id"]).collect();
        let named: Vec<&Value> = trigger.get("segment").into_iter().collect();
        assert_eq!(needed, named, "{}", play["id"]);
        assert!(play["definition"].get("id").is_none());
        let content = play["definition"]["variants"][0]["content"].as_object().unwrap();
        assert_eq!(content.keys().collect::<Vec<_>>(), ["ar", "default", "id", "tr"]);
    }
    // A segment of the name stays what it is.
    let own = json!({"id": "cart-left", "name": "Mine", "definition": "did \"Basket\" in last 3d"});
    send(&watching, "POST", "/api/segments", &own, 201);
    for (id, segment) in [("abandoned-cart", "cart-left"), ("loyalty-milestone", "ten-purchases")] {
        let path = format!("/api/plays/{id}/segments");
        for _ in 0..2 {
            let prepared = send(&watching, "POST", &path, &json!(null), 200);
            assert_eq!(prepared["segments"][0]["exists"], true);
        }
        let stored = watching.server.get(&format!("/api/segments/{segment}"));
        assert_eq!(stored["name"] == "Mine", segment == "cart-left");
    }
    let unknown = send(&watching, "POST", "/api/plays/nothing/segments", &json!(null), 404);
    assert_eq!(unknown["error"]["code"], "play.not_found");
}

#[test]
fn a_preview_shows_what_a_server_would_have_answered() {
    let watching = Watching::start("2026-03-02T10:00:00Z");
    let content = json!({"default": {"kind": "sms", "body":
        "{% if answer.stock %}{{ answer.stock.left }} of {{ answer.stock.item.name | default: 'it' }}\
         {% else %}nobody knows{% endif %}"}});
    let body = |more: &Value| preview(&watching, &content, more)["rendered"]["body"].clone();
    assert_eq!(body(&json!({})), "nobody knows");
    let whole = json!({"answers": {"stock": {"left": 3, "item": {"name": "Shoes"}}}});
    assert_eq!(body(&whole), "3 of Shoes");
    assert_eq!(body(&json!({"answers": {"stock": {"left": 3}, "other": {}}})), "3 of it");
    assert_eq!(body(&json!({"answers": {"other": {"left": 3}}})), "nobody knows");

    // What no server can answer is refused, with the step.
    for wrong in [json!([1]), json!("3"), json!({"text": "x".repeat(2000)})] {
        let input = json!({"content": content, "answers": {"stock": wrong}});
        let refused = send(&watching, "POST", "/api/messages/preview", &input, 422);
        assert_eq!(refused["error"]["code"], "message.answer", "{refused}");
        assert!(refused["error"]["message"].as_str().unwrap().contains("answers.stock"));
    }
}
