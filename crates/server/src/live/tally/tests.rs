//! Sums are compared with a list of everything that was counted.

use super::*;

const START: i64 = 1_700_000_000_000;

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

fn naive(all: &[(i64, i64)], now: i64, width: i64, n: i64) -> i64 {
    let last = now.div_euclid(width);
    let inside = |at: i64| (last - n + 1..=last).contains(&at.div_euclid(width));
    all.iter().filter(|(at, _)| inside(*at)).map(|(_, sign)| sign).sum()
}

#[test]
fn what_comes_late_counts_when_it_happened() {
    for seed in 0..8 {
        let mut numbers = Numbers(seed);
        let (mut tally, mut entered, mut left) = (Tally::default(), Vec::new(), Vec::new());
        let mut now = START;
        for _ in 0..600 {
            now += numbers.below(90_000) as i64;
            let late = numbers.below(3) == 0;
            let at = if late { now - numbers.below(100_000_000) as i64 } else { now };
            let correction = if late { Correction::Added } else { Correction::None };
            match numbers.below(2) {
                0 => {
                    tally.entered(Timestamp(at), correction);
                    entered.push((at, 1));
                }
                _ => {
                    tally.left(Timestamp(at), correction);
                    left.push((at, 1));
                }
            }
            if numbers.below(4) == 0 && !entered.is_empty() {
                let (at, _) = entered[numbers.below(entered.len() as u64) as usize];
                if naive(&entered, at, 1, 1) > 0 {
                    tally.entered(Timestamp(at), Correction::Revoked);
                    entered.push((at, -1));
                }
            }
            let asked = now + numbers.below(40_000) as i64;
            let flows = tally.flows(Timestamp(asked));
            for (flow, width, n) in
                [(flows.minute, 1_000, 60), (flows.hour, 60_000, 60), (flows.day, 600_000, 144)]
            {
                assert_eq!(flow.entered as i64, naive(&entered, asked, width, n), "width {width}");
                assert_eq!(flow.left as i64, naive(&left, asked, width, n), "width {width}");
            }
            let by_minute: u64 = flows.minutes.iter().map(|flow| flow.entered).sum();
            assert_eq!(by_minute, flows.hour.entered);
            assert!(flows.minutes.is_empty() || flows.minutes.len() == 60);
        }
        assert!(tally.seconds.of.len() <= 60 && tally.tens.of.len() <= 144, "room is bounded");
    }
}

#[test]
fn the_last_minute_ends() {
    let mut tally = Tally::default();
    tally.entered(Timestamp(START), Correction::None);
    assert_eq!(tally.flows(Timestamp(START + 59_000)).minute.entered, 1);
    assert_eq!(tally.flows(Timestamp(START + 60_000)).minute.entered, 0);
    assert_eq!(tally.flows(Timestamp(START + 60_000)).hour.entered, 1);
    assert_eq!(tally.flows(Timestamp(START + 86_400_000)).day.entered, 0);
}

#[test]
fn what_is_revoked_and_was_told_before_the_start_is_not_less_than_nobody() {
    let mut tally = Tally::default();
    tally.left(Timestamp(START), Correction::Revoked);
    assert_eq!(tally.flows(Timestamp(START)).minute, Flow::default());
}
