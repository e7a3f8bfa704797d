use super::*;

fn domain() -> Domain {
    Domain {
        domain: "shop.example".into(),
        return_path: "bounce.shop.example".into(),
        keys: vec![("s1._domainkey.shop.example".into(), "v=DKIM1; k=rsa; p=AAAA".into())],
        spf_mechanism: "include:relay.example".into(),
        mail_exchanger: "mx.shop.example".into(),
        dmarc_reports: Some("dmarc@shop.example".into()),
    }
}

fn found(purpose: Purpose, answers: &[&str]) -> Finding {
    let record = wanted(&domain()).into_iter().find(|r| r.purpose == purpose).unwrap();
    check(&record, &answers.iter().map(|&a| a.to_owned()).collect::<Vec<_>>())
}

#[test]
fn records_answer_their_own_check() {
    for record in wanted(&domain()) {
        assert_eq!(
            check(&record, std::slice::from_ref(&record.value)),
            Finding::Good,
            "{record:?}"
        );
        assert_eq!(check(&record, &[]), Finding::Missing, "{record:?}");
        assert_ne!(check(&record, &["something else".into()]), Finding::Good, "{record:?}");
    }
    let names: Vec<_> =
        wanted(&domain()).into_iter().map(|r| format!("{} {}", r.kind, r.name)).collect();
    let expected = [
        "TXT s1._domainkey.shop.example",
        "TXT bounce.shop.example",
        "TXT _dmarc.shop.example",
        "MX bounce.shop.example",
    ];
    assert_eq!(names, expected);
}

#[test]
fn long_keys_are_written_in_pieces() {
    let value = "x".repeat(300);
    let record = Record { purpose: Purpose::Dkim, kind: "TXT", name: "n".into(), value };
    assert_eq!(record.zone_text(), format!("\"{}\" \"{}\"", "x".repeat(255), "x".repeat(45)));
}

#[test]
fn keys() {
    assert_eq!(found(Purpose::Dkim, &["k = rsa; p = AA AA"]), Finding::Good);
    assert_eq!(found(Purpose::Dkim, &["p=AAAA", "unrelated"]), Finding::Good);
    for wrong in [&["p=BBBB"][..], &["v=DKIM1; p="], &["p=AAAA", "p=AAAA"], &["k=ed25519; p=AAAA"]]
    {
        assert!(matches!(found(Purpose::Dkim, wrong), Finding::Wrong(_)), "{wrong:?}");
    }
    assert!(matches!(found(Purpose::Dkim, &["p=AAAA; t=y"]), Finding::Weak(_)));
}

#[test]
fn senders() {
    let good = ["v=spf1 mx include:relay.example -all", "V=SPF1 +include:Relay.example redirect=x"];
    for text in good {
        assert_eq!(found(Purpose::Spf, &[text]), Finding::Good, "{text}");
    }
    let many = format!("v=spf1 include:relay.example {} ~all", "a:x.example ".repeat(10));
    for wrong in [
        &["v=spf1 mx -all"][..],
        &["v=spf1 include:relay.example -all", "v=spf1 mx -all"],
        &["v=spf1 -all include:relay.example"],
        &["v=spf1 include:relay.example.evil ~all"],
        &[many.as_str()],
    ] {
        assert!(matches!(found(Purpose::Spf, wrong), Finding::Wrong(_)), "{wrong:?}");
    }
    for weak in ["v=spf1 include:relay.example +all", "v=spf1 include:relay.example"] {
        assert!(matches!(found(Purpose::Spf, &[weak]), Finding::Weak(_)), "{weak}");
    }
    assert_eq!(found(Purpose::Spf, &["google-site-verification=1"]), Finding::Missing);
}

#[test]
fn policies() {
    for good in ["v=DMARC1;p=reject", "v=DMARC1; p=Quarantine; sp=none"] {
        assert_eq!(found(Purpose::Dmarc, &[good]), Finding::Good, "{good}");
    }
    for wrong in
        [&["v=DMARC1"][..], &["v=DMARC1; p=maybe"], &["v=DMARC1; p=none", "v=DMARC1; p=none"]]
    {
        assert!(matches!(found(Purpose::Dmarc, wrong), Finding::Wrong(_)), "{wrong:?}");
    }
}

#[test]
fn exchangers() {
    assert_eq!(
        found(Purpose::ReturnPath, &["20 other.example.", "10 MX.shop.example."]),
        Finding::Good
    );
    assert!(matches!(found(Purpose::ReturnPath, &["10 other.example."]), Finding::Wrong(_)));
}
