//! From definitions to sources and conditions.
//!
//! What it is: chooses for every leaf the smallest state that decides it, and shares what is equal.
//! What it is not: it refuses only what no single user's history decides.

use std::collections::{BTreeMap, HashMap};

use model::{Span, Text, Timestamp, Value};

use super::chain::Chain;
use super::condition::{Condition, Count, Kind, Measured};
use super::filter::Filter;
use super::program::{Expression, NotLive, Program, STATES_MAX, What};
use super::recall::Recall;
use super::source::{self, FOREVER, Keep, Source, Taken};
use super::times::{Recent, Times};
use crate::derived;
use crate::evaluate::{CompiledTest, TIMEZONE};
use crate::needs::Needs;
use crate::rules::{Lifecycle, RfmSettings, Rules};
use crate::tree::{
    AffinityPredicate, AffinitySubject, DatePredicate, DateSubject, EventMatch, EventPredicate,
    LifecyclePredicate, Measure, Op, Pick, Predicate, ProfilePredicate, Range, Test, Unit, Window,
};

pub(super) struct Compiler<'a> {
    rules: &'a Rules,
    sources: Vec<Source>,
    conditions: Vec<Condition>,
    source_numbers: HashMap<Text, u32>,
    condition_numbers: HashMap<Text, u32>,
    times: Times,
    /// Only what is needed of times is noted.
    gathers: bool,
}

/// The segments that are being compiled, innermost first.
struct Path<'a> {
    id: &'a Text,
    before: Option<&'a Path<'a>>,
}

impl Path<'_> {
    fn contains(path: Option<&Path>, id: &Text) -> bool {
        path.is_some_and(|path| path.id == id || Path::contains(path.before, id))
    }
}

/// Days that a local unit has at most, with two for what zones and clocks do.
fn unit_days(unit: Unit) -> i64 {
    match unit {
        Unit::Day => 1,
        Unit::Week => 7,
        Unit::Month => 31,
    }
}

impl<'a> Compiler<'a> {
    /// `kept`: keys of sources that another run of the program kept.
    pub(super) fn new(rules: &'a Rules, before: Option<&Program>, kept: &[Text]) -> Compiler<'a> {
        let (sources, conditions) = match before {
            Some(before) => (before.sources.clone(), before.conditions.clone()),
            None => (Vec::new(), Vec::new()),
        };
        // Users have old hits of sources that nobody reads any more: those are not taken up again.
        let read = |n: u32| before.is_some_and(|before| before.read[n as usize]);
        let known = || sources.iter().map(|source| &source.key).zip(0..).filter(|(_, n)| read(*n));
        let times = Times::new(known(), kept);
        let source_numbers: HashMap<Text, u32> =
            known().map(|(key, number)| (key.clone(), number)).collect();
        let whole = |c: &Condition| c.sources.iter().chain(&c.zone).all(|source| read(*source));
        let numbered = conditions.iter().zip(0..).filter(|(condition, _)| whole(condition));
        let mut compiler = Compiler {
            rules,
            source_numbers,
            condition_numbers: numbered.map(|(c, n)| (c.key.clone(), n)).collect(),
            times,
            gathers: false,
            sources,
            conditions,
        };
        compiler.condition(Kind::Exists, Vec::new(), None);
        compiler
    }

    pub(super) fn finish(self) -> (Vec<Source>, Vec<Condition>) {
        (self.sources, self.conditions)
    }

    /// Notes what definitions need of times, so that one list serves all of them.
    pub(super) fn gather<'w>(&mut self, definitions: impl Iterator<Item = &'w What>) {
        let mut gathering = Compiler {
            rules: self.rules,
            sources: self.sources.clone(),
            conditions: self.conditions.clone(),
            source_numbers: self.source_numbers.clone(),
            condition_numbers: self.condition_numbers.clone(),
            times: std::mem::take(&mut self.times),
            gathers: true,
        };
        for what in definitions {
            // What is refused is refused again, and told then.
            let _ = gathering.states(what);
        }
        self.times = gathering.times;
    }

    pub(super) fn states(&mut self, what: &What) -> Result<Vec<Expression>, NotLive> {
        // Derived events are read from all that is stored; no single event tells of them.
        let derived = |predicate| derived::asked(&predicate, self.rules);
        if let Some(derived) = what.predicates().into_iter().find_map(derived) {
            return Err(NotLive::Derived { name: derived.name });
        }
        match what {
            What::Segment(predicate) => Ok(vec![self.expression(predicate, false, None)?]),
            What::Lifecycle(states) if states.len() > STATES_MAX => {
                Err(NotLive::States { states: states.len(), max: STATES_MAX })
            }
            What::Lifecycle(states) => {
                states.iter().map(|s| self.expression(&s.predicate, true, None)).collect()
            }
        }
    }

    fn expression(
        &mut self,
        predicate: &Predicate,
        in_lifecycle: bool,
        path: Option<&Path>,
    ) -> Result<Expression, NotLive> {
        let mut each = |of: &[Predicate]| -> Result<Vec<Expression>, NotLive> {
            of.iter().map(|part| self.expression(part, in_lifecycle, path)).collect()
        };
        let depends = |what| Err(NotLive::Depends { what });
        Ok(match predicate {
            Predicate::All(of) => Expression::All(each(of)?),
            Predicate::Any(of) => Expression::Any(each(of)?),
            Predicate::Not(of) => {
                Expression::Not(Box::new(self.expression(of, in_lifecycle, path)?))
            }
            Predicate::Segment(id) => match self.rules.segments.get(id) {
                Some(other) if !Path::contains(path, id) => {
                    self.expression(other, in_lifecycle, Some(&Path { id, before: path }))?
                }
                _ => Expression::Always(false),
            },
            Predicate::Lifecycle(_) if in_lifecycle => Expression::Always(false),
            Predicate::Lifecycle(p) => self.lifecycle(p),
            Predicate::Event(p) => self.event(p, predicate),
            Predicate::Profile(p) => self.profile(p),
            Predicate::Date(p) => self.date(p, predicate),
            Predicate::Baseline(p) if !asks_first(&p.of, self.rules) => {
                let recent = Recent::all(p.window.0.saturating_add(p.against.0));
                let source = self.times(&p.of, recent, UNBOUNDED);
                let test = CompiledTest::new(&p.test);
                let kind = Kind::Baseline { window: p.window, against: p.against, test };
                self.condition(kind, vec![source], None)
            }
            Predicate::Bucket(p) => {
                let kind = Kind::Bucket { from: p.from, to: p.to, salt: p.salt.clone() };
                self.condition(kind, Vec::new(), None)
            }
            Predicate::Sequence(p) => match Chain::sequence(p, self.rules) {
                Some(chain) => self.chain(chain),
                None => self.recall(predicate),
            },
            Predicate::Since(p) => {
                match Chain::since(p, threshold(&p.predicate.test), self.rules) {
                    Some(chain) => self.chain(chain),
                    None => self.recall(predicate),
                }
            }
            Predicate::Absence(p) => match Chain::absence(p, self.rules) {
                Some(chain) => self.chain(chain),
                None => self.recall(predicate),
            },
            Predicate::Affinity(p) => self.affinity(p, predicate),
            Predicate::Baseline(_) => self.recall(predicate),
            Predicate::Rfm(_) => return depends("a group of RFM scores"),
            Predicate::Score(_) => return depends("a prediction"),
            Predicate::List(_) => return depends("a list"),
            Predicate::Reachable(_) => return depends("reachability"),
            Predicate::Location(_) => return depends("the last known position"),
        })
    }

    fn event(&mut self, p: &EventPredicate, whole: &Predicate) -> Expression {
        let filter = Filter::new(&p.of, self.rules);
        if filter.asks_first() && filter.names().is_none() {
            return self.recall(whole);
        }
        let narrowed = p.within.hours.is_some() || !p.within.weekdays.is_empty();
        // The first of its name decides wherever it lies.
        let bounds = if filter.asks_first() { UNBOUNDED } else { bounds(&p.within) };
        let plain = !narrowed && !filter.asks_first();
        if plain
            && p.measure == Measure::Count
            && let Some(expression) = self.count(p, bounds)
        {
            return expression;
        }
        let (measure, taken) = match &p.measure {
            Measure::Count => (Measured::Count, Taken::Time),
            Measure::Sum(of) => (Measured::Sum, Taken::Number(of.clone())),
            Measure::Avg(of) => (Measured::Avg, Taken::Number(of.clone())),
            Measure::Min(of) => (Measured::Min, Taken::Number(of.clone())),
            Measure::Max(of) => (Measured::Max, Taken::Number(of.clone())),
            Measure::Distinct(of) => (Measured::Distinct, Taken::Key(of.clone())),
            Measure::Days => (Measured::Days, Taken::Time),
            Measure::First(of) => {
                (Measured::First, Taken::Test(of.clone(), CompiledTest::new(&p.test)))
            }
            Measure::Last(of) => {
                (Measured::Last, Taken::Test(of.clone(), CompiledTest::new(&p.test)))
            }
        };
        let keep = match plain {
            true => keep(&p.within.range, measure, &p.test),
            false => span_of(&p.within.range).map_or(Keep::All, Keep::Span),
        };
        let source = match (measure, keep) {
            (Measured::Count, Keep::Latest(n, span)) if plain => {
                self.times(&p.of, Recent::latest(n, span), bounds)
            }
            (Measured::Count, Keep::Span(span)) if plain => {
                self.times(&p.of, Recent::all(span), bounds)
            }
            _ => self.events(&p.of, taken, keep, bounds),
        };
        let user_units = matches!(p.within.range, Range::LastUnits { zone: None, .. });
        let zone = (narrowed || user_units).then(|| self.zone());
        let test = CompiledTest::new(&p.test);
        let kind = Kind::Measured { window: p.within.clone(), measure, test };
        self.condition(kind, vec![source], zone)
    }

    /// A count that is compared with one number, in a window that needs no search.
    fn count(&mut self, p: &EventPredicate, bounds: (i64, i64)) -> Option<Expression> {
        let window = match p.within.range {
            Range::Last(span) => Count::Last(span.0),
            Range::All | Range::Since(_) | Range::Between(..) => Count::Ever,
            Range::BeforeLast(span) => Count::Before(span.0),
            _ => return None,
        };
        let (at_least, reverse) = threshold(&p.test)?;
        if at_least <= 0 {
            return Some(Expression::Always(!reverse));
        }
        let at_least = u32::try_from(at_least).ok()?;
        let source = match window {
            Count::Last(span) => self.times(&p.of, Recent::latest(at_least, span), bounds),
            Count::Ever => self.times(&p.of, Recent::latest(at_least, FOREVER), bounds),
            Count::Before(_) => self.events(&p.of, Taken::Time, Keep::Earliest(at_least), bounds),
        };
        let kind = Kind::Count { window, at_least, reverse: false };
        let Expression::Condition(n) = self.condition(kind, vec![source], None) else {
            return None;
        };
        let holds = Expression::Condition(n);
        Some(if reverse { Expression::Not(Box::new(holds)) } else { holds })
    }

    fn profile(&mut self, p: &ProfilePredicate) -> Expression {
        let span = p.for_at_least.map_or(0, |span| span.0);
        let source = self.attribute(&p.attribute, span);
        let kind = Kind::Profile { test: CompiledTest::new(&p.test), span: p.for_at_least };
        self.condition(kind, vec![source], None)
    }

    fn date(&mut self, p: &DatePredicate, whole: &Predicate) -> Expression {
        let (source, pick) = match &p.subject {
            DateSubject::Attribute(name) => (self.attribute(name, 0), Pick::Last),
            DateSubject::Property { of, .. } if asks_first(of, self.rules) => {
                return self.recall(whole);
            }
            DateSubject::Property { of, property, pick } => {
                let keep = match pick {
                    Pick::First => Keep::Earliest(1),
                    Pick::Last => Keep::Latest(1, FOREVER),
                };
                (self.events(of, Taken::Value(property.clone()), keep, UNBOUNDED), *pick)
            }
        };
        let zone = self.zone();
        self.condition(Kind::Date { op: p.op, pick }, vec![source], Some(zone))
    }

    fn lifecycle(&mut self, p: &LifecyclePredicate) -> Expression {
        let states = &self.rules.lifecycle.states;
        let place = |key: &Text| states.iter().position(|s| s.key == *key).map(|n| n as u8 + 1);
        let is: Vec<u8> = p.is.iter().filter_map(place).collect();
        let was = p.was.as_ref().map(place);
        let span = p.for_at_least.map_or(0, |span| span.0);
        let kind = source::Kind::Lifecycle;
        let source = self.source(kind, Taken::Place, Keep::Changes(span), UNBOUNDED);
        self.condition(Kind::Lifecycle { is, span: p.for_at_least, was }, vec![source], None)
    }

    fn chain(&mut self, chain: Chain) -> Expression {
        let names = chain.names();
        let (keep, zone) = match chain.window() {
            Some(window) if !chain.trims() => {
                let units = matches!(window.range, Range::LastUnits { zone: None, .. });
                let keep = span_of(&window.range).map_or(Keep::All, Keep::Span);
                (keep, units.then(|| self.zone()))
            }
            _ => (Keep::Chain, None),
        };
        let kind = events_of(Filter::plain(names.as_deref(), &chain.named()));
        let source = self.source(kind, Taken::Chain(Box::new(chain)), keep, UNBOUNDED);
        self.condition(Kind::Chain, vec![source], zone)
    }

    fn affinity(&mut self, p: &AffinityPredicate, whole: &Predicate) -> Expression {
        let plain = p.within.hours.is_none() && p.within.weekdays.is_empty();
        let AffinitySubject::Property(property) = &p.subject else { return self.recall(whole) };
        if !plain || asks_first(&p.of, self.rules) {
            return self.recall(whole);
        }
        let keep = span_of(&p.within.range).map_or(Keep::All, Keep::Span);
        let taken = Taken::Asked(property.clone(), p.is.clone());
        let source = self.events(&p.of, taken, keep, bounds(&p.within));
        let units = matches!(p.within.range, Range::LastUnits { zone: None, .. });
        let zone = units.then(|| self.zone());
        let kind = Kind::Affinity {
            mode: p.mode.clone(),
            min_events: p.min_events,
            window: p.within.clone(),
        };
        self.condition(kind, vec![source], zone)
    }

    fn recall(&mut self, predicate: &Predicate) -> Expression {
        let needs = Needs::of(predicate, self.rules);
        let properties: Vec<Text> = needs.properties.iter().cloned().collect();
        let names: Vec<Text> = match needs.any_event {
            true => Vec::new(),
            false => needs.events.iter().cloned().collect(),
        };
        let also: Vec<&Text> = needs.events.iter().collect();
        let filter = Filter::plain((!needs.any_event).then_some(&names), &also);
        let keep = match predicate {
            Predicate::Sequence(p) if !needs.first_time => {
                span_of(&p.within.range).map_or(Keep::All, Keep::Span)
            }
            Predicate::Affinity(p) if !needs.first_time => {
                span_of(&p.within.range).map_or(Keep::All, Keep::Span)
            }
            Predicate::Baseline(p) if !needs.first_time => {
                Keep::Span(p.window.0.saturating_add(p.against.0))
            }
            _ => Keep::All,
        };
        let taken = Taken::Event(properties.clone());
        let source = self.source(events_of(filter), taken, keep, UNBOUNDED);
        let zone = self.zone();
        // What composite events mean is part of what is asked.
        let composites = self.rules.composites.iter();
        let composites = composites.filter(|(name, _)| needs.events.contains(*name));
        let rules = Box::new(Rules {
            zone: self.rules.zone.clone(),
            seed: self.rules.seed,
            segments: BTreeMap::new(),
            composites: composites.map(|(name, of)| (name.clone(), of.clone())).collect(),
            lifecycle: Lifecycle { states: Vec::new() },
            rfm: RfmSettings::of(EventMatch::named(""), None),
        });
        let recall = Recall { predicate: predicate.clone(), names, properties, rules };
        self.condition(Kind::Recall(Box::new(recall)), vec![source], Some(zone))
    }

    fn zone(&mut self) -> u32 {
        self.attribute(TIMEZONE, 0)
    }

    fn attribute(&mut self, name: &str, span: i64) -> u32 {
        let kind = source::Kind::Attribute(Text::new(name));
        self.source(kind, Taken::Attribute, Keep::Changes(span), UNBOUNDED)
    }

    /// The times of events, shared by all that need any of them.
    fn times(&mut self, of: &EventMatch, needed: Recent, bounds: (i64, i64)) -> u32 {
        let kind = events_of(Filter::new(of, self.rules));
        let events = format!("{kind:?} {bounds:?}");
        if self.gathers {
            self.times.want(&events, needed);
        }
        match self.times.find(&events, needed) {
            Ok(number) => number,
            Err(recent) => {
                let number = self.sources.len() as u32;
                let key = recent.key(&events);
                let keep = Keep::Recent(recent);
                let taken = Taken::Time;
                self.sources.push(Source { kind, taken, keep, bounds, key });
                if !self.gathers {
                    self.times.add(&events, recent, number);
                }
                number
            }
        }
    }

    fn events(&mut self, of: &EventMatch, taken: Taken, keep: Keep, bounds: (i64, i64)) -> u32 {
        self.source(events_of(Filter::new(of, self.rules)), taken, keep, bounds)
    }

    fn source(&mut self, kind: source::Kind, taken: Taken, keep: Keep, bounds: (i64, i64)) -> u32 {
        // What a hit means beyond the source itself.
        let meaning = match (&kind, keep) {
            (source::Kind::Lifecycle, _) => format!("{:x}", meaning_of_lifecycle(self.rules)),
            (_, Keep::Days(..)) => self.rules.zone.to_string(),
            _ => String::new(),
        };
        let key = Text::from(format!("{kind:?} {taken:?} {keep:?} {bounds:?} {meaning}"));
        if let Some(number) = self.source_numbers.get(&key) {
            return *number;
        }
        let number = self.sources.len() as u32;
        self.sources.push(Source { kind, taken, keep, bounds, key: key.clone() });
        self.source_numbers.insert(key, number);
        number
    }

    fn condition(&mut self, kind: Kind, sources: Vec<u32>, zone: Option<u32>) -> Expression {
        // What a name means (a composite event, the workspace's zone) is part of what is asked.
        let key = Text::from(format!("{kind:?} {sources:?} {zone:?} {}", self.rules.zone));
        if let Some(number) = self.condition_numbers.get(&key) {
            return Expression::Condition(*number);
        }
        let number = self.conditions.len() as u32;
        self.conditions.push(Condition { kind, sources, zone, key: key.clone() });
        self.condition_numbers.insert(key, number);
        Expression::Condition(number)
    }
}

const UNBOUNDED: (i64, i64) = (i64::MIN, i64::MAX);

fn asks_first(of: &EventMatch, rules: &Rules) -> bool {
    Filter::new(of, rules).asks_first()
}

fn events_of(filter: Filter) -> source::Kind {
    let names = filter.names().map_or(Vec::new(), |n| n.into_iter().cloned().collect());
    source::Kind::Events(filter, names)
}

/// Times at which an event can be in the window of any instant.
fn bounds(window: &Window) -> (i64, i64) {
    match window.range {
        Range::Between(Timestamp(from), Timestamp(to)) => (from, to),
        Range::Since(Timestamp(from)) => (from, i64::MAX),
        _ => UNBOUNDED,
    }
}

/// How old an event in the window can be; nothing: of any age.
fn span_of(range: &Range) -> Option<i64> {
    match range {
        Range::Last(span) => Some(span.0),
        Range::Ago { from, .. } => Some(from.0),
        Range::LastUnits { n, unit, .. } => {
            let days =
                i64::from(*n).saturating_mul(unit_days(*unit)).saturating_add(unit_days(*unit) + 3);
            Some(days.saturating_mul(Span::DAY.0))
        }
        _ => None,
    }
}

/// The smallest number of hits that a test tells apart from more, if it compares with one number.
fn threshold(test: &Test) -> Option<(i64, bool)> {
    let whole = |value: &Value, beyond: i64| match value {
        Value::Int(n) => n.checked_add(beyond),
        Value::Float(x) if x.abs() < 1e15 => Some(match (x.fract() == 0.0, beyond) {
            (true, beyond) => *x as i64 + beyond,
            (false, _) => x.ceil() as i64,
        }),
        _ => None,
    };
    match &test.op {
        Op::Ge(n) => Some((whole(n, 0)?, false)),
        Op::Gt(n) => Some((whole(n, 1)?, false)),
        Op::Lt(n) => Some((whole(n, 0)?, true)),
        Op::Le(n) => Some((whole(n, 1)?, true)),
        _ => None,
    }
}

/// The least that decides a measure over a window without hours and weekdays.
fn keep(range: &Range, measure: Measured, test: &Test) -> Keep {
    let span = span_of(range);
    let to_the_end = matches!(
        range,
        Range::All
            | Range::Last(_)
            | Range::Since(_)
            | Range::Between(..)
            | Range::LastUnits { .. }
    );
    if !to_the_end {
        return span.map_or(Keep::All, Keep::Span);
    }
    let age = span.unwrap_or(FOREVER);
    let most = threshold(test).and_then(|(n, _)| u32::try_from(n.max(1)).ok()).unwrap_or(u32::MAX);
    match measure {
        Measured::Count if most < u32::MAX => Keep::Latest(most, age),
        Measured::Sum | Measured::Avg if span.is_none() => Keep::Sum,
        Measured::Min => Keep::Least(age),
        Measured::Max => Keep::Greatest(age),
        Measured::Distinct => Keep::Keys(most, age),
        Measured::Days => Keep::Days(most, age),
        Measured::First if span.is_none() => Keep::Earliest(1),
        Measured::Last => Keep::Latest(1, age),
        _ => span.map_or(Keep::All, Keep::Span),
    }
}

/// A hash of the states of the lifecycle and of everything that they refer to: places that were
/// kept for another meaning are of no use.
fn meaning_of_lifecycle(rules: &Rules) -> u64 {
    let mut needs = Needs::default();
    rules.lifecycle.states.iter().for_each(|state| needs.predicate(&state.predicate, rules));
    let segments = needs.segments().map(|id| (id, rules.segments.get(id)));
    let segments: Vec<_> = segments.collect();
    let composites: Vec<_> =
        rules.composites.iter().filter(|(name, _)| needs.events.contains(*name)).collect();
    let predicates: Vec<_> = rules.lifecycle.states.iter().map(|s| &s.predicate).collect();
    let meaning = format!("{predicates:?} {segments:?} {composites:?} {}", rules.zone);
    xxhash_rust::xxh3::xxh3_64(meaning.as_bytes())
}
