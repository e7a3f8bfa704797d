//! The HTTP client of all channels but email: HTTP/1.1 and HTTP/2, rustls, limits on everything.
//!
//! Redirects are never followed: a provider does not send them, and a redirect of somebody else's
//! server is a way into a private network. An answer is read up to a bound and then left. Whatever
//! fails after a connection was made is in doubt, because nobody can say how much was read there.

use std::fmt;
use std::time::Duration;

use ::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use model::Timestamp;
use tokio::time::{Instant, timeout_at};

use crate::contract::{Code, Outcome};
use crate::net::{self, Reach};
use crate::tls::{self, Trust};

mod connector;
#[cfg(test)]
mod tests;

use connector::{ConnectError, Connector};

/// Unused connections that are kept for each server.
const IDLE_PER_HOST: usize = 16;
/// How long an unused connection is kept; many servers end it after a minute.
const IDLE: Duration = Duration::from_secs(50);
/// Most headers of an answer.
const HEADERS_MAX: usize = 100;
/// Longest address in bytes; servers and proxies take 8 KiB.
pub const URL_BYTES_MAX: usize = 8_000;

/// How the client behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Who is trusted.
    pub trust: Trust,
    /// Which addresses may be reached.
    pub reach: Reach,
    /// Whether plain `http://` is allowed.
    pub plain: bool,
    /// Speaks HTTP/2 and nothing else.
    pub http2_only: bool,
    /// Resolving and connecting, and TLS, each.
    pub connect: Duration,
    /// From the request to the end of the answer, connecting not counted.
    pub answer: Duration,
    /// Largest part of an answer that is read, in bytes.
    pub answer_bytes: usize,
}

impl Default for Settings {
    /// Public authorities, any address, `https` only; 10 s to connect, 30 s to answer, 64 KiB.
    fn default() -> Settings {
        Settings {
            trust: Trust::default(),
            reach: Reach::Anywhere,
            plain: false,
            http2_only: false,
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            answer_bytes: 64 * 1024,
        }
    }
}

impl Settings {
    /// For addresses that strangers wrote (webhooks, push services): public ones only.
    pub fn guarded() -> Settings {
        Settings { reach: Reach::Public, ..Settings::default() }
    }
}

/// What is asked.
#[derive(Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Where, with scheme and host.
    pub url: String,
    /// Headers by name; `Host` and the length are set by the client.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

impl Request {
    /// A POST.
    pub fn post(url: impl Into<String>, content_type: &str, body: impl Into<Bytes>) -> Request {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Request { method: Method::POST, url: url.into(), headers, body: body.into() }
    }

    /// The same with one more header.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Request {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// Shows the method only: addresses, headers and bodies hold tokens and personal data.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} …, {} bytes)", self.method, self.body.len())
    }
}

/// What was answered.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, as far as it was read.
    pub body: Bytes,
    /// Whether that is all of it: not if it was too long, too slow or cut off.
    pub complete: bool,
}

impl Response {
    /// The value of a header, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// How long the server wants to be left alone (`Retry-After`, in seconds or as a date).
    pub fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        let value = self.header(header::RETRY_AFTER.as_str())?.trim();
        if let Ok(seconds) = value.parse::<u64>() {
            return Some(Duration::from_secs(seconds));
        }
        let ms = (date(value)? - now).0;
        Some(Duration::from_millis(u64::try_from(ms).unwrap_or(0)))
    }

    /// The body as JSON, if it is complete and JSON.
    pub fn json(&self) -> Option<serde_json::Value> {
        if self.complete { serde_json::from_slice(&self.body).ok() } else { None }
    }

    /// The body as text, for a detail.
    pub fn text(&self) -> String {
        format!("{}: {}", self.status, String::from_utf8_lossy(&self.body))
    }

    /// What a status that no list of the provider names means.
    pub fn otherwise(&self, now: Timestamp) -> Outcome {
        let detail = self.text();
        let after = self.retry_after(now);
        match self.status {
            300..=399 => Outcome::retry(Code::ProviderRedirected, &detail, after),
            401 => Outcome::retry(Code::CredentialsRefused, &detail, after),
            403 => Outcome::retry(Code::PermissionDenied, &detail, after),
            408 => Outcome::doubt(Code::AnswerTimeout, &detail),
            413 => Outcome::rejected(Code::PayloadTooLarge, &detail),
            425 => Outcome::retry(Code::ProviderUnavailable, &detail, after),
            429 => Outcome::retry(Code::ProviderThrottled, &detail, after),
            503 => Outcome::retry(Code::ProviderUnavailable, &detail, after),
            // Behind these a request may have been carried out before something else failed.
            500..=599 => in_doubt(Code::ProviderFailed, &detail, after),
            400..=499 => Outcome::rejected(Code::ProviderRefused, &detail),
            _ => Outcome::doubt(Code::ProviderGarbled, &detail),
        }
    }
}

fn in_doubt(code: Code, detail: &str, after: Option<Duration>) -> Outcome {
    match Outcome::doubt(code, detail) {
        Outcome::Retry { code, detail, certain, .. } => {
            Outcome::Retry { code, detail, after, certain }
        }
        other => other,
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The address is none.
    #[error("the address of the server is not usable: {0}")]
    Url(&'static str),
    /// A header cannot be sent.
    #[error("header \"{0}\" cannot be sent; it has characters that HTTP does not allow")]
    Header(String),
    /// No connection could be made.
    #[error(transparent)]
    Net(#[from] net::Error),
    /// No trusted connection could be made.
    #[error("no encrypted connection: {0}")]
    Tls(String),
    /// The answer did not come in time.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    /// The server said that it has not looked at the request (HTTP/2 only).
    #[error("the server did not take the request: {0}")]
    Unprocessed(String),
    /// The connection ended before the answer.
    #[error("no answer: {0}")]
    Cut(String),
}

impl Error {
    /// What it means for a message.
    pub fn outcome(&self) -> Outcome {
        let detail = self.to_string();
        match self {
            Error::Url(_) => Outcome::rejected(Code::DestinationMalformed, &detail),
            Error::Header(_) => Outcome::rejected(Code::PayloadRefused, &detail),
            Error::Net(error @ net::Error::Forbidden { .. }) => {
                Outcome::rejected(error.code(), &detail)
            }
            Error::Net(error) => Outcome::retry(error.code(), &detail, None),
            Error::Tls(_) => Outcome::retry(Code::TlsFailed, &detail, None),
            Error::Timeout(_) => Outcome::doubt(Code::AnswerTimeout, &detail),
            Error::Unprocessed(_) => Outcome::retry(Code::ProviderUnavailable, &detail, None),
            Error::Cut(_) => Outcome::doubt(Code::AnswerLost, &detail),
        }
    }
}

/// The client. It keeps connections; one for each channel is enough, and a clone shares them.
#[derive(Clone)]
pub struct Client {
    client: legacy::Client<Connector, Full<Bytes>>,
    settings: Settings,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Client {
    /// A client; it has no connections yet.
    pub fn new(settings: Settings) -> Result<Client, tls::Error> {
        let protocols: &[&[u8]] =
            if settings.http2_only { &[b"h2"] } else { &[b"h2", b"http/1.1"] };
        let connector = Connector {
            tls: settings.trust.client(protocols)?,
            reach: settings.reach,
            limit: settings.connect,
        };
        let client = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_PER_HOST)
            .http1_max_headers(HEADERS_MAX)
            .http2_max_header_list_size(64 * 1024)
            .http2_only(settings.http2_only)
            .build(connector);
        Ok(Client { client, settings })
    }

    /// Asks once and reads the answer.
    pub async fn send(&self, request: Request) -> Result<Response, Error> {
        let request = self.prepared(request)?;
        // Connecting has time limits of its own, for the connection and for TLS.
        let limit = self.settings.connect.saturating_mul(2).saturating_add(self.settings.answer);
        let deadline = Instant::now() + limit;
        let answer = match timeout_at(deadline, self.client.request(request)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(failed(&error)),
            Err(_) => return Err(Error::Timeout(limit)),
        };
        let (parts, mut body) = answer.into_parts();
        let (body, complete) = self.read(&mut body, deadline).await;
        Ok(Response { status: parts.status.as_u16(), headers: parts.headers, body, complete })
    }

    fn prepared(&self, request: Request) -> Result<::http::Request<Full<Bytes>>, Error> {
        let uri = check_url(&request.url, self.settings.plain)?;
        let mut prepared = ::http::Request::new(Full::new(request.body));
        *prepared.method_mut() = request.method;
        *prepared.uri_mut() = uri;
        let headers = prepared.headers_mut();
        headers.insert(header::USER_AGENT, HeaderValue::from_static("Perennial"));
        for (name, value) in request.headers {
            let wrong = || Error::Header(crate::contract::clip(&name));
            let key = HeaderName::try_from(&name).map_err(|_| wrong())?;
            headers.insert(key, HeaderValue::try_from(&value).map_err(|_| wrong())?);
        }
        Ok(prepared)
    }

    async fn read(&self, body: &mut Incoming, deadline: Instant) -> (Bytes, bool) {
        let mut read = BytesMut::new();
        loop {
            let frame = match timeout_at(deadline, body.frame()).await {
                Ok(None) => return (read.freeze(), true),
                Ok(Some(Ok(frame))) => frame,
                Ok(Some(Err(_))) | Err(_) => return (read.freeze(), false),
            };
            let Ok(data) = frame.into_data() else { continue };
            let room = self.settings.answer_bytes.saturating_sub(read.len());
            if data.len() > room {
                read.extend_from_slice(data.get(..room).unwrap_or_default());
                return (read.freeze(), false);
            }
            read.extend_from_slice(&data);
        }
    }
}

/// Reads an address that a client could ask: `https` (or `http` if `plain`), a host, nobody's name.
pub fn check_url(url: &str, plain: bool) -> Result<Uri, Error> {
    if url.len() > URL_BYTES_MAX {
        return Err(Error::Url("it is longer than 8,000 bytes"));
    }
    let uri: Uri = url.parse().map_err(|_| Error::Url("it is not an address"))?;
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if plain => {}
        Some("http") => return Err(Error::Url("it is not encrypted; write https://")),
        _ => return Err(Error::Url("it does not begin with https://")),
    }
    let authority = uri.authority().ok_or(Error::Url("it names no server"))?;
    if authority.host().is_empty() {
        return Err(Error::Url("it names no server"));
    }
    if authority.as_str().contains('@') {
        return Err(Error::Url("it holds a name or password before the server's name"));
    }
    Ok(uri)
}

/// Finds out at which point a request failed.
fn failed(error: &legacy::Error) -> Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let mut said = String::new();
    while let Some(this) = cause {
        if let Some(connecting) = this.downcast_ref::<ConnectError>() {
            return connecting.clone().into();
        }
        if this.downcast_ref::<h2::Error>().is_some_and(unprocessed) {
            return Error::Unprocessed(this.to_string());
        }
        said = this.to_string();
        cause = this.source();
    }
    if error.is_connect() { Error::Tls(said) } else { Error::Cut(said) }
}

/// A server that goes away names the last request that it has looked at, and h2 fails the later ones
/// with its words; the others fail with the end of the connection. A stream that is refused was not
/// looked at either (RFC 9113, 8.7).
fn unprocessed(error: &h2::Error) -> bool {
    let left = error.is_remote() && error.is_go_away();
    left || (error.is_remote() && error.reason() == Some(h2::Reason::REFUSED_STREAM))
}

/// An instant as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT`.
fn date(text: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words = text.split_once(", ")?.1.split(' ');
    let (day, month, year) = (words.next()?, words.next()?, words.next()?);
    let (time, zone) = (words.next()?, words.next()?);
    let month = MONTHS.iter().position(|m| *m == month)? + 1;
    if zone != "GMT" {
        return None;
    }
    Timestamp::parse(&format!("{year}-{month:02}-{day:0>2}T{time}Z")).ok()
}
