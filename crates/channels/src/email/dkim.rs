//! DKIM signatures (RFC 6376, Ed25519: RFC 8463), `relaxed` for headers and body.
//!
//! The signature covers what a reader or a mail program relies on, MIME and unsubscribe headers
//! included, and names most of them once more than they occur: nobody can add a second one.

use std::fmt;

use base64::prelude::{BASE64_STANDARD, Engine};
use model::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use ring::{digest, signature};
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

use crate::secret::Secret;

#[cfg(test)]
pub(super) mod tests;

/// What is signed if it is there, in this order; all but the last group is sealed, which means
/// named once more than it occurs.
const SEALED: &[&str] = &[
    "From",
    "Reply-To",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
];

/// Signed if it is there; a list server may add its own.
const SIGNED: &[&str] = &["Feedback-ID", "List-Id"];

/// Characters of the signature on one line.
const LINE: usize = 70;

/// Why a message cannot be signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The key cannot be read.
    #[error(
        "the DKIM key cannot be read ({0}); it is a PEM text with an RSA key of 2048 bits or more, or an Ed25519 key"
    )]
    Key(String),
    /// The domain or the selector cannot stand in a signature.
    #[error("DKIM {what} \"{value}\" is not a domain name in ASCII")]
    Name {
        /// Which one.
        what: &'static str,
        /// What stood there.
        value: String,
    },
    /// The cryptographic library failed.
    #[error("signing with the DKIM key failed")]
    Failed,
}

/// A domain's key, ready to sign.
pub struct Signer {
    domain: String,
    selector: String,
    key: Key,
}

enum Key {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({}._domainkey.{})", self.selector, self.domain)
    }
}

impl Signer {
    /// Reads a key in PEM (PKCS #8, or PKCS #1 for RSA) for `selector._domainkey.domain`.
    pub fn new(domain: &str, selector: &str, pem: &Secret) -> Result<Signer, Error> {
        let domain = name("domain", domain)?;
        let selector = name("selector", selector)?;
        Ok(Signer { domain, selector, key: read_key(pem.reveal())? })
    }

    /// The domain that signs.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The name of the DNS record with the public key.
    pub fn record_name(&self) -> String {
        format!("{}._domainkey.{}", self.selector, self.domain)
    }

    /// The text of that record.
    pub fn record(&self) -> String {
        match &self.key {
            Key::Rsa(pair) => {
                let key = subject_public_key(pair.public_key().as_ref());
                format!("v=DKIM1; k=rsa; p={}", BASE64_STANDARD.encode(key))
            }
            Key::Ed25519(pair) => {
                let key = BASE64_STANDARD.encode(pair.public_key().as_ref());
                format!("v=DKIM1; k=ed25519; p={key}")
            }
        }
    }

    /// The header that signs `message` (headers, an empty line, the body; lines ended by CR LF),
    /// ready to be put before it.
    pub fn sign(&self, message: &[u8], now: Timestamp) -> Result<Vec<u8>, Error> {
        let (headers, body) = split(message);
        let headers = fields(headers);
        let (names, covered) = covered(&headers);
        let algorithm = match &self.key {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        };
        let body_hash = digest::digest(&digest::SHA256, &relaxed_body(body));
        let unsigned = format!(
            "DKIM-Signature: v=1; a={algorithm}; c=relaxed/relaxed; d={};\r\n s={}; t={};\r\n h={};\r\n bh={};\r\n b=",
            self.domain,
            self.selector,
            now.0.max(0) / 1_000,
            fold(&names),
            BASE64_STANDARD.encode(body_hash),
        );
        let mut signed = covered;
        let last = relaxed_header(unsigned.as_bytes());
        signed.extend_from_slice(last.strip_suffix(b"\r\n").unwrap_or(&last));
        let signature = BASE64_STANDARD.encode(self.signature(&signed)?);
        Ok(format!("{unsigned}{}\r\n", wrap(&signature)).into_bytes())
    }

    fn signature(&self, data: &[u8]) -> Result<Vec<u8>, Error> {
        match &self.key {
            Key::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                let padding: &dyn signature::RsaEncoding = &RSA_PKCS1_SHA256;
                pair.sign(padding, &SystemRandom::new(), data, &mut signature)
                    .map_err(|_| Error::Failed)?;
                Ok(signature)
            }
            // RFC 8463: what is signed is the hash, not the text.
            Key::Ed25519(pair) => {
                Ok(pair.sign(digest::digest(&digest::SHA256, data).as_ref()).as_ref().to_vec())
            }
        }
    }
}

fn name(what: &'static str, value: &str) -> Result<String, Error> {
    let label = |l: &str| {
        !l.is_empty()
            && l.len() <= 63
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    if value.len() <= 253 && value.split('.').all(label) {
        Ok(value.to_ascii_lowercase())
    } else {
        Err(Error::Name { what, value: crate::contract::clip(value) })
    }
}

fn read_key(pem: &str) -> Result<Key, Error> {
    let wrong = |e: &dyn fmt::Display| Error::Key(e.to_string());
    let der =
        PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|e| wrong(&format!("{e:?}")))?;
    match der {
        PrivateKeyDer::Pkcs1(der) => {
            let pair = RsaKeyPair::from_der(der.secret_pkcs1_der()).map_err(|e| wrong(&e))?;
            Ok(Key::Rsa(Box::new(pair)))
        }
        PrivateKeyDer::Pkcs8(der) => {
            let der = der.secret_pkcs8_der();
            // OpenSSL leaves the public half out, which ring takes only when asked to.
            if let Ok(pair) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
                return Ok(Key::Ed25519(Box::new(pair)));
            }
            let pair = RsaKeyPair::from_pkcs8(der).map_err(|e| wrong(&e))?;
            Ok(Key::Rsa(Box::new(pair)))
        }
        _ => Err(Error::Key("a key of another kind".to_owned())),
    }
}

/// The form in which DNS wants an RSA key: the numbers with a note that they are RSA's.
fn subject_public_key(pkcs1: &[u8]) -> Vec<u8> {
    const RSA: &[u8] =
        &[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
    let mut bits = vec![0];
    bits.extend_from_slice(pkcs1);
    let mut inner = RSA.to_vec();
    inner.extend_from_slice(&der(0x03, &bits));
    der(0x30, &inner)
}

/// One element of DER: tag, length, content. Keys are far below 16 MiB, so three bytes suffice.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX).to_be_bytes();
    let mut element = vec![tag];
    match content.len() {
        0..=0x7f => element.push(length[3]),
        0x80..=0xff => element.extend_from_slice(&[0x81, length[3]]),
        0x100..=0xffff => element.extend_from_slice(&[0x82, length[2], length[3]]),
        _ => element.extend_from_slice(&[0x83, length[1], length[2], length[3]]),
    }
    element.extend_from_slice(content);
    element
}

/// Headers and body, without the empty line between them.
fn split(message: &[u8]) -> (&[u8], &[u8]) {
    let end = message.windows(4).position(|w| w == b"\r\n\r\n");
    match end {
        Some(at) => (&message[..at + 2], &message[at + 4..]),
        None => (message, &[]),
    }
}

/// The header fields with their continuation lines.
fn fields(headers: &[u8]) -> Vec<&[u8]> {
    let (mut fields, mut start) = (Vec::new(), 0);
    for at in 0..headers.len().saturating_sub(1) {
        let ends = &headers[at..at + 2] == b"\r\n";
        let folded = matches!(headers.get(at + 2), Some(b' ' | b'\t'));
        if ends && !folded {
            fields.push(&headers[start..at + 2]);
            start = at + 2;
        }
    }
    fields
}

/// The names for `h=` and the canonical text of what they stand for.
fn covered(headers: &[&[u8]]) -> (Vec<&'static str>, Vec<u8>) {
    let (mut names, mut text) = (Vec::new(), Vec::new());
    let groups = SEALED.iter().map(|&n| (n, true)).chain(SIGNED.iter().map(|&n| (n, false)));
    for (wanted, sealed) in groups {
        // Of several, a verifier takes the last first.
        for field in headers.iter().rev().filter(|field| is(field, wanted)) {
            names.push(wanted);
            text.extend_from_slice(&relaxed_header(field));
        }
        if sealed {
            names.push(wanted);
        }
    }
    (names, text)
}

fn is(field: &[u8], name: &str) -> bool {
    let colon = field.iter().position(|&b| b == b':').unwrap_or(0);
    field[..colon].trim_ascii_end().eq_ignore_ascii_case(name.as_bytes())
}

/// RFC 6376, 3.4.2: the name in small letters, the value on one line with single blanks.
fn relaxed_header(field: &[u8]) -> Vec<u8> {
    let colon = field.iter().position(|&b| b == b':').unwrap_or(field.len());
    let mut canonical = field[..colon].trim_ascii_end().to_ascii_lowercase();
    canonical.push(b':');
    let value = field.get(colon + 1..).unwrap_or_default();
    let words = value.split(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'));
    for (index, word) in words.filter(|word| !word.is_empty()).enumerate() {
        if index > 0 {
            canonical.push(b' ');
        }
        canonical.extend_from_slice(word);
    }
    canonical.extend_from_slice(b"\r\n");
    canonical
}

/// RFC 6376, 3.4.4: single blanks, none at the end of a line, no empty lines at the end.
fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut canonical = Vec::with_capacity(body.len() + 2);
    let mut blank = false;
    let mut empty_lines = 0_usize;
    let mut line_begun = false;
    let mut rest = body;
    while let Some((&byte, after)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(b"\r\n") {
            rest = after;
            if line_begun {
                canonical.extend_from_slice(b"\r\n");
            } else {
                empty_lines += 1;
            }
            (blank, line_begun) = (false, false);
            continue;
        }
        rest = after;
        if matches!(byte, b' ' | b'\t') {
            blank = true;
            continue;
        }
        for _ in 0..std::mem::take(&mut empty_lines) {
            canonical.extend_from_slice(b"\r\n");
        }
        if std::mem::take(&mut blank) {
            canonical.push(b' ');
        }
        canonical.push(byte);
        line_begun = true;
    }
    if line_begun {
        canonical.extend_from_slice(b"\r\n");
    }
    canonical
}

/// The names on lines of bearable length.
fn fold(names: &[&str]) -> String {
    let (mut text, mut length) = (String::new(), 0);
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            text.push(':');
        }
        if length + name.len() > LINE {
            text.push_str("\r\n  ");
            length = 0;
        }
        text.push_str(name);
        length += name.len() + 1;
    }
    text
}

fn wrap(base64: &str) -> String {
    let mut text = String::with_capacity(base64.len() + base64.len() / LINE * 3);
    for (index, character) in base64.chars().enumerate() {
        if index > 0 && index % LINE == 0 {
            text.push_str("\r\n ");
        }
        text.push(character);
    }
    text
}
