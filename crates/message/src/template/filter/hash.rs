//! Filters that hash: in lower-case hexadecimal digits, of the text in UTF-8.

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::{Filter, filter};
use crate::Value;

pub(super) const FILTERS: &[Filter] = &[
    filter("md5", (0, 0), |w, v, _| Ok(hex(&Md5::digest(&*w.text(&v)?)))),
    filter("sha1", (0, 0), |w, v, _| Ok(hex(&Sha1::digest(&*w.text(&v)?)))),
    filter("sha2", (0, 0), |w, v, _| Ok(hex(&Sha256::digest(&*w.text(&v)?)))),
    filter("sha256", (0, 0), |w, v, _| Ok(hex(&Sha256::digest(&*w.text(&v)?)))),
    filter("sha512", (0, 0), |w, v, _| Ok(hex(&Sha512::digest(&*w.text(&v)?)))),
    filter("hmac_sha1", (1, 1), |w, v, a| Ok(hmac_sha1(&w.text(&v)?, &w.text(a.at(0))?))),
    filter("hmac_sha1_hex", (1, 1), |w, v, a| Ok(hmac_sha1(&w.text(&v)?, &w.text(a.at(0))?))),
    filter("hmac_sha256", (1, 1), |w, v, a| Ok(hmac_sha256(&w.text(&v)?, &w.text(a.at(0))?))),
    filter("hmac_sha256_hex", (1, 1), |w, v, a| Ok(hmac_sha256(&w.text(&v)?, &w.text(a.at(0))?))),
    filter("hmac_sha512", (1, 1), |w, v, a| Ok(hmac_sha512(&w.text(&v)?, &w.text(a.at(0))?))),
];

fn hex(bytes: &[u8]) -> Value {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing into a text cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    Value::Text(out.into())
}

fn hmac_sha1(text: &str, key: &str) -> Value {
    let mut mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).expect("a key of any length fits");
    mac.update(text.as_bytes());
    hex(&mac.finalize().into_bytes())
}

fn hmac_sha256(text: &str, key: &str) -> Value {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("a key of any length fits");
    mac.update(text.as_bytes());
    hex(&mac.finalize().into_bytes())
}

fn hmac_sha512(text: &str, key: &str) -> Value {
    let mut mac = Hmac::<Sha512>::new_from_slice(key.as_bytes()).expect("a key of any length fits");
    mac.update(text.as_bytes());
    hex(&mac.finalize().into_bytes())
}
