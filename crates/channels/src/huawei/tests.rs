use std::sync::atomic::{AtomicUsize, Ordering};

use model::Span;

use super::*;
use crate::testing::{Asked, HttpServer, Reply};

const NOW: Timestamp = Timestamp(1_790_000_000_000);

fn channel(server: &HttpServer, settings: crate::http::Settings) -> Huawei {
    let own = Settings {
        app_id: "100".into(),
        app_secret: "hush&".into(),
        endpoint: server.url(""),
        token_server: server.url("/token"),
    };
    Huawei::new(own, Client::new(settings).unwrap()).unwrap()
}

/// A server that gives out tokens `t0`, `t1`… and answers pushes with `reply`.
async fn huawei(reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> HttpServer {
    let given = AtomicUsize::new(0);
    HttpServer::start(move |asked| match asked.path.as_str() {
        "/token" => {
            let form = "grant_type=client_credentials&client_id=100&client_secret=hush%26";
            assert_eq!(asked.text(), form);
            let token = format!("t{}", given.fetch_add(1, Ordering::SeqCst));
            Reply::json(200, json!({"access_token": token, "expires_in": 3_600}))
        }
        "/v1/100/messages:send" => reply(asked),
        _ => Reply::status(404),
    })
    .await
}

fn pushes(server: &HttpServer) -> Vec<Asked> {
    server.asked().into_iter().filter(|asked| asked.path != "/token").collect()
}

fn outgoing(message: Message, now: Timestamp) -> Outgoing {
    Outgoing {
        key: "d7".to_owned(),
        to: Destination::Token("device-token".to_owned()),
        payload: Payload::Huawei(Box::new(message)),
        now,
    }
}

fn hello() -> Message {
    let notification = Notification { title: "T".into(), body: "B".into(), ..Default::default() };
    Message { notification: Some(notification), ..Message::default() }
}

fn answer(code: &str) -> Reply {
    Reply::json(200, json!({"code": code, "msg": "for device-token", "requestId": "r1"}))
}

async fn when(reply: Reply) -> Outcome {
    let given = reply.clone();
    let server = huawei(move |_| given.clone()).await;
    channel(&server, server.settings_for(&reply)).send(outgoing(hello(), NOW)).await
}

#[tokio::test]
async fn every_field_stands_where_huawei_expects_it() {
    let server = huawei(|_| answer("80000000")).await;
    let channel = channel(&server, server.settings());
    let text = |text: &str| Some(text.to_owned());
    let message = Message {
        notification: Some(Notification {
            title: "T".into(),
            body: "B".into(),
            image: text("https://x.example/i.png"),
            channel_id: text("ch"),
            category: text("MARKETING"),
            tag: text("tag"),
            icon: text("/raw/i"),
            color: text("#ff0000"),
            sound: text("ding"),
            tap: Tap::Url("https://x.example/".into()),
        }),
        data: json!({"k": 1}).as_object().unwrap().clone(),
        high_priority: true,
        ttl_s: Some(60),
        collapse_key: Some(7),
        validate_only: true,
    };
    let outcome = channel.send(outgoing(message, NOW)).await;
    assert_eq!(outcome, Outcome::accepted("r1".to_owned()));
    let expected = json!({
        "validate_only": true,
        "message": {
            "token": ["device-token"],
            "data": "{\"k\":1}",
            "notification": {"title": "T", "body": "B", "image": "https://x.example/i.png"},
            "android": {
                "urgency": "HIGH", "ttl": "60s", "collapse_key": 7, "bi_tag": "d7",
                "category": "MARKETING",
                "notification": {
                    "channel_id": "ch", "tag": "tag", "icon": "/raw/i", "color": "#ff0000",
                    "sound": "ding", "click_action": {"type": 2, "url": "https://x.example/"},
                },
            },
        },
    });
    assert_eq!(pushes(&server)[0].json(), expected);
}

#[tokio::test]
async fn one_access_token_serves_until_it_ends_or_is_refused() {
    let server = huawei(|asked| match asked.header("authorization") {
        "Bearer t1" => answer("80200003"),
        _ => answer("80000000"),
    });
    let server = server.await;
    let channel = channel(&server, server.settings());
    for minutes in [0, 54, 56, 57] {
        channel.send(outgoing(hello(), NOW.plus(Span(minutes * 60_000)))).await;
    }
    let bearers: Vec<String> =
        pushes(&server).iter().map(|asked| asked.header("authorization").to_owned()).collect();
    assert_eq!(bearers, ["Bearer t0", "Bearer t0", "Bearer t1", "Bearer t2"]);
}

#[tokio::test]
async fn codes_and_what_they_mean() {
    for (code, expected, expected_address) in [
        ("80300007", Code::TokenUnregistered, Address::DEAD),
        ("80100000", Code::TokenUnregistered, Address::DEAD),
        ("80100003", Code::PayloadRefused, Address::Unknown),
        ("80100017", Code::PayloadContent, Address::Unknown),
        ("80300008", Code::PayloadTooLarge, Address::Unknown),
        ("80999999", Code::ProviderRefused, Address::Unknown),
    ] {
        let outcome = when(answer(code)).await;
        let Outcome::Rejected { code, address, detail } = outcome else { panic!("{outcome:?}") };
        assert_eq!((code, address), (expected, expected_address));
        assert!(!detail.contains("device-token"), "{detail}");
    }
    for (code, expected) in [
        ("80200001", Code::CredentialsRefused),
        ("80200003", Code::CredentialsExpired),
        ("80300002", Code::PermissionDenied),
        ("81000001", Code::ProviderFailed),
    ] {
        let outcome = when(answer(code)).await;
        assert!(matches!(outcome, Outcome::Retry { certain: true, .. }), "{outcome:?}");
        assert_eq!(outcome.code(), Some(expected));
    }
}

#[tokio::test]
async fn other_answers_and_none() {
    let throttled = Reply::Say(503, vec![("retry-after", "4".into())], "slow".into());
    let after = Some(std::time::Duration::from_secs(4));
    assert_eq!(
        when(throttled).await,
        Outcome::retry(Code::ProviderUnavailable, "503: slow", after)
    );
    for reply in [Reply::status(500), Reply::status(200), Reply::Hang, Reply::Cut] {
        let outcome = when(reply).await;
        assert!(matches!(outcome, Outcome::Retry { certain: false, .. }), "{outcome:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_not() {
    let server = huawei(|_| answer("80000000")).await;
    let channel = channel(&server, server.settings());
    let mut large = hello();
    large.data.insert("x".into(), "y".repeat(4_096).into());
    let outcome = channel.send(outgoing(large, NOW)).await;
    assert_eq!(outcome.code(), Some(Code::PayloadTooLarge));
    let to = Destination::Token(String::new());
    let outcome = channel.send(Outgoing { to, ..outgoing(hello(), NOW) }).await;
    assert_eq!(outcome.code(), Some(Code::TokenMalformed));
    assert!(server.asked().is_empty());
    let settings = Settings {
        app_id: "1/2".into(),
        app_secret: "hush".into(),
        endpoint: Huawei::ENDPOINT.into(),
        token_server: Huawei::TOKEN_SERVER.into(),
    };
    assert!(!format!("{settings:?}").contains("hush"));
    assert!(Huawei::new(settings, server.client()).is_err());
}
