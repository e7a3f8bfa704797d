//! Text messages: what they are, what comes back, and the adapters of providers.
//!
//! [`twilio`] speaks Twilio's API, [`generic`] any HTTP API that a template describes, [`smpp`] the
//! protocol of operators.

pub mod generic;
mod keyword;
pub mod smpp;
pub mod twilio;

#[cfg(test)]
mod tests;

pub use keyword::Keyword;

/// Longest text in bytes that is sent: Twilio's limit of 1,600 characters, each of up to 4 bytes.
pub const BODY_BYTES_MAX: usize = 6_400;

/// One text message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The text.
    pub body: String,
    /// The number, name or messaging service that it comes from, if not the one of the channel.
    pub from: Option<String>,
    /// The id under which a regulator registered the text, where one demands that.
    pub template_id: Option<String>,
    /// Where the provider reports what becomes of it.
    pub status_callback: Option<String>,
}

/// Whether a text is a number in the international form: `+` and 7 to 15 digits (E.164).
pub fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (7..=15).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit())
        && !digits.starts_with('0')
}
