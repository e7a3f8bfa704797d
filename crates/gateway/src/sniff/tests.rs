use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use model::bounds::BODY_BYTES_MAX;
use proptest::prelude::*;

use super::*;

const JSON: &str = r#"[{"event":"Ünï ☂","n":1}]"#;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn escaped(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02X}")).collect()
}

#[test]
fn one_text_in_every_dress() {
    let base64 = STANDARD.encode(JSON);
    let packed = gzip(JSON.as_bytes());
    let bodies: Vec<Vec<u8>> = vec![
        JSON.as_bytes().to_vec(),
        format!("\u{feff} {JSON}\n").into_bytes(),
        packed.clone(),
        format!("data={}", escaped(JSON)).into_bytes(),
        format!("data={base64}").into_bytes(),
        format!("data={}&verbose=1", escaped(&base64)).into_bytes(),
        format!("verbose=1&data={}", escaped(&STANDARD.encode(&packed))).into_bytes(),
        format!("data={}", URL_SAFE.encode(JSON).trim_end_matches('=')).into_bytes(),
        base64.clone().into_bytes(),
        gzip(format!("data={}", escaped(&base64)).as_bytes()),
    ];
    for body in &bodies {
        for encoding in [None, Some("gzip"), Some("identity")] {
            let content = content(body, encoding, "").unwrap();
            assert_eq!(content.json, JSON, "{:?}", String::from_utf8_lossy(body));
        }
    }
    let query = format!("ip=0&verbose=0&data={}", escaped(&base64));
    let content = content(b"", None, &query).unwrap();
    assert_eq!((content.json.as_ref(), content.field("ip")), (JSON, Some("0")));
}

#[test]
fn fields_of_the_form_come_before_those_of_the_query() {
    let content =
        content(b"data=%7B%7D&verbose=1&api_key=a+b%2", None, "verbose=0&api_key=&x=1").unwrap();
    assert_eq!(content.json, "{}");
    assert_eq!(content.field("verbose"), Some("1"));
    assert_eq!(content.field("api_key"), Some("a b%2"));
    assert_eq!((content.field("x"), content.field("y")), (Some("1"), None));
    let empty = super::content(b"", None, "").unwrap();
    assert_eq!(empty, Content::default());
}

#[test]
fn what_cannot_be_unwrapped_says_why() {
    let check = |body: &[u8], code: &str| {
        assert_eq!(content(body, None, "").unwrap_err().code, code, "{body:?}");
    };
    check(b"data=*", "request.not_base64");
    check(b"hello!", "request.not_base64");
    check(format!("data={}", STANDARD.encode([0xff, 0xfe])).as_bytes(), "request.not_utf8");
    check(&[0x1f, 0x8b, 8, 0], "request.gzip_broken");
    let bomb = gzip(&vec![b' '; BODY_BYTES_MAX + 1]);
    check(&bomb, "request.too_large");
    check(format!("data={}", escaped(&STANDARD.encode(&bomb))).as_bytes(), "request.too_large");
}

proptest! {
    #[test]
    fn any_bytes_never_panic(body in prop::collection::vec(any::<u8>(), 0..200), query in ".{0,40}") {
        let _ = content(&body, None, &query);
    }

    #[test]
    fn any_text_survives_a_form(text in r#"[\[{].{0,60}[^ \n]"#) {
        prop_assume!(trimmed(&text) == text);
        let body = format!("data={}", escaped(&STANDARD.encode(&text)));
        let read = content(body.as_bytes(), None, "").unwrap();
        prop_assert_eq!(read.json.as_ref(), text.as_str());
        let plain = format!("data={}", escaped(&text));
        let read = content(plain.as_bytes(), None, "").unwrap();
        prop_assert_eq!(read.json.as_ref(), text.as_str());
    }
}
