//! Blocks: the unit of compression and of verification.
//!
//! A block is a header of 29 bytes (reserved 5, raw length u64, stored length u64, check u32 over
//! header and stored bytes, reserved u32) and its bytes, compressed with zstd level 1.

use super::MAGIC;
use super::codec::Wrong;

const HEADER: usize = 29;
/// The largest block accepted, in bytes: bounds what a damaged length can make us allocate.
const RAW_MAX: u64 = 8 << 30;

pub(super) struct Block {
    pub(super) raw: Vec<u8>,
}

pub(super) fn put_block(out: &mut Vec<u8>, raw: &[u8]) {
    let stored = zstd::bulk::compress(raw, 1).expect("compressing into memory cannot fail");
    let mut header = [0u8; HEADER];
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

/// The blocks of a file, verified one by one.
pub(super) struct Blocks<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Blocks<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Result<Blocks<'a>, Wrong> {
        match bytes.strip_prefix(MAGIC) {
            Some(_) => Ok(Blocks { bytes, at: MAGIC.len() }),
            None => Err(Wrong::at(0, "it is not a history file of a known version")),
        }
    }

    fn read(&mut self) -> Result<Block, Wrong> {
        let start = self.at;
        let wrong = |what| Wrong::at(start as u64, what);
        let header = self.bytes.get(start..start + HEADER).ok_or(wrong("a header is cut off"))?;
        let mut header: [u8; HEADER] =
            header.try_into().map_err(|_| wrong("a header is cut off"))?;
        let number = |from: usize| {
            let mut word = [0; 8];
            word.copy_from_slice(&header[from..from + 8]);
            u64::from_le_bytes(word)
        };
        let (raw_len, stored_len) = (number(5), number(13));
        let mut check = [0; 4];
        check.copy_from_slice(&header[21..25]);
        header[21..25].fill(0);
        let end = usize::try_from(stored_len).ok().and_then(|n| (start + HEADER).checked_add(n));
        let stored = end.and_then(|end| self.bytes.get(start + HEADER..end));
        let stored = stored.ok_or(wrong("a block is cut off"))?;
        if checksum(&header, stored) != u32::from_le_bytes(check) || raw_len > RAW_MAX {
            return Err(wrong("a block does not match its checksum"));
        }
        let raw = zstd::bulk::decompress(stored, raw_len as usize);
        let raw = raw.map_err(|_| wrong("a block does not decompress"))?;
        if raw.len() as u64 != raw_len {
            return Err(wrong("a block has another length than it says"));
        }
        self.at = start + HEADER + stored.len();
        Ok(Block { raw })
    }
}

impl Iterator for Blocks<'_> {
    type Item = Result<Block, Wrong>;

    fn next(&mut self) -> Option<Result<Block, Wrong>> {
        if self.at >= self.bytes.len() {
            return None;
        }
        let block = self.read();
        if block.is_err() {
            self.at = self.bytes.len();
        }
        Some(block)
    }
}
