use super::*;
use crate::assign::Draw;
use crate::effect::{Rate, compare_rates};

const PLAN: Plan = Plan { control_share: 0.5, power: 0.8, level: Level::P95 };

#[test]
fn nineteen_to_twenty_percent_as_published() {
    // 24,637.63 per arm by the unpooled normal formula.
    let users = users_needed(0.01, Measure::Rate(0.19), PLAN).unwrap();
    assert_eq!(users, (2.0_f64 * 24_637.629_6).ceil() as u64);
    let found = detectable(users, Measure::Rate(0.19), PLAN).unwrap();
    assert!((found.difference - 0.01).abs() < 1e-6 && (found.lift - 0.01 / 0.19).abs() < 1e-5);
}

#[test]
fn means_as_in_the_textbook() {
    // 16 sd² / d² per arm is the rule of thumb for 80 % and 5 %: exactly 15.698.
    let measure = Measure::Mean { mean: 50.0, sd: 10.0 };
    let users = users_needed(1.0, measure, PLAN).unwrap();
    assert_eq!(users, (2.0_f64 * 15.697_76 * 100.0).ceil() as u64);
    let found = detectable(users, measure, PLAN).unwrap();
    assert!((found.difference - 1.0).abs() < 1e-3 && (found.lift - 0.02).abs() < 1e-4);
}

#[test]
fn a_small_control_group_costs_users() {
    let small = Plan { control_share: 0.05, ..PLAN };
    let even = users_needed(0.01, Measure::Rate(0.1), PLAN).unwrap();
    let uneven = users_needed(0.01, Measure::Rate(0.1), small).unwrap();
    assert!(uneven > 4 * even);
    let surer = Plan { power: 0.95, ..PLAN };
    assert!(users_needed(0.01, Measure::Rate(0.1), surer).unwrap() > even);
}

#[test]
fn the_planned_power_is_met() {
    let plan = Plan { control_share: 0.3, ..PLAN };
    let users = users_needed(0.12, Measure::Rate(0.2), plan).unwrap();
    let control = (users as f64 * 0.3).round() as u64;
    let mut found = 0;
    let rounds = 1_000;
    for round in 0..rounds {
        let converted = |name: &str, n: u64, p: f64| {
            (0..n).filter(|i| Draw::of(4, name, round * 10_000 + i).unit() < p).count() as u64
        };
        let treated = users - control;
        let arms = [
            Rate { users: control, converted: converted("control", control, 0.2) },
            Rate { users: treated, converted: converted("treated", treated, 0.32) },
        ];
        found += u64::from(compare_rates(&arms, Level::P95).unwrap()[0].p < 0.05);
    }
    // Four standard errors over so many rounds are five points.
    let share = found as f64 / rounds as f64;
    assert!((share - 0.8).abs() < 0.05, "{share}");
}

#[test]
fn nonsense_is_refused_with_its_range() {
    let named = |result: Result<u64, NoPlan>| result.unwrap_err().to_string();
    assert!(named(users_needed(0.1, Measure::Rate(0.0), PLAN)).starts_with("base rate is 0"));
    assert!(named(users_needed(0.5, Measure::Rate(0.6), PLAN)).starts_with("difference is 0.5"));
    assert!(named(users_needed(0.0, Measure::Rate(0.6), PLAN)).starts_with("difference is 0"));
    assert!(named(users_needed(f64::NAN, Measure::Rate(0.6), PLAN)).starts_with("difference"));
    let tiny = Measure::Mean { mean: 1.0, sd: 1e9 };
    assert!(named(users_needed(1e-9, tiny, PLAN)).contains("fewer than 1e12"));
    let never = Plan { control_share: 1.0, ..PLAN };
    assert!(named(users_needed(0.1, Measure::Rate(0.2), never)).starts_with("control share is 1"));
    let weak = Plan { power: 0.2, ..PLAN };
    assert!(named(users_needed(0.1, Measure::Rate(0.2), weak)).starts_with("power is 0.2"));
    assert_eq!(detectable(3, Measure::Rate(0.2), PLAN), Err(NoPlan::Users));
    assert_eq!(detectable(0, tiny, PLAN), Err(NoPlan::Users));
}
