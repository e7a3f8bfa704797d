//! Prints a tree in its text form, one canonical spelling per tree.
//!
//! Invariant: reading what is printed gives the same tree, for every valid tree.

use crate::tree::{
    Band, BucketPredicate, DateOp, DatePredicate, DateSubject, LifecyclePredicate,
    LocationPredicate, Pick, Predicate, ProfilePredicate, RfmPredicate, ScorePredicate, ScoreTest,
    Where,
};

/// The text form of a definition.
pub fn print(predicate: &Predicate) -> String {
    let mut printer = Printer::default();
    printer.predicate(predicate);
    printer.out
}

#[derive(Default)]
pub(super) struct Printer {
    pub out: String,
    /// What was printed last are conditions after `where`, so that a following `and` would belong
    /// to them.
    open: bool,
}

impl Printer {
    /// Adds text that ends whatever stood before.
    pub(super) fn add(&mut self, text: &str) {
        self.out.push_str(text);
        self.open = false;
    }

    fn predicate(&mut self, predicate: &Predicate) {
        match predicate {
            Predicate::All(of) => self.compound(of, "everyone", "all of (", " and "),
            Predicate::Any(of) => self.compound(of, "nobody", "any of (", " or "),
            Predicate::Not(of) => {
                self.add("not ");
                self.operand(of);
            }
            Predicate::Event(event) => self.event(event, None),
            Predicate::Profile(profile) => self.profile(profile),
            Predicate::Sequence(sequence) => self.sequence(sequence),
            Predicate::Since(since) => self.event(&since.predicate, Some(since)),
            Predicate::Absence(absence) => self.absence(absence),
            Predicate::Baseline(baseline) => self.baseline(baseline),
            Predicate::Affinity(affinity) => self.affinity(affinity),
            Predicate::Date(date) => self.date(date),
            Predicate::Segment(id) => self.quoted_after("in segment ", id),
            Predicate::Lifecycle(lifecycle) => self.lifecycle(lifecycle),
            Predicate::Rfm(rfm) => self.rfm(rfm),
            Predicate::Score(score) => self.score(score),
            Predicate::List(id) => self.quoted_after("in list ", id),
            Predicate::Reachable(channel) => self.reachable(channel),
            Predicate::Location(location) => self.location(location),
            Predicate::Bucket(bucket) => self.bucket(bucket),
        }
    }

    /// Operands with a word between. None and one have spellings of their own, because they are
    /// different trees.
    fn compound(&mut self, of: &[Predicate], none: &str, one: &str, between: &str) {
        match of {
            [] => self.add(none),
            [only] => {
                self.add(one);
                self.predicate(only);
                self.add(")");
            }
            _ => {
                for (i, part) in of.iter().enumerate() {
                    if i > 0 {
                        self.add(between);
                    }
                    let start = self.out.len();
                    self.operand(part);
                    if self.open && i + 1 < of.len() {
                        self.out.insert(start, '(');
                        self.add(")");
                    }
                }
            }
        }
    }

    /// A part of something larger: in parentheses if it has parts itself.
    fn operand(&mut self, predicate: &Predicate) {
        match predicate {
            Predicate::All(of) | Predicate::Any(of) if of.len() > 1 => {
                self.add("(");
                self.predicate(predicate);
                self.add(")");
            }
            _ => self.predicate(predicate),
        }
    }

    /// ` where …`, unless there is no condition.
    pub(super) fn filter(&mut self, filter: &Where) {
        if !filter.always() {
            self.add(" where ");
            self.condition(filter);
            self.open = true;
        }
    }

    fn condition(&mut self, condition: &Where) {
        match condition {
            Where::All(of) => self.conditions(of, "always", "all of (", " and "),
            Where::Any(of) => self.conditions(of, "never", "any of (", " or "),
            Where::Not(of) => {
                self.add("not ");
                self.condition_operand(of);
            }
            Where::Property { property, test } => {
                self.name(property);
                self.test(test);
            }
            Where::FirstTime => self.add("first time"),
            Where::Same(properties) => {
                self.add("same ");
                self.names(properties);
            }
        }
    }

    fn conditions(&mut self, of: &[Where], none: &str, one: &str, between: &str) {
        match of {
            [] => self.add(none),
            [only] => {
                self.add(one);
                self.condition(only);
                self.add(")");
            }
            _ => {
                for (i, part) in of.iter().enumerate() {
                    if i > 0 {
                        self.add(between);
                    }
                    self.condition_operand(part);
                }
            }
        }
    }

    fn condition_operand(&mut self, condition: &Where) {
        match condition {
            Where::All(of) | Where::Any(of) if of.len() > 1 => {
                self.add("(");
                self.condition(condition);
                self.add(")");
            }
            _ => self.condition(condition),
        }
    }

    fn profile(&mut self, profile: &ProfilePredicate) {
        self.name(&profile.attribute);
        self.test(&profile.test);
        self.for_at_least(profile.for_at_least);
    }

    fn for_at_least(&mut self, span: Option<model::Span>) {
        if let Some(span) = span {
            self.add(&format!(" for at least {span}"));
        }
    }

    fn date(&mut self, date: &DatePredicate) {
        let filter = match &date.subject {
            DateSubject::Attribute(attribute) => {
                self.name(attribute);
                None
            }
            DateSubject::Property { of, property, pick } => {
                self.add("date ");
                self.add(pick_word(*pick));
                self.add("(");
                self.name(property);
                self.add(") of ");
                self.event_names(&of.names);
                Some(&of.filter)
            }
        };
        let op = match date.op {
            DateOp::InNext(span) => format!(" in next {span}"),
            DateOp::InLast(span) => format!(" in last {span}"),
            DateOp::ExactlyIn(span) => format!(" exactly in {span}"),
            DateOp::ExactlyAgo(span) => format!(" exactly {span} ago"),
            DateOp::AnniversaryIn(span) => format!(" anniversary in {span}"),
        };
        self.add(&op);
        if let Some(filter) = filter {
            self.filter(filter);
        }
    }

    fn lifecycle(&mut self, lifecycle: &LifecyclePredicate) {
        self.add("lifecycle");
        self.is_texts(&lifecycle.is);
        self.for_at_least(lifecycle.for_at_least);
        if let Some(was) = &lifecycle.was {
            self.quoted_after(" was ", was);
        }
    }

    fn rfm(&mut self, rfm: &RfmPredicate) {
        self.add("rfm");
        let ranges = [("r", rfm.r), ("f", rfm.f), ("m", rfm.m)];
        if rfm.is.is_empty() && ranges.iter().all(|(_, range)| range.is_none()) {
            self.add(" scored");
        }
        if !rfm.is.is_empty() {
            self.is_texts(&rfm.is);
        }
        for (letter, range) in ranges {
            match range {
                Some((from, to)) if from == to => self.add(&format!(" {letter} {from}")),
                Some((from, to)) => self.add(&format!(" {letter} {from} to {to}")),
                None => {}
            }
        }
    }

    fn score(&mut self, score: &ScorePredicate) {
        self.quoted_after("score ", &score.model);
        match &score.test {
            ScoreTest::Value(test) => self.test(test),
            ScoreTest::Band(Band::MostLikely) => self.add(" is most_likely"),
            ScoreTest::Band(Band::Moderately) => self.add(" is moderately"),
            ScoreTest::Band(Band::LeastLikely) => self.add(" is least_likely"),
        }
    }

    fn reachable(&mut self, channel: &str) {
        match super::words::plain(channel) {
            true => self.add(&format!("reachable by {channel}")),
            false => self.quoted_after("reachable by ", channel),
        }
    }

    fn location(&mut self, location: &LocationPredicate) {
        match location {
            LocationPredicate::Circle { lat, lon, radius_m } => {
                let [lat, lon, radius_m] = [lat, lon, radius_m].map(|x| short(*x));
                self.add(&format!("location within {radius_m} metres of {lat}, {lon}"));
            }
            LocationPredicate::Place { country, region, city } => {
                self.add("location in");
                for (word, name) in [("country", country), ("region", region), ("city", city)] {
                    if let Some(name) = name {
                        self.quoted_after(&format!(" {word} "), name);
                    }
                }
            }
        }
    }

    fn bucket(&mut self, bucket: &BucketPredicate) {
        self.add(&format!("bucket {} to {}", bucket.from, bucket.to));
        if let Some(salt) = &bucket.salt {
            self.quoted_after(" salt ", salt);
        }
    }
}

/// `first` or `last`.
pub(super) fn pick_word(pick: Pick) -> &'static str {
    match pick {
        Pick::First => "first",
        Pick::Last => "last",
    }
}

/// A number whose kind does not matter, without `.0`.
fn short(x: f64) -> String {
    let long = format!("{x:?}");
    long.strip_suffix(".0").filter(|whole| *whole != "-0").unwrap_or(&long).to_owned()
}
