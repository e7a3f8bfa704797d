//! Tokens: what a link stands for, in few characters, signed.
//!
//! Form: base64url of `version, kind, message (16), expiry in seconds (5), kind's own, mac (16)`. Of
//! a click: link index (2), scheme (1), the rest of the address. The mac is the first half of
//! HMAC-SHA256 over everything before it: 128 bits cannot be guessed, and a link stays short.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use model::Timestamp;
use sha2::Sha256;

use super::{LinkSigner, web_address};

/// Bytes of an address that can be claimed: what browsers and servers agree on.
pub const URL_BYTES_MAX: usize = 2_000;
/// Characters of a token: of the longest address.
pub const TOKEN_BYTES_MAX: usize = (HEAD_BYTES + 3 + URL_BYTES_MAX + MAC_BYTES).div_ceil(3) * 4;

const VERSION: u8 = 1;
const HEAD_BYTES: usize = 1 + 1 + 16 + 5;
const MAC_BYTES: usize = 16;

/// What a link is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The message was opened.
    Open,
    /// A link was followed.
    Click {
        /// Which link of the message, from 0.
        index: u16,
        /// Where it leads: http or https.
        url: String,
    },
    /// The user leaves the list.
    Unsubscribe,
    /// The user chooses what to get.
    Preferences,
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// What the link is for.
    pub kind: Kind,
    /// The message to this one user.
    pub message: u128,
    /// From then on the token is refused; whole seconds, further digits are cut.
    pub expires_at: Timestamp,
}

/// Why a token is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is no token.
    #[error("this link is damaged; open it again from the message, or copy all of it")]
    Malformed,
    /// A newer version made it.
    #[error("this link was made by version {0} of links; update the server")]
    Version(u8),
    /// We did not sign it.
    #[error("this link was not made here, or the key that signed it is gone")]
    Forged,
    /// It is too old.
    #[error("this link could be used until {at}")]
    Expired {
        /// Until when it could be used.
        at: Timestamp,
    },
}

impl LinkSigner {
    /// The token of a claim; `None` if its address is too long or not of the web.
    pub fn token(&self, claim: &Claim) -> Option<String> {
        let mut bytes = encode(claim)?;
        let mac = mac(self.keys.first()?, &bytes);
        bytes.extend_from_slice(&mac.finalize().into_bytes()[..MAC_BYTES]);
        Some(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What a token says, if we signed it and it is not too old. Cost: one hash per key.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claim, TokenError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenError::Malformed);
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| TokenError::Malformed)?;
        match bytes.first() {
            Some(&VERSION) => {}
            Some(&version) => return Err(TokenError::Version(version)),
            None => return Err(TokenError::Malformed),
        }
        let (signed, given) = bytes
            .len()
            .checked_sub(MAC_BYTES)
            .map(|at| bytes.split_at(at))
            .ok_or(TokenError::Malformed)?;
        let ours =
            self.keys.iter().any(|key| mac(key, signed).verify_truncated_left(given).is_ok());
        if !ours {
            return Err(TokenError::Forged);
        }
        let claim = decode(signed).ok_or(TokenError::Malformed)?;
        if now >= claim.expires_at {
            return Err(TokenError::Expired { at: claim.expires_at });
        }
        Ok(claim)
    }
}

fn mac(key: &[u8], bytes: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length fits");
    mac.update(bytes);
    mac
}

fn encode(claim: &Claim) -> Option<Vec<u8>> {
    let kind = match &claim.kind {
        Kind::Open => 1,
        Kind::Click { .. } => 2,
        Kind::Unsubscribe => 3,
        Kind::Preferences => 4,
    };
    let mut bytes = Vec::with_capacity(64);
    bytes.extend([VERSION, kind]);
    bytes.extend(claim.message.to_be_bytes());
    // Five bytes of seconds reach past the year 9999.
    let seconds = u64::try_from(claim.expires_at.0.div_euclid(1_000)).unwrap_or(0);
    bytes.extend(&seconds.to_be_bytes()[3..]);
    if let Kind::Click { index, url } = &claim.kind {
        let (secure, rest) = web_address(url)?;
        if url.len() > URL_BYTES_MAX {
            return None;
        }
        bytes.extend(index.to_be_bytes());
        bytes.push(u8::from(secure));
        bytes.extend(rest.as_bytes());
    }
    Some(bytes)
}

fn decode(bytes: &[u8]) -> Option<Claim> {
    let (head, rest) = bytes.split_at_checked(HEAD_BYTES)?;
    let message = u128::from_be_bytes(head[2..18].try_into().ok()?);
    let mut seconds = [0; 8];
    seconds[3..].copy_from_slice(&head[18..23]);
    let expires_at =
        Timestamp(i64::try_from(u64::from_be_bytes(seconds)).ok()?.checked_mul(1_000)?);
    let kind = match (head[1], rest) {
        (1, []) => Kind::Open,
        (2, [high, low, secure @ 0..=1, address @ ..]) => {
            let scheme = if *secure == 1 { "https://" } else { "http://" };
            let url = format!("{scheme}{}", std::str::from_utf8(address).ok()?);
            web_address(&url)?;
            Kind::Click { index: u16::from_be_bytes([*high, *low]), url }
        }
        (3, []) => Kind::Unsubscribe,
        (4, []) => Kind::Preferences,
        _ => return None,
    };
    Some(Claim { kind, message, expires_at })
}
