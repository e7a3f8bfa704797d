//! Values in the form of the output.

use super::*;

#[track_caller]
fn html(template: &str, expected: &str) {
    check_in(&Context { escaping: Escaping::Html, ..context() }, template, expected);
}

#[test]
fn everything_is_escaped_once() {
    html("<i>{{ profile.html }}</i>", "<i>&lt;b&gt;&amp;&#39;&quot;</i>");
    html(
        "{{ profile.html | escape }}{{ '&amp;' | escape_once }}",
        "&lt;b&gt;&amp;&#39;&quot;&amp;",
    );
    html("{{ '<' | raw }}{{ '<' | safe }}{{ '<' | raw | append: '' }}", "<<<");
    html("{{ '<' | raw | upcase }}", "&lt;");
    html(
        "{% capture x %}<b>{{ '<' }}</b>{% endcapture %}{{ x }}{{ x | append: '&' }}",
        "<b>&lt;</b><b>&lt;</b>&amp;",
    );
    html("{% assign x = '<' | escape %}{{ x }}{{ '<' | append: x }}", "&lt;&lt;&lt;");
    html("{{ \"<\\n>\" | newline_to_br }}", "&lt;<br />\n&gt;");
    html("{{ \"<\\n>\" | escape | newline_to_br }}", "&lt;<br />\n&gt;");
    html(
        "{{ event.items[0] }}",
        "{&quot;title&quot;:&quot;Tea&quot;,&quot;price&quot;:3,&quot;tag&quot;:&quot;drink&quot;}",
    );
    html("{{ words | join: '<' }}{% cycle '<' %}", "b&lt;A&lt;c&lt;A&lt;");
    html("{{ '<' | json }}{{ '<a' | split: 'a' }}", "&quot;&lt;&quot;&lt;");
}

#[test]
fn an_address_in_html_cannot_run() {
    html("<a href=\"{{ 'java\\nscript:x()' }}\">", "<a href=\"#\">");
    html("<a href='{{ 'JAVASCRIPT:x' }}/{{ 'javascript:' }}'>", "<a href='#/javascript:'>");
    html("<img src={{ 'data:image/png;base64,AA' }}>", "<img src=data:image/png;base64,AA>");
    html("<a href=\"{{ profile.url }}\">", "<a href=\"https://a.example/?q=1\">");
}

#[test]
fn an_attribute_without_quotes_keeps_its_value() {
    html("<a title={{ 'x onclick=y' }}>", "<a title=x&#32;onclick&#61;y>");
    html("<a title=\"{{ 'x y' }}\">", "<a title=\"x y\">");
    html("<a title={{ 'x y' | raw }}>", "<a title=x y>");
}

#[test]
fn json_strings_stay_strings() {
    let context = Context { escaping: Escaping::Json, ..context() };
    check_in(&context, "{\"a\": \"{{ profile.html }}\\n\"}", "{\"a\": \"<b>&'\\\"\\n\"}");
    check_in(
        &context,
        "{\"a\": {{ profile.html | json }}, \"b\": {{ list | json }}}",
        "{\"a\": \"<b>&'\\\"\", \"b\": [3,1,2]}",
    );
    check_in(&context, "\"{{ profile.html | json_escape }}\"", "\"<b>&'\\\"\"");
}

#[test]
fn parts_of_addresses_are_encoded_and_whole_ones_are_not() {
    let context = Context { escaping: Escaping::Url, ..context() };
    check_in(
        &context,
        "{{ profile.url }}&n={{ profile.first_name }}&x={{ 'a b&c' }}",
        "https://a.example/?q=1&n=Ay%C5%9Fe&x=a%20b%26c",
    );
    check_in(&context, "{{ 'javascript:x' }}", "#");
    check_in(&context, "x?{{ 'a b' | url_encode }}&{{ 1.5 }}", "x?a+b&1.5");
}
