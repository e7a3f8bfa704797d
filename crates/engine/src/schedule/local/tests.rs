use super::*;

fn zone(name: &str) -> Zone {
    Zone::named(name).unwrap()
}

fn check(name: &str, day: &str, time: &str, expected: &str) {
    let found = instant(&zone(name), Day::parse(day).unwrap(), Minute::parse(time).unwrap());
    assert_eq!(found, Timestamp::parse(expected).unwrap(), "{name} {day} {time}");
}

#[test]
fn skipped_times_move_forward_and_double_ones_are_the_first() {
    check("Europe/Berlin", "2026-03-29", "01:59", "2026-03-29T00:59:00Z");
    check("Europe/Berlin", "2026-03-29", "02:30", "2026-03-29T01:30:00Z");
    check("Europe/Berlin", "2026-03-29", "03:00", "2026-03-29T01:00:00Z");
    check("Europe/Berlin", "2026-10-25", "02:30", "2026-10-25T00:30:00Z");
    check("Europe/Berlin", "2026-10-25", "03:00", "2026-10-25T02:00:00Z");
    check("Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45:00Z");
    check("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:45:00Z");
    check("Asia/Kathmandu", "2026-06-01", "09:00", "2026-06-01T03:15:00Z");
    check("Pacific/Apia", "2011-12-30", "12:00", "2011-12-30T22:00:00Z");
    check("Asia/Beirut", "2024-03-31", "00:00", "2024-03-30T22:00:00Z");
    check("UTC", "2026-06-01", "24:00", "2026-06-02T00:00:00Z");
}

/// Every zone there is, around every change of its clocks in four years.
#[test]
fn all_zones_agree_with_the_library_that_knows_their_rules() {
    use jiff::civil::date;
    let mut n = 0;
    for name in jiff::tz::db().available() {
        let name = name.as_str();
        let Some(ours) = Zone::named(name) else { continue };
        let theirs = jiff::tz::TimeZone::get(name).unwrap();
        let start = theirs.to_timestamp(date(2024, 1, 1).at(0, 0, 0, 0)).unwrap();
        for change in theirs.following(start).take(8) {
            let wall =
                change.timestamp().as_millisecond() + i64::from(change.offset().seconds()) * 1_000;
            for minutes in (-150..=150).step_by(15) {
                let wall = wall + minutes * 60_000;
                let (day, minute) = (wall.div_euclid(86_400_000), wall.rem_euclid(86_400_000));
                let (hour, minute) = (minute / 3_600_000, minute / 60_000 % 60);
                let civil = jiff::Timestamp::from_millisecond(wall).unwrap();
                let civil = jiff::tz::TimeZone::UTC.to_datetime(civil);
                let expected = theirs.to_timestamp(civil).unwrap().as_millisecond();
                let minute = Minute::at(hour as u16, minute as u16).unwrap();
                let found = instant(&ours, Day(day), minute);
                if civil.second() == 0 {
                    assert_eq!(found.0, expected, "{name} {civil}");
                    n += 1;
                }
            }
        }
    }
    assert!(n > 20_000, "{n}");
}

#[test]
fn changes_are_found_to_the_millisecond() {
    let at = |text: &str| Timestamp::parse(text).unwrap();
    let berlin = zone("Europe/Berlin");
    let found = change(&berlin, at("2026-03-28T12:00:00Z"), at("2026-03-29T12:00:00Z"));
    assert_eq!(found, Some(at("2026-03-29T01:00:00Z")));
    assert_eq!(change(&berlin, at("2026-03-29T01:00:00Z"), at("2026-04-29T01:00:00Z")), None);
    assert_eq!(change(&berlin, at("2026-03-30T01:00:00Z"), at("2026-03-20T01:00:00Z")), None);
}

#[test]
fn minutes_are_read_strictly() {
    assert_eq!(Minute::parse("24:00"), Some(Minute::END));
    for wrong in ["24:01", "7:30", "07:60", "+7:30", "0730", "07:30:00", ""] {
        assert_eq!(Minute::parse(wrong), None, "{wrong}");
    }
}
