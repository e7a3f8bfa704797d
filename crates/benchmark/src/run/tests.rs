//! A small run, and answers checked against a plain pass over the events.

use super::*;
use crate::dictionary::{APP_LAUNCHED, PURCHASE};
use crate::generate::DAY_MS;

fn small_run() -> (tempfile::TempDir, Report, Vec<Batch>) {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { events: 30_000, years: 2, seed: 5 };
    let parquet = Some(folder.path().join("events.parquet"));
    let options = Options { settings, directory: folder.path().join("data"), parquet };
    let report = run(&options, |_| ()).unwrap();
    (folder, report, Generator::new(settings).collect())
}

/// Events of one name in the last days, by user.
fn counts(batches: &[Batch], code: u8, days: i64, users: u32) -> Vec<u64> {
    let mut counts = vec![0; users as usize];
    for batch in batches {
        for row in 0..batch.len() {
            if batch.name[row] == code && batch.time[row] > AS_OF_MS - days * DAY_MS {
                counts[batch.user[row] as usize] += 1;
            }
        }
    }
    counts
}

fn members(holds: impl Iterator<Item = bool>) -> Vec<u64> {
    let members: Vec<u64> =
        holds.enumerate().filter(|(_, holds)| *holds).map(|(user, _)| user as u64).collect();
    vec![members.len() as u64, members.iter().sum()]
}

#[test]
fn answers_are_those_of_a_plain_pass_and_sizes_are_measured() {
    let (folder, report, batches) = small_run();
    check_sizes(folder.path(), &report);
    let answer = |key: &str| &report.questions.iter().find(|q| q.key == key).unwrap().answer;
    let launches = counts(&batches, APP_LAUNCHED, 30, report.users);
    let purchases = counts(&batches, PURCHASE, 30, report.users);
    assert_eq!(*answer("q1"), members(launches.iter().map(|n| *n >= 3)));
    let pairs = launches.iter().zip(&purchases);
    assert_eq!(*answer("q3"), members(pairs.map(|(launches, n)| *launches > 0 && *n == 0)));
    let scored = counts(&batches, PURCHASE, 365, report.users).iter().filter(|n| **n > 0).count();
    assert_eq!(answer("q7").iter().sum::<u64>(), scored as u64);
    let funnel = answer("q8");
    assert!(funnel.len() == 3 && funnel[0] > funnel[1] && funnel[1] > funnel[2] && funnel[2] > 0);
    assert_eq!(answer("q9").len(), 52 * 53 / 2);
    let lifecycle = answer("q10");
    assert_eq!(lifecycle.len(), 6 + 6 + 49);
    assert_eq!(lifecycle[6..12].iter().sum::<u64>(), u64::from(report.users));
    assert_eq!(lifecycle[12..].iter().sum::<u64>(), u64::from(report.users));
    assert_eq!(answer("q11").len(), 40);
    let largest = report.point_users[1_000];
    let own = batches.iter().flat_map(|batch| &batch.user).filter(|user| **user == largest);
    assert_eq!(answer("q12")[3_000], own.count() as u64);
}

fn check_sizes(folder: &Path, report: &Report) {
    let parquet = folder.join("events.parquet").metadata().unwrap().len();
    assert_eq!(report.size.parquet_bytes, Some(parquet));
    assert!(parquet > 8 * report.events, "ids cannot be compressed");
    assert_eq!(report.size.ndjson_share, 1.0);
    assert!(report.size.ndjson_gzip_bytes > parquet);
    assert!(report.size.total_bytes > 8 * report.events);
}
