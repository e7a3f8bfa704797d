use super::*;

fn check(text: &str, expected: &str) {
    assert_eq!(Timestamp::parse(text).unwrap().to_string(), expected, "{text}");
}

#[test]
fn instants_are_read_in_every_common_form() {
    check("2026-03-01T09:00:00Z", "2026-03-01T09:00:00.000Z");
    check("2026-03-01 09:00:00.5+03:00", "2026-03-01T06:00:00.500Z");
    check("2026-03-01T09:00", "2026-03-01T09:00:00.000Z");
    check("2024-02-29", "2024-02-29T00:00:00.000Z");
    check("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z");
    check("2026-03-01T09:00:00.123456789-0130", "2026-03-01T10:30:00.123Z");
}

#[test]
fn what_is_not_an_instant_is_refused() {
    for text in [
        "",
        "2026",
        "2023-02-29",
        "2026-13-01",
        "2026-03-01T25:00:00Z",
        "now",
        "2026-03-01T09:00:00X",
        "2026-03-01T09:00:00.",
    ] {
        assert!(Timestamp::parse(text).is_err(), "{text}");
    }
}

#[test]
fn spans_print_what_they_read() {
    for text in ["30d", "90m", "1500ms", "1h", "45s"] {
        assert_eq!(Span::parse(text).unwrap().to_string(), text);
    }
    assert_eq!(Span::parse("2w").unwrap(), Span::days(14));
    for text in ["", "d", "1", "-1d", "1.5d", "1y", "99999999999999999999d", "99999999w"] {
        assert!(Span::parse(text).is_err(), "{text}");
    }
}

#[test]
fn civil_dates_and_day_numbers_are_inverse() {
    for days in (-800_000..800_000).step_by(97) {
        let (y, m, d) = civil_from_days(days);
        assert_eq!(days_from_civil(y, m, d), days);
    }
}
