//! One person of the identity graph: the ids that are theirs, and who turned out to be them.

use model::{Identity, Text, UserIndex};

/// Between label and value of an identity that is kept as one text.
const SEPARATOR: char = '\u{1f}';

/// Claims of one person that are remembered.
const CLAIMS_MAX: usize = 16;

/// The ids of one person, without those of persons that turned out to be the same.
///
/// Ids are never taken out of a list and never copied to another person, so that a separation has
/// nothing to give back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// The id under which the person and everybody merged into them is shown.
    pub public_id: Text,
    /// Ids that a sender's own system gave, in order of first sight.
    pub user_ids: Vec<Text>,
    /// Ids of devices and browsers, in order of first sight.
    pub anonymous_ids: Vec<Text>,
    /// The person that this one was merged into.
    pub merged_into: Option<UserIndex>,
    /// Places in `anonymous_ids` of those that have moved on to another person, ascending.
    pub(crate) lost: Vec<u32>,
    /// What few persons have.
    pub(crate) more: Option<Box<More>>,
}

/// What few persons have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct More {
    /// Other identities, in order of first sight, each as one text.
    pub(crate) identities: Vec<Text>,
    /// Persons merged into this one, in the order of their merges.
    pub(crate) merged: Vec<UserIndex>,
    /// Identities that were said to be this person's and belong to another, each as one text.
    pub(crate) claims: Vec<Text>,
    /// Was separated: only an alias merges this person again.
    pub(crate) apart: bool,
}

impl Person {
    /// Other identities, each as one text.
    pub(crate) fn identities(&self) -> &[Text] {
        self.more.as_ref().map_or(&[], |more| &more.identities)
    }

    /// Persons merged into this one, in the order of their merges.
    pub(crate) fn merged(&self) -> &[UserIndex] {
        self.more.as_ref().map_or(&[], |more| &more.merged)
    }

    /// Identities that were said to be this person's and belong to another, each as one text.
    pub(crate) fn claims(&self) -> &[Text] {
        self.more.as_ref().map_or(&[], |more| &more.claims)
    }

    /// Whether the person was separated from another.
    pub(crate) fn apart(&self) -> bool {
        self.more.as_ref().is_some_and(|more| more.apart)
    }

    pub(crate) fn more_mut(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }

    /// Whether the anonymous id at a place has moved on to another person.
    pub(crate) fn has_lost(&self, at: u32) -> bool {
        self.lost.binary_search(&at).is_ok()
    }

    /// The anonymous id at a place moves on.
    pub(super) fn lose(&mut self, at: u32) {
        if let Err(place) = self.lost.binary_search(&at) {
            self.lost.insert(place, at);
        }
    }

    /// Remembers a claim; the oldest are forgotten.
    pub(super) fn claim(&mut self, identity: Text) {
        if self.claims().contains(&identity) {
            return;
        }
        let claims = &mut self.more_mut().claims;
        if claims.len() == CLAIMS_MAX {
            claims.remove(0);
        }
        claims.push(identity);
    }
}

/// An identity as one text.
pub(crate) fn packed(identity: &Identity) -> Text {
    Text::from(format!("{}{SEPARATOR}{}", identity.label, identity.value))
}

/// The identity of such a text.
pub(crate) fn unpacked(text: &str) -> Identity {
    let (label, value) = text.split_once(SEPARATOR).unwrap_or((text, ""));
    Identity::new(label, value)
}

/// An identity as people write it and as it is shown: `email:ada@example.com`.
pub(crate) fn shown(packed: &str) -> Text {
    Text::from(packed.replacen(SEPARATOR, ":", 1))
}

/// What [`shown`] shows, as one text.
pub(super) fn named(written: &str) -> Option<Text> {
    let (label, value) = written.split_once(':')?;
    (!label.is_empty() && !value.is_empty()).then(|| packed(&Identity::new(label, value)))
}
