//! Laws over random HTML with tags of templates in it.

use proptest::prelude::*;

use super::*;
use crate::content::protect::{protect_html, protect_mjml, protect_text};
use crate::html::{pieces, to_text};
use crate::links::{LinkSigner, MessageRef, wrap, wrap_text};
use crate::lint::{self, Purpose};

fn source() -> impl Strategy<Value = String> {
    let parts = [
        "<",
        ">",
        "</",
        "/>",
        "<!--",
        "-->",
        "<a ",
        "href=",
        "\"",
        "'",
        "https://a.example/x",
        "http://b.example",
        "</a>",
        "<p>",
        "</p>",
        "<style>",
        "</style>",
        "td{color:red}",
        "<script>",
        "</script>",
        "<table>",
        "<tr>",
        "<td>",
        "</table>",
        "<body>",
        "</body>",
        "<html>",
        "<head>",
        "</head>",
        "<img ",
        "src=",
        "alt=",
        "data-no-track",
        "javascript:",
        " ",
        "\n",
        "&amp;",
        "&",
        "&#x",
        ";",
        "{{ name }}",
        "{% if x %}",
        "{% endif %}",
        "{{",
        "%}",
        "{% raw %}",
        "{% endraw %}",
        "text",
        "ş",
        "🎉",
        "\u{0}",
        "=",
        "lqd0z",
        "<mjml>",
        "</mjml>",
        "<mj-body>",
        "</mj-body>",
        "<mj-text>",
        "</mj-text>",
        "/",
        "<!DOCTYPE html>",
        "<title>",
        "</title>",
        "onclick=",
        "<a href='https://c.example'>",
        "(",
        ")",
        ".",
        "mailto:x",
    ];
    let part = prop_oneof![8 => proptest::sample::select(parts.to_vec()).prop_map(str::to_owned), 1 => "\\PC{0,4}"];
    proptest::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
}

fn signer() -> LinkSigner {
    LinkSigner::new("https://go.example/", vec![vec![3; 32]]).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn what_is_put_back_is_what_was_taken_out(source in source()) {
        let protected = protect_html(&source);
        prop_assert_eq!(protected.restore(&protected.text), source.clone());
        let protected = protect_text(&source);
        prop_assert_eq!(protected.restore(&protected.text), source.clone());
        prop_assert!(protect_mjml(&source).text.len() <= source.len() * 20);
    }

    #[test]
    fn no_html_panics(source in source()) {
        to_text(&source);
        let bodies = [EmailBody::Html(source.clone()), EmailBody::Mjml(source.clone())];
        for body in bodies {
            let email = Email { subject: source.clone(), body, ..Email::default() };
            let content = Content::of(Body::Email(Box::new(email)));
            lint::content(&content, Purpose::Marketing);
            if let Ok(compiled) = content.compile() {
                let rendered = compiled.render(&scope(), &context("ar")).unwrap();
                lint::rendered(&rendered);
            }
        }
    }

    #[test]
    fn replacing_links_changes_nothing_else_and_happens_once(source in source()) {
        let mut message = MessageRef {
            id: 1,
            expires_at: Timestamp(1_000_000),
            clicks: true,
            opens: false,
            parameters: Vec::new(),
        };
        let once = wrap(&source, &signer(), &message);
        let twice = wrap(&once.text, &signer(), &message);
        prop_assert!(twice.links.is_empty(), "{} {}", source, once.text);
        for link in &once.links {
            prop_assert!(link.url.starts_with("http"));
        }
        prop_assert_eq!(pieces(&source).count(), pieces(&once.text).count());
        let text = wrap_text(&source, &signer(), &message);
        prop_assert!(wrap_text(&text.text, &signer(), &message).links.is_empty());
        message.clicks = false;
        if !source.contains("data-no-track") {
            prop_assert_eq!(wrap(&source, &signer(), &message).text, source);
        }
    }
}
