//! Formats that a list of codes describes. Each list is a file of `data/`, which says where it is from.

use super::name::Format;
use super::pattern;
use crate::plan::{Expr, Literal};

/// The words of a data file, comments left out.
fn words(data: &'static str) -> impl Iterator<Item = &'static str> {
    data.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace)
}

/// The codes of ISO 3166-1 alpha-2.
pub(super) fn countries() -> impl Iterator<Item = &'static str> {
    words(include_str!("data/country_alpha2.txt"))
}

/// The codes of ISO 4217.
pub(crate) fn currencies() -> impl Iterator<Item = &'static str> {
    words(include_str!("data/currency.txt"))
}

/// Whether a value is on the list of a format; `None` where the format has none.
pub(super) fn of(format: Format, value: &Expr, country: Option<&str>) -> Option<Expr> {
    let alpha3 = || words(include_str!("data/country_alpha3.txt"));
    let language = || words(include_str!("data/language_alpha2.txt"));
    let codes: Vec<&'static str> = match format {
        Format::Country => countries().chain(alpha3()).collect(),
        Format::CountryAlpha2 => countries().collect(),
        Format::CountryAlpha3 => alpha3().collect(),
        Format::CountryNumeric => words(include_str!("data/country_numeric.txt")).collect(),
        Format::Currency => currencies().collect(),
        Format::Language => {
            language().chain(words(include_str!("data/language_alpha3.txt"))).collect()
        }
        Format::LanguageAlpha2 => language().collect(),
        Format::TimeZone => words(include_str!("data/time_zone.txt")).collect(),
        Format::UsState => super::postal::states().collect(),
        // Thousands of codes are found faster by a pattern than one after the other.
        Format::Subdivision => return Some(pattern::matches(value, subdivisions(country))),
        _ => return None,
    };
    let set = codes.into_iter().map(|code| Literal::Text(code.to_owned())).collect();
    Some(Expr::In { value: Box::new(value.clone()), set })
}

fn subdivisions(country: Option<&str>) -> String {
    let mut pattern = String::new();
    let mut last = "";
    for code in words(include_str!("data/subdivision.txt")) {
        let (of, part) = code.split_once('-').unwrap_or((code, ""));
        if country.is_some_and(|country| country != of) {
            continue;
        }
        if of == last {
            pattern.push('|');
        } else {
            pattern.push_str(if last.is_empty() { "" } else { ")|" });
            pattern.push_str(&format!("{of}-(?:"));
            last = of;
        }
        pattern.push_str(part);
    }
    // A country without subdivisions has none that fits: a class of nothing.
    if pattern.is_empty() { r"[^\x00-\x{10FFFF}]".to_owned() } else { pattern + ")" }
}

/// The form of an IBAN: the country and the length that the registry gives it.
pub(super) fn iban(country: Option<&str>) -> String {
    let countries = words(include_str!("data/iban.txt")).filter_map(|entry| {
        let (name, length) = entry.split_at_checked(2)?;
        let length: usize = length.parse().ok()?;
        country.is_none_or(|country| country == name).then_some((name, length))
    });
    let mut lengths = std::collections::BTreeMap::<usize, Vec<&str>>::new();
    for (name, length) in countries {
        lengths.entry(length).or_default().push(name);
    }
    let forms: Vec<_> = lengths.iter().map(|(length, names)| form(*length, names)).collect();
    if forms.is_empty() { r"[^\x00-\x{10FFFF}]".to_owned() } else { forms.join("|") }
}

/// Text of so many characters, all in one or in groups of four.
fn form(length: usize, names: &[&str]) -> String {
    let rest = length.saturating_sub(4);
    let (groups, last) = (rest / 4, rest % 4);
    let tail = if last == 0 { String::new() } else { format!(" [A-Z0-9]{{{last}}}") };
    format!(
        "(?:{})(?:0[2-9]|[1-8][0-9]|9[0-8])(?:[A-Z0-9]{{{rest}}}|(?: [A-Z0-9]{{4}}){{{groups}}}{tail})",
        names.join("|")
    )
}
