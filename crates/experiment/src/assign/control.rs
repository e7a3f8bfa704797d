//! Control groups: who is left out so that the others can be compared with somebody.

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

/// All control groups that one message has to respect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Controls<'a> {
    /// The workspace's share, [`Share::NONE`] without such a group.
    pub workspace: Share,
    /// Named groups that the message respects, in order of precedence.
    pub named: &'a [(&'a str, Share)],
    /// The message's own group: id of its campaign and share.
    pub campaign: Option<(&'a str, Share)>,
}

impl<'a> Controls<'a> {
    /// The group for whose sake a person gets nothing, if any: the workspace's first, then the named
    /// ones in order, then the campaign's. Every withheld person so has exactly one reason, and
    /// the counts of the reasons add up.
    pub fn withheld<'s>(self, seed: u64, subject: impl Into<Subject<'s>>) -> Option<Control<'a>> {
        let subject = subject.into();
        let workspace = (Control::Workspace, self.workspace);
        let named = self.named.iter().map(|(id, share)| (Control::Named(id), *share));
        let campaign = self.campaign.map(|(id, share)| (Control::Campaign(id), share));
        std::iter::once(workspace)
            .chain(named)
            .chain(campaign)
            .find(|(control, share)| {
                Holdout { control: *control, share: *share }.holds(seed, subject)
            })
            .map(|(control, _)| control)
    }
}
