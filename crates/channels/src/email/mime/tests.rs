use mail_parser::{MessageParser, MimeHeaders};

use super::*;

const NOW: Timestamp = Timestamp(1_790_000_000_000);

fn message() -> Message {
    Message {
        from: Mailbox::named("shop@shop.example", "Käse, Söhne"),
        reply_to: None,
        return_path: "b+1@shop.example".into(),
        subject: "Grüße 🧀".into(),
        text: Some("Hallo\nWelt".into()),
        amp: None,
        html: Some("<p>Hallo ü</p>".into()),
        message_id: "1@shop.example".into(),
        unsubscribe: None,
        headers: Vec::new(),
    }
}

fn to() -> Mailbox {
    Mailbox::named("ada@example.org", "Ayşe \"Ada\" Öz")
}

fn built(message: &Message) -> String {
    String::from_utf8(build(message, &to(), "k1", NOW).unwrap().bytes).unwrap()
}

#[test]
fn a_strict_parser_reads_back_what_was_written() {
    let written = built(&message());
    assert!(written.is_ascii());
    let read = MessageParser::default().parse(written.as_bytes()).unwrap();
    let address = |a: Option<&mail_parser::Address>| {
        let first = a.unwrap().first().unwrap();
        (first.name().unwrap_or("").to_owned(), first.address().unwrap().to_owned())
    };
    assert_eq!(address(read.from()), ("Käse, Söhne".into(), "shop@shop.example".into()));
    assert_eq!(address(read.to()), ("Ayşe \"Ada\" Öz".into(), "ada@example.org".into()));
    assert_eq!(read.subject(), Some("Grüße 🧀"));
    assert_eq!(read.message_id(), Some("1@shop.example"));
    assert_eq!(read.date().unwrap().to_timestamp(), 1_790_000_000);
    assert_eq!(read.body_text(0).unwrap().trim_end(), "Hallo\r\nWelt");
    assert_eq!(read.body_html(0).unwrap().trim_end(), "<p>Hallo ü</p>");
}

#[test]
fn parts_stand_from_the_plainest_to_the_richest_with_html_last() {
    let amp = Message { amp: Some("<html ⚡4email></html>".into()), ..message() };
    let written = built(&amp);
    let read = MessageParser::default().parse(written.as_bytes()).unwrap();
    let kinds = |m: &mail_parser::Message| -> Vec<String> {
        let kind = |p: &mail_parser::MessagePart| {
            let kind = p.content_type().unwrap();
            format!("{}/{}", kind.ctype(), kind.subtype().unwrap())
        };
        m.parts.iter().map(kind).collect()
    };
    let expected = ["multipart/alternative", "text/plain", "text/x-amp-html", "text/html"];
    assert_eq!(kinds(&read), expected);
    let single = built(&Message { html: None, ..message() });
    assert_eq!(kinds(&MessageParser::default().parse(single.as_bytes()).unwrap()), ["text/plain"]);
}

#[test]
fn one_click_unsubscribing_by_link_and_email() {
    let url = format!("https://shop.example/u/{}", "t".repeat(500));
    let mailto = Some("off@shop.example?subject=u1".to_owned());
    let unsubscribe = Some(Unsubscribe { url: url.clone(), mailto });
    let written = built(&Message { unsubscribe, ..message() });
    let unfolded = written.replace("\r\n ", " ");
    let expected =
        format!("\r\nList-Unsubscribe: <{url}>, <mailto:off@shop.example?subject=u1>\r\n");
    assert!(unfolded.contains(&expected), "{written}");
    assert!(written.contains("\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
}

#[test]
fn the_same_message_is_the_same_bytes_and_another_key_another_border() {
    assert_eq!(built(&message()), built(&message()));
    let other = build(&message(), &to(), "k2", NOW).unwrap().bytes;
    assert_ne!(built(&message()).into_bytes(), other);
}

#[test]
fn no_text_of_a_person_begins_a_header() {
    let nasty = "x\r\nBcc: victim@example.org\r\n\r\nbody";
    let from = Mailbox::named("shop@shop.example", nasty);
    let written = built(&Message { subject: nasty.into(), from, ..message() });
    let to = Mailbox::named("ada@example.org", nasty);
    let again = build(&message(), &to, "k1", NOW).unwrap().bytes;
    for written in [written.into_bytes(), again] {
        let read = MessageParser::default().parse(&written).unwrap();
        assert!(read.bcc().is_none(), "{}", String::from_utf8_lossy(&written));
    }
}

#[test]
fn lines_keep_the_limit_of_the_protocol_whatever_the_text() {
    for text in ["x".repeat(5_000), "ü".repeat(5_000), "a b ".repeat(3_000), "\r\r\n\n.".repeat(50)]
    {
        let written = built(&Message { text: Some(text.clone()), html: Some(text), ..message() });
        assert!(written.split("\r\n").all(|line| line.len() <= 998 && !line.contains('\n')));
    }
    let long = "Ä very long subject ".repeat(90);
    let written = built(&Message { subject: long.clone(), ..message() });
    assert!(written.split("\r\n").all(|line| line.len() <= 998));
    let read = MessageParser::default().parse(written.as_bytes()).unwrap();
    assert_eq!(read.subject(), Some(long.trim_end()));
}

#[test]
fn international_addresses() {
    let to = Mailbox::of("jürgen@käse.example");
    let built = build(&message(), &to, "k", NOW).unwrap();
    assert_eq!((built.recipient.as_str(), built.utf8), ("jürgen@xn--kse-qla.example", true));
    let built = build(&message(), &Mailbox::of("ada@käse.example"), "k", NOW).unwrap();
    assert_eq!((built.recipient.as_str(), built.utf8), ("ada@xn--kse-qla.example", false));
}

#[test]
fn what_is_not_an_address_is_refused() {
    let spaced = format!("{}@example.org", "a".repeat(300));
    for address in [
        "",
        "ada",
        "ada@",
        "@example.org",
        "a b@example.org",
        "ada@exa mple.org",
        "ada@example.org\r\n",
        "<ada@example.org>",
        "ada@example.org>",
        &spaced,
    ] {
        let refused = build(&message(), &Mailbox::of(address), "k", NOW);
        assert_eq!(refused.unwrap_err(), Error::Recipient, "{address}");
        let wrong = Message { return_path: address.into(), ..message() };
        assert!(matches!(build(&wrong, &to(), "k", NOW), Err(Error::Address { .. })), "{address}");
    }
}

#[test]
fn what_cannot_stand_in_an_email_is_refused_with_its_name() {
    let refused = |message: Message| build(&message, &to(), "k", NOW).unwrap_err();
    assert_eq!(refused(Message { text: None, html: None, ..message() }), Error::Empty);
    let amp = Some("<html>".to_owned());
    assert_eq!(refused(Message { html: None, amp, ..message() }), Error::AmpAlone);
    for id in ["", "1", "<1@x>", "1@x y", "1@@x", "1@x\r\nX: y"] {
        let wrong = refused(Message { message_id: id.into(), ..message() });
        assert!(matches!(wrong, Error::MessageId(_)), "{id}");
    }
    for url in
        ["", "http://x.example/", "https://x.example/a b", "https://x.example/>", "https://ü"]
    {
        let unsubscribe = Some(Unsubscribe { url: url.into(), mailto: None });
        let wrong = refused(Message { unsubscribe, ..message() });
        assert!(matches!(wrong, Error::Unsubscribe(_)), "{url}");
    }
    for (name, value) in [
        ("", "x"),
        ("X Y", "x"),
        ("Bcc", "x"),
        ("Content-Type", "x"),
        ("X", "a\r\nb"),
        ("X:", "x"),
        ("Ü", "x"),
    ] {
        let headers = vec![(name.to_owned(), value.to_owned())];
        let wrong = refused(Message { headers, ..message() });
        assert!(matches!(wrong, Error::Header { .. }), "{name}");
    }
    let many = vec![("X-A".to_owned(), "1".to_owned()); HEADERS_MAX + 1];
    assert!(matches!(refused(Message { headers: many, ..message() }), Error::TooLong { .. }));
    let subject = "x".repeat(SUBJECT_BYTES_MAX + 1);
    assert!(matches!(refused(Message { subject, ..message() }), Error::TooLong { .. }));
}

#[test]
fn bounces_find_their_delivery_by_their_address() {
    let address = crate::email::verp("bounces", "d-17", "shop.example");
    assert_eq!(address, "bounces+d-17@shop.example");
    let found = |address| crate::email::verp_delivery("bounces", address);
    assert_eq!(found(&address), Some("d-17"));
    assert_eq!(found("<Bounces+d-17@shop.example>"), Some("d-17"));
    for other in ["bounces@shop.example", "bounces+@x.example", "ada+d@x.example", "bounces+d"] {
        assert_eq!(found(other), None, "{other}");
    }
}
