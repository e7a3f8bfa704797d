//! Emails to the return path: bounces (RFC 3464) and complaints (RFC 5965).
//!
//! The machine-readable part is looked for anywhere, because some servers send it in a plain
//! multipart. Where its `Status` says no more than its class (`5.0.0`), the enhanced code in
//! `Diagnostic-Code`, which the last server said itself, is believed instead.

use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};
use model::Timestamp;

use super::{About, Error, Event, Feedback, REPORT_BYTES_MAX, address, id};
use crate::contract::{Address, Code, clip};
use crate::email::status::{Enhanced, meaning};
use crate::email::verp_delivery;

#[cfg(test)]
mod tests;

/// Most recipients of one bounce that are read; each of our emails has one.
const RECIPIENTS_MAX: usize = 100;
/// How much of a bounce without a machine-readable part is read as text, in bytes.
const PROSE_BYTES_MAX: usize = 16 * 1024;

/// Reads an email that came to `recipient`, an address made by [`super::super::verp`] with `local`.
///
/// Errors: `Unrelated` for answers of people and their holiday programs, which come here too.
pub fn read(raw: &[u8], recipient: &str, local: &str) -> Result<Vec<Feedback>, Error> {
    if raw.len() > REPORT_BYTES_MAX {
        return Err(Error::TooLarge(raw.len()));
    }
    let message = MessageParser::default().parse(raw).ok_or(Error::Unrelated)?;
    let arrived = verp_delivery(local, recipient).map(str::to_owned);
    let mut about = original(&message);
    about.delivery = arrived.or(about.delivery);
    let at = message.date().map(|date| Timestamp(date.to_timestamp().saturating_mul(1_000)));
    let at = at.filter(|at| (Timestamp::MIN..=Timestamp::MAX).contains(at));
    // The report's own id, so that one that is delivered twice counts once.
    let key = message.message_id().and_then(id);
    let with = |about: About, event| Feedback { about, at, key: key.clone(), event };
    if let Some(part) = find(&message, "message", "feedback-report") {
        return complaint(part, about, local).map(|(about, event)| vec![with(about, event)]);
    }
    if let Some(part) = find(&message, "message", "delivery-status") {
        let bounces = bounces(part, &about);
        let feedback: Vec<_> = bounces.into_iter().map(|(a, e)| with(a, e)).collect();
        return if feedback.is_empty() { Err(Error::Unrelated) } else { Ok(feedback) };
    }
    prose(&message).map(|event| vec![with(about, event)])
}

/// What the report repeats of the email it is about.
fn original(message: &Message<'_>) -> About {
    let mut about = About::default();
    for part in &message.parts {
        let headers: Vec<(String, String)> = match &part.body {
            PartType::Message(inner) => {
                inner.headers_raw().map(|(n, v)| (n.to_owned(), v.to_owned())).collect()
            }
            _ if is(part, "text", "rfc822-headers") || is(part, "message", "rfc822-headers") => {
                groups(&contents(part), 1).into_iter().flatten().collect()
            }
            _ => continue,
        };
        for (name, value) in headers {
            match name.to_ascii_lowercase().as_str() {
                "message-id" if about.message_id.is_none() => about.message_id = id(&value),
                "to" if about.recipient.is_none() => about.recipient = address(&value),
                _ => {}
            }
        }
    }
    about
}

fn bounces(part: &MessagePart<'_>, about: &About) -> Vec<(About, Event)> {
    let mut bounces = Vec::new();
    // The first group is about the message, each other about a recipient.
    for group in groups(&contents(part), RECIPIENTS_MAX + 1).into_iter().skip(1) {
        let field = |name: &str| {
            let mut named = group.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
            named.next().map(|(_, value)| value.as_str())
        };
        let recipient = field("Original-Recipient").or(field("Final-Recipient"));
        let recipient = recipient.and_then(|r| address(r.split_once(';').map_or(r, |(_, a)| a)));
        let about = About { recipient: recipient.or(about.recipient.clone()), ..about.clone() };
        let diagnostic = field("Diagnostic-Code").unwrap_or_default();
        let (basic, said) = diagnosis(diagnostic);
        let status = field("Status").and_then(|s| Enhanced::parse(s.trim()));
        let enhanced = match (status, said) {
            (Some(status), Some(said)) if status.vague() => Some(said),
            (status, said) => status.or(said),
        };
        let (code, address) = meaning(basic, enhanced, diagnostic);
        let detail = match &about.recipient {
            Some(recipient) => hidden(diagnostic, recipient),
            None => clip(diagnostic),
        };
        let permanent = enhanced.is_none_or(|e| e.class == 5);
        match field("Action").unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "failed" => {
                // A server gives up after days of "not now": that kills no address.
                let address = if permanent { address } else { Address::Unknown };
                bounces.push((about, Event::Bounced { code, address, detail }));
            }
            "delayed" => bounces.push((about, Event::Delayed { code, detail })),
            "delivered" | "relayed" | "expanded" => bounces.push((about, Event::Delivered)),
            _ => {}
        }
    }
    bounces
}

fn hidden(diagnostic: &str, recipient: &str) -> String {
    let outcome = crate::contract::Outcome::rejected(Code::ProviderRefused, diagnostic);
    match outcome.without(recipient) {
        crate::contract::Outcome::Rejected { detail, .. } => detail,
        _ => String::new(),
    }
}

/// The basic and the enhanced code of `smtp; 550 5.1.1 …`, also without the type or with words
/// before the codes.
fn diagnosis(text: &str) -> (u16, Option<Enhanced>) {
    let text = text.split_once(';').map_or(text, |(_, rest)| rest);
    let mut basic = 0;
    let mut enhanced = None;
    for word in text.split(|c: char| !(c.is_ascii_digit() || c == '.')) {
        if basic == 0 && word.len() == 3 {
            basic = word.parse().ok().filter(|n| (400..600).contains(n)).unwrap_or(0);
        }
        enhanced = enhanced.or_else(|| Enhanced::parse(word).filter(|e| e.class != 2));
    }
    (basic, enhanced)
}

fn complaint(part: &MessagePart<'_>, about: About, local: &str) -> Result<(About, Event), Error> {
    let fields: Vec<_> = groups(&contents(part), 1).into_iter().flatten().collect();
    let field = |name: &str| {
        fields.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    };
    let kind = field("Feedback-Type").unwrap_or_default().trim().to_ascii_lowercase();
    // Feedback loops report to an address of their own: the return path stands in the report.
    let from = field("Original-Mail-From").and_then(address);
    let delivery = from.and_then(|from| verp_delivery(local, &from).map(str::to_owned));
    let recipient = field("Original-Rcpt-To").and_then(address).or(about.recipient.clone());
    let about = About { delivery: delivery.or(about.delivery.clone()), recipient, ..about };
    match kind.as_str() {
        "not-spam" => Err(Error::Unrelated),
        "opt-out" | "opt-out-list" => Ok((about, Event::Unsubscribed)),
        "" => Err(Error::Malformed {
            what: "complaint",
            why: "its Feedback-Type is missing".to_owned(),
        }),
        _ => Ok((about, Event::Complained { kind: clip(&kind) })),
    }
}

/// A bounce in words alone, as old servers send them: believed only if it comes from a mail system,
/// calls itself a failure and quotes a permanent code.
fn prose(message: &Message<'_>) -> Result<Event, Error> {
    let from = message.from().and_then(|from| from.first()).and_then(|from| from.address());
    let from = from.unwrap_or_default().to_ascii_lowercase();
    let system = ["mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon"];
    let subject = message.subject().unwrap_or_default().to_ascii_lowercase();
    let failure = ["fail", "undeliver", "returned", "not delivered", "delivery status", "bounce"];
    let said = system.iter().any(|s| from.starts_with(s)) || from.is_empty();
    if !said || !failure.iter().any(|f| subject.contains(f)) {
        return Err(Error::Unrelated);
    }
    let text = message.body_text(0).unwrap_or_default();
    // What follows a border is the email that bounced, which may quote anything.
    let end = ["--- Below this line", "------ This is a copy", "----- Original message"];
    let end = end.iter().filter_map(|border| text.find(border)).min().unwrap_or(text.len());
    let mut end = end.min(PROSE_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = &text[..end];
    for line in text.lines() {
        let (basic, enhanced) = diagnosis(line.rsplit(';').next().unwrap_or(line));
        let permanent = enhanced.map_or(basic >= 500, |e| e.class == 5);
        if permanent {
            let (code, address) = meaning(basic, enhanced, text);
            return Ok(Event::Bounced { code, address, detail: clip(line) });
        }
    }
    Err(Error::Unrelated)
}

fn find<'a>(message: &'a Message<'_>, kind: &str, subkind: &str) -> Option<&'a MessagePart<'a>> {
    message.parts.iter().find(|part| is(part, kind, subkind))
}

fn is(part: &MessagePart<'_>, kind: &str, subkind: &str) -> bool {
    part.content_type().is_some_and(|found| {
        let subtype = found.subtype().unwrap_or_default();
        found.ctype().eq_ignore_ascii_case(kind) && subtype.eq_ignore_ascii_case(subkind)
    })
}

fn contents(part: &MessagePart<'_>) -> String {
    match &part.body {
        // Parsers that know messages take the fields for the headers of one.
        PartType::Message(inner) => String::from_utf8_lossy(inner.raw_message()).into_owned(),
        _ => String::from_utf8_lossy(part.contents()).into_owned(),
    }
}

/// Groups of fields between empty lines, with continuation lines joined; at most `max` groups.
fn groups(text: &str, max: usize) -> Vec<Vec<(String, String)>> {
    let mut groups: Vec<Vec<(String, String)>> = vec![Vec::new()];
    for line in text.lines() {
        let Some(group) = groups.last_mut() else { break };
        if line.trim().is_empty() {
            if groups.len() == max {
                break;
            }
            if groups.last().is_some_and(|group| !group.is_empty()) {
                groups.push(Vec::new());
            }
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = group.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            group.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    groups.retain(|group| !group.is_empty());
    groups
}
