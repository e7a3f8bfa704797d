use model::Identity as Named;

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
    assert_eq!(login.merged, [Merge { from: tablet, into: ada }]);
    assert_eq!(identity.resolve(&Who::anonymous("tablet")).user, ada);
    assert_eq!(identity.person(tablet).merged_into, Some(ada));
}

#[test]
fn a_shared_device_never_merges_two_known_users() {
    let mut identity = Identity::default();
    let ada = identity.resolve(&both("ada", "kiosk")).user;
    let bob = identity.resolve(&both("bob", "kiosk"));
    assert!(bob.created && bob.merged.is_empty());
    assert_eq!(identity.resolve(&Who::anonymous("kiosk")).user, bob.user, "the device moved on");
    let again = identity.resolve(&both("ada", "kiosk"));
    assert_eq!((again.user, again.merged), (ada, vec![]));
    assert_eq!(identity.resolve(&Who::anonymous("kiosk")).user, ada);
}

#[test]
fn an_alias_merges_whoever_they_were() {
    let mut identity = Identity::default();
    let old = identity.resolve(&Who::user("old@example.com")).user;
    let new = identity.resolve(&Who::user("ada")).user;
    let step = identity.alias(&Who::user("ada"), &"old@example.com".into());
    assert_eq!((step.user, step.merged), (new, vec![Merge { from: old, into: new }]));
    assert_eq!(identity.find("old@example.com"), Some(new));
    assert_eq!(identity.alias(&Who::user("ada"), &"ada".into()).merged, []);
    let unknown = identity.alias(&Who::user("ada"), &"never-seen".into());
    assert_eq!((unknown.user, unknown.merged), (new, vec![]));
    assert_eq!(identity.resolve(&Who::anonymous("never-seen")).user, new);
    assert_eq!(identity.resolve(&Who::user("never-seen")).user, new, "whichever comes first");
    // A device alone has no id of its own to become.
    identity.alias(&Who::anonymous("laptop"), &"tablet".into());
    let laptop = identity.find("laptop").unwrap();
    assert!(!identity.has_user_id(laptop));
    assert_eq!(identity.find("tablet"), Some(laptop));
}

fn with(who: Who, identities: &[&str]) -> Who {
    let identities = identities.iter().map(|value| Named::new(Named::EMAIL, *value)).collect();
    Who { identities, ..who }
}

#[test]
fn an_address_leads_to_the_one_who_has_it() {
    let mut identity = Identity::default();
    let letter = identity.resolve(&with(Who::default(), &["ada@example.com"]));
    assert_eq!(identity.person(letter.user).public_id, "email:ada@example.com");
    // The account is opened later, on a device of its own.
    let phone = identity.resolve(&Who::anonymous("phone")).user;
    let login = identity.resolve(&with(both("ada", "phone"), &["ada@example.com"]));
    assert_eq!((login.user, login.renamed), (letter.user, true));
    assert_eq!(login.merged, [Merge { from: phone, into: letter.user }]);
    assert_eq!(identity.person(login.user).public_id, "ada");
    assert_eq!(identity.find("email:ada@example.com"), Some(login.user));
    let again = identity.resolve(&with(Who::anonymous("tablet"), &["ada@example.com"]));
    assert_eq!((again.user, again.created), (login.user, false));
    assert_eq!(identity.find("tablet"), Some(login.user));
}

#[test]
fn one_address_of_two_accounts_stays_where_it_is_and_is_told() {
    let mut identity = Identity::default();
    let ada = identity.resolve(&with(Who::user("ada"), &["home@example.com"])).user;
    let bob = identity.resolve(&with(Who::user("bob"), &["home@example.com"]));
    assert!(bob.created && bob.merged.is_empty());
    assert_eq!(identity.find("email:home@example.com"), Some(ada));
    let claims = identity.graph(bob.user).claims;
    let told = Claim { identity: Named::new("email", "home@example.com"), owner: "ada".into() };
    assert_eq!(claims, [told]);
    identity.alias(&Who::user("bob"), &"ada".into());
    assert!(identity.graph(bob.user).claims.is_empty(), "they are one: it is settled");
}

#[test]
fn who_is_separated_has_their_ids_again_and_is_merged_by_nothing_but_an_alias() {
    let mut identity = Identity::default();
    let ada = identity.resolve(&both("ada", "phone")).user;
    let visit = identity.resolve(&Who::anonymous("tablet")).user;
    let before = identity.person(visit).clone();
    identity.resolve(&both("ada", "tablet"));
    let came = identity.resolve(&Who::anonymous("tablet"));
    assert_eq!((came.user, came.origin), (ada, visit), "it would go back with the tablet");
    let step = identity.separate(&Who::user("ada"), &"tablet".into());
    let separated = Separation { user: visit, public_id: "tablet".into() };
    assert_eq!((step.user, step.separated), (ada, Some(separated)));
    let after = identity.person(visit).clone();
    assert_eq!((after.merged_into, after.apart()), (None, true));
    let ids = |of: &Person| (of.public_id.clone(), of.user_ids.clone(), of.anonymous_ids.clone());
    assert_eq!(ids(&after), ids(&before));
    assert_eq!(identity.find("tablet"), Some(visit));
    assert_eq!(identity.graph(ada).nodes.len(), 1);
    // A login on the tablet takes the tablet along and leaves its past.
    let login = identity.resolve(&both("ada", "tablet"));
    assert_eq!((login.user, login.merged), (ada, vec![]));
    assert_eq!(identity.find("tablet"), Some(ada));
    let nothing = identity.separate(&Who::user("ada"), &"ada".into());
    assert_eq!(nothing.separated, None);
}

#[test]
fn a_plan_says_what_a_record_would_do() {
    let mut identity = Identity::default();
    let ada = identity.resolve(&Who::user("ada")).user;
    let kiosk = identity.resolve(&both("bob", "kiosk")).user;
    let plan = identity.plan(&with(both("ada", "kiosk"), &["ada@example.com"]));
    let address = Named::new("email", "ada@example.com");
    let moved = Deed::MoveAnonymousId { anonymous_id: "kiosk".into(), from: kiosk };
    assert_eq!(plan, Plan { user: ada, deeds: vec![Deed::AddIdentity(address), moved] });
    assert_eq!(identity.plan(&Who::user("ada")), Plan { user: ada, deeds: vec![] });
}

/// What happens to the graph.
#[derive(Clone, Debug)]
enum Happens {
    Record(Who),
    Alias(Who, Text),
    Separate(Who, Text),
}

fn happens() -> impl proptest::strategy::Strategy<Value = Happens> {
    use proptest::prelude::*;
    let who = (0..4u8, 0..4u8, 0..5u8, prop::collection::vec(0..3u8, 0..3)).prop_map(
        |(user, device, kind, identities)| {
            let user_id = Some(Text::from(format!("u{user}"))).filter(|_| kind == 0 || kind == 2);
            let anonymous_id = Some(Text::from(format!("d{device}"))).filter(|_| kind > 0);
            let identity = |n: u8| Named::new(Named::EMAIL, format!("e{n}"));
            let identities = identities.into_iter().filter(|_| kind < 4).map(identity).collect();
            Who { identities, user_id, anonymous_id }
        },
    );
    let id = (0..11u8).prop_map(|n| match n {
        0..4 => Text::from(format!("u{n}")),
        4..8 => Text::from(format!("d{}", n - 4)),
        _ => Text::from(format!("email:e{}", n - 8)),
    });
    (who, id, 0..10u8).prop_map(|(who, id, kind)| match kind {
        0 => Happens::Alias(who, id),
        1 => Happens::Separate(who, id),
        _ => Happens::Record(who),
    })
}

fn all_ids() -> impl Iterator<Item = String> {
    let of = |n| [format!("u{n}"), format!("d{n}"), format!("email:e{n}")];
    (0..4).flat_map(of)
}

/// The same persons, and the same tables.
fn equal(identity: &Identity, restored: &Identity) {
    assert_eq!(identity.persons, restored.persons);
    let sizes =
        |of: &Identity| [&of.by_user_id, &of.by_anonymous_id, &of.by_identity].map(Ids::len);
    assert_eq!(sizes(identity), sizes(restored));
    for id in all_ids() {
        assert_eq!(identity.find(&id), restored.find(&id), "{id}");
        assert_eq!(identity.anonymous(&id), restored.anonymous(&id), "{id} as an anonymous one");
    }
}

proptest::proptest! {
    #[test]
    fn every_id_has_one_living_user_and_states_restore(steps in proptest::collection::vec(happens(), 1..60)) {
        let (mut identity, mut naive) = (Identity::default(), Naive::default());
        let mut before = None;
        let mut old = true;
        for (n, happens) in steps.iter().enumerate() {
            if n == steps.len() / 2 {
                before = Some((Frozen::of(&identity, &Default::default()), Frozen::of(&identity, &Default::default()).pieces().collect::<Vec<_>>()));
            }
            let (who, step, expected) = match happens {
                Happens::Record(who) => {
                    let planned = identity.plan(who);
                    let step = identity.resolve(who);
                    proptest::prop_assert_eq!(planned.user, step.user);
                    (who, step, naive.resolve(who))
                }
                Happens::Alias(who, previous) => (who, identity.alias(who, previous), naive.alias(who, previous)),
                Happens::Separate(who, id) => (who, identity.separate(who, id), naive.separate(who, id)),
            };
            proptest::prop_assert_eq!(&step, &expected, "{:?}", happens);
            old &= who.identities.is_empty() && !matches!(happens, Happens::Separate(..));
            if let (Some(id), None) = (&who.user_id, &step.separated) {
                proptest::prop_assert_eq!(identity.find(id), Some(step.user));
            }
            proptest::prop_assert!(identity.person(step.user).merged_into.is_none());
            proptest::prop_assert_eq!(identity.root(step.origin), step.user);
        }
        for (user, person) in identity.persons.iter().enumerate() {
            proptest::prop_assert!(naive.same(user, person), "{:?} is not what {:?} says", person, naive);
        }
        for id in all_ids() {
            proptest::prop_assert_eq!(identity.find(&id), naive.find(&id), "{}", id);
        }
        let pieces: Vec<Vec<u8>> = Frozen::of(&identity, &Default::default()).pieces().collect();
        equal(&identity, Fold::restore(&pieces).unwrap().identity());
        if old {
            let restored = Fold::restore([naive.encode()]).unwrap();
            for id in all_ids() {
                proptest::prop_assert_eq!(identity.find(&id), restored.find(&id), "{}", id);
            }
        }
        let (frozen, at_once) = before.unwrap();
        proptest::prop_assert_eq!(frozen.pieces().collect::<Vec<_>>(), at_once, "the fold went on");
    }
}

/// What a state says of every id, whatever numbers users have.
fn said(identity: &Identity) -> std::collections::BTreeMap<String, String> {
    let mut ids = std::collections::BTreeMap::new();
    let shown = |user: UserIndex| identity.person(user).public_id.to_string();
    identity.each_id(&mut |user, id| _ = ids.insert(id.to_owned(), shown(user)));
    ids
}

#[test]
fn who_is_forgotten_leaves_the_state_that_the_others_would_have_made() {
    type Deed = fn(&mut Identity);
    let others: [Deed; 5] = [
        |of| _ = of.resolve(&both("bob", "kiosk")),
        |of| _ = of.resolve(&with(Who::user("eve"), &["shared@example.com"])),
        |of| _ = of.resolve(&Who::anonymous("stranger")),
        |of| _ = of.alias(&Who::user("bob"), &"bobby".into()),
        |of| _ = of.resolve(&both("eve", "tv")),
    ];
    let own: [Deed; 5] = [
        |of| _ = of.resolve(&with(both("ada", "phone"), &["shared@example.com", "ada@x.org"])),
        |of| _ = of.resolve(&Who::anonymous("tablet")),
        |of| _ = of.resolve(&both("ada", "tablet")),
        |of| _ = of.alias(&Who::user("ada"), &"old".into()),
        |of| _ = of.resolve(&both("ada", "kiosk")),
    ];
    let (mut all, mut without) = (Identity::default(), Identity::default());
    // Bob has the kiosk before she takes it over, and Eve claims an address that is hers.
    others[0](&mut all);
    own.iter().for_each(|deed| deed(&mut all));
    others[1..].iter().for_each(|deed| deed(&mut all));
    others.iter().for_each(|deed| deed(&mut without));
    let ada = all.find("ada").unwrap();
    assert_eq!(all.find("kiosk"), Some(ada));
    let persons = all.forget(ada);
    assert!(persons.contains(&ada) && persons.len() >= 2, "{persons:?}");
    assert_eq!(said(&all), said(&without));
    for id in ["ada", "phone", "tablet", "old", "email:ada@x.org"] {
        assert_eq!(all.find(id), None, "{id}");
    }
    let again = all.resolve(&both("ada", "phone"));
    assert!(again.created && !persons.contains(&again.user), "a new user, and a new number");
    let restored = Identity::from_persons(all.persons.freeze()).expect("a state that can be read");
    assert_eq!(said(&restored), said(&all));
}
