//! The words of the text form, and which names need no quotes.

/// Words that a name must not look like (in any case) unless it stands in backticks: those that
/// could be read otherwise where a name may stand, and those that would confuse people there.
/// Words such as `country` or `city` have a place of their own and are free.
const RESERVED: &[&str] = &[
    "after",
    "all",
    "always",
    "and",
    "any",
    "avg",
    "before",
    "between",
    "count",
    "days",
    "did",
    "distinct",
    "everyone",
    "exists",
    "false",
    "first",
    "for",
    "hour",
    "in",
    "is",
    "last",
    "least",
    "lifecycle",
    "location",
    "max",
    "min",
    "mostly",
    "never",
    "nobody",
    "not",
    "null",
    "of",
    "on",
    "or",
    "rfm",
    "same",
    "since",
    "sum",
    "then",
    "true",
    "weekday",
    "where",
    "with",
    "within",
    "without",
];

/// Whether the text is a word of the language.
pub(super) fn reserved(word: &str) -> bool {
    RESERVED.iter().any(|r| r.eq_ignore_ascii_case(word))
}

/// Whether a name can be written without backticks.
pub(super) fn plain(name: &str) -> bool {
    !reserved(name) && name_bytes(name) == name.len() && !name.is_empty()
}

/// How many bytes at the start of the text make a name: letters, digits, `_` and `$`, not first a
/// digit, in parts joined by single dots.
pub(super) fn name_bytes(text: &str) -> usize {
    if !text.starts_with(|c: char| inside(c) && !c.is_numeric()) {
        return 0;
    }
    let mut end = 0;
    loop {
        let rest = &text[end..];
        end += rest.find(|c| !inside(c)).unwrap_or(rest.len());
        match text[end..].strip_prefix('.') {
            Some(after) if after.starts_with(inside) => end += 1,
            _ => return end,
        }
    }
}

fn inside(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_dotted_words() {
        for (text, bytes) in
            [("plan", 4), ("context.os.name", 15), ("a.", 1), ("a..b", 1), ("1a", 0), ("ülke=", 5)]
        {
            assert_eq!(name_bytes(text), bytes, "{text}");
        }
        assert!(plain("plan") && plain("items.0.sku"));
        assert!(!plain("first name") && !plain("") && !plain("Where") && !plain("a."));
    }
}
