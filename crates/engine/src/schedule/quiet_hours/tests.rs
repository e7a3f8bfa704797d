use model::Weekday;
use proptest::prelude::*;

use super::*;
use crate::schedule::channel::Channels;
use crate::schedule::holidays::Weekdays;
use crate::schedule::local::Minute;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn minute(text: &str) -> Minute {
    Minute::parse(text).unwrap()
}

fn nightly(from: &str, to: &str) -> Hours {
    Hours::quiet(Channels::ALL, vec![Window::daily(minute(from), minute(to))]).unwrap()
}

fn on(days: &[Weekday], from: &str, to: &str) -> Window {
    let days = Days { weekdays: Weekdays::of(days), holidays: false };
    Window { days, from: minute(from), to: minute(to) }
}

/// Asks one layer at an instant; the answer is "open" or the instant at which it opens.
fn ask(zone: &str, hours: &Hours, when: &str) -> String {
    let zone = Zone::named(zone).unwrap();
    let place = Place { zone: &zone, channel: Channel::Push, country: None };
    match decide(at(when), place, &[(Layer::Workspace, hours)]) {
        Decision::Open => "open".into(),
        Decision::Closed { until: Some(until), .. } => until.to_string().replace(".000", ""),
        Decision::Closed { until: None, .. } => "never".into(),
    }
}

#[test]
fn a_window_over_midnight_belongs_to_the_evening_it_begins() {
    let hours = nightly("22:00", "08:00");
    assert_eq!(ask("Asia/Kolkata", &hours, "2026-06-01T16:29:59Z"), "open");
    assert_eq!(ask("Asia/Kolkata", &hours, "2026-06-01T16:30:00Z"), "2026-06-02T02:30:00Z");
    assert_eq!(ask("Asia/Kolkata", &hours, "2026-06-02T02:29:59.999Z"), "2026-06-02T02:30:00Z");
    assert_eq!(ask("Asia/Kolkata", &hours, "2026-06-02T02:30:00Z"), "open");
    let friday =
        Hours::quiet(Channels::ALL, vec![on(&[Weekday::Friday], "22:00", "08:00")]).unwrap();
    assert_eq!(ask("UTC", &friday, "2026-06-06T07:00:00Z"), "2026-06-06T08:00:00Z");
    assert_eq!(ask("UTC", &friday, "2026-06-05T07:00:00Z"), "open", "Thursday's night is free");
}

#[test]
fn nights_on_which_clocks_change() {
    // Forward: 02:00 becomes 03:00; nobody waits for an end that the clock never shows.
    let half_past_two = nightly("22:00", "02:30");
    let berlin = |hours: &Hours, when| ask("Europe/Berlin", hours, when);
    assert_eq!(berlin(&half_past_two, "2026-03-28T23:00:00Z"), "2026-03-29T01:00:00Z");
    assert_eq!(berlin(&nightly("22:00", "08:00"), "2026-03-28T22:00:00Z"), "2026-03-29T06:00:00Z");
    // A window that lies inside the gap does not exist that night.
    let gap = nightly("02:10", "02:50");
    assert_eq!(berlin(&gap, "2026-03-29T00:59:59Z"), "open");
    assert_eq!(berlin(&gap, "2026-03-29T01:00:00Z"), "open");
    // A window that begins in it is in force from the first minute after it.
    assert_eq!(berlin(&nightly("02:30", "05:00"), "2026-03-29T01:00:00Z"), "2026-03-29T03:00:00Z");
    // Back: 03:00 becomes 02:00; the hour between is quiet twice.
    assert_eq!(berlin(&half_past_two, "2026-10-24T23:00:00Z"), "2026-10-25T00:30:00Z");
    assert_eq!(berlin(&half_past_two, "2026-10-25T00:59:59Z"), "open");
    assert_eq!(berlin(&half_past_two, "2026-10-25T01:00:00Z"), "2026-10-25T01:30:00Z");
    assert_eq!(berlin(&nightly("22:00", "08:00"), "2026-10-24T21:00:00Z"), "2026-10-25T07:00:00Z");
    // Midnight itself is skipped in Beirut.
    assert_eq!(
        ask("Asia/Beirut", &nightly("22:00", "00:00"), "2024-03-30T21:00:00Z"),
        "2024-03-30T22:00:00Z"
    );
}

#[test]
fn the_end_of_one_window_is_never_inside_another() {
    let hours = Hours::quiet(
        Channels::ALL,
        vec![
            Window::daily(minute("22:00"), minute("08:00")),
            Window::daily(minute("08:00"), minute("09:00")),
            on(&[Weekday::Saturday, Weekday::Sunday], "00:00", "24:00"),
        ],
    )
    .unwrap();
    assert_eq!(ask("UTC", &hours, "2026-06-04T23:00:00Z"), "2026-06-05T09:00:00Z");
    assert_eq!(ask("UTC", &hours, "2026-06-05T23:00:00Z"), "2026-06-08T09:00:00Z");
}

#[test]
fn a_delivery_window_closes_everything_else() {
    let days = [Weekday::Monday, Weekday::Tuesday];
    let office = Hours::only(Channels::ALL, vec![on(&days, "10:00", "18:00")]).unwrap();
    assert_eq!(ask("UTC", &office, "2026-06-01T09:59:00Z"), "2026-06-01T10:00:00Z");
    assert_eq!(ask("UTC", &office, "2026-06-01T17:59:59Z"), "open");
    assert_eq!(ask("UTC", &office, "2026-06-02T18:00:00Z"), "2026-06-08T10:00:00Z");
    let night = Hours::only(Channels::ALL, vec![on(&days, "22:00", "02:00")]).unwrap();
    assert_eq!(ask("UTC", &night, "2026-06-03T01:59:59Z"), "open", "Tuesday's night");
    assert_eq!(ask("UTC", &night, "2026-06-03T02:00:00Z"), "2026-06-08T22:00:00Z");
    assert_eq!(
        ask("UTC", &Hours::only(Channels::ALL, vec![]).unwrap(), "2026-06-03T02:00:00Z"),
        "never"
    );
    assert_eq!(
        ask("UTC", &Hours::quiet(Channels::ALL, vec![]).unwrap(), "2026-06-03T02:00:00Z"),
        "open"
    );
    assert_eq!(ask("UTC", &nightly("00:00", "00:00"), "2026-06-03T02:00:00Z"), "never");
    for end in [Timestamp::MIN, Timestamp::MAX, Timestamp(i64::MIN), Timestamp(i64::MAX)] {
        let place = Place { zone: &Zone::utc(), channel: Channel::Sms, country: None };
        let found = decide(end, place, &[(Layer::User, &nightly("00:00", "24:00"))]);
        assert_eq!(found, Decision::Closed { layer: Layer::User, until: None }, "{end:?}");
    }
    let many = vec![Window::daily(Minute::START, Minute::END); WINDOWS_TOO_MANY];
    assert_eq!(Hours::quiet(Channels::ALL, many), None);
}

const WINDOWS_TOO_MANY: usize = hours::WINDOWS_MAX + 1;

#[test]
fn layers_add_up_and_the_first_that_objects_is_named() {
    let zone = Zone::named("Europe/Paris").unwrap();
    let place = Place { zone: &zone, channel: Channel::Sms, country: Some("FR") };
    let workspace = nightly("22:00", "07:00");
    let user = nightly("23:00", "10:00");
    let holidays = Days { weekdays: Weekdays::NONE, holidays: true };
    let law = Window { days: holidays, from: Minute::START, to: Minute::END };
    let law = Hours::quiet(Channels::of(&[Channel::Sms]), vec![law]).unwrap();
    let layers = [(Layer::Legal, &law), (Layer::Workspace, &workspace), (Layer::User, &user)];
    let closed = |when, layer, until: &str| {
        let until = Some(at(until));
        assert_eq!(decide(at(when), place, &layers), Decision::Closed { layer, until }, "{when}");
    };
    closed("2026-06-01T20:30:00Z", Layer::Workspace, "2026-06-02T08:00:00Z");
    closed("2026-06-02T06:00:00Z", Layer::User, "2026-06-02T08:00:00Z");
    // The night before the national holiday, and all of it, and the night after.
    closed("2026-07-13T20:30:00Z", Layer::Workspace, "2026-07-15T08:00:00Z");
    closed("2026-07-14T10:00:00Z", Layer::Legal, "2026-07-15T08:00:00Z");
    let push = Place { channel: Channel::Push, ..place };
    assert_eq!(decide(at("2026-07-14T10:00:00Z"), push, &layers), Decision::Open);
    let nowhere = Place { country: None, ..place };
    assert_eq!(decide(at("2026-07-14T10:00:00Z"), nowhere, &layers), Decision::Open);
}

#[test]
fn what_becomes_of_a_message() {
    let zone = Zone::utc();
    let place = Place { zone: &zone, channel: Channel::Email, country: None };
    let hours = nightly("22:00", "08:00");
    let layers = [(Layer::Campaign, &hours)];
    let ask = |now, policy, cut_off: Option<&str>| {
        outcome(at(now), place, &layers, policy, cut_off.map(at))
    };
    let night = "2026-06-01T23:00:00Z";
    let layer = Layer::Campaign;
    assert_eq!(ask("2026-06-01T12:00:00Z", Policy::Discard, None), Outcome::Send);
    assert_eq!(ask(night, Policy::Discard, None), Outcome::Drop(Reason::Quiet(layer)));
    let wait = Outcome::Wait { until: at("2026-06-02T08:00:00Z"), layer };
    assert_eq!(ask(night, Policy::Delay, None), wait);
    assert_eq!(ask(night, Policy::Delay, Some("2026-06-02T08:00:00.001Z")), wait);
    let late = Outcome::Drop(Reason::CutOff);
    assert_eq!(ask(night, Policy::Delay, Some("2026-06-02T08:00:00Z")), late);
    assert_eq!(ask("2026-06-01T12:00:00Z", Policy::Delay, Some("2026-06-01T12:00:00Z")), late);
    let never = nightly("00:00", "24:00");
    let never = [(Layer::User, &never)];
    let found = outcome(at(night), place, &never, Policy::Delay, None);
    assert_eq!(found, Outcome::Drop(Reason::NeverOpen(Layer::User)));
}

/// The plainest reading of a layer: look at what the clock shows, window by window.
fn naive_open(zone: &Zone, windows: &[(u8, i64, i64)], now: Timestamp) -> bool {
    let (day, ms) = zone.local(now);
    let inside = |days: u8, day: Day, from: i64, to: i64| {
        days >> day.weekday() as u8 & 1 == 1 && from <= ms && ms < to
    };
    windows.iter().all(|(days, from, to)| {
        let (from, to) = (from * 60_000, to * 60_000);
        let evening = Day(day.0 - 1);
        if from < to {
            !inside(*days, day, from, to)
        } else {
            !inside(*days, day, from, 86_400_000) && !inside(*days, evening, 0, to)
        }
    })
}

use model::Day;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Around changes of clocks, in quarter hours: the answer is what the wall clock says, and the
    /// instant it names is the first open one.
    #[test]
    fn agrees_with_looking_at_the_clock(
        zone in prop::sample::select(vec![
            "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
            "Asia/Beirut", "America/St_Johns", "Africa/Casablanca", "Pacific/Chatham", "UTC",
        ]),
        start in prop::sample::select(vec![
            "2026-03-28T00:00:00Z", "2026-10-24T00:00:00Z", "2026-03-07T00:00:00Z",
            "2026-10-31T00:00:00Z", "2026-04-04T00:00:00Z", "2026-02-14T00:00:00Z",
        ]),
        windows in prop::collection::vec((1_u8..128, 0_i64..96, 0_i64..96), 0..4),
        quarter in 0_i64..192,
    ) {
        let zone = Zone::named(zone).unwrap();
        let windows: Vec<(u8, i64, i64)> =
            windows.into_iter().map(|(days, from, to)| (days, from * 15, to * 15)).collect();
        let hours = Hours::quiet(Channels::ALL, windows.iter().map(|(days, from, to)| {
            let list: Vec<Weekday> =
                Weekday::ALL.into_iter().filter(|day| days >> *day as u8 & 1 == 1).collect();
            let minute = |n: &i64| Minute::at((n / 60) as u16, (n % 60) as u16).unwrap();
            let days = Days { weekdays: Weekdays::of(&list), holidays: false };
            Window { days, from: minute(from), to: minute(to) }
        }).collect()).unwrap();
        let now = at(start).plus(Span(quarter * 900_000));
        let place = Place { zone: &zone, channel: Channel::Sms, country: None };
        let found = decide(now, place, &[(Layer::User, &hours)]);
        let first = (0..35 * 96)
            .map(|i| now.plus(Span(i * 900_000)))
            .find(|instant| naive_open(&zone, &windows, *instant));
        let expected = match first {
            Some(first) if first == now => Decision::Open,
            until => Decision::Closed { layer: Layer::User, until },
        };
        prop_assert_eq!(found, expected);
    }
}
