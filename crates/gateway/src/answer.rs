//! What a client library of others is answered: a status and a body that it understands.

/// An answer as it leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Value of `Content-Type`.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

impl Answer {
    /// A JSON answer.
    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Answer {
        Answer { status, content_type: "application/json", body: body.to_string() }
    }

    /// A plain text.
    pub(crate) fn text(status: u16, body: &str) -> Answer {
        Answer { status, content_type: "text/plain; charset=utf-8", body: body.to_owned() }
    }
}
