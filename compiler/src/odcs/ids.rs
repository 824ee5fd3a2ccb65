//! Ids and versions of the library from the free names of a contract.

use std::collections::BTreeSet;

use assay_schemas::digest::Digest;
use assay_schemas::id::Version;

/// Characters of an id made here; the language takes 128, and parts are joined.
const LONGEST: usize = 56;

/// The id nearest to a free name: what the language does not take becomes `-`. Names that differ in
/// nothing else share an id; [`Ids`] tells them apart.
pub(super) fn id_of(name: &str) -> String {
    let mut id = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            c if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') => id.push(c),
            _ if id.ends_with('-') => {}
            _ => id.push('-'),
        }
    }
    let trimmed = id.trim_start_matches(|c: char| !c.is_ascii_alphanumeric()).trim_end_matches('-');
    let fits = !trimmed.is_empty() && trimmed.len() <= LONGEST;
    if fits {
        return trimmed.to_owned();
    }
    let mark = Digest::of_bytes(name.as_bytes()).short();
    let short: String = trimmed.chars().take(LONGEST - mark.len() - 1).collect();
    if short.is_empty() { format!("x-{mark}") } else { format!("{short}-{mark}") }
}

/// Ids given out within one list.
#[derive(Debug, Default)]
pub(super) struct Ids {
    taken: BTreeSet<String>,
}

impl Ids {
    /// The id of a name, with a number behind it where it is taken.
    pub(super) fn unique(&mut self, name: &str) -> String {
        let id = id_of(name);
        let mut candidate = id.clone();
        let mut number = 1;
        while !self.taken.insert(candidate.clone()) {
            number += 1;
            candidate = format!("{id}-{number}");
        }
        candidate
    }
}

/// The semantic version nearest to a free one: `v2` is 2.0.0, `1.1` is 1.1.0; text without a number is
/// 1.0.0.
pub(super) fn version_of(text: &str) -> String {
    if Version::new(text).is_ok() {
        return text.to_owned();
    }
    let start = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
    let mut numbers = text[start..]
        .split(|c: char| !c.is_ascii_digit())
        .map_while(|part| part.parse::<u64>().ok())
        .chain(std::iter::repeat(0));
    let mut next = || numbers.next().unwrap_or(0);
    match (start < text.len(), next(), next(), next()) {
        (true, major, minor, patch) => format!("{major}.{minor}.{patch}"),
        (false, ..) => "1.0.0".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_ids_that_stay_apart() {
        assert_eq!(id_of("urn:datacontract:checkout:orders"), "urn-datacontract-checkout-orders");
        assert_eq!(id_of("__Umsätze (2024)"), "Ums-tze-2024");
        assert_eq!(id_of("???"), id_of("???"));
        assert_ne!(id_of("???"), id_of("!!!"));
        assert!(id_of(&"a".repeat(300)).len() <= LONGEST);
        let mut ids = Ids::default();
        assert_eq!([ids.unique("a b"), ids.unique("a-b")], ["a-b", "a-b-2"]);
    }

    #[test]
    fn versions_are_completed() {
        for (text, version) in [
            ("1.4.0", "1.4.0"),
            ("1.1", "1.1.0"),
            ("v2", "2.0.0"),
            ("2024-01", "2024.1.0"),
            ("draft", "1.0.0"),
        ] {
            assert_eq!(version_of(text), version);
            assert!(Version::new(version).is_ok());
        }
    }
}
