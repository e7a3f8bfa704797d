use super::*;

fn settings(seed: u64) -> Settings {
    Settings { seed, users: None, steps: None, defect: None }
}

#[test]
fn a_few_hundred_seeds() {
    let source = Source::default();
    let from: u64 = std::env::var("SIM_FROM").ok().and_then(|n| n.parse().ok()).unwrap_or(0);
    let n: u64 = std::env::var("SIM_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(300);
    let mut all = Numbers::default();
    let mut failures = Vec::new();
    for seed in from..from + n {
        match run(&source, settings(seed)) {
            Ok(numbers) => all += numbers,
            Err(failure) => failures.push(failure),
        }
    }
    println!("{all:?}");
    for failure in &failures {
        println!("SEED {}: {}", failure.settings.seed, failure.what.lines().next().unwrap_or(""));
    }
    assert!(failures.is_empty(), "{} of {n} failed: {}", failures.len(), failures[0]);
}
