//! SendGrid's event webhook: a list of events, signed with ECDSA if that is turned on.

use base64::prelude::{BASE64_STANDARD, Engine};
use ring::signature;
use serde_json::Value;

use super::{About, EVENTS_MAX, Error, Event, Feedback, address, id, json, link, seconds, text};
use crate::contract::{Address, Code, clip};
use crate::email::status::{Enhanced, meaning};

const WHAT: &str = "event list of SendGrid";

/// Reads the events that are feedback; what is processed or resubscribed is left out.
pub fn read(body: &[u8]) -> Result<Vec<Feedback>, Error> {
    let list = json(WHAT, body)?;
    let events = list
        .as_array()
        .ok_or_else(|| Error::Malformed { what: WHAT, why: "it is not a list".to_owned() })?;
    if events.len() > EVENTS_MAX {
        return Err(Error::TooMany);
    }
    Ok(events.iter().filter_map(feedback).collect())
}

fn feedback(event: &Value) -> Option<Feedback> {
    let said = text(event, &["reason"]).or(text(event, &["response"])).unwrap_or_default();
    let status = text(event, &["status"]).and_then(Enhanced::parse);
    let enhanced = match status {
        Some(status) if status.vague() => first_status(said).or(Some(status)),
        other => other.or_else(|| first_status(said)),
    };
    let told = match text(event, &["event"])? {
        "delivered" => Event::Delivered,
        "deferred" => Event::Delayed { code: meaning(0, enhanced, said).0, detail: clip(said) },
        "bounce" => {
            let (code, state) = meaning(0, enhanced, said);
            // `blocked` is what SendGrid calls a refusal that is not about the address.
            let blocked = text(event, &["type"]) == Some("blocked");
            let address = match state {
                Address::Dead { .. } if blocked => Address::Unknown,
                state => state,
            };
            Event::Bounced { code, address, detail: clip(said) }
        }
        "dropped" => dropped(said),
        "spamreport" => Event::Complained { kind: "abuse".to_owned() },
        "unsubscribe" | "group_unsubscribe" => Event::Unsubscribed,
        "open" => {
            let machine = event.get("sg_machine_open").and_then(Value::as_bool).unwrap_or(false);
            Event::Opened { machine }
        }
        "click" => Event::Clicked { url: link(text(event, &["url"])?)?, machine: false },
        _ => return None,
    };
    let about = About {
        delivery: text(event, &["delivery"]).and_then(id),
        message_id: text(event, &["smtp-id"]).and_then(id),
        // What follows the first dot names the server that handled it.
        provider_id: text(event, &["sg_message_id"]).and_then(|i| id(i.split('.').next()?)),
        recipient: text(event, &["email"]).and_then(address),
    };
    let key = text(event, &["sg_event_id"]).and_then(id);
    Some(Feedback { about, at: seconds(event.get("timestamp")), key, event: told })
}

/// SendGrid did not try, because of what it remembers.
fn dropped(reason: &str) -> Event {
    let lower = reason.to_ascii_lowercase();
    let (code, address) = if lower.contains("bounced") || lower.contains("invalid") {
        (Code::AddressUnknown, Address::DEAD)
    } else if lower.contains("unsubscribed") || lower.contains("spam report") {
        (Code::AddressOptedOut, Address::Valid)
    } else if lower.contains("spam") {
        (Code::PayloadContent, Address::Unknown)
    } else {
        (Code::ProviderRefused, Address::Unknown)
    };
    Event::Bounced { code, address, detail: clip(reason) }
}

fn first_status(text: &str) -> Option<Enhanced> {
    text.split_ascii_whitespace().take(50).find_map(Enhanced::parse)
}

/// Whether a text is a verification key as SendGrid shows it: a P-256 key in DER, base64.
pub fn is_key(key: &str) -> bool {
    point(key).is_some()
}

/// The point of a key: the last 65 bytes of a P-256 key in DER.
fn point(key: &str) -> Option<Vec<u8>> {
    let der = BASE64_STANDARD.decode(key.trim()).ok()?;
    let point = der.len().checked_sub(65).and_then(|at| der.get(at..))?;
    // Uncompressed points begin with a four.
    (point.first() == Some(&4)).then(|| point.to_vec())
}

/// Checks the signature: `key` is the verification key as SendGrid shows it (base64 of DER),
/// `signature` and `timestamp` the headers `X-Twilio-Email-Event-Webhook-Signature` and
/// `…-Timestamp`.
pub fn verify(key: &str, signature: &str, timestamp: &str, body: &[u8]) -> Result<(), Error> {
    let wrong = || Error::Signature("SendGrid");
    let point = point(key).ok_or_else(wrong)?;
    let tag = BASE64_STANDARD.decode(signature.trim()).map_err(|_| wrong())?;
    let signed = [timestamp.as_bytes(), body].concat();
    signature::UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_ASN1, point)
        .verify(&signed, &tag)
        .map_err(|_| wrong())
}
