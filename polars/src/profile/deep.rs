//! Figures of a column that cost a look at every value.

use assay_engine::shape::{self, Steps};
use assay_engine::{ColumnProfile, Deep, EngineError, TextKinds};
use assay_schemas::datatype::{DataType, Family};
use assay_schemas::plan::ProfilePlan;
use polars::prelude::lit;

use super::figures::{Counted, Sum};
use super::kinds;
use super::values::{VALUE, Values, column, counts, value};
use crate::rows::{Rows, collect, fault};

/// Smallest and greatest values kept.
const EXTREMES: usize = 5;

/// The values of a column and what is known of them.
pub(super) struct Seen<'a> {
    pub(super) values: &'a Values<'a>,
    pub(super) plan: &'a ProfilePlan,
    pub(super) few: bool,
    pub(super) quantiles: &'a [(f64, f64)],
}

/// Looks at a column.
pub(super) fn look(
    rows: &Rows,
    seen: &Seen<'_>,
    figures: &ColumnProfile,
) -> Result<Deep, EngineError> {
    let values = seen.values;
    let family = values.column.data_type.map(DataType::family);
    let mut deep = moments(values, figures)?;
    let at = |q: f64| seen.quantiles.iter().find(|(known, _)| *known == q).map(|(_, v)| *v);
    deep.median = at(0.5);
    deep.interquartile_range = at(0.75).zip(at(0.25)).map(|(upper, lower)| upper - lower);
    deep.median_deviation = deep.median.and_then(|median| median_deviation(seen, median));
    deep.chi_squared = shape::chi_squared(&figures.histogram);
    if matches!(family, Some(Family::Number | Family::Temporal | Family::Text)) {
        let number = values.counts.len();
        let least: Vec<usize> = (0..number).take(EXTREMES).collect();
        let greatest: Vec<usize> = (0..number).rev().take(EXTREMES).collect();
        (deep.least, deep.greatest) = (values.named(&least)?, values.named(&greatest)?);
        let name = &values.column.name;
        deep.order = shape::row_order(|limit| steps(rows, name, limit))?;
    }
    if family == Some(Family::Text) {
        deep.text = Some(text(values)?);
    }
    if family == Some(Family::Temporal) && seen.plan.histogram_bins > 0 {
        deep.median = values.on_axis().and_then(|all| Counted::new(all).quantile(0.5, true));
    }
    Ok(deep)
}

/// Figures that are sums over the different values.
fn moments(values: &Values<'_>, figures: &ColumnProfile) -> Result<Deep, EngineError> {
    let present = values.present.max(1);
    let shares = values.counts.iter().map(|n| *n as f64 / present as f64);
    let entropy = Sum::of(shares.map(|share| share * share.log2()));
    let tally = |met: fn(f64) -> bool| {
        let axis = values.axis.iter().flatten().zip(&values.counts);
        axis.filter(|(number, _)| met(**number)).map(|(_, n)| n).sum::<u64>()
    };
    let data_type = values.column.data_type;
    let double = data_type == Some(DataType::Double);
    let nans = double.then(|| tally(f64::is_nan));
    let endless = double || matches!(data_type, Some(DataType::Date | DataType::Timestamp));
    let infinities = endless.then(|| tally(f64::is_infinite));
    let counted = present - nans.unwrap_or(0).min(present) - infinities.unwrap_or(0).min(present);
    let power = |power: i32| {
        let mean = figures.mean?;
        let all = values.finite()?;
        Sum::of(all.map(|(number, n)| n as f64 * (number - mean).powi(power)))
            .filter(|sum| sum.is_finite())
    };
    let (skewness, kurtosis) = match (power(2), power(3), power(4)) {
        (Some(m2), Some(m3), Some(m4)) => shape::skewness_and_kurtosis(counted as f64, m2, m3, m4),
        _ => (None, None),
    };
    let trues = match data_type {
        Some(DataType::Boolean) => {
            let truths = values.sorted.bool().map_err(fault)?;
            let all = truths.iter().zip(&values.counts);
            Some(all.filter(|(truth, _)| *truth == Some(true)).map(|(_, n)| n).sum())
        }
        _ => None,
    };
    Ok(Deep {
        unique: values.counts.iter().filter(|n| **n == 1).count() as u64,
        // The sum of nothing but ones is minus zero.
        entropy: entropy.map(|bits| (-bits).max(0.0)),
        skewness,
        kurtosis,
        nans,
        infinities,
        trues,
        ..Deep::default()
    })
}

/// The median of the distances from the median.
fn median_deviation(seen: &Seen<'_>, median: f64) -> Option<f64> {
    let mut distances: Vec<(f64, u64)> =
        seen.values.finite()?.map(|(number, n)| ((number - median).abs(), n)).collect();
    distances.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
    Counted::new(distances.into_iter()).quantile(0.5, seen.few)
}

fn steps(rows: &Rows, name: &str, limit: Option<u32>) -> Result<Steps, EngineError> {
    let all = rows.frame.clone().select([column(name).alias(VALUE)]).filter(value().is_not_null());
    let some = match limit {
        Some(limit) => all.limit(limit),
        None => all,
    };
    let before = || value().shift(lit(1));
    let found = collect(some.select([
        value().gt(before()).sum().alias("up"),
        value().eq(before()).sum().alias("same"),
        value().lt(before()).sum().alias("down"),
    ]))?;
    let count = |name: &str| Ok(counts(&found, name)?.first().copied().unwrap_or(0));
    Ok(Steps { up: count("up")?, same: count("same")?, down: count("down")? })
}

/// What text is made of.
fn text(values: &Values<'_>) -> Result<TextKinds, EngineError> {
    let (words, characters, characters_sampled) = kinds::characters(values)?;
    let (types, formats) = kinds::found(values)?;
    let padding = kinds::padding(values)?;
    Ok(TextKinds {
        empty: padding.empty,
        padded: padding.padded,
        folded: padding.folded,
        length_median: shape::median_of(&values.lengths),
        length_histogram: shape::length_bins(&values.lengths),
        words,
        characters,
        characters_sampled,
        types,
        formats,
        sentinels: kinds::sentinels(values)?,
    })
}
