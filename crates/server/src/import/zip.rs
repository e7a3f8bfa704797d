//! Zip archives, as far as exports are packed in them: the list of members, and each of them as a
//! stream. Stored and deflated members are read, archives and members beyond 4 GiB too; encrypted
//! members are not. The checksum of a member is not verified: in exports, members are gzip files
//! with checksums of their own.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use flate2::read::DeflateDecoder;

/// The first bytes of an archive.
pub const MAGIC: [u8; 4] = *b"PK\x03\x04";

/// Members at most: a year of hours is 8,760.
const MEMBERS_MAX: u64 = 100_000;

/// Bytes of the list of members at most.
const LIST_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Bytes at the end of an archive in which its end record stands: 22, and a comment of 65,535.
const END_BYTES: u64 = 22 + 65_535;

/// A file in an archive.
#[derive(Debug)]
pub struct Member {
    /// Its name with folders.
    pub name: String,
    deflated: bool,
    bytes: u64,
    at: u64,
}

/// The members that are files, by name.
pub fn members(file: &mut File) -> io::Result<Vec<Member>> {
    let (n, bytes, at) = list_place(file)?;
    if n > MEMBERS_MAX || bytes > LIST_BYTES_MAX {
        return Err(damaged("it has too many members"));
    }
    file.seek(SeekFrom::Start(at))?;
    let mut list = vec![0; usize::try_from(bytes).map_err(|_| damaged("its list is too long"))?];
    file.read_exact(&mut list)?;
    let mut rest = list.as_slice();
    let mut members = Vec::new();
    for _ in 0..n {
        let member = member(&mut rest).ok_or_else(|| damaged("its list of members is cut"))?;
        members.extend(member?);
    }
    members.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(members)
}

/// A member as a stream. Only one of an archive is read at a time.
pub fn open(file: &File, member: &Member) -> io::Result<Box<dyn Read + Send>> {
    let mut file = file.try_clone()?;
    file.seek(SeekFrom::Start(member.at))?;
    let mut head = [0; 30];
    file.read_exact(&mut head)?;
    if head[..4] != MAGIC {
        return Err(damaged("a member is not where the list says"));
    }
    let skip = u64::from(u16_at(&head, 26)) + u64::from(u16_at(&head, 28));
    file.seek(SeekFrom::Start(member.at + 30 + skip))?;
    let packed = file.take(member.bytes);
    Ok(match member.deflated {
        true => Box::new(DeflateDecoder::new(packed)),
        false => Box::new(packed),
    })
}

/// Number of members, bytes and place of the list.
fn list_place(file: &mut File) -> io::Result<(u64, u64, u64)> {
    let length = file.seek(SeekFrom::End(0))?;
    let from = length.saturating_sub(END_BYTES);
    file.seek(SeekFrom::Start(from))?;
    let mut end = Vec::new();
    file.take(END_BYTES).read_to_end(&mut end)?;
    let place =
        (0..end.len().saturating_sub(21)).rev().find(|at| end[*at..].starts_with(b"PK\x05\x06"));
    let place = place.ok_or_else(|| damaged("it is cut short"))?;
    let record = &end[place..];
    let short = (
        u64::from(u16_at(record, 10)),
        u64::from(u32_at(record, 12)),
        u64::from(u32_at(record, 16)),
    );
    let wide = short.0 == 0xffff || short.1 == 0xffff_ffff || short.2 == 0xffff_ffff;
    let locator = place.checked_sub(20).map(|at| &end[at..place]);
    match locator.filter(|locator| wide && locator.starts_with(b"PK\x06\x07")) {
        None => Ok(short),
        Some(locator) => {
            file.seek(SeekFrom::Start(u64_at(locator, 8)))?;
            let mut record = [0; 56];
            file.read_exact(&mut record)?;
            if !record.starts_with(b"PK\x06\x06") {
                return Err(damaged("its end is not where it says"));
            }
            Ok((u64_at(&record, 32), u64_at(&record, 40), u64_at(&record, 48)))
        }
    }
}

/// Takes one entry off the list; nothing where it is a folder.
fn member(rest: &mut &[u8]) -> Option<io::Result<Option<Member>>> {
    let head = rest.get(..46).filter(|head| head.starts_with(b"PK\x01\x02"))?;
    let (flags, method) = (u16_at(head, 8), u16_at(head, 10));
    let (mut bytes, unpacked) = (u64::from(u32_at(head, 20)), u32_at(head, 24));
    let mut at = u64::from(u32_at(head, 42));
    let name_bytes = usize::from(u16_at(head, 28));
    let extra_bytes = usize::from(u16_at(head, 30));
    let comment_bytes = usize::from(u16_at(head, 32));
    let name = rest.get(46..46 + name_bytes)?;
    let mut extra = rest.get(46 + name_bytes..46 + name_bytes + extra_bytes)?;
    // Sizes that do not fit stand in an extra field, in this order, each only if it is needed.
    while extra.len() >= 4 {
        let (kind, length) = (u16_at(extra, 0), usize::from(u16_at(extra, 2)));
        let mut field = extra.get(4..4 + length)?;
        if kind == 1 {
            let mut wide = |needed: bool| {
                let value = field.get(..8).filter(|_| needed)?;
                field = &field[8..];
                Some(u64_at(value, 0))
            };
            wide(unpacked == u32::MAX);
            bytes = wide(bytes == u64::from(u32::MAX)).unwrap_or(bytes);
            at = wide(at == u64::from(u32::MAX)).unwrap_or(at);
        }
        extra = &extra[4 + length..];
    }
    let name = String::from_utf8_lossy(name).into_owned();
    *rest = rest.get(46 + name_bytes + extra_bytes + comment_bytes..)?;
    if name.ends_with('/') {
        return Some(Ok(None));
    }
    if flags & 1 != 0 || !matches!(method, 0 | 8) {
        return Some(Err(damaged("a member is encrypted, or packed otherwise than by deflate")));
    }
    Some(Ok(Some(Member { name, deflated: method == 8, bytes, at })))
}

fn damaged(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the zip archive cannot be read: {why}"))
}

/// Callers have checked the length.
fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
