//! Whether a domain lets an address send: the part of SPF (RFC 7208) that says yes.
//!
//! What it is: `ip4`, `ip6`, `a`, `mx`, `include` and `redirect`, followed within the limit of ten lookups. What it
//! is not: a receiver's verdict; macros, `exists` and `ptr` are passed over, so that a "no" may be a "yes" elsewhere.

use std::net::IpAddr;

use super::SPF_LOOKUPS_MAX;
use super::lookup::{Kind, Resolver};

/// Records of one `mx` mechanism that are looked at (RFC 7208, 4.6.4).
const EXCHANGERS_MAX: usize = 10;

/// Whether the SPF record of a domain lets all of these addresses send. Without an address nothing is known: `false`.
pub async fn covers(resolver: &Resolver, domain: &str, addresses: &[IpAddr]) -> bool {
    let mut left: Vec<IpAddr> = addresses.to_vec();
    let mut domains = vec![domain.to_owned()];
    let mut lookups = 0;
    while let Some(domain) = domains.pop() {
        if left.is_empty() || lookups > SPF_LOOKUPS_MAX {
            break;
        }
        let texts = resolver.lookup(Kind::Txt, &domain).await.unwrap_or_default();
        let Some(record) = texts.iter().find(|text| is_spf(text)) else { continue };
        for term in record.split_ascii_whitespace().skip(1) {
            let term = term.to_ascii_lowercase();
            let term = term.trim_start_matches('+');
            // What is refused or doubted lets nobody send.
            if term.starts_with(['-', '~', '?']) || term.contains('%') {
                continue;
            }
            if let Some(network) = term.strip_prefix("ip4:").or(term.strip_prefix("ip6:")) {
                left.retain(|address| !within(*address, network));
            } else if let Some(other) =
                term.strip_prefix("include:").or(term.strip_prefix("redirect="))
            {
                lookups += 1;
                domains.push(other.to_owned());
            } else if let Some((hosts, bits)) = hosts(resolver, term, &domain, &mut lookups).await {
                left.retain(|address| {
                    !hosts.iter().any(|own| within(*address, &format!("{own}{bits}")))
                });
            }
        }
    }
    !addresses.is_empty() && left.is_empty()
}

fn is_spf(text: &str) -> bool {
    let first = text.split_ascii_whitespace().next();
    first.is_some_and(|version| version.eq_ignore_ascii_case("v=spf1"))
}

/// The addresses of `a` or `mx`, and the length of their network; `None`: it is another mechanism.
async fn hosts(
    resolver: &Resolver,
    term: &str,
    domain: &str,
    lookups: &mut usize,
) -> Option<(Vec<IpAddr>, String)> {
    let (name, bits) = match term.split_once('/') {
        // `//64` is about the sixth version alone, which is not told apart here.
        Some((name, bits)) => (name, format!("/{}", bits.trim_start_matches('/'))),
        None => (term, String::new()),
    };
    let (mechanism, host) = name.split_once(':').unwrap_or((name, domain));
    let names = match mechanism {
        "a" => vec![host.to_owned()],
        "mx" => {
            *lookups += 1;
            let found = resolver.lookup(Kind::Mx, host).await.unwrap_or_default();
            let names = found.iter().filter_map(|text| text.split_ascii_whitespace().last());
            names.take(EXCHANGERS_MAX).map(str::to_owned).collect()
        }
        _ => return None,
    };
    let mut all = Vec::new();
    for name in names {
        *lookups += 1;
        for kind in [Kind::A, Kind::Aaaa] {
            let found = resolver.lookup(kind, &name).await.unwrap_or_default();
            all.extend(found.iter().filter_map(|text| text.parse::<IpAddr>().ok()));
        }
    }
    Some((all, bits))
}

/// Whether an address is within a network, as in `192.0.2.0/24`.
fn within(address: IpAddr, network: &str) -> bool {
    let (base, bits) = network.split_once('/').unwrap_or((network, ""));
    let Ok(base) = base.parse::<IpAddr>() else { return false };
    let (one, other, all) = match (base, address) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (u128::from(a.to_bits()), u128::from(b.to_bits()), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits(), b.to_bits(), 128),
        _ => return false,
    };
    let bits = match bits {
        "" => all,
        written => match written.parse::<u32>() {
            Ok(bits) if bits <= all => bits,
            _ => return false,
        },
    };
    let shift = all - bits;
    one.checked_shr(shift).unwrap_or(0) == other.checked_shr(shift).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_and_their_addresses() {
        let of = |address: &str, network: &str| within(address.parse().unwrap(), network);
        assert!(of("192.0.2.7", "192.0.2.0/24") && of("192.0.2.7", "192.0.2.7"));
        assert!(!of("192.0.3.7", "192.0.2.0/24") && !of("192.0.2.8", "192.0.2.7"));
        assert!(of("8.8.8.8", "0.0.0.0/0") && of("2001:db8::1", "2001:db8::/32"));
        for network in ["", "x", "192.0.2.0/33", "192.0.2.0/x", "2001:db8::/32"] {
            assert!(!of("192.0.2.7", network), "{network}");
        }
    }
}
