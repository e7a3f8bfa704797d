//! Webhooks: signed HTTP requests to a server of the customer.

use crate::secret::Secret;

/// One request.
#[derive(Clone, Debug)]
pub struct Message {
    /// The body, as it is signed and sent.
    pub body: Vec<u8>,
    /// What the body is, such as `application/json`.
    pub content_type: String,
    /// Further headers. Those of HTTP itself and of the signature cannot be written here.
    pub headers: Vec<(String, String)>,
    /// The keys that sign, `whsec_` and base64; more than one while a key is being replaced. Without
    /// any the request is not signed.
    pub secrets: Vec<Secret>,
}
