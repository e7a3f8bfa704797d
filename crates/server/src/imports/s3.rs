//! Buckets that speak S3: what they hold, and single objects of them.
//!
//! What it is: `ListObjectsV2` and `GetObject`, signed with AWS Signature Version 4, over the HTTP
//! client that is in the program already. The usual library for it (`object_store`) would bring 43
//! further crates and a second TLS stack for these two requests.
//! What it is not: it writes nothing, and knows keys but no roles.
//!
//! Redirects are not followed: the signature is for one address. Neither key nor secret is in an error.

use std::fmt::Write as _;
use std::fs::File;
use std::io;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use model::Timestamp;
use sha2::{Digest, Sha256};
use ureq::http::Response;
use wire::api::ImportPlace;

use super::place::Found;
use super::spool;
use crate::clock;
use crate::failure::Failure;

/// How long a connection, and the beginning of an answer, may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// How long an object may take.
const OBJECT_TIMEOUT: Duration = Duration::from_secs(3_600);

/// Bytes of a list or of an error at most: a thousand keys of a kilobyte, and what stands around.
const LIST_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// The hash of an empty body.
const NO_BODY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A bucket with the key that may read it.
pub struct Bucket {
    agent: ureq::Agent,
    /// `https://HOST`, without a path.
    root: String,
    host: String,
    region: String,
    bucket: String,
    prefix: String,
    access_key: String,
    secret_key: String,
}

impl Bucket {
    /// The bucket of a place.
    ///
    /// Errors: the endpoint is no address; something is empty.
    pub fn of(place: &ImportPlace) -> Result<Bucket, Failure> {
        let ImportPlace::Bucket { endpoint, region, bucket, prefix, access_key, secret_key } =
            place
        else {
            return Err(wrong("the place is no bucket"));
        };
        let root = endpoint.trim().trim_end_matches('/');
        let host = ["https://", "http://"].iter().find_map(|scheme| root.strip_prefix(scheme));
        let plain = |host: &&str| {
            !host.is_empty()
                && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b))
        };
        let host = host.filter(plain).ok_or_else(|| wrong("the endpoint is no address"))?;
        for (name, text) in [("region", region), ("bucket", bucket), ("access_key", access_key)] {
            if text.trim().is_empty() || text.contains(|c: char| c.is_control() || c == '/') {
                return Err(wrong(&format!(
                    "`{name}` is empty, or has a character that it cannot have"
                )));
            }
        }
        let secret_key = secret_key.clone().unwrap_or_default();
        if secret_key.is_empty() {
            return Err(wrong("`secret_key` is missing"));
        }
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_recv_response(Some(ANSWER_TIMEOUT))
            .timeout_recv_body(Some(OBJECT_TIMEOUT))
            .user_agent(concat!("Perennial/", env!("CARGO_PKG_VERSION")))
            .build();
        let host = default_port_left_out(root, host);
        Ok(Bucket {
            agent: config.into(),
            root: root.to_owned(),
            host,
            region: region.clone(),
            bucket: bucket.clone(),
            prefix: prefix.clone(),
            access_key: access_key.clone(),
            secret_key,
        })
    }

    /// Objects whose key begins with the prefix, up to one more than `most`.
    pub fn list(&self, most: usize) -> Result<Vec<Found>, Failure> {
        let mut found = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let mut query = Vec::new();
            if let Some(token) = &token {
                query.push(("continuation-token", token.as_str()));
            }
            query.extend([("encoding-type", "url"), ("list-type", "2")]);
            query.push(("prefix", self.prefix.as_str()));
            let mut answer =
                self.get(&format!("/{}", encode(&self.bucket, false)), &query, None)?;
            let body = answer.body_mut().with_config().limit(LIST_BYTES_MAX).read_to_string();
            let body = body.map_err(|error| self.unreached(&error.to_string()))?;
            let encoded = text_of(&body, "EncodingType").is_some_and(|kind| kind == "url");
            for object in all(&body, "Contents") {
                let read = |tag| text_of(object, tag).map(|text| unescape(&text));
                let (Some(key), Some(bytes)) = (read("Key"), read("Size")) else { continue };
                let name = if encoded { decode(&key) } else { key };
                let bytes: u64 =
                    bytes.parse().map_err(|_| self.unreached("a size is no number"))?;
                let etag = read("ETag").unwrap_or_default();
                if !name.ends_with('/') {
                    let version = format!("{bytes}-{}", etag.trim_matches('"'));
                    found.push(Found { name, version, bytes });
                }
            }
            token = text_of(&body, "NextContinuationToken").map(|text| unescape(&text));
            if token.is_none() || found.len() > most {
                return Ok(found);
            }
        }
    }

    /// Writes an object into a file, whole and in the version that was listed.
    pub fn fetch(&self, found: &Found, into: &mut File) -> Result<(), Failure> {
        let path = format!("/{}/{}", encode(&self.bucket, false), encode(&found.name, true));
        let etag = found.version.split_once('-').map(|(_, etag)| format!("\"{etag}\""));
        let etag = etag.filter(|etag| etag.len() > 2);
        let mut answer = self.get(&path, &[], etag.as_deref())?;
        let mut reader = answer.body_mut().with_config().limit(found.bytes + 1).reader();
        let written = io::copy(&mut reader, into).map_err(|error| match error.raw_os_error() {
            Some(_) => spool::no_room(&error),
            None => self.unreached(&error.to_string()),
        })?;
        if written != found.bytes {
            let (name, bytes) = (&found.name, found.bytes);
            return Err(self.unreached(&format!("{name} has {written} bytes instead of {bytes}")));
        }
        Ok(())
    }

    fn get(
        &self,
        path: &str,
        query: &[(&str, &str)],
        etag: Option<&str>,
    ) -> Result<Response<ureq::Body>, Failure> {
        // In the order of their names, which is the order that is signed.
        let query: Vec<String> =
            query.iter().map(|(name, value)| format!("{name}={}", encode(value, false))).collect();
        let query = query.join("&");
        let at = moment(clock::now());
        let signature = self.sign(path, &query, &at);
        let mark = if query.is_empty() { "" } else { "?" };
        let mut request = self
            .agent
            .get(format!("{}{path}{mark}{query}", self.root))
            .header("host", &self.host)
            .header("x-amz-content-sha256", NO_BODY)
            .header("x-amz-date", &at)
            .header("authorization", &signature);
        if let Some(etag) = etag {
            request = request.header("if-match", etag);
        }
        let mut answer = request.call().map_err(|error| self.unreached(&error.to_string()))?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(LIST_BYTES_MAX).read_to_string();
        let body = body.unwrap_or_default();
        let told = |tag| text_of(&body, tag).map(|text| unescape(&text)).unwrap_or_default();
        Err(self.refused(status, &told("Code"), &told("Message")))
    }

    /// The header `authorization`.
    fn sign(&self, path: &str, query: &str, at: &str) -> String {
        let names = "host;x-amz-content-sha256;x-amz-date";
        let request = format!(
            "GET\n{path}\n{query}\nhost:{}\nx-amz-content-sha256:{NO_BODY}\nx-amz-date:{at}\n\n{names}\n{NO_BODY}",
            self.host
        );
        let day = &at[..8];
        let scope = format!("{day}/{}/s3/aws4_request", self.region);
        let hash = hex(&Sha256::digest(request.as_bytes()));
        let text = format!("AWS4-HMAC-SHA256\n{at}\n{scope}\n{hash}");
        let mut key = format!("AWS4{}", self.secret_key).into_bytes();
        for part in [day, &self.region, "s3", "aws4_request"] {
            key = mac(&key, part);
        }
        let signature = hex(&mac(&key, &text));
        format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
            self.access_key
        )
    }

    fn unreached(&self, why: &str) -> Failure {
        let message =
            format!("the bucket \"{}\" at {} cannot be read: {why}", self.bucket, self.root);
        Failure::unprocessable("import.unreachable", message)
            .hint("check the endpoint, and whether this machine may connect to it")
    }

    fn refused(&self, status: u16, code: &str, message: &str) -> Failure {
        let hint = match (status, code) {
            (412, _) => "the object changed while it was read; it is read again with the next run",
            (403, _) => {
                "check access key and secret, and that the key may list and read the bucket"
            }
            (404, "NoSuchBucket") => "check the name of the bucket",
            (301 | 307 | 400, _) => "check region and endpoint of the bucket",
            _ => "try again later",
        };
        let message = format!("the bucket \"{}\" answered {status} {code}: {message}", self.bucket);
        Failure::unprocessable("import.refused", message).hint(hint)
    }
}

fn wrong(what: &str) -> Failure {
    Failure::unprocessable("import.bucket", what)
        .hint("write endpoint (https://…), region, bucket, access_key and secret_key")
}

/// A host as clients write it into the header: without the port that the scheme has anyway.
fn default_port_left_out(root: &str, host: &str) -> String {
    let port = if root.starts_with("https") { ":443" } else { ":80" };
    host.strip_suffix(port).unwrap_or(host).to_owned()
}

/// `20260301T090000Z`.
fn moment(at: Timestamp) -> String {
    let mut text: String = at.to_string().chars().filter(|c| !matches!(c, '-' | ':')).collect();
    text.truncate(15);
    text.push('Z');
    text
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Percent-encoding as it is signed; `path`: slashes stay.
fn encode(text: &str, path: bool) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte));
            }
            b'/' if path => encoded.push('/'),
            other => {
                let _ = write!(encoded, "%{other:02X}");
            }
        }
    }
    encoded
}

/// Undoes the encoding of keys in lists, in which a blank is a plus sign.
fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (first, byte) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
                continue;
            }
            (b'+', _) => bytes.push(b' '),
            (other, _) => bytes.push(*other),
        }
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What stands between the first tags of a name. In these answers no tag has attributes but the root.
fn text_of<'a>(xml: &'a str, tag: &str) -> Option<std::borrow::Cow<'a, str>> {
    all(xml, tag).next().map(std::borrow::Cow::Borrowed)
}

/// What stands between tags of a name, one after the other.
fn all<'a>(xml: &'a str, tag: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
    let mut rest = xml;
    std::iter::from_fn(move || {
        let from = rest.find(&open)? + open.len();
        let length = rest[from..].find(&close)?;
        let inner = &rest[from..from + length];
        rest = &rest[from + length + close.len()..];
        Some(inner)
    })
}

fn unescape(text: &str) -> String {
    let plain = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#34;", "\""), ("&apos;", "'")];
    let text = plain.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    text.replace("&amp;", "&")
}

#[cfg(test)]
mod tests;
