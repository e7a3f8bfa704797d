//! How fast wire forms of events are decoded: the bytes of a request into records, on one core.
//!
//! What it is: requests of a hundred events of about [`EVENT_BYTES`] in every form, made before the
//! clock starts, and the gateway's own readers. What it is not: HTTP, the log and the history, which
//! `perennial bench live` has. A form is a line of [`FORMS`].

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use gateway::sniff::content;
use gateway::{
    Arrival, Decoded, Refusal, amplitude, clevertap, mixpanel, mparticle, posthog, segment,
};
use model::Timestamp;
use serde::Serialize;

/// Events of one request.
const BATCH: usize = 100;

/// Bytes of one event as it is written, about: what a shop's library for browsers sends.
pub const EVENT_BYTES: usize = 800;

/// Requests of one form; together they are larger than the processor's caches.
const REQUESTS: usize = 100;

/// When the requests come; the events happened shortly before.
const RECEIVED: Timestamp = Timestamp(1_795_331_365_000);

/// A wire form: its name, one event of it, what stands around a list of them, and its reader.
struct Form {
    name: &'static str,
    event: fn(usize) -> String,
    around: (&'static str, &'static str),
    decode: fn(&[u8]) -> Result<Decoded, Refusal>,
}

const FORMS: [Form; 7] = [
    Form {
        name: "segment",
        event: segment_event,
        around: (r#"{"batch":["#, r#"],"writeKey":"pk","sentAt":"2026-11-22T07:09:24.900Z"}"#),
        decode: |body| segment::decode(segment::Kind::Batch, body, None, RECEIVED),
    },
    Form {
        name: "mixpanel",
        event: mixpanel_event,
        around: ("[", "]"),
        decode: |body| {
            mixpanel::decode(mixpanel::Path::Track, &content(body, None, "")?, arrival())
        },
    },
    Form {
        name: "amplitude",
        event: amplitude_event,
        around: (
            r#"{"api_key":"pk","events":["#,
            r#"],"client_upload_time":"2026-11-22T07:09:24.900Z"}"#,
        ),
        decode: |body| amplitude::decode(&content(body, None, "")?, arrival(), Some("203.0.113.9")),
    },
    Form {
        name: "posthog",
        event: posthog_event,
        around: (r#"{"api_key":"pk","batch":["#, r#"],"sent_at":"2026-11-22T07:09:24.900Z"}"#),
        decode: |body| posthog::decode(&content(body, None, "")?, arrival(), None),
    },
    Form {
        name: "clevertap upload",
        event: clevertap_record,
        around: (r#"{"d":["#, "]}"),
        decode: |body| Ok(clevertap::upload::decode(body, RECEIVED)?.decoded),
    },
    Form {
        name: "clevertap mobile",
        event: clevertap_message,
        around: (
            r#"[{"type":"meta","g":"__4f3c2b1a0d9e8f7a6b5c","id":"ACCT-1","tk":"tk","af":{"Build":"418"}},"#,
            "]",
        ),
        decode: |body| {
            Ok(clevertap::mobile::read(body)?.into_decoded("__4f3c2b1a0d9e8f7a6b5c", RECEIVED))
        },
    },
    Form {
        name: "mparticle",
        event: mparticle_event,
        around: (
            r#"{"mpid":"7104030000000000001","environment":"production","source_request_id":"r-1","user_identities":{"customer_id":"user-7"},"device_info":{"platform":"web"},"events":["#,
            "]}",
        ),
        decode: |body| mparticle::decode(body, RECEIVED),
    },
];

/// How fast one form is decoded.
#[derive(Clone, Debug, Serialize)]
pub struct Rate {
    /// Name of the form.
    pub form: &'static str,
    /// Events in one second.
    pub events_per_second: f64,
    /// Bytes of one event as it is written, with its share of what stands around.
    pub bytes_per_event: f64,
    /// Properties of one event once it is decoded.
    pub properties: usize,
}

/// Measures every form for so long, and before them what the JSON reader alone does with the first.
///
/// Panics: a reader of the gateway refuses what is made here.
pub fn measure(each: Duration) -> Vec<Rate> {
    let forms = FORMS.iter().map(|form| measure_form(form, each));
    limits(each).into_iter().chain(forms).collect()
}

/// The bounds of what can be had from this JSON reader on this machine: the bytes of the first form
/// looked through for where values end, and made into a tree of values.
fn limits(each: Duration) -> [Rate; 2] {
    let requests: Vec<Vec<u8>> = (0..REQUESTS).map(|n| request(&FORMS[0], n)).collect();
    let rate = |form, read: fn(&[u8]) -> bool| {
        let began = Instant::now();
        let mut n_events = 0;
        for body in requests.iter().cycle() {
            assert!(read(black_box(body)), "what is made here is JSON");
            n_events += BATCH;
            if began.elapsed() >= each {
                break;
            }
        }
        let n_bytes: usize = requests.iter().map(Vec::len).sum();
        let events_per_second = n_events as f64 / began.elapsed().as_secs_f64();
        let bytes_per_event = n_bytes as f64 / (REQUESTS * BATCH) as f64;
        Rate { form, events_per_second, bytes_per_event, properties: 0 }
    };
    [
        rate("segment, JSON skipped", |body| {
            serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok()
        }),
        rate("segment, JSON as a tree", |body| {
            serde_json::from_slice::<serde_json::Value>(body)
                .is_ok_and(|tree| black_box(tree).is_object())
        }),
    ]
}

fn measure_form(form: &Form, each: Duration) -> Rate {
    let requests: Vec<Vec<u8>> = (0..REQUESTS).map(|n| request(form, n)).collect();
    let n_bytes: usize = requests.iter().map(Vec::len).sum();
    let mut properties = 0;
    for body in &requests {
        properties = checked(form, body);
    }
    let began = Instant::now();
    let mut n_events = 0;
    'measured: loop {
        for body in &requests {
            let decoded = (form.decode)(black_box(body));
            n_events += decoded.map_or(0, |decoded| black_box(decoded).records.len());
            if began.elapsed() >= each {
                break 'measured;
            }
        }
    }
    Rate {
        form: form.name,
        events_per_second: n_events as f64 / began.elapsed().as_secs_f64(),
        bytes_per_event: n_bytes as f64 / (REQUESTS * BATCH) as f64,
        properties,
    }
}

/// Properties of the first event of a request of which nothing may be rejected.
fn checked(form: &Form, body: &[u8]) -> usize {
    let decoded = (form.decode)(body).unwrap_or_else(|refusal| panic!("{}: {refusal}", form.name));
    assert_eq!((decoded.records.len(), decoded.rejected.len()), (BATCH, 0), "{}", form.name);
    match &decoded.records[0].what {
        model::What::Event(event) => event.properties.len(),
        other => panic!("{}: {other:?}", form.name),
    }
}

fn request(form: &Form, n: usize) -> Vec<u8> {
    let events: Vec<String> = (0..BATCH).map(|i| (form.event)(n * BATCH + i)).collect();
    [form.around.0, &events.join(","), form.around.1].concat().into_bytes()
}

/// Bodies of the Segment form that are new deliveries every time.
#[derive(Debug)]
pub struct Bodies {
    bodies: Vec<Vec<u8>>,
    /// Where the ids of a body have digits of their own.
    ids: Vec<Vec<usize>>,
    next: usize,
    deliveries: u64,
}

/// What an id begins with, before digits that count.
const ID: &str = "ajs-next-";

/// Digits that count.
const ID_DIGITS: usize = 12;

/// Requests of one client under a key; every client sends other ids.
pub fn segment_bodies(client: usize, key: &str) -> Bodies {
    let form = &FORMS[0];
    let body = |n| {
        let text = String::from_utf8_lossy(&request(form, n)).into_owned();
        text.replace(r#""writeKey":"pk""#, &format!(r#""writeKey":"{key}""#)).into_bytes()
    };
    let bodies: Vec<Vec<u8>> = (0..REQUESTS).map(body).collect();
    let of = |body: &Vec<u8>| {
        let text = String::from_utf8_lossy(body);
        text.match_indices(ID).map(|(at, _)| at + ID.len()).collect()
    };
    let ids = bodies.iter().map(of).collect();
    Bodies { bodies, ids, next: 0, deliveries: client as u64 * 1_000_000_000 }
}

impl Bodies {
    /// Events of one body.
    pub const EVENTS: usize = BATCH;

    /// The next one.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> &[u8] {
        let at = self.next;
        self.next = (at + 1) % self.bodies.len();
        for id in &self.ids[at] {
            let digits = format!("{:0ID_DIGITS$}", self.deliveries);
            self.bodies[at][*id..*id + ID_DIGITS].copy_from_slice(digits.as_bytes());
            self.deliveries += 1;
        }
        &self.bodies[at]
    }

    /// Bytes of an event with its share of what stands around.
    pub fn bytes_per_event(&self) -> f64 {
        let bytes: usize = self.bodies.iter().map(Vec::len).sum();
        bytes as f64 / (self.bodies.len() * BATCH) as f64
    }
}

fn arrival() -> Arrival {
    Arrival { received_at: RECEIVED, seed: 0 }
}

/// What every form says of a purchase, without the braces.
fn purchase(n: usize) -> String {
    let mut text = String::with_capacity(EVENT_BYTES);
    let _ = write!(
        text,
        r#""order_id":"o-{n}","total":{}.{:02},"currency":"EUR","coupon":{},"items":[{{"sku":"K{}","name":"Coffee, 1 kg","price":18.5,"quantity":{}}},{{"sku":"T{}","name":"Green tea \"fine\"","price":7.25,"quantity":1}}],"shipping":{{"method":"standard","days":{}}},"gift":{},"step":{}"#,
        20 + n % 400,
        n % 100,
        if n.is_multiple_of(3) { "\"WELCOME10\"" } else { "null" },
        n % 97,
        1 + n % 4,
        n % 31,
        1 + n % 5,
        n.is_multiple_of(7),
        n % 6,
    );
    text
}

fn segment_event(n: usize) -> String {
    format!(
        r#"{{"type":"track","event":"Order Completed","userId":"user-{}","anonymousId":"{:08x}-1b2c-4d3e-8f4a-5b6c7d8e9f00","messageId":"ajs-next-{n:012}-0c1d2e3f","timestamp":"2026-11-22T07:09:{:02}.250Z","properties":{{{}}},"context":{{"page":{{"path":"/checkout","title":"Checkout","url":"https://shop.example.com/checkout"}},"locale":"de-DE","timezone":"Europe/Berlin","library":{{"name":"analytics.js","version":"next-1.84.3"}}}},"integrations":{{}}}}"#,
        n % 5_000,
        n % 5_000,
        n % 20,
        purchase(n),
    )
}

fn mixpanel_event(n: usize) -> String {
    format!(
        r#"{{"event":"Order Completed","properties":{{"$os":"Mac OS X","$browser":"Chrome","$browser_version":156,"$current_url":"https://shop.example.com/checkout","$screen_height":1080,"$screen_width":1920,"mp_lib":"web","$lib_version":"2.83.0","$initial_referrer":"$direct","token":"pk","distinct_id":"user-{}","$device_id":"{:08x}-1b2c-4d3e","$user_id":"user-{}","$insert_id":"{n:016x}","time":17953313{:02}.25,{}}}}}"#,
        n % 5_000,
        n % 5_000,
        n % 5_000,
        n % 60,
        purchase(n),
    )
}

fn amplitude_event(n: usize) -> String {
    format!(
        r#"{{"device_id":"{:08x}-1b2c-4d3e-8f4a-5b6c7d8e9f00","user_id":"user-{}","session_id":1795331000000,"time":17953313{:02}250,"platform":"Web","language":"de-DE","ip":"$remote","insert_id":"{n:08x}-0c1d-4e2f-9a3b-4c5d6e7f8091","event_id":{n},"event_type":"Order Completed","event_properties":{{{}}},"library":"amplitude-ts/2.47.0","os_name":"Chrome","os_version":"156","device_model":"Linux","app_version":"4.18.2","user_agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"}}"#,
        n % 5_000,
        n % 5_000,
        n % 60,
        purchase(n),
    )
}

fn posthog_event(n: usize) -> String {
    format!(
        r#"{{"uuid":"0190a1f2-{:04x}-7000-8000-{n:012x}","event":"Order Completed","distinct_id":"user-{}","timestamp":"2026-11-22T07:09:{:02}.250Z","properties":{{"$os":"Mac OS X","$browser":"Chrome","$browser_version":156,"$current_url":"https://shop.example.com/checkout","$lib":"web","$lib_version":"1.449.2","$device_id":"{:08x}-1b2c-4d3e","$session_id":"0190a1f2-aaaa-7000-8000-000000000000","$is_identified":true,"utm_source":null,{}}}}}"#,
        n % 65_536,
        n % 5_000,
        n % 20,
        n % 5_000,
        purchase(n),
    )
}

/// What a purchase carries besides, so that short forms are as long as the others.
fn details(n: usize) -> String {
    format!(
        r#""page_title":"Checkout","page_url":"https://shop.example.com/checkout?step=payment","referrer":"https://shop.example.com/cart","store":"Berlin Mitte","warehouse":"WH-{}","note":"leave it with the neighbours, please","customer_tier":"gold","newsletter":true,"cart_id":"c-{n:08}-5b6c7d8e","payment":"card","card_brand":"visa","voucher":"","delivery_window":"2026-11-24T08:00/12:00","locale":"de-DE""#,
        n % 12,
    )
}

fn clevertap_record(n: usize) -> String {
    format!(
        r#"{{"type":"event","identity":"user-{}","ts":17953313{:02},"evtName":"Order Completed","evtData":{{{},{}}}}}"#,
        n % 5_000,
        n % 60,
        purchase(n),
        details(n),
    )
}

fn clevertap_message(n: usize) -> String {
    format!(
        r#"{{"type":"event","evtName":"Order Completed","s":1795331000,"pg":{},"ep":17953313{:02},"f":false,"lsl":0,"n":"Checkout","evtData":{{{},{}}}}}"#,
        n % 1_000,
        n % 60,
        purchase(n),
        details(n),
    )
}

fn mparticle_event(n: usize) -> String {
    format!(
        r#"{{"event_type":"custom_event","data":{{"event_name":"Order Completed","custom_event_type":"transaction","timestamp_unixtime_ms":17953313{:02}250,"session_uuid":"F7A0C1D2-0000-4000-8000-{n:012x}","source_message_id":"m-{n:012x}","custom_attributes":{{{},{}}}}}}}"#,
        n % 60,
        purchase(n),
        details(n),
    )
}

#[cfg(test)]
mod tests;
