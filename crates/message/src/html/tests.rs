use super::*;

fn names(html: &str) -> String {
    let list = pieces(html).map(|piece| match piece {
        Piece::Text(range) => format!("'{}'", &html[range]),
        Piece::Open(tag) => {
            let attributes = tag
                .attributes(html)
                .map(|a| format!(" {}={}", &html[a.name.clone()], &html[a.value.clone()]));
            format!("<{}{}>", &html[tag.name.clone()], attributes.collect::<String>())
        }
        Piece::Close { name, .. } => format!("</{}>", &html[name]),
        Piece::Opaque(range) => format!("[{}]", &html[range]),
        Piece::Comment(range) => format!("({})", &html[range]),
    });
    list.collect::<Vec<_>>().join("")
}

#[test]
fn tags_and_text() {
    let check = |html: &str, expected: &str| assert_eq!(names(html), expected, "{html}");
    check("a <b x=1 y='2>' z>c</b>", "'a '<b x=1 y=2> z=>'c'</b>");
    check("1 < 2 <3 <", "'1 < 2 <3 <'");
    check("<script>if (a<b) {}</script>x", "<script>[if (a<b) {}]</script>'x'");
    check("<!-- <a> --><!DOCTYPE html><br/>", "(<!-- <a> -->)(<!DOCTYPE html>)<br>");
    check("<a href=\"x", "<a href=x>");
    check("<img src = 'a' / alt=b>", "<img src=a alt=b>");
    check("<a =\"x\" ğ=ü>", "<a =\"x\"= ğ=ü>");
}

#[test]
fn pieces_follow_each_other_without_gaps() {
    for html in
        ["<a b='c'>d<!--e-->f</a>", "<style>x", "<a", "</", "<!", "a<b<c<d>", "<İ>", "<a 'İ>ş"]
    {
        let mut at = 0;
        for piece in pieces(html) {
            let range = match piece {
                Piece::Text(r) | Piece::Opaque(r) | Piece::Comment(r) => r,
                Piece::Open(tag) => tag.all,
                Piece::Close { all, .. } => all,
            };
            assert_eq!(range.start, at, "{html}");
            assert!(range.end > at, "{html}");
            at = range.end;
        }
        assert_eq!(at, html.len(), "{html}");
    }
}

#[test]
fn text_is_what_a_person_reads() {
    let html = "<html><head><title>T</title><style>p{}</style></head><body><h1>Merhaba  Ayşe</h1>\
        <p>Tea &amp; cake<br>today <a href=\"https://a.example/?a=1&amp;b=2\">here</a>.</p>\
        <ul><li>one</li><li><b>two</b></li></ul><img alt='Logo'><a href='#'>top</a></body></html>";
    assert_eq!(
        to_text(html),
        "Merhaba Ayşe\n\nTea & cake\ntoday here (https://a.example/?a=1&b=2).\n\n- one\n- two\n\nLogotop"
    );
}
