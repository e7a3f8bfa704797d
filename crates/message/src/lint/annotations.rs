//! What Gmail passes over in annotations.

use std::collections::BTreeSet;

use model::Timestamp;

use crate::content::Annotations;
use crate::problem::{Problem, code};

/// Pictures that are shown side by side.
const IMAGES_MAX: usize = 10;

/// Checks annotations as they are written; fields with tags of the template are not looked at.
pub(super) fn check(annotations: &Annotations, problems: &mut Vec<Problem>) {
    secure(&annotations.logo, "annotations.logo", problems);
    if let Some(offer) = &annotations.offer {
        for (name, text) in [("starts", &offer.starts), ("ends", &offer.ends)] {
            instant(text, &format!("annotations.offer.{name}"), problems);
        }
        if let (Ok(starts), Ok(ends)) =
            (Timestamp::parse(&offer.starts), Timestamp::parse(&offer.ends))
            && ends <= starts
        {
            let problem = Problem::warning(code::WRONG_FIELD, "the offer ends before it starts");
            problems.push(problem.hint("check both times").field("annotations.offer.ends"));
        }
    }
    let mut images = BTreeSet::new();
    for (i, card) in annotations.cards.iter().enumerate() {
        let field = |name: &str| format!("annotations.cards[{i}].{name}");
        for (name, text) in [("image", &card.image), ("url", &card.url)] {
            if text.is_empty() {
                let message = format!("a card without {name} is not shown");
                let problem = Problem::warning(code::MISSING_FIELD, message);
                problems.push(problem.hint("write an address with https://").field(&field(name)));
            }
            secure(text, &field(name), problems);
        }
        if !card.price.is_empty() && card.currency.is_empty() {
            let problem = Problem::warning(code::MISSING_FIELD, "the price has no currency");
            problems.push(problem.hint("write its code, as in EUR").field(&field("currency")));
        }
        images.insert(card.image.as_str());
    }
    if images.len() > IMAGES_MAX {
        let n = images.len();
        let message = format!("there are {n} pictures; Gmail shows {IMAGES_MAX}");
        let problem = Problem::note(code::CUT_OFF, message).field("annotations.cards");
        problems.push(problem.hint("leave some out"));
    }
}

fn templated(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

fn secure(text: &str, field: &str, problems: &mut Vec<Problem>) {
    if !text.is_empty() && !templated(text) && !text.starts_with("https://") {
        let problem = Problem::warning(code::WRONG_FIELD, "Gmail passes over this address");
        problems.push(problem.hint("write one that begins with https://").field(field));
    }
}

/// Without the offset of a time zone nobody knows when it is.
fn instant(text: &str, field: &str, problems: &mut Vec<Problem>) {
    let zoned = |text: &str| {
        let time = text.get(10..).unwrap_or("");
        time.ends_with(['Z', 'z']) || time.contains(['+', '-'])
    };
    if !text.is_empty() && !templated(text) && (Timestamp::parse(text).is_err() || !zoned(text)) {
        let message = format!("\"{text}\" is not a time with its offset");
        let problem = Problem::warning(code::WRONG_FIELD, message);
        problems.push(problem.hint("write it like 2026-11-20T09:00:00+03:00").field(field));
    }
}
