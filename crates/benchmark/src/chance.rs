//! Seeded draws for the generator: hashes of a place, and a small stream for one user and month.
//!
//! What it is not: cryptographic. A draw depends on the seed and the place only, so that the order
//! in which users are generated never shows.

/// SplitMix64's output function (Steele, Lea & Flood 2014).
#[inline]
pub fn mixed(n: u64) -> u64 {
    let n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

/// A stream of draws.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// The stream of a place under a seed.
    pub fn at(seed: u64, place: u64) -> Chance {
        Chance(mixed(mixed(seed) ^ place))
    }

    /// 64 uniform bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.0)
    }

    /// Uniform in [0, 1).
    #[inline]
    pub fn unit(&mut self) -> f64 {
        unit(self.bits())
    }

    /// Uniform in 0..n; 0 for n = 0.
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }

    /// Standard normal (Box & Muller 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Exponential with this mean.
    #[inline]
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }
}

/// 64 bits as a number in [0, 1).
#[inline]
pub fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1u64 << 53) as f64
}

/// A discrete distribution as a table of 4,096 places: one look-up per draw.
#[derive(Clone, Debug)]
pub struct Shares(Vec<u8>);

/// Places of the table of [`Shares`].
const PLACES: usize = 4_096;

impl Shares {
    /// In proportion to these weights, at most 255 of them.
    pub fn of(weights: &[f64]) -> Shares {
        let total: f64 = weights.iter().sum();
        let mut table = Vec::with_capacity(PLACES);
        let mut sum = 0.0;
        for (code, weight) in weights.iter().enumerate() {
            sum += weight;
            let end = (sum / total * PLACES as f64).round() as usize;
            table.resize(end.max(table.len()), code as u8);
        }
        table.resize(PLACES, weights.len().saturating_sub(1) as u8);
        Shares(table)
    }

    /// In proportion to 1, 1/2, 1/3… (Zipf).
    pub fn zipf(n: usize) -> Shares {
        let weights: Vec<f64> = (1..=n).map(|rank| 1.0 / rank as f64).collect();
        Shares::of(&weights)
    }

    /// The code that the upper 12 bits of a draw stand for.
    #[inline]
    pub fn pick(&self, bits: u64) -> u8 {
        self.0[(bits >> 52) as usize]
    }
}
