//! Text messages: what they are, what comes back, and the adapters of providers.
//!
//! [`twilio`] speaks Twilio's API, [`generic`] any HTTP API that a template describes, [`smpp`] the
//! protocol of operators.

pub mod generic;
pub mod smpp;
pub mod twilio;

#[cfg(test)]
mod tests;

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

/// What a recipient's one-word answer asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyword {
    /// No more messages.
    Stop,
    /// Messages again.
    Start,
    /// Who this is.
    Help,
}

impl Keyword {
    /// Reads an answer: one word, whatever its case and the blanks or stops around it. More words
    /// are a sentence and no command ("stop by tomorrow").
    pub fn read(text: &str) -> Option<Keyword> {
        let around = |c: char| c.is_whitespace() || matches!(c, '.' | '!' | ',' | '"' | '\'');
        match text.trim_matches(around).to_uppercase().as_str() {
            "STOP" | "STOPALL" | "STOP ALL" | "UNSUBSCRIBE" | "CANCEL" | "END" | "QUIT"
            | "REVOKE" | "OPTOUT" | "OPT OUT" | "OPT-OUT" => Some(Keyword::Stop),
            "START" | "YES" | "UNSTOP" | "SUBSCRIBE" | "OPTIN" | "OPT IN" | "OPT-IN" => {
                Some(Keyword::Start)
            }
            "HELP" | "INFO" => Some(Keyword::Help),
            _ => None,
        }
    }
}

/// Whether a text is a number in the international form: `+` and 7 to 15 digits (E.164).
pub fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (7..=15).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit())
        && !digits.starts_with('0')
}
