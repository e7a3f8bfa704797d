//! Reading of predicates, one method per type.

use segment::problem::{Problem, code, nearest};
use segment::tree::*;
use serde_json::Value as Json;

use super::reader::{Fields, Reader};

/// The names of all types.
const TYPES: &[&str] = &[
    "all",
    "any",
    "not",
    "event",
    "profile",
    "sequence",
    "since",
    "absence",
    "baseline",
    "affinity",
    "date",
    "segment",
    "lifecycle",
    "rfm",
    "score",
    "list",
    "reachable",
    "location",
    "bucket",
];

const NOBODY: Predicate = Predicate::Any(Vec::new());

impl Reader {
    /// The predicate at the present path; where it cannot be read, nobody.
    pub(super) fn predicate(&mut self, json: &Json) -> Predicate {
        self.predicate_here(json).unwrap_or(NOBODY)
    }

    fn predicate_here(&mut self, json: &Json) -> Option<Predicate> {
        let mut fields = self.object(json, "a predicate such as {\"type\": \"event\", …}")?;
        let kind = self.text(&mut fields, "type")?;
        let read = self.typed(&kind, &mut fields);
        if TYPES.contains(&kind.as_str()) {
            self.finish(&fields);
        }
        read
    }

    fn typed(&mut self, kind: &str, fields: &mut Fields) -> Option<Predicate> {
        match kind {
            "all" => self.operands(fields).map(Predicate::All),
            "any" => self.operands(fields).map(Predicate::Any),
            "not" => {
                let of = self.required(fields, "of", "a predicate")?;
                let of = self.at("of", |r| Some(r.predicate(of)))?;
                Some(Predicate::Not(Box::new(of)))
            }
            "event" => self.event(fields).map(Predicate::Event),
            "profile" => self.profile(fields),
            "sequence" => self.sequence(fields),
            "since" => self.since(fields),
            "absence" => self.absence(fields),
            "baseline" => self.baseline(fields),
            "affinity" => self.affinity(fields),
            "date" => self.date(fields),
            "segment" => self.text(fields, "id").map(Predicate::Segment),
            "lifecycle" => self.lifecycle(fields),
            "rfm" => self.rfm(fields),
            "score" => self.score(fields),
            "list" => self.text(fields, "id").map(Predicate::List),
            "reachable" => self.text(fields, "channel").map(Predicate::Reachable),
            "location" => self.location(fields),
            "bucket" => self.bucket(fields),
            other => {
                let problem = Problem::error(
                    code::SYNTAX,
                    format!("there is no predicate of type \"{other}\""),
                )
                .found(other)
                .expected(format!("one of {}", TYPES.join(", ")))
                .suggest(nearest(other, TYPES.iter().copied()));
                self.at("type", |r| r.report(problem));
                None
            }
        }
    }

    fn operands(&mut self, fields: &mut Fields) -> Option<Vec<Predicate>> {
        let of = self.required(fields, "of", "a list of predicates")?;
        self.list("of", of, |r, item| Some(r.predicate(item)))
    }

    fn profile(&mut self, fields: &mut Fields) -> Option<Predicate> {
        let attribute = self.text(fields, "attribute");
        let test = self.test(fields);
        let for_at_least = self.optional_span(fields, "for_at_least");
        Some(Predicate::Profile(ProfilePredicate {
            attribute: attribute?,
            test: test?,
            for_at_least,
        }))
    }

    fn date(&mut self, fields: &mut Fields) -> Option<Predicate> {
        let subject = match fields.get("attribute").is_some() {
            true => self.text(fields, "attribute").map(DateSubject::Attribute),
            false => self.date_of_event(fields),
        };
        let op = self.required(fields, "op", "how the date lies relative to now");
        let op = op.and_then(|json| self.word("op", json, DATE_OPS));
        let span = self.span(fields, "value");
        Some(Predicate::Date(DatePredicate { subject: subject?, op: op?(span?) }))
    }

    fn date_of_event(&mut self, fields: &mut Fields) -> Option<DateSubject> {
        if !fields.has("event") {
            self.report(
                Problem::error(code::SYNTAX, "it is not said where the date stands")
                    .expected("the field `attribute`, or `event`, `property` and `pick`"),
            );
            return None;
        }
        let of = self.events(fields);
        let property = self.text(fields, "property");
        let pick = self.pick(fields);
        Some(DateSubject::Property { of: of?, property: property?, pick: pick? })
    }

    fn lifecycle(&mut self, fields: &mut Fields) -> Option<Predicate> {
        let is = self.required(fields, "is", "the key of a state, or a list of keys");
        let is = is.and_then(|json| self.texts("is", json));
        let for_at_least = self.optional_span(fields, "for_at_least");
        let was = self.optional_text(fields, "was");
        Some(Predicate::Lifecycle(LifecyclePredicate { is: is?, for_at_least, was }))
    }

    fn rfm(&mut self, fields: &mut Fields) -> Option<Predicate> {
        let is = match fields.get("is") {
            Some(json) => self.texts("is", json),
            None => Some(Vec::new()),
        };
        let [r, f, m] = ["r", "f", "m"].map(|letter| self.scores(fields, letter));
        Some(Predicate::Rfm(RfmPredicate { is: is?, r, f, m }))
    }

    fn scores(&mut self, fields: &mut Fields, letter: &'static str) -> Option<(u8, u8)> {
        let json = fields.get(letter)?;
        let range = match json.as_array().map(Vec::as_slice) {
            Some([from, to]) => from.as_u64().zip(to.as_u64()),
            _ => None,
        };
        let small = |(from, to)| Some((u8::try_from(from).ok()?, u8::try_from(to).ok()?));
        let range = range.and_then(small);
        if range.is_none() {
            self.expected(letter, json, "two scores such as [4, 5]");
        }
        range
    }

    fn score(&mut self, fields: &mut Fields) -> Option<Predicate> {
        let model = self.text(fields, "model");
        let test = match fields.get("bucket") {
            Some(json) => self.word("bucket", json, BANDS).map(ScoreTest::Band),
            None => self.test(fields).map(ScoreTest::Value),
        };
        Some(Predicate::Score(ScorePredicate { model: model?, test: test? }))
    }

    fn location(&mut self, fields: &mut Fields) -> Option<Predicate> {
        if let Some(json) = fields.get("within") {
            let circle = self.at("within", |r| r.circle(json))?;
            return Some(Predicate::Location(circle));
        }
        let [country, region, city] =
            ["country", "region", "city"].map(|name| self.optional_text(fields, name));
        if country.is_none() && region.is_none() && city.is_none() {
            self.report(
                Problem::error(code::SYNTAX, "no place is named")
                    .expected("the field `within`, or one of `country`, `region` and `city`"),
            );
            return None;
        }
        Some(Predicate::Location(LocationPredicate::Place { country, region, city }))
    }

    fn circle(&mut self, json: &Json) -> Option<LocationPredicate> {
        let mut fields = self.object(json, "an object with `lat`, `lon` and `radius_m`")?;
        let [lat, lon, radius_m] = ["lat", "lon", "radius_m"].map(|name| {
            let json = self.required(&mut fields, name, "a number")?;
            let number = json.as_f64();
            if number.is_none() {
                self.expected(name, json, "a number");
            }
            number
        });
        self.finish(&fields);
        Some(LocationPredicate::Circle { lat: lat?, lon: lon?, radius_m: radius_m? })
    }

    fn bucket(&mut self, fields: &mut Fields) -> Option<Predicate> {
        let [from, to] = ["from", "to"].map(|name| {
            let json = self.required(fields, name, "a bucket from 0 to 10000")?;
            self.whole(name, json, 65_535)
        });
        let salt = self.optional_text(fields, "salt");
        Some(Predicate::Bucket(BucketPredicate { from: from? as u16, to: to? as u16, salt }))
    }
}

/// Makes a date's operator of a length of time.
type MakeDateOp = fn(model::Span) -> DateOp;

const DATE_OPS: &[(&str, MakeDateOp)] = &[
    ("in_next", DateOp::InNext),
    ("in_last", DateOp::InLast),
    ("exactly_in", DateOp::ExactlyIn),
    ("exactly_ago", DateOp::ExactlyAgo),
    ("anniversary_in", DateOp::AnniversaryIn),
];

const BANDS: &[(&str, Band)] = &[
    ("most_likely", Band::MostLikely),
    ("moderately", Band::Moderately),
    ("least_likely", Band::LeastLikely),
];
