use super::*;

fn to_json(value: &Value) -> String {
    let mut out = String::new();
    write_json(value, &mut out, usize::MAX, DEPTH_MAX);
    out
}

#[test]
fn json_goes_in_and_out_in_order() {
    let text = r#"{"b":[1,2.5,null,true],"a":"Ay\"şe\n\u0001","c":{}}"#;
    assert_eq!(to_json(&parse_json(text).unwrap()), text);
    assert_eq!(to_json(&parse_json(r#"{"a":1,"b":2,"a":3}"#).unwrap()), r#"{"b":2,"a":3}"#);
    assert_eq!(to_json(&parse_json("18446744073709551615").unwrap()), "18446744073709552000");
    assert!(parse_json("{").is_none());
    assert!(parse_json(&"[".repeat(100_000)).is_none());
}

#[test]
fn a_map_finds_every_name() {
    let names: Vec<String> = (0..100).map(|i| format!("n{}", (i * 37) % 100)).collect();
    let map = Value::map(names.iter().enumerate().map(|(i, name)| (name.as_str(), int(i))));
    for (i, name) in names.iter().enumerate() {
        assert!(map.child(name).same(&int(i)), "{name}");
    }
    assert!(map.child("absent").is_nil());
    assert!(map.child("size").same(&int(100)));
}

#[test]
fn equality_keeps_kinds_apart_and_order_reads_numbers_in_texts() {
    assert!(Value::Int(1).same(&Value::Float(1.0)));
    assert!(!Value::Int(1).same(&Value::text("1")));
    assert!(Value::text("18").order(&Value::Int(9)).unwrap().is_gt());
    assert_eq!(Value::text("many").order(&Value::Int(9)), None);
    assert_eq!(Value::Nil.order(&Value::Int(9)), None);
    assert!(Value::Nil.same(&Value::Nil));
    assert!(Value::Markup("a".into()).same(&Value::text("a")));
    assert!(Value::Time(Timestamp(0)).same(&Value::text("1970-01-01")));
}

#[test]
fn indices_count_from_both_ends() {
    let list = Value::list(vec![Value::Int(1), Value::Int(2), Value::Int(3)]);
    assert!(list.at(-1).same(&Value::Int(3)));
    assert!(list.at(-4).is_nil());
    assert!(list.at(i64::MIN).is_nil());
    assert!(list.child("1").same(&Value::Int(2)));
}

#[test]
fn texts_begin_with_numbers() {
    let check = |text: &str, expected: Number| {
        assert_eq!(Number::of(&Value::text(text)), expected, "{text}");
    };
    check("3 items", Number::Int(3));
    check(" -2.50kg", Number::Float(-2.5));
    check("1.", Number::Int(1));
    check("-", Number::Int(0));
    check("many", Number::Int(0));
    check("99999999999999999999", Number::Float(1e20));
}
