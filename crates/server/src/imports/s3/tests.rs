use super::*;

fn bucket(secret: &str) -> Result<Bucket, Failure> {
    Bucket::of(&ImportPlace::Bucket {
        endpoint: "https://examplebucket.s3.amazonaws.com:443/".into(),
        region: "us-east-1".into(),
        bucket: "examplebucket".into(),
        prefix: String::new(),
        access_key: "AKIAIOSFODNN7EXAMPLE".into(),
        secret_key: Some(secret.into()),
    })
}

#[test]
fn a_request_is_signed_as_version_4_says() {
    let bucket = bucket("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY").unwrap();
    let query = "max-keys=2&prefix=J";
    let signed = bucket.sign("/", query, "20130524T000000Z");
    // AWS, "Signature Calculations for the Authorization Header", Get Bucket (List Objects).
    let expected = "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7";
    assert!(signed.ends_with(expected), "{signed}");
    assert!(signed.contains("Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"));
}

#[test]
fn texts_of_lists_are_read_back() {
    let check = |written: &str| assert_eq!(decode(&encode(written, true)), written);
    ["a/b c", "ü+%&=", "1%2", "orders 2026-01-01.csv.gz"].into_iter().for_each(check);
    assert_eq!(decode("a+b%2Bc%"), "a b+c%");
    assert_eq!(unescape("&quot;a&amp;lt;&quot;"), "\"a&lt;\"");
    let xml = "<L><Contents><Key>a</Key></Contents><Contents><Key>b</Key></Contents></L>";
    let keys: Vec<_> = all(xml, "Contents").filter_map(|object| text_of(object, "Key")).collect();
    assert_eq!(keys, ["a", "b"]);
    assert_eq!(moment(Timestamp::parse("2026-03-01T09:00:00Z").unwrap()), "20260301T090000Z");
}

#[test]
fn what_is_wrong_is_said_without_the_secret() {
    assert_eq!(bucket("").err().unwrap().detail.code, "import.bucket");
    let bucket = bucket("geheim").unwrap();
    for failure in [bucket.unreached("x"), bucket.refused(403, "InvalidAccessKeyId", "y")] {
        let shown = format!("{failure} {failure:?}");
        assert!(!shown.contains("geheim") && !shown.contains("AKIAIOSFODNN7EXAMPLE"), "{shown}");
    }
}
