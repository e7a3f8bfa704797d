use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair,
    UnparsedPublicKey,
};

use super::*;
use crate::testing::{Asked, HttpServer, Reply};

const NOW: Timestamp = Timestamp(1_790_000_000_000);
const DEVICE: &str = "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0";

/// A fresh key: the PEM text that Apple would give out, and the public half.
fn key() -> (Secret, Vec<u8>) {
    let random = SystemRandom::new();
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let der = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, der.as_ref(), &random).unwrap();
    let text = base64::prelude::BASE64_STANDARD.encode(der.as_ref());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n");
    (pem.into(), pair.public_key().as_ref().to_vec())
}

fn channel_with(server: &HttpServer, key: Secret, settings: crate::http::Settings) -> Apns {
    let http = crate::http::Settings { http2_only: true, ..settings };
    let settings = Settings {
        team_id: "TEAM".into(),
        key_id: "KEY".into(),
        key,
        topic: "example.app".into(),
        endpoint: server.url(""),
    };
    Apns::new(settings, Client::new(http).unwrap()).unwrap()
}

fn channel(server: &HttpServer) -> Apns {
    channel_with(server, key().0, server.settings())
}

fn outgoing(message: Message, now: Timestamp) -> Outgoing {
    Outgoing {
        key: "delivery-1".to_owned(),
        to: Destination::Token(DEVICE.to_owned()),
        payload: Payload::Apns(Box::new(message)),
        now,
    }
}

fn hello() -> Message {
    let title = Some("Hi".to_owned());
    Message { alert: Some(Alert { title, ..Default::default() }), ..Default::default() }
}

async fn when(reply: Reply) -> Outcome {
    let answer = reply.clone();
    let server = HttpServer::start(move |_| answer.clone()).await;
    channel_with(&server, key().0, server.settings_for(&reply)).send(outgoing(hello(), NOW)).await
}

fn taken(asked: &Asked) -> Reply {
    Reply::Say(200, vec![("apns-id", asked.header("apns-id").to_owned())], String::new())
}

#[tokio::test]
async fn a_push_over_http2_with_apples_headers_and_fields() {
    let server = HttpServer::start(taken).await;
    let (key, public) = key();
    let channel = channel_with(&server, key, server.settings());
    let text = |text: &str| Some(text.to_owned());
    let message = Message {
        topic: text("example.app.voip"),
        priority: Priority::Considerate,
        expires_at: Some(NOW.plus(Span::HOUR)),
        collapse_id: text("c1"),
        alert: Some(Alert { title: text("T"), subtitle: text("S"), body: text("B") }),
        badge: Some(0),
        sound: text("default"),
        category: text("cat"),
        thread_id: text("th"),
        interruption_level: text("passive"),
        relevance: Some(0.5),
        mutable_content: true,
        data: json!({"link": "app://x", "aps": "not yours"}).as_object().unwrap().clone(),
        ..Message::default()
    };
    let outcome = channel.send(outgoing(message, NOW)).await;
    let asked = &server.asked()[0];
    assert_eq!(outcome, Outcome::accepted(asked.header("apns-id").to_owned()));
    assert!(asked.http2);
    assert_eq!(asked.path, format!("/3/device/{DEVICE}"));
    for (name, value) in [
        ("apns-topic", "example.app.voip"),
        ("apns-push-type", "alert"),
        ("apns-priority", "5"),
        ("apns-expiration", "1790003600"),
        ("apns-collapse-id", "c1"),
    ] {
        assert_eq!(asked.header(name), value, "{name}");
    }
    let expected = json!({
        "aps": {
            "alert": {"title": "T", "subtitle": "S", "body": "B"}, "badge": 0,
            "sound": "default", "category": "cat", "thread-id": "th",
            "interruption-level": "passive", "relevance-score": 0.5, "mutable-content": 1,
        },
        "link": "app://x",
    });
    assert_eq!(asked.json(), expected);
    let token = asked.header("authorization").strip_prefix("bearer ").unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public)
        .verify(signed.as_bytes(), &signature)
        .unwrap();
    let parts: Vec<Value> = signed
        .split('.')
        .map(|p| serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(p).unwrap()).unwrap())
        .collect();
    assert_eq!(parts[0], json!({"alg": "ES256", "kid": "KEY"}));
    assert_eq!(parts[1], json!({"iss": "TEAM", "iat": 1_790_000_000}));
}

#[tokio::test]
async fn a_background_push_is_considerate_and_says_so() {
    let server = HttpServer::start(taken).await;
    let message = Message { push_type: PushType::Background, ..Message::default() };
    channel(&server).send(outgoing(message, NOW)).await;
    let asked = &server.asked()[0];
    assert_eq!(
        (asked.header("apns-push-type"), asked.header("apns-priority")),
        ("background", "5")
    );
    assert_eq!(asked.header("apns-expiration"), "0");
    assert_eq!(asked.json(), json!({"aps": {"content-available": 1}}));
}

#[tokio::test]
async fn attempts_of_one_delivery_have_one_id() {
    let server = HttpServer::start(taken).await;
    let channel = channel(&server);
    for key in ["a", "a", "b"] {
        channel.send(Outgoing { key: key.into(), ..outgoing(hello(), NOW) }).await;
    }
    let ids: Vec<String> = server.asked().iter().map(|a| a.header("apns-id").to_owned()).collect();
    assert!(ids[0] == ids[1] && ids[1] != ids[2], "{ids:?}");
    let shape: Vec<usize> = ids[0].split('-').map(str::len).collect();
    assert_eq!(shape, [8, 4, 4, 4, 12]);
}

#[tokio::test]
async fn the_token_is_renewed_within_apples_bounds() {
    let server = HttpServer::start(taken).await;
    let channel = channel(&server);
    for minutes in [0, 1, 49, 51, 52, 40] {
        let now = NOW.plus(Span(minutes * 60_000));
        channel.send(outgoing(hello(), now)).await;
    }
    let tokens: Vec<String> =
        server.asked().iter().map(|a| a.header("authorization").to_owned()).collect();
    assert_eq!((&tokens[0], &tokens[1]), (&tokens[1], &tokens[2]));
    assert_ne!(tokens[2], tokens[3]);
    assert_eq!((&tokens[3], &tokens[4]), (&tokens[4], &tokens[5]));
}

#[tokio::test]
async fn an_expired_token_is_renewed_unless_it_is_young() {
    let expired = |_: &Asked| Reply::json(403, json!({"reason": "ExpiredProviderToken"}));
    let server = HttpServer::start(expired).await;
    let channel = channel(&server);
    for minutes in [0, 5, 25, 26] {
        let now = NOW.plus(Span(minutes * 60_000));
        let outcome = channel.send(outgoing(hello(), now)).await;
        assert_eq!(outcome.code(), Some(Code::CredentialsExpired));
    }
    let tokens: Vec<String> =
        server.asked().iter().map(|a| a.header("authorization").to_owned()).collect();
    assert_eq!((&tokens[0], &tokens[1]), (&tokens[1], &tokens[2]));
    assert_ne!(tokens[2], tokens[3]);
}

#[tokio::test]
async fn a_removed_app_is_dead_since_the_instant_that_apple_names() {
    let body = json!({"reason": "Unregistered", "timestamp": 1_780_000_000_000_i64});
    let since = Some(Timestamp(1_780_000_000_000));
    for (body, since) in
        [(body, since), (json!({"reason": "Unregistered"}), None), (json!({}), None)]
    {
        let outcome = when(Reply::json(410, body)).await;
        let Outcome::Rejected { code, address, .. } = outcome else { panic!("{outcome:?}") };
        assert_eq!((code, address), (Code::TokenUnregistered, Address::Dead { since }));
    }
}

#[tokio::test]
async fn reasons_and_what_they_mean() {
    for (status, reason, expected) in [
        (400, "BadDeviceToken", Code::TokenMalformed),
        (400, "DeviceTokenNotForTopic", Code::TokenForeign),
        (413, "PayloadTooLarge", Code::PayloadTooLarge),
        (400, "BadCollapseId", Code::PayloadRefused),
        (400, "PayloadEmpty", Code::PayloadRefused),
    ] {
        let outcome = when(Reply::json(status, json!({"reason": reason}))).await;
        let rejected = matches!(outcome, Outcome::Rejected { address: Address::Unknown, .. });
        assert!(rejected, "{reason}: {outcome:?}");
        assert_eq!(outcome.code(), Some(expected), "{reason}");
    }
    for (status, reason, expected) in [
        (400, "TopicDisallowed", Code::ConfigurationInvalid),
        (403, "InvalidProviderToken", Code::CredentialsRefused),
        (403, "Forbidden", Code::PermissionDenied),
        (429, "TooManyRequests", Code::AddressThrottled),
        (429, "TooManyProviderTokenUpdates", Code::ProviderThrottled),
        (503, "Shutdown", Code::ProviderUnavailable),
        (503, "", Code::ProviderUnavailable),
    ] {
        let outcome = when(Reply::json(status, json!({"reason": reason}))).await;
        assert!(matches!(outcome, Outcome::Retry { certain: true, .. }), "{reason}: {outcome:?}");
        assert_eq!(outcome.code(), Some(expected), "{reason}");
    }
    let failed = when(Reply::json(500, json!({"reason": "InternalServerError"}))).await;
    assert!(matches!(failed, Outcome::Retry { code: Code::ProviderFailed, certain: false, .. }));
}

#[tokio::test]
async fn no_answer_is_in_doubt_and_throttling_names_its_wait() {
    for reply in [Reply::Hang, Reply::Cut, Reply::Garbage("HTTP/1.1 200 OK\r\n\r\n")] {
        let outcome = when(reply).await;
        assert!(matches!(outcome, Outcome::Retry { certain: false, .. }), "{outcome:?}");
    }
    let body = json!({"reason": "TooManyRequests"}).to_string();
    let outcome = when(Reply::Say(429, vec![("retry-after", "9".into())], body)).await;
    let Outcome::Retry { after, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(after, Some(std::time::Duration::from_secs(9)));
}

#[tokio::test]
async fn what_apple_would_not_take_is_not_sent() {
    let server = HttpServer::start(taken).await;
    let channel = channel(&server);
    let mut large = hello();
    large.data.insert("x".into(), "y".repeat(4_096).into());
    let long = Message { collapse_id: Some("x".repeat(65)), ..hello() };
    for (message, code) in [(large, Code::PayloadTooLarge), (long, Code::PayloadRefused)] {
        assert_eq!(channel.send(outgoing(message, NOW)).await.code(), Some(code));
    }
    for device in ["", "xyz", "00/../11", &"0".repeat(201)] {
        let to = Destination::Token(device.to_owned());
        let outcome = channel.send(Outgoing { to, ..outgoing(hello(), NOW) }).await;
        assert_eq!(outcome.code(), Some(Code::TokenMalformed), "{device}");
    }
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn keys_are_checked_at_the_start_and_never_shown() {
    let server = HttpServer::start(taken).await;
    let client = server.client();
    let settings = Settings {
        team_id: "T".into(),
        key_id: "K".into(),
        key: "hush".into(),
        topic: "t".into(),
        endpoint: Apns::SANDBOX.into(),
    };
    assert!(!format!("{settings:?}").contains("hush"));
    assert!(Apns::new(settings, client).is_err());
}
