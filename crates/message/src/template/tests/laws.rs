//! Laws over random templates and values.

use proptest::prelude::*;

use super::*;

/// Pieces of templates, so that random ones get far.
fn piece() -> impl Strategy<Value = String> {
    let fixed = [
        "{{",
        "}}",
        "{%",
        "%}",
        "{%-",
        "-%}",
        "{{-",
        "-}}",
        " if ",
        " endif ",
        " for i in ",
        " endfor ",
        " else ",
        " case ",
        " when ",
        " endcase ",
        " assign x = ",
        " capture x ",
        " endcapture ",
        " raw ",
        " endraw ",
        " comment ",
        " liquid ",
        " cycle ",
        " abort_message(",
        " connected_content ",
        ":save ",
        " | ",
        "append: ",
        "split: ''",
        "join",
        "slice: ",
        "truncate: ",
        "date: '%^10A%-Y%",
        "sort",
        "json",
        "times: ",
        "replace: ",
        "profile.first_name",
        "list",
        "event.items",
        "absent",
        "x",
        "(1..3)",
        "..",
        "'",
        "\"",
        ".",
        "[",
        "]",
        "(",
        ")",
        ",",
        ":",
        "=",
        "==",
        "${",
        "}",
        "9",
        "-",
        "-9223372036854775808",
        "1e9",
        "ş",
        "🎉",
        "\n",
        "\\",
        "#",
        "<b>",
        "%",
        "\u{0}",
        " and ",
        " contains ",
        " not ",
        " empty ",
    ];
    prop_oneof![
        6 => proptest::sample::select(fixed.to_vec()).prop_map(str::to_owned),
        1 => "\\PC{0,4}",
    ]
}

/// Whole outputs and tags in which anything may stand.
fn template() -> impl Strategy<Value = String> {
    proptest::collection::vec(piece(), 0..24).prop_map(|pieces| pieces.concat())
}

/// A chain of filters with random arguments.
fn chain() -> impl Strategy<Value = String> {
    let names: Vec<&str> = filter::names().collect();
    let arguments = [
        "1",
        "-1",
        "0",
        "2.5",
        "'a'",
        "''",
        "profile.html",
        "list",
        "event.items",
        "absent",
        "true",
        "9223372036854775807",
        "'title'",
        "'UTC'",
    ];
    let call = (
        proptest::sample::select(names),
        proptest::collection::vec(proptest::sample::select(arguments.to_vec()), 0..3),
    );
    let calls = proptest::collection::vec(call, 0..5);
    let starts = [
        "profile.html",
        "profile.first_name",
        "list",
        "event.items",
        "event",
        "absent",
        "12.5",
        "-7",
        "'now'",
        "no",
        "'<b>&\"'",
    ];
    (proptest::sample::select(starts.to_vec()), calls).prop_map(|(start, calls)| {
        let mut out = start.to_owned();
        for (name, arguments) in calls {
            out.push_str(&format!(" | {name}"));
            if !arguments.is_empty() {
                out.push_str(&format!(": {}", arguments.join(", ")));
            }
        }
        out
    })
}

/// Values at every edge, whatever a scope may answer.
fn hostile() -> Value {
    let times = [i64::MIN, i64::MAX, 0, -1].map(|ms| Value::Time(Timestamp(ms)));
    let zoned = [i32::MIN, i32::MAX, 90].map(|s| Value::Zoned(Timestamp(i64::MAX), s));
    let floats = [f64::INFINITY, f64::MIN, f64::MIN_POSITIVE, -0.0, f64::NAN].map(Value::Float);
    let mut deep = Value::Nil;
    for _ in 0..1_000 {
        deep = Value::list(vec![deep]);
    }
    let mut all = vec![Value::Int(i64::MIN), Value::Int(i64::MAX), deep, Value::map([])];
    all.extend(times.into_iter().chain(zoned).chain(floats));
    all.push(Value::Markup("<b>&".into()));
    Value::list(all)
}

const ESCAPINGS: [Escaping; 4] = [Escaping::Plain, Escaping::Html, Escaping::Json, Escaping::Url];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics_and_no_output_passes_its_bound(source in template()) {
        let limits = Limits { output_bytes_max: 60, ..Limits::DEFAULT };
        match Template::parse(&source) {
            Ok(template) => {
                for escaping in ESCAPINGS {
                    let context = Context { escaping, limits, ..context() };
                    if let Ok(out) = template.render(&scope(), &context) {
                        prop_assert!(out.len() <= 60);
                    }
                }
                template.unguarded();
            }
            Err(problems) => {
                prop_assert!(!problems.is_empty());
                for problem in problems {
                    prop_assert!(problem.line >= 1 && problem.column >= 1);
                    prop_assert!(!problem.message.ends_with('.'));
                }
            }
        }
    }

    #[test]
    fn any_chain_of_filters_gives_safe_html(chain in chain()) {
        let named = chain.contains("raw") || chain.contains("safe");
        let Ok(template) = Template::parse(&format!("{{{{ {chain} }}}}")) else { return Ok(()) };
        let context = Context { escaping: Escaping::Html, ..context() };
        let Ok(out) = template.render(&scope(), &context) else { return Ok(()) };
        // `newline_to_br` puts in breaks, around values that are escaped.
        let out = out.replace("<br />", "");
        if !named {
            prop_assert!(!out.contains(['<', '>', '"', '\'']), "{chain}: {out}");
        }
    }

    #[test]
    fn any_chain_of_filters_keeps_a_json_string(chain in chain()) {
        if chain.contains("json") || chain.contains("raw") || chain.contains("safe") {
            return Ok(());
        }
        let Ok(template) = Template::parse(&format!("\"{{{{ {chain} }}}}\"")) else { return Ok(()) };
        let context = Context { escaping: Escaping::Json, ..context() };
        let Ok(out) = template.render(&scope(), &context) else { return Ok(()) };
        prop_assert!(parse_json(&out).is_some_and(|value| value.as_text().is_some()), "{chain}: {out}");
    }

    #[test]
    fn no_value_makes_a_filter_panic(chain in chain()) {
        let first = chain.find(" | ").unwrap_or(chain.len());
        let filters = &chain[first..];
        let source = format!("{{% for x in all %}}{{{{ x{filters} }}}}{{{{ all{filters} }}}}{{{{ 7{} }}}}{{% endfor %}}", filters.replace("list", "x"));
        let Ok(template) = Template::parse(&source) else { return Ok(()) };
        let all = hostile();
        let scope = Value::map([("all", all.clone()), ("list", all), ("event", scope().child("event"))]);
        for escaping in ESCAPINGS {
            let _ = template.render(&scope, &Context { escaping, ..context() });
        }
    }

    #[test]
    fn a_value_renders_as_itself(text in "\\PC{0,40}") {
        let scope = Value::map([("v", Value::text(&text))]);
        let template = Template::parse("{{ v }}").unwrap();
        prop_assert_eq!(template.render(&scope, &context()).unwrap(), text.clone());
        let html = template.render(&scope, &Context { escaping: Escaping::Html, ..context() }).unwrap();
        prop_assert_eq!(crate::template::unescape(&html), text);
    }

    #[test]
    fn a_text_without_tags_is_copied(text in "[^{]{0,60}") {
        let template = Template::parse(&text).unwrap();
        prop_assert!(template.constant());
        prop_assert_eq!(template.render(&scope(), &context()).unwrap(), text);
    }
}
