use std::sync::atomic::{AtomicUsize, Ordering};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use ring::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

use model::Span;

use super::*;
use crate::testing::{Asked, HttpServer, Reply, rsa_pem as pem};

const NOW: Timestamp = Timestamp(1_790_000_000_000);

/// Checks an assertion as Google does: signature, audience, time.
fn assertion_is_good(asked: &Asked, audience: &str) -> bool {
    let text = asked.text();
    let form = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
    let token = text.strip_prefix(form).unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let der = PrivatePkcs8KeyDer::from_pem_slice(pem().unwrap().as_bytes()).unwrap();
    let pair = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap();
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref());
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let json = |part: &str| -> Value {
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    let (header, claims) = (json(header), json(claims));
    key.verify(signed.as_bytes(), &signature).is_ok()
        && header == json!({"alg": "RS256", "typ": "JWT", "kid": "k1"})
        && claims["aud"] == audience
        && claims["iss"] == "push@p1.example"
        && claims["scope"] == SCOPE
        && claims["iat"].as_i64().is_some_and(|iat| claims["exp"] == iat + 3_600)
}

/// A server that gives out tokens `t0`, `t1`… for good assertions and answers pushes with `reply`.
struct Google {
    server: HttpServer,
}

impl Google {
    async fn start(reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Google {
        let given = AtomicUsize::new(0);
        let server = HttpServer::start(move |asked| match asked.path.as_str() {
            "/token" => {
                let audience = format!("https://localhost:{}/token", port_of(asked));
                if !assertion_is_good(asked, &audience) {
                    return Reply::json(400, json!({"error": "invalid_grant"}));
                }
                let token = format!("t{}", given.fetch_add(1, Ordering::SeqCst));
                Reply::json(200, json!({"access_token": token, "expires_in": 3_600}))
            }
            "/v1/projects/p1/messages:send" => reply(asked),
            _ => Reply::status(404),
        });
        Google { server: server.await }
    }

    fn channel_with(&self, settings: crate::http::Settings, pem: &str) -> Fcm {
        let file = json!({
            "project_id": "p1", "client_email": "push@p1.example", "private_key_id": "k1",
            "private_key": pem, "token_uri": self.server.url("/token"),
        });
        let account = ServiceAccount::parse(&file.to_string().into()).unwrap();
        Fcm::new(account, Client::new(settings).unwrap(), &self.server.url("")).unwrap()
    }

    fn channel(&self) -> Option<Fcm> {
        pem().map(|pem| self.channel_with(self.server.settings(), pem))
    }

    fn pushes(&self) -> Vec<Asked> {
        self.server.asked().into_iter().filter(|asked| asked.path != "/token").collect()
    }
}

/// The port that a request was for: HTTP/2 has it in its address, which the test server cuts off.
fn port_of(asked: &Asked) -> u16 {
    asked.authority.rsplit_once(':').unwrap().1.parse().unwrap()
}

fn outgoing(message: Message, now: Timestamp) -> Outgoing {
    Outgoing {
        key: "k".to_owned(),
        to: Destination::Token("device-token".to_owned()),
        payload: Payload::Fcm(Box::new(message)),
        now,
    }
}

fn hello() -> Message {
    let title = Some("Hi".to_owned());
    Message {
        notification: Some(Notification { title, ..Default::default() }),
        ..Default::default()
    }
}

fn refusal(status: u16, name: &str, error_code: Option<&str>, words: &str) -> Reply {
    let details: Vec<Value> = error_code
        .map(|code| {
            json!({"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code})
        })
        .into_iter()
        .collect();
    let error = json!({"code": status, "status": name, "message": words, "details": details});
    Reply::json(status, json!({"error": error}))
}

async fn when(reply: Reply) -> Option<Outcome> {
    let answer = reply.clone();
    let google = Google::start(move |_| answer.clone()).await;
    let channel = google.channel_with(google.server.settings_for(&reply), pem()?);
    Some(channel.send(outgoing(hello(), NOW)).await)
}

#[tokio::test]
async fn one_access_token_serves_until_shortly_before_its_end() {
    let google =
        Google::start(|_| Reply::json(200, json!({"name": "projects/p1/messages/1"}))).await;
    let Some(channel) = google.channel() else { return };
    for minutes in [0, 1, 54, 56] {
        let now = NOW.plus(Span(minutes * 60_000));
        let outcome = channel.send(outgoing(hello(), now)).await;
        assert_eq!(outcome, Outcome::accepted("projects/p1/messages/1".to_owned()));
    }
    let bearers: Vec<String> =
        google.pushes().iter().map(|asked| asked.header("authorization").to_owned()).collect();
    assert_eq!(bearers, ["Bearer t0", "Bearer t0", "Bearer t0", "Bearer t1"]);
}

#[tokio::test]
async fn senders_at_the_same_time_ask_for_one_token() {
    let google = Google::start(|_| Reply::json(200, json!({"name": "1"}))).await;
    let Some(channel) = google.channel() else { return };
    let send = || channel.send(outgoing(hello(), NOW));
    tokio::join!(send(), send(), send(), send());
    assert_eq!(google.server.asked().len(), 4 + 1);
}

#[tokio::test]
async fn every_field_stands_where_fcm_expects_it() {
    let google = Google::start(|_| Reply::json(200, json!({"name": "1"}))).await;
    let Some(channel) = google.channel() else { return };
    let text = |text: &str| Some(text.to_owned());
    let overrides = json!({
        "apns": {"headers": {"apns-priority": "5"}},
        "android": {"direct_boot_ok": true},
        "topic": "everybody",
    });
    let message = Message {
        notification: Some(Notification {
            title: text("T"),
            body: text("B"),
            image: text("https://x.example/i.png"),
        }),
        data: vec![("k".into(), "v".into())],
        android: Android {
            high_priority: true,
            ttl_s: Some(60),
            collapse_key: text("c"),
            channel_id: text("ch"),
            tag: text("tag"),
            icon: text("icon"),
            color: text("#ff0000"),
            sound: text("ding"),
            click_action: text("OPEN"),
            restricted_package_name: text("example.app"),
        },
        overrides: overrides.as_object().unwrap().clone(),
        validate_only: true,
    };
    channel.send(outgoing(message, NOW)).await;
    let expected = json!({
        "validate_only": true,
        "message": {
            "token": "device-token",
            "notification": {"title": "T", "body": "B", "image": "https://x.example/i.png"},
            "data": {"k": "v"},
            "android": {
                "priority": "HIGH", "ttl": "60s", "collapse_key": "c",
                "restricted_package_name": "example.app", "direct_boot_ok": true,
                "notification": {
                    "channel_id": "ch", "tag": "tag", "icon": "icon", "color": "#ff0000",
                    "sound": "ding", "click_action": "OPEN",
                },
            },
            "apns": {"headers": {"apns-priority": "5"}},
        },
    });
    assert_eq!(google.pushes()[0].json(), expected);
}

#[tokio::test]
async fn refusals_and_what_they_say_about_the_token() {
    let dead = Address::DEAD;
    let unknown = Address::Unknown;
    let not_a_token = "The registration token is not a valid FCM registration token";
    for (status, name, code, words, expected, expected_address) in [
        (404, "NOT_FOUND", Some("UNREGISTERED"), "gone", Code::TokenUnregistered, dead),
        (
            400,
            "INVALID_ARGUMENT",
            Some("INVALID_ARGUMENT"),
            not_a_token,
            Code::TokenMalformed,
            dead,
        ),
        (400, "INVALID_ARGUMENT", None, "Invalid value at message", Code::PayloadRefused, unknown),
        (400, "INVALID_ARGUMENT", None, "Message too big", Code::PayloadTooLarge, unknown),
        (403, "PERMISSION_DENIED", Some("SENDER_ID_MISMATCH"), "", Code::TokenForeign, unknown),
    ] {
        let Some(outcome) = when(refusal(status, name, code, words)).await else { return };
        let Outcome::Rejected { code, address, .. } = outcome else { panic!("{outcome:?}") };
        assert_eq!((code, address), (expected, expected_address), "{name} {words}");
    }
}

#[tokio::test]
async fn what_the_push_is_not_to_blame_for_is_tried_again() {
    for (status, name, code, expected, sure) in [
        (429, "RESOURCE_EXHAUSTED", Some("QUOTA_EXCEEDED"), Code::ProviderThrottled, true),
        (503, "UNAVAILABLE", Some("UNAVAILABLE"), Code::ProviderUnavailable, true),
        (401, "UNAUTHENTICATED", Some("THIRD_PARTY_AUTH_ERROR"), Code::ConfigurationInvalid, true),
        (401, "UNAUTHENTICATED", None, Code::CredentialsExpired, true),
        (403, "PERMISSION_DENIED", None, Code::PermissionDenied, true),
        (404, "NOT_FOUND", None, Code::ConfigurationInvalid, true),
        (500, "INTERNAL", Some("INTERNAL"), Code::ProviderFailed, false),
    ] {
        let Some(outcome) = when(refusal(status, name, code, "")).await else { return };
        let Outcome::Retry { code, certain, .. } = outcome else { panic!("{outcome:?}") };
        assert_eq!((code, certain), (expected, sure), "{name}");
    }
}

#[tokio::test]
async fn waits_are_those_of_google() {
    let wait = |headers: Vec<(&'static str, String)>| async move {
        let body = json!({"error": {"status": "RESOURCE_EXHAUSTED"}}).to_string();
        match when(Reply::Say(429, headers, body)).await? {
            Outcome::Retry { after, .. } => after,
            _ => None,
        }
    };
    if pem().is_some() {
        assert_eq!(wait(Vec::new()).await, Some(Duration::from_secs(60)));
        let named = vec![("retry-after", "7".to_owned())];
        assert_eq!(wait(named).await, Some(Duration::from_secs(7)));
    }
}

#[tokio::test]
async fn no_answer_or_a_senseless_one() {
    for (reply, expected) in [
        (Reply::Hang, Code::AnswerTimeout),
        (Reply::Cut, Code::AnswerLost),
        (Reply::Say(500, Vec::new(), "<html>".into()), Code::ProviderFailed),
        (Reply::Say(204, Vec::new(), String::new()), Code::ProviderGarbled),
    ] {
        let Some(outcome) = when(reply).await else { return };
        assert!(matches!(outcome, Outcome::Retry { certain: false, .. }), "{outcome:?}");
        assert_eq!(outcome.code(), Some(expected));
    }
    // 200 says that it was taken, whatever stands in the answer.
    let odd = when(Reply::Say(200, Vec::new(), "?".into())).await;
    assert!(odd.is_none_or(|outcome| outcome == Outcome::accepted(None)));
}

#[tokio::test]
async fn a_refused_access_token_is_not_used_again() {
    let google = Google::start(|asked| match asked.header("authorization") {
        "Bearer t0" => refusal(401, "UNAUTHENTICATED", None, ""),
        _ => Reply::json(200, json!({"name": "1"})),
    });
    let google = google.await;
    let Some(channel) = google.channel() else { return };
    let first = channel.send(outgoing(hello(), NOW)).await;
    assert_eq!(first.code(), Some(Code::CredentialsExpired));
    assert_eq!(channel.send(outgoing(hello(), NOW)).await, Outcome::accepted("1".to_owned()));
}

#[tokio::test]
async fn without_an_access_token_nothing_was_sent() {
    let Some(pem) = pem() else { return };
    for (reply, expected) in [
        (Reply::json(400, json!({"error": "invalid_grant"})), Code::CredentialsRefused),
        (Reply::status(503), Code::ProviderUnavailable),
        (Reply::status(500), Code::ProviderFailed),
        (Reply::json(200, json!({"token": "x"})), Code::ProviderGarbled),
        (Reply::Hang, Code::AnswerTimeout),
        (Reply::Cut, Code::AnswerLost),
    ] {
        let answer = reply.clone();
        let google = Google { server: HttpServer::start(move |_| answer.clone()).await };
        let channel = google.channel_with(google.server.settings_for(&reply), pem);
        let outcome = channel.send(outgoing(hello(), NOW)).await;
        assert!(matches!(outcome, Outcome::Retry { certain: true, .. }), "{outcome:?}");
        assert_eq!(outcome.code(), Some(expected));
    }
}

#[tokio::test]
async fn what_fcm_would_not_take_is_not_sent() {
    let google = Google::start(|_| Reply::status(200)).await;
    let Some(channel) = google.channel() else { return };
    let large = Message { data: vec![("k".into(), "x".repeat(4_096))], ..Default::default() };
    let outcome = channel.send(outgoing(large, NOW)).await;
    assert_eq!(outcome.code(), Some(Code::PayloadTooLarge));
    let empty = Outgoing { to: Destination::Token(String::new()), ..outgoing(hello(), NOW) };
    assert_eq!(channel.send(empty).await.code(), Some(Code::TokenMalformed));
    let phone = Outgoing { to: Destination::Phone("+1".into()), ..outgoing(hello(), NOW) };
    assert_eq!(channel.send(phone).await.code(), Some(Code::PayloadForeign));
    assert!(google.server.asked().is_empty());
}

#[test]
fn files_that_are_no_service_account() {
    for file in
        ["", "{}", "[]", r#"{"project_id": "a/../b", "client_email": "e", "private_key": "k"}"#]
    {
        assert!(ServiceAccount::parse(&file.into()).is_err(), "{file}");
    }
    let file = r#"{"project_id": "p", "client_email": "e", "private_key": "hush"}"#;
    let account = ServiceAccount::parse(&file.into()).unwrap();
    assert_eq!(account.token_uri, TOKEN_SERVER);
    assert!(!format!("{account:?}").contains("hush"));
    let error = Fcm::new(account, Client::new(Default::default()).unwrap(), Fcm::ENDPOINT);
    assert!(matches!(error, Err(Error::Key(_))));
}
