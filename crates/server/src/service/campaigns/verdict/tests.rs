//! Whole campaigns under seeds: how often a winner is declared where there is none, and where there is one.

use experiment::assign::{Arms, Control, Draw, Holdout, Share};
use experiment::interval::Level;
use experiment::sequential::Plan;
use segment::tree::EventMatch;
use wire::api::OnWinner;

use super::*;

/// Users who are drawn each day.
const PER_DAY: u64 = 150;

/// Days of a campaign.
const DAYS: i64 = 40;

fn goal() -> Goal {
    Goal { of: EventMatch::named("buy"), within: Span::days(7), revenue: None }
}

fn decision(tie_margin: Option<f64>) -> Decision {
    let plan = Plan { level: Level::P95, expected: 0.04, tie_margin };
    let measure = DecisionMeasure::Rate;
    Decision { goal: Some(0), measure, plan, on_winner: OnWinner::Keep }
}

/// What a campaign shows at its looks: draws as the engine makes them, and everybody buys with the probability
/// of their arm.
fn simulated(
    seed: u64,
    names: &[(Text, String)],
    control: f64,
    rate: &dyn Fn(&str) -> f64,
) -> Looks {
    let arms = Arms::equal(names.iter().map(|(id, _)| id.clone())).unwrap();
    let share = Share::percent(control * 100.0).unwrap();
    let group = Holdout { control: Control::Campaign("a/a"), share };
    let mut arms_of_day: BTreeMap<Arm, Outcome> = BTreeMap::new();
    let mut looks = Looks::default();
    for day in 0..DAYS {
        for n in 0..PER_DAY {
            let user = day as u64 * PER_DAY + n;
            let arm = match group.holds(seed, user) {
                true => Arm::Control("campaign".into()),
                false => Arm::Variant(arms.all()[arms.pick(seed, "a/a", user)].id.clone()),
            };
            let own = rate(word(&arm));
            let bought = Draw::of(seed, "bought", user).unit() < own;
            let outcome = arms_of_day.entry(arm).or_default();
            outcome.users += 1;
            outcome.complete += 1;
            outcome.converted += u64::from(bought);
        }
        looks.looks.push((Timestamp((day + 8) * DAY), arms_of_day.clone()));
    }
    looks
}

fn names(ids: &[&str]) -> Vec<(Text, String)> {
    ids.iter().map(|id| (Text::new(id), format!("Variant {id}"))).collect()
}

/// Verdicts of many campaigns.
fn verdicts(
    seeds: u64,
    names: &[(Text, String)],
    control: f64,
    rate: &dyn Fn(&str) -> f64,
) -> Vec<VerdictReport> {
    let (decision, goal) = (decision(None), goal());
    let judge = Judge { names, decision: &decision, goal: &goal };
    (0..seeds).map(|seed| judge.judged(&simulated(seed, names, control, rate), false)).collect()
}

#[test]
fn without_a_difference_a_winner_is_declared_no_more_often_than_the_level_allows() {
    const SEEDS: u64 = 400;
    for (names, control) in
        [(names(&["a", "b"]), 0.1), (names(&["a", "b", "c", "d"]), 0.0), (names(&["a"]), 0.5)]
    {
        let found = verdicts(SEEDS, &names, control, &|_| 0.2);
        let winners = found.iter().filter(|one| one.verdict == VerdictKind::Winner).count();
        // 5 % of 400 are 20; the test is conservative, so more than that is no chance.
        assert!(winners <= 20, "{winners} of {SEEDS} with {} variants", names.len());
    }
}

#[test]
fn a_planted_difference_is_found_and_named() {
    let names = names(&["a", "b"]);
    let found = verdicts(100, &names, 0.1, &|arm| if arm == "b" { 0.27 } else { 0.2 });
    let right = |one: &&VerdictReport| one.winner.as_deref() == Some("b");
    let wrong = found.iter().filter(|one| one.winner.as_deref() == Some("a")).count();
    assert!(found.iter().filter(right).count() >= 90 && wrong == 0);
    let one = found.iter().find(right).unwrap();
    assert!(one.sentence.contains("\"Variant b\" has won"), "{}", one.sentence);
    let pair = &one.pairs[0];
    assert_eq!((pair.first.as_str(), pair.second.as_str()), ("a", "b"));
    assert!(
        one.decided_at.is_some() && pair.better.as_deref() == Some("b") && pair.p_value <= 0.05
    );
    // Against control, with one variant.
    let one = super::tests::names(&["only"]);
    let found = verdicts(100, &one, 0.5, &|arm| if arm == "only" { 0.27 } else { 0.2 });
    assert!(found.iter().filter(|one| one.winner.as_deref() == Some("only")).count() >= 90);
}

#[test]
fn a_verdict_stays_whoever_looks_on_and_ties_are_said_at_the_end_or_within_a_margin() {
    let (names, goal) = (names(&["a", "b"]), goal());
    let rule = decision(None);
    let judge = Judge { names: &names, decision: &rule, goal: &goal };
    let whole = simulated(3, &names, 0.0, &|arm| if arm == "b" { 0.3 } else { 0.2 });
    let last = judge.judged(&whole, false);
    assert_eq!(last.winner.as_deref(), Some("b"));
    let mut before = None;
    for n in 0..=whole.looks.len() {
        let some = Looks { looks: whole.looks[..n].to_vec(), open: 0 };
        let now = judge.judged(&some, false);
        if let Some(winner) = before.take() {
            assert_eq!(now.winner, Some(winner), "a winner stays");
            assert_eq!(now.decided_at, last.decided_at);
        }
        before.clone_from(&now.winner);
    }
    let equal = simulated(5, &names, 0.0, &|_| 0.2);
    let going = judge.judged(&equal, false);
    assert_eq!(going.verdict, VerdictKind::Undecided, "{}", going.sentence);
    let over = judge.judged(&equal, true);
    assert_eq!((over.verdict, over.tied.len()), (VerdictKind::Tie, 2), "{}", over.sentence);
    let rule = decision(Some(0.1));
    let judge = Judge { names: &names, decision: &rule, goal: &goal };
    assert_eq!(judge.judged(&equal, false).verdict, VerdictKind::Tie);
}

#[test]
fn what_is_missing_is_said_by_name() {
    let (names, goal, rule) = (names(&["a", "b"]), goal(), decision(None));
    let judge = Judge { names: &names, decision: &rule, goal: &goal };
    let mut few = simulated(1, &names, 0.1, &|_| 0.2);
    few.looks.truncate(1);
    let report = judge.judged(&few, false);
    assert_eq!(report.verdict, VerdictKind::Undecided);
    assert!(report.sentence.contains("\"Variant a\" has"), "{}", report.sentence);
    let nobody = judge.judged(&Looks { looks: Vec::new(), open: 5 }, false);
    assert_eq!((nobody.verdict, nobody.open), (VerdictKind::Undecided, 5));
    let alone = super::tests::names(&["a"]);
    let judge = Judge { names: &alone, decision: &rule, goal: &goal };
    let report = judge.judged(&simulated(1, &alone, 0.0, &|_| 0.2), false);
    assert_eq!(report.verdict, VerdictKind::Nothing);
}
