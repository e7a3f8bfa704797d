//! Links of messages: signed tokens, and what is written into a message instead of its links.
//!
//! What it is: functions from a rendered text to a text whose links come back to us, and from a
//! token to what it stands for. What it is not: a server, or a memory of links; everything that a
//! click needs is inside the token. Invariants: an address leaves a token only if we signed it, so
//! that nobody can make ours lead elsewhere; a token of one kind is never one of another.

mod address;
mod token;
mod wrap;

use model::Timestamp;

pub use address::{add_parameters, web_address};
pub use token::{Claim, Kind, TOKEN_BYTES_MAX, TokenError, URL_BYTES_MAX};
pub use wrap::{LINKS_MAX, Link, Wrapped, wrap, wrap_rendered, wrap_text};

/// The variable that holds the address at which a user leaves a list, in templates.
pub const UNSUBSCRIBE_VARIABLE: &str = "unsubscribe_url";
/// The variable that holds the address at which a user chooses what to get.
pub const PREFERENCES_VARIABLE: &str = "preferences_url";
/// Bytes of a key that signs, at least: as many as the hash gives.
pub const KEY_BYTES_MIN: usize = 32;

/// Signs links, and knows its own again.
#[derive(Clone)]
pub struct LinkSigner {
    /// What stands before every token, as in `https://go.shop.example/t/`.
    base: String,
    /// The first signs; all verify, so that a key can be replaced while links are out.
    keys: Vec<Vec<u8>>,
}

/// What is wrong with the parts of a signer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignerError {
    /// The base is no address of the web.
    #[error("\"{0}\" is not a base for links; write it like https://go.example.com/t/")]
    Base(String),
    /// There is no key, or a short one.
    #[error("a key for links needs {KEY_BYTES_MIN} bytes or more; make one of random bytes")]
    Key,
}

/// Which message the links belong to, and what is done with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRef {
    /// The message to this one user.
    pub id: u128,
    /// From then on the links are refused. A link in an old e-mail should still work: years.
    pub expires_at: Timestamp,
    /// Whether clicks are told.
    pub clicks: bool,
    /// Whether opens are told, by a picture of one pixel.
    pub opens: bool,
    /// Names and values that are added to every address that does not have the name yet, as in
    /// `utm_campaign`. Also to those that are not told.
    pub parameters: Vec<(String, String)>,
}

impl LinkSigner {
    /// Signs with the first key and verifies with all.
    pub fn new(base: &str, keys: Vec<Vec<u8>>) -> Result<LinkSigner, SignerError> {
        if web_address(base).is_none() || base.contains(['?', '#', '"', '<', '>', ' ', '\'']) {
            return Err(SignerError::Base(base.chars().take(60).collect()));
        }
        if keys.is_empty() || keys.iter().any(|key| key.len() < KEY_BYTES_MIN) {
            return Err(SignerError::Key);
        }
        let slash = if base.ends_with('/') { "" } else { "/" };
        Ok(LinkSigner { base: format!("{base}{slash}"), keys })
    }

    /// The address of a claim: the base and its token. An address that is longer than
    /// [`URL_BYTES_MAX`] cannot be claimed.
    pub fn url(&self, claim: &Claim) -> Option<String> {
        Some(format!("{}{}", self.base, self.token(claim)?))
    }

    /// The address at which a user leaves the list; it answers one-click requests too.
    pub fn unsubscribe_url(&self, message: &MessageRef) -> String {
        self.plain_url(Kind::Unsubscribe, message)
    }

    /// The address at which a user chooses what to get.
    pub fn preferences_url(&self, message: &MessageRef) -> String {
        self.plain_url(Kind::Preferences, message)
    }

    /// The address of the picture that tells an open.
    pub fn open_url(&self, message: &MessageRef) -> String {
        self.plain_url(Kind::Open, message)
    }

    fn plain_url(&self, kind: Kind, message: &MessageRef) -> String {
        let claim = Claim { kind, message: message.id, expires_at: message.expires_at };
        self.url(&claim).unwrap_or_default()
    }

    /// Whether an address is one of ours.
    pub fn ours(&self, url: &str) -> bool {
        url.starts_with(&self.base)
    }
}

/// Keys never appear in logs.
impl std::fmt::Debug for LinkSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LinkSigner").field("base", &self.base).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
