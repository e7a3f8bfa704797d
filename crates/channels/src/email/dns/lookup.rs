//! A small resolver: records of one name, asked of the machine's own name servers.
//!
//! What it is not: recursive, caching, or validating; the servers it asks do that. UDP first, TCP
//! where the answer does not fit (RFC 1035, RFC 7766, RFC 6891).

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

#[cfg(test)]
mod tests;

/// Name servers that are asked one after the other; the system's own resolver takes three.
pub const SERVERS_MAX: usize = 3;
/// Most records of one answer that are read; a name has a handful.
const RECORDS_MAX: usize = 200;
/// Most labels and jumps of one name: 127 labels fit into 255 bytes.
const STEPS_MAX: usize = 160;
/// Size of an answer over UDP that passes everywhere without being cut into pieces.
const UDP_BYTES: u16 = 1_232;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Texts; the pieces of one are joined.
    Txt,
    /// Hosts that take email, with their priority before them: `10 mx.example.com`.
    Mx,
    /// Addresses of the fourth version.
    A,
    /// Addresses of the sixth version.
    Aaaa,
    /// The name of an address ([`reverse`]).
    Ptr,
}

/// The name under which the name of an address stands (RFC 1035, 3.5; RFC 3596, 2.5).
pub fn reverse(address: IpAddr) -> String {
    match address {
        IpAddr::V4(own) => {
            let [a, b, c, d] = own.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(own) => {
            let mut name = String::with_capacity(73);
            for byte in own.octets().iter().rev() {
                name.push_str(&format!("{:x}.{:x}.", byte & 0x0f, byte >> 4));
            }
            name + "ip6.arpa"
        }
    }
}

impl Kind {
    /// The kind of [`super::Record::kind`].
    pub fn parse(text: &str) -> Option<Kind> {
        match text {
            "TXT" => Some(Kind::Txt),
            "MX" => Some(Kind::Mx),
            "A" => Some(Kind::A),
            "AAAA" => Some(Kind::Aaaa),
            "PTR" => Some(Kind::Ptr),
            _ => None,
        }
    }

    fn number(self) -> u16 {
        match self {
            Kind::Txt => 16,
            Kind::Mx => 15,
            Kind::A => 1,
            Kind::Aaaa => 28,
            Kind::Ptr => 12,
        }
    }
}

/// Why there is no answer. That a name has no such record is an answer, an empty one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The name is none.
    #[error("\"{0}\" is not a domain name")]
    Name(String),
    /// There is nobody to ask.
    #[error("no name server is known; name one in /etc/resolv.conf")]
    NoServer,
    /// Nobody answered usefully; what the last server did.
    #[error("no name server answered: {0}")]
    Unanswered(String),
}

/// The name servers that are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolver {
    servers: Vec<SocketAddr>,
    limit: Duration,
}

impl Resolver {
    /// Asks these servers, each for at most `limit`.
    pub fn new(servers: &[SocketAddr], limit: Duration) -> Resolver {
        Resolver { servers: servers.iter().copied().take(SERVERS_MAX).collect(), limit }
    }

    /// The servers that the text of a `resolv.conf` names.
    pub fn of_configuration(text: &str, limit: Duration) -> Resolver {
        let addresses = text.lines().filter_map(|line| {
            let rest = line.trim().strip_prefix("nameserver")?;
            // A zone (`fe80::1%eth0`) is not understood, and such a server is left out.
            let address: IpAddr = rest.strip_prefix([' ', '\t'])?.trim().parse().ok()?;
            Some(SocketAddr::new(address, 53))
        });
        Resolver { servers: addresses.take(SERVERS_MAX).collect(), limit }
    }

    /// The records of a name, in the order of the answer; empty if it has none of this kind.
    pub async fn lookup(&self, kind: Kind, name: &str) -> Result<Vec<String>, Error> {
        let mut random = [0; 2];
        // Without chance an answer could be guessed; the port of the socket is a second guess.
        SystemRandom::new()
            .fill(&mut random)
            .map_err(|_| Error::Unanswered("no random numbers".to_owned()))?;
        let id = u16::from_be_bytes(random);
        let question = question(id, kind, name)?;
        let mut last = Error::NoServer;
        for server in &self.servers {
            let asked = timeout(self.limit, ask(*server, &question, kind)).await;
            match asked {
                Ok(Ok(records)) => return Ok(records),
                Ok(Err(why)) => last = Error::Unanswered(why),
                Err(_) => last = Error::Unanswered(format!("{server} was silent")),
            }
        }
        Err(last)
    }
}

async fn ask(server: SocketAddr, question: &[u8], kind: Kind) -> Result<Vec<String>, String> {
    let failed = |error: std::io::Error| format!("{server}: {error}");
    let local = if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(local).await.map_err(failed)?;
    // Only what comes from this server gets through.
    socket.connect(server).await.map_err(failed)?;
    socket.send(question).await.map_err(failed)?;
    let mut buffer = [0; UDP_BYTES as usize];
    let answer = loop {
        let length = socket.recv(&mut buffer).await.map_err(failed)?;
        let answer = buffer.get(..length).unwrap_or_default();
        // A late answer to another question is passed over until the time is up.
        if belongs(answer, question) {
            break answer;
        }
    };
    const TRUNCATED: u8 = 0x02;
    if answer.get(2).is_some_and(|flags| flags & TRUNCATED != 0) {
        let mut stream = TcpStream::connect(server).await.map_err(failed)?;
        let length = u16::try_from(question.len()).unwrap_or(u16::MAX).to_be_bytes();
        stream.write_all(&[&length, question].concat()).await.map_err(failed)?;
        let mut length = [0; 2];
        stream.read_exact(&mut length).await.map_err(failed)?;
        let mut whole = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut whole).await.map_err(failed)?;
        if !belongs(&whole, question) {
            return Err(format!("{server} answered another question"));
        }
        return records(&whole, kind);
    }
    records(answer, kind)
}

/// Whether an answer has the number and the question that were asked.
fn belongs(answer: &[u8], question: &[u8]) -> bool {
    let is_answer = answer.get(2).is_some_and(|flags| flags & 0x80 != 0);
    let asked = question.len().saturating_sub(OPTION.len());
    is_answer
        && answer.get(..2) == question.get(..2)
        && answer.get(12..asked).is_some_and(|echoed| {
            echoed.eq_ignore_ascii_case(question.get(12..asked).unwrap_or_default())
        })
}

/// "I take answers of this size" (RFC 6891).
const OPTION: [u8; 11] = {
    let [high, low] = UDP_BYTES.to_be_bytes();
    [0, 0, 41, high, low, 0, 0, 0, 0, 0, 0]
};

fn question(id: u16, kind: Kind, name: &str) -> Result<Vec<u8>, Error> {
    let wrong = || Error::Name(crate::contract::clip(name));
    let ascii = idna::domain_to_ascii(name.trim_end_matches('.')).map_err(|_| wrong())?;
    let [high, low] = id.to_be_bytes();
    // One question, please recurse, one option.
    let mut bytes = vec![high, low, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1];
    for label in ascii.split('.') {
        let length = u8::try_from(label.len()).ok().filter(|n| (1..=63).contains(n));
        bytes.push(length.ok_or_else(wrong)?);
        bytes.extend_from_slice(label.as_bytes());
    }
    bytes.push(0);
    if bytes.len() - 12 > 255 {
        return Err(wrong());
    }
    bytes.extend_from_slice(&kind.number().to_be_bytes());
    bytes.extend_from_slice(&[0, 1]);
    bytes.extend_from_slice(&OPTION);
    Ok(bytes)
}

/// The records of one kind in an answer.
fn records(answer: &[u8], kind: Kind) -> Result<Vec<String>, String> {
    const NO_SUCH_NAME: u8 = 3;
    match answer.get(3).map(|flags| flags & 0x0f) {
        Some(0) => {}
        Some(NO_SUCH_NAME) => return Ok(Vec::new()),
        Some(code) => return Err(format!("the name server failed with code {code}")),
        None => return Err("the answer is too short".to_owned()),
    }
    let garbled = || "the answer is garbled".to_owned();
    read(answer, kind).ok_or_else(garbled)
}

fn read(answer: &[u8], kind: Kind) -> Option<Vec<String>> {
    let number = |at: usize| Some(u16::from_be_bytes([*answer.get(at)?, *answer.get(at + 1)?]));
    let (n_questions, n_answers) = (number(4)?, number(6)?);
    let mut at = 12;
    for _ in 0..n_questions {
        at = skip_name(answer, at)? + 4;
    }
    let mut records = Vec::new();
    for _ in 0..usize::from(n_answers).min(RECORDS_MAX) {
        at = skip_name(answer, at)?;
        let (found, length) = (number(at)?, usize::from(number(at + 8)?));
        let begin = at + 10;
        let data = answer.get(begin..begin + length)?;
        // An alias stands beside what it leads to, and is passed over.
        if found == kind.number() {
            records.push(match kind {
                Kind::Txt => pieces(data)?,
                Kind::Mx => format!("{} {}", number(begin)?, name_at(answer, begin + 2)?),
                Kind::Ptr => name_at(answer, begin)?,
                Kind::A => IpAddr::from(<[u8; 4]>::try_from(data).ok()?).to_string(),
                Kind::Aaaa => IpAddr::from(<[u8; 16]>::try_from(data).ok()?).to_string(),
            });
        }
        at = begin + length;
    }
    Some(records)
}

/// A text of pieces, each with its length before it.
fn pieces(mut data: &[u8]) -> Option<String> {
    let mut text = Vec::new();
    while let Some((&length, rest)) = data.split_first() {
        let (piece, after) = rest.split_at_checked(usize::from(length))?;
        text.extend_from_slice(piece);
        data = after;
    }
    Some(String::from_utf8_lossy(&text).into_owned())
}

/// Where a name ends.
fn skip_name(answer: &[u8], mut at: usize) -> Option<usize> {
    for _ in 0..STEPS_MAX {
        match *answer.get(at)? {
            0 => return Some(at + 1),
            0xc0.. => return Some(at + 2),
            length => at += usize::from(length) + 1,
        }
    }
    None
}

/// The name at a place, which may continue elsewhere.
fn name_at(answer: &[u8], mut at: usize) -> Option<String> {
    let mut labels: Vec<String> = Vec::new();
    for _ in 0..STEPS_MAX {
        match *answer.get(at)? {
            0 => return Some(labels.join(".")),
            high @ 0xc0.. => {
                at = usize::from(u16::from_be_bytes([high & 0x3f, *answer.get(at + 1)?]));
            }
            length => {
                let end = at + 1 + usize::from(length);
                labels.push(String::from_utf8_lossy(answer.get(at + 1..end)?).into_owned());
                at = end;
            }
        }
    }
    None
}
