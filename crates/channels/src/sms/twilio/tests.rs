use super::super::Message;
use super::*;
use crate::testing::{HttpServer, Reply};

const NOW: Timestamp = Timestamp(1_790_000_000_000);
const SID: &str = "AC0123456789abcdef0123456789abcdef";

fn settings(server: &HttpServer) -> Settings {
    Settings {
        account_sid: SID.into(),
        auth_token: "12345".into(),
        api_key: None,
        from: "+12025550100".into(),
        endpoint: server.url(""),
        per_second: Some(10.0),
    }
}

fn outgoing(message: Message) -> Outgoing {
    Outgoing {
        key: "k".into(),
        to: Destination::Phone("+491701234567".into()),
        payload: Payload::Sms(message),
        now: NOW,
    }
}

fn hello() -> Message {
    Message { body: "Grüße & 50% + mehr".into(), ..Message::default() }
}

async fn when(reply: Reply) -> Outcome {
    let answer = reply.clone();
    let server = HttpServer::start(move |_| answer.clone()).await;
    let client = Client::new(server.settings_for(&reply)).unwrap();
    Twilio::new(settings(&server), client).unwrap().send(outgoing(hello())).await
}

#[tokio::test]
async fn a_form_for_each_message() {
    let server = HttpServer::start(|_| Reply::json(201, serde_json::json!({"sid": "SM1"}))).await;
    let twilio = Twilio::new(settings(&server), server.client()).unwrap();
    let service = format!("MG{}", "0".repeat(32));
    let message = Message {
        from: Some(service.clone()),
        status_callback: Some("https://x.example/s?a=1".into()),
        ..hello()
    };
    for message in [hello(), message] {
        let outcome = twilio.send(outgoing(message)).await;
        assert_eq!(outcome, Outcome::accepted("SM1".to_owned()));
    }
    let asked = server.asked();
    assert_eq!(asked[0].path, format!("/2010-04-01/Accounts/{SID}/Messages.json"));
    let login = BASE64_STANDARD.encode(format!("{SID}:12345"));
    assert_eq!(asked[0].header("authorization"), format!("Basic {login}"));
    assert_eq!(asked[0].header("content-type"), "application/x-www-form-urlencoded");
    let body =
        "To=%2B491701234567&From=%2B12025550100&Body=Gr%C3%BC%C3%9Fe%20%26%2050%25%20%2B%20mehr";
    assert_eq!(asked[0].text(), body);
    let fields = form::fields(&asked[1].body, 10).unwrap();
    assert!(fields.contains(&("MessagingServiceSid".into(), service)), "{fields:?}");
    assert!(fields.contains(&("StatusCallback".into(), "https://x.example/s?a=1".into())));
    assert!(fields.contains(&("Body".into(), hello().body)));
}

#[tokio::test]
async fn an_api_key_logs_in_for_the_account() {
    let server = HttpServer::start(|_| Reply::json(201, serde_json::json!({"sid": "SM1"}))).await;
    let own = Settings { api_key: Some("SK1".into()), ..settings(&server) };
    Twilio::new(own, server.client()).unwrap().send(outgoing(hello())).await;
    let login = BASE64_STANDARD.encode("SK1:12345");
    assert_eq!(server.asked()[0].header("authorization"), format!("Basic {login}"));
    assert!(server.asked()[0].path.contains(SID));
}

fn refusal(status: u16, code: u64) -> Reply {
    let message = "the number +491701234567 is not right";
    Reply::json(status, serde_json::json!({"code": code, "message": message, "status": status}))
}

#[tokio::test]
async fn numbers_of_errors_and_what_they_mean() {
    let (dead, valid, unknown) = (Address::DEAD, Address::Valid, Address::Unknown);
    for (status, number, expected, expected_address) in [
        (400, 21211, Code::AddressMalformed, dead),
        (400, 21614, Code::AddressUnreachable, dead),
        (400, 21610, Code::AddressOptedOut, valid),
        (400, 21606, Code::SenderRefused, unknown),
        (400, 21617, Code::PayloadTooLarge, unknown),
        (400, 21602, Code::PayloadRefused, unknown),
        (400, 99999, Code::ProviderRefused, unknown),
    ] {
        let outcome = when(refusal(status, number)).await;
        let Outcome::Rejected { code, address, detail } = outcome else { panic!("{outcome:?}") };
        assert_eq!((code, address), (expected, expected_address), "{number}");
        assert!(!detail.contains("491701234567"), "{detail}");
    }
    for (status, number, expected) in [
        (401, 20003, Code::CredentialsRefused),
        (403, 20403, Code::PermissionDenied),
        (403, 21408, Code::PermissionDenied),
        (429, 20429, Code::ProviderThrottled),
        (404, 20404, Code::ConfigurationInvalid),
        (403, 99999, Code::PermissionDenied),
    ] {
        let outcome = when(refusal(status, number)).await;
        assert!(matches!(outcome, Outcome::Retry { certain: true, .. }), "{number}: {outcome:?}");
        assert_eq!(outcome.code(), Some(expected), "{number}");
    }
}

#[tokio::test]
async fn other_answers_and_none() {
    let throttled = Reply::Say(429, vec![("retry-after", "2".into())], "slow".into());
    let after = Some(std::time::Duration::from_secs(2));
    assert_eq!(when(throttled).await, Outcome::retry(Code::ProviderThrottled, "429: slow", after));
    for reply in [Reply::status(500), Reply::Hang, Reply::Cut] {
        let outcome = when(reply).await;
        assert!(matches!(outcome, Outcome::Retry { certain: false, .. }), "{outcome:?}");
    }
    assert_eq!(when(Reply::Say(201, Vec::new(), "?".into())).await, Outcome::accepted(None));
}

#[tokio::test]
async fn what_cannot_be_sent_is_not() {
    let server = HttpServer::start(|_| Reply::status(201)).await;
    let twilio = Twilio::new(settings(&server), server.client()).unwrap();
    let long = Message { body: "x".repeat(BODY_BYTES_MAX + 1), ..hello() };
    assert_eq!(twilio.send(outgoing(long)).await.code(), Some(Code::PayloadTooLarge));
    let to = Destination::Phone("0170 123".into());
    let outcome = twilio.send(Outgoing { to, ..outgoing(hello()) }).await;
    assert_eq!(outcome.code(), Some(Code::AddressMalformed));
    assert!(server.asked().is_empty());
    let wrong = Settings { account_sid: "../x".into(), ..settings(&server) };
    assert!(matches!(Twilio::new(wrong, server.client()), Err(Error::Account(_))));
}

/// The example that Twilio publishes for its signature.
#[test]
fn the_published_example_of_a_signature() {
    let fields = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+12349013030"),
        ("Digits", "1234"),
        ("From", "+12349013030"),
        ("To", "+18005551212"),
    ];
    let fields: Vec<_> = fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
    assert!(signed(&"12345".into(), url, "0/KCTR6DLpKmkAf8muzZqo1nDgQ=", &fields));
    assert!(!signed(&"12346".into(), url, "0/KCTR6DLpKmkAf8muzZqo1nDgQ=", &fields));
}

const URL: &str = "https://shop.example/twilio?w=1";

/// A request as Twilio would send it.
fn incoming(fields: &[(&str, &str)]) -> (String, Vec<u8>) {
    let mut sorted = fields.to_vec();
    sorted.sort();
    let text: String = sorted.iter().map(|(name, value)| format!("{name}{value}")).collect();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"12345");
    let tag = hmac::sign(&key, format!("{URL}{text}").as_bytes());
    (BASE64_STANDARD.encode(tag), form::form(fields).into_bytes())
}

fn told(fields: &[(&str, &str)]) -> Option<Told> {
    let (signature, body) = incoming(fields);
    read(&"12345".into(), URL, &signature, &body).unwrap()
}

#[test]
fn receipts() {
    let receipt = |status: &str, error: &str| match told(&[
        ("MessageSid", "SM1"),
        ("MessageStatus", status),
        ("ErrorCode", error),
    ]) {
        Some(Told::Receipt(receipt)) => Some(receipt.state),
        None => None,
        other => panic!("{other:?}"),
    };
    assert_eq!(receipt("sent", ""), Some(State::Sent));
    assert_eq!(receipt("delivered", ""), Some(State::Delivered));
    assert_eq!(receipt("queued", ""), None);
    let failed = |code, address| Some(State::Failed { code, address });
    assert_eq!(receipt("undelivered", "30005"), failed(Code::AddressUnknown, Address::DEAD));
    assert_eq!(receipt("undelivered", "30003"), failed(Code::AddressUnavailable, Address::Valid));
    assert_eq!(receipt("failed", "30007"), failed(Code::PayloadContent, Address::Unknown));
    assert_eq!(receipt("failed", "x"), failed(Code::ProviderRefused, Address::Unknown));
}

#[test]
fn answers_of_recipients() {
    let wrote = |body: &str| {
        told(&[
            ("MessageSid", "SM2"),
            ("SmsStatus", "received"),
            ("From", "+491701234567"),
            ("To", "+12025550100"),
            ("Body", body),
        ])
    };
    let Some(Told::Answer { from, to, body, keyword, .. }) = wrote(" Stop ") else { panic!() };
    assert_eq!((from.as_str(), to.as_str()), ("+491701234567", "+12025550100"));
    assert_eq!((body.as_str(), keyword), (" Stop ", Some(Keyword::Stop)));
    let Some(Told::Answer { keyword, .. }) = wrote("thanks!") else { panic!() };
    assert_eq!(keyword, None);
    assert!(!format!("{:?}", wrote("secret")).contains("secret"));
}

#[test]
fn what_is_not_signed_by_twilio_is_refused() {
    let (signature, body) = incoming(&[("MessageSid", "SM1"), ("MessageStatus", "sent")]);
    let read = |token: &str, url: &str, signature: &str, body: &[u8]| {
        read(&token.into(), url, signature, body)
    };
    assert!(read("12345", URL, &signature, &body).is_ok());
    for (token, url, signature, body) in [
        ("12346", URL, signature.as_str(), body.as_slice()),
        ("12345", "https://shop.example/twilio", &signature, &body),
        ("12345", URL, "", &body),
        ("12345", URL, "!", &body),
        ("12345", URL, &signature, b"MessageSid=SM1&MessageStatus=delivered"),
    ] {
        assert_eq!(read(token, url, signature, body), Err(Error::Signature));
    }
    let many = "a=1&".repeat(FIELDS_MAX + 1);
    assert!(matches!(read("12345", URL, "", many.as_bytes()), Err(Error::Malformed(_))));
}
