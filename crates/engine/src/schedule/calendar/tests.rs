use model::Span;
use proptest::prelude::*;

use super::*;
use crate::schedule::local::Minute;

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn times(list: &[&str]) -> Vec<Minute> {
    list.iter().map(|text| Minute::parse(text).unwrap()).collect()
}

fn calendar(start: &str, pattern: Pattern) -> Calendar {
    let (start, days) = (day(start), DayRules::default());
    Calendar { pattern, start, end: End::Never, except: Vec::new(), days }
}

fn daily(start: &str, at: &[&str]) -> Calendar {
    calendar(start, Pattern::Days { every: 1, at: times(at) })
}

/// The first runs, as the wall clock shows them: "11-30 09:00".
fn runs(calendar: &Calendar, zone: &str, n: usize) -> Vec<String> {
    assert_eq!(calendar.check(), Ok(()));
    let zone = Zone::named(zone).unwrap();
    calendar.occurrences(&zone).take(n).map(|at| shown(&zone, at)).collect()
}

fn shown(zone: &Zone, at: Timestamp) -> String {
    let (day, ms) = zone.local(at);
    format!("{} {:02}:{:02}", &day.to_string()[5..], ms / 3_600_000, ms / 60_000 % 60)
}

#[test]
fn once_and_on_many_dates() {
    let nine = Minute::at(9, 0).unwrap();
    let once = Calendar::once(day("2026-12-01"), nine);
    assert_eq!(runs(&once, "Europe/Istanbul", 5), ["12-01 09:00"]);
    let zone = Zone::named("Europe/Istanbul").unwrap();
    let at = Timestamp::parse("2026-12-01T06:00:00Z").unwrap();
    assert_eq!(once.next_after(Timestamp(at.0 - 1), &zone), Some(at));
    assert_eq!(once.next_after(at, &zone), None, "after an instant is not at it");
    let dates = ["2026-12-24", "2026-12-01", "2026-12-24"].map(|date| (day(date), nine));
    let many = calendar("2026-11-01", Pattern::Dates(dates.to_vec()));
    assert_eq!(runs(&many, "UTC", 5), ["12-01 09:00", "12-24 09:00"]);
}

#[test]
fn days_weeks_and_months() {
    let third = calendar("2026-11-30", Pattern::Days { every: 3, at: times(&["18:30", "09:00"]) });
    let expected = ["11-30 09:00", "11-30 18:30", "12-03 09:00", "12-03 18:30"];
    assert_eq!(runs(&third, "UTC", 4), expected);

    let on = Weekdays::of(&[Weekday::Monday, Weekday::Thursday]);
    // It starts on a Wednesday: Monday of the first week has passed.
    let weeks = calendar("2026-12-02", Pattern::Weeks { every: 2, on, at: times(&["08:00"]) });
    let expected = ["12-03 08:00", "12-14 08:00", "12-17 08:00", "12-28 08:00"];
    assert_eq!(runs(&weeks, "UTC", 4), expected);

    let months = |every, on: &[MonthDay]| {
        let pattern = Pattern::Months { every, on: on.to_vec(), at: times(&["10:00"]) };
        runs(&calendar("2027-01-15", pattern), "UTC", 4)
    };
    let thirty_first = ["01-31 10:00", "03-31 10:00", "05-31 10:00", "07-31 10:00"];
    assert_eq!(months(1, &[MonthDay::Day(31)]), thirty_first);
    let last = ["01-31 10:00", "02-28 10:00", "03-31 10:00", "04-30 10:00"];
    assert_eq!(months(1, &[MonthDay::Last]), last);
    let second_tuesday = ["02-09 10:00", "03-09 10:00", "04-13 10:00", "05-11 10:00"];
    assert_eq!(months(1, &[MonthDay::Nth(2, Weekday::Tuesday)]), second_tuesday);
    let last_friday = ["01-29 10:00", "04-30 10:00", "07-30 10:00", "10-29 10:00"];
    assert_eq!(months(3, &[MonthDay::LastOf(Weekday::Friday)]), last_friday);
    let both = ["01-15 10:00", "01-31 10:00", "02-15 10:00", "02-28 10:00"];
    assert_eq!(months(1, &[MonthDay::Last, MonthDay::Day(15)]), both);
}

#[test]
fn hours_are_hours_that_pass() {
    let start = Minute::at(22, 0).unwrap();
    let eight = calendar("2026-03-28", Pattern::Hours { every: 8, from: start });
    let expected = ["03-28 22:00", "03-29 07:00", "03-29 15:00", "03-29 23:00", "03-30 07:00"];
    assert_eq!(runs(&eight, "Europe/Berlin", 5), expected);
    let long = calendar("2026-03-28", Pattern::Hours { every: 50, from: start });
    assert_eq!(runs(&long, "UTC", 3), ["03-28 22:00", "03-31 00:00", "04-02 02:00"]);
}

#[test]
fn ends_and_exceptions() {
    let mut daily = daily("2026-12-01", &["09:00", "17:00"]);
    daily.except = vec![day("2026-12-02")];
    daily.end = End::On(day("2026-12-03"));
    let expected = ["12-01 09:00", "12-01 17:00", "12-03 09:00", "12-03 17:00"];
    assert_eq!(runs(&daily, "UTC", 9), expected);
    daily.end = End::After(3);
    assert_eq!(runs(&daily, "UTC", 9), expected[..3]);
    let utc = Zone::utc();
    let at = |text: &str| Timestamp::parse(text).unwrap();
    let next = daily.next_after(at("2026-12-02T00:00:00Z"), &utc);
    assert_eq!(next, Some(at("2026-12-03T09:00:00Z")));
    assert_eq!(daily.next_after(at("2026-12-03T09:00:00Z"), &utc), None, "three have run");
}

#[test]
fn weekends_and_holidays_of_a_country() {
    let rules = |weekends, holidays, country: &str| {
        let mut daily = daily("2026-12-23", &["09:00"]);
        daily.days = DayRules { weekends, holidays, country: Some(country.into()), own: vec![] };
        let dates = runs(&daily, "UTC", 4);
        dates.iter().map(|run| run[..5].to_string()).collect::<Vec<_>>()
    };
    // 26 December 2026 is a Saturday.
    let free = rules(Sense::Never, Sense::Never, "DE");
    assert_eq!(free, ["12-23", "12-24", "12-28", "12-29"]);
    let weekends = rules(Sense::Never, Sense::Any, "SA");
    assert_eq!(weekends, ["12-23", "12-24", "12-27", "12-28"], "Friday and Saturday");
    let holidays = rules(Sense::Any, Sense::Only, "GB");
    assert_eq!(holidays, ["12-25", "12-26", "12-28", "01-01"]);
    let either = rules(Sense::Only, Sense::Only, "US");
    assert_eq!(either, ["12-25", "12-26", "12-27", "01-01"]);
    let but = rules(Sense::Never, Sense::Only, "GB");
    assert_eq!(but, ["12-25", "12-28", "01-01", "03-26"], "a holiday on a Saturday is left out");

    let mut own = daily("2026-12-23", &["09:00"]);
    own.days.holidays = Sense::Never;
    own.days.own = vec![day("2026-12-24")];
    assert_eq!(runs(&own, "UTC", 3), ["12-23 09:00", "12-25 09:00", "12-26 09:00"]);
}

#[test]
fn nights_on_which_clocks_change() {
    let spring = daily("2026-03-28", &["02:30"]);
    let expected = ["03-28 02:30", "03-29 03:30", "03-30 02:30"];
    assert_eq!(runs(&spring, "Europe/Berlin", 3), expected);
    // Moved forward, it meets another time of the same day: one run.
    let both = daily("2026-03-29", &["02:30", "03:30", "03:15"]);
    let expected = ["03-29 03:15", "03-29 03:30", "03-30 02:30"];
    assert_eq!(runs(&both, "Europe/Berlin", 3), expected);
    let autumn = daily("2026-10-25", &["02:30"]);
    let berlin = Zone::named("Europe/Berlin").unwrap();
    let first: Vec<_> = autumn.occurrences(&berlin).take(2).collect();
    assert_eq!(first[0], Timestamp::parse("2026-10-25T00:30:00Z").unwrap());
    assert_eq!(first[1] - first[0], Span(25 * Span::HOUR.0));
    // A day that a zone never had: its time is moved over midnight and is not lost.
    let apia = daily("2011-12-29", &["12:00"]);
    assert_eq!(runs(&apia, "Pacific/Apia", 3), ["12-29 12:00", "12-31 12:00", "01-01 12:00"]);
    let skipped = Calendar::once(day("2011-12-30"), Minute::at(12, 0).unwrap());
    let zone = Zone::named("Pacific/Apia").unwrap();
    let morning = Timestamp::parse("2011-12-31T10:00:00+14:00").unwrap();
    assert_eq!(shown(&zone, skipped.next_after(morning, &zone).unwrap()), "12-31 12:00");
}

#[test]
fn what_never_is_ends() {
    let months = |on| Pattern::Months { every: 12, on: vec![on], at: times(&["10:00"]) };
    let never = calendar("2026-04-01", months(MonthDay::Day(31)));
    assert_eq!(runs(&never, "UTC", 2), [""; 0]);
    let leap = calendar("2026-02-01", months(MonthDay::Day(29)));
    assert_eq!(runs(&leap, "UTC", 2), ["02-29 10:00"; 2]);
    let mut excluded = Calendar::once(day("2026-12-01"), Minute::START);
    excluded.except = vec![day("2026-12-01")];
    assert_eq!(runs(&excluded, "UTC", 2), [""; 0]);
    let zone = Zone::named("Pacific/Kiritimati").unwrap();
    assert_eq!(daily("2026-12-01", &["09:00"]).next_after(Timestamp::MAX, &zone), None);
    let utc = Zone::utc();
    let mut always = daily("2026-12-01", &["09:00"]);
    always.start = Day(i64::MIN);
    let after = Timestamp::parse("2026-12-01T10:00:00Z").unwrap();
    assert_eq!(shown(&utc, always.next_after(after, &utc).unwrap()), "12-02 09:00");
    always.start = Day(i64::MAX);
    assert_eq!(always.next_after(after, &utc), None);
    let far = daily("2026-12-01", &["09:00"]).next_after(Timestamp::MIN, &zone);
    assert_eq!(shown(&zone, far.unwrap()), "12-01 09:00");
}

#[test]
fn what_is_wrong_is_named() {
    let wrong = |pattern| calendar("2026-12-01", pattern).check().unwrap_err();
    assert_eq!(wrong(Pattern::Dates(vec![])), CalendarError::Dates(0, "dates"));
    assert_eq!(wrong(Pattern::Days { every: 0, at: times(&["09:00"]) }), CalendarError::Every(0));
    assert_eq!(wrong(Pattern::Days { every: 1, at: vec![] }), CalendarError::Times(0));
    let midnight = Pattern::Days { every: 1, at: times(&["24:00"]) };
    assert_eq!(wrong(midnight), CalendarError::Midnight);
    let nothing = Pattern::Weeks { every: 1, on: Weekdays::NONE, at: times(&["09:00"]) };
    assert_eq!(wrong(nothing), CalendarError::NoDays);
    let day_32 = vec![MonthDay::Day(32)];
    let day_32 = Pattern::Months { every: 1, on: day_32, at: times(&["09:00"]) };
    assert_eq!(wrong(day_32), CalendarError::MonthDay(32));
    let mut ends = daily("2026-12-01", &["09:00"]);
    ends.end = End::On(day("2026-11-30"));
    assert!(ends.check().unwrap_err().to_string().starts_with("it ends on 2026-11-30, before"));
    ends.end = End::After(0);
    assert_eq!(ends.check(), Err(CalendarError::Runs(0)));
    ends.end = End::Never;
    ends.days.country = Some("XX".into());
    assert_eq!(ends.check(), Err(CalendarError::Country("XX".into())));
}

/// A calendar oracle that shares nothing with the pattern: it goes through all days of civil dates
/// and asks plain questions about year, month, day and weekday.
fn naive(calendar: &Calendar, zone: &Zone, days: i64) -> Vec<Timestamp> {
    let mut found = Vec::new();
    let mut monday = calendar.start.0;
    while Day(monday).weekday() != Weekday::Monday {
        monday -= 1;
    }
    for number in calendar.start.0..calendar.start.0 + days {
        let (day, (year, month, of_month)) = (Day(number), Day(number).civil());
        let (every, right, at) = match &calendar.pattern {
            Pattern::Days { every, at } => (number - calendar.start.0, true, (every, at)),
            Pattern::Weeks { every, on, at } => {
                ((number - monday) / 7, on.has(day.weekday()), (every, at))
            }
            Pattern::Months { every, on, at } => {
                let (first_year, first_month, _) = calendar.start.civil();
                let ends = Day(number + 1).civil().1 != month;
                let right = on.iter().any(|on| match on {
                    MonthDay::Day(n) => i64::from(*n) == of_month,
                    MonthDay::Last => ends,
                    MonthDay::Nth(n, weekday) => {
                        let before = (1..=of_month)
                            .filter(|d| Day(number - of_month + d).weekday() == *weekday);
                        day.weekday() == *weekday && before.count() == usize::from(*n)
                    }
                    MonthDay::LastOf(weekday) => {
                        day.weekday() == *weekday && Day(number + 7).civil().1 != month
                    }
                });
                ((year - first_year) * 12 + month - first_month, right, (every, at))
            }
            Pattern::Dates(_) | Pattern::Hours { .. } => unreachable!("not generated"),
        };
        let excepted = calendar.except.contains(&day);
        if right && every % i64::from(*at.0) == 0 && !excepted {
            found.extend(at.1.iter().map(|at| crate::schedule::instant(zone, day, *at)));
        }
    }
    found.sort();
    found.dedup();
    found
}

fn patterns() -> impl Strategy<Value = Pattern> {
    let at = prop::collection::vec(0_u16..48, 1..4).prop_map(|halves| {
        let minute = |half: &u16| Minute::at(half / 2, half % 2 * 30).unwrap();
        halves.iter().map(minute).collect::<Vec<_>>()
    });
    let weekday = prop::sample::select(Weekday::ALL.to_vec());
    let month_day = prop_oneof![
        (1_u8..32).prop_map(MonthDay::Day),
        Just(MonthDay::Last),
        (1_u8..6, weekday.clone()).prop_map(|(n, weekday)| MonthDay::Nth(n, weekday)),
        weekday.clone().prop_map(MonthDay::LastOf),
    ];
    (
        1_u16..5,
        at,
        prop::collection::vec(weekday, 1..4),
        prop::collection::vec(month_day, 1..3),
        0..3,
    )
        .prop_map(|(every, at, weekdays, on, kind)| match kind {
            0 => Pattern::Days { every, at },
            1 => Pattern::Weeks { every, on: Weekdays::of(&weekdays), at },
            _ => Pattern::Months { every, on, at },
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn agrees_with_going_through_all_days(
        pattern in patterns(),
        start in 20_454_i64..20_900,
        except in prop::collection::vec(0_i64..60, 0..5),
        zone in prop::sample::select(vec!["Europe/Berlin", "America/Santiago", "Asia/Beirut", "UTC"]),
        probe in 0_i64..400,
    ) {
        let zone = Zone::named(zone).unwrap();
        let except = except.into_iter().map(|days| Day(start + days)).collect();
        let days = DayRules::default();
        let calendar = Calendar { pattern, start: Day(start), end: End::Never, except, days };
        let expected = naive(&calendar, &zone, 500);
        let last = zone.start_of_day(Day(start + 490));
        let until = |list: Vec<Timestamp>| -> Vec<Timestamp> {
            list.into_iter().take_while(|at| *at < last).collect()
        };
        let expected = until(expected);
        let found = until(calendar.occurrences(&zone).take(3_000).collect());
        prop_assert_eq!(&found, &expected);
        // Asked from anywhere, the answer is the first of them that is later.
        let after = zone.start_of_day(Day(start + probe)).plus(Span(9 * Span::HOUR.0));
        if let Some(next) = expected.iter().find(|at| **at > after) {
            prop_assert_eq!(calendar.next_after(after, &zone), Some(*next));
        }
    }
}
