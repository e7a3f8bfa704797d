use super::*;
use crate::{Locale, Value, parse_json};
use model::{Timestamp, Zone};

mod braze;
mod escaping;
mod filters;
mod laws;
mod limits;
mod problems;
mod suites;
mod tags;

/// What tests look at: a person, an event, lists.
fn scope() -> Value {
    let text = r#"{
        "profile": {"first_name": "Ayşe", "city": "İzmir", "age": 31, "html": "<b>&'\"", "url": "https://a.example/?q=1"},
        "event": {"price": 12.5, "items": [
            {"title": "Tea", "price": 3, "tag": "drink"},
            {"title": "cup", "price": 9.5, "tag": null},
            {"title": "Pot", "price": 20, "tag": "drink"}]},
        "list": [3, 1, 2], "words": ["b", "A", "c", "A"], "zero": 0, "empty_text": "", "no": false
    }"#;
    parse_json(text).unwrap()
}

/// 2026-11-20T10:05:09Z.
fn context() -> Context<'static> {
    Context::at(Timestamp::parse("2026-11-20T10:05:09Z").unwrap())
}

#[track_caller]
fn check(template: &str, expected: &str) {
    check_in(&context(), template, expected);
}

#[track_caller]
fn check_in(context: &Context<'_>, template: &str, expected: &str) {
    let template =
        Template::parse(template).unwrap_or_else(|problems| panic!("{template}: {}", problems[0]));
    assert_eq!(template.render(&scope(), context).unwrap(), expected, "{}", template.source());
}
