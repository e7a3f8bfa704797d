//! Filters beyond the suites: languages, hashes, and values that make no sense.

use super::*;

fn locale(text: &str) -> Context<'static> {
    Context {
        locale: Locale::parse(text).unwrap(),
        zone: Zone::named("Europe/Istanbul").unwrap(),
        ..context()
    }
}

#[test]
fn dates_speak_the_language_and_keep_the_zone() {
    let pattern = "{{ 'now' | date: '%-d %B %Y, %A %H:%M' }}";
    check_in(&locale("tr"), pattern, "20 Kasım 2026, Cuma 13:05");
    check_in(&locale("de-AT"), pattern, "20 November 2026, Freitag 13:05");
    check_in(&locale("ar-EG"), pattern, "20 نوفمبر 2026, الجمعة 13:05");
    check_in(&locale("id"), pattern, "20 November 2026, Jumat 13:05");
    check_in(&locale("xx"), pattern, "20 November 2026, Friday 13:05");
    check_in(&locale("tr"), "{{ 'now' | date: '%^A' }}", "CUMA");
    check_in(&locale("en"), "{{ '1990-05-01' | date: '%d %H' }}", "01 00");
    check_in(
        &locale("en"),
        "{{ '2026-11-20 23:30' | date: '%d %H:%M %z %Z' }}",
        "20 23:30 +0300 +03",
    );
    check_in(&locale("en"), "{{ '2026-11-20T23:30:00Z' | date: '%d %H:%M' }}", "21 02:30");
    check_in(
        &locale("en"),
        "{{ 'now' | time_zone: 'America/New_York' | date: '%H:%M %:z' }}",
        "05:05 -05:00",
    );
    check_in(
        &locale("en"),
        "{{ 'now' | time_zone: 'America/New_York' }}",
        "2026-11-20 05:05:09 -0500",
    );
    check_in(
        &locale("en"),
        "{{ 'now' | date: '%H', 'Asia/Jakarta' }}{{ 'now' | date: '%H', 'no/zone' }}",
        "1713",
    );
}

#[test]
fn a_wall_clock_at_a_change_of_time_is_moved() {
    let berlin = Context { zone: Zone::named("Europe/Berlin").unwrap(), ..context() };
    // Clocks go from 02:00 to 03:00 on 29 March 2026, and from 03:00 to 02:00 on 25 October.
    check_in(&berlin, "{{ '2026-03-29 01:59' | date: '%H:%M %z' }}", "01:59 +0100");
    check_in(&berlin, "{{ '2026-03-29 03:00' | date: '%H:%M %z' }}", "03:00 +0200");
    check_in(&berlin, "{{ '2026-10-25 12:00' | date: '%H:%M %z %Z' }}", "12:00 +0100 CET");
}

#[test]
fn numbers_and_money_are_written_as_people_do() {
    let number = "{{ 1234567.5 | number }} {{ 1234.5 | number: 2 }} {{ -0.4 | number: 0 }}";
    check_in(&locale("en"), number, "1,234,567.5 1,234.50 0");
    check_in(&locale("tr"), number, "1.234.567,5 1.234,50 0");
    check_in(&locale("fr"), number, "1\u{202f}234\u{202f}567,5 1\u{202f}234,50 0");
    check_in(&locale("es"), number, "1.234.567,5 1234,50 0");
    check_in(&locale("es-MX"), number, "1,234,567.5 1234.50 0");
    check_in(&locale("de-CH"), number, "1’234’567.5 1’234.50 0");
    check_in(&locale("ar"), number, "1,234,567.5 1,234.50 0");
    let money = "{{ 1234.5 | money: 'TRY' }} {{ -3 | money: 'usd' }} {{ 5 | money: 'CHF' }}";
    check_in(&locale("tr"), money, "₺1.234,50 -$3,00 CHF\u{a0}5,00");
    check_in(&locale("en-US"), money, "₺1,234.50 -$3.00 CHF\u{a0}5.00");
    check_in(&locale("de"), money, "1.234,50\u{a0}₺ -3,00\u{a0}$ 5,00\u{a0}CHF");
    check_in(&locale("id"), "{{ 25000 | money: 'IDR' }}", "Rp\u{a0}25.000");
    check_in(
        &locale("en"),
        "{{ 12.3456 | money: 'KWD' }}{{ absent | money: 'USD' }}{{ 7 | money }}",
        "KWD\u{a0}12.3467.00",
    );
    check_in(
        &locale("tr"),
        "{{ 1234567.891 | number_with_delimiter }} {{ 'x' | number_with_delimiter }}",
        "1,234,567.891 x",
    );
}

#[test]
fn turkish_has_two_letters_i() {
    check_in(
        &locale("tr"),
        "{{ 'izmir ıhlamur' | upcase }} {{ 'İZMİR IHLAMUR' | downcase }} {{ 'istanbul' | capitalize }}",
        "İZMİR IHLAMUR izmir ıhlamur İstanbul",
    );
    check("{{ 'izmir' | upcase }}", "IZMIR");
}

#[test]
fn hashes_are_those_of_the_standards() {
    check(
        "{{ '' | md5 }} {{ 'abc' | md5 }}",
        "d41d8cd98f00b204e9800998ecf8427e 900150983cd24fb0d6963f7d28e17f72",
    );
    check("{{ 'abc' | sha1 }}", "a9993e364706816aba3e25717850c26c9cd0d89d");
    check(
        "{{ 'abc' | sha256 }}",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
    // RFC 4231 and RFC 2202, case 2.
    check(
        "{{ 'what do ya want for nothing?' | hmac_sha256: 'Jefe' }}",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    );
    check(
        "{{ 'what do ya want for nothing?' | hmac_sha1: 'Jefe' }}",
        "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
    );
}

#[test]
fn what_makes_no_sense_gives_nothing_or_stays() {
    check("{{ '%%%' | base64_decode }}{{ '%zz%4' | url_decode }}", "%zz%4");
    check("{{ '{' | parse_json }}{{ '[1,{\"a\":2}]' | parse_json | last | json }}", "{\"a\":2}");
    check(
        "{{ 'soon' | date: '%Y' }}{{ 99999999999999999999 | date: '%Y' }}",
        "soon100000000000000000000",
    );
    check("{{ 'a' | round }}{{ list | plus: 1 }}{{ profile | abs }}", "010");
    check("{{ 'x' | time_zone: 'UTC' }}{{ 'now' | time_zone: 'x' }}", "xnow");
    check("{{ profile | property_accessor: 'city' }}{{ list | property_accessor: 'x' }}", "İzmir");
    check(
        "{{ -9223372036854775808 | abs }} {{ -9223372036854775808 | divided_by: -1 }}",
        "9223372036854776000 9223372036854776000",
    );
    check("{{ -9223372036854775808 | modulo: -1 }}", "0");
}

#[test]
fn words_for_shops() {
    check(
        "{{ 1 | pluralize: 'item', 'items' }} {{ 2 | pluralize: 'item', 'items' }}",
        "item items",
    );
    check(
        "{{ ' Güz & Kış 2026!' | handleize }} {{ 'a b/ü' | url_escape }}",
        "güz-kış-2026 a%20b/%C3%BC",
    );
}

#[test]
fn sorting_mixed_values_is_always_the_same() {
    check(
        "{{ '10,9,2a' | split: ',' | push: 10 | push: 9.5 | push: true | push: nil | push: list | sort | join: ' ' }}",
        "9.5 10 10 2a 9 true 312 ",
    );
}
