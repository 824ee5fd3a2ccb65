//! The answers of files, put together as one scan over all of them would have answered.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use assay_schemas::plan::{Body, Check, DatasetPlan};
use assay_schemas::verdict::Measurement;

use super::split::{Fold, Made};
use super::{Known, Outlook, Split, State};
use crate::engine::layout::{Layout, distinct};
use crate::engine::{Cleansed, Measured, Request, figure, structure};
use crate::result::ViolationRecord;

/// What all files together come to.
#[derive(Debug, Default)]
pub struct Merged {
    /// What cleansing did, without the files that it wrote.
    pub cleansed: Cleansed,
    /// The checks that files were asked, and those of their columns.
    pub measured: Measured,
    /// Violating rows, redacted; the messages are still empty.
    pub violations: Vec<ViolationRecord>,
}

/// Numbers up to which every whole number is a double.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl Outlook {
    /// Puts the answers of all files together. `now` is the start of the run in microseconds since 1970-01-01
    /// UTC.
    ///
    /// # Errors
    /// Why they cannot be, in words: a file has no answer, or a number would not be exact.
    pub fn merge(
        &self,
        dataset: &DatasetPlan,
        request: &Request,
        (now, limit): (i64, u32),
    ) -> Result<Merged, String> {
        let state = |known| Known::state(known);
        let states: Vec<&State> = self.files.iter().map(state).collect::<Result<_, _>>()?;
        let mut merged = Merged::default();
        let measured = &mut merged.measured;
        for state in &states {
            state.cleansed.add_to(&mut merged.cleansed);
            measured.rows += state.rows;
            measured.hard_evaluated += state.hard_evaluated;
            measured.hard_violating += state.hard_violating;
        }
        for check in &dataset.checks {
            if let Some(measurement) = measurement(&self.split, check, &states, now)? {
                measured.checks.insert(check.check_id.clone(), measurement);
            }
        }
        let layout = |(known, state): (&Known, &&State)| Layout {
            file: PathBuf::from(&known.read.path),
            columns: state.columns.clone(),
        };
        let layouts: Vec<Layout> = self.files.iter().zip(&states).map(layout).collect();
        one_type_each(dataset, &layouts)?;
        structure::measure(&distinct(&layouts), dataset, request, measured);
        merged.violations = self.violations(dataset, &states, limit);
        Ok(merged)
    }

    /// The violating rows of all files, at most `limit` a check, with their rows counted through.
    fn violations(
        &self,
        dataset: &DatasetPlan,
        states: &[&State],
        limit: u32,
    ) -> Vec<ViolationRecord> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let several = states.len() > 1;
        let mut found = Vec::new();
        for check in &dataset.checks {
            let mut before = 0;
            let mut own = Vec::new();
            for (known, state) in self.files.iter().zip(states) {
                let of_check = state.violations.iter();
                let of_check = of_check.filter(|kept| kept.check_id == check.check_id);
                own.extend(of_check.map(|kept| ViolationRecord {
                    check_id: kept.check_id.clone(),
                    row: before + kept.row,
                    file: several.then(|| known.read.path.clone()),
                    key: kept.key.clone(),
                    values: kept.values.clone(),
                    message: String::new(),
                }));
                before += state.rows;
            }
            own.truncate(limit);
            found.extend(own);
        }
        found
    }
}

impl Known {
    fn state(&self) -> Result<&State, String> {
        let lacking = || format!("`{}` has not been measured", self.read.path);
        self.state.as_ref().ok_or_else(lacking)
    }
}

/// Whether every file has a declared column in the same type: of several, an engine makes one when it reads the
/// files together.
fn one_type_each(dataset: &DatasetPlan, layouts: &[Layout]) -> Result<(), String> {
    let declared: BTreeSet<&str> =
        dataset.read_fields().iter().map(|field| field.name.as_str()).collect();
    let mut types: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, found) in layouts.iter().flat_map(|layout| &layout.columns) {
        let read = declared.is_empty() || declared.contains(name.as_str());
        if read && types.insert(name, found).is_some_and(|before| before != found) {
            return Err(format!("files have the column `{name}` in different types"));
        }
    }
    Ok(())
}

/// The measurement of a check that files were asked; `None` for any other.
fn measurement(
    split: &Split,
    check: &Check,
    states: &[&State],
    now: i64,
) -> Result<Option<Measurement>, String> {
    if let (Some(made), Body::Metric { measure, bounds }) =
        (split.figures.get(&check.check_id), &check.body)
    {
        let values: Result<Vec<_>, String> =
            made.iter().map(|made| value(split, made, states, now)).collect();
        let values = values.map_err(|why| format!("`{}`: {why}", check.check_id))?;
        return Ok(Some(figure(measure, bounds, &values, Vec::new())));
    }
    let counted = states.iter().map(|state| state.counted.get(&check.check_id).copied());
    let Some(counted) = counted.collect::<Option<Vec<_>>>().filter(|all| !all.is_empty()) else {
        return Ok(None);
    };
    let evaluated = counted.iter().map(|(evaluated, _)| evaluated).sum();
    let violations = counted.iter().map(|(_, violations)| violations).sum();
    Ok(Some(Measurement::Rows { evaluated, violations }))
}

/// The value of a metric over all files.
fn value(split: &Split, made: &Made, states: &[&State], now: i64) -> Result<Option<f64>, String> {
    let answers = |place: usize| -> Vec<f64> {
        let id = split.part.checks.get(place).map(|check| check.check_id.as_str());
        let bits = states.iter().map(|state| state.figures.get(id.unwrap_or_default()));
        bits.filter_map(|bits| bits.copied().flatten()).map(f64::from_bits).collect()
    };
    match made {
        Made::One(how, place) => fold(*how, &answers(*place)),
        Made::Mean(how, sum, count) => {
            let (sum, count) = (fold(*how, &answers(*sum))?, fold(Fold::Sum, &answers(*count))?);
            Ok(sum.zip(count).filter(|(_, count)| *count > 0.0).map(|(sum, count)| sum / count))
        }
        Made::Age(how, place) => {
            fold(*how, &answers(*place))?.map(|seconds| age(seconds, now)).transpose()
        }
    }
}

/// Answers as one; `None` where no file had any.
fn fold(how: Fold, answers: &[f64]) -> Result<Option<f64>, String> {
    let greater = |one: f64, other: f64| if one.is_nan() || one > other { one } else { other };
    let smaller = |one: f64, other: f64| if other.is_nan() || one < other { one } else { other };
    Ok(match how {
        Fold::Greatest => answers.iter().copied().reduce(greater),
        Fold::Least => answers.iter().copied().reduce(smaller),
        Fold::Sum => sum(answers, 1.0)?,
        Fold::Decimals(digits) => sum(answers, 10f64.powi(i32::from(digits)))?,
    })
}

/// The exact sum of numbers with a last digit of one of `scale`.
fn sum(answers: &[f64], scale: f64) -> Result<Option<f64>, String> {
    let mut total: i128 = 0;
    for answer in answers {
        let whole = (answer * scale).round();
        // Of the whole numbers in this range, no two come to the same double when they are divided.
        if whole.is_nan() || whole.abs() > EXACT / 8.0 || (whole / scale) != *answer {
            return Err("a sum has more digits than are kept of each file".to_owned());
        }
        total += whole as i128;
    }
    if total.unsigned_abs() > EXACT as u128 {
        return Err("the sum has more digits than a number keeps".to_owned());
    }
    Ok((!answers.is_empty()).then(|| total as f64 / scale))
}

/// The time from an instant to the start of the run, both of whole microseconds.
fn age(seconds: f64, now: i64) -> Result<f64, String> {
    // Beyond, a double of seconds does not tell microseconds apart.
    const FAR: f64 = 4_294_967_296.0;
    if seconds.is_nan() || seconds.abs() > FAR {
        return Err("an instant is too far away to tell its microseconds".to_owned());
    }
    let instant = (seconds * 1e6).round() as i64;
    Ok((now - instant) as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_exact_or_refused() {
        let decimals = |answers: &[f64]| fold(Fold::Decimals(2), answers);
        assert_eq!(decimals(&[0.1, 0.2, 1e10]), Ok(Some(10_000_000_000.3)));
        assert_eq!(decimals(&[]), Ok(None));
        assert!(decimals(&[0.125]).is_err());
        assert!(decimals(&[1e15]).is_err());
        assert_eq!(fold(Fold::Sum, &[3.0, -5.0]), Ok(Some(-2.0)));
        assert!(fold(Fold::Sum, &[f64::INFINITY]).is_err() && fold(Fold::Sum, &[0.5]).is_err());
    }

    #[test]
    fn nan_is_the_greatest_and_no_smallest_unless_alone() {
        let nan = f64::NAN;
        assert_eq!(fold(Fold::Least, &[nan, 2.0, 1.0, nan]), Ok(Some(1.0)));
        assert!(fold(Fold::Least, &[nan]).is_ok_and(|found| found.is_some_and(f64::is_nan)));
        for answers in [[nan, 2.0], [2.0, nan]] {
            let found = fold(Fold::Greatest, &answers);
            assert!(found.is_ok_and(|found| found.is_some_and(f64::is_nan)));
        }
    }

    #[test]
    fn an_age_is_the_one_that_whole_microseconds_give() {
        for instant in [1_704_844_799_999_999_i64, -86_400_000_001, 0, 1_932_735_282_123_457] {
            let now = 1_704_844_800_000_000;
            assert_eq!(age(instant as f64 / 1e6, now), Ok((now - instant) as f64 / 1e6));
        }
        assert!(age(f64::INFINITY, 0).is_err());
    }
}
