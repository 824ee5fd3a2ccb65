//! Comparisons of a measured figure: `mustBe…` of the standard, bounds and tolerances of ours.

use serde_json::{Map, Value, json};

/// The names of the comparisons.
pub(super) const NAMES: &[&str] = &[
    "mustBe",
    "mustNotBe",
    "mustBeGreaterThan",
    "mustBeGreaterOrEqualTo",
    "mustBeLessThan",
    "mustBeLessOrEqualTo",
    "mustBeBetween",
    "mustNotBeBetween",
];

/// What a count of rows must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) min: Option<u64>,
    pub(super) max: Option<u64>,
}

/// How many bad rows are tolerated.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Tolerance {
    pub(super) max_violations: Option<u64>,
    pub(super) max_violation_ratio: Option<f64>,
}

/// The counts of rows that a comparison accepts; `None` where they are no interval.
pub(super) fn counts(name: &str, value: &Value) -> Option<Counts> {
    // The figure is a whole number, so each bound is the next whole number inside.
    let least = |number: f64| whole(number.ceil());
    let most = |number: f64| whole(number.floor());
    let above = |number: f64| whole(number.floor() + 1.0);
    let below = |number: f64| whole(number.ceil() - 1.0);
    let number = value.as_f64();
    let counts = match name {
        "mustBe" => {
            let exactly = number.filter(|number| number.fract() == 0.0).and_then(whole)?;
            Counts { min: Some(exactly), max: Some(exactly) }
        }
        // No count lies below nothing, so it is the one value whose absence leaves an interval.
        "mustNotBe" if number == Some(0.0) => Counts { min: Some(1), max: None },
        "mustBeGreaterThan" => Counts { min: Some(above(number?)?), max: None },
        "mustBeGreaterOrEqualTo" => Counts { min: Some(least(number?)?), max: None },
        "mustBeLessThan" => Counts { min: None, max: Some(below(number?)?) },
        "mustBeLessOrEqualTo" => Counts { min: None, max: Some(most(number?)?) },
        "mustBeBetween" => {
            // By the standard, the same as `mustBeGreaterThan` and `mustBeLessThan`.
            let pair = value.as_array()?;
            Counts {
                min: Some(above(pair.first()?.as_f64()?)?),
                max: Some(below(pair.get(1)?.as_f64()?)?),
            }
        }
        _ => return None,
    };
    match (counts.min, counts.max) {
        (Some(min), Some(max)) if min > max => None,
        _ => Some(counts),
    }
}

/// A figure as a count; `None` below zero and beyond what is exact.
fn whole(number: f64) -> Option<u64> {
    ((0.0..=9_007_199_254_740_992.0).contains(&number)).then_some(number as u64)
}

/// The comparison that says these counts.
pub(super) fn of_counts(counts: Counts) -> Map<String, Value> {
    let value = match (counts.min, counts.max) {
        (Some(min), Some(max)) if min == max => json!({ "mustBe": min }),
        // The ends are outside by the standard.
        (Some(min), Some(max)) if min > 0 => json!({ "mustBeBetween": [min - 1, max + 1] }),
        (_, Some(max)) => json!({ "mustBeLessOrEqualTo": max }),
        (Some(min), None) => json!({ "mustBeGreaterOrEqualTo": min }),
        (None, None) => json!({}),
    };
    value.as_object().cloned().unwrap_or_default()
}

/// The bad rows that a comparison tolerates; `None` where it demands some, or is none of this kind.
pub(super) fn tolerance(name: &str, value: &Value, unit: Option<&str>) -> Option<Tolerance> {
    match unit {
        None | Some("rows") => {
            let counts = counts(name, value)?;
            let max = counts.max.filter(|_| counts.min.is_none_or(|min| min == 0))?;
            Some(Tolerance { max_violations: (max > 0).then_some(max), max_violation_ratio: None })
        }
        Some("percent") => {
            let percent = value.as_f64()?;
            let ratio = match name {
                "mustBe" if percent == 0.0 => 0.0,
                "mustBeLessOrEqualTo" => percent / 100.0,
                // The greatest share below it: a share that is less is at most this one.
                "mustBeLessThan" => (percent / 100.0).next_down(),
                _ => return None,
            };
            (0.0..=1.0).contains(&ratio).then_some(Tolerance {
                max_violations: None,
                max_violation_ratio: (ratio > 0.0).then_some(ratio),
            })
        }
        Some(_) => None,
    }
}

/// A share in percent: 0.07 is 7, not 7.000000000000001.
pub(super) fn percent(share: f64) -> f64 {
    (share * 1e11).round() / 1e9
}

/// The comparison that says this tolerance, with its unit; `None` where it takes two.
pub(super) fn of_tolerance(tolerance: Tolerance) -> Option<Map<String, Value>> {
    let value =
        match (tolerance.max_violations.filter(|max| *max > 0), tolerance.max_violation_ratio) {
            (Some(_), Some(ratio)) if ratio > 0.0 => return None,
            (Some(max), _) => json!({ "mustBeLessOrEqualTo": max }),
            (None, Some(ratio)) if ratio > 0.0 => {
                json!({ "mustBeLessOrEqualTo": percent(ratio), "unit": "percent" })
            }
            (None, _) => json!({ "mustBe": 0 }),
        };
    value.as_object().cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(name: &str, value: Value) -> Option<(Option<u64>, Option<u64>)> {
        counts(name, &value).map(|counts| (counts.min, counts.max))
    }

    #[test]
    fn comparisons_of_counts_are_intervals() {
        assert_eq!(bounds("mustBe", json!(5)), Some((Some(5), Some(5))));
        assert_eq!(bounds("mustBeGreaterThan", json!(0)), Some((Some(1), None)));
        assert_eq!(bounds("mustBeGreaterThan", json!(0.5)), Some((Some(1), None)));
        assert_eq!(bounds("mustBeBetween", json!([100, 120])), Some((Some(101), Some(119))));
        assert_eq!(bounds("mustBeLessThan", json!(10)), Some((None, Some(9))));
        assert_eq!(bounds("mustNotBe", json!(0)), Some((Some(1), None)));
        for (name, value) in [
            ("mustBe", json!(0.5)),
            ("mustBeLessThan", json!(0)),
            ("mustBeBetween", json!([1, 2])),
            ("mustNotBe", json!(3)),
            ("mustBe", json!("three")),
        ] {
            assert_eq!(bounds(name, value), None, "{name}");
        }
    }

    #[test]
    fn tolerances_are_exact_in_rows_and_percent() {
        let of = |name, value, unit| tolerance(name, &value, unit);
        let rows = |max| Some(Tolerance { max_violations: max, ..Tolerance::default() });
        assert_eq!(of("mustBe", json!(0), None), rows(None));
        assert_eq!(of("mustBeLessThan", json!(1), Some("rows")), rows(None));
        assert_eq!(of("mustBeLessOrEqualTo", json!(10), None), rows(Some(10)));
        assert_eq!(of("mustBeGreaterThan", json!(1), None), None);
        let share = of("mustBeLessThan", json!(1), Some("percent")).unwrap();
        let most = share.max_violation_ratio.unwrap();
        assert!(most < 0.01 && 0.01_f64.next_down() == most);
        assert_eq!(of("mustBeLessThan", json!(1), Some("furlongs")), None);
    }

    #[test]
    fn a_tolerance_is_given_so_that_it_comes_back() {
        for ratio in [0.07, 0.05, 0.001, 0.333_333_333, 1.0] {
            let given =
                of_tolerance(Tolerance { max_violations: None, max_violation_ratio: Some(ratio) })
                    .unwrap();
            let back =
                tolerance("mustBeLessOrEqualTo", &given["mustBeLessOrEqualTo"], Some("percent"));
            let found = back.unwrap().max_violation_ratio.unwrap();
            assert!((found - ratio).abs() < 1e-12, "{given:?}");
        }
    }
}
