use proptest::prelude::*;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::json;

use super::*;
use crate::hex;
use crate::secret::Secret;

const NOW: Timestamp = Timestamp(1_790_000_000_000);

fn bytes(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

fn sns(message: &Value) -> Vec<u8> {
    bytes(&json!({
        "Type": "Notification", "MessageId": "sns-1", "TopicArn": "arn:x",
        "Timestamp": "2026-09-21T14:13:20.000Z", "Message": message.to_string(),
    }))
}

fn ses_one(message: &Value) -> Feedback {
    let ses::Told::Feedback(mut all) = ses::read(&sns(message)).unwrap() else { panic!() };
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn ses_bounce(kind: &str, subkind: &str, diagnostic: &str) -> Value {
    json!({
        "notificationType": "Bounce",
        "bounce": {
            "bounceType": kind, "bounceSubType": subkind, "feedbackId": "f-1",
            "timestamp": "2026-09-21T14:13:20.000Z",
            "bouncedRecipients": [{
                "emailAddress": "ada@example.org", "action": "failed", "status": "5.1.1",
                "diagnosticCode": diagnostic,
            }],
        },
        "mail": {
            "messageId": "ses-1",
            "headers": [{"name": "Message-Id", "value": "<d7@shop.example>"}],
            "commonHeaders": {"messageId": "<ses-1@email.amazonses.com>"},
        },
    })
}

#[test]
fn ses_tells_of_a_bounce() {
    let feedback = ses_one(&ses_bounce("Permanent", "General", "smtp; 550 5.1.1 user unknown"));
    assert_eq!(feedback.about.provider_id.as_deref(), Some("ses-1"));
    assert_eq!(feedback.about.message_id.as_deref(), Some("d7@shop.example"));
    assert_eq!(feedback.about.recipient.as_deref(), Some("ada@example.org"));
    assert_eq!((feedback.key.as_deref(), feedback.at), (Some("f-1"), Some(NOW)));
    let dead = matches!(feedback.event, Event::Bounced { address: Address::Dead { .. }, .. });
    assert!(dead, "{feedback:?}");
    let full = ses_one(&ses_bounce("Transient", "MailboxFull", "smtp; 552 5.2.2 full"));
    let expected = (Code::AddressFull, Address::Valid);
    assert!(
        matches!(full.event, Event::Bounced { code, address, .. } if (code, address) == expected)
    );
    let passing = ses_one(&ses_bounce("Transient", "General", "smtp; 550 5.1.1 user unknown"));
    assert!(matches!(passing.event, Event::Bounced { address: Address::Unknown, .. }));
}

#[test]
fn ses_tells_of_complaints_and_deliveries_with_or_without_the_envelope_of_sns() {
    let complaint = json!({
        "eventType": "Complaint",
        "complaint": {
            "complainedRecipients": [{"emailAddress": "ada@example.org"}],
            "complaintFeedbackType": "abuse", "timestamp": "2026-09-21T14:13:20Z",
        },
        "mail": {"messageId": "ses-2"},
    });
    let feedback = ses_one(&complaint);
    assert_eq!(feedback.event, Event::Complained { kind: "abuse".into() });
    assert_eq!(feedback.key.as_deref(), Some("sns-1"));
    let raw = ses::read(&bytes(&complaint)).unwrap();
    assert!(matches!(raw, ses::Told::Feedback(all) if all[0].event == feedback.event));
    let delivery = json!({
        "notificationType": "Delivery", "mail": {"messageId": "ses-3"},
        "delivery": {"recipients": ["ada@example.org"], "timestamp": "2026-09-21T14:13:20Z"},
    });
    assert_eq!(ses_one(&delivery).event, Event::Delivered);
}

#[test]
fn sns_subscriptions_are_confirmed_at_amazon_only() {
    let confirmation = |url: &str| {
        ses::read(&bytes(&json!({"Type": "SubscriptionConfirmation", "SubscribeURL": url})))
    };
    let url = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=1";
    assert_eq!(confirmation(url), Ok(ses::Told::Confirm { url: url.into() }));
    for evil in [
        "https://evil.example/",
        "http://sns.eu-west-1.amazonaws.com/",
        "https://sns.eu-west-1.amazonaws.com.evil.example/",
        "https://sns.eu-west-1.amazonaws.com@evil.example/",
        "https://bucket.s3.amazonaws.com/",
        "https://sns.eu-west-1.amazonaws.com:8443/",
    ] {
        assert!(confirmation(evil).is_err(), "{evil}");
    }
}

#[test]
fn what_sns_signs_is_the_fields_by_name() {
    let envelope = json!({
        "Type": "Notification", "MessageId": "1", "TopicArn": "arn", "Message": "m",
        "Timestamp": "t", "Signature": "s", "SigningCertURL": "u",
    });
    let expected = "Message\nm\nMessageId\n1\nTimestamp\nt\nTopicArn\narn\nType\nNotification\n";
    assert_eq!(ses::signed_text(&envelope).as_deref(), Some(expected));
    let unsigned = ses::verify(&sns(&json!({})), &[]);
    assert_eq!(unsigned, Err(Error::Signature("SNS")));
}

/// OpenSSL makes the certificate and the signatures, as Amazon would.
#[test]
fn a_message_signed_by_the_certificates_key_is_taken_and_another_is_not() {
    use base64::prelude::{BASE64_STANDARD, Engine};
    use std::process::Command;
    let folder = tempfile::tempdir().unwrap();
    let openssl = |arguments: &[&str]| {
        let made = Command::new("openssl").args(arguments).current_dir(folder.path()).output();
        made.is_ok_and(|output| output.status.success())
    };
    let request =
        "req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -subj /CN=sns -days 9";
    if !openssl(&request.split(' ').collect::<Vec<_>>()) {
        eprintln!("SKIPPED: no OpenSSL to make a certificate");
        return;
    }
    let pem = std::fs::read_to_string(folder.path().join("c.pem")).unwrap();
    let key = ses::public_key(&pem).unwrap();
    for (version, hash) in [("1", "-sha1"), ("2", "-sha256")] {
        let mut envelope: Value = serde_json::from_slice(&sns(&json!({}))).unwrap();
        std::fs::write(folder.path().join("t"), ses::signed_text(&envelope).unwrap()).unwrap();
        assert!(openssl(&["dgst", hash, "-sign", "k.pem", "-out", "s", "t"]));
        let tag = std::fs::read(folder.path().join("s")).unwrap();
        envelope["Signature"] = BASE64_STANDARD.encode(tag).into();
        envelope["SignatureVersion"] = version.into();
        assert_eq!(ses::verify(&bytes(&envelope), &key), Ok(()), "version {version}");
        envelope["Message"] = "{\"forged\":1}".into();
        assert_eq!(ses::verify(&bytes(&envelope), &key), Err(Error::Signature("SNS")));
    }
    let nonsense = "-----BEGIN CERTIFICATE-----\nMAoCAQE=\n-----END CERTIFICATE-----\n";
    for none in ["", "x", nonsense] {
        assert_eq!(ses::public_key(none), None, "{none}");
    }
}

#[test]
fn sendgrid_tells_a_list() {
    let list = json!([
        {"event": "bounce", "email": "ada@example.org", "timestamp": 1_790_000_000,
         "sg_event_id": "e1", "sg_message_id": "m1.filter1", "smtp-id": "<d7@shop.example>",
         "status": "5.0.0", "reason": "550 5.1.1 no such user", "type": "bounce", "delivery": "d7"},
        {"event": "bounce", "email": "b@example.org", "status": "5.0.0",
         "reason": "550 5.1.1 user unknown, blocked", "type": "blocked"},
        {"event": "dropped", "email": "c@example.org", "reason": "Unsubscribed Address"},
        {"event": "spamreport", "email": "d@example.org"},
        {"event": "group_unsubscribe", "email": "e@example.org"},
        {"event": "deferred", "email": "f@example.org", "response": "450 4.2.2 full"},
        {"event": "delivered", "email": "g@example.org"},
        {"event": "open", "sg_machine_open": true}, {"event": "click", "url": "https://shop.example/a"},
        {"event": "click"}, {"event": 1}, {}, null, [],
    ]);
    let all = sendgrid::read(&bytes(&list)).unwrap();
    assert_eq!(all.len(), 9);
    assert_eq!(all[7].event, Event::Opened { machine: true });
    let (url, machine) = ("https://shop.example/a".to_owned(), false);
    assert_eq!(all[8].event, Event::Clicked { url, machine });
    let about = &all[0].about;
    assert_eq!(about.delivery.as_deref(), Some("d7"));
    assert_eq!(about.message_id.as_deref(), Some("d7@shop.example"));
    assert_eq!(about.provider_id.as_deref(), Some("m1"));
    assert_eq!((all[0].at, all[0].key.as_deref()), (Some(NOW), Some("e1")));
    assert!(matches!(all[0].event, Event::Bounced { address: Address::Dead { .. }, .. }));
    assert!(matches!(all[1].event, Event::Bounced { address: Address::Unknown, .. }));
    assert!(matches!(all[2].event, Event::Bounced { code: Code::AddressOptedOut, .. }));
    assert_eq!(all[3].event, Event::Complained { kind: "abuse".into() });
    assert_eq!(all[4].event, Event::Unsubscribed);
    assert!(matches!(all[5].event, Event::Delayed { code: Code::AddressFull, .. }));
    assert_eq!(all[6].event, Event::Delivered);
}

#[test]
fn sendgrid_signs_time_and_body() {
    use base64::prelude::{BASE64_STANDARD, Engine};
    let random = SystemRandom::new();
    let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap();
    // What stands before the point in DER says that it is one of P-256.
    let der = hex::decode("3059301306072a8648ce3d020106082a8648ce3d030107034200").unwrap();
    let key = BASE64_STANDARD.encode([&der, pair.public_key().as_ref()].concat());
    let tag = BASE64_STANDARD.encode(pair.sign(&random, b"1790000000[]").unwrap());
    assert_eq!(sendgrid::verify(&key, &tag, "1790000000", b"[]"), Ok(()));
    for (key, tag, time, body) in [
        (key.as_str(), tag.as_str(), "1790000001", "[]"),
        (&key, &tag, "1790000000", "[1]"),
        (&key, "", "1790000000", "[]"),
        ("", &tag, "1790000000", "[]"),
        ("!", "!", "", ""),
    ] {
        assert!(sendgrid::verify(key, tag, time, body.as_bytes()).is_err(), "{time} {body}");
    }
}

fn mailgun(event: Value, key: &str, seconds: i64) -> Vec<u8> {
    let signing = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key.as_bytes());
    let tag = ring::hmac::sign(&signing, format!("{seconds}token").as_bytes());
    bytes(&json!({
        "signature": {"timestamp": seconds.to_string(), "token": "token", "signature": hex::encode(tag.as_ref())},
        "event-data": event,
    }))
}

#[test]
fn mailgun_tells_one_event_under_its_signature() {
    let key = Secret::new("key-1");
    let failed = |severity: &str, reason: &str, code: u16, words: &str| {
        json!({
            "event": "failed", "severity": severity, "reason": reason, "id": "e1",
            "timestamp": 1_790_000_000.0, "recipient": "ada@example.org",
            "message": {"headers": {"message-id": "d7@shop.example"}},
            "delivery-status": {"code": code, "message": words},
            "user-variables": {"delivery": "d7"},
        })
    };
    let read = |event| mailgun::read(&mailgun(event, "key-1", 1_790_000_000), &key, NOW);
    let bounced = read(failed("permanent", "bounce", 550, "5.1.1 user unknown")).unwrap().unwrap();
    assert_eq!(bounced.about.delivery.as_deref(), Some("d7"));
    assert_eq!(bounced.about.message_id.as_deref(), Some("d7@shop.example"));
    assert_eq!((bounced.at, bounced.key.as_deref()), (Some(NOW), Some("e1")));
    assert!(matches!(bounced.event, Event::Bounced { address: Address::Dead { .. }, .. }));
    let later = read(failed("temporary", "generic", 452, "4.2.2 full")).unwrap().unwrap();
    assert!(matches!(later.event, Event::Delayed { code: Code::AddressFull, .. }));
    let remembered = read(failed("permanent", "suppress-unsubscribe", 0, "")).unwrap().unwrap();
    assert!(matches!(remembered.event, Event::Bounced { code: Code::AddressOptedOut, .. }));
    assert_eq!(read(json!({"event": "accepted"})), Ok(None));
    let opened = read(json!({"event": "opened"})).unwrap().unwrap();
    assert_eq!(opened.event, Event::Opened { machine: false });
    assert!(matches!(read(json!({})), Err(Error::Malformed { .. })));
    let event = || json!({"event": "complained", "recipient": "ada@example.org"});
    assert!(read(event()).unwrap().is_some());
    for forged in [
        mailgun(event(), "key-2", 1_790_000_000),
        mailgun(event(), "key-1", 1_789_990_000),
        bytes(&json!({"event-data": event()})),
    ] {
        assert_eq!(mailgun::read(&forged, &key, NOW), Err(Error::Signature("Mailgun")));
    }
}

#[test]
fn postmark_tells_one_record() {
    let read = |record: Value| postmark::read(&bytes(&record));
    let bounce = |kind: &str| {
        read(json!({
            "RecordType": "Bounce", "Type": kind, "ID": 42, "MessageID": "pm-1",
            "Email": "ada@example.org", "BouncedAt": "2026-09-21T14:13:20Z",
            "Details": "smtp;550 5.1.1 unknown", "Metadata": {"delivery": "d7"},
        }))
        .unwrap()
    };
    let hard = bounce("HardBounce").unwrap();
    assert_eq!(hard.about.delivery.as_deref(), Some("d7"));
    assert_eq!(hard.about.provider_id.as_deref(), Some("pm-1"));
    assert_eq!((hard.at, hard.key.as_deref()), (Some(NOW), Some("42")));
    assert!(matches!(hard.event, Event::Bounced { address: Address::Dead { .. }, .. }));
    let soft = bounce("SoftBounce").unwrap().event;
    assert!(matches!(soft, Event::Bounced { address: Address::Unknown, .. }), "{soft:?}");
    assert_eq!(bounce("AutoResponder"), None);
    let complaint = read(json!({"RecordType": "SpamComplaint", "Email": "a@b.example"})).unwrap();
    assert_eq!(complaint.unwrap().event, Event::Complained { kind: "abuse".into() });
    let change = |suppress: bool, why: &str| {
        let record = json!({
            "RecordType": "SubscriptionChange", "Recipient": "a@b.example",
            "SuppressSending": suppress, "SuppressionReason": why,
        });
        read(record).unwrap().map(|feedback| feedback.event)
    };
    assert_eq!(change(true, "ManualSuppression"), Some(Event::Unsubscribed));
    assert_eq!(change(true, "HardBounce"), None);
    assert_eq!(change(false, "ManualSuppression"), None);
    assert!(matches!(read(json!({})), Err(Error::Malformed { .. })));
}

#[test]
fn hexadecimal_there_and_back() {
    assert_eq!(hex::decode(&hex::encode(&[0, 15, 255])), Some(vec![0, 15, 255]));
    assert_eq!(hex::decode("fF"), Some(vec![255]));
    for none in ["f", "fg", "+1", "é"] {
        assert_eq!(hex::decode(none), None, "{none}");
    }
}

#[test]
fn feedback_shows_no_address() {
    let recipient = Some("ada@example.org".to_owned());
    let about = About { recipient, delivery: Some("d7".into()), ..About::default() };
    assert!(!format!("{about:?}").contains("ada"));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
        prop::sample::select(vec![
            "Notification",
            "Bounce",
            "bounce",
            "failed",
            "Permanent",
            "1e400"
        ])
        .prop_map(Value::from),
    ];
    let names = prop::sample::select(vec![
        "Type",
        "Message",
        "notificationType",
        "bounce",
        "bouncedRecipients",
        "mail",
        "headers",
        "event",
        "timestamp",
        "email",
        "status",
        "RecordType",
        "signature",
        "event-data",
    ]);
    leaf.prop_recursive(4, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names.clone(), inner), 0..6).prop_map(|fields| {
                fields
                    .into_iter()
                    .map(|(n, v)| (n.to_owned(), v))
                    .collect::<serde_json::Map<_, _>>()
                    .into()
            }),
        ]
    })
}

proptest! {
    #[test]
    fn no_json_of_a_stranger_panics(value in any_json()) {
        let body = bytes(&value);
        let _ = ses::read(&body);
        let _ = ses::read(&sns(&value));
        let _ = sendgrid::read(&body);
        let _ = postmark::read(&body);
        let _ = mailgun::read(&mailgun(value, "k", 1_790_000_000), &"k".into(), NOW);
    }
}
