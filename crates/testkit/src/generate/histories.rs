//! Histories of a few users.

use std::collections::BTreeMap;

use model::{AttributeChange, Event, EventId, Record, Span, Text, Timestamp, Value, What, Who};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use segment::evaluate::{UserEvent, UserHistory};

use super::conditions::value_or_null;
use super::times::time;
use super::{ATTRIBUTES, EVENTS, PROPERTIES};

/// One to six users, `u0` and so on, each with up to eight events and a few attribute changes; some
/// do nothing. The order of arrival is independent of time, and unique over the population.
pub fn population() -> BoxedStrategy<Vec<UserHistory>> {
    vec((vec(event(), 0..9), attributes()), 1..7).prop_map(assemble).boxed()
}

/// An event and a number that decides when it arrives.
type Draft = (UserEvent, u16);
type Attributes = BTreeMap<Text, Vec<(Timestamp, Value)>>;

fn event() -> impl Strategy<Value = Draft> {
    let property = |name: &'static str| {
        // Mostly one of a few values, so that `same` often holds.
        let common = select(vec![Value::Int(1), Value::Float(1.0), Value::text("a")]);
        prop_oneof![
            1 => Just(None),
            1 => value_or_null().prop_map(Some),
            2 => common.prop_map(Some),
        ]
        .prop_map(move |value| value.map(|value| (Text::new(name), value)))
    };
    let [item, amount, app] = PROPERTIES.map(property);
    (select(&EVENTS[..]), time(), item, amount, app, any::<u16>()).prop_map(
        |(name, time, item, amount, app, arrives)| {
            let mut properties: Vec<(Text, Value)> =
                [item, amount, app].into_iter().flatten().collect();
            properties.sort_by(|a, b| a.0.cmp(&b.0));
            let name = Text::new(name);
            (
                UserEvent { name, time, arrival: 0, id: EventId(0), properties, derived: false },
                arrives,
            )
        },
    )
}

fn attributes() -> impl Strategy<Value = Attributes> {
    let changes = || vec((time(), value_or_null()), 0..4);
    let names = ["Europe/Berlin", "America/Havana", "Asia/Kolkata", "Mars/Olympus", "UTC"];
    let named = select(names.map(Value::text).to_vec());
    let zone = prop_oneof![8 => named, 1 => Just(Value::Null), 1 => Just(Value::Int(1))];
    let zones = prop_oneof![2 => Just(Vec::new()), 1 => vec((time(), zone), 1..3)];
    (changes(), changes(), zones).prop_map(|(plan, renewal, zones)| {
        let names = ATTRIBUTES.into_iter().chain(["timezone"]);
        let changes = [plan, renewal, zones].map(|mut changes| {
            changes.sort_by_key(|(time, _)| *time);
            changes
        });
        names.map(Text::new).zip(changes).filter(|(_, changes)| !changes.is_empty()).collect()
    })
}

fn assemble(drafts: Vec<(Vec<Draft>, Attributes)>) -> Vec<UserHistory> {
    let arrivals = drafts.iter().flat_map(|(events, _)| events.iter().map(|(_, arrives)| *arrives));
    let mut order: Vec<(u16, usize)> = arrivals.zip(0..).collect();
    order.sort_unstable();
    let mut arrival = vec![0u64; order.len()];
    for (place, (_, i)) in (0..).zip(order) {
        arrival[i] = place;
    }
    let mut arrival = arrival.into_iter();
    let users = drafts.into_iter().enumerate().map(|(n, (events, attributes))| {
        let mut events: Vec<UserEvent> = events
            .into_iter()
            .zip(arrival.by_ref())
            .map(|((event, _), arrival)| UserEvent {
                arrival,
                id: EventId(u128::from(arrival)),
                ..event
            })
            .collect();
        events.sort_by_key(|e| (e.time, e.arrival));
        UserHistory { id: Text::from(format!("u{n}")), events, attributes }
    });
    users.collect()
}

/// The population as records in the order of arrival, for evaluators that are fed: events by
/// `arrival`; attribute changes first, the latest of each attribute before older ones, so that old
/// times arrive late. Users without any record are not heard of.
pub fn records(population: &[UserHistory]) -> Vec<Record> {
    let mut attributes = Vec::new();
    let mut events: Vec<(u64, Record)> = Vec::new();
    for user in population {
        for (name, changes) in &user.attributes {
            attributes.extend(changes_latest_first(user, name, changes));
        }
        events.extend(user.events.iter().map(|event| (event.arrival, event_record(user, event))));
    }
    events.sort_by_key(|(arrival, _)| *arrival);
    attributes.into_iter().chain(events.into_iter().map(|(_, record)| record)).collect()
}

fn changes_latest_first(
    user: &UserHistory,
    name: &Text,
    changes: &[(Timestamp, Value)],
) -> Vec<Record> {
    let mut latest_first: Vec<(usize, &(Timestamp, Value))> = changes.iter().enumerate().collect();
    // Equal times stay in their order: the later to arrive wins.
    latest_first.sort_by_key(|(_, (time, _))| std::cmp::Reverse(*time));
    latest_first
        .into_iter()
        .map(|(n, (time, value))| Record {
            received_at: time.plus(Span::days(40)),
            who: Who::user(&user.id),
            what: What::Identify(AttributeChange::set(
                *time,
                EventId::of(&format!("{}/{name}/{n}", user.id)),
                vec![(name.clone(), value.clone())],
            )),
        })
        .collect()
}

fn event_record(user: &UserHistory, event: &UserEvent) -> Record {
    Record {
        received_at: event.time.plus(Span::days(40)),
        who: Who::user(&user.id),
        what: What::Event(Event {
            name: event.name.clone(),
            time: event.time,
            id: event.id,
            properties: event.properties.clone(),
        }),
    }
}
