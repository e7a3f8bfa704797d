//! How many entered and left one place lately, by the instants at which it happened.
//!
//! What it is: counts per second, minute and ten minutes, each for as long as something asks for
//! them; only stretches in which something happened take room. A correction changes the stretch
//! that its own instant lies in, so that a number always says what is known by now. What it is not:
//! exact below its stretch: the last minute is the last 60 seconds of the clock, begun ones
//! included.

use std::collections::VecDeque;

use engine::live::Correction;
use model::{Span, Timestamp};

/// Stretches: how long one is, and how many are kept.
const SECONDS: (Span, i64) = (Span::SECOND, 60);
const MINUTES: (Span, i64) = (Span::MINUTE, 60);
const TENS: (Span, i64) = (Span(600_000), 144);

/// Users who came and went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// Entered.
    pub entered: u64,
    /// Left.
    pub left: u64,
}

/// The same over several stretches of time that end now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flows {
    /// 60 seconds.
    pub minute: Flow,
    /// 60 minutes.
    pub hour: Flow,
    /// 24 hours, in steps of ten minutes.
    pub day: Flow,
    /// Each of the last 60 minutes, oldest first; empty: nothing happened in any.
    pub minutes: Vec<Flow>,
}

/// Counts of one place.
#[derive(Debug)]
pub(super) struct Tally {
    seconds: Stretches,
    minutes: Stretches,
    tens: Stretches,
}

#[derive(Debug)]
struct Stretches {
    width: Span,
    n: i64,
    /// Sorted by their number, which is the instant divided by the width.
    of: VecDeque<Stretch>,
}

/// Sums may be below zero for a moment: what is revoked may have been told before the start.
#[derive(Clone, Copy, Debug, Default)]
struct Stretch {
    number: i64,
    entered: i64,
    left: i64,
}

impl Default for Tally {
    fn default() -> Tally {
        let of = |(width, n)| Stretches { width, n, of: VecDeque::new() };
        Tally { seconds: of(SECONDS), minutes: of(MINUTES), tens: of(TENS) }
    }
}

impl Tally {
    /// Somebody entered at an instant.
    pub fn entered(&mut self, at: Timestamp, correction: Correction) {
        self.add(at, sign(correction), 0);
    }

    /// Somebody left at an instant.
    pub fn left(&mut self, at: Timestamp, correction: Correction) {
        self.add(at, 0, sign(correction));
    }

    /// What happened up to an instant.
    pub fn flows(&self, now: Timestamp) -> Flows {
        Flows {
            minute: self.seconds.sum(now),
            hour: self.minutes.sum(now),
            day: self.tens.sum(now),
            minutes: self.minutes.each(now),
        }
    }

    fn add(&mut self, at: Timestamp, entered: i64, left: i64) {
        for stretches in [&mut self.seconds, &mut self.minutes, &mut self.tens] {
            stretches.add(at, entered, left);
        }
    }
}

impl Stretches {
    fn add(&mut self, at: Timestamp, entered: i64, left: i64) {
        let number = at.0.div_euclid(self.width.0);
        // Mostly it is the latest, or follows it.
        let later = self.of.iter().rev().take_while(|known| known.number > number).count();
        let place = self.of.len() - later;
        match place.checked_sub(1).and_then(|before| self.of.get_mut(before)) {
            Some(known) if known.number == number => {
                known.entered += entered;
                known.left += left;
            }
            _ => self.of.insert(place, Stretch { number, entered, left }),
        }
        let newest = self.of.back().map_or(number, |known| known.number);
        while self.of.front().is_some_and(|oldest| oldest.number <= newest - self.n) {
            self.of.pop_front();
        }
    }

    fn within(&self, now: Timestamp) -> impl Iterator<Item = (i64, &Stretch)> {
        let last = now.0.div_euclid(self.width.0);
        let known = self.of.iter().map(move |stretch| (last - stretch.number, stretch));
        known.filter(|(age, _)| (0..self.n).contains(age))
    }

    fn sum(&self, now: Timestamp) -> Flow {
        let (mut entered, mut left) = (0, 0);
        for (_, stretch) in self.within(now) {
            entered += stretch.entered;
            left += stretch.left;
        }
        flow(entered, left)
    }

    fn each(&self, now: Timestamp) -> Vec<Flow> {
        let mut each = Vec::new();
        for (age, stretch) in self.within(now) {
            let place = usize::try_from(self.n - 1 - age).unwrap_or(0);
            each.resize(usize::try_from(self.n).unwrap_or(0), Flow::default());
            each[place] = flow(stretch.entered, stretch.left);
        }
        each
    }
}

fn sign(correction: Correction) -> i64 {
    match correction {
        Correction::None | Correction::Added => 1,
        Correction::Revoked => -1,
    }
}

fn flow(entered: i64, left: i64) -> Flow {
    let known = |n: i64| u64::try_from(n).unwrap_or(0);
    Flow { entered: known(entered), left: known(left) }
}

#[cfg(test)]
mod tests;
