use std::collections::{BTreeMap, HashSet};
use std::io::{Cursor, Read};
use std::path::PathBuf;

use model::{Event, Record, Timestamp, Value, What};

use super::*;

/// The bytes of a published file beside the project; absent: says so and gives nothing.
fn published(path: &str) -> Option<Box<dyn Read>> {
    let full = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(path);
    match std::fs::read(&full) {
        Ok(bytes) => Some(Box::new(Cursor::new(bytes))),
        Err(_) => {
            eprintln!("skipped: the published file {path} is not beside the project");
            None
        }
    }
}

fn load(set: DataSet, paths: &[&str]) -> Option<(Vec<Record>, Report)> {
    let parts: Option<Vec<_>> = paths.iter().map(|path| published(path)).collect();
    let mut records = set.records(parts?).unwrap();
    let all: Vec<Record> = records.by_ref().map(|r| r.unwrap()).collect();
    let report = records.report();
    Some((all, report))
}

#[track_caller]
fn check_facts(report: &Report, facts: &[(&str, &str)]) {
    for (label, expected) in facts {
        assert_eq!(report.get(label), Some(*expected), "{label}\n{report}");
    }
}

fn events(records: &[Record]) -> impl Iterator<Item = (&Record, &Event)> {
    records.iter().filter_map(|r| match &r.what {
        What::Event(event) => Some((r, event)),
        _ => None,
    })
}

fn value<'a>(event: &'a Event, name: &str) -> Option<&'a Value> {
    event.properties.iter().find(|(n, _)| n == name).map(|(_, v)| v)
}

fn plain(text: &str) -> Vec<Box<dyn Read + '_>> {
    vec![Box::new(Cursor::new(text.as_bytes()))]
}

const HEADER: &str =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

#[test]
fn online_retail_has_the_published_facts() {
    let path = "online_retail/online_retail.csv.gz";
    let Some((records, report)) = load(DataSet::OnlineRetail, &[path]) else { return };
    check_facts(
        &report,
        &[
            ("rows", "541909"),
            ("customers", "4372"),
            ("no_customer", "135080"),
            ("invoices", "25900"),
            ("cancel_rows", "9288"),
            ("cancel_invoices", "3836"),
            ("neg_qty", "10624"),
            ("zero_price", "2515"),
            ("neg_price", "2"),
            ("exact_dups", "5268"),
            ("net_revenue_all", "9747747.9340"),
            ("countries", "38"),
            ("stock_codes", "4070"),
            ("purchases rows", "397884"),
            ("purchases customers", "4338"),
            ("purchases invoices", "18532"),
            ("purchases revenue", "8911407.9040"),
            ("refunds rows", "8905"),
            ("free items rows", "40"),
            ("not loaded: neither purchase, refund nor free item", "0"),
        ],
    );
    check_online_retail_records(&records);
}

fn check_online_retail_records(records: &[Record]) {
    assert_eq!(events(records).count(), 397_884 + 8_905 + 40);
    let ids: HashSet<_> = events(records).map(|(_, e)| e.id).collect();
    assert_eq!(ids.len(), 406_829, "exact duplicates all count");
    let users: HashSet<_> = records.iter().map(|r| r.who.user_id.clone()).collect();
    assert_eq!(users.len(), 4_372);
    let mut revenue = model::ExactSum::default();
    let mut months: BTreeMap<String, HashSet<_>> = BTreeMap::new();
    for (record, event) in events(records).filter(|(_, e)| e.name == "Purchase") {
        revenue.add(value(event, "amount").and_then(Value::number).unwrap());
        let month = event.time.to_string()[..7].to_owned();
        months.entry(month).or_default().insert(record.who.user_id.clone());
    }
    assert!((revenue.value() - 8_911_407.904).abs() < 1e-6, "{}", revenue.value());
    assert_eq!(months["2010-12"].len(), 885);
    assert_eq!(months["2011-11"].len(), 1_664);
    let refunds = || events(records).filter(|(_, e)| e.name == "Refund");
    for name in ["amount", "quantity"] {
        assert!(refunds().all(|(_, e)| value(e, name).and_then(Value::number) < Some(0.0)));
    }
    let moved = records.iter().filter(|r| {
        matches!(r.what, What::Identify(_)) && r.who.user_id.as_deref() == Some("12431")
    });
    assert_eq!(moved.count(), 5, "Australia, Belgium, Australia, Belgium, Australia");
}

#[test]
fn cdnow_has_the_published_facts() {
    let path = "cdnow_sample/transactions.csv.gz";
    let Some((records, report)) = load(DataSet::Cdnow, &[path]) else { return };
    check_facts(
        &report,
        &[
            ("rows", "6919"),
            ("customers", "2357"),
            ("repeaters to 1997-09-30", "946"),
            ("repeat purchases to 1997-09-30", "2457"),
            ("purchases from 1997-10-01", "1882"),
        ],
    );
    assert_eq!(records.len(), 6_919);
    let (_, first) = events(&records).next().unwrap();
    assert_eq!(first.time, Timestamp::parse("1997-01-01").unwrap());
    assert_eq!(value(first, "cds"), Some(&Value::Int(2)));
    assert_eq!(value(first, "amount"), Some(&Value::Float(29.33)));
}

#[test]
fn rfm_orders_have_the_published_facts() {
    let Some((records, report)) = load(DataSet::RfmOrders, &["rfm_orders/orders.csv.gz"]) else {
        return;
    };
    // Revenue: the sum over the published segments.
    let revenue = ("revenue", "464158.0000");
    check_facts(&report, &[("rows", "4906"), ("customers", "995"), revenue]);
    assert_eq!(records.len(), 4_906);
}

#[test]
fn ecom_clickstream_has_the_published_facts() {
    let Some((records, report)) =
        load(DataSet::EcomClickstream, &["ecom_clickstream/events.csv.gz"])
    else {
        return;
    };
    check_facts(
        &report,
        &[
            ("events", "31106"),
            ("users", "600"),
            ("sessions", "3605"),
            ("first", "2024-01-04T11:45:38.000Z"),
            ("last", "2024-06-29T22:02:40.000Z"),
            ("sessions with a cart", "1213"),
            ("sessions with an abandoned cart", "743"),
            ("sessions with a purchase", "470"),
            ("event product_view", "6851"),
            ("event add_to_cart", "1346"),
            ("event checkout_bug", "44"),
        ],
    );
    let ids: HashSet<_> = events(&records).map(|(_, e)| e.id).collect();
    assert_eq!(ids.len(), 31_106);
}

#[test]
fn snowplow_mobile_gives_the_published_sessions_and_users() {
    let paths = [
        "snowplow_mobile/events.csv.gz",
        "snowplow_mobile/client_session_context.csv.gz",
        "snowplow_mobile/screen_view_context.csv.gz",
    ];
    let Some((records, report)) = load(DataSet::SnowplowMobile, &paths) else { return };
    check_facts(
        &report,
        &[
            ("events", "130"),
            ("distinct event ids", "129"),
            ("event screen_view", "105"),
            ("event application_background", "13"),
            ("event application_foreground", "12"),
            ("users", "4"),
            ("sessions", "7"),
            ("not loaded: sent more than 3 days after creation", "3"),
            ("not loaded: no user", "0"),
        ],
    );
    let Some(expected) = published("snowplow_mobile/sessions_expected.csv.gz") else { return };
    check_sessions(&records, expected);
    assert!(records.is_sorted_by_key(|r| r.received_at));
}

fn check_sessions(records: &[Record], expected: Box<dyn Read>) {
    let mut sessions: BTreeMap<Text, Vec<Timestamp>> = BTreeMap::new();
    for (_, event) in events(records) {
        let Some(Value::Text(id)) = value(event, "session_id") else { panic!("no session") };
        sessions.entry(id.clone()).or_default().push(event.time);
    }
    let columns = &["session_id", "start_tstamp", "end_tstamp"];
    let mut table = Table::open("expected", expected, columns).unwrap();
    let mut n = 0;
    while let Some(row) = table.next_row().unwrap() {
        let times = &sessions[row.text(0)];
        assert_eq!(times.iter().min(), Some(&row.time(1).unwrap()), "{}", row.text(0));
        assert_eq!(times.iter().max(), Some(&row.time(2).unwrap()), "{}", row.text(0));
        n += 1;
    }
    assert_eq!((n, sessions.len()), (7, 7));
}

#[test]
fn lines_become_what_the_rules_say() {
    let text = format!(
        "{HEADER}1,A,thing,3,2011-01-01T10:00,0.335,17,France\n\
         C2,A,thing,-3,2011-01-02T10:00,0.335,17,France\n\
         3,A,,1,2011-01-03T10:00,0,17,Spain\n\
         4,A,thing,1,2011-01-03T10:00,5,,France\n\
         5,A,thing,-1,2011-01-03T10:00,5,17,France\n\
         1,A,thing,3,2011-01-01T10:00,0.335,17,France\n"
    );
    let mut records = DataSet::OnlineRetail.records(plain(&text)).unwrap();
    let all: Vec<Record> = records.by_ref().map(|r| r.unwrap()).collect();
    let names: Vec<&str> = all
        .iter()
        .map(|r| match &r.what {
            What::Event(event) => event.name.as_str(),
            _ => "country",
        })
        .collect();
    let expected = ["country", "Purchase", "Refund", "country", "Free Item", "Purchase"];
    assert_eq!(names[..5], expected[..5]);
    assert_eq!(value(events(&all).next().unwrap().1, "amount"), Some(&Value::Float(1.005)));
    check_facts(
        &records.report(),
        &[
            ("rows", "6"),
            ("exact_dups", "1"),
            ("not loaded: no customer", "1"),
            ("not loaded: neither purchase, refund nor free item", "1"),
        ],
    );
    let again: Vec<Record> =
        DataSet::OnlineRetail.records(plain(&text)).unwrap().map(|r| r.unwrap()).collect();
    assert_eq!(all, again, "loading again gives the same ids");
}

#[test]
fn a_wrong_cell_names_its_place_and_the_rest_is_read() {
    let text = format!(
        "{HEADER}1,A,thing,three,2011-01-01T10:00,1,17,France\n\
         2,A,thing,3,2011-01-01T10:00,1,17,France\n"
    );
    let mut records = DataSet::OnlineRetail.records(plain(&text)).unwrap();
    let error = records.next().unwrap().unwrap_err().to_string();
    assert_eq!(error, "line 2, column Quantity: found \"three\", expected a whole number");
    assert_eq!(records.by_ref().filter(Result::is_ok).count(), 2);
    check_facts(&records.report(), &[("rows", "1"), ("not loaded: unreadable", "1")]);
}

#[test]
fn another_file_is_refused_with_found_and_expected_columns() {
    let error = DataSet::Cdnow.records(plain("id,day\n1,2\n")).err().unwrap().to_string();
    assert!(error.contains("has the columns id, day"), "{error}");
    assert!(error.contains("lacks customer_id, date, cds, spend"), "{error}");
    let error = DataSet::SnowplowMobile.records(plain("")).err().unwrap().to_string();
    assert!(error.contains("3 file(s) (events.csv, client_session_context.csv"), "{error}");
    let broken: Vec<Box<dyn Read>> = vec![Box::new(Cursor::new([0x1f, 0x8b, 0, 0]))];
    assert!(DataSet::Cdnow.records(broken).is_err());
}

#[test]
fn an_unknown_name_is_answered_with_the_nearest_and_all() {
    let error = DataSet::named("online_retial").unwrap_err();
    assert_eq!(error.nearest, Some("online-retail"));
    let text = error.to_string();
    assert!(text.contains("did you mean \"online-retail\"?"), "{text}");
    assert!(text.contains("snowplow-mobile"), "{text}");
    assert_eq!(DataSet::named("zzzzzzzz").unwrap_err().nearest, None);
    for set in DataSet::ALL {
        assert_eq!(DataSet::named(set.name()), Ok(set));
        assert!(set.example_segments().len() >= 5);
        assert!(!set.origin().is_empty());
    }
}

#[test]
fn a_truncated_archive_is_an_error_and_an_end() {
    use std::io::Write;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"customer_id,date,cds,spend\n").unwrap();
    for day in 0..5_000u32 {
        writeln!(packed, "{day},1997-01-{:02},{},{}.5", 1 + day % 28, day % 7, day * 37 % 101)
            .unwrap();
    }
    let mut bytes = packed.finish().unwrap();
    let whole = DataSet::Cdnow.records(vec![Box::new(Cursor::new(bytes.clone()))]).unwrap();
    assert_eq!(whole.filter(Result::is_ok).count(), 5_000);
    bytes.truncate(bytes.len() / 2);
    let records = DataSet::Cdnow.records(vec![Box::new(Cursor::new(bytes))]).unwrap();
    let all: Vec<_> = records.take(10_000).collect();
    assert!(all.len() < 5_000);
    assert_eq!(all.iter().filter(|r| r.is_err()).count(), 1);
    assert!(all.last().unwrap().is_err(), "nothing comes after it");
}
