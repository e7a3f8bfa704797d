use std::io::Cursor;

use model::{EventId, Record, Timestamp, What};

use super::*;
use crate::import::Rows;
use crate::tests::lines;
use crate::{Arrival, sniff};

const MIXPANEL: &str = include_str!("../../../../../tests/exports/mixpanel-events.ndjson");
const MIXPANEL_PROFILES: &str = include_str!("../../../../../tests/exports/mixpanel-profiles.json");
const AMPLITUDE: &str = include_str!("../../../../../tests/exports/amplitude.ndjson");
const CHARGED: &str = include_str!("../../../../../tests/exports/clevertap-charged.json");
const CLEVERTAP_PROFILES: &str =
    include_str!("../../../../../tests/exports/clevertap-profiles.ndjson");

fn now() -> Timestamp {
    Timestamp::parse("2026-11-22T07:09:25Z").unwrap()
}

type Row = Result<(u64, Record), Rejected>;

fn rows(vendor: Vendor, settings: &[&str], file: &str) -> Vec<Row> {
    let settings = ExportSettings::parse(settings).unwrap();
    let input = Box::new(Cursor::new(file.to_owned()));
    Rows::open_export(input, vendor, &settings, now()).unwrap().collect()
}

fn records(rows: &[Row]) -> Vec<Record> {
    rows.iter().filter_map(|row| row.as_ref().ok()).map(|(_, record)| record.clone()).collect()
}

fn rejected(rows: &[Row]) -> Vec<(u64, Option<u64>, &'static str)> {
    let rejected = rows.iter().filter_map(|row| row.as_ref().err());
    rejected.map(|r| (r.row, r.line, r.code)).collect()
}

fn id(record: &Record) -> EventId {
    match &record.what {
        What::Event(event) => event.id,
        What::Identify(change) => change.id,
        other => panic!("{other:?}"),
    }
}

fn time(record: &Record) -> String {
    match &record.what {
        What::Event(event) => event.time.to_string(),
        What::Identify(change) => change.time.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn events_of_mixpanel() {
    let rows = rows(Vendor::Mixpanel, &["zone=Europe/Istanbul"], MIXPANEL);
    let read = records(&rows);
    assert_eq!(
        lines(&read),
        [
            "user=ada anonymous=d-ada-1 | Visited $browser=Firefox $city=Izmir mp_country_code=TR page=/shoes",
            "user=ada anonymous=d-ada-1 | Signed Up plan=free",
            "user=ada anonymous=d-ada-1 | Purchase amount=129.5 currency=TRY items.n=[1,2] items.sku=[S-1,S-2]",
            "anonymous=d-lost | Visited page=/",
            "anonymous=d-lost | Visited page=/",
            "user=bob | Heartbeat",
            "user=bob | Heartbeat",
        ]
    );
    // What a clock in Istanbul showed, three hours before UTC.
    assert_eq!(time(&read[0]), "2026-01-01T06:00:00.000Z");
    assert_eq!(id(&read[3]), id(&read[4]), "one insert id is one delivery");
    assert_ne!(id(&read[5]), id(&read[6]), "two equal facts without an insert id are two");
    let wrong = [(6, Some(6), "event.id_of_nobody"), (9, Some(9), "event.time_invalid")];
    assert_eq!(rejected(&rows), wrong);
}

#[test]
fn an_export_and_the_live_library_give_one_delivery() {
    let live = r#"[{"event":"Visited","properties":{"token":"k","distinct_id":"$device:d-ada-1",
        "$device_id":"d-ada-1","$insert_id":"mp-0001","time":1767247200}},
        {"event":"Signed Up","properties":{"token":"k","distinct_id":"ada","$device_id":"d-ada-1",
        "$user_id":"ada","$insert_id":"mp-0002","time":1767247260}}]"#;
    let arrival = Arrival { received_at: now(), seed: 0 };
    let content = sniff::content(live.as_bytes(), None, "").unwrap();
    let live = mixpanel::decode(mixpanel::Path::Track, &content, arrival).unwrap().records;
    let read = records(&rows(Vendor::Mixpanel, &["zone=Europe/Istanbul"], MIXPANEL));
    for (live, exported) in live.iter().zip(&read) {
        assert_eq!((id(live), time(live)), (id(exported), time(exported)));
    }

    let live = r#"{"api_key":"k","events":[{"event_type":"Visited","device_id":"a-dev-1",
        "insert_id":"am-0001","time":1767258000120},{"event_type":"Signed Up","user_id":"ada",
        "device_id":"a-dev-1","insert_id":"am-0002","time":1767258060000}]}"#;
    let content = sniff::content(live.as_bytes(), None, "").unwrap();
    let live = amplitude::decode(&content, arrival, None).unwrap().records;
    let read = records(&rows(Vendor::Amplitude, &[], AMPLITUDE));
    let events = |record: &&Record| matches!(record.what, What::Event(_));
    let mut exported = read.iter().filter(events);
    for live in live.iter().filter(events) {
        let exported = exported.next().unwrap();
        assert_eq!((id(live), time(live)), (id(exported), time(exported)));
    }

    let live = r#"{"d":[{"type":"event","identity":"ada","evtName":"Charged","ts":1767258000,
        "evtData":{"Amount":120.5,"Charged ID":"o-1"}}]}"#;
    let live = clevertap::upload::decode(live.as_bytes(), now()).unwrap().decoded.records;
    let read =
        records(&rows(Vendor::CleverTap, &["event==Charged", "zone=Europe/Istanbul"], CHARGED));
    assert_eq!((id(&live[0]), time(&live[0])), (id(&read[0]), time(&read[0])));
}

#[test]
fn profiles_of_mixpanel() {
    let rows = rows(Vendor::Mixpanel, &[], MIXPANEL_PROFILES);
    assert_eq!(
        lines(&records(&rows)),
        [
            "user=ada | change $last_seen=2026-01-02T12:00:00 email=ada@example.com first_name=Ada plan=free tags=[new,web]",
            "user=bob | change email=bob@example.com plan=pro visits=7",
        ]
    );
}

#[test]
fn events_of_amplitude_with_attributes_where_they_changed() {
    let rows = rows(Vendor::Amplitude, &[], AMPLITUDE);
    let read = records(&rows);
    assert_eq!(
        lines(&read),
        [
            "anonymous=a-dev-1 | Visited context.amplitude_id=7001 context.city=Ankara context.country=Turkey context.ip=192.0.2.7 context.language=Turkish context.library=amplitude-ts/2.11.0 context.os_name=Chrome context.platform=Web event_id=1 page=/ session_id=1767258000000",
            "user=ada anonymous=a-dev-1 | change plan=free",
            "user=ada anonymous=a-dev-1 | Signed Up context.amplitude_id=7001 context.city=Ankara context.platform=Web event_id=2 groups.company=[Acme] method=email session_id=1767258000000",
            "user=ada anonymous=a-dev-1 | Purchase $price=20 $quantity=3 context.amplitude_id=7001 context.platform=Web event_id=3 revenue=60.0 session_id=1767348000000",
            "user=ada anonymous=a-dev-1 | change plan=pro",
            "user=ada anonymous=a-dev-1 | Upgraded context.amplitude_id=7001 context.platform=Web event_id=4 session_id=1767434400000",
        ]
    );
    assert_eq!(time(&read[0]), "2026-01-01T09:00:00.120Z");
    assert_eq!(rejected(&rows), [(5, Some(5), "event.no_user")]);
}

#[test]
fn events_and_profiles_of_clevertap() {
    let read = rows(Vendor::CleverTap, &["event==Charged", "zone=Europe/Istanbul"], CHARGED);
    assert_eq!(
        lines(&records(&read)),
        [
            "user=ada anonymous=ct-guid-1 | Charged Amount=120.5 Charged ID=o-1 Items.Category=[Shoes,Socks] Items.Qty=[1,3] context.session.session_lifetime=120 context.session.utm_source=mail",
            "anonymous=ct-guid-2 | Charged Amount=10 When=2026-01-01T09:00:00.000Z",
            "anonymous=ct-guid-2 | Charged Amount=10 When=2026-01-01T09:00:00.000Z",
            "user=ada anonymous=ct-guid-1 | Charged Amount=7 Charged ID=o-2",
        ]
    );
    assert_eq!(time(&records(&read)[0]), "2026-01-01T09:00:00.000Z");
    assert_eq!(rejected(&read), [(5, Some(2), "event.no_user")]);
    let nameless = rows(Vendor::CleverTap, &[], CHARGED);
    assert!(nameless.iter().all(|row| row.as_ref().unwrap_err().code == "export.no_event"));
    let profiles = records(&rows(Vendor::CleverTap, &[], CLEVERTAP_PROFILES));
    assert_eq!(
        lines(&profiles),
        [
            "user=ada anonymous=ct-guid-1 | change Customer Type=Gold email=ada@example.com name=Ada L. phone=+905321112233 plan=pro subscription.email=false",
            "user=ada anonymous=ct-guid-2 | change",
            "user=bob anonymous=ct-guid-9 | change plan=free",
        ]
    );
}

#[test]
fn overlapping_exports_give_the_same_ids() {
    let ids = |file: &str| -> Vec<EventId> {
        records(&rows(Vendor::CleverTap, &["event==Charged"], file)).iter().map(id).collect()
    };
    let whole = ids(CHARGED);
    assert_eq!(ids(CHARGED), whole);
    // The same records on lines of their own, the first of them left out.
    let record = r#"{"profile":{"objectId":"ct-guid-2","email":"known@later"},"ts":20260101120500,"event_props":{"Amount":10,"When":"$D_1767258000"}}"#;
    assert_eq!(ids(&format!("{record}\n{record}\n")), whole[1..3]);
}

#[test]
fn another_version_of_profiles_says_it_again() {
    let ids = |version| -> Vec<EventId> {
        let settings = ExportSettings { version, ..ExportSettings::default() };
        let input = Box::new(Cursor::new(CLEVERTAP_PROFILES.to_owned()));
        let rows = Rows::open_export(input, Vendor::CleverTap, &settings, now()).unwrap();
        records(&rows.collect::<Vec<_>>()).iter().map(id).collect()
    };
    assert_eq!(ids(7), ids(7));
    assert_ne!(ids(7), ids(8));
}

#[test]
fn an_export_says_itself_what_its_columns_are() {
    let codes = |entries: &[&str]| -> Vec<&'static str> {
        ExportSettings::parse(entries).unwrap_err().iter().map(|problem| problem.code).collect()
    };
    assert_eq!(codes(&["user=id"]), ["mapping.not_for_exports"]);
    assert_eq!(codes(&["event=name"]), ["mapping.not_for_exports"]);
    assert_eq!(codes(&["zone=Mars"]), ["mapping.unknown_zone"]);
    assert_eq!(codes(&["zone"]), ["mapping.no_equals_sign"]);
}

#[test]
fn a_bad_line_does_not_cost_its_neighbours() {
    let file = "{\"event\":\"A\",\"properties\":{\"time\":1767258000,\"distinct_id\":\"u\"}}\n{broken\n\n\
        {\"event\":\"B\",\"properties\":{\"time\":1767258000,\"distinct_id\":\"u\"}}\n[1,2";
    let rows = rows(Vendor::Mixpanel, &[], file);
    assert_eq!(lines(&records(&rows)), ["user=u | A", "user=u | B"]);
    let codes = [(2, Some(2), "event.malformed"), (4, Some(5), "event.malformed")];
    assert_eq!(rejected(&rows), codes);
}
