//! The mailbox of everybody in the demonstration: e-mail goes over SMTP to this process and no further, and
//! whoever opens one or follows its link does so by requests to the links that stand in it.
//!
//! What it is: a server for mail, and browsers that ask for pictures and links. What it is not: it decides
//! nothing about people; the simulated shop says what they do with a message.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use audience::shop::{Reaction, Shop};
use mail_parser::MessageParser;
use model::Timestamp;
use server::clock;

use crate::command::sink::Sink;

/// What browsers that people use say of themselves: with less, an opener counts as a machine.
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
/// What programs that look at mail for their owner say.
const PROXY: &str = "Mozilla/5.0";
/// Every link of a message that this server made has this in its path.
const LINK: &str = "/t/";
/// Links that wait to be followed at most: what comes then is opened by nobody.
const WAITING_MAX: usize = 100_000;
/// How long a request may take.
const REQUEST: Duration = Duration::from_secs(10);

/// An e-mail that arrived, as far as somebody can do something with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Letter {
    pub to: String,
    /// The picture that tells that it was opened.
    pub picture: Option<String>,
    /// Its links, in order.
    pub links: Vec<String>,
}

impl Letter {
    /// Reads an e-mail. What cannot be read has no links.
    pub fn read(to: &str, mail: &[u8]) -> Letter {
        let parsed = MessageParser::default().parse(mail);
        let html = parsed.as_ref().and_then(|parsed| parsed.body_html(0));
        let html = html.as_deref().unwrap_or_default();
        Letter {
            to: to.to_owned(),
            picture: addresses(html, "src=\"").next_back(),
            links: addresses(html, "href=\"").collect(),
        }
    }

    /// Another number for each letter.
    fn number(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.picture.hash(&mut hasher);
        hasher.finish()
    }
}

/// Addresses of our own in the attributes of a page.
fn addresses<'a>(
    html: &'a str,
    attribute: &'a str,
) -> impl DoubleEndedIterator<Item = String> + 'a {
    let found = html.match_indices(attribute).filter_map(move |(at, _)| {
        let rest = html.get(at + attribute.len()..)?;
        let address = rest.split('"').next()?;
        let own = address.starts_with("http://") && address.contains(LINK);
        own.then(|| address.replace("&amp;", "&"))
    });
    found.collect::<Vec<_>>().into_iter()
}

/// Something that is done with a letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Act {
    pub at: Timestamp,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Look(String),
    Open(String),
    Follow(String),
    Leave(String),
}

/// What becomes of a letter that was sent at `sent`: acts, and when its link brings its reader back.
pub fn acts(
    shop: &Shop,
    letter: &Letter,
    message: u64,
    sent: Timestamp,
) -> (Vec<Act>, Option<Timestamp>) {
    let mut acts = Vec::new();
    let mut act = |at: Timestamp, what: What| acts.push(Act { at, what });
    let mut back = None;
    match shop.reaction(&letter.to, message) {
        Reaction::None => {}
        Reaction::Machine { after } => {
            if let Some(picture) = letter.picture.clone() {
                act(sent + after, What::Look(picture));
            }
        }
        Reaction::Opened { after, clicked, unsubscribed } => {
            if let Some(picture) = letter.picture.clone() {
                act(sent + after, What::Open(picture));
            }
            if let (Some(after), Some(link)) = (clicked, letter.links.first()) {
                act(sent + after, What::Follow(link.clone()));
                back = Some(sent + after);
            }
            // Ready e-mails end with the way out and the way to choose.
            if let (Some(after), [.., leave, _]) = (unsubscribed, &letter.links[..]) {
                act(sent + after, What::Leave(leave.clone()));
            }
        }
    }
    (acts, back)
}

/// Asks for pictures and follows links. Where a link leads in the end nobody asks: nothing leaves this machine.
pub struct Browser {
    agent: ureq::Agent,
    /// The only server that is asked.
    home: String,
}

impl Browser {
    pub fn of(server: SocketAddr) -> Browser {
        let config = ureq::Agent::config_builder()
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(REQUEST));
        Browser { agent: config.build().into(), home: format!("http://{server}{LINK}") }
    }

    pub fn perform(&self, act: &Act) {
        let (What::Look(address)
        | What::Open(address)
        | What::Follow(address)
        | What::Leave(address)) = &act.what;
        if !address.starts_with(&self.home) {
            return;
        }
        let name = if matches!(act.what, What::Look(_)) { PROXY } else { BROWSER };
        let done = match act.what {
            What::Leave(_) => self
                .agent
                .post(address)
                .header("user-agent", name)
                .content_type("application/x-www-form-urlencoded")
                .send("List-Unsubscribe=One-Click"),
            _ => self.agent.get(address).header("user-agent", name).call(),
        };
        match done {
            Ok(answer) if answer.status().as_u16() < 400 => {}
            Ok(answer) => {
                tracing::warn!(status = %answer.status(), "a link of a message is refused")
            }
            Err(error) => tracing::warn!(%error, "a link of a message cannot be followed"),
        }
    }
}

/// A server that keeps its letters for whoever takes them.
pub fn keeping() -> anyhow::Result<(Sink, Receiver<Letter>)> {
    let (letters, taken) = channel();
    let letters = std::sync::Mutex::new(letters);
    let sink = Sink::smtp_read_by(Box::new(move |to, mail| {
        let letter = Letter::read(to, mail);
        if let Ok(letters) = letters.lock() {
            let _ = letters.send(letter);
        }
    }))?;
    Ok((sink, taken))
}

/// People read what arrives while the program runs, as long after as they take. `home`: the server that the
/// links lead to. Nobody is brought back by it: a shop that goes on elsewhere knows nothing of today's letters.
pub fn read_live(shop: Shop, letters: Receiver<Letter>, home: SocketAddr) {
    let browser = Browser::of(home);
    std::thread::spawn(move || {
        let mut waiting: BinaryHeap<Reverse<Act>> = BinaryHeap::new();
        loop {
            let now = clock::now();
            while waiting.peek().is_some_and(|Reverse(act)| act.at <= now) {
                if let Some(Reverse(act)) = waiting.pop() {
                    browser.perform(&act);
                }
            }
            match letters.recv_timeout(Duration::from_millis(500)) {
                Ok(letter) if waiting.len() < WAITING_MAX => {
                    let (acts, _) = acts(&shop, &letter, letter.number(), now);
                    waiting.extend(acts.into_iter().map(Reverse));
                }
                Ok(_) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_has_its_picture_and_its_links_whatever_its_encoding() {
        let html = "<a href=\"http://127.0.0.1:1/t/click\">Go</a><a href=\"https://elsewhere.example/t/x\">no</a>\
                    <a href=\"http://127.0.0.1:1/t/leave\">Leave</a><a href=\"http://127.0.0.1:1/t/choose\">Choose</a>\
                    <img src=\"https://elsewhere.example/a.png\"><img src=\"http://127.0.0.1:1/t/open\">";
        let plain = format!("Content-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n");
        let quoted = format!(
            "Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{}\r\n",
            html.replace('=', "=3D").replace("/t/", "/t=\r\n/")
        );
        for mail in [plain, quoted] {
            let letter = Letter::read("a.b.1@example.com", mail.as_bytes());
            assert_eq!(letter.picture.as_deref(), Some("http://127.0.0.1:1/t/open"));
            let paths =
                ["click", "leave", "choose"].map(|path| format!("http://127.0.0.1:1/t/{path}"));
            assert_eq!(letter.links, paths);
        }
        assert_eq!(Letter::read("x", b"\xff\xfe"), Letter { to: "x".into(), ..Letter::default() });
    }
}
