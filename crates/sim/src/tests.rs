use super::*;

/// Sizes at which hundreds of seeds take seconds in a debug build.
fn small(seed: u64) -> Settings {
    Settings { seed, users: Some(1 + seed as usize % 5), steps: Some(24), defect: None }
}

#[test]
fn every_fixed_definition_can_be_read() {
    assert!(Source::default().all_fixed_can_be_read());
}

/// The same seeds in every run, unless SIM_FROM names others; SIM_SEEDS says how many.

#[test]
fn two_runs_of_a_seed_are_equal_to_the_byte() {
    for seed in 0..12 {
        let numbers = |source: &Source| run(source, small(seed)).map_err(|f| f.to_string());
        assert_eq!(numbers(&Source::default()), numbers(&Source::default()), "seed {seed}");
    }
}

#[test]
fn a_few_hundred_users_are_as_they_should_be() {
    let source = Source::default();
    let settings = Settings { seed: 3, users: Some(300), steps: Some(25), defect: None };
    if let Err(failure) = run(&source, settings) {
        panic!("{failure}");
    }
}

#[test]
fn what_is_wrong_on_purpose_is_noticed() {
    let source = Source::default();
    for defect in [Defect::SkipRecord, Defect::DropTimer, Defect::LyingDisk] {
        let wrong = |seed| run(&source, Settings { defect: Some(defect), ..small(seed) }).err();
        let found = (0..30).find_map(wrong).unwrap_or_else(|| panic!("{defect:?} not noticed"));
        let said = found.to_string();
        assert!(said.contains("again: perennial simulate --seeds 1 --from"), "{said}");
    }
}
