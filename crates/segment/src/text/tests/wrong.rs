//! What is said of wrong texts: where, what was found, what was expected, and how to mend it.

use super::list;
use crate::text::parse;

/// The problems of a text as one line each: `line:column message | found | expected | hint`.
fn said(text: &str) -> Vec<String> {
    let (_, problems) = parse(text);
    let part = |part: &Option<String>| part.clone().unwrap_or_else(|| "-".to_owned());
    problems
        .iter()
        .map(|p| {
            let (line, column) = (p.line.unwrap(), p.column.unwrap());
            let [found, expected, hint] = [&p.found, &p.expected, &p.hint].map(part);
            format!("{line}:{column} {} | {found} | {expected} | {hint}", p.message)
        })
        .collect()
}

fn check(text: &str, expected: &[&str]) {
    assert_eq!(said(text), expected, "{text}\n{}", list(&parse(text).1));
}

#[test]
fn the_whole_text() {
    check(
        "",
        &["1:1 expected a predicate, found the end of the text | the end of the text | a \
             predicate | write `everyone` for all users"],
    );
    check(
        "dit \"A\" in last 30d",
        &["1:1 expected a predicate, found dit | dit | a predicate | did you mean `did`?"],
    );
    check(
        "\"plan\" = \"annual\"",
        &["1:1 expected a predicate, found \"plan\" | \"plan\" | a predicate | events are \
             written `did \"name\"`, attributes without quotes"],
    );
    check(
        "plan == \"a\" && country = \"TR\"",
        &["1:13 && has no meaning here | && | - | write `and`"],
    );
    check(
        "(plan = \"a\" or plan = \"b\"",
        &["1:26 expected `and`, `or` or `)`, found the end of the text | the end of the text | \
             `and`, `or` or `)` | it closes the one at line 1, column 1"],
    );
    check(
        "plan = \"a\")",
        &["1:11 this parenthesis closes nothing | ) | - | remove it, or open one before"],
    );
    check(
        "plan = \"a\" country = \"TR\"",
        &["1:12 expected `and`, `or` or the end of the text, found country | country | `and`, \
             `or` or the end of the text | -"],
    );
    check(
        "plan = \"a\" and\nand country = \"TR\"\nor did",
        &[
            "2:1 expected a predicate, found and | and | a predicate | -",
            "3:7 expected an event name in quotes, found the end of the text | the end of the \
             text | an event name in quotes | -",
        ],
    );
}

#[test]
fn events_and_their_clauses() {
    check(
        "did",
        &["1:4 expected an event name in quotes, found the end of the text | the end of the \
             text | an event name in quotes | -"],
    );
    check(
        "did Purchase",
        &["1:5 expected an event name in quotes, found Purchase | Purchase | an event name in \
             quotes | put it in quotes: \"Purchase\""],
    );
    check(
        "did \"Purchase",
        &["1:5 the text that begins here has no end | \"Purchase | - | close it with \"; a line \
             break inside is written \\n"],
    );
    check(
        "did \"A\" 3 times",
        &["1:9 expected `at least`, `exactly` or `at most` before a number, found 3 | 3 | `at \
             least`, `exactly` or `at most` before a number | write `at least 3 times`, `exactly \
             3 times` or `at most 3 times`"],
    );
    check(
        "did \"A\" at lest 3 times",
        &["1:9 expected a clause such as `in last 30d` or `where`, found at | at | a clause \
             such as `in last 30d` or `where` | did you mean `at least`?"],
    );
    check(
        "did \"A\" in last 30",
        &["1:17 expected a length of time such as 30d, found 30 | 30 | a length of time such as \
             30d | write the unit: 30d for days, 30h for hours"],
    );
    check(
        "did \"A\" in last month",
        &["1:17 expected a length of time such as 30d, found month | month | a length of time \
             such as 30d | write 7d, 30d or 1 calendar month"],
    );
    check(
        "did \"A\" in lst 30d",
        &["1:9 expected a clause such as `in last 30d` or `where`, found in | in | a clause \
             such as `in last 30d` or `where` | did you mean `in last`?"],
    );
    check(
        "did \"A\" within 7d",
        &["1:16 `within` needs an anchor, as in `within 7d after first \"Signed Up\"`; a window \
             up to now is written `in last 7d` | - | - | -"],
    );
    check(
        "did \"A\" within 7d after \"B\"",
        &["1:25 expected `first` or `last`, found \"B\" | \"B\" | `first` or `last` | -"],
    );
    check(
        "did \"A\" in last 30d in last 7d",
        &["1:21 there is such a clause already | in | - | keep one, or join conditions with `and`"],
    );
    check(
        "did \"A\" and then not \"B\"",
        &["1:25 expected `for` and a length of time, found the end of the text | the end of the \
             text | `for` and a length of time | say for how long it did not follow, as in `for \
             24h`"],
    );
    check(
        "did \"A\" hours 25:00 to 26:00",
        &[
            "1:15 25:00 is not a time of day | 25:00 | - | write hours and minutes from 00:00 to \
             24:00",
            "1:24 26:00 is not a time of day | 26:00 | - | write hours and minutes from 00:00 to \
             24:00",
        ],
    );
    check(
        "did \"A\" on mondy",
        &["1:12 expected a weekday such as `monday`, found mondy | mondy | a weekday such as \
             `monday` | did you mean `monday`?"],
    );
    check(
        "did \"A\" in last 7 calendar dys",
        &["1:28 expected `days`, `weeks` or `months`, found dys | dys | `days`, `weeks` or \
             `months` | did you mean `days`?"],
    );
    check(
        "did \"A\" in last 7 calendar days in zone \"Europe/Istambul\"",
        &["1:41 there is no time zone \"Europe/Istambul\" | Europe/Istambul | an IANA name such \
             as Europe/Istanbul | did you mean \"Europe/Istanbul\"?"],
    );
    check(
        "did \"A\" since yesterday",
        &["1:15 expected a date such as 2026-03-01, found yesterday | yesterday | a date such \
             as 2026-03-01 | -"],
    );
    check(
        "did \"A\" since 2026-13-01",
        &["1:15 2026-13-01 is not a date | 2026-13-01 | - | write a date as 2026-03-01 or an \
             instant as 2026-03-01T09:00:00Z"],
    );
    check(
        "did \"A\" in last 99999999d",
        &["1:17 99999999d is not a length of time | 99999999d | - | write a whole number and \
             ms, s, m, h, d or w, at most 36500d"],
    );
    check(
        "did \"A\" without \"B\" after step 1",
        &["1:32 `without` belongs to a sequence, as in `did \"A\" then \"B\"` | - | - | -"],
    );
}

#[test]
fn conditions_and_attributes() {
    check(
        "did \"A\" after last \"B\" where x = 1",
        &["1:24 it is not clear which event this `where` is about | where | - | for the anchor \
             write `after last (\"B\" where …)`; else put `where` before `after`"],
    );
    check(
        "did \"A\" where amount",
        &["1:21 expected a comparison such as `= \"x\"`, `> 5` or `exists`, found the end of \
             the text | the end of the text | a comparison such as `= \"x\"`, `> 5` or `exists` | \
             -"],
    );
    check(
        "did \"A\" where amount > ",
        &["1:24 expected a value, found the end of the text | the end of the text | a value | -"],
    );
    check(
        "did \"A\" where amount > 50 and (plan = \"x\" or did \"B\")",
        &["1:46 did cannot stand among the conditions of an event | did | a condition on the \
             event | put the event and its `where` in parentheses, and the rest after them"],
    );
    check(
        "did \"A\" then \"B\" where x = 1 in last 7d then \"C\"",
        &["1:41 `then` cannot follow here | then | - | put windows after the last step"],
    );
    check(
        "plan = annual",
        &["1:8 expected a value, found annual | annual | a value | texts stand in quotes: \
             \"annual\""],
    );
    check(
        "plan = \u{201c}annual\u{201d}",
        &["1:8 texts stand in straight quotes | \u{201c}annual\u{201d} | - | write straight \
             quotes: \"annual\""],
    );
    check(
        "plan = null",
        &["1:8 expected a value, found null | null | a value | write `exists` or `not exists`"],
    );
    check(
        "plan conatins \"a\"",
        &["1:6 expected a comparison such as `= \"x\"`, `> 5` or `exists`, found conatins | \
             conatins | a comparison such as `= \"x\"`, `> 5` or `exists` | did you mean \
             `contains`?"],
    );
    check(
        "plan = \"a\\q\"",
        &["1:10 \\q is not an escape | \\q | - | write \\\\ for a backslash; the others are \
             \\\" \\` \\n \\r \\t and \\u{1f600}"],
    );
    check(
        "plan = \"a\" for 3d",
        &["1:16 expected `at least`, found 3d | 3d | `at least` | write `for at least 3d`"],
    );
    check(
        "plan = 99999999999999999999",
        &["1:8 99999999999999999999 is too large for a whole number | 99999999999999999999 | - \
             | write it with a point, as in 1.0e19"],
    );
    check(
        "did \"A\" at least 3 times in last 30x where x >< 5",
        &[
            "1:34 30x is not a length of time | 30x | - | write a whole number and ms, s, m, h, d \
             or w, at most 36500d",
            "1:47 expected a value, found < | < | a value | -",
        ],
    );
}

#[test]
fn values_and_other_predicates() {
    check(
        "count of \"A\" in last 30d",
        &["1:25 expected a comparison such as `> 5`, found the end of the text | the end of the \
             text | a comparison such as `> 5` | -"],
    );
    check(
        "last(x) of \"A\" in next 5d",
        &["1:16 expected a clause such as `in last 30d` or `where`, found in | in | a clause \
             such as `in last 30d` or `where` | a date relative to now is written `date last(x) \
             of \"E\" in next 5d`"],
    );
    check(
        "sum() of \"A\" > 5",
        &["1:5 expected the name of a property, found ) | ) | the name of a property | -"],
    );
    check(
        "share of category is \"Shoes\" in \"A\"",
        &["1:36 expected a comparison of the share such as `>= 0.5`, found the end of the text \
             | the end of the text | a comparison of the share such as `>= 0.5` | -"],
    );
    check(
        "mostly category is \"Shoes\" in \"A\" > 5",
        &["1:37 only `share of` is compared with a number | - | - | -"],
    );
    check(
        "lifecycle is at_risk",
        &["1:14 expected the key of a state in quotes, found at_risk | at_risk | the key of a \
             state in quotes | put it in quotes: \"at_risk\""],
    );
    check(
        "score \"churn\" is very_likely",
        &["1:18 expected `most_likely`, `moderately` or `least_likely`, found very_likely | \
             very_likely | `most_likely`, `moderately` or `least_likely` | -"],
    );
    check(
        "bucket 0 to 70000",
        &["1:13 expected a bucket from 0 to 10000, found 70000 | 70000 | a bucket from 0 to \
             10000 | -"],
    );
    check(
        "in segment loyal",
        &["1:12 expected the id of a segment in quotes, found loyal | loyal | the id of a \
             segment in quotes | put it in quotes: \"loyal\""],
    );
}
