//! The times of events that several conditions share: one list for all that count the same events.
//!
//! What it is: which of those times all conditions together need ([`Recent`]), and how one is found
//! that another run of the program kept. What it is not: it keeps no times.

use std::collections::HashMap;

use model::Text;

use super::source::FOREVER;

/// Times not older than `all`, and the latest `n` of those not older than `within`, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Recent {
    pub(super) n: u32,
    pub(super) within: i64,
    pub(super) all: i64,
}

/// Ends what a key says of the events; what is kept of them follows.
const KEPT: char = '\u{1f}';

impl Recent {
    pub(super) fn latest(n: u32, within: i64) -> Recent {
        Recent { n, within, all: 0 }
    }

    pub(super) fn all(span: i64) -> Recent {
        Recent { n: 0, within: 0, all: span }
    }

    /// Whether it keeps everything that another one keeps.
    fn covers(self, other: Recent) -> bool {
        let latest = self.n >= other.n && self.within >= other.within || self.all >= other.within;
        self.all >= other.all && latest
    }

    fn and(self, other: Recent) -> Recent {
        Recent {
            n: self.n.max(other.n),
            within: self.within.max(other.within),
            all: self.all.max(other.all),
        }
    }

    /// The key of a source of events, by what says which.
    pub(super) fn key(self, events: &str) -> Text {
        let span = |span: i64| if span == FOREVER { -1 } else { span };
        Text::from(format!("{events}{KEPT}{} {} {}", self.n, span(self.within), span(self.all)))
    }

    /// What [`Recent::key`] was made of; nothing for keys of others.
    fn of_key(key: &str) -> Option<(&str, Recent)> {
        let (events, kept) = key.rsplit_once(KEPT)?;
        let mut numbers = kept.split(' ').map(|number| number.parse::<i64>().ok());
        let n = u32::try_from(numbers.next()??).ok()?;
        let mut span = || numbers.next()?.map(|span| if span < 0 { FOREVER } else { span });
        Some((events, Recent { n, within: span()?, all: span()? }))
    }
}

/// The part of a source's key that says what it takes, whatever is kept of it.
pub(super) fn events_of_key(key: &str) -> &str {
    key.rsplit_once(KEPT).map_or(key, |(events, _)| events)
}

/// Which lists of times there are, and what new ones are to keep.
#[derive(Clone, Debug, Default)]
pub(super) struct Times {
    /// By events, sources with what they keep, in the order of their numbers.
    sources: HashMap<Text, Vec<(Recent, u32)>>,
    /// By events, what another run of the program kept, in the order of its numbers.
    kept: HashMap<Text, Vec<Recent>>,
    /// By events, what everything that is new needs together.
    wanted: HashMap<Text, Recent>,
}

impl Times {
    /// With sources that there are, by key; and keys of another run, of which the same is kept where
    /// that is enough.
    pub(super) fn new<'a>(
        sources: impl Iterator<Item = (&'a Text, u32)>,
        kept: &'a [Text],
    ) -> Times {
        let mut times = Times::default();
        for (key, number) in sources {
            if let Some((events, recent)) = Recent::of_key(key) {
                times.add(events, recent, number);
            }
        }
        for (events, recent) in kept.iter().filter_map(|key| Recent::of_key(key)) {
            times.kept.entry(Text::new(events)).or_default().push(recent);
        }
        times
    }

    pub(super) fn add(&mut self, events: &str, recent: Recent, number: u32) {
        self.sources.entry(Text::new(events)).or_default().push((recent, number));
    }

    /// Something new needs these.
    pub(super) fn want(&mut self, events: &str, recent: Recent) {
        let wanted = self.wanted.entry(Text::new(events)).or_default();
        *wanted = wanted.and(recent);
    }

    /// The source that has what is needed; or what one that is made now must keep.
    pub(super) fn find(&self, events: &str, needed: Recent) -> Result<u32, Recent> {
        let mut sources = self.sources.get(events).into_iter().flatten();
        if let Some((_, number)) = sources.find(|(recent, _)| recent.covers(needed)) {
            return Ok(*number);
        }
        let mut kept = self.kept.get(events).into_iter().flatten();
        let kept = kept.find(|recent| recent.covers(needed)).copied();
        Err(kept.unwrap_or_else(|| self.wanted.get(events).map_or(needed, |w| w.and(needed))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_say_what_is_kept() {
        let recent = Recent { n: 7, within: FOREVER, all: 30 };
        let key = recent.key("Purchase");
        assert_eq!(Recent::of_key(&key), Some(("Purchase", recent)));
        assert_eq!(events_of_key(&key), "Purchase");
        assert_eq!(Recent::of_key("Purchase"), None);
    }

    #[test]
    fn whoever_keeps_more_covers_whoever_needs_less() {
        let five = Recent::latest(5, 100);
        assert!(five.covers(Recent::latest(3, 100)) && five.covers(Recent::latest(5, 90)));
        assert!(!five.covers(Recent::latest(6, 1)) && !five.covers(Recent::all(1)));
        assert!(Recent::all(100).covers(Recent::latest(50, 100)));
        assert!(!Recent::all(100).covers(Recent::latest(1, 101)));
        let both = five.and(Recent::all(10));
        assert!(both.covers(five) && both.covers(Recent::all(10)));
    }

    #[test]
    fn one_list_serves_all_that_are_new() {
        let key = Recent::latest(9, 9).key("old");
        let mut times = Times::new([].into_iter(), std::slice::from_ref(&key));
        times.want("a", Recent::latest(1, 100));
        times.want("a", Recent::latest(5, 10));
        let made = times.find("a", Recent::latest(5, 10)).unwrap_err();
        assert_eq!(made, Recent::latest(5, 100));
        times.add("a", made, 3);
        assert_eq!(times.find("a", Recent::latest(1, 100)), Ok(3));
        assert_eq!(times.find("old", Recent::latest(2, 3)), Err(Recent::latest(9, 9)));
        assert_eq!(times.find("old", Recent::latest(10, 3)), Err(Recent::latest(10, 3)));
    }
}
