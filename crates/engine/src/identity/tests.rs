use super::*;

mod naive;
use crate::{Fold, Frozen};
use naive::Naive;

fn both(user_id: &str, anonymous_id: &str) -> Who {
    Who::of(Some(user_id.into()), Some(anonymous_id.into()))
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
            (Who::of(user_id, anonymous_id), previous)
        },
    )
}

/// Both say the same, of everybody and of every id.
fn same(identity: &Identity, naive: &Naive) {
    for (user, person) in identity.persons.iter().enumerate() {
        assert!(naive.same(user, person), "{person:?} is not what {naive:?} says");
    }
    for id in (0..4).flat_map(|n| [format!("u{n}"), format!("d{n}")]) {
        assert_eq!(identity.find(&id), naive.find(&id), "{id}");
        assert_eq!(identity.anonymous(&id), naive.anonymous(&id), "{id} as an anonymous one");
    }
}

/// The same persons, and the same tables.
fn equal(identity: &Identity, restored: &Identity) {
    assert_eq!(identity.persons, restored.persons);
    let sizes = |of: &Identity| (of.by_user_id.len(), of.by_anonymous_id.len());
    assert_eq!(sizes(identity), sizes(restored));
    for id in identity.persons.iter().flat_map(|of| of.user_ids.iter().chain(&of.anonymous_ids)) {
        assert_eq!(identity.known(id), restored.known(id));
        assert_eq!(identity.anonymous(id), restored.anonymous(id));
    }
}

proptest::proptest! {
    #[test]
    fn every_id_has_one_living_user_and_states_restore(steps in proptest::collection::vec(who(), 1..60)) {
        let (mut identity, mut naive) = (Identity::default(), Naive::default());
        let mut before = None;
        for (n, (who, previous)) in steps.iter().enumerate() {
            if n == steps.len() / 2 {
                before = Some((Frozen::of(&identity), Frozen::of(&identity).pieces().collect::<Vec<_>>()));
            }
            let previous = previous.map(|n| Text::from(if n < 4 { format!("u{n}") } else { format!("d{}", n - 4) }));
            let (step, expected) = match previous {
                Some(previous) => (identity.alias(who, &previous), naive.alias(who, &previous)),
                None => (identity.resolve(who), naive.resolve(who)),
            };
            proptest::prop_assert_eq!(&step, &expected);
            for id in who.user_id.iter().chain(&who.anonymous_id) {
                let user = identity.find(id).unwrap();
                proptest::prop_assert!(identity.person(user).merged_into.is_none());
            }
            if let Some(id) = &who.user_id {
                proptest::prop_assert_eq!(identity.find(id), Some(step.user));
            }
            proptest::prop_assert!(identity.person(step.user).merged_into.is_none());
        }
        same(&identity, &naive);
        let pieces: Vec<Vec<u8>> = Frozen::of(&identity).pieces().collect();
        equal(&identity, Fold::restore(&pieces).unwrap().identity());
        equal(&identity, Fold::restore([naive.encode()]).unwrap().identity());
        let (frozen, at_once) = before.unwrap();
        proptest::prop_assert_eq!(frozen.pieces().collect::<Vec<_>>(), at_once, "the fold went on");
    }
}
