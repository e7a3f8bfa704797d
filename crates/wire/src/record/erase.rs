//! Taking records out of a batch that keeps its length: what follows it in a file stays where it is.

use model::Record;

use super::decode::Decoder;
use super::{DecodeError, KIND_ERASED};

/// A batch of the same length without the records that are `theirs`, and how many those were;
/// nothing if none is. In the place of each stand the names of events, properties and labels that
/// it was the first to write, as others refer to them, and zeros: no id and no value.
///
/// Errors: what [`super::decode_batch`] answers; and a record that is shorter than any that is
/// accepted.
pub fn erase_records(
    bytes: &[u8],
    mut theirs: impl FnMut(&Record) -> bool,
) -> Result<Option<(Vec<u8>, u64)>, DecodeError> {
    let mut decoder = Decoder::new(bytes)?;
    let mut out: Option<Vec<u8>> = None;
    let mut n = 0;
    while decoder.at < bytes.len() {
        let (start, known) = (decoder.at, decoder.names.len());
        let Some(record) = decoder.record()? else { continue };
        if !theirs(&record) {
            continue;
        }
        n += 1;
        // When it was accepted stays: the next record says how much later it was.
        let time = bytes[start..].iter().take_while(|byte| **byte >= 0x80).count() + 1;
        let mut erased = bytes[start..start + time].to_vec();
        erased.push(KIND_ERASED << 2);
        let names = &decoder.names[known..];
        push(&mut erased, names.len() as u64, 1);
        for name in names {
            push(&mut erased, name.len() as u64, 1);
            erased.extend_from_slice(name.as_bytes());
        }
        let room = (decoder.at - start).checked_sub(erased.len() + 1);
        let short = DecodeError::Invalid { at: start, found: "a record too short to be erased" };
        fill(&mut erased, room.ok_or(short)?);
        out.get_or_insert_with(|| bytes.to_vec())[start..decoder.at].copy_from_slice(&erased);
    }
    Ok(out.map(|out| (out, n)))
}

/// A count of zeros and the zeros, in `room` + 1 bytes.
fn fill(out: &mut Vec<u8>, room: usize) {
    // The count takes as many bytes more as it needs, which are so many zeros fewer.
    let mut more = 0;
    while more < room && (room - more) as u64 >> (7 * (more + 1)) > 0 {
        more += 1;
    }
    push(out, (room - more) as u64, more + 1);
    out.resize(out.len() + room - more, 0);
}

/// A varint of at least so many bytes.
fn push(out: &mut Vec<u8>, mut n: u64, bytes_min: usize) {
    let mut written = 1;
    while n >= 0x80 || written < bytes_min {
        out.push(n as u8 | 0x80);
        n >>= 7;
        written += 1;
    }
    out.push(n as u8);
}
