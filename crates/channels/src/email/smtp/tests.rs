use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::email::Message;
use crate::testing::certificate;

mod postfix;
mod server;

use server::{Act, Script, Security, Server};

const NOW: Timestamp = Timestamp(1_790_000_000_000);

pub(super) fn message() -> Message {
    Message {
        from: Mailbox::named("shop@shop.example", "Shop"),
        reply_to: None,
        return_path: "bounces+d1@shop.example".to_owned(),
        subject: "Hello".to_owned(),
        text: Some("Hi\n.dot\n..two".to_owned()),
        amp: None,
        html: Some("<p>Hi</p>".to_owned()),
        message_id: "d1@shop.example".to_owned(),
        unsubscribe: None,
        headers: Vec::new(),
    }
}

pub(super) fn outgoing(key: &str, address: &str) -> Outgoing {
    Outgoing {
        key: key.to_owned(),
        to: Destination::Mailbox { address: address.to_owned(), name: None },
        payload: Payload::Email(Box::new(message())),
        now: NOW,
    }
}

fn settings(port: u16) -> Settings {
    Settings {
        port,
        encryption: Encryption::None,
        time_limits: TimeLimits {
            connect: Duration::from_secs(10),
            command: Duration::from_secs(10),
            accept: Duration::from_secs(10),
        },
        ..Settings::new("127.0.0.1", "sender.example")
    }
}

fn script(act: impl Fn(usize, &str) -> Option<Act> + Send + Sync + 'static) -> Script {
    Arc::new(act)
}

/// What becomes of a message when the server does `act` at the command that begins with `at`: the same,
/// whether commands are sent one by one or at once.
async fn when(at: &'static str, act: Act) -> Outcome {
    let does = act.clone();
    let script = script(move |_, c| c.starts_with(at).then(|| does.clone()));
    let one_by_one = sent(Server::slow(script.clone()).await, &act).await;
    let at_once = sent(Server::start(script).await, &act).await;
    assert_eq!(at_once, one_by_one, "{at} {act:?}");
    at_once
}

async fn sent(server: Server, act: &Act) -> Outcome {
    let hangs = matches!(act, Act::Hang);
    let mut settings = settings(server.port);
    if hangs {
        settings.time_limits.command = Duration::from_millis(200);
        settings.time_limits.accept = Duration::from_millis(200);
    }
    let smtp = Smtp::new(settings, Vec::new()).unwrap();
    let outcome = smtp.send(outgoing("k1", "ada@shop.example")).await;
    assert!(!server.commands().contains(&"TOO EARLY".to_owned()), "{:?}", server.commands());
    outcome
}

const PHASES: [&str; 6] = ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "END"];

#[tokio::test]
async fn a_message_is_handed_over_and_named() {
    let server = Server::start(script(|_, _| None)).await;
    let smtp = Smtp::new(settings(server.port), Vec::new()).unwrap();
    let outcome = smtp.send(outgoing("k1", "ada@shop.example")).await;
    assert_eq!(outcome, Outcome::accepted("ABC123".to_owned()));
    let commands = server.commands();
    assert_eq!(commands[0], "EHLO sender.example");
    assert!(commands[1].starts_with("MAIL FROM:<bounces+d1@shop.example> SIZE="), "{commands:?}");
    assert_eq!(commands[2..], ["RCPT TO:<ada@shop.example>", "DATA"]);
    let sent = smtp.render(&message(), &Mailbox::of("ada@shop.example"), "k1", NOW).unwrap();
    assert_eq!(server.messages(), [String::from_utf8(sent).unwrap()]);
    assert!(server.messages()[0].contains("\r\n..two"), "{}", server.messages()[0]);
}

#[tokio::test]
async fn before_the_end_of_the_message_nothing_can_have_arrived_and_after_it_nobody_knows() {
    for at in PHASES {
        for act in [Act::Hang, Act::Cut, Act::Say("what is this")] {
            let outcome = when(at, act.clone()).await;
            let Outcome::Retry { code, certain, .. } = outcome else {
                panic!("{at} {act:?}: {outcome:?}")
            };
            assert_eq!(certain, at != "END", "{at} {act:?}");
            let expected = match (at, &act) {
                (_, Act::Say(_)) => Code::ProviderGarbled,
                ("END", Act::Hang) => Code::AnswerTimeout,
                ("END", Act::Cut) => Code::AnswerLost,
                (_, Act::Hang) => Code::NetworkTimeout,
                _ => Code::NetworkCut,
            };
            assert_eq!(code, expected, "{at} {act:?}");
        }
    }
}

#[tokio::test]
async fn not_now_is_a_certain_retry_in_every_phase() {
    for at in PHASES {
        let outcome = when(at, Act::Say("451 4.3.0 later, please")).await;
        let certain = matches!(outcome, Outcome::Retry { certain: true, .. });
        assert!(certain, "{at}: {outcome:?}");
    }
}

#[tokio::test]
async fn refusals_say_who_is_to_blame() {
    let unknown = Address::Unknown;
    let cases = [
        ("RCPT", "550 5.1.1 <ada@shop.example>: user unknown", Code::AddressUnknown, Address::DEAD),
        ("RCPT", "550-No such user\r\n550 here", Code::AddressUnknown, Address::DEAD),
        ("RCPT", "552 5.2.2 over quota", Code::AddressFull, Address::Valid),
        ("RCPT", "550 5.7.1 blocked, see a list", Code::SenderReputation, unknown),
        ("RCPT", "550 no", Code::ProviderRefused, unknown),
        ("MAIL", "550 5.7.1 sender address rejected", Code::SenderRefused, unknown),
        ("MAIL", "550 nobody", Code::SenderRefused, unknown),
        ("MAIL", "552 5.3.4 too big", Code::PayloadTooLarge, unknown),
        ("END", "550 5.7.26 unauthenticated email", Code::SenderUnauthenticated, unknown),
        ("END", "554 5.7.1 this looks like spam", Code::PayloadContent, unknown),
        ("END", "550 5.6.0 malformed", Code::PayloadRefused, unknown),
    ];
    for (at, answer, expected, expected_address) in cases {
        match when(at, Act::Say(answer)).await {
            Outcome::Rejected { code, address, detail } => {
                assert_eq!((code, address), (expected, expected_address), "{at} {answer}");
                assert!(!detail.contains("ada@"), "{detail}");
            }
            other => panic!("{at} {answer}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn what_the_message_is_not_to_blame_for_is_tried_again() {
    let cases = [
        ("CONNECT", "554 no service for you", Code::ProviderUnavailable),
        ("CONNECT", "421 4.7.0 too many connections", Code::ProviderThrottled),
        ("MAIL", "530 5.7.0 must authenticate first", Code::CredentialsRefused),
        ("RCPT", "451 4.7.1 greylisted, try again later", Code::ProviderGreylisted),
        ("RCPT", "450 4.2.1 try again later, too many messages", Code::AddressThrottled),
        ("RCPT", "452 4.2.2 mailbox full", Code::AddressFull),
    ];
    for (at, answer, expected) in cases {
        let outcome = when(at, Act::Say(answer)).await;
        assert!(matches!(outcome, Outcome::Retry { certain: true, .. }), "{answer}: {outcome:?}");
        assert_eq!(outcome.code(), Some(expected), "{answer}");
    }
}

#[tokio::test]
async fn connections_are_used_again_also_after_a_refusal() {
    let unknown =
        |_: usize, c: &str| c.contains("gone@").then_some(Act::Say("550 5.1.1 no such user"));
    let server = Server::start(script(unknown)).await;
    let smtp = Smtp::new(settings(server.port), Vec::new()).unwrap();
    for address in ["a@x.example", "gone@x.example", "b@x.example", "c@x.example"] {
        let outcome = smtp.send(outgoing(address, address)).await;
        let accepted = matches!(outcome, Outcome::Accepted { .. });
        assert_eq!(accepted, !address.starts_with("gone"), "{outcome:?}");
    }
    assert_eq!(server.connections(), 1);
    assert_eq!(server.commands().iter().filter(|c| *c == "RSET").count(), 1);
}

#[tokio::test]
async fn a_refusal_among_commands_sent_at_once_leaves_the_connection_in_step() {
    for after in [None, Some("554 5.5.1 no valid recipients"), Some("421 4.3.2 going down")] {
        let refuses = move |_: usize, c: &str| match c {
            c if c.contains("gone@") => Some(Act::Say("550 5.1.1 no such user")),
            "DATA" => after.map(Act::Say),
            _ => None,
        };
        let server = Server::start(script(refuses)).await;
        let smtp = Smtp::new(settings(server.port), Vec::new()).unwrap();
        let refused = smtp.send(outgoing("1", "gone@x.example")).await;
        let unknown = matches!(refused, Outcome::Rejected { code: Code::AddressUnknown, .. });
        assert!(unknown, "{after:?}: {refused:?}");
        if after.is_none() {
            // The server took an empty message for nobody; the next one is not mistaken for it.
            let next = smtp.send(outgoing("2", "b@x.example")).await;
            assert!(matches!(next, Outcome::Accepted { .. }), "{next:?}");
            assert_eq!(server.messages().iter().filter(|m| !m.is_empty()).count(), 1);
        }
        smtp.send(outgoing("3", "gone@x.example")).await;
        let again = if after.is_some_and(|answer| answer.starts_with("421")) { 2 } else { 1 };
        assert_eq!(server.connections(), again, "{after:?}");
    }
}

#[tokio::test]
async fn a_connection_is_left_after_its_share_of_messages_or_when_it_was_idle_for_long() {
    let server = Server::start(script(|_, _| None)).await;
    let mut settings = settings(server.port);
    settings.messages_per_connection = 2;
    let smtp = Smtp::new(settings, Vec::new()).unwrap();
    for key in ["1", "2", "3"] {
        smtp.send(outgoing(key, "a@x.example")).await;
    }
    assert_eq!(server.connections(), 2);
    let late = Outgoing { now: NOW + Span::HOUR, ..outgoing("4", "a@x.example") };
    smtp.send(late).await;
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn a_kept_connection_that_died_is_replaced_without_a_second_delivery() {
    let dies = |number: usize, c: &str| match (number, c) {
        (0, c) if c.contains("k2") => Some(Act::Cut),
        (1, c) if c.contains("k3") => Some(Act::Say("421 4.4.2 timeout, bye")),
        _ => None,
    };
    let server = Server::start(script(dies)).await;
    let smtp = Smtp::new(settings(server.port), Vec::new()).unwrap();
    for key in ["k1", "k2", "k3"] {
        let mut message = message();
        message.return_path = format!("{key}@shop.example");
        let payload = Payload::Email(Box::new(message));
        let outcome = smtp.send(Outgoing { payload, ..outgoing(key, "a@x.example") }).await;
        assert!(matches!(outcome, Outcome::Accepted { .. }), "{key}: {outcome:?}");
    }
    assert_eq!((server.messages().len(), server.connections()), (3, 3));
}

#[tokio::test]
async fn encrypted_connections_with_a_trusted_certificate_only() {
    for (security, encryption) in
        [(Security::StartTls, Encryption::StartTls), (Security::Implicit, Encryption::Implicit)]
    {
        let (trust, config) = certificate(&[]);
        let server = Server::secure(script(|_, _| None), security, Some(config)).await;
        let login = Credentials { user: "u".into(), password: "secret".into() };
        let trusting = Settings {
            host: "localhost".into(),
            encryption,
            trust,
            credentials: Some(login),
            ..settings(server.port)
        };
        let suspicious = Settings { trust: Trust::default(), ..trusting.clone() };
        let smtp = Smtp::new(trusting, Vec::new()).unwrap();
        let outcome = smtp.send(outgoing("k", "a@x.example")).await;
        assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
        assert!(server.commands().contains(&"AUTH PLAIN AHUAc2VjcmV0".to_owned()));
        let smtp = Smtp::new(suspicious, Vec::new()).unwrap();
        let outcome = smtp.send(outgoing("k", "a@x.example")).await;
        assert_eq!(outcome.code(), Some(Code::TlsFailed));
    }
}

#[tokio::test]
async fn encryption_that_is_demanded_and_not_offered_ends_it() {
    let server = Server::start(script(|_, _| None)).await;
    let demanding = Settings { encryption: Encryption::StartTls, ..settings(server.port) };
    let smtp = Smtp::new(demanding, Vec::new()).unwrap();
    let outcome = smtp.send(outgoing("k", "a@x.example")).await;
    assert_eq!(outcome.code(), Some(Code::TlsUnavailable));
}

#[tokio::test]
async fn words_before_encryption_are_not_taken_for_answers_after_it() {
    let (trust, config) = certificate(&[]);
    let injected =
        |_: usize, c: &str| (c == "STARTTLS").then_some(Act::Say("220 go ahead\r\n250 injected"));
    let server = Server::secure(script(injected), Security::StartTls, Some(config)).await;
    let encryption = Encryption::StartTls;
    let careful = Settings { host: "localhost".into(), encryption, trust, ..settings(server.port) };
    let outcome = Smtp::new(careful, Vec::new()).unwrap().send(outgoing("k", "a@x.example")).await;
    assert_eq!(outcome.code(), Some(Code::TlsFailed));
}

#[tokio::test]
async fn logins_by_both_mechanisms_and_what_a_refused_one_means() {
    let login = Credentials { user: "u".into(), password: "secret".into() };
    let only_login = |_: usize, c: &str| match c {
        c if c.starts_with("EHLO") => Some(Act::Say("250-x\r\n250-AUTH=LOGIN\r\n250 AUTH LOGIN")),
        "c2VjcmV0" => Some(Act::Say("235 welcome")),
        _ => None,
    };
    let server = Server::start(script(only_login)).await;
    let with = |port| Settings { credentials: Some(login.clone()), ..settings(port) };
    let smtp = Smtp::new(with(server.port), Vec::new()).unwrap();
    let outcome = smtp.send(outgoing("k", "a@x.example")).await;
    assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
    assert_eq!(server.commands()[1..4], ["AUTH LOGIN", "dQ==", "c2VjcmV0"]);

    let wrong = |_: usize, c: &str| c.starts_with("AUTH").then_some(Act::Say("535 5.7.8 wrong"));
    let server = Server::start(script(wrong)).await;
    let smtp = Smtp::new(with(server.port), Vec::new()).unwrap();
    let outcome = smtp.send(outgoing("k", "a@x.example")).await;
    assert!(matches!(
        outcome,
        Outcome::Retry { code: Code::CredentialsRefused, certain: true, .. }
    ));
    assert!(!format!("{smtp:?}").contains("secret"));
}

#[tokio::test]
async fn what_the_server_does_not_take_is_not_sent() {
    let small =
        |_: usize, c: &str| c.starts_with("EHLO").then_some(Act::Say("250-x\r\n250 SIZE 100"));
    let server = Server::start(script(small)).await;
    let smtp = Smtp::new(settings(server.port), Vec::new()).unwrap();
    let outcome = smtp.send(outgoing("k", "a@x.example")).await;
    assert!(matches!(outcome, Outcome::Rejected { code: Code::PayloadTooLarge, .. }));
    let outcome = smtp.send(outgoing("k", "jürgen@x.example")).await;
    assert!(matches!(outcome, Outcome::Rejected { code: Code::AddressUnreachable, .. }));
    let outcome = smtp.send(outgoing("k", "no address")).await;
    let dead = matches!(
        outcome,
        Outcome::Rejected { code: Code::AddressMalformed, address: Address::Dead { .. }, .. }
    );
    assert!(dead, "{outcome:?}");
    assert_eq!(server.commands(), ["EHLO sender.example"]);
}

#[tokio::test]
async fn answers_without_end_are_left() {
    let long: &'static str = Box::leak("x".repeat(10_000).into_boxed_str());
    let lines: &'static str = Box::leak("250-more\r\n".repeat(1_000).into_boxed_str());
    for text in [long, lines] {
        let outcome = when("EHLO", Act::Say(text)).await;
        assert_eq!(outcome.code(), Some(Code::ProviderGarbled));
    }
}

#[tokio::test]
async fn nobody_there_is_a_certain_retry() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let smtp = Smtp::new(settings(port), Vec::new()).unwrap();
    let outcome = smtp.send(outgoing("k", "a@x.example")).await;
    assert!(matches!(
        outcome,
        Outcome::Retry { code: Code::NetworkUnreachable, certain: true, .. }
    ));
}

#[tokio::test]
async fn a_message_of_another_channel_is_refused() {
    let smtp = Smtp::new(settings(1), Vec::new()).unwrap();
    let foreign = Outgoing { to: Destination::Phone("+1".into()), ..outgoing("k", "a@x.example") };
    assert_eq!(smtp.send(foreign).await.code(), Some(Code::PayloadForeign));
    assert!(Smtp::new(Settings::new("h", "bad name\r\n"), Vec::new()).is_err());
}
