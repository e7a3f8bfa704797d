//! "Did anything in a window", from what is kept per user: the times of the first and the last event.
//!
//! Whose first or last event lies in the window is in; whose events all lie on one side of it is not;
//! only who was there before and after must be looked up, and only if anybody asks for them.

use model::Timestamp;
use segment::evaluate::range_at;
use segment::tree::{EventPredicate, Measure};

use super::measure::Bound;
use super::share::{RANGE_USERS, by_users_of};
use super::source::Wanted;
use super::{Evaluator, Matching, QueryError};
use crate::set::UserSet;

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
        let matching = Matching::of(&p.of, self.rules).filter(Matching::everything);
        let (Some(bound), Some(matching), true) = (bound, matching, anytime) else {
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
            let source = self.select(&matching, range, &Wanted::default())?;
            let n = self.snapshot.n_places();
            let found = by_users_of(n, source.n_rows(), |users| source.have(&users));
            let mut found = UserSet::of_ranges(n, RANGE_USERS as usize, found);
            found.and(&unknown);
            seen.or(&found);
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
        let inside = |time: i64| from.0 <= time && time <= to.0;
        let (mut seen, mut unknown) = (Vec::new(), Vec::new());
        for (first, last) in self.snapshot.users.first_and_last_event() {
            for (first, last) in first.chunks(64).zip(last.chunks(64)) {
                let (mut is_seen, mut is_unknown) = (0u64, 0u64);
                for (place, (first, last)) in first.iter().zip(last).enumerate() {
                    is_seen |= u64::from(inside(*first) | inside(*last)) << place;
                    is_unknown |= u64::from((*first < from.0) & (*last > to.0)) << place;
                }
                seen.push(is_seen);
                unknown.push(is_unknown);
            }
        }
        Told {
            seen: UserSet::of_words(n, seen.into_iter()),
            unknown: UserSet::of_words(n, unknown.into_iter()),
        }
    }
}
