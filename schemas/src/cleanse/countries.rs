//! Countries: codes and names.

/// A country by its codes and names.
pub(super) struct Country {
    /// ISO 3166-1 alpha-2.
    pub(super) alpha2: &'static str,
    /// ISO 3166-1 alpha-3.
    pub(super) alpha3: &'static str,
    /// ISO 3166-1 numeric, three digits.
    pub(super) numeric: &'static str,
    /// Names in English, the usual one first.
    pub(super) names: Vec<&'static str>,
}

/// Every country, by alpha-2 code.
pub(super) fn all() -> impl Iterator<Item = Country> {
    let lines = include_str!("data/countries.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| {
        let mut parts = line.splitn(4, ' ');
        Some(Country {
            alpha2: parts.next()?,
            alpha3: parts.next()?,
            numeric: parts.next()?,
            names: parts.next()?.split('|').collect(),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_has_codes_of_its_own() {
        let mut seen = std::collections::BTreeSet::new();
        for country in all() {
            assert_eq!(country.alpha2.len(), 2, "{}", country.alpha2);
            assert_eq!(country.alpha3.len(), 3, "{}", country.alpha2);
            assert!(country.numeric.len() == 3 && country.numeric.parse::<u16>().is_ok());
            for word in
                [country.alpha2, country.alpha3, country.numeric].into_iter().chain(country.names)
            {
                assert!(seen.insert(word.to_lowercase()), "{word} stands twice");
            }
        }
        assert_eq!(all().count(), 249);
    }
}
