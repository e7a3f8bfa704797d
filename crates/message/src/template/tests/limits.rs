//! Nothing that a template says takes more than its bounds.

use super::*;

fn stop(source: &str, limits: Limits) -> Option<Limit> {
    let template = Template::parse(source).unwrap();
    match template.render(&scope(), &Context { limits, ..context() }) {
        Err(Stop::Limit { limit, .. }) => Some(limit),
        Err(other) => panic!("{source}: {other}"),
        Ok(_) => None,
    }
}

#[test]
fn every_bound_is_kept() {
    let check = |source: &str, expected: Limit| {
        assert_eq!(stop(source, Limits::DEFAULT), Some(expected), "{source}");
    };
    let iterations = Limit::Iterations;
    check("{% for i in (1..9000000000000000000) %}{% endfor %}", iterations);
    check("{% for i in (1..999) %}{% for j in (1..999) %}{% endfor %}{% endfor %}", iterations);
    check("{% tablerow i in (1..999999999) %}{% endtablerow %}", iterations);
    check("{{ (1..999999999) | size }}", iterations);
    check("{{ (-9223372036854775808..9223372036854775807) | size }}", iterations);
    check(
        "{% assign x = 'aaaaaaaa' %}{% for i in (1..99) %}{% assign x = x | append: x %}{% endfor %}",
        Limit::WorkBytes,
    );
    check(
        "{% assign x = 'aaaaaaaa' %}{% for i in (1..13) %}{% assign x = x | append: x %}{% endfor %}\
         {% for i in (1..9999) %}{% if x == x %}{% endif %}{{ x | size }}{% endfor %}",
        Limit::WorkBytes,
    );
    check(
        "{% assign x = 'a,a' | split: ',' %}{% for i in (1..99) %}{% assign x = x | concat: x %}{% endfor %}",
        Limit::Steps,
    );
    let grown = "{% assign x = 'aaaaaaaa' %}{% for i in (1..16) %}{% assign x = x | append: x %}{% endfor %}";
    check(&format!("{grown}{{{{ x | replace: 'a', x }}}}"), Limit::WorkBytes);
    check(
        &format!("{grown}{{% assign l = x | split: '' %}}{{{{ l | join: x }}}}"),
        Limit::WorkBytes,
    );
    check(&format!("{grown}{{{{ x }}}}{{{{ x }}}}{{{{ x }}}}"), Limit::OutputBytes);
    check(
        &format!("{grown}{{% capture y %}}{{{{ x }}}}{{{{ x }}}}{{{{ x }}}}{{% endcapture %}}"),
        Limit::OutputBytes,
    );
}

#[test]
fn steps_end_what_loops_do_not() {
    let limits = Limits { steps_max: 50, ..Limits::DEFAULT };
    let long = "{{ 1 }}".repeat(60);
    assert_eq!(stop(&long, limits), Some(Limit::Steps));
    assert_eq!(stop(&"{{ 1 }}".repeat(50), limits), None);
    assert_eq!(stop("{{ 1 | plus: 1 }}", Limits { steps_max: 1, ..limits }), Some(Limit::Steps));
    let list = "{% assign x = (1..40) | reverse | reverse %}";
    assert_eq!(stop(list, limits), Some(Limit::Steps));
}

#[test]
fn the_bound_on_output_counts_what_is_added() {
    let limits = Limits { output_bytes_max: 4, ..Limits::DEFAULT };
    let template = Template::parse("{{ 'abcd' }}").unwrap();
    let mut out = "x".repeat(100);
    template.render_into(&scope(), &Context { limits, ..context() }, &mut out).unwrap();
    assert!(out.ends_with("xabcd"));
    assert_eq!(stop("{{ 'abcde' }}", limits), Some(Limit::OutputBytes));
}

#[test]
fn deep_templates_are_refused_before_they_run() {
    let nested = |n: usize| {
        let source = format!("{}{}", "{% if true %}".repeat(n), "{% endif %}".repeat(n));
        Template::parse(&source).is_ok()
    };
    assert!(nested(NESTING_MAX));
    assert!(!nested(NESTING_MAX + 1));
    assert!(!nested(100_000));
    let deep = |open: &str, close: &str| {
        let source = format!("{{{{ {}a{} }}}}", open.repeat(50_000), close.repeat(50_000));
        Template::parse(&source).map(|_| ()).unwrap_err()[0].code
    };
    assert_eq!(deep("(", ")"), crate::problem::code::TOO_LARGE);
    assert_eq!(deep("a[", "]"), crate::problem::code::TOO_LARGE);
    assert_eq!(deep("a and ", ""), crate::problem::code::TOO_LARGE);
    assert!(Template::parse(&format!("{{{{ a{} }}}}", ".a".repeat(50_000))).is_err());
    assert!(Template::parse(&format!("{{{{ a{} }}}}", " | upcase".repeat(50_000))).is_err());
    assert!(Template::parse(&"x".repeat(SOURCE_BYTES_MAX + 1)).is_err());
}
