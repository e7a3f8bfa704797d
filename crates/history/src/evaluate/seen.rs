//! "Did anything in a window", from what is kept per user: the times of the first and the last event.
//!
//! Whose first or last event lies in the window is in; whose events all lie on one side of it is not;
//! only who was there before and after must be looked up, and only if anybody asks for them.

use model::Timestamp;
use segment::evaluate::range_at;
use segment::tree::{EventPredicate, Measure};

use super::measure::Bound;
use super::{Evaluator, Matching, QueryError};
use crate::set::{UserSet, bits_of};

/// Who has any event in a range of time, as far as first and last events tell.
struct Told {
    seen: UserSet,
    unknown: UserSet,
}

impl Evaluator<'_> {
    /// Nothing if the condition is not of this kind. Right for the users `among` only.
    pub(super) fn seen_within(
        &self,
        p: &EventPredicate,
        among: Option<&UserSet>,
    ) -> Result<Option<UserSet>, QueryError> {
        let bound = match p.measure {
            Measure::Count => Bound::of(&p.test).filter(|bound| bound.at_least == 1),
            _ => None,
        };
        let anytime = p.within.hours.is_none() && p.within.weekdays.is_empty();
        let any = Matching::of(&p.of, self.rules).is_some_and(|matching| matching.everything());
        let (Some(bound), true, true) = (bound, any, anytime) else {
            return Ok(None);
        };
        let Some(zone) = self.common_zone(&p.within) else { return Ok(None) };
        let Some(range) = range_at(&p.within, self.at, &zone) else { return Ok(None) };
        // Of dropped events the facts still tell.
        if self.snapshot.users.forgotten_until() != i64::MIN
            && range.0.0 <= self.snapshot.users.forgotten_until()
        {
            return Ok(None);
        }
        let Told { mut seen, mut unknown } = self.told(range);
        unknown.and(among.unwrap_or(&self.everybody));
        if !unknown.is_empty() {
            seen.or(&self.active_within(range, &unknown)?);
        }
        seen.and(&self.everybody);
        if !bound.negated {
            return Ok(Some(seen));
        }
        let mut others = self.everybody.clone();
        others.minus(&seen);
        Ok(Some(others))
    }

    fn told(&self, (from, to): (Timestamp, Timestamp)) -> Told {
        let n = self.snapshot.n_places();
        let nobody = || UserSet::empty(n);
        if from > to {
            return Told { seen: nobody(), unknown: nobody() };
        }
        // One comparison instead of two: what is earlier wraps around to a great number.
        let span = to.0.wrapping_sub(from.0) as u64;
        let inside = |time: &i64| time.wrapping_sub(from.0) as u64 <= span;
        let pieces = self.snapshot.users.first_and_last_event();
        let pieces = pieces.flat_map(|(first, last)| first.chunks(64).zip(last.chunks(64)));
        if to.0 >= self.snapshot.last_event_at() {
            // Nobody has an event after the range, so the last one tells; who has none has it before
            // all ranges.
            let from = from.0.max(i64::MIN + 1);
            let seen = pieces.map(|(_, last)| bits_of(last, |last| *last >= from));
            return Told { seen: UserSet::of_words(n, seen), unknown: nobody() };
        }
        let (mut seen, mut unknown) = (Vec::new(), Vec::new());
        for (first, last) in pieces {
            seen.push(bits_of(first, inside) | bits_of(last, inside));
            let before = bits_of(first, |first| *first < from.0);
            unknown.push(before & bits_of(last, |last| *last > to.0));
        }
        Told {
            seen: UserSet::of_words(n, seen.into_iter()),
            unknown: UserSet::of_words(n, unknown.into_iter()),
        }
    }
}
