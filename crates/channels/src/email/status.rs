//! What an SMTP answer or a bounce says: the code and the state of the address.
//!
//! The enhanced status (RFC 3463, 5.1.1) is trusted first, the basic code (550) next, and words only
//! where both are as vague as `550` alone. An address is dead only if it is said that it does not
//! exist; a refusal for policy or reputation says nothing about the address.

use crate::contract::{Address, Code};

#[cfg(test)]
mod tests;

/// An enhanced status: class, subject, detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Enhanced {
    /// 2 delivered, 4 not now, 5 never.
    pub class: u8,
    /// What it is about: 1 address, 2 mailbox, 3 system, 4 network, 5 protocol, 6 content, 7 policy.
    pub subject: u16,
    /// What exactly.
    pub detail: u16,
}

impl Enhanced {
    /// Reads `5.1.1` at the beginning of a text.
    pub fn parse(text: &str) -> Option<Enhanced> {
        let word = text.split(|c: char| !c.is_ascii_digit() && c != '.').next()?;
        let mut numbers = word.trim_end_matches('.').split('.');
        let class = numbers.next()?.parse().ok().filter(|c| matches!(c, 2 | 4 | 5))?;
        let small = |part: Option<&str>| part?.parse().ok().filter(|n| *n <= 999_u16);
        let (subject, detail) = (small(numbers.next())?, small(numbers.next())?);
        numbers.next().is_none().then_some(Enhanced { class, subject, detail })
    }

    /// Whether it says no more than its class.
    pub fn vague(self) -> bool {
        self.subject == 0 && self.detail == 0
    }
}

/// What a refusal means. `basic` is the three-digit code, 0 if there was none.
///
/// The class of the status decides whether it is for good; that is not repeated here.
pub fn meaning(basic: u16, enhanced: Option<Enhanced>, text: &str) -> (Code, Address) {
    let lower = text.to_ascii_lowercase();
    let exact = enhanced.filter(|e| !e.vague()).and_then(|e| by_enhanced(e, &lower));
    let found = exact.or_else(|| by_basic(basic, &lower));
    let (code, address) = found.unwrap_or((Code::ProviderRefused, Address::Unknown));
    // "Not now" never means "never again", whatever the words say.
    let temporary = (400..500).contains(&basic) || enhanced.is_some_and(|e| e.class == 4);
    let dead = matches!(address, Address::Dead { .. });
    if temporary && dead { (Code::AddressUnavailable, Address::Unknown) } else { (code, address) }
}

fn by_enhanced(status: Enhanced, lower: &str) -> Option<(Code, Address)> {
    let permanent = status.class == 5;
    let dead = if permanent { Address::DEAD } else { Address::Unknown };
    let throttled = has(lower, THROTTLED);
    Some(match (status.subject, status.detail) {
        // Exchange Online answers 5.4.1 for a mailbox that does not exist.
        (1, 1 | 2 | 6 | 10) | (4, 1) if permanent => (Code::AddressUnknown, dead),
        (1, 3) => (Code::AddressMalformed, dead),
        (1, 7 | 8) => (Code::SenderRefused, Address::Unknown),
        (1, 0) if permanent && has(lower, UNKNOWN) => (Code::AddressUnknown, dead),
        (1, _) => (Code::AddressUnavailable, Address::Unknown),
        (2, 1) if throttled => (Code::AddressThrottled, Address::Valid),
        (2, 1) if permanent => (Code::AddressUnknown, dead),
        (2, 2) => (Code::AddressFull, Address::Valid),
        (2, 3) | (3, 4) => (Code::PayloadTooLarge, Address::Unknown),
        (2, _) => (Code::AddressUnavailable, Address::Unknown),
        (3, 2) => (Code::ProviderUnavailable, Address::Unknown),
        (3, _) if throttled => (Code::ProviderThrottled, Address::Unknown),
        (3, _) => (Code::ProviderFailed, Address::Unknown),
        (4, 4) if permanent => (Code::AddressUnknown, dead),
        (4, 7) => (Code::MessageExpired, Address::Unknown),
        (4, _) => (Code::NetworkUnreachable, Address::Unknown),
        (5, 3) if !permanent => (Code::ProviderThrottled, Address::Unknown),
        (5, _) => (Code::ProviderRefused, Address::Unknown),
        (6, _) => (Code::PayloadRefused, Address::Unknown),
        (7, 8 | 9) => (Code::CredentialsRefused, Address::Unknown),
        (7, 0) if has(lower, AUTHENTICATE) => (Code::CredentialsRefused, Address::Unknown),
        (7, 20..=27 | 29 | 30) => (Code::SenderUnauthenticated, Address::Unknown),
        (7, 28) => (Code::ProviderThrottled, Address::Unknown),
        (7, _) => policy(permanent, lower),
        _ => return None,
    })
}

fn by_basic(basic: u16, lower: &str) -> Option<(Code, Address)> {
    Some(match basic {
        421 if has(lower, THROTTLED) => (Code::ProviderThrottled, Address::Unknown),
        421 => (Code::ProviderUnavailable, Address::Unknown),
        450 | 451 if has(lower, GREYLISTED) => (Code::ProviderGreylisted, Address::Unknown),
        450..=459 if has(lower, THROTTLED) => (Code::ProviderThrottled, Address::Unknown),
        450 => (Code::AddressUnavailable, Address::Unknown),
        452 | 552 if has(lower, FULL) => (Code::AddressFull, Address::Valid),
        451 | 452 => (Code::ProviderFailed, Address::Unknown),
        454 => (Code::ProviderUnavailable, Address::Unknown),
        530 | 534 | 535 | 538 => (Code::CredentialsRefused, Address::Unknown),
        552 => (Code::PayloadTooLarge, Address::Unknown),
        0 | 550..=554 if has(lower, UNKNOWN) => (Code::AddressUnknown, Address::DEAD),
        0 | 550..=554 if has(lower, FULL) => (Code::AddressFull, Address::Valid),
        0 | 550..=554 if has(lower, SPAM) => (Code::PayloadContent, Address::Unknown),
        0 | 550..=554 if has(lower, REPUTATION) => (Code::SenderReputation, Address::Unknown),
        _ => return None,
    })
}

fn policy(permanent: bool, lower: &str) -> (Code, Address) {
    let code = if permanent && has(lower, UNKNOWN) {
        return (Code::AddressUnknown, Address::DEAD);
    } else if has(lower, GREYLISTED) {
        Code::ProviderGreylisted
    } else if has(lower, THROTTLED) {
        Code::ProviderThrottled
    } else if has(lower, UNAUTHENTICATED) {
        Code::SenderUnauthenticated
    } else if has(lower, SPAM) {
        Code::PayloadContent
    } else if has(lower, RELAY) {
        Code::SenderRefused
    } else {
        Code::SenderReputation
    };
    (code, Address::Unknown)
}

const UNKNOWN: &[&str] = &[
    "user unknown",
    "unknown user",
    "no such user",
    "no such recipient",
    "unknown recipient",
    "recipient unknown",
    "no such mailbox",
    "mailbox not found",
    "mailbox unavailable or does not exist",
    "user not found",
    "does not exist",
    "doesn't exist",
    "no mailbox here",
    "unknown in virtual",
    "unknown in local",
    "invalid recipient",
    "account has been disabled",
    "account is disabled",
    "account that you tried to reach is disabled",
];
const FULL: &[&str] =
    &["mailbox full", "mailbox is full", "over quota", "quota exceeded", "overquota"];
const THROTTLED: &[&str] = &[
    "too many",
    "rate limit",
    "ratelimit",
    "throttl",
    "too fast",
    "try again later",
    "too quickly",
];
const GREYLISTED: &[&str] = &["greylist", "graylist", "grey list"];
const SPAM: &[&str] =
    &["spam", "content rejected", "content is not acceptable", "unsolicited", "phish"];
const REPUTATION: &[&str] =
    &["blocklist", "blacklist", "block list", "black list", "reputation", "blocked"];
const UNAUTHENTICATED: &[&str] = &["dmarc", "spf", "dkim", "unauthenticated"];
const AUTHENTICATE: &[&str] = &["authenticat", "auth required", "login"];
const RELAY: &[&str] =
    &["relay", "not allowed to send", "sender address rejected", "not permitted"];

fn has(lower: &str, words: &[&str]) -> bool {
    words.iter().any(|word| lower.contains(word))
}
