use super::*;
use crate::problem::code;
use crate::template::{Answer, Context, Request};
use crate::{Locale, Severity, Value, parse_json};
use model::Timestamp;

mod laws;

fn scope() -> Value {
    let text = r#"{"profile": {"name": "Ayşe <b>", "plan": "gold", "id": "a b/c"},
        "event": {"items": ["Tea", "Pot"], "code": "X\"</script>"}}"#;
    parse_json(text).unwrap()
}

fn context(locale: &str) -> Context<'static> {
    Context { locale: Locale::parse(locale).unwrap(), ..Context::at(Timestamp(0)) }
}

fn render(content: &Content, locale: &str) -> Rendered {
    let compiled = content.compile().unwrap_or_else(|problems| panic!("{}", problems[0]));
    compiled.render(&scope(), &context(locale)).unwrap()
}

fn email(email: Email) -> RenderedEmail {
    match render(&Content::of(Body::Email(Box::new(email))), "en") {
        Rendered::Email(email) => *email,
        other => panic!("{other:?}"),
    }
}

fn html(source: &str) -> RenderedEmail {
    let body = EmailBody::Html(source.to_owned());
    email(Email { subject: "s".into(), body, ..Email::default() })
}

fn mjml(body: &str) -> RenderedEmail {
    let body = EmailBody::Mjml(format!("<mjml><mj-body>{body}</mj-body></mjml>"));
    email(Email { subject: "s".into(), body, ..Email::default() })
}

fn sms(body: &str) -> Body {
    Body::Sms(Sms { body: body.to_owned() })
}

fn problems(content: &Content) -> Vec<String> {
    let problems = content.compile().map(|_| ()).unwrap_err();
    assert!(problems.iter().all(|problem| problem.severity == Severity::Error));
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn html_without_style_sheets_stays_as_it_is() {
    let email = html("<p  class=x>{{ profile.name }}</p>");
    assert_eq!(email.html.as_deref(), Some("<p  class=x>Ayşe &lt;b&gt;</p>"));
    assert_eq!(email.text, "Ayşe <b>");
}

#[test]
fn style_sheets_are_written_into_elements_around_tags_of_the_template() {
    let email = html(
        "<html><head><style>td{color:{{ 'red' }}} @media print{td{top:0}}</style>\
         <script type=\"application/ld+json\">{\"a\":\"{{ 1 }}<\"}</script></head><body>\
         <!--[if mso]><i>{{ 2 }}</i><![endif]--><table>{% for i in event.items %}<tr>\
         <td title=\"{{ i | append: '&' }}\" {% if true %}id=\"x\"{% endif %}>{{ i }}</td></tr>\
         {% endfor %}</table></body></html>",
    );
    let html = email.html.unwrap();
    let row = |name: &str| {
        format!("<tr><td title=\"{name}&amp;\" id=\"x\"  style=\"color: red;\">{name}</td></tr>")
    };
    assert!(html.contains(&row("Tea")), "{html}");
    assert!(html.contains(&row("Pot")), "{html}");
    assert!(html.contains("@media print"), "{html}");
    assert!(html.contains("{\"a\":\"1<\"}</script>"), "{html}");
    assert!(html.contains("<!--[if mso]><i>2</i><![endif]-->"), "{html}");
    assert_eq!(email.text, "Tea\nPot");
}

#[test]
fn mjml_keeps_tags_in_texts_attributes_and_between_sections() {
    let email = mjml(
        "{% for i in event.items %}<mj-section><mj-column>\
           {% if i != 'Pot' %}<mj-text>{{ i }}: {% if 1 < 2 %}yes{% endif %}</mj-text>{% endif %}\
           <mj-button href=\"https://a.example/?q={{ i | url_encode }}&amp;x={{ \"1\" }}\">Go</mj-button>\
         </mj-column></mj-section>{% endfor %}",
    );
    let html = email.html.unwrap();
    assert!(html.contains(">Tea: yes<"), "{html}");
    assert!(!html.contains("Pot: yes"), "{html}");
    assert!(html.contains("href=\"https://a.example/?q=Pot&amp;x=1\""), "{html}");
    assert_eq!(html.matches("href=\"https://a.example/").count(), 2);
    assert!(!html.contains("lqd") && !html.contains("{%"), "{html}");
    assert!(email.text.contains("Tea: yes"), "{}", email.text);
    assert!(email.text.contains("Go (https://a.example/?q=Tea&x=1)"), "{}", email.text);
}

#[test]
fn mjml_asks_nobody_for_fonts_that_its_author_does_not_name() {
    let text = "<mj-section><mj-column><mj-text font-family=\"Inter, Ubuntu\">a</mj-text>\
                </mj-column></mj-section>";
    let html = mjml(text).html.unwrap();
    assert!(!html.contains("https://") && !html.contains("@import"), "{html}");
    let font =
        "<mj-head><mj-font name=\"Inter\" href=\"https://shop.example/inter.css\" /></mj-head>";
    let body = EmailBody::Mjml(format!("<mjml>{font}<mj-body>{text}</mj-body></mjml>"));
    let own = email(Email { subject: "s".into(), body, ..Email::default() });
    assert!(own.html.unwrap().contains("https://shop.example/inter.css"));
}

#[test]
fn mjml_may_stand_behind_tags_that_decide_about_the_message() {
    let body = EmailBody::Mjml(
        "{% assign n = 3 %}<mjml><mj-body><mj-section><mj-column><mj-text>{{ n }}</mj-text>\
         </mj-column></mj-section></mj-body></mjml>"
            .into(),
    );
    let email = email(Email { subject: "{{ 'a' }}\nBcc: x".into(), body, ..Email::default() });
    assert!(email.html.unwrap().contains(">3<"));
    assert_eq!(email.subject, "a Bcc: x");
}

#[test]
fn the_preheader_and_annotations_are_put_in() {
    let body =
        EmailBody::Html("<html><head></head><body class=\"a\"><p>x</p></body></html>".into());
    let annotations = Annotations {
        logo: "https://a.example/logo.png".into(),
        offer: Some(Offer { code: "{{ event.code }}".into(), ..Offer::default() }),
        cards: vec![PromotionCard {
            image: "https://a.example/1.png".into(),
            price: "19.90".into(),
            currency: "TRY".into(),
            ..PromotionCard::default()
        }],
    };
    let email = email(Email {
        subject: "s".into(),
        preheader: "For {{ profile.name }}".into(),
        body,
        annotations: Some(annotations),
        ..Email::default()
    });
    let html = email.html.unwrap();
    assert!(html.contains("<body class=\"a\"><div style=\"display:none"), "{html}");
    assert!(html.contains(">For Ayşe &lt;b&gt;&#8199;"), "{html}");
    let start = html.find("ld+json\">").unwrap() + "ld+json\">".len();
    let script = &html[start..html.find("</script></head>").unwrap()];
    let value = parse_json(script).unwrap();
    assert!(value.at(1).child("discountCode").same(&Value::text("X\"</script>")));
    assert!(value.at(2).child("price").same(&Value::Float(19.9)));
    assert!(value.at(2).child("position").same(&Value::Int(1)));
    assert_eq!(email.text, "x");
}

#[test]
fn a_language_falls_back_to_shorter_ones_and_a_value_comes_before_it() {
    let variant = |locale: &str, value: Option<&str>, text: &str| Variant {
        locale: locale.into(),
        value: value.map(str::to_owned),
        body: sms(text),
    };
    let content = Content {
        default: sms("default"),
        property: "profile.plan".into(),
        variants: vec![
            variant("tr", None, "tr"),
            variant("tr-CY", None, "tr-CY"),
            variant("pt_br", Some("gold"), "gold pt-BR"),
            variant("", Some("gold"), "gold"),
        ],
    };
    let text = |content: &Content, locale: &str| match render(content, locale) {
        Rendered::Sms(sms) => sms.body,
        other => panic!("{other:?}"),
    };
    assert_eq!(text(&content, "pt-BR"), "gold pt-BR");
    assert_eq!(text(&content, "tr-TR"), "gold");
    let content = Content { property: "profile.absent".into(), ..content };
    assert_eq!(text(&content, "tr-TR"), "tr");
    assert_eq!(text(&content, "tr-CY"), "tr-CY");
    assert_eq!(text(&content, "de"), "default");
    let reads = content.compile().unwrap().reads().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(reads, ["profile.absent"]);
}

#[test]
fn a_property_chooses_among_many_variants() {
    let variant = |i: usize| Variant {
        locale: String::new(),
        value: Some(format!("plan {i}")),
        body: sms(&format!("for plan {i}")),
    };
    let content = Content {
        property: "profile.plan".into(),
        variants: (0..VARIANTS_MAX).rev().map(variant).collect(),
        ..Content::of(sms("for all"))
    };
    let compiled = content.compile().unwrap();
    let text = |plan: Value| {
        let scope = Value::map([("profile", Value::map([("plan", plan)]))]);
        match compiled.render(&scope, &context("tr")).unwrap() {
            Rendered::Sms(sms) => sms.body,
            other => panic!("{other:?}"),
        }
    };
    for i in [0, 7, 60, VARIANTS_MAX - 1] {
        assert_eq!(text(format!("plan {i}").as_str().into()), format!("for plan {i}"));
    }
    assert_eq!(text("other".into()), "for all");
    assert_eq!(text(Value::Nil), "for all");
    assert_eq!(compiled.variants().count(), VARIANTS_MAX + 1);
    let content = Content { variants: (0..=VARIANTS_MAX).map(variant).collect(), ..content };
    assert_eq!(content.compile().map(|_| ()).unwrap_err()[0].code, code::TOO_LARGE);
}

#[test]
fn right_to_left_languages_say_so() {
    let html = |text: &str| {
        let body = EmailBody::Html(format!("<html lang=\"ar\"><body>{text}</body></html>"));
        Body::Email(Box::new(Email { subject: "s".into(), body, ..Email::default() }))
    };
    let variant = Variant { locale: "ar".into(), value: None, body: html("مرحبا 🎉") };
    let content = Content { variants: vec![variant], ..Content::of(html("x")) };
    let Rendered::Email(email) = render(&content, "ar-EG") else { panic!() };
    assert!(email.right_to_left);
    assert_eq!(email.html.unwrap(), "<html dir=\"rtl\" lang=\"ar\"><body>مرحبا 🎉</body></html>");
    assert_eq!(email.text, "مرحبا 🎉");
    let mjml = EmailBody::Mjml("<mjml><mj-body></mj-body></mjml>".into());
    let body = Body::Email(Box::new(Email { subject: "s".into(), body: mjml, ..Email::default() }));
    let variant = Variant { locale: "he".into(), value: None, body: body.clone() };
    let content = Content { variants: vec![variant], ..Content::of(body) };
    let direction = |locale: &str| match render(&content, locale) {
        Rendered::Email(email) => email.html.unwrap().contains("<html lang=\"und\" dir=\"rtl\""),
        other => panic!("{other:?}"),
    };
    assert!(direction("he-IL") && !direction("en"));
}

#[test]
fn values_take_the_form_of_their_field() {
    let webhook = |content_type: &str, body: &str| {
        let headers = vec![("Content-Type".to_owned(), content_type.to_owned())];
        let url = "https://a.example/{{ profile.id }}".to_owned();
        let webhook = Webhook { method: "post".into(), url, headers, body: body.into() };
        match render(&Content::of(Body::Webhook(webhook)), "en") {
            Rendered::Webhook(webhook) => webhook,
            other => panic!("{other:?}"),
        }
    };
    let sent = webhook(
        "application/json",
        "{\"code\": \"{{ event.code }}\", \"all\": {{ event | json }}}",
    );
    assert_eq!((sent.method.as_str(), sent.url.as_str()), ("POST", "https://a.example/a%20b%2Fc"));
    let body = parse_json(&sent.body).unwrap();
    assert!(body.child("code").same(&Value::text("X\"</script>")));
    assert!(body.child("all").child("items").at(1).same(&Value::text("Pot")));
    let sent = webhook("application/x-www-form-urlencoded", "a={{ profile.id }}");
    assert_eq!(sent.body, "a=a%20b%2Fc");
    let push = Push {
        title: "{{ profile.name }}".into(),
        link: "app://item/{{ profile.id }}".into(),
        buttons: vec![Button {
            title: "{{ event.items[0] }}".into(),
            link: "{{ 'https://b.example/?a=1' }}".into(),
        }],
        data: vec![("k".into(), "{{ event.code }}".into())],
        ..Push::default()
    };
    let Rendered::Push(push) = render(&Content::of(Body::Push(push)), "en") else { panic!() };
    assert_eq!((push.title.as_str(), push.link.as_str()), ("Ayşe <b>", "app://item/a%20b%2Fc"));
    assert_eq!(push.buttons[0].link, "https://b.example/?a=1");
    assert_eq!(push.data, [("k".to_owned(), "X\"</script>".to_owned())]);
}

#[test]
fn whatsapp_values_are_one_line_each() {
    let message = WhatsAppMessage::Template {
        name: "order".into(),
        language: "en_US".into(),
        header: Some(WhatsAppHeader::Image("https://a.example/{{ profile.id }}.png".into())),
        body: vec!["{{ profile.name }}".into(), "{{ \"a\\nb\" }}".into()],
        buttons: vec![WhatsAppButton {
            index: 0,
            kind: "url".into(),
            value: "o/{{ profile.id }}".into(),
        }],
    };
    let rendered = render(&Content::of(Body::WhatsApp(WhatsApp { message })), "en");
    let Rendered::WhatsApp(WhatsApp {
        message: WhatsAppMessage::Template { header, body, buttons, .. },
    }) = rendered
    else {
        panic!("{rendered:?}")
    };
    assert_eq!(header, Some(WhatsAppHeader::Image("https://a.example/a%20b%2Fc.png".into())));
    assert_eq!(body, ["Ayşe <b>", "a b"]);
    assert_eq!(buttons[0].value, "o/a%20b%2Fc");
}

#[test]
fn problems_name_field_locale_and_place() {
    let push = |title: &str, body: &str| {
        Body::Push(Push { title: title.into(), body: body.into(), ..Push::default() })
    };
    let content = Content {
        default: push("{{ a | upcse }}", "ok"),
        property: String::new(),
        variants: vec![
            Variant { locale: "tr".into(), value: None, body: push("x", "a\n  {% if %}") },
            Variant { locale: "turkish!".into(), value: None, body: push("", "") },
            Variant { locale: "de".into(), value: Some("x".into()), body: sms("x") },
        ],
    };
    assert_eq!(
        problems(&content),
        [
            "line 1, column 1: variants are chosen by a value, but not of which property; write its \
             path, as in profile.plan"
                .replacen("line", "property, line", 1),
            "title, line 1, column 8: there is no filter \"upcse\"; did you mean \"upcase\"?".into(),
            "body (tr), line 2, column 6: \"if\" is not closed; close it with {% endif %}".into(),
            "body (tr), line 2, column 8: expected a value, found the end".into(),
            "line 1, column 1: \"turkish!\" is not a locale; write a language and perhaps a region, \
             as in tr-TR"
                .into(),
            "body (turkish!), line 1, column 1: the body is missing; write a title, a text, or data \
             for the app"
                .into(),
            "line 1, column 1: this variant is for sms, the message is for push; write all variants \
             for one channel"
                .into(),
        ]
    );
}

#[test]
fn mjml_that_cannot_be_read_is_a_problem() {
    let body = EmailBody::Mjml("<mjml><mj-body><mj-section></mj-body></mjml>".into());
    let content = Content::of(Body::Email(Box::new(Email {
        subject: "s".into(),
        from: "nobody".into(),
        body,
        ..Email::default()
    })));
    let said = problems(&content);
    assert_eq!(
        said[0],
        "from, line 1, column 1: \"nobody\" is not an e-mail address; write it like news@shop.example"
    );
    let mut content = content;
    let Body::Email(email) = &mut content.default else { panic!() };
    email.from = "a@b.example".into();
    assert!(problems(&content)[0].starts_with("body, line 1, column 1: the MJML cannot be read"));
}

#[test]
fn mjml_with_signs_that_its_reader_fails_on() {
    let email = mjml(
        "<mj-section><mj-column><mj-text>سعر > 5 ş> {{ 1 }}</mj-text></mj-column></mj-section>",
    );
    let html = email.html.unwrap();
    assert!(html.contains(">سعر &gt; 5 ş&gt; 1<"), "{html}");
}

#[test]
fn what_is_nested_too_deep_is_refused() {
    let nested =
        |open: &str, close: &str, n: usize| format!("{}x{}", open.repeat(n), close.repeat(n));
    let code = |body: EmailBody| {
        let email = Email { subject: "s".into(), body, ..Email::default() };
        match Content::of(Body::Email(Box::new(email))).compile() {
            Ok(_) => "",
            Err(problems) => problems[0].code,
        }
    };
    let style = "<style>b{top:0}</style>";
    let mjml = |inner: String| {
        format!(
            "<mjml><mj-body><mj-section><mj-column><mj-text>{inner}</mj-text></mj-column></mj-section></mj-body></mjml>"
        )
    };
    for (n, expected) in [(150, ""), (100_000, code::TOO_LARGE)] {
        assert_eq!(
            code(EmailBody::Html(format!("{style}{}", nested("<div>", "</div>", n)))),
            expected
        );
        assert_eq!(code(EmailBody::Html(format!("{style}{}", nested("<b>", "", n)))), expected);
        assert_eq!(code(EmailBody::Mjml(mjml(nested("<div>", "</div>", n)))), expected);
        assert_eq!(code(EmailBody::Mjml(mjml(nested("<p>", "</p>", n)))), expected);
    }
    for open in ["<style>", "<div><!--[if mso]>"] {
        assert_eq!(code(EmailBody::Mjml(mjml(nested(open, "", 50_000)))), code::TOO_LARGE);
    }
}

#[test]
fn linked_content_is_asked_for_once_and_then_used() {
    let source = "{% connected_content https://a.example/{{ profile.id }} :save x %}{{ x.n }}";
    let compiled = Content::of(sms(source)).compile().unwrap();
    let stop = compiled.render(&scope(), &context("en")).unwrap_err();
    let Stop::Needs { request } = stop else { panic!("{stop:?}") };
    assert_eq!(
        (request.method.as_str(), request.url.as_str()),
        ("GET", "https://a.example/a%20b%2Fc")
    );
    let answers: Vec<(Request, Answer)> =
        vec![(*request, Answer { status: 200, body: "{\"n\": 7}".into() })];
    let context = Context { answers: &answers, ..context("en") };
    let rendered = compiled.render(&scope(), &context).unwrap();
    assert_eq!(rendered, Rendered::Sms(Sms { body: "7".into() }));
}

/// Emoji of several code points, right-to-left text with marks, letters outside the first plane.
const HARD: &str = "👩‍👩‍👧 🏳️‍🌈 🇹🇷 مرحبًا \u{200f}שלום İıŞş 𝒳 e\u{301}";

#[test]
fn every_script_passes_every_channel_unchanged() {
    let t = || "{{ hard }}".to_owned();
    let scope = Value::map([("hard", Value::text(HARD))]);
    let bodies = [
        sms("{{ hard }}"),
        Body::Push(Push { title: t(), body: t(), ..Push::default() }),
        Body::WebPush(WebPush { title: t(), body: t(), ..WebPush::default() }),
        Body::WhatsApp(WhatsApp { message: WhatsAppMessage::Text(t()) }),
        Body::InApp(Box::new(InApp {
            layout: "modal".into(),
            title: t(),
            html: t(),
            ..InApp::default()
        })),
        Body::Inbox(InboxCard { title: t(), body: t(), ..InboxCard::default() }),
        Body::Webhook(Webhook {
            method: "POST".into(),
            url: "https://a.example".into(),
            body: "{\"a\": \"{{ hard }}\"}".into(),
            ..Webhook::default()
        }),
        Body::Email(Box::new(Email {
            from_name: t(),
            subject: t(),
            body: EmailBody::Html("<style>p{top:0}</style><p>{{ hard }}</p>".into()),
            ..Email::default()
        })),
    ];
    for body in bodies {
        let channel = body.channel();
        let compiled = Content::of(body).compile().unwrap();
        let rendered = compiled.render(&scope, &context("ar")).unwrap();
        let text = format!("{rendered:?}");
        let expected = format!("{HARD:?}");
        assert!(text.contains(expected.trim_matches('"')), "{channel}: {text}");
    }
}
