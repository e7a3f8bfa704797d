//! The body of a request: unpacked, bounded, and known to be text.
//!
//! Headers are not trusted: clients are seen to send gzip without saying so, and to say so without
//! doing it. What the first bytes are decides, for gzip and zstd; brotli has no mark of its own, so
//! there the header does ([`from_brotli`]).

use std::borrow::Cow;
use std::io::Read;

use flate2::read::MultiGzDecoder;
use model::bounds::BODY_BYTES_MAX;

/// Why a whole request cannot be read. Nothing of it was accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}; {hint}")]
pub struct Refusal {
    /// The HTTP status that says so.
    pub status: u16,
    /// A stable code, as in `request.not_json`.
    pub code: &'static str,
    /// What is wrong, and where.
    pub message: String,
    /// How to mend it.
    pub hint: &'static str,
}

impl Refusal {
    /// A refusal with status 400.
    pub(crate) fn bad(code: &'static str, message: String, hint: &'static str) -> Refusal {
        Refusal { status: 400, code, message, hint }
    }
}

/// The first two bytes of every gzip file.
pub(crate) const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The first four bytes of every zstd frame (RFC 8878).
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The largest window of zstd, as a power of two, that a few bytes can make us keep: 8 MiB, which RFC
/// 8878 asks of every reader.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// Bytes that the brotli reader takes at once.
const BROTLI_BUFFER_BYTES: usize = 4096;

/// The text of a body.
pub(crate) fn text<'a>(body: &'a [u8], encoding: Option<&str>) -> Result<Cow<'a, str>, Refusal> {
    let bytes = unpacked(body, BODY_BYTES_MAX)?;
    let text = match bytes {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).map(Cow::Borrowed),
        Cow::Owned(bytes) => {
            String::from_utf8(bytes).map(Cow::Owned).map_err(|error| error.utf8_error())
        }
    };
    text.map_err(|error| match encoding.filter(|name| !known_encoding(name)) {
        Some(name) => unknown_encoding(name),
        None => Refusal::bad(
            "request.not_utf8",
            format!("the body is not UTF-8 at byte {}", error.valid_up_to()),
            "send JSON as UTF-8, plain or compressed with gzip, zstd or brotli",
        ),
    })
}

/// A body without its gzip or zstd, or as it is, if it has at most so many bytes then.
pub fn unpacked(body: &[u8], bytes_max: usize) -> Result<Cow<'_, [u8]>, Refusal> {
    if body.starts_with(&GZIP_MAGIC) {
        return read("gzip", "request.gzip_broken", MultiGzDecoder::new(body), bytes_max);
    }
    if body.starts_with(&ZSTD_MAGIC) {
        let code = "request.zstd_broken";
        let mut reader = zstd::stream::read::Decoder::new(body)
            .map_err(|error| broken("zstd", code, 0, &error))?;
        let bounded = reader.window_log_max(ZSTD_WINDOW_LOG_MAX);
        bounded.map_err(|error| broken("zstd", code, 0, &error))?;
        return read("zstd", code, reader, bytes_max);
    }
    match body.len() > bytes_max {
        true => Err(too_large(bytes_max)),
        false => Ok(Cow::Borrowed(body)),
    }
}

/// A body without its brotli, if it has at most so many bytes then.
pub fn from_brotli(body: &[u8], bytes_max: usize) -> Result<Vec<u8>, Refusal> {
    let reader = brotli_decompressor::Decompressor::new(body, BROTLI_BUFFER_BYTES);
    read("brotli", "request.brotli_broken", reader, bytes_max).map(Cow::into_owned)
}

fn read<'a>(
    form: &str,
    code: &'static str,
    reader: impl Read,
    bytes_max: usize,
) -> Result<Cow<'a, [u8]>, Refusal> {
    let mut bytes = Vec::new();
    let bounded = reader.take(bytes_max as u64 + 1).read_to_end(&mut bytes);
    bounded.map_err(|error| broken(form, code, bytes.len(), &error))?;
    match bytes.len() > bytes_max {
        true => Err(too_large(bytes_max)),
        false => Ok(Cow::Owned(bytes)),
    }
}

fn broken(form: &str, code: &'static str, after: usize, error: &std::io::Error) -> Refusal {
    Refusal::bad(
        code,
        format!("the {form} body breaks after {after} bytes of content: {error}"),
        "send the whole compressed body, or send it uncompressed",
    )
}

fn known_encoding(name: &str) -> bool {
    ["gzip", "x-gzip", "zstd", "identity", ""]
        .iter()
        .any(|known| name.trim().eq_ignore_ascii_case(known))
}

fn unknown_encoding(name: &str) -> Refusal {
    Refusal {
        status: 415,
        code: "request.unknown_encoding",
        message: format!("content encoding \"{}\" is not supported", clip(name)),
        hint: "compress with gzip, zstd or brotli, or send the body uncompressed",
    }
}

fn too_large(bytes_max: usize) -> Refusal {
    Refusal {
        status: 413,
        code: "request.too_large",
        message: format!("the body has more than {bytes_max} bytes after decompression"),
        hint: "send several smaller batches",
    }
}

/// At most 60 characters of a text from outside, for a message that may be shown on a terminal: in
/// one line, with nothing in it that moves a cursor.
pub(crate) fn clip(text: &str) -> String {
    let mut clipped = String::new();
    for character in text.chars().take(60) {
        match character.is_control() {
            true => clipped.extend(character.escape_default()),
            false => clipped.push(character),
        }
    }
    clipped
}
