//! What is put into the HTML of an e-mail besides what people wrote: the text behind the subject,
//! annotations, the direction of writing.

use super::Annotations;
use crate::template::escape_html;
use crate::value::escape_json;

/// Makes mail programs show nothing of the message behind the preheader.
const FILLER: &str = "&#8199;&#65279;&#847; ";
/// So often: mail programs show up to 150 characters behind the subject.
const FILLER_TIMES: usize = 30;

/// What to put in.
pub(super) struct Additions<'a> {
    pub preheader: &'a str,
    pub annotations: Option<&'a Annotations>,
    pub right_to_left: bool,
}

/// The HTML with the additions.
pub(super) fn insert(html: String, additions: &Additions<'_>) -> String {
    let mut html = html;
    if !additions.preheader.is_empty() {
        let mut hidden =
            String::from("<div style=\"display:none;max-height:0;overflow:hidden;mso-hide:all\">");
        escape_html(additions.preheader, &mut hidden);
        for _ in 0..FILLER_TIMES {
            hidden.push_str(FILLER);
        }
        hidden.push_str("</div>");
        let at = find_tag(&html, "<body").map_or(0, |(_, end)| end);
        html.insert_str(at, &hidden);
    }
    if let Some(annotations) = additions.annotations {
        let script = json_ld(annotations);
        if !script.is_empty() {
            let before_end = find_tag(&html, "</head").map(|(start, _)| start);
            html.insert_str(before_end.unwrap_or(0), &script);
        }
    }
    if additions.right_to_left {
        let tag = find_tag(&html, "<html").or_else(|| find_tag(&html, "<body"));
        if let Some((start, end)) = tag {
            // MJML writes this if its author says nothing.
            match html[start..end].find(" dir=\"auto\"") {
                Some(at) => {
                    let at = start + at;
                    html.replace_range(at..at + " dir=\"auto\"".len(), " dir=\"rtl\"");
                }
                None if html[start..end].to_ascii_lowercase().contains(" dir=") => {}
                None => html.insert_str(start + "<html".len(), " dir=\"rtl\""),
            }
        }
    }
    html
}

/// Where a tag begins and ends, in any case.
fn find_tag(html: &str, tag: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    while let Some(i) = html[from..].find('<') {
        let at = from + i;
        let found = html.get(at..at + tag.len()).is_some_and(|t| t.eq_ignore_ascii_case(tag));
        let next = html.as_bytes().get(at + tag.len());
        if found && next.is_some_and(|b| b.is_ascii_whitespace() || *b == b'>') {
            return Some((at, html[at..].find('>').map_or(html.len(), |i| at + i + 1)));
        }
        from = at + 1;
    }
    None
}

/// The annotations as a script of JSON-LD; empty if there are none. Nothing in it can end the
/// script, whatever the values are.
pub(super) fn json_ld(annotations: &Annotations) -> String {
    let mut items = Vec::new();
    if !annotations.logo.is_empty() {
        items.push(item("Organization", &[("logo", &annotations.logo)], None));
    }
    if let Some(offer) = &annotations.offer {
        let fields = [
            ("description", &offer.description),
            ("discountCode", &offer.code),
            ("availabilityStarts", &offer.starts),
            ("availabilityEnds", &offer.ends),
        ];
        items.push(item("DiscountOffer", &fields, None));
    }
    for (i, card) in annotations.cards.iter().enumerate() {
        let fields = [
            ("image", &card.image),
            ("url", &card.url),
            ("headline", &card.headline),
            ("price", &card.price),
            ("priceCurrency", &card.currency),
            ("discountValue", &card.discount),
        ];
        items.push(item("PromotionCard", &fields, Some(i + 1)));
    }
    if items.is_empty() {
        return String::new();
    }
    format!("<script type=\"application/ld+json\">[{}]</script>", items.join(","))
}

/// One annotation. Prices are numbers; everything else is text.
fn item(kind: &str, fields: &[(&str, &String)], position: Option<usize>) -> String {
    let mut out = format!("{{\"@context\":\"http://schema.org/\",\"@type\":\"{kind}\"");
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        let number = matches!(*name, "price" | "discountValue");
        let value = value.trim();
        if number && value.bytes().all(|b| b.is_ascii_digit() || b == b'.') && json_number(value) {
            out.push_str(&format!(",\"{name}\":{value}"));
            continue;
        }
        let mut escaped = String::with_capacity(value.len());
        escape_json(value, &mut escaped);
        // `</script>` and `<!--` would end or change the script.
        let escaped = escaped.replace('<', "\\u003c").replace('>', "\\u003e");
        out.push_str(&format!(",\"{name}\":\"{escaped}\""));
    }
    if let Some(position) = position {
        out.push_str(&format!(",\"position\":{position}"));
    }
    out.push('}');
    out
}

/// Whether digits and points are a number of JSON.
fn json_number(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    !whole.is_empty() && !leading_zero && !fraction.is_empty() && !fraction.contains('.')
}
