use std::io::Read;
use std::path::PathBuf;

use serde_json::Value;

use super::*;

/// The published cases of one function, or none, said aloud, if they do not lie beside the project.
fn cases(function: &str) -> Vec<Value> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/growthbook_cases/cases.json.gz");
    let Ok(packed) = std::fs::read(&path) else {
        eprintln!("skipped: no {}", path.display());
        return Vec::new();
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut text).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    let cases = all[function].as_array().unwrap().clone();
    assert!(cases.len() >= 13, "{function}: {}", cases.len());
    cases
}

fn pairs(value: &Value) -> Vec<(f64, f64)> {
    let pair = |pair: &Value| (pair[0].as_f64().unwrap(), pair[1].as_f64().unwrap());
    value.as_array().unwrap().iter().map(pair).collect()
}

#[test]
fn a_few_by_hand() {
    assert_eq!(hash("", "a", 1), Some(0.22));
    assert_eq!(hash("seed", "b", 2), Some(0.2696));
    assert_eq!(hash("abc", "def", 99), None);
    assert_eq!(ranges(0, 1.0, None), []);
    assert_eq!(ranges(65, 1.0, None), []);
    assert_eq!(ranges(2, f64::NAN, Some(&[f64::NAN, 0.5])), [(0.0, 0.5), (0.5, 1.0)]);
}

#[test]
fn published_hashes() {
    for case in cases("hash") {
        let (seed, value) = (case[0].as_str().unwrap(), case[1].as_str().unwrap());
        let version = case[2].as_u64().unwrap() as u32;
        assert_eq!(hash(seed, value, version), case[3].as_f64(), "{case}");
    }
}

#[test]
fn published_ranges() {
    for case in cases("getBucketRange") {
        let input = &case[1];
        let weights: Option<Vec<f64>> = input[2]
            .as_array()
            .map(|weights| weights.iter().map(|weight| weight.as_f64().unwrap()).collect());
        let n = input[0].as_u64().unwrap() as usize;
        let found = ranges(n, input[1].as_f64().unwrap(), weights.as_deref());
        let expected = pairs(&case[2]);
        assert_eq!(found.len(), expected.len(), "{case}");
        for (found, expected) in found.iter().zip(&expected) {
            let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
            assert!(near(found.0, expected.0) && near(found.1, expected.1), "{case}: {found:?}");
        }
    }
}

#[test]
fn published_choices() {
    for case in cases("chooseVariation") {
        let found = choose(case[1].as_f64().unwrap(), &pairs(&case[2]));
        let expected = usize::try_from(case[3].as_i64().unwrap()).ok();
        assert_eq!(found, expected, "{case}");
    }
}

#[test]
fn published_namespaces() {
    for case in cases("inNamespace") {
        let (value, namespace) = (case[1].as_str().unwrap(), &case[2]);
        let (from, to) = (namespace[1].as_f64().unwrap(), namespace[2].as_f64().unwrap());
        let found = in_namespace(value, namespace[0].as_str().unwrap(), from, to);
        assert_eq!(Some(found), case[3].as_bool(), "{case}");
    }
}
