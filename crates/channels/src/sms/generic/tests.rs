use super::super::Message;
use super::*;
use crate::testing::{HttpServer, Reply};

const NOW: Timestamp = Timestamp(1_790_000_000_000);

fn template(server: &HttpServer) -> Template {
    Template {
        method: Method::POST,
        url: server.url("/send?to={{to_digits}}"),
        headers: vec![("x-api-key".into(), "key-1".into())],
        body: r#"{"text": "{{body}}", "from": "{{ from }}", "ref": "{{key}}", "dlt": "{{template_id}}"}"#.into(),
        form: Form::Json,
        from: "SHOP".into(),
        id_pointer: Some("/messages/0/id".into()),
        success: None,
        idempotent: true,
        limits: Limits { concurrency: 5, per_second: None, payload_bytes: 1_000 },
    }
}

fn channel(server: &HttpServer, template: Template) -> Generic {
    Generic::new(template, server.client(), false).unwrap()
}

fn outgoing(body: &str) -> Outgoing {
    let template_id = Some("dlt-7".to_owned());
    Outgoing {
        key: "d7".into(),
        to: Destination::Phone("+491701234567".into()),
        payload: Payload::Sms(Message { body: body.into(), template_id, ..Message::default() }),
        now: NOW,
    }
}

const NASTY: &str = "\"},{\"to\":\"x\\ & <b>\r\nHost: evil {{to}} é";

#[tokio::test]
async fn values_are_filled_in_and_never_change_the_request_around_them() {
    let answer = |_: &_| Reply::json(200, serde_json::json!({"messages": [{"id": 42}]}));
    let server = HttpServer::start(answer).await;
    let outcome = channel(&server, template(&server)).send(outgoing(NASTY)).await;
    assert_eq!(outcome, Outcome::accepted("42".to_owned()));
    let asked = &server.asked()[0];
    assert_eq!(asked.path, "/send?to=491701234567");
    assert_eq!(asked.header("x-api-key"), "key-1");
    assert_eq!(asked.header("content-type"), "application/json");
    let expected = serde_json::json!({"text": NASTY, "from": "SHOP", "ref": "d7", "dlt": "dlt-7"});
    assert_eq!(asked.json(), expected);
}

#[tokio::test]
async fn forms_xml_and_headers_have_their_own_escapes() {
    let server = HttpServer::start(|_| Reply::status(202)).await;
    let headers = vec![("x-text".into(), "{{body}}".into())];
    let form = Template {
        headers,
        body: "to={{to}}&text={{body}}".into(),
        form: Form::Form,
        ..template(&server)
    };
    let ascii = NASTY.trim_end_matches(" é");
    assert_eq!(channel(&server, form).send(outgoing(ascii)).await, Outcome::accepted(None));
    let asked = server.asked().pop().unwrap();
    let expected = [("to".into(), "+491701234567".into()), ("text".into(), ascii.to_owned())];
    assert_eq!(form::fields(&asked.body, 9).unwrap(), expected);
    assert_eq!(asked.header("x-text"), ascii.replace(['\r', '\n'], " "));
    let xml = Template { body: "<t>{{body}}</t>".into(), form: Form::Xml, ..template(&server) };
    channel(&server, xml).send(outgoing("a<b&\"c\u{1}")).await;
    assert_eq!(server.asked().pop().unwrap().text(), "<t>a&lt;b&amp;&quot;c</t>");
    let get = Template {
        method: Method::GET,
        url: server.url("/s?to={{to}}&m={{body}}"),
        body: String::new(),
        ..template(&server)
    };
    channel(&server, get).send(outgoing("a b&c")).await;
    let asked = server.asked().pop().unwrap();
    assert_eq!(
        (asked.method.as_str(), asked.path.as_str()),
        ("GET", "/s?to=%2B491701234567&m=a%20b%26c")
    );
}

async fn when(reply: Reply, success: Option<(&str, &str)>) -> Outcome {
    let answer = reply.clone();
    let server = HttpServer::start(move |_| answer.clone()).await;
    let success = success.map(|(pointer, wanted)| (pointer.to_owned(), wanted.to_owned()));
    let client = Client::new(server.settings_for(&reply)).unwrap();
    let template = Template { success, ..template(&server) };
    Generic::new(template, client, false).unwrap().send(outgoing("Hi")).await
}

#[tokio::test]
async fn answers_and_what_they_mean() {
    let ok = |status: &str| Reply::json(200, serde_json::json!({"status": status}));
    let wanted = Some(("/status", "0"));
    assert_eq!(when(ok("0"), wanted).await, Outcome::accepted(None));
    assert_eq!(when(ok("1"), wanted).await.code(), Some(Code::ProviderRefused));
    assert_eq!(
        when(Reply::Say(200, Vec::new(), "?".into()), wanted).await.code(),
        Some(Code::ProviderRefused)
    );
    for (status, expected, again) in [
        (400, Code::PayloadRefused, false),
        (401, Code::CredentialsRefused, true),
        (402, Code::BalanceExhausted, true),
        (404, Code::ConfigurationInvalid, true),
        (429, Code::ProviderThrottled, true),
        (500, Code::ProviderFailed, true),
    ] {
        let outcome = when(Reply::status(status), None).await;
        assert_eq!(outcome.code(), Some(expected), "{status}");
        assert_eq!(matches!(outcome, Outcome::Retry { .. }), again, "{status}");
    }
    for reply in [Reply::Hang, Reply::Cut] {
        let outcome = when(reply, None).await;
        assert!(matches!(outcome, Outcome::Retry { certain: false, .. }), "{outcome:?}");
    }
    let repeats = Reply::Say(400, Vec::new(), "491701234567 is wrong".into());
    let Outcome::Rejected { detail, .. } = when(repeats, None).await else { panic!() };
    assert_eq!(detail, "400: … is wrong");
}

#[tokio::test]
async fn templates_that_are_none() {
    let server = HttpServer::start(|_| Reply::status(200)).await;
    let refused = |change: &dyn Fn(&mut Template)| {
        let mut template = template(&server);
        change(&mut template);
        Generic::new(template, server.client(), false).unwrap_err()
    };
    assert!(matches!(
        refused(&|t| t.body.push_str("{{nobody}}")),
        Error::Placeholder { place: "body", .. }
    ));
    assert!(matches!(
        refused(&|t| t.url.push_str("{{to")),
        Error::Placeholder { place: "address", .. }
    ));
    assert!(matches!(refused(&|t| t.url = "http://x.example/{{to}}".into()), Error::Url(_)));
    assert!(matches!(refused(&|t| t.url = "https://{{to_digits}}.example/".into()), Error::Url(_)));
    assert_eq!(refused(&|t| t.body = r#"{"text": {{body}}}"#.into()), Error::Json);
    assert_eq!(refused(&|t| t.url = "https://x.example/".into()), Error::Missing("to"));
    assert_eq!(refused(&|t| t.body = "{}".into()), Error::Missing("body"));
    assert_eq!(refused(&|t| t.body = "x".repeat(TEMPLATE_BYTES_MAX + 1)), Error::TooLong("body"));
    let shown = format!("{:?}", channel(&server, template(&server)));
    assert!(!shown.contains("key-1"), "{shown}");
}

#[tokio::test]
async fn what_cannot_be_sent_is_not() {
    let server = HttpServer::start(|_| Reply::status(200)).await;
    let channel = channel(&server, template(&server));
    assert_eq!(
        channel.send(outgoing(&"x".repeat(1_001))).await.code(),
        Some(Code::PayloadTooLarge)
    );
    let to = Destination::Phone("0170".into());
    let outcome = channel.send(Outgoing { to, ..outgoing("Hi") }).await;
    assert_eq!(outcome.code(), Some(Code::AddressMalformed));
    assert!(server.asked().is_empty());
}
