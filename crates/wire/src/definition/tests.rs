//! The laws of the JSON form, its examples, and what it says of wrong definitions.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use segment::arbitrary::predicate;
use segment::tree::EventMatch;
use segment::{Catalogue, Lifecycle, Predicate, Problem, RfmSettings, Rules, parse, print};
use serde_json::{Value as Json, json};

use super::{from_json, read, read_and_check, to_json};

/// The same cases on every run, unless `PROPTEST_RNG_SEED` names other ones.
fn runner(cases: u32) -> TestRunner {
    let mut config = Config { cases, failure_persistence: None, ..Config::default() };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(1);
    }
    TestRunner::new(config)
}

/// Trees are compared by their `Debug` form too, because `1` and `1.0` are equal values.
fn same(read: &(Predicate, Vec<Problem>), tree: &Predicate) -> Result<(), TestCaseError> {
    prop_assert_eq!(&read.1, &Vec::new());
    prop_assert_eq!(format!("{:?}", read.0), format!("{tree:?}"));
    prop_assert_eq!(&read.0, tree);
    Ok(())
}

#[test]
fn reading_what_is_printed_gives_the_same_tree() {
    runner(2_000)
        .run(&predicate(), |tree| {
            let json = to_json(&tree);
            same(&from_json(&json), &tree)?;
            same(&read(&json.to_string()), &tree)?;
            same(&read(&serde_json::to_string_pretty(&json).unwrap()), &tree)
        })
        .unwrap();
}

/// Twenty thousand damaged definitions: reading never panics, and every problem has a place.
#[test]
fn damaged_texts_are_read_with_problems_in_place() {
    let piece = proptest::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        "\"",
        ",",
        ":",
        "null",
        "true",
        "-1",
        "1e999",
        "{}",
        "[]",
        "\"x\"",
        "\"type\":",
        "\"of\":",
        "\n",
        "é",
        "\\",
        "99999999999999999999",
        "0.5",
        "\"30d\"",
        "😀",
    ]);
    let edit = (0.0f64..1.0, 0.0f64..0.05, piece);
    let edits = proptest::collection::vec(edit, 1..4);
    runner(1_000)
        .run(&(predicate(), proptest::collection::vec(edits, 20)), |(tree, damages)| {
            let text = to_json(&tree).to_string();
            for edits in damages {
                let mut damaged: Vec<char> = text.chars().collect();
                for (at, length, piece) in edits {
                    let from = (damaged.len() as f64 * at) as usize;
                    let to = from + ((damaged.len() - from) as f64 * length) as usize;
                    damaged.splice(from..to, piece.chars());
                }
                check_places(&damaged.into_iter().collect::<String>())?;
            }
            Ok(())
        })
        .unwrap();
}

/// Twenty thousand definitions whose values are of the wrong kind, but whose JSON is right.
#[test]
fn wrong_values_are_read_with_problems_in_place() {
    let value = proptest::sample::select(vec![
        json!(null),
        json!(-1),
        json!(1.5),
        json!(true),
        json!("x"),
        json!([]),
        json!({}),
        json!([1, [2]]),
        json!({"a": 1}),
        json!("30d"),
        json!(u64::MAX),
        json!({"time": "soon"}),
    ]);
    let damages = proptest::collection::vec((any::<prop::sample::Index>(), value), 20);
    runner(1_000)
        .run(&(predicate(), damages), |(tree, damages)| {
            let json = to_json(&tree);
            for (index, value) in damages {
                let mut damaged = json.clone();
                let n_values = count(&damaged);
                replace(&mut damaged, &mut index.index(n_values), &value);
                check_places(&serde_json::to_string_pretty(&damaged).unwrap())?;
            }
            Ok(())
        })
        .unwrap();
}

fn children(json: &mut Json) -> Vec<&mut Json> {
    match json {
        Json::Array(items) => items.iter_mut().collect(),
        Json::Object(map) => map.values_mut().collect(),
        _ => Vec::new(),
    }
}

fn count(json: &Json) -> usize {
    1 + children(&mut json.clone()).into_iter().map(|child| count(child)).sum::<usize>()
}

/// Replaces the value at a place in order of depth first; whether it did.
fn replace(json: &mut Json, place: &mut usize, with: &Json) -> bool {
    if *place == 0 {
        *json = with.clone();
        return true;
    }
    *place -= 1;
    children(json).into_iter().any(|child| replace(child, place, with))
}

fn check_places(text: &str) -> Result<(), TestCaseError> {
    let (tree, problems) = read(text);
    let lines: Vec<&str> = text.split('\n').collect();
    for problem in &problems {
        let (line, column) = (problem.line.unwrap_or(0), problem.column.unwrap_or(0));
        let width = lines.get((line as usize).wrapping_sub(1)).map(|l| l.chars().count());
        let inside = width.is_some_and(|width| (1..=width + 1).contains(&(column as usize)));
        prop_assert!(inside, "{text}\n{problem:?}");
    }
    if problems.is_empty() {
        same(&from_json(&to_json(&tree)), &tree)?;
    }
    Ok(())
}

#[test]
fn both_forms_say_the_same() {
    for (text, json) in [
        (
            "sum(amount) of \"Purchase\" in last 30d > 500",
            json!({"type": "event", "event": "Purchase", "within": {"last": "30d"},
                   "measure": {"sum": "amount"}, "op": "gt", "value": 500}),
        ),
        (
            "did \"Purchase\" at least 3 times where amount > 50",
            json!({"type": "event", "event": "Purchase", "op": "ge", "value": 3,
                   "where": [{"property": "amount", "op": "gt", "value": 50}]}),
        ),
        (
            "did any event hours 22:30 to 00:30 on monday",
            json!({"type": "event", "event": "*", "op": "ge", "value": 1,
                   "within": {"hours": ["22:30", "00:30"], "weekdays": ["monday"]}}),
        ),
        (
            "days of any of [\"A\", \"B\"] in last 7 calendar days in zone \"Europe/Istanbul\" >= 2.5",
            json!({"type": "event", "event": ["A", "B"], "measure": {"days": {}},
                   "within": {"last": 7, "unit": "calendar_day", "tz": "Europe/Istanbul"},
                   "op": "ge", "value": 2.5}),
        ),
        (
            "plan = \"Annual\" ignoring case for at least 3d and app version < \"2.10\"",
            json!({"type": "all", "of": [
                {"type": "profile", "attribute": "plan", "op": "eq", "value": "Annual",
                 "case": "insensitive", "for_at_least": "3d"},
                {"type": "profile", "attribute": "app", "op": "version_lt", "value": "2.10"}]}),
        ),
        (
            "did \"A\" then \"B\" where same x within 7d in last 180d without \"C\" after step 1",
            json!({"type": "sequence",
                   "steps": [{"event": "A"}, {"event": "B", "where": [{"same": ["x"]}]}],
                   "complete_within": "7d", "within": {"last": "180d"},
                   "without": [{"event": "C", "after_step": 1}]}),
        ),
        (
            "not did \"Purchase\" after last \"Add To Cart\"",
            json!({"type": "not", "of": {"type": "since",
                   "anchor": {"event": "Add To Cart", "pick": "last"},
                   "predicate": {"type": "event", "event": "Purchase", "within": {"after": null},
                                 "op": "ge", "value": 1}}}),
        ),
        (
            "did \"A\" and then not \"B\" where x > 2026-01-01 for 1d with same y",
            json!({"type": "absence", "did": {"event": "A"}, "for": "1d", "hold": ["y"],
                   "then_not": {"event": "B", "where": [
                       {"property": "x", "op": "gt",
                        "value": {"time": "2026-01-01T00:00:00.000Z"}}]}}),
        ),
        (
            "count of \"W\" in last 14d below 0.5 of own 60d baseline",
            json!({"type": "baseline", "event": "W", "window": "14d", "against": "60d",
                   "op": "lt", "value": 0.5}),
        ),
        (
            "share of category is \"Shoes\" in \"V\" in last 90d min 5 events >= 0.5",
            json!({"type": "affinity", "event": "V", "property": "category", "is": "Shoes",
                   "mode": "share", "op": "ge", "value": 0.5, "min_events": 5,
                   "within": {"last": "90d"}}),
        ),
        (
            "date last(ends_at) of \"S\" in next 5d",
            json!({"type": "date", "event": "S", "property": "ends_at", "pick": "last",
                   "op": "in_next", "value": "5d"}),
        ),
        (
            "lifecycle is \"at_risk\" for at least 3d was \"loyal\"",
            json!({"type": "lifecycle", "is": ["at_risk"], "for_at_least": "3d", "was": "loyal"}),
        ),
        ("rfm is \"champions\" r 4 to 5", json!({"type": "rfm", "is": ["champions"], "r": [4, 5]})),
        (
            "location within 500 metres of 41.01, 28.97",
            json!({"type": "location", "within": {"lat": 41.01, "lon": 28.97, "radius_m": 500.0}}),
        ),
        ("bucket 0 to 1000", json!({"type": "bucket", "from": 0, "to": 1000})),
        ("everyone", json!({"type": "all", "of": []})),
    ] {
        let (from_text, problems) = parse(text);
        assert_eq!(problems, [], "{text}");
        assert_eq!(from_json(&json), (from_text.clone(), vec![]), "{text}");
        assert_eq!(to_json(&from_text), json, "{text}");
        assert_eq!(print(&from_text), text);
    }
}

#[test]
fn other_spellings_are_read_too() {
    for (json, text) in [
        (json!({"type": "event", "event": "A"}), "did \"A\""),
        (
            json!({"type": "event", "event": "A", "measure": {"count": {}},
                   "within": {"hours": [22.5, 0.5]}}),
            "did \"A\" hours 22:30 to 00:30",
        ),
        (json!({"type": "lifecycle", "is": "new"}), "lifecycle is \"new\""),
        (
            json!({"type": "event", "event": "A", "within": {"last": 2, "unit": "calendar_week"}}),
            "did \"A\" in last 2 calendar weeks",
        ),
        (
            json!({"type": "event", "event": "A", "where": [
                {"any": [{"property": "x", "op": "exists"}, {"not": {"first_time": true}}]}]}),
            "did \"A\" where x exists or not first time",
        ),
    ] {
        assert_eq!(from_json(&json), (parse(text).0, vec![]), "{text}");
    }
}

/// `line:column path message | found | expected | hint` of every problem.
fn said(text: &str) -> Vec<String> {
    let part = |part: &Option<String>| part.clone().unwrap_or_else(|| "-".to_owned());
    let (_, problems) = read(text);
    problems
        .iter()
        .map(|p| {
            let (line, column) = (p.line.unwrap(), p.column.unwrap());
            let [path, found, expected, hint] = [&p.path, &p.found, &p.expected, &p.hint].map(part);
            format!("{line}:{column} {path} {} | {found} | {expected} | {hint}", p.message)
        })
        .collect()
}

#[test]
fn wrong_definitions_are_explained() {
    for (text, expected) in [
        (
            r#"{"type": "event", "event": "A", "wher": []}"#,
            vec![concat!(
                r#"1:41 wher there is no field "wher" here | wher | one of type, event, "#,
                r#"where, within, measure, op, value | did you mean "where"?"#,
            )],
        ),
        (
            r#"{"type": "evnt"}"#,
            vec![concat!(
                r#"1:10 type there is no predicate of type "evnt" | evnt | one of all, "#,
                r#"any, not, event, profile, sequence, since, absence, baseline, affinity, "#,
                r#"date, segment, lifecycle, rfm, score, list, reachable, location, bucket "#,
                r#"| did you mean "event"?"#,
            )],
        ),
        (r#"{"of": []}"#, vec![r#"1:1  the field "type" is missing | nothing | a text | -"#]),
        (
            r#"{"type": "any", "of": [
  {"type": "segment", "id": "a"},
  {"type": "event", "event": "A", "where": [{"property": "x", "op": "gtt", "value": 1}], "within": {"last": "30x"}}
]}"#,
            vec![
                concat!(
                    r#"3:69 of[1].where[0].op "gtt" is no op that exists | "gtt" | one of eq, "#,
                    r#"ne, lt, le, gt, ge, between, in, not_in, contains, not_contains, "#,
                    r#"starts_with, ends_with, matches, exists, not_exists, version_lt, "#,
                    r#"version_le, version_eq, version_ne, version_ge, version_gt | did you "#,
                    r#"mean "gt"?"#,
                ),
                concat!(
                    r#"3:109 of[1].within.last expected a length of time such as "30d", found "#,
                    r#""30x" | "30x" | a length of time such as "30d" | -"#,
                ),
            ],
        ),
        (
            r#"{"type": "profile", "attribute": "a", "op": "eq", "value": null}"#,
            vec![concat!(
                r#"1:1  the field "value" is missing or null | - | what to compare with | "#,
                r#"to ask whether there is a value use the operators `exists` and "#,
                r#"`not_exists`"#,
            )],
        ),
        (
            r#"{"type": "profile", "attribute": "a", "op": "between", "value": [1]}"#,
            vec![concat!(
                r#"1:65 value expected a list of two values, found a list | a list | a "#,
                r#"list of two values | -"#,
            )],
        ),
        (
            r#"{"type": "profile", "attribute": "a", "op": "exists", "value": 1}"#,
            vec![concat!(
                r#"1:64 value expected no value for this operator, found 1 | 1 | no value "#,
                r#"for this operator | -"#,
            )],
        ),
        (
            r#"{"type": "event", "event": "A", "within": {"last": 7, "unit": "day"}}"#,
            vec![concat!(
                r#"1:63 within.unit expected one of calendar_day, week, month, "#,
                r#"calendar_week, calendar_month, found "day" | "day" | one of "#,
                r#"calendar_day, week, month, calendar_week, calendar_month | -"#,
            )],
        ),
        (
            r#"{"type": "event", "event": "A", "within": {"hours": ["25:00", 3]}}"#,
            vec![concat!(
                r#"1:54 within.hours[0] expected a time of day such as "22:30" or 22.5, "#,
                r#"found "25:00" | "25:00" | a time of day such as "22:30" or 22.5 | -"#,
            )],
        ),
        (
            r#"{"type": "event", "event": "A", "measure": {"total": "x"}, "op": "gt", "value": 1}"#,
            vec![
                concat!(
                    r#"1:44 measure the object names no measure | - | one of count, days, sum, "#,
                    r#"avg, min, max, distinct, first, last | -"#,
                ),
                concat!(
                    r#"1:54 measure.total there is no field "total" here | total | one of "#,
                    r#"count, days, sum, avg, min, max, distinct, first, last | -"#,
                ),
            ],
        ),
        (
            r#"{"type": "since", "anchor": {"event": "A", "pick": "latest"}, "predicate": {"type": "segment", "id": "x"}}"#,
            vec![
                concat!(
                    r#"1:52 anchor.pick expected one of first, last, found "latest" | "latest" "#,
                    r#"| one of first, last | did you mean "last"?"#,
                ),
                concat!(
                    r#"1:85 predicate.type expected one of event, found "segment" | "segment" "#,
                    r#"| one of event | -"#,
                ),
            ],
        ),
        (
            r#"{"type": "rfm", "r": [4]}"#,
            vec![concat!(
                r#"1:22 r expected two scores such as [4, 5], found a list | a list | two "#,
                r#"scores such as [4, 5] | -"#,
            )],
        ),
        (
            r#"{"type": "event", "event": 5}"#,
            vec![concat!(
                r#"1:28 event expected a text or a list of texts, found 5 | 5 | a text or "#,
                r#"a list of texts | -"#,
            )],
        ),
        (
            r#"{"type": "event", "event": "A""#,
            vec![concat!(
                r#"1:30 - the JSON cannot be read: EOF while parsing an object | - | - | "#,
                r#"write a definition as a JSON object, or in its text form"#,
            )],
        ),
    ] {
        assert_eq!(said(text), expected, "{text}");
    }
}

fn rules() -> Rules {
    Rules {
        zone: model::Zone::utc(),
        seed: 1,
        segments: Default::default(),
        composites: Default::default(),
        lifecycle: Lifecycle { states: vec![] },
        rfm: RfmSettings::of(EventMatch::named("A"), None),
    }
}

#[test]
fn checks_find_their_place_in_either_form() {
    let rules = rules();
    let text = "everyone\nand in segment \"x\"";
    let json = "{\"type\": \"all\", \"of\": [{\"type\": \"all\", \"of\": []},\n\
                \t{\"type\": \"segment\", \"id\": \"x\"}]}";
    for (definition, column) in [(text, 16), (json, 28)] {
        let (_, problems) = read_and_check(definition, &Catalogue::default(), &rules);
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].code, "segment.unknown_segment");
        assert_eq!((problems[0].line, problems[0].column), (Some(2), Some(column)));
    }
}

#[test]
fn a_slip_in_the_language_does_not_hide_unknown_names() {
    let mut catalogue = Catalogue::default();
    catalogue.event("Purchase");
    catalogue.property("Purchase", "amount", segment::catalogue::Kinds::default());
    let text = "did \"Purchas\" where amout > 20 and did \"Purchase\" at least 3 tmes";
    let (_, problems) = read_and_check(text, &catalogue, &rules());
    let mut brief: Vec<_> = problems
        .iter()
        .map(|problem| {
            (problem.column.unwrap(), problem.code, problem.hint.clone().unwrap_or_default())
        })
        .collect();
    brief.sort();
    let hint = |name: &str| format!("did you mean {name}?");
    assert_eq!(
        brief,
        [
            (5, "segment.unknown_event", hint("\"Purchase\"")),
            (21, "segment.unknown_property", hint("\"amount\"")),
            (62, "segment.syntax", hint("`times`")),
        ]
    );
}

#[test]
fn nesting_beyond_the_bound_is_a_problem_and_not_a_crash() {
    let mut json = json!({"type": "all", "of": []});
    for _ in 0..1_000 {
        json = json!({"type": "not", "of": json});
    }
    assert_eq!(from_json(&json).1[0].code, "segment.too_large");
    let mut condition = json!({"first_time": true});
    for _ in 0..1_000 {
        condition = json!({"not": condition});
    }
    let json = json!({"type": "event", "event": "A", "where": [condition]});
    assert_eq!(from_json(&json).1[0].code, "segment.too_large");
    assert_eq!(read(&"{\"a\":".repeat(5_000)).1[0].code, "segment.syntax");
    assert_eq!(read(&format!("{{{}", " ".repeat(70_000))).1[0].code, "segment.too_large");
}
