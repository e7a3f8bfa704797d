//! A planted mixture is recovered: people who come back with a daily chance, and after every visit
//! stop for good with another. What the curve must be is then known in closed form.

use engine::Fold;
use model::{Event, EventId, Record, Timestamp, What, Who, Zone};
use segment::{Lifecycle, RfmSettings, Rules};

use super::*;
use crate::Store;

/// Chance of coming back on a day, as long as one has not stopped.
const DAILY: f64 = 0.1;
/// Chance of stopping after a visit.
const STOP: f64 = 0.15;
const DAYS: i64 = 500;
const HORIZON: u32 = 14;

/// Draws in 0..1 from a fixed seed (xorshift64*).
struct Chance(u64);

impl Chance {
    fn unit(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1u64 << 53) as f64
    }
}

fn visits() -> Vec<(usize, i64)> {
    let mut chance = Chance(42);
    let mut visits = Vec::new();
    for user in 0..4_000 {
        let mut day = (chance.unit() * (DAYS / 2) as f64) as i64;
        loop {
            visits.push((user, day));
            if chance.unit() < STOP {
                break;
            }
            day += 1;
            while chance.unit() >= DAILY {
                day += 1;
            }
            if day >= DAYS {
                break;
            }
        }
    }
    visits
}

/// P(back within the horizon | silent for `gap` days), by Bayes.
fn expected(gap: f64) -> f64 {
    let alive = (1.0 - STOP) * (1.0 - DAILY).powf(gap);
    alive * (1.0 - (1.0 - DAILY).powf(f64::from(HORIZON))) / (alive + STOP)
}

#[test]
fn the_curve_and_the_thresholds_of_a_planted_mixture_are_found() {
    let (mut fold, mut store) = (Fold::new(), Store::in_memory());
    for (n, (user, day)) in visits().into_iter().enumerate() {
        let time = Timestamp(day * Span::DAY.0 + 7);
        let id = EventId::of(&n.to_string());
        let what = What::Event(Event { name: "Visit".into(), time, id, properties: vec![] });
        let record = Record { received_at: time, who: Who::user(&format!("u{user}")), what };
        let step = fold.step(&record);
        store.apply(&step, record, &fold.person(step.user).public_id.clone(), n as u64);
    }
    let of = EventMatch::named("Visit");
    let rules = Rules {
        zone: Zone::utc(),
        seed: 1,
        segments: Default::default(),
        composites: Default::default(),
        lifecycle: Lifecycle { states: vec![] },
        rfm: RfmSettings::of(of.clone(), None),
    };
    let snapshot = store.snapshot().unwrap();
    let evaluator = Evaluator::new(&snapshot, &rules, Timestamp(DAYS * Span::DAY.0));
    let curve = return_curve(&evaluator, &ReturnSettings { of, horizon_days: Some(HORIZON) });
    for gap in [0usize, 3, 7, 14, 21, 35] {
        let found = curve.points[gap].return_probability;
        let expected = expected(gap as f64);
        assert!((found - expected).abs() < 0.02, "after {gap} days: {found}, planted {expected}");
    }
    for (state, level, days, shown) in curve.thresholds().at {
        assert!(shown, "{state}");
        let share = level / curve.points[0].return_probability;
        let planted = (0..200).find(|gap| expected(f64::from(*gap)) < share * expected(0.0));
        let planted = planted.expect("the planted curve falls that far");
        assert!(days.abs_diff(planted) <= 2, "{state} after {days} days, planted {planted}");
    }
}
