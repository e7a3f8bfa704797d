//! The pages on which people leave a list, or choose what to get: plain HTML without scripts, in four
//! languages.

use std::collections::BTreeMap;
use std::fmt::Write;

use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use wire::api::UserSubscriptions;

/// Fields of a form that are read.
const FIELDS_MAX: usize = 300;

/// Nothing is loaded from anywhere, and forms go back to us alone.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;color:#1f2430;background:#f5f6f8;margin:0;\
display:grid;place-items:start center;min-height:100vh}main{background:#fff;max-width:32rem;width:calc(100% - 2rem);\
box-sizing:border-box;margin:3rem 1rem;padding:2rem;border-radius:12px;box-shadow:0 1px 4px #0002}h1{font-size:1.4rem;\
margin:0 0 1rem}fieldset{border:0;padding:0;margin:0 0 1.25rem}legend{font-weight:600;padding:0;margin-bottom:.25rem}\
label{display:flex;gap:.6rem;align-items:center;padding:.3rem 0}input{inline-size:1.1rem;block-size:1.1rem}\
button{font:inherit;font-weight:600;color:#fff;background:#1c4fd6;border:0;border-radius:8px;padding:.7rem 1.4rem;\
cursor:pointer}button:focus-visible,input:focus-visible{outline:3px solid #1c4fd6;outline-offset:2px}\
.saved{background:#e6f5ea;padding:.6rem .9rem;border-radius:8px}";

/// What the pages say in one language.
pub struct Words {
    language: &'static str,
    direction: &'static str,
    leave: &'static str,
    leave_question: &'static str,
    leave_button: &'static str,
    left: &'static str,
    left_text: &'static str,
    choose: &'static str,
    everything: &'static str,
    save: &'static str,
    saved: &'static str,
    confirm: &'static str,
    channels: [(&'static str, &'static str); 5],
}

/// The words of a language; English where there are none.
pub fn words(language: &str) -> Words {
    match language.to_ascii_lowercase().as_str() {
        "tr" => Words {
            language: "tr",
            direction: "ltr",
            leave: "Abonelikten çık",
            leave_question: "Bu iletileri artık almak istemiyor musunuz?",
            leave_button: "Abonelikten çık",
            left: "Abonelikten çıktınız",
            left_text: "Bu iletileri artık almayacaksınız.",
            choose: "Almak istedikleriniz",
            everything: "Bu kanaldan iletiler",
            save: "Kaydet",
            saved: "Tercihleriniz kaydedildi.",
            confirm: "İstediğiniz aboneliği onaylamak için kaydedin.",
            channels: [
                ("email", "E-posta"),
                ("push", "Uygulama bildirimleri"),
                ("web_push", "Tarayıcı bildirimleri"),
                ("sms", "SMS"),
                ("whatsapp", "WhatsApp"),
            ],
        },
        "ar" => Words {
            language: "ar",
            direction: "rtl",
            leave: "إلغاء الاشتراك",
            leave_question: "ألا ترغب في تلقي هذه الرسائل بعد الآن؟",
            leave_button: "إلغاء الاشتراك",
            left: "تم إلغاء اشتراكك",
            left_text: "لن تتلقى هذه الرسائل بعد الآن.",
            choose: "ما ترغب في تلقيه",
            everything: "الرسائل عبر هذه القناة",
            save: "حفظ",
            saved: "تم حفظ تفضيلاتك.",
            confirm: "احفظ لتأكيد الاشتراك الذي طلبته.",
            channels: [
                ("email", "البريد الإلكتروني"),
                ("push", "إشعارات التطبيق"),
                ("web_push", "إشعارات المتصفح"),
                ("sms", "الرسائل النصية"),
                ("whatsapp", "واتساب"),
            ],
        },
        "id" => Words {
            language: "id",
            direction: "ltr",
            leave: "Berhenti berlangganan",
            leave_question: "Tidak ingin menerima pesan ini lagi?",
            leave_button: "Berhenti berlangganan",
            left: "Anda telah berhenti berlangganan",
            left_text: "Anda tidak akan menerima pesan ini lagi.",
            choose: "Yang ingin Anda terima",
            everything: "Pesan melalui saluran ini",
            save: "Simpan",
            saved: "Pilihan Anda telah disimpan.",
            confirm: "Simpan untuk mengonfirmasi langganan yang Anda minta.",
            channels: [
                ("email", "Email"),
                ("push", "Notifikasi aplikasi"),
                ("web_push", "Notifikasi peramban"),
                ("sms", "SMS"),
                ("whatsapp", "WhatsApp"),
            ],
        },
        _ => Words {
            language: "en",
            direction: "ltr",
            leave: "Unsubscribe",
            leave_question: "Would you rather not get these messages any more?",
            leave_button: "Unsubscribe",
            left: "You are unsubscribed",
            left_text: "You will not get these messages any more.",
            choose: "What you would like to get",
            everything: "Messages by this channel",
            save: "Save",
            saved: "Your choices are saved.",
            confirm: "Save to confirm the subscription that you asked for.",
            channels: [
                ("email", "E-mail"),
                ("push", "App notifications"),
                ("web_push", "Browser notifications"),
                ("sms", "Text messages"),
                ("whatsapp", "WhatsApp"),
            ],
        },
    }
}

/// A page as an answer.
pub fn html(page: String) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store, private")),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    ];
    (headers, page).into_response()
}

/// The question whether to leave. Mail programs open links, so that a visit alone changes nothing.
pub fn leave(words: &Words, token: &str) -> String {
    let body = format!(
        "<p>{}</p><form method=\"post\" action=\"/t/{}\"><button>{}</button></form>",
        words.leave_question,
        escape(token),
        words.leave_button
    );
    page(words, words.leave, &body)
}

/// Who left is told so.
pub fn left(words: &Words) -> String {
    page(words, words.left, &format!("<p>{}</p>", words.left_text))
}

/// Everything that a user can choose.
pub fn choose(
    words: &Words,
    token: &str,
    subscriptions: &UserSubscriptions,
    saved: bool,
) -> String {
    let mut body = String::new();
    if saved {
        let _ = write!(body, "<p class=\"saved\" role=\"status\">{}</p>", words.saved);
    }
    if subscriptions.topics.iter().any(|topic| topic.pending) {
        let _ = write!(body, "<p class=\"saved\">{}</p>", words.confirm);
    }
    let _ = write!(body, "<form method=\"post\" action=\"/t/{}\">", escape(token));
    for channel in &subscriptions.channels {
        let reaches = subscriptions.reach.iter().any(|reach| reach.channel == channel.channel);
        let topics: Vec<_> =
            subscriptions.topics.iter().filter(|topic| topic.channel == channel.channel).collect();
        if !reaches && topics.is_empty() {
            continue;
        }
        let name = words.channels.iter().find(|(own, _)| *own == channel.channel);
        let name = name.map_or(channel.channel.as_str(), |(_, name)| name);
        let _ = write!(body, "<fieldset><legend>{name}</legend>");
        let all = channel.subscribed != Some(false);
        body.push_str(&check(&format!("channel.{}", channel.channel), words.everything, all));
        for topic in topics {
            let on = topic.subscribed || topic.pending;
            body.push_str(&check(&format!("topic.{}", topic.id), &topic.name, on));
        }
        body.push_str("</fieldset>");
    }
    let _ = write!(body, "<button>{}</button></form>", words.save);
    page(words, words.choose, &body)
}

/// A box, and a field that says that it was there: what is not ticked is not sent.
fn check(name: &str, label: &str, on: bool) -> String {
    let checked = if on { " checked" } else { "" };
    let (name, label) = (escape(name), escape(label));
    format!(
        "<label><input type=\"hidden\" name=\"there\" value=\"{name}\">\
         <input type=\"checkbox\" name=\"{name}\" value=\"on\"{checked}>{label}</label>"
    )
}

/// What a form says: of each box that was there, whether it is ticked.
pub fn form(body: &[u8]) -> BTreeMap<String, bool> {
    let text = String::from_utf8_lossy(body);
    let (mut there, mut ticked) = (Vec::new(), Vec::new());
    for pair in text.split('&').take(FIELDS_MAX) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match decoded(name).as_str() {
            "there" => there.push(decoded(value)),
            other => ticked.push(other.to_owned()),
        }
    }
    there.into_iter().map(|name| (name.clone(), ticked.contains(&name))).collect()
}

/// A part of a form without its percent signs.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let digits = text.get(at + 1..at + 3).filter(|_| *byte == b'%');
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(value) => {
                out.push(value);
                at += 3;
            }
            None => {
                out.push(if *byte == b'+' { b' ' } else { *byte });
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn page(words: &Words, title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"{}\" dir=\"{}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta name=\"robots\" content=\"noindex\"><title>{title}</title><style>{STYLE}</style></head>\
         <body><main><h1>{title}</h1>{body}</main></body></html>",
        words.language, words.direction
    )
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_says_what_was_ticked_and_what_was_not() {
        let said = form(b"there=channel.email&there=topic.a%20b&topic.a+b=on&other=on");
        let expected = [("channel.email".to_owned(), false), ("topic.a b".to_owned(), true)];
        assert_eq!(said, BTreeMap::from(expected));
        assert_eq!(form(b"%zz&%"), BTreeMap::new());
    }

    #[test]
    fn what_comes_from_data_is_escaped() {
        let boxed = check("topic.x\"><script>", "<b>", false);
        assert!(!boxed.contains("<script>") && !boxed.contains("<b>"), "{boxed}");
    }
}
