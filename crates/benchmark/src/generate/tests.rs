//! What the generated events promise.

use super::*;
use crate::dictionary::{ABSENT, PURCHASE, WITH_AMOUNT};

fn batches(events: u64, years: u32, seed: u64) -> Vec<Batch> {
    Generator::new(Settings { events, years, seed }).collect()
}

#[test]
fn equal_seeds_give_equal_events_and_others_do_not() {
    assert_eq!(batches(20_000, 2, 7), batches(20_000, 2, 7));
    assert_ne!(batches(20_000, 2, 7)[0].time, batches(20_000, 2, 8)[0].time);
}

#[test]
fn exactly_so_many_events_in_order_each_user_and_time_once() {
    for (events, years) in [(150, 2), (10_007, 10), (600_000, 2)] {
        let settings = Settings { events, years, seed: 1 };
        let (mut n, mut before) = (0, None);
        for batch in Generator::new(settings) {
            assert!(batch.len() <= BATCH_EVENTS);
            n += batch.len() as u64;
            for (time, user) in batch.time.iter().zip(&batch.user) {
                let place = Some((*time, *user));
                assert!(place > before, "{place:?} after {before:?}");
                assert!((settings.start_ms()..END_MS).contains(time));
                before = place;
            }
        }
        assert_eq!(n, events);
    }
}

#[test]
fn users_are_born_in_order_with_a_signup() {
    let settings = Settings { events: 300_000, years: 2, seed: 3 };
    let mut born = 0;
    for batch in Generator::new(settings) {
        for (user, name) in batch.user.iter().zip(&batch.name) {
            assert!(*user <= born);
            if *user == born {
                assert_eq!(*name, SIGNED_UP);
                born += 1;
            }
        }
    }
    assert_eq!(born, settings.users());
}

#[test]
fn names_follow_zipf() {
    let mut counts = [0u64; NAMES.len()];
    batches(1_000_000, 2, 1).iter().flat_map(|batch| &batch.name).for_each(|name| {
        counts[usize::from(*name)] += 1;
    });
    let harmonic: f64 = (1..=NAMES.len()).map(|rank| 1.0 / rank as f64).sum();
    for (index, count) in counts.iter().enumerate() {
        let expected = 1.0 / harmonic / (index + 1) as f64;
        let share = *count as f64 / 1_000_000.0;
        assert!((share / expected - 1.0).abs() < 0.2, "{}: {share} {expected}", NAMES[index]);
    }
}

#[test]
fn activity_is_heavy_tailed_and_comes_in_sessions() {
    let settings = Settings { events: 500_000, years: 2, seed: 1 };
    let mut counts = vec![0u64; settings.users() as usize];
    let mut last = vec![i64::MIN; counts.len()];
    let mut close = 0;
    for batch in Generator::new(settings) {
        for (user, time) in batch.user.iter().zip(&batch.time) {
            counts[*user as usize] += 1;
            close += u64::from(time.saturating_sub(last[*user as usize]) < HOUR_MS);
            last[*user as usize] = *time;
        }
    }
    counts.sort_unstable();
    let half = counts.len() / 2;
    let lower: u64 = counts[..half].iter().sum();
    assert!(lower * 6 < settings.events, "the lower half of users has {lower} events");
    assert!(counts[counts.len() - 1] > 2_000);
    let share = close as f64 / settings.events as f64;
    assert!((0.6..0.95).contains(&share), "{share} of events follow another within the hour");
    let gone = last.iter().filter(|time| **time < END_MS - 90 * DAY_MS).count();
    assert!((counts.len() / 3..counts.len() * 9 / 10).contains(&gone), "{gone} users left");
}

#[test]
fn properties_belong_to_their_events() {
    let mut purchases = 0;
    for batch in batches(100_000, 2, 1) {
        for row in 0..batch.len() {
            let (name, cents) = (batch.name[row], batch.amount_cents[row]);
            assert_eq!(WITH_AMOUNT.contains(&name), cents >= 0);
            assert!(cents < 0 || (cents % 25 == 0 && cents >= 400));
            assert!(batch.city[row] != ABSENT && batch.platform[row] != ABSENT);
            purchases += u32::from(name == PURCHASE);
        }
    }
    assert!(purchases > 1_000);
}
