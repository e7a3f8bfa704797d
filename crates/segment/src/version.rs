//! Dotted versions: `2.10` is later than `2.9`.
//!
//! What it is: one order among the versions that applications write. What it is not: a check of
//! any packaging scheme. A version is an optional `v`, one or more whole numbers joined by dots,
//! and then optionally a pre-release after `-` and a build after `+`, as in `v2.10.0-beta.2+77`.

use std::cmp::Ordering;

/// Compares part by part as numbers of any length; missing parts are 0, so `2.0` equals `2`. A
/// pre-release comes before its version and compares as Semantic Versioning 2.0.0 §11 says; a
/// build is ignored. `None` if either text is not a version.
///
/// ```
/// use std::cmp::Ordering;
/// assert_eq!(segment::version::compare("2.10", "2.9"), Some(Ordering::Greater));
/// assert_eq!(segment::version::compare("2.0", "2"), Some(Ordering::Equal));
/// assert_eq!(segment::version::compare("2.0-beta", "2"), Some(Ordering::Less));
/// assert_eq!(segment::version::compare("latest", "2"), None);
/// ```
pub fn compare(a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (Version::read(a)?, Version::read(b)?);
    Some(a.compare_numbers(&b).then_with(|| a.compare_pre_release(&b)))
}

/// Whether the text is a version, so that [`compare`] with another version has an answer.
pub fn valid(text: &str) -> bool {
    Version::read(text).is_some()
}

struct Version<'a> {
    numbers: Vec<&'a str>,
    pre_release: Option<&'a str>,
}

impl<'a> Version<'a> {
    fn read(text: &'a str) -> Option<Version<'a>> {
        let text = text.trim();
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let text = text.split_once('+').map_or(text, |(version, _)| version);
        let (numbers, pre_release) = match text.split_once('-') {
            Some((numbers, pre_release)) => (numbers, Some(pre_release)),
            None => (text, None),
        };
        let numbers: Vec<&str> = numbers.split('.').collect();
        numbers.iter().all(|n| number(n)).then_some(Version { numbers, pre_release })
    }

    fn compare_numbers(&self, other: &Version) -> Ordering {
        let length = self.numbers.len().max(other.numbers.len());
        let part = |v: &Version<'a>, i: usize| v.numbers.get(i).copied().unwrap_or("0");
        (0..length)
            .map(|i| {
                let theirs = other.numbers.get(i).copied().unwrap_or("0");
                compare_numbers(part(self, i), theirs)
            })
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }

    fn compare_pre_release(&self, other: &Version) -> Ordering {
        let (a, b) = match (self.pre_release, other.pre_release) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Greater,
            (Some(_), None) => return Ordering::Less,
            (Some(a), Some(b)) => (a.split('.'), b.split('.')),
        };
        compare_identifiers(a, b)
    }
}

fn compare_identifiers<'a>(
    mut a: impl Iterator<Item = &'a str>,
    mut b: impl Iterator<Item = &'a str>,
) -> Ordering {
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(a), Some(b)) => match (number(a), number(b)) {
                (true, true) => compare_numbers(a, b),
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                (false, false) => a.cmp(b),
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}

fn number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit())
}

/// Compares two texts of digits as numbers without a limit of length.
fn compare_numbers(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Ordering::{Equal, Greater, Less};

    #[test]
    fn parts_compare_as_numbers() {
        assert_eq!(compare("2.10", "2.9"), Some(Greater));
        assert_eq!(compare("2.0.0", "v2"), Some(Equal));
        assert_eq!(compare("10", "9.9.9"), Some(Greater));
        assert_eq!(compare("1.02", "1.2"), Some(Equal));
        assert_eq!(compare("99999999999999999999.1", "99999999999999999999.2"), Some(Less));
    }

    #[test]
    fn a_pre_release_comes_before_its_version() {
        assert_eq!(compare("1.0.0-alpha.9", "1.0.0-alpha.10"), Some(Less));
        assert_eq!(compare("1.0.0-alpha", "1.0.0-alpha.1"), Some(Less));
        assert_eq!(compare("1.0.0-rc.1", "1.0.0"), Some(Less));
        assert_eq!(compare("1.0.0+5", "1.0.0+6"), Some(Equal));
    }

    #[test]
    fn what_is_not_a_version_has_no_order() {
        for text in ["", "latest", "1..2", "1.x", "-1", "1.2 beta"] {
            assert_eq!(compare(text, "1"), None, "{text}");
        }
    }
}
