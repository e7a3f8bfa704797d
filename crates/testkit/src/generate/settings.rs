//! Rules of a workspace.

use std::collections::BTreeMap;

use model::{Text, Value};
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;
use segment::rules::{RfmSettings, Scoring, State, default_groups};
use segment::tree::{EventMatch, EventNames, Measure, Op, Test, Where};
use segment::{Lifecycle, Predicate, Rules};

use super::conditions::{event_match, property_where};
use super::predicates::{Scope, predicate};
use super::times::{span, zone};
use super::{SEGMENTS, STATES};

/// A workspace with [`SEGMENTS`], two composite events, a lifecycle of [`STATES`] and RFM settings.
/// The lifecycle does not ask for scores.
pub fn rules() -> BoxedStrategy<Rules> {
    (zone(), 0..3u64, segments(), composites(), lifecycle(), rfm())
        .prop_map(|(zone, seed, segments, composites, lifecycle, rfm)| Rules {
            zone,
            seed,
            segments,
            composites,
            lifecycle,
            rfm,
        })
        .boxed()
}

fn segments() -> impl Strategy<Value = BTreeMap<Text, Predicate>> {
    let plain = |segments| predicate(1, Scope { segments, lifecycle: false });
    let any = predicate(1, Scope { segments: 2, lifecycle: true });
    (plain(0), plain(1), any).prop_map(|(first, second, third)| {
        SEGMENTS.iter().map(|id| Text::new(id)).zip([first, second, third]).collect()
    })
}

fn composites() -> impl Strategy<Value = BTreeMap<Text, Vec<EventMatch>>> {
    property_where().prop_map(|filter| {
        let named = |name: &str, filter: Where| EventMatch {
            names: EventNames::Of(vec![Text::new(name)]),
            filter,
        };
        let cheap = Where::Property {
            property: Text::new("amount"),
            test: Test::of(Op::Lt(Value::Int(2))),
        };
        BTreeMap::from([
            (
                Text::new("anything bought"),
                vec![named("buy", Where::ALWAYS), named("cart", filter)],
            ),
            (Text::new("cheap or viewed"), vec![named("buy", cheap), named("view", Where::ALWAYS)]),
        ])
    })
}

fn lifecycle() -> impl Strategy<Value = Lifecycle> {
    let state = || predicate(1, Scope { segments: 2, lifecycle: false });
    (state(), state(), prop_oneof![1 => Just(Predicate::All(Vec::new())), 1 => state()]).prop_map(
        |(first, second, third)| {
            let states = STATES.iter().zip([first, second, third]);
            let state = |(key, predicate): (&&str, Predicate)| State {
                key: Text::new(key),
                name: Text::new(key),
                predicate,
            };
            Lifecycle { states: states.map(state).collect() }
        },
    )
}

fn rfm() -> impl Strategy<Value = RfmSettings> {
    let amount = || Text::new("amount");
    let frequency = select(vec![Measure::Count, Measure::Distinct(Text::new("item"))]);
    let monetary = weighted(0.7, select(vec![Measure::Sum(amount()), Measure::Avg(amount())]));
    let scoring = select(&[Scoring::Rank, Scoring::Cuts][..]);
    (event_match(), weighted(0.5, span()), frequency, monetary, scoring).prop_map(
        |(of, window, frequency, monetary, scoring)| RfmSettings {
            of,
            window,
            frequency,
            monetary,
            scoring,
            groups: default_groups(),
        },
    )
}
