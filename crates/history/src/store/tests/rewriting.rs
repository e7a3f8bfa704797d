//! How often rows are written: the bound that [`super::plan`] states, measured.

use proptest::collection::vec;
use proptest::prelude::*;
use testkit::cases::{report, runner};

use super::*;
use crate::store::plan::{Candidate, PART_ROWS_MAX, ROW_WRITES_MAX, TIER_PARTS, plan};

/// A family as numbers of rows: flushes of these sizes, each with the upkeep of a checkpoint.
/// Returns rows written and what remains.
fn flushes(sizes: &[usize]) -> (u64, Vec<usize>) {
    let (mut parts, mut written): (Vec<usize>, u64) = (Vec::new(), 0);
    for size in sizes {
        let mut candidates: Vec<Candidate> =
            parts.iter().map(|rows| Candidate { rows: *rows, unwritten: false }).collect();
        candidates.push(Candidate { rows: *size, unwritten: true });
        let groups = plan(&candidates, Merging::Tiered);
        let rows = |places: &Vec<usize>| places.iter().map(|place| candidates[*place].rows).sum();
        let merged: Vec<usize> = groups.iter().map(rows).collect();
        let gone: Vec<usize> = groups.concat();
        written += merged.iter().sum::<usize>() as u64;
        parts = (0..candidates.len())
            .filter(|place| !gone.contains(place))
            .map(|place| candidates[place].rows)
            .chain(merged)
            .collect();
    }
    (written, parts)
}

#[test]
fn a_row_is_written_a_bounded_number_of_times() {
    let size = prop_oneof![
        4 => 1usize..100,
        2 => 100usize..20_000,
        1 => 20_000usize..PART_ROWS_MAX,
        1 => Just(PART_ROWS_MAX),
    ];
    report(runner(300).run(&vec(size, 1..400), |sizes| {
        let (written, parts) = flushes(&sizes);
        let rows: usize = sizes.iter().sum();
        prop_assert_eq!(parts.iter().sum::<usize>(), rows, "no row is lost");
        prop_assert!(written <= rows as u64 * ROW_WRITES_MAX, "{} of {}", written, rows);
        prop_assert!(parts.iter().all(|rows| *rows <= PART_ROWS_MAX));
        let small = parts.iter().filter(|rows| **rows < PART_ROWS_MAX / TIER_PARTS).count();
        prop_assert!(small <= 3 * 10, "{} small parts remain", small);
        Ok(())
    }));
}

#[test]
fn an_even_stream_costs_the_logarithm() {
    let (written, parts) = flushes(&vec![1_000; 4_096]);
    let times = written as f64 / 4_096_000.0;
    assert!((5.0..=7.0).contains(&times), "{times} writes per row, log4(4,096) = 6");
    assert!(parts.len() <= 4, "{parts:?}");
}

#[test]
fn a_full_merge_packs_what_fits() {
    let of = |rows: &[usize]| -> Vec<Candidate> {
        rows.iter().map(|rows| Candidate { rows: *rows, unwritten: false }).collect()
    };
    assert_eq!(plan(&of(&[5, 700_000, 9]), Merging::Full), [[0, 1, 2]]);
    assert_eq!(plan(&of(&[PART_ROWS_MAX, 9]), Merging::Full), Vec::<Vec<usize>>::new());
    assert_eq!(plan(&of(&[7]), Merging::Full), Vec::<Vec<usize>>::new(), "one part stays");
}

#[test]
fn the_rows_that_a_store_writes_are_those_of_the_plan() {
    let folder = MemoryFolder::default();
    let mut process = Process::open(&folder, &[]).unwrap();
    let (mut written, mut sizes) = (0, Vec::new());
    for n in 0..60u64 {
        let size = 1 + (n * 7) % 5;
        for k in 0..size {
            let Deed::Apply(record) = event(Who::user(&format!("u{k}")), "view", 1, n * 10 + k)
            else {
                unreachable!("an event is applied")
            };
            process.apply(record);
        }
        sizes.push(size as usize);
        written += process.checkpoint(&Upkeep::default()).unwrap().rows_written;
    }
    assert_eq!(written, flushes(&sizes).0);
    assert!(written <= sizes.iter().sum::<usize>() as u64 * ROW_WRITES_MAX);
}
