//! The compact binary form of a batch of records: what a frame of the log holds.
//!
//! What it is: bytes that every later version of this program can still read (the first byte is the
//! version), small because names are written once per batch and times as differences.
//! What it is not: it has no checksum (the log has) and enforces no bounds of the product (the
//! gateway does); but decoding any bytes ends, without a panic, in memory proportional to the bytes.
//!
//! ```text
//! batch    := 3, record*                              until the bytes end
//! record   := z(received_at − received_at of the record before, or 0), flags, id?, id?, identities?, what
//! flags    := bit 0: user id follows, bit 1: anonymous id follows, bit 7: identities follow,
//!             bits 2..6: 0 event, 1 identify, 2 alias, 3 identify with operations, 4 separate,
//!             5 facts of a device, 6 facts of an address, 31 erased
//! event    := name, z(time − received_at), 16 bytes of id, properties
//! identify := z(time − received_at), 16 bytes of id, properties
//! with operations := identify, 0 or 1 (unsets everything first), n, (name, operation)*
//! operation := 0 set once, value | 1 add, value | 2 append, 3 prepend, 4 union, 5 remove, n, value*
//! facts    := z(time − received_at), 16 bytes of id, [channel: name, address: text,] properties that
//!             are attributes, properties
//! alias    := text;  separate := text;  identities := n, (name, text)*
//! erased   := n, text* (each the next known name), n, n bytes of 0: takes the room of a record that was
//!             erased, without its ids (see [`erase_records`])
//! properties := n, (name, value)*
//! name     := 0, text (it becomes the next known name, if it has at most 255 bytes)
//!           | k + 1, the k-th known name counted from 0
//! text     := n, n bytes of UTF-8
//! value    := 0 nothing | 1 false | 2 true | 3, z(int) | 4, 8 bytes of float | 5, text
//!           | 6, z(milliseconds) | 7, n, value* | 16 + n, n bytes of UTF-8 with n < 240
//! ```
//! `n` and `k` are varints of seven bits a byte, low first; `z(x)` is the varint of a signed number
//! with its sign in bit 0.

mod decode;
mod encode;
mod erase;

#[cfg(test)]
mod tests;

pub use decode::decode_batch;
pub use encode::{Encoder, encode_batch, encode_into};
pub use erase::erase_records;

/// The version that this program writes.
pub const VERSION: u8 = 3;

/// Names longer than this are not remembered, so that a short reference cannot stand for much memory.
const KNOWN_NAME_BYTES_MAX: usize = 255;
/// Lists hold plain values; deeper nesting than this is no record of ours.
const LIST_DEPTH_MAX: usize = 4;

const KIND_EVENT: u8 = 0;
const KIND_IDENTIFY: u8 = 1;
const KIND_ALIAS: u8 = 2;
const KIND_OPERATE: u8 = 3;
const KIND_SEPARATE: u8 = 4;
const KIND_DEVICE: u8 = 5;
const KIND_ADDRESS: u8 = 6;
const KIND_ERASED: u8 = 31;

/// In the flags: identities follow.
const MORE_IDENTITIES: u8 = 0x80;

const OPERATION_SET_ONCE: u8 = 0;
const OPERATION_ADD: u8 = 1;
const OPERATION_APPEND: u8 = 2;
const OPERATION_PREPEND: u8 = 3;
const OPERATION_UNION: u8 = 4;
const OPERATION_REMOVE: u8 = 5;

const TAG_NULL: u8 = 0;
const TAG_FALSE: u8 = 1;
const TAG_TRUE: u8 = 2;
const TAG_INT: u8 = 3;
const TAG_FLOAT: u8 = 4;
const TAG_TEXT: u8 = 5;
const TAG_TIME: u8 = 6;
const TAG_LIST: u8 = 7;
const TAG_SHORT_TEXT: u8 = 16;
const SHORT_TEXT_BYTES: usize = 240;

/// Why bytes are not a batch of records.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A later version of the program wrote it.
    #[error(
        "record batch has version {0}, this program reads up to {VERSION}; use a later program"
    )]
    Version(u8),
    /// The bytes end within a record.
    #[error("record batch ends within a record at byte {at}")]
    Ends {
        /// Position in the batch.
        at: usize,
    },
    /// The bytes say something that no record says.
    #[error("record batch is not valid at byte {at}: {found}")]
    Invalid {
        /// Position in the batch.
        at: usize,
        /// What was found there.
        found: &'static str,
    },
}
