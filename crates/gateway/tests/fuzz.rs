//! Every reader of the gateway under requests that nobody would send: real ones, broken in the ways in
//! which requests are broken by accident and by intent.
//!
//! A case is a number, so that a failure is a line: `FUZZ_FROM=4711 FUZZ_CASES=1 cargo test -p gateway
//! --test fuzz`. More than the default: `FUZZ_CASES=1000000`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(clippy::disallowed_methods, reason = "how many cases is asked of the environment")]

use std::borrow::Cow;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use gateway::sniff::content;
use gateway::{Arrival, Decoded, amplitude, clevertap, mixpanel, mparticle, posthog, segment};
use model::bounds::{BATCH_RECORDS_MAX, BODY_BYTES_MAX, FUTURE_MAX, TIME_MIN};
use model::{Timestamp, What};

const RECEIVED: Timestamp = Timestamp(1_795_331_365_000);

/// Cases without a wish; each goes through all readers.
const CASES: u64 = 10_000;

/// Requests as the clients send them.
const CORPUS: &[&str] = &[
    r#"{"batch":[{"type":"track","event":"Order","userId":"u","messageId":"m1","timestamp":"2026-11-22T07:09:01.250Z","properties":{"total":12.5,"items":[{"sku":"A","n":2},{"sku":"B"}],"gift":true,"note":null},"context":{"ip":"1.2.3.4","page":{"url":"https://shop.example/a?b=c"}}},{"type":"identify","anonymousId":"a","traits":{"email":"ada@example.com","age":36,"tags":["x","y"]}},{"type":"alias","previousId":"a","userId":"u"},{"type":"group","userId":"u","groupId":"g"},{"type":"page","anonymousId":"a","name":"Home"}],"sentAt":"2026-11-22T07:09:24.900Z","writeKey":"pk"}"#,
    r#"[{"event":"Order","properties":{"token":"pk","distinct_id":"u","$device_id":"d","$user_id":"u","$insert_id":"i1","time":1795331365.25,"total":12.5,"items":[1,"a",null,{"b":[]}]}},{"event":"$identify","properties":{"distinct_id":"u","$anon_distinct_id":"d","token":"pk"}},{"event":"$create_alias","properties":{"distinct_id":"d","alias":"u","token":"pk"}}]"#,
    r#"[{"$token":"pk","$distinct_id":"u","$set":{"$email":"ada@example.com"},"$time":1795331365},{"$token":"pk","$distinct_id":"u","$add":{"n":1}},{"$token":"pk","$distinct_id":"u","$append":{"l":"x"}},{"$token":"pk","$distinct_id":"u","$union":{"l":["x","y"]}},{"$token":"pk","$distinct_id":"u","$unset":["n"]},{"$token":"pk","$distinct_id":"u","$delete":""}]"#,
    r#"{"api_key":"pk","events":[{"device_id":"d","user_id":"u","event_type":"Order","time":1795331365250,"insert_id":"i","event_properties":{"a":1,"b":["c"]},"user_properties":{"$set":{"x":1},"$add":{"n":2},"$unset":{"y":"-"}},"platform":"Web"},{"device_id":"d","event_type":"$identify","user_properties":{"$setOnce":{"first":"1"}}}],"client_upload_time":"2026-11-22T07:09:24.900Z"}"#,
    r#"{"api_key":"pk","batch":[{"uuid":"0190a1f2-0001-7000-8000-000000000001","event":"Order","distinct_id":"u","timestamp":"2026-11-22T07:09:01.250Z","properties":{"$set":{"a":1},"$device_id":"d","$is_identified":true,"total":1e3}},{"event":"$identify","distinct_id":"u","properties":{"$anon_distinct_id":"d"}}],"sent_at":"2026-11-22T07:09:24.900Z"}"#,
    r#"{"d":[{"type":"event","identity":"u","ts":1795331300,"evtName":"Charged","evtData":{"Amount":300,"Charged ID":"o-1","Items":[{"Category":"Books","Quantity":1}],"When":"$D_1700000000"}},{"type":"profile","objectId":"g","profileData":{"Email":"ada@example.com","Phone":"+14155550100","tags":{"$add":["x"]},"n":{"$incr":2},"DOB":"$D_1700000000"}}]}"#,
    r#"[{"type":"meta","g":"__guid","id":"ACCT","af":{"Build":"1"}},{"type":"event","evtName":"App Launched","ep":1795331300,"s":1795331000,"evtData":{"a":1}},{"type":"profile","profile":{"Name":"Ada","x":{"$set":[1]}},"ep":1795331301},{"type":"ping"}]"#,
    r#"{"mpid":"710403","environment":"development","events":[{"event_type":"commerce_event","data":{"product_action":{"action":"purchase","total_amount":99.5,"products":[{"id":"SKU","price":99.5}]},"timestamp_unixtime_ms":1795331300123,"source_message_id":"m1"}},{"event_type":"custom_event","data":{"event_name":"E","custom_attributes":{"a":"1"}}}],"user_attributes":{"plan":"pro","tags":["a"]},"user_identities":{"customer_id":"u1","email":"u@example.com"},"consent_state":{"gdpr":{"ads":{"consented":true}}}}"#,
    "t=96&type=push&d=N4IgLgngDgpiBcIYDcYDswgDROWAcgIYC2ciACgE4D2AJgK4DGYABMgJYwDuMt2uYACKEwhBKCp0mrNCTIgAygAtqcHFXaMyAVgCcAOm0BfI0A==&i=1795332036&sn=3&rn=4&gc=guid01",
    "time,user,event,amount\n2026-11-22T07:09:01Z,u,Order,12.5\n2026-11-22,v,\"Or\"\"der\",\n",
];

/// What breaks readers.
const TOKENS: &[&str] = &[
    "null",
    "true",
    "[]",
    "{}",
    "\"\"",
    "-0",
    "1e999",
    "-1e-999",
    "9223372036854775808",
    "18446744073709551616",
    "0.1e+308",
    "\"\\ud800\"",
    "\"\\u0000\"",
    "\\",
    "\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\u{feff}",
    "\u{202e}",
    "\u{0}",
    "%",
    "%zz",
    "&",
    "=",
    "+",
    "data=",
    "\n",
    "\r\n",
    "\"$D_99999999999999999\"",
    "\"9999-12-31T23:59:60Z\"",
    "\"0000-00-00\"",
    "$",
    ".",
    "..",
    "\"__proto__\"",
    "😀",
];

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

/// One request, broken in up to eight ways.
fn case(number: u64) -> Vec<u8> {
    let mut random = Random(number.wrapping_mul(0x2545_f491_4f6c_dd1d));
    let mut bytes = random.of(CORPUS).as_bytes().to_vec();
    for _ in 0..random.below(9) {
        let at = random.below(bytes.len() + 1);
        match random.below(9) {
            0 => bytes.truncate(at),
            1 if !bytes.is_empty() => {
                let at = random.below(bytes.len());
                bytes[at] ^= 1 << random.below(8);
            }
            2 => {
                let token = random.of(TOKENS).as_bytes().to_vec();
                bytes.splice(at..at, token);
            }
            3 => {
                let end = (at + random.below(40)).min(bytes.len());
                bytes.drain(at..end);
            }
            4 => {
                let end = (at + random.below(200)).min(bytes.len());
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            5 => {
                let other = random.of(CORPUS).as_bytes();
                let from = random.below(other.len());
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            6 => {
                let deep = *random.of(&["[", "{\"a\":", "[{\"b\":"]);
                let deep = deep.repeat(1 << random.below(12));
                bytes.splice(at..at, deep.into_bytes());
            }
            7 => {
                let long = vec![b'x'; 1 << random.below(14)];
                bytes.splice(at..at, long);
            }
            // A value becomes another.
            _ => {
                let colons: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] == b':').collect();
                if !colons.is_empty() {
                    let from = *random.of(&colons) + 1;
                    let ends = |b: &u8| matches!(b, b',' | b'}' | b']');
                    let len = bytes[from..].iter().position(ends).unwrap_or(0);
                    let token = random.of(TOKENS).as_bytes().to_vec();
                    bytes.splice(from..from + len, token);
                }
            }
        }
    }
    match random.below(8) {
        0 => packed(&bytes),
        1 => zstd::stream::encode_all(&bytes[..], 1).unwrap(),
        _ => bytes,
    }
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// What was read is within all bounds, whoever read it.
fn check(decoded: &Decoded) {
    assert!(decoded.records.len() <= BATCH_RECORDS_MAX);
    for record in &decoded.records {
        let who = &record.who;
        let named = who.user_id.is_some() || who.anonymous_id.is_some();
        assert!(named || !who.identities.is_empty(), "{record:?}");
        let time = match &record.what {
            What::Event(event) => {
                assert!(!event.name.is_empty());
                let names = event.properties.windows(2);
                assert!(names.into_iter().all(|pair| pair[0].0 < pair[1].0), "{record:?}");
                event.time
            }
            What::Identify(change) => change.time,
            _ => RECEIVED,
        };
        assert!(time >= TIME_MIN && time <= RECEIVED + FUTURE_MAX, "{record:?}");
    }
}

fn all_readers(body: &[u8]) {
    let arrival = Arrival { received_at: RECEIVED, seed: 7 };
    for kind in [segment::Kind::Batch, segment::Kind::Track, segment::Kind::Import] {
        let _ = segment::decode(kind, body, Some("gzip"), RECEIVED).map(|decoded| check(&decoded));
    }
    let text = String::from_utf8_lossy(body);
    for query in ["", &*text] {
        let Ok(content) = content(body, None, query) else { continue };
        for path in [
            mixpanel::Path::Track,
            mixpanel::Path::Engage,
            mixpanel::Path::Groups,
            mixpanel::Path::Import,
        ] {
            let _ = mixpanel::decode(path, &content, arrival).map(|decoded| check(&decoded));
        }
        let _ =
            amplitude::decode(&content, arrival, Some("1.2.3.4")).map(|decoded| check(&decoded));
        let _ = posthog::decode(&content, arrival, None).map(|decoded| check(&decoded));
    }
    if let Ok(upload) = clevertap::upload::decode(body, RECEIVED) {
        check(&upload.decoded);
        // What was refused stands in it as it was sent: half of a surrogate pair, too.
        let _: serde::de::IgnoredAny = serde_json::from_str(&upload.answer()).unwrap();
    }
    let _ = clevertap::mobile::read(body).map(|batch| check(&batch.into_decoded("g", RECEIVED)));
    check(&clevertap::web::read(&text).into_decoded("g", RECEIVED));
    let _ = mparticle::decode(body, RECEIVED).map(|decoded| check(&decoded));
    let _ = mparticle::identity::request(body);
    let _ = gateway::from_brotli(body, BODY_BYTES_MAX);
}

#[test]
fn nothing_that_is_sent_makes_a_reader_panic_or_leave_its_bounds() {
    let of = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let from = of("FUZZ_FROM").unwrap_or(0);
    for number in from..from + of("FUZZ_CASES").unwrap_or(CASES) {
        let body = case(number);
        let read = catch_unwind(AssertUnwindSafe(|| all_readers(&body)));
        assert!(read.is_ok(), "case {number}: {}", String::from_utf8_lossy(&body));
    }
}

/// A few kilobytes that stand for gigabytes.
#[test]
fn what_unfolds_is_stopped_at_the_bound() {
    let zeros = vec![0_u8; 64 * 1024 * 1024];
    let most = 1024 * 1024;
    let small = |packed: &[u8]| assert!(packed.len() < most / 2, "{}", packed.len());
    let gzip = packed(&zeros);
    small(&gzip);
    assert_eq!(gateway::unpacked(&gzip, most).unwrap_err().status, 413);
    let zstd = zstd::stream::encode_all(&zeros[..], 3).unwrap();
    small(&zstd);
    assert_eq!(gateway::unpacked(&zstd, most).unwrap_err().status, 413);
    // A window of 128 MiB would have to be kept before a byte of it is known.
    let mut wide = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    wide.window_log(27).unwrap();
    wide.write_all(b"{}").unwrap();
    let wide = wide.finish().unwrap();
    assert_eq!(gateway::unpacked(&wide, most).unwrap_err().code, "request.zstd_broken");
    assert_eq!(gateway::unpacked(b"{}", most), Ok(Cow::Borrowed(&b"{}"[..])));
    assert_eq!(gateway::unpacked(b"{}", 1).unwrap_err().status, 413);
}

#[test]
fn brotli_is_unpacked_and_stopped_at_the_bound() {
    // "{\"a\":1}" and a megabyte of one letter, made with the reference encoder.
    let small = [0x0b, 0x03, 0x80, 0x7b, 0x22, 0x61, 0x22, 0x3a, 0x31, 0x7d, 0x03];
    assert_eq!(gateway::from_brotli(&small, 100).unwrap(), b"{\"a\":1}");
    assert_eq!(gateway::from_brotli(&small, 6).unwrap_err().status, 413);
    assert_eq!(gateway::from_brotli(&small[..5], 100).unwrap_err().code, "request.brotli_broken");
}
