use proptest::prelude::*;

use super::*;
use crate::testing::{HttpServer, Reply};

const NOW: Timestamp = Timestamp(1_790_000_000_000);

fn channel(server: &HttpServer, settings: crate::http::Settings) -> WhatsApp {
    let own = Settings {
        phone_number_id: "106540352242922".into(),
        access_token: "token-1".into(),
        endpoint: server.url("/v23.0"),
        per_second: 80.0,
    };
    WhatsApp::new(own, Client::new(settings).unwrap()).unwrap()
}

fn outgoing(message: Message) -> Outgoing {
    Outgoing {
        key: "d7".to_owned(),
        to: Destination::Phone("+491701234567".to_owned()),
        payload: Payload::WhatsApp(Box::new(message)),
        now: NOW,
    }
}

fn hello() -> Message {
    Message::Text { body: "Hi".into(), preview_url: false }
}

async fn when(reply: Reply) -> Outcome {
    let answer = reply.clone();
    let server = HttpServer::start(move |_| answer.clone()).await;
    channel(&server, server.settings_for(&reply)).send(outgoing(hello())).await
}

fn taken() -> Reply {
    Reply::json(200, json!({"messaging_product": "whatsapp", "messages": [{"id": "wamid.1"}]}))
}

#[tokio::test]
async fn templates_and_text_stand_as_meta_expects_them() {
    let server = HttpServer::start(|_| taken()).await;
    let channel = channel(&server, server.settings());
    let template = Message::Template {
        name: "order_shipped".into(),
        language: "de".into(),
        components: vec![
            Component::Header(vec![
                Parameter::Image("https://x.example/i.png".into()),
                Parameter::Document {
                    link: "https://x.example/d.pdf".into(),
                    filename: Some("d.pdf".into()),
                },
            ]),
            Component::Body(vec![Parameter::Text("Ada".into())]),
            Component::UrlButton { index: 0, suffix: "o/1".into() },
            Component::QuickReply { index: 1, payload: "yes".into() },
            Component::CopyCode { index: 2, code: "SPRING".into() },
        ],
    };
    for message in [template, hello()] {
        let outcome = channel.send(outgoing(message)).await;
        assert_eq!(outcome, Outcome::accepted("wamid.1".to_owned()));
    }
    let asked = server.asked();
    assert_eq!(asked[0].path, "/v23.0/106540352242922/messages");
    assert_eq!(asked[0].header("authorization"), "Bearer token-1");
    let expected = json!({
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": "491701234567",
        "biz_opaque_callback_data": "d7", "type": "template",
        "template": {
            "name": "order_shipped", "language": {"code": "de"},
            "components": [
                {"type": "header", "parameters": [
                    {"type": "image", "image": {"link": "https://x.example/i.png"}},
                    {"type": "document", "document": {"link": "https://x.example/d.pdf", "filename": "d.pdf"}},
                ]},
                {"type": "body", "parameters": [{"type": "text", "text": "Ada"}]},
                {"type": "button", "sub_type": "url", "index": "0",
                 "parameters": [{"type": "text", "text": "o/1"}]},
                {"type": "button", "sub_type": "quick_reply", "index": "1",
                 "parameters": [{"type": "payload", "payload": "yes"}]},
                {"type": "button", "sub_type": "copy_code", "index": "2",
                 "parameters": [{"type": "coupon_code", "coupon_code": "SPRING"}]},
            ],
        },
    });
    assert_eq!(asked[0].json(), expected);
    assert_eq!(asked[1].json()["text"], json!({"body": "Hi", "preview_url": false}));
    assert_eq!(asked[1].json()["type"], "text");
}

fn refusal(status: u16, code: u64) -> Reply {
    let details = json!({"details": "to 491701234567"});
    Reply::json(status, json!({"error": {"code": code, "message": "no", "error_data": details}}))
}

#[tokio::test]
async fn numbers_of_errors_and_what_they_mean() {
    for (status, number, expected) in [
        (400, 131026, Code::AddressUnreachable),
        (400, 131047, Code::WindowClosed),
        (400, 131049, Code::AddressThrottled),
        (400, 131050, Code::AddressOptedOut),
        (404, 132001, Code::TemplateUnknown),
        (400, 132000, Code::TemplateParameters),
        (400, 132015, Code::TemplatePaused),
        (400, 131009, Code::PayloadRefused),
        (400, 999999, Code::ProviderRefused),
    ] {
        let outcome = when(refusal(status, number)).await;
        let Outcome::Rejected { code, address, detail } = outcome else { panic!("{outcome:?}") };
        assert_eq!(code, expected, "{number}");
        assert!(!matches!(address, Address::Dead { .. }), "{number}");
        assert!(!detail.contains("491701234567"), "{detail}");
    }
    for (status, number, expected) in [
        (400, 130429, Code::ProviderThrottled),
        (400, 131056, Code::AddressThrottled),
        (401, 190, Code::CredentialsRefused),
        (403, 10, Code::PermissionDenied),
        (403, 131031, Code::SenderSuspended),
        (400, 131042, Code::BalanceExhausted),
        (500, 131016, Code::ProviderUnavailable),
    ] {
        let outcome = when(refusal(status, number)).await;
        assert!(matches!(outcome, Outcome::Retry { certain: true, .. }), "{number}: {outcome:?}");
        assert_eq!(outcome.code(), Some(expected), "{number}");
    }
}

#[tokio::test]
async fn other_answers_and_none() {
    let throttled = Reply::Say(429, vec![("retry-after", "3".into())], "<html>".into());
    let after = Some(std::time::Duration::from_secs(3));
    assert_eq!(
        when(throttled).await,
        Outcome::retry(Code::ProviderThrottled, "429: <html>", after)
    );
    for reply in [Reply::status(502), Reply::Hang, Reply::Cut] {
        let outcome = when(reply).await;
        assert!(matches!(outcome, Outcome::Retry { certain: false, .. }), "{outcome:?}");
    }
    assert_eq!(when(Reply::Say(200, Vec::new(), "?".into())).await, Outcome::accepted(None));
}

#[tokio::test]
async fn what_cannot_be_sent_is_not() {
    let server = HttpServer::start(|_| taken()).await;
    let channel = channel(&server, server.settings());
    let long = Message::Text { body: "ü".repeat(4_097), preview_url: false };
    assert_eq!(channel.send(outgoing(long)).await.code(), Some(Code::PayloadTooLarge));
    let values = vec![Parameter::Text("x".repeat(PAYLOAD_BYTES_MAX))];
    let components = vec![Component::Body(values)];
    let large = Message::Template { name: "t".into(), language: "de".into(), components };
    assert_eq!(channel.send(outgoing(large)).await.code(), Some(Code::PayloadTooLarge));
    let to = Destination::Phone("0170".into());
    let outcome = channel.send(Outgoing { to, ..outgoing(hello()) }).await;
    assert_eq!(outcome.code(), Some(Code::AddressMalformed));
    assert!(server.asked().is_empty());
}

fn signed(body: &Value) -> (String, Vec<u8>) {
    let body = body.to_string().into_bytes();
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"app-secret");
    (format!("sha256={}", hex::encode(hmac::sign(&key, &body).as_ref())), body)
}

fn webhook(value: Value) -> Value {
    json!({
        "object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}],
    })
}

fn told(value: Value) -> Vec<Told> {
    let (signature, body) = signed(&webhook(value));
    read(&"app-secret".into(), &signature, &body).unwrap()
}

#[test]
fn receipts_under_the_apps_signature() {
    let all = told(json!({"statuses": [
        {"id": "wamid.1", "status": "sent", "timestamp": "1790000000", "recipient_id": "49170"},
        {"id": "wamid.1", "status": "delivered", "biz_opaque_callback_data": "d7"},
        {"id": "wamid.1", "status": "read"},
        {"id": "wamid.2", "status": "failed", "errors": [{"code": 131026, "title": "Undeliverable"}]},
        {"id": "wamid.3", "status": "warning"}, {"status": "sent"}, null,
    ]}));
    let receipts: Vec<&Receipt> = all
        .iter()
        .map(|told| match told {
            Told::Receipt(receipt) => receipt,
            other => panic!("{other:?}"),
        })
        .collect();
    let states: Vec<_> = receipts.iter().map(|receipt| receipt.state.clone()).collect();
    let failed = State::Failed {
        code: Code::AddressUnreachable,
        address: Address::Unknown,
        detail: "131026: Undeliverable".into(),
    };
    assert_eq!(states, [State::Sent, State::Delivered, State::Read, failed]);
    assert_eq!((receipts[0].at, receipts[1].key.as_deref()), (Some(NOW), Some("d7")));
}

#[test]
fn answers_buttons_and_wishes() {
    let all = told(json!({
        "messages": [
            {"from": "491701234567", "id": "wamid.9", "timestamp": "1790000000", "type": "text",
             "text": {"body": "Stop"}, "context": {"id": "wamid.1"}},
            {"from": "491701234567", "id": "wamid.8", "type": "button",
             "button": {"text": "Yes please", "payload": "yes"}},
            {"from": "491701234567", "id": "wamid.7", "type": "interactive",
             "interactive": {"button_reply": {"id": "b1", "title": "More"}}},
        ],
        "user_preferences": [
            {"wa_id": "491701234567", "category": "marketing_messages", "value": "stop"},
            {"wa_id": "491701234567", "category": "other", "value": "stop"},
        ],
    }));
    let Told::Answer(stop) = &all[0] else { panic!() };
    assert_eq!((stop.keyword, stop.about.as_deref()), (Some(Keyword::Stop), Some("wamid.1")));
    assert_eq!((stop.at, stop.text.as_str()), (Some(NOW), "Stop"));
    let Told::Answer(button) = &all[1] else { panic!() };
    assert_eq!((button.payload.as_deref(), button.text.as_str()), (Some("yes"), "Yes please"));
    let Told::Answer(reply) = &all[2] else { panic!() };
    assert_eq!((reply.payload.as_deref(), reply.text.as_str()), (Some("b1"), "More"));
    assert!(matches!(all[3], Told::Marketing { wanted: false, .. }));
    assert_eq!(all.len(), 4);
    assert!(!format!("{all:?}").contains("491701234567"));
}

#[test]
fn what_is_not_signed_by_the_app_is_refused() {
    let (signature, body) = signed(&webhook(json!({})));
    let secret = Secret::new("app-secret");
    assert_eq!(read(&secret, &signature, &body), Ok(Vec::new()));
    let other = signed(&json!({"object": "page"}));
    assert!(matches!(read(&secret, &other.0, &other.1), Err(Error::Malformed(_))));
    for (secret, signature, body) in [
        ("other", signature.as_str(), body.as_slice()),
        ("app-secret", &signature, b"{}"),
        ("app-secret", &signature[7..], &body),
        ("app-secret", "", &body),
        ("app-secret", "sha256=zz", &body),
    ] {
        assert_eq!(read(&secret.into(), signature, body), Err(Error::Signature));
    }
}

#[test]
fn the_question_whether_an_address_is_ours() {
    let agreed = Secret::new("agreed");
    assert_eq!(challenge(&agreed, "subscribe", "agreed", "42"), Some("42"));
    assert_eq!(challenge(&agreed, "subscribe", "other", "42"), None);
    assert_eq!(challenge(&agreed, "unsubscribe", "agreed", "42"), None);
    assert_eq!(challenge(&Secret::new(""), "subscribe", "", "42"), None);
}

#[test]
fn a_number_is_not_the_id_of_one() {
    for id in ["", "+491701234567", "1/2", "abc"] {
        let settings = Settings {
            phone_number_id: id.into(),
            access_token: "t".into(),
            endpoint: WhatsApp::ENDPOINT.into(),
            per_second: 80.0,
        };
        let made = WhatsApp::new(settings, Client::new(Default::default()).unwrap());
        assert!(matches!(made, Err(Error::Number(_))), "{id}");
    }
}

proptest! {
    #[test]
    fn no_webhook_panics(text in "[{}\\[\\]\",:a-z0-9]{0,80}") {
        let body = format!("{{\"object\":\"whatsapp_business_account\",\"entry\":[{{\"changes\":[{{\"value\":{text}}}]}}]}}");
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"s");
        let signature = format!("sha256={}", hex::encode(hmac::sign(&key, body.as_bytes()).as_ref()));
        let _ = read(&"s".into(), &signature, body.as_bytes());
    }
}
