use super::*;

/// Alphabet, number of parts, units, what is left.
fn check(text: &str, expected: (Alphabet, usize, usize, usize)) {
    let found = parts(text);
    assert_eq!((found.alphabet, found.parts.len(), found.units, found.left), expected, "{text}");
    let joined: String = found.parts.iter().map(|part| &text[part.clone()]).collect();
    assert_eq!(joined, text);
}

#[test]
fn the_tables_have_the_sizes_of_the_standard() {
    assert_eq!(BASIC.chars().count(), 127);
    assert_eq!(EXTENSION.chars().count(), 10);
}

#[test]
fn edges_of_both_alphabets() {
    use Alphabet::{Gsm, Ucs2};
    check("", (Gsm, 0, 0, 160));
    check(&"a".repeat(160), (Gsm, 1, 160, 0));
    check(&"a".repeat(161), (Gsm, 2, 161, 145));
    check(&"a".repeat(306), (Gsm, 2, 306, 0));
    check(&"a".repeat(307), (Gsm, 3, 307, 152));
    check(&"ş".repeat(70), (Ucs2, 1, 70, 0));
    check(&"ş".repeat(71), (Ucs2, 2, 71, 63));
    check(&"ş".repeat(134), (Ucs2, 2, 134, 0));
    check(&"€".repeat(80), (Gsm, 1, 160, 0));
    check("ÖöÜüÇ", (Gsm, 1, 5, 155));
    check("🎉", (Ucs2, 1, 2, 68));
}

#[test]
fn no_character_is_cut_in_two() {
    // 152 septets and a sign of two: it goes to the next part, one septet stays free.
    let text = format!("{}€{}", "a".repeat(152), "b".repeat(20));
    let found = parts(&text);
    assert_eq!(found.parts[0], 0..152);
    assert!(text[found.parts[1].clone()].starts_with('€'));
    let text = format!("{}🎉{}", "ş".repeat(66), "ş".repeat(5));
    let found = parts(&text);
    assert_eq!(text[found.parts[0].clone()].chars().count(), 66);
    assert!(text[found.parts[1].clone()].starts_with('🎉'));
}

#[test]
fn the_characters_that_cost_are_named_and_can_be_replaced() {
    let text = "Ayşe’ye %20 indirim… ışık ₺5 ğÇç";
    assert_eq!(parts(text).forced_by, ['ş', '’', '…', 'ı', '₺', 'ğ', 'ç']);
    let plain = transliterate(text);
    assert_eq!(plain, "Ayse'ye %20 indirim... isik TL5 gÇc");
    assert_eq!(parts(&plain).alphabet, Alphabet::Gsm);
}
