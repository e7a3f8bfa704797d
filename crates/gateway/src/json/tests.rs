//! The reader against `serde_json`: both take the same texts, and make the same values of them.

use proptest::prelude::*;

use super::*;

/// A value with everything that is written, in its order; names that stand twice are there twice.
#[derive(Debug, PartialEq)]
enum Tree {
    Null,
    Bool(bool),
    Int(i64),
    Unsigned(u64),
    /// The bits of it: zero has a sign.
    Float(u64),
    Text(String),
    List(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

fn tree(reader: &mut Reader<'_>) -> Result<Tree, Broken> {
    let mut first = true;
    Ok(match reader.value()? {
        Token::Null => Tree::Null,
        Token::Bool(b) => Tree::Bool(b),
        Token::Int(n) => Tree::Int(n),
        Token::Unsigned(n) => Tree::Unsigned(n),
        Token::Float(x) => Tree::Float(x.to_bits()),
        Token::Text(text) => Tree::Text(text.into_owned()),
        Token::List => {
            let mut list = Vec::new();
            while reader.element(&mut first)? {
                list.push(tree(reader)?);
            }
            Tree::List(list)
        }
        Token::Object => {
            let mut object = Vec::new();
            while let Some(name) = reader.name(&mut first)? {
                object.push((name.into_owned(), tree(reader)?));
            }
            Tree::Object(object)
        }
    })
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Tree, D::Error> {
        struct TreeVisitor;
        impl<'de> Visitor<'de> for TreeVisitor {
            type Value = Tree;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_unit<E>(self) -> Result<Tree, E> {
                Ok(Tree::Null)
            }
            fn visit_bool<E>(self, b: bool) -> Result<Tree, E> {
                Ok(Tree::Bool(b))
            }
            fn visit_i64<E>(self, n: i64) -> Result<Tree, E> {
                Ok(Tree::Int(n))
            }
            fn visit_u64<E>(self, n: u64) -> Result<Tree, E> {
                Ok(i64::try_from(n).map_or(Tree::Unsigned(n), Tree::Int))
            }
            fn visit_f64<E>(self, x: f64) -> Result<Tree, E> {
                Ok(Tree::Float(x.to_bits()))
            }
            fn visit_str<E>(self, text: &str) -> Result<Tree, E> {
                Ok(Tree::Text(text.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
                let mut list = Vec::new();
                while let Some(element) = seq.next_element()? {
                    list.push(element);
                }
                Ok(Tree::List(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
                let mut object = Vec::new();
                while let Some(field) = map.next_entry()? {
                    object.push(field);
                }
                Ok(Tree::Object(object))
            }
        }
        deserializer.deserialize_any(TreeVisitor)
    }
}

/// Both readers, reading and passing over; `None`: no JSON.
fn check(text: &str) -> Option<Result<Tree, Fault>> {
    let mut passing = Reader::new(text);
    let passed = passing.skip().and_then(|()| passing.end()).is_ok();
    assert_eq!(passing.fault, None, "{text}");
    assert_eq!(passed, serde_json::from_str::<IgnoredAny>(text).is_ok(), "{text}");
    let mut reader = Reader::new(text);
    let read = tree(&mut reader).and_then(|tree| reader.end().map(|()| tree));
    assert_eq!(passed, read.is_ok(), "{text}");
    let read = read.ok()?;
    let other = serde_json::from_str::<Tree>(text);
    match reader.fault {
        Some(fault) => {
            assert!(other.is_err(), "{text}");
            Some(Err(fault))
        }
        None => {
            assert_eq!(read, other.unwrap(), "{text}");
            Some(Ok(read))
        }
    }
}

fn blank() -> impl Strategy<Value = String> {
    prop_oneof![6 => Just(String::new()), 1 => "[ \n\t\r]{1,3}", 1 => Just("\u{a0}".to_owned())]
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "-?(0|[1-9][0-9]{0,5})",
        2 => "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,25})?",
        2 => "[1-9][0-9]{0,5}\\.[0-9]{10,13}(e-?[12]?[0-9])?",
        2 => "-?[0-9]{1,4}(\\.[0-9]{0,3})?([eE][+-]?[0-9]{0,4})?",
        1 => prop::sample::select(vec![
            "-0", "-0.0", "0e0", "9223372036854775807", "9223372036854775808",
            "-9223372036854775808", "-9223372036854775809", "18446744073709551615",
            "18446744073709551616", "9007199254740993", "9007199254740993.0", "1e308", "1e309",
            "-1e999", "1e-999", "5e-324", "2.2250738585072011e-308", "0e99999999999", "01", "-", ".5",
            "1.", "1e", "+1", "NaN", "1e22", "1e23", "123456789012345678e-22",
        ])
        .prop_map(str::to_owned),
    ]
}

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-z .]{0,12}",
        1 => "\\PC{0,3}",
        1 => prop::sample::select(vec![
            "\\\"", "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t", "\\u0041", "\\u00e9",
            "\\ud83d\\ude00", "\\uD83D\\uDE00", "\\u0000", "\u{7f}", "é", "😀", "\u{2028}",
        ])
        .prop_map(str::to_owned),
        1 => prop::sample::select(vec![
            "\\ud83d", "\\ude00", "\\ud83d\\u0041", "\\ud83d\\ud83d\\ude00", "\\ud83d\\n",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

fn value() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec!["null", "true", "false"]).prop_map(str::to_owned);
    let plain = prop_oneof![1 => word, 2 => number(), 3 => text()];
    plain.prop_recursive(5, 40, 6, |inner| {
        let value = (blank(), inner, blank())
            .prop_map(|(before, value, after)| before + &value + &after)
            .boxed();
        let name = prop_oneof![3 => Just("\"a\"".to_owned()), 2 => text()];
        let field = (blank(), name, blank(), value.clone())
            .prop_map(|(before, name, after, value)| format!("{before}{name}{after}:{value}"));
        prop_oneof![
            prop::collection::vec(value, 0..5).prop_map(|list| format!("[{}]", list.join(","))),
            prop::collection::vec(field, 0..5)
                .prop_map(|fields| format!("{{{}}}", fields.join(","))),
        ]
    })
}

/// A text in which something was taken away and something else put in.
fn damaged() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "", "", "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud800", "\\x", "0", "-", ".",
        "e", "t", "null", "\u{0}", "\u{1f}", "\n", " ", "é",
    ]);
    (value(), any::<prop::sample::Index>(), 0_usize..3, piece).prop_map(|(text, at, n, piece)| {
        let characters: Vec<char> = text.chars().collect();
        let at = at.index(characters.len() + 1);
        let after = characters.iter().skip(at + n);
        characters.iter().take(at).copied().chain(piece.chars()).chain(after.copied()).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn what_is_json_is_read_as_another_reader_does(text in value()) {
        check(&text);
    }

    #[test]
    fn what_is_damaged_is_refused_as_another_reader_does(text in damaged()) {
        check(&text);
    }
}

#[test]
fn what_has_no_value_is_a_fault_and_what_is_no_json_is_not() {
    for text in ["1e999", "[-1e309]", r#""\ud800""#, r#"{"\udc00":1}"#, r#""\ud800\u0041""#] {
        assert_eq!(check(text), Some(Err(Fault::Value)), "{text}");
    }
    for text in
        ["", " ", "1 2", "[1,]", "{\"a\":1,}", "{,}", "\"\\ud8\"", "\"\n\"", "nul", "[}", "NaN"]
    {
        assert_eq!(check(text), None, "{text}");
    }
    assert_eq!(check("-0"), Some(Ok(Tree::Float((-0.0_f64).to_bits()))));
    let twice = vec![("a".to_owned(), Tree::Int(1)), ("a".to_owned(), Tree::Null)];
    assert_eq!(check(r#"{"a":1,"a":null}"#), Some(Ok(Tree::Object(twice))));
}

#[test]
fn a_text_ends_at_every_place_of_a_chunk() {
    for n in 0..40 {
        let plain = "é".repeat(n / 3) + &"x".repeat(n);
        for end in ["\"", "\\n\"", "\u{1f}\"", ""] {
            check(&format!("[\"{plain}{end}, \"\"]"));
        }
    }
}

#[test]
fn depth_takes_no_stack() {
    let n = 1_000_000;
    let deep = format!("{}1{}", "[".repeat(n), "]".repeat(n));
    let mut reader = Reader::new(&deep);
    assert_eq!((reader.skip(), reader.end()), (Ok(()), Ok(())));
    let unclosed = r#"{"a":"#.repeat(n);
    assert_eq!(Reader::new(&unclosed).skip(), Err(Broken));
}
