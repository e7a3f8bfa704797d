//! Laws that hold for every tree and every text.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use super::list;
use crate::arbitrary::predicate;
use crate::text::{parse, print};
use crate::tree::Predicate;

/// The same cases on every run, unless `PROPTEST_RNG_SEED` names other ones.
fn runner(cases: u32) -> TestRunner {
    let mut config = Config { cases, failure_persistence: None, ..Config::default() };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(1);
    }
    TestRunner::new(config)
}

/// Trees are compared by their `Debug` form too, because `1` and `1.0` are equal values.
fn assert_same(read: &Predicate, tree: &Predicate, text: &str) -> Result<(), TestCaseError> {
    prop_assert_eq!(read, tree, "{}", text);
    prop_assert_eq!(format!("{read:?}"), format!("{tree:?}"), "{}", text);
    Ok(())
}

#[test]
fn reading_what_is_printed_gives_the_same_tree() {
    runner(3_000)
        .run(&predicate(), |tree| {
            let text = print(&tree);
            let (read, problems) = parse(&text);
            prop_assert!(problems.is_empty(), "{text}\n{}", list(&problems));
            assert_same(&read, &tree, &text)?;
            prop_assert_eq!(print(&read), text);
            Ok(())
        })
        .unwrap();
}

/// Twenty thousand damaged texts: reading never panics, and every problem has a place in the text.
#[test]
fn damaged_texts_are_read_with_problems_in_place() {
    let piece = proptest::sample::select(vec![
        "(",
        ")",
        "[",
        "]",
        "\"",
        "`",
        ",",
        " and ",
        " or ",
        " not ",
        " where ",
        " in ",
        "did ",
        "\\",
        "30d",
        "2026-01-01",
        "22:30",
        "99:99",
        "-",
        "1e999",
        "9999999999999999999",
        "99999999999w",
        "\n",
        "é",
        "\u{0}",
        "\u{202e}",
        "😀",
        " then ",
        " between ",
        "=",
        ">",
        "any of ",
        " within ",
        " after ",
        "date ",
        "share of ",
        "0",
        " times",
        "@1",
        "\\u{",
        "''",
        " is ",
        "2026-99-99",
    ]);
    let edit = (0.0f64..1.0, 0.0f64..0.1, prop_oneof![piece.prop_map(str::to_owned), ".{0,3}"]);
    let edits = proptest::collection::vec(edit, 1..5);
    runner(1_000)
        .run(&(predicate(), proptest::collection::vec(edits, 20)), |(tree, damages)| {
            let text = print(&tree);
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

fn check_places(text: &str) -> Result<(), TestCaseError> {
    let (read, problems) = parse(text);
    let lines: Vec<&str> = text.split('\n').collect();
    for problem in &problems {
        let (line, column) = (problem.line.unwrap_or(0), problem.column.unwrap_or(0));
        let width = lines.get((line as usize).wrapping_sub(1)).map(|l| l.chars().count());
        let inside = width.is_some_and(|width| (1..=width + 1).contains(&(column as usize)));
        prop_assert!(inside, "{text}\n{problem}");
    }
    if problems.is_empty() {
        let printed = print(&read);
        let (again, problems) = parse(&printed);
        prop_assert!(problems.is_empty(), "{text}\n{printed}\n{}", list(&problems));
        assert_same(&again, &read, &printed)?;
    }
    Ok(())
}

#[test]
fn nesting_beyond_the_bound_is_a_problem_and_not_a_crash() {
    for opening in ["(", "not ", "all of (", "did \"A\" where (", "x = ["] {
        let text = opening.repeat(10_000);
        let (_, problems) = parse(&text);
        assert!(!problems.is_empty(), "{opening}");
        let more = format!("did \"A\" where {}", opening.repeat(4_000));
        assert!(!parse(&more).1.is_empty(), "{opening}");
    }
    let deep = format!("{}everyone", "not ".repeat(32));
    assert_eq!(parse(&deep).1[0].code, "segment.too_large");
    assert!(parse(&format!("{}everyone", "not ".repeat(31))).1.is_empty());
    let wide = ["everyone"; 501].join(" and ");
    assert_eq!(parse(&wide).1[0].code, "segment.too_large");
    assert_eq!(parse(&" ".repeat(70_000)).1[0].code, "segment.too_large");
}

/// A backslash once took the line break after it, and the places behind it were on a line too few.
#[test]
fn a_backslash_at_the_end_of_a_line_ends_with_it() {
    let (_, problems) = parse("plan = \"a\\\n\\b\"");
    let places: Vec<_> = problems.iter().map(|p| (p.line.unwrap(), p.column.unwrap())).collect();
    assert_eq!(places, [(1, 8), (1, 10), (2, 1), (2, 2), (2, 3)], "{}", list(&problems));
}
