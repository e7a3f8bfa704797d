//! Which message a conversion is credited to.
//!
//! One person's touches and conversions go in, shares come out. A credit says that a message was
//! there before the conversion, not that it caused it: what a message causes, only a control group
//! shows ([`crate::effect`]). Rules differ in whom they credit; none of them looks at the future, and
//! each conversion is judged alone.

mod split;

pub use split::Split;

use std::borrow::Cow;
use std::collections::BTreeMap;

use model::{Span, Timestamp};

/// Messages that share one conversion; of more, the latest count. A window with more messages than
/// this to one person is no attribution question any more.
pub const MESSAGES_MAX: usize = 1_000;

/// A message that was sent to a person: one send, not the campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Message(pub u64);

/// What happened with a message; stronger later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// It was sent or delivered.
    Sent,
    /// It was opened or shown.
    Viewed,
    /// It was clicked.
    Clicked,
}

/// One thing that happened with one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch {
    /// When.
    pub at: Timestamp,
    /// Which message.
    pub message: Message,
    /// What.
    pub kind: Kind,
}

/// How long after a touch a conversion still counts; `None`: such touches never count.
///
/// A conversion at `t` looks at touches in (t − window, t]: one at the very instant counts, one
/// exactly a window old does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// After a click.
    pub click: Option<Span>,
    /// After an opening or showing.
    pub view: Option<Span>,
    /// After a sending, for channels that tell neither.
    pub sent: Option<Span>,
}

/// Which touches of those in their windows count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// Only the strongest kind that there is: clicks if there is one, otherwise views, otherwise
    /// sendings. So a conversion is click-through or view-through, never both.
    Strongest,
    /// All kinds alike.
    All,
}

/// A rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// How long touches count.
    pub windows: Windows,
    /// Which.
    pub counting: Counting,
    /// How they share.
    pub split: Split,
}

/// A message's part of a conversion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Credit {
    /// Which conversion, as an index into those handed in.
    pub conversion: usize,
    /// Which message.
    pub message: Message,
    /// Through what: its strongest touch that counts.
    pub through: Kind,
    /// How much, 0 to 1. The parts of a conversion add up to 1, except with [`Split::Every`].
    pub share: f64,
}

impl Windows {
    fn of(self, kind: Kind) -> Option<Span> {
        match kind {
            Kind::Sent => self.sent,
            Kind::Viewed => self.view,
            Kind::Clicked => self.click,
        }
    }

    fn longest(self) -> Span {
        let all = [self.click, self.view, self.sent];
        all.into_iter().flatten().max().unwrap_or(Span(0))
    }
}

/// All credits of one person, by conversion in the order handed in, then by time of the touch.
///
/// Touches should be in order of time; if not, a sorted copy is made. Of one message only one touch
/// counts, the latest of its strongest kind, so opening five times is not five touches. Touches of
/// the same instant keep their order, the later in the list is the later one. A conversion without
/// a touch in its window gets no credit.
/// Cost: conversions × touches within the longest window.
pub fn credits(touches: &[Touch], conversions: &[Timestamp], rule: Rule) -> Vec<Credit> {
    let mut touches = Cow::Borrowed(touches);
    if !touches.is_sorted_by_key(|touch| touch.at) {
        touches.to_mut().sort_by_key(|touch| touch.at);
    }
    let mut credits = Vec::new();
    for (conversion, at) in conversions.iter().enumerate() {
        let counted = counted(&touches, *at, rule);
        let ages: Vec<Span> = counted.iter().map(|touch| *at - touch.at).collect();
        let shares = rule.split.shares(&ages);
        debug_assert_eq!(shares.len(), counted.len());
        credits.extend(counted.iter().zip(shares).filter(|(_, share)| *share > 0.0).map(
            |(touch, share)| {
                let (message, through) = (touch.message, touch.kind);
                Credit { conversion, message, through, share }
            },
        ));
    }
    credits
}

/// One touch of each message that counts for a conversion at `at`, in order of time.
fn counted(touches: &[Touch], at: Timestamp, rule: Rule) -> Vec<Touch> {
    let from = at.minus(rule.windows.longest());
    let begin = touches.partition_point(|touch| touch.at <= from);
    let end = touches.partition_point(|touch| touch.at <= at);
    let inside =
        |touch: &&Touch| rule.windows.of(touch.kind).is_some_and(|window| at - touch.at < window);
    let mut of_message: BTreeMap<Message, (usize, Touch)> = BTreeMap::new();
    let window = touches.get(begin..end).unwrap_or_default();
    for (place, touch) in window.iter().enumerate().filter(|(_, touch)| inside(touch)) {
        let known = of_message.entry(touch.message).or_insert((place, *touch));
        if touch.kind >= known.1.kind {
            *known = (place, *touch);
        }
    }
    let mut best: Vec<(usize, Touch)> = of_message.into_values().collect();
    if rule.counting == Counting::Strongest {
        let strongest = best.iter().map(|(_, touch)| touch.kind).max();
        best.retain(|(_, touch)| Some(touch.kind) == strongest);
    }
    best.sort_by_key(|(place, _)| *place);
    let first = best.len().saturating_sub(MESSAGES_MAX);
    best[first..].iter().map(|(_, touch)| *touch).collect()
}

#[cfg(test)]
mod tests;
