use axum::http::HeaderValue;

use super::*;

#[test]
fn the_address_is_the_one_that_was_asked() {
    let check = |host: &str, proto: Option<&str>, expected: Option<&str>| {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_str(host).unwrap());
        if let Some(proto) = proto {
            headers.insert(FORWARDED_PROTO, HeaderValue::from_str(proto).unwrap());
        }
        let base = Base::of(&headers).map(|base| format!("{}://{}", base.scheme, base.host));
        assert_eq!(base.as_deref(), expected, "{host} {proto:?}");
    };
    check("data.example.com", None, Some("http://data.example.com"));
    check("data.example.com:8080", Some("https"), Some("https://data.example.com:8080"));
    check("[::1]:7300", Some("HTTPS, http"), Some("https://[::1]:7300"));
    check("a.b", Some("gopher"), Some("http://a.b"));
    check("a\"};alert(1)//", None, None);
    check("", None, None);
    assert_eq!(Base::of(&HeaderMap::new()), None);
}
