//! Chains of events in a given order.
//!
//! One pass over the events with one list of open chains per step. A chain is known by its last
//! event and its start; of chains whose future is the same, the one with the latest start is kept.
//! Futures differ only by the values of properties that the next step (or a `without` of this
//! step) must share, so without `same` each list has at most one entry.

use model::{Timestamp, value::ValueKey};

use super::matching::{Matcher, same_properties};
use super::window::{in_hours_and_weekdays, range_at};
use super::{Evaluation, UserEvent};
use crate::tree::{SequencePredicate, Where};

/// An unfinished chain.
struct Chain<'a> {
    /// Values that decide about its future.
    keys: Vec<Option<ValueKey>>,
    start: Timestamp,
    /// Its last event.
    event: &'a UserEvent,
    /// Its place in [`Search::links`].
    link: usize,
}

/// An event of a chain and the place of the one before it.
struct Link<'a> {
    event: &'a UserEvent,
    before: Option<usize>,
}

/// One step with what must not follow it before the next.
struct Step<'a> {
    matcher: Matcher<'a>,
    without: Vec<Matcher<'a>>,
    /// Properties that decide about the future of a chain that ends here.
    shared: Vec<&'a str>,
}

struct Search<'a> {
    steps: Vec<Step<'a>>,
    open: Vec<Vec<Chain<'a>>>,
    links: Vec<Link<'a>>,
}

impl<'a> Evaluation<'a> {
    /// The events of a chain that satisfies the predicate, in order, if there is one.
    pub(super) fn sequence(&self, p: &'a SequencePredicate) -> Option<Vec<&'a UserEvent>> {
        let zone = self.zone();
        let (from, to) = range_at(&p.within, self.at, &zone)?;
        let mut search = Search::new(p, self);
        for event in self.between(from, to) {
            let inside = in_hours_and_weekdays(&p.within, event.time, &zone);
            let extended = if inside { search.extensions(event, self.events) } else { Vec::new() };
            if let Some(last) = search.finished(&extended, event, p) {
                return Some(search.chain(last));
            }
            search.spoil(event, self.events);
            search.open(extended);
        }
        None
    }
}

impl<'a> Search<'a> {
    fn new(p: &'a SequencePredicate, evaluation: &Evaluation<'a>) -> Search<'a> {
        let steps: Vec<Step<'a>> =
            (0..p.steps.len()).map(|i| Step::new(p, i, evaluation)).collect();
        let open = steps.iter().map(|_| Vec::new()).collect();
        Search { steps, open, links: Vec::new() }
    }

    /// Every chain that this event begins or continues, with the step it then stands at.
    fn extensions(
        &mut self,
        event: &'a UserEvent,
        events: &[UserEvent],
    ) -> Vec<(usize, Chain<'a>)> {
        let mut found = Vec::new();
        for i in 0..self.steps.len() {
            let matcher = &self.steps[i].matcher;
            let best = match i {
                0 if matcher.matches(event, None, events) => Some((event.time, None)),
                0 => None,
                _ => self.open[i - 1]
                    .iter()
                    .filter(|chain| matcher.matches(event, Some(chain.event), events))
                    .max_by_key(|chain| chain.start)
                    .map(|chain| (chain.start, Some(chain.link))),
            };
            if let Some((start, before)) = best {
                let keys = self.steps[i].keys(event);
                let link = self.links.len();
                self.links.push(Link { event, before });
                found.push((i, Chain { keys, start, event, link }));
            }
        }
        found
    }

    /// The link of a chain that stands at the last step in time.
    fn finished(
        &self,
        extended: &[(usize, Chain<'a>)],
        event: &UserEvent,
        p: &SequencePredicate,
    ) -> Option<usize> {
        let last_step = self.steps.len().checked_sub(1)?;
        let in_time = |start| p.complete_within.is_none_or(|span| event.time - start <= span);
        extended
            .iter()
            .find(|(step, chain)| *step == last_step && in_time(chain.start))
            .map(|(_, chain)| chain.link)
    }

    /// Ends the chains after which this event must not come.
    fn spoil(&mut self, event: &UserEvent, events: &[UserEvent]) {
        for (step, open) in self.steps.iter().zip(&mut self.open) {
            if !step.without.is_empty() {
                open.retain(|chain| {
                    !step.without.iter().any(|w| w.matches(event, Some(chain.event), events))
                });
            }
        }
    }

    fn open(&mut self, extended: Vec<(usize, Chain<'a>)>) {
        for (step, chain) in extended {
            let open = &mut self.open[step];
            match open.iter_mut().find(|other| other.keys == chain.keys) {
                Some(other) if other.start > chain.start => {}
                Some(other) => *other = chain,
                None => open.push(chain),
            }
        }
    }

    fn chain(&self, last: usize) -> Vec<&'a UserEvent> {
        let mut events = Vec::with_capacity(self.steps.len());
        let mut at = Some(last);
        while let Some(link) = at.map(|i| &self.links[i]) {
            events.push(link.event);
            at = link.before;
        }
        events.reverse();
        events
    }
}

impl<'a> Step<'a> {
    fn new(p: &'a SequencePredicate, i: usize, evaluation: &Evaluation<'a>) -> Step<'a> {
        let without: Vec<_> =
            p.without.iter().filter(|w| w.after_step as usize == i + 1).map(|w| &w.of).collect();
        let filters = without.iter().map(|of| &of.filter);
        let shared = shared(filters.chain(p.steps.get(i + 1).map(|of| &of.filter)));
        Step {
            matcher: Matcher::new(&p.steps[i], evaluation),
            without: without.into_iter().map(|of| Matcher::new(of, evaluation)).collect(),
            shared,
        }
    }

    fn keys(&self, event: &UserEvent) -> Vec<Option<ValueKey>> {
        self.shared.iter().map(|p| event.property(p).and_then(|value| value.key())).collect()
    }
}

fn shared<'a>(filters: impl Iterator<Item = &'a Where>) -> Vec<&'a str> {
    let mut properties = Vec::new();
    filters.for_each(|filter| same_properties(filter, &mut properties));
    let mut names: Vec<&str> = properties.into_iter().map(|p| p.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names
}
