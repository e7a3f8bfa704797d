//! Numbers of very different sizes, such as gaps between times: the magnitude of each as one byte,
//! which compresses well because few magnitudes are frequent, and the bits below it as they are,
//! because they are noise.
//!
//! Numbers below 16 are their own magnitude. For others it tells the place of the highest bit and the
//! two bits after it, so that what is left is nearly uniform.

use super::codec::{Reader, Wrong, put_u64};
use super::planes::{plane, put_plane};

/// Numbers below this have no further bits.
const SMALL: u64 = 16;
const SMALL_BITS: u32 = SMALL.ilog2();
/// Bits after the highest that belong to the magnitude.
const SUB_BITS: u32 = 2;

/// Magnitude, and how many bits below it follow.
fn magnitude(value: u64) -> (u8, u32) {
    if value < SMALL {
        return (value as u8, 0);
    }
    let high = value.ilog2();
    let sub = (value >> (high - SUB_BITS)) & ((1 << SUB_BITS) - 1);
    let symbol = SMALL + (u64::from(high - SMALL_BITS) << SUB_BITS) + sub;
    (symbol as u8, high - SUB_BITS)
}

/// The least number of a magnitude, and how many bits are added to it.
fn least(symbol: u8) -> (u64, u32) {
    let symbol = u64::from(symbol);
    if symbol < SMALL {
        return (symbol, 0);
    }
    let high = ((symbol - SMALL) >> SUB_BITS) as u32 + SMALL_BITS;
    let sub = (symbol - SMALL) & ((1 << SUB_BITS) - 1);
    (1 << high | sub << (high - SUB_BITS), high - SUB_BITS)
}

/// Adds numbers whose count the reader will know.
pub(super) fn put_spread(out: &mut Vec<u8>, values: impl Iterator<Item = u64>) {
    let (mut symbols, mut bits) = (Vec::new(), Vec::new());
    let (mut held, mut n_held) = (0u128, 0);
    for value in values {
        let (symbol, n) = magnitude(value);
        symbols.push(symbol);
        held |= u128::from(value & ((1u64 << n) - 1)) << n_held;
        n_held += n;
        if n_held >= 64 {
            bits.extend_from_slice(&(held as u64).to_le_bytes());
            held >>= 64;
            n_held -= 64;
        }
    }
    bits.extend_from_slice(&(held as u64).to_le_bytes()[..n_held.div_ceil(8) as usize]);
    put_plane(out, &symbols);
    put_u64(out, bits.len() as u64);
    out.extend_from_slice(&bits);
}

/// Reads `len` numbers.
pub(super) fn spread(reader: &mut Reader, len: usize) -> Result<Vec<u64>, Wrong> {
    let symbols = plane(reader, len)?;
    let at = reader.position();
    let n_bytes = reader.u64()?;
    let bits = reader.slice(usize::try_from(n_bytes).unwrap_or(usize::MAX))?;
    let needed: u64 = symbols.iter().map(|symbol| u64::from(least(*symbol).1)).sum();
    if needed.div_ceil(8) != n_bytes {
        return Err(Wrong::at(at, "bits are missing"));
    }
    let mut table = [(0u64, 0u32); 256];
    (0..=u8::MAX).for_each(|symbol| table[usize::from(symbol)] = least(symbol));
    let mut values = Vec::with_capacity(len);
    let mut place = 0usize;
    for symbol in symbols {
        let (base, n) = table[usize::from(symbol)];
        values.push(base + (word_at(bits, place) & ((1u64 << n) - 1)));
        place += n as usize;
    }
    Ok(values)
}

/// The 64 bits from a place on; zeros after the end.
#[inline]
fn word_at(bytes: &[u8], bit: usize) -> u64 {
    let (byte, shift) = (bit / 8, bit % 8);
    if let Some(Ok(sixteen)) = bytes.get(byte..byte + 16).map(<[u8; 16]>::try_from) {
        return (u128::from_le_bytes(sixteen) >> shift) as u64;
    }
    let mut word = [0; 16];
    let rest = bytes.get(byte..).unwrap_or_default();
    let n = rest.len().min(16);
    word[..n].copy_from_slice(&rest[..n]);
    (u128::from_le_bytes(word) >> shift) as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_come_back(values in prop::collection::vec((any::<u64>(), 0u32..64), 0..200)) {
            let values: Vec<u64> = values.into_iter().map(|(value, shift)| value >> shift).collect();
            let mut out = Vec::new();
            put_spread(&mut out, values.iter().copied());
            let mut reader = Reader::new(&out);
            prop_assert_eq!(spread(&mut reader, values.len()).unwrap(), values);
            prop_assert_eq!(reader.position(), out.len() as u64);
        }
    }

    #[test]
    fn every_magnitude_has_its_least_number() {
        for symbol in 0..=u8::MAX {
            let (value, n) = least(symbol);
            assert_eq!(magnitude(value), (symbol, n));
        }
        assert_eq!(magnitude(u64::MAX).0, u8::MAX);
    }
}
