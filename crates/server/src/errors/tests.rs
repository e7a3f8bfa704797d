use std::time::Instant;

use super::*;
use crate::config::errors::{Filter, SAMPLES_KEPT, SAMPLES_OF_KIND};

fn stream() -> (tempfile::TempDir, Arc<Config>, ErrorStream) {
    let folder = tempfile::tempdir().unwrap();
    let config = Arc::new(Config::open(&folder.path().join("config.db")).unwrap());
    let stream = ErrorStream::start(Arc::clone(&config)).unwrap();
    (folder, config, stream)
}

fn noted<'a>(at: i64, code: &'a str, event: &'a str) -> Noted<'a> {
    let outcome = ErrorOutcome::Rejected;
    Noted { at: Timestamp(at), source: "segment", code, event, outcome, hint: "mend it", n: 1 }
}

#[test]
fn every_error_is_counted_once_by_kind_and_hour() {
    let (_folder, config, stream) = stream();
    for n in 0..1_000 {
        stream.note(&noted(HOUR_MS * (n % 3), "a", "Bought"), || (format!("{n}"), "{}".into()));
        if n % 100 == 0 {
            stream.flush();
        }
    }
    stream.note(&noted(7, "b", ""), || ("m".into(), "{}".into()));
    stream.stop();
    let kinds = config.error_kinds(Filter::default()).unwrap();
    let counts: Vec<_> = kinds.iter().map(|kind| (kind.kind.code.as_str(), kind.count)).collect();
    assert_eq!(counts, [("a", 1_000), ("b", 1)]);
    assert_eq!((kinds[0].first_at, kinds[0].last_at), (0, 2 * HOUR_MS));
    let only = Filter { code: Some("a"), ..Filter::default() };
    let hours: Vec<u64> =
        config.error_hours(only, 0).unwrap().into_iter().map(|(.., n)| n).collect();
    assert_eq!(hours, [334, 333, 333]);
    let samples = config.error_samples(only, i64::MAX, 1_000).unwrap();
    assert_eq!(samples.len(), SAMPLES_OF_KIND as usize);
    assert!(samples.windows(2).all(|two| two[0].0 > two[1].0), "newest first");
}

#[test]
fn a_flood_of_names_is_bounded_and_quick() {
    let (_folder, config, stream) = stream();
    let started = Instant::now();
    let n = 200_000;
    for k in 0..n {
        let event = format!("event {}", k % 5_000);
        stream.note(&noted(k, "a", &event), || ("m".into(), "x".repeat(100)));
    }
    stream.stop();
    let (took, kinds) = (started.elapsed(), config.error_kinds(Filter::default()).unwrap());
    assert!(kinds.len() <= KINDS_MAX + 1, "{}", kinds.len());
    assert_eq!(kinds.iter().map(|kind| kind.count).sum::<u64>(), n as u64);
    let kept = config.error_samples(Filter::default(), i64::MAX, usize::MAX).unwrap().len();
    assert!(kept <= SAMPLES_KEPT as usize, "{kept}");
    assert!(took < Duration::from_secs(20), "{took:?}");
}

#[test]
fn what_was_noted_shows_without_a_flush_after_a_second() {
    let (_folder, config, stream) = stream();
    stream.note(&noted(1, "a", ""), || ("m".into(), "{}".into()));
    let started = Instant::now();
    while config.error_kinds(Filter::default()).unwrap().is_empty() {
        assert!(started.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(stream);
}
