//! Connections by name, and which addresses may be reached.
//!
//! The address is judged after the name was resolved and the very address that was judged is
//! connected to, so a name that resolves to something else the second time gains nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use crate::contract::Code;

#[cfg(test)]
mod tests;

/// Addresses of one name that are tried: more only make a dead name take longer.
const ADDRESSES_MAX: usize = 8;

/// Which addresses may be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Reach {
    /// Any: for addresses that the operator wrote.
    #[default]
    Anywhere,
    /// Public ones only: for addresses that came from somebody else.
    Public,
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The name has no address.
    #[error("{host} has no address: {detail}")]
    Unresolved {
        /// The name.
        host: String,
        /// What the resolver said.
        detail: String,
    },
    /// Nobody answered at any of its addresses.
    #[error("{host}:{port} cannot be reached: {detail}")]
    Unreachable {
        /// The name.
        host: String,
        /// The port.
        port: u16,
        /// What the last attempt said.
        detail: String,
    },
    /// It took too long.
    #[error("{host}:{port} did not answer within {limit:?}")]
    Timeout {
        /// The name.
        host: String,
        /// The port.
        port: u16,
        /// The time that was allowed.
        limit: Duration,
    },
    /// It leads into a private network.
    #[error("{host} leads to a private address; use a public one")]
    Forbidden {
        /// The name.
        host: String,
    },
}

impl Error {
    /// The code of an outcome.
    pub fn code(&self) -> Code {
        match self {
            Error::Unresolved { .. } => Code::NetworkUnresolved,
            Error::Unreachable { .. } => Code::NetworkUnreachable,
            Error::Timeout { .. } => Code::NetworkTimeout,
            Error::Forbidden { .. } => Code::DestinationForbidden,
        }
    }
}

/// A connection to `host`, a name or an address (IPv6 with or without brackets). All of it,
/// resolving included, is done within `limit`.
pub async fn connect(
    host: &str,
    port: u16,
    reach: Reach,
    limit: Duration,
) -> Result<TcpStream, Error> {
    let connected = timeout(limit, connect_to_any(host, port, reach)).await;
    connected.unwrap_or_else(|_| Err(Error::Timeout { host: host.to_owned(), port, limit }))
}

async fn connect_to_any(host: &str, port: u16, reach: Reach) -> Result<TcpStream, Error> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let unresolved = |detail: String| Error::Unresolved { host: host.to_owned(), detail };
    let found = lookup_host((bare, port)).await.map_err(|e| unresolved(e.to_string()))?;
    let addresses: Vec<SocketAddr> = found.take(ADDRESSES_MAX).collect();
    // One private address among public ones is as suspicious as none but private ones.
    if reach == Reach::Public && addresses.iter().any(|address| !is_public(address.ip())) {
        return Err(Error::Forbidden { host: host.to_owned() });
    }
    let mut last = None;
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                // Small commands must not wait for more to come; a failure costs only time.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(error) => last = Some(error),
        }
    }
    match last {
        Some(error) => {
            let detail = error.to_string();
            Err(Error::Unreachable { host: host.to_owned(), port, detail })
        }
        None => Err(unresolved("the list of addresses is empty".to_owned())),
    }
}

/// Whether an address is one of the public internet. Everything that registries keep for private,
/// local, shared, documentation, multicast or future use is not (IANA special-purpose registries);
/// IPv6 forms that carry an IPv4 address are judged by that one.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    )
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let s = address.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match s {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => v4(high, low),
        [0x2002, high, low, ..] => v4(high, low),
        [0x2001, 0xdb8, ..] => false,
        // 2001::/23 is for protocols (Teredo and the like); no server lives there.
        [0x2001, 0..=0x1ff, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // Only 2000::/3 is handed out at all.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}
