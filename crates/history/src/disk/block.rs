//! Blocks: the unit of compression and of verification.
//!
//! A block is a header of 29 bytes (kind u8, number u32, raw length u64, stored length u64, check
//! u32 over header and stored bytes, reserved u32) and its bytes, compressed with zstd level 1.

const HEADER: usize = 29;
/// The largest block accepted, in bytes: bounds what a damaged length can make us allocate.
const RAW_MAX: u64 = 8 << 30;

/// What a block is, in words of whoever writes it, and its number among those of its kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tag {
    pub(super) kind: u8,
    pub(super) number: u32,
}

/// Appends a block.
pub(super) fn put_block(out: &mut Vec<u8>, tag: Tag, raw: &[u8]) {
    let stored = zstd::bulk::compress(raw, 1).expect("compressing into memory cannot fail");
    let mut header = [0u8; HEADER];
    header[0] = tag.kind;
    header[1..5].copy_from_slice(&tag.number.to_le_bytes());
    header[5..13].copy_from_slice(&(raw.len() as u64).to_le_bytes());
    header[13..21].copy_from_slice(&(stored.len() as u64).to_le_bytes());
    let check = checksum(&header, &stored);
    header[21..25].copy_from_slice(&check.to_le_bytes());
    out.extend_from_slice(&header);
    out.extend_from_slice(&stored);
}

/// The checksum of a header whose check field is zero, and of the stored bytes.
fn checksum(header: &[u8; HEADER], stored: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(header);
    hasher.update(stored);
    hasher.finalize()
}

/// A header as it was read. Nothing that it says is certain before [`Header::open`] has verified it.
pub(super) struct Header([u8; HEADER]);

impl Header {
    /// Bytes of a header.
    pub(super) const LEN: usize = HEADER;

    /// The header that bytes begin with, and what follows it; `None` if there are too few.
    pub(super) fn split(bytes: &[u8]) -> Option<(Header, &[u8])> {
        bytes.split_first_chunk().map(|(header, rest)| (Header(*header), rest))
    }

    pub(super) fn tag(&self) -> Tag {
        Tag { kind: self.0[0], number: u32::from_le_bytes(self.field(1)) }
    }

    /// Bytes that belong to it.
    pub(super) fn stored_len(&self) -> u64 {
        u64::from_le_bytes(self.field(13))
    }

    /// What was put into the block. `stored` is exactly what follows the header.
    pub(super) fn open(mut self, stored: &[u8]) -> Result<Vec<u8>, &'static str> {
        let raw_len = u64::from_le_bytes(self.field(5));
        let check = u32::from_le_bytes(self.field(21));
        self.0[21..25].fill(0);
        if checksum(&self.0, stored) != check || raw_len > RAW_MAX {
            return Err("a block does not match its checksum");
        }
        let raw = zstd::bulk::decompress(stored, raw_len as usize);
        let raw = raw.map_err(|_| "a block does not decompress")?;
        match raw.len() as u64 == raw_len {
            true => Ok(raw),
            false => Err("a block has another length than it says"),
        }
    }

    fn field<const N: usize>(&self, at: usize) -> [u8; N] {
        let mut field = [0; N];
        field.copy_from_slice(&self.0[at..at + N]);
        field
    }
}
