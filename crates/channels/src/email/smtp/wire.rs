//! One connection of SMTP: commands, answers, and in which phase things fail.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use super::{Credentials, Encryption, Settings, TimeLimits};
use crate::email::mime::Built;
use crate::email::status::Enhanced;
use crate::net::{self, Reach};

/// Longest line of an answer in bytes; RFC 5321 allows 512, and some servers are talkative.
const LINE_BYTES_MAX: usize = 4_096;
/// Most lines of one answer: an answer to EHLO has twenty.
const LINES_MAX: usize = 100;

/// What was going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Greeting,
    Hello,
    StartTls,
    Login,
    Mail,
    Recipient,
    Data,
    Content,
    /// The end of the message may have been sent: from here on it may have been delivered.
    Accept,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Phase::Greeting => "greeting",
            Phase::Hello => "EHLO",
            Phase::StartTls => "STARTTLS",
            Phase::Login => "AUTH",
            Phase::Mail => "MAIL FROM",
            Phase::Recipient => "RCPT TO",
            Phase::Data => "DATA",
            Phase::Content => "message",
            Phase::Accept => "end of message",
        })
    }
}

/// Why an attempt failed.
#[derive(Debug)]
pub(super) enum Failure {
    Net(net::Error),
    Tls(String),
    NoTls,
    PlainPassword,
    NoMechanism(String),
    NoUtf8,
    TooLarge { bytes: usize, max: usize },
    Timeout(Phase),
    Cut(Phase, String),
    Garbled(Phase, String),
    Refused(Phase, Reply),
}

impl Failure {
    /// A kept connection that the server had given up, which says nothing about the message: it
    /// shows at the first command, as its end or as 421.
    pub(super) fn stale(&self) -> bool {
        match self {
            Failure::Cut(phase, _) => *phase == Phase::Mail,
            Failure::Refused(phase, reply) => *phase == Phase::Mail && reply.code == 421,
            _ => false,
        }
    }

    /// Whether the conversation can go on after this.
    fn recoverable(&self) -> bool {
        match self {
            Failure::Refused(_, reply) => reply.code != 421,
            Failure::NoUtf8 | Failure::TooLarge { .. } => true,
            _ => false,
        }
    }
}

/// A server's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    /// Three digits.
    pub(super) code: u16,
    /// The enhanced status, if it begins with one.
    pub(super) enhanced: Option<Enhanced>,
    /// The text of all lines, without codes.
    pub(super) text: String,
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.text)
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// What a server offers.
#[derive(Clone, Debug, Default)]
struct Offers {
    start_tls: bool,
    /// Commands may be sent before the ones before them are answered (RFC 2920).
    pipelining: bool,
    utf8: bool,
    size: Option<usize>,
    login: String,
}

pub(super) struct Connection {
    stream: Box<dyn Stream>,
    /// Read and not yet part of an answer.
    ahead: Vec<u8>,
    offers: Offers,
    used: u32,
    broken: bool,
    /// A transaction was begun and not ended.
    dirty: bool,
}

impl Connection {
    /// Connects, says hello, turns encryption on and logs in.
    pub(super) async fn open(
        settings: &Settings,
        client: &Arc<ClientConfig>,
    ) -> Result<Connection, Failure> {
        let limits = &settings.time_limits;
        let (host, port) = (settings.host.as_str(), settings.port);
        let tcp = net::connect(host, port, Reach::Anywhere, limits.connect).await;
        let tcp = tcp.map_err(Failure::Net)?;
        let local = tcp.peer_addr().is_ok_and(|address| address.ip().is_loopback());
        let mut stream: Box<dyn Stream> = Box::new(tcp);
        if settings.encryption == Encryption::Implicit {
            stream = encrypt(stream, host, client, limits.connect).await?;
        }
        let offers = Offers::default();
        let ahead = Vec::new();
        let mut connection =
            Connection { stream, ahead, offers, used: 0, broken: false, dirty: false };
        connection.expect(Phase::Greeting, 220, limits.command).await?;
        connection.hello(&settings.hello, limits.command).await?;
        if settings.encryption == Encryption::StartTls {
            connection = connection.start_tls(settings, client).await?;
        }
        if let Some(credentials) = &settings.credentials {
            if settings.encryption == Encryption::None && !local {
                return Err(Failure::PlainPassword);
            }
            connection.login(credentials, limits.command).await?;
        }
        Ok(connection)
    }

    /// Sends one message; the answer's words are what the server calls it.
    pub(super) async fn send(
        &mut self,
        built: &Built,
        limits: &TimeLimits,
    ) -> Result<Option<String>, Failure> {
        self.used = self.used.saturating_add(1);
        let sent = self.transaction(built, limits).await;
        if let Err(failure) = &sent {
            self.broken |= !failure.recoverable();
        }
        sent
    }

    /// How many messages went over it.
    pub(super) fn used(&self) -> u32 {
        self.used
    }

    /// Whether another message may go over it.
    pub(super) fn reusable(&self) -> bool {
        !self.broken
    }

    /// Says goodbye; whether the server hears it does not matter.
    pub(super) async fn quit(&mut self, limit: Duration) {
        if !self.broken {
            let _ = timeout(limit, self.stream.write_all(b"QUIT\r\n")).await;
            let _ = timeout(limit, self.stream.shutdown()).await;
        }
        self.broken = true;
    }

    async fn transaction(
        &mut self,
        built: &Built,
        limits: &TimeLimits,
    ) -> Result<Option<String>, Failure> {
        if built.utf8 && !self.offers.utf8 {
            return Err(Failure::NoUtf8);
        }
        let bytes = built.bytes.len();
        if let Some(max) = self.offers.size.filter(|max| *max > 0 && bytes > *max) {
            return Err(Failure::TooLarge { bytes, max });
        }
        let limit = limits.command;
        if self.dirty {
            self.command(Phase::Mail, "RSET", 250, limit).await?;
        }
        let size =
            if self.offers.size.is_some() { format!(" SIZE={bytes}") } else { String::new() };
        let utf8 = if built.utf8 { " SMTPUTF8" } else { "" };
        let mail = format!("MAIL FROM:<{}>{size}{utf8}", built.return_path);
        let recipient = format!("RCPT TO:<{}>", built.recipient);
        self.dirty = true;
        if self.offers.pipelining {
            self.envelope_at_once(&mail, &recipient, limit).await?;
        } else {
            self.command(Phase::Mail, &mail, 250, limit).await?;
            self.command(Phase::Recipient, &recipient, 250, limit).await?;
            self.command(Phase::Data, "DATA", 354, limit).await?;
        }
        // Apart, so that what fails before the last line is known not to have been taken for complete.
        self.write(Phase::Content, &stuffed(&built.bytes), limit).await?;
        self.write(Phase::Accept, b".\r\n", limits.accept).await?;
        let reply = self.expect(Phase::Accept, 250, limits.accept).await?;
        self.dirty = false;
        Ok(name_given(&reply.text))
    }

    /// Sender, recipient and the wish to send in one go, so that a message waits for two answers and not
    /// for four. Each command has its answer even if an earlier one was refused (RFC 2920, 3.1), and all
    /// of them are read, or the next message would take them for its own.
    async fn envelope_at_once(
        &mut self,
        mail: &str,
        recipient: &str,
        limit: Duration,
    ) -> Result<(), Failure> {
        let commands = format!("{mail}\r\n{recipient}\r\nDATA\r\n");
        self.write(Phase::Mail, commands.as_bytes(), limit).await?;
        let mut refused = None;
        for (phase, wanted) in [(Phase::Mail, 250), (Phase::Recipient, 250)] {
            match self.expect(phase, wanted, limit).await {
                Ok(_) => {}
                Err(failure) if failure.recoverable() => refused = refused.or(Some(failure)),
                // Of a connection that ends after a refusal, the refusal says more.
                Err(failure) => return Err(self.rather(refused, failure)),
            }
        }
        let data = self.expect(Phase::Data, 354, limit).await;
        match (refused, data) {
            (None, data) => data.map(|_| ()),
            // It wants a message although there is nobody to get it: an empty one, for nobody.
            (Some(first), Ok(_)) => {
                let ended = match self.write(Phase::Data, b".\r\n", limit).await {
                    Ok(()) => self.expect(Phase::Data, 250, limit).await.map(|_| ()),
                    Err(failure) => Err(failure),
                };
                match ended {
                    Err(failure) if !failure.recoverable() => {
                        Err(self.rather(Some(first), failure))
                    }
                    _ => Err(first),
                }
            }
            (Some(first), Err(failure)) if failure.recoverable() => Err(first),
            (Some(first), Err(failure)) => Err(self.rather(Some(first), failure)),
        }
    }

    /// What is said of a message when the connection failed as well: nothing goes over it again.
    fn rather(&mut self, refused: Option<Failure>, failure: Failure) -> Failure {
        self.broken = true;
        refused.unwrap_or(failure)
    }

    async fn hello(&mut self, name: &str, limit: Duration) -> Result<(), Failure> {
        let reply = self.command(Phase::Hello, &format!("EHLO {name}"), 250, limit).await?;
        self.offers = offers(&reply.text);
        Ok(())
    }

    async fn start_tls(
        mut self,
        settings: &Settings,
        client: &Arc<ClientConfig>,
    ) -> Result<Connection, Failure> {
        let limits = &settings.time_limits;
        if !self.offers.start_tls {
            return Err(Failure::NoTls);
        }
        self.command(Phase::StartTls, "STARTTLS", 220, limits.command).await?;
        if !self.ahead.is_empty() {
            // What was said before encryption must not be taken for an answer after it.
            return Err(Failure::Tls("the server spoke before encryption began".to_owned()));
        }
        self.stream = encrypt(self.stream, &settings.host, client, limits.connect).await?;
        self.hello(&settings.hello, limits.command).await?;
        Ok(self)
    }

    async fn login(&mut self, credentials: &Credentials, limit: Duration) -> Result<(), Failure> {
        let offers = |name: &str| {
            self.offers.login.split_ascii_whitespace().any(|o| o.eq_ignore_ascii_case(name))
        };
        let (user, password) = (&credentials.user, credentials.password.reveal());
        if offers("PLAIN") {
            let token = BASE64_STANDARD.encode(format!("\0{user}\0{password}"));
            self.command(Phase::Login, &format!("AUTH PLAIN {token}"), 235, limit).await?;
        } else if offers("LOGIN") {
            self.command(Phase::Login, "AUTH LOGIN", 334, limit).await?;
            self.command(Phase::Login, &BASE64_STANDARD.encode(user), 334, limit).await?;
            self.command(Phase::Login, &BASE64_STANDARD.encode(password), 235, limit).await?;
        } else {
            return Err(Failure::NoMechanism(self.offers.login.clone()));
        }
        Ok(())
    }

    async fn command(
        &mut self,
        phase: Phase,
        line: &str,
        wanted: u16,
        limit: Duration,
    ) -> Result<Reply, Failure> {
        self.write(phase, format!("{line}\r\n").as_bytes(), limit).await?;
        self.expect(phase, wanted, limit).await
    }

    async fn write(&mut self, phase: Phase, bytes: &[u8], limit: Duration) -> Result<(), Failure> {
        let stream = &mut self.stream;
        let written = timeout(limit, async {
            stream.write_all(bytes).await?;
            stream.flush().await
        });
        match written.await {
            Ok(written) => written.map_err(|e| Failure::Cut(phase, e.to_string())),
            Err(_) => Err(Failure::Timeout(phase)),
        }
    }

    /// Reads an answer of the class of `wanted`; anything else is a refusal.
    async fn expect(
        &mut self,
        phase: Phase,
        wanted: u16,
        limit: Duration,
    ) -> Result<Reply, Failure> {
        let read = timeout(limit, self.reply(phase)).await;
        let reply = read.unwrap_or(Err(Failure::Timeout(phase)))?;
        match reply.code / 100 {
            class if class == wanted / 100 => Ok(reply),
            4 | 5 => Err(Failure::Refused(phase, reply)),
            _ => Err(Failure::Garbled(phase, reply.to_string())),
        }
    }

    async fn reply(&mut self, phase: Phase) -> Result<Reply, Failure> {
        let garbled = |line: &str| Failure::Garbled(phase, format!("\"{line}\" is no answer"));
        let mut lines: Vec<String> = Vec::new();
        while lines.len() < LINES_MAX {
            let line = self.line(phase).await?;
            let (digits, rest) = line.split_at_checked(3).ok_or_else(|| garbled(&line))?;
            let code: u16 = digits.parse().map_err(|_| garbled(&line))?;
            let last = match rest.as_bytes().first() {
                None | Some(b' ') => true,
                Some(b'-') => false,
                Some(_) => return Err(garbled(&line)),
            };
            lines.push(rest.get(1..).unwrap_or_default().to_owned());
            if last {
                let text = lines.join("\n");
                return Ok(Reply { code, enhanced: Enhanced::parse(&text), text });
            }
        }
        Err(Failure::Garbled(phase, format!("the answer has more than {LINES_MAX} lines")))
    }

    async fn line(&mut self, phase: Phase) -> Result<String, Failure> {
        loop {
            if let Some(end) = self.ahead.iter().position(|&b| b == b'\n') {
                let line: Vec<u8> = self.ahead.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(line.trim_ascii_end()).into_owned());
            }
            if self.ahead.len() > LINE_BYTES_MAX {
                let detail = format!("a line has more than {LINE_BYTES_MAX} bytes");
                return Err(Failure::Garbled(phase, detail));
            }
            let mut chunk = [0; 1_024];
            let read = self.stream.read(&mut chunk).await;
            match read.map_err(|e| Failure::Cut(phase, e.to_string()))? {
                0 => return Err(Failure::Cut(phase, "the server hung up".to_owned())),
                n => self.ahead.extend_from_slice(chunk.get(..n).unwrap_or_default()),
            }
        }
    }
}

async fn encrypt(
    stream: Box<dyn Stream>,
    host: &str,
    client: &Arc<ClientConfig>,
    limit: Duration,
) -> Result<Box<dyn Stream>, Failure> {
    let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(bare).map_err(|e| Failure::Tls(e.to_string()))?;
    let connecting = TlsConnector::from(client.clone()).connect(name, stream);
    match timeout(limit, connecting).await {
        Ok(Ok(stream)) => Ok(Box::new(stream)),
        Ok(Err(error)) => Err(Failure::Tls(error.to_string())),
        Err(_) => Err(Failure::Tls("TLS was not agreed on in time".to_owned())),
    }
}

fn offers(text: &str) -> Offers {
    let mut offers = Offers::default();
    // The first line is the server's name.
    for line in text.lines().skip(1) {
        let (keyword, rest) = line.split_once([' ', '=']).unwrap_or((line, ""));
        match keyword.to_ascii_uppercase().as_str() {
            "STARTTLS" => offers.start_tls = true,
            "PIPELINING" => offers.pipelining = true,
            "SMTPUTF8" => offers.utf8 = true,
            "SIZE" => offers.size = Some(rest.trim().parse().unwrap_or(0)),
            // Some old servers write `AUTH=LOGIN` beside the proper line.
            "AUTH" => {
                offers.login.push_str(rest);
                offers.login.push(' ');
            }
            _ => {}
        }
    }
    offers
}

/// The message with a second dot before every dot that begins a line, ended by a line end.
fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + message.len() / 64 + 2);
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        if line.first() == Some(&b'.') {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    if !message.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// What the server calls the message: `queued as X` of Postfix and many, or whatever follows `Ok`
/// (the names by which some providers report later).
fn name_given(text: &str) -> Option<String> {
    let line = text.lines().last().unwrap_or_default().trim();
    let after_status = match Enhanced::parse(line) {
        Some(_) => line.split_once(' ').map_or("", |(_, rest)| rest),
        None => line,
    };
    let lower = after_status.to_ascii_lowercase();
    let name = match lower.find("queued as ") {
        Some(at) => after_status.get(at + 10..)?.split_whitespace().next()?,
        None if lower.starts_with("ok") => {
            after_status.get(2..)?.trim_start_matches([':', ' ', ',']).trim()
        }
        None => after_status,
    };
    (!name.is_empty()).then(|| name.to_owned())
}
