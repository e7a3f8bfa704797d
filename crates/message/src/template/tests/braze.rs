//! The words of other platforms, and content of other servers.

use super::*;
use crate::template::stop::CACHE_DEFAULT_S;

fn stop(source: &str) -> Stop {
    Template::parse(source).unwrap().render(&scope(), &context()).unwrap_err()
}

fn request(source: &str) -> Request {
    match stop(source) {
        Stop::Needs { request } => *request,
        other => panic!("{other:?}"),
    }
}

#[test]
fn names_of_others_are_ours() {
    check("{{${first_name}}} {{ ${first_name} | upcase }}", "Ayşe AYŞE");
    check("{{custom_attribute.${city}}}{{ custom_attribute.${no such} }}", "İzmir");
    check("{% if ${age} > 30 and custom_attribute.${city} == 'İzmir' %}a{% endif %}", "a");
    check("{{event_properties.${price}}} {{ Event.price }} {{Profile.city}}", "12.5 12.5 İzmir");
    check("{{${absent} | default: 'you'}}{{ event_properties.${items}[0].title }}", "youTea");
    check("{% assign Profile = 'mine' %}{{ Profile }}", "mine");
}

#[test]
fn a_template_can_stop_the_message() {
    let abort = |reason: &str| Stop::Abort { reason: reason.to_owned() };
    assert_eq!(stop("a{% abort_message('no city') %}"), abort("no city"));
    assert_eq!(stop("{% abort_message(\"no {{ profile.city }}\") %}"), abort("no İzmir"));
    assert_eq!(stop("{% abort_message %}"), abort(""));
    assert_eq!(stop("{% abort %}"), abort(""));
    assert_eq!(stop("{% if true %}{% abort 'x' %}{% endif %}"), abort("x"));
    check("{% if false %}{% abort_message('x') %}{% endif %}a", "a");
}

#[test]
fn what_was_written_before_a_stop_is_taken_back() {
    let template = Template::parse("a{% abort %}").unwrap();
    let mut out = "before".to_owned();
    assert!(template.render_into(&scope(), &context(), &mut out).is_err());
    assert_eq!(out, "before");
}

#[test]
fn a_request_has_everything_that_the_template_says() {
    let found = request(
        "{% connected_content https://a.example/{{ profile.city }}/x?q={{ profile.url }} \
         :method post :headers {\"X-Key\": \"k\", \"X-Name\": \"{{ ${first_name} }}\"} \
         :body {\"n\": \"{{ 'a\"b' }}\", \"all\": {{ event.items[0] | json }}} \
         :content_type application/json :cache_max_age 900 :basic_auth shop :retry :save x %}",
    );
    let headers = [("X-Key", "k"), ("X-Name", "Ayşe"), ("Content-Type", "application/json")];
    let expected = Request {
        method: "POST".into(),
        url: "https://a.example/%C4%B0zmir/x?q=https%3A%2F%2Fa.example%2F%3Fq%3D1".into(),
        headers: headers.map(|(name, value)| (name.into(), value.into())).to_vec(),
        body: r#"{"n": "a\"b", "all": {"title":"Tea","price":3,"tag":"drink"}}"#.into(),
        credentials: Some("shop".into()),
        cache_s: 900,
        retry: true,
    };
    assert_eq!(found, expected);
    let simple = request("{% connected_content {{ profile.url }}&x=1 %}");
    assert_eq!(simple.url, "https://a.example/?q=1&x=1");
    assert_eq!(
        (simple.method.as_str(), simple.cache_s, simple.retry),
        ("GET", CACHE_DEFAULT_S, false)
    );
}

#[test]
fn a_value_cannot_add_a_header() {
    let found =
        request("{% connected_content https://a.example :headers {\"A\": \"{{ bad }}\"} %}");
    assert_eq!(found.headers, [("A".to_owned(), String::new())]);
    let source = "{% assign bad = \"x\\r\\nEvil: 1\" %}\
        {% connected_content https://a.example :headers {\"A\": \"{{ bad }}\"} %}";
    assert_eq!(request(source).headers, [("A".to_owned(), "xEvil: 1".to_owned())]);
}

#[test]
fn answers_are_looked_into() {
    let source = "{% connected_content https://a.example :save x %}\
        {% if x.__http_status_code__ != 200 %}{% abort_message('down') %}{% endif %}\
        {{ x.list[1].n }}";
    let template = Template::parse(source).unwrap();
    let render = |status: u16, body: &str| {
        let answers = [(request(source), Answer { status, body: body.to_owned() })];
        template.render(&scope(), &Context { answers: &answers, ..context() })
    };
    assert_eq!(render(200, r#"{"list": [0, {"n": 7}]}"#).unwrap(), "7");
    let down = Stop::Abort { reason: "down".into() };
    assert_eq!(render(500, "oops"), Err(down.clone()));
    assert_eq!(render(0, ""), Err(down));
    let direct = "{% connected_content https://a.example %}!";
    let answers = [(request(direct), Answer { status: 200, body: "<b>".into() })];
    let context = Context { answers: &answers, escaping: Escaping::Html, ..context() };
    check_in(&context, direct, "&lt;b&gt;!");
}

#[test]
fn requests_are_bounded() {
    let source =
        "{% for i in (1..99) %}{% connected_content https://a.example/ :save x %}{% endfor %}";
    let answers = [(request(source), Answer { status: 200, body: "1".into() })];
    let template = Template::parse(source).unwrap();
    let stop = template.render(&scope(), &Context { answers: &answers, ..context() }).unwrap_err();
    assert_eq!(stop, Stop::Limit { limit: Limit::Requests, max: REQUESTS_MAX });
}

#[test]
fn what_marketers_write() {
    check(
        "{% assign hour = 'now' | date: '%H' | plus: 0 %}Good {% if hour < 12 %}morning{% else %}evening{% endif %}, \
         {{ ${first_name} | default: 'there' | capitalize }}!",
        "Good morning, Ayşe!",
    );
    check("{{ 'now' | date: '%s' | plus: 86400 | date: '%A' }}", "Saturday");
    check(
        "{% for item in event_properties.${items} limit: 2 %}{{ forloop.index }}. {{ item.title }} \
         ({{ item.price | times: 1.2 | round: 2 }}){% unless forloop.last %}, {% endunless %}{% endfor %}",
        "1. Tea (3.6), 2. cup (11.4)",
    );
    check(
        "{% assign total = event_properties.${items} | map: 'price' | sum %}{% if total > 30 %}free{% endif %} {{ total }}",
        "free 32.5",
    );
    check(
        "{% if ${last_name} != blank %}{{${last_name}}}{% elsif ${first_name} != blank %}{{${first_name}}}{% endif %}",
        "Ayşe",
    );
    check("{% case ${city} %}{% when 'İzmir', 'Muğla' %}sea{% else %}land{% endcase %}", "sea");
    check(
        "{% assign days = '2026-12-24' | date: '%s' | minus: 1795169109 | divided_by: 86400 %}{{ days }} days",
        "33 days",
    );
    check("{{ Event.items | where: 'tag', 'drink' | map: 'title' | join: ' & ' }}", "Tea & Pot");
    check("{{ 'ABC-123' | split: '-' | last | prepend: 'No. ' }}", "No. 123");
}

#[test]
fn templates_are_shared_among_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Template>();
    shared::<crate::Compiled>();
    shared::<Value>();
}
