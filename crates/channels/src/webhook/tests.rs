use std::time::Duration;

use super::*;
use crate::http::Settings;
use crate::testing::{HttpServer, Reply};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NOW: Timestamp = Timestamp(1_614_265_330_999);

fn message() -> Message {
    Message {
        method: Method::Post,
        body: b"{\"test\": 2432232314}".to_vec(),
        content_type: "application/json".to_owned(),
        headers: vec![("x-shop".to_owned(), "1".to_owned())],
        secrets: vec![SECRET.into()],
        asks: false,
    }
}

fn outgoing(url: String, message: Message) -> Outgoing {
    Outgoing {
        key: "msg_p5jXN8AQM9LWM0D4loKWxJek".to_owned(),
        to: Destination::Url(url),
        payload: Payload::Webhook(message),
        now: NOW,
    }
}

fn channel(settings: Settings) -> Webhooks {
    let limits = Limits { concurrency: 4, per_second: None, payload_bytes: 1_000 };
    Webhooks::new(Client::new(settings).unwrap(), limits)
}

async fn when(reply: Reply) -> Outcome {
    let answer = reply.clone();
    let server = HttpServer::start(move |_| answer.clone()).await;
    channel(server.settings_for(&reply)).send(outgoing(server.url("/"), message())).await
}

#[test]
fn the_published_example_of_the_standard() {
    let body = b"{\"test\": 2432232314}";
    let signed = sign(&[SECRET.into()], "msg_p5jXN8AQM9LWM0D4loKWxJek", NOW, body).unwrap();
    assert_eq!(signed.0, "msg_p5jXN8AQM9LWM0D4loKWxJek");
    assert_eq!(signed.1, "1614265330");
    assert_eq!(signed.2, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[tokio::test]
async fn a_receiver_can_verify_what_it_gets_with_either_key() {
    let server = HttpServer::start(|_| Reply::status(204)).await;
    let old: Secret = format!("whsec_{}", BASE64_STANDARD.encode([7; 32])).into();
    let secrets = vec![SECRET.into(), old.clone()];
    let message = Message { method: Method::Put, secrets, ..message() };
    let outcome = channel(server.settings()).send(outgoing(server.url("/hook"), message)).await;
    assert_eq!(outcome, Outcome::accepted(None));
    let asked = &server.asked()[0];
    assert_eq!(asked.method, "PUT");
    assert_eq!(asked.header("content-type"), "application/json");
    assert_eq!(asked.header("x-shop"), "1");
    let (id, time) = (asked.header("webhook-id"), asked.header("webhook-timestamp"));
    let signatures = asked.header("webhook-signature");
    let check = |secret: &Secret, body: &[u8], now| verify(secret, id, time, signatures, body, now);
    for secret in [&SECRET.into(), &old] {
        assert_eq!(check(secret, &asked.body, NOW), Ok(true));
        assert_eq!(check(secret, b"{}", NOW), Ok(false));
        assert_eq!(check(secret, &asked.body, Timestamp(NOW.0 + 301_000)), Ok(false));
    }
    let stranger: Secret = format!("whsec_{}", BASE64_STANDARD.encode([8; 32])).into();
    assert_eq!(check(&stranger, &asked.body, NOW), Ok(false));
    assert_eq!(verify(&old, id, "soon", signatures, &asked.body, NOW), Ok(false));
}

#[tokio::test]
async fn answers_and_what_they_mean() {
    for status in [200, 202, 204] {
        assert_eq!(when(Reply::status(status)).await, Outcome::accepted(None), "{status}");
    }
    for (status, code) in [
        (400, Code::PayloadRefused),
        (413, Code::PayloadTooLarge),
        (422, Code::PayloadRefused),
        (418, Code::ProviderRefused),
    ] {
        let outcome = when(Reply::status(status)).await;
        assert!(matches!(outcome, Outcome::Rejected { .. }), "{status}: {outcome:?}");
        assert_eq!(outcome.code(), Some(code), "{status}");
    }
    let gone = when(Reply::status(410)).await;
    assert!(matches!(gone, Outcome::Rejected { address: Address::DEAD, .. }), "{gone:?}");
    for (status, expected, sure) in [
        (301, Code::ProviderRedirected, true),
        (401, Code::CredentialsRefused, true),
        (404, Code::ProviderUnavailable, true),
        (429, Code::ProviderThrottled, true),
        (503, Code::ProviderUnavailable, true),
        (500, Code::ProviderFailed, false),
        (504, Code::ProviderFailed, false),
    ] {
        match when(Reply::status(status)).await {
            Outcome::Retry { code, certain, .. } => assert_eq!((code, certain), (expected, sure)),
            other => panic!("{status}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn the_wait_that_the_receiver_wants_is_told() {
    let reply = Reply::Say(429, vec![("retry-after", "17".into())], "slow down".into());
    match when(reply).await {
        Outcome::Retry { after, detail, .. } => {
            assert_eq!(after, Some(Duration::from_secs(17)));
            assert_eq!(detail, "429: slow down");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn no_answer_is_in_doubt() {
    for reply in [Reply::Hang, Reply::Cut, Reply::Garbage("220 smtp.example\r\n")] {
        let outcome = when(reply).await;
        assert!(matches!(outcome, Outcome::Retry { certain: false, .. }), "{outcome:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_not() {
    let server = HttpServer::start(|_| Reply::status(200)).await;
    let send = |message| {
        let channel = channel(server.settings());
        let outgoing = outgoing(server.url("/"), message);
        async move { channel.send(outgoing).await.code() }
    };
    let large = Message { body: vec![b'x'; 1_001], ..message() };
    assert_eq!(send(large).await, Some(Code::PayloadTooLarge));
    let header = |name: &str, value: &str| Message {
        headers: vec![(name.to_owned(), value.to_owned())],
        ..message()
    };
    assert_eq!(send(header("Webhook-Id", "1")).await, Some(Code::PayloadRefused));
    assert_eq!(send(header("x", "1\r\ny: 2")).await, Some(Code::PayloadRefused));
    for bad in ["whsec_", "whsec_!", "c2hvcnQ="] {
        let weak = Message { secrets: vec![bad.into()], ..message() };
        assert_eq!(send(weak).await, Some(Code::CredentialsMalformed), "{bad}");
    }
    assert!(server.asked().is_empty());
    let unsigned = Message { secrets: Vec::new(), ..message() };
    assert_eq!(send(unsigned).await, None);
    assert!(server.asked()[0].headers.get("webhook-signature").is_none());
}
