use model::{Timestamp, Zone};

use super::*;
use crate::schedule::quiet_hours::{Decision, Layer, Place, decide};

/// Whether a message may go at a local time of a country.
fn open(country: &str, zone: &str, channel: Channel, at: &str) -> bool {
    let zone = Zone::named(zone).unwrap();
    let layers: Vec<(Layer, &Hours)> =
        rules(country).map(|rule| (Layer::Legal, &rule.hours)).collect();
    let place = Place { zone: &zone, channel, country: Some(country) };
    decide(Timestamp::parse(at).unwrap(), place, &layers) == Decision::Open
}

#[test]
fn the_file_is_read_whole() {
    let all = read(TEXT).unwrap();
    assert_eq!(all.len(), 15);
    assert!(all.iter().all(|rule| rule.source.len() > 20));
    assert_eq!(read("US | sms | quiet | mon | 21:00-08:00"), Err(1));
    assert_eq!(read("# \nUS | sms | never | mon | 21:00-08:00 | x"), Err(2));
    assert_eq!(rules("fr").count(), 4);
    assert_eq!(rules("DE").count(), 0);
}

#[test]
fn american_evenings_are_quiet_for_sms_and_not_for_email() {
    let new_york = |channel, at| open("US", "America/New_York", channel, at);
    assert!(new_york(Channel::Sms, "2026-01-15T20:59:59-05:00"));
    assert!(!new_york(Channel::Sms, "2026-01-15T21:00:00-05:00"));
    assert!(!new_york(Channel::Voice, "2026-01-15T07:59:59-05:00"));
    assert!(new_york(Channel::Voice, "2026-01-15T08:00:00-05:00"));
    assert!(new_york(Channel::Email, "2026-01-15T23:00:00-05:00"));
}

#[test]
fn french_sundays_holidays_and_lunch_are_quiet() {
    let paris = |channel, at| open("FR", "Europe/Paris", channel, at);
    assert!(paris(Channel::Sms, "2026-07-13T12:00:00+02:00"));
    assert!(!paris(Channel::Sms, "2026-07-14T12:00:00+02:00"), "Fête nationale");
    assert!(!paris(Channel::Sms, "2026-07-12T12:00:00+02:00"), "Sunday");
    assert!(paris(Channel::Sms, "2026-07-11T21:59:00+02:00"), "Saturday");
    assert!(!paris(Channel::Voice, "2026-07-11T11:00:00+02:00"), "Saturday");
    assert!(paris(Channel::Voice, "2026-07-13T12:59:00+02:00"));
    assert!(!paris(Channel::Voice, "2026-07-13T13:30:00+02:00"));
    assert!(paris(Channel::Voice, "2026-07-13T14:00:00+02:00"));
    assert!(!paris(Channel::Voice, "2026-07-14T14:00:00+02:00"), "Fête nationale");
}

#[test]
fn emirati_messages_go_from_nine_to_six() {
    let dubai = |channel, at| open("AE", "Asia/Dubai", channel, at);
    assert!(dubai(Channel::Sms, "2026-06-05T09:00:00+04:00"));
    assert!(!dubai(Channel::Sms, "2026-06-05T18:00:00+04:00"));
    assert!(!dubai(Channel::WhatsApp, "2026-06-05T08:59:59+04:00"));
    assert!(dubai(Channel::Email, "2026-06-05T03:00:00+04:00"));
}

#[test]
fn korean_nights_are_quiet_for_all_but_email() {
    let seoul = |channel, at| open("KR", "Asia/Seoul", channel, at);
    assert!(seoul(Channel::Push, "2026-06-05T20:59:59+09:00"));
    assert!(!seoul(Channel::Push, "2026-06-05T21:00:00+09:00"));
    assert!(!seoul(Channel::Sms, "2026-06-05T07:59:59+09:00"));
    assert!(seoul(Channel::Sms, "2026-06-05T08:00:00+09:00"));
    assert!(seoul(Channel::Email, "2026-06-05T23:00:00+09:00"));
}

#[test]
fn colombian_messages_keep_to_working_hours() {
    let bogota = |channel, at| open("CO", "America/Bogota", channel, at);
    assert!(bogota(Channel::Email, "2026-06-05T18:59:59-05:00"), "Friday");
    assert!(!bogota(Channel::Email, "2026-06-05T19:00:00-05:00"), "Friday");
    assert!(bogota(Channel::Sms, "2026-06-06T14:59:00-05:00"), "Saturday");
    assert!(!bogota(Channel::Sms, "2026-06-06T15:00:00-05:00"), "Saturday");
    assert!(!bogota(Channel::WhatsApp, "2026-06-07T12:00:00-05:00"), "Sunday");
    assert!(bogota(Channel::Push, "2026-06-07T12:00:00-05:00"), "Sunday");
}

#[test]
fn canadian_and_australian_calls_have_hours_of_weekdays_and_weekends() {
    let toronto = |at| open("CA", "America/Toronto", Channel::Voice, at);
    assert!(toronto("2026-06-05T21:29:00-04:00") && !toronto("2026-06-05T21:30:00-04:00"));
    assert!(!toronto("2026-06-06T09:59:00-04:00") && toronto("2026-06-07T17:59:00-04:00"));
    let sydney = |at| open("AU", "Australia/Sydney", Channel::Voice, at);
    assert!(sydney("2026-06-05T19:59:00+10:00") && !sydney("2026-06-05T20:00:00+10:00"));
    assert!(sydney("2026-06-06T16:59:00+10:00") && !sydney("2026-06-07T12:00:00+10:00"));
}
