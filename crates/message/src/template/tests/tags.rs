//! Tags, whitespace control, and what variables of a template are.

use super::*;

#[test]
fn branches() {
    check("{% if profile.age > 30 and profile.city == 'İzmir' %}a{% else %}b{% endif %}", "a");
    check("{% if absent %}a{% elsif no %}b{% elsif empty_text %}c{% endif %}", "c");
    check("{% unless absent %}a{% else %}b{% endunless %}", "a");
    check("{% if absent == nil and empty_text == empty and absent == blank %}a{% endif %}", "a");
    check("{% if not no and (no or zero) %}a{% endif %}", "a");
    check("{% if words contains 'A' %}a{% endif %}{% if 'Ayşe' contains 'yş' %}b{% endif %}", "ab");
    check("{% if true or false and false %}a{% endif %}", "a");
    check("{% if false and false or true %}a{% endif %}", "");
    check("{% case zero %}x{% when 1, 0 %}a{% when 0 or 2 %}b{% else %}c{% endcase %}", "ab");
    check("{% case absent %}{% when 1 %}a{% else %}c{% endcase %}", "c");
}

#[test]
fn loops() {
    check(
        "{% for i in list %}{{ i }}{% unless forloop.last %},{% endunless %}{% endfor %}",
        "3,1,2",
    );
    check("{% for i in (1..4) reversed limit:2 offset:1 %}{{ i }}{% endfor %}", "32");
    check("{% for i in absent %}x{% else %}none{% endfor %}", "none");
    check(
        "{% for i in (1..5) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 4 %}{% break %}{% endif %}{{ i }}{% endfor %}",
        "13",
    );
    check(
        "{% for a in (1..2) %}{% for b in (1..2) %}{{ forloop.parentloop.index }}{{ forloop.rindex0 }} {% endfor %}{% endfor %}",
        "11 10 21 20 ",
    );
    check(
        "{% for i in list limit:2 %}{{ i }}{% endfor %}|{% for i in list offset:continue %}{{ i }}{% endfor %}",
        "31|2",
    );
    check(
        "{% for pair in event.items[0] %}{{ pair[0] }}={{ pair[1] }};{% endfor %}",
        "title=Tea;price=3;tag=drink;",
    );
    check(
        "{% tablerow i in list cols:2 %}{{ i }}{{ tablerowloop.col_last }}{% endtablerow %}",
        "<tr class=\"row1\"><td class=\"col1\">3false</td><td class=\"col2\">1true</td></tr><tr class=\"row2\"><td class=\"col1\">2false</td></tr>",
    );
    check(
        "{% for i in (1..3) %}{% cycle 'odd', 'even' %} {% endfor %}{% cycle 'g': 1, 2 %}{% cycle 'g': 1, 2 %}",
        "odd even odd 12",
    );
}

#[test]
fn a_loop_hides_a_variable_of_the_same_name() {
    check(
        "{% assign i = 9 %}{% for i in (1..2) %}{% assign i = 5 %}{{ i }}{% endfor %}{{ i }}",
        "125",
    );
}

#[test]
fn variables_of_the_template() {
    check("{% assign x = 'a,b' | split: ',' %}{{ x[1] }}{{ x.size }}{{ x | first }}", "b2a");
    check("{% capture x %}[{{ zero }}]{% endcapture %}{{ x }}{{ x | size }}", "[0]3");
    check("{% increment n %}{% increment n %}{{ n }}{% decrement m %}", "012-1");
    check("{% assign profile = 1 %}{{ profile }}{{ profile.first_name }}", "1");
}

#[test]
fn text_that_is_not_a_tag() {
    check("a{% raw %}{{ x }}{% if %}{% endraw %}b", "a{{ x }}{% if %}b");
    check(
        "a{% comment %}{{ | }}{% comment %}{% endcomment %}{% endcomment %}b{% # it's %}c",
        "abc",
    );
    check("{% liquid\n assign x = 2\n # said\n if x == 2\n echo x | times: 3\n endif\n%}", "6");
    check("{ { } % %}", "{ { } % %}");
    check("  a \n {%- if true -%} \n b {{- zero -}} c {%- endif -%}  \n d", "  ab0cd");
    check("{{ \"}}\" }}{{ 'it' }}'s {{ 'x' }}", "}}it's x");
    check("{{}}{{ }}", "");
}

#[test]
fn paths() {
    check(
        "{{ profile['first_name'] }}{{ event.items[1].title }}{{ event.items.last.price }}",
        "Ayşecup20",
    );
    check("{% assign k = 'city' %}{{ profile[k] }}{{ event['items'][-1]['title'] }}", "İzmirPot");
    check("{{ absent.of.all }}{{ list[7] }}{{ list.size }}{{ profile.first_name.size }}", "34");
    check("{{ list }}{{ event.items[0] }}", "312{\"title\":\"Tea\",\"price\":3,\"tag\":\"drink\"}");
}

#[test]
fn reads_are_what_a_caller_must_fetch() {
    let reads = |source: &str| {
        let template = Template::parse(source).unwrap();
        template.reads().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    let text =
        "{{ profile.a }}{% for i in event.items %}{{ i.x }}{{ forloop.index }}{% endfor %}{{ i }}";
    assert_eq!(reads(text), "event.items i profile.a");
    assert_eq!(reads("{% assign x = profile.b %}{{ x.y }}"), "profile.b");
    assert_eq!(reads("{% if a %}{% assign x = 1 %}{% endif %}{{ x }}"), "a x");
    assert_eq!(reads("{{ profile[event.key].c }}"), "event.key profile");
    assert_eq!(reads("{{ x | default: y, allow_false: z }}"), "x y z");
    assert_eq!(reads("{{${first_name}}}{{ Profile.x }}"), "profile.first_name profile.x");
}

#[test]
fn a_scope_answers_whole_paths() {
    struct Flat;
    impl Scope for Flat {
        fn find(&self, path: &[&str]) -> Option<(Value, usize)> {
            let (head, rest) = path.split_first()?;
            let mut get = |name: &str| (name == "address.city").then(|| Value::text("Adana"));
            (*head == "profile").then(|| find_flat(rest, &mut get))?.map(|(v, n)| (v, n + 1))
        }
    }
    let template =
        Template::parse("{{ profile.address.city.size }}{{ profile['address']['city'] }}").unwrap();
    assert_eq!(template.render(&Flat, &context()).unwrap(), "5Adana");
}
