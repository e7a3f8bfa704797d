//! What a person got lately, in ten bytes each.

use model::{Span, Timestamp};

use super::{Candidate, Labels, Scope};

/// Contacts that are kept of one person. Whoever got more within the longest window is beyond any
/// limit that makes sense; the oldest are forgotten first.
pub const CONTACTS_MAX: usize = 1_024;

/// One message that was sent.
///
/// Stored: milliseconds since 1970 in 6 bytes (to the year 9999 and beyond), channel, priority and
/// labels; all little endian, without gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contact([u8; Contact::BYTES]);

/// What a person got, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recent(Vec<Contact>);

impl Contact {
    /// The size of one.
    pub const BYTES: usize = 10;

    fn new(candidate: Candidate, at: Timestamp) -> Contact {
        let ms = at.0.clamp(0, Timestamp::MAX.0) as u64;
        let mut bytes = [0; Contact::BYTES];
        bytes[..6].copy_from_slice(&ms.to_le_bytes()[..6]);
        bytes[6] = candidate.channel as u8;
        bytes[7] = candidate.priority;
        bytes[8..].copy_from_slice(&candidate.labels.0.to_le_bytes());
        Contact(bytes)
    }

    /// When it was sent; never before 1970.
    pub fn at(self) -> Timestamp {
        let mut ms = [0; 8];
        ms[..6].copy_from_slice(&self.0[..6]);
        Timestamp(i64::from_le_bytes(ms))
    }

    /// The channel's number.
    pub fn channel(self) -> u8 {
        self.0[6]
    }

    /// Its priority.
    pub fn priority(self) -> u8 {
        self.0[7]
    }

    /// Its labels.
    pub fn labels(self) -> Labels {
        Labels(u16::from_le_bytes([self.0[8], self.0[9]]))
    }

    pub(super) fn counts(self, scope: Scope) -> bool {
        let label = scope.labels.is_none_or(|wanted| wanted.0 & self.labels().0 != 0);
        label && scope.channels.has_number(self.channel())
    }
}

impl Recent {
    /// Nothing yet.
    pub fn new() -> Recent {
        Recent::default()
    }

    /// Reads what [`Recent::bytes`] wrote; `None` if the bytes are not that: a wrong length, too
    /// many contacts, or out of order.
    pub fn read(bytes: &[u8]) -> Option<Recent> {
        let (contacts, rest) = bytes.as_chunks::<{ Contact::BYTES }>();
        let contacts: Vec<Contact> = contacts.iter().copied().map(Contact).collect();
        let ordered = contacts.is_sorted_by_key(|contact| contact.at());
        let known = contacts.last().is_none_or(|contact| contact.at() <= Timestamp::MAX);
        let right = rest.is_empty() && contacts.len() <= CONTACTS_MAX && ordered && known;
        right.then_some(Recent(contacts))
    }

    /// Everything as bytes, [`Contact::BYTES`] for each contact.
    pub fn bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|contact| contact.0).collect()
    }

    /// Writes down that a message was sent. It may come late: the list stays in order of time.
    pub fn record(&mut self, candidate: Candidate, at: Timestamp) {
        let contact = Contact::new(candidate, at);
        let place = self.0.partition_point(|other| other.at() <= contact.at());
        self.0.insert(place, contact);
        if self.0.len() > CONTACTS_MAX {
            self.0.remove(0);
        }
        debug_assert!(self.0.is_sorted_by_key(|contact| contact.at()));
    }

    /// Adds what another one got: two people turned out to be one, and caps hold for both together.
    /// Also what a later version wrote is kept as it is.
    pub fn absorb(&mut self, other: &Recent) {
        self.0.extend_from_slice(&other.0);
        self.0.sort_by_key(|contact| contact.at());
        let gone = self.0.len().saturating_sub(CONTACTS_MAX);
        self.0.drain(..gone);
    }

    /// Forgets what no rule that looks back `reach` can see at `now` or later.
    pub fn prune(&mut self, reach: Span, now: Timestamp) {
        let gone = self.0.partition_point(|contact| contact.at().plus(reach) <= now);
        if gone > 0 {
            self.0.drain(..gone);
            self.0.shrink_to_fit();
        }
    }

    /// All contacts, oldest first.
    pub fn all(&self) -> &[Contact] {
        &self.0
    }

    pub(super) fn newest_first(&self) -> impl Iterator<Item = (Contact, Timestamp)> {
        self.0.iter().rev().map(|contact| (*contact, contact.at()))
    }
}
