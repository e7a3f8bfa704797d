//! Where a page of messages ended, as a text that callers hand back and need not understand.
//!
//! What it is: 28 bytes in URL-safe base64: the instant, the message, and a hash of what else was asked for, so that
//! a cursor of another question is refused instead of answered with the wrong page. What it is not: secret; it
//! says nothing that the page did not.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{EventId, Text, Timestamp};
use sha2::{Digest, Sha256};
use wire::api::DeliveriesQuery;

use crate::failure::Failure;

/// Bytes of the instant and of the message.
const PLACE_BYTES: usize = 8 + 16;

/// Bytes of the hash.
const HASH_BYTES: usize = 4;

/// A place in the list of a question.
pub(super) fn write(at: Timestamp, message: &str, query: &DeliveriesQuery) -> String {
    let mut bytes = Vec::with_capacity(PLACE_BYTES + HASH_BYTES);
    bytes.extend(at.0.to_be_bytes());
    bytes.extend(EventId::of(message).0.to_be_bytes());
    bytes.extend(asked(query));
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The place that a cursor says. Errors: it is none, or one of another question.
pub(super) fn read(text: &str, query: &DeliveriesQuery) -> Result<(Timestamp, Text), Failure> {
    let refused = |message: &str| {
        Failure::bad_request("request.cursor", format!("`cursor`: {message}"))
            .hint("hand back `next` of the page before, with all else as it was asked there")
    };
    let bytes = URL_SAFE_NO_PAD.decode(text).ok();
    let bytes = bytes.filter(|bytes| bytes.len() == PLACE_BYTES + HASH_BYTES);
    let bytes = bytes.ok_or_else(|| refused("this is no place in a list"))?;
    let (place, hash) = bytes.split_at(PLACE_BYTES);
    if hash != asked(query) {
        return Err(refused("it is of another question"));
    }
    let (at, message) = place.split_at(8);
    let at = i64::from_be_bytes(at.try_into().map_err(|_| refused("it is too short"))?);
    let id = u128::from_be_bytes(message.try_into().map_err(|_| refused("it is too short"))?);
    Ok((Timestamp(at), Text::from(EventId(id).to_string())))
}

/// What else was asked for. How many is no part of it: a caller may ask for larger pages on the way.
fn asked(query: &DeliveriesQuery) -> [u8; HASH_BYTES] {
    let DeliveriesQuery { campaign, user, state, channel, reason, cursor: _, before, limit: _ } =
        query;
    let mut hash = Sha256::new();
    for part in [campaign, user, state, channel, reason, before] {
        let text = part.as_deref().unwrap_or_default();
        hash.update([u8::from(part.is_some())]);
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    let digest = hash.finalize();
    let mut first = [0; HASH_BYTES];
    first.iter_mut().zip(digest.iter()).for_each(|(own, byte)| *own = *byte);
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_place_and_to_no_other_question() {
        let query = DeliveriesQuery { campaign: Some("a".into()), ..DeliveriesQuery::default() };
        let message = EventId(1 << 127 | 77).to_string();
        let text = write(Timestamp(-5), &message, &query);
        assert_eq!(read(&text, &query).unwrap(), (Timestamp(-5), Text::from(message)));
        let larger = DeliveriesQuery { limit: Some(9), ..query.clone() };
        assert!(read(&text, &larger).is_ok());
        let other = DeliveriesQuery { campaign: None, user: Some("a".into()), ..query.clone() };
        for (text, query) in
            [(text.as_str(), &other), ("", &query), ("AAAA", &query), ("ü", &query)]
        {
            let failure = read(text, query).unwrap_err();
            assert_eq!((failure.status, failure.detail.code.as_str()), (400, "request.cursor"));
        }
    }
}
