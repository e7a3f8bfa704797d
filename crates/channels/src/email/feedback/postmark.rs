//! Postmark's webhooks: one record each. They carry no signature; whoever takes them protects the
//! address with a name and password or a secret path.

use model::Timestamp;
use serde_json::Value;

use super::{About, Error, Event, Feedback, address, id, json, link, text};
use crate::contract::{Address, Code, clip};
use crate::email::status::meaning;

const WHAT: &str = "webhook of Postmark";

/// Reads a record; `None` if it is no feedback.
pub fn read(body: &[u8]) -> Result<Option<Feedback>, Error> {
    let record = json(WHAT, body)?;
    let (told, when) = match text(&record, &["RecordType"]) {
        Some("Delivery") => (Event::Delivered, "DeliveredAt"),
        Some("SpamComplaint") => (Event::Complained { kind: "abuse".to_owned() }, "BouncedAt"),
        Some("Open") => (Event::Opened { machine: false }, "ReceivedAt"),
        Some("Click") => match text(&record, &["OriginalLink"]).and_then(link) {
            Some(url) => (Event::Clicked { url, machine: false }, "ReceivedAt"),
            None => return Ok(None),
        },
        Some("SubscriptionChange") => {
            let suppressed = record.get("SuppressSending").and_then(Value::as_bool);
            let by_hand = text(&record, &["SuppressionReason"]) == Some("ManualSuppression");
            if suppressed != Some(true) || !by_hand {
                return Ok(None);
            }
            (Event::Unsubscribed, "ChangedAt")
        }
        Some("Bounce") => match bounced(&record) {
            Some(event) => (event, "BouncedAt"),
            None => return Ok(None),
        },
        Some(_) => return Ok(None),
        None => {
            let why = "it has no RecordType".to_owned();
            return Err(Error::Malformed { what: WHAT, why });
        }
    };
    let recipient = text(&record, &["Email"]).or(text(&record, &["Recipient"]));
    let about = About {
        delivery: text(&record, &["Metadata", "delivery"]).and_then(id),
        message_id: None,
        provider_id: text(&record, &["MessageID"]).and_then(id),
        recipient: recipient.and_then(address),
    };
    let key = record.get("ID").and_then(Value::as_i64).map(|id| id.to_string());
    let at = text(&record, &[when]).and_then(|at| Timestamp::parse(at).ok());
    Ok(Some(Feedback { about, at, key, event: told }))
}

fn bounced(record: &Value) -> Option<Event> {
    let words = text(record, &["Details"]).or(text(record, &["Description"])).unwrap_or_default();
    let detail = clip(words);
    let (code, address) = match text(record, &["Type"]).unwrap_or_default() {
        "HardBounce" => (Code::AddressUnknown, Address::DEAD),
        "BadEmailAddress" => (Code::AddressMalformed, Address::DEAD),
        "SpamComplaint" => return Some(Event::Complained { kind: "abuse".to_owned() }),
        "Unsubscribe" => return Some(Event::Unsubscribed),
        "ManuallyDeactivated" => (Code::AddressOptedOut, Address::Valid),
        "SpamNotification" | "VirusNotification" => (Code::PayloadContent, Address::Unknown),
        "Blocked" => (Code::SenderReputation, Address::Unknown),
        "DMARCPolicy" => (Code::SenderUnauthenticated, Address::Unknown),
        "DnsError" => (Code::NetworkUnresolved, Address::Unknown),
        "SoftBounce" => {
            let (code, address) = meaning(0, None, words);
            let dead = matches!(address, Address::Dead { .. });
            (code, if dead { Address::Unknown } else { address })
        }
        "Transient" => return Some(Event::Delayed { code: Code::AddressUnavailable, detail }),
        // Answers of people and their programs.
        "AutoResponder"
        | "AddressChange"
        | "ChallengeVerification"
        | "OpenRelayTest"
        | "Subscribe" => return None,
        _ => (Code::ProviderRefused, Address::Unknown),
    };
    Some(Event::Bounced { code, address, detail })
}
