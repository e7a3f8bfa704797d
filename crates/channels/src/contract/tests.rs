use std::collections::HashSet;

use super::*;

#[test]
fn codes_have_unique_stable_names_and_texts_that_help() {
    let names: HashSet<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(names.len(), Code::ALL.len());
    assert!(Code::ALL.len() >= 37);
    for &code in Code::ALL {
        assert_eq!(Code::parse(code.name()), Some(code));
        let (subject, what) = code.name().split_once('.').expect("subject.what");
        let plain = |s: &str| s.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        assert!(plain(subject) && plain(what), "{code}");
        assert!(!code.explanation().ends_with('.') && !code.remedy().is_empty(), "{code}");
    }
    assert_eq!(Code::parse("token.unknown"), None);
}

#[test]
fn details_are_one_bounded_line() {
    assert_eq!(clip(" a\r\nb\0c "), "a  b c");
    let long = clip(&"é".repeat(DETAIL_BYTES_MAX));
    assert_eq!(long.len(), DETAIL_BYTES_MAX);
}

#[test]
fn the_recipient_is_hidden_in_what_the_provider_says() {
    let outcome =
        Outcome::rejected(Code::AddressUnknown, "<Ada@Shop.example> unknown, ada@shop.example?");
    let Outcome::Rejected { detail, .. } = outcome.without("ada@shop.example") else {
        panic!("rejected")
    };
    assert_eq!(detail, "<…> unknown, …?");
    assert_eq!(hide("İstanbul", "x"), "İstanbul");
    assert_eq!(hide("abc", ""), "abc");
}

#[test]
fn debug_shows_no_personal_data() {
    let outgoing = Outgoing {
        key: "k1".into(),
        to: Destination::Phone("+491700000000".into()),
        payload: Payload::Sms(crate::sms::Message {
            body: "your code is 1234".into(),
            ..Default::default()
        }),
        now: Timestamp(0),
    };
    let shown = format!("{outgoing:?}");
    assert!(!shown.contains("1700000000") && !shown.contains("1234"), "{shown}");
    assert_eq!(format!("{:?}", crate::secret::Secret::new("hunter2")), "Secret(…)");
}
