use super::*;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn nine() -> Minute {
    Minute::at(9, 0).unwrap()
}

fn zones() -> Vec<Zone> {
    jiff::tz::db().available().filter_map(|name| Zone::named(name.as_str())).collect()
}

#[test]
fn everybody_everywhere_gets_it_when_their_clock_shows_nine() {
    let zones = zones();
    assert!(zones.len() > 400);
    for date in ["2026-01-15", "2026-03-29", "2026-07-01", "2026-10-25", "2026-11-01"] {
        let (first, last) = span(day(date), nine());
        for zone in &zones {
            let Due::At(due) = due(day(date), nine(), zone, first, Passed::Drop) else {
                panic!("{zone} {date}");
            };
            assert_eq!(zone.local(due), (day(date), 9 * 3_600_000), "{zone} {date}");
            assert!(first <= due && due <= last, "{zone} {date}");
        }
    }
}

#[test]
fn half_hour_zones_are_half_an_hour_off() {
    let check = |zone: &str, expected: &str| {
        let zone = Zone::named(zone).unwrap();
        let found = due(day("2026-06-01"), nine(), &zone, at("2026-05-01"), Passed::Drop);
        assert_eq!(found, Due::At(at(expected)), "{zone}");
    };
    check("Asia/Kolkata", "2026-06-01T03:30:00Z");
    check("Asia/Kathmandu", "2026-06-01T03:15:00Z");
    check("Australia/Eucla", "2026-06-01T00:15:00Z");
    check("America/St_Johns", "2026-06-01T11:30:00Z");
    check("Pacific/Marquesas", "2026-06-01T18:30:00Z");
    check("Pacific/Kiritimati", "2026-05-31T19:00:00Z");
    check("Etc/GMT+12", "2026-06-01T21:00:00Z");
}

#[test]
fn who_is_too_late_is_left_out_or_gets_it_the_next_day() {
    let istanbul = Zone::named("Europe/Istanbul").unwrap();
    let ask = |started, passed| due(day("2026-06-01"), nine(), &istanbul, at(started), passed);
    assert_eq!(ask("2026-06-01T06:00:00Z", Passed::Drop), Due::At(at("2026-06-01T06:00:00Z")));
    assert_eq!(ask("2026-06-01T06:00:00.001Z", Passed::Drop), Due::Passed);
    let tomorrow = Due::At(at("2026-06-02T06:00:00Z"));
    assert_eq!(ask("2026-06-01T06:00:00.001Z", Passed::NextDay), tomorrow);
    assert_eq!(ask("2026-06-01T22:00:00Z", Passed::NextDay), tomorrow, "already the 2nd there");
    let later = Due::At(at("2026-06-10T06:00:00Z"));
    assert_eq!(ask("2026-06-09T12:00:00Z", Passed::NextDay), later);
}

#[test]
fn the_next_day_exists_in_every_zone_at_every_hour() {
    let half_past_two = Minute::at(2, 30).unwrap();
    for zone in zones() {
        for hour in 0..48 {
            let started = at("2026-03-28T12:00:00Z").plus(Span(hour * Span::HOUR.0));
            let Due::At(due) =
                due(day("2026-03-27"), half_past_two, &zone, started, Passed::NextDay)
            else {
                panic!("{zone} {started}");
            };
            assert!(due >= started && due < started.plus(Span(25 * Span::HOUR.0)), "{zone}");
        }
    }
}

#[test]
fn nights_on_which_clocks_change() {
    let berlin = Zone::named("Europe/Berlin").unwrap();
    let half_past_two = Minute::at(2, 30).unwrap();
    let ask = |date| due(day(date), half_past_two, &berlin, at("2026-01-01"), Passed::Drop);
    assert_eq!(ask("2026-03-29"), Due::At(at("2026-03-29T01:30:00Z")), "03:30 on the clock");
    assert_eq!(ask("2026-10-25"), Due::At(at("2026-10-25T00:30:00Z")), "the first 02:30");
}
