//! Sets of orders: the published RFM table of the R package `rfm`, and the customers of CDNOW.

use audience::data_set::DataSet;
use history::Evaluator;
use segment::Predicate;
use segment::tree::{EventPredicate, Measure, Test, Window};

use crate::real::{at, load, named, published, table};

#[test]
fn rfm_groups_are_the_published_ones() {
    let Some(mut loaded) = load(DataSet::RfmOrders, "rfm_orders") else { return };
    loaded.rules.rfm = published(&loaded.rules);
    let evaluator = Evaluator::new(&loaded.snapshot, &loaded.rules, at("2006-12-31"));
    let mut found = table(&evaluator.rfm().unwrap(), &loaded.rules.rfm);
    found.retain(|row| row.1 > 0);
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [
        ("About To Sleep", 102, 283.0, 23_449.0),
        ("At Risk", 28, 216.0, 22_227.0),
        ("Can't Lose Them", 47, 274.0, 32_446.0),
        ("Champions", 35, 316.0, 31_646.0),
        ("Lost", 148, 393.0, 35_324.0),
        ("Loyal Customers", 170, 799.0, 76_562.0),
        ("Need Attention", 10, 57.0, 4_562.0),
        ("New Customers", 104, 329.0, 28_837.0),
        ("Potential Loyalist", 342, 2_211.0, 204_856.0),
        ("Promising", 9, 28.0, 4_249.0),
    ];
    let expected: Vec<_> = expected
        .map(|(name, users, orders, revenue)| (name.to_string(), users, orders, revenue))
        .into();
    assert_eq!(found, expected);
    let cuts = evaluator.rfm().unwrap().cuts.unwrap();
    assert_eq!(cuts[1], [4.0, 5.0, 6.0, 8.0]);
    assert!((cuts[0][2] - 297.4).abs() < 1e-9 && (cuts[2][0] - 255.8).abs() < 1e-9, "{cuts:?}");
}

#[test]
fn cdnow_has_its_customers_and_repeaters() {
    let Some(loaded) = load(DataSet::Cdnow, "cdnow_sample") else { return };
    let evaluator = Evaluator::new(&loaded.snapshot, &loaded.rules, at("1998-07-01"));
    let bought_on_days = |n| {
        let days = EventPredicate {
            of: named("Purchase"),
            within: Window::ALL,
            measure: Measure::Days,
            test: Test::at_least(n),
        };
        evaluator.members(&Predicate::Event(days)).unwrap().len()
    };
    assert_eq!(bought_on_days(1), 2_357);
    let calibration = Evaluator::new(&loaded.snapshot, &loaded.rules, at("1997-09-30"));
    let repeaters = EventPredicate {
        of: named("Purchase"),
        within: Window::ALL,
        measure: Measure::Days,
        test: Test::at_least(2),
    };
    assert_eq!(calibration.members(&Predicate::Event(repeaters)).unwrap().len(), 946);
}
