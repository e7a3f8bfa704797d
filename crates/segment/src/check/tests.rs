//! What the checks say of definitions that can be read.

use model::{Text, Zone};

use super::{Subject, check, check_as};
use crate::catalogue::{Catalogue, Kind, Kinds};
use crate::problem::{Problem, Severity, fatal};
use crate::rules::{Lifecycle, RfmSettings, Rules, State};
use crate::text::{parse, read};
use crate::tree::*;

fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::default();
    let kinds = |kind| Kinds::default().with(kind);
    catalogue.event("App Launched");
    catalogue.property("Purchase", "amount", kinds(Kind::Float).with(Kind::Int));
    catalogue.property("Purchase", "product_id", kinds(Kind::Text));
    catalogue.property("Purchase", "tags", kinds(Kind::List));
    catalogue.property("Add To Cart", "product_id", kinds(Kind::Text));
    catalogue.attribute("plan", kinds(Kind::Text));
    catalogue.attribute("age", kinds(Kind::Int));
    catalogue
}

fn rules(segments: &[(&str, &str)], states: &[(&str, &str)]) -> Rules {
    let tree = |text: &str| {
        let (tree, problems) = parse(text);
        assert!(problems.is_empty(), "{text}: {problems:?}");
        tree
    };
    let state = |(key, text): &(&str, &str)| State {
        key: Text::new(key),
        name: Text::new(key),
        predicate: tree(text),
    };
    let composite = |names: &[&str]| names.iter().map(|name| EventMatch::named(name)).collect();
    Rules {
        zone: Zone::utc(),
        seed: 1,
        segments: segments.iter().map(|(id, text)| (Text::new(id), tree(text))).collect(),
        composites: [
            (Text::new("Shopping"), composite(&["Purchase", "Add To Cart"])),
            (Text::new("Nested"), composite(&["Shopping"])),
        ]
        .into(),
        lifecycle: Lifecycle { states: states.iter().map(state).collect() },
        rfm: RfmSettings::of(EventMatch::named("Purchase"), None),
    }
}

/// Every problem as `code @ path: message; hint`, with the severity where it is not an error.
fn said(problems: &[Problem]) -> Vec<String> {
    problems
        .iter()
        .map(|p| {
            let warning = if p.severity == Severity::Error { "" } else { "warning " };
            let hint = p.hint.as_deref().map(|hint| format!("; {hint}")).unwrap_or_default();
            let path = p.path.as_deref().unwrap_or("nowhere");
            format!("{warning}{} @ {path}: {}{hint}", &p.code["segment.".len()..], p.message)
        })
        .collect()
}

fn says(text: &str, expected: &[&str]) {
    let rules = rules(&[("loyal", "everyone")], &[("at_risk", "nobody")]);
    let (tree, problems) = parse(text);
    assert!(problems.is_empty(), "{text}: {problems:?}");
    assert_eq!(said(&check(&tree, &catalogue(), &rules)), expected, "{text}");
}

#[test]
fn what_is_known_and_fits_has_no_problem() {
    for text in [
        "did \"Purchase\" at least 2 times in last 30d where amount > 5 and tags contains \"a\"",
        "did \"Shopping\" where product_id = \"x\"",
        "sum(amount) of \"Purchase\" > 5 and plan starts with \"a\" and age between 18 and 30",
        "did \"Add To Cart\" then \"Purchase\" where same product_id",
        "did \"Purchase\" where same product_id after last \"Add To Cart\"",
        "did \"Add To Cart\" and then not \"Purchase\" for 1d with same product_id",
        "in segment \"loyal\" and lifecycle is \"at_risk\" and rfm is \"champions\" r 4 to 5",
        "last(amount) of any event > 5 and mostly hour in [9, 10] in \"Purchase\"",
    ] {
        says(text, &[]);
    }
}

#[test]
fn unknown_names_are_warned_of_or_refused() {
    says(
        "did \"Purchse\" and did \"Purchase\" where amuont > 5 and plam = \"a\"",
        &[
            "warning unknown_event @ of[0].event: event \"Purchse\" was never seen; did you mean \
             \"Purchase\"?",
            "warning unknown_property @ of[1].where[0].property: property \"amuont\" was never seen \
             on event \"Purchase\"; did you mean \"amount\"?",
            "warning unknown_property @ of[1].where[1].property: property \"plam\" was never seen \
             on event \"Purchase\"",
        ],
    );
    says(
        "not in segment \"loyl\" or lifecycle is \"at_rsk\" was \"new\" or rfm is \"champion\"",
        &[
            "unknown_segment @ of[0].of.id: there is no segment \"loyl\"; did you mean \"loyal\"?",
            "unknown_state @ of[1].is: there is no lifecycle state \"at_rsk\"; did you mean \
             \"at_risk\"?",
            "unknown_state @ of[1].was: there is no lifecycle state \"new\"",
            "unknown_group @ of[2].is: there is no RFM group \"champion\"; did you mean \
             \"champions\"?",
        ],
    );
    says(
        "country = \"TR\"",
        &["warning unknown_attribute @ attribute: attribute \"country\" was never seen"],
    );
}

#[test]
fn kinds_that_never_compare_are_noticed() {
    says(
        "sum(product_id) of \"Purchase\" > 5",
        &[
            "warning wrong_type @ measure: property \"product_id\" is text so far, so it has no sum \
           of numbers; count its values with `distinct`, or choose a property with numbers",
        ],
    );
    says(
        "plan = 5 and age = \"5\"",
        &[
            "warning wrong_type @ of[0].value: attribute \"plan\" is text so far, which never \
             compares so",
            "warning wrong_type @ of[1].value: attribute \"age\" is int so far, which never \
             compares so",
        ],
    );
    says(
        "plan < [\"a\"] and age = 5 ignoring case and plan version > \"new\"",
        &[
            "wrong_type @ of[0].value: a list is not less or greater; use `contains` or `in`",
            "warning wrong_type @ of[0].value: attribute \"plan\" is text so far, which never \
             compares so",
            "warning wrong_type @ of[1].case: letter case only matters among texts; remove \
             `ignoring case`",
            "wrong_type @ of[2].value: \"new\" is not a version",
        ],
    );
    says(
        "count of \"Purchase\" contains \"a\"",
        &["wrong_type @ value: a count is a number, not a text"],
    );
    says(
        "plan matches \"a(\"",
        &[
            "wrong_pattern @ value: the regular expression \"a(\" cannot be read: unclosed group; for \
           a plain part of a text use `contains`",
        ],
    );
}

#[test]
fn ranges_that_hold_nothing_are_refused() {
    let not_a_range = |path: &str, found: &str, expected: &str| {
        format!("wrong_range @ {path}: {found} is not a range that can be; write {expected}")
    };
    for (text, expected) in [
        (
            "did \"Purchase\" between 2026-02-01 and 2026-01-01",
            not_a_range(
                "within.between",
                "2026-02-01T00:00:00.000Z to 2026-01-01T00:00:00.000Z",
                "the earlier instant first",
            ),
        ),
        (
            "did \"Purchase\" from 30d ago to 60d ago",
            not_a_range("within.from_ago", "30d ago to 60d ago", "the longer time ago first"),
        ),
        (
            "did \"Purchase\" hours 9:00 to 9:00",
            not_a_range(
                "within.hours",
                "09:00 to 09:00",
                "two different times of day, 00:00 to 24:00",
            ),
        ),
        (
            "did \"Purchase\" in last 0 calendar days",
            not_a_range("within.last", "0", "1 to 36500 units"),
        ),
        (
            "did \"Purchase\" in last 0d",
            "wrong_range @ within.last: a length of time of 0ms leaves nothing to look at".into(),
        ),
        (
            "age between 30 and 18",
            "wrong_range @ value: the first value is greater than the second".into(),
        ),
        ("plan in []", "empty @ value: the list has no values".into()),
        ("plan exactly in 36h", "wrong_range @ value: 36h is not a number of whole days".into()),
        ("rfm r 4 to 2", "wrong_range @ r: 4 to 2 is not a range of scores".into()),
        ("bucket 5 to 5", "wrong_range @ to: 5 to 5 is not a range of buckets".into()),
        (
            "did \"Purchase\" then \"Purchase\" without \"Purchase\" after step 2",
            "wrong_range @ without[0].after_step: there is nothing between step 2 and the next"
                .into(),
        ),
    ] {
        says(text, &[&expected]);
    }
}

#[test]
fn what_belongs_elsewhere_is_refused() {
    let same = "`same` needs an event before this one; put it on the later of the two events";
    for (text, path) in [
        ("did \"Purchase\" where same product_id", "where[0].same"),
        ("did \"Purchase\" where same product_id then \"Purchase\"", "steps[0].where[0].same"),
        (
            "did \"Purchase\" after last (\"Purchase\" where same product_id)",
            "anchor.where[0].same",
        ),
    ] {
        says(text, &[&format!("misplaced @ {path}: {same}")]);
    }
    let within = Window::range(Range::After(None));
    let event = EventPredicate {
        of: EventMatch::named("Purchase"),
        within,
        measure: Measure::Count,
        test: Test::at_least(1),
    };
    let problems = check(&Predicate::Event(event), &catalogue(), &rules(&[], &[]));
    assert_eq!(problems[0].code, "segment.misplaced");
    for steps in [1, 21] {
        let sequence = SequencePredicate {
            steps: vec![EventMatch::named("Purchase"); steps],
            complete_within: None,
            within: Window::ALL,
            without: vec![],
        };
        let problems = check(&Predicate::Sequence(sequence), &catalogue(), &rules(&[], &[]));
        assert_eq!(problems[0].path.as_deref(), Some("steps"), "{steps}");
    }
}

#[test]
fn what_cannot_be_evaluated_yet_is_refused() {
    for text in [
        "score \"churn_30d\" is most_likely",
        "in list \"vip\"",
        "reachable by push",
        "location in country \"TR\"",
    ] {
        let (tree, _) = parse(text);
        let problems = check(&tree, &catalogue(), &rules(&[], &[]));
        assert_eq!(problems[0].code, "segment.not_available", "{text}");
        assert!(fatal(&problems));
    }
}

#[test]
fn composite_events_have_real_members() {
    says(
        "did \"Nested\"",
        &[
            "wrong_composite @ event: composite event \"Nested\" has the composite event \"Shopping\" \
           as a member; name the members of \"Shopping\" themselves",
        ],
    );
}

#[test]
fn cycles_are_refused_with_the_path_that_closes_them() {
    let rules = rules(
        &[
            ("a", "everyone"),
            ("b", "plan = \"x\" and in segment \"a\""),
            ("c", "lifecycle is \"new\""),
            ("d", "in segment \"e\""),
            ("e", "not in segment \"d\""),
        ],
        &[("new", "nobody"), ("old", "everyone")],
    );
    let cycles = |subject: Subject, text: &str| {
        let problems = check_as(&subject, &parse(text).0, &catalogue(), &rules);
        let cycles = problems.into_iter().filter(|p| p.code == "segment.cycle");
        cycles.map(|p| (p.path.unwrap(), p.found.unwrap())).collect::<Vec<_>>()
    };
    let one = |path: &str, cycle: &str| vec![(path.to_owned(), cycle.to_owned())];
    let segment = |id: &str| Subject::Segment(Text::new(id));
    let state = |key: &str| Subject::State(Text::new(key));
    let to_b = "not (in segment \"b\" or age > 5)";
    assert_eq!(cycles(segment("a"), to_b), one("of.of[0].id", "a → b → a"));
    assert_eq!(cycles(segment("a"), "in segment \"a\""), one("id", "a → a"));
    assert_eq!(cycles(Subject::Unnamed, to_b), []);
    assert_eq!(cycles(Subject::Unnamed, "in segment \"d\""), one("id", "d → e → d"));
    assert_eq!(cycles(state("old"), "in segment \"c\""), one("id", "lifecycle → c → lifecycle"));
    assert_eq!(cycles(state("old"), "lifecycle is \"new\""), one("is", "lifecycle → lifecycle"));
    assert_eq!(cycles(segment("c"), "in segment \"b\""), []);
}

#[test]
fn a_long_chain_of_references_is_refused() {
    let ids: Vec<String> = (0..200).map(|i| format!("s{i}")).collect();
    let texts: Vec<String> = (0..200).map(|i| format!("in segment \"s{}\"", i + 1)).collect();
    let mut segments: Vec<(&str, &str)> =
        ids.iter().zip(&texts).map(|(id, text)| (id.as_str(), text.as_str())).collect();
    segments.push(("s200", "everyone"));
    let rules = rules(&segments, &[]);
    let problems = check(&parse("in segment \"s0\"").0, &catalogue(), &rules);
    assert_eq!(problems[0].code, "segment.too_large");
    assert_eq!(check(&parse("in segment \"s150\"").0, &catalogue(), &rules), []);
}

#[test]
fn problems_find_their_place_in_the_text() {
    let text = "plan = \"a\" and\n  did \"Purchase\" where (amount > 5 and amuont > 5)\n  or not \
                in segment \"x\"";
    let reading = read(text);
    assert_eq!(reading.problems, []);
    let mut problems = check(&reading.predicate, &catalogue(), &rules(&[], &[]));
    reading.places.locate(&mut problems);
    let places: Vec<_> = problems.iter().map(|p| (p.line.unwrap(), p.column.unwrap())).collect();
    assert_eq!(places, [(2, 40), (3, 21)], "{problems:?}");
}
