//! Who gets what: stable draws, control groups and arms with shares.
//!
//! Nothing is stored and nothing is random: a draw is a hash of the workspace's seed, a salt that
//! names the decision, and the person. The same three always give the same draw, on every machine;
//! different salts give draws that have nothing to do with each other. A person who joins tomorrow
//! is drawn at the same rate as those of today.

mod arms;
mod control;
pub mod growthbook;

pub(crate) use arms::sooner;
pub use arms::{Arm, Arms, ArmsError};
pub use control::{Control, Controls, Groups, GroupsError, Holdout, Named};

use xxhash_rust::xxh3::Xxh3;

/// Who is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    /// By a public id.
    Text(&'a str),
    /// By an internal number that never changes.
    Number(u64),
}

impl<'a> From<&'a str> for Subject<'a> {
    fn from(text: &'a str) -> Subject<'a> {
        Subject::Text(text)
    }
}

impl From<u64> for Subject<'_> {
    fn from(number: u64) -> Self {
        Subject::Number(number)
    }
}

/// One draw: 64 evenly spread bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Draw(pub u64);

impl Draw {
    /// The draw of a subject for the decision that `salt` names.
    ///
    /// Formula: XXH3-64, seeded with the workspace's seed, of the salt's length (8 bytes, little
    /// endian), the salt, a byte that tells texts (0) from numbers (1), and the subject. The length
    /// in front keeps "ab" + "c" and "a" + "bc" apart.
    pub fn of<'a>(seed: u64, salt: &str, subject: impl Into<Subject<'a>>) -> Draw {
        Draw::at(seed, &[salt], subject.into())
    }

    /// The same for a salt of several parts, each with its length in front.
    fn at(seed: u64, salt: &[&str], subject: Subject<'_>) -> Draw {
        let mut hash = Xxh3::with_seed(seed);
        for part in salt {
            hash.update(&(part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        match subject {
            Subject::Text(text) => {
                hash.update(&[0]);
                hash.update(text.as_bytes());
            }
            Subject::Number(number) => {
                hash.update(&[1]);
                hash.update(&number.to_le_bytes());
            }
        }
        Draw(hash.digest())
    }

    /// As a number in [0, 1): the upper 53 bits, so that every value is exact.
    pub fn unit(self) -> f64 {
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    /// As one of `n` equal buckets, 0..n; 0 if there are none. The bias is below n / 2⁶⁴.
    pub fn bucket(self, n: u32) -> u32 {
        ((u128::from(self.0) * u128::from(n)) >> 64) as u32
    }
}

/// A share in whole parts per million, so that shares add up exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Share(u32);

impl Share {
    /// Nobody.
    pub const NONE: Share = Share(0);
    /// Everybody: a million parts.
    pub const ALL: Share = Share(1_000_000);

    /// From parts per million, 0..=1,000,000; `None` above.
    pub const fn parts(parts: u32) -> Option<Share> {
        if parts <= 1_000_000 { Some(Share(parts)) } else { None }
    }

    /// From percent, 0..=100, rounded to the nearest millionth; `None` outside.
    pub fn percent(percent: f64) -> Option<Share> {
        (0.0..=100.0).contains(&percent).then(|| Share((percent * 10_000.0).round() as u32))
    }

    /// In parts per million.
    pub const fn in_parts(self) -> u32 {
        self.0
    }

    /// As a fraction, 0..=1.
    pub fn fraction(self) -> f64 {
        f64::from(self.0) / 1e6
    }

    /// Whether a draw falls into it. A larger share holds everyone that a smaller one held.
    pub fn takes(self, draw: Draw) -> bool {
        draw.bucket(Share::ALL.0) < self.0
    }
}

#[cfg(test)]
mod tests;
