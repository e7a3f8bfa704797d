use super::*;

#[test]
fn one_word_is_a_command_and_a_sentence_is_not() {
    for stop in
        ["STOP", "stop", " Stop. ", "unsubscribe", "Cancel!", "\"END\"", "opt-out", "stop all"]
    {
        assert_eq!(Keyword::read(stop), Some(Keyword::Stop), "{stop}");
    }
    for start in ["START", "yes", "Unstop"] {
        assert_eq!(Keyword::read(start), Some(Keyword::Start), "{start}");
    }
    assert_eq!(Keyword::read("help"), Some(Keyword::Help));
    for none in ["", "stop by tomorrow", "yes please", "no", "!", "stopped"] {
        assert_eq!(Keyword::read(none), None, "{none}");
    }
}

#[test]
fn commands_in_other_languages_and_of_ones_own() {
    for stop in
        ["arret", "Arrêt", "BAJA", "sair", "iptal", "İptal", "dur", "Berhenti", "توقف", "стоп"]
    {
        assert_eq!(Keyword::read(stop), Some(Keyword::Stop), "{stop}");
    }
    assert_eq!(Keyword::read("Ayuda"), Some(Keyword::Help));
    assert_eq!(Keyword::read("başla"), Some(Keyword::Start));
    let own = ["Leave".to_owned(), String::new()];
    assert!(Keyword::is_one_of(" leave! ", &own));
    assert!(!Keyword::is_one_of("", &own) && !Keyword::is_one_of("leaves", &own));
}

#[test]
fn numbers_in_the_international_form() {
    for number in ["+491701234567", "+12025550123", "+1234567"] {
        assert!(is_number(number), "{number}");
    }
    for other in [
        "",
        "+",
        "491701234567",
        "+0491701234567",
        "+49 170 1234567",
        "+123456",
        "+1234567890123456",
        "+4917O1234567",
    ] {
        assert!(!is_number(other), "{other}");
    }
}
