//! Amazon SES through SNS: bounces, complaints, deliveries.
//!
//! SNS wraps SES's message as text in a message of its own and signs that; [`signed_text`] is what
//! the signature covers, checked with the certificate that the message names.

use model::Timestamp;
use ring::signature;
use serde_json::Value;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

use super::{About, EVENTS_MAX, Error, Event, Feedback, address, id, json, link, text};
use crate::contract::{Address, Code, clip};
use crate::email::status::{Enhanced, meaning};

const WHAT: &str = "SNS message of SES";

/// What an SNS message wants.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// Feedback.
    Feedback(Vec<Feedback>),
    /// A new subscription is confirmed by a GET of this address, which is Amazon's.
    Confirm {
        /// The address.
        url: String,
    },
}

/// Reads the body of an SNS request. The signature is not checked here, see [`verify`].
pub fn read(body: &[u8]) -> Result<Told, Error> {
    let envelope = json(WHAT, body)?;
    let wrong = |why: &str| Error::Malformed { what: WHAT, why: why.to_owned() };
    match text(&envelope, &["Type"]) {
        Some("SubscriptionConfirmation") => {
            let url = text(&envelope, &["SubscribeURL"]).filter(|url| is_amazon(url));
            let url = url.ok_or_else(|| wrong("its SubscribeURL is not Amazon's"))?;
            Ok(Told::Confirm { url: url.to_owned() })
        }
        Some("Notification") => {
            let inner = text(&envelope, &["Message"]).ok_or_else(|| wrong("it has no Message"))?;
            let message = json("message of SES", inner.as_bytes())?;
            events(&message, text(&envelope, &["MessageId"])).map(Told::Feedback)
        }
        Some("UnsubscribeConfirmation") => Ok(Told::Feedback(Vec::new())),
        // With raw delivery SNS leaves its envelope out.
        None if envelope.get("mail").is_some() => events(&envelope, None).map(Told::Feedback),
        _ => Err(wrong("its Type is unknown")),
    }
}

/// Whether an address is one of Amazon's own over HTTPS: for confirmations and certificates.
pub fn is_amazon(url: &str) -> bool {
    let Ok(uri) = crate::http::check_url(url, false) else { return false };
    let host = uri.host().unwrap_or_default().to_ascii_lowercase();
    let ends = host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn");
    host.starts_with("sns.") && ends && uri.port_u16().is_none_or(|port| port == 443)
}

/// The text that the signature of an SNS message covers: fields by name, one a line.
pub fn signed_text(envelope: &Value) -> Option<String> {
    let names: &[&str] = match text(envelope, &["Type"])? {
        "Notification" => &["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
        _ => &["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
    };
    let mut signed = String::new();
    for name in names {
        match envelope.get(name).and_then(Value::as_str) {
            Some(value) => {
                signed.push_str(name);
                signed.push('\n');
                signed.push_str(value);
                signed.push('\n');
            }
            None if *name == "Subject" => {}
            None => return None,
        }
    }
    Some(signed)
}

/// Checks an SNS message against the public key (PKCS #1 DER) of the certificate that it names by
/// `SigningCertURL`; the caller has fetched that from an address that [`is_amazon`].
pub fn verify(body: &[u8], public_key: &[u8]) -> Result<(), Error> {
    use base64::prelude::{BASE64_STANDARD, Engine};
    let envelope = json(WHAT, body)?;
    let wrong = || Error::Signature("SNS");
    let tag = text(&envelope, &["Signature"]).and_then(|tag| BASE64_STANDARD.decode(tag).ok());
    let algorithm: &dyn signature::VerificationAlgorithm =
        match text(&envelope, &["SignatureVersion"]) {
            Some("1") => &signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            Some("2") => &signature::RSA_PKCS1_2048_8192_SHA256,
            _ => return Err(wrong()),
        };
    let signed = signed_text(&envelope).ok_or_else(wrong)?;
    let key = signature::UnparsedPublicKey::new(algorithm, public_key);
    key.verify(signed.as_bytes(), &tag.ok_or_else(wrong)?).map_err(|_| wrong())
}

/// The public key (PKCS #1 DER) of a certificate in PEM, for [`verify`].
///
/// The certificate itself is not judged: that it comes from Amazon is known by the encrypted connection
/// over which it was fetched.
pub fn public_key(pem: &str) -> Option<Vec<u8>> {
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
    let (whole, _) = element(certificate.as_ref(), 0x30)?;
    let (mut rest, _) = element(whole, 0x30)?;
    // Version (may be missing), then serial number, algorithm, issuer, validity and subject.
    if let Some((_, after)) = element(rest, 0xa0) {
        rest = after;
    }
    for tag in [0x02, 0x30, 0x30, 0x30, 0x30] {
        rest = element(rest, tag)?.1;
    }
    let (key, _) = element(rest, 0x30)?;
    let (_, after) = element(key, 0x30)?;
    let (bits, _) = element(after, 0x03)?;
    // The first byte counts unused bits, of which keys have none.
    bits.strip_prefix(&[0]).map(<[u8]>::to_vec)
}

/// The content of the first element of DER, if it has this tag, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        // Two bytes of length are 64 KiB; no certificate has more.
        0x81 | 0x82 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
            (length, rest)
        }
        _ => return None,
    };
    if found == tag { rest.split_at_checked(length) } else { None }
}

fn events(message: &Value, envelope_id: Option<&str>) -> Result<Vec<Feedback>, Error> {
    let kind = text(message, &["notificationType"]).or(text(message, &["eventType"]));
    let (name, list) = match kind {
        Some("Bounce") => ("bounce", "bouncedRecipients"),
        Some("Complaint") => ("complaint", "complainedRecipients"),
        Some("Delivery") => ("delivery", "recipients"),
        Some("DeliveryDelay") => ("deliveryDelay", "delayedRecipients"),
        Some("Reject") => return Ok(vec![rejected(message, envelope_id)]),
        Some("Open" | "Click") => return Ok(visit(message, envelope_id).into_iter().collect()),
        // Sends are known already.
        Some(_) => return Ok(Vec::new()),
        None => {
            let why = "neither notificationType nor eventType".to_owned();
            return Err(Error::Malformed { what: WHAT, why });
        }
    };
    let detail = message.get(name).unwrap_or(&Value::Null);
    let at = text(detail, &["timestamp"]).and_then(|at| Timestamp::parse(at).ok());
    let key = text(detail, &["feedbackId"]).or(envelope_id).and_then(id);
    let recipients = detail.get(list).and_then(Value::as_array);
    let recipients = recipients.map(Vec::as_slice).unwrap_or_default();
    if recipients.len() > EVENTS_MAX {
        return Err(Error::TooMany);
    }
    let told = recipients.iter().map(|recipient| {
        let address = recipient.as_str().or(text(recipient, &["emailAddress"])).and_then(address);
        let event = match name {
            "bounce" => bounced(detail, recipient),
            "complaint" => {
                let kind = text(detail, &["complaintFeedbackType"]).unwrap_or("abuse");
                Event::Complained { kind: clip(kind) }
            }
            "delivery" => Event::Delivered,
            _ => {
                let said = text(recipient, &["diagnosticCode"]).unwrap_or_default();
                let status = text(recipient, &["status"]).and_then(Enhanced::parse);
                Event::Delayed { code: meaning(0, status, said).0, detail: clip(said) }
            }
        };
        Feedback { about: about(message, address), at, key: key.clone(), event }
    });
    Ok(told.collect())
}

fn about(message: &Value, recipient: Option<String>) -> About {
    About {
        delivery: tagged(message),
        message_id: message_id(message),
        provider_id: text(message, &["mail", "messageId"]).and_then(id),
        recipient,
    }
}

/// The delivery that we tagged the message with (`X-SES-MESSAGE-TAGS`).
fn tagged(message: &Value) -> Option<String> {
    let tag = message.get("mail")?.get("tags")?.get("delivery")?.get(0)?;
    tag.as_str().and_then(id)
}

/// The Message-ID that we gave; SES puts its own into `commonHeaders`, ours is among the headers.
fn message_id(message: &Value) -> Option<String> {
    let headers = message.get("mail")?.get("headers").and_then(Value::as_array);
    let own = headers.into_iter().flatten().take(200).find(|header| {
        text(header, &["name"]).is_some_and(|name| name.eq_ignore_ascii_case("Message-ID"))
    });
    let own = own.and_then(|header| text(header, &["value"]));
    own.or(text(message, &["mail", "commonHeaders", "messageId"])).and_then(id)
}

fn bounced(detail: &Value, recipient: &Value) -> Event {
    let said = text(recipient, &["diagnosticCode"]).unwrap_or_default();
    let status = text(recipient, &["status"]).and_then(Enhanced::parse);
    let (code, address) = meaning(0, status, said);
    let kind = text(detail, &["bounceType"]).unwrap_or_default();
    let subkind = text(detail, &["bounceSubType"]).unwrap_or_default();
    let (code, address) = match (kind, subkind) {
        ("Permanent", "General" | "NoEmail" | "Suppressed" | "OnAccountSuppressionList") => {
            (Code::AddressUnknown, Address::DEAD)
        }
        ("Permanent", _) => (code, address),
        (_, "MailboxFull") => (Code::AddressFull, Address::Valid),
        (_, "MessageTooLarge") => (Code::PayloadTooLarge, Address::Unknown),
        (_, "ContentRejected" | "AttachmentRejected") => (Code::PayloadContent, Address::Unknown),
        // Neither a fault that may pass nor an unknown one kills an address.
        _ => {
            (code, if matches!(address, Address::Dead { .. }) { Address::Unknown } else { address })
        }
    };
    let words = if said.is_empty() { format!("{kind}: {subkind}") } else { said.to_owned() };
    Event::Bounced { code, address, detail: clip(&words) }
}

/// An open or a click, of the one recipient of a message.
fn visit(message: &Value, envelope_id: Option<&str>) -> Option<Feedback> {
    let (detail, event) = match message.get("click") {
        Some(click) => {
            let url = text(click, &["link"]).and_then(link)?;
            (click, Event::Clicked { url, machine: false })
        }
        None => (message.get("open")?, Event::Opened { machine: false }),
    };
    Some(Feedback {
        about: about(message, None),
        at: text(detail, &["timestamp"]).and_then(|at| Timestamp::parse(at).ok()),
        key: envelope_id.and_then(id),
        event,
    })
}

fn rejected(message: &Value, envelope_id: Option<&str>) -> Feedback {
    let recipient = message.get("mail").and_then(|mail| mail.get("destination"));
    let recipient = recipient.and_then(|list| list.get(0)).and_then(Value::as_str);
    let detail = clip(text(message, &["reject", "reason"]).unwrap_or_default());
    Feedback {
        about: about(message, recipient.and_then(address)),
        at: None,
        key: envelope_id.and_then(id),
        event: Event::Bounced { code: Code::PayloadContent, address: Address::Unknown, detail },
    }
}
