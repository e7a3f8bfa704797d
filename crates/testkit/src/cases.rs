//! How many random cases a test meets, which ones, and how a failing one is shown.

use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

/// The same cases in every run, unless TESTKIT_SEED names another seed; TESTKIT_CASES multiplies.
pub fn runner(cases: u32) -> TestRunner {
    let number = |name| std::env::var(name).ok().and_then(|n| n.parse::<u32>().ok());
    let config = Config {
        cases: cases * number("TESTKIT_CASES").unwrap_or(1),
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..Config::default()
    };
    let mut seed = [7u8; 32];
    seed[..4].copy_from_slice(&number("TESTKIT_SEED").unwrap_or(0).to_le_bytes());
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed))
}

/// Panics with the smallest failing case on one line.
pub fn report<T: std::fmt::Debug>(result: Result<(), TestError<T>>) {
    match result {
        Ok(()) => {}
        Err(TestError::Fail(reason, case)) => panic!("{reason}\nsmallest case: {case:?}"),
        Err(error) => panic!("{error}"),
    }
}
