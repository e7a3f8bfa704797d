use super::*;

fn locale(text: &str) -> Locale {
    Locale::parse(text).unwrap()
}

#[test]
fn tags_are_read_in_every_case() {
    for (text, expected) in [
        ("tr", "tr"),
        ("TR_tr", "tr-TR"),
        ("zh-hant-tw", "zh-Hant-TW"),
        (" es-419 ", "es-419"),
        ("ckb", "ckb"),
    ] {
        assert_eq!(locale(text).to_string(), expected);
    }
    for text in ["", "t", "turkish", "tr-", "tr--TR", "t1", "tr-TR-a-b-c", "tr TR", "ğğ"] {
        assert_eq!(Locale::parse(text), None, "{text}");
    }
}

#[test]
fn a_chain_gets_shorter() {
    let chain = |text: &str| locale(text).chain().map(|l| l.to_string()).collect::<Vec<_>>();
    assert_eq!(chain("zh-Hant-TW"), ["zh-Hant-TW", "zh-Hant", "zh"]);
    assert_eq!(chain("tr"), ["tr"]);
}

#[test]
fn direction_follows_the_script() {
    for text in ["ar", "ar-EG", "he-IL", "fa", "ur-PK", "az-Arab", "ckb"] {
        assert!(locale(text).right_to_left(), "{text}");
    }
    for text in ["tr", "en", "az", "ur-Latn", "id"] {
        assert!(!locale(text).right_to_left(), "{text}");
    }
}

#[test]
fn every_language_has_names_for_everything() {
    for language in data::LANGUAGES {
        let Names { months, months_short, days, days_short, halves } = &language.names;
        let all = months.iter().chain(months_short).chain(days).chain(days_short).chain(halves);
        assert!(all.into_iter().all(|name| !name.is_empty()), "{}", language.code);
        let distinct = months.iter().collect::<std::collections::BTreeSet<_>>();
        assert_eq!(distinct.len(), 12, "{}", language.code);
    }
}

#[test]
fn groups_of_three() {
    assert_eq!(group("1234567", ".", 4), "1.234.567");
    assert_eq!(group("123", ".", 4), "123");
    assert_eq!(group("1234", ".", 5), "1234");
    assert_eq!(group("12345", ".", 5), "12.345");
}
