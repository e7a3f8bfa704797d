use super::*;
use crate::codec;

fn both(user_id: &str, anonymous_id: &str) -> Who {
    Who { user_id: Some(user_id.into()), anonymous_id: Some(anonymous_id.into()) }
}

#[test]
fn an_anonymous_user_becomes_the_known_one() {
    let mut identity = Identity::default();
    let visit = identity.resolve(&Who::anonymous("phone"));
    let login = identity.resolve(&both("ada", "phone"));
    assert_eq!((login.user, login.renamed, login.created), (visit.user, true, false));
    assert_eq!(identity.person(login.user).public_id, "ada");
}

#[test]
fn a_second_device_merges_into_the_known_user() {
    let mut identity = Identity::default();
    let ada = identity.resolve(&Who::user("ada")).user;
    let tablet = identity.resolve(&Who::anonymous("tablet")).user;
    let login = identity.resolve(&both("ada", "tablet"));
    assert_eq!(login.merged, Some(Merge { from: tablet, into: ada }));
    assert_eq!(identity.resolve(&Who::anonymous("tablet")).user, ada);
    assert_eq!(identity.person(tablet).merged_into, Some(ada));
}

#[test]
fn a_shared_device_never_merges_two_known_users() {
    let mut identity = Identity::default();
    let ada = identity.resolve(&both("ada", "kiosk")).user;
    let bob = identity.resolve(&both("bob", "kiosk"));
    assert!(bob.created && bob.merged.is_none());
    assert_eq!(identity.resolve(&Who::anonymous("kiosk")).user, bob.user, "the device moved on");
    let again = identity.resolve(&both("ada", "kiosk"));
    assert_eq!((again.user, again.merged), (ada, None));
    assert_eq!(identity.resolve(&Who::anonymous("kiosk")).user, ada);
}

#[test]
fn an_alias_merges_whoever_they_were() {
    let mut identity = Identity::default();
    let old = identity.resolve(&Who::user("old@example.com")).user;
    let new = identity.resolve(&Who::user("ada")).user;
    let step = identity.alias(&Who::user("ada"), &"old@example.com".into());
    assert_eq!((step.user, step.merged), (new, Some(Merge { from: old, into: new })));
    assert_eq!(identity.find("old@example.com"), Some(new));
    assert_eq!(identity.alias(&Who::user("ada"), &"ada".into()).merged, None);
    let unknown = identity.alias(&Who::user("ada"), &"never-seen".into());
    assert_eq!((unknown.user, unknown.merged), (new, None));
    assert_eq!(identity.resolve(&Who::anonymous("never-seen")).user, new);
}

fn who() -> impl proptest::strategy::Strategy<Value = (Who, Option<u8>)> {
    use proptest::prelude::*;
    (0..4u8, 0..4u8, 0..3u8, proptest::option::weighted(0.1, 0..8u8)).prop_map(
        |(user, device, kind, previous)| {
            let user_id = Some(Text::from(format!("u{user}"))).filter(|_| kind != 1);
            let anonymous_id = Some(Text::from(format!("d{device}"))).filter(|_| kind != 0);
            (Who { user_id, anonymous_id }, previous)
        },
    )
}

proptest::proptest! {
    #[test]
    fn every_id_has_one_living_user_and_snapshots_restore(steps in proptest::collection::vec(who(), 1..60)) {
        let mut identity = Identity::default();
        for (who, previous) in steps {
            let step = match previous {
                Some(n) => identity.alias(&who, &Text::from(if n < 4 { format!("u{n}") } else { format!("d{}", n - 4) })),
                None => identity.resolve(&who),
            };
            for id in who.user_id.iter().chain(&who.anonymous_id) {
                let user = identity.find(id).unwrap();
                proptest::prop_assert!(identity.person(user).merged_into.is_none());
            }
            if let Some(id) = &who.user_id {
                proptest::prop_assert_eq!(identity.find(id), Some(step.user));
            }
            proptest::prop_assert!(identity.person(step.user).merged_into.is_none());
        }
        let restored = codec::decode(&codec::encode(&identity)).unwrap();
        proptest::prop_assert_eq!(restored, identity);
    }

    #[test]
    fn damaged_snapshots_are_refused_not_trusted(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        let _ = codec::decode(&bytes);
    }
}
