//! That the list of codes is whole, and that documentation and dashboard have all of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::*;

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Compares a file with what it must say; with `UPDATE_GOLDEN` it is written instead.
pub(crate) fn golden(path: &str, text: &str) {
    let path = root().join(path);
    if std::env::var("UPDATE_GOLDEN").is_ok() {
        std::fs::write(&path, text).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap_or_default() == text,
        "{} does not have all codes: UPDATE_GOLDEN=1 cargo test -p server --lib -- codes sentences writes it",
        path.display()
    );
}

#[test]
fn there_are_many_codes_and_none_says_two_things_at_one_step() {
    let all = all();
    let distinct: BTreeSet<_> = all.iter().map(|of| (of.said, of.code)).collect();
    assert_eq!(distinct.len(), all.len());
    let codes: BTreeSet<&str> = all.iter().map(|of| of.code).collect();
    assert!(codes.len() >= 37, "{}", codes.len());
    assert!(all.iter().all(|of| !of.means.is_empty() && !of.remedy.is_empty()));
}

#[test]
fn every_code_that_the_outbox_says_is_in_the_list() {
    let known: BTreeSet<&str> =
        all().into_iter().filter(|of| of.said == Said::Failed).map(|of| of.code).collect();
    let sources = ["crates/server/src/outbox", "crates/server/src/workspace/writer/shelf.rs"];
    let mut files: Vec<PathBuf> = sources.iter().map(|path| root().join(path)).collect();
    let mut found = BTreeMap::new();
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let text = read(&path);
        codes_in(&text).into_iter().for_each(|code| _ = found.insert(code, path.clone()));
    }
    // The scan sees what is there: otherwise it would pass by seeing nothing.
    for code in ["message.expired", "template.aborted", "in_doubt", "no_provider", "shelf_full"] {
        assert!(found.contains_key(code), "{code} is not found any more");
    }
    let missing: Vec<_> = found.iter().filter(|(code, _)| !known.contains(code.as_str())).collect();
    assert!(missing.is_empty(), "not in the list of codes: {missing:?}");
}

/// Texts that stand where a code of a failure does.
fn codes_in(text: &str) -> Vec<String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let before = [
        "code: \"",
        "give_up_unsent(\"",
        "told::failed(queued, \"",
        "told::failed(&queued, \"",
        "told::failed(&item.queued, \"",
        "self.failed(*user, of, \"",
        "self.failed(user, &of, \"",
        "self.failed(user, &gone, \"",
        "Some((\"",
        "{ \"",
    ];
    let mut found = Vec::new();
    for needle in before {
        for rest in text.split(needle).skip(1) {
            let Some((code, after)) = rest.split_once('"') else { continue };
            let word = |byte: u8| byte.is_ascii_lowercase() || byte == b'_' || byte == b'.';
            // In braces a code is the whole of a branch.
            let whole = needle != "{ \"" || after.starts_with(" }");
            if whole && !code.is_empty() && code.bytes().all(word) {
                found.push(code.to_owned());
            }
        }
    }
    found
}

#[test]
fn the_documentation_has_every_code() {
    let mut text = String::from(
        "# Why a message was not sent, and what the server says: all codes\n\n\
         Codes stay the same; they stand in events (`reason`, `group`, `code`), in `GET /api/deliveries`, in reports and \
         in segments. Control groups of the contact policy stand there with their own ids.\n",
    );
    for (said, title) in [
        (Said::HeldOut, "Held out (`Message Held Out`, `group`)"),
        (Said::Withheld, "Withheld (`Message Withheld`, `reason`)"),
        (Said::Planned, "Waits (`Message Planned`, `reason`)"),
        (Said::Failed, "Failed (`Message Failed`, `code`)"),
    ] {
        text.push_str(&format!(
            "\n## {title}\n| code | what happened | what to do |\n|---|---|---|\n"
        ));
        for of in all().iter().filter(|of| of.said == said) {
            text.push_str(&format!("| `{}` | {} | {} |\n", of.code, of.means, of.remedy));
        }
    }
    text.push_str(
        "\n## Sentences (`code` of whatever ends with `_code`)\n\
         What reports, verdicts, paths of people, backtests and the check of a definition say in English stands beside as \
         data: a field of the same name with `_code`, with a `code` of these and the `values` that are put in. \
         `null` means that there is the English only.\n\n\
         | code | in English |\n|---|---|\n",
    );
    for phrase in crate::sentences::all() {
        text.push_str(&format!("| `{}` | {} |\n", phrase.code, phrase.english));
    }
    golden("docs/codes.md", &text);
}

#[test]
fn the_dashboard_offers_every_code_and_has_words_for_it_in_every_language() {
    let mut codes: Vec<&str> = all().into_iter().map(|of| of.code).collect();
    let mut seen = BTreeSet::new();
    codes.retain(|code| seen.insert(*code));
    let mut text = String::from(
        "// All codes of reasons and failures, as the server lists them. Written by a test of the server; do not edit.\n\n\
         export const REASON_CODES = [\n",
    );
    codes.iter().for_each(|code| text.push_str(&format!("  '{code}',\n")));
    text.push_str("] as const;\n");
    golden("web/src/lib/reasonCodes.gen.ts", &text);
    for language in ["en", "tr", "ar", "id"] {
        let path = root().join(format!("web/src/i18n/locales/messages/{language}.json"));
        let words: serde_json::Value = serde_json::from_str(&read(&path)).unwrap();
        for code in &codes {
            let (group, word) = match code.split_once('.') {
                Some((group, word)) => (group, word.replace('.', "_")),
                None => ("word", (*code).to_owned()),
            };
            let said = words["reason"][group][&word].as_str().unwrap_or_default();
            assert!(!said.is_empty(), "{language} has no words for {code}");
        }
    }
}
