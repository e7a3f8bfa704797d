//! mParticle's wire forms: batches of the web client and of servers, and the identity service.
//!
//! Who: `customer_id` (also written `customerid`) is the user id; `device_application_stamp` or
//! `mp_deviceid` the anonymous id; every other identity keeps its name, with `mobile_number` as `phone`.
//! The vendor's own number of a person is an identity `mpid` where nothing else is known.
//!
//! | `event_type` | becomes |
//! |---|---|
//! | `custom_event` | an event of its name |
//! | `screen_view` | `Screen Viewed` with `name` |
//! | `commerce_event` | `Purchase`, `Refund`, `Add To Cart`, `Remove From Cart`, `Add To Wishlist`, `Remove From Wishlist`, `Checkout`, `Checkout Option`, `Product Viewed`, `Product Clicked`; `Promotion Viewed`, `Promotion Clicked`; `Product List Viewed` |
//! | `user_attribute_change` | a new value of the attribute, or none |
//! | `user_identity_change` | one more identity of the person |
//! | `opt_out` | `consent.tracking` |
//! | `session_start`, `session_end`, … | events `Session Start`, `Session End`, … |
//!
//! `user_attributes` of a batch are attributes; `consent_state` stands under `consent.` (`consent.gdpr.ads`
//! says whether). Amounts and products keep their names (`total_amount`, `products.id`); what is not
//! known is kept under the name that it has.

mod batch;
mod event;
pub mod identity;

#[cfg(test)]
mod tests;

use model::Timestamp;

use crate::cut::{self, Cut};
use crate::{Decoded, Refusal, body, fields, json};
use batch::Batch;

/// Batches of one request.
const BATCHES_MAX: usize = 100;

/// Reads a request: one batch, or a list of them.
pub fn decode(bytes: &[u8], received_at: Timestamp) -> Result<Decoded, Refusal> {
    let text = body::text(bytes, None)?;
    let not_json = |words: String| {
        let hint = "send a batch with events, or a list of up to 100 batches";
        Refusal::bad("request.not_json", format!("the body is no batch: {words}"), hint)
    };
    let mut decoded = Decoded::default();
    if !text.trim_start().starts_with('[') {
        let mut batch = Batch::default();
        json::whole(&text, |reader| fields::object(reader, &mut batch)).map_err(not_json)?;
        batch.add_to(&mut decoded, 0, received_at);
        return Ok(decoded);
    }
    let batches =
        json::whole(&text, |reader| cut::list::<Batch<'_>>(reader, BATCHES_MAX, fields::object));
    let batches = batches.map_err(not_json)?;
    if batches.too_long {
        let message = format!("the request has more than {BATCHES_MAX} batches");
        return Err(Refusal::bad("request.too_many_records", message, "send several requests"));
    }
    let mut first = 0;
    for Cut { written, message: batch, fault } in batches.messages {
        match fault {
            None => first += batch.add_to(&mut decoded, first, received_at),
            Some(fault) => {
                let message = format!("the batch cannot be read: {}", fault.words(written));
                let hint = "send an object with events";
                let problem = crate::Problem::new("event.malformed", message, hint);
                decoded.reject((first, written), problem);
                first += 1;
            }
        }
    }
    Ok(decoded)
}
