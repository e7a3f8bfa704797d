//! What is wrong with a message that could be sent: read before sending, by people.
//!
//! What it is: findings about content as it is written ([`content`]) and about one rendered message
//! ([`rendered`]), each with place and hint. What it is not: a reason to refuse; whoever calls
//! decides by severity. Lengths of written content count its fixed text only.

mod annotations;
mod html;
mod size;

use crate::content::{Body, Content, Email, EmailBody, Rendered, Sms, WhatsAppMessage};
use crate::links::{PREFERENCES_VARIABLE, UNSUBSCRIBE_VARIABLE, web_address};
use crate::problem::{PROBLEMS_MAX, Problem, code};
use crate::template::{Template, cut_spans};

pub use size::{
    GMAIL_BYTES_MAX, PUSH_BODY_CHARACTERS, PUSH_PAYLOAD_BYTES_MAX, PUSH_TITLE_CHARACTERS,
    SUBJECT_CHARACTERS,
};

/// Why a message is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It advertises: whoever gets it must be able to stop it.
    Marketing,
    /// It answers what the user did: a receipt, a code.
    Transactional,
}

/// Everything that is doubtful about content, by variant and field. Content that cannot be compiled
/// has problems of its own; those are not repeated.
pub fn content(content: &Content, purpose: Purpose) -> Vec<Problem> {
    let mut problems = body(&content.default, purpose);
    for variant in &content.variants {
        let found = body(&variant.body, purpose);
        problems.extend(found.into_iter().map(|problem| problem.locale(&variant.locale)));
    }
    problems
}

/// What is too long about one rendered message.
pub fn rendered(rendered: &Rendered) -> Vec<Problem> {
    let mut problems = Vec::new();
    match rendered {
        Rendered::Email(email) => {
            size::subject(&email.subject, &mut problems);
            size::html(email.html.as_deref().unwrap_or(""), &mut problems);
        }
        Rendered::Push(push) => size::push(push, &mut problems),
        Rendered::WebPush(push) => size::web_push(push, &mut problems),
        Rendered::Sms(sms) => size::sms(&sms.body, &mut problems),
        _ => {}
    }
    problems
}

fn body(body: &Body, purpose: Purpose) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut reads = Vec::new();
    let fixed = body.fixed(&mut |place, source| {
        let Ok(template) = Template::parse(source) else { return };
        reads.extend(template.reads().map(ToString::to_string));
        fallbacks(&template, place, &mut problems);
        if place == "link" || place.ends_with("link") || place.ends_with("url") {
            address(source, place, &mut problems);
        }
    });
    match (body, &fixed) {
        (Body::Email(email), Body::Email(fixed)) => {
            size::subject(&fixed.subject, &mut problems);
            of_email(email, fixed, &mut problems);
            if purpose == Purpose::Marketing {
                unsubscribe(email, &reads, &mut problems);
            }
        }
        (_, Body::Push(push)) => size::push(push, &mut problems),
        (_, Body::WebPush(push)) => size::web_push(push, &mut problems),
        (_, Body::Sms(Sms { body })) => size::sms(body, &mut problems),
        (Body::InApp(message), _) => html::check(&message.html, "html", &mut problems),
        (Body::WhatsApp(message), _) => {
            if let WhatsAppMessage::Text(text) = &message.message {
                size::whatsapp(text, &mut problems);
            }
        }
        _ => {}
    }
    problems
}

fn of_email(email: &Email, fixed: &Email, problems: &mut Vec<Problem>) {
    size::amp(&email.amp, problems);
    if let Some(annotations) = &email.annotations {
        annotations::check(annotations, problems);
    }
    match (&email.body, &fixed.body) {
        (EmailBody::Html(source), EmailBody::Html(fixed)) => {
            html::check(source, "body", problems);
            size::html(fixed, problems);
        }
        (EmailBody::Mjml(source), _) => html::check(source, "body", problems),
        _ => {}
    }
}

/// Variables that render as nothing for those who do not have them.
fn fallbacks(template: &Template, field: &str, problems: &mut Vec<Problem>) {
    for (read, place) in template.unguarded().into_iter().take(PROBLEMS_MAX) {
        let name = read.to_string();
        let given = [UNSUBSCRIBE_VARIABLE, PREFERENCES_VARIABLE].contains(&name.as_str());
        if given || is_unsubscribe(&name) {
            continue;
        }
        let message = format!("\"{name}\" is nothing for users who do not have it");
        let problem = Problem::warning(code::NO_FALLBACK, message)
            .hint(format!("write {{{{ {name} | default: \"…\" }}}}"));
        problems.push(problem.at(template.source(), place).field(field));
    }
}

/// An address that is written as a whole.
fn address(source: &str, field: &str, problems: &mut Vec<Problem>) {
    if source.starts_with("http://") {
        let problem = Problem::warning(code::PLAIN_LINK, "this link is not encrypted");
        problems.push(problem.hint("write https://").field(field));
    } else if source.starts_with("https://")
        && !source.contains('{')
        && web_address(source).is_none()
    {
        let problem = Problem::error(code::WRONG_LINK, format!("\"{source}\" leads nowhere"));
        problems.push(problem.hint("check it for blanks and a missing host").field(field));
    }
}

/// Whether a path is what others call the address at which a user leaves.
fn is_unsubscribe(path: &str) -> bool {
    path == UNSUBSCRIBE_VARIABLE
        || path.ends_with(".unsubscribe_url")
        || path.ends_with("set_user_to_unsubscribed_url")
}

fn unsubscribe(email: &Email, reads: &[String], problems: &mut Vec<Problem>) {
    let source = match &email.body {
        EmailBody::Html(source) | EmailBody::Mjml(source) | EmailBody::Text(source) => source,
    };
    let by_variable = reads.iter().any(|path| is_unsubscribe(path) || path == PREFERENCES_VARIABLE);
    if by_variable || html::links(source).any(|link| link.to_lowercase().contains("unsubscribe")) {
        return;
    }
    let message = "this e-mail has no link to unsubscribe";
    let problem = Problem::error(code::NO_UNSUBSCRIBE, message)
        .hint(format!("add <a href=\"{{{{ {UNSUBSCRIBE_VARIABLE} }}}}\">Unsubscribe</a>"));
    problems.push(problem.field("body"));
}

/// The source with letters in place of the tags of the template, so that every place stays the same.
fn blanked(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    for span in cut_spans(source) {
        out.push_str(&source[at..span.start]);
        let filler = |byte: u8| if byte == b'\n' { '\n' } else { 'x' };
        out.extend(source[span.clone()].bytes().map(filler));
        at = span.end;
    }
    out.push_str(&source[at..]);
    out
}

/// The text of a source that is the same for everybody.
fn fixed(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    for span in cut_spans(source) {
        out.push_str(&source[at..span.start]);
        at = span.end;
    }
    out.push_str(&source[at..]);
    out
}

impl Body {
    /// The body with only its fixed text, and every text shown to `see` with the path of its field.
    fn fixed(&self, see: &mut dyn FnMut(&str, &str)) -> Body {
        self.visit(&mut |path, source| {
            see(path, source);
            fixed(source)
        })
    }
}

#[cfg(test)]
mod tests;
