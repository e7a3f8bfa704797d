use super::*;

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn name(code: &str, date: &str) -> Option<&'static str> {
    country(code).unwrap().holiday(day(date))
}

#[test]
fn the_file_is_read_whole() {
    let countries = read::read(TEXT).unwrap();
    assert_eq!(countries.len(), 28);
    for code in
        ["US", "GB", "DE", "FR", "ES", "IT", "NL", "TR", "IN", "ID", "SA", "AE", "BR", "MX", "JP"]
    {
        let known = country(code).unwrap();
        assert!(YEARS.clone().all(|year| known.year(year).count() >= 1), "{code}");
    }
}

/// Every holiday of every country and year for which another implementation has dates.
#[test]
fn golden_dates() {
    let (mut n, mut wrong) = (0, Vec::new());
    for line in include_str!("golden.txt").lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        let (code, year) = (words.next().unwrap(), words.next().unwrap());
        let expected: Vec<String> = words.map(|date| format!("{year}-{date}")).collect();
        let known = country(code).unwrap();
        let mut found: Vec<String> =
            known.year(year.parse().unwrap()).map(|(day, _)| day.to_string()).collect();
        found.dedup();
        if found != expected {
            wrong.push(format!("{code} {year}: {found:?} is not {expected:?}"));
        }
        n += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(n >= 100, "{n}");
}

#[test]
fn dates_that_people_know() {
    assert_eq!(name("US", "2026-11-26"), Some("Thanksgiving"));
    assert_eq!(name("US", "2026-07-03"), Some("Independence Day"), "the 4th is a Saturday");
    assert_eq!(name("US", "2021-12-31"), Some("New Year's Day"));
    assert_eq!(name("GB", "2027-12-27"), Some("Christmas Day"));
    assert_eq!(name("GB", "2027-12-28"), Some("Boxing Day"));
    assert_eq!(name("DE", "2026-04-03"), Some("Karfreitag"));
    assert_eq!(name("DE", "2026-10-31"), None, "not in the whole country");
    assert_eq!(name("FR", "2026-05-14"), Some("Ascension"));
    assert_eq!(name("ES", "2026-12-08"), Some("Inmaculada Concepción"));
    assert_eq!(name("IT", "2025-10-04"), None);
    assert_eq!(name("IT", "2026-10-04"), Some("San Francesco d'Assisi"));
    assert_eq!(name("NL", "2025-04-26"), Some("Koningsdag"), "the 27th is a Sunday");
    assert_eq!(name("NL", "2025-04-27"), None);
    assert_eq!(name("TR", "2026-03-20"), Some("Ramazan Bayramı"));
    assert_eq!(name("TR", "2026-05-30"), Some("Kurban Bayramı"));
    assert_eq!(name("IN", "2026-08-15"), Some("Independence Day"));
    assert_eq!(name("ID", "2026-08-17"), Some("Hari Kemerdekaan"));
    assert_eq!(name("SA", "2026-09-23"), Some("National Day"));
    assert_eq!(name("AE", "2026-12-02"), Some("National Day"));
    assert_eq!(name("BR", "2026-09-07"), Some("Independência do Brasil"));
    assert_eq!(name("MX", "2026-11-16"), Some("Día de la Revolución"));
    assert_eq!(name("JP", "2026-05-06"), Some("憲法記念日"), "the 3rd is a Sunday");
}

#[test]
fn holidays_have_names_and_a_day_may_have_two() {
    let indonesia = country("ID").unwrap();
    let vesak: Vec<Day> = indonesia.named("Hari Raya Waisak").collect();
    assert!(vesak.contains(&day("2034-06-01")) && vesak.len() == 12);
    assert_eq!(name("ID", "2034-06-01"), Some("Hari Raya Waisak"));
    let twice = indonesia.year(2034).filter(|(found, _)| *found == day("2034-06-01"));
    assert_eq!(twice.count(), 2);
    assert_eq!(indonesia.named("Thanksgiving").count(), 0);
    assert!(country("US").unwrap().names().iter().any(|name| name == "Thanksgiving"));
    let christmas: Vec<Day> = country("GB").unwrap().named("Christmas Day").collect();
    assert!(christmas.contains(&day("2027-12-25")) && christmas.contains(&day("2027-12-27")));
}

#[test]
fn easter_of_both_churches() {
    use rule::{Church, easter};
    let cases = [("2024-03-31", "2024-05-05"), ("2025-04-20", "2025-04-20")];
    let more = [("2026-04-05", "2026-04-12"), ("2038-04-25", "2038-04-25")];
    for (western, orthodox) in cases.into_iter().chain(more) {
        let year = day(western).civil().0;
        assert_eq!(Day(easter(Church::Western, year)).to_string(), western);
        assert_eq!(Day(easter(Church::Orthodox, year)).to_string(), orthodox);
    }
}

#[test]
fn weekends_differ_by_country() {
    assert!(weekend(Some("sa")).has(Weekday::Friday) && !weekend(Some("sa")).has(Weekday::Sunday));
    assert_eq!(weekend(Some("AE")), Weekdays::SATURDAY_SUNDAY);
    assert_eq!(weekend(Some("??")), Weekdays::SATURDAY_SUNDAY);
    assert_eq!(weekend(Some("IR")), Weekdays::of(&[Weekday::Friday]));
    assert!(country("??").is_none());
    assert_eq!(Weekdays::from_to(Weekday::Sunday, Weekday::Monday).others().others().0, 0b100_0001);
}

#[test]
fn a_line_that_makes_no_sense_is_named() {
    for wrong in ["country US weekend sat", "country US weekend sat-sun\n x | 5th mon jan"] {
        assert!(read::read(wrong).unwrap_err().to_string().contains("is not understood"));
    }
    let wrong = read::read("table a 2026-01-01\n\n  x | 01-01").unwrap_err();
    assert!(wrong.to_string().starts_with("line 3 "));
}
