use super::*;

const NOW: Timestamp = Timestamp(1_800_000_000_000);

fn signer() -> LinkSigner {
    LinkSigner::new("https://go.example/t", vec![vec![7; 32]]).unwrap()
}

fn message() -> MessageRef {
    MessageRef {
        id: 0x0123_4567_89ab_cdef_0011_2233_4455_6677,
        expires_at: Timestamp(NOW.0 + 86_400_000),
        clicks: true,
        opens: false,
        parameters: Vec::new(),
    }
}

fn click(url: &str) -> Claim {
    let kind = Kind::Click { index: 3, url: url.to_owned() };
    Claim { kind, message: message().id, expires_at: message().expires_at }
}

/// The claim behind the first address of ours in a text.
fn first_claim(text: &str) -> Claim {
    let start = text.find("https://go.example/t/").unwrap() + 21;
    let rest = &text[start..];
    let end = rest.find(['"', ' ']).unwrap_or(rest.len());
    signer().verify(&rest[..end], NOW).unwrap()
}

#[test]
fn every_kind_comes_back() {
    let kinds = [
        Kind::Open,
        Kind::Unsubscribe,
        Kind::Preferences,
        Kind::Click { index: 65_535, url: "http://ş.example/?a=ü#x".to_owned() },
    ];
    for kind in kinds {
        let claim = Claim { kind, ..click("") };
        let token = signer().token(&claim).unwrap();
        assert_eq!(signer().verify(&token, NOW), Ok(claim));
    }
}

#[test]
fn a_token_is_refused_after_its_time() {
    let token = signer().token(&click("https://a.example/")).unwrap();
    let end = message().expires_at;
    assert!(signer().verify(&token, Timestamp(end.0 - 1)).is_ok());
    assert_eq!(signer().verify(&token, end), Err(TokenError::Expired { at: end }));
}

#[test]
fn no_changed_bit_passes() {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as CODE;
    for claim in
        [click("https://a.example/path?q=1"), Claim { kind: Kind::Unsubscribe, ..click("") }]
    {
        let token = signer().token(&claim).unwrap();
        let bytes = CODE.decode(&token).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(signer().verify(&CODE.encode(changed), NOW).is_err(), "bit {bit}");
        }
        for (i, bit) in (0..token.len()).flat_map(|i| (0..7).map(move |bit| (i, bit))) {
            let mut changed = token.clone().into_bytes();
            changed[i] ^= 1 << bit;
            let changed = String::from_utf8(changed).unwrap();
            assert!(signer().verify(&changed, NOW).is_err(), "character {i}, bit {bit}");
        }
        for length in 0..token.len() {
            assert!(signer().verify(&token[..length], NOW).is_err(), "length {length}");
        }
    }
}

#[test]
fn another_key_signs_nothing_of_ours_and_an_old_one_still_verifies() {
    let token = signer().token(&click("https://a.example/")).unwrap();
    let other = LinkSigner::new("https://go.example/t", vec![vec![8; 32]]).unwrap();
    assert_eq!(other.verify(&token, NOW), Err(TokenError::Forged));
    let both = LinkSigner::new("https://go.example/t", vec![vec![8; 32], vec![7; 32]]).unwrap();
    assert!(both.verify(&token, NOW).is_ok());
    assert!(matches!(signer().verify("", NOW), Err(TokenError::Malformed)));
    assert!(matches!(signer().verify("AgAA", NOW), Err(TokenError::Version(2))));
}

#[test]
fn only_addresses_of_the_web_are_signed() {
    let refused = [
        "javascript:alert(1)",
        "//evil.example",
        "/path",
        "mailto:a@b.example",
        "https://",
        "https://a.example@evil.example/",
        "https://a\\@evil.example",
        "https://a b.example",
        "ftp://a.example",
        "https:///a",
        "data:text/html,x",
        "https://a.example/\n",
    ];
    for url in refused {
        assert_eq!(signer().token(&click(url)), None, "{url}");
    }
    let long = format!("https://a.example/{}", "x".repeat(URL_BYTES_MAX));
    assert_eq!(signer().token(&click(&long)), None);
    let longest = &long[..URL_BYTES_MAX];
    let token = signer().token(&click(longest)).unwrap();
    assert!(token.len() <= TOKEN_BYTES_MAX && signer().verify(&token, NOW).is_ok());
}

#[test]
fn a_signer_needs_a_base_and_a_key() {
    let base = |base: &str| LinkSigner::new(base, vec![vec![1; 32]]).map(|_| ());
    assert!(base("go.example").is_err());
    assert!(base("https://go.example/?x=").is_err());
    assert_eq!(LinkSigner::new("https://a.example", vec![]).map(|_| ()), Err(SignerError::Key));
    assert!(!format!("{:?}", signer()).contains("7, 7"));
}

#[test]
fn links_of_html_are_replaced() {
    let html = "<p><A class='x' HREF = 'https://a.example/?a=1&amp;b=2'>x</A></p>";
    let wrapped = wrap(html, &signer(), &message());
    assert_eq!(wrapped.links, [Link { index: 0, url: "https://a.example/?a=1&b=2".into() }]);
    assert!(wrapped.text.starts_with("<p><A class='x' HREF = 'https://go.example/t/"));
    assert!(wrapped.text.ends_with("'>x</A></p>"));
    let url = wrapped.text.split('\'').nth(3).unwrap();
    let claim = signer().verify(url.strip_prefix("https://go.example/t/").unwrap(), NOW).unwrap();
    assert_eq!(claim.kind, Kind::Click { index: 0, url: "https://a.example/?a=1&b=2".into() });
}

#[test]
fn what_must_not_be_told_is_left_alone() {
    let ours = signer().unsubscribe_url(&message());
    let html = format!(
        "<a href=\"mailto:a@b.example\">m</a><a href='tel:1'>t</a><a href='#top'>h</a><a>n</a>\
         <a href='app://open'>d</a><a href=\"{ours}\">u</a><!-- <a href=\"https://c.example\"> -->\
         <style>a[href=\"https://s.example\"]{{}}</style>"
    );
    assert_eq!(wrap(&html, &signer(), &message()), Wrapped { text: html, links: vec![] });
    let marked = "<a data-no-track href=\"https://a.example\">x</a>\
        <a href=\"https://b.example\" data-no-track=\"1\" class=\"c\">y</a>";
    let expected =
        "<a  href=\"https://a.example\">x</a><a href=\"https://b.example\"  class=\"c\">y</a>";
    assert_eq!(wrap(marked, &signer(), &message()).text, expected);
}

#[test]
fn buttons_for_outlook_are_replaced() {
    let html = "<!--[if mso]><v:roundrect href=\"https://a.example/\"><a href='https://b.example'>x</a>\
        </v:roundrect><![endif]--><!--[if !mso]><!--><a href=\"https://a.example/\">x</a><!--<![endif]-->\
        <!-- <a href='https://c.example'> -->";
    let wrapped = wrap(html, &signer(), &message());
    let urls: Vec<_> = wrapped.links.iter().map(|link| link.url.as_str()).collect();
    assert_eq!(urls, ["https://a.example/", "https://b.example", "https://a.example/"]);
    assert!(wrapped.text.contains("c.example") && !wrapped.text.contains("b.example"));
}

#[test]
fn parameters_are_added_once() {
    let parameters = [("utm_source", "perennial"), ("utm_campaign", "Güz & kış")];
    let parameters = parameters.map(|(a, b)| (a.to_owned(), b.to_owned()));
    let check = |url: &str, expected: &str| assert_eq!(add_parameters(url, &parameters), expected);
    let campaign = "utm_campaign=G%C3%BCz%20%26%20k%C4%B1%C5%9F";
    check("https://a.example", &format!("https://a.example?utm_source=perennial&{campaign}"));
    check(
        "https://a.example/?utm_source=x&y#z",
        &format!("https://a.example/?utm_source=x&y&{campaign}#z"),
    );
    check("https://a.example/?", &format!("https://a.example/?utm_source=perennial&{campaign}"));
    let message = MessageRef { parameters: parameters.to_vec(), clicks: false, ..message() };
    let wrapped = wrap("<a href=\"https://a.example/?a=1&amp;b=2\">", &signer(), &message);
    assert!(wrapped.links.is_empty());
    let escaped = campaign;
    assert_eq!(
        wrapped.text,
        format!(
            "<a href=\"https://a.example/?a=1&amp;b=2&amp;utm_source=perennial&amp;{escaped}\">"
        )
    );
}

#[test]
fn the_picture_of_an_open_stands_at_the_end_of_the_body() {
    let message = MessageRef { opens: true, ..message() };
    let wrapped = wrap("<body><p>x</p></BODY></html>", &signer(), &message).text;
    assert!(wrapped.starts_with("<body><p>x</p><img src=\"https://go.example/t/"), "{wrapped}");
    assert!(wrapped.ends_with("></BODY></html>"), "{wrapped}");
    assert_eq!(first_claim(&wrapped).kind, Kind::Open);
    assert!(wrap("x", &signer(), &message).text.starts_with("x<img "));
}

#[test]
fn bare_links_of_a_text_are_replaced() {
    let text = "Tea (https://a.example/x_(y)) and http://b.example/?q=1. httpx://no http";
    let wrapped = wrap_text(text, &signer(), &message());
    let urls: Vec<_> = wrapped.links.iter().map(|link| link.url.as_str()).collect();
    assert_eq!(urls, ["https://a.example/x_(y)", "http://b.example/?q=1"]);
    assert!(wrapped.text.starts_with("Tea (https://go.example/t/"), "{}", wrapped.text);
    assert!(wrapped.text.ends_with(". httpx://no http"));
    assert!(!wrapped.text.contains("b.example"));
}

#[test]
fn a_blank_in_an_address_is_encoded() {
    let wrapped = wrap("<a href=\"https://a.example/?n=Ada L\">x</a>", &signer(), &message());
    assert_eq!(wrapped.links[0].url, "https://a.example/?n=Ada%20L");
}

#[test]
fn a_link_of_the_text_is_that_of_the_html() {
    use crate::content::{Rendered, RenderedEmail, Sms};
    let mut email = Rendered::Email(Box::new(RenderedEmail {
        html: Some("<a href=\"https://a.example\">a</a><a href=\"https://b.example\">b</a>".into()),
        text: "a (https://b.example) c https://c.example".into(),
        ..RenderedEmail::default()
    }));
    let links = wrap_rendered(&mut email, &signer(), &message());
    let urls: Vec<_> = links.iter().map(|link| (link.index, link.url.as_str())).collect();
    assert_eq!(
        urls,
        [(0, "https://a.example"), (1, "https://b.example"), (2, "https://c.example")]
    );
    let Rendered::Email(email) = email else { panic!() };
    assert!(!email.text.contains("b.example") && !email.html.unwrap().contains("b.example"));
    let text = email.text.replace(')', " ");
    let kind = |index, url: &str| Kind::Click { index, url: url.to_owned() };
    assert_eq!(first_claim(&text).kind, kind(1, "https://b.example"));
    let mut sms = Rendered::Sms(Sms { body: "x https://a.example".into() });
    assert_eq!(wrap_rendered(&mut sms, &signer(), &message()).len(), 1);
}
