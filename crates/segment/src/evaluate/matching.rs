//! Which events a match is about: names, composite events, filters.

use model::{Text, Timestamp};

use super::test::CompiledTest;
use super::window::{in_hours_and_weekdays, range_at};
use super::{Evaluation, UserEvent};
use crate::tree::{EventMatch, EventNames, Where, Window};

/// An [`EventMatch`] with its composite events resolved and its tests compiled.
pub(super) struct Matcher<'a> {
    names: Names<'a>,
    filter: Filter<'a>,
}

enum Names<'a> {
    Any,
    Of { plain: Vec<&'a Text>, composite: Vec<Matcher<'a>> },
}

enum Filter<'a> {
    All(Vec<Filter<'a>>),
    Any(Vec<Filter<'a>>),
    Not(Box<Filter<'a>>),
    Property(&'a str, CompiledTest),
    FirstTime,
    Same(&'a [Text]),
}

impl<'a> Matcher<'a> {
    pub(super) fn new(of: &'a EventMatch, evaluation: &Evaluation<'a>) -> Matcher<'a> {
        let names = match &of.names {
            EventNames::Any => Names::Any,
            EventNames::Of(names) => Names::resolve(names, evaluation),
        };
        Matcher { names, filter: Filter::new(&of.filter) }
    }

    /// A match by names only: members of composite events are taken literally.
    fn member(of: &'a EventMatch) -> Matcher<'a> {
        let names = match &of.names {
            EventNames::Any => Names::Any,
            EventNames::Of(names) => {
                Names::Of { plain: names.iter().collect(), composite: Vec::new() }
            }
        };
        Matcher { names, filter: Filter::new(&of.filter) }
    }

    /// Whether the event could match, by its name alone.
    pub(super) fn names(&self, event: &UserEvent) -> bool {
        match &self.names {
            Names::Any => event.is_activity(),
            Names::Of { plain, composite } => {
                plain.iter().any(|name| **name == event.name)
                    || composite.iter().any(|member| member.names(event))
            }
        }
    }

    /// Whether the event matches. `before` is the event that [`Where::Same`] compares with;
    /// without one, nothing is the same.
    pub(super) fn matches(
        &self,
        event: &UserEvent,
        before: Option<&UserEvent>,
        events: &[UserEvent],
    ) -> bool {
        let named = match &self.names {
            Names::Any => event.is_activity(),
            Names::Of { plain, composite } => {
                plain.iter().any(|name| **name == event.name)
                    || composite.iter().any(|member| member.matches(event, before, events))
            }
        };
        named && self.filter.passes(event, before, events)
    }
}

impl<'a> Names<'a> {
    fn resolve(names: &'a [Text], evaluation: &Evaluation<'a>) -> Names<'a> {
        let composites = &evaluation.ctx.rules.composites;
        let (mut plain, mut composite) = (Vec::new(), Vec::new());
        for name in names {
            match composites.get(name) {
                Some(members) => {
                    composite.extend(members.iter().map(Matcher::member));
                }
                None => plain.push(name),
            }
        }
        Names::Of { plain, composite }
    }
}

impl<'a> Filter<'a> {
    fn new(of: &'a Where) -> Filter<'a> {
        let each = |of: &'a [Where]| of.iter().map(Filter::new).collect();
        match of {
            Where::All(of) => Filter::All(each(of)),
            Where::Any(of) => Filter::Any(each(of)),
            Where::Not(of) => Filter::Not(Box::new(Filter::new(of))),
            Where::Property { property, test } => {
                Filter::Property(property, CompiledTest::new(test))
            }
            Where::FirstTime => Filter::FirstTime,
            Where::Same(properties) => Filter::Same(properties),
        }
    }

    fn passes(&self, event: &UserEvent, before: Option<&UserEvent>, events: &[UserEvent]) -> bool {
        match self {
            Filter::All(of) => of.iter().all(|f| f.passes(event, before, events)),
            Filter::Any(of) => of.iter().any(|f| f.passes(event, before, events)),
            Filter::Not(of) => !of.passes(event, before, events),
            Filter::Property(property, test) => test.holds(event.property(property)),
            Filter::FirstTime => first_of_name(event, events),
            Filter::Same(properties) => before.is_some_and(|b| same(event, b, properties)),
        }
    }
}

/// Whether two events have equal values of all these properties, none of them missing.
pub(super) fn same(event: &UserEvent, before: &UserEvent, properties: &[Text]) -> bool {
    properties.iter().all(|p| match (event.property(p), before.property(p)) {
        (Some(a), Some(b)) => a.same(b),
        _ => false,
    })
}

/// The properties that a filter compares with the event before.
pub(super) fn same_properties<'a>(of: &'a Where, into: &mut Vec<&'a Text>) {
    match of {
        Where::All(of) | Where::Any(of) => of.iter().for_each(|w| same_properties(w, into)),
        Where::Not(of) => same_properties(of, into),
        Where::Same(properties) => into.extend(properties),
        Where::Property { .. } | Where::FirstTime => {}
    }
}

/// Whether it is the first of its name. Both are borrowed from one history, so the place in memory
/// tells whether they are one event.
fn first_of_name(event: &UserEvent, events: &[UserEvent]) -> bool {
    events.iter().find(|e| e.name == event.name).is_some_and(|first| std::ptr::eq(first, event))
}

impl<'a> Evaluation<'a> {
    /// Events with time in `from..=to`.
    pub(super) fn between(&self, from: Timestamp, to: Timestamp) -> &'a [UserEvent] {
        let start = self.events.partition_point(|e| e.time < from);
        let end = self.events.partition_point(|e| e.time <= to);
        &self.events[start..end.max(start)]
    }

    /// Matching events inside a window that is not relative to an anchor.
    pub(super) fn matching<'s>(
        &'s self,
        matcher: &'s Matcher<'a>,
        window: &'s Window,
    ) -> impl Iterator<Item = &'a UserEvent> + 's {
        let zone = self.zone();
        let range = range_at(window, self.at, &zone);
        let events = range.map_or(&[][..], |(from, to)| self.between(from, to));
        events.iter().filter(move |event| {
            matcher.matches(event, None, self.events)
                && in_hours_and_weekdays(window, event.time, &zone)
        })
    }
}
