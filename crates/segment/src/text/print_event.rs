//! Printing of what the user did.

use super::event::counts_times;
use super::print::{Printer, pick_word};
use crate::tree::{
    AbsencePredicate, AffinityMode, AffinityPredicate, AffinitySubject, BaselinePredicate, Case,
    EventMatch, EventNames, EventPredicate, Measure, Op, Range, SequencePredicate, SincePredicate,
    Test, Unit, Window,
};
use model::Value;

impl Printer {
    /// `"A"`, `any of ["A", "B"]` or `any event`.
    pub(super) fn event_names(&mut self, names: &EventNames) {
        match names {
            EventNames::Any => self.add("any event"),
            EventNames::Of(names) => match names.as_slice() {
                [name] if name != "*" => self.quoted_after("", name),
                _ => {
                    self.add("any of ");
                    self.texts(names);
                }
            },
        }
    }

    /// Events with their conditions right behind them.
    fn events(&mut self, of: &EventMatch) {
        self.event_names(&of.names);
        self.filter(&of.filter);
    }

    /// An event predicate, alone or relative to an anchor.
    pub(super) fn event(&mut self, event: &EventPredicate, since: Option<&SincePredicate>) {
        let times = event.measure == Measure::Count && counts_times(&event.test);
        self.measure(&event.measure, times);
        self.event_names(&event.of.names);
        if times {
            self.times(&event.test);
        }
        if let Some(since) = since {
            // The conditions stand before the anchor, so that they cannot seem to be about it.
            self.filter(&event.of.filter);
            self.window(&event.within);
            self.add(" ");
            self.add(pick_word(since.pick));
            self.add(" ");
            self.anchor(&since.anchor);
        } else {
            self.window(&event.within);
        }
        if !times {
            self.measured_test(&event.test);
        }
        if since.is_none() {
            self.filter(&event.of.filter);
        }
    }

    fn anchor(&mut self, anchor: &EventMatch) {
        if anchor.filter.always() {
            return self.event_names(&anchor.names);
        }
        self.add("(");
        self.events(anchor);
        self.add(")");
    }

    fn measure(&mut self, measure: &Measure, times: bool) {
        let (function, property) = match measure {
            Measure::Count => return self.add(if times { "did " } else { "count of " }),
            Measure::Days => return self.add("days of "),
            Measure::Sum(property) => ("sum(", property),
            Measure::Avg(property) => ("avg(", property),
            Measure::Min(property) => ("min(", property),
            Measure::Max(property) => ("max(", property),
            Measure::Distinct(property) => ("distinct(", property),
            Measure::First(property) => ("first(", property),
            Measure::Last(property) => ("last(", property),
        };
        self.add(function);
        self.name(property);
        self.add(") of ");
    }

    /// ` at least 3 times`; nothing for once or more.
    fn times(&mut self, test: &Test) {
        let (words, value) = match &test.op {
            Op::Ge(Value::Int(1)) => return,
            Op::Ge(value) => (" at least ", value),
            Op::Le(value) => (" at most ", value),
            Op::Eq(value) => (" exactly ", value),
            Op::Ne(value) => (" not exactly ", value),
            Op::Lt(value) => (" fewer than ", value),
            Op::Gt(value) => (" more than ", value),
            Op::Between(from, to) => {
                self.add(" between ");
                self.value(from);
                self.add(" and ");
                self.value(to);
                return self.add(" times");
            }
            _ => return self.test(test),
        };
        self.add(words);
        self.value(value);
        self.add(if *value == Value::Int(1) { " time" } else { " times" });
    }

    /// A comparison where a window could stand too.
    fn measured_test(&mut self, test: &Test) {
        if let Op::Between(..) = test.op {
            self.add(" is");
        }
        self.test(test);
    }

    /// A window, each part after a blank. After and before end where the anchor is named.
    fn window(&mut self, window: &Window) {
        if let Range::After(_) | Range::Before(_) = window.range {
            self.hours_and_weekdays(window);
            self.range(&window.range);
        } else {
            self.range(&window.range);
            self.hours_and_weekdays(window);
        }
    }

    fn range(&mut self, range: &Range) {
        let text = match range {
            Range::All => return,
            Range::Last(span) => format!(" in last {span}"),
            Range::LastUnits { n, unit, zone } => {
                let unit = match unit {
                    Unit::Day => "day",
                    Unit::Week => "week",
                    Unit::Month => "month",
                };
                let many = if *n == 1 { "" } else { "s" };
                self.add(&format!(" in last {n} calendar {unit}{many}"));
                if let Some(zone) = zone {
                    self.quoted_after(" in zone ", zone.name());
                }
                return;
            }
            Range::Between(from, to) => {
                let [from, to] = [from, to].map(|at| super::print_value::instant(*at));
                format!(" between {from} and {to}")
            }
            Range::Since(from) => format!(" since {}", super::print_value::instant(*from)),
            Range::BeforeLast(span) => format!(" before last {span}"),
            Range::Ago { from, to } => format!(" from {from} ago to {to} ago"),
            Range::After(None) => " after".to_owned(),
            Range::After(Some(span)) => format!(" within {span} after"),
            Range::Before(None) => " before".to_owned(),
            Range::Before(Some(span)) => format!(" within {span} before"),
        };
        self.add(&text);
    }

    fn hours_and_weekdays(&mut self, window: &Window) {
        if let Some(hours) = window.hours {
            let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
            let (from, to) = (clock(hours.from_minute), clock(hours.to_minute));
            self.add(&format!(" hours {from} to {to}"));
        }
        for (i, day) in window.weekdays.iter().enumerate() {
            self.add(if i == 0 { " on " } else { ", " });
            self.add(day.name());
        }
    }

    pub(super) fn sequence(&mut self, sequence: &SequencePredicate) {
        for (i, step) in sequence.steps.iter().enumerate() {
            self.add(if i == 0 { "did " } else { " then " });
            self.events(step);
        }
        if let Some(span) = sequence.complete_within {
            self.add(&format!(" within {span}"));
        }
        self.window(&sequence.within);
        for without in &sequence.without {
            self.add(" without ");
            self.events(&without.of);
            self.add(&format!(" after step {}", without.after_step));
        }
    }

    pub(super) fn absence(&mut self, absence: &AbsencePredicate) {
        self.add("did ");
        self.events(&absence.did);
        self.add(" and then not ");
        self.events(&absence.then_not);
        self.add(&format!(" for {}", absence.span));
        if !absence.hold.is_empty() {
            self.add(" with same ");
            self.names(&absence.hold);
        }
    }

    pub(super) fn baseline(&mut self, baseline: &BaselinePredicate) {
        self.add("count of ");
        self.event_names(&baseline.of.names);
        self.add(&format!(" in last {}", baseline.window));
        let word = match (&baseline.test.op, baseline.test.case) {
            (Op::Lt(value), Case::Sensitive) => Some((" below ", value)),
            (Op::Gt(value), Case::Sensitive) => Some((" above ", value)),
            (Op::Le(value), Case::Sensitive) => Some((" at most ", value)),
            (Op::Ge(value), Case::Sensitive) => Some((" at least ", value)),
            _ => None,
        };
        match word {
            Some((word, value)) => {
                self.add(word);
                self.value(value);
            }
            None => self.measured_test(&baseline.test),
        }
        self.add(&format!(" of own {} baseline", baseline.against));
        self.filter(&baseline.of.filter);
    }

    pub(super) fn affinity(&mut self, affinity: &AffinityPredicate) {
        self.add(match affinity.mode {
            AffinityMode::Most => "mostly ",
            AffinityMode::Least => "least ",
            AffinityMode::Share(_) => "share of ",
        });
        match &affinity.subject {
            AffinitySubject::Property(property) => self.name(property),
            AffinitySubject::Hour => self.add("hour"),
            AffinitySubject::Weekday => self.add("weekday"),
        }
        match affinity.is.as_slice() {
            [only] => {
                self.add(" is ");
                self.value(only);
            }
            several => {
                self.add(" in ");
                self.values(several);
            }
        }
        self.add(" in ");
        self.event_names(&affinity.of.names);
        self.window(&affinity.within);
        if affinity.min_events != 1 {
            self.add(&format!(" min {} events", affinity.min_events));
        }
        if let AffinityMode::Share(test) = &affinity.mode {
            self.measured_test(test);
        }
        self.filter(&affinity.of.filter);
    }
}
