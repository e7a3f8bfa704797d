//! Messages in the form of the web client: `inapp_notifs` and `inbox_notifs` of an answer, and the receipts that
//! come back as events.
//!
//! What a message says is text: it is escaped where it becomes HTML, and a document of HTML of its own is put into
//! a frame without rights, because the client writes what it is sent into the page. Ids: the client wants a number
//! before the underscore and puts it into a script as it is, so it is one that JavaScript can hold; the id of the
//! message stands behind it.

use model::EventId;
use serde_json::{Value, json};

/// Cards that a browser keeps at most.
const CARDS_MAX: u64 = 50;

/// The highest whole number that JavaScript holds.
const NUMBER_MAX: u64 = (1 << 53) - 1;

/// A button.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Button {
    /// What is told of it when it is used.
    pub id: String,
    /// What it says.
    pub title: String,
    /// Where it leads; empty: it closes the message.
    pub link: String,
}

/// What lets a pop-up be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trigger {
    /// Nothing.
    #[default]
    Now,
    /// Nothing touched for so many seconds.
    Inactive(u32),
    /// So many percent of the page scrolled.
    Scrolled(u32),
    /// The pointer leaves.
    ExitIntent,
}

/// A pop-up. All texts are plain but `html`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Popup {
    /// The id of the message.
    pub id: String,
    /// Its content.
    pub variant: String,
    /// `modal`, `banner_top`, `banner_bottom`, `corner`, `full_screen`, `image` or `html`.
    pub layout: String,
    /// The first line.
    pub title: String,
    /// The text.
    pub body: String,
    /// The address of a picture, or empty.
    pub image: String,
    /// A document of its own, or empty.
    pub html: String,
    /// Where a click on it leads if there is no button, or empty.
    pub link: String,
    /// Buttons.
    pub buttons: Vec<Button>,
    /// What lets it be shown.
    pub when: Trigger,
    /// How long after that, in seconds.
    pub delay_s: u32,
    /// The colour of its background, or empty.
    pub background: String,
}

/// A card of the inbox. All texts are plain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Card {
    /// The id of the message.
    pub id: String,
    /// Its content.
    pub variant: String,
    /// The first line.
    pub title: String,
    /// The text.
    pub body: String,
    /// The address of a picture, or empty.
    pub image: String,
    /// Where a click leads, or empty.
    pub link: String,
    /// Buttons.
    pub buttons: Vec<Button>,
    /// The tabs that it is in.
    pub tags: Vec<String>,
    /// When it goes, in seconds since 1970.
    pub expires_s: i64,
}

/// Where a click leads, as an absolute address that the server has signed: message, button, address.
pub type Tracked<'a> = dyn Fn(&str, &str, &str) -> String + 'a;

/// What an answer has for the page besides its bookkeeping.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notices {
    /// Pop-ups, the most important first.
    pub popups: Vec<Value>,
    /// Cards.
    pub cards: Vec<Value>,
    /// How the inbox looks; nothing: as before.
    pub inbox: Option<Value>,
}

impl Notices {
    /// Adds them to what the client is told.
    pub(super) fn tell(&self, told: &mut Value) {
        if !self.popups.is_empty() {
            told["inapp_notifs"] = json!(self.popups);
        }
        if let Some(inbox) = &self.inbox {
            told["webInboxSetting"] = inbox.clone();
        }
        if !self.cards.is_empty() {
            told["inbox_notifs"] = json!(self.cards);
        }
    }
}

/// The id of a message as the client knows it.
fn id(message: &str) -> String {
    // The high bits of an id are a hash, and its low bits the number of a user.
    let number = (EventId::of(message).0 >> 64) as u64 & NUMBER_MAX;
    format!("{}_{message}", number.max(1))
}

/// The message of an id that the client sends back.
pub(super) fn message_of(id: &str) -> Option<EventId> {
    let (number, message) = id.split_once('_')?;
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let hash = message.len() == 32 && message.bytes().all(|byte| byte.is_ascii_hexdigit());
    (digits && hash).then(|| EventId::of(message))
}

/// A pop-up. `rank`: the most important has the greatest.
pub fn popup(popup: &Popup, rank: usize, tracked: &Tracked<'_>) -> Value {
    let link = |button: &Button| tracked(&popup.id, &button.id, &button.link);
    let first = popup.buttons.iter().find(|button| !button.link.is_empty());
    let click = match first {
        Some(button) => link(button),
        None if !popup.link.is_empty() => tracked(&popup.id, "", &popup.link),
        None => String::new(),
    };
    let (layout, style) = match popup.layout.as_str() {
        "banner_top" => (2, "position:fixed;top:0;left:0;width:100%;height:auto;border:0;"),
        "banner_bottom" => (2, "position:fixed;bottom:0;left:0;width:100%;height:auto;border:0;"),
        "corner" => {
            (0, "position:fixed;right:20px;bottom:20px;width:340px;max-width:90%;border:0;")
        }
        "full_screen" => (0, "position:fixed;top:0;left:0;width:100%;height:100%;border:0;"),
        _ => (
            0,
            "position:fixed;top:50%;left:50%;transform:translate(-50%,-50%);width:440px;\
             max-width:92%;border:0;",
        ),
    };
    let mut display = json!({
        "wtarget_type": 0,
        "layout": layout,
        "proto": 1,
        "iFrameStyle": format!("{style}z-index:2147483647;background:#fff;"),
        "theme": "light",
        "onClick": click,
        "close-popup": true,
        "efc": 1,
    });
    match popup.when {
        Trigger::Now => {}
        Trigger::Inactive(seconds) => display["deliveryTrigger"] = json!({"inactive": seconds}),
        Trigger::Scrolled(percent) => display["deliveryTrigger"] = json!({"scroll": percent}),
        Trigger::ExitIntent => display["deliveryTrigger"] = json!({"isExitIntent": true}),
    }
    if popup.delay_s > 0 {
        display["delay"] = json!(popup.delay_s);
    }
    json!({
        "wzrk_id": id(&popup.id),
        "wzrk_pivot": popup.variant,
        "priority": rank,
        "display": display,
        "msgContent": {"type": 1, "html": document(popup, first, &link)},
    })
}

/// The document of a pop-up, with everything that the client looks for.
fn document(popup: &Popup, first: Option<&Button>, link: &dyn Fn(&Button) -> String) -> String {
    let background = if is_colour(&popup.background) { &popup.background } else { "#fff" };
    let dark = is_dark(background);
    let text = if dark { "#fff" } else { "#111" };
    let banner = popup.layout.starts_with("banner_");
    let mut inner = String::new();
    if popup.layout == "html" {
        // The client's frame has the rights of the page: a frame in it has none.
        inner += &format!(
            "<iframe sandbox title=\"{}\" style=\"display:block;width:100%;height:60vh;border:0\" \
             srcdoc=\"{}\"></iframe>",
            escaped(&popup.title),
            escaped(&popup.html)
        );
    } else {
        if !popup.image.is_empty() {
            let cover = first.is_none() && !popup.link.is_empty();
            let class = if cover { " class=\"jsCT_CTA\"" } else { "" };
            let alternative =
                if popup.layout == "image" { escaped(&popup.title) } else { String::new() };
            let width = if banner { "height:64px" } else { "width:100%" };
            inner += &format!(
                "<img{class} src=\"{}\" alt=\"{alternative}\" style=\"display:block;{width};cursor:pointer\">",
                escaped(&popup.image)
            );
        }
        if popup.layout != "image" {
            inner += "<div style=\"padding:16px 48px 16px 20px;white-space:pre-line\">";
            if !popup.title.is_empty() {
                inner += &format!(
                    "<h2 id=\"perennial-title\" style=\"font-size:1.2em;margin:0 0 6px\">{}</h2>",
                    escaped(&popup.title)
                );
            }
            if !popup.body.is_empty() {
                inner += &format!("<div>{}</div>", escaped(&popup.body));
            }
            inner += "</div>";
        }
    }
    let mut buttons = String::new();
    for button in &popup.buttons {
        let own = first.is_some_and(|first| std::ptr::eq(first, button));
        let style = "display:inline-block;padding:8px 18px;margin:0 6px 6px 0;border:2px solid #1d4ed8;\
                     border-radius:8px;font-weight:600;text-decoration:none;cursor:pointer";
        let title = escaped(&button.title);
        buttons += &match (own, button.link.is_empty()) {
            (true, _) => format!(
                "<a class=\"jsCT_CTA\" role=\"button\" tabindex=\"0\" \
                 style=\"{style};background:#1d4ed8;color:#fff\">{title}</a>"
            ),
            (false, true) => {
                format!(
                    "<button onclick=\"{CLOSE}\" style=\"{style};background:none;color:inherit;font-size:1em\">{title}</button>"
                )
            }
            (false, false) => format!(
                "<a href=\"{}\" target=\"_top\" style=\"{style};color:inherit\">{title}</a>",
                escaped(&link(button))
            ),
        };
    }
    if !buttons.is_empty() {
        inner += &format!("<div style=\"padding:0 20px 14px\">{buttons}</div>");
    }
    let named = match popup.title.is_empty() || popup.layout == "html" {
        true => format!("aria-label=\"{}\"", escaped(&popup.title)),
        false => "aria-labelledby=\"perennial-title\"".to_owned(),
    };
    format!(
        "<!doctype html><meta charset=\"utf-8\"><body style=\"margin:0\">\
         <div id=\"contentDiv\" role=\"dialog\" {named} dir=\"auto\" style=\"position:relative;\
         font:16px/1.5 system-ui,sans-serif;background:{background};color:{text}\">{inner}\
         <button aria-label=\"×\" onclick=\"{CLOSE}\" style=\"position:absolute;top:6px;right:6px;\
         width:34px;height:34px;border:0;border-radius:50%;font-size:20px;cursor:pointer\">×</button>\
         </div></body>"
    )
}

/// Closes the frame of a pop-up; the client puts the number in.
const CLOSE: &str = "parent.$WZRK_WR.closeIframe(##campaignId##,'wizParDiv0')";

/// A card of the inbox.
pub fn card(card: &Card, tracked: &Tracked<'_>) -> Value {
    let link = |button: &str, to: &str| match to.is_empty() {
        true => String::new(),
        false => tracked(&card.id, button, to),
    };
    let buttons: Vec<Value> = card
        .buttons
        .iter()
        .map(|own| {
            json!({"text": own.title, "action": "url", "url": link(&own.id, &own.link),
                   "openUrlInNewTab": false})
        })
        .collect();
    let kind = if card.image.is_empty() { "text-only" } else { "text-with-icon-and-image" };
    json!({
        "wzrk_id": id(&card.id),
        "wzrk_pivot": card.variant,
        "wzrk_ttl": card.expires_s,
        "display": {"wtarget_type": 3, "wimc": CARDS_MAX, "efc": 1},
        "templateType": kind,
        "tags": card.tags,
        "msg": [{
            // The client writes these into the page as they are.
            "title": escaped(&card.title),
            "description": escaped(&card.body),
            "iconUrl": "",
            "imageUrl": card.image,
            "onClickUrl": link("", &card.link),
            "openUrlInNewTab": false,
            "buttons": buttons,
        }],
    })
}

/// How the inbox looks. `element`: the id of what opens it.
pub fn inbox(element: &str, categories: &[String]) -> Value {
    let (ink, paper, line, accent) = ("#111111", "#ffffff", "#d6d3d1", "#1d4ed8");
    let tab = json!({"tabColor": paper, "titleColor": ink});
    json!({
        "inboxSelector": element,
        "title": "Inbox",
        "categories": categories,
        "maxMsgsInInbox": CARDS_MAX,
        "styles": {
            "panelBackgroundColor": "#f5f5f4", "panelBorderColor": line, "closeIconColor": ink,
            "header": {"backgroundColor": paper, "titleColor": ink},
            "categories": {"tabColor": paper, "titleColor": ink, "borderColor": line,
                "selectedTab": {"tabColor": tab["tabColor"], "titleColor": accent, "borderColor": accent}},
            "cards": {"backgroundColor": paper, "borderColor": line, "titleColor": ink,
                "descriptionColor": "#44403c", "buttonColor": accent, "buttonTextColor": paper,
                "unreadMarkerColor": accent},
            "notificationsBadge": {"backgroundColor": "#b91c1c", "textColor": paper},
        },
    })
}

/// Text as HTML, also between quotation marks.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for of in text.chars() {
        match of {
            '&' => html += "&amp;",
            '<' => html += "&lt;",
            '>' => html += "&gt;",
            '"' => html += "&quot;",
            '\'' => html += "&#39;",
            // The client looks for names between these in what it is sent.
            '#' => html += "&#35;",
            '$' => html += "&#36;",
            other => html.push(other),
        }
    }
    html
}

fn is_colour(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or_default();
    matches!(digits.len(), 3 | 6) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether white can be read on it better than black.
fn is_dark(colour: &str) -> bool {
    let digits: Vec<u32> = colour.chars().filter_map(|digit| digit.to_digit(16)).collect();
    let part = |n: usize| match digits.as_slice() {
        [r, g, b] => [r, g, b][n] * 17,
        all if all.len() == 6 => all[2 * n] * 16 + all[2 * n + 1],
        _ => 255,
    };
    part(0) * 299 + part(1) * 587 + part(2) * 114 < 128_000
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &str = "80000000000000000000000000000a01";

    fn sale() -> Popup {
        let button = |id: &str, link: &str| Button {
            id: id.into(),
            title: format!("<{id}>"),
            link: link.into(),
        };
        Popup {
            id: MESSAGE.into(),
            variant: "a".into(),
            layout: "modal".into(),
            title: "<script>alert(1)</script> ##campaignId##".into(),
            body: "\"30 %\" & more".into(),
            image: "https://shop.example/a.png?x=\"y".into(),
            html: String::new(),
            link: String::new(),
            buttons: vec![button("go", "https://shop.example/"), button("no", "")],
            when: Trigger::Scrolled(40),
            delay_s: 2,
            background: "#123".into(),
        }
    }

    fn tracked(message: &str, button: &str, to: &str) -> String {
        format!("https://here/r?m={message}&b={button}&r={to}")
    }

    #[test]
    fn what_is_said_is_text_and_what_is_clicked_is_signed() {
        let sent = popup(&sale(), 3, &tracked);
        let html = sent["msgContent"]["html"].as_str().unwrap();
        assert!(!html.contains("<script") && html.contains("&lt;script&gt;"), "{html}");
        assert_eq!(html.matches("##campaignId##").count(), 2, "only in what closes: {html}");
        assert_eq!(html.matches("jsCT_CTA").count(), 1);
        assert_eq!(html.matches("id=\"contentDiv\"").count(), 1);
        assert!(html.contains("background:#123;color:#fff") && html.contains("x=&quot;y"));
        let click = format!("https://here/r?m={MESSAGE}&b=go&r=https://shop.example/");
        assert_eq!(sent["display"]["onClick"], click);
        assert_eq!(sent["display"]["deliveryTrigger"]["scroll"], 40);
        assert_eq!((&sent["display"]["delay"], &sent["priority"]), (&json!(2), &json!(3)));
    }

    #[test]
    fn ids_come_back_as_they_went() {
        let sent = popup(&sale(), 0, &tracked);
        let written = sent["wzrk_id"].as_str().unwrap();
        let number: u64 = written.split('_').next().unwrap().parse().unwrap();
        assert!(number > 0 && number <= NUMBER_MAX);
        assert_eq!(message_of(written), Some(EventId::of(MESSAGE)));
        for other in ["", "1_2", "x_80000000000000000000000000000a01", "17_20260101", "1002_1"] {
            assert_eq!(message_of(other), None, "{other}");
        }
    }

    #[test]
    fn a_document_of_its_own_has_no_rights() {
        let mut own = sale();
        own.layout = "html".into();
        own.html = "<b>\"x\"</b><script>alert(1)</script>".into();
        let sent = popup(&own, 0, &tracked);
        let html = sent["msgContent"]["html"].as_str().unwrap();
        assert!(html.contains("<iframe sandbox ") && !html.contains("<script"), "{html}");
        assert!(html.contains("srcdoc=\"&lt;b&gt;&quot;x&quot;"), "{html}");
    }

    #[test]
    fn colours_are_colours_and_can_be_read_on() {
        assert!(is_colour("#fff") && is_colour("#123456"));
        assert!(!is_colour("red;x:url(y)") && !is_colour("#12") && !is_colour("#ggg"));
        assert!(is_dark("#000") && is_dark("#1d4ed8") && !is_dark("#fff") && !is_dark("#fde047"));
    }

    #[test]
    fn a_card_says_when_it_goes() {
        let own = Card {
            id: MESSAGE.into(),
            title: "<i>News</i>".into(),
            link: "https://shop.example/".into(),
            tags: vec!["Offers".into()],
            expires_s: 1_800_000_000,
            ..Card::default()
        };
        let sent = card(&own, &tracked);
        assert_eq!(sent["msg"][0]["title"], "&lt;i&gt;News&lt;/i&gt;");
        assert_eq!(sent["wzrk_ttl"], 1_800_000_000);
        assert!(sent["display"]["wimc"].as_u64() > Some(1));
        assert!(sent["msg"][0]["onClickUrl"].as_str().unwrap().starts_with("https://here/r?"));
    }
}
