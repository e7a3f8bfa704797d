//! Assignment as GrowthBook's libraries do it, for experiments that move here while they run: who
//! had a variation keeps it.
//!
//! New experiments use [`super::Arms`], which moves fewer people when shares change. Source: the SDK
//! specification of GrowthBook, version 5 (its published cases are run in the tests).

/// Variations of one experiment; the same bound as for arms.
pub const VARIATIONS_MAX: usize = crate::effect::ARMS_MAX;

/// FNV-1a with 32 bits, over UTF-8 bytes (Fowler, Noll and Vo).
fn fnv1a(text: &[&str]) -> u32 {
    text.iter()
        .flat_map(|part| part.bytes())
        .fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// A person's place in [0, 1) for a seed; `None` for versions of the hash other than 1 and 2.
///
/// Version 1 has a thousand places and a known bias between experiments, version 2 ten thousand.
pub fn hash(seed: &str, value: &str, version: u32) -> Option<f64> {
    match version {
        1 => Some(f64::from(fnv1a(&[value, seed]) % 1_000) / 1_000.0),
        2 => {
            let inner = fnv1a(&[seed, value]).to_string();
            Some(f64::from(fnv1a(&[&inner]) % 10_000) / 10_000.0)
        }
        _ => None,
    }
}

/// The part of [0, 1) of each of `n` variations: from (inclusive) and to (exclusive).
///
/// `coverage` is held inside 0..=1. Weights that are missing, of another number, or do not add up to
/// 1 (within a hundredth) become equal ones. Above [`VARIATIONS_MAX`] there are none.
pub fn ranges(n: usize, coverage: f64, weights: Option<&[f64]>) -> Vec<(f64, f64)> {
    if n == 0 || n > VARIATIONS_MAX {
        return Vec::new();
    }
    let coverage = if coverage.is_nan() { 1.0 } else { coverage.clamp(0.0, 1.0) };
    let equal = vec![1.0 / n as f64; n];
    let usable = weights.filter(|weights| {
        let sum: f64 = weights.iter().sum();
        weights.len() == n && (0.99..=1.01).contains(&sum)
    });
    let mut start = 0.0;
    let range = |weight: &f64| {
        let from = start;
        start += weight;
        (from, from + coverage * weight)
    };
    usable.unwrap_or(&equal).iter().map(range).collect()
}

/// The variation whose range holds a place; `None`: not in the experiment.
pub fn choose(place: f64, ranges: &[(f64, f64)]) -> Option<usize> {
    ranges.iter().position(|(from, to)| *from <= place && place < *to)
}

/// Whether a person is in a namespace's part: experiments with parts that do not overlap share
/// nobody.
pub fn in_namespace(value: &str, namespace: &str, from: f64, to: f64) -> bool {
    let place = f64::from(fnv1a(&[value, "__", namespace]) % 1_000) / 1_000.0;
    from <= place && place < to
}

#[cfg(test)]
mod tests;
