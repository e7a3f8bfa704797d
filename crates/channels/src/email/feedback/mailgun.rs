//! Mailgun's webhooks: one event each, signed with an HMAC within the body.

use model::Timestamp;
use ring::hmac;
use serde_json::Value;

use super::{About, Error, Event, Feedback, address, id, json, link, seconds, text};
use crate::contract::{Address, Code, clip};
use crate::email::status::{Enhanced, meaning};
use crate::hex;
use crate::secret::Secret;

const WHAT: &str = "webhook of Mailgun";
/// How old a signature may be, in seconds: Mailgun tries again for eight hours, signing anew.
const TOLERANCE_S: i64 = 900;

/// Checks the signature within the body and reads the event; `None` if it is no feedback. Without
/// the check of its time a caught request could be sent again for ever.
pub fn read(body: &[u8], key: &Secret, now: Timestamp) -> Result<Option<Feedback>, Error> {
    let whole = json(WHAT, body)?;
    verify(&whole, key, now)?;
    let event = whole.get("event-data").unwrap_or(&Value::Null);
    let status = event.get("delivery-status").unwrap_or(&Value::Null);
    let words = text(status, &["message"]).or(text(status, &["description"])).unwrap_or_default();
    let basic = status.get("code").and_then(Value::as_u64);
    let basic = basic.and_then(|code| u16::try_from(code).ok()).unwrap_or(0);
    let enhanced = text(status, &["enhanced-code"]).and_then(Enhanced::parse);
    let enhanced = enhanced.or_else(|| Enhanced::parse(words));
    let told = match text(event, &["event"]) {
        Some("delivered") => Event::Delivered,
        Some("complained") => Event::Complained { kind: "abuse".to_owned() },
        Some("unsubscribed") => Event::Unsubscribed,
        Some("opened") => Event::Opened { machine: machine(event) },
        Some("clicked") => match text(event, &["url"]).and_then(link) {
            Some(url) => Event::Clicked { url, machine: machine(event) },
            None => return Ok(None),
        },
        Some("failed") if text(event, &["severity"]) == Some("temporary") => {
            Event::Delayed { code: meaning(basic, enhanced, words).0, detail: clip(words) }
        }
        Some("failed") => {
            let reason = text(event, &["reason"]).unwrap_or_default();
            let (code, address) = match reason {
                "suppress-bounce" => (Code::AddressUnknown, Address::DEAD),
                "suppress-complaint" | "suppress-unsubscribe" => {
                    (Code::AddressOptedOut, Address::Valid)
                }
                _ => meaning(basic, enhanced, words),
            };
            let detail = if words.is_empty() { reason } else { words };
            Event::Bounced { code, address, detail: clip(detail) }
        }
        Some(_) => return Ok(None),
        None => {
            let why = "it has no event-data with an event".to_owned();
            return Err(Error::Malformed { what: WHAT, why });
        }
    };
    let message_id = text(event, &["message", "headers", "message-id"]).and_then(id);
    let about = About {
        delivery: text(event, &["user-variables", "delivery"]).and_then(id),
        // Mailgun calls a message by its Message-ID.
        provider_id: message_id.clone(),
        message_id,
        recipient: text(event, &["recipient"]).and_then(address),
    };
    let key = text(event, &["id"]).and_then(id);
    Ok(Some(Feedback { about, at: seconds(event.get("timestamp")), key, event: told }))
}

/// What Mailgun makes of the program that opened it.
fn machine(event: &Value) -> bool {
    text(event, &["client-info", "bot"]).is_some()
}

fn verify(whole: &Value, key: &Secret, now: Timestamp) -> Result<(), Error> {
    let wrong = || Error::Signature("Mailgun");
    let field = |name| text(whole, &["signature", name]).ok_or_else(wrong);
    let (timestamp, token, tag) = (field("timestamp")?, field("token")?, field("signature")?);
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.reveal().as_bytes());
    let tag = hex::decode(tag).ok_or_else(wrong)?;
    hmac::verify(&key, format!("{timestamp}{token}").as_bytes(), &tag).map_err(|_| wrong())?;
    let seconds: i64 = timestamp.parse().map_err(|_| wrong())?;
    if now.0.div_euclid(1_000).saturating_sub(seconds).saturating_abs() > TOLERANCE_S {
        return Err(wrong());
    }
    Ok(())
}
