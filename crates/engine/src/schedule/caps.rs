//! Frequency caps: how many messages a person gets in a rolling window, and how far apart.
//!
//! Windows roll: a limit of 3 in 7 days looks at the 7 days before this very moment. What it needs of
//! a person is a short list of contacts of [`Contact::BYTES`] bytes each, pruned to the longest window
//! that any rule has. The same answers serve a queue (`free_at`) and the choice between campaigns that
//! are due at the same moment ([`choose`]).

mod recent;

pub use recent::{CONTACTS_MAX, Contact, Recent};

use model::{Span, Timestamp};

use super::channel::{Channel, Channels};

/// Rules of one question: those of the workspace, its labels and channels.
pub const RULES_MAX: usize = 64;

/// A set of up to 16 labels, as in "promotion" or "transactional". Which bit is which label is the
/// workspace's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Labels(pub u16);

/// Which messages a rule counts and limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Over one of these channels,
    pub channels: Channels,
    /// and with one of these labels; `None` for any message, also one without labels.
    pub labels: Option<Labels>,
}

/// One rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// At most `limit` messages of the scope in any window of this length.
    Limit {
        /// How many, up to [`CONTACTS_MAX`] (a higher one never caps); 0 sends nothing.
        limit: u16,
        /// The length of the window, above 0. A message leaves it exactly this long after it was
        /// sent: the window is (now − window, now].
        window: Span,
        /// Which messages.
        scope: Scope,
    },
    /// At least this long between one message of the scope and the next.
    Gap {
        /// How long, above 0; exactly that long is far enough.
        gap: Span,
        /// Which messages.
        scope: Scope,
    },
}

/// A message that might be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// How.
    pub channel: Channel,
    /// What it is about.
    pub labels: Labels,
    /// Higher goes first.
    pub priority: u8,
}

/// The answer for one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may go.
    Allowed,
    /// A rule is in the way.
    Capped {
        /// Which, as an index into the rules: the one that frees it last, the first of equals.
        rule: usize,
        /// When all rules would let it go if nothing else is sent until then; `None`: never, a limit
        /// is 0.
        free_at: Option<Timestamp>,
    },
}

impl Scope {
    /// Every message.
    pub const ALL: Scope = Scope { channels: Channels::ALL, labels: None };

    /// Whether it is about a message.
    pub fn holds(self, channel: Channel, labels: Labels) -> bool {
        let label = self.labels.is_none_or(|wanted| wanted.0 & labels.0 != 0);
        label && self.channels.has(channel)
    }
}

impl Rule {
    /// How far back it looks.
    pub fn reach(self) -> Span {
        match self {
            Rule::Limit { window, .. } => window,
            Rule::Gap { gap, .. } => gap,
        }
    }

    fn scope(self) -> Scope {
        match self {
            Rule::Limit { scope, .. } | Rule::Gap { scope, .. } => scope,
        }
    }

    /// When this rule alone lets a message of its scope go: `now` or later; `None`: never.
    fn free_at(self, recent: &Recent, now: Timestamp) -> Option<Timestamp> {
        let (nth, reach) = match self {
            Rule::Limit { limit: 0, .. } => return None,
            Rule::Limit { limit, window, .. } => (usize::from(limit), window),
            Rule::Gap { gap, .. } => (1, gap),
        };
        // The n-th newest contact of the scope is the one that has to leave the window.
        let scope = self.scope();
        let of_scope = recent.newest_first().filter(|(contact, _)| contact.counts(scope));
        let free = of_scope.map(|(_, at)| at.plus(reach)).nth(nth - 1);
        Some(free.map_or(now, |free| free.max(now)))
    }
}

/// The longest that any rule looks back, for [`Recent::prune`].
pub fn reach(rules: &[Rule]) -> Span {
    rules.iter().map(|rule| rule.reach()).max().unwrap_or(Span(0))
}

/// Whether a message may go to a person at `now`, given what the person got.
///
/// Contacts later than `now` (planned, or from a clock that was ahead) count as if they were just
/// sent. Of more than [`RULES_MAX`] rules only the first so many are asked; refuse more where rules
/// are written. Cost: rules × contacts.
pub fn decide(recent: &Recent, rules: &[Rule], candidate: Candidate, now: Timestamp) -> Decision {
    let mut last: Option<(usize, Option<Timestamp>)> = None;
    for (at, rule) in rules.iter().take(RULES_MAX).enumerate() {
        if !rule.scope().holds(candidate.channel, candidate.labels) {
            continue;
        }
        let free = rule.free_at(recent, now);
        // Never is later than any instant.
        let later = match (free, last) {
            (Some(free), None) => free > now,
            (Some(free), Some((_, Some(than)))) => free > than,
            (None, Some((_, than))) => than.is_some(),
            (None, None) => true,
            (Some(_), Some((_, None))) => false,
        };
        if later {
            last = Some((at, free));
        }
    }
    match last {
        None => Decision::Allowed,
        Some((rule, free_at)) => Decision::Capped { rule, free_at },
    }
}

/// Which of several messages that are due to one person at the same moment may go: the one with the
/// highest priority first, each that goes counting against the rest. Equal priorities go in the order
/// handed in, so the caller decides by an order that does not change (as by campaign id).
///
/// The answer has one decision per candidate, in the order handed in; those that go are recorded in
/// `recent`. Cost: candidates × rules × contacts.
pub fn choose(
    recent: &mut Recent,
    rules: &[Rule],
    candidates: &[Candidate],
    now: Timestamp,
) -> Vec<Decision> {
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by_key(|at| (std::cmp::Reverse(candidates[*at].priority), *at));
    let mut decisions = vec![Decision::Allowed; candidates.len()];
    for at in order {
        let candidate = candidates[at];
        decisions[at] = decide(recent, rules, candidate, now);
        if decisions[at] == Decision::Allowed {
            recent.record(candidate, now);
        }
    }
    decisions
}

#[cfg(test)]
mod tests;
