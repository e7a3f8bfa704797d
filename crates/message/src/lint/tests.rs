use super::*;
use crate::content::{Push, WebPush};

fn email(source: &str) -> Content {
    let body = EmailBody::Html(source.to_owned());
    Content::of(Body::Email(Box::new(Email { subject: "s".into(), body, ..Email::default() })))
}

/// Codes and places of what is said, as `code line:column`.
fn said(found: &[Problem]) -> Vec<String> {
    found
        .iter()
        .map(|p| {
            format!("{} {} {}:{}", p.code.trim_start_matches("message."), p.field, p.line, p.column)
        })
        .collect()
}

fn check(source: &str, expected: &[&str]) {
    assert_eq!(said(&content(&email(source), Purpose::Transactional)), expected, "{source}");
}

#[test]
fn variables_need_a_fallback() {
    check("Hi {{ profile.name }}", &["no_fallback body 1:6"]);
    check(
        "Hi {{ profile.name | upcase }}\n{{ x }}",
        &["no_fallback body 1:6", "no_fallback body 2:3"],
    );
    check("Hi {{ profile.name | default: 'you' }}{{ unsubscribe_url }}", &[]);
    check("{% if profile.name %}Hi {{ profile.name }}{% else %}Hi{% endif %}", &[]);
    check("{% if profile.age > 3 %}{{ profile.name }}{% endif %}", &["no_fallback body 1:27"]);
    check("{% unless profile.name %}{% abort %}{% endunless %}{{ profile.name }}", &[]);
    check("{% for i in event.items %}{{ i.title }}{{ forloop.index }}{% endfor %}", &[]);
    check("{% assign x = 1 %}{{ x }}{% case a %}{% when 1 %}{{ a }}{% endcase %}", &[]);
}

#[test]
fn findings_are_bounded() {
    let many = "{{ x }}<img src='a.png'>".repeat(10_000);
    let found = content(&email(&many), Purpose::Transactional);
    assert!(found.len() <= 3 * PROBLEMS_MAX, "{}", found.len());
}

#[test]
fn links_and_images() {
    check("<a href='https://a.example'>x</a><a href=mailto:a@b.example>y</a><a name=t>z</a>", &[]);
    check("<a href='http://a.example'>x</a>", &["plain_link body 1:10"]);
    check("<a href='http://{{ 1 }}'>x</a>", &["plain_link body 1:10"]);
    check(
        "<a href=''>x</a>\n<a href='page.html'>y</a>",
        &["wrong_link body 1:10", "wrong_link body 2:10"],
    );
    check(
        "<a href='https:///x'>x</a><a href='https://a b'>y</a>",
        &["wrong_link body 1:10", "wrong_link body 1:36"],
    );
    check("<a href='{{ 'https://a.example' }}'>x</a>", &[]);
    check("<img src='https://a.example/1.png'>", &["no_alternative body 1:1"]);
    check(
        "<img alt='' src='logo.png'><img alt=x src='http://a.example'>",
        &["wrong_link body 1:18", "plain_link body 1:44"],
    );
}

#[test]
fn dangerous_html() {
    check(
        "<script>1</script><script type='application/ld+json'>{}</script>",
        &["unsafe_html body 1:1"],
    );
    check(
        "<p onclick='x()'>a</p><p one='1'>b</p>",
        &["unsafe_html body 1:4", "unsafe_html body 1:26"],
    );
    check("<a href='java\nscript:alert(1)'>a</a>", &["unsafe_html body 1:4"]);
    check("<iframe src='https://a.example'></iframe>", &["unsafe_html body 1:1"]);
}

#[test]
fn marketing_needs_a_way_out() {
    let codes = |source: &str| said(&content(&email(source), Purpose::Marketing));
    assert_eq!(codes("<p>x</p>"), ["no_unsubscribe body 1:1"]);
    assert!(codes("<a href='{{ unsubscribe_url }}'>x</a>").is_empty());
    assert!(codes("<a href='{{${set_user_to_unsubscribed_url}}}'>x</a>").is_empty());
    assert!(codes("<a href='https://a.example/Unsubscribe?u=1'>x</a>").is_empty());
}

#[test]
fn sizes() {
    check(&format!("<p>{}</p>", "x".repeat(GMAIL_BYTES_MAX)), &["cut_off body 1:1"]);
    let push = |title: &str, body: &str| {
        let push = Push { title: title.into(), body: body.into(), ..Push::default() };
        said(&content(&Content::of(Body::Push(push)), Purpose::Marketing))
    };
    assert!(push("a", "b").is_empty());
    assert_eq!(push(&"a".repeat(66), "b"), ["cut_off title 1:1"]);
    assert_eq!(push("a", &"ş".repeat(2_000)), ["cut_off body 1:1", "too_large body 1:1"]);
    let link = "http://a.example".to_owned();
    let web = Body::WebPush(WebPush { title: "a".into(), link, ..WebPush::default() });
    assert_eq!(said(&content(&Content::of(web), Purpose::Marketing)), ["plain_link link 1:1"]);
}

#[test]
fn amp_says_what_it_is() {
    let amp = |amp: &str| {
        let body = EmailBody::Text("x".into());
        let email = Email { subject: "s".into(), body, amp: amp.into(), ..Email::default() };
        said(&content(&Content::of(Body::Email(Box::new(email))), Purpose::Transactional))
    };
    assert!(amp("").is_empty());
    assert!(
        amp("<!doctype html>\n<html ⚡4email data-css-strict><body>x</body></html>").is_empty()
    );
    assert_eq!(amp("<html><body>x</body></html>"), ["wrong_field amp 1:1"]);
}

#[test]
fn annotations_that_gmail_passes_over() {
    use crate::content::{Annotations, Offer, PromotionCard};
    let found = |annotations: Annotations| {
        let body = EmailBody::Text("x".into());
        let annotations = Some(annotations);
        let email = Email { subject: "s".into(), body, annotations, ..Email::default() };
        said(&content(&Content::of(Body::Email(Box::new(email))), Purpose::Transactional))
    };
    let offer = |starts: &str, ends: &str| {
        let offer = Offer { starts: starts.into(), ends: ends.into(), ..Offer::default() };
        found(Annotations { offer: Some(offer), ..Annotations::default() })
    };
    assert!(offer("2026-11-20T09:00:00+03:00", "2026-11-21T09:00:00Z").is_empty());
    assert_eq!(offer("2026-11-20", ""), ["wrong_field annotations.offer.starts 1:1"]);
    assert_eq!(
        offer("2026-11-20T09:00:00Z", "2026-11-19T09:00:00Z"),
        ["wrong_field annotations.offer.ends 1:1"]
    );
    let image = "http://a.example/1.png".to_owned();
    let card = PromotionCard { image, price: "5".into(), ..PromotionCard::default() };
    assert_eq!(
        found(Annotations { cards: vec![card], ..Annotations::default() }),
        [
            "wrong_field annotations.cards[0].image 1:1",
            "missing_field annotations.cards[0].url 1:1",
            "missing_field annotations.cards[0].currency 1:1",
        ]
    );
}

#[test]
fn text_messages() {
    let found = |body: &str| {
        let sms = Body::Sms(Sms { body: body.into() });
        let found = content(&Content::of(sms), Purpose::Marketing);
        found.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert!(found("Sale! {{ 1 }}").is_empty());
    let long = format!("ışık {}", "a".repeat(100));
    assert_eq!(
        found(&long),
        [
            "body, line 1, column 1: this text is sent and billed as 2 messages; 70 characters fit \
             into one",
            "body, line 1, column 1: a message holds 70 characters instead of 160 because of ış; \
             with plain letters in their place it is 1 of 2 messages",
        ]
    );
    let rendered = Rendered::Sms(Sms { body: "a".repeat(161) });
    assert_eq!(said(&super::rendered(&rendered)), ["sms_parts body 1:1"]);
}
