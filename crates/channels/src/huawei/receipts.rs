//! What Huawei tells of pushes: receipts, in the first version of their form and in the second.
//!
//! Huawei signs them if a user name and a key are set up with the receipts: an HMAC over time, a number
//! used once, and that name. A receipt names the push by the tag that we gave it.

use base64::prelude::{BASE64_STANDARD, Engine};
use model::Timestamp;
use ring::hmac;
use serde_json::Value;

use crate::contract::{Address, Code};
use crate::secret::Secret;

/// The header with the signature.
pub const SIGNATURE_HEADER: &str = "x-huawei-callback-id";
/// Most receipts of one request; Huawei sends up to 100.
const RECEIPTS_MAX: usize = 1_000;
/// How old a signature may be, in milliseconds: receipts are sent within seconds and again within minutes.
const TOLERANCE_MS: i64 = 15 * 60 * 1_000;

/// One receipt.
#[derive(Clone, PartialEq)]
pub struct Receipt {
    /// The delivery's key, which Huawei repeats.
    pub key: Option<String>,
    /// What Huawei calls the request.
    pub provider_id: Option<String>,
    /// The token that it went to.
    pub token: Option<String>,
    /// When.
    pub at: Option<Timestamp>,
    /// How far it came.
    pub state: State,
}

/// Shows no token.
impl std::fmt::Debug for Receipt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Receipt({:?}, {:?})", self.key, self.state)
    }
}

/// How far a push came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It is on the device.
    Delivered,
    /// It did not arrive.
    Failed {
        /// Why.
        code: Code,
        /// What it says about the token.
        address: Address,
        /// Huawei's number for it.
        detail: String,
    },
}

/// Why something is no receipt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The signature does not fit.
    #[error("the signature of the receipts is missing, wrong or old; check user name and key")]
    Signature,
    /// It is not in Huawei's form.
    #[error("these are no receipts of Huawei: {0}")]
    Malformed(&'static str),
}

/// Checks the header of a request: `timestamp=…; nonce=…; value=…`, where the value is the HMAC-SHA256
/// of all three texts one after the other: time, nonce, user name.
pub fn verify(header: &str, user: &str, key: &Secret, now: Timestamp) -> Result<(), Error> {
    let part = |name: &str| {
        let mut parts = header.split(';').filter_map(|part| part.trim().split_once('='));
        parts.find(|(own, _)| *own == name).map(|(_, value)| value.trim()).ok_or(Error::Signature)
    };
    let (timestamp, nonce, value) = (part("timestamp")?, part("nonce")?, part("value")?);
    let tag = BASE64_STANDARD.decode(value).map_err(|_| Error::Signature)?;
    let own = hmac::Key::new(hmac::HMAC_SHA256, key.reveal().as_bytes());
    let signed = format!("{timestamp}{nonce}{user}");
    hmac::verify(&own, signed.as_bytes(), &tag).map_err(|_| Error::Signature)?;
    let ms: i64 = timestamp.parse().map_err(|_| Error::Signature)?;
    match now.0.saturating_sub(ms).saturating_abs() <= TOLERANCE_MS {
        true => Ok(()),
        false => Err(Error::Signature),
    }
}

/// Reads the receipts of a request.
pub fn read(body: &[u8]) -> Result<Vec<Receipt>, Error> {
    let whole: Value = serde_json::from_slice(body).map_err(|_| Error::Malformed("not JSON"))?;
    let list = whole.get("statuses").and_then(Value::as_array);
    let list = list.ok_or(Error::Malformed("there is no list \"statuses\""))?;
    if list.len() > RECEIPTS_MAX {
        return Err(Error::Malformed("there are too many"));
    }
    Ok(list.iter().filter_map(receipt).collect())
}

fn receipt(own: &Value) -> Option<Receipt> {
    let text = |name: &str| {
        let found = own.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        found.map(str::to_owned)
    };
    // The second version puts both into an object of their own.
    let (result, at) = match own.get("deliveryStatus") {
        Some(status) => (status.get("result")?, status.get("timestamp")),
        None => (own.get("status")?, own.get("timestamp")),
    };
    let at = at.and_then(Value::as_i64).map(Timestamp);
    Some(Receipt {
        key: text("biTag"),
        provider_id: text("requestId"),
        token: text("token"),
        at: at.filter(|at| (Timestamp(0)..=Timestamp::MAX).contains(at)),
        state: state(result.as_i64()?),
    })
}

/// What a number of a receipt means.
fn state(number: i64) -> State {
    let (code, address) = match number {
        0 => return State::Delivered,
        // The app is gone, or the token is another's by now.
        2 | 5 => (Code::TokenUnregistered, Address::DEAD),
        // Notifications are off, or nobody uses the device.
        6 => (Code::AddressBlocked, Address::Valid),
        10 => (Code::AddressUnavailable, Address::Valid),
        15 => (Code::MessageExpired, Address::Valid),
        102 | 201 => (Code::AddressThrottled, Address::Valid),
        _ => (Code::ProviderRefused, Address::Unknown),
    };
    State::Failed { code, address, detail: format!("status {number}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    #[test]
    fn both_versions_are_read() {
        let body = json!({"statuses": [
            {"biTag": "k1", "appid": "1", "token": "t1", "status": 0,
             "timestamp": 1_789_999_999_000_i64, "requestId": "r1"},
            {"biTag": "k2", "token": "t2", "requestId": "r2", "pushType": 0,
             "deliveryStatus": {"result": 2, "timestamp": 1_789_999_999_500_i64}},
            {"biTag": "", "token": "t3", "status": 6},
            {"token": "t4"}, 7,
        ]});
        let all = read(body.to_string().as_bytes()).unwrap();
        assert_eq!(all.len(), 3);
        assert_eq!((all[0].key.as_deref(), &all[0].state), (Some("k1"), &State::Delivered));
        assert_eq!(all[0].at, Some(Timestamp(1_789_999_999_000)));
        let gone = State::Failed {
            code: Code::TokenUnregistered,
            address: Address::DEAD,
            detail: "status 2".into(),
        };
        assert_eq!((all[1].token.as_deref(), &all[1].state), (Some("t2"), &gone));
        assert_eq!(all[2].key, None);
        assert!(matches!(all[2].state, State::Failed { address: Address::Valid, .. }));
        assert!(!format!("{all:?}").contains("t2"));
        for none in ["", "[]", "{\"statuses\": 1}"] {
            assert!(matches!(read(none.as_bytes()), Err(Error::Malformed(_))), "{none}");
        }
    }

    #[test]
    fn a_signature_covers_time_nonce_and_user() {
        let key: Secret = "hush".into();
        let ms = NOW.0 - 1_000;
        let own = hmac::Key::new(hmac::HMAC_SHA256, b"hush");
        let value = BASE64_STANDARD.encode(hmac::sign(&own, format!("{ms}n-1shop").as_bytes()));
        let header = format!("timestamp={ms}; nonce=n-1; value={value}");
        assert_eq!(verify(&header, "shop", &key, NOW), Ok(()));
        // Without blanks, as Huawei's guide has it.
        assert_eq!(verify(&header.replace("; ", ";"), "shop", &key, NOW), Ok(()));
        let later = Timestamp(NOW.0 + TOLERANCE_MS);
        for (header, user, key, now) in [
            (header.as_str(), "other", "hush", NOW),
            (&header, "shop", "loud", NOW),
            (&header, "shop", "hush", later),
            (&header.replace("n-1", "n-2"), "shop", "hush", NOW),
            ("", "shop", "hush", NOW),
        ] {
            assert_eq!(verify(header, user, &key.into(), now), Err(Error::Signature));
        }
    }
}
