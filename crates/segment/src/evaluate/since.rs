//! What happened after or before an anchor event, and what did not follow.

use model::{Span, Value};

use super::matching::{Matcher, same};
use super::test::CompiledTest;
use super::window::{in_hours_and_weekdays, range_around};
use super::{Evaluation, UserEvent};
use crate::tree::{AbsencePredicate, Pick, SincePredicate};

/// A `since` with what it was computed from.
pub(super) struct Since<'a> {
    pub(super) holds: bool,
    pub(super) anchor: Option<&'a UserEvent>,
    pub(super) matching: Vec<&'a UserEvent>,
    pub(super) measured: Option<Value>,
}

impl<'a> Evaluation<'a> {
    pub(super) fn since(&self, p: &'a SincePredicate) -> Since<'a> {
        let matcher = Matcher::new(&p.anchor, self);
        let anchors = |e: &&UserEvent| matcher.matches(e, None, self.events);
        let anchor = match p.pick {
            Pick::First => self.events.iter().find(anchors),
            Pick::Last => self.events.iter().rev().find(anchors),
        };
        let Some(anchor) = anchor else {
            return Since { holds: false, anchor: None, matching: Vec::new(), measured: None };
        };
        let matching = self.around(p, anchor);
        let measured = self.measure(&p.predicate.measure, matching.iter().copied());
        let test = CompiledTest::new(&p.predicate.test);
        let holds = measured.as_ref().is_some_and(|value| test.holds(Some(value)));
        Since { holds, anchor: Some(anchor), matching, measured }
    }

    /// Matching events in the window around the anchor.
    fn around(&self, p: &'a SincePredicate, anchor: &UserEvent) -> Vec<&'a UserEvent> {
        let (zone, window) = (self.zone(), &p.predicate.within);
        let Some((from, to)) = range_around(window, anchor.time, self.at, &zone) else {
            return Vec::new();
        };
        let matcher = Matcher::new(&p.predicate.of, self);
        let matching = |e: &&UserEvent| {
            matcher.matches(e, Some(anchor), self.events)
                && in_hours_and_weekdays(window, e.time, &zone)
        };
        self.between(from, to).iter().filter(matching).collect()
    }

    /// The latest event that was done and not followed, if there is one.
    pub(super) fn absence(&self, p: &'a AbsencePredicate) -> Option<&'a UserEvent> {
        let (did, then_not) = (Matcher::new(&p.did, self), Matcher::new(&p.then_not, self));
        let done = self.between(model::Timestamp::MIN, self.at.minus(p.span));
        done.iter().rev().find(|event| {
            did.matches(event, None, self.events) && self.follower(event, &then_not, p).is_none()
        })
    }

    /// The first event that follows `event` and must not.
    pub(super) fn follower(
        &self,
        event: &UserEvent,
        then_not: &Matcher<'a>,
        p: &'a AbsencePredicate,
    ) -> Option<&'a UserEvent> {
        let after = self.between(event.time.plus(Span(1)), event.time.plus(p.span));
        after.iter().find(|later| {
            then_not.matches(later, Some(event), self.events) && same(later, event, &p.hold)
        })
    }
}
