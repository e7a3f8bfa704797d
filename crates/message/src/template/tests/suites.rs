//! The text suites, which other engines are compared with too (`tests/liquid` at the root).

use super::*;

const DATA: &str = include_str!("../../../suites/data.json");
const SUITES: &[(&str, &str)] = &[
    ("text", include_str!("../../../suites/text.md")),
    ("lists", include_str!("../../../suites/lists.md")),
    ("numbers", include_str!("../../../suites/numbers.md")),
    ("dates", include_str!("../../../suites/dates.md")),
    ("tags", include_str!("../../../suites/tags.md")),
];

#[test]
fn every_line_renders_what_it_says() {
    let data = parse_json(DATA).unwrap();
    let mut wrong = Vec::new();
    let mut n = 0;
    for (name, suite) in SUITES {
        let inside = suite.split("```cases\n").nth(1).unwrap().split("\n```").next().unwrap();
        for line in inside.lines() {
            let (template, rest) = line.split_once(" =>").unwrap_or_else(|| panic!("{line}"));
            let expected = rest.split("# differs:").next().unwrap();
            let expected = expected.strip_prefix(' ').unwrap_or(expected).replace("\\n", "\n");
            let source = template.replace("\\n", "\n");
            let rendered = match Template::parse(&source) {
                Ok(template) => template.render(&data, &context()).unwrap(),
                Err(problems) => problems[0].to_string(),
            };
            // What stands at the end of a line is not seen.
            if rendered.trim_end() != expected.trim_end() {
                wrong.push(format!(
                    "{name}: {template}\n  expected {expected}\n  rendered {rendered}"
                ));
            }
            n += 1;
        }
    }
    assert!(wrong.is_empty(), "{} of {n}\n{}", wrong.len(), wrong.join("\n"));
    assert!(n > 140, "{n}");
}
