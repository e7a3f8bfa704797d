//! Rendered messages with links that come back to us.

use std::ops::Range;

use super::address::{add_parameters, web_address};
use super::{Claim, Kind, LinkSigner, MessageRef};
use crate::content::{Rendered, WhatsApp, WhatsAppMessage};
use crate::html::{Piece, Tag, pieces, pieces_in_comment};
use crate::template::{escape_html, unescape};

/// Links of one message that are told apart: more than any newsletter has, and what two bytes count.
pub const LINKS_MAX: usize = 1_000;

/// Elements that lead somewhere; the last is how desktop programs are given buttons.
const LINKS: &[&str] = &["a", "area", "v:roundrect", "v:rect"];
/// The attribute of a link that is left alone.
const UNTRACKED: &str = "data-no-track";

/// A link that was found in a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its place among the links of the message, from 0.
    pub index: u16,
    /// Where it leads, with the parameters that were added.
    pub url: String,
}

/// A message with links that come back to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrapped {
    /// The message.
    pub text: String,
    /// The links whose clicks are told, by index.
    pub links: Vec<Link>,
}

/// Replaces the links of HTML (`<a href>`, `<area href>`, and buttons in comments for Outlook), adds parameters, and adds the picture
/// that tells an open.
///
/// Left alone: links with `data-no-track` (the attribute is taken out), links that are ours already
/// (leaving the list), everything that is not an absolute address of the web (`mailto:`, `tel:`,
/// `#top`, an app's own scheme), and what is longer than a token can hold.
pub fn wrap(html: &str, signer: &LinkSigner, message: &MessageRef) -> Wrapped {
    let mut wrapping = Wrapping::new(html, signer, message);
    let mut body_end = None;
    for piece in pieces(html) {
        match piece {
            Piece::Open(tag) if LINKS.iter().any(|name| tag.is(html, name)) => wrapping.tag(&tag),
            Piece::Comment(range) => {
                for piece in pieces_in_comment(html, range) {
                    if let Piece::Open(tag) = piece
                        && LINKS.iter().any(|name| tag.is(html, name))
                    {
                        wrapping.tag(&tag);
                    }
                }
            }
            Piece::Close { all, name } if html[name.clone()].eq_ignore_ascii_case("body") => {
                body_end = Some(all.start);
            }
            _ => {}
        }
    }
    let mut out = wrapping.finish(body_end);
    if message.opens && body_end.is_none() {
        out.text.push_str(&pixel(signer, message));
    }
    out
}

/// Replaces the bare addresses of a text, as in `https://shop.example/sale`. Signs of a sentence
/// behind an address are not part of it.
pub fn wrap_text(text: &str, signer: &LinkSigner, message: &MessageRef) -> Wrapped {
    wrap_more(text, signer, message, Vec::new())
}

/// Replaces the links of a rendered message where its channel cannot tell clicks by itself: of
/// e-mails (HTML and text), text messages and texts of WhatsApp. The links of the whole message, by
/// index; a link of the text that leads where one of the HTML does is that link.
pub fn wrap_rendered(
    rendered: &mut Rendered,
    signer: &LinkSigner,
    message: &MessageRef,
) -> Vec<Link> {
    match rendered {
        Rendered::Email(email) => {
            let mut links = Vec::new();
            if let Some(html) = &mut email.html {
                let wrapped = wrap(html, signer, message);
                *html = wrapped.text;
                links = wrapped.links;
            }
            replace_text(&mut email.text, signer, message, links)
        }
        Rendered::Sms(sms) => replace_text(&mut sms.body, signer, message, Vec::new()),
        Rendered::WhatsApp(WhatsApp { message: WhatsAppMessage::Text(text) }) => {
            replace_text(text, signer, message, Vec::new())
        }
        _ => Vec::new(),
    }
}

fn replace_text(
    text: &mut String,
    signer: &LinkSigner,
    message: &MessageRef,
    links: Vec<Link>,
) -> Vec<Link> {
    let wrapped = wrap_more(text, signer, message, links);
    *text = wrapped.text;
    wrapped.links
}

/// Replaces the bare addresses of a text that follows other parts with links.
fn wrap_more(text: &str, signer: &LinkSigner, message: &MessageRef, links: Vec<Link>) -> Wrapped {
    let message = MessageRef { opens: false, ..message.clone() };
    let shared = !links.is_empty();
    let mut wrapping = Wrapping { links, shared, ..Wrapping::new(text, signer, &message) };
    let mut from = 0;
    while let Some(range) = bare_address(text, from) {
        from = range.end;
        let url = &text[range.clone()];
        if let Some(replacement) = wrapping.link(url, true) {
            wrapping.replace(range, &replacement);
        }
    }
    wrapping.finish(None)
}

/// The next bare address from a place on.
pub(crate) fn bare_address(text: &str, from: usize) -> Option<Range<usize>> {
    let mut from = from;
    loop {
        let at = from + text[from..].find("http")?;
        let rest = &text[at..];
        let length = rest
            .find(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"'))
            .unwrap_or(rest.len());
        let mut url = rest[..length].trim_end_matches(['.', ',', ';', ':', '!', '?', '\'']);
        while url.ends_with(')') && url.matches(')').count() > url.matches('(').count() {
            url = &url[..url.len() - 1];
        }
        let begins = rest.starts_with("http://") || rest.starts_with("https://");
        if begins && web_address(url).is_some() {
            return Some(at..at + url.len());
        }
        from = at + 4;
    }
}

struct Wrapping<'a> {
    source: &'a str,
    signer: &'a LinkSigner,
    message: &'a MessageRef,
    out: String,
    /// How far the source was copied.
    copied: usize,
    links: Vec<Link>,
    /// Whether a link to the same address is the same link.
    shared: bool,
}

impl<'a> Wrapping<'a> {
    fn new(source: &'a str, signer: &'a LinkSigner, message: &'a MessageRef) -> Wrapping<'a> {
        let out = String::with_capacity(source.len() + source.len() / 4);
        Wrapping { source, signer, message, out, copied: 0, links: Vec::new(), shared: false }
    }

    fn replace(&mut self, range: Range<usize>, with: &str) {
        self.out.push_str(&self.source[self.copied..range.start]);
        self.out.push_str(with);
        self.copied = range.end;
    }

    fn tag(&mut self, tag: &Tag) {
        let source = self.source;
        let untracked = tag
            .attributes(source)
            .find(|attribute| source[attribute.name.clone()].eq_ignore_ascii_case(UNTRACKED));
        let Some(href) = tag.value(source, "href") else { return };
        let url = unescape(source[href.clone()].trim());
        let replacement = self.link(&url, untracked.is_none()).map(|url| {
            let mut escaped = String::with_capacity(url.len());
            escape_html(&url, &mut escaped);
            escaped
        });
        let marker = untracked.map(|attribute| {
            let end = attribute.value.end.max(attribute.name.end);
            let quote = source[end..].starts_with(['"', '\'']) && end > attribute.name.end;
            attribute.name.start..end + usize::from(quote)
        });
        let mut changes: Vec<(Range<usize>, &str)> = Vec::new();
        changes.extend(replacement.as_deref().map(|with| (href, with)));
        changes.extend(marker.map(|range| (range, "")));
        changes.sort_by_key(|(range, _)| range.start);
        for (range, with) in changes {
            self.replace(range, with);
        }
    }

    /// What to write instead of an address; `None` to leave it.
    fn link(&mut self, url: &str, tracked: bool) -> Option<String> {
        // A value in the middle of an address may have a blank; browsers encode it.
        let encoded = url.replace(' ', "%20");
        let url = encoded.as_str();
        if web_address(url).is_none() || self.signer.ours(url) {
            return None;
        }
        let url = match self.message.parameters.as_slice() {
            [] => url.to_owned(),
            parameters => add_parameters(url, parameters),
        };
        let changed = Some(url.clone()).filter(|_| !self.message.parameters.is_empty());
        if !tracked || !self.message.clicks || self.links.len() >= LINKS_MAX {
            return changed;
        }
        let known = self.links.iter().find(|link| self.shared && link.url == url);
        let index = match known {
            Some(link) => link.index,
            None => u16::try_from(self.links.len()).ok()?,
        };
        let claim = Claim {
            kind: Kind::Click { index, url: url.clone() },
            message: self.message.id,
            expires_at: self.message.expires_at,
        };
        let Some(signed) = self.signer.url(&claim) else { return changed };
        if usize::from(index) == self.links.len() {
            self.links.push(Link { index, url });
        }
        Some(signed)
    }

    fn finish(mut self, body_end: Option<usize>) -> Wrapped {
        if let Some(at) = body_end.filter(|at| self.message.opens && *at >= self.copied) {
            let pixel = pixel(self.signer, self.message);
            self.replace(at..at, &pixel);
        }
        self.out.push_str(&self.source[self.copied..]);
        Wrapped { text: self.out, links: self.links }
    }
}

fn pixel(signer: &LinkSigner, message: &MessageRef) -> String {
    let url = signer.open_url(message);
    format!(
        "<img src=\"{url}\" width=\"1\" height=\"1\" alt=\"\" \
         style=\"display:block;width:1px;height:1px;border:0\">"
    )
}
