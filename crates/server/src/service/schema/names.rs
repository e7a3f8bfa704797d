//! Names that look like one: the same thing written twice by two people.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use wire::api::{NameCount, NameKind, NameReason, NameSuggestion};

/// Letters of a name from which on one different letter counts as a slip.
const LETTER_MIN: usize = 8;

/// Letters of a name of which the singular is looked for.
const PLURAL_MIN: usize = 4;

/// Names that are compared: more than people can look through.
const NAMES_MAX: usize = 20_000;

/// Groups of names that look like one, those seen most often first.
pub fn alike(kind: NameKind, mut names: Vec<NameCount>) -> Vec<NameSuggestion> {
    names.truncate(NAMES_MAX);
    let mut by_form: BTreeMap<String, Vec<NameCount>> = BTreeMap::new();
    for name in names {
        by_form.entry(form(&name.name)).or_default().push(name);
    }
    by_form.remove("");
    let mut found = Vec::new();
    for names in by_form.values().filter(|names| names.len() > 1) {
        found.push(suggestion(kind, NameReason::Spelling, names.clone()));
    }
    let mut told: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (form, names) in &by_form {
        let mut singles = singulars(form).filter(|single| by_form.contains_key(*single));
        let Some(single) = singles.next() else { continue };
        told.insert((single, form.as_str()));
        let both = names.iter().chain(&by_form[single]).cloned().collect();
        found.push(suggestion(kind, NameReason::Plural, both));
    }
    for (a, b) in one_letter(by_form.keys()) {
        if !told.contains(&(a, b)) && !told.contains(&(b, a)) {
            let both = by_form[a].iter().chain(&by_form[b]).cloned().collect();
            found.push(suggestion(kind, NameReason::Letter, both));
        }
    }
    found.sort_by(|a, b| {
        b.names[0].count.cmp(&a.names[0].count).then(a.names[0].name.cmp(&b.names[0].name))
    });
    found
}

fn suggestion(kind: NameKind, reason: NameReason, mut names: Vec<NameCount>) -> NameSuggestion {
    names.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
    NameSuggestion { kind, reason, names }
}

/// Letters and digits in lower case; what stands between them does not count. Dots do: they say
/// which object a property is of.
fn form(name: &str) -> String {
    let counts = |c: &char| c.is_alphanumeric() || *c == '.';
    name.chars().filter(counts).flat_map(char::to_lowercase).collect()
}

/// What a name may be the plural of: `orders`, `searches`.
fn singulars(form: &str) -> impl Iterator<Item = &str> {
    let singles = [form.strip_suffix('s'), form.strip_suffix("es")].into_iter().flatten();
    singles.filter(|single| single.chars().count() >= PLURAL_MIN)
}

/// Pairs that differ in one letter: another one, one more, or one less. Digits are no slips: they
/// count things. Cost: the letters of all names.
fn one_letter<'a>(forms: impl Iterator<Item = &'a String>) -> BTreeSet<(&'a str, &'a str)> {
    let mut pairs = BTreeSet::new();
    let mut shorter: HashMap<String, Vec<(&str, usize)>> = HashMap::new();
    let long: Vec<&str> =
        forms.map(String::as_str).filter(|f| f.chars().count() >= LETTER_MIN).collect();
    for form in long.iter().copied() {
        let places = form.char_indices().filter(|(_, letter)| letter.is_alphabetic());
        for (index, letter) in places {
            let without = format!("{}{}", &form[..index], &form[index + letter.len_utf8()..]);
            shorter.entry(without).or_default().push((form, index));
        }
    }
    for form in &long {
        for (longer, _) in shorter.get(*form).into_iter().flatten() {
            pairs.insert((*form, *longer));
        }
    }
    for group in shorter.values() {
        for (n, (a, at)) in group.iter().enumerate() {
            let same = group[n + 1..].iter().filter(|(b, other)| b != a && other == at);
            pairs.extend(same.map(|(b, _)| if a < b { (*a, *b) } else { (*b, *a) }));
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike_of(names: &[&str]) -> Vec<(NameReason, Vec<String>)> {
        let names = names.iter().enumerate().map(|(n, name)| {
            let count = 10_000 - n as u64;
            NameCount { name: (*name).to_owned(), count }
        });
        let found = alike(NameKind::Event, names.collect());
        let shown = |one: NameSuggestion| {
            (one.reason, one.names.into_iter().map(|name| name.name).collect())
        };
        found.into_iter().map(shown).collect()
    }

    #[test]
    fn names_that_look_like_one_are_found_with_the_reason() {
        let rows: [(&[&str], NameReason); 6] = [
            (&["Add to cart", "add_to_cart", "addToCart", "ADD-TO-CART"], NameReason::Spelling),
            (&["Product viewed", "product_vieved"], NameReason::Letter),
            (&["checkout started", "checkouts started"], NameReason::Letter),
            (&["Signed up", "signed_ups"], NameReason::Plural),
            (&["Search", "searches"], NameReason::Plural),
            (&["order.total", "order.totals"], NameReason::Plural),
        ];
        for (names, reason) in rows {
            let names_found = names.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(alike_of(names), [(reason, names_found)]);
        }
    }

    #[test]
    fn other_names_are_let_alone() {
        for names in [
            &["Step 1 done", "Step 2 done"][..],
            &["city", "cite"],
            &["bus", "buss"],
            &["order.total", "ordertotal"],
            &["Purchase", "Refund", ""],
            &["!!", "??"],
        ] {
            assert_eq!(alike_of(names), [], "{names:?}");
        }
    }

    #[test]
    fn many_names_are_compared_quickly() {
        let names: Vec<String> = (0..5_000).map(|n| format!("event number {n} of many")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(alike_of(&names), []);
    }
}
