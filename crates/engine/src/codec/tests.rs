use model::{About, EventId, Facts, Record, Timestamp, Value, What, Who};

use super::*;

/// Something told of a device, and of an address.
fn tell(fold: &mut Fold, of: u32) {
    let facts = |about| Facts {
        time: Timestamp(i64::from(of)),
        id: EventId::from_bits(u64::from(of)),
        about,
        attributes: vec![("device.model".into(), Value::text("Pixel 9"))],
        facts: vec![("subscribed".into(), Value::Bool(false))],
    };
    let record =
        |who, about| Record { received_at: Timestamp(0), who, what: What::Facts(facts(about)) };
    fold.step(&record(Who::anonymous(&format!("device-{of}")), About::Device));
    let address = Text::from(format!("{of}@example.com"));
    let about = About::Address { channel: "email".into(), address };
    fold.step(&record(Who::default(), about));
}

#[test]
fn devices_and_addresses_are_pieces_of_their_own_behind_those_of_persons() {
    let mut all = fold(12);
    (0..PIECE as u32 / 2 + 3).for_each(|of| tell(&mut all, of));
    let whole = pieces(&all);
    assert_eq!(whole.len(), 3, "of persons, and two of devices");
    let restored = Fold::restore(&whole).unwrap();
    assert_eq!(pieces(&restored), whole);
    let user = restored.find("device-7").unwrap();
    assert_eq!(restored.devices(user, 9), all.devices(all.find("device-7").unwrap(), 9));
    assert_eq!(restored.devices(user, 9).1, 1);
    let address = restored.address("email", "8@example.com").unwrap();
    assert_eq!(address.flag("subscribed"), Some(false));
    assert_eq!(Fold::restore(&whole[..2]).unwrap_err().what, "it is missing");
    let without = Fold::restore(&whole[1..]).unwrap_err().what;
    assert_eq!(without, "it is missing");
    let cut = whole[1][..whole[1].len() - 1].to_vec();
    assert!(Fold::restore([&whole[0], &cut, &whole[2]]).is_err(), "cut");
}

#[test]
fn addresses_alone_need_no_user() {
    let mut alone = Fold::new();
    let about = About::Address { channel: "sms".into(), address: "+14155550100".into() };
    let (time, id, attributes) = (Timestamp(1), EventId(1), vec![]);
    let facts = vec![("subscribed".into(), Value::Bool(false))];
    let what = What::Facts(Facts { time, id, about, attributes, facts });
    let step = alone.step(&Record { received_at: time, who: Who::default(), what });
    assert_eq!((step.user, alone.n_users()), (UserIndex::NOBODY, 0));
    let restored = Fold::restore(pieces(&alone)).unwrap();
    assert_eq!(restored.address("sms", "+14155550100"), alone.address("sms", "+14155550100"));
    assert!(restored.address("sms", "+14155550100").is_some());
}

#[test]
fn version_3_had_no_devices() {
    let now = pieces(&fold(12)).remove(0);
    let mut before = now.clone();
    before.drain(8..16);
    before[0] = 3;
    let restored = Fold::restore([before]).unwrap();
    assert_eq!(pieces(&restored), [now]);
}

/// A fold of so many users, some with two ids, some of them merged.
fn fold(n: u32) -> Fold {
    let mut fold = Fold::new();
    for user in 0..n {
        let id = |kind: &str, of: u32| Some(Text::from(format!("{kind}-{of}")));
        let who = Who::of;
        fold.resolve(&who(None, id("device", user)));
        match user % 5 {
            1 => drop(fold.resolve(&who(id("user", user), id("device", user)))),
            2 => drop(fold.resolve(&who(id("user", user - 1), id("device", user)))),
            3 => drop(fold.resolve(&who(id("user", user), id("device", user - 1)))),
            _ => {}
        }
    }
    fold
}

fn pieces(fold: &Fold) -> Vec<Vec<u8>> {
    fold.freeze().pieces().collect()
}

#[test]
fn an_empty_fold_has_no_pieces() {
    assert!(pieces(&Fold::new()).is_empty());
    assert_eq!(Fold::restore(Vec::<Vec<u8>>::new()).unwrap().n_users(), 0);
}

#[test]
fn many_users_are_several_pieces_that_must_all_be_there_in_order() {
    let fold = fold(2 * PIECE as u32 + 10);
    let whole = pieces(&fold);
    assert_eq!(whole.len(), 3);
    let restored = Fold::restore(&whole).unwrap();
    assert_eq!(pieces(&restored), whole);
    for id in ["device-0", "user-1", "device-2", "user-65541", "nobody"] {
        assert_eq!(restored.find(id), fold.find(id), "{id}");
    }
    let refused = |places: &[usize], piece, what| {
        let error = Fold::restore(places.iter().map(|at| &whole[*at])).unwrap_err();
        assert_eq!((error.piece, error.what), (piece, what), "{places:?}");
    };
    refused(&[0, 1], 2, "it is missing");
    refused(&[0, 2], 1, "it does not follow the piece before it");
    refused(&[1, 2], 0, "it does not follow the piece before it");
    refused(&[0, 1, 2, 2], 3, "it does not follow the piece before it");
}

#[test]
fn what_contradicts_itself_is_refused() {
    let persons = |persons: [Person; 2]| {
        let persons = persons.into_iter().collect();
        Fold::restore(Frozen { persons, subjects: Chunks::default() }.pieces())
    };
    let ada = Person { user_ids: vec!["ada".into()], ..Person::default() };
    let phone = Person { anonymous_ids: vec!["phone".into()], ..Person::default() };
    let lost = Person { lost: vec![0], ..phone.clone() };
    let merged = |into| Person { merged_into: Some(UserIndex(into)), ..phone.clone() };
    let knowing = |merged: u32| {
        let more = More { merged: vec![UserIndex(merged)], ..More::default() };
        Person { more: Some(Box::new(more)), ..ada.clone() }
    };
    let old = Person { merged_into: Some(UserIndex(0)), ..Person::default() };
    assert!(persons([ada.clone(), phone.clone()]).is_ok());
    assert!(persons([lost.clone(), phone.clone()]).is_ok());
    assert!(persons([knowing(1), merged(0)]).is_ok());
    assert!(persons([ada.clone(), old]).is_ok(), "of a time when merged persons kept nothing");
    assert!(persons([ada.clone(), merged(0)]).is_err(), "nobody knows of the merge");
    assert!(persons([knowing(1), phone.clone()]).is_err(), "who was merged does not know of it");
    assert!(persons([knowing(2), phone.clone()]).is_err(), "nobody was merged");
    assert!(persons([ada.clone(), ada.clone()]).is_err(), "two have one known id");
    assert!(persons([phone.clone(), phone.clone()]).is_err(), "two have one anonymous id");
    assert!(persons([ada.clone(), merged(2)]).is_err(), "merged into nobody");
    assert!(persons([ada.clone(), merged(1)]).is_err(), "merged into itself");
    assert!(persons([ada, Person { lost: vec![1], ..phone }]).is_err(), "lost what it never had");
}

#[test]
fn every_cut_and_every_other_version_is_refused() {
    let whole = pieces(&fold(12)).remove(0);
    for end in 0..whole.len() {
        assert!(Fold::restore([&whole[..end]]).is_err(), "cut at {end}");
    }
    assert!(Fold::restore([[&whole[..], &[0]].concat()]).is_err(), "longer");
    let mut newer = whole;
    newer[0] = 5;
    let error = Fold::restore([newer]).unwrap_err().to_string();
    assert!(error.contains("a version that this program does not read"), "{error}");
}

proptest::proptest! {
    #[test]
    fn damaged_pieces_are_refused_not_trusted(
        version in 1..6u32,
        bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200),
        flips in proptest::collection::vec((0..400usize, proptest::num::u8::ANY), 1..4),
    ) {
        let _ = Fold::restore([[&version.to_le_bytes()[..], &bytes].concat()]);
        let mut piece = pieces(&fold(12)).remove(0);
        for (at, bits) in flips {
            let at = at % piece.len();
            piece[at] ^= bits;
        }
        let _ = Fold::restore([piece]);
    }
}
