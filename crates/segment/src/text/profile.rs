//! Who the user is: attributes, dates, other segments, lifecycle, scores, place and bucket.

use model::{Span, Text};

use super::cursor::{Cursor, Parsed};
use super::lexer::Kind;
use crate::tree::{
    Band, BucketPredicate, DateOp, DatePredicate, DateSubject, LifecyclePredicate,
    LocationPredicate, Predicate, ProfilePredicate, RfmPredicate, ScorePredicate, ScoreTest,
};

impl Cursor<'_> {
    /// An attribute that compares so, or whose date lies so.
    pub(super) fn attribute(&mut self) -> Parsed<Predicate> {
        self.place("attribute");
        let meant = self.meant_beginning();
        let index = self.index();
        let attribute = self.name("the name of an attribute")?;
        if self.begins_date() {
            let op = self.date()?;
            let subject = DateSubject::Attribute(attribute);
            return Ok(Predicate::Date(DatePredicate { subject, op }));
        }
        if let (Kind::Str(_), Some(word)) = (self.kind(0), meant) {
            return Err(self.slip(index, word));
        }
        let test = self.test()?;
        let for_at_least = self.for_at_least()?;
        Ok(Predicate::Profile(ProfilePredicate { attribute, test, for_at_least }))
    }

    /// A word like `dit "A"`, where `did` was meant.
    fn slip(&mut self, index: usize, word: &str) -> super::cursor::Stop {
        use crate::problem::{Problem, code};
        let raw = self.raw_at(index).to_owned();
        let problem = Problem::error(code::SYNTAX, format!("expected a predicate, found {raw}"))
            .found(raw)
            .expected("a predicate")
            .hint(format!("did you mean `{word}`?"));
        self.report_taken(index, problem);
        super::cursor::Stop
    }

    fn for_at_least(&mut self) -> Parsed<Option<Span>> {
        if !self.eat(&["for"]) {
            return Ok(None);
        }
        if !self.eat(&["at", "least"]) {
            return Err(
                self.expected_with("`at least`", Some("write `for at least 3d`".to_owned()))
            );
        }
        self.place("for_at_least");
        self.span().map(Some)
    }

    /// Whether a date relative to now begins here.
    fn begins_date(&self) -> bool {
        (self.is(0, "in") && self.is_any(1, &["next", "last"]))
            || (self.is(0, "exactly") && (self.is(1, "in") || self.length(1).is_some()))
            || self.is(0, "anniversary")
    }

    /// How many tokens the length of time `ahead` takes, if there is one that `ago` follows.
    fn length(&self, ahead: usize) -> Option<usize> {
        match self.kind(ahead) {
            Kind::Span(_) => Some(1),
            Kind::Int(_) if self.is(ahead + 2, "ago") => Some(2),
            _ => None,
        }
    }

    fn date(&mut self) -> Parsed<DateOp> {
        self.place("op");
        if self.eat(&["in", "next"]) {
            return Ok(DateOp::InNext(self.span()?));
        }
        if self.eat(&["in", "last"]) {
            return Ok(DateOp::InLast(self.span()?));
        }
        if self.eat(&["exactly", "in"]) {
            return Ok(DateOp::ExactlyIn(self.span()?));
        }
        if self.eat(&["exactly"]) {
            let span = self.span()?;
            self.word("ago")?;
            return Ok(DateOp::ExactlyAgo(span));
        }
        if self.eat(&["anniversary"]) {
            self.word("in")?;
            return Ok(DateOp::AnniversaryIn(self.span()?));
        }
        Err(self.expected(
            "`in next 5d`, `in last 5d`, `exactly in 5d`, `exactly 5d ago` or `anniversary in 5d`",
        ))
    }

    /// `date last(expires_at) of "Subscribed" in next 5d`.
    pub(super) fn date_of_event(&mut self) -> Parsed<Predicate> {
        self.skip(1);
        let pick = self.pick()?;
        self.symbol("(")?;
        self.place("property");
        let property = self.name("the name of a property")?;
        self.symbol(")")?;
        self.word("of")?;
        let mut of = self.events_open()?;
        let op = self.date()?;
        if of.filter.always() && self.eat(&["where"]) {
            of.filter = self.conditions()?;
        }
        let subject = DateSubject::Property { of, property, pick };
        Ok(Predicate::Date(DatePredicate { subject, op }))
    }

    /// `in segment "a"`, `in list "b"`.
    pub(super) fn in_something(&mut self) -> Parsed<Predicate> {
        self.skip(1);
        let segment = self.is(0, "segment");
        self.skip(1);
        self.place("id");
        let what = if segment { "the id of a segment" } else { "the id of a list" };
        let id = self.text(&format!("{what} in quotes"))?;
        Ok(if segment { Predicate::Segment(id) } else { Predicate::List(id) })
    }

    /// `lifecycle is "at_risk" for at least 3d was "loyal"`.
    pub(super) fn lifecycle(&mut self) -> Parsed<Predicate> {
        self.skip(1);
        self.place("is");
        let is = self.one_or_more_texts("the key of a state in quotes")?;
        let for_at_least = self.for_at_least()?;
        let mut was = None;
        if self.eat(&["was"]) {
            self.place("was");
            was = Some(self.text("the key of a state in quotes")?);
        }
        Ok(Predicate::Lifecycle(LifecyclePredicate { is, for_at_least, was }))
    }

    /// `rfm is "champions"`, `rfm r 4 to 5 f 3`, `rfm scored`.
    pub(super) fn rfm(&mut self) -> Parsed<Predicate> {
        self.skip(1);
        let mut rfm = RfmPredicate::default();
        if self.eat(&["scored"]) {
            return Ok(Predicate::Rfm(rfm));
        }
        if self.is_any(0, &["is", "in"]) {
            self.place("is");
            rfm.is = self.one_or_more_texts("the key of a group in quotes")?;
        }
        loop {
            let range = match self.token(0).raw {
                _ if *self.kind(0) != Kind::Word => break,
                "r" | "R" => &mut rfm.r,
                "f" | "F" => &mut rfm.f,
                "m" | "M" => &mut rfm.m,
                _ => break,
            };
            *range = Some(self.score_range()?);
        }
        Ok(Predicate::Rfm(rfm))
    }

    fn score_range(&mut self) -> Parsed<(u8, u8)> {
        let letter = self.token(0).raw.to_ascii_lowercase();
        self.place(&letter);
        self.skip(1);
        let from = self.whole("a score", 255)? as u8;
        let to = if self.eat(&["to"]) { self.whole("a score", 255)? as u8 } else { from };
        Ok((from, to))
    }

    /// `score "churn_30d" is most_likely`, `score "churn_30d" > 0.5`.
    pub(super) fn score(&mut self) -> Parsed<Predicate> {
        self.skip(1);
        self.place("model");
        let model = self.text("the name of a model in quotes")?;
        for (word, band) in [
            ("most_likely", Band::MostLikely),
            ("moderately", Band::Moderately),
            ("least_likely", Band::LeastLikely),
        ] {
            if self.eat(&["is", word]) {
                let test = ScoreTest::Band(band);
                return Ok(Predicate::Score(ScorePredicate { model, test }));
            }
        }
        if self.is(0, "is") && *self.kind(1) == Kind::Word && !self.is(1, "between") {
            self.skip(1);
            let words = &["most_likely", "moderately", "least_likely"];
            return Err(self.expected_word("`most_likely`, `moderately` or `least_likely`", words));
        }
        let test = ScoreTest::Value(self.test()?);
        Ok(Predicate::Score(ScorePredicate { model, test }))
    }

    /// `reachable by push`.
    pub(super) fn reachable(&mut self) -> Parsed<Predicate> {
        self.skip(2);
        self.place("channel");
        let channel = match self.kind(0) {
            Kind::Str(text) | Kind::Name(text) => Text::new(text),
            Kind::Word => Text::new(self.token(0).raw),
            _ => return Err(self.expected("a channel such as `push`")),
        };
        self.skip(1);
        Ok(Predicate::Reachable(channel))
    }

    /// `location within 500 metres of 41.01, 28.97`, `location in country "TR" city "Bursa"`.
    pub(super) fn location(&mut self) -> Parsed<Predicate> {
        self.skip(1);
        if self.eat(&["within"]) {
            self.place("within");
            let radius_m = self.number()?;
            if !self.eat(&["metres"]) && !self.eat(&["meters"]) {
                return Err(self.expected("`metres`"));
            }
            self.word("of")?;
            let lat = self.number()?;
            self.symbol(",")?;
            let lon = self.number()?;
            return Ok(Predicate::Location(LocationPredicate::Circle { lat, lon, radius_m }));
        }
        self.word("in")?;
        let [mut country, mut region, mut city] = [None, None, None];
        loop {
            let place = if self.eat(&["country"]) {
                &mut country
            } else if self.eat(&["region"]) {
                &mut region
            } else if self.eat(&["city"]) {
                &mut city
            } else {
                break;
            };
            *place = Some(self.text("a name in quotes")?);
        }
        if country.is_none() && region.is_none() && city.is_none() {
            let words = &["country", "region", "city"];
            return Err(self.expected_word("`country`, `region` or `city`", words));
        }
        Ok(Predicate::Location(LocationPredicate::Place { country, region, city }))
    }

    fn number(&mut self) -> Parsed<f64> {
        let number = match *self.kind(0) {
            Kind::Int(n) => n as f64,
            Kind::Float(x) => x,
            _ => return Err(self.expected("a number")),
        };
        self.skip(1);
        Ok(number)
    }

    /// `bucket 0 to 1000 salt "x"`.
    pub(super) fn bucket(&mut self) -> Parsed<Predicate> {
        self.skip(1);
        self.place("from");
        let from = self.whole("a bucket", 10_000)? as u16;
        self.word("to")?;
        self.place("to");
        let to = self.whole("a bucket", 10_000)? as u16;
        let salt = if self.eat(&["salt"]) { Some(self.text("a salt in quotes")?) } else { None };
        Ok(Predicate::Bucket(BucketPredicate { from, to, salt }))
    }
}
