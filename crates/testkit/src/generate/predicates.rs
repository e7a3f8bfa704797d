//! Segments.

use model::{Span, Text, Value, Weekday};
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;
use segment::Predicate;
use segment::tree::{
    AbsencePredicate, AffinityMode, AffinityPredicate, AffinitySubject, BaselinePredicate,
    BucketPredicate, DateOp, DatePredicate, DateSubject, EventMatch, EventPredicate,
    LifecyclePredicate, Measure, Pick, ProfilePredicate, RfmPredicate, SequencePredicate,
    SincePredicate, Test, Without,
};

use super::conditions::{
    anchored_window, event_match, event_match_after, number_test, property, test, value, window,
};
use super::times::{span, whole_days};
use super::{ATTRIBUTES, SEGMENTS, STATES};

/// What a definition may refer to.
#[derive(Clone, Copy)]
pub(super) struct Scope {
    /// How many of [`SEGMENTS`].
    pub(super) segments: usize,
    /// Lifecycle states and scores.
    pub(super) lifecycle: bool,
}

/// A segment of up to three levels.
pub fn segment() -> BoxedStrategy<Predicate> {
    predicate(2, Scope { segments: SEGMENTS.len(), lifecycle: true })
}

/// A predicate of at most `depth` levels above its leaves.
pub(super) fn predicate(depth: u32, scope: Scope) -> BoxedStrategy<Predicate> {
    let leaf = leaf(scope);
    (0..depth).fold(leaf, |inner, _| {
        prop_oneof![
            6 => inner.clone(),
            1 => inner.clone().prop_map(|p| Predicate::Not(Box::new(p))),
            1 => vec(inner.clone(), 2..4).prop_map(Predicate::All),
            1 => vec(inner, 2..4).prop_map(Predicate::Any),
        ]
        .boxed()
    })
}

fn leaf(scope: Scope) -> BoxedStrategy<Predicate> {
    let own = prop_oneof![
        6 => event(event_match(), window()).prop_map(Predicate::Event),
        2 => profile(),
        4 => sequence(),
        2 => since(),
        3 => absence(),
        2 => baseline(),
        2 => affinity(),
        2 => date(),
        1 => bucket(),
    ];
    let mut choices = vec![(24, own.boxed())];
    if scope.segments > 0 {
        let ids = select(SEGMENTS[..scope.segments].to_vec());
        choices.push((2, ids.prop_map(|id| Predicate::Segment(Text::new(id))).boxed()));
    }
    if scope.lifecycle {
        choices.push((2, lifecycle()));
        choices.push((1, rfm()));
    }
    proptest::strategy::Union::new_weighted(choices).boxed()
}

fn event(
    of: BoxedStrategy<EventMatch>,
    within: BoxedStrategy<segment::tree::Window>,
) -> BoxedStrategy<EventPredicate> {
    let numeric = prop_oneof![
        6 => Just(Measure::Count),
        2 => property().prop_map(Measure::Sum),
        1 => property().prop_map(Measure::Avg),
        1 => property().prop_map(Measure::Min),
        1 => property().prop_map(Measure::Max),
        1 => property().prop_map(Measure::Distinct),
        1 => Just(Measure::Days),
    ];
    let valued =
        prop_oneof![property().prop_map(Measure::First), property().prop_map(Measure::Last)];
    let measured = prop_oneof![6 => (numeric, number_test()), 1 => (valued, test())];
    (of, within, measured)
        .prop_map(|(of, within, (measure, test))| EventPredicate { of, within, measure, test })
        .boxed()
}

fn profile() -> BoxedStrategy<Predicate> {
    let attribute = select(&["plan", "renewal", "timezone", "absent"][..]).prop_map(Text::new);
    (attribute, test(), weighted(0.4, span()))
        .prop_map(|(attribute, test, for_at_least)| {
            Predicate::Profile(ProfilePredicate { attribute, test, for_at_least })
        })
        .boxed()
}

fn sequence() -> BoxedStrategy<Predicate> {
    let steps = (event_match(), vec(event_match_after(), 1..4));
    let without = vec((event_match_after(), 0..9u32), 0..2);
    (steps, weighted(0.5, span()), window(), without)
        .prop_map(|((first, rest), complete_within, within, without)| {
            let steps: Vec<EventMatch> = std::iter::once(first).chain(rest).collect();
            let gaps = steps.len() as u32 - 1;
            let without = without
                .into_iter()
                .map(|(of, n)| Without { of, after_step: 1 + n % gaps })
                .collect();
            Predicate::Sequence(SequencePredicate { steps, complete_within, within, without })
        })
        .boxed()
}

fn since() -> BoxedStrategy<Predicate> {
    let inner = event(event_match_after(), anchored_window());
    (event_match(), pick(), inner)
        .prop_map(|(anchor, pick, predicate)| {
            Predicate::Since(SincePredicate { anchor, pick, predicate })
        })
        .boxed()
}

fn pick() -> impl Strategy<Value = Pick> {
    select(&[Pick::First, Pick::Last][..])
}

fn absence() -> BoxedStrategy<Predicate> {
    (event_match(), event_match_after(), span(), vec(property(), 0..2))
        .prop_map(|(did, then_not, span, hold)| {
            Predicate::Absence(AbsencePredicate { did, then_not, span, hold })
        })
        .boxed()
}

fn baseline() -> BoxedStrategy<Predicate> {
    (event_match(), span(), span(), number_test())
        .prop_map(|(of, window, against, test)| {
            Predicate::Baseline(BaselinePredicate { of, window, against, test })
        })
        .boxed()
}

fn affinity() -> BoxedStrategy<Predicate> {
    let weekday = select(&Weekday::ALL[..]).prop_map(|day| Value::text(day.name()));
    let subject = prop_oneof![
        3 => (property().prop_map(AffinitySubject::Property), vec(value(), 1..3)),
        1 => (Just(AffinitySubject::Hour), vec((0..24i64).prop_map(Value::Int), 1..8)),
        1 => (Just(AffinitySubject::Weekday), vec(weekday, 1..4)),
    ];
    let mode = prop_oneof![
        Just(AffinityMode::Most),
        Just(AffinityMode::Least),
        number_test().prop_map(AffinityMode::Share),
        Just(AffinityMode::Share(Test::of(segment::tree::Op::Ge(Value::Float(0.5))))),
    ];
    (event_match(), subject, mode, 1..3u32, window())
        .prop_map(|(of, (subject, is), mode, min_events, within)| {
            Predicate::Affinity(AffinityPredicate { of, subject, is, mode, min_events, within })
        })
        .boxed()
}

fn date() -> BoxedStrategy<Predicate> {
    let attribute = select(&ATTRIBUTES[..]).prop_map(|a| DateSubject::Attribute(Text::new(a)));
    let found = (event_match(), property(), pick())
        .prop_map(|(of, property, pick)| DateSubject::Property { of, property, pick });
    let op = prop_oneof![
        2 => span().prop_map(DateOp::InNext),
        2 => span().prop_map(DateOp::InLast),
        1 => whole_days(4).prop_map(DateOp::ExactlyIn),
        1 => whole_days(4).prop_map(DateOp::ExactlyAgo),
        1 => whole_days(10).prop_map(DateOp::AnniversaryIn),
        1 => select(vec![Span::days(330), Span::days(364), Span::days(366)])
            .prop_map(DateOp::AnniversaryIn),
    ];
    (prop_oneof![3 => attribute, 1 => found], op)
        .prop_map(|(subject, op)| Predicate::Date(DatePredicate { subject, op }))
        .boxed()
}

fn bucket() -> BoxedStrategy<Predicate> {
    let salt = weighted(0.5, select(&["a", "b"][..]).prop_map(Text::new));
    (0..9_000u16, 1..1_000u16, salt, any::<bool>())
        .prop_map(|(from, width, salt, wide)| {
            let to = if wide { 10_000 } else { from + width };
            Predicate::Bucket(BucketPredicate { from, to, salt })
        })
        .boxed()
}

fn lifecycle() -> BoxedStrategy<Predicate> {
    lived(weighted(0.5, span()).boxed()).prop_map(Predicate::Lifecycle).boxed()
}

/// A question about a lifecycle state that asks how long it has lasted.
pub fn lasting_state() -> BoxedStrategy<LifecyclePredicate> {
    lived(span().prop_map(Some).boxed())
}

fn lived(lasting: BoxedStrategy<Option<Span>>) -> BoxedStrategy<LifecyclePredicate> {
    let state = || select(&STATES[..]).prop_map(Text::new);
    (vec(state(), 1..4), lasting, weighted(0.3, state()))
        .prop_map(|(is, for_at_least, was)| LifecyclePredicate { is, for_at_least, was })
        .boxed()
}

fn rfm() -> BoxedStrategy<Predicate> {
    let groups = ["champions", "loyal", "new", "promising", "hibernating", "at_risk"];
    let is = vec(select(groups.to_vec()).prop_map(Text::new), 0..4);
    let range = || {
        let ends = (1..6u8, 1..6u8);
        weighted(0.4, ends.prop_map(|(a, b)| (a.min(b), a.max(b))))
    };
    (is, range(), range(), range())
        .prop_map(|(is, r, f, m)| Predicate::Rfm(RfmPredicate { is, r, f, m }))
        .boxed()
}
