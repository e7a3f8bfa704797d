//! The example of the Standard Webhooks specification and of its libraries.

use super::*;

#[test]
fn the_published_example_is_signed_as_published() {
    let secret = read_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let now = Timestamp(1_614_265_330_999);
    let signed = sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", now, r#"{"test": 2432232314}"#);
    assert_eq!(signed.timestamp, "1614265330");
    assert_eq!(signed.signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[test]
fn secrets_are_checked_and_never_printed() {
    let secret = new_secret().unwrap();
    assert_eq!(read_secret(&secret.0), Some(secret.clone()));
    assert_ne!(new_secret().unwrap(), secret);
    assert!(!format!("{secret:?}").contains(&secret.0[PREFIX.len()..]));
    for wrong in ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_*"] {
        assert_eq!(read_secret(wrong), None, "{wrong}");
    }
}
