//! Example segments are worth showing: each finds somebody, none finds everybody.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;

use model::{Record, Span, Text, Timestamp, What, Zone};
use segment::evaluate::{Context, NoPopulation, UserEvent, UserHistory, holds};
use segment::rules::{Lifecycle, RfmSettings, Rules};

use crate::data_set::DataSet;
use crate::shop::{Parameters, Shop, example_segments};

type Examples = Vec<(&'static str, &'static str)>;

/// Histories by person; a device belongs to the person who was identified on it.
fn histories(records: &[Record]) -> Vec<UserHistory> {
    let mut owner: HashMap<&Text, &Text> = HashMap::new();
    for Record { who, what, .. } in records {
        if let (What::Identify(_), Some(user), Some(device)) =
            (what, &who.user_id, &who.anonymous_id)
        {
            owner.insert(device, user);
        }
    }
    let mut found: BTreeMap<&Text, UserHistory> = BTreeMap::new();
    for (arrival, Record { who, what, .. }) in records.iter().enumerate() {
        let id = who.user_id.as_ref().or(who.anonymous_id.as_ref()).unwrap();
        let id = owner.get(id).copied().unwrap_or(id);
        let user = found.entry(id).or_insert_with(|| UserHistory {
            id: id.clone(),
            events: Vec::new(),
            attributes: BTreeMap::new(),
        });
        match what {
            What::Event(event) => user.events.push(UserEvent {
                name: event.name.clone(),
                time: event.time,
                arrival: arrival as u64,
                id: event.id,
                properties: event.properties.clone(),
                derived: false,
            }),
            What::Identify(change) => {
                for (name, value) in &change.attributes {
                    let changes = user.attributes.entry(name.clone()).or_default();
                    changes.push((change.time, value.clone()));
                }
            }
            What::Facts(facts) => {
                for (name, value) in &facts.attributes {
                    let changes = user.attributes.entry(name.clone()).or_default();
                    changes.push((facts.time, value.clone()));
                }
            }
            What::Alias { .. } | What::Separate { .. } => panic!("no alias is made"),
        }
    }
    let sorted = |mut user: UserHistory| {
        user.events.sort_by_key(|e| (e.time, e.arrival));
        user.attributes.values_mut().for_each(|changes| changes.sort_by_key(|c| c.0));
        user
    };
    found.into_values().map(sorted).collect()
}

fn rules(rfm: RfmSettings) -> Rules {
    Rules {
        zone: Zone::utc(),
        seed: 7,
        segments: BTreeMap::new(),
        composites: BTreeMap::new(),
        lifecycle: Lifecycle { states: Vec::new() },
        rfm,
    }
}

#[track_caller]
fn check(set: &str, records: &[Record], examples: Examples) {
    let users = histories(records);
    let last_at = users.iter().filter_map(|u| u.events.last()).map(|e| e.time).max().unwrap();
    let rules = rules(DataSet::OnlineRetail.rfm_defaults());
    let ctx = Context { rules: &rules, population: &NoPopulation };
    for (name, text) in examples {
        let (predicate, problems) = segment::parse(text);
        assert!(problems.is_empty(), "{set}, {name}: {problems:#?}");
        let n = users.iter().filter(|user| holds(&predicate, user, last_at, &ctx)).count();
        eprintln!("{set}: {n} of {} in \"{name}\"", users.len());
        assert!(0 < n && n < users.len(), "{set}: {n} of {} in {name}", users.len());
    }
}

#[test]
fn examples_of_the_data_sets_find_somebody() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let sets = [
        (DataSet::OnlineRetail, "online_retail"),
        (DataSet::Cdnow, "cdnow_sample"),
        (DataSet::RfmOrders, "rfm_orders"),
        (DataSet::EcomClickstream, "ecom_clickstream"),
        (DataSet::SnowplowMobile, "snowplow_mobile"),
    ];
    for (set, name) in sets {
        let part = |file: &&str| {
            let bytes = std::fs::read(format!("{folder}/{name}/{file}.gz")).ok()?;
            Some(Box::new(std::io::Cursor::new(bytes)) as Box<dyn Read>)
        };
        let Some(parts) = set.files().iter().map(part).collect::<Option<Vec<_>>>() else {
            eprintln!("skipped: the published set {name} is not beside the project");
            continue;
        };
        let records: Vec<Record> = set.records(parts).unwrap().map(|r| r.unwrap()).collect();
        check(set.name(), &records, set.example_segments());
    }
}

#[test]
fn examples_of_the_shop_find_somebody() {
    let end = Timestamp::parse("2026-01-01").unwrap();
    let shop = Shop::new(7, Parameters::with_users(3_000), end - Span::days(730), end);
    check("shop", &shop.collect::<Vec<_>>(), example_segments());
}
