//! Stable buckets: a user's place among 10,000, independent of any name that can be edited.

use model::Text;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The number of buckets.
pub const BUCKETS: u64 = 10_000;

/// The bucket, 0..10000, of a user's public id: XXH3-64, seeded with the workspace's seed, of the
/// salt, a zero byte and the id, modulo 10000 (the bias is below 10⁻¹⁵).
pub fn bucket(seed: u64, salt: Option<&Text>, user: &str) -> u16 {
    let mut bytes = Vec::with_capacity(64);
    bytes.extend_from_slice(salt.map_or(b"", |s| s.as_bytes()));
    bytes.push(0);
    bytes.extend_from_slice(user.as_bytes());
    (xxh3_64_with_seed(&bytes, seed) % BUCKETS) as u16
}
