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
    assert_eq!(all.len(), 9);
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
