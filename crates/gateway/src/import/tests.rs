use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use model::{Event, EventId, Text, Value, What, Who};
use proptest::prelude::*;

use super::*;

const SHOP: [&str; 3] = ["user=who", "time=at", "event==Purchase"];

fn now() -> Timestamp {
    Timestamp::parse("2026-11-22T07:09:25Z").unwrap()
}

fn open(format: Format, map: &[&str], file: impl Into<Vec<u8>>) -> Result<Rows, OpenError> {
    let mapping = if map.is_empty() { None } else { Some(Mapping::parse(map).unwrap()) };
    Rows::open(Box::new(Cursor::new(file.into())), format, mapping.as_ref(), now())
}

fn csv(map: &[&str], file: &str) -> Vec<Result<(u64, Record), Rejected>> {
    open(Format::Csv, map, file).unwrap().collect()
}

fn ndjson(map: &[&str], file: &str) -> Vec<Result<(u64, Record), Rejected>> {
    open(Format::Ndjson, map, file).unwrap().collect()
}

fn event(row: &Result<(u64, Record), Rejected>) -> &Event {
    match &row.as_ref().unwrap().1.what {
        What::Event(event) => event,
        other => panic!("{other:?}"),
    }
}

/// `name=value` of the properties of a row.
fn properties(row: &Result<(u64, Record), Rejected>) -> Vec<String> {
    event(row).properties.iter().map(|(name, value)| format!("{name}={value:?}")).collect()
}

fn rejected(row: &Result<(u64, Record), Rejected>) -> String {
    let rejected = row.as_ref().unwrap_err();
    let Rejected { row, column, code, .. } = rejected;
    format!("{row} {} {code}: {rejected}", column.as_deref().unwrap_or("-"))
}

fn mapping_problems(format: Format, map: &[&str], file: &str) -> Vec<String> {
    match open(format, map, file) {
        Err(OpenError::Mapping(problems)) => {
            problems.iter().map(|p| format!("{}: {}", p.code, p.message)).collect()
        }
        Err(other) => panic!("{other}"),
        Ok(_) => Vec::new(),
    }
}

#[test]
fn columns_become_properties_of_the_kind_that_they_hold() {
    let file = "who,at,n,price,zip,ok,day,note,,empty\n\
                ada,2026-03-01 09:30,3,2,0123,true,2026-03-01,hello,x,\n\
                bob,1772357400,-4,2.5,9999,FALSE,2026-03-02T01:00:00Z,\"a \"\"b\"\", c\",y,\n";
    let rows = csv(&SHOP, file);
    assert_eq!(rows[0].as_ref().unwrap().1.who, Who::user("ada"));
    assert_eq!(event(&rows[0]).time, event(&rows[1]).time);
    assert_eq!(
        properties(&rows[0]),
        [
            "day=Time(Timestamp(1772323200000))",
            "n=Int(3)",
            "note=Text(\"hello\")",
            "ok=Bool(true)",
            "price=Float(2.0)",
            "zip=Text(\"0123\")"
        ]
    );
    assert_eq!(
        properties(&rows[1]),
        [
            "day=Time(Timestamp(1772413200000))",
            "n=Int(-4)",
            "note=Text(\"a \\\"b\\\", c\")",
            "ok=Bool(false)",
            "price=Float(2.5)",
            "zip=Text(\"9999\")"
        ]
    );
}

#[test]
fn a_cell_that_does_not_fit_an_inferred_kind_stays_text() {
    let mut file = "who,at,n\n".to_owned();
    (0..SAMPLE_ROWS).for_each(|n| file.push_str(&format!("u{n},2026-03-01,{n}\n")));
    file.push_str("u,2026-03-01,many\n");
    let rows = csv(&SHOP, &file);
    assert_eq!(rows.len(), SAMPLE_ROWS + 1);
    assert_eq!(properties(&rows[7]), ["n=Int(7)"]);
    assert_eq!(properties(&rows[SAMPLE_ROWS]), ["n=Text(\"many\")"]);
}

#[test]
fn a_mapping_names_and_types_what_it_wants() {
    let map = [
        "user=who",
        "anonymous=device",
        "event=what",
        "time=at",
        "id=key",
        "only-mapped=true",
        "zone=Europe/Istanbul",
        "properties.order.total=amount:float",
        "properties.code=zip:string",
        "properties.first=first:bool",
        "properties.due=due:timestamp",
        "properties.count=n:int",
    ];
    let file = "who,device,what,at,key,amount,zip,first,due,n,other\n\
                ,d-1,Order Paid,2026-03-01 12:00,k1,7,007,yes,2026-03-02,12,x\n";
    let rows = csv(&map, file);
    let (number, record) = rows[0].as_ref().unwrap();
    assert_eq!((*number, &record.who), (1, &Who::anonymous("d-1")));
    let What::Event(event) = &record.what else { panic!() };
    assert_eq!((event.name.as_str(), event.id), ("Order Paid", EventId::of("k1")));
    assert_eq!(event.time.to_string(), "2026-03-01T09:00:00.000Z");
    assert_eq!(
        properties(&rows[0]),
        [
            "code=Text(\"007\")",
            "count=Int(12)",
            "due=Time(Timestamp(1772398800000))",
            "first=Bool(true)",
            "order.total=Float(7.0)"
        ]
    );
    assert!(matches!(event.properties[4].1, Value::Float(_)));
}

#[test]
fn profiles_become_attributes() {
    let rows = csv(&["user=id", "kind=profile"], "id,city,age\nada,Rome,41\n");
    let What::Identify(change) = &rows[0].as_ref().unwrap().1.what else { panic!() };
    assert_eq!(change.time, now());
    let expected =
        vec![(Text::new("age"), Value::Int(41)), (Text::new("city"), Value::text("Rome"))];
    assert_eq!(change.attributes, expected);
}

#[test]
fn equal_rows_count_and_a_second_import_does_not() {
    let file = "who,at,n\nada,2026-03-01,1\nada,2026-03-01,1\n";
    let ids = |map: &[&str], file: &str| -> Vec<EventId> {
        csv(map, file).iter().map(|row| event(row).id).collect()
    };
    let first = ids(&SHOP, file);
    assert_ne!(first[0], first[1]);
    assert_eq!(first, ids(&SHOP, file));
    let refund = ids(&["user=who", "time=at", "event==Refund"], file);
    assert!(refund.iter().all(|id| !first.contains(id)));
    let fields = |cells: &str| ids(&SHOP, &format!("who,at,n,m\nada,2026-03-01,{cells}\n"))[0];
    assert_ne!(fields("1,23"), fields("12,3"));
    let lines = r#"{"who":"ada","at":"2026-03-01"}"#.to_owned() + "\n";
    let twice: Vec<EventId> = ndjson(&SHOP, &lines.repeat(2)).iter().map(|r| event(r).id).collect();
    assert_ne!(twice[0], twice[1]);
}

#[test]
fn the_separator_is_the_one_of_the_header() {
    for separator in [",", ";", "\t", "|"] {
        let file = "\u{feff}who,at,n\r\nada,2026-03-01,5\r\n".replace(',', separator);
        assert_eq!(properties(&csv(&SHOP, &file)[0]), ["n=Int(5)"], "{separator:?}");
    }
}

#[test]
fn bad_rows_are_handed_back_and_the_others_go_on() {
    let long = format!("ada,2026-03-01,\"{}\"", "x".repeat(ROW_BYTES_MAX + 10));
    let file = [
        "who,at,n",
        "ada,2026-03-01,1",
        ",2026-03-01,2",
        "ada,\"so, on\",3",
        "ada,2026-03-01",
        "ada,2026-03-01,5,6",
        "ada,2027-03-01,7",
        "ada,1970-03-01,8",
        "ada,2026-03-01,nine",
        &long,
        "bob,2026-03-01,10",
    ];
    let mut bytes = file.join("\n").into_bytes();
    bytes.extend_from_slice(b"\nbob,2026-03-01,\xff\nbob,2026-03-01,12\n");
    let map = ["user=who", "time=at", "event==E", "properties.n=n:int"];
    let rows: Vec<_> = open(Format::Csv, &map, bytes).unwrap().collect();
    let good: Vec<u64> = rows.iter().flatten().map(|(number, _)| *number).collect();
    assert_eq!(good, [1, 10, 12]);
    let bad: Vec<String> = rows.iter().filter(|row| row.is_err()).map(rejected).collect();
    let time_hint = "check whether the time is in seconds or milliseconds";
    let count_hint = "quote fields that contain the separator or a line break";
    assert_eq!(
        bad,
        [
            "2 who event.no_user: neither a user id nor an anonymous id is given; set userId for a known \
             person or anonymousId for a device"
                .to_owned(),
            "3 at event.time_invalid: \"so, on\" is not a time; write it like 2026-03-01T09:00:00Z or as \
             seconds or milliseconds since 1970"
                .to_owned(),
            format!("4 - row.field_count: the row has 2 fields, the header has 3; {count_hint}"),
            format!("5 - row.field_count: the row has 4 fields, the header has 3; {count_hint}"),
            "6 at event.time_in_future: the event time 2027-03-01T00:00:00.000Z is more than 1d after \
             its arrival at 2026-11-22T07:09:25.000Z; check the clock of the sender, and whether the \
             time is in seconds or milliseconds"
                .to_owned(),
            format!(
                "7 at event.time_too_old: the event time 1970-03-01T00:00:00.000Z is before \
                 1980-01-01T00:00:00.000Z; {time_hint}"
            ),
            "8 n row.value_invalid: \"nine\" is not of the type int; correct the value, or map the \
             column as a string"
                .to_owned(),
            "9 - row.too_long: the row has more than 1048576 bytes; look for a quote that is not closed"
                .to_owned(),
            "11 - row.not_utf8: the row is not UTF-8; save the file as UTF-8".to_owned(),
        ]
    );
    assert_eq!(rows[2].as_ref().unwrap_err().raw, "ada,\"so, on\",3");
    assert_eq!(rows[8].as_ref().unwrap_err().raw.len(), 1_024);
}

#[test]
fn a_quote_that_is_not_closed_is_said() {
    for (file, breaks) in [
        ("who,at\nada,2026-01-01\nbob,\"2026-01-02\ncyd,2026-01-03\n", 2),
        ("who,at\nada,2026-01-01\nbob,\"2026-01-02", 0),
        ("who,at\nada,2026-01-01\n\"bob,2026-01-02\n", 1),
        ("who,at\nada,2026-01-01\nbob,2026-01-02\n\"", 0),
    ] {
        let rows = csv(&SHOP, file);
        let last = rejected(rows.last().unwrap());
        let said = format!("row.open_quote: a quote is not closed before the file ends, {breaks} ");
        assert!(last.contains(&said), "{file:?}: {last}");
        assert!(rows[..rows.len() - 1].iter().all(Result::is_ok), "{file:?}");
    }
    for closed in
        ["ada,\"2026-01-01\"", "ada,\"2026-01-01\"\n", "\"ada\nb\",2026-01-01", "ada,2026-01-01"]
    {
        let rows = csv(&SHOP, &format!("who,at\n{closed}"));
        assert!(rows.len() == 1 && rows[0].is_ok(), "{closed:?}: {rows:?}");
    }
}

#[test]
fn messages_hold_nothing_that_moves_a_cursor() {
    let rows = csv(&SHOP, "who,at\nada,\"x\n\u{1b}[31m\"\n");
    let message = rejected(&rows[0]);
    assert!(message.contains(r"x\n\u{1b}[31m") && !message.contains(char::is_control), "{message}");
    let problems = mapping_problems(Format::Csv, &SHOP, "\0\0\u{1b}[31m\n");
    assert!(problems.iter().all(|text| !text.contains(char::is_control)), "{problems:?}");
    let wide: Vec<String> = (0..1_000).map(|n| format!("column {n}")).collect();
    let problems = mapping_problems(Format::Csv, &SHOP, &wide.join(","));
    assert!(problems[0].len() < 1_000 && problems[0].contains("970 more"), "{problems:?}");
}

#[test]
fn gzip_is_seen_and_a_cut_file_is_said() {
    let text = format!("who,at,n\n{}", "ada,2026-03-01,5\n".repeat(5_000));
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    let packed = encoder.finish().unwrap();
    let count = open(Format::Csv, &SHOP, packed.clone()).unwrap().filter(Result::is_ok).count();
    assert_eq!(count, 5_000);
    let cut = packed[..packed.len() - 12].to_vec();
    let mut rows = open(Format::Csv, &SHOP, cut).unwrap().skip_while(Result::is_ok);
    assert_eq!(rows.next().unwrap().unwrap_err().code, "file.unreadable");
    assert!(rows.next().is_none());
}

#[test]
fn json_lines_are_messages_or_mapped() {
    let file = r#"
{"type":"track","event":"Paid","userId":"ada","timestamp":"2020-01-01T00:00:00Z","sentAt":"2020-01-01T00:00:05Z","properties":{"a":{"b":1}}}
{"event":"Paid","userId":"ada"}
{"type":"identify","userId":"ada","traits":{"city":"Rome"}}

{"type":"track","userId":"ada"}
[1]
"#;
    let rows = ndjson(&[], file);
    assert_eq!(event(&rows[0]).time.to_string(), "2020-01-01T00:00:00.000Z");
    assert_eq!(properties(&rows[0]), ["a.b=Int(1)"]);
    assert_eq!(rows[1].as_ref().unwrap().0, 3);
    assert!(matches!(rows[2].as_ref().unwrap().1.what, What::Identify(_)));
    assert_eq!(
        rejected(&rows[3]),
        "6 - event.no_name: the event has no name; set its name in \"event\""
    );
    assert_eq!(rows[4].as_ref().unwrap_err().code, "event.malformed");

    let file = r#"{"who":{"id":7},"at":1772323200,"amount":"12","tags":["a"],"x":null}"#;
    let map = ["user=who.id", "time=at", "event==Paid", "properties.total=amount:int"];
    let rows = ndjson(&map, file);
    assert_eq!(rows[0].as_ref().unwrap().1.who, Who::user("7"));
    assert_eq!(properties(&rows[0]), ["tags=List([Text(\"a\")])", "total=Int(12)", "x=Null"]);
    let other = file.replace("12", "dozen");
    assert_eq!(
        rejected(&ndjson(&map, &other)[0]),
        "1 amount row.value_invalid: \"dozen\" is not of the type int; correct the value, or map the \
         column as a string"
    );
}

#[test]
fn a_mapping_that_does_not_fit_names_what_exists() {
    let check = |map: &[&str], header: &str, expected: &[&str]| {
        assert_eq!(mapping_problems(Format::Csv, map, header), expected);
    };
    check(
        &["user=customer", "time=at", "event==E", "properties.n=zip:int"],
        "customer_id,at,city\n",
        &[
            "mapping.unknown_column: the file has no column \"customer\", which user is mapped to; did \
             you mean \"customer_id\"? it has: customer_id, at, city",
            "mapping.unknown_column: the file has no column \"zip\", which properties.n is mapped to; \
             it has: customer_id, at, city",
        ],
    );
    check(
        &["user=costumer_id", "time=at", "event==E"],
        "customer_id,at\n",
        &[
            "mapping.unknown_column: the file has no column \"costumer_id\", which user is mapped to; did \
           you mean \"customer_id\"? it has: customer_id, at",
        ],
    );
    check(&SHOP, "", &["mapping.no_header: the file has no header: the file is empty"]);
    check(
        &SHOP,
        "who,at,a,a\n",
        &["mapping.repeated_column: the header has the column \"a\" twice"],
    );
    check(
        &["user=who", "time=at", "event==E", "properties.a=b"],
        "who,at,a,b\n",
        &["mapping.twice: two columns become the property \"a\""],
    );
    check(&[], "who,at\n", &["mapping.missing: a table needs a mapping"]);
    assert_eq!(
        mapping_problems(Format::Ndjson, &SHOP, "{\"whom\":1,\"at\":2}\n"),
        [
            "mapping.unknown_column: the file has no column \"who\", which user is mapped to; did you mean \
          \"whom\"? it has: at, whom"
        ]
    );
}

#[test]
fn a_type_that_is_none_is_said() {
    let map = [&SHOP[..], &["properties.amount=total:money"]].concat();
    let problems = mapping_problems(Format::Csv, &map, "who,at,total\n");
    assert!(problems[0].starts_with("mapping.unknown_type: \"money\", after"), "{problems:?}");
    assert!(problems.len() == 1 && problems[0].contains("string, int, float"), "{problems:?}");
}

#[test]
fn mappings_that_say_nothing_useful_are_refused_with_all_problems() {
    let check = |entries: &[&str], expected: &[&str]| {
        let problems = Mapping::parse(entries).unwrap_err();
        let said: Vec<String> =
            problems.iter().map(|p| format!("{}: {}", p.code, p.message)).collect();
        assert_eq!(said, expected, "{entries:?}");
    };
    check(
        &["usr=a", "time", "zone=Mars", "kind=thing"],
        &[
            "mapping.unknown_key: \"usr\" cannot be mapped; did you mean \"user\"?",
            "mapping.no_equals_sign: \"time\" is not a mapping",
            "mapping.unknown_zone: there is no time zone \"Mars\"",
            "mapping.unknown_value: \"thing\" is no value of kind, which is event or profile",
            "mapping.no_user: no column is the user",
            "mapping.no_event: no column is the event",
            "mapping.no_time: no column is the time",
        ],
    );
    check(
        &["user=a", "user=b", "event==E", "time=", "time=t"],
        &[
            "mapping.twice: \"user\" is mapped twice",
            "mapping.empty: \"time\" is mapped to nothing",
        ],
    );
}

#[test]
fn a_saved_mapping_reads_like_the_command_line() {
    let saved =
        "# shop\n\nuser = who\n event = =Purchase\ntime = at\nproperties.a b = odd:name:int\n";
    let expected = ["user=who", "event==Purchase", "time=at", "properties.a b=odd:name:int"];
    let mapping = Mapping::parse_file(saved).unwrap();
    assert_eq!(mapping, Mapping::parse(&expected).unwrap());
    let property = (Text::new("a b"), "odd:name".to_owned(), Some(CellKind::Int));
    assert_eq!(mapping.properties, [property]);
}

#[test]
fn public_tables_are_read_whole() {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let check = |file: &str, map: &[&str], n_good: usize, n_bad: usize| {
        let Ok(bytes) = std::fs::read(format!("{data}/{file}")) else {
            return eprintln!("skipped: {file} is not here");
        };
        let (mut good, mut bad) = (0, 0);
        for row in open(Format::Csv, map, bytes).unwrap() {
            if row.is_ok() { good += 1 } else { bad += 1 }
        }
        assert_eq!((good, bad), (n_good, n_bad), "{file}");
    };
    check(
        "online_retail/online_retail.csv.gz",
        &["user=CustomerID", "time=InvoiceDate", "event==Purchase"],
        406_829,
        135_080,
    );
    let clicks = ["user=user_id", "time=timestamp", "event=event"];
    check("ecom_clickstream/events.csv.gz", &clicks, 31_106, 0);
    let messages = ["user=src", "time=unix_ts", "event==Message Sent"];
    check("collegemsg/messages.csv.gz", &messages, 59_835, 0);
    let orders = ["user=customer_id", "time=order_date", "event==Order"];
    check("rfm_orders/orders.csv.gz", &orders, 4_906, 0);
}

proptest! {
    #[test]
    fn any_table_is_read_without_a_panic(
        table in prop::collection::vec("[ab0-9.,;\"\n\r\t-]{0,12}", 0..30),
        bytes in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let mut file = b"who,at,n\n".to_vec();
        file.extend(table.concat().into_bytes());
        file.extend(bytes);
        let rows: Vec<_> = open(Format::Csv, &SHOP, file.clone()).unwrap().collect();
        for row in &rows {
            if let Ok((_, Record { what: What::Event(event), .. })) = row {
                prop_assert!(event.properties.is_sorted_by(|a, b| a.0 < b.0));
            }
        }
        for format in [Format::Csv, Format::Ndjson] {
            if let Ok(rows) = open(format, &SHOP, file[9..].to_vec()) {
                rows.for_each(drop);
            }
        }
        open(Format::Ndjson, &[], file).unwrap().for_each(drop);
    }

    #[test]
    fn any_mapping_is_read_or_refused(entries in prop::collection::vec("[a-z.=:# ]{0,20}", 0..6)) {
        let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
        if let Err(problems) = Mapping::parse(&entries) {
            prop_assert!(!problems.is_empty());
        }
    }
}

#[test]
fn dates_in_numbers_are_read_in_the_order_that_the_mapping_says() {
    let times = |order: &str, written: &str| -> Vec<String> {
        let file = format!("who,at\n{}\n", written.replace(' ', "\nada,").replace('_', " "));
        let file = file.replacen("who,at\n", "who,at\nada,", 1);
        let rows = csv(&[&SHOP[..], &[order]].concat(), &file);
        let time = |row: &Result<(u64, Record), Rejected>| match row {
            Ok(_) => event(row).time.to_string(),
            Err(rejected) => rejected.code.to_owned(),
        };
        rows.iter().map(time).collect()
    };
    let written = "03/04/2026 3.4.2026_9:05 13/04/2026_23:59:59 2026-04-03 03/04/26";
    let dmy = [
        "2026-04-03T00:00:00.000Z",
        "2026-04-03T09:05:00.000Z",
        "2026-04-13T23:59:59.000Z",
        "2026-04-03T00:00:00.000Z",
        "event.time_invalid",
    ];
    assert_eq!(times("dates=dmy", written), dmy);
    let mdy = times("dates=mdy", written);
    assert_eq!(mdy[..2], ["2026-03-04T00:00:00.000Z", "2026-03-04T09:05:00.000Z"]);
    assert_eq!(mdy[2..], ["event.time_invalid", dmy[3], "event.time_invalid"]);
    assert_eq!(times("zone=UTC", "03/04/2026"), ["event.time_invalid"]);
}
