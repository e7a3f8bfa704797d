//! Messages that browsers and apps fetch: rendered, handed out, and in the form of the API.
//!
//! What it is: the way from what the writer offers ([`crate::workspace`]) to what a client shows, and the secret by
//! which your server says that a visitor is who they say. What it is not: it decides nothing about who may have
//! what; the writer does.
//!
//! Invariant: that a message was handed out is durable before it is.

use hmac::{Hmac, KeyInit, Mac};
use message::Rendered;
use message::content::{Button, InApp, InAppButton, InboxCard};
use model::Text;
use sha2::Sha256;
use wire::api::{InboxItem, Popup, ShowWhen, VisitorButton, VisitorMessages, VisitorSecret};

use super::{Service, settings};
use crate::failure::Failure;
use crate::outbox::{render, told};
use crate::workspace::{Fetching, Offered};

/// Bytes of a secret.
const SECRET_BYTES: usize = 32;

/// The provider that events of these messages name.
const PROVIDER: &str = "visitor";

/// Schemes that links in messages may have beside those of apps: what runs as a program is none.
const PROGRAMS: [&str; 5] = ["javascript", "data", "vbscript", "blob", "file"];

/// A message that is handed to a client now.
#[derive(Clone, Debug)]
pub struct Handed {
    pub(crate) offered: Offered,
    /// What it says.
    pub rendered: Rendered,
}

impl Service {
    /// Whether any campaign runs whose messages are fetched.
    pub fn serves_visitors(&self) -> bool {
        self.outbox.serves()
    }

    /// The id of the element that opens the inbox of CleverTap's library.
    pub fn inbox_element(&self) -> String {
        let equipment = self.outbox.equipment();
        equipment.map_or_else(String::new, |equipment| equipment.outfit.inbox_element.clone())
    }

    /// The messages that a client gets now, rendered. What cannot be rendered is given up.
    pub(crate) async fn hand_out(&self, asked: Fetching) -> Result<Vec<Handed>, Failure> {
        let Some(equipment) = self.outbox.equipment() else { return Ok(Vec::new()) };
        let offered = self.workspace.fetch(asked).await?;
        let now = self.workspace.now();
        let (mut handed, mut records) = (Vec::with_capacity(offered.len()), Vec::new());
        for offered in offered {
            let linked = self.outbox.linked();
            match render::fetched(&equipment, linked, &offered.queued, now).await {
                Ok(rendered) => {
                    if !offered.handed {
                        records.push(told::sent(&offered.queued, PROVIDER, None, now));
                    }
                    handed.push(Handed { offered, rendered });
                }
                Err(unrendered) if !offered.handed => {
                    let render::Unrendered { code, detail } = unrendered;
                    records.push(told::failed(&offered.queued, code, &detail, now));
                }
                // A card that was shown before, and whose content is gone.
                Err(_) => {}
            }
        }
        if !records.is_empty() {
            self.workspace.submit(records).await?;
        }
        Ok(handed)
    }

    /// The same as the API answers it.
    pub(crate) async fn visitor_messages(
        &self,
        asked: Fetching,
    ) -> Result<VisitorMessages, Failure> {
        let mut found = VisitorMessages::default();
        for handed in self.hand_out(asked).await? {
            match &handed.rendered {
                Rendered::InApp(own) => found.popups.push(popup(&handed.offered, own)),
                Rendered::Inbox(own) => found.inbox.push(card(&handed.offered, own)),
                _ => {}
            }
        }
        found.inbox.sort_by_key(|card| !card.pinned);
        found.unread = found.inbox.iter().filter(|card| !card.read).count() as u32;
        Ok(found)
    }

    /// Makes a new secret. The one before it is accepted until the next is made, so that servers can change one
    /// after the other.
    pub fn make_visitor_secret(&self) -> Result<VisitorSecret, Failure> {
        let mut bytes = [0; SECRET_BYTES];
        getrandom::fill(&mut bytes)
            .map_err(|error| Failure::new(500, "server.randomness", error.to_string()))?;
        let secret: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut secrets = self.visitor_secrets()?;
        secrets.insert(0, secret.clone());
        secrets.truncate(2);
        let json = serde_json::to_string(&secrets)
            .map_err(|error| Failure::new(500, "server.settings", error.to_string()))?;
        self.workspace.config().set(settings::VISITOR_SECRETS, &json)?;
        Ok(VisitorSecret { secret, accepted: secrets.len() as u32 })
    }

    /// Checks the signature of a user's id. Errors: it is not one of ours.
    pub fn check_visitor(&self, user_id: &str, signature: &str) -> Result<(), Failure> {
        let refused = |what: &str| {
            Failure::new(403, "visitor.signature", format!("`signature` {what}")).hint(
                "send HMAC-SHA-256 of the user's id with the visitor secret, as hexadecimal digits; \
                 POST /api/settings/visitor-secret makes one",
            )
        };
        let secrets = self.visitor_secrets()?;
        if secrets.is_empty() {
            return Err(refused("cannot be checked: there is no visitor secret"));
        }
        let given = bytes_of(signature).ok_or_else(|| refused("is not 64 hexadecimal digits"))?;
        let fits = secrets.iter().any(|secret| {
            Hmac::<Sha256>::new_from_slice(secret.as_bytes())
                .is_ok_and(|mac| mac.chain_update(user_id).verify_slice(&given).is_ok())
        });
        if fits { Ok(()) } else { Err(refused("is not that of this user's id")) }
    }

    fn visitor_secrets(&self) -> Result<Vec<String>, Failure> {
        let json = self.workspace.config().setting(settings::VISITOR_SECRETS)?;
        Ok(json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default())
    }
}

/// Bytes of hexadecimal digits.
fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    if digits.len() != 2 * SECRET_BYTES || !digits.is_ascii() {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    (0..digits.len()).step_by(2).map(byte).collect()
}

/// A link as a page may follow it: of the web, of the page itself, or of an app; else nothing.
pub(crate) fn safe_link(link: &str) -> String {
    let link = link.trim();
    // Browsers leave out what is not shown.
    let plain = link.chars().all(|of| !of.is_control());
    let scheme = link.split_once(':').map(|(scheme, _)| scheme);
    let named = scheme.is_some_and(|scheme| {
        let first = scheme.chars().next().is_some_and(|of| of.is_ascii_alphabetic());
        let fits = |of: char| of.is_ascii_alphanumeric() || matches!(of, '+' | '-' | '.');
        first && scheme.chars().all(fits)
    });
    let program =
        named && scheme.is_some_and(|own| PROGRAMS.iter().any(|of| own.eq_ignore_ascii_case(of)));
    if plain && !program { link.to_owned() } else { String::new() }
}

/// The address of a picture: of the web or of the page.
pub(crate) fn safe_image(image: &str) -> String {
    let image = safe_link(image);
    let other = image.split_once(':').is_some_and(|(scheme, _)| {
        !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http")
    });
    if other { String::new() } else { image }
}

fn popup(offered: &Offered, own: &InApp) -> Popup {
    let queued = &offered.queued;
    Popup {
        id: queued.message.to_string(),
        campaign: queued.campaign.to_string(),
        variant: queued.variant.to_string(),
        layout: message::content::Layout::parse(&own.layout).unwrap_or_default().name().to_owned(),
        title: own.title.clone(),
        body: own.body.clone(),
        image: safe_image(&own.image),
        html: own.html.clone(),
        link: safe_link(&own.link),
        buttons: own.buttons.iter().map(popup_button).collect(),
        when: when(own.when),
        delay_ms: own.delay_ms,
        close_after_ms: own.close_after_ms,
        show: offered.shown,
        data: own.data.iter().cloned().collect(),
        expires_at: offered.expires.to_string(),
    }
}

fn when(own: message::content::ShowWhen) -> ShowWhen {
    use message::content::ShowWhen as Own;
    match own {
        Own::Now => ShowWhen::Now,
        Own::Inactive { seconds } => ShowWhen::Inactive { seconds },
        Own::Scrolled { percent } => ShowWhen::Scrolled { percent },
        Own::ExitIntent => ShowWhen::ExitIntent,
    }
}

fn popup_button(own: &InAppButton) -> VisitorButton {
    VisitorButton { id: own.id.clone(), title: own.title.clone(), link: safe_link(&own.link) }
}

fn card(offered: &Offered, own: &InboxCard) -> InboxItem {
    let queued = &offered.queued;
    let button = |(n, own): (usize, &Button)| VisitorButton {
        id: n.to_string(),
        title: own.title.clone(),
        link: safe_link(&own.link),
    };
    InboxItem {
        id: queued.message.to_string(),
        campaign: queued.campaign.to_string(),
        variant: queued.variant.to_string(),
        title: own.title.clone(),
        body: own.body.clone(),
        image: safe_image(&own.image),
        link: safe_link(&own.link),
        buttons: own.buttons.iter().enumerate().map(button).collect(),
        pinned: own.pinned,
        tags: own.tags.clone(),
        read: offered.shown > 0 || offered.clicked,
        sent_at: queued.at.to_string(),
        expires_at: offered.expires.to_string(),
    }
}

/// A text of a visitor as a record may hold it.
pub(crate) fn bounded(text: Option<&str>, most: usize) -> Text {
    let text = text.unwrap_or_default();
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    Text::new(&text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_that_run_as_programs_are_none() {
        for link in [
            "https://shop.example/a?b=c:d",
            "/sale",
            "#top",
            "shop://product/7",
            "mailto:a@b.example",
            "?a:b",
        ] {
            assert_eq!(safe_link(link), link);
        }
        let hidden = "java\nscript:alert(1)";
        for link in
            ["javascript:alert(1)", " JavaScript:x", "data:text/html,x", hidden, "vbscript:x"]
        {
            assert_eq!(safe_link(link), "", "{link}");
        }
        assert_eq!(safe_image("https://a.example/x.png"), "https://a.example/x.png");
        assert_eq!(safe_image("shop://x"), "");
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(bounded(Some("abc"), 2), "ab");
        assert_eq!(bounded(Some("aé"), 2), "a");
        assert_eq!(bounded(None, 2), "");
    }

    #[test]
    fn digits_become_bytes() {
        assert_eq!(bytes_of(&"0f".repeat(32)), Some(vec![15; 32]));
        assert_eq!(bytes_of("0f"), None);
        assert_eq!(bytes_of(&"zz".repeat(32)), None);
        assert_eq!(bytes_of(&"é".repeat(32)), None);
    }
}
