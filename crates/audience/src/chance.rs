//! Seeded chance: one small generator and the distributions that the simulator draws from.
//!
//! What it is not: cryptographic, or shared. Every person has a stream of their own, derived from
//! the seed and their number, so that adding people re-deals nobody.

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A stream of draws: xoshiro256++ (Blackman & Vigna 2019), seeded through SplitMix64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chance {
    state: [u64; 4],
}

impl Chance {
    /// The stream of a place, such as (people, number 17), under a seed.
    pub fn at(seed: u64, place: &[u64]) -> Chance {
        let bytes: Vec<u8> = place.iter().flat_map(|n| n.to_le_bytes()).collect();
        let mut z = xxh3_64_with_seed(&bytes, seed);
        let state = std::array::from_fn(|_| {
            z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut x = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            x ^ (x >> 31)
        });
        Chance { state }
    }

    /// 64 uniform bits.
    pub fn bits(&mut self) -> u64 {
        let s = &mut self.state;
        let drawn = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        drawn
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True with probability `p`.
    pub fn happens(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// Uniform in 0..n, for n ≥ 1.
    pub fn below(&mut self, n: usize) -> usize {
        ((self.unit() * n as f64) as usize).min(n.saturating_sub(1))
    }

    /// The position of one of the weights, each with a probability in proportion to it.
    pub fn pick(&mut self, weights: impl Iterator<Item = f64> + Clone) -> usize {
        let mut left = self.unit() * weights.clone().sum::<f64>();
        let mut last = 0;
        for (i, weight) in weights.enumerate() {
            last = i;
            left -= weight;
            if left < 0.0 {
                break;
            }
        }
        last
    }

    /// Exponential with this mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }

    /// Standard normal (Box & Muller 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Log-normal with this median; `sigma` is the standard deviation of the logarithm.
    pub fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        median * (sigma * self.normal()).exp()
    }

    /// Gamma with this shape and scale 1 (Marsaglia & Tsang 2000).
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let boost = (1.0 - self.unit()).powf(1.0 / shape);
            return self.gamma(shape + 1.0) * boost;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && (1.0 - self.unit()).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    /// Beta in 0..=1.
    pub fn beta(&mut self, a: f64, b: f64) -> f64 {
        let (x, y) = (self.gamma(a), self.gamma(b));
        if x + y > 0.0 { x / (x + y) } else { 0.0 }
    }

    /// Poisson: exact by multiplication in pieces of mean 16 (Knuth, The Art of Computer
    /// Programming, volume 2, 3.4.1).
    pub fn poisson(&mut self, mean: f64) -> u32 {
        let (mut left, mut n) = (mean, 0);
        while left > 0.0 {
            let floor = (-left.min(16.0)).exp();
            left -= 16.0;
            let mut product = 1.0 - self.unit();
            while product > floor {
                n += 1;
                product *= 1.0 - self.unit();
            }
        }
        n
    }

    /// The number of successes before the first failure: geometric with this mean.
    pub fn geometric(&mut self, mean: f64) -> u32 {
        let failure = 1.0 / (1.0 + mean);
        ((1.0 - self.unit()).ln() / (1.0 - failure).ln()) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const N: u32 = 40_000;

    #[track_caller]
    fn check(name: &str, expected: (f64, f64), mut draw: impl FnMut(&mut Chance) -> f64) {
        let mut chance = Chance::at(7, &[1]);
        let draws: Vec<f64> = (0..N).map(|_| draw(&mut chance)).collect();
        let mean = draws.iter().sum::<f64>() / f64::from(N);
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / f64::from(N);
        let near = |found: f64, wanted: f64| (found - wanted).abs() < 0.04 * wanted.max(0.5);
        assert!(near(mean, expected.0), "mean of {name}: {mean}, expected {}", expected.0);
        assert!(near(variance, expected.1), "variance of {name}: {variance}");
    }

    #[test]
    fn distributions_have_their_mean_and_variance() {
        check("uniform", (0.5, 1.0 / 12.0), Chance::unit);
        check("exponential", (2.0, 4.0), |c| c.exponential(2.0));
        check("normal", (0.0, 1.0), Chance::normal);
        check("gamma 0.5", (0.5, 0.5), |c| c.gamma(0.5));
        check("gamma 3", (3.0, 3.0), |c| c.gamma(3.0));
        check("beta", (0.25, 0.25 * 0.75 / 5.0), |c| c.beta(1.0, 3.0));
        check("poisson", (30.5, 30.5), |c| f64::from(c.poisson(30.5)));
        check("geometric", (3.0, 12.0), |c| f64::from(c.geometric(3.0)));
        check("pick", (1.5, 0.25), |c| c.pick([0.0, 2.0, 2.0].into_iter()) as f64);
    }

    #[test]
    fn streams_of_different_places_differ() {
        let draw = |seed, place: &[u64]| Chance::at(seed, place).bits();
        assert_eq!(draw(1, &[2, 3]), draw(1, &[2, 3]));
        assert_ne!(draw(1, &[2, 3]), draw(1, &[3, 2]));
        assert_ne!(draw(1, &[2, 3]), draw(2, &[2, 3]));
    }
}
