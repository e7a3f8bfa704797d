//! One frame: a header that checks itself, and a payload that the header checks.
//!
//! ```text
//! length u32 | distance u32 | crc32 of the payload u32 | crc32 of salt, offset, and the 12 bytes before u32 | payload
//! ```
//! All numbers are little endian. `distance` is how many bytes before this frame the write began that
//! this frame is part of. A write begins only after everything before it was synced; so a frame whose
//! write began after a bad place proves that the bad place had been durable: that is damage, not a
//! write torn by a crash. The header has its own checksum so that the search for such a proof costs
//! twenty bytes of checksum a place. The salt is the segment file's own random number: payloads come
//! from outside and must not be able to imitate a header.

use crate::Offset;

/// Bytes before a payload.
pub const HEADER_BYTES: usize = 16;
/// The largest payload, in bytes: three HTTP bodies of the largest size.
pub const PAYLOAD_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The most bytes of frames in one write: one largest frame and as much again.
pub const WRITE_BYTES_MAX: usize = 2 * (PAYLOAD_BYTES_MAX + HEADER_BYTES);

/// A header that checks out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Bytes of the payload.
    pub length: usize,
    /// Bytes from the beginning of its write to the frame.
    pub distance: u64,
    /// Checksum of the payload.
    pub payload_crc: u32,
}

impl Header {
    /// Bytes of the whole frame.
    pub fn frame_bytes(&self) -> usize {
        HEADER_BYTES + self.length
    }

    /// Whether this is the payload that the frame was written with.
    pub fn fits(&self, payload: &[u8]) -> bool {
        payload.len() == self.length && crc32fast::hash(payload) == self.payload_crc
    }
}

/// Appends the frame of a payload of 1 to [`PAYLOAD_BYTES_MAX`] bytes.
pub fn push(buffer: &mut Vec<u8>, salt: u64, offset: Offset, payload: &[u8]) {
    debug_assert!(!payload.is_empty() && payload.len() <= PAYLOAD_BYTES_MAX);
    debug_assert!(buffer.len() <= WRITE_BYTES_MAX);
    let distance = buffer.len() as u64;
    push_at(buffer, salt, offset, (distance, payload));
}

/// The same of a frame that was a part of a write, so many bytes after its beginning.
pub fn push_at(buffer: &mut Vec<u8>, salt: u64, offset: Offset, frame: (u64, &[u8])) {
    let (distance, payload) = frame;
    let mut header = [0; HEADER_BYTES];
    header[..4].copy_from_slice(&(payload.len() as u32).to_le_bytes());
    header[4..8].copy_from_slice(&(distance as u32).to_le_bytes());
    header[8..12].copy_from_slice(&crc32fast::hash(payload).to_le_bytes());
    let crc = header_crc(salt, offset, &header);
    header[12..].copy_from_slice(&crc.to_le_bytes());
    buffer.extend_from_slice(&header);
    buffer.extend_from_slice(payload);
}

/// The header at the beginning of `bytes`, if one that belongs at this offset stands there.
pub fn parse(bytes: &[u8], salt: u64, offset: Offset) -> Option<Header> {
    let bytes: &[u8; HEADER_BYTES] = bytes.get(..HEADER_BYTES)?.try_into().ok()?;
    let field =
        |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let (length, distance) = (field(0) as usize, u64::from(field(4)));
    if length == 0 || length > PAYLOAD_BYTES_MAX || distance > WRITE_BYTES_MAX as u64 {
        return None;
    }
    let whole = header_crc(salt, offset, bytes) == field(12) && distance <= offset.0;
    whole.then_some(Header { length, distance, payload_crc: field(8) })
}

fn header_crc(salt: u64, offset: Offset, header: &[u8; HEADER_BYTES]) -> u32 {
    let mut covered = [0; 28];
    covered[..8].copy_from_slice(&salt.to_le_bytes());
    covered[8..16].copy_from_slice(&offset.0.to_le_bytes());
    covered[16..].copy_from_slice(&header[..12]);
    crc32fast::hash(&covered)
}
