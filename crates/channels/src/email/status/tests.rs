use super::*;

#[test]
fn an_enhanced_status_at_the_beginning() {
    let of = |class, subject, detail| Some(Enhanced { class, subject, detail });
    assert_eq!(Enhanced::parse("5.1.1 <a@b>: no"), of(5, 1, 1));
    assert_eq!(Enhanced::parse("4.7.650 later"), of(4, 7, 650));
    assert_eq!(Enhanced::parse("5.0.0"), of(5, 0, 0));
    assert_eq!(Enhanced::parse("5.1.1. gone"), of(5, 1, 1));
    for none in
        ["", "5", "5.1", "5.1.1.1", "1.2.3", "3.1.1", "5.1.9999", "no 5.1.1", "5..1", "5.1.x"]
    {
        assert_eq!(Enhanced::parse(none), None, "{none}");
    }
}

/// Answers as large providers give them, in our own words where wording does not matter.
#[test]
fn answers_of_large_providers() {
    let dead = Address::DEAD;
    let cases = [
        (
            550,
            "5.1.1 the email account that you tried to reach does not exist",
            Code::AddressUnknown,
            dead,
        ),
        (550, "5.2.1 the account that you tried to reach is inactive", Code::AddressUnknown, dead),
        (452, "4.2.2 the inbox is out of storage space", Code::AddressFull, Address::Valid),
        (
            450,
            "4.2.1 the user is receiving mail too quickly, rate limited",
            Code::AddressThrottled,
            Address::Valid,
        ),
        (
            550,
            "5.7.26 this email is unauthenticated",
            Code::SenderUnauthenticated,
            Address::Unknown,
        ),
        (421, "4.7.28 unusual rate of mail", Code::ProviderThrottled, Address::Unknown),
        (550, "5.7.1 likely unsolicited mail", Code::PayloadContent, Address::Unknown),
        (550, "5.4.1 recipient address rejected: access denied", Code::AddressUnknown, dead),
        (550, "5.7.606 access denied, banned sending IP", Code::SenderReputation, Address::Unknown),
        (
            451,
            "4.7.650 the mail server has been temporarily rate limited",
            Code::ProviderThrottled,
            Address::Unknown,
        ),
        (
            550,
            "5.5.0 requested action not taken: mailbox unavailable",
            Code::ProviderRefused,
            Address::Unknown,
        ),
        (552, "5.3.4 message size exceeds fixed limit", Code::PayloadTooLarge, Address::Unknown),
        (556, "5.1.10 recipient address has null MX", Code::AddressUnknown, dead),
        (450, "4.1.2 domain not found for now", Code::AddressUnavailable, Address::Unknown),
        (454, "4.7.1 relay access denied", Code::SenderRefused, Address::Unknown),
    ];
    for (basic, text, code, address) in cases {
        let found = meaning(basic, Enhanced::parse(text), text);
        assert_eq!(found, (code, address), "{basic} {text}");
    }
}

#[test]
fn without_an_enhanced_status_words_decide_and_silence_kills_no_address() {
    let cases = [
        (550, "No such user here", Code::AddressUnknown, Address::DEAD),
        (550, "mailbox is full", Code::AddressFull, Address::Valid),
        (554, "blocked by a block list", Code::SenderReputation, Address::Unknown),
        (550, "no", Code::ProviderRefused, Address::Unknown),
        (451, "greylisted", Code::ProviderGreylisted, Address::Unknown),
        (421, "closing", Code::ProviderUnavailable, Address::Unknown),
        (535, "authentication failed", Code::CredentialsRefused, Address::Unknown),
        (552, "too big", Code::PayloadTooLarge, Address::Unknown),
        (599, "?", Code::ProviderRefused, Address::Unknown),
    ];
    for (basic, text, code, address) in cases {
        assert_eq!(meaning(basic, None, text), (code, address), "{basic} {text}");
    }
    // A status that says no more than its class does not hide what the words say.
    let vague = Enhanced::parse("5.0.0 x");
    assert_eq!(meaning(550, vague, "5.0.0 user unknown"), (Code::AddressUnknown, Address::DEAD));
}

#[test]
fn what_is_temporary_never_kills_an_address() {
    for subject in 0..9 {
        for detail in 0..40 {
            let status = Some(Enhanced { class: 4, subject, detail });
            for basic in [0, 450, 550] {
                let (_, address) = meaning(basic, status, "user unknown, no such user");
                assert!(!matches!(address, Address::Dead { .. }), "4.{subject}.{detail}");
            }
        }
    }
}
