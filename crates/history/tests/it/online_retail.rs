//! Online Retail (UCI): recency, frequency and monetary scores, cohorts and growth accounting.

use audience::data_set::DataSet;
use history::{Evaluator, retention};
use segment::tree::Unit;

use crate::real::{at, load, named, published, table};

#[test]
fn rfm_groups_are_the_published_ones() {
    let Some(mut loaded) = load(DataSet::OnlineRetail, "online_retail") else { return };
    loaded.rules.rfm = published(&loaded.rules);
    let evaluator = Evaluator::new(&loaded.snapshot, &loaded.rules, at("2011-12-10"));
    let rfm = evaluator.rfm().unwrap();
    assert_eq!(rfm.scored.len(), 4_338);
    let cuts = rfm.cuts.unwrap();
    let expected =
        [[14.8, 34.0, 73.0, 181.0], [2.0, 3.0, 4.0, 7.0], [251.194, 491.096, 943.276, 2_059.426]];
    for (found, expected) in cuts.iter().flatten().zip(expected.iter().flatten()) {
        assert!((found - expected).abs() < 5e-4, "{cuts:?}");
    }
    let mut found = table(&rfm, &loaded.rules.rfm);
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [
        ("About To Sleep", 631, 701.0, 199_194.331),
        ("At Risk", 63, 393.0, 189_152.611),
        ("Can't Lose Them", 81, 339.0, 296_345.64),
        ("Champions", 324, 6_204.0, 3_830_794.53),
        ("Lost", 772, 954.0, 335_576.48),
        ("Loyal Customers", 687, 1_737.0, 535_075.161),
        ("Need Attention", 32, 135.0, 22_318.54),
        ("New Customers", 356, 504.0, 303_899.33),
        ("Others", 14, 47.0, 21_225.55),
        ("Potential Loyalist", 1_280, 7_408.0, 3_063_042.621),
        ("Promising", 98, 110.0, 114_783.11),
    ];
    let expected: Vec<_> = expected
        .map(|(name, users, orders, revenue)| (name.to_string(), users, orders, revenue))
        .into();
    assert_eq!(found, expected);
    let count = |side: fn(&segment::evaluate::RfmScore) -> u8| {
        let mut counts = [0; 5];
        let scores = rfm.scored.iter().filter_map(|user| rfm.score_of(user));
        scores.for_each(|score| counts[usize::from(side(&score)) - 1] += 1);
        counts
    };
    assert_eq!(count(|score| score.r), [861, 866, 863, 880, 868]);
    assert_eq!(count(|score| score.f), [1_493, 835, 508, 802, 700]);
    assert_eq!(count(|score| score.m.unwrap()), [869, 869, 866, 866, 868]);
}

#[test]
fn monthly_cohorts_are_the_published_ones() {
    let Some(loaded) = load(DataSet::OnlineRetail, "online_retail") else { return };
    let evaluator = Evaluator::new(&loaded.snapshot, &loaded.rules, at("2011-12-31"));
    let purchase = named("Purchase");
    let found: Vec<Vec<u64>> = retention::cohorts(&evaluator, &purchase, &purchase, Unit::Month)
        .unwrap()
        .into_iter()
        .map(|cohort| cohort.returned)
        .collect();
    let expected: [&[u64]; 13] = [
        &[885, 324, 286, 340, 321, 352, 321, 309, 313, 350, 331, 445, 235],
        &[417, 92, 111, 96, 134, 120, 103, 101, 125, 136, 152, 49],
        &[380, 71, 71, 108, 103, 94, 96, 106, 94, 116, 26],
        &[452, 68, 114, 90, 101, 76, 121, 104, 126, 39],
        &[300, 64, 61, 63, 59, 68, 65, 78, 22],
        &[284, 54, 49, 49, 59, 66, 75, 27],
        &[242, 42, 38, 64, 56, 81, 23],
        &[188, 34, 39, 42, 51, 21],
        &[169, 35, 42, 41, 21],
        &[299, 70, 90, 34],
        &[358, 86, 41],
        &[323, 36],
        &[41],
    ];
    assert_eq!(found, expected);
}

#[test]
fn growth_accounting_is_the_published_one() {
    let Some(loaded) = load(DataSet::OnlineRetail, "online_retail") else { return };
    let evaluator = Evaluator::new(&loaded.snapshot, &loaded.rules, at("2011-12-31"));
    let found: Vec<[u64; 5]> = retention::growth(&evaluator, &named("Purchase"), Unit::Month)
        .unwrap()
        .iter()
        .map(|month| [month.active, month.new, month.retained, month.resurrected, month.churned])
        .collect();
    let expected = [
        [885, 885, 0, 0, 0],
        [741, 417, 324, 0, 561],
        [758, 380, 262, 116, 479],
        [974, 452, 290, 232, 468],
        [856, 300, 304, 252, 670],
        [1_056, 284, 368, 404, 488],
        [991, 242, 410, 339, 646],
        [949, 188, 365, 396, 626],
        [935, 169, 388, 378, 561],
        [1_266, 299, 425, 542, 510],
        [1_364, 358, 489, 517, 777],
        [1_664, 323, 622, 719, 742],
        [615, 41, 371, 203, 1_293],
    ];
    assert_eq!(found, expected);
}
