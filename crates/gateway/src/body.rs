//! The body of a request: unpacked, bounded, and known to be text.
//!
//! Headers are not trusted: clients are seen to send gzip without saying so, and to say so without
//! doing it. What the first bytes are decides.

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

/// The text of a body.
pub(crate) fn text<'a>(body: &'a [u8], encoding: Option<&str>) -> Result<Cow<'a, str>, Refusal> {
    let bytes = unpack(body)?;
    if bytes.len() > BODY_BYTES_MAX {
        return Err(too_large());
    }
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
            "send JSON as UTF-8, plain or compressed with gzip",
        ),
    })
}

fn unpack(body: &[u8]) -> Result<Cow<'_, [u8]>, Refusal> {
    if !body.starts_with(&GZIP_MAGIC) {
        return Ok(Cow::Borrowed(body));
    }
    let mut bytes = Vec::new();
    let bounded = MultiGzDecoder::new(body).take(BODY_BYTES_MAX as u64 + 1).read_to_end(&mut bytes);
    match bounded {
        Ok(_) => Ok(Cow::Owned(bytes)),
        Err(error) => Err(Refusal::bad(
            "request.gzip_broken",
            format!("the gzip body breaks after {} bytes of content: {error}", bytes.len()),
            "send the whole compressed body, or send it uncompressed",
        )),
    }
}

fn known_encoding(name: &str) -> bool {
    ["gzip", "x-gzip", "identity", ""].iter().any(|known| name.trim().eq_ignore_ascii_case(known))
}

fn unknown_encoding(name: &str) -> Refusal {
    Refusal {
        status: 415,
        code: "request.unknown_encoding",
        message: format!("content encoding \"{}\" is not supported", clip(name)),
        hint: "compress with gzip or send the body uncompressed",
    }
}

fn too_large() -> Refusal {
    Refusal {
        status: 413,
        code: "request.too_large",
        message: format!("the body has more than {BODY_BYTES_MAX} bytes after decompression"),
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
