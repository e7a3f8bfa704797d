//! Segment files: their names and headers.
//!
//! ```text
//! magic "PRNNLOG\0" | version u32 | first offset u64 | salt u64 | crc32 of the 28 bytes before u32
//! ```

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use crate::Offset;

/// Bytes of a file before its first frame.
pub const HEADER_BYTES: usize = 32;
/// The format of this crate.
pub const VERSION: u32 = 1;

const MAGIC: &[u8; 8] = b"PRNNLOG\0";

/// What the header of a segment file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The offset of the file's first frame.
    pub first: Offset,
    /// The random number that the checksums of the file's frames include.
    pub salt: u64,
}

/// Why the first bytes of a file are no header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoHeader {
    /// They are not whole.
    Broken,
    /// They are whole and of another version.
    Version(u32),
}

/// The file name of the segment that begins at an offset.
pub fn name(first: Offset) -> String {
    format!("{:020}.log", first.0)
}

/// The offset that a file name says, if it is the name of a segment.
pub fn first_of_name(name: &str) -> Option<Offset> {
    let digits = name.strip_suffix(".log")?;
    let plain = digits.len() == 20 && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| digits.parse().ok().map(Offset)).flatten()
}

/// The frame offset of a byte of a file.
pub fn offset_at(first: Offset, position: u64) -> Offset {
    Offset(first.0 + position.saturating_sub(HEADER_BYTES as u64))
}

/// The byte of a file where the frame at an offset begins.
pub fn position_of(first: Offset, offset: Offset) -> u64 {
    debug_assert!(offset >= first);
    offset.0 - first.0 + HEADER_BYTES as u64
}

impl Header {
    /// A header for a new file.
    pub fn new(first: Offset) -> Header {
        // The keys of the standard library's hash maps come from the operating system's randomness.
        Header { first, salt: RandomState::new().build_hasher().finish() }
    }

    /// Its bytes.
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..20].copy_from_slice(&self.first.0.to_le_bytes());
        bytes[20..28].copy_from_slice(&self.salt.to_le_bytes());
        let crc = crc32fast::hash(&bytes[..28]);
        bytes[28..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Reads the first bytes of a file.
    pub fn decode(bytes: &[u8]) -> Result<Header, NoHeader> {
        let bytes: &[u8; HEADER_BYTES] =
            bytes.get(..HEADER_BYTES).and_then(|b| b.try_into().ok()).ok_or(NoHeader::Broken)?;
        let whole =
            bytes[..8] == MAGIC[..] && crc32fast::hash(&bytes[..28]).to_le_bytes() == bytes[28..];
        if !whole {
            return Err(NoHeader::Broken);
        }
        let four = |at: usize| {
            u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        let eight = |at: usize| u64::from(four(at)) | u64::from(four(at + 4)) << 32;
        match four(8) {
            VERSION => Ok(Header { first: Offset(eight(12)), salt: eight(20) }),
            other => Err(NoHeader::Version(other)),
        }
    }
}
