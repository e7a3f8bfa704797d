//! Where a request came from.
//!
//! What it is: the other end of the connection, or, behind a proxy that is trusted by name, the
//! address that the proxy says. What it is not: proof of anything; whoever sends can say what they
//! like of themselves, which is why what a proxy says counts only if it is trusted.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::http::header::HeaderName;
use axum::middleware::Next;
use axum::response::Response;

use super::App;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

tokio::task_local! {
    static PEER: Option<IpAddr>;
}

/// A network whose hosts are proxies of ours: an address, and how many of its bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrustedProxy {
    address: IpAddr,
    bits: u32,
}

impl TrustedProxy {
    fn has(self, address: IpAddr) -> bool {
        let (own, other, all) = match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (u128::from(own.to_bits()), u128::from(other.to_bits()), 32)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => (own.to_bits(), other.to_bits(), 128),
            _ => return false,
        };
        let shift = all - self.bits;
        own.checked_shr(shift) == other.checked_shr(shift)
    }
}

impl FromStr for TrustedProxy {
    type Err = String;

    fn from_str(text: &str) -> Result<TrustedProxy, String> {
        let wrong = || format!("\"{text}\" is no address and no network, as in 10.0.0.0/8");
        let (address, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        let address: IpAddr = address.trim().parse().map_err(|_| wrong())?;
        let all = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) => bits.trim().parse().map_err(|_| wrong())?,
            None => all,
        };
        if bits > all {
            return Err(wrong());
        }
        Ok(TrustedProxy { address, bits })
    }
}

/// Lets a request through that everything which answers it may ask for the other end of.
pub async fn known(State(app): State<App>, request: Request, next: Next) -> Response {
    let connected = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let connected = connected.map(|ConnectInfo(at)| at.ip());
    let peer = client(connected, request.headers(), app.trusted_proxy);
    PEER.scope(peer, next.run(request)).await
}

/// Where the request that is being answered came from.
pub fn peer() -> Option<IpAddr> {
    PEER.try_with(|peer| *peer).ok().flatten()
}

/// The last address that no trusted proxy has: of what proxies say, each adds whom it talked to.
fn client(
    connected: Option<IpAddr>,
    headers: &HeaderMap,
    trusted: Option<TrustedProxy>,
) -> Option<IpAddr> {
    let connected = connected?.to_canonical();
    let Some(trusted) = trusted.filter(|trusted| trusted.has(connected)) else {
        return Some(connected);
    };
    let lists = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
    let said: Vec<&str> = lists.flat_map(|list| list.split(',')).map(str::trim).collect();
    for address in said.into_iter().rev() {
        match address.parse::<IpAddr>() {
            Ok(address) if trusted.has(address) => {}
            Ok(address) => return Some(address.to_canonical()),
            Err(_) => return None,
        }
    }
    Some(connected)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn seen(connected: &str, forwarded: Option<&str>, trusted: Option<&str>) -> Option<String> {
        let mut headers = HeaderMap::new();
        if let Some(forwarded) = forwarded {
            headers.insert(FORWARDED_FOR, HeaderValue::from_str(forwarded).unwrap());
        }
        let trusted = trusted.map(|text| text.parse().unwrap());
        client(connected.parse().ok(), &headers, trusted).map(|address| address.to_string())
    }

    #[test]
    fn what_a_stranger_says_of_itself_is_not_believed() {
        let said = |text: &str| Some(text.to_owned());
        assert_eq!(seen("9.9.9.9", None, None), said("9.9.9.9"));
        assert_eq!(seen("9.9.9.9", Some("1.1.1.1"), None), said("9.9.9.9"));
        assert_eq!(seen("9.9.9.9", Some("1.1.1.1"), Some("10.0.0.0/8")), said("9.9.9.9"));
        assert_eq!(seen("::ffff:9.9.9.9", None, None), said("9.9.9.9"));
    }

    #[test]
    fn behind_a_trusted_proxy_the_last_stranger_counts() {
        let by = |forwarded| seen("10.1.2.3", Some(forwarded), Some("10.0.0.0/8"));
        assert_eq!(by("1.1.1.1").as_deref(), Some("1.1.1.1"));
        assert_eq!(by("6.6.6.6, 1.1.1.1").as_deref(), Some("1.1.1.1"), "the first can be made up");
        assert_eq!(by("1.1.1.1, 10.9.9.9").as_deref(), Some("1.1.1.1"), "two proxies");
        assert_eq!(by("nonsense"), None);
        assert_eq!(seen("10.1.2.3", None, Some("10.0.0.0/8")).as_deref(), Some("10.1.2.3"));
        let six = seen("fd00::1", Some("2001:218::5"), Some("fd00::/8"));
        assert_eq!(six.as_deref(), Some("2001:218::5"));
    }

    #[test]
    fn networks_are_read_or_refused_in_words() {
        for good in ["10.0.0.1", "10.0.0.0/8", "fd00::/8", "0.0.0.0/0"] {
            assert!(good.parse::<TrustedProxy>().is_ok(), "{good}");
        }
        let everybody: TrustedProxy = "0.0.0.0/0".parse().unwrap();
        assert!(everybody.has("1.2.3.4".parse().unwrap()));
        for bad in ["proxy", "10.0.0.0/33", "10.0.0.0/x", ""] {
            let error = bad.parse::<TrustedProxy>().unwrap_err();
            assert!(error.contains("10.0.0.0/8"), "{error}");
        }
    }
}
