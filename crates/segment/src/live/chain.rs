//! Conditions about order: sequences, what happened around an anchor, and what did not follow.
//!
//! What it is: of every event that matters only its time, which patterns of the condition it
//! matches, and the values that must be the same; truth and horizon follow from those in one pass.
//! What it is not: filters that ask for the first of a name, local hours, and measures other than
//! a count are decided by `recall`.
//!
//! Invariant of [`Chain::trim`]: what is dropped at a floor changes no answer from the floor on,
//! whatever arrives later than the floor.

use model::{Text, Timestamp, Value, Zone};

use super::condition::{NEVER, first_change, window_moments};
use super::filter::{Filter, property};
use super::source::Hit;
use crate::evaluate::range_at;
use crate::rules::Rules;
use crate::tree::{
    AbsencePredicate, EventMatch, Measure, Pick, Range, SequencePredicate, SincePredicate, Where,
    Window,
};

/// Patterns that one condition can have: each is a bit.
const PATTERNS_MAX: usize = 60;

/// A condition about order.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    patterns: Vec<Pattern>,
    /// Properties of which some pattern needs the values, in the order of a hit's list.
    properties: Vec<Text>,
    order: Order,
}

/// Which events, and what must be as in the event before.
#[derive(Clone, Debug)]
struct Pattern {
    filter: Filter,
    /// Places in [`Chain::properties`].
    same: Vec<usize>,
}

#[derive(Clone, Debug)]
enum Order {
    /// Patterns in this order, each followed by what must not come before the next.
    Sequence { steps: Vec<Step>, complete_within: Option<i64>, window: Window },
    /// Pattern 0 is the anchor, pattern 1 is counted.
    Since { pick: Pick, after: bool, span: Option<i64>, at_least: usize, reverse: bool },
    /// Pattern 0 was done, pattern 1 did not follow.
    Absence { span: i64 },
}

#[derive(Clone, Debug)]
struct Step {
    pattern: usize,
    without: Vec<usize>,
    /// Places of values on which the future of a chain that ends here depends.
    shared: Vec<usize>,
}

/// An unfinished sequence: when it began, and its last event.
struct Open {
    start: i64,
    hit: usize,
}

impl Chain {
    /// `None`: the condition needs more than patterns.
    pub(super) fn sequence(p: &SequencePredicate, rules: &Rules) -> Option<Chain> {
        if p.within.hours.is_some() || !p.within.weekdays.is_empty() {
            return None;
        }
        let mut chain = Chain::empty(Order::Absence { span: 0 });
        let mut steps = Vec::new();
        for of in &p.steps {
            let pattern = chain.pattern(of, &[], rules)?;
            steps.push(Step { pattern, without: Vec::new(), shared: Vec::new() });
        }
        for without in &p.without {
            let pattern = chain.pattern(&without.of, &[], rules)?;
            let step = (without.after_step as usize).checked_sub(1)?;
            steps.get_mut(step)?.without.push(pattern);
        }
        for n in 0..steps.len() {
            let next = steps.get(n + 1).map(|step| step.pattern);
            let of = steps[n].without.iter().copied().chain(next);
            let mut shared: Vec<usize> =
                of.flat_map(|pattern| chain.patterns[pattern].same.iter().copied()).collect();
            shared.sort_unstable();
            shared.dedup();
            steps[n].shared = shared;
        }
        let complete_within = p.complete_within.map(|span| span.0);
        chain.order = Order::Sequence { steps, complete_within, window: p.within.clone() };
        Some(chain)
    }

    /// `None`: as above.
    pub(super) fn since(
        p: &SincePredicate,
        threshold: Option<(i64, bool)>,
        rules: &Rules,
    ) -> Option<Chain> {
        let window = &p.predicate.within;
        let plain = window.hours.is_none() && window.weekdays.is_empty();
        if !plain || p.predicate.measure != Measure::Count {
            return None;
        }
        let (after, span) = match window.range {
            Range::After(span) => (true, span),
            Range::Before(span) => (false, span),
            _ => return None,
        };
        let (at_least, reverse) = threshold?;
        let at_least = usize::try_from(at_least.max(0)).ok()?;
        let span = span.map(|span| span.0);
        let mut chain = Chain::empty(Order::Since { pick: p.pick, after, span, at_least, reverse });
        chain.pattern(&p.anchor, &[], rules)?;
        chain.pattern(&p.predicate.of, &[], rules)?;
        Some(chain)
    }

    /// `None`: as above.
    pub(super) fn absence(p: &AbsencePredicate, rules: &Rules) -> Option<Chain> {
        let mut chain = Chain::empty(Order::Absence { span: p.span.0 });
        chain.pattern(&p.did, &[], rules)?;
        chain.pattern(&p.then_not, &p.hold, rules)?;
        Some(chain)
    }

    fn empty(order: Order) -> Chain {
        Chain { patterns: Vec::new(), properties: Vec::new(), order }
    }

    /// Adds a pattern; its number.
    fn pattern(&mut self, of: &EventMatch, hold: &[Text], rules: &Rules) -> Option<usize> {
        let mut same: Vec<Text> = hold.to_vec();
        let filter = without_same(&of.filter, &mut same)?;
        let of = EventMatch { names: of.names.clone(), filter };
        let filter = Filter::new(&of, rules);
        if filter.asks_first() || self.patterns.len() == PATTERNS_MAX {
            return None;
        }
        let mut place = |name: &Text| match self.properties.iter().position(|own| own == name) {
            Some(place) => place,
            None => {
                self.properties.push(name.clone());
                self.properties.len() - 1
            }
        };
        let same = same.iter().map(&mut place).collect();
        self.patterns.push(Pattern { filter, same });
        Some(self.patterns.len() - 1)
    }

    /// Names of events that can match any pattern; nothing: any name.
    pub(super) fn names(&self) -> Option<Vec<Text>> {
        let mut names = Vec::new();
        for pattern in &self.patterns {
            names.extend(pattern.filter.names()?.into_iter().cloned());
        }
        names.sort_unstable();
        names.dedup();
        Some(names)
    }

    /// Names that patterns ask for, beside patterns that any name can match.
    pub(super) fn named(&self) -> Vec<&Text> {
        self.patterns.iter().filter_map(|pattern| pattern.filter.names()).flatten().collect()
    }

    /// How old an event can be and still decide; nothing: of any age.
    pub(super) fn window(&self) -> Option<&Window> {
        match &self.order {
            Order::Sequence { window, .. } => Some(window),
            _ => None,
        }
    }

    /// Whether [`Chain::trim`] says which hits can still decide; otherwise their age does.
    pub(super) fn trims(&self) -> bool {
        match &self.order {
            Order::Sequence { complete_within, window, .. } => {
                complete_within.is_some() && matches!(window.range, Range::Last(_) | Range::All)
            }
            _ => true,
        }
    }

    /// Which patterns an event matches, as bits, and the values that are needed of it.
    pub(super) fn matched(&self, name: &Text, properties: &[(Text, Value)]) -> (u64, Value) {
        let mut bits = 0;
        for (n, pattern) in self.patterns.iter().enumerate() {
            bits |= u64::from(pattern.filter.passes(name, properties).later) << n;
        }
        if bits == 0 || self.properties.is_empty() {
            return (bits, Value::Null);
        }
        let value = |of: &Text| property(properties, of).cloned().unwrap_or(Value::Null);
        (bits, Value::List(self.properties.iter().map(value).collect()))
    }

    /// Whether values are kept with hits.
    pub(super) fn keeps_values(&self) -> bool {
        !self.properties.is_empty()
    }

    /// Whether it holds at an instant, and the earliest later one at which that can change.
    pub(super) fn evaluate(&self, hits: &[Hit], at: i64, zone: &Zone) -> (bool, i64) {
        let now = hits.partition_point(|hit| hit.time <= at);
        let next = hits.get(now).map_or(NEVER, |hit| hit.time);
        match &self.order {
            Order::Absence { span } => {
                let mut horizon = NEVER;
                for (n, hit) in hits.iter().enumerate() {
                    let ends = hit.time.saturating_add(*span);
                    if ends < horizon && matches(hit, 0) && !self.followed(hits, n, *span) {
                        if ends <= at {
                            return (true, NEVER);
                        }
                        horizon = ends;
                    }
                }
                (false, horizon.min(next))
            }
            Order::Since { pick, after, span, at_least, reverse } => {
                let Some(anchor) = anchor(&hits[..now], *pick) else { return (false, next) };
                let bounds = around(hits[anchor].time, *after, *span);
                let same = |hit: &&Hit| self.same(hit, &hits[anchor], 1);
                let n = hits[..now]
                    .iter()
                    .filter(|hit| matches(hit, 1) && bounds.0 <= hit.time && hit.time <= bounds.1)
                    .filter(same)
                    .take(*at_least)
                    .count();
                ((n >= *at_least) != *reverse, next)
            }
            Order::Sequence { window, .. } => {
                let start = self.latest_start(hits, at, zone);
                let truth = start.is_some();
                match (&window.range, start) {
                    (Range::Last(span), Some(start)) => {
                        (truth, next.min(start.saturating_add(span.0)))
                    }
                    (Range::Last(_) | Range::All | Range::Since(_) | Range::Between(..), _) => {
                        (truth, next)
                    }
                    _ => {
                        let mut moments = Vec::new();
                        window_moments(zone, hits, window, &mut moments);
                        moments.extend(hits.iter().map(|hit| hit.time));
                        let then = |at| self.latest_start(hits, at, zone).is_some();
                        (truth, first_change(truth, moments, at, then))
                    }
                }
            }
        }
    }

    /// When the latest complete sequence in the window at an instant began.
    fn latest_start(&self, hits: &[Hit], at: i64, zone: &Zone) -> Option<i64> {
        let (from, to) = range_at(self.window()?, Timestamp(at), zone)?;
        let first = hits.partition_point(|hit| hit.time < from.0);
        let end = hits.partition_point(|hit| hit.time <= to.0).max(first);
        self.latest(&hits[first..end]).map(|(start, _)| start)
    }

    /// When the latest complete sequence of some hits began, and when it was first complete.
    fn latest(&self, hits: &[Hit]) -> Option<(i64, i64)> {
        let Order::Sequence { steps, complete_within, .. } = &self.order else { return None };
        let mut open: Vec<Vec<Open>> = steps.iter().map(|_| Vec::new()).collect();
        let mut best: Option<(i64, i64)> = None;
        for (n, hit) in hits.iter().enumerate() {
            // From the last step back, so that no event continues a chain that it began.
            let mut extended: Vec<(usize, Open)> = Vec::new();
            for (i, step) in steps.iter().enumerate() {
                if !matches(hit, step.pattern) {
                    continue;
                }
                let start = match i {
                    0 => Some(hit.time),
                    _ => open[i - 1]
                        .iter()
                        .filter(|chain| self.same(hit, &hits[chain.hit], step.pattern))
                        .map(|chain| chain.start)
                        .max(),
                };
                let Some(start) = start else { continue };
                if i + 1 < steps.len() {
                    extended.push((i, Open { start, hit: n }));
                } else if complete_within.is_none_or(|span| hit.time - start <= span)
                    && best.is_none_or(|(latest, _)| latest < start)
                {
                    best = Some((start, hit.time));
                }
            }
            for (step, open) in steps.iter().zip(&mut open) {
                let spoils = |chain: &Open| {
                    let spoils =
                        |w: &usize| matches(hit, *w) && self.same(hit, &hits[chain.hit], *w);
                    step.without.iter().any(spoils)
                };
                open.retain(|chain| !spoils(chain));
            }
            for (i, chain) in extended {
                let shared = &steps[i].shared;
                let alike = |other: &&mut Open| keys_equal(&hits[other.hit], hit, shared);
                match open[i].iter_mut().find(alike) {
                    Some(other) if other.start > chain.start => {}
                    Some(other) => *other = chain,
                    None => open[i].push(chain),
                }
            }
        }
        best
    }

    /// Of a sequence that must be complete within a span, what is left once everything up to a floor is
    /// there: the latest complete one, and what may begin or spoil another.
    fn trim_sequence(
        &self,
        hits: &mut Vec<Hit>,
        settled: usize,
        (floor, within): (i64, i64),
        window: &Window,
    ) {
        let old = match window.range {
            Range::Last(span) => {
                let oldest = floor.saturating_sub(span.0);
                hits[..settled].partition_point(|hit| hit.time <= oldest)
            }
            Range::All => 0,
            _ => return,
        };
        // A chain that is not complete at the floor begins after `floor − within`.
        let recent = floor.saturating_sub(within.saturating_mul(2));
        let recent = hits[..settled].partition_point(|hit| hit.time <= recent).max(old);
        let latest = self.latest(&hits[old..settled]);
        let Some((start, end)) = latest else {
            hits.drain(..recent);
            return;
        };
        let first = hits[..settled].partition_point(|hit| hit.time < start);
        let last = hits[..settled].partition_point(|hit| hit.time <= end);
        // So far apart that no chain can have events of both.
        if end <= floor.saturating_sub(within.saturating_mul(3)) && last < recent {
            hits.drain(last..recent);
        }
        hits.drain(..first.min(recent));
    }

    /// Whether what must not follow a hit does.
    fn followed(&self, hits: &[Hit], n: usize, span: i64) -> bool {
        let hit = &hits[n];
        let ends = hit.time.saturating_add(span);
        hits[n + 1..]
            .iter()
            .take_while(|later| later.time <= ends)
            .any(|later| later.time > hit.time && matches(later, 1) && self.same(later, hit, 1))
    }

    /// Whether a hit has the values of another that a pattern asks for.
    fn same(&self, hit: &Hit, before: &Hit, pattern: usize) -> bool {
        self.patterns[pattern].same.iter().all(|place| {
            match (value(hit, *place), value(before, *place)) {
                (Some(a), Some(b)) => a.same(b),
                _ => false,
            }
        })
    }

    /// Drops what cannot decide at `floor` or later.
    pub(super) fn trim(&self, hits: &mut Vec<Hit>, floor: i64) {
        let settled = hits.partition_point(|hit| hit.time <= floor);
        match &self.order {
            Order::Sequence { complete_within, window, .. } => {
                if let Some(within) = complete_within {
                    self.trim_sequence(hits, settled, (floor, *within), window);
                }
            }
            Order::Absence { span } => {
                // What was not followed in time stays so.
                let ended = |n: &usize| hits[*n].time.saturating_add(*span) <= floor;
                let holds = (0..settled)
                    .filter(ended)
                    .find(|n| matches(&hits[*n], 0) && !self.followed(hits, *n, *span));
                match holds {
                    Some(n) => {
                        hits.swap(0, n);
                        hits.truncate(1);
                    }
                    None => {
                        // What was followed once is no more, and what follows comes later. Of those
                        // that wait, all wait for the same unless values must be equal.
                        let alike = self.patterns[1].same.is_empty();
                        let waits = |n: usize| {
                            hits[n].time.saturating_add(*span) > floor
                                && matches(&hits[n], 0)
                                && !self.followed(hits, n, *span)
                        };
                        let mut kept = 0;
                        let stays: Vec<bool> = (0..settled)
                            .map(|n| {
                                let stays = (kept == 0 || !alike) && waits(n);
                                kept += usize::from(stays);
                                stays
                            })
                            .collect();
                        let mut stays = stays.into_iter();
                        hits.retain(|_| stays.next().unwrap_or(true));
                    }
                }
            }
            Order::Since { pick, after, span, at_least, .. } => {
                let Some(anchor) = anchor(&hits[..settled], *pick) else {
                    if *after {
                        // Without an anchor nothing before counts, and an earlier one cannot come.
                        hits.drain(..settled);
                    }
                    return;
                };
                if !after {
                    // The next anchor may look back at any of these.
                    if *pick == Pick::First {
                        hits.truncate(settled.max(anchor + 1));
                    }
                    return;
                }
                let (from, to) = around(hits[anchor].time, true, *span);
                let mut n = 0;
                let mut place = 0;
                let anchored = hits[anchor].clone();
                hits.retain(|hit| {
                    let own = place == anchor;
                    place += 1;
                    let counted = place <= settled
                        && matches(hit, 1)
                        && from <= hit.time
                        && hit.time <= to
                        && self.same(hit, &anchored, 1);
                    n += usize::from(counted);
                    own || place > settled || counted && n <= *at_least
                });
            }
        }
    }
}

fn matches(hit: &Hit, pattern: usize) -> bool {
    hit.key >> pattern & 1 != 0
}

fn value(hit: &Hit, place: usize) -> Option<&Value> {
    match &hit.value {
        Value::List(values) => values.get(place).filter(|value| !value.missing()),
        _ => None,
    }
}

fn keys_equal(a: &Hit, b: &Hit, places: &[usize]) -> bool {
    let key = |hit, place| value(hit, place).and_then(Value::key);
    places.iter().all(|place| key(a, *place) == key(b, *place))
}

fn anchor(hits: &[Hit], pick: Pick) -> Option<usize> {
    match pick {
        Pick::First => hits.iter().position(|hit| matches(hit, 0)),
        Pick::Last => hits.iter().rposition(|hit| matches(hit, 0)),
    }
}

/// First and last instant around an anchor, both included.
fn around(anchor: i64, after: bool, span: Option<i64>) -> (i64, i64) {
    match after {
        true => (anchor + 1, span.map_or(i64::MAX, |span| anchor.saturating_add(span))),
        false => (span.map_or(i64::MIN, |span| anchor.saturating_sub(span)), anchor - 1),
    }
}

/// The filter without the `same` that stands at its top. `None`: one stands deeper.
fn without_same(filter: &Where, same: &mut Vec<Text>) -> Option<Where> {
    match filter {
        Where::Same(properties) => {
            same.extend(properties.iter().cloned());
            Some(Where::ALWAYS)
        }
        Where::All(of) => {
            of.iter().map(|part| without_same(part, same)).collect::<Option<_>>().map(Where::All)
        }
        other => (!has_same(other)).then(|| other.clone()),
    }
}

fn has_same(filter: &Where) -> bool {
    match filter {
        Where::Same(_) => true,
        Where::All(of) | Where::Any(of) => of.iter().any(has_same),
        Where::Not(of) => has_same(of),
        Where::Property { .. } | Where::FirstTime => false,
    }
}
