//! Links, images and dangerous parts of HTML and MJML.

use std::ops::Range;

use super::blanked;
use crate::html::{Piece, Tag, pieces};
use crate::links::web_address;
use crate::problem::{Problem, code};
use crate::template::runs;

/// Elements that mail programs take out or that run programs.
const REFUSED: &[&str] = &["iframe", "object", "embed", "applet", "base", "frame", "frameset"];
/// Elements with `href` that people follow.
const LINKS: &[&str] = &["a", "area", "mj-button", "mj-navbar-link", "mj-social-element"];
/// Elements that show a picture.
const IMAGES: &[&str] = &["img", "mj-image", "mj-carousel-image"];

/// Checks HTML or MJML as it is written, with tags of the template in it.
pub(super) fn check(source: &str, field: &str, problems: &mut Vec<Problem>) {
    let html = blanked(source);
    let mut checker = Checker { source, html: &html, field, problems };
    for piece in pieces(&html) {
        if let Piece::Open(tag) = piece {
            checker.tag(&tag);
        }
    }
}

/// The addresses of links as they are written.
pub(super) fn links(source: &str) -> impl Iterator<Item = &str> {
    let html = blanked(source);
    let found: Vec<Range<usize>> = pieces(&html)
        .filter_map(|piece| match piece {
            Piece::Open(tag) => tag.value(&html, "href"),
            _ => None,
        })
        .collect();
    found.into_iter().map(|range| &source[range])
}

struct Checker<'a> {
    source: &'a str,
    html: &'a str,
    field: &'a str,
    problems: &'a mut Vec<Problem>,
}

impl Checker<'_> {
    fn tag(&mut self, tag: &Tag) {
        let html = self.html;
        let name = html[tag.name.clone()].to_ascii_lowercase();
        let at = tag.all.start;
        if REFUSED.contains(&name.as_str()) {
            let message = format!("<{name}> is not shown by mail programs");
            self.say(Problem::error(code::UNSAFE_HTML, message).hint("take it out"), at);
        }
        if name == "script" {
            let kind = tag.value(html, "type").map_or("", |range| &html[range]);
            if !kind.to_ascii_lowercase().contains("json") {
                let problem = Problem::error(code::UNSAFE_HTML, "mail programs run no scripts");
                self.say(problem.hint("take the script out"), at);
            }
        }
        self.attributes(tag);
        if LINKS.contains(&name.as_str()) {
            self.link(tag, &name);
        }
        if IMAGES.contains(&name.as_str()) {
            self.image(tag);
        }
    }

    fn attributes(&mut self, tag: &Tag) {
        let html = self.html;
        for attribute in tag.attributes(html) {
            let name = html[attribute.name.clone()].to_ascii_lowercase();
            let at = attribute.name.start;
            if name.len() > 2
                && name.starts_with("on")
                && name.bytes().all(|b| b.is_ascii_lowercase())
            {
                let message = format!("the attribute \"{name}\" would run a script");
                self.say(Problem::error(code::UNSAFE_HTML, message).hint("take it out"), at);
            }
            if runs(&html[attribute.value.clone()]) {
                let message = "this address would run a script";
                let problem = Problem::error(code::UNSAFE_HTML, message);
                self.say(problem.hint("write an address that begins with https://"), at);
            }
        }
    }

    fn link(&mut self, tag: &Tag, name: &str) {
        let Some(range) = tag.value(self.html, "href") else {
            // A name to jump to is an `<a>` too.
            return;
        };
        let written = self.source[range.clone()].trim();
        let templated = written.contains("{{") || written.contains("{%");
        if written.is_empty() {
            let problem = Problem::error(code::WRONG_LINK, format!("<{name}> leads nowhere"));
            self.say(problem.hint("write the address between the quotes"), range.start);
        } else if starts(written, "http://") {
            let problem = Problem::warning(code::PLAIN_LINK, "this link is not encrypted");
            self.say(problem.hint("write https://"), range.start);
        } else if templated || runs(written) {
            // What it will be is not known here, or it was said already.
        } else if starts(written, "https:") {
            if web_address(&crate::template::unescape(written)).is_none() {
                let message = format!("\"{written}\" leads nowhere");
                let problem = Problem::error(code::WRONG_LINK, message);
                self.say(problem.hint("check it for blanks and a missing host"), range.start);
            }
        } else if !written.starts_with('#') && !has_scheme(written) {
            let message = format!("\"{written}\" leads nowhere outside a web page");
            let problem = Problem::error(code::WRONG_LINK, message);
            self.say(problem.hint("write the whole address, with https://"), range.start);
        }
    }

    fn image(&mut self, tag: &Tag) {
        let at = tag.all.start;
        if tag.value(self.html, "alt").is_none() {
            let problem = Problem::warning(code::NO_ALTERNATIVE, "this image has no text");
            let hint = "describe it with alt=\"…\", or write alt=\"\" if it only decorates";
            self.say(problem.hint(hint), at);
        }
        let Some(range) = tag.value(self.html, "src") else { return };
        let written = self.source[range.clone()].trim();
        if starts(written, "http://") {
            let problem = Problem::warning(code::PLAIN_LINK, "this image is not encrypted");
            self.say(problem.hint("write https://"), range.start);
        } else if !written.contains("{{") && !written.contains("{%") && !has_scheme(written) {
            let message = format!("the image \"{written}\" is not found from an e-mail");
            let problem = Problem::error(code::WRONG_LINK, message);
            self.say(problem.hint("write the whole address, with https://"), range.start);
        }
    }

    fn say(&mut self, problem: Problem, offset: usize) {
        if self.problems.len() < crate::problem::PROBLEMS_MAX {
            self.problems.push(problem.at(self.source, offset).field(self.field));
        }
    }
}

fn starts(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// Whether an address begins with a scheme, as in `mailto:` or `myapp:`.
fn has_scheme(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let letters = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(letters)
        && !rest.is_empty()
}
