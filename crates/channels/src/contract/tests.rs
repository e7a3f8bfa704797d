use std::collections::HashSet;

use super::*;

#[test]
fn codes_have_unique_stable_names_and_texts_that_help() {
    let names: HashSet<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(names.len(), Code::ALL.len());
    assert!(Code::ALL.len() >= 37);
    for &code in Code::ALL {
        assert_eq!(Code::parse(code.name()), Some(code));
        let (subject, what) = code.name().split_once('.').expect("subject.what");
        let plain = |s: &str| s.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        assert!(plain(subject) && plain(what), "{code}");
        assert!(!code.explanation().ends_with('.') && !code.remedy().is_empty(), "{code}");
    }
    assert_eq!(Code::parse("token.unknown"), None);
}

#[test]
fn details_are_one_bounded_line() {
    assert_eq!(clip(" a\r\nb\0c "), "a  b c");
    let long = clip(&"é".repeat(DETAIL_BYTES_MAX));
    assert_eq!(long.len(), DETAIL_BYTES_MAX);
}

#[test]
fn the_recipient_is_hidden_in_what_the_provider_says() {
    let outcome =
        Outcome::rejected(Code::AddressUnknown, "<Ada@Shop.example> unknown, ada@shop.example?");
    let Outcome::Rejected { detail, .. } = outcome.without("ada@shop.example") else {
        panic!("rejected")
    };
    assert_eq!(detail, "<…> unknown, …?");
    assert_eq!(hide("İstanbul", "x"), "İstanbul");
    assert_eq!(hide("abc", ""), "abc");
}

#[test]
fn debug_shows_no_personal_data() {
    let outgoing = Outgoing {
        key: "k1".into(),
        to: Destination::Phone("+491700000000".into()),
        payload: Payload::Sms(crate::sms::Message {
            body: "your code is 1234".into(),
            ..Default::default()
        }),
        now: Timestamp(0),
    };
    let shown = format!("{outgoing:?}");
    assert!(!shown.contains("1700000000") && !shown.contains("1234"), "{shown}");
    assert_eq!(format!("{:?}", crate::secret::Secret::new("hunter2")), "Secret(…)");
}

/// One channel of each kind, set up as in production and pointed nowhere, with a destination and a
/// payload of its own.
fn channels() -> Vec<(Box<dyn Channel>, Destination, Payload)> {
    use crate::{apns, email, http, huawei, sms, web_push, webhook, whatsapp};
    let client = || http::Client::new(http::Settings::default()).unwrap();
    let limits = Limits { concurrency: 1, per_second: None, payload_bytes: 1_000 };
    let mailbox = Destination::Mailbox { address: "ada@example.org".into(), name: None };
    let smtp = email::smtp::Settings {
        port: 1,
        ..email::smtp::Settings::new("127.0.0.1", "shop.example")
    };
    let message = email::Message {
        from: email::Mailbox::of("shop@shop.example"),
        reply_to: None,
        return_path: "b@shop.example".into(),
        subject: String::new(),
        text: Some(String::new()),
        amp: None,
        html: None,
        message_id: "1@shop.example".into(),
        unsubscribe: None,
        headers: Vec::new(),
    };
    let keys = web_push::Keys::generate().unwrap();
    let subscription = Destination::Subscription {
        endpoint: "https://127.0.0.1:1/1".into(),
        p256dh: keys.public.clone(),
        auth: "BTBZMqHH6r4Tts7J_aSIgg".into(),
    };
    let twilio = sms::twilio::Settings {
        account_sid: "AC1".into(),
        auth_token: "t".into(),
        api_key: None,
        from: "+12025550100".into(),
        endpoint: "https://127.0.0.1:1".into(),
        per_second: Some(1.0),
    };
    let own = whatsapp::Settings {
        phone_number_id: "1".into(),
        access_token: "t".into(),
        endpoint: "https://127.0.0.1:1".into(),
        per_second: 80.0,
    };
    let text = whatsapp::Message::Text { body: "Hi".into(), preview_url: false };
    let phone = || Destination::Phone("+491701234567".into());
    let pair = ring::signature::EcdsaKeyPair::generate_pkcs8(
        &ring::signature::ECDSA_P256_SHA256_FIXED_SIGNING,
        &ring::rand::SystemRandom::new(),
    );
    let key = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, pair.unwrap().as_ref());
    let apple = apns::Settings {
        team_id: "T".into(),
        key_id: "K".into(),
        key: format!("-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----\n").into(),
        topic: "app".into(),
        endpoint: "https://127.0.0.1:1".into(),
    };
    let app = huawei::Settings {
        app_id: "1".into(),
        app_secret: "s".into(),
        endpoint: "https://127.0.0.1:1".into(),
        token_server: "https://127.0.0.1:1/token".into(),
    };
    let gateway = sms::smpp::Settings {
        port: 1,
        ..sms::smpp::Settings::new("127.0.0.1", "s", "p".into(), "SHOP")
    };
    let template = sms::generic::Template {
        method: ::http::Method::GET,
        url: "https://127.0.0.1:1/?to={{to}}&text={{body}}".into(),
        headers: Vec::new(),
        body: String::new(),
        form: sms::generic::Form::Plain,
        from: "SHOP".into(),
        id_pointer: None,
        success: None,
        idempotent: false,
        limits,
    };
    vec![
        (
            Box::new(huawei::Huawei::new(app, client()).unwrap()),
            Destination::Token("t".into()),
            Payload::Huawei(Box::default()),
        ),
        (
            Box::new(sms::smpp::Smpp::new(gateway).unwrap().0),
            phone(),
            Payload::Sms(sms::Message::default()),
        ),
        (
            Box::new(sms::generic::Generic::new(template, client(), false).unwrap()),
            phone(),
            Payload::Sms(sms::Message::default()),
        ),
        (
            Box::new(email::Smtp::new(smtp, Vec::new()).unwrap()),
            mailbox,
            Payload::Email(Box::new(message)),
        ),
        (
            Box::new(webhook::Webhooks::new(client(), limits)),
            Destination::Url("https://127.0.0.1:1/".into()),
            Payload::Webhook(webhook::Message::default()),
        ),
        (
            Box::new(web_push::WebPush::new(&keys, "mailto:a@b.example", client()).unwrap()),
            subscription,
            Payload::WebPush(web_push::Message::default()),
        ),
        (
            Box::new(apns::Apns::new(apple, client()).unwrap()),
            Destination::Token("00ff".into()),
            Payload::Apns(Box::default()),
        ),
        (
            Box::new(sms::twilio::Twilio::new(twilio, client()).unwrap()),
            phone(),
            Payload::Sms(sms::Message::default()),
        ),
        (
            Box::new(whatsapp::WhatsApp::new(own, client()).unwrap()),
            phone(),
            Payload::WhatsApp(Box::new(text)),
        ),
    ]
}

/// What the contract says of every channel: sensible limits, and no attempt with what is of another
/// one, be it the message or the destination.
#[tokio::test]
async fn every_channel_knows_its_own() {
    let all = channels();
    for (index, (channel, to, payload)) in all.iter().enumerate() {
        assert_eq!(channel.kind(), payload.kind());
        let Limits { concurrency, per_second, payload_bytes } = channel.limits();
        assert!(concurrency >= 1 && payload_bytes >= 1 && per_second.is_none_or(|rate| rate > 0.0));
        for (other, (_, other_to, other_payload)) in all.iter().enumerate() {
            let now = Timestamp(0);
            let key = || "k".to_owned();
            if other_payload.kind() != payload.kind() {
                let to = to.clone();
                let foreign = Outgoing { key: key(), to, payload: other_payload.clone(), now };
                let outcome = channel.send(foreign).await;
                assert_eq!(outcome.code(), Some(Code::PayloadForeign), "{index} {other}");
            }
            if std::mem::discriminant(other_to) != std::mem::discriminant(to) {
                let to = other_to.clone();
                let foreign = Outgoing { key: key(), to, payload: payload.clone(), now };
                let outcome = channel.send(foreign).await;
                assert_eq!(outcome.code(), Some(Code::PayloadForeign), "{index} {other}");
            }
        }
    }
}

/// Without a server behind it, every channel over HTTP says for certain that nothing arrived.
#[tokio::test]
async fn every_channel_is_certain_when_there_is_no_server() {
    for (channel, to, payload) in channels() {
        let outgoing = Outgoing { key: "k".into(), to, payload, now: Timestamp(0) };
        let outcome = channel.send(outgoing).await;
        assert!(matches!(outcome, Outcome::Retry { certain: true, .. }), "{outcome:?}");
    }
}
