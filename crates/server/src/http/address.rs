//! Under which address a client reached this server: what answers with absolute addresses need.

use axum::http::HeaderMap;
use axum::http::header::{HOST, HeaderName};

const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Scheme and host, as in `https://data.example.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// `http` or `https`.
    pub scheme: &'static str,
    /// Name or number, with the port if one was named.
    pub host: String,
}

impl Base {
    /// The address in the request's `Host`. A proxy in front that speaks TLS says so in
    /// `X-Forwarded-Proto`. `None`: there is no `Host`, or it holds what no address has, so that it
    /// must not be written into an answer.
    pub fn of(headers: &HeaderMap) -> Option<Base> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let host = text(HOST).filter(|host| {
            let plain = |b: u8| {
                b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']' | b'_')
            };
            !host.is_empty() && host.bytes().all(plain)
        })?;
        let proto = text(FORWARDED_PROTO).and_then(|list| list.split(',').next()).map(str::trim);
        let secure = proto.is_some_and(|proto| proto.eq_ignore_ascii_case("https"));
        Some(Base { scheme: if secure { "https" } else { "http" }, host: host.to_owned() })
    }
}

#[cfg(test)]
mod tests;
