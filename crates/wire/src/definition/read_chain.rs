//! Reading of several events together: chains, anchors, absences, baselines and affinities.

use segment::tree::*;
use serde_json::Value as Json;

use super::reader::{Fields, Reader};

impl Reader {
    fn events_at(&mut self, fields: &mut Fields, field: &'static str) -> Option<EventMatch> {
        let json = self.required(fields, field, "an object with `event` and perhaps `where`")?;
        self.at(field, |r| r.events_here(json))
    }

    pub(super) fn sequence(&mut self, fields: &mut Fields) -> Option<Predicate> {
        let steps = self.required(fields, "steps", "a list of 2 to 20 steps");
        let steps = steps.and_then(|json| self.list("steps", json, Self::events_here));
        let complete_within = self.optional_span(fields, "complete_within");
        let within = self.window(fields);
        let without = match fields.get("without") {
            Some(json) => self.list("without", json, Self::without),
            None => Some(Vec::new()),
        };
        Some(Predicate::Sequence(SequencePredicate {
            steps: steps?,
            complete_within,
            within: within?,
            without: without?,
        }))
    }

    fn without(&mut self, json: &Json) -> Option<Without> {
        let mut fields = self.object(json, "an object with `event` and `after_step`")?;
        let of = self.events(&mut fields);
        let after = self.required(&mut fields, "after_step", "the number of a step, from 1");
        let after = after.and_then(|json| self.whole("after_step", json, u32::MAX));
        self.finish(&fields);
        Some(Without { of: of?, after_step: after? })
    }

    pub(super) fn since(&mut self, fields: &mut Fields) -> Option<Predicate> {
        let anchor = self.required(fields, "anchor", "an object with `event` and `pick`");
        let anchor = anchor.and_then(|json| self.at("anchor", |r| r.anchor(json)));
        let inner = self.required(fields, "predicate", "a predicate of type \"event\"");
        let inner = inner.and_then(|json| self.at("predicate", |r| r.event_here(json)));
        let (anchor, pick) = anchor?;
        Some(Predicate::Since(SincePredicate { anchor, pick, predicate: inner? }))
    }

    fn anchor(&mut self, json: &Json) -> Option<(EventMatch, Pick)> {
        let mut fields = self.object(json, "an object with `event` and `pick`")?;
        let of = self.events(&mut fields);
        let pick = self.pick(&mut fields);
        self.finish(&fields);
        Some((of?, pick?))
    }

    pub(super) fn pick(&mut self, fields: &mut Fields) -> Option<Pick> {
        let json = self.required(fields, "pick", "\"first\" or \"last\"")?;
        self.word("pick", json, &[("first", Pick::First), ("last", Pick::Last)])
    }

    fn event_here(&mut self, json: &Json) -> Option<EventPredicate> {
        let mut fields = self.object(json, "a predicate of type \"event\"")?;
        let kind = self.required(&mut fields, "type", "\"event\"")?;
        self.word("type", kind, &[("event", ())])?;
        let event = self.event(&mut fields);
        self.finish(&fields);
        event
    }

    pub(super) fn absence(&mut self, fields: &mut Fields) -> Option<Predicate> {
        let did = self.events_at(fields, "did");
        let then_not = self.events_at(fields, "then_not");
        let span = self.span(fields, "for");
        let hold = match fields.get("hold") {
            Some(json) => self.texts("hold", json),
            None => Some(Vec::new()),
        };
        Some(Predicate::Absence(AbsencePredicate {
            did: did?,
            then_not: then_not?,
            span: span?,
            hold: hold?,
        }))
    }

    pub(super) fn baseline(&mut self, fields: &mut Fields) -> Option<Predicate> {
        let of = self.events(fields);
        let window = self.span(fields, "window");
        let against = self.span(fields, "against");
        let test = self.test(fields);
        Some(Predicate::Baseline(BaselinePredicate {
            of: of?,
            window: window?,
            against: against?,
            test: test?,
        }))
    }

    pub(super) fn affinity(&mut self, fields: &mut Fields) -> Option<Predicate> {
        let of = self.events(fields);
        let subject = self.required(fields, "property", "a property, \"hour\" or \"weekday\"");
        let subject = subject.and_then(|json| self.subject(json));
        let is = self.required(fields, "is", "a value or a list of values");
        let is = is.and_then(|json| self.one_or_more_values("is", json));
        let mode = self.required(fields, "mode", "\"most\", \"least\" or \"share\"");
        let words = &[("most", 0), ("least", 1), ("share", 2)];
        let mode = match mode.and_then(|json| self.word("mode", json, words)) {
            Some(0) => Some(AffinityMode::Most),
            Some(1) => Some(AffinityMode::Least),
            Some(_) => self.test(fields).map(AffinityMode::Share),
            None => None,
        };
        let min_events = match fields.get("min_events") {
            Some(json) => self.whole("min_events", json, u32::MAX),
            None => Some(1),
        };
        let within = self.window(fields);
        Some(Predicate::Affinity(AffinityPredicate {
            of: of?,
            subject: subject?,
            is: is?,
            mode: mode?,
            min_events: min_events?,
            within: within?,
        }))
    }

    fn subject(&mut self, json: &Json) -> Option<AffinitySubject> {
        match json {
            Json::String(word) if word == "hour" => Some(AffinitySubject::Hour),
            Json::String(word) if word == "weekday" => Some(AffinitySubject::Weekday),
            Json::String(name) => Some(AffinitySubject::Property(model::Text::new(name))),
            Json::Object(map) => self.at("property", |r| {
                let mut fields = Fields::new(map);
                let name = r.text(&mut fields, "name");
                r.finish(&fields);
                name.map(AffinitySubject::Property)
            }),
            other => {
                self.expected("property", other, "a property, \"hour\" or \"weekday\"");
                None
            }
        }
    }
}
