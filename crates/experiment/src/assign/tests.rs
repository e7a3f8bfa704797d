use std::collections::BTreeMap;

use super::*;
use crate::special::chi_squared_tail;

const PEOPLE: u64 = 25_000;
const SEED: u64 = 20_261_130;

fn share(percent: f64) -> Share {
    Share::percent(percent).unwrap()
}

fn arms(list: &[(&str, f64)]) -> Arms {
    let arm = |(id, percent): &(&str, f64)| Arm { id: (*id).into(), share: share(*percent) };
    Arms::new(list.iter().map(arm).collect()).unwrap()
}

/// p value of "counts have these shares".
fn p_of(counts: &[u64], shares: &[f64]) -> f64 {
    let n: u64 = counts.iter().sum();
    let term = |(count, share): (&u64, &f64)| {
        let expected = n as f64 * share;
        (*count as f64 - expected).powi(2) / expected
    };
    let chi_squared: f64 = counts.iter().zip(shares).map(term).sum();
    chi_squared_tail(chi_squared, counts.len() as f64 - 1.0)
}

/// The arm of every person, by id.
fn dealt(arms: &Arms) -> Vec<String> {
    (0..PEOPLE).map(|p| arms.all()[arms.pick(SEED, "june", p)].id.to_string()).collect()
}

fn moved(before: &[String], after: &[String]) -> f64 {
    before.iter().zip(after).filter(|(a, b)| a != b).count() as f64 / before.len() as f64
}

#[test]
fn draws_never_change() {
    // Computed by another implementation of XXH3 from the bytes that the formula names. A change
    // here would deal everybody of every running experiment anew.
    assert_eq!(Draw::of(0, "", "").0, 3_767_706_845_506_508_887);
    assert_eq!(Draw::of(7, "salt", "ada").0, 6_235_309_135_867_796_382);
    assert_eq!(Draw::of(7, "salt", 42_u64).0, 10_779_858_095_369_863_222);
}

#[test]
fn what_is_written_differently_is_drawn_differently() {
    let draws = [
        Draw::of(7, "ab", "c"),
        Draw::of(7, "a", "bc"),
        Draw::of(7, "", "abc"),
        Draw::of(8, "ab", "c"),
        Draw::of(7, "ab", u64::from(b'c')),
    ];
    for (at, draw) in draws.iter().enumerate() {
        assert!(!draws[..at].contains(draw), "{at}");
    }
}

#[test]
fn units_and_buckets_stay_in_their_range() {
    assert_eq!(Draw(u64::MAX).bucket(10), 9);
    assert_eq!(Draw(0).bucket(10), 0);
    assert_eq!(Draw(u64::MAX).bucket(0), 0);
    assert!(Draw(u64::MAX).unit() < 1.0);
    assert!(Share::ALL.takes(Draw(u64::MAX)) && !Share::NONE.takes(Draw(0)));
    assert_eq!(Share::percent(100.1), None);
    assert_eq!(Share::percent(f64::NAN), None);
    assert_eq!(Share::parts(1_000_001), None);
    assert_eq!(share(12.5).in_parts(), 125_000);
}

#[test]
fn draws_are_uniform_and_salts_are_independent() {
    let mut one = vec![0; 100];
    let mut both = vec![0; 100];
    for person in 0..PEOPLE {
        let (a, b) = (Draw::of(SEED, "a", person), Draw::of(SEED, "b", person));
        one[a.bucket(100) as usize] += 1;
        both[(a.bucket(10) * 10 + b.bucket(10)) as usize] += 1;
    }
    assert!(p_of(&one, &[0.01; 100]) > 0.001);
    // Uniform over pairs: neither salt tells anything about the other.
    assert!(p_of(&both, &[0.01; 100]) > 0.001);
}

#[test]
fn control_groups_have_their_share_and_are_independent() {
    let groups = [Control::Workspace, Control::Named("vip"), Control::Campaign("june")];
    let shares = [10.0, 20.0, 30.0];
    let mut counts = [0; 8];
    for person in 0..PEOPLE {
        let mut at = 0;
        for (bit, (control, percent)) in groups.into_iter().zip(shares).enumerate() {
            let holds = Holdout { control, share: share(percent) }.holds(SEED, person);
            at |= usize::from(holds) << bit;
        }
        counts[at] += 1;
    }
    let expected: Vec<f64> = (0..8)
        .map(|at| {
            let part = |bit: usize| {
                let share = shares[bit] / 100.0;
                if at >> bit & 1 == 1 { share } else { 1.0 - share }
            };
            part(0) * part(1) * part(2)
        })
        .collect();
    assert!(p_of(&counts, &expected) > 0.001, "{counts:?}");
}

#[test]
fn a_control_group_that_grows_keeps_its_members() {
    let holds = |percent, person: u64| {
        Holdout { control: Control::Workspace, share: share(percent) }.holds(SEED, person)
    };
    for person in 0..5_000 {
        assert!(!holds(5.0, person) || holds(8.0, person));
    }
}

#[test]
fn everyone_withheld_has_one_reason_and_the_workspace_comes_first() {
    let groups = groups(&[("vip", 50.0, "")]);
    let controls = Controls {
        workspace: share(10.0),
        groups: &groups,
        named: &["vip".into()],
        campaign: Some(("june", share(20.0))),
    };
    let mut counts: BTreeMap<Option<Control>, u64> = BTreeMap::new();
    for person in 0..PEOPLE {
        let withheld = controls.withheld(SEED, person);
        let workspace = Holdout { control: Control::Workspace, share: share(10.0) };
        assert_eq!(withheld == Some(Control::Workspace), workspace.holds(SEED, person));
        *counts.entry(withheld).or_default() += 1;
    }
    let of = |control| counts.get(&control).copied().unwrap_or(0);
    let found = [
        of(Some(Control::Workspace)),
        of(Some(Control::Named("vip"))),
        of(Some(Control::Campaign("june"))),
        of(None),
    ];
    assert!(p_of(&found, &[0.1, 0.45, 0.09, 0.36]) > 0.001, "{found:?}");
}

fn groups(list: &[(&str, f64, &str)]) -> Groups {
    let group = |(id, percent, apart): &(&str, f64, &str)| Named {
        id: (*id).into(),
        share: share(*percent),
        apart: (!apart.is_empty()).then(|| (*apart).into()),
    };
    Groups::new(list.iter().map(group).collect()).unwrap()
}

#[test]
fn groups_that_keep_apart_share_nobody_and_each_has_its_share() {
    let groups =
        groups(&[("a", 30.0, "x"), ("free", 40.0, ""), ("b", 50.0, "x"), ("c", 20.0, "x")]);
    let mut counts = [0_u64; 3];
    let (mut free, mut both) = (0_u64, 0_u64);
    for person in 0..PEOPLE {
        let of = ["a", "b", "c"].map(|id| groups.holds(id, SEED, person));
        // Together they are everybody, so each person is in exactly one.
        assert_eq!(of.iter().filter(|own| **own).count(), 1, "{person}");
        counts.iter_mut().zip(of).for_each(|(n, own)| *n += u64::from(own));
        let own = groups.holds("free", SEED, person);
        free += u64::from(own);
        both += u64::from(own && of[0]);
    }
    assert!(p_of(&counts, &[0.3, 0.5, 0.2]) > 0.001, "{counts:?}");
    assert!(p_of(&[free, PEOPLE - free], &[0.4, 0.6]) > 0.001, "{free}");
    assert!(p_of(&[both, counts[0] - both], &[0.4, 0.6]) > 0.001, "{both}");
    assert!(!groups.holds("nobody", SEED, 1));
}

#[test]
fn a_new_group_moves_nobody_of_the_earlier_ones() {
    let before = groups(&[("a", 10.0, "x"), ("b", 10.0, "x")]);
    let after = groups(&[("a", 10.0, "x"), ("b", 10.0, "x"), ("c", 30.0, "x"), ("d", 5.0, "")]);
    for person in 0..5_000_u64 {
        for id in ["a", "b"] {
            assert_eq!(before.holds(id, SEED, person), after.holds(id, SEED, person));
        }
    }
}

#[test]
fn the_parts_that_are_expected_are_those_that_are_drawn() {
    let groups = groups(&[("a", 20.0, "x"), ("b", 30.0, "x"), ("c", 50.0, ""), ("d", 40.0, "y")]);
    let named: Vec<model::Text> = ["c", "b", "d", "a"].map(Into::into).to_vec();
    let controls =
        Controls { workspace: Share::NONE, groups: &groups, named: &named, campaign: None };
    let mut counts = [0_u64; 5];
    for person in 0..PEOPLE {
        let place = controls.withheld(SEED, person).map_or(4, |control| {
            named.iter().position(|id| control == Control::Named(id)).unwrap()
        });
        counts[place] += 1;
    }
    let mut parts = groups.parts(&named);
    assert_eq!(parts.len(), 4);
    parts.push(1.0 - parts.iter().sum::<f64>());
    assert!(p_of(&counts, &parts) > 0.001, "{counts:?} {parts:?}");
}

#[test]
fn groups_that_cannot_be_are_refused() {
    let named = |id: &str, percent, apart: Option<&str>| Named {
        id: id.into(),
        share: share(percent),
        apart: apart.map(Into::into),
    };
    let twice = Groups::new(vec![named("a", 1.0, None), named("a", 2.0, None)]);
    assert_eq!(twice, Err(GroupsError::Twice("a".into())));
    let full = Groups::new(vec![named("a", 60.0, Some("x")), named("b", 50.0, Some("x"))]);
    assert_eq!(full, Err(GroupsError::Full("x".into())));
    assert!(Groups::new(vec![named("a", 60.0, Some("x")), named("b", 50.0, None)]).is_ok());
}

#[test]
fn arms_have_their_shares_whatever_their_order() {
    let one = arms(&[("a", 50.0), ("b", 30.0), ("c", 15.0), ("d", 5.0), ("off", 0.0)]);
    let other = arms(&[("d", 5.0), ("c", 15.0), ("off", 0.0), ("a", 50.0), ("b", 30.0)]);
    let (before, after) = (dealt(&one), dealt(&other));
    assert_eq!(before, after);
    let counts =
        ["a", "b", "c", "d"].map(|id| before.iter().filter(|arm| *arm == id).count() as u64);
    assert_eq!(counts.iter().sum::<u64>(), PEOPLE, "nobody is in an arm without a share");
    assert!(p_of(&counts, &[0.5, 0.3, 0.15, 0.05]) > 0.001, "{counts:?}");
}

#[test]
fn a_new_split_moves_as_few_as_it_must() {
    let half = dealt(&arms(&[("a", 50.0), ("b", 50.0)]));
    let more = dealt(&arms(&[("a", 60.0), ("b", 40.0)]));
    assert!((moved(&half, &more) - 0.1).abs() < 0.006, "ten points change hands");
    for (before, after) in half.iter().zip(&more) {
        assert!(before == after || (before == "b" && after == "a"), "nobody leaves the larger arm");
    }
    let third = dealt(&arms(&[("a", 40.0), ("b", 40.0), ("c", 20.0)]));
    assert!((moved(&half, &third) - 0.2).abs() < 0.008);
    assert!(half.iter().zip(&third).all(|(before, after)| before == after || after == "c"));
    // Any change: between the variation d = 0.3 and the bound 2d / (1 + d).
    let before = dealt(&arms(&[("a", 50.0), ("b", 30.0), ("c", 20.0)]));
    let after = dealt(&arms(&[("a", 20.0), ("b", 35.0), ("c", 45.0)]));
    let share = moved(&before, &after);
    assert!((0.3 - 0.01..=0.6 / 1.3 + 0.01).contains(&share), "{share}");
}

#[test]
fn experiments_are_independent_of_each_other() {
    let arms = arms(&[("a", 50.0), ("b", 50.0)]);
    let mut counts = [0; 4];
    for person in 0..PEOPLE {
        counts[arms.pick(SEED, "june", person) * 2 + arms.pick(SEED, "july", person)] += 1;
    }
    assert!(p_of(&counts, &[0.25; 4]) > 0.001, "{counts:?}");
}

#[test]
fn wrong_lists_of_arms_are_refused() {
    let arm = |id: &str, percent| Arm { id: id.into(), share: share(percent) };
    assert_eq!(Arms::new(vec![]), Err(ArmsError::Number(0)));
    let twice = Arms::new(vec![arm("a", 50.0), arm("a", 50.0)]);
    assert_eq!(twice, Err(ArmsError::Twice("a".into())));
    assert_eq!(Arms::new(vec![arm("a", 50.0)]), Err(ArmsError::Sum(500_000)));
    let three = Arms::equal(["a", "b", "c"].map(Into::into)).unwrap();
    let parts: Vec<u32> = three.all().iter().map(|arm| arm.share.in_parts()).collect();
    assert_eq!(parts, [333_334, 333_333, 333_333]);
}
