use proptest::prelude::*;

use super::*;

const TO: &str = "bounces+d7@shop.example";

fn lines(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

fn bounce(kind: &str, fields: &str) -> Vec<u8> {
    lines(&format!(
        "From: Mail Delivery System <MAILER-DAEMON@mx.example>
To: {TO}
Subject: Undelivered Mail
Message-ID: <bounce-1@mx.example>
Date: Mon, 21 Sep 2026 14:13:20 +0000
MIME-Version: 1.0
Content-Type: {kind}; boundary=\"b\"

--b
Content-Type: text/plain

It did not work.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Arrival-Date: Mon, 21 Sep 2026 14:13:00 +0000

{fields}

--b
Content-Type: text/rfc822-headers

From: shop@shop.example
To: Ada <ada@example.org>
Message-ID: <d7@shop.example>
Subject: Hello

--b--
"
    ))
}

fn one(raw: &[u8]) -> Feedback {
    let mut all = read(raw, TO, "bounces").unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

const REPORT: &str = "multipart/report; report-type=delivery-status";

#[test]
fn a_bounce_names_delivery_message_recipient_time_and_reason() {
    let fields = "Final-Recipient: rfc822; ada@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <ada@example.org>: no such
    user here";
    let feedback = one(&bounce(REPORT, fields));
    assert_eq!(feedback.about.delivery.as_deref(), Some("d7"));
    assert_eq!(feedback.about.message_id.as_deref(), Some("d7@shop.example"));
    assert_eq!(feedback.about.recipient.as_deref(), Some("ada@example.org"));
    assert_eq!(feedback.at, Some(Timestamp(1_790_000_000_000)));
    assert_eq!(feedback.key.as_deref(), Some("bounce-1@mx.example"));
    let detail = "smtp; 550 5.1.1 <…>: no such user here".to_owned();
    let (code, address) = (Code::AddressUnknown, Address::DEAD);
    assert_eq!(feedback.event, Event::Bounced { code, address, detail });
}

#[test]
fn a_vague_status_gives_way_to_what_the_last_server_said_and_the_form_does_not_matter() {
    let fields = "Final-Recipient: rfc822; ada@example.org
Action: failed
Status: 5.0.0
Diagnostic-Code: smtp; 552 5.2.2 over quota";
    for kind in [REPORT, "multipart/mixed"] {
        let feedback = one(&bounce(kind, fields));
        let full = matches!(
            feedback.event,
            Event::Bounced { code: Code::AddressFull, address: Address::Valid, .. }
        );
        assert!(full, "{feedback:?}");
    }
}

#[test]
fn giving_up_after_days_kills_no_address_and_delays_are_told_apart() {
    let expired = "Final-Recipient: rfc822; ada@example.org
Action: failed
Status: 4.4.7
Diagnostic-Code: smtp; 450 4.1.1 user unknown for now";
    let feedback = one(&bounce(REPORT, expired));
    let alive = matches!(feedback.event, Event::Bounced { address: Address::Unknown, .. });
    assert!(alive, "{feedback:?}");
    let delayed = "Final-Recipient: rfc822; ada@example.org
Action: delayed
Status: 4.2.2";
    let event = one(&bounce(REPORT, delayed)).event;
    assert!(matches!(event, Event::Delayed { code: Code::AddressFull, .. }), "{event:?}");
    let delivered = "Final-Recipient: rfc822; ada@example.org\nAction: delivered\nStatus: 2.0.0";
    assert_eq!(one(&bounce(REPORT, delivered)).event, Event::Delivered);
}

#[test]
fn each_recipient_of_a_bounce_has_its_own_reason() {
    let fields = "Final-Recipient: rfc822; ada@example.org
Action: failed
Status: 5.1.1

Original-Recipient: rfc822; bob@example.org
Final-Recipient: rfc822; robert@example.net
Action: failed
Status: 5.7.26";
    let all = read(&bounce(REPORT, fields), TO, "bounces").unwrap();
    let recipients: Vec<_> = all.iter().map(|f| f.about.recipient.clone().unwrap()).collect();
    assert_eq!(recipients, ["ada@example.org", "bob@example.org"]);
    let code = Code::SenderUnauthenticated;
    assert!(matches!(all[1].event, Event::Bounced { code: c, .. } if c == code));
}

#[test]
fn the_return_path_decides_whatever_the_text_says() {
    let fields =
        "Final-Recipient: rfc822; somebody-else@example.org\nAction: failed\nStatus: 5.1.1";
    let raw = bounce(REPORT, fields);
    assert_eq!(one(&raw).about.delivery.as_deref(), Some("d7"));
    let elsewhere = read(&raw, "postmaster@shop.example", "bounces").unwrap();
    assert_eq!(elsewhere[0].about.delivery, None);
    assert_eq!(elsewhere[0].about.message_id.as_deref(), Some("d7@shop.example"));
}

fn complaint_of(kind: &str) -> Vec<u8> {
    lines(&format!(
        "From: feedback@isp.example
To: fbl@shop.example
Subject: FW: Hello
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary=\"b\"

--b
Content-Type: text/plain

This is a report.

--b
Content-Type: message/feedback-report

{kind}User-Agent: isp/1
Version: 1
Original-Mail-From: <bounces+d9@shop.example>
Original-Rcpt-To: <ada@example.org>

--b
Content-Type: message/rfc822

From: shop@shop.example
To: ada@example.org
Subject: Hello
Message-ID: <d9@shop.example>

Hi
--b--
"
    ))
}

#[test]
fn a_complaint_finds_its_delivery_in_what_it_repeats() {
    let read = |kind| read(&complaint_of(kind), "fbl@shop.example", "bounces");
    let feedback = read("Feedback-Type: abuse\n").unwrap().remove(0);
    assert_eq!(feedback.event, Event::Complained { kind: "abuse".into() });
    assert_eq!(feedback.about.delivery.as_deref(), Some("d9"));
    assert_eq!(feedback.about.message_id.as_deref(), Some("d9@shop.example"));
    assert_eq!(feedback.about.recipient.as_deref(), Some("ada@example.org"));
    assert_eq!(read("Feedback-Type: opt-out\n").unwrap()[0].event, Event::Unsubscribed);
    assert_eq!(read("Feedback-Type: not-spam\n").unwrap_err(), Error::Unrelated);
    assert!(matches!(read("").unwrap_err(), Error::Malformed { .. }));
}

fn plain(from: &str, subject: &str, text: &str) -> Result<Vec<Feedback>, Error> {
    let raw = lines(&format!("From: {from}\nTo: {TO}\nSubject: {subject}\n\n{text}\n"));
    read(&raw, TO, "bounces")
}

#[test]
fn a_bounce_in_words_is_believed_if_it_is_one() {
    let text =
        "Your message could not be delivered.\n\n<ada@example.org>:\n550 5.1.1 unknown user\n";
    let feedback = plain("MAILER-DAEMON@old.example", "failure notice", text).unwrap().remove(0);
    assert_eq!(feedback.about.delivery.as_deref(), Some("d7"));
    assert!(matches!(feedback.event, Event::Bounced { code: Code::AddressUnknown, .. }));
    let quoted = "Sorry.\n--- Below this line is a copy of the message.\n550 5.1.1 unknown user\n";
    let warning = "Still trying: 450 4.2.1 later";
    for (from, subject, text) in [
        ("ada@example.org", "Re: failure notice", text),
        ("MAILER-DAEMON@old.example", "Out of office", text),
        ("MAILER-DAEMON@old.example", "failure notice", quoted),
        ("MAILER-DAEMON@old.example", "failure notice", warning),
        ("ada@example.org", "On holiday", "Back on Monday. 550 5.1.1"),
    ] {
        assert_eq!(plain(from, subject, text), Err(Error::Unrelated), "{from} {subject}");
    }
}

#[test]
fn what_is_no_report_is_unrelated() {
    assert_eq!(read(b"", TO, "bounces"), Err(Error::Unrelated));
    assert_eq!(read(&bounce(REPORT, ""), TO, "bounces"), Err(Error::Unrelated));
}

proptest! {
    /// Strangers write these: any damage to a bounce gives feedback or an error, and no panic.
    #[test]
    fn damage_is_survived(at in 0usize..1_000, bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        let fields = "Final-Recipient: rfc822; ada@example.org\nAction: failed\nStatus: 5.1.1";
        for mut raw in [bounce(REPORT, fields), complaint_of("Feedback-Type: abuse\n")] {
            let at = at.min(raw.len());
            let end = (at + bytes.len()).min(raw.len());
            raw.splice(at..end, bytes.iter().copied());
            let _ = read(&raw, TO, "bounces");
        }
        let _ = plain("MAILER-DAEMON@x", "failure", &String::from_utf8_lossy(&bytes));
    }
}
