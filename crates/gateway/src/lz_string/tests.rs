use proptest::prelude::*;

use super::*;

const MOST: usize = 1 << 20;

#[test]
fn what_the_library_packs_is_unpacked() {
    // Made with compressToBase64 of lz-string 1.5.0.
    let check = |packed: &str, expected: &str| {
        assert_eq!(from_base64(packed.as_bytes(), MOST).as_deref(), Ok(expected), "{packed}");
    };
    check("", "");
    check("Q===", "");
    check("IZA=", "a");
    check("N4IghiBcCMC+Q===", r#"{"a":1}"#);
    // An address turns a plus into a blank.
    check("N4IghiBcCMC Q===", r#"{"a":1}"#);
    check("IY18ZJA=", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    check("CcN4P4NQSET2jq2ovBuAA9oA", "äöü€漢字😀");
    check(
        "N4IgLgngDgpiBcIYDcYDswgDROWAcgIYC2ciACgE4D2AJgK4DGYABMgJYwDuMt2uYACKEwhBKCp0mrNCTIgAygAtqcHFXaMyAVgCcAOm0BfI0A==",
        r#"{"type":"event","evtName":"Product viewed","evtData":{"Product name":"Shoe","Price":59.5}}"#,
    );
}

#[test]
fn what_cannot_be_unpacked_says_why() {
    let check = |packed: &str, most: usize, expected: LzError| {
        assert_eq!(from_base64(packed.as_bytes(), most), Err(expected), "{packed}");
    };
    check("N4Igh", MOST, LzError::Cut);
    check("N4Ig*", MOST, LzError::Alphabet(4));
    check("////", MOST, LzError::Phrase);
    check("IY18ZJA=", 29, LzError::TooLong(29));
    assert_eq!(from_base64(b"IY18ZJA=", 30).map(|text| text.len()), Ok(30));
}

/// The other direction, as the library does it, for the tests: digits of six bits.
fn packed(text: &str) -> String {
    use std::collections::HashMap;
    let mut bits: Vec<bool> = Vec::new();
    let put = |value: usize, n: u32, bits: &mut Vec<bool>| {
        bits.extend((0..n).map(|place| value >> place & 1 == 1));
    };
    let (mut codes, mut fresh) = (HashMap::<Vec<u16>, usize>::new(), Vec::<Vec<u16>>::new());
    let (mut n_bits, mut room, mut next) = (2_u32, 2_usize, 3_usize);
    let mut word: Vec<u16> = Vec::new();
    let flush = |word: &Vec<u16>,
                 fresh: &mut Vec<Vec<u16>>,
                 codes: &HashMap<Vec<u16>, usize>,
                 bits: &mut Vec<bool>,
                 n_bits: &mut u32,
                 room: &mut usize| {
        let grow = |n_bits: &mut u32, room: &mut usize| {
            *room -= 1;
            if *room == 0 {
                *room = 1 << *n_bits;
                *n_bits += 1;
            }
        };
        if let Some(at) = fresh.iter().position(|one| one == word) {
            fresh.remove(at);
            let unit = usize::from(word[0]);
            put(usize::from(unit >= 256), *n_bits, bits);
            put(unit, if unit < 256 { 8 } else { 16 }, bits);
            grow(n_bits, room);
        } else {
            put(codes[word], *n_bits, bits);
        }
        grow(n_bits, room);
    };
    for unit in text.encode_utf16() {
        codes.entry(vec![unit]).or_insert_with(|| {
            fresh.push(vec![unit]);
            next += 1;
            next - 1
        });
        let mut longer = word.clone();
        longer.push(unit);
        if codes.contains_key(&longer) {
            word = longer;
        } else {
            flush(&word, &mut fresh, &codes, &mut bits, &mut n_bits, &mut room);
            codes.insert(longer, next);
            next += 1;
            word = vec![unit];
        }
    }
    if !word.is_empty() {
        flush(&word, &mut fresh, &codes, &mut bits, &mut n_bits, &mut room);
    }
    put(2, n_bits, &mut bits);
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |six: &[bool]| {
        let value = (0..6).fold(0, |n, at| n * 2 + usize::from(six.get(at) == Some(&true)));
        char::from(DIGITS[value])
    };
    bits.chunks(6).map(digit).collect()
}

#[test]
fn a_bomb_stops_at_the_bound() {
    let bomb = packed(&"x".repeat(200_000));
    assert!(bomb.len() < 2_000);
    assert_eq!(from_base64(bomb.as_bytes(), 100_000), Err(LzError::TooLong(100_000)));
    assert_eq!(from_base64(bomb.as_bytes(), 200_000).map(|text| text.len()), Ok(200_000));
}

proptest! {
    #[test]
    fn packing_and_unpacking_is_the_same_text(text in "[ab{}\":,0-9äß€\u{1F600}\u{0}\u{fff0}]{0,400}") {
        prop_assert_eq!(from_base64(packed(&text).as_bytes(), MOST), Ok(text));
    }

    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = from_base64(&bytes, 10_000);
    }

    #[test]
    fn any_digits_never_panic(digits in "[A-Za-z0-9+/= ]{0,300}") {
        if let Ok(text) = from_base64(digits.as_bytes(), 10_000) {
            prop_assert!(text.encode_utf16().count() <= 10_000);
        }
    }
}
