//! Postal codes by country.

use super::{fault, pattern};
use crate::pattern::portable;
use crate::plan::Expr;
use crate::problem::Problem;

/// Entries of a data file, comments left out: a name and what follows it.
fn entries(data: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    data.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '))
}

fn prefixes() -> impl Iterator<Item = (&'static str, &'static str)> {
    entries(include_str!("data/postal_us.txt"))
}

/// The states of the United States and the federal district, by two letters.
pub(super) fn states() -> impl Iterator<Item = &'static str> {
    const TERRITORIES: [&str; 5] = ["AS", "GU", "MP", "PR", "VI"];
    prefixes().map(|(state, _)| state).filter(|state| !TERRITORIES.contains(state))
}

/// Whether a text is a postal code of the country and the region.
///
/// # Errors
/// There is no country, or one whose postal codes are not known, seen from the parameters.
pub(super) fn test(
    value: &Expr,
    country: Option<&str>,
    region: Option<&str>,
) -> Result<Expr, Vec<Problem>> {
    let Some(country) = country else {
        return Err(fault("country", "`postal_code` needs a `country`, such as `DE`"));
    };
    let known = entries(include_str!("data/postal.txt")).find(|(name, _)| *name == country);
    let Some((_, form)) = known else {
        return Err(fault(
            "country",
            format!("the postal codes of `{country}` are not known here"),
        ));
    };
    let form = portable(form).map_err(|error| fault("country", error.message))?;
    let mut tests = vec![pattern::matches(value, form)];
    if let Some(region) = region {
        let entry = prefixes().find(|(name, _)| country == "US" && *name == region);
        let Some((_, ranges)) = entry else {
            let message =
                format!("no postal codes of a region `{region}` of `{country}` are known");
            return Err(fault("region", message));
        };
        tests.push(pattern::matches(value, format!("(?:{})[0-9-]*", of_ranges(ranges))));
    }
    Ok(Expr::all(tests))
}

/// Numbers of three digits, from ranges such as `350-369 399`.
fn of_ranges(ranges: &str) -> String {
    let mut all = Vec::new();
    for range in ranges.split_whitespace() {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        if let (Ok(first), Ok(last)) = (first.parse::<u16>(), last.parse::<u16>()) {
            all.extend((first..=last).map(|number| format!("{number:03}")));
        }
    }
    all.join("|")
}
