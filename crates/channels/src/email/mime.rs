//! The bytes of an email: RFC 5322 headers and MIME parts, by lettre, with what we are strict about.
//!
//! Text comes from templates and attributes of people, so anything may be in it. Names and subjects
//! lose their control characters; addresses, ids, links and further headers are refused if they are
//! not what they should be. The same message gives the same bytes on every attempt.

use std::time::{Duration, SystemTime};

use lettre::Address as LettreAddress;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox as LettreMailbox, MessageBuilder, MultiPart, SinglePart};
use model::Timestamp;
use ring::digest;

use super::{Mailbox, Message, Unsubscribe};

#[cfg(test)]
mod tests;

/// Longest value of a further header in bytes; a line may have 998 (RFC 5322, 2.1.1), and folding
/// needs blanks that a value may not have.
pub const HEADER_BYTES_MAX: usize = 900;
/// Most further headers of one message: far more than any list needs.
pub const HEADERS_MAX: usize = 50;
/// Longest subject or name in bytes; mail programs show about 70 characters.
pub const SUBJECT_BYTES_MAX: usize = 2_000;
/// Longest address in bytes: a path may have 256 with its brackets (RFC 5321, 4.5.3.1.3).
pub const ADDRESS_BYTES_MAX: usize = 254;

/// Headers that are written here and nowhere else, or by servers on the way.
const RESERVED: &[&str] = &[
    "from",
    "sender",
    "to",
    "cc",
    "bcc",
    "reply-to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "dkim-signature",
    "return-path",
    "received",
    "authentication-results",
];

/// Why no email could be made of a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The recipient's address is none.
    #[error("the recipient's address is not one; it looks like name@example.com")]
    Recipient,
    /// Another address is none.
    #[error("{what} \"{value}\" is not an email address; write it like name@example.com")]
    Address {
        /// Which one.
        what: &'static str,
        /// What stood there.
        value: String,
    },
    /// There is neither text nor HTML, or AMP alone.
    #[error("the message has no text and no HTML; write at least one of them")]
    Empty,
    /// AMP needs an HTML part to fall back to.
    #[error("the message has AMP and no HTML; most mail programs show the HTML part")]
    AmpAlone,
    /// The message's id cannot stand in a header.
    #[error("\"{0}\" is not a message id; write it like id@example.com without brackets")]
    MessageId(String),
    /// A link for unsubscribing is none.
    #[error("\"{0}\" is not a link to unsubscribe; it begins with https:// and has no blanks")]
    Unsubscribe(String),
    /// A further header cannot be written.
    #[error("header \"{name}\" cannot be written: {why}")]
    Header {
        /// Its name.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A text is too long.
    #[error("{what} has a length of {length} and {max} is allowed; shorten it")]
    TooLong {
        /// Which text.
        what: &'static str,
        /// How long it is: bytes, or headers.
        length: usize,
        /// How long it may be.
        max: usize,
    },
    /// The MIME library refused.
    #[error("the email could not be built: {0}")]
    Library(String),
}

/// An email as it goes over the wire, not yet signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// Headers and body, lines ended by CR LF.
    pub bytes: Vec<u8>,
    /// The envelope's sender.
    pub return_path: String,
    /// The envelope's recipient.
    pub recipient: String,
    /// An address has characters beyond ASCII before its `@`: the server must offer SMTPUTF8.
    pub utf8: bool,
}

/// Makes the bytes of one email. `key` marks the borders of its parts, so that a repeated attempt
/// sends the same bytes; `now` becomes its date.
pub fn build(message: &Message, to: &Mailbox, key: &str, now: Timestamp) -> Result<Built, Error> {
    let recipient = address("recipient", &to.address).map_err(|_| Error::Recipient)?;
    let return_path = address("return path", &message.return_path)?;
    let mut builder = lettre::Message::builder()
        .from(mailbox("sender", &message.from)?)
        .to(LettreMailbox::new(name(to.name.as_deref())?, recipient.clone()))
        .subject(line("subject", &message.subject)?)
        .date(date(now))
        .message_id(Some(message_id(&message.message_id)?));
    if let Some(reply_to) = &message.reply_to {
        builder = builder.reply_to(mailbox("reply address", reply_to)?);
    }
    if let Some(unsubscribe) = &message.unsubscribe {
        builder = list_unsubscribe(builder, unsubscribe)?;
    }
    if message.headers.len() > HEADERS_MAX {
        let n_headers = message.headers.len();
        return Err(Error::TooLong {
            what: "the list of headers",
            length: n_headers,
            max: HEADERS_MAX,
        });
    }
    for (name, value) in &message.headers {
        builder = builder.raw_header(header(name, value)?);
    }
    let built = with_body(builder, message, key)?;
    let utf8 = [&recipient, &return_path].iter().any(|a| !a.user().is_ascii());
    Ok(Built {
        bytes: built.formatted(),
        return_path: return_path.to_string(),
        recipient: recipient.to_string(),
        utf8,
    })
}

fn with_body(
    builder: MessageBuilder,
    message: &Message,
    key: &str,
) -> Result<lettre::Message, Error> {
    let part = |kind: &str, text: &str| -> Result<SinglePart, Error> {
        let kind = ContentType::parse(kind).map_err(|e| Error::Library(e.to_string()))?;
        Ok(SinglePart::builder().content_type(kind).body(crlf(text)))
    };
    let text = message.text.as_deref().map(|t| part("text/plain; charset=utf-8", t)).transpose()?;
    let html = message.html.as_deref().map(|t| part("text/html; charset=utf-8", t)).transpose()?;
    let amp =
        message.amp.as_deref().map(|t| part("text/x-amp-html; charset=utf-8", t)).transpose()?;
    let alternative = || MultiPart::alternative().boundary(boundary(key));
    let built = match (text, amp, html) {
        (None, _, None) => return Err(Error::Empty),
        (Some(_), Some(_), None) => return Err(Error::AmpAlone),
        (Some(only), None, None) | (None, None, Some(only)) => builder.singlepart(only),
        (Some(text), None, Some(html)) => {
            builder.multipart(alternative().singlepart(text).singlepart(html))
        }
        // The last part that a program understands is shown, and some programs cannot choose and
        // take the last: HTML ends the list.
        (Some(text), Some(amp), Some(html)) => {
            builder.multipart(alternative().singlepart(text).singlepart(amp).singlepart(html))
        }
        (None, Some(amp), Some(html)) => {
            builder.multipart(alternative().singlepart(amp).singlepart(html))
        }
    };
    built.map_err(|e| Error::Library(e.to_string()))
}

/// An address with its domain in ASCII.
fn address(what: &'static str, text: &str) -> Result<LettreAddress, Error> {
    let wrong = || Error::Address { what, value: crate::contract::clip(text) };
    let (user, domain) = text.rsplit_once('@').ok_or_else(wrong)?;
    let domain = idna::domain_to_ascii(domain).map_err(|_| wrong())?;
    let bytes = user.len() + 1 + domain.len();
    if bytes > ADDRESS_BYTES_MAX || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(wrong());
    }
    LettreAddress::new(user, domain).map_err(|_| wrong())
}

fn mailbox(what: &'static str, from: &Mailbox) -> Result<LettreMailbox, Error> {
    Ok(LettreMailbox::new(name(from.name.as_deref())?, address(what, &from.address)?))
}

fn name(name: Option<&str>) -> Result<Option<String>, Error> {
    let name = name.map(|name| line("a name", name)).transpose()?;
    Ok(name.filter(|name| !name.is_empty()))
}

/// Text on one line: control characters are blanks, which end neither a header nor a message.
fn line(what: &'static str, text: &str) -> Result<String, Error> {
    if text.len() > SUBJECT_BYTES_MAX {
        return Err(Error::TooLong { what, length: text.len(), max: SUBJECT_BYTES_MAX });
    }
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    Ok(plain.trim().to_owned())
}

fn message_id(id: &str) -> Result<String, Error> {
    let plain =
        |b: u8| b.is_ascii_graphic() && !matches!(b, b'<' | b'>' | b'@' | b'(' | b')' | b'"');
    let sides = id.split_once('@');
    let good = sides.is_some_and(|(left, right)| {
        !left.is_empty() && !right.is_empty() && left.bytes().chain(right.bytes()).all(plain)
    });
    if good && id.len() <= ADDRESS_BYTES_MAX {
        Ok(format!("<{id}>"))
    } else {
        Err(Error::MessageId(crate::contract::clip(id)))
    }
}

fn list_unsubscribe(builder: MessageBuilder, to: &Unsubscribe) -> Result<MessageBuilder, Error> {
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_graphic() && !b"<>\",".contains(&b));
    let fits = |text: &str| plain(text) && text.len() <= HEADER_BYTES_MAX;
    let wrong = |text: &str| Error::Unsubscribe(crate::contract::clip(text));
    if !to.url.starts_with("https://") || !fits(&to.url) {
        return Err(wrong(&to.url));
    }
    let mut value = format!("<{}>", to.url);
    if let Some(mailto) = &to.mailto {
        let mailto = mailto.strip_prefix("mailto:").unwrap_or(mailto);
        if !mailto.contains('@') || !fits(mailto) {
            return Err(wrong(mailto));
        }
        // Written folded, because either part may be as long as a line.
        value.push_str(&format!(",\r\n <mailto:{mailto}>"));
    }
    let list = HeaderName::new_from_ascii_str("List-Unsubscribe");
    let post = HeaderName::new_from_ascii_str("List-Unsubscribe-Post");
    let one_click = "List-Unsubscribe=One-Click".to_owned();
    Ok(builder
        .raw_header(HeaderValue::dangerous_new_pre_encoded(list, value.clone(), value))
        .raw_header(HeaderValue::new(post, one_click)))
}

fn header(name: &str, value: &str) -> Result<HeaderValue, Error> {
    let refuse = |why| Err(Error::Header { name: crate::contract::clip(name), why });
    let lower = name.to_ascii_lowercase();
    let token = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if name.is_empty() || name.len() > 76 || !name.bytes().all(token) {
        return refuse("a name has letters, digits and hyphens, at most 76");
    }
    if RESERVED.contains(&lower.as_str()) || lower.starts_with("content-") {
        return refuse("it is written by the channel itself");
    }
    if value.chars().any(char::is_control) {
        return refuse("its value has a control character");
    }
    if value.len() > HEADER_BYTES_MAX {
        return refuse("its value has more than 900 bytes");
    }
    let name = HeaderName::new_from_ascii(name.to_owned());
    Ok(HeaderValue::new(name.map_err(|e| Error::Library(e.to_string()))?, value.to_owned()))
}

/// Marks the borders of parts: nothing that a body has by chance, the same for the same key.
fn boundary(key: &str) -> String {
    let hash = digest::digest(&digest::SHA256, key.as_bytes());
    let hexadecimal = hash.as_ref().iter().take(16).map(|b| format!("{b:02x}"));
    format!("=_{}", hexadecimal.collect::<String>())
}

/// The text with every kind of line end as CR LF, which is what MIME wants before encoding.
fn crlf(text: &str) -> String {
    let mut lines = text.replace("\r\n", "\n");
    if lines.contains('\r') {
        lines = lines.replace('\r', "\n");
    }
    lines.replace('\n', "\r\n")
}

/// Instants before 1970 do not occur; they count as 1970.
fn date(now: Timestamp) -> SystemTime {
    let ms = u64::try_from(now.0).unwrap_or(0);
    SystemTime::UNIX_EPOCH + Duration::from_millis(ms)
}
