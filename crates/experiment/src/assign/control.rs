//! Control groups: who is left out so that the others can be compared with somebody.

use model::Text;

use super::{Draw, Share, Subject};

/// Which control group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Control<'a> {
    /// The one that gets nothing from the whole workspace.
    Workspace,
    /// One that somebody made and named, by its stable id.
    Named(&'a str),
    /// The one of a single campaign or journey, by its stable id.
    Campaign(&'a str),
}

/// A control group with its share of all people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holdout<'a> {
    /// Which group.
    pub control: Control<'a>,
    /// How large a part of everybody is in it.
    pub share: Share,
}

impl Holdout<'_> {
    /// Whether a person is in the group. Groups are independent of each other: being in one says
    /// nothing about being in another. A share that grows keeps its members; one that shrinks lets
    /// the same people go that would have come last.
    pub fn holds<'s>(self, seed: u64, subject: impl Into<Subject<'s>>) -> bool {
        let salt: [&str; 3] = match self.control {
            Control::Workspace => ["control", "workspace", ""],
            Control::Named(id) => ["control", "named", id],
            Control::Campaign(id) => ["control", "campaign", id],
        };
        self.share.takes(Draw::at(seed, &salt, subject.into()))
    }
}

/// A control group that somebody made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its stable id: the same id has the same members whatever it is called.
    pub id: Text,
    /// Its part of everybody.
    pub share: Share,
    /// Groups with the same word here have no member in common; without one it is independent of all.
    pub apart: Option<Text>,
}

/// The named groups of a workspace.
///
/// Groups that keep apart are cut one after the other out of those whom no earlier one of the list has: each
/// draws with its part of the rest, s / (1 − Σ earlier). So each has exactly its share of everybody, a new
/// group at the end moves nobody, and only a change of an earlier one moves members of later ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups(Vec<Named>);

/// What is wrong with named groups.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GroupsError {
    /// The same id twice.
    #[error("the group \"{0}\" is there twice; give each an id of its own")]
    Twice(Text),
    /// Groups that keep apart are more than everybody.
    #[error(
        "the groups that keep apart as \"{0}\" are more than everybody; make their shares add up to at most 1"
    )]
    Full(Text),
}

impl Groups {
    /// Checks a list.
    pub fn new(groups: Vec<Named>) -> Result<Groups, GroupsError> {
        let mut ids = std::collections::BTreeSet::new();
        if let Some(group) = groups.iter().find(|group| !ids.insert(group.id.as_str())) {
            return Err(GroupsError::Twice(group.id.clone()));
        }
        for group in &groups {
            let Some(apart) = &group.apart else { continue };
            let of_set = groups.iter().filter(|other| other.apart.as_ref() == Some(apart));
            let sum: u64 = of_set.map(|other| u64::from(other.share.in_parts())).sum();
            if sum > u64::from(Share::ALL.in_parts()) {
                return Err(GroupsError::Full(apart.clone()));
            }
        }
        Ok(Groups(groups))
    }

    /// All, in order.
    pub fn all(&self) -> &[Named] {
        &self.0
    }

    /// One by its id.
    pub fn named(&self, id: &str) -> Option<&Named> {
        self.0.iter().find(|group| group.id == id)
    }

    /// Whether a person is in a group; nobody is in one that is not there.
    /// Cost: a hash for the group and each earlier one that it keeps apart from.
    pub fn holds<'s>(&self, id: &str, seed: u64, subject: impl Into<Subject<'s>>) -> bool {
        let subject = subject.into();
        let Some(place) = self.0.iter().position(|group| group.id == id) else { return false };
        let own = &self.0[place];
        let mut left = u64::from(Share::ALL.in_parts());
        for earlier in &self.0[..place] {
            if own.apart.is_none() || earlier.apart != own.apart {
                continue;
            }
            if drawn(earlier, left, seed, subject) {
                return false;
            }
            left -= u64::from(earlier.share.in_parts());
        }
        drawn(own, left, seed, subject)
    }

    /// The parts of everybody whom a message that respects some groups holds out for each of them, in the
    /// order named, of people whom the workspace holds out none. Groups that keep apart never take from each
    /// other; of independent ones the earlier takes what both have.
    pub fn parts(&self, respected: &[Text]) -> Vec<f64> {
        let mut before: Vec<&Named> = Vec::new();
        let mut parts = Vec::with_capacity(respected.len());
        for id in respected {
            let Some(own) = self.named(id) else {
                parts.push(0.0);
                continue;
            };
            let mut part = own.share.fraction();
            let mut sets: Vec<(&Text, f64)> = Vec::new();
            for earlier in &before {
                match &earlier.apart {
                    Some(set) if own.apart.as_ref() == Some(set) => {}
                    Some(set) => match sets.iter_mut().find(|(known, _)| *known == set) {
                        Some((_, taken)) => *taken += earlier.share.fraction(),
                        None => sets.push((set, earlier.share.fraction())),
                    },
                    None => part *= 1.0 - earlier.share.fraction(),
                }
            }
            sets.iter().for_each(|(_, taken)| part *= 1.0 - taken);
            before.push(own);
            parts.push(part);
        }
        parts
    }
}

/// Whether a group's own draw takes a person, of whom `left` millionths are no earlier group's.
fn drawn(group: &Named, left: u64, seed: u64, subject: Subject<'_>) -> bool {
    let (all, own) = (u64::from(Share::ALL.in_parts()), u64::from(group.share.in_parts()));
    if left == 0 {
        return false;
    }
    let salt = ["control", "named", &group.id];
    if left == all {
        return group.share.takes(Draw::at(seed, &salt, subject));
    }
    // own / left of 2⁶⁴, exactly enough: rounding is below a millionth of a millionth.
    let bound = (u128::from(own) << 64) / u128::from(left);
    u128::from(Draw::at(seed, &salt, subject).0) < bound
}

/// All control groups that one message has to respect.
#[derive(Clone, Copy, Debug)]
pub struct Controls<'a> {
    /// The workspace's share, [`Share::NONE`] without such a group.
    pub workspace: Share,
    /// The named groups of the workspace.
    pub groups: &'a Groups,
    /// Of them, those that the message respects, in order of precedence.
    pub named: &'a [Text],
    /// The message's own group: id of its campaign and share.
    pub campaign: Option<(&'a str, Share)>,
}

impl<'a> Controls<'a> {
    /// The group for whose sake a person gets nothing, if any: the workspace's first, then the named
    /// ones in order, then the campaign's. Every withheld person so has exactly one reason, and
    /// the counts of the reasons add up.
    pub fn withheld<'s>(self, seed: u64, subject: impl Into<Subject<'s>>) -> Option<Control<'a>> {
        let subject = subject.into();
        let held = |control, share| Holdout { control, share }.holds(seed, subject);
        if held(Control::Workspace, self.workspace) {
            return Some(Control::Workspace);
        }
        let mut named = self.named.iter().map(Text::as_str);
        if let Some(id) = named.find(|id| self.groups.holds(id, seed, subject)) {
            return Some(Control::Named(id));
        }
        let (id, share) = self.campaign?;
        held(Control::Campaign(id), share).then_some(Control::Campaign(id))
    }
}
