//! Checks a tree against what it can mean: names, kinds, ranges, places, cycles.
//!
//! What it is: all problems at once, each with its path in the JSON form. What it is not: it
//! changes nothing and evaluates nothing. A definition without a fatal problem can be evaluated.
//! Invariant: a tree beyond the bounds of size is refused before anything walks it.

mod cycle;
mod event;
mod size;
mod target;
mod test;
mod window;

use model::bounds::NAME_BYTES_MAX;
use model::{Span, Text};

use crate::catalogue::Catalogue;
use crate::problem::{PROBLEMS_MAX, Problem, code, nearest};
use crate::rules::Rules;
use crate::tree::*;

pub use size::{CONDITION_DEPTH_MAX, size, too_large, too_long};

/// What the checked definition is going to be. It stands in for the one of that name in the rules,
/// so that a change that closes a cycle is noticed before it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// It has no name.
    Unnamed,
    /// The segment of this id.
    Segment(Text),
    /// The lifecycle state of this key.
    State(Text),
}

/// All problems of a definition without a name.
pub fn check(predicate: &Predicate, catalogue: &Catalogue, rules: &Rules) -> Vec<Problem> {
    check_as(&Subject::Unnamed, predicate, catalogue, rules)
}

/// All problems of a definition that is to become a segment or a lifecycle state.
pub fn check_as(
    subject: &Subject,
    predicate: &Predicate,
    catalogue: &Catalogue,
    rules: &Rules,
) -> Vec<Problem> {
    if let Some(problem) = too_large(predicate) {
        return vec![problem.path("")];
    }
    let mut checker = Checker { catalogue, rules, path: String::new(), problems: Vec::new() };
    checker.predicate(predicate);
    let mut problems = checker.problems;
    problems.extend(cycle::cycles(subject, predicate, rules));
    problems.truncate(PROBLEMS_MAX);
    problems
}

struct Checker<'a> {
    catalogue: &'a Catalogue,
    rules: &'a Rules,
    path: String,
    problems: Vec<Problem>,
}

impl Checker<'_> {
    fn report(&mut self, problem: Problem) {
        self.problems.push(problem.path(self.path.clone()));
    }

    /// Checks a part below the present path.
    fn at(&mut self, part: &str, check: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        if !self.path.is_empty() && !part.starts_with('[') {
            self.path.push('.');
        }
        self.path.push_str(part);
        check(self);
        self.path.truncate(length);
    }

    fn predicate(&mut self, predicate: &Predicate) {
        match predicate {
            Predicate::All(of) | Predicate::Any(of) => {
                for (i, part) in of.iter().enumerate() {
                    self.at(&format!("of[{i}]"), |c| c.predicate(part));
                }
            }
            Predicate::Not(of) => self.at("of", |c| c.predicate(of)),
            Predicate::Event(event) => self.event(event, false),
            Predicate::Profile(profile) => self.profile(profile),
            Predicate::Sequence(sequence) => self.sequence(sequence),
            Predicate::Since(since) => self.since(since),
            Predicate::Absence(absence) => self.absence(absence),
            Predicate::Baseline(baseline) => self.baseline(baseline),
            Predicate::Affinity(affinity) => self.affinity(affinity),
            Predicate::Date(date) => self.date(date),
            Predicate::Segment(id) => self.segment(id),
            Predicate::Lifecycle(lifecycle) => self.lifecycle(lifecycle),
            Predicate::Rfm(rfm) => self.rfm(rfm),
            Predicate::Score(_) => self.not_available("scores", "train a model first"),
            Predicate::List(_) => self.not_available("lists", "use an attribute instead"),
            Predicate::Reachable(_) => {
                self.not_available("reachability", "use an attribute such as `push_opt_in = true`");
            }
            Predicate::Location(location) => self.location(location),
            Predicate::Bucket(bucket) => self.bucket(bucket),
        }
    }

    fn not_available(&mut self, what: &str, hint: &str) {
        let message = format!("{what} can be written but not evaluated yet");
        self.report(Problem::error(code::NOT_AVAILABLE, message).hint(hint));
    }

    fn profile(&mut self, profile: &ProfilePredicate) {
        let kinds = self.attribute(&profile.attribute);
        self.test(&profile.test, kinds, "attribute", &profile.attribute);
        if let Some(span) = profile.for_at_least {
            self.at("for_at_least", |c| c.positive(span));
        }
    }

    /// Checks the name of an attribute; its kinds, if they are known.
    fn attribute(&mut self, name: &Text) -> Option<crate::catalogue::Kinds> {
        let kinds = self.catalogue.attribute_kinds(name).filter(|kinds| !kinds.empty());
        let seen = self.catalogue.attribute_kinds(name).is_some();
        let near = nearest(name, self.catalogue.attributes());
        self.at("attribute", |c| {
            if c.name(name) && !seen {
                let message = format!("attribute \"{name}\" was never seen");
                c.report(
                    Problem::warning(code::UNKNOWN_ATTRIBUTE, message)
                        .found(name.as_str())
                        .expected("the name of an attribute")
                        .suggest(near),
                );
            }
        });
        kinds
    }

    fn date(&mut self, date: &DatePredicate) {
        match &date.subject {
            DateSubject::Attribute(attribute) => {
                self.attribute(attribute);
            }
            DateSubject::Property { of, property, .. } => {
                self.events(of, false);
                self.property(of, property, "property");
            }
        }
        self.at("value", |c| match date.op {
            DateOp::InNext(span) | DateOp::InLast(span) => c.positive(span),
            DateOp::ExactlyIn(span) | DateOp::ExactlyAgo(span) | DateOp::AnniversaryIn(span) => {
                c.whole_days(span);
            }
        });
    }

    fn whole_days(&mut self, span: Span) {
        if span.0 < 0 || span.0 % Span::DAY.0 != 0 || span > Span::MAX {
            let message = format!("{span} is not a number of whole days");
            self.report(
                Problem::error(code::WRONG_RANGE, message)
                    .found(span.to_string())
                    .expected("whole days such as 5d"),
            );
        }
    }

    fn segment(&mut self, id: &Text) {
        if !self.rules.segments.contains_key(id) {
            let near = nearest(id, self.rules.segments.keys().map(Text::as_str));
            let problem = unknown(code::UNKNOWN_SEGMENT, "segment", id, near);
            self.at("id", |c| c.report(problem));
        }
    }

    fn lifecycle(&mut self, lifecycle: &LifecyclePredicate) {
        self.at("is", |c| {
            if lifecycle.is.is_empty() {
                c.empty("no lifecycle state is named, so nobody is in one of them");
            }
            lifecycle.is.iter().for_each(|key| c.state(key));
        });
        if let Some(was) = &lifecycle.was {
            self.at("was", |c| c.state(was));
        }
        if let Some(span) = lifecycle.for_at_least {
            self.at("for_at_least", |c| c.positive(span));
        }
    }

    fn state(&mut self, key: &Text) {
        let states = &self.rules.lifecycle.states;
        if !states.iter().any(|state| state.key == *key) {
            let near = nearest(key, states.iter().map(|state| state.key.as_str()));
            let problem = unknown(code::UNKNOWN_STATE, "lifecycle state", key, near);
            self.report(problem);
        }
    }

    fn rfm(&mut self, rfm: &RfmPredicate) {
        let groups = &self.rules.rfm.groups;
        self.at("is", |c| {
            for key in rfm.is.iter().filter(|key| !groups.iter().any(|g| g.key == **key)) {
                let near = nearest(key, groups.iter().map(|group| group.key.as_str()));
                c.report(unknown(code::UNKNOWN_GROUP, "RFM group", key, near));
            }
        });
        for (letter, range) in [("r", rfm.r), ("f", rfm.f), ("m", rfm.m)] {
            if let Some((from, to)) = range
                && !(1 <= from && from <= to && to <= 5)
            {
                let message = format!("{from} to {to} is not a range of scores");
                let problem = Problem::error(code::WRONG_RANGE, message)
                    .found(format!("{from} to {to}"))
                    .expected("scores from 1 to 5, the lower one first");
                self.at(letter, |c| c.report(problem));
            }
        }
    }

    fn location(&mut self, location: &LocationPredicate) {
        if let LocationPredicate::Circle { lat, lon, radius_m } = location {
            let inside = (-90.0..=90.0).contains(lat) && (-180.0..=180.0).contains(lon);
            if !inside || *radius_m <= 0.0 || radius_m.is_nan() {
                let message = format!("{lat}, {lon} with {radius_m} metres is no place on Earth");
                let problem = Problem::error(code::WRONG_RANGE, message)
                    .expected("latitude -90 to 90, longitude -180 to 180, a radius above 0");
                self.at("within", |c| c.report(problem));
            }
        }
        self.not_available("locations", "use an attribute such as `country = \"TR\"`");
    }

    fn bucket(&mut self, bucket: &BucketPredicate) {
        let (from, to) = (bucket.from, bucket.to);
        if from >= to || u64::from(to) > crate::bucket::BUCKETS {
            let message = format!("{from} to {to} is not a range of buckets");
            let problem = Problem::error(code::WRONG_RANGE, message)
                .found(format!("{from} to {to}"))
                .expected("buckets from 0 to 10000, the lower one first");
            self.at("to", |c| c.report(problem));
        }
    }

    // --- what many parts share ---

    fn empty(&mut self, message: &str) {
        self.report(Problem::error(code::EMPTY, message).found("nothing"));
    }

    /// Checks that a name is not empty and not too long; whether it is so.
    fn name(&mut self, name: &str) -> bool {
        if name.is_empty() {
            self.empty("a name is empty");
        } else if name.len() > NAME_BYTES_MAX {
            let message = format!("a name has {} bytes, more than {NAME_BYTES_MAX}", name.len());
            self.report(Problem::error(code::TOO_LARGE, message));
        }
        !name.is_empty() && name.len() <= NAME_BYTES_MAX
    }

    fn positive(&mut self, span: Span) {
        if span.0 <= 0 || span > Span::MAX {
            let message = format!("a length of time of {span} leaves nothing to look at");
            self.report(
                Problem::error(code::WRONG_RANGE, message)
                    .found(span.to_string())
                    .expected("a length of time above 0 and at most 36500d"),
            );
        }
    }
}

/// The problem of a name that must exist.
fn unknown(code: &'static str, what: &str, name: &str, near: Option<&str>) -> Problem {
    Problem::error(code, format!("there is no {what} \"{name}\""))
        .found(name)
        .expected(format!("the name of a {what}"))
        .suggest(near)
}

#[cfg(test)]
mod tests;
