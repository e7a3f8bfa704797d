//! Prints a tree in its JSON form, one canonical spelling per tree. Fields that have their default
//! are left out.

use model::Text;
use segment::tree::*;
use serde_json::{Map, Value as Json, json};

use super::write_event::{
    absence, affinity, baseline, event, filter, names, pick, sequence, since,
};
use super::write_value::test;

/// The JSON form of a definition.
pub fn to_json(predicate: &Predicate) -> Json {
    let of = |of: &[Predicate]| Json::Array(of.iter().map(to_json).collect());
    match predicate {
        Predicate::All(parts) => json!({"type": "all", "of": of(parts)}),
        Predicate::Any(parts) => json!({"type": "any", "of": of(parts)}),
        Predicate::Not(part) => json!({"type": "not", "of": to_json(part)}),
        Predicate::Event(of) => Json::Object(event(of)),
        Predicate::Profile(of) => Json::Object(profile(of)),
        Predicate::Sequence(of) => Json::Object(sequence(of)),
        Predicate::Since(of) => Json::Object(since(of)),
        Predicate::Absence(of) => Json::Object(absence(of)),
        Predicate::Baseline(of) => Json::Object(baseline(of)),
        Predicate::Affinity(of) => Json::Object(affinity(of)),
        Predicate::Date(of) => Json::Object(date(of)),
        Predicate::Segment(id) => json!({"type": "segment", "id": id.as_str()}),
        Predicate::Lifecycle(of) => Json::Object(lifecycle(of)),
        Predicate::Rfm(of) => Json::Object(rfm(of)),
        Predicate::Score(of) => Json::Object(score(of)),
        Predicate::List(id) => json!({"type": "list", "id": id.as_str()}),
        Predicate::Reachable(channel) => json!({"type": "reachable", "channel": channel.as_str()}),
        Predicate::Location(of) => Json::Object(location(of)),
        Predicate::Bucket(of) => Json::Object(bucket(of)),
    }
}

/// An object of a type, to which fields are added.
pub(super) fn typed(kind: &str) -> Map<String, Json> {
    let mut map = Map::new();
    put(&mut map, "type", kind);
    map
}

pub(super) fn put(map: &mut Map<String, Json>, field: &str, value: impl Into<Json>) {
    map.insert(field.to_owned(), value.into());
}

pub(super) fn put_span(map: &mut Map<String, Json>, field: &str, span: Option<model::Span>) {
    if let Some(span) = span {
        put(map, field, span.to_string());
    }
}

/// One text alone, or a list.
pub(super) fn texts(texts: &[Text]) -> Json {
    match texts {
        [only] => Json::from(only.as_str()),
        _ => Json::Array(texts.iter().map(|text| Json::from(text.as_str())).collect()),
    }
}

fn profile(profile: &ProfilePredicate) -> Map<String, Json> {
    let mut map = typed("profile");
    put(&mut map, "attribute", profile.attribute.as_str());
    test(&mut map, &profile.test);
    put_span(&mut map, "for_at_least", profile.for_at_least);
    map
}

fn date(date: &DatePredicate) -> Map<String, Json> {
    let mut map = typed("date");
    match &date.subject {
        DateSubject::Attribute(attribute) => put(&mut map, "attribute", attribute.as_str()),
        DateSubject::Property { of, property, pick: which } => {
            put(&mut map, "event", names(&of.names));
            filter(&mut map, &of.filter);
            put(&mut map, "property", property.as_str());
            put(&mut map, "pick", pick(*which));
        }
    }
    let (op, span) = match date.op {
        DateOp::InNext(span) => ("in_next", span),
        DateOp::InLast(span) => ("in_last", span),
        DateOp::ExactlyIn(span) => ("exactly_in", span),
        DateOp::ExactlyAgo(span) => ("exactly_ago", span),
        DateOp::AnniversaryIn(span) => ("anniversary_in", span),
    };
    put(&mut map, "op", op);
    put_span(&mut map, "value", Some(span));
    map
}

fn lifecycle(lifecycle: &LifecyclePredicate) -> Map<String, Json> {
    let mut map = typed("lifecycle");
    let is = lifecycle.is.iter().map(|key| Json::from(key.as_str()));
    put(&mut map, "is", Json::Array(is.collect()));
    put_span(&mut map, "for_at_least", lifecycle.for_at_least);
    if let Some(was) = &lifecycle.was {
        put(&mut map, "was", was.as_str());
    }
    map
}

fn rfm(rfm: &RfmPredicate) -> Map<String, Json> {
    let mut map = typed("rfm");
    if !rfm.is.is_empty() {
        put(&mut map, "is", rfm.is.iter().map(|key| Json::from(key.as_str())).collect::<Json>());
    }
    for (letter, range) in [("r", rfm.r), ("f", rfm.f), ("m", rfm.m)] {
        if let Some((from, to)) = range {
            put(&mut map, letter, json!([from, to]));
        }
    }
    map
}

fn score(score: &ScorePredicate) -> Map<String, Json> {
    let mut map = typed("score");
    put(&mut map, "model", score.model.as_str());
    match &score.test {
        ScoreTest::Value(value) => test(&mut map, value),
        ScoreTest::Band(Band::MostLikely) => put(&mut map, "bucket", "most_likely"),
        ScoreTest::Band(Band::Moderately) => put(&mut map, "bucket", "moderately"),
        ScoreTest::Band(Band::LeastLikely) => put(&mut map, "bucket", "least_likely"),
    }
    map
}

fn location(location: &LocationPredicate) -> Map<String, Json> {
    let mut map = typed("location");
    match location {
        LocationPredicate::Circle { lat, lon, radius_m } => {
            put(&mut map, "within", json!({"lat": lat, "lon": lon, "radius_m": radius_m}));
        }
        LocationPredicate::Place { country, region, city } => {
            for (field, name) in [("country", country), ("region", region), ("city", city)] {
                if let Some(name) = name {
                    put(&mut map, field, name.as_str());
                }
            }
        }
    }
    map
}

fn bucket(bucket: &BucketPredicate) -> Map<String, Json> {
    let mut map = typed("bucket");
    put(&mut map, "from", bucket.from);
    put(&mut map, "to", bucket.to);
    if let Some(salt) = &bucket.salt {
        put(&mut map, "salt", salt.as_str());
    }
    map
}
