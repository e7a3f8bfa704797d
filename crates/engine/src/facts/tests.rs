use model::facts::{NAMES, REASON, SUBSCRIBED, TOKEN_FCM};
use model::{EventId, Record, What, Who};
use proptest::prelude::*;

use super::*;
use crate::Fold;

fn told(time: i64, facts: Vec<(&str, Value)>) -> Facts {
    let (id, about) = (EventId(time as u128), About::Device);
    let facts = facts.into_iter().map(|(name, value)| (Text::new(name), value)).collect();
    Facts { time: Timestamp(time), id, about, attributes: vec![], facts }
}

fn at(subject: &Subject, name: &str) -> Option<(i64, Value)> {
    let fact = subject.facts.iter().find(|fact| fact.name == name)?;
    Some((fact.time.0, fact.value.clone()))
}

#[test]
fn the_latest_value_of_each_name_counts_and_an_unset_one_is_gone() {
    let mut subjects = Subjects::default();
    let phone = Text::new("phone-1");
    let model = "device.model";
    let os = "device.os";
    subjects.take(
        Some(&phone),
        &told(200, vec![(model, Value::text("Pixel 9")), (TOKEN_FCM, Value::text("t1"))]),
    );
    subjects.take(
        Some(&phone),
        &told(100, vec![(model, Value::text("Pixel 8")), (os, Value::text("Android"))]),
    );
    let subject = subjects.device("phone-1").unwrap();
    assert_eq!((subject.first_at, subject.last_at), (Timestamp(100), Timestamp(200)));
    assert_eq!(at(&subject, model), Some((200, Value::text("Pixel 9"))));
    assert_eq!(at(&subject, os), Some((100, Value::text("Android"))));
    subjects.take(Some(&phone), &told(300, vec![(TOKEN_FCM, Value::Null)]));
    let subject = subjects.device("phone-1").unwrap();
    assert_eq!((subject.get(TOKEN_FCM), subject.last_at), (None, Timestamp(300)));
    // A token that was there before it was unset does not come back when it is told late.
    subjects.take(Some(&phone), &told(250, vec![(TOKEN_FCM, Value::text("t0"))]));
    assert_eq!(subjects.device("phone-1").unwrap().get(TOKEN_FCM), None);
}

#[test]
fn an_address_is_no_device_and_a_channel_has_its_own() {
    let mut subjects = Subjects::default();
    let about = About::Address { channel: "email".into(), address: "ada@example.com".into() };
    let facts = Facts { about, ..told(5, vec![(SUBSCRIBED, Value::Bool(false))]) };
    subjects.take(None, &facts);
    assert_eq!(subjects.address("email", "ada@example.com").unwrap().flag(SUBSCRIBED), Some(false));
    assert_eq!(subjects.address("sms", "ada@example.com"), None);
    assert_eq!(subjects.device("ada@example.com"), None);
    // Facts of a device without an id are nobody's.
    subjects.take(None, &told(6, vec![(SUBSCRIBED, Value::Bool(true))]));
    assert_eq!(subjects.entries.len(), 1);
}

#[test]
fn what_is_forgotten_is_gone_and_may_come_again() {
    let mut subjects = Subjects::default();
    let (one, two) = (Text::new("one"), Text::new("two"));
    for id in [&one, &two] {
        subjects.take(Some(id), &told(1, vec![(TOKEN_FCM, Value::text("t"))]));
    }
    subjects.forget_device("one");
    subjects.forget_device("nobody");
    assert_eq!(subjects.device("one"), None);
    assert!(subjects.device("two").is_some());
    let again = Subjects::from_entries(subjects.entries.freeze()).unwrap();
    assert_eq!((again.device("one"), again.device("two")), (None, subjects.device("two")));
    subjects.take(Some(&one), &told(9, vec![(REASON, Value::text("new"))]));
    assert_eq!(subjects.device("one").unwrap().first_at, Timestamp(9));
}

#[test]
fn names_that_no_fact_has_are_left_out() {
    let mut subjects = Subjects::default();
    let id = Text::new("d");
    let many: Vec<(String, Value)> = (0..500).map(|n| (format!("own{n}"), Value::Int(n))).collect();
    let many = many.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    subjects.take(Some(&id), &told(1, many));
    assert_eq!(subjects.device("d").unwrap().facts, vec![]);
}

#[test]
fn damaged_bytes_are_refused() {
    let known = told(7, vec![(TOKEN_FCM, Value::text("token")), (SUBSCRIBED, Value::Bool(true))]);
    let packed = Packed::default().with(known.time, known.facts.iter());
    assert_eq!(Packed::checked(&packed.0), Some(packed.clone()));
    assert_eq!(Packed::checked(&[]), Some(Packed::default()));
    for end in 3..packed.0.len() {
        let cut = &packed.0[..end];
        // A cut right behind a fact is a shorter list of facts.
        if let Some(shorter) = Packed::checked(cut) {
            assert!(shorter.told().of.len() < 2, "{end}");
        }
    }
    assert_eq!(Packed::checked(&[0, 0, 3, 0, 99]), None);
}

fn value() -> impl Strategy<Value = Value> {
    let plain = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (-3_i64..3).prop_map(Value::Int),
        Just(Value::Float(0.5)),
        "[ab]{0,2}".prop_map(|text| Value::text(&text)),
        any::<i64>().prop_map(|ms| Value::Time(Timestamp(ms))),
    ];
    let list = prop::collection::vec(plain.clone(), 0..3);
    prop_oneof![4 => plain, 1 => list.prop_map(|items| Value::List(items.into()))]
}

proptest! {
    /// Any order, any repetition, the same bytes; and each value is the latest one.
    #[test]
    fn neither_order_nor_repetition_shows(
        all in prop::collection::vec(
            (-5_i64..5, prop::collection::vec((0..NAMES.len(), value()), 0..4)), 1..12),
        order in any::<u64>(),
    ) {
        let all: Vec<Facts> = all.into_iter().map(|(time, facts)| {
            let facts = facts.into_iter().map(|(at, value)| (NAMES[at], value)).collect();
            told(time, facts)
        }).collect();
        let id = Text::new("d");
        let mut one = Subjects::default();
        all.iter().for_each(|facts| one.take(Some(&id), facts));
        let mut shuffled: Vec<&Facts> = all.iter().chain(&all).collect();
        let mut seed = order;
        shuffled.sort_by_cached_key(|_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            seed >> 33
        });
        let mut other = Subjects::default();
        shuffled.into_iter().for_each(|facts| other.take(Some(&id), facts));
        prop_assert_eq!(&one.entries, &other.entries);
        let packed = one.entries[0].packed.clone();
        prop_assert_eq!(Packed::checked(&packed.0), Some(packed.clone()));
        let known = packed.told();
        for (number, (time, value)) in known.of {
            let name = model::facts::name(number).unwrap();
            let of_name = all.iter().flat_map(|facts| {
                facts.facts.iter().filter(|(own, _)| own == name).map(|(_, v)| (facts.time, v))
            });
            let latest = of_name.clone().map(|(at, _)| at).max().unwrap();
            prop_assert_eq!(time, latest);
            prop_assert!(of_name.filter(|(at, _)| *at == latest).any(|(_, v)| *v == value));
        }
    }
}

fn record(who: Who, what: What) -> Record {
    Record { received_at: Timestamp(0), who, what }
}

fn model_of(fold: &mut Fold, who: Who, time: i64, model: &str) {
    let facts = Facts {
        attributes: vec![("device.model".into(), Value::text(model))],
        ..told(time, vec![])
    };
    fold.step(&record(who, What::Facts(facts)));
}

/// The devices of whoever has an id, with their models.
fn devices(fold: &Fold, id: &str) -> Vec<(String, String)> {
    let (devices, n) = fold.devices(fold.find(id).unwrap(), 10);
    assert_eq!(devices.len(), n);
    let model = |device: &Subject| match device.get("device.model") {
        Some(Value::Text(model)) => model.to_string(),
        other => panic!("{other:?}"),
    };
    devices.iter().map(|device| (device.id.to_string(), model(device))).collect()
}

#[test]
fn merging_and_separating_persons_keeps_their_devices_right() {
    let mut fold = Fold::new();
    let pair = |id: &str, model: &str| (id.to_owned(), model.to_owned());
    let both = |user: &str, device: &str| Who::of(Some(user.into()), Some(device.into()));
    model_of(&mut fold, Who::anonymous("phone"), 1, "Pixel 9");
    model_of(&mut fold, both("ada", "phone"), 2, "Pixel 9 Pro");
    model_of(&mut fold, both("ada", "tablet"), 3, "iPad");
    model_of(&mut fold, both("bob", "laptop"), 4, "MacBook");
    let (phone, tablet) = (pair("phone", "Pixel 9 Pro"), pair("tablet", "iPad"));
    let laptop = pair("laptop", "MacBook");
    assert_eq!(devices(&fold, "ada"), [tablet.clone(), phone.clone()]);
    let before = fold.find("bob").unwrap();
    fold.step(&record(Who::user("ada"), What::Alias { previous: "bob".into() }));
    assert_eq!(devices(&fold, "bob"), [laptop.clone(), tablet.clone(), phone.clone()]);
    fold.step(&record(Who::user("ada"), What::Separate { separated: "bob".into() }));
    assert_eq!(fold.find("bob"), Some(before));
    assert_eq!(devices(&fold, "bob"), [laptop]);
    assert_eq!(devices(&fold, "ada"), [tablet.clone(), phone]);
    // A shared device goes with whoever used it last.
    model_of(&mut fold, both("bob", "phone"), 9, "Pixel 9 Pro");
    assert_eq!(devices(&fold, "ada"), [tablet]);
    assert_eq!(devices(&fold, "bob").len(), 2);
    let user = fold.find("bob").unwrap();
    assert_eq!(fold.devices(user, 1).0.len(), 1);
    assert_eq!(fold.devices(user, 1).1, 2);
}
