//! What is said of wrong templates: all at once, with place and remedy.

use super::*;

fn said(source: &str) -> String {
    let problems = Template::parse(source).map(|_| ()).unwrap_err();
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn check(source: &str, expected: &str) {
    assert_eq!(said(source), expected, "{source}");
}

#[test]
fn words_that_nobody_knows() {
    check(
        "{{ a | upcse }}",
        "line 1, column 8: there is no filter \"upcse\"; did you mean \"upcase\"?",
    );
    check("{% iff a %}", "line 1, column 4: there is no tag \"iff\"; did you mean \"if\"?");
    check("{% include 'x' %}", "line 1, column 4: there is no tag \"include\"");
    check(
        "{% for i in a limmit: 2 %}{% endfor %}",
        "line 1, column 15: a loop has no option \"limmit\"; did you mean \"limit\"?",
    );
    check(
        "{% connected_content https://a.example :sav x %}",
        "line 1, column 40: connected_content has no option \":sav\"; did you mean \":save\"?"
            .replace("\":save\"?", "\"save\"?")
            .as_str(),
    );
}

#[test]
fn blocks_that_do_not_close() {
    check("{% if a %}x", "line 1, column 4: \"if\" is not closed; close it with {% endif %}");
    check(
        "a{% endif %}",
        "line 1, column 5: \"endif\" belongs to nothing that is open; remove it, or open its block before",
    );
    check(
        "{% if a %}{% for i in b %}{% endif %}",
        "line 1, column 14: \"for\" is not closed; close it with {% endfor %}",
    );
    check("{% raw %}", "line 1, column 4: \"raw\" is not closed; close it with {% endraw %}");
    check("{{ a", "line 1, column 1: this output is not closed; close it with }}");
    check("a\nb{% if", "line 2, column 2: this tag is not closed; close it with %}");
}

#[test]
fn signs_of_other_languages() {
    check(
        "{% if a = 1 %}{% endif %}",
        "line 1, column 9: \"=\" is not expected here; write == to compare",
    );
    check(
        "{% if a && b %}{% endif %}",
        "line 1, column 9: \"&\" is not expected here; write \"and\" between two conditions",
    );
    check(
        "{% if a %}{% else if b %}{% endif %}",
        "line 1, column 19: \"else if\" is not a tag; write elsif",
    );
    check(
        "{% assign x 1 %}",
        "line 1, column 13: = is missing after the name; write {% assign name = value %}",
    );
    check(
        "{{ 'abc }}",
        "line 1, column 4: this text is not closed; close it with the quote that opens it",
    );
    check(
        "{{ a. }}",
        "line 1, column 5: a name is missing after the dot; write names with blanks as [\"first name\"]",
    );
    check("{{ a[1 }}", "line 1, column 5: this is not closed with ]");
    check("{{ | upcase }}", "line 1, column 4: expected a value, found \"|\"");
    check("{{ a | }}", "line 1, column 8: expected the name of a filter, found the end");
    check("{% for i of a %}{% endfor %}", "line 1, column 10: expected \"in\", found \"of\"");
}

#[test]
fn braces_inside_a_tag() {
    check(
        "{% if {{${city}}} == 'x' %}{% endif %}",
        "line 1, column 7: expected a value, found \"{\"; inside a tag write the variable without {{ }}",
    );
}

#[test]
fn arguments_that_are_missing() {
    check(
        "{{ a | replace }}{{ a | upcase: 1 }}",
        "line 1, column 8: filter \"replace\" takes 1 to 2 arguments, here are 0; write arguments after \
         a colon, with commas between\n\
         line 1, column 25: filter \"upcase\" takes 0 arguments, here are 1; write arguments after a \
         colon, with commas between",
    );
}

#[test]
fn all_problems_are_said_at_once_and_in_order() {
    let source = "{{ a | nope1 }}\n{% if %}{{ 'x }}{% endif %}\n{% nope2 %}{{ b | nope3 }}";
    let lines: Vec<String> = said(source).lines().map(|l| l[..6].to_owned()).collect();
    assert_eq!(lines, ["line 1", "line 2", "line 2", "line 3", "line 3"]);
    let many = "{{ a | nope }}".repeat(1_000);
    assert_eq!(said(&many).lines().count(), crate::problem::PROBLEMS_MAX);
}
