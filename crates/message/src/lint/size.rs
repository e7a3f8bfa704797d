//! What devices, mail programs and networks cut off, or bill more than once.

use crate::content::{Button, Push, WebPush};
use crate::problem::{Problem, code};
use crate::sms::{Alphabet, parts, transliterate};
use crate::value::escape_json;

/// Gmail shows so many bytes of HTML and hides the rest behind a link.
pub const GMAIL_BYTES_MAX: usize = 102 * 1024;
/// Subjects are shown up to about so many characters on a desk; a phone shows two thirds.
pub const SUBJECT_CHARACTERS: usize = 70;
/// Apple's and Google's services take so many bytes of a notification.
pub const PUSH_PAYLOAD_BYTES_MAX: usize = 4_096;
/// Titles of notifications are shown up to about so many characters.
pub const PUSH_TITLE_CHARACTERS: usize = 65;
/// Texts of notifications are shown up to about so many characters.
pub const PUSH_BODY_CHARACTERS: usize = 240;

/// Characters of a text of WhatsApp.
const WHATSAPP_CHARACTERS_MAX: usize = 4_096;
/// Bytes of the AMP part that mail programs take.
const AMP_BYTES_MAX: usize = 200_000;
/// The mark of AMP stands at the beginning, behind comments and assignments at most.
const AMP_START_CHARACTERS: usize = 2_000;
/// What a provider's own fields take of a notification, about, in bytes.
const PUSH_FRAME_BYTES: usize = 120;

pub(super) fn subject(subject: &str, problems: &mut Vec<Problem>) {
    let n = subject.chars().count();
    if n > SUBJECT_CHARACTERS {
        cut(problems, "subject", n, SUBJECT_CHARACTERS);
    }
}

pub(super) fn html(html: &str, problems: &mut Vec<Problem>) {
    let n = html.len();
    if n > GMAIL_BYTES_MAX {
        let message =
            format!("the e-mail has {n} bytes; Gmail hides what is behind {GMAIL_BYTES_MAX}");
        let problem = Problem::warning(code::CUT_OFF, message).field("body");
        problems.push(problem.hint("shorten it, or take out comments and unused styles"));
    }
}

/// AMP says what it is, and mail programs take so much of it.
pub(super) fn amp(amp: &str, problems: &mut Vec<Problem>) {
    if amp.trim().is_empty() {
        return;
    }
    let start: String = amp.chars().take(AMP_START_CHARACTERS).collect::<String>().to_lowercase();
    if !start.contains("<html ⚡4email") && !start.contains("<html amp4email") {
        let message = "this is not AMP for e-mail, so nobody is shown it";
        let problem = Problem::error(code::WRONG_FIELD, message).field("amp");
        problems.push(problem.hint("begin it with <!doctype html><html ⚡4email data-css-strict>"));
    }
    if amp.len() > AMP_BYTES_MAX {
        let message = format!("the AMP part has {} bytes, the most is {AMP_BYTES_MAX}", amp.len());
        let problem = Problem::error(code::TOO_LARGE, message).field("amp");
        problems.push(problem.hint("shorten it; the HTML is shown instead"));
    }
}

pub(super) fn push(push: &Push, problems: &mut Vec<Problem>) {
    notification(&push.title, &push.body, problems);
    let mut bytes = PUSH_FRAME_BYTES + buttons(&push.buttons);
    for text in
        [&push.title, &push.body, &push.image, &push.link, &push.collapse_key, &push.channel]
    {
        bytes += json_bytes(text);
    }
    for (name, value) in &push.data {
        bytes += json_bytes(name) + json_bytes(value);
    }
    payload(bytes, problems);
}

pub(super) fn web_push(push: &WebPush, problems: &mut Vec<Problem>) {
    notification(&push.title, &push.body, problems);
    let texts = [&push.title, &push.body, &push.icon, &push.image, &push.link];
    let bytes: usize = texts.into_iter().map(|text| json_bytes(text)).sum();
    payload(bytes + buttons(&push.actions) + PUSH_FRAME_BYTES, problems);
}

pub(super) fn sms(body: &str, problems: &mut Vec<Problem>) {
    let found = parts(body);
    let n = found.parts.len();
    if n > 1 {
        let message = format!("this text is sent and billed as {n} messages");
        let most = if found.alphabet == Alphabet::Gsm { 160 } else { 70 };
        let problem = Problem::note(code::SMS_PARTS, message).field("body");
        problems.push(problem.hint(format!("{most} characters fit into one")));
    }
    if found.alphabet == Alphabet::Ucs2 {
        let named: String = found.forced_by.iter().collect();
        let message = format!("a message holds 70 characters instead of 160 because of {named}");
        let plain = transliterate(body);
        let problem = Problem::warning(code::SMS_ALPHABET, message).field("body");
        problems.push(match parts(&plain) {
            other if other.alphabet == Alphabet::Gsm => {
                let m = other.parts.len();
                problem.hint(format!("with plain letters in their place it is {m} of {n} messages"))
            }
            _ => problem.hint("write plain letters and signs in their place"),
        });
    }
}

pub(super) fn whatsapp(text: &str, problems: &mut Vec<Problem>) {
    let n = text.chars().count();
    if n > WHATSAPP_CHARACTERS_MAX {
        let message = format!("the text has {n} characters, the most is {WHATSAPP_CHARACTERS_MAX}");
        let problem = Problem::error(code::TOO_LARGE, message).field("text");
        problems.push(problem.hint("shorten it"));
    }
}

fn notification(title: &str, body: &str, problems: &mut Vec<Problem>) {
    let checks = [("title", title, PUSH_TITLE_CHARACTERS), ("body", body, PUSH_BODY_CHARACTERS)];
    for (field, text, most) in checks {
        let n = text.chars().count();
        if n > most {
            cut(problems, field, n, most);
        }
    }
}

fn cut(problems: &mut Vec<Problem>, field: &str, n: usize, most: usize) {
    let message = format!("the {field} has {n} characters; about {most} are shown");
    let problem = Problem::note(code::CUT_OFF, message).field(field);
    problems.push(problem.hint("put what matters first, or shorten it"));
}

fn payload(bytes: usize, problems: &mut Vec<Problem>) {
    if bytes > PUSH_PAYLOAD_BYTES_MAX {
        let most = PUSH_PAYLOAD_BYTES_MAX;
        let message = format!("the notification has about {bytes} bytes; providers take {most}");
        let problem = Problem::error(code::TOO_LARGE, message).field("body");
        problems.push(problem.hint("shorten the text or send fewer data"));
    }
}

fn buttons(buttons: &[Button]) -> usize {
    buttons.iter().map(|button| json_bytes(&button.title) + json_bytes(&button.link)).sum()
}

/// Bytes of a text as a name or value of JSON, with what stands around it.
fn json_bytes(text: &str) -> usize {
    let mut escaped = String::new();
    escape_json(text, &mut escaped);
    escaped.len() + "\"\":,".len()
}
