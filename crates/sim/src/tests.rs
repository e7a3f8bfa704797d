use super::*;

/// Sizes at which hundreds of seeds take seconds in a debug build.
fn small(seed: u64) -> Settings {
    Settings {
        seed,
        users: Some(1 + seed as usize % 5),
        steps: Some(24),
        journeys: false,
        beside: false,
        defect: None,
    }
}

fn whole(seed: u64) -> Settings {
    Settings { seed, users: None, steps: None, journeys: false, beside: false, defect: None }
}

#[test]
fn every_fixed_definition_can_be_read() {
    assert!(Source::default().all_fixed_can_be_read());
}

/// The same seeds in every run, unless SIM_FROM names others; SIM_SEEDS says how many.
#[test]
fn a_few_hundred_seeds_are_as_they_should_be() {
    let number = |name| std::env::var(name).ok().and_then(|n| n.parse::<u64>().ok());
    let (from, n) = (number("SIM_FROM").unwrap_or(0), number("SIM_SEEDS").unwrap_or(250));
    let source = Source::default();
    let mut all = Numbers::default();
    for seed in from..from + n {
        let settings = if number("SIM_FROM").is_some() { whole(seed) } else { small(seed) };
        match run(&source, settings) {
            Ok(numbers) => all += numbers,
            Err(failure) => panic!("{failure}"),
        }
    }
    assert!(n < 250 || all.crashes > 300 && all.corrections > 3_000, "too little: {all:?}");
}

/// As above, with people in journeys.
#[test]
fn seeds_with_journeys_are_as_they_should_be() {
    let number = |name| std::env::var(name).ok().and_then(|n| n.parse::<u64>().ok());
    let (from, n) = (number("SIM_FROM").unwrap_or(0), number("SIM_SEEDS").unwrap_or(250));
    let source = Source::default();
    let mut all = Numbers::default();
    for seed in from..from + n {
        let size = if number("SIM_FROM").is_some() { whole(seed) } else { small(seed) };
        match run(&source, Settings { journeys: true, ..size }) {
            Ok(numbers) => all += numbers,
            Err(failure) => panic!("{failure}"),
        }
    }
    let enough = all.crashes > 800 && all.entries > 3_000 && all.definitions > 100;
    assert!(n < 250 || enough, "too little: {all:?}");
}

#[test]
fn seeds_that_went_wrong_once_are_as_they_should_be() {
    let source = Source::default();
    let lines = include_str!("seeds.txt").lines().filter(|line| !line.starts_with('#'));
    for seed in lines.filter_map(|line| line.split(' ').next()?.parse().ok()) {
        if let Err(failure) = run(&source, whole(seed)) {
            panic!("{failure}");
        }
    }
}

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
    let settings = Settings { users: Some(300), steps: Some(25), ..whole(3) };
    if let Err(failure) = run(&source, settings) {
        panic!("{failure}");
    }
}

#[test]
fn how_many_threads_look_at_users_never_shows() {
    let source = Source::default();
    let many = |seed| Settings { users: Some(300), steps: Some(12), ..whole(seed) };
    for settings in (0..40).map(small).chain((0..4).map(many)) {
        let numbers = |beside| {
            run(&source, Settings { beside, ..settings })
                .unwrap_or_else(|failure| panic!("{failure}"))
        };
        assert_eq!(numbers(false), numbers(true), "{settings:?}");
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
