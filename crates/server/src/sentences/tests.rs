//! That the list of sentences is whole and says what it should, in every language of the dashboard.

use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::outreach::codes::tests::{golden, read, root};

/// Its places, in order.
fn places(phrase: &Phrase) -> Vec<(&'static str, Kind)> {
    let place = |part| match part {
        Part::Place(name, kind) => Some((name, kind)),
        Part::Words(_) => None,
    };
    phrase.parts().into_iter().filter_map(place).collect()
}

#[test]
fn every_sentence_has_a_code_of_its_own_and_places_that_are_understood() {
    let all = all();
    let codes: BTreeSet<&str> = all.iter().map(|of| of.code).collect();
    assert_eq!(codes.len(), all.len());
    for phrase in &all {
        let (group, word) = phrase.code.split_once('.').unwrap();
        for part in [group, word] {
            let plain = part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            assert!(plain && !part.is_empty(), "{}", phrase.code);
        }
        // Words at the end of a plural would be taken for a form of it.
        let forms = ["zero", "one", "two", "few", "many", "other"];
        let last = word.rsplit('_').next().unwrap();
        assert!(!word.contains('_') || !forms.contains(&last), "{}", phrase.code);
        let places = places(phrase);
        let names: BTreeSet<&str> = places.iter().map(|of| of.0).collect();
        assert_eq!(names.len(), places.len(), "{}", phrase.code);
        let counts = places.iter().filter(|of| of.1 == Kind::Count).count();
        assert!(counts <= 1, "{}", phrase.code);
        for written in phrase.english.split('{').skip(1) {
            let (place, _) = written.split_once('}').expect(phrase.code);
            let kind = place.split_once(':').map_or("text", |(_, kind)| kind);
            assert!(Kind::of(kind).is_some(), "{}: no kind \"{kind}\"", phrase.code);
        }
    }
}

#[test]
fn values_are_put_in_by_what_they_are() {
    let said =
        told::FEW_ARM.with([("arm", "\"b\"".into()), ("users", 12.into()), ("needed", 30.into())]);
    assert_eq!(said.text, "\"b\" has 12 users and needs 30; wait or give it a larger share");
    let code = said.code.unwrap();
    assert_eq!(code.code, "effect.few_arm");
    assert_eq!(json!(code.values), json!({"arm": "\"b\"", "users": 12, "needed": 30}));
    let sure = told::NEEDS_SURE.with([("best", 0.5.into()), ("needed", 0.95.into())]);
    assert_eq!(sure.text, "the leader is the best with 50.00 % and needs 95.00 %");
    let shown = told::NEEDS_SHOWN.with([("p", 0.25.into()), ("most", 0.05.into())]);
    assert_eq!(shown.text, "the always valid p value is 0.2500 and must be 0.0500 at most");
    let state = told::STATE.with([("states", vec!["new", "active"].into())]);
    assert_eq!(state.text, "came into the state new or active");
    let using = hints::USE.with([("names", vec!["new", "active"].into())]);
    assert_eq!(using.text, "use new, active");
    let waited = told::WAITED.with([("time", 90_061_001.into())]);
    assert_eq!(waited.text, "waited 1 d 1 h");
    assert!(waited.is(told::WAITED) && !waited.is(told::QUEUED));
    assert_eq!(Said::from("as it is"), Said { text: "as it is".into(), code: None });
}

#[test]
fn lengths_of_time_are_said_as_people_say_them() {
    let cases =
        [(0, "0 s"), (1, "1 ms"), (120_000, "2 min"), (86_400_000, "1 d"), (90_061_001, "1 d 1 h")];
    for (ms, said) in cases {
        assert_eq!(words(Span(ms)), said);
    }
}

#[test]
fn the_dashboard_knows_what_every_value_is_and_has_every_sentence_in_every_language() {
    let all = all();
    let mut text = String::from(
        "// All sentences of the server, with what their values are. Written by a test of the server; do not edit.\n\n",
    );
    let kinds: Vec<String> = Kind::ALL.iter().map(|(_, word)| format!("'{word}'")).collect();
    text.push_str(&format!("export type Kind = {};\n\n", kinds.join(" | ")));
    text.push_str("export const SENTENCES: Record<string, Record<string, Kind>> = {\n");
    for phrase in &all {
        let word = |kind| Kind::ALL.iter().find(|(own, _)| *own == kind).map_or("text", |of| of.1);
        let values: Vec<String> = places(phrase)
            .iter()
            .map(|(name, kind)| format!("{name}: '{}'", word(*kind)))
            .collect();
        let values =
            if values.is_empty() { "{}".into() } else { format!("{{ {} }}", values.join(", ")) };
        text.push_str(&format!("  '{}': {values},\n", phrase.code));
    }
    text.push_str("};\n");
    golden("web/src/lib/sentences.gen.ts", &text);

    let mut wrong = Vec::new();
    for language in ["en", "tr", "ar", "id"] {
        let path = root().join(format!("web/src/i18n/locales/said/{language}.json"));
        let words: Value = serde_json::from_str(&read(&path)).unwrap();
        for phrase in &all {
            wrong
                .extend(wrong_in(&words["said"], phrase).map(|what| format!("{language}: {what}")));
            if language == "en" {
                wrong.extend(other_english(&words["said"], phrase));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a language lacks of a sentence.
fn wrong_in(words: &Value, phrase: &Phrase) -> Option<String> {
    let (group, word) = phrase.code.split_once('.')?;
    let places = places(phrase);
    let counted = places.iter().any(|of| of.1 == Kind::Count);
    // Other forms of a plural may say the number as a word; the dashboard's own tests want each form.
    let word = if counted { format!("{word}_other") } else { word.to_owned() };
    let Some(said) = words[group][&word].as_str() else {
        return Some(format!("no words for {}", phrase.code));
    };
    let mut own: Vec<&str> =
        said.split("{{").skip(1).filter_map(|of| of.split("}}").next()).collect();
    let mut names: Vec<&str> = places.iter().map(|of| of.0).collect();
    own.sort_unstable();
    names.sort_unstable();
    (own != names).then(|| format!("{} has places for {own:?}, not {names:?}", phrase.code))
}

/// The dashboard says in English what the API says, but for plurals and marks of quotation.
fn other_english(words: &Value, phrase: &Phrase) -> Option<String> {
    let (group, word) = phrase.code.split_once('.')?;
    let said = words[group][word].as_str()?.replace(['“', '”'], "\"");
    let mut text = String::new();
    for part in phrase.parts() {
        match part {
            Part::Words(words) => text.push_str(words),
            Part::Place(name, _) => text.push_str(&format!("{{{{{name}}}}}")),
        }
    }
    (said != text).then(|| format!("{}: \"{said}\" is not \"{text}\"", phrase.code))
}
