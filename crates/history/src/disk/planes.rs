//! Arrays of numbers as byte planes: all lowest bytes, then all second bytes, and so on. Bytes of one
//! plane are alike, so each plane is compressed (zstd level 1) where that pays and stands as it is
//! where it does not: the low bytes of times are noise, the high ones are not.

use std::cell::RefCell;

use zstd::bulk::{Compressor, Decompressor};

use super::codec::{Reader, Wrong, put_i64, put_u32};
use super::spread::{put_spread, spread};
use crate::numbers::{Numbers, Packed};

const RAW: u8 = 0;
const ZSTD: u8 = 1;
const CONSTANT: u8 = 2;
/// Instead of a width: numbers by magnitude.
const BY_MAGNITUDE: u8 = 255;
/// Whether a long plane is worth compressing is tried on so many of its bytes first.
const SAMPLE_BYTES: usize = 4 * 1_024;
/// Compression that saves less than one part in so many is not worth the time of undoing it.
const SAVING: usize = 32;
/// Rows of a part: bounds what a damaged length can make us allocate.
const ROWS_MAX: usize = 1 << 32;

thread_local! {
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// Adds numbers whose count the reader will know.
pub(super) fn put_packed(out: &mut Vec<u8>, packed: &Packed) {
    out.push(packed.width() as u8);
    match packed {
        Packed::Zero(_) => {}
        Packed::U8(values) => put_plane(out, values),
        Packed::U16(values) => put_planes(out, values, u16::to_le_bytes),
        Packed::U32(values) => put_planes(out, values, u32::to_le_bytes),
        Packed::U64(values) => put_planes(out, values, u64::to_le_bytes),
    }
}

/// Reads `len` numbers.
pub(super) fn packed(reader: &mut Reader, len: usize) -> Result<Packed, Wrong> {
    let width = reader.u8()?;
    Ok(match width {
        0 => Packed::Zero(len),
        1 => Packed::U8(plane(reader, len)?),
        2 => Packed::U16(planes(reader, len, u16::from_le_bytes)?),
        4 => Packed::U32(planes(reader, len, u32::from_le_bytes)?),
        8 => Packed::U64(planes(reader, len, u64::from_le_bytes)?),
        _ => return Err(Wrong::at(reader.position(), "numbers have an unknown width")),
    })
}

/// Adds signed numbers, as planes or by magnitude, whichever is smaller.
pub(super) fn put_numbers(out: &mut Vec<u8>, numbers: &Numbers) {
    put_i64(out, numbers.base());
    let (mut planes, mut by_magnitude) = (Vec::new(), vec![BY_MAGNITUDE]);
    put_packed(&mut planes, numbers.packed());
    if numbers.packed().width() > 1 {
        let values = (0..numbers.len()).map(|row| numbers.packed().get(row));
        put_spread(&mut by_magnitude, values);
        if by_magnitude.len() < planes.len() {
            out.extend_from_slice(&by_magnitude);
            return;
        }
    }
    out.extend_from_slice(&planes);
}

/// Reads `len` signed numbers.
pub(super) fn numbers(reader: &mut Reader, len: usize) -> Result<Numbers, Wrong> {
    let base = reader.i64()?;
    if reader.peek() == Some(BY_MAGNITUDE) {
        reader.u8()?;
        let values = spread(reader, len)?;
        return Ok(Numbers::from_parts(base, Packed::of(values.into_iter())));
    }
    Ok(Numbers::from_parts(base, packed(reader, len)?))
}

/// Adds 64-bit patterns, eight planes.
pub(super) fn put_u64s(out: &mut Vec<u8>, values: &[u64]) {
    put_planes(out, values, u64::to_le_bytes);
}

/// Reads 64-bit patterns.
pub(super) fn u64s(reader: &mut Reader, len: usize) -> Result<Vec<u64>, Wrong> {
    planes(reader, len, u64::from_le_bytes)
}

fn put_planes<T: Copy, const N: usize>(out: &mut Vec<u8>, values: &[T], bytes: fn(T) -> [u8; N]) {
    let mut plane = vec![0; values.len()];
    for place in 0..N {
        for (to, value) in plane.iter_mut().zip(values) {
            *to = bytes(*value)[place];
        }
        put_plane(out, &plane);
    }
}

fn planes<T: Copy + Default, const N: usize>(
    reader: &mut Reader,
    len: usize,
    number: fn([u8; N]) -> T,
) -> Result<Vec<T>, Wrong> {
    let mut planes = Vec::with_capacity(N);
    for _ in 0..N {
        planes.push(plane(reader, len)?);
    }
    let value = |row: usize| {
        let mut bytes = [0; N];
        bytes.iter_mut().zip(&planes).for_each(|(byte, plane)| *byte = plane[row]);
        number(bytes)
    };
    Ok((0..len).map(value).collect())
}

/// Adds bytes whose count the reader will know.
pub(super) fn put_plane(out: &mut Vec<u8>, plane: &[u8]) {
    let constant = plane.first().filter(|first| plane.iter().all(|byte| byte == *first));
    if let Some(first) = constant {
        out.extend_from_slice(&[CONSTANT, *first]);
        return;
    }
    let pays = |raw: usize, stored: usize| stored + raw / SAVING + 8 < raw;
    let sample = &plane[..plane.len().min(SAMPLE_BYTES)];
    let promising = plane.len() <= SAMPLE_BYTES * 2 || pays(sample.len(), compress(sample).len());
    let stored = if promising { compress(plane) } else { Vec::new() };
    match promising && pays(plane.len(), stored.len()) {
        true => {
            out.push(ZSTD);
            put_u32(out, stored.len() as u32);
            out.extend_from_slice(&stored);
        }
        false => {
            out.push(RAW);
            out.extend_from_slice(plane);
        }
    }
}

/// Reads `len` bytes.
pub(super) fn plane(reader: &mut Reader, len: usize) -> Result<Vec<u8>, Wrong> {
    let at = reader.position();
    if len >= ROWS_MAX {
        return Err(Wrong::at(at, "more rows than a part can have"));
    }
    match reader.u8()? {
        RAW => Ok(reader.slice(len)?.to_vec()),
        CONSTANT => Ok(vec![reader.u8()?; len]),
        ZSTD => {
            let stored = reader.u32()? as usize;
            let raw = decompress(reader.slice(stored)?, len);
            match raw {
                Some(raw) if raw.len() == len => Ok(raw),
                _ => Err(Wrong::at(at, "a block does not decompress to its length")),
            }
        }
        _ => Err(Wrong::at(at, "a plane is of an unknown kind")),
    }
}

fn compress(raw: &[u8]) -> Vec<u8> {
    COMPRESSOR.with_borrow_mut(|compressor| {
        let compressor = compressor
            .get_or_insert_with(|| Compressor::new(1).expect("level 1 is a level of zstd"));
        compressor.compress(raw).expect("compressing into memory cannot fail")
    })
}

fn decompress(stored: &[u8], len: usize) -> Option<Vec<u8>> {
    DECOMPRESSOR.with_borrow_mut(|decompressor| {
        let decompressor = match decompressor {
            Some(decompressor) => decompressor,
            None => decompressor.insert(Decompressor::new().ok()?),
        };
        decompressor.decompress(stored, len).ok()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_come_back(
            values in prop::collection::vec(any::<u64>(), 0..300),
            shift in 0u32..64,
            repeat in 1usize..200,
        ) {
            let values: Vec<u64> =
                values.iter().flat_map(|value| std::iter::repeat_n(value >> shift, repeat)).collect();
            let packed = Packed::of(values.iter().copied());
            let mut out = Vec::new();
            put_packed(&mut out, &packed);
            put_u64s(&mut out, &values);
            let mut reader = Reader::new(&out);
            prop_assert_eq!(super::packed(&mut reader, values.len()).unwrap(), packed);
            prop_assert_eq!(u64s(&mut reader, values.len()).unwrap(), values);
        }
    }
}
