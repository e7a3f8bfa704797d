use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

use super::*;

const DAY: Span = Span::DAY;

fn hour(n: i64) -> Timestamp {
    Timestamp(1_800_000_000_000 + n * Span::HOUR.0)
}

fn touch(hours: i64, message: u64, kind: Kind) -> Touch {
    Touch { at: hour(hours), message: Message(message), kind }
}

fn rule(split: Split) -> Rule {
    let windows = Windows { click: Some(Span::days(3)), view: Some(DAY), sent: None };
    Rule { windows, counting: Counting::Strongest, split }
}

/// Credits as "conversion:message:kind:share".
fn found(touches: &[Touch], conversions: &[i64], rule: Rule) -> Vec<String> {
    let conversions: Vec<Timestamp> = conversions.iter().map(|at| hour(*at)).collect();
    let credits = credits(touches, &conversions, rule);
    let shown = credits.iter().map(|credit| {
        let kind = ["sent", "viewed", "clicked"][credit.through as usize];
        format!("{}:{}:{kind}:{:.3}", credit.conversion, credit.message.0, credit.share)
    });
    shown.collect()
}

#[test]
fn the_last_click_counts_and_a_later_view_does_not() {
    let touches = [
        touch(0, 1, Kind::Clicked),
        touch(10, 2, Kind::Clicked),
        touch(20, 3, Kind::Viewed),
        touch(40, 4, Kind::Clicked),
    ];
    assert_eq!(found(&touches, &[30], rule(Split::Last)), ["0:2:clicked:1.000"]);
    assert_eq!(found(&touches, &[30], rule(Split::First)), ["0:1:clicked:1.000"]);
    let all = Rule { counting: Counting::All, ..rule(Split::Last) };
    assert_eq!(found(&touches, &[30], all), ["0:3:viewed:1.000"]);
    // Each conversion is judged alone, the future counts for none.
    assert_eq!(
        found(&touches, &[-1, 5, 40, 200], rule(Split::Last)),
        ["1:1:clicked:1.000", "2:4:clicked:1.000"]
    );
}

#[test]
fn view_through_counts_only_without_a_click() {
    let touches = [touch(0, 1, Kind::Viewed), touch(1, 2, Kind::Viewed), touch(1, 2, Kind::Sent)];
    assert_eq!(found(&touches, &[5], rule(Split::Last)), ["0:2:viewed:1.000"]);
    let mut no_views = rule(Split::Last);
    no_views.windows.view = None;
    assert_eq!(found(&touches, &[5], no_views), [""; 0]);
    no_views.windows.sent = Some(DAY);
    assert_eq!(found(&touches, &[5], no_views), ["0:2:sent:1.000"]);
}

#[test]
fn windows_are_open_where_they_begin() {
    let click = [touch(0, 1, Kind::Clicked)];
    let at = |ms: i64| credits(&click, &[Timestamp(hour(72).0 + ms)], rule(Split::Last)).len();
    assert_eq!((at(-1), at(0), at(1)), (1, 0, 0));
    let same = credits(&click, &[hour(0)], rule(Split::Last));
    assert_eq!(same.len(), 1, "at the very instant of the click");
    // A view has a window of its own, shorter than a click's.
    let view = [touch(0, 1, Kind::Viewed)];
    assert_eq!(found(&view, &[23, 24], rule(Split::Last)), ["0:1:viewed:1.000"]);
}

#[test]
fn opening_often_is_one_touch() {
    let touches = [
        touch(0, 1, Kind::Clicked),
        touch(1, 1, Kind::Clicked),
        touch(2, 1, Kind::Viewed),
        touch(3, 2, Kind::Clicked),
    ];
    let linear = ["0:1:clicked:0.500", "0:2:clicked:0.500"];
    assert_eq!(found(&touches, &[4], rule(Split::Linear)), linear);
    // The latest of the strongest kind is the one: the first message is clicked again.
    let again = [touches[0], touches[3], touch(4, 1, Kind::Clicked), touch(5, 1, Kind::Viewed)];
    assert_eq!(found(&again, &[6], rule(Split::Last)), ["0:1:clicked:1.000"]);
}

#[test]
fn shares_by_time_and_by_position() {
    let touches: Vec<Touch> = (0..4).map(|n| touch(n * 6, n as u64 + 1, Kind::Clicked)).collect();
    let decay = Split::TimeDecay { half_life: Span(6 * Span::HOUR.0) };
    let expected =
        ["0:1:clicked:0.067", "0:2:clicked:0.133", "0:3:clicked:0.267", "0:4:clicked:0.533"];
    assert_eq!(found(&touches, &[20], rule(decay)), expected, "1 : 2 : 4 : 8");
    let position = Split::Position { first: 0.4, last: 0.4 };
    let expected =
        ["0:1:clicked:0.400", "0:2:clicked:0.100", "0:3:clicked:0.100", "0:4:clicked:0.400"];
    assert_eq!(found(&touches, &[20], rule(position)), expected);
    let two = ["0:1:clicked:0.250", "0:2:clicked:0.750"];
    let uneven = Split::Position { first: 0.1, last: 0.3 };
    assert_eq!(found(&touches[..2], &[20], rule(uneven)), two);
    assert_eq!(found(&touches[..1], &[20], rule(uneven)), ["0:1:clicked:1.000"]);
    let every = found(&touches[..2], &[20], rule(Split::Every));
    assert_eq!(every, ["0:1:clicked:1.000", "0:2:clicked:1.000"]);
}

#[test]
fn shares_add_up_whatever_the_numbers() {
    let touches: Vec<Touch> = (0..5).map(|n| touch(n, n as u64, Kind::Clicked)).collect();
    let splits = [
        Split::Linear,
        Split::TimeDecay { half_life: Span(1) },
        Split::TimeDecay { half_life: Span(-7) },
        Split::TimeDecay { half_life: Span::MAX },
        Split::Position { first: f64::NAN, last: 0.1 },
        Split::Position { first: 0.9, last: 0.9 },
        Split::Position { first: 0.0, last: 0.0 },
        Split::Position { first: 1.0, last: 0.0 },
    ];
    for split in splits {
        for n in 1..=5 {
            let sum: f64 =
                credits(&touches[..n], &[hour(9)], rule(split)).iter().map(|c| c.share).sum();
            assert!((sum - 1.0).abs() < 1e-9, "{split:?} {n}: {sum}");
        }
    }
}

#[test]
fn the_order_in_which_touches_are_handed_in_does_not_matter() {
    let mut touches: Vec<Touch> =
        (0..9).map(|n| touch(n * 7 % 9, n as u64, Kind::Clicked)).collect();
    let any = found(&touches, &[4, 8], rule(Split::Linear));
    touches.sort_by_key(|touch| touch.at);
    assert_eq!(any, found(&touches, &[4, 8], rule(Split::Linear)));
}

#[test]
fn of_too_many_messages_the_latest_count() {
    let touches: Vec<Touch> = (0..1_200).map(|n| touch(0, n, Kind::Clicked)).collect();
    let credits = credits(&touches, &[hour(1)], rule(Split::First));
    assert_eq!(credits[0].message, Message(200));
}

/// First, last and linear touch of 10,000 published paths, as recomputed for twelve channels.
#[test]
fn attribution_paths_as_recomputed() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/attribution_paths/paths.csv.gz");
    let Ok(packed) = std::fs::read(&path) else {
        eprintln!("skipped: no {}", path.display());
        return;
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut text).unwrap();
    let mut totals: BTreeMap<String, [f64; 3]> = BTreeMap::new();
    for row in csv::Reader::from_reader(text.as_bytes()).records() {
        let row = row.unwrap();
        let steps: Vec<&str> = row[0].split(" > ").collect();
        let converted: f64 = row[1].parse().unwrap();
        // Each step is a message of its own; its channel is looked up by its place.
        let touches: Vec<Touch> =
            (0..steps.len()).map(|n| touch(n as i64, n as u64, Kind::Clicked)).collect();
        let mut forever = rule(Split::Linear);
        forever.windows.click = Some(Span::MAX);
        for (column, split) in [Split::First, Split::Last, Split::Linear].into_iter().enumerate() {
            for credit in credits(&touches, &[hour(1_000)], Rule { split, ..forever }) {
                let channel = steps[credit.message.0 as usize].to_string();
                totals.entry(channel).or_default()[column] += credit.share * converted;
            }
        }
    }
    let expected = [
        ("alpha", [6308.0, 8447.0, 7574.7186]),
        ("beta", [2831.0, 989.0, 2083.5001]),
        ("delta", [1.0, 5.0, 1.7250]),
        ("epsilon", [99.0, 531.0, 272.1704]),
        ("eta", [3164.0, 4167.0, 3539.9512]),
        ("gamma", [165.0, 92.0, 121.0416]),
        ("iota", [4606.0, 3355.0, 3857.0962]),
        ("kappa", [74.0, 230.0, 137.9641]),
        ("lambda", [902.0, 1207.0, 1035.2576]),
        ("mi", [2.0, 2.0, 2.2222]),
        ("theta", [1606.0, 653.0, 1022.8014]),
        ("zeta", [27.0, 107.0, 136.5515]),
    ];
    assert_eq!(totals.len(), expected.len());
    for (channel, numbers) in expected {
        for (found, number) in totals[channel].iter().zip(numbers) {
            assert!((found - number).abs() < 1e-4, "{channel}: {found} is not {number}");
        }
    }
}
