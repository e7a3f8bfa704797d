//! Checks of predicates about events.

use super::Checker;
use crate::catalogue::Kind;
use crate::problem::{Problem, code};
use crate::tree::*;

/// Steps of a sequence.
const STEPS: std::ops::RangeInclusive<usize> = 2..=20;

impl Checker<'_> {
    /// `anchored`: it stands inside `since`.
    pub(super) fn event(&mut self, event: &EventPredicate, anchored: bool) {
        self.events(&event.of, anchored);
        self.window(&event.within, anchored);
        self.measured(event);
    }

    fn measured(&mut self, event: &EventPredicate) {
        match &event.measure {
            Measure::Count => self.counted(&event.test, "a count"),
            Measure::Days => self.counted(&event.test, "a number of days"),
            Measure::Distinct(property) => {
                self.measured_property(&event.of, property, "distinct", false);
                self.counted(&event.test, "a number of values");
            }
            Measure::Sum(property) => {
                self.measured_property(&event.of, property, "sum", true);
                self.counted(&event.test, "a sum");
            }
            Measure::Avg(property) => {
                self.measured_property(&event.of, property, "avg", true);
                self.counted(&event.test, "a mean");
            }
            Measure::Min(property) => {
                self.measured_property(&event.of, property, "min", true);
                self.counted(&event.test, "a least number");
            }
            Measure::Max(property) => {
                self.measured_property(&event.of, property, "max", true);
                self.counted(&event.test, "a greatest number");
            }
            Measure::First(property) | Measure::Last(property) => {
                let kinds = self.property(&event.of, property, "measure");
                self.test(&event.test, kinds, "property", property);
            }
        }
    }

    fn counted(&mut self, test: &Test, what: &str) {
        self.test(test, None, "measure", what);
        self.number_test(test, what);
    }

    fn measured_property(&mut self, of: &EventMatch, property: &str, name: &str, numeric: bool) {
        let kinds = self.property(of, property, "measure");
        let Some(kinds) = kinds.filter(|_| numeric) else { return };
        if !kinds.has(Kind::Int) && !kinds.has(Kind::Float) {
            let seen = kinds.names();
            let message =
                format!("property \"{property}\" is {seen} so far, so it has no {name} of numbers");
            let problem = Problem::warning(code::WRONG_TYPE, message)
                .found(seen)
                .expected("a property with numbers")
                .hint("count its values with `distinct`, or choose a property with numbers");
            self.at("measure", |c| c.report(problem));
        }
    }

    pub(super) fn sequence(&mut self, sequence: &SequencePredicate) {
        let n_steps = sequence.steps.len();
        if !STEPS.contains(&n_steps) {
            let many = if n_steps == 1 { "1 step".into() } else { format!("{n_steps} steps") };
            let problem = Problem::error(code::WRONG_RANGE, format!("a sequence of {many}"))
                .found(many)
                .expected("2 to 20 steps")
                .hint("a sequence has 2 to 20 steps; one alone is written `did \"A\"`");
            self.at("steps", |c| c.report(problem));
        }
        for (i, step) in sequence.steps.iter().enumerate() {
            self.at(&format!("steps[{i}]"), |c| c.events(step, i > 0));
        }
        if let Some(span) = sequence.complete_within {
            self.at("complete_within", |c| c.positive(span));
        }
        self.window(&sequence.within, false);
        for (i, without) in sequence.without.iter().enumerate() {
            self.at(&format!("without[{i}]"), |c| {
                c.events(&without.of, true);
                let last = n_steps.saturating_sub(1);
                if without.after_step == 0 || without.after_step as usize > last {
                    let message = format!(
                        "there is nothing between step {} and the next",
                        without.after_step
                    );
                    let problem = Problem::error(code::WRONG_RANGE, message)
                        .found(without.after_step.to_string())
                        .expected(format!("a step from 1 to {last}"));
                    c.at("after_step", |c| c.report(problem));
                }
            });
        }
    }

    pub(super) fn since(&mut self, since: &SincePredicate) {
        self.at("anchor", |c| c.events(&since.anchor, false));
        self.at("predicate", |c| c.event(&since.predicate, true));
    }

    pub(super) fn absence(&mut self, absence: &AbsencePredicate) {
        self.at("did", |c| c.events(&absence.did, false));
        self.at("then_not", |c| c.events(&absence.then_not, true));
        self.at("for", |c| c.positive(absence.span));
        for property in &absence.hold {
            self.property(&absence.did, property, "hold");
            self.property(&absence.then_not, property, "hold");
        }
    }

    pub(super) fn baseline(&mut self, baseline: &BaselinePredicate) {
        self.events(&baseline.of, false);
        self.at("window", |c| c.positive(baseline.window));
        self.at("against", |c| c.positive(baseline.against));
        self.counted(&baseline.test, "a ratio");
        if matches!(baseline.test.op, Op::In(_) | Op::NotIn(_) | Op::Exists | Op::NotExists) {
            let problem = Problem::error(code::WRONG_TYPE, "a ratio is compared with a number")
                .expected("one of `=`, `!=`, `<`, `<=`, `>`, `>=` and `between`");
            self.at("op", |c| c.report(problem));
        }
    }

    pub(super) fn affinity(&mut self, affinity: &AffinityPredicate) {
        self.events(&affinity.of, false);
        if let AffinitySubject::Property(property) = &affinity.subject {
            self.property(&affinity.of, property, "property");
        }
        self.at("is", |c| c.affinity_values(affinity));
        if let AffinityMode::Share(test) = &affinity.mode {
            self.counted(test, "a share");
        }
        if affinity.min_events == 0 {
            let problem = Problem::error(code::WRONG_RANGE, "a share of no events is not a number")
                .found("0")
                .expected("at least 1 event");
            self.at("min_events", |c| c.report(problem));
        }
        self.window(&affinity.within, false);
    }

    fn affinity_values(&mut self, affinity: &AffinityPredicate) {
        use model::{Value, Weekday};
        if affinity.is.is_empty() {
            return self.empty("no value is named, so none can be the most frequent");
        }
        let fits = |value: &Value| match (&affinity.subject, value) {
            (AffinitySubject::Property(_), _) => true,
            (AffinitySubject::Hour, Value::Int(hour)) => (0..24).contains(hour),
            (AffinitySubject::Weekday, Value::Text(day)) => {
                Weekday::ALL.iter().any(|known| known.name() == day)
            }
            _ => false,
        };
        if !affinity.is.iter().all(fits) {
            let expected = match affinity.subject {
                AffinitySubject::Hour => "whole hours from 0 to 23",
                _ => "weekdays as \"monday\"",
            };
            let problem = Problem::error(code::WRONG_TYPE, format!("expected {expected}"));
            self.report(problem.expected(expected));
        }
    }
}
